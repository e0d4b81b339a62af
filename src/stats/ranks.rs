//! Ranks of values, with the mean rank for ties.

/// Twice the mean rank of each value, counted from 1; twice, so that the ranks of ties stay whole.
pub(crate) fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        // -0 and 0 are the same value, which the order does not know.
        while end < order.len() && values[order[end]] <= values[order[start]] {
            end += 1;
        }
        for row in &order[start..end] {
            ranks[*row] = start + end + 1;
        }
        start = end;
    }
    ranks
}

/// Mean ranks from 1.
pub(crate) fn mean_ranks(values: &[f64]) -> Vec<f64> {
    doubled_ranks(values).into_iter().map(|rank| rank as f64 / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(mean_ranks(&[3.0, 1.0, 3.0, -0.0, 0.0]), [4.5, 3.0, 4.5, 1.5, 1.5]);
        assert!(mean_ranks(&[]).is_empty());
    }
}
