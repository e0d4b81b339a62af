//! The file that holds the installation's key.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::exit::Refused;
use crate::config::Config;
use crate::seal::Keys;

/// Reads the installation's key.
pub(super) fn read(config: &Config) -> anyhow::Result<Keys> {
    let file = &config.key_file;
    let text = std::fs::read_to_string(file).map_err(|error| {
        Refused(format!("the key {} cannot be read: {error}; `cam migrate` makes one", file.display()))
    })?;
    Ok(Keys::parse(&text).map_err(|error| Refused(format!("{}: {error}", file.display())))?)
}

/// Makes the installation's key where there is none yet; `true` where it did.
pub(super) fn create(file: &Path) -> anyhow::Result<bool> {
    if file.exists() {
        return Ok(false);
    }
    let keys = Keys::generate()?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file).with_context(|| format!("{} cannot be written", file.display()))?;
    writeln!(opened, "{}", keys.to_text())?;
    opened.sync_all()?;
    Ok(true)
}
