//! Noncentral t and F distributions, which the power of a test rests on.

use crate::beta;
use crate::quantile::normal_sf;

/// Standard deviations of the root of a chi-squared variable about its mode that are integrated over.
const REACH: f64 = 12.0;
/// Panels of the range, and panels on each side of the step of the integrand.
const PANELS: u32 = 24;
const STEP_PANELS: i32 = 8;
/// Panels towards 0, each a quarter of the next, and degrees of freedom from which none are needed.
const GRADES: i32 = 20;
const SMOOTH: f64 = 16.0;
/// Share of the largest Poisson term below which terms count as nothing.
const NOTHING: f64 = 1e-19;
/// Noncentrality of F up to which terms are summed; beyond it every test of interest is certain.
const LARGEST: f64 = 1e5;
/// Positive nodes of Gauss and Legendre's rule of 16 points, and their weights.
const GAUSS: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_64),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_64),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_65),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_7),
    (0.755_404_408_355_003, 0.124_628_971_255_534_07),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_6),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_456),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_176),
];

/// `P(T > t)` of the t distribution with `df` (1 or more) degrees of freedom and noncentrality `delta`; `None` for
/// arguments that are not finite, or fewer degrees of freedom.
///
/// `T = (Z + delta) / S` with `S` the root of a chi-squared variable over its degrees of freedom, so that
/// `P(T > t) = E Phi(delta - t S)`: an integral of positive terms over the density of `S`, which keeps its digits in
/// both tails. The density is divided by its own integral over the same panels, so that no gamma function enters.
///
/// # Source
///
/// Johnson, Kotz and Balakrishnan 1995, *Continuous Univariate Distributions* 2, ch. 31.
pub fn t_sf(t: f64, df: f64, delta: f64) -> Option<f64> {
    if !(t.is_finite() && delta.is_finite() && df.is_finite() && df >= 1.0) {
        return None;
    }
    let spread = (2.0 * df).sqrt().recip();
    let mode = ((df - 1.0) / df).sqrt();
    let (first, last) = ((mode - REACH * spread).max(0.0), mode + REACH * spread);
    let mut ends: Vec<f64> =
        (0..=PANELS).map(|k| first + (last - first) * f64::from(k) / f64::from(PANELS)).collect();
    if first == 0.0 && df < SMOOTH {
        // The density begins with a power that need not be whole: panels shrink towards it.
        let width = last / f64::from(PANELS);
        ends.extend((1..=GRADES).map(|k| width * 0.25_f64.powi(k)));
    }
    if t != 0.0 {
        let step = |k: i32| (delta + f64::from(k)) / t;
        ends.extend((-STEP_PANELS..=STEP_PANELS).map(step).filter(|end| *end > first && *end < last));
    }
    ends.sort_by(f64::total_cmp);
    let peak = log_density(mode, df);
    let (mut above, mut whole) = (0.0, 0.0);
    for pair in ends.windows(2) {
        let (centre, half) = (f64::midpoint(pair[0], pair[1]), 0.5 * (pair[1] - pair[0]));
        for (node, weight) in GAUSS {
            for s in [centre - half * node, centre + half * node] {
                let density = half * weight * (log_density(s, df) - peak).exp();
                whole += density;
                above += density * normal_sf(t * s - delta);
            }
        }
    }
    Some((above / whole).clamp(0.0, 1.0))
}

/// Logarithm of the density of the root of a chi-squared variable over its degrees of freedom, but for a constant.
fn log_density(s: f64, df: f64) -> f64 {
    if df > 1.0 { (df - 1.0) * s.ln() - 0.5 * df * s * s } else { -0.5 * s * s }
}

/// `P(F > f)` of the F distribution with noncentrality `lambda` (0 to 100,000); `None` for
/// arguments outside.
///
/// A mixture of beta distributions with Poisson weights, summed from the largest weight outwards and divided by the sum
/// of the weights.
///
/// # Source
///
/// Johnson, Kotz and Balakrishnan 1995, *Continuous Univariate Distributions* 2, ch. 30.
pub fn f_sf(f: f64, df1: f64, df2: f64, lambda: f64) -> Option<f64> {
    let sizes = [df1, df2].iter().all(|df| df.is_finite() && *df > 0.0);
    if !(sizes && f.is_finite() && lambda.is_finite() && (0.0..=LARGEST).contains(&lambda)) {
        return None;
    }
    if f <= 0.0 {
        return Some(1.0);
    }
    let below = df2 / (df1 * f + df2);
    let beyond = |term: f64| beta::regularised(df2 / 2.0, df1 / 2.0 + term, below);
    let mean = lambda / 2.0;
    let centre = mean.floor();
    let (mut sum, mut weights) = (beyond(centre), 1.0);
    let (mut weight, mut term) = (1.0, centre);
    while weight > NOTHING {
        term += 1.0;
        weight *= mean / term;
        sum += weight * beyond(term);
        weights += weight;
    }
    (weight, term) = (1.0, centre);
    while weight > NOTHING && term > 0.0 {
        weight *= term / mean;
        term -= 1.0;
        sum += weight * beyond(term);
        weights += weight;
    }
    Some((sum / weights).clamp(0.0, 1.0))
}
