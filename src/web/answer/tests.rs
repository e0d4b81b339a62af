//! What the pages say and carry, page by page; that they are small and accessible is for `tests/`.

use std::collections::BTreeSet;

use super::*;
use crate::survey::{Answers, Given, Instrument, ReplyFault, parse};

const SURVEY: &str = r#"
id = "s"
version = 1
languages = ["en", "zh-Hans"]
title = { en = "Poll", zh-Hans = "调查" }
scale = [{ key = "five", low = 1, high = 5 }]

[[item]]
key = "recommend"
kind = "nps"
text = { en = "Recommend {organisation}?", zh-Hans = "推荐{organisation}？" }

[[item]]
key = "low"
kind = "short_text"
when = "recommend <= 6"
text = { en = "You said {answer.recommend}, {name}. Why?", zh-Hans = "为什么？" }

[[item]]
key = "grid"
kind = "matrix"
scale = "five"
text = { en = "How good is …", zh-Hans = "以下怎么样？" }
row = [
  { key = "first", text = { en = "Ordering", zh-Hans = "下单" } },
  { key = "second", text = { en = "Delivery", zh-Hans = "送货" } },
]

[[item]]
key = "order"
kind = "ranking"
text = { en = "What matters?", zh-Hans = "哪些重要？" }
options = [
  { key = "a", text = { en = "Price", zh-Hans = "价格" } },
  { key = "b", text = { en = "Speed", zh-Hans = "速度" } },
  { key = "c", text = { en = "Care", zh-Hans = "用心" } },
]

[[item]]
key = "must"
kind = "rating"
scale = "five"
required = { en = "It decides what we do.", zh-Hans = "它决定我们做什么。" }
text = { en = "All in all?", zh-Hans = "总体？" }
"#;

struct Case {
    survey: Instrument,
    answers: Answers,
    skipped: BTreeSet<String>,
    links: Links,
    chosen: bool,
}

impl Case {
    fn new(answers: &[(&str, Given)]) -> Self {
        let links = Links {
            survey: "/s/T".into(),
            notice: "/s/T/notice".into(),
            stop: "/s/T/stop".into(),
            delete: "/s/T/delete".into(),
        };
        Self {
            survey: parse("s.toml", SURVEY).unwrap(),
            answers: answers.iter().map(|(key, given)| ((*key).to_owned(), given.clone())).collect(),
            skipped: BTreeSet::new(),
            links,
            chosen: false,
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            look: Look::plain(),
            organisation: "Kestrel & Co",
            language: "en",
            languages: &self.survey.languages,
            chosen: self.chosen,
            contract: Some(Contract::Named),
            closes: None,
            links: &self.links,
        }
    }

    fn respondent(&self) -> Respondent<'_> {
        let names = Names { organisation: "Kestrel & Co", name: "Ms Chen", account: "Haoda" };
        Respondent { survey: &self.survey, answers: &self.answers, skipped: &self.skipped, draw: "x", names }
    }

    fn ask(&self, key: &str) -> Ask<'_> {
        Ask::new(self.survey.item(key).unwrap(), "N0nce")
    }

    fn question(&self, ask: &Ask<'_>) -> String {
        question_page(&self.frame(), &self.respondent(), ask).unwrap()
    }
}

fn number(number: f64) -> Given {
    Given::Number(number)
}

fn order(keys: &[&str]) -> Given {
    Given::Options(keys.iter().map(|key| (*key).to_owned()).collect())
}

/// The buttons that are marked as chosen.
fn marked(page: &str) -> Vec<&str> {
    let before = page.split(" aria-current=\"true\"");
    let before: Vec<_> = before.collect();
    before[..before.len() - 1].iter().filter_map(|part| part.rsplit("value=\"").next()).collect()
}

#[test]
fn the_form_carries_the_question_and_the_nonce_to_the_survey() {
    let page = Case::new(&[]).question(&Case::new(&[]).ask("recommend"));
    assert!(page.contains("<form method=\"post\" action=\"/s/T\">"));
    assert!(page.contains("name=\"q\" value=\"recommend\"") && page.contains("name=\"n\" value=\"N0nce\""));
}

#[test]
fn a_score_from_the_mail_is_marked_and_said_not_to_be_saved() {
    let case = Case::new(&[]);
    let page = case.question(&Ask { picked: Some(9.0), ..case.ask("recommend") });
    assert_eq!(marked(&page), ["9\""]);
    assert!(page.contains("It is not saved yet") && page.contains("Save 9 and continue"));
    assert!(page.contains("href=\"/s/T?q=recommend&#38;r=9&#38;l=zh-Hans\""), "{page}");
}

