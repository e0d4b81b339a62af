//! Logistic regression with a penalty on the size of the coefficients, for prediction from many drivers.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::binary::{self, Likelihood, Penalty, Point};
use crate::design::Design;
use crate::ols::Problem;
use crate::random::SplitMix64;
use crate::{Count, Refusal};

/// Parts into which rows are cut for cross-validation.
const FOLDS: usize = 10;
/// Strengths that are tried, and the factor between them.
const STRENGTHS: usize = 26;
const FACTOR: f64 = 1.584_893_192_461_113_5;
/// Weakest strength per row.
const WEAKEST: f64 = 1e-4;

/// How the strength of the penalty is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strength {
    /// As given.
    Lambda(f64),
    /// The one of 26 strengths, from 0.0001 to 10 per row, with the least deviance on the tenths left out; rows
    /// are dealt into tenths by this seed.
    CrossValidated {
        /// The seed.
        seed: u64,
    },
}

/// A strength and how well it predicts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The strength.
    pub lambda: f64,
    /// Mean of -2 log-likelihood over the rows left out; absent where a fit did not settle.
    pub deviance: Option<f64>,
}

/// A penalised model. It has no standard errors: its coefficients are biased on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RidgeFit {
    /// Strength of the penalty.
    pub lambda: f64,
    /// Log-odds; intercept first, if there is one, then one per unit of each driver.
    pub coefficients: Vec<f64>,
    /// The same per standard deviation of the drivers, the intercept at their means.
    pub standardised: Vec<f64>,
    /// Effective number of parameters.
    pub effective_parameters: f64,
    /// Log-likelihood without the penalty.
    pub log_likelihood: f64,
    /// Fitted probability of each row.
    pub fitted: Vec<f64>,
    /// Cross-validation, the strongest first; empty where the strength was given.
    pub tried: Vec<Tried>,
    /// Its seed.
    pub seed: Option<u64>,
    /// Observations.
    pub n: usize,
    /// Iterations.
    pub iterations: usize,
}

/// Minimises the negative log-likelihood plus half of `lambda` times the squared coefficients of standardised
/// drivers; the intercept is free.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; an outcome other than 0 and 1; a strength that is not above 0; fewer than 20
/// rows for cross-validation.
///
/// # Source
///
/// le Cessie and van Houwelingen 1992, Applied Statistics 41:191-201.
pub fn fit(problem: &Problem<'_>, strength: Strength) -> Result<RidgeFit, Refusal> {
    binary::check(problem)?;
    let (design, weights) = binary::design_of(problem)?;
    let (lambda, tried, seed) = match strength {
        Strength::Lambda(lambda) => (lambda, Vec::new(), None),
        Strength::CrossValidated { seed } => {
            let tried = cross_validate(&design, problem.outcome, &weights, seed)?;
            let lambda = best(&tried).ok_or(Refusal::NotConverged)?;
            (lambda, tried, Some(seed))
        }
    };
    if !lambda.is_finite() || lambda <= 0.0 {
        return Err(Refusal::OutOfRange);
    }
    let penalty = Penalty::Ridge(lambda);
    let likelihood = Likelihood { design: &design, outcome: problem.outcome, weights: &weights, penalty };
    let (maximum, iterations) = likelihood.maximise(None, None).ok_or(Refusal::NotConverged)?;
    let coefficients: Vec<f64> = (&design.transform * &maximum.coefficients).iter().copied().collect();
    let standardised = standardised(&design, &coefficients, problem.intercept);
    let found = RidgeFit {
        lambda,
        effective_parameters: effective(&design, &weights, &maximum),
        log_likelihood: maximum.log_likelihood,
        coefficients,
        standardised,
        fitted: maximum.probabilities,
        tried,
        seed,
        n: problem.outcome.len(),
        iterations,
    };
    let finite = found.coefficients.iter().chain(&found.standardised).all(|value| value.is_finite());
    if finite && found.effective_parameters.is_finite() { Ok(found) } else { Err(Refusal::OutOfRange) }
}

