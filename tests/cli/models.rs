//! Models of `cam fit` and the other statistical commands on plain files, against the reference numbers of other programs.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::{cam, codes, file, object, plain, refusal, text};

/// Relative distance within which a printed figure has to agree: references of iterated fits stop at about 5e-8.
const TOLERANCE: f64 = 1e-7;

/// The made-up customers, with churn within six months and without those censored before.
fn customers(folder: &tempfile::TempDir, name: &str, keep: impl Fn(&[&str]) -> bool) -> PathBuf {
    let source = plain("synth_customers.csv");
    let mut lines = source.lines();
    let header = lines.next().unwrap();
    let place = |column: &str| header.split(',').position(|name| name == column).unwrap();
    let (time, churn) = (place("time"), place("churn"));
    let mut rows = format!("{header},left_by_6\n");
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if !keep(&cells) {
            continue;
        }
        let (months, left): (f64, bool) = (cells[time].parse().unwrap(), cells[churn] == "1");
        let by_six = match (left, months) {
            (true, ..=6.0) => "1",
            (false, ..6.0) => "",
            _ => "0",
        };
        writeln!(rows, "{line},{by_six}").unwrap();
    }
    file(folder, name, rows.as_bytes())
}

fn close(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what}: {found}"));
    assert!(((found - expected) / expected).abs() < TOLERANCE, "{what}: {found} against {expected}");
}

fn term<'a>(rows: &'a Value, name: &str) -> &'a Value {
    rows.as_array()
        .unwrap()
        .iter()
        .find(|row| row["term"] == name)
        .unwrap_or_else(|| panic!("no {name} in {rows}"))
}

/// Estimate and standard error of one term.
fn agrees(rows: &Value, name: &str, [estimate, std_error]: [f64; 2]) {
    close(&term(rows, name)["estimate"], estimate, name);
    close(&term(rows, name)["std_error"], std_error, name);
}

#[test]
fn models_of_leaving_agree_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let path = customers(&folder, "customers.csv", |_| true);
    let fit = |model: &str, outcome: &str, more: &[&str]| {
        let arguments = [
            "fit",
            model,
            text(&path),
            "--outcome",
            outcome,
            "--drivers",
            "csi",
            "--factors",
            "segment",
            "--json",
        ];
        object(&cam(&[&arguments, more].concat()))
    };
    let found = fit("logistic", "left_by_6", &[]);
    agrees(&found["coefficients"], "(Intercept)", [1.395_737_803_6, 0.281_175_776_31]);
    agrees(&found["coefficients"], "csi", [-0.037_265_899_696, 0.004_658_584_300_1]);
    agrees(&found["coefficients"], "segment=B", [-0.467_582_012_67, 0.195_302_254_87]);
    agrees(&found["marginal_effects"], "csi", [-0.007_142_096_046_1, 0.000_763_660_950_05]);
    for (key, expected) in
        [("deviance", 905.593_648_89), ("auc", 0.692_659_106_38), ("brier", 0.190_945_183_73)]
    {
        close(&found["fit"][key], expected, key);
    }
    let found = fit("cox", "churn", &["--time", "time", "--se", "cluster:unit"]);
    agrees(&found["coefficients"], "csi", [-0.032_443_020_729, 0.002_633_058_816_6]);
    close(&found["fit"]["log_likelihood"], -2_986.505_086_4, "log-likelihood");
    close(&found["fit"]["concordance"], 0.660_500_734_73, "concordance");
    let found = fit("logistic", "left_by_6", &["--ridge", "5"]);
    assert_eq!(found["model"], "ridge");
    assert!(term(&found["coefficients"], "csi")["std_error"].is_null());
}

