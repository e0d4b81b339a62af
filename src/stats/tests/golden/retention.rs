//! Keeping customers: durations, hazards, Firth's and ridge fits, discrimination and calibration.

use std::collections::HashMap;
use std::path::PathBuf;

use cam_stats::cox::{self, CoxFit, Ties};
use cam_stats::survival::{KaplanMeier, Lifetimes, concordance, kaplan_meier, log_rank};

use super::{TOLERANCE, close, customers, reference, table};

/// Numbers by key.
pub(super) type Found = HashMap<String, f64>;

/// A fixture that may not be carried here, by name: from the folder in `CAM_METHODS`, or beside the repository. A
/// missing cell is NaN. `None`, said aloud, where there is no such file; a failure on the build server.
pub(super) fn fixture(name: &str) -> Option<HashMap<String, Vec<f64>>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/methods");
    let folder = std::env::var_os("CAM_METHODS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let places = [folder.join("fixtures").join(name), folder.join(name)];
    let Some(text) = places.iter().find_map(|path| std::fs::read_to_string(path).ok()) else {
        assert!(std::env::var_os("CI").is_none(), "{name} is in none of {places:?}");
        eprintln!("SKIPPED: {name} is in none of {places:?}");
        return None;
    };
    Some(table(&text.replace("NA", "NaN")))
}

