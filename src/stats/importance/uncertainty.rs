//! How far shares and ranks can be told apart.

use nalgebra::{Cholesky, DMatrix};
use serde::{Deserialize, Serialize};

use crate::bootstrap::replicates;
use crate::ols::{self, Problem, StandardErrors};
use crate::spread::{Draws, Resampling, Spread};
use crate::{Count, Refusal, Warning};

use super::{check_count, johnson, rows, shares};

/// Orders of entry per replicate where not all subsets are looked at.
const ORDERS: usize = 500;
/// Variance inflation from which a resample counts as having dependent drivers.
const DEPENDENT: f64 = 1e10;

/// One driver over the replicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ShareUncertainty {
    /// Of the LMG share.
    pub lmg: Spread,
    /// Of the LMG share as a part of R-squared, 0 to 1.
    pub part: Spread,
    /// Of Johnson's weight; absent where one replicate has none.
    pub johnson: Option<Spread>,
    /// Rank by LMG in the data, 1 = largest share.
    pub rank: usize,
    /// Of the rank.
    pub ranks: Spread,
    /// Share of replicates in which its LMG share is the largest: the chance of being number one.
    pub first: f64,
}

/// Two drivers over the replicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairUncertainty {
    /// The two drivers, by position.
    pub drivers: (usize, usize),
    /// LMG share of the first less that of the second, in the data.
    pub difference: f64,
    /// Of that difference.
    pub differences: Spread,
    /// Of the rank of the first less the rank of the second.
    pub ranks: Spread,
    /// Whether the interval of the difference of shares leaves out 0.
    pub apart: bool,
}

/// Bootstrap of shares and ranks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    /// One per driver, in their order.
    pub drivers: Vec<ShareUncertainty>,
    /// One per pair of drivers.
    pub pairs: Vec<PairUncertainty>,
    /// The bootstrap.
    pub draws: Draws,
    /// What limits the reading.
    pub warnings: Vec<Warning>,
}

/// Resamples rows (clusters, if there are identifiers) and splits R-squared in each replicate: from all
/// subsets up to 20 drivers, beyond from the same 500 random orders of entry in each.
///
/// # Errors
///
/// What [`super::importance`] refuses; fewer than ten clusters; fewer than two replicates with a result.
///
/// # Source
///
/// Groemping 2006, J. Stat. Software 17(1), section 4 (bootstrap of shares, ranks and differences).
pub fn uncertainty(problem: &Problem<'_>, resampling: &Resampling<'_>) -> Result<Uncertainty, Refusal> {
    let p = problem.drivers.len();
    check_count(p)?;
    ols::fit(&Problem { intercept: true, ..*problem }, StandardErrors::Classic)?;
    let (clusters, mut warnings) = resampling.clusters(problem.outcome.len())?;
    let rows = rows(problem)?;
    let split = |counts: Option<&[u32]>| -> Option<Replicate> {
        let correlations = rows.moments(counts).correlations()?;
        let orders = if counts.is_some() { ORDERS } else { super::ORDERS };
        let (lmg, _) = shares(&correlations, p, orders);
        independent(&correlations, p).then(|| replicate(lmg, &correlations, p))?
    };
    let data = split(None).ok_or(Refusal::OutOfRange)?;
    let draw = |b| split(Some(&clusters.counts(resampling.seed, b)));
    let found: Vec<Replicate> = replicates(resampling.draws, draw).into_iter().flatten().collect();
    let draws = resampling.used(found.len());
    warnings.extend(draws.warning());
    let spread = |value: &dyn Fn(&Replicate) -> f64| Spread::of(found.iter().map(value));
    let driver = |j: usize| -> Option<ShareUncertainty> {
        let all = found.iter().all(|replicate| replicate.johnson.is_some());
        let johnson = |r: &Replicate| r.johnson.as_ref().map_or(0.0, |weights| weights[j]);
        let first = found.iter().filter(|replicate| replicate.ranks[j] == 1).count();
        Some(ShareUncertainty {
            lmg: spread(&|r| r.lmg[j])?,
            part: spread(&|r| r.lmg[j] / r.r_squared)?,
            johnson: all.then(|| spread(&johnson)).flatten(),
            rank: data.ranks[j],
            ranks: spread(&|r| r.ranks[j] as f64)?,
            first: first as f64 / found.len() as f64,
        })
    };
    let pair = |j: usize, k: usize| -> Option<PairUncertainty> {
        let differences = spread(&|r| r.lmg[j] - r.lmg[k])?;
        Some(PairUncertainty {
            drivers: (j, k),
            difference: data.lmg[j] - data.lmg[k],
            differences,
            ranks: spread(&|r| r.ranks[j] as f64 - r.ranks[k] as f64)?,
            apart: differences.low > 0.0 || differences.high < 0.0,
        })
    };
    let too_few = Refusal::TooFew { what: Count::Replicates, have: found.len() as f64, need: 2.0 };
    Ok(Uncertainty {
        drivers: (0..p).map(driver).collect::<Option<_>>().ok_or(too_few)?,
        pairs: (0..p)
            .flat_map(|j| (j + 1..p).map(move |k| (j, k)))
            .map(|(j, k)| pair(j, k))
            .collect::<Option<_>>()
            .ok_or(too_few)?,
        draws,
        warnings,
    })
}

struct Replicate {
    lmg: Vec<f64>,
    johnson: Option<Vec<f64>>,
    r_squared: f64,
    /// 1 = largest share.
    ranks: Vec<usize>,
}

fn replicate(lmg: Vec<f64>, correlations: &[f64], p: usize) -> Option<Replicate> {
    let r_squared: f64 = lmg.iter().sum();
    let finite = lmg.iter().all(|share| share.is_finite()) && r_squared > 0.0;
    let before = |j: usize, k: usize| lmg[k].total_cmp(&lmg[j]).then(j.cmp(&k)).is_gt();
    let ranks = (0..p).map(|j| 1 + (0..p).filter(|k| before(j, *k)).count()).collect();
    finite.then(|| Replicate { johnson: johnson(correlations, p), ranks, r_squared, lmg })
}

/// Whether no driver of a resample is a combination of the others.
fn independent(correlations: &[f64], p: usize) -> bool {
    let drivers = DMatrix::from_fn(p, p, |j, k| correlations[j * (p + 1) + k]);
    Cholesky::new(drivers)
        .is_some_and(|factor| factor.inverse().diagonal().iter().all(|inflation| *inflation < DEPENDENT))
}
