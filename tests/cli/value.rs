//! `cam clv`, `cam segment` and `cam rake` from the shell.

use std::fmt::Write as _;

use serde_json::Value;

use super::{cam, codes, file, object, outside_data, plain, refusal, text, unpacked};

fn close(found: &Value, expected: f64, tolerance: f64, what: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "{what}: found {found}, expected {expected}"
    );
}

fn rows(content: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut rows = csv::Reader::from_reader(content.as_bytes());
    let header = rows.headers().unwrap().iter().map(str::to_owned).collect();
    (header, rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
}

#[test]
fn closed_forms_of_lifetime_value_agree_with_the_reference() {
    let numbers = ["clv", "--margin", "100", "--retention", "0.8", "--discount", ".1", "--json"];
    let of = |more: &[&str]| object(&cam(&[&numbers[..], more].concat()));
    let found = of(&[]);
    close(&found["value"], 366.666_666_666_667, 1e-8, "now");
    close(&found["by_timing"]["after_renewal"]["value"], 266.666_666_666_667, 1e-8, "after renewal");
    close(&found["per_retention"], 1_222.222_222_222_22, 1e-8, "dCLV/dr");
    close(&found["retention_elasticity"], 2.666_666_666_666_67, 1e-8, "elasticity");
    close(&found["plus_one_point"], 12.643_678_160_919_5, 1e-8, "one more point");
    close(&of(&["--periods", "5"])["value"], 292.063_383_648_658, 1e-8, "T = 5");
    let end = of(&["--periods", "5", "--timing", "period-end"]);
    close(&end["value"], 265.512_166_953_325, 1e-8, "T = 5, end of period");
    close(&of(&["--growth", ".03"])["value"], 398.550_724_637_681, 1e-8, "growth");
    let survival =
        ["clv", "--margin", "100", "--survival", "1,.8,.7,.64,.6,.57", "--discount", ".1", "--json"];
    close(&object(&cam(&survival))["value"], 355.035_982_390_671, 1e-8, "survival");
    let (code, _) = refusal(&["clv", "--margin", "100", "--retention", "1", "--discount", "0", "--json"]);
    assert_eq!(code, "E_ENDLESS");
    let (code, _) = refusal(&["clv", "--margin", "m", "--retention", "1", "--discount", "0", "--json"]);
    assert_eq!(code, "E_NOT_A_NUMBER");
}

#[test]
fn each_customer_of_a_file_is_valued_and_the_mean_customer_stands_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "customers.csv", b"m,r\n100,0.8\n,0.5\n100,0.4\n100,0.9\n");
    let out = folder.path().join("values.csv");
    let arguments = ["clv", text(&path), "--margin", "m", "--retention", "r", "--discount", ".1", "--json"];
    let found = object(&cam(&arguments));
    let values = [110.0 / 0.3, 110.0 / 0.7, 110.0 / 0.2];
    close(&found["customer_equity"], values.iter().sum(), 1e-12, "equity");
    close(&found["value_of_mean_customer"], 110.0 / 0.4, 1e-12, "the mean customer");
    assert_eq!(found["values"].as_array().unwrap().len(), 3);
    assert_eq!(found["dropped_by"]["m"], 1);
    let found = object(&cam(&[&arguments[..], &["--out", text(&out)]].concat()));
    assert!(found.get("values").is_none());
    let (header, lines) = rows(&std::fs::read_to_string(&out).unwrap());
    assert_eq!((header[0].as_str(), header[1].as_str(), lines.len()), ("row", "value", 3));
    assert_eq!(lines[1][0], "3", "the row that misses its margin is skipped");
    // The row is that of the file.
    let path = file(&folder, "percent.csv", b"m,r\n1,0.8\n,0.5\n1,0.9\n1,80\n");
    let (code, message) =
        refusal(&["clv", text(&path), "--margin", "m", "--retention", "r", "--discount", ".1", "--json"]);
    assert_eq!(code, "E_PROBABILITY");
    assert!(message.contains("row 4"), "{message}");
}

