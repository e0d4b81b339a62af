//! How alike the values of one group are: of the people of a unit, or of one customer asked again.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::notice::{Column, Count, Refusal};
use crate::ols::check_finite;

/// One-way analysis of variance of groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Mean square between groups.
    pub between: f64,
    /// Mean square within groups.
    pub within: f64,
    /// Average group size that fits unequal groups: `(N - sum n_g^2 / N) / (G - 1)`.
    pub size: f64,
    /// Share of the variance of one value that lies between groups, ICC(1); negative values are left as they are.
    pub single: f64,
    /// The same of a group's mean, ICC(2).
    pub mean: f64,
}

/// Compares the spread between groups with that within them; `groups` names the group of each value.
///
/// # Errors
///
/// [`Refusal::TooFew`] with fewer than two groups, or none of more than one value; [`Refusal::NoVariance`] where
/// all values are equal.
///
/// # Source
///
/// Shrout and Fleiss 1979, Psychological Bulletin 86:420-428; `docs/methods.md` 6.
pub fn agreement(values: &[f64], groups: &[usize]) -> Result<Agreement, Refusal> {
    if groups.len() != values.len() {
        return Err(Refusal::LengthMismatch { expected: values.len(), found: groups.len() });
    }
    check_finite(values, Column::Outcome)?;
    let mut sums: HashMap<usize, (f64, f64)> = HashMap::new();
    for (value, group) in values.iter().zip(groups) {
        let sum = sums.entry(*group).or_default();
        sum.0 += value;
        sum.1 += 1.0;
    }
    let (n, g) = (values.len() as f64, sums.len() as f64);
    if g < 2.0 || n <= g {
        return Err(Refusal::TooFew { what: Count::Clusters, have: g, need: 2.0 });
    }
    let grand = values.iter().sum::<f64>() / n;
    let within: f64 = values
        .iter()
        .zip(groups)
        .map(|(value, group)| {
            let (sum, count) = sums[group];
            (value - sum / count).powi(2)
        })
        .sum::<f64>()
        / (n - g);
    let mut order: Vec<&(f64, f64)> = sums.values().collect();
    // A fixed order of summation keeps the last digit the same from run to run.
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let between =
        order.iter().map(|(sum, count)| count * (sum / count - grand).powi(2)).sum::<f64>() / (g - 1.0);
    let size = (n - order.iter().map(|(_, count)| count * count).sum::<f64>() / n) / (g - 1.0);
    if between + within <= 0.0 {
        return Err(Refusal::NoVariance { column: Column::Outcome });
    }
    Ok(Agreement {
        between,
        within,
        size,
        single: (between - within) / (between + (size - 1.0) * within),
        mean: if between > 0.0 { (between - within) / between } else { 0.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups (1, 3) and (5, 7): means 2 and 6, grand 4; MSB = 2 * (4 + 4) / 1 = 16, MSW = (1+1+1+1) / 2 = 2,
    /// ICC(1) = 14 / 18, ICC(2) = 14 / 16.
    #[test]
    fn a_case_by_hand() {
        let found = agreement(&[1.0, 5.0, 3.0, 7.0], &[0, 1, 0, 1]).unwrap();
        assert!((found.between - 16.0).abs() < 1e-12 && (found.within - 2.0).abs() < 1e-12, "{found:?}");
        assert!((found.single - 14.0 / 18.0).abs() < 1e-12 && (found.mean - 0.875).abs() < 1e-12);
        assert!((found.size - 2.0).abs() < 1e-12);
    }

    #[test]
    fn groups_of_one_value_say_nothing() {
        assert!(matches!(agreement(&[1.0, 2.0], &[0, 1]), Err(Refusal::TooFew { .. })));
        assert!(matches!(agreement(&[1.0, 1.0, 1.0], &[0, 0, 1]), Err(Refusal::NoVariance { .. })));
    }
}
