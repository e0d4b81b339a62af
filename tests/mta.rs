//! A wave through a real mail server: it is delivered with signatures that verify, and what bounces comes home.
//!
//! Runs where `CAM_TEST_MTA` is set, as root, with what `tests/run` then installs: Postfix, OpenSSL and dkimpy.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/fielded.rs"]
#[expect(dead_code, reason = "shared with the tests of delivery")]
mod fielded;
#[path = "support/import_desk.rs"]
#[expect(dead_code, reason = "shared with the tests of imports")]
mod import_desk;
#[path = "support/postfix.rs"]
mod postfix;
#[path = "support/returned.rs"]
#[expect(dead_code, reason = "shared with the tests of returns")]
mod returned;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cam::clock::Clock;
use cam::job::{Place, Returns};
use cam::mail::Signer;
use cam::store::Db;
use cam::wave::LeftOut;
use fielded::{NOW, at, keys, launch, launch_of, send_until, signed_outbox, wave_file};
use postfix::Postfix;
use returned::{contacts, number, suppressed};
use support::each_backend;

/// Persons with a mailbox, and without.
const KNOWN: u32 = 30;
const UNKNOWN: u32 = 20;

/// The key pair of RFC 8463, appendix A.2: seed and public key.
const ED25519: [&str; 2] =
    ["nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="];

/// Says whether a real mail server is to be tried; in CI it must be.
fn wanted() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runner says by the environment what is installed"
    )]
    let wanted = std::env::var("CAM_TEST_MTA").is_ok_and(|value| value == "1");
    if !wanted {
        assert!(std::env::var_os("CI").is_none(), "CI must set CAM_TEST_MTA");
        eprintln!("SKIPPED: CAM_TEST_MTA is not set, so no mail went through a real mail server");
    }
    wanted
}

/// Verifies the signatures of mails with dkimpy.
fn verifies(record: &str, mails: &[PathBuf]) -> bool {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let told = Command::new(here.join("target/tools/dkim/bin/python"))
        .arg(here.join("tests/support/verify_dkim.py"))
        .args(["cam._domainkey.kestrel.example", record])
        .args(mails)
        .output()
        .expect("dkimpy is not installed; tests/run does it");
    eprint!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    told.status.success()
}

/// A new RSA key, and the record that publishes its other half.
fn rsa() -> (Signer, String) {
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).output().expect("OpenSSL is not installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let file = file.to_str().unwrap();
    openssl(&["genrsa", "-traditional", "-out", file, "2048"]);
    let public = openssl(&["rsa", "-in", file, "-pubout", "-outform", "DER"]);
    let signer = Signer::rsa("kestrel.example", "cam", &std::fs::read_to_string(file).unwrap()).unwrap();
    (signer, format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public)))
}

/// Sends what is queued through the server.
async fn send(db: &Db, postfix: &Postfix, signer: Signer, mails: u64) {
    let outbox = signed_outbox(db, postfix.port, Clock::moving(at(NOW)), 4, Some(signer));
    let report = outbox.report();
    let sent = send_until(outbox, async || report.sent.load(Ordering::Relaxed) == mails).await;
    assert_eq!(sent.sent.load(Ordering::Relaxed), mails, "{}", postfix.log());
}

async fn wave_through_postfix(db: Db) {
    let known = (0..KNOWN).map(|number| format!("ok{number}@haoda.example"));
    let unknown: Vec<String> = (0..UNKNOWN).map(|number| format!("nouser{number}@haoda.example")).collect();
    let boxes: Vec<String> = known.collect();
    let mut served: Vec<(&str, &str)> = boxes.iter().map(|address| (address.as_str(), "people")).collect();
    served.push(("b@bounce.kestrel.example", "returns"));
    let postfix = Postfix::start(&served);

    // The first wave: to everybody, signed with RSA.
    contacts(&db, &[boxes.clone(), unknown.clone()].concat()).await;
    launch(&db, launch_of(&wave_file("cap_days = 0")), at(NOW)).await.unwrap();
    let (signer, record) = rsa();
    send(&db, &postfix, signer, u64::from(KNOWN + UNKNOWN)).await;
    postfix.wait(|| {
        postfix.mails("people").len() == KNOWN as usize && postfix.mails("returns").len() == UNKNOWN as usize
    });
    let first = postfix.mails("people");
    assert!(verifies(&record, &first));

    // A mail that was changed on its way does not verify.
    let text = std::fs::read_to_string(&first[0]).unwrap();
    let changed = postfix.maildir("changed");
    std::fs::write(&changed, text.replacen("\nSubject: ", "\nSubject: X", 1)).unwrap();
    assert!(!verifies(&record, &[changed]));

    // Every bounce comes home to its own mail.
    let returns =
        Returns::new(db.clone(), Clock::Fixed(at(NOW)), vec![Place::Maildir(postfix.maildir("returns"))]);
    returns.once().await.unwrap();
    let report = returns.report();
    let [hard, correlated, uncorrelated] = [&report.hard_bounces, &report.correlated, &report.uncorrelated]
        .map(|counter| counter.load(Ordering::Relaxed));
    eprintln!("bounces of Postfix: {correlated} of {UNKNOWN} correlated, {hard} hard");
    assert_eq!((hard, correlated, uncorrelated), (u64::from(UNKNOWN), u64::from(UNKNOWN), 0));
    let mark = |address: &String| (keys().suppression_mark(address), "hard_bounce".to_owned());
    let mut expected: Vec<(String, String)> = unknown.iter().map(mark).collect();
    expected.sort();
    assert_eq!(suppressed(&db).await, expected);
    assert_eq!(number(&db, "SELECT COUNT(*) FROM delivery WHERE bounce = 'hard'").await, i64::from(UNKNOWN));

    // The next wave leaves them out; it is signed with Ed25519.
    let next = wave_file("cap_days = 0").replace("autumn", "winter");
    let launched = launch(&db, launch_of(&next), at(NOW)).await.unwrap();
    let counts = (launched.invited, launched.left_out[&LeftOut::Suppressed]);
    assert_eq!(counts, (i64::from(KNOWN), i64::from(UNKNOWN)));
    let signer = Signer::ed25519("kestrel.example", "cam", ED25519[0]).unwrap();
    send(&db, &postfix, signer, u64::from(KNOWN)).await;
    postfix.wait(|| postfix.mails("people").len() == 2 * KNOWN as usize);
    let second: Vec<PathBuf> =
        postfix.mails("people").into_iter().filter(|mail| !first.contains(mail)).collect();
    assert!(verifies(&format!("v=DKIM1; k=ed25519; p={}", ED25519[1]), &second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_mail_server_delivers_signed_mails_and_its_bounces_suppress() {
    if wanted() {
        each_backend(wave_through_postfix).await;
    }
}
