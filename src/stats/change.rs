//! What changed between two waves: the difference with its interval, held against the smallest change worth reporting.
//!
//! Every difference is after less before.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::measurement::{Mean, PromoterScore, average, variance, wilson};
use crate::ols::{check_finite, correlation};
use crate::{Column, Count, Interval, Refusal, Warning, quantile};

/// People who answered both times below which their correlation is not estimated.
const REPEATERS: usize = 30;

/// What the interval of a difference says of the smallest change that is worth reporting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies beyond it, up or down.
    Changed,
    /// The whole interval lies within it.
    NotChanged,
    /// Neither.
    CannotTell,
}

impl Verdict {
    fn of(interval: &Interval, smallest: f64) -> Self {
        if interval.low > smallest || interval.high < -smallest {
            Self::Changed
        } else if interval.low > -smallest && interval.high < smallest {
            Self::NotChanged
        } else {
            Self::CannotTell
        }
    }
}

/// A change between two waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// After less before, with its interval.
    pub interval: Interval,
    /// Standard error of the difference.
    pub std_error: f64,
    /// Difference over standard error; absent where that is 0.
    pub statistic: Option<f64>,
    /// Degrees of freedom; absent where the normal distribution is used.
    pub df: Option<f64>,
    /// Two-sided p-value of no change; absent where the standard error is 0.
    pub p_value: Option<f64>,
    /// Answers before.
    pub n_before: usize,
    /// Answers after.
    pub n_after: usize,
    /// People who answered both times, where people were compared with themselves.
    pub repeaters: Option<usize>,
    /// Correlation of their answers, where it was used.
    pub correlation: Option<f64>,
    /// The smallest change worth reporting, in the unit of the difference.
    pub smallest: f64,
    /// What the interval says of it.
    pub verdict: Verdict,
    /// What limits the comparison.
    pub warnings: Vec<Warning>,
}

/// A difference before its interval is taken.
struct Difference {
    estimate: f64,
    std_error: f64,
    df: Option<f64>,
}

impl Difference {
    fn judge(&self, counts: (usize, usize), level: f64, smallest: f64) -> Result<Change, Refusal> {
        let upper = f64::midpoint(1.0, level);
        let half =
            self.std_error * self.df.map_or_else(|| quantile::normal(upper), |df| quantile::t(upper, df));
        let (low, high) = (self.estimate - half, self.estimate + half);
        if ![self.estimate, self.std_error, low, high].iter().all(|value| value.is_finite()) {
            return Err(Refusal::OutOfRange);
        }
        let interval = Interval { estimate: self.estimate, low, high };
        let statistic =
            Some(self.estimate / self.std_error).filter(|t| self.std_error > 0.0 && t.is_finite());
        let p_value = statistic.map(|t| match self.df {
            Some(df) => quantile::t_two_sided(t, df),
            None => (2.0 * quantile::normal_sf(t.abs())).min(1.0),
        });
        Ok(Change {
            interval,
            std_error: self.std_error,
            statistic,
            df: self.df,
            p_value,
            n_before: counts.0,
            n_after: counts.1,
            repeaters: None,
            correlation: None,
            smallest,
            verdict: Verdict::of(&interval, smallest),
            warnings: Vec::new(),
        })
    }
}

/// Change of a mean between independent samples at `level`, by Welch's t; weighted means carry their weights in their
/// standard errors.
///
/// # Errors
///
/// Refuses numbers that leave the range of floating point.
///
/// # Source
///
/// Welch 1947, Biometrika 34:28-35.
pub fn independent(before: &Mean, after: &Mean, level: f64, smallest: f64) -> Result<Change, Refusal> {
    let (one, other) = (before.std_error, after.std_error);
    let std_error = one.hypot(other);
    // Shares of the variance: their squares stay in range where those of the errors would not.
    let share = |part: f64, n: usize| (part / std_error).powi(4) / (n as f64 - 1.0);
    let df = (share(one, before.n) + share(other, after.n)).recip();
    let least = before.n.min(after.n) as f64 - 1.0;
    let df = if df.is_finite() { df } else { least };
    let estimate = after.mean - before.mean;
    Difference { estimate, std_error, df: Some(df) }.judge((before.n, after.n), level, smallest)
}

/// Change of the mean of the same people, one row each, by the paired t.
///
/// # Errors
///
/// Refuses fewer than two people, columns of different length, and values that are not finite.
pub fn paired(before: &[f64], after: &[f64], level: f64, smallest: f64) -> Result<Change, Refusal> {
    if before.len() != after.len() {
        return Err(Refusal::LengthMismatch { expected: before.len(), found: after.len() });
    }
    enough(before)?;
    enough(after)?;
    let changes: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    let n = before.len();
    let difference = Difference {
        estimate: average(&changes),
        std_error: (variance(&changes) / n as f64).sqrt(),
        df: Some(n as f64 - 1.0),
    };
    let mut change = difference.judge((n, n), level, smallest)?;
    change.repeaters = Some(n);
    change.correlation = correlation(before, after, true);
    Ok(change)
}

/// The answers of one wave: who answered, and what.
#[derive(Debug, Clone, Copy)]
pub struct Wave<'a> {
    /// One identifier per answer, none of them twice.
    pub people: &'a [usize],
    /// The answers.
    pub values: &'a [f64],
}

impl Wave<'_> {
    fn by_person(&self) -> Result<HashMap<usize, f64>, Refusal> {
        let Wave { people, values } = *self;
        if people.len() != values.len() {
            return Err(Refusal::LengthMismatch { expected: values.len(), found: people.len() });
        }
        enough(values)?;
        let mut answers = HashMap::with_capacity(people.len());
        for (row, (person, value)) in people.iter().zip(values).enumerate() {
            if answers.insert(*person, *value).is_some() {
                return Err(Refusal::Duplicate { row });
            }
        }
        Ok(answers)
    }
}

