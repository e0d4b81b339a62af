//! `cam wave`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::exit::Refused;
use super::keys;
use super::service::read_secret;
use crate::clock::Clock;
use crate::config::Config;
use crate::finance::{Currency, Money};
use crate::mail::Language;
use crate::store::organisation::Organisation;
use crate::store::{self, Db};
use crate::survey;
use crate::wave::{self, Board, Holidays, Launch, Launched, WaveError, WaveFile};

/// Send a survey, and see who answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam wave launch autumn.toml\n  cam wave status 2026q4-customers")]
pub(super) struct Wave {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Launch(LaunchCommand),
    /// Remind who has not answered; the same reminder is queued once
    #[command(after_help = "Example:\n  cam wave remind 2026q4-customers --number 1")]
    Remind {
        /// The wave
        key: String,
        /// Which reminder it is
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=2))]
        number: i64,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take the rule of a standing wave out of force; what it asked stays open until its quarter is over
    #[command(after_help = "Example:\n  cam wave end after-delivery")]
    End {
        /// The standing wave
        key: String,
    },
    /// End a wave for good: links stop opening, waiting mails are taken back
    #[command(after_help = "Example:\n  cam wave close 2026q4-customers")]
    Close {
        /// The wave
        key: String,
    },
    /// Show invited, delivered, bounced, started, answered, finished, the response rates, and how the silent differ
    #[command(after_help = "Example:\n  cam wave status 2026q4-customers --json")]
    Status {
        /// The wave
        key: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the waves
    #[command(after_help = "Example:\n  cam wave list --json")]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write the personal links of a wave whose channel is "link", as CSV
    #[command(after_help = "Example:\n  cam wave links 2026q4-customers --out links.csv")]
    Links {
        /// The wave
        key: String,
        /// The file; it opens people's answers, so keep it as you keep passwords
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Let the mails of a wave go on that were paused because too many came back
    #[command(after_help = "Example:\n  cam wave resume 2026q4-customers")]
    Resume {
        /// The wave
        key: String,
    },
    /// Write the page for a works council or a data protection officer: questions, contract, thresholds, readers, dates,
    /// and what the contract cannot rule out
    #[command(after_help = "Example:\n  cam wave dossier autumn.toml --out dossier.html")]
    Dossier {
        /// The wave's file
        file: PathBuf,
        /// en or zh-Hans; where it is not said, the organisation's language
        #[arg(long, value_name = "LANG")]
        lang: Option<Language>,
        /// The page
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Invites everybody whom the wave's file asks for. One transaction makes every invitation and its mail; launching the same
/// file again changes nothing. Mails go out while `cam serve` runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam wave launch autumn.toml")]
struct LaunchCommand {
    /// The wave's file
    file: PathBuf,
    /// File that holds the passphrase of an anonymous wave, at least 12 characters
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Show who would be invited, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Wave {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let clock = Clock::System;
        match self.command {
            Command::Launch(command) => command.run(config, clock).await?,
            Command::Remind { key, number, json } => {
                let (db, keys) = (super::open(config).await?, keys::read(config)?);
                let queued = remind(&db, &keys, key, number, clock).await?;
                if json {
                    say(&serde_json::json!({ "queued": queued }).to_string())?;
                } else {
                    let why = if queued == 0 {
                        ": everybody has answered, was reminded, or was asked fewer days ago than `remind_after_days` says"
                    } else {
                        ""
                    };
                    say(&format!("{queued} reminders queued{why}"))?;
                }
            }
            Command::Close { key } => {
                let db = super::open(config).await?;
                let named = key.clone();
                let ended: Result<bool, WaveError> = db
                    .write(move |tx| Box::pin(async move { wave::close(tx, &key, clock.now()).await }))
                    .await;
                let before = if ended? { "" } else { " (it was already)" };
                say(&format!("{named} is closed{before}"))?;
            }
            Command::End { key } => {
                let db = super::open(config).await?;
                let named = key.clone();
                let ended: Result<bool, WaveError> = db
                    .write(move |tx| Box::pin(async move { wave::end_standing(tx, &key, clock.now()).await }))
                    .await;
                let before = if ended? { "" } else { " (it was ended already)" };
                say(&format!("{named} invites nobody any more{before}"))?;
            }
            Command::Status { key, json } => {
                let db = super::open(config).await?;
                show_status(&db, &key, json).await?;
            }
            Command::List { json } => list(&super::open(config).await?, json).await?,
            Command::Links { key, out } => links(config, key, &out, clock).await?,
            Command::Resume { key } => {
                let db = super::open(config).await?;
                let named = key.clone();
                let done: Result<(), WaveError> = db
                    .write(move |tx| Box::pin(async move { wave::resume(tx, &key, clock.now()).await }))
                    .await;
                done?;
                say(&format!("the mails of {named} go on"))?;
            }
            Command::Dossier { file, lang, out } => {
                let (parsed, survey, _) = read_wave(&file)?;
                let db = super::open(config).await?;
                let organisation = store::organisation::find(&mut db.read().await?).await?;
                let language = lang.or(organisation.default_language.parse().ok()).unwrap_or(Language::En);
                let page = wave::dossier(&parsed, &survey, &organisation.name, language)?;
                std::fs::write(&out, page).with_context(|| format!("{} cannot be written", out.display()))?;
                say(&format!("wrote {}", out.display()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// Reads a wave's file and its survey: a file beside it, or the name of one that comes with the program.
pub(super) fn read_wave(file: &Path) -> anyhow::Result<(WaveFile, survey::Instrument, String)> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|error| Refused(format!("{name} cannot be read: {error}")))?;
    let parsed = WaveFile::parse(&name, &text).map_err(|error| Refused(error.to_string()))?;
    let (survey_name, survey_text) = if let Some(text) = survey::shipped(&parsed.survey) {
        (parsed.survey.clone(), text.to_owned())
    } else {
        let beside = file.parent().unwrap_or(Path::new("")).join(&parsed.survey);
        let shipped: Vec<_> = survey::shipped_names().collect();
        let text = std::fs::read_to_string(&beside).map_err(|error| {
            Refused(format!(
                "{name}: the survey {} cannot be read: {error}; those that come with cam are {}",
                beside.display(),
                shipped.join(", ")
            ))
        })?;
        (beside.display().to_string(), text)
    };
    let survey = survey::parse(&survey_name, &survey_text).map_err(|error| Refused(error.to_string()))?;
    Ok((parsed, survey, survey_text))
}

/// Everything that a launch rests on, read from the wave's file and what it names.
pub(super) async fn prepare(db: &Db, file: &Path) -> anyhow::Result<Launch> {
    let (mut parsed, survey, survey_text) = read_wave(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let organisation = store::organisation::find(&mut db.read().await?).await?;
    let listed = match &parsed.audience.file {
        Some(list) => Some(read_list(&folder.join(list))?),
        None => None,
    };
    for (zone, name) in parsed.send.holidays.clone() {
        let calendar = read_holidays(&folder.join("holidays").join(format!("{name}.toml")))?;
        parsed.holidays.insert(zone, calendar);
    }
    Ok(Launch {
        file: parsed,
        survey,
        survey_text,
        listed,
        timezone: organisation.timezone,
        language: organisation.default_language,
        poll_keys: None,
    })
}

/// Reads the addresses of an audience's own file.
fn read_list(file: &Path) -> anyhow::Result<BTreeSet<String>> {
    let refuse = |problem: String| Refused(format!("{}: {problem}", file.display()));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(file)
        .map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let header = reader.headers().map_err(|error| refuse(error.to_string()))?;
    let column = header
        .iter()
        .position(|name| name.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case("email"))
        .ok_or_else(|| refuse("line 1: there is no column named email".into()))?;
    let mut list = BTreeSet::new();
    for row in reader.records() {
        let row = row.map_err(|error| refuse(error.to_string()))?;
        if let Some(email) = row.get(column).map(str::trim).filter(|email| !email.is_empty()) {
            list.insert(email.to_lowercase());
        }
    }
    Ok(list)
}

fn read_holidays(file: &Path) -> anyhow::Result<Holidays> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Refused(format!("holidays {} cannot be read: {error}", file.display())))?;
    Ok(toml::from_str(&text).map_err(|error| Refused(format!("{}: {error}", file.display())))?)
}

impl LaunchCommand {
    async fn run(self, config: &Config, clock: Clock) -> anyhow::Result<()> {
        let db = super::open(config).await?;
        let keys = keys::read(config)?;
        let mut launch = prepare(&db, &self.file).await?;
        if let Some(file) = &self.passphrase_file {
            let passphrase = read_secret(file)?;
            launch.poll_keys =
                Some(tokio::task::spawn_blocking(move || wave::poll_keys(&passphrase)).await??);
        }
        let (key, zone) = (launch.file.key.clone(), launch.timezone.clone());
        let by_mail = launch.file.channel == wave::Channel::Mail;
        if launch.file.standing.is_some() {
            return self.start_standing(&db, launch, clock).await;
        }
        let named = || self.file.display().to_string();
        let launched = if self.dry_run {
            try_out(&db, keys, launch, clock).await.with_context(named)?
        } else {
            commit(&db, keys, launch, clock).await.with_context(named)?
        };
        print(&key, &launched, (&self, &zone))?;
        if by_mail && config.mail.is_none() && !self.json {
            say("no mail goes out: cam.toml has no [mail] section")?;
        }
        Ok(())
    }
}

impl LaunchCommand {
    /// Puts the rule of a standing wave in force.
    async fn start_standing(&self, db: &Db, launch: Launch, clock: Clock) -> anyhow::Result<()> {
        let named = || self.file.display().to_string();
        let (key, launch) = (launch.file.key.clone(), launch.check().with_context(named)?);
        if self.dry_run {
            if self.json {
                return say(&serde_json::json!({ "key": key, "standing": true, "dry_run": true }).to_string());
            }
            return say(&format!("{key} is a standing wave: it would invite as events are imported"));
        }
        let started: Result<bool, WaveError> = db
            .write(move |tx| Box::pin(async move { wave::start_standing(tx, &launch, clock.now()).await }))
            .await;
        let started = started.with_context(named)?;
        if self.json {
            let object =
                serde_json::json!({ "key": key, "standing": true, "dry_run": false, "before": !started });
            return say(&object.to_string());
        }
        let before = if started { "" } else { " (it was before)" };
        say(&format!("{key} is in force{before}: while `cam serve` runs it invites after events"))
    }
}

/// Launches a wave.
pub(super) async fn commit(
    db: &Db,
    keys: crate::seal::Keys,
    launch: Launch,
    clock: Clock,
) -> Result<Launched, WaveError> {
    let launch = launch.check()?;
    db.write(move |tx| Box::pin(async move { wave::launch(tx, &keys, &launch, clock.now()).await })).await
}

/// What a dry run ends its transaction with, so that nothing stays.
enum TriedOut {
    Would(Box<Launched>),
    Refused(WaveError),
}

impl From<store::StoreError> for TriedOut {
    fn from(error: store::StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// Launches a wave in a transaction that is rolled back.
async fn try_out(
    db: &Db,
    keys: crate::seal::Keys,
    launch: Launch,
    clock: Clock,
) -> Result<Launched, WaveError> {
    let launch = launch.check()?;
    let outcome: Result<(), TriedOut> = db
        .write(move |tx| {
            Box::pin(async move {
                match wave::launch(tx, &keys, &launch, clock.now()).await {
                    Ok(launched) => Err(TriedOut::Would(Box::new(launched))),
                    Err(error) => Err(TriedOut::Refused(error)),
                }
            })
        })
        .await;
    match outcome {
        Err(TriedOut::Would(launched)) => Ok(*launched),
        Err(TriedOut::Refused(error)) => Err(error),
        Ok(()) => Err(store::StoreError::Stopped.into()),
    }
}

fn print(key: &str, launched: &Launched, (command, zone): (&LaunchCommand, &str)) -> anyhow::Result<()> {
    let dry_run = command.dry_run;
    if command.json {
        let left_out: serde_json::Map<_, _> = launched
            .left_out
            .iter()
            .map(|(reason, count)| (reason.words().to_owned(), (*count).into()))
            .collect();
        let object = serde_json::json!({
            "key": key,
            "dry_run": dry_run,
            "before": launched.before,
            "invited": launched.invited,
            "left_out": left_out,
            "first_mail": launched.due.map(|(first, _)| first.to_string()),
            "last_mail": launched.due.map(|(_, last)| last.to_string()),
        });
        return say(&object.to_string());
    }
    if launched.before {
        return say(&format!(
            "{key} was launched before: {} persons are invited, nothing was changed",
            launched.invited
        ));
    }
    let would = if dry_run { "would be invited (nothing was changed)" } else { "invited" };
    say(&format!("{key}: {} persons {would}", launched.invited))?;
    for (reason, count) in &launched.left_out {
        say(&format!("  {count:>7} left out: {}", reason.words()))?;
    }
    match launched.due {
        Some((first, last)) => {
            let (first, last) = (local(first.timestamp(), zone), local(last.timestamp(), zone));
            say(&if first == last {
                format!("mails are due at {first}, {zone}")
            } else {
                format!("mails are due from {first} to {last}, {zone}")
            })
        }
        None => Ok(()),
    }
}

/// A moment to the minute on the organisation's clock.
fn local(at: jiff::Timestamp, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

async fn remind(
    db: &Db,
    keys: &crate::seal::Keys,
    key: String,
    number: i64,
    clock: Clock,
) -> Result<i64, WaveError> {
    let keys = keys.clone();
    db.write(move |tx| Box::pin(async move { wave::remind(tx, &keys, (&key, number), clock.now()).await }))
        .await
}

async fn links(config: &Config, key: String, out: &Path, clock: Clock) -> anyhow::Result<()> {
    let (db, keys) = (super::open(config).await?, keys::read(config)?);
    let base_url = config.web.base_url();
    // The file first, and for its owner alone: what cannot be written is not handed over.
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(out).with_context(|| format!("{} cannot be written", out.display()))?;
    let links: Result<Vec<wave::Link>, WaveError> = db
        .write(move |tx| Box::pin(async move { wave::links(tx, &keys, &key, &base_url, clock.now()).await }))
        .await;
    let links = links?;
    file.set_len(0)?;
    let mut writer = csv::Writer::from_writer(file);
    for link in &links {
        writer.serialize(link)?;
    }
    writer.flush()?;
    say(&format!("wrote {} links to {}", links.len(), out.display()))
}

/// Prints the waves, one a line.
async fn list(db: &Db, json: bool) -> anyhow::Result<()> {
    let mut tx = db.read().await?;
    let mut boards = Vec::new();
    for key in wave::keys(&mut tx, false).await? {
        boards.push(wave::status(&mut tx, &key).await?);
    }
    if json {
        return say(&serde_json::json!({ "waves": boards }).to_string());
    }
    for board in boards {
        let state = if board.closed { "closed" } else { "open" };
        say(&format!(
            "{:<32} {state:<7} invited {:>6}  answered {:>6}",
            board.key, board.invited, board.answered
        ))?;
    }
    Ok(())
}

/// Prints how a wave stands.
pub(super) async fn show_status(db: &Db, key: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = db.read().await?;
    let board = wave::status(&mut tx, key).await?;
    if json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &board)?;
        return Ok(writeln!(out)?);
    }
    write_board(&board, &store::organisation::find(&mut tx).await?)
}

/// A mean of minor units as an amount.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a mean of amounts lies between amounts, which are whole numbers of this size"
)]
fn whole(mean: f64, currency: Currency) -> String {
    Money { minor: mean.round() as i64, currency }.to_string()
}

/// Prints the response board for a reader.
pub(super) fn write_board(board: &Board, organisation: &Organisation) -> anyhow::Result<()> {
    let currency = Currency::parse(&organisation.ledger_currency)?;
    let state = match (board.closed, board.paused) {
        (true, _) => "closed",
        (false, true) => "mails paused: look at what came back, then `cam wave resume`",
        (false, false) => "open",
    };
    let until = local(board.closes_at.parse()?, &organisation.timezone);
    say(&format!(
        "{} ({}), {state}, until {until}, {}",
        board.key,
        board.mode.as_str(),
        organisation.timezone
    ))?;
    let share = |count: usize| {
        let percent = if board.invited == 0 { 0.0 } else { 100.0 * count as f64 / board.invited as f64 };
        format!("{count:>7}  {percent:>5.1} %")
    };
    let rows = [
        ("invited", board.invited),
        ("handed over", board.handed_over),
        ("delivered", board.delivered),
        ("bounced", board.bounced),
        ("want no mails", board.declined),
        ("started", board.started),
        ("answered", board.answered),
        ("finished", board.finished),
    ];
    for (name, count) in rows {
        // Of links that other channels carry, and of nothing else.
        if name == "handed over" && count == 0 {
            continue;
        }
        say(&format!("  {name:<14} {}", share(count)))?;
    }
    let mails: Vec<String> = board.mails.iter().map(|(state, count)| format!("{state} {count}")).collect();
    say(&format!("mails: {}", if mails.is_empty() { "none".into() } else { mails.join(", ") }))?;
    let rates = &board.rates;
    let rates = [rates.rr1, rates.rr2, rates.rr3, rates.rr4, rates.rr5, rates.rr6];
    let rates: Vec<String> = rates
        .iter()
        .zip(1..)
        .filter_map(|(rate, number)| rate.map(|rate| format!("RR{number} {:.1} %", 100.0 * rate)))
        .collect();
    say(&format!(
        "response rates (AAPOR; of those whose existence is not known, {:.0} % taken as eligible): {}",
        100.0 * board.eligible_share,
        rates.join("  ")
    ))?;
    if board.comparison.is_empty() {
        return say("answered against silent: too few accounts on one side to compare");
    }
    say("answered against silent               answered       silent   difference in standard deviations")?;
    for row in &board.comparison {
        let (first, second) = if row.variable == "revenue_last_year" {
            (whole(row.difference.first, currency), whole(row.difference.second, currency))
        } else {
            (format!("{:.2}", row.difference.first), format!("{:.2}", row.difference.second))
        };
        let apart = if row.apart { "  apart" } else { "" };
        say(&format!(
            "  {:<28} {first:>15} {second:>12}   {:>6.2}{apart}",
            row.variable, row.difference.difference
        ))?;
    }
    Ok(())
}
