//! What the fits on a plain file share: complete cases, refusals, and how numbers are printed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::{Column, Refusal, Warning};
use serde::Serialize;

use super::exit::exit_code;
use crate::import::table::{self, TableError};

/// Share of rows that may be left out for a missing value.
const DROPPED: f64 = 0.40;
/// Labels of one column that may become drivers.
const LABELS: usize = 50;
/// Share of rows left out from which it warns.
const DROPPED_WARNS: f64 = 0.10;

/// What to do with rows that miss a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Missing {
    /// Leave them out
    Complete,
    /// Fill in the mean of the driver; warns, since intervals become too narrow
    Mean,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The file.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The statistics; columns by their names in the file.
    #[error("{message}")]
    Refused {
        /// Code.
        code: &'static str,
        /// Sentence.
        message: String,
    },
}

/// How the cells of a file are to be read.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Cells {
    /// Cells that mean "missing" besides empty ones and NA, separated by commas
    #[arg(long, value_name = "CODE", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) na: Vec<String>,
    /// Rows to leave out, such as totals and benchmarks among units: COLUMN=VALUE; may be given several times
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub(super) leave_out: Vec<String>,
}

/// What is asked of a file.
pub(super) struct Wanted<'a> {
    /// Column of the outcome.
    pub(super) outcome: Option<&'a str>,
    /// The label of the outcome that counts as 1, all others as 0, where the column holds labels.
    pub(super) event: Option<&'a str>,
    /// How cells are read.
    pub(super) cells: &'a Cells,
    /// Columns of numbers.
    pub(super) drivers: &'a [String],
    /// Columns of labels that become drivers of 0 and 1, one for each label but the first.
    pub(super) factors: &'a [String],
    /// Columns of labels, such as clusters.
    pub(super) labels: &'a [String],
    /// Further columns of numbers, by what they are used for.
    pub(super) extras: &'a [(&'static str, &'a String)],
    /// What to do with rows that miss a driver.
    pub(super) missing: Missing,
}

/// A column of labels without its empty cells.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// For each row its label's position in `names`.
    pub(super) ids: Vec<usize>,
    /// The labels.
    pub(super) names: Vec<String>,
}

