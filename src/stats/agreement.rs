//! How alike the values of one group are: of the people of a unit, or of one customer asked again.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::bootstrap::Clusters;
use crate::measurement::{average, variance};
use crate::notice::{Column, Count, PanelWarning, Refusal, Warning};
use crate::ols::{TestResult, check_finite};
use crate::{Interval, quantile};

/// ICC(1) from which units count as different.
const SINGLE_WANTED: f64 = 0.05;
/// ICC(2) from which a unit's mean counts as reliable.
const MEAN_WANTED: f64 = 0.6;
/// Level of the F test.
const LEVEL: f64 = 0.05;

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
    /// F test that groups differ; absent where no group varies within.
    pub f_test: Option<TestResult>,
    /// ICC(1) with its 95 % interval; absent likewise.
    pub interval: Option<Interval>,
    /// Values.
    pub n: usize,
    /// Groups.
    pub groups: usize,
}

impl Agreement {
    /// Says so where means of groups are too uncertain to be compared: F not significant, ICC(1) of 0.05 or
    /// less, or ICC(2) of 0.6 or less.
    pub fn warning(&self) -> Option<Warning> {
        let differ = self.f_test.is_none_or(|test| test.p_value < LEVEL);
        let strong = differ && self.single > SINGLE_WANTED && self.mean > MEAN_WANTED;
        (!strong).then_some(Warning::Panel(PanelWarning::WeakUnits { single: self.single, mean: self.mean }))
    }

    /// A slope on these groups' means as it were if the means had no error: divided by ICC(2). Show it beside
    /// the slope, never instead of it; absent where ICC(2) is not positive.
    ///
    /// # Source
    ///
    /// Spearman 1904, American Journal of Psychology 15:72-101.
    pub fn disattenuated(&self, slope: f64) -> Option<f64> {
        Some(slope / self.mean).filter(|slope| self.mean > 0.0 && slope.is_finite())
    }
}

/// Compares the spread between groups with that within them; `groups` names the group of each value.
///
/// The interval of ICC(1) is that of Shrout and Fleiss with the average size for unequal groups, exact for
/// equal ones.
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
    let single = (between - within) / (between + (size - 1.0) * within);
    if ![between, within, single].iter().all(|value| value.is_finite()) {
        return Err(Refusal::OutOfRange);
    }
    let (df1, df2) = (g - 1.0, n - g);
    let f = between / within;
    let (mut f_test, mut interval) = (None, None);
    if f.is_finite() {
        let share = |f: f64| (f - 1.0) / (f + size - 1.0);
        let p_value = quantile::f_sf(f, df1, df2);
        f_test = Some(TestResult { statistic: f, df1, df2: Some(df2), p_value });
        let (low, high) = (share(f / quantile::f(0.975, df1, df2)), share(f * quantile::f(0.975, df2, df1)));
        interval = Some(Interval { estimate: single, low, high })
            .filter(|interval| interval.low.is_finite() && interval.high.is_finite());
    }
    Ok(Agreement {
        between,
        within,
        size,
        single,
        mean: if between > 0.0 { (between - within) / between } else { 0.0 },
        f_test,
        interval,
        n: values.len(),
        groups: sums.len(),
    })
}

/// How much the members of one group say the same, 1 = all alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WithinAgreement {
    /// The group.
    pub group: usize,
    /// `r_wg(j)`, or `r_wg` of one item, 0 to 1; absent for a group of one.
    pub value: Option<f64>,
    /// Members.
    pub n: usize,
}

/// `r_wg(j)` of each group, in order of first appearance: agreement on items (one column each, answered on
/// `1..=options`) against the variance `(options^2 - 1) / 12` of answers at random, all equally likely.
///
/// With the mean variance of the items over that of random answers as `v` it is
/// `J (1 - v) / (J (1 - v) + v)`, for one item `1 - v`; where answers differ more than random ones (`v > 1`) it
/// is 0 by convention.
///
/// # Errors
///
/// Refuses no items, fewer than two options, columns of different length, values that are not finite.
///
/// # Source
///
/// James, Demaree and Wolf 1984, Journal of Applied Psychology 69:85-98.
pub fn within_agreement(
    items: &[&[f64]],
    groups: &[usize],
    options: u32,
) -> Result<Vec<WithinAgreement>, Refusal> {
    if items.is_empty() || options < 2 {
        return Err(Refusal::TooFew { what: Count::Items, have: items.len() as f64, need: 1.0 });
    }
    for (position, item) in items.iter().enumerate() {
        if item.len() != groups.len() {
            return Err(Refusal::LengthMismatch { expected: groups.len(), found: item.len() });
        }
        check_finite(item, Column::Driver(position))?;
    }
    let random = (f64::from(options).powi(2) - 1.0) / 12.0;
    let count = items.len() as f64;
    let mut found = Vec::new();
    for rows in Clusters::of_ids(groups).iter() {
        let Some(group) = rows.first().and_then(|row| groups.get(*row)) else { continue };
        let own = |item: &&[f64]| variance(&rows.iter().map(|row| item[*row]).collect::<Vec<f64>>());
        let value = (rows.len() > 1).then(|| {
            let v = average(&items.iter().map(own).collect::<Vec<f64>>()) / random;
            let alike = count * (1.0 - v);
            if v < 1.0 { alike / (alike + v) } else { 0.0 }
        });
        found.push(WithinAgreement { group: *group, value, n: rows.len() });
    }
    Ok(found)
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

    /// Two items on 1 to 5 (random variance 2): variances 1 and 0, so v = 1/4 and 2 * 0.75 / (1.5 + 0.25) = 6/7.
    #[test]
    fn within_agreement_by_hand() {
        let (first, second) = ([1.0, 2.0, 3.0, 1.0, 5.0, 4.0], [4.0, 4.0, 4.0, 1.0, 5.0, 2.0]);
        let found = within_agreement(&[&first, &second], &[7, 7, 7, 2, 2, 9], 5).unwrap();
        assert!((found[0].value.unwrap() - 6.0 / 7.0).abs() < 1e-12, "{found:?}");
        assert_eq!((found[1].value, found[2].value, found[2].n), (Some(0.0), None, 1));
        let one = within_agreement(&[&first], &[7, 7, 7, 2, 2, 9], 5).unwrap();
        assert!((one[0].value.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn groups_of_one_value_say_nothing() {
        assert!(matches!(agreement(&[1.0, 2.0], &[0, 1]), Err(Refusal::TooFew { .. })));
        assert!(matches!(agreement(&[1.0, 1.0, 1.0], &[0, 0, 1]), Err(Refusal::NoVariance { .. })));
    }
}
