//! Exponential saturation (M3), `a + b (1 - exp(-(s - s0) / tau))` with `s0` the lowest observation.

use serde::{Deserialize, Serialize};

use crate::ols::check_finite;
use crate::{Column, Count, Refusal};

/// Steps of the logarithmic grid over tau that precede the search.
const STEPS: i32 = 60;

/// A curve that rises ever more slowly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Saturation {
    /// Lowest satisfaction observed.
    pub start: f64,
    /// Value there.
    pub a: f64,
    /// What is added in the limit.
    pub b: f64,
    /// Points of satisfaction over which the distance to the limit falls to 37 %.
    pub tau: f64,
    /// Residual sum of squares.
    pub rss: f64,
}

impl Saturation {
    /// Fits the curve by least squares: for each tau it is linear in a and b, and tau is searched from 1/100 of
    /// the observed range to ten times it.
    ///
    /// `Ok(None)` where the best tau is an end of that range: the data then show a line, or a step.
    ///
    /// # Errors
    ///
    /// Refuses columns of different length, values that are not finite, fewer than five rows and constant
    /// satisfaction.
    pub fn fit(satisfaction: &[f64], outcome: &[f64]) -> Result<Option<Self>, Refusal> {
        if satisfaction.len() != outcome.len() {
            return Err(Refusal::LengthMismatch { expected: outcome.len(), found: satisfaction.len() });
        }
        check_finite(satisfaction, Column::Driver(0))?;
        check_finite(outcome, Column::Outcome)?;
        if outcome.len() < 5 {
            let have = outcome.len() as f64;
            return Err(Refusal::TooFew { what: Count::Observations, have, need: 5.0 });
        }
        let start = satisfaction.iter().copied().fold(f64::INFINITY, f64::min);
        let end = satisfaction.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = end - start;
        if range <= 0.0 {
            return Err(Refusal::NoVariance { column: Column::Driver(0) });
        }
        let at = |log: f64| Self::at(satisfaction, outcome, start, log.exp());
        let (low, high) = ((0.01 * range).ln(), (10.0 * range).ln());
        let log = |step: i32| low + (high - low) * f64::from(step) / f64::from(STEPS);
        let best =
            (0..=STEPS).fold(0, |best, step| if at(log(step)).rss < at(log(best)).rss { step } else { best });
        if best == 0 || best == STEPS {
            return Ok(None);
        }
        let (mut below, mut above) = (log(best - 1), log(best + 1));
        // Bisection of the derivative goes further than a search for the least value, which is flat there.
        for _ in 0..60 {
            let middle = f64::midpoint(below, above);
            if at(middle).rises_with_tau(satisfaction, outcome) {
                above = middle;
            } else {
                below = middle;
            }
        }
        let found = at(f64::midpoint(below, above));
        let finite = [found.a, found.b, found.tau, found.rss].iter().all(|value| value.is_finite());
        if finite { Ok(Some(found)) } else { Err(Refusal::OutOfRange) }
    }

    /// Value at a level of satisfaction.
    pub fn value(&self, satisfaction: f64) -> f64 {
        self.a - self.b * (-(satisfaction - self.start) / self.tau).exp_m1()
    }

    /// Slope at a level of satisfaction.
    pub fn slope(&self, satisfaction: f64) -> f64 {
        self.b / self.tau * (-(satisfaction - self.start) / self.tau).exp()
    }

    /// Whether the residual sum of squares grows with tau here: the sign of its derivative, with a and b at their
    /// best for each tau.
    fn rises_with_tau(&self, satisfaction: &[f64], outcome: &[f64]) -> bool {
        let derivative: f64 = satisfaction
            .iter()
            .zip(outcome)
            .map(|(s, y)| {
                let distance = s - self.start;
                (y - self.value(*s)) * self.b * distance * (-distance / self.tau).exp()
            })
            .sum();
        derivative > 0.0
    }

    /// The best a and b for one tau.
    fn at(satisfaction: &[f64], outcome: &[f64], start: f64, tau: f64) -> Self {
        let n = outcome.len() as f64;
        let basis: Vec<f64> = satisfaction.iter().map(|s| -(-(s - start) / tau).exp_m1()).collect();
        let (mean_x, mean_y) = (basis.iter().sum::<f64>() / n, outcome.iter().sum::<f64>() / n);
        let (mut xx, mut xy) = (0.0, 0.0);
        for (x, y) in basis.iter().zip(outcome) {
            xx += (x - mean_x).powi(2);
            xy += (x - mean_x) * (y - mean_y);
        }
        let b = xy / xx;
        let a = mean_y - b * mean_x;
        let rss = basis.iter().zip(outcome).map(|(x, y)| (y - a - b * x).powi(2)).sum();
        Self { start, a, b, tau, rss }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saturating_curve_without_noise_is_found_again() {
        let satisfaction: Vec<f64> = (30..=100).map(f64::from).collect();
        let outcome: Vec<f64> =
            satisfaction.iter().map(|s| 5.0 + 40.0 * (1.0 - (-(s - 30.0) / 25.0).exp())).collect();
        let found = Saturation::fit(&satisfaction, &outcome).unwrap().unwrap();
        assert!((found.tau / 25.0 - 1.0).abs() < 1e-8 && (found.b / 40.0 - 1.0).abs() < 1e-8, "{found:?}");
        assert!((found.value(55.0) - (5.0 + 40.0 * (1.0 - (-1.0_f64).exp()))).abs() < 1e-8);
    }

    #[test]
    fn a_straight_line_has_no_saturation() {
        let satisfaction: Vec<f64> = (30..=100).map(f64::from).collect();
        let outcome: Vec<f64> = satisfaction.iter().map(|s| 2.0 * s).collect();
        assert_eq!(Saturation::fit(&satisfaction, &outcome).unwrap(), None);
    }
}
