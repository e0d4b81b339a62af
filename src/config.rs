//! The configuration: defaults < file < environment < flags, read here and nowhere else.

use std::path::{Path, PathBuf};

use serde::Deserialize;

mod service;

pub use service::{DkimSection, ImapSection, MailSection, ReturnsSection, TlsMode, WebSection};

/// The file that is read when no other is named.
pub const DEFAULT_FILE: &str = "cam.toml";

const DEFAULT_DATABASE: &str = "sqlite:cam.db";

const DEFAULT_KEY_FILE: &str = "cam.key";

/// The effective configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where each value came from is printed by `cam check`.
    pub file: Option<PathBuf>,
    /// `sqlite:FILE` or `postgres://…`.
    pub database: Database,
    /// The organisation, where the file has that section.
    pub organisation: Option<OrganisationSection>,
    /// The file that holds the installation's key; kept apart from the database and its backups.
    pub key_file: PathBuf,
    /// Where the answering pages are.
    pub web: WebSection,
    /// The relay, where the file has that section.
    pub mail: Option<MailSection>,
    /// Where bounces come home, where the file has that section.
    pub returns: Option<ReturnsSection>,
}

/// The database and who named it.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// The URL.
    pub url: String,
    /// Flag, environment, file or default.
    pub source: &'static str,
}

impl Database {
    /// Returns the URL without its password, for logs and screens.
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else { return self.url.clone() };
        // A password may hold an @, and a query may name one too.
        let rest = rest.split('?').next().unwrap_or(rest);
        match rest.rsplit_once('@') {
            Some((user, host)) => format!("{scheme}://{}:***@{host}", user.split(':').next().unwrap_or("")),
            None => format!("{scheme}://{rest}"),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.redacted(), self.source)
    }
}

/// `[organisation]` of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationSection {
    /// The name that reports carry.
    pub name: String,
    /// IANA time zone.
    pub timezone: String,
    /// ISO 4217 code of the ledger.
    pub currency: String,
    /// Month in which the fiscal year starts, 1 to 12; default 1.
    #[serde(default = "january")]
    pub fiscal_year_start: u8,
    /// BCP 47 language that texts fall back to; default `en`.
    #[serde(default = "english")]
    pub language: String,
}

fn january() -> u8 {
    1
}

fn english() -> String {
    "en".into()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "`key_file` is the key's name in the file")]
struct File {
    database: Option<String>,
    organisation: Option<OrganisationSection>,
    key_file: Option<PathBuf>,
    #[serde(default)]
    web: WebSection,
    mail: Option<MailSection>,
    returns: Option<ReturnsSection>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by the user cannot be read.
    #[error("{file}: {error}", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not valid.
    #[error("{file}: {error}", file = file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Line, column and what is wrong.
        error: Box<toml::de::Error>,
    },
    /// A value of a section is not usable.
    #[error("{file}:{line}:{column}: [{section}] {problem}", file = file.display())]
    Value {
        /// The section.
        section: &'static str,
        /// The file.
        file: PathBuf,
        /// The line of the value or, where the file does not have it, of the section; from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// Which value and what to write instead.
        problem: String,
    },
}

