//! Generalised linear models, the two-part model, log-linear amounts and the discrete-time hazard.

use cam_stats::glm::{self, Family, GlmFit};
use cam_stats::hazard::{self, Clock, Followed, HazardErrors, HazardFit, HazardLink};
use cam_stats::ols::{Problem, StandardErrors};
use cam_stats::{Column, Refusal, hurdle, log_linear, logistic};

use super::{assert_code, assert_finite, column, extremes, noise, warns};

const FAMILIES: [Family; 5] = [
    Family::Logit,
    Family::Cloglog,
    Family::GammaLog,
    Family::GammaInverse,
    Family::TweedieLog { power: 1.5 },
];

fn fit(outcome: &[f64], drivers: &[&[f64]], family: Family) -> Result<GlmFit, Refusal> {
    let problem = Problem { outcome, drivers, intercept: true, weights: None };
    glm::fit(&problem, family, None, StandardErrors::HC0)
}

fn by_month(months: &[f64], left: &[f64], drivers: &[&[f64]], clock: Clock) -> Result<HazardFit, Refusal> {
    hazard::fit(&Followed { months, left, drivers }, clock, HazardLink::Cloglog, HazardErrors::Classic)
}

#[test]
fn outcomes_that_a_family_does_not_know_are_refused_with_their_row() {
    let x = column(60, |i| noise(i, 1));
    let amounts = |odd: f64| column(60, |i| if i == 7 { odd } else { 2.0 + noise(i, 2) });
    for family in [Family::GammaLog, Family::GammaInverse] {
        for odd in [0.0, -1.0] {
            assert_eq!(fit(&amounts(odd), &[&x], family).unwrap_err(), Refusal::NotPositive { row: 7 });
        }
    }
    let tweedie = Family::TweedieLog { power: 1.5 };
    assert_eq!(fit(&amounts(-1.0), &[&x], tweedie).unwrap_err(), Refusal::Negative { row: 7 });
    assert!(fit(&amounts(0.0), &[&x], tweedie).is_ok());
    assert_code(fit(&amounts(0.5), &[&x], Family::Cloglog), "E_NOT_BINARY");
    assert_code(fit(&amounts(f64::NAN), &[&x], Family::GammaLog), "E_NOT_FINITE");
    for power in [1.0, 2.0, f64::NAN, -3.0] {
        assert_code(fit(&amounts(0.0), &[&x], Family::TweedieLog { power }), "E_OUT_OF_RANGE");
    }
    let drivers = [x.as_slice()];
    let with = |outcome: &[f64]| {
        let problem = Problem { outcome, drivers: &drivers, intercept: true, weights: None };
        let parts = hurdle::fit(&problem, StandardErrors::HC0, 1, 99).map(|_| ());
        (log_linear::fit(&problem, StandardErrors::HC3, None).map(|_| ()), parts)
    };
    assert_eq!(with(&amounts(0.0)).0.unwrap_err(), Refusal::NotPositive { row: 7 });
    assert_eq!(with(&amounts(-2.0)).1.unwrap_err(), Refusal::Negative { row: 7 });
    // Without zeros there is no first part.
    assert_code(with(&amounts(2.0)).1, "E_NO_VARIANCE");
}

#[test]
fn a_group_without_any_amount_or_with_every_event_is_named() {
    let (x, group) = (column(80, |i| noise(i, 1)), column(80, |i| f64::from(u8::from(i < 20))));
    let spend = column(80, |i| if i < 20 || i % 5 == 0 { 0.0 } else { 3.0 + noise(i, 2) });
    let named = Refusal::Separation { column: Column::Driver(1) };
    assert_eq!(fit(&spend, &[&x, &group], Family::TweedieLog { power: 1.5 }).unwrap_err(), named);
    let left = column(80, |i| f64::from(u8::from(i < 20 || i % 3 == 0)));
    for family in [Family::Logit, Family::Cloglog] {
        assert_eq!(fit(&left, &[&x, &group], family).unwrap_err(), named);
    }
}

#[test]
fn offsets_and_weights_have_to_be_numbers_of_the_right_length() {
    let (y, x) = (column(40, |i| 3.0 + noise(i, 1)), column(40, |i| noise(i, 2)));
    let drivers = [x.as_slice()];
    let with = |offset: &[f64], weights: Option<&[f64]>| {
        let problem = Problem { outcome: &y, drivers: &drivers, intercept: true, weights };
        glm::fit(&problem, Family::GammaLog, Some(offset), StandardErrors::Classic)
    };
    let months = column(40, |i| (i % 12) as f64);
    let logs = column(40, |i| months[i].ln());
    assert_eq!(with(&logs, None).unwrap_err(), Refusal::BadOffset { row: 0 });
    assert_code(with(&logs[..3], None), "E_LENGTH");
    assert_code(with(&x, Some(&[0.0; 40])), "E_WEIGHT");
    assert!(Refusal::BadOffset { row: 4 }.sentence(|_| String::new()).contains("row 5"));
    assert!(Refusal::NotPositive { row: 4 }.sentence(|_| String::new()).contains("row 5"));
    assert!(Refusal::Negative { row: 4 }.sentence(|_| String::new()).contains("row 5"));
}

