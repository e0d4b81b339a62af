//! How much of the way from one thing to another leads through a third.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::factor::to_unit_scale;
use crate::measurement::{average, variance};
use crate::ols::{Coefficient, LinearFit, Problem, StandardErrors, fit};
use crate::quantile::order_statistic;
use crate::{Count, Interval, Refusal, Warning};

/// Units below which nothing is resampled.
const UNITS_NEEDED: usize = 10;
/// Units below which it warns.
const UNITS_WANTED: usize = 40;

/// Mediation of units: x (employees) -> m (customers) -> y (money), all slopes with HC3 errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mediation {
    /// a: m on x.
    pub first: Coefficient,
    /// b: y on m, x held.
    pub second: Coefficient,
    /// c': y on x, m held.
    pub direct: Coefficient,
    /// c: y on x alone; equals `a b + c'`.
    pub total: Coefficient,
    /// `a b` with its percentile interval from the bootstrap over units.
    pub indirect: Interval,
    /// Standard deviation of the bootstrap's `a b`.
    pub indirect_sd: f64,
    /// Sobel's standard error of `a b` from classic errors: for comparison with other programs only, since
    /// `a b` is not normal.
    pub sobel: f64,
    /// The same with Aroian's third term.
    pub aroian: f64,
    /// `a b / c`; absent where it would be nonsense: `c` may be 0, or runs against `a b`.
    pub share: Option<f64>,
    /// Units.
    pub n: usize,
    /// Bootstrap samples.
    pub draws: usize,
    /// Samples in which a slope did not exist.
    pub failed: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// What limits the answer.
    pub warnings: Vec<Warning>,
}

/// Estimates a, b, c' and c, and the indirect effect with a bootstrap over the rows (units) of `draws` samples.
///
/// # Errors
///
/// As [`crate::ols::fit`]; fewer than 10 units are not resampled.
///
/// # Source
///
/// Baron and Kenny 1986, JPSP 51:1173-1182; Shrout and Bolger 2002, Psychological Methods 7:422-445
/// (bootstrap); Sobel 1982; Aroian 1947.
pub fn mediation(x: &[f64], m: &[f64], y: &[f64], draws: usize, seed: u64) -> Result<Mediation, Refusal> {
    let mut warnings = check_units(x.len())?;
    let (first, second) = (fitted(m, &[x])?, fitted(y, &[m, x])?);
    warnings.extend(influence(&[&first, &second]));
    let total = slope_of(&fitted(y, &[x])?, 1)?;
    let (a, b) = (slope_of(&first, 1)?, slope_of(&second, 1)?);
    let estimate = a.estimate * b.estimate;
    let (sa, sb) = (classic(m, &[x])?, classic(y, &[m, x])?);
    let (from_a, from_b) = (a.estimate * sb, b.estimate * sa);

    let ((x, x_scale), (m, _), (y, y_scale)) = (about_mean(x), about_mean(m), about_mean(y));
    let back = x_scale / y_scale;
    let units = Clusters::of_rows(x.len());
    let products = replicates(draws, |replicate| {
        let counts = units.counts(seed, replicate);
        Some(slope(&x, &m, &counts)? * partial_slope(&m, &x, &y, &counts)? * back)
    });
    let products: Vec<f64> = products.into_iter().flatten().collect();
    let indirect = percentiles(estimate, &products, draws)?;
    let known = total.low > 0.0 || total.high < 0.0;
    let found = Mediation {
        share: Some(estimate / total.estimate).filter(|share| known && *share > 0.0 && share.is_finite()),
        first: a,
        second: b,
        direct: slope_of(&second, 2)?,
        total,
        indirect,
        indirect_sd: variance(&products).sqrt(),
        sobel: from_a.hypot(from_b),
        aroian: from_a.hypot(from_b).hypot(sa * sb),
        n: x.len(),
        draws,
        failed: draws - products.len(),
        seed,
        warnings,
    };
    let numbers = [found.indirect_sd, found.sobel, found.aroian];
    if numbers.iter().all(|number| number.is_finite()) { Ok(found) } else { Err(Refusal::OutOfRange) }
}

