//! What comes in by a link: answers, their change and their end, the wish for no more mails, anonymous ballots.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::db::{on, once, sql, statements};
use super::record::{self, Record, json};
use super::response::Answer;
use super::writer::again;
use super::{Db, StoreError, Tx};
use crate::clock::Instant;
use crate::survey::StoredAnswer;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct OpenLink {
    /// The hash of the link's token.
    pub hash: String,
    /// The invitation, whose id is also that of its response.
    pub invitation_id: Uuid,
    /// The wave.
    pub wave_id: Uuid,
    /// The wave's key.
    pub wave_key: String,
    /// `named`, `confidential` or `anonymous`.
    pub mode: String,
    /// Fewest answers that a shown cell needs.
    pub k: i64,
    /// When the wave closes.
    pub closes_at: Instant,
    /// The survey's version.
    pub survey_version_id: Uuid,
    /// The language of the invitation.
    pub language: String,
    /// Whether the person has finished.
    pub finished: bool,
    /// Whether the person has voted in an anonymous wave.
    pub voted: bool,
    /// The person's name.
    pub name: Option<String>,
    /// The name of the account.
    pub account: Option<String>,
    /// The person's address.
    pub email: Option<String>,
    /// What ballots are sealed to.
    pub public_key: Option<Vec<u8>>,
    /// The answers by item, which are none where the wave is anonymous; in one column, because each row of a result wakes its
    /// reader.
    #[sqlx(try_from = "Option<String>")]
    pub answers: StoredAnswers,
}

/// What is stored of a respondent, by item.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoredAnswers(pub Vec<(String, StoredAnswer)>);

impl TryFrom<Option<String>> for StoredAnswers {
    type Error = serde_json::Error;

    fn try_from(list: Option<String>) -> Result<Self, Self::Error> {
        type Row = (String, Option<f64>, Option<String>, Option<String>);
        let Some(list) = list else { return Ok(Self::default()) };
        let rows: Vec<Row> = serde_json::from_str(&list)?;
        let answer = |(item, number, choice, text)| (item, StoredAnswer { number, choice, text });
        Ok(Self(rows.into_iter().map(answer).collect()))
    }
}

/// One answer to be saved, and what it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Saving {
    /// The invitation, whose id is also that of its response.
    pub invitation: Uuid,
    /// The item.
    pub item_key: String,
    /// The answer; all columns empty where the question was passed over.
    pub answer: StoredAnswer,
    /// Whether something of the person was stored before; only a guess, which makes the common case cheap.
    pub begun: bool,
    /// Items that are no longer asked under these answers: their answers go.
    pub dropped: Vec<String>,
    /// Whether nothing is left to ask.
    pub finished: bool,
}

