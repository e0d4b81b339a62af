//! The fit by maximum partial likelihood.

use nalgebra::{Cholesky, DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::ols::{Coefficient, SeKind, TestResult, check_finite, check_range, rows_of};
use crate::quantile;
use crate::survival::Lifetimes;
use crate::{Column, Count, Refusal, Warning};

use super::likelihood::{Risk, State};
use super::robust;

/// Relative step at which iterations stop.
const SETTLED: f64 = 1e-12;
/// Relative step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-8;
/// Step of a standardised coefficient at the level of rounding.
const ROUNDING: f64 = 1e-14;
/// Iterations after which no finite solution is expected.
const ITERATIONS: usize = 50;
/// Standard deviation of the linear predictor that points to a monotone likelihood.
const STEEP: f64 = 15.0;
/// Variance of a coefficient over its variance with all coefficients 0 that points to it: errors a thousandfold.
const VAGUE: f64 = 1e6;
/// Events per parameter below which a model is refused.
const EVENTS_NEEDED: f64 = 5.0;
/// Events per parameter below which it warns.
const EVENTS_WANTED: f64 = 10.0;
/// Observations beyond the number of parameters below which a fit warns.
const SPARE_OBSERVATIONS: f64 = 10.0;

/// How events at the same time are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    /// Averaged over the orders in which they may have come (Efron 1977).
    #[default]
    Efron,
    /// Each with all others still at risk (Breslow 1974): pulls the coefficients towards 0.
    Breslow,
}

/// What is added to the log-likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Nothing.
    MaximumLikelihood,
    /// Half the logarithm of the determinant of the information.
    Firth,
    /// Less half of `lambda` times the squared coefficients of standardised drivers.
    Ridge {
        /// Weight of the penalty.
        lambda: f64,
    },
}

/// The cumulative hazard after an event, of a customer at the means of the drivers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BaselineStep {
    /// Time.
    pub time: f64,
    /// Cumulative hazard.
    pub cumulative_hazard: f64,
}

/// A proportional-hazards model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoxFit {
    /// Logarithm of the hazard ratio per unit of each driver.
    pub coefficients: Vec<Coefficient>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// How standard errors were taken.
    pub se_kind: SeKind,
    /// How ties were taken.
    pub ties: Ties,
    /// What is maximised.
    pub method: Method,
    /// Rows.
    pub n: usize,
    /// Those who left.
    pub events: usize,
    /// Logarithm of the partial likelihood, without a penalty.
    pub log_likelihood: f64,
    /// The same with all coefficients 0.
    pub null_log_likelihood: f64,
    /// Test of all drivers by twice the difference; absent for a penalised fit.
    pub likelihood_ratio: Option<TestResult>,
    /// Means of the drivers, to which the baseline belongs.
    pub means: Vec<f64>,
    /// Baseline by the same rule for ties, one step per time with events, ascending.
    pub baseline: Vec<BaselineStep>,
    /// Linear predictor of each row, less that of the means.
    pub risk: Vec<f64>,
    /// Iterations.
    pub iterations: usize,
    /// What limits the fit.
    pub warnings: Vec<Warning>,
}

impl CoxFit {
    /// Cumulative hazard up to `time` of a customer with these drivers; `None` where it leaves the range of
    /// numbers or a driver is missing.
    pub fn cumulative_hazard(&self, time: f64, drivers: &[f64]) -> Option<f64> {
        if drivers.len() != self.means.len() {
            return None;
        }
        let after = self.baseline.partition_point(|step| step.time <= time);
        let base = after.checked_sub(1).and_then(|last| self.baseline.get(last));
        let risk: f64 = (self.coefficients.iter().zip(drivers).zip(&self.means))
            .map(|((coefficient, x), mean)| coefficient.estimate * (x - mean))
            .sum();
        Some(base.map_or(0.0, |step| step.cumulative_hazard) * risk.exp()).filter(|value| value.is_finite())
    }

    /// Share of such customers still there after `time`.
    pub fn survival(&self, time: f64, drivers: &[f64]) -> Option<f64> {
        self.cumulative_hazard(time, drivers).map(|hazard| (-hazard).exp())
    }
}

