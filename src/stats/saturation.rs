//! Exponential saturation (M3), `a + b (1 - exp(-(s - s0) / tau))` with `s0` the lowest observation.

use serde::{Deserialize, Serialize};

use crate::levels::Levels;

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
    /// `None` where the best tau is an end of that range: the data then show a line, or a step.
    pub fn fit(levels: &Levels) -> Option<Self> {
        let start = levels.level(0);
        let range = levels.level(levels.len() - 1) - start;
        let at = |log: f64| Self::at(levels, start, log.exp());
        let (low, high) = ((0.01 * range).ln(), (10.0 * range).ln());
        let log = |step: i32| low + (high - low) * f64::from(step) / f64::from(STEPS);
        let rss: Vec<f64> =
            (0..=STEPS).map(|step| at(log(step)).map_or(f64::INFINITY, |found| found.rss)).collect();
        let best = (0..rss.len()).min_by(|&a, &b| rss[a].total_cmp(&rss[b]))?;
        let best = i32::try_from(best).ok().filter(|&best| best > 0 && best < STEPS)?;
        let (mut below, mut above) = (log(best - 1), log(best + 1));
        // Bisection of the derivative goes further than a search for the least value, which is flat there.
        for _ in 0..60 {
            let middle = f64::midpoint(below, above);
            if at(middle)?.rises_with_tau(levels) {
                above = middle;
            } else {
                below = middle;
            }
        }
        let found = at(f64::midpoint(below, above))?;
        [found.a, found.b, found.tau, found.rss].iter().all(|value| value.is_finite()).then_some(found)
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
    fn rises_with_tau(&self, levels: &Levels) -> bool {
        let derivative: f64 = levels
            .iter()
            .map(|(s, weight, y)| {
                let distance = s - self.start;
                weight * (y - self.value(s)) * self.b * distance * (-distance / self.tau).exp()
            })
            .sum();
        derivative > 0.0
    }

    /// The best a and b for one tau.
    fn at(levels: &Levels, start: f64, tau: f64) -> Option<Self> {
        let basis = |s: f64| -(-(s - start) / tau).exp_m1();
        let (a, b) = levels.line_on(basis)?;
        let rss = levels.rss(|s| a + b * basis(s));
        Some(Self { start, a, b, tau, rss })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Points;

    fn fit(satisfaction: &[f64], outcome: &[f64]) -> Option<Saturation> {
        Saturation::fit(&Levels::of(&Points::new(satisfaction, outcome, None).unwrap()))
    }

    #[test]
    fn a_saturating_curve_without_noise_is_found_again() {
        let satisfaction: Vec<f64> = (30..=100).map(f64::from).collect();
        let outcome: Vec<f64> =
            satisfaction.iter().map(|s| 5.0 + 40.0 * (1.0 - (-(s - 30.0) / 25.0).exp())).collect();
        let found = fit(&satisfaction, &outcome).unwrap();
        assert!((found.tau / 25.0 - 1.0).abs() < 1e-8 && (found.b / 40.0 - 1.0).abs() < 1e-8, "{found:?}");
        assert!((found.value(55.0) - (5.0 + 40.0 * (1.0 - (-1.0_f64).exp()))).abs() < 1e-8);
    }

    #[test]
    fn a_straight_line_has_no_saturation() {
        let satisfaction: Vec<f64> = (30..=100).map(f64::from).collect();
        let outcome: Vec<f64> = satisfaction.iter().map(|s| 2.0 * s).collect();
        assert_eq!(fit(&satisfaction, &outcome), None);
    }
}
