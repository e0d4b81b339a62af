//! Shares of R-squared from a correlation matrix: all subsets, or a sample of orders of entry.

use crate::bootstrap::replicates;
use crate::random::SplitMix64;

/// Drivers up to which all subsets are looked at.
pub(crate) const EXACT: usize = 20;
const SIDE: usize = EXACT + 1;

/// What is left of each later column once a subset is known; only the upper triangle is filled.
type Left = [[f64; SIDE]; SIDE];

/// LMG shares of at most [`EXACT`] drivers, exactly; `correlations` has the outcome last.
///
/// Subsets are visited depth first, and a subset extends only by later drivers, so that one elimination step
/// serves all its extensions: about `3 × 2^p` multiplications in all. Written by subsets `T` that hold the
/// driver,
/// `LMG_j = sum over T with j of (w(|T| - 1) + w(|T|)) R2(T) - sum over all T of w(|T|) R2(T)` with
/// `w(s) = s! (p - 1 - s)! / p!`, so each subtree adds one number to the driver at its root and no table of
/// subsets is kept.
pub(crate) fn exact(correlations: &[f64], p: usize) -> Vec<f64> {
    let mut levels = vec![[[0.0; SIDE]; SIDE]; p.max(1)];
    for j in 0..p {
        levels[0][j][..=p].copy_from_slice(&correlations[j * (p + 1)..(j + 1) * (p + 1)]);
    }
    let mut search =
        Search { p, without: [0.0; SIDE + 1], with: [0.0; SIDE + 1], shares: [0.0; SIDE], common: 0.0 };
    search.without[0] = 1.0 / p as f64;
    for size in 1..p {
        search.without[size] = search.without[size - 1] * size as f64 / (p - size) as f64;
    }
    for size in 1..=p {
        search.with[size] = search.without[size - 1] + search.without[size];
    }
    search.descend(&mut levels, 0, 0, 0.0);
    search.shares[..p].iter().map(|share| share - search.common).collect()
}

struct Search {
    p: usize,
    /// `w(s)`; 0 for the full set.
    without: [f64; SIDE + 1],
    /// `w(s - 1) + w(s)`.
    with: [f64; SIDE + 1],
    shares: [f64; SIDE],
    common: f64,
}

impl Search {
    /// Takes a subset of `size` drivers that explains `explained`; returns its weight.
    fn visit(&mut self, size: usize, explained: f64) -> f64 {
        self.common += self.without[size] * explained;
        self.with[size] * explained
    }

    /// Extends a subset by each driver from `first` on and returns the weights of all extensions.
    fn descend(&mut self, levels: &mut [Left], first: usize, size: usize, explained: f64) -> f64 {
        let p = self.p;
        let Some((left, rest)) = levels.split_first_mut() else { return 0.0 };
        let mut total = 0.0;
        for driver in first..p {
            let row = &left[driver];
            let inverse = 1.0 / row[driver];
            let known = explained + row[p] * row[p] * inverse;
            let mut weight = self.visit(size + 1, known);
            // The last driver has no extension, the one before it a single one.
            if driver + 2 == p {
                let last = p - 1;
                let factor = row[last] * inverse;
                let (own, joint) = (left[last][last] - factor * row[last], left[last][p] - factor * row[p]);
                let both = self.visit(size + 2, known + joint * joint / own);
                self.shares[last] += both;
                weight += both;
            } else if driver + 2 < p
                && let Some(next) = rest.first_mut()
            {
                for later in driver + 1..p {
                    let factor = row[later] * inverse;
                    let cells = next[later][later..=p].iter_mut().zip(&left[later][later..=p]);
                    for ((cell, old), pivot) in cells.zip(&row[later..=p]) {
                        *cell = old - factor * pivot;
                    }
                }
                weight += self.descend(rest, driver + 1, size + 1, known);
            }
            self.shares[driver] += weight;
            total += weight;
        }
        total
    }
}

/// A mean over random orders of entry, with its standard error.
pub(crate) struct Sampled {
    pub(crate) shares: Vec<f64>,
    pub(crate) errors: Vec<f64>,
}

