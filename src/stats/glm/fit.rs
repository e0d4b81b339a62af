//! Fisher scoring, each step a least-squares problem solved by QR.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::{digamma, ln_gamma};

use super::Family;
use super::family::Point;
use crate::factor::{Factor, dot, sum};
use crate::ols::{Coefficient, Parts, Problem, SeKind, StandardErrors, check_range, rows_of};
use crate::{Column, Count, Refusal, Warning};

/// Relative step at which iterations stop.
const SETTLED: f64 = 1e-12;
/// Relative step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-8;
/// Iterations after which no finite solution is expected.
const ITERATIONS: usize = 50;
/// Halvings of a step after which it is given up.
const HALVINGS: usize = 30;
/// Distance of a fitted probability from 0 or 1 that points to separation.
const CERTAIN: f64 = 1e-8;
/// Coefficient per standard deviation of the driver that points to separation together with it.
const STEEP: f64 = 15.0;
/// Standard error per standard deviation of the driver that points to separation.
const VAGUE: f64 = 1e3;
/// Events per parameter below which a model is refused.
const EVENTS_NEEDED: f64 = 5.0;
/// Events per parameter below which it warns.
const EVENTS_WANTED: f64 = 10.0;
/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: f64 = 10.0;
/// Variance inflation above which a fit warns.
const VIF_WARNS: f64 = 5.0;

/// A generalised linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlmFit {
    /// Distribution and link.
    pub family: Family,
    /// On the scale of the link; intercept first, if there is one, then the drivers in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// Observations.
    pub n: usize,
    /// Rows with outcome 1, of a 0/1 outcome.
    pub events: Option<usize>,
    /// Pearson's statistic over n - p; 1 for a 0/1 outcome.
    pub dispersion: f64,
    /// Shape of the largest likelihood at these means, of a Gamma.
    pub shape: Option<f64>,
    /// Twice the log-likelihood that is missing to a perfect fit (of unit dispersion).
    pub deviance: f64,
    /// The same of the model without drivers; absent where that has no finite mean.
    pub null_deviance: Option<f64>,
    /// Log-likelihood; that of a Gamma at the dispersion deviance / n, as R takes it; absent for Tweedie,
    /// where [`super::profile`] has it.
    pub log_likelihood: Option<f64>,
    /// Akaike's criterion, a Gamma's dispersion counted as a parameter.
    pub aic: Option<f64>,
    /// Schwarz's criterion, likewise.
    pub bic: Option<f64>,
    /// Fitted mean of each row.
    pub fitted: Vec<f64>,
    /// Pearson residual of each row (times the root of its weight).
    pub residuals: Vec<f64>,
    /// Leverage of each row.
    pub leverages: Vec<f64>,
    /// Variance inflation factor of each driver; empty without an intercept.
    pub vif: Vec<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

impl GlmFit {
    /// Mean at these values of the drivers, without offset.
    pub fn predict(&self, drivers: &[f64]) -> f64 {
        self.family.mean(predictor(&self.coefficients, drivers))
    }
}

/// The linear predictor at these values of the drivers.
pub(crate) fn predictor(coefficients: &[Coefficient], drivers: &[f64]) -> f64 {
    let value = |driver: Option<usize>| driver.map_or(Some(1.0), |k| drivers.get(k).copied());
    coefficients.iter().map(|b| b.estimate * value(b.driver).unwrap_or(0.0)).sum()
}

