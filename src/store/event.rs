//! Events, and the rules by which standing waves ask after them.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::{from_json, record, rust_type};
use super::{StoreError, Tx};
use crate::clock::Instant;

record! {
    /// Something that happened to a customer.
    Event = "event" (id: uuid) {
        external_key: text, kind: text, account_id: opt_uuid, contact_id: opt_uuid, about_entry_id: opt_uuid,
        happened_at: instant,
    } stamped by batch_id
}

/// A rule of a standing wave.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StandingRule {
    pub(crate) key: String,
    pub(crate) settings: String,
    pub(crate) settings_sha256: String,
    pub(crate) survey: String,
    pub(crate) started_at: Instant,
}

/// An event that nobody was asked about yet.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct OpenEvent {
    pub(crate) id: Uuid,
    pub(crate) account_id: Option<Uuid>,
    pub(crate) contact_id: Option<Uuid>,
    pub(crate) happened_at: Instant,
}

statements! {
    RULES = ["SELECT key, settings, settings_sha256, survey, started_at FROM standing
               WHERE ended_at IS NULL ORDER BY key"];

    RULE = ["SELECT key, settings, settings_sha256, survey, started_at FROM standing WHERE key = $1"];

    PUT_RULE = ["INSERT INTO standing (key, settings, settings_sha256, survey, started_at) VALUES ($1, $2, $3, $4, $5)"];

    END_RULE = ["UPDATE standing SET ended_at = $2 WHERE key = $1 AND ended_at IS NULL"];

    RESUME_RULE = ["UPDATE standing SET ended_at = NULL, started_at = $2 WHERE key = $1 AND ended_at IS NOT NULL"];

    OPEN_EVENTS = ["SELECT event.id, event.account_id, event.contact_id, event.happened_at FROM event
                     WHERE event.kind = $1 AND event.happened_at >= $2 AND event.happened_at <= $3
                       AND NOT EXISTS (SELECT 1 FROM invitation WHERE invitation.event_id = event.id)
                     ORDER BY event.happened_at, event.id"];

    INVITED_CONTACTS = ["SELECT contact_id FROM invitation WHERE wave_id = $1 AND contact_id IS NOT NULL"];
}

/// The rules that are in force.
pub(crate) async fn rules(tx: &mut Tx) -> Result<Vec<StandingRule>, StoreError> {
    Ok(on!(tx, RULES, |c, q| sqlx::query_as(q).fetch_all(c).await)?)
}

/// A rule by its key, in force or not.
pub(crate) async fn rule(tx: &mut Tx, key: &str) -> Result<Option<StandingRule>, StoreError> {
    Ok(on!(tx, RULE, |c, q| sqlx::query_as(q).bind(key).fetch_optional(c).await)?)
}

/// Puts a rule in force.
pub(crate) async fn put_rule(tx: &mut Tx, rule: &StandingRule) -> Result<(), StoreError> {
    on!(tx, PUT_RULE, |c, q| sqlx::query(q)
        .bind(&rule.key)
        .bind(&rule.settings)
        .bind(&rule.settings_sha256)
        .bind(&rule.survey)
        .bind(rule.started_at)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Ends a rule; `false` where there is none in force.
pub(crate) async fn end_rule(tx: &mut Tx, key: &str, now: Instant) -> Result<bool, StoreError> {
    let done = on!(tx, END_RULE, |c, q| sqlx::query(q)
        .bind(key)
        .bind(now)
        .execute(c)
        .await
        .map(|d| d.rows_affected()))?;
    Ok(done == 1)
}

/// Puts a rule that was ended in force again; `false` where it is in force.
pub(crate) async fn resume_rule(tx: &mut Tx, key: &str, now: Instant) -> Result<bool, StoreError> {
    let done = on!(tx, RESUME_RULE, |c, q| sqlx::query(q)
        .bind(key)
        .bind(now)
        .execute(c)
        .await
        .map(|d| d.rows_affected()))?;
    Ok(done == 1)
}

/// Events of a kind between two moments that nobody was asked about yet.
pub(crate) async fn open_events(
    tx: &mut Tx,
    kind: &str,
    (from, until): (Instant, Instant),
) -> Result<Vec<OpenEvent>, StoreError> {
    Ok(on!(tx, OPEN_EVENTS, |c, q| sqlx::query_as(q).bind(kind).bind(from).bind(until).fetch_all(c).await)?)
}

/// Contacts who are invited in a wave.
pub(crate) async fn invited_contacts(tx: &mut Tx, wave: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, INVITED_CONTACTS, |c, q| sqlx::query_scalar(q).bind(wave).fetch_all(c).await)?)
}
