//! Every key of the reference on measurement: an index, intervals, reliability, raking, outcome rates, change.

use cam_stats::change::{self, Change, Wave};
use cam_stats::measurement::{Mean, item_score, mean, promoter_score};
use cam_stats::proportion::{clopper_pearson, top_box, wilson_continuity};
use cam_stats::raking::{Margin, rake, raked_mean};
use cam_stats::reliability::{cronbach_alpha, omega};
use cam_stats::response_rate::Dispositions;
use cam_stats::satisfaction::{effort, satisfaction_index, unstandardised_weights};
use cam_stats::{Interval, nonresponse, quantile};

use super::*;

const ITEMS: [&str; 7] = ["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"];
const SATISFACTION: [&str; 3] = ["sat1", "sat2", "sat3"];

/// A data set that is not ours to hand on, from the folder of the reference beside the repository or in `CAM_METHODS`;
/// without it the test is skipped, aloud, and fails where everything has to be there.
#[expect(clippy::disallowed_methods, reason = "where test data lie is no configuration of the program")]
fn fixture(name: &str) -> Option<String> {
    let folder = std::env::var("CAM_METHODS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/methods/fixtures").to_owned()
    });
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join(name)).ok();
    assert!(text.is_some() || std::env::var_os("CI").is_none(), "{name} is not in {folder}");
    if text.is_none() {
        eprintln!("SKIPPED: {name} is not in {folder}");
    }
    text
}

/// What was found, by the keys of the reference.
#[derive(Default)]
pub(crate) struct Found(HashMap<String, f64>);

impl Found {
    pub(crate) fn put(&mut self, key: &str, value: f64) {
        assert_eq!(self.0.insert(key.to_owned(), value), None, "{key} twice");
    }

    fn ends(&mut self, key: &str, interval: &Interval) {
        self.put(&format!("{key}.1"), interval.low);
        self.put(&format!("{key}.2"), interval.high);
    }

    fn test(&mut self, key: &str, found: &Change) {
        self.put(&format!("{key}.diff"), found.interval.estimate);
        self.put(&format!("{key}.t"), found.statistic.unwrap());
        self.put(&format!("{key}.df"), found.df.unwrap());
        self.put(&format!("{key}.p"), found.p_value.unwrap());
        self.put(&format!("{key}.lo"), found.interval.low);
        self.put(&format!("{key}.hi"), found.interval.high);
    }

    /// Holds every key of the reference against what was found; `loose` names the keys with a tolerance of their own.
    pub(crate) fn compare(&self, expected: &HashMap<String, f64>, loose: &[(&str, f64)]) {
        for (key, reference) in expected {
            let found = *self.0.get(key).unwrap_or_else(|| panic!("{key} is not tested"));
            let tolerance = loose.iter().find(|(own, _)| own == key).map_or(TOLERANCE, |(_, own)| *own);
            let error = (found - reference).abs() / reference.abs().max(1e-300);
            assert!(
                error < tolerance,
                "{key}: found {found}, expected {reference}, relative error {error:e}"
            );
        }
        assert_eq!(self.0.len(), expected.len(), "keys that the reference does not have");
    }
}

fn segments() -> (Vec<usize>, Vec<usize>) {
    let data = table(include_str!("synth_customers.csv"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "letters and small numbers")]
    let whole = |name: &str| -> Vec<usize> { data[name].iter().map(|value| *value as usize).collect() };
    (whole("segment"), whole("id").into_iter().map(|id| usize::from(id % 3 == 0)).collect())
}

/// Item scores of each customer.
fn answers() -> Vec<Vec<Option<f64>>> {
    let data = table(include_str!("synth_customers.csv"));
    let score =
        |row: usize| SATISFACTION.iter().map(|name| item_score(data[*name][row], 1.0, 10.0, false)).collect();
    (0..800).map(score).collect()
}

fn index_keys(found: &mut Found) {
    let plain = satisfaction_index(&answers(), None, 0.95, None).unwrap();
    found.put("csi_equal.mean", plain.mean.mean);
    found.put("csi.se", plain.mean.std_error);
    found.ends("csi.t95", &plain.mean.interval);
    let finite = satisfaction_index(&answers(), None, 0.95, Some(5000)).unwrap();
    found.put("csi.fpc_se_N5000", finite.mean.std_error);
    found.ends("csi.fpc_t95", &finite.mean.interval);
    let weighted = satisfaction_index(&answers(), Some(&[40.0, 32.0, 28.0]), 0.95, None).unwrap();
    found.put("acsi_w40_32_28", weighted.mean.mean);
    assert_eq!((plain.left_out, plain.histogram.iter().sum::<usize>()), (0, 800));
}

