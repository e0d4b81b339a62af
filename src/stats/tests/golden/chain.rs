//! `docs/methods.md` 6 (units and the service-profit chain) and the panel of 4: every key of the three files,
//! counted.

use std::collections::HashMap;

use cam_stats::agreement::{agreement, within_agreement};
use cam_stats::mediation::mediation;
use cam_stats::mixed::{Likelihood, random_intercept};
use cam_stats::ols::{ClusterCorrection, Coefficient, LinearFit, Problem, StandardErrors, fit};
use cam_stats::panel::{Effects, Panel, fixed_effects, lagged, random_effects, within_between};
use cam_stats::service_profit::{UnitRows, forecast, service_profit};
use cam_stats::units::aggregate;

use super::{TOLERANCE, close, fitted, reference, table};

/// What was found, under the names of the reference.
#[derive(Default)]
struct Found(HashMap<String, f64>);

impl Found {
    fn put(&mut self, key: &str, value: f64) {
        assert!(self.0.insert(key.to_owned(), value).is_none(), "{key} twice");
    }

    /// Estimate, error, t and p as R's `summary` names them.
    fn summary(&mut self, prefix: &str, names: [&str; 4], coefficient: &Coefficient) {
        let values = [
            coefficient.estimate,
            coefficient.std_error,
            coefficient.statistic.unwrap(),
            coefficient.p_value.unwrap(),
        ];
        for (name, value) in names.iter().zip(values) {
            self.put(&format!("{prefix}.{name}"), value);
        }
    }

    /// Every key of the reference that begins like one of `areas` was found, and nothing else.
    fn agrees(&self, expected: &HashMap<String, f64>, areas: &[&str], count: usize) {
        let keys: Vec<&String> =
            expected.keys().filter(|key| areas.iter().any(|area| key.starts_with(area))).collect();
        assert_eq!((keys.len(), self.0.len()), (count, count));
        for key in keys {
            close(*self.0.get(key).unwrap_or_else(|| panic!("{key} is not computed")), expected[key], key);
        }
    }
}

const LM: [&str; 4] = ["Estimate", "Std. Error", "t value", "Pr(>|t|)"];

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
fn ids(column: &[f64]) -> Vec<usize> {
    column.iter().map(|value| *value as usize).collect()
}

fn chain_reference() -> HashMap<String, f64> {
    reference(include_str!("chain.csv"))
}

/// Answers of the employees, 0 to 100, and the unit of each.
fn employees() -> (Vec<f64>, Vec<usize>) {
    let data = table(include_str!("synth_employees.csv"));
    let index = |row: usize| {
        (["e1", "e2", "e3", "e4"].iter().map(|item| data[*item][row]).sum::<f64>() / 4.0 - 1.0) / 4.0 * 100.0
    };
    ((0..380).map(index).collect(), ids(&data["unit"]))
}

/// Satisfaction of the customers, 0 to 100, their spend, and the unit of each.
fn customers() -> (Vec<f64>, Vec<f64>, Vec<usize>) {
    let (csi, _, units) = super::customers();
    (csi, table(include_str!("synth_customers.csv"))["spend"].clone(), units)
}

/// ESI, its number of persons, CSI and spend of the 40 units.
fn units() -> [Vec<f64>; 4] {
    let ((esi, own), (csi, spend, theirs)) = (employees(), customers());
    let of = |values: &[f64], units: &[usize]| aggregate(values, units, 5).unwrap();
    let (esi, csi, spend) = (of(&esi, &own), of(&csi, &theirs), of(&spend, &theirs));
    let means =
        |units: &[cam_stats::units::UnitMean]| units.iter().map(|unit| unit.mean).collect::<Vec<f64>>();
    let persons = esi.shown.iter().map(|unit| unit.n as f64).collect();
    [means(&esi.shown), persons, means(&csi.shown), means(&spend.shown)]
}

/// A file that may not be carried along; absent, the test says so and ends (but fails where `CI` is set).
fn public_fixture(name: &str) -> Option<HashMap<String, Vec<f64>>> {
    let folder = std::env::var_os("CAM_METHODS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/methods/fixtures"),
        std::path::PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(name)).ok();
    assert!(text.is_some() || std::env::var_os("CI").is_none(), "{name} is missing");
    if text.is_none() {
        eprintln!("SKIPPED: {name} is not here; name its folder in CAM_METHODS");
    }
    text.map(|text| table(&text))
}

