//! Deleting what was kept long enough.

use uuid::Uuid;

use super::db::{on, sql, statements};
use super::{StoreError, Tx};
use crate::clock::Instant;

statements! {
    DROP_RAW_MAILS = ["DELETE FROM inbound_mail WHERE received_at < $1"];

    UNLINK = ["UPDATE invitation SET response_id = NULL WHERE wave_id = $1 AND response_id IS NOT NULL"];

    DROP_ANSWERS = ["DELETE FROM answer WHERE response_id IN (SELECT id FROM response WHERE wave_id = $1)"];

    DROP_RESPONSES = ["DELETE FROM response WHERE wave_id = $1"];

    DROP_COMMENTS = ["DELETE FROM released_comment WHERE wave_id = $1"];

    DUE = ["SELECT EXISTS (SELECT 1 FROM response WHERE wave_id = $1)
                OR EXISTS (SELECT 1 FROM released_comment WHERE wave_id = $1)
                OR EXISTS (SELECT 1 FROM sealed_ballot WHERE wave_id = $1)"];
}

/// Deletes mails that came in before a moment.
pub(crate) async fn drop_raw_mails(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    on!(tx, DROP_RAW_MAILS, |c, q| sqlx::query(q).bind(before).execute(c).await.map(drop))?;
    Ok(())
}

/// Tells whether anything is left that somebody answered.
pub(crate) async fn is_due(tx: &mut Tx, wave: Uuid) -> Result<bool, StoreError> {
    Ok(on!(tx, DUE, |c, q| sqlx::query_scalar(q).bind(wave).fetch_one(c).await)?)
}

/// Deletes all answers of a wave, also as comments; the released figures stay.
pub(crate) async fn drop_answers(tx: &mut Tx, wave: Uuid) -> Result<(), StoreError> {
    for statement in [UNLINK, DROP_ANSWERS, DROP_RESPONSES, DROP_COMMENTS] {
        on!(&mut *tx, statement, |c, q| sqlx::query(q).bind(wave).execute(c).await.map(drop))?;
    }
    Ok(())
}