fn score_keys(found: &mut Found) {
    let nps = &table(include_str!("synth_customers.csv"))["nps"];
    let score = promoter_score(nps, 0.95).unwrap();
    found.put("nps.prom", score.promoters);
    found.put("nps.detr", score.detractors);
    found.put("nps.nps", score.score);
    found.put("nps.var1", score.variance);
    found.put("nps.se", score.std_error);
    found.put("nps.se_nm1", score.std_error_unbiased.unwrap());
    let (segment, _) = segments();
    let of = |wanted: usize| -> Vec<f64> {
        nps.iter().zip(&segment).filter(|(_, own)| **own == wanted).map(|(nps, _)| *nps).collect()
    };
    let [a, b] = [0, 1].map(|own| promoter_score(&of(own), 0.95).unwrap());
    let difference = change::promoters(&b, &a, 0.95, 2.0).unwrap();
    found.put("nps_diff.A_B.diff", difference.interval.estimate);
    found.put("nps_diff.A_B.se", difference.std_error);
    found.put("nps_diff.A_B.z", difference.statistic.unwrap());
    found.put("nps_diff.A_B.p", difference.p_value.unwrap());
}

fn share_keys(found: &mut Found) {
    // The reference counts 9 and 10 of the first question.
    let data = table(include_str!("synth_customers.csv"));
    let top = top_box(&data["sat1"], 1.0, 10.0, 9.0, 0.95).unwrap();
    found.put("csat.k", top.successes as f64);
    found.put("csat.p", top.interval.estimate);
    found.ends("csat.wilson95", &top.interval);
    found.ends("csat.wilson_cc95", &wilson_continuity(111, 800, 0.95).unwrap());
    found.ends("csat.cp95", &clopper_pearson(111, 800, 0.95).unwrap());
    for (k, n) in [(0, 10), (10, 10), (3, 12), (1, 1)] {
        found.ends(&format!("wilson95.{k}_of_{n}"), &wilson(k, n, 0.95).unwrap());
    }
}

fn reliability_keys(found: &mut Found) {
    let customers = table(include_str!("synth_customers.csv"));
    let items: Vec<Vec<f64>> = SATISFACTION.iter().map(|name| customers[*name].clone()).collect();
    let alpha = cronbach_alpha(&items, 0.95).unwrap();
    found.put("alpha.sat3.raw", alpha.raw);
    found.put("alpha.sat3.std", alpha.standardised);
    let three = omega(&items).unwrap();
    found.put("omega.sat3", three.total.unwrap());
    for item in 0..3 {
        found.put(&format!("omega.sat3.load.{}", item + 1), three.loadings[item]);
        found.put(&format!("omega.sat3.resid.{}", item + 1), three.residuals[item]);
    }
    let data = table(include_str!("attitude.csv"));
    let items: Vec<Vec<f64>> = ITEMS.iter().map(|name| data[*name].clone()).collect();
    let alpha = cronbach_alpha(&items, 0.95).unwrap();
    found.put("alpha.attitude7.raw", alpha.raw);
    found.put("alpha.attitude7.std", alpha.standardised);
    found.ends("alpha.attitude7.feldt95", &alpha.interval);
    for (position, name) in ITEMS.iter().enumerate() {
        found.put(&format!("alpha.attitude7.drop.{name}"), alpha.if_dropped[position]);
        found.put(&format!("item_total_corrected.attitude7.{name}"), alpha.item_total[position]);
    }
    found.put("omega.attitude7", omega(&items).unwrap().total.unwrap());
}

fn raking_keys(found: &mut Found) {
    let (segment, third) = segments();
    let margins = [
        Margin { groups: &segment, totals: &[2000.0, 1750.0, 1250.0] },
        Margin { groups: &third, totals: &[3000.0, 2000.0] },
    ];
    let raked = rake(&vec![5000.0 / 800.0; 800], &margins).unwrap();
    assert_eq!(raked.trimmed, 0);
    for (letter, own) in [("A", 0), ("B", 1), ("C", 2)] {
        for (name, multiple) in [("n", 0), ("y", 1)] {
            let row = (0..800).find(|row| segment[*row] == own && third[*row] == multiple).unwrap();
            found.put(&format!("rake.w.{letter}.{name}"), raked.weights[row]);
        }
    }
    let mean = raked_mean(&customers().0, &raked.weights, &margins, 0.95).unwrap();
    found.put("rake.mean_csi", mean.fixed.mean);
    found.put("rake.kish_deff", raked.design_effect);
    found.put("rake.neff", raked.effective_n);
    found.put("rake.svymean_se_rakeadj", mean.std_error);
    found.put("weighted.svymean_se_linearised", mean.fixed.std_error);
}

