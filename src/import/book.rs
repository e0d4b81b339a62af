//! Which outside identifier names whom: looked up for a set of rows, extended by each row that comes in.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::line::{Fault, Line};
use crate::store::identity::{self, Identifier};
use crate::store::{StoreError, Tx};

/// The identifiers of one set of rows.
#[derive(Debug, Default)]
pub(super) struct Book {
    known: HashMap<Identifier, Uuid>,
    fresh: Vec<(Identifier, Uuid)>,
    /// Things that have a name in the scheme of the rows' keys, as far as the rows can meet them by an alias.
    keyed: HashSet<Uuid>,
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
        self.look_up_keyed(tx, lines).await
    }

    /// Looks up which things that a row with a new key meets by an alias have another key already.
    async fn look_up_keyed(&mut self, tx: &mut Tx, lines: &[&Line]) -> Result<(), StoreError> {
        // A map gives all keys of its file one scheme.
        let Some(key) = lines.iter().find_map(|line| line.id("key")) else { return Ok(()) };
        let met: Vec<Uuid> = lines
            .iter()
            .filter(|line| line.id("key").is_some_and(|key| self.find(key).is_none()))
            .flat_map(|line| &line.aliases)
            .filter_map(|alias| self.find(alias))
            .collect();
        self.keyed.extend(identity::named_in(tx, key.owner, &key.scheme, &met).await?);
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
    /// A clash: the row's identifiers name two different things, or its key is new and its aliases name a thing that
    /// has another key in the same scheme. They are never merged.
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
        match (found, line.id("key")) {
            (Some(id), Some(key)) if self.has_another_key(line, key, id) => Err(line.fault(
                "key",
                format!(
                    "this key is new, but an alias of the row names a known {word} that has another {scheme} \
                     identifier already: correct the alias, or give the key by which the {word} is known",
                    word = key.owner.word(),
                    scheme = key.scheme,
                ),
            )),
            _ => Ok(found),
        }
    }

    /// Tells whether a row's new key would be a second one for the thing that its aliases name. An alias in the key's
    /// own scheme says outright that the thing has two numbers there.
    fn has_another_key(&self, line: &Line, key: &Identifier, id: Uuid) -> bool {
        self.find(key).is_none()
            && self.keyed.contains(&id)
            && !line.aliases.iter().any(|alias| alias.scheme == key.scheme && self.find(alias) == Some(id))
    }

    /// Gives a thing the row's identifiers, and tells whether one of them is new.
    pub(super) fn name(&mut self, line: &Line, id: Uuid) -> bool {
        let before = self.fresh.len();
        if line.id("key").is_some() {
            self.keyed.insert(id);
        }
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
        self.keyed.clear();
        Ok(())
    }
}
