//! How fast the real program sends and launches. Not a test of CI; each measurement prints its figures:
//!
//! ```text
//! CAM_TEST_POSTGRES=postgres://… cargo test --release --test throughput -- --ignored --nocapture --test-threads 1
//! ```

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/site.rs"]
mod site;

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cam::mail::Sink;
use site::{Sending, Site};

/// Mails of one measurement.
const MAILS: usize = 2_000;

/// Persons of the large launch, the seconds that it may take, and its memory in MiB.
const PERSONS: usize = 100_000;
const SECONDS: f64 = 5.0;
const MEBIBYTES: f64 = 150.0;

async fn measure(name: &str, on_postgres: bool, connections: usize) {
    let sink = Sink::new(Arc::new(|_: &str| None), Duration::ZERO);
    let port = sink.start().await.unwrap().port();
    let sending = Sending { port, connections, rate_per_minute: 6_000_000, lease_seconds: 60 };
    let site =
        if on_postgres { Site::on_postgres(sending).await } else { Some(Site::on_sqlite(sending).await) };
    let Some(site) = site else { return };
    site.launch(MAILS, false);
    let worker = site.start();
    let begun = count(&sink, 50).await;
    let seconds = (count(&sink, MAILS).await - begun).as_secs_f64();
    let rate = (MAILS - 50) as f64 / seconds;
    println!("{name}, {connections} connections: {rate:.0} mails a second");
    assert_eq!(worker.end().await.code(), Some(0));
    site.end().await;
}

/// Waits until the server has that many mails.
async fn count(sink: &Sink, mails: usize) -> Instant {
    let began = Instant::now();
    while sink.count() < mails {
        assert!(began.elapsed() < Duration::from_mins(5), "{} mails after five minutes", sink.count());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn mails_a_second() {
    for connections in [1, 4, 10] {
        measure("SQLite, synchronous = FULL", false, connections).await;
        measure("PostgreSQL", true, connections).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn launch_of_a_hundred_thousand() {
    let sending = Sending { port: 9, connections: 1, rate_per_minute: 600, lease_seconds: 60 };
    let site = Site::on_sqlite(sending).await;
    site.import(PERSONS);
    site.write_wave();
    let began = Instant::now();
    let mut launch = site.cam(&["wave", "launch", "wave.toml"]).stderr(Stdio::inherit()).spawn().unwrap();
    let status = format!("/proc/{}/status", launch.id());
    let stat = format!("/proc/{}/stat", launch.id());
    let (mut peak, mut busy) = (0.0_f64, 0.0_f64);
    let ended = loop {
        if let Some(ended) = launch.try_wait().unwrap() {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kibibytes.unwrap_or(0.0) / 1024.0);
        // Times in user and in system mode, in hundredths of a second, after the name in brackets.
        let text = std::fs::read_to_string(&stat).unwrap_or_default();
        let fields = text.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
        busy = busy.max(fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0);
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    let seconds = began.elapsed().as_secs_f64();
    assert!(ended.success());
    assert_eq!(site.number("SELECT COUNT(*) FROM delivery").await, i64::try_from(PERSONS).unwrap());
    println!("launch to {PERSONS} persons: {seconds:.1} s ({busy:.1} s of CPU), at most {peak:.0} MiB");
    let failed = [seconds > SECONDS, peak > MEBIBYTES];
    assert!(
        cfg!(debug_assertions) || failed == [false, false],
        "the goal is {SECONDS} s and {MEBIBYTES} MiB"
    );
    site.end().await;
}
