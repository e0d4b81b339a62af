//! One connection to a relay against a server that does everything wrong that a server can.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::print_stdout, reason = "measurements are printed")]

#[path = "support/smtp_script.rs"]
mod smtp_script;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cam::mail::{
    Class, Deadlines, Fault, Lifetime, Login, OpenError, Outcome, Phase, Relay, SmtpSession, Tls, Trust,
};
use smtp_script::{Act, Cut, Heard, Server};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const FROM: &str = "b+abcdefghijklmnopqrstuvwxyz@bounce.kestrel.example";
const MESSAGE: &[u8] = b"Subject: one\r\n\r\n.a line that begins with a dot\r\nthe end\r\n";

fn relay(server: &Server) -> Relay {
    Relay {
        host: "127.0.0.1".into(),
        port: server.address.port(),
        tls: Tls::Plain,
        login: None,
        hello: "mail.kestrel.example".into(),
        deadlines: Deadlines::all(Duration::from_secs(5)),
        lifetime: Lifetime::default(),
    }
}

/// A relay that is given up after a tenth of a second.
fn hasty(server: &Server) -> Relay {
    Relay { deadlines: Deadlines::all(Duration::from_millis(100)), ..relay(server) }
}

fn code(outcome: &Outcome) -> u16 {
    match outcome {
        Outcome::Sent(reply) | Outcome::Refused { reply, .. } => reply.code,
        Outcome::NotSent { .. } | Outcome::Unknown { .. } => panic!("no reply: {outcome:?}"),
    }
}

/// Answers one kind of command with one line.
fn answers(verb: &'static str, line: &'static str) -> impl Fn(usize, &Heard) -> Act + Send + Sync + 'static {
    move |_, heard| match heard {
        Heard::Command(command) if command.starts_with(verb) => Act::say(line),
        _ => Act::Usual,
    }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_given() {
    let server = Server::start(|_, _| Act::Usual).await;
    let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
    let outcome = session.send(FROM, "a@haoda.example", MESSAGE).await;
    assert_eq!(code(&outcome), 250);
    assert_eq!(session.send("", "b@haoda.example", b"no line end").await.class(), None);
    session.quit().await;
    let accepted = server.records.accepted.lock().unwrap().clone();
    assert_eq!(accepted[0], ("a@haoda.example".to_owned(), MESSAGE.to_vec()));
    assert_eq!(accepted[1], ("b@haoda.example".to_owned(), b"no line end\r\n".to_vec()));
    let commands = server.records.commands.lock().unwrap().clone();
    assert_eq!(commands[1], format!("MAIL FROM:<{FROM}>"));
    assert_eq!(commands[4..], ["MAIL FROM:<>", "RCPT TO:<b@haoda.example>", "DATA", "QUIT"]);
}

#[tokio::test]
async fn a_slow_greeting_is_given_up_at_its_deadline() {
    let slowly = |_: usize, heard: &Heard| match heard {
        Heard::Connection => Act::SaySlowly(
            b"220 a banner of forty and more signs, drop by drop\r\n".to_vec(),
            Duration::from_millis(10),
        ),
        _ => Act::Usual,
    };
    let server = Server::start(slowly).await;
    let begun = Instant::now();
    let error = SmtpSession::open(&hasty(&server)).await.unwrap_err();
    assert!(matches!(error, OpenError::Broken { phase: Phase::Banner, what: Fault::Deadline }), "{error:?}");
    assert_eq!(error.class(), Class::Host);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_is_not_there_and_one_that_turns_us_away_are_the_hosts_failure() {
    let server = Server::start(|_, _| Act::say("554 5.3.2 no service here")).await;
    let error = SmtpSession::open(&relay(&server)).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::Refused { phase: Phase::Banner, reply } if reply.code == 554),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Host);
    let nobody = Relay { port: 1, ..relay(&server) };
    let error = SmtpSession::open(&nobody).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable(Fault::Io(_))), "{error:?}");
    assert_eq!(error.class(), Class::Host);
}

