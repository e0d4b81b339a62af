//! Shares: further intervals of one share, and top-box satisfaction.

use serde::{Deserialize, Serialize};

use crate::measurement::wilson;
use crate::{Column, Count, Interval, Refusal, beta, quantile};

/// Wilson's interval with a correction for continuity, `successes` of `n` at `level`; `None` for n = 0 or more
/// successes than n.
///
/// # Source
///
/// Newcombe 1998, Statistics in Medicine 17:857-872, method 4.
pub fn wilson_continuity(successes: usize, n: usize, level: f64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let (count, z) = (n as f64, quantile::normal(f64::midpoint(1.0, level)));
    let p = successes as f64 / count;
    let (centre, scale) = (2.0 * count * p + z * z, 2.0 * (count + z * z));
    let half = |sign: f64| {
        1.0 + z * (z * z - sign * 2.0 - 1.0 / count + 4.0 * p * (count * (1.0 - p) + sign)).max(0.0).sqrt()
    };
    Some(Interval {
        estimate: p,
        low: if successes == 0 { 0.0 } else { ((centre - half(1.0)) / scale).max(0.0) },
        high: if successes == n { 1.0 } else { ((centre + half(-1.0)) / scale).min(1.0) },
    })
}

/// The exact interval of Clopper and Pearson, which covers at least at `level` and mostly more; `None` for n = 0 or
/// more successes than n.
///
/// # Source
///
/// Clopper and Pearson 1934, Biometrika 26:404-413.
pub fn clopper_pearson(successes: usize, n: usize, level: f64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let (k, count, tail) = (successes as f64, n as f64, 0.5 * (1.0 - level));
    Some(Interval {
        estimate: k / count,
        low: if successes == 0 { 0.0 } else { beta::quantile(k, count - k + 1.0, tail) },
        high: if successes == n { 1.0 } else { beta::quantile(k + 1.0, count - k, 1.0 - tail) },
    })
}

/// A share of respondents with Wilson's interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Respondents who count.
    pub successes: usize,
    /// Respondents.
    pub n: usize,
    /// The share with its interval, 0 to 1.
    pub interval: Interval,
}

/// Share of the answers on `low..=high` that are at `from` or above, at `level`: top-box satisfaction (CSAT) with
/// `from` at the highest category or the one below it.
///
/// # Errors
///
/// Refuses an empty sample, and a value that is not on the scale as not finite.
pub fn top_box(answers: &[f64], low: f64, high: f64, from: f64, level: f64) -> Result<Share, Refusal> {
    if let Some(row) = answers.iter().position(|answer| !(low..=high).contains(answer)) {
        return Err(Refusal::NotFinite { column: Column::Outcome, row });
    }
    let successes = answers.iter().filter(|answer| **answer >= from).count();
    match wilson(successes, answers.len(), level) {
        Some(interval) => Ok(Share { successes, n: answers.len(), interval }),
        None => Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 }),
    }
}
