//! What the answering pages work with: database, clock, key, and the surveys that have been read.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::answer::Look;
use super::metrics::Metrics;
use crate::clock::{Clock, Instant};
use crate::seal::{Keys, Purpose, token_hash};
use crate::store::intake::{self, OpenLink, Saving};
use crate::store::{Db, Gather, StoreError};
use crate::survey::{self, Instrument};
use crate::wave::{self, WaveError, WaveFile};

/// A wave as the pages need it.
#[derive(Debug)]
pub(super) struct Fielded {
    pub(super) survey: Instrument,
    pub(super) file: WaveFile,
}

/// Everything that a request may need.
#[derive(Debug)]
pub struct Service {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) keys: Keys,
    pub(super) look: Look,
    pub(super) organisation: String,
    pub(super) zone: TimeZone,
    pub(super) language: String,
    /// Whether pages are reached by HTTPS, so that browsers may be told to insist on it.
    pub(super) https: bool,
    pub(super) metrics: Metrics,
    waves: RwLock<HashMap<Uuid, Arc<Fielded>>>,
    /// Answering links that are followed, together with all that come meanwhile.
    following: Gather<String, Result<Option<OpenLink>, StoreError>>,
    /// Answers that are saved, together with all that come meanwhile.
    saving: Gather<Answered, Result<bool, WaveError>>,
    /// Invitations whose ballot is being cast: one at a time.
    casting: Turns,
    /// Whether the service is about to stop, so that no new requests should be sent its way.
    pub(super) stopping: AtomicBool,
}

/// An answer to be saved.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) saving: Saving,
    /// Whether the person is then thanked by mail.
    pub(super) thank: bool,
}

/// What the service is made of.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The installation's key.
    pub keys: Keys,
    /// Who asks.
    pub organisation: String,
    /// The organisation's time zone.
    pub timezone: String,
    /// The language that pages fall back to.
    pub language: String,
    /// What links begin with.
    pub base_url: String,
    /// How the pages look.
    pub look: Look,
}

impl Service {
    /// Puts the parts together; needs a runtime around it, as what is followed and saved together runs on tasks of its own.
    pub fn new(parts: Parts) -> Arc<Self> {
        let (db, clock) = (parts.db.clone(), parts.clock);
        let following = Gather::start(move |hashes| {
            let (db, now) = (db.clone(), clock.now());
            async move { intake::follow(&db, hashes, Purpose::Answer.as_str(), now).await }
        });
        let (db, keys, clock) = (parts.db.clone(), parts.keys.clone(), parts.clock);
        let saving = Gather::start(move |answered| save_all(db.clone(), keys.clone(), answered, clock.now()));
        Arc::new(Self {
            following,
            saving,
            db: parts.db,
            clock: parts.clock,
            keys: parts.keys,
            look: parts.look,
            organisation: parts.organisation,
            zone: TimeZone::get(&parts.timezone).unwrap_or(TimeZone::UTC),
            language: parts.language,
            https: parts.base_url.starts_with("https://"),
            metrics: Metrics::default(),
            waves: RwLock::default(),
            casting: Turns::default(),
            stopping: AtomicBool::new(false),
        })
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Follows an answering link; `None` for one that is unknown, revoked, or of a wave that has ended.
    pub(super) async fn follow(&self, token: &str) -> Result<Option<OpenLink>, StoreError> {
        self.following.ask(token_hash(token)).await?
    }

    /// Follows a link that stops mails, whether its wave has ended or not.
    pub(super) async fn stop_link(
        &self,
        token: &str,
        purpose: Purpose,
    ) -> Result<Option<OpenLink>, StoreError> {
        let hash = [token_hash(token)];
        Ok(intake::links(&self.db, &hash, purpose.as_str(), false, self.now()).await?.pop())
    }

    /// Saves an answer; `false`, and nothing written, where its wave has ended.
    pub(super) async fn save(&self, answered: Answered) -> Result<bool, WaveError> {
        self.saving.ask(answered).await?
    }

    /// The survey and the file of a wave, read once: neither changes after the launch.
    pub(super) async fn fielded(&self, link: &OpenLink) -> Result<Arc<Fielded>, WaveError> {
        let known = self.waves.read().unwrap_or_else(PoisonError::into_inner).get(&link.wave_id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (state, file) = wave::find(&mut self.db.read().await?, &link.wave_key).await?;
        let survey =
            survey::parse("survey", &state.document).map_err(|error| WaveError::Stored(error.to_string()))?;
        let fielded = Arc::new(Fielded { survey, file });
        let mut waves = self.waves.write().unwrap_or_else(PoisonError::into_inner);
        waves.insert(link.wave_id, Arc::clone(&fielded));
        Ok(fielded)
    }

    /// What a form of this link carries to show that this server wrote it.
    pub(super) fn nonce(&self, token: &str, subject: &str) -> String {
        self.keys.nonce(&token_hash(token), subject)
    }

    /// Waits until no other ballot of the same invitation is being cast, and keeps those that follow waiting.
    pub(super) async fn cast_alone(&self, invitation: Uuid) -> Casting {
        let turn = self.casting.of(invitation);
        Casting { _turn: turn.lock_owned().await }
    }
}

/// Saves answers together: of each respondent one at a time, in order. Where that fails, each alone.
async fn save_all(db: Db, keys: Keys, answered: Vec<Answered>, now: Instant) -> Vec<Result<bool, WaveError>> {
    let mut outcomes: Vec<_> = answered.iter().map(|_| Ok(false)).collect();
    let mut left: Vec<usize> = (0..answered.len()).collect();
    while !left.is_empty() {
        let mut met = HashSet::new();
        let (round, later): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|at| met.insert(answered[*at].saving.invitation));
        left = later;
        let group: Vec<Answered> = round.iter().map(|at| answered[*at].clone()).collect();
        match save_group(&db, &keys, group, now).await {
            Ok(saved) => {
                for (at, saved) in round.into_iter().zip(saved) {
                    outcomes[at] = Ok(saved);
                }
            }
            Err(error) if round.len() == 1 => outcomes[round[0]] = Err(error),
            Err(_) => {
                for at in round {
                    let alone = save_group(&db, &keys, vec![answered[at].clone()], now).await;
                    outcomes[at] = alone.map(|saved| saved == [true]);
                }
            }
        }
    }
    outcomes
}

/// Saves answers of different respondents in one transaction; who finishes is thanked where the wave thanks.
async fn save_group(
    db: &Db,
    keys: &Keys,
    group: Vec<Answered>,
    now: Instant,
) -> Result<Vec<bool>, WaveError> {
    let keys = keys.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let savings: Vec<Saving> = group.iter().map(|answered| answered.saving.clone()).collect();
            let saved = intake::save(tx, &savings, now).await?;
            for (answered, saved) in group.iter().zip(&saved) {
                if *saved && answered.thank {
                    wave::thank(tx, &keys, answered.saving.invitation, now).await?;
                }
            }
            Ok(saved)
        })
    })
    .await
}

/// Whose turn it is to cast, by invitation.
#[derive(Debug, Default)]
struct Turns(Mutex<HashMap<Uuid, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, invitation: Uuid) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&invitation).and_then(Weak::upgrade) {
            return turn;
        }
        // At most as many are left as ballots are under way.
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(invitation, Arc::downgrade(&turn));
        turn
    }
}

/// A ballot that is being cast.
pub(super) struct Casting {
    _turn: tokio::sync::OwnedMutexGuard<()>,
}
