//! `cam import`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::exit::exit_code;
use crate::clock::Clock;
use crate::config::Config;
use crate::import::{self, ImportError, Kind, Order, Progress, Reason, Report};

/// Runs of lines that are named in one row of a list.
const RUNS_IN_ROW: usize = 12;

/// Signs of a bar that shows how full a column is.
const BAR_WIDTH: usize = 10;

/// Brings a CSV or XLSX file in, by a mapping file, wholly or not at all. The same file again changes nothing;
/// an updated file updates. Rows that cannot be read are left out and named with line and reason.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  \
        cam import accounts accounts.xlsx --map accounts.toml --dry-run\n  \
        cam import ledger_entries orders.csv.gz --map orders.toml\n  \
        cam import undo 0192f0c1-7d2b-7cc3-98c4-dc0c0c07398f\n\n\
        Kinds: units, accounts, contacts, employees, ledger_entries, account_periods, ledger_totals, answers,\n\
        indicators, investments, cost_points, measures, goals"
)]
pub(super) struct Import {
    #[command(subcommand)]
    other: Option<Other>,
    /// What the file holds
    #[arg(value_name = "KIND", required = true, value_parser = kind)]
    kind: Option<Kind>,
    /// CSV or XLSX, also inside gzip
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    /// Mapping file
    #[arg(long, value_name = "MAP.toml", required = true)]
    map: Option<PathBuf>,
    /// Do everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Take an import back: rows are again as they were before it
    Undo {
        /// The import, as its report named it
        batch: Uuid,
    },
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::parse(name).ok_or_else(|| {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("kinds are {}", names.join(", "))
    })
}

impl Import {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let json = self.json;
        match self.carry_out(config).await {
            Err(error) if json => {
                let object = serde_json::json!({
                    "error": "E_IMPORT", "message": format!("{error:#}"), "report": left_out(&error)
                });
                writeln!(std::io::stdout(), "{object}")?;
                Ok(exit_code(&error))
            }
            outcome => outcome.map(|()| ExitCode::SUCCESS),
        }
    }

    async fn carry_out(self, config: &Config) -> anyhow::Result<()> {
        let db = super::open(config).await?;
        if let Some(Other::Undo { batch }) = self.other {
            let undone = import::undo(&db, Clock::System.now(), batch).await?;
            writeln!(std::io::stdout(), "Taken back: {} rows of {}.", undone.rows_applied, undone.kind)?;
            return Ok(());
        }
        let (Some(kind), Some(file), Some(map)) = (self.kind, self.file, self.map) else {
            anyhow::bail!("kind, file and map are needed");
        };
        let order = Order { kind, file, map, dry_run: self.dry_run };
        let (bar, progress) = progress_bar();
        let outcome = import::run(&db, Clock::System, &order, progress).await.map_err(anyhow::Error::from);
        bar.finish_and_clear();
        if let (Some(report), false) = (outcome.as_ref().err().and_then(left_out), self.json) {
            print_reasons(report, &mut std::io::stderr().lock())?;
        }
        let report = outcome?;
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string(&report)?)?;
        } else {
            print(&report, &mut out)?;
        }
        Ok(())
    }
}

/// What was seen of a file that was refused because most of its rows would be left out.
fn left_out(error: &anyhow::Error) -> Option<&Report> {
    match error.downcast_ref() {
        Some(ImportError::DoesNotFit(report)) => Some(report),
        _ => None,
    }
}

/// Draws on standard error, and draws nothing where that is no terminal.
fn progress_bar() -> (ProgressBar, Progress) {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left") {
        bar.set_style(style);
    }
    let drawn = bar.clone();
    let progress: Progress = Box::new(move |read, size, rows| {
        drawn.set_length(size);
        drawn.set_position(read);
        drawn.set_message(format!("{} rows", grouped(rows)));
    });
    (bar, progress)
}

