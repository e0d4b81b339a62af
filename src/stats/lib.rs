//! The statistics of customer-asset measurement: matrices and slices in, numbers out.
//!
//! Nothing here reads a file, knows a customer or holds money other than as plain numbers. A method that
//! cannot answer refuses with a [`Refusal`]; what limits an answer is a [`Warning`]. No result holds NaN or
//! an infinite value.
//!
//! Source of the formulas: the literature named beside each function; tests compare with certified values
//! and with other programs (`tests/golden`).

mod beta;
mod binary;
mod design;
mod factor;
mod gram;
mod kink;
mod notice;
mod omega;
mod panel_notice;
mod path_notice;
mod plan_notice;
mod positive_maximum;
mod ranks;
mod special_functions;
mod value_notice;

pub mod accounts;
pub mod agreement;
pub mod allocation;
pub mod appraisal;
pub mod arrow;
pub mod bgnbd;
pub mod bootstrap;
pub mod calibration;
pub mod candidates;
pub mod chain;
pub mod change;
pub mod clv;
pub mod compact;
pub mod concave;
pub mod concentration;
pub mod confounding;
pub mod cox;
pub mod curve;
pub mod deviance_curve;
pub mod discrimination;
pub mod early_warning;
pub mod effect;
pub mod firth;
pub mod gamma_gamma;
pub mod glm;
pub mod hazard;
pub mod hill;
pub mod hurdle;
pub mod importance;
pub mod importance_map;
pub mod kmeans;
pub mod levels;
pub mod lifecycle;
pub mod log_linear;
pub mod logistic;
pub mod measurement;
pub mod mediation;
pub mod mixed;
pub mod noncentral;
pub mod nonresponse;
pub mod ols;
pub mod optimum;
pub mod panel;
pub mod penalty_reward;
pub mod pls;
pub mod power;
pub mod proportion;
pub mod purchases;
pub mod quantile;
pub mod raking;
pub mod random;
pub mod reliability;
pub mod response;
pub mod response_rate;
pub mod rfm;
pub mod ridge;
pub mod satisfaction;
pub mod saturation;
pub mod sbg;
pub mod season;
pub mod segmented;
pub mod segments;
pub mod sensitivity;
pub mod service_profit;
pub mod spline;
pub mod spread;
pub mod survival;
pub mod units;
pub mod validation;
pub mod value_score;
pub mod value_vector;
pub mod verdict;

pub use notice::{
    Column, Count, Guard, ModelFault, PanelWarning, Parameter, PathWarning, Refusal, ValueFault,
    ValueWarning, Warning,
};
pub use positive_maximum::Parameter as PositiveParameter;

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
