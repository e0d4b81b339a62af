//! Answering over HTTP: what a respondent does is saved, and what a program that opens links does is not.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::format_push_string, reason = "a test needs no faster text")]

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

use std::collections::BTreeMap;

use cam::clock::Clock;
use cam::import::Kind;
use cam::store::Db;
use cam::survey::{self, Answers, Instrument};
use cam::wave::{self, WaveError};
use cam::web::Limits;
use fielded::{NOW, at, keys, launch, launch_of, wave_file};
use import_desk::Desk;
use served::{FORM, Invited, Reply, Site, column, dump, invited, is, run};
use support::each_backend;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\nlanguage = \"language\"\n\
     timezone = \"zone\"\n";

/// A launched wave, its service and its invited people; every other one reads Chinese.
async fn open(db: &Db, people: usize, file: &str) -> (Desk, Site, Vec<Invited>) {
    let desk = Desk::open(db.clone()).await;
    desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
    let mut rows = String::from("no,account,name,email,language,zone\n");
    for number in 0..people {
        let language = ["en", "zh-Hans"][number % 2];
        rows.push_str(&format!(
            "C{number},A1,Guest {number},guest{number:02}@haoda.example,{language},Asia/Shanghai\n"
        ));
    }
    desk.import(Kind::Contacts, rows, CONTACTS).await.unwrap();
    launch(db, launch_of(file), at(NOW)).await.unwrap();
    let site = Site::open(db, keys(), Clock::moving(at(NOW)), Limits::default()).await;
    let invited = invited(db, &keys(), "autumn").await;
    assert_eq!(invited.len(), people);
    (desk, site, invited)
}

fn customer_survey() -> Instrument {
    survey::parse("survey.toml", survey::shipped("customer_satisfaction").unwrap()).unwrap()
}

/// Somebody who is asked a question.
fn asked<'i>(invited: &'i [Invited], question: &str) -> &'i Invited {
    let survey = customer_survey();
    let is_asked = |one: &&Invited| {
        let route = survey.route(&Answers::new(), &one.id.to_string());
        route.into_iter().any(|at| survey.items[at].key == question)
    };
    invited.iter().find(is_asked).unwrap()
}

/// Answers of a response as `item=value`; a question that was passed over has no value.
async fn saved(db: &Db, one: &Invited) -> BTreeMap<String, String> {
    let rows = column(
        db,
        &format!(
            "SELECT item_key || '=' || COALESCE(CAST(CAST(number AS INTEGER) AS TEXT), choice, text, '')
               FROM answer WHERE response_id {}",
            is(db, one.id)
        ),
    )
    .await;
    rows.iter()
        .map(|row| row.split_once('=').unwrap())
        .map(|(item, value)| (item.into(), value.into()))
        .collect()
}

/// Answers the shown question with its `nth` button, or its last one, and follows on.
async fn tap(site: &Site, page: &Reply, nth: usize) -> Reply {
    let form = page.form();
    let tiles: Vec<_> = form.buttons.iter().filter(|(name, _)| name == "v").collect();
    let (name, value) = tiles[nth.min(tiles.len() - 1)];
    follow(site, &site.press(&form, &[(name, value)]).await).await
}

async fn follow(site: &Site, reply: &Reply) -> Reply {
    assert_eq!(reply.status, 303, "{}", reply.body);
    site.get(reply.header("location")).await
}

