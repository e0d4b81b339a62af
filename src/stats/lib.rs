//! The statistics of customer-asset measurement: matrices and slices in, numbers out.
//!
//! Nothing here reads a file, knows a customer or holds money other than as plain numbers. A method that
//! cannot answer refuses with a [`Refusal`]; what limits an answer is a [`Warning`]. No result holds NaN or
//! an infinite value.
//!
//! Source of the formulas: the literature named beside each function; tests compare with certified values
//! and with other programs (`tests/golden`).

mod factor;
mod notice;

pub mod agreement;
pub mod bootstrap;
pub mod candidates;
pub mod chain;
pub mod compact;
pub mod concave;
pub mod curve;
pub mod glm;
pub mod hazard;
pub mod hill;
pub mod hurdle;
pub mod importance;
pub mod levels;
pub mod log_linear;
pub mod logistic;
pub mod measurement;
pub mod ols;
pub mod optimum;
pub mod power;
pub mod quantile;
pub mod random;
pub mod reliability;
pub mod response_rate;
pub mod saturation;
pub mod season;
pub mod spline;
pub mod verdict;

pub use notice::{Column, Count, Refusal, Warning};

use serde::{Deserialize, Serialize};

/// An estimate with its interval; the confidence level is that of the function that returns it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
