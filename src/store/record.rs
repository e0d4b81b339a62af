//! Rows that imports write: one declaration per table gives its struct and its three statements.

use std::hash::Hash;

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::db::on;
use super::{Sql, StoreError, Tx};

/// A row that is read, written and restored as a whole, in sets.
///
/// All three statements take one JSON list as `$1`: of keys to find and to delete, of rows to put. A set of a
/// thousand rows is then one round trip with one parameter, and a stored before-image is put back as it is.
/// SQLite takes the list apart by `jsonb_each`: `json_each` would write each row as text, which every column
/// would parse again.
pub(crate) trait Record:
    Serialize + Clone + PartialEq + Send + Sync + Unpin + 'static + RowOf<SqliteRow> + RowOf<PgRow>
{
    /// What names a row.
    type Key: Serialize + Eq + Hash + Clone + Send + Sync;
    /// The table.
    const TABLE: &'static str;
    /// Reads the rows of the keys.
    const FIND: Sql;
    /// Inserts rows, or overwrites them.
    const PUT: Sql;
    /// Deletes the rows of the keys.
    const DELETE: Sql;
    /// Returns the row's key.
    fn key(&self) -> Self::Key;
    /// Notes the batch that wrote the row last, in tables that keep it.
    fn stamp(&mut self, _batch: Uuid) {}
}

/// A struct that a database's row can become.
pub(crate) trait RowOf<R: sqlx::Row>: for<'r> FromRow<'r, R> {}

impl<T, R: sqlx::Row> RowOf<R> for T where T: for<'r> FromRow<'r, R> {}

/// Reads the rows of `keys`; keys without row are left out.
pub(crate) async fn find<R: Record>(tx: &mut Tx, keys: &[R::Key]) -> Result<Vec<R>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys = json(keys)?;
    Ok(on!(tx, R::FIND, |c, q| sqlx::query_as(q).bind(&keys).fetch_all(c).await)?)
}

/// Writes rows as they are.
pub(crate) async fn put<R: Record>(tx: &mut Tx, rows: &[&R]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = json(rows)?;
    execute(tx, R::PUT, &rows).await
}

/// Runs a statement on one JSON list.
pub(super) async fn execute(tx: &mut Tx, statement: Sql, list: &str) -> Result<(), StoreError> {
    on!(tx, statement, |c, q| sqlx::query(q).bind(list).execute(c).await.map(drop))?;
    Ok(())
}

/// Writes a list as JSON text.
pub(super) fn json<T: Serialize + ?Sized>(list: &T) -> Result<String, StoreError> {
    serde_json::to_string(list)
        .map_err(|error| StoreError::Inconsistent { table: "a row to be written", detail: error.to_string() })
}

/// The Rust type of a column's word.
macro_rules! rust_type {
    (uuid) => { uuid::Uuid };
    (opt_uuid) => { Option<uuid::Uuid> };
    (text) => { String };
    (opt_text) => { Option<String> };
    (instant) => { $crate::clock::Instant };
    (opt_instant) => { Option<$crate::clock::Instant> };
    (integer) => { i64 };
    (opt_integer) => { Option<i64> };
    (real) => { f64 };
    (opt_real) => { Option<f64> };
    (flag) => { bool };
    (opt_flag) => { Option<bool> };
}

