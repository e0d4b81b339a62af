//! Firth's and ridge fits, profile intervals, discrimination and calibration.

use cam_stats::calibration::calibration;
use cam_stats::discrimination::{auc, top};
use cam_stats::ols::{Problem, StandardErrors};
use cam_stats::ridge::Strength;
use cam_stats::survival::within_horizon;
use cam_stats::{firth, logistic, ridge};

use super::retention::{Customers, Found, check, fixture, made_up, put, slices};
use super::{close, reference};

fn problem<'a>(outcome: &'a [f64], drivers: &'a [&'a [f64]]) -> Problem<'a> {
    Problem { outcome, drivers, intercept: true, weights: None }
}

/// Churn by month 6, among customers seen for 6 months or lost before.
fn churn() -> (Vec<f64>, Vec<Vec<f64>>) {
    let Customers { time, event, drivers, .. } = made_up();
    let found = within_horizon(&time, &event, 6.0).unwrap();
    assert_eq!((found.censored, found.outcome.len()), (0, 800));
    (found.outcome.into_iter().flatten().collect(), drivers)
}

#[test]
fn firth_on_sex2_agrees_with_brglm2_and_penalised_likelihood_ratios() {
    let Some(data) = fixture("sex2.csv") else { return };
    let names = ["age", "oc", "vic", "vicl", "vis", "dia"];
    let drivers: Vec<&[f64]> = names.iter().map(|name| data[*name].as_slice()).collect();
    let problem = problem(&data["case"], &drivers);
    let fit = firth::fit(&problem).unwrap();
    let mut found = Found::new();
    for (k, coefficient) in fit.coefficients.iter().enumerate() {
        let name = k.checked_sub(1).map_or("(Intercept)", |k| names[k]);
        put(&mut found, &format!("firth.sex2.{name}.Estimate"), coefficient.estimate);
        put(&mut found, &format!("firth.sex2.{name}.Std. Error"), coefficient.std_error);
        put(&mut found, &format!("firth.sex2.plr.{name}.chisq"), fit.profiles[k].statistic.unwrap());
        put(&mut found, &format!("firth.sex2.plr.{name}.p"), fit.profiles[k].p_value.unwrap());
    }
    put(&mut found, "firth.sex2.penloglik", fit.penalised_log_likelihood);
    check(&found, &["firth.sex2."], 27);
}

/// Bisection of the penalised likelihood by modified scoring in Python (numpy 2.4); the six digits that
/// firthlogist's documentation prints agree, but for the fourth decimal of one end.
#[test]
fn firths_intervals_on_sex2_agree_with_bisection() {
    let Some(data) = fixture("sex2.csv") else { return };
    let drivers = ["age", "oc", "vic", "vicl", "vis", "dia"].map(|name| data[name].as_slice());
    let fit = firth::fit(&problem(&data["case"], &drivers)).unwrap();
    let expected = [
        (-0.818_559_106_359_264_8, 1.073_151_216_026_440_7),
        (-1.973_788_382_837_322_6, -0.307_425_141_575_725_4),
        (-0.941_436_330_166_112_2, 0.789_202_021_260_499),
        (1.273_021_571_199_822_5, 3.435_432_730_915_333),
        (-3.260_861_117_528_917_5, -1.117_734_946_983_739),
        (-1.608_087_889_529_062, 0.015_184_679_066_010_398),
        (0.774_568_169_217_043, 8.030_293_522_159_315),
    ];
    for (profile, (low, high)) in fit.profiles.iter().zip(expected) {
        close(profile.low.unwrap(), low, "low");
        close(profile.high.unwrap(), high, "high");
    }
}

#[test]
fn firth_on_ten_separated_rows_agrees_with_brglm2() {
    let x: Vec<f64> = (1..=10).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| f64::from(u8::from(*x > 5.5))).collect();
    let fit = firth::fit(&problem(&y, &[&x])).unwrap();
    let mut found = Found::new();
    for (name, coefficient) in ["(Intercept)", "x"].iter().zip(&fit.coefficients) {
        put(&mut found, &format!("firth.sep10.{name}"), coefficient.estimate);
        put(&mut found, &format!("firth.sep10.se.{name}"), coefficient.std_error);
    }
    check(&found, &["firth.sep10."], 4);
}

