//! `cam worker`.

use std::process::ExitCode;

use super::service::{Jobs, stop_signal};
use super::{keys, log};
use crate::clock::Clock;
use crate::config::Config;

/// Sends mails, reminds and closes waves, without serving pages. With PostgreSQL several may run beside one another; a SQLite
/// file is served by one process.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam worker")]
pub(super) struct Worker {}

impl Worker {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        log::start();
        let (db, keys) = (super::open(config).await?, keys::read(config)?);
        let jobs = Jobs::prepare(config, &db, &keys, Clock::System).await?;
        let report = jobs.report();
        jobs.run(stop_signal()?).await?;
        if let Some(report) = report {
            tracing::info!(sent = report.sent.load(std::sync::atomic::Ordering::Relaxed), "stopped");
        }
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