/// Complete rows of a file.
pub(super) struct Data {
    /// Names of the drivers.
    pub(super) drivers: Vec<String>,
    /// Name of the outcome.
    outcome_name: String,
    /// The outcome.
    pub(super) outcome: Vec<f64>,
    /// The drivers' columns.
    pub(super) columns: Vec<Vec<f64>>,
    /// The columns of labels.
    pub(super) labels: Vec<Kept>,
    /// Further columns, by what they are used for.
    extras: Vec<(&'static str, Vec<f64>)>,
    /// Rows of the file.
    pub(super) available: usize,
    /// For each row of the file whether it is used.
    keep: Vec<bool>,
    /// Rows left out, by the column that misses a value; a row that misses several counts for each.
    pub(super) dropped_by: BTreeMap<String, usize>,
    /// What limits the reading.
    pub(super) warnings: Vec<Warning>,
    /// Seconds that reading took.
    pub(super) seconds: f64,
}

impl Data {
    /// Reads the columns and leaves out (or fills) rows with a missing value; an outcome is never filled.
    pub(super) fn read(file: &Path, wanted: &Wanted<'_>) -> Result<Self, Fault> {
        let start = Instant::now();
        let (drivers, outcome) = (wanted.drivers, wanted.outcome.map(str::to_owned));
        let extras = wanted.extras.iter().map(|(_, column)| (*column).clone());
        let number = outcome.clone().filter(|_| wanted.event.is_none());
        let names: Vec<String> = drivers.iter().cloned().chain(number).chain(extras).collect();
        let rules = wanted.cells.rules()?;
        let mut labels: Vec<String> = wanted.labels.iter().chain(wanted.factors).cloned().collect();
        let (asked, event) = (labels.len(), outcome.clone().filter(|_| wanted.event.is_some()));
        labels.extend(event.iter().cloned().chain(rules.iter().map(|(column, _)| (*column).to_owned())));
        let mut table = table::read(file, &names, &labels, &wanted.cells.na)?;
        let rule_columns = table.labels.split_off(asked + event.iter().len());
        let event_column = table.labels.split_off(asked).pop();
        labels.truncate(asked);
        let mut data = Self {
            drivers: drivers.to_vec(),
            outcome_name: outcome.unwrap_or_default(),
            outcome: Vec::new(),
            columns: Vec::new(),
            labels: Vec::new(),
            extras: Vec::new(),
            available: table.rows,
            keep: Vec::new(),
            dropped_by: BTreeMap::new(),
            warnings: Vec::new(),
            seconds: 0.0,
        };
        if wanted.missing == Missing::Mean {
            for driver in 0..drivers.len() {
                data.fill(driver, &mut table.numbers[driver])?;
            }
        }
        let mut keep = vec![true; table.rows];
        let left_out = data.leave_rows_out(&rules, &rule_columns, &mut keep)?;
        let event_column = match (event_column, wanted.event) {
            (Some(labels), Some(event)) => Some(event_numbers(&labels, event, &data.outcome_name)?),
            _ => None,
        };
        if let (Some(column), Some(name)) = (&event_column, &event) {
            data.leave_out(name, &mut keep, column.iter().map(Option::is_some));
        }
        for (name, column) in names.iter().zip(&table.numbers) {
            data.leave_out(name, &mut keep, column.iter().map(Option::is_some));
        }
        for (name, labels) in labels.iter().zip(&table.labels) {
            data.leave_out(name, &mut keep, labels.ids.iter().map(Option::is_some));
        }
        // Rows that the reader wants left out are not missing.
        data.available -= left_out;
        data.check_dropped(keep.iter().filter(|keep| !**keep).count() - left_out)?;
        let kept = |column: &[Option<f64>]| -> Vec<f64> {
            column.iter().zip(&keep).filter(|(_, keep)| **keep).filter_map(|(value, _)| *value).collect()
        };
        data.columns = table.numbers[..drivers.len()].iter().map(|column| kept(column)).collect();
        let mut others = table.numbers[drivers.len()..].iter().map(|column| kept(column));
        match &event_column {
            Some(column) => data.outcome = kept(column),
            None if wanted.outcome.is_some() => data.outcome = others.next().unwrap_or_default(),
            None => {}
        }
        data.extras = wanted.extras.iter().map(|(use_as, _)| *use_as).zip(others).collect();
        let kept_labels = table.labels.into_iter().map(|labels| {
            let ids = labels.ids.iter().zip(&keep).filter(|(_, keep)| **keep).filter_map(|(label, _)| *label);
            Kept { ids: ids.collect(), names: labels.names }
        });
        data.labels = kept_labels.collect();
        let factors = data.labels.split_off(wanted.labels.len());
        for (name, factor) in wanted.factors.iter().zip(&factors) {
            data.spread_out(name, factor)?;
        }
        data.keep = keep;
        data.seconds = start.elapsed().as_secs_f64();
        Ok(data)
    }

    /// Leaves out the rows that the reader does not want; returns how many.
    fn leave_rows_out(
        &mut self,
        rules: &[(&str, &str)],
        columns: &[table::Labels],
        keep: &mut [bool],
    ) -> Result<usize, Fault> {
        for ((column, value), labels) in rules.iter().zip(columns) {
            let Some(place) = labels.names.iter().position(|name| name == value) else {
                let message = format!("no row has {value:?} in {column}; correct --leave-out");
                return Err(Fault::Refused { code: "E_USAGE", message });
            };
            let others = labels.ids.iter().map(|id| *id != Some(place));
            self.leave_out(&format!("{column}={value}"), keep, others);
        }
        Ok(keep.iter().filter(|keep| !**keep).count())
    }

    /// Names without rows, for what does not hold them.
    pub(super) fn of_names(outcome: &str, drivers: &[String], available: usize) -> Self {
        Self {
            drivers: drivers.to_vec(),
            outcome_name: outcome.to_owned(),
            outcome: Vec::new(),
            columns: Vec::new(),
            labels: Vec::new(),
            extras: Vec::new(),
            available,
            keep: Vec::new(),
            dropped_by: BTreeMap::new(),
            warnings: Vec::new(),
            seconds: 0.0,
        }
    }

