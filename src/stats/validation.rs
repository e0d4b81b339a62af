//! How a model does on customers that it was not fitted to.

use serde::{Deserialize, Serialize};

use crate::binary::{self, Likelihood, Penalty, expit};
use crate::bootstrap::{Clusters, replicates};
use crate::calibration::{Calibration, brier, calibration, line};
use crate::design::Design;
use crate::discrimination::{Auc, auc};
use crate::measurement::average;
use crate::ols::{Problem, StandardErrors};
use crate::{Count, Refusal, firth, logistic, ridge};

/// Replicates that have to settle.
const REPLICATES_NEEDED: usize = 20;

/// A way to fit a model of a 0/1 outcome.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fitting {
    /// [`logistic::fit`].
    MaximumLikelihood,
    /// [`firth::fit`]; predictions with the intercept that calibrates.
    Firth,
    /// [`ridge::fit`] at this strength.
    Ridge {
        /// Weight of the penalty.
        lambda: f64,
    },
}

impl Fitting {
    fn penalty(self) -> Penalty {
        match self {
            Self::MaximumLikelihood => Penalty::None,
            Self::Firth => Penalty::Firth,
            Self::Ridge { lambda } => Penalty::Ridge(lambda),
        }
    }
}

/// A figure as the rows of the fit show it, and less what that flatters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    /// On the rows of the fit.
    pub apparent: f64,
    /// Mean over the replicates of the figure on the replicate less that on the data.
    pub optimism: f64,
    /// Apparent less optimism.
    pub corrected: f64,
}

/// Figures corrected for optimism.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Optimism {
    /// Area under the curve.
    pub auc: Corrected,
    /// Brier score.
    pub brier: Corrected,
    /// Calibration slope.
    pub slope: Corrected,
    /// Replicates asked for.
    pub draws: usize,
    /// Replicates left out since their fit did not settle (few events, or a separated outcome).
    pub failed: usize,
    /// The seed.
    pub seed: u64,
}

/// Area under the curve, Brier score and calibration slope, each less the optimism of a fit to its own rows:
/// every replicate draws rows (or whole `clusters`) with replacement, fits anew and is held against both its own
/// rows and the data.
///
/// # Errors
///
/// What the way of fitting refuses; fewer than 20 replicates that settle.
///
/// # Source
///
/// Harrell, Lee and Mark 1996, Statistics in Medicine 15:361-387, §5.
pub fn optimism(
    problem: &Problem<'_>,
    fitting: Fitting,
    clusters: Option<&[usize]>,
    draws: usize,
    seed: u64,
) -> Result<Optimism, Refusal> {
    binary::check(problem)?;
    let rows = problem.outcome.len();
    if let Some(ids) = clusters.filter(|ids| ids.len() != rows) {
        return Err(Refusal::LengthMismatch { expected: rows, found: ids.len() });
    }
    match fitting {
        Fitting::MaximumLikelihood => drop(logistic::fit(problem, StandardErrors::Classic)?),
        Fitting::Firth => {}
        Fitting::Ridge { lambda } => drop(ridge::fit(problem, ridge::Strength::Lambda(lambda))?),
    }
    let (design, weights) = binary::design_of(problem)?;
    let whole = predictions(problem, &design, &weights, fitting).ok_or(Refusal::NotConverged)?;
    let apparent = figures(problem.outcome, &whole).ok_or(Refusal::NotConverged)?;
    let clusters = Clusters::new(rows, clusters);
    let found = replicates(draws, |replicate| {
        let counts = clusters.counts(seed, replicate);
        let drawn: Vec<f64> = counts.iter().zip(&weights).map(|(count, w)| f64::from(*count) * w).collect();
        let log_odds = predictions(problem, &design, &drawn, fitting)?;
        let (own_outcome, own_odds) = repeated(problem.outcome, &log_odds, &counts);
        let (own, data) = (figures(&own_outcome, &own_odds)?, figures(problem.outcome, &log_odds)?);
        Some(std::array::from_fn::<f64, 3, _>(|k| own[k] - data[k]))
    });
    let gaps: Vec<[f64; 3]> = found.into_iter().flatten().collect();
    if gaps.len() < REPLICATES_NEEDED {
        let (have, need) = (gaps.len() as f64, REPLICATES_NEEDED as f64);
        return Err(Refusal::TooFew { what: Count::Replicates, have, need });
    }
    let corrected = |k: usize| {
        let optimism = average(&gaps.iter().map(|gap| gap[k]).collect::<Vec<f64>>());
        Corrected { apparent: apparent[k], optimism, corrected: apparent[k] - optimism }
    };
    let failed = draws - gaps.len();
    Ok(Optimism { auc: corrected(0), brier: corrected(1), slope: corrected(2), draws, failed, seed })
}

/// Log-odds of all rows by a fit with these weights; `None` where there is none.
fn predictions(
    problem: &Problem<'_>,
    design: &Design,
    weights: &[f64],
    fitting: Fitting,
) -> Option<Vec<f64>> {
    let penalty = fitting.penalty();
    let likelihood = Likelihood { design, outcome: problem.outcome, weights, penalty };
    let (maximum, _) = likelihood.maximise(None, None)?;
    let mut log_odds = design.predict(&maximum.coefficients);
    if penalty == Penalty::Firth && problem.intercept {
        let shift = binary::level_of(problem.outcome, Some(weights), &log_odds)?;
        for value in &mut log_odds {
            *value += shift;
        }
    }
    Some(log_odds)
}

