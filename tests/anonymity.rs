//! An anonymous wave against an attacker who holds every table, every file and every backup, and knows who voted when.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::format_push_string, reason = "a test needs no faster text")]
#![expect(clippy::print_stdout, reason = "it prints its figure")]
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the counts here are small"
)]

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

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cam::clock::Clock;
use cam::import::Kind;
use cam::job::Schedule;
use cam::seal::{self, Answer, Ballot, PollKey, token_hash};
use cam::store::{Db, Tx};
use cam::survey;
use cam::wave::{self, Launch, WaveFile};
use cam::web::Limits;
use fielded::{NOW, at, keys, launch};
use import_desk::Desk;
use served::{Invited, Site, column, dump, invited, is, run};
use support::each_backend;
use tokio::io::AsyncWriteExt;

const PASSPHRASE: &str = "four plain words here";

const PEOPLE: usize = 60;

/// Departments of the sixty: the last is smaller than any group that is shown.
const UNITS: [(&str, usize); 4] = [("U1", 24), ("U2", 20), ("U3", 13), ("U4", 3)];

const SURVEY: &str = "id = \"mood\"\nversion = 1\nlanguages = [\"en\"]\ntitle.en = \"Work\"\n\
     [[scale]]\nkey = \"five\"\nlow = 1\nhigh = 5\n\
     [[construct]]\nkey = \"satisfaction\"\nrole = \"satisfaction\"\nname.en = \"Satisfaction\"\n\
     [[item]]\nkey = \"mood\"\nconstruct = \"satisfaction\"\nkind = \"rating\"\nscale = \"five\"\ntext.en = \"How is work?\"\n\
     [[item]]\nkey = \"words\"\nkind = \"long_text\"\ntext.en = \"Anything else?\"\n";

const WAVE: &str = "key = \"poll\"\nname = \"Poll\"\nsurvey = \"mood\"\nmode = \"anonymous\"\nfree_text = true\n\
     channel = \"link\"\ncloses = \"2026-12-15T18:00\"\ndelete_after = \"2028-12-31\"\n[audience]\nof = \"employees\"\n\
     [notice.en]\ncontroller = \"c\"\npurpose = \"p\"\nlegal_basis = \"l\"\nmoney = \"m\"\nrecipients = \"r\"\n\
     retention = \"t\"\nrights = \"g\"\n";

fn poll(wave: &str, survey: &str) -> Launch {
    Launch {
        file: WaveFile::parse("wave.toml", wave).unwrap(),
        survey: survey::parse("survey.toml", survey).unwrap(),
        survey_text: survey.into(),
        listed: None,
        timezone: "Asia/Shanghai".into(),
        language: "en".into(),
        poll_keys: Some(wave::poll_keys(PASSPHRASE).unwrap()),
    }
}

async fn open(db: &Db) -> (Desk, Site, Vec<Invited>) {
    let desk = Desk::open(db.clone()).await;
    let mut units = String::from("no,kind,name\n");
    let mut people = String::from("no,email,unit,since\n");
    let mut number = 0;
    for (unit, size) in UNITS {
        units.push_str(&format!("{unit},department,Department {unit}\n"));
        for _ in 0..size {
            people.push_str(&format!("E{number},person{number:02}@kestrel.example,{unit},2020-01-01\n"));
            number += 1;
        }
    }
    let map = "kind = \"units\"\n[fields]\nkey = \"no\"\nkind = \"kind\"\nname = \"name\"\n";
    desk.import(Kind::Units, units, map).await.unwrap();
    let map = "kind = \"employees\"\n[fields]\nkey = \"no\"\nemail = \"email\"\nunit = \"unit\"\nactive_from = \"since\"\n";
    let report = desk.import(Kind::Employees, people, map).await.unwrap();
    assert_eq!(report.new, PEOPLE as u64);
    let wave = poll(WAVE, SURVEY);
    assert_eq!(launch(db, wave, at(NOW)).await.unwrap().invited, PEOPLE as i64);
    let site = Site::open(db, keys(), Clock::moving(at(NOW)), Limits::default()).await;
    (desk, site, invited(db, &keys(), "poll").await)
}

/// What nobody else would write.
fn words(one: &Invited) -> String {
    format!("remark-{}-zq", &one.id.simple().to_string()[20..])
}

async fn vote(site: &Site, one: &Invited, mood: &str) -> served::Reply {
    let path = format!("/s/{}/ballot", one.token);
    let form = site.get(&path).await.form();
    site.press(&form, &[("mood", mood), ("words", &words(one))]).await
}