#[test]
fn cohorts_of_contracts_agree_with_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let fit = |survivors: [u32; 8]| {
        let mut content = "due,kept\n".to_owned();
        for pair in survivors.windows(2) {
            writeln!(content, "{},{}", pair[0], pair[1]).unwrap();
        }
        let path = file(&folder, "cohort.csv", content.as_bytes());
        object(&cam(&["clv", text(&path), "--due", "due", "--kept", "kept", "--json"]))
    };
    let cohorts = [
        (
            [1000, 869, 743, 653, 593, 551, 517, 491],
            [0.668_088_351_106_446, 3.806_094_964_058_267, -1_611.158_147_391_16, 5.414_478_798_334_66],
        ),
        (
            [1000, 631, 468, 382, 326, 289, 262, 241],
            [0.704_077_298_473_516, 1.182_043_026_209_476, -1_680.265_188_463_29, 2.964_399_218_117_45],
        ),
    ];
    for (survivors, [alpha, beta, likelihood, lifetime]) in cohorts {
        let found = fit(survivors);
        close(&found["parameters"]["alpha"]["estimate"], alpha, 1e-8, "alpha");
        close(&found["parameters"]["beta"]["estimate"], beta, 1e-8, "beta");
        close(&found["log_likelihood"], likelihood, 1e-8, "log-likelihood");
        // The reference stands at R's optimum, which is off in the eighth digit.
        close(&found["renewals"][0]["residual_lifetime"], lifetime, 1e-7, "renewals left");
        assert_eq!(found["renewals"].as_array().unwrap().len(), 8);
    }
    let path = file(&folder, "more.csv", b"due,kept\n10,9\n9,10\n");
    let (code, _) = refusal(&["clv", text(&path), "--due", "due", "--kept", "kept", "--json"]);
    assert_eq!(code, "E_COUNTS");
}

/// Roots of the score equations of the CDNOW sample in arithmetic of 30 digits, as in the tests of the statistics.
const BG_NBD: [(&str, f64); 4] = [
    ("r", 0.242_594_522_430_157),
    ("alpha", 4.413_602_019_013_503),
    ("a", 0.792_922_017_225_599),
    ("b", 2.425_906_776_826_335),
];
const GAMMA_GAMMA: [(&str, f64); 3] =
    [("p", 6.248_802_489_709_097), ("q", 3.744_588_453_287_469), ("gamma", 15.447_748_009_463_716)];

fn fixture(name: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/methods/fixtures");
    let folders = [std::env::var_os("CAM_METHODS").map(Into::into), Some(std::path::PathBuf::from(beside))];
    let text =
        folders.into_iter().flatten().find_map(|folder| std::fs::read_to_string(folder.join(name)).ok());
    assert!(text.is_some() || std::env::var_os("CI").is_none(), "{name} is missing");
    if text.is_none() {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("SKIPPED: {name} is not there; name its folder in CAM_METHODS\n").as_bytes(),
        );
    }
    text
}

/// A log of purchases with the counts, times and mean amounts of the fixtures.
fn log_of(counts: &str, amounts: &str) -> String {
    let end = jiff::civil::date(1997, 9, 30);
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let mut log = "id,date,amount\n".to_owned();
    for ((place, history), amount) in rows(counts).1.iter().enumerate().zip(rows(amounts).1) {
        let (repeats, last, age) =
            (number(&history[0]), number(&history[1]) * 7.0, number(&history[2]) * 7.0);
        let mut days = vec![0.0];
        days.extend((1..history[0].parse::<u32>().unwrap()).map(f64::from));
        if repeats > 0.0 {
            days.push(last.round());
        }
        for (purchase, day) in days.into_iter().enumerate() {
            let ago = format!("{}", age.round() - day).parse::<i32>().unwrap();
            let date = end.checked_sub(jiff::Span::new().days(ago)).unwrap();
            let paid = if purchase == 0 { "5.5" } else { amount[4].as_str() };
            writeln!(log, "{place:05},{},{paid}", date.strftime("%Y%m%d")).unwrap();
        }
    }
    log
}

fn cdnow(path: &std::path::Path, more: &[&str]) -> Value {
    let options = [
        "clv",
        text(path),
        "--customer",
        "id",
        "--date",
        "date",
        "--amount",
        "amount",
        "--date-format",
        "%Y%m%d",
        "--unit",
        "week",
        "--horizon",
        "39",
        "--end",
        "19970930",
        "--json",
    ];
    object(&cam(&[&options[..], more].concat()))
}

