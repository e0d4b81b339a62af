//! Units observed over periods: fixed effects, random effects, and slopes within beside slopes between units.
//!
//! A driver enters as the caller gives it; for a link with a lag give the column of [`lagged`] values, complete
//! rows only.

mod absorb;
mod fixed;
mod hybrid;
mod random;

pub use fixed::{Effects, FixedEffects, PanelErrors, fixed_effects};
pub use hybrid::{DriverSplit, WithinBetween, within_between};
pub use random::{RandomEffects, random_effects};

use std::collections::HashMap;

use crate::ols::check_finite;
use crate::{Column, Count, Refusal};

/// Outcome and drivers of the same rows, each of a unit in a period. Rows may be missing.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// The outcome.
    pub outcome: &'a [f64],
    /// One column per driver.
    pub drivers: &'a [&'a [f64]],
    /// Unit of each row.
    pub units: &'a [usize],
    /// Period of each row, counted in whole steps (quarters).
    pub periods: &'a [i64],
}

impl Panel<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let expected = self.outcome.len();
        let others = [self.units.len(), self.periods.len()];
        for found in self.drivers.iter().map(|column| column.len()).chain(others) {
            if found != expected {
                return Err(Refusal::LengthMismatch { expected, found });
            }
        }
        if self.drivers.is_empty() {
            return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
        }
        check_finite(self.outcome, Column::Outcome)?;
        self.drivers.iter().enumerate().try_for_each(|(k, column)| check_finite(column, Column::Driver(k)))
    }
}

/// For each row the row of the same unit `lag` periods earlier, if there is one.
///
/// # Errors
///
/// Refuses a unit with two rows of one period.
pub(crate) fn earlier(units: &[usize], periods: &[i64], lag: i64) -> Result<Vec<Option<usize>>, Refusal> {
    let mut place = HashMap::with_capacity(units.len());
    for (row, key) in units.iter().copied().zip(periods.iter().copied()).enumerate() {
        if place.insert(key, row).is_some() {
            return Err(Refusal::RepeatedPeriod { row });
        }
    }
    let of = |(unit, period): (&usize, &i64)| place.get(&(*unit, period.checked_sub(lag)?)).copied();
    Ok(units.iter().zip(periods).map(of).collect())
}

/// The value of the same unit `lag` periods earlier, `None` where there is no such row: a gap in the periods is
/// a gap, not a step.
///
/// # Errors
///
/// Refuses columns of different length and a unit with two rows of one period.
pub fn lagged(
    values: &[f64],
    units: &[usize],
    periods: &[i64],
    lag: i64,
) -> Result<Vec<Option<f64>>, Refusal> {
    for found in [units.len(), periods.len()] {
        if found != values.len() {
            return Err(Refusal::LengthMismatch { expected: values.len(), found });
        }
    }
    Ok(earlier(units, periods, lag)?.into_iter().map(|row| values.get(row?).copied()).collect())
}

/// Numbers from 0 in order of first appearance, and how many there are.
fn dense<T: std::hash::Hash + Eq + Copy>(ids: impl Iterator<Item = T>) -> (Vec<usize>, usize) {
    let mut places = HashMap::new();
    let numbers = ids
        .map(|id| {
            let next = places.len();
            *places.entry(id).or_insert(next)
        })
        .collect();
    (numbers, places.len())
}
