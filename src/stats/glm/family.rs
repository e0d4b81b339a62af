//! What a distribution and its link say about one row.

use serde::{Deserialize, Serialize};

use crate::Refusal;

/// A distribution with its link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 0/1; coefficients are log-odds.
    Logit,
    /// 0/1; coefficients are log hazard ratios of the underlying time (grouped proportional hazards).
    Cloglog,
    /// Positive amounts, variance proportional to the squared mean; coefficients are log ratios.
    GammaLog,
    /// Positive amounts, variance proportional to the squared mean; coefficients add to 1 / mean.
    GammaInverse,
    /// Amounts of zero and above, variance proportional to `mean^power`; coefficients are log ratios.
    TweedieLog {
        /// Between 1 and 2.
        power: f64,
    },
}

/// One row at its linear predictor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) mean: f64,
    /// Derivative of the mean by the linear predictor over the root of the variance; its square is the
    /// Fisher weight.
    pub(crate) root: f64,
    /// Outcome less mean over the root of the variance (Pearson residual).
    pub(crate) residual: f64,
    /// Contribution to the deviance.
    pub(crate) deviance: f64,
}

impl Family {
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Logit | Self::Cloglog)
    }

    /// Refuses an outcome, or a power, that the distribution does not know.
    pub(crate) fn check(self, outcome: &[f64]) -> Result<(), Refusal> {
        let find = |bad: fn(f64) -> bool| outcome.iter().position(|y| y.is_finite() && bad(*y));
        match self {
            Self::Logit | Self::Cloglog => {
                find(|y| ![0.0, 1.0].contains(&y)).map_or(Ok(()), |row| Err(Refusal::NotBinary { row }))
            }
            Self::GammaLog | Self::GammaInverse => {
                find(|y| y <= 0.0).map_or(Ok(()), |row| Err(Refusal::NotPositive { row }))
            }
            Self::TweedieLog { power } if !(power > 1.0 && power < 2.0) => Err(Refusal::OutOfRange),
            Self::TweedieLog { .. } => find(|y| y < 0.0).map_or(Ok(()), |row| Err(Refusal::Negative { row })),
        }
    }

    /// A linear predictor near the one that would fit this outcome exactly, to start from.
    pub(crate) fn start(self, y: f64) -> f64 {
        match self {
            Self::Logit => {
                let p = f64::midpoint(y, 0.5);
                (p / (1.0 - p)).ln()
            }
            Self::Cloglog => (-(1.0 - f64::midpoint(y, 0.5)).ln()).ln(),
            Self::GammaLog => y.ln(),
            Self::GammaInverse => 1.0 / y,
            Self::TweedieLog { .. } => if y > 0.0 { y } else { 0.1 }.ln(),
        }
    }

    /// Linear predictor of a mean.
    pub(crate) fn link(self, mean: f64) -> f64 {
        match self {
            Self::Logit => (mean / (1.0 - mean)).ln(),
            Self::Cloglog => (-(-mean).ln_1p()).ln(),
            Self::GammaLog | Self::TweedieLog { .. } => mean.ln(),
            Self::GammaInverse => 1.0 / mean,
        }
    }

    /// Mean at a linear predictor.
    pub fn mean(self, predictor: f64) -> f64 {
        match self {
            Self::Logit => 1.0 / (1.0 + (-predictor).exp()),
            Self::Cloglog => -(-predictor.exp()).exp_m1(),
            Self::GammaLog | Self::TweedieLog { .. } => predictor.exp(),
            Self::GammaInverse => 1.0 / predictor,
        }
    }

    /// Where the mean is not one of the distribution's, the deviance is infinite and the rest 0.
    pub(crate) fn at(self, y: f64, eta: f64) -> Point {
        let mean = self.mean(eta);
        let (root, residual, deviance) = match self {
            Self::Logit => {
                let spread = (mean / (1.0 + eta.exp())).sqrt();
                let towards = if y > 0.5 { -eta } else { eta };
                (spread, (y - mean) / spread, 2.0 * (towards.max(0.0) + (-towards.abs()).exp().ln_1p()))
            }
            Self::Cloglog => {
                let (hazard, stays) = (eta.exp(), (-eta.exp()).exp());
                let spread = (mean * stays).sqrt();
                let deviance = if y > 0.5 { -2.0 * mean.ln() } else { 2.0 * hazard };
                (hazard * stays / spread, (y - mean) / spread, deviance)
            }
            Self::GammaLog | Self::GammaInverse => {
                let ratio = y / mean;
                let root = if self == Self::GammaLog { 1.0 } else { -mean };
                let deviance = if mean > 0.0 { 2.0 * (ratio - 1.0 - ratio.ln()) } else { f64::INFINITY };
                (root, ratio - 1.0, deviance)
            }
            Self::TweedieLog { power } => {
                let (low, high) = (1.0 - power, 2.0 - power);
                let own = if y > 0.0 { y.powf(high) / (low * high) } else { 0.0 };
                let deviance = 2.0 * (own - y * mean.powf(low) / low + mean.powf(high) / high);
                (mean.powf(high / 2.0), (y - mean) / mean.powf(power / 2.0), deviance.max(0.0))
            }
        };
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let deviance = if deviance.is_nan() { f64::INFINITY } else { deviance };
        Point { mean, root: finite(root), residual: finite(residual), deviance }
    }
}
