//! What the answering pages work with: database, clock, key, and the surveys that have been read.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::answer::Look;
use super::metrics::Metrics;
use crate::clock::{Clock, Instant};
use crate::seal::{Keys, Purpose, token_hash};
use crate::store::intake::{self, OpenLink};
use crate::store::{Db, StoreError};
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
    /// Invitations whose ballot is being cast: one at a time.
    casting: Mutex<HashSet<Uuid>>,
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
}

impl Service {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            db: parts.db,
            clock: parts.clock,
            keys: parts.keys,
            look: Look::plain().clone(),
            organisation: parts.organisation,
            zone: TimeZone::get(&parts.timezone).unwrap_or(TimeZone::UTC),
            language: parts.language,
            https: parts.base_url.starts_with("https://"),
            metrics: Metrics::default(),
            waves: RwLock::default(),
            casting: Mutex::default(),
        })
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Follows a link; `None` for one that is unknown, revoked, or of a wave that has ended.
    pub(super) async fn link(
        &self,
        token: &str,
        purpose: Purpose,
        open_only: bool,
    ) -> Result<Option<OpenLink>, StoreError> {
        intake::link(&self.db, &token_hash(token), purpose.as_str(), open_only, self.now()).await
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

    /// Keeps other ballots of the same invitation waiting outside; `None` while one is being cast.
    pub(super) fn cast_alone(self: &Arc<Self>, invitation: Uuid) -> Option<Casting> {
        let mut casting = self.casting.lock().unwrap_or_else(PoisonError::into_inner);
        casting.insert(invitation).then(|| Casting { service: Arc::clone(self), invitation })
    }
}

/// A ballot that is being cast.
pub(super) struct Casting {
    service: Arc<Service>,
    invitation: Uuid,
}

impl Drop for Casting {
    fn drop(&mut self) {
        let mut casting = self.service.casting.lock().unwrap_or_else(PoisonError::into_inner);
        casting.remove(&self.invitation);
    }
}
