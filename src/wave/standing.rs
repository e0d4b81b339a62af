//! Standing waves: a rule invites by itself some days after an event, and each quarter's invitations are a wave.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::WaveError;
use super::file::{Standing, WaveFile};
use super::launch::{CheckedLaunch, Invitee, Launch, enlist, keep_audience, open};
use crate::clock::Instant;
use crate::digest;
use crate::seal::Keys;
use crate::store::Tx;
use crate::store::event::{self, OpenEvent, StandingRule};
use crate::store::fielding::{self, Candidate};
use crate::survey;

/// Days that the answers of a quarter are taken after it has ended.
const GRACE_DAYS: i32 = 14;

/// Puts the rule of a standing wave in force; `false` where the same rule is already.
///
/// # Errors
///
/// Refuses a key whose rule was another, and a file that describes no standing wave.
pub async fn start_standing(
    tx: &mut Tx,
    CheckedLaunch(launch): &CheckedLaunch,
    now: Instant,
) -> Result<bool, WaveError> {
    fielding::lock(tx).await?;
    let file = &launch.file;
    if file.standing.is_none() {
        return Err(WaveError::NotStanding { key: file.key.clone() });
    }
    let settings = serde_json::to_string(file).map_err(|error| WaveError::Stored(error.to_string()))?;
    let settings_sha256 = digest::sha256(format!("{settings}\n{}", launch.survey_text));
    if let Some(stored) = event::rule(tx, &file.key).await? {
        if stored.settings_sha256 != settings_sha256 {
            return Err(super::launch::changed(launch, &stored.settings));
        }
        // A rule that was ended begins anew: what happened in between is not asked about.
        return Ok(event::resume_rule(tx, &file.key, now).await?);
    }
    let survey = launch.survey_text.clone();
    let rule = StandingRule { key: file.key.clone(), settings, settings_sha256, survey, started_at: now };
    event::put_rule(tx, &rule).await?;
    Ok(true)
}

/// Takes the rule of a standing wave out of force; waves that it made stay open until they close. `false` where it was before.
///
/// # Errors
///
/// Refuses a key that is no standing wave's.
pub async fn end_standing(tx: &mut Tx, key: &str, now: Instant) -> Result<bool, WaveError> {
    if event::rule(tx, key).await?.is_none() {
        return Err(WaveError::NotStanding { key: key.into() });
    }
    Ok(event::end_rule(tx, key, now).await?)
}

/// Invites after the events that are due under every rule in force; returns how many persons. Doing it again invites nobody
/// twice: an event is asked about once, and a contact once in a quarter.
pub async fn invite_after_events(
    tx: &mut Tx,
    keys: &Keys,
    (timezone, language): (&str, &str),
    now: Instant,
) -> Result<i64, WaveError> {
    fielding::lock(tx).await?;
    let mut invited = 0;
    for rule in event::rules(tx).await? {
        invited += invite(tx, keys, &rule, (timezone, language), now).await?;
    }
    Ok(invited)
}

async fn invite(
    tx: &mut Tx,
    keys: &Keys,
    rule: &StandingRule,
    (timezone, language): (&str, &str),
    now: Instant,
) -> Result<i64, WaveError> {
    let stored = |error: String| WaveError::Stored(error);
    let file: WaveFile = serde_json::from_str(&rule.settings).map_err(|error| stored(error.to_string()))?;
    let Some(standing) = file.standing.clone() else { return Ok(0) };
    let ago = |days: i64| now.plus_days(-days);
    // What happened before the rule was in force is not asked about.
    let from = ago(standing.at_most_days).max(rule.started_at);
    let events = event::open_events(tx, &standing.event, (from, ago(standing.after_days))).await?;
    if events.is_empty() {
        return Ok(0);
    }
    let launch = Launch {
        survey: survey::parse("survey", &rule.survey).map_err(|error| stored(error.to_string()))?,
        survey_text: rule.survey.clone(),
        file,
        listed: None,
        timezone: timezone.into(),
        language: language.into(),
        poll_keys: None,
    };
    let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
    let mut contacts = fielding::contacts(tx).await?;
    keep_audience(tx, &launch.file.audience, &mut contacts, now).await?;
    // Who closes the wave of a quarter wants no more of it: events wait for the next one, as long as they may be asked about.
    let Some((wave, closes_at)) = wave_of_quarter(tx, &launch, rule, &zone, now).await? else {
        return Ok(0);
    };
    let invitees = invitees(tx, wave, (&events, &contacts), &standing).await?;
    let mut left_out = BTreeMap::new();
    let (invited, _) = enlist(tx, keys, &launch, (wave, closes_at, now), (invitees, &mut left_out)).await?;
    Ok(invited)
}

/// The rule's wave of the present quarter, opened when its first event comes; `None` where it has been closed.
async fn wave_of_quarter(
    tx: &mut Tx,
    launch: &Launch,
    rule: &StandingRule,
    zone: &TimeZone,
    now: Instant,
) -> Result<Option<(Uuid, Instant)>, WaveError> {
    let today = now.date(zone);
    let quarter = format!("{}q{}", today.year(), (today.month() - 1) / 3 + 1);
    let key = format!("{}-{quarter}", launch.file.key);
    if let Some(wave) = fielding::wave(tx, &key).await? {
        return Ok(wave.closed_at.is_none().then_some((wave.wave_id, wave.closes_at)));
    }
    let ends = end_of_quarter(today).and_then(|day| day.checked_add(GRACE_DAYS.days()).ok());
    let closes_at = ends.and_then(|day| Instant::start_of_day(day, zone));
    let closes_at = closes_at.ok_or_else(|| WaveError::Stored("the quarter has no end".into()))?;
    let name = format!("{}, {quarter}", launch.file.name);
    let wave =
        open(tx, launch, (&key, &name), closes_at, (now, &rule.settings, &rule.settings_sha256)).await?;
    Ok(Some((wave, closes_at)))
}

/// The first day after a day's quarter.
fn end_of_quarter(day: Date) -> Option<Date> {
    let first = (day.month() - 1) / 3 * 3 + 1;
    let begins = Date::new(day.year(), first, 1).ok()?;
    begins.checked_add(3.months()).ok()
}

/// Who of the audience is asked about which event: the contact that the event names, else the account's first contact who uses what it bought.
async fn invitees(
    tx: &mut Tx,
    wave: Uuid,
    (events, contacts): (&[OpenEvent], &[Candidate]),
    standing: &Standing,
) -> Result<Vec<Invitee>, WaveError> {
    let mut asked: HashSet<Uuid> = event::invited_contacts(tx, wave).await?.into_iter().collect();
    let by_id: HashMap<Uuid, &Candidate> =
        contacts.iter().map(|contact| (contact.person_id, contact)).collect();
    let mut of_account: HashMap<Uuid, &Candidate> = HashMap::new();
    for contact in contacts {
        let Some(account) = contact.account_id else { continue };
        let known = of_account.entry(account).or_insert(contact);
        if known.role.as_deref() != Some("uses") && contact.role.as_deref() == Some("uses") {
            *known = contact;
        }
    }
    let mut invitees = Vec::new();
    for event in events {
        let contact = match event.contact_id {
            Some(named) => by_id.get(&named).copied(),
            None => event.account_id.and_then(|account| of_account.get(&account).copied()),
        };
        if let Some(contact) = contact.filter(|contact| asked.insert(contact.person_id)) {
            let due = event.happened_at.plus_days(standing.after_days);
            invitees.push(Invitee { person: contact.clone(), event: Some((event.id, due)) });
        }
    }
    Ok(invitees)
}
