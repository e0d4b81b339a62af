//! Laws of allocation, response, appraisal, and curves by deviance.

use cam_stats::allocation::plan::{Lift, Plan};
use cam_stats::allocation::{Offer, Terms, allocate, value};
use cam_stats::appraisal::{appraise, internal_rate, net_present_value};
use cam_stats::curve::{Data, Points};
use cam_stats::deviance_curve::{Family, deviance_curve};
use cam_stats::levels::Levels;
use cam_stats::optimum::{Customers, ResponseFunction};
use cam_stats::response::{Answers, Response, ResponseCurve, Source};
use cam_stats::segmented::Segmented;
use cam_stats::verdict::Rule;
use proptest::prelude::*;

use super::{bent, close};

fn flat_curve() -> impl Strategy<Value = ResponseCurve> {
    prop_oneof![
        (0.1..5.0_f64, 1.0..50.0_f64).prop_map(|(b, k)| ResponseCurve::Log { b, k }),
        (0.1..5.0_f64, 0.1..0.9_f64).prop_map(|(b, c)| ResponseCurve::Power { b, c }),
        (1.0..50.0_f64, 0.3..1.0_f64, 0.1..5.0_f64, 1.0..50.0_f64)
            .prop_map(|(most, c, d, unit)| ResponseCurve::Adbudg { least: 0.0, most, c, d, unit }),
    ]
}

fn any_curve() -> impl Strategy<Value = ResponseCurve> {
    prop_oneof![
        flat_curve(),
        (1.0..50.0_f64, 1.1..5.0_f64, 0.1..5.0_f64, 1.0..50.0_f64)
            .prop_map(|(most, c, d, unit)| ResponseCurve::Adbudg { least: 0.0, most, c, d, unit }),
    ]
}

