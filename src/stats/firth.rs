//! Logistic regression that stays finite where the outcome is separated, and intervals from profiles of the
//! likelihood.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::binary::{self, Likelihood, Penalty, Point, combination, expit, level_of};
use crate::design::Design;
use crate::logistic::{self, LogisticFit};
use crate::ols::{Coefficient, Problem, StandardErrors, check_range, rows_of};
use crate::{Count, Refusal, Warning, quantile};

/// Confidence level of all intervals here.
const LEVEL: f64 = 0.95;
/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: f64 = 10.0;

/// What the profile of the (penalised) likelihood says about one coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProfileInterval {
    /// Which driver; `None` is the intercept.
    pub driver: Option<usize>,
    /// The estimate.
    pub estimate: f64,
    /// Lower end of the 95 % interval; absent where the likelihood does not fall that far.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Likelihood-ratio statistic of the coefficient being 0, one degree of freedom; absent where the fit
    /// without it does not settle.
    pub statistic: Option<f64>,
    /// Its p-value.
    pub p_value: Option<f64>,
}

/// A penalised logistic model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirthFit {
    /// Log-odds; intercept first, if there is one, then the drivers in their order. Standard errors, tests and
    /// intervals here are Wald's; prefer `profiles`.
    pub coefficients: Vec<Coefficient>,
    /// Intervals and tests from the profile of the penalised likelihood, in the same order.
    pub profiles: Vec<ProfileInterval>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Observations.
    pub n: usize,
    /// Rows with outcome 1.
    pub events: usize,
    /// Log-likelihood without the penalty.
    pub log_likelihood: f64,
    /// Log-likelihood with the penalty.
    pub penalised_log_likelihood: f64,
    /// Fitted probabilities; drawn to one half by the penalty.
    pub fitted: Vec<f64>,
    /// Intercept that brings the mean of the probabilities back to the share of events (FLIC); absent without
    /// an intercept.
    pub prediction_intercept: Option<f64>,
    /// Probabilities with that intercept, for prediction; `fitted` without one.
    pub predicted: Vec<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// A logistic model, with the penalty where it is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogisticModel {
    /// By maximum likelihood.
    MaximumLikelihood(LogisticFit),
    /// By Firth's penalised likelihood, since the outcome is separated.
    Firth(FirthFit),
}

/// Fits `log(p / (1 - p)) = Xb` by the modified score `X'(y - p + h (1/2 - p))`, whose estimates are finite for
/// every data set, with profile intervals and penalised likelihood-ratio tests of each coefficient: the fit with
/// the coefficient held keeps its column in the information.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; an outcome other than 0 and 1. Events per parameter do not matter.
///
/// # Source
///
/// Firth 1993, Biometrika 80:27-38; Heinze and Schemper 2002, Statistics in Medicine 21:2409-2419; FLIC: Puhr et
/// al. 2017, Statistics in Medicine 36:2302-2317.
pub fn fit(problem: &Problem<'_>) -> Result<FirthFit, Refusal> {
    binary::check(problem)?;
    let (design, weights) = binary::design_of(problem)?;
    let likelihood =
        Likelihood { design: &design, outcome: problem.outcome, weights: &weights, penalty: Penalty::Firth };
    let (maximum, iterations) = likelihood.maximise(None, None).ok_or(Refusal::NotConverged)?;
    let transform = &design.transform;
    let estimates = transform * &maximum.coefficients;
    let covariance = transform * maximum.factor.inverse() * transform.transpose();
    check_range(&covariance)?;
    let first = usize::from(problem.intercept);
    let coefficients: Vec<Coefficient> = (0..estimates.len())
        .map(|k| {
            let std_error = covariance[(k, k)].max(0.0).sqrt();
            Coefficient::new(k.checked_sub(first), estimates[k], std_error, None)
        })
        .collect();
    let penalised_log_likelihood = maximum.objective + design.log_scale;
    if !penalised_log_likelihood.is_finite() || !coefficients.iter().all(Coefficient::is_finite) {
        return Err(Refusal::OutOfRange);
    }
    let profiles = profiles(&likelihood, &maximum, first);
    let (have, need) = (problem.outcome.len() as f64, estimates.len() as f64 + SPARE_OBSERVATIONS);
    let few = (have < need).then_some(Warning::Few { what: Count::Observations, have, need });
    let (prediction_intercept, predicted) = recalibrated(problem, &design, &maximum, estimates[0]);
    Ok(FirthFit {
        coefficients,
        profiles,
        covariance: rows_of(&covariance),
        n: problem.outcome.len(),
        events: problem.outcome.iter().filter(|y| **y > 0.5).count(),
        log_likelihood: maximum.log_likelihood,
        penalised_log_likelihood,
        fitted: maximum.probabilities,
        prediction_intercept,
        predicted,
        iterations,
        warnings: few.into_iter().collect(),
    })
}

