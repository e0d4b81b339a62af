//! Links in real mails: programs that open all of them change nothing, one click ends all mails, logs stay silent.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::format_push_string, reason = "a test needs no faster text")]

#[path = "support/chromium.rs"]
mod chromium;
#[path = "support/fielded.rs"]
mod fielded;
#[path = "support/import_desk.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod import_desk;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod served;
mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use cam::clock::Clock;
use cam::import::Kind;
use cam::mail::Received;
use cam::store::Db;

use cam::web::Limits;
use chromium::chromium;
use fielded::{NOW, at, keys, launch, launch_of, outbox, send_until, sink, states, wave_file};
use import_desk::Desk;
use served::{FORM, Site, column, dump, invited, send};
use support::each_backend;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\nlanguage = \"language\"\n\
     timezone = \"zone\"\n";

async fn open(db: &Db, people: usize) -> (Desk, Site) {
    let desk = Desk::open(db.clone()).await;
    desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
    let mut rows = String::from("no,account,name,email,language,zone\n");
    for number in 0..people {
        let language = ["en", "zh-Hans"][number % 2];
        rows.push_str(&format!(
            "C{number},A1,G{number},guest{number:02}@haoda.example,{language},Asia/Shanghai\n"
        ));
    }
    desk.import(Kind::Contacts, rows, CONTACTS).await.unwrap();
    launch(db, launch_of(&wave_file("")), at(NOW)).await.unwrap();
    (desk, Site::open(db, keys(), Clock::moving(at(NOW)), Limits::default()).await)
}