#[test]
fn ridge_agrees_with_newton_on_standardised_drivers() {
    let (lost, drivers) = churn();
    let drivers = slices(&drivers);
    let fit = ridge::fit(&problem(&lost, &drivers), Strength::Lambda(5.0)).unwrap();
    let mut found = Found::new();
    for (name, value) in ["int", "csi", "segmentB", "segmentC"].iter().zip(&fit.standardised) {
        put(&mut found, &format!("ridge_logit.lambda5.std.{name}"), *value);
    }
    check(&found, &["ridge_logit."], 4);
}

/// R's `confint` joins a coarse profile by a spline: at its lower end the deviance has fallen by 3.84168 instead
/// of 3.84146. The ends here come from bisection of the deviance by Newton fits in Python (numpy 2.4), and R's
/// are met as far as they are exact.
#[test]
fn likelihood_intervals_agree_with_bisection() {
    let (lost, drivers) = churn();
    let drivers = slices(&drivers);
    let intervals = firth::likelihood_intervals(&problem(&lost, &drivers)).unwrap();
    let expected = reference(include_str!("retention.csv"));
    for (value, bisected, end) in [
        (intervals[1].low, -0.046_579_410_018_425_804, "2.5 %"),
        (intervals[1].high, -0.028_296_850_078_983_77, "97.5 %"),
    ] {
        close(value.unwrap(), bisected, end);
        let coarse = expected[&format!("logit.ci_profile_csi.{end}")];
        assert!((value.unwrap() / coarse - 1.0).abs() < 1e-5, "{end}");
    }
}

#[test]
fn discrimination_and_calibration_agree_with_proc_and_r() {
    let (lost, drivers) = churn();
    let drivers = slices(&drivers);
    let fitted = logistic::fit(&problem(&lost, &drivers), StandardErrors::Classic).unwrap().fitted;
    let (area, top) = (auc(&lost, &fitted, 0.95).unwrap(), top(&lost, &fitted).unwrap());
    let apparent = calibration(&lost, &fitted, 0.95).unwrap();
    let shifted: Vec<f64> =
        fitted.iter().map(|p| 1.0 / (1.0 + (-(1.3 * (p / (1.0 - p)).ln() - 0.4)).exp())).collect();
    let shifted = calibration(&lost, &shifted, 0.95).unwrap();
    let mut found = Found::new();
    let test = apparent.hosmer_lemeshow.unwrap();
    for (key, value) in [
        ("auc", area.interval.estimate),
        ("auc.delong95.1", area.interval.low),
        ("auc.delong95.2", area.interval.estimate),
        ("auc.delong95.3", area.interval.high),
        ("auc.delong_se", area.std_error.unwrap()),
        ("brier", apparent.brier),
        ("brier.scaled", apparent.scaled_brier),
        ("logloss", apparent.log_loss.unwrap()),
        ("cal.slope_apparent", apparent.slope.unwrap()),
        ("cal.shift.intercept_in_large", shifted.in_the_large.unwrap()),
        ("cal.shift.slope", shifted.slope.unwrap()),
        ("cal.shift.intercept", shifted.intercept.unwrap()),
        ("cal.shift.brier", shifted.brier),
        ("hosmer_lemeshow.stat", test.statistic),
        ("hosmer_lemeshow.df", test.df1),
        ("hosmer_lemeshow.p", test.p_value),
        ("ece10", apparent.expected_calibration_error),
        ("lift_top10pct", top.lift),
        ("capture_top20pct", top.capture),
    ] {
        put(&mut found, key, value);
    }
    check(&found, &["auc", "brier", "logloss", "cal.", "hosmer", "ece", "lift", "capture"], 19);
}