#[test]
fn a_score_that_the_question_does_not_have_is_not_marked() {
    let case = Case::new(&[]);
    for picked in [11.0, -1.0, 4.5, f64::NAN] {
        let page = case.question(&Ask { picked: Some(picked), ..case.ask("recommend") });
        assert!(marked(&page).is_empty() && !page.contains("in our mail"), "{picked}");
    }
}

#[test]
fn a_saved_answer_is_marked_and_can_be_kept_or_removed() {
    let case = Case::new(&[("recommend", number(7.0))]);
    let page = case.question(&case.ask("recommend"));
    assert_eq!(marked(&page), ["7\""]);
    assert!(page.contains("Keep this answer") && page.contains("Remove this answer"));
}

#[test]
fn a_question_without_answer_marks_nothing() {
    let case = Case::new(&[]);
    for item in &case.survey.items {
        let page = case.question(&Ask::new(item, "n"));
        assert!(marked(&page).is_empty() && !page.contains(" checked"), "{}", item.key);
    }
}

#[test]
fn progress_counts_the_way_of_this_respondent() {
    let case = Case::new(&[("recommend", number(9.0))]);
    let page = case.question(&case.ask("first"));
    assert!(page.contains("<title>Question 2 of 5 · Kestrel &#38; Co</title>"), "{page}");
    assert!(page.contains("<progress id=\"p\" value=\"2\" max=\"5\">"));
}

#[test]
fn back_leads_to_the_question_before_and_the_first_has_none() {
    let case = Case::new(&[("recommend", number(9.0))]);
    assert!(case.question(&case.ask("first")).contains("<a href=\"/s/T?q=recommend\">Back</a>"));
    assert!(!case.question(&case.ask("recommend")).contains(">Back<"));
}

#[test]
fn a_chosen_language_travels_in_every_link_and_form() {
    let mut case = Case::new(&[("recommend", number(9.0))]);
    case.chosen = true;
    let page = case.question(&case.ask("first"));
    assert!(page.contains("name=\"l\" value=\"en\""));
    for link in page.split("href=\"").skip(1).filter(|link| link.starts_with('/')) {
        let link = link.split('"').next().unwrap();
        assert!(link.contains("l=en") || link.contains("l=zh-Hans"), "{link}");
    }
}

#[test]
fn an_earlier_answer_and_names_are_filled_in_and_escaped() {
    let case = Case::new(&[("recommend", number(3.0))]);
    assert!(case.question(&case.ask("low")).contains("You said 3, Ms Chen. Why?"));
    assert!(case.question(&case.ask("recommend")).contains("Recommend Kestrel &amp; Co?"));
}

#[test]
fn a_matrix_row_shows_its_stem_and_the_rows_answered() {
    let case = Case::new(&[("recommend", number(9.0)), ("first", number(4.0))]);
    let page = case.question(&case.ask("second"));
    assert!(page.contains("<span class=\"dim\">How good is …</span><h1>Delivery</h1>"));
    assert!(page.contains("<dt>Ordering</dt><dd>4 of 5</dd><dd><a href=\"/s/T?q=first\">Change"));
}

#[test]
fn a_ranking_asks_place_by_place() {
    let case = Case::new(&[]);
    assert!(case.question(&case.ask("order")).contains("Which comes first?"));
    let case = Case::new(&[("order", order(&["b"]))]);
    let page = case.question(&case.ask("order"));
    assert!(page.contains("Which comes second?") && page.contains("name=\"so\" value=\"b\""));
    assert!(!page.contains("name=\"v\" value=\"b\"") && page.contains("name=\"v\" value=\"c\""));
    let again = case.question(&Ask { again: true, ..case.ask("order") });
    assert!(again.contains("Which comes first?") && !again.contains("name=\"so\""));
}

#[test]
fn an_unfinished_ranking_is_asked_on_and_a_whole_one_is_done() {
    let done = [("recommend", number(9.0)), ("first", number(1.0)), ("second", number(1.0))];
    let with = |keys: &[&str]| Case::new(&[done.to_vec(), vec![("order", order(keys))]].concat());
    assert_eq!(with(&["b"]).respondent().next().unwrap().key, "order");
    assert_eq!(with(&["b", "a", "c"]).respondent().next().unwrap().key, "must");
}

#[test]
fn a_question_passed_over_is_not_asked_again() {
    let mut case = Case::new(&[("recommend", number(9.0))]);
    case.skipped = ["first".to_owned(), "second".to_owned()].into();
    assert_eq!(case.respondent().next().unwrap().key, "order");
}

