//! Drivers as one matrix of standardised rows, and the weighted cross products that likelihoods need.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::factor::Factor;
use crate::ols::full_rank;
use crate::{Column, Refusal};

/// Columns are padded to whole tiles of this side, so that the product runs without a remainder.
const TILE: usize = 4;
/// Rows that stay in the nearest cache while the tiles pass over them.
const BLOCK: usize = 128;
/// Smallest pivot of the correlation matrix with which cross products are exact enough: condition 1e4.
const WELL_CONDITIONED: f64 = 1e-8;
/// Spread, as a share of the largest value, at the level of rounding.
const ROUNDING: f64 = 1e-14;

/// What stands for the level of the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// A column of ones; the drivers are centred.
    Intercept,
    /// No column, since the likelihood does not depend on it; the drivers are centred.
    Free,
    /// No column; the drivers stay as they are.
    None,
}

/// The rows, standardised: coefficients of the columns as given are `transform` times those of these columns.
pub(crate) struct Design {
    rows: usize,
    width: usize,
    stride: usize,
    /// Row by row, each padded with zeros to `stride`.
    values: Vec<f64>,
    pub(crate) transform: DMatrix<f64>,
    /// Logarithm of the determinant of the inverse of `transform`.
    pub(crate) log_scale: f64,
    /// Means of the drivers; zeros where they are not centred.
    pub(crate) means: Vec<f64>,
    /// Standard deviations of the drivers.
    pub(crate) spreads: Vec<f64>,
}

/// How a column is standardised: `(x unit - centre) / spread`.
#[derive(Clone, Copy)]
struct Scale {
    /// A power of two that keeps the squares in the range of numbers.
    unit: f64,
    /// Mean of the column times `unit`; 0 where it is not centred.
    centre: f64,
    /// One over the standard deviation of the column times `unit`.
    inverse_spread: f64,
}

impl Scale {
    /// `None` for a column without spread.
    fn of(column: &[f64], centred: bool) -> Option<Self> {
        let largest = column.iter().fold(0.0_f64, |most, value| value.abs().max(most));
        if largest <= 0.0 {
            return None;
        }
        // Exact: only the exponent changes.
        let unit = (-largest.log2().floor()).clamp(-1020.0, 1020.0).exp2();
        let rows = column.len() as f64;
        let centre = if centred { mean(column, unit) } else { 0.0 };
        let freedom = if centred { (rows - 1.0).max(1.0) } else { rows };
        let spread = (square_sum(column, unit, centre) / freedom).sqrt();
        let found = Self { unit, centre, inverse_spread: 1.0 / spread };
        (spread > ROUNDING).then_some(found)
    }

    fn apply(&self, value: f64) -> f64 {
        (value * self.unit - self.centre) * self.inverse_spread
    }
}

/// Mean of the values times `unit`, corrected by the mean of what is left about it.
fn mean(values: &[f64], unit: f64) -> f64 {
    let about = |centre: f64| {
        let mut sums = [0.0; 8];
        let chunks = values.chunks_exact(8);
        let rest: f64 = chunks.remainder().iter().map(|value| value * unit - centre).sum();
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value * unit - centre;
            }
        }
        (sums.iter().sum::<f64>() + rest) / values.len() as f64
    };
    let first = about(0.0);
    first + about(first)
}

/// Sum of squares of the values times `unit` about `centre`.
fn square_sum(values: &[f64], unit: f64, centre: f64) -> f64 {
    let mut sums = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|value| (value * unit - centre).powi(2)).sum();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += (value * unit - centre).powi(2);
        }
    }
    sums.iter().sum::<f64>() + rest
}

