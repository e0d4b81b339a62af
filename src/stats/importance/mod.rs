//! How much each driver contributes to R-squared: averaged over all orders of entry (LMG, the Shapley value),
//! and Johnson's relative weights.

mod lmg;
mod uncertainty;

use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

use crate::gram::Rows;
use crate::ols::{self, Problem, StandardErrors};
use crate::{Column, Count, Refusal, Warning};

pub use uncertainty::{PairUncertainty, ShareUncertainty, Uncertainty, uncertainty};

/// Drivers that are taken at all.
const DRIVERS: usize = 60;
/// Random orders of entry where not all are looked at.
const ORDERS: usize = 2_000;
/// Their seed.
const SEED: u64 = 42;
/// Smallest eigenvalue of the correlation matrix for which Johnson's weights are reported.
const EIGENVALUE: f64 = 1e-8;

/// One driver's part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriverShare {
    /// LMG: its part of R-squared; the parts sum to R-squared.
    pub lmg: f64,
    /// Standard error of the LMG share from the sampling of orders; absent where all subsets were looked at.
    pub lmg_error: Option<f64>,
    /// Johnson's relative weight, with the same sum; absent for nearly dependent drivers.
    pub johnson: Option<f64>,
    /// Coefficient in the model of all drivers.
    pub coefficient: f64,
    /// Correlation with the outcome.
    pub correlation: f64,
    /// Whether coefficient and correlation have opposite signs: the share then hides a reversed effect.
    pub suppressor: bool,
}

/// How shares were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orders {
    /// From all subsets.
    All,
    /// From a random sample of orders of entry.
    Sampled {
        /// How many.
        orders: usize,
        /// Seed.
        seed: u64,
    },
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
    /// How shares were computed.
    pub orders: Orders,
    /// What limits the reading.
    pub warnings: Vec<Warning>,
}

/// Splits R-squared among drivers: exactly up to 20, from 2,000 random orders of entry up to 60.
///
/// `LMG_j = sum over S without j of |S|! (p - 1 - |S|)! / p! (R2(S + j) - R2(S))`. The shares are never
/// negative and say nothing of direction or cost: read them beside sign and impact. [`uncertainty`] says how
/// far they can be told apart.
///
/// # Errors
///
/// What [`ols::fit`] refuses; more than 60 drivers; a model without intercept is fitted with one.
///
/// # Source
///
/// Lindeman, Merenda and Gold 1980; Groemping 2006, J. Stat. Software 17(1); Johnson 2000, Multivariate
/// Behavioral Research 35:1-19; Castro, Gomez and Tejada 2009, Computers & Operations Research 36:1726-1730
/// (sampled orders).
pub fn importance(problem: &Problem<'_>) -> Result<Importance, Refusal> {
    let p = problem.drivers.len();
    check_count(p)?;
    let fit = ols::fit(&Problem { intercept: true, ..*problem }, StandardErrors::Classic)?;
    let correlations = rows(problem)?.moments(None).correlations().ok_or(Refusal::OutOfRange)?;
    let shares = shares(&correlations, p, ORDERS);
    let johnson = johnson(&correlations, p);
    let drivers: Vec<DriverShare> = (0..p)
        .map(|driver| {
            let coefficient = fit.coefficients[driver + 1].estimate;
            let correlation = correlations[driver * (p + 1) + p];
            DriverShare {
                lmg: shares.0[driver],
                lmg_error: shares.1.as_ref().map(|errors| errors[driver]),
                johnson: johnson.as_ref().map(|weights| weights[driver]),
                coefficient,
                correlation,
                // Signs are compared, since a product of two small numbers may become 0.
                suppressor: coefficient.signum() * correlation.signum() < 0.0
                    && coefficient != 0.0
                    && correlation != 0.0,
            }
        })
        .collect();
    if drivers.iter().any(|driver| !driver.lmg.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let told = |warning: &&Warning| matches!(warning, Warning::Vif { .. } | Warning::Few { .. });
    let mut warnings = vec![Warning::Observational];
    warnings.extend(fit.warnings.iter().filter(told));
    Ok(Importance {
        r_squared: drivers.iter().map(|driver| driver.lmg).sum(),
        drivers,
        n: fit.n,
        orders: if p <= lmg::EXACT { Orders::All } else { Orders::Sampled { orders: ORDERS, seed: SEED } },
        warnings,
    })
}

fn check_count(p: usize) -> Result<(), Refusal> {
    if p > DRIVERS {
        return Err(Refusal::TooMany { what: Count::Drivers, have: p as f64, limit: DRIVERS as f64 });
    }
    if p == 0 {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    }
    Ok(())
}

/// Standardised drivers and, last, the outcome.
fn rows(problem: &Problem<'_>) -> Result<Rows, Refusal> {
    let p = problem.drivers.len();
    let columns: Vec<&[f64]> = problem.drivers.iter().copied().chain([problem.outcome]).collect();
    let name = |column| if column < p { Column::Driver(column) } else { Column::Outcome };
    Rows::new(&columns, problem.weights, name)
}

/// LMG shares, and their sampling errors where orders were sampled.
fn shares(correlations: &[f64], p: usize, orders: usize) -> (Vec<f64>, Option<Vec<f64>>) {
    if p <= lmg::EXACT {
        (lmg::exact(correlations, p), None)
    } else {
        let sampled = lmg::sampled(correlations, p, orders, SEED);
        (sampled.shares, Some(sampled.errors))
    }
}

/// `R = V D V'`, `L = V D^(1/2) V'`, weights `L^2 (L^-1 r)^2` with squares taken element by element.
fn johnson(correlations: &[f64], p: usize) -> Option<Vec<f64>> {
    let all = DMatrix::from_row_slice(p + 1, p + 1, correlations);
    let eigen = SymmetricEigen::new(all.view((0, 0), (p, p)).into_owned());
    if eigen.eigenvalues.iter().any(|value| value.is_nan() || *value < EIGENVALUE) {
        return None;
    }
    let vectors = &eigen.eigenvectors;
    let power = |exponent: f64| {
        let diagonal = eigen.eigenvalues.map(|value| value.powf(exponent));
        vectors * DMatrix::from_diagonal(&diagonal) * vectors.transpose()
    };
    let (root, inverse) = (power(0.5), power(-0.5));
    let beta = inverse * all.view((0, p), (p, 1));
    Some((0..p).map(|j| (0..p).map(|k| (root[(j, k)] * beta[(k, 0)]).powi(2)).sum()).collect())
}
