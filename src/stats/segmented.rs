//! The broken line with its kink anywhere (M2), with standard errors; and the profile interval of a plateau's beginning.

use nalgebra::{Matrix4, Vector4};
use serde::{Deserialize, Serialize};

use crate::Interval;
use crate::curve::LinearPlateau;
use crate::levels::Levels;
use crate::quantile::{f, t};

/// Rows that must lie on each side of a kink.
const LEAST_EACH_SIDE: usize = 10;

/// An estimate with its standard error and 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Standard error.
    pub std_error: f64,
    /// The estimate with its interval.
    pub interval: Interval,
}

/// The broken line of least squares over all kinks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Segmented {
    /// The kink, in points of satisfaction.
    pub psi: Estimate,
    /// Slope below it.
    pub left: Estimate,
    /// Slope above it.
    pub right: Estimate,
    /// Residual sum of squares.
    pub rss: f64,
    /// Degrees of freedom of the intervals: rows less 4.
    pub df: f64,
}

/// Ends of a profile interval; `None` where the data do not bound it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProfileInterval {
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Segmented {
    /// Fits the line over every kink with ten rows on each side: between two neighbouring levels the fit's gain over a
    /// straight line is a squared linear over a quadratic function of the kink, with one stationary point.
    ///
    /// `None` without such a kink, or where both slopes are the same.
    ///
    /// # Source
    ///
    /// Standard errors by the linearisation at the kink: Muggeo 2003, Statistics in Medicine 22:3055-3071.
    pub fn fit(levels: &Levels) -> Option<Self> {
        let sums = Sums::of(levels);
        let slope = sums.sy / sums.ss;
        let mut best: Option<(f64, f64)> = None;
        for (k, low, high) in sums.gaps(levels) {
            let [w, s, ss, y, sy] = sums.after(k);
            // The hinge (s - psi)+, centred: its products with itself, satisfaction and outcome.
            let hinge_y = [sy, -y];
            let hinge_s = [ss, -s];
            let hinge = [ss - s * s / sums.w, -2.0 * s + 2.0 * s * w / sums.w, w - w * w / sums.w];
            let n = [hinge_y[0] - slope * hinge_s[0], hinge_y[1] - slope * hinge_s[1]];
            let d = [
                hinge[0] - hinge_s[0] * hinge_s[0] / sums.ss,
                hinge[1] - 2.0 * hinge_s[0] * hinge_s[1] / sums.ss,
                hinge[2] - hinge_s[1] * hinge_s[1] / sums.ss,
            ];
            for psi in candidates(low, high, n, d) {
                let (tied, spread) = (n[0] + n[1] * psi, d[0] + d[1] * psi + d[2] * psi * psi);
                if spread <= 1e-9 * hinge[0].abs() || spread <= 0.0 {
                    continue;
                }
                let drop = tied * tied / spread;
                if best.is_none_or(|(greatest, _)| drop > greatest) {
                    best = Some((drop, psi));
                }
            }
        }
        let (_, psi) = best?;
        Self::described(levels, psi, sums.mean_s)
    }

    /// Slopes and errors at a kink, which is a deviation from the mean.
    fn described(levels: &Levels, psi: f64, mean_s: f64) -> Option<Self> {
        let hinge = |s: f64| (s - mean_s - psi).max(0.0);
        let fit = levels.linear(&|s| vec![s - mean_s, hinge(s)])?;
        let (left, change) = (*fit.get(1)?, *fit.get(2)?);
        let rss = levels.rss(|s| fit[0] + left * (s - mean_s) + change * hinge(s));
        let mut cross = Matrix4::zeros();
        for (s, weight, _) in levels.iter() {
            let beyond = if s - mean_s > psi { -change } else { 0.0 };
            let row = Vector4::new(1.0, s - mean_s, hinge(s), beyond);
            cross += weight * row * row.transpose();
        }
        let scale = Vector4::from_fn(|at, _| cross[(at, at)].sqrt());
        let unit = Matrix4::from_fn(|a, b| cross[(a, b)] / (scale[a] * scale[b]));
        let inverse = unit.cholesky()?.inverse();
        let df = levels.rows() - 4.0;
        let covariance = |a: usize, b: usize| rss / df * inverse[(a, b)] / (scale[a] * scale[b]);
        let estimate = |value: f64, variance: f64| {
            let std_error = variance.max(0.0).sqrt();
            let reach = t(0.975, df.max(1.0)) * std_error;
            Estimate {
                std_error,
                interval: Interval { estimate: value, low: value - reach, high: value + reach },
            }
        };
        let right = covariance(1, 1) + covariance(2, 2) + 2.0 * covariance(1, 2);
        let found = Self {
            psi: estimate(psi + mean_s, covariance(3, 3)),
            left: estimate(left, covariance(1, 1)),
            right: estimate(left + change, right),
            rss,
            df,
        };
        let errors = [found.psi.std_error, found.left.std_error, found.right.std_error, rss];
        (df > 0.0 && errors.iter().all(|number| number.is_finite())).then_some(found)
    }
}

