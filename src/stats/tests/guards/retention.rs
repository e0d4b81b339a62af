//! Durations, hazards, separation and probabilities at their edges.

use cam_stats::calibration::calibration;
use cam_stats::cox::{self, CoxFit, Method, Ties};
use cam_stats::discrimination::{auc, top};
use cam_stats::early_warning::{
    Contact, calibration_by_silence, decision_curve, saving_curve, warning_list, with_silent,
};
use cam_stats::firth::{self, LogisticModel};
use cam_stats::ols::{Problem, StandardErrors};
use cam_stats::ridge::{self, Strength};
use cam_stats::survival::{Lifetimes, concordance, kaplan_meier, log_rank, within_horizon};
use cam_stats::validation::{Fitting, optimism, over_time};
use cam_stats::{Column, Refusal};

use super::{assert_code, assert_finite, column, extremes, noise, warns};

/// 200 customers whose hazard does not depend on anything, a fifth of them censored.
fn plain() -> (Vec<f64>, Vec<bool>) {
    let stop = column(200, |i| 1.0 + (10.0 * noise(i, 1)).abs().floor());
    (stop, (0..200).map(|i| i % 5 != 0).collect())
}

fn hazard(stop: &[f64], event: &[bool], drivers: &[&[f64]]) -> Result<CoxFit, Refusal> {
    cox::fit(&Lifetimes { start: None, stop, event }, drivers, Ties::Efron, None)
}

fn problem<'a>(outcome: &'a [f64], drivers: &'a [&'a [f64]]) -> Problem<'a> {
    Problem { outcome, drivers, intercept: true, weights: None }
}

fn drawn(rows: usize, chance: impl Fn(usize) -> f64) -> Vec<f64> {
    column(rows, |i| f64::from(u8::from(noise(i, 77) * 0.5 + 0.5 < chance(i))))
}

#[test]
fn times_that_cannot_be_are_refused_with_their_row() {
    let (stop, event) = plain();
    let x = column(200, |i| noise(i, 2));
    let mut negative = stop.clone();
    negative[7] = -1.0;
    assert_eq!(hazard(&negative, &event, &[&x]).unwrap_err(), Refusal::BadTime { row: 7 });
    let late = vec![3.0; 200];
    let entering = Lifetimes { start: Some(&late), stop: &stop, event: &event };
    assert_code(kaplan_meier(&entering, 0.95), "E_TIME");
    let mut missing = stop.clone();
    missing[3] = f64::NAN;
    assert_code(hazard(&missing, &event, &[&x]), "E_NOT_FINITE");
    assert_code(hazard(&stop, &event[..199], &[&x]), "E_LENGTH");
    assert_code(hazard(&stop, &event, &[&x[..199]]), "E_LENGTH");
    assert_code(hazard(&[], &[], &[&[]]), "E_TOO_FEW");
    assert_code(hazard(&stop, &event, &[]), "E_TOO_FEW");
    assert_code(within_horizon(&stop, &event, 0.0), "E_OUT_OF_RANGE");
}

#[test]
fn a_horizon_before_the_last_look_warns() {
    let (stop, event) = plain();
    let found = within_horizon(&stop, &event, 5.0).unwrap();
    assert!(found.censored > 0 && warns(&found.warnings, "W_CENSORED"));
    assert!(within_horizon(&stop, &event, 0.5).unwrap().warnings.is_empty());
}

