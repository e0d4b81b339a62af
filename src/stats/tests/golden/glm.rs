//! Generalised linear models, the two-part model, log-linear amounts and the discrete-time hazard.

use std::collections::HashMap;

use super::{churn, close, reference, table};
use cam_stats::glm::{self, Family, GlmFit};
use cam_stats::hazard::{self, Clock, Followed, HazardErrors, HazardLink};
use cam_stats::ols::{Coefficient, Problem, StandardErrors};
use cam_stats::{hurdle, log_linear, logistic};

/// R's own figures end when the deviance settles: coefficients and errors hold to about 5e-8.
const STOPPED_EARLY: f64 = 1e-7;

type Found = HashMap<String, f64>;

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error < tolerance, "{what}: found {found}, expected {expected}, relative error {error:e}");
}

/// Satisfaction (the column of six decimals, which R read), segments B and C, and spend of the customers who `keep`.
fn spenders(keep: impl Fn(f64) -> bool) -> (Vec<f64>, Vec<Vec<f64>>) {
    let data = table(include_str!("synth_customers.csv"));
    let rows: Vec<usize> = (0..800).filter(|row| keep(data["spend"][*row])).collect();
    let segment = |letter: f64| -> Vec<f64> {
        rows.iter().map(|row| f64::from(u8::from((data["segment"][*row] - letter).abs() < 0.5))).collect()
    };
    let csi = rows.iter().map(|row| data["csi"][*row]).collect();
    let drivers = vec![csi, segment(1.0), segment(2.0)];
    (rows.iter().map(|row| data["spend"][*row]).collect(), drivers)
}

/// To the six decimals of the column that R read.
fn rounded(column: &[f64]) -> Vec<f64> {
    column.iter().map(|x| (x * 1e6).round() / 1e6).collect()
}

fn fitted(outcome: &[f64], drivers: &[Vec<f64>], family: Family, errors: StandardErrors<'_>) -> GlmFit {
    let drivers: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome, drivers: &drivers, intercept: true, weights: None };
    glm::fit(&problem, family, None, errors).unwrap()
}

const TERMS: [&str; 5] = ["(Intercept)", "csi", "segmentB", "segmentC", "log(month)"];

/// Puts a table of coefficients under the keys of R's `summary`.
fn insert_table(found: &mut Found, prefix: &str, terms: &[&str], coefficients: &[Coefficient], letter: char) {
    for (term, b) in terms.iter().zip(coefficients) {
        let mut put = |what: &str, value: f64| found.insert(format!("{prefix}.{term}.{what}"), value);
        put("Estimate", b.estimate);
        put("Std. Error", b.std_error);
        put(&format!("{letter} value"), b.statistic.unwrap());
        put(&format!("Pr(>|{letter}|)"), b.p_value.unwrap());
    }
}

fn insert_exact(found: &mut Found, prefix: &str, fit: &GlmFit) {
    for (term, b) in TERMS.iter().zip(&fit.coefficients) {
        found.insert(format!("{prefix}.exact.coef.{term}"), b.estimate);
        found.insert(format!("{prefix}.exact.se.{term}"), b.std_error);
    }
    found.insert(format!("{prefix}.exact.phi"), fit.dispersion);
    found.insert(format!("{prefix}.exact.deviance"), fit.deviance);
}

fn log_linear_figures(found: &mut Found) {
    let (spend, drivers) = spenders(|spend| spend > 0.0);
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &spend, drivers: &slices, intercept: true, weights: None };
    let fit = log_linear::fit(&problem, StandardErrors::Classic, None).unwrap();
    insert_table(found, "loglm", &TERMS, &fit.log.coefficients, 't');
    found.extend([
        ("loglm.sigma".to_owned(), fit.log.sigma),
        ("loglm.r2".to_owned(), fit.log.r_squared),
        ("loglm.duan_smear".to_owned(), fit.smearing),
        ("loglm.lognormal_factor".to_owned(), fit.lognormal_factor),
        ("loglm.pred_csi70_A.naive".to_owned(), fit.geometric_mean(&[70.0, 0.0, 0.0])),
        ("loglm.pred_csi70_A.duan".to_owned(), fit.mean(&[70.0, 0.0, 0.0], None)),
    ]);
}

