//! Answers to the real program while it is killed again and again: what it acknowledged is there.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::format_push_string, reason = "a test needs no faster text")]
#![expect(clippy::print_stdout, reason = "it prints its figure")]

#[path = "support/fielded.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod fielded;
#[path = "support/import_desk.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod import_desk;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod served;
mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cam::import::Kind;
use cam::seal::token_hash;
use cam::store::Db;
use fielded::{NOW, at, keys, launch, launch_of, wave_file};
use import_desk::Desk;
use served::{FORM, Fields, Invited, column, encoded, invited, send};
use support::each_backend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

const CLIENTS: usize = 32;

/// Answers that are acknowledged between two kills at least.
const LOAD: usize = 64;

/// Questions that everybody is asked.
const QUESTIONS: [&str; 3] = ["overall", "expected", "ideal"];

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\n";

/// A wave that stays open, with some people for each client.
async fn open(db: &Db, people: usize) -> (Desk, Vec<Invited>) {
    let desk = Desk::open(db.clone()).await;
    desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
    let mut rows = String::from("no,account,name,email\n");
    for number in 0..people {
        rows.push_str(&format!("C{number},A1,G{number},guest{number:05}@haoda.example\n"));
    }
    desk.import(Kind::Contacts, rows, CONTACTS).await.unwrap();
    let file = wave_file("channel = \"link\"").replace("2026-12-15", "2099-12-15").replace("2028-", "2101-");
    launch(db, launch_of(&file), at(NOW)).await.unwrap();
    let invited = invited(db, &keys(), "autumn").await;
    (desk, invited)
}

/// Writes the program's configuration and returns its address.
async fn configure(db: &Db, folder: &Path) -> SocketAddr {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = if matches!(db, Db::Sqlite { .. }) {
        let file = column(db, "SELECT file FROM pragma_database_list WHERE name = 'main'").await.remove(0);
        format!("sqlite:{file}")
    } else {
        #[expect(clippy::disallowed_methods, reason = "the test runner passes its server by the environment")]
        let server = std::env::var("CAM_TEST_POSTGRES").unwrap();
        format!("{server}/{}", column(db, "SELECT current_database()::TEXT").await.remove(0))
    };
    std::fs::write(folder.join("key"), keys().to_text()).unwrap();
    let config = format!("database = \"{url}\"\nkey_file = \"key\"\n[web]\nlisten = \"{port}\"\n");
    std::fs::write(folder.join("cam.toml"), config).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder.join("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    port
}

/// Starts `cam serve` and waits until it answers.
async fn start(folder: &Path, address: SocketAddr) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cam"))
        .args(["--config", "cam.toml", "serve"])
        .current_dir(folder)
        .env_remove("CAM_DATABASE")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..1_200 {
        if let Ok(reply) = send(address, &served::request("GET", "/ready", &[], b"")).await
            && reply.status == 200
        {
            return child;
        }
        assert!(child.try_wait().unwrap().is_none(), "cam serve has ended");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("cam serve did not answer within a minute");
}

/// A connection that is used again and again.
struct Line(TcpStream);

impl Line {
    /// Sends a request and returns the status of the response, which must have a length.
    async fn status(&mut self, request: &[u8]) -> std::io::Result<u16> {
        self.0.write_all(request).await?;
        let mut read = Vec::with_capacity(1024);
        let broken = || std::io::Error::other("the connection ended before the response");
        loop {
            if self.0.read_buf(&mut read).await? == 0 {
                return Err(broken());
            }
            let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap_or(0));
            if read.len() >= end + 4 + length {
                return head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken);
            }
        }
    }
}

/// The bytes of a posted answer, on a connection that stays.
fn answer(one: &Invited, question: &str, value: usize) -> Vec<u8> {
    let nonce = keys().nonce(&token_hash(&one.token), question);
    let fields: Fields = [("q", question), ("n", &nonce), ("v", &value.to_string())]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let body = encoded(&fields);
    format!(
        "POST /s/{} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {}\r\n\r\n{body}",
        one.token,
        body.len()
    )
    .into_bytes()
}

/// What all clients share.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    acknowledged: AtomicUsize,
}

/// The value that was acknowledged last, and those that were sent after it: several where several kills met the
/// same question, and any of them may be on disk.
type Values = (Option<usize>, Vec<usize>);

