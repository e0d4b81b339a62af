//! What the tests of the survey service start from: contacts in a database, a wave, a mail server that keeps its mails.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cam::clock::{Clock, Instant};
use cam::job::{Desk, Outbox, SendReport, Settings};
use cam::mail::{Deadlines, Lifetime, Organisation, Party, Relay, Separator, Signer, Sink, Tls};
use cam::seal::Keys;
use cam::store::Db;
use cam::survey;
use cam::wave::{self, Launch, Launched, WaveError, WaveFile};

/// Wednesday 25 November 2026, 10:00 in Shanghai.
pub(crate) const NOW: &str = "2026-11-25T02:00:00Z";

pub(crate) fn at(text: &str) -> Instant {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

pub(crate) fn keys() -> Keys {
    Keys::parse(&"3c".repeat(32)).unwrap()
}

/// A wave to all contacts, in English and Chinese.
pub(crate) fn wave_file(more: &str) -> String {
    let notice = |language: &str| {
        format!(
            "[notice.{language}]\ncontroller = \"c\"\npurpose = \"p\"\nlegal_basis = \"l\"\nmoney = \"m\"\n\
             recipients = \"r\"\nretention = \"t\"\nrights = \"g\"\n"
        )
    };
    format!(
        "key = \"autumn\"\nname = \"Autumn\"\nsurvey = \"customer_satisfaction\"\nmode = \"named\"\n\
         closes = \"2026-12-15T18:00\"\ndelete_after = \"2028-12-31\"\n{more}\n[audience]\nof = \"contacts\"\n{}{}",
        notice("en"),
        notice("zh-Hans")
    )
}

pub(crate) fn launch_of(text: &str) -> Launch {
    let file = WaveFile::parse("wave.toml", text).unwrap();
    let survey_text = survey::shipped(&file.survey).unwrap().to_owned();
    Launch {
        survey: survey::parse("survey.toml", &survey_text).unwrap(),
        file,
        survey_text,
        listed: None,
        timezone: "Asia/Shanghai".into(),
        language: "en".into(),
        poll_keys: None,
    }
}

pub(crate) async fn launch(db: &Db, launch: Launch, now: Instant) -> Result<Launched, WaveError> {
    let launch = launch.check()?;
    db.write(move |tx| Box::pin(async move { wave::launch(tx, &keys(), &launch, now).await })).await
}

/// A mail server that refuses `nouser…` for good and `later…` for now.
pub(crate) fn sink() -> Sink {
    let refuse = |address: &str| {
        if address.starts_with("nouser") {
            Some("550 5.1.1 no such user".to_owned())
        } else if address.starts_with("later") {
            Some("451 4.3.0 try again".to_owned())
        } else {
            None
        }
    };
    Sink::new(Arc::new(refuse), Duration::ZERO)
}

pub(crate) fn outbox(db: &Db, port: u16, clock: Clock, connections: usize) -> Outbox {
    signed_outbox(db, port, clock, connections, None)
}

/// An outbox whose mails are signed, where there is a key.
pub(crate) fn signed_outbox(
    db: &Db,
    port: u16,
    clock: Clock,
    connections: usize,
    signer: Option<Signer>,
) -> Outbox {
    let desk = Desk {
        keys: keys(),
        base_url: "https://s.kestrel.example".into(),
        sender: Party { name: "Kestrel Tools".into(), address: "survey@kestrel.example".into() },
        reply_to: None,
        domain: "kestrel.example".into(),
        bounce_domain: Some("bounce.kestrel.example".into()),
        separator: Separator::Plus,
        organisation: Organisation {
            name: "Kestrel Tools".into(),
            footer: "Kestrel Tools, Harbour Road 1".into(),
        },
        timezone: "Asia/Shanghai".into(),
        signer,
        waves: Mutex::new(HashMap::new()),
    };
    let settings = Settings {
        relay: Relay {
            host: "127.0.0.1".into(),
            port,
            tls: Tls::Plain,
            login: None,
            hello: "kestrel.example".into(),
            deadlines: Deadlines::all(Duration::from_secs(5)),
            lifetime: Lifetime::default(),
        },
        connections,
        rate: 10_000.0,
        lease: Duration::from_secs(30),
        idle: Duration::from_millis(20),
        alone: true,
    };
    Outbox::new(db.clone(), clock, Arc::new(desk), settings)
}

/// Sends until `done` says so, or a minute has passed.
pub(crate) async fn send_until(outbox: Outbox, done: impl AsyncFn() -> bool) -> Arc<SendReport> {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let report = outbox.report();
    let running = tokio::spawn(async move { outbox.run(stopped).await });
    for _ in 0..1_000 {
        if done().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    report
}

/// Mails of a wave by state.
pub(crate) async fn states(db: &Db) -> BTreeMap<String, i64> {
    wave::status(&mut db.read().await.unwrap(), "autumn").await.unwrap().mails
}
