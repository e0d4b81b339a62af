//! Taking the levels of units, and of periods, out of a column, exactly.
//!
//! The levels of the larger side are means. Those of the smaller side solve the normal equations that remain
//! (a Laplacian of the graph that joins the two), so that nothing is iterated to a tolerance and missing rows
//! make no difference.

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::bootstrap::Clusters;
use crate::{Count, Refusal};

use super::dense;

/// Levels of the smaller side that are solved for at most.
const LEVELS: usize = 3_000;

/// The levels to take out.
pub(super) struct Absorber {
    /// The side that is taken out by means: the units, or whichever has more levels.
    large: Vec<usize>,
    sizes: Vec<f64>,
    second: Option<Second>,
}

struct Second {
    /// Level of the smaller side of each row.
    small: Vec<usize>,
    /// One level in each connected part stays at 0, since only differences can be told.
    reference: Vec<bool>,
    factor: Cholesky<f64, Dyn>,
}

impl Absorber {
    /// Levels of one side, or of two.
    pub(super) fn new(units: &[usize], second: Option<&[i64]>) -> Result<Self, Refusal> {
        let (units, count) = dense(units.iter().copied());
        let Some(second) = second else {
            return Ok(Self { sizes: sizes(&units, count), large: units, second: None });
        };
        let (periods, periods_count) = dense(second.iter().copied());
        let (large, larger, small, smaller) = if count >= periods_count {
            (units, count, periods, periods_count)
        } else {
            (periods, periods_count, units, count)
        };
        if smaller > LEVELS {
            let (have, limit) = (smaller as f64, LEVELS as f64);
            return Err(Refusal::TooMany { what: Count::Periods, have, limit });
        }
        let second = Second::new(&large, small, smaller)?;
        Ok(Self { sizes: sizes(&large, larger), large, second: Some(second) })
    }

    /// How many parameters the levels are.
    pub(super) fn rank(&self) -> usize {
        let second = self.second.as_ref();
        self.sizes.len() + second.map_or(0, |second| second.reference.iter().filter(|fixed| !**fixed).count())
    }

    /// The column without the levels.
    pub(super) fn absorb(&self, column: &[f64]) -> Vec<f64> {
        let mut rest = column.to_vec();
        // The second pass takes out what rounding has left of large levels.
        for _ in 0..2 {
            self.subtract_means(&mut rest);
            if let Some(second) = &self.second {
                let mut sums = DVector::zeros(second.reference.len());
                for (value, level) in rest.iter().zip(&second.small) {
                    sums[*level] += value;
                }
                for (sum, fixed) in sums.iter_mut().zip(&second.reference) {
                    if *fixed {
                        *sum = 0.0;
                    }
                }
                second.factor.solve_mut(&mut sums);
                for (value, level) in rest.iter_mut().zip(&second.small) {
                    *value -= sums[*level];
                }
                self.subtract_means(&mut rest);
            }
        }
        rest
    }

    fn subtract_means(&self, column: &mut [f64]) {
        let mut means = vec![0.0; self.sizes.len()];
        for (value, level) in column.iter().zip(&self.large) {
            means[*level] += value;
        }
        for (mean, size) in means.iter_mut().zip(&self.sizes) {
            *mean /= size;
        }
        for (value, level) in column.iter_mut().zip(&self.large) {
            *value -= means[*level];
        }
    }
}

impl Second {
    fn new(large: &[usize], small: Vec<usize>, levels: usize) -> Result<Self, Refusal> {
        let mut laplacian = DMatrix::zeros(levels, levels);
        let mut parent: Vec<usize> = (0..levels).collect();
        for rows in Clusters::of_ids(large).iter() {
            let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
            for row in rows {
                *counts.entry(small[*row]).or_default() += 1.0;
            }
            let size = rows.len() as f64;
            let first = counts.keys().next().copied();
            for (a, count) in &counts {
                laplacian[(*a, *a)] += count;
                for (b, other) in &counts {
                    laplacian[(*a, *b)] -= count * other / size;
                }
                if let Some(first) = first {
                    let (root, own) = (find(&mut parent, first), find(&mut parent, *a));
                    parent[own.max(root)] = own.min(root);
                }
            }
        }
        let reference: Vec<bool> = (0..levels).map(|level| find(&mut parent, level) == level).collect();
        for level in (0..levels).filter(|level| reference[*level]) {
            laplacian.row_mut(level).fill(0.0);
            laplacian.column_mut(level).fill(0.0);
            laplacian[(level, level)] = 1.0;
        }
        let factor = Cholesky::new(laplacian).ok_or(Refusal::NotConverged)?;
        Ok(Self { small, reference, factor })
    }
}

/// The smallest level that a level is joined with.
fn find(parent: &mut [usize], mut level: usize) -> usize {
    while parent[level] != level {
        parent[level] = parent[parent[level]];
        level = parent[level];
    }
    level
}

fn sizes(levels: &[usize], count: usize) -> Vec<f64> {
    let mut sizes = vec![0.0; count];
    for level in levels {
        sizes[*level] += 1.0;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels of units and periods in two parts that never meet, rows missing, go to 0, and their count is
    /// 4 + 5 - 2.
    #[test]
    fn levels_of_an_unbalanced_panel_in_two_parts_go_to_zero() {
        let units = [0, 0, 1, 1, 1, 2, 2, 3, 3];
        let periods = [1, 2, 1, 2, 3, 8, 9, 8, 9];
        let absorber = Absorber::new(&units, Some(&periods)).unwrap();
        assert_eq!(absorber.rank(), 7);
        let level = |unit: usize, period: i64| 1e6 * (unit as f64).sin() + (period as f64).exp();
        let column: Vec<f64> = units.iter().zip(&periods).map(|(u, p)| level(*u, *p)).collect();
        assert!(absorber.absorb(&column).iter().all(|rest| rest.abs() < 1e-9));
    }

    /// Two by two: what is left is a quarter of the interaction.
    #[test]
    fn two_by_two_by_hand() {
        let absorber = Absorber::new(&[0, 0, 1, 1], Some(&[1, 2, 1, 2])).unwrap();
        let rest = absorber.absorb(&[1.0, 2.0, 3.0, 8.0]);
        for (found, expected) in rest.iter().zip([1.0, -1.0, -1.0, 1.0]) {
            assert!((found - expected).abs() < 1e-14);
        }
    }
}
