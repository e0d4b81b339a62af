//! What can go wrong in the store.

/// What SQLite says where another connection has the write lock (`SQLITE_BUSY`).
const BUSY: &str = "5";

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused or broke off.
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    /// The schema could not be brought to this program's version.
    #[error("the schema could not be migrated: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// The database does not have this program's schema yet.
    #[error("{state}; run `cam migrate`")]
    NotMigrated {
        /// What is there instead.
        state: &'static str,
    },
    /// The server has no database of the name that the URL gives.
    #[error(
        "the server has no such database; create it, for example with `createdb`, then run `cam migrate`"
    )]
    NoDatabase,
    /// A later version of this program changed the schema.
    #[error("a newer version of cam has changed the schema; use that version")]
    NewerSchema,
    /// A row that must exist does not.
    #[error("{table} has no such row: {key}; {remedy}")]
    NotFound {
        /// The table that was searched.
        table: &'static str,
        /// What was searched for.
        key: String,
        /// What the user can do.
        remedy: &'static str,
    },
    /// A row says otherwise than the caller.
    #[error("{table} already says otherwise: {detail}")]
    Conflict {
        /// The table that holds the row.
        table: &'static str,
        /// Both versions, in words.
        detail: String,
    },
    /// A stored value breaks a rule of the data model.
    #[error("{table} holds a row that breaks its own rules: {detail}")]
    Inconsistent {
        /// The table that holds the row.
        table: &'static str,
        /// Which rule, which row.
        detail: String,
    },
    /// Another process held the SQLite file's write lock for longer than this one waits; nothing was written.
    #[error("another process is writing to this database; nothing was written: try again when it has ended")]
    Busy,
    /// The program was stopping while the transaction ran; nothing was written.
    #[error("the program is stopping; nothing was written")]
    Stopped,
}

// By hand, not `#[from]`: both texts hold the cause already, and a source would be printed after it once more.

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if refusal.code().as_deref() == Some(BUSY) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(error)
    }
}
