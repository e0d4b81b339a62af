//! What happens by the calendar: reminders, the end of waves, deletion.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::clock::{Clock, Instant};
use crate::seal::Keys;
use crate::store::{Db, organisation, retention};
use crate::wave::{self, WaveError};

/// How often the calendar is looked at.
const EVERY: Duration = Duration::from_secs(30);

/// Days that raw mails which came back are kept.
const RAW_MAIL_DAYS: i64 = 30;

/// The calendar of the waves.
#[derive(Debug, Clone)]
pub struct Schedule {
    db: Db,
    clock: Clock,
    keys: Keys,
    timezone: String,
}

impl Schedule {
    /// Prepares the loop.
    pub fn new(db: Db, clock: Clock, keys: Keys, timezone: String) -> Self {
        Self { db, clock, keys, timezone }
    }

    /// Looks at the calendar until `stop` says so.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.once().await {
                tracing::warn!(%error, "the calendar could not be kept");
            }
            // Neither future owns anything that a drop could break.
            let _ = tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await;
        }
    }

    /// Does what is due now: the reminders of the day, the end of waves whose time is over, deletion. Doing it again changes
    /// nothing.
    pub async fn once(&self) -> Result<(), WaveError> {
        let now = self.clock.now();
        let zone = TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC);
        // One rule or wave that cannot be dealt with must not stop the others.
        if let Err(error) = self.ask_after_events(now).await {
            tracing::warn!(%error, "events could not be asked about");
        }
        for key in wave::keys(&mut self.db.read().await?, true).await? {
            if let Err(error) = self.keep(&key, &zone, now).await {
                tracing::warn!(wave = %key, %error, "a wave could not be closed or reminded");
            }
        }
        self.delete(now, &zone).await
    }

    /// Closes a wave whose time is over, or reminds when that is due.
    async fn keep(&self, key: &str, zone: &TimeZone, now: Instant) -> Result<(), WaveError> {
        let (state, file) = wave::find(&mut self.db.read().await?, key).await?;
        let key = key.to_owned();
        if state.closes_at <= now {
            // An anonymous wave is opened by HR's passphrase; until then it only takes no ballots any more.
            if file.mode == wave::Mode::Anonymous {
                return Ok(());
            }
            let ended: Result<bool, WaveError> =
                self.db.write(move |tx| Box::pin(async move { wave::close(tx, &key, now).await })).await;
            return ended.map(drop);
        }
        for number in wave::due_reminders(&file, &state, zone, now) {
            let (key, keys) = (key.clone(), self.keys.clone());
            let queued: Result<i64, WaveError> = self
                .db
                .write(move |tx| Box::pin(async move { wave::remind(tx, &keys, (&key, number), now).await }))
                .await;
            queued?;
        }
        Ok(())
    }

    /// Invites under the rules of standing waves.
    async fn ask_after_events(&self, now: Instant) -> Result<(), WaveError> {
        let organisation = organisation::find(&mut self.db.read().await?).await?;
        let keys = self.keys.clone();
        let invited: Result<i64, WaveError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let home = (organisation.timezone.as_str(), organisation.default_language.as_str());
                    wave::invite_after_events(tx, &keys, home, now).await
                })
            })
            .await;
        let invited = invited?;
        if invited > 0 {
            tracing::info!(invited, "invited after events");
        }
        Ok(())
    }

    /// Deletes raw mails after their days, and the answers of waves after the day that their dossier names.
    async fn delete(&self, now: Instant, zone: &TimeZone) -> Result<(), WaveError> {
        let since = now.plus_days(-RAW_MAIL_DAYS);
        let today = now.date(zone);
        let (mut over, mut unopened) = (Vec::new(), Vec::new());
        for key in wave::keys(&mut self.db.read().await?, false).await? {
            // What cannot be read is named where it is closed or reminded; the others are dealt with all the same.
            let Ok((state, file)) = wave::find(&mut self.db.read().await?, &key).await else { continue };
            if today <= file.delete_after {
                continue;
            }
            let anonymous = file.mode == wave::Mode::Anonymous;
            if anonymous && state.closed_at.is_none() {
                unopened.push(key);
            }
            // A standing rule opens waves beyond its date: an open wave keeps what it is still asking for.
            let ended = anonymous || state.closed_at.is_some();
            if ended && retention::is_due(&mut self.db.read().await?, state.wave_id).await? {
                over.push(state.wave_id);
            }
        }
        let scrub = !over.is_empty() || !unopened.is_empty();
        let deleted: Result<(), WaveError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    retention::drop_raw_mails(tx, since).await?;
                    for key in unopened {
                        tracing::warn!(wave = %key, "nobody has opened this poll in time: its ballots are deleted unread");
                        wave::discard_poll(tx, &key, now).await?;
                    }
                    for wave in over {
                        retention::drop_answers(tx, wave).await?;
                    }
                    Ok(())
                })
            })
            .await;
        deleted?;
        if scrub {
            self.db.scrub().await?;
        }
        Ok(())
    }
}
