//! The real program, killed again and again while it sends: nothing is lost, and little arrives twice.
//!
//! The small forms run with the other tests. The large ones (20,000 mails, 50 kills) print their figures:
//!
//! ```text
//! CAM_TEST_POSTGRES=postgres://… cargo test --test kill -- --ignored --nocapture --test-threads 1
//! ```

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::print_stdout, reason = "the large forms are there for their figures")]

#[path = "support/site.rs"]
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cam::mail::Sink;
use cam::store::Db;
use cam_stats::random::SplitMix64;
use site::{Sending, Site, Worker, address, done};
use tokio::sync::Mutex;

/// One at a time: a machine that is busy with another test makes slow processes, and few kills hit.
static ALONE: Mutex<()> = Mutex::const_new(());

/// How long the server takes to store a mail.
const STORING: Duration = Duration::from_millis(20);

/// Connections of each process.
const CONNECTIONS: usize = 4;

/// Mails a minute that no process reaches.
const UNLIMITED: u32 = 600_000;

/// Mails a minute at which little is in flight at any moment: of 12 mails a second, each of them for the 20 ms of the server
/// and the two commits around it, about a third of one. At a full speed of a hundred or more, two or three are, and no sender
/// can know of a mail in flight whether it arrived.
const STEADY: u32 = 720;

/// A wave and the kills that it meets.
#[derive(Debug, Clone, Copy)]
struct Storm {
    mails: usize,
    kills: usize,
    processes: usize,
    rate_per_minute: u32,
    hold_unknown: bool,
    seed: u64,
}

const SMALL: Storm = Storm {
    mails: 2_000,
    kills: 10,
    processes: 1,
    rate_per_minute: UNLIMITED,
    hold_unknown: false,
    seed: 20_261_125,
};

const LARGE: Storm = Storm { mails: 20_000, kills: 50, ..SMALL };

/// What a storm did.
#[derive(Debug, Default)]
struct Figures {
    /// Mails that the server has, with copies.
    accepted: usize,
    /// Mails beyond the first one to the same address.
    duplicates: usize,
    /// Mails of unknown fate that were held back.
    unknown: usize,
    /// Kills of processes that held a lease.
    live_kills: usize,
    /// Rows in `sending` just after the kills.
    sending: usize,
    /// Leases that the killed processes held.
    leases: usize,
    /// The whole time.
    seconds: f64,
}

async fn relay(delay: Duration) -> (Sink, u16) {
    let sink = Sink::new(Arc::new(|_: &str| None), delay);
    let port = sink.start().await.unwrap().port();
    (sink, port)
}

fn sending(port: u16, rate_per_minute: u32) -> Sending {
    Sending { port, connections: CONNECTIONS, rate_per_minute, lease_seconds: 2 }
}

async fn on_sqlite(storm: Storm) -> Figures {
    let _alone = ALONE.lock().await;
    let (sink, port) = relay(STORING).await;
    run(Site::on_sqlite(sending(port, storm.rate_per_minute)).await, &sink, storm).await
}

async fn on_postgres(storm: Storm) -> Option<Figures> {
    let _alone = ALONE.lock().await;
    let (sink, port) = relay(STORING).await;
    let site = Site::on_postgres(sending(port, storm.rate_per_minute)).await?;
    Some(run(site, &sink, storm).await)
}

