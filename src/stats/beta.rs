//! The regularised incomplete beta function for large arguments, where the library's stops too early.

use statrs::function::gamma::ln_gamma;

/// Steps of the continued fraction; about the root of the larger argument is needed.
const STEPS: usize = 200_000;

/// `I_x(a, b)` for positive `a` and `b`: the probability that a beta variable stays below `x`.
///
/// # Source
///
/// Abramowitz and Stegun 26.5.8, evaluated by Lentz's method.
pub(crate) fn regularised(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let scale = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        (scale / a * fraction(a, b, x)).clamp(0.0, 1.0)
    } else {
        (1.0 - scale / b * fraction(b, a, 1.0 - x)).clamp(0.0, 1.0)
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for step in 1..STEPS {
        let m = step as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        product *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        product *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    product
}

/// The value that a beta variable stays below with this probability, by halving: it ends for every input.
pub(crate) fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..1_100 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if regularised(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `I_x(1, b) = 1 - (1 - x)^b`, `I_x(a, 1) = x^a`, and the median of a symmetric variable.
    #[test]
    fn closed_forms() {
        assert!((regularised(1.0, 7.0, 0.3) / (1.0 - 0.7_f64.powi(7)) - 1.0).abs() < 1e-13);
        assert!((regularised(5.0, 1.0, 0.3) / 0.3_f64.powi(5) - 1.0).abs() < 1e-13);
        for size in [0.5, 30.0, 1e4, 1e7] {
            assert!((regularised(size, size, 0.5) - 0.5).abs() < 1e-7, "{size}");
            assert!((quantile(size, size, 0.5) - 0.5).abs() < 1e-9, "{size}");
        }
    }
}