/// Fits the hazard `h(t) exp(xb)` by Newton steps on the partial likelihood of centred drivers, halved where
/// they overshoot, until no coefficient moves by more than 1e-12 of itself; with `clusters` (one identifier per
/// row) standard errors rest on the score residuals summed by cluster.
///
/// The work is that of sorting and O(n p²) an iteration, whatever the ties.
///
/// # Errors
///
/// What [`crate::ols::fit`] refuses of drivers; bad times; fewer than 5 events per driver; a monotone
/// likelihood, for which [`firth`](super::firth) and [`ridge`](super::ridge) have an answer; fewer than 10
/// clusters.
///
/// # Source
///
/// Cox 1972, JRSS B 34:187-220; Efron 1977, JASA 72:557-565; Lin and Wei 1989, JASA 84:1074-1078, for the
/// clustered errors.
pub fn fit(
    lifetimes: &Lifetimes<'_>,
    drivers: &[&[f64]],
    ties: Ties,
    clusters: Option<&[usize]>,
) -> Result<CoxFit, Refusal> {
    check(lifetimes, drivers)?;
    let events = lifetimes.event.iter().filter(|event| **event).count();
    let (ratio, what) = (events as f64 / drivers.len() as f64, Count::EventsPerParameter);
    if ratio < EVENTS_NEEDED {
        return Err(Refusal::TooFew { what, have: ratio, need: EVENTS_NEEDED });
    }
    let risk = Risk::new(lifetimes, drivers, ties)?;
    let solved = solve(&risk)?;
    let mut found = describe(&risk, &solved, ties, Method::MaximumLikelihood)?;
    if let Some(ids) = clusters {
        let robust = robust::clustered(&risk, &solved, ids)?;
        check_range(&robust.matrix)?;
        for (k, coefficient) in found.coefficients.iter_mut().enumerate() {
            let std_error = robust.matrix[(k, k)].max(0.0).sqrt();
            *coefficient = Coefficient::new(Some(k), coefficient.estimate, std_error, None);
        }
        found.covariance = rows_of(&robust.matrix);
        found.se_kind = SeKind::Cr0;
        found.warnings.extend(robust.warnings);
    }
    let (have, need) = (found.n as f64, drivers.len() as f64 + SPARE_OBSERVATIONS);
    if have < need {
        found.warnings.push(Warning::Few { what: Count::Observations, have, need });
    }
    if ratio < EVENTS_WANTED {
        found.warnings.push(Warning::Few { what, have: ratio, need: EVENTS_WANTED });
    }
    Ok(found)
}

/// [`fit`], and where the likelihood is monotone [`firth`](super::firth), with a warning that says so; its standard
/// errors are those of the information, also where clusters are given.
///
/// # Errors
///
/// As [`fit`], except for the monotone likelihood.
pub fn fit_where_monotone(
    lifetimes: &Lifetimes<'_>,
    drivers: &[&[f64]],
    ties: Ties,
    clusters: Option<&[usize]>,
) -> Result<CoxFit, Refusal> {
    match fit(lifetimes, drivers, ties, clusters) {
        Err(Refusal::Separation { column }) => {
            let mut found = super::firth(lifetimes, drivers, ties)?;
            found.warnings.push(Warning::Separation { column });
            Ok(found)
        }
        other => other,
    }
}

/// Refuses what no hazard can be fitted to.
pub(super) fn check(lifetimes: &Lifetimes<'_>, drivers: &[&[f64]]) -> Result<(), Refusal> {
    lifetimes.check()?;
    let rows = lifetimes.stop.len();
    if drivers.is_empty() {
        return Err(Refusal::TooFew { what: Count::Drivers, have: 0.0, need: 1.0 });
    }
    for (index, column) in drivers.iter().enumerate() {
        if column.len() != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found: column.len() });
        }
        check_finite(column, Column::Driver(index))?;
    }
    if rows <= drivers.len() {
        let (have, need) = (rows as f64, drivers.len() as f64 + 1.0);
        return Err(Refusal::TooFew { what: Count::Observations, have, need });
    }
    if !lifetimes.event.contains(&true) {
        return Err(Refusal::TooFew { what: Count::Events, have: 0.0, need: 1.0 });
    }
    Ok(())
}

/// The likelihood at its maximum, in the coordinates of the standardised columns.
pub(super) struct Solved {
    pub(super) coefficients: DVector<f64>,
    pub(super) state: State,
    pub(super) covariance: DMatrix<f64>,
    pub(super) null_log_likelihood: f64,
    pub(super) iterations: usize,
}

/// Largest step relative to its coefficient; 0 where all steps are at the level of rounding.
pub(super) fn relative(step: &DVector<f64>, coefficients: &DVector<f64>) -> f64 {
    if step.amax() < ROUNDING {
        return 0.0;
    }
    step.iter().zip(coefficients.iter()).map(|(step, b)| step.abs() / (b.abs() + 1e-8)).fold(0.0, f64::max)
}

/// Whether iterations may stop: nothing moves, or rounding keeps steps from shrinking.
pub(super) fn is_settled(relative: f64, last: f64) -> bool {
    relative < SETTLED || (relative < NEARLY_SETTLED && relative >= last)
}

