//! Every refusal and warning has data that bring it about, and no input brings about a panic or a NaN.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "guards/allocate.rs"]
mod allocate;
#[path = "guards/chain.rs"]
mod chain;
#[path = "guards/compact.rs"]
mod compact;
#[path = "guards/glm.rs"]
mod glm;
#[path = "guards/retention.rs"]
mod retention;
#[path = "guards/value.rs"]
mod value;

use std::fmt::Debug;

use cam_stats::importance::importance;
use cam_stats::measurement::{cronbach_alpha, mean, promoter_score, wilson};
use cam_stats::ols::{self, LinearFit, Problem, SeKind, StandardErrors};
use cam_stats::reliability::omega;
use cam_stats::verdict::{CurveVerdict, Rule, Verdict, verdict};
use cam_stats::{Column, Refusal, Warning, logistic};

#[path = "guards/drivers.rs"]
mod drivers;
#[path = "guards/measure.rs"]
mod measure;

/// A number without pattern for each row, the same in every run, about -1 to 1.
fn noise(row: usize, stream: u64) -> f64 {
    2.0 * cam_stats::random::SplitMix64::for_replicate(stream, row as u64, 1).uniform() - 1.0
}

fn column(rows: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..rows).map(value).collect()
}

fn fit(outcome: &[f64], drivers: &[&[f64]], errors: StandardErrors<'_>) -> Result<LinearFit, Refusal> {
    ols::fit(&Problem { outcome, drivers, intercept: true, weights: None }, errors)
}

fn logit(outcome: &[f64], drivers: &[&[f64]]) -> Result<logistic::LogisticFit, Refusal> {
    logistic::fit(&Problem { outcome, drivers, intercept: true, weights: None }, StandardErrors::Classic)
}

fn assert_code<T: Debug>(result: Result<T, Refusal>, code: &str) {
    assert_eq!(result.unwrap_err().code(), code);
}

fn warns(warnings: &[Warning], code: &str) -> bool {
    warnings.iter().any(|warning| warning.code() == code)
}

#[test]
fn a_constant_driver_or_outcome_is_refused_by_name() {
    let (y, x, c) = (column(30, |i| noise(i, 1)), column(30, |i| noise(i, 2)), vec![3.0; 30]);
    assert_eq!(
        fit(&y, &[&x, &c], StandardErrors::HC3).unwrap_err(),
        Refusal::NoVariance { column: Column::Driver(1) }
    );
    assert_eq!(
        fit(&c, &[&x], StandardErrors::HC3).unwrap_err(),
        Refusal::NoVariance { column: Column::Outcome }
    );
}

