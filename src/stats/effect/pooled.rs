//! Other people before and after: the fourfold table of means.

use serde::{Deserialize, Serialize};

use crate::measurement::average;
use crate::ols::{self, LinearFit, Problem, StandardErrors, check_finite};
use crate::{Column, Count, Refusal};

use super::arms::{Arms, Comparison, compared, indicator};

/// One row per answer.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The outcome.
    pub outcome: &'a [f64],
    /// Whether the row belongs to the treated arm.
    pub treated: &'a [bool],
    /// Whether it was observed after the measure.
    pub after: &'a [bool],
    /// The unit of each row, where units were treated; every row for itself, if absent.
    pub units: Option<&'a [usize]>,
}

/// Means of both arms, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ArmMeans {
    /// Control before.
    pub control_before: f64,
    /// Control after.
    pub control_after: f64,
    /// Treated before.
    pub treated_before: f64,
    /// Treated after.
    pub treated_after: f64,
}

impl ArmMeans {
    /// Change of the treated less that of the control.
    pub fn difference(&self) -> f64 {
        (self.treated_after - self.treated_before) - (self.control_after - self.control_before)
    }
}

/// The effect of a measure from answers before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PooledEffect {
    /// Means of both arms, before and after.
    pub means: ArmMeans,
    /// Difference in differences; its errors rest on units. Without units they are robust (HC3), and there is no more.
    pub did: DidErrors,
}

/// What the errors of a pooled difference in differences rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DidErrors {
    /// Units were treated.
    Units(Comparison),
    /// Every row stands for itself.
    Rows(ols::Coefficient),
}

impl Rows<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let expected = self.outcome.len();
        for found in [self.treated.len(), self.after.len()] {
            if found != expected {
                return Err(Refusal::LengthMismatch { expected, found });
            }
        }
        check_finite(self.outcome, Column::Outcome)
    }

    fn cell(&self, treated: bool, after: bool) -> Result<f64, Refusal> {
        let own =
            (0..self.outcome.len()).filter(|row| self.treated[*row] == treated && self.after[*row] == after);
        let own: Vec<f64> = own.map(|row| self.outcome[row]).collect();
        if own.is_empty() {
            return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 1.0 });
        }
        Some(average(&own)).filter(|mean| mean.is_finite()).ok_or(Refusal::OutOfRange)
    }
}

/// `y = a + b treated + c after + d treated after` over all rows; `d`, the last coefficient, is the effect.
///
/// # Errors
///
/// What [`ols::fit`] refuses.
pub fn pooled(rows: &Rows<'_>, errors: StandardErrors<'_>) -> Result<LinearFit, Refusal> {
    rows.check()?;
    let (treated, after) = (indicator(rows.treated), indicator(rows.after));
    let both: Vec<f64> = treated.iter().zip(&after).map(|(treated, after)| treated * after).collect();
    let drivers = [treated.as_slice(), &after, &both];
    ols::fit(&Problem { outcome: rows.outcome, drivers: &drivers, intercept: true, weights: None }, errors)
}

/// The effect of a measure from answers of whoever answered before and after.
///
/// With 10 units or more in each arm errors are clustered as in [`super::effect`]; with fewer, the changes of the units'
/// means are compared, over the units that answered both times.
///
/// # Errors
///
/// Refuses a cell of the table without an answer, and what [`super::effect`] refuses.
pub fn pooled_effect(rows: &Rows<'_>, seed: u64) -> Result<PooledEffect, Refusal> {
    rows.check()?;
    let means = ArmMeans {
        control_before: rows.cell(false, false)?,
        control_after: rows.cell(false, true)?,
        treated_before: rows.cell(true, false)?,
        treated_after: rows.cell(true, true)?,
    };
    let did = match rows.units {
        None => DidErrors::Rows(pooled(rows, StandardErrors::HC3)?.coefficients[3]),
        Some(units) => DidErrors::Units(by_units(rows, units, seed)?),
    };
    Ok(PooledEffect { means, did })
}

fn by_units(rows: &Rows<'_>, units: &[usize], seed: u64) -> Result<Comparison, Refusal> {
    let arms = Arms::new(rows.treated, Some(units))?;
    let fit = match arms.errors() {
        Some(errors) => Some(pooled(rows, errors)?),
        None => None,
    };
    let (treated, control) = arms.unit_changes(rows.outcome, rows.after);
    compared(fit.as_ref().map(|fit| (&fit.coefficients[3], fit)), &treated, &control, seed)
}
