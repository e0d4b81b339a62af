//! How well probabilities tell those who leave from those who stay.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::quantile;
use crate::{Column, Count, Interval, Refusal};

/// Share of the list for the lift.
const LIFT: f64 = 0.10;
/// Share of the list for the capture.
const CAPTURE: f64 = 0.20;

/// Area under the receiver operating characteristic.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Auc {
    /// Share of pairs of an event and a non-event in which the event has the higher score, ties a half; with its
    /// interval.
    pub interval: Interval,
    /// `DeLong`'s standard error; absent with a single event or non-event.
    pub std_error: Option<f64>,
    /// Rows with the event.
    pub events: usize,
    /// Rows without.
    pub non_events: usize,
}

/// What the top of the list holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// Share of events among the highest tenth, over the share among all.
    pub lift: f64,
    /// Share of all events that the highest fifth holds.
    pub capture: f64,
}

/// Refuses outcomes other than 0 and 1, and scores of another length or not finite.
pub(crate) fn check(outcome: &[f64], score: &[f64]) -> Result<(), Refusal> {
    if outcome.len() != score.len() {
        return Err(Refusal::LengthMismatch { expected: outcome.len(), found: score.len() });
    }
    check_finite(outcome, Column::Outcome)?;
    if let Some(row) = outcome.iter().position(|y| ![0.0, 1.0].contains(y)) {
        return Err(Refusal::NotBinary { row });
    }
    if outcome.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
    }
    check_finite(score, Column::Driver(0))
}

/// Area under the curve by ranks, with `DeLong`'s standard error and interval at `level`, cut at 0 and 1.
///
/// # Errors
///
/// Other lengths; values that are not finite; an outcome other than 0 and 1, or constant.
///
/// # Source
///
/// `DeLong`, `DeLong` and Clarke-Pearson 1988, Biometrics 44:837-845; by ranks after Sun and Xu 2014, IEEE Signal
/// Processing Letters 21:1389-1393.
pub fn auc(outcome: &[f64], score: &[f64], level: f64) -> Result<Auc, Refusal> {
    check(outcome, score)?;
    let (mut with, mut without): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for (y, s) in outcome.iter().zip(score) {
        // A zero has one sign.
        if *y > 0.5 { with.push(s + 0.0) } else { without.push(s + 0.0) }
    }
    let (m, n) = (with.len() as f64, without.len() as f64);
    if with.is_empty() || without.is_empty() {
        return Err(Refusal::NoVariance { column: Column::Outcome });
    }
    with.sort_unstable_by(f64::total_cmp);
    without.sort_unstable_by(f64::total_cmp);
    // Share of the others below each value.
    let above = shares_below(&with, &without);
    let below: Vec<f64> = shares_below(&without, &with).iter().map(|share| 1.0 - share).collect();
    let estimate = crate::factor::sum(&above) / m;
    let variance = |shares: &[f64]| {
        let squares: Vec<f64> = shares.iter().map(|share| (share - estimate).powi(2)).collect();
        crate::factor::sum(&squares) / (shares.len() as f64 - 1.0)
    };
    let std_error =
        (with.len() > 1 && without.len() > 1).then(|| (variance(&above) / m + variance(&below) / n).sqrt());
    let half = std_error.map_or(1.0, |error| error * quantile::normal(f64::midpoint(1.0, level)));
    let interval = Interval { estimate, low: (estimate - half).max(0.0), high: (estimate + half).min(1.0) };
    Ok(Auc { interval, std_error, events: with.len(), non_events: without.len() })
}

/// For each of the sorted `values` the share of the sorted `others` below it, ties a half.
fn shares_below(values: &[f64], others: &[f64]) -> Vec<f64> {
    let (mut lower, mut upper) = (0, 0);
    let count = others.len() as f64;
    values
        .iter()
        .map(|value| {
            while others.get(lower).is_some_and(|other| other < value) {
                lower += 1;
            }
            while others.get(upper).is_some_and(|other| other <= value) {
                upper += 1;
            }
            (lower + upper) as f64 * 0.5 / count
        })
        .collect()
}

/// Lift of the highest tenth and capture of the highest fifth, both rounded up to whole rows; equal scores in the
/// order of their rows.
///
/// # Errors
///
/// As [`auc`].
pub fn top(outcome: &[f64], score: &[f64]) -> Result<Top, Refusal> {
    check(outcome, score)?;
    let rows = outcome.len() as f64;
    let events = crate::factor::sum(outcome);
    if events <= 0.0 || events >= rows {
        return Err(Refusal::NoVariance { column: Column::Outcome });
    }
    let mut order: Vec<usize> = (0..outcome.len()).collect();
    order.sort_by(|a, b| (score[*b] + 0.0).total_cmp(&(score[*a] + 0.0)));
    let held = |share: f64| {
        let places = (share * rows - 1e-9).ceil().max(1.0);
        let counted = order.iter().zip(0_u32..).take_while(|(_, place)| f64::from(*place) < places);
        (counted.map(|(row, _)| outcome[*row]).sum::<f64>(), places)
    };
    let ((hit, places), (caught, _)) = (held(LIFT), held(CAPTURE));
    Ok(Top { lift: hit / places / (events / rows), capture: caught / events })
}