impl Config {
    /// Reads the configuration; `file` and `database` are the flags, `environment` is `CAM_DATABASE`.
    pub fn load(
        file: Option<&Path>,
        database: Option<String>,
        environment: Option<String>,
    ) -> Result<Self, ConfigError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let (read, found) = match std::fs::read_to_string(path) {
            Ok(text) => (Self::parse(path, &text)?, Some(path.to_owned())),
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                (File::default(), None)
            }
            Err(error) => return Err(ConfigError::Unreadable { file: path.into(), error }),
        };
        let database = match (database, environment, read.database) {
            (Some(url), _, _) => Database { url, source: "--database" },
            (None, Some(url), _) => Database { url, source: "CAM_DATABASE" },
            (None, None, Some(url)) => Database { url: beside(path, url), source: "file" },
            (None, None, None) => Database { url: DEFAULT_DATABASE.into(), source: "default" },
        };
        let beside = |file: PathBuf| match path.parent() {
            Some(folder) if file.is_relative() => folder.join(file),
            _ => file,
        };
        let mut web = read.web;
        web.theme = web.theme.take().map(beside);
        let mut mail = read.mail;
        if let Some(mail) = &mut mail {
            mail.password_file = mail.password_file.take().map(beside);
            mail.authorities = mail.authorities.take().map(beside);
            if let Some(dkim) = &mut mail.dkim {
                dkim.key_file = beside(std::mem::take(&mut dkim.key_file));
            }
        }
        let mut returns = read.returns;
        if let Some(returns) = &mut returns {
            returns.maildir = returns.maildir.take().map(beside);
            if let Some(imap) = &mut returns.imap {
                imap.password_file = beside(std::mem::take(&mut imap.password_file));
            }
        }
        Ok(Self {
            file: found,
            database,
            organisation: read.organisation,
            key_file: beside(read.key_file.unwrap_or_else(|| DEFAULT_KEY_FILE.into())),
            web,
            mail,
            returns,
        })
    }

    fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
        let read: File = toml::from_str(text)
            .map_err(|error| ConfigError::Invalid { file: path.into(), error: Box::new(error) })?;
        let fault = |section, (key, problem): (&str, String)| {
            let (line, column) = place(text, section, key);
            ConfigError::Value { file: path.into(), line, column, section, problem }
        };
        if let Some(organisation) = &read.organisation {
            let timezone = &organisation.timezone;
            if jiff::tz::TimeZone::get(timezone).is_err() {
                let problem = format!("timezone {timezone:?} is not an IANA zone such as Asia/Shanghai");
                return Err(fault("organisation", ("timezone", problem)));
            }
            crate::finance::Currency::parse(&organisation.currency)
                .map_err(|error| fault("organisation", ("currency", error.to_string())))?;
            if !(1..=12).contains(&organisation.fiscal_year_start) {
                let problem = "fiscal_year_start is a month from 1 to 12".into();
                return Err(fault("organisation", ("fiscal_year_start", problem)));
            }
            let primary = organisation.language.split('-').next().unwrap_or_default();
            if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let problem =
                    format!("language {:?} is not a tag such as en or zh-Hans", organisation.language);
                return Err(fault("organisation", ("language", problem)));
            }
        }
        if let Some(problem) = read.web.problem() {
            return Err(fault("web", problem));
        }
        if let Some(problem) = read.mail.as_ref().and_then(MailSection::problem) {
            return Err(fault("mail", problem));
        }
        Ok(read)
    }
}

/// Line and column of a section's value or, where the file does not have it, of the section.
fn place(text: &str, section: &str, key: &str) -> (usize, usize) {
    let Ok(file) = toml::de::DeTable::parse(text) else { return (1, 1) };
    let Some((name, table)) = file.get_ref().get_key_value(section) else { return (1, 1) };
    let found = table.get_ref().as_table().and_then(|table| table.get_key_value(key));
    let start = found.map_or(name.span().start, |(key, _)| key.span().start);
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A relative SQLite file in a configuration file lies beside that file.
fn beside(config: &Path, url: String) -> String {
    match (url.strip_prefix("sqlite:"), config.parent()) {
        (Some(file), Some(folder)) if Path::new(file).is_relative() && !folder.as_os_str().is_empty() => {
            format!("sqlite:{}", folder.join(file).display())
        }
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cam.toml");
        std::fs::write(&file, "database = \"sqlite:one.db\"\n").unwrap();
        let source = |flag: Option<&str>, environment: Option<&str>| {
            Config::load(Some(&file), flag.map(Into::into), environment.map(Into::into))
                .unwrap()
                .database
                .source
        };
        assert_eq!(source(Some("sqlite:x"), Some("sqlite:y")), "--database");
        assert_eq!(source(None, Some("sqlite:y")), "CAM_DATABASE");
        assert_eq!(source(None, None), "file");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cam.toml");
        std::fs::write(&file, "database = \"sqlite:one.db\"\nlaguage = \"en\"\n").unwrap();
        let message = Config::load(Some(&file), None, None).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn links_over_plain_http_are_refused_except_on_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cam.toml");
        let load = |web: &str| {
            std::fs::write(&file, format!("[web]\n{web}\n")).unwrap();
            Config::load(Some(&file), None, None).map(|config| config.web.base_url())
        };
        assert_eq!(load("base_url = \"https://ask.example/\"").unwrap(), "https://ask.example");
        assert_eq!(load("listen = \"127.0.0.1:8090\"").unwrap(), "http://127.0.0.1:8090");
        for web in [
            "base_url = \"http://ask.example\"",
            "listen = \"0.0.0.0:80\"",
            "base_url = \"http://127.0.0.1.example\"",
        ] {
            let message = load(web).unwrap_err().to_string();
            assert!(message.contains("[web] base_url"), "{message}");
            let place = if web.starts_with("base_url") { ":2:1: " } else { ":1:2: " };
            assert!(message.contains(place), "{message}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in [
            "postgres://cam:secret@host/cam",
            "postgres://cam:my@secret@host/cam",
            "postgres://host/cam?password=secret",
        ] {
            let database = Database { url: url.into(), source: "file" };
            assert!(!format!("{database:?}").contains("secret"), "{database:?}");
        }
    }
}