/// Fits `link(mean) = Xb + offset` by Fisher scoring until no coefficient moves by more than 1e-12 of itself;
/// weights and standard errors are those of the last coefficients.
///
/// The offset is a known part of the linear predictor: for an outcome that grows with the exposure (months
/// active) and a log link, its logarithm. Classic standard errors take the dispersion from Pearson's
/// statistic, with t of n - p degrees of freedom; those of a 0/1 outcome take dispersion 1 and the normal
/// distribution.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; an outcome that the distribution does not know; separation; fewer than 5
/// events (or non-events, if they are fewer) per driver of a 0/1 outcome; iterations that do not settle.
///
/// # Source
///
/// McCullagh and Nelder 1989, *Generalized Linear Models*, §2.5, §4.4, §8.3; Jørgensen 1987, JRSS B
/// 49:127-162 (Tweedie). Robust errors: White 1982, Econometrica 50:1-25.
pub fn fit(
    problem: &Problem<'_>,
    family: Family,
    offset: Option<&[f64]>,
    errors: StandardErrors<'_>,
) -> Result<GlmFit, Refusal> {
    family.check(problem.outcome)?;
    problem.check()?;
    if let Some(offset) = offset {
        if offset.len() != problem.outcome.len() {
            return Err(Refusal::LengthMismatch { expected: problem.outcome.len(), found: offset.len() });
        }
        if let Some(row) = offset.iter().position(|value| !value.is_finite()) {
            return Err(Refusal::BadOffset { row });
        }
    }
    let design = Design::new(problem, family, offset);
    // Equal weights, so it fails only if the drivers themselves are dependent.
    let vif = crate::ols::variance_inflation(&design.columns, problem)?;
    let solved = design.solve(None)?;
    let mut warnings = Vec::new();
    if family.is_binary() {
        warnings.extend(check_events(problem)?);
    }
    let (have, need) = (problem.outcome.len() as f64, problem.parameters() as f64 + SPARE_OBSERVATIONS);
    if have < need {
        warnings.push(Warning::Few { what: Count::Observations, have, need });
    }
    if problem.intercept {
        let inflated = vif.iter().enumerate().filter(|(_, vif)| **vif > VIF_WARNS);
        warnings.extend(inflated.map(|(k, vif)| Warning::Vif { column: Column::Driver(k), value: *vif }));
    }
    if !vif.iter().all(|vif| vif.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let mut found = design.describe(&solved, errors)?;
    found.warnings.extend(warnings);
    found.vif = vif;
    Ok(found)
}

/// Deviance of a model with an offset; without columns, that of the offset alone.
pub(crate) fn deviance(problem: &Problem<'_>, family: Family, offset: &[f64]) -> Result<f64, Refusal> {
    let design = Design::new(problem, family, Some(offset));
    if design.columns.is_empty() {
        return Ok(design.deviance(&design.points(&DVector::zeros(0))));
    }
    design.solve(None).map(|solved| solved.deviance)
}

/// Refuses, or warns of, few events (or non-events) per driver.
fn check_events(problem: &Problem<'_>) -> Result<Option<Warning>, Refusal> {
    let events = problem.outcome.iter().filter(|y| **y > 0.5).count();
    let rarer = events.min(problem.outcome.len() - events) as f64;
    let have = rarer / problem.drivers.len().max(1) as f64;
    let what = Count::EventsPerParameter;
    if have < EVENTS_NEEDED {
        return Err(Refusal::TooFew { what, have, need: EVENTS_NEEDED });
    }
    Ok((have < EVENTS_WANTED).then_some(Warning::Few { what, have, need: EVENTS_WANTED }))
}

/// The columns of the design, intercept first, with what else a step needs.
pub(crate) struct Design<'a> {
    problem: &'a Problem<'a>,
    family: Family,
    offset: Option<&'a [f64]>,
    columns: Vec<Vec<f64>>,
    weights: Vec<f64>,
    /// Standard deviation of each column; 0 for the intercept.
    spreads: Vec<f64>,
}

/// A design with its last coefficients.
pub(crate) struct Solved {
    pub(crate) coefficients: DVector<f64>,
    factor: Factor,
    pub(crate) points: Vec<Point>,
    pub(crate) deviance: f64,
    iterations: usize,
}

impl<'a> Design<'a> {
    pub(crate) fn new(problem: &'a Problem<'a>, family: Family, offset: Option<&'a [f64]>) -> Self {
        let rows = problem.outcome.len();
        let mut columns = Vec::with_capacity(problem.parameters());
        let mut spreads = Vec::with_capacity(problem.parameters());
        if problem.intercept {
            columns.push(vec![1.0; rows]);
            spreads.push(0.0);
        }
        for column in problem.drivers {
            spreads.push(crate::measurement::variance(column).sqrt());
            columns.push(column.to_vec());
        }
        let weights = problem.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        Self { problem, family, offset, columns, weights, spreads }
    }

