//! A mail server that keeps what it gets, for the demo and for tests: it speaks on the loopback address only and sends
//! nothing on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Most bytes of one connection.
const LARGEST: u64 = 256 << 20;

/// A mail as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// The message, without the dots that the protocol adds.
    pub bytes: Vec<u8>,
}

/// What a recipient's address makes the server say.
pub type Answer = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A server that takes mails and keeps them.
#[derive(Clone)]
pub struct Sink {
    mails: Arc<Mutex<Vec<Received>>>,
    /// Refusals of RCPT, by address.
    refuse: Arc<Answer>,
    /// How long it takes to store a mail.
    delay: Duration,
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sink").field("delay", &self.delay).finish_non_exhaustive()
    }
}

impl Sink {
    /// A server that refuses the recipients for whom `refuse` has a reply, and takes `delay` to answer the final dot.
    pub fn new(refuse: Arc<Answer>, delay: Duration) -> Self {
        Self { mails: Arc::default(), refuse, delay }
    }

    /// Starts it on a free port of the loopback address; it ends with the runtime.
    pub async fn start(&self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let sink = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = sink.clone();
                tokio::spawn(async move {
                    // A client that goes away is its own affair.
                    let _ = sink.talk(stream).await;
                });
            }
        });
        Ok(address)
    }

    /// The mails so far, in the order of their arrival.
    pub fn mails(&self) -> Vec<Received> {
        self.lock().clone()
    }

    /// How many mails there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Received>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (reading, mut writing) = stream.into_split();
        let mut reading = BufReader::new(reading).take(LARGEST);
        writing.write_all(b"220 sink ESMTP\r\n").await?;
        let (mut from, mut to) = (String::new(), String::new());
        let mut line = Vec::new();
        loop {
            line.clear();
            if reading.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line);
            let verb = text.get(..4).unwrap_or("").to_ascii_uppercase();
            let reply = match verb.as_str() {
                "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 SIZE 33554432\r\n".to_owned(),
                "MAIL" => {
                    from = address(&text);
                    "250 2.1.0 OK\r\n".into()
                }
                "RCPT" => {
                    to = address(&text);
                    match (self.refuse)(&to) {
                        Some(refusal) => format!("{refusal}\r\n"),
                        None => "250 2.1.5 OK\r\n".into(),
                    }
                }
                "DATA" => {
                    writing.write_all(b"354 go on\r\n").await?;
                    let Some(bytes) = message(&mut reading).await? else { return Ok(()) };
                    tokio::time::sleep(self.delay).await;
                    self.lock().push(Received { from: from.clone(), to: to.clone(), bytes });
                    "250 2.0.0 kept\r\n".into()
                }
                "QUIT" => {
                    writing.write_all(b"221 2.0.0 bye\r\n").await?;
                    return Ok(());
                }
                "HELO" | "NOOP" | "RSET" => "250 2.0.0 OK\r\n".into(),
                _ => "502 5.5.1 not spoken here\r\n".into(),
            };
            writing.write_all(reply.as_bytes()).await?;
        }
    }
}

/// The address between `<` and `>`.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

/// Reads a message up to its end mark; `None` where the connection ends before it.
async fn message<R: tokio::io::AsyncBufRead + Unpin>(reading: &mut R) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if reading.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(bytes));
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
