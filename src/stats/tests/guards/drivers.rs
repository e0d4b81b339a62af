//! Importance, path models, the map of drivers, penalties and rewards.

use cam_stats::importance::{Orders, importance, uncertainty};
use cam_stats::importance_map::{Point, importance_map};
use cam_stats::ols::{self, Problem, StandardErrors};
use cam_stats::penalty_reward::{Kind, PenaltyReward, penalty_reward};
use cam_stats::pls::{self, Model, PathModel, Scheme};
use cam_stats::spread::Resampling;
use cam_stats::{Column, Interval, ModelFault, Refusal};

use super::{assert_code, assert_finite, column, extremes, noise, warns};

const DRAWS: Resampling<'_> = Resampling { draws: 500, seed: 3, ids: None };

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

fn problem<'a>(outcome: &'a [f64], drivers: &'a [&'a [f64]]) -> Problem<'a> {
    Problem { outcome, drivers, intercept: true, weights: None }
}

#[test]
fn beyond_twenty_drivers_orders_are_sampled_and_beyond_sixty_none_are_taken() {
    let y = column(200, |i| noise(i, 1));
    let columns: Vec<Vec<f64>> = (0..61).map(|k| column(200, |i| noise(i, 10 + k) + 0.3 * y[i])).collect();
    let drivers = slices(&columns);
    let split = |count: usize| importance(&problem(&y, &drivers[..count]));
    assert_code(split(61), "E_TOO_MANY");
    assert_code(split(0), "E_TOO_FEW");
    let (exact, sampled) = (split(20).unwrap(), split(21).unwrap());
    assert_eq!(exact.orders, Orders::All);
    assert!(exact.drivers.iter().all(|driver| driver.lmg_error.is_none()));
    assert_eq!(sampled.orders, Orders::Sampled { orders: 2000, seed: 42 });
    let fit = ols::fit(&problem(&y, &drivers[..21]), StandardErrors::Classic).unwrap();
    assert!((sampled.r_squared - fit.r_squared).abs() < 1e-12);
    assert!(
        sampled
            .drivers
            .iter()
            .all(|driver| driver.lmg_error.unwrap() > 0.0 && driver.lmg_error.unwrap() < 0.01)
    );
    assert!(warns(&sampled.warnings, "W_OBSERVATIONAL"));
}

#[test]
fn the_bootstrap_of_shares_asks_for_clusters_and_replicates() {
    let (a, b) = (column(100, |i| noise(i, 1)), column(100, |i| noise(i, 2)));
    let y = column(100, |i| a[i] + 0.1 * b[i] + noise(i, 3));
    let drivers = [a.as_slice(), b.as_slice()];
    let run = |clusters: usize, draws| {
        let ids: Vec<usize> = (0..100).map(|row| row % clusters).collect();
        uncertainty(&problem(&y, &drivers), &Resampling { draws, seed: 3, ids: Some(&ids) })
    };
    assert_code(run(9, 500), "E_TOO_FEW");
    assert_code(run(20, 1), "E_TOO_FEW");
    assert!(warns(&run(20, 500).unwrap().warnings, "W_FEW"));
    assert!(warns(&run(50, 100).unwrap().warnings, "W_FEW"));
    let clear = run(50, 500).unwrap();
    assert!(clear.warnings.is_empty() && clear.pairs[0].apart && clear.drivers[0].first > 0.99);
    let short = Resampling { draws: 500, seed: 3, ids: Some(&[1, 2]) };
    assert_code(uncertainty(&problem(&y, &drivers), &short), "E_LENGTH");
}

#[test]
fn forty_dummies_that_sum_to_one_are_refused_by_all() {
    let y = column(400, |i| noise(i, 1));
    let columns: Vec<Vec<f64>> = (0..40).map(|k| column(400, |i| f64::from(u8::from(i % 40 == k)))).collect();
    let drivers = slices(&columns);
    assert_code(importance(&problem(&y, &drivers)), "E_ALIASED");
    assert_code(uncertainty(&problem(&y, &drivers), &DRAWS), "E_ALIASED");
    let model = Model {
        blocks: (0..40).map(|item| vec![item]).chain([vec![40]]).collect(),
        paths: (0..40).map(|from| (from, 40)).collect(),
        scheme: Scheme::Path,
    };
    let all: Vec<&[f64]> = drivers.iter().copied().chain([y.as_slice()]).collect();
    assert_code(pls::fit(&all, None, &model, None), "E_ALIASED");
}

/// Three items of each of three latent variables in a row, 300 rows; `own` is the noise of an item.
fn chain(own: f64) -> Vec<Vec<f64>> {
    let first = column(300, |i| noise(i, 1));
    let second = column(300, |i| 0.6 * first[i] + 0.5 * noise(i, 2));
    let third = column(300, |i| 0.6 * second[i] + 0.5 * noise(i, 3));
    let items = |latent: &[f64], from: u64| -> Vec<Vec<f64>> {
        (from..from + 3)
            .map(|stream| column(300, |i| 50.0 + 20.0 * (latent[i] + own * noise(i, stream))))
            .collect()
    };
    [items(&first, 10), items(&second, 20), items(&third, 30)].concat()
}