/// Compares every reference number whose key begins with one of `prefixes`, and says how many there are.
pub(super) fn check(found: &Found, prefixes: &[&str], count: usize) {
    let expected = reference(include_str!("retention.csv"));
    let mut keys: Vec<&String> =
        expected.keys().filter(|key| prefixes.iter().any(|prefix| key.starts_with(prefix))).collect();
    keys.sort();
    let mut faults = Vec::new();
    for key in &keys {
        match found.get(*key) {
            Some(value) => {
                let error = (value - expected[*key]).abs() / expected[*key].abs().max(1e-300);
                if error.is_nan() || error >= TOLERANCE {
                    faults
                        .push(format!("{key}: found {value}, expected {}, error {error:e}", expected[*key]));
                }
            }
            None => faults.push(format!("{key}: not computed")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(keys.len(), count, "{prefixes:?}");
}

/// The prefixes of all tests, here and in `prediction`, and the number of keys.
#[test]
fn no_key_is_left_out() {
    let prefixes = [
        "cox.synth.",
        "cox.lung.",
        "km.synth.",
        "km.lung.",
        "logrank.",
        "firth.sex2.",
        "firth.sep10.",
        "ridge_logit.",
        "logit.ci_profile",
        "auc",
        "brier",
        "logloss",
        "cal.",
        "hosmer",
        "ece",
        "lift",
        "capture",
    ];
    let expected = reference(include_str!("retention.csv"));
    let missed: Vec<_> = expected.keys().filter(|key| !prefixes.iter().any(|p| key.starts_with(p))).collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert_eq!(expected.len(), 188);
}

fn flags(values: &[f64]) -> Vec<bool> {
    values.iter().map(|value| *value > 0.5).collect()
}

/// Times, events, drivers and units of the made-up customers.
pub(super) struct Customers {
    pub(super) time: Vec<f64>,
    pub(super) event: Vec<bool>,
    pub(super) drivers: Vec<Vec<f64>>,
    pub(super) units: Vec<usize>,
}

impl Customers {
    fn lifetimes(&self) -> Lifetimes<'_> {
        Lifetimes { start: None, stop: &self.time, event: &self.event }
    }
}

pub(super) fn made_up() -> Customers {
    let data = table(include_str!("synth_customers.csv"));
    let (_, _, units) = customers();
    let segment = |letter: f64| -> Vec<f64> {
        data["segment"].iter().map(|value| f64::from(u8::from((value - letter).abs() < 0.5))).collect()
    };
    // The reference was computed from the column of six decimals: its other digits agree with that to 1e-13.
    let drivers = vec![data["csi"].clone(), segment(1.0), segment(2.0)];
    Customers { time: data["time"].clone(), event: flags(&data["churn"]), drivers, units }
}

/// The cancer patients with a known performance score: times, events, age, sex and score.
fn patients(complete: bool) -> Option<Customers> {
    let data = fixture("lung.csv")?;
    let rows: Vec<usize> =
        (0..data["time"].len()).filter(|row| !complete || !data["ph.ecog"][*row].is_nan()).collect();
    let column = |name: &str| -> Vec<f64> { rows.iter().map(|row| data[name][*row]).collect() };
    let event = column("status").iter().map(|status| *status > 1.5).collect();
    let drivers = ["age", "sex", "ph.ecog"].map(column).to_vec();
    Some(Customers { time: column("time"), event, drivers, units: Vec::new() })
}

pub(super) fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

pub(super) fn put(found: &mut Found, key: &str, value: f64) {
    assert!(found.insert(key.to_owned(), value).is_none(), "{key} twice");
}

fn put_cox(found: &mut Found, set: &str, names: &[&str], fit: &CoxFit) {
    for (name, coefficient) in names.iter().zip(&fit.coefficients) {
        for (what, value) in [
            ("coef", coefficient.estimate),
            ("se(coef)", coefficient.std_error),
            ("z", coefficient.statistic.unwrap()),
            ("Pr(>|z|)", coefficient.p_value.unwrap()),
        ] {
            put(found, &format!("{set}.{name}.{what}"), value);
        }
    }
    put(found, &format!("{set}.ll0"), fit.null_log_likelihood);
    put(found, &format!("{set}.ll1"), fit.log_likelihood);
    put(found, &format!("{set}.n"), fit.n as f64);
    put(found, &format!("{set}.nevent"), fit.events as f64);
}

fn put_test(found: &mut Found, key: &str, test: &cam_stats::ols::TestResult) {
    put(found, &format!("{key}.chisq"), test.statistic);
    put(found, &format!("{key}.df"), test.df1);
    put(found, &format!("{key}.p"), test.p_value);
}

/// Everything about one data set's hazards, under `cox.<set>`; a term is a name and its drivers.
fn hazards(set: &str, names: &[&str], terms: &[(&str, &[usize])], data: &Customers) -> Found {
    let mut found = Found::new();
    let (lifetimes, drivers) = (data.lifetimes(), slices(&data.drivers));
    for (name, ties) in [("efron", Ties::Efron), ("breslow", Ties::Breslow)] {
        let fit = cox::fit(&lifetimes, &drivers, ties, None).unwrap();
        put_cox(&mut found, &format!("cox.{set}.{name}"), names, &fit);
    }
    let fit = cox::fit(&lifetimes, &drivers, Ties::Efron, None).unwrap();
    let share = concordance(&lifetimes, &fit.risk).unwrap().unwrap();
    put(&mut found, &format!("cox.{set}.concordance"), share);
    let members: Vec<&[usize]> = terms.iter().map(|(_, members)| *members).collect();
    let test = cox::proportional_hazards(&lifetimes, &drivers, &fit, &members).unwrap();
    for ((name, _), result) in terms.iter().zip(&test.terms) {
        put_test(&mut found, &format!("cox.{set}.zph_km.{name}"), result);
    }
    put_test(&mut found, &format!("cox.{set}.zph_km.GLOBAL"), &test.global);
    for time in [6.0, 12.0, 24.0, 180.0, 365.0] {
        let hazard = fit.cumulative_hazard(time, &vec![0.0; drivers.len()]).unwrap();
        put(&mut found, &format!("cox.{set}.H0.{time}"), hazard);
    }
    found
}

#[test]
fn hazards_of_customers_agree_with_survival() {
    let data = made_up();
    let names = ["csi", "segmentB", "segmentC"];
    let mut found = hazards("synth", &names, &[("csi", &[0]), ("segment", &[1, 2])], &data);
    let drivers = slices(&data.drivers);
    let clustered = cox::fit(&data.lifetimes(), &drivers, Ties::Efron, Some(&data.units)).unwrap();
    for (name, coefficient) in names.iter().zip(&clustered.coefficients) {
        put(&mut found, &format!("cox.synth.robust_se_cluster.{name}"), coefficient.std_error);
    }
    check(&found, &["cox.synth."], 48);
}

#[test]
fn hazards_of_patients_agree_with_survival() {
    let Some(data) = patients(true) else { return };
    let terms = [("age", &[0][..]), ("sex", &[1]), ("ph.ecog", &[2])];
    check(&hazards("lung", &["age", "sex", "ph.ecog"], &terms, &data), &["cox.lung."], 47);
}

fn put_curve(found: &mut Found, set: &str, curve: &KaplanMeier, times: &[f64], limit: f64) {
    for time in times {
        let (step, key) = (curve.at(*time).unwrap(), format!("km.{set}.t{time}"));
        let interval = step.interval.unwrap();
        put(found, &format!("{key}.S"), step.survival);
        put(found, &format!("{key}.se"), step.std_error.unwrap());
        put(found, &format!("{key}.lo"), interval.low);
        put(found, &format!("{key}.hi"), interval.high);
        put(found, &format!("{key}.nrisk"), curve.at_risk(*time) as f64);
    }
    let (median, mean) = (curve.median(), curve.restricted_mean(limit).unwrap());
    put(found, &format!("km.{set}.median.med"), median.time.unwrap());
    put(found, &format!("km.{set}.median.lo"), median.low.unwrap());
    put(found, &format!("km.{set}.median.hi"), median.high.unwrap());
    put(found, &format!("km.{set}.rmean{limit}.rmean"), mean.mean);
    put(found, &format!("km.{set}.rmean{limit}.se(rmean)"), mean.std_error);
}

#[test]
fn curves_of_customers_agree_with_survival() {
    let curve = kaplan_meier(&made_up().lifetimes(), 0.95).unwrap();
    let mut found = Found::new();
    put_curve(&mut found, "synth", &curve, &[6.0, 12.0, 24.0], 24.0);
    check(&found, &["km.synth."], 20);
}

#[test]
fn curves_of_patients_agree_with_survival() {
    let Some(data) = patients(false) else { return };
    let lifetimes = data.lifetimes();
    let mut found = Found::new();
    put_curve(&mut found, "lung", &kaplan_meier(&lifetimes, 0.95).unwrap(), &[180.0, 365.0], 365.0);
    let sex: Vec<usize> = data.drivers[1].iter().map(|sex| usize::from(*sex > 1.5)).collect();
    let test = log_rank(&lifetimes, &sex).unwrap();
    put(&mut found, "logrank.lung.sex.chisq", test.statistic);
    put(&mut found, "logrank.lung.sex.p", test.p_value);
    check(&found, &["km.lung.", "logrank."], 17);
    close(test.df1, 1.0, "degrees of freedom");
}

/// Six and ten rows whose likelihood was worked out by hand, ties and late entries among them (Therneau and Grambsch
/// 2000, *Modeling Survival Data*, appendix E).
#[test]
fn small_hazards_agree_with_the_book() {
    let stop = [9.0, 1.0, 1.0, 6.0, 6.0, 8.0];
    let event = [true, true, false, true, true, false];
    let lifetimes = Lifetimes { start: None, stop: &stop, event: &event };
    let x = [0.0, 1.0, 1.0, 1.0, 0.0, 0.0];
    let angle = (45.0 / 23.0 * (3.0_f64 / 23.0).sqrt()).acos() / 3.0;
    let efron = (angle.cos() * 2.0 * (23.0_f64 / 3.0).sqrt()).ln();
    let breslow = f64::midpoint(3.0, 33.0_f64.sqrt()).ln();
    for (ties, expected) in [(Ties::Efron, efron), (Ties::Breslow, breslow)] {
        // Four events are too few for `fit`; a penalty this weak changes nothing.
        let fit = cox::ridge(&lifetimes, &[&x], ties, 1e-13).unwrap();
        close(fit.coefficients[0].estimate, expected, "six rows");
    }
    let start = [1.0, 2.0, 5.0, 2.0, 1.0, 7.0, 3.0, 4.0, 8.0, 8.0];
    let stop = [2.0, 3.0, 6.0, 7.0, 8.0, 9.0, 9.0, 9.0, 14.0, 17.0];
    let event: Vec<bool> = (0..10).map(|row| row < 7).collect();
    let x = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0];
    let lifetimes = Lifetimes { start: Some(&start), stop: &stop, event: &event };
    let fit = cox::fit(&lifetimes, &[&x], Ties::Breslow, None).unwrap();
    close(fit.coefficients[0].estimate, -0.084_526_081, "ten rows, Breslow");
    let fit = cox::fit(&lifetimes, &[&x], Ties::Efron, None).unwrap();
    let r = fit.coefficients[0].estimate.exp();
    let score = 1.0 / (r + 1.0) + 1.0 / (3.0 * r + 1.0) + 2.0 / (3.0 * r + 2.0) + 2.0 / (2.0 * r + 2.0)
        - (r / (r + 2.0) + 3.0 * r / (3.0 * r + 2.0) + 3.0 * r / (3.0 * r + 1.0));
    assert!(score.abs() < 1e-12, "{score}");
    let part = |factor: f64, base: f64| factor / (base * base);
    let information = r
        * (part(1.0, r + 1.0)
            + part(2.0, r + 2.0)
            + part(12.0, 3.0 * r + 2.0)
            + part(6.0, 3.0 * r + 1.0)
            + part(4.0, 2.0 * r + 2.0));
    close(fit.coefficients[0].std_error, 1.0 / information.sqrt(), "ten rows, error");
    let likelihood = 4.0 * r.ln()
        - ((r + 1.0).ln() + (r + 2.0).ln() + 2.0 * (3.0 * r + 2.0).ln() + 2.0 * (3.0 * r + 1.0).ln())
        - (2.0 * r + 2.0).ln();
    close(fit.log_likelihood, likelihood, "ten rows, log-likelihood");
}
