//! One page of every kind that respondents see, in a language, for the tests that count, read and look at them.

use std::collections::BTreeSet;

use cam::survey::{Answers, Given, Instrument, ReplyFault, parse};
use cam::web::answer::{
    Ask, Ballot, Contract, Frame, Links, Look, Names, Notice, Promise, Respondent, ballot_items, ballot_page,
    busy_page, delete_page, deleted_page, done_page, failed_page, not_saved_page, notice_page, promise_page,
    question_page, sent_page, stop_failed_page, stop_page, stopped_page, too_large_page, unknown_link_page,
    used_page,
};
use jiff::civil::date;

const SURVEY: &str = include_str!("answering.toml");

const TOKEN: &str = "/s/7Q2m9xV0aKcE4t1sJw3bNw";

/// The survey with a question of every kind.
pub(crate) fn survey() -> Instrument {
    parse("answering.toml", SURVEY).unwrap()
}

/// The same answers as somebody would have given on the way.
fn answers() -> Answers {
    let options = |keys: &[&str]| Given::Options(keys.iter().map(|key| (*key).to_owned()).collect());
    [
        ("recommend", Given::Number(9.0)),
        ("ordering", Given::Number(4.0)),
        ("improve", Given::Option("parts".into())),
        ("used", options(&["shop", "phone"])),
        ("order", options(&["parts", "advice"])),
        ("since", Given::Text("2019-03-01".into())),
        ("machines", Given::Number(12.5)),
        ("words", Given::Text("Tell us early when a date slips.\nAnd <b>mean</b> it.".into())),
    ]
    .map(|(key, given)| (key.to_owned(), given))
    .into()
}

/// What a page is made from besides the survey.
pub(crate) struct Place {
    pub(crate) survey: Instrument,
    pub(crate) organisation: &'static str,
    pub(crate) language: String,
    links: Links,
}

impl Place {
    pub(crate) fn new(survey: Instrument, language: &str) -> Self {
        let links = Links {
            survey: TOKEN.into(),
            notice: format!("{TOKEN}/notice"),
            stop: format!("{TOKEN}/stop"),
            delete: format!("{TOKEN}/delete"),
        };
        let organisation = if language == "zh-Hans" { "科川工具" } else { "Kestrel Tools" };
        Self { survey, organisation, language: language.into(), links }
    }

    pub(crate) fn frame(&self, contract: Contract) -> Frame<'_> {
        Frame {
            look: Look::plain(),
            organisation: self.organisation,
            language: &self.language,
            languages: &self.survey.languages,
            chosen: true,
            contract: Some(contract),
            closes: Some(date(2027, 4, 14)),
            links: &self.links,
        }
    }

    pub(crate) fn respondent<'a>(
        &'a self,
        answers: &'a Answers,
        skipped: &'a BTreeSet<String>,
    ) -> Respondent<'a> {
        let names = Names { organisation: self.organisation, name: "Chen Li", account: "Haoda" };
        Respondent { survey: &self.survey, answers, skipped, draw: "x", names }
    }
}

/// A page of every kind with its name.
pub(crate) fn pages(language: &str) -> Vec<(String, String)> {
    let place = Place::new(survey(), language);
    let mut pages = questions(&place);
    pages.extend(faults(&place));
    pages.extend(around(&place));
    pages.extend(poll(&place, &place.survey));
    pages
}

/// Every question, before and after it is answered.
fn questions(place: &Place) -> Vec<(String, String)> {
    let (none, all, skipped) = (Answers::new(), answers(), BTreeSet::new());
    let frame = place.frame(Contract::Named);
    let mut pages = Vec::new();
    for item in &place.survey.items {
        for (state, answers) in [("open", &none), ("saved", &all)] {
            let respondent = place.respondent(answers, &skipped);
            let page = question_page(&frame, &respondent, &Ask::new(item, "h3Vd0Qm1")).unwrap();
            pages.push((format!("question-{}-{state}", item.key), page));
        }
    }
    let item = place.survey.item("recommend").unwrap();
    let ask = Ask { picked: Some(9.0), ..Ask::new(item, "h3Vd0Qm1") };
    let page = question_page(&frame, &place.respondent(&none, &skipped), &ask).unwrap();
    pages.push(("question-recommend-picked".into(), page));
    pages
}