#[tokio::test]
async fn a_421_after_three_mails_ends_the_session_and_loses_none() {
    let counts = Arc::new(std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new()));
    let server = Server::start(move |connection, heard| match heard {
        Heard::Command(command) if command.starts_with("MAIL") => {
            let mut counts = counts.lock().unwrap();
            let mails = counts.entry(connection).or_default();
            *mails += 1;
            if *mails > 3 { Act::say("421 4.7.0 too many mails") } else { Act::Usual }
        }
        _ => Act::Usual,
    })
    .await;
    let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
    for number in 0..9 {
        let to = format!("{number}@haoda.example");
        let mut outcome = session.send(FROM, &to, MESSAGE).await;
        if !matches!(outcome, Outcome::Sent(_)) {
            assert_eq!(outcome.class(), Some(Class::Rate));
            assert!(!session.is_fresh(), "a server that says 421 is leaving");
            session = SmtpSession::open(&relay(&server)).await.unwrap();
            outcome = session.send(FROM, &to, MESSAGE).await;
        }
        assert_eq!(code(&outcome), 250);
    }
    let expected: Vec<_> = (0..9).map(|number| format!("{number}@haoda.example")).collect();
    assert_eq!(server.accepted(), expected);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn fifty_mails_of_which_half_are_refused_take_one_connection() {
    let server = Server::start(|_, heard| match heard {
        Heard::Command(command) if command.starts_with("RCPT TO:<bad") => {
            let lines = [
                "450 4.2.0 greylisted",
                "451 4.3.0 later",
                "452 4.2.2 full",
                "454 throttled",
                "550 5.1.1 unknown",
            ];
            let number: usize = command.split(['-', '@']).nth(1).unwrap().parse().unwrap();
            Act::say(lines[number % lines.len()])
        }
        _ => Act::Usual,
    })
    .await;
    let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
    let classes = [Class::Greylist, Class::Temporary, Class::MailboxFull, Class::Rate, Class::Hard];
    for number in 0..25 {
        let bad = session.send(FROM, &format!("bad-{number}@haoda.example"), MESSAGE).await;
        assert!(matches!(bad, Outcome::Refused { phase: Phase::Rcpt, .. }), "{bad:?}");
        assert_eq!(bad.class(), Some(classes[number % classes.len()]));
        let good = session.send(FROM, &format!("good-{number}@haoda.example"), MESSAGE).await;
        assert_eq!(code(&good), 250);
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.accepted().len(), 25);
    assert!(server.accepted().iter().all(|to| to.starts_with("good")));
}

#[tokio::test]
async fn a_refusal_of_the_sender_of_data_and_at_the_final_dot_leaves_the_session_in_order() {
    for (verb, phase) in
        [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data), (".", Phase::EndOfData)]
    {
        let refused = std::sync::atomic::AtomicBool::new(false);
        let server = Server::start(move |_, heard| {
            let matches = match heard {
                Heard::Command(command) => command.starts_with(verb),
                Heard::Message { .. } => verb == ".",
                Heard::Connection => false,
            };
            if matches && !refused.swap(true, std::sync::atomic::Ordering::SeqCst) {
                Act::say("554 5.7.1 unwanted")
            } else {
                Act::Usual
            }
        })
        .await;
        let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
        let first = session.send(FROM, "a@haoda.example", MESSAGE).await;
        assert!(matches!(&first, Outcome::Refused { phase: at, .. } if *at == phase), "{first:?}");
        assert_eq!(first.class(), Some(Class::Policy));
        assert!(session.is_fresh());
        assert_eq!(code(&session.send(FROM, "b@haoda.example", MESSAGE).await), 250);
        assert_eq!(server.accepted(), ["b@haoda.example"]);
    }
}

#[tokio::test]
async fn a_reply_of_several_lines_and_in_another_encoding_is_read_whole() {
    // 收件人不存在 in GBK.
    let text = b"550-5.1.1 \xca\xd5\xbc\xfe\xc8\xcb\xb2\xbb\xb4\xe6\xd4\xda\r\n550-5.1.1 see below\r\n550 5.1.1 end\r\n";
    let server = Server::start(move |_, heard| match heard {
        Heard::Command(command) if command.starts_with("RCPT TO:<bad") => Act::Say(text.to_vec()),
        Heard::Message { .. } => Act::Say(b"250-2.0.0 queued\r\n250-2.0.0 as\r\n250 2.0.0 4F2A\r\n".to_vec()),
        _ => Act::Usual,
    })
    .await;
    let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
    let bad = session.send(FROM, "bad@haoda.example", MESSAGE).await;
    assert_eq!(bad.class(), Some(Class::Hard));
    let Outcome::Refused { reply, .. } = bad else { panic!() };
    assert!(reply.text.ends_with("see below end"), "{reply}");
    let good = session.send(FROM, "good@haoda.example", MESSAGE).await;
    let Outcome::Sent(reply) = good else { panic!("{good:?}") };
    assert_eq!((reply.enhanced, reply.text.as_str()), (Some((2, 0, 0)), "queued as 4F2A"));
}

