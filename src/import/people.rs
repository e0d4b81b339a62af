//! Units, accounts, contacts and employees.

use uuid::Uuid;

use super::book::Book;
use super::desk::{Attributes, Context, Desk, Memberships, own_ids, stored_or, twice};
use super::line::{Fault, Line};
use crate::store::batch::{Outcome, Staged};
use crate::store::identity::Owner;
use crate::store::people::{Account, AccountUnit, Contact, Employee, EmployeeUnit, Unit};
use crate::store::record::Record;
use crate::store::{StoreError, Tx};

/// Parts that accounts are cut into for scans and leases.
const BUCKETS: u128 = 64;

/// Takes units.
pub(super) struct Units {
    context: Context,
    rows: Staged<Unit>,
}

impl Desk for Units {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Unit::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let parent = book.refer(line, "parent")?;
        if parent == Some(id) {
            return Err(line.fault("parent", "a unit is not its own parent"));
        }
        let mut row = stored_or(&self.rows, &Unit::key_of(&id), || Unit {
            id,
            parent_id: None,
            kind: String::new(),
            name: String::new(),
        });
        line.lay("parent", &mut row.parent_id, |_, _| parent);
        row.kind = line.text("kind").unwrap_or_default().into();
        row.name = line.text("name").unwrap_or_default().into();
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

/// Names a thing, and tells what that does.
pub(super) fn named(book: &mut Book, line: &Line, id: Uuid) -> Outcome {
    if book.name(line, id) { Outcome::Changed } else { Outcome::Same }
}

/// Takes accounts.
pub(super) struct Accounts {
    context: Context,
    rows: Staged<Account>,
    units: Memberships<AccountUnit>,
    attributes: Attributes,
}

impl Desk for Accounts {
    fn open(context: Context) -> Self {
        Self {
            context,
            rows: Staged::default(),
            units: Memberships::new(),
            attributes: Attributes::of(Owner::Account),
        }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let ids = own_ids(lines, book);
        let keys: Vec<_> = ids.iter().map(Account::key_of).collect();
        self.rows.load(tx, &keys).await?;
        self.attributes.load(tx, &ids, &self.context.map).await?;
        if self.context.map.has("unit") {
            self.units.load(tx, &ids).await?;
        }
        Ok(())
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let unit = book.refer(line, "unit")?;
        let mut row = stored_or(&self.rows, &Account::key_of(&id), || Account {
            id,
            name: None,
            segment: None,
            state: "active".into(),
            representative: None,
            bucket: i64::try_from(id.as_u128() % BUCKETS).unwrap_or(0),
            first_seen: None,
            erased_at: None,
        });
        line.lay_text("name", &mut row.name);
        line.lay_text("segment", &mut row.segment);
        line.lay_text("representative", &mut row.representative);
        line.lay("first_seen", &mut row.first_seen, Line::instant);
        if let Some(state) = line.text("state") {
            row.state = state.into();
        }
        let first_seen = row.first_seen;
        let again = self.rows.has_named(&row.key());
        let mut outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        if let Some(unit) = unit {
            if again && self.units.differ(id, unit) {
                return Err(twice(line, "key"));
            }
            outcome = outcome.max(self.units.take(id, unit, first_seen, &self.context));
        }
        let taken = self.attributes.take(line, id, self.context.batch, again);
        outcome = outcome.max(taken.ok_or_else(|| twice(line, "key"))?);
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await?;
        self.units.save(tx, self.context.batch).await?;
        self.attributes.save(tx, self.context.batch).await
    }
}

/// Takes contacts.
pub(super) struct Contacts {
    context: Context,
    rows: Staged<Contact>,
}

impl Desk for Contacts {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Contact::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let account =
            book.refer(line, "account")?.ok_or_else(|| line.fault("account", "account is missing"))?;
        let mut row = stored_or(&self.rows, &Contact::key_of(&id), || Contact {
            id,
            account_id: account,
            role: None,
            name: None,
            email: None,
            language: None,
            timezone: None,
            erased_at: None,
        });
        row.account_id = account;
        line.lay_text("role", &mut row.role);
        line.lay_text("name", &mut row.name);
        line.lay_text("email", &mut row.email);
        line.lay_text("language", &mut row.language);
        lay_timezone(line, &mut row.timezone)?;
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}

fn lay_timezone(line: &Line, over: &mut Option<String>) -> Result<(), Fault> {
    if let Some(zone) = line.text("timezone")
        && jiff::tz::TimeZone::get(zone).is_err()
    {
        return Err(line.fault("timezone", "not an IANA time zone such as Asia/Shanghai"));
    }
    line.lay_text("timezone", over);
    Ok(())
}

/// Takes employees.
pub(super) struct Employees {
    context: Context,
    rows: Staged<Employee>,
    units: Memberships<EmployeeUnit>,
}

impl Desk for Employees {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default(), units: Memberships::new() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let ids = own_ids(lines, book);
        let keys: Vec<_> = ids.iter().map(Employee::key_of).collect();
        self.rows.load(tx, &keys).await?;
        self.units.load(tx, &ids).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let unit = book.refer(line, "unit")?;
        let mut row = stored_or(&self.rows, &Employee::key_of(&id), || Employee {
            id,
            email: None,
            language: None,
            timezone: None,
            active_from: None,
            active_to: None,
            erased_at: None,
        });
        line.lay_text("email", &mut row.email);
        line.lay_text("language", &mut row.language);
        lay_timezone(line, &mut row.timezone)?;
        line.lay("active_from", &mut row.active_from, Line::instant);
        line.lay("active_to", &mut row.active_to, Line::instant);
        if matches!((row.active_from, row.active_to), (Some(from), Some(to)) if to < from) {
            return Err(line.fault("active_to", "ends before it begins"));
        }
        let since = row.active_from;
        let again = self.rows.has_named(&row.key());
        let mut outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        if let Some(unit) = unit {
            if again && self.units.differ(id, unit) {
                return Err(twice(line, "key"));
            }
            outcome = outcome.max(self.units.take(id, unit, since, &self.context));
        }
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await?;
        self.units.save(tx, self.context.batch).await
    }
}
