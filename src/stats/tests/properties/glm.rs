//! Generalised linear models.

use cam_stats::glm::{self, Family, GlmFit, log_density};
use cam_stats::hurdle;
use cam_stats::ols::{Problem, StandardErrors};
use proptest::prelude::*;

use super::{ROWS, close, problem};

fn fit(outcome: &[f64], columns: &[Vec<f64>], family: Family, weights: Option<&[f64]>) -> GlmFit {
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome, drivers: &drivers, intercept: true, weights };
    glm::fit(&problem, family, None, StandardErrors::Classic).unwrap()
}

/// Positive amounts that follow three drivers.
fn amounts() -> impl Strategy<Value = (Vec<f64>, Vec<Vec<f64>>)> {
    problem().prop_map(|(y, x)| (y.iter().map(|y| (y / 10.0).exp()).collect(), x))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn amounts_in_another_currency_move_only_the_intercept((y, x) in amounts(), rate in 0.01..100.0_f64) {
        let moved: Vec<f64> = y.iter().map(|y| y * rate).collect();
        for family in [Family::GammaLog, Family::TweedieLog { power: 1.4 }] {
            let (plain, other) = (fit(&y, &x, family, None), fit(&moved, &x, family, None));
            for (a, b) in plain.coefficients.iter().zip(&other.coefficients).skip(1) {
                prop_assert!(close(a.estimate, b.estimate, 1e-9) && close(a.std_error, b.std_error, 1e-8));
            }
            let shift = other.coefficients[0].estimate - plain.coefficients[0].estimate;
            prop_assert!(close(shift, rate.ln(), 1e-9));
        }
    }

    #[test]
    fn the_score_is_zero_at_the_solution((y, x) in amounts()) {
        for (family, power) in [(Family::GammaLog, 2.0), (Family::TweedieLog { power: 1.6 }, 1.6)] {
            let found = fit(&y, &x, family, None);
            for column in x.iter().chain([&vec![1.0; ROWS]]) {
                let term = |row: usize| {
                    let mean: f64 = found.fitted[row];
                    column[row] * (y[row] - mean) * mean.powf(1.0 - power)
                };
                let (score, size) = (0..ROWS).fold((0.0, 0.0), |(s, t), row| (s + term(row), t + term(row).abs()));
                prop_assert!(score.abs() <= 1e-9 * size, "{score} of {size}");
            }
        }
    }

    #[test]
    fn a_row_there_twice_counts_like_a_weight_of_two((y, x) in amounts(), twice in 0..ROWS) {
        let mut weights = vec![1.0; ROWS];
        weights[twice] = 2.0;
        let double = |column: &[f64]| { let mut more = column.to_vec(); more.push(column[twice]); more };
        let columns: Vec<Vec<f64>> = x.iter().map(|c| double(c)).collect();
        let (a, b) = (fit(&y, &x, Family::GammaLog, Some(&weights)), fit(&double(&y), &columns, Family::GammaLog, None));
        for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
            prop_assert!(close(a.estimate, b.estimate, 1e-9));
        }
        prop_assert!(close(a.deviance, b.deviance, 1e-9));
    }

    #[test]
    fn the_tweedie_density_has_mass_one(mean in 0.5..5.0_f64, dispersion in 0.5..3.0_f64, power in 1.2..1.8_f64) {
        // Over the logarithm of the amount, where the density falls off on both sides: the trapezoidal rule.
        let (steps, low, high) = (4_000, -90.0, (40.0 * mean + 400.0 * dispersion).ln());
        let width = (high - low) / f64::from(steps);
        let at = |k: i32| {
            let log = low + width * f64::from(k);
            (log + log_density(log.exp(), mean, dispersion, power)).exp()
        };
        let above: f64 = (0..=steps).map(at).sum::<f64>() * width;
        let total = log_density(0.0, mean, dispersion, power).exp() + above;
        prop_assert!((total - 1.0).abs() < 1e-6, "{total}");
    }

    #[test]
    fn a_two_part_model_keeps_the_share_and_repeats_itself((y, x) in amounts(), seed in 0..1000_u64) {
        let spend: Vec<f64> = y.iter().map(|y| if *y < 0.7 { 0.0 } else { *y }).collect();
        let drivers = [x[0].as_slice()];
        let problem = Problem { outcome: &spend, drivers: &drivers, intercept: true, weights: None };
        if let Ok(found) = hurdle::fit(&problem, StandardErrors::HC0, seed, 19) {
            let any = spend.iter().filter(|y| **y > 0.0).count() as f64 / ROWS as f64;
            prop_assert!(close(found.chance.fitted.iter().sum::<f64>() / ROWS as f64, any, 1e-10));
            prop_assert!(found.effects[0].effect.low <= found.effects[0].effect.high);
            prop_assert_eq!(hurdle::fit(&problem, StandardErrors::HC0, seed, 19).unwrap(), found);
        }
    }
}
