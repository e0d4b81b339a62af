//! Orthonormal columns: by the products of columns where those hold enough digits, by QR of blocks where not.

use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};

use super::kernel::{Column as Values, TILE, add_products, mirror, transform};
use super::plan::{Plan, Sum, Tile, add_all};
use crate::factor::{Factor, Singular};
use crate::{Column, Refusal};

/// Condition number of the Gram matrix of scaled, centred columns up to which it may be used.
const WELL_CONDITIONED: f64 = 1e4;
/// Correlation with the outcome from which a driver counts as a copy of it.
const COPY: f64 = 1.0 - 1e-9;

/// A matrix that turns the columns of a model into orthonormal ones, `U = X T`.
pub(crate) struct Basis {
    pub(crate) t: DMatrix<f64>,
    /// `T` row by row.
    flat: Vec<f64>,
    /// Rows of `T` that count for each column.
    depth: Vec<usize>,
}

impl Basis {
    pub(crate) fn new(t: DMatrix<f64>) -> Self {
        let width = t.nrows();
        let flat = (0..width * width).map(|at| t[(at / width, at % width)]).collect();
        let depth =
            (0..width).map(|k| (0..width).rev().find(|j| t[(*j, k)] != 0.0).map_or(0, |j| j + 1)).collect();
        Self { t, flat, depth }
    }

    /// From `X'X`; `None` where it is not positive definite.
    pub(crate) fn of_products(gram: DMatrix<f64>) -> Option<Self> {
        let width = gram.nrows();
        let mut t = DMatrix::identity(width, width);
        let upper = Cholesky::new(gram)?.l().transpose();
        upper.solve_upper_triangular_mut(&mut t).then(|| Self::new(t))
    }

    pub(crate) fn apply(&self, tile: &Tile, u: &mut [Values]) {
        transform(&tile.x, &self.flat, &self.depth, u);
    }
}

/// Products of the columns of a model and its outcome.
pub(crate) struct Gram {
    pub(crate) sums: Vec<f64>,
    width: usize,
}

impl Sum for Vec<f64> {
    fn add(&mut self, other: &Self) {
        add_all(self, other);
    }
}

impl Gram {
    pub(crate) fn of(plan: &Plan<'_>) -> Self {
        let width = plan.width() + 1;
        let (mean, scale) = plan.moments.last().map_or((0.0, 1.0), |own| (own.mean, own.scale));
        let mut sums = plan.sum(
            |_| true,
            || vec![0.0; width * width],
            |sums, tile| {
                let mut y = [0.0; TILE];
                for (target, (y, counts)) in y.iter_mut().zip(tile.y.iter().zip(&tile.counts)) {
                    *target = (y - mean) * scale * counts;
                }
                tile.x.push(y);
                add_products(&tile.x, &tile.x, sums);
                tile.x.pop();
            },
        );
        mirror(&mut sums, width);
        Self { sums, width }
    }

    fn model_width(&self) -> usize {
        self.width - 1
    }

    fn matrix(&self) -> DMatrix<f64> {
        let width = self.model_width();
        DMatrix::from_fn(width, width, |i, j| self.sums[i * self.width + j])
    }

    pub(crate) fn diagonal(&self, k: usize) -> f64 {
        self.sums[k * self.width + k]
    }

    /// Products of columns of length 1.
    fn correlations(&self) -> DMatrix<f64> {
        let width = self.model_width();
        let root = |k: usize| self.diagonal(k).sqrt();
        DMatrix::from_fn(width, width, |i, j| self.sums[i * self.width + j] / (root(i) * root(j)))
    }

    pub(crate) fn check_copies(&self) -> Result<(), Refusal> {
        let y = self.width - 1;
        for k in 1..y {
            let r = self.sums[k * self.width + y] / (self.diagonal(k) * self.diagonal(y)).sqrt();
            if r.abs() > COPY {
                return Err(Refusal::Leak { column: Column::Driver(k - 1) });
            }
        }
        Ok(())
    }

