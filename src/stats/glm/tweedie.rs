//! The Tweedie density by its series, and the power that fits best.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::{Family, GlmFit, fit};
use crate::Refusal;
use crate::ols::{Problem, StandardErrors};

/// Range of the power.
const POWERS: [f64; 2] = [1.05, 1.95];
/// Steps of the grid of powers.
const STEPS: usize = 18;
/// Share of the largest term (as a logarithm) below which terms of the series are left out.
const NEGLIGIBLE: f64 = -37.0;
/// Position of the largest term beyond which the series has no digits left.
const LARGEST_PEAK: f64 = 1e12;
/// Golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// A Tweedie model with the power of the largest likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TweedieProfile {
    /// The power.
    pub power: f64,
    /// Dispersion of the largest likelihood at this power (that of [`GlmFit`] is Pearson's).
    pub dispersion: f64,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Akaike's criterion; power and dispersion are counted.
    pub aic: f64,
    /// Power and log-likelihood over the grid.
    pub profile: Vec<[f64; 2]>,
    /// Whether the likelihood is largest at the end of the grid, so that another family may fit better.
    pub at_border: bool,
    /// The model at this power.
    pub fit: GlmFit,
}

/// Fits a Tweedie model with log link at the power, between 1.05 and 1.95, of the largest likelihood.
///
/// # Errors
///
/// What [`fit`] refuses.
///
/// # Source
///
/// Dunn and Smyth 2005, Statistics and Computing 15:267-280.
pub fn profile(
    problem: &Problem<'_>,
    offset: Option<&[f64]>,
    errors: StandardErrors<'_>,
) -> Result<TweedieProfile, Refusal> {
    let at = |power: f64| -> Result<(f64, f64), Refusal> {
        let found = fit(problem, Family::TweedieLog { power }, offset, StandardErrors::Classic)?;
        largest_likelihood(problem, &found, power)
    };
    let [low, high] = POWERS;
    let step = (high - low) / STEPS as f64;
    let grid: Vec<f64> = (0..=STEPS).map(|k| low + step * k as f64).collect();
    let profile: Vec<[f64; 2]> = (grid.par_iter())
        .map(|power| at(*power).map(|(likelihood, _)| [*power, likelihood]))
        .collect::<Result<_, _>>()?;
    let best = (0..=STEPS).fold(0, |best, k| if profile[k][1] > profile[best][1] { k } else { best });
    let at_border = best == 0 || best == STEPS;
    let (mut a, mut b) = ((grid[best] - step).max(low), (grid[best] + step).min(high));
    let mut failed = None;
    let power = golden(&mut a, &mut b, 1e-7, |power| {
        at(power).map_or_else(
            |refusal| {
                failed = Some(refusal);
                f64::NEG_INFINITY
            },
            |(likelihood, _)| likelihood,
        )
    });
    if let Some(refusal) = failed {
        return Err(refusal);
    }
    let found = fit(problem, Family::TweedieLog { power }, offset, errors)?;
    let (log_likelihood, dispersion) = largest_likelihood(problem, &found, power)?;
    let aic = 2.0 * (found.coefficients.len() as f64 + 2.0 - log_likelihood);
    Ok(TweedieProfile { power, dispersion, log_likelihood, aic, profile, at_border, fit: found })
}

/// Largest log-likelihood over the dispersion at these means, and the dispersion.
fn largest_likelihood(problem: &Problem<'_>, found: &GlmFit, power: f64) -> Result<(f64, f64), Refusal> {
    let total = |log_dispersion: f64| -> f64 {
        let series = Series::new(power, log_dispersion.exp());
        let one = |row: usize| {
            let w = problem.weights.map_or(1.0, |weights| weights[row]);
            if w > 0.0 { w * series.log_density(problem.outcome[row], found.fitted[row]) } else { 0.0 }
        };
        let terms: Vec<f64> = (0..problem.outcome.len()).map(one).collect();
        crate::factor::sum(&terms)
    };
    let centre = found.dispersion.ln();
    let (mut a, mut b) = (centre - 2.0, centre + 2.0);
    let log_dispersion = golden(&mut a, &mut b, 1e-6, total);
    let (likelihood, dispersion) = (total(log_dispersion), log_dispersion.exp());
    if likelihood.is_finite() && dispersion.is_finite() {
        Ok((likelihood, dispersion))
    } else {
        Err(Refusal::OutOfRange)
    }
}

