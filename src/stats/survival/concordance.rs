//! Whether those at higher risk leave first.

use crate::ols::check_finite;
use crate::{Column, Refusal};

use super::lifetimes::Lifetimes;

/// Share of comparable pairs in which the customer with the higher risk leaves first; equal risks count a half.
///
/// A pair is comparable if one leaves while the other is at risk and stays longer. `None` without such a pair.
/// The work is that of sorting.
///
/// # Errors
///
/// As [`kaplan_meier`](super::kaplan_meier); risks of another length or not finite.
///
/// # Source
///
/// Harrell, Lee and Mark 1996, Statistics in Medicine 15:361-387.
pub fn concordance(lifetimes: &Lifetimes<'_>, risk: &[f64]) -> Result<Option<f64>, Refusal> {
    lifetimes.check()?;
    let rows = lifetimes.stop.len();
    if risk.len() != rows {
        return Err(Refusal::LengthMismatch { expected: rows, found: risk.len() });
    }
    check_finite(risk, Column::Driver(0))?;
    let mut sorted: Vec<f64> = risk.iter().map(|value| value + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    let rank: Vec<usize> = risk.iter().map(|value| sorted.partition_point(|other| other < value)).collect();
    let mut tree = CountTree::new(sorted.len());
    let order = lifetimes.latest_first();
    let entering = lifetimes.latest_entry_first();
    let (mut agree, mut pairs, mut position, mut late) = (0.0_f64, 0.0_f64, 0, 0);
    while let Some(first) = order.get(position) {
        let time = lifetimes.stop[*first];
        let tied = order[position..].iter().take_while(|row| lifetimes.stop[**row] >= time).count();
        let leaving = &order[position..position + tied];
        position += tied;
        while let (Some(row), Some(start)) = (entering.get(late), lifetimes.start) {
            if start[*row] < time {
                break;
            }
            tree.add(rank[*row], -1);
            late += 1;
        }
        // Who is censored at this time stays longer than who leaves at it.
        for row in leaving.iter().filter(|row| !lifetimes.event[**row]) {
            tree.add(rank[*row], 1);
        }
        for row in leaving.iter().filter(|row| lifetimes.event[**row]) {
            let (below, equal) = (tree.below(rank[*row]), tree.below(rank[*row] + 1));
            agree += (below + equal) as f64 * 0.5;
            pairs += tree.total as f64;
        }
        for row in leaving.iter().filter(|row| lifetimes.event[**row]) {
            tree.add(rank[*row], 1);
        }
    }
    Ok((pairs > 0.0).then(|| agree / pairs))
}

/// Counts by rank with sums over the lower ranks (Fenwick 1994).
struct CountTree {
    counts: Vec<i64>,
    total: i64,
}

impl CountTree {
    fn new(ranks: usize) -> Self {
        Self { counts: vec![0; ranks + 1], total: 0 }
    }

    fn add(&mut self, rank: usize, count: i64) {
        self.total += count;
        let mut node = rank + 1;
        while let Some(value) = self.counts.get_mut(node) {
            *value += count;
            node += node & node.wrapping_neg();
        }
    }

    /// How many have a rank below this one.
    fn below(&self, rank: usize) -> i64 {
        let (mut node, mut sum) = (rank.min(self.counts.len() - 1), 0);
        while node > 0 {
            sum += self.counts[node];
            node &= node - 1;
        }
        sum
    }
}