#[test]
fn means_of_units_agree_with_the_file() {
    let data = table(include_str!("synth_units.csv"));
    for (found, name) in units().iter().zip(["esi", "ne", "csi", "spend"]) {
        assert_eq!(found.len(), 40);
        for (found, expected) in found.iter().zip(&data[name]) {
            close(*found, *expected, name);
        }
    }
}

fn put_agreement(found: &mut Found, name: &str, values: &[f64], groups: &[usize]) {
    let own = agreement(values, groups).unwrap();
    let (test, interval) = (own.f_test.unwrap(), own.interval.unwrap());
    for (key, value) in [
        ("MSB", own.between),
        ("MSW", own.within),
        ("k0", own.size),
        ("kbar", own.n as f64 / own.groups as f64),
        ("icc1", own.single),
        ("icc2", own.mean),
        ("F", test.statistic),
        ("p", test.p_value),
        ("icc1_lo", interval.low),
        ("icc1_hi", interval.high),
    ] {
        found.put(&format!("icc.{name}.{key}"), value);
    }
}

#[test]
fn agreement_within_units_agrees_with_the_formulas_in_r() {
    let mut found = Found::default();
    let (esi, own) = employees();
    let (csi, _, theirs) = customers();
    put_agreement(&mut found, "emp_esi", &esi, &own);
    put_agreement(&mut found, "cust_csi", &csi, &theirs);
    assert_eq!(agreement(&esi, &own).unwrap().warning(), None);
    assert_eq!(agreement(&csi, &theirs).unwrap().warning().unwrap().code(), "W_ICC");
    found.agrees(&chain_reference(), &["icc.emp_esi", "icc.cust_csi"], 20);
}

#[test]
fn agreement_within_sleepers_agrees_with_the_formulas_in_r() {
    let Some(data) = public_fixture("sleepstudy.csv") else { return };
    let mut found = Found::default();
    put_agreement(&mut found, "sleepstudy", &data["Reaction"], &ids(&data["Subject"]));
    found.agrees(&chain_reference(), &["icc.sleepstudy"], 10);
}

#[test]
fn agreement_on_items_agrees_with_the_formula_in_r() {
    let data = table(include_str!("synth_employees.csv"));
    let items = ["e1", "e2", "e3", "e4"].map(|item| data[item].as_slice());
    let groups = within_agreement(&items, &ids(&data["unit"]), 5).unwrap();
    let mut values: Vec<f64> = groups.iter().map(|group| group.value.unwrap()).collect();
    let mut found = Found::default();
    found.put("rwgj.unit1", values[0]);
    found.put("rwgj.mean", values.iter().sum::<f64>() / values.len() as f64);
    values.sort_by(f64::total_cmp);
    found.put("rwgj.median", cam_stats::quantile::sorted_quantile(&values, 0.5).unwrap());
    found.agrees(&chain_reference(), &["rwgj"], 3);
}

fn weighted(outcome: &[f64], driver: &[f64], weights: &[f64], errors: StandardErrors<'_>) -> LinearFit {
    let drivers = [driver];
    fit(&Problem { outcome, drivers: &drivers, intercept: true, weights: Some(weights) }, errors).unwrap()
}

