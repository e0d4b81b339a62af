//! An SMTP server on the loopback address that does what a test tells it to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server has just heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A connection; the reply is the greeting.
    Connection,
    /// A command, without its line end.
    Command(String),
    /// A message with its end mark.
    Message {
        /// The address in RCPT.
        to: String,
        /// The message with single dots and without end mark.
        bytes: Vec<u8>,
    },
}

/// What the server does next.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// What a willing server would say.
    Usual,
    /// These bytes.
    Say(Vec<u8>),
    /// The same, one byte at a time.
    SaySlowly(Vec<u8>, Duration),
    /// The usual reply after a while.
    Wait(Duration),
    /// Nothing, for ever.
    BeSilent,
}

impl Act {
    /// Says one line.
    pub(crate) fn say(line: &str) -> Self {
        Self::Say(format!("{line}\r\n").into_bytes())
    }
}

/// Where a conversation breaks off, counted on the server's side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// After so many bytes were received.
    pub(crate) received: usize,
    /// After so many bytes were sent.
    pub(crate) sent: usize,
    /// With RST instead of FIN.
    pub(crate) reset: bool,
}

impl Cut {
    pub(crate) const NEVER: Self = Self { received: usize::MAX, sent: usize::MAX, reset: false };
}

type Script = dyn Fn(usize, &Heard) -> Act + Send + Sync;

/// What the server keeps.
#[derive(Default)]
pub(crate) struct Records {
    /// Connections so far.
    pub(crate) connections: AtomicUsize,
    /// Recipient and bytes of every message to whose end mark a 250 was said in full.
    pub(crate) accepted: Mutex<Vec<(String, Vec<u8>)>>,
    /// Recipients of every message that was received with its end mark.
    pub(crate) received_whole: Mutex<Vec<String>>,
    /// Every command of every connection.
    pub(crate) commands: Mutex<Vec<String>>,
}

/// A running server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) records: Arc<Records>,
}

impl Server {
    /// Starts a server that follows `script`, which is told the connection's number, from 0, and what was heard.
    pub(crate) async fn start(script: impl Fn(usize, &Heard) -> Act + Send + Sync + 'static) -> Self {
        Self::start_with(script, |_| Cut::NEVER, None).await
    }

    /// Starts a server that also breaks connections off, by their number, and may speak TLS.
    pub(crate) async fn start_with(
        script: impl Fn(usize, &Heard) -> Act + Send + Sync + 'static,
        cut: impl Fn(usize) -> Cut + Send + Sync + 'static,
        tls: Option<(TlsAcceptor, bool)>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let records = Arc::new(Records::default());
        let script: Arc<Script> = Arc::new(script);
        let kept = Arc::clone(&records);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                stream.set_nodelay(true).unwrap();
                let number = kept.connections.fetch_add(1, Ordering::SeqCst);
                let (script, records, tls) = (Arc::clone(&script), Arc::clone(&kept), tls.clone());
                let cut = cut(number);
                tokio::spawn(async move {
                    let peer = Peer { number, script, records, cut, received: 0, sent: 0, inbox: Vec::new() };
                    peer.talk(stream, tls).await;
                });
            }
        });
        Self { address, records }
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.records.connections.load(Ordering::SeqCst)
    }

    /// Returns the recipients of the messages that were accepted.
    pub(crate) fn accepted(&self) -> Vec<String> {
        self.records.accepted.lock().unwrap().iter().map(|(to, _)| to.clone()).collect()
    }
}

struct Peer {
    number: usize,
    script: Arc<Script>,
    records: Arc<Records>,
    cut: Cut,
    received: usize,
    sent: usize,
    inbox: Vec<u8>,
}

