//! `cam pls`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{cam, close, codes, file, golden, object, refusal, text};

const MODEL: &str = r#"
scale = [1, 10]
paths = [
  ["Image", "Expectation"], ["Image", "Satisfaction"], ["Image", "Loyalty"],
  ["Expectation", "Quality"], ["Expectation", "Value"], ["Expectation", "Satisfaction"],
  ["Quality", "Value"], ["Quality", "Satisfaction"], ["Value", "Satisfaction"],
  ["Satisfaction", "Complaints"], ["Satisfaction", "Loyalty"], ["Complaints", "Loyalty"],
]
[latent]
Image = ["IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"]
Expectation = ["CUEX1", "CUEX2", "CUEX3"]
Quality = ["PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"]
Value = ["PERV1", "PERV2"]
Satisfaction = ["CUSA1", "CUSA2", "CUSA3"]
Complaints = ["CUSCO"]
Loyalty = ["CUSL1", "CUSL2", "CUSL3"]
"#;

/// Answers that may not be copied into the repository.
fn mobi() -> Option<PathBuf> {
    let (named, ci) = (std::env::var_os("CAM_METHODS"), std::env::var_os("CI"));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/methods");
    let folder = named.map_or(beside, PathBuf::from);
    let found =
        [folder.join("fixtures/mobi.csv"), folder.join("mobi.csv")].into_iter().find(|path| path.exists());
    assert!(found.is_some() || ci.is_none(), "mobi.csv is not there; set CAM_METHODS to its folder");
    if found.is_none() {
        skipped();
    }
    found
}

#[expect(clippy::print_stderr, reason = "a test that does not run has to say so")]
fn skipped() {
    eprintln!("SKIPPED: mobi.csv is not there; set CAM_METHODS to its folder");
}

/// R-squared of the latent variables with causes, by another program.
const R_SQUARED: [(&str, f64); 6] = [
    ("Expectation", 0.254_938_080_37),
    ("Quality", 0.309_969_407_09),
    ("Value", 0.345_278_941_9),
    ("Satisfaction", 0.681_078_291_39),
    ("Complaints", 0.278_853_960_43),
    ("Loyalty", 0.456_944_454_69),
];

#[test]
fn the_mobile_phone_model_comes_from_the_shell() {
    let Some(data) = mobi() else { return };
    let folder = tempfile::tempdir().unwrap();
    let model = file(&folder, "model.toml", MODEL.as_bytes());
    let arguments = ["pls", text(&data), "--model", text(&model), "--target", "Satisfaction", "--seed", "45"];
    let arguments: Vec<&str> = arguments.into_iter().chain(["--draws", "500", "--json"]).collect();
    let found = object(&cam(&arguments));
    let reference = golden("pls.csv");
    let expected = |key: &str| -> f64 {
        let prefix = format!("{key},");
        let line = reference.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no key {key}")).parse().unwrap()
    };
    let rows = |key: &str| found[key].as_array().unwrap().clone();
    let word = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    assert_eq!(rows("paths").len(), 12);
    for path in rows("paths") {
        let key = format!("pls.mobi.path.{}.{}", word(&path, "from"), word(&path, "to"));
        close(path["estimate"].as_f64().unwrap(), expected(&key), &key);
    }
    for item in rows("items") {
        for key in ["loading", "weight"] {
            let name = format!("pls.mobi.{key}.{}.{}", word(&item, "latent"), word(&item, "item"));
            close(item[key]["estimate"].as_f64().unwrap(), expected(&name), &name);
        }
    }
    for latent in rows("latents") {
        let name = word(&latent, "latent");
        let key = format!("ipma.mobi.performance.{name}");
        close(latent["performance"]["estimate"].as_f64().unwrap(), expected(&key), &key);
        if let Some(r_squared) = latent["r_squared"].as_f64() {
            let (_, published) = R_SQUARED.into_iter().find(|(latent, _)| *latent == name).unwrap();
            close(r_squared, published, &name);
        }
        for (key, reference) in
            [("ave", "AVE"), ("composite_reliability", "CR"), ("alpha", "alpha_std"), ("rho_a", "rhoA")]
        {
            if let Some(value) = latent[key].as_f64() {
                let name = format!("pls.mobi.own.{name}.{reference}");
                close(value, expected(&name), &name);
            }
        }
    }
    // The bootstrap of the reference table: seed 45, 500 replicates. Its lower ends are the 13th of them, ours the 12th, by the
    // rule for all intervals; the upper ends are the 488th in both.
    let image = &rows("paths")[1];
    for (key, value) in [("std_error", 0.054_874_253_907), ("ci_high", 0.305_176_545_84)] {
        assert!((image[key].as_f64().unwrap() - value).abs() < 1e-9, "{key}: {image}");
    }
    let map = &found["map"];
    assert_eq!(map["places"].as_array().unwrap().len(), 4);
    for place in map["places"].as_array().unwrap() {
        let key = format!("ipma.mobi.total_on_Satisfaction.{}", word(place, "latent"));
        close(place["importance"].as_f64().unwrap(), expected(&key), &key);
    }
    assert!(codes(&found).contains(&"W_HTMT") && codes(&found).contains(&"W_LOADING"), "{found}");
    let told = found["warning_messages"].to_string();
    assert!(told.contains("Quality and Satisfaction are hardly separable"), "{told}");
    assert!(told.contains("CUSL2 has a loading of 0.202"), "{told}");
}