/// The intercept that calibrates, and the probabilities with it.
fn recalibrated(
    problem: &Problem<'_>,
    design: &Design,
    maximum: &Point,
    intercept: f64,
) -> (Option<f64>, Vec<f64>) {
    let linear = design.predict(&maximum.coefficients);
    let shift = problem.intercept.then(|| level_of(problem.outcome, problem.weights, &linear)).flatten();
    match shift {
        Some(shift) => (Some(intercept + shift), linear.iter().map(|eta| expit(eta + shift)).collect()),
        None => (None, maximum.probabilities.clone()),
    }
}

fn profiles(likelihood: &Likelihood<'_>, maximum: &Point, first: usize) -> Vec<ProfileInterval> {
    let design = likelihood.design;
    (0..design.width())
        .into_par_iter()
        .map(|k| {
            let along = combination(&design.transform, k);
            let found = likelihood.profile(maximum, &along, LEVEL);
            ProfileInterval {
                driver: k.checked_sub(first),
                estimate: along.dot(&maximum.coefficients),
                low: found.low.filter(|value| value.is_finite()),
                high: found.high.filter(|value| value.is_finite()),
                statistic: found.statistic,
                p_value: found.statistic.map(|statistic| quantile::chi_squared_sf(statistic, 1.0)),
            }
        })
        .collect()
}

/// Intervals and tests of the unpenalised model [`logistic::fit`] from the profile of its likelihood: better
/// than Wald's where events are few, since they need not be symmetric.
///
/// # Errors
///
/// As [`logistic::fit`].
///
/// # Source
///
/// Venzon and Moolgavkar 1988, Applied Statistics 37:87-94.
pub fn likelihood_intervals(problem: &Problem<'_>) -> Result<Vec<ProfileInterval>, Refusal> {
    logistic::fit(problem, StandardErrors::Classic)?;
    let (design, weights) = binary::design_of(problem)?;
    let likelihood =
        Likelihood { design: &design, outcome: problem.outcome, weights: &weights, penalty: Penalty::None };
    let (maximum, _) = likelihood.maximise(None, None).ok_or(Refusal::NotConverged)?;
    let found = profiles(&likelihood, &maximum, usize::from(problem.intercept));
    if found.iter().any(|profile| !profile.estimate.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    Ok(found)
}

/// [`logistic::fit`], and where the outcome is separated [`fit`] with a warning that says so.
///
/// # Errors
///
/// As [`logistic::fit`], except for the separation.
pub fn fit_where_separated(
    problem: &Problem<'_>,
    errors: StandardErrors<'_>,
) -> Result<LogisticModel, Refusal> {
    match logistic::fit(problem, errors) {
        Ok(found) => Ok(LogisticModel::MaximumLikelihood(found)),
        Err(Refusal::Separation { column }) => {
            let mut found = fit(problem)?;
            found.warnings.push(Warning::Separation { column });
            Ok(LogisticModel::Firth(found))
        }
        Err(other) => Err(other),
    }
}