/// Questions whose answer was at fault or could not be saved.
fn faults(place: &Place) -> Vec<(String, String)> {
    let (none, skipped) = (Answers::new(), BTreeSet::new());
    let frame = place.frame(Contract::Confidential);
    let typed = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let long = "x".repeat(2_100);
    let cases = [
        ("machines", typed(&[("v", "a dozen")]), Some(ReplyFault::Number)),
        ("since", typed(&[("y", "2027"), ("m", "2"), ("d", "30")]), Some(ReplyFault::Date)),
        ("words", typed(&[("v", &long)]), Some(ReplyFault::TooLong { count: 2_100, most: 2_000 })),
        ("overall", typed(&[("skip", "1")]), Some(ReplyFault::Required)),
        ("order", typed(&[("so", "parts"), ("v", "parts")]), Some(ReplyFault::Twice)),
        ("words", typed(&[("v", "Tell us early.")]), None),
        ("recommend", typed(&[("v", "7")]), None),
        ("improve", typed(&[("v", "parts")]), None),
    ];
    let page = |(key, typed, fault): &(&str, Vec<(String, String)>, Option<ReplyFault>)| {
        let item = place.survey.item(key).unwrap();
        let unsaved = fault.is_none();
        let ask = Ask { typed, fault: fault.as_ref(), unsaved, ..Ask::new(item, "h3Vd0Qm1") };
        let html = question_page(&frame, &place.respondent(&none, &skipped), &ask).unwrap();
        let state = if unsaved { "unsaved" } else { "fault" };
        (format!("question-{key}-{state}"), html)
    };
    cases.iter().map(page).collect()
}

/// The pages after and around the questions.
fn around(place: &Place) -> Vec<(String, String)> {
    let answers = answers();
    let skipped: BTreeSet<String> = ["overall".to_owned()].into();
    let frame = place.frame(Contract::Named);
    let respondent = place.respondent(&answers, &skipped);
    let (look, organisation, language) = (Look::plain(), place.organisation, place.language.as_str());
    let chinese = language == "zh-Hans";
    let readers: Vec<String> = if chinese {
        vec!["负责贵公司的团队能看到您的回答。".into(), "2029 年 4 月 30 日删除。".into()]
    } else {
        vec!["The team that looks after your company.".into(), "We delete them on 30 April 2029.".into()]
    };
    let text = if chinese {
        "科川工具有限公司，隐私邮箱 privacy@kestrel.example"
    } else {
        "Kestrel Tools Ltd, privacy@kestrel.example"
    };
    let notice = Notice {
        controller: text,
        purpose: text,
        legal_basis: text,
        money: text,
        recipients: text,
        retention: text,
        rights: text,
    };
    [
        ("done", done_page(&frame, &respondent, &readers)),
        ("delete", delete_page(&frame, 8, "h3Vd0Qm1")),
        ("deleted", deleted_page(&frame)),
        ("unknown", unknown_link_page(look, organisation, language)),
        ("not-saved", not_saved_page(look, organisation, language, TOKEN)),
        ("busy", busy_page(look, organisation, language, TOKEN)),
        ("failed", failed_page(look, organisation, language, TOKEN)),
        ("too-large", too_large_page(look, organisation, language, TOKEN)),
        ("stop-failed", stop_failed_page(look, organisation, language, TOKEN)),
        ("stop", stop_page(&frame, "ch…@haoda.example", "h3Vd0Qm1")),
        ("stopped", stopped_page(&frame)),
        ("notice", notice_page(&frame, &notice)),
    ]
    .map(|(name, page)| (name.to_owned(), page.unwrap()))
    .into()
}

/// The pages of an anonymous poll.
pub(crate) fn poll(place: &Place, survey: &Instrument) -> Vec<(String, String)> {
    let frame = place.frame(Contract::Anonymous);
    let items = ballot_items(survey, true);
    let promise = Promise {
        survey,
        questions: items.len(),
        minutes: 2,
        k: 5,
        comments: Some(10),
        ballot: "/s/7Q2m9xV0aKcE4t1sJw3bNw/ballot",
        sealing: "/sealing",
        decline: "/s/7Q2m9xV0aKcE4t1sJw3bNw/stop",
    };
    let ballot = Ballot {
        survey,
        items: &items,
        action: TOKEN,
        nonce: "h3Vd0Qm1",
        k: 5,
        typed: &[],
        faults: &[],
        unsaved: false,
    };
    let typed = items
        .iter()
        .take(3)
        .map(|item| (item.key.clone(), "4".to_owned()))
        .chain([("machines".to_owned(), "a dozen".to_owned()), ("words".to_owned(), "Kept.".to_owned())]);
    let typed: Vec<_> = typed.collect();
    let faults = [(items[0].key.clone(), ReplyFault::Unknown), ("machines".to_owned(), ReplyFault::Number)];
    let faulty = Ballot { typed: &typed, faults: &faults, ..ballot };
    [
        ("promise", promise_page(&frame, &promise)),
        ("ballot", ballot_page(&frame, &ballot)),
        ("ballot-fault", ballot_page(&frame, &faulty)),
        ("ballot-unsaved", ballot_page(&frame, &Ballot { typed: &typed, unsaved: true, ..ballot })),
        ("sent", sent_page(&frame)),
        ("used", used_page(&frame)),
    ]
    .map(|(name, page)| (name.to_owned(), page.unwrap()))
    .into()
}
