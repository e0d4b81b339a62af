//! Reminders, links for other channels, and the end of a wave.

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::WaveError;
use super::file::{Channel, Mode, WaveFile};
use super::launch::Mailing;
use crate::clock::Instant;
use crate::seal::{Keys, Purpose};
use crate::store::fielding::{self, Silent, WaveState};
use crate::store::outbox;
use crate::store::record::put;
use crate::store::{StoreError, Tx};
use crate::survey::{self, MailKind};

/// Rows that travel to the database together.
const SET: usize = 1000;

/// A wave with the file that it was launched with.
pub(crate) async fn find(tx: &mut Tx, key: &str) -> Result<(WaveState, WaveFile), WaveError> {
    let wave = fielding::wave(tx, key).await?.ok_or_else(|| WaveError::Unknown { key: key.to_owned() })?;
    let file = serde_json::from_str(&wave.settings).map_err(|error| WaveError::Stored(error.to_string()))?;
    Ok((wave, file))
}

/// Queues a reminder for everybody who got an invitation long enough ago and has not answered; returns how many. The same
/// reminder again, or an earlier one, queues nothing.
///
/// `number` counts the wave's reminders from 1. Days are counted from each person's own invitation, on their calendar: it may
/// have gone out later than the wave opened.
pub async fn remind(
    tx: &mut Tx,
    keys: &Keys,
    (key, number): (&str, i64),
    now: Instant,
) -> Result<i64, WaveError> {
    fielding::lock(tx).await?;
    let (wave, file) = find(tx, key).await?;
    if wave.closed_at.is_some() || wave.closes_at <= now {
        return Err(WaveError::Closed { key: key.into() });
    }
    let place = usize::try_from(number - 1).unwrap_or(0);
    let days = file.remind_after_days.get(place).copied().unwrap_or(1);
    let due = |person: &Silent| {
        let zone = TimeZone::get(&person.timezone).unwrap_or(TimeZone::UTC);
        let age = now.date(&zone).since(person.sent_at.date(&zone));
        person.reminded < number && age.is_ok_and(|age| i64::from(age.get_days()) >= days)
    };
    let mut silent = fielding::silent(tx, wave.wave_id).await?;
    silent.retain(due);
    if silent.is_empty() {
        return Ok(0);
    }
    let survey =
        survey::parse("survey", &wave.document).map_err(|error| WaveError::Stored(error.to_string()))?;
    if !survey.mails.contains_key(&MailKind::Reminder) {
        let reason = "it has no text for a reminder: write a [mail.reminder] section".into();
        return Err(WaveError::Unfit { survey: survey.id, reason });
    }
    let mut rows = Vec::with_capacity(silent.len());
    for person in &silent {
        let run_at = file.send.next(now, &person.timezone, &file.holidays);
        let run_at = run_at.ok_or_else(|| WaveError::NeverSent { zone: person.timezone.clone() })?;
        let mailing = Mailing {
            invitation: person.invitation_id,
            wave: wave.wave_id,
            person: person.person_id,
            email: person.email.as_deref().unwrap_or_default(),
            hold_unknown: file.hold_unknown,
        };
        rows.push(mailing.delivery(keys, ("reminder", number), (run_at, wave.closes_at)));
    }
    for set in rows.chunks(SET) {
        put(tx, &set.iter().collect::<Vec<_>>()).await?;
    }
    Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
}

/// Queues the thank-you of an invitation, once.
pub async fn thank(tx: &mut Tx, keys: &Keys, invitation: Uuid, now: Instant) -> Result<(), WaveError> {
    let Some(person) = fielding::thankable(tx, invitation).await? else { return Ok(()) };
    let mailing = Mailing {
        invitation,
        wave: person.wave_id,
        person: person.person_id,
        email: person.email.as_deref().unwrap_or_default(),
        hold_unknown: true,
    };
    let until = now.plus_days(2);
    let row = mailing.delivery(keys, ("thanks", 1), (now, until));
    if outbox::known(tx, &[row.dedupe_key.as_str()]).await?.is_empty() {
        put(tx, &[&row]).await?;
    }
    Ok(())
}

