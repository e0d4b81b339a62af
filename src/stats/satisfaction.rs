//! The satisfaction index of a sample, the weights of the ACSI, and customer effort.

use serde::{Deserialize, Serialize};

use crate::measurement::{Mean, index, mean};
use crate::proportion::{Share, top_box};
use crate::{Column, Count, Refusal, Warning};

/// Share of respondents at 100 above which a curve may flatten because of the scale.
const CEILING: f64 = 0.25;
/// Shares of respondents without an index that warn and refuse.
const MISSING_WARNS: f64 = 0.1;
const MISSING_REFUSES: f64 = 0.4;
/// The scale of customer effort, and where agreement begins.
const EFFORT: (f64, f64) = (1.0, 7.0);
const AGREES: f64 = 5.0;

/// The index of a sample, 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SatisfactionIndex {
    /// Mean of the respondents' indices, with its interval.
    pub mean: Mean,
    /// Weight of each item; they sum to 1.
    pub weights: Vec<f64>,
    /// Share of respondents at 100.
    pub ceiling: f64,
    /// Respondents at 0-10, 10-20, and so on up to 90-100; a bin holds its lower end, the last both.
    pub histogram: [usize; 10],
    /// Respondents with fewer than half of the items answered, who have no index.
    pub left_out: usize,
    /// Ceiling, or missing answers.
    pub warnings: Vec<Warning>,
}

/// The index over respondents at `level`: of each the mean of the answered item scores (0 to 100), by `weights` or all
/// alike, if at least half are answered. With `population`, of so many customers.
///
/// With complete answers it is the ACSI, `100 (sum w_i mean(x_i) - sum w_i) / (9 sum w_i)` for scales of 1 to 10.
///
/// # Errors
///
/// Refuses weights that are negative, all 0 or of another number than the items; more than 40 % of respondents without
/// an index; fewer than two with one.
///
/// # Source
///
/// Fornell, Johnson, Anderson, Cha and Bryant 1996, J. Marketing 60(4):7-18.
pub fn satisfaction_index(
    respondents: &[Vec<Option<f64>>],
    weights: Option<&[f64]>,
    level: f64,
    population: Option<usize>,
) -> Result<SatisfactionIndex, Refusal> {
    let items = respondents.first().map_or(0, Vec::len);
    let weights = normalised(weights.unwrap_or(&vec![1.0; items]))?;
    if let Some(other) = respondents.iter().map(Vec::len).chain([weights.len()]).find(|found| *found != items)
    {
        return Err(Refusal::LengthMismatch { expected: items, found: other });
    }
    let indices: Vec<f64> = respondents.iter().filter_map(|scores| index(scores, Some(&weights))).collect();
    let (dropped, available) = (respondents.len() - indices.len(), respondents.len());
    if dropped as f64 > MISSING_REFUSES * available as f64 {
        return Err(Refusal::TooManyDropped { dropped, available });
    }
    let mean = mean(&indices, level, population)?;
    // An index of 100 may miss its last digit by the division.
    let top = indices.iter().filter(|index| **index >= 100.0 - 1e-9).count();
    let ceiling = top as f64 / indices.len() as f64;
    let mut warnings = Vec::new();
    if ceiling > CEILING {
        warnings.push(Warning::Ceiling { share: ceiling });
    }
    if dropped as f64 > MISSING_WARNS * available as f64 {
        warnings.push(Warning::Missing { dropped, available });
    }
    Ok(SatisfactionIndex {
        mean,
        weights,
        ceiling,
        histogram: histogram(&indices),
        left_out: dropped,
        warnings,
    })
}

/// The ACSI's item weights from a path model: standardised outer weight over the item's standard deviation, summing to 1.
///
/// # Errors
///
/// Refuses other numbers of deviations than of weights, a deviation that is not above 0, and weights that are negative
/// or all 0.
pub fn unstandardised_weights(standardised: &[f64], deviations: &[f64]) -> Result<Vec<f64>, Refusal> {
    if standardised.len() != deviations.len() {
        return Err(Refusal::LengthMismatch { expected: standardised.len(), found: deviations.len() });
    }
    if let Some(item) = deviations.iter().position(|sd| !(sd.is_finite() && *sd > 0.0)) {
        return Err(Refusal::NoVariance { column: Column::Driver(item) });
    }
    let weights: Vec<f64> = standardised.iter().zip(deviations).map(|(weight, sd)| weight / sd).collect();
    normalised(&weights)
}

fn normalised(weights: &[f64]) -> Result<Vec<f64>, Refusal> {
    if weights.is_empty() {
        return Err(Refusal::TooFew { what: Count::Items, have: 0.0, need: 1.0 });
    }
    crate::ols::check_weights(weights)?;
    let total: f64 = weights.iter().sum();
    let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
    if total.is_finite() && shares.iter().all(|share| share.is_finite()) {
        Ok(shares)
    } else {
        Err(Refusal::OutOfRange)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the ten bins")]
fn histogram(indices: &[f64]) -> [usize; 10] {
    let mut bins = [0; 10];
    for index in indices {
        bins[((index / 10.0).floor().clamp(0.0, 9.0)) as usize] += 1;
    }
    bins
}

/// Customer effort: agreement, on 1 to 7, that it was made easy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Mean answer on 1 to 7, with its interval.
    pub mean: Mean,
    /// The mean on 0 to 100.
    pub index: f64,
    /// Those who agree (5 to 7).
    pub agree: Share,
}

/// Customer effort score of answers on 1 to 7, at `level`.
///
/// # Errors
///
/// Refuses fewer than two answers, and a value that is not on the scale as not finite.
///
/// # Source
///
/// Dixon, Freeman and Toman 2010, HBR 88(7):116-122.
pub fn effort(answers: &[f64], level: f64) -> Result<Effort, Refusal> {
    let (low, high) = EFFORT;
    let agree = top_box(answers, low, high, AGREES, level)?;
    let mean = mean(answers, level, None)?;
    Ok(Effort { mean, index: 100.0 * (mean.mean - low) / (high - low), agree })
}
