//! What the tests of the return path start from: mails that went out, what comes back about them, and a maildir for it.

use std::path::Path;
use std::sync::Arc;

use cam::clock::{Clock, Instant};
use cam::import::Kind;
use cam::job::{Place, ReturnReport, Returns};
use cam::mail::Received;
use cam::store::{Db, StoreError, Tx};
use tempfile::TempDir;

use crate::fielded::{NOW, at, launch, launch_of, outbox, send_until, sink, wave_file};
use crate::import_desk::Desk;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\n\
     language = \"language\"\ntimezone = \"zone\"\n";

/// Brings contacts in, or their new addresses: the n-th is always the same person.
pub(crate) async fn contacts(db: &Db, addresses: &[String]) {
    let desk = Desk::open(db.clone()).await;
    desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
    let mut lines = vec!["no,account,name,email,language,zone".to_owned()];
    let line = |(number, address)| format!("C{number},A1,Person {number},{address},en,Asia/Shanghai");
    lines.extend(addresses.iter().enumerate().map(line));
    desk.import(Kind::Contacts, lines.join("\n"), CONTACTS).await.unwrap();
}

/// Sends waves to persons and returns the mails as they arrived.
pub(crate) async fn sent(db: &Db, addresses: &[&str], waves: &[&str]) -> Vec<Received> {
    let addresses: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    contacts(db, &addresses).await;
    for wave in waves {
        let file = wave_file("cap_days = 0").replace("autumn", wave);
        assert_eq!(
            launch(db, launch_of(&file), at(NOW)).await.unwrap().invited,
            i64::try_from(addresses.len()).unwrap()
        );
    }
    let sink = sink();
    let port = sink.start().await.unwrap().port();
    let all = addresses.len() * waves.len();
    send_until(outbox(db, port, Clock::moving(at(NOW)), 2), async || sink.count() == all).await;
    let mails = sink.mails();
    assert_eq!(mails.len(), all);
    mails
}

/// The value of a field of a mail.
pub(crate) fn field(mail: &Received, name: &str) -> String {
    let text = String::from_utf8_lossy(&mail.bytes);
    let line = text.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
    line[name.len() + 2..].trim().to_owned()
}

/// What a report names: where it goes, which message it returns, whom it speaks of.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) envelope: String,
    pub(crate) header: String,
    pub(crate) message_id: String,
    pub(crate) recipient: String,
}

impl About {
    pub(crate) fn of(mail: &Received) -> Self {
        Self {
            envelope: mail.from.clone(),
            header: field(mail, "X-CAM-Ref"),
            message_id: field(mail, "Message-ID"),
            recipient: mail.to.clone(),
        }
    }

    /// A delivery report in the form of RFC 3464.
    pub(crate) fn bounce(&self, action: &str, status: &str, said: &str) -> String {
        let Self { envelope, header, message_id, recipient } = self;
        format!(
            "Return-Path: <>\r\nDelivered-To: {envelope}\r\nFrom: MAILER-DAEMON@mx.haoda.example (Mail Delivery System)\r\n\
             To: {envelope}\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"cut\"\r\n\r\n\
             --cut\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n<{recipient}>: {said}\r\n\
             --cut\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.haoda.example\r\n\r\n\
             Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {said}\r\n\r\n\
             --cut\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             From: survey@kestrel.example\r\nTo: {recipient}\r\nX-CAM-Ref: {header}\r\nMessage-ID: {message_id}\r\n\
             Subject: How are we doing?\r\n\r\n--cut--\r\n"
        )
    }

    /// The report of a mailbox that does not exist.
    pub(crate) fn hard(&self) -> String {
        self.bounce("failed", "5.1.1", "550 5.1.1 User unknown")
    }

    /// The report of a mailbox that is full.
    pub(crate) fn soft(&self) -> String {
        self.bounce("failed", "5.2.2", "552 5.2.2 Mailbox full")
    }

    /// A complaint in the form of RFC 5965.
    pub(crate) fn complaint(&self) -> String {
        let Self { envelope, header, message_id, recipient } = self;
        format!(
            "Delivered-To: {envelope}\r\nFrom: feedback@mx.haoda.example\r\nTo: {envelope}\r\nSubject: FW: How are we doing?\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"cut\"\r\n\r\n\
             --cut\r\nContent-Type: text/plain\r\n\r\nThis is a report of abuse.\r\n\
             --cut\r\nContent-Type: message/feedback-report\r\n\r\n\
             Feedback-Type: abuse\r\nUser-Agent: Loop/1\r\nVersion: 1\r\nOriginal-Rcpt-To: {recipient}\r\n\r\n\
             --cut\r\nContent-Type: message/rfc822\r\n\r\n\
             From: survey@kestrel.example\r\nTo: {recipient}\r\nX-CAM-Ref: {header}\r\nMessage-ID: {message_id}\r\n\
             Subject: How are we doing?\r\n\r\nHello\r\n--cut--\r\n"
        )
    }

    /// A mail that a person, or a machine in a person's name, writes.
    pub(crate) fn letter(&self, subject: &str, more: &str) -> String {
        let Self { envelope, message_id, recipient, .. } = self;
        format!(
            "Delivered-To: {envelope}\r\nFrom: {recipient}\r\nTo: {envelope}\r\nIn-Reply-To: {message_id}\r\n\
             Subject: {subject}\r\n{more}\r\nThank you.\r\n"
        )
    }
}

/// A maildir.
pub(crate) struct Maildir(TempDir);

impl Maildir {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["new", "cur", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Delivers a mail under a name.
    pub(crate) fn put(&self, name: &str, mail: &str) {
        std::fs::write(self.path().join("new").join(name), mail).unwrap();
    }

    /// Names of the mails in `new` or `cur`.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Reads all that has come back.
pub(crate) async fn read(db: &Db, maildir: &Maildir, now: Instant) -> Arc<ReturnReport> {
    let places = vec![Place::Maildir(maildir.path().to_owned())];
    let returns = Returns::new(db.clone(), Clock::Fixed(now), places);
    returns.once().await.unwrap();
    returns.report()
}

/// The one number that a query gives.
pub(crate) async fn number(db: &Db, query: &'static str) -> i64 {
    match &mut db.read().await.unwrap() {
        Tx::Sqlite(tx) => sqlx::query_scalar(query).fetch_one(&mut **tx).await.unwrap(),
        Tx::Postgres(tx) => sqlx::query_scalar(query).fetch_one(&mut **tx).await.unwrap(),
    }
}

/// Marks of the suppressed addresses, each with its reason.
pub(crate) async fn suppressed(db: &Db) -> Vec<(String, String)> {
    let query = "SELECT hmac, reason FROM suppression ORDER BY hmac";
    match &mut db.read().await.unwrap() {
        Tx::Sqlite(tx) => sqlx::query_as(query).fetch_all(&mut **tx).await.unwrap(),
        Tx::Postgres(tx) => sqlx::query_as(query).fetch_all(&mut **tx).await.unwrap(),
    }
}

/// Changes rows by hand.
pub(crate) async fn change(db: &Db, statement: &'static str) {
    let changed: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
                    Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
                }
                Ok(())
            })
        })
        .await;
    changed.unwrap();
}
