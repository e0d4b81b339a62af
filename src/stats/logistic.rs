//! Logistic regression of a 0/1 outcome.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::factor::Factor;
use crate::ols::{Coefficient, Parts, Problem, SeKind, StandardErrors, check_range, rows_of};
use crate::{Column, Count, Interval, Refusal, Warning};

/// Relative step at which iterations stop.
const SETTLED: f64 = 1e-12;
/// Relative step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-8;
/// Iterations after which no finite solution is expected.
const ITERATIONS: usize = 50;
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

/// Change of the probability per unit of a driver, averaged over the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarginalEffect {
    /// Which driver.
    pub driver: usize,
    /// Mean of `p (1 - p) b`.
    pub estimate: f64,
    /// Delta-method standard error.
    pub std_error: f64,
}

/// A logistic model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticFit {
    /// Log-odds; intercept first, if there is one, then the drivers in their order.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// Observations.
    pub n: usize,
    /// Rows with outcome 1.
    pub events: usize,
    /// -2 log-likelihood.
    pub deviance: f64,
    /// The same of the model without drivers.
    pub null_deviance: f64,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// McFadden's R-squared.
    pub mcfadden: f64,
    /// One per driver.
    pub marginal_effects: Vec<MarginalEffect>,
    /// Odds ratio for 10 units of each driver, with its 95 % interval; absent where it leaves the range of
    /// numbers.
    pub odds_ratios_per_10: Vec<Option<Interval>>,
    /// Fitted probability of each row.
    pub fitted: Vec<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

/// Fits `log(p / (1 - p)) = Xb` by Fisher scoring, each step a least-squares problem solved by QR, until no
/// coefficient moves by more than 1e-12 of itself; weights and standard errors are those of the last
/// coefficients.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses; an outcome other than 0 and 1; separation; fewer than 5 events (or
/// non-events, if they are fewer) per driver.
///
/// # Source
///
/// McCullagh and Nelder 1989, *Generalized Linear Models*, §4.4. Robust errors: White 1982.
pub fn fit(problem: &Problem<'_>, errors: StandardErrors<'_>) -> Result<LogisticFit, Refusal> {
    if let Some(row) = problem.outcome.iter().position(|y| y.is_finite() && ![0.0, 1.0].contains(y)) {
        return Err(Refusal::NotBinary { row });
    }
    problem.check()?;
    let model = Model::new(problem);
    let solved = model.solve()?;
    let events = problem.outcome.iter().filter(|y| **y > 0.5).count();
    let rows = problem.outcome.len();
    let rarer = events.min(rows - events) as f64;
    let ratio = rarer / problem.drivers.len().max(1) as f64;
    let what = Count::EventsPerParameter;
    if ratio < EVENTS_NEEDED {
        return Err(Refusal::TooFew { what, have: ratio, need: EVENTS_NEEDED });
    }
    let mut found = model.describe(&solved, errors)?;
    if ratio < EVENTS_WANTED {
        found.warnings.push(Warning::Few { what, have: ratio, need: EVENTS_WANTED });
    }
    let (have, need) = (rows as f64, problem.parameters() as f64 + SPARE_OBSERVATIONS);
    if have < need {
        found.warnings.push(Warning::Few { what: Count::Observations, have, need });
    }
    found.events = events;
    Ok(found)
}

/// The columns of the design, intercept first.
struct Model<'a> {
    problem: &'a Problem<'a>,
    columns: Vec<Vec<f64>>,
    weights: Vec<f64>,
    /// Standard deviation of each column; 0 for the intercept.
    spreads: Vec<f64>,
}

struct Solved {
    coefficients: DVector<f64>,
    factor: Factor,
    probabilities: Vec<f64>,
    deviance: f64,
    iterations: usize,
}

impl<'a> Model<'a> {
    fn new(problem: &'a Problem<'a>) -> Self {
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
        Self { problem, columns, weights, spreads }
    }

    fn probabilities(&self, coefficients: &DVector<f64>) -> Vec<f64> {
        (0..self.problem.outcome.len())
            .map(|row| {
                let odds: f64 =
                    self.columns.iter().zip(coefficients.iter()).map(|(column, b)| b * column[row]).sum();
                1.0 / (1.0 + (-odds).exp())
            })
            .collect()
    }