#[tokio::test]
async fn silence_after_the_dot_is_unknown_and_silence_before_it_is_not_sent() {
    for (verb, phase) in [("MAIL", Phase::Mail), ("RCPT", Phase::Rcpt), ("DATA", Phase::Data)] {
        let silent = move |_: usize, heard: &Heard| match heard {
            Heard::Command(command) if command.starts_with(verb) => Act::BeSilent,
            _ => Act::Usual,
        };
        let server = Server::start(silent).await;
        let mut session = SmtpSession::open(&hasty(&server)).await.unwrap();
        let outcome = session.send(FROM, "a@haoda.example", MESSAGE).await;
        assert_eq!(outcome, Outcome::NotSent { phase, what: Fault::Deadline });
        assert_eq!(outcome.class(), Some(Class::Host));
    }
    let silent = |_: usize, heard: &Heard| match heard {
        Heard::Message { .. } => Act::BeSilent,
        _ => Act::Usual,
    };
    let server = Server::start(silent).await;
    let mut session = SmtpSession::open(&hasty(&server)).await.unwrap();
    let outcome = session.send(FROM, "a@haoda.example", MESSAGE).await;
    assert_eq!(outcome, Outcome::Unknown { what: Fault::Deadline });
    assert!(!session.is_fresh());
    let next = session.send(FROM, "b@haoda.example", MESSAGE).await;
    assert_eq!(next, Outcome::NotSent { phase: Phase::Mail, what: Fault::Poisoned });
}

#[tokio::test]
async fn nothing_but_250_at_the_final_dot_is_sent() {
    for line in ["251 2.1.5 forwarded", "354 go on", "200 fine", "250x"] {
        let server = Server::start(move |_, heard| match heard {
            Heard::Message { .. } => Act::say(line),
            _ => Act::Usual,
        })
        .await;
        let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
        let outcome = session.send(FROM, "a@haoda.example", MESSAGE).await;
        assert_eq!(outcome, Outcome::Unknown { what: Fault::Protocol }, "{line}");
        assert!(!session.is_fresh());
    }
}