/// Answers until no question is left, and returns the last page.
async fn to_the_end(site: &Site, one: &Invited, nth: usize) -> (Reply, Vec<String>) {
    let mut page = site.get(&format!("/s/{}", one.token)).await;
    let mut seen = Vec::new();
    while page.body.contains("<progress") {
        seen.push(page.form().question().to_owned());
        page = tap(site, &page, nth).await;
        assert!(seen.len() < 30, "{seen:?}");
    }
    (page, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tap_is_saved_and_another_device_goes_on_where_the_first_one_stopped() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 2, &wave_file("")).await;
        let (one, path) = (&invited[0], format!("/s/{}", invited[0].token));
        let mut page = site.get(&path).await;
        for count in 1..=3 {
            page = tap(&site, &page, 7).await;
            assert_eq!(saved(&db, one).await.len(), count);
        }
        // Opening the link anew leads to the same question.
        let other = site.get(&path).await;
        assert_eq!(other.form().question(), page.form().question());
        let (last, seen) = to_the_end(&site, one, 7).await;
        let saved = saved(&db, one).await;
        assert_eq!(saved.len(), 3 + seen.len());
        assert_eq!(saved["overall"], "8");
        // What was saved is listed, each with a way to change it.
        let changes = last.links().iter().filter(|link| link.contains("q=")).count();
        assert_eq!((last.status, changes), (200, saved.len()));
        assert!(last.body.contains("named") || last.body.contains("Haoda") || last.body.contains("company"));
        let finished =
            format!("SELECT CAST(COUNT(finished_at) AS TEXT) FROM invitation WHERE id {}", is(&db, one.id));
        assert_eq!(column(&db, &finished).await, ["1"]);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_changed_and_a_change_drops_what_is_no_longer_asked() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 24, &wave_file("")).await;
        let one = asked(&invited, "other_supplier");
        let path = format!("/s/{}", one.token);
        // The last choice of the block, "most", asks one question more.
        to_the_end(&site, one, 9).await;
        let before = saved(&db, one).await;
        assert_eq!(
            (before["other_supplier"].as_str(), before.contains_key("other_satisfaction")),
            ("most", true)
        );
        let page = site.get(&format!("{path}?q=other_supplier")).await;
        let back =
            page.links().into_iter().find(|link| link.contains("?q=") && !link.contains("l=")).unwrap();
        assert_ne!(site.get(&back).await.form().question(), "other_supplier");
        follow(&site, &site.press(&page.form(), &[("v", "no")]).await).await;
        let after = saved(&db, one).await;
        assert_eq!((after["other_supplier"].as_str(), after.len()), ("no", before.len() - 1));
        assert!(!after.contains_key("other_satisfaction"));
        // The dropped question's page, still open on another device, saves nothing.
        let form = page.form();
        let stale = served::Form {
            hidden: form
                .hidden
                .iter()
                .map(|(name, value)| match name.as_str() {
                    "q" => (name.clone(), "other_satisfaction".into()),
                    _ => (name.clone(), value.clone()),
                })
                .collect(),
            ..form
        };
        assert_eq!(site.press(&stale, &[("v", "3")]).await.status, 403);
        assert_eq!(saved(&db, one).await, after);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_passed_over_is_a_row_without_a_value() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let page = site.get(&format!("/s/{}", invited[0].token)).await;
        let next = follow(&site, &site.press(&page.form(), &[("skip", "1")]).await).await;
        assert_ne!(next.form().question(), "overall");
        let empty = "SELECT item_key FROM answer WHERE number IS NULL AND choice IS NULL AND text IS NULL";
        assert_eq!(column(&db, empty).await, ["overall"]);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_removes_every_answer_and_the_link_asks_again() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 2, &wave_file("")).await;
        let path = format!("/s/{}", invited[0].token);
        // The invitation alone remembers that answers were taken back: nobody is reminded of them.
        let all_but_the_invitations = async || {
            let mut tables = dump(&db).await;
            assert!(tables.remove("invitation").is_some());
            tables
        };
        let before = all_but_the_invitations().await;
        to_the_end(&site, &invited[0], 4).await;
        let ask = site.get(&format!("{path}/delete")).await;
        assert_eq!(site.press(&ask.form(), &[]).await.status, 200);
        assert_eq!(all_but_the_invitations().await, before);
        let withdrawn = "SELECT CAST(COUNT(*) AS TEXT) FROM invitation WHERE withdrawn_at IS NOT NULL AND response_id IS NULL \
                         AND finished_at IS NULL";
        assert_eq!(column(&db, withdrawn).await, ["1"]);
        assert_eq!(site.get(&path).await.form().question(), "overall");
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_a_closed_wave_revoked_and_invented_ones_look_the_same_and_save_nothing() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 3, &wave_file("")).await;
        let ways = |token: &str| ["", "?r=3", "/notice", "/delete"].map(|way| format!("/s/{token}{way}"));
        let invented = "AAAAAAAAAAAAAAAAAAAAAA";
        let expected: Vec<Reply> = {
            let mut replies = Vec::new();
            for path in ways(invented) {
                replies.push(site.get(&path).await.lasting());
            }
            replies
        };
        assert!(expected.iter().all(|reply| reply.status == 404 && reply.body == expected[0].body));
        let form = site.get(&format!("/s/{}", invited[0].token)).await.form();
        run(&db, &format!("UPDATE invitation_token SET revoked_at = (SELECT invited_at FROM invitation WHERE id = invitation_id)
              WHERE invitation_id {}", is(&db, invited[1].id)))
            .await;
        let looks_like_none = async |token: &str| {
            for (path, expected) in ways(token).iter().zip(&expected) {
                assert_eq!(site.get(path).await.lasting(), *expected, "{path}");
            }
        };
        looks_like_none(&invited[1].token).await;
        // Longer, shorter, an unsubscribe link's token, and bytes that are no text.
        for odd in [&invited[0].token[1..], &invited[0].stop, "x", "%FF%FE", "%00", "a%2Fb", &"A".repeat(3_000)] {
            assert_eq!(site.get(&format!("/s/{odd}")).await.lasting(), expected[0], "{odd}");
        }
        let closed: Result<bool, WaveError> =
            db.write(|tx| Box::pin(async move { wave::close(tx, "autumn", at(NOW)).await })).await;
        assert!(closed.unwrap());
        looks_like_none(&invited[0].token).await;
        let before = dump(&db).await;
        let late = site.press(&form, &[("v", "7")]).await;
        assert_eq!((late.status, &late.body), (404, &expected[0].body));
        assert_eq!(dump(&db).await, before);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_this_server_did_not_write_for_this_link_saves_nothing() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 2, &wave_file("")).await;
        let [mine, other] = [&invited[0], &invited[1]].map(|one| format!("/s/{}", one.token));
        let form = site.get(&mine).await.form();
        let before = dump(&db).await;
        let without: served::Fields =
            form.filled(&[("v", "7")]).into_iter().filter(|(name, _)| name != "n").collect();
        assert_eq!(site.post(&mine, &without).await.status, 403);
        assert_eq!(site.post(&other, &form.filled(&[("v", "7")])).await.status, 403);
        assert_eq!(site.post(&format!("{mine}/delete"), &form.filled(&[])).await.status, 403);
        assert_eq!(site.post(&format!("{mine}/stop"), &form.filled(&[])).await.status, 403);
        assert_eq!(dump(&db).await, before);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_never_fails_inside_the_server() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let path = format!("/s/{}", invited[0].token);
        let form = site.get(&path).await.form();
        let valid = served::encoded(&form.filled(&[("v", "7")]));
        let before = dump(&db).await;
        let large = [valid.as_bytes(), b"&x=", &vec![b'x'; 64 * 1024 + 1]].concat();
        assert_eq!(site.send("POST", &path, &[("Content-Type", FORM)], &large).await.status, 413);
        let longest = vec![b'a'; 64 * 1024];
        let bodies: [&[u8]; 12] = [
            b"",
            b"&&&&==",
            b"q=overall",
            b"q=%FF%FE&n=%C3%28&v=%00",
            b"\xff\xfe\x00\x01",
            b"q=nothing&n=x&v=1",
            b"q=overall&q=ideal&n=&n=&v=1&v=2",
            b"v=1e400",
            b"%",
            b"q=%E2%80%AEoverall&n=%0D%0ASet-Cookie: a=b",
            b"{\"q\":\"overall\"}",
            &longest,
        ];
        for ending in ["", "/delete", "/stop", "/ballot", "/notice", "/nothing"] {
            for body in bodies {
                for kind in [FORM, "multipart/form-data; boundary=x", "application/json", "text/plain"] {
                    let reply =
                        site.send("POST", &format!("{path}{ending}"), &[("Content-Type", kind)], body).await;
                    let text = String::from_utf8_lossy(body);
                    assert!((400..500).contains(&reply.status), "{ending} {kind} {text}: {}", reply.status);
                }
            }
        }
        // The right form with values that are none.
        for value in ["11", "-1", "7.5", "NaN", "inf", "1e400", "seven", "\u{0}", "\u{202e}7"] {
            let reply = site.press(&form, &[("v", value)]).await;
            assert!(reply.status == 422, "{value:?}: {}", reply.status);
        }
        for query in
            ["?l=%FF", "?q=%00", "?r=NaN", "?r=1e999", "?l=../x", "?q=overall&q=ideal", "?%", "?l=xx&r=-3"]
        {
            let status = site.get(&format!("{path}{query}")).await.status;
            assert!(status < 500, "{query}: {status}");
        }
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let status = site.send(method, &path, &[], b"").await.status;
            assert!((400..500).contains(&status), "{method}: {status}");
        }
        assert_eq!(dump(&db).await, before);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_links_of_the_score_row_end_in_one_answer_that_can_be_changed() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let before = dump(&db).await;
        let mut pages = Vec::new();
        for step in 1..=10 {
            pages.push(site.get(&format!("/s/{}?r={step}", invited[0].token)).await);
        }
        assert_eq!(dump(&db).await, before);
        for (page, step) in pages.iter().zip(1..) {
            let marked = format!("value=\"{step}\"");
            let current =
                page.body.split("<button").skip(1).find(|tag| tag.contains("aria-current")).unwrap();
            assert!(current.contains(&marked), "{current}");
            let form = page.form();
            let (name, value) = form.buttons.iter().rfind(|(name, _)| name == "v").unwrap();
            assert_eq!(site.press(&form, &[(name, value)]).await.status, 303);
        }
        assert_eq!(saved(&db, &invited[0]).await, [("overall".to_owned(), "10".to_owned())].into());
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_keeps_the_link_and_the_tapped_score_and_leaves_no_word_of_the_first() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let path = format!("/s/{}", invited[0].token);
        let page = site.get(&format!("{path}?r=4")).await;
        assert!(page.body.contains("<html lang=\"en\""));
        let chinese = page.links().into_iter().find(|link| link.contains("l=zh-Hans")).unwrap();
        assert!(chinese.starts_with(&path) && chinese.contains("r=4"), "{chinese}");
        let mut page = site.get(&chinese).await;
        let mut pages = 0;
        while page.body.contains("<progress") {
            assert_eq!(foreign_words(&page.body), Vec::<String>::new());
            page = tap(&site, &page, 8).await;
            pages += 1;
        }
        assert!(pages > 8, "{pages}");
        for (way, body) in [
            ("done", page.body),
            ("notice", site.get(&format!("{path}/notice?l=zh-Hans")).await.body),
            ("delete", site.get(&format!("{path}/delete?l=zh-Hans")).await.body),
            ("stop", site.get(&format!("{path}/stop?l=zh-Hans")).await.body),
            ("none", site.send("GET", "/s/none", &[("Accept-Language", "zh-CN,en;q=0.5")], b"").await.body),
        ] {
            assert!(body.contains("<html lang=\"zh-Hans\""), "{way}");
            assert_eq!(foreign_words(&body), Vec::<String>::new(), "{way}");
        }
        site.close().await;
    })
    .await;
}

