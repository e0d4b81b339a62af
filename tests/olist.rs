//! The marketplace of `docs/examples/olist` comes in by its mapping files alone.
//!
//! The figures were counted in the source files with Python's csv and decimal modules: 8,135 orders of 8,016
//! persons, 5,172 of them delivered; these have 5,794 of the 8,924 payments, which sum to 842,192.46, and 5,240 of the
//! 8,225 reviews, their scores 534, 162, 436, 1,024 and 3,084; 5,164 have a delivery date, 414 of them after the
//! estimate.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cam::analysis::{self, Question};
use cam::clock::{Clock, Instant};
use cam::import::{self, Kind, Order, Report};
use cam::store::organisation::{self, Organisation};
use cam::store::{Db, StoreError, snapshot};
use cam_stats::verdict::Verdict;
use support::each_backend;

/// 2026-11-24T00:00:00Z.
const NOW: Instant = Instant::from_micros(1_795_478_400_000_000);

/// Returns the folder of the sample, or says loudly that the test is skipped.
fn sample() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the test runner names the data folder by the environment")]
    let Ok(data) = std::env::var("CAM_DATA") else {
        eprintln!("SKIPPED: CAM_DATA does not name the data folder, the marketplace was not imported");
        return None;
    };
    Some(Path::new(&data).join("olist/sample_a_8135_orders"))
}

async fn import_sample(db: &Db, folder: &Path) -> Vec<Report> {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/olist");
    let files = [
        (Kind::Accounts, "customers", "customers.toml"),
        (Kind::LedgerEntries, "orders", "orders.toml"),
        (Kind::LedgerEntries, "order_payments", "payments.toml"),
        (Kind::Answers, "order_reviews", "reviews.toml"),
    ];
    let mut reports = Vec::new();
    for (kind, file, map) in files {
        let order = Order {
            kind,
            file: folder.join(format!("olist_{file}_dataset.csv.gz")),
            map: maps.join(map),
            dry_run: false,
        };
        reports.push(import::run(db, Clock::Fixed(NOW), &order, Box::new(|_, _, _| {})).await.unwrap());
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn the_marketplace_comes_in_without_code_of_its_own() {
    let Some(folder) = sample() else { return };
    each_backend(async |db| {
        let organisation = Organisation {
            name: "Olist sample".into(),
            timezone: "America/Sao_Paulo".into(),
            ledger_currency: "BRL".into(),
            fiscal_year_start: 1,
            default_language: "en".into(),
        };
        let put: Result<(), StoreError> =
            db.write(|tx| Box::pin(async move { organisation::put(tx, &organisation).await })).await;
        put.unwrap();
        let reports = import_sample(&db, &folder).await;
        let counts: Vec<_> =
            reports.iter().map(|report| (report.rows, report.new, report.changed, report.left_out)).collect();
        assert_eq!(
            counts,
            [(8135, 8016, 119, 0), (8135, 5172, 0, 2963), (8924, 0, 5172, 3130), (8225, 5240, 0, 2985)]
        );

        let snapshot = snapshot::read(&mut db.read().await.unwrap(), "review", NOW).await.unwrap();
        assert_eq!(snapshot.accounts.len(), 8016);
        assert_eq!(snapshot.flows.len(), 5172);
        assert_eq!(snapshot.flows.iter().filter_map(|flow| flow.revenue).sum::<i64>(), 84_219_246);
        let mut scores = BTreeMap::new();
        for answer in &snapshot.answers {
            *scores.entry(answer.number.to_string()).or_insert(0) += 1;
        }
        let counted = [("1", 534), ("2", 162), ("3", 436), ("4", 1024), ("5", 3084)];
        assert_eq!(scores, counted.map(|(score, count)| (score.to_owned(), count)).into());
        let late: Vec<f64> =
            snapshot.attributes.iter().filter(|row| row.name == "late").map(|row| row.number).collect();
        assert_eq!((late.len(), late.iter().filter(|&&late| late > 0.5).count()), (5164, 414));
        let persons: BTreeSet<_> = snapshot.flows.iter().map(|flow| flow.account).collect();
        assert!(snapshot.responses.iter().all(|row| row.account_id.is_some_and(|id| persons.contains(&id))));

        says_what_the_data_say(&db).await;

        for report in import_sample(&db, &folder).await {
            assert!(report.already.is_some(), "{} came in twice", report.file);
        }
    })
    .await;
}

/// No effect of the score on buying again, with the largest effect still allowed; late delivery moves the score; the unit
/// of analysis is the person.
async fn says_what_the_data_say(db: &Db) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/olist/analysis.toml");
    let question = Question::parse("analysis.toml", &std::fs::read_to_string(file).unwrap()).unwrap();
    let found = analysis::run(db, question, "2018Q3".parse().unwrap()).await.unwrap();
    assert_eq!(found.frame.unit_of_analysis, cam::analysis::Unit::Account);
    assert_eq!(found.retention.verdict, Some(Verdict::NoRelation));
    let slope = found.retention.slope.unwrap();
    assert!(slope.low < 0.0 && slope.high > 0.0 && slope.high < 0.000_5, "{slope:?}");
    let late = &found.drivers.drivers[0];
    assert!(late.key == "late" && late.operational && late.impact.low > 0.3, "{late:?}");
    let explained: usize = found.data.exclusions.iter().map(|exclusion| exclusion.count).sum();
    assert_eq!(explained + found.data.observations, found.data.responses_in);
}
