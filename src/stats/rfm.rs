//! Recency, frequency and money in fifths of the customers: a description, not a forecast.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::ranks::doubled_ranks;
use crate::{Column, Count, Refusal};

/// Scores of one customer, 5 the best fifth and 1 the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rfm {
    /// By the time since the last purchase, the shortest best.
    pub recency: u8,
    /// By the number of purchases.
    pub frequency: u8,
    /// By the money spent.
    pub money: u8,
}

/// Scores of customers by the time since their last purchase, their number of purchases and their money:
/// `ceil(5 rank / n)` with the mean rank for ties, so that the same value has the same score.
///
/// # Errors
///
/// Refuses columns of different length, values that are not finite, and fewer than five customers.
///
/// # Source
///
/// Hughes 1994, *Strategic Database Marketing*.
pub fn rfm(since_last: &[f64], frequency: &[f64], money: &[f64]) -> Result<Vec<Rfm>, Refusal> {
    let n = since_last.len();
    for (position, column) in [since_last, frequency, money].iter().enumerate() {
        if column.len() != n {
            return Err(Refusal::LengthMismatch { expected: n, found: column.len() });
        }
        check_finite(column, Column::Driver(position))?;
    }
    if n < 5 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: 5.0 });
    }
    let reversed: Vec<f64> = since_last.iter().map(|time| -time).collect();
    let (recency, frequency, money) = (fifths(&reversed), fifths(frequency), fifths(money));
    Ok(recency
        .into_iter()
        .zip(frequency)
        .zip(money)
        .map(|((recency, frequency), money)| Rfm { recency, frequency, money })
        .collect())
}

fn fifths(values: &[f64]) -> Vec<u8> {
    // In whole numbers: 5 rank / n must not round past a border.
    let n = values.len();
    doubled_ranks(values)
        .into_iter()
        .map(|rank| u8::try_from((5 * rank).div_ceil(2 * n)).unwrap_or(5).clamp(1, 5))
        .collect()
}
