//! Long results: one line per customer, in a file that is there whole or not at all.

use std::path::{Path, PathBuf};

use super::adhoc::Fault;
use crate::import::table::TableError;

/// Rows up to which an answer in JSON holds them itself.
pub(super) const FEW: usize = 1_000;

/// Writes a CSV file: beside its place first, and then under its name.
pub(super) fn write(
    path: &Path,
    header: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Fault> {
    let name = path.file_name().map_or_else(|| "out".into(), |name| name.to_string_lossy().into_owned());
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fill(&beside, header, rows).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| {
        let _ = std::fs::remove_file(&beside);
        Fault::Table(TableError::File { path: PathBuf::from(path), source })
    })
}

fn fill(path: &Path, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> std::io::Result<()> {
    let mut out = csv::Writer::from_path(path).map_err(std::io::Error::other)?;
    out.write_record(header).map_err(std::io::Error::other)?;
    for row in rows {
        out.write_record(row).map_err(std::io::Error::other)?;
    }
    out.flush()?;
    out.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?.sync_all()
}

/// A cell of a value that may be missing.
pub(super) fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
