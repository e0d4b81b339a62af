//! The fit itself.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::factor::{Factor, Singular, dot, sum};
use crate::quantile;
use crate::{Column, Count, Refusal, Warning};

use super::covariance::{Parts, SeKind, StandardErrors};
use super::model::{Coefficient, Problem};

/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: usize = 10;
/// Variance inflation above which a fit warns.
const VIF_WARNS: f64 = 5.0;
/// Level below which the Breusch-Pagan test warns.
const UNEQUAL: f64 = 0.05;

/// A test with its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// First (or only) degrees of freedom.
    pub df1: f64,
    /// Second, of an F statistic.
    pub df2: Option<f64>,
    /// p-value.
    pub p_value: f64,
}

/// A linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearFit {
    /// Intercept first, if there is one, then the drivers in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// Observations.
    pub n: usize,
    /// 1 - RSS / TSS; about zero, not about the mean, where there is no intercept.
    pub r_squared: f64,
    /// The same, adjusted for the number of parameters.
    pub adjusted_r_squared: f64,
    /// Residual standard deviation.
    pub sigma: f64,
    /// Residual sum of squares.
    pub rss: f64,
    /// F test of all drivers; absent for an exact fit.
    pub f_test: Option<TestResult>,
    /// Log-likelihood under normal errors; absent for an exact fit.
    pub log_likelihood: Option<f64>,
    /// Akaike's criterion, the residual variance counted as a parameter.
    pub aic: Option<f64>,
    /// Schwarz's criterion, likewise.
    pub bic: Option<f64>,
    /// Sum of squared leave-one-out residuals; absent where a row is fitted exactly.
    pub press: Option<f64>,
    /// Breusch-Pagan test, studentised by Koenker.
    pub breusch_pagan: Option<TestResult>,
    /// Variance inflation factor of each driver; empty without an intercept.
    pub vif: Vec<f64>,
    /// Outcome less fitted value, one per row.
    pub residuals: Vec<f64>,
    /// Leverage of each row.
    pub leverages: Vec<f64>,
    /// Cook's distance of each row.
    pub cook: Vec<f64>,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits `y = Xb + e` by least squares, weighted if weights are given.
///
/// `X` is factored by Householder reflections with column pivoting; the normal equations are never formed.
/// A driver whose scaled, centred column leaves less than 1e-7 of the largest pivot is refused as a
/// combination of the others; nothing is dropped. Weights enter as base weights: use HC3 or clustered
/// standard errors with them.
///
/// # Source
///
/// Golub and Van Loan, *Matrix Computations*, 4th ed., §5.4; MacKinnon and White 1985 (HC1 to HC3).
/// Checked against NIST's eleven linear sets in `tests/golden.rs`.
pub fn fit(problem: &Problem<'_>, errors: StandardErrors<'_>) -> Result<LinearFit, Refusal> {
    problem.check()?;
    let rows = problem.outcome.len();
    let root: Option<Vec<f64>> = problem.weights.map(|weights| weights.iter().map(|w| w.sqrt()).collect());
    let weigh = |column: &[f64]| match &root {
        Some(root) => column.iter().zip(root).map(|(value, w)| value * w).collect(),
        None => column.to_vec(),
    };
    let mut columns = Vec::with_capacity(problem.parameters());
    if problem.intercept {
        columns.push(weigh(&vec![1.0; rows]));
    }
    columns.extend(problem.drivers.iter().map(|column| weigh(column)));
    let factor = Factor::new(columns, problem.intercept).map_err(|fault| name(&fault, problem.intercept))?;
    let (estimates, weighted_residuals) = factor.solve(&weigh(problem.outcome));
    let q = factor.thin_q();
    let leverages: Vec<f64> =
        (0..rows).map(|row| q.iter().map(|c| c[row] * c[row]).sum::<f64>().min(1.0)).collect();
    let transform = factor.back_transform();
    let parts = Parts { q: &q, transform: &transform, residuals: &weighted_residuals, leverages: &leverages };
    let covariance = parts.covariance(errors)?;
    check_range(&covariance.matrix)?;
    let coefficients: Vec<Coefficient> = (0..problem.parameters())
        .map(|k| {
            let driver = if problem.intercept { k.checked_sub(1) } else { Some(k) };
            let std_error = covariance.matrix[(k, k)].max(0.0).sqrt();
            Coefficient::new(driver, estimates[k], std_error, Some(covariance.df[k]))
        })
        .collect();
    let fitted = Fitted {
        problem,
        root: root.as_deref(),
        residuals: &weighted_residuals,
        q: &q,
        leverages: &leverages,
    };
    let mut fit = fitted.describe(coefficients)?;
    fit.covariance = rows_of(&covariance.matrix);
    fit.se_kind = covariance.kind;
    fit.warnings.extend(covariance.warnings);
    fit.vif = if problem.intercept { inflation(&transform, problem) } else { Vec::new() };
    let inflated = fit.vif.iter().enumerate().filter(|(_, vif)| **vif > VIF_WARNS);
    let inflated: Vec<Warning> =
        inflated.map(|(k, vif)| Warning::Vif { column: Column::Driver(k), value: *vif }).collect();
    fit.warnings.extend(inflated);
    fit.leverages = leverages;
    Ok(fit)
}