/// Refuses too few units to resample; the warnings otherwise.
pub(crate) fn check_units(units: usize) -> Result<Vec<Warning>, Refusal> {
    let have = units as f64;
    if units < UNITS_NEEDED {
        return Err(Refusal::TooFew { what: Count::Units, have, need: UNITS_NEEDED as f64 });
    }
    let mut warnings = vec![Warning::Observational];
    if units < UNITS_WANTED {
        warnings.push(Warning::Few { what: Count::Units, have, need: UNITS_WANTED as f64 });
    }
    Ok(warnings)
}

/// The regression with HC3 errors.
pub(crate) fn fitted(outcome: &[f64], drivers: &[&[f64]]) -> Result<LinearFit, Refusal> {
    fit(&Problem { outcome, drivers, intercept: true, weights: None }, StandardErrors::HC3)
}

/// What the fits say of single units that weigh too much.
pub(crate) fn influence(fits: &[&LinearFit]) -> Vec<Warning> {
    let single = |warning: &&Warning| matches!(warning, Warning::Influence { .. } | Warning::Leverage { .. });
    fits.iter().flat_map(|fit| fit.warnings.iter().filter(single)).copied().collect()
}

/// The coefficient at a position; 0 is the intercept.
pub(crate) fn slope_of(fit: &LinearFit, position: usize) -> Result<Coefficient, Refusal> {
    fit.coefficients.get(position).copied().ok_or(Refusal::OutOfRange)
}

/// Classic standard error of the first driver.
fn classic(outcome: &[f64], drivers: &[&[f64]]) -> Result<f64, Refusal> {
    let problem = Problem { outcome, drivers, intercept: true, weights: None };
    Ok(slope_of(&fit(&problem, StandardErrors::Classic)?, 1)?.std_error)
}

/// The estimate with the 95 % percentile interval of its bootstrap samples; refused where fewer than half of
/// the `draws` gave one.
pub(crate) fn percentiles(estimate: f64, samples: &[f64], draws: usize) -> Result<Interval, Refusal> {
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
    if sorted.len() * 2 < draws || sorted.len() < 2 {
        let (have, need) = (sorted.len() as f64, (draws as f64 / 2.0).max(2.0));
        return Err(Refusal::TooFew { what: Count::Replicates, have, need });
    }
    sorted.sort_by(f64::total_cmp);
    match (order_statistic(&sorted, 0.025), order_statistic(&sorted, 0.975)) {
        (Some(low), Some(high)) if estimate.is_finite() => Ok(Interval { estimate, low, high }),
        _ => Err(Refusal::OutOfRange),
    }
}

/// The column less its mean, brought near 1 by a power of two, and that power.
pub(crate) fn about_mean(column: &[f64]) -> (Vec<f64>, f64) {
    let mean = average(column);
    to_unit_scale(&column.iter().map(|value| value - mean).collect::<Vec<f64>>())
}

/// Values less their mean over a sample in which row i stands `counts[i]` times.
fn centred(values: &[f64], counts: &[u32]) -> Vec<f64> {
    let total: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    let mean = values.iter().zip(counts).map(|(value, count)| value * f64::from(*count)).sum::<f64>() / total;
    values.iter().map(|value| value - mean).collect()
}

fn product(a: &[f64], b: &[f64], counts: &[u32]) -> f64 {
    a.iter().zip(b).zip(counts).map(|((a, b), count)| a * b * f64::from(*count)).sum()
}

/// Slope of y on x in such a sample; `None` where x is constant in it.
pub(crate) fn slope(x: &[f64], y: &[f64], counts: &[u32]) -> Option<f64> {
    let (x, y) = (centred(x, counts), centred(y, counts));
    let square = product(&x, &x, counts);
    // Columns vary by about 1: below this only rounding is left.
    (square > 1e-24).then(|| product(&x, &y, counts) / square).filter(|slope| slope.is_finite())
}

/// Slope of y on x with `held` held, in such a sample.
pub(crate) fn partial_slope(x: &[f64], held: &[f64], y: &[f64], counts: &[u32]) -> Option<f64> {
    let shared = slope(held, x, counts)?;
    let (x, held) = (centred(x, counts), centred(held, counts));
    let own: Vec<f64> = x.iter().zip(&held).map(|(x, held)| x - shared * held).collect();
    // A column of which the other explains all but 1e-7 has no slope of its own.
    (product(&own, &own, counts) > 1e-14 * product(&x, &x, counts)).then(|| slope(&own, y, counts)).flatten()
}
