//! The return path reads real delivery reports.
//!
//! 522 mails of many systems come with what one library makes of them. The patterns were written on the half of them whose
//! SHA-256 begins with an even byte; the figures to reach hold on the other half.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cam::mail::inbound::{self, Failure, Kind, Strength};
use sha2::{Digest as _, Sha256};

/// Half of the corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    Development,
    Judgement,
}

/// One mail of the corpus with what is expected of it.
struct Specimen {
    name: String,
    raw: Vec<u8>,
    rows: Vec<Row>,
}

/// What the library makes of one recipient of a mail.
struct Row {
    code: String,
    reason: String,
    hard: bool,
}

/// Right ones among those that were judged.
#[derive(Default)]
struct Share {
    right: usize,
    all: usize,
    wrong: Vec<String>,
}

impl Share {
    fn count(&mut self, right: bool, note: impl FnOnce() -> String) {
        self.all += 1;
        if right {
            self.right += 1;
        } else {
            self.wrong.push(note());
        }
    }

    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.all.max(1) as f64
    }
}

/// The figures of one half.
#[derive(Default)]
struct Figures {
    recognised: Share,
    hardness: Share,
    code: Share,
    recipient: Share,
    complaint: Share,
    not_hard: Share,
}

/// Returns the folder of the corpus, or says loudly that the test is skipped.
fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the test runner names the data folder by the environment")]
    let Ok(data) = std::env::var("CAM_DATA") else {
        eprintln!("SKIPPED: CAM_DATA does not name the data folder, no real report was read");
        return None;
    };
    Some(Path::new(&data).join("bounce_mail"))
}

fn half_of(raw: &[u8]) -> Half {
    if Sha256::digest(raw)[0].is_multiple_of(2) { Half::Development } else { Half::Judgement }
}

/// Returns the files of a compressed archive by name.
fn unpacked(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(archive).unwrap()).read_to_end(&mut bytes).unwrap();
    let mut files = BTreeMap::new();
    let mut at = 0;
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let text = |from: usize, to: usize| {
            let field = &bytes[at + from..at + to];
            let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).trim().to_owned()
        };
        let size = usize::from_str_radix(&text(124, 136), 8).unwrap();
        if matches!(bytes[at + 156], b'0' | 0) {
            files.insert(text(0, 100), bytes[at + 512..at + 512 + size].to_vec());
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

/// Returns the real reports with what is expected of them.
fn specimens(folder: &Path) -> Vec<Specimen> {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for record in csv::Reader::from_path(folder.join("expected.csv")).unwrap().records() {
        let record = record.unwrap();
        // Rows of this kind carry the name of another mail than the one that they describe.
        if &record[2] != "rhost" {
            let row = Row { code: record[5].into(), reason: record[7].into(), hard: &record[8] == "true" };
            rows.entry(record[0].trim_start_matches("bounces/").to_owned()).or_default().push(row);
        }
    }
    unpacked(&folder.join("sisimai-bounces.tar.gz"))
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|extension| extension == "eml"))
        .map(|(name, raw)| {
            let name = name.rsplit('/').next().unwrap().to_owned();
            Specimen { rows: rows.remove(&name).unwrap_or_default(), name, raw }
        })
        .collect()
}

/// Returns the mails of persons.
fn replies(folder: &Path) -> Vec<Vec<u8>> {
    unpacked(&folder.join("email_reply_parser_mails.tar.gz"))
        .into_iter()
        .filter(|(name, _)| name.contains("/emails/"))
        .map(|(_, raw)| [b"From: someone@example.org\nSubject: Re: hello\n\n".as_slice(), &raw].concat())
        .collect()
}

fn failure(kind: &Kind) -> Option<&Failure> {
    match kind {
        Kind::Bounce { failure, .. } | Kind::Delayed(failure) => Some(failure),
        _ => None,
    }
}

/// Returns the addresses that the lines of a mail name as recipients: those of reports, and the last `To`.
fn named_recipients(raw: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(raw)
        .to_lowercase()
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ");
    let fields =
        ["final-recipient:", "original-recipient:", "x-failed-recipients:", "rcpt to:<", ">>> rcpt to:<"];
    let reported = text.lines().filter(|line| fields.iter().any(|field| line.starts_with(field)));
    let to: Vec<&str> = text.lines().filter(|line| line.starts_with("to:")).collect();
    let returned = if to.len() > 1 { to.last().copied() } else { None };
    reported
        .chain(returned)
        .flat_map(|line| line.split([' ', '<', '>', ',', ';', ':', '(', ')']))
        .filter(|word| word.contains('@') && !word.starts_with('@'))
        .map(str::to_owned)
        .collect()
}

/// Judges one half.
fn figures(specimens: &[Specimen], half: Half) -> Figures {
    let mut figures = Figures::default();
    for specimen in specimens.iter().filter(|specimen| half_of(&specimen.raw) == half) {
        let kind = inbound::read(&specimen.raw).kind;
        let note = |expected: &str| format!("{} expected {expected}, got {kind:?}", specimen.name);
        if specimen.name.starts_with("arf") {
            figures.complaint.count(matches!(kind, Kind::Complaint(_)), || note("a complaint"));
        } else if specimen.name.starts_with("rfc3834") {
            figures.not_hard.count(kind == Kind::AutoReply, || note("an automatic reply"));
        } else {
            let report = matches!(kind, Kind::Bounce { .. } | Kind::Delayed(_) | Kind::Progress(_));
            figures.recognised.count(report, || note("a report"));
            judge_failure(specimen, &kind, &mut figures);
        }
    }
    figures
}

