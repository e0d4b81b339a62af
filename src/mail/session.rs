//! One connection to a relay, which one task owns and nobody shares.
//!
//! The dialogue is spoken here, with lettre's commands, and not by lettre's connection: that one writes the message
//! and its end mark apart, so that a lost connection does not tell which of them left, and it loses a reply that is
//! not UTF-8.

use std::io;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Category, Code, Detail, Response, Severity};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::relay::{Deadlines, Lifetime, Login, Relay, Tls};
use super::reply::{Class, Phase, Reply, classify};
use super::wire::{RawReply, Wire};

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay has taken it: it said 250 to the end mark.
    Sent(Reply),
    /// The relay has said that it does not take it.
    Refused {
        /// The step that was refused.
        phase: Phase,
        /// The relay's words.
        reply: Reply,
    },
    /// It was not handed over whole, so it cannot have been accepted.
    NotSent {
        /// The step that failed.
        phase: Phase,
        /// What went wrong.
        what: Fault,
    },
    /// It was handed over whole and nothing certain was heard: it may have been accepted.
    Unknown {
        /// What went wrong.
        what: Fault,
    },
}

impl Outcome {
    /// Returns what the outcome asks for; `None` where the message was sent or nobody knows.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Sent(_) | Self::Unknown { .. } => None,
            Self::Refused { phase, reply } => Some(classify(*phase, reply)),
            Self::NotSent { what: Fault::Address, .. } => Some(Class::Permanent),
            Self::NotSent { what: Fault::Content, .. } => Some(Class::Content),
            Self::NotSent { .. } => Some(Class::Host),
        }
    }
}

/// Why a dialogue did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(io::ErrorKind),
    /// The server did not answer in time.
    #[error("the server did not answer in time")]
    Deadline,
    /// The server said something that is no answer to what was asked.
    #[error("the server's answer does not fit the question")]
    Protocol,
    /// The caller stopped waiting.
    #[error("sending was given up")]
    Cancelled,
    /// The session had failed before.
    #[error("the session had failed before")]
    Poisoned,
    /// The sender's or the recipient's address cannot be used.
    #[error("an address is not one that SMTP can carry in ASCII")]
    Address,
    /// The message is not lines of ASCII that end in CR LF.
    #[error("the message is not made of lines of ASCII")]
    Content,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Closed,
            kind => Self::Io(kind),
        }
    }
}

/// Why no session could be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The server is not to be reached.
    #[error("the relay cannot be reached: {0}")]
    Unreachable(Fault),
    /// There is no secure connection to it.
    #[error(
        "no secure connection to the relay: {0}; tls = \"starttls\" is for port 587, \"implicit\" for 465"
    )]
    Tls(String),
    /// STARTTLS is asked for and not offered.
    #[error(
        "the relay does not offer STARTTLS: in [mail], tls = \"implicit\" is for port 465, and tls = \"none\" for a relay on \
         this machine"
    )]
    NoStartTls,
    /// The server offers no way of signing in that we know.
    #[error(
        "the relay offers neither AUTH PLAIN nor AUTH LOGIN: where it lets this machine in without signing in, leave out \
         `user` and `password_file`"
    )]
    NoMechanism,
    /// The password would cross a network in clear text.
    #[error(
        "the password would cross the network in clear text: set tls = \"starttls\" or \"implicit\" in [mail]"
    )]
    PasswordInClear,
    /// The dialogue broke off.
    #[error("the dialogue with the relay broke off at {phase:?}: {what}")]
    Broken {
        /// The step.
        phase: Phase,
        /// What went wrong.
        what: Fault,
    },
    /// The server has refused.
    #[error("the relay refused at {phase:?}: {reply}")]
    Refused {
        /// The step.
        phase: Phase,
        /// Its words.
        reply: Reply,
    },
}

impl OpenError {
    /// Returns what the failure asks for: [`Class::Host`], [`Class::Rate`] or [`Class::Configuration`].
    pub fn class(&self) -> Class {
        match self {
            Self::Refused { phase, reply } => classify(*phase, reply),
            Self::NoStartTls | Self::NoMechanism | Self::PasswordInClear => Class::Configuration,
            Self::Unreachable(_) | Self::Tls(_) | Self::Broken { .. } => Class::Host,
        }
    }
}

/// Where a session stands. Only an exchange that came to its end in order leads back to `Ready`: a send that is
/// dropped half-way stays where it was, and the session is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Speaking(Phase),
    EndMarkWritten,
    Broken,
}

