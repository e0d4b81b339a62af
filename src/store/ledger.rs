//! Money as it comes in: entries, account periods and official totals.

use super::db::{on, sql, statements};
use super::record::{Record, from_json, json, record, rust_type};
use super::{StoreError, Tx};

record! {
    /// A transaction. Negative revenue is a credit note.
    LedgerEntry = "ledger_entry" (id: uuid) {
        account_id: uuid, unit_id: opt_uuid, external_key: text, at: instant, revenue: opt_integer,
        cost: opt_integer, with_tax: flag,
    } stamped by batch_id
}

record! {
    /// An account's money in one period.
    AccountPeriod = "account_period" (account_id: uuid, period_start: instant, period_end: instant) {
        revenue: opt_integer, cost: opt_integer, active: opt_flag, source: text,
    } stamped by batch_id
}

record! {
    /// The official figure of a period.
    LedgerTotal = "ledger_total" (period_start: instant, period_end: instant) {
        revenue: integer, source: text,
    } stamped by batch_id
}

statements! {
    /// A period overlaps itself: the rows of the keys are among those found.
    OVERLAPPING = ["SELECT t.account_id, t.period_start, t.period_end, t.revenue, t.cost, t.active, t.source, t.batch_id
                      FROM " {"jsonb_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r
                     CROSS JOIN account_period AS t
                     WHERE t.account_id = " {"unhex(r.value ->> 'account_id', '-')
                       AND t.period_start < r.value ->> 'period_end'
                       AND t.period_end > r.value ->> 'period_start'"
                     | "CAST(r.value ->> 'account_id' AS UUID)
                       AND t.period_start < TIMESTAMPTZ 'epoch' + CAST(r.value ->> 'period_end' AS BIGINT) * INTERVAL '1 microsecond'
                       AND t.period_end > TIMESTAMPTZ 'epoch' + CAST(r.value ->> 'period_start' AS BIGINT) * INTERVAL '1 microsecond'"}];

    OVERLAPPING_TOTALS = ["SELECT DISTINCT t.period_start, t.period_end, t.revenue, t.source, t.batch_id
                             FROM " {"jsonb_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r
                            CROSS JOIN ledger_total AS t
                            WHERE " {"t.period_start < r.value ->> 'period_end' AND t.period_end > r.value ->> 'period_start'"
                            | "t.period_start < TIMESTAMPTZ 'epoch' + CAST(r.value ->> 'period_end' AS BIGINT) * INTERVAL '1 microsecond'
                              AND t.period_end > TIMESTAMPTZ 'epoch' + CAST(r.value ->> 'period_start' AS BIGINT) * INTERVAL '1 microsecond'"}];
}

/// Reads the stored periods that share time with one of `keys`, of the same account.
pub(crate) async fn overlapping(
    tx: &mut Tx,
    keys: &[<AccountPeriod as Record>::Key],
) -> Result<Vec<AccountPeriod>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys = json(keys)?;
    Ok(on!(tx, OVERLAPPING, |c, q| sqlx::query_as(q).bind(&keys).fetch_all(c).await)?)
}

/// Reads the stored official totals that share time with one of `keys`.
pub(crate) async fn overlapping_totals(
    tx: &mut Tx,
    keys: &[<LedgerTotal as Record>::Key],
) -> Result<Vec<LedgerTotal>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys = json(keys)?;
    Ok(on!(tx, OVERLAPPING_TOTALS, |c, q| sqlx::query_as(q).bind(&keys).fetch_all(c).await)?)
}