#[tokio::test]
async fn a_reply_too_many_is_never_taken_for_the_next_ones() {
    for verb in ["MAIL", "RCPT", "DATA"] {
        let lines =
            if verb == "DATA" { "354 go\r\n250 2.0.0 queued" } else { "250 2.1.0 fine\r\n250 2.1.0 fine" };
        let server = Server::start(answers(verb, lines)).await;
        let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
        let outcome = session.send(FROM, "a@haoda.example", MESSAGE).await;
        assert!(matches!(outcome, Outcome::NotSent { what: Fault::Protocol, .. }), "{verb}: {outcome:?}");
        assert!(!session.is_fresh());
        assert_eq!(server.accepted(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_session_is_replaced_when_worn_out_or_left() {
    let server = Server::start(|_, _| Act::Usual).await;
    let lifetime = Lifetime { mails: 2, ..Lifetime::default() };
    let mut session = SmtpSession::open(&Relay { lifetime, ..relay(&server) }).await.unwrap();
    for fresh in [true, false] {
        assert_eq!(code(&session.send(FROM, "a@haoda.example", MESSAGE).await), 250);
        assert_eq!(session.is_fresh(), fresh);
    }
    let lifetime = Lifetime { idle: Duration::ZERO, ..Lifetime::default() };
    assert!(!SmtpSession::open(&Relay { lifetime, ..relay(&server) }).await.unwrap().is_fresh());

    let leaving = Server::start(|_, heard| match heard {
        Heard::Message { .. } => Act::Say(b"250 2.0.0 queued\r\n421 4.4.2 idle too long\r\n".to_vec()),
        _ => Act::Usual,
    })
    .await;
    let mut session = SmtpSession::open(&relay(&leaving)).await.unwrap();
    assert_eq!(code(&session.send(FROM, "a@haoda.example", MESSAGE).await), 250);
    assert!(!session.is_fresh(), "the server has said something that nobody asked for");
}

#[tokio::test]
async fn an_unusable_address_or_message_costs_nothing_and_leaves_the_session_in_order() {
    let server = Server::start(|_, _| Act::Usual).await;
    let mut session = SmtpSession::open(&relay(&server)).await.unwrap();
    for to in ["nobody", "用户@haoda.example", "a@haoda.example>\r\nRCPT TO:<b@haoda.example"] {
        let outcome = session.send(FROM, to, MESSAGE).await;
        assert_eq!(outcome.class(), Some(Class::Permanent), "{outcome:?}");
    }
    let smuggled = session.send(FROM, "a@haoda.example", b"a\n.\nMAIL FROM:<x@y.example>\r\n").await;
    assert_eq!(smuggled.class(), Some(Class::Content));
    assert!(session.is_fresh());
    assert_eq!(code(&session.send(FROM, "a@例子.测试", MESSAGE).await), 250);
    assert_eq!(server.accepted(), ["a@xn--fsqu00a.xn--0zwm56d"]);
}

/// What is said and heard by a server that lets one message pass, in bytes.
struct Measure {
    before_message: usize,
    message: usize,
    said_before_354: usize,
    said: usize,
}

fn two_kibibytes() -> Vec<u8> {
    [
        &b"Subject: long\r\n\r\n"[..],
        &b".0123456789012345678901234567890123456789012345678901234567\r\n".repeat(29),
    ]
    .concat()
}

fn measure(message: &[u8]) -> Measure {
    let commands =
        format!("EHLO mail.kestrel.example\r\nMAIL FROM:<{FROM}>\r\nRCPT TO:<a@haoda.example>\r\nDATA\r\n");
    let dots = message.split(|&sign| sign == b'\n').filter(|line| line.starts_with(b".")).count();
    let ehlo = "220 script ESMTP\r\n250-script\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n";
    let before = format!("{ehlo}250 2.1.0 fine\r\n250 2.1.0 fine\r\n");
    Measure {
        before_message: commands.len(),
        message: message.len() + dots + ".\r\n".len(),
        said_before_354: before.len(),
        said: before.len() + "354 go ahead\r\n".len() + "250 2.0.0 queued\r\n".len(),
    }
}

/// What may be said of a message when its conversation is cut there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    NotSent,
    Unknown,
    /// The cut and the message are on their way at the same time.
    NotSentOrUnknown,
    Sent,
    /// The reply and the reset are on their way at the same time.
    SentOrUnknown,
}

async fn outcome_of(relay: &Relay, message: &[u8]) -> Outcome {
    match SmtpSession::open(relay).await {
        Ok(mut session) => {
            let outcome = session.send(FROM, "a@haoda.example", message).await;
            let in_order = matches!(outcome, Outcome::Sent(_) | Outcome::Refused { .. });
            if !in_order {
                assert!(!session.is_fresh(), "{outcome:?}");
            }
            outcome
        }
        Err(OpenError::Broken { phase, what }) => Outcome::NotSent { phase, what },
        // A reset that overtakes the end of the connecting itself.
        Err(OpenError::Unreachable(what)) => Outcome::NotSent { phase: Phase::Connect, what },
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_any_byte_is_classified_right() {
    let message = two_kibibytes();
    let size = measure(&message);
    let whole = size.before_message + size.message;
    assert!((1_900..2_300).contains(&(whole + size.said)), "{}", whole + size.said);
    let mut cuts = Vec::new();
    for reset in [false, true] {
        for received in 1..=whole {
            let truth = if received <= size.before_message { Truth::NotSent } else { Truth::Unknown };
            cuts.push((Cut { received, sent: usize::MAX, reset }, truth));
        }
        let go_ahead = size.said_before_354 + "354 go ahead\r\n".len();
        for sent in 1..=size.said {
            let truth = match sent {
                _ if sent < go_ahead => Truth::NotSent,
                _ if sent == go_ahead => Truth::NotSentOrUnknown,
                _ if sent < size.said => Truth::Unknown,
                _ if reset => Truth::SentOrUnknown,
                _ => Truth::Sent,
            };
            cuts.push((Cut { received: usize::MAX, sent, reset }, truth));
        }
    }
    let cuts = Arc::new(cuts);
    let planned = Arc::clone(&cuts);
    let server = Server::start_with(|_, _| Act::Usual, move |number| planned[number].0, None).await;
    let relay = relay(&server);
    let mut counts = [0; 3];
    for (cut, truth) in cuts.iter() {
        let outcome = outcome_of(&relay, &message).await;
        let right = match &outcome {
            Outcome::NotSent { .. } => matches!(truth, Truth::NotSent | Truth::NotSentOrUnknown),
            Outcome::Unknown { .. } => !matches!(truth, Truth::NotSent | Truth::Sent),
            Outcome::Sent(_) => matches!(truth, Truth::Sent | Truth::SentOrUnknown),
            Outcome::Refused { .. } => false,
        };
        assert!(right, "{cut:?} is {truth:?} and was taken for {outcome:?}");
        counts[match outcome {
            Outcome::NotSent { .. } => 0,
            Outcome::Unknown { .. } => 1,
            _ => 2,
        }] += 1;
    }
    println!(
        "{} cuts: {} not sent, {} unknown, {} sent, 0 wrong",
        cuts.len(),
        counts[0],
        counts[1],
        counts[2]
    );
}

/// Drops `times` sends at random instants. Each is followed by a message that the server refuses: it must never be
/// taken for sent, and what is said of the dropped one must be true.
async fn cancel(times: usize) -> [usize; 3] {
    let waits = |_: usize, heard: &Heard| match heard {
        Heard::Connection => Act::Usual,
        Heard::Command(command) if command.starts_with("RCPT TO:<refused") => Act::say("554 5.7.1 no"),
        // 300 µs on each of four replies: the cancel falls into each of them.
        _ => Act::Wait(Duration::from_micros(300)),
    };
    let server = Server::start(waits).await;
    let relay = relay(&server);
    let mut counts = [0; 3];
    let mut state: u64 = 20_261_125;
    for number in 0..times {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let patience = Duration::from_micros((state >> 33) % 9_000);
        let to = format!("dropped-{number}@haoda.example");
        let mut session = SmtpSession::open(&relay).await.unwrap();
        let sent = tokio::time::timeout(patience, session.send(FROM, &to, MESSAGE)).await;
        let known = sent.as_ref().ok().cloned().or_else(|| session.interrupted());
        let next = session.send(FROM, &format!("refused-{number}@haoda.example"), MESSAGE).await;
        assert!(!matches!(next, Outcome::Sent(_) | Outcome::Unknown { .. }), "{next:?}");
        if sent.is_err() {
            assert!(!session.is_fresh());
            assert!(
                matches!(next, Outcome::NotSent { what: Fault::Poisoned | Fault::Address, .. }),
                "{next:?}"
            );
        }
        drop(session);
        let arrived = |records: &smtp_script::Records| records.received_whole.lock().unwrap().contains(&to);
        match known {
            Some(Outcome::NotSent { .. }) => {
                assert!(!arrived(&server.records), "{to} was said not to be sent");
                counts[0] += 1;
            }
            Some(Outcome::Unknown { .. }) => counts[1] += 1,
            Some(Outcome::Sent(_)) => {
                assert!(arrived(&server.records));
                counts[2] += 1;
            }
            // Dropped before its first step, or between the reply and the return.
            None | Some(Outcome::Refused { .. }) => panic!("nothing is known of {to}"),
        }
    }
    assert!(server.accepted().iter().all(|to| to.starts_with("dropped")));
    counts
}

#[tokio::test]
async fn a_send_that_is_dropped_never_makes_another_message_sent() {
    let [not_sent, unknown, sent] = cancel(100).await;
    assert!(not_sent > 0 && unknown > 0 && sent > 0, "{not_sent} {unknown} {sent}");
}

/// The long form: `cargo test --test smtp -- --ignored --nocapture a_thousand`.
#[tokio::test]
#[ignore = "ten times the form that always runs"]
async fn a_thousand_dropped_sends_make_no_other_message_sent() {
    let [not_sent, unknown, sent] = cancel(1_000).await;
    println!("1,000 dropped sends: {not_sent} not sent, {unknown} unknown, {sent} done in time, 0 wrong");
}

fn acceptor() -> TlsAcceptor {
    let certificates = CertificateDer::pem_slice_iter(include_bytes!("support/tls/relay.pem"));
    let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("support/tls/relay.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn trust() -> Trust {
    Trust::with_system(Some(include_bytes!("support/tls/ca.pem"))).unwrap()
}

#[tokio::test]
async fn both_kinds_of_tls_carry_a_login_and_messages() {
    for implicit in [true, false] {
        let server =
            Server::start_with(|_, _| Act::Usual, |_| Cut::NEVER, Some((acceptor(), implicit))).await;
        let tls = if implicit { Tls::Implicit(trust()) } else { Tls::StartTls(trust()) };
        let login = Some(Login { user: "survey".into(), password: "code".into() });
        let mut session = SmtpSession::open(&Relay { tls, login, ..relay(&server) }).await.unwrap();
        assert!(session.is_encrypted());
        for _ in 0..3 {
            assert_eq!(code(&session.send(FROM, "a@haoda.example", MESSAGE).await), 250);
            assert!(session.is_fresh());
        }
        // base64 of NUL survey NUL code
        assert!(server.records.commands.lock().unwrap().contains(&"AUTH PLAIN AHN1cnZleQBjb2Rl".to_owned()));
    }
}

#[tokio::test]
async fn an_unknown_authority_and_a_server_without_starttls_are_refused() {
    let server = Server::start_with(|_, _| Act::Usual, |_| Cut::NEVER, Some((acceptor(), true))).await;
    let other = Trust::with_system(Some(include_bytes!("support/tls/relay.pem"))).unwrap();
    let error = SmtpSession::open(&Relay { tls: Tls::Implicit(other), ..relay(&server) }).await.unwrap_err();
    assert!(matches!(error, OpenError::Tls(_)), "{error:?}");
    let plain = Server::start(|_, _| Act::Usual).await;
    let error = SmtpSession::open(&Relay { tls: Tls::StartTls(trust()), ..relay(&plain) }).await.unwrap_err();
    assert!(matches!(error, OpenError::NoStartTls), "{error:?}");
    assert_eq!(error.class(), Class::Configuration);
    assert!(plain.records.commands.lock().unwrap().iter().all(|command| !command.starts_with("AUTH")));
}

#[tokio::test]
async fn a_wrong_password_stops_the_relay_and_login_is_spoken_where_plain_is_not() {
    let login = Some(Login { user: "survey".into(), password: "code".into() });
    let server = Server::start(answers("AUTH", "535 5.7.8 no")).await;
    let error = SmtpSession::open(&Relay { login: login.clone(), ..relay(&server) }).await.unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    let server = Server::start(|_, heard| match heard {
        Heard::Command(command) if command.starts_with("EHLO") => Act::say("250 AUTH LOGIN"),
        Heard::Command(command) if command == "AUTH LOGIN" => Act::say("334 VXNlcm5hbWU6"),
        Heard::Command(command) if command == "c3VydmV5" => Act::say("334 UGFzc3dvcmQ6"),
        Heard::Command(command) if command == "Y29kZQ==" => Act::say("235 2.7.0 welcome"),
        _ => Act::Usual,
    })
    .await;
    let mut session = SmtpSession::open(&Relay { login, ..relay(&server) }).await.unwrap();
    assert_eq!(code(&session.send(FROM, "a@haoda.example", MESSAGE).await), 250);
}

/// Prints messages a second over one session and over ten. With `CAM_TEST_SMTP_SINK=127.0.0.1:PORT` the other side is
/// Postfix's: `smtp-sink -c 127.0.0.1:PORT 1000`, beside which `smtp-source -s SESSIONS -m 10000 -l 5200 127.0.0.1:PORT`
/// is the limit.
///
/// `cargo test --release --test smtp -- --ignored --nocapture messages_a_second`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn messages_a_second() {
    let server = Server::start(|_, _| Act::Usual).await;
    let sink = std::env::var_os("CAM_TEST_SMTP_SINK").map(|sink| sink.into_string().unwrap());
    let port = sink.map(|sink| sink.rsplit(':').next().unwrap().parse().unwrap());
    let lifetime = Lifetime { mails: u32::MAX, ..Lifetime::default() };
    let relay = Arc::new(Relay { port: port.unwrap_or(server.address.port()), lifetime, ..relay(&server) });
    let message: Arc<[u8]> = [
        &b"Subject: bench\r\n\r\n"[..],
        &b"0123456789012345678901234567890123456789012345678\r\n".repeat(102),
    ]
    .concat()
    .into();
    for sessions in [1, 10] {
        let total = 10_000;
        let begun = Instant::now();
        let tasks: Vec<_> = (0..sessions)
            .map(|_| {
                let (relay, message) = (Arc::clone(&relay), Arc::clone(&message));
                tokio::spawn(async move {
                    let mut session = SmtpSession::open(&relay).await.unwrap();
                    for _ in 0..total / sessions {
                        let outcome = session.send(FROM, "a@haoda.example", &message).await;
                        assert!(matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
                    }
                    session.quit().await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let rate = f64::from(total) / begun.elapsed().as_secs_f64();
        println!("{sessions} session(s): {rate:.0} messages/s of {} bytes", message.len());
    }
}
