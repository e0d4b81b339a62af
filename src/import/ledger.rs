//! Ledger entries, account periods and official totals.

use std::collections::HashMap;

use uuid::Uuid;

use super::book::Book;
use super::desk::{Attributes, Context, Desk, own_ids, stored_or, twice};
use super::line::{Fault, Line};
use super::people::named;
use crate::clock::Instant;
use crate::store::batch::{Outcome, Staged};
use crate::store::identity::Owner;
use crate::store::ledger::{AccountPeriod, LedgerEntry, LedgerTotal, overlapping, overlapping_totals};
use crate::store::{StoreError, Tx};

/// Refuses a row whose amounts are in another currency than the ledger's.
pub(super) fn same_currency(line: &Line, context: &Context) -> Result<(), Fault> {
    match line.text("currency") {
        Some(currency) if currency != context.currency => Err(line.fault(
            "currency",
            format!(
                "not in {}, the ledger's currency; other currencies need a rate file, not built yet",
                context.currency
            ),
        )),
        _ => Ok(()),
    }
}

/// Takes ledger entries.
pub(super) struct LedgerEntries {
    context: Context,
    rows: Staged<LedgerEntry>,
    attributes: Attributes,
}

impl Desk for LedgerEntries {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default(), attributes: Attributes::of(Owner::LedgerEntry) }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let ids = own_ids(lines, book);
        let keys: Vec<_> = ids.iter().map(LedgerEntry::key_of).collect();
        self.rows.load(tx, &keys).await?;
        self.attributes.load(tx, &ids, &self.context.map).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let account = book.refer(line, "account")?;
        let unit = book.refer(line, "unit")?;
        let batch = self.context.batch;
        let key = LedgerEntry::key_of(&id);
        let mut row = match self.rows.get(&key) {
            Some(row) => row.clone(),
            None => self.new_entry(line, id, account)?,
        };
        row.account_id = account.unwrap_or(row.account_id);
        row.at = line.instant("at").unwrap_or(row.at);
        line.lay("unit", &mut row.unit_id, |_, _| unit);
        line.lay("revenue", &mut row.revenue, Line::money);
        line.lay("cost", &mut row.cost, Line::money);
        if line.maps("revenue") || line.maps("cost") {
            row.with_tax = self.context.map.with_tax;
        }
        let again = self.rows.has_named(&key);
        let outcome = self.rows.put_once(row, batch).ok_or_else(|| twice(line, "key"))?;
        let taken = self.attributes.take(line, id, batch, again).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(taken).max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await?;
        self.attributes.save(tx, self.context.batch).await
    }
}

impl LedgerEntries {
    fn new_entry(&self, line: &Line, id: Uuid, account: Option<Uuid>) -> Result<LedgerEntry, Fault> {
        let first = "is missing, and no ledger entry is known by this key";
        let key = line.id("key").ok_or_else(|| line.fault("key", "key is missing"))?;
        Ok(LedgerEntry {
            id,
            account_id: account.ok_or_else(|| line.fault("account", format!("account {first}")))?,
            unit_id: None,
            external_key: format!("{}:{}", key.scheme, key.value),
            at: line.instant("at").ok_or_else(|| line.fault("at", format!("at {first}")))?,
            revenue: None,
            cost: None,
            with_tax: self.context.map.with_tax,
            batch_id: None,
        })
    }
}

/// Takes account periods. Two periods of one account that share time are refused, because an analysis adds up
/// every period: their money would count twice.
pub(super) struct AccountPeriods {
    context: Context,
    rows: Staged<AccountPeriod>,
    /// The periods that are stored or laid down, by account.
    taken: HashMap<Uuid, Periods>,
}

/// Periods that are stored or laid down, of which no two may share time: their money would count twice.
#[derive(Debug, Default)]
struct Periods(Vec<Taken>);

/// A period that is taken already.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Taken {
    from: Instant,
    to: Instant,
    batch: Option<Uuid>,
}

impl Periods {
    fn note(&mut self, from: Instant, to: Instant, batch: Option<Uuid>) {
        if !self.0.iter().any(|taken| (taken.from, taken.to) == (from, to)) {
            self.0.push(Taken { from, to, batch });
        }
    }

    /// Returns a period that shares time with another one; the same period is an update of it.
    fn overlapping(&self, from: Instant, to: Instant) -> Option<&Taken> {
        self.0.iter().find(|taken| taken.from < to && from < taken.to && (taken.from, taken.to) != (from, to))
    }

