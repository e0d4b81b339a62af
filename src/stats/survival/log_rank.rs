//! Comparison of groups.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::ols::TestResult;
use crate::{Count, Refusal, quantile};

use super::lifetimes::Lifetimes;

/// Groups beyond which nothing is compared: the work grows with their square at every time.
const MOST_GROUPS: usize = 50;

/// Log-rank test that the groups (one identifier per row) leave at the same rate.
///
/// # Errors
///
/// As [`kaplan_meier`](super::kaplan_meier); no event; fewer than two groups that are ever at risk together; more
/// than 50 groups.
///
/// # Source
///
/// Mantel 1966, Cancer Chemotherapy Reports 50:163-170; Peto and Peto 1972, JRSS A 135:185-207.
pub fn log_rank(lifetimes: &Lifetimes<'_>, groups: &[usize]) -> Result<TestResult, Refusal> {
    lifetimes.check()?;
    let rows = lifetimes.stop.len();
    if groups.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: groups.len() });
    }
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() > MOST_GROUPS {
        let (have, limit) = (names.len() as f64, MOST_GROUPS as f64);
        return Err(Refusal::TooMany { what: Count::Groups, have, limit });
    }
    let group: Vec<usize> = groups.iter().map(|id| names.partition_point(|name| name < id)).collect();
    let order = lifetimes.latest_first();
    let entering = lifetimes.latest_entry_first();
    let count = names.len();
    let (mut at_risk, mut surplus) = (vec![0.0; count], vec![0.0; count]);
    let mut expected = vec![0.0; count];
    let mut covariance = DMatrix::zeros(count, count);
    let (mut position, mut late) = (0, 0);
    while let Some(first) = order.get(position) {
        let time = lifetimes.stop[*first];
        let mut deaths = vec![0.0; count];
        while let Some(row) = order.get(position).filter(|row| lifetimes.stop[**row] >= time) {
            at_risk[group[*row]] += 1.0;
            deaths[group[*row]] += f64::from(u8::from(lifetimes.event[*row]));
            position += 1;
        }
        while let (Some(row), Some(start)) = (entering.get(late), lifetimes.start) {
            if start[*row] < time {
                break;
            }
            at_risk[group[*row]] -= 1.0;
            late += 1;
        }
        let (n, d) = (at_risk.iter().sum::<f64>(), deaths.iter().sum::<f64>());
        if d <= 0.0 {
            continue;
        }
        let spread = if n > 1.0 { d * (n - d) / (n - 1.0) } else { 0.0 };
        for j in 0..count {
            let share = at_risk[j] / n;
            expected[j] += d * share;
            surplus[j] += deaths[j] - d * share;
            for k in 0..count {
                let own = if j == k { share } else { 0.0 };
                covariance[(j, k)] += spread * (own - share * at_risk[k] / n);
            }
        }
    }
    compare(&surplus, &expected, &covariance)
}

/// The quadratic form over all groups but the last that is ever expected to lose somebody.
fn compare(surplus: &[f64], expected: &[f64], covariance: &DMatrix<f64>) -> Result<TestResult, Refusal> {
    let mut used: Vec<usize> = (0..surplus.len()).filter(|k| expected[*k] > 0.0).collect();
    let few = Refusal::TooFew { what: Count::Groups, have: used.len() as f64, need: 2.0 };
    used.pop();
    if used.is_empty() {
        return Err(few);
    }
    let matrix = DMatrix::from_fn(used.len(), used.len(), |j, k| covariance[(used[j], used[k])]);
    let u = DVector::from_iterator(used.len(), used.iter().map(|k| surplus[*k]));
    let factor = Cholesky::new(matrix).ok_or(few)?;
    let (statistic, df1) = (u.dot(&factor.solve(&u)), used.len() as f64);
    if !statistic.is_finite() {
        return Err(few);
    }
    Ok(TestResult { statistic, df1, df2: None, p_value: quantile::chi_squared_sf(statistic, df1) })
}
