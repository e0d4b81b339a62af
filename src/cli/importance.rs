//! `cam importance`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::importance::{Orders, Uncertainty, importance, uncertainty};
use cam_stats::ols::Problem;
use cam_stats::spread::{Draws, Resampling, Spread};
use serde::Serialize;

use super::adhoc::{Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, print, write_counts};

/// Splits R-squared among drivers (LMG: averaged over all orders of entry), without a database.
///
/// Shares are never negative: read them beside the sign. A high share is not yet a place to invest; impact,
/// room and cost decide that. Up to 20 drivers are exact, up to 60 are averaged over 2,000 random orders.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cam importance answers.csv --outcome satisfaction --drivers service,price,product\n  \
                  cam importance answers.csv --outcome satisfaction --drivers service,price --draws 999 --cluster shop"
)]
pub(super) struct Importance {
    /// CSV file with a header (gzip too) or Parquet file; empty cells and NA are missing
    file: PathBuf,
    /// Column of the outcome
    #[arg(long, value_name = "COLUMN")]
    outcome: String,
    /// Columns of at most 60 drivers, separated by commas
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', required = true)]
    drivers: Vec<String>,
    /// Replicates of a bootstrap, for intervals and the chance of being number one
    #[arg(long, value_name = "N")]
    draws: Option<usize>,
    /// Column that says which rows belong together, for the bootstrap
    #[arg(long, value_name = "COLUMN", requires = "draws")]
    cluster: Option<String>,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    cells: Cells,
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
    orders: Orders,
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Draws>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<Pair>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct Row {
    term: String,
    share: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_error: Option<f64>,
    share_of_r_squared: f64,
    johnson: Option<f64>,
    coefficient: f64,
    correlation: f64,
    suppressor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Bootstrap>,
}

#[derive(Debug, Serialize)]
struct Bootstrap {
    share: Spread,
    share_of_r_squared: Spread,
    johnson: Option<Spread>,
    rank: usize,
    rank_low: f64,
    rank_high: f64,
    chance_of_being_first: f64,
}

/// Two drivers whose shares are held against each other.
#[derive(Debug, Serialize)]
struct Pair {
    first: String,
    second: String,
    difference: f64,
    ci_low: f64,
    ci_high: f64,
    apart: bool,
}

impl Importance {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let labels: Vec<String> = self.cluster.clone().into_iter().collect();
        let wanted = Wanted {
            outcome: Some(&self.outcome),
            event: None,
            cells: &self.cells,
            drivers: &self.drivers,
            factors: &[],
            labels: &labels,
            extras: &[],
            missing: Missing::Complete,
        };
        let data = Data::read(&self.file, &wanted)?;
        let drivers = data.slices();
        let problem = Problem { outcome: &data.outcome, drivers: &drivers, intercept: true, weights: None };
        let start = Instant::now();
        let found = importance(&problem).map_err(|refusal| data.refused(refusal))?;
        let drawn = self
            .draws
            .map(|draws| uncertainty(&problem, &Resampling { draws, seed: self.seed, ids: data.clusters() }))
            .transpose()
            .map_err(|refusal| data.refused(refusal))?;
        let shares = self.drivers.iter().zip(&found.drivers).enumerate().map(|(place, (term, driver))| Row {
            term: term.clone(),
            share: driver.lmg,
            share_error: driver.lmg_error,
            share_of_r_squared: driver.lmg / found.r_squared,
            johnson: driver.johnson,
            coefficient: driver.coefficient,
            correlation: driver.correlation,
            suppressor: driver.suppressor,
            bootstrap: drawn.as_ref().map(|drawn| bootstrap(drawn, place)),
        });
        let mut warnings = found.warnings.clone();
        warnings.extend(drawn.iter().flat_map(|drawn| drawn.warnings.iter().copied()));
        let pairs = drawn.iter().flat_map(|drawn| &drawn.pairs).map(|pair| Pair {
            first: self.drivers[pair.drivers.0].clone(),
            second: self.drivers[pair.drivers.1].clone(),
            difference: pair.difference,
            ci_low: pair.differences.low,
            ci_high: pair.differences.high,
            apart: pair.apart,
        });
        Ok(Answer {
            outcome: self.outcome.clone(),
            n: found.n,
            n_available: data.available,
            dropped: data.available - found.n,
            dropped_by: data.dropped_by.clone(),
            shares: shares.collect(),
            r_squared: found.r_squared,
            orders: found.orders,
            bootstrap: drawn.as_ref().map(|drawn| drawn.draws),
            pairs: pairs.collect(),
            told: data.told(&warnings),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }
}

fn bootstrap(drawn: &Uncertainty, place: usize) -> Bootstrap {
    let driver = &drawn.drivers[place];
    Bootstrap {
        share: driver.lmg,
        share_of_r_squared: driver.part,
        johnson: driver.johnson,
        rank: driver.rank,
        rank_low: driver.ranks.low,
        rank_high: driver.ranks.high,
        chance_of_being_first: driver.first,
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
            "{:width$} {:>10} {:>8} {:>10} {:>12} {:>12}",
            "", "share", "of R2", "Johnson", "coefficient", "correlation"
        )?;
        let mut sorted: Vec<&Row> = self.shares.iter().collect();
        sorted.sort_by(|a, b| b.share.total_cmp(&a.share));
        for share in &sorted {
            let percent = format!("{:.1} %", 100.0 * share.share_of_r_squared);
            let johnson = share.johnson.map_or_else(|| "-".to_owned(), digits);
            write!(
                out,
                "{:width$} {:>10} {percent:>8} {johnson:>10} {:>12} {:>12}",
                share.term,
                digits(share.share),
                digits(share.coefficient),
                digits(share.correlation)
            )?;
            let flag = if share.suppressor { "  opposite signs: do not read as a lever" } else { "" };
            writeln!(out, "{flag}")?;
        }
        if let Orders::Sampled { orders, seed } = self.orders {
            writeln!(out, "\nshares are averages over {orders} random orders of entry, seed {seed}")?;
        }
        if let Some(draws) = self.bootstrap {
            writeln!(out, "\n{} draws, seed {} (95 % ranges):", draws.used, draws.seed)?;
            for share in &sorted {
                let Some(drawn) = &share.bootstrap else { continue };
                let (low, high) =
                    (100.0 * drawn.share_of_r_squared.low, 100.0 * drawn.share_of_r_squared.high);
                writeln!(
                    out,
                    "  {:width$} {low:>5.1} to {high:>5.1} % of R2, rank {} to {}, number one in {:.0} % of the draws",
                    share.term,
                    drawn.rank_low,
                    drawn.rank_high,
                    100.0 * drawn.chance_of_being_first
                )?;
            }
            let apart = self.pairs.iter().filter(|pair| pair.apart).count();
            writeln!(out, "  {apart} of {} pairs can be told apart", self.pairs.len())?;
        }
        writeln!(out)?;
        self.told.write(out)
    }
}
