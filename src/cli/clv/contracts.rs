//! Contracts that come up for renewal.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use cam_stats::PositiveParameter;
use cam_stats::sbg::{self, Renewals};
use serde::Serialize;

use super::super::adhoc::{Fault, Seconds, Told, digits};
use super::{Clv, numbers, refused};

/// Discount rate of a period, unless stated.
const DISCOUNT: f64 = 0.1;

/// A parameter of a model.
#[derive(Debug, Serialize)]
pub(super) struct Fitted {
    estimate: f64,
    std_error: f64,
    ci_low: f64,
    ci_high: f64,
}

impl From<PositiveParameter> for Fitted {
    fn from(PositiveParameter { estimate, std_error, low, high }: PositiveParameter) -> Self {
        Self { estimate, std_error, ci_low: low, ci_high: high }
    }
}

/// A fitted cohort.
#[derive(Debug, Serialize)]
pub(super) struct Cohort {
    model: &'static str,
    due: String,
    kept: String,
    n: usize,
    n_available: usize,
    dropped: usize,
    dropped_by: BTreeMap<String, usize>,
    parameters: BTreeMap<&'static str, Fitted>,
    log_likelihood: f64,
    lost: f64,
    iterations: usize,
    discount: f64,
    renewals: Vec<OneDate>,
    #[serde(flatten)]
    told: Told,
    seconds: Seconds,
}

#[derive(Debug, Serialize)]
struct OneDate {
    renewal: u32,
    due: Option<f64>,
    kept: Option<f64>,
    observed_rate: Option<f64>,
    retention_rate: f64,
    survival: f64,
    residual_lifetime: f64,
}

impl Cohort {
    pub(super) fn of(command: &Clv, file: &Path, due: &str, kept: &str) -> Result<Self, Fault> {
        let data = numbers(file, &[due.to_owned(), kept.to_owned()], &[], &command.cells)?;
        if data.rows_left_out() > 0 {
            let message = format!(
                "{due} or {kept} is missing in a row, and a row is a renewal: without it the later ones would move; \
                 write 0 where nobody was due"
            );
            return Err(refused("E_MISSING", message));
        }
        let start = Instant::now();
        let history: Vec<Renewals> = match data.columns.as_slice() {
            [due, kept] => {
                due.iter().zip(kept).map(|(due, kept)| Renewals { due: *due, kept: *kept }).collect()
            }
            _ => Vec::new(),
        };
        let named = |refusal: cam_stats::Refusal| {
            refused(
                refusal.code(),
                refusal.sentence(|_| "the share of contracts that are renewed".to_owned()),
            )
        };
        let fit = sbg::fit(&history).map_err(named)?;
        let (model, discount) = (fit.model(), command.discount.unwrap_or(DISCOUNT));
        // One renewal ahead of the data.
        let count = u32::try_from(history.len() + 1).unwrap_or(u32::MAX);
        let survival = model.survival(count).map_err(named)?;
        let mut renewals = Vec::new();
        for (t, survival) in (1..=count).zip(survival.iter().skip(1)) {
            let seen = history.get(t as usize - 1);
            renewals.push(OneDate {
                renewal: t,
                due: seen.map(|seen| seen.due),
                kept: seen.map(|seen| seen.kept),
                observed_rate: seen.filter(|seen| seen.due > 0.0).map(|seen| seen.kept / seen.due),
                retention_rate: model.retention_rate(t).map_err(named)?,
                survival: *survival,
                residual_lifetime: model.residual_lifetime(discount, t).map_err(named)?,
            });
        }
        Ok(Self {
            model: "sbg",
            due: due.to_owned(),
            kept: kept.to_owned(),
            n: history.len(),
            n_available: data.available,
            dropped: 0,
            dropped_by: data.dropped_by.clone(),
            parameters: [("alpha", fit.alpha.into()), ("beta", fit.beta.into())].into(),
            log_likelihood: fit.log_likelihood,
            lost: fit.lost,
            iterations: fit.iterations,
            discount,
            renewals,
            told: data.told(&fit.warnings),
            seconds: Seconds { read: data.seconds, fit: start.elapsed().as_secs_f64() },
        })
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "renewals by {} and {} (shifted beta-geometric)", self.due, self.kept)?;
        writeln!(out, "{} renewals, {} contracts lost\n", self.n, digits(self.lost))?;
        if let (Some(first), Some(last)) = (self.renewals.first(), self.renewals.last()) {
            writeln!(
                out,
                "retention rises with age, from {:.1} % to {:.1} %, since those who leave easily leave first; a \
                 constant rate would undervalue old customers\n",
                100.0 * first.retention_rate,
                100.0 * last.retention_rate
            )?;
        }
        write_parameters(out, &self.parameters)?;
        writeln!(out, "log-likelihood: {}\n", digits(self.log_likelihood))?;
        let heads = ["renewal", "due", "kept", "observed", "retention", "survival", "renewals left"];
        for head in heads {
            write!(out, "{head:>14}")?;
        }
        writeln!(out)?;
        for row in &self.renewals {
            let percent = |share: f64| format!("{:.2} %", 100.0 * share);
            let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let cells = [
                row.renewal.to_string(),
                dash(row.due.map(digits)),
                dash(row.kept.map(digits)),
                dash(row.observed_rate.map(percent)),
                percent(row.retention_rate),
                percent(row.survival),
                digits(row.residual_lifetime),
            ];
            for cell in cells {
                write!(out, "{cell:>14}")?;
            }
            writeln!(out)?;
        }
        writeln!(
            out,
            "\nrenewals left: expected renewals of a customer whose renewal is due, this one included, discounted at {} \
             a period; times the margin of a period it is the customer's remaining value",
            digits(self.discount)
        )?;
        self.told.write(out)
    }
}

/// Estimates with their intervals, one a line.
pub(super) fn write_parameters(
    out: &mut dyn Write,
    parameters: &BTreeMap<&'static str, Fitted>,
) -> std::io::Result<()> {
    for (name, Fitted { estimate, std_error, ci_low, ci_high }) in parameters {
        let [estimate, error, low, high] = [estimate, std_error, ci_low, ci_high].map(|value| digits(*value));
        writeln!(out, "{name:6} {estimate:>10} (std. error {error}, 95 %: {low} to {high})")?;
    }
    Ok(())
}
