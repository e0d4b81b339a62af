//! The rooms import downwards only, and the house keeps its sizes and names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms and what each may import; a room that is missing here may not exist.
const IMPORTS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "web",
            "job",
            "wave",
            "mail",
            "seal",
            "demo",
            "import",
            "analysis",
            "report",
            "store",
            "dataset",
            "survey",
            "finance",
            "chart",
            "config",
            "clock",
            "cam_stats",
        ],
    ),
    ("web", &["analysis", "report", "wave", "store", "survey", "seal", "clock"]),
    ("job", &["wave", "mail", "store", "survey", "seal", "digest", "clock"]),
    ("wave", &["store", "mail", "survey", "disclosure", "seal", "digest", "clock", "cam_stats"]),
    ("mail", &["survey", "clock"]),
    ("import", &["store", "survey", "finance", "digest", "clock"]),
    ("mail", &["survey", "clock"]),
    ("demo", &["survey", "finance", "clock", "cam_stats"]),
    (
        "report",
        &["analysis", "disclosure", "store", "chart", "survey", "finance", "digest", "clock", "cam_stats"],
    ),
    ("analysis", &["store", "dataset", "survey", "finance", "digest", "clock", "cam_stats"]),
    ("store", &["survey", "finance", "clock", "cam_stats"]),
    ("config", &["finance", "clock"]),
    ("dataset", &["survey", "finance", "clock"]),
    ("finance", &["clock"]),
    ("survey", &[]),
    ("disclosure", &[]),
    ("seal", &["digest"]),
    ("digest", &[]),
    ("chart", &[]),
    ("clock", &[]),
];

/// Rooms without an owner.
const OWNERLESS: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager"];

/// Most lines that a file may have.
const LONGEST_FILE: usize = 1_000;

/// Beginnings of paths that exist on one machine only; spelled in halves so that this file passes.
const MACHINE_PATHS: &[[&str; 2]] = &[["/wo", "rk/"], ["/ho", "me/"], ["/ro", "ot/"], ["/Us", "ers/"]];

