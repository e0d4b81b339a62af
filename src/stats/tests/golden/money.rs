//! The worked examples of the allocation, the optimum and the appraisal.

use cam_stats::allocation::{Allocation, Offer, Terms, allocate, value};
use cam_stats::appraisal::{appraise, return_on_marketing};
use cam_stats::optimum::{CostCurve, Customers, Draw, Plan, ResponseFunction, optimum};
use cam_stats::response::{Answers, ResponseCurve};

use super::allocate::Found;

pub(super) fn responses(found: &mut Found) {
    let answers = Answers { without: 0.1, today: 0.4, half_more: 0.5, saturation: 0.7 };
    let curve = answers.calibrate(1.0).unwrap().curve;
    let ResponseCurve::Adbudg { c, d, .. } = curve else { panic!("{curve:?}") };
    found.put("adbudg.d", d);
    found.put("adbudg.c", c);
    for x in [0.5, 1.0, 1.5, 2.0, 3.0] {
        found.put(format!("adbudg.f{x}"), curve.value(x));
    }
    found.put("adbudg.slope1", curve.slope(1.0));
    found.put("adbudg.inflection", curve.inflection().unwrap());
}

fn spend_all(budget: f64) -> Terms {
    Terms { budget: Some(budget), least_return: 0.0, steps: 60 }
}

fn put_allocation(found: &mut Found, key: &str, allocation: &Allocation) {
    for (at, x) in allocation.spending.iter().enumerate() {
        found.put(format!("{key}.x{}", at + 1), *x);
    }
}

pub(super) fn water_filling(found: &mut Found) {
    let values = [900.0, 600.0, 300.0];
    let offers = |curve: [ResponseCurve; 3], cap| -> Vec<Offer> {
        values.into_iter().zip(curve).map(|(value, curve)| Offer { value, curve, cap }).collect()
    };
    let log = [(0.4, 20.0), (0.5, 10.0), (0.6, 30.0)].map(|(b, k)| ResponseCurve::Log { b, k });
    let free = offers(log, None);
    let best = allocate(&free, &spend_all(100.0)).unwrap();
    put_allocation(found, "alloc.log", &best);
    found.put("alloc.log.lambda", best.lambda);
    found.put("alloc.log.value", best.value);
    found.put("alloc.log.equal_split_value", value(&free, &[100.0 / 3.0; 3]));
    let small = allocate(&free, &spend_all(10.0)).unwrap();
    put_allocation(found, "alloc.log.B10", &small);
    found.put("alloc.log.B10.lambda", small.lambda);
    let capped = allocate(&offers(log, Some(40.0)), &spend_all(100.0)).unwrap();
    put_allocation(found, "alloc.logcap40", &capped);
    found.put("alloc.logcap40.lambda", capped.lambda);
    let paying = allocate(&free, &Terms { budget: None, least_return: 1.0, steps: 1 }).unwrap();
    put_allocation(found, "alloc.log.unconstrained_lambda1", &paying);
    found.put("alloc.log.unconstrained_total", paying.total);
    let power = [(0.5, 0.5), (0.9, 0.4), (0.4, 0.6)].map(|(b, c)| ResponseCurve::Power { b, c });
    let best = allocate(&offers(power, None), &spend_all(100.0)).unwrap();
    put_allocation(found, "alloc.power", &best);
    found.put("alloc.power.lambda", best.lambda);
    found.put("alloc.power.value", best.value);
}

pub(super) fn s_curves(found: &mut Found) {
    let offers: Vec<Offer> = [(120.0, 2.5, 15.0_f64), (100.0, 2.0, 20.0), (80.0, 3.0, 12.0)]
        .into_iter()
        .map(|(value, c, half)| {
            let d = half.powf(c);
            Offer {
                value,
                curve: ResponseCurve::Adbudg { least: 0.0, most: 1.0, c, d, unit: 1.0 },
                cap: None,
            }
        })
        .collect();
    let best = allocate(&offers, &spend_all(60.0)).unwrap();
    put_allocation(found, "alloc.dp", &best);
    found.put("alloc.dp.value", best.value);
    // The trap that the product leaves out: each unit to where it brings most now.
    let mut greedy = [0.0; 3];
    for _ in 0..60 {
        let gain = |at: usize| {
            offers[at].value * (offers[at].curve.value(greedy[at] + 1.0) - offers[at].curve.value(greedy[at]))
        };
        let next = (0..3).max_by(|a, b| gain(*a).total_cmp(&gain(*b))).unwrap();
        greedy[next] += 1.0;
    }
    for (at, x) in greedy.iter().enumerate() {
        found.put(format!("alloc.greedy.x{}", at + 1), *x);
    }
    found.put("alloc.greedy.value", value(&offers, &greedy));
}

