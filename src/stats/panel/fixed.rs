//! Fixed effects: each unit compared with itself only.

use std::collections::HashMap;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::factor::{Factor, Singular, dot, sum, to_unit_scale};
use crate::ols::{ClusterCorrection, Coefficient, Parts, StandardErrors, correlation, rows_of};
use crate::{Column, Count, PanelWarning, Refusal, Warning};

use super::absorb::Absorber;
use super::{Panel, earlier};

/// Share of a column's spread that has to lie within the units.
const WITHIN: f64 = 1e-7;
/// The same of the outcome, and of the residuals in it: below this only rounding is left.
const ROUNDING: f64 = 1e-13;
/// Correlation from which a driver counts as a copy of the outcome.
const COPY: f64 = 1.0 - 1e-9;
/// Periods below which the bias of a lagged outcome warns.
const LONG: f64 = 30.0;

/// Which levels are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effects {
    /// A level for each unit.
    Unit,
    /// A level for each unit and one for each season: periods a whole number of years apart, 4 quarters or 12
    /// months to the year.
    UnitAndSeason(u32),
    /// A level for each unit and one for each period, which covers the season.
    UnitAndPeriod,
}

/// Standard errors of one slope, clustered by unit except the first. They differ in what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PanelErrors {
    /// Equal, independent errors.
    pub classic: f64,
    /// Without correction (Arellano 1987).
    pub cr0: f64,
    /// Times `sqrt(G / (G - 1))`.
    pub cr1: f64,
    /// Times `sqrt((N - 1) / (N - K))` besides, where K leaves out the units' levels, which lie within the
    /// clusters: the one that intervals use (reghdfe).
    pub nested: f64,
    /// The same with every level counted (dummies for all).
    pub counted: f64,
}

/// A model with fixed effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixedEffects {
    /// Slopes of the drivers; errors clustered by unit ([`PanelErrors::nested`]), t with G - 1 degrees of freedom.
    pub coefficients: Vec<Coefficient>,
    /// Their covariance, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// All standard errors, in the same order.
    pub errors: Vec<PanelErrors>,
    /// Which levels were taken out.
    pub effects: Effects,
    /// Parameters that these levels are.
    pub levels: usize,
    /// Rows used.
    pub n: usize,
    /// Units used.
    pub units: usize,
    /// Rows left out because they stand alone in their unit or period.
    pub singletons: usize,
    /// Share of the variance within that the drivers explain.
    pub r_squared_within: f64,
    /// Residual standard deviation, every level counted.
    pub sigma: f64,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits `y_it = a_i + d_t + x_it'b + e_it` by least squares after taking the levels out.
