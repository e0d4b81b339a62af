//! Laws that hold for every data set.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "properties/allocate.rs"]
mod allocate;
#[path = "properties/chain.rs"]
mod chain;
#[path = "properties/compact.rs"]
mod compact;
#[path = "properties/glm.rs"]
mod glm;
#[path = "properties/retention.rs"]
mod retention;
#[path = "properties/value.rs"]
mod value;

use cam_stats::curve::Points;
use cam_stats::importance::importance;
use cam_stats::measurement::{cronbach_alpha, index, item_score, wilson};
use cam_stats::ols::{self, LinearFit, Problem, StandardErrors};
use cam_stats::optimum::{Customers, ResponseFunction};
use cam_stats::verdict::{Rule, verdict};
use cam_stats::{logistic, quantile};
use proptest::prelude::*;

#[path = "properties/drivers.rs"]
mod drivers;
#[path = "properties/measure.rs"]
mod measure;

const ROWS: usize = 40;

fn values(rows: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-10.0..10.0_f64, rows)
}

/// An outcome that depends on three drivers, with noise.
fn problem() -> impl Strategy<Value = (Vec<f64>, Vec<Vec<f64>>)> {
    (values(ROWS), prop::collection::vec(values(ROWS), 3), prop::collection::vec(-2.0..2.0_f64, 3)).prop_map(
        |(noise, columns, slopes)| {
            let outcome = (0..ROWS)
                .map(|row| noise[row] + columns.iter().zip(&slopes).map(|(x, b)| b * x[row]).sum::<f64>())
                .collect();
            (outcome, columns)
        },
    )
}

