//! The built program from outside: fits, importance and curves on plain files, and how every command ends.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "cli/value.rs"]
mod value;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cam::store::{Db, StoreError};
use serde_json::Value;

#[path = "cli/allocate.rs"]
mod allocate;
#[path = "cli/models.rs"]
mod models;
#[path = "cli/pls.rs"]
mod pls;
#[path = "cli/power.rs"]
mod power;

/// Reference figures and made-up data; each file names its source.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/stats/tests/golden/");

fn cam(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cam")).args(arguments).output().unwrap()
}

fn golden(name: &str) -> String {
    std::fs::read_to_string(format!("{GOLDEN}{name}")).unwrap()
}

/// A file of the test's own; comment lines of the golden files are left out.
fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(content).unwrap();
    path
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// A table of y and x1, x2, …
fn table(y: &[f64], columns: &[Vec<f64>]) -> String {
    let header = format!("y,{}", driver_names(columns.len()));
    let rows = y.iter().enumerate().map(|(row, value)| {
        let cells: Vec<String> = columns.iter().map(|column| column[row].to_string()).collect();
        format!("{value},{}", cells.join(","))
    });
    lines(std::iter::once(header).chain(rows))
}

fn plain(name: &str) -> String {
    lines(golden(name).lines().filter(|line| !line.starts_with('#')).map(str::to_owned))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Code of a refusal, which is printed as one object and exits 2.
fn refusal(arguments: &[&str]) -> (String, String) {
    let output = cam(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    (object["error"].as_str().unwrap().to_owned(), object["message"].as_str().unwrap().to_owned())
}

fn codes(object: &Value) -> Vec<&str> {
    object["warnings"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}

/// Agrees to eight digits.
fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-8 * expected.abs(), "{what}: {found}, expected {expected}");
}

/// Digits in common, capped at 15.
fn digits(found: f64, certified: f64) -> f64 {
    let error = (found - certified).abs() / certified.abs();
    if error == 0.0 { 15.0 } else { (-error.log10()).clamp(0.0, 15.0) }
}

fn certified(key: &str) -> f64 {
    let prefix = format!("{key},");
    let line = golden("nist.csv").lines().find_map(|line| line.strip_prefix(&prefix).map(str::to_owned));
    line.unwrap().parse().unwrap()
}

fn driver_names(columns: usize) -> String {
    (1..=columns).map(|column| format!("x{column}")).collect::<Vec<_>>().join(",")
}

/// Writes y and the columns, fits them with classic errors, and compares with the certified values.
fn check_nist(name: &str, y: &[f64], columns: &[Vec<f64>], intercept: bool, needed: f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "nist.csv", table(y, columns).as_bytes());
    let drivers = driver_names(columns.len());
    let mut arguments =
        vec!["fit", "ols", text(&path), "--outcome", "y", "--drivers", &drivers, "--se", "classic", "--json"];
    if !intercept {
        arguments.push("--no-intercept");
    }
    let found = object(&cam(&arguments));
    let rows = found["coefficients"].as_array().unwrap();
    assert_eq!(rows.len(), columns.len() + usize::from(intercept));
    for (position, row) in rows.iter().enumerate() {
        let position = position + usize::from(!intercept);
        let estimate = row["estimate"].as_f64().unwrap();
        let shared = digits(estimate, certified(&format!("{name}.b{position}")));
        assert!(shared >= needed, "{name} b{position}: {shared:.1} digits");
        let std_error = row["std_error"].as_f64().unwrap();
        let expected = certified(&format!("{name}.se{position}"));
        if expected == 0.0 {
            assert!(std_error < 1e-8, "{name} se{position}: {std_error}");
        } else {
            let shared = digits(std_error, expected);
            assert!(shared >= needed - 1.0, "{name} se{position}: {shared:.1} digits");
        }
    }
}

fn nist_file(name: &str) -> (Vec<f64>, Vec<f64>) {
    golden(&format!("nist_{name}.dat"))
        .lines()
        .skip(60)
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut cells = line.split_whitespace().map(|cell| cell.parse::<f64>().unwrap());
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .unzip()
}

fn powers(x: &[f64], degree: i32) -> Vec<Vec<f64>> {
    (1..=degree).map(|power| x.iter().map(|value| value.powi(power)).collect()).collect()
}