    /// The basis by Cholesky's factor; `None` where the condition number does not allow it.
    pub(crate) fn basis(&self) -> Option<Basis> {
        let correlations = self.correlations();
        is_well_conditioned(correlations).then(|| Basis::of_products(self.matrix())).flatten()
    }
}

fn is_well_conditioned(correlations: DMatrix<f64>) -> bool {
    if correlations.iter().any(|r| !r.is_finite()) {
        return false;
    }
    let eigen = SymmetricEigen::new(correlations).eigenvalues;
    eigen.max() < WELL_CONDITIONED * eigen.min()
}

/// Whether products, given by their upper triangle, hold enough digits to be solved by.
pub(crate) fn well_conditioned(upper: &[f64], width: usize) -> bool {
    let root: Vec<f64> = (0..width).map(|k| upper[k * width + k].sqrt()).collect();
    let products = square(upper, width);
    is_well_conditioned(DMatrix::from_fn(width, width, |i, j| products[(i, j)] / (root[i] * root[j])))
}

/// The basis, and the outcome in it, by QR of each block, and QR of what the blocks give, in the order of the
/// rows.
pub(crate) fn by_blocks(plan: &Plan<'_>) -> Result<(Basis, DVector<f64>), Refusal> {
    let width = plan.width();
    let own = plan.moments.last().copied();
    let triangle = plan.sum(
        |_| true,
        || Triangle { waiting: Vec::new(), r: DMatrix::zeros(0, width + 1) },
        |part, tile| {
            let y = |row: usize| own.map_or(0.0, |own| (tile.y[row] - own.mean) * own.scale);
            let rows = (0..TILE).filter(|row| tile.counts[*row] > 0.0);
            part.waiting.extend(rows.flat_map(|row| {
                tile.x.iter().map(move |column| column[row]).chain([y(row)]).collect::<Vec<f64>>()
            }));
            part.shrink(super::BLOCK / 4);
        },
    );
    let mut triangle = triangle;
    triangle.shrink(0);
    let r = triangle.r;
    let columns: Vec<Vec<f64>> = (0..width).map(|k| r.column(k).iter().copied().collect()).collect();
    let outcome: Vec<f64> = r.column(width).iter().copied().collect();
    let factor = Factor::new(columns, false).map_err(|fault| {
        let name = |k: usize| k.checked_sub(1).map_or(Column::Outcome, Column::Driver);
        match fault {
            Singular::Constant(k) => Refusal::NoVariance { column: name(k) },
            Singular::Aliased(k) => Refusal::Aliased { column: name(k) },
        }
    })?;
    let q = factor.thin_q();
    let target = DVector::from_iterator(width, q.iter().map(|column| crate::factor::dot(column, &outcome)));
    Ok((Basis::new(factor.back_transform()), target))
}

/// The triangle of the rows so far, and rows that wait.
struct Triangle {
    waiting: Vec<f64>,
    r: DMatrix<f64>,
}

impl Triangle {
    /// Takes the waiting rows into the triangle where there are more than `rows`.
    fn shrink(&mut self, rows: usize) {
        let width = self.r.ncols();
        let own = self.waiting.len() / width;
        if own <= rows {
            return;
        }
        let mut stacked = self.r.clone().insert_rows(self.r.nrows(), own, 0.0);
        let below = stacked.nrows() - own;
        for (row, values) in self.waiting.chunks_exact(width).enumerate() {
            for (column, value) in values.iter().enumerate() {
                stacked[(below + row, column)] = *value;
            }
        }
        self.waiting.clear();
        self.r = stacked.qr().r();
    }
}

impl Sum for Triangle {
    fn add(&mut self, other: &Self) {
        self.waiting.extend(other.r.row_iter().flat_map(|row| row.iter().copied().collect::<Vec<f64>>()));
        self.waiting.extend(&other.waiting);
        self.shrink(super::BLOCK / 4);
    }
}

/// A symmetric matrix from its upper triangle.
pub(crate) fn square(upper: &[f64], width: usize) -> DMatrix<f64> {
    DMatrix::from_fn(width, width, |i, j| upper[i.min(j) * width + i.max(j)])
}
