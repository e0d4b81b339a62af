//! Weights that bring a sample to known totals of several groupings, and means under them.

use serde::{Deserialize, Serialize};

use crate::measurement::{Mean, weighted_mean};
use crate::ols::{check_finite, check_weights};
use crate::{Column, Count, Interval, Refusal, quantile};

/// Largest relative distance from a total at which the weights fit.
const SETTLED: f64 = 1e-10;
/// Cycles over all margins.
const CYCLES: usize = 200;
/// Relative distance between the populations of two margins that is put down to rounding.
const ROUNDING: f64 = 1e-6;
/// Times the median weight above which a weight is cut.
const TRIM: f64 = 5.0;
/// Cycles of taking group means out of an outcome, and the share of its spread at which they have settled.
const SWEEPS: usize = 1_000;
const SWEPT: f64 = 1e-14;

/// One grouping of the sample with the size of each group in the population.
#[derive(Debug, Clone, Copy)]
pub struct Margin<'a> {
    /// Group of each row, a position in `totals`.
    pub groups: &'a [usize],
    /// Size of each group.
    pub totals: &'a [f64],
}

/// Raked weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raking {
    /// One per row; they sum to the population.
    pub weights: Vec<f64>,
    /// Cycles over all margins.
    pub cycles: usize,
    /// Largest relative distance from a total that is left.
    pub margin_error: f64,
    /// Weights that were cut to five times the median before the sample was raked again.
    pub trimmed: usize,
    /// Kish's design effect of the weights, `n sum w^2 / (sum w)^2`.
    pub design_effect: f64,
    /// Rows over design effect.
    pub effective_n: f64,
}

/// Rakes `start` (base weights, such as population over sample) to the margins by iterative proportional fitting, until
/// no total is off by more than 1e-10 of itself. Weights above five times the median are then cut, once, and the sample
/// is raked again.
///
/// # Errors
///
/// [`Refusal::EmptyMargin`] where a group of the population has no weight in the sample; [`Refusal::MarginTotals`] where
/// margins sum to different populations; weights or totals that are negative, all 0 or not finite; columns of
/// different length; [`Refusal::NotConverged`] after 200 cycles, which crossed empty cells can bring about.
///
/// # Source
///
/// Deming and Stephan 1940, Annals of Mathematical Statistics 11:427-444; Kish 1965, *Survey Sampling*, 11.7.
pub fn rake(start: &[f64], margins: &[Margin<'_>]) -> Result<Raking, Refusal> {
    check(start, margins)?;
    let (mut weights, mut cycles, mut margin_error) = fit(start.to_vec(), margins)?;
    let mut sorted: Vec<f64> = weights.iter().copied().filter(|weight| *weight > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let limit = TRIM * quantile::sorted_quantile(&sorted, 0.5).unwrap_or(0.0);
    let trimmed = weights.iter().filter(|weight| **weight > limit).count();
    if trimmed > 0 {
        let cut = weights.iter().map(|weight| weight.min(limit)).collect();
        let more;
        (weights, more, margin_error) = fit(cut, margins)?;
        cycles += more;
    }
    let design_effect = design_effect(&weights).ok_or(Refusal::OutOfRange)?;
    let effective_n = weights.len() as f64 / design_effect;
    Ok(Raking { weights, cycles, margin_error, trimmed, design_effect, effective_n })
}

fn check(start: &[f64], margins: &[Margin<'_>]) -> Result<(), Refusal> {
    let rows = start.len();
    if rows == 0 || margins.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: rows as f64, need: 1.0 });
    }
    check_weights(start)?;
    let mut population = None;
    for (position, margin) in margins.iter().enumerate() {
        if margin.groups.len() != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found: margin.groups.len() });
        }
        if let Some(group) = margin.groups.iter().find(|group| **group >= margin.totals.len()) {
            return Err(Refusal::LengthMismatch { expected: margin.totals.len(), found: group + 1 });
        }
        check_weights(margin.totals)?;
        let total: f64 = margin.totals.iter().sum();
        let first = *population.get_or_insert(total);
        if !(total.is_finite() && (total - first).abs() <= ROUNDING * first) {
            return Err(Refusal::MarginTotals { margin: position });
        }
    }
    Ok(())
}

fn sums(weights: &[f64], margin: &Margin<'_>) -> Vec<f64> {
    let mut sums = vec![0.0; margin.totals.len()];
    for (weight, group) in weights.iter().zip(margin.groups) {
        sums[*group] += weight;
    }
    sums
}