/// The factor of columns (intercept first, if there is one); refuses those of which one is a combination of the others.
pub(crate) fn full_rank(columns: &[Vec<f64>], intercept: bool) -> Result<Factor, Refusal> {
    Factor::new(columns.to_vec(), intercept).map_err(|fault| name(&fault, intercept))
}

/// Variance inflation of the drivers (none without an intercept); refuses columns (intercept first, if there is
/// one) of which one is a combination of the others.
pub(crate) fn variance_inflation(columns: &[Vec<f64>], problem: &Problem<'_>) -> Result<Vec<f64>, Refusal> {
    let factor = full_rank(columns, problem.intercept)?;
    let plain = Problem { weights: None, ..*problem };
    Ok(if problem.intercept { inflation(&factor.back_transform(), &plain) } else { Vec::new() })
}

fn name(fault: &Singular, intercept: bool) -> Refusal {
    let column = |index: usize| {
        if intercept && index == 0 { Column::Weight } else { Column::Driver(index - usize::from(intercept)) }
    };
    match fault {
        Singular::Constant(index) => Refusal::NoVariance { column: column(*index) },
        Singular::Aliased(index) => Refusal::Aliased { column: column(*index) },
    }
}

/// Refuses a covariance that has left the range of numbers.
pub(crate) fn check_range(covariance: &DMatrix<f64>) -> Result<(), Refusal> {
    if covariance.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(Refusal::OutOfRange) }
}

/// A matrix as plain rows.
pub(crate) fn rows_of(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}

/// Variance inflation: the diagonal of `(X'X)^-1` times the centred sum of squares of the column.
fn inflation(transform: &DMatrix<f64>, problem: &Problem<'_>) -> Vec<f64> {
    let weights = problem.weights.map_or_else(|| vec![1.0; problem.outcome.len()], <[f64]>::to_vec);
    let total = sum(&weights);
    problem
        .drivers
        .iter()
        .enumerate()
        .map(|(k, column)| {
            let mean = dot(column, &weights) / total;
            // Products of roots: the square of a huge or tiny column would leave the range of numbers.
            let norm = transform.row(k + 1).norm();
            column.iter().zip(&weights).map(|(x, w)| w * ((x - mean) * norm).powi(2)).sum::<f64>().max(1.0)
        })
        .collect()
}

/// A solved problem, before it is described.
struct Fitted<'a> {
    problem: &'a Problem<'a>,
    root: Option<&'a [f64]>,
    residuals: &'a [f64],
    q: &'a [Vec<f64>],
    leverages: &'a [f64],
}