fn gamma_figures(found: &mut Found) {
    let (spend, drivers) = spenders(|spend| spend > 0.0);
    let fit = fitted(&spend, &drivers, Family::GammaLog, StandardErrors::Classic);
    insert_table(found, "gamma", &TERMS, &fit.coefficients, 't');
    insert_exact(found, "gamma", &fit);
    let robust = fitted(&spend, &drivers, Family::GammaLog, StandardErrors::HC0);
    for (term, b) in TERMS.iter().zip(&robust.coefficients) {
        found.insert(format!("gamma.se.HC0.{term}"), b.std_error);
    }
    found.extend([
        ("gamma.dispersion_pearson".to_owned(), fit.dispersion),
        ("gamma.dev".to_owned(), fit.deviance),
        ("gamma.nulldev".to_owned(), fit.null_deviance.unwrap()),
        ("gamma.loglik".to_owned(), fit.log_likelihood.unwrap()),
        ("gamma.aic".to_owned(), fit.aic.unwrap()),
        ("gamma.shape_mle".to_owned(), fit.shape.unwrap()),
        ("gamma.n".to_owned(), fit.n as f64),
        ("gamma.pred_csi70_A".to_owned(), fit.predict(&[70.0, 0.0, 0.0])),
    ]);
    // McCullagh and Nelder 1989, p. 300: clotting time (s) of plasma, lot 1, at nine concentrations (%).
    let time = [118.0, 58.0, 42.0, 35.0, 27.0, 25.0, 21.0, 19.0, 18.0];
    let u = [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0_f64];
    let log_u = [u.iter().map(|u| u.ln()).collect::<Vec<f64>>()];
    let terms = ["(Intercept)", "log(u)"];
    let inverse = fitted(&time, &log_u, Family::GammaInverse, StandardErrors::Classic);
    insert_table(found, "gamma.clotting_lot1_inverse", &terms, &inverse.coefficients, 't');
    let log = fitted(&time, &log_u, Family::GammaLog, StandardErrors::Classic);
    insert_table(found, "gamma.clotting_lot1_log", &terms, &log.coefficients, 't');
    found.insert("gamma.clotting_lot1_log.disp".to_owned(), log.dispersion);
    found.insert("gamma.clotting_lot1_log.dev".to_owned(), log.deviance);
}

fn two_part_figures(found: &mut Found) {
    let (spend, drivers) = spenders(|_| true);
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &spend, drivers: &slices, intercept: true, weights: None };
    let fit = hurdle::fit(&problem, StandardErrors::Classic, 42, 19).unwrap();
    insert_table(found, "twopart.logit", &TERMS, &fit.chance.coefficients, 'z');
    insert_exact(found, "twopart.logit", &fit.chance);
    for csi in [50.0, 70.0, 90.0] {
        found.insert(format!("twopart.E.csi{csi}"), fit.predict(&[csi, 0.0, 0.0]));
    }
    found.insert("twopart.mean_pred".to_owned(), fit.mean_predicted);
    found.insert("twopart.mean_obs".to_owned(), fit.mean_observed);
    found.insert("twopart.AME_csi".to_owned(), fit.effects[0].effect.estimate);
}

fn tweedie_figures(found: &mut Found) {
    let (spend, drivers) = spenders(|_| true);
    for power in [1.3, 1.5, 1.7] {
        let fit = fitted(&spend, &drivers, Family::TweedieLog { power }, StandardErrors::Classic);
        let prefix = format!("tweedie.p{power}");
        insert_table(found, &prefix, &TERMS, &fit.coefficients, 't');
        insert_exact(found, &prefix, &fit);
        found.insert(format!("{prefix}.phi"), fit.dispersion);
        found.insert(format!("{prefix}.dev"), fit.deviance);
    }
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &spend, drivers: &slices, intercept: true, weights: None };
    let best = glm::profile(&problem, None, StandardErrors::Classic).unwrap();
    assert!(!best.at_border);
    found.insert("tweedie.mgcv.power".to_owned(), best.power);
    found.insert("tweedie.mgcv.sig2".to_owned(), best.dispersion);
    for (term, b) in TERMS.iter().zip(&best.fit.coefficients) {
        found.insert(format!("tweedie.mgcv.{term}"), b.estimate);
    }
}

/// How closely a key can be met: to machine precision, or as far as R's stopping rule let it.
fn tolerance(key: &str, found: &Found, closed: bool) -> f64 {
    if key.contains(".exact.") || (closed && !key.contains("Pr(")) {
        return 1e-8;
    }
    // A p-value near z moves by about z^2 times the relative error of z.
    match key.rsplit_once(".Pr(") {
        Some((term, letter)) => {
            let z = found[&format!("{term}.{} value", letter.replace([')', '>', '|'], ""))];
            (if closed { 1e-8 } else { 2.0 * STOPPED_EARLY }) * (1.0 + z * z)
        }
        None if key.ends_with(" value") => 2.0 * STOPPED_EARLY,
        None => STOPPED_EARLY,
    }
}

fn check_all(found: &Found, expected: &HashMap<String, f64>, closed: impl Fn(&str) -> bool) {
    for (key, value) in expected {
        let own = found.get(key).unwrap_or_else(|| panic!("nothing found for {key}"));
        near(*own, *value, tolerance(key, found, closed(key)), key);
    }
}

#[test]
fn models_of_amounts_agree_with_r_on_every_key() {
    let mut expected = reference(include_str!("revenue.csv"));
    let mut found = Found::new();
    log_linear_figures(&mut found);
    gamma_figures(&mut found);
    two_part_figures(&mut found);
    tweedie_figures(&mut found);
    assert_eq!(expected.len(), 200);
    // mgcv prints the power to three decimals.
    let power = expected.remove("tweedie.mgcv.power").unwrap();
    assert!((found["tweedie.mgcv.power"] - power).abs() < 5e-4, "{}", found["tweedie.mgcv.power"]);
    check_all(&found, &expected, |key| {
        key.starts_with("loglm") || key == "twopart.mean_obs" || key == "gamma.n"
    });
}