#[test]
fn nist_polynomials_keep_their_digits_through_the_program() {
    for (name, degree, needed) in [
        ("Norris", 1, 11.0),
        ("Pontius", 2, 11.0),
        ("Wampler1", 5, 9.0),
        ("Wampler2", 5, 12.0),
        ("Wampler3", 5, 9.0),
        ("Wampler4", 5, 7.0),
        ("Wampler5", 5, 5.0),
    ] {
        let (y, x) = nist_file(name);
        check_nist(name, &y, &powers(&x, degree), true, needed);
    }
}

#[test]
fn nist_without_intercept_keeps_its_digits_through_the_program() {
    let x: Vec<f64> = (60..=70).map(f64::from).collect();
    let y: Vec<f64> = (130..=140).map(f64::from).collect();
    check_nist("NoInt1", &y, &[x], false, 15.0);
    check_nist("NoInt2", &[3.0, 4.0, 4.0], &[vec![4.0, 5.0, 6.0]], false, 15.0);
}

#[test]
fn nist_longley_keeps_its_digits_through_the_program() {
    let table = plain("longley.csv");
    let scales = [1.0, 1000.0, 10.0, 10.0, 1000.0, 1.0, 1000.0];
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 7];
    for line in table.lines().skip(1) {
        for ((column, cell), scale) in columns.iter_mut().zip(line.split(',')).zip(scales) {
            column.push((cell.parse::<f64>().unwrap() * scale * 10.0).round() / 10.0);
        }
    }
    check_nist("Longley", &columns[6], &columns[..6], true, 10.0);
}

#[test]
fn nist_filip_is_solved_or_refused_never_wrong() {
    let (y, x) = nist_file("Filip");
    let folder = tempfile::tempdir().unwrap();
    let columns = powers(&x, 10);
    let path = file(&folder, "filip.csv", table(&y, &columns).as_bytes());
    let drivers = driver_names(10);
    let arguments =
        ["fit", "ols", text(&path), "--outcome", "y", "--drivers", &drivers, "--se", "classic", "--json"];
    let output = cam(&arguments);
    if output.status.success() {
        check_nist("Filip", &y, &columns, true, 7.0);
    } else {
        let (code, message) = refusal(&arguments);
        assert_eq!(code, "E_ALIASED");
        assert!(message.starts_with('x'), "{message}");
    }
}

fn curve_of(outcome: &str, more: &[&str]) -> Value {
    let path = format!("{GOLDEN}synth_curve.csv");
    let arguments = ["curve", &path, "--satisfaction", "sat", "--outcome", outcome, "--json"];
    object(&cam(&[&arguments, more].concat()))
}

#[test]
fn the_three_shapes_get_their_verdicts() {
    let plateau = curve_of("profit", &[]);
    assert_eq!(plateau["verdict"], "PLATEAU");
    for (key, expected) in
        [("level", 70.853_566_620_178_1), ("ci_low", 68.425_117_953_048_9), ("ci_high", 72.134_725_849_889_6)]
    {
        let found = plateau["plateau"][key].as_f64().unwrap();
        assert!((found / expected - 1.0).abs() < 1e-8, "{key}: {found}");
    }
    let line = curve_of("profit_lin", &[]);
    assert_eq!((&line["verdict"], &line["plateau"]), (&Value::from("LINEAR"), &Value::Null));
    assert_eq!(curve_of("profit_sat", &[])["verdict"], "DIMINISHING");
}

#[test]
fn the_seed_42_repeats_the_run_without_a_seed_and_another_one_does_not() {
    let (plain, same, other) = (
        curve_of("profit", &[]),
        curve_of("profit", &["--seed", "42"]),
        curve_of("profit", &["--seed", "7"]),
    );
    assert_eq!(plain["slope_above"], same["slope_above"]);
    assert_ne!(plain["slope_above"]["ci_low"], other["slope_above"]["ci_low"]);
}

#[test]
fn few_rows_are_a_verdict_and_not_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let rows = lines((0..50).map(|row| format!("{row},{}", row * row % 37)));
    let path = file(&folder, "few.csv", format!("s,y\n{rows}").as_bytes());
    let found = object(&cam(&["curve", text(&path), "--satisfaction", "s", "--outcome", "y", "--json"]));
    assert_eq!(found["verdict"], "TOO_FEW");
}