impl Design {
    /// Standardises the drivers and puts the rows into `order`, if one is given.
    ///
    /// Where the columns are close to dependent, they are replaced by orthogonal ones, so that a cross product
    /// loses no digits; dependent ones are refused.
    pub(crate) fn new(drivers: &[&[f64]], level: Level, order: Option<&[usize]>) -> Result<Self, Refusal> {
        let rows = drivers.first().map_or(0, |column| column.len());
        let first = usize::from(level == Level::Intercept);
        let width = drivers.len() + first;
        let mut transform = DMatrix::identity(width, width);
        let mut log_scale = 0.0;
        let (mut means, mut spreads) = (Vec::with_capacity(drivers.len()), Vec::with_capacity(drivers.len()));
        let mut scales = Vec::with_capacity(drivers.len());
        for (index, column) in drivers.iter().enumerate() {
            let scale = Scale::of(column, level != Level::None)
                .ok_or(Refusal::NoVariance { column: Column::Driver(index) })?;
            let inverse = scale.unit * scale.inverse_spread;
            if level == Level::Intercept {
                transform[(0, index + 1)] = -scale.centre * scale.inverse_spread;
            }
            transform[(index + first, index + first)] = inverse;
            log_scale -= inverse.ln();
            means.push(scale.centre / scale.unit);
            spreads.push(1.0 / inverse);
            scales.push(scale);
        }
        let stride = width.next_multiple_of(TILE);
        let values = vec![0.0; rows * stride];
        let mut design = Self { rows, width, stride, values, transform, log_scale, means, spreads };
        let mut places = vec![0; if order.is_some() { rows } else { 0 }];
        for (position, row) in order.into_iter().flatten().enumerate() {
            places[*row] = position;
        }
        design.fill(drivers, &scales, first, &places);
        if !design.is_well_conditioned() {
            let mut columns: Vec<Vec<f64>> = Vec::with_capacity(width);
            columns.extend((level == Level::Intercept).then(|| vec![1.0; rows]));
            let standardised = drivers
                .iter()
                .zip(&scales)
                .map(|(column, scale)| column.iter().map(|value| scale.apply(*value)).collect());
            columns.extend(standardised);
            full_rank(&columns, level == Level::Intercept)?;
            design.orthogonalise(columns, level == Level::Intercept, &places)?;
        }
        Ok(design)
    }

    /// Writes columns row by row, each row to its place (its own, if `places` is empty): a block of rows is put
    /// together in the nearest cache, so that the columns are read from end to end.
    fn fill(&mut self, columns: &[&[f64]], scales: &[Scale], first: usize, places: &[usize]) {
        let stride = self.stride;
        let mut block = vec![0.0; BLOCK * stride];
        for begin in (0..self.rows).step_by(BLOCK) {
            let end = (begin + BLOCK).min(self.rows);
            for row in block.chunks_exact_mut(stride) {
                row[..first].fill(1.0);
            }
            for (k, (column, scale)) in columns.iter().zip(scales).enumerate() {
                for (row, value) in block.chunks_exact_mut(stride).zip(&column[begin..end]) {
                    row[first + k] = scale.apply(*value);
                }
            }
            for (row, values) in (begin..end).zip(block.chunks_exact(stride)) {
                let place = places.get(row).copied().unwrap_or(row);
                self.values[place * stride..(place + 1) * stride].copy_from_slice(values);
            }
        }
    }

    fn is_well_conditioned(&self) -> bool {
        let gram = self.gram(&vec![1.0 / self.rows as f64; self.rows]);
        Cholesky::new(gram).is_some_and(|factor| {
            factor.l_dirty().diagonal().iter().all(|pivot| pivot * pivot > WELL_CONDITIONED)
        })
    }

    fn orthogonalise(
        &mut self,
        columns: Vec<Vec<f64>>,
        pinned: bool,
        places: &[usize],
    ) -> Result<(), Refusal> {
        let factor = Factor::new(columns, pinned).map_err(|_| Refusal::OutOfRange)?;
        let unit = (self.rows as f64).sqrt();
        let q = factor.thin_q();
        let back = factor.back_transform() * unit;
        let determinant = back.clone().lu().u().diagonal().iter().map(|pivot| pivot.abs().ln()).sum::<f64>();
        self.transform = &self.transform * back;
        self.log_scale -= determinant;
        let columns: Vec<&[f64]> = q.iter().map(Vec::as_slice).collect();
        let scale = Scale { unit, centre: 0.0, inverse_spread: 1.0 };
        self.fill(&columns, &vec![scale; columns.len()], 0, places);
        Ok(())
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The values of one row, and zeros after them.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride..(row + 1) * self.stride]
    }

    /// Length of a row with its padding.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// The squared length of the coefficients of standardised drivers (not of the intercept) as a quadratic
    /// form in those of the columns.
    pub(crate) fn length(&self) -> DMatrix<f64> {
        let first = self.width - self.spreads.len();
        let scaled = DMatrix::from_fn(self.spreads.len(), self.width, |k, j| {
            self.spreads[k] * self.transform[(k + first, j)]
        });
        scaled.transpose() * scaled
    }

    /// What turns coefficients of the columns as given into those of these columns.
    pub(crate) fn inverse_transform(&self) -> Option<DMatrix<f64>> {
        self.transform.clone().lu().solve(&DMatrix::identity(self.width, self.width))
    }

    /// `Xb`.
    pub(crate) fn predict(&self, coefficients: &DVector<f64>) -> Vec<f64> {
        let mut padded = vec![0.0; self.stride];
        padded[..self.width].copy_from_slice(coefficients.as_slice());
        self.values.chunks_exact(self.stride).map(|row| product(row, &padded)).collect()
    }

    /// `X'r`.
    pub(crate) fn product(&self, r: &[f64]) -> DVector<f64> {
        let mut sums = vec![0.0; self.stride];
        for (row, r) in self.values.chunks_exact(self.stride).zip(r) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x * r;
            }
        }
        DVector::from_column_slice(&sums[..self.width])
    }

    /// `X' diag(w) X`.
    pub(crate) fn gram(&self, weights: &[f64]) -> DMatrix<f64> {
        let mut total = Gram::new(self.width);
        total.add(&self.values, weights);
        total.matrix()
    }

    /// `|L^-1 x|²` of each row, where `LL'` is the factored matrix.
    pub(crate) fn norms(&self, factor: &Cholesky<f64, Dyn>) -> Vec<f64> {
        let inverse = lower_inverse(factor);
        let mut padded = vec![0.0; self.stride * self.width];
        for (k, target) in padded.chunks_exact_mut(self.stride).enumerate() {
            for (j, value) in target.iter_mut().enumerate().take(k + 1) {
                *value = inverse[(k, j)];
            }
        }
        let length = |x: &[f64]| -> f64 {
            let lines = padded.chunks_exact(self.stride).zip((1..).map(|k: usize| k.next_multiple_of(TILE)));
            lines.map(|(line, end)| product(&line[..end], &x[..end]).powi(2)).sum()
        };
        self.values.chunks_exact(self.stride).map(length).collect()
    }
}

