//! `cam demo`.

mod client;
mod letterbox;
mod quarter;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant as Stopwatch;

use anyhow::Context;
use jiff::tz::TimeZone;

pub use quarter::{Fielded, field_quarter};

use super::exit::Refused;
use super::{keys, report, wave};
use crate::analysis::{self, Advice, Analysis, InvestmentOutcome, Question};
use crate::clock::{Clock, Instant};
use crate::config::Config;
use crate::demo::{self, Case, Company, TrueLevel};
use crate::import::{self, Kind, Order};
use crate::report::Language;
use crate::store::Db;
use crate::web::ReportServer;

/// First line of the file that marks a folder as one of the demo's.
const MARK: &str = "These are MADE-UP DATA.";

/// Where the report is served.
const PORT: u16 = 8080;

/// Makes up a company with a known truth, brings it in, and reports on it.
///
/// The files that a company's systems would export are written to a folder and imported like any user's. The last
/// quarter's survey and a poll of the employees go out by e-mail to a server on this machine, and made-up people
/// answer them. The quarter is analysed, the report is written in English and Chinese, and for each investment the best level
/// that was found is printed beside the true one. Then the report is served on <http://127.0.0.1:8080> until
/// Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam demo --dir demo --seed 1 --once")]
pub(super) struct Demo {
    /// Folder for the files, the database and the report
    #[arg(long, value_name = "DIR", default_value = "demo")]
    dir: PathBuf,
    /// Seed of the company: another seed, another company
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// End when the report is written, without serving it
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let started = Stopwatch::now();
        let company = Company::generate(self.seed);
        write_files(&self.dir, &company)?;
        say(&format!("made up a company (seed {}) in {}", self.seed, self.dir.display()))?;

        let config = Config::load(Some(&self.dir.join("cam.toml")), None, None)?;
        let db = super::open_to_migrate(&config).await?;
        super::migrate::prepare(&db, &config).await?;
        let clock = clock(&config)?;
        import_all(&db, clock, &self.dir, &company).await?;
        keys::create(&config.key_file)?;
        let fielded = field_quarter(&db, &keys::read(&config)?, &self.dir, &company).await?;
        account(&fielded)?;
        wave::show_status(&db, quarter::CUSTOMERS, false).await?;
        say("")?;

