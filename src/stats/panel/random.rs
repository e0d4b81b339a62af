//! Random effects: units' levels as draws from one distribution, and Hausman's test against fixed effects.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::factor::{Factor, Singular, dot, to_unit_scale};
use crate::ols::{Coefficient, TestResult, check_range, rows_of};
use crate::{Column, Count, PanelWarning, Refusal, Warning, quantile};

use super::Panel;
use super::absorb::Absorber;
use super::fixed::{Within, within_spread};

/// Level of Hausman's test.
const LEVEL: f64 = 0.05;

/// A model with random effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomEffects {
    /// Intercept first, then the drivers; classic errors, t with N - K - 1 degrees of freedom.
    pub coefficients: Vec<Coefficient>,
    /// Covariance, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Standard deviation of the units' levels; 0 where the estimate of its square is negative.
    pub sd_units: f64,
    /// Standard deviation within units.
    pub sd_residual: f64,
    /// Share of a unit's mean that is subtracted, 0 (pooled) to 1 (fixed effects): the smallest unit's.
    pub theta_low: f64,
    /// The largest unit's; the same in a balanced panel.
    pub theta_high: f64,
    /// Hausman's test on the drivers that vary within units. Where the covariances do not differ by a positive
    /// matrix, as they may under strong confounding, both take the residual variance of fixed effects; absent
    /// where that does not help either.
    pub hausman: Option<TestResult>,
    /// Rows.
    pub n: usize,
    /// Units.
    pub units: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits random effects by generalised least squares with the variances of Swamy and Arora, in the form of
/// Baltagi and Chang for unbalanced panels.
///
/// # Errors
///
/// Refuses fewer than two units more than drivers, drivers of which one explains another, an exact fit, and
/// values that are not finite.
///
/// # Source
///
/// Swamy and Arora 1972, Econometrica 40:261-275; Baltagi and Chang 1994, Journal of Econometrics 62:67-89;
/// Hausman 1978, Econometrica 46:1251-1271.
pub fn random_effects(panel: &Panel<'_>) -> Result<RandomEffects, Refusal> {
    panel.check()?;
    let (outcome, y_scale) = to_unit_scale(panel.outcome);
    let (drivers, scales): (Vec<Vec<f64>>, Vec<f64>) =
        panel.drivers.iter().map(|column| to_unit_scale(column)).unzip();
    let clusters = Clusters::of_ids(panel.units);
    let (n, k) = (outcome.len(), drivers.len());
    if clusters.len() < k + 2 {
        let (have, need) = (clusters.len() as f64, (k + 2) as f64);
        return Err(Refusal::TooFew { what: Count::Units, have, need });
    }
    let absorber = Absorber::new(panel.units, None)?;
    let varying: Vec<usize> = (0..k)
        .filter(|driver| within_spread(&drivers[*driver], &absorber.absorb(&drivers[*driver])))
        .collect();
    let chosen: Vec<Vec<f64>> = varying.iter().map(|driver| drivers[*driver].clone()).collect();
    let within = Within::fit(&outcome, &chosen, &absorber).map_err(|refusal| renamed(refusal, &varying))?;
    let inner = within.rss / within.freedom;
    let outer = between_variance(&outcome, &drivers, &clusters, inner)?;

    let share = |size: f64| 1.0 - (inner / (size * outer + inner)).sqrt();
    let shrink = |column: &[f64]| {
        let mut rest = column.to_vec();
        for rows in clusters.iter() {
            let mean = rows.iter().map(|row| column[*row]).sum::<f64>() / rows.len() as f64;
            for row in rows {
                rest[*row] -= share(rows.len() as f64) * mean;
            }
        }
        rest
    };
    let mut columns = vec![shrink(&vec![1.0; n])];
    columns.extend(drivers.iter().map(|column| shrink(column)));
    let factor = Factor::new(columns, true).map_err(|fault| named(&fault))?;
    let (estimates, residuals) = factor.solve(&shrink(&outcome));
    if n < k + 2 {
        return Err(Refusal::TooFew { what: Count::Observations, have: n as f64, need: (k + 2) as f64 });
    }
    let freedom = (n - k - 1) as f64;
    let transform = factor.back_transform();
    let variance = dot(&residuals, &residuals) / freedom;
    let scaled = &transform * transform.transpose() * variance;
    let unit = |position: usize| position.checked_sub(1).map_or(1.0, |driver| scales[driver]) / y_scale;
    let covariance = DMatrix::from_fn(k + 1, k + 1, |i, j| unit(i) * (scaled[(i, j)] * unit(j)));
    check_range(&covariance)?;
    let coefficients: Vec<Coefficient> = (0..=k)
        .map(|i| {
            let std_error = scaled[(i, i)].max(0.0).sqrt() * unit(i);
            Coefficient::new(i.checked_sub(1), estimates[i] * unit(i), std_error, Some(freedom))
        })
        .collect();
    let picked = DVector::from_iterator(varying.len(), varying.iter().map(|driver| estimates[driver + 1]));
    let own = DMatrix::from_fn(varying.len(), varying.len(), |i, j| scaled[(varying[i] + 1, varying[j] + 1)]);
    let difference = &within.estimates - picked;
    let hausman = hausman(&difference, &within.classic(), &own)
        .or_else(|| hausman(&difference, &within.classic(), &(&own * (inner / variance))));
    let mut warnings = vec![Warning::Observational];
    if let Some(TestResult { p_value, .. }) = hausman
        && p_value < LEVEL
    {
        warnings.push(Warning::Panel(PanelWarning::Hausman { p_value }));
    }
    let sizes = || clusters.iter().map(|rows| rows.len() as f64);
    let found = RandomEffects {
        coefficients,
        covariance: rows_of(&covariance),
        sd_units: outer.sqrt() / y_scale,
        sd_residual: inner.sqrt() / y_scale,
        theta_low: share(sizes().fold(f64::INFINITY, f64::min)),
        theta_high: share(sizes().fold(0.0, f64::max)),
        hausman,
        n,
        units: clusters.len(),
        warnings,
    };
    let finite = found.coefficients.iter().all(Coefficient::is_finite)
        && [found.sd_units, found.sd_residual, found.theta_low].iter().all(|value| value.is_finite());
    if finite { Ok(found) } else { Err(Refusal::OutOfRange) }
}

