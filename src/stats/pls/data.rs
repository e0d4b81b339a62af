//! Answers without gaps: missing ones replaced by the mean where they are few, else rows left out.

use crate::factor::sum;
use crate::{Column, Count, Refusal, Warning};

use super::model::Plan;

/// Share of missing answers of an item from which rows are left out instead.
const REPLACEABLE: f64 = 0.05;
/// Share of rows left out that warns.
const DROPPED_WARNS: f64 = 0.10;
/// Share of rows left out that refuses.
const DROPPED_REFUSES: f64 = 0.40;

/// Complete columns, in the order of the model's items.
pub(super) struct Complete {
    pub(super) columns: Vec<Vec<f64>>,
    /// Rows that are kept, by position.
    pub(super) kept: Vec<usize>,
    /// Missing answers of each item.
    pub(super) missing: Vec<usize>,
    pub(super) warnings: Vec<Warning>,
}

/// Takes the items of the model out of all columns; NaN is a missing answer.
pub(super) fn complete(
    plan: &Plan<'_>,
    columns: &[&[f64]],
    scales: Option<&[(f64, f64)]>,
) -> Result<Complete, Refusal> {
    let rows = columns.first().map_or(0, |column| column.len());
    for item in &plan.items {
        check(*item, columns[*item], rows, scales)?;
    }
    let items: Vec<&[f64]> = plan.items.iter().map(|item| columns[*item]).collect();
    let answered: Vec<usize> =
        (0..rows).filter(|row| items.iter().any(|item| !item[*row].is_nan())).collect();
    let missing: Vec<usize> =
        items.iter().map(|item| item.iter().filter(|value| value.is_nan()).count()).collect();
    let gaps = |item: &&[f64]| answered.iter().filter(|row| item[**row].is_nan()).count();
    let few = |count: usize| (count as f64) < REPLACEABLE * answered.len() as f64;
    let replace = items.iter().all(|item| few(gaps(item)));
    let kept: Vec<usize> = if replace {
        answered
    } else {
        answered.into_iter().filter(|row| items.iter().all(|item| !item[*row].is_nan())).collect()
    };
    let dropped = rows - kept.len();
    if kept.is_empty() {
        return Err(Refusal::TooFew { what: Count::Observations, have: 0.0, need: 2.0 });
    }
    if dropped as f64 > DROPPED_REFUSES * rows as f64 {
        return Err(Refusal::TooManyDropped { dropped, available: rows });
    }
    let mut warnings = Vec::new();
    if dropped as f64 > DROPPED_WARNS * rows as f64 {
        warnings.push(Warning::Missing { dropped, available: rows });
    }
    let fill = |(column, item): (&[f64], &usize)| -> Vec<f64> {
        let values: Vec<f64> = kept.iter().map(|row| column[*row]).collect();
        let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let cells = values.len() - known.len();
        if cells > 0 {
            warnings.push(Warning::Imputed { column: Column::Driver(*item), cells });
        }
        // Divided first: a sum of huge answers would leave the range of numbers.
        let parts: Vec<f64> = known.iter().map(|value| value / known.len() as f64).collect();
        let mean = sum(&parts);
        values.into_iter().map(|value| if value.is_nan() { mean } else { value }).collect()
    };
    let columns = items.iter().copied().zip(&plan.items).map(fill).collect();
    Ok(Complete { columns, kept, missing, warnings })
}

/// Refuses an item of another length, infinite values, and values off the declared scale.
fn check(item: usize, values: &[f64], rows: usize, scales: Option<&[(f64, f64)]>) -> Result<(), Refusal> {
    let column = Column::Driver(item);
    if values.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: values.len() });
    }
    if let Some(row) = values.iter().position(|value| value.is_infinite()) {
        return Err(Refusal::NotFinite { column, row });
    }
    if let Some(scales) = scales {
        let Some((low, high)) = scales.get(item) else {
            return Err(Refusal::LengthMismatch { expected: item + 1, found: scales.len() });
        };
        let off = |value: &f64| !value.is_nan() && !(low..=high).contains(&value);
        if let Some(row) = values.iter().position(off) {
            return Err(Refusal::OffScale { column, row });
        }
    }
    Ok(())
}
