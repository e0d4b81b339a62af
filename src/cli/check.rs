//! `cam check`.

use std::io::Write;
use std::process::ExitCode;

use super::exit::Refused;
use crate::config::Config;
use crate::store;

/// Prints the effective configuration with the source of each value, and tests the database: that it opens,
/// that its schema is this program's, that every statement can be prepared on it.
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
        Ok(ExitCode::SUCCESS)
    }
}