#[test]
fn slopes_of_units_and_their_elasticities_agree_with_r() {
    let [esi, persons, csi, spend] = units();
    let mut found = Found::default();
    let mut put = |link: &str, fit: &LinearFit, names: &[&str]| {
        for (name, coefficient) in names.iter().zip(&fit.coefficients) {
            found.summary(&format!("chain.{link}.{name}"), LM, coefficient);
        }
    };
    let classic = StandardErrors::Classic;
    put("a_ols", &fitted(&csi, std::slice::from_ref(&esi), true, classic), &["(Intercept)", "esi"]);
    put("a_wls_ne", &weighted(&csi, &esi, &persons, classic), &["(Intercept)", "esi"]);
    let both = [csi.clone(), esi.clone()];
    put("b_ols", &fitted(&spend, &both, true, classic), &["(Intercept)", "csi", "esi"]);
    put("c_ols", &fitted(&spend, std::slice::from_ref(&esi), true, classic), &["(Intercept)", "esi"]);

    let rows = UnitRows { employees: &esi, customers: &csi, money: &spend };
    let chain = service_profit(&rows, 999, 42).unwrap();
    let (means, logs) = (chain.at_means.unwrap(), chain.log_log.unwrap());
    let step = chain.effect(5.0);
    let own = agreement(&employees().0, &employees().1).unwrap();
    let slope = chain.customers_on_employees.estimate;
    for (key, value) in [
        ("disattenuated_a", own.disattenuated(slope).unwrap()),
        ("elasticity_at_means.esi_csi", means.first.estimate),
        ("elasticity_at_means.csi_spend", means.second.estimate),
        ("plus5_esi.dcsi", step.customers.estimate),
        ("plus5_esi.dspend", step.money.estimate),
        ("plus5_esi.dspend_pct", step.percent.unwrap().estimate),
        ("loglog.e1", logs.first.estimate),
        ("loglog.e2", logs.second.estimate),
        ("loglog.product", logs.product.estimate),
    ] {
        found.put(&format!("chain.{key}"), value);
    }
    found.agrees(&chain_reference(), &["chain."], 45);
}

#[test]
fn mediation_and_its_bootstrap_agree_with_r() {
    let [esi, _, csi, spend] = units();
    let own = mediation(&esi, &csi, &spend, 1_999, 44).unwrap();
    let mut expected = chain_reference();
    // The identity c = a b + c' is an order of magnitude, not a value.
    assert!(expected.remove("mediation.check").unwrap().abs() < 1e-15);
    let gap = own.total.estimate - own.indirect.estimate - own.direct.estimate;
    assert!(gap.abs() < 1e-10, "{gap}");
    // The share is nonsense here, and is not given.
    assert_eq!(own.share, None);
    let mut found = Found::default();
    for (key, value) in [
        ("ab", own.indirect.estimate),
        ("sobel_se.csi", own.sobel),
        ("aroian_se.csi", own.aroian),
        ("direct", own.direct.estimate),
        ("total", own.total.estimate),
        ("prop", own.indirect.estimate / own.total.estimate),
        ("se_HC3.a", own.first.std_error),
        ("se_HC3.b", own.second.std_error),
    ] {
        found.put(&format!("mediation.{key}"), value);
    }
    found.agrees(&expected, &["mediation."], 8);

    let mut drawn = Found::default();
    drawn.put("mediation.boot.est", own.indirect.estimate);
    drawn.put("mediation.boot.sd", own.indirect_sd);
    drawn.put("mediation.boot.pct95.lo", own.indirect.low);
    drawn.put("mediation.boot.pct95.hi", own.indirect.high);
    drawn.agrees(&reference(include_str!("mediation.csv")), &["mediation.boot"], 4);
    assert_eq!((own.failed, own.draws, own.seed), (0, 1_999, 44));
}

/// ESI of the unit of each customer, beside the customer's satisfaction.
fn customers_with_esi() -> (Vec<f64>, Vec<f64>, Vec<usize>) {
    let [esi, ..] = units();
    let (csi, _, units) = customers();
    let own = units.iter().map(|unit| esi[unit - 1]).collect();
    (csi, own, units)
}

#[test]
fn customers_in_units_agree_with_lme4_and_club_sandwich() {
    let (csi, esi, units) = customers_with_esi();
    let mut found = Found::default();
    let reml = random_intercept(&csi, &[&esi], &units, Likelihood::Reml).unwrap();
    let ml = random_intercept(&csi, &[&esi], &units, Likelihood::Ml).unwrap();
    for (key, value) in [
        ("csi_esi.(Intercept)", reml.coefficients[0].estimate),
        ("csi_esi.esi", reml.coefficients[1].estimate),
        ("csi_esi.se1", reml.coefficients[0].std_error),
        ("csi_esi.se2", reml.coefficients[1].std_error),
        ("csi_esi.sd_unit", reml.sd_groups),
        ("csi_esi.sd_resid", reml.sd_residual),
        ("csi_esi.reml", reml.deviance),
        ("csi_esi.ml_loglik", -0.5 * ml.deviance),
        ("blup_unit1_2.1", reml.effects[0].value),
        ("blup_unit1_2.2", reml.effects[1].value),
    ] {
        found.put(&format!("lmer.{key}"), value);
    }
    found.agrees(&chain_reference(), &["lmer.csi_esi", "lmer.blup"], 10);

    let mut found = Found::default();
    let drivers = std::slice::from_ref(&esi);
    let clustered = StandardErrors::Clustered { ids: &units, correction: Some(ClusterCorrection::Cr2) };
    let own = fitted(&csi, drivers, true, clustered).coefficients[1];
    found.put("ols_cr2.csi_esi.b", own.estimate);
    found.put("ols_cr2.csi_esi.se", own.std_error);
    found.put("ols_cr2.csi_esi.df", own.df.unwrap());
    found.put("ols_cr2.csi_esi.p", own.p_value.unwrap());
    found.put("ols_naive_se", fitted(&csi, drivers, true, StandardErrors::Classic).coefficients[1].std_error);
    found.agrees(&chain_reference(), &["ols_"], 5);
}