#[test]
fn few_events_and_few_clusters_are_refused_or_warned_of() {
    let (stop, _) = plain();
    let (a, b) = (column(200, |i| noise(i, 2)), column(200, |i| noise(i, 3)));
    let first = |count: usize| -> Vec<bool> { (0..200).map(|i| i < count).collect() };
    assert_code(hazard(&stop, &first(0), &[&a, &b]), "E_TOO_FEW");
    assert_code(hazard(&stop, &first(9), &[&a, &b]), "E_TOO_FEW");
    assert!(warns(&hazard(&stop, &first(15), &[&a, &b]).unwrap().warnings, "W_FEW"));
    assert!(!warns(&hazard(&stop, &first(25), &[&a, &b]).unwrap().warnings, "W_FEW"));
    // Firth's fit is not bound by events per parameter.
    let (event, drivers) = (first(3), [a.as_slice(), b.as_slice()]);
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    assert_finite("few events", &cox::firth(&lifetimes, &drivers, Ties::Efron));
    let (_, event) = plain();
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    let clustered = |clusters: usize| {
        let ids: Vec<usize> = (0..200).map(|row| row % clusters).collect();
        cox::fit(&lifetimes, &drivers, Ties::Efron, Some(&ids))
    };
    assert_code(clustered(1), "E_TOO_FEW");
    assert_code(clustered(9), "E_TOO_FEW");
    assert!(warns(&clustered(20).unwrap().warnings, "W_FEW"));
    assert!(clustered(40).unwrap().warnings.is_empty());
    assert_code(cox::fit(&lifetimes, &drivers, Ties::Efron, Some(&[1, 2])), "E_LENGTH");
}

#[test]
fn constant_and_dependent_drivers_of_a_hazard_are_refused() {
    let (stop, event) = plain();
    let (x, c) = (column(200, |i| noise(i, 2)), vec![4.0; 200]);
    let refusal = hazard(&stop, &event, &[&x, &c]).unwrap_err();
    assert_eq!(refusal, Refusal::NoVariance { column: Column::Driver(1) });
    // One group for each of 20 and the same once more; those of a whole partition add up to a constant.
    let group = |g: usize| column(200, |i| f64::from(u8::from(i % 20 == g)));
    let dummies: Vec<Vec<f64>> = (0..40).map(|k| group(k % 20)).collect();
    let slices: Vec<&[f64]> = dummies.iter().map(Vec::as_slice).collect();
    let y = drawn(200, |_| 0.5);
    for drivers in [&slices[..20], &slices[..21], &slices[..]] {
        let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
        assert_code(cox::firth(&lifetimes, drivers, Ties::Efron), "E_ALIASED");
        assert_code(cox::ridge(&lifetimes, drivers, Ties::Efron, 1.0), "E_ALIASED");
        assert_code(firth::fit(&problem(&y, drivers)), "E_ALIASED");
        assert_code(ridge::fit(&problem(&y, drivers), Strength::Lambda(1.0)), "E_ALIASED");
    }
    assert_code(hazard(&stop, &event, &slices[..20]), "E_ALIASED");
}

#[test]
fn nearly_dependent_drivers_keep_their_digits() {
    let (stop, event) = plain();
    let (a, b) = (column(200, |i| noise(i, 2)), column(200, |i| noise(i, 3)));
    // The same space as (a, b): the likelihood has to be the same, and so has the sum of the two slopes.
    let near = column(200, |i| a[i] + 1e-6 * b[i]);
    let (plain, close) =
        (hazard(&stop, &event, &[&a, &b]).unwrap(), hazard(&stop, &event, &[&a, &near]).unwrap());
    assert!((plain.log_likelihood / close.log_likelihood - 1.0).abs() < 1e-12);
    let slope = close.coefficients[1].estimate * 1e-6;
    let own = plain.coefficients[1];
    assert!((slope - own.estimate).abs() < 1e-6 * own.std_error, "{slope} {own:?}");
    assert!((close.coefficients[1].std_error * 1e-6 / own.std_error - 1.0).abs() < 1e-6);
    let y = drawn(200, |i| 0.5 + 0.3 * a[i]);
    let (drivers, tight) = ([a.as_slice(), b.as_slice()], [a.as_slice(), near.as_slice()]);
    let (plain, close) =
        (firth::fit(&problem(&y, &drivers)).unwrap(), firth::fit(&problem(&y, &tight)).unwrap());
    // The determinant of the information changes with the unit of b.
    let shift = close.penalised_log_likelihood - plain.penalised_log_likelihood;
    assert!((shift - 1e-6_f64.ln()).abs() < 1e-6, "{shift}");
}

