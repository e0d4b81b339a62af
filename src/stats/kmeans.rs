//! k-means with careful seeding, and how well clusters are apart.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::random::SplitMix64;
use crate::{Column, Count, Refusal};

/// Rows that are assigned at a time, so that their distances stay in the cache.
const BLOCK: usize = 512;
/// Rounds after which a start ends though rows still move; the sum of squares falls in each, so that only
/// rounding could keep it from ending before.
const ROUNDS: usize = 10_000;

/// A division of rows into clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clustering {
    /// Centre of each cluster, one value per column.
    pub centres: Vec<Vec<f64>>,
    /// Cluster of each row, from 0.
    pub labels: Vec<usize>,
    /// Rows in each cluster.
    pub sizes: Vec<usize>,
    /// Sum of squared distances of the rows to their centres.
    pub within: f64,
    /// Rounds in which a row changed its cluster.
    pub rounds: usize,
}

/// Lloyd's algorithm from the given centres until no row changes its cluster. A cluster that loses all rows is
/// given the row that is farthest from its centre.
///
/// # Errors
///
/// Refuses columns of different length, values that are not finite, no centre or more centres than rows.
///
/// # Source
///
/// Lloyd 1982, IEEE Transactions on Information Theory 28:129-137.
pub fn lloyd(columns: &[Vec<f64>], centres: Vec<Vec<f64>>) -> Result<Clustering, Refusal> {
    let rows = check(columns)?;
    if centres.is_empty() || centres.len() > rows {
        let (have, need) = (rows as f64, centres.len().max(1) as f64);
        return Err(Refusal::TooFew { what: Count::Observations, have, need });
    }
    if let Some(centre) = centres.iter().find(|centre| centre.len() != columns.len()) {
        return Err(Refusal::LengthMismatch { expected: columns.len(), found: centre.len() });
    }
    for centre in &centres {
        crate::ols::check_finite(centre, Column::Driver(0))?;
    }
    let found = run(columns, centres);
    if found.within.is_finite() { Ok(found) } else { Err(Refusal::OutOfRange) }
}

/// The best of `starts` runs of Lloyd's algorithm into `k` clusters, each from centres drawn among the rows with
/// a chance in proportion to the squared distance from the nearest centre drawn before. Start s draws k numbers
/// from its own place in the stream of `seed`.
///
/// # Errors
///
/// As [`lloyd`].
///
/// # Source
///
/// Arthur and Vassilvitskii 2007, *k-means++: the advantages of careful seeding*.
pub fn kmeans(columns: &[Vec<f64>], k: usize, starts: usize, seed: u64) -> Result<Clustering, Refusal> {
    let rows = check(columns)?;
    if k == 0 || k > rows {
        return Err(Refusal::TooFew { what: Count::Observations, have: rows as f64, need: k.max(1) as f64 });
    }
    let best = (0..starts.max(1) as u64)
        .into_par_iter()
        .map(|start| {
            let mut random = SplitMix64::for_replicate(seed, start, k as u64);
            (start, run(columns, seeded(columns, k, &mut random)))
        })
        .min_by(|a, b| a.1.within.total_cmp(&b.1.within).then(a.0.cmp(&b.0)));
    best.map(|(_, found)| found).filter(|found| found.within.is_finite()).ok_or(Refusal::OutOfRange)
}

/// Number of rows.
fn check(columns: &[Vec<f64>]) -> Result<usize, Refusal> {
    let Some(first) = columns.first() else {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    };
    for (position, column) in columns.iter().enumerate() {
        if column.len() != first.len() {
            return Err(Refusal::LengthMismatch { expected: first.len(), found: column.len() });
        }
        crate::ols::check_finite(column, Column::Driver(position))?;
    }
    Ok(first.len())
}

pub(crate) fn row_of(columns: &[Vec<f64>], row: usize) -> Vec<f64> {
    columns.iter().map(|column| column[row]).collect()
}

/// Centres by D-squared sampling.
pub(crate) fn seeded(columns: &[Vec<f64>], k: usize, random: &mut SplitMix64) -> Vec<Vec<f64>> {
    let rows = columns[0].len();
    let mut centres = vec![row_of(columns, random.index(rows))];
    let mut nearest = vec![f64::INFINITY; rows];
    let mut distances = vec![0.0; rows];
    while centres.len() < k {
        squared_distances(columns, 0, &centres[centres.len() - 1], &mut distances);
        for (nearest, distance) in nearest.iter_mut().zip(&distances) {
            *nearest = nearest.min(*distance);
        }
        let total: f64 = nearest.iter().sum();
        let mut left = random.uniform() * total;
        // The last row with any distance, if rounding leaves a trace after all.
        let mut drawn = 0;
        for (row, distance) in nearest.iter().enumerate().filter(|(_, distance)| **distance > 0.0) {
            drawn = row;
            left -= distance;
            if left < 0.0 {
                break;
            }
        }
        centres.push(row_of(columns, drawn));
    }
    centres
}