fn fit(mut weights: Vec<f64>, margins: &[Margin<'_>]) -> Result<(Vec<f64>, usize, f64), Refusal> {
    // Totals that differ by rounding are brought to the population of the first margin.
    let population: f64 = margins[0].totals.iter().sum();
    for cycle in 1..=CYCLES {
        for (position, margin) in margins.iter().enumerate() {
            let scale = population / margin.totals.iter().sum::<f64>();
            let found = sums(&weights, margin);
            let empty = found.iter().zip(margin.totals).position(|(sum, total)| *total > 0.0 && *sum <= 0.0);
            if let Some(group) = empty {
                return Err(Refusal::EmptyMargin { margin: position, group });
            }
            for (weight, group) in weights.iter_mut().zip(margin.groups) {
                if *weight > 0.0 {
                    *weight *= scale * margin.totals[*group] / found[*group];
                }
            }
        }
        let mut error: f64 = 0.0;
        for margin in margins {
            let scale = population / margin.totals.iter().sum::<f64>();
            for (sum, total) in sums(&weights, margin).iter().zip(margin.totals) {
                let wanted = scale * total;
                error = error.max(if wanted > 0.0 { (sum - wanted).abs() / wanted } else { sum.abs() });
            }
        }
        if !error.is_finite() {
            return Err(Refusal::OutOfRange);
        }
        if error < SETTLED {
            return Ok((weights, cycle, error));
        }
    }
    Err(Refusal::NotConverged)
}

/// Kish's design effect of unequal weights; `None` where they sum to nothing.
pub fn design_effect(weights: &[f64]) -> Option<f64> {
    let largest = weights.iter().copied().fold(0.0_f64, f64::max);
    let (mut sum, mut squares) = (0.0, 0.0);
    for weight in weights {
        let scaled = weight / largest;
        sum += scaled;
        squares += scaled * scaled;
    }
    Some(weights.len() as f64 * squares / (sum * sum)).filter(|effect| effect.is_finite())
}

/// A mean under raked weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RakedMean {
    /// The mean with its linearised error, as if the weights were fixed.
    pub fixed: Mean,
    /// Standard error that knows that the weights were raked: smaller, where the margins predict the outcome.
    pub std_error: f64,
    /// Its t interval.
    pub interval: Interval,
}

/// Mean of `values` under raked weights at `level`.
///
/// For the raking-aware error the outcome is first freed of the groups of all margins, by taking out group means in
/// turn until nothing moves (which is least squares on all groups and needs no full rank); then the linearised formula
/// applies to what is left.
///
/// # Errors
///
/// What [`weighted_mean`] refuses, and margins of another length.
///
/// # Source
///
/// Deville and Särndal 1992, JASA 87:376-382; as R's survey package has it.
pub fn raked_mean(
    values: &[f64],
    weights: &[f64],
    margins: &[Margin<'_>],
    level: f64,
) -> Result<RakedMean, Refusal> {
    check_finite(weights, Column::Weight)?;
    let fixed = weighted_mean(values, weights, level)?;
    check(weights, margins)?;
    let total: f64 = weights.iter().sum();
    let n = values.len() as f64;
    let left = without_groups(values.iter().map(|value| value - fixed.mean).collect(), margins);
    let influence: Vec<f64> =
        left.iter().zip(weights).map(|(value, weight)| weight / total * value).collect();
    let centre = influence.iter().sum::<f64>() / n;
    let squares: f64 = influence.iter().map(|value| (value - centre).powi(2)).sum();
    let std_error = (n / (n - 1.0) * squares).sqrt();
    let half = quantile::t(f64::midpoint(1.0, level), n - 1.0) * std_error;
    let interval = Interval { estimate: fixed.mean, low: fixed.mean - half, high: fixed.mean + half };
    if [interval.low, interval.high].iter().all(|end| end.is_finite()) {
        Ok(RakedMean { fixed, std_error, interval })
    } else {
        Err(Refusal::OutOfRange)
    }
}

fn without_groups(mut values: Vec<f64>, margins: &[Margin<'_>]) -> Vec<f64> {
    let spread = values.iter().fold(0.0_f64, |most, value| value.abs().max(most));
    for _ in 0..SWEEPS {
        let mut moved: f64 = 0.0;
        for margin in margins {
            let mut means = vec![(0.0, 0.0); margin.totals.len()];
            for (value, group) in values.iter().zip(margin.groups) {
                means[*group].0 += value;
                means[*group].1 += 1.0;
            }
            for (value, group) in values.iter_mut().zip(margin.groups) {
                let (sum, count) = means[*group];
                *value -= sum / count;
                moved = moved.max((sum / count).abs());
            }
        }
        if moved <= SWEPT * spread {
            break;
        }
    }
    values
}
