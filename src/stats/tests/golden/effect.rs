//! Every key of the reference on the effect of a measure and on power, and the published example of robustness values.

use cam_stats::effect::{
    self, Basis, DidErrors, Panel, Rows, ancova, first_difference, pooled, pooled_effect, pre_trend,
    staggered,
};
use cam_stats::ols::Coefficient;
use cam_stats::power::{self, BeforeAfter, Samples, answers_for_margin, design_effect, invitations};
use cam_stats::sensitivity::{robustness_value, robustness_value_of_test, sensitivity};

use super::measure::{Found, waves};
use super::*;

/// The arm and the unit of each customer.
fn assigned() -> (Vec<bool>, Vec<usize>) {
    let data = table(include_str!("synth_did.csv"));
    let first = |name: &str| -> Vec<f64> { data[name].iter().step_by(2).copied().collect() };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "unit numbers 1 to 30")]
    let units = first("unit").iter().map(|unit| *unit as usize).collect();
    (first("treated").iter().map(|treated| *treated > 0.5).collect(), units)
}

fn coefficients(found: &mut Found, key: &str, names: &[&str], fitted: &[Coefficient]) {
    assert_eq!(names.len(), fitted.len());
    for (name, coefficient) in names.iter().zip(fitted) {
        found.put(&format!("{key}.{name}.Estimate"), coefficient.estimate);
        found.put(&format!("{key}.{name}.Std. Error"), coefficient.std_error);
        found.put(&format!("{key}.{name}.t value"), coefficient.statistic.unwrap());
        found.put(&format!("{key}.{name}.Pr(>|t|)"), coefficient.p_value.unwrap());
    }
}

fn clustered(ids: &[usize], correction: ClusterCorrection) -> StandardErrors<'_> {
    StandardErrors::Clustered { ids, correction: Some(correction) }
}