/// Two blocks of items with gaps: one item misses 2 of 120 answers.
fn answers(gaps: usize) -> String {
    let mut rows = "a1,a2,b1,b2,shop\n".to_owned();
    for row in 0..120_i32 {
        let (level, noise) = (row * 7 % 10, row * 13 % 3);
        let gap = usize::try_from(row).unwrap() < gaps;
        let first = if gap { String::new() } else { level.to_string() };
        let (b1, b2) = ((level + noise).min(10), (level + row * 11 % 4).min(10));
        writeln!(rows, "{first},{},{b1},{b2},s{}", (level + row % 2).min(10), row % 12).unwrap();
    }
    rows
}

const SMALL: &str =
    "scale = [0, 10]\npaths = [[\"A\", \"B\"]]\n[latent]\nA = [\"a1\", \"a2\"]\nB = [\"b1\", \"b2\"]\n";

#[test]
fn missing_answers_are_filled_or_left_out_as_their_number_asks() {
    let folder = tempfile::tempdir().unwrap();
    let model = file(&folder, "model.toml", SMALL.as_bytes());
    let fitted = |gaps: usize, more: &[&str]| {
        let data = file(&folder, "answers.csv", answers(gaps).as_bytes());
        let arguments = ["pls", text(&data), "--model", text(&model), "--draws", "50", "--json"];
        object(&cam(&arguments.iter().chain(more).copied().collect::<Vec<_>>()))
    };
    let few = fitted(2, &["--cluster", "shop"]);
    assert_eq!((&few["n"], &few["dropped"], &few["filled"]["a1"]), (&120.into(), &0.into(), &2.into()));
    assert!(codes(&few).contains(&"W_FEW"), "{few}");
    let many = fitted(20, &[]);
    assert_eq!(
        (&many["n"], &many["dropped"], &many["dropped_by"]["a1"]),
        (&100.into(), &20.into(), &20.into())
    );
}

#[test]
fn a_model_that_is_not_well_formed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = file(&folder, "answers.csv", answers(0).as_bytes());
    let refused = |model: &str, more: &[&str]| {
        let model = file(&folder, "model.toml", model.as_bytes());
        let arguments = ["pls", text(&data), "--model", text(&model), "--draws", "20", "--json"];
        refusal(&arguments.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let cycle = SMALL.replace("[[\"A\", \"B\"]]", "[[\"A\", \"B\"], [\"B\", \"A\"]]");
    let (code, message) = refused(&cycle, &[]);
    assert_eq!(code, "E_CYCLE");
    assert!(message.starts_with("A ") || message.starts_with("B "), "{message}");
    let (code, message) = refused(&SMALL.replace("\"B\"]]", "\"C\"]]"), &[]);
    assert_eq!(code, "E_MODEL");
    assert!(
        message.contains("model.toml, line 2, column 16: there is no latent variable \"C\""),
        "{message}"
    );
    assert_eq!(refused(&SMALL.replace("\"b2\"", "\"a1\""), &[]).0, "E_MODEL");
    assert_eq!(refused(&SMALL.replace("\"b2\"", "\"b9\""), &[]).0, "E_MISSING_COLUMN");
    assert_eq!(refused(&SMALL.replace("[0, 10]", "[0, 5]"), &[]).0, "E_SCALE");
    assert_eq!(refused(&SMALL.replace("[0, 10]", "[10, 0]"), &[]).0, "E_SCALE");
    assert_eq!(refused("paths = []\n[latent]\n", &[]).0, "E_MODEL");
    assert_eq!(refused(&SMALL.replace("scale", "skale"), &[]).0, "E_TOML");
    assert_eq!(refused(SMALL, &["--target", "Z"]).0, "E_TARGET");
    assert_eq!(refused(&SMALL.replace("scale = [0, 10]", ""), &["--target", "B"]).0, "E_TARGET");
}
