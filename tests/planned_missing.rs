//! What a survey's design leaves out, from the answering pages to the report and the board: it is not silence.

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

use std::collections::BTreeSet;

use cam::analysis::{self, Analysis, Question};
use cam::clock::Clock;
use cam::dataset::Exclude;
use cam::import::Kind;
use cam::store::Db;
use cam::wave::{self, Launch};
use cam::web::Limits;
use fielded::{NOW, at, keys, launch, launch_of, wave_file};
use import_desk::Desk;
use served::{Invited, Site, invited};
use support::each_backend;

const ACCOUNTS: &str =
    "kind = \"accounts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\nname = \"name\"\n";

const CONTACTS: &str = "kind = \"contacts\"\n[fields]\nkey = { column = \"no\", scheme = \"crm\" }\n\
     account = { column = \"account\", scheme = \"crm\" }\nname = \"name\"\nemail = \"email\"\n";

/// Eight questions, of which nobody is asked more than six: two only of who complained, and one of two pairs.
const QUESTIONS: &str = r#"
id = "customer_satisfaction"
version = 9
languages = ["en", "zh-Hans"]
title = { en = "T", zh-Hans = "T" }
scale = [{ key = "ten", low = 1, high = 10 }]
construct = [
  { key = "satisfaction", role = "satisfaction", name = { en = "S", zh-Hans = "S" } },
  { key = "parts", role = "driver", name = { en = "P", zh-Hans = "P" } },
  { key = "gifts", role = "driver", name = { en = "G", zh-Hans = "G" } },
]
rotate = [{ key = "turn", take = 1, blocks = [["parts_a", "parts_b"], ["gifts_a", "gifts_b"]] }]
[[item]]
key = "complained"
kind = "single_choice"
text = { en = "?", zh-Hans = "?" }
options = [
  { key = "yes", text = { en = "yes", zh-Hans = "yes" } },
  { key = "no", text = { en = "no", zh-Hans = "no" } },
]
[mail.invitation]
subject = { en = "T", zh-Hans = "T" }
body = { en = "T", zh-Hans = "T" }
[mail.reminder]
subject = { en = "T", zh-Hans = "T" }
body = { en = "T", zh-Hans = "T" }
"#;

fn survey() -> String {
    let rating = |key: &str, construct: &str, when: &str| {
        format!(
            "[[item]]\nkey = \"{key}\"\nconstruct = \"{construct}\"\nkind = \"rating\"\nscale = \"ten\"\n{when}\
             text = {{ en = \"?\", zh-Hans = \"?\" }}\n"
        )
    };
    let when = "when = \"complained = 'yes'\"\n";
    let mut items = rating("overall", "satisfaction", "");
    let (choice, mails) = QUESTIONS.split_once("[mail.invitation]").unwrap();
    let (head, choice) = choice.split_once("[[item]]").unwrap();
    items.push_str(&format!("[[item]]{choice}"));
    for (key, construct, when) in [
        ("handled_fast", "satisfaction", when),
        ("handled_fair", "satisfaction", when),
        ("parts_a", "parts", ""),
        ("parts_b", "parts", ""),
        ("gifts_a", "gifts", ""),
        ("gifts_b", "gifts", ""),
    ] {
        items.push_str(&rating(key, construct, when));
    }
    format!("{head}{items}[mail.invitation]{mails}")
}

/// A launched wave to contacts of an account each.
async fn open(db: &Db, people: usize) -> (Desk, Site, Vec<Invited>) {
    let desk = Desk::open(db.clone()).await;
    let mut accounts = String::from("no,name\n");
    let mut contacts = String::from("no,account,name,email\n");
    for number in 0..people {
        accounts.push_str(&format!("A{number},Account {number}\n"));
        contacts.push_str(&format!("C{number},A{number},Guest,guest{number:02}@haoda.example\n"));
    }
    desk.import(Kind::Accounts, accounts, ACCOUNTS).await.unwrap();
    desk.import(Kind::Contacts, contacts, CONTACTS).await.unwrap();
    let text = survey();
    let survey = cam::survey::parse("survey.toml", &text).unwrap();
    launch(db, Launch { survey, survey_text: text, ..launch_of(&wave_file("")) }, at(NOW)).await.unwrap();
    let site = Site::open(db, keys(), Clock::moving(at(NOW)), Limits::default()).await;
    let invited = invited(db, &keys(), "autumn").await;
    (desk, site, invited)
}

