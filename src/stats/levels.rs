//! Points gathered by their level of satisfaction, for curves that are fitted by search.

use nalgebra::{DMatrix, DVector};

use crate::curve::Points;

/// Distinct levels of satisfaction in ascending order, each with its weight and mean outcome.
#[derive(Debug, Clone)]
pub struct Levels {
    level: Vec<f64>,
    weight: Vec<f64>,
    outcome: Vec<f64>,
    /// Weighted squares about the mean of each level, which no curve explains.
    within: f64,
    /// Satisfaction of every row, ascending.
    rows: Vec<f64>,
}

impl Levels {
    /// Gathers the points.
    pub fn of(points: &Points) -> Self {
        let mut found = Self {
            level: Vec::new(),
            weight: Vec::new(),
            outcome: Vec::new(),
            within: 0.0,
            rows: points.sorted(),
        };
        for (s, y, weight) in points.iter() {
            if found.level.last().is_none_or(|last| last.total_cmp(&s).is_ne()) {
                found.level.push(s);
                found.weight.push(0.0);
                found.outcome.push(0.0);
            }
            let at = found.level.len() - 1;
            // Welford: the mean moves, and the squares grow by what it did not explain.
            let distance = y - found.outcome[at];
            found.weight[at] += weight;
            if found.weight[at] > 0.0 {
                found.outcome[at] += distance * weight / found.weight[at];
            }
            found.within += weight * distance * (y - found.outcome[at]);
        }
        found
    }

    /// Returns the number of levels, at least two.
    pub(crate) fn len(&self) -> usize {
        self.level.len()
    }

    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> f64 {
        self.rows.len() as f64
    }

    /// Returns the satisfaction of every row, ascending.
    pub(crate) fn sorted_rows(&self) -> &[f64] {
        &self.rows
    }

    pub(crate) fn level(&self, at: usize) -> f64 {
        self.level[at]
    }

    /// Returns level, weight and mean outcome, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        (0..self.len()).map(|at| (self.level[at], self.weight[at], self.outcome[at]))
    }

    /// Weighted mean of a function of satisfaction.
    pub(crate) fn mean(&self, value: impl Fn(f64) -> f64) -> f64 {
        let (sum, total) = self.iter().fold((0.0, 0.0), |(sum, total), (level, weight, _)| {
            (sum + weight * value(level), total + weight)
        });
        sum / total
    }

    pub(crate) fn mean_outcome(&self) -> f64 {
        let (sum, total) = self
            .iter()
            .fold((0.0, 0.0), |(sum, total), (_, weight, outcome)| (sum + weight * outcome, total + weight));
        sum / total
    }

    /// Residual sum of squares of a curve over all rows.
    pub(crate) fn rss(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.within
            + self
                .iter()
                .map(|(level, weight, outcome)| weight * (outcome - value(level)).powi(2))
                .sum::<f64>()
    }

    /// At most `count` levels, neighbours merged: enough to find where a search begins.
    pub(crate) fn merged(&self, count: usize) -> Self {
        let each = self.len().div_ceil(count).max(1);
        let mut merged = Self {
            level: Vec::new(),
            weight: Vec::new(),
            outcome: Vec::new(),
            within: 0.0,
            rows: Vec::new(),
        };
        for start in (0..self.len()).step_by(each) {
            let span = start..(start + each).min(self.len());
            let weight: f64 = self.weight[span.clone()].iter().sum();
            let mean = |values: &[f64]| {
                span.clone().map(|at| self.weight[at] * values[at]).sum::<f64>()
                    / weight.max(f64::MIN_POSITIVE)
            };
            merged.level.push(mean(&self.level));
            merged.outcome.push(mean(&self.outcome));
            merged.weight.push(weight);
        }
        merged
    }

    /// Intercept and slope of the least-squares line on a function of satisfaction; `None` where it is constant.
    pub(crate) fn line_on(&self, basis: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
        let (mean_x, mean_y) = (self.mean(&basis), self.mean_outcome());
        let (mut xx, mut xy) = (0.0, 0.0);
        for (level, weight, outcome) in self.iter() {
            let x = basis(level) - mean_x;
            xx += weight * x * x;
            xy += weight * x * (outcome - mean_y);
        }
        let slope = xy / xx;
        slope.is_finite().then_some((mean_y - slope * mean_x, slope))
    }

    /// Intercept and coefficients of least squares on several functions of satisfaction; `None` where they are
    /// dependent.
    pub(crate) fn linear(&self, basis: &dyn Fn(f64) -> Vec<f64>) -> Option<Vec<f64>> {
        let p = basis(self.level[0]).len();
        let means: Vec<f64> = (0..p).map(|column| self.mean(|level| basis(level)[column])).collect();
        let mean_y = self.mean_outcome();
        let (mut cross, mut right) = (DMatrix::zeros(p, p), DVector::zeros(p));
        for (level, weight, outcome) in self.iter() {
            let row = DVector::from_iterator(p, basis(level).iter().zip(&means).map(|(x, mean)| x - mean));
            cross.ger(weight, &row, &row, 1.0);
            right.axpy(weight * (outcome - mean_y), &row, 1.0);
        }
        let scale: Vec<f64> = (0..p).map(|column| f64::sqrt(cross[(column, column)])).collect();
        let unit = DMatrix::from_fn(p, p, |a, b| cross[(a, b)] / (scale[a] * scale[b]));
        let solved = unit.cholesky()?.solve(&DVector::from_fn(p, |a, _| right[a] / scale[a]));
        let slopes: Vec<f64> = (0..p).map(|column| solved[column] / scale[column]).collect();
        let intercept = mean_y - slopes.iter().zip(&means).map(|(slope, mean)| slope * mean).sum::<f64>();
        Some(std::iter::once(intercept).chain(slopes).collect())
    }
}