#[test]
fn importance_sums_to_r_squared_and_agrees_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "attitude.csv", plain("attitude.csv").as_bytes());
    let names = "complaints,privileges,learning,raises,critical,advance";
    let found =
        object(&cam(&["importance", text(&path), "--outcome", "rating", "--drivers", names, "--json"]));
    let shares = found["shares"].as_array().unwrap();
    let sum: f64 = shares.iter().map(|share| share["share"].as_f64().unwrap()).sum();
    assert!((sum - found["r_squared"].as_f64().unwrap()).abs() < 1e-12);
    assert_eq!(shares[0]["term"], "complaints");
    assert!((shares[0]["share"].as_f64().unwrap() - 0.370_816_194_319_328).abs() < 1e-9);
}

/// 60 rows: y depends on a with noise, b is twice a plus 1, c is constant, d copies y, s separates z.
fn many_columns() -> String {
    let header = "y,a,b,c,d,z,s,gap,shop,note".to_owned();
    let rows = (0..60_i32).map(|row| {
        let a = row * 37 % 60;
        let (y, b) = (a + row * 17 % 23, 2 * a + 1);
        let (d, z, shop) = (10 * y, i32::from(row >= 30), row % 4);
        let gap = if row % 5 == 0 { String::new() } else { row.to_string() };
        format!("{y},{a},{b},1,{d},{z},{row},{gap},shop {shop},text")
    });
    lines(std::iter::once(header).chain(rows))
}

#[test]
fn each_statistical_fault_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "many.csv", many_columns().as_bytes());
    let fit = |model, outcome, drivers, more: &[&str]| {
        let arguments = ["fit", model, text(&path), "--outcome", outcome, "--drivers", drivers, "--json"];
        refusal(&[&arguments, more].concat())
    };
    for (model, outcome, drivers, more, code, named) in [
        ("ols", "y", "a,b", &[][..], "E_ALIASED", ""),
        ("ols", "y", "a,c", &[], "E_NO_VARIANCE", "c "),
        ("ols", "c", "a", &[], "E_NO_VARIANCE", "c "),
        ("ols", "y", "a,d", &[], "E_LEAK", "d "),
        ("ols", "y", "a,y", &[], "E_LEAK", "y "),
        ("logistic", "y", "a", &[], "E_NOT_BINARY", "neither 0 nor 1"),
        ("ols", "y", "a", &["--se", "cluster:shop"], "E_TOO_FEW", "clusters"),
        ("ols", "y", "nothing", &[], "E_MISSING_COLUMN", "\"nothing\""),
        ("ols", "y", "note", &[], "E_NOT_A_NUMBER", "column \"note\""),
    ] {
        let (found, message) = fit(model, outcome, drivers, more);
        assert_eq!(found, code, "{model} {outcome} ~ {drivers}: {message}");
        assert!(message.contains(named), "{message}");
    }
    let curve =
        |outcome| refusal(&["curve", text(&path), "--satisfaction", "a", "--outcome", outcome, "--json"]).0;
    assert_eq!((curve("c").as_str(), curve("b").as_str()), ("E_NO_VARIANCE", "E_LEAK"));
    let importance =
        |drivers| refusal(&["importance", text(&path), "--outcome", "y", "--drivers", drivers, "--json"]);
    for (drivers, code, named) in [("a,c", "E_NO_VARIANCE", "c "), ("a,d", "E_LEAK", "d ")] {
        let (found, message) = importance(drivers);
        assert_eq!(found, code, "{drivers}: {message}");
        assert!(message.starts_with(named), "{message}");
    }
}

#[test]
fn missing_values_are_left_out_and_counted_or_filled_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "many.csv", many_columns().as_bytes());
    let arguments = ["fit", "ols", text(&path), "--outcome", "y", "--drivers", "a,gap", "--json"];
    let complete = object(&cam(&arguments));
    assert_eq!(
        (&complete["n"], &complete["n_available"], &complete["dropped"]),
        (&48.into(), &60.into(), &12.into())
    );
    assert_eq!(complete["dropped_by"]["gap"], 12);
    assert!(codes(&complete).contains(&"W_MISSING"));
    let filled = object(&cam(&[&arguments[..], &["--missing", "mean"]].concat()));
    assert_eq!((&filled["n"], &filled["dropped"]), (&60.into(), &0.into()));
    assert!(codes(&filled).contains(&"W_IMPUTED"));
}