statements! {
    /// The tokens first, whatever a planner thinks of the tables behind them; so with the invitations of `PUT_RESPONSES`.
    LINKS = ["WITH token AS MATERIALIZED (
                  SELECT hash, invitation_id FROM invitation_token
                   WHERE hash IN (SELECT "
                   {"r.value FROM jsonb_each($1)" | "r.value FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                   " AS r)
                     AND purpose = $2 AND revoked_at IS NULL)
              SELECT token.hash, invitation.id AS invitation_id, invitation.wave_id, fielding.key AS wave_key,
                     wave.mode, wave.k, fielding.closes_at, wave.survey_version_id, invitation.language,
                     invitation.finished_at IS NOT NULL AS finished, COALESCE(ticket.used, FALSE) AS voted,
                     contact.name, account.name AS account, COALESCE(contact.email, employee.email) AS email,
                     fielding.public_key,
                     (SELECT " {"json_group_array(json_array(item_key, number, choice, text))"
                                | "CAST(json_agg(json_build_array(item_key, number, choice, text)) AS TEXT)"} "
                        FROM answer WHERE response_id = invitation.id AND wave.mode <> 'anonymous') AS answers
                FROM token
                JOIN invitation ON invitation.id = token.invitation_id
                JOIN wave ON wave.id = invitation.wave_id
                JOIN fielding ON fielding.wave_id = wave.id
                LEFT JOIN contact ON contact.id = invitation.contact_id
                LEFT JOIN account ON account.id = contact.account_id
                LEFT JOIN employee ON employee.id = invitation.employee_id
                LEFT JOIN ticket ON ticket.invitation_id = invitation.id
               WHERE contact.erased_at IS NULL AND employee.erased_at IS NULL
                 AND ($3 = FALSE OR (wave.closed_at IS NULL AND fielding.closes_at > $4))"];

    /// The guard is here and in the next: a wave that has ended takes no answer.
    TOUCH_RESPONSES = ["UPDATE response SET answered_at = $2
                         WHERE id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($1)"
                                    | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                     " AS r)
                           AND wave_id IN (
                               SELECT wave.id FROM wave JOIN fielding ON fielding.wave_id = wave.id
                                WHERE wave.mode <> 'anonymous' AND wave.closed_at IS NULL
                                  AND fielding.closes_at > $2" {"" | " FOR SHARE OF wave"} ")"];

    PUT_RESPONSES = ["WITH invited AS MATERIALIZED (
                          SELECT id, wave_id, contact_id, employee_id, event_id FROM invitation
                           WHERE id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($1)"
                                    | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                     " AS r))
                      INSERT INTO response (id, wave_id, account_id, contact_id, employee_id, unit_id, about_entry_id, answered_at, weight)
                      SELECT invited.id, invited.wave_id, contact.account_id, invited.contact_id, invited.employee_id,
                             COALESCE((SELECT unit_id FROM account_unit
                                        WHERE account_unit.account_id = contact.account_id AND valid_from <= $2
                                          AND (valid_to IS NULL OR valid_to > $2)
                                        ORDER BY valid_from DESC, unit_id LIMIT 1),
                                      (SELECT unit_id FROM employee_unit
                                        WHERE employee_unit.employee_id = invited.employee_id AND valid_from <= $2
                                          AND (valid_to IS NULL OR valid_to > $2)
                                        ORDER BY valid_from DESC, unit_id LIMIT 1)),
                             event.about_entry_id, $2, 1.0
                        FROM invited
                        JOIN wave ON wave.id = invited.wave_id
                        JOIN fielding ON fielding.wave_id = wave.id
                        LEFT JOIN contact ON contact.id = invited.contact_id
                        LEFT JOIN event ON event.id = invited.event_id
                       WHERE wave.mode <> 'anonymous' AND wave.closed_at IS NULL AND fielding.closes_at > $2 "
                       {"" | "FOR SHARE OF wave"} "
                      ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at
                      RETURNING id"];

    /// A response that there is stands in its invitation: the two are written and deleted together.
    NOTE = ["UPDATE invitation SET response_id = id WHERE id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($1)"
                                    | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                     " AS r)"];

    FINISH = ["UPDATE invitation SET finished_at = COALESCE(finished_at, $2)
                WHERE id IN (SELECT " {"unhex(r.value, '-') FROM jsonb_each($1)"
                                    | "CAST(r.value AS UUID) FROM jsonb_array_elements_text(CAST(CAST($1 AS TEXT) AS JSONB))"}
                     " AS r)"];

    OPEN_STILL = ["SELECT COUNT(*) FROM invitation
                     JOIN wave ON wave.id = invitation.wave_id
                     JOIN fielding ON fielding.wave_id = wave.id
                    WHERE invitation.id = $1 AND wave.closed_at IS NULL AND fielding.closes_at > $2"];

    /// Who has deleted their answers is not reminded of them.
    FORGET = ["UPDATE invitation SET response_id = NULL, finished_at = NULL, withdrawn_at = $2 WHERE id = $1"];

    DROP_ANSWERS = ["DELETE FROM answer WHERE response_id = $1"];

    DROP_RESPONSE = ["DELETE FROM response WHERE id = $1"];

    DECLINE = ["UPDATE invitation SET declined_at = $2 WHERE id = $1 AND declined_at IS NULL"];

    /// Every mail to the person that has not gone out, whatever its wave.
    CANCEL_PERSON = ["UPDATE delivery SET state = 'cancelled', ended_at = $2, lease_owner = NULL, lease_until = NULL
                       WHERE state IN ('queued', 'deferred', 'leased') AND invitation_id IN (
                             SELECT other.id FROM invitation AS mine
                               JOIN invitation AS other
                                 ON other.contact_id = mine.contact_id OR other.employee_id = mine.employee_id
                              WHERE mine.id = $1)"];

    PUT_SEALED = ["INSERT INTO sealed_ballot (id, wave_id, body)
                   SELECT $1, wave.id, $3
                     FROM wave JOIN fielding ON fielding.wave_id = wave.id
                    WHERE wave.id = $2 AND wave.closed_at IS NULL AND fielding.closes_at > $4"
                  {"" | " FOR SHARE OF wave"}];

    TICKET_UNUSED = ["SELECT used FROM ticket WHERE invitation_id = $1" {"" | " FOR UPDATE"}];

    USE_TICKET = ["UPDATE ticket SET used = TRUE WHERE invitation_id = $1 AND used = FALSE"];

    /// Units in which the invited employee works, or that look after the invited contact's account, at a moment.
    UNITS_OF = ["SELECT unit_id FROM (
                     SELECT employee_unit.unit_id, employee_unit.valid_from
                       FROM invitation JOIN employee_unit ON employee_unit.employee_id = invitation.employee_id
                      WHERE invitation.id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
                      UNION ALL
                     SELECT account_unit.unit_id, account_unit.valid_from
                       FROM invitation
                       JOIN contact ON contact.id = invitation.contact_id
                       JOIN account_unit ON account_unit.account_id = contact.account_id
                      WHERE invitation.id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)
                 ) AS member
                  ORDER BY valid_from DESC, unit_id"];

    SEALED = ["SELECT body FROM sealed_ballot WHERE wave_id = $1 ORDER BY id"];

    DROP_SEALED = ["DELETE FROM sealed_ballot WHERE wave_id = $1"];
}

/// Follows links by the hashes of their tokens; those that lead nowhere are left out. `open_only` leaves out waves that have
/// ended.
pub(crate) async fn links(
    db: &Db,
    hashes: &[String],
    purpose: &str,
    open_only: bool,
    now: Instant,
) -> Result<Vec<OpenLink>, StoreError> {
    let hashes = json(hashes)?;
    Ok(once!(db, LINKS, |c, q| sqlx::query_as(q)
        .bind(&hashes)
        .bind(purpose)
        .bind(open_only)
        .bind(now)
        .fetch_all(c)
        .await)?)
}

/// Follows many links of waves that are open at once: for each hash where it leads, if anywhere.
pub(crate) async fn follow(
    db: &Db,
    hashes: Vec<String>,
    purpose: &str,
    now: Instant,
) -> Vec<Result<Option<OpenLink>, StoreError>> {
    match links(db, &hashes, purpose, true, now).await {
        Ok(links) => {
            let links: HashMap<String, OpenLink> =
                links.into_iter().map(|link| (link.hash.clone(), link)).collect();
            // Cloned rather than taken: one link can be followed twice at a time.
            hashes.iter().map(|hash| Ok(links.get(hash).cloned())).collect()
        }
        Err(error) => hashes.iter().map(|_| Err(again(&error))).collect(),
    }
}

/// Saves answers of different respondents; for each `false`, and nothing written, where its wave has ended.
pub(crate) async fn save(tx: &mut Tx, savings: &[Saving], now: Instant) -> Result<Vec<bool>, StoreError> {
    let (begun, mut new): (Vec<&Saving>, Vec<_>) = savings.iter().partition(|saving| saving.begun);
    let mut open: HashSet<Uuid> = begun.iter().map(|saving| saving.invitation).collect();
    if !touch(tx, &open, now).await? {
        // One was deleted meanwhile on another device, and begins again, or a wave has ended.
        open.clear();
        new.extend(begun);
    }
    let new = put_responses(tx, new.iter().map(|saving| saving.invitation).collect(), now).await?;
    open.extend(&new);
    let saved = |saving: &&Saving| open.contains(&saving.invitation);
    let taken: Vec<&Saving> = savings.iter().filter(saved).collect();
    let answers: Vec<Answer> = taken.iter().map(|saving| saving.row()).collect();
    record::put(tx, &answers.iter().collect::<Vec<_>>()).await?;
    let dropped: Vec<_> = taken
        .iter()
        .flat_map(|saving| saving.dropped.iter().map(|key| Answer::key_of(&saving.invitation, key)))
        .collect();
    if !dropped.is_empty() {
        record::execute(tx, Answer::DELETE, &json(&dropped)?).await?;
    }
    if !new.is_empty() {
        record::execute(tx, NOTE, &json(&new)?).await?;
    }
    let finished: Vec<Uuid> =
        taken.iter().filter(|saving| saving.finished).map(|saving| saving.invitation).collect();
    if !finished.is_empty() {
        let finished = json(&finished)?;
        on!(tx, FINISH, |c, q| sqlx::query(q).bind(&finished).bind(now).execute(c).await.map(drop))?;
    }
    Ok(savings.iter().map(|saving| saved(&saving)).collect())
}

impl Saving {
    fn row(&self) -> Answer {
        let StoredAnswer { number, choice, text } = self.answer.clone();
        Answer { response_id: self.invitation, item_key: self.item_key.clone(), number, choice, text }
    }
}

/// Notes the moment at responses that there are; `false` where one is gone or its wave has ended.
async fn touch(tx: &mut Tx, responses: &HashSet<Uuid>, now: Instant) -> Result<bool, StoreError> {
    if responses.is_empty() {
        return Ok(true);
    }
    let list = json(responses)?;
    let touched = on!(tx, TOUCH_RESPONSES, |c, q| sqlx::query(q)
        .bind(&list)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(usize::try_from(touched) == Ok(responses.len()))
}

/// Writes the rows of responses and returns those whose wave is open.
async fn put_responses(tx: &mut Tx, invitations: Vec<Uuid>, now: Instant) -> Result<Vec<Uuid>, StoreError> {
    if invitations.is_empty() {
        return Ok(invitations);
    }
    let list = json(&invitations)?;
    Ok(on!(tx, PUT_RESPONSES, |c, q| sqlx::query_scalar(q).bind(&list).bind(now).fetch_all(c).await)?)
}

/// Deletes everything that a person answered; `false` where the wave has ended.
pub(crate) async fn delete(tx: &mut Tx, invitation: Uuid, now: Instant) -> Result<bool, StoreError> {
    let open: i64 = on!(&mut *tx, OPEN_STILL, |c, q| sqlx::query_scalar(q)
        .bind(invitation)
        .bind(now)
        .fetch_one(c)
        .await)?;
    if open == 0 {
        return Ok(false);
    }
    on!(&mut *tx, FORGET, |c, q| sqlx::query(q).bind(invitation).bind(now).execute(c).await.map(drop))?;
    for statement in [DROP_ANSWERS, DROP_RESPONSE] {
        on!(&mut *tx, statement, |c, q| sqlx::query(q).bind(invitation).execute(c).await.map(drop))?;
    }
    Ok(true)
}

/// Lets no survey mail reach a person any more, whatever wave it is of.
pub(crate) async fn decline(
    tx: &mut Tx,
    invitation: Uuid,
    mark: Option<&str>,
    now: Instant,
) -> Result<(), StoreError> {
    for statement in [DECLINE, CANCEL_PERSON] {
        on!(&mut *tx, statement, |c, q| sqlx::query(q)
            .bind(invitation)
            .bind(now)
            .execute(c)
            .await
            .map(drop))?;
    }
    if let Some(mark) = mark {
        super::outbox::suppress(tx, mark, "unsubscribed", now).await?;
    }
    Ok(())
}

/// Ballots that are cast at a time on PostgreSQL, fewer than half of the pool's connections.
static CASTS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(6);

/// How casting a ballot ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// It is stored.
    Sent,
    /// The person has voted before.
    Before,
    /// The wave has ended.
    Closed,
}

/// Stores a sealed ballot, and then marks the ticket as used, in two transactions that share no key. A crash between them
/// admits a second ballot; the other order would lose the first.
///
/// Callers of one process must not cast for one invitation at a time: `alone` is dropped when the next may. On PostgreSQL the ticket's row is locked meanwhile, so
/// that several processes do not either.
pub(crate) async fn cast(
    db: &Db,
    (invitation, wave): (Uuid, Uuid),
    body: Vec<u8>,
    now: Instant,
    alone: impl Send + 'static,
) -> Result<Cast, StoreError> {
    // On a task of its own: a caller that goes away must not leave a stored ballot with an unused ticket. `alone` goes with it:
    // until the ticket is used nobody else may cast for this invitation, whether the caller is still there or not.
    let db = db.clone();
    let casting = tokio::spawn(async move {
        let _alone = alone;
        match &db {
            Db::Sqlite { .. } => {
                let used: bool = on!(&mut db.read().await?, TICKET_UNUSED, |c, q| sqlx::query_scalar(q)
                    .bind(invitation)
                    .fetch_one(c)
                    .await)?;
                if used {
                    return Ok(Cast::Before);
                }
                if !store_sealed(&db, wave, body, now).await? {
                    return Ok(Cast::Closed);
                }
                db.write(move |tx| Box::pin(async move { use_ticket(tx, invitation).await })).await?;
            }
            Db::Postgres(pool) => {
                // Each cast needs a second connection while it holds the ticket's: a few at a time always get it.
                let _place = CASTS.acquire().await.map_err(|_| StoreError::Stopped)?;
                let mut ticket = Tx::Postgres(pool.begin().await?);
                let used: bool = on!(&mut ticket, TICKET_UNUSED, |c, q| sqlx::query_scalar(q)
                    .bind(invitation)
                    .fetch_one(c)
                    .await)?;
                if used {
                    return Ok(Cast::Before);
                }
                if !store_sealed(&db, wave, body, now).await? {
                    return Ok(Cast::Closed);
                }
                use_ticket(&mut ticket, invitation).await?;
                ticket.commit().await?;
            }
        }
        Ok(Cast::Sent)
    });
    casting.await.unwrap_or(Err(StoreError::Stopped))
}

async fn store_sealed(db: &Db, wave: Uuid, body: Vec<u8>, now: Instant) -> Result<bool, StoreError> {
    db.write(move |tx| {
        Box::pin(async move {
            let stored = on!(tx, PUT_SEALED, |c, q| sqlx::query(q)
                .bind(Uuid::new_v4())
                .bind(wave)
                .bind(&body)
                .bind(now)
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            Ok(stored == 1)
        })
    })
    .await
}

async fn use_ticket(tx: &mut Tx, invitation: Uuid) -> Result<(), StoreError> {
    on!(tx, USE_TICKET, |c, q| sqlx::query(q).bind(invitation).execute(c).await.map(drop))?;
    Ok(())
}

/// The units that an invited person belongs to at a moment.
pub(crate) async fn units_of(tx: &mut Tx, invitation: Uuid, now: Instant) -> Result<Vec<Uuid>, StoreError> {
    Ok(on!(tx, UNITS_OF, |c, q| sqlx::query_scalar(q).bind(invitation).bind(now).fetch_all(c).await)?)
}

/// The sealed ballots of a wave.
pub(crate) async fn sealed(tx: &mut Tx, wave: Uuid) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(on!(tx, SEALED, |c, q| sqlx::query_scalar(q).bind(wave).fetch_all(c).await)?)
}

/// Removes the sealed ballots of a wave.
pub(crate) async fn drop_sealed(tx: &mut Tx, wave: Uuid) -> Result<(), StoreError> {
    on!(tx, DROP_SEALED, |c, q| sqlx::query(q).bind(wave).execute(c).await.map(drop))?;
    Ok(())
}
