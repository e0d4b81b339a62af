//! How much each driver contributes to R-squared: averaged over all orders of entry (LMG, the Shapley value),
//! and Johnson's relative weights.

use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::factor::{dot, sum};
use crate::ols::{self, Problem, StandardErrors};
use crate::{Count, Refusal, Warning};

/// Drivers up to which all subsets are looked at.
const DRIVERS: usize = 15;
/// Smallest eigenvalue of the correlation matrix for which Johnson's weights are reported.
const EIGENVALUE: f64 = 1e-8;

/// One driver's part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriverShare {
    /// LMG: its part of R-squared; the parts sum to R-squared.
    pub lmg: f64,
    /// Johnson's relative weight, with the same sum; absent for nearly dependent drivers.
    pub johnson: Option<f64>,
    /// Coefficient in the model of all drivers.
    pub coefficient: f64,
    /// Correlation with the outcome.
    pub correlation: f64,
    /// Whether coefficient and correlation have opposite signs: the share then hides a reversed effect.
    pub suppressor: bool,
}

/// Importance of all drivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// One per driver, in their order.
    pub drivers: Vec<DriverShare>,
    /// R-squared of the model of all drivers.
    pub r_squared: f64,
    /// Observations.
    pub n: usize,
    /// What limits the reading.
    pub warnings: Vec<Warning>,
}

/// Splits R-squared among at most 15 drivers, exactly.
///
/// `LMG_j = sum over S without j of |S|! (p - 1 - |S|)! / p! (R2(S + j) - R2(S))`. The shares are never
/// negative and say nothing of direction or cost: read them beside sign and impact.
///
/// # Errors
///
/// What [`ols::fit`] refuses; more than 15 drivers; a model without intercept is fitted with one.
///
/// # Source
///
/// Lindeman, Merenda and Gold 1980; Groemping 2006, J. Stat. Software 17(1); Johnson 2000, Multivariate
/// Behavioral Research 35:1-19.
pub fn importance(problem: &Problem<'_>) -> Result<Importance, Refusal> {
    let p = problem.drivers.len();
    if p > DRIVERS {
        return Err(Refusal::TooMany { what: Count::Drivers, have: p as f64, limit: DRIVERS as f64 });
    }
    if p == 0 {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    }
    let fit = ols::fit(&Problem { intercept: true, ..*problem }, StandardErrors::Classic)?;
    let correlations = correlations(problem);
    let r_squared = subsets(&correlations);
    let lmg = shapley(&r_squared, p);
    let johnson = johnson(&correlations);
    let drivers = (0..p)
        .map(|driver| {
            let coefficient = fit.coefficients[driver + 1].estimate;
            let correlation = correlations[(driver, p)];
            DriverShare {
                lmg: lmg[driver],
                johnson: johnson.as_ref().map(|weights| weights[driver]),
                coefficient,
                correlation,
                suppressor: coefficient * correlation < 0.0,
            }
        })
        .collect();
    let told = |warning: &&Warning| matches!(warning, Warning::Vif { .. } | Warning::Few { .. });
    let mut warnings = vec![Warning::Observational];
    warnings.extend(fit.warnings.iter().filter(told));
    Ok(Importance { drivers, r_squared: r_squared[r_squared.len() - 1], n: fit.n, warnings })
}

/// Correlation matrix of the drivers and, last, the outcome.
fn correlations(problem: &Problem<'_>) -> DMatrix<f64> {
    let ones = vec![1.0; problem.outcome.len()];
    let weights = problem.weights.unwrap_or(&ones);
    let total = sum(weights);
    let unit = |column: &[f64]| -> Vec<f64> {
        let largest = column.iter().fold(0.0_f64, |most, value| value.abs().max(most));
        let scaled: Vec<f64> = column.iter().map(|value| value / largest).collect();
        let mean = dot(&scaled, weights) / total;
        let centred: Vec<f64> =
            scaled.iter().zip(weights).map(|(value, w)| (value - mean) * w.sqrt()).collect();
        let norm = dot(&centred, &centred).sqrt();
        centred.iter().map(|value| value / norm).collect()
    };
    let columns: Vec<Vec<f64>> = problem.drivers.iter().copied().chain([problem.outcome]).map(unit).collect();
    DMatrix::from_fn(columns.len(), columns.len(), |j, k| dot(&columns[j], &columns[k]))
}

/// R-squared of every subset of drivers; bit j of the position says that driver j is in it.
fn subsets(correlations: &DMatrix<f64>) -> Vec<f64> {
    let p = correlations.nrows() - 1;
    let mut r_squared = vec![0.0; 1 << p];
    extend(correlations, 0, 0, &mut r_squared);
    r_squared
}

/// Takes each later driver into the subset by one step of elimination; what is left of the outcome is its
/// unexplained share.
fn extend(left: &DMatrix<f64>, first: usize, subset: usize, r_squared: &mut [f64]) {
    let p = left.nrows() - 1;
    r_squared[subset] = 1.0 - left[(p, p)];
    for driver in first..p {
        let mut next = left.clone();
        for j in driver + 1..=p {
            let factor = left[(driver, j)] / left[(driver, driver)];
            for k in j..=p {
                next[(j, k)] -= factor * left[(driver, k)];
            }
        }
        extend(&next, driver + 1, subset | 1 << driver, r_squared);
    }
}

fn shapley(r_squared: &[f64], p: usize) -> Vec<f64> {
    // weights[s] = s! (p - 1 - s)! / p!
    let mut weights = vec![1.0 / p as f64; p];
    for s in 1..p {
        weights[s] = weights[s - 1] * s as f64 / (p - s) as f64;
    }
    (0..p)
        .map(|driver| {
            let without = (0..r_squared.len()).filter(|subset| subset & (1 << driver) == 0);
            without
                .map(|subset| {
                    let size = subset.count_ones() as usize;
                    weights[size] * (r_squared[subset | 1 << driver] - r_squared[subset])
                })
                .sum()
        })
        .collect()
}

/// `R = V D V'`, `L = V D^(1/2) V'`, weights `L^2 (L^-1 r)^2` with squares taken element by element.
fn johnson(correlations: &DMatrix<f64>) -> Option<Vec<f64>> {
    let p = correlations.nrows() - 1;
    let eigen = SymmetricEigen::new(correlations.view((0, 0), (p, p)).into_owned());
    if eigen.eigenvalues.iter().any(|value| *value < EIGENVALUE) {
        return None;
    }
    let vectors = &eigen.eigenvectors;
    let power = |exponent: f64| {
        let diagonal = eigen.eigenvalues.map(|value| value.powf(exponent));
        vectors * DMatrix::from_diagonal(&diagonal) * vectors.transpose()
    };
    let (root, inverse) = (power(0.5), power(-0.5));
    let beta = inverse * correlations.view((0, p), (p, 1));
    Some((0..p).map(|j| (0..p).map(|k| (root[(j, k)] * beta[(k, 0)]).powi(2)).sum()).collect())
}
