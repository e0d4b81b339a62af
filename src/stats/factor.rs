//! Least squares by Householder QR with column pivoting, and refinement with residuals of double length.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Smallest diagonal of R, as a share of the largest, before a column counts as a combination of others.
const RANK_TOLERANCE: f64 = 1e-7;
/// Steps of refinement; each gains as many digits as the factorisation itself holds.
const REFINEMENTS: usize = 3;

/// Relative step below which refinement has nothing left to gain.
const SETTLED: f64 = 1e-15;
/// Numbers that a thread should have to work on.
const WORK_PER_THREAD: usize = 50_000;

/// Why a matrix cannot be factored.
pub(crate) enum Singular {
    /// The column is constant (with an intercept) or zero (without).
    Constant(usize),
    /// The column is a combination of the others.
    Aliased(usize),
}

/// `A P = Q R` of the scaled columns; with an intercept the constant column stands first and is never moved,
/// so that the later columns are tested centred.
pub(crate) struct Factor {
    rows: usize,
    /// Scaled columns, as given.
    columns: Vec<Vec<f64>>,
    /// Householder vectors, one per step, zero above their step.
    reflectors: Vec<Vec<f64>>,
    betas: Vec<f64>,
    /// Upper triangle.
    r: DMatrix<f64>,
    /// Column at each step.
    permutation: Vec<usize>,
    /// Powers of two by which columns were multiplied.
    scales: Vec<f64>,
}

impl Factor {
    /// Factors the columns; `pinned` says that the first one is the intercept.
    pub(crate) fn new(mut columns: Vec<Vec<f64>>, pinned: bool) -> Result<Self, Singular> {
        let (rows, count) = (columns[0].len(), columns.len());
        let mut scales = Vec::with_capacity(count);
        for (index, column) in columns.iter_mut().enumerate() {
            let mut scale = power_of_two_below_inverse(largest(column));
            if scale == 0.0 {
                return Err(Singular::Constant(index));
            }
            scale_by(column, scale);
            let centre = if pinned && index > 0 { sum(column) / rows as f64 } else { 0.0 };
            let spread = column.iter().map(|x| (x - centre).powi(2)).sum::<f64>().sqrt();
            // A spread at the level of rounding of the values themselves is none.
            if spread <= 1e-14 * (rows as f64).sqrt() {
                return Err(Singular::Constant(index));
            }
            let unit = power_of_two_below_inverse(spread);
            scale_by(column, unit);
            scale *= unit;
            scales.push(scale);
        }
        Self::eliminate(rows, columns, scales, pinned)
    }

    fn eliminate(
        rows: usize,
        columns: Vec<Vec<f64>>,
        scales: Vec<f64>,
        pinned: bool,
    ) -> Result<Self, Singular> {
        let count = columns.len();
        let mut work = columns.clone();
        let mut permutation: Vec<usize> = (0..count).collect();
        let mut r = DMatrix::zeros(count, count);
        let (mut reflectors, mut betas) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut largest_diagonal: f64 = 0.0;
        for step in 0..count {
            if !(pinned && step == 0) {
                let norms: Vec<f64> =
                    work[step..].iter().map(|column| dot(&column[step..], &column[step..])).collect();
                let longest =
                    (0..norms.len()).fold(0, |best, j| if norms[j] > norms[best] { j } else { best });
                work.swap(step, step + longest);
                permutation.swap(step, step + longest);
                r.swap_columns(step, step + longest);
            }
            let norm = dot(&work[step][step..], &work[step][step..]).sqrt();
            let own = if step < rows { norm } else { 0.0 };
            if !(pinned && step == 0) {
                largest_diagonal = largest_diagonal.max(own);
                if own < RANK_TOLERANCE * largest_diagonal || own == 0.0 {
                    return Err(Singular::Aliased(permutation[step]));
                }
            }
            let mut vector = std::mem::take(&mut work[step]);
            vector[..step].fill(0.0);
            let alpha = if vector[step] > 0.0 { -norm } else { norm };
            let beta = 1.0 / (norm * (norm + vector[step].abs()));
            vector[step] -= alpha;
            r[(step, step)] = alpha;
            // Columns do not depend on one another here, so the result is the same on any number of threads.
            work[step + 1..].par_iter_mut().with_min_len(columns_per_thread(rows)).for_each(|column| {
                reflect(&vector[step..], beta, &mut column[step..]);
            });
            for j in step + 1..count {
                r[(step, j)] = work[j][step];
            }
            reflectors.push(vector);
            betas.push(beta);
        }
        Ok(Self { rows, columns, reflectors, betas, r, permutation, scales })
    }

    /// `Q'v`, in place.
    fn rotate(&self, v: &mut [f64]) {
        for (step, (reflector, beta)) in self.reflectors.iter().zip(&self.betas).enumerate() {
            reflect(&reflector[step..], *beta, &mut v[step..]);
        }
    }

    /// `Qv`, in place.
    fn rotate_back(&self, v: &mut [f64]) {
        for (step, (reflector, beta)) in self.reflectors.iter().zip(&self.betas).enumerate().rev() {
            reflect(&reflector[step..], *beta, &mut v[step..]);
        }
    }

    /// The first columns of Q, one row per observation: `rows × columns`.
    pub(crate) fn thin_q(&self) -> Vec<Vec<f64>> {
        (0..self.columns.len())
            .into_par_iter()
            .with_min_len(columns_per_thread(self.rows))
            .map(|j| {
                let mut column = vec![0.0; self.rows];
                column[j] = 1.0;
                self.rotate_back(&mut column);
                column
            })
            .collect()
    }

