//! Durations and their checks.

use crate::ols::check_finite;
use crate::{Column, Count, Refusal};

/// Durations of n customers.
///
/// A customer enters at `start` (at time 0 if absent, and then counts from the first moment on), is watched
/// until `stop`, and has left there if `event` is set; otherwise it is censored. A customer whose satisfaction
/// is known from a survey on enters at the survey, not at the beginning of its contract: otherwise the model
/// looks ahead. An event at the same time as a censoring comes first.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes<'a> {
    /// Times of entry, each before its `stop`.
    pub start: Option<&'a [f64]>,
    /// Times of leaving or of the last look.
    pub stop: &'a [f64],
    /// Whether the customer left.
    pub event: &'a [bool],
}

impl Lifetimes<'_> {
    /// Refuses other lengths, times that are not finite or negative, and ends that do not follow their start.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let rows = self.stop.len();
        for found in self.start.map(<[f64]>::len).into_iter().chain([self.event.len()]) {
            if found != rows {
                return Err(Refusal::LengthMismatch { expected: rows, found });
            }
        }
        if rows == 0 {
            return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
        }
        check_finite(self.stop, Column::Outcome)?;
        if let Some(start) = self.start {
            check_finite(start, Column::Outcome)?;
        }
        let bad = |row: &usize| {
            let from = self.start.map_or(0.0, |start| start[*row]);
            self.stop[*row] < 0.0 || from < 0.0 || (self.start.is_some() && self.stop[*row] <= from)
        };
        match (0..rows).find(bad) {
            Some(row) => Err(Refusal::BadTime { row }),
            None => Ok(()),
        }
    }

    /// Positions by time of leaving, the latest first; equal times in the order of the rows.
    pub(crate) fn latest_first(&self) -> Vec<usize> {
        let mut keys: Vec<(f64, usize)> = self.stop.iter().copied().zip(0..).collect();
        keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        keys.into_iter().map(|(_, row)| row).collect()
    }

    /// Positions by time of entry, the latest first; none where all enter at 0.
    pub(super) fn latest_entry_first(&self) -> Vec<usize> {
        let Some(start) = self.start else { return Vec::new() };
        let mut rows: Vec<usize> = (0..start.len()).collect();
        rows.sort_unstable_by(|a, b| start[*b].total_cmp(&start[*a]));
        rows
    }

    /// Distinct times of leaving, the earliest first: time, who leaves, who is censored, who is at risk.
    pub(super) fn steps(&self) -> Vec<Step> {
        let order = self.latest_first();
        let mut entries: Vec<f64> = self.start.map_or_else(Vec::new, <[f64]>::to_vec);
        entries.sort_unstable_by(|a, b| b.total_cmp(a));
        let mut late = 0;
        let mut steps: Vec<Step> = Vec::new();
        for (seen, row) in order.iter().enumerate() {
            let (time, event) = (self.stop[*row], self.event[*row]);
            if steps.last().is_none_or(|step| step.time > time) {
                steps.push(Step { time, events: 0, censored: 0, at_risk: 0 });
            }
            // Who has not entered yet is watched later, but not at risk now.
            while entries.get(late).is_some_and(|entry| *entry >= time) {
                late += 1;
            }
            if let Some(step) = steps.last_mut() {
                step.events += usize::from(event);
                step.censored += usize::from(!event);
                step.at_risk = seen + 1 - late;
            }
        }
        steps.reverse();
        steps
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) time: f64,
    pub(super) events: usize,
    pub(super) censored: usize,
    pub(super) at_risk: usize,
}
