//! Moments of resampled rows: the only step of a bootstrap whose cost grows with the rows.

use crate::factor::sum;
use crate::{Column, Refusal};

/// Side of the square of cross-products that is kept in registers.
const TILE: usize = 4;
/// Rows that are packed together, so that they stay in the nearest cache while all tiles pass over them.
const BLOCK: usize = 64;

/// Columns at mean 0 and standard deviation 1, stored row by row.
pub(crate) struct Rows {
    count: usize,
    columns: usize,
    /// Tiles per row; the last one is filled up with zeros.
    tiles: usize,
    values: Vec<[f64; TILE]>,
    weights: Option<Vec<f64>>,
    /// Mean of each column in its own unit.
    means: Vec<f64>,
    /// Standard deviation of each column in its own unit.
    sds: Vec<f64>,
}

/// Weighted moments of the standardised columns.
pub(crate) struct Moments {
    columns: usize,
    /// Rows less one, or the sum of the weights where there are any.
    freedom: f64,
    /// Means.
    means: Vec<f64>,
    /// Centred sums of products, row by row.
    products: Vec<f64>,
}

impl Rows {
    /// Standardises the columns; `name` says what a column is called in a refusal.
    ///
    /// # Errors
    ///
    /// Refuses constant columns and columns whose standard deviation is no number.
    pub(crate) fn new(
        columns: &[&[f64]],
        weights: Option<&[f64]>,
        name: impl Fn(usize) -> Column,
    ) -> Result<Self, Refusal> {
        let rows = columns.first().map_or(0, |column| column.len());
        let tiles = columns.len().div_ceil(TILE);
        let mut values = vec![[0.0; TILE]; rows * tiles];
        let (mut means, mut sds) = (Vec::new(), Vec::new());
        // Weights count by their ratios only; sums of huge ones would leave the range of numbers.
        let weights: Option<Vec<f64>> = weights.map(|weights| {
            let largest = weights.iter().fold(0.0_f64, |most, weight| weight.max(most));
            weights.iter().map(|weight| weight / largest).collect()
        });
        let total = weights.as_ref().map_or(rows as f64, |weights| sum(weights));
        let freedom = if weights.is_some() { total } else { total - 1.0 };
        for (index, column) in columns.iter().enumerate() {
            // Squares of huge and tiny values would leave the range of numbers.
            let largest = column.iter().fold(0.0_f64, |most, value| value.abs().max(most));
            let weigh = |term: &dyn Fn(f64) -> f64| -> f64 {
                let terms: Vec<f64> = match &weights {
                    Some(weights) => {
                        column.iter().zip(weights).map(|(value, w)| w * term(value / largest)).collect()
                    }
                    None => column.iter().map(|value| term(value / largest)).collect(),
                };
                sum(&terms)
            };
            let mean = weigh(&|value| value) / total;
            let sd = (weigh(&|value| (value - mean).powi(2)) / freedom).sqrt();
            // A spread at the level of rounding of the values themselves is none.
            if largest == 0.0 || !sd.is_finite() || sd <= 1e-14 {
                return Err(Refusal::NoVariance { column: name(index) });
            }
            for (row, value) in column.iter().enumerate() {
                values[row * tiles + index / TILE][index % TILE] = (value / largest - mean) / sd;
            }
            means.push(mean * largest);
            sds.push(sd * largest);
        }
        if sds.iter().chain(&means).any(|value| !value.is_finite()) || sds.contains(&0.0) {
            return Err(Refusal::OutOfRange);
        }
        Ok(Self { count: rows, columns: columns.len(), tiles, values, weights, means, sds })
    }

    pub(crate) fn means(&self) -> &[f64] {
        &self.means
    }

    pub(crate) fn sds(&self) -> &[f64] {
        &self.sds
    }

