//! The made-up company comes in by the same imports as anybody's, and every row of it counts.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::sync::Mutex;

use cam::analysis::{self, Advice, InvestmentOutcome, Question};
use cam::cli::{Fielded, field_quarter};
use cam::clock::{Clock, Instant};
use cam::demo::{self, Case, Company, Does};
use cam::import::{self, Kind, Order, Report};
use cam::report::{Document, Language, render};
use cam::seal::Keys;
use cam::store::Db;
use cam::store::organisation::{self, Organisation};
use cam::wave;
use jiff::tz::TimeZone;
use support::each_backend;

/// Imports everything into an empty database, in the company's order.
async fn bring_in(db: &Db, folder: &std::path::Path, company: &Company) -> Vec<Report> {
    let organisation = Organisation {
        name: "Harbour Instruments (sample data)".into(),
        timezone: "Asia/Shanghai".into(),
        ledger_currency: "CNY".into(),
        fiscal_year_start: 1,
        default_language: "en".into(),
    };
    db.write(|tx| Box::pin(async move { organisation::put(tx, &organisation).await })).await.unwrap();
    let now = Instant::start_of_day(demo::as_of(), &TimeZone::UTC).unwrap();
    let mut reports = Vec::new();
    for source in company.imports() {
        let order = Order {
            kind: Kind::parse(source.kind).unwrap(),
            file: folder.join(source.file),
            map: folder.join(source.map),
            dry_run: false,
        };
        let report = import::run(db, Clock::Fixed(now), &order, Box::new(|_, _, _| ())).await.unwrap();
        reports.push(report);
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_the_made_up_company_comes_in() {
    let company = Company::generate(1);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in company.files() {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    each_backend(async |db| {
        let reports = bring_in(&db, folder.path(), &company).await;
        for report in &reports {
            assert_eq!(
                (report.left_out, report.new),
                (0, report.rows),
                "{}: {:?}",
                report.kind,
                report.reasons
            );
        }
        let again = bring_in(&db, folder.path(), &company).await;
        assert!(again.iter().all(|report| report.already.is_some()));
    })
    .await;
}

/// The question of the made-up company.
fn question(company: &Company) -> Question {
    let files = company.files();
    let text = &files.iter().find(|(file, _)| file == "analysis.toml").unwrap().1;
    Question::parse("analysis.toml", text).unwrap()
}

/// What the company's people do, counted from what was made up.
fn expected(company: &Company) -> [usize; 6] {
    let respondents = company.respondents();
    let count = |test: &dyn Fn(&Does) -> bool| respondents.iter().filter(|one| test(&one.does)).count();
    [
        respondents.len(),
        count(&|does| *does == Does::Refused),
        count(&|does| *does == Does::Returned),
        count(&|does| matches!(does, Does::Answers { .. })),
        count(&|does| matches!(does, Does::Answers { ticks, questions } if *questions < ticks.len())),
        count(&|does| *does == Does::Unsubscribes),
    ]
}

/// What came of the mails.
fn counted(fielded: &Fielded) -> [usize; 6] {
    let [contacts, employees] = fielded.invited.map(|count| usize::try_from(count).unwrap());
    assert_eq!(fielded.taken + fielded.refused, contacts + employees);
    assert!(fielded.second_attempt > 0 && fielded.looked > 0);
    assert!(fielded.answered["en"] > 100 && fielded.answered["zh-Hans"] > 100, "{:?}", fielded.answered);
    assert!(fielded.poll.answered > 400 && fielded.poll.broken == 0, "{:?}", fielded.poll);
    let answered = fielded.answered.values().sum();
    [contacts, fielded.refused, fielded.returned, answered, fielded.broke_off, fielded.unsubscribed]
}

/// The last quarter comes from the pages alone: it is launched, mailed and answered here.
#[tokio::test(flavor = "multi_thread")]
async fn both_databases_give_the_same_advice_and_it_fits_the_truth() {
    let company = Company::generate(1);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in company.files() {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let found = Mutex::new(Vec::new());
    each_backend(async |db| {
        bring_in(&db, folder.path(), &company).await;
        let keys = Keys::parse(&"3c".repeat(32)).unwrap();
        let fielded = field_quarter(&db, &keys, folder.path(), &company).await.unwrap();
        assert_eq!(counted(&fielded), expected(&company));
        let board = wave::status(&mut db.read().await.unwrap(), "2026q3-customers").await.unwrap();
        assert_eq!(
            [board.invited, board.answered, board.declined],
            [counted(&fielded)[0], counted(&fielded)[3], fielded.unsubscribed]
        );
        assert_eq!(board.finished, board.answered - fielded.broke_off);
        let period = demo::LAST_QUARTER.parse().unwrap();
        let analysis = analysis::run(&db, question(&company), period).await.unwrap();
        found.lock().unwrap().push(analysis);
    })
    .await;
    let found = found.into_inner().unwrap();
    let analysis = &found[0];
    assert!(found.iter().all(|other| other == analysis), "the databases disagree");
    for level in company.truth() {
        let investment = analysis.investments.iter().find(|one| one.name == level.name).unwrap();
        let InvestmentOutcome::Curve(curve) = &investment.outcome else {
            panic!("{} was refused", level.name);
        };
        let wanted = match level.case {
            Case::RoomToGrow => Advice::SpendMore,
            Case::PastBest => Advice::TestHoldingBack,
            Case::NoEffect => Advice::TestStopping,
        };
        assert_eq!(curve.advice, wanted, "{}", level.name);
    }
    for language in Language::ALL {
        let html = render(&Document::build(analysis, demo::LAST_QUARTER), language).unwrap().html;
        assert!(!html.contains('⟨'), "a text is missing in {}", language.tag());
    }
}

#[test]
fn the_question_and_the_survey_of_the_made_up_company_are_sound() {
    let files = Company::generate(1).files();
    let text = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
    let question = Question::parse("analysis.toml", text("analysis.toml")).unwrap();
    let survey = cam::survey::parse("customer.toml", text("customer.toml")).unwrap();
    assert_eq!((question.survey.as_str(), question.sample_data), (survey.id.as_str(), true));
}