///
/// # Errors
///
/// Refuses fewer than 10 units, a driver that does not vary within units or that the others explain, a copy of
/// the outcome, an exact fit, and values that are not finite.
///
/// # Source
///
/// Arellano 1987, Oxford Bulletin 49:431-434; Correia 2016 (reghdfe, counting of nested levels); Nickell 1981,
/// Econometrica 49:1417-1426.
pub fn fixed_effects(panel: &Panel<'_>, effects: Effects) -> Result<FixedEffects, Refusal> {
    panel.check()?;
    let second = second_levels(panel, effects)?;
    let kept = without_singletons(panel.units, second.as_deref());
    let pick = |column: &[f64]| to_unit_scale(&kept.iter().map(|row| column[*row]).collect::<Vec<f64>>());
    let units: Vec<usize> = kept.iter().map(|row| panel.units[*row]).collect();
    let second: Option<Vec<i64>> = second.map(|levels| kept.iter().map(|row| levels[*row]).collect());
    if units.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 2.0 });
    }
    let absorber = Absorber::new(&units, second.as_deref())?;
    let (outcome, y_scale) = pick(panel.outcome);
    let (drivers, scales): (Vec<Vec<f64>>, Vec<f64>) =
        panel.drivers.iter().map(|column| pick(column)).unzip();
    let within = Within::fit(&outcome, &drivers, &absorber)?;
    let (n, k, levels) = (units.len() as f64, drivers.len() as f64, absorber.rank());
    let clusters = Clusters::of_ids(&units).len();
    let g = clusters as f64;

    let errors = StandardErrors::Clustered { ids: &units, correction: Some(ClusterCorrection::Cr0) };
    let raw = within.parts().covariance(errors)?;
    let cr1 = (g / (g - 1.0)).sqrt();
    let factor = |counted: f64| cr1 * ((n - 1.0) / (n - counted)).sqrt();
    let (nested, counted) = (factor(k + 1.0 + (levels - clusters) as f64), factor(k + levels as f64));
    let unit = DVector::from_iterator(scales.len(), scales.iter().map(|scale| scale / y_scale));
    let covariance = DMatrix::from_fn(scales.len(), scales.len(), |i, j| {
        nested * unit[i] * (raw.matrix[(i, j)] * (nested * unit[j]))
    });
    let classic = within.classic();
    let errors: Vec<PanelErrors> = (0..scales.len())
        .map(|i| {
            let cr0 = raw.matrix[(i, i)].max(0.0).sqrt() * unit[i];
            PanelErrors {
                classic: classic[(i, i)].sqrt() * unit[i],
                cr0,
                cr1: cr0 * cr1,
                nested: cr0 * nested,
                counted: cr0 * counted,
            }
        })
        .collect();
    let coefficients: Vec<Coefficient> = errors
        .iter()
        .enumerate()
        .map(|(i, errors)| {
            Coefficient::new(Some(i), within.estimates[i] * unit[i], errors.nested, Some(g - 1.0))
        })
        .collect();
    let mut warnings = vec![Warning::Observational];
    warnings.extend(raw.warnings);
    let singletons = panel.outcome.len() - kept.len();
    if singletons > 0 {
        warnings.push(Warning::Panel(PanelWarning::Singletons { rows: singletons }));
    }
    warnings.extend(nickell(panel, &coefficients, n / g));
    let found = FixedEffects {
        coefficients,
        covariance: rows_of(&covariance),
        errors,
        effects,
        levels,
        n: units.len(),
        units: clusters,
        singletons,
        r_squared_within: 1.0 - within.rss / within.tss,
        sigma: (within.rss / within.freedom).sqrt() / y_scale,
        warnings,
    };
    let finite = found.coefficients.iter().all(Coefficient::is_finite)
        && found.errors.iter().all(|errors| errors.classic.is_finite() && errors.counted.is_finite())
        && covariance.iter().all(|value| value.is_finite())
        && found.sigma.is_finite();
    if finite { Ok(found) } else { Err(Refusal::OutOfRange) }
}

fn second_levels(panel: &Panel<'_>, effects: Effects) -> Result<Option<Vec<i64>>, Refusal> {
    match effects {
        Effects::Unit => Ok(None),
        Effects::UnitAndPeriod => Ok(Some(panel.periods.to_vec())),
        Effects::UnitAndSeason(length) if length < 2 => {
            Err(Refusal::TooFew { what: Count::Periods, have: f64::from(length), need: 2.0 })
        }
        Effects::UnitAndSeason(length) => {
            Ok(Some(panel.periods.iter().map(|period| period.rem_euclid(i64::from(length))).collect()))
        }
    }
}

/// Rows that share both their unit and their second level with another row; what is left out may leave others
/// alone, so the search repeats until nothing changes.
fn without_singletons(units: &[usize], second: Option<&[i64]>) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..units.len()).collect();
    loop {
        let mut of_unit: HashMap<usize, usize> = HashMap::new();
        let mut of_second: HashMap<i64, usize> = HashMap::new();
        for row in &kept {
            *of_unit.entry(units[*row]).or_default() += 1;
            if let Some(second) = second {
                *of_second.entry(second[*row]).or_default() += 1;
            }
        }
        let before = kept.len();
        kept.retain(|row| {
            of_unit[&units[*row]] > 1 && second.is_none_or(|second| of_second[&second[*row]] > 1)
        });
        if kept.len() == before {
            return kept;
        }
    }
}

/// Whether enough of a column's spread is left once the levels are out.
pub(super) fn within_spread(column: &[f64], rest: &[f64]) -> bool {
    dot(rest, rest).sqrt() > WITHIN * spread(column)
}

/// Root of the sum of squares about the mean.
fn spread(column: &[f64]) -> f64 {
    let mean = sum(column) / column.len() as f64;
    column.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt()
}

