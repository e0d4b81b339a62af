//! How long customers stay: Kaplan-Meier curve, comparison of groups, concordance, censoring before a horizon.

mod concordance;
mod curve;
mod horizon;
mod lifetimes;
mod log_rank;

pub use concordance::concordance;
pub use curve::{CurveStep, KaplanMeier, Median, RestrictedMean, kaplan_meier};
pub use horizon::{HorizonOutcome, within_horizon};
pub use lifetimes::Lifetimes;
pub use log_rank::log_rank;
