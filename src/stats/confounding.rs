//! What else may bend a curve: the top of the scale, error of the index, and who the customers are.

use serde::{Deserialize, Serialize};

use crate::bootstrap::replicates;
use crate::curve::{Data, Points};
use crate::measurement::variance;
use crate::notice::{Column, Guard, Parameter, Refusal, Warning};
use crate::ols::{self, Problem, StandardErrors};
use crate::quantile::normal;
use crate::random::SplitMix64;
use crate::spline::Spline;
use crate::verdict::{CurveVerdict, Rule, verdict};

/// Share of observations at 100 above which the top of the scale may pass for a plateau.
const CEILING: f64 = 0.15;

/// Alpha below which the error of an index counts.
const LOW: f64 = 0.70;

/// What the coefficients of a quadratic through error variances of 0, 1/2, 1, 3/2 and 2 times the index's own give at
/// -1 times: no error at all.
const EXTRAPOLATION: [f64; 5] = [3.0, -0.4, -1.8, -1.2, 1.4];

/// Whether the curve stands without those at the top of the scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CeilingGuard {
    /// Share of observations at 100, 0 to 1.
    pub share: f64,
    /// The verdict without them, where they are more than 15 %.
    pub without: Option<CurveVerdict>,
    /// A changed verdict.
    pub warnings: Vec<Warning>,
}

/// Judges the curve again without the observations at 100, where they are more than 15 %: a scale that ends pushes
/// satisfied customers together, which looks like a plateau.
///
/// # Errors
///
/// What [`verdict`] refuses.
///
/// # Source
///
/// `docs/methods.md` 5.5.
pub fn ceiling(data: &Data<'_>, rule: &Rule, found: &CurveVerdict) -> Result<CeilingGuard, Refusal> {
    let Data { satisfaction: s, outcome: y, weights, clusters } = *data;
    let lengths = [Some(y.len()), weights.map(<[f64]>::len), clusters.map(<[usize]>::len)];
    if let Some(found) = lengths.into_iter().flatten().find(|length| *length != s.len()) {
        return Err(Refusal::LengthMismatch { expected: s.len(), found });
    }
    let at_top = s.iter().filter(|level| **level >= 100.0).count();
    let share = at_top as f64 / s.len().max(1) as f64;
    let mut guard = CeilingGuard { share, without: None, warnings: Vec::new() };
    if share <= CEILING {
        return Ok(guard);
    }
    guard.warnings.push(Warning::Ceiling { share });
    let kept: Vec<usize> = (0..s.len()).filter(|row| s[*row] < 100.0).collect();
    if kept.is_empty() {
        return Ok(guard);
    }
    let of = |column: &[f64]| -> Vec<f64> { kept.iter().map(|row| column[*row]).collect() };
    let ids: Option<Vec<usize>> = clusters.map(|ids| kept.iter().map(|row| ids[*row]).collect());
    let without = verdict(&of(s), &of(y), weights.map(of).as_deref(), ids.as_deref(), rule)?;
    if without.verdict != found.verdict {
        guard.warnings.push(Warning::Confounded { guard: Guard::Ceiling });
    }
    guard.without = Some(without);
    Ok(guard)
}

/// What error in the index does to the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dilution {
    /// Share of the index's variance that is satisfaction itself.
    pub reliability: f64,
    /// By what a straight line's slope has to be multiplied for the slope on satisfaction itself: 1 / reliability.
    pub slope_factor: f64,
    /// Standard deviation of the index's error, in points: over about so many points a kink is smoothed.
    pub error_sd: f64,
    /// A low reliability.
    pub warnings: Vec<Warning>,
}

/// States how far error of the index flattens slopes and smooths a kink.
///
/// # Errors
///
/// [`Refusal::BadParameter`] for a reliability outside 0 to 1, [`Refusal::NotFinite`], [`Refusal::NoVariance`].
///
/// # Source
///
/// Spearman 1904; Fuller 1987, *Measurement Error Models*, 1.1.
pub fn dilution(s: &[f64], reliability: f64) -> Result<Dilution, Refusal> {
    if !(reliability > 0.0 && reliability <= 1.0) {
        let parameter = Parameter::Reliability;
        return Err(Refusal::BadParameter { parameter, position: 0, value: reliability });
    }
    if let Some(row) = s.iter().position(|value| !value.is_finite()) {
        return Err(Refusal::NotFinite { column: Column::Driver(0), row });
    }
    let spread = variance(s);
    if s.len() < 2 || spread <= 0.0 {
        return Err(Refusal::NoVariance { column: Column::Driver(0) });
    }
    let (slope_factor, error_sd) = (1.0 / reliability, (spread * (1.0 - reliability)).sqrt());
    if !(slope_factor.is_finite() && error_sd.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let low = (reliability < LOW).then_some(Warning::LowReliability { alpha: reliability });
    Ok(Dilution { reliability, slope_factor, error_sd, warnings: low.into_iter().collect() })
}

/// A slope as found and as it would be without error of the index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    /// As found.
    pub naive: f64,
    /// Extrapolated to no error.
    pub corrected: f64,
}