impl Fitted<'_> {
    fn describe(&self, coefficients: Vec<Coefficient>) -> Result<LinearFit, Refusal> {
        let n = self.residuals.len() as f64;
        let p = self.problem.parameters() as f64;
        let (rss, tss) = (dot(self.residuals, self.residuals), self.total_sum_of_squares());
        let constants = if self.problem.intercept { 1.0 } else { 0.0 };
        let r_squared = 1.0 - rss / tss;
        let adjusted_r_squared = 1.0 - (1.0 - r_squared) * (n - constants) / (n - p);
        let sigma = (rss / (n - p)).sqrt();
        let finite = [rss, tss, r_squared, sigma].iter().all(|value| value.is_finite())
            && coefficients.iter().all(Coefficient::is_finite);
        if !finite {
            return Err(Refusal::OutOfRange);
        }
        let statistic = (tss - rss) / (p - constants) / (rss / (n - p));
        let f_test = (p > constants && statistic.is_finite()).then(|| TestResult {
            statistic,
            df1: p - constants,
            df2: Some(n - p),
            p_value: quantile::f_sf(statistic, p - constants, n - p),
        });
        let log_weights: f64 = self.root.map_or(0.0, |root| root.iter().map(|w| w.ln()).sum());
        let log_likelihood =
            Some(log_weights - n / 2.0 * ((2.0 * std::f64::consts::PI * rss / n).ln() + 1.0))
                .filter(|l| l.is_finite());
        let press = self.press();
        let (cook, influence) = self.cook(sigma, p);
        let breusch_pagan = self.breusch_pagan();
        let mut warnings: Vec<Warning> = influence.into_iter().collect();
        if n < p + SPARE_OBSERVATIONS as f64 {
            let need = p + SPARE_OBSERVATIONS as f64;
            warnings.push(Warning::Few { what: Count::Observations, have: n, need });
        }
        if let Some(TestResult { p_value, .. }) = breusch_pagan
            && p_value < UNEQUAL
        {
            warnings.push(Warning::Heteroscedastic { p_value });
        }
        Ok(LinearFit {
            coefficients,
            covariance: Vec::new(),
            se_kind: SeKind::Classic,
            n: self.residuals.len(),
            r_squared,
            adjusted_r_squared,
            sigma,
            rss,
            f_test,
            log_likelihood,
            aic: log_likelihood.map(|l| 2.0 * (p + 1.0) - 2.0 * l),
            bic: log_likelihood.map(|l| (p + 1.0) * n.ln() - 2.0 * l),
            press,
            breusch_pagan,
            vif: Vec::new(),
            residuals: self.unweighted_residuals(),
            leverages: Vec::new(),
            cook,
            warnings,
        })
    }

    fn total_sum_of_squares(&self) -> f64 {
        let (outcome, n) = (self.problem.outcome, self.residuals.len() as f64);
        let weight = |row: usize| self.root.map_or(1.0, |root| root[row] * root[row]);
        let centre = if self.problem.intercept {
            let total: f64 = self.root.map_or(n, |root| dot(root, root));
            let weighted: Vec<f64> = outcome.iter().enumerate().map(|(i, y)| weight(i) / total * y).collect();
            sum(&weighted)
        } else {
            0.0
        };
        outcome.iter().enumerate().map(|(i, y)| weight(i) * (y - centre).powi(2)).sum()
    }

    fn unweighted_residuals(&self) -> Vec<f64> {
        match self.root {
            Some(root) => {
                let plain = |(r, w): (&f64, &f64)| if *w > 0.0 { r / w } else { 0.0 };
                self.residuals.iter().zip(root).map(plain).collect()
            }
            None => self.residuals.to_vec(),
        }
    }

    fn press(&self) -> Option<f64> {
        let total: f64 =
            self.residuals.iter().zip(self.leverages).map(|(e, h)| (e / (1.0 - h)).powi(2)).sum();
        total.is_finite().then_some(total)
    }

    /// Cook's distances, and the warning where one is above 1, or above 4/n.
    fn cook(&self, sigma: f64, p: f64) -> (Vec<f64>, Option<Warning>) {
        let n = self.residuals.len() as f64;
        let distances: Vec<f64> = self
            .residuals
            .iter()
            .zip(self.leverages)
            .map(|(e, h)| {
                let distance = (e / (sigma * (1.0 - h))).powi(2) * h / p;
                if distance.is_finite() { distance } else { 0.0 }
            })
            .collect();
        let rows = distances.iter().filter(|distance| **distance > 4.0 / n).count();
        let row =
            (0..distances.len()).fold(0, |best, i| if distances[i] > distances[best] { i } else { best });
        let warning = (rows > 0).then(|| Warning::Influence { row, distance: distances[row], rows });
        (distances, warning)
    }

    /// n times R-squared of the squared residuals on the same drivers.
    fn breusch_pagan(&self) -> Option<TestResult> {
        if !self.problem.intercept || self.problem.drivers.is_empty() {
            return None;
        }
        let n = self.residuals.len() as f64;
        let largest = self.residuals.iter().fold(0.0_f64, |most, e| e.abs().max(most));
        let squares: Vec<f64> = self.residuals.iter().map(|e| (e / largest).powi(2)).collect();
        let mean = sum(&squares) / n;
        let centred: Vec<f64> = squares.iter().map(|value| value - mean).collect();
        let explained: f64 = self.q.iter().map(|column| dot(column, &centred).powi(2)).sum();
        let statistic = n * explained / dot(&centred, &centred);
        let df1 = self.problem.drivers.len() as f64;
        statistic.is_finite().then(|| TestResult {
            statistic,
            df1,
            df2: None,
            p_value: quantile::chi_squared_sf(statistic, df1),
        })
    }
}
