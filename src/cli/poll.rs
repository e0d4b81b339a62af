//! `cam poll`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use jiff::tz::TimeZone;

use super::service::read_secret;
use crate::clock::Clock;
use crate::config::Config;
use crate::report::Language;
use crate::report::poll::PollPage;
use crate::store;
use crate::wave;

/// End a poll of employees or customers, and read its released table.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cam poll close 2026-staff --passphrase-file secret.txt\n  cam poll results 2026-staff --out poll"
)]
pub(super) struct Poll {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// End an anonymous or confidential wave for good and make its one table
    #[command(after_help = "Example:\n  cam poll close 2026-staff --passphrase-file secret.txt")]
    Close {
        /// The wave
        key: String,
        /// File that holds the passphrase of an anonymous wave
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write the released table as HTML pages, one per language, or as JSON
    #[command(after_help = "Example:\n  cam poll results 2026-staff --out poll")]
    Results {
        /// The wave
        key: String,
        /// Folder for the pages
        #[arg(long, value_name = "DIR", required_unless_present = "json")]
        out: Option<PathBuf>,
        /// Print the table as one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl Poll {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let db = super::open(config).await?;
        let mut out = std::io::stdout().lock();
        match self.command {
            Command::Close { key, passphrase_file, json } => {
                let passphrase = passphrase_file.as_deref().map(read_secret).transpose()?;
                let closed = wave::close_poll(&db, &key, passphrase, Clock::System.now()).await?;
                if json {
                    let closed = serde_json::json!({
                        "key": key,
                        "answered": closed.answered,
                        "shown": closed.shown,
                        "hidden": closed.hidden,
                        "broken": closed.broken,
                    });
                    writeln!(out, "{closed}")?;
                    return Ok(ExitCode::SUCCESS);
                }
                writeln!(
                    out,
                    "{key} is closed: {} answered; {} cells are shown, {} hidden",
                    closed.answered, closed.shown, closed.hidden
                )?;
                if closed.broken > 0 {
                    writeln!(out, "{} ballots could not be opened and do not count", closed.broken)?;
                }
            }
            Command::Results { key, out: folder, json } => {
                let mut tx = db.read().await?;
                let results = wave::poll_results(&mut tx, &key).await?;
                if json {
                    serde_json::to_writer(&mut out, &readable(&results))?;
                    writeln!(out)?;
                }
                let Some(folder) = folder else { return Ok(ExitCode::SUCCESS) };
                let organisation = store::organisation::find(&mut tx).await?;
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("{} cannot be made", folder.display()))?;
                for language in Language::ALL {
                    let file = folder.join(format!("poll.{}.html", language.tag()));
                    let page = page(&results, &organisation, language)?;
                    std::fs::write(&file, page)
                        .with_context(|| format!("{} cannot be written", file.display()))?;
                    writeln!(out, "wrote {}", file.display())?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The released table for a script: units by id and name, and the released comments.
fn readable(results: &wave::PollResults) -> serde_json::Value {
    let rows = results.table.rows.iter().map(|row| {
        serde_json::json!({
            "unit": row.unit.map(|unit| uuid::Uuid::from_bytes(unit).to_string()),
            "name": row.unit.and_then(|unit| results.units.get(&unit)),
            "level": row.level,
            "cells": row.cells,
        })
    });
    let comments =
        results.comments.iter().map(|(item, texts)| serde_json::json!({ "item": item, "comments": texts }));
    serde_json::json!({
        "k": results.table.k,
        "invited": results.invited,
        "columns": results.table.columns,
        "rows": rows.collect::<Vec<_>>(),
        "comments": comments.collect::<Vec<_>>(),
    })
}

/// The released table as a page.
pub(super) fn page(
    results: &wave::PollResults,
    organisation: &store::organisation::Organisation,
    language: Language,
) -> anyhow::Result<String> {
    let tag = language.tag();
    let zone = TimeZone::get(&organisation.timezone)?;
    let said = |texts: &crate::survey::Texts, key: &str| {
        let text = texts.get(tag).or_else(|| texts.values().next()).map_or(key, String::as_str);
        crate::survey::fill(text, &|word| (word == "organisation").then_some(organisation.name.as_str()))
    };
    let survey = &results.survey;
    let items = survey.items.iter().map(|item| (item.key.clone(), said(&item.text, &item.key)));
    let constructs = survey.constructs.iter().map(|one| (one.key.clone(), said(&one.name, &one.key)));
    let columns: BTreeMap<String, String> = items.chain(constructs).collect();
    let comments = results
        .comments
        .iter()
        .map(|(key, comments)| (columns.get(key).cloned().unwrap_or_else(|| key.clone()), comments.clone()));
    let page = PollPage {
        organisation: organisation.name.clone(),
        title: results.name.clone(),
        anonymous: results.anonymous,
        invited: results.invited,
        released: results.closed_at.date(&zone),
        units: results.units.clone(),
        comments: comments.collect(),
        columns,
    };
    Ok(page.render(&results.table, language)?)
}
