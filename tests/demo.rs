//! The made-up company comes in by the same imports as anybody's, and every row of it counts.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use cam::clock::{Clock, Instant};
use cam::demo::{self, Company};
use cam::import::{self, Kind, Order, Report};
use cam::store::Db;
use cam::store::organisation::{self, Organisation};
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

#[test]
fn the_question_and_the_survey_of_the_made_up_company_are_sound() {
    let files = Company::generate(1).files();
    let text = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
    let question = cam::analysis::Question::parse("analysis.toml", text("analysis.toml")).unwrap();
    let survey = cam::survey::parse("customer.toml", text("customer.toml")).unwrap();
    assert_eq!((question.survey.as_str(), question.sample_data), (survey.id.as_str(), true));
}
