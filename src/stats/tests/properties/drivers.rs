//! Laws of importance, path models, the map of drivers, penalties and rewards.

use cam_stats::Interval;
use cam_stats::importance::{importance, uncertainty};
use cam_stats::importance_map::{Field, Point, importance_map};
use cam_stats::ols::{self, Problem, StandardErrors};
use cam_stats::penalty_reward::penalty_reward;
use cam_stats::pls::{self, Model, PathModel, Scheme};
use cam_stats::spread::Resampling;
use proptest::prelude::*;

use super::{ROWS, close, fit, problem, values};

fn scheme() -> impl Strategy<Value = Scheme> {
    prop_oneof![Just(Scheme::Path), Just(Scheme::Centroid), Just(Scheme::Factor)]
}

/// Two items of each of three latent variables: the first leads to the second, both to the third.
fn measured() -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(values(ROWS), 9).prop_map(|noise| {
        let first = noise[0].clone();
        let second: Vec<f64> = first.iter().zip(&noise[1]).map(|(a, own)| 0.8 * a + own).collect();
        let third = |row: usize| 0.5 * first[row] + 0.7 * second[row] + noise[2][row];
        let latent = [first.clone(), second.clone(), (0..ROWS).map(third).collect()];
        (0..6)
            .map(|item| (0..ROWS).map(|row| latent[item / 2][row] + 0.5 * noise[3 + item][row]).collect())
            .collect()
    })
}

fn triangle(scheme: Scheme) -> Model {
    Model { blocks: vec![vec![0, 1], vec![2, 3], vec![4, 5]], paths: vec![(0, 1), (0, 2), (1, 2)], scheme }
}

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

const SCALE: [(f64, f64); 6] = [(-100.0, 100.0); 6];