#[test]
fn a_combination_of_other_drivers_is_refused_and_one_of_them_named() {
    let (y, a, b) = (column(30, |i| noise(i, 1)), column(30, |i| noise(i, 2)), column(30, |i| noise(i, 3)));
    let sum = column(30, |i| 2.0 * a[i] - b[i] + 7.0);
    match fit(&y, &[&a, &b, &sum], StandardErrors::HC3) {
        Err(Refusal::Aliased { column: Column::Driver(driver) }) => assert!(driver < 3),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_copy_of_the_outcome_is_a_leak() {
    let (y, x) = (column(30, |i| noise(i, 1)), column(30, |i| noise(i, 2)));
    let copy = column(30, |i| -4.0 * y[i] + 1.0);
    let refusal = fit(&y, &[&x, &copy], StandardErrors::HC3).unwrap_err();
    assert_eq!(refusal, Refusal::Leak { column: Column::Driver(1) });
    assert!(refusal.sentence(|_| "score".to_owned()).starts_with("score copies the outcome"));
    let binary = column(30, |i| f64::from(u8::from(y[i] > 0.0)));
    assert_code(logit(&binary, &[&x, &binary]), "E_LEAK");
}

#[test]
fn as_many_parameters_as_rows_are_refused_and_few_rows_warn() {
    let (y, x) = (column(4, |i| noise(i, 1)), column(4, |i| noise(i, 2)));
    assert_code(fit(&y[..2], &[&x[..2]], StandardErrors::Classic), "E_TOO_FEW");
    assert!(warns(&fit(&y, &[&x], StandardErrors::Classic).unwrap().warnings, "W_FEW"));
}

#[test]
fn values_that_are_not_finite_are_refused_with_their_place() {
    let (y, mut x) = (column(30, |i| noise(i, 1)), column(30, |i| noise(i, 2)));
    x[7] = f64::INFINITY;
    let place = Refusal::NotFinite { column: Column::Driver(0), row: 7 };
    assert_eq!(fit(&y, &[&x], StandardErrors::HC3).unwrap_err(), place);
    assert_code(mean(&[1.0, f64::NAN, 2.0], 0.95, None), "E_NOT_FINITE");
    let weights = column(30, |i| if i == 3 { -1.0 } else { 1.0 });
    let x = column(30, |i| noise(i, 2));
    let drivers = [x.as_slice()];
    let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights: Some(&weights) };
    assert_code(ols::fit(&problem, StandardErrors::HC3), "E_WEIGHT");
    assert_code(fit(&y, &[&x[..29]], StandardErrors::HC3), "E_LENGTH");
}

#[test]
fn separation_is_refused_complete_or_not() {
    let x = column(60, |i| noise(i, 2));
    let complete = column(60, |i| f64::from(u8::from(x[i] > 0.1)));
    assert_eq!(logit(&complete, &[&x]).unwrap_err(), Refusal::Separation { column: Column::Driver(0) });
    // A group in which everybody leaves.
    let group = column(60, |i| f64::from(u8::from(i < 12)));
    let quasi = column(60, |i| f64::from(u8::from(i < 12 || i % 3 == 0)));
    assert_eq!(logit(&quasi, &[&x, &group]).unwrap_err(), Refusal::Separation { column: Column::Driver(1) });
}

#[test]
fn few_events_are_refused_or_warned_of() {
    let events = |count| column(400, |i| f64::from(u8::from(i % 400 < count)));
    let (a, b) = (column(400, |i| noise(i, 2)), column(400, |i| noise(i, 3)));
    assert_code(logit(&events(9), &[&a, &b]), "E_TOO_FEW");
    assert!(warns(&logit(&events(15), &[&a, &b]).unwrap().warnings, "W_FEW"));
    assert!(!warns(&logit(&events(25), &[&a, &b]).unwrap().warnings, "W_FEW"));
    assert_code(logit(&column(40, |i| i as f64), &[&a[..40]]), "E_NOT_BINARY");
}

#[test]
fn few_clusters_are_refused_or_warned_of() {
    let (y, x) = (column(400, |i| noise(i, 1)), column(400, |i| noise(i, 2)));
    let clustered = |clusters: usize| {
        let ids: Vec<usize> = (0..400).map(|row| row % clusters).collect();
        fit(&y, &[&x], StandardErrors::Clustered { ids: &ids, correction: None })
    };
    assert_code(clustered(9), "E_TOO_FEW");
    let found = clustered(20).unwrap();
    assert!(warns(&found.warnings, "W_FEW") && found.se_kind == SeKind::Cr2);
    assert_eq!(clustered(50).unwrap().se_kind, SeKind::Cr1);
    assert!((clustered(50).unwrap().coefficients[1].df.unwrap() - 49.0).abs() < 1e-12);
}

#[test]
fn a_group_of_one_falls_back_to_hc1_and_says_so() {
    let (y, x) = (column(40, |i| noise(i, 1)), column(40, |i| noise(i, 2)));
    let single = column(40, |i| f64::from(u8::from(i == 5)));
    let found = fit(&y, &[&x, &single], StandardErrors::HC3).unwrap();
    assert_eq!(found.se_kind, SeKind::Hc1);
    assert!(found.warnings.contains(&Warning::Leverage { row: 5 }));
}

#[test]
fn inflation_influence_and_unequal_spread_warn() {
    let (y, x) = (column(200, |i| noise(i, 1)), column(200, |i| noise(i, 2)));
    let near = column(200, |i| x[i] + 0.1 * noise(i, 3));
    assert!(warns(&fit(&y, &[&x, &near], StandardErrors::HC3).unwrap().warnings, "W_VIF"));
    let wild = column(200, |i| x[i] + (x[i] + 1.0) * noise(i, 4));
    assert!(warns(&fit(&wild, &[&x], StandardErrors::HC3).unwrap().warnings, "W_HETEROSCEDASTIC"));
    let mut odd = y.clone();
    odd[11] = 1e3;
    let found = fit(&odd, &[&x], StandardErrors::HC3).unwrap();
    assert!(found.warnings.iter().any(|warning| matches!(warning, Warning::Influence { row: 11, .. })));
}

#[test]
fn a_suppressor_is_flagged() {
    // b is mostly a, but counts against the outcome once a is known.
    let a = column(300, |i| noise(i, 1));
    let b = column(300, |i| a[i] + 0.5 * noise(i, 2));
    let y = column(300, |i| 2.0 * a[i] - 0.7 * b[i] + 0.3 * noise(i, 3));
    let drivers = [a.as_slice(), b.as_slice()];
    let found =
        importance(&Problem { outcome: &y, drivers: &drivers, intercept: true, weights: None }).unwrap();
    assert!(found.drivers[1].suppressor && !found.drivers[0].suppressor);
}

#[test]
fn scales_warn_when_unreliable_or_redundant_and_refuse_a_reversed_item() {
    let common = column(100, |i| noise(i, 1));
    let item = |stream, own: f64| column(100, |i| common[i] + own * noise(i, stream));
    let scale = |own| cronbach_alpha(&[item(2, own), item(3, own), item(4, own)], 0.95);
    assert!(warns(&scale(2.0).unwrap().warnings, "W_RELIABILITY"));
    assert!(warns(&scale(0.1).unwrap().warnings, "W_REDUNDANT"));
    assert!(scale(0.7).unwrap().warnings.is_empty());
    let reversed = item(3, 0.5).iter().map(|value| -value).collect();
    match cronbach_alpha(&[item(2, 0.5), reversed, item(4, 0.5)], 0.95) {
        Err(Refusal::ReversedItem { item, .. }) => assert_eq!(item, 1),
        other => panic!("{other:?}"),
    }
    assert_code(cronbach_alpha(&[item(2, 0.5)], 0.95), "E_TOO_FEW");
    assert_code(cronbach_alpha(&[item(2, 0.5), vec![1.0; 100]], 0.95), "E_NO_VARIANCE");
    assert!(omega(&[item(2, 0.5), item(3, 0.5), item(4, 0.5), item(5, 0.5)]).unwrap().total.unwrap() > 0.7);
}

#[test]
fn single_values_have_no_interval() {
    assert_code(mean(&[5.0], 0.95, None), "E_TOO_FEW");
    assert_code(promoter_score(&[], 0.95), "E_TOO_FEW");
    assert_eq!((wilson(0, 0, 0.95), wilson(3, 2, 0.95)), (None, None));
}

fn judged(s: &[f64], y: &[f64]) -> Result<CurveVerdict, Refusal> {
    verdict(s, y, None, None, &Rule { draws: 199, ..Rule::default() })
}

#[test]
fn a_score_with_few_steps_names_no_plateau() {
    let s = column(400, |i| (i % 11) as f64 * 10.0);
    let y = column(400, |i| 3.0 * s[i].min(60.0) + noise(i, 1));
    let found = judged(&s, &y).unwrap();
    assert_eq!(found.verdict, Verdict::Linear);
    assert!(warns(&found.warnings, "W_FEW_LEVELS"));
    assert_eq!((found.level_means.len(), found.plateau), (11, None));
}

#[test]
fn no_relation_is_said_and_a_falling_line_is_flagged() {
    let s = column(300, |i| 65.0 + 30.0 * noise(i, 1));
    let nothing = column(300, |i| noise(i, 2));
    assert_eq!(judged(&s, &nothing).unwrap().verdict, Verdict::NoRelation);
    let falling = column(300, |i| -2.0 * s[i] + noise(i, 2));
    assert!(warns(&judged(&s, &falling).unwrap().warnings, "W_SIGN"));
}

#[test]
fn shapes_with_little_noise_get_their_verdicts() {
    let s = column(400, |i| 65.0 + 30.0 * noise(i, 1));
    let shape = |f: fn(f64) -> f64| {
        let y = column(400, |i| f(s[i]) + 3.0 * noise(i, 5));
        judged(&s, &y).unwrap().verdict
    };
    assert_eq!(shape(|s| s.min(70.0)), Verdict::Plateau);
    assert_eq!(shape(|s| s.min(70.0) - 0.8 * (s - 70.0).max(0.0)), Verdict::Declines);
    assert_eq!(shape(|s| s + 2.0 * (s - 70.0).max(0.0)), Verdict::Convex);
    assert_eq!(shape(|s| s - 0.6 * (s - 70.0).max(0.0)), Verdict::Diminishing);
    assert_eq!(shape(|s| s), Verdict::Linear);
}

/// Columns that no formula was made for.
fn extremes() -> Vec<Vec<f64>> {
    let rows = 120;
    vec![
        column(rows, |i| 1e300 * noise(i, 1)),
        column(rows, |i| 1e-300 * noise(i, 2)),
        column(rows, |i| 1e150 * noise(i, 3)),
        column(rows, |i| 1e15 + i as f64),
        column(rows, |i| f64::from(u8::from(i == 0)) * 1e300),
        column(rows, |i| f64::from(u8::from(i % 2 == 0))),
        column(rows, |i| 1.0 + f64::EPSILON * (i % 2) as f64),
        column(rows, |i| if i < 60 { f64::MAX } else { -f64::MAX }),
        column(rows, |i| f64::MIN_POSITIVE * (i % 7) as f64),
        vec![0.0; rows],
        column(rows, |i| 50.0 + 40.0 * noise(i, 9)),
    ]
}

fn assert_finite<T: Debug>(what: &str, result: &Result<T, Refusal>) {
    if let Ok(found) = result {
        let text = format!("{found:?}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{what}: {}", &text[..text.len().min(2_000)]);
    }
}

#[test]
fn extreme_values_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    for (i, y) in columns.iter().enumerate() {
        assert_finite("mean", &mean(y, 0.95, Some(500)));
        for (j, x) in columns.iter().enumerate() {
            let what = format!("outcome {i}, driver {j}");
            for errors in [StandardErrors::Classic, StandardErrors::HC3] {
                assert_finite(&what, &fit(y, &[x], errors));
                assert_finite(&what, &fit(y, &[x, &columns[10]], errors));
            }
            assert_finite(&what, &logit(&columns[5], &[x]));
            assert_finite(&what, &cronbach_alpha(&[x.clone(), y.clone(), columns[10].clone()], 0.95));
            let drivers = [x.as_slice(), columns[10].as_slice()];
            let problem = Problem { outcome: y, drivers: &drivers, intercept: true, weights: None };
            assert_finite(&what, &importance(&problem));
        }
    }
}

#[test]
fn extreme_curves_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    let rule = Rule { draws: 19, ..Rule::default() };
    for (i, y) in columns.iter().enumerate() {
        for (j, s) in columns.iter().enumerate() {
            assert_finite(&format!("outcome {i}, satisfaction {j}"), &verdict(s, y, None, None, &rule));
        }
    }
    for rows in 0..4 {
        let (s, y) = (column(rows, |i| i as f64), column(rows, |i| i as f64));
        assert_finite("few rows", &verdict(&s, &y, None, None, &rule));
        assert_finite("few rows", &fit(&y, &[&s], StandardErrors::HC3));
    }
}
