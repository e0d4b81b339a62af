//! Outside identifiers: how files from scattered systems name the same account, contact, unit or entry.

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::json;
use super::{StoreError, Tx};

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Identifier {
    /// What it names.
    #[serde(rename = "owner_kind")]
    pub owner: Owner,
    /// The system that gives such names.
    #[serde(serialize_with = "text")]
    pub scheme: Arc<str>,
    /// The name.
    pub value: String,
}

fn text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

#[derive(Serialize)]
struct Owned<'a> {
    #[serde(flatten)]
    identifier: &'a Identifier,
    owner_id: Uuid,
}

statements! {
    /// Answers with the places of the identifiers in the list, so that texts need not travel back.
    FIND_OWNERS = ["SELECT CAST(r." {"key" | "ordinality - 1"} " AS BIGINT) AS place, i.owner_id
                      FROM " {"json_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB)) WITH ORDINALITY"} " AS r
                     CROSS JOIN identifier AS i
                     WHERE i.owner_kind = r.value ->> 'owner_kind' AND i.scheme = r.value ->> 'scheme'
                       AND i.value = r.value ->> 'value'"];

    /// The primary key refuses a second owner: a clash that nobody reported ends the transaction.
    ADD_IDENTIFIERS = ["INSERT INTO identifier (owner_kind, scheme, value, owner_id, batch_id)
                        SELECT r.value ->> 'owner_kind', r.value ->> 'scheme', r.value ->> 'value', "
                        {"unhex(r.value ->> 'owner_id', '-'), $2" | "CAST(r.value ->> 'owner_id' AS UUID), CAST($2 AS UUID)"} "
                          FROM " {"json_each($1)" | "jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"} " AS r"];

    REMOVE_OF_BATCH = ["DELETE FROM identifier WHERE batch_id = $1"];

    /// Names that other batches gave to the things of a list of keys.
    FOREIGN_BATCHES = ["SELECT DISTINCT batch_id FROM identifier
                         WHERE batch_id <> $2
                           AND owner_id IN (SELECT " {"unhex(r.value ->> 'id', '-') FROM json_each($1)"
                               | "CAST(r.value ->> 'id' AS UUID) FROM jsonb_array_elements(CAST(CAST($1 AS TEXT) AS JSONB))"}
                                            " AS r)"];
}

/// Finds the owners of identifiers: pairs of a place in `identifiers` and the owner's id.
pub async fn find(tx: &mut Tx, identifiers: &[&Identifier]) -> Result<Vec<(usize, Uuid)>, StoreError> {
    if identifiers.is_empty() {
        return Ok(Vec::new());
    }
    let list = json(identifiers)?;
    let found: Vec<(i64, Uuid)> =
        on!(tx, FIND_OWNERS, |c, q| sqlx::query_as(q).bind(&list).fetch_all(c).await)?;
    Ok(found.into_iter().filter_map(|(place, id)| Some((usize::try_from(place).ok()?, id))).collect())
}

/// Gives things their names, in the name of a batch.
pub async fn add(tx: &mut Tx, batch: Uuid, names: &[(Identifier, Uuid)]) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let list =
        json(&names.iter().map(|(identifier, id)| Owned { identifier, owner_id: *id }).collect::<Vec<_>>())?;
    on!(tx, ADD_IDENTIFIERS, |c, q| sqlx::query(q).bind(&list).bind(batch).execute(c).await.map(drop))?;
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
