//! Surveys as stored, waves, responses and answers.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::record::{from_json, record, rust_type};
use super::{StoreError, Tx};
use crate::survey::Instrument;

record! {
    /// One fielding of a survey.
    Wave = "wave" (id: uuid) {
        survey_version_id: uuid, name: opt_text, mode: text, k: integer, opened_at: instant,
        closed_at: opt_instant, origin: text,
    }
}

record! {
    /// A set of answers of one respondent.
    Response = "response" (id: uuid) {
        external_key: opt_text, wave_id: uuid, account_id: opt_uuid, contact_id: opt_uuid,
        employee_id: opt_uuid, unit_id: opt_uuid, about_entry_id: opt_uuid, answered_at: instant, weight: real,
    } stamped by batch_id
}

record! {
    /// One answer: a number, an option or a text.
    Answer = "answer" (response_id: uuid, item_key: text) {
        number: opt_real, choice: opt_text, text: opt_text,
    }
}

statements! {
    PUT_SURVEY = ["INSERT INTO survey (id, key) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING"];

    SURVEY = ["SELECT id FROM survey WHERE key = $1"];

    VERSION = ["SELECT id, sha256 FROM survey_version WHERE survey_id = $1 AND version = $2"];

    PUT_VERSION = ["INSERT INTO survey_version (id, survey_id, version, sha256, document)
                    VALUES ($1, $2, $3, $4, $5)"];

    PUT_CONSTRUCT = ["INSERT INTO construct (survey_version_id, key) VALUES ($1, $2)"];

    PUT_ITEM = ["INSERT INTO item (survey_version_id, key, construct_key, kind, low, high)
                 VALUES ($1, $2, $3, $4, $5, $6)"];
}

/// Stores a survey's version, once, and returns its id.
///
/// # Errors
///
/// [`StoreError::Conflict`] if the version is stored with another text: versions never change.
pub(crate) async fn register(
    tx: &mut Tx,
    survey: &Instrument,
    document: &str,
    sha256: &str,
) -> Result<Uuid, StoreError> {
    on!(&mut *tx, PUT_SURVEY, |c, q| sqlx::query(q)
        .bind(Uuid::now_v7())
        .bind(&survey.id)
        .execute(c)
        .await
        .map(drop))?;
    let owner: Uuid =
        on!(&mut *tx, SURVEY, |c, q| sqlx::query_scalar(q).bind(&survey.id).fetch_one(c).await)?;
    let version = i64::from(survey.version);
    let stored: Option<(Uuid, String)> =
        on!(&mut *tx, VERSION, |c, q| sqlx::query_as(q).bind(owner).bind(version).fetch_optional(c).await)?;
    match stored {
        Some((id, text)) if text == sha256 => return Ok(id),
        Some(_) => {
            return Err(StoreError::Conflict {
                table: "survey_version",
                detail: format!(
                    "version {version} of the survey {:?} is stored with another text; raise `version` in the file",
                    survey.id
                ),
            });
        }
        None => {}
    }
    let id = Uuid::now_v7();
    on!(&mut *tx, PUT_VERSION, |c, q| sqlx::query(q)
        .bind(id)
        .bind(owner)
        .bind(version)
        .bind(sha256)
        .bind(document)
        .execute(c)
        .await
        .map(drop))?;
    for construct in &survey.constructs {
        on!(&mut *tx, PUT_CONSTRUCT, |c, q| sqlx::query(q)
            .bind(id)
            .bind(&construct.key)
            .execute(c)
            .await
            .map(drop))?;
    }
    for item in &survey.items {
        let kind = serde_json::to_value(item.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
        on!(&mut *tx, PUT_ITEM, |c, q| sqlx::query(q)
            .bind(id)
            .bind(&item.key)
            .bind(item.construct.as_deref())
            .bind(kind.as_deref().unwrap_or_default())
            .bind(item.scale.map(|scale| scale.low))
            .bind(item.scale.map(|scale| scale.high))
            .execute(c)
            .await
            .map(drop))?;
    }
    Ok(id)
}