#[test]
fn models_of_money_agree_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let (all, spent) = (
        customers(&folder, "all.csv", |_| true),
        customers(&folder, "spent.csv", |cells| cells.last().unwrap().parse::<f64>().unwrap() > 0.0),
    );
    let fit = |model: &str, path: &PathBuf, more: &[&str]| {
        let arguments = [
            "fit",
            model,
            text(path),
            "--outcome",
            "spend",
            "--drivers",
            "csi",
            "--factors",
            "segment",
            "--json",
        ];
        object(&cam(&[&arguments, more].concat()))
    };
    let found = fit("gamma", &spent, &[]);
    agrees(&found["coefficients"], "csi", [0.007_291_285_69, 0.001_384_263_115_7]);
    close(&found["fit"]["dispersion"], 0.428_344_017_89, "dispersion");
    let classic = fit("gamma", &spent, &["--se", "classic"]);
    agrees(
        &classic["coefficients"],
        "segmentC".replace('C', "=C").as_str(),
        [0.708_387_567_18, 0.076_775_571_305],
    );
    let found = fit("tweedie", &all, &["--power", "1.5", "--se", "classic"]);
    agrees(&found["coefficients"], "csi", [0.018_261_110_812, 0.001_978_888_718]);
    let found = fit("tweedie", &all, &[]);
    assert!((found["fit"]["power"].as_f64().unwrap() - 1.259).abs() < 1e-3);
    let found = fit("hurdle", &all, &[]);
    assert_eq!(found["parts"][0]["part"], "chance");
    agrees(&found["parts"][0]["rows"], "csi", [0.037_688_868_897, 0.004_654_641_666_6]);
    close(
        &term(&found["marginal_effects"], "csi")["estimate"],
        0.768_797_013_18,
        "effect on the mean amount",
    );
}

#[test]
fn a_panel_agrees_with_the_reference_and_a_lag_is_one_of_periods() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "panel.csv", plain("synth_panel.csv").as_bytes());
    let fit = |more: &[&str]| {
        let arguments = [
            "fit",
            "panel",
            text(&path),
            "--unit",
            "unit",
            "--period",
            "quarter",
            "--outcome",
            "log_rev",
            "--json",
        ];
        object(&cam(&[&arguments, more].concat()))
    };
    let two_way = fit(&["--drivers", "sat_lag1"]);
    agrees(&two_way["coefficients"], "sat_lag1", [0.010_004_279_061, 0.000_804_523_759_98]);
    let one_way = fit(&["--drivers", "sat_lag1", "--effects", "unit"]);
    close(&term(&one_way["coefficients"], "sat_lag1")["estimate"], 0.009_196_859_515_1, "one way");
    close(&term(&one_way["parts"][1]["rows"], "sat_lag1")["estimate"], 0.013_564_467_067, "between");
    // The lag drops each unit's first quarter and says so.
    let lagged = fit(&["--drivers", "sat", "--lag", "1"]);
    assert_eq!((&lagged["n"], &lagged["dropped_by"]["an earlier period"]), (&280.into(), &40.into()));
}

#[test]
fn what_a_model_cannot_take_is_refused_or_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "y,x,event,time,unit,period,side\n".to_owned();
    for row in 0..60 {
        let (x, later) = (f64::from(row % 12), row >= 30);
        writeln!(rows, "{},{x},{},{},u{},{},{row}", x - 1.0, u8::from(later), row + 1, row % 12, row / 12)
            .unwrap();
    }
    let path = file(&folder, "rows.csv", rows.as_bytes());
    let fit = |model: &str, outcome: &str, drivers: &str, more: &[&str]| {
        let arguments = ["fit", model, text(&path), "--outcome", outcome, "--drivers", drivers, "--json"];
        cam(&[&arguments, more].concat())
    };
    let code = |model: &str, outcome: &str, drivers: &str, more: &[&str]| {
        let arguments = ["fit", model, text(&path), "--outcome", outcome, "--drivers", drivers, "--json"];
        refusal(&[&arguments, more].concat()).0
    };
    let separated = object(&fit("logistic", "event", "side", &[]));
    assert_eq!(separated["model"], "firth");
    assert!(codes(&separated).contains(&"W_SEPARATION"));
    assert!(separated["coefficients"][1]["ci_low"].as_f64().unwrap() > 0.0);
    assert_eq!(code("gamma", "y", "side", &[]), "E_NOT_POSITIVE");
    assert_eq!(code("tweedie", "y", "side", &[]), "E_NEGATIVE");
    assert_eq!(code("hurdle", "y", "side", &[]), "E_NEGATIVE");
    assert_eq!(code("firth", "y", "x", &[]), "E_NOT_BINARY");
    assert_eq!(code("cox", "event", "x", &["--time", "y"]), "E_TIME");
    assert_eq!(code("cox", "y", "x", &["--time", "time"]), "E_NOT_BINARY");
    assert_eq!(code("panel", "y", "side", &["--unit", "unit", "--period", "unit"]), "E_USAGE");
    assert_eq!(code("panel", "time", "x", &["--unit", "unit", "--period", "period"]), "E_NO_VARIANCE");
    assert_eq!(code("ols", "y", "side", &["--factors", "side"]), "E_TOO_MANY");
    assert_eq!(fit("cox", "event", "x", &[]).status.code(), Some(64), "a time is needed");
}