/// The conversation is over.
struct Over;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Peer {
    async fn talk(mut self, stream: TcpStream, tls: Option<(TlsAcceptor, bool)>) {
        if self.cut.reset {
            stream.set_zero_linger().unwrap();
        }
        let mut stream: Box<dyn Stream> = match &tls {
            Some((acceptor, true)) => match acceptor.accept(stream).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return,
            },
            _ => Box::new(stream),
        };
        if self.act(&mut stream, &Heard::Connection, b"220 script ESMTP").await.is_err() {
            return;
        }
        let mut to = String::new();
        while let Ok(line) = self.line(&mut stream).await {
            self.records.commands.lock().unwrap().push(line.clone());
            let verb: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
            let usual: &[u8] = match verb.as_str() {
                "EHLO" if tls.as_ref().is_some_and(|(_, implicit)| !implicit) => {
                    b"250-script\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
                }
                "EHLO" => b"250-script\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                "STAR" => b"220 go ahead",
                "AUTH" => b"235 2.7.0 welcome",
                "DATA" => b"354 go ahead",
                "QUIT" => b"221 bye",
                _ => b"250 2.1.0 fine",
            };
            if verb == "RCPT" {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
            }
            let Ok(code) = self.act(&mut stream, &Heard::Command(line), usual).await else { return };
            match (verb.as_str(), code) {
                ("DATA", Some(354)) => {
                    let Ok(bytes) = self.message(&mut stream).await else { return };
                    self.records.received_whole.lock().unwrap().push(to.clone());
                    let heard = Heard::Message { to: to.clone(), bytes: bytes.clone() };
                    let Ok(code) = self.act(&mut stream, &heard, b"250 2.0.0 queued").await else { return };
                    if code == Some(250) {
                        self.records.accepted.lock().unwrap().push((to.clone(), bytes));
                    }
                }
                ("STAR", Some(220)) => match &tls {
                    Some((acceptor, false)) => match acceptor.accept(stream).await {
                        Ok(encrypted) => stream = Box::new(encrypted),
                        Err(_) => return,
                    },
                    _ => return,
                },
                (_, Some(221 | 421)) => return,
                _ => {}
            }
        }
    }

    /// Does what the script says and returns the code that was said.
    async fn act(
        &mut self,
        stream: &mut Box<dyn Stream>,
        heard: &Heard,
        usual: &[u8],
    ) -> Result<Option<u16>, Over> {
        let usual = || [usual, b"\r\n"].concat();
        let (bytes, pause) = match (self.script)(self.number, heard) {
            Act::Usual => (usual(), None),
            Act::Say(bytes) => (bytes, None),
            Act::SaySlowly(bytes, pause) => (bytes, Some(pause)),
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                (usual(), None)
            }
            Act::BeSilent => {
                std::future::pending::<()>().await;
                return Err(Over);
            }
        };
        if let Some(pause) = pause {
            for byte in &bytes {
                tokio::time::sleep(pause).await;
                self.say(stream, &[*byte]).await?;
            }
        } else {
            self.say(stream, &bytes).await?;
        }
        Ok(bytes.get(..3).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()))
    }

    async fn say(&mut self, stream: &mut Box<dyn Stream>, bytes: &[u8]) -> Result<(), Over> {
        let room = (self.cut.sent - self.sent).min(bytes.len());
        stream.write_all(&bytes[..room]).await.map_err(|_| Over)?;
        stream.flush().await.map_err(|_| Over)?;
        self.sent += room;
        if self.sent == self.cut.sent { Err(Over) } else { Ok(()) }
    }

    async fn read(&mut self, stream: &mut Box<dyn Stream>) -> Result<(), Over> {
        let mut block = [0; 4096];
        let room = (self.cut.received - self.received).min(block.len());
        let count = stream.read(&mut block[..room]).await.map_err(|_| Over)?;
        self.received += count;
        self.inbox.extend_from_slice(&block[..count]);
        if count == 0 || self.received == self.cut.received { Err(Over) } else { Ok(()) }
    }

    async fn line(&mut self, stream: &mut Box<dyn Stream>) -> Result<String, Over> {
        loop {
            if let Some(end) = self.inbox.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.inbox.drain(..end + 2).take(end).collect();
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.read(stream).await?;
        }
    }

    async fn message(&mut self, stream: &mut Box<dyn Stream>) -> Result<Vec<u8>, Over> {
        loop {
            let end = self.inbox.windows(5).position(|five| five == b"\r\n.\r\n");
            if let Some(end) = end {
                let stuffed: Vec<u8> = self.inbox.drain(..end + 5).take(end + 2).collect();
                let lines = stuffed.split_inclusive(|&sign| sign == b'\n');
                return Ok(lines.flat_map(|line| line.strip_prefix(b".").unwrap_or(line)).copied().collect());
            }
            self.read(stream).await?;
        }
    }
}
