//! An IMAP mailbox as the place where mail comes back to.
//!
//! [`Mailbox::open`] connects, [`Mailbox::fetch`] brings the mails that are unseen and newer than the checkpoint, the
//! caller stores what they mean together with the new checkpoint and commits, then [`Mailbox::done`] marks them as
//! seen or moves them away. A crash in between brings them once more, never loses them.
//!
//! Each step has a deadline. After an error, of which a missed deadline is one, the connection is in an unknown state
//! and must be dropped.

use std::sync::Arc;
use std::time::Duration;

use async_imap::{Client, Session};
use futures_util::TryStreamExt as _;
use tokio::io::BufStream;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::LARGEST_MAIL;

/// Longest time that one step may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// Where the mailbox is and how it is entered.
#[derive(Clone)]
pub struct Account {
    /// Name of the host; its certificate must be for it.
    pub host: String,
    /// Port, 993 as a rule.
    pub port: u16,
    /// Whether the connection is encrypted from the start.
    pub encryption: Encryption,
    /// Who enters.
    pub user: String,
    /// The secret of the account; never printed.
    pub password: String,
    /// The mailbox, `INBOX` as a rule.
    pub mailbox: String,
    /// Where mails go that are done; `None` leaves them and marks them as seen.
    pub done_folder: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Account")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte, checked against the roots of the system.
    Tls,
    /// None; for the loopback address only, others are refused.
    None,
}

/// How far a mailbox has been read. Stored by the caller, in the transaction that stores what the mails mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The mailbox's `UIDVALIDITY`; when it changes, identifiers begin anew and so does the reading.
    pub validity: u32,
    /// The greatest identifier that was dealt with; 0 for none.
    pub uid: u32,
}

/// A mail of the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its identifier under the checkpoint's validity.
    pub uid: u32,
    /// Its first [`LARGEST_MAIL`] bytes.
    pub raw: Vec<u8>,
}

/// Why a mailbox could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// The host cannot be reached, or the connection broke.
    #[error("no connection to the mailbox: {0}")]
    Connection(#[from] std::io::Error),
    /// The host's name is none, or the system has no root certificates.
    #[error("no encrypted connection to the mailbox: {0}")]
    Tls(String),
    /// An unencrypted connection to another machine was asked for.
    #[error("a mailbox on another machine is read over TLS only")]
    Unencrypted,
    /// The host says no to user and password.
    #[error("the mailbox refuses the user or the password")]
    Refused,
    /// The host keeps no lasting identifiers.
    #[error("the mailbox has no UIDVALIDITY")]
    NoIdentifiers,
    /// The host refuses a command, or answers something else than it should. Its words may hold parts of a mail and are
    /// not printed.
    #[error("the mailbox refuses a command, or its answer cannot be understood")]
    Protocol(async_imap::error::Error),
    /// A step took too long.
    #[error("the mailbox did not answer within {} s", DEADLINE.as_secs())]
    Deadline,
}

impl From<async_imap::error::Error> for ImapError {
    fn from(error: async_imap::error::Error) -> Self {
        match error {
            async_imap::error::Error::Io(error) => Self::Connection(error),
            error => Self::Protocol(error),
        }
    }
}

/// What a connection runs over.
trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + std::fmt::Debug {}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + std::fmt::Debug> Stream for T {}

/// An open mailbox.
pub struct Mailbox {
    session: Session<Box<dyn Stream>>,
    validity: u32,
    done_folder: Option<String>,
}

impl Mailbox {
    /// Connects, enters and selects the mailbox.
    pub async fn open(account: &Account) -> Result<Self, ImapError> {
        in_time(async {
            let mut client = Client::new(connect(account).await?);
            // The greeting.
            client.read_response().await?;
            let entered = client.login(&account.user, &account.password).await;
            let mut session = entered.map_err(|(error, _)| match error {
                async_imap::error::Error::No(_) => ImapError::Refused,
                error => error.into(),
            })?;
            let selected = session.select(&account.mailbox).await?;
            let validity = selected.uid_validity.ok_or(ImapError::NoIdentifiers)?;
            Ok(Self { session, validity, done_folder: account.done_folder.clone() })
        })
        .await
    }

