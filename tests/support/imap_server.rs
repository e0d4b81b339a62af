//! A small IMAP server on the loopback address: one mailbox, as much of the protocol as the reader speaks.

use std::sync::{Arc, Mutex};

use cam::mail::inbound::LARGEST_MAIL;
use cam::mail::inbound::imap::{Account, Encryption};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mailbox as the server keeps it.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) validity: u32,
    pub(crate) mails: Vec<Letter>,
    pub(crate) moved: Vec<u32>,
}

/// A mail as the server keeps it.
pub(crate) struct Letter {
    pub(crate) uid: u32,
    pub(crate) raw: Vec<u8>,
    pub(crate) seen: bool,
}

pub(crate) type Shared = Arc<Mutex<Kept>>;

/// Starts a server and returns the account to it.
pub(crate) async fn serve(kept: &Shared) -> Account {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let kept = kept.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, kept.clone()));
        }
    });
    Account {
        host: "127.0.0.1".into(),
        port,
        encryption: Encryption::None,
        user: "bounce".into(),
        password: "right".into(),
        mailbox: "INBOX".into(),
        done_folder: None,
    }
}

/// Talks with one client.
async fn talk(stream: TcpStream, kept: Shared) {
    let (read, mut write) = stream.into_split();
    write.write_all(b"* OK ready\r\n").await.unwrap();
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let (tag, command) = line.split_once(' ').unwrap();
        let answer = answer(tag, command, &mut kept.lock().unwrap());
        write.write_all(&answer).await.unwrap();
    }
}

/// Answers one command.
fn answer(tag: &str, command: &str, kept: &mut Kept) -> Vec<u8> {
    let words: Vec<&str> = command.split(' ').collect();
    let mut out = Vec::new();
    match words[..] {
        ["LOGIN", _, "\"right\""] => {}
        ["LOGIN", ..] => return format!("{tag} NO wrong\r\n").into_bytes(),
        ["SELECT", _] => {
            out.extend(
                format!("* {} EXISTS\r\n* OK [UIDVALIDITY {}] x\r\n", kept.mails.len(), kept.validity)
                    .bytes(),
            );
        }
        ["UID", "SEARCH", "UID", range, "UNSEEN"] => {
            let first: u32 = range.split(':').next().unwrap().parse().unwrap();
            let last = kept.mails.iter().map(|mail| mail.uid).max();
            let found =
                kept.mails.iter().filter(|mail| !mail.seen && (mail.uid >= first || Some(mail.uid) == last));
            let found: Vec<String> = found.map(|mail| mail.uid.to_string()).collect();
            out.extend(format!("* SEARCH {}\r\n", found.join(" ")).bytes());
        }
        ["UID", "FETCH", uid, "(UID", _] => {
            let uid: u32 = uid.parse().unwrap();
            for (at, mail) in kept.mails.iter().enumerate().filter(|(_, mail)| mail.uid == uid) {
                let raw = &mail.raw[..mail.raw.len().min(LARGEST_MAIL)];
                out.extend(format!("* {} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n", at + 1, raw.len()).bytes());
                out.extend(raw);
                out.extend(b")\r\n");
            }
        }
        ["UID", "STORE", set, ..] => {
            let uids: Vec<u32> = set.split(',').map(|uid| uid.parse().unwrap()).collect();
            kept.mails.iter_mut().filter(|mail| uids.contains(&mail.uid)).for_each(|mail| mail.seen = true);
        }
        ["UID", "MOVE", set, "\"Done\""] => {
            let uids: Vec<u32> = set.split(',').map(|uid| uid.parse().unwrap()).collect();
            kept.mails.retain(|mail| !uids.contains(&mail.uid));
            kept.moved.extend(uids);
        }
        ["LOGOUT"] => out.extend(b"* BYE\r\n"),
        _ => return format!("{tag} BAD {command}\r\n").into_bytes(),
    }
    out.extend(format!("{tag} OK done\r\n").bytes());
    out
}
