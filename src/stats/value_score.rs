//! One score of a customer's value from four dimensions, by declared weights.

use serde::{Deserialize, Serialize};

use crate::measurement::index;
use crate::ols::correlation;
use crate::ranks::mean_ranks;
use crate::{Column, Count, Refusal, ValueFault};

/// Weights of the four dimensions unless others are declared.
pub const WEIGHTS: [f64; 4] = [0.4, 0.2, 0.2, 0.2];
/// By how much each weight is changed, up and down, to see whether ranks hold.
const CHANGE: f64 = 0.5;
/// Share of the customers that count as the top.
const TOP: f64 = 0.1;

/// Something observed of each customer.
#[derive(Debug, Clone, Copy)]
pub struct Indicator<'a> {
    /// One value per customer, `None` where it is not known.
    pub values: &'a [Option<f64>],
    /// Less is better: cost to serve, days until payment.
    pub less_is_better: bool,
}

/// The indicators of each dimension.
#[derive(Debug, Clone, Copy)]
pub struct Dimensions<'a> {
    /// Financial: lifetime value, margin.
    pub financial: &'a [Indicator<'a>],
    /// Market: referrals, share of wallet, reference value.
    pub market: &'a [Indicator<'a>],
    /// Management: cost to serve, payment, forecastability.
    pub management: &'a [Indicator<'a>],
    /// Learning and growth: co-development, feedback, trend over the tenure.
    pub learning: &'a [Indicator<'a>],
}

/// Scores of all customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueScores {
    /// Score per customer and dimension, 0 to 100; `None` where fewer than half of the indicators are known.
    pub dimensions: Vec<[Option<f64>; 4]>,
    /// Weighted score per customer; `None` where a dimension with a weight is missing.
    pub total: Vec<Option<f64>>,
    /// The declared weights. The score is as valid as they are, and no more.
    pub weights: [f64; 4],
    /// What becomes of the ranks if a weight is half as much again or half of what it is.
    pub stability: Vec<Stability>,
    /// Customers with a total.
    pub scored: usize,
}

/// Ranks under a changed weight against those under the declared ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// Dimension whose weight changed, from 0.
    pub dimension: usize,
    /// By what it was multiplied; all weights were then divided by their sum.
    pub factor: f64,
    /// Spearman's correlation of the ranks; `None` where all customers have the same score.
    pub rank_correlation: Option<f64>,
    /// Share of the first tenth that stays in it.
    pub top_kept: f64,
}

/// Scores customers: an indicator becomes a percentile rank (the share of customers below, those with the same
/// value counted half), a dimension is the mean of its indicators, the total the weighted mean of the
/// dimensions.
///
/// # Errors
///
/// Refuses weights that are negative or do not sum to 1, a dimension with a weight and no indicator, columns of
/// different length, values that are not finite, an indicator that is constant, and fewer than two customers.
pub fn value_scores(dimensions: &Dimensions<'_>, weights: [f64; 4]) -> Result<ValueScores, Refusal> {
    let groups = [dimensions.financial, dimensions.market, dimensions.management, dimensions.learning];
    crate::ols::check_finite(&weights, Column::Weight)?;
    if let Some(row) = weights.iter().position(|weight| *weight < 0.0) {
        return Err(Refusal::BadWeight { row });
    }
    let sum: f64 = weights.iter().sum();
    if (sum - 1.0).abs() > 1e-9 {
        return Err(Refusal::Value(ValueFault::WeightSum { sum }));
    }
    let lacking = groups.iter().zip(weights).position(|(group, weight)| group.is_empty() && weight > 0.0);
    if let Some(dimension) = lacking {
        return Err(Refusal::Value(ValueFault::NoIndicator { dimension }));
    }
    let n = groups.iter().find_map(|group| group.first()).map_or(0, |indicator| indicator.values.len());
    if n < 2 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: 2.0 });
    }
    let mut scores = vec![[None; 4]; n];
    let mut position = 0;
    for (dimension, group) in groups.iter().enumerate() {
        let mut ranked = Vec::with_capacity(group.len());
        for indicator in *group {
            ranked.push(percentiles(indicator, n, Column::Driver(position))?);
            position += 1;
        }
        for (row, score) in scores.iter_mut().enumerate() {
            let known: Vec<Option<f64>> = ranked.iter().map(|column| column[row]).collect();
            score[dimension] = index(&known, None);
        }
    }
    let total = totals(&scores, weights);
    let stability = stability(&scores, &total, weights);
    let scored = total.iter().flatten().count();
    Ok(ValueScores { dimensions: scores, total, weights, stability, scored })
}

/// Percentile ranks among the customers of whom the indicator is known.
fn percentiles(indicator: &Indicator<'_>, n: usize, column: Column) -> Result<Vec<Option<f64>>, Refusal> {
    if indicator.values.len() != n {
        return Err(Refusal::LengthMismatch { expected: n, found: indicator.values.len() });
    }
    if let Some(row) = indicator.values.iter().position(|value| value.is_some_and(|v| !v.is_finite())) {
        return Err(Refusal::NotFinite { column, row });
    }
    let sign = if indicator.less_is_better { -1.0 } else { 1.0 };
    let known: Vec<f64> = indicator.values.iter().flatten().map(|value| sign * value).collect();
    let ranks = mean_ranks(&known);
    if ranks.iter().all(|rank| (rank - ranks[0]).abs() < 0.25) {
        return Err(Refusal::NoVariance { column });
    }
    let mut next = ranks.iter();
    let count = known.len() as f64;
    let percentile = |rank: &f64| 100.0 * (rank - 0.5) / count;
    Ok(indicator.values.iter().map(|value| value.and(next.next()).map(percentile)).collect())
}

fn totals(scores: &[[Option<f64>; 4]], weights: [f64; 4]) -> Vec<Option<f64>> {
    let total = |score: &[Option<f64>; 4]| {
        score
            .iter()
            .zip(weights)
            .filter(|(_, weight)| *weight > 0.0)
            .try_fold(0.0, |sum, (part, weight)| part.map(|part| sum + weight * part))
    };
    scores.iter().map(total).collect()
}

fn stability(scores: &[[Option<f64>; 4]], total: &[Option<f64>], weights: [f64; 4]) -> Vec<Stability> {
    let declared: Vec<f64> = total.iter().flatten().copied().collect();
    if declared.is_empty() {
        return Vec::new();
    }
    let ranks = mean_ranks(&declared);
    let first = top(&declared);
    let mut found = Vec::new();
    for dimension in (0..4).filter(|dimension| weights[*dimension] > 0.0) {
        for factor in [1.0 - CHANGE, 1.0 + CHANGE] {
            let mut changed = weights;
            changed[dimension] *= factor;
            let sum: f64 = changed.iter().sum();
            let others = totals(scores, changed.map(|weight| weight / sum));
            let others: Vec<f64> = others.into_iter().flatten().collect();
            let second = top(&others);
            let kept = first.iter().filter(|row| second.binary_search(row).is_ok()).count();
            found.push(Stability {
                dimension,
                factor,
                rank_correlation: correlation(&ranks, &mean_ranks(&others), true).map(|r| r.clamp(-1.0, 1.0)),
                top_kept: kept as f64 / first.len().max(1) as f64,
            });
        }
    }
    found
}

/// Rows of the first tenth, rounded up, in ascending order; of equal scores the earlier row comes first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tenth of a count, rounded up, is a count"
)]
fn top(scores: &[f64]) -> Vec<usize> {
    let count = (TOP * scores.len() as f64).ceil() as usize;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(count);
    order.sort_unstable();
    order
}