#[test]
fn a_column_that_is_nearly_empty_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rows = lines((0..200).map(|row| format!("{row},{}", if row % 100 == 0 { "1" } else { "" })));
    let path = file(&folder, "empty.csv", format!("y,a\n{rows}").as_bytes());
    let (code, message) = refusal(&["fit", "ols", text(&path), "--outcome", "y", "--drivers", "a", "--json"]);
    assert_eq!(code, "E_MISSING");
    assert!(message.contains("198 of 200"), "{message}");
}

#[test]
fn the_intercept_comes_first_and_the_defaults_are_hc3_and_classic() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "customers.csv", plain("synth_customers.csv").as_bytes());
    let fit = |model, outcome, more: &[&str]| {
        let arguments =
            ["fit", model, text(&path), "--outcome", outcome, "--drivers", "serv1,price1", "--json"];
        object(&cam(&[&arguments, more].concat()))
    };
    let ols = fit("ols", "csi", &[]);
    assert_eq!((&ols["se_kind"], &ols["coefficients"][0]["term"]), (&"hc3".into(), &"(Intercept)".into()));
    assert_eq!(ols["coefficients"][2]["term"], "price1");
    for key in ["estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high"] {
        assert!(ols["coefficients"][1][key].is_f64(), "{key}");
    }
    assert!(ols["seconds"]["read"].is_f64() && ols["seconds"]["fit"].is_f64());
    assert_eq!(fit("logistic", "churn", &[])["se_kind"], "classic");
    assert_eq!(fit("ols", "csi", &["--se", "cluster:unit"])["se_kind"], "cr2");
}

#[test]
fn a_spreadsheet_under_a_csv_name_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        file(&folder, "book.csv", b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet");
    let (code, message) = refusal(&["fit", "ols", text(&path), "--outcome", "y", "--drivers", "a", "--json"]);
    assert_eq!(code, "E_FILE_KIND");
    assert!(message.contains("ODS"), "{message}");
}

#[test]
fn a_refusal_in_words_goes_to_the_error_stream() {
    let output = cam(&["fit", "ols", "no-such-file.csv", "--outcome", "y", "--drivers", "a"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("E_FILE: no-such-file.csv"));
}

#[test]
fn usage_errors_exit_64() {
    for arguments in [
        &["fit", "ols", "file.csv", "--outcome", "y"][..],
        &["fit", "probit", "file.csv", "--outcome", "y", "--drivers", "a"],
        &["fit", "ols", "file.csv", "--outcome", "y", "--drivers", "a", "--se", "bootstrap"],
        &["fit", "ols", "file.csv", "--outcome", "y", "--drivers", "a", "--se", "cluster:"],
        &["curve", "file.csv", "--outcome", "y"],
        &["curve", "file.csv", "--satisfaction", "s", "--outcome", "y", "--seed", "x"],
    ] {
        assert_eq!(cam(arguments).status.code(), Some(64), "{arguments:?}");
    }
}

#[test]
fn a_seed_is_a_whole_number_of_64_bits() {
    let path = format!("{GOLDEN}synth_curve.csv");
    let curve = ["curve", &path, "--satisfaction", "sat", "--outcome", "profit", "--json"];
    let largest = object(&cam(&[&curve[..], &["--seed", "18446744073709551615"]].concat()));
    assert_eq!(largest["seed"], u64::MAX);
    for seed in ["--seed=-1", "--seed=1.5", "--seed=18446744073709551616", "--seed=", "--seed=NaN"] {
        for command in [&curve[..], &["demo", "--once"]] {
            assert_eq!(cam(&[command, &[seed]].concat()).status.code(), Some(64), "{command:?} {seed}");
        }
    }
}

#[test]
fn a_period_is_a_quarter_of_a_year_that_money_is_counted_in() {
    for period in ["2026", "2026Q0", "2026Q5", "0000Q1", "99999Q1", "-2026Q1", "Q1"] {
        let arguments = ["report", &format!("--period={period}"), "--out", "report"];
        assert_eq!(cam(&arguments).status.code(), Some(64), "{period}");
    }
}

/// The options of a fresh database with an organisation.
struct Prepared {
    folder: tempfile::TempDir,
    database: String,
}

impl Prepared {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", text(&folder.path().join("cam.db")));
        let config = file(
            &folder,
            "cam.toml",
            b"[organisation]\nname = \"Sample\"\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\n",
        );
        let output = cam(&["migrate", "--config", text(&config), "--database", &database]);
        assert!(output.status.success(), "{}", words(&output));
        Self { folder, database }
    }

    fn cam(&self, arguments: &[&str]) -> Output {
        cam(&[arguments, &["--database", &self.database]].concat())
    }

    fn accounts(&self, content: &str, more: &[&str]) -> Output {
        let map = b"kind = \"accounts\"\n[fields]\nkey = \"no\"\nname = \"name\"\n";
        let (map, content) =
            (file(&self.folder, "map.toml", map), file(&self.folder, "accounts.csv", content.as_bytes()));
        self.cam(&[&["import", "accounts", text(&content), "--map", text(&map)], more].concat())
    }
}

