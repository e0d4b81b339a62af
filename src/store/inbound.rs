//! Mails that came back: the raw bytes, the deliveries that they name, and how far a mailbox has been read.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::json;
use super::{StoreError, Tx};
use crate::clock::Instant;

/// A delivery that a mail came home to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Returned {
    pub(crate) id: Uuid,
    pub(crate) wave_id: Option<Uuid>,
    pub(crate) invitation_id: Option<Uuid>,
    pub(crate) person_id: Option<Uuid>,
    /// Mark of the address that was written to, which need no longer be the person's.
    pub(crate) address_mark: String,
}

/// A mail that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrived<'a> {
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub(crate) sha256: &'a str,
    pub(crate) received_at: Instant,
    /// What it is, in one word.
    pub(crate) kind: &'static str,
    pub(crate) delivery: Option<Uuid>,
    pub(crate) raw: &'a [u8],
}

/// How far an IMAP mailbox has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Reached {
    pub(crate) uid_validity: i64,
    pub(crate) last_uid: i64,
}

statements! {
    /// Only mails that were handed over can come back; of several the youngest is meant.
    BY_REFERENCE = ["SELECT delivery.id, delivery.wave_id, delivery.invitation_id, delivery.address_mark,
                            COALESCE(invitation.contact_id, invitation.employee_id) AS person_id
                       FROM delivery LEFT JOIN invitation ON invitation.id = delivery.invitation_id
                      WHERE delivery.address_mark IS NOT NULL AND delivery.reference IN (SELECT "
                            {"r.value FROM jsonb_each($1)" | "r.value FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                            " AS r)
                      ORDER BY delivery.dated_at DESC, delivery.id DESC LIMIT 1"];

    BY_MESSAGE = ["SELECT delivery.id, delivery.wave_id, delivery.invitation_id, delivery.address_mark,
                          COALESCE(invitation.contact_id, invitation.employee_id) AS person_id
                     FROM delivery LEFT JOIN invitation ON invitation.id = delivery.invitation_id
                    WHERE delivery.address_mark IS NOT NULL AND delivery.message_reference IN (SELECT "
                          {"r.value FROM jsonb_each($1)" | "r.value FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                          " AS r)
                    ORDER BY delivery.dated_at DESC, delivery.id DESC LIMIT 1"];

    PUT = ["INSERT INTO inbound_mail (id, sha256, received_at, kind, delivery_id, raw)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING"];

    REACHED = ["SELECT uid_validity, last_uid FROM mailbox WHERE name = $1"];

    /// Of two processes that read the same mailbox the slower one takes nothing back.
    REACH = ["INSERT INTO mailbox (name, uid_validity, last_uid) VALUES ($1, $2, $3)
              ON CONFLICT (name) DO UPDATE
                 SET last_uid = CASE WHEN mailbox.uid_validity = excluded.uid_validity
                                          AND mailbox.last_uid > excluded.last_uid THEN mailbox.last_uid
                                     ELSE excluded.last_uid END,
                     uid_validity = excluded.uid_validity"];
}

/// Finds the delivery that one of these references names, as envelopes and the mail's own field carry them.
pub(crate) async fn by_reference(tx: &mut Tx, references: &[&str]) -> Result<Option<Returned>, StoreError> {
    named(tx, BY_REFERENCE, references).await
}

/// Finds the delivery that one of these references names, as Message-IDs carry them.
pub(crate) async fn by_message(tx: &mut Tx, references: &[&str]) -> Result<Option<Returned>, StoreError> {
    named(tx, BY_MESSAGE, references).await
}

async fn named(
    tx: &mut Tx,
    statement: super::Sql,
    references: &[&str],
) -> Result<Option<Returned>, StoreError> {
    if references.is_empty() {
        return Ok(None);
    }
    let list = json(references)?;
    Ok(on!(tx, statement, |c, q| sqlx::query_as(q).bind(&list).fetch_optional(c).await)?)
}

/// Keeps a mail; `false` where it was kept before.
pub(crate) async fn put(tx: &mut Tx, mail: &Arrived<'_>) -> Result<bool, StoreError> {
    let written = on!(tx, PUT, |c, q| sqlx::query(q)
        .bind(Uuid::now_v7())
        .bind(mail.sha256)
        .bind(mail.received_at)
        .bind(mail.kind)
        .bind(mail.delivery)
        .bind(mail.raw)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(written == 1)
}

/// How far a mailbox has been read; `None` where it never was.
pub(crate) async fn reached(tx: &mut Tx, mailbox: &str) -> Result<Option<Reached>, StoreError> {
    Ok(on!(tx, REACHED, |c, q| sqlx::query_as(q).bind(mailbox).fetch_optional(c).await)?)
}

/// Notes how far a mailbox has been read.
pub(crate) async fn reach(tx: &mut Tx, mailbox: &str, reached: Reached) -> Result<(), StoreError> {
    on!(tx, REACH, |c, q| sqlx::query(q)
        .bind(mailbox)
        .bind(reached.uid_validity)
        .bind(reached.last_uid)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}