    /// `T` with `b = T (Q'y)` for the coefficients `b` of the unscaled columns; the covariance of `b` is
    /// `T M T'` where `M` is that of `Q'y`.
    pub(crate) fn back_transform(&self) -> DMatrix<f64> {
        let count = self.columns.len();
        let mut inverse = DMatrix::identity(count, count);
        // R has no zero on its diagonal, so the triangle can always be solved.
        self.r.solve_upper_triangular_mut(&mut inverse);
        let mut transform = DMatrix::zeros(count, count);
        for (step, column) in self.permutation.iter().enumerate() {
            transform.set_row(*column, &(inverse.row(step) * self.scales[*column]));
        }
        transform
    }

    /// `ln det(X'X)` of the unscaled columns.
    pub(crate) fn log_determinant(&self) -> f64 {
        let diagonal: f64 = self.r.diagonal().iter().map(|pivot| pivot.abs().ln()).sum();
        2.0 * (diagonal - self.scales.iter().map(|scale| scale.ln()).sum::<f64>())
    }

    /// Solves the least-squares problem: coefficients of the unscaled columns, and residuals.
    ///
    /// The solution is refined on the augmented system `r + A x = y, A'r = 0` with residuals of double
    /// length, which recovers the digits that a large condition number takes.
    ///
    /// Source: Björck 1967, BIT 7:257-278.
    pub(crate) fn solve(&self, outcome: &[f64]) -> (DVector<f64>, Vec<f64>) {
        let count = self.columns.len();
        let scale = power_of_two_below_inverse(largest(outcome));
        let scale = if scale == 0.0 { 1.0 } else { scale };
        let y: Vec<f64> = outcome.iter().map(|value| value * scale).collect();
        let mut x = DVector::zeros(count);
        let mut residuals = vec![0.0; self.rows];
        for _ in 0..=REFINEMENTS {
            let (mut f, g) = self.defects(&y, &x, &residuals);
            self.rotate(&mut f);
            let mut h = DVector::from_iterator(count, self.permutation.iter().map(|column| g[*column]));
            self.r.tr_solve_upper_triangular_mut(&mut h);
            let mut step = DVector::from_iterator(count, (0..count).map(|k| f[k] - h[k]));
            self.r.solve_upper_triangular_mut(&mut step);
            f[..count].copy_from_slice(h.as_slice());
            self.rotate_back(&mut f);
            for (residual, change) in residuals.iter_mut().zip(&f) {
                *residual += change;
            }
            let mut moved = false;
            for (k, column) in self.permutation.iter().enumerate() {
                moved |= step[k].abs() > SETTLED * x[*column].abs();
                x[*column] += step[k];
            }
            if !moved {
                break;
            }
        }
        for (k, value) in x.iter_mut().enumerate() {
            *value *= self.scales[k] / scale;
        }
        scale_by(&mut residuals, 1.0 / scale);
        (x, residuals)
    }

    /// `y - r - A x` and `-A'r`, summed in double length.
    fn defects(&self, y: &[f64], x: &DVector<f64>, residuals: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut high: Vec<f64> = y.to_vec();
        let mut low = vec![0.0; self.rows];
        let add = |high: &mut f64, low: &mut f64, value: f64| {
            let sum = *high + value;
            let part = sum - *high;
            *low += (*high - (sum - part)) + (value - part);
            *high = sum;
        };
        for row in 0..self.rows {
            add(&mut high[row], &mut low[row], -residuals[row]);
        }
        let mut gradient = Vec::with_capacity(self.columns.len());
        for (column, coefficient) in self.columns.iter().zip(x.iter()) {
            let (mut g_high, mut g_low) = (0.0, 0.0);
            for row in 0..self.rows {
                let product = -column[row] * coefficient;
                low[row] += (-column[row]).mul_add(*coefficient, -product);
                add(&mut high[row], &mut low[row], product);
                let product = -column[row] * residuals[row];
                g_low += (-column[row]).mul_add(residuals[row], -product);
                add(&mut g_high, &mut g_low, product);
            }
            gradient.push(g_high + g_low);
        }
        (high.iter().zip(&low).map(|(a, b)| a + b).collect(), gradient)
    }
}

fn columns_per_thread(rows: usize) -> usize {
    WORK_PER_THREAD.div_ceil(rows.max(1))
}

/// Subtracts `beta v (v'w)` from `w`.
fn reflect(v: &[f64], beta: f64, w: &mut [f64]) {
    let factor = beta * dot(v, w);
    for (target, value) in w.iter_mut().zip(v) {
        *target -= factor * value;
    }
}

/// Inner product over eight running sums, which is both faster and closer than one.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_blocks, b_blocks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_blocks.zip(b_blocks) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Sum of the values, with Neumaier's compensation.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

/// The columns multiplied by the power of two that brings their largest value near 1, and that power.
pub(crate) fn to_unit_scale(column: &[f64]) -> (Vec<f64>, f64) {
    let scale = power_of_two_below_inverse(largest(column));
    let scale = if scale == 0.0 { 1.0 } else { scale };
    (column.iter().map(|value| value * scale).collect(), scale)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

fn scale_by(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

/// The power of two that brings `value` to between 1/2 and 2; 0 for 0.
pub(crate) fn power_of_two_below_inverse(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { (-value.log2().floor()).clamp(-1020.0, 1020.0).exp2() }
}
