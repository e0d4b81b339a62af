//! Money as it comes in: entries, account periods and official totals.

use super::record::{from_json, record, rust_type};

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