    /// Brings up to `most` unseen mails behind the checkpoint, and the checkpoint behind them.
    ///
    /// A mail that others have seen or deleted meanwhile is left out. Without a new mail the checkpoint comes back under the
    /// mailbox's present validity.
    pub async fn fetch(
        &mut self,
        checkpoint: Checkpoint,
        most: usize,
    ) -> Result<(Vec<Fetched>, Checkpoint), ImapError> {
        let after = if checkpoint.validity == self.validity { checkpoint.uid } else { 0 };
        let mut reached = Checkpoint { validity: self.validity, uid: after };
        let Some(first) = after.checked_add(1) else { return Ok((Vec::new(), reached)) };
        let query = format!("UID {first}:* UNSEEN");
        let found = in_time(async { Ok(self.session.uid_search(&query).await?) }).await?;
        // `*` is the last mail even where that lies before the checkpoint.
        let mut uids: Vec<u32> = found.into_iter().filter(|uid| *uid > after).collect();
        uids.sort_unstable();
        let mut mails = Vec::new();
        for uid in uids.into_iter().take(most) {
            mails.extend(self.bring(uid).await?);
            reached.uid = uid;
        }
        Ok((mails, reached))
    }

    /// Brings one mail without marking it; `None` if it is gone.
    async fn bring(&mut self, uid: u32) -> Result<Option<Fetched>, ImapError> {
        let query = format!("(UID BODY.PEEK[]<0.{LARGEST_MAIL}>)");
        let answers = in_time(async {
            let answers = self.session.uid_fetch(uid.to_string(), &query).await?;
            Ok(answers.try_collect::<Vec<_>>().await?)
        })
        .await?;
        let answer = answers.iter().find(|answer| answer.uid == Some(uid));
        Ok(answer
            .and_then(|answer| answer.body())
            .map(|raw| Fetched { uid, raw: raw[..raw.len().min(LARGEST_MAIL)].to_vec() }))
    }

    /// Marks mails as seen and, if a folder for them is configured, moves them there.
    ///
    /// To be called after the caller has committed. Identifiers that do not exist any more are left out by the host.
    pub async fn done(&mut self, uids: &[u32]) -> Result<(), ImapError> {
        if uids.is_empty() {
            return Ok(());
        }
        let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        in_time(async {
            let answers = self.session.uid_store(&set, "+FLAGS.SILENT (\\Seen)").await?;
            answers.try_collect::<Vec<_>>().await?;
            if let Some(folder) = &self.done_folder {
                self.session.uid_mv(&set, folder).await?;
            }
            Ok(())
        })
        .await
    }

    /// Says good-bye.
    pub async fn close(mut self) -> Result<(), ImapError> {
        in_time(async { Ok(self.session.logout().await?) }).await
    }
}

/// Opens the connection.
async fn connect(account: &Account) -> Result<Box<dyn Stream>, ImapError> {
    let stream = TcpStream::connect((account.host.as_str(), account.port)).await?;
    match account.encryption {
        Encryption::None if stream.peer_addr()?.ip().is_loopback() => Ok(Box::new(BufStream::new(stream))),
        Encryption::None => Err(ImapError::Unencrypted),
        Encryption::Tls => {
            let name = ServerName::try_from(account.host.clone());
            let name = name.map_err(|error| ImapError::Tls(error.to_string()))?;
            // The client writes a command in four pieces.
            Ok(Box::new(BufStream::new(TlsConnector::from(tls()?).connect(name, stream).await?)))
        }
    }
}

/// Returns what certificates are checked against: the roots of the system.
fn tls() -> Result<Arc<ClientConfig>, ImapError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(ImapError::Tls("the system has no root certificates".to_owned()));
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| ImapError::Tls(error.to_string()))?;
    Ok(Arc::new(versions.with_root_certificates(roots).with_no_client_auth()))
}

/// Gives a step its deadline.
async fn in_time<T>(step: impl Future<Output = Result<T, ImapError>>) -> Result<T, ImapError> {
    timeout(DEADLINE, step).await.unwrap_or(Err(ImapError::Deadline))
}
