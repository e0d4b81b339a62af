//! Logistic regression of a 0/1 outcome.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::factor::{dot, sum};
use crate::glm::{self, Family, GlmFit};
use crate::ols::{Coefficient, Problem, SeKind, StandardErrors};
use crate::{Interval, Refusal, Warning, quantile};

/// Change of the probability per unit of a driver, averaged over the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarginalEffect {
    /// Which driver.
    pub driver: usize,
    /// Mean of `p (1 - p) b`.
    pub estimate: f64,
    /// Delta-method standard error.
    pub std_error: f64,
}

/// A logistic model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticFit {
    /// Log-odds; intercept first, if there is one, then the drivers in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// Observations.
    pub n: usize,
    /// Rows with outcome 1.
    pub events: usize,
    /// -2 log-likelihood.
    pub deviance: f64,
    /// The same of the model without drivers.
    pub null_deviance: f64,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// McFadden's R-squared.
    pub mcfadden: f64,
    /// One per driver.
    pub marginal_effects: Vec<MarginalEffect>,
    /// Odds ratio for 10 units of each driver, with its 95 % interval; absent where it leaves the range of
    /// numbers.
    pub odds_ratios_per_10: Vec<Option<Interval>>,
    /// Fitted probability of each row.
    pub fitted: Vec<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits `log(p / (1 - p)) = Xb` by [`crate::glm::fit`] and adds what is read off a logistic model.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; an outcome other than 0 and 1; separation; fewer than 5 events (or
/// non-events, if they are fewer) per driver.
///
/// # Source
///
/// McCullagh and Nelder 1989, *Generalized Linear Models*, §4.4. Robust errors: White 1982.
pub fn fit(problem: &Problem<'_>, errors: StandardErrors<'_>) -> Result<LogisticFit, Refusal> {
    let found = glm::fit(problem, Family::Logit, None, errors)?;
    let p = found.coefficients.len() as f64;
    let (log_likelihood, null_deviance) = (-0.5 * found.deviance, found.null_deviance);
    let null_deviance = null_deviance.ok_or(Refusal::OutOfRange)?;
    let marginal_effects = marginal_effects(problem, &found);
    Ok(LogisticFit {
        marginal_effects,
        odds_ratios_per_10: found
            .coefficients
            .iter()
            .filter(|b| b.driver.is_some())
            .map(odds_ratio)
            .collect(),
        coefficients: found.coefficients,
        covariance: found.covariance,
        se_kind: found.se_kind,
        n: found.n,
        events: found.events.unwrap_or(0),
        deviance: found.deviance,
        null_deviance,
        log_likelihood,
        aic: found.deviance + 2.0 * p,
        bic: found.deviance + p * (found.n as f64).ln(),
        mcfadden: 1.0 - found.deviance / null_deviance,
        fitted: found.fitted,
        iterations: found.iterations,
        warnings: found.warnings,
    })
}

/// 95 % interval of the coefficient of one driver by the profile likelihood: the values at which the deviance,
/// with all other coefficients fitted anew, is 3.84 above its least.
///
/// # Errors
///
/// What [`fit`] refuses; a driver that is not there; an end that lies more than 64 standard errors away.
///
/// # Source
///
/// Venzon and Moolgavkar 1988, Applied Statistics 37:87-94.
pub fn profile_interval(problem: &Problem<'_>, driver: usize) -> Result<Interval, Refusal> {
    let found = fit(problem, StandardErrors::Classic)?;
    let own = found.coefficients.iter().find(|b| b.driver == Some(driver)).ok_or(Refusal::OutOfRange)?;
    let others: Vec<&[f64]> =
        problem.drivers.iter().enumerate().filter(|(k, _)| *k != driver).map(|(_, column)| *column).collect();
    let rest = Problem { drivers: &others, ..*problem };
    // Distance of the deviance at this coefficient from the end of the interval: below 0 inside.
    let beyond = |value: f64| -> Result<f64, Refusal> {
        let offset: Vec<f64> = problem.drivers[driver].iter().map(|x| value * x).collect();
        let deviance = glm::deviance(&rest, Family::Logit, &offset)?;
        Ok(deviance - found.deviance - quantile::chi_squared(0.95, 1.0))
    };
    let end = |direction: f64| -> Result<f64, Refusal> {
        let (mut inside, mut step) = (own.estimate, own.std_error);
        let mut outside = inside + direction * step;
        for _ in 0..=6 {
            if beyond(outside)? >= 0.0 {
                break;
            }
            (inside, step) = (outside, 2.0 * step);
            outside = inside + direction * step;
        }
        if beyond(outside)? < 0.0 {
            return Err(Refusal::NotConverged);
        }
        for _ in 0..60 {
            let middle = f64::midpoint(inside, outside);
            if beyond(middle)? < 0.0 {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Ok(f64::midpoint(inside, outside))
    };
    Ok(Interval { estimate: own.estimate, low: end(-1.0)?, high: end(1.0)? })
}

fn marginal_effects(problem: &Problem<'_>, found: &GlmFit) -> Vec<MarginalEffect> {
    let ones = vec![1.0; problem.outcome.len()];
    let weights = problem.weights.unwrap_or(&ones);
    let total = sum(weights);
    let slope: Vec<f64> = found.fitted.iter().map(|p| p * (1.0 - p)).collect();
    let mean_slope = dot(&slope, weights) / total;
    // Mean derivative of p (1 - p) by each coefficient.
    let bend: Vec<f64> = (slope.iter().zip(&found.fitted).zip(weights))
        .map(|((slope, p), w)| w * slope * (1.0 - 2.0 * p) / total)
        .collect();
    let column = |driver: Option<usize>| driver.map_or(ones.as_slice(), |k| problem.drivers[k]);
    let bends: Vec<f64> = found.coefficients.iter().map(|b| dot(column(b.driver), &bend)).collect();
    let covariance = glm::covariance_of(&found.covariance);
    let terms = found.coefficients.iter().enumerate();
    terms
        .filter_map(|(k, b)| {
            let gradient = DVector::from_fn(bends.len(), |j, _| {
                b.estimate * bends[j] + if j == k { mean_slope } else { 0.0 }
            });
            let variance = gradient.dot(&(&covariance * &gradient)).max(0.0);
            let estimate = mean_slope * b.estimate;
            Some(MarginalEffect { driver: b.driver?, estimate, std_error: variance.sqrt() })
        })
        .collect()
}

fn odds_ratio(coefficient: &Coefficient) -> Option<Interval> {
    let per_10 = |b: f64| (10.0 * b).exp();
    let (low, high) = (per_10(coefficient.low), per_10(coefficient.high));
    high.is_finite().then(|| Interval { estimate: per_10(coefficient.estimate), low, high })
}