/// Squared distances of the rows from `start` on to a point, one column after another: the compiler turns that
/// into wide instructions.
pub(crate) fn squared_distances(columns: &[Vec<f64>], start: usize, point: &[f64], distances: &mut [f64]) {
    distances.fill(0.0);
    let end = start + distances.len();
    for (column, at) in columns.iter().zip(point) {
        for (distance, value) in distances.iter_mut().zip(&column[start..end]) {
            let apart = value - at;
            *distance += apart * apart;
        }
    }
}

pub(crate) fn run(columns: &[Vec<f64>], mut centres: Vec<Vec<f64>>) -> Clustering {
    let rows = columns[0].len();
    let mut labels = vec![usize::MAX; rows];
    let mut nearest = vec![0.0; rows];
    let mut rounds = 0;
    while assign(columns, &centres, &mut labels, &mut nearest) && rounds < ROUNDS {
        rounds += 1;
        update(columns, &mut centres, &mut labels, &mut nearest);
    }
    let mut sizes = vec![0; centres.len()];
    for label in &labels {
        sizes[*label] += 1;
    }
    Clustering { centres, labels, sizes, within: crate::factor::sum(&nearest), rounds }
}

/// Gives each row to its nearest centre, of equally near ones to the first; whether a row moved.
pub(crate) fn assign(
    columns: &[Vec<f64>],
    centres: &[Vec<f64>],
    labels: &mut [usize],
    nearest: &mut [f64],
) -> bool {
    let mut moved = false;
    // As wide as a distance, so that both fit the same wide instructions.
    let (mut distances, mut best) = ([0.0; BLOCK], [0_u64; BLOCK]);
    for (block, (labels, nearest)) in labels.chunks_mut(BLOCK).zip(nearest.chunks_mut(BLOCK)).enumerate() {
        let (distances, best) = (&mut distances[..labels.len()], &mut best[..labels.len()]);
        nearest.fill(f64::INFINITY);
        best.fill(0);
        for (cluster, centre) in (0_u64..).zip(centres) {
            squared_distances(columns, block * BLOCK, centre, distances);
            for ((nearest, best), distance) in nearest.iter_mut().zip(best.iter_mut()).zip(distances.iter()) {
                // A mask instead of a branch: which cluster is nearer cannot be foreseen, and a wrong guess costs
                // more than the distance.
                let closer = u64::from(*distance < *nearest).wrapping_neg();
                *best = (cluster & closer) | (*best & !closer);
                *nearest = nearest.min(*distance);
            }
        }
        for (label, best) in labels.iter_mut().zip(best.iter()) {
            let best = usize::try_from(*best).unwrap_or(0);
            moved |= *label != best;
            *label = best;
        }
    }
    moved
}

/// Puts each centre to the mean of its rows; an empty cluster takes the row farthest from its own centre.
fn update(columns: &[Vec<f64>], centres: &mut [Vec<f64>], labels: &mut [usize], nearest: &mut [f64]) {
    let mut counts = vec![0_usize; centres.len()];
    for label in labels.iter() {
        counts[*label] += 1;
    }
    for empty in 0..centres.len() {
        if counts[empty] > 0 {
            continue;
        }
        let farthest = (0..labels.len())
            .filter(|row| counts[labels[*row]] > 1 && nearest[*row] > 0.0)
            .max_by(|a, b| nearest[*a].total_cmp(&nearest[*b]).then(b.cmp(a)));
        if let Some(row) = farthest {
            counts[labels[row]] -= 1;
            counts[empty] = 1;
            labels[row] = empty;
            nearest[row] = 0.0;
        }
    }
    let mut sums = vec![0.0; centres.len()];
    for (position, column) in columns.iter().enumerate() {
        sums.fill(0.0);
        for (value, label) in column.iter().zip(labels.iter()) {
            sums[*label] += value;
        }
        for ((centre, sum), count) in centres.iter_mut().zip(&sums).zip(&counts) {
            if *count > 0 {
                centre[position] = sum / *count as f64;
            }
        }
    }
}

impl Clustering {
    /// Calinski and Harabasz' index, the variance between clusters over that within, each by its degrees of
    /// freedom; `None` for one cluster and where nothing varies within.
    ///
    /// # Source
    ///
    /// Caliński and Harabasz 1974, Communications in Statistics 3:1-27.
    pub fn calinski_harabasz(&self, total: f64) -> Option<f64> {
        let (n, k) = (self.labels.len() as f64, self.centres.len() as f64);
        let index = (total - self.within) / (k - 1.0) / (self.within / (n - k));
        Some(index).filter(|index| index.is_finite())
    }
}

