//! The log-likelihood of a 0/1 outcome, with or without a penalty, at its maximum and along one coefficient.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::Refusal;
use crate::design::{Design, Level};
use crate::ols::Problem;
use crate::quantile;

/// Relative step at which iterations stop.
const SETTLED: f64 = 1e-12;
/// Relative step that is accepted once rounding keeps steps from shrinking further.
const NEARLY_SETTLED: f64 = 1e-8;
/// Step of a standardised coefficient at the level of rounding: one that is held at 0 has no relative step.
const ROUNDING: f64 = 1e-14;
/// Gain of the objective at which a profile's fit stops.
const FLAT: f64 = 1e-12;
/// Iterations after which a fit is given up; the steps of a Firth fit shrink by a constant share.
const ITERATIONS: usize = 300;
/// Linear predictor per step that is not exceeded.
const LONGEST_STEP: f64 = 5.0;
/// Doublings of the distance at which the end of a profile is looked for.
const DOUBLINGS: usize = 40;

/// What is added to the log-likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Penalty {
    /// Nothing.
    None,
    /// Half the logarithm of the determinant of the information.
    Firth,
    /// Less half of this times the squared coefficients of the standardised drivers.
    Ridge(f64),
}

/// The data and the penalty.
pub(crate) struct Likelihood<'a> {
    pub(crate) design: &'a Design,
    pub(crate) outcome: &'a [f64],
    pub(crate) weights: &'a [f64],
    pub(crate) penalty: Penalty,
}

/// A place on the likelihood; coefficients are those of the columns of the design.
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) coefficients: DVector<f64>,
    pub(crate) probabilities: Vec<f64>,
    pub(crate) log_likelihood: f64,
    /// Log-likelihood and penalty.
    pub(crate) objective: f64,
    score: DVector<f64>,
    /// Of the information, and the ridge's part.
    pub(crate) factor: Cholesky<f64, Dyn>,
}

/// One linear combination of the coefficients that is held at a value.
pub(crate) struct Held<'a> {
    pub(crate) combination: &'a DVector<f64>,
    /// How the coefficients follow it, to begin with.
    pub(crate) direction: &'a DVector<f64>,
    pub(crate) value: f64,
}

/// Where the likelihood has fallen by the quantile of chi-squared along one coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Profile {
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// Twice the fall of the objective at 0.
    pub(crate) statistic: Option<f64>,
}

/// `1 / (1 + exp(-x))`.
pub(crate) fn expit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The design of a problem that has passed its checks, and its weights.
pub(crate) fn design_of(problem: &Problem<'_>) -> Result<(Design, Vec<f64>), Refusal> {
    let rows = problem.outcome.len();
    let level = if problem.intercept { Level::Intercept } else { Level::None };
    let weights = problem.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
    Ok((Design::new(problem.drivers, level, None)?, weights))
}

/// What is refused of every problem with a 0/1 outcome.
pub(crate) fn check(problem: &Problem<'_>) -> Result<(), Refusal> {
    if let Some(row) = problem.outcome.iter().position(|y| y.is_finite() && ![0.0, 1.0].contains(y)) {
        return Err(Refusal::NotBinary { row });
    }
    problem.check()
}