/// A connection that has been greeted and signed in to, for one message after another.
///
/// Dropping a [`send`](Self::send) before it is done ends the session for good; [`interrupted`](Self::interrupted)
/// then tells what is known of that message.
pub struct SmtpSession {
    wire: Wire,
    state: State,
    deadlines: Deadlines,
    lifetime: Lifetime,
    mails: u32,
    opened: Instant,
    used: Instant,
}

impl std::fmt::Debug for SmtpSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SmtpSession")
            .field("state", &self.state)
            .field("mails", &self.mails)
            .finish_non_exhaustive()
    }
}

impl SmtpSession {
    /// Connects to a relay, greets it and signs in.
    pub async fn open(relay: &Relay) -> Result<Self, OpenError> {
        let mut wire = connect(relay).await?;
        let within = relay.deadlines.greeting;
        let banner = timeout(within, wire.read_reply()).await.unwrap_or(Err(Fault::Deadline));
        expect(Phase::Banner, &[220], banner)?;
        let hello = Ehlo::new(client_id(&relay.hello)).to_string();
        let mut offers = greet(&mut wire, &hello, within).await?;
        if let Tls::StartTls(trust) = &relay.tls {
            if !offers.lines.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
                return Err(OpenError::NoStartTls);
            }
            let go = ask(&mut wire, &Starttls.to_string(), within).await;
            expect(Phase::StartTls, &[220], go)?;
            wire = encrypt(wire, trust, relay).await?;
            offers = greet(&mut wire, &hello, within).await?;
        }
        if let Some(login) = &relay.login {
            sign_in(&mut wire, login, &offers, within).await?;
        }
        let now = Instant::now();
        Ok(Self {
            wire,
            state: State::Ready,
            deadlines: relay.deadlines,
            lifetime: relay.lifetime,
            mails: 0,
            opened: now,
            used: now,
        })
    }

    /// Says whether the session may carry another message: in order, not worn out, and not left by the server.
    pub fn is_fresh(&self) -> bool {
        self.state == State::Ready
            && self.mails < self.lifetime.mails
            && self.opened.elapsed() < self.lifetime.age
            && self.used.elapsed() < self.lifetime.idle
            && !self.wire.has_moved()
    }

    /// Says whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.wire.is_encrypted()
    }

    /// Returns what is known of the message whose [`send`](Self::send) was dropped before it was done.
    pub fn interrupted(&self) -> Option<Outcome> {
        match self.state {
            State::Speaking(phase) => Some(Outcome::NotSent { phase, what: Fault::Cancelled }),
            State::EndMarkWritten => Some(Outcome::Unknown { what: Fault::Cancelled }),
            State::Ready | State::Broken => None,
        }
    }

    /// Sends one message of ASCII lines to one recipient; an empty `from` is the null sender.
    ///
    /// After anything but [`Outcome::Sent`] or an orderly refusal the session is poisoned and every further call
    /// returns [`Fault::Poisoned`]; ask [`is_fresh`](Self::is_fresh) before each message.
    pub async fn send(&mut self, from: &str, to: &str, bytes: &[u8]) -> Outcome {
        if self.state != State::Ready {
            return Outcome::NotSent { phase: Phase::Mail, what: Fault::Poisoned };
        }
        let mail = match from {
            "" => Ok(Mail::new(None, Vec::new())),
            from => ascii_address(from).map(|from| Mail::new(Some(from), Vec::new())),
        };
        let rcpt = ascii_address(to).map(|to| Rcpt::new(to, Vec::new()));
        let (Ok(mail), Ok(rcpt)) = (mail, rcpt) else {
            return Outcome::NotSent { phase: Phase::Mail, what: Fault::Address };
        };
        let payload = match payload(bytes) {
            Ok(payload) => payload,
            Err(what) => return Outcome::NotSent { phase: Phase::Mail, what },
        };
        self.mails += 1;
        let commands = [
            (Phase::Mail, mail.to_string(), self.deadlines.mail),
            (Phase::Rcpt, rcpt.to_string(), self.deadlines.rcpt),
            (Phase::Data, Data.to_string(), self.deadlines.data),
        ];
        for (phase, command, within) in commands {
            if let Err(outcome) = self.step(phase, &command, within).await {
                return outcome;
            }
        }
        if let Err(what) = self.hand_over(&payload).await {
            self.state = State::Broken;
            return Outcome::NotSent { phase: Phase::Data, what };
        }
        let outcome = self.hear_the_end().await;
        self.used = Instant::now();
        outcome
    }

    /// Takes leave. A server that does not answer is left without.
    pub async fn quit(mut self) {
        if self.state == State::Ready {
            let _ = ask(&mut self.wire, &Quit.to_string(), self.deadlines.quit).await;
        }
    }

    async fn step(&mut self, phase: Phase, command: &str, within: Duration) -> Result<(), Outcome> {
        self.state = State::Speaking(phase);
        let raw = match ask(&mut self.wire, command, within).await {
            Ok(raw) => raw,
            Err(what) => {
                self.state = State::Broken;
                return Err(Outcome::NotSent { phase, what });
            }
        };
        let reply = raw.reply();
        match (phase, reply.code) {
            (Phase::Data, 354) | (Phase::Mail, 250) | (Phase::Rcpt, 250 | 251) => Ok(()),
            _ if reply.is_refusal() => {
                self.recover(phase, &reply).await;
                Err(Outcome::Refused { phase, reply })
            }
            _ => {
                self.state = State::Broken;
                Err(Outcome::NotSent { phase, what: Fault::Protocol })
            }
        }
    }

    /// Makes the session ready again after a refusal, where the server goes on listening.
    async fn recover(&mut self, phase: Phase, reply: &Reply) {
        let in_order = match (phase, reply.code) {
            (_, 421) => false,
            (Phase::Rcpt | Phase::Data, _) => {
                let reset = ask(&mut self.wire, &Rset.to_string(), self.deadlines.mail).await;
                reset.is_ok_and(|raw| raw.code == 250)
            }
            _ => true,
        };
        self.state = if in_order { State::Ready } else { State::Broken };
        self.used = Instant::now();
    }

    /// Hands the message and its end mark to the operating system; an error means that the end mark did not go.
    async fn hand_over(&mut self, payload: &[u8]) -> Result<(), Fault> {
        if self.wire.has_unread() {
            return Err(Fault::Protocol);
        }
        let mut rest = payload;
        while !rest.is_empty() {
            let written =
                timeout(self.deadlines.block, self.wire.write(rest)).await.unwrap_or(Err(Fault::Deadline))?;
            rest = &rest[written..];
            if rest.is_empty() {
                // What TLS still holds back may leave while we wait for it: from here on nothing is certain.
                self.state = State::EndMarkWritten;
            }
        }
        Ok(())
    }

    async fn hear_the_end(&mut self) -> Outcome {
        let answer = async {
            self.wire.flush().await?;
            self.wire.read_reply().await
        };
        let reply = match timeout(self.deadlines.end, answer).await.unwrap_or(Err(Fault::Deadline)) {
            Ok(raw) => raw.reply(),
            Err(what) => {
                self.state = State::Broken;
                return Outcome::Unknown { what };
            }
        };
        match reply.code {
            250 => {
                self.state = State::Ready;
                Outcome::Sent(reply)
            }
            _ if reply.is_refusal() => {
                self.recover(Phase::EndOfData, &reply).await;
                Outcome::Refused { phase: Phase::EndOfData, reply }
            }
            _ => {
                self.state = State::Broken;
                Outcome::Unknown { what: Fault::Protocol }
            }
        }
    }
}

