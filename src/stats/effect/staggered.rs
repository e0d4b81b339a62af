//! A measure that began at different times: every cohort against those not yet treated, wave by wave.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::ols::check_finite;
use crate::{Column, Count, Interval, Refusal, quantile};

use super::arms::{Arms, Comparison};

/// One cohort in one wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The wave in which the cohort was first treated, from 0.
    pub cohort: usize,
    /// The wave that is compared with the last one before the cohort's start.
    pub wave: usize,
    /// People of the cohort.
    pub treated: usize,
    /// People who were not yet treated in that wave.
    pub control: usize,
    /// Difference in differences; absent where too few units are left to compare, or no change differs.
    pub effect: Option<Comparison>,
}

/// All cohorts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Staggered {
    /// By cohort and wave.
    pub cells: Vec<Cell>,
    /// Mean of the cells weighted by the people of the cohort, with its bootstrap interval over units at 95 %.
    pub overall: Interval,
    /// People left out because they were treated from the first wave on.
    pub always_treated: usize,
    /// Bootstrap replicates that gave a mean.
    pub draws: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// Effects by cohort and wave, `outcomes` one column per wave and `starts` the first treated wave of each person (`None`
/// for never). One regression with fixed effects for people and waves would compare late cohorts with early ones that are
/// already treated; here the control of a cell has not begun.
///
/// # Errors
///
/// Refuses columns of different length, values that are not finite, units that began at different times, and data
/// without a cell to compare.
///
/// # Source
///
/// Callaway and Sant'Anna 2021, J. Econometrics 225:200-230; Goodman-Bacon 2021, J. Econometrics 225:254-277.
pub fn staggered(
    outcomes: &[&[f64]],
    starts: &[Option<usize>],
    units: Option<&[usize]>,
    draws: usize,
    seed: u64,
) -> Result<Staggered, Refusal> {
    let rows = starts.len();
    let ids: Vec<usize> = units.map_or_else(|| (0..rows).collect(), <[usize]>::to_vec);
    for found in outcomes.iter().map(|wave| wave.len()).chain([ids.len()]) {
        if found != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found });
        }
    }
    for wave in outcomes {
        check_finite(wave, Column::Outcome)?;
    }
    let clusters = Clusters::of_ids(&ids);
    for unit in clusters.iter() {
        if let Some(row) = unit.iter().find(|row| starts[**row] != starts[unit[0]]) {
            return Err(Refusal::MixedUnit { row: *row });
        }
    }
    let plan = Plan { outcomes, starts };
    let mut cells = Vec::new();
    for (cohort, wave) in plan.cells() {
        cells.push(plan.cell(cohort, wave, &ids, seed)?);
    }
    let none = Refusal::TooFew { what: Count::Clusters, have: clusters.len() as f64, need: 3.0 };
    let estimate = plan.overall(&vec![1; rows]).ok_or(none)?;
    if !estimate.is_finite() {
        return Err(Refusal::OutOfRange);
    }
    let drawn = replicates(draws, |replicate| plan.overall(&clusters.counts(seed, replicate)));
    let mut drawn: Vec<f64> = drawn.into_iter().flatten().filter(|value| value.is_finite()).collect();
    drawn.sort_by(f64::total_cmp);
    let end = |probability| quantile::order_statistic(&drawn, probability).unwrap_or(estimate);
    Ok(Staggered {
        cells,
        overall: Interval { estimate, low: end(0.025), high: end(0.975) },
        always_treated: starts.iter().filter(|start| **start == Some(0)).count(),
        draws: drawn.len(),
        seed,
    })
}

struct Plan<'a> {
    outcomes: &'a [&'a [f64]],
    starts: &'a [Option<usize>],
}

impl Plan<'_> {
    /// Cohorts that have a wave before their start, with each wave from there on.
    fn cells(&self) -> Vec<(usize, usize)> {
        let waves = self.outcomes.len();
        let mut cohorts: Vec<usize> =
            self.starts.iter().flatten().copied().filter(|start| *start > 0).collect();
        cohorts.sort_unstable();
        cohorts.dedup();
        cohorts.into_iter().flat_map(|cohort| (cohort..waves).map(move |wave| (cohort, wave))).collect()
    }

    fn in_cohort(&self, row: usize, cohort: usize) -> bool {
        self.starts[row] == Some(cohort)
    }

    fn not_yet(&self, row: usize, wave: usize) -> bool {
        self.starts[row].is_none_or(|start| start > wave)
    }

    fn change(&self, row: usize, cohort: usize, wave: usize) -> f64 {
        self.outcomes[wave][row] - self.outcomes[cohort - 1][row]
    }

    fn cell(&self, cohort: usize, wave: usize, ids: &[usize], seed: u64) -> Result<Cell, Refusal> {
        let rows: Vec<usize> = (0..self.starts.len())
            .filter(|row| self.in_cohort(*row, cohort) || self.not_yet(*row, wave))
            .collect();
        let treated: Vec<bool> = rows.iter().map(|row| self.in_cohort(*row, cohort)).collect();
        let changes: Vec<f64> = rows.iter().map(|row| self.change(*row, cohort, wave)).collect();
        let units: Vec<usize> = rows.iter().map(|row| ids[*row]).collect();
        let count = treated.iter().filter(|treated| **treated).count();
        let effect = match Arms::new(&treated, Some(&units))?.compare(&changes, seed) {
            Ok(found) => Some(found),
            Err(Refusal::OutOfRange) => return Err(Refusal::OutOfRange),
            Err(_) => None,
        };
        Ok(Cell { cohort, wave, treated: count, control: rows.len() - count, effect })
    }

    /// Mean over the cells, each row counting as often as it was drawn; `None` without a cell.
    fn overall(&self, counts: &[u32]) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (cohort, wave) in self.cells() {
            let (mut treated, mut control) = ((0.0, 0.0), (0.0, 0.0));
            for (row, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let count = f64::from(*count);
                let arm = if self.in_cohort(row, cohort) {
                    &mut treated
                } else if self.not_yet(row, wave) {
                    &mut control
                } else {
                    continue;
                };
                arm.0 += count * self.change(row, cohort, wave);
                arm.1 += count;
            }
            if treated.1 > 0.0 && control.1 > 0.0 {
                sum += treated.1 * (treated.0 / treated.1 - control.0 / control.1);
                weight += treated.1;
            }
        }
        (weight > 0.0).then(|| sum / weight)
    }
}
