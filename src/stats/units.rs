//! From persons to units: means that no person can be read from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::factor::sum;
use crate::ols::check_finite;
use crate::{Column, Refusal};

/// Persons that a unit needs before anything is shown of it.
pub const MINIMUM_GROUP: usize = 5;

/// The mean of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UnitMean {
    /// The unit.
    pub unit: usize,
    /// Mean of its persons.
    pub mean: f64,
    /// Persons.
    pub n: usize,
}

/// Persons put together by unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// Units of enough persons, in the order of their numbers.
    pub shown: Vec<UnitMean>,
    /// Units of too few, whose means are kept back.
    pub suppressed: Vec<usize>,
    /// Mean over all persons; kept back as well where the difference from what is shown would be the mean of
    /// too few.
    pub all: Option<f64>,
}

/// Means of units of at least `minimum` persons (never below [`MINIMUM_GROUP`]).
///
/// # Errors
///
/// Refuses columns of different length and values that are not finite.
pub fn aggregate(values: &[f64], units: &[usize], minimum: usize) -> Result<Units, Refusal> {
    if values.len() != units.len() {
        return Err(Refusal::LengthMismatch { expected: values.len(), found: units.len() });
    }
    check_finite(values, Column::Outcome)?;
    let mut persons: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (value, unit) in values.iter().zip(units) {
        persons.entry(*unit).or_default().push(*value);
    }
    let minimum = minimum.max(MINIMUM_GROUP);
    let mut found = Units { shown: Vec::new(), suppressed: Vec::new(), all: None };
    let mut visible = 0;
    for (unit, own) in &persons {
        if own.len() < minimum {
            found.suppressed.push(*unit);
        } else {
            let mean = sum(own) / own.len() as f64;
            if !mean.is_finite() {
                return Err(Refusal::OutOfRange);
            }
            visible += own.len();
            found.shown.push(UnitMean { unit: *unit, mean, n: own.len() });
        }
    }
    if values.len() >= minimum && may_be_shown_together(values.len(), visible, minimum) {
        found.all = Some(sum(values) / values.len() as f64).filter(|mean| mean.is_finite());
    }
    Ok(found)
}

/// Whether the means of a group and of a part of it may both be shown: what lies between the two has to be
/// nobody, or at least `minimum` persons (never below [`MINIMUM_GROUP`]), since it can be worked out.
pub fn may_be_shown_together(group: usize, part: usize, minimum: usize) -> bool {
    let between = group.saturating_sub(part);
    between == 0 || between >= minimum.max(MINIMUM_GROUP)
}

impl Units {
    /// Units that both sides show, such as employees and customers, in the order of their numbers.
    pub fn meet(&self, other: &Self) -> Vec<(UnitMean, UnitMean)> {
        let others: BTreeMap<usize, UnitMean> = other.shown.iter().map(|mean| (mean.unit, *mean)).collect();
        self.shown.iter().filter_map(|own| Some((*own, *others.get(&own.unit)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn persons(counts: &[(usize, usize)]) -> (Vec<f64>, Vec<usize>) {
        let units: Vec<usize> = counts.iter().flat_map(|(unit, n)| vec![*unit; *n]).collect();
        ((0..units.len()).map(|row| row as f64).collect(), units)
    }

    #[test]
    fn a_unit_of_four_is_kept_back_and_the_total_that_would_give_it_away() {
        let (values, units) = persons(&[(9, 6), (2, 5), (4, 4)]);
        let found = aggregate(&values, &units, 0).unwrap();
        let shown: Vec<(usize, usize)> = found.shown.iter().map(|unit| (unit.unit, unit.n)).collect();
        assert_eq!((shown, found.suppressed, found.all), (vec![(2, 5), (9, 6)], vec![4], None));
        // With two units of four the total speaks of eight persons.
        let (values, units) = persons(&[(9, 6), (2, 4), (4, 4)]);
        assert_eq!(aggregate(&values, &units, 0).unwrap().all, Some(6.5));
    }

    #[test]
    fn overlapping_groups_differ_by_nobody_or_by_enough() {
        assert!(may_be_shown_together(12, 12, 5) && may_be_shown_together(12, 7, 5));
        assert!(!may_be_shown_together(12, 8, 5) && !may_be_shown_together(12, 8, 1));
    }

    #[test]
    fn units_meet_where_both_sides_are_shown() {
        let ((a, a_units), (b, b_units)) = (persons(&[(1, 5), (2, 5), (3, 2)]), persons(&[(2, 8), (3, 8)]));
        let (a, b) = (aggregate(&a, &a_units, 5).unwrap(), aggregate(&b, &b_units, 5).unwrap());
        let met: Vec<usize> = a.meet(&b).iter().map(|(own, _)| own.unit).collect();
        assert_eq!(met, [2]);
    }
}
