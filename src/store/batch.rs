//! Import batches: what came in, what was left out, and the rows as they were before.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde::Serialize;
use uuid::Uuid;

use super::db::{on, sql, statements};
use super::event::Event;
use super::investment::{CostPoint, Goal, Indicator, IndicatorValue, Investment, Measure};
use super::ledger::{AccountPeriod, LedgerEntry, LedgerTotal};
use super::people::{Account, AccountUnit, Attribute, Contact, Employee, EmployeeUnit, Unit};
use super::record::{self, Record, json};
use super::response::{Answer, Response, Wave};
use super::{StoreError, Tx, identity};
use crate::clock::Instant;

/// Rows that are taken back in one statement.
const PAGE: i64 = 1000;

/// An import as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Serialize)]
pub struct Batch {
    /// Its id.
    pub id: Uuid,
    /// What was imported.
    pub kind: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub file_sha256: String,
    /// SHA-256 of the map and of the survey that it names.
    pub map_sha256: String,
    /// Rows in the file.
    pub rows_in: i64,
    /// Rows that came in.
    pub rows_applied: i64,
    /// When it came in.
    pub applied_at: Instant,
    /// When it was taken back.
    pub undone_at: Option<Instant>,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// Its line in the file.
    pub line: u64,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// Why, without the cell's content.
    pub reason: String,
}

/// What a row did to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It says what is stored.
    Same,
    /// It changed something stored.
    Changed,
    /// It brought something new.
    New,
}