    fn offset(&self, row: usize) -> f64 {
        self.offset.map_or(0.0, |offset| offset[row])
    }

    fn points(&self, coefficients: &DVector<f64>) -> Vec<Point> {
        let mut eta: Vec<f64> = (0..self.weights.len()).map(|row| self.offset(row)).collect();
        for (column, b) in self.columns.iter().zip(coefficients.iter()) {
            for (eta, x) in eta.iter_mut().zip(column) {
                *eta += b * x;
            }
        }
        self.problem.outcome.iter().zip(eta).map(|(y, eta)| self.family.at(*y, eta)).collect()
    }

    fn deviance(&self, points: &[Point]) -> f64 {
        let terms: Vec<f64> = (points.iter().zip(&self.weights))
            .map(|(point, w)| if *w > 0.0 { w * point.deviance } else { 0.0 })
            .collect();
        sum(&terms)
    }

    /// Factor of `sqrt(W) X` at these points; `None` where it has lost its rank.
    fn factor(&self, points: &[Point]) -> Option<Factor> {
        let roots: Vec<f64> = points.iter().zip(&self.weights).map(|(p, w)| w.sqrt() * p.root).collect();
        if roots.iter().all(|root| *root == 0.0) {
            return None;
        }
        let weighted = (self.columns.iter())
            .map(|column| column.iter().zip(&roots).map(|(x, root)| x * root).collect())
            .collect();
        Factor::new(weighted, self.problem.intercept).ok()
    }

    /// Pearson residuals, times the root of the weight.
    fn residuals(&self, points: &[Point]) -> Vec<f64> {
        points.iter().zip(&self.weights).map(|(point, w)| w.sqrt() * point.residual).collect()
    }

    /// Coefficients to begin with: the links of the outcomes themselves, smoothed by one weighted
    /// regression; where that leaves the range of the link, the mean alone.
    fn start(&self) -> Option<(DVector<f64>, Vec<Point>, f64)> {
        let outcome = self.problem.outcome;
        let eta: Vec<f64> = outcome.iter().map(|y| self.family.start(*y)).collect();
        let points: Vec<Point> = outcome.iter().zip(&eta).map(|(y, eta)| self.family.at(*y, *eta)).collect();
        let smoothed = self.factor(&points).map(|factor| {
            let target: Vec<f64> = (0..eta.len())
                .map(|row| {
                    let root = self.weights[row].sqrt() * points[row].root;
                    root * (eta[row] - self.offset(row)) + self.weights[row].sqrt() * points[row].residual
                })
                .collect();
            factor.solve(&target).0
        });
        let constant = self.problem.intercept.then(|| {
            let mut only = DVector::zeros(self.columns.len());
            only[0] = self.family.link(dot(outcome, &self.weights) / sum(&self.weights));
            only
        });
        [smoothed, constant].into_iter().flatten().find_map(|coefficients| {
            let points = self.points(&coefficients);
            let deviance = self.deviance(&points);
            (deviance.is_finite() && coefficients.iter().all(|b| b.is_finite())).then_some((
                coefficients,
                points,
                deviance,
            ))
        })
    }

    /// Runs the iterations, from these coefficients if given.
    pub(crate) fn solve(&self, from: Option<&DVector<f64>>) -> Result<Solved, Refusal> {
        let given = from.map(|coefficients| {
            let points = self.points(coefficients);
            let deviance = self.deviance(&points);
            (coefficients.clone(), points, deviance)
        });
        let Some((mut coefficients, mut points, mut deviance)) = given.or_else(|| self.start()) else {
            return Err(Refusal::NotConverged);
        };
        let mut last_step = f64::INFINITY;
        for iterations in 1..=ITERATIONS {
            let Some(factor) = self.factor(&points) else { return Err(self.diverged(&coefficients)) };
            let (mut step, _) = factor.solve(&self.residuals(&points));
            let relative = (step.iter().zip(coefficients.iter()))
                .map(|(step, b): (&f64, &f64)| step.abs() / (b.abs() + 1e-8))
                .fold(0.0, f64::max);
            if relative < SETTLED || (relative < NEARLY_SETTLED && relative >= last_step) {
                let solved = Solved { coefficients, factor, points, deviance, iterations };
                return if self.family.is_binary() { self.check_separation(solved) } else { Ok(solved) };
            }
            last_step = relative;
            for _ in 0..HALVINGS {
                let next = &coefficients + &step;
                let reached_points = self.points(&next);
                let reached = self.deviance(&reached_points);
                if reached.is_finite() && reached <= deviance * (1.0 + 1e-12) + 1e-12 {
                    (coefficients, points, deviance) = (next, reached_points, reached);
                    break;
                }
                step *= 0.5;
            }
        }
        Err(self.diverged(&coefficients))
    }