fn pooled_keys(found: &mut Found) {
    let data = table(include_str!("synth_did.csv"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
    let whole = |name: &str| -> Vec<usize> { data[name].iter().map(|value| *value as usize).collect() };
    let flags = |name: &str| -> Vec<bool> { data[name].iter().map(|value| *value > 0.5).collect() };
    let (treated, after, customers, units) =
        (flags("treated"), flags("post"), whole("customer"), whole("unit"));
    let rows = Rows { outcome: &data["sat"], treated: &treated, after: &after, units: Some(&units) };
    let effect = |errors| pooled(&rows, errors).unwrap().coefficients[3];
    let classic = pooled(&rows, StandardErrors::Classic).unwrap();
    let names = ["(Intercept)", "treated", "post", "treated:post"];
    coefficients(found, "did.ols", &names, &classic.coefficients);
    let by_unit = effect(clustered(&units, ClusterCorrection::Cr1));
    found.put("did.se_CR1.customer", effect(clustered(&customers, ClusterCorrection::Cr1)).std_error);
    found.put("did.se_CR0.customer", effect(clustered(&customers, ClusterCorrection::Cr0)).std_error);
    found.put("did.se_CR1.unit", by_unit.std_error);
    found.put("did.t29_CR1", by_unit.p_value.unwrap());
    found.put("did.se_CR0.unit", effect(clustered(&units, ClusterCorrection::Cr0)).std_error);
    let ruled = pooled_effect(&rows, 1).unwrap();
    let DidErrors::Units(did) = &ruled.did else { panic!("units were given") };
    assert_eq!((did.basis, did.permutation), (Basis::Clustered, None));
    found.put("did.CR2.unit.b", did.effect.estimate);
    found.put("did.CR2.unit.se", did.effect.std_error);
    found.put("did.CR2.unit.df", did.effect.df.unwrap());
    found.put("did.CR2.unit.p", did.effect.p_value.unwrap());
    found.put("did.means.c0", ruled.means.control_before);
    found.put("did.means.c1", ruled.means.control_after);
    found.put("did.means.t0", ruled.means.treated_before);
    found.put("did.means.t1", ruled.means.treated_after);
    found.put("did.means.did", ruled.means.difference());
}

fn panel_keys(found: &mut Found) {
    let ((before, after), (treated, units)) = (waves(), assigned());
    let panel = Panel { before: &before, after: &after, treated: &treated, units: Some(&units) };
    let names = ["(Intercept)", "treated", "sat0"];
    let classic = first_difference(&panel, StandardErrors::Classic).unwrap();
    coefficients(found, "did.firstdiff", &names[..2], &classic.coefficients);
    let cr1 = || clustered(&units, ClusterCorrection::Cr1);
    let by_unit = first_difference(&panel, cr1()).unwrap();
    found.put("did.firstdiff.CR1_unit", by_unit.coefficients[1].std_error);
    let classic = ancova(&panel, StandardErrors::Classic).unwrap();
    coefficients(found, "did.ancova", &names, &classic.coefficients);
    found.put("did.ancova.CR1_unit", ancova(&panel, cr1()).unwrap().coefficients[1].std_error);
    let ruled = effect::effect(&panel, 1).unwrap();
    let test = ruled.did.by_unit;
    assert_eq!((test.treated, test.control, ruled.ancova.basis), (15, 15, Basis::Clustered));
    found.put("did.unit_aggregated.diff", test.effect.estimate);
    found.put("did.unit_aggregated.t", test.effect.statistic.unwrap());
    found.put("did.unit_aggregated.df", test.effect.df.unwrap());
    found.put("did.unit_aggregated.p", test.effect.p_value.unwrap());
    close(ruled.ancova.effect.estimate, classic.coefficients[1].estimate, "analysis of covariance");
    let codes: Vec<&str> = ruled.warnings.iter().map(cam_stats::Warning::code).collect();
    assert_eq!(codes, ["W_DISAGREEMENT"], "the reference reports both");
}

fn power_keys(found: &mut Found) {
    let two = Samples::TwoGroups;
    found.put("power.t_n_d.2_80", two.size(0.2, 0.8, 0.05).unwrap());
    found.put("power.t_d_n200", two.detectable(200.0, 0.8, 0.05).unwrap());
    found.put("power.t_power_d.3_n100", two.power(0.3, 100.0, 0.05).unwrap());
    found.put("power.paired_n_d.2_80", Samples::Pairs.size(0.2, 0.8, 0.05).unwrap());
    found.put("power.2p_n_.80_.85", power::shares_per_group(0.8, 0.85, 0.8, 0.05).unwrap());
    found.put("power.2p_h_n_.80_.85", power::shares_per_group_arcsine(0.8, 0.85, 0.8, 0.05).unwrap());
    found.put("power.f2_n_u3_f2.05", power::regression_size(0.05, 3, 0.8, 0.05).unwrap());
    found.put("power.r_n_.2", power::correlation_size(0.2, 0.8, 0.05).unwrap());
    let normal = power::per_group_normal(0.2, 0.8, 0.05).unwrap();
    let inflated = design_effect(20.0, 0.05).unwrap();
    found.put("power.normal_n_d.2", normal);
    found.put("power.deff_m20_icc.05", inflated);
    found.put("power.n_cluster", normal * inflated);
    let plan =
        BeforeAfter { sd: 9.0, correlation: 0.5, treated: 180.0, control: 180.0, per_unit: 1.0, icc: 0.0 };
    found.put("power.mde_did_N360_rho.5_sd9", plan.detectable(0.8, 0.05).unwrap());
    let units = BeforeAfter { per_unit: 12.0, icc: 0.05, ..plan };
    found.put("power.mde_did_cluster_30x12_icc.05", units.detectable(0.8, 0.05).unwrap());
    found.put("n_for_moe.mean_sd19_moe2", answers_for_margin(19.0, 2.0, 0.95, None).unwrap());
    found.put("n_for_moe.mean_fpc_N1000", answers_for_margin(19.0, 2.0, 0.95, Some(1000.0)).unwrap());
    // The key's name rounds the variance of the sample, .5854359375; .585 itself gives 899.
    let nps = 100.0 * 0.585_435_937_5_f64.sqrt();
    found.put("n_for_moe.nps_var.585_moe5", answers_for_margin(nps, 5.0, 0.95, None).unwrap());
    found.put("n_for_moe.prop_p.5_moe.05", answers_for_margin(0.5, 0.05, 0.95, None).unwrap());
    found.put("invitations_rr.25", invitations(347.0, 0.25).unwrap());
}

/// R looks for the detectable difference to a tolerance of 1.2e-4 (`uniroot`'s), so that its figure is good to 4 digits;
/// the test below holds all of them.
#[test]
fn every_key_of_the_reference_on_effects_and_power() {
    let mut found = Found::default();
    pooled_keys(&mut found);
    panel_keys(&mut found);
    power_keys(&mut found);
    let expected = reference(include_str!("effect.csv"));
    assert_eq!(expected.len(), 74);
    found.compare(&expected, &[("power.t_d_n200", 1.2e-4)]);
}

/// The noncentral t integrated in decimal arithmetic of 30 digits (mpmath), both tails.
#[test]
fn the_power_of_a_t_test_is_exact() {
    let two = Samples::TwoGroups;
    close(two.size(0.2, 0.8, 0.05).unwrap(), 393.405_695_019_741_8, "per group");
    close(Samples::Pairs.size(0.2, 0.8, 0.05).unwrap(), 198.150_820_954_214_42, "pairs");
    close(two.detectable(200.0, 0.8, 0.05).unwrap(), 0.280_836_450_287_589_97, "difference");
    let power = 0.560_035_853_711_431_7 + 0.000_023_399_869_415_541;
    close(two.power(0.3, 100.0, 0.05).unwrap(), power, "power");
}

/// Cinelli and Hazlett 2020, table 1 and figure 2, as printed: directlyharmed, df 783, against 1, 2 and 3 times female.
#[test]
fn robustness_of_the_darfur_example() {
    let printed = |found: f64, wanted: f64, decimals: i32, what: &str| {
        let half = 0.5 * 10.0_f64.powi(-decimals);
        assert!((found - wanted).abs() <= half * 1.02, "{what}: {found} against {wanted}");
    };
    let (statistic, df) = (4.184_45, 783.0);
    printed(robustness_value(statistic, df, 1.0).unwrap(), 0.138_78, 5, "robustness value");
    printed(robustness_value_of_test(statistic, df, 1.0, 0.05).unwrap(), 0.076_26, 5, "at 5 %");
    // Any data with this estimate and error will do for the bounds.
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [0.1, 0.9, 2.2, 2.8, 4.1, 5.0];
    let problem = Problem { outcome: &y, drivers: &[&x], intercept: true, weights: None };
    let mut darfur = sensitivity(&problem, 0, 1.0, 0.05).unwrap();
    (darfur.estimate, darfur.std_error, darfur.df) = (0.097_32, 0.023_26, df);
    // Two shares of female, printed as .9 % and 10.9 %: their next digits are those with which the eighteen printed figures
    // agree.
    for (times, with_driver, with_outcome, estimate, std_error, low, high) in [
        (1.0, 0.0092, 0.1246, 0.0752, 0.0219, 0.0323, 0.1182),
        (2.0, 0.0183, 0.2493, 0.0529, 0.0204, 0.0130, 0.0929),
        (3.0, 0.0275, 0.3741, 0.0304, 0.0187, -0.0063, 0.0670),
    ] {
        let bound = darfur.bound(0, 0.009_08, 0.109_04, times).unwrap();
        printed(bound.with_driver, with_driver, 4, "share of the treatment");
        printed(bound.with_outcome, with_outcome, 4, "share of the outcome");
        printed(bound.estimate, estimate, 4, "estimate");
        printed(bound.std_error, std_error, 4, "standard error");
        printed(bound.low, low, 4, "low");
        printed(bound.high, high, 4, "high");
    }
}

/// Omitted-variable algebra: a cause that is measured, taken out again, leaves exactly the bound that its own two shares
/// give, in estimate and standard error.
#[test]
fn the_bound_of_a_known_cause_is_what_its_omission_does() {
    let rows = 60;
    let noise = |stream: u64| -> Vec<f64> {
        (0..rows)
            .map(|row| cam_stats::random::SplitMix64::for_replicate(stream, row, 1).uniform() - 0.5)
            .collect()
    };
    let (cause, own, error) = (noise(1), noise(2), noise(3));
    let driver: Vec<f64> = cause.iter().zip(&own).map(|(cause, own)| 0.6 * cause + own).collect();
    let mix = driver.iter().zip(&cause).zip(&error);
    let outcome: Vec<f64> = mix.map(|((driver, cause), error)| 0.8 * driver + cause + error).collect();
    let of = |drivers: &[&[f64]], outcome: &[f64]| {
        let problem = Problem { outcome, drivers, intercept: true, weights: None };
        fit(&problem, StandardErrors::Classic).unwrap()
    };
    let short = of(&[&driver], &outcome);
    let long = of(&[&driver, &cause], &outcome);
    let share = |coefficient: &Coefficient| {
        let (t, df) = (coefficient.statistic.unwrap(), coefficient.df.unwrap());
        t * t / (t * t + df)
    };
    let with_outcome = share(&long.coefficients[2]);
    let with_driver = share(&of(&[&cause], &driver).coefficients[1]);
    let coefficient = short.coefficients[1];
    let df = coefficient.df.unwrap();
    let bias = coefficient.std_error * (df * with_outcome * with_driver / (1.0 - with_driver)).sqrt();
    close(coefficient.estimate - bias, long.coefficients[1].estimate, "estimate");
    // As a benchmark the cause, measured, is the only other driver and so the strongest.
    let problem = Problem { outcome: &outcome, drivers: &[&driver, &cause], intercept: true, weights: None };
    let found = sensitivity(&problem, 0, 1.0, 0.05).unwrap();
    assert_eq!((found.benchmarks.len(), found.strongest[0].driver), (1, 1));
    let common = with_driver * with_driver / ((1.0 - with_driver) * (1.0 - with_driver));
    let outcome_share =
        ((1.0 + common.sqrt()) / (1.0 - common).sqrt()).powi(2) * with_outcome / (1.0 - with_outcome);
    close(found.strongest[0].with_driver, with_driver / (1.0 - with_driver), "share of the driver");
    close(found.strongest[0].with_outcome, outcome_share.min(1.0), "share of the outcome");
    close(found.statistic, long.coefficients[1].statistic.unwrap(), "t");
}

/// Four units an arm: 70 assignments. The treated have the four largest changes, so 2 of 70 are as large.
#[test]
fn few_units_are_compared_by_their_means_and_permuted() {
    let before = [50.0; 16];
    let change = [9.0, 8.0, 7.0, 6.0, 1.0, 2.0, 3.0, 4.0];
    let units: Vec<usize> = (0..16).map(|row| row / 2).collect();
    let wobble = |row: usize| if row.is_multiple_of(2) { 0.5 } else { -0.5 };
    let before: Vec<f64> = before.iter().enumerate().map(|(row, value)| value + 3.0 * wobble(row)).collect();
    let after: Vec<f64> = (0..16).map(|row| before[row] + change[row / 2] + wobble(row)).collect();
    let treated: Vec<bool> = units.iter().map(|unit| *unit < 4).collect();
    let panel = Panel { before: &before, after: &after, treated: &treated, units: Some(&units) };
    let found = effect::effect(&panel, 7).unwrap();
    assert_eq!(found.did.basis, Basis::UnitMeans);
    close(found.did.effect.estimate, 5.0, "difference");
    // Both arms have the sum of squares 5: s^2 = 10 / 6, error sqrt(10 / 6 / 2).
    close(found.did.effect.std_error, (10.0_f64 / 12.0).sqrt(), "error");
    let permutation = found.did.permutation.unwrap();
    assert!(permutation.exact && permutation.assignments == 70);
    close(permutation.p_value, 2.0 / 70.0, "permutation");
    close(found.matched, 5.0, "matched");
}

/// Waves without noise: the treated rise by 2 a wave, the others by 1.
#[test]
fn trends_before_the_measure_are_compared_by_wave() {
    let arm: Vec<bool> = (0..40).map(|row| row < 20).collect();
    let wave = |time: f64| -> Vec<f64> {
        (0..40)
            .map(|row| time * if row < 20 { 2.0 } else { 1.0 } + 0.01 * f64::from(row % 5) * time)
            .collect()
    };
    let waves = [wave(0.0), wave(1.0), wave(2.0)];
    let slices: Vec<&[f64]> = waves.iter().map(Vec::as_slice).collect();
    assert_eq!(pre_trend(&slices[..1], &arm, None, 1).unwrap().slope, None);
    let found = pre_trend(&slices, &arm, None, 1).unwrap();
    close(found.slope.unwrap().effect.estimate, 1.0, "slope");
    assert_eq!((found.means.len(), found.warnings.len()), (3, 1));
    close(found.means[2].treated - found.means[2].control, 2.0, "means of the last wave");
}

/// Two cohorts with effects 5 and 3 beside people never treated, and a common drift: every cell has its own effect, and
/// the mean is (20 (5 + 5) + 10 3) / 50.
#[test]
fn staggered_starts_are_compared_with_the_not_yet_treated() {
    let starts: Vec<Option<usize>> = (0..60)
        .map(|row| match row {
            0..20 => Some(1),
            20..30 => Some(2),
            _ => None,
        })
        .collect();
    let wave = |time: usize| -> Vec<f64> {
        (0..60)
            .map(|row| {
                let effect = if row < 20 { 5.0 } else { 3.0 };
                let begun = starts[row].is_some_and(|start| start <= time);
                50.0 + row as f64
                    + time as f64
                    + 0.1 * ((row % 2) * time) as f64
                    + if begun { effect } else { 0.0 }
            })
            .collect()
    };
    let waves = [wave(0), wave(1), wave(2)];
    let slices: Vec<&[f64]> = waves.iter().map(Vec::as_slice).collect();
    let found = staggered(&slices, &starts, None, 199, 5).unwrap();
    let effects: Vec<f64> =
        found.cells.iter().map(|cell| cell.effect.as_ref().unwrap().effect.estimate).collect();
    for (found, wanted) in effects.iter().zip([5.0, 5.0, 3.0]) {
        close(*found, wanted, "cell");
    }
    close(found.overall.estimate, 230.0 / 50.0, "overall");
    assert!(found.overall.low <= 4.6 && found.overall.high >= 4.6 && found.draws == 199);
}
