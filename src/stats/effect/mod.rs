//! What a measure did: difference in differences, analysis of covariance, and what stands in their way.
//!
//! Errors are taken over what the measure was assigned to: units if they are given, people otherwise.

mod arms;
mod attrition;
mod panel;
mod pooled;
mod staggered;
mod trend;

pub use arms::{Basis, Comparison, Permutation, UnitTest};
pub use attrition::{Attrition, attrition};
pub use panel::{Panel, PanelEffect, ancova, effect, first_difference};
pub use pooled::{ArmMeans, DidErrors, PooledEffect, Rows, pooled, pooled_effect};
pub use staggered::{Cell, Staggered, staggered};
pub use trend::{ArmPoint, PreTrend, pre_trend};