/// Slopes corrected by simulation and extrapolation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Simex {
    /// Of the straight line.
    pub line: Corrected,
    /// Of the broken line below its kink.
    pub left: Corrected,
    /// Above it.
    pub right: Corrected,
    /// Simulations at each error variance.
    pub draws: usize,
    /// Seed.
    pub seed: u64,
}

/// Adds more and more error to the index, watches the slopes flatten, and extrapolates back to none (SIMEX, with a
/// quadratic; it corrects too little rather than too much).
///
/// # Errors
///
/// What [`dilution`] and [`Points::new`] refuse; [`Refusal::NotConverged`] where no broken line can be fitted.
///
/// # Source
///
/// Cook and Stefanski 1994, JASA 89:1314-1328.
pub fn simex(data: &Data<'_>, reliability: f64, draws: usize, seed: u64) -> Result<Simex, Refusal> {
    let Data { satisfaction: s, outcome: y, weights, .. } = *data;
    let error_sd = dilution(s, reliability)?.error_sd;
    let slopes = |points: &Points| {
        let (line, broken) = (points.line(None)?, points.broken_line(None)?);
        Some([line.slope, broken.left, broken.right])
    };
    let naive = slopes(&Points::new(s, y, weights)?).ok_or(Refusal::NotConverged)?;
    let mut corrected = naive.map(|slope| EXTRAPOLATION[0] * slope);
    for (step, factor) in EXTRAPOLATION.iter().enumerate().skip(1) {
        let added = error_sd * (0.5 * step as f64).sqrt();
        let simulated: Vec<Option<[f64; 3]>> = replicates(draws, |replicate| {
            let mut random = SplitMix64::for_replicate(seed, replicate, s.len() as u64);
            // Half a step of the generator away from 0 and 1.
            let mut noise = || normal(random.uniform() + 0.5 / 9_007_199_254_740_992.0);
            let moved: Vec<f64> = s.iter().map(|s| s + added * noise()).collect();
            slopes(&Points::new(&moved, y, weights).ok()?)
        });
        let fitted: Vec<[f64; 3]> = simulated.into_iter().flatten().collect();
        if fitted.is_empty() {
            return Err(Refusal::NotConverged);
        }
        for (at, slope) in corrected.iter_mut().enumerate() {
            *slope += factor * fitted.iter().map(|slopes| slopes[at]).sum::<f64>() / fitted.len() as f64;
        }
    }
    if !naive.iter().chain(&corrected).all(|slope| slope.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let of = |at: usize| Corrected { naive: naive[at], corrected: corrected[at] };
    Ok(Simex { line: of(0), left: of(1), right: of(2), draws, seed })
}

/// The curve with customers compared within their segments, beside the raw one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MixGuard {
    /// The verdict on the outcome with what segments, tenure or earlier spending explain taken out.
    pub adjusted: CurveVerdict,
    /// What each covariate explains, outcome units per unit.
    pub effects: Vec<f64>,
    /// Slope of the straight line, raw and adjusted.
    pub slopes: Option<(f64, f64)>,
    /// A changed verdict.
    pub warnings: Vec<Warning>,
}

/// Takes out of the outcome what the covariates explain beside a smooth curve of satisfaction, and judges the curve
/// again. Their coefficients count as known in its intervals.
///
/// # Errors
///
/// What [`ols::fit`] refuses, [`Column::Driver`] being a covariate by position (the last ones are satisfaction's own),
/// and what [`verdict`] refuses.
///
/// # Source
///
/// `docs/methods.md` 5.5; the smooth curve is the spline of 5.2.
pub fn segment_mix(
    data: &Data<'_>,
    covariates: &[&[f64]],
    rule: &Rule,
    raw: &CurveVerdict,
) -> Result<MixGuard, Refusal> {
    let Data { satisfaction: s, outcome: y, weights, clusters } = *data;
    let mut sorted = s.to_vec();
    sorted.sort_by(f64::total_cmp);
    let smooth: Vec<Vec<f64>> = match Spline::through(&sorted) {
        Some(spline) => (0..3).map(|at| s.iter().map(|s| spline.basis(*s)[at]).collect()).collect(),
        None => vec![s.to_vec()],
    };
    let mut drivers = covariates.to_vec();
    drivers.extend(smooth.iter().map(Vec::as_slice));
    let problem = Problem { outcome: y, drivers: &drivers, intercept: true, weights };
    let fit = ols::fit(&problem, StandardErrors::Classic)?;
    let effects: Vec<f64> =
        fit.coefficients.iter().skip(1).map(|b| b.estimate).take(covariates.len()).collect();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total: f64 = (0..s.len()).map(weight).sum();
    let mut adjusted = y.to_vec();
    for (column, effect) in covariates.iter().zip(&effects) {
        let mean = column.iter().enumerate().map(|(row, x)| weight(row) * x).sum::<f64>() / total;
        for (value, x) in adjusted.iter_mut().zip(*column) {
            *value -= effect * (x - mean);
        }
    }
    let adjusted = verdict(s, &adjusted, weights, clusters, rule)?;
    let slopes = raw.line.zip(adjusted.line).map(|(raw, adjusted)| (raw.slope, adjusted.slope));
    let changed = adjusted.verdict != raw.verdict;
    let warnings = changed.then_some(Warning::Confounded { guard: Guard::Mix }).into_iter().collect();
    Ok(MixGuard { adjusted, effects, slopes, warnings })
}