/// How a column is read from the JSON object `r.value`.
macro_rules! from_json {
    (sqlite uuid $c:ident) => { concat!("unhex(r.value ->> '", stringify!($c), "', '-')") };
    (sqlite opt_uuid $c:ident) => { from_json!(sqlite uuid $c) };
    (sqlite real $c:ident) => { concat!("CAST(r.value ->> '", stringify!($c), "' AS REAL)") };
    (sqlite opt_real $c:ident) => { from_json!(sqlite real $c) };
    (sqlite $kind:ident $c:ident) => { concat!("r.value ->> '", stringify!($c), "'") };
    (postgres uuid $c:ident) => { concat!("CAST(r.value ->> '", stringify!($c), "' AS UUID)") };
    (postgres opt_uuid $c:ident) => { from_json!(postgres uuid $c) };
    (postgres integer $c:ident) => { concat!("CAST(r.value ->> '", stringify!($c), "' AS BIGINT)") };
    (postgres opt_integer $c:ident) => { from_json!(postgres integer $c) };
    (postgres real $c:ident) => { concat!("CAST(r.value ->> '", stringify!($c), "' AS DOUBLE PRECISION)") };
    (postgres opt_real $c:ident) => { from_json!(postgres real $c) };
    (postgres flag $c:ident) => { concat!("CAST(r.value ->> '", stringify!($c), "' AS BOOLEAN)") };
    (postgres opt_flag $c:ident) => { from_json!(postgres flag $c) };
    (postgres instant $c:ident) => {
        concat!("TIMESTAMPTZ 'epoch' + CAST(r.value ->> '", stringify!($c), "' AS BIGINT) * INTERVAL '1 microsecond'")
    };
    (postgres opt_instant $c:ident) => { from_json!(postgres instant $c) };
    (postgres $kind:ident $c:ident) => { concat!("r.value ->> '", stringify!($c), "'") };
}

