//! What happened to customers.

use uuid::Uuid;

use super::book::Book;
use super::desk::{Context, Desk, own_ids, stored_or, twice};
use super::line::{Fault, Line};
use super::people::named;
use crate::store::batch::{Outcome, Staged};
use crate::store::event::Event;
use crate::store::{StoreError, Tx};

/// Takes events.
pub(super) struct Events {
    context: Context,
    rows: Staged<Event>,
}

impl Desk for Events {
    fn open(context: Context) -> Self {
        Self { context, rows: Staged::default() }
    }

    async fn load(&mut self, tx: &mut Tx, lines: &[&Line], book: &Book) -> Result<(), StoreError> {
        let keys: Vec<_> = own_ids(lines, book).iter().map(Event::key_of).collect();
        self.rows.load(tx, &keys).await
    }

    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault> {
        let id = book.own(line)?.unwrap_or_else(Uuid::now_v7);
        let happened_at =
            line.instant("happened_at").ok_or_else(|| line.fault("happened_at", "happened_at is missing"))?;
        let (account, contact) = (book.refer(line, "account")?, book.refer(line, "contact")?);
        if account.is_none() && contact.is_none() {
            return Err(Fault::of_row("an event happens to an account or to a contact: both are missing"));
        }
        let mut row = stored_or(&self.rows, &Event::key_of(&id), || Event {
            id,
            external_key: line
                .id("key")
                .map(|key| format!("{}:{}", key.scheme, key.value))
                .unwrap_or_default(),
            kind: String::new(),
            account_id: None,
            contact_id: None,
            about_entry_id: None,
            happened_at,
            batch_id: None,
        });
        row.kind = line.text("event").unwrap_or_default().into();
        row.account_id = account;
        row.contact_id = contact;
        row.about_entry_id = book.refer(line, "about")?;
        row.happened_at = happened_at;
        let outcome = self.rows.put_once(row, self.context.batch).ok_or_else(|| twice(line, "key"))?;
        Ok(outcome.max(named(book, line, id)))
    }

    async fn save(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.rows.save(tx, self.context.batch).await
    }
}
