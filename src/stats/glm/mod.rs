//! Generalised linear models: chances (logit, complementary log-log), positive amounts (Gamma) and amounts
//! with zeros (Tweedie).

mod family;
mod fit;
mod tweedie;

pub use family::Family;
pub(crate) use fit::{Design, covariance_of, deviance, predictor};
pub use fit::{GlmFit, fit};
pub use tweedie::{TweedieProfile, log_density, profile};