    fn deviance(&self, probabilities: &[f64]) -> f64 {
        let terms: Vec<f64> = probabilities
            .iter()
            .zip(self.problem.outcome)
            .zip(&self.weights)
            .map(|((p, y), w)| {
                let likely = if *y > 0.5 { *p } else { 1.0 - *p };
                if *w > 0.0 { -2.0 * w * likely.ln() } else { 0.0 }
            })
            .collect();
        crate::factor::sum(&terms)
    }

    /// Factor of `sqrt(W) X` at these probabilities; `None` where it has lost its rank.
    fn factor(&self, probabilities: &[f64]) -> Option<Factor> {
        let roots = self.roots(probabilities);
        let weighted = self
            .columns
            .iter()
            .map(|column| column.iter().zip(&roots).map(|(x, root)| x * root).collect())
            .collect();
        Factor::new(weighted, self.problem.intercept).ok()
    }

    fn roots(&self, probabilities: &[f64]) -> Vec<f64> {
        probabilities.iter().zip(&self.weights).map(|(p, w)| (w * p * (1.0 - p)).sqrt()).collect()
    }

    /// `(y - p) / sqrt(p (1 - p))`, times the root of the weight.
    fn working_residuals(&self, probabilities: &[f64]) -> Vec<f64> {
        probabilities
            .iter()
            .zip(self.problem.outcome)
            .zip(&self.weights)
            .map(|((p, y), w)| {
                let spread = (p * (1.0 - p)).sqrt();
                if spread > 0.0 { w.sqrt() * (y - p) / spread } else { 0.0 }
            })
            .collect()
    }

    fn solve(&self) -> Result<Solved, Refusal> {
        // The first factorisation has equal weights, so it fails only if the drivers themselves are dependent.
        crate::ols::check_rank(&self.columns, self.problem.intercept)?;
        let mut coefficients = DVector::zeros(self.columns.len());
        let mut probabilities = self.probabilities(&coefficients);
        let mut deviance = self.deviance(&probabilities);
        let mut last_step = f64::INFINITY;
        for iterations in 1..=ITERATIONS {
            let Some(factor) = self.factor(&probabilities) else { return Err(self.separated(&coefficients)) };
            let (mut step, _) = factor.solve(&self.working_residuals(&probabilities));
            let relative = step
                .iter()
                .zip(coefficients.iter())
                .map(|(step, b): (&f64, &f64)| step.abs() / (b.abs() + 1e-8))
                .fold(0.0, f64::max);
            if relative < SETTLED || (relative < NEARLY_SETTLED && relative >= last_step) {
                let solved = Solved { coefficients, factor, probabilities, deviance, iterations };
                return self.check_separation(solved);
            }
            last_step = relative;
            for _ in 0..30 {
                let next = &coefficients + &step;
                probabilities = self.probabilities(&next);
                let reached = self.deviance(&probabilities);
                if reached.is_finite() && reached <= deviance * (1.0 + 1e-12) + 1e-12 {
                    (coefficients, deviance) = (next, reached);
                    break;
                }
                step *= 0.5;
            }
            probabilities = self.probabilities(&coefficients);
        }
        Err(self.separated(&coefficients))
    }

    fn check_separation(&self, solved: Solved) -> Result<Solved, Refusal> {
        let transform = solved.factor.back_transform();
        let certain = solved.probabilities.iter().any(|p| *p < CERTAIN || *p > 1.0 - CERTAIN);
        for (k, spread) in self.spreads.iter().enumerate() {
            let steep = solved.coefficients[k].abs() * spread > STEEP;
            if (certain && steep) || transform.row(k).norm() * spread > VAGUE {
                return Err(self.separated(&solved.coefficients));
            }
        }
        Ok(solved)
    }

    /// The refusal that names the driver with the steepest coefficient.
    fn separated(&self, coefficients: &DVector<f64>) -> Refusal {
        let first = usize::from(self.problem.intercept);
        let steepness = |k: &usize| coefficients[*k].abs() * self.spreads[*k];
        let steepest = (first..self.columns.len())
            .max_by(|a, b| steepness(a).total_cmp(&steepness(b)))
            .map_or(Column::Outcome, |k| Column::Driver(k - first));
        Refusal::Separation { column: steepest }
    }

