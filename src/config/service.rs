//! `[web]`, `[mail]` and `[returns]` of the configuration file.

use std::path::PathBuf;

use serde::Deserialize;

/// `[web]`: where the answering pages are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSection {
    /// Address and port that the server binds; default `127.0.0.1:8080`.
    pub listen: String,
    /// The address that people see, for links in mails; default `http://` and `listen`.
    pub base_url: Option<String>,
    /// Address and port of the metrics, never reachable from outside; default none.
    pub metrics: Option<String>,
    /// A file with the company's colours; default the plain ones.
    pub theme: Option<PathBuf>,
}

impl Default for WebSection {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), base_url: None, metrics: None, theme: None }
    }
}

impl WebSection {
    /// The key that is wrong and what is wrong with it. A mail carries no link over plain HTTP, but for a try on this machine.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        let url = self.base_url();
        let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|here| {
            url.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        });
        (!here && !url.starts_with("https://")).then(|| {
            let problem = format!(
                "base_url {url:?} is to begin with https://: mails carry no other links (http only for 127.0.0.1)"
            );
            ("base_url", problem)
        })
    }

    /// The address that links begin with, without a slash at its end.
    pub fn base_url(&self) -> String {
        let url = self.base_url.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        url.trim_end_matches('/').to_owned()
    }
}

/// How the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// After STARTTLS, and not without.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Not at all: for a relay on this machine.
    None,
}

/// `[mail]`: the server that takes our mails, and who they come from.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    /// The relay's name.
    pub host: String,
    /// Its port; default 587.
    #[serde(default = "submission")]
    pub port: u16,
    /// Encryption; default `starttls`.
    #[serde(default)]
    pub tls: TlsMode,
    /// A PEM file of authorities that are believed besides the system's.
    pub authorities: Option<PathBuf>,
    /// User name at the relay.
    pub user: Option<String>,
    /// File that holds the password, and nothing else.
    pub password_file: Option<PathBuf>,
    /// The name that this machine greets with; default the domain of `from`.
    pub hello: Option<String>,
    /// The sender's address.
    pub from: String,
    /// The sender's name; default the organisation's.
    pub from_name: Option<String>,
    /// Where replies go; default `from`.
    pub reply_to: Option<String>,
    /// The domain at which bounces come home; default the domain of `from`.
    pub bounce_domain: Option<String>,
    /// The sign between `b` and the reference in the envelope sender, `+` or `-`; default `+`.
    #[serde(default = "plus")]
    pub bounce_separator: char,
    /// Postal address or other contact under each mail.
    #[serde(default)]
    pub contact: String,
    /// Connections to the relay at a time, 1 to 64; default 4.
    #[serde(default = "four")]
    pub connections: usize,
    /// Mails a minute at most to one group of domains; default 600.
    #[serde(default = "six_hundred")]
    pub rate_per_minute: u32,
    /// Seconds that a mail stays with a process that has stopped giving signs of life, 2 to 3,600; default 60. Where several
    /// processes send from one database, another one takes such mails over after this time and up to two thirds of it.
    #[serde(default = "sixty")]
    pub lease_seconds: u32,
    /// DKIM signing; most relays sign themselves.
    pub dkim: Option<DkimSection>,
}

/// `[mail.dkim]`: signing by this program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimSection {
    /// The signing domain; default the domain of `from`.
    pub domain: Option<String>,
    /// The selector.
    pub selector: String,
    /// A file with an RSA key (PEM), or an Ed25519 seed in base64.
    pub key_file: PathBuf,
}

/// `[returns]`: where bounces and complaints come home.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnsSection {
    /// A maildir.
    pub maildir: Option<PathBuf>,
    /// An IMAP mailbox.
    pub imap: Option<ImapSection>,
}

/// `[returns.imap]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapSection {
    /// The server's name.
    pub host: String,
    /// Its port; default 993.
    #[serde(default = "imaps")]
    pub port: u16,
    /// User name.
    pub user: String,
    /// File that holds the password, and nothing else.
    pub password_file: PathBuf,
    /// The mailbox; default `INBOX`.
    #[serde(default = "inbox")]
    pub mailbox: String,
    /// Where mails go that have been read; default they stay, marked as seen.
    pub moved_to: Option<String>,
}

impl std::fmt::Debug for MailSection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{} {:?} from {}", self.host, self.port, self.tls, self.from)
    }
}

impl MailSection {
    /// The key that is wrong, and what is wrong with it.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        if self.domain().is_empty() {
            let problem = format!("from {:?} is not an address such as survey@kestrel.example", self.from);
            return Some(("from", problem));
        }
        if self.user.is_some() != self.password_file.is_some() {
            let key = if self.user.is_some() { "user" } else { "password_file" };
            return Some((key, "user and password_file belong together".into()));
        }
        if !(1..=64).contains(&self.connections) {
            return Some(("connections", "connections is 1 to 64".into()));
        }
        if self.rate_per_minute == 0 {
            return Some(("rate_per_minute", "rate_per_minute is at least 1".into()));
        }
        if !(2..=3600).contains(&self.lease_seconds) {
            return Some(("lease_seconds", "lease_seconds is 2 to 3600".into()));
        }
        if !matches!(self.bounce_separator, '+' | '-') {
            return Some(("bounce_separator", "bounce_separator is \"+\" or \"-\"".into()));
        }
        None
    }

    /// The domain of the sender's address.
    pub fn domain(&self) -> &str {
        self.from.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain at which bounces come home.
    pub fn bounce_domain(&self) -> &str {
        self.bounce_domain.as_deref().unwrap_or_else(|| self.domain())
    }
}

fn submission() -> u16 {
    587
}

fn imaps() -> u16 {
    993
}

fn inbox() -> String {
    "INBOX".into()
}

fn plus() -> char {
    '+'
}

fn four() -> usize {
    4
}

fn six_hundred() -> u32 {
    600
}

fn sixty() -> u32 {
    60
}