fn row_of_three(scheme: Scheme) -> Model {
    Model { blocks: vec![vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8]], paths: vec![(0, 1), (1, 2)], scheme }
}

fn path_model(columns: &[Vec<f64>], model: &Model) -> Result<PathModel, Refusal> {
    pls::fit(&slices(columns), None, model, None)
}

#[test]
fn a_model_that_is_not_well_formed_is_refused_where_it_is_wrong() {
    let columns = chain(0.3);
    let plain = row_of_three(Scheme::Path);
    let check = |change: &dyn Fn(&mut Model), column: Column, fault: ModelFault, code: &str| {
        let mut model = plain.clone();
        change(&mut model);
        let refusal = path_model(&columns, &model).unwrap_err();
        assert_eq!(refusal, Refusal::Model { column, fault });
        assert_eq!((refusal.code(), refusal.column()), (code, Some(column)));
    };
    let latent = Column::Latent;
    check(&|model| model.paths.push((2, 0)), latent(0), ModelFault::Cycle, "E_CYCLE");
    check(&|model| model.paths.push((1, 1)), latent(1), ModelFault::Cycle, "E_CYCLE");
    check(&|model| model.paths.push((0, 1)), latent(1), ModelFault::PathTwice, "E_MODEL");
    check(&|model| model.paths.push((0, 7)), latent(7), ModelFault::Unknown, "E_MODEL");
    check(&|model| model.paths.truncate(1), latent(2), ModelFault::NoPath, "E_MODEL");
    check(&|model| model.blocks[1].clear(), latent(1), ModelFault::NoItem, "E_MODEL");
    check(&|model| model.blocks[1].push(0), Column::Driver(0), ModelFault::ItemTwice, "E_MODEL");
    check(&|model| model.blocks[1].push(9), Column::Driver(9), ModelFault::Unknown, "E_MODEL");
    let nothing = Model { blocks: Vec::new(), paths: Vec::new(), scheme: Scheme::Path };
    assert_code(path_model(&columns, &nothing), "E_MODEL");
    let cycle = Refusal::Model { column: latent(0), fault: ModelFault::Cycle };
    assert!(cycle.sentence(|_| "Image".to_owned()).starts_with("Image lies on paths"));
}

#[test]
fn items_that_cannot_be_used_are_refused() {
    let model = row_of_three(Scheme::Path);
    let with = |change: &dyn Fn(&mut Vec<Vec<f64>>)| {
        let mut columns = chain(0.3);
        change(&mut columns);
        path_model(&columns, &model)
    };
    let constant = with(&|columns| columns[4].fill(3.0)).unwrap_err();
    assert_eq!(constant, Refusal::NoVariance { column: Column::Driver(4) });
    let infinite = with(&|columns| columns[4][7] = f64::INFINITY).unwrap_err();
    assert_eq!(infinite, Refusal::NotFinite { column: Column::Driver(4), row: 7 });
    assert_code(with(&|columns| columns[8].truncate(299)), "E_LENGTH");
    assert_code(with(&|columns| columns.iter_mut().for_each(|column| column.truncate(2))), "E_TOO_FEW");
    assert_code(with(&|columns| columns.iter_mut().for_each(Vec::clear)), "E_TOO_FEW");
    assert!(warns(
        &with(&|columns| columns.iter_mut().for_each(|column| column.truncate(49))).unwrap().warnings,
        "W_FEW"
    ));
    let columns = chain(0.3);
    let off = pls::fit(&slices(&columns), Some(&[(1.0, 70.0); 9]), &model, None).unwrap_err();
    assert_eq!(off.code(), "E_SCALE");
    assert_code(pls::fit(&slices(&columns), Some(&[(0.0, 100.0); 8]), &model, None), "E_LENGTH");
    // Two causes that are the same, and both explain a third.
    let mut twins = chain(0.3);
    for item in 0..3 {
        twins[3 + item] = twins[item].clone();
    }
    let both = Model { paths: vec![(0, 2), (1, 2)], ..model.clone() };
    assert_code(path_model(&twins, &both), "E_ALIASED");
}