/// What a command says on both streams.
fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const UNITS: &str = "kind = \"units\"\n[fields]\nkey = \"u\"\nname = \"u\"\nkind = { value = \"shop\" }\n";

/// The least that an analysis file says.
const QUESTION: &str = "survey = \"customer\"\n[outcome]\nwindow_months = 12\nmoney = \"revenue\"\n\
                        retention = { kind = \"bought_again\", within_months = 6 }\n";

#[test]
fn every_refusal_exits_2() {
    let prepared = Prepared::new();
    let write = |name, content: &str| file(&prepared.folder, name, content.as_bytes());
    let (wrong, sound) = (write("wrong.toml", "surveys = 5\n"), write("analysis.toml", QUESTION));
    let foreign = prepared.folder.path().to_owned();
    let out = foreign.join("report");
    let report = |analysis: &Path| {
        prepared.cam(&["report", "--period", "2026Q3", "--out", text(&out), "--analysis", text(analysis)])
    };
    let (fit, import) = (["fit", "ols", "no-such.csv", "--outcome", "y", "--drivers", "a"], "import");
    let undo = ["import", "undo", "0192f0c1-7d2b-7cc3-98c4-dc0c0c07398f"];
    let refusals = [
        (cam(&fit), "no-such.csv"),
        (
            prepared.cam(&[import, "units", "no-such.csv", "--map", text(&write("u.toml", UNITS))]),
            "no-such.csv",
        ),
        (prepared.accounts("no,name\n,One\n", &[]), "1 of 1 rows would be left out"),
        (prepared.accounts("no,name\n,One\n", &["--json"]), "1 of 1 rows would be left out"),
        (prepared.cam(&undo), "there is no import"),
        (report(Path::new("no-such.toml")), "no-such.toml cannot be read"),
        (report(&wrong), "wrong.toml:1:1"),
        (report(&sound), "no wave of the survey"),
        (cam(&["check", "--config", "no-such.toml"]), "no-such.toml"),
        (cam(&["check", "--config", text(&wrong)]), "unknown field"),
        (cam(&["demo", "--once", "--dir", text(&foreign)]), "a database that is not the demo's"),
    ];
    for (output, reason) in refusals {
        assert_eq!(output.status.code(), Some(2), "{reason}: {}", words(&output));
        assert!(words(&output).contains(reason), "{reason}: {}", words(&output));
    }
}

