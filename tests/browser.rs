//! The report in a real browser: nothing overlaps, nothing is cut, nothing scrolls sideways that should not, nothing
//! is asked from outside.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/analyses.rs"]
mod analyses;
#[path = "support/chromium.rs"]
mod chromium;

use std::path::PathBuf;
use std::process::Command;

use cam::analysis::Analysis;
use cam::report::{Document, Language, render};
use chromium::chromium;

/// A phone and a desktop, px.
const WIDTHS: [u32; 2] = [375, 1280];

/// Measures every line of text and writes the faults into the page, where `--dump-dom` finds them.
const MEASURE: &str = include_str!("support/measure.js");

/// Opens a page at a width inside a frame of that width, and returns what was measured, one fault a line.
fn faults(chromium: &PathBuf, html: &str, width: u32) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let page = html.replace("</body>", &format!("<script>{MEASURE}</script></body>"));
    // A window cannot be as narrow as a phone; a frame can, and media queries follow the frame.
    let frame = format!(
        "<!doctype html><meta charset=\"utf-8\"><body style=\"margin:0\">\
         <iframe style=\"border:0;width:{width}px;height:900px\" srcdoc=\"{}\"></iframe>",
        page.replace('&', "&amp;").replace('"', "&quot;")
    );
    let file = folder.path().join("page.html");
    std::fs::write(&file, frame).unwrap();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--window-size=1400,1000", "--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let measured = dom
        .split_once("<pre id=\"measured\">")
        .unwrap_or_else(|| panic!("the page was not measured: {}", String::from_utf8_lossy(&output.stderr)))
        .1;
    let measured = measured.split("</pre>").next().unwrap();
    let mut lines = measured.lines();
    let first = lines.next().unwrap();
    let texts: usize = first.split(' ').next().unwrap().parse().unwrap();
    assert!(texts > 100 && first.ends_with(&format!("at {width}")), "measured {first}");
    lines.map(str::to_owned).collect()
}

fn look_at(name: &str, analysis: &Analysis) {
    let Some(chromium) = chromium() else { return };
    let document = Document::build(analysis, &analysis.frame.period);
    let mut found = Vec::new();
    for language in Language::ALL {
        let html = render(&document, language).unwrap().html;
        for width in WIDTHS {
            let faults = faults(&chromium, &html, width);
            found.extend(faults.into_iter().map(|fault| format!("{} at {width}: {fault}", language.tag())));
        }
    }
    assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
}

#[test]
fn the_rich_report_reads_well_on_a_phone_and_on_a_desktop() {
    look_at("harbour", &analyses::harbour());
}

#[test]
fn the_report_at_grade_d_reads_well_on_a_phone_and_on_a_desktop() {
    look_at("harbour at D", &analyses::harbour_at_d());
}

#[test]
fn the_report_without_relation_reads_well_on_a_phone_and_on_a_desktop() {
    look_at("marketplace", &analyses::marketplace());
}

#[test]
fn the_small_report_reads_well_on_a_phone_and_on_a_desktop() {
    look_at("tiny", &analyses::tiny());
}

#[test]
fn two_texts_on_one_place_and_a_wide_page_are_found() {
    let Some(chromium) = chromium() else { return };
    let line = "<p>a line of text that stands here</p>".repeat(120);
    let page = |inside: &str| {
        format!(
            "<!doctype html><body style=\"margin:0;font:16px sans-serif\"><article id=\"page-1\">{line}{inside}</article></body>"
        )
    };
    let twice = page(
        "<div style=\"position:relative;height:20px\"><span style=\"position:absolute;left:0\">one</span><span style=\"position:absolute;left:4px\">two</span></div>",
    );
    let wide = page("<div style=\"width:500px;white-space:nowrap\">wide</div>");
    let asks = page("<img alt=\"\" src=\"http://127.0.0.1:9/x.png\">");
    assert_eq!(faults(&chromium, &page(""), 375), Vec::<String>::new());
    assert!(faults(&chromium, &twice, 375).iter().any(|fault| fault.contains("overlap")));
    assert!(faults(&chromium, &wide, 375).iter().any(|fault| fault.contains("sideways")));
    assert!(faults(&chromium, &asks, 375).iter().any(|fault| fault.contains("asked for")));
}