fn print(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} · {} · {} rows", report.file, report.kind, grouped(report.rows))?;
    if let Some(before) = report.already {
        writeln!(out, "Nothing to do: this file came in by this map already, as import {before}.")?;
        return Ok(());
    }
    let ready = grouped(report.applied());
    if report.dry_run {
        writeln!(
            out,
            "Nothing is saved yet. {ready} of {} rows are ready, {} would be left out.",
            grouped(report.rows),
            grouped(report.left_out)
        )?;
    } else {
        writeln!(
            out,
            "Saved. {ready} of {} rows came in, {} were left out.",
            grouped(report.rows),
            grouped(report.left_out)
        )?;
    }
    writeln!(out)?;
    let mut counts = vec![
        ("New", report.new),
        ("Changed", report.changed),
        ("The same as before", report.same),
        ("Left out", report.left_out),
    ];
    if report.summed > 0 {
        counts.push(("Added up into another row", report.summed));
    }
    for (name, count) in counts {
        writeln!(out, "  {name:<26} {:>12}", grouped(count))?;
    }
    print_reasons(report, out)?;
    print_columns(report, out)?;
    writeln!(out)?;
    if report.seconds > 0.5 {
        let rate = (report.rows as f64 / report.seconds).round();
        writeln!(out, "{:.1} s, {rate} rows a second.", report.seconds)?;
    }
    match report.batch {
        Some(batch) => writeln!(out, "To take it back: cam import undo {batch}"),
        None => writeln!(out, "The same command without --dry-run saves it."),
    }
}

fn print_reasons(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nRows left out: {}", grouped(report.left_out))?;
    for reason in &report.reasons {
        let column = reason.column.as_ref().map_or_else(String::new, |column| format!("{column}: "));
        writeln!(out, "  {:>7}  {column}{}", grouped(reason.rows), reason.reason)?;
        print_lines(reason, report.dry_run, out)?;
        if !reason.cells.is_empty() {
            let cells: Vec<String> = reason.cells.iter().map(|cell| format!("“{cell}”")).collect();
            writeln!(out, "           for example {}", cells.join(", "))?;
        }
    }
    Ok(())
}

/// Names the lines of a reason: all of them in a dry run, which is made to find them, and the first ones in an
/// import that is over.
fn print_lines(reason: &Reason, all: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let shown = if all { reason.lines.len() } else { reason.lines.len().min(RUNS_IN_ROW) };
    for (row, runs) in reason.lines[..shown].chunks(RUNS_IN_ROW).enumerate() {
        let runs: Vec<String> = runs.iter().map(|run| range(*run)).collect();
        let head = if row == 0 { "lines" } else { "     " };
        let tail = if (row + 1) * RUNS_IN_ROW < shown { "," } else { "" };
        writeln!(out, "           {head} {}{tail}", runs.join(", "))?;
    }
    let more = reason.lines.len() - shown;
    if more > 0 {
        writeln!(out, "                 and {} more places; --dry-run names them all", grouped(more as u64))?;
    }
    Ok(())
}

fn range((first, last): (u64, u64)) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

fn print_columns(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    if report.columns.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nColumns")?;
    let width = report.columns.iter().map(|fill| fill.column.chars().count()).max().unwrap_or(0).min(32);
    for fill in &report.columns {
        let share = fill.filled as f64 / report.rows.max(1) as f64;
        let full = bar(fill.filled, report.rows);
        writeln!(
            out,
            "  {:<width$}  {:>5.1} %  {}{}  {}{}",
            fill.column,
            share * 100.0,
            "█".repeat(full),
            "·".repeat(BAR_WIDTH - full),
            fill.fills,
            fill.example.as_ref().map_or_else(String::new, |example| format!("   e.g. {example}")),
        )?;
    }
    Ok(())
}

/// Returns how many of the bar's signs are full: all of them only for a full column.
fn bar(filled: u64, rows: u64) -> usize {
    let signs = filled.saturating_mul(BAR_WIDTH as u64) / rows.max(1);
    usize::try_from(signs).unwrap_or(BAR_WIDTH).min(BAR_WIDTH)
}

/// Writes a count with its thousands grouped.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