/// The order in which people vote: mixed, and known to the attacker.
fn order(count: usize) -> Vec<usize> {
    (0..count).map(|at| (at * 37 + 11) % count).collect()
}

/// Everything that lies on the disk, as bytes: the SQLite files with the log as it is now, or all rows of PostgreSQL with
/// the places and transactions that it stores them under.
async fn everything(db: &Db) -> Vec<u8> {
    let mut bytes = Vec::new();
    if matches!(db, Db::Sqlite { .. }) {
        let file = column(db, "SELECT file FROM pragma_database_list WHERE name = 'main'").await.remove(0);
        for ending in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{file}{ending}")).unwrap_or_default());
        }
        return bytes;
    }
    let tables: BTreeSet<String> = db.shape().await.unwrap().into_iter().map(|(table, ..)| table).collect();
    for table in tables {
        let rows = column(
            db,
            &format!(
                "SELECT ctid::TEXT || ' ' || xmin::TEXT || ' ' || {table}::TEXT FROM {table} ORDER BY ctid"
            ),
        )
        .await;
        for row in rows {
            bytes.extend(row.as_bytes());
            // Bytes are shown in hexadecimal: what they spell counts too.
            for part in row.split("\\x").skip(1) {
                let digits: Vec<u8> = part.bytes().take_while(u8::is_ascii_hexdigit).collect();
                let pairs = digits.chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
                bytes.extend(pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
            }
        }
    }
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn sealed(db: &Db) -> Vec<(String, String)> {
    let hex = |name: &str| {
        if matches!(db, Db::Sqlite { .. }) {
            format!("lower(hex({name}))")
        } else if name == "id" {
            "replace(id::TEXT, '-', '')".into()
        } else {
            format!("encode({name}, 'hex')")
        }
    };
    let rows =
        column(db, &format!("SELECT {} || ' ' || {} FROM sealed_ballot", hex("id"), hex("body"))).await;
    rows.iter().map(|row| row.split_once(' ').unwrap()).map(|(id, body)| (id.into(), body.into())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_everything_but_the_passphrase_reads_no_ballot_and_joins_none_to_its_author() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let voters: Vec<&Invited> = order(PEOPLE).into_iter().map(|at| &invited[at]).collect();
        let mut copies = Vec::new();
        for (number, one) in voters.iter().enumerate() {
            let mood = ["1", "2", "3", "4", "5"][number % 5];
            assert_eq!(vote(&site, one, mood).await.status, 200);
            if number == PEOPLE / 2 - 1 || number == PEOPLE - 1 {
                copies.push((everything(&db).await, sealed(&db).await, dump(&db).await));
            }
        }
        let (_, ballots, tables) = copies.last().unwrap();
        assert_eq!((ballots.len(), tables["response"].len(), tables["answer"].len()), (PEOPLE, 0, 0));
        // Size says nothing, and no two are alike, although a fifth of them say the same.
        let sizes: BTreeSet<usize> = ballots.iter().map(|(_, body)| body.len()).collect();
        let bodies: BTreeSet<&String> = ballots.iter().map(|(_, body)| body).collect();
        assert_eq!((sizes.len(), bodies.len()), (1, PEOPLE));
        for (bytes, ballots, _) in &copies {
            for one in &invited {
                assert!(!holds(bytes, words(one).as_bytes()), "a remark lies there in clear");
                assert!(!holds(bytes, one.token.as_bytes()), "a token lies there in clear");
                let (id, hash) = (one.id.simple().to_string(), token_hash(&one.token));
                for (key, body) in ballots {
                    assert!(*key != id && !body.contains(&id) && !body.contains(&hash));
                }
            }
        }
        // The difference of two backups: which ballots came in between is known, and that they are sealed is all there is.
        let first: BTreeSet<&String> = copies[0].1.iter().map(|(id, _)| id).collect();
        assert_eq!(ballots.iter().filter(|(id, _)| !first.contains(id)).count(), PEOPLE / 2);
        // The order of votes is taken to be known whole, which is more than places, transactions and log can tell.
        let closed = wave::close_poll(&db, "poll", Some(PASSPHRASE.into()), at(NOW)).await.unwrap();
        assert_eq!((closed.answered, closed.broken), (PEOPLE, 0));
        after_the_end(&db, &voters, ballots).await;
        site.close().await;
    })
    .await;
}

