//! A real browser answers on a phone: with the keyboard alone, and by taps with script off; one that only opens links
//! changes nothing.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]
#![expect(clippy::format_push_string, reason = "a test needs no faster text")]

#[path = "support/chromium.rs"]
mod chromium;
#[path = "support/driven.rs"]
mod driven;
#[path = "support/fielded.rs"]
mod fielded;
#[path = "support/import_desk.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod import_desk;
#[path = "support/person.rs"]
mod person;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod served;

use std::collections::{BTreeMap, BTreeSet};

use cam::clock::Clock;
use cam::import::Kind;
use cam::mail::Received;
use cam::store::Db;
use cam::survey::{self, Answers};
use cam::wave::{Launch, WaveFile};
use cam::web::Limits;
use chromium::chromium;
use driven::{Browser, PHONE};
use fielded::{NOW, at, keys, launch, launch_of, outbox, send_until, sink, states, wave_file};
use import_desk::Desk;
use person::{Hand, Person, Plan, Say};
use serde_json::json;
use served::{Invited, Site, column, dump, invited};
use tempfile::TempDir;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\nlanguage = \"language\"\n\
     timezone = \"zone\"\n";

/// The survey with a question of every kind.
const EVERY_KIND: &str = include_str!("support/answering.toml");

/// A launched wave on a fresh database, its service and its invited people.
struct Field {
    _desk: Desk,
    _folder: TempDir,
    db: Db,
    site: Site,
    invited: Vec<Invited>,
}

impl Field {
    async fn open(people: usize, wave: Launch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let desk = Desk::open(db.clone()).await;
        desk.import(Kind::Accounts, "no,name\nA1,Haoda\n", ACCOUNTS).await.unwrap();
        let mut rows = String::from("no,account,name,email,language,zone\n");
        for number in 0..people {
            rows.push_str(&format!(
                "C{number},A1,Guest {number},guest{number:02}@haoda.example,en,Asia/Shanghai\n"
            ));
        }
        desk.import(Kind::Contacts, rows, CONTACTS).await.unwrap();
        launch(&db, wave, at(NOW)).await.unwrap();
        let site = Site::open(&db, keys(), Clock::moving(at(NOW)), Limits::default()).await;
        let invited = invited(&db, &keys(), "autumn").await;
        assert_eq!(invited.len(), people);
        Self { _desk: desk, _folder: folder, db, site, invited }
    }

    /// The shipped customer survey, and the place of somebody whose block asks about other suppliers.
    async fn customers() -> (Self, usize) {
        let field = Self::open(24, launch_of(&wave_file(""))).await;
        let text = survey::shipped("customer_satisfaction").unwrap();
        let survey = survey::parse("survey.toml", text).unwrap();
        let asked = |one: &Invited| {
            let route = survey.route(&Answers::new(), &one.id.to_string());
            route.into_iter().any(|at| survey.items[at].key == "other_supplier")
        };
        let one = field.invited.iter().position(asked).unwrap();
        (field, one)
    }

    async fn every_kind() -> Self {
        let text = wave_file("").replace("customer_satisfaction", "answering");
        let notice = text.split_once("[notice.en]").unwrap().1.split("[notice").next().unwrap();
        let file = WaveFile::parse("wave.toml", &format!("{text}[notice.ar]{notice}")).unwrap();
        let words = "{ en = \"w\", zh-Hans = \"w\", ar = \"w\" }";
        let mails = ["invitation", "reminder", "thanks"]
            .map(|kind| format!("[mail.{kind}]\nsubject = {words}\nbody = {words}\n"));
        let survey_text = format!("{EVERY_KIND}\n{}", mails.concat());
        let survey = survey::parse("answering.toml", &survey_text).unwrap();
        let wave = Launch { file, survey, survey_text, ..launch_of(&wave_file("")) };
        Self::open(1, wave).await
    }

    fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.site.address)
    }

    /// Every answer of everybody as `item=value`.
    async fn saved(&self) -> BTreeMap<String, String> {
        let sql = "SELECT item_key || '=' || CASE WHEN number IS NULL THEN COALESCE(choice, text, '') ELSE printf('%g', number) END
                     FROM answer";
        let rows = column(&self.db, sql).await;
        let pairs = rows.iter().map(|row| row.split_once('=').unwrap());
        let saved: BTreeMap<_, _> = pairs.map(|(item, value)| (item.into(), value.into())).collect();
        assert_eq!(saved.len(), rows.len());
        saved
    }

    async fn finished(&self) -> Vec<String> {
        let sql = "SELECT COALESCE(contact.email, '') FROM invitation JOIN contact ON contact.id = invitation.contact_id
                    WHERE finished_at IS NOT NULL";
        column(&self.db, sql).await
    }
}

