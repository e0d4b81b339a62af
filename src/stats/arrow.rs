//! Which of two things comes first in time: the lagged link, and the arrow back as its placebo.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::measurement::variance;
use crate::mediation::{about_mean, check_units, fitted, partial_slope, percentiles, slope_of};
use crate::ols::check_finite;
use crate::{Column, Count, Interval, PanelWarning, Refusal, Warning};

/// Two indices of units over periods, one row per unit and period.
#[derive(Debug, Clone, Copy)]
pub struct Waves<'a> {
    /// What is held to come first (employees).
    pub cause: &'a [f64],
    /// What is held to follow (customers).
    pub effect: &'a [f64],
    /// Unit of each row.
    pub units: &'a [usize],
    /// Period of each row, counted in whole steps (quarters).
    pub periods: &'a [i64],
}

/// What the two lagged links say about direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The cause comes first, and clearly more than the other way round.
    Forward,
    /// The other way round, clearly.
    Backward,
    /// Neither is clearly stronger.
    Unproven,
}

/// The lagged link and the link back in time, both in standard deviations per standard deviation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrow {
    /// Effect at t + lag on cause at t, the effect at t held.
    pub forward: Interval,
    /// Cause at t + lag on effect at t, the cause at t held: the placebo.
    pub backward: Interval,
    /// Absolute strength forwards less backwards.
    pub lead: Interval,
    /// The reading.
    pub direction: Direction,
    /// Pairs of periods.
    pub pairs: usize,
    /// Units.
    pub units: usize,
    /// Bootstrap samples.
    pub draws: usize,
    /// Samples in which a slope did not exist.
    pub failed: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// What limits the answer.
    pub warnings: Vec<Warning>,
}

/// Compares the link from cause to effect `lag` periods later with that from effect to cause.
///
/// Each side holds its own past, so that what merely persists in a unit is not taken for a link. The direction
/// counts as shown where the 95 % interval of the difference of strengths (units resampled, `draws` times from
/// `seed`) and that of the stronger link leave out 0.
///
/// # Errors
///
/// As [`crate::ols::fit`]; [`Refusal::TooFew`] with fewer than 10 units that have a pair of periods.
///
/// # Source
///
/// Kenny 1975, Psychological Bulletin 82:887-903 (cross-lagged panels); Schneider et al. 2003, Journal of
/// Applied Psychology 88:836-851 (employees and results in both directions).
pub fn arrow(waves: &Waves<'_>, lag: i64, draws: usize, seed: u64) -> Result<Arrow, Refusal> {
    let now = pairs(waves, lag)?;
    let at = |column: &[f64], later: bool| -> Vec<f64> {
        now.iter().map(|(early, late)| column[if later { *late } else { *early }]).collect()
    };
    let units: Vec<usize> = now.iter().map(|(early, _)| waves.units[*early]).collect();
    let clusters = Clusters::of_ids(&units);
    let mut warnings = check_units(clusters.len())?;
    let standard = |column: &[f64]| {
        let (values, _) = about_mean(column);
        let sd = variance(&values).sqrt();
        values.iter().map(|value| value / sd).collect::<Vec<f64>>()
    };
    let cause = [at(waves.cause, false), at(waves.cause, true)];
    let effect = [at(waves.effect, false), at(waves.effect, true)];
    // The regressions refuse what has no slope, with the column at fault.
    let _ = slope_of(&fitted(&effect[1], &[&cause[0], &effect[0]])?, 1)?;
    let _ = slope_of(&fitted(&cause[1], &[&effect[0], &cause[0]])?, 1)?;
    let (cause, effect) = (cause.map(|column| standard(&column)), effect.map(|column| standard(&column)));
    let links = |counts: &[u32]| {
        Some((
            partial_slope(&cause[0], &effect[0], &effect[1], counts)?,
            partial_slope(&effect[0], &cause[0], &cause[1], counts)?,
        ))
    };
    let (forward, backward) = links(&vec![1; now.len()]).ok_or(Refusal::OutOfRange)?;
    let drawn = replicates(draws, |replicate| links(&clusters.counts(seed, replicate)));
    let drawn: Vec<(f64, f64)> = drawn.into_iter().flatten().collect();
    let interval = |estimate: f64, value: &dyn Fn(&(f64, f64)) -> f64| {
        percentiles(estimate, &drawn.iter().map(value).collect::<Vec<f64>>(), draws)
    };
    let strength = |(forward, backward): &(f64, f64)| forward.abs() - backward.abs();
    let lead = interval(strength(&(forward, backward)), &strength)?;
    let forward = interval(forward, &|draw| draw.0)?;
    let backward = interval(backward, &|draw| draw.1)?;
    let clear = |link: &Interval| link.low > 0.0 || link.high < 0.0;
    let direction = if lead.low > 0.0 && clear(&forward) {
        Direction::Forward
    } else if lead.high < 0.0 && clear(&backward) {
        Direction::Backward
    } else {
        warnings.push(Warning::Panel(PanelWarning::Direction {
            forward: forward.estimate,
            backward: backward.estimate,
        }));
        Direction::Unproven
    };
    Ok(Arrow {
        forward,
        backward,
        lead,
        direction,
        pairs: now.len(),
        units: clusters.len(),
        draws,
        failed: draws - drawn.len(),
        seed,
        warnings,
    })
}

/// Rows of the same unit that lie `lag` periods apart, the earlier first.
fn pairs(waves: &Waves<'_>, lag: i64) -> Result<Vec<(usize, usize)>, Refusal> {
    let rows = waves.effect.len();
    for found in [waves.cause.len(), waves.units.len(), waves.periods.len()] {
        if found != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found });
        }
    }
    check_finite(waves.cause, Column::Driver(0))?;
    check_finite(waves.effect, Column::Outcome)?;
    if lag < 1 {
        return Err(Refusal::TooFew { what: Count::Periods, have: lag as f64, need: 1.0 });
    }
    let found = crate::panel::earlier(waves.units, waves.periods, lag)?;
    Ok(found.iter().enumerate().filter_map(|(late, early)| Some(((*early)?, late))).collect())
}
