//! Slopes within units beside slopes between them.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::mixed::{Likelihood, RandomIntercept, random_intercept};
use crate::ols::Coefficient;
use crate::{Column, PanelWarning, Refusal, Warning};

use super::Panel;

/// Level of the test that the two slopes differ.
const LEVEL: f64 = 0.05;
/// Spread, as a share of the values, below which only rounding is left.
const ROUNDING: f64 = 1e-13;

/// The two slopes of one driver.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriverSplit {
    /// Deviation from the unit's mean: what change within a unit goes with; absent where nothing varies.
    pub within: Option<Coefficient>,
    /// The unit's mean: what sets units apart; absent where all units have the same.
    pub between: Option<Coefficient>,
    /// Between less within, the contextual effect, with the degrees of freedom of the slope between.
    pub gap: Option<Coefficient>,
}

/// The model that splits each driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithinBetween {
    /// The intercept.
    pub intercept: Coefficient,
    /// The slopes, in the order of the drivers.
    pub drivers: Vec<DriverSplit>,
    /// Standard deviation of the units' levels that the drivers leave.
    pub sd_units: f64,
    /// Standard deviation within units.
    pub sd_residual: f64,
    /// Rows.
    pub n: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits a random intercept by REML on each driver's unit mean and the deviation from it.
///
/// The slopes within are those of fixed effects. Where a slope between differs, the comparison of units is
/// confounded by what else sets them apart.
///
/// # Errors
///
/// As [`random_intercept`].
///
/// # Source
///
/// Mundlak 1978, Econometrica 46:69-85; Allison 2009, *Fixed Effects Regression Models* (hybrid model).
pub fn within_between(panel: &Panel<'_>) -> Result<WithinBetween, Refusal> {
    panel.check()?;
    let clusters = Clusters::of_ids(panel.units);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    // Position of each column's driver, and whether it is the part between.
    let mut places: Vec<(usize, bool)> = Vec::new();
    for (driver, column) in panel.drivers.iter().enumerate() {
        let mut means = vec![0.0; column.len()];
        for rows in clusters.iter() {
            // The mean of equal values is that value, to the last digit.
            let first = rows.first().map_or(0.0, |row| column[*row]);
            let shift = rows.iter().map(|row| column[*row] - first).sum::<f64>() / rows.len() as f64;
            for row in rows {
                means[*row] = first + shift;
            }
        }
        let rest: Vec<f64> = column.iter().zip(&means).map(|(value, mean)| value - mean).collect();
        let largest = column.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let varies = |values: &[f64]| {
            let (low, high) =
                values.iter().fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
            high / largest - low / largest > ROUNDING
        };
        let (inner, outer) = (varies(&rest), varies(&means));
        if !inner && !outer {
            return Err(Refusal::NoVariance { column: Column::Driver(driver) });
        }
        for (part, between, used) in [(rest, false, inner), (means, true, outer)] {
            if used {
                columns.push(part);
                places.push((driver, between));
            }
        }
    }
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let model = random_intercept(panel.outcome, &slices, panel.units, Likelihood::Reml)
        .map_err(|refusal| renamed(refusal, &places))?;
    let intercept = model.coefficients.first().copied().ok_or(Refusal::OutOfRange)?;
    let drivers: Vec<DriverSplit> =
        (0..panel.drivers.len()).map(|driver| split(&model, &places, driver)).collect();
    let mut warnings = model.warnings;
    for (driver, split) in drivers.iter().enumerate() {
        if let Some(Coefficient { p_value: Some(p_value), .. }) = split.gap
            && p_value < LEVEL
        {
            warnings.push(Warning::Panel(PanelWarning::WithinBetween {
                column: Column::Driver(driver),
                p_value,
            }));
        }
    }
    let (sd_units, sd_residual, n) = (model.sd_groups, model.sd_residual, model.n);
    Ok(WithinBetween { intercept, drivers, sd_units, sd_residual, n, warnings })
}

/// The slopes of one driver, and their difference.
fn split(model: &RandomIntercept, places: &[(usize, bool)], driver: usize) -> DriverSplit {
    let position = |between: bool| places.iter().position(|place| *place == (driver, between)).map(|k| k + 1);
    let of = |position: Option<usize>| {
        let coefficient = model.coefficients.get(position?)?;
        Some(Coefficient { driver: Some(driver), ..*coefficient })
    };
    let (inner, outer) = (position(false), position(true));
    let (within, between) = (of(inner), of(outer));
    let gap = || {
        let (a, b) = (inner?, outer?);
        let cell = |i: usize, j: usize| model.covariance.get(i)?.get(j).copied();
        let variance = cell(a, a)? + cell(b, b)? - 2.0 * cell(a, b)?;
        let difference = between?.estimate - within?.estimate;
        let gap = Coefficient::new(Some(driver), difference, variance.max(0.0).sqrt(), between?.df);
        gap.is_finite().then_some(gap)
    };
    DriverSplit { within, between, gap: gap() }
}

/// The refusal with the driver's position among those given.
fn renamed(refusal: Refusal, places: &[(usize, bool)]) -> Refusal {
    let own = |column: Column| match column {
        Column::Driver(index) => Column::Driver(places.get(index).map_or(index, |place| place.0)),
        other => other,
    };
    match refusal {
        Refusal::Aliased { column } => Refusal::Aliased { column: own(column) },
        Refusal::Leak { column } => Refusal::Leak { column: own(column) },
        Refusal::NoVariance { column } => Refusal::NoVariance { column: own(column) },
        Refusal::NotFinite { column, row } => Refusal::NotFinite { column: own(column), row },
        other => other,
    }
}