/// The 95 % interval of a plateau's beginning by the profile of its residual sum of squares: all beginnings that an F
/// with 1 and n - 3 degrees of freedom does not reject, out to the outermost.
pub fn plateau_interval(levels: &Levels, fit: &LinearPlateau) -> ProfileInterval {
    let sums = Sums::of(levels);
    let df = levels.rows() - 3.0;
    if df < 1.0 {
        return ProfileInterval { low: None, high: None };
    }
    let bound = fit.rss * (1.0 + f(0.95, 1.0, df) / df);
    let psi = fit.psi - sums.mean_s;
    let mut places: Vec<(f64, usize)> =
        sums.gaps(levels).flat_map(|(k, low, high)| [(low, k), (high, k)]).collect();
    places.push((psi, usize::MAX));
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rss = |psi: f64| sums.plateau_rss(psi);
    let outermost = |places: &mut dyn Iterator<Item = f64>| {
        let mut before = None;
        for place in places {
            if rss(place) <= bound {
                return before.map(|outside| crossing(outside, place, |psi| rss(psi) > bound));
            }
            before = Some(place);
        }
        None
    };
    let back = |end: Option<f64>| end.map(|psi| psi + sums.mean_s);
    ProfileInterval {
        low: back(outermost(&mut places.iter().map(|place| place.0))),
        high: back(outermost(&mut places.iter().rev().map(|place| place.0))),
    }
}

/// Bisects between a place outside and one inside.
pub(crate) fn crossing(mut outside: f64, mut inside: f64, is_outside: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = f64::midpoint(outside, inside);
        if is_outside(middle) {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    inside
}

/// Both ends of a gap, and the stationary point of `(n0 + n1 psi)^2 / (d0 + d1 psi + d2 psi^2)` where it lies inside.
fn candidates(low: f64, high: f64, n: [f64; 2], d: [f64; 3]) -> impl Iterator<Item = f64> {
    let stationary = (n[0] * d[1] - 2.0 * n[1] * d[0]) / (n[1] * d[1] - 2.0 * n[0] * d[2]);
    [low, high, stationary].into_iter().filter(move |psi| *psi >= low && *psi <= high)
}

/// Running sums over the levels, of deviations from the means.
struct Sums {
    mean_s: f64,
    s: Vec<f64>,
    /// Weight, weight x s, weight x s^2, weight x y, weight x s x y up to each level.
    up_to: Vec<[f64; 5]>,
    w: f64,
    ss: f64,
    sy: f64,
    yy: f64,
}

impl Sums {
    fn of(levels: &Levels) -> Self {
        let (mean_s, mean_y) = (levels.mean(|s| s), levels.mean_outcome());
        let mut running = [0.0; 5];
        let (mut up_to, mut deviations) =
            (Vec::with_capacity(levels.len()), Vec::with_capacity(levels.len()));
        for (level, weight, outcome) in levels.iter() {
            let (s, y) = (level - mean_s, outcome - mean_y);
            let terms = [weight, weight * s, weight * s * s, weight * y, weight * s * y];
            running.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            up_to.push(running);
            deviations.push(s);
        }
        let yy = levels.rss(|_| mean_y);
        Self { mean_s, s: deviations, w: running[0], ss: running[2], sy: running[4], up_to, yy }
    }

    /// Neighbouring levels with enough rows up to the first and from the second on: the number of levels up to the
    /// first, and both.
    fn gaps<'a>(&'a self, levels: &'a Levels) -> impl Iterator<Item = (usize, f64, f64)> + 'a {
        let rows = levels.sorted_rows();
        let first = rows.get(LEAST_EACH_SIDE - 1).copied();
        let last = rows.len().checked_sub(LEAST_EACH_SIDE).and_then(|at| rows.get(at)).copied();
        self.s.windows(2).enumerate().filter_map(move |(at, pair)| {
            let (below, above) = (levels.level(at), levels.level(at + 1));
            (below >= first? && above <= last?).then_some((at + 1, pair[0], pair[1]))
        })
    }

    /// Sums beyond the first `k` levels.
    fn after(&self, k: usize) -> [f64; 5] {
        let total = self.up_to.last().copied().unwrap_or([0.0; 5]);
        let up_to = k.checked_sub(1).and_then(|at| self.up_to.get(at)).copied().unwrap_or([0.0; 5]);
        std::array::from_fn(|at| total[at] - up_to[at])
    }

    /// Residual sum of squares of the best line that ends at a plateau from `psi` on.
    fn plateau_rss(&self, psi: f64) -> f64 {
        let k = self.s.partition_point(|s| *s <= psi);
        let beyond = self.after(k);
        let total = self.after(0);
        let up_to: [f64; 5] = std::array::from_fn(|at| total[at] - beyond[at]);
        let z = up_to[1] + psi * beyond[0];
        let spread = up_to[2] + psi * psi * beyond[0] - z * z / self.w;
        let tied = up_to[4] + psi * beyond[3];
        if tied > 0.0 && spread > 0.0 { self.yy - tied * tied / spread } else { self.yy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Points;

    #[test]
    fn a_kink_without_noise_is_found_between_two_levels() {
        let s: Vec<f64> = (0..200).map(|at| 20.0 + 0.4 * f64::from(at)).collect();
        let y: Vec<f64> = s.iter().map(|s| 3.0 + 1.5 * s - 1.2 * (s - 61.13_f64).max(0.0)).collect();
        let found = Segmented::fit(&Levels::of(&Points::new(&s, &y, None).unwrap())).unwrap();
        assert!((found.psi.interval.estimate - 61.13).abs() < 1e-6, "{found:?}");
        assert!((found.right.interval.estimate - 0.3).abs() < 1e-8);
    }
}