#[test]
fn a_required_question_says_why_and_offers_no_skip() {
    let case = Case::new(&[]);
    let page = case.question(&case.ask("must"));
    assert!(page.contains("It decides what we do.") && !page.contains("name=\"skip\""));
}

#[test]
fn a_fault_keeps_what_was_typed_and_is_named_in_the_title() {
    let case = Case::new(&[("recommend", number(3.0))]);
    let typed = [("v".to_owned(), "so \"long\"".to_owned())];
    let fault = ReplyFault::TooLong { count: 201, most: 200 };
    let page = case.question(&Ask { typed: &typed, fault: Some(&fault), ..case.ask("low") });
    assert!(page.contains("<title>Error: Question 2 of") && page.contains("Use 200 characters or fewer"));
    assert!(page.contains("value=\"so &#34;long&#34;\"") && page.contains("aria-invalid=\"true\""));
}

#[test]
fn an_answer_that_could_not_be_saved_stands_ready_to_be_saved_again() {
    let case = Case::new(&[]);
    let typed = [("v".to_owned(), "8".to_owned())];
    let page = case.question(&Ask { typed: &typed, unsaved: true, ..case.ask("recommend") });
    assert!(page.contains("We could not save that.") && page.contains("Save 8 and continue"));
    assert_eq!(marked(&page), ["8\""]);
}

#[test]
fn the_last_page_lists_what_is_saved_and_what_is_not() {
    let case = Case::new(&[("recommend", number(9.0)), ("order", order(&["b", "a", "c"]))]);
    let page = done_page(&case.frame(), &case.respondent(), &["The sales team.".to_owned()]).unwrap();
    assert!(page.contains("Thank you. Your 2 answers are saved."));
    assert!(page.contains("9 of 10") && page.contains("Speed → Price → Care") && page.contains("Skipped"));
    assert!(page.contains("The sales team.") && page.contains("/s/T/delete") && page.contains("/s/T/stop"));
}

#[test]
fn nothing_saved_offers_nothing_to_delete() {
    let case = Case::new(&[]);
    let page = done_page(&case.frame(), &case.respondent(), &[]).unwrap();
    assert!(page.contains("No answer is saved.") && !page.contains("/s/T/delete"));
}

#[test]
fn nothing_is_deleted_or_stopped_without_a_form_that_posts() {
    let case = Case::new(&[]);
    let delete = delete_page(&case.frame(), 5, "N0nce").unwrap();
    assert!(delete.contains("Delete all 5 answers?"));
    assert!(delete.contains("<form method=\"post\" action=\"/s/T/delete\">"));
    let stop = stop_page(&case.frame(), "chen@haoda.example", "N0nce").unwrap();
    assert!(stop.contains("Stop survey mails to chen@haoda.example?"));
    assert!(stop.contains("<form method=\"post\" action=\"/s/T/stop\">"));
}

#[test]
fn an_open_ballot_has_no_way_out_but_the_notice() {
    let case = Case::new(&[]);
    let items = ballot_items(&case.survey, false);
    assert!(items.iter().all(|item| item.key != "low"), "no words unless they are let in");
    let ballot = Ballot {
        survey: &case.survey,
        items: &items,
        action: "/s/T",
        nonce: "N0nce",
        k: 5,
        typed: &[],
        faults: &[],
        unsaved: false,
    };
    let page = ballot_page(&case.frame(), &ballot).unwrap();
    let links: Vec<_> =
        page.split("<a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["/s/T/notice"]);
    // Every question but the required one and the ranking, whose places are empty until chosen.
    assert_eq!(page.matches(">No answer</label>").count(), 3);
}

#[test]
fn a_ballot_with_faults_keeps_every_choice() {
    let case = Case::new(&[]);
    let items = ballot_items(&case.survey, true);
    let typed = [("recommend", "4"), ("low", "kept"), ("order.so", "c")];
    let typed: Vec<_> = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let faults = [("must".to_owned(), ReplyFault::Required)];
    let ballot = Ballot {
        survey: &case.survey,
        items: &items,
        action: "/s/T",
        nonce: "N0nce",
        k: 5,
        typed: &typed,
        faults: &faults,
        unsaved: false,
    };
    let page = ballot_page(&case.frame(), &ballot).unwrap();
    assert!(page.contains("name=\"recommend\" value=\"4\" checked") && page.contains("value=\"kept\""));
    assert!(page.contains("<option value=\"c\" selected>"));
    assert!(page.contains("This one needs an answer: It decides what we do."));
    assert!(page.contains("<a href=\"#q6\">6. All in all?</a>"));
}
