//! What the library of special functions lacks: the trigamma function and a hypergeometric one.

/// Argument from which the asymptotic series hold to the last digit.
const FAR: f64 = 10.0;
/// Terms of a continued fraction after which there is no result.
const TERMS: usize = 1_000_000;

/// Second derivative of `ln gamma(x)` for `x > 0`.
///
/// Source: Abramowitz and Stegun 1964, 6.4.6 and 6.4.12.
pub(crate) fn trigamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < FAR {
        shift += 1.0 / (x * x);
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series = s
        * (1.0 / 6.0
            - s * (1.0 / 30.0
                - s * (1.0 / 42.0
                    - s * (1.0 / 30.0 - s * (5.0 / 66.0 - s * (691.0 / 2_730.0 - s * 7.0 / 6.0))))));
    shift + (1.0 + 0.5 / x + series) / x
}

/// Gauss's function `2F1(1, b; c; z)` for `c > b > 0` and `0 <= z < 1`, by his continued fraction, which
/// needs the root of the terms that the series needs near 1; `None` where even those are too many.
///
/// Source: Gauss 1813; evaluation after Lentz 1976, Applied Optics 15:668-671.
pub(crate) fn hypergeometric_1(b: f64, c: f64, z: f64) -> Option<f64> {
    let (mut ratio, mut front, mut back) = (1.0, 1.0, 0.0);
    for term in 1..=TERMS {
        let k = (term / 2) as f64;
        let part = if term == 1 {
            b / c
        } else if term % 2 == 0 {
            k * ((c - b + k - 1.0) / (c + 2.0 * k - 2.0)) / (c + 2.0 * k - 1.0)
        } else {
            (b + k) * ((c + k - 1.0) / (c + 2.0 * k - 1.0)) / (c + 2.0 * k)
        };
        back = 1.0 / (1.0 - part * z * back);
        front = 1.0 - part * z / front;
        let change = front * back;
        ratio *= change;
        if (change - 1.0).abs() < 3e-16 {
            return Some(1.0 / ratio).filter(|value| value.is_finite());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 4e-15 * expected.abs().max(1.0), "{found} against {expected}");
    }

    /// Closed forms: `psi'(1) = pi^2 / 6`, `psi'(1/2) = pi^2 / 2`.
    #[test]
    fn the_trigamma_function_agrees_with_closed_forms() {
        close(trigamma(1.0), std::f64::consts::PI.powi(2) / 6.0);
        close(trigamma(0.5), std::f64::consts::PI.powi(2) / 2.0);
        close(trigamma(19.25) - trigamma(20.25), 1.0 / (19.25 * 19.25));
    }

    /// `2F1(1, 1; 2; z) = -ln(1 - z) / z`.
    #[test]
    fn the_continued_fraction_agrees_with_the_logarithm() {
        for z in [0.0, 1e-9, 0.5, 0.9, 0.999, 1.0 - 1e-7_f64] {
            let expected = if z == 0.0 { 1.0 } else { -(-z).ln_1p() / z };
            let found = hypergeometric_1(1.0, 2.0, z);
            assert!(found.is_some_and(|found| (found / expected - 1.0).abs() < 1e-9), "{z}: {found:?}");
        }
    }
}