/// nlme stops short of the boundary, at a standard deviation of 0.0038 in place of 0. Estimates and degrees of
/// freedom are those of the model; errors are compared at nlme's own ratio of variances, where generalised
/// least squares is least squares on columns less a part of their units' means. nlme's `sd.1` enters by that
/// ratio, so that its own comparison shows no more than that it was used.
#[test]
fn customers_in_units_agree_with_nlme() {
    let expected = chain_reference();
    let (csi, esi, units) = customers_with_esi();
    let reml = random_intercept(&csi, &[&esi], &units, Likelihood::Reml).unwrap();
    let ratio = (expected["nlme.csi_esi.sd.1"] / expected["nlme.csi_esi.sd.2"]).powi(2);
    let part = 1.0 - (1.0 + 20.0 * ratio).sqrt().recip();
    let shrunk = |column: &[f64]| -> Vec<f64> {
        let mean = |unit: usize| {
            let own = column.iter().zip(&units).filter(|(_, other)| **other == unit);
            own.map(|(value, _)| value).sum::<f64>() / 20.0
        };
        let means: Vec<f64> = (1..=40).map(mean).collect();
        column.iter().zip(&units).map(|(value, unit)| value - part * means[unit - 1]).collect()
    };
    let columns = [shrunk(&vec![1.0; 800]), shrunk(&esi)];
    let there = fitted(&shrunk(&csi), &columns, false, StandardErrors::Classic);
    let mut found = Found::default();
    for (position, name) in ["(Intercept)", "esi"].iter().enumerate() {
        let (model, errors) = (&reml.coefficients[position], &there.coefficients[position]);
        let t = model.estimate / errors.std_error;
        for (key, value) in [
            ("Value", model.estimate),
            ("Std.Error", errors.std_error),
            ("DF", model.df.unwrap()),
            ("t-value", t),
            ("p-value", cam_stats::quantile::t_two_sided(t, model.df.unwrap())),
        ] {
            found.put(&format!("nlme.csi_esi.{name}.{key}"), value);
        }
    }
    found.put("nlme.csi_esi.sd.1", ratio.sqrt() * there.sigma);
    found.put("nlme.csi_esi.sd.2", there.sigma);
    found.agrees(&expected, &["nlme."], 12);
}

#[test]
fn sleepers_agree_with_lme4() {
    let Some(data) = public_fixture("sleepstudy.csv") else { return };
    let reml =
        random_intercept(&data["Reaction"], &[&data["Days"]], &ids(&data["Subject"]), Likelihood::Reml)
            .unwrap();
    let mut found = Found::default();
    for (key, value) in [
        ("(Intercept)", reml.coefficients[0].estimate),
        ("Days", reml.coefficients[1].estimate),
        ("se1", reml.coefficients[0].std_error),
        ("se2", reml.coefficients[1].std_error),
        ("sd", reml.sd_groups),
        ("sigma", reml.sd_residual),
        ("reml", reml.deviance),
    ] {
        found.put(&format!("lmer.sleep_ri.{key}"), value);
    }
    found.agrees(&chain_reference(), &["lmer.sleep_ri"], 7);
}

/// 20 + 10 + 3 + 45 + 9 + 10 + 5 + 12 + 7, of which one is an order of magnitude.
#[test]
fn every_key_of_the_chain_has_its_test() {
    assert_eq!(chain_reference().len(), 121);
}

