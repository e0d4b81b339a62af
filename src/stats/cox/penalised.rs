//! Fits that stay finite where the partial likelihood rises without end.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::Refusal;
use crate::survival::Lifetimes;

use super::fit::{CoxFit, Method, Solved, Ties, check, describe, is_settled, relative};
use super::likelihood::{Risk, State};

/// Iterations after which a fit is given up; the steps of a Firth fit shrink by a constant share.
const ITERATIONS: usize = 500;
/// Longest step of a standardised coefficient.
const LONGEST_STEP: f64 = 5.0;

/// Firth's fit: the log-likelihood plus half the logarithm of the determinant of the information, finite also
/// where all who leave stand on one side. Standard errors are those of the information.
///
/// # Errors
///
/// What [`super::fit`] refuses of drivers and times; no event. Events per parameter do not matter.
///
/// # Source
///
/// Heinze and Schemper 2001, Biometrics 57:114-119.
pub fn firth(lifetimes: &Lifetimes<'_>, drivers: &[&[f64]], ties: Ties) -> Result<CoxFit, Refusal> {
    penalised(lifetimes, drivers, ties, Method::Firth)
}

/// The fit with half of `lambda` times the squared coefficients of the standardised drivers taken off the
/// log-likelihood. Standard errors are those of the penalised information; they do not know the bias.
///
/// # Errors
///
/// What [`super::fit`] refuses of drivers and times; no event; a `lambda` that is not above 0.
///
/// # Source
///
/// Verweij and van Houwelingen 1994, Statistics in Medicine 13:2427-2436.
pub fn ridge(
    lifetimes: &Lifetimes<'_>,
    drivers: &[&[f64]],
    ties: Ties,
    lambda: f64,
) -> Result<CoxFit, Refusal> {
    if !lambda.is_finite() || lambda <= 0.0 {
        return Err(Refusal::OutOfRange);
    }
    penalised(lifetimes, drivers, ties, Method::Ridge { lambda })
}

/// Objective and its derivatives at some coefficients.
struct Point {
    coefficients: DVector<f64>,
    state: State,
    objective: f64,
    score: DVector<f64>,
    factor: Cholesky<f64, Dyn>,
}

fn penalised(
    lifetimes: &Lifetimes<'_>,
    drivers: &[&[f64]],
    ties: Ties,
    method: Method,
) -> Result<CoxFit, Refusal> {
    check(lifetimes, drivers)?;
    let risk = Risk::new(lifetimes, drivers, ties)?;
    let penalty = Penalty::new(&risk, method);
    let width = risk.design.width();
    let mut point = penalty.at(DVector::zeros(width)).ok_or(Refusal::NotConverged)?;
    let null_log_likelihood = point.state.log_likelihood;
    let mut last = f64::INFINITY;
    for iterations in 0..ITERATIONS {
        let mut step = point.factor.solve(&point.score);
        let moved = relative(&step, &point.coefficients);
        if !moved.is_finite() {
            break;
        }
        if is_settled(moved, last) {
            let covariance = point.factor.inverse();
            let (coefficients, state) = (point.coefficients, point.state);
            let solved = Solved { coefficients, state, covariance, null_log_likelihood, iterations };
            return describe(&risk, &solved, ties, method);
        }
        last = moved;
        let longest = step.amax();
        if longest > LONGEST_STEP {
            step *= LONGEST_STEP / longest;
        }
        let tolerance = 1e-12 * point.objective.abs();
        for _ in 0..30 {
            match penalty.at(&point.coefficients + &step) {
                Some(next) if next.objective >= point.objective - tolerance => {
                    point = next;
                    break;
                }
                _ => step *= 0.5,
            }
        }
    }
    Err(Refusal::NotConverged)
}

struct Penalty<'a> {
    risk: &'a Risk,
    method: Method,
    /// Squared length of the coefficients of standardised drivers, as a quadratic form.
    length: DMatrix<f64>,
}

impl<'a> Penalty<'a> {
    fn new(risk: &'a Risk, method: Method) -> Self {
        Self { risk, method, length: risk.design.length() }
    }

    /// `None` where the information has lost its rank.
    fn at(&self, coefficients: DVector<f64>) -> Option<Point> {
        let state = self.risk.evaluate(&coefficients);
        let slope = self.risk.slope(&state);
        let likelihood = Some(state.log_likelihood).filter(|value| value.is_finite())?;
        match self.method {
            Method::Ridge { lambda } => {
                let pull = &self.length * &coefficients;
                let objective = likelihood - 0.5 * lambda * coefficients.dot(&pull);
                let score = slope.score - pull * lambda;
                let factor = Cholesky::new(slope.information + &self.length * lambda)?;
                Some(Point { coefficients, state, objective, score, factor })
            }
            Method::MaximumLikelihood | Method::Firth => {
                let factor = Cholesky::new(slope.information)?;
                let half_log: f64 = factor.l_dirty().diagonal().iter().map(|pivot| pivot.ln()).sum();
                let score = slope.score + bend(self.risk, &state, &factor.inverse());
                Some(Point { coefficients, state, objective: likelihood + half_log, score, factor })
            }
        }
    }
}