/// 1000 customers at 55.
pub(super) fn optima(found: &mut Found) {
    let customers = Customers::new([(55.0, 1000.0)], 1.0).unwrap();
    let plateau =
        ResponseFunction { intercept: 20.0, left: 1.1, psi: 72.0, right: 0.0, low: 35.0, high: 98.0 };
    let best = |a: f64, response: ResponseFunction| {
        let points = [(65.0, a * 100.0), (95.0, a * 1600.0)];
        let cost = CostCurve::through((55.0, 0.0), &points, false, 0.0).unwrap();
        let plan = Plan {
            customers: &customers,
            cost: &cost,
            reach: 1.0,
            benefit: 1.0,
            observed: (35.0, 98.0),
            materiality: None,
            nominal_impact: None,
        };
        let found = optimum(&plan, &[Draw { response, impact: 1.0 }]).unwrap();
        // The parabola that places the best level between steps smooths a corner; the step itself is 72.
        let step = &found.levels[found.best];
        (step.level, step.expected)
    };
    let (level, net) = best(40.0, plateau);
    found.put("econopt.plateau.s", level);
    found.put("econopt.plateau.net", net);
    let (level, net) = best(25.0, plateau);
    found.put("econopt.cost25.s", level);
    found.put("econopt.cost25.net", net);
    found.put("econopt.cost25.s_if_no_plateau", best(25.0, ResponseFunction { right: 1.1, ..plateau }).0);
}

pub(super) fn money(found: &mut Found) {
    let roi = appraise(&[-100_000.0, 30_000.0, 40_000.0, 40_000.0, 30_000.0], 0.1).unwrap();
    found.put("roi.pv", roi.present_value);
    found.put("roi.npv", roi.net_present_value);
    found.put("roi.roi", roi.roi);
    found.put("roi.irr", roi.internal_rate.unwrap());
    found.put("roi.payback_simple_years", roi.payback.unwrap());
    found.put("roi.payback_discounted_years", roi.discounted_payback.unwrap());
    found.put("rom.roi_AA_101.3_70", return_on_marketing(101.3, 70.0).unwrap());
}

/// `docs/methods.md` 5.6: a mean of 60 with a standard deviation of 16, lifted to 72 where the plateau begins, is worth
/// 8.5 and not 13.2; and with a mean of 75.8 and 14 below a ceiling of 100, one more point for all is worth 0.41 of
/// the slope.
#[test]
fn a_driver_is_worth_its_gain_over_the_distribution() {
    let normal = |mean: f64, sd: f64| {
        let levels = (0..=4000)
            .map(move |step| f64::from(step - 2000) / 250.0)
            .map(move |z| (mean + sd * z, (-z * z / 2.0).exp()));
        let levels: Vec<(f64, f64)> = levels.filter(|(level, _)| (0.0..=100.0).contains(level)).collect();
        let total: f64 = levels.iter().map(|(_, weight)| weight).sum();
        Customers::new(levels.into_iter().map(|(level, weight)| (level, weight / total)), 1.0).unwrap()
    };
    let f = ResponseFunction { intercept: 20.0, left: 1.1, psi: 72.0, right: 0.0, low: 0.0, high: 100.0 };
    let lifted = normal(60.0, 16.0).gain(&f, 12.0);
    assert!((lifted - 8.5).abs() < 0.1, "{lifted}");
    let below = 1.0 - normal(75.8, 14.0).share_above(72.0);
    let point = normal(75.8, 14.0).gain(&f, 0.01) / 0.011;
    assert!((point - 0.41).abs() < 0.005 && (below - 0.41).abs() < 0.005, "{point} {below}");
}