/// Sears: 5 points of employees' attitude, 1.3 points of customers' impression, 0.5 % of revenue.
#[test]
fn the_arithmetic_of_sears() {
    let slopes = [1.3 / 5.0, 0.5 / 1.3];
    close(slopes[0], 0.26, "points per point");
    assert!((slopes[1] - 0.3846).abs() < 5e-5);
    let (five, one) = (forecast(5.0, &slopes), forecast(1.0, &slopes));
    close(five[0], 1.3, "customers");
    close(five[1], 0.5, "revenue");
    close(one[1], 0.1, "revenue per point");
}

struct PanelData {
    outcome: Vec<f64>,
    driver: Vec<f64>,
    units: Vec<usize>,
    periods: Vec<i64>,
}

#[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
fn panel_data() -> PanelData {
    let data = table(include_str!("synth_panel.csv"));
    PanelData {
        outcome: data["log_rev"].clone(),
        driver: data["sat_lag1"].clone(),
        units: ids(&data["unit"]),
        periods: data["quarter"].iter().map(|quarter| *quarter as i64).collect(),
    }
}

#[test]
fn panel_models_agree_with_plm_and_nlme() {
    let PanelData { outcome, driver, units, periods } = panel_data();
    let drivers = [driver.as_slice()];
    let panel = Panel { outcome: &outcome, drivers: &drivers, units: &units, periods: &periods };
    let mut found = Found::default();

    let one = fixed_effects(&panel, Effects::Unit).unwrap();
    found.put("fe1.b", one.coefficients[0].estimate);
    found.put("fe1.se_classic", one.errors[0].classic);
    found.put("fe1.se_arellano_HC0", one.errors[0].cr0);
    // plm's HC1 is n / (n - k) of the squares.
    found.put("fe1.se_arellano_HC1", one.errors[0].cr0 * (320.0_f64 / 319.0).sqrt());
    found.put("fe1.r2_within", one.r_squared_within);

    let two = fixed_effects(&panel, Effects::UnitAndPeriod).unwrap();
    found.put("fe2.b", two.coefficients[0].estimate);
    found.put("fe2.se_classic", two.errors[0].classic);
    found.put("fe2.se_HC0", two.errors[0].cr0);
    found.put("fe2.se_CR0", two.errors[0].cr0);
    found.put("fe2.se_CR1_G", two.errors[0].cr1);
    found.put("fe2.se_CR1_reghdfe_nested", two.coefficients[0].std_error);
    found.put("fe2.se_CR1_lsdv_allK", two.errors[0].counted);
    found.put("fe2.df_t", two.coefficients[0].df.unwrap());

    let random = random_effects(&panel).unwrap();
    found.put("re.b", random.coefficients[1].estimate);
    found.put("re.se", random.coefficients[1].std_error);
    found.put("re.theta", random.theta_low);
    assert_eq!(random.theta_low.to_bits(), random.theta_high.to_bits());
    let hausman = random.hausman.unwrap();
    found.put("hausman.chisq", hausman.statistic);
    found.put("hausman.p", hausman.p_value);

    let pooled = fitted(&outcome, std::slice::from_ref(&driver), true, StandardErrors::Classic);
    found.put("pooled.b", pooled.coefficients[1].estimate);
    found.put("pooled.se", pooled.coefficients[1].std_error);

    let hybrid = within_between(&panel).unwrap();
    let split = hybrid.drivers[0];
    for (name, coefficient) in
        [("(Intercept)", hybrid.intercept), ("mw", split.within.unwrap()), ("mb", split.between.unwrap())]
    {
        let names = ["Value", "Std.Error", "t-value", "p-value"];
        found.summary(&format!("hybrid.{name}"), names, &coefficient);
        found.put(&format!("hybrid.{name}.DF"), coefficient.df.unwrap());
    }
    found.agrees(&reference(include_str!("panel.csv")), &[""], 35);
}

/// The lag that the file carries is the lag that is computed.
#[test]
fn lagged_values_agree_with_the_file() {
    let PanelData { driver, units, periods, .. } = panel_data();
    let sat = &table(include_str!("synth_panel.csv"))["sat"];
    let found = lagged(sat, &units, &periods, 1).unwrap();
    assert_eq!(found.iter().flatten().count(), 280);
    for (found, expected) in found.iter().zip(&driver) {
        if let Some(found) = found {
            assert!((found - expected).abs() <= TOLERANCE * expected.abs());
        }
    }
}