/// Sends a wave through the kills, and checks what every storm has to keep.
async fn run(site: Site, sink: &Sink, storm: Storm) -> Figures {
    site.launch(storm.mails, storm.hold_unknown);
    let began = Instant::now();
    let mut figures = Figures::default();
    let mut workers: Vec<Worker> = (0..storm.processes).map(|_| site.start()).collect();
    let mut random = SplitMix64::new(storm.seed);
    for kill in 0..storm.kills {
        // Spread over the whole wave, and then some time later: the mail that makes the count is no moment of its own.
        let share = (kill as f64 + random.uniform()) / storm.kills as f64;
        let after = share * 0.95 * storm.mails as f64;
        let patience = Instant::now();
        while (sink.count() as f64) < after {
            assert!(patience.elapsed() < Duration::from_mins(10), "nothing is sent any more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_secs_f64(0.25 * random.uniform())).await;
        let victim = random.index(workers.len());
        let worker = workers.swap_remove(victim);
        let owner = worker.owner;
        worker.kill();
        // What it left is still there: nobody else takes it before the lease has run out.
        let left = site.states(Some(owner)).await;
        let leases: i64 = left.values().sum();
        figures.live_kills += usize::from(leases > 0);
        figures.leases += usize::try_from(leases).unwrap();
        figures.sending += usize::try_from(left.get("sending").copied().unwrap_or(0)).unwrap();
        workers.push(site.start());
    }
    wait_for_the_end(&site).await;
    figures.seconds = began.elapsed().as_secs_f64();
    for worker in workers {
        assert_eq!(worker.end().await.code(), Some(0));
    }
    check(&site, sink, storm, &mut figures).await;
    site.end().await;
    println!("{storm:?}\n  {figures:?}");
    println!(
        "  {:.2} duplicates a kill; {:.0} mails a second",
        figures.duplicates as f64 / storm.kills as f64,
        storm.mails as f64 / figures.seconds
    );
    figures
}

/// Waits until every row has come to its end.
async fn wait_for_the_end(site: &Site) {
    let mut moved = (Instant::now(), BTreeMap::new());
    loop {
        let states = site.states(None).await;
        if states.keys().all(|state| state == "sent" || state == "unknown") {
            return;
        }
        if moved.1 != states {
            moved = (Instant::now(), states);
        }
        assert!(moved.0.elapsed() < Duration::from_mins(1), "nothing moves any more: {:?}", moved.1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn check(site: &Site, sink: &Sink, storm: Storm, figures: &mut Figures) {
    let mails = sink.mails();
    figures.accepted = mails.len();
    let mut copies: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for mail in &mails {
        copies.entry(&mail.to).or_default().push(&mail.bytes);
    }
    figures.duplicates = mails.len() - copies.len();
    for (to, copies) in &copies {
        // Message-ID, Date, boundaries, text: a mailbox that knows the first copy shows the second one nowhere.
        assert!(copies.iter().all(|copy| copy == &copies[0]), "the copies to {to} differ");
    }
    let unknown: BTreeSet<String> = site.unknown().await.into_iter().collect();
    figures.unknown = unknown.len();
    let lost = (0..storm.mails).map(address).filter(|to| !copies.contains_key(to.as_str()));
    let lost: Vec<String> = lost.filter(|to| !unknown.contains(to)).collect();
    assert_eq!(lost, Vec::<String>::new(), "lost");

    assert!(2 * figures.live_kills >= storm.kills, "too few kills hit a process at work: {figures:?}");
    // Not the rows that stood in `sending` just after the kills: PostgreSQL ends a commit that its client did not live to see.
    assert!(figures.duplicates + figures.unknown <= storm.kills * CONNECTIONS, "{figures:?}");
    if storm.hold_unknown {
        assert_eq!(figures.duplicates, 0);
    } else {
        assert_eq!(figures.unknown, 0);
    }
    let sent_without_attempt = "SELECT COUNT(*) FROM delivery WHERE state = 'sent' AND NOT EXISTS
         (SELECT 1 FROM attempt WHERE attempt.delivery_id = delivery.id AND attempt.outcome = 'sent')";
    assert_eq!(site.number(sent_without_attempt).await, 0);
    assert_eq!(site.number("SELECT COUNT(*) FROM delivery WHERE lease_owner IS NOT NULL").await, 0);

    let board = done(&site.cam(&["wave", "status", "autumn", "--json"]).output().unwrap());
    let board: serde_json::Value = serde_json::from_str(&board).unwrap();
    let shown = |state: &str| board["mails"][state].as_u64().unwrap_or(0);
    assert_eq!(shown("unknown"), figures.unknown as u64);
    assert_eq!(shown("sent") + shown("unknown"), storm.mails as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_on_sqlite_loses_no_mail_and_repeats_at_most_one_a_connection() {
    on_sqlite(SMALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_processes_on_postgres_lose_no_mail_and_repeat_at_most_one_a_connection() {
    on_postgres(Storm { processes: 4, ..SMALL }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_that_holds_mails_of_unknown_fate_repeats_none_on_sqlite() {
    on_sqlite(Storm { hold_unknown: true, ..SMALL }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_that_holds_mails_of_unknown_fate_repeats_none_on_postgres() {
    on_postgres(Storm { hold_unknown: true, processes: 4, ..SMALL }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn large_on_sqlite() {
    on_sqlite(LARGE).await;
    on_sqlite(Storm { hold_unknown: true, ..LARGE }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn large_on_postgres() {
    on_postgres(Storm { processes: 4, ..LARGE }).await;
    on_postgres(Storm { processes: 4, hold_unknown: true, ..LARGE }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half an hour"]
async fn large_and_steady_on_sqlite() {
    few_duplicates(&on_sqlite(Storm { rate_per_minute: STEADY, ..LARGE }).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn large_and_steady_on_postgres() {
    let figures = on_postgres(Storm { processes: 4, rate_per_minute: STEADY, ..LARGE }).await;
    figures.as_ref().inspect(|figures| few_duplicates(figures));
}

/// At most one for two kills.
fn few_duplicates(figures: &Figures) {
    assert!(2 * figures.duplicates <= LARGE.kills, "{figures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_asked_to_end_finishes_its_mails_and_leaves_no_lease() {
    let _alone = ALONE.lock().await;
    let (sink, port) = relay(Duration::from_millis(200)).await;
    let site = Site::on_sqlite(sending(port, UNLIMITED)).await;
    site.launch(40, false);
    let worker = site.start();
    until("mails are sent", async || sink.count() >= 8).await;
    assert_eq!(worker.end().await.code(), Some(0));
    let states = site.states(None).await;
    assert_eq!(states.keys().collect::<Vec<_>>(), ["queued", "sent"], "{states:?}");
    assert_eq!(states["sent"], i64::try_from(sink.count()).unwrap(), "a mail was left in the middle");
    assert_eq!(site.number("SELECT COUNT(*) FROM delivery WHERE lease_owner IS NOT NULL").await, 0);

    let worker = site.start();
    wait_for_the_end(&site).await;
    assert_eq!(worker.end().await.code(), Some(0));
    assert_eq!(sink.count(), 40, "a mail went out twice");
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_one_sqlite_file_is_refused() {
    let _alone = ALONE.lock().await;
    let (_sink, port) = relay(Duration::ZERO).await;
    let site = Site::on_sqlite(sending(port, UNLIMITED)).await;
    let first = site.start();
    for command in ["worker", "serve"] {
        let second = site.cam(&[command]).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(2), "{said}");
        assert!(said.contains("another process serves this database"), "{said}");
        assert!(said.contains("PostgreSQL"), "{said}");
    }
    assert_eq!(first.end().await.code(), Some(0));
    // The lock ends with its process, however that ended.
    site.start().kill();
    assert_eq!(site.start().end().await.code(), Some(0));
    site.end().await;
}

/// Two processes on PostgreSQL, and a wave of 200 mails that are slow to store.
async fn two_at_work() -> Option<(Site, Sink, [Worker; 2])> {
    let (sink, port) = relay(Duration::from_millis(200)).await;
    let site = Site::on_postgres(sending(port, UNLIMITED)).await?;
    site.launch(200, false);
    let workers = [site.start(), site.start()];
    until("both send", async || {
        let held = [site.states(Some(workers[0].owner)).await, site.states(Some(workers[1].owner)).await];
        held.iter().all(|states| states.contains_key("sending"))
    })
    .await;
    Some((site, sink, workers))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_for_longer_than_a_lease_costs_no_living_process_its_mails() {
    let _alone = ALONE.lock().await;
    let Some((site, sink, workers)) = two_at_work().await else { return };
    let Db::Postgres(pool) = &site.db else { panic!("another database") };
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    // More than two leases of two seconds: whoever looks first finds all of them run out.
    tokio::time::sleep(Duration::from_secs(5)).await;
    lock.rollback().await.unwrap();
    wait_for_the_end(&site).await;
    for worker in workers {
        assert_eq!(worker.end().await.code(), Some(0));
    }
    assert_eq!(sink.count(), 200, "a mail went out twice");
    assert_eq!(site.number("SELECT MAX(lease_generation) FROM delivery").await, 1, "a lease was lost");
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_stands_still_in_a_transaction_is_ended_and_its_rows_are_free() {
    let Some(site) = Site::on_postgres(sending(1, UNLIMITED)).await else { return };
    let Db::Postgres(pool) = &site.db else { panic!("another database") };
    let mut still = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE").execute(&mut *still).await.unwrap();
    let began = Instant::now();
    assert_eq!(site.number("SELECT COUNT(*) FROM delivery").await, 0);
    assert!((10..40).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    drop(still);
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_slept_through_its_leases_overwrites_nothing() {
    let _alone = ALONE.lock().await;
    let Some((site, sink, workers)) = two_at_work().await else { return };
    workers[0].signal("-STOP");
    until("the other one takes over", async || site.states(Some(workers[0].owner)).await.is_empty()).await;
    workers[0].signal("-CONT");
    wait_for_the_end(&site).await;
    for worker in workers {
        assert_eq!(worker.end().await.code(), Some(0));
    }
    let mails = sink.mails();
    let reached: BTreeSet<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(reached.len(), 200, "lost");
    assert!(mails.len() - reached.len() <= CONNECTIONS, "{} copies", mails.len() - reached.len());
    assert_eq!(site.number("SELECT COUNT(*) FROM delivery WHERE state = 'sent'").await, 200);
    site.end().await;
}

/// Waits a minute at most: a process that was stopped within a transaction keeps its rows for a quarter of one.
async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
