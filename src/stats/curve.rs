//! Candidate curves of an outcome against satisfaction, and how they are fitted to a resample.
//!
//! `M0` is a straight line, `M1` a line that ends in a plateau, `M2` a broken line (Muggeo 2003). All fits work
//! on points sorted by satisfaction with a weight per point, so that a bootstrap replicate is a vector of counts
//! and costs one pass over the points.

use serde::{Deserialize, Serialize};

use crate::notice::{Column, Refusal};

/// Steps of the grid of possible kinks: type-7 quantiles of satisfaction from 5 % to 95 %.
pub const GRID: usize = 41;

/// Points that must lie on each side of a plateau's beginning.
const LEAST_EACH_SIDE: f64 = 10.0;

/// Values beyond this are refused: sums of their squares would leave the range of numbers.
const LARGEST: f64 = 1e100;

/// An outcome that stays below this everywhere is refused likewise, unless it is 0.
const SMALLEST: f64 = 1e-100;

/// Satisfaction and outcome of the same rows.
#[derive(Debug, Clone, Copy)]
pub struct Data<'a> {
    /// Satisfaction, 0 to 100.
    pub satisfaction: &'a [f64],
    /// The outcome.
    pub outcome: &'a [f64],
    /// Weights; every row counts 1 if absent.
    pub weights: Option<&'a [f64]>,
    /// Cluster of each row; every row stands for itself if absent.
    pub clusters: Option<&'a [usize]>,
}

/// Points sorted by satisfaction.
#[derive(Debug, Clone)]
pub struct Points {
    s: Vec<f64>,
    y: Vec<f64>,
    weight: Vec<f64>,
    row: Vec<usize>,
    mean_s: f64,
    mean_y: f64,
}

/// `y = intercept + slope s`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Value at satisfaction 0.
    pub intercept: f64,
    /// Per point of satisfaction.
    pub slope: f64,
    /// Residual sum of squares.
    pub rss: f64,
}

/// `y = a + b min(s, psi)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinearPlateau {
    /// Value at satisfaction 0.
    pub a: f64,
    /// Slope below the plateau.
    pub b: f64,
    /// Where the plateau begins.
    pub psi: f64,
    /// Residual sum of squares.
    pub rss: f64,
}

/// `y = intercept + left s + (right - left) (s - psi)+`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BrokenLine {
    /// Value at satisfaction 0.
    pub intercept: f64,
    /// Slope below the kink.
    pub left: f64,
    /// Slope above the kink.
    pub right: f64,
    /// The kink, one of the grid.
    pub psi: f64,
    /// Position of the kink on the grid, from 0.
    pub grid_index: usize,
    /// Residual sum of squares.
    pub rss: f64,
    /// `(RSS of the line - rss) / rss * (n - 4)`.
    pub sup_f: f64,
}

/// Sums up to each point, in the points' order; the first entry is 0.
struct Sums {
    n: Vec<f64>,
    w: Vec<f64>,
    s: Vec<f64>,
    ss: Vec<f64>,
    y: Vec<f64>,
    sy: Vec<f64>,
    yy: f64,
}

