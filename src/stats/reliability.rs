//! How reliably the items of a scale measure one thing.

use serde::{Deserialize, Serialize};

use crate::measurement::variance;
use crate::ols::{check_finite, correlation};
use crate::quantile;
use crate::{Column, Count, Interval, Refusal, Warning};

/// Alpha below which a scale warns.
const LOW: f64 = 0.70;
/// Alpha above which items count as repeating one another.
const REDUNDANT: f64 = 0.95;

/// Cronbach's alpha and what goes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alpha {
    /// Raw alpha.
    pub raw: f64,
    /// Alpha of standardised items.
    pub standardised: f64,
    /// Feldt's interval around the raw alpha.
    pub interval: Interval,
    /// Alpha without each item, in the order of the items; empty below three items.
    pub if_dropped: Vec<f64>,
    /// Correlation of each item with the sum of the others.
    pub item_total: Vec<f64>,
    /// Low or redundant.
    pub warnings: Vec<Warning>,
}

/// Cronbach's alpha of items (one column each, complete rows) with Feldt's interval at `level`.
///
/// # Errors
///
/// Refuses fewer than two items or three rows, columns of different length, constant items, and an item whose
/// correlation with the sum of the others is negative (it has to be recoded first).
///
/// # Source
///
/// Cronbach 1951, Psychometrika 16:297-334; Feldt 1965, Psychometrika 30:357-370.
pub fn cronbach_alpha(items: &[Vec<f64>], level: f64) -> Result<Alpha, Refusal> {
    check(items)?;
    let (raw, item_total) = (raw_alpha(items), item_totals(items));
    if let Some((item, correlation)) = item_total.iter().enumerate().find(|(_, r)| **r < 0.0) {
        return Err(Refusal::ReversedItem { item, correlation: *correlation });
    }
    let k = items.len() as f64;
    let mut mean_correlation = 0.0;
    for (position, item) in items.iter().enumerate() {
        for other in &items[..position] {
            mean_correlation += correlation(item, other, true).unwrap_or(0.0) / (k * (k - 1.0) / 2.0);
        }
    }
    let without = |dropped: usize| {
        let kept: Vec<Vec<f64>> = items
            .iter()
            .enumerate()
            .filter(|(item, _)| *item != dropped)
            .map(|(_, column)| column.clone())
            .collect();
        raw_alpha(&kept)
    };
    let n = items[0].len() as f64;
    let (df1, df2) = (n - 1.0, (n - 1.0) * (k - 1.0));
    let upper = f64::midpoint(1.0, level);
    let bound = |probability: f64| 1.0 - (1.0 - raw) * quantile::f(probability, df1, df2);
    let alpha = Alpha {
        raw,
        standardised: k * mean_correlation / (1.0 + (k - 1.0) * mean_correlation),
        interval: Interval { estimate: raw, low: bound(upper), high: bound(1.0 - upper) },
        if_dropped: if items.len() > 2 { (0..items.len()).map(without).collect() } else { Vec::new() },
        item_total,
        warnings: if raw < LOW {
            vec![Warning::LowReliability { alpha: raw }]
        } else if raw > REDUNDANT {
            vec![Warning::RedundantItems { alpha: raw }]
        } else {
            Vec::new()
        },
    };
    let numbers = [alpha.raw, alpha.standardised, alpha.interval.low, alpha.interval.high];
    if numbers.iter().chain(&alpha.if_dropped).all(|number| number.is_finite()) {
        Ok(alpha)
    } else {
        Err(Refusal::OutOfRange)
    }
}

/// Refuses too few items or rows, columns of different length, values that are not finite, and constant items.
pub(crate) fn check(items: &[Vec<f64>]) -> Result<(), Refusal> {
    if items.len() < 2 {
        return Err(Refusal::TooFew { what: Count::Items, have: items.len() as f64, need: 2.0 });
    }
    let rows = items[0].len();
    if rows < 3 {
        return Err(Refusal::TooFew { what: Count::Observations, have: rows as f64, need: 3.0 });
    }
    for (position, item) in items.iter().enumerate() {
        let column = Column::Driver(position);
        if item.len() != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found: item.len() });
        }
        check_finite(item, column)?;
        if item.iter().all(|value| value.total_cmp(&item[0]).is_eq()) {
            return Err(Refusal::NoVariance { column });
        }
    }
    Ok(())
}

/// `k / (k - 1) (1 - sum of item variances / variance of the sum)`.
fn raw_alpha(items: &[Vec<f64>]) -> f64 {
    let k = items.len() as f64;
    let own: f64 = items.iter().map(|item| variance(item)).sum();
    k / (k - 1.0) * (1.0 - own / variance(&total(items, None)))
}

fn total(items: &[Vec<f64>], without: Option<usize>) -> Vec<f64> {
    let mut total = vec![0.0; items[0].len()];
    for (position, item) in items.iter().enumerate() {
        if Some(position) != without {
            for (sum, value) in total.iter_mut().zip(item) {
                *sum += value;
            }
        }
    }
    total
}

fn item_totals(items: &[Vec<f64>]) -> Vec<f64> {
    (0..items.len())
        .map(|item| correlation(&items[item], &total(items, Some(item)), true).unwrap_or(0.0))
        .collect()
}

pub use crate::omega::{Omega, omega};