/// Sum of squared distances of the rows to their common mean.
pub fn total_squares(columns: &[Vec<f64>]) -> Result<f64, Refusal> {
    let rows = check(columns)?;
    let spread = |column: &Vec<f64>| crate::measurement::variance(column) * (rows as f64 - 1.0);
    let total: f64 = if rows > 1 { columns.iter().map(spread).sum() } else { 0.0 };
    if total.is_finite() { Ok(total) } else { Err(Refusal::OutOfRange) }
}

/// Mean silhouette of each labelling, whose labels run from 0 and stay below the number of rows: how much nearer a row is to its own cluster than to the next, -1 to 1; a
/// row alone in its cluster counts 0. `None` for a labelling with fewer than two clusters. The distances, of
/// which there are as many as pairs of rows, are taken once for all labellings.
///
/// # Source
///
/// Rousseeuw 1987, Journal of Computational and Applied Mathematics 20:53-65.
pub fn silhouettes(columns: &[Vec<f64>], labellings: &[&[usize]]) -> Result<Vec<Option<f64>>, Refusal> {
    let rows = check(columns)?;
    if let Some(labels) = labellings.iter().find(|labels| labels.len() != rows) {
        return Err(Refusal::LengthMismatch { expected: rows, found: labels.len() });
    }
    if labellings.iter().any(|labels| labels.iter().any(|label| *label >= rows)) {
        return Err(Refusal::OutOfRange);
    }
    let sizes: Vec<Vec<usize>> = labellings
        .iter()
        .map(|labels| {
            let mut sizes = vec![0; labels.iter().max().map_or(0, |most| most + 1)];
            for label in *labels {
                sizes[*label] += 1;
            }
            sizes
        })
        .collect();
    let each: Vec<Vec<f64>> = (0..rows)
        .into_par_iter()
        .map_init(
            || vec![0.0; rows],
            |distances, row| {
                squared_distances(columns, 0, &row_of(columns, row), distances);
                for distance in distances.iter_mut() {
                    *distance = distance.sqrt();
                }
                labellings
                    .iter()
                    .zip(&sizes)
                    .map(|(labels, sizes)| silhouette(distances, labels, sizes, labels[row]))
                    .collect()
            },
        )
        .collect();
    Ok(sizes
        .iter()
        .enumerate()
        .map(|(position, sizes)| {
            let clusters = sizes.iter().filter(|size| **size > 0).count();
            let mean = each.iter().map(|values| values[position]).sum::<f64>() / rows as f64;
            (clusters > 1).then_some(mean).filter(|mean| mean.is_finite())
        })
        .collect())
}

fn silhouette(distances: &[f64], labels: &[usize], sizes: &[usize], own: usize) -> f64 {
    if sizes[own] < 2 {
        return 0.0;
    }
    let mut sums = vec![0.0; sizes.len()];
    for (distance, label) in distances.iter().zip(labels) {
        sums[*label] += distance;
    }
    let inside = sums[own] / (sizes[own] - 1) as f64;
    let outside = sums
        .iter()
        .zip(sizes)
        .enumerate()
        .filter(|(cluster, (_, size))| *cluster != own && **size > 0)
        .map(|(_, (sum, size))| sum / *size as f64)
        .fold(f64::INFINITY, f64::min);
    let larger = inside.max(outside);
    if larger > 0.0 { (outside - inside) / larger } else { 0.0 }
}

/// Agreement of two labellings of the same rows, corrected for chance: 1 if they are the same but for the
/// names, about 0 if they have nothing in common.
///
/// # Source
///
/// Hubert and Arabie 1985, Journal of Classification 2:193-218.
pub fn adjusted_rand(a: &[usize], b: &[usize]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let (mut cells, mut rows, mut columns) = (
        std::collections::HashMap::new(),
        std::collections::HashMap::new(),
        std::collections::HashMap::new(),
    );
    for (a, b) in a.iter().zip(b) {
        *cells.entry((*a, *b)).or_insert(0_u64) += 1;
        *rows.entry(*a).or_insert(0_u64) += 1;
        *columns.entry(*b).or_insert(0_u64) += 1;
    }
    let pairs = |count: u64| count as f64 * (count as f64 - 1.0) / 2.0;
    // Whole numbers below 2^53, so that the order of the sum does not matter.
    let both: f64 = cells.into_values().map(pairs).sum();
    let first: f64 = rows.into_values().map(pairs).sum();
    let second: f64 = columns.into_values().map(pairs).sum();
    let expected = first * second / pairs(a.len() as u64);
    let most = f64::midpoint(first, second);
    // Both put all rows together, or each row apart: the same.
    Some(if most - expected == 0.0 { 1.0 } else { (both - expected) / (most - expected) })
}
