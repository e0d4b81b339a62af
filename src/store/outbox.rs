//! The outbox: mails to be sent, leased by the processes that send them, and what became of each attempt.
//!
//! `queued` and `deferred` rows wait; a process leases some (`leased`), marks each as `sending` before its first byte
//! leaves, and writes the outcome. Only a `sending` row whose process died can have been delivered without our knowing.

use std::collections::HashSet;

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::{from_json, json, record, rust_type};
use super::{StoreError, Tx};
use crate::clock::Instant;

record! {
    /// A mail to be sent.
    Delivery = "delivery" (id: uuid) {
        invitation_id: opt_uuid, wave_id: opt_uuid, kind: text, sequence: integer, dedupe_key: text, reference: text,
        domain_group: text, state: text, on_unknown: text, attempts: integer, unknowns: integer, run_at: instant,
        not_after: instant, dated_at: instant, lease_generation: integer,
    }
}

/// A leased row with what its mail says.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Leased {
    pub(crate) id: Uuid,
    pub(crate) lease_generation: i64,
    pub(crate) kind: String,
    pub(crate) sequence: i64,
    pub(crate) dedupe_key: String,
    pub(crate) reference: String,
    pub(crate) domain_group: String,
    pub(crate) attempts: i64,
    pub(crate) unknowns: i64,
    pub(crate) on_unknown: String,
    pub(crate) dated_at: Instant,
    pub(crate) not_after: Instant,
    pub(crate) wave_id: Uuid,
    pub(crate) wave_key: String,
    pub(crate) invitation_id: Uuid,
    pub(crate) token_version: i64,
    pub(crate) language: String,
    pub(crate) timezone: String,
    pub(crate) person_id: Uuid,
    pub(crate) name: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) email: Option<String>,
}

/// Why a mail should no longer go out.
#[expect(clippy::struct_excessive_bools, reason = "a row of the database, a fact per column")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Wanted {
    /// The wave has ended.
    pub(crate) closed: bool,
    /// The wave is paused.
    pub(crate) paused: bool,
    /// The person wants no mails, or no mails of this wave.
    pub(crate) declined: bool,
    /// The person has begun to answer.
    pub(crate) answered: bool,
    /// The address is suppressed.
    pub(crate) suppressed: bool,
}

/// The lease that a process holds on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) delivery: Uuid,
    pub(crate) owner: Uuid,
    pub(crate) generation: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// `sent`, `deferred`, `failed`, `unknown` or `queued`.
    pub(crate) state: &'static str,
    /// When it is tried again, where it is.
    pub(crate) run_at: Instant,
    /// Attempts that count against the row: an attempt that the relay never saw does not.
    pub(crate) counted: bool,
    pub(crate) started_at: Instant,
    pub(crate) ended_at: Instant,
    /// `sent`, `refused`, `not_sent` or `unknown`.
    pub(crate) outcome: &'static str,
    pub(crate) phase: Option<&'static str>,
    pub(crate) class: Option<&'static str>,
    pub(crate) code: Option<i64>,
    pub(crate) enhanced: Option<String>,
    /// What the server said; may name the recipient.
    pub(crate) detail: Option<String>,
}

/// How many rows are in a state, and since when the first of them is due.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct QueueCount {
    /// The state.
    pub state: String,
    /// Rows.
    pub rows: i64,
    /// When the first of them was or is due.
    pub first_due: Instant,
}