/// Numbers of the reminders that can be due to somebody, the last one first: who is due two gets the later one only.
pub(crate) fn due_reminders(
    file: &WaveFile,
    wave: &WaveState,
    zone: &TimeZone,
    now: Instant,
) -> impl Iterator<Item = i64> + use<> {
    let days = now.date(zone).since(wave.opened_at.date(zone)).map_or(0, |span| i64::from(span.get_days()));
    // A day more: somebody's calendar may be ahead of the organisation's.
    let begun = file.remind_after_days.iter().filter(|day| **day <= days + 1).count();
    (1..=i64::try_from(begun).unwrap_or(0)).rev()
}

/// A personal link for a channel other than e-mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    /// The person's name, where known.
    pub name: String,
    /// Their account, where known.
    pub account: String,
    /// Their address, where known.
    pub email: String,
    /// The language that the page opens in.
    pub language: String,
    /// The link.
    pub link: String,
}

/// Makes the links of a wave whose channel is `link`, and notes that they were handed over.
pub async fn links(
    tx: &mut Tx,
    keys: &Keys,
    key: &str,
    base_url: &str,
    now: Instant,
) -> Result<Vec<Link>, WaveError> {
    let (wave, file) = find(tx, key).await?;
    if wave.closed_at.is_some() {
        return Err(WaveError::Closed { key: key.into() });
    }
    if file.channel == Channel::Mail {
        return Err(WaveError::NotByLink { key: key.into() });
    }
    let invited = fielding::invited(tx, wave.wave_id).await?;
    fielding::hand_over(tx, wave.wave_id, now).await?;
    let links = invited.into_iter().map(|one| Link {
        link: answer_link(keys, base_url, one.id, one.token_version),
        name: one.name.unwrap_or_default(),
        account: one.account.unwrap_or_default(),
        email: one.email.unwrap_or_default(),
        language: one.language,
    });
    Ok(links.collect())
}

/// The address of a person's answering pages.
pub fn answer_link(keys: &Keys, base_url: &str, invitation: Uuid, version: i64) -> String {
    let token = keys.token(invitation, Purpose::Answer, version);
    format!("{}/s/{token}", base_url.trim_end_matches('/'))
}

/// The address that stops mails, by one click or by a page.
pub fn unsubscribe_link(keys: &Keys, base_url: &str, invitation: Uuid, version: i64) -> String {
    let token = keys.token(invitation, Purpose::Unsubscribe, version);
    format!("{}/u/{token}", base_url.trim_end_matches('/'))
}

/// Ends a named or confidential wave for good: links stop opening, and mails that have not gone out are taken back. `false`
/// where it had ended before.
pub async fn close(tx: &mut Tx, key: &str, now: Instant) -> Result<bool, WaveError> {
    fielding::lock(tx).await?;
    let (wave, file) = find(tx, key).await?;
    if file.mode == Mode::Anonymous {
        return Err(WaveError::EndedByPassphrase { key: key.into() });
    }
    Ok(end(tx, &wave, now).await?)
}

/// Lets the mails of a paused wave go on.
pub async fn resume(tx: &mut Tx, key: &str, now: Instant) -> Result<(), WaveError> {
    let (wave, _) = find(tx, key).await?;
    Ok(fielding::resume(tx, wave.wave_id, now).await?)
}

/// Marks a wave as ended and takes its waiting mails back.
pub(super) async fn end(tx: &mut Tx, wave: &WaveState, now: Instant) -> Result<bool, StoreError> {
    let ended = fielding::close(tx, wave.wave_id, now).await?;
    outbox::cancel_wave(tx, wave.wave_id, now).await?;
    Ok(ended)
}