fn standardised(design: &Design, coefficients: &[f64], intercept: bool) -> Vec<f64> {
    let first = usize::from(intercept);
    let drivers = &coefficients[first..];
    let mut found = Vec::with_capacity(coefficients.len());
    if intercept {
        found
            .push(coefficients[0] + drivers.iter().zip(&design.means).map(|(b, mean)| b * mean).sum::<f64>());
    }
    found.extend(drivers.iter().zip(&design.spreads).map(|(b, spread)| b * spread));
    found
}

/// Trace of the penalised inverse times the information.
fn effective(design: &Design, weights: &[f64], maximum: &Point) -> f64 {
    let spread: Vec<f64> =
        maximum.probabilities.iter().zip(weights).map(|(p, w)| w * p * (1.0 - p)).collect();
    maximum.factor.solve(&design.gram(&spread)).trace()
}

/// The tenth of each row: rows are shuffled, then dealt out.
fn folds(rows: usize, seed: u64) -> Vec<usize> {
    let mut random = SplitMix64::new(seed);
    let mut order: Vec<usize> = (0..rows).collect();
    for last in (1..rows).rev() {
        order.swap(last, random.index(last + 1));
    }
    let mut fold = vec![0; rows];
    for (position, row) in order.into_iter().enumerate() {
        fold[row] = position % FOLDS;
    }
    fold
}

fn cross_validate(
    design: &Design,
    outcome: &[f64],
    weights: &[f64],
    seed: u64,
) -> Result<Vec<Tried>, Refusal> {
    let rows = outcome.len();
    if rows < 2 * FOLDS {
        return Err(Refusal::TooFew {
            what: Count::Observations,
            have: rows as f64,
            need: 2.0 * FOLDS as f64,
        });
    }
    let fold = folds(rows, seed);
    let mut lambdas = vec![WEAKEST * rows as f64];
    while let (Some(last), true) = (lambdas.last(), lambdas.len() < STRENGTHS) {
        lambdas.push(last * FACTOR);
    }
    lambdas.reverse();
    let by_fold: Vec<Vec<Option<f64>>> = (0..FOLDS)
        .into_par_iter()
        .map(|left_out| {
            let kept: Vec<f64> = (weights.iter().zip(&fold))
                .map(|(weight, fold)| if *fold == left_out { 0.0 } else { *weight })
                .collect();
            let mut start = None;
            let tried = lambdas.iter().map(|lambda| {
                let penalty = Penalty::Ridge(*lambda);
                let likelihood = Likelihood { design, outcome, weights: &kept, penalty };
                let (found, _) = likelihood.maximise(start.as_ref(), None)?;
                let deviance = (0..rows)
                    .filter(|row| fold[*row] == left_out)
                    .map(|row| {
                        let p = found.probabilities[row];
                        let likely = if outcome[row] > 0.5 { p } else { 1.0 - p };
                        -2.0 * weights[row] * likely.ln()
                    })
                    .sum::<f64>();
                start = Some(found.coefficients);
                Some(deviance).filter(|value| value.is_finite())
            });
            tried.collect()
        })
        .collect();
    let total = crate::factor::sum(weights);
    let tried = lambdas.iter().enumerate().map(|(k, lambda)| {
        let sum: Option<f64> = by_fold.iter().map(|fold| fold[k]).sum();
        Tried { lambda: *lambda, deviance: sum.map(|sum| sum / total) }
    });
    Ok(tried.collect())
}

/// The strength with the least deviance; the strongest of equals.
fn best(tried: &[Tried]) -> Option<f64> {
    let mut least: Option<(f64, f64)> = None;
    for Tried { lambda, deviance } in tried {
        if let Some(deviance) = deviance
            && least.is_none_or(|(_, known)| *deviance < known)
        {
            least = Some((*lambda, *deviance));
        }
    }
    least.map(|(lambda, _)| lambda)
}
