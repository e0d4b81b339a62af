//! Standard errors from score residuals summed by cluster.

use nalgebra::{DMatrix, DVector};

use crate::bootstrap::Clusters;
use crate::{Count, Refusal, Warning};

use super::fit::Solved;
use super::likelihood::{Risk, Shares, Sums};

/// Clusters below which a clustered standard error is refused.
const CLUSTERS_NEEDED: usize = 10;
/// Clusters below which it warns.
const CLUSTERS_WANTED: usize = 40;

pub(super) struct Robust {
    pub(super) matrix: DMatrix<f64>,
    pub(super) warnings: Vec<Warning>,
}

/// `V (sum of s_g s_g') V` of the drivers as given, `s_g` the sum of the score residuals of a cluster.
pub(super) fn clustered(risk: &Risk, solved: &Solved, ids: &[usize]) -> Result<Robust, Refusal> {
    let rows = risk.order.len();
    if ids.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: ids.len() });
    }
    let clusters = Clusters::of_ids(ids);
    let (have, what) = (clusters.len() as f64, Count::Clusters);
    if clusters.len() < CLUSTERS_NEEDED {
        return Err(Refusal::TooFew { what, have, need: CLUSTERS_NEEDED as f64 });
    }
    let residuals = score_residuals(risk, solved);
    let mut position = vec![0; rows];
    for (place, row) in risk.order.iter().enumerate() {
        position[*row] = place;
    }
    let width = risk.design.width();
    let mut filling = DMatrix::zeros(width, width);
    for members in clusters.iter() {
        let mut sum = DVector::zeros(width);
        for row in members {
            let from = position[*row] * width;
            sum += DVector::from_column_slice(&residuals[from..from + width]);
        }
        filling.ger(1.0, &sum, &sum, 1.0);
    }
    let outer = &risk.design.transform * &solved.covariance;
    let matrix = &outer * filling * outer.transpose();
    let few = clusters.len() < CLUSTERS_WANTED;
    let warnings = few.then_some(Warning::Few { what, have, need: CLUSTERS_WANTED as f64 });
    Ok(Robust { matrix, warnings: warnings.into_iter().collect() })
}

/// What each position adds to the score: its own event against the mean at risk, less what was expected of it
/// at every time it was at risk. Row by row, `width` values each.
fn score_residuals(risk: &Risk, solved: &Solved) -> Vec<f64> {
    let (width, groups, state) = (risk.design.width(), risk.groups.len(), &solved.state);
    // Per group: sum of q times the mean, the same with f q, and the mean over l of the means.
    let mut pulled = vec![0.0; (groups + 1) * width];
    let mut tied = vec![0.0; groups * width];
    let mut mean = vec![0.0; groups * width];
    risk.sums(state, |g, Sums { at_risk, leaving, .. }| {
        let Shares { a, b, aa, ab, bb } = state.shares[g];
        let deaths = risk.groups[g].deaths as f64;
        for k in 0..width {
            let (s, d) = (at_risk[k], leaving[k]);
            pulled[g * width + k] = aa * s - ab * d;
            tied[g * width + k] = ab * s - bb * d;
            mean[g * width + k] = (a * s - b * d) / deaths;
        }
    });
    for g in (0..groups).rev() {
        for k in 0..width {
            pulled[g * width + k] += pulled[(g + 1) * width + k];
        }
    }
    let expected = risk.expected(state, |_| 1.0);
    let mut residuals = Vec::with_capacity(risk.order.len() * width);
    for (row, expected) in expected.iter().enumerate() {
        let (g, until, x) = (risk.group[row], risk.until(row), risk.design.row(row));
        let (event, hazard) = (risk.event[row], state.hazards[row]);
        for k in 0..width {
            let own = if event { x[k] - mean[g * width + k] } else { 0.0 };
            let shared = if event { tied[g * width + k] } else { 0.0 };
            let drawn = pulled[g * width + k] - pulled[until * width + k] - shared;
            residuals.push(own - expected * x[k] + hazard * drawn);
        }
    }
    residuals
}