#[test]
fn a_log_of_purchases_agrees_with_the_reference() {
    let (Some(counts), Some(amounts)) = (fixture("cdnow_cbs.csv"), fixture("cdnow_summary_monetary.csv"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "log.csv", log_of(&counts, &amounts).as_bytes());
    let out = folder.path().join("customers.csv");
    let found = cdnow(&path, &["--out", text(&out)]);
    assert_eq!((&found["customers"], &found["repeaters"]), (&Value::from(2357), &Value::from(946)));
    for (name, expected) in BG_NBD {
        close(&found["bg_nbd"]["parameters"][name]["estimate"], expected, 1e-8, name);
    }
    close(&found["bg_nbd"]["log_likelihood"], -9_582.429_206_673_93, 1e-8, "log-likelihood");
    for (name, expected) in GAMMA_GAMMA {
        close(&found["gamma_gamma"]["parameters"][name]["estimate"], expected, 1e-8, name);
    }
    close(&found["gamma_gamma"]["log_likelihood"], -4_055.923_243_502_86, 1e-8, "log-likelihood");
    close(&found["gamma_gamma"]["correlation"], 0.113_883_910_486_004, 1e-8, "correlation");
    assert_eq!(found["gamma_gamma"]["n"], 946);
    let (header, lines) = rows(&std::fs::read_to_string(&out).unwrap());
    assert_eq!((header[0].as_str(), lines[0][0].as_str(), lines.len()), ("id", "00000", 2357));
    let sum: f64 = lines.iter().map(|line| line[9].parse::<f64>().unwrap()).sum();
    close(&found["expected_money"], sum, 1e-12, "the sum of the file");
}

/// The published log itself: set apart by blanks, CRLF, leading zeros, rows that repeat others.
#[test]
fn the_published_log_is_read_as_it_is() {
    let Some(data) = outside_data("the_published_log_is_read_as_it_is") else { return };
    let folder = tempfile::tempdir().unwrap();
    let sample = unpacked(&data.join("cdnow/CDNOW_sample.txt.gz"));
    let path = file(&folder, "sample.txt", format!("master id date cds amount\r\n{sample}").as_bytes());
    let found = cdnow(&path, &[]);
    assert_eq!(found["customers"], 2357);
    for (name, expected) in BG_NBD {
        close(&found["bg_nbd"]["parameters"][name]["estimate"], expected, 1e-7, name);
    }
    for (name, expected) in GAMMA_GAMMA {
        close(&found["gamma_gamma"]["parameters"][name]["estimate"], expected, 1e-3, name);
    }
    let master = data.join("cdnow/CDNOW_master.txt.gz");
    let found = object(&cam(&[
        "clv",
        text(&master),
        "--customer",
        "customer_id",
        "--date",
        "date",
        "--amount",
        "dollar_value",
        "--date-format",
        "%Y%m%d",
        "--horizon",
        "39",
        "--json",
    ]));
    assert_eq!((&found["n"], &found["customers"]), (&Value::from(69_659), &Value::from(23_570)));
    assert!(found["repeated_rows"].as_u64().unwrap() >= 255);
    assert_eq!(found["zero_amounts"], 80);
}

#[test]
fn a_day_in_another_format_is_refused_with_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "log.csv", b"id,date,amount\n1,2026-01-02,3\n1,03.01.2026,3\n");
    let options = ["--customer", "id", "--date", "date", "--amount", "amount", "--horizon", "4", "--json"];
    let (code, message) = refusal(&[&["clv", text(&path)][..], &options].concat());
    assert_eq!(code, "E_DATE");
    assert!(message.contains("row 2") && message.contains("--date-format"), "{message}");
    let path = file(&folder, "log.csv", b"id,date,amount\n1,2026-01-02,3\n2,2026-01-03,3\n");
    let (code, _) = refusal(&[&["clv", text(&path)][..], &options].concat());
    assert_eq!(code, "E_TOO_FEW");
}

#[test]
fn segments_that_are_there_are_found_and_a_cloud_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "customers.csv", plain("synth_customers.csv").as_bytes());
    let arguments = ["segment", text(&path), "--features", "csi,nps", "--money", "spend"];
    let found = object(&cam(&[&arguments[..], &["--json"]].concat()));
    assert_eq!(found["verdict"], "no_natural_segments");
    assert_eq!(found["n"], 800);
    close(&found["total"], 2_397.0, 1e-8, "total sum of squares");
    let sizes: u64 = found["segments"].as_array().unwrap().iter().map(|s| s["n"].as_u64().unwrap()).sum();
    assert_eq!(sizes, 800);
    let words = String::from_utf8(cam(&arguments).stdout).unwrap();
    assert!(words.contains("no natural segments"), "{words}");
    let mut content = "id,a,b\n".to_owned();
    for row in 0..120 {
        let (corner, jitter) = (f64::from(row % 3), f64::from(row * 7 % 11) / 40.0);
        writeln!(content, "c{row},{},{}", corner * 5.0 + jitter, (corner - 1.0).abs() * 4.0 - jitter)
            .unwrap();
    }
    let (path, out) = (file(&folder, "three.csv", content.as_bytes()), folder.path().join("labels.csv"));
    let arguments =
        ["segment", text(&path), "--features", "a,b", "--id", "id", "--out", text(&out), "--json"];
    let found = object(&cam(&arguments));
    assert_eq!((&found["verdict"], &found["k"]), (&Value::from("natural"), &Value::from(3)));
    let (header, lines) = rows(&std::fs::read_to_string(&out).unwrap());
    assert_eq!((header, lines.len()), (vec!["id".to_owned(), "segment".to_owned()], 120));
    assert_eq!(lines[0][1], lines[3][1]);
    assert_ne!(lines[0][1], lines[1][1]);
    let path = file(&folder, "few.csv", b"a,b\n1,2\n3,5\n");
    let (code, _) = refusal(&["segment", text(&path), "--features", "a,b", "--json"]);
    assert_eq!(code, "E_TOO_FEW");
}

