//! Refusals and warnings of the allocation, the appraisal, the curves by deviance and the guards of the curve.

use cam_stats::allocation::plan::{Lift, Plan};
use cam_stats::allocation::uncertainty::{AllocationDraw, InputErrors, tornado, uncertainty};
use cam_stats::allocation::{Offer, Terms, allocate};
use cam_stats::appraisal::{appraise, internal_rate};
use cam_stats::confounding::{ceiling, dilution, segment_mix, simex};
use cam_stats::curve::Data;
use cam_stats::deviance_curve::{DevianceCurve, Family, deviance_curve};
use cam_stats::optimum::{Customers, ResponseFunction};
use cam_stats::response::{Answers, Response, ResponseCurve, Source};
use cam_stats::verdict::{Rule, Verdict, verdict};
use cam_stats::{Column, Parameter, Refusal, Warning};

use super::{assert_code, assert_finite, column, extremes, judged, noise, warns};

fn data<'a>(satisfaction: &'a [f64], outcome: &'a [f64]) -> Data<'a> {
    Data { satisfaction, outcome, weights: None, clusters: None }
}

const FREE: Terms = Terms { budget: None, least_return: 1.0, steps: 100 };

fn log(value: f64, b: f64, k: f64) -> Offer {
    Offer { value, curve: ResponseCurve::Log { b, k }, cap: None }
}