    /// Refuses a row whose period shares time with another one; `what` names such a row.
    fn refuse_overlap(&self, line: &Line, context: &Context, what: &str) -> Result<(), Fault> {
        let (from, to) = period(line)?;
        let Some(other) = self.overlapping(from, to) else { return Ok(()) };
        let reason = match other.batch {
            Some(batch) if batch != context.batch => format!(
                "overlaps another {what} from the import {batch}, so that its money would count twice: leave it out, \
                 or take the other back first with `cam import undo {batch}`"
            ),
            _ => format!(
                "overlaps another {what} in this file, so that its money would count twice: keep one of the two"
            ),
        };
        let days = |at: Instant| at.date(&context.calendar.zone);
        let account = line.id("account").map_or_else(String::new, |id| format!("{}, ", id.value));
        let cell = format!(
            "{account}{} to {} over {} to {}",
            days(from),
            days(to),
            days(other.from),
            days(other.to)
        );
        Err(Fault { cell: Some(cell), ..line.fault("period_start", reason) })
    }
}

impl Desk for AccountPeriods {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default(), taken: HashMap::new() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| {
                let account = book.find(line.id("account")?)?;
                Some(AccountPeriod::key_of(
                    &account,
                    &line.instant("period_start")?,
                    &line.instant("period_end")?,
                ))
            })
            .collect();
        let stored = overlapping(tx, &keys).await?;
        for row in &stored {
            self.note(row);
        }
        self.rows.know(stored);
        Ok(())
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let (from, to) = period(line)?;
        let account =
            book.refer(line, "account")?.ok_or_else(|| line.fault("account", "account is missing"))?;
        if let Some(periods) = self.taken.get(&account) {
            periods.refuse_overlap(line, &self.context, "period of the same account")?;
        }
        let key = AccountPeriod::key_of(&account, &from, &to);
        let mut row = stored_or(&self.rows, &key, || AccountPeriod {
            account_id: account,
            period_start: from,
            period_end: to,
            revenue: None,
            cost: None,
            active: None,
            source: "import".into(),
            batch_id: None,
        });
        line.lay("revenue", &mut row.revenue, Line::money);
        line.lay("cost", &mut row.cost, Line::money);
        line.lay("active", &mut row.active, Line::flag);
        if row.revenue.is_some_and(|revenue| revenue < 0) && !self.context.map.credit_notes {
            return Err(line.fault(
                "revenue",
                "negative revenue: if the period holds credit notes, write credit_notes = true in the map",
            ));
        }
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "account"))?;
        if let Some(row) = self.rows.get(&key).cloned() {
            self.note(&row);
        }
        Ok(outcome)
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.taken.clear();
        self.rows.save(tx, self.context.batch).await
    }
}

impl AccountPeriods {
    fn note(&mut self, row: &AccountPeriod) {
        let periods = self.taken.entry(row.account_id).or_default();
        periods.note(row.period_start, row.period_end, row.batch_id);
    }
}

/// Returns a row's period.
fn period(line: &Line) -> Result<(Instant, Instant), Fault> {
    match (line.instant("period_start"), line.instant("period_end")) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => {
            Err(line
                .fault("period_end", "the period ends before it begins (its end is the first day after it)"))
        }
    }
}

/// Takes official totals. Two that share time are refused, as those of an account are.
pub(super) struct LedgerTotals {
    context: Context,
    rows: Staged<LedgerTotal>,
    taken: Periods,
}

impl Desk for LedgerTotals {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default(), taken: Periods::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], _book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| {
                Some(LedgerTotal::key_of(&line.instant("period_start")?, &line.instant("period_end")?))
            })
            .collect();
        let stored = overlapping_totals(tx, &keys).await?;
        for row in &stored {
            self.taken.note(row.period_start, row.period_end, row.batch_id);
        }
        self.rows.know(stored);
        Ok(())
    }

    fn take(&mut self, line: &Line, _book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let (from, to) = period(line)?;
        let revenue = line.money("revenue").unwrap_or_default();
        if revenue < 0 {
            return Err(line.fault("revenue", "an official total is not negative"));
        }
        self.taken.refuse_overlap(line, &self.context, "official total")?;
        let key = LedgerTotal::key_of(&from, &to);
        let mut row = stored_or(&self.rows, &key, || LedgerTotal {
            period_start: from,
            period_end: to,
            revenue,
            source: "import".into(),
            batch_id: None,
        });
        row.revenue = revenue;
        let outcome =
            self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "period_start"))?;
        self.taken.note(from, to, Some(self.context.batch));
        Ok(outcome)
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.taken = Periods::default();
        self.rows.save(tx, self.context.batch).await
    }
}
