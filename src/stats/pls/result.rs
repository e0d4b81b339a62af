//! What a path model says.

use serde::{Deserialize, Serialize};

use crate::Warning;
use crate::spread::{Draws, Spread};

/// A path model with its quality and, if asked for, its bootstrap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathModel {
    /// One per latent variable, in the order of the model.
    pub latents: Vec<Latent>,
    /// One per item, in the order of the blocks.
    pub indicators: Vec<Indicator>,
    /// One per path, in the order of the model.
    pub paths: Vec<Path>,
    /// One per pair of latent variables that one or more paths in a row connect.
    pub effects: Vec<Effect>,
    /// One per pair of latent variables.
    pub heterotrait: Vec<Heterotrait>,
    /// Correlations of the latent variables, row by row.
    pub correlations: Vec<Vec<f64>>,
    /// Rows used.
    pub n: usize,
    /// Rows there were.
    pub n_available: usize,
    /// Iterations until weights settled.
    pub iterations: usize,
    /// The bootstrap.
    pub draws: Option<Draws>,
    /// What limits the reading.
    pub warnings: Vec<Warning>,
}

/// One latent variable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latent {
    /// R-squared, where a path leads to it.
    pub r_squared: Option<f64>,
    /// The same, adjusted for the number of paths.
    pub adjusted_r_squared: Option<f64>,
    /// Average variance extracted; this and the next three only with two items or more.
    pub variance_extracted: Option<f64>,
    /// Composite reliability (`rho_C`).
    pub composite_reliability: Option<f64>,
    /// Cronbach's alpha of the standardised items.
    pub alpha: Option<f64>,
    /// Reliability of Dijkstra and Henseler.
    pub rho_a: Option<f64>,
    /// Mean of its index, 0 to 100; this and the next two only where scales are declared.
    pub performance: Option<f64>,
    /// Standard deviation of its index, in points.
    pub sd: Option<f64>,
    /// Of the performance.
    pub performances: Option<Spread>,
}

/// One item.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// Its position among the columns.
    pub item: usize,
    /// Its latent variable.
    pub latent: usize,
    /// Outer weight, for standardised items.
    pub weight: f64,
    /// Correlation with the latent variable.
    pub loading: f64,
    /// Weight of the item, put on 0 to 100, in the index; sums to 1 over the block. Only where scales are declared.
    pub index_weight: Option<f64>,
    /// Missing answers.
    pub missing: usize,
    /// Of the weight.
    pub weights: Option<Spread>,
    /// Of the loading.
    pub loadings: Option<Spread>,
}

/// One path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Standardised coefficient.
    pub coefficient: f64,
    /// What R-squared loses without it, over what is unexplained; absent where nothing is.
    pub f_squared: Option<f64>,
    /// Variance inflation of the cause among all causes of the same consequence.
    pub vif: f64,
    /// Of the coefficient.
    pub coefficients: Option<Spread>,
}

/// What one latent variable does to another over all ways between them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The cause.
    pub from: usize,
    /// The consequence.
    pub to: usize,
    /// Total effect, standardised.
    pub total: f64,
    /// Total effect in points per point of the indices; only where scales are declared.
    pub impact: Option<f64>,
    /// Of the total effect.
    pub totals: Option<Spread>,
    /// Of the impact.
    pub impacts: Option<Spread>,
}

/// How alike two latent variables are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Heterotrait {
    /// The one.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Heterotrait-monotrait ratio; absent where the items of one are uncorrelated.
    pub ratio: Option<f64>,
}