/// Inner product of two padded rows.
fn product(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; TILE];
    for (a, b) in a.chunks_exact(TILE).zip(b.chunks_exact(TILE)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// `L^-1`.
pub(crate) fn lower_inverse(factor: &Cholesky<f64, Dyn>) -> DMatrix<f64> {
    let l = factor.l();
    let mut inverse = DMatrix::identity(l.nrows(), l.nrows());
    // A Cholesky factor has no zero on its diagonal.
    l.solve_lower_triangular_mut(&mut inverse);
    inverse
}

/// A sum of `w x x'` over padded rows: only the tiles on and above the diagonal are kept.
pub(crate) struct Gram {
    width: usize,
    stride: usize,
    tiles: Vec<[[f64; TILE]; TILE]>,
}

impl Gram {
    pub(crate) fn new(width: usize) -> Self {
        let side = width.div_ceil(TILE);
        Self { width, stride: side * TILE, tiles: vec![[[0.0; TILE]; TILE]; side * (side + 1) / 2] }
    }

    /// Adds rows with their weights.
    pub(crate) fn add(&mut self, rows: &[f64], weights: &[f64]) {
        let side = self.stride / TILE;
        for (block, weights) in rows.chunks(BLOCK * self.stride).zip(weights.chunks(BLOCK)) {
            let mut tiles = self.tiles.iter_mut();
            for j in 0..side {
                for k in j..side {
                    if let Some(tile) = tiles.next() {
                        add_tile(tile, block, self.stride, weights, (j * TILE, k * TILE));
                    }
                }
            }
        }
    }

    pub(crate) fn matrix(&self) -> DMatrix<f64> {
        let side = self.stride / TILE;
        let mut matrix = DMatrix::zeros(self.width, self.width);
        let mut tiles = self.tiles.iter();
        for j in 0..side {
            for k in j..side {
                let Some(tile) = tiles.next() else { return matrix };
                for (a, line) in tile.iter().enumerate() {
                    for (b, value) in line.iter().enumerate() {
                        let (row, column) = (j * TILE + a, k * TILE + b);
                        if row < self.width && column < self.width {
                            matrix[(row, column)] = *value;
                            matrix[(column, row)] = *value;
                        }
                    }
                }
            }
        }
        matrix
    }
}

fn add_tile(
    tile: &mut [[f64; TILE]; TILE],
    rows: &[f64],
    stride: usize,
    weights: &[f64],
    (j, k): (usize, usize),
) {
    let mut sums = *tile;
    for (row, weight) in rows.chunks_exact(stride).zip(weights) {
        let (Some(left), Some(right)) = (row[j..].first_chunk::<TILE>(), row[k..].first_chunk::<TILE>())
        else {
            return;
        };
        for (line, a) in sums.iter_mut().zip(left) {
            let scaled = a * weight;
            for (sum, b) in line.iter_mut().zip(right) {
                *sum += scaled * b;
            }
        }
    }
    *tile = sums;
}