    fn describe(&self, solved: &Solved, errors: StandardErrors<'_>) -> Result<LogisticFit, Refusal> {
        let q = solved.factor.thin_q();
        let rows = self.problem.outcome.len();
        let leverages: Vec<f64> =
            (0..rows).map(|row| q.iter().map(|c| c[row] * c[row]).sum::<f64>().min(1.0)).collect();
        let transform = solved.factor.back_transform();
        let residuals = self.working_residuals(&solved.probabilities);
        let parts = Parts { q: &q, transform: &transform, residuals: &residuals, leverages: &leverages };
        let (matrix, df, se_kind, warnings) = match errors {
            StandardErrors::Classic => {
                (&transform * transform.transpose(), None, SeKind::Classic, Vec::new())
            }
            other => {
                let found = parts.covariance(other)?;
                let clustered = matches!(other, StandardErrors::Clustered { .. });
                (found.matrix, clustered.then_some(found.df), found.kind, found.warnings)
            }
        };
        check_range(&matrix)?;
        let first = usize::from(self.problem.intercept);
        let coefficients: Vec<Coefficient> = (0..self.columns.len())
            .map(|k| {
                let std_error = matrix[(k, k)].max(0.0).sqrt();
                let df = df.as_ref().map(|df| df[k]);
                Coefficient::new(k.checked_sub(first), solved.coefficients[k], std_error, df)
            })
            .collect();
        let p = self.columns.len() as f64;
        let null_deviance = self.null_deviance();
        let (deviance, log_likelihood) = (solved.deviance, -0.5 * solved.deviance);
        if !(deviance.is_finite() && coefficients.iter().all(Coefficient::is_finite)) {
            return Err(Refusal::OutOfRange);
        }
        Ok(LogisticFit {
            marginal_effects: self.marginal_effects(solved, &matrix),
            odds_ratios_per_10: coefficients[first..].iter().map(odds_ratio).collect(),
            coefficients,
            covariance: rows_of(&matrix),
            se_kind,
            n: rows,
            events: 0,
            deviance,
            null_deviance,
            log_likelihood,
            aic: deviance + 2.0 * p,
            bic: deviance + p * (rows as f64).ln(),
            mcfadden: 1.0 - deviance / null_deviance,
            fitted: solved.probabilities.clone(),
            iterations: solved.iterations,
            warnings,
        })
    }

    fn null_deviance(&self) -> f64 {
        let total = crate::factor::sum(&self.weights);
        let share = if self.problem.intercept {
            crate::factor::dot(self.problem.outcome, &self.weights) / total
        } else {
            0.5
        };
        self.deviance(&vec![share; self.weights.len()])
    }

    fn marginal_effects(&self, solved: &Solved, covariance: &DMatrix<f64>) -> Vec<MarginalEffect> {
        let total = crate::factor::sum(&self.weights);
        let slope: Vec<f64> = solved.probabilities.iter().map(|p| p * (1.0 - p)).collect();
        let mean_slope = crate::factor::dot(&slope, &self.weights) / total;
        // Mean derivative of p (1 - p) by each coefficient.
        let bend: Vec<f64> = (slope.iter().zip(&solved.probabilities).zip(&self.weights))
            .map(|((slope, p), w)| w * slope * (1.0 - 2.0 * p) / total)
            .collect();
        let bends: Vec<f64> = self.columns.iter().map(|column| crate::factor::dot(column, &bend)).collect();
        let first = usize::from(self.problem.intercept);
        (first..self.columns.len())
            .map(|k| {
                let b = solved.coefficients[k];
                let gradient = DVector::from_fn(self.columns.len(), |j, _| {
                    b * bends[j] + if j == k { mean_slope } else { 0.0 }
                });
                let variance = gradient.dot(&(covariance * &gradient)).max(0.0);
                MarginalEffect { driver: k - first, estimate: mean_slope * b, std_error: variance.sqrt() }
            })
            .collect()
    }
}

fn odds_ratio(coefficient: &Coefficient) -> Option<Interval> {
    let per_10 = |b: f64| (10.0 * b).exp();
    let (low, high) = (per_10(coefficient.low), per_10(coefficient.high));
    high.is_finite().then(|| Interval { estimate: per_10(coefficient.estimate), low, high })
}
