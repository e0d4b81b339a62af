//! The database handle: SQLite and PostgreSQL behind one SQL text.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use super::{StoreError, Writer};

static SQLITE_SCHEMA: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_SCHEMA: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection waits for another process's lock on the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection to PostgreSQL may rest before it is tried out.
const RESTED: Duration = Duration::from_secs(1);

/// Rows that SQLite's thread may be ahead of the reader: a set of an import, so that the two threads do not
/// wake each other for every few rows.
const ROW_BUFFER: usize = 1024;

/// What PostgreSQL says where it has no database of the name (`invalid_catalog_name`).
const UNKNOWN_DATABASE: &str = "3D000";

/// Page cache of the writing connection, in negative KiB: an import of a million rows touches many pages of
/// several indices, which the default of 2 MB would read again and again.
const WRITER_CACHE: &str = "-65536";

/// An open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer connection, several read-only ones: SQLite has one write lock per file.
    Sqlite {
        /// The only connection that writes, and the queue before it.
        writer: Writer,
        /// Connections that refuse to write.
        readers: SqlitePool,
    },
    /// A pool on PostgreSQL 15 or newer.
    Postgres(PgPool),
}

/// A transaction on either database.
#[derive(Debug)]
pub enum Tx {
    /// On the SQLite file.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// A statement in both dialects, built by `sql!`, which marks the differences inline.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// Writes one statement for both databases; `{"…" | "…"}` holds what SQLite and PostgreSQL say differently.
macro_rules! sql {
    (@sqlite [$($a:literal)*] {$s:literal | $p:literal} $($r:tt)*) => { sql!(@sqlite [$($a)* $s] $($r)*) };
    (@postgres [$($a:literal)*] {$s:literal | $p:literal} $($r:tt)*) => { sql!(@postgres [$($a)* $p] $($r)*) };
    (@$b:ident [$($a:literal)*] $l:literal $($r:tt)*) => { sql!(@$b [$($a)* $l] $($r)*) };
    (@$b:ident [$($a:literal)*]) => { concat!($($a),*) };
    ($($t:tt)*) => { $crate::store::Sql { sqlite: sql!(@sqlite [] $($t)*), postgres: sql!(@postgres [] $($t)*) } };
}

/// Names a table module's statements and lists them, so that a test can prepare each one on both databases.
macro_rules! statements {
    ($($(#[$m:meta])* $name:ident = [$($sql:tt)*];)*) => {
        $($(#[$m])* const $name: $crate::store::Sql = sql!($($sql)*);)*
        pub(super) const STATEMENTS: &[(&str, $crate::store::Sql)] = &[$((stringify!($name), $name)),*];
    };
}

/// Expands the body once per database: `on!(tx, CLAIM, |c, q| sqlx::query(q).execute(c).await)`.
macro_rules! on {
    ($tx:expr, $sql:expr, |$c:ident, $q:ident| $body:expr) => {{
        let statement: $crate::store::Sql = $sql;
        match $tx {
            $crate::store::Tx::Sqlite(t) => {
                let ($c, $q) = (&mut **t, statement.sqlite);
                $body
            }
            $crate::store::Tx::Postgres(t) => {
                let ($c, $q) = (&mut **t, statement.postgres);
                $body
            }
        }
    }};
}

/// Expands the body once per database for one statement that reads and needs no transaction around it:
/// `once!(db, FIND, |c, q| sqlx::query_as(q).fetch_optional(c).await)`.
macro_rules! once {
    ($db:expr, $sql:expr, |$c:ident, $q:ident| $body:expr) => {{
        let statement: $crate::store::Sql = $sql;
        match $db {
            $crate::store::Db::Sqlite { readers, .. } => {
                let ($c, $q) = (readers, statement.sqlite);
                $body
            }
            $crate::store::Db::Postgres(pool) => {
                let ($c, $q) = (pool, statement.postgres);
                $body
            }
        }
    }};
}

pub(super) use {on, once, sql, statements};

/// The work of one write transaction.
pub type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

impl Db {
    /// Opens the database that a URL names (`sqlite:FILE` or `postgres://…`) without touching its schema.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if !url.starts_with("sqlite:") {
            // First without the pool, which would try again for half a minute and then not say why it failed.
            PgConnection::connect(url).await.map_err(refused_connection)?.close().await?;
            return Ok(Self::Postgres(postgres_pool().connect(url).await?));
        }
        let file: SqliteConnectOptions = url
            .parse::<SqliteConnectOptions>()?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROW_BUFFER)
            .pragma("secure_delete", "on");
        let writing = file.clone().pragma("cache_size", WRITER_CACHE);
        let writer = sqlite_pool(1).connect_with(writing).await?;
        let readers = sqlite_pool(4).connect_with(file.pragma("query_only", "on")).await?;
        Ok(Self::Sqlite { writer: Writer::start(writer), readers })
    }

    /// Opens a database whose schema is this program's; makes no file where there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotMigrated`] or [`StoreError::NewerSchema`] where the schema is another one.
    pub async fn open_migrated(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") && !url.parse::<SqliteConnectOptions>()?.get_filename().exists() {
            return Err(StoreError::NotMigrated { state: "there is no such file" });
        }
        let db = Self::open(url).await?;
        db.check_schema().await?;
        Ok(db)
    }

    /// Tells whether the schema is this program's.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotMigrated`] or [`StoreError::NewerSchema`] where it is another one.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        const MIGRATED: Sql = Sql {
            sqlite: "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
            postgres: "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')",
        };
        const VERSIONS: Sql = sql!["SELECT version FROM _sqlx_migrations WHERE success"];
        let mut tx = self.read().await?;
        let migrated: i64 = on!(&mut tx, MIGRATED, |c, q| sqlx::query_scalar(q).fetch_one(c).await)?;
        if migrated == 0 {
            return Err(StoreError::NotMigrated { state: "the database was never migrated" });
        }
        let done: Vec<i64> = on!(&mut tx, VERSIONS, |c, q| sqlx::query_scalar(q).fetch_all(c).await)?;
        let schema = match self {
            Self::Sqlite { .. } => &SQLITE_SCHEMA,
            Self::Postgres(_) => &POSTGRES_SCHEMA,
        };
        if done.iter().any(|version| !schema.version_exists(*version)) {
            return Err(StoreError::NewerSchema);
        }
        if schema.iter().any(|migration| !done.contains(&migration.version)) {
            return Err(StoreError::NotMigrated { state: "the schema is that of an older version of cam" });
        }
        Ok(())
    }

    /// Brings the schema to this program's version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE_SCHEMA.run(&writer.pool).await?,
            Self::Postgres(pool) => POSTGRES_SCHEMA.run(pool).await?,
        }
        Ok(())
    }

    /// Runs `work` in one transaction that may write, and commits it if `work` succeeds.
    ///
    /// The transaction runs on a task of its own: a caller that is dropped half-way cannot cancel it between
    /// its begin and its commit. SQLite takes its write lock at once, not at the first write, and writes that come together
    /// are committed together ([`Writer`]).
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
    {
        let pool = match self {
            Self::Sqlite { writer, .. } => return writer.write(work).await,
            Self::Postgres(pool) => pool.clone(),
        };
        let task = tokio::spawn(async move {
            let mut tx = Tx::Postgres(pool.begin().await.map_err(StoreError::from)?);
            let value = work(&mut tx).await?;
            tx.commit().await?;
            Ok(value)
        });
        match task.await {
            Ok(outcome) => outcome,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(E::from(StoreError::Stopped)),
            },
        }
    }

    /// Opens a read-only transaction over one consistent snapshot.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        })
    }

    /// Asks the database to parse and plan a statement without running it.
    pub async fn prepare(&self, statement: Sql) -> Result<(), StoreError> {
        use sqlx::SqlSafeStr;
        on!(&mut self.read().await?, statement, |c, q| c
            .prepare(SqlSafeStr::into_sql_str(q))
            .await
            .map(drop))?;
        Ok(())
    }

    /// Returns every column as (table, column, is nullable), in name order.
    pub async fn shape(&self) -> Result<Vec<(String, String, bool)>, StoreError> {
        const COLUMNS: Sql = Sql {
            sqlite: "SELECT t.name, c.name, NOT c.\"notnull\" AND c.pk = 0
                       FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
                      WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'
                      ORDER BY 1, 2",
            postgres: "SELECT table_name::TEXT, column_name::TEXT, is_nullable = 'YES'
                         FROM information_schema.columns
                        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'
                        ORDER BY 1, 2",
        };
        Ok(on!(&mut self.read().await?, COLUMNS, |c, q| sqlx::query_as(q).fetch_all(c).await)?)
    }

    /// Overwrites what was deleted: removed keys and ballots must not be found in free pages or in the write-ahead log.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                sqlx::raw_sql("VACUUM").execute(&writer.pool).await?;
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&writer.pool).await?;
            }
            Self::Postgres(pool) => {
                sqlx::raw_sql("VACUUM FULL sealed_ballot").execute(pool).await?;
                sqlx::raw_sql("VACUUM FULL fielding").execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Closes all connections, so that a SQLite file can be moved or removed.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.pool.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A pool on a file: its connections cannot break off, so none is tried out before it is used.
fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false)
}

/// Settings of each connection to a server.
///
/// Rows are looked up by a list of keys, and the server's default price of a page, made for disks that turn, would rather read
/// the table. A process that stands still in the middle of a transaction holds its rows against all others, so that the server
/// ends its session.
const SESSION: &str = "SET random_page_cost = 1.1; SET idle_in_transaction_session_timeout = '15s'";

/// A pool on a server. A connection is tried out where it has rested: once more on the wire for each use would be felt.
fn postgres_pool() -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(16)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

fn refused_connection(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some(UNKNOWN_DATABASE) => {
            StoreError::NoDatabase
        }
        _ => error.into(),
    }
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
