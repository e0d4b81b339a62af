//! `cam effect`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use cam_stats::Refusal;
use cam_stats::effect::{Basis, Comparison, Panel, PanelEffect, effect};
use serde::Serialize;

use super::adhoc::{
    Cells, Data, Fault, Missing, Seconds, Told, Wanted, digits, p_value, print, write_counts,
};

/// Says what a measure did: difference in differences of the same people before and after, beside the analysis of covariance.
///
/// Errors rest on the units to which the measure was assigned; with fewer than ten units in an arm their means are compared,
/// and a permutation test stands beside.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cam effect customers.csv --before index_q1 --after index_q3 --treated trained --unit branch"
)]
pub(super) struct Effect {
    /// CSV file with a header (gzip too) or Parquet file, one row per person; empty cells and NA are missing
    file: PathBuf,
    /// Column of the outcome before the measure
    #[arg(long, value_name = "COLUMN")]
    before: String,
    /// Column of the outcome after it
    #[arg(long, value_name = "COLUMN")]
    after: String,
    /// Column that is 1 where the measure was taken, else 0
    #[arg(long, value_name = "COLUMN")]
    treated: String,
    /// Column of the unit to which the measure was assigned; without it, persons were
    #[arg(long, value_name = "COLUMN")]
    unit: Option<String>,
    /// Seed of the permutation test
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
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
    #[serde(flatten)]
    found: Found,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

/// The effect without its warnings, which are told in words.
#[derive(Debug, Serialize)]
struct Found {
    means: cam_stats::effect::ArmMeans,
    did: Arm,
    ancova: Arm,
    matched: f64,
    baseline_difference: f64,
}

#[derive(Debug, Serialize)]
struct Arm {
    estimate: f64,
    std_error: f64,
    df: Option<f64>,
    p_value: Option<f64>,
    ci_low: f64,
    ci_high: f64,
    basis: Basis,
    se_kind: Option<cam_stats::ols::SeKind>,
    units_treated: usize,
    units_control: usize,
    by_unit: f64,
    by_unit_std_error: f64,
    by_unit_p_value: Option<f64>,
    permutation_p_value: Option<f64>,
}

impl From<&Comparison> for Arm {
    fn from(comparison: &Comparison) -> Self {
        let (effect, by_unit) = (&comparison.effect, &comparison.by_unit);
        Self {
            estimate: effect.estimate,
            std_error: effect.std_error,
            df: effect.df,
            p_value: effect.p_value,
            ci_low: effect.low,
            ci_high: effect.high,
            basis: comparison.basis,
            se_kind: comparison.se_kind,
            units_treated: by_unit.treated,
            units_control: by_unit.control,
            by_unit: by_unit.effect.estimate,
            by_unit_std_error: by_unit.effect.std_error,
            by_unit_p_value: by_unit.effect.p_value,
            permutation_p_value: comparison.permutation.map(|permutation| permutation.p_value),
        }
    }
}

impl Effect {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        print(self.answer(), self.json, Answer::write)
    }

    fn answer(&self) -> Result<Answer, Fault> {
        let drivers = [self.before.clone(), self.treated.clone()];
        let labels: Vec<String> = self.unit.clone().into_iter().collect();
        let wanted = Wanted {
            outcome: Some(&self.after),
            event: None,
            cells: &self.cells,
            drivers: &drivers,
            factors: &[],
            labels: &labels,
            extras: &[],
            missing: Missing::Complete,
        };
        let data = Data::read(&self.file, &wanted)?;
        let start = Instant::now();
        if let Some(row) = data.columns[1].iter().position(|value| ![0.0, 1.0].contains(value)) {
            let message = format!("{} is neither 0 nor 1 in complete row {}", self.treated, row + 1);
            return Err(Fault::Refused { code: Refusal::NotBinary { row }.code(), message });
        }
        let treated: Vec<bool> = data.columns[1].iter().map(|value| *value > 0.5).collect();
        let panel = Panel {
            before: &data.columns[0],
            after: &data.outcome,
            treated: &treated,
            units: data.clusters(),
        };
        let PanelEffect { means, did, ancova, matched, baseline_difference, warnings } =
            effect(&panel, self.seed).map_err(|refusal| data.refused(refusal))?;
        let warnings: Vec<_> =
            warnings.iter().chain(&did.warnings).chain(&ancova.warnings).copied().collect();
        let found =
            Found { means, did: Arm::from(&did), ancova: Arm::from(&ancova), matched, baseline_difference };
        Ok(Answer {
            n: data.outcome.len(),
            n_available: data.available,
            dropped: data.available - data.outcome.len(),
            dropped_by: data.dropped_by.clone(),
            found,
            told: data.told(&warnings),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }
}

impl Answer {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "effect of the measure")?;
        write_counts(out, (self.n, self.n_available), &self.dropped_by)?;
        let found = &self.found;
        let did = &found.did;
        writeln!(out, "{} units with the measure, {} without\n", did.units_treated, did.units_control)?;
        for (name, estimate) in
            [("difference in differences", did), ("analysis of covariance", &found.ancova)]
        {
            let (low, high) = (digits(estimate.ci_low), digits(estimate.ci_high));
            writeln!(out, "{name}: {} (95 %: {low} to {high})", digits(estimate.estimate))?;
            let basis = match estimate.basis {
                Basis::Clustered => "errors clustered by unit",
                Basis::UnitMeans => "t test of the units' means",
            };
            let df = estimate.df.map_or_else(|| "-".to_owned(), digits);
            writeln!(
                out,
                "  {basis}: std. error {}, df {df}, p {}",
                digits(estimate.std_error),
                p_value(estimate.p_value)
            )?;
            writeln!(
                out,
                "  by unit: {} (std. error {}, p {})",
                digits(estimate.by_unit),
                digits(estimate.by_unit_std_error),
                p_value(estimate.by_unit_p_value)
            )?;
            if let Some(p) = estimate.permutation_p_value {
                writeln!(out, "  permutation of the units: p {p:.4}")?;
            }
        }
        writeln!(out, "against the nearest controls: {}", digits(found.matched))?;
        writeln!(
            out,
            "before the measure the arms lay {} standard deviations apart\n",
            digits(found.baseline_difference)
        )?;
        self.told.write(out)
    }
}
