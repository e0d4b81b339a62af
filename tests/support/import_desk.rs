//! What the tests of imports start from: a database with an organisation, and a folder for files.

use std::path::{Path, PathBuf};

use cam::clock::{Clock, Instant};
use cam::import::{self, ImportError, Kind, Order, Report};
use cam::store::organisation::{self, Organisation};
use cam::store::snapshot::{self, Snapshot};
use cam::store::{Db, StoreError, Tx};
use tempfile::TempDir;

/// 2026-11-24T00:00:00Z.
pub(crate) const NOW: Instant = Instant::from_micros(1_795_478_400_000_000);

pub(crate) const ACCOUNTS: &str = "kind = \"accounts\"\n[fields]\nkey = \"no\"\nname = \"name\"\n";

pub(crate) const ENTRIES: &str = "kind = \"ledger_entries\"\ncurrency = \"CNY\"\n[fields]\nkey = \"id\"\naccount = \"no\"\n\
                       at = \"day\"\nrevenue = \"amount\"\n";

pub(crate) const SURVEY: &str = "id = \"customer\"\nversion = 1\nlanguages = [\"en\"]\n\
                      [[scale]]\nkey = \"five\"\nlow = 1\nhigh = 5\n\
                      [[construct]]\nkey = \"satisfaction\"\nrole = \"satisfaction\"\nname.en = \"Satisfaction\"\n\
                      [[item]]\nkey = \"overall\"\nconstruct = \"satisfaction\"\nkind = \"rating\"\nscale = \"five\"\n\
                      text.en = \"How satisfied are you?\"\n";

/// A database with an organisation, and a folder for files.
pub(crate) struct Desk {
    pub(crate) db: Db,
    pub(crate) folder: TempDir,
}

impl Desk {
    pub(crate) async fn open(db: Db) -> Self {
        let organisation = Organisation {
            name: "Sample Instruments".into(),
            timezone: "Asia/Shanghai".into(),
            ledger_currency: "CNY".into(),
            fiscal_year_start: 1,
            default_language: "en".into(),
        };
        let put: Result<(), StoreError> =
            db.write(|tx| Box::pin(async move { organisation::put(tx, &organisation).await })).await;
        put.unwrap();
        Self { db, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) async fn import_file(
        &self,
        kind: Kind,
        file: &Path,
        map: &str,
    ) -> Result<Report, ImportError> {
        self.order(kind, file, map, false).await
    }

    pub(crate) async fn order(
        &self,
        kind: Kind,
        file: &Path,
        map: &str,
        dry_run: bool,
    ) -> Result<Report, ImportError> {
        let order = Order { kind, file: file.to_owned(), map: self.write("map.toml", map), dry_run };
        import::run(&self.db, Clock::Fixed(NOW), &order, Box::new(|_, _, _| {})).await
    }

    pub(crate) async fn import(
        &self,
        kind: Kind,
        content: impl AsRef<[u8]>,
        map: &str,
    ) -> Result<Report, ImportError> {
        let file = self.write("file.csv", content);
        self.import_file(kind, &file, map).await
    }

    /// Three accounts, A1 to A3.
    pub(crate) async fn accounts(&self) {
        let report =
            self.import(Kind::Accounts, "no,name\nA1,One\nA2,Two\nA3,Three\n", ACCOUNTS).await.unwrap();
        assert_eq!(report.new, 3);
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        snapshot::read(&mut self.db.read().await.unwrap(), "customer", NOW).await.unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let sql = sqlx::AssertSqlSafe(sql);
        match self.db.read().await.unwrap() {
            Tx::Sqlite(mut tx) => sqlx::query_scalar(sql).fetch_one(&mut *tx).await.unwrap(),
            Tx::Postgres(mut tx) => sqlx::query_scalar(sql).fetch_one(&mut *tx).await.unwrap(),
        }
    }
}

/// Reads revenue in the order of time.
pub(crate) fn revenues(snapshot: &Snapshot) -> Vec<Option<i64>> {
    let mut flows: Vec<_> = snapshot.flows.iter().collect();
    flows.sort_by_key(|flow| flow.from);
    flows.iter().map(|flow| flow.revenue).collect()
}

/// Returns reason and lines of the only reason for which rows were left out.
pub(crate) fn only_reason(report: &Report) -> (&str, &[(u64, u64)]) {
    assert_eq!(report.reasons.len(), 1, "{:?}", report.reasons);
    (&report.reasons[0].reason, &report.reasons[0].lines)
}
