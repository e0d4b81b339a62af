//! What every database test starts from.

use cam::store::Db;
use uuid::Uuid;

/// Runs `test` on a fresh SQLite file, and on a fresh PostgreSQL database of the server that
/// `CAM_TEST_POSTGRES` names. The test runner sets the variable; without it the second half is left out.
pub(crate) async fn each_backend(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
    db.migrate().await.unwrap();
    test(db.clone()).await;
    db.close().await;

    #[expect(clippy::disallowed_methods, reason = "the test runner passes its server by the environment")]
    let Ok(server) = std::env::var("CAM_TEST_POSTGRES") else {
        assert!(std::env::var_os("CI").is_none(), "CI must set CAM_TEST_POSTGRES");
        eprintln!("SKIPPED on PostgreSQL: CAM_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("cam_{}", Uuid::now_v7().simple());
    let admin = sqlx::PgPool::connect(&format!("{server}/postgres")).await.unwrap();
    run_sql(&admin, format!("CREATE DATABASE {name}")).await;
    let db = Db::open(&format!("{server}/{name}")).await.unwrap();
    db.migrate().await.unwrap();
    test(db.clone()).await;
    db.close().await;
    run_sql(&admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn run_sql(admin: &sqlx::PgPool, statement: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(admin).await.unwrap();
}
