//! What the kinds have in common: a desk takes rows of one kind, set by set, and lays down what to write.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use super::book::Book;
use super::line::{Carried, Fault, Line};
use super::map::Map;
use crate::clock::Instant;
use crate::finance::Calendar;
use crate::store::batch::{Outcome, Staged};
use crate::store::identity::{Identifier, Owner};
use crate::store::people::{Attribute, Membership, memberships};
use crate::store::record::Record;
use crate::store::{StoreError, Tx};

/// What holds for the whole import.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) batch: Uuid,
    pub(super) now: Instant,
    pub(super) map: Arc<Map>,
    pub(super) calendar: Calendar,
    pub(super) currency: String,
    /// The stored version of the map's survey.
    pub(super) survey_version: Option<Uuid>,
}

/// Takes the rows of one kind.
pub(super) trait Desk: Send + Sized {
    /// Begins an import.
    fn open(context: Context) -> Self;

    /// Lists identifiers that must be looked up beside those in the rows' fields.
    fn others(&self, _lines: &[&Line]) -> Vec<Identifier> {
        Vec::new()
    }

    /// Reads what is stored about a set of rows, whose identifiers are in the book.
    fn load(
        &mut self,
        tx: &mut Tx,
        lines: &[&Line],
        book: &Book,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Lays down what a row says.
    fn take(&mut self, line: &Line, book: &mut Book) -> Result<Outcome, Fault>;

    /// Writes what was laid down.
    fn save(&mut self, tx: &mut Tx) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists the stored things that the rows themselves are, each once.
pub(super) fn own_ids(lines: &[&Line], book: &Book) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> =
        lines.iter().flat_map(|line| line.own()).filter_map(|identifier| book.find(identifier)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Lists the stored things that a field of the rows refers to, each once.
pub(super) fn referred_ids(lines: &[&Line], book: &Book, field: &str) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = lines.iter().filter_map(|line| book.find(line.id(field)?)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Builds the fault of a row whose key was already in the file.
pub(super) fn twice(line: &Line, field: &str) -> Fault {
    line.fault(
        field,
        "the same key is in the file twice with different content: keep one, or sum them in the map if they are parts \
         of one amount",
    )
}

/// Returns the row that an import starts from: what is stored, or a new one.
pub(super) fn stored_or<R: Record>(staged: &Staged<R>, key: &R::Key, new: impl FnOnce() -> R) -> R {
    staged.get(key).cloned().unwrap_or_else(new)
}

/// The attributes of a set of rows.
#[derive(Debug)]
pub(super) struct Attributes {
    owner: Owner,
    staged: Staged<Attribute>,
}

impl Attributes {
    pub(super) fn of(owner: Owner) -> Self {
        Self { owner, staged: Staged::default() }
    }

    /// Reads the attributes that the map names, of stored things.
    pub(super) async fn load(&mut self, tx: &mut Tx, ids: &[Uuid], map: &Map) -> Result<(), StoreError> {
        let kind = self.owner.as_str().to_owned();
        let keys: Vec<_> = ids
            .iter()
            .flat_map(|id| map.attributes.iter().map(move |(name, _)| (id, name.to_string())))
            .map(|(id, name)| Attribute::key_of(&kind, id, &name))
            .collect();
        self.staged.load(tx, &keys).await
    }

    /// Lays down the attributes of a row; `None` if the file has named its thing before (`again`) with other ones.
    pub(super) fn take(&mut self, line: &Line, id: Uuid, batch: Uuid, again: bool) -> Option<Outcome> {
        let mut outcome = Outcome::Same;
        for (name, Carried { number, text, .. }) in &line.attributes {
            let row = Attribute {
                owner_kind: self.owner.as_str().into(),
                owner_id: id,
                name: name.to_string(),
                valid_from: None,
                number: *number,
                text: text.clone(),
            };
            let nothing = number.is_none() && text.is_none();
            let known = self.staged.get(&row.key());
            if nothing && known.is_none() {
                continue;
            }
            if again && known != Some(&row) {
                return None;
            }
            outcome = outcome.max(self.staged.put(row, batch).min(Outcome::Changed));
        }
        Some(outcome)
    }

    pub(super) async fn save(&mut self, tx: &mut Tx, batch: Uuid) -> Result<(), StoreError> {
        self.staged.save(tx, batch).await
    }
}

/// The memberships of a set of rows.
pub(super) struct Memberships<M: Record> {
    staged: Staged<M>,
    open: HashMap<Uuid, M>,
}

impl<M: Membership> Memberships<M> {
    pub(super) fn new() -> Self {
        Self { staged: Staged::default(), open: HashMap::new() }
    }

    pub(super) async fn load(&mut self, tx: &mut Tx, owners: &[Uuid]) -> Result<(), StoreError> {
        let stored = memberships::<M>(tx, owners).await?;
        for row in stored.iter().filter(|row| row.to().is_none()) {
            self.open.insert(row.between().0, row.clone());
        }
        self.staged.know(stored);
        Ok(())
    }

    /// Tells whether an owner belongs to another unit, or to none.
    pub(super) fn differ(&self, owner: Uuid, unit: Uuid) -> bool {
        self.open.get(&owner).is_none_or(|open| open.between().1 != unit)
    }

    /// Lays down that an owner belongs to a unit: since `from` if it belonged to none, since now if it moved.
    pub(super) fn take(
        &mut self,
        owner: Uuid,
        unit: Uuid,
        from: Option<Instant>,
        context: &Context,
    ) -> Outcome {
        let begin = match self.open.get(&owner) {
            Some(open) if open.between().1 == unit => return Outcome::Same,
            Some(open) => {
                let mut ended = open.clone();
                ended.end(context.now);
                self.staged.put(ended, context.batch);
                context.now
            }
            None => from.unwrap_or(Instant::from_micros(0)),
        };
        let row = M::begin(owner, unit, begin);
        self.open.insert(owner, row.clone());
        self.staged.put(row, context.batch);
        Outcome::Changed
    }

    pub(super) async fn save(&mut self, tx: &mut Tx, batch: Uuid) -> Result<(), StoreError> {
        self.open.clear();
        self.staged.save(tx, batch).await
    }
}
