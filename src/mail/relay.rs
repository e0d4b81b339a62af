//! The server that takes our mail: where it is, how it is trusted, how long it may keep us waiting.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A mail server that accepts our mail for the world.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Who we are to it, `None` where it knows us by address.
    pub login: Option<Login>,
    /// The name that we greet with.
    pub hello: String,
    /// How long each step may take.
    pub deadlines: Deadlines,
    /// When a connection is to be replaced.
    pub lifetime: Lifetime,
}

/// How a connection is encrypted.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Not at all; a password then goes to the loopback address only.
    Plain,
    /// After STARTTLS; a relay that does not offer it is refused.
    StartTls(Trust),
    /// From the first byte.
    Implicit(Trust),
}

/// The authorities whose certificates are believed.
#[derive(Clone)]
pub struct Trust(pub(super) TlsConnector);

impl std::fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Trust")
    }
}

/// Why certificates cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The operating system has no authorities and none were given.
    #[error(
        "no certificate authority is known: install the system's certificates or name a file of your own"
    )]
    NoAuthority,
    /// The additional authorities are not certificates in PEM form.
    #[error("the additional certificate authority cannot be read: {0}")]
    Unreadable(String),
}

impl Trust {
    /// Takes the operating system's authorities and, where given, those of a PEM file.
    pub fn with_system(additional_pem: Option<&[u8]>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        // A certificate that the system holds but cannot be read is one authority fewer, not a failure.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(pem) = additional_pem {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| TrustError::Unreadable(error.to_string()))?;
                roots.add(certificate).map_err(|error| TrustError::Unreadable(error.to_string()))?;
            }
            if roots.len() == before {
                return Err(TrustError::Unreadable("it holds no certificate".into()));
            }
        }
        if roots.is_empty() {
            return Err(TrustError::NoAuthority);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Unreadable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

/// A user's name and password, or the authorisation code that some providers want in its place.
#[derive(Clone)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password; never shown.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Login").field("user", &self.user).field("password", &"…").finish()
    }
}

/// How long each step of the dialogue may take. RFC 5321 section 4.5.3.2 allows more, up to ten minutes a step;
/// a session that waits that long holds up a whole wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Name look-up, connection and TLS handshake.
    pub connect: Duration,
    /// The greeting, and each reply to EHLO, STARTTLS and AUTH.
    pub greeting: Duration,
    /// The reply to MAIL, and to RSET.
    pub mail: Duration,
    /// The reply to RCPT.
    pub rcpt: Duration,
    /// The reply to DATA.
    pub data: Duration,
    /// Handing over one block of the message.
    pub block: Duration,
    /// The reply to the final dot, during which the relay stores the message.
    pub end: Duration,
    /// The reply to QUIT, which nothing depends on.
    pub quit: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(30),
            mail: Duration::from_secs(30),
            rcpt: Duration::from_secs(30),
            data: Duration::from_mins(1),
            block: Duration::from_mins(1),
            end: Duration::from_mins(5),
            quit: Duration::from_secs(5),
        }
    }
}

impl Deadlines {
    /// Gives every step the same time.
    pub const fn all(time: Duration) -> Self {
        Self {
            connect: time,
            greeting: time,
            mail: time,
            rcpt: time,
            data: time,
            block: time,
            end: time,
            quit: time,
        }
    }
}

/// When a connection is to be replaced: relays count mails per connection and drop idle ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Most mails over one connection.
    pub mails: u32,
    /// Longest life.
    pub age: Duration,
    /// Longest rest between two mails.
    pub idle: Duration,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self { mails: 100, age: Duration::from_mins(5), idle: Duration::from_secs(30) }
    }
}