#[test]
fn collinear_and_many_drivers_few_rows_and_few_events_are_refused_or_warned_of() {
    let y = column(200, |i| (1.0 + noise(i, 1)).exp());
    let dummies: Vec<Vec<f64>> = (0..40).map(|k| column(200, |i| f64::from(u8::from(i % 40 == k)))).collect();
    let drivers: Vec<&[f64]> = dummies.iter().map(Vec::as_slice).collect();
    for family in [Family::GammaLog, Family::TweedieLog { power: 1.3 }] {
        assert_code(fit(&y, &drivers, family), "E_ALIASED");
        assert!(fit(&y, &drivers[..39], family).is_ok());
    }
    let x = column(200, |i| noise(i, 2));
    assert_code(fit(&y[..2], &[&x[..2]], Family::GammaLog), "E_TOO_FEW");
    assert!(warns(&fit(&y[..6], &[&x[..6]], Family::GammaLog).unwrap().warnings, "W_FEW"));
    let near = column(200, |i| x[i] + 0.1 * noise(i, 3));
    assert!(warns(&fit(&y, &[&x, &near], Family::GammaLog).unwrap().warnings, "W_VIF"));
    let rare = column(200, |i| f64::from(u8::from(i % 50 == 0)));
    assert_code(fit(&rare, &[&x], Family::Cloglog), "E_TOO_FEW");
    let ids = [0; 200];
    let slices = [x.as_slice()];
    let problem = Problem { outcome: &y, drivers: &slices, intercept: true, weights: None };
    let one = StandardErrors::Clustered { ids: &ids, correction: None };
    assert_code(glm::fit(&problem, Family::GammaLog, None, one), "E_TOO_FEW");
    assert_code(
        glm::fit(
            &problem,
            Family::GammaLog,
            None,
            StandardErrors::Clustered { ids: &ids[..9], correction: None },
        ),
        "E_LENGTH",
    );
}

#[test]
fn times_of_zero_and_beyond_a_century_are_refused() {
    let (x, left) = (column(80, |i| noise(i, 1)), column(80, |i| f64::from(u8::from(i % 2 == 0))));
    let months = |odd: f64| column(80, |i| if i == 3 { odd } else { 1.0 + (i % 9) as f64 });
    assert_eq!(
        by_month(&months(0.0), &left, &[&x], Clock::Log).unwrap_err(),
        Refusal::NotPositive { row: 3 }
    );
    assert_code(by_month(&months(1e300), &left, &[&x], Clock::Log), "E_TOO_MANY");
    assert_code(by_month(&months(f64::NAN), &left, &[&x], Clock::Log), "E_NOT_FINITE");
    assert_code(by_month(&months(2.0), &x, &[&x], Clock::Log), "E_NOT_BINARY");
    assert_code(by_month(&months(2.0), &left[..9], &[&x], Clock::Log), "E_LENGTH");
    // Ties everywhere: one month is no clock, and a spline has no knots.
    let ties = vec![1.0; 80];
    assert_code(by_month(&ties, &left, &[&x], Clock::Log), "E_NO_VARIANCE");
    assert_code(by_month(&ties, &left, &[&x], Clock::Spline), "E_TOO_FEW");
    let found = by_month(&months(2.0), &left, &[&x], Clock::Spline).unwrap();
    let share = found.retention(&[0.0], found.longest);
    assert!(share.windows(2).all(|pair| pair[1] <= pair[0]) && share.iter().all(|s| (0.0..=1.0).contains(s)));
}

#[test]
fn extreme_values_bring_about_neither_panic_nor_nan() {
    let columns = extremes();
    let binary = &columns[5];
    for (i, y) in columns.iter().enumerate() {
        for (j, x) in columns.iter().enumerate() {
            let what = format!("outcome {i}, driver {j}");
            let positive = column(y.len(), |row| y[row].abs());
            for family in FAMILIES {
                let outcome =
                    if matches!(family, Family::Logit | Family::Cloglog) { binary } else { &positive };
                assert_finite(&what, &fit(outcome, &[x], family));
                assert_finite(&what, &fit(outcome, &[x, &columns[10]], family));
            }
            let drivers = [x.as_slice(), columns[10].as_slice()];
            let problem = Problem { outcome: &positive, drivers: &drivers, intercept: true, weights: None };
            assert_finite(&what, &hurdle::fit(&problem, StandardErrors::HC0, 1, 5));
            assert_finite(&what, &log_linear::fit(&problem, StandardErrors::HC3, Some(&vec![0; y.len()])));
            assert_finite(&what, &by_month(&positive, binary, &drivers, Clock::Log));
            let problem = Problem { outcome: binary, ..problem };
            assert_finite(&what, &logistic::profile_interval(&problem, 0));
        }
        let drivers = [columns[10].as_slice()];
        let positive = column(y.len(), |row| y[row].abs());
        let problem = Problem { outcome: &positive, drivers: &drivers, intercept: true, weights: None };
        assert_finite("profile", &glm::profile(&problem, None, StandardErrors::HC0));
    }
}