#[test]
fn a_file_read_in_blocks_gives_the_same_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = customers(&folder, "customers.csv", |_| true);
    for (model, outcome) in [("ols", "sat1"), ("logistic", "churn"), ("gamma", "sat2")] {
        let fit = |more: &[&str]| {
            let arguments =
                ["fit", model, text(&path), "--outcome", outcome, "--drivers", "serv1,price1", "--json"];
            object(&cam(&[&arguments, more].concat()))
        };
        let (whole, blocks) = (fit(&[]), fit(&["--missing", "mean"]));
        for name in ["(Intercept)", "serv1", "price1"] {
            let row = term(&whole["coefficients"], name);
            let figures = ["estimate", "std_error"].map(|key| row[key].as_f64().unwrap());
            agrees(&blocks["coefficients"], name, figures);
        }
        assert_eq!((&whole["n"], &whole["se_kind"]), (&blocks["n"], &blocks["se_kind"]), "{model}");
    }
}

#[test]
fn reliability_and_importance_agree_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "attitude.csv", plain("attitude.csv").as_bytes());
    let items = "rating,complaints,privileges,learning,raises,critical,advance";
    let found = object(&cam(&["reliability", text(&path), "--items", items, "--json"]));
    let figures = [
        ("alpha", 0.843_142_769_56),
        ("alpha_standardised", 0.839_083_803_03),
        ("alpha_low", 0.739_375_685_64),
        ("alpha_high", 0.915_773_072_16),
    ];
    for (key, expected) in figures {
        close(&found[key], expected, key);
    }
    close(&found["items"][5]["alpha_without"], 0.863_872_311_45, "alpha without `critical`");

    let drivers = "complaints,privileges,learning,raises,critical,advance";
    let arguments =
        ["importance", text(&path), "--outcome", "rating", "--drivers", drivers, "--json", "--draws", "199"];
    let found = object(&cam(&arguments));
    close(&term(&found["shares"], "complaints")["share"], 0.370_816_194_32, "LMG");
    close(&term(&found["shares"], "complaints")["johnson"], 0.362_760_199_66, "Johnson");
    let chances = found["shares"].as_array().unwrap().iter();
    let sum: f64 = chances.map(|row| row["bootstrap"]["chance_of_being_first"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}

#[test]
fn the_effect_of_a_measure_agrees_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    // One row per customer: the file has one per customer and wave.
    let source = plain("synth_did.csv");
    let mut lines = source.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let places = ["customer", "unit", "treated", "post", "sat"].map(place);
    let mut people: std::collections::BTreeMap<u32, [String; 4]> = std::collections::BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [customer, unit, treated, post, index] = places.map(|place| cells[place]);
        let row = people.entry(customer.parse().unwrap()).or_default();
        (row[0], row[1]) = (unit.into(), treated.into());
        row[if post == "1" { 3 } else { 2 }] = index.into();
    }
    let rows: String = people.values().map(|row| row.join(",") + "\n").collect();
    let path = file(&folder, "did.csv", format!("unit,treated,before,after\n{rows}").as_bytes());
    let arguments = ["effect", text(&path), "--before", "before", "--after", "after", "--treated", "treated"];
    let found = object(&cam(&[&arguments[..], &["--unit", "unit", "--json"]].concat()));
    close(&found["did"]["estimate"], 4.021_628_333_3, "difference in differences");
    close(&found["did"]["std_error"], 0.731_543_902_64, "CR2");
    close(&found["did"]["df"], 28.0, "degrees of freedom");
    close(&found["did"]["by_unit_p_value"], 7.133_417_070_4e-6, "unit means");
    close(&found["ancova"]["estimate"], 4.339_884_241_9, "analysis of covariance");
}

