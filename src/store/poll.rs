//! What a poll's release reads and writes: who was asked in which unit, responses of confidential waves, the released table.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::{from_json, record, rust_type};
use super::{StoreError, Tx};

record! {
    /// A cell of a wave's released table; a hidden one has neither count nor mean.
    ReleasedCell = "released_cell" (wave_id: uuid, row_number: integer, column_key: text) {
        unit_id: opt_uuid, respondents: opt_integer, mean: opt_real,
    }
}

record! {
    /// A released comment.
    ReleasedComment = "released_comment" (wave_id: uuid, item_key: text, place: integer) { comment: text }
}

statements! {
    /// Units of those who were invited, the latest membership of each first.
    INVITED_UNITS = ["SELECT invitation.id, COALESCE(employee_unit.unit_id, account_unit.unit_id) AS unit_id
                        FROM invitation
                        JOIN wave ON wave.id = invitation.wave_id
                        LEFT JOIN contact ON contact.id = invitation.contact_id
                        LEFT JOIN employee_unit
                          ON employee_unit.employee_id = invitation.employee_id
                         AND employee_unit.valid_from <= wave.opened_at
                         AND (employee_unit.valid_to IS NULL OR employee_unit.valid_to > wave.opened_at)
                        LEFT JOIN account_unit
                          ON account_unit.account_id = contact.account_id
                         AND account_unit.valid_from <= wave.opened_at
                         AND (account_unit.valid_to IS NULL OR account_unit.valid_to > wave.opened_at)
                       WHERE invitation.wave_id = $1
                       ORDER BY invitation.id, COALESCE(employee_unit.valid_from, account_unit.valid_from) DESC, 2"];

    RESPONSES = ["SELECT id, unit_id FROM response WHERE wave_id = $1 ORDER BY id"];

    NUMBERS = ["SELECT answer.response_id, answer.item_key, answer.number
                  FROM answer JOIN response ON response.id = answer.response_id
                 WHERE response.wave_id = $1 AND answer.number IS NOT NULL"];

    TEXTS = ["SELECT answer.item_key, answer.text
                FROM answer JOIN response ON response.id = answer.response_id
               WHERE response.wave_id = $1 AND answer.text IS NOT NULL
               ORDER BY answer.item_key, answer.text"];

    CELLS = ["SELECT wave_id, row_number, column_key, unit_id, respondents, mean FROM released_cell
               WHERE wave_id = $1 ORDER BY row_number, column_key"];

    COMMENTS = ["SELECT item_key, comment FROM released_comment WHERE wave_id = $1 ORDER BY item_key, place"];
}

/// (invitation, unit) of everybody who was invited; several rows where somebody belongs to several units.
pub(crate) async fn invited_units(tx: &mut Tx, wave: Uuid) -> Result<Vec<(Uuid, Option<Uuid>)>, StoreError> {
    Ok(on!(tx, INVITED_UNITS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// (response, unit) of a wave.
pub(crate) async fn responses(tx: &mut Tx, wave: Uuid) -> Result<Vec<(Uuid, Option<Uuid>)>, StoreError> {
    Ok(on!(tx, RESPONSES, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// (response, item, number) of a wave.
pub(crate) async fn numbers(tx: &mut Tx, wave: Uuid) -> Result<Vec<(Uuid, String, f64)>, StoreError> {
    Ok(on!(tx, NUMBERS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// (item, text) of a wave, by alphabet.
pub(crate) async fn texts(tx: &mut Tx, wave: Uuid) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on!(tx, TEXTS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// The released table of a wave; empty where there is none.
pub(crate) async fn cells(tx: &mut Tx, wave: Uuid) -> Result<Vec<ReleasedCell>, StoreError> {
    Ok(on!(tx, CELLS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// (item, comment) of a wave, in the order of the release.
pub(crate) async fn comments(tx: &mut Tx, wave: Uuid) -> Result<Vec<(String, String)>, StoreError> {
    Ok(on!(tx, COMMENTS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// A moment's unit of an invitation is the latest that it belonged to.
pub(crate) fn first_units(rows: Vec<(Uuid, Option<Uuid>)>) -> Vec<Option<Uuid>> {
    let mut last = None;
    let first = |(invitation, unit): (Uuid, Option<Uuid>)| {
        let seen = last == Some(invitation);
        last = Some(invitation);
        (!seen).then_some(unit)
    };
    rows.into_iter().filter_map(first).collect()
}
