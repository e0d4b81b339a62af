//! Resampling of rows, or of whole clusters of rows, that gives the same draws on one thread or many.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::random::SplitMix64;
use crate::{Interval, quantile};

/// Rows grouped by what is resampled together, in order of first appearance.
#[derive(Debug, Clone)]
pub struct Clusters {
    starts: Vec<usize>,
    members: Vec<usize>,
}

impl Clusters {
    /// Every row for itself.
    pub fn of_rows(rows: usize) -> Self {
        Self { starts: (0..=rows).collect(), members: (0..rows).collect() }
    }

    /// Rows with the same identifier together.
    pub fn of_ids(ids: &[usize]) -> Self {
        let mut position = std::collections::HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (row, id) in ids.iter().enumerate() {
            let group = *position.entry(*id).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(row);
        }
        let mut starts = vec![0];
        let mut members = Vec::with_capacity(ids.len());
        for group in groups {
            members.extend(group);
            starts.push(members.len());
        }
        Self { starts, members }
    }

    /// The grouping by `ids`, or every row for itself.
    pub fn new(rows: usize, ids: Option<&[usize]>) -> Self {
        ids.map_or_else(|| Self::of_rows(rows), Self::of_ids)
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether every cluster holds one row only, so that clustering changes nothing.
    pub fn are_single_rows(&self) -> bool {
        self.len() == self.members.len()
    }

    /// The rows of each cluster.
    pub fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.starts.windows(2).map(|pair| &self.members[pair[0]..pair[1]])
    }

    /// How often each row occurs in replicate number `replicate`: as many clusters as there are, drawn with
    /// replacement.
    pub fn counts(&self, seed: u64, replicate: u64) -> Vec<u32> {
        let clusters = self.len();
        let mut random = SplitMix64::for_replicate(seed, replicate, clusters as u64);
        let mut counts = vec![0; self.members.len()];
        for _ in 0..clusters {
            let drawn = random.index(clusters);
            for row in &self.members[self.starts[drawn]..self.starts[drawn + 1]] {
                counts[*row] += 1;
            }
        }
        counts
    }

    /// The rows of replicate number `replicate` in the order in which they are drawn, one per row; clusters do
    /// not matter.
    pub fn picks(&self, seed: u64, replicate: u64) -> Vec<usize> {
        let rows = self.members.len();
        let mut random = SplitMix64::for_replicate(seed, replicate, rows as u64);
        (0..rows).map(|_| random.index(rows)).collect()
    }

    /// One random sign per row, the same for all rows of a cluster (the wild bootstrap's Rademacher weights).
    pub fn signs(&self, seed: u64, replicate: u64) -> Vec<f64> {
        let mut random = SplitMix64::for_replicate(seed, replicate, self.len() as u64);
        let mut signs = vec![1.0; self.members.len()];
        for pair in self.starts.windows(2) {
            let sign = random.sign();
            for row in &self.members[pair[0]..pair[1]] {
                signs[*row] = sign;
            }
        }
        signs
    }
}

/// A bias-corrected and accelerated bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bca {
    /// The estimate with its interval.
    pub interval: Interval,
    /// Bias correction: the normal quantile of the share of replicates below the estimate.
    pub z0: f64,
    /// Acceleration, from the jackknife.
    pub a: f64,
}

/// The bias-corrected and accelerated interval of an estimate from its replicates and its jackknife (the estimate
/// without each row, or each cluster); `None` where all replicates lie on one side of the estimate, or the jackknife
/// does not move.
///
/// # Source
///
/// Efron 1987, JASA 82:171-185.
pub fn bca(estimate: f64, replicates: &[f64], jackknife: &[f64], level: f64) -> Option<Bca> {
    let mut sorted = replicates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = sorted.iter().filter(|value| **value < estimate).count() as f64 / sorted.len() as f64;
    let z0 = Some(quantile::normal(below)).filter(|z0| below > 0.0 && below < 1.0 && z0.is_finite())?;
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in jackknife {
        squares += (mean - value).powi(2);
        cubes += (mean - value).powi(3);
    }
    let a = Some(cubes / (6.0 * squares.powf(1.5))).filter(|a| a.is_finite())?;
    let end = |z: f64| {
        let level = 1.0 - quantile::normal_sf(z0 + (z0 + z) / (1.0 - a * (z0 + z)));
        if level.is_finite() { quantile::order_statistic(&sorted, level) } else { None }
    };
    let z = quantile::normal(f64::midpoint(1.0, level));
    Some(Bca { interval: Interval { estimate, low: end(-z)?, high: end(z)? }, z0, a })
}

/// Runs `draw` for the replicates `0..draws` on all threads; the result is in the order of the replicates.
pub fn replicates<T: Send>(draws: usize, draw: impl Fn(u64) -> T + Sync + Send) -> Vec<T> {
    (0..draws as u64).into_par_iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_keep_the_order_of_first_appearance() {
        let clusters = Clusters::of_ids(&[7, 3, 7, 9]);
        let groups: Vec<&[usize]> = clusters.iter().collect();
        assert_eq!(groups, [&[0, 2][..], &[1], &[3]]);
    }

    #[test]
    fn rows_of_a_cluster_are_drawn_together() {
        let clusters = Clusters::of_ids(&[0, 1, 0, 2, 1, 0]);
        let counts = clusters.counts(5, 3);
        assert_eq!((counts[0], counts[0], counts[1]), (counts[2], counts[5], counts[4]));
        let drawn = counts[0] + counts[1] + counts[3];
        assert_eq!(drawn, 3);
    }
}