/// What is left after the end: a table of groups, remarks in an order of their own, and nothing of the ballots.
async fn after_the_end(db: &Db, voters: &[&Invited], ballots: &[(String, String)]) {
    let tables = dump(db).await;
    for table in ["sealed_ballot", "response", "answer"] {
        assert_eq!(tables[table], Vec::<String>::new(), "{table}");
    }
    let bytes = everything(db).await;
    for (_, body) in ballots {
        let raw: Vec<u8> = body
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap())
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect();
        assert!(!holds(&bytes, &raw[..32]), "a sealed ballot is left");
    }
    // The unit of three shows nothing.
    let small = column(
        db,
        "SELECT CAST(COUNT(*) AS TEXT) FROM released_cell JOIN unit ON unit.id = released_cell.unit_id
          WHERE unit.name = 'Department U4' AND (mean IS NOT NULL OR respondents IS NOT NULL)",
    )
    .await;
    assert_eq!(small, ["0"]);
    let remarks = column(db, "SELECT comment FROM released_comment ORDER BY place").await;
    assert_eq!(remarks.len(), voters.len());
    let hits = remarks.iter().zip(voters).filter(|(remark, one)| **remark == words(one)).count();
    println!("remarks in the place of their author's vote: {hits} of {} (chance: 1)", remarks.len());
    // As many fixed points or more come once in ten million honest shuffles.
    assert!(hits <= 10, "{hits}");
}