    /// A further column, by what it is used for.
    pub(super) fn extra(&self, use_as: &str) -> Option<&[f64]> {
        self.extras.iter().find(|(known, _)| *known == use_as).map(|(_, column)| column.as_slice())
    }

    /// How many rows are not used.
    pub(super) fn rows_left_out(&self) -> usize {
        self.keep.iter().filter(|keep| !**keep).count()
    }

    /// Numbers of the rows that are used, from 1 below the header.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(row, _)| row + 1)
    }

    /// Makes a driver of 0 and 1 of each label but the first in the order of the alphabet.
    fn spread_out(&mut self, name: &str, factor: &Kept) -> Result<(), Fault> {
        let mut present: Vec<usize> = factor.ids.clone();
        present.sort_unstable();
        present.dedup();
        present.sort_by(|a, b| factor.names[*a].cmp(&factor.names[*b]));
        if present.len() < 2 {
            let message = format!("{name} holds one label only; leave it out");
            return Err(Fault::Refused { code: "E_NO_VARIANCE", message });
        }
        if present.len() > LABELS {
            let message = format!(
                "{name} holds {} labels, at most {LABELS} become drivers; is it a number, or a cluster?",
                present.len()
            );
            return Err(Fault::Refused { code: "E_TOO_MANY", message });
        }
        for label in &present[1..] {
            self.drivers.push(format!("{name}={}", factor.names[*label]));
            self.columns.push(factor.ids.iter().map(|id| f64::from(u8::from(id == label))).collect());
        }
        Ok(())
    }

    fn fill(&mut self, driver: usize, column: &mut [Option<f64>]) -> Result<(), Fault> {
        let known: Vec<f64> = column.iter().flatten().copied().collect();
        let cells = column.len() - known.len();
        if cells == 0 {
            return Ok(());
        }
        if cells as f64 > DROPPED * column.len() as f64 {
            return Err(self.refused(Refusal::TooManyDropped { dropped: cells, available: column.len() }));
        }
        let count = known.len() as f64;
        let mean = known.iter().map(|value| value / count).sum::<f64>();
        for value in column.iter_mut() {
            value.get_or_insert(mean);
        }
        self.warnings.push(Warning::Imputed { column: Column::Driver(driver), cells });
        Ok(())
    }

    fn leave_out(&mut self, name: &str, keep: &mut [bool], present: impl Iterator<Item = bool>) {
        let mut missing = 0;
        for (keep, present) in keep.iter_mut().zip(present) {
            if !present {
                *keep = false;
                missing += 1;
            }
        }
        if missing > 0 {
            self.dropped_by.insert(name.to_owned(), missing);
        }
    }

    fn check_dropped(&mut self, dropped: usize) -> Result<(), Fault> {
        let (share, available) = (dropped as f64 / self.available as f64, self.available);
        if share > DROPPED {
            return Err(self.refused(Refusal::TooManyDropped { dropped, available }));
        }
        if share > DROPPED_WARNS {
            self.warnings.push(Warning::Missing { dropped, available });
        }
        Ok(())
    }

    /// The drivers as the statistics take them.
    pub(super) fn slices(&self) -> Vec<&[f64]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    /// Clusters, where their column was the first of the labels.
    pub(super) fn clusters(&self) -> Option<&[usize]> {
        self.labels.first().map(|labels| labels.ids.as_slice())
    }

    /// A column's name in the file.
    pub(super) fn name(&self, column: Column) -> String {
        match column {
            Column::Outcome => self.outcome_name.clone(),
            Column::Weight => "the weight".to_owned(),
            Column::Latent(latent) => format!("latent variable {}", latent + 1),
            Column::Driver(driver) => {
                self.drivers.get(driver).cloned().unwrap_or_else(|| "a driver".to_owned())
            }
        }
    }

    /// A refusal in the names of the file.
    pub(super) fn refused(&self, refusal: Refusal) -> Fault {
        Fault::Refused { code: refusal.code(), message: refusal.sentence(|column| self.name(column)) }
    }

    /// Warnings in the names of the file; those of the reading first.
    pub(super) fn told(&self, warnings: &[Warning]) -> Told {
        Told::of(self.warnings.iter().chain(warnings), |column| self.name(column))
    }
}

