//! A maildir as the place where mail comes back to.
//!
//! [`list`] reads what is new, the caller stores what it means and commits, then [`done`] files the mail as seen, or [`leave`]
//! as unseen for a person. A crash in between brings the mail once more, never loses it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::LARGEST_MAIL;

/// A mail of a maildir that has not been dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Its name in `new/`; unique in the maildir, and no path.
    pub name: String,
    /// Its first [`LARGEST_MAIL`] bytes.
    pub raw: Vec<u8>,
}

/// Why a maildir could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MaildirError {
    /// The folder is no maildir, or may not be entered.
    #[error("{folder} cannot be read as a maildir: {error}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A mail could not be moved to `cur/`.
    #[error("mail {name} cannot be moved to cur/: {error}")]
    Move {
        /// Its name in `new/`.
        name: String,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

/// Reads up to `most` mails of `new/`, by name, which is oldest first as maildirs are named.
///
/// A mail that another program took away in the meantime, that may not be read or whose name is not UTF-8 is left
/// out, and so is what begins with a dot.
pub fn list(folder: &Path, most: usize) -> Result<Vec<NewMail>, MaildirError> {
    let unreadable = |error| MaildirError::Folder { folder: folder.to_owned(), error };
    let mut names: Vec<String> = fs::read_dir(folder.join("new"))
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let read = |name: String| Some(NewMail { raw: beginning(&folder.join("new").join(&name)).ok()?, name });
    Ok(names.into_iter().filter_map(read).take(most).collect())
}

/// Files a mail as seen: moves it from `new/` to `cur/` with the flag `S`.
///
/// Returns `false` if it is not there any more, because another program moved it. A name that is a path is refused.
pub fn done(folder: &Path, name: &str) -> Result<bool, MaildirError> {
    file(folder, name, "S")
}

/// Files a mail as unseen, for a person to read: moves it from `new/` to `cur/` without a flag.
///
/// Returns and refuses what [`done`] does.
pub fn leave(folder: &Path, name: &str) -> Result<bool, MaildirError> {
    file(folder, name, "")
}

/// Moves a mail to `cur/` with flags.
fn file(folder: &Path, name: &str, flags: &str) -> Result<bool, MaildirError> {
    let refused = |error| MaildirError::Move { name: name.to_owned(), error };
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return Err(refused(io::ErrorKind::InvalidInput.into()));
    }
    let base = name.split_once(":2,").map_or(name, |(base, _)| base);
    let target = folder.join("cur").join(format!("{base}:2,{flags}"));
    match fs::rename(folder.join("new").join(name), target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.join("cur").is_dir() => Ok(false),
        Err(error) => Err(refused(error)),
    }
}

/// Reads the beginning of a file.
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut raw = Vec::new();
    file.take(LARGEST_MAIL as u64).read_to_end(&mut raw)?;
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maildir() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["new", "cur", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        folder
    }

    #[test]
    fn new_mail_is_listed_until_it_is_done() {
        let folder = maildir();
        fs::write(folder.path().join("new/2.b"), "two").unwrap();
        fs::write(folder.path().join("new/1.a"), "one").unwrap();
        let names = |mails: Vec<NewMail>| mails.into_iter().map(|mail| mail.name).collect::<Vec<_>>();
        assert_eq!(names(list(folder.path(), 10).unwrap()), ["1.a", "2.b"]);
        assert_eq!(names(list(folder.path(), 1).unwrap()), ["1.a"]);
        assert!(done(folder.path(), "1.a").unwrap());
        assert_eq!(names(list(folder.path(), 10).unwrap()), ["2.b"]);
        assert_eq!(fs::read_to_string(folder.path().join("cur/1.a:2,S")).unwrap(), "one");
        assert!(leave(folder.path(), "2.b").unwrap());
        assert_eq!(fs::read_to_string(folder.path().join("cur/2.b:2,")).unwrap(), "two");
    }

    #[test]
    fn a_mail_that_vanished_is_no_error() {
        let folder = maildir();
        std::os::unix::fs::symlink("nowhere", folder.path().join("new/gone")).unwrap();
        assert_eq!(list(folder.path(), 10).unwrap(), []);
        assert!(!done(folder.path(), "never-there").unwrap());
    }

    #[test]
    fn a_name_that_is_a_path_moves_nothing() {
        let folder = maildir();
        fs::write(folder.path().join("secret"), "stays").unwrap();
        assert!(done(folder.path(), "../secret").is_err());
        assert!(folder.path().join("secret").exists());
    }

    #[test]
    fn only_the_beginning_of_a_huge_mail_is_read() {
        let folder = maildir();
        fs::write(folder.path().join("new/huge"), vec![b'a'; LARGEST_MAIL + 10]).unwrap();
        assert_eq!(list(folder.path(), 10).unwrap()[0].raw.len(), LARGEST_MAIL);
    }

    #[test]
    fn a_folder_without_new_is_no_maildir() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(list(folder.path(), 10), Err(MaildirError::Folder { .. })));
        assert!(matches!(done(folder.path(), "a"), Err(MaildirError::Move { .. })));
    }
}