#[test]
fn missing_answers_are_replaced_where_few_and_rows_left_out_where_many() {
    let model = row_of_three(Scheme::Path);
    let gaps = |every: usize, items: std::ops::Range<usize>| {
        let mut columns = chain(0.3);
        for column in &mut columns[items] {
            column.iter_mut().step_by(every).for_each(|value| *value = f64::NAN);
        }
        path_model(&columns, &model)
    };
    let few = gaps(25, 0..1).unwrap();
    assert!(warns(&few.warnings, "W_IMPUTED"));
    assert_eq!((few.n, few.indicators[0].missing), (300, 12));
    let some = gaps(8, 0..1).unwrap();
    assert!(warns(&some.warnings, "W_MISSING") && !warns(&some.warnings, "W_IMPUTED"));
    assert_eq!((some.n, some.n_available), (262, 300));
    assert_code(gaps(2, 0..1), "E_MISSING");
    assert_code(gaps(1, 0..1), "E_TOO_FEW");
    // A row without any answer is left out, never made up.
    assert_eq!(gaps(30, 0..9).unwrap().n, 290);
}

#[test]
fn weak_measures_are_named() {
    let model = row_of_three(Scheme::Path);
    let noisy = path_model(&chain(2.0), &model).unwrap().warnings;
    assert!(["W_LOADING", "W_AVE", "W_COMPOSITE"].iter().all(|code| warns(&noisy, code)), "{noisy:?}");
    let redundant = path_model(&chain(0.01), &model).unwrap().warnings;
    assert!(warns(&redundant, "W_COMPOSITE") && !warns(&redundant, "W_LOADING"));
    let mut columns = chain(0.3);
    columns[1] = columns[1].iter().map(|value| 100.0 - value).collect();
    let turned = path_model(&columns, &model).unwrap().warnings;
    assert!(warns(&turned, "W_WEIGHT"), "{turned:?}");
    // Items that trade places make two latent variables alike.
    let mut columns = chain(0.3);
    columns.swap(0, 3);
    columns.swap(2, 5);
    let mixed =
        path_model(&columns, &Model { paths: vec![(0, 1), (1, 2), (0, 2)], ..model.clone() }).unwrap();
    assert!(warns(&mixed.warnings, "W_HTMT"), "{:?}", mixed.heterotrait);
    // Two causes that are nearly one.
    let mut columns = chain(0.1);
    for item in 0..3 {
        columns[3 + item] = column(300, |i| columns[item][i] + 2.0 * noise(i, 40));
    }
    let near = path_model(&columns, &Model { paths: vec![(0, 2), (1, 2)], ..model.clone() }).unwrap();
    assert!(warns(&near.warnings, "W_VIF") && near.paths[0].vif > 5.0);
    for warning in noisy.iter().chain(&redundant).chain(&turned).chain(&mixed.warnings) {
        let named = warning.sentence(|_| "the shop".to_owned());
        assert_eq!(warning.column().is_some(), named.contains("the shop"), "{named}");
    }
    assert!(warns(&noisy, "W_OBSERVATIONAL"));
}

#[test]
fn a_clean_model_warns_of_nothing_but_being_observed() {
    let found = pls::fit(
        &slices(&chain(0.6)),
        Some(&[(0.0, 100.0); 9]),
        &row_of_three(Scheme::Path),
        Some(&Resampling { draws: 500, seed: 1, ids: None }),
    );
    let found = found.unwrap();
    assert_eq!(found.warnings, [cam_stats::Warning::Observational]);
    assert!(found.paths.iter().all(|path| path.coefficients.unwrap().low > 0.2));
    assert!(found.effects.iter().all(|effect| effect.impacts.is_some()));
    let ids = vec![1; 300];
    let one_cluster = Resampling { draws: 500, seed: 1, ids: Some(&ids) };
    let columns = chain(0.4);
    let run = |resampling| pls::fit(&slices(&columns), None, &row_of_three(Scheme::Path), Some(resampling));
    assert_code(run(&one_cluster), "E_TOO_FEW");
    assert_code(run(&Resampling { ids: Some(&ids[..7]), ..one_cluster }), "E_LENGTH");
}

fn contrasts(y: &[f64], x: &[f64]) -> Result<PenaltyReward, Refusal> {
    penalty_reward(&problem(y, &[x]), (40.0, 60.0), StandardErrors::HC3, &DRAWS)
}

