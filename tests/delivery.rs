//! From a launch to the relay: who is invited, what is sent, and what becomes of it.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

#[path = "support/fielded.rs"]
mod fielded;
#[expect(dead_code, reason = "the tests of imports use the rest")]
#[path = "support/import_desk.rs"]
mod import_desk;
#[expect(dead_code, reason = "the tests over HTTP use the rest")]
#[path = "support/served.rs"]
mod served;
mod support;

use cam::clock::Clock;
use cam::import::Kind;
use cam::job::Schedule;
use cam::mail::Received;
use cam::store::Db;
use cam::survey::MailKind;
use cam::wave::{self, LeftOut, WaveError};
use fielded::{NOW, at, keys, launch, launch_of, outbox, send_until, sink, states, wave_file};
use import_desk::Desk;
use served::{column, run};
use support::each_backend;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\nlanguage = \"language\"\n\
     timezone = \"zone\"\n";

/// Brings contacts in, each `(name, address, language, zone)`, all at one account.
async fn contacts(db: &Db, people: &[(&str, &str, &str, &str)]) -> Desk {
    let desk = Desk::open(db.clone()).await;
    desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
    let mut file = String::from("no,account,name,email,language,zone\n");
    for (number, (name, email, language, zone)) in people.iter().enumerate() {
        let row = format!("C{number},A1,{name},{email},{language},{zone}\n");
        file.push_str(&row);
    }
    let report = desk.import(Kind::Contacts, file, CONTACTS).await.unwrap();
    assert_eq!(report.new, people.len() as u64);
    desk
}

const TWO: [(&str, &str, &str, &str); 2] = [
    ("Ms Chen", "chen@haoda.example", "zh-Hans", "Asia/Shanghai"),
    ("Mr Lee", "lee@haoda.example", "en", "Asia/Shanghai"),
];

