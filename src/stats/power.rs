//! How many observations a test or an interval needs, and what a given number shows.

use crate::quantile::{self, normal, normal_sf};
use crate::{beta, noncentral};

/// Effect size of a regression (R-squared over its complement) above which no size is looked for.
const LARGEST_F2: f64 = 1e3;
/// Observations above which a size is not of this world.
const LARGEST_SIZE: f64 = 1e15;

/// What a t test compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// The means of two groups of equal size; the effect is their difference in standard deviations.
    TwoGroups,
    /// The same people twice; the effect is the mean change in standard deviations of the change.
    Pairs,
}

impl Samples {
    /// Probability with which a two-sided t test at `alpha` shows an effect of `d` standard deviations, with `n`
    /// observations in each group, or `n` pairs; `None` for n below 2, or arguments outside their range.
    ///
    /// # Source
    ///
    /// Cohen 1988, *Statistical Power Analysis*, ch. 2; the noncentral t of [`noncentral::t_sf`], both tails.
    pub fn power(self, d: f64, n: f64, alpha: f64) -> Option<f64> {
        if !(inside(alpha) && d.is_finite() && n >= 2.0) {
            return None;
        }
        let (df, shift) = match self {
            Self::TwoGroups => (2.0 * n - 2.0, d * (n / 2.0).sqrt()),
            Self::Pairs => (n - 1.0, d * n.sqrt()),
        };
        let t = quantile::t(1.0 - alpha / 2.0, df);
        let (above, below) = (noncentral::t_sf(t, df, shift)?, noncentral::t_sf(t, df, -shift)?);
        Some((above + below).min(1.0))
    }

    /// Observations in each group, or pairs, with which the test shows the effect `d` with probability `power`: not
    /// rounded, and 2 where 2 are enough. `None` for no effect, or arguments outside their range.
    pub fn size(self, d: f64, power: f64, alpha: f64) -> Option<f64> {
        if !(inside(power) && inside(alpha) && d.is_finite() && d != 0.0) {
            return None;
        }
        least(2.0, power, |n| self.power(d, n, alpha))
    }

    /// The smallest effect that the test shows with probability `power`; `None` if `power` is not above `alpha`.
    pub fn detectable(self, n: f64, power: f64, alpha: f64) -> Option<f64> {
        (inside(power) && power > alpha).then(|| least(0.0, power, |d| self.power(d, n, alpha)))?
    }
}

/// Observations in each of two groups that show the shares `p1` and `p2` to differ, by the normal approximation with
/// the pooled share under the hypothesis.
///
/// # Source
///
/// Fleiss, Levin and Paik 2003, *Statistical Methods for Rates and Proportions*, ch. 4.
pub fn shares_per_group(p1: f64, p2: f64, power: f64, alpha: f64) -> Option<f64> {
    if !([p1, p2, power, alpha].into_iter().all(inside) && p1.total_cmp(&p2).is_ne()) {
        return None;
    }
    let pooled = f64::midpoint(p1, p2);
    let under = normal(1.0 - alpha / 2.0) * (2.0 * pooled * (1.0 - pooled)).sqrt();
    let beside = normal(power) * (p1 * (1.0 - p1) + p2 * (1.0 - p2)).sqrt();
    Some(((under + beside) / (p2 - p1)).powi(2)).filter(|n| n.is_finite())
}

/// The same by the difference of the arcsines of their roots, both tails counted.
///
/// # Source
///
/// Cohen 1988, *Statistical Power Analysis*, ch. 6.
pub fn shares_per_group_arcsine(p1: f64, p2: f64, power: f64, alpha: f64) -> Option<f64> {
    if !([p1, p2, power, alpha].into_iter().all(inside) && p1.total_cmp(&p2).is_ne()) {
        return None;
    }
    let h = 2.0 * (p2.sqrt().asin() - p1.sqrt().asin());
    let z = normal(1.0 - alpha / 2.0);
    let shown = |n: f64| {
        let shift = h * (n / 2.0).sqrt();
        Some(normal_sf(z - shift) + normal_sf(z + shift))
    };
    least(0.0, power, shown)
}

/// Observations in each of two groups by the normal approximation `2 (z_alpha + z_power)^2 / d^2`, the base of designs
/// in clusters.
pub fn per_group_normal(d: f64, power: f64, alpha: f64) -> Option<f64> {
    let fits = inside(power) && inside(alpha) && d.is_finite() && d != 0.0;
    fits.then(|| 2.0 * ((normal(1.0 - alpha / 2.0) + normal(power)) / d).powi(2)).filter(|n| n.is_finite())
}

/// Observations that show a correlation of `r`, by Fisher's transformation with its bias and the critical value of t.
///
/// # Source
///
/// Cohen 1988, *Statistical Power Analysis*, ch. 3; Fisher 1921, Metron 1:3-32.
pub fn correlation_size(r: f64, power: f64, alpha: f64) -> Option<f64> {
    if !(inside(r.abs()) && inside(power) && inside(alpha)) {
        return None;
    }
    let shown = |n: f64| {
        let t = quantile::t(1.0 - alpha / 2.0, n - 2.0);
        let critical = (t / (t * t + n - 2.0).sqrt()).atanh();
        let centre = r.abs().atanh() + r.abs() / (2.0 * (n - 1.0));
        let scale = (n - 3.0).sqrt();
        Some(normal_sf((critical - centre) * scale) + normal_sf((critical + centre) * scale))
    };
    least(4.0, power, shown)
}