fn rate_keys(found: &mut Found) {
    let counts = Dispositions {
        complete: 800,
        partial: 40,
        refusal: 300,
        non_contact: 500,
        other: 10,
        unknown_person: 200,
        unknown_other: 50,
    };
    let rates = counts.rates(0.7);
    for (name, rate) in [
        ("RR1", rates.rr1),
        ("RR2", rates.rr2),
        ("RR3", rates.rr3),
        ("RR4", rates.rr4),
        ("RR5", rates.rr5),
        ("RR6", rates.rr6),
        ("COOP1", rates.coop1),
        ("REF1", rates.ref1),
        ("CON1", rates.con1),
    ] {
        found.put(&format!("aapor.{name}"), rate.unwrap());
    }
}

/// The outcome before and after of the 360 customers.
pub(crate) fn waves() -> (Vec<f64>, Vec<f64>) {
    let data = table(include_str!("synth_did.csv"));
    let at = |time: f64| -> Vec<f64> {
        let rows = data["sat"].iter().zip(&data["post"]);
        rows.filter(|(_, post)| (**post - time).abs() < 0.5).map(|(sat, _)| *sat).collect()
    };
    (at(0.0), at(1.0))
}

fn change_keys(found: &mut Found) {
    let (csi, (segment, _)) = (customers().0, segments());
    let of = |wanted: usize| -> Mean {
        let own: Vec<f64> =
            csi.iter().zip(&segment).filter(|(_, own)| **own == wanted).map(|(csi, _)| *csi).collect();
        mean(&own, 0.95, None).unwrap()
    };
    found.test("welch.A_B", &change::independent(&of(1), &of(0), 0.95, 2.0).unwrap());
    let (before, after) = waves();
    let pair = change::paired(&before, &after, 0.95, 2.0).unwrap();
    assert_eq!(pair.verdict, change::Verdict::Changed);
    found.test("paired.wave", &pair);
    let people: Vec<usize> = (1..=360).collect();
    let overlap = change::overlapping(
        Wave { people: &people[..200], values: &before[..200] },
        Wave { people: &people[100..], values: &after[100..] },
        0.95,
        2.0,
    )
    .unwrap();
    found.put("partial_overlap.n0", overlap.n_before as f64);
    found.put("partial_overlap.n1", overlap.n_after as f64);
    found.put("partial_overlap.nov", overlap.repeaters.unwrap() as f64);
    found.put("partial_overlap.r", overlap.correlation.unwrap());
    found.put("partial_overlap.diff", overlap.interval.estimate);
    found.put("partial_overlap.se", overlap.std_error);
    close(overlap.df.unwrap(), 199.0, "degrees of freedom");
}

fn share_change_keys(found: &mut Found) {
    let (one, other) = ((103, 418), (67, 235));
    let shares = change::shares(other, one, 0.95, 0.05).unwrap();
    for (name, count) in [("k1", one.0), ("n1", one.1), ("k2", other.0), ("n2", other.1)] {
        found.put(&format!("twoprop.{name}"), count as f64);
    }
    found.put("twoprop.chisq", shares.chi_squared.unwrap());
    found.put("twoprop.p", shares.p_value.unwrap());
    let half = quantile::normal(0.975) * shares.std_error;
    found.put("twoprop.lo", shares.interval.estimate - half);
    found.put("twoprop.hi", shares.interval.estimate + half);
    found.put("newcombe10.diff", shares.interval.estimate);
    found.put("newcombe10.lo", shares.interval.low);
    found.put("newcombe10.hi", shares.interval.high);
}

/// The ends of 0 of 10 and 10 of 10 are met exactly: a relative error of 0 is 0 only there. lavaan's optimiser stops up to
/// 7e-8 before the maximum; what it looks for is held to all digits below.
#[test]
fn every_key_of_the_reference_on_measurement() {
    let mut found = Found::default();
    index_keys(&mut found);
    score_keys(&mut found);
    share_keys(&mut found);
    reliability_keys(&mut found);
    raking_keys(&mut found);
    rate_keys(&mut found);
    change_keys(&mut found);
    share_change_keys(&mut found);
    let expected = reference(include_str!("measurement.csv"));
    assert_eq!(expected.len(), 111);
    let optimised = [
        "omega.attitude7",
        "omega.sat3.load.1",
        "omega.sat3.load.2",
        "omega.sat3.load.3",
        "omega.sat3.resid.1",
        "omega.sat3.resid.2",
        "omega.sat3.resid.3",
    ];
    found.compare(&expected, &optimised.map(|key| (key, 1e-7)));
}

