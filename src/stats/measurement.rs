//! From answers to an index, and intervals for means, shares and net promoter scores.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::quantile;
use crate::{Column, Count, Interval, Refusal};

/// Share of a scale's items that have to be answered for an index.
const ANSWERED: f64 = 0.5;

/// Puts an answer on `low..=high` onto the scale 0 to 100, 100 = best; `None` for a value off its scale.
///
/// ```
/// use cam_stats::measurement::item_score;
/// assert_eq!(item_score(10.0, 1.0, 10.0, false), Some(100.0));
/// assert_eq!(item_score(5.0, 1.0, 5.0, true), Some(0.0));
/// assert_eq!(item_score(0.0, 1.0, 10.0, false), None);
/// ```
pub fn item_score(value: f64, low: f64, high: f64, reversed: bool) -> Option<f64> {
    let inside = low < high && value >= low && value <= high;
    let distance = if reversed { high - value } else { value - low };
    inside.then(|| 100.0 * (distance / (high - low)))
}

/// Mean of the answered items, weighted if weights are given; `None` if fewer than half are answered.
///
/// # Source
///
/// Fornell et al. 1996, J. Marketing 60(4):7-18, for the weighted form: with item scores of 0 to 100 the mean
/// of these indices over respondents is the ACSI.
pub fn index(scores: &[Option<f64>], weights: Option<&[f64]>) -> Option<f64> {
    let answered = scores.iter().flatten().count();
    if scores.is_empty() || (answered as f64) < ANSWERED * scores.len() as f64 {
        return None;
    }
    let weight = |item: usize| weights.map_or(1.0, |weights| weights.get(item).copied().unwrap_or(0.0));
    let (mut sum, mut total) = (0.0, 0.0);
    for (item, score) in scores.iter().enumerate() {
        if let Some(score) = score {
            sum += weight(item) * score;
            total += weight(item);
        }
    }
    Some(sum / total).filter(|index| index.is_finite())
}

/// A mean with its t interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Standard deviation, divisor n - 1.
    pub sd: f64,
    /// Standard error of the mean, with the finite-population factor where a population is given.
    pub std_error: f64,
    /// The interval at the level asked for.
    pub interval: Interval,
    /// Values.
    pub n: usize,
}

/// Mean with a t interval at `level` (0.95 for 95 %), n - 1 degrees of freedom.
///
/// With `population`, the number of customers of whom these are a random sample, the standard error is
/// multiplied by `sqrt(1 - n / N)`; it is 0 where all have answered.
///
/// # Errors
///
/// Refuses fewer than two values, and values that are not finite.
pub fn mean(values: &[f64], level: f64, population: Option<usize>) -> Result<Mean, Refusal> {
    check_finite(values, Column::Outcome)?;
    let n = values.len() as f64;
    if values.len() < 2 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n, need: 2.0 });
    }
    let mean = average(values);
    let sd = variance(values).sqrt();
    let finite = population.map_or(1.0, |population| (1.0 - n / population as f64).max(0.0));
    let std_error = sd * (finite / n).sqrt();
    let half = quantile::t(f64::midpoint(1.0, level), n - 1.0) * std_error;
    let interval = Interval { estimate: mean, low: mean - half, high: mean + half };
    if [mean, sd, interval.low, interval.high].iter().all(|value| value.is_finite()) {
        Ok(Mean { mean, sd, std_error, interval, n: values.len() })
    } else {
        Err(Refusal::OutOfRange)
    }
}

/// Weighted mean with a t interval at `level`, n - 1 degrees of freedom; the weights count as fixed.
///
/// The variance is linearised: `n / (n - 1) sum (w_i (y_i - mean))^2 / (sum w)^2`. With equal weights it is that of
/// [`mean`].
///
/// # Errors
///
/// Refuses fewer than two values, values that are not finite, weights that are negative or sum to nothing, and columns of
/// different lengths.
///
/// # Source
///
/// `docs/methods.md` 1.5; Särndal, Swensson and Wretman, *Model Assisted Survey Sampling*, 5.5.
pub fn weighted_mean(values: &[f64], weights: &[f64], level: f64) -> Result<Mean, Refusal> {
    check_finite(values, Column::Outcome)?;
    check_finite(weights, Column::Weight)?;
    if values.len() != weights.len() {
        return Err(Refusal::LengthMismatch { expected: values.len(), found: weights.len() });
    }
    let n = values.len() as f64;
    if values.len() < 2 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n, need: 2.0 });
    }
    let total: f64 = weights.iter().sum();
    if let Some(row) = weights.iter().position(|&weight| weight < 0.0).or((total <= 0.0).then_some(0)) {
        return Err(Refusal::BadWeight { row });
    }
    let mean = values.iter().zip(weights).map(|(value, weight)| weight * value).sum::<f64>() / total;
    let squares = |power: i32| {
        let rows = values.iter().zip(weights);
        rows.map(|(value, weight)| weight.powi(power) * (value - mean).powi(2)).sum::<f64>()
    };
    let std_error = (n / (n - 1.0) * squares(2)).sqrt() / total;
    let half = quantile::t(f64::midpoint(1.0, level), n - 1.0) * std_error;
    let interval = Interval { estimate: mean, low: mean - half, high: mean + half };
    let sd = (squares(1) / total * n / (n - 1.0)).sqrt();
    if [mean, sd, interval.low, interval.high].iter().all(|value| value.is_finite()) {
        Ok(Mean { mean, sd, std_error, interval, n: values.len() })
    } else {
        Err(Refusal::OutOfRange)
    }
}

