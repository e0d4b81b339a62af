//! One row as typed values, and what is wrong with rows.

use std::sync::Arc;

use super::kind::Field;
use crate::clock::Instant;
use crate::store::identity::{Identifier, Owner};

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column at fault, where one is.
    pub(super) column: Option<String>,
    /// Why, without the cell's content.
    pub(super) reason: String,
    /// The cell's content, for the person who imports.
    pub(super) cell: Option<String>,
}

impl Fault {
    /// A fault of the row as a whole.
    pub(super) fn of_row(reason: impl Into<String>) -> Self {
        Self { column: None, reason: reason.into(), cell: None }
    }
}

/// A typed cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Instant(Instant),
    Money(i64),
    Number(f64),
    Flag(bool),
    Id(Identifier),
}

/// What a row says about a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    /// The map does not fill it: what is stored stays.
    Unmapped,
    /// The cell is empty, or means missing.
    Missing,
    /// The cell's value.
    Is(Value),
}

/// A number or a text that a thing carries.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Carried {
    pub(super) number: Option<f64>,
    pub(super) choice: Option<String>,
    pub(super) text: Option<String>,
}

/// A row with typed values.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its line in the file; the first one where several rows became one.
    pub(super) number_in_file: u64,
    pub(super) fields: &'static [Field],
    /// The columns that fill the fields.
    pub(super) labels: Arc<[Option<String>]>,
    pub(super) given: Vec<Given>,
    pub(super) aliases: Vec<Identifier>,
    pub(super) attributes: Vec<(Arc<str>, Carried)>,
    pub(super) answers: Vec<(usize, Carried)>,
}

impl Line {
    fn place(&self, name: &str) -> usize {
        self.fields.iter().position(|field| field.name == name).unwrap_or(usize::MAX)
    }

    /// Builds a fault at a field.
    pub(super) fn fault(&self, name: &str, reason: impl Into<String>) -> Fault {
        let cell = match self.given(name) {
            Given::Is(Value::Text(text)) => Some(text.clone()),
            Given::Is(Value::Id(id)) => Some(id.value.clone()),
            _ => None,
        };
        Fault { column: self.labels.get(self.place(name)).cloned().flatten(), reason: reason.into(), cell }
    }

    /// Gives an indicator's owner the kind that the row names.
    pub(super) fn settle_owner(&mut self) {
        let owner = match self.text("owner_kind") {
            Some("contact") => Owner::Contact,
            Some("unit") => Owner::Unit,
            Some("account") => Owner::Account,
            _ => return,
        };
        let place = self.place("owner");
        if let Some(Given::Is(Value::Id(id))) = self.given.get_mut(place) {
            id.owner = owner;
            if id.scheme.is_empty() {
                id.scheme = owner.as_str().into();
            }
        }
    }

    /// Returns what the row says about a field.
    pub(super) fn given(&self, name: &str) -> &Given {
        self.given.get(self.place(name)).unwrap_or(&Given::Unmapped)
    }

    pub(super) fn id(&self, name: &str) -> Option<&Identifier> {
        match self.given(name) {
            Given::Is(Value::Id(id)) => Some(id),
            _ => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.given(name) {
            Given::Is(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn instant(&self, name: &str) -> Option<Instant> {
        match self.given(name) {
            Given::Is(Value::Instant(instant)) => Some(*instant),
            _ => None,
        }
    }

    pub(super) fn money(&self, name: &str) -> Option<i64> {
        match self.given(name) {
            Given::Is(Value::Money(minor)) => Some(*minor),
            _ => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match self.given(name) {
            Given::Is(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.given(name) {
            Given::Is(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Tells whether the map fills a field.
    pub(super) fn maps(&self, name: &str) -> bool {
        !matches!(self.given(name), Given::Unmapped)
    }

    /// Lays a field over what is stored; an unmapped field leaves it as it is.
    pub(super) fn lay<T>(&self, name: &str, over: &mut Option<T>, read: impl Fn(&Self, &str) -> Option<T>) {
        if self.maps(name) {
            *over = read(self, name);
        }
    }

    pub(super) fn lay_text(&self, name: &str, over: &mut Option<String>) {
        self.lay(name, over, |line, name| line.text(name).map(str::to_owned));
    }

    /// Returns the row's own identifiers: its key, then its aliases.
    pub(super) fn own(&self) -> impl Iterator<Item = &Identifier> {
        self.id("key").into_iter().chain(&self.aliases)
    }

    /// Returns all identifiers of the row, its own and those of other things.
    pub(super) fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.given
            .iter()
            .filter_map(|given| match given {
                Given::Is(Value::Id(id)) => Some(id),
                _ => None,
            })
            .chain(&self.aliases)
    }
}
