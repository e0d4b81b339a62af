//! `cam allocate`.

use std::path::Path;

use serde_json::Value;

use super::{cam, close, codes, file, golden, object, refusal, text};

fn expected(key: &str) -> f64 {
    let prefix = format!("{key},");
    let text = golden("curve.csv");
    text.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().parse().unwrap()
}

const VALUES: [f64; 3] = [900.0, 600.0, 300.0];
const LOG: [&str; 3] =
    ["log = { b = 0.4, k = 20 }", "log = { b = 0.5, k = 10 }", "log = { b = 0.6, k = 30 }"];

fn plan(head: &str, values: [f64; 3], curves: [&str; 3], more: &str) -> String {
    let drivers = values.iter().zip(curves).enumerate().map(|(at, (value, curve))| {
        format!("[[driver]]\nname = \"d{}\"\nvalue = {value}\ncurve = {{ {curve} }}\n{more}\n", at + 1)
    });
    format!("{head}\n{}", drivers.collect::<String>())
}

fn allocated(folder: &tempfile::TempDir, plan: &str) -> Value {
    let path = file(folder, "plan.toml", plan.as_bytes());
    object(&cam(&["allocate", text(&path), "--json"]))
}

fn compare(found: &Value, key: &str) {
    for (at, row) in found["drivers"].as_array().unwrap().iter().enumerate() {
        let key = format!("{key}.x{}", at + 1);
        close(row["spending"].as_f64().unwrap(), expected(&key), &key);
    }
}

#[test]
fn the_allocation_checks_come_from_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let found = allocated(&folder, &plan("budget = 100", VALUES, LOG, ""));
    compare(&found, "alloc.log");
    close(found["lambda"].as_f64().unwrap(), 5.25, "lambda");
    close(found["value"].as_f64().unwrap(), expected("alloc.log.value"), "value");
    assert_eq!(found["budget_binds"], true);
    assert_eq!(codes(&found), ["W_JUDGED"]);
    assert_eq!(found["path"].as_array().unwrap().len(), 10);

    let corner = allocated(&folder, &plan("budget = 10", VALUES, LOG, "estimated = true"));
    compare(&corner, "alloc.log.B10");
    close(corner["lambda"].as_f64().unwrap(), 16.5, "lambda");
    assert!(codes(&corner).is_empty());

    let capped = allocated(&folder, &plan("budget = 100", VALUES, LOG, "cap = 40"));
    compare(&capped, "alloc.logcap40");
    close(capped["lambda"].as_f64().unwrap(), 3.6, "lambda");

    let free = allocated(&folder, &plan("", VALUES, LOG, ""));
    compare(&free, "alloc.log.unconstrained_lambda1");
    close(free["total"].as_f64().unwrap(), 780.0, "total");
    close(free["lambda"].as_f64().unwrap(), 1.0, "lambda");

    let curves =
        ["power = { b = 0.5, c = 0.5 }", "power = { b = 0.9, c = 0.4 }", "power = { b = 0.4, c = 0.6 }"];
    let power = allocated(&folder, &plan("budget = 100", VALUES, curves, ""));
    compare(&power, "alloc.power");
    close(power["lambda"].as_f64().unwrap(), expected("alloc.power.lambda"), "lambda");
    close(power["value"].as_f64().unwrap(), expected("alloc.power.value"), "value");
}

#[test]
fn s_curves_are_divided_by_dynamic_programming() {
    let folder = tempfile::tempdir().unwrap();
    let curves = [
        "s_curve = { least = 0, most = 1, c = 2.5, half = 15 }",
        "s_curve = { least = 0, most = 1, c = 2, half = 20 }",
        "s_curve = { least = 0, most = 1, c = 3, half = 12 }",
    ];
    let head = "budget = 60\nleast_return = 0\nsteps = 60";
    let found = allocated(&folder, &plan(head, [120.0, 100.0, 80.0], curves, ""));
    compare(&found, "alloc.dp");
    close(found["value"].as_f64().unwrap(), expected("alloc.dp.value"), "value");
    assert_eq!(found["method"], "dynamic_programming");
}

#[test]
fn it_says_where_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "plan.toml", plan("budget = 1000", VALUES, LOG, "").as_bytes());
    let text = String::from_utf8(cam(&["allocate", text(&path)]).stdout).unwrap();
    let sentence = "stop here: spend 780 and keep 220; the next unit brings less than it costs";
    assert!(text.contains(sentence), "{text}");
    assert!(text.contains("W_JUDGED: what money does to d1 is a judgement"), "{text}");
}