        let file = self.dir.join("analysis.toml");
        let question = Question::parse(&file.display().to_string(), &std::fs::read_to_string(&file)?)?;
        let folder = self.dir.join("report");
        let analysis = analysis::run(&db, question, demo::LAST_QUARTER.parse()?).await?;
        report::write(&db, &analysis, &Language::ALL, &folder, clock).await?;
        compare(&analysis, &company.truth())?;
        db.close().await;
        say(&format!("done in {:.1} s", started.elapsed().as_secs_f64()))?;
        if !self.once {
            serve(&folder).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// Writes the company's files. A database is only replaced in a folder that an earlier demo made.
fn write_files(folder: &Path, company: &Company) -> anyhow::Result<()> {
    let database = folder.join("cam.db");
    let marked = std::fs::read_to_string(folder.join("README")).is_ok_and(|text| text.starts_with(MARK));
    if database.exists() && !marked {
        let folder = folder.display();
        let message =
            format!("{folder} holds a database that is not the demo's: name another folder with --dir");
        return Err(Refused(message).into());
    }
    match std::fs::remove_dir_all(folder.join("returned")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for name in ["cam.db", "cam.db-wal", "cam.db-shm"] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in company.files() {
        let file = folder.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// The made-up company's own today.
fn clock(config: &Config) -> anyhow::Result<Clock> {
    let zone = config.organisation.as_ref().map_or("UTC", |organisation| &organisation.timezone);
    let zone = TimeZone::get(zone)?;
    let now = Instant::start_of_day(demo::as_of(), &zone).context("the demo's day is not in the calendar")?;
    Ok(Clock::Fixed(now))
}

async fn import_all(db: &Db, clock: Clock, folder: &Path, company: &Company) -> anyhow::Result<()> {
    for source in company.imports() {
        let order = Order {
            kind: Kind::parse(source.kind).context("the demo imports a kind that does not exist")?,
            file: folder.join(source.file),
            map: folder.join(source.map),
            dry_run: false,
        };
        let report = import::run(db, clock, &order, Box::new(|_, _, _| {})).await?;
        say(&format!(
            "imported {:>6} rows of {}, left out {}",
            report.applied(),
            source.kind,
            report.left_out
        ))?;
    }
    Ok(())
}

/// Prints what became of the quarter's mails.
fn account(fielded: &Fielded) -> anyhow::Result<()> {
    let [contacts, employees] = fielded.invited;
    let languages: Vec<String> =
        fielded.answered.iter().map(|(language, count)| format!("{count} in {language}")).collect();
    let (taken, second, refused) = (fielded.taken, fielded.second_attempt, fielded.refused);
    let (broke, looked, stopped) = (fielded.broke_off, fielded.looked, fielded.unsubscribed);
    let (returned, poll) = (fielded.returned, &fielded.poll);
    say("")?;
    say(&format!(
        "invited {contacts} contacts and {employees} employees by e-mail, to a server on this machine"
    ))?;
    say(&format!(
        "mails: {taken} taken ({second} at the second attempt), {refused} refused, {returned} came back"
    ))?;
    say(&format!("answered by their links: {}; {broke} of them broke off", languages.join(", ")))?;
    say(&format!("{looked} only looked, {stopped} want no mails any more"))?;
    say(&format!(
        "poll of the employees: {} ballots opened at its end and deleted; of its table {} cells are shown, {} hidden",
        poll.answered, poll.shown, poll.hidden
    ))?;
    say("")
}

/// Prints for each investment what was found beside what is true.
fn compare(analysis: &Analysis, truth: &[TrueLevel]) -> anyhow::Result<()> {
    say("")?;
    say(
        "investment                   found: best level (80 % range)   advice                 true best level",
    )?;
    for level in truth {
        let found = analysis.investments.iter().find(|investment| investment.name == level.name);
        let (range, advice) = match found.map(|investment| &investment.outcome) {
            Some(InvestmentOutcome::Curve(curve)) => (
                format!(
                    "{:.1} ({:.1}-{:.1})",
                    curve.best_level.value, curve.best_level.low, curve.best_level.high
                ),
                advice(curve.advice).into(),
            ),
            Some(InvestmentOutcome::Refused { reason, .. }) => ("cannot tell".into(), reason.key().into()),
            None => ("not found".into(), String::new()),
        };
        let truth = match level.case {
            Case::NoEffect => format!("no effect (today {:.1})", level.today),
            Case::PastBest => format!("{:.1}, past it (today {:.1})", level.best_level, level.today),
            Case::RoomToGrow => format!("{:.1} (today {:.1})", level.best_level, level.today),
        };
        say(&format!("{:<28} {range:<32} {advice:<22} {truth}", level.name))?;
    }
    say("")
}

fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::SpendMore => "spend more",
        Advice::SpendMoreEndUnknown => "more, end unseen",
        Advice::Hold => "hold",
        Advice::TestHoldingBack => "test holding back",
        Advice::TestStopping => "test stopping",
        Advice::CannotTell => "cannot tell",
    }
}

async fn serve(folder: &Path) -> anyhow::Result<()> {
    let server = ReportServer::bind(folder, PORT).await.with_context(|| {
        format!("port {PORT} on 127.0.0.1 cannot be used; run with --once, or free the port")
    })?;
    say(&format!("reading the report: http://{}  (Ctrl-C ends)", server.address()?))?;
    server.serve(async { drop(tokio::signal::ctrl_c().await) }).await?;
    Ok(())
}