fn model(columns: &[Vec<f64>], scheme: Scheme) -> PathModel {
    pls::fit(&slices(columns), Some(&SCALE), &triangle(scheme), None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn paths_do_not_depend_on_units_or_on_the_order_of_rows(
        items in measured(), scheme in scheme(), scale in 0.1..9.0_f64, shift in -5.0..5.0_f64
    ) {
        let moved: Vec<Vec<f64>> = items
            .iter()
            .enumerate()
            .map(|(item, column)| {
                let unit = 1.0 + item as f64 * scale;
                column.iter().rev().map(|value| unit * value + shift).collect()
            })
            .collect();
        let plain = model(&items, scheme);
        let moved = pls::fit(&slices(&moved), None, &triangle(scheme), None).unwrap();
        for (a, b) in plain.paths.iter().zip(&moved.paths) {
            prop_assert!(close(a.coefficient, b.coefficient, 1e-8));
        }
        for (a, b) in plain.indicators.iter().zip(&moved.indicators) {
            prop_assert!(close(a.weight, b.weight, 1e-8) && close(a.loading, b.loading, 1e-8));
        }
    }

    #[test]
    fn a_total_effect_is_the_direct_and_the_one_through_the_middle(items in measured(), scheme in scheme()) {
        let found = model(&items, scheme);
        let [a, b, c] = [0, 1, 2].map(|path| found.paths[path].coefficient);
        let total = found.effects.iter().find(|effect| (effect.from, effect.to) == (0, 2)).unwrap().total;
        prop_assert!(close(total, b + a * c, 1e-12));
        prop_assert_eq!(found.effects.len(), 3);
    }

    #[test]
    fn an_index_has_weights_that_sum_to_one_and_an_effect_is_a_regression_of_indices(
        items in measured(), scheme in scheme()
    ) {
        let found = model(&items, scheme);
        // From the definition: indices of 0 to 100, then least squares between them.
        let index = |latent: usize| -> Vec<f64> {
            let weight = |item: usize| found.indicators[item].index_weight.unwrap();
            (0..ROWS)
                .map(|row| {
                    let points = |item: usize| 50.0 + items[item][row] / 2.0;
                    weight(2 * latent) * points(2 * latent) + weight(2 * latent + 1) * points(2 * latent + 1)
                })
                .collect()
        };
        for (latent, found_latent) in found.latents.iter().enumerate() {
            let sum: f64 =
                found.indicators[2 * latent..2 * latent + 2].iter().map(|item| item.index_weight.unwrap()).sum();
            prop_assert!(close(sum, 1.0, 1e-12));
            let mean = index(latent).iter().sum::<f64>() / ROWS as f64;
            prop_assert!(close(found_latent.performance.unwrap(), mean, 1e-10));
        }
        let regression = fit(&index(2), &[index(0), index(1)], None);
        prop_assert!(close(regression.r_squared, found.latents[2].r_squared.unwrap(), 1e-9));
        let impact = found.effects.iter().find(|effect| (effect.from, effect.to) == (1, 2)).unwrap().impact;
        prop_assert!(close(regression.coefficients[2].estimate, impact.unwrap(), 1e-8));
    }

    #[test]
    fn single_items_give_the_standardised_regression_under_every_scheme((y, x) in problem(), scheme in scheme()) {
        let columns: Vec<&[f64]> = x.iter().chain([&y]).map(Vec::as_slice).collect();
        let model = Model {
            blocks: (0..4).map(|item| vec![item]).collect(),
            paths: vec![(0, 3), (1, 3), (2, 3)],
            scheme,
        };
        let found = pls::fit(&columns, None, &model, None).unwrap();
        let drivers = slices(&x);
        let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
        let regression = ols::fit(&problem, StandardErrors::Classic).unwrap();
        for (path, slope) in found.paths.iter().zip(ols::standardised(&problem, &regression).unwrap()) {
            prop_assert!(close(path.coefficient, slope, 1e-9));
        }
        prop_assert!(close(found.latents[3].adjusted_r_squared.unwrap(), regression.adjusted_r_squared, 1e-9));
    }

    #[test]
    fn shares_depend_on_ratios_of_weights_only(
        (y, x) in problem(), weights in prop::collection::vec(0.1..3.0_f64, ROWS), exponent in -30..30_i32
    ) {
        let drivers = slices(&x);
        let split = |weights: &[f64]| {
            let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: Some(weights) };
            let shares = uncertainty(&problem, &Resampling { draws: 5, seed: 2, ids: None }).unwrap();
            (importance(&problem).unwrap(), shares)
        };
        let scaled: Vec<f64> = weights.iter().map(|weight| weight * 10.0_f64.powi(exponent)).collect();
        let ((a, plain), (b, moved)) = (split(&weights), split(&scaled));
        for driver in 0..3 {
            prop_assert!(close(a.drivers[driver].lmg, b.drivers[driver].lmg, 1e-10));
            prop_assert!(close(plain.drivers[driver].lmg.sd, moved.drivers[driver].lmg.sd, 1e-10));
        }
        prop_assert!(close(a.r_squared, fit(&y, &x, Some(&weights)).r_squared, 1e-10));
    }

    #[test]
    fn adding_a_line_to_the_outcome_leaves_the_test_of_form_alone((y, x) in problem()) {
        let reset = |outcome: &[f64]| {
            let drivers = slices(&x);
            let problem = Problem { outcome, drivers: &drivers, intercept: true, weights: None };
            ols::reset(&problem, &ols::fit(&problem, StandardErrors::Classic).unwrap()).unwrap()
        };
        let up: Vec<f64> = y.iter().map(|y| 1e3 + 2.0 * y).collect();
        prop_assert!(close(reset(&y).statistic, reset(&up).statistic, 1e-6));
        prop_assert!(reset(&y).statistic >= 0.0);
    }

    #[test]
    fn penalties_and_rewards_follow_the_scale_of_the_outcome_and_their_ratio_does_not(
        noise in values(300), scores in values(300), scale in 0.1..50.0_f64
    ) {
        let outcome = |factor: f64| -> Vec<f64> {
            noise.iter().zip(&scores).map(|(noise, score)| factor * (noise + score)).collect()
        };
        let run = |outcome: &[f64]| {
            let drivers = [scores.as_slice()];
            let problem = Problem { outcome, drivers: &drivers, intercept: true, weights: None };
            let resampling = Resampling { draws: 30, seed: 5, ids: None };
            penalty_reward(&problem, (-3.0, 3.0), StandardErrors::HC3, &resampling).unwrap().drivers[0]
        };
        let (plain, scaled) = (run(&outcome(1.0)), run(&outcome(scale)));
        prop_assert!(close(plain.penalty.estimate * scale, scaled.penalty.estimate, 1e-8));
        prop_assert!(close(plain.asymmetry.unwrap(), scaled.asymmetry.unwrap(), 1e-8));
        prop_assert!(close(plain.asymmetries.unwrap().low, scaled.asymmetries.unwrap().low, 1e-7));
        prop_assert!(close(plain.test.p_value, scaled.test.p_value, 1e-7));
    }

    #[test]
    fn a_driver_is_placed_only_if_no_border_lies_within_its_bars(
        points in prop::collection::vec((-1.0..1.0_f64, 0.0..100.0_f64, 0.0..0.5_f64, 0.0..20.0_f64), 2..9)
    ) {
        let bar = |estimate: f64, reach: f64| Interval { estimate, low: estimate - reach, high: estimate + reach };
        let points: Vec<Point> = points
            .into_iter()
            .map(|(x, y, dx, dy)| Point { importance: bar(x, dx), performance: bar(y, dy), cost: Some(2.0) })
            .collect();
        let map = importance_map(&points).unwrap();
        for place in &map.places {
            let reaches = |bar: Interval, line: f64| bar.low <= line && line <= bar.high;
            let crossed = reaches(place.point.importance, map.importance_split)
                || reaches(place.point.performance, map.performance_split);
            prop_assert_eq!(place.field == Field::Undecided, crossed);
            prop_assert!(close(place.points_per_cost.unwrap() * 2.0, place.point.importance.estimate, 1e-12));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn bootstraps_do_not_depend_on_the_number_of_threads((y, x) in problem(), items in measured()) {
        let ids: Vec<usize> = (0..ROWS).map(|row| row / 2).collect();
        let resampling = Resampling { draws: 60, seed: 11, ids: Some(&ids) };
        let drivers = slices(&x);
        let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let shares = uncertainty(&problem, &resampling).unwrap();
                let paths = pls::fit(&slices(&items), Some(&SCALE), &triangle(Scheme::Path), Some(&resampling));
                (shares, paths.unwrap())
            })
        };
        let (shares, paths) = run(1);
        let first: f64 = shares.drivers.iter().map(|driver| driver.first).sum();
        prop_assert!(close(first, 1.0, 1e-12));
        let ranks: usize = shares.drivers.iter().map(|driver| driver.rank).sum();
        prop_assert_eq!(ranks, 6);
        prop_assert_eq!((shares, paths), run(4));
    }
}