#[test]
fn any_other_failure_exits_1() {
    let prepared = Prepared::new();
    // A folder cannot be opened as a database.
    let database = format!("sqlite:{}", text(prepared.folder.path()));
    let output = cam(&["check", "--database", &database]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
}

#[test]
fn a_server_that_does_not_answer_is_named_at_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = std::time::Instant::now();
    let output = cam(&["check", "--database", &format!("postgres://cam@{free}/cam")]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("Connection refused"), "{}", words(&output));
    assert!(started.elapsed().as_secs() < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_another_process_that_writes_says_so_and_writes_nothing() {
    let prepared = Prepared::new();
    let db = Db::open(&prepared.database).await.unwrap();
    let (locked, held) = tokio::sync::oneshot::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        db.write(|_| {
            Box::pin(async move {
                locked.send(()).unwrap();
                ended.await.unwrap();
                Ok::<_, StoreError>(())
            })
        })
        .await
    });
    held.await.unwrap();
    let output = prepared.accounts("no,name\nA1,One\n", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("another process is writing to this database"), "{}", words(&output));
    end.send(()).unwrap();
    writing.await.unwrap().unwrap();
    let output = prepared.accounts("no,name\nA1,One\n", &["--json"]);
    assert_eq!(object(&output)["new"], 1);
}