/// Words in Latin letters that a reader of a Chinese page sees, but names and what is marked as another language.
fn foreign_words(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").unwrap().1;
    let mut words = Vec::new();
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let known = ["Kestrel", "Tools", "Guest", "Haoda", "guest", "haoda", "example"];
        let latin = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
        if !tag.contains("lang=\"en\"") {
            words.extend(latin.filter(|word| !known.contains(word)).map(str::to_owned));
        }
    }
    words
}

/// Lets no row into a table any more.
async fn shut(db: &Db, table: &str) {
    let statements = if matches!(db, Db::Sqlite { .. }) {
        vec![format!(
            "CREATE TRIGGER shut BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )]
    } else {
        vec![
            "CREATE FUNCTION shut() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
                .to_owned(),
            format!("CREATE TRIGGER shut BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION shut()"),
        ]
    };
    for sql in statements {
        run(db, &sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_stored_is_still_in_its_form_as_it_was_sent() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let form = site.get(&format!("/s/{}", invited[0].token)).await.form();
        shut(&db, "answer").await;
        let reply = site.press(&form, &[("v", "7")]).await;
        assert_eq!(reply.status, 503);
        assert!(reply.body.contains("Your answer is still on this page"), "{}", reply.body);
        assert_eq!((reply.form().question(), reply.form().action), (form.question(), form.action.clone()));
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_known_of_a_link_no_page_says_that_its_answer_is_still_there() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 1, &wave_file("")).await;
        let path = format!("/s/{}", invited[0].token);
        let form = site.get(&path).await.form();
        let body = served::encoded(&form.filled(&[("v", "7")]));
        db.close().await;
        let languages = [("en", "what you sent just now may not be"), ("zh-CN", "刚才提交的可能没有保存")];
        for (language, words) in languages {
            for (method, sent) in [("GET", ""), ("POST", body.as_str())] {
                let headers = [("Accept-Language", language), ("Content-Type", FORM)];
                let reply = site.send(method, &path, &headers, sent.as_bytes()).await;
                assert_eq!((reply.status, reply.header("retry-after")), (503, "5"));
                assert!(reply.body.contains(words), "{}", reply.body);
                assert!(!reply.body.contains("still on") && !reply.body.contains("还在本页"));
                assert_eq!(reply.links(), [path.as_str()]);
            }
        }
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_that_closes_at_midnight_is_open_until_the_day_before() {
    each_backend(async |db| {
        let file = wave_file("");
        let from = file.find("closes = \"").unwrap() + 10;
        let to = from + file[from..].find('"').unwrap();
        let file = format!("{}2026-12-15T00:00{}", &file[..from], &file[to..]);
        let (_desk, site, invited) = open(&db, 1, &file).await;
        let (last, _) = to_the_end(&site, &invited[0], 7).await;
        assert!(last.body.contains("14\u{A0}December\u{A0}2026"), "{}", last.body);
        site.close().await;
    })
    .await;
}