/// `overall` is first said to be 8 and then 6.
const CUSTOMER: Plan = Plan {
    says: &[
        ("overall", Say::Tile("8"), "6"),
        ("expected", Say::Tile("1"), "1"),
        ("ideal", Say::Tile("10"), "10"),
        ("product_fit", Say::Tile("2"), "2"),
        ("communication_clear", Say::Tile("9"), "9"),
        ("sales_help", Say::Tile("5"), "5"),
        ("channel_easy", Say::Tile("4"), "4"),
        ("delivery_service", Say::Tile("7"), "7"),
        ("price_fair", Say::Tile("3"), "3"),
        ("other_supplier", Say::Tile("some"), "some"),
        ("other_satisfaction", Say::Tile("8"), "8"),
        ("recommend", Say::Tile("0"), "0"),
        ("buy_again", Say::Tile("6"), "6"),
    ],
    back_at: "expected",
    instead: "6",
    language_at: "product_fit",
};

/// `close` is first said to be 2 and then 5.
const KINDS: Plan = Plan {
    says: &[
        ("recommend", Say::Tile("10"), "10"),
        ("overall", Say::Tile("7"), "7"),
        ("close", Say::Tile("2"), "5"),
        ("ordering", Say::Tile("4"), "4"),
        ("delivery", Say::Tile("1"), "1"),
        ("improve", Say::Tile("parts"), "parts"),
        ("used", Say::Several(&["shop", "visit"]), "[\"shop\",\"visit\"]"),
        (
            "order",
            Say::Order(&["price", "date", "advice", "parts"]),
            "[\"price\",\"date\",\"advice\",\"parts\"]",
        ),
        ("since", Say::Day(["2019", "3", "1"]), "2019-03-01"),
        ("machines", Say::Text("12.5"), "12.5"),
        ("word", Say::Text("Reliable"), "Reliable"),
        ("words", Say::Text("Tell us early.\nThen keep it."), "Tell us early.\nThen keep it."),
    ],
    back_at: "ordering",
    instead: "5",
    language_at: "improve",
};