impl Cells {
    /// Columns and values of the rows to leave out.
    fn rules(&self) -> Result<Vec<(&str, &str)>, Fault> {
        let rule = |text: &'_ String| {
            let message = format!("--leave-out {text:?} is not COLUMN=VALUE");
            text.split_once('=').map(|_| ()).ok_or(Fault::Refused { code: "E_USAGE", message })
        };
        self.leave_out.iter().try_for_each(rule)?;
        Ok(self.leave_out.iter().filter_map(|text| text.split_once('=')).collect())
    }
}

/// 1 where a row has the label, else 0.
fn event_numbers(labels: &table::Labels, event: &str, column: &str) -> Result<Vec<Option<f64>>, Fault> {
    let Some(place) = labels.names.iter().position(|name| name == event) else {
        let known: Vec<&str> = labels.names.iter().take(10).map(String::as_str).collect();
        let message = format!("no row has {event:?} in {column}; there are: {}", known.join(", "));
        return Err(Fault::Refused { code: "E_USAGE", message });
    };
    Ok(labels.ids.iter().map(|id| id.map(|id| f64::from(u8::from(id == place)))).collect())
}

/// Warnings of an answer.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// Codes, each once.
    pub(super) warnings: Vec<&'static str>,
    /// Each with its sentence.
    pub(super) warning_messages: Vec<Message>,
}

/// A warning in words.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Message {
    code: &'static str,
    message: String,
}

impl Told {
    /// Warnings in the reader's names of the columns.
    pub(super) fn of<'a>(
        warnings: impl IntoIterator<Item = &'a Warning>,
        name: impl Fn(Column) -> String,
    ) -> Self {
        let mut codes: Vec<&'static str> = Vec::new();
        let mut messages: Vec<Message> = Vec::new();
        for warning in warnings {
            if !codes.contains(&warning.code()) {
                codes.push(warning.code());
            }
            let message = Message { code: warning.code(), message: warning.sentence(&name) };
            if !messages.contains(&message) {
                messages.push(message);
            }
        }
        Self { warnings: codes, warning_messages: messages }
    }

    /// Writes the sentences, one a line.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for Message { code, message } in &self.warning_messages {
            writeln!(out, "{code}: {message}")?;
        }
        Ok(())
    }
}

/// Seconds of the two halves.
#[derive(Debug, Serialize)]
pub(super) struct Seconds {
    pub(super) read: f64,
    pub(super) fit: f64,
}

#[derive(Serialize)]
struct RefusalObject<'a> {
    error: &'a str,
    message: &'a str,
}

/// Prints an answer, as one JSON object or in words, or the refusal.
pub(super) fn print<A: Serialize>(
    answer: Result<A, Fault>,
    json: bool,
    words: impl FnOnce(&A, &mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match answer {
        Ok(answer) => {
            if json {
                serde_json::to_writer(&mut out, &answer)?;
                writeln!(out)?;
            } else {
                words(&answer, &mut out)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            let message = fault.to_string();
            let error = match &fault {
                Fault::Table(error) => error.code(),
                Fault::Refused { code, .. } => code,
            };
            if json {
                serde_json::to_writer(&mut out, &RefusalObject { error, message: &message })?;
                writeln!(out)?;
            } else {
                writeln!(std::io::stderr(), "{error}: {message}")?;
            }
            Ok(exit_code(&fault.into()))
        }
    }
}

/// A number with at most six significant digits, without an exponent where it is readable without one.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.5e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// A p-value with four decimals.
pub(super) fn p_value(value: Option<f64>) -> String {
    match value {
        Some(value) if value < 0.0001 => "< 0.0001".to_owned(),
        Some(value) => format!("{value:.4}"),
        None => "-".to_owned(),
    }
}

/// How many rows were used, and why the others were not.
pub(super) fn write_counts(
    out: &mut dyn Write,
    (n, available): (usize, usize),
    dropped_by: &BTreeMap<String, usize>,
) -> std::io::Result<()> {
    writeln!(out, "{n} of {available} rows used")?;
    for (name, count) in dropped_by {
        writeln!(out, "  {count} without {name}")?;
    }
    Ok(())
}