#[test]
fn codes_rows_labels_and_scales_are_read_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "team,score,kept\n".to_owned();
    for row in 0..240 {
        // Scores 1 to 5 and 0 for "not applicable", which goes with a "yes" that no score explains.
        let score = row % 6;
        let kept = if score == 0 || (score * 7 + row / 6) % 12 > 5 { "yes" } else { "no" };
        writeln!(rows, "{},{score},{kept}", if row % 24 == 3 { "ALL TEAMS" } else { "one" }).unwrap();
    }
    let path = file(&folder, "rows.csv", rows.as_bytes());
    let fit = |more: &[&str]| {
        let arguments = ["fit", "logistic", text(&path), "--outcome", "kept", "--drivers", "score", "--json"];
        cam(&[&arguments, more].concat())
    };
    let all = object(&fit(&["--event", "yes"]));
    let asked = object(&fit(&["--event", "yes", "--na", "0", "--leave-out", "team=ALL TEAMS"]));
    assert_eq!((&all["n"], &asked["n"], &asked["n_available"]), (&240.into(), &190.into(), &230.into()));
    assert_eq!(
        (&asked["dropped_by"]["score"], &asked["dropped_by"]["team=ALL TEAMS"]),
        (&40.into(), &10.into())
    );
    let slope = |found: &Value| term(&found["coefficients"], "score")["estimate"].as_f64().unwrap();
    // The other label as the event turns every sign.
    let other = object(&fit(&["--event", "no", "--na", "0", "--leave-out", "team=ALL TEAMS"]));
    assert!((slope(&asked) + slope(&other)).abs() < 1e-9 && (slope(&asked) - slope(&all)).abs() > 0.01);

    let curve = |more: &[&str]| {
        let arguments = [
            "curve",
            text(&path),
            "--satisfaction",
            "score",
            "--outcome",
            "kept",
            "--event",
            "yes",
            "--json",
        ];
        [&arguments, more].concat().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let run = |more: &[&str]| cam(&curve(more).iter().map(String::as_str).collect::<Vec<_>>());
    let found = object(&run(&["--na", "0", "--scale", "1,5"]));
    let levels: Vec<f64> = found["level_means"]
        .as_array()
        .unwrap()
        .iter()
        .map(|level| level["level"].as_f64().unwrap())
        .collect();
    assert_eq!(levels, [0.0, 25.0, 50.0, 75.0, 100.0]);
    // With the code read as an answer its rows, all of which say "yes", are the lowest level.
    assert_eq!(object(&run(&["--scale", "0,5"]))["level_means"][0]["mean"], 1.0);

    let code = |output: std::process::Output| {
        assert_eq!(output.status.code(), Some(2));
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        object["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(run(&["--scale", "1,5"])), "E_SCALE", "0 is no answer on this scale");
    assert_eq!(code(fit(&["--event", "maybe"])), "E_USAGE");
    assert_eq!(code(fit(&["--event", "yes", "--leave-out", "team=NOBODY"])), "E_USAGE");
    assert_eq!(code(fit(&["--event", "yes", "--leave-out", "team"])), "E_USAGE");
}
