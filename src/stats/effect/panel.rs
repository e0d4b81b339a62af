//! The same people before and after.

use serde::{Deserialize, Serialize};

use crate::measurement::{average, variance};
use crate::ols::{self, Coefficient, LinearFit, Problem, StandardErrors, check_finite};
use crate::response_rate::standardised_difference;
use crate::{Column, Refusal, Warning};

use super::arms::{Arms, Comparison, excludes_zero, indicator, on_treated};
use super::pooled::ArmMeans;

/// Standardised difference before the measure from which a return to the mean has to be reckoned with.
const APART: f64 = 0.25;
/// Share of the standard error by which two estimates may differ and still count as one.
const AGREE: f64 = 0.25;

/// One row per person.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// The outcome before the measure.
    pub before: &'a [f64],
    /// The outcome after it.
    pub after: &'a [f64],
    /// Who was treated.
    pub treated: &'a [bool],
    /// The unit of each person, where units were treated; people were, if absent.
    pub units: Option<&'a [usize]>,
}

impl Panel<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let expected = self.before.len();
        for found in [self.after.len(), self.treated.len()] {
            if found != expected {
                return Err(Refusal::LengthMismatch { expected, found });
            }
        }
        check_finite(self.before, Column::Driver(0))?;
        check_finite(self.after, Column::Outcome)
    }

    fn changes(&self) -> Vec<f64> {
        self.before.iter().zip(self.after).map(|(before, after)| after - before).collect()
    }

    fn arm(&self, values: &[f64], treated: bool) -> Vec<f64> {
        values.iter().zip(self.treated).filter(|(_, own)| **own == treated).map(|(value, _)| *value).collect()
    }
}

/// The effect of a measure on the same people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PanelEffect {
    /// Means of both arms, before and after.
    pub means: ArmMeans,
    /// Difference in differences, by first differences.
    pub did: Comparison,
    /// The outcome after, at the same outcome before: more precise where the measure was drawn by lot. Its errors rest on
    /// the same basis; with few units the outcome after, freed of the outcome before, is compared by unit.
    pub ancova: Comparison,
    /// Difference in differences against the control most like each treated before the measure; equally like ones count
    /// together. It has no standard error.
    pub matched: f64,
    /// Standardised difference before the measure, treated less control.
    pub baseline_difference: f64,
    /// What limits the reading; those of the two estimates stand with them.
    pub warnings: Vec<Warning>,
}

/// Each person's change on the arm: the coefficient of the arm is the difference in differences.
///
/// # Errors
///
/// What [`ols::fit`] refuses.
pub fn first_difference(panel: &Panel<'_>, errors: StandardErrors<'_>) -> Result<LinearFit, Refusal> {
    panel.check()?;
    on_treated(&panel.changes(), panel.treated, errors)
}

/// Analysis of covariance: the outcome after on the arm and the outcome before, in this order.
///
/// # Errors
///
/// What [`ols::fit`] refuses.
pub fn ancova(panel: &Panel<'_>, errors: StandardErrors<'_>) -> Result<LinearFit, Refusal> {
    panel.check()?;
    let arm = indicator(panel.treated);
    let drivers = [arm.as_slice(), panel.before];
    ols::fit(&Problem { outcome: panel.after, drivers: &drivers, intercept: true, weights: None }, errors)
}