/// Answers a survey, and looks for exactly the chosen answers in the database.
async fn answers(field: &Field, one: usize, person: &mut Person, plan: &Plan) {
    let (started, before) = (std::time::Instant::now(), (person.pages, person.controls));
    person.browser.visit(&field.address(&format!("/s/{}", field.invited[one].token)));
    let screen = person.browser.look("[innerWidth, innerHeight]");
    assert_eq!(screen, json!([PHONE.0, PHONE.1]));
    let seen = person.answer(plan);
    assert_eq!(seen.len(), plan.says.len(), "{seen:?}");
    assert_eq!(field.saved().await, plan.stored());
    assert_eq!(field.finished().await, [field.invited[one].person.clone()]);
    assert_eq!(person.browser.look("document.querySelectorAll('dl.row > div').length"), plan.says.len());
    assert!(person.faults.is_empty(), "{}", person.faults.join("\n"));
    eprintln!(
        "{} questions answered on {} pages with {} controls in {:.1} s",
        seen.len(),
        person.pages - before.0,
        person.controls - before.1,
        started.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_answers_every_question_and_every_focused_control_is_seen() {
    let Some(chromium) = chromium() else { return };
    let (field, one) = Field::customers().await;
    let mut person = Person::new(Browser::open(&chromium), Hand::Keys);
    answers(&field, one, &mut person, &CUSTOMER).await;
    field.site.close().await;
    let field = Field::every_kind().await;
    answers(&field, 0, &mut person, &KINDS).await;
    field.site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taps_answer_every_question_with_script_off() {
    let Some(chromium) = chromium() else { return };
    let (field, one) = Field::customers().await;
    let mut browser = Browser::open(&chromium);
    browser.script_off();
    browser.visit("data:text/html,<title>off</title><script>document.title='on'</script>");
    assert_eq!(browser.look("document.title"), "off");
    let mut person = Person::new(browser, Hand::Taps);
    answers(&field, one, &mut person, &CUSTOMER).await;
    field.site.close().await;
    let field = Field::every_kind().await;
    answers(&field, 0, &mut person, &KINDS).await;
    field.site.close().await;
}

/// Paths of all links of a mail: of its texts and of its header for unsubscribing.
fn links(mail: &Received) -> BTreeSet<String> {
    let parsed = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
    let header = parsed.header_raw("List-Unsubscribe").unwrap();
    let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
    let all = format!("{header}\n{text}\n{html}");
    let ends = |c: char| c.is_whitespace() || "\"<>'".contains(c);
    let found = all.split("https://s.kestrel.example").skip(1);
    found.map(|piece| piece.split(ends).next().unwrap().replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// Opens links in a browser, and every link of every page that they lead to, and returns what was opened.
fn open_all(browser: &mut Browser, site: &str, mut waiting: BTreeSet<String>) -> BTreeSet<String> {
    let mut opened = BTreeSet::new();
    while let Some(path) = waiting.pop_first() {
        if !opened.insert(path.clone()) {
            continue;
        }
        browser.visit(&format!("{site}{path}"));
        assert_eq!(
            browser.look("performance.getEntriesByType('navigation')[0].responseStatus"),
            200,
            "{path}"
        );
        let found = browser.look("[...document.links].map((link) => link.href.split('#')[0])");
        let found = found.as_array().unwrap().iter().map(|link| link.as_str().unwrap());
        waiting.extend(found.filter_map(|link| link.strip_prefix(site)).map(str::to_owned));
    }
    opened
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_runs_scripts_and_opens_every_link_of_every_page_changes_nothing() {
    let Some(chromium) = chromium() else { return };
    let field = Field::open(3, launch_of(&wave_file(""))).await;
    let sink = sink();
    let port = sink.start().await.unwrap().port();
    send_until(outbox(&field.db, port, Clock::moving(at(NOW)), 2), async || {
        sink.count() == 3 && states(&field.db).await.get("sent") == Some(&3)
    })
    .await;
    // One has not begun, one is on the way, one has come to the last page.
    for (one, questions) in [(1, 3), (2, 30)] {
        let path = format!("/s/{}", field.invited[one].token);
        for _ in 0..questions {
            let page = field.site.get(&path).await;
            if page.body.contains("<progress") {
                let form = page.form();
                let (name, value) = form.buttons.iter().rfind(|(name, _)| name == "v").unwrap();
                assert_eq!(field.site.press(&form, &[(name, value)]).await.status, 303);
            }
        }
    }
    let before = dump(&field.db).await;
    assert_eq!((before["answer"].len() > 12, field.finished().await.len()), (true, 1));
    let paths: BTreeSet<String> = sink.mails().iter().flat_map(links).collect();
    for one in &field.invited {
        for path in [format!("/s/{}?r=7", one.token), format!("/u/{}", one.stop)] {
            assert!(paths.iter().any(|link| link.starts_with(&path)), "{path}: {paths:?}");
        }
    }
    let mut browser = Browser::open(&chromium);
    browser.visit("data:text/html,<title>off</title><script>document.title='on'</script>");
    assert_eq!(browser.look("document.title"), "on");
    let opened = open_all(&mut browser, &field.address(""), paths.clone());
    for way in ["/notice", "/stop", "/delete", "?q=overall", "l=zh-Hans"] {
        assert!(opened.iter().any(|path| path.contains(way)), "{way}: {opened:?}");
    }
    assert_eq!(dump(&field.db).await, before);
    eprintln!("{} links of 3 mails led to {} pages; no row of any table changed", paths.len(), opened.len());
    field.site.close().await;
}

#[test]
fn a_control_without_a_ring_one_outside_the_screen_and_one_under_another_are_found() {
    let Some(chromium) = chromium() else { return };
    let mut browser = Browser::open(&chromium);
    let page = |style: &str| {
        format!(
            "data:text/html,<!doctype html><meta name=viewport content=width=device-width>\
             <style>:focus{{outline:3px solid}}{style}</style><button>a</button>"
        )
    };
    for (style, faults) in [
        ("", &[][..]),
        ("button:focus{outline:0}", &["not ringed"]),
        ("button{position:fixed;top:-90px}", &["not inside"]),
        ("button{position:fixed;left:355px}", &["not inside"]),
    ] {
        browser.visit(&page(style));
        let mut person = Person::new(browser, Hand::Keys);
        assert_eq!(person.tab(false, "button")["wanted"], true);
        let found: Vec<_> = person.faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
        assert_eq!(found, faults, "{style}");
        browser = person.browser;
    }
    browser.visit(&page("body::after{content:'';position:fixed;inset:0}"));
    let mut person = Person::new(browser, Hand::Taps);
    person.choose("button", None);
    assert_eq!(person.faults, ["a finger misses button"]);
}
