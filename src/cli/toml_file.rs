//! TOML files that a command takes: read whole, faults with their line and column.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::adhoc::Fault;

/// Text of a TOML file, for faults that are found after it was read.
pub(super) struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Reads a file of at most a few megabytes into what it describes.
    pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<(Self, T), Fault> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("{}: {error}", path.display());
            Fault::Refused { code: "E_FILE", message }
        })?;
        let source = Self { path: path.to_owned(), text };
        match toml::from_str(&source.text) {
            Ok(read) => Ok((source, read)),
            Err(error) => {
                let message = error.message().trim_end().replace('\n', "; ");
                Err(source.fault("E_TOML", error.span().unwrap_or(0..0), &message))
            }
        }
    }

    /// What is wrong at a place of the file.
    pub(super) fn fault(&self, code: &'static str, span: Range<usize>, message: &str) -> Fault {
        let before = self.text.get(..self.text.floor_char_boundary(span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("{}, line {line}, column {column}: {message}", self.path.display());
        Fault::Refused { code, message }
    }

    /// A file that is named in this one, from its folder.
    pub(super) fn beside(&self, file: &Path) -> PathBuf {
        self.path.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file))
    }
}