/// Interval at `level` of the mean of some rows: Wilson's where it is a `share` of rows that count alike, else Student's
/// of the weighted mean, which a single row does not give.
///
/// # Source
///
/// `docs/methods.md` 1.3 and 1.5.
pub fn outcome_interval(values: &[f64], weights: &[f64], share: bool, level: f64) -> Option<Interval> {
    let alike = weights.iter().all(|weight| (weight - weights[0]).abs() <= 1e-12 * weights[0].abs());
    if share && alike {
        return wilson(values.iter().filter(|&&value| value > 0.5).count(), values.len(), level);
    }
    weighted_mean(values, weights, level).ok().map(|found| found.interval)
}

/// Mean without overflow of the sum.
pub(crate) fn average(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |most, value| value.abs().max(most));
    if largest == 0.0 {
        return 0.0;
    }
    let scaled: Vec<f64> = values.iter().map(|value| value / largest).collect();
    crate::factor::sum(&scaled) / values.len() as f64 * largest
}

/// Variance, divisor n - 1, in two passes.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let mean = average(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// Wilson's interval of a share, `successes` of `n`, at `level`; the ends are exact: 0 of n begins at 0, n of n
/// ends at 1. `None` for n = 0 or more successes than n.
///
/// # Source
///
/// Wilson 1927, JASA 22:209-212.
pub fn wilson(successes: usize, n: usize, level: f64) -> Option<Interval> {
    if n == 0 || successes > n {
        return None;
    }
    let (count, z) = (n as f64, quantile::normal(f64::midpoint(1.0, level)));
    let share = successes as f64 / count;
    let shrink = 1.0 + z * z / count;
    let centre = (share + z * z / (2.0 * count)) / shrink;
    let half = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt() / shrink;
    Some(Interval {
        estimate: share,
        low: if successes == 0 { 0.0 } else { centre - half },
        high: if successes == n { 1.0 } else { centre + half },
    })
}

/// A net promoter score, -100 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PromoterScore {
    /// Share who give 9 or 10.
    pub promoters: f64,
    /// Share who give 0 to 6.
    pub detractors: f64,
    /// Promoters less detractors, in points.
    pub score: f64,
    /// Variance of one answer that counts 1, 0 or -1: `p + d - (p - d)^2`.
    pub variance: f64,
    /// Standard error with the divisor n.
    pub std_error: f64,
    /// Standard error with the divisor n - 1; absent for one answer.
    pub std_error_unbiased: Option<f64>,
    /// Normal interval for n >= 30 with at least 5 answers in each class, otherwise the adjusted Wald interval
    /// (3/4 promoter, 3/2 passive, 3/4 detractor added).
    pub interval: Interval,
    /// Centre of that interval before it is cut at the ends of the scale.
    pub centre: f64,
    /// Standard error about that centre.
    pub centre_std_error: f64,
    /// Answers.
    pub n: usize,
}

/// Net promoter score of answers on 0 to 10, with an interval at `level`.
///
/// # Errors
///
/// Refuses an empty sample, and a value that is not on the scale as not finite.
///
/// # Source
///
/// Reichheld 2003, HBR 81(12):46-54.
pub fn promoter_score(answers: &[f64], level: f64) -> Result<PromoterScore, Refusal> {
    if let Some(row) = answers.iter().position(|answer| !(0.0..=10.0).contains(answer)) {
        return Err(Refusal::NotFinite { column: Column::Outcome, row });
    }
    let n = answers.len() as f64;
    if answers.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
    }
    let counts = PromoterCounts::of(answers);
    let PromoterCounts { up, down, .. } = counts;
    let score = 100.0 * (up - down) / n;
    let variance = counts.variance();
    let std_error = 100.0 * (variance / n).sqrt();
    let z = quantile::normal(f64::midpoint(1.0, level));
    let (centre, centre_std_error) = if counts.suffice() { (score, std_error) } else { counts.adjusted() };
    let half = z * centre_std_error;
    Ok(PromoterScore {
        promoters: up / n,
        detractors: down / n,
        score,
        variance,
        std_error,
        std_error_unbiased: (n > 1.0).then(|| std_error * (n / (n - 1.0)).sqrt()),
        interval: Interval {
            estimate: score,
            low: (centre - half).max(-100.0),
            high: (centre + half).min(100.0),
        },
        centre,
        centre_std_error,
        n: answers.len(),
    })
}

/// Promoters and detractors among so many answers.
#[derive(Clone, Copy)]
struct PromoterCounts {
    up: f64,
    down: f64,
    n: f64,
}

impl PromoterCounts {
    fn of(answers: &[f64]) -> Self {
        let count = |counts: fn(f64) -> bool| answers.iter().filter(|answer| counts(**answer)).count() as f64;
        Self {
            up: count(|answer| answer >= 9.0),
            down: count(|answer| answer <= 6.0),
            n: answers.len() as f64,
        }
    }

    fn variance(self) -> f64 {
        (self.up + self.down) / self.n - ((self.up - self.down) / self.n).powi(2)
    }

    /// Whether there are 30 answers with 5 in each class, enough for the normal interval.
    fn suffice(self) -> bool {
        self.n >= 30.0 && self.up.min(self.down).min(self.n - self.up - self.down) >= 5.0
    }

    /// Score and standard error with three answers added: 3/4 promoter, 3/2 passive, 3/4 detractor.
    fn adjusted(self) -> (f64, f64) {
        let more = Self { up: self.up + 0.75, down: self.down + 0.75, n: self.n + 3.0 };
        (100.0 * (more.up - more.down) / more.n, 100.0 * (more.variance() / more.n).sqrt())
    }
}

pub use crate::reliability::{Alpha, cronbach_alpha};
