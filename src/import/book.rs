//! Which outside identifier names whom: looked up for a set of rows, extended by each row that comes in.

use std::collections::HashMap;

use uuid::Uuid;

use super::line::{Fault, Line};
use crate::store::identity::{self, Identifier};
use crate::store::{StoreError, Tx};

/// The identifiers of one set of rows.
#[derive(Debug, Default)]
pub(super) struct Book {
    known: HashMap<Identifier, Uuid>,
    fresh: Vec<(Identifier, Uuid)>,
}

impl Book {
    /// Looks up every identifier of the rows at once, and any others.
    pub(super) async fn look_up(
        &mut self,
        tx: &mut Tx,
        lines: &[&Line],
        others: &[Identifier],
    ) -> Result<(), StoreError> {
        let wanted: Vec<&Identifier> =
            lines.iter().flat_map(|line| line.identifiers()).chain(others).collect();
        for (place, owner) in identity::find(tx, &wanted).await? {
            if let Some(identifier) = wanted.get(place) {
                self.known.insert((*identifier).clone(), owner);
            }
        }
        Ok(())
    }

    /// Returns what an identifier names.
    pub(super) fn find(&self, identifier: &Identifier) -> Option<Uuid> {
        self.known.get(identifier).copied()
    }

    /// Returns the thing that a field refers to.
    ///
    /// # Errors
    ///
    /// An identifier that nothing is known by.
    pub(super) fn refer(&self, line: &Line, field: &str) -> Result<Option<Uuid>, Fault> {
        let Some(identifier) = line.id(field) else { return Ok(None) };
        match self.find(identifier) {
            Some(id) => Ok(Some(id)),
            None => Err(line.fault(
                field,
                format!("no {} is known by this {} identifier", identifier.owner.word(), identifier.scheme),
            )),
        }
    }

    /// Returns the row's own thing, `None` where it is new.
    ///
    /// # Errors
    ///
    /// A clash: the row's identifiers name two different things. They are never merged.
    pub(super) fn own(&self, line: &Line) -> Result<Option<Uuid>, Fault> {
        let mut found = None;
        for identifier in line.own() {
            match (found, self.find(identifier)) {
                (Some(first), Some(other)) if first != other => {
                    return Err(line.fault(
                        "key",
                        format!(
                            "its identifiers name two different {}s: correct the identifiers or the earlier import",
                            identifier.owner.word()
                        ),
                    ));
                }
                (None, other) => found = other,
                _ => {}
            }
        }
        Ok(found)
    }

    /// Gives a thing the row's identifiers, and tells whether one of them is new.
    pub(super) fn name(&mut self, line: &Line, id: Uuid) -> bool {
        let before = self.fresh.len();
        for identifier in line.own() {
            self.name_one(identifier, id);
        }
        self.fresh.len() > before
    }

    /// Gives a thing one identifier.
    pub(super) fn name_one(&mut self, identifier: &Identifier, id: Uuid) {
        if !self.known.contains_key(identifier) {
            self.known.insert(identifier.clone(), id);
            self.fresh.push((identifier.clone(), id));
        }
    }

    /// Writes the new identifiers and forgets everything.
    pub(super) async fn save(&mut self, tx: &mut Tx, batch: Uuid) -> Result<(), StoreError> {
        identity::add(tx, batch, &self.fresh).await?;
        self.known.clear();
        self.fresh.clear();
        Ok(())
    }
}