    /// Moments where each row counts as often as `counts` says, or once.
    pub(crate) fn moments(&self, counts: Option<&[u32]>) -> Moments {
        let (columns, tiles) = (self.columns, self.tiles);
        let mut plain = vec![[0.0; TILE]; tiles * BLOCK];
        let mut weighted = plain.clone();
        let mut sums = vec![[0.0; TILE]; tiles];
        let mut products = vec![[[0.0; TILE]; TILE]; tiles * tiles];
        let (mut total, mut filled) = (0.0, 0);
        for row in 0..self.count {
            let count = counts.map_or(1.0, |counts| f64::from(counts[row]));
            let weight = self.weights.as_ref().map_or(count, |weights| weights[row] * count);
            if weight == 0.0 {
                continue;
            }
            total += weight;
            for (tile, value) in self.values[row * tiles..(row + 1) * tiles].iter().enumerate() {
                let scaled = value.map(|value| value * weight);
                plain[tile * BLOCK + filled] = *value;
                weighted[tile * BLOCK + filled] = scaled;
                for (sum, value) in sums[tile].iter_mut().zip(scaled) {
                    *sum += value;
                }
            }
            filled += 1;
            if filled == BLOCK {
                accumulate(&plain, &weighted, filled, &mut products, tiles);
                filled = 0;
            }
        }
        accumulate(&plain, &weighted, filled, &mut products, tiles);
        let means: Vec<f64> = (0..columns).map(|j| sums[j / TILE][j % TILE] / total).collect();
        let mut centred = vec![0.0; columns * columns];
        for j in 0..columns {
            for k in j..columns {
                let product = products[j / TILE * tiles + k / TILE][j % TILE][k % TILE];
                let value = product - total * means[j] * means[k];
                centred[j * columns + k] = value;
                centred[k * columns + j] = value;
            }
        }
        let freedom = if self.weights.is_some() { total } else { total - 1.0 };
        Moments { columns, freedom, means, products: centred }
    }
}

/// Adds the products of the packed rows, tile by tile, above the diagonal.
fn accumulate(
    plain: &[[f64; TILE]],
    weighted: &[[f64; TILE]],
    filled: usize,
    products: &mut [[[f64; TILE]; TILE]],
    tiles: usize,
) {
    for left in 0..tiles {
        let a = &weighted[left * BLOCK..left * BLOCK + filled];
        for right in left..tiles {
            let b = &plain[right * BLOCK..right * BLOCK + filled];
            let mut sums = [[0.0; TILE]; TILE];
            for (a, b) in a.iter().zip(b) {
                for (sums, a) in sums.iter_mut().zip(a) {
                    for (sum, b) in sums.iter_mut().zip(b) {
                        *sum += a * b;
                    }
                }
            }
            let target = products[left * tiles + right].iter_mut().flatten();
            for (target, sum) in target.zip(sums.iter().flatten()) {
                *target += sum;
            }
        }
    }
}

impl Moments {
    /// Mean of a column, in the unit of the standardised column.
    pub(crate) fn mean(&self, column: usize) -> f64 {
        self.means[column]
    }

    /// Standard deviation of a column (divisor n - 1, or the sum of the weights), likewise.
    pub(crate) fn sd(&self, column: usize) -> f64 {
        (self.products[column * self.columns + column] / self.freedom).sqrt()
    }

    /// The correlation matrix, row by row; `None` if a column is constant in this sample.
    pub(crate) fn correlations(&self) -> Option<Vec<f64>> {
        let p = self.columns;
        let roots: Vec<f64> = (0..p).map(|j| self.products[j * p + j].sqrt()).collect();
        // In the full sample this is the whole; rounding leaves about 1e-16 of the square for a constant column.
        let least = 1e-7 * self.freedom.max(0.0).sqrt();
        if roots.iter().any(|root| root.is_nan() || *root <= least) {
            return None;
        }
        let mut correlations = vec![1.0; p * p];
        for j in 0..p {
            for k in 0..p {
                if j != k {
                    correlations[j * p + k] = self.products[j * p + k] / (roots[j] * roots[k]);
                }
            }
        }
        Some(correlations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampled_moments_are_those_of_the_repeated_rows() {
        let a: Vec<f64> = (0..150).map(|i| f64::from(i * 37 % 101)).collect();
        let b: Vec<f64> = (0..150).map(|i| f64::from(i * i % 89)).collect();
        let counts: Vec<u32> = (0..150).map(|i| i % 3).collect();
        let name = Column::Driver;
        let rows = Rows::new(&[&a, &b], None, name).map_err(|refusal| refusal.code());
        let repeat = |column: &[f64]| -> Vec<f64> {
            column.iter().zip(&counts).flat_map(|(v, c)| std::iter::repeat_n(*v, *c as usize)).collect()
        };
        let (long_a, long_b) = (repeat(&a), repeat(&b));
        let long = Rows::new(&[&long_a, &long_b], None, name).map_err(|refusal| refusal.code());
        let (Ok(rows), Ok(long)) = (rows, long) else { panic!("columns vary") };
        let moments = rows.moments(Some(&counts));
        assert!((rows.means()[0] + rows.sds()[0] * moments.mean(0) - long.means()[0]).abs() < 1e-12);
        assert!((rows.sds()[1] * moments.sd(1) - long.sds()[1]).abs() < 1e-12);
        let (r, expected) = (moments.correlations(), long.moments(None).correlations());
        let off = |matrix: Option<Vec<f64>>| matrix.map_or(f64::NAN, |matrix| matrix[1]);
        assert!((off(r) - off(expected)).abs() < 1e-13);
    }
}