/// The refusal with the driver's position among all drivers.
fn renamed(refusal: Refusal, places: &[usize]) -> Refusal {
    let own = |column: Column| match column {
        Column::Driver(index) => Column::Driver(places.get(index).copied().unwrap_or(index)),
        other => other,
    };
    match refusal {
        Refusal::Aliased { column } => Refusal::Aliased { column: own(column) },
        Refusal::Leak { column } => Refusal::Leak { column: own(column) },
        Refusal::NoVarianceWithin { column } => Refusal::NoVarianceWithin { column: own(column) },
        other => other,
    }
}

fn named(fault: &Singular) -> Refusal {
    match fault {
        Singular::Constant(index) => Refusal::NoVariance { column: Column::Driver(index.saturating_sub(1)) },
        Singular::Aliased(index) => Refusal::Aliased { column: Column::Driver(index.saturating_sub(1)) },
    }
}

/// Variance of the units' levels from the residuals of the units' means, each counted as often as it has rows.
fn between_variance(
    outcome: &[f64],
    drivers: &[Vec<f64>],
    clusters: &Clusters,
    inner: f64,
) -> Result<f64, Refusal> {
    let roots: Vec<f64> = clusters.iter().map(|rows| (rows.len() as f64).sqrt()).collect();
    let means = |column: &[f64]| -> Vec<f64> {
        let mean = |rows: &[usize]| rows.iter().map(|row| column[*row]).sum::<f64>() / rows.len() as f64;
        clusters.iter().zip(&roots).map(|(rows, root)| mean(rows) * root).collect()
    };
    let y = means(outcome);
    let mut columns = vec![roots.clone()];
    columns.extend(drivers.iter().map(|driver| means(driver)));
    // What varies within units only (a trend that all share) has no slope between them.
    let factor = loop {
        match Factor::new(columns.clone(), true) {
            Ok(factor) => break factor,
            Err(Singular::Constant(index) | Singular::Aliased(index)) => {
                if index == 0 || columns.len() < 2 {
                    return Err(Refusal::OutOfRange);
                }
                columns.remove(index);
            }
        }
    };
    let (_, residuals) = factor.solve(&y);
    let q = factor.thin_q();
    let trace: f64 = (0..y.len())
        .map(|unit| roots[unit].powi(2) * q.iter().map(|column| column[unit].powi(2)).sum::<f64>())
        .sum();
    let rows = outcome.len() as f64;
    let freedom = (clusters.len() - columns.len()) as f64;
    Ok(((dot(&residuals, &residuals) - freedom * inner) / (rows - trace)).max(0.0))
}

/// `d'(V_fixed - V_random)^-1 d`.
fn hausman(difference: &DVector<f64>, fixed: &DMatrix<f64>, random: &DMatrix<f64>) -> Option<TestResult> {
    let k = difference.len();
    if k == 0 {
        return None;
    }
    let root = |i: usize| fixed[(i, i)].sqrt();
    let gap = DMatrix::from_fn(k, k, |i, j| (fixed[(i, j)] - random[(i, j)]) / (root(i) * root(j)));
    let scaled = DVector::from_fn(k, |i, _| difference[i] / root(i));
    let factor = Cholesky::new(gap)?;
    // A variance that does not differ from that of fixed effects leaves nothing to test.
    if factor.l_dirty().diagonal().iter().any(|pivot| *pivot < 1e-6) {
        return None;
    }
    let statistic = scaled.dot(&factor.solve(&scaled));
    let df1 = k as f64;
    let p_value = quantile::chi_squared_sf(statistic, df1);
    statistic.is_finite().then_some(TestResult { statistic, df1, df2: None, p_value })
}