/// Change of a mean between two waves of which some people answered both:
/// `Var = s0^2 / n0 + s1^2 / n1 - 2 r s0 s1 n_c / (n0 n1)`, with the correlation `r` of those who answered both times.
///
/// With fewer than 30 of them `r` is not estimated and taken as 0, which makes the interval too wide rather than too
/// narrow, and it is warned of. The degrees of freedom are those of the smaller wave.
///
/// # Errors
///
/// Refuses fewer than two answers in a wave, somebody twice in one wave, and values that are not finite.
///
/// # Source
///
/// Kish 1965, *Survey Sampling*, 12.4.
pub fn overlapping(before: Wave<'_>, after: Wave<'_>, level: f64, smallest: f64) -> Result<Change, Refusal> {
    let (earlier, _) = (before.by_person()?, after.by_person()?);
    let both =
        after.people.iter().zip(after.values).filter_map(|(person, now)| Some((*earlier.get(person)?, *now)));
    let (then, now): (Vec<f64>, Vec<f64>) = both.unzip();
    let r = if then.len() >= REPEATERS { correlation(&then, &now, true) } else { None };
    let (n0, n1) = (before.values.len() as f64, after.values.len() as f64);
    let (s0, s1) = (variance(before.values).sqrt(), variance(after.values).sqrt());
    let shared = 2.0 * r.unwrap_or(0.0) * (s0 / n0) * (s1 / n1) * then.len() as f64;
    let squared = (s0 / n0.sqrt()).powi(2) + (s1 / n1.sqrt()).powi(2) - shared;
    let difference = Difference {
        estimate: average(after.values) - average(before.values),
        std_error: squared.max(0.0).sqrt(),
        df: Some(n0.min(n1) - 1.0),
    };
    let mut change = difference.judge((before.values.len(), after.values.len()), level, smallest)?;
    change.repeaters = Some(then.len());
    change.correlation = r;
    if !then.is_empty() && then.len() < REPEATERS {
        let (have, need) = (then.len() as f64, REPEATERS as f64);
        change.warnings.push(Warning::Few { what: Count::Repeaters, have, need });
    }
    Ok(change)
}

/// Change of a net promoter score between independent samples, by the normal distribution with unpooled variances;
/// a sample with few answers in a class enters with its adjusted centre and error, about which the interval is taken.
pub fn promoters(
    before: &PromoterScore,
    after: &PromoterScore,
    level: f64,
    smallest: f64,
) -> Result<Change, Refusal> {
    let difference = Difference {
        estimate: after.centre - before.centre,
        std_error: before.centre_std_error.hypot(after.centre_std_error),
        df: None,
    };
    let mut change = difference.judge((before.n, after.n), level, smallest)?;
    let estimate = after.score - before.score;
    // The adjusted centre is drawn to the middle; the interval still holds what was observed.
    let Interval { low, high, .. } = change.interval;
    change.interval =
        Interval { estimate, low: low.min(estimate).max(-200.0), high: high.max(estimate).min(200.0) };
    change.verdict = Verdict::of(&change.interval, smallest);
    Ok(change)
}

/// A change of a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShareChange {
    /// Share after less share before, with Newcombe's interval.
    pub interval: Interval,
    /// Standard error, unpooled; the interval does not rest on it.
    pub std_error: f64,
    /// Chi-squared of the fourfold table without correction; absent where nobody or everybody succeeded.
    pub chi_squared: Option<f64>,
    /// Its p-value with one degree of freedom.
    pub p_value: Option<f64>,
    /// The smallest change worth reporting, as a share.
    pub smallest: f64,
    /// What the interval says of it.
    pub verdict: Verdict,
}

/// Change of a share between independent samples, each `(successes, n)`, at `level`; `None` where a sample is empty or
/// has more successes than answers.
///
/// # Source
///
/// Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
pub fn shares(
    before: (usize, usize),
    after: (usize, usize),
    level: f64,
    smallest: f64,
) -> Option<ShareChange> {
    let (one, other) = (wilson(before.0, before.1, level)?, wilson(after.0, after.1, level)?);
    let estimate = other.estimate - one.estimate;
    let low = estimate - (other.estimate - other.low).hypot(one.high - one.estimate);
    let high = estimate + (other.high - other.estimate).hypot(one.estimate - one.low);
    let interval = Interval { estimate, low: low.max(-1.0), high: high.min(1.0) };
    let (n0, n1) = (before.1 as f64, after.1 as f64);
    let spread = |share: f64, n: f64| share * (1.0 - share) / n;
    let pooled = (before.0 + after.0) as f64 / (n0 + n1);
    let chi_squared = Some(estimate * estimate / (pooled * (1.0 - pooled) * (1.0 / n0 + 1.0 / n1)));
    let chi_squared = chi_squared.filter(|value| value.is_finite());
    Some(ShareChange {
        interval,
        std_error: (spread(one.estimate, n0) + spread(other.estimate, n1)).sqrt(),
        chi_squared,
        p_value: chi_squared.map(|value| quantile::chi_squared_sf(value, 1.0)),
        smallest,
        verdict: Verdict::of(&interval, smallest),
    })
}

fn enough(values: &[f64]) -> Result<(), Refusal> {
    check_finite(values, Column::Outcome)?;
    if values.len() < 2 {
        let have = values.len() as f64;
        return Err(Refusal::TooFew { what: Count::Observations, have, need: 2.0 });
    }
    Ok(())
}
