//! Two arms compared by one number for each row, such as its change.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Clusters, replicates};
use crate::measurement::average;
use crate::ols::{self, Coefficient, LinearFit, Problem, SeKind, StandardErrors, check_finite};
use crate::random::SplitMix64;
use crate::{Column, Count, Refusal, Warning};

/// Units in each arm below which clustered errors are not trusted.
const UNITS: usize = 10;
/// Assignments up to which all are looked at.
const ALL_ASSIGNMENTS: f64 = 20_000.0;
/// Assignments that are drawn otherwise.
const DRAWS: usize = 9_999;

/// What the interval of an effect rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Clustered errors: there are at least 10 units in each arm.
    Clustered,
    /// A t test of the units' means: there are fewer. Read the permutation test beside it.
    UnitMeans,
}

/// A t test of the units' means, every unit counting the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnitTest {
    /// Treated less control with its 95 % interval; the degrees of freedom are units less two.
    pub effect: Coefficient,
    /// Units in the treated arm.
    pub treated: usize,
    /// Units in the control arm.
    pub control: usize,
}

/// How many ways of assigning the measure to units give a difference as large.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Permutation {
    /// Share of the assignments whose difference of means is at least as large, up or down.
    pub p_value: f64,
    /// Assignments looked at.
    pub assignments: usize,
    /// Whether these are all that there are.
    pub exact: bool,
    /// Seed of the drawn ones.
    pub seed: u64,
}

/// Treated less control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The difference with its interval, on the basis below.
    pub effect: Coefficient,
    /// What error and interval rest on.
    pub basis: Basis,
    /// How clustered errors were taken; absent where they were not.
    pub se_kind: Option<SeKind>,
    /// The test of the units' means, whichever is the basis.
    pub by_unit: UnitTest,
    /// The permutation test, with fewer than 10 units in an arm.
    pub permutation: Option<Permutation>,
    /// What limits it.
    pub warnings: Vec<Warning>,
}

/// Rows of an arm each, by unit.
pub(super) struct Arms<'a> {
    treated: &'a [bool],
    ids: Vec<usize>,
    clusters: Clusters,
}

impl<'a> Arms<'a> {
    /// Every row a unit of its own where none are given.
    pub(super) fn new(treated: &'a [bool], units: Option<&[usize]>) -> Result<Self, Refusal> {
        let rows = treated.len();
        let ids = units.map_or_else(|| (0..rows).collect(), <[usize]>::to_vec);
        if ids.len() != rows {
            return Err(Refusal::LengthMismatch { expected: rows, found: ids.len() });
        }
        let clusters = Clusters::of_ids(&ids);
        for unit in clusters.iter() {
            if let Some(row) = unit.iter().find(|row| treated[**row] != treated[unit[0]]) {
                return Err(Refusal::MixedUnit { row: *row });
            }
        }
        Ok(Self { treated, ids, clusters })
    }

    fn units(&self) -> (usize, usize) {
        let treated = self.clusters.iter().filter(|unit| self.treated[unit[0]]).count();
        (treated, self.clusters.len() - treated)
    }

    /// Errors clustered by unit, where there are enough in each arm.
    pub(super) fn errors(&self) -> Option<StandardErrors<'_>> {
        let (treated, control) = self.units();
        (treated.min(control) >= UNITS)
            .then_some(StandardErrors::Clustered { ids: &self.ids, correction: None })
    }

    /// Mean of each unit, the treated and the others.
    pub(super) fn unit_means(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut treated, mut control) = (Vec::new(), Vec::new());
        for unit in self.clusters.iter() {
            let own: Vec<f64> = unit.iter().map(|row| values[*row]).collect();
            if self.treated[unit[0]] { &mut treated } else { &mut control }.push(average(&own));
        }
        (treated, control)
    }

    /// Mean after less mean before of each unit with both, the treated and the others.
    pub(super) fn unit_changes(&self, values: &[f64], after: &[bool]) -> (Vec<f64>, Vec<f64>) {
        let (mut treated, mut control) = (Vec::new(), Vec::new());
        for unit in self.clusters.iter() {
            let [then, now] = [false, true].map(|time| -> Vec<f64> {
                unit.iter().filter(|row| after[**row] == time).map(|row| values[*row]).collect()
            });
            if !then.is_empty() && !now.is_empty() {
                let change = average(&now) - average(&then);
                if self.treated[unit[0]] { &mut treated } else { &mut control }.push(change);
            }
        }
        (treated, control)
    }

    /// Compares the arms by `values`, one per row.
    pub(super) fn compare(&self, values: &[f64], seed: u64) -> Result<Comparison, Refusal> {
        if values.len() != self.treated.len() {
            return Err(Refusal::LengthMismatch { expected: self.treated.len(), found: values.len() });
        }
        check_finite(values, Column::Outcome)?;
        let fit = match self.errors() {
            Some(errors) => Some(on_treated(values, self.treated, errors)?),
            None => None,
        };
        let (treated, control) = self.unit_means(values);
        compared(fit.as_ref().map(|fit| (&fit.coefficients[1], fit)), &treated, &control, seed)
    }
}

