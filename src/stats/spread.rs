//! How a bootstrap is asked for, and what it says of one number.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::factor::sum;
use crate::quantile::order_statistic;
use crate::{Count, Refusal, Warning};

/// Clusters below which no bootstrap of clusters is run.
const CLUSTERS_NEEDED: usize = 10;
/// Clusters below which it warns.
const CLUSTERS_WANTED: usize = 40;
/// Replicates below which the ends of an interval are uncertain.
const DRAWS_WANTED: usize = 500;

/// A bootstrap of pairs: whole rows, or whole clusters of rows.
#[derive(Debug, Clone, Copy)]
pub struct Resampling<'a> {
    /// Replicates.
    pub draws: usize,
    /// Seed; replicate b starts at `seed + b × draws per replicate × 0x9E3779B97F4A7C15`.
    pub seed: u64,
    /// One identifier per row: rows that share it are drawn together.
    pub ids: Option<&'a [usize]>,
}

impl Default for Resampling<'_> {
    /// 1,000 replicates of rows from seed 42.
    fn default() -> Self {
        Self { draws: 1000, seed: 42, ids: None }
    }
}

impl Resampling<'_> {
    /// The rows grouped by what is drawn together, and a warning where groups are few.
    pub(crate) fn clusters(&self, rows: usize) -> Result<(Clusters, Vec<Warning>), Refusal> {
        let Some(ids) = self.ids else { return Ok((Clusters::of_rows(rows), Vec::new())) };
        if ids.len() != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found: ids.len() });
        }
        let clusters = Clusters::of_ids(ids);
        let have = clusters.len() as f64;
        if clusters.len() < CLUSTERS_NEEDED {
            return Err(Refusal::TooFew { what: Count::Clusters, have, need: CLUSTERS_NEEDED as f64 });
        }
        let few = Warning::Few { what: Count::Clusters, have, need: CLUSTERS_WANTED as f64 };
        Ok((clusters, if have < CLUSTERS_WANTED as f64 { vec![few] } else { Vec::new() }))
    }

    pub(crate) fn used(&self, used: usize) -> Draws {
        Draws { draws: self.draws, used, seed: self.seed }
    }
}

/// What a bootstrap was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draws {
    /// Replicates asked for.
    pub draws: usize,
    /// Replicates with a result: a resample can lack what the method needs.
    pub used: usize,
    /// Seed.
    pub seed: u64,
}

impl Draws {
    /// What is to be said where replicates are few.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let (have, need) = (self.used as f64, DRAWS_WANTED as f64);
        (have < need).then_some(Warning::Few { what: Count::Replicates, have, need })
    }
}

/// Spread of a number over the replicates of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Standard deviation of the replicates: the standard error.
    pub sd: f64,
    /// Lower end of the 95 % percentile interval: order statistic `floor((B + 1) 0.025)`.
    pub low: f64,
    /// Upper end: order statistic `floor((B + 1) 0.975)`.
    pub high: f64,
}

impl Spread {
    /// Of the replicates; `None` with fewer than two, or if one is no number.
    pub(crate) fn of(replicates: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = replicates.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let count = sorted.len() as f64;
        if count < 2.0 || sorted.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mean = sum(&sorted) / count;
        let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
        let spread = Self {
            sd: (squares / (count - 1.0)).sqrt(),
            low: order_statistic(&sorted, 0.025)?,
            high: order_statistic(&sorted, 0.975)?,
        };
        spread.sd.is_finite().then_some(spread)
    }
}
