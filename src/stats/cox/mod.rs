//! Proportional hazards of leaving.

mod fit;
mod likelihood;
mod penalised;
mod proportional;
mod robust;

pub use fit::{BaselineStep, CoxFit, Method, Ties, fit, fit_where_monotone};
pub use penalised::{firth, ridge};
pub use proportional::{ProportionalHazards, proportional_hazards};
