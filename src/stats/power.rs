//! How many observations a test needs.

use crate::quantile::normal;

/// Observations in each of two groups of equal size that show a difference of `d` standard deviations between their
/// means, with probability `power`, in a two-sided t test at `alpha`. `None` unless `d` is above 0 and the
/// probabilities lie between 0 and 1.
///
/// ```
/// let each = cam_stats::power::per_group(0.2, 0.8, 0.05).unwrap();
/// assert!((each - 393.4).abs() < 0.1);
/// ```
///
/// # Source
///
/// Guenther 1981, *The American Statistician* 35(4):243-244: the normal approximation `2 (z_alpha + z_power)^2 / d^2`
/// plus `z_alpha^2 / 4`, within 1 % of the noncentral t where a group has 20 or more.
pub fn per_group(d: f64, power: f64, alpha: f64) -> Option<f64> {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    if !(d.is_finite() && d > 0.0 && inside(power) && inside(alpha)) {
        return None;
    }
    let z = normal(1.0 - alpha / 2.0);
    Some(2.0 * ((z + normal(power)) / d).powi(2) + z * z / 4.0)
}
