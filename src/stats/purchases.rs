//! From the days on which a customer bought to what models of repeat buying need.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::{Column, Refusal, ValueFault};

/// What a customer's purchases say to a model of repeat buying; times in one unit, weeks for example.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Days with a purchase after the first such day (x).
    pub frequency: u32,
    /// Time from the first to the last of them (`t_x`); 0 without repeats.
    pub recency: f64,
    /// Time from the first purchase to the end of observation (T).
    pub age: f64,
}

/// A customer's purchases up to the end of observation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Purchases {
    /// Repeat buying.
    pub history: History,
    /// Mean amount of a day with a repeat purchase; `None` without repeats. The first day does not count,
    /// since it belongs to no repeat.
    pub mean_amount: Option<f64>,
}

impl History {
    pub(crate) fn check(&self, row: usize) -> Result<(), Refusal> {
        let ordered = self.recency >= 0.0 && self.recency <= self.age && self.age.is_finite();
        let repeats = (self.frequency > 0) == (self.recency > 0.0);
        if ordered && repeats { Ok(()) } else { Err(Refusal::Value(ValueFault::BadHistory { row })) }
    }
}

/// Purchases of one customer up to and with day `end`, from the days (ascending, any origin) and the amounts
/// paid; a unit of time is `unit_days` long (7 for weeks). `Ok(None)` if nothing was bought until then.
///
/// Purchases of one day are one purchase with the sum of their amounts, rows that repeat another included: two
/// equal articles make two equal rows. A purchase for nothing is a purchase, its 0 counts in the mean.
///
/// # Errors
///
/// Refuses days out of order, amounts that are not finite, different lengths, and a unit that is not above 0.
///
/// # Source
///
/// Fader and Hardie, the 1/10 sample of CDNOW in Fader, Hardie and Lee 2005, Marketing Science 24:275-284.
pub fn summarise(
    days: &[i32],
    amounts: &[f64],
    end: i32,
    unit_days: f64,
) -> Result<Option<Purchases>, Refusal> {
    if amounts.len() != days.len() {
        return Err(Refusal::LengthMismatch { expected: days.len(), found: amounts.len() });
    }
    if let Some(before) = days.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(Refusal::Value(ValueFault::Unsorted { row: before + 1 }));
    }
    check_finite(amounts, Column::Outcome)?;
    if !(unit_days > 0.0 && unit_days.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let Some(first) = days.first().copied().filter(|first| *first <= end) else { return Ok(None) };
    let (mut last, mut frequency, mut total) = (first, 0_u32, 0.0);
    for (day, amount) in days.iter().zip(amounts).take_while(|(day, _)| **day <= end) {
        if *day > last {
            frequency += 1;
            last = *day;
        }
        if *day > first {
            total += amount;
        }
    }
    let time = |day: i32| f64::from(day) - f64::from(first);
    let history = History { frequency, recency: time(last) / unit_days, age: time(end) / unit_days };
    let mean_amount = (frequency > 0).then(|| total / f64::from(frequency));
    if mean_amount.is_some_and(|mean| !mean.is_finite()) || history.check(0).is_err() {
        return Err(Refusal::OutOfRange);
    }
    Ok(Some(Purchases { history, mean_amount }))
}