fn fit(outcome: &[f64], columns: &[Vec<f64>], weights: Option<&[f64]>) -> LinearFit {
    let drivers: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    ols::fit(&Problem { outcome, drivers: &drivers, intercept: true, weights }, StandardErrors::HC3).unwrap()
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

/// Satisfaction between 0 and 100 and an outcome that bends at some level.
fn bent() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (prop::collection::vec(0.0..100.0_f64, 120), values(120), 30.0..70.0_f64, -0.5..2.0_f64).prop_map(
        |(satisfaction, noise, level, right)| {
            let outcome = satisfaction
                .iter()
                .zip(&noise)
                .map(|(s, e)| s.min(level) + right * (s - level).max(0.0) + e)
                .collect();
            (satisfaction, outcome)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn rescaling_a_column_rescales_only_its_coefficient((y, x) in problem(), k in 1e-3..1e3_f64) {
        let plain = fit(&y, &x, None);
        let mut scaled = x.clone();
        scaled[1].iter_mut().for_each(|value| *value *= k);
        let other = fit(&y, &scaled, None);
        for (position, (a, b)) in plain.coefficients.iter().zip(&other.coefficients).enumerate() {
            let factor = if position == 2 { k } else { 1.0 };
            prop_assert!((a.estimate - b.estimate * factor).abs() <= 1e-9 * (a.std_error + a.estimate.abs()));
            prop_assert!(close(a.std_error, b.std_error * factor, 1e-9));
            prop_assert!(close(a.p_value.unwrap(), b.p_value.unwrap(), 1e-7));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter((y, x) in problem(), turn in 1..ROWS) {
        let rotate = |column: &[f64]| { let mut turned = column.to_vec(); turned.rotate_left(turn); turned };
        let (plain, turned) =
            (fit(&y, &x, None), fit(&rotate(&y), &x.iter().map(|c| rotate(c)).collect::<Vec<_>>(), None));
        for (a, b) in plain.coefficients.iter().zip(&turned.coefficients) {
            prop_assert!(close(a.estimate, b.estimate, 1e-10) && close(a.std_error, b.std_error, 1e-9));
        }
    }

    #[test]
    fn a_weight_of_two_estimates_like_a_row_that_is_there_twice((y, x) in problem(), twice in 0..ROWS) {
        let mut weights = vec![1.0; ROWS];
        weights[twice] = 2.0;
        let double = |column: &[f64]| { let mut more = column.to_vec(); more.push(column[twice]); more };
        let weighted = fit(&y, &x, Some(&weights));
        let doubled = fit(&double(&y), &x.iter().map(|c| double(c)).collect::<Vec<_>>(), None);
        for (a, b) in weighted.coefficients.iter().zip(&doubled.coefficients) {
            prop_assert!(close(a.estimate, b.estimate, 1e-10));
        }
        prop_assert!(close(weighted.r_squared, doubled.r_squared, 1e-10));
    }

    #[test]
    fn residuals_are_orthogonal_to_every_driver((y, x) in problem()) {
        let found = fit(&y, &x, None);
        for column in &x {
            let product: f64 = column.iter().zip(&found.residuals).map(|(a, b)| a * b).sum();
            prop_assert!(product.abs() < 1e-9, "{product}");
        }
        let leverages: f64 = found.leverages.iter().sum();
        prop_assert!(close(leverages, 4.0, 1e-10));
    }

    #[test]
    fn shares_sum_to_r_squared_and_follow_their_drivers((y, x) in problem()) {
        let split = |order: [usize; 3]| {
            let drivers: Vec<&[f64]> = order.iter().map(|driver| x[*driver].as_slice()).collect();
            importance(&Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None }).unwrap()
        };
        let (plain, turned) = (split([0, 1, 2]), split([2, 0, 1]));
        let sum: f64 = plain.drivers.iter().map(|driver| driver.lmg).sum();
        prop_assert!(close(sum, plain.r_squared, 1e-12));
        prop_assert!(close(plain.r_squared, fit(&y, &x, None).r_squared, 1e-10));
        for (driver, place) in [(0, 1), (1, 2), (2, 0)] {
            prop_assert!(plain.drivers[driver].lmg > -1e-12);
            prop_assert!(close(plain.drivers[driver].lmg, turned.drivers[place].lmg, 1e-10));
        }
    }

    #[test]
    fn turning_the_outcome_round_turns_the_log_odds_round((y, x) in problem()) {
        let drivers: Vec<&[f64]> = x[..1].iter().map(Vec::as_slice).collect();
        let binary = |sign: f64| -> Vec<f64> { y.iter().map(|y| f64::from(u8::from(sign * y > 0.0))).collect() };
        let log_odds = |outcome: &[f64]| {
            let problem = Problem { outcome, drivers: &drivers, intercept: true, weights: None };
            logistic::fit(&problem, StandardErrors::Classic)
        };
        if let (Ok(up), Ok(down)) = (log_odds(&binary(1.0)), log_odds(&binary(-1.0))) {
            prop_assert!(close(up.coefficients[1].estimate, -down.coefficients[1].estimate, 1e-8));
            prop_assert!(close(up.deviance, down.deviance, 1e-10));
        }
    }

    #[test]
    fn curves_follow_shifts_and_scales_of_both_axes(
        (s, y) in bent(), shift in -20.0..20.0_f64, scale in 0.1..50.0_f64, up in -1e3..1e3_f64
    ) {
        let moved_s: Vec<f64> = s.iter().map(|s| s + shift).collect();
        let moved_y: Vec<f64> = y.iter().map(|y| scale * y + up).collect();
        let (plain, moved) = (Points::new(&s, &y, None).unwrap(), Points::new(&moved_s, &moved_y, None).unwrap());
        let (a, b) = (plain.broken_line(None).unwrap(), moved.broken_line(None).unwrap());
        prop_assert!(close(a.psi + shift, b.psi, 1e-9) && a.grid_index == b.grid_index);
        prop_assert!(close(a.left * scale, b.left, 1e-7) && close(a.right * scale, b.right, 1e-7));
        prop_assert!(close(a.sup_f, b.sup_f, 1e-6));
        if let (Some(a), Some(b)) = (plain.linear_plateau(None), moved.linear_plateau(None)) {
            prop_assert!(close(a.psi + shift, b.psi, 1e-6), "{} {}", a.psi + shift, b.psi);
            prop_assert!(close(a.b * scale, b.b, 1e-6));
        }
    }

    #[test]
    fn equal_weights_change_no_curve((s, y) in bent(), weight in 0.01..100.0_f64) {
        let weights = vec![weight; s.len()];
        let (plain, weighted) =
            (Points::new(&s, &y, None).unwrap(), Points::new(&s, &y, Some(&weights)).unwrap());
        let (a, b) = (plain.broken_line(None).unwrap(), weighted.broken_line(None).unwrap());
        prop_assert!(a.grid_index == b.grid_index && close(a.left, b.left, 1e-9));
        let counts = vec![1; s.len()];
        prop_assert_eq!(plain.broken_line(Some(&counts)), Some(a));
    }

    #[test]
    fn no_other_level_fits_a_plateau_better((s, y) in bent(), other in 0.0..100.0_f64) {
        let points = Points::new(&s, &y, None).unwrap();
        let mut sorted = s.clone();
        sorted.sort_by(f64::total_cmp);
        // Ten points stay on each side, as in the fit.
        let other = other.clamp(sorted[9], sorted[sorted.len() - 10]);
        let capped: Vec<f64> = s.iter().map(|s| s.min(other)).collect();
        let line = fit(&y, &[capped], None);
        if let Some(best) = points.linear_plateau(None)
            && line.coefficients[1].estimate > 0.0
        {
            prop_assert!(best.rss <= line.rss * (1.0 + 1e-9), "{} at {}: {} at {other}", best.rss, best.psi, line.rss);
        }
    }

    #[test]
    fn a_rising_response_never_loses_by_more_satisfaction(
        pairs in prop::collection::vec((0.0..100.0_f64, 0.1..10.0_f64), 1..50),
        left in 0.0..5.0_f64, right in 0.0..5.0_f64, psi in 20.0..90.0_f64,
        small in 0.0..20.0_f64, more in 0.0..20.0_f64
    ) {
        let f = ResponseFunction { intercept: 3.0, left, psi, right, low: 15.0, high: 95.0 };
        let customers = Customers::new(pairs.clone(), 1.0).unwrap();
        let (near, far) = (customers.gain(&f, small), customers.gain(&f, small + more));
        prop_assert!(near >= -1e-9 && far >= near - 1e-9);
        let by_hand: f64 =
            pairs.iter().map(|(s, w)| w * (f.value((s + small).min(100.0)) - f.value(*s))).sum();
        prop_assert!(close(near, by_hand, 1e-9), "{near} {by_hand}");
    }

    #[test]
    fn a_share_lies_in_its_interval_and_the_interval_between_0_and_1(n in 1..400_usize, part in 0.0..=1.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of n")]
        let k = (part * n as f64).round() as usize;
        let found = wilson(k, n, 0.9).unwrap();
        prop_assert!(0.0 <= found.low && found.low <= found.estimate);
        prop_assert!(found.estimate <= found.high && found.high <= 1.0);
    }

    #[test]
    fn an_item_and_its_reverse_sum_to_100(value in 1.0..=10.0_f64) {
        let sum = item_score(value, 1.0, 10.0, false).unwrap() + item_score(value, 1.0, 10.0, true).unwrap();
        prop_assert!(close(sum, 100.0, 1e-12));
    }

    #[test]
    fn an_index_needs_half_of_its_items(scores in prop::collection::vec(prop::option::of(0.0..=100.0_f64), 1..9)) {
        let answered: Vec<f64> = scores.iter().copied().flatten().collect();
        let mean = answered.iter().sum::<f64>() / answered.len() as f64;
        match index(&scores, None) {
            Some(found) => prop_assert!(2 * answered.len() >= scores.len() && close(found, mean, 1e-12)),
            None => prop_assert!(2 * answered.len() < scores.len()),
        }
    }

    #[test]
    fn alpha_does_not_depend_on_the_unit_of_all_items(x in prop::collection::vec(values(30), 3), k in 0.01..100.0_f64) {
        let common: Vec<Vec<f64>> =
            x.iter().map(|item| item.iter().zip(&x[0]).map(|(own, shared)| own + 3.0 * shared).collect()).collect();
        let scaled: Vec<Vec<f64>> =
            common.iter().map(|item| item.iter().map(|value| k * value + 5.0).collect()).collect();
        if let (Ok(a), Ok(b)) = (cronbach_alpha(&common, 0.95), cronbach_alpha(&scaled, 0.95)) {
            prop_assert!(close(a.raw, b.raw, 1e-9) && close(a.standardised, b.standardised, 1e-9));
        }
    }

    #[test]
    fn a_quantile_leaves_its_probability_above(p in 1e-6..0.5_f64, df in 0.6..1e5_f64, df2 in 1.0..1e5_f64) {
        prop_assert!(close(quantile::t_sf(quantile::t(1.0 - p, df), df) / (1.0 - (1.0 - p)), 1.0, 1e-7));
        let upper = 1.0 - (1.0 - p);
        prop_assert!(close(quantile::f_sf(quantile::f(1.0 - p, df, df2), df, df2) / upper, 1.0, 1e-7));
        prop_assert!(close(quantile::chi_squared_sf(quantile::chi_squared(1.0 - p, df), df) / upper, 1.0, 1e-7));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn a_verdict_does_not_depend_on_the_number_of_threads((s, y) in bent()) {
        let ids: Vec<usize> = (0..s.len()).map(|row| row / 2).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let rule = Rule { draws: 99, ..Rule::default() };
            pool.install(|| verdict(&s, &y, None, Some(&ids), &rule).unwrap())
        };
        prop_assert_eq!(run(1), run(4));
    }
}