#[test]
fn the_hazard_by_month_agrees_with_r_on_every_key() {
    let expected = reference(include_str!("hazard.csv"));
    let data = table(include_str!("synth_customers.csv"));
    let (_, drivers) = spenders(|_| true);
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let followed = Followed { months: &data["time"], left: &data["churn"], drivers: &slices };
    let mut found = Found::new();
    for (name, link) in [("dth.logit", HazardLink::Logit), ("dth.cloglog", HazardLink::Cloglog)] {
        let fit = hazard::fit(&followed, Clock::Log, link, HazardErrors::Classic).unwrap();
        insert_table(&mut found, name, &TERMS, &fit.months.coefficients, 'z');
        insert_exact(&mut found, name, &fit.months);
        found.insert(format!("{name}.dev"), fit.months.deviance);
        found.insert(format!("{name}.S12_csi70_A"), fit.retention(&[70.0, 0.0, 0.0], 12)[11]);
        found.insert("dth.rows.n".to_owned(), fit.months.n as f64);
        found.insert("dth.rows.events".to_owned(), fit.months.events.unwrap() as f64);
        assert_eq!((fit.customers, fit.longest), (800, 24));
    }
    assert_eq!(expected.len(), 70);
    check_all(&found, &expected, |key| key.starts_with("dth.rows"));
}

#[test]
fn the_logistic_model_agrees_with_r_on_every_key() {
    let mut expected = reference(include_str!("logit.csv"));
    let (lost, mut drivers) = churn();
    drivers[0] = rounded(&drivers[0]);
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &lost, drivers: &slices, intercept: true, weights: None };
    let fit = logistic::fit(&problem, StandardErrors::Classic).unwrap();
    let profile = logistic::profile_interval(&problem, 0).unwrap();
    let mut found = Found::new();
    insert_table(&mut found, "logit", &TERMS, &fit.coefficients, 'z');
    insert_exact(&mut found, "logit", &fitted(&lost, &drivers, Family::Logit, StandardErrors::Classic));
    for (key, value) in [
        ("n.n", fit.n as f64),
        ("n.events", fit.events as f64),
        ("dev", fit.deviance),
        ("nulldev", fit.null_deviance),
        ("loglik", fit.log_likelihood),
        ("aic", fit.aic),
        ("mcfadden", fit.mcfadden),
        ("OR_csi10", fit.odds_ratios_per_10[0].unwrap().estimate),
        ("ci_wald_csi.2.5 %", fit.coefficients[1].low),
        ("ci_wald_csi.97.5 %", fit.coefficients[1].high),
        ("ame_csi", fit.marginal_effects[0].estimate),
        ("ame_csi_se", fit.marginal_effects[0].std_error),
    ] {
        found.insert(format!("logit.{key}"), value);
    }
    assert_eq!(expected.len(), 41);
    // How many steps R took until its deviance settled: another rule, another count.
    expected.remove("logit.iter");
    // SciPy 1.17.1: the roots of the profile deviance, by Brent's method on Newton fits to 1e-14.
    near(profile.low, -0.046_579_410_018_425_9, 1e-10, "lower end");
    near(profile.high, -0.028_296_850_078_983_54, 1e-10, "upper end");
    // R reads its ends off a spline through a few points of the profile, good to five digits.
    for (end, key) in
        [(profile.low, "logit.ci_profile_csi.2.5 %"), (profile.high, "logit.ci_profile_csi.97.5 %")]
    {
        near(end, expected.remove(key).unwrap(), 1e-5, key);
    }
    check_all(&found, &expected, |_| false);
}

#[test]
fn exposure_is_an_offset_and_equals_a_rate() {
    let (spend, drivers) = spenders(|spend| spend > 0.0);
    let exposure: Vec<f64> = (0..spend.len()).map(|row| 1.0 + (row % 12) as f64).collect();
    let total: Vec<f64> = spend.iter().zip(&exposure).map(|(y, months)| y * months).collect();
    let offset: Vec<f64> = exposure.iter().map(|months| months.ln()).collect();
    let slices: Vec<&[f64]> = drivers.iter().map(Vec::as_slice).collect();
    let problem = Problem { outcome: &total, drivers: &slices, intercept: true, weights: None };
    let with = glm::fit(&problem, Family::GammaLog, Some(&offset), StandardErrors::HC3).unwrap();
    let rate = fitted(&spend, &drivers, Family::GammaLog, StandardErrors::HC3);
    for (a, b) in with.coefficients.iter().zip(&rate.coefficients) {
        close(a.estimate, b.estimate, "coefficient");
        close(a.std_error, b.std_error, "its error");
    }
    close(with.null_deviance.unwrap(), rate.null_deviance.unwrap(), "null deviance");
}
