//! The non-decreasing concave curve of least squares (M6): it may bend anywhere, but only downwards.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::levels::Levels;
use crate::notice::Refusal;

/// A gradient this small against the spread of outcome and column counts as none.
const NEGLIGIBLE: f64 = 1e-10;

/// `intercept + sum c_k min(s, t_k)` with every `c_k` above 0: flat beyond the last knot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concave {
    /// Value at satisfaction 0, were the first piece straight down to there.
    pub intercept: f64,
    /// Knots in ascending order: the level, and by how much the slope falls there. A knot at the highest level observed
    /// means that the curve still rises there.
    pub knots: Vec<(f64, f64)>,
    /// Residual sum of squares.
    pub rss: f64,
}

impl Concave {
    /// Fits the curve to the distinct levels of satisfaction.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfRange`] where a number leaves the range of floating point.
    ///
    /// # Source
    ///
    /// `docs/methods.md` 5.2, M6. Non-negative least squares on centred columns: Lawson and Hanson, *Solving Least Squares
    /// Problems*, ch. 23. Cross-products come from running sums, so that a step costs one pass over the levels.
    pub fn fit(levels: &Levels) -> Result<Self, Refusal> {
        let columns = Columns::of(levels);
        let mut active: Vec<usize> = Vec::new();
        let mut slopes: Vec<f64> = Vec::new();
        // Each round takes in one knot and the fit falls strictly: no set of knots comes twice.
        while let Some(next) = columns.steepest(&active, &slopes) {
            let place = active.partition_point(|&knot| knot < next);
            active.insert(place, next);
            slopes.insert(place, 0.0);
            if !columns.feasible(&mut active, &mut slopes) || !active.contains(&next) {
                break;
            }
        }
        // A column that depends on the others came in at 0 and stayed there.
        let bends = active.iter().zip(&slopes).filter(|&(_, &c)| c > 0.0);
        let knots: Vec<(f64, f64)> = bends.map(|(&knot, &c)| (levels.level(knot), c)).collect();
        let mut found = Self { intercept: 0.0, knots, rss: 0.0 };
        found.intercept = levels.mean_outcome() - levels.mean(|s| found.value(s));
        found.rss = levels.rss(|s| found.value(s));
        if found.rss.is_finite() { Ok(found) } else { Err(Refusal::OutOfRange) }
    }

    /// Value at a level of satisfaction.
    pub fn value(&self, satisfaction: f64) -> f64 {
        self.intercept + self.knots.iter().map(|&(knot, c)| c * satisfaction.min(knot)).sum::<f64>()
    }
}

/// The columns `min(s, t_k)`, one per level, by their running sums; satisfaction and outcome are centred.
struct Columns {
    s: Vec<f64>,
    /// Sums over the levels up to and including each: weight, weight x s, weight x s^2, weight x outcome, and
    /// weight x s x outcome.
    sums: Vec<[f64; 5]>,
    total: [f64; 5],
    outcome_spread: f64,
}

impl Columns {
    fn of(levels: &Levels) -> Self {
        let (mean_s, mean_y) = (levels.mean(|s| s), levels.mean_outcome());
        let mut running = [0.0; 5];
        let mut outcome_spread = 0.0;
        let mut sums = Vec::with_capacity(levels.len());
        let mut s = Vec::with_capacity(levels.len());
        for (level, weight, outcome) in levels.iter() {
            let (x, y) = (level - mean_s, outcome - mean_y);
            for (sum, term) in
                running.iter_mut().zip([weight, weight * x, weight * x * x, weight * y, weight * x * y])
            {
                *sum += term;
            }
            outcome_spread += weight * y * y;
            sums.push(running);
            s.push(x);
        }
        Self { s, sums, total: running, outcome_spread }
    }

    fn mean(&self, k: usize) -> f64 {
        (self.sums[k][1] + self.s[k] * (self.total[0] - self.sums[k][0])) / self.total[0]
    }

    /// Centred cross-product of two columns.
    fn gram(&self, j: usize, k: usize) -> f64 {
        let (j, k) = (j.min(k), j.max(k));
        let (low, high) = (&self.sums[j], &self.sums[k]);
        low[2] + self.s[j] * (high[1] - low[1]) + self.s[j] * self.s[k] * (self.total[0] - high[0])
            - self.total[0] * self.mean(j) * self.mean(k)
    }