async fn connect(relay: &Relay) -> Result<Wire, OpenError> {
    let connecting = TcpStream::connect((relay.host.as_str(), relay.port));
    let stream = match timeout(relay.deadlines.connect, connecting).await {
        Ok(stream) => stream.map_err(Fault::from),
        Err(_) => Err(Fault::Deadline),
    };
    let wire = stream.and_then(|stream| Ok(Wire::new(stream)?)).map_err(OpenError::Unreachable)?;
    match &relay.tls {
        Tls::Implicit(trust) => encrypt(wire, trust, relay).await,
        Tls::Plain | Tls::StartTls(_) => Ok(wire),
    }
}

async fn encrypt(wire: Wire, trust: &super::Trust, relay: &Relay) -> Result<Wire, OpenError> {
    timeout(relay.deadlines.connect, wire.encrypt(trust, &relay.host))
        .await
        .unwrap_or_else(|_| Err("the handshake took too long".into()))
        .map_err(OpenError::Tls)
}

async fn greet(wire: &mut Wire, hello: &str, within: Duration) -> Result<RawReply, OpenError> {
    let answer = ask(wire, hello, within).await;
    expect(Phase::Hello, &[250], answer)
}

async fn sign_in(
    wire: &mut Wire,
    login: &Login,
    offers: &RawReply,
    within: Duration,
) -> Result<(), OpenError> {
    if !wire.is_encrypted() && !wire.is_to_loopback() {
        return Err(OpenError::PasswordInClear);
    }
    let offered = offers.lines.iter().map(|line| line.to_ascii_uppercase());
    let offered: Vec<String> = offered.filter(|line| line.starts_with("AUTH")).collect();
    let offers = |name: &str| offered.iter().any(|line| line.split([' ', '=']).any(|word| word == name));
    let mechanism = match (offers("PLAIN"), offers("LOGIN")) {
        (true, _) => Mechanism::Plain,
        (false, true) => Mechanism::Login,
        (false, false) => return Err(OpenError::NoMechanism),
    };
    let broken = |_| OpenError::Broken { phase: Phase::Auth, what: Fault::Protocol };
    let credentials = Credentials::new(login.user.clone(), login.password.clone());
    let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(broken)?;
    // LOGIN asks twice, for the user and for the password.
    for _ in 0..2 {
        let raw = expect(Phase::Auth, &[235, 334], ask(wire, &command.to_string(), within).await)?;
        if raw.code == 235 {
            return Ok(());
        }
        let go_on = Code::new(Severity::PositiveIntermediate, Category::Unspecified3, Detail::Four);
        let challenge = Response::new(go_on, raw.lines);
        command = Auth::new_from_response(mechanism, credentials.clone(), &challenge).map_err(broken)?;
    }
    expect(Phase::Auth, &[235], ask(wire, &command.to_string(), within).await).map(drop)
}