const MARGINS: &str =
    "population = 5000\n[margin.segment]\nA = 0.40\nB = 0.35\nC = 0.25\n[margin.third]\ny = 0.40\nn = 0.60\n";

#[test]
fn raking_agrees_with_the_reference_and_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (header, lines) = rows(&plain("synth_customers.csv"));
    let place = |name: &str| header.iter().position(|cell| cell == name).unwrap();
    let mut content = "segment,third,csi\n".to_owned();
    for line in lines {
        let third = if line[place("id")].parse::<u32>().unwrap() % 3 == 0 { "y" } else { "n" };
        let items = ["sat1", "sat2", "sat3"].map(|item| line[place(item)].parse::<f64>().unwrap());
        let csi = (items.iter().sum::<f64>() / 3.0 - 1.0) / 9.0 * 100.0;
        writeln!(content, "{},{third},{csi}", line[place("segment")]).unwrap();
    }
    let path = file(&folder, "answers.csv", content.as_bytes());
    let margins = |content: &str| file(&folder, "margins.toml", content.as_bytes());
    let plan = margins(MARGINS);
    let arguments = ["rake", text(&path), "--margins", text(&plan), "--value", "csi", "--json"];
    let found = object(&cam(&arguments));
    close(&found["design_effect"], 1.083_091_315_9, 1e-8, "design effect");
    close(&found["effective_n"], 738.626_548_13, 1e-8, "effective n");
    close(&found["mean"]["mean"], 59.446_982_114, 1e-8, "mean");
    close(&found["mean"]["std_error_fixed"], 0.687_108_488_46, 1e-8, "linearised error");
    close(&found["mean"]["std_error"], 0.686_353_375_87, 1e-8, "raking-aware error");
    let cells =
        [4.340_954_227_5, 5.725_141_786_4, 6.717_608_677_1, 8.859_633_188_1, 7.641_470_046_6, 10.078_083_569];
    for (cell, weight) in found["cells"].as_array().unwrap().iter().zip(cells) {
        close(&cell["weight_low"], weight, 1e-8, &cell["labels"].to_string());
        close(&cell["weight_high"], weight, 1e-8, &cell["labels"].to_string());
    }
    assert_eq!(codes(&found), Vec::<&str>::new());
    let counts = "[margin.segment]\nA = 2000\nB = 1750\nC = 1250\n[margin.third]\ny = 0.40\nn = 0.60\n";
    margins(counts);
    close(&object(&cam(&arguments))["mean"]["mean"], 59.446_982_114, 1e-8, "counts");
    for (content, code, says) in [
        (MARGINS.replace("C = 0.25", "D = 0.25"), "E_UNKNOWN_LABEL", "\"C\""),
        (MARGINS.replace("C = 0.25", "C = 0.20\nD = 0.05"), "E_EMPTY_MARGIN", "segment \"D\""),
        (MARGINS.replace("0.25", "0.20"), "E_MARGIN_TOTALS", "sum to 0.95"),
        (
            counts.replace("2000", "2100").replace("[margin.seg", "population = 5000\n[margin.seg"),
            "E_MARGIN_TOTALS",
            "5100",
        ),
        (MARGINS.replace("A = 0.40", "A = -0.40"), "E_NEGATIVE", "line 3"),
        (MARGINS.replace("population", "populace"), "E_MARGINS", "line 1"),
        (MARGINS.replace("[margin.third]", "[margin.fourth]"), "E_MISSING_COLUMN", "fourth"),
    ] {
        margins(&content);
        let (found, message) = refusal(&arguments);
        assert_eq!(found, code, "{message}");
        assert!(message.contains(says), "{message}");
    }
}
