//! Least squares on compact data, and what the models share.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::basis::{Basis, Gram, by_blocks, square};
use super::kernel::{Column as Values, TILE, add_combination, add_gradient, add_products};
use super::plan::{Plan, Sum, add_all};
use super::{Compact, glm};
use crate::ols::{Coefficient, SeKind};
use crate::{Column, Refusal, Warning};

/// Relative step of refinement up to which its solution is taken.
const AGREES: f64 = 1e-10;
/// Leverage from which a row counts as fitted exactly.
const EXACT: f64 = 1.0 - 1e-10;
/// Variance inflation above which a fit warns.
const VIF_WARNS: f64 = 5.0;

/// Which standard errors are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompactErrors {
    /// Equal, independent errors; for a generalised linear model, those of its likelihood.
    Classic,
    /// White 1980.
    Hc0,
    /// Squared residuals over (1 - h) squared.
    Hc3,
}

/// A model of many rows: what [`crate::ols::fit`] and [`crate::glm::fit`] give, without what is as long as the
/// data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompactFit {
    /// Intercept first, then the drivers in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// Rows with an outcome.
    pub n: usize,
    /// 1 - deviance / null deviance: R-squared of least squares, McFadden's of a logistic model.
    pub r_squared: f64,
    /// Residual sum of squares of least squares, else the deviance.
    pub deviance: f64,
    /// The same without drivers.
    pub null_deviance: f64,
    /// Residual variance of least squares, Pearson's dispersion of a Gamma model, 1 of a logistic one.
    pub dispersion: f64,
    /// Variance inflation factor of each driver.
    pub vif: Vec<f64>,
    /// Passes over the data in which all coefficients moved; 1 for least squares.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits `y = Xb + e` with an intercept.
///
/// Solved by the Cholesky factor of the products of centred, scaled columns where their condition number is
/// below 1e4 and one step of refinement moves no coefficient by more than 1e-10; by the QR factors of the
/// blocks otherwise.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; more than 40 % of the rows without an outcome.
///
/// # Source
///
/// Demmel, Grigori, Hoemmen and Langou 2012, SIAM J. Sci. Comput. 34:A206-A239 (QR by blocks).
pub fn linear(
    data: &Compact,
    outcome: usize,
    drivers: &[usize],
    errors: CompactErrors,
) -> Result<CompactFit, Refusal> {
    let plan = Plan::new(data, outcome, drivers)?;
    let width = plan.width();
    let gram = Gram::of(&plan);
    gram.check_copies()?;
    let tss = gram.sums[(width + 1) * (width + 1) - 1];
    let model = LeastSquares { plan: &plan, width, gram: &gram, tss };
    if let Some(basis) = gram.basis() {
        let right = DVector::from_fn(width, |k, _| gram.sums[k * (width + 1) + width]);
        let target = basis.t.transpose() * right;
        if let Some(fit) = model.finish(&basis, &target, errors, true)? {
            return Ok(fit);
        }
    }
    let (basis, target) = by_blocks(&plan)?;
    model.finish(&basis, &target, errors, false)?.ok_or(Refusal::NotConverged)
}

/// Fits the log-odds of a 0/1 outcome with an intercept.
///
/// # Errors
///
/// What [`crate::glm::fit`] refuses; more than 40 % of the rows without an outcome.
pub fn logit(
    data: &Compact,
    outcome: usize,
    drivers: &[usize],
    errors: CompactErrors,
) -> Result<CompactFit, Refusal> {
    glm::fit(data, outcome, drivers, errors, glm::Kind::Logit)
}

/// Fits the logarithm of the mean of a positive outcome, its variance being proportional to the squared mean
/// (Gamma), with an intercept.
///
/// # Errors
///
/// What [`crate::glm::fit`] refuses; more than 40 % of the rows without an outcome.
pub fn gamma(
    data: &Compact,
    outcome: usize,
    drivers: &[usize],
    errors: CompactErrors,
) -> Result<CompactFit, Refusal> {
    glm::fit(data, outcome, drivers, errors, glm::Kind::Gamma)
}