/// Declares a table's row: `Account = "account" (id: uuid) { name: opt_text, … }`, the key in parentheses.
///
/// A table that keeps the batch that wrote a row last adds `stamped by batch_id`.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident = $table:literal
        ($key:ident: $key_type:ident $(, $more:ident: $more_type:ident)*)
        { $first:ident: $first_type:ident $(, $column:ident: $column_type:ident)* $(,)? }
        $(stamped by $batch:ident)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, sqlx::FromRow, serde::Serialize)]
        pub(crate) struct $name {
            pub(crate) $key: rust_type!($key_type),
            $(pub(crate) $more: rust_type!($more_type),)*
            pub(crate) $first: rust_type!($first_type),
            $(pub(crate) $column: rust_type!($column_type),)*
            $(pub(crate) $batch: Option<uuid::Uuid>,)?
        }

        const _: () = {
            /// The key's columns under their own names, as the JSON keys of the statements need them.
            #[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
            pub(crate) struct Key {
                $key: $crate::store::record::KeyPart,
                $($more: $crate::store::record::KeyPart,)*
            }

            impl $crate::store::record::Record for $name {
                type Key = Key;
                const TABLE: &'static str = $table;
                const FIND: $crate::store::Sql = record!(@find $table; $key: $key_type $(, $more: $more_type)*;
                    $first $(, $column)* $(, $batch)?);
                const PUT: $crate::store::Sql = record!(@put $table; $key: $key_type $(, $more: $more_type)*;
                    $first: $first_type $(, $column: $column_type)* $(, $batch: opt_uuid)?);
                const DELETE: $crate::store::Sql = record!(@delete $table; $key: $key_type $(, $more: $more_type)*);

                fn key(&self) -> Key {
                    Self::key_of(&self.$key $(, &self.$more)*)
                }

                $(
                    fn stamp(&mut self, batch: uuid::Uuid) {
                        self.$batch = Some(batch);
                    }
                )?
            }

            impl $name {
                record!(@key_of $key: $key_type $(, $more: $more_type)*);
            }
        };
    };
    (@key_of $($key:ident: $key_type:ident),+) => {
        /// Names a row without having it.
        pub(crate) fn key_of($($key: &rust_type!($key_type)),+) -> Key {
            Key { $($key: $key.into(),)+ }
        }
    };
    (@find $table:literal; $($key:ident: $key_type:ident),+; $($column:ident),+) => {
        $crate::store::Sql {
            sqlite: concat!("SELECT ", $("t.", stringify!($key), ", ",)+ record!(@list "t." $($column),+),
                " FROM jsonb_each($1) AS r CROSS JOIN ", $table, " AS t WHERE TRUE",
                $(" AND t.", stringify!($key), " = ", from_json!(sqlite $key_type $key)),+),
            postgres: concat!("SELECT ", $("t.", stringify!($key), ", ",)+ record!(@list "t." $($column),+),
                " FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS r CROSS JOIN ", $table,
                " AS t WHERE TRUE",
                $(" AND t.", stringify!($key), " = ", from_json!(postgres $key_type $key)),+),
        }
    };
    (@put $table:literal; $($key:ident: $key_type:ident),+; $first:ident: $first_type:ident $(, $column:ident: $column_type:ident)*) => {
        $crate::store::Sql {
            sqlite: concat!("INSERT INTO ", $table, " (", $(stringify!($key), ", ",)+ record!(@list "" $first $(, $column)*),
                ") SELECT ", $(from_json!(sqlite $key_type $key), ", ",)+ from_json!(sqlite $first_type $first)
                $(, ", ", from_json!(sqlite $column_type $column))*,
                " FROM jsonb_each($1) AS r WHERE TRUE ON CONFLICT (", record!(@list "" $($key),+),
                ") DO UPDATE SET ", stringify!($first), " = excluded.", stringify!($first)
                $(, ", ", stringify!($column), " = excluded.", stringify!($column))*),
            postgres: concat!("INSERT INTO ", $table, " (", $(stringify!($key), ", ",)+ record!(@list "" $first $(, $column)*),
                ") SELECT ", $(from_json!(postgres $key_type $key), ", ",)+ from_json!(postgres $first_type $first)
                $(, ", ", from_json!(postgres $column_type $column))*,
                " FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS r WHERE TRUE ON CONFLICT (",
                record!(@list "" $($key),+), ") DO UPDATE SET ", stringify!($first), " = excluded.", stringify!($first)
                $(, ", ", stringify!($column), " = excluded.", stringify!($column))*),
        }
    };
    (@delete $table:literal; $($key:ident: $key_type:ident),+) => {
        $crate::store::Sql {
            sqlite: concat!("DELETE FROM ", $table, " WHERE (", record!(@list "" $($key),+), ") IN (SELECT ",
                record!(@casts sqlite $($key: $key_type),+), " FROM jsonb_each($1) AS r)"),
            postgres: concat!("DELETE FROM ", $table, " WHERE (", record!(@list "" $($key),+), ") IN (SELECT ",
                record!(@casts postgres $($key: $key_type),+),
                " FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) AS r)"),
        }
    };
    (@list $prefix:literal $first:ident $(, $more:ident)*) => {
        concat!($prefix, stringify!($first) $(, ", ", $prefix, stringify!($more))*)
    };
    (@casts $backend:ident $first:ident: $first_type:ident $(, $more:ident: $more_type:ident)*) => {
        concat!(from_json!($backend $first_type $first) $(, ", ", from_json!($backend $more_type $more))*)
    };
}

pub(super) use {from_json, record, rust_type};

/// One column of a key, comparable and hashable whatever its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub(crate) enum KeyPart {
    /// An id.
    Id(Uuid),
    /// An instant or a whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A real number, by its bits.
    Real(RealKey),
}

/// A real number that is part of a key; equal by its bits, written as the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RealKey(u64);

impl Serialize for RealKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from_bits(self.0))
    }
}

impl From<&Uuid> for KeyPart {
    fn from(id: &Uuid) -> Self {
        Self::Id(*id)
    }
}

impl From<&crate::clock::Instant> for KeyPart {
    fn from(instant: &crate::clock::Instant) -> Self {
        Self::Number(instant.as_micros())
    }
}

impl From<&i64> for KeyPart {
    fn from(number: &i64) -> Self {
        Self::Number(*number)
    }
}

impl From<&String> for KeyPart {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&f64> for KeyPart {
    fn from(number: &f64) -> Self {
        Self::Real(RealKey(number.to_bits()))
    }
}
