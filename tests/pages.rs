//! The pages that respondents see: small, whole in one request, safe, and in both languages.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/answering.rs"]
mod answering;

use std::io::Write as _;

use answering::{Place, pages};
use cam::survey::parse;
use cam::web::answer::Look;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// Both languages that have words, and one that runs the other way.
const LANGUAGES: [&str; 3] = ["en", "zh-Hans", "ar"];

/// Most bytes of a page as `gzip -9` leaves them.
const HARD: usize = 14 * 1024;
/// Most bytes of a page with one question.
const TYPICAL: usize = 6 * 1024;

fn packed(text: &str) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap().len()
}

fn every_page() -> Vec<(String, String)> {
    let in_language = |language: &&str| {
        let named = |(name, page)| (format!("{name}.{language}"), page);
        pages(language).into_iter().map(named).collect::<Vec<_>>()
    };
    LANGUAGES.iter().flat_map(in_language).collect()
}

#[test]
fn every_page_is_small() {
    let mut largest = (0, String::new());
    for (name, page) in every_page() {
        let size = packed(&page);
        let most = if name.starts_with("ballot") { HARD } else { TYPICAL };
        assert!(size <= most, "{name} has {size} bytes, more than {most}");
        largest = largest.max((size, name));
    }
    eprintln!("the largest page has {} bytes: {}", largest.0, largest.1);
}

#[test]
fn the_ballot_of_every_survey_that_is_shipped_is_small() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("surveys");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "toml") {
            continue;
        }
        let survey = parse("survey.toml", &std::fs::read_to_string(&path).unwrap()).unwrap();
        for language in survey.languages.clone() {
            let place = Place::new(survey.clone(), &language);
            for (name, page) in answering::poll(&place, &survey) {
                let size = packed(&page);
                assert!(size <= HARD, "{} of {} has {size} bytes", name, path.display());
            }
        }
        seen += 1;
    }
    assert!(seen >= 7, "{seen} surveys");
}

#[test]
fn no_page_asks_for_anything_else() {
    for (name, page) in every_page() {
        for loads in
            ["src=", "srcset=", "url(", "@import", "<script", "<iframe", "<object", "<embed", "<img", "http:"]
        {
            assert!(!page.contains(loads), "{name}: {loads}");
        }
        let icons = page.matches("<link ").count();
        assert_eq!((icons, page.matches("<link rel=\"icon\" href=\"data:,\">").count()), (1, 1), "{name}");
        assert!(!page.contains("https:") && !page.contains("href=\"//"), "{name}");
    }
}

#[test]
fn no_page_has_a_script_a_style_attribute_or_a_refresh() {
    for (name, page) in every_page() {
        let lower = page.to_lowercase();
        for forbidden in
            [" style=", "javascript:", "http-equiv", " onclick", " onload", " onchange", "set-cookie"]
        {
            assert!(!lower.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn the_policy_lets_in_the_sheet_of_every_page_and_nothing_else() {
    use base64::Engine as _;
    for (name, page) in every_page() {
        let sheet = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert_eq!(page.matches("<style").count(), 1, "{name}");
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(sheet));
        assert_eq!(
            Look::plain().content_security_policy(),
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            ),
            "{name}"
        );
    }
}

#[test]
fn what_somebody_wrote_never_becomes_markup() {
    let (_, page) = pages("en").into_iter().find(|(name, _)| name == "question-words-saved").unwrap();
    assert!(page.contains("&lt;b&gt;mean&lt;/b&gt;") || page.contains("&#60;b&#62;mean"), "{page}");
    assert!(!page.contains("<b>mean"));
}

/// Words that a page shows because somebody wrote them there, and not the page.
const WRITTEN: [&str; 18] = [
    "Tell", "us", "early", "when", "date", "slips", "And", "mean", "it", "lt", "gt", "ch", "haoda",
    "example", "privacy", "kestrel", "dozen", "Kept",
];

#[test]
fn no_english_is_left_on_a_chinese_page() {
    for (name, page) in pages("zh-Hans") {
        let title = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        let body = page.split_once("<body>").unwrap().1;
        // The names of other languages are marked as such.
        let (before, rest) = body.split_once("<nav").unwrap_or((body, "</nav>"));
        let text = seen(&format!("{title} {before}{}", rest.split_once("</nav>").unwrap().1));
        let english: Vec<_> = text
            .split(|sign: char| !sign.is_ascii_alphabetic())
            .filter(|word| word.len() > 1 && word.len() < 1_000 && !WRITTEN.contains(word))
            .collect();
        assert!(english.is_empty(), "{name}: {english:?}");
    }
}

/// The text of a page and of its labels, without its markup.
fn seen(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split(['<', '>']).enumerate() {
        let label = part.split_once("aria-label=\"").and_then(|(_, rest)| rest.split_once('"'));
        text.push_str(if at % 2 == 0 { part } else { label.map_or("", |(label, _)| label) });
        text.push(' ');
    }
    text
}

#[test]
fn every_page_says_its_language_and_direction() {
    for (language, direction) in [("en", "ltr"), ("zh-Hans", "ltr"), ("ar", "rtl")] {
        for (name, page) in pages(language) {
            let begins = format!("<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">");
            assert!(page.starts_with(&begins), "{name}");
            assert_eq!(page.matches("<h1>").count() + page.matches("<h1 ").count(), 1, "{name}");
        }
    }
}
