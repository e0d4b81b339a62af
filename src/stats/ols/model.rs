//! The problem, its checks, and a coefficient of the answer.

use serde::{Deserialize, Serialize};

use crate::factor::sum;
use crate::quantile;
use crate::{Column, Count, Refusal};

/// Correlation with the outcome from which a driver counts as a copy of it.
const COPY: f64 = 1.0 - 1e-9;

/// Outcome and drivers of the same rows.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The outcome, n values.
    pub outcome: &'a [f64],
    /// One column of n values per driver.
    pub drivers: &'a [&'a [f64]],
    /// Whether a constant is fitted as well.
    pub intercept: bool,
    /// Base weights; every row counts 1 if absent.
    pub weights: Option<&'a [f64]>,
}

/// A coefficient with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Which driver; `None` is the intercept.
    pub driver: Option<usize>,
    /// Outcome units per unit of the driver.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Estimate over standard error; absent where the standard error is 0.
    pub statistic: Option<f64>,
    /// Degrees of freedom of the t distribution; absent where the normal distribution is used.
    pub df: Option<f64>,
    /// Two-sided p-value; absent where the standard error is 0.
    pub p_value: Option<f64>,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Coefficient {
    /// Puts the interval around an estimate.
    pub(crate) fn new(driver: Option<usize>, estimate: f64, std_error: f64, df: Option<f64>) -> Self {
        let statistic = Some(estimate / std_error).filter(|t| std_error > 0.0 && t.is_finite());
        let p_value = statistic.map(|t| match df {
            Some(df) => quantile::t_two_sided(t, df),
            None => (2.0 * quantile::normal_sf(t.abs())).min(1.0),
        });
        let half = std_error * df.map_or_else(|| quantile::normal(0.975), |df| quantile::t(0.975, df));
        Self {
            driver,
            estimate,
            std_error,
            statistic,
            df,
            p_value,
            low: estimate - half,
            high: estimate + half,
        }
    }

    /// Whether every number is finite.
    pub(crate) fn is_finite(&self) -> bool {
        [self.estimate, self.std_error, self.low, self.high].iter().all(|value| value.is_finite())
    }
}

impl Problem<'_> {
    /// Number of coefficients.
    pub(crate) fn parameters(&self) -> usize {
        self.drivers.len() + usize::from(self.intercept)
    }

    /// Refuses what no model can be fitted to: other lengths, values that are not finite, constant columns,
    /// a copy of the outcome among the drivers, too few rows.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let rows = self.outcome.len();
        for found in self.drivers.iter().map(|column| column.len()).chain(self.weights.map(<[f64]>::len)) {
            if found != rows {
                return Err(Refusal::LengthMismatch { expected: rows, found });
            }
        }
        check_finite(self.outcome, Column::Outcome)?;
        for (index, column) in self.drivers.iter().enumerate() {
            check_finite(column, Column::Driver(index))?;
        }
        if let Some(weights) = self.weights {
            check_weights(weights)?;
        }
        let parameters = self.parameters();
        if rows <= parameters || parameters == 0 {
            let (have, need) = (rows as f64, parameters as f64 + 1.0);
            let what = if parameters == 0 { Count::Drivers } else { Count::Observations };
            return Err(Refusal::TooFew { what, have: if parameters == 0 { 0.0 } else { have }, need });
        }
        if is_constant(self.outcome) {
            return Err(Refusal::NoVariance { column: Column::Outcome });
        }
        for (index, column) in self.drivers.iter().enumerate() {
            if is_constant(column) && (self.intercept || column[0] == 0.0) {
                return Err(Refusal::NoVariance { column: Column::Driver(index) });
            }
            if is_copy(column, self.outcome, self.intercept) {
                return Err(Refusal::Leak { column: Column::Driver(index) });
            }
        }
        Ok(())
    }
}

fn is_constant(column: &[f64]) -> bool {
    column.iter().all(|value| value.total_cmp(&column[0]).is_eq())
}

/// Whether one column is the other up to scale (and shift, where there is an intercept).
fn is_copy(a: &[f64], b: &[f64], centred: bool) -> bool {
    correlation(a, b, centred).is_some_and(|r| r.abs() > COPY)
}

/// Correlation of two columns, or the cosine of their angle if they are not centred; `None` if undefined.
pub(crate) fn correlation(a: &[f64], b: &[f64], centred: bool) -> Option<f64> {
    let prepare = |values: &[f64]| {
        let largest = values.iter().fold(0.0_f64, |most, value| value.abs().max(most));
        let mut scaled: Vec<f64> = values.iter().map(|value| value / largest).collect();
        let mean = if centred { sum(&scaled) / values.len() as f64 } else { 0.0 };
        for value in &mut scaled {
            *value -= mean;
        }
        scaled
    };
    let (a, b) = (prepare(a), prepare(b));
    let r =
        crate::factor::dot(&a, &b) / (crate::factor::dot(&a, &a).sqrt() * crate::factor::dot(&b, &b).sqrt());
    r.is_finite().then_some(r)
}

/// Refuses the first value that is NaN or infinite.
pub(crate) fn check_finite(values: &[f64], column: Column) -> Result<(), Refusal> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Refusal::NotFinite { column, row }),
        None => Ok(()),
    }
}

/// Refuses weights that are not finite, negative, or all 0.
pub(crate) fn check_weights(weights: &[f64]) -> Result<(), Refusal> {
    check_finite(weights, Column::Weight)?;
    if let Some(row) = weights.iter().position(|weight| *weight < 0.0) {
        return Err(Refusal::BadWeight { row });
    }
    if !weights.is_empty() && weights.iter().all(|weight| *weight == 0.0) {
        return Err(Refusal::BadWeight { row: 0 });
    }
    Ok(())
}
