//! The one search for the browser that the tests drive.

use std::path::PathBuf;

/// Finds Chromium, or explains its absence: in CI it must be there.
pub(crate) fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI must have Chromium; tests/run installs it");
        eprintln!("SKIPPED: Chromium is not installed (tests/run does it), so no page was looked at");
    }
    found
}
