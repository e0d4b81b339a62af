//! The pairs bootstrap of the broken line: how far its kink and its slopes move when the rows are drawn anew.

use crate::bootstrap::{Clusters, replicates};
use crate::curve::{BrokenLine, GRID, Points};
use crate::quantile::order_statistic;
use crate::verdict::Rule;

/// What the replicates found, each in ascending order.
pub(crate) struct Kinks {
    /// Where the kink lies.
    pub(crate) psi: Vec<f64>,
    /// Slope below it.
    pub(crate) left: Vec<f64>,
    /// Slope above it.
    pub(crate) right: Vec<f64>,
    /// Slope above less slope below.
    pub(crate) change: Vec<f64>,
    /// Slope above less the rule's share of the slope below, both of one replicate.
    pub(crate) excess: Vec<f64>,
    /// Share of the replicates with the kink at the top two steps of the grid.
    pub(crate) at_the_top: f64,
}

impl Kinks {
    /// Draws whole clusters, with the grid of kinks taken anew each time.
    pub(crate) fn draw(points: &Points, clusters: &Clusters, rule: &Rule) -> Self {
        let drawn = replicates(rule.draws, |replicate| {
            points.broken_line(Some(&clusters.counts(rule.pairs_seed, replicate)))
        });
        let fits: Vec<BrokenLine> = drawn.into_iter().flatten().collect();
        let of = |figure: fn(&BrokenLine) -> f64| sorted(fits.iter().map(figure));
        let top = fits.iter().filter(|fit| fit.grid_index >= GRID - 2).count();
        Self {
            psi: of(|fit| fit.psi),
            left: of(|fit| fit.left),
            right: of(|fit| fit.right),
            change: of(|fit| fit.right - fit.left),
            excess: sorted(fits.iter().map(|fit| fit.right - rule.delta_fraction * fit.left)),
            at_the_top: top as f64 / fits.len().max(1) as f64,
        }
    }
}

/// The order statistic at a share of sorted replicates; without any, beyond every bound.
pub(crate) fn at(sorted: &[f64], share: f64) -> f64 {
    order_statistic(sorted, share).unwrap_or(f64::MAX)
}

/// The values in ascending order.
pub(crate) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
