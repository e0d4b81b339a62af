//! Waves that are fielded: what they were launched with, whom they invite, and how far they have come.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::{from_json, json, record, rust_type};
use super::{StoreError, Tx};
use crate::clock::Instant;

record! {
    /// What a wave was launched with.
    Fielding = "fielding" (wave_id: uuid) {
        key: text, standing_key: opt_text, settings: text, settings_sha256: text, closes_at: instant,
    }
}

record! {
    /// What invited persons are told, in one language.
    NoticeRow = "notice" (wave_id: uuid, language: text) { version: text, document: text }
}

record! {
    /// A person who is asked in a wave.
    Invitation = "invitation" (id: uuid) {
        wave_id: uuid, contact_id: opt_uuid, employee_id: opt_uuid, event_id: opt_uuid, language: text,
        timezone: text, channel: text, notice_version: text, token_version: integer, invited_at: instant,
    }
}

record! {
    /// The hash of a link's token.
    Token = "invitation_token" (hash: text) { invitation_id: uuid, purpose: text, version: integer }
}

record! {
    /// Whether an invited person has voted in an anonymous wave.
    Ticket = "ticket" (invitation_id: uuid) { used: flag }
}

/// A person who could be invited.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Candidate {
    /// The contact or the employee.
    pub(crate) person_id: Uuid,
    /// The account of a contact.
    pub(crate) account_id: Option<Uuid>,
    pub(crate) email: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) segment: Option<String>,
    pub(crate) state: Option<String>,
}

/// A wave as the service works with it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct WaveState {
    pub(crate) wave_id: Uuid,
    pub(crate) key: String,
    pub(crate) settings: String,
    pub(crate) settings_sha256: String,
    pub(crate) mode: String,
    pub(crate) k: i64,
    pub(crate) opened_at: Instant,
    pub(crate) closes_at: Instant,
    pub(crate) closed_at: Option<Instant>,
    pub(crate) paused_at: Option<Instant>,
    pub(crate) survey_version_id: Uuid,
    pub(crate) document: String,
}

/// A person who has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Silent {
    pub(crate) invitation_id: Uuid,
    pub(crate) person_id: Uuid,
    pub(crate) timezone: String,
    pub(crate) email: Option<String>,
    /// When the invitation went out.
    pub(crate) sent_at: Instant,
    /// Number of the last reminder; 0 for none.
    pub(crate) reminded: i64,
}

/// Who may be thanked for an invitation that was answered.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Thankable {
    pub(crate) wave_id: Uuid,
    pub(crate) person_id: Uuid,
    pub(crate) email: Option<String>,
}

/// An invitation with its person, for a list of links.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Invited {
    pub(crate) id: Uuid,
    pub(crate) token_version: i64,
    pub(crate) language: String,
    pub(crate) name: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) email: Option<String>,
}

/// How one invitation stands, for the response board.
#[expect(clippy::struct_excessive_bools, reason = "a row of the database, a fact per column")]
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Standing {
    pub(crate) invitation_id: Uuid,
    pub(crate) account_id: Option<Uuid>,
    pub(crate) segment: Option<String>,
    pub(crate) channel: String,
    pub(crate) handed_over: bool,
    pub(crate) sent: bool,
    pub(crate) bounced: bool,
    pub(crate) declined: bool,
    pub(crate) started: bool,
    pub(crate) finished: bool,
    /// Items that were given an answer.
    pub(crate) answered: i64,
    /// Items that were put to the person and passed over.
    pub(crate) skipped: i64,
}