impl Points {
    /// Sorts the points by satisfaction. Weights are scaled to mean 1.
    ///
    /// # Errors
    ///
    /// [`Refusal::LengthMismatch`], [`Refusal::NotFinite`], [`Refusal::BadWeight`], [`Refusal::OutOfRange`] for values
    /// whose squares would leave the range of numbers, or [`Refusal::NoVariance`] where satisfaction is constant.
    pub fn new(s: &[f64], y: &[f64], weights: Option<&[f64]>) -> Result<Self, Refusal> {
        let n = s.len();
        let lengths = [y.len(), weights.map_or(n, <[f64]>::len)];
        if let Some(&found) = lengths.iter().find(|&&length| length != n) {
            return Err(Refusal::LengthMismatch { expected: n, found });
        }
        for (values, column) in
            [(s, Column::Driver(0)), (y, Column::Outcome), (weights.unwrap_or(&[]), Column::Weight)]
        {
            if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                return Err(Refusal::NotFinite { column, row });
            }
        }
        let too_large = s.iter().chain(y).any(|value| value.abs() > LARGEST);
        let too_small = y.iter().all(|value| value.abs() < SMALLEST) && y.iter().any(|value| *value != 0.0);
        if too_large || too_small {
            return Err(Refusal::OutOfRange);
        }
        let total: f64 = weights.map_or(n as f64, |weights| weights.iter().sum());
        if let Some(row) = weights.and_then(|weights| weights.iter().position(|&weight| weight < 0.0)) {
            return Err(Refusal::BadWeight { row });
        }
        if total <= 0.0 {
            return Err(Refusal::BadWeight { row: 0 });
        }
        let mut row: Vec<usize> = (0..n).collect();
        row.sort_by(|&a, &b| s[a].total_cmp(&s[b]));
        if row.is_empty() || s[row[0]].total_cmp(&s[row[n - 1]]).is_eq() {
            return Err(Refusal::NoVariance { column: Column::Driver(0) });
        }
        let weight: Vec<f64> =
            row.iter().map(|&at| weights.map_or(1.0, |weights| weights[at] * n as f64 / total)).collect();
        let mean =
            |values: &[f64]| row.iter().zip(&weight).map(|(&at, w)| w * values[at]).sum::<f64>() / n as f64;
        let (mean_s, mean_y) = (mean(s), mean(y));
        Ok(Self {
            s: row.iter().map(|&at| s[at] - mean_s).collect(),
            y: row.iter().map(|&at| y[at] - mean_y).collect(),
            weight,
            row,
            mean_s,
            mean_y,
        })
    }

    /// Returns the number of points.
    pub fn len(&self) -> usize {
        self.s.len()
    }

    /// Tells whether there are no points; never true of a value that [`Points::new`] made.
    pub fn is_empty(&self) -> bool {
        self.s.is_empty()
    }

    /// Returns the number of distinct levels of satisfaction.
    pub fn levels(&self) -> usize {
        1 + self.s.windows(2).filter(|pair| pair[0].total_cmp(&pair[1]).is_ne()).count()
    }

    /// Returns satisfaction in ascending order.
    pub fn sorted(&self) -> Vec<f64> {
        self.s.iter().map(|s| s + self.mean_s).collect()
    }

    /// Returns satisfaction, outcome and weight in ascending order of satisfaction; the weights have mean 1.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let values = self.s.iter().zip(&self.y).zip(&self.weight);
        values.map(|((s, y), weight)| (s + self.mean_s, y + self.mean_y, *weight))
    }

    /// Returns how many points lie above a level.
    pub fn above(&self, level: f64) -> usize {
        self.s.len() - self.s.partition_point(|&s| s <= level - self.mean_s)
    }

    /// Returns the same satisfaction with another outcome, given in the order of the original rows.
    #[must_use]
    pub fn with_outcome(&self, y: &[f64]) -> Self {
        let mean_y =
            self.row.iter().zip(&self.weight).map(|(&at, w)| w * y[at]).sum::<f64>() / self.len() as f64;
        Self { y: self.row.iter().map(|&at| y[at] - mean_y).collect(), mean_y, ..self.clone() }
    }

    /// Fits the straight line; `counts` says how often each original row occurs in a replicate.
    pub fn line(&self, counts: Option<&[u32]>) -> Option<Line> {
        self.line_of(&self.sums(counts))
    }

    /// Fits the straight line and the broken line with its kink on the grid of quantiles of the replicate.
    ///
    /// `None` where the replicate has no spread of satisfaction, or no point beyond any grid level.
    pub fn broken_line(&self, counts: Option<&[u32]>) -> Option<BrokenLine> {
        let sums = self.sums(counts);
        let line = self.line_of(&sums)?;
        let centre = sums.centre();
        let mut best: Option<(f64, usize, f64, f64)> = None;
        for (at, psi) in self.grid(&sums).into_iter().enumerate() {
            let beyond = self.s.partition_point(|&s| s <= psi);
            let (w, s, ss) = (sums.w_after(beyond), sums.s_after(beyond), sums.ss_after(beyond));
            let (y, sy) = (sums.y_after(beyond), sums.sy_after(beyond));
            // h = (s - psi)+, then centred, then residualised on s.
            let h = s - psi * w;
            let hh = ss - 2.0 * psi * s + psi * psi * w - h * h / centre.w;
            let hs = ss - psi * s - h * centre.s / centre.w;
            let hy = sy - psi * y - h * centre.y / centre.w;
            let spread = hh - hs * hs / centre.ss;
            if spread <= 1e-9 * hh.abs() || spread <= 0.0 {
                continue;
            }
            let tied = hy - line.slope * hs;
            let drop = tied * tied / spread;
            if best.is_none_or(|(greatest, ..)| drop > greatest) {
                best = Some((drop, at, psi, tied / spread));
            }
        }
        let (drop, grid_index, psi, change) = best?;
        let left = line.slope - change * self.hinge_on_line(&sums, &centre, psi);
        let rss = (line.rss - drop).max(0.0);
        let beyond = self.s.partition_point(|&s| s <= psi);
        let mean_hinge = (sums.s_after(beyond) - psi * sums.w_after(beyond)) / centre.w;
        let mean_s = centre.s / centre.w;
        let mean_y = centre.y / centre.w;
        let value_at_centre = mean_y - left * mean_s - change * mean_hinge;
        Some(BrokenLine {
            intercept: value_at_centre + self.mean_y - left * self.mean_s,
            left,
            right: left + change,
            psi: psi + self.mean_s,
            grid_index,
            rss,
            sup_f: if rss > 0.0 { drop / rss * (sums.count() - 4.0) } else { f64::MAX },
        })
    }

    /// Fits the line that ends in a plateau, over all values of `psi` (no grid, no starting value).
    ///
    /// `None` where no rising line with ten points on each side exists.
    ///
    /// # Source
    ///
    /// `docs/methods.md` 5.3: between two neighbouring points the residual sum of squares is a ratio of a squared linear
    /// and a quadratic function of `psi`, with one stationary point.
    pub fn linear_plateau(&self, counts: Option<&[u32]>) -> Option<LinearPlateau> {
        let sums = self.sums(counts);
        let centre = sums.centre();
        let (w_all, y_all) = (centre.w, centre.y);
        let last = self.len();
        let mut best: Option<(f64, f64, f64)> = None;
        for k in 1..last {
            let (low, high) = (self.s[k - 1], self.s[k]);
            if sums.n[k] < LEAST_EACH_SIDE || sums.count() - sums.n[k] < LEAST_EACH_SIDE || low >= high {
                continue;
            }
            let right = w_all - sums.w[k];
            let n0 = sums.sy[k] - sums.s[k] * y_all / w_all;
            let n1 = (y_all - sums.y[k]) - right * y_all / w_all;
            let d0 = sums.ss[k] - sums.s[k] * sums.s[k] / w_all;
            let d1 = -2.0 * sums.s[k] * right / w_all;
            let d2 = right - right * right / w_all;
            let stationary = (n0 * d1 - 2.0 * n1 * d0) / (n1 * d1 - 2.0 * n0 * d2);
            for psi in [low, high, stationary] {
                let (tied, spread) = (n0 + n1 * psi, d0 + d1 * psi + d2 * psi * psi);
                let inside = psi >= low && psi <= high;
                if inside && tied > 0.0 && spread > 0.0 {
                    let drop = tied * tied / spread;
                    if best.is_none_or(|(greatest, ..)| drop > greatest) {
                        best = Some((drop, psi, tied / spread));
                    }
                }
            }
        }
        let (drop, psi, b) = best?;
        let below = self.s.partition_point(|&s| s <= psi);
        let mean_z = (sums.s[below] + psi * (w_all - sums.w[below])) / w_all;
        let total = sums.yy - y_all * y_all / w_all;
        Some(LinearPlateau {
            a: y_all / w_all + self.mean_y - b * (mean_z + self.mean_s),
            b,
            psi: psi + self.mean_s,
            rss: (total - drop).max(0.0),
        })
    }

    /// Returns the residuals of the straight line in the order of the original rows, and its fitted values.
    pub fn line_residuals(&self, line: &Line) -> (Vec<f64>, Vec<f64>) {
        let mut residuals = vec![0.0; self.len()];
        let mut fitted = vec![0.0; self.len()];
        for ((&row, s), y) in self.row.iter().zip(&self.s).zip(&self.y) {
            fitted[row] = line.intercept + line.slope * (s + self.mean_s);
            residuals[row] = y + self.mean_y - fitted[row];
        }
        (residuals, fitted)
    }

    /// Returns satisfaction as deviations from its weighted mean, in the order of the original rows, and the sum
    /// of their weighted squares.
    pub(crate) fn deviations(&self) -> (Vec<f64>, Vec<f64>, f64) {
        let mut deviations = vec![0.0; self.len()];
        let mut weights = vec![0.0; self.len()];
        let mut squares = 0.0;
        for ((&row, &s), &w) in self.row.iter().zip(&self.s).zip(&self.weight) {
            deviations[row] = s;
            weights[row] = w;
            squares += w * s * s;
        }
        (deviations, weights, squares)
    }

    fn sums(&self, counts: Option<&[u32]>) -> Sums {
        let length = self.len() + 1;
        let column = || {
            let mut column = Vec::with_capacity(length);
            column.push(0.0);
            column
        };
        let mut sums =
            Sums { n: column(), w: column(), s: column(), ss: column(), y: column(), sy: column(), yy: 0.0 };
        let (mut n, mut w, mut s, mut ss, mut y, mut sy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for at in 0..self.len() {
            let count = counts.map_or(1.0, |counts| f64::from(counts[self.row[at]]));
            let weight = count * self.weight[at];
            n += count;
            w += weight;
            s += weight * self.s[at];
            ss += weight * self.s[at] * self.s[at];
            y += weight * self.y[at];
            sy += weight * self.s[at] * self.y[at];
            sums.yy += weight * self.y[at] * self.y[at];
            sums.n.push(n);
            sums.w.push(w);
            sums.s.push(s);
            sums.ss.push(ss);
            sums.y.push(y);
            sums.sy.push(sy);
        }
        sums
    }

    fn line_of(&self, sums: &Sums) -> Option<Line> {
        let centre = sums.centre();
        if centre.ss <= 0.0 {
            return None;
        }
        let slope = centre.sy / centre.ss;
        let mean_s = centre.s / centre.w + self.mean_s;
        let mean_y = centre.y / centre.w + self.mean_y;
        let rss = (centre.yy - slope * centre.sy).max(0.0);
        Some(Line { intercept: mean_y - slope * mean_s, slope, rss })
    }

    /// How much of the hinge at `psi` the line takes up: the slope of the hinge on satisfaction.
    fn hinge_on_line(&self, sums: &Sums, centre: &Centre, psi: f64) -> f64 {
        let beyond = self.s.partition_point(|&s| s <= psi);
        let h = sums.s_after(beyond) - psi * sums.w_after(beyond);
        (sums.ss_after(beyond) - psi * sums.s_after(beyond) - h * centre.s / centre.w) / centre.ss
    }

    /// Type-7 quantiles of the replicate's satisfaction at 41 equal steps from 5 % to 95 %.
    fn grid(&self, sums: &Sums) -> Vec<f64> {
        let count = sums.count();
        let mut at = 0;
        let mut level = |order: f64| {
            while sums.n[at + 1] <= order {
                at += 1;
            }
            self.s[at]
        };
        (0..GRID)
            .map(|step| {
                let share = 0.05 + 0.9 * step as f64 / (GRID - 1) as f64;
                let position = share * (count - 1.0);
                let below = position.floor();
                let low = level(below);
                let high = if below + 1.0 < count { peek(&sums.n, &self.s, below + 1.0) } else { low };
                low + (position - below) * (high - low)
            })
            .collect()
    }
}