#[test]
fn every_import_points_downwards() {
    let mut faults = Vec::new();
    for file in rust_files(&root().join("src")) {
        let Some(room) = room_of(&file) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        for fault in forbidden_imports(&room, &text) {
            faults.push(format!("{}: {fault}", shown(&file)));
        }
    }
    assert!(faults.is_empty(), "imports that are not in the list of rooms:\n{}", faults.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let map = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let rooms: BTreeSet<_> =
        rust_files(&root().join("src")).iter().filter_map(|file| room_of(file)).collect();
    let unknown: Vec<_> = rooms
        .iter()
        .filter(|room| !IMPORTS.iter().any(|(name, _)| name == room) || !map.contains(&format!("`{room}`")))
        .collect();
    assert!(unknown.is_empty(), "add these to the list above and to docs/architecture.md: {unknown:?}");
}

#[test]
fn no_room_is_without_an_owner() {
    let mut faults = Vec::new();
    for file in rust_files(&root().join("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        faults.extend(ownerless_modules(&text).into_iter().map(|name| format!("{}: {name}", shown(&file))));
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn no_file_is_longer_than_a_thousand_lines() {
    let long: Vec<_> = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|file| std::fs::read_to_string(file).unwrap().lines().count() > LONGEST_FILE)
        .map(|file| shown(&file))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn nothing_names_a_folder_of_one_machine() {
    let mut faults = Vec::new();
    for file in own_text_files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if names_a_machine_path(line) {
                faults.push(format!("{}:{}: {line}", shown(&file), number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_crate_comes_from_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let foreign: Vec<_> = lock
        .lines()
        .filter(|line| line.starts_with("source = "))
        .filter(|line| !line.contains("\"registry+https://github.com/rust-lang/crates.io-index\""))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn the_checker_finds_a_planted_import() {
    let planted = [
        ("store", "use crate::cli::run;"),
        ("store", "fn f() { crate::report::write(); }"),
        ("dataset", "use crate::{clock::Instant, store::{Db, Tx}};"),
        ("finance", "use super::super::store::Db;"),
        ("survey", "pub(crate) use crate :: dataset :: link;"),
        ("finance", "let x = cam_stats::ols::fit();"),
        ("main", "let x = cam::store::open();"),
        ("chart", "use crate::chart::axis; /* and */ use crate::analysis;"),
        ("chart", "let x = \"a\\\"\"; use crate::analysis::Analysis;"),
    ];
    for (room, text) in planted {
        assert_eq!(forbidden_imports(room, text).len(), 1, "{room}: {text}");
    }
}

#[test]
fn the_checker_lets_comments_texts_and_allowed_imports_pass() {
    let fine = [
        ("store", "//! See [`crate::cli`].\nuse crate::clock::Instant;"),
        ("store", "/* crate::cli::run */ use crate::finance::{Flow, Ledger};"),
        ("store", "let text = r#\"crate::cli::run\"#; let c = '\"'; let d = \"crate::cli\";"),
        ("cli", "use crate::{import, store::Db};\nuse super::report;"),
        ("finance", "pub(crate) struct Money<'a>(&'a str); use super::super::finance::Money;"),
    ];
    for (room, text) in fine {
        assert_eq!(forbidden_imports(room, text), Vec::<String>::new(), "{room}: {text}");
    }
}

#[test]
fn the_checker_finds_a_planted_room_without_an_owner() {
    assert_eq!(
        ownerless_modules("pub mod money;\npub(crate) mod utils;\nmod helpers {}"),
        ["utils", "helpers"]
    );
    assert!(ownerless_modules("// mod utils;\nmod commonly;").is_empty());
}

#[test]
fn the_checker_finds_a_planted_machine_path() {
    let [first, second] = MACHINE_PATHS[0];
    assert!(names_a_machine_path(&format!("open(\"{first}{second}cam\")")));
    assert!(!names_a_machine_path("https://example.org/homework/"));
}

// ---------------------------------------------------------------- the checker

/// Returns the rooms that `text`, a file of `room`, imports against the list.
fn forbidden_imports(room: &str, text: &str) -> Vec<String> {
    let allowed = IMPORTS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, allowed)| allowed);
    imported_rooms(&code_only(text))
        .into_iter()
        .filter(|imported| imported != room && !allowed.contains(&imported.as_str()))
        .map(|imported| format!("{room} may not import {imported}"))
        .collect()
}

/// Returns every room that code names through `crate::`, `cam::`, two or more `super::`, or `cam_stats::`.
fn imported_rooms(code: &str) -> BTreeSet<String> {
    let tokens = tokens(code);
    let known = |name: &str| IMPORTS.iter().any(|(room, _)| *room == name);
    let mut rooms = BTreeSet::new();
    for (position, token) in tokens.iter().enumerate() {
        let rest = &tokens[position + 1..];
        let follows = rest.first().is_some_and(|next| next == "::");
        match token.as_str() {
            "cam_stats" if follows => {
                rooms.insert("cam_stats".to_owned());
            }
            "crate" | "cam" if follows => rooms.extend(first_segments(&rest[1..])),
            "super" if follows && rest.get(1).is_some_and(|next| next == "super") => {
                let supers = rest.iter().take_while(|token| *token == "super" || *token == "::").count();
                rooms.extend(first_segments(&rest[supers..]).into_iter().filter(|name| known(name)));
            }
            _ => {}
        }
    }
    rooms.retain(|name| known(name) || name == "cam_stats");
    rooms
}

/// Returns the first segment of a path, or of every path in a braced list.
fn first_segments(tokens: &[String]) -> Vec<String> {
    if tokens.first().is_none_or(|token| token != "{") {
        return tokens.first().cloned().into_iter().collect();
    }
    let mut depth = 0_usize;
    let mut segments = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            name if depth == 1 && (tokens[position - 1] == "," || position == 1) => {
                segments.push(name.to_owned());
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    segments
}

/// Splits code into identifiers, `::` and single marks.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() || letter == '_' {
            let mut word = String::from(letter);
            while let Some(next) = letters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            tokens.push(word);
        } else if letter == ':' && letters.next_if_eq(&':').is_some() {
            tokens.push("::".to_owned());
        } else if !letter.is_whitespace() {
            tokens.push(letter.to_string());
        }
    }
    tokens
}

/// Returns the code without comments, texts and letters in quotes.
fn code_only(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if letter == '"' {
            quoted(rest, '"')
        } else if letter == '\'' && is_letter_in_quotes(rest) {
            quoted(rest, '\'')
        } else {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

/// Tells `'x'` and `'\n'` from a lifetime.
fn is_letter_in_quotes(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    letters.next().is_some_and(|first| first == '\\') || letters.next() == Some('\'')
}

/// Returns the length of a quoted text from its first quote to the closing one.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !escaped => escaped = true,
            _ if letter == quote && !escaped => return position + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Returns the names of modules that no room owns.
fn ownerless_modules(text: &str) -> Vec<String> {
    let tokens = tokens(&code_only(text));
    tokens
        .windows(2)
        .filter(|pair| pair[0] == "mod" && OWNERLESS.contains(&pair[1].as_str()))
        .map(|pair| pair[1].clone())
        .collect()
}

fn names_a_machine_path(line: &str) -> bool {
    MACHINE_PATHS.iter().any(|[first, second]| line.contains(&format!("{first}{second}")))
}

// ---------------------------------------------------------------- the files

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

/// Returns the room of a file under `src`; the statistics are a package of their own, and `lib.rs` only
/// declares the rooms.
fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(root().join("src")).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "stats" && room != "lib").then(|| room.to_owned())
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")).collect()
}

/// Returns the files that people wrote: not the build, not Git's own, no data.
fn own_text_files() -> Vec<PathBuf> {
    let kinds = ["rs", "toml", "md", "sql", "html", "css", "ftl", "yml", "sh"];
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md"), root().join("Cargo.toml")];
    found.extend([root().join("tests/run"), root().join(".ci/run")]);
    for folder in ["src", "tests", "docs", "migrations", "reports", "surveys", ".cargo", ".config"] {
        found.extend(files(&root().join(folder)).into_iter().filter(|file| {
            file.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| kinds.contains(&kind))
        }));
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}
