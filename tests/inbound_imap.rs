//! The IMAP reader against a small scripted server on the loopback address.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/imap_server.rs"]
mod imap_server;

use std::sync::{Arc, Mutex};

use cam::mail::inbound;
use cam::mail::inbound::imap::{Account, Checkpoint, ImapError, Mailbox};
use imap_server::{Kept, Letter, Shared, serve};
use tokio::net::TcpListener;

fn kept(uids: &[u32]) -> Shared {
    let mails =
        uids.iter().map(|&uid| Letter { uid, raw: format!("Subject: {uid}\r\n\r\nx").into(), seen: false });
    Arc::new(Mutex::new(Kept { validity: 7, mails: mails.collect(), moved: Vec::new() }))
}

fn uids(mails: &[inbound::imap::Fetched]) -> Vec<u32> {
    mails.iter().map(|mail| mail.uid).collect()
}

#[tokio::test]
async fn new_mails_come_once_and_are_marked_after_the_commit() {
    let kept = kept(&[3, 5, 9]);
    let account = serve(&kept).await;
    let mut mailbox = Mailbox::open(&account).await.unwrap();
    let (mails, checkpoint) = mailbox.fetch(Checkpoint::default(), 2).await.unwrap();
    assert_eq!((uids(&mails), checkpoint), (vec![3, 5], Checkpoint { validity: 7, uid: 5 }));
    assert_eq!(mails[0].raw, b"Subject: 3\r\n\r\nx");
    assert!(kept.lock().unwrap().mails.iter().all(|mail| !mail.seen), "fetching marks nothing");
    mailbox.done(&uids(&mails)).await.unwrap();
    let (mails, checkpoint) = mailbox.fetch(checkpoint, 2).await.unwrap();
    assert_eq!((uids(&mails), checkpoint.uid), (vec![9], 9));
    mailbox.done(&[9]).await.unwrap();
    assert_eq!(mailbox.fetch(checkpoint, 2).await.unwrap(), (Vec::new(), checkpoint));
    mailbox.close().await.unwrap();
    assert!(kept.lock().unwrap().mails.iter().all(|mail| mail.seen));
}

#[tokio::test]
async fn a_mail_behind_the_checkpoint_does_not_come_again() {
    // Committed, and then the process died before the mail was marked.
    let account = serve(&kept(&[3])).await;
    let mut mailbox = Mailbox::open(&account).await.unwrap();
    let checkpoint = Checkpoint { validity: 7, uid: 3 };
    assert_eq!(mailbox.fetch(checkpoint, 10).await.unwrap(), (Vec::new(), checkpoint));
}

#[tokio::test]
async fn new_identifiers_begin_anew() {
    let account = serve(&kept(&[3])).await;
    let mut mailbox = Mailbox::open(&account).await.unwrap();
    let (mails, checkpoint) = mailbox.fetch(Checkpoint { validity: 6, uid: 900 }, 10).await.unwrap();
    assert_eq!((uids(&mails), checkpoint), (vec![3], Checkpoint { validity: 7, uid: 3 }));
}

#[tokio::test]
async fn mails_that_are_done_move_to_the_configured_folder() {
    let kept = kept(&[3, 5]);
    let account = Account { done_folder: Some("Done".into()), ..serve(&kept).await };
    let mut mailbox = Mailbox::open(&account).await.unwrap();
    mailbox.done(&[3, 5]).await.unwrap();
    assert_eq!(kept.lock().unwrap().moved, [3, 5]);
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_printed() {
    let account = Account { password: "secret-word".into(), ..serve(&kept(&[])).await };
    assert!(matches!(Mailbox::open(&account).await, Err(ImapError::Refused)));
    assert!(!format!("{account:?}").contains("secret-word"));
}

#[tokio::test]
async fn another_machine_is_not_spoken_to_in_the_clear() {
    // The address of this machine that is not the loopback one; without a network there is none to try.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let Ok(own) = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr()) else { return };
    let listener = TcpListener::bind((own.ip(), 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let account = Account { host: own.ip().to_string(), port, ..serve(&kept(&[])).await };
    if !own.ip().is_loopback() {
        assert!(matches!(Mailbox::open(&account).await, Err(ImapError::Unencrypted)));
    }
}
