//! Outside identifiers: how files from scattered systems name the same account, contact, unit or entry.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::json;
use super::{StoreError, Tx};

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A shop, department or channel.
    Unit,
    /// A customer that pays.
    Account,
    /// A person at an account.
    Contact,
    /// A member of staff.
    Employee,
    /// A transaction.
    LedgerEntry,
    /// One fielding of a survey.
    Wave,
    /// A set of answers.
    Response,
    /// Money that moves a driver.
    Investment,
    /// An action whose effect is evaluated.
    Measure,
    /// A target for an indicator.
    Goal,
    /// Something that happened to a customer.
    Event,
}

impl Owner {
    /// Returns the word that the database holds.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Employee => "employee",
            Self::LedgerEntry => "ledger_entry",
            Self::Wave => "wave",
            Self::Response => "response",
            Self::Investment => "investment",
            Self::Measure => "measure",
            Self::Goal => "goal",
            Self::Event => "event",
        }
    }

    /// Returns the word for readers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LedgerEntry => "ledger entry",
            other => other.as_str(),
        }
    }
}

/// One name of one thing in one outside system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier {
    /// What it names.
    pub owner: Owner,
    /// The system that gives such names.
    pub scheme: Arc<str>,
    /// The name.
    pub value: String,
}

statements! {
    /// Answers with the places of the names in the list, so that texts need not travel back.
    FIND_OWNERS = ["SELECT CAST(r." {"key" | "ordinality - 1"} " AS BIGINT) AS place, i.owner_id
                      FROM " {"jsonb_each($1)" | "jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB)) WITH ORDINALITY"} " AS r
                     CROSS JOIN identifier AS i
                     WHERE i.owner_kind = $2 AND i.scheme = $3 AND i.value = r.value"];

    /// The primary key refuses a second owner: a clash that nobody reported ends the transaction.
    ADD_IDENTIFIERS = ["INSERT INTO identifier (owner_kind, scheme, value, owner_id, batch_id)
                        SELECT " {"$2, $3, r.value ->> 0, unhex(r.value ->> 1, '-'), $4"
                                  | "CAST($2 AS TEXT), CAST($3 AS TEXT), r.value ->> 0, CAST(r.value ->> 1 AS UUID), CAST($4 AS UUID)"} "
                          FROM " {"jsonb_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r"];

    /// By the owner: SQLite, which counts no rows, would take the front of the primary key and read a whole scheme
    /// for every thing, if the plus signs did not keep it from that.
    NAMED_IN = ["SELECT DISTINCT i.owner_id
                   FROM " {"jsonb_each($1)" | "jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r
                  CROSS JOIN identifier AS i
                  WHERE i.owner_id = " {"unhex(r.value, '-') AND +i.owner_kind = $2 AND +i.scheme = $3"
                                        | "CAST(r.value AS UUID) AND i.owner_kind = $2 AND i.scheme = $3"}];

    REMOVE_OF_BATCH = ["DELETE FROM identifier WHERE batch_id = $1"];

    /// Names that other batches gave to the things of a list of keys.
    FOREIGN_BATCHES = ["SELECT DISTINCT batch_id FROM identifier
                         WHERE batch_id <> $2
                           AND owner_id IN (SELECT " {"unhex(r.value ->> 'id', '-') FROM jsonb_each($1)"
                               | "CAST(r.value ->> 'id' AS UUID) FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"}
                                            " AS r)"];
}

/// Finds the owners of identifiers: pairs of a place in `identifiers` and the owner's id.
pub async fn find(tx: &mut Tx, identifiers: &[&Identifier]) -> Result<Vec<(usize, Uuid)>, StoreError> {
    let mut owners = Vec::with_capacity(identifiers.len());
    let mut systems: BTreeMap<(Owner, &str), Vec<usize>> = BTreeMap::new();
    for (place, identifier) in identifiers.iter().enumerate() {
        systems.entry((identifier.owner, &identifier.scheme)).or_default().push(place);
    }
    for ((owner, scheme), places) in systems {
        let names: Vec<&str> = places.iter().map(|&place| identifiers[place].value.as_str()).collect();
        let list = json(&names)?;
        let found: Vec<(i64, Uuid)> = on!(&mut *tx, FIND_OWNERS, |c, q| sqlx::query_as(q)
            .bind(&list)
            .bind(owner.as_str())
            .bind(scheme)
            .fetch_all(c)
            .await)?;
        for (name, id) in found {
            owners.extend(
                usize::try_from(name).ok().and_then(|name| places.get(name)).map(|&place| (place, id)),
            );
        }
    }
    Ok(owners)
}

/// Returns those of `things` that have a name in a scheme.
pub async fn named_in(
    tx: &mut Tx,
    owner: Owner,
    scheme: &str,
    things: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    if things.is_empty() {
        return Ok(Vec::new());
    }
    let list = json(things)?;
    Ok(on!(tx, NAMED_IN, |c, q| sqlx::query_scalar(q)
        .bind(&list)
        .bind(owner.as_str())
        .bind(scheme)
        .fetch_all(c)
        .await)?)
}

/// Gives things their names, in the name of a batch.
pub async fn add(tx: &mut Tx, batch: Uuid, names: &[(Identifier, Uuid)]) -> Result<(), StoreError> {
    let mut systems: BTreeMap<(Owner, &str), Vec<(&str, Uuid)>> = BTreeMap::new();
    for (identifier, id) in names {
        systems.entry((identifier.owner, &identifier.scheme)).or_default().push((&identifier.value, *id));
    }
    for ((owner, scheme), named) in systems {
        let list = json(&named)?;
        on!(&mut *tx, ADD_IDENTIFIERS, |c, q| sqlx::query(q)
            .bind(&list)
            .bind(owner.as_str())
            .bind(scheme)
            .bind(batch)
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Takes back the names that a batch gave.
pub async fn remove_of_batch(tx: &mut Tx, batch: Uuid) -> Result<(), StoreError> {
    on!(tx, REMOVE_OF_BATCH, |c, q| sqlx::query(q).bind(batch).execute(c).await.map(drop))?;
    Ok(())
}

/// Lists other batches that named things of a JSON list of keys.
pub(super) async fn foreign_batches(tx: &mut Tx, batch: Uuid, keys: &str) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, FOREIGN_BATCHES, |c, q| sqlx::query_scalar(q).bind(keys).bind(batch).fetch_all(c).await)?)
}