/// The value of the order statistic `order`, counted from 0, given cumulative counts.
fn peek(cumulative: &[f64], sorted: &[f64], order: f64) -> f64 {
    let at = cumulative.partition_point(|&n| n <= order);
    sorted[(at - 1).min(sorted.len() - 1)]
}

/// Sums over all points; the second moments are about the mean.
struct Centre {
    w: f64,
    s: f64,
    y: f64,
    ss: f64,
    sy: f64,
    yy: f64,
}

impl Sums {
    fn last(column: &[f64]) -> f64 {
        column.last().copied().unwrap_or(0.0)
    }

    fn count(&self) -> f64 {
        Self::last(&self.n)
    }

    fn centre(&self) -> Centre {
        let (w, s, y) = (Self::last(&self.w), Self::last(&self.s), Self::last(&self.y));
        Centre {
            w,
            s,
            y,
            ss: Self::last(&self.ss) - s * s / w,
            sy: Self::last(&self.sy) - s * y / w,
            yy: self.yy - y * y / w,
        }
    }

    fn w_after(&self, at: usize) -> f64 {
        Self::last(&self.w) - self.w[at]
    }

    fn s_after(&self, at: usize) -> f64 {
        Self::last(&self.s) - self.s[at]
    }

    fn ss_after(&self, at: usize) -> f64 {
        Self::last(&self.ss) - self.ss[at]
    }

    fn y_after(&self, at: usize) -> f64 {
        Self::last(&self.y) - self.y[at]
    }

    fn sy_after(&self, at: usize) -> f64 {
        Self::last(&self.sy) - self.sy[at]
    }
}