/// What the second pass sums up.
struct Spread {
    /// `U'e`.
    gradient: Vec<f64>,
    rss: f64,
    meat: Vec<f64>,
    /// A row that is fitted exactly.
    exact: Option<usize>,
}

impl Sum for Spread {
    fn add(&mut self, other: &Self) {
        add_all(&mut self.gradient, &other.gradient);
        add_all(&mut self.meat, &other.meat);
        self.rss += other.rss;
        self.exact = self.exact.or(other.exact);
    }
}

struct LeastSquares<'a> {
    plan: &'a Plan<'a>,
    width: usize,
    gram: &'a Gram,
    tss: f64,
}

impl LeastSquares<'_> {
    /// Residuals and errors in this basis; `None` where refinement does not agree (and is asked to).
    fn finish(
        &self,
        basis: &Basis,
        target: &DVector<f64>,
        errors: CompactErrors,
        checked: bool,
    ) -> Result<Option<CompactFit>, Refusal> {
        let spread = self.spread(basis, target, errors);
        // The basis is orthonormal, so the gradient is the step.
        let step = DVector::from_column_slice(&spread.gradient);
        if checked && step.amax() > AGREES * target.amax() {
            return Ok(None);
        }
        let scaled = &basis.t * (target + step);
        let (n, p) = (self.plan.rows as f64, self.width as f64);
        let dispersion = spread.rss / (n - p);
        let (meat, se_kind, exact) = match errors {
            CompactErrors::Classic => {
                (DMatrix::identity(self.width, self.width) * dispersion, SeKind::Classic, None)
            }
            CompactErrors::Hc0 => (square(&spread.meat, self.width), SeKind::Hc0, None),
            CompactErrors::Hc3 if spread.exact.is_none() => {
                (square(&spread.meat, self.width), SeKind::Hc3, None)
            }
            CompactErrors::Hc3 => {
                let again = self.spread(basis, target, CompactErrors::Hc0);
                (square(&again.meat, self.width) * (n / (n - p)), SeKind::Hc1, spread.exact)
            }
        };
        let own = self.plan.moments.last().copied().ok_or(Refusal::OutOfRange)?;
        let vif = |k: usize| (basis.t.row(k).norm_squared() * self.gram.diagonal(k)).max(1.0);
        let df = Some(n - p);
        let raw = Raw { plan: self.plan, outcome_scale: own.scale, outcome_mean: own.mean, se_kind, df };
        let fit = CompactFit {
            r_squared: 1.0 - spread.rss / self.tss,
            deviance: spread.rss / own.scale / own.scale,
            null_deviance: self.tss / own.scale / own.scale,
            dispersion: dispersion / own.scale / own.scale,
            vif: (1..self.width).map(vif).collect(),
            iterations: 1,
            ..raw.describe(basis, &scaled, &meat)?
        };
        fit.checked(exact.map(|row| Warning::Leverage { row })).map(Some)
    }

    fn spread(&self, basis: &Basis, target: &DVector<f64>, errors: CompactErrors) -> Spread {
        let width = self.width;
        let (mean, scale) = self.plan.moments.last().map_or((0.0, 1.0), |own| (own.mean, own.scale));
        let start = || {
            let u = (vec![[0.0; TILE]; width], vec![[0.0; TILE]; width]);
            let spread =
                Spread { gradient: vec![0.0; width], rss: 0.0, meat: vec![0.0; width * width], exact: None };
            (spread, u)
        };
        self.plan
            .sum(
                |_| true,
                start,
                |(spread, (u, weighted)), tile| {
                    basis.apply(tile, u);
                    let mut fitted = [0.0; TILE];
                    add_combination(u, target.as_slice(), &mut fitted);
                    let mut residual = [0.0; TILE];
                    for row in 0..TILE {
                        residual[row] = (tile.y[row] - mean) * scale * tile.counts[row] - fitted[row];
                    }
                    spread.rss += squares(&residual);
                    add_gradient(u, &residual, &mut spread.gradient);
                    let exact = add_meat(u, weighted, &residual, errors, &mut spread.meat);
                    spread.exact = spread.exact.or(exact.map(|row| tile.first + row));
                },
            )
            .0
    }
}

impl<T> Sum for (Spread, T) {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}

