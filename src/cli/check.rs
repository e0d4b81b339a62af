//! `cam check`.

use std::io::Write;
use std::process::ExitCode;

use super::exit::Refused;
use crate::config::Config;
use crate::store;

/// Prints the effective configuration, and tests the database: that it opens, that its schema is this program's, that every
/// statement can be prepared on it. Where there is a relay, it is greeted and signed in to; nothing is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam check --database sqlite:cam.db")]
pub(super) struct Check {}

impl Check {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut out = std::io::stdout();
        match &config.file {
            Some(file) => writeln!(out, "configuration file: {}", file.display())?,
            None => writeln!(out, "configuration file: none")?,
        }
        writeln!(out, "database: {} (from {})", config.database.redacted(), config.database.source)?;
        write_service(&mut out, config)?;
        super::service::look(&config.web)?;
        let db = super::open(config).await?;
        let mut faults = 0;
        for (module, name, sql) in store::statements() {
            if let Err(error) = db.prepare(sql).await {
                faults += 1;
                writeln!(std::io::stderr(), "{module}::{name}: {error}")?;
            }
        }
        if faults > 0 {
            let message = format!(
                "{faults} statements cannot be prepared: the schema was changed by other means; restore a backup, or \
                 begin a new database"
            );
            return Err(Refused(message).into());
        }
        writeln!(out, "schema: up to date")?;
        let organisation = store::organisation::find(&mut db.read().await?).await?;
        writeln!(
            out,
            "organisation: {}, {}, {}, fiscal year from month {}",
            organisation.name,
            organisation.ledger_currency,
            organisation.timezone,
            organisation.fiscal_year_start
        )?;
        if let Some(asked) = &config.organisation {
            let (is, said) = (
                [
                    &organisation.name,
                    &organisation.ledger_currency,
                    &organisation.timezone,
                    &organisation.default_language,
                ],
                [&asked.name, &asked.currency, &asked.timezone, &asked.language],
            );
            for (is, said) in is.into_iter().zip(said).filter(|(is, said)| is != said) {
                writeln!(
                    out,
                    "  the file says {said} where the database has {is}: `cam migrate` changes what can be changed"
                )?;
            }
        }
        if let Some(mail) = &config.mail {
            super::service::greet(mail).await?;
            writeln!(out, "relay: {}:{} greets and lets us in", mail.host, mail.port)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what the survey service would work with; no password.
fn write_service(out: &mut dyn Write, config: &Config) -> std::io::Result<()> {
    let key = if config.key_file.is_file() { "" } else { " (missing: `cam migrate` makes it)" };
    writeln!(out, "key: {}{key}", config.key_file.display())?;
    writeln!(
        out,
        "answering pages: on {}, links begin with {}, {}",
        config.web.listen,
        config.web.base_url(),
        match &config.web.theme {
            Some(file) => format!("theme {}", file.display()),
            None => "plain colours".into(),
        }
    )?;
    match &config.mail {
        Some(mail) => writeln!(
            out,
            "mail: {mail:?}, bounces to {}, {} connections, {} mails a minute and domain at most",
            if config.returns.is_some() { mail.bounce_domain() } else { &mail.from },
            mail.connections,
            mail.rate_per_minute
        )?,
        None => writeln!(out, "mail: no [mail] section, so no mail is sent")?,
    }
    match &config.returns {
        Some(returns) => {
            let maildir = returns.maildir.iter().map(|folder| {
                let missing = if folder.join("new").is_dir() { "" } else { " (no maildir there yet)" };
                format!("{}{missing}", folder.display())
            });
            let imap =
                returns.imap.iter().map(|imap| format!("{} at {}:{}", imap.mailbox, imap.host, imap.port));
            writeln!(out, "returns: {}", maildir.chain(imap).collect::<Vec<_>>().join(", "))
        }
        None => {
            writeln!(
                out,
                "returns: no [returns] section, so bounces go to the sender's mailbox, and nobody is suppressed by them"
            )
        }
    }
}
