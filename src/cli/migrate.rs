//! `cam migrate`.

use std::io::Write;
use std::process::ExitCode;

use super::keys;
use crate::config::Config;
use crate::store::{self, Db, organisation::Organisation};

/// Creates the database or brings its schema to this program's version, and writes the organisation's row
/// from the configuration file. Running it again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam --config cam.toml migrate")]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let db = super::open_to_migrate(config).await?;
        let organisation = prepare(&db, config).await?;
        let made = keys::create(&config.key_file)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}: schema is up to date", config.database.redacted())?;
        match organisation {
            Some(name) => writeln!(out, "organisation: {name}")?,
            None => writeln!(out, "no [organisation] in the configuration file: its row is left as it is")?,
        }
        if made {
            let file = config.key_file.display();
            writeln!(out, "made {file}: links depend on it; keep a copy apart from the database's")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Brings the schema up to date and writes the organisation's row; returns its name where the file has one.
pub(super) async fn prepare(db: &Db, config: &Config) -> anyhow::Result<Option<String>> {
    db.migrate().await?;
    let Some(section) = &config.organisation else { return Ok(None) };
    let organisation = Organisation {
        name: section.name.clone(),
        timezone: section.timezone.clone(),
        ledger_currency: section.currency.clone(),
        fiscal_year_start: i64::from(section.fiscal_year_start),
        default_language: section.language.clone(),
    };
    db.write(|tx| Box::pin(async move { store::organisation::put(tx, &organisation).await })).await?;
    Ok(Some(section.name.clone()))
}