/// Judges what a report says.
fn judge_failure(specimen: &Specimen, kind: &Kind, figures: &mut Figures) {
    // As the library itself, over several recipients: soft if one of them is.
    let telling = specimen.rows.iter().find(|row| !row.hard).or(specimen.rows.first());
    let code = failure(kind).and_then(|failure| failure.code).map(|code| code.to_string());
    if let Some(row) = telling {
        let hard = matches!(kind, Kind::Bounce { strength: Strength::Hard, .. });
        let note = |what: &str| format!("{} {what} {}: {kind:?}", specimen.name, row.reason);
        figures.hardness.count(hard == row.hard, || note(if row.hard { "hard" } else { "soft" }));
        // Codes that end in 9xx are the library's own numbers for reports without a code.
        let own =
            row.code.rsplit('.').next().is_some_and(|detail| detail.len() == 3 && detail.starts_with('9'));
        if row.reason != "delivered" && !own {
            figures.code.count(code.as_deref() == Some(&row.code), || note(&row.code));
        }
    }
    let named = named_recipients(&specimen.raw);
    if !named.is_empty() && !matches!(kind, Kind::Progress(_)) {
        let found = failure(kind).and_then(|failure| failure.recipient.as_deref()).map(str::to_lowercase);
        let right = found.as_ref().is_some_and(|found| named.contains(found));
        figures.recipient.count(right, || format!("{} {found:?} not in {named:?}", specimen.name));
    }
}

fn print(half: Half, figures: &Figures) {
    let rows = [
        ("is a report", &figures.recognised),
        ("hard or soft", &figures.hardness),
        ("enhanced code", &figures.code),
        ("recipient", &figures.recipient),
        ("complaint", &figures.complaint),
        ("automatic reply", &figures.not_hard),
    ];
    for (name, share) in rows {
        eprintln!("{half:?}: {name:<16} {:>3} of {:>3} = {:>5.1} %", share.right, share.all, share.percent());
    }
}

fn assert_reached(figures: &Figures) {
    assert!(figures.recognised.percent() >= 97.0, "{:#?}", figures.recognised.wrong);
    assert!(figures.hardness.percent() >= 90.0, "{:#?}", figures.hardness.wrong);
    assert!(figures.code.percent() >= 85.0, "{:#?}", figures.code.wrong);
    assert!(figures.recipient.percent() >= 90.0, "{:#?}", figures.recipient.wrong);
    assert!(figures.complaint.percent() >= 100.0, "{:#?}", figures.complaint.wrong);
    assert!(figures.not_hard.percent() >= 100.0, "{:#?}", figures.not_hard.wrong);
}

#[test]
fn real_reports_of_the_half_that_patterns_were_written_on_are_understood() {
    let Some(folder) = corpus() else { return };
    let figures = figures(&specimens(&folder), Half::Development);
    print(Half::Development, &figures);
    let all = [&figures.recognised, &figures.hardness, &figures.code, &figures.recipient, &figures.not_hard];
    for wrong in all.iter().flat_map(|share| &share.wrong) {
        eprintln!("  {wrong}");
    }
    assert_reached(&figures);
}

#[test]
fn real_reports_of_the_half_that_patterns_were_not_written_on_are_understood() {
    let Some(folder) = corpus() else { return };
    let figures = figures(&specimens(&folder), Half::Judgement);
    print(Half::Judgement, &figures);
    assert_reached(&figures);
}

#[test]
fn no_reply_of_a_person_is_a_report() {
    let Some(folder) = corpus() else { return };
    let replies = replies(&folder);
    assert_eq!(replies.len(), 22);
    for raw in replies {
        assert_eq!(inbound::read(&raw).kind, Kind::Reply, "{}", String::from_utf8_lossy(&raw));
    }
}

/// A generator of numbers with a fixed start (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// Reads damaged copies of every mail: cut off, with bytes flipped, with a stretch of it repeated.
fn read_damaged(copies: usize) {
    let Some(folder) = corpus() else { return };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for specimen in specimens(&folder) {
        for copy in 0..copies {
            let mut raw = specimen.raw.clone();
            match copy % 3 {
                0 => raw.truncate(dice.below(raw.len())),
                1 => {
                    for _ in 0..=dice.below(20) {
                        let at = dice.below(raw.len());
                        raw[at] ^= 1 << dice.below(8);
                    }
                }
                _ => {
                    let from = dice.below(raw.len());
                    let to = (from + dice.below(2000)).min(raw.len());
                    let piece = raw[from..to].to_vec();
                    let at = dice.below(raw.len());
                    raw.splice(at..at, piece);
                }
            }
            inbound::read(&raw);
        }
    }
}

#[test]
fn damaged_reports_are_read_without_a_panic() {
    read_damaged(3);
}

#[test]
#[ignore = "takes minutes"]
fn many_damaged_reports_are_read_without_a_panic() {
    read_damaged(300);
}

#[test]
fn a_real_report_is_read_in_milliseconds() {
    let Some(folder) = corpus() else { return };
    let mut times: Vec<Duration> = specimens(&folder)
        .iter()
        .map(|specimen| {
            let start = Instant::now();
            inbound::read(&specimen.raw);
            start.elapsed()
        })
        .collect();
    times.sort();
    let slow = times[times.len() * 99 / 100];
    eprintln!("99 of 100 reports are read within {slow:?}");
    // The aim of 5 ms is for a release build; without optimisation, on a busy machine, much more passes.
    let limit = if cfg!(debug_assertions) { 500 } else { 5 };
    assert!(slow < Duration::from_millis(limit), "{slow:?}");
}