#[test]
fn a_monotone_likelihood_is_refused_and_firth_takes_over() {
    let (stop, _) = plain();
    let x = column(200, |i| noise(i, 2));
    // Nobody of the group leaves.
    let group = column(200, |i| f64::from(u8::from(i % 4 == 0)));
    let event: Vec<bool> = (0..200).map(|i| i % 4 != 0).collect();
    let refusal = hazard(&stop, &event, &[&x, &group]).unwrap_err();
    assert_eq!(refusal, Refusal::Separation { column: Column::Driver(1) });
    let (lifetimes, drivers) =
        (Lifetimes { start: None, stop: &stop, event: &event }, [x.as_slice(), group.as_slice()]);
    let found = cox::fit_where_monotone(&lifetimes, &drivers, Ties::Efron, None).unwrap();
    assert!(warns(&found.warnings, "W_SEPARATION") && found.method == Method::Firth);
    let (firth, shrunk) =
        (found.coefficients[1], cox::ridge(&lifetimes, &drivers, Ties::Efron, 1.0).unwrap().coefficients[1]);
    assert!(firth.estimate < -2.0 && firth.estimate > -8.0, "{firth:?}");
    assert!(shrunk.estimate < -1.0 && shrunk.estimate > -8.0, "{shrunk:?}");
    // The driver is the order in which they leave.
    let order = column(200, |i| i as f64);
    let lifetimes = Lifetimes { start: None, stop: &order, event: &[true; 200] };
    assert_code(cox::fit(&lifetimes, &[&order], Ties::Efron, None), "E_SEPARATION");
    assert_finite("order", &cox::firth(&lifetimes, &[&order], Ties::Efron));
}

#[test]
fn separation_hands_over_to_firth_and_says_so() {
    let x = column(60, |i| noise(i, 2));
    let y = column(60, |i| f64::from(u8::from(x[i] > 0.1)));
    let drivers = [x.as_slice()];
    assert_code(firth::likelihood_intervals(&problem(&y, &drivers)), "E_SEPARATION");
    match firth::fit_where_separated(&problem(&y, &drivers), StandardErrors::Classic).unwrap() {
        LogisticModel::Firth(found) => {
            assert!(warns(&found.warnings, "W_SEPARATION"));
            assert!(found.profiles[1].low.unwrap() > 0.0 && found.profiles[1].statistic.unwrap() > 20.0);
        }
        LogisticModel::MaximumLikelihood(found) => panic!("{found:?}"),
    }
    let noisy = drawn(200, |_| 0.5);
    let other = column(200, |i| noise(i, 3));
    let drivers = [other.as_slice()];
    let found = firth::fit_where_separated(&problem(&noisy, &drivers), StandardErrors::Classic);
    assert!(matches!(found, Ok(LogisticModel::MaximumLikelihood(_))));
    assert_code(firth::fit(&problem(&noisy, &[&noisy])), "E_LEAK");
    assert_code(firth::fit(&problem(&other, &[&noisy])), "E_NOT_BINARY");
    let nothing = vec![0.0; 200];
    let weighted = Problem { outcome: &noisy, drivers: &drivers, intercept: true, weights: Some(&nothing) };
    assert_code(firth::fit(&weighted), "E_WEIGHT");
    assert_code(firth::fit(&problem(&noisy[..2], &[&other[..2]])), "E_TOO_FEW");
    assert!(warns(&firth::fit(&problem(&noisy[..11], &[&other[..11]])).unwrap().warnings, "W_FEW"));
    assert_code(ridge::fit(&problem(&noisy, &drivers), Strength::Lambda(0.0)), "E_OUT_OF_RANGE");
    let few = Strength::CrossValidated { seed: 1 };
    assert_code(ridge::fit(&problem(&noisy[..15], &[&other[..15]]), few), "E_TOO_FEW");
}

#[test]
fn hazards_that_change_over_time_warn() {
    // The driver hastens leaving at first and delays it later.
    let x = column(400, |i| f64::from(u8::from(i % 2 == 0)));
    let stop = column(400, |i| {
        let u = noise(i, 5).abs();
        if i % 2 == 0 {
            5.0 + u
        } else if i % 4 == 1 {
            u
        } else {
            10.0 + u
        }
    });
    let event = vec![true; 400];
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    let fit = hazard(&stop, &event, &[&x]).unwrap();
    let found = cox::proportional_hazards(&lifetimes, &[&x], &fit, &[&[0]]).unwrap();
    assert!(warns(&found.warnings, "W_NOT_PROPORTIONAL"));
    assert_code(cox::proportional_hazards(&lifetimes, &[&x], &fit, &[&[1]]), "E_LENGTH");
}

