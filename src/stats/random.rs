//! The one random generator of all resampling: `SplitMix64`, so that a seed repeats everything anywhere.

/// Step of the generator's state.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// `SplitMix64` (Steele, Lea and Flood 2014).
///
/// ```
/// let mut random = cam_stats::random::SplitMix64::new(42);
/// assert_eq!(random.next_u64(), 13_679_457_532_755_275_413);
/// ```
#[derive(Debug, Clone)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Starts where a sequential run from `seed` would be at `replicate`, if every replicate takes `draws`
    /// numbers: threads then repeat the sequential run.
    pub fn for_replicate(seed: u64, replicate: u64, draws: u64) -> Self {
        Self { state: seed.wrapping_add(replicate.wrapping_mul(draws).wrapping_mul(GAMMA)) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number of the uniform distribution on [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// The next index in `0..n`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a uniform number below 1 times n is a position below n"
    )]
    pub fn index(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// The next sign, +1 or -1, from the highest bit (Rademacher weight of the wild bootstrap).
    pub fn sign(&mut self) -> f64 {
        if self.next_u64() >> 63 == 1 { 1.0 } else { -1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_42_gives_the_reference_indices() {
        let mut random = SplitMix64::new(42);
        let indices: Vec<usize> = (0..10).map(|_| random.index(400)).collect();
        assert_eq!(indices, [296, 63, 111, 137, 15, 347, 87, 320, 135, 247]);
    }

    #[test]
    fn a_replicate_starts_where_the_sequential_run_would_be() {
        let mut sequential = SplitMix64::new(7);
        for _ in 0..3 * 17 {
            sequential.next_u64();
        }
        assert_eq!(SplitMix64::for_replicate(7, 3, 17).next_u64(), sequential.next_u64());
    }
}
