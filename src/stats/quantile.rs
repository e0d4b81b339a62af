//! Quantiles: of samples (type 7) and of the normal, t, F and chi-squared distributions.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};

/// Degrees of freedom from which t and F pass into their limits: the library loses digits there.
const LARGE_DF: f64 = 1e6;
/// First degrees of freedom of F up to which that limit is taken.
const FEW_DF: f64 = 10.0;

/// Quantile of a sorted sample by linear interpolation of order statistics (R's type 7); `None` if empty.
///
/// Source: Hyndman and Fan 1996, The American Statistician 50:361-365.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the position lies between 0 and the length"
)]
pub fn sorted_quantile(sorted: &[f64], probability: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = probability.clamp(0.0, 1.0) * last as f64;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (position - below as f64) * (high - low))
}

/// The order statistic `floor((B + 1) * probability)` of a sorted bootstrap sample, counted from 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the position is clamped to the sample"
)]
pub fn order_statistic(sorted: &[f64], probability: f64) -> Option<f64> {
    let count = sorted.len();
    // The small addition keeps 1000 * 0.975 from falling to 974 by rounding.
    let position = ((count as f64 + 1.0) * probability + 1e-9).floor();
    sorted.get((position.clamp(1.0, count.max(1) as f64) as usize) - 1).copied()
}

/// Upper-tail probability of the normal distribution.
pub fn normal_sf(x: f64) -> f64 {
    Normal::standard().sf(x)
}

/// `P(|T| > |t|)` of the t distribution.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    (2.0 * t_sf(t.abs(), df)).min(1.0)
}

/// Upper-tail probability of the t distribution.
pub fn t_sf(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(distribution) if df < LARGE_DF => distribution.sf(t),
        _ => normal_sf(t),
    }
}

/// Upper-tail probability of the F distribution.
pub fn f_sf(f: f64, df1: f64, df2: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    if df2 >= LARGE_DF {
        // The limit holds only where the first are few beside the second.
        return if df1 > FEW_DF {
            crate::beta::regularised(df2 / 2.0, df1 / 2.0, df2 / (df1 * f + df2))
        } else {
            chi_squared_sf(f * df1, df1)
        };
    }
    FisherSnedecor::new(df1, df2).map_or(1.0, |distribution| distribution.sf(f))
}

/// Upper-tail probability of the chi-squared distribution.
pub fn chi_squared_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { ChiSquared::new(df).map_or(1.0, |distribution| distribution.sf(x)) }
}

/// The value that a normal variable stays below with this probability; infinite at 0 and 1.
pub fn normal(probability: f64) -> f64 {
    if probability < 0.5 { -upper(probability, normal_sf) } else { upper(1.0 - probability, normal_sf) }
}

/// The value that a t variable stays below with this probability.
///
/// ```
/// let t = cam_stats::quantile::t(0.975, 10.0);
/// assert!((t - 2.228_138_851_986_274).abs() < 1e-11);
/// ```
pub fn t(probability: f64, df: f64) -> f64 {
    if probability < 0.5 {
        -upper(probability, |x| t_sf(x, df))
    } else {
        upper(1.0 - probability, |x| t_sf(x, df))
    }
}

/// The value that an F variable stays below with this probability.
pub fn f(probability: f64, df1: f64, df2: f64) -> f64 {
    upper(1.0 - probability, |x| f_sf(x, df1, df2))
}

/// The value that a chi-squared variable stays below with this probability.
pub fn chi_squared(probability: f64, df: f64) -> f64 {
    upper(1.0 - probability, |x| chi_squared_sf(x, df))
}

/// Solves `sf(x) = p` for `x >= 0` by a bracketed search in `ln sf`, which stays well scaled in the tail:
/// it ends for every input, where the library's own quantiles of t and F may not.
fn upper(p: f64, sf: impl Fn(f64) -> f64) -> f64 {
    if p <= 0.0 {
        return f64::INFINITY;
    }
    let gap = |x: f64| sf(x).ln() - p.ln();
    if gap(0.0) <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while gap(high) > 0.0 {
        low = high;
        high *= 2.0;
        if high > 1e300 {
            return f64::INFINITY;
        }
    }
    // Small roots are approached from above by halving, so that relative accuracy holds near 0.
    while low == 0.0 && high > 1e-300 && gap(0.5 * high) <= 0.0 {
        high *= 0.5;
    }
    low = low.max(if gap(0.5 * high) > 0.0 { 0.5 * high } else { low });
    let (mut gap_low, mut gap_high) = (gap(low), gap(high));
    for _ in 0..200 {
        let secant = low - gap_low * (high - low) / (gap_high - gap_low);
        let middle =
            if secant.is_finite() && secant > low && secant < high { secant } else { 0.5 * (low + high) };
        let gap_middle = gap(middle);
        if gap_middle == 0.0 || high - low <= 4e-16 * high {
            return middle;
        }
        if gap_middle > 0.0 {
            (low, gap_low) = (middle, gap_middle);
            gap_high *= 0.5;
        } else {
            (high, gap_high) = (middle, gap_middle);
            gap_low *= 0.5;
        }
        let half = 0.5 * (low + high);
        let gap_half = gap(half);
        if gap_half > 0.0 {
            (low, gap_low) = (half, gap_half);
        } else {
            (high, gap_high) = (half, gap_half);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} against {expected}");
    }

    /// Published tables of the distributions.
    #[test]
    fn quantiles_agree_with_the_tables() {
        close(normal(0.975), 1.959_963_984_540_054);
        close(t(0.975, 1.0), 12.706_204_736_174_7);
        close(t(0.025, 10.0), -2.228_138_851_986_274);
        close(chi_squared(0.95, 1.0), 3.841_458_820_694_124);
        close(f(0.95, 2.0, 10.0), 4.102_821_015_303_0);
    }

    /// Arguments at which the library's own inversion hangs or panics.
    #[test]
    fn quantiles_end_where_the_library_does_not() {
        close(t(0.975, 1e8), 1.959_963_984_540_054);
        assert!(t(1.0 - 1e-16, 1e8).is_finite());
        // The chi-squared table gives 7.814727903251179 for 3 degrees of freedom.
        close(f(0.95, 3.0, 1e8), 7.814_727_903_251_179 / 3.0);
        assert!(f(1e-12, 3.0, 5.0) > 0.0);
    }

    /// scipy 1.17.1.
    #[test]
    fn many_degrees_of_freedom_on_both_sides_do_not_pass_into_the_limit() {
        assert!((f_sf(1.002, 1e6, 1e6) / 0.158_897_103_791_486_2 - 1.0).abs() < 1e-7);
        assert!((f(0.975, 1e6, 1e6) / 1.003_927_623_179_009 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_sample_quantile_interpolates_between_order_statistics() {
        let sample = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(sorted_quantile(&sample, 0.5), Some(3.0));
        assert_eq!(sorted_quantile(&sample, 0.0), Some(1.0));
        assert_eq!(sorted_quantile(&sample, 1.0), Some(8.0));
        assert_eq!(sorted_quantile(&[], 0.5), None);
    }

    #[test]
    fn of_999_draws_the_95_percent_interval_takes_the_25th_and_the_975th() {
        let sorted: Vec<f64> = (1..=999).map(f64::from).collect();
        assert_eq!(order_statistic(&sorted, 0.025), Some(25.0));
        assert_eq!(order_statistic(&sorted, 0.975), Some(975.0));
        assert_eq!(order_statistic(&sorted, 0.95), Some(950.0));
    }
}