/// Where a function with one peak between `a` and `b` is largest.
fn golden(a: &mut f64, b: &mut f64, tolerance: f64, mut value: impl FnMut(f64) -> f64) -> f64 {
    let mut left = *b - GOLDEN * (*b - *a);
    let mut right = *a + GOLDEN * (*b - *a);
    let (mut at_left, mut at_right) = (value(left), value(right));
    while *b - *a > tolerance {
        if at_left > at_right {
            (*b, right, at_right) = (right, left, at_left);
            left = *b - GOLDEN * (*b - *a);
            at_left = value(left);
        } else {
            (*a, left, at_left) = (left, right, at_right);
            right = *a + GOLDEN * (*b - *a);
            at_right = value(right);
        }
    }
    f64::midpoint(*a, *b)
}

/// Logarithm of the Tweedie density (of the probability, at 0) of `y`, for 1 < power < 2.
pub fn log_density(y: f64, mean: f64, dispersion: f64, power: f64) -> f64 {
    Series::new(power, dispersion).log_density(y, mean)
}

struct Series {
    power: f64,
    dispersion: f64,
    /// `-(2 - power) / (1 - power)`, above 0.
    shape: f64,
    /// The part of the logarithm of a term, per number of payments, that does not depend on the outcome.
    constant: f64,
}

impl Series {
    fn new(power: f64, dispersion: f64) -> Self {
        let shape = (2.0 - power) / (power - 1.0);
        let constant = -shape * (power - 1.0).ln() - (1.0 + shape) * dispersion.ln() - (2.0 - power).ln();
        Self { power, dispersion, shape, constant }
    }

    fn log_density(&self, y: f64, mean: f64) -> f64 {
        let (low, high) = (1.0 - self.power, 2.0 - self.power);
        if y == 0.0 {
            return -mean.powf(high) / (high * self.dispersion);
        }
        let exponent = (y * mean.powf(low) / low - mean.powf(high) / high) / self.dispersion;
        exponent + self.log_sum(y) - y.ln()
    }

    /// Logarithm of the sum of `z^j / (j! Gamma(shape j))`; its largest term stands at
    /// `y^(2 - power) / (dispersion (2 - power))`.
    ///
    /// Around a distant peak the terms are those of a normal curve, of which every k-th gives the same sum to
    /// machine precision as long as k is a fraction of its standard deviation: about 70 terms do for any row.
    fn log_sum(&self, y: f64) -> f64 {
        let log_z = self.shape * y.ln() + self.constant;
        let peak = (y.powf(2.0 - self.power) / (self.dispersion * (2.0 - self.power))).max(1.0).floor();
        if !(peak < LARGEST_PEAK && log_z.is_finite()) {
            return f64::NEG_INFINITY;
        }
        let stride = ((peak / (1.0 + self.shape)).sqrt() / 4.0).floor().max(1.0);
        let term = |j: f64| j * log_z - ln_gamma(1.0 + j) - ln_gamma(self.shape * j);
        let top = term(peak);
        let mut total = 1.0;
        for direction in [stride, -stride] {
            let mut j = peak + direction;
            while j >= 1.0 {
                let difference = term(j) - top;
                total += difference.exp();
                if difference < NEGLIGIBLE || !difference.is_finite() {
                    break;
                }
                j += direction;
            }
        }
        top + (stride * total).ln()
    }
}