statements! {
    WAVE = ["SELECT fielding.wave_id, fielding.key, fielding.settings, fielding.settings_sha256, wave.mode, wave.k,
                    wave.opened_at, fielding.closes_at, wave.closed_at, fielding.paused_at, wave.survey_version_id,
                    survey_version.document
               FROM fielding
               JOIN wave ON wave.id = fielding.wave_id
               JOIN survey_version ON survey_version.id = wave.survey_version_id
              WHERE fielding.key = $1"];

    OPEN_WAVES = ["SELECT fielding.key
                     FROM fielding
                     JOIN wave ON wave.id = fielding.wave_id
                    WHERE wave.closed_at IS NULL
                    ORDER BY fielding.key"];

    ALL_WAVES = ["SELECT fielding.key FROM fielding JOIN wave ON wave.id = fielding.wave_id
                   ORDER BY wave.opened_at, fielding.key"];

    /// Ends a wave once: it stays closed.
    CLOSE = ["UPDATE wave SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL"];

    PAUSE = ["UPDATE fielding SET paused_at = $2, pause_reason = $3 WHERE wave_id = $1 AND paused_at IS NULL"];

    RESUME = ["UPDATE fielding SET paused_at = NULL, pause_reason = NULL, resumed_at = $2 WHERE wave_id = $1"];

    CONTACTS = ["SELECT contact.id AS person_id, contact.account_id, contact.email, contact.language, contact.timezone,
                        contact.role, account.segment, account.state
                   FROM contact
                   JOIN account ON account.id = contact.account_id
                  WHERE contact.erased_at IS NULL AND account.erased_at IS NULL
                  ORDER BY contact.id"];

    EMPLOYEES = ["SELECT employee.id AS person_id, CAST(NULL AS " {"BLOB" | "UUID"} ") AS account_id, employee.email,
                         employee.language, employee.timezone, CAST(NULL AS TEXT) AS role,
                         CAST(NULL AS TEXT) AS segment, CAST(NULL AS TEXT) AS state
                    FROM employee
                   WHERE employee.erased_at IS NULL
                     AND (employee.active_from IS NULL OR employee.active_from <= $1)
                     AND (employee.active_to IS NULL OR employee.active_to > $1)
                   ORDER BY employee.id"];

    /// Account or employee and unit, as of a moment.
    MEMBERS = ["SELECT account_id AS member, unit_id FROM account_unit
                 WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)
                 UNION
                SELECT employee_id, unit_id FROM employee_unit
                 WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)"];

    UNITS = ["SELECT id, parent_id, name FROM unit ORDER BY name, id"];

    SUPPRESSED = ["SELECT hmac FROM suppression"];

    /// Takes the budget of those who were not invited since the cap began; the others are not returned.
    SPEND = ["INSERT INTO contact_budget (person_id, invited_at)
              SELECT " {"unhex(r.value, '-'), $2 FROM jsonb_each($1)"
                        | "CAST(r.value AS UUID), $2 FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
              " AS r WHERE TRUE
              ON CONFLICT (person_id) DO UPDATE SET invited_at = excluded.invited_at
               WHERE contact_budget.invited_at <= $3
              RETURNING person_id"];

    SILENT = ["SELECT invitation.id AS invitation_id, COALESCE(invitation.contact_id, invitation.employee_id) AS person_id,
                      invitation.timezone, COALESCE(contact.email, employee.email) AS email, sent.ended_at AS sent_at,
                      CAST((SELECT COALESCE(MAX(sequence), 0) FROM delivery
                             WHERE delivery.invitation_id = invitation.id AND delivery.kind = 'reminder') AS BIGINT) AS reminded
                 FROM invitation
                 JOIN delivery AS sent ON sent.invitation_id = invitation.id AND sent.kind = 'invitation'
                  AND sent.state = 'sent' AND COALESCE(sent.bounce, '') <> 'hard'
                 LEFT JOIN contact ON contact.id = invitation.contact_id
                 LEFT JOIN employee ON employee.id = invitation.employee_id
                 LEFT JOIN ticket ON ticket.invitation_id = invitation.id
                WHERE invitation.wave_id = $1 AND invitation.channel = 'mail' AND invitation.response_id IS NULL
                  AND invitation.declined_at IS NULL AND invitation.withdrawn_at IS NULL AND COALESCE(ticket.used, FALSE) = FALSE
                ORDER BY invitation.id"];

    THANKABLE = ["SELECT invitation.wave_id, COALESCE(invitation.contact_id, invitation.employee_id) AS person_id,
                         COALESCE(contact.email, employee.email) AS email
                    FROM invitation
                    LEFT JOIN contact ON contact.id = invitation.contact_id
                    LEFT JOIN employee ON employee.id = invitation.employee_id
                   WHERE invitation.id = $1 AND invitation.channel = 'mail' AND invitation.declined_at IS NULL"];

    INVITED = ["SELECT invitation.id, invitation.token_version, invitation.language, contact.name, account.name AS account,
                       COALESCE(contact.email, employee.email) AS email
                  FROM invitation
                  LEFT JOIN contact ON contact.id = invitation.contact_id
                  LEFT JOIN account ON account.id = contact.account_id
                  LEFT JOIN employee ON employee.id = invitation.employee_id
                 WHERE invitation.wave_id = $1 AND invitation.channel = 'link'
                 ORDER BY invitation.id"];

    HAND_OVER = ["UPDATE invitation SET handed_over_at = $2
                   WHERE wave_id = $1 AND channel = 'link' AND handed_over_at IS NULL"];

    STANDINGS = ["SELECT invitation.id AS invitation_id, contact.account_id, account.segment, invitation.channel,
                         invitation.handed_over_at IS NOT NULL AS handed_over,
                         EXISTS (SELECT 1 FROM delivery WHERE delivery.invitation_id = invitation.id
                                    AND delivery.state = 'sent') AS sent,
                         EXISTS (SELECT 1 FROM delivery WHERE delivery.invitation_id = invitation.id
                                    AND (delivery.bounce = 'hard' OR delivery.last_class = 'hard')) AS bounced,
                         invitation.declined_at IS NOT NULL AS declined,
                         (invitation.response_id IS NOT NULL OR COALESCE(ticket.used, FALSE)) AS started,
                         (invitation.finished_at IS NOT NULL OR COALESCE(ticket.used, FALSE)) AS finished,
                         (SELECT COUNT(*) FROM answer WHERE answer.response_id = invitation.response_id
                             AND (answer.number IS NOT NULL OR answer.choice IS NOT NULL OR answer.text IS NOT NULL))
                           AS answered,
                         (SELECT COUNT(*) FROM answer WHERE answer.response_id = invitation.response_id
                             AND answer.number IS NULL AND answer.choice IS NULL AND answer.text IS NULL) AS skipped
                    FROM invitation
                    LEFT JOIN contact ON contact.id = invitation.contact_id
                    LEFT JOIN account ON account.id = contact.account_id
                    LEFT JOIN ticket ON ticket.invitation_id = invitation.id
                   WHERE invitation.wave_id = $1
                   ORDER BY invitation.id"];

    /// Answers of those who began and did not finish.
    UNFINISHED = ["SELECT answer.response_id, answer.item_key, answer.number, answer.choice, answer.text
                     FROM answer
                     JOIN invitation ON invitation.response_id = answer.response_id
                    WHERE invitation.wave_id = $1 AND invitation.finished_at IS NULL
                    ORDER BY answer.response_id"];

    /// What the customer file knows of the accounts that a wave asked: revenue is that of the year before it.
    ACCOUNT_FACTS = ["SELECT account.id, account.segment, account.first_seen,
                             CAST(COALESCE((SELECT SUM(revenue) FROM ledger_entry
                                             WHERE ledger_entry.account_id = account.id AND at >= $2 AND at < $3), 0)
                                + COALESCE((SELECT SUM(revenue) FROM account_period
                                             WHERE account_period.account_id = account.id AND period_start >= $2
                                               AND period_start < $3), 0) AS BIGINT) AS revenue
                        FROM account
                       WHERE account.id IN (SELECT contact.account_id FROM invitation
                                              JOIN contact ON contact.id = invitation.contact_id
                                             WHERE invitation.wave_id = $1)
                       ORDER BY account.id"];

    SET_POLL_KEYS = ["UPDATE fielding SET public_key = $2, locked_key = $3 WHERE wave_id = $1 AND public_key IS NULL"];

    LOCKED_KEY = ["SELECT locked_key FROM fielding WHERE wave_id = $1"];

    DESTROY_KEY = ["UPDATE fielding SET locked_key = NULL WHERE wave_id = $1"];

    COUNT_INVITED = ["SELECT COUNT(*) FROM invitation WHERE wave_id = $1"];
}

/// Lets launches, reminders and closings take turns on PostgreSQL: two at once would both find a wave missing.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = &mut *tx {
        sqlx::query("LOCK TABLE fielding IN SHARE ROW EXCLUSIVE MODE").execute(&mut **inner).await?;
    }
    Ok(())
}

/// Finds a wave by its key.
pub(crate) async fn wave(tx: &mut Tx, key: &str) -> Result<Option<WaveState>, StoreError> {
    Ok(on!(tx, WAVE, |c, q| sqlx::query_as(q).bind(key).fetch_optional(c).await)?)
}

/// Keys of the waves that are still open, or of all.
pub(crate) async fn keys(tx: &mut Tx, open_only: bool) -> Result<Vec<String>, StoreError> {
    let statement = if open_only { OPEN_WAVES } else { ALL_WAVES };
    Ok(on!(tx, statement, |c, q| sqlx::query_scalar(q).fetch_all(c).await)?)
}

/// Ends a wave; `false` where it had ended before.
pub(crate) async fn close(tx: &mut Tx, wave: Uuid, now: Instant) -> Result<bool, StoreError> {
    let done = on!(tx, CLOSE, |c, q| sqlx::query(q)
        .bind(wave)
        .bind(now)
        .execute(c)
        .await
        .map(|d| d.rows_affected()))?;
    Ok(done == 1)
}

/// Stops a wave's mails until somebody resumes it.
pub(crate) async fn pause(tx: &mut Tx, wave: Uuid, now: Instant, reason: &str) -> Result<(), StoreError> {
    on!(tx, PAUSE, |c, q| sqlx::query(q).bind(wave).bind(now).bind(reason).execute(c).await.map(drop))?;
    Ok(())
}

/// Lets a paused wave's mails go on.
pub(crate) async fn resume(tx: &mut Tx, wave: Uuid, now: Instant) -> Result<(), StoreError> {
    on!(tx, RESUME, |c, q| sqlx::query(q).bind(wave).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// All contacts that are not erased, with what an audience is chosen by.
pub(crate) async fn contacts(tx: &mut Tx) -> Result<Vec<Candidate>, StoreError> {
    Ok(on!(tx, CONTACTS, |c, q| sqlx::query_as(q).fetch_all(c).await)?)
}

/// All employees of a day.
pub(crate) async fn employees(tx: &mut Tx, now: Instant) -> Result<Vec<Candidate>, StoreError> {
    Ok(on!(tx, EMPLOYEES, |c, q| sqlx::query_as(q).bind(now).fetch_all(c).await)?)
}

/// (account or employee, unit) of a day.
pub(crate) async fn members(tx: &mut Tx, now: Instant) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(on!(tx, MEMBERS, |c, q| sqlx::query_as(q).bind(now).fetch_all(c).await)?)
}

/// (unit, parent, name) of all units.
pub(crate) async fn units(tx: &mut Tx) -> Result<Vec<(Uuid, Option<Uuid>, String)>, StoreError> {
    Ok(on!(tx, UNITS, |c, q| sqlx::query_as(q).fetch_all(c).await)?)
}

/// Marks of all suppressed addresses.
pub(crate) async fn suppressed(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    Ok(on!(tx, SUPPRESSED, |c, q| sqlx::query_scalar(q).fetch_all(c).await)?)
}

/// Notes that persons are invited now, and returns those whose last invitation is not later than `since`.
pub(crate) async fn spend(
    tx: &mut Tx,
    persons: &[Uuid],
    now: Instant,
    since: Instant,
) -> Result<Vec<Uuid>, StoreError> {
    let list = json(persons)?;
    Ok(on!(tx, SPEND, |c, q| sqlx::query_scalar(q).bind(&list).bind(now).bind(since).fetch_all(c).await)?)
}

/// Persons whose invitation went out and who have not answered, declined, taken their answers back or turned out not to be
/// reachable.
pub(crate) async fn silent(tx: &mut Tx, wave: Uuid) -> Result<Vec<Silent>, StoreError> {
    Ok(on!(tx, SILENT, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// The wave and the person of an invitation that came by mail and was not declined.
pub(crate) async fn thankable(tx: &mut Tx, invitation: Uuid) -> Result<Option<Thankable>, StoreError> {
    Ok(on!(tx, THANKABLE, |c, q| sqlx::query_as(q).bind(invitation).fetch_optional(c).await)?)
}

/// Persons who get their link by another channel.
pub(crate) async fn invited(tx: &mut Tx, wave: Uuid) -> Result<Vec<Invited>, StoreError> {
    Ok(on!(tx, INVITED, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// Notes that the links of a wave were handed over.
pub(crate) async fn hand_over(tx: &mut Tx, wave: Uuid, now: Instant) -> Result<(), StoreError> {
    on!(tx, HAND_OVER, |c, q| sqlx::query(q).bind(wave).bind(now).execute(c).await.map(drop))?;
    Ok(())
}

/// How every invitation of a wave stands.
pub(crate) async fn standings(tx: &mut Tx, wave: Uuid) -> Result<Vec<Standing>, StoreError> {
    Ok(on!(tx, STANDINGS, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// (response, item, number, choice, text) of those who began and did not finish.
pub(crate) async fn unfinished(
    tx: &mut Tx,
    wave: Uuid,
) -> Result<Vec<(Uuid, String, Option<f64>, Option<String>, Option<String>)>, StoreError> {
    Ok(on!(tx, UNFINISHED, |c, q| sqlx::query_as(q).bind(wave).fetch_all(c).await)?)
}

/// What the customer file knows of an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct AccountFacts {
    pub(crate) id: Uuid,
    pub(crate) segment: Option<String>,
    pub(crate) first_seen: Option<Instant>,
    /// Minor units, of the year before the wave.
    pub(crate) revenue: i64,
}

/// The customer file's facts of the accounts that a wave asked.
pub(crate) async fn account_facts(
    tx: &mut Tx,
    wave: Uuid,
    (from, until): (Instant, Instant),
) -> Result<Vec<AccountFacts>, StoreError> {
    Ok(on!(tx, ACCOUNT_FACTS, |c, q| sqlx::query_as(q).bind(wave).bind(from).bind(until).fetch_all(c).await)?)
}

/// Gives an anonymous wave its pair of keys, once.
pub(crate) async fn set_poll_keys(
    tx: &mut Tx,
    wave: Uuid,
    public: &[u8],
    locked: &[u8],
) -> Result<(), StoreError> {
    on!(tx, SET_POLL_KEYS, |c, q| sqlx::query(q)
        .bind(wave)
        .bind(public)
        .bind(locked)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// The locked half of a wave's pair; `None` where it has none, or none any more.
pub(crate) async fn locked_key(tx: &mut Tx, wave: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<Option<Vec<u8>>> =
        on!(tx, LOCKED_KEY, |c, q| sqlx::query_scalar(q).bind(wave).fetch_optional(c).await)?;
    Ok(found.flatten())
}

/// Removes the locked half: what was not opened now is never opened.
pub(crate) async fn destroy_key(tx: &mut Tx, wave: Uuid) -> Result<(), StoreError> {
    on!(tx, DESTROY_KEY, |c, q| sqlx::query(q).bind(wave).execute(c).await.map(drop))?;
    Ok(())
}

/// How many persons a wave has invited.
pub(crate) async fn count_invited(tx: &mut Tx, wave: Uuid) -> Result<i64, StoreError> {
    Ok(on!(tx, COUNT_INVITED, |c, q| sqlx::query_scalar(q).bind(wave).fetch_one(c).await)?)
}