#[test]
fn penalties_and_rewards_are_named_only_where_they_differ() {
    let x = column(600, |i| 50.0 + 50.0 * noise(i, 1));
    let shape = |low: f64, high: f64| {
        let level = |x: f64| {
            if x < 40.0 {
                low
            } else if x >= 60.0 {
                high
            } else {
                0.0
            }
        };
        let y = column(600, |i| level(x[i]) + noise(i, 2));
        contrasts(&y, &x).unwrap().drivers[0].kind
    };
    assert_eq!(shape(-3.0, 0.5), Kind::Basic);
    assert_eq!(shape(-0.5, 3.0), Kind::Excitement);
    assert_eq!(shape(-3.0, 2.5), Kind::Performance);
    assert_eq!(shape(-2.0, 2.0), Kind::NotDistinguishable);
    assert_eq!(shape(2.0, -2.0), Kind::WrongSign);
    let y = column(600, |i| noise(i, 2));
    let few = column(600, |i| if i < 29 { 10.0 } else { 45.0 + (i % 2) as f64 * 30.0 });
    let refusal = contrasts(&y, &few).unwrap_err();
    assert_eq!(refusal, Refusal::ThinGroup { column: Column::Driver(0), have: 29, need: 30 });
    assert_eq!((refusal.code(), refusal.column()), ("E_TOO_FEW", Some(Column::Driver(0))));
    let twins = [x.as_slice(), x.as_slice()];
    let both = penalty_reward(&problem(&y, &twins), (40.0, 60.0), StandardErrors::HC3, &DRAWS);
    assert!(matches!(both, Err(Refusal::Aliased { column: Column::Driver(0 | 1) })), "{both:?}");
    // Only low and high scores: there is no middle to hold them against.
    let no_middle = column(600, |i| if i % 2 == 0 { 10.0 } else { 90.0 });
    assert_code(contrasts(&y, &no_middle), "E_ALIASED");
}

#[test]
fn a_map_needs_two_drivers_and_finite_bars() {
    let bar = |estimate: f64| Interval { estimate, low: estimate - 1.0, high: estimate + 1.0 };
    let point = |x, y| Point { importance: bar(x), performance: bar(y), cost: Some(0.0) };
    assert_code(importance_map(&[point(1.0, 1.0)]), "E_TOO_FEW");
    assert_code(importance_map(&[point(1.0, 1.0), point(f64::NAN, 1.0)]), "E_OUT_OF_RANGE");
    let map = importance_map(&[point(1.0, 1.0), point(9.0, 1.0)]).unwrap();
    assert_eq!(map.places[0].points_per_cost, None);
}

#[test]
fn extreme_values_of_drivers_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    let few = Resampling { draws: 19, ..DRAWS };
    let model =
        |scheme| Model { blocks: vec![vec![0, 1], vec![2], vec![3]], paths: vec![(0, 1), (1, 2)], scheme };
    for (i, y) in columns.iter().enumerate() {
        for (j, x) in columns.iter().enumerate() {
            let what = format!("outcome {i}, driver {j}");
            let drivers = [x.as_slice(), columns[10].as_slice()];
            let problem = problem(y, &drivers);
            assert_finite(&what, &uncertainty(&problem, &few));
            assert_finite(&what, &ols::condition_number(&problem));
            if let Ok(fit) = ols::fit(&problem, StandardErrors::Classic) {
                assert_finite(&what, &Ok(ols::reset(&problem, &fit)));
                assert_finite(&what, &ols::standardised(&problem, &fit));
            }
            assert_finite(&what, &penalty_reward(&problem, (0.0, 1.0), StandardErrors::HC3, &few));
            let items = [x.as_slice(), &columns[10], y.as_slice(), &columns[5]];
            let scales: Vec<(f64, f64)> = items
                .iter()
                .map(|item| {
                    item.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)))
                })
                .collect();
            for scheme in [Scheme::Path, Scheme::Centroid, Scheme::Factor] {
                assert_finite(&what, &pls::fit(&items, Some(&scales), &model(scheme), Some(&few)));
            }
        }
    }
    for rows in 0..4 {
        let a = column(rows, |i| noise(i, 1));
        let b = column(rows, |i| noise(i, 2));
        let drivers = [a.as_slice()];
        assert_finite("few rows", &uncertainty(&problem(&b, &drivers), &few));
        assert_finite(
            "few rows",
            &penalty_reward(&problem(&b, &drivers), (0.0, 0.1), StandardErrors::HC3, &few),
        );
        let pair = Model { blocks: vec![vec![0], vec![1]], paths: vec![(0, 1)], scheme: Scheme::Path };
        assert_finite("few rows", &pls::fit(&[&a, &b], None, &pair, Some(&few)));
    }
}

#[test]
fn weights_of_zero_are_refused_or_leave_rows_out() {
    let (a, y) = (column(80, |i| noise(i, 1)), column(80, |i| noise(i, 2)));
    let drivers = [a.as_slice()];
    let none = vec![0.0; 80];
    let weighted = |weights| Problem { weights: Some(weights), ..problem(&y, &drivers) };
    assert_code(importance(&weighted(&none)), "E_WEIGHT");
    assert_code(uncertainty(&weighted(&none), &DRAWS), "E_WEIGHT");
    assert_code(ols::condition_number(&weighted(&none)), "E_NO_VARIANCE");
    let half = column(80, |i| f64::from(u8::from(i < 40)));
    let found = importance(&weighted(&half)).unwrap();
    let first = [&a[..40]];
    let expected = importance(&problem(&y[..40], &first)).unwrap();
    assert!((found.r_squared - expected.r_squared).abs() < 1e-12);
}