#[test]
fn groups_that_never_meet_are_not_compared() {
    let (stop, event) = plain();
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    assert_code(log_rank(&lifetimes, &vec![1; 200]), "E_TOO_FEW");
    assert_code(log_rank(&lifetimes, &[1, 2]), "E_LENGTH");
    assert_code(log_rank(&lifetimes, &(0..200).collect::<Vec<_>>()), "E_TOO_MANY");
    let nobody = vec![false; 200];
    let silent = Lifetimes { start: None, stop: &stop, event: &nobody };
    assert_eq!(concordance(&silent, &stop).unwrap(), None);
    let curve = kaplan_meier(&silent, 0.95).unwrap();
    assert_eq!((curve.median().time, curve.restricted_mean(1e9)), (None, None));
}

#[test]
fn probabilities_and_scores_are_checked() {
    let y = drawn(100, |_| 0.4);
    let p = column(100, |i| 0.5 + 0.4 * noise(i, 3));
    assert_code(calibration(&y, &column(100, |i| 1.5 * p[i]), 0.95), "E_PROBABILITY");
    assert_code(calibration(&p, &p, 0.95), "E_NOT_BINARY");
    assert_code(calibration(&y, &p[..99], 0.95), "E_LENGTH");
    assert_code(auc(&vec![1.0; 100], &p, 0.95), "E_NO_VARIANCE");
    assert_code(top(&vec![0.0; 100], &p), "E_NO_VARIANCE");
    assert_code(auc(&[], &[], 0.95), "E_TOO_FEW");
    let certain = calibration(&y, &y, 0.95).unwrap();
    assert_eq!((certain.slope, certain.in_the_large, certain.log_loss), (None, None, Some(0.0)));
    let wrong = column(100, |i| 1.0 - y[i]);
    assert_eq!(calibration(&y, &wrong, 0.95).unwrap().log_loss, None);
    let same = calibration(&y, &vec![0.4; 100], 0.95).unwrap();
    assert!(same.slope.is_none() && same.in_the_large.is_some());
    assert_eq!(auc(&y, &vec![0.4; 100], 0.95).unwrap().interval.estimate.to_bits(), 0.5_f64.to_bits());
}

#[test]
fn a_warning_list_checks_its_numbers() {
    let contact = Contact { cost: 10.0, save_rate: 0.3 };
    assert_code(warning_list(&[0.5], &[1.0, 2.0], contact), "E_LENGTH");
    assert_code(warning_list(&[1.5], &[1.0], contact), "E_PROBABILITY");
    assert_code(warning_list(&[0.5], &[f64::NAN], contact), "E_NOT_FINITE");
    assert_code(warning_list(&[0.5], &[1.0], Contact { save_rate: 2.0, ..contact }), "E_OUT_OF_RANGE");
    assert_code(
        warning_list(&[1.0; 2], &[f64::MAX; 2], Contact { cost: 0.0, save_rate: 1.0 }),
        "E_OUT_OF_RANGE",
    );
    assert!(warning_list(&[0.9], &[0.0], contact).unwrap().contacts.is_empty());
    assert_code(decision_curve(&[1.0, 0.0], &[0.5, 0.4], &[1.0]), "E_OUT_OF_RANGE");
    assert_code(with_silent(&[None, None]), "E_TOO_FEW");
    assert_code(with_silent(&[None, Some(f64::INFINITY)]), "E_NOT_FINITE");
    let (y, p) = (drawn(50, |_| 0.5), vec![0.5; 50]);
    assert_code(calibration_by_silence(&y, &p, &[true], 0.95), "E_LENGTH");
    let nobody = calibration_by_silence(&y, &p, &[false; 50], 0.95).unwrap();
    assert!(nobody.silent.is_none() && nobody.answered.is_some());
}