/// Sum of squares in two running parts.
pub(crate) fn squares(values: &Values) -> f64 {
    let mut sums = [0.0; 2];
    for pair in values.chunks_exact(2) {
        sums[0] += pair[0] * pair[0];
        sums[1] += pair[1] * pair[1];
    }
    sums[0] + sums[1]
}

/// Adds `U' diag(r^2) U`, the residuals over 1 - h first where that is asked for; returns a row that is fitted
/// exactly.
pub(crate) fn add_meat(
    u: &[Values],
    weighted: &mut [Values],
    residual: &Values,
    errors: CompactErrors,
    meat: &mut [f64],
) -> Option<usize> {
    if errors == CompactErrors::Classic {
        return None;
    }
    let mut weight = *residual;
    let mut exact = None;
    if errors == CompactErrors::Hc3 {
        let mut leverage = [0.0; TILE];
        for column in u {
            for (leverage, u) in leverage.iter_mut().zip(column) {
                *leverage += u * u;
            }
        }
        if leverage.iter().any(|h| *h > EXACT) {
            exact = leverage.iter().position(|h| *h > EXACT);
        }
        for (weight, h) in weight.iter_mut().zip(&leverage) {
            *weight /= 1.0 - h;
        }
    }
    for (target, column) in weighted.iter_mut().zip(u) {
        for row in 0..TILE {
            target[row] = column[row] * weight[row];
        }
    }
    add_products(weighted, weighted, meat);
    exact
}

/// The way back from centred, scaled columns.
pub(crate) struct Raw<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) outcome_scale: f64,
    pub(crate) outcome_mean: f64,
    pub(crate) se_kind: SeKind,
    /// Of the t distribution; the normal one if absent.
    pub(crate) df: Option<f64>,
}

impl Raw<'_> {
    /// Coefficients of the columns as they were read, with their covariance `L T M T' L'`.
    pub(crate) fn describe(
        &self,
        basis: &Basis,
        scaled: &DVector<f64>,
        meat: &DMatrix<f64>,
    ) -> Result<CompactFit, Refusal> {
        let width = scaled.len();
        let mut back = DMatrix::zeros(width, width);
        back[(0, 0)] = 1.0 / self.outcome_scale;
        for (k, own) in self.plan.moments.iter().take(width - 1).enumerate() {
            back[(k + 1, k + 1)] = own.scale / self.outcome_scale;
            back[(0, k + 1)] = -own.mean * own.scale / self.outcome_scale;
        }
        let mut estimates = &back * scaled;
        estimates[0] += self.outcome_mean;
        let outer = &back * &basis.t;
        let covariance = &outer * meat * outer.transpose();
        crate::ols::check_range(&covariance)?;
        let coefficients: Vec<Coefficient> = (0..width)
            .map(|k| {
                Coefficient::new(k.checked_sub(1), estimates[k], covariance[(k, k)].max(0.0).sqrt(), self.df)
            })
            .collect();
        if !coefficients.iter().all(Coefficient::is_finite) {
            return Err(Refusal::OutOfRange);
        }
        Ok(CompactFit {
            coefficients,
            covariance: crate::ols::rows_of(&covariance),
            se_kind: self.se_kind,
            n: self.plan.rows,
            r_squared: 0.0,
            deviance: 0.0,
            null_deviance: 0.0,
            dispersion: 1.0,
            vif: Vec::new(),
            iterations: 0,
            warnings: self.plan.warnings.clone(),
        })
    }
}

impl CompactFit {
    /// Adds the last warnings and refuses what has left the range of numbers.
    pub(crate) fn checked(mut self, warning: Option<Warning>) -> Result<Self, Refusal> {
        self.warnings.extend(warning);
        let inflated = self.vif.iter().enumerate().filter(|(_, vif)| **vif > VIF_WARNS);
        self.warnings
            .extend(inflated.map(|(k, vif)| Warning::Vif { column: Column::Driver(k), value: *vif }));
        let numbers = [self.r_squared, self.deviance, self.null_deviance, self.dispersion];
        if numbers.iter().chain(&self.vif).all(|value| value.is_finite()) {
            Ok(self)
        } else {
            Err(Refusal::OutOfRange)
        }
    }
}