fn text_of(mail: &Received) -> String {
    let parsed = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
    parsed.body_text(0).unwrap().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_one_mail_in_their_language_with_their_own_link() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        let launched = launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        assert_eq!((launched.invited, launched.before), (2, false));
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || sink.count() == 2).await;
        let mails = sink.mails();
        assert_eq!(states(&db).await, [("sent".to_owned(), 2)].into());
        let links: Vec<String> = mails
            .iter()
            .map(|mail| {
                let text = text_of(mail);
                assert_eq!(text.contains('您'), mail.to.starts_with("chen"), "{text}");
                let at = text.find("https://s.kestrel.example/s/").unwrap();
                text[at..].split_whitespace().next().unwrap().to_owned()
            })
            .collect();
        assert_ne!(links[0], links[1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn launching_twice_changes_nothing_and_other_settings_are_refused() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let again = launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        assert_eq!((again.invited, again.before), (2, true));
        assert_eq!(states(&db).await, [("queued".to_owned(), 2)].into());
        for change in ["k = 9", "cap_days = 1"] {
            let error = launch(&db, launch_of(&wave_file(change)), at(NOW)).await.unwrap_err();
            assert!(matches!(error, WaveError::Changed { .. }), "{error}");
            let setting = change.split(' ').next().unwrap();
            assert!(error.to_string().contains(&format!("with another {setting},")), "{error}");
        }
        let mode = wave_file("").replace("\"named\"", "\"confidential\"");
        assert!(matches!(launch(&db, launch_of(&mode), at(NOW)).await, Err(WaveError::Changed { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_wave_cannot_keep_is_refused_before_it_begins() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        let refused = async |file: &str| launch(&db, launch_of(file), at(NOW)).await.unwrap_err().to_string();
        let late = refused(&wave_file("remind_after_days = [40]")).await;
        assert!(late.contains("`remind_after_days`") && late.contains("40 days"), "{late}");
        let over = refused(&wave_file("").replace("2026-12-15", "2026-10-15")).await;
        assert!(over.contains("`closes` has passed (2026-10-15") && over.contains("Asia/Shanghai"), "{over}");

        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let links: Result<Vec<wave::Link>, WaveError> = db
            .write(|tx| {
                Box::pin(async {
                    wave::links(tx, &keys(), "autumn", "https://s.kestrel.example", at(NOW)).await
                })
            })
            .await;
        assert!(matches!(links, Err(WaveError::NotByLink { .. })), "{links:?}");
    })
    .await;
}

#[test]
fn every_survey_that_comes_with_the_program_has_the_mails_of_a_wave_that_reminds() {
    for name in cam::survey::shipped_names() {
        let survey = cam::survey::parse(name, cam::survey::shipped(name).unwrap()).unwrap();
        for kind in [MailKind::Invitation, MailKind::Reminder] {
            let mail = &survey.mails[&kind];
            for language in &survey.languages {
                assert!(mail.subject.contains_key(language) && mail.body.contains_key(language), "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_asked_is_counted_by_reason() {
    each_backend(async |db| {
        let people = [
            TWO[0],
            ("Same", "CHEN@haoda.example", "en", ""),
            ("None", "", "en", ""),
            ("Odd", "chen haoda", "en", ""),
        ];
        contacts(&db, &people).await;
        let launched = launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        assert_eq!(launched.invited, 1);
        let expected = [(LeftOut::SameAddress, 1), (LeftOut::NoAddress, 1), (LeftOut::OddAddress, 1)].into();
        assert_eq!(launched.left_out, expected);
        // The next wave within the month asks nobody a second time; a month later it does.
        let next = wave_file("").replace("autumn", "winter");
        let soon = launch(&db, launch_of(&next), at("2026-12-01T02:00:00Z")).await.unwrap_err().to_string();
        assert!(
            soon.contains("nobody would be invited") && soon.contains("1 invited to another wave"),
            "{soon}"
        );
        let later = next.replace("winter", "spring").replace("2026-12-15", "2027-01-15");
        assert_eq!(launch(&db, launch_of(&later), at("2026-12-25T02:00:00Z")).await.unwrap().invited, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_is_suppressed_and_one_that_is_busy_is_tried_again() {
    each_backend(async |db| {
        let people = [
            ("No", "nouser@haoda.example", "en", "Asia/Shanghai"),
            ("Later", "later@haoda.example", "en", "Asia/Shanghai"),
        ];
        contacts(&db, &people).await;
        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        let both_tried = async || {
            let states = states(&db).await;
            states.get("failed") == Some(&1) && states.get("deferred") == Some(&1)
        };
        let report = send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), both_tried).await;
        assert_eq!(report.refused.load(std::sync::atomic::Ordering::Relaxed), 2);
        let next = wave_file("cap_days = 0").replace("autumn", "winter");
        let launched = launch(&db, launch_of(&next), at(NOW)).await.unwrap();
        assert_eq!((launched.invited, launched.left_out[&LeftOut::Suppressed]), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_goes_out_at_night_or_on_a_sunday_of_the_recipient() {
    each_backend(async |db| {
        let people = [TWO[0], ("Ms Night", "night@haoda.example", "en", "America/New_York")];
        contacts(&db, &people).await;
        let launched = launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        // It is nine in the evening in New York: the mail waits for nine in the morning there.
        assert_eq!(launched.due, Some((at(NOW), at("2026-11-25T14:00:00Z"))));
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || sink.count() == 1).await;
        assert_eq!(states(&db).await, [("queued".to_owned(), 1), ("sent".to_owned(), 1)].into());
        // On Sunday the mail is long due, and still waits.
        let sunday = Clock::moving(at("2026-11-29T15:00:00Z"));
        send_until(outbox(&db, port, sunday, 2), async || {
            !states(&db).await.contains_key("leased") && sink.count() == 1
        })
        .await;
        assert_eq!(sink.count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_counts_from_the_persons_own_invitation() {
    each_backend(async |db| {
        let people = [TWO[0], ("Ms Night", "night@haoda.example", "en", "America/New_York")];
        contacts(&db, &people).await;
        launch(&db, launch_of(&wave_file("remind_after_days = [4]")), at(NOW)).await.unwrap();
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 1), async || sink.count() == 1).await;
        // The second mail went out six days later.
        let late = Clock::moving(at("2026-12-01T15:00:00Z"));
        send_until(outbox(&db, port, late, 1), async || sink.count() == 2).await;
        let remind = async |now: &'static str| -> Result<i64, WaveError> {
            db.write(move |tx| {
                Box::pin(async move { wave::remind(tx, &keys(), ("autumn", 1), at(now)).await })
            })
            .await
        };
        assert_eq!(remind("2026-12-02T02:00:00Z").await.unwrap(), 1);
        assert_eq!(remind("2026-12-05T15:30:00Z").await.unwrap(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wave_that_cannot_be_read_does_not_stop_the_calendar() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let other = wave_file("cap_days = 0").replace("\"autumn\"", "\"zest\"");
        launch(&db, launch_of(&other), at(NOW)).await.unwrap();
        run(&db, "UPDATE fielding SET settings = 'spoilt' WHERE key = 'autumn'").await;
        let clock = Clock::Fixed(at("2026-12-16T02:00:00Z"));
        Schedule::new(db.clone(), clock, keys(), "Asia/Shanghai".into()).once().await.unwrap();
        let open = "SELECT key FROM fielding JOIN wave ON wave.id = fielding.wave_id WHERE closed_at IS NULL";
        assert_eq!(column(&db, open).await, ["autumn"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_deleted_after_their_day_and_not_while_their_wave_is_open() {
    each_backend(async |db| {
        let desk = contacts(&db, &TWO).await;
        let file = standing_file().replace("2028-12-31", "2026-11-01");
        start_standing(&db, &file).await;
        desk.import(Kind::Events, "no,what,contact,day\nD1,delivery,C0,2026-11-23\n", EVENTS).await.unwrap();
        let schedule = Schedule::new(db.clone(), Clock::Fixed(at(NOW)), keys(), "Asia/Shanghai".into());
        schedule.once().await.unwrap();
        run(
            &db,
            "INSERT INTO response (id, wave_id, answered_at, weight) SELECT id, id, opened_at, 1.0 FROM wave",
        )
        .await;
        let count = async || column(&db, "SELECT CAST(COUNT(*) AS TEXT) FROM response").await;
        schedule.once().await.unwrap();
        assert_eq!(count().await, ["1"]);
        run(&db, "UPDATE wave SET closed_at = opened_at").await;
        schedule.once().await.unwrap();
        assert_eq!(count().await, ["0"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_keeps_to_the_holidays_that_the_wave_was_launched_with() {
    each_backend(async |db| {
        contacts(&db, &TWO[..1]).await;
        let mut wave = launch_of(&wave_file(""));
        let off = ["2026-11-30", "2026-12-01"].map(|day| day.parse().unwrap()).into();
        let calendar = wave::Holidays { off, ..wave::Holidays::default() };
        wave.file.holidays.insert("Asia/Shanghai".into(), calendar);
        launch(&db, wave, at(NOW)).await.unwrap();
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 1), async || sink.count() == 1).await;
        let monday = at("2026-11-30T02:00:00Z");
        let queued: Result<i64, WaveError> = db
            .write(move |tx| Box::pin(async move { wave::remind(tx, &keys(), ("autumn", 1), monday).await }))
            .await;
        assert_eq!(queued.unwrap(), 1);
        let due = match db {
            Db::Sqlite { .. } => format!("run_at = {}", at("2026-12-02T01:00:00Z").as_micros()),
            Db::Postgres(_) => "run_at = TIMESTAMPTZ '2026-12-02T01:00:00Z'".into(),
        };
        let planned = format!("SELECT kind FROM delivery WHERE kind = 'reminder' AND {due}");
        assert_eq!(column(&db, &planned).await, ["reminder"]);
        // Neither on the first day off nor on the second, but on Wednesday.
        for (now, mails) in
            [("2026-11-30T02:00:00Z", 1), ("2026-12-01T02:00:00Z", 1), ("2026-12-02T02:00:00Z", 2)]
        {
            let clock = Clock::moving(at(now));
            let (stop, stopped) = tokio::sync::watch::channel(false);
            let sending = outbox(&db, port, clock, 1);
            let running = tokio::spawn(async move { sending.run(stopped).await });
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            stop.send(true).unwrap();
            running.await.unwrap().unwrap();
            assert_eq!(sink.count(), mails, "{now}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_goes_to_an_address_that_was_suppressed_after_the_launch() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let mark = keys().suppression_mark("lee@haoda.example");
        let when = match db {
            Db::Sqlite { .. } => "0",
            Db::Postgres(_) => "TIMESTAMPTZ 'epoch'",
        };
        run(&db, &format!("INSERT INTO suppression VALUES ('{mark}', 'manual', {when})")).await;
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || {
            states(&db).await.keys().all(|state| state == "sent" || state == "cancelled")
        })
        .await;
        assert_eq!(states(&db).await, [("cancelled".to_owned(), 1), ("sent".to_owned(), 1)].into());
        assert_eq!(sink.mails()[0].to, "chen@haoda.example");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_wave_sends_nothing_more_and_stays_closed() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        launch(&db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
        let close = async || -> Result<bool, WaveError> {
            db.write(|tx| Box::pin(async move { wave::close(tx, "autumn", at(NOW)).await })).await
        };
        assert!(close().await.unwrap());
        assert!(!close().await.unwrap());
        assert_eq!(states(&db).await, [("cancelled".to_owned(), 2)].into());
        let remind: Result<i64, WaveError> = db
            .write(|tx| Box::pin(async move { wave::remind(tx, &keys(), ("autumn", 1), at(NOW)).await }))
            .await;
        assert!(matches!(remind, Err(WaveError::Closed { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_goes_to_who_got_the_invitation_and_once() {
    each_backend(async |db| {
        let people = [TWO[0], TWO[1], ("No", "nouser@haoda.example", "en", "Asia/Shanghai")];
        contacts(&db, &people).await;
        launch(&db, launch_of(&wave_file("remind_after_days = [4]")), at(NOW)).await.unwrap();
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || {
            states(&db).await.get("failed") == Some(&1) && sink.count() == 2
        })
        .await;
        let monday = at("2026-11-30T02:00:00Z");
        let remind = async || -> Result<i64, WaveError> {
            db.write(move |tx| {
                Box::pin(async move { wave::remind(tx, &keys(), ("autumn", 1), monday).await })
            })
            .await
        };
        assert_eq!(remind().await.unwrap(), 2);
        assert_eq!(remind().await.unwrap(), 0);
        send_until(outbox(&db, port, Clock::moving(monday), 2), async || sink.count() == 4).await;
        assert_eq!(sink.count(), 4);
    })
    .await;
}

const STANDING: &str = "\n[standing]\nevent = \"delivery\"\nafter_days = 2\n";

fn standing_file() -> String {
    wave_file("")
        .replace("closes = \"2026-12-15T18:00\"\n", "")
        .replace("[notice.en]", &format!("{STANDING}[notice.en]"))
}

/// Puts the rule in force on 20 November.
async fn start_standing(db: &Db, file: &str) {
    let checked = launch_of(file).check().unwrap();
    let started: Result<bool, WaveError> = db
        .write(move |tx| {
            Box::pin(async move { wave::start_standing(tx, &checked, at("2026-11-20T02:00:00Z")).await })
        })
        .await;
    assert!(started.unwrap());
}

const EVENTS: &str = "kind = \"events\"\ndate = \"%Y-%m-%d\"\n[fields]\nkey = { column = \"no\", scheme = \"erp\" }\n\
     event = \"what\"\ncontact = { column = \"contact\", scheme = \"crm\" }\nhappened_at = \"day\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_wave_asks_some_days_after_an_event_and_once_about_it() {
    each_backend(async |db| {
        let desk = contacts(&db, &TWO).await;
        start_standing(&db, &standing_file()).await;
        // C0 had a delivery two days ago and one before the rule was in force; C1 had one yesterday.
        let events = "no,what,contact,day\nD1,delivery,C0,2026-11-23\nD2,delivery,C0,2026-11-10\nD3,delivery,C1,2026-11-24\n";
        let report = desk.import(Kind::Events, events, EVENTS).await.unwrap();
        assert_eq!(report.new, 3);
        let invite = async |now: &'static str| -> Result<i64, WaveError> {
            db.write(move |tx| {
                Box::pin(async move {
                    wave::invite_after_events(tx, &keys(), ("Asia/Shanghai", "en"), at(now)).await
                })
            })
            .await
        };
        assert_eq!(invite(NOW).await.unwrap(), 1);
        assert_eq!(invite(NOW).await.unwrap(), 0);
        assert_eq!(invite("2026-11-26T02:00:00Z").await.unwrap(), 1);
        let board = wave::status(&mut db.read().await.unwrap(), "autumn-2026q4").await.unwrap();
        assert_eq!(board.invited, 2);
    })
    .await;
}

async fn invite_after_events(db: &Db, now: &'static str) -> i64 {
    let invited: Result<i64, WaveError> = db
        .write(move |tx| {
            Box::pin(
                async move { wave::invite_after_events(tx, &keys(), ("Asia/Shanghai", "en"), at(now)).await },
            )
        })
        .await;
    invited.unwrap()
}

const DELIVERIES: &str = "no,what,contact,day\nD1,delivery,C0,2026-11-23\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_wave_asks_nobody_outside_its_audience() {
    each_backend(async |db| {
        let desk = contacts(&db, &TWO).await;
        let file = standing_file().replace("of = \"contacts\"", "of = \"contacts\"\nsegments = [\"small\"]");
        start_standing(&db, &file).await;
        desk.import(Kind::Events, DELIVERIES, EVENTS).await.unwrap();
        assert_eq!(invite_after_events(&db, NOW).await, 0);
        run(&db, "UPDATE account SET segment = 'small'").await;
        assert_eq!(invite_after_events(&db, NOW).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_that_was_closed_takes_no_events_any_more() {
    each_backend(async |db| {
        let desk = contacts(&db, &TWO).await;
        start_standing(&db, &standing_file()).await;
        desk.import(Kind::Events, DELIVERIES, EVENTS).await.unwrap();
        assert_eq!(invite_after_events(&db, NOW).await, 1);
        let closed: Result<bool, WaveError> =
            db.write(|tx| Box::pin(async move { wave::close(tx, "autumn-2026q4", at(NOW)).await })).await;
        assert!(closed.unwrap());
        let later = "no,what,contact,day\nD2,delivery,C1,2026-11-24\n";
        desk.import(Kind::Events, later, EVENTS).await.unwrap();
        assert_eq!(invite_after_events(&db, "2026-11-27T02:00:00Z").await, 0);
        let board = wave::status(&mut db.read().await.unwrap(), "autumn-2026q4").await.unwrap();
        assert_eq!(board.invited, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_was_ended_invites_nobody_until_it_is_launched_again() {
    each_backend(async |db| {
        let desk = contacts(&db, &TWO).await;
        start_standing(&db, &standing_file()).await;
        let ended: Result<bool, WaveError> = db
            .write(|tx| {
                Box::pin(async move { wave::end_standing(tx, "autumn", at("2026-11-21T02:00:00Z")).await })
            })
            .await;
        assert!(ended.unwrap());
        desk.import(Kind::Events, DELIVERIES, EVENTS).await.unwrap();
        assert_eq!(invite_after_events(&db, NOW).await, 0);
        start_standing(&db, &standing_file()).await;
        assert_eq!(invite_after_events(&db, NOW).await, 1);
    })
    .await;
}

/// One was invited ten days ago and the other four: each gets the reminder of their own day, and only that.
#[tokio::test(flavor = "multi_thread")]
async fn each_person_gets_the_reminder_of_their_own_day() {
    each_backend(async |db| {
        let people = [TWO[0], ("Ms Night", "night@haoda.example", "en", "America/New_York")];
        contacts(&db, &people).await;
        launch(&db, launch_of(&wave_file("remind_after_days = [4, 9]")), at(NOW)).await.unwrap();
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 1), async || sink.count() == 1).await;
        let late = Clock::moving(at("2026-12-01T15:00:00Z"));
        send_until(outbox(&db, port, late, 1), async || sink.count() == 2).await;
        for now in ["2026-12-02T15:00:00Z", "2026-12-05T15:30:00Z", "2026-12-05T15:31:00Z"] {
            let clock = Clock::Fixed(at(now));
            Schedule::new(db.clone(), clock, keys(), "Asia/Shanghai".into()).once().await.unwrap();
        }
        let reminders = "SELECT contact.name || ' ' || CAST(delivery.sequence AS TEXT) FROM delivery
                           JOIN invitation ON invitation.id = delivery.invitation_id
                           JOIN contact ON contact.id = invitation.contact_id
                          WHERE delivery.kind = 'reminder' ORDER BY 1";
        // On 2 December the first was a week old and got the first reminder, on the fifth the second.
        assert_eq!(column(&db, reminders).await, ["Ms Chen 1", "Ms Chen 2", "Ms Night 1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_whose_mails_would_come_after_its_end_is_refused_and_spends_nothing() {
    each_backend(async |db| {
        contacts(&db, &TWO).await;
        // At ten in the evening in Shanghai, until eight in the morning.
        let (now, short) =
            ("2026-11-25T14:00:00Z", wave_file("").replace("2026-12-15T18:00", "2026-11-26T08:00"));
        let refused = launch(&db, launch_of(&short), at(now)).await.unwrap_err().to_string();
        assert!(refused.contains("2 their mail could only go out after the wave has closed"), "{refused}");
        assert_eq!(launch(&db, launch_of(&wave_file("")), at(now)).await.unwrap().invited, 2);
    })
    .await;
}
