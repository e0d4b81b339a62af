//! What comes back takes effect once, on the mail that it names, and on nobody else.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/fielded.rs"]
#[expect(dead_code, reason = "shared with the tests of delivery")]
mod fielded;
#[path = "support/imap_server.rs"]
mod imap_server;
#[path = "support/import_desk.rs"]
#[expect(dead_code, reason = "shared with the tests of imports")]
mod import_desk;
#[path = "support/returned.rs"]
mod returned;
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cam::clock::Clock;
use cam::job::{Place, Returns, Schedule};
use cam::mail::inbound::imap::Account;
use cam::seal::Keys;
use cam::wave::{self, WaveError};
use fielded::{NOW, at, keys};
use imap_server::{Kept, Letter, serve};
use returned::{About, Maildir, change, contacts, number, read, sent, suppressed};
use support::each_backend;

const CHEN: &str = "chen@haoda.example";

const RAW_MAILS: &str = "SELECT COUNT(*) FROM inbound_mail";

const BOUNCED: &str = "SELECT COUNT(*) FROM delivery WHERE bounce IS NOT NULL";

fn mark(address: &str, reason: &str) -> (String, String) {
    (keys().suppression_mark(address), reason.to_owned())
}

fn value(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_bounce_suppresses_its_address_once_however_often_it_comes() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN, "lee@haoda.example"], &["autumn"]).await;
        let chen = mails.iter().find(|mail| mail.to == CHEN).unwrap();
        let maildir = Maildir::new();
        maildir.put("1", &About::of(chen).hard());
        maildir.put("2", &About::of(chen).hard());
        let report = read(&db, &maildir, at(NOW)).await;
        assert_eq!((value(&report.hard_bounces), value(&report.repeated)), (1, 1));
        assert_eq!(suppressed(&db).await, [mark(CHEN, "hard_bounce")]);
        assert_eq!((number(&db, RAW_MAILS).await, number(&db, BOUNCED).await), (1, 1));
        assert_eq!(
            (maildir.names("new").len(), maildir.names("cur")),
            (0, vec!["1:2,S".into(), "2:2,S".into()])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_three_references_alone_finds_the_mail() {
    each_backend(async |db| {
        let people = ["one@haoda.example", "two@haoda.example", "three@haoda.example"];
        let mails = sent(&db, &people, &["autumn"]).await;
        let maildir = Maildir::new();
        let nobody = About {
            envelope: "postmaster@kestrel.example".into(),
            header: String::new(),
            message_id: "<1@elsewhere.example>".into(),
            recipient: "somebody@elsewhere.example".into(),
        };
        let [one, two, three] = [0, 1, 2].map(|number| About::of(&mails[number]));
        maildir.put("envelope", &About { envelope: one.envelope, ..nobody.clone() }.hard());
        maildir.put("header", &About { header: two.header, ..nobody.clone() }.hard());
        maildir.put("message", &About { message_id: three.message_id, ..nobody.clone() }.hard());
        let report = read(&db, &maildir, at(NOW)).await;
        assert_eq!((value(&report.correlated), value(&report.uncorrelated)), (3, 0));
        // The reports speak of another address, as behind a forward: those that were written to are left alone.
        let mut expected = people.map(|address| mark(address, "hard_bounce"));
        expected.sort();
        assert_eq!(suppressed(&db).await, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_does_not_reach_the_address_that_a_person_has_since() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        contacts(&db, &["chen@new.example".to_owned()]).await;
        let maildir = Maildir::new();
        maildir.put("1", &About::of(&mails[0]).hard());
        read(&db, &maildir, at(NOW)).await;
        assert_eq!(suppressed(&db).await, [mark(CHEN, "hard_bounce")]);
    })
    .await;
}

/// A thousand mails that name nothing that was sent, or name it by the address alone.
fn forged(real: &About) -> Vec<String> {
    // Whoever has no key can write any reference: here those of another installation.
    let foreign = Keys::parse(&"4d".repeat(32)).unwrap();
    (0..1_000)
        .map(|number| {
            let (bounce, message) = (
                foreign.bounce_reference(&number.to_string()),
                foreign.message_reference(&number.to_string()),
            );
            let about = About {
                envelope: format!("b+{bounce}@bounce.kestrel.example"),
                header: bounce,
                message_id: format!("<{message}@kestrel.example>"),
                recipient: real.recipient.clone(),
            };
            let bare = About {
                envelope: "survey@kestrel.example".into(),
                header: String::new(),
                message_id: "<x@kestrel.example>".into(),
                ..about.clone()
            };
            let id = &real.message_id;
            match number % 5 {
                0 => about.hard(),
                1 => about.complaint(),
                2 => about.letter("unsubscribe", &format!("X-Number: {number}\r\n")),
                3 => bare.hard().replace("User unknown", &format!("User {number} unknown")),
                // One letter off the real one.
                _ => {
                    let last = if id.contains("a@") { "b@" } else { "a@" };
                    let at = id.find('@').unwrap();
                    let message_id = format!("{}{last}{}", &id[..at - 1], &id[at + 1..]);
                    About { message_id, ..bare }
                        .hard()
                        .replace("User unknown", &format!("User {number} unknown"))
                }
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_forged_bounces_and_complaints_suppress_nobody() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let real = About::of(&mails[0]);
        let maildir = Maildir::new();
        for (number, mail) in forged(&real).iter().enumerate() {
            maildir.put(&format!("{number:04}"), mail);
        }
        let report = read(&db, &maildir, at(NOW)).await;
        let expected = (1_000, 0, 0);
        let found = (value(&report.uncorrelated), value(&report.correlated), value(&report.repeated));
        assert_eq!(found, expected);
        assert_eq!((suppressed(&db).await, number(&db, BOUNCED).await), (vec![], 0));
        let declined = "SELECT COUNT(*) FROM invitation WHERE declined_at IS NOT NULL";
        assert_eq!(number(&db, declined).await, 0);
        // What they imitate does count.
        maildir.put("real", &real.hard());
        read(&db, &maildir, at(NOW)).await;
        assert_eq!(suppressed(&db).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_of_a_mail_that_has_not_gone_out_counts_for_nothing() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        change(&db, "UPDATE delivery SET state = 'queued', message_reference = NULL, address_mark = NULL")
            .await;
        let maildir = Maildir::new();
        maildir.put("1", &About::of(&mails[0]).hard());
        assert_eq!(value(&read(&db, &maildir, at(NOW)).await.uncorrelated), 1);
        assert_eq!(suppressed(&db).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_soft_bounces_within_thirty_days_suppress_and_two_do_not() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn", "winter", "spring"]).await;
        let maildir = Maildir::new();
        for (name, mail) in ["1", "2"].iter().zip(&mails) {
            maildir.put(name, &About::of(mail).soft());
            // The same mail bouncing twice is one mail.
            maildir.put(&format!("{name}-again"), &About::of(mail).soft().replace("full", "full again"));
        }
        assert_eq!(value(&read(&db, &maildir, at(NOW)).await.soft_bounces), 4);
        assert_eq!(suppressed(&db).await, []);
        maildir.put("3", &About::of(&mails[2]).soft());
        read(&db, &maildir, at(NOW)).await;
        assert_eq!(suppressed(&db).await, [mark(CHEN, "soft_bounces")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn soft_bounces_of_mails_older_than_thirty_days_suppress_nobody() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn", "winter", "spring"]).await;
        let maildir = Maildir::new();
        for (name, mail) in ["1", "2", "3"].iter().zip(&mails) {
            maildir.put(name, &About::of(mail).soft());
        }
        read(&db, &maildir, at("2026-12-26T02:00:00Z")).await;
        assert_eq!((suppressed(&db).await, number(&db, BOUNCED).await), (vec![], 3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_suppresses_and_a_failed_check_of_a_machine_does_not() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN, "lee@haoda.example"], &["autumn"]).await;
        let maildir = Maildir::new();
        let chen = mails.iter().find(|mail| mail.to == CHEN).unwrap();
        let lee = mails.iter().find(|mail| mail.to != CHEN).unwrap();
        maildir.put("1", &About::of(chen).complaint());
        maildir.put("2", &About::of(lee).complaint().replace("Type: abuse", "Type: auth-failure"));
        let report = read(&db, &maildir, at(NOW)).await;
        assert_eq!((value(&report.complaints), value(&report.notices)), (1, 1));
        assert_eq!(suppressed(&db).await, [mark(CHEN, "complaint")]);
        assert_eq!(number(&db, "SELECT COUNT(*) FROM delivery WHERE bounce = 'complaint'").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_asks_for_no_more_declines_as_the_page_does_and_is_no_complaint() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        change(&db, "UPDATE delivery SET state = 'queued'").await;
        let maildir = Maildir::new();
        maildir.put("1", &About::of(&mails[0]).letter("Unsubscribe", ""));
        let report = read(&db, &maildir, at(NOW)).await;
        assert_eq!((value(&report.unsubscribes), value(&report.complaints)), (1, 0));
        assert_eq!(suppressed(&db).await, [mark(CHEN, "unsubscribed")]);
        let done = "SELECT COUNT(*) FROM invitation JOIN delivery ON delivery.invitation_id = invitation.id \
                    WHERE declined_at IS NOT NULL AND state = 'cancelled' AND bounce IS NULL";
        assert_eq!(number(&db, done).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_and_news_of_delays_change_nothing_and_a_persons_reply_stays_unread() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let about = About::of(&mails[0]);
        let maildir = Maildir::new();
        maildir.put("1", &about.letter("Automatic reply: away", "Auto-Submitted: auto-replied\r\n"));
        maildir.put("2", &about.letter("Re: How are we doing?", ""));
        maildir.put("3", &about.bounce("delayed", "4.4.1", "connection timed out"));
        maildir.put("4", &about.bounce("delivered", "2.1.5", "250 2.1.5 delivered"));
        let report = read(&db, &maildir, at(NOW)).await;
        let counts = [&report.automatic, &report.replies, &report.notices, &report.correlated].map(value);
        assert_eq!(counts, [1, 1, 2, 4]);
        assert_eq!((suppressed(&db).await, number(&db, BOUNCED).await), (vec![], 0));
        assert_eq!(maildir.names("cur"), ["1:2,S", "2:2,", "3:2,S", "4:2,S"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_between_commit_and_filing_does_not_act_twice() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let maildir = Maildir::new();
        maildir.put("1", &About::of(&mails[0]).hard());
        read(&db, &maildir, at(NOW)).await;
        std::fs::rename(maildir.path().join("cur/1:2,S"), maildir.path().join("new/1")).unwrap();
        change(&db, "DELETE FROM suppression").await;
        let report = read(&db, &maildir, at(NOW)).await;
        assert_eq!((value(&report.repeated), value(&report.hard_bounces)), (1, 0));
        assert_eq!((suppressed(&db).await, maildir.names("cur")), (vec![], vec!["1:2,S".to_owned()]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_one_maildir_act_once_between_them() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let maildir = Maildir::new();
        for number in 0..40 {
            let mail = About::of(&mails[0]).hard().replace("unknown", &format!("unknown {number}"));
            maildir.put(&format!("{number:02}"), &mail);
        }
        let place = Place::Maildir(maildir.path().to_owned());
        let [one, two] = [0, 1].map(|_| Returns::new(db.clone(), Clock::Fixed(at(NOW)), vec![place.clone()]));
        let (first, second) = tokio::join!(one.once(), two.once());
        first.unwrap();
        second.unwrap();
        assert_eq!(value(&one.report().hard_bounces) + value(&two.report().hard_bounces), 40);
        assert_eq!((number(&db, RAW_MAILS).await, maildir.names("cur").len()), (40, 40));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_of_which_too_much_comes_back_pauses_with_a_reason_until_somebody_lets_it_go_on() {
    each_backend(async |db| {
        let people: Vec<String> = (0..21).map(|number| format!("p{number}@haoda.example")).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let mails = sent(&db, &people, &["autumn"]).await;
        let maildir = Maildir::new();
        let paused = "SELECT COUNT(*) FROM fielding WHERE paused_at IS NOT NULL \
                      AND pause_reason = 'too many addresses do not exist'";
        for (number, mail) in mails.iter().enumerate().skip(2) {
            maildir.put(&format!("{number:02}"), &About::of(mail).hard());
        }
        read(&db, &maildir, at(NOW)).await;
        assert_eq!(number(&db, paused).await, 0);
        maildir.put("01", &About::of(&mails[1]).hard());
        read(&db, &maildir, at(NOW)).await;
        assert_eq!(number(&db, paused).await, 1);
        // What is known by then does not stop it again with the next that comes back.
        let monday = at("2026-11-30T02:00:00Z");
        let resumed: Result<(), WaveError> =
            db.write(move |tx| Box::pin(async move { wave::resume(tx, "autumn", monday).await })).await;
        resumed.unwrap();
        maildir.put("00", &About::of(&mails[0]).hard());
        read(&db, &maildir, monday).await;
        assert_eq!(number(&db, paused).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_mails_are_deleted_after_thirty_days_and_what_they_meant_stays() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let maildir = Maildir::new();
        maildir.put("1", &About::of(&mails[0]).hard());
        read(&db, &maildir, at(NOW)).await;
        let pass = async |now: &str| {
            let schedule = Schedule::new(db.clone(), Clock::Fixed(at(now)), keys(), "Asia/Shanghai".into());
            schedule.once().await.unwrap();
            number(&db, RAW_MAILS).await
        };
        assert_eq!(pass("2026-12-25T01:59:00Z").await, 1);
        assert_eq!(pass("2026-12-25T02:01:00Z").await, 0);
        assert_eq!(suppressed(&db).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_once_and_a_persons_reply_is_left_in_it() {
    each_backend(async |db| {
        let mails = sent(&db, &[CHEN], &["autumn"]).await;
        let about = About::of(&mails[0]);
        let letters = [about.hard(), about.letter("Re: How are we doing?", ""), about.complaint()];
        let kept = Kept {
            validity: 7,
            mails: (3..)
                .zip(letters)
                .map(|(uid, raw)| Letter { uid, raw: raw.into_bytes(), seen: false })
                .collect(),
            moved: Vec::new(),
        };
        let kept = Arc::new(Mutex::new(kept));
        let account = Account { done_folder: Some("Done".into()), ..serve(&kept).await };
        let returns = Returns::new(db.clone(), Clock::Fixed(at(NOW)), vec![Place::Imap(account)]);
        returns.once().await.unwrap();
        returns.once().await.unwrap();
        let report = returns.report();
        let counts = [&report.hard_bounces, &report.replies, &report.complaints, &report.repeated].map(value);
        assert_eq!(counts, [1, 1, 1, 0]);
        {
            let kept = kept.lock().unwrap();
            assert_eq!((kept.moved.clone(), kept.mails.len()), (vec![3, 5], 1));
            assert!(!kept.mails[0].seen);
        }
        assert_eq!(number(&db, "SELECT last_uid FROM mailbox").await, 5);
        assert_eq!(suppressed(&db).await, [mark(CHEN, "hard_bounce")]);
    })
    .await;
}