/// Observations with which the F test of `drivers` drivers shows an effect of `f2`, R-squared over its complement.
///
/// # Source
///
/// Cohen 1988, *Statistical Power Analysis*, ch. 9, with the noncentrality `f2 n`.
pub fn regression_size(f2: f64, drivers: usize, power: f64, alpha: f64) -> Option<f64> {
    if !(inside(power) && inside(alpha) && f2 > 0.0 && f2 <= LARGEST_F2 && (1..=1_000).contains(&drivers)) {
        return None;
    }
    let first = drivers as f64;
    let shown = |n: f64| {
        let second = n - first - 1.0;
        // The critical value by the beta distribution, which keeps its digits for many degrees of freedom.
        let share = beta::quantile(second / 2.0, first / 2.0, alpha);
        let critical = second * (1.0 - share) / (first * share);
        if f2 * n > 1e5 { Some(1.0) } else { noncentral::f_sf(critical, first, second, f2 * n) }
    };
    least(first + 2.0, power, shown)
}

/// By how much clusters of `size` multiply the variance, `1 + (size - 1) icc`; `None` for a size below 1, or an
/// intraclass correlation outside 0 to 1.
pub fn design_effect(size: f64, icc: f64) -> Option<f64> {
    (size >= 1.0 && size.is_finite() && (0.0..=1.0).contains(&icc)).then_some(1.0 + (size - 1.0) * icc)
}

/// A planned comparison of two arms before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeforeAfter {
    /// Standard deviation of the outcome at one time.
    pub sd: f64,
    /// Correlation of a person's outcomes before and after.
    pub correlation: f64,
    /// People treated.
    pub treated: f64,
    /// People in the control arm.
    pub control: f64,
    /// People per unit, where units are assigned; 1 where people are.
    pub per_unit: f64,
    /// Intraclass correlation of units.
    pub icc: f64,
}

impl BeforeAfter {
    /// The smallest effect, in units of the outcome, that the difference in differences shows with probability `power`
    /// in a two-sided test at `alpha`; the degrees of freedom are units less two.
    ///
    /// # Source
    ///
    /// Bloom 1995, Evaluation Review 19:547-556; `docs/methods.md` 8.
    pub fn detectable(&self, power: f64, alpha: f64) -> Option<f64> {
        let units = (self.treated + self.control) / self.per_unit;
        let fits = self.sd > 0.0
            && (-1.0..=1.0).contains(&self.correlation)
            && self.treated >= 1.0
            && self.control >= 1.0
            && inside(power)
            && inside(alpha)
            && units > 2.0;
        if !fits {
            return None;
        }
        let df = units - 2.0;
        let spread =
            self.sd * (2.0 * (1.0 - self.correlation) * (1.0 / self.treated + 1.0 / self.control)).sqrt();
        let effect = (quantile::t(1.0 - alpha / 2.0, df) + quantile::t(power, df))
            * spread
            * design_effect(self.per_unit, self.icc)?.sqrt();
        Some(effect).filter(|effect| effect.is_finite())
    }
}

/// Answers needed for an interval of plus or minus `margin` around a mean at `level`, where one answer has the standard
/// deviation `sd` in the same unit; with `population`, of so many customers. A share has the standard deviation
/// `sqrt(p (1 - p))`, a net promoter score 100 times the root of its variance.
///
/// ```
/// use cam_stats::power::answers_for_margin;
/// assert_eq!(answers_for_margin(19.0, 2.0, 0.95, None), Some(347.0));
/// assert_eq!(answers_for_margin(19.0, 2.0, 0.95, Some(1000.0)), Some(258.0));
/// ```
pub fn answers_for_margin(sd: f64, margin: f64, level: f64, population: Option<f64>) -> Option<f64> {
    if !(sd >= 0.0 && margin > 0.0 && inside(level) && population.is_none_or(|all| all >= 1.0)) {
        return None;
    }
    let endless = (normal(f64::midpoint(1.0, level)) * sd / margin).powi(2);
    let needed = population.map_or(endless, |all| endless / (1.0 + endless / all));
    Some(needed.ceil().max(1.0)).filter(|n| n.is_finite())
}

/// Invitations that bring `answers` at a response rate of `rate`.
pub fn invitations(answers: f64, rate: f64) -> Option<f64> {
    let fits = answers >= 0.0 && rate > 0.0 && rate <= 1.0;
    // The small subtraction keeps 347 / 0.25 from rising to 1389 by rounding.
    fits.then(|| (answers / rate - 1e-9).ceil().max(0.0)).filter(|n| n.is_finite())
}

fn inside(share: f64) -> bool {
    share > 0.0 && share < 1.0
}

/// The smallest argument from `start` on at which a rising function reaches `wanted`, by halving.
fn least(start: f64, wanted: f64, shown: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    if shown(start).is_some_and(|first| first >= wanted) {
        return Some(start);
    }
    let (mut low, mut high) = (start, start.max(1.0));
    while shown(high)? < wanted {
        low = high;
        high *= 2.0;
        if high > LARGEST_SIZE {
            return None;
        }
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if high - low <= 1e-14 * high || middle <= low || middle >= high {
            break;
        }
        if shown(middle)? < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}
