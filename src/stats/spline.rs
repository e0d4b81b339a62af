//! Restricted cubic splines: smooth in the middle, straight at both ends (M5).

use crate::quantile::sorted_quantile;

/// A restricted cubic spline with four knots at the 5, 35, 65 and 95 % quantiles.
///
/// # Source
///
/// Harrell, *Regression Modeling Strategies*, 2nd ed., 2.4.5; the nonlinear columns are divided by the square
/// of the distance between the outer knots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spline {
    knots: [f64; 4],
}

impl Spline {
    /// Places the knots; `None` where they are not all different.
    pub fn through(sorted: &[f64]) -> Option<Self> {
        let mut knots = [0.0; 4];
        for (knot, share) in knots.iter_mut().zip([0.05, 0.35, 0.65, 0.95]) {
            *knot = sorted_quantile(sorted, share)?;
        }
        knots.windows(2).all(|pair| pair[0] < pair[1]).then_some(Self { knots })
    }

    /// The spline with these knots, as [`Self::knots`] gave them.
    pub(crate) fn with_knots(knots: [f64; 4]) -> Self {
        Self { knots }
    }

    /// Returns the knots.
    pub fn knots(&self) -> [f64; 4] {
        self.knots
    }

    /// Returns the three columns of the basis at `x`: `x` itself and two nonlinear ones.
    pub fn basis(&self, x: f64) -> [f64; 3] {
        let [first, .., third, last] = self.knots;
        let cube = |knot: f64| (x - knot).max(0.0).powi(3);
        let scale = (last - first).powi(2);
        let nonlinear = |knot: f64| {
            let tail = last - third;
            (cube(knot) - cube(third) * (last - knot) / tail + cube(last) * (third - knot) / tail) / scale
        };
        [x, nonlinear(first), nonlinear(self.knots[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_outer_knots_the_curve_is_straight() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        let spline = Spline::through(&sorted).unwrap();
        for start in [-30.0, 96.0] {
            for column in 0..3 {
                let at = |step: f64| spline.basis(start + step)[column];
                let bend = at(2.0) - 2.0 * at(1.0) + at(0.0);
                assert!(bend.abs() < 1e-9, "{start} {column}: {bend}");
            }
        }
    }

    /// Harrell's formula by hand: knots 5, 35, 65, 95 and x = 50.
    #[test]
    fn the_basis_follows_the_formula() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        let [x, one, two] = Spline::through(&sorted).unwrap().basis(50.0);
        assert!((x - 50.0).abs() < 1e-12);
        assert!((one - 45.0_f64.powi(3) / 8100.0).abs() < 1e-9, "{one}");
        assert!((two - 15.0_f64.powi(3) / 8100.0).abs() < 1e-9, "{two}");
    }

    #[test]
    fn a_scale_of_few_steps_has_no_spline() {
        assert!(Spline::through(&[1.0, 1.0, 1.0, 1.0, 5.0]).is_none());
    }
}
