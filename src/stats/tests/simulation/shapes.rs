//! The made-up data: a true curve, where satisfaction lies, and what stands between the curve and the money.

use cam_stats::quantile;
use cam_stats::random::SplitMix64;

/// Where every broken truth has its kink.
pub(crate) const KINK: f64 = 72.0;

/// Expected outcome at a level of satisfaction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Truth {
    /// Slope 1.1 up to the kink, then this one.
    Broken(f64),
    /// A straight line of this slope.
    Line(f64),
    /// 60 times the logarithm.
    Log,
    /// The same outcome everywhere.
    Flat,
}

impl Truth {
    pub(crate) fn value(self, s: f64) -> f64 {
        match self {
            Self::Broken(right) => 1.1 * s.min(KINK) + right * (s - KINK).max(0.0),
            Self::Line(slope) => slope * s,
            Self::Log => 60.0 * s.max(1.0).ln(),
            Self::Flat => 50.0,
        }
    }

    pub(crate) fn kink(self) -> Option<f64> {
        matches!(self, Self::Broken(_)).then_some(KINK)
    }

    /// Mean slope between two levels.
    pub(crate) fn slope(self, from: f64, to: f64) -> f64 {
        (self.value(to) - self.value(from)) / (to - from)
    }
}

/// How satisfaction is spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spread {
    /// Even on 35 to 98.
    Even,
    /// Normal about 88 with a standard deviation of 18, a quarter of it cut off at 100.
    Ceiling,
    /// Even on 35 to 98, but a fifth tick 100 whatever they feel.
    Ticked,
    /// Density rising as the cube of the level: half above 84.
    Bunched,
    /// One question from 1 to 10, on 0 to 100.
    Scores,
    /// The mean of three questions from 1 to 10: 28 levels.
    Items,
    /// Even on 35 to 98, but nearer within one of this many units than between them.
    Units(usize),
}

/// What stands between the curve and the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Noise {
    /// Normal with this standard deviation.
    Normal(f64),
    /// Normal, so wide that the truth explains 8 % of the variance.
    Faint,
    /// Log-normal about its mean, with this standard deviation and the skewness 6.2 of `exp(z)`.
    Skewed(f64),
    /// The truth times a log-normal factor of mean 1 with this standard deviation of the logarithm.
    Factor(f64),
    /// Student's t with 3 degrees of freedom, scaled to this standard deviation.
    Heavy(f64),
    /// Normal with this standard deviation, a fifth of its variance shared by a unit.
    Shared(f64),
    /// 1 with a hundredth of the truth as its chance, else 0.
    Binary,
}

/// One data set.
pub(crate) struct Data {
    pub(crate) s: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) ids: Option<Vec<usize>>,
}

/// A generator whose place in the sequence depends on all three numbers and on nothing else.
pub(crate) fn generator(family: u64, row: u64, set: u64) -> SplitMix64 {
    let mut seed = family;
    for number in [row, set] {
        seed = SplitMix64::new(seed ^ number).next_u64();
    }
    SplitMix64::new(seed)
}

fn normal(random: &mut SplitMix64) -> f64 {
    quantile::normal(random.uniform().clamp(1e-15, 1.0 - 1e-15))
}

/// The answer from 0 to 9 that a level gives on a question from 1 to 10, less 1.
fn answer(level: f64) -> f64 {
    (level.clamp(0.0, 100.0) / 100.0 * 9.0).round()
}

pub(crate) fn data(truth: Truth, spread: Spread, noise: Noise, n: usize, random: &mut SplitMix64) -> Data {
    let units = if let Spread::Units(units) = spread { units } else { n };
    let ids: Vec<usize> = (0..n).map(|row| row % units).collect();
    let centres: Vec<f64> = (0..units).map(|_| random.uniform()).collect();
    let mut s: Vec<f64> = (ids.iter())
        .map(|unit| match spread {
            Spread::Even | Spread::Ticked => 35.0 + 63.0 * random.uniform(),
            Spread::Ceiling => (88.0 + 18.0 * normal(random)).clamp(0.0, 100.0),
            Spread::Bunched => 100.0 * random.uniform().sqrt().sqrt(),
            Spread::Scores => answer(75.0 + 20.0 * normal(random)) / 9.0 * 100.0,
            Spread::Items => {
                let level = 75.0 + 16.0 * normal(random);
                (0..3).map(|_| answer(level + 12.0 * normal(random))).sum::<f64>() / 27.0 * 100.0
            }
            // A fold of the unit's centre and the customer's own deviation, so that the whole stays even.
            Spread::Units(_) => {
                let place = (centres[*unit] + 0.4 * (random.uniform() - 0.5)).abs();
                35.0 + 63.0 * if place > 1.0 { 2.0 - place } else { place }
            }
        })
        .collect();
    let expected: Vec<f64> = s.iter().map(|s| truth.value(*s)).collect();
    let shared: Vec<f64> = (0..units).map(|_| normal(random)).collect();
    let faint = deviation(&expected) * (0.92_f64 / 0.08).sqrt();
    let y = (expected.iter().zip(&ids))
        .map(|(mean, unit)| match noise {
            Noise::Normal(sd) => mean + sd * normal(random),
            Noise::Faint => mean + faint * normal(random),
            Noise::Skewed(sd) => {
                let one = std::f64::consts::E;
                mean + sd * (normal(random).exp() - one.sqrt()) / (one * (one - 1.0)).sqrt()
            }
            Noise::Factor(sd) => mean * (sd * normal(random) - 0.5 * sd * sd).exp(),
            Noise::Heavy(sd) => {
                let scale = (0..3).map(|_| normal(random).powi(2)).sum::<f64>();
                mean + sd * normal(random) / scale.sqrt()
            }
            Noise::Shared(sd) => {
                mean + sd * (0.2_f64.sqrt() * shared[*unit] + 0.8_f64.sqrt() * normal(random))
            }
            Noise::Binary => f64::from(random.uniform() < mean / 100.0),
        })
        .collect();
    if spread == Spread::Ticked {
        for level in &mut s {
            *level = if random.uniform() < 0.2 { 100.0 } else { *level };
        }
    }
    Data { s, y, ids: (units < n).then_some(ids) }
}

fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}