fn offers(curve: impl Strategy<Value = ResponseCurve>) -> impl Strategy<Value = Vec<Offer>> {
    let offer = (1.0..100.0_f64, curve, prop::option::of(1.0..60.0_f64))
        .prop_map(|(value, curve, cap)| Offer { value, curve, cap });
    prop::collection::vec(offer, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_response_never_falls_and_its_slope_is_its_derivative(curve in any_curve(), x in 0.5..100.0_f64) {
        let h = 1e-5 * x;
        let rise = (curve.value(x + h) - curve.value(x - h)) / (2.0 * h);
        prop_assert!(rise >= 0.0 && (rise - curve.slope(x)).abs() <= 1e-4 * rise.max(1e-6), "{curve:?}");
    }

    #[test]
    fn a_calibrated_curve_gives_its_answers_back(a in 0.0..10.0_f64, b in 0.1..10.0_f64, c in 0.1..10.0_f64, d in 0.1..10.0_f64, unit in 0.1..1e6_f64) {
        let answers = Answers { without: a, today: a + b, half_more: a + b + c, saturation: a + b + c + d };
        let curve = answers.calibrate(unit).unwrap().curve;
        prop_assert!(close(curve.value(0.0), answers.without, 1e-12));
        prop_assert!(close(curve.value(unit), answers.today, 1e-10));
        prop_assert!(close(curve.value(1.5 * unit), answers.half_more, 1e-10));
    }

    #[test]
    fn water_filling_meets_the_conditions_of_karush_kuhn_and_tucker(
        offers in offers(flat_curve()), budget in 1.0..200.0_f64, least in 0.0..2.0_f64
    ) {
        let found = allocate(&offers, &Terms { budget: Some(budget), least_return: least, steps: 1 }).unwrap();
        prop_assert!(found.total <= budget * (1.0 + 1e-12));
        for (offer, x) in offers.iter().zip(&found.spending) {
            let marginal = offer.value * offer.curve.slope(*x);
            let capped = offer.cap.is_some_and(|cap| *x >= cap * (1.0 - 1e-12));
            prop_assert!(*x >= 0.0 && offer.cap.is_none_or(|cap| *x <= cap));
            prop_assert!(capped || marginal <= found.lambda * (1.0 + 1e-6) + 1e-300, "{found:?}");
            prop_assert!(*x <= 1e-9 || marginal >= found.lambda * (1.0 - 1e-6), "{found:?}");
        }
    }

    #[test]
    fn no_other_division_brings_more(
        offers in offers(any_curve()), shares in prop::collection::vec(0.0..1.0_f64, 4), budget in 10.0..100.0_f64
    ) {
        let terms = Terms { budget: Some(budget), least_return: 0.0, steps: 50 };
        let found = allocate(&offers, &terms).unwrap();
        // Another division in whole steps, within the caps.
        let total: f64 = shares[..offers.len()].iter().sum::<f64>().max(1e-9);
        let other: Vec<f64> = offers
            .iter()
            .zip(&shares)
            .map(|(offer, share)| {
                let step = budget / 50.0;
                let wanted = (share / total * 50.0).floor().min((offer.cap.unwrap_or(f64::MAX) / step).floor());
                wanted * step
            })
            .collect();
        let brings = value(&offers, &other);
        prop_assert!(brings <= found.value * (1.0 + 1e-9) + 1e-9, "{other:?} brings {brings}, {found:?}");
    }

    #[test]
    fn more_money_never_brings_less_along_a_path(
        curves in prop::collection::vec(any_curve(), 1..4), budget in 10.0..200.0_f64, right in 0.0..0.5_f64
    ) {
        let lifts: Vec<Lift> = curves
            .into_iter()
            .map(|curve| Lift { impact: 0.5, response: Response { curve, source: Source::Judged }, today: 0.0, cap: None })
            .collect();
        let customers = Customers::new((30..100).map(|s| (f64::from(s), 1.0)), 1.0).unwrap();
        let response = ResponseFunction { intercept: 5.0, left: 1.0, psi: 70.0, right, low: 35.0, high: 95.0 };
        let terms = Terms { budget: Some(budget), least_return: 1.0, steps: 40 };
        let plan = Plan { customers: &customers, response, benefit: 1.0, lifts: &lifts, terms };
        let found = plan.path().unwrap();
        for pair in found.steps.windows(2) {
            prop_assert!(pair[1].points >= pair[0].points - 1e-9 && pair[1].value >= pair[0].value - 1e-6);
        }
        let most = found.steps.iter().map(|step| step.net).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(found.best.net >= most - 1e-9);
    }

    #[test]
    fn at_the_internal_rate_nothing_is_left(cost in 1.0..1e6_f64, flows in prop::collection::vec(0.01..1e6_f64, 1..12)) {
        let all: Vec<f64> = std::iter::once(-cost).chain(flows).collect();
        let rate = internal_rate(&all).unwrap();
        let scale: f64 = all.iter().enumerate().map(|(year, flow)| flow.abs() * (1.0 + rate).powf(-(year as f64))).sum();
        prop_assert!(net_present_value(&all, rate).abs() <= 1e-9 * scale, "{rate}");
        let found = appraise(&all, 0.05).unwrap();
        prop_assert_eq!(found.net_present_value > 0.0, rate > 0.05);
        if let (Some(simple), Some(discounted)) = (found.payback, found.discounted_payback) {
            prop_assert!(simple <= discounted);
        }
    }

    #[test]
    fn a_free_kink_fits_no_worse_than_a_line_or_a_plateau((s, y) in bent()) {
        let points = Points::new(&s, &y, None).unwrap();
        if let (Some(fit), Some(line)) = (Segmented::fit(&Levels::of(&points)), points.line(None)) {
            prop_assert!(fit.rss <= line.rss * (1.0 + 1e-9));
            if let Some(plateau) = points.linear_plateau(None) {
                prop_assert!(fit.rss <= plateau.rss * (1.0 + 1e-9), "{} {}", fit.rss, plateau.rss);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_deviance_only_falls_with_a_kink_and_no_other_beginning_fits_better((s, y) in bent(), moved in -3.0..3.0_f64) {
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        let stays: Vec<f64> = y.iter().enumerate().map(|(row, y)| f64::from(u8::from(*y > mean + 40.0 * ((row * 7919 % 101) as f64 / 101.0 - 0.5)))).collect();
        let rule = Rule { draws: 9, ..Rule::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| deviance_curve(&Data { satisfaction: &s, outcome: &stays, weights: None, clusters: None }, Family::Binomial, &rule))
        };
        let found = run(1);
        prop_assert_eq!(&found, &run(3));
        if let Ok(found) = found {
            if let Some(broken) = found.broken {
                prop_assert!(broken.deviance <= found.line.deviance + 1e-9);
            }
            if let Some(plateau) = found.plateau {
                // A logistic regression on another cap.
                let mut sorted = s.clone();
                sorted.sort_by(f64::total_cmp);
                let other = (plateau.psi + moved).clamp(sorted[9], sorted[s.len() - 10]);
                let capped: Vec<f64> = s.iter().map(|s| s.min(other)).collect();
                let drivers = [capped.as_slice()];
                let problem = cam_stats::ols::Problem { outcome: &stays, drivers: &drivers, intercept: true, weights: None };
                if let Ok(fit) = cam_stats::logistic::fit(&problem, cam_stats::ols::StandardErrors::Classic) {
                    let rises = fit.coefficients[1].estimate > 0.0;
                    prop_assert!(!rises || plateau.deviance <= fit.deviance + 1e-6, "{} {}", plateau.deviance, fit.deviance);
                }
            }
        }
    }
}