#[test]
fn the_order_of_opened_ballots_says_no_more_about_their_authors_than_chance() {
    const ROUNDS: usize = 200;
    let (public, locked) = PollKey::create(PASSPHRASE).unwrap();
    let private = locked.unlock(PASSPHRASE).unwrap();
    let ballots: Vec<Vec<u8>> = (0..PEOPLE)
        .map(|author| {
            let answers = BTreeMap::from([("mood".to_owned(), Answer::Number(author as f64))]);
            let ballot = Ballot { units: Vec::new(), answers };
            seal::seal(&public, &ballot.to_bytes(64).unwrap()).unwrap()
        })
        .collect();
    let (mut places, mut neighbours, mut halves) = (0, 0, 0);
    for _ in 0..ROUNDS {
        let opened = seal::open_all(&private, &ballots).unwrap();
        let authors: Vec<usize> = opened
            .ballots
            .iter()
            .map(|ballot| match ballot.answers["mood"] {
                Answer::Number(author) => author as usize,
                _ => unreachable!(),
            })
            .collect();
        places += authors.iter().enumerate().filter(|(place, author)| place == *author).count();
        neighbours += authors.windows(2).filter(|pair| pair[1] == pair[0] + 1).count();
        // Of which of two backups it is.
        halves += authors
            .iter()
            .enumerate()
            .filter(|(place, author)| place / (PEOPLE / 2) == *author / (PEOPLE / 2))
            .count();
    }
    let share = |hits: usize| hits as f64 / (ROUNDS * PEOPLE) as f64;
    let (by_place, by_neighbour, by_half) = (share(places), share(neighbours), share(halves));
    let chance = 1.0 / PEOPLE as f64;
    println!(
        "of {} ballots: by place {:.2} x chance, after their neighbour {:.2} x chance, by half {:.2} x chance",
        ROUNDS * PEOPLE,
        by_place / chance,
        by_neighbour / chance,
        by_half / 0.5
    );
    assert!(by_place <= 1.5 * chance && by_neighbour <= 1.5 * chance && by_half <= 0.55);
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_of_one_person_at_once_are_one_ballot_and_a_later_visit_says_so() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let one = &invited[0];
        let path = format!("/s/{}/ballot", one.token);
        let form = site.get(&path).await.form();
        let request = served::encoded(&form.filled(&[("mood", "4")]));
        let request = served::request("POST", &path, &[("Content-Type", served::FORM)], request.as_bytes());
        let posts: Vec<_> = (0..16)
            .map(|_| {
                let (address, request) = (site.address, request.clone());
                tokio::spawn(async move { served::send(address, &request).await.unwrap() })
            })
            .collect();
        let mut bodies = BTreeMap::new();
        for post in posts {
            let reply = post.await.unwrap();
            assert_eq!(reply.status, 200);
            *bodies.entry(reply.body).or_insert(0) += 1;
        }
        let mut counts: Vec<i32> = bodies.into_values().collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 15], "one is told that it was sent, the others that one was");
        let used = async || column(&db, "SELECT CAST(COUNT(*) AS TEXT) FROM ticket WHERE used").await;
        assert_eq!((sealed(&db).await.len(), used().await), (1, vec!["1".to_owned()]));
        for path in [format!("/s/{}", one.token), path] {
            assert!(!site.get(&path).await.body.contains("<form"), "{path}");
        }
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tap_waits_for_the_first_and_is_not_told_that_a_ballot_came_where_none_did() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let one = &invited[0];
        let path = format!("/s/{}/ballot", one.token);
        let form = site.get(&path).await.form();
        let words = words(one);
        let body = served::encoded(&form.filled(&[("mood", "4"), ("words", &words)]));
        let request = served::request("POST", &path, &[("Content-Type", served::FORM)], body.as_bytes());
        // No ballot gets into its table.
        let statements: &[&str] = if matches!(db, Db::Sqlite { .. }) {
            &["CREATE TRIGGER shut BEFORE INSERT ON sealed_ballot BEGIN SELECT RAISE(ABORT, 'full'); END"]
        } else {
            &[
                "CREATE FUNCTION shut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
                "CREATE TRIGGER shut BEFORE INSERT ON sealed_ballot FOR EACH ROW EXECUTE FUNCTION shut()",
            ]
        };
        for sql in statements {
            run(&db, sql).await;
        }
        let taps: Vec<_> = (0..8)
            .map(|_| {
                let (address, request) = (site.address, request.clone());
                tokio::spawn(async move { served::send(address, &request).await.unwrap() })
            })
            .collect();
        for tap in taps {
            let reply = tap.await.unwrap();
            assert_eq!(reply.status, 503);
            assert!(reply.body.contains("Everything you chose is still on this page"), "{}", reply.body);
            assert!(reply.body.contains(&words), "what was written is gone");
            assert!(reply.body.contains("value=\"4\" checked"), "what was chosen is gone");
        }
        let sql = if matches!(db, Db::Sqlite { .. }) {
            "DROP TRIGGER shut"
        } else {
            "DROP TRIGGER shut ON sealed_ballot"
        };
        run(&db, sql).await;
        // It can still be cast, and only now the link has been used.
        let reply = served::send(site.address, &request).await.unwrap();
        assert_eq!((reply.status, sealed(&db).await.len()), (200, 1));
        let used = served::send(site.address, &request).await.unwrap();
        assert!(used.body.contains("This link has been used."), "{}", used.body);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_connection_while_a_ballot_is_cast_gets_no_second_one() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let path = format!("/s/{}/ballot", invited[0].token);
        let form = site.get(&path).await.form();
        let body = served::encoded(&form.filled(&[("mood", "4")]));
        let request = served::request("POST", &path, &[("Content-Type", served::FORM)], body.as_bytes());
        // SQLite's writing connection, and PostgreSQL's ballots, are held: the first ballot waits to be stored.
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let holding = db.clone();
        let held = tokio::spawn(async move {
            let held: Result<(), cam::store::StoreError> = holding
                .write(move |tx| {
                    Box::pin(async move {
                        if let Tx::Postgres(tx) = tx {
                            sqlx::query("LOCK TABLE sealed_ballot IN EXCLUSIVE MODE")
                                .execute(&mut **tx)
                                .await?;
                        }
                        wait.await.map_err(|_| cam::store::StoreError::Stopped)
                    })
                })
                .await;
            held
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut lost = tokio::net::TcpStream::connect(site.address).await.unwrap();
        lost.write_all(&request).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(lost);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (address, again) = (site.address, request.clone());
        let second = tokio::spawn(async move { served::send(address, &again).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(200)).await;
        go.send(()).unwrap();
        held.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().status, 200);
        let used = async || column(&db, "SELECT CAST(COUNT(*) AS TEXT) FROM ticket WHERE used").await;
        for _ in 0..100 {
            if used().await == ["1"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!((sealed(&db).await.len(), used().await), (1, vec!["1".to_owned()]));
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_ballot_and_ticket_loses_no_ballot_and_may_admit_one_second() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let one = &invited[0];
        assert_eq!(vote(&site, one, "4").await.status, 200);
        // What a crash after the first of the two transactions leaves.
        run(&db, &format!("UPDATE ticket SET used = FALSE WHERE invitation_id {}", is(&db, one.id))).await;
        assert_eq!(sealed(&db).await.len(), 1);
        assert_eq!(vote(&site, one, "4").await.status, 200);
        let count = sealed(&db).await.len();
        println!("a crash between ballot and ticket may admit one second ballot: {count} of one person");
        assert_eq!(count, 2);
        assert!(!site.get(&format!("/s/{}/ballot", one.token)).await.body.contains("<form"));
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_the_links_of_a_poll_changes_nothing_and_a_ballot_without_its_form_is_refused() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        let before = dump(&db).await;
        for one in &invited[..3] {
            for way in ["", "/ballot", "/notice", "/stop", "?r=3"] {
                for method in ["HEAD", "GET"] {
                    assert_eq!(
                        site.send(method, &format!("/s/{}{way}", one.token), &[], b"").await.status,
                        200
                    );
                }
            }
            let path = format!("/s/{}/ballot", one.token);
            assert_eq!(site.post(&path, &vec![("mood".into(), "3".into())]).await.status, 403);
            // Single answers are for waves that name people, and so is deleting.
            assert_eq!(site.post(&format!("/s/{}", one.token), &Vec::new()).await.status, 404);
            assert_eq!(site.get(&format!("/s/{}/delete", one.token)).await.status, 404);
        }
        assert_eq!(dump(&db).await, before);
        site.close().await;
    })
    .await;
}

/// Votes of twenty, and the poll is closed twice at once: by a second tap on Enter, or by a script that tries again.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_close_a_poll_at_a_time_one_releases_its_full_table() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        for (number, one) in invited.iter().take(20).enumerate() {
            assert_eq!(vote(&site, one, ["1", "3", "5"][number % 3]).await.status, 200);
        }
        let close = || Box::pin(wave::close_poll(&db, "poll", Some(PASSPHRASE.into()), at(NOW)));
        let late = async {
            tokio::time::sleep(Duration::from_millis(80)).await;
            close().await
        };
        let (first, second, third) = tokio::join!(close(), close(), late);
        let outcomes = [first, second, third];
        let released: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(released.len(), 1, "{outcomes:?}");
        assert_eq!(released[0].answered, 20);
        let shown = column(&db, "SELECT CAST(MAX(respondents) AS TEXT) FROM released_cell").await;
        assert_eq!(shown, ["20"]);
        site.close().await;
    })
    .await;
}

