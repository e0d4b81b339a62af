//! `cam importance`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::importance::importance;
use cam_stats::ols::Problem;
use serde::Serialize;

use super::adhoc::{Data, Fault, Missing, Seconds, Told, digits, print, write_counts};

/// Splits R-squared among drivers (LMG: averaged over all orders of entry), without a database.
///
/// Shares are never negative: read them beside the sign. A high share is not yet a place to invest; impact,
/// room and cost decide that.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cam importance answers.csv --outcome satisfaction --drivers service,price,product"
)]
pub(super) struct Importance {
    /// CSV file with a header (gzip too); empty cells and NA are missing
    file: PathBuf,
    /// Column of the outcome
    #[arg(long, value_name = "COLUMN")]
    outcome: String,
    /// Columns of at most 15 drivers, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    drivers: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Answer {
    outcome: String,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    shares: Vec<Row>,
    r_squared: f64,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Row {
    term: String,
    share: f64,
    share_of_r_squared: f64,
    johnson: Option<f64>,
    coefficient: f64,
    correlation: f64,
    suppressor: bool,
}

impl Importance {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let data = Data::read(&self.file, &self.outcome, &self.drivers, None, Missing::Complete)?;
        let drivers = data.slices();
        let problem = Problem { outcome: &data.outcome, drivers: &drivers, intercept: true, weights: None };
        let start = Instant::now();
        let found = importance(&problem).map_err(|refusal| data.refused(refusal))?;
        let shares = self.drivers.iter().zip(&found.drivers).map(|(term, driver)| Row {
            term: term.clone(),
            share: driver.lmg,
            share_of_r_squared: driver.lmg / found.r_squared,
            johnson: driver.johnson,
            coefficient: driver.coefficient,
            correlation: driver.correlation,
            suppressor: driver.suppressor,
        });
        Ok(Answer {
            outcome: self.outcome.clone(),
            n: found.n,
            n_available: data.available,
            dropped: data.available - found.n,
            dropped_by: data.dropped_by.clone(),
            shares: shares.collect(),
            r_squared: found.r_squared,
            told: data.told(&found.warnings),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "importance for {}", self.outcome)?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        writeln!(out, "R-squared: {}\n", digits(self.r_squared))?;
        let width = self.shares.iter().map(|share| share.term.chars().count()).max().unwrap_or(0);
        writeln!(
            out,
            "{:width$} {:>10} {:>8} {:>12} {:>12}",
            "", "share", "of R2", "coefficient", "correlation"
        )?;
        let mut sorted: Vec<&Row> = self.shares.iter().collect();
        sorted.sort_by(|a, b| b.share.total_cmp(&a.share));
        for share in sorted {
            let percent = format!("{:.1} %", 100.0 * share.share_of_r_squared);
            write!(
                out,
                "{:width$} {:>10} {percent:>8} {:>12} {:>12}",
                share.term,
                digits(share.share),
                digits(share.coefficient),
                digits(share.correlation)
            )?;
            let flag = if share.suppressor { "  opposite signs: do not read as a lever" } else { "" };
            writeln!(out, "{flag}")?;
        }
        writeln!(out)?;
        self.told.write(out)
    }
}
