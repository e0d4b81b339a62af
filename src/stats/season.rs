//! The season of the year in a model of amounts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Column, Count, Refusal};

/// Seasons in a year.
const QUARTERS: i64 = 4;

/// Columns that let every season have a level of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seasons {
    /// The season that the others are compared with: the first that occurs in the year.
    pub reference: usize,
    /// The other seasons that occur, in order.
    pub levels: Vec<usize>,
    /// One 0/1 column per season of `levels`, to stand among the drivers.
    pub columns: Vec<Vec<f64>>,
}

/// Makes the columns of a season term from the season (quarter 1 to 4, or month 1 to 12) of each row.
///
/// # Errors
///
/// Fewer than two seasons in the data.
pub fn dummies(seasons: &[usize]) -> Result<Seasons, Refusal> {
    let present: BTreeSet<usize> = seasons.iter().copied().collect();
    let mut present = present.into_iter();
    let reference = present.next();
    let levels: Vec<usize> = present.collect();
    let (Some(reference), false) = (reference, levels.is_empty()) else {
        let have = f64::from(u8::from(reference.is_some()));
        return Err(Refusal::TooFew { what: Count::Seasons, have, need: 2.0 });
    };
    let column = |level: &usize| seasons.iter().map(|s| f64::from(u8::from(s == level))).collect();
    Ok(Seasons { reference, columns: levels.iter().map(column).collect(), levels })
}

/// Each value of one series less its value in the same quarter of the year before (of logarithms: the relative
/// change); `None` where that quarter is not in the series. Quarters are counted through
/// (`4 × year + quarter`), in any order.
///
/// # Errors
///
/// Columns of different lengths; a value that is not finite.
pub fn change_on_year(quarters: &[i64], values: &[f64]) -> Result<Vec<Option<f64>>, Refusal> {
    if quarters.len() != values.len() {
        return Err(Refusal::LengthMismatch { expected: values.len(), found: quarters.len() });
    }
    crate::ols::check_finite(values, Column::Outcome)?;
    let at: BTreeMap<i64, f64> = quarters.iter().copied().zip(values.iter().copied()).collect();
    let before = |quarter: &i64| at.get(&quarter.checked_sub(QUARTERS)?).copied();
    let change = |(quarter, value): (&i64, &f64)| {
        before(quarter).map(|before| value - before).filter(|change| change.is_finite())
    };
    Ok(quarters.iter().zip(values).map(change).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_season_is_the_reference() {
        let found = dummies(&[4, 2, 2, 3]).unwrap();
        assert_eq!((found.reference, found.levels), (2, vec![3, 4]));
        assert_eq!(found.columns, [[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]);
        assert_eq!(dummies(&[1, 1]).unwrap_err().code(), "E_TOO_FEW");
        assert_eq!(dummies(&[]).unwrap_err().code(), "E_TOO_FEW");
    }

    #[test]
    fn a_quarter_is_compared_with_its_own_of_last_year() {
        let found = change_on_year(&[8, 4, 9, 6], &[3.0, 1.0, 5.0, 2.0]).unwrap();
        assert_eq!(found, [Some(2.0), None, None, None]);
        assert_eq!(change_on_year(&[1], &[]).unwrap_err().code(), "E_LENGTH");
    }
}