/// Area under the curve, Brier score, slope.
fn figures(outcome: &[f64], log_odds: &[f64]) -> Option<[f64; 3]> {
    let probability: Vec<f64> = log_odds.iter().map(|eta| expit(*eta)).collect();
    let (_, slope) = line(outcome, log_odds)?;
    Some([auc(outcome, log_odds, 0.95).ok()?.interval.estimate, brier(outcome, &probability), slope])
}

/// Rows as often as they were drawn.
fn repeated(outcome: &[f64], log_odds: &[f64], counts: &[u32]) -> (Vec<f64>, Vec<f64>) {
    let rows = outcome.iter().zip(log_odds).zip(counts);
    rows.flat_map(|((y, eta), count)| std::iter::repeat_n((*y, *eta), *count as usize)).unzip()
}

/// Rows of two waves that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSplit {
    /// The earlier wave.
    pub train_wave: usize,
    /// The next one there is.
    pub test_wave: usize,
    /// Rows of the earlier wave.
    pub train: Vec<usize>,
    /// Rows of the next.
    pub test: Vec<usize>,
}

/// Each wave with the next one: a model for tomorrow is judged on tomorrow, not on rows drawn from today.
pub fn time_splits(waves: &[usize]) -> Vec<TimeSplit> {
    let mut names = waves.to_vec();
    names.sort_unstable();
    names.dedup();
    let rows_of = |wave: usize| (0..waves.len()).filter(|row| waves[*row] == wave).collect();
    let pairs = names.windows(2);
    pairs
        .filter_map(|pair| {
            let (train_wave, test_wave) = (*pair.first()?, *pair.last()?);
            Some(TimeSplit { train_wave, test_wave, train: rows_of(train_wave), test: rows_of(test_wave) })
        })
        .collect()
}

/// What a model of one wave was worth in the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validated {
    /// The wave of the fit.
    pub train_wave: usize,
    /// The wave it was held against.
    pub test_wave: usize,
    /// How well it told leavers from stayers there.
    pub auc: Auc,
    /// Whether its probabilities were right in size there.
    pub calibration: Calibration,
}

/// Fits each wave (one number per row) and holds it against the next.
///
/// # Errors
///
/// What the way of fitting refuses of a wave's rows; a wave with a constant outcome; fewer than two waves.
pub fn over_time(
    problem: &Problem<'_>,
    waves: &[usize],
    fitting: Fitting,
) -> Result<Vec<Validated>, Refusal> {
    let rows = problem.outcome.len();
    let lengths = problem.drivers.iter().map(|column| column.len()).chain([waves.len()]);
    if let Some(found) = lengths.chain(problem.weights.map(<[f64]>::len)).find(|length| *length != rows) {
        return Err(Refusal::LengthMismatch { expected: rows, found });
    }
    let splits = time_splits(waves);
    if splits.is_empty() {
        return Err(Refusal::TooFew { what: Count::Waves, have: f64::from(u8::from(rows > 0)), need: 2.0 });
    }
    splits.iter().map(|split| judged(problem, split, fitting)).collect()
}

fn judged(problem: &Problem<'_>, split: &TimeSplit, fitting: Fitting) -> Result<Validated, Refusal> {
    let pick = |column: &[f64], rows: &[usize]| -> Vec<f64> { rows.iter().map(|row| column[*row]).collect() };
    let columns: Vec<Vec<f64>> = problem.drivers.iter().map(|column| pick(column, &split.train)).collect();
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let outcome = pick(problem.outcome, &split.train);
    let weights = problem.weights.map(|weights| pick(weights, &split.train));
    let train = Problem {
        outcome: &outcome,
        drivers: &drivers,
        intercept: problem.intercept,
        weights: weights.as_deref(),
    };
    let coefficients: Vec<f64> = match fitting {
        Fitting::MaximumLikelihood => {
            let found = logistic::fit(&train, StandardErrors::Classic)?;
            found.coefficients.iter().map(|coefficient| coefficient.estimate).collect()
        }
        Fitting::Firth => {
            let found = firth::fit(&train)?;
            let mut estimates: Vec<f64> = found.coefficients.iter().map(|b| b.estimate).collect();
            if let (Some(intercept), Some(first)) = (found.prediction_intercept, estimates.first_mut()) {
                *first = intercept;
            }
            estimates
        }
        Fitting::Ridge { lambda } => ridge::fit(&train, ridge::Strength::Lambda(lambda))?.coefficients,
    };
    let (level, slopes) = match coefficients.split_first() {
        Some((level, slopes)) if problem.intercept => (*level, slopes),
        _ => (0.0, coefficients.as_slice()),
    };
    let predicted = |row: &usize| {
        let eta: f64 = slopes.iter().zip(problem.drivers).map(|(b, column)| b * column[*row]).sum();
        expit(level + eta)
    };
    let probability: Vec<f64> = split.test.iter().map(predicted).collect();
    let seen = pick(problem.outcome, &split.test);
    Ok(Validated {
        train_wave: split.train_wave,
        test_wave: split.test_wave,
        auc: auc(&seen, &probability, 0.95)?,
        calibration: calibration(&seen, &probability, 0.95)?,
    })
}