/// What one client knows by response and question.
#[derive(Default)]
struct Known {
    said: HashMap<(Uuid, &'static str), Values>,
    turn: usize,
}

impl Known {
    /// Answers in turn until the program is gone or `stop` says so.
    async fn answer(&mut self, address: SocketAddr, people: &[Invited], load: &Load) {
        let Ok(stream) = TcpStream::connect(address).await else { return };
        stream.set_nodelay(true).unwrap();
        let mut line = Line(stream);
        while !load.stop.load(Ordering::Relaxed) {
            let turn = self.turn;
            self.turn += 1;
            let one = &people[turn / QUESTIONS.len() % people.len()];
            let question = QUESTIONS[turn % QUESTIONS.len()];
            let value = 1 + turn / (QUESTIONS.len() * people.len()) % 10;
            let entry = self.said.entry((one.id, question)).or_default();
            entry.1.push(value);
            match line.status(&answer(one, question, value)).await {
                Ok(303) => {
                    *entry = (Some(value), Vec::new());
                    load.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Ok(status) => panic!("an answer got {status}"),
                Err(_) => return,
            }
        }
    }
}

/// Kills the program again and again under load and compares the database with what was acknowledged.
async fn kill_under_load(db: &Db, kills: usize) {
    let (_desk, invited) = open(db, CLIENTS * 8).await;
    let folder = tempfile::tempdir().unwrap();
    let address = configure(db, folder.path()).await;
    let mut clients: Vec<(Known, Vec<Invited>)> =
        invited.chunks(8).map(|people| (Known::default(), people.to_vec())).collect();
    let load = Arc::new(Load::default());
    let acknowledged = || load.acknowledged.load(Ordering::Relaxed);
    for kill in 0..kills {
        let mut child = start(folder.path(), address).await;
        let before = acknowledged();
        let running: Vec<_> = clients
            .drain(..)
            .map(|(mut known, people)| {
                let load = Arc::clone(&load);
                tokio::spawn(async move {
                    known.answer(address, &people, &load).await;
                    (known, people)
                })
            })
            .collect();
        // Under load, and at another point of it each time.
        let since = Instant::now();
        while acknowledged() < before + LOAD {
            assert!(since.elapsed() < Duration::from_mins(1), "no answer is taken");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis((kill as u64 * 131) % 300)).await;
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        for one in running {
            clients.push(one.await.unwrap());
        }
    }
    // Another start, as after any crash, before anything is compared.
    let mut child = start(folder.path(), address).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let id = if matches!(db, Db::Sqlite { .. }) { "lower(hex(response_id))" } else { "response_id::TEXT" };
    let sql =
        format!("SELECT {id} || ' ' || item_key || ' ' || CAST(CAST(number AS INTEGER) AS TEXT) FROM answer");
    let mut stored: HashMap<(Uuid, String), usize> = HashMap::new();
    for row in column(db, &sql).await {
        let mut parts = row.split(' ');
        let id = Uuid::parse_str(parts.next().unwrap()).unwrap();
        stored.insert((id, parts.next().unwrap().to_owned()), parts.next().unwrap().parse().unwrap());
    }
    let acknowledged = acknowledged();
    let (mut missing, mut other) = (0, 0);
    for ((id, question), (certain, maybe)) in clients.iter().flat_map(|(known, _)| &known.said) {
        match (stored.get(&(*id, (*question).to_owned())), certain) {
            (None, Some(_)) => missing += 1,
            (found, _) if found.copied() == *certain => {}
            (Some(found), _) if maybe.contains(found) => {}
            (found, _) => {
                println!("{found:?} is stored, {certain:?} was acknowledged and then {maybe:?} sent");
                other += 1;
            }
        }
    }
    println!(
        "{kills} kills, {acknowledged} acknowledged answers: {missing} missing, {other} with another value"
    );
    assert_eq!((missing, other), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_answer_outlives_a_kill() {
    each_backend(async |db| kill_under_load(&db, 3).await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --test intake -- --ignored --nocapture outlives_twenty"]
async fn every_acknowledged_answer_outlives_twenty_kills() {
    each_backend(async |db| kill_under_load(&db, 20).await).await;
}

/// Seconds for which a process has kept a core busy; nothing where the system has no `/proc`.
fn computed(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in brackets may hold anything; user and system time are the 12th and 13th field after it, in hundredths.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo test --release --test intake -- --ignored --nocapture how_many"]
async fn how_many_answers_a_second_are_taken() {
    each_backend(async |db| {
        let (_desk, invited) = open(&db, 64 * 200).await;
        let folder = tempfile::tempdir().unwrap();
        let address = configure(&db, folder.path()).await;
        let mut child = start(folder.path(), address).await;
        for count in [64, 8, 1, 64, 8, 1, 64, 8, 1] {
            let load = Arc::new(Load::default());
            let (since, before) = (Instant::now(), computed(child.id()));
            let running: Vec<_> = (0..count)
                .map(|client| {
                    let (load, people) = (Arc::clone(&load), invited[client * 200..][..200].to_vec());
                    tokio::spawn(async move { Known::default().answer(address, &people, &load).await })
                })
                .collect();
            tokio::time::sleep(Duration::from_secs(3)).await;
            load.stop.store(true, Ordering::Relaxed);
            for one in running {
                one.await.unwrap();
            }
            let taken = load.acknowledged.load(Ordering::Relaxed);
            let a_second = taken as f64 / since.elapsed().as_secs_f64();
            let each = (computed(child.id()) - before) / taken as f64 * 1e6;
            println!("{count:>3} clients: {a_second:.0} answers a second, {each:.0} µs of computing each");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    })
    .await;
}
