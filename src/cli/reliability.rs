//! `cam reliability`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::Interval;
use cam_stats::reliability::{cronbach_alpha, omega};
use serde::Serialize;

use super::adhoc::{Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, print, write_counts};

/// Confidence level of the interval.
const LEVEL: f64 = 0.95;

/// Says how reliably the items of a scale measure one thing: Cronbach's alpha with Feldt's interval, McDonald's omega.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cam reliability answers.csv --items overall,expected,ideal")]
pub(super) struct Reliability {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// Columns of the items, separated by commas; turn items round that run against the others
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    items: Vec<String>,
    #[command(flatten)]
    cells: Cells,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Answer {
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    alpha: f64,
    alpha_low: f64,
    alpha_high: f64,
    alpha_standardised: f64,
    omega: Option<f64>,
    items: Vec<Row>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Row {
    item: String,
    correlation_with_the_others: f64,
    alpha_without: Option<f64>,
    loading: Option<f64>,
}

impl Reliability {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let wanted = Wanted {
            outcome: None,
            event: None,
            cells: &self.cells,
            drivers: &self.items,
            factors: &[],
            labels: &[],
            extras: &[],
            missing: Missing::Complete,
        };
        let data = Data::read(&self.file, &wanted)?;
        let start = Instant::now();
        let found = cronbach_alpha(&data.columns, LEVEL).map_err(|refusal| data.refused(refusal))?;
        let factor = omega(&data.columns).map_err(|refusal| data.refused(refusal))?;
        let items = self.items.iter().enumerate().map(|(place, item)| Row {
            item: item.clone(),
            correlation_with_the_others: found.item_total[place],
            alpha_without: found.if_dropped.get(place).copied(),
            loading: factor.loadings.get(place).copied(),
        });
        let Interval { low, high, .. } = found.interval;
        let n = data.columns.first().map_or(0, Vec::len);
        Ok(Answer {
            n,
            n_available: data.available,
            dropped: data.available - n,
            dropped_by: data.dropped_by.clone(),
            alpha: found.raw,
            alpha_low: low,
            alpha_high: high,
            alpha_standardised: found.standardised,
            omega: factor.total,
            items: items.collect(),
            told: data.told(&found.warnings.iter().chain(&factor.warnings).copied().collect::<Vec<_>>()),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "reliability of {} items", self.items.len())?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        let (low, high) = (digits(self.alpha_low), digits(self.alpha_high));
        writeln!(out, "\nalpha {} (95 %: {low} to {high})", digits(self.alpha))?;
        writeln!(out, "alpha of standardised items {}", digits(self.alpha_standardised))?;
        match self.omega {
            Some(omega) => writeln!(out, "omega {}\n", digits(omega))?,
            None => writeln!(out, "no omega\n")?,
        }
        let width = self.items.iter().map(|item| item.item.chars().count()).max().unwrap_or(0);
        writeln!(out, "{:width$} {:>12} {:>14} {:>10}", "", "with others", "alpha without", "loading")?;
        for item in &self.items {
            let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), digits);
            writeln!(
                out,
                "{:width$} {:>12} {:>14} {:>10}",
                item.item,
                digits(item.correlation_with_the_others),
                optional(item.alpha_without),
                optional(item.loading)
            )?;
        }
        writeln!(out)?;
        self.told.write(out)
    }
}