    fn check_separation(&self, solved: Solved) -> Result<Solved, Refusal> {
        let transform = solved.factor.back_transform();
        let certain = solved.points.iter().any(|p| p.mean < CERTAIN || p.mean > 1.0 - CERTAIN);
        for (k, spread) in self.spreads.iter().enumerate() {
            let steep = solved.coefficients[k].abs() * spread > STEEP;
            if (certain && steep) || transform.row(k).norm() * spread > VAGUE {
                return Err(self.diverged(&solved.coefficients));
            }
        }
        Ok(solved)
    }

    /// The refusal of iterations without an end: separation by the driver with the steepest coefficient where
    /// the distribution has a mass at its border, else no more than that they did not settle.
    fn diverged(&self, coefficients: &DVector<f64>) -> Refusal {
        if matches!(self.family, Family::GammaLog | Family::GammaInverse) {
            return Refusal::NotConverged;
        }
        let first = usize::from(self.problem.intercept);
        let steepness = |k: &usize| coefficients[*k].abs() * self.spreads[*k];
        let steepest = (first..self.columns.len())
            .max_by(|a, b| steepness(a).total_cmp(&steepness(b)))
            .map_or(Column::Outcome, |k| Column::Driver(k - first));
        Refusal::Separation { column: steepest }
    }

    fn describe(&self, solved: &Solved, errors: StandardErrors<'_>) -> Result<GlmFit, Refusal> {
        let q = solved.factor.thin_q();
        let rows = self.weights.len();
        let leverages: Vec<f64> =
            (0..rows).map(|row| q.iter().map(|c| c[row] * c[row]).sum::<f64>().min(1.0)).collect();
        let transform = solved.factor.back_transform();
        let residuals = self.residuals(&solved.points);
        let binary = self.family.is_binary();
        let (p, freedom) = (self.columns.len(), rows as f64 - self.columns.len() as f64);
        let dispersion = if binary { 1.0 } else { dot(&residuals, &residuals) / freedom };
        let parts = Parts { q: &q, transform: &transform, residuals: &residuals, leverages: &leverages };
        let normal = binary && !matches!(errors, StandardErrors::Clustered { .. });
        let (matrix, df, se_kind, warnings) = match errors {
            StandardErrors::Classic => {
                let matrix = &transform * transform.transpose() * dispersion;
                (matrix, vec![freedom; p], SeKind::Classic, Vec::new())
            }
            other => {
                let found = parts.covariance(other)?;
                (found.matrix, found.df, found.kind, found.warnings)
            }
        };
        check_range(&matrix)?;
        let coefficients: Vec<Coefficient> = (0..p)
            .map(|k| {
                let driver = k.checked_sub(usize::from(self.problem.intercept));
                let driver = if self.problem.intercept { driver } else { Some(k) };
                let std_error = matrix[(k, k)].max(0.0).sqrt();
                let df = (!normal).then_some(df[k]);
                Coefficient::new(driver, solved.coefficients[k], std_error, df)
            })
            .collect();
        let fitted: Vec<f64> = solved.points.iter().map(|point| point.mean).collect();
        let numbers =
            fitted.iter().chain(&residuals).chain(&leverages).chain([&solved.deviance, &dispersion]);
        if !(numbers.into_iter().all(|x| x.is_finite()) && coefficients.iter().all(Coefficient::is_finite)) {
            return Err(Refusal::OutOfRange);
        }
        let log_likelihood = self.log_likelihood(solved).filter(|l| l.is_finite());
        let counted = p as f64 + f64::from(u8::from(!binary));
        let events = self.problem.outcome.iter().filter(|y| **y > 0.5).count();
        Ok(GlmFit {
            family: self.family,
            coefficients,
            covariance: rows_of(&matrix),
            se_kind,
            n: rows,
            events: binary.then_some(events),
            dispersion,
            shape: gamma_shape(self.family, solved.deviance / sum(&self.weights)),
            deviance: solved.deviance,
            null_deviance: self.null_deviance(),
            log_likelihood,
            aic: log_likelihood.map(|l| 2.0 * (counted - l)),
            bic: log_likelihood.map(|l| counted * (rows as f64).ln() - 2.0 * l),
            warnings: warnings.into_iter().chain(influence(&residuals, &leverages, dispersion, p)).collect(),
            fitted,
            residuals,
            leverages,
            vif: Vec::new(),
            iterations: solved.iterations,
        })
    }