#[test]
fn validation_needs_waves_and_replicates_that_settle() {
    let x = column(200, |i| noise(i, 2));
    let y = drawn(200, |i| 0.5 + 0.3 * x[i]);
    let drivers = [x.as_slice()];
    let way = Fitting::MaximumLikelihood;
    assert_code(over_time(&problem(&y, &drivers), &vec![3; 200], way), "E_TOO_FEW");
    assert_code(over_time(&problem(&y, &drivers), &[3, 4], way), "E_LENGTH");
    assert_code(optimism(&problem(&y, &drivers), way, None, 5, 1), "E_TOO_FEW");
    assert_code(optimism(&problem(&y, &drivers), way, Some(&[1]), 50, 1), "E_LENGTH");
}

#[test]
fn extreme_durations_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    let event: Vec<bool> = (0..120).map(|i| i % 3 != 0).collect();
    let times = [
        columns[5].clone(),
        vec![0.0; 120],
        vec![1e300; 120],
        column(120, |i| 1e-300 * (1 + i % 4) as f64),
        column(120, |i| f64::MAX * (noise(i, 4).abs())),
        column(120, |i| i as f64),
    ];
    for (i, stop) in times.iter().enumerate() {
        let lifetimes = Lifetimes { start: None, stop, event: &event };
        let what = format!("times {i}");
        let curve = kaplan_meier(&lifetimes, 0.95);
        assert_finite(&what, &curve);
        assert_finite(&what, &curve.map(|curve| (curve.median(), curve.restricted_mean(1.0))));
        assert_finite(&what, &log_rank(&lifetimes, &(0..120).map(|i| i % 3).collect::<Vec<_>>()));
        for (j, x) in columns.iter().enumerate() {
            let what = format!("times {i}, driver {j}");
            let drivers = [x.as_slice(), columns[10].as_slice()];
            for drivers in [&drivers[..1], &drivers[..]] {
                let fit = cox::fit(&lifetimes, drivers, Ties::Efron, None);
                assert_finite(&what, &fit);
                if let Ok(fit) = fit {
                    let test = cox::proportional_hazards(&lifetimes, drivers, &fit, &[&[0]]);
                    assert_finite(&what, &test);
                }
                assert_finite(&what, &cox::firth(&lifetimes, drivers, Ties::Efron));
                assert_finite(&what, &cox::ridge(&lifetimes, drivers, Ties::Breslow, 1.0));
            }
            assert_finite(&what, &concordance(&lifetimes, x));
        }
    }
}

#[test]
fn extreme_drivers_of_a_penalised_fit_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    for (i, x) in columns.iter().enumerate() {
        let what = format!("driver {i}");
        let drivers = [x.as_slice(), columns[10].as_slice()];
        for (y, name) in [(&columns[5], "half"), (&drawn(120, |_| 0.1), "tenth"), (&columns[9], "none")] {
            let what = format!("{what}, {name}");
            for drivers in [&drivers[..1], &drivers[..]] {
                let problem = problem(y, drivers);
                assert_finite(&what, &firth::fit(&problem));
                assert_finite(&what, &firth::likelihood_intervals(&problem));
                assert_finite(&what, &ridge::fit(&problem, Strength::Lambda(1e-300)));
                assert_finite(&what, &ridge::fit(&problem, Strength::Lambda(1e300)));
                assert_finite(&what, &ridge::fit(&problem, Strength::CrossValidated { seed: 1 }));
                assert_finite(&what, &firth::fit(&Problem { intercept: false, ..problem }));
            }
            assert_finite(&what, &auc(y, x, 0.95));
            assert_finite(&what, &top(y, x));
            assert_finite(&what, &calibration(y, x, 0.95));
            assert_finite(&what, &warning_list(y, x, Contact { cost: 1e-300, save_rate: 1.0 }));
            assert_finite(&what, &saving_curve(y, y, x, Contact { cost: 1e300, save_rate: 1.0 }));
            assert_finite(&what, &optimism(&problem(y, &drivers), Fitting::Firth, None, 25, 1));
        }
    }
}
