//! The marketplace of `docs/examples/olist` comes in by its mapping files alone.
//!
//! The figures were counted in the source files with Python's csv and decimal modules: 8,135 orders of 8,016
//! persons; 8,924 payments that sum to 1,428,602.81; 8,225 reviews of 8,135 orders, their scores 2,638, 382,
//! 667, 1,184 and 3,354; 5,170 orders with a delivery date, 415 of them after the estimate.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cam::clock::{Clock, Instant};
use cam::import::{self, Kind, Order, Report};
use cam::store::organisation::{self, Organisation};
use cam::store::{Db, StoreError, snapshot};
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
            [(8135, 8016, 119, 0), (8135, 8135, 0, 0), (8924, 0, 8135, 0), (8225, 8225, 0, 0)]
        );

        let snapshot = snapshot::read(&mut db.read().await.unwrap(), "review", NOW).await.unwrap();
        assert_eq!(snapshot.accounts.len(), 8016);
        assert_eq!(snapshot.flows.len(), 8135);
        assert_eq!(snapshot.flows.iter().filter_map(|flow| flow.revenue).sum::<i64>(), 142_860_281);
        let mut scores = BTreeMap::new();
        for answer in &snapshot.answers {
            *scores.entry(answer.number.to_string()).or_insert(0) += 1;
        }
        let counted = [("1", 2638), ("2", 382), ("3", 667), ("4", 1184), ("5", 3354)];
        assert_eq!(scores, counted.map(|(score, count)| (score.to_owned(), count)).into());
        let late: Vec<f64> =
            snapshot.attributes.iter().filter(|row| row.name == "late").map(|row| row.number).collect();
        assert_eq!((late.len(), late.iter().filter(|&&late| late > 0.5).count()), (5170, 415));
        let persons: BTreeSet<_> = snapshot.flows.iter().map(|flow| flow.account).collect();
        assert!(snapshot.responses.iter().all(|row| row.account_id.is_some_and(|id| persons.contains(&id))));

        for report in import_sample(&db, &folder).await {
            assert!(report.already.is_some(), "{} came in twice", report.file);
        }
    })
    .await;
}
