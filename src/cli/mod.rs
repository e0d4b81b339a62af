//! The command line: one file per command. Commands parse, call one room and print; they do not calculate.

mod adhoc;
mod allocate;
mod check;
mod clv;
mod curve;
mod demo;
mod effect;
mod exit;
mod fit;
mod import;
mod importance;
mod keys;
mod log;
mod migrate;
mod pls;
mod poll;
mod power;
mod rake;
mod reliability;
mod report;
mod rows;
mod segment;
mod serve;
mod service;
mod survey;
mod toml_file;
mod wave;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

pub use demo::{Fielded, field_quarter};
pub use exit::{exit_code, is_closed_pipe};

use crate::config::Config;
use crate::store::Db;

/// Measures satisfaction, joins it to money, and says how far it pays to raise it.
#[derive(Debug, Parser)]
#[command(name = "cam", version, propagate_version = true, after_help = exit::HELP)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command that opens the database.
#[derive(Debug, clap::Args)]
struct Shared {
    /// Configuration file [default: cam.toml, where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database, sqlite:FILE or postgres://…; stands above the environment and the file
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database, or bring it to this program's version
    Migrate(migrate::Migrate),
    /// Show the effective configuration and test the database
    Check(check::Check),
    Fit(fit::Fit),
    Importance(importance::Importance),
    Curve(curve::Curve),
    Reliability(reliability::Reliability),
    Effect(effect::Effect),
    Pls(pls::Pls),
    Allocate(allocate::Allocate),
    /// Say how many observations a test or an interval needs, or what a given number shows
    Power(power::Power),
    Clv(Box<clv::Clv>),
    Segment(segment::Segment),
    Rake(rake::Rake),
    /// Bring a file in, or take an import back
    Import(import::Import),
    /// Analyse a quarter and write its report
    Report(report::Report),
    /// Check survey files before anybody is asked, and describe their format
    Survey(survey::Survey),
    Wave(wave::Wave),
    Poll(poll::Poll),
    Serve(serve::Serve),
    Worker(worker::Worker),
    /// Make up a company, bring it in, analyse it and show the report
    Demo(demo::Demo),
}

/// Runs the command line and returns the exit code.
pub fn run() -> anyhow::Result<ExitCode> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            error.print()?;
            return Ok(if error.use_stderr() { exit::usage() } else { ExitCode::SUCCESS });
        }
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match cli.command {
            Command::Migrate(command) => command.run(&cli.shared.config()?).await,
            Command::Check(command) => command.run(&cli.shared.config()?).await,
            Command::Fit(command) => command.run(),
            Command::Importance(command) => command.run(),
            Command::Curve(command) => command.run(),
            Command::Reliability(command) => command.run(),
            Command::Effect(command) => command.run(),
            Command::Pls(command) => command.run(),
            Command::Allocate(command) => command.run(),
            Command::Power(command) => command.run(),
            Command::Clv(command) => command.run(),
            Command::Segment(command) => command.run(),
            Command::Rake(command) => command.run(),
            Command::Import(command) => command.run(&cli.shared.config()?).await,
            Command::Report(command) => command.run(&cli.shared.config()?).await,
            Command::Survey(command) => command.run(),
            Command::Wave(command) => command.run(&cli.shared.config()?).await,
            Command::Poll(command) => command.run(&cli.shared.config()?).await,
            Command::Serve(command) => command.run(&cli.shared.config()?).await,
            Command::Worker(command) => command.run(&cli.shared.config()?).await,
            Command::Demo(command) => command.run().await,
        }
    })
}

impl Shared {
    fn config(&self) -> anyhow::Result<Config> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let environment = std::env::var("CAM_DATABASE").ok();
        Ok(Config::load(self.config.as_deref(), self.database.clone(), environment)?)
    }
}

/// Opens the configured database, naming it where that fails or where `cam migrate` has yet to prepare it.
async fn open(config: &Config) -> anyhow::Result<Db> {
    Db::open_migrated(&config.database.url)
        .await
        .with_context(|| format!("{} cannot be used", config.database.redacted()))
}

/// Opens the configured database, or makes it, for a command that brings its schema up to date.
async fn open_to_migrate(config: &Config) -> anyhow::Result<Db> {
    Db::open(&config.database.url)
        .await
        .with_context(|| format!("{} cannot be opened", config.database.redacted()))
}