    fn log_likelihood(&self, solved: &Solved) -> Option<f64> {
        match self.family {
            Family::Logit | Family::Cloglog => Some(-0.5 * solved.deviance),
            Family::TweedieLog { .. } => None,
            Family::GammaLog | Family::GammaInverse => {
                let shape = sum(&self.weights) / solved.deviance;
                let terms: Vec<f64> = (self.problem.outcome.iter().zip(&solved.points).zip(&self.weights))
                    .map(|((y, point), w)| {
                        let rate = shape / point.mean;
                        w * (shape * rate.ln() - ln_gamma(shape) + (shape - 1.0) * y.ln() - rate * y)
                    })
                    .collect();
                Some(sum(&terms))
            }
        }
    }

    /// Deviance without drivers: of the mean, of the intercept beside the offset, or of the offset alone.
    fn null_deviance(&self) -> Option<f64> {
        let constant = |eta: f64| {
            let eta = |row: usize| eta + self.offset(row);
            let outcome = self.problem.outcome.iter().enumerate();
            self.deviance(&outcome.map(|(row, y)| self.family.at(*y, eta(row))).collect::<Vec<_>>())
        };
        let found = if !self.problem.intercept {
            constant(0.0)
        } else if self.offset.is_some() {
            let problem = Problem { drivers: &[], ..*self.problem };
            Design::new(&problem, self.family, self.offset).solve(None).ok()?.deviance
        } else {
            let mean = dot(self.problem.outcome, &self.weights) / sum(&self.weights);
            constant(self.family.link(mean))
        };
        found.is_finite().then_some(found)
    }
}

/// The warning of rows whose Cook's distance is above 4/n.
fn influence(residuals: &[f64], leverages: &[f64], dispersion: f64, p: usize) -> Option<Warning> {
    let distances: Vec<f64> = (residuals.iter().zip(leverages))
        .map(|(r, h)| (r / (1.0 - h)).powi(2) * h / (dispersion * p as f64))
        .map(|distance| if distance.is_finite() { distance } else { 0.0 })
        .collect();
    let rows = distances.iter().filter(|distance| **distance > 4.0 / distances.len() as f64).count();
    let row = (0..distances.len()).fold(0, |best, i| if distances[i] > distances[best] { i } else { best });
    (rows > 0).then(|| Warning::Influence { row, distance: distances[row], rows })
}

/// Shape at which `log(shape) - digamma(shape)` is half the mean deviance.
fn gamma_shape(family: Family, mean_deviance: f64) -> Option<f64> {
    if !matches!(family, Family::GammaLog | Family::GammaInverse) {
        return None;
    }
    // The difference falls from infinity to 0; bisection over the logarithm cannot miss.
    let (mut low, mut high) = (1e-8_f64.ln(), 1e12_f64.ln());
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle - digamma(middle.exp()) > mean_deviance / 2.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high).exp()).filter(|shape| shape.is_finite())
}

/// Covariance matrix of the coefficients of a fit.
pub(crate) fn covariance_of(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), rows.len(), |i, j| rows[i][j])
}