/// In decimal arithmetic of 30 and more digits (mpmath): the closed form of three items, and Fisher scoring on seven until
/// no step exceeded 1e-25.
#[test]
fn omega_is_at_the_maximum_of_the_likelihood() {
    let data = table(include_str!("synth_customers.csv"));
    let items: Vec<Vec<f64>> = SATISFACTION.iter().map(|name| data[*name].clone()).collect();
    let found = omega(&items).unwrap();
    let expected = [
        (1.629_938_279_858_545, 0.715_762_141_351_768_3),
        (1.598_752_063_008_270_4, 0.709_740_278_526_799_4),
        (1.608_683_420_655_386_2, 0.746_561_089_608_485_7),
    ];
    for (item, (loading, residual)) in expected.into_iter().enumerate() {
        close(found.loadings[item], loading, "loading");
        close(found.residuals[item], residual, "residual variance");
    }
    let data = table(include_str!("attitude.csv"));
    let items: Vec<Vec<f64>> = ITEMS.iter().map(|name| data[*name].clone()).collect();
    close(omega(&items).unwrap().total.unwrap(), 0.856_326_792_953_870_4, "omega");
}

/// seminr's standardised outer weights of `mobi` CUSA1 to CUSA3, as the reference on path models has them, over
/// the items' standard deviations, are the weights printed there; the index is the one of METHODS 1.1.
#[test]
fn weights_of_the_acsi_from_a_path_model() {
    let Some(text) = fixture("mobi.csv") else { return };
    let data = table(&text);
    let names = ["CUSA1", "CUSA2", "CUSA3"];
    let deviations: Vec<f64> = names.iter().map(|name| mean(&data[*name], 0.95, None).unwrap().sd).collect();
    let standardised = [0.364_864_858_353_346, 0.383_156_041_102_88, 0.450_961_200_708_658];
    let weights = unstandardised_weights(&standardised, &deviations).unwrap();
    for (found, wanted) in
        weights.iter().zip([0.383_633_977_351_235, 0.281_550_101_053_839, 0.334_815_921_594_926])
    {
        close(*found, wanted, "weight");
    }
    let scores: Vec<Vec<Option<f64>>> = (0..250)
        .map(|row| names.iter().map(|name| item_score(data[*name][row], 1.0, 10.0, false)).collect())
        .collect();
    let index = satisfaction_index(&scores, Some(&weights), 0.95, None).unwrap();
    close(index.mean.mean, 72.454_117_931, "index");
}

/// By hand: the mean of 1, 4, 5, 7, 7 is 4.8, three of five agree.
#[test]
fn effort_is_a_mean_and_a_share() {
    let found = effort(&[1.0, 4.0, 5.0, 7.0, 7.0], 0.95).unwrap();
    close(found.mean.mean, 4.8, "mean");
    close(found.index, 100.0 * 3.8 / 6.0, "index");
    assert_eq!((found.agree.successes, found.agree.n), (3, 5));
    close(found.agree.interval.low, wilson(3, 5, 0.95).unwrap().low, "share");
}

/// One frame variable of two values: the classes are its values, so that the weights are the inverse of the rates 20 of
/// 50 and 40 of 50, and the weighted mean of the variable is that of all invited.
#[test]
fn inverse_propensity_restores_the_frame() {
    let size: Vec<f64> = (0..100).map(|row| f64::from(u8::from(row >= 50))).collect();
    let responded: Vec<bool> = (0..100).map(|row| !(20..60).contains(&row)).collect();
    let found = nonresponse::inverse_propensity(&[&size], &responded).unwrap();
    assert_eq!(found.classes.len(), 2);
    close(found.weights[0], 2.5, "the silent half");
    close(found.weights[99], 1.25, "the other half");
    close(found.weights.iter().sum(), 100.0, "sum");
    close(found.probabilities[0], 0.4, "probability");
    let compared = nonresponse::compare_with_frame(&[&size], &responded).unwrap();
    close(compared.rows[0].respondents, 40.0 / 60.0, "respondents");
    close(compared.rows[0].invited, 0.5, "invited");
    assert_eq!(compared.warnings.len(), 1);
}
