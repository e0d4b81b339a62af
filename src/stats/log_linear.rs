//! Least squares on the logarithm of a positive amount, and the way back to the amount.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Refusal;
use crate::glm::predictor;
use crate::ols::{self, LinearFit, Problem, StandardErrors};

/// A log-linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLinearFit {
    /// The model of the logarithm; a coefficient b means `100 (e^b - 1)` % per unit.
    pub log: LinearFit,
    /// Duan's factor: mean of the exponential of the residuals.
    pub smearing: f64,
    /// The same per group, in the order of the identifiers; empty where no groups were given.
    pub smearing_by_group: Vec<(usize, f64)>,
    /// The factor under normal residuals, `exp(sigma^2 / 2)`, to compare.
    pub lognormal_factor: f64,
}

impl LogLinearFit {
    /// Geometric mean at these values of the drivers: too low for a mean amount.
    pub fn geometric_mean(&self, drivers: &[f64]) -> f64 {
        predictor(&self.log.coefficients, drivers).exp()
    }

    /// Mean amount at these values of the drivers, smeared over all rows, or over those of a group where it is
    /// one of the groups.
    pub fn mean(&self, drivers: &[f64], group: Option<usize>) -> f64 {
        let own = self.smearing_by_group.iter().find(|(id, _)| Some(*id) == group);
        self.geometric_mean(drivers) * own.map_or(self.smearing, |(_, factor)| *factor)
    }
}

/// Fits `log(y) = Xb + e`; `groups`, one identifier per row, ask for a factor of their own, for residuals
/// whose spread differs between them.
///
/// # Errors
///
/// What [`ols::fit`] refuses; an outcome that is not above 0.
///
/// # Source
///
/// Duan 1983, JASA 78:605-610; by group: Manning 1998, Journal of Health Economics 17:283-295.
pub fn fit(
    problem: &Problem<'_>,
    errors: StandardErrors<'_>,
    groups: Option<&[usize]>,
) -> Result<LogLinearFit, Refusal> {
    let rows = problem.outcome.len();
    if let Some(row) = problem.outcome.iter().position(|y| *y <= 0.0) {
        return Err(Refusal::NotPositive { row });
    }
    if let Some(found) = groups.map(<[usize]>::len).filter(|found| *found != rows) {
        return Err(Refusal::LengthMismatch { expected: rows, found });
    }
    ols::check_finite(problem.outcome, crate::Column::Outcome)?;
    let logs: Vec<f64> = problem.outcome.iter().map(|y| y.ln()).collect();
    let log = ols::fit(&Problem { outcome: &logs, ..*problem }, errors)?;
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let (mut total, mut weight) = (0.0, 0.0);
    for (row, residual) in log.residuals.iter().enumerate() {
        let w = problem.weights.map_or(1.0, |weights| weights[row]);
        total += w * residual.exp();
        weight += w;
        if let Some(group) = groups.map(|groups| groups[row]) {
            let sum = sums.entry(group).or_insert((0.0, 0.0));
            *sum = (sum.0 + w * residual.exp(), sum.1 + w);
        }
    }
    let smearing_by_group: Vec<(usize, f64)> =
        sums.into_iter().filter(|(_, (_, w))| *w > 0.0).map(|(id, (sum, w))| (id, sum / w)).collect();
    let (smearing, lognormal_factor) = (total / weight, (log.sigma.powi(2) / 2.0).exp());
    let mut factors = smearing_by_group.iter().map(|(_, factor)| *factor).chain([smearing, lognormal_factor]);
    if factors.all(f64::is_finite) {
        Ok(LogLinearFit { log, smearing, smearing_by_group, lognormal_factor })
    } else {
        Err(Refusal::OutOfRange)
    }
}
