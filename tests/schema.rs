//! The two schemas are one: same tables, same columns, and every statement prepares on both.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use cam::clock::Instant;
use cam::store::organisation::{self, Organisation};
use cam::store::{self, Db, StoreError, Tx};
use support::each_backend;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_prepares_on_both_schemas() {
    each_backend(async |db| {
        for (module, name, sql) in store::statements() {
            if let Err(error) = db.prepare(sql).await {
                panic!("{module}::{name}: {error}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_schemas_have_the_same_shape() {
    let shapes = std::sync::Mutex::new(Vec::new());
    each_backend(async |db| {
        let shape = db.shape().await.unwrap();
        assert!(shape.len() > 150, "only {} columns were found", shape.len());
        shapes.lock().unwrap().push(shape);
    })
    .await;
    let shapes = shapes.into_inner().unwrap();
    for pair in shapes.windows(2) {
        assert_eq!(pair[0], pair[1]);
    }
}

async fn change_versions(db: &Db, statement: &'static str) {
    let changed: Result<(), StoreError> = db
        .write(move |tx| {
            Box::pin(async move {
                match tx {
                    Tx::Sqlite(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
                    Tx::Postgres(tx) => sqlx::query(statement).execute(&mut **tx).await.map(drop)?,
                }
                Ok(())
            })
        })
        .await;
    changed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_of_another_version_is_named_as_older_or_newer() {
    each_backend(async |db| {
        db.check_schema().await.unwrap();
        change_versions(&db, "UPDATE _sqlx_migrations SET version = version + 1000000").await;
        assert!(matches!(db.check_schema().await, Err(StoreError::NewerSchema)));
        change_versions(&db, "DELETE FROM _sqlx_migrations").await;
        let message = db.check_schema().await.unwrap_err().to_string();
        assert_eq!(message, "the schema is that of an older version of cam; run `cam migrate`");
        change_versions(&db, "DROP TABLE _sqlx_migrations").await;
        let message = db.check_schema().await.unwrap_err().to_string();
        assert_eq!(message, "the database was never migrated; run `cam migrate`");
    })
    .await;
}

fn organisation() -> Organisation {
    Organisation {
        name: "Sample Instruments".into(),
        timezone: "Asia/Shanghai".into(),
        ledger_currency: "CNY".into(),
        fiscal_year_start: 1,
        default_language: "en".into(),
    }
}

async fn put(db: &Db, organisation: Organisation) -> Result<(), StoreError> {
    db.write(|tx| Box::pin(async move { organisation::put(tx, &organisation).await })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_can_be_renamed_but_not_change_its_currency() {
    each_backend(async |db| {
        put(&db, organisation()).await.unwrap();
        put(&db, Organisation { name: "Sample Tools".into(), ..organisation() }).await.unwrap();
        let other = put(&db, Organisation { ledger_currency: "EUR".into(), ..organisation() }).await;
        assert!(matches!(other, Err(StoreError::Conflict { .. })), "{other:?}");
        let stored = organisation::find(&mut db.read().await.unwrap()).await.unwrap();
        assert_eq!((stored.name.as_str(), stored.ledger_currency.as_str()), ("Sample Tools", "CNY"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_leaves_nothing_behind() {
    each_backend(async |db| {
        let failed: Result<(), StoreError> = db
            .write(|tx| {
                Box::pin(async move {
                    organisation::put(tx, &organisation()).await?;
                    Err(StoreError::Stopped)
                })
            })
            .await;
        assert!(failed.is_err());
        assert!(organisation::find(&mut db.read().await.unwrap()).await.is_err());
    })
    .await;
}

#[test]
fn an_instant_prints_as_utc() {
    assert_eq!(Instant::from_micros(0).to_string(), "1970-01-01T00:00:00Z");
}

/// Writes an indicator, and then fails where it is to.
async fn write_indicator(db: &Db, name: String, fails: bool) -> Result<(), StoreError> {
    db.write(move |tx| {
        Box::pin(async move {
            let insert = "INSERT INTO indicator (name, direction) VALUES ($1, 'up')";
            match tx {
                Tx::Sqlite(tx) => sqlx::query(insert).bind(name).execute(&mut **tx).await.map(drop)?,
                Tx::Postgres(tx) => sqlx::query(insert).bind(name).execute(&mut **tx).await.map(drop)?,
            }
            if fails { Err(StoreError::Stopped) } else { Ok(()) }
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_come_together_stand_or_fall_alone() {
    each_backend(async |db| {
        // While this one holds SQLite's connection, the others queue up and share the next transaction.
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let holding = db.clone();
        let first = tokio::spawn(async move {
            let held: Result<(), StoreError> = holding
                .write(move |_| Box::pin(async move { wait.await.map_err(|_| StoreError::Stopped) }))
                .await;
            held
        });
        tokio::task::yield_now().await;
        let mut others = tokio::task::JoinSet::new();
        for number in 0..20 {
            let db = db.clone();
            others.spawn(async move {
                let fails = number % 5 == 0;
                (fails, write_indicator(&db, format!("n{number:02}"), fails).await)
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        while let Some(ended) = others.join_next().await {
            let (fails, outcome) = ended.unwrap();
            assert_eq!(outcome.is_err(), fails);
        }
        let names = "SELECT name FROM indicator ORDER BY name";
        let stored: Vec<String> = match db.read().await.unwrap() {
            Tx::Sqlite(mut tx) => sqlx::query_scalar(names).fetch_all(&mut *tx).await.unwrap(),
            Tx::Postgres(mut tx) => sqlx::query_scalar(names).fetch_all(&mut *tx).await.unwrap(),
        };
        let expected: Vec<String> =
            (0..20).filter(|number| number % 5 != 0).map(|number| format!("n{number:02}")).collect();
        assert_eq!(stored, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_breaks_the_program_leaves_nothing_and_the_next_one_goes_on() {
    each_backend(async |db| {
        let breaking = db.clone();
        let broken = tokio::spawn(async move {
            let never: Result<(), StoreError> =
                breaking.write(|_| Box::pin(async move { panic!("on purpose") })).await;
            never
        });
        assert!(!matches!(broken.await, Ok(Ok(()))));
        write_indicator(&db, "after".into(), false).await.unwrap();
    })
    .await;
}