/// Paths of all links of a mail: of its texts and of its header for unsubscribing.
fn links(mail: &Received) -> BTreeSet<String> {
    let parsed = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
    let header = parsed.header_raw("List-Unsubscribe").unwrap();
    let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
    let all = format!("{header}\n{text}\n{html}");
    let found = all.split("https://s.kestrel.example").skip(1);
    found
        .map(|piece| {
            piece.split(|c: char| c.is_whitespace() || "\"<>'".contains(c)).next().unwrap().to_owned()
        })
        .map(|path| path.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_opens_every_link_of_every_mail_changes_nothing() {
    each_backend(async |db| {
        let (_desk, site) = open(&db, 2).await;
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || {
            sink.count() == 2 && states(&db).await.get("sent") == Some(&2)
        })
        .await;
        let mut paths: BTreeSet<String> = sink.mails().iter().flat_map(links).collect();
        assert!(paths.iter().filter(|path| path.contains("r=")).count() >= 20, "{paths:?}");
        assert!(paths.iter().any(|path| path.starts_with("/u/")), "{paths:?}");
        // What is behind the mail's links, and scores that the mail does not offer.
        for one in invited(&db, &keys(), "autumn").await {
            let ways = ["notice", "delete", "stop"].map(|way| format!("/s/{}/{way}", one.token));
            paths.extend(ways.into_iter().chain((0..=11).map(|step| format!("/s/{}?r={step}", one.token))));
        }
        let before = dump(&db).await;
        let (mut opened, mut waiting) = (BTreeSet::new(), paths.clone());
        while let Some(path) = waiting.pop_first() {
            if !opened.insert(path.clone()) {
                continue;
            }
            for method in ["HEAD", "GET"] {
                let reply = site.send(method, &path, &[], b"").await;
                assert_eq!(reply.status, 200, "{method} {path}");
                let next = reply.links().into_iter().chain(reply.headers.get("location").cloned());
                waiting.extend(next.filter(|path| path.starts_with('/')));
            }
        }
        assert!(opened.len() > paths.len());
        assert_eq!(dump(&db).await, before);
        if let (Some(chromium), Db::Sqlite { .. }) = (chromium(), &db) {
            let folder = tempfile::tempdir().unwrap();
            let one = &invited(&db, &keys(), "autumn").await[0];
            let answer = format!("/s/{}", one.token);
            let ways =
                [&answer, &format!("{answer}?r=7"), &format!("{answer}/delete"), &format!("/u/{}", one.stop)];
            for path in ways {
                let mut browser = std::process::Command::new(&chromium);
                browser
                    .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
                    .args(["--disable-background-networking", "--virtual-time-budget=3000", "--dump-dom"])
                    .arg(format!("--user-data-dir={}", folder.path().display()))
                    .arg(format!("http://{}{path}", site.address));
                let output = tokio::task::spawn_blocking(move || browser.output()).await.unwrap().unwrap();
                assert!(String::from_utf8_lossy(&output.stdout).contains("<form"), "{path}");
            }
            assert_eq!(dump(&db).await, before);
        }
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_ends_all_mails_to_a_person_in_either_form_and_again_and_again() {
    each_backend(async |db| {
        let (_desk, site) = open(&db, 3).await;
        let next = wave_file("cap_days = 0").replace("autumn", "winter");
        launch(&db, launch_of(&next), at(NOW)).await.unwrap();
        let invited = invited(&db, &keys(), "autumn").await;
        let page = site.get(&format!("/u/{}", invited[0].stop)).await;
        assert!(page.body.contains("guest00@haoda.example"));
        let multipart =
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        let ways: [(usize, &str, &str); 4] = [
            (1, FORM, "List-Unsubscribe=One-Click"),
            (2, "multipart/form-data; boundary=x", multipart),
            (2, "multipart/form-data; boundary=x", multipart),
            (1, FORM, "List-Unsubscribe=One-Click"),
        ];
        let mut after = Vec::new();
        for (person, kind, body) in ways {
            let path = format!("/u/{}", invited[person].stop);
            let reply = site.send("POST", &path, &[("Content-Type", kind)], body.as_bytes()).await;
            assert_eq!(reply.status, 200, "{kind}");
            assert_eq!((reply.header("set-cookie"), reply.header("location")), ("", ""));
            after.push(dump(&db).await);
        }
        assert_eq!(after[1], after[2]);
        assert_eq!(after[1], after[3]);
        // The button of the page does the same.
        assert_eq!(site.press(&page.form(), &[]).await.status, 200);
        let sql = "SELECT fielding.key || ' ' || delivery.state FROM delivery
                     JOIN fielding ON fielding.wave_id = delivery.wave_id ORDER BY 1";
        let cancelled = ["autumn", "autumn", "autumn", "winter", "winter", "winter"];
        assert_eq!(column(&db, sql).await, cancelled.map(|wave| format!("{wave} cancelled")));
        let third = next.replace("winter", "spring");
        let refused = launch(&db, launch_of(&third), at(NOW)).await.unwrap_err().to_string();
        assert!(
            refused.contains("nobody would be invited (3 bounced for good, or wants no mails)"),
            "{refused}"
        );
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_counts_in_every_spelling_of_its_form_and_in_no_other_field() {
    each_backend(async |db| {
        let (_desk, site) = open(&db, 5).await;
        let invited = invited(&db, &keys(), "autumn").await;
        let quoted = "--a b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name=List-Unsubscribe\r\n\r\n\
                      One-Click\r\n--a b--\r\n";
        let part = "multipart/form-data; boundary=x";
        let kinds = [
            (0, FORM, "List%2DUnsubscribe=One%2DClick"),
            (1, "application/x-www-form-urlencoded; charset=utf-8", "a=b&%4cist-Unsubscribe=One-Click&"),
            (2, "Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", quoted),
        ];
        for (person, kind, body) in kinds {
            let path = format!("/u/{}", invited[person].stop);
            let reply = site.send("POST", &path, &[("Content-Type", kind)], body.as_bytes()).await;
            assert_eq!(reply.status, 200, "{kind} {body}");
        }
        let before = dump(&db).await;
        let others = [
            (FORM, "x=List-Unsubscribe%3DOne-Click"),
            (FORM, "List-Unsubscribe=One-Clicks"),
            (part, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nOne-Click\r\n--x--\r\n"),
            (part, "List-Unsubscribe=One-Click"),
        ];
        for (kind, body) in others {
            let path = format!("/u/{}", invited[3].stop);
            let reply = site.send("POST", &path, &[("Content-Type", kind)], body.as_bytes()).await;
            assert_eq!(reply.status, 403, "{kind} {body}");
        }
        assert_eq!(dump(&db).await, before);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_could_not_be_stopped_are_spoken_of_as_mails_and_the_way_back_leads_to_their_page() {
    each_backend(async |db| {
        let (_desk, site) = open(&db, 1).await;
        let one = &invited(&db, &keys(), "autumn").await[0];
        let paths = [format!("/u/{}", one.stop), format!("/s/{}/stop", one.token)];
        let languages = [("en", "We could not stop the mails just now."), ("zh-CN", "刚才没能停止邮件。")];
        let tried = async |status: u16| {
            for path in &paths {
                for (language, words) in languages {
                    let headers = [("Accept-Language", language), ("Content-Type", FORM)];
                    let reply = site.send("POST", path, &headers, b"n=old").await;
                    assert_eq!(reply.status, status, "{path}");
                    assert!(reply.body.contains(words), "{}", reply.body);
                    assert_eq!(reply.links(), [path.as_str()]);
                }
            }
        };
        tried(403).await;
        // The way back leads to a page that is there.
        for path in &paths {
            assert_eq!(site.get(path).await.status, 200);
        }
        db.close().await;
        tried(503).await;
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_taken_a_second_after_its_reader_has_stopped_them() {
    each_backend(async |db| {
        const PEOPLE: usize = 60;
        let (_desk, site) = open(&db, PEOPLE).await;
        let invited = invited(&db, &keys(), "autumn").await;
        // A relay that takes its time, so that clicks fall before, amid and after the sending.
        let sink = cam::mail::Sink::new(Arc::new(|_: &str| None), Duration::from_millis(50));
        let port = sink.start().await.unwrap().port();
        let count = |person: &str| sink.mails().iter().filter(|mail| mail.to == person).count();
        let clicking = async {
            let mut stopped = Vec::new();
            for one in invited.iter().rev().step_by(2) {
                let path = format!("/u/{}", one.stop);
                let reply =
                    site.send("POST", &path, &[("Content-Type", FORM)], b"List-Unsubscribe=One-Click").await;
                assert_eq!(reply.status, 200);
                stopped.push((one, Instant::now()));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let mut at_a_second = Vec::new();
            for (one, since) in stopped {
                tokio::time::sleep(Duration::from_secs(1).saturating_sub(since.elapsed())).await;
                at_a_second.push((one, count(&one.person)));
            }
            at_a_second
        };
        let sending = send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || {
            let states = states(&db).await;
            states.keys().all(|state| state == "sent" || state == "cancelled")
        });
        let (at_a_second, _) = tokio::join!(clicking, sending);
        let sent = at_a_second.iter().filter(|(_, count)| *count == 1).count();
        assert!(sent < at_a_second.len(), "no click was early enough to matter");
        for (one, count_then) in at_a_second {
            assert_eq!(count(&one.person), count_then, "{}", one.person);
        }
        let states = states(&db).await;
        assert_eq!(i64::try_from(sink.count()).unwrap(), states["sent"]);
        site.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_carries_the_headers_that_keep_it_private_and_no_cookie() {
    each_backend(async |db| {
        let (_desk, site) = open(&db, 1).await;
        let one = &invited(&db, &keys(), "autumn").await[0];
        let answer = format!("/s/{}", one.token);
        let large = vec![b'x'; 70_000];
        let form = site.get(&answer).await.form();
        let requests: [(&str, &str, &[u8], u16); 10] = [
            ("GET", &answer, b"", 200),
            ("GET", "/s/none", b"", 404),
            ("GET", "/", b"", 404),
            ("GET", "/health", b"", 200),
            ("GET", "/ready", b"", 200),
            ("POST", &answer, b"q=overall", 403),
            ("POST", &answer, &large, 413),
            ("PUT", &answer, b"", 404),
            ("GET", "/s/%FF", b"", 404),
            ("POST", "/u/none", b"List-Unsubscribe=One-Click", 404),
        ];
        let saved = site.press(&form, &[("v", "3")]).await;
        assert_eq!(saved.status, 303);
        let mut replies = vec![saved];
        for (method, path, body, status) in requests {
            let reply = site.send(method, path, &[("Content-Type", FORM)], body).await;
            assert_eq!(reply.status, status, "{method} {path}");
            replies.push(reply);
        }
        for reply in replies {
            for (name, value) in [
                ("cache-control", "no-store"),
                ("referrer-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("x-robots-tag", "noindex, nofollow"),
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
                ("set-cookie", ""),
            ] {
                assert_eq!(reply.header(name), value, "{} {name}", reply.status);
            }
            let policy = reply.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(reply.header("x-request-id").len(), 32);
        }
        site.close().await;
    })
    .await;
}

/// What this process has logged.
static LOGGED: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();

struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_leaves_no_address_no_token_and_no_answer_in_the_log() {
    let logged = LOGGED.get_or_init(|| {
        let all = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&all);
        // As `cam serve` logs, but everything that it could be made to say.
        tracing_subscriber::fmt()
            .json()
            .with_env_filter("trace,sqlx=warn,lettre=warn,hyper=warn")
            .with_writer(move || Log(Arc::clone(&writer)))
            .init();
        all
    });
    each_backend(async |db| {
        let (_desk, site) = open(&db, 2).await;
        let sink = sink();
        let port = sink.start().await.unwrap().port();
        send_until(outbox(&db, port, Clock::moving(at(NOW)), 2), async || {
            states(&db).await.get("sent") == Some(&2)
        })
        .await;
        let one = invited(&db, &keys(), "autumn").await.remove(0);
        let path = format!("/s/{}", one.token);
        let mut page = site.get(&path).await;
        while page.body.contains("<progress") {
            let form = page.form();
            let (name, value) = form.buttons.iter().rfind(|(name, _)| name == "v").unwrap();
            page = site.get(site.press(&form, &[(name, value)]).await.header("location")).await;
        }
        site.post(&path, &vec![("q".into(), "overall".into()), ("v".into(), "plainly-wrong".into())]).await;
        for way in ["notice", "delete", "stop", "ballot", "nothing"] {
            site.get(&format!("{path}/{way}")).await;
        }
        site.send("POST", &format!("/u/{}", one.stop), &[], b"List-Unsubscribe=One-Click").await;
        // A request that fails inside: the database is gone.
        db.close().await;
        assert_eq!(site.get(&path).await.status, 503);
        assert_eq!(site.get("/ready").await.status, 503);
        assert_eq!(send(site.address, b"GET / HTTP/1.1\r\nbroken\r\n\r\n").await.unwrap().status, 400);
        let log = String::from_utf8_lossy(&logged.lock().unwrap()).into_owned();
        assert!(log.contains("\"answered\"") && log.contains("\"a request failed\""), "{log}");
        let secrets = [
            one.person.as_str(),
            "haoda.example",
            &one.token,
            &one.stop,
            "plainly-wrong",
            "?r=",
            "q=overall",
        ];
        for secret in secrets {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
        site.close().await;
    })
    .await;
}