/// Writes a command and reads the reply to it.
async fn ask(wire: &mut Wire, command: &str, within: Duration) -> Result<RawReply, Fault> {
    // A reply that nobody asked for would be taken for the answer to this.
    if wire.has_unread() {
        return Err(Fault::Protocol);
    }
    let exchange = async {
        wire.write_all(command.as_bytes()).await?;
        wire.read_reply().await
    };
    timeout(within, exchange).await.unwrap_or(Err(Fault::Deadline))
}

fn expect(phase: Phase, codes: &[u16], answer: Result<RawReply, Fault>) -> Result<RawReply, OpenError> {
    let raw = answer.map_err(|what| OpenError::Broken { phase, what })?;
    let reply = raw.reply();
    if codes.contains(&raw.code) {
        Ok(raw)
    } else if reply.is_refusal() {
        Err(OpenError::Refused { phase, reply })
    } else {
        Err(OpenError::Broken { phase, what: Fault::Protocol })
    }
}

/// Takes the name that we greet with; one that is no name would end the line.
fn client_id(hello: &str) -> ClientId {
    let in_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_');
    if !hello.is_empty() && hello.chars().all(in_name) {
        ClientId::Domain(hello.to_owned())
    } else {
        ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
    }
}

/// Parses an address and writes its domain in ASCII; a local part beyond ASCII would need SMTPUTF8.
pub(super) fn ascii_address(text: &str) -> Result<Address, Fault> {
    let address: Address = text.parse().map_err(|_| Fault::Address)?;
    if !address.user().is_ascii() {
        return Err(Fault::Address);
    }
    let domain = match address.domain() {
        literal if literal.starts_with('[') => literal.to_owned(),
        domain => idna::domain_to_ascii(domain).map_err(|_| Fault::Address)?,
    };
    Address::new(address.user(), domain).map_err(|_| Fault::Address)
}

/// Doubles the dots that begin a line and adds the end mark (RFC 5321 section 4.5.2), so that one write carries all.
fn payload(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    for line in bytes.split_inclusive(|&sign| sign == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        // A line end of another kind could pass for an end mark with some servers and not with others.
        if text.iter().any(|&sign| matches!(sign, b'\r' | b'\n' | 0) || !sign.is_ascii()) {
            return Err(Fault::Content);
        }
        if text.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_the_end_mark_stands_on_its_own_line() {
        assert_eq!(payload(b"a\r\n.\r\n..b\r\n").unwrap(), b"a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(payload(b"no line end").unwrap(), b"no line end\r\n.\r\n");
        assert_eq!(payload(b"").unwrap(), b"\r\n.\r\n");
    }

    #[test]
    fn a_message_that_could_smuggle_an_end_mark_is_refused() {
        for bytes in [&b"a\n.\nb\r\n"[..], b"a\r.\r\n", b"a\r\n.\r\r\n", b"a\0\r\n", "ä\r\n".as_bytes()] {
            assert_eq!(payload(bytes), Err(Fault::Content), "{bytes:?}");
        }
    }

    #[test]
    fn a_domain_in_other_letters_is_written_in_ascii_and_a_local_part_is_refused() {
        assert_eq!(ascii_address("a@例子.测试").unwrap().to_string(), "a@xn--fsqu00a.xn--0zwm56d");
        assert_eq!(ascii_address("用户@b.example"), Err(Fault::Address));
        assert_eq!(ascii_address("a@b.example>\r\nRCPT TO:<c@d.example"), Err(Fault::Address));
    }

    #[test]
    fn a_password_is_not_shown() {
        let login = Login { user: "u".into(), password: "secret".into() };
        assert!(!format!("{login:?}").contains("secret"));
    }
}