statements! {
    LEASE = ["WITH due AS (
                  SELECT delivery.id FROM delivery
                   WHERE delivery.state IN ('queued', 'deferred') AND delivery.run_at <= $1
                     AND delivery.domain_group NOT IN (SELECT "
                     {"r.value FROM jsonb_each($5)" | "r.value FROM jsonb_array_elements_text(CAST(CAST($5 AS TEXT) AS JSONB))"}
                     " AS r)
                     AND NOT EXISTS (SELECT 1 FROM fielding WHERE fielding.wave_id = delivery.wave_id
                                        AND fielding.paused_at IS NOT NULL)
                   ORDER BY delivery.run_at, delivery.id LIMIT $4" {"" | " FOR UPDATE SKIP LOCKED"} ")
              UPDATE delivery SET state = 'leased', lease_owner = $2, lease_generation = lease_generation + 1,
                     lease_until = " {"$1 + $3" | "clock_timestamp() + $3 * INTERVAL '1 microsecond'"} "
               WHERE id IN (SELECT id FROM due)
              RETURNING id"];

    LEASED = ["SELECT delivery.id, delivery.lease_generation, delivery.kind, delivery.sequence, delivery.dedupe_key,
                      delivery.reference, delivery.domain_group, delivery.attempts, delivery.unknowns,
                      delivery.on_unknown, delivery.dated_at, delivery.not_after, invitation.wave_id, fielding.key AS wave_key,
                      invitation.id AS invitation_id, invitation.token_version, invitation.language,
                      invitation.timezone, COALESCE(invitation.contact_id, invitation.employee_id) AS person_id,
                      contact.name, account.name AS account, COALESCE(contact.email, employee.email) AS email
                 FROM delivery
                 JOIN invitation ON invitation.id = delivery.invitation_id
                 JOIN fielding ON fielding.wave_id = invitation.wave_id
                 LEFT JOIN contact ON contact.id = invitation.contact_id
                 LEFT JOIN account ON account.id = contact.account_id
                 LEFT JOIN employee ON employee.id = invitation.employee_id
                WHERE delivery.id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($1)"
                                               | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                      " AS r)
                ORDER BY delivery.run_at, delivery.id"];

    WANTED = ["SELECT wave.closed_at IS NOT NULL AS closed, fielding.paused_at IS NOT NULL AS paused,
                      (invitation.declined_at IS NOT NULL OR invitation.withdrawn_at IS NOT NULL) AS declined,
                      (invitation.response_id IS NOT NULL OR COALESCE(ticket.used, FALSE)) AS answered,
                      EXISTS (SELECT 1 FROM suppression WHERE suppression.hmac = $2) AS suppressed
                 FROM invitation
                 JOIN wave ON wave.id = invitation.wave_id
                 JOIN fielding ON fielding.wave_id = invitation.wave_id
                 LEFT JOIN ticket ON ticket.invitation_id = invitation.id
                WHERE invitation.id = $1"];

    BEGIN = ["UPDATE delivery SET state = 'sending', attempts = attempts + 1, message_reference = $4, address_mark = $5
               WHERE id = $1 AND lease_owner = $2 AND lease_generation = $3 AND state = 'leased'
              RETURNING attempts"];

    END = ["UPDATE delivery SET state = $4, run_at = $5, ended_at = $6, last_class = $7,
                   attempts = attempts - CASE WHEN $8 THEN 0 ELSE 1 END,
                   unknowns = unknowns + CASE WHEN $9 THEN 1 ELSE 0 END, lease_owner = NULL, lease_until = NULL
             WHERE id = $1 AND lease_owner = $2 AND lease_generation = $3 AND state = 'sending'"];

    PUT_ATTEMPT = ["INSERT INTO attempt (delivery_id, number, started_at, ended_at, outcome, phase, class, code, enhanced, detail)
                    VALUES ($1, (SELECT COUNT(*) + 1 FROM attempt WHERE delivery_id = $1), $2, $3, $4, $5, $6, $7, $8, $9)"];

    /// Gives a leased row back without having tried it.
    PUT_BACK = ["UPDATE delivery SET state = $4, run_at = $5, last_class = $6, lease_owner = NULL, lease_until = NULL
                  WHERE id = $1 AND lease_owner = $2 AND lease_generation = $3 AND state = 'leased'"];

    /// One statement that no rule of the table can refuse: a row that it left behind would never be sent.
    RESCUE = ["UPDATE delivery
                  SET state = CASE WHEN state = 'leased' OR (on_unknown = 'resend' AND unknowns < $2) THEN 'queued'
                                   ELSE 'unknown' END,
                      unknowns = unknowns + CASE WHEN state = 'sending' THEN 1 ELSE 0 END,
                      lease_owner = NULL, lease_until = NULL
                WHERE state IN ('leased', 'sending') AND ($3 OR lease_until < $1)"];

    LEASE_CLOCK = ["SELECT " {"$1" | "CASE WHEN CAST($1 AS TIMESTAMPTZ) IS NOT NULL THEN now() END"}];

    /// Not `now()`: a renewal that had to wait for a lock would be as old as its wait.
    RENEW = ["UPDATE delivery SET lease_until = " {"$2 + $3" | "CASE WHEN CAST($2 AS TIMESTAMPTZ) IS NOT NULL THEN clock_timestamp() END + $3 * INTERVAL '1 microsecond'"} "
               WHERE lease_owner = $1 AND state IN ('leased', 'sending')
                 AND id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($4)"
                                      | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($4 AS TEXT) AS JSONB))"}
                 " AS r)"];

    RELEASE = ["UPDATE delivery SET state = 'queued', lease_owner = NULL, lease_until = NULL
                 WHERE lease_owner = $1 AND state = 'leased'"];

    EXPIRE = ["UPDATE delivery SET state = 'failed', last_class = 'deadline', ended_at = $1
                WHERE state IN ('queued', 'deferred') AND not_after <= $1"];

    CANCEL_WAVE = ["UPDATE delivery SET state = 'cancelled', ended_at = $2, lease_owner = NULL, lease_until = NULL
                     WHERE wave_id = $1 AND state IN ('queued', 'deferred', 'leased')"];

    COUNTS = ["SELECT state, COUNT(*) AS " {"rows" | "\"rows\""} ", MIN(run_at) AS first_due FROM delivery GROUP BY state ORDER BY state"];

    WAVE_COUNTS = ["SELECT state, COUNT(*) AS " {"rows" | "\"rows\""} ", MIN(run_at) AS first_due FROM delivery
                     WHERE wave_id = $1 GROUP BY state ORDER BY state"];

    /// A hard bounce and a complaint stay what they are.
    MARK_BOUNCE = ["UPDATE delivery SET bounce = $2
                     WHERE id = $1 AND (bounce IS NULL OR bounce = 'soft')"];

    /// Mails to a person's address that came back for now, or were refused without saying for how long.
    SOFT_BOUNCES = ["SELECT COUNT(*) FROM delivery
                       JOIN invitation ON invitation.id = delivery.invitation_id
                      WHERE (invitation.contact_id = $1 OR invitation.employee_id = $1)
                        AND (delivery.bounce = 'soft' OR (delivery.state = 'failed' AND delivery.last_class = 'permanent'))
                        AND delivery.dated_at >= $2 AND delivery.address_mark = $3"];

    KNOWN = ["SELECT dedupe_key FROM delivery
               WHERE dedupe_key IN (SELECT " {"r.value FROM jsonb_each($1)"
                                              | "r.value FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
               " AS r)"];

    SUPPRESS = ["INSERT INTO suppression (hmac, reason, suppressed_at) VALUES ($1, $2, $3) ON CONFLICT (hmac) DO NOTHING"];

    /// What was known when somebody let the wave go on does not stop it again.
    RECENT_ENDS = ["SELECT COUNT(*) AS ended,
                           COALESCE(SUM(CASE WHEN last_class = 'hard' OR bounce = 'hard' THEN 1 ELSE 0 END), 0) AS hard,
                           COALESCE(SUM(CASE WHEN last_class = 'policy' THEN 1 ELSE 0 END), 0) AS policy,
                           COALESCE(SUM(CASE WHEN bounce = 'complaint' THEN 1 ELSE 0 END), 0) AS complaints
                      FROM (SELECT last_class, bounce FROM delivery
                             WHERE wave_id = $1 AND state IN ('sent', 'failed') AND ended_at IS NOT NULL
                               AND NOT EXISTS (SELECT 1 FROM fielding WHERE fielding.wave_id = delivery.wave_id
                                                  AND fielding.resumed_at > delivery.ended_at)
                             ORDER BY ended_at DESC LIMIT 1000) AS recent"];
}

/// Leases up to `limit` due rows whose domains are not blocked, for `micros` microseconds, and returns them.
///
/// On PostgreSQL the lease is counted by the database's clock, so that clocks of several machines need not agree.
pub(crate) async fn lease(
    tx: &mut Tx,
    owner: Uuid,
    now: Instant,
    micros: i64,
    (limit, blocked): (i64, &[String]),
) -> Result<Vec<Leased>, StoreError> {
    let blocked = json(blocked)?;
    let ids: Vec<Uuid> = on!(&mut *tx, LEASE, |c, q| sqlx::query_scalar(q)
        .bind(now)
        .bind(owner)
        .bind(micros)
        .bind(limit)
        .bind(&blocked)
        .fetch_all(c)
        .await)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = json(&ids)?;
    Ok(on!(tx, LEASED, |c, q| sqlx::query_as(q).bind(&ids).fetch_all(c).await)?)
}

/// Tells what speaks against a mail, just before it goes out.
pub(crate) async fn wanted(tx: &mut Tx, invitation: Uuid, mark: &str) -> Result<Wanted, StoreError> {
    Ok(on!(tx, WANTED, |c, q| sqlx::query_as(q).bind(invitation).bind(mark).fetch_one(c).await)?)
}

/// Marks a leased row as being sent, and notes by what its return is told: the reference in its Message-ID and the mark of its
/// address. Returns the number of the attempt, `None` where the lease is lost.
pub(crate) async fn begin(
    tx: &mut Tx,
    lease: Lease,
    message_reference: &str,
    address_mark: &str,
) -> Result<Option<i64>, StoreError> {
    Ok(on!(tx, BEGIN, |c, q| sqlx::query_scalar(q)
        .bind(lease.delivery)
        .bind(lease.owner)
        .bind(lease.generation)
        .bind(message_reference)
        .bind(address_mark)
        .fetch_optional(c)
        .await)?)
}

/// Writes what became of an attempt; `false` where the lease was lost meanwhile, and nothing is written.
pub(crate) async fn end(tx: &mut Tx, lease: Lease, ending: &Ending) -> Result<bool, StoreError> {
    let written = on!(&mut *tx, END, |c, q| sqlx::query(q)
        .bind(lease.delivery)
        .bind(lease.owner)
        .bind(lease.generation)
        .bind(ending.state)
        .bind(ending.run_at)
        .bind(ending.ended_at)
        .bind(ending.class)
        .bind(ending.counted)
        .bind(ending.outcome == "unknown")
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if written == 0 {
        return Ok(false);
    }
    on!(tx, PUT_ATTEMPT, |c, q| sqlx::query(q)
        .bind(lease.delivery)
        .bind(ending.started_at)
        .bind(ending.ended_at)
        .bind(ending.outcome)
        .bind(ending.phase)
        .bind(ending.class)
        .bind(ending.code)
        .bind(&ending.enhanced)
        .bind(&ending.detail)
        .execute(c)
        .await
        .map(drop))?;
    Ok(true)
}

/// Gives a leased row back without an attempt: to wait (`queued`), or for good (`cancelled`, `failed`).
pub(crate) async fn put_back(
    tx: &mut Tx,
    lease: Lease,
    state: &'static str,
    run_at: Instant,
    class: Option<&'static str>,
) -> Result<(), StoreError> {
    on!(tx, PUT_BACK, |c, q| sqlx::query(q)
        .bind(lease.delivery)
        .bind(lease.owner)
        .bind(lease.generation)
        .bind(state)
        .bind(run_at)
        .bind(class)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Takes rows back whose lease ran out before a moment of [`lease_clock`], or with `all` every leased row. Rows that were
/// being sent are sent again up to `resends` times, where they may be; otherwise their fate is unknown and stays visible.
pub(crate) async fn rescue(tx: &mut Tx, before: Instant, resends: i64, all: bool) -> Result<u64, StoreError> {
    Ok(on!(tx, RESCUE, |c, q| sqlx::query(q)
        .bind(before)
        .bind(resends)
        .bind(all)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// What the clock shows by which leases run: the database's on PostgreSQL, `now` on SQLite.
pub(crate) async fn lease_clock(tx: &mut Tx, now: Instant) -> Result<Instant, StoreError> {
    Ok(on!(tx, LEASE_CLOCK, |c, q| sqlx::query_scalar(q).bind(now).fetch_one(c).await)?)
}

/// Lengthens the leases that a process holds on `rows`; what it has lost meanwhile stays lost.
pub(crate) async fn renew(
    tx: &mut Tx,
    owner: Uuid,
    now: Instant,
    micros: i64,
    rows: &[Uuid],
) -> Result<(), StoreError> {
    let rows = json(rows)?;
    on!(tx, RENEW, |c, q| sqlx::query(q)
        .bind(owner)
        .bind(now)
        .bind(micros)
        .bind(&rows)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// Gives back what a process has leased and not begun.
pub(crate) async fn release(tx: &mut Tx, owner: Uuid) -> Result<(), StoreError> {
    on!(tx, RELEASE, |c, q| sqlx::query(q).bind(owner).execute(c).await.map(drop))?;
    Ok(())
}

/// Ends rows whose time has passed.
pub(crate) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    Ok(on!(tx, EXPIRE, |c, q| sqlx::query(q).bind(now).execute(c).await.map(|done| done.rows_affected()))?)
}

/// Takes back every mail of a wave that has not gone out.
pub(crate) async fn cancel_wave(tx: &mut Tx, wave: Uuid, now: Instant) -> Result<(), StoreError> {
    on!(tx, CANCEL_WAVE, |c, q| sqlx::query(q).bind(wave).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Counts rows by state, of one wave or of all.
pub(crate) async fn counts(tx: &mut Tx, wave: Option<Uuid>) -> Result<Vec<QueueCount>, StoreError> {
    Ok(match wave {
        Some(wave) => on!(tx, WAVE_COUNTS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?,
        None => on!(tx, COUNTS, |c, q| sqlx::query_as(q).fetch_all(c).await)?,
    })
}

/// Notes that a mail came back: `hard`, `soft` or `complaint`.
pub(crate) async fn mark_bounce(tx: &mut Tx, delivery: Uuid, bounce: &str) -> Result<(), StoreError> {
    on!(tx, MARK_BOUNCE, |c, q| sqlx::query(q).bind(delivery).bind(bounce).execute(c).await.map(drop))?;
    Ok(())
}

/// Counts the soft bounces of a person's address since a moment.
pub(crate) async fn soft_bounces(
    tx: &mut Tx,
    (person, mark): (Uuid, &str),
    since: Instant,
) -> Result<i64, StoreError> {
    Ok(on!(tx, SOFT_BOUNCES, |c, q| sqlx::query_scalar(q)
        .bind(person)
        .bind(since)
        .bind(mark)
        .fetch_one(c)
        .await)?)
}

/// Which of these mails are queued already, or were.
pub(crate) async fn known(tx: &mut Tx, dedupe_keys: &[&str]) -> Result<HashSet<String>, StoreError> {
    let list = json(dedupe_keys)?;
    let found: Vec<String> = on!(tx, KNOWN, |c, q| sqlx::query_scalar(q).bind(&list).fetch_all(c).await)?;
    Ok(found.into_iter().collect())
}

/// Lets no mail reach an address any more.
pub(crate) async fn suppress(
    tx: &mut Tx,
    mark: &str,
    reason: &'static str,
    now: Instant,
) -> Result<(), StoreError> {
    on!(tx, SUPPRESS, |c, q| sqlx::query(q).bind(mark).bind(reason).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// Of a wave's last 1,000 mails that ended since it was last resumed: (ended, hard, policy, complaints).
pub(crate) async fn recent_ends(tx: &mut Tx, wave: Uuid) -> Result<(i64, i64, i64, i64), StoreError> {
    Ok(on!(tx, RECENT_ENDS, |c, q| sqlx::query_as(q).bind(wave).fetch_one(c).await)?)
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
