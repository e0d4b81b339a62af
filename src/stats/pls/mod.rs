//! Partial-least-squares path modelling: latent variables as weighted sums of their items, and the paths between
//! them.
//!
//! Everything after the correlation matrix of the items is independent of the number of rows, so that a bootstrap
//! replicate is one matrix of resampled moments and a small fixed point.
//!
//! Source: Wold 1982; Lohmöller 1989; Tenenhaus, Esposito Vinzi, Chatelin and Lauro 2005, Computational Statistics &
//! Data Analysis 48:159-205.

mod data;
mod fit;
mod model;
mod quality;
mod result;
mod solve;

pub use fit::fit;
pub use model::{Model, Scheme};
pub use result::{Effect, Heterotrait, Indicator, Latent, Path, PathModel};