fn solve(risk: &Risk) -> Result<Solved, Refusal> {
    let width = risk.design.width();
    let mut coefficients = DVector::zeros(width);
    let mut state = risk.evaluate(&coefficients);
    let null_log_likelihood = state.log_likelihood;
    let (mut last, mut at_zero) = (f64::INFINITY, None);
    for iterations in 0..ITERATIONS {
        let slope = risk.slope(&state);
        let diagonal = slope.information.diagonal();
        let Some(factor) = Cholesky::new(slope.information) else {
            if iterations == 0 {
                return Err(flat(&diagonal, risk.order.len()));
            }
            break;
        };
        let mut step = factor.solve(&slope.score);
        let moved = relative(&step, &coefficients);
        if !moved.is_finite() {
            break;
        }
        let covariance = factor.inverse();
        let precise = at_zero.get_or_insert_with(|| covariance.diagonal());
        if is_settled(moved, last) {
            let vague =
                covariance.diagonal().iter().zip(precise.iter()).any(|(now, then)| now / then > VAGUE);
            if vague || spread(&risk.design.predict(&coefficients)) > STEEP {
                break;
            }
            return Ok(Solved { coefficients, state, covariance, null_log_likelihood, iterations });
        }
        last = moved;
        for _ in 0..30 {
            let next = &coefficients + &step;
            let reached = risk.evaluate(&next);
            // Rounding of the likelihood must not stop the last steps.
            if reached.log_likelihood >= state.log_likelihood - 1e-12 * state.log_likelihood.abs() {
                (coefficients, state) = (next, reached);
                break;
            }
            step *= 0.5;
        }
    }
    let estimates = &risk.design.transform * coefficients;
    let steep = |k: usize| estimates[k].abs() * risk.design.spreads[k];
    let steepest = (0..estimates.len()).max_by(|a, b| steep(*a).total_cmp(&steep(*b))).unwrap_or(0);
    Err(Refusal::Separation { column: Column::Driver(steepest) })
}

/// The refusal of drivers that do not vary among those at risk at an event, or depend on each other there.
fn flat(information: &DVector<f64>, rows: usize) -> Refusal {
    let (least, value) = information.argmin();
    let column = Column::Driver(least);
    if value <= 1e-12 * rows as f64 { Refusal::NoVariance { column } } else { Refusal::Aliased { column } }
}

/// Root of the mean square of linear predictors, whose mean is 0.
fn spread(linear: &[f64]) -> f64 {
    (crate::factor::dot(linear, linear) / linear.len() as f64).sqrt()
}

pub(super) fn describe(risk: &Risk, solved: &Solved, ties: Ties, method: Method) -> Result<CoxFit, Refusal> {
    let transform = &risk.design.transform;
    let covariance = transform * &solved.covariance * transform.transpose();
    check_range(&covariance)?;
    let estimates = transform * &solved.coefficients;
    let coefficients: Vec<Coefficient> = estimates
        .iter()
        .enumerate()
        .map(|(k, b)| Coefficient::new(Some(k), *b, covariance[(k, k)].max(0.0).sqrt(), None))
        .collect();
    let (log_likelihood, null_log_likelihood) = (solved.state.log_likelihood, solved.null_log_likelihood);
    let df1 = coefficients.len() as f64;
    let statistic = (2.0 * (log_likelihood - null_log_likelihood)).max(0.0);
    let likelihood_ratio = (method == Method::MaximumLikelihood).then(|| TestResult {
        statistic,
        df1,
        df2: None,
        p_value: quantile::chi_squared_sf(statistic, df1),
    });
    let baseline = baseline(risk, &solved.state);
    let linear = risk.design.predict(&solved.coefficients);
    let mut by_row = vec![0.0; linear.len()];
    for (row, value) in risk.order.iter().zip(&linear) {
        by_row[*row] = *value;
    }
    let finite = coefficients.iter().all(Coefficient::is_finite)
        && log_likelihood.is_finite()
        && risk.design.means.iter().chain(&by_row).all(|value| value.is_finite())
        && baseline.iter().all(|step| step.cumulative_hazard.is_finite());
    if !finite {
        return Err(Refusal::OutOfRange);
    }
    Ok(CoxFit {
        coefficients,
        covariance: rows_of(&covariance),
        se_kind: SeKind::Classic,
        ties,
        method,
        n: risk.order.len(),
        events: risk.event.iter().filter(|event| **event).count(),
        log_likelihood,
        null_log_likelihood,
        likelihood_ratio,
        means: risk.design.means.clone(),
        baseline,
        risk: by_row,
        iterations: solved.iterations,
        warnings: Vec::new(),
    })
}

fn baseline(risk: &Risk, state: &State) -> Vec<BaselineStep> {
    let mut cumulative_hazard = 0.0;
    let unit = (-state.shift).exp();
    let with_events = risk.groups.iter().zip(&state.shares).rev().filter(|(group, _)| group.deaths > 0);
    with_events
        .map(|(group, shares)| {
            cumulative_hazard += shares.a * unit;
            BaselineStep { time: group.time, cumulative_hazard }
        })
        .collect()
}
