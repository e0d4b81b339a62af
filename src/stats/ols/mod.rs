//! Ordinary and weighted least squares with classic, heteroscedasticity-robust and clustered standard errors.

mod covariance;
mod diagnostics;
mod fit;
mod model;

pub(crate) use covariance::Parts;
pub use covariance::{ClusterCorrection, SeKind, StandardErrors};
pub use diagnostics::{condition_number, reset, standardised};
pub use fit::{LinearFit, TestResult, fit};
pub(crate) use fit::{check_range, full_rank, rows_of, variance_inflation};
pub use model::{Coefficient, Problem};
pub(crate) use model::{check_finite, check_weights, correlation};