/// Shares as the mean gain over `orders` random orders of entry. The orders depend on the seed alone, so that
/// two correlation matrices are compared on the same ones.
pub(crate) fn sampled(correlations: &[f64], p: usize, orders: usize, seed: u64) -> Sampled {
    let gains = replicates(orders, |order| {
        let mut random = SplitMix64::for_replicate(seed, order, p as u64);
        let mut entry: Vec<usize> = (0..=p).collect();
        for last in (1..p).rev() {
            entry.swap(last, random.index(last + 1));
        }
        gains(correlations, &entry)
    });
    let count = orders as f64;
    let mean = |j: usize| gains.iter().map(|gain| gain[j]).sum::<f64>() / count;
    let shares: Vec<f64> = (0..p).map(mean).collect();
    let errors = shares.iter().enumerate().map(|(j, mean)| {
        let squares: f64 = gains.iter().map(|gain| (gain[j] - mean).powi(2)).sum();
        (squares / (count - 1.0) / count).sqrt()
    });
    let errors = errors.collect();
    Sampled { shares, errors }
}

/// What each driver adds to R-squared when drivers enter in the order of `entry`, which ends with the outcome.
fn gains(correlations: &[f64], entry: &[usize]) -> Vec<f64> {
    let side = entry.len();
    let mut left = Vec::with_capacity(side * side);
    for j in entry {
        left.extend(entry.iter().map(|k| correlations[j * side + k]));
    }
    let mut gains = vec![0.0; side - 1];
    for step in 0..side - 1 {
        let (above, below) = left.split_at_mut((step + 1) * side);
        let pivot = &above[step * side..];
        let inverse = 1.0 / pivot[step];
        gains[entry[step]] = pivot[side - 1] * pivot[side - 1] * inverse;
        for (offset, row) in below.chunks_exact_mut(side).take(side - 2 - step).enumerate() {
            let later = step + 1 + offset;
            let factor = pivot[later] * inverse;
            for (cell, pivot) in row[later..].iter_mut().zip(&pivot[later..]) {
                *cell -= factor * pivot;
            }
        }
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlations of `p` drivers and an outcome that share a common part; the outcome stands last.
    fn correlations(p: usize, seed: u64) -> Vec<f64> {
        let mut random = SplitMix64::new(seed);
        let loadings: Vec<f64> = (0..=p).map(|_| 0.9 * random.uniform()).collect();
        let pair = |j: usize, k: usize| if j == k { 1.0 } else { loadings[j] * loadings[k] };
        (0..=p).flat_map(|j| (0..=p).map(move |k| (j, k))).map(|(j, k)| pair(j, k)).collect()
    }

    fn orders(p: usize) -> Vec<Vec<usize>> {
        if p == 0 {
            return vec![Vec::new()];
        }
        let shorter = orders(p - 1);
        shorter
            .iter()
            .flat_map(|order| (0..p).map(move |place| [&order[..place], &[p - 1], &order[place..]].concat()))
            .collect()
    }

    /// The definition itself: the mean gain over all 720 orders of six drivers.
    #[test]
    fn shares_from_subsets_are_the_means_over_all_orders() {
        for p in 1..=6 {
            let correlations = correlations(p, p as u64);
            let all = orders(p);
            let mut means = vec![0.0; p];
            for order in &all {
                let entry: Vec<usize> = order.iter().copied().chain([p]).collect();
                for (mean, gain) in means.iter_mut().zip(gains(&correlations, &entry)) {
                    *mean += gain / all.len() as f64;
                }
            }
            for (found, expected) in exact(&correlations, p).iter().zip(&means) {
                assert!((found - expected).abs() < 1e-13, "{p} drivers: {found} against {expected}");
            }
        }
    }

    #[test]
    fn sampled_orders_agree_with_all_subsets_within_their_error() {
        let correlations = correlations(14, 3);
        let (all, some) = (exact(&correlations, 14), sampled(&correlations, 14, 2_000, 42));
        assert!((all.iter().sum::<f64>() - some.shares.iter().sum::<f64>()).abs() < 1e-12);
        for ((exact, sampled), error) in all.iter().zip(&some.shares).zip(&some.errors) {
            assert!((exact - sampled).abs() < 4.0 * error && *error < 0.01, "{exact} {sampled} {error}");
        }
    }

    #[expect(clippy::print_stdout, reason = "a measurement")]
    #[test]
    #[ignore = "a measurement: shares of 12 and 20 drivers after the correlation matrix"]
    fn time_of_exact_shares() {
        for p in [12, 15, 20] {
            let correlations = correlations(p, 5);
            let start = std::time::Instant::now();
            let runs = if p == 20 { 5 } else { 100 };
            let sum: f64 = (0..runs).map(|_| exact(&correlations, p)[0]).sum();
            println!("p = {p}: {:.3} ms ({sum})", start.elapsed().as_secs_f64() * 1e3 / f64::from(runs));
        }
    }
}