/// Puts the clustered estimate, where there is one, beside the test of the units' means.
pub(super) fn compared(
    clustered: Option<(&Coefficient, &LinearFit)>,
    treated: &[f64],
    control: &[f64],
    seed: u64,
) -> Result<Comparison, Refusal> {
    let by_unit = unit_test(treated, control)?;
    if let Some((effect, fit)) = clustered {
        let warnings = fit
            .warnings
            .iter()
            .filter(|warning| matches!(warning, Warning::Few { what: Count::Clusters, .. }))
            .copied()
            .collect();
        let (effect, basis, se_kind) = (*effect, Basis::Clustered, Some(fit.se_kind));
        return Ok(Comparison { effect, basis, se_kind, by_unit, permutation: None, warnings });
    }
    let have = treated.len().min(control.len()) as f64;
    Ok(Comparison {
        effect: by_unit.effect,
        basis: Basis::UnitMeans,
        se_kind: None,
        by_unit,
        permutation: Some(permutation(treated, control, seed)),
        warnings: vec![Warning::Few { what: Count::Clusters, have, need: UNITS as f64 }],
    })
}

/// Least squares of `values` on the arm.
pub(super) fn on_treated(
    values: &[f64],
    treated: &[bool],
    errors: StandardErrors<'_>,
) -> Result<LinearFit, Refusal> {
    let arm = indicator(treated);
    ols::fit(&Problem { outcome: values, drivers: &[&arm], intercept: true, weights: None }, errors)
}

/// 1 for true, 0 for false.
pub(super) fn indicator(flags: &[bool]) -> Vec<f64> {
    flags.iter().map(|flag| f64::from(u8::from(*flag))).collect()
}

/// Student's t with one variance for both arms.
fn unit_test(treated: &[f64], control: &[f64]) -> Result<UnitTest, Refusal> {
    let (n1, n0) = (treated.len() as f64, control.len() as f64);
    if n1.min(n0) < 1.0 || n1 + n0 < 3.0 {
        let (have, need) = (n1 + n0, if n1.min(n0) < 1.0 { n1 + n0 + 1.0 } else { 3.0 });
        return Err(Refusal::TooFew { what: Count::Clusters, have, need });
    }
    let (m1, m0) = (average(treated), average(control));
    let squares = |values: &[f64], mean: f64| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let df = n1 + n0 - 2.0;
    let variance = (squares(treated, m1) + squares(control, m0)) / df;
    let effect = Coefficient::new(Some(0), m1 - m0, (variance * (1.0 / n1 + 1.0 / n0)).sqrt(), Some(df));
    if !effect.is_finite() {
        return Err(Refusal::OutOfRange);
    }
    Ok(UnitTest { effect, treated: treated.len(), control: control.len() })
}

/// Ways to choose `chosen` of `all`, as a number that may be large.
fn ways(all: usize, chosen: usize) -> f64 {
    (0..chosen).map(|k| (all - k) as f64 / (k + 1) as f64).product::<f64>().round()
}

/// Reassigns the measure to units: in all ways where there are few, in drawn ways otherwise.
fn permutation(treated: &[f64], control: &[f64], seed: u64) -> Permutation {
    // The smaller arm is chosen: it has fewer than 10 units, however many the other has.
    let (few, many) = if treated.len() <= control.len() { (treated, control) } else { (control, treated) };
    let units: Vec<f64> = few.iter().chain(many).copied().collect();
    let scale = units.iter().fold(0.0_f64, |most, value| value.abs().max(most)).max(f64::MIN_POSITIVE);
    let units: Vec<f64> = units.iter().map(|value| value / scale).collect();
    let (chosen, n) = (few.len(), units.len());
    let total: f64 = units.iter().sum();
    let difference = |sum: f64| (sum / chosen as f64 - (total - sum) / (n - chosen) as f64).abs();
    // Sums of the same units in another order differ in the last digits.
    let observed = difference(units[..chosen].iter().sum()) - 1e-12;
    if ways(n, chosen) <= ALL_ASSIGNMENTS {
        let (mut as_large, mut assignments) = (0, 0);
        choose(&units, chosen, 0.0, &mut |sum| {
            assignments += 1;
            as_large += usize::from(difference(sum) >= observed);
        });
        let p_value = as_large as f64 / assignments as f64;
        return Permutation { p_value, assignments, exact: true, seed };
    }
    let as_large = replicates(DRAWS, |replicate| {
        let mut random = SplitMix64::for_replicate(seed, replicate, chosen as u64);
        let drawn = draw(&mut random, n, chosen);
        difference(drawn.iter().map(|unit| units[*unit]).sum()) >= observed
    });
    let as_large = as_large.into_iter().filter(|large| *large).count();
    let p_value = (as_large + 1) as f64 / (DRAWS + 1) as f64;
    Permutation { p_value, assignments: DRAWS, exact: false, seed }
}

/// `chosen` different positions below `n`, with one random number each.
///
/// Source: Floyd, in Bentley 1987, Communications of the ACM 30:754-757.
fn draw(random: &mut SplitMix64, n: usize, chosen: usize) -> Vec<usize> {
    let mut positions = Vec::with_capacity(chosen);
    for last in n - chosen..n {
        let position = random.index(last + 1);
        positions.push(if positions.contains(&position) { last } else { position });
    }
    positions
}

/// Visits the sum of every choice of `chosen` values.
fn choose(values: &[f64], chosen: usize, sum: f64, visit: &mut impl FnMut(f64)) {
    if chosen == 0 {
        visit(sum);
        return;
    }
    for (position, value) in values.iter().enumerate().take(values.len() + 1 - chosen) {
        choose(&values[position + 1..], chosen - 1, sum + value, visit);
    }
}

/// Whether an effect of 0 lies outside the interval.
pub(super) fn excludes_zero(effect: &Coefficient) -> bool {
    effect.low > 0.0 || effect.high < 0.0
}