/// Sums over rows of what the third central moments need.
struct Moments {
    first: DVector<f64>,
    second: DMatrix<f64>,
    /// Sum of `w x'Mx`.
    form: f64,
    /// Sum of `w x'Mx x`.
    form_times: DVector<f64>,
}

impl Moments {
    fn new(width: usize) -> Self {
        Self {
            first: DVector::zeros(width),
            second: DMatrix::zeros(width, width),
            form: 0.0,
            form_times: DVector::zeros(width),
        }
    }

    fn add(&mut self, x: &DVector<f64>, form: f64, w: f64) {
        self.first.axpy(w, x, 1.0);
        self.second.ger(w, x, x, 1.0);
        self.form += w * form;
        self.form_times.axpy(w * form, x, 1.0);
    }
}

/// Half the derivative of the log-determinant: `tr(M dI/db) / 2` with `M` the inverse information, the trace of
/// `M` times the third central moments at each event.
fn bend(risk: &Risk, state: &State, inverse: &DMatrix<f64>) -> DVector<f64> {
    let width = risk.design.width();
    let mut at_risk = Moments::new(width);
    let mut total = DVector::zeros(width);
    let row_of = |position: usize| {
        let x = DVector::from_column_slice(&risk.design.row(position)[..width]);
        let form = x.dot(&(inverse * &x));
        (x, form)
    };
    let mut hazard_sum = 0.0;
    risk.walk(|g, rows, late| {
        let mut leaving = Moments::new(width);
        let mut tied = 0.0;
        for position in rows {
            let (x, form) = row_of(position);
            let w = state.hazards[position];
            at_risk.add(&x, form, w);
            hazard_sum += w;
            if risk.event[position] {
                leaving.add(&x, form, w);
                tied += w;
            }
        }
        for position in late {
            let (x, form) = row_of(*position);
            at_risk.add(&x, form, -state.hazards[*position]);
            hazard_sum -= state.hazards[*position];
        }
        for f in risk.fractions(risk.groups[g].deaths) {
            let q = 1.0 / (hazard_sum - f * tied);
            let mean = (&at_risk.first - &leaving.first * f) * q;
            let turned = inverse * &mean;
            let second = (&at_risk.second * &turned - &leaving.second * &turned * f) * q;
            let form = (at_risk.form - f * leaving.form) * q;
            let form_times = (&at_risk.form_times - &leaving.form_times * f) * q;
            let own = mean.dot(&turned);
            total += form_times - &mean * form - (second - mean * own) * 2.0;
        }
    });
    total * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// The score is the derivative of the objective.
    #[test]
    fn the_score_agrees_with_differences_of_the_objective() {
        let mut random = SplitMix64::new(3);
        let rows = 60;
        let mut column = || -> Vec<f64> { (0..rows).map(|_| random.uniform()).collect() };
        let (a, b, times, entry) = (column(), column(), column(), column());
        // Ties, and late entries.
        let stop: Vec<f64> = times.iter().map(|t| (t * 12.0).floor() + 1.0).collect();
        let start: Vec<f64> = stop.iter().zip(&entry).map(|(stop, e)| (stop * e * 0.5).floor()).collect();
        let event: Vec<bool> = entry.iter().map(|e| *e > 0.3).collect();
        let lifetimes = Lifetimes { start: Some(&start), stop: &stop, event: &event };
        for (ties, method) in [
            (Ties::Efron, Method::Firth),
            (Ties::Breslow, Method::Firth),
            (Ties::Efron, Method::Ridge { lambda: 2.0 }),
        ] {
            let risk = Risk::new(&lifetimes, &[&a, &b], ties).unwrap();
            let penalty = Penalty::new(&risk, method);
            let place = DVector::from_column_slice(&[0.4, -0.7]);
            let score = penalty.at(place.clone()).unwrap().score;
            for k in 0..2 {
                let moved = |by: f64| {
                    let mut place = place.clone();
                    place[k] += by;
                    penalty.at(place).unwrap().objective
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - score[k]).abs() < 1e-6, "{ties:?} {method:?} {k}: {slope} {}", score[k]);
            }
        }
    }
}