#[test]
fn help_lists_the_exit_codes() {
    let help = words(&cam(&["--help"]));
    for code in ["0   done", "1   failed", "2   refused", "64  the command line"] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn a_database_that_is_missing_or_was_never_migrated_asks_for_cam_migrate() {
    let folder = tempfile::tempdir().unwrap();
    let analysis = file(&folder, "analysis.toml", QUESTION.as_bytes());
    let empty = file(&folder, "empty.db", b"");
    let missing = folder.path().join("missing.db");
    let mut databases = vec![format!("sqlite:{}", text(&empty)), format!("sqlite:{}", text(&missing))];
    #[expect(clippy::disallowed_methods, reason = "the test runner passes its server by the environment")]
    if let Ok(server) = std::env::var("CAM_TEST_POSTGRES") {
        // The server's own database, which nothing migrates, and one that is not there.
        databases.extend([format!("{server}/postgres"), format!("{server}/cam_missing")]);
    }
    let out = folder.path().join("report");
    for database in &databases {
        for command in [
            &["check"][..],
            &["import", "accounts", "accounts.csv", "--map", "accounts.toml"],
            &["import", "undo", "0192f0c1-7d2b-7cc3-98c4-dc0c0c07398f"],
            &["report", "--period", "2026Q3", "--out", text(&out), "--analysis", text(&analysis)],
        ] {
            let output = cam(&[command, &["--database", database]].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
            assert!(said.contains("run `cam migrate`"), "{command:?}: {said}");
            assert!(!said.contains("no such table") && !said.contains("relation"), "{command:?}: {said}");
        }
    }
    assert!(!missing.exists(), "a command that only reads has made a database");
}

#[test]
fn a_dry_run_names_every_line_that_would_be_left_out() {
    let rows = lines((2..902).map(|line| if line % 3 == 0 { ",x".to_owned() } else { format!("N{line},x") }));
    let content = format!("no,name\n{rows}");
    let prepared = Prepared::new();
    let expected: Vec<u64> = (2..902).filter(|line| line % 3 == 0).collect();
    assert_eq!(expected.len(), 300);

    let said = words(&prepared.accounts(&content, &["--dry-run"]));
    let list = said.split_once(" lines ").unwrap().1.split_once("\n\n").unwrap().0;
    let named: Vec<u64> = list.split(',').map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(named, expected);

    let report = object(&prepared.accounts(&content, &["--dry-run", "--json"]));
    let runs: Vec<u64> = report["reasons"][0]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run[0].as_u64().unwrap())
        .collect();
    assert_eq!(runs, expected);
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in ["fit", "importance", "curve", "clv", "segment", "rake"] {
        let output = cam(&[command, "--help"]);
        assert!(output.status.success());
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(help.contains("Example") && help.contains(&format!("cam {command} ")), "{help}");
    }
}

#[test]
fn words_for_readers_name_verdict_and_seed() {
    let path = format!("{GOLDEN}synth_curve.csv");
    let output = cam(&["curve", &path, "--satisfaction", "sat", "--outcome", "profit_sat"]);
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(words.contains("DIMINISHING: each further point still pays, but less"), "{words}");
    assert!(words.contains("999 draws, seed 42"), "{words}");
}

/// The folder of data that the repository does not carry, if it is there.
fn outside_data(test: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration; this names a folder of data")]
    let folder = std::env::var("CAM_DATA").ok().map(PathBuf::from);
    if folder.is_none() {
        let _ = writeln!(std::io::stderr(), "SKIPPED {test}: CAM_DATA is not set");
    }
    folder
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// Figures of R's glm on the classic telco set, as printed to five decimals.
#[test]
fn telco_churn_agrees_with_r() {
    let Some(data) = outside_data("telco_churn_agrees_with_r") else { return };
    let folder = tempfile::tempdir().unwrap();
    let packed = std::fs::read_dir(data.join("telco"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| unpacked(path).starts_with("customerID,gender"))
        .unwrap();
    let text_of = unpacked(&packed);
    let mut rows = csv::Reader::from_reader(text_of.as_bytes());
    let place =
        |name: &str| text_of.lines().next().unwrap().split(',').position(|cell| cell.trim() == name).unwrap();
    let (tenure, charges, churn) = (place("tenure"), place("MonthlyCharges"), place("Churn"));
    let cells = rows.records().map(|row| {
        let row = row.unwrap();
        format!("{},{},{}", u8::from(row[churn].trim() == "Yes"), &row[tenure], &row[charges])
    });
    let content = lines(std::iter::once("churn,tenure,charges".to_owned()).chain(cells));
    let path = file(&folder, "telco.csv", content.as_bytes());
    let found = object(&cam(&[
        "fit",
        "logistic",
        text(&path),
        "--outcome",
        "churn",
        "--drivers",
        "tenure,charges",
        "--json",
    ]));
    for (term, estimate) in [(0, -1.80244), (1, -0.05485), (2, 0.03295)] {
        let value = found["coefficients"][term]["estimate"].as_f64().unwrap();
        assert!((value - estimate).abs() < 6e-6, "{term}: {value}");
    }
    for (term, error) in [(1, 0.00169), (2, 0.00130)] {
        let value = found["coefficients"][term]["std_error"].as_f64().unwrap();
        assert!((value - error).abs() < 6e-6, "{term}: {value}");
    }
    let value = found["fit"]["log_likelihood"].as_f64().unwrap();
    assert!((value + 3197.1751).abs() < 6e-5, "{value}");
}

#[test]
fn a_published_spreadsheet_under_a_csv_name_is_named_as_such() {
    let Some(data) = outside_data("a_published_spreadsheet_under_a_csv_name_is_named_as_such") else {
        return;
    };
    let path = data.join("employees/uk_csps/csps2020_org_scores.ods_misnamed_as.csv");
    let (code, message) = refusal(&["fit", "ols", text(&path), "--outcome", "y", "--drivers", "a", "--json"]);
    assert_eq!(code, "E_FILE_KIND");
    assert!(message.contains("ODS"), "{message}");
}

#[test]
fn every_shipped_survey_is_sound_and_the_customer_survey_takes_fourteen_taps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("surveys");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert_eq!(files.len(), 7);
    let output = Command::new(env!("CARGO_BIN_EXE_cam"))
        .args(["survey", "check", "--json"])
        .args(&files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let customer = answers.iter().find(|answer| answer["survey"]["id"] == "customer_satisfaction").unwrap();
    assert_eq!(customer["survey"]["most_questions"], 14);
    assert!(answers.iter().all(|answer| answer["survey"]["languages"][1] == "zh-Hans"), "{text}");
}

#[test]
fn a_question_that_nobody_reaches_is_refused_at_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.toml");
    let survey = "id = \"s\"\nversion = 1\nlanguages = [\"en\"]\nscale = [{ key = \"five\", low = 1, high = 5 }]\n\
                  [[item]]\nkey = \"a\"\nkind = \"rating\"\nscale = \"five\"\ntext = { en = \"A?\" }\n\
                  [[item]]\nkey = \"b\"\nkind = \"rating\"\nscale = \"five\"\nwhen = \"a > 5\"\ntext = { en = \"B?\" }\n";
    std::fs::write(&file, survey).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_cam")).args(["survey", "check"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("s.toml:11:7: b: nobody reaches this question"), "{text}");
}

#[test]
fn the_published_schema_is_that_of_the_program() {
    let stored =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("surveys/schema.json")).unwrap();
    let output = cam(&["survey", "schema"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), stored, "cam survey schema > surveys/schema.json");
}
