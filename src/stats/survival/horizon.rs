//! Who left within a horizon, where some were last seen before it.

use serde::{Deserialize, Serialize};

use crate::{Refusal, Warning};

use super::lifetimes::{Lifetimes, Step};

/// Who left within a horizon, and what each row counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HorizonOutcome {
    /// 1 if the customer left within the horizon, 0 if it was seen to stay; absent where it was censored
    /// before.
    pub outcome: Vec<Option<f64>>,
    /// One over the chance of being watched that long; 0 where the outcome is absent.
    pub weight: Vec<f64>,
    /// Rows censored before the horizon.
    pub censored: usize,
    /// Named where rows are censored before the horizon: leaving them out without weights biases.
    pub warnings: Vec<Warning>,
}

/// The outcome "left by the horizon" with inverse-probability-of-censoring weights: the chance of being watched
/// is the Kaplan-Meier curve of the censoring time, just before the event or the horizon.
///
/// Give the weights to a logistic model together with a robust standard error, since they are base weights.
///
/// # Errors
///
/// As [`kaplan_meier`](super::kaplan_meier); a horizon that is not above 0. Customers that entered late are not for this outcome:
/// those who had left before are missing.
///
/// # Source
///
/// Robins and Finkelstein 2000, Biometrics 56:779-788; Graf et al. 1999, Statistics in Medicine 18:2529-2545.
pub fn within_horizon(stop: &[f64], event: &[bool], horizon: f64) -> Result<HorizonOutcome, Refusal> {
    let lifetimes = Lifetimes { start: None, stop, event };
    lifetimes.check()?;
    if !horizon.is_finite() || horizon <= 0.0 {
        return Err(Refusal::OutOfRange);
    }
    let watched = censoring(&lifetimes);
    let mut found = HorizonOutcome {
        outcome: Vec::with_capacity(stop.len()),
        weight: Vec::with_capacity(stop.len()),
        censored: 0,
        warnings: Vec::new(),
    };
    for (time, event) in stop.iter().zip(event) {
        let outcome = match (*event && *time <= horizon, *time >= horizon) {
            (true, _) => Some(1.0),
            (false, true) => Some(0.0),
            (false, false) => None,
        };
        let until = time.min(horizon);
        let next = watched.partition_point(|(time, _)| *time < until);
        let chance = next.checked_sub(1).map_or(1.0, |last| watched[last].1);
        // Somebody was watched that long, so the chance is above 0.
        found.weight.push(if outcome.is_some() && chance > 0.0 { 1.0 / chance } else { 0.0 });
        found.censored += usize::from(outcome.is_none());
        found.outcome.push(outcome);
    }
    if found.censored > 0 {
        found.warnings.push(Warning::Censored { rows: found.censored, available: stop.len() });
    }
    Ok(found)
}

/// The curve of the censoring time: those who leave at a time are no longer at risk of being censored at it.
fn censoring(lifetimes: &Lifetimes<'_>) -> Vec<(f64, f64)> {
    let mut share = 1.0;
    let at = |step: Step| {
        let n = (step.at_risk - step.events) as f64;
        if n > 0.0 {
            share *= 1.0 - step.censored as f64 / n;
        }
        (step.time, share)
    };
    lifetimes.steps().into_iter().map(at).collect()
}