    /// Centred cross-product of a column with the outcome.
    fn with_outcome(&self, k: usize) -> f64 {
        let up_to = &self.sums[k];
        up_to[4] + self.s[k] * (self.total[3] - up_to[3]) - self.total[3] * self.mean(k)
    }

    /// The column along which the fit falls fastest, per unit of its own spread.
    fn steepest(&self, active: &[usize], slopes: &[f64]) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        // The first column is constant.
        for k in 1..self.s.len() {
            let spread = self.gram(k, k);
            if spread <= 0.0 || active.binary_search(&k).is_ok() {
                continue;
            }
            let explained: f64 = active.iter().zip(slopes).map(|(&j, c)| c * self.gram(j, k)).sum();
            let gradient = (self.with_outcome(k) - explained) / spread.sqrt();
            let counts = gradient > NEGLIGIBLE * self.outcome_spread.sqrt();
            if counts && best.is_none_or(|(steepest, _)| gradient > steepest) {
                best = Some((gradient, k));
            }
        }
        best.map(|(_, k)| k)
    }

    /// Moves to the least squares of the active columns, leaving out on the way those that would turn negative; `false`
    /// where they are dependent.
    fn feasible(&self, active: &mut Vec<usize>, slopes: &mut Vec<f64>) -> bool {
        loop {
            let Some(wanted) = self.solve(active) else { return false };
            if wanted.iter().all(|&c| c > 0.0) {
                *slopes = wanted;
                return true;
            }
            let share = slopes
                .iter()
                .zip(&wanted)
                .filter(|&(_, &to)| to <= 0.0)
                .map(|(from, to)| from / (from - to))
                .fold(1.0, f64::min);
            for (from, to) in slopes.iter_mut().zip(&wanted) {
                *from += share * (to - *from);
            }
            let most = slopes.iter().copied().fold(0.0, f64::max);
            let keep: Vec<bool> = slopes.iter().map(|&c| c > 1e-14 * most && c > 0.0).collect();
            let mut kept = keep.iter();
            active.retain(|_| *kept.next().unwrap_or(&false));
            let mut kept = keep.iter();
            slopes.retain(|_| *kept.next().unwrap_or(&false));
            if active.is_empty() {
                return true;
            }
        }
    }

    fn solve(&self, active: &[usize]) -> Option<Vec<f64>> {
        let p = active.len();
        let scale: Vec<f64> = active.iter().map(|&k| self.gram(k, k).sqrt()).collect();
        let gram = DMatrix::from_fn(p, p, |a, b| self.gram(active[a], active[b]) / (scale[a] * scale[b]));
        let right = DVector::from_fn(p, |a, _| self.with_outcome(active[a]) / scale[a]);
        let solved = gram.cholesky()?.solve(&right);
        Some((0..p).map(|a| solved[a] / scale[a]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Points;

    #[test]
    fn points_on_a_concave_curve_are_met_exactly() {
        let s: Vec<f64> = (0..=60).map(f64::from).collect();
        let y: Vec<f64> = s.iter().map(|s| 3.0 + 2.0 * s.min(20.0) + 0.5 * s.min(45.0)).collect();
        let found = Concave::fit(&Levels::of(&Points::new(&s, &y, None).unwrap())).unwrap();
        assert!(found.rss < 1e-16 * y.iter().map(|y| y * y).sum::<f64>(), "{found:?}");
        assert!((found.value(10.0) - 28.0).abs() < 1e-8 && (found.value(60.0) - 65.5).abs() < 1e-8);
    }

    #[test]
    fn a_falling_outcome_is_met_by_its_mean() {
        let s: Vec<f64> = (0..30).map(f64::from).collect();
        let y: Vec<f64> = s.iter().map(|s| 9.0 - s).collect();
        let found = Concave::fit(&Levels::of(&Points::new(&s, &y, None).unwrap())).unwrap();
        assert!(found.knots.is_empty());
        assert!((found.value(12.0) - (9.0 - 14.5)).abs() < 1e-12);
    }
}