fn parameter<T: std::fmt::Debug>(result: Result<T, Refusal>, wanted: Parameter, at: usize) {
    match result {
        Err(Refusal::BadParameter { parameter, position, .. }) => {
            assert_eq!((parameter, position), (wanted, at));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn curves_and_terms_outside_their_range_are_refused_by_name() {
    let fine = log(1.0, 1.0, 1.0);
    parameter(allocate(&[fine, log(1.0, 1.0, 0.0)], &FREE), Parameter::HalfPoint, 1);
    let power = Offer { curve: ResponseCurve::Power { b: 1.0, c: 1.0 }, ..fine };
    parameter(allocate(&[power], &FREE), Parameter::Exponent, 0);
    parameter(allocate(&[Offer { cap: Some(-1.0), ..fine }], &FREE), Parameter::Spending, 0);
    parameter(allocate(&[fine], &Terms { budget: Some(0.0), ..FREE }), Parameter::Budget, 0);
    parameter(allocate(&[fine], &Terms { least_return: -1.0, ..FREE }), Parameter::Return, 0);
    assert_code(allocate(&[], &FREE), "E_TOO_FEW");
    assert_code(allocate(&[fine], &Terms { steps: 0, ..FREE }), "E_TOO_FEW");
    assert_code(allocate(&[fine], &Terms { steps: 1001, ..FREE }), "E_TOO_MANY");
    let refusal = allocate(&[log(1.0, 1.0, -2.0)], &FREE).unwrap_err();
    assert!(refusal.to_string().contains("-2"), "{refusal}");
    let s_shaped = ResponseCurve::Adbudg { least: 0.0, most: 1.0, c: 2.0, d: 1.0, unit: 1.0 };
    parameter(allocate(&[Offer { curve: s_shaped, ..fine }], &FREE), Parameter::Budget, 0);
}

#[test]
fn answers_that_do_not_rise_and_histories_that_do_not_suffice_are_refused() {
    let answers = Answers { without: 0.1, today: 0.4, half_more: 0.5, saturation: 0.7 };
    for (at, fault) in [
        Answers { today: 0.1, ..answers },
        Answers { half_more: 0.3, ..answers },
        Answers { saturation: 0.5, ..answers },
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(fault.calibrate(1.0).unwrap_err(), Refusal::NotRising { position: at + 1 });
    }
    assert_code(Answers { today: f64::NAN, ..answers }.calibrate(1.0), "E_NOT_FINITE");
    parameter(answers.calibrate(0.0), Parameter::Spending, 0);
    let judged = Response { curve: ResponseCurve::Log { b: 1.0, k: 1.0 }, source: Source::Judged };
    assert_code(judged.updated(&[1.0, 2.0, 2.0], &[1.0, 2.0, 2.0]), "E_TOO_FEW");
    assert_code(judged.updated(&[1.0, 2.0], &[1.0]), "E_LENGTH");
    parameter(judged.updated(&[1.0, 2.0, -3.0], &[1.0, 2.0, 2.0]), Parameter::Spending, 2);
    // Falling: the best curve has no height.
    assert!(judged.updated(&[1.0, 2.0, 3.0], &[-1.0, -1.5, -1.8]).is_err());
}

#[test]
fn flows_without_an_internal_rate_are_refused_by_name() {
    assert_code(internal_rate(&[]), "E_NO_SIGN_CHANGE");
    assert_code(internal_rate(&[5.0, 6.0]), "E_NO_SIGN_CHANGE");
    assert_code(internal_rate(&[-100.0, 230.0, -132.0]), "E_SIGN_CHANGES");
    assert_code(appraise(&[-1.0, f64::NAN], 0.1), "E_NOT_FINITE");
    parameter(appraise(&[-1.0, 2.0], -1.0), Parameter::Rate, 0);
    parameter(appraise(&[0.0, 2.0], 0.1), Parameter::Investment, 0);
    let found = appraise(&[-100.0, 230.0, -132.0], 0.1).unwrap();
    assert_eq!(found.internal_rate, Err(Refusal::SignChanges { changes: 2 }));
}

const PLATEAU: ResponseFunction =
    ResponseFunction { intercept: 20.0, left: 1.1, psi: 72.0, right: 0.0, low: 35.0, high: 90.0 };

fn lifts() -> Vec<Lift> {
    let response = Response { curve: ResponseCurve::Log { b: 9.0, k: 30.0 }, source: Source::Judged };
    let observed = Response { source: Source::Observed { levels: 4, rss: 1.0 }, ..response };
    vec![
        Lift { impact: 0.8, response, today: 0.0, cap: None },
        Lift { impact: 0.4, response: observed, today: 10.0, cap: Some(200.0) },
    ]
}

#[test]
fn a_plan_says_what_is_judged_and_what_lies_beyond_the_data() {
    let customers = Customers::new([(50.0, 90.0), (86.0, 10.0)], 1.0).unwrap();
    let lifts = lifts();
    let terms = Terms { budget: Some(500.0), least_return: 1.0, steps: 50 };
    let plan = Plan { customers: &customers, response: PLATEAU, benefit: 5.0, lifts: &lifts, terms };
    let found = plan.path().unwrap();
    assert!(found.warnings.contains(&Warning::Judged { column: Column::Driver(0) }));
    assert!(!found.warnings.contains(&Warning::Judged { column: Column::Driver(1) }));
    assert!(found.warnings.contains(&Warning::Extrapolate { share: 0.1 }), "{:?}", found.warnings);
    assert_code(Plan { benefit: f64::NAN, ..plan }.path(), "E_NOT_FINITE");
    let draws =
        |impact: f64| AllocationDraw { response: PLATEAU, impacts: vec![impact, 0.4], effects: vec![1.0; 2] };
    assert_code(uncertainty(&plan, &[1.0], &[draws(0.8)]), "E_LENGTH");
    assert_code(uncertainty(&plan, &[1.0, 1.0], &[]), "E_TOO_FEW");
    let found = uncertainty(&plan, &[0.0, 0.0], &[draws(-0.8), draws(0.8)]).unwrap();
    assert!(found.first[0] <= 0.5 && found.expected_regret > 0.0, "{found:?}");
    let errors =
        InputErrors { value: 0.1, impacts: vec![0.1; 2], effects: vec![0.2; 2], costs: vec![0.1; 2] };
    assert_eq!(tornado(&plan, &[50.0, 20.0], &errors).unwrap().len(), 7);
    parameter(
        tornado(&plan, &[50.0, 20.0], &InputErrors { costs: vec![0.1, 1.0], ..errors.clone() }),
        Parameter::StandardError,
        1,
    );
    assert_code(tornado(&plan, &[50.0], &errors), "E_LENGTH");
}

fn by_deviance(
    s: &[f64],
    y: &[f64],
    ids: Option<&[usize]>,
    family: Family,
) -> Result<DevianceCurve, Refusal> {
    deviance_curve(&Data { clusters: ids, ..data(s, y) }, family, &Rule { draws: 19, ..Rule::default() })
}

#[test]
fn curves_by_deviance_refuse_what_they_cannot_fit() {
    let s = column(200, |i| 60.0 + 35.0 * noise(i, 1));
    let stays = column(200, |i| f64::from(u8::from(s[i] + 60.0 * noise(i, 2) > 50.0)));
    let separated = column(200, |i| f64::from(u8::from(s[i] > 60.0)));
    let binomial = |y: &[f64], ids: Option<&[usize]>| by_deviance(&s, y, ids, Family::Binomial);
    assert_code(binomial(&separated, None), "E_SEPARATION");
    assert_code(binomial(&vec![1.0; 200], None), "E_TOO_FEW");
    assert_code(binomial(&s, None), "E_NOT_BINARY");
    let ids = |groups: usize| -> Vec<usize> { (0..200).map(|row| row % groups).collect() };
    assert_code(binomial(&stays, Some(&[0; 200])), "E_TOO_FEW");
    assert_code(binomial(&stays, Some(&[0; 20])), "E_LENGTH");
    assert!(warns(&binomial(&stays, Some(&ids(20))).unwrap().warnings, "W_FEW"));
    assert!(binomial(&stays, None).unwrap().curvature_p.is_some());
    parameter(
        by_deviance(&s, &stays, None, Family::Gamma),
        Parameter::Outcome,
        stays.iter().position(|y| *y <= 0.0).unwrap(),
    );
    assert_code(by_deviance(&s, &vec![3.0; 200], None, Family::Gamma), "E_NO_VARIANCE");
    assert_code(by_deviance(&vec![3.0; 200], &stays, None, Family::Binomial), "E_NO_VARIANCE");
    assert_code(
        deviance_curve(
            &Data { weights: Some(&[0.0; 200]), ..data(&s, &stays) },
            Family::Binomial,
            &Rule::default(),
        ),
        "E_WEIGHT",
    );
    for rows in 0..4 {
        assert!(by_deviance(&s[..rows], &stays[..rows], None, Family::Binomial).is_err());
        assert!(by_deviance(&s[..rows], &s[..rows], None, Family::Gamma).is_err());
    }
}

#[test]
fn a_plateau_that_the_end_of_the_scale_made_is_named() {
    // Satisfaction would go on to 130 and pay on; the scale ends at 100.
    let truth = column(500, |i| 85.0 + 45.0 * noise(i, 1));
    let s = column(500, |i| truth[i].min(100.0));
    let y = column(500, |i| 2.0 * truth[i] + 4.0 * noise(i, 2));
    let found = judged(&s, &y).unwrap();
    let rule = Rule { draws: 199, ..Rule::default() };
    let guard = ceiling(&data(&s, &y), &rule, &found).unwrap();
    assert!(guard.share > 0.15 && warns(&guard.warnings, "W_CEILING"));
    assert_eq!(guard.without.unwrap().verdict, Verdict::Linear);
    assert_eq!(warns(&guard.warnings, "W_CONFOUNDED"), found.verdict != Verdict::Linear);
    let below = column(500, |i| truth[i].min(99.0));
    let guard = ceiling(&data(&below, &y), &rule, &judged(&below, &y).unwrap()).unwrap();
    assert!(guard.without.is_none() && guard.warnings.is_empty());
}

#[test]
fn a_curve_that_segments_made_is_named() {
    // Money depends on the segment alone, and the segment of the satisfied spends more.
    let segment = column(400, |i| f64::from(u8::from(i % 2 == 0)));
    let s = column(400, |i| 50.0 + 25.0 * segment[i] + 20.0 * noise(i, 1));
    let y = column(400, |i| 30.0 * segment[i] + 5.0 * noise(i, 2));
    let raw = judged(&s, &y).unwrap();
    let rule = Rule { draws: 199, ..Rule::default() };
    let guard = segment_mix(&data(&s, &y), &[&segment], &rule, &raw).unwrap();
    assert!(raw.verdict != Verdict::NoRelation && guard.adjusted.verdict == Verdict::NoRelation, "{guard:?}");
    assert!(warns(&guard.warnings, "W_CONFOUNDED") && (guard.effects[0] - 30.0).abs() < 3.0);
    let same = vec![1.0; 400];
    match segment_mix(&data(&s, &y), &[&segment, &same], &rule, &raw) {
        Err(Refusal::NoVariance { column: Column::Driver(1) }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unreliable_index_is_named_and_its_slope_corrected() {
    let truth = column(2000, |i| 65.0 + 12.0 * (noise(i, 1) + noise(i, 2) + noise(i, 3)));
    // The sum of three has a variance of 1: 144 and 48.
    let s = column(2000, |i| truth[i] + 48.0_f64.sqrt() * (noise(i, 4) + noise(i, 5) + noise(i, 6)));
    let y = column(2000, |i| 2.0 * truth[i] + noise(i, 7));
    assert!(warns(&dilution(&s, 0.6).unwrap().warnings, "W_RELIABILITY"));
    let said = dilution(&s, 0.75).unwrap();
    assert!((said.slope_factor - 4.0 / 3.0).abs() < 1e-12 && (said.error_sd - 48.0_f64.sqrt()).abs() < 0.5);
    let found = simex(&data(&s, &y), 0.75, 50, 7).unwrap();
    assert!((found.line.naive - 1.5).abs() < 0.1 && (found.line.corrected - 2.0).abs() < 0.12, "{found:?}");
    parameter(dilution(&s, 0.0), Parameter::Reliability, 0);
    assert_code(dilution(&[3.0; 9], 0.5), "E_NO_VARIANCE");
    assert_code(dilution(&[3.0, f64::NAN], 0.5), "E_NOT_FINITE");
}

#[test]
fn extreme_plans_bring_about_neither_panic_nor_nan() {
    let numbers = [0.0, 1e-300, 1.0, 1e300, -1e300, f64::MAX, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY];
    for a in numbers {
        assert_finite("flows", &appraise(&[-1e300, a, 1e300], 0.1));
        assert_finite("rate", &internal_rate(&[-a, 3.0, a]));
        for b in numbers {
            for c in numbers {
                let what = format!("{a} {b} {c}");
                let curves = [
                    ResponseCurve::Log { b: a, k: b },
                    ResponseCurve::Power { b: a, c: 0.5 },
                    ResponseCurve::Power { b: a, c: 1.0 - 1e-12 },
                    ResponseCurve::Adbudg { least: 0.0, most: a, c: 0.7, d: b, unit: c },
                    ResponseCurve::Adbudg { least: 0.0, most: a, c: 3.0, d: b, unit: c },
                ];
                for curve in curves {
                    let offers = [Offer { value: c, curve, cap: None }, log(1.0, 1.0, 1.0)];
                    for budget in [None, Some(b)] {
                        let terms = Terms { budget, least_return: 1.0, steps: 9 };
                        assert_finite(&what, &allocate(&offers, &terms));
                    }
                    let response = Response { curve, source: Source::Judged };
                    assert_finite(&what, &response.updated(&[0.0, 1.0, b, 7.0], &[c, 1.0, 2.0, a]));
                }
                assert_finite(
                    &what,
                    &Answers { without: a, today: b, half_more: c, saturation: 1e300 }.calibrate(1.0),
                );
            }
        }
    }
}

#[test]
fn extreme_columns_bring_about_neither_panic_nor_nan_in_guards() {
    let columns = extremes();
    let rule = Rule { draws: 9, ..Rule::default() };
    for (i, y) in columns.iter().enumerate() {
        for (j, s) in columns.iter().enumerate() {
            let what = format!("outcome {i}, satisfaction {j}");
            for family in [Family::Binomial, Family::Gamma] {
                assert_finite(&what, &deviance_curve(&data(s, y), family, &rule));
                let positive: Vec<f64> = y.iter().map(|y| y.abs()).collect();
                assert_finite(&what, &deviance_curve(&data(s, &positive), family, &rule));
            }
            assert_finite(&what, &simex(&data(s, y), 0.8, 3, 1));
            if let Ok(found) = verdict(s, y, None, None, &rule) {
                assert_finite(&what, &ceiling(&data(s, y), &rule, &found));
                assert_finite(&what, &segment_mix(&data(s, y), &[&columns[10]], &rule, &found));
            }
        }
    }
}