/// The effect of a measure on the same people before and after, by two estimates that should agree.
///
/// With 10 units or more in each arm errors are clustered (CR2 with Satterthwaite's degrees of freedom below 50 units, CR1
/// from there); with fewer the units' means are compared by t, and the unit labels are permuted (all assignments up to
/// 20,000, otherwise 9,999 drawn from `seed`).
///
/// # Errors
///
/// Refuses columns of different length, values that are not finite, units with treated and untreated people, an arm
/// without a unit, fewer than three units, and what [`ols::fit`] refuses.
///
/// # Source
///
/// Bertrand, Duflo and Mullainathan 2004, QJE 119:249-275; Bell and McCaffrey 2002, Survey Methodology 28:169-181;
/// Imbens and Rubin 2015, *Causal Inference*, 14.2, for the warning at a quarter of a standard deviation.
pub fn effect(panel: &Panel<'_>, seed: u64) -> Result<PanelEffect, Refusal> {
    panel.check()?;
    let arms = Arms::new(panel.treated, panel.units)?;
    let changes = panel.changes();
    let did = arms.compare(&changes, seed)?;
    let slope = ancova(panel, arms.errors().unwrap_or(StandardErrors::HC3))?;
    let ancova = match arms.errors() {
        Some(_) => {
            let (treated, control) = arms.unit_means(&adjusted(panel, &slope.coefficients));
            super::arms::compared(Some((&slope.coefficients[1], &slope)), &treated, &control, seed)?
        }
        None => arms.compare(&adjusted(panel, &slope.coefficients), seed)?,
    };
    let [treated, control] = [true, false].map(|arm| panel.arm(panel.before, arm));
    let baseline_difference =
        standardised_difference(&treated, &control).map_or(0.0, |found| found.difference);
    if !baseline_difference.is_finite() {
        return Err(Refusal::OutOfRange);
    }
    let mut warnings = Vec::new();
    if baseline_difference.abs() > APART {
        warnings.push(Warning::RegressionToMean { difference: baseline_difference });
    }
    let (one, other) = (&did.effect, &ancova.effect);
    let gap = (one.estimate - other.estimate).abs();
    if gap > AGREE * one.std_error || (gap > 0.0 && excludes_zero(one) != excludes_zero(other)) {
        warnings.push(Warning::Disagreement { did: one.estimate, ancova: other.estimate });
    }
    Ok(PanelEffect {
        means: ArmMeans::of_panel(panel)?,
        matched: matched(panel, &changes)?,
        did,
        ancova,
        baseline_difference,
        warnings,
    })
}

/// The outcome after, less what the outcome before explains of it.
fn adjusted(panel: &Panel<'_>, coefficients: &[Coefficient]) -> Vec<f64> {
    let slope = coefficients[2].estimate;
    panel.before.iter().zip(panel.after).map(|(before, after)| after - slope * before).collect()
}

/// Mean over the treated of their change less that of the controls nearest to them before.
fn matched(panel: &Panel<'_>, changes: &[f64]) -> Result<f64, Refusal> {
    let pairs = |arm: bool| {
        let rows = panel.before.iter().zip(changes).zip(panel.treated);
        rows.filter(move |(_, own)| **own == arm).map(|((before, change), _)| (*before, *change))
    };
    let mut control: Vec<(f64, f64)> = pairs(false).collect();
    control.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Distinct outcomes before, with the mean change at each.
    let mut levels: Vec<(f64, f64)> = Vec::new();
    for group in control.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        levels.push((group[0].0, average(&group.iter().map(|(_, change)| *change).collect::<Vec<_>>())));
    }
    let gaps: Vec<f64> = pairs(true)
        .filter_map(|(before, change)| {
            let above = levels.partition_point(|level| level.0 < before);
            let near = [above.checked_sub(1), Some(above)].into_iter().flatten();
            let near: Vec<(f64, f64)> = near
                .filter_map(|place| levels.get(place))
                .map(|level| ((level.0 - before).abs(), level.1))
                .collect();
            let least = near.iter().map(|(distance, _)| *distance).reduce(f64::min)?;
            let nearest: Vec<f64> =
                near.iter().filter(|(distance, _)| *distance <= least).map(|(_, change)| *change).collect();
            Some(change - average(&nearest))
        })
        .collect();
    Some(average(&gaps)).filter(|found| found.is_finite() && !gaps.is_empty()).ok_or(Refusal::OutOfRange)
}

impl ArmMeans {
    fn of_panel(panel: &Panel<'_>) -> Result<Self, Refusal> {
        let mean = |values: &[f64], arm: bool| average(&panel.arm(values, arm));
        let means = Self {
            control_before: mean(panel.before, false),
            control_after: mean(panel.after, false),
            treated_before: mean(panel.before, true),
            treated_after: mean(panel.after, true),
        };
        // Spreads out of range would leave the models without a finite error.
        let finite = means.difference().is_finite() && variance(panel.before).is_finite();
        if finite { Ok(means) } else { Err(Refusal::OutOfRange) }
    }
}