/// Past a plateau no customer is worth anything more, so that the budget stops before its end.
#[test]
fn the_curve_over_the_customers_sets_the_worth() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..100).map(|row| (50.5 + f64::from(row) * 0.25).to_string()).collect();
    file(&folder, "accounts.csv", format!("index\n{}\n", rows.join("\n")).as_bytes());
    let plan = |response: &str| {
        format!(
            "budget = 1000\n[[driver]]\nname = \"service\"\nimpact = 0.5\ncurve = {{ log = {{ b = 20, k = 50 }} }}\n\
             [customers]\nfile = \"accounts.csv\"\nsatisfaction = \"index\"\n[response]\n{response}\n"
        )
    };
    let found = allocated(&folder, &plan("slope_below = 1.1\nplateau = 72\nobserved = [50, 75]"));
    let spent = found["drivers"][0]["spending"].as_f64().unwrap();
    assert!(spent > 0.0 && spent < 1000.0, "{spent}");
    assert_eq!(found["budget_binds"], false);
    // Where the next unit brings what it costs.
    let next = found["lambda"].as_f64().unwrap();
    assert!(next < 1.0 && (next - 1.0).abs() < 0.03, "the steps of the plan are fine enough: {found}");
    close(found["customers"]["weight"].as_f64().unwrap(), 100.0, "weight");

    let printed = "{\"verdict\":\"PLATEAU\",\"plateau\":{\"level\":72},\"kink\":null,\"slope\":null,\
                   \"slope_below\":{\"estimate\":1.1},\"slope_above\":null,\"observed\":{\"p5\":50,\"p95\":75}}";
    file(&folder, "curve.json", printed.as_bytes());
    let again = allocated(&folder, &plan("curve = \"curve.json\""));
    close(again["drivers"][0]["spending"].as_f64().unwrap(), spent, "by the printed curve");

    file(&folder, "curve.json", printed.replace("PLATEAU", "NO_RELATION").as_bytes());
    let path = file(&folder, "plan.toml", plan("curve = \"curve.json\"").as_bytes());
    let (code, message) = refusal(&["allocate", text(&path), "--json"]);
    assert_eq!(code, "E_VERDICT");
    assert!(message.contains("NO_RELATION"), "{message}");
}

#[test]
fn flows_are_appraised() {
    let flows = "--flows=-100000,30000,40000,40000,30000";
    let found = object(&cam(&["allocate", flows, "--rate", "0.1", "--json"]));
    for (key, reference) in [
        ("present_value", "roi.pv"),
        ("net_present_value", "roi.npv"),
        ("roi", "roi.roi"),
        ("internal_rate", "roi.irr"),
        ("payback_years", "roi.payback_simple_years"),
        ("discounted_payback_years", "roi.payback_discounted_years"),
    ] {
        close(found[key].as_f64().unwrap(), expected(reference), key);
    }
    let (code, _) = refusal(&["allocate", "--flows=100,200", "--rate", "0.1", "--json"]);
    assert_eq!(code, "E_PARAMETER");
}

#[test]
fn a_plan_that_is_not_understood_is_refused_at_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |content: &str| {
        let path = file(&folder, "bad.toml", content.as_bytes());
        refusal(&["allocate", text(&path), "--json"])
    };
    let (code, message) = refused("budget = 100\nbuget = 3\n");
    assert_eq!(code, "E_TOML");
    assert!(message.contains("bad.toml, line 2, column 1: unknown field `buget`"), "{message}");
    let driver = "[[driver]]\nname = \"a\"\nvalue = 1\n";
    let falling = "curve = { adbudg = { answers = [0.4, 0.1, 0.5, 0.7], spent_today = 20 } }\n";
    let (code, message) = refused(&format!("{driver}{falling}"));
    assert_eq!(code, "E_NOT_RISING");
    assert!(message.contains("line 4, column"), "{message}");
    assert_eq!(refused(&format!("{driver}curve = {{ power = {{ b = 1, c = 2 }} }}\n")).0, "E_PARAMETER");
    assert_eq!(refused("driver = []\nbudget = 1\n").0, "E_TOO_FEW");
    let missing = Path::new("no such plan.toml");
    assert_eq!(refusal(&["allocate", text(missing), "--json"]).0, "E_FILE");
}
