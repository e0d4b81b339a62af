//! The curve of those still there.

use serde::{Deserialize, Serialize};

use crate::quantile;
use crate::{Interval, Refusal};

use super::lifetimes::{Lifetimes, Step};

/// A step of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurveStep {
    /// Time.
    pub time: f64,
    /// Customers at risk just before it.
    pub at_risk: usize,
    /// Customers who left at it.
    pub events: usize,
    /// Customers last seen at it.
    pub censored: usize,
    /// Share still there after it.
    pub survival: f64,
    /// Greenwood's standard error of the share; absent where nobody is left.
    pub std_error: Option<f64>,
    /// Interval of the share on the scale of `log(-log S)`; absent where nobody is left.
    pub interval: Option<Interval>,
}

/// A share still there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    /// Customers.
    pub n: usize,
    /// Those who left.
    pub events: usize,
    /// Confidence level of the intervals.
    pub level: f64,
    /// One per distinct time, ascending.
    pub steps: Vec<CurveStep>,
}

/// Median time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// First time at which at most half are left; absent where more than half stay throughout.
    pub time: Option<f64>,
    /// First time at which the lower end of the interval of the share is at most a half.
    pub low: Option<f64>,
    /// The same of the upper end.
    pub high: Option<f64>,
}

/// Mean time up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RestrictedMean {
    /// The limit.
    pub limit: f64,
    /// Area under the curve up to it.
    pub mean: f64,
    /// Greenwood's standard error.
    pub std_error: f64,
}

/// The curve of the share still there, with intervals at `level`.
///
/// # Errors
///
/// No rows; times that are not finite, negative, or not after their start.
///
/// # Source
///
/// Kaplan and Meier 1958, JASA 53:457-481; Greenwood 1926 for the variance; Kalbfleisch and Prentice 2002,
/// *The Statistical Analysis of Failure Time Data*, §1.4, for the interval, which stays between 0 and 1.
pub fn kaplan_meier(lifetimes: &Lifetimes<'_>, level: f64) -> Result<KaplanMeier, Refusal> {
    lifetimes.check()?;
    let z = quantile::normal(f64::midpoint(1.0, level));
    let (mut survival, mut variance) = (1.0_f64, 0.0_f64);
    let mut steps = Vec::new();
    for Step { time, events, censored, at_risk } in lifetimes.steps() {
        let (d, n) = (events as f64, at_risk as f64);
        survival = if events == at_risk { 0.0 } else { survival * (n - d) / n };
        variance += if events == at_risk { 0.0 } else { d / (n * (n - d)) };
        let left = survival > 0.0;
        let end = |side: f64| {
            if survival < 1.0 {
                survival.powf((side * z * variance.sqrt() / survival.ln()).exp())
            } else {
                1.0
            }
        };
        let interval = left.then(|| Interval { estimate: survival, low: end(-1.0), high: end(1.0) });
        steps.push(CurveStep {
            time,
            at_risk,
            events,
            censored,
            survival,
            std_error: left.then(|| survival * variance.sqrt()),
            interval,
        });
    }
    let events = lifetimes.event.iter().filter(|event| **event).count();
    Ok(KaplanMeier { n: lifetimes.stop.len(), events, level, steps })
}

impl KaplanMeier {
    /// The last step at or before `time`; `None` before the first.
    pub fn at(&self, time: f64) -> Option<&CurveStep> {
        let after = self.steps.partition_point(|step| step.time <= time);
        after.checked_sub(1).and_then(|last| self.steps.get(last))
    }

    /// Customers at risk just before `time`, entries after the last step not counted.
    pub fn at_risk(&self, time: f64) -> usize {
        let next = self.steps.partition_point(|step| step.time < time);
        self.steps.get(next).map_or(0, |step| step.at_risk)
    }

    /// Share still there just before `time`.
    pub fn before(&self, time: f64) -> f64 {
        let next = self.steps.partition_point(|step| step.time < time);
        next.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(1.0, |step| step.survival)
    }

    /// The median time and its interval (Brookmeyer and Crowley 1982).
    pub fn median(&self) -> Median {
        let first = |share: &dyn Fn(&CurveStep) -> f64| {
            // A share of exactly a half has to be met although it was multiplied together.
            self.steps.iter().find(|step| share(step) <= 0.5 + 1e-12).map(|step| step.time)
        };
        Median {
            time: first(&|step| step.survival),
            low: first(&|step| step.interval.map_or(0.0, |interval| interval.low)),
            high: first(&|step| step.interval.map_or(1.0, |interval| interval.high)),
        }
    }

    /// Mean time up to `limit`, for which the curve has to be known: `None` beyond the last time seen unless
    /// nobody is left there, and for a limit that is not above 0.
    pub fn restricted_mean(&self, limit: f64) -> Option<RestrictedMean> {
        let last = self.steps.last()?;
        if !limit.is_finite() || limit <= 0.0 || (limit > last.time && last.survival > 0.0) {
            return None;
        }
        let (mut mean, mut from, mut height) = (0.0, 0.0, 1.0);
        // Areas between one step and the next, the first before any step.
        let mut areas = Vec::new();
        let inside = self.steps.partition_point(|step| step.time < limit);
        for step in &self.steps[..inside] {
            areas.push((step.time - from) * height);
            (from, height) = (step.time, step.survival);
        }
        areas.push((limit - from) * height);
        mean += crate::factor::sum(&areas);
        let (mut behind, mut variance) = (0.0, 0.0);
        for (step, area) in self.steps[..inside].iter().zip(areas.iter().skip(1)).rev() {
            behind += area;
            let (d, n) = (step.events as f64, step.at_risk as f64);
            variance += if step.events < step.at_risk { behind * behind * d / (n * (n - d)) } else { 0.0 };
        }
        Some(RestrictedMean { limit, mean, std_error: variance.sqrt() })
    }
}