/// The warning where a driver is the outcome one period earlier and units have few periods.
///
/// It is recognised by its values: wherever the earlier row is in the panel, the driver has its outcome.
fn nickell(panel: &Panel<'_>, coefficients: &[Coefficient], periods: f64) -> Vec<Warning> {
    let Ok(before) = earlier(panel.units, panel.periods, 1) else { return Vec::new() };
    let pairs: Vec<(usize, usize)> =
        before.iter().enumerate().filter_map(|(row, early)| Some((row, (*early)?))).collect();
    // Below a quarter of the rows the match says too little.
    if periods >= LONG || pairs.len() < 2 || pairs.len() * 4 < panel.outcome.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (driver, (column, coefficient)) in panel.drivers.iter().zip(coefficients).enumerate() {
        let same = pairs.iter().all(|(row, early)| column[*row].total_cmp(&panel.outcome[*early]).is_eq());
        if same {
            let bias = -(1.0 + coefficient.estimate) / (periods - 1.0);
            found.push(Warning::Panel(PanelWarning::Nickell {
                column: Column::Driver(driver),
                bias,
                periods,
            }));
        }
    }
    found
}

/// Least squares of what the levels leave.
pub(super) struct Within {
    pub(super) estimates: DVector<f64>,
    residuals: Vec<f64>,
    q: Vec<Vec<f64>>,
    transform: DMatrix<f64>,
    leverages: Vec<f64>,
    pub(super) rss: f64,
    tss: f64,
    /// Rows less levels and drivers.
    pub(super) freedom: f64,
}

impl Within {
    /// Fits columns that are of size about 1.
    pub(super) fn fit(outcome: &[f64], drivers: &[Vec<f64>], absorber: &Absorber) -> Result<Self, Refusal> {
        let parameters = absorber.rank() + drivers.len();
        if outcome.len() <= parameters {
            let (have, need) = (outcome.len() as f64, (parameters + 1) as f64);
            return Err(Refusal::TooFew { what: Count::Observations, have, need });
        }
        let y = absorber.absorb(outcome);
        let tss = dot(&y, &y);
        if tss.sqrt() <= ROUNDING * spread(outcome) || tss <= 0.0 {
            return Err(Refusal::NoVarianceWithin { column: Column::Outcome });
        }
        let mut columns = Vec::with_capacity(drivers.len());
        for (index, driver) in drivers.iter().enumerate() {
            let column = absorber.absorb(driver);
            if !within_spread(driver, &column) {
                return Err(Refusal::NoVarianceWithin { column: Column::Driver(index) });
            }
            if correlation(&column, &y, false).is_some_and(|r| r.abs() > COPY) {
                return Err(Refusal::Leak { column: Column::Driver(index) });
            }
            columns.push(column);
        }
        let freedom = (outcome.len() - parameters) as f64;
        if columns.is_empty() {
            let none = DMatrix::zeros(0, 0);
            let leverages = vec![0.0; y.len()];
            let estimates = DVector::zeros(0);
            let q = Vec::new();
            return Ok(Self {
                estimates,
                residuals: y,
                q,
                transform: none,
                leverages,
                rss: tss,
                tss,
                freedom,
            });
        }
        let factor = Factor::new(columns, false).map_err(|fault| match fault {
            Singular::Constant(index) => Refusal::NoVarianceWithin { column: Column::Driver(index) },
            Singular::Aliased(index) => Refusal::Aliased { column: Column::Driver(index) },
        })?;
        let (estimates, residuals) = factor.solve(&y);
        let rss = dot(&residuals, &residuals);
        if rss.sqrt() <= ROUNDING * tss.sqrt() {
            return Err(Refusal::ExactFit);
        }
        let q = factor.thin_q();
        let leverages =
            (0..y.len()).map(|row| q.iter().map(|c| c[row] * c[row]).sum::<f64>().min(1.0)).collect();
        Ok(Self { estimates, residuals, transform: factor.back_transform(), q, leverages, rss, tss, freedom })
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            q: &self.q,
            transform: &self.transform,
            residuals: &self.residuals,
            leverages: &self.leverages,
        }
    }

    /// Covariance under equal, independent errors.
    pub(super) fn classic(&self) -> DMatrix<f64> {
        &self.transform * self.transform.transpose() * (self.rss / self.freedom)
    }
}