impl Likelihood<'_> {
    fn at(&self, coefficients: DVector<f64>) -> Option<Point> {
        let linear = self.design.predict(&coefficients);
        let probabilities: Vec<f64> = linear.iter().map(|eta| expit(*eta)).collect();
        let terms: Vec<f64> = (linear.iter().zip(self.outcome).zip(self.weights))
            .map(|((eta, y), w)| {
                // log(1 + e^eta) without overflow.
                let softplus = eta.max(0.0) + (-eta.abs()).exp().ln_1p();
                if *w > 0.0 { w * (y * eta - softplus) } else { 0.0 }
            })
            .collect();
        let log_likelihood = Some(crate::factor::sum(&terms)).filter(|value| value.is_finite())?;
        let spread: Vec<f64> =
            (probabilities.iter().zip(self.weights)).map(|(p, w)| w * p * (1.0 - p)).collect();
        let mut residuals: Vec<f64> = (self.outcome.iter().zip(&probabilities).zip(self.weights))
            .map(|((y, p), w)| w * (y - p))
            .collect();
        let mut information = self.design.gram(&spread);
        let (objective, factor, pull) = match self.penalty {
            Penalty::None => (log_likelihood, Cholesky::new(information)?, None),
            Penalty::Firth => {
                let factor = Cholesky::new(information)?;
                let half_log: f64 = factor.l_dirty().diagonal().iter().map(|pivot| pivot.ln()).sum();
                let norms = self.design.norms(&factor);
                for (row, residual) in residuals.iter_mut().enumerate() {
                    *residual += norms[row] * spread[row] * (0.5 - probabilities[row]);
                }
                (log_likelihood + half_log, factor, None)
            }
            Penalty::Ridge(lambda) => {
                let length = self.design.length() * lambda;
                let pull = &length * &coefficients;
                information += length;
                (log_likelihood - 0.5 * coefficients.dot(&pull), Cholesky::new(information)?, Some(pull))
            }
        };
        let mut score = self.design.product(&residuals);
        if let Some(pull) = pull {
            score -= pull;
        }
        Some(Point { coefficients, probabilities, log_likelihood, objective, score, factor })
    }

    /// The maximum, from `start` or 0, with one combination held if one is given; `None` where there is none or
    /// it is not found. With the iterations it took.
    pub(crate) fn maximise(
        &self,
        start: Option<&DVector<f64>>,
        held: Option<&Held<'_>>,
    ) -> Option<(Point, usize)> {
        let width = self.design.width();
        let mut from = start.cloned().unwrap_or_else(|| DVector::zeros(width));
        if let Some(held) = held {
            let gap = held.value - held.combination.dot(&from);
            from.axpy(gap / held.combination.dot(held.direction), held.direction, 1.0);
        }
        let mut point = self.at(from)?;
        let mut last = f64::INFINITY;
        for iterations in 0..ITERATIONS {
            let mut step = point.factor.solve(&point.score);
            if let Some(held) = held {
                let along = point.factor.solve(held.combination);
                let gap = held.combination.dot(&step) / held.combination.dot(&along);
                step.axpy(-gap, &along, 1.0);
            }
            let moved = (step.iter().zip(point.coefficients.iter()))
                .map(|(step, b)| step.abs() / (b.abs() + 1e-8))
                .fold(0.0, f64::max);
            if !moved.is_finite() {
                return None;
            }
            let nearly = moved < NEARLY_SETTLED && moved >= last;
            // Along a profile only the objective is needed, and it is flat at its maximum.
            let flat = held.is_some() && step.dot(&point.score).abs() < FLAT;
            if moved < SETTLED || nearly || flat || step.amax() < ROUNDING {
                return Some((point, iterations));
            }
            last = moved;
            let longest = step.amax();
            if longest > LONGEST_STEP {
                step *= LONGEST_STEP / longest;
            }
            let lowest = point.objective - 1e-12 * point.objective.abs();
            let better = (0..30).find_map(|_| {
                let next = self.at(&point.coefficients + &step).filter(|next| next.objective >= lowest);
                step *= 0.5;
                next
            });
            point = better?;
        }
        None
    }

    /// The profile of one combination around the maximum, at `level`.
    pub(crate) fn profile(&self, maximum: &Point, combination: &DVector<f64>, level: f64) -> Profile {
        let drop = quantile::chi_squared(level, 1.0).sqrt();
        let centre = combination.dot(&maximum.coefficients);
        let direction = &maximum.factor.solve(combination);
        let std_error = combination.dot(direction).max(0.0).sqrt();
        // Root of twice the fall; nearly linear in the distance, so that a secant finds the end in few steps.
        let fall = |value: f64, start: &DVector<f64>| -> Option<(f64, DVector<f64>)> {
            let (point, _) = self.maximise(Some(start), Some(&Held { combination, direction, value }))?;
            Some(((2.0 * (maximum.objective - point.objective)).max(0.0).sqrt(), point.coefficients))
        };
        let end = |side: f64| -> Option<f64> {
            let (mut near, mut near_fall) = (0.0, 0.0);
            let mut far = std_error * drop;
            let mut start = maximum.coefficients.clone();
            let mut far_fall = None;
            for _ in 0..DOUBLINGS {
                match fall(centre + side * far, &start) {
                    Some((found, place)) if found < drop => {
                        (near, near_fall, start) = (far, found, place);
                        // A little beyond where the secant meets the drop.
                        far = (far * drop / found.max(1e-9) * 1.02).min(2.0 * far);
                    }
                    Some((found, _)) => {
                        far_fall = Some(found);
                        break;
                    }
                    None => return None,
                }
            }
            let mut far_fall = far_fall?;
            for _ in 0..60 {
                let middle = near + (far - near) * (drop - near_fall) / (far_fall - near_fall);
                let middle = if middle > near && middle < far { middle } else { f64::midpoint(near, far) };
                let (found, place) = fall(centre + side * middle, &start)?;
                start = place;
                if (found - drop).abs() <= 1e-11 * drop || far - near <= 1e-14 * far {
                    return Some(centre + side * middle);
                }
                if found < drop {
                    // The far end keeps half its excess, so that it moves as well (Illinois).
                    (near, near_fall) = (middle, found);
                    far_fall = drop + 0.5 * (far_fall - drop);
                } else {
                    (far, far_fall) = (middle, found);
                    near_fall = drop - 0.5 * (drop - near_fall);
                }
            }
            Some(centre + side * f64::midpoint(near, far))
        };
        let statistic = fall(0.0, &maximum.coefficients).map(|(root, _)| root * root);
        Profile { low: end(-1.0), high: end(1.0), statistic }
    }
}

/// The constant that, added to the log-odds `offset`, makes the mean probability the mean of the outcome; `None`
/// if all outcomes (with a weight) are the same.
pub(crate) fn level_of(outcome: &[f64], weights: Option<&[f64]>, offset: &[f64]) -> Option<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let share = |level: f64| {
        let (mut gap, mut slope) = (0.0, 0.0);
        for (row, (y, eta)) in outcome.iter().zip(offset).enumerate() {
            let p = expit(level + eta);
            gap += weight(row) * (y - p);
            slope += weight(row) * p * (1.0 - p);
        }
        (gap, slope)
    };
    // The gap falls with the level, so the root is kept between two ends.
    let farthest = offset.iter().fold(0.0_f64, |most, eta| most.max(eta.abs())) + 750.0;
    let (mut low, mut high, mut level) = (-farthest, farthest, 0.0);
    let both = [0.0, 1.0]
        .iter()
        .all(|value| outcome.iter().enumerate().any(|(row, y)| (y - value).abs() < 0.5 && weight(row) > 0.0));
    if !both || !farthest.is_finite() {
        return None;
    }
    for _ in 0..200 {
        let (gap, slope) = share(level);
        if gap > 0.0 {
            low = level;
        } else {
            high = level;
        }
        let next = level + gap / slope;
        let next = if next > low && next < high { next } else { f64::midpoint(low, high) };
        if (next - level).abs() <= 1e-14 * (1.0 + level.abs()) {
            return Some(next);
        }
        level = next;
    }
    Some(level)
}

/// Row `k` of a matrix as a combination of coefficients.
pub(crate) fn combination(transform: &DMatrix<f64>, k: usize) -> DVector<f64> {
    transform.row(k).transpose()
}
