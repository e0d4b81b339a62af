//! Chance, from one stream per purpose, so that one file's rows do not depend on how many numbers another took.

use cam_stats::random::SplitMix64;

/// A stream of random numbers.
pub(super) struct Dice(SplitMix64);

impl Dice {
    /// Opens the stream of a purpose.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        // The first output of a stream at a mixed state keeps neighbouring seeds and purposes apart.
        let mixed = SplitMix64::new(seed ^ purpose.wrapping_mul(0xD134_2543_DE82_EF95)).next_u64();
        Self(SplitMix64::new(mixed))
    }

    /// Draws from the uniform distribution on [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        self.0.uniform()
    }

    /// Tells whether something of probability `share` happens.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// Draws a position below `n`.
    pub(super) fn index(&mut self, n: usize) -> usize {
        self.0.index(n)
    }

    /// Draws from the standard normal distribution (Box and Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        // 1 - u lies in (0, 1], so that the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Draws a factor with mean 1 whose logarithm has the standard deviation `spread`.
    pub(super) fn factor(&mut self, spread: f64) -> f64 {
        (spread * self.normal() - spread * spread / 2.0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut dice = Dice::new(1, 1);
        let values: Vec<f64> = (0..20_000).map(|_| dice.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        // Four standard errors: 4 / sqrt(20000) and 4 sqrt(2 / 20000).
        assert!(mean.abs() < 0.0283 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }

    #[test]
    fn factors_have_mean_one() {
        let mut dice = Dice::new(1, 2);
        let mean = (0..20_000).map(|_| dice.factor(0.25)).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 4.0 * 0.254 / 20_000.0_f64.sqrt(), "{mean}");
    }
}
