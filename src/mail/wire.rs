//! Bytes to and from a server.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::relay::Trust;
use super::reply::Reply;
use super::session::Fault;

/// Longest reply that is read, in bytes.
const LONGEST_REPLY: usize = 64 * 1024;

/// A connection to a server and what it has said that nobody has read yet.
pub(super) struct Wire {
    stream: Stream,
    inbox: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The lines of a reply as they came.
pub(super) struct RawReply {
    pub(super) code: u16,
    /// Each line without code and line end.
    pub(super) lines: Vec<String>,
}

impl RawReply {
    pub(super) fn reply(&self) -> Reply {
        Reply::new(self.code, self.lines.iter().map(String::as_str))
    }
}

impl Wire {
    /// Takes a connection, and asks for its packets to leave at once: a message and the reply to it would
    /// otherwise wait for each other for 40 ms.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream: Stream::Plain(stream), inbox: Vec::new() })
    }

    /// Encrypts the connection from here on.
    pub(super) async fn encrypt(self, trust: &Trust, host: &str) -> Result<Self, String> {
        // Whatever came in clear text before the handshake could be anybody's.
        if !self.inbox.is_empty() {
            return Err("the server spoke before the handshake".into());
        }
        let Stream::Plain(stream) = self.stream else {
            return Err("the connection is encrypted already".into());
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let stream = trust.0.connect(name, stream).await.map_err(|error| error.to_string())?;
        Ok(Self { stream: Stream::Tls(Box::new(stream)), inbox: Vec::new() })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    pub(super) fn is_to_loopback(&self) -> bool {
        let stream = match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback())
    }

    /// Says whether the server has spoken or gone without being asked. An encrypted connection keeps that to itself
    /// until it is read.
    pub(super) fn has_moved(&self) -> bool {
        let Stream::Plain(stream) = &self.stream else { return !self.inbox.is_empty() };
        let quiet = stream.try_read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        !self.inbox.is_empty() || !quiet
    }

    /// Says whether there are bytes that answer nothing.
    pub(super) fn has_unread(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Writes a beginning of `bytes` and returns its length, which is at least 1.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let written = match &mut self.stream {
            Stream::Plain(stream) => stream.write(bytes).await?,
            Stream::Tls(stream) => stream.write(bytes).await?,
        };
        if written == 0 { Err(Fault::Closed) } else { Ok(written) }
    }

    /// Hands everything written to the operating system.
    pub(super) async fn flush(&mut self) -> Result<(), Fault> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.flush().await?,
            Stream::Tls(stream) => stream.flush().await?,
        }
        Ok(())
    }

    /// Writes a command.
    pub(super) async fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let written = self.write(bytes).await?;
            bytes = &bytes[written..];
        }
        self.flush().await
    }

    /// Reads one reply. Text in whatever encoding is taken; signs that are not UTF-8 are replaced.
    pub(super) async fn read_reply(&mut self) -> Result<RawReply, Fault> {
        let mut lines = Vec::new();
        let mut read = 0;
        loop {
            let line = self.read_line(&mut read).await?;
            let (code, is_last, text) = split_line(&line)?;
            if lines.first().is_some_and(|(first, _)| *first != code) {
                return Err(Fault::Protocol);
            }
            lines.push((code, text));
            if is_last {
                return Ok(RawReply { code, lines: lines.into_iter().map(|(_, text)| text).collect() });
            }
        }
    }

    async fn read_line(&mut self, read: &mut usize) -> Result<Vec<u8>, Fault> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.inbox[searched..].iter().position(|&sign| sign == b'\n') {
                let mut line: Vec<u8> = self.inbox.drain(..=searched + end).collect();
                *read += line.len();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            searched = self.inbox.len();
            if *read + searched > LONGEST_REPLY {
                return Err(Fault::Protocol);
            }
            let mut block = [0; 1024];
            let count = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut block).await?,
                Stream::Tls(stream) => stream.read(&mut block).await?,
            };
            if count == 0 {
                return Err(Fault::Closed);
            }
            self.inbox.extend_from_slice(&block[..count]);
        }
    }
}

/// Splits a line of a reply into its code, whether it is the last, and its text.
fn split_line(line: &[u8]) -> Result<(u16, bool, String), Fault> {
    let (code, rest) = line.split_at_checked(3).ok_or(Fault::Protocol)?;
    let code = match code {
        [first @ b'2'..=b'5', second @ b'0'..=b'9', third @ b'0'..=b'9'] => {
            [first, second, third].into_iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
        }
        _ => return Err(Fault::Protocol),
    };
    let (is_last, text) = match rest {
        [] => (true, rest),
        [b' ', text @ ..] => (true, text),
        [b'-', text @ ..] => (false, text),
        _ => return Err(Fault::Protocol),
    };
    Ok((code, is_last, String::from_utf8_lossy(text).into_owned()))
}
