//! The pages that respondents see in a real browser: readable by everybody, in light and dark, on a phone and a desktop.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/answering.rs"]
mod answering;
#[path = "support/chromium.rs"]
mod chromium;

use std::path::{Path, PathBuf};
use std::process::Command;

use chromium::chromium;

/// The narrowest phone and a desktop, px.
const WIDTHS: [u32; 2] = [320, 1280];

const LOOK: &str = include_str!("support/accessible.js");

/// Finds Chromium and axe, or explains their absence: in CI they must be there.
fn tools() -> Option<(PathBuf, String)> {
    let chromium = chromium()?;
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(axe) else {
        assert!(std::env::var_os("CI").is_none(), "CI must have axe; tests/run installs it");
        eprintln!("SKIPPED: axe is not installed (tests/run does it), so no page was looked at");
        return None;
    };
    Some((chromium, axe))
}

/// Opens pages at every width and returns the number of looks and what was found, one fault a line.
fn look_at(pages: &[(String, String)], dark: bool) -> Option<(usize, Vec<String>)> {
    let (chromium, axe) = tools()?;
    let folder = tempfile::tempdir().unwrap();
    let given = serde_json::json!({ "axe": axe, "dark": dark, "pages": pages, "widths": WIDTHS });
    let outer = format!(
        "<!doctype html><meta charset=\"utf-8\"><body><script id=\"given\" type=\"application/json\">{}</script>\
         <script>{LOOK}</script></body>",
        given.to_string().replace("</", "<\\/")
    );
    let file = folder.path().join("pages.html");
    std::fs::write(&file, outer).unwrap();
    let scheme = u8::from(!dark);
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--window-size=1400,1000", "--virtual-time-budget=900000", "--dump-dom"])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let measured = dom
        .split_once("<pre id=\"measured\">")
        .unwrap_or_else(|| panic!("nothing was measured: {}", String::from_utf8_lossy(&output.stderr)))
        .1;
    let mut lines = measured.split("</pre>").next().unwrap().lines();
    let looks = lines.next().unwrap().parse().unwrap();
    Some((looks, lines.map(str::to_owned).collect()))
}

fn everybody_can_read(language: &str) {
    let pages = answering::pages(language);
    for dark in [false, true] {
        let Some((looks, faults)) = look_at(&pages, dark) else { return };
        assert_eq!(looks, pages.len() * WIDTHS.len());
        let scheme = if dark { "dark" } else { "light" };
        assert!(faults.is_empty(), "{language}, {scheme}:\n{}", faults.join("\n"));
    }
}

#[test]
fn everybody_can_read_the_english_pages() {
    everybody_can_read("en");
}

#[test]
fn everybody_can_read_the_chinese_pages() {
    everybody_can_read("zh-Hans");
}

#[test]
fn everybody_can_read_the_pages_that_run_from_right_to_left() {
    everybody_can_read("ar");
}

#[test]
fn a_pale_text_a_field_without_name_and_a_small_button_are_found() {
    let page = |inside: &str| {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><title>t</title></head>\
             <body style=\"background:#fff\"><main><h1>Title</h1>{inside}</main></body></html>"
        );
        vec![("planted".to_owned(), html)]
    };
    for (inside, fault) in [
        ("<p style=\"color:#bbb\">pale</p>", "color-contrast"),
        ("<input type=\"text\" style=\"height:50px;width:200px\">", "label"),
        ("<button style=\"height:20px\">Save</button>", "px to tap"),
        ("<p style=\"width:2000px\">wide</p>", "sideways"),
    ] {
        let Some((_, faults)) = look_at(&page(inside), false) else { return };
        assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:?}");
    }
}