/// Answers at most `most` questions as `say` wants, an empty word passing over, and returns the questions seen.
async fn answer(
    site: &Site,
    one: &Invited,
    most: usize,
    say: impl Fn(&str) -> &'static str,
) -> BTreeSet<String> {
    let mut page = site.get(&format!("/s/{}", one.token)).await;
    let mut seen = BTreeSet::new();
    while page.body.contains("<progress") && seen.len() < most {
        let form = page.form();
        let value = say(form.question());
        let button = if value.is_empty() { ("skip", "1") } else { ("v", value) };
        assert!(seen.insert(form.question().to_owned()), "asked twice: {}", form.question());
        let reply = site.press(&form, &[button]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        page = site.get(reply.header("location")).await;
    }
    seen
}

async fn analyse(db: &Db, drivers: &str) -> Analysis {
    let question = format!(
        "survey = \"customer_satisfaction\"\n[outcome]\nwindow_months = 12\nmoney = \"margin\"\n\
         retention = {{ kind = \"contractual\" }}\n{drivers}"
    );
    let question = Question::parse("analysis.toml", &question).unwrap();
    analysis::run(db, question, "2026Q4".parse().unwrap()).await.unwrap()
}

/// Six did not complain: of their index one question was asked, and answered. One complained and was asked three, of
/// which two were passed over; one answered all three with 8, 1 and 1.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_counts_what_was_asked_from_the_answers_of_a_fielded_wave() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 8).await;
        let mut asked_parts = 0;
        for (number, one) in invited.iter().enumerate() {
            let seen = answer(&site, one, 9, |question| match question {
                "complained" if number < 6 => "no",
                "complained" => "yes",
                "handled_fast" | "handled_fair" if number == 6 => "",
                "handled_fast" | "handled_fair" => "1",
                _ => "8",
            })
            .await;
            assert_eq!(seen.len(), if number < 6 { 4 } else { 6 }, "{seen:?}");
            asked_parts += usize::from(number != 6 && seen.contains("parts_a"));
        }
        let found = analyse(&db, "").await;
        let reasons: Vec<_> = found.data.exclusions.iter().map(|one| (one.reason, one.count)).collect();
        assert_eq!(reasons, [(Exclude::NoSatisfaction, 1), (Exclude::NotInLedger, 7)]);
        // (6 * 700 / 9 + 700 / 27) / 7
        assert!((found.today.value - 1_900.0 / 27.0).abs() < 1e-9, "{}", found.today.value);
        assert_eq!((found.today.n, found.data.responses_in), (7, 8));
        // Nobody is asked about both drivers.
        assert_eq!((found.drivers.n, found.drivers.n_not_asked, found.drivers.n_available), (0, 7, 7));
        assert_eq!(found.drivers.refusal.unwrap().code, "E_NOT_ASKED");
        assert!(found.warnings.iter().all(|notice| notice.code != "W_ASKED_UNKNOWN"));
        let parts = analyse(&db, "[drivers]\nconstructs = [\"parts\"]\n").await.drivers;
        assert_eq!((parts.n, parts.n_not_asked), (asked_parts, 7 - asked_parts));
        site.close().await;
    })
    .await;
}

/// After "no" to the second question four are asked in all: two answers are half of them, and a quarter of the survey.
#[tokio::test(flavor = "multi_thread")]
async fn the_board_counts_half_of_what_was_asked_and_not_of_the_survey() {
    each_backend(async |db| {
        let (_desk, site, invited) = open(&db, 3).await;
        for (one, most) in invited.iter().zip([9, 2, 1]) {
            answer(&site, one, most, |question| if question == "complained" { "no" } else { "8" }).await;
        }
        let board = wave::status(&mut db.read().await.unwrap(), "autumn").await.unwrap();
        let found = board.dispositions;
        assert_eq!((found.complete, found.partial, found.refusal), (1, 1, 1));
        site.close().await;
    })
    .await;
}