statements! {
    BEGIN_BATCH = ["INSERT INTO import_batch
                       (id, kind, file_sha256, map_sha256, rows_in, rows_applied, applied_at)
                    VALUES ($1, $2, $3, $4, 0, 0, $5)"];

    FINISH_BATCH = ["UPDATE import_batch SET rows_in = $2, rows_applied = $3 WHERE id = $1"];

    FIND_BATCH = ["SELECT id, kind, file_sha256, map_sha256, rows_in, rows_applied, applied_at, undone_at
                     FROM import_batch WHERE id = $1"];

    /// Rows that a batch found stored go when the batch that brought them is taken back: it counts only while none
    /// that is older was taken back after it.
    APPLIED_BEFORE = ["SELECT id, kind, file_sha256, map_sha256, rows_in, rows_applied, applied_at, undone_at
                         FROM import_batch AS b
                        WHERE kind = $1 AND file_sha256 = $2 AND map_sha256 = $3 AND undone_at IS NULL
                          AND NOT EXISTS (SELECT 1 FROM import_batch AS older
                                           WHERE older.id < b.id AND older.undone_at >= b.applied_at)
                        ORDER BY id LIMIT 1"];

    ADD_SKIPS = ["INSERT INTO import_skip (batch_id, line, column_name, reason)
                  SELECT " {"$2" | "CAST($2 AS UUID)"} ", CAST(r.value ->> 'line' AS BIGINT), r.value ->> 'column', r.value ->> 'reason'
                    FROM " {"jsonb_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r"];

    /// The first image of a row in a batch is the one to go back to.
    ADD_CHANGES = ["INSERT INTO import_change (batch_id, table_name, row_id, before_json)
                    SELECT " {"$2, $3, r.value ->> 'key', r.value ->> 'before'"
                              | "CAST($2 AS UUID), CAST($3 AS TEXT), r.value ->> 'key', CAST(r.value ->> 'before' AS JSONB)"} "
                      FROM " {"jsonb_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r
                     WHERE TRUE
                        ON CONFLICT (batch_id, table_name, row_id) DO NOTHING"];

    LATER_BATCHES = ["SELECT DISTINCT later.batch_id
                        FROM import_change AS own
                        JOIN import_change AS later
                          ON later.table_name = own.table_name AND later.row_id = own.row_id
                        JOIN import_batch ON import_batch.id = later.batch_id
                       WHERE own.batch_id = $1 AND later.batch_id > $1 AND import_batch.undone_at IS NULL
                       ORDER BY later.batch_id"];

    /// The newest first: a unit goes before its parent.
    CHANGES = ["SELECT row_id, CAST(before_json AS TEXT) AS before_json
                  FROM import_change
                 WHERE batch_id = $1 AND table_name = $2 AND ($3 = '' OR row_id < $3)
                 ORDER BY row_id DESC LIMIT $4"];

    MARK_UNDONE = ["UPDATE import_batch SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL"];
}

/// Waits until no other import or undo is under way and keeps them waiting until the transaction ends.
///
/// An import compares its rows with what is stored (overlapping periods, double aliases): two at a time would not
/// see each other's. SQLite lets only one write anyhow.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = &mut *tx {
        sqlx::query("LOCK TABLE import_batch IN SHARE ROW EXCLUSIVE MODE").execute(&mut **inner).await?;
    }
    Ok(())
}

/// Starts a batch; its counts are known only at its end.
pub async fn begin(tx: &mut Tx, batch: &Batch) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = &mut *tx {
        // A plan made while a table was nearly empty would scan it whole for every later set of rows.
        sqlx::query("SET LOCAL plan_cache_mode = force_custom_plan").execute(&mut **inner).await?;
    }
    on!(tx, BEGIN_BATCH, |c, q| sqlx::query(q)
        .bind(batch.id)
        .bind(&batch.kind)
        .bind(&batch.file_sha256)
        .bind(&batch.map_sha256)
        .bind(batch.applied_at)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends a batch.
pub async fn finish(tx: &mut Tx, id: Uuid, rows_in: u64, rows_applied: u64) -> Result<(), StoreError> {
    let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
    on!(tx, FINISH_BATCH, |c, q| sqlx::query(q)
        .bind(id)
        .bind(count(rows_in))
        .bind(count(rows_applied))
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Finds a batch.
pub async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<Batch>, StoreError> {
    Ok(on!(tx, FIND_BATCH, |c, q| sqlx::query_as(q).bind(id).fetch_optional(c).await)?)
}

/// Finds the batch that brought the same file in by the same map, unless it was taken back or what it found stored
/// may have been.
pub async fn applied_before(tx: &mut Tx, like: &Batch) -> Result<Option<Batch>, StoreError> {
    Ok(on!(tx, APPLIED_BEFORE, |c, q| sqlx::query_as(q)
        .bind(&like.kind)
        .bind(&like.file_sha256)
        .bind(&like.map_sha256)
        .fetch_optional(c)
        .await)?)
}

/// Remembers rows that were left out.
pub async fn add_skips(tx: &mut Tx, batch: Uuid, skips: &[Skip]) -> Result<(), StoreError> {
    if skips.is_empty() {
        return Ok(());
    }
    let list = json(skips)?;
    on!(tx, ADD_SKIPS, |c, q| sqlx::query(q).bind(&list).bind(batch).execute(c).await.map(drop))?;
    Ok(())
}

#[derive(Serialize)]
struct Change<'a, R: Record> {
    key: &'a R::Key,
    before: Option<&'a R>,
}

/// The rows of one table that a set of file rows touches: as stored, and as they shall be.
#[derive(Debug)]
pub(crate) struct Staged<R: Record> {
    stored: HashMap<R::Key, R>,
    planned: HashMap<R::Key, R>,
    order: Vec<R::Key>,
    /// The keys that the file has named so far, over all its sets: as hashes, because a file may name millions.
    named: HashSet<u64>,
    hasher: RandomState,
}

impl<R: Record> Default for Staged<R> {
    fn default() -> Self {
        Self {
            stored: HashMap::new(),
            planned: HashMap::new(),
            order: Vec::new(),
            named: HashSet::new(),
            hasher: RandomState::new(),
        }
    }
}

impl<R: Record> Staged<R> {
    /// Reads the stored rows of `keys`.
    pub(crate) async fn load(&mut self, tx: &mut Tx, keys: &[R::Key]) -> Result<(), StoreError> {
        for row in record::find::<R>(tx, keys).await? {
            self.stored.insert(row.key(), row);
        }
        Ok(())
    }

    /// Takes in rows that were read by another statement than that of their keys.
    pub(crate) fn know(&mut self, rows: Vec<R>) {
        for row in rows {
            self.stored.insert(row.key(), row);
        }
    }

    /// Returns a row as it shall be, or as it is stored.
    pub(crate) fn get(&self, key: &R::Key) -> Option<&R> {
        self.planned.get(key).or_else(|| self.stored.get(key))
    }

    /// Lays down how a row shall be, and tells what that does.
    pub(crate) fn put(&mut self, mut row: R, batch: Uuid) -> Outcome {
        let key = row.key();
        let outcome = match self.get(&key) {
            Some(known) if *known == row => return Outcome::Same,
            Some(_) => Outcome::Changed,
            None => Outcome::New,
        };
        row.stamp(batch);
        if self.planned.insert(key.clone(), row).is_none() {
            self.order.push(key);
        }
        outcome
    }

    /// Tells whether [`Staged::put_once`] has laid this key down before.
    pub(crate) fn has_named(&self, key: &R::Key) -> bool {
        self.named.contains(&self.hasher.hash_one(key))
    }

    /// Lays down how a row shall be; `None` if that contradicts an earlier row of the file, which stays.
    pub(crate) fn put_once(&mut self, row: R, batch: Uuid) -> Option<Outcome> {
        let key = row.key();
        if !self.named.insert(self.hasher.hash_one(&key)) && self.get(&key) != Some(&row) {
            return None;
        }
        Some(self.put(row, batch))
    }

    /// Writes what was laid down, with the images of the rows before it, and forgets everything but which keys came.
    pub(crate) async fn save(&mut self, tx: &mut Tx, batch: Uuid) -> Result<(), StoreError> {
        if !self.order.is_empty() {
            let changes: Vec<Change<'_, R>> =
                self.order.iter().map(|key| Change { key, before: self.stored.get(key) }).collect();
            let list = json(&changes)?;
            on!(&mut *tx, ADD_CHANGES, |c, q| sqlx::query(q)
                .bind(&list)
                .bind(batch)
                .bind(R::TABLE)
                .execute(c)
                .await
                .map(drop))?;
            let rows: Vec<&R> = self.order.iter().filter_map(|key| self.planned.get(key)).collect();
            record::put(tx, &rows).await?;
        }
        self.stored.clear();
        self.planned.clear();
        self.order.clear();
        Ok(())
    }
}

/// Lists later batches, not taken back, that touched the same rows.
pub async fn later_batches(tx: &mut Tx, id: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, LATER_BATCHES, |c, q| sqlx::query_scalar(q).bind(id).fetch_all(c).await)?)
}

/// Puts every row back as it was before a batch, and removes what the batch created.
///
/// # Errors
///
/// [`StoreError::Conflict`] if other batches named, or other rows refer to, what the batch created.
pub async fn undo(tx: &mut Tx, id: Uuid, now: Instant) -> Result<(), StoreError> {
    // Children before parents, so that nothing refers to a row that goes.
    back::<Event>(tx, id).await?;
    back::<Attribute>(tx, id).await?;
    back::<Answer>(tx, id).await?;
    back::<Response>(tx, id).await?;
    back::<Wave>(tx, id).await?;
    back::<IndicatorValue>(tx, id).await?;
    back::<Indicator>(tx, id).await?;
    back::<LedgerEntry>(tx, id).await?;
    back::<AccountPeriod>(tx, id).await?;
    back::<LedgerTotal>(tx, id).await?;
    back::<CostPoint>(tx, id).await?;
    back::<Measure>(tx, id).await?;
    back::<Goal>(tx, id).await?;
    back::<Investment>(tx, id).await?;
    back::<Contact>(tx, id).await?;
    back::<AccountUnit>(tx, id).await?;
    back::<EmployeeUnit>(tx, id).await?;
    back::<Employee>(tx, id).await?;
    back::<Account>(tx, id).await?;
    back::<Unit>(tx, id).await?;
    identity::remove_of_batch(tx, id).await?;
    let marked = on!(tx, MARK_UNDONE, |c, q| sqlx::query(q)
        .bind(id)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if marked == 1 {
        return Ok(());
    }
    Err(StoreError::NotFound {
        table: "import_batch",
        key: id.to_string(),
        remedy: "it was taken back meanwhile",
    })
}

async fn back<R: Record>(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    let mut last = String::new();
    loop {
        let page: Vec<(String, Option<String>)> = on!(&mut *tx, CHANGES, |c, q| sqlx::query_as(q)
            .bind(id)
            .bind(R::TABLE)
            .bind(&last)
            .bind(PAGE)
            .fetch_all(c)
            .await)?;
        let Some((end, _)) = page.last() else { return Ok(()) };
        last.clone_from(end);
        let images: Vec<&str> = page.iter().filter_map(|(_, before)| before.as_deref()).collect();
        if !images.is_empty() {
            record::execute(tx, R::PUT, &format!("[{}]", images.join(","))).await?;
        }
        let created: Vec<&str> =
            page.iter().filter(|(_, before)| before.is_none()).map(|(key, _)| key.as_str()).collect();
        if !created.is_empty() {
            remove::<R>(tx, id, &format!("[{}]", created.join(","))).await?;
        }
    }
}

async fn remove<R: Record>(tx: &mut Tx, id: Uuid, keys: &str) -> Result<(), StoreError> {
    let foreign = identity::foreign_batches(tx, id, keys).await?;
    if !foreign.is_empty() {
        let named: Vec<String> = foreign.iter().map(Uuid::to_string).collect();
        return Err(StoreError::Conflict {
            table: R::TABLE,
            detail: format!(
                "these imports gave further identifiers to what it created: {}",
                named.join(", ")
            ),
        });
    }
    match record::execute(tx, R::DELETE, keys).await {
        Err(StoreError::Database(sqlx::Error::Database(error))) if error.is_foreign_key_violation() => {
            Err(StoreError::Conflict {
                table: R::TABLE,
                detail: "later imports refer to what it created; take those back first".into(),
            })
        }
        outcome => outcome,
    }
}

/// The statements of every table's rows.
pub(super) const ROW_STATEMENTS: &[(&str, super::Sql)] = &{
    macro_rules! listed {
        ($($row:ident),* $(,)?) => {
            [$(
                (concat!(stringify!($row), "::FIND"), <$row as Record>::FIND),
                (concat!(stringify!($row), "::PUT"), <$row as Record>::PUT),
                (concat!(stringify!($row), "::DELETE"), <$row as Record>::DELETE),
            )*]
        };
    }
    listed!(
        Unit,
        Account,
        AccountUnit,
        Contact,
        Employee,
        EmployeeUnit,
        Attribute,
        LedgerEntry,
        AccountPeriod,
        LedgerTotal,
        Wave,
        Response,
        Answer,
        Investment,
        CostPoint,
        Measure,
        Goal,
        Indicator,
        IndicatorValue,
        Event,
    )
};
