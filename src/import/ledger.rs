//! Ledger entries, account periods and official totals.

use uuid::Uuid;

use super::book::Book;
use super::desk::{Attributes, Context, Desk, own_ids, stored_or, twice};
use super::line::{Fault, Line};
use super::people::named;
use crate::store::batch::{Outcome, Staged};
use crate::store::identity::Owner;
use crate::store::ledger::{AccountPeriod, LedgerEntry, LedgerTotal};
use crate::store::record::Record;
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
        let stored = self.rows.get(&LedgerEntry::key_of(&id)).cloned();
        let mut row = match &stored {
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
        if stored.is_some_and(|known| known.written_by(batch) && known != row) {
            return Err(twice(line, "key"));
        }
        let outcome = self.rows.put(row, batch).max(self.attributes.take(line, id, batch));
        Ok(outcome.max(named(book, line, id)))
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

/// Takes account periods.
pub(super) struct AccountPeriods {
    context: Context,
    rows: Staged<AccountPeriod>,
}

impl Desk for AccountPeriods {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
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
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let (from, to) = period(line)?;
        let account =
            book.refer(line, "account")?.ok_or_else(|| line.fault("account", "account is missing"))?;
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
        let known = self.rows.get(&key).cloned();
        line.lay("revenue", &mut row.revenue, Line::money);
        line.lay("cost", &mut row.cost, Line::money);
        line.lay("active", &mut row.active, Line::flag);
        if row.revenue.is_some_and(|revenue| revenue < 0) && !self.context.map.credit_notes {
            return Err(line.fault(
                "revenue",
                "negative revenue: if the period holds credit notes, write credit_notes = true in the map",
            ));
        }
        if known.is_some_and(|known| known.written_by(self.context.batch) && known != row) {
            return Err(twice(line, "account"));
        }
        Ok(self.rows.put(row, self.context.batch))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

/// Returns a row's period.
fn period(line: &Line) -> Result<(crate::clock::Instant, crate::clock::Instant), Fault> {
    match (line.instant("period_start"), line.instant("period_end")) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => {
            Err(line
                .fault("period_end", "the period ends before it begins (its end is the first day after it)"))
        }
    }
}

/// Takes official totals.
pub(super) struct LedgerTotals {
    context: Context,
    rows: Staged<LedgerTotal>,
}

impl Desk for LedgerTotals {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], _book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| {
                Some(LedgerTotal::key_of(&line.instant("period_start")?, &line.instant("period_end")?))
            })
            .collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, _book: &mut Book) -> Result<Outcome, Fault> {
        same_currency(line, &self.context)?;
        let (from, to) = period(line)?;
        let revenue = line.money("revenue").unwrap_or_default();
        if revenue < 0 {
            return Err(line.fault("revenue", "an official total is not negative"));
        }
        let key = LedgerTotal::key_of(&from, &to);
        let known = self.rows.get(&key).cloned();
        let mut row = stored_or(&self.rows, &key, || LedgerTotal {
            period_start: from,
            period_end: to,
            revenue,
            source: "import".into(),
            batch_id: None,
        });
        row.revenue = revenue;
        if known.is_some_and(|known| known.written_by(self.context.batch) && known != row) {
            return Err(twice(line, "period_start"));
        }
        Ok(self.rows.put(row, self.context.batch))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}