/// The calendar of a day after the date that the dossier names.
async fn two_years_later(db: &Db) {
    let clock = Clock::Fixed(at("2029-01-01T12:00:00+08:00"));
    Schedule::new(db.clone(), clock, keys(), "Asia/Shanghai".into()).once().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_nobody_opens_in_time_is_deleted_unread() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        for one in invited.iter().take(8) {
            assert_eq!(vote(&site, one, "4").await.status, 200);
        }
        two_years_later(&db).await;
        assert_eq!(sealed(&db).await, []);
        let left = "SELECT CAST(COUNT(locked_key) AS TEXT) FROM fielding";
        assert_eq!(column(&db, left).await, ["0"]);
        let closed = wave::close_poll(&db, "poll", Some(PASSPHRASE.into()), at(NOW)).await;
        assert!(closed.is_err(), "{closed:?}");
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_their_date_released_comments_go_and_released_figures_stay() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db).await;
        for (number, one) in invited.iter().enumerate() {
            assert_eq!(vote(&site, one, ["2", "4"][number % 2]).await.status, 200);
        }
        wave::close_poll(&db, "poll", Some(PASSPHRASE.into()), at(NOW)).await.unwrap();
        let before = dump(&db).await;
        assert_eq!(before["released_comment"].len(), PEOPLE);
        two_years_later(&db).await;
        let after = dump(&db).await;
        assert_eq!(after["released_comment"], Vec::<String>::new());
        assert_eq!(after["released_cell"], before["released_cell"]);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_could_not_keep_its_promise_is_not_launched() {
    each_backend(async |db| {
        let (_desk, site, _) = open(&db).await;
        let second = WAVE.replace("key = \"poll\"", "key = \"second\"\ncap_days = 0");
        let choice = "[[item]]\nkey = \"where\"\nkind = \"single_choice\"\ntext.en = \"Where?\"\n\
             options = [{ key = \"a\", text.en = \"A\" }, { key = \"b\", text.en = \"B\" }]\n";
        let cases = [
            (
                second.clone(),
                format!("{SURVEY}{choice}"),
                "where: nothing is released of a question without a scale",
            ),
            (
                second.clone(),
                SURVEY.replace("How is work?", "How is work, {name}?"),
                "mood: {name} has no place",
            ),
            (
                second.replace("of = \"employees\"", "of = \"employees\"\nunits = [\"Department U4\"]"),
                SURVEY.into(),
                "only 3 would be invited",
            ),
        ];
        for (wave, survey, reason) in cases {
            let refused = launch(&db, poll(&wave, &survey), at(NOW)).await.unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
        let named = WAVE.replace("\"anonymous\"\nfree_text = true", "\"named\"");
        let refused = WaveFile::parse("wave.toml", &named).unwrap_err().to_string();
        assert!(refused.contains("employees are never asked by name"), "{refused}");
        site.close().await;
    })
    .await;
}
