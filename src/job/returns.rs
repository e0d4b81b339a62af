//! Reading what comes back: bounces, complaints and requests to receive no more take effect on the delivery that they name,
//! and on nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use super::deliver::{REFUSAL_DAYS, REFUSALS};
use crate::clock::{Clock, Instant};
use crate::digest;
use crate::mail::inbound::imap::{Account, Checkpoint, ImapError, Mailbox};
use crate::mail::inbound::maildir::{self, MaildirError, NewMail};
use crate::mail::inbound::{self as incoming, Feedback, Inbound, Kind, References, Strength};
use crate::store::inbound::{self, Arrived, Reached, Returned};
use crate::store::{Db, StoreError, Tx, fielding, intake, outbox};

/// How often the places are looked at.
const EVERY: Duration = Duration::from_secs(30);

/// Mails that are read at a time.
const BATCH: usize = 50;

/// Where mail comes back to.
#[derive(Debug, Clone)]
pub enum Place {
    /// A maildir.
    Maildir(PathBuf),
    /// An IMAP mailbox.
    Imap(Account),
}

/// Counts of what has come back since the start of the process; a mail that came before counts as repeated only.
#[derive(Debug, Default)]
pub struct ReturnReport {
    /// Bounces for good.
    pub hard_bounces: AtomicU64,
    /// Bounces for now.
    pub soft_bounces: AtomicU64,
    /// Complaints.
    pub complaints: AtomicU64,
    /// Requests by mail to receive no more.
    pub unsubscribes: AtomicU64,
    /// Automatic replies.
    pub automatic: AtomicU64,
    /// What looks like a person's reply, left where it was for a person to read.
    pub replies: AtomicU64,
    /// Reports of delay or success, and feedback that is no complaint.
    pub notices: AtomicU64,
    /// Those of all these that name a mail that was sent.
    pub correlated: AtomicU64,
    /// Bounces, complaints and requests without effect, because they name no mail that was sent.
    pub uncorrelated: AtomicU64,
    /// Mails that had come before.
    pub repeated: AtomicU64,
}

/// Why a place could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// The maildir.
    #[error(transparent)]
    Maildir(#[from] MaildirError),
    /// The IMAP mailbox.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that reads files has gone.
    #[error("reading was broken off: {0}")]
    Broken(#[from] JoinError),
}

/// The reading loop of one process.
///
/// Each mail is stored and takes effect in one transaction, and is filed after its commit: a process that dies in between
/// finds the mail again and knows it by its SHA-256. Dropping a round halfway is the same as dying, so that it can be
/// broken off anywhere.
#[derive(Debug, Clone)]
pub struct Returns {
    db: Db,
    clock: Clock,
    places: Arc<[Place]>,
    report: Arc<ReturnReport>,
}

/// A mail, and what it says.
struct Opened {
    raw: Arc<[u8]>,
    sha256: String,
    inbound: Inbound,
}

/// What a mail changes, if it names a mail that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The address is gone.
    Hard,
    /// The address failed this time.
    Soft,
    /// The person complains.
    Complaint,
    /// The person wants no more.
    Unsubscribe,
    /// Nothing.
    None,
}

/// How storing a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    /// It had been stored before.
    Repeated,
    /// It names no mail that was sent.
    Uncorrelated,
    /// It names one.
    Correlated,
}

impl Returns {
    /// Prepares the loop; nothing is read before [`Returns::run`].
    pub fn new(db: Db, clock: Clock, places: Vec<Place>) -> Self {
        Self { db, clock, places: places.into(), report: Arc::default() }
    }

    /// What has come back since the start.
    pub fn report(&self) -> Arc<ReturnReport> {
        Arc::clone(&self.report)
    }

    /// Reads what comes back until `stop` says so.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let rounds = async {
            loop {
                ticks.tick().await;
                for place in &*self.places {
                    if let Err(error) = self.read(place).await {
                        tracing::warn!(%error, "what came back could not be read");
                    }
                }
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = rounds => {}
        }
    }

    /// Reads all that is there now. An error of one place keeps none of the others from being read; the first is returned.
    pub async fn once(&self) -> Result<(), ReturnError> {
        let mut outcome = Ok(());
        for place in &*self.places {
            outcome = outcome.and(self.read(place).await);
        }
        outcome
    }

    async fn read(&self, place: &Place) -> Result<(), ReturnError> {
        match place {
            Place::Maildir(folder) => self.read_maildir(folder).await,
            Place::Imap(account) => self.read_imap(account).await,
        }
    }

    async fn read_maildir(&self, folder: &Path) -> Result<(), ReturnError> {
        loop {
            let place = folder.to_owned();
            let mails = spawn_blocking(move || maildir::list(&place, BATCH)).await??;
            if mails.is_empty() {
                return Ok(());
            }
            for NewMail { name, raw } in mails {
                let person = self.take_in(raw, None).await?;
                let place = folder.to_owned();
                spawn_blocking(move || {
                    if person { maildir::leave(&place, &name) } else { maildir::done(&place, &name) }
                })
                .await??;
            }
        }
    }

    async fn read_imap(&self, account: &Account) -> Result<(), ReturnError> {
        let Account { host, port, user, mailbox: folder, .. } = account;
        let name = format!("imap:{user}@{host}:{port}/{folder}");
        let mut mailbox = Mailbox::open(account).await?;
        loop {
            let reached = inbound::reached(&mut self.db.read().await?, &name).await?;
            let checkpoint = reached.map_or_else(Checkpoint::default, |reached| Checkpoint {
                validity: u32::try_from(reached.uid_validity).unwrap_or_default(),
                uid: u32::try_from(reached.last_uid).unwrap_or_default(),
            });
            let (mails, behind) = mailbox.fetch(checkpoint, BATCH).await?;
            if behind == checkpoint {
                break;
            }
            let mut done = Vec::new();
            for mail in mails {
                let here = Checkpoint { uid: mail.uid, ..behind };
                if !self.take_in(mail.raw, Some((name.clone(), here))).await? {
                    done.push(mail.uid);
                }
            }
            self.reach(name.clone(), behind).await?;
            mailbox.done(&done).await?;
        }
        Ok(mailbox.close().await?)
    }

    /// Notes how far the mailbox has been read, past mails that vanished.
    async fn reach(&self, name: String, checkpoint: Checkpoint) -> Result<(), StoreError> {
        self.db
            .write(move |tx| Box::pin(async move { inbound::reach(tx, &name, reached(checkpoint)).await }))
            .await
    }

    /// Stores a mail and lets it take effect; returns whether it is for a person to read.
    async fn take_in(
        &self,
        raw: Vec<u8>,
        checkpoint: Option<(String, Checkpoint)>,
    ) -> Result<bool, ReturnError> {
        let mail = open(raw.into()).await;
        let (now, kind) = (self.clock.now(), mail.inbound.kind.clone());
        let stored: Result<Stored, StoreError> = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some((name, checkpoint)) = checkpoint {
                        inbound::reach(tx, &name, reached(checkpoint)).await?;
                    }
                    store(tx, &mail, now).await
                })
            })
            .await;
        self.count(&kind, stored?);
        Ok(kind == Kind::Reply)
    }

    fn count(&self, kind: &Kind, stored: Stored) {
        let report = &self.report;
        let one_more = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        if stored == Stored::Repeated {
            one_more(&report.repeated);
            return;
        }
        one_more(match (effect(kind), kind) {
            (Effect::Hard, _) => &report.hard_bounces,
            (Effect::Soft, _) => &report.soft_bounces,
            (Effect::Complaint, _) => &report.complaints,
            (Effect::Unsubscribe, _) => &report.unsubscribes,
            (Effect::None, Kind::AutoReply) => &report.automatic,
            (Effect::None, Kind::Reply) => &report.replies,
            (Effect::None, _) => &report.notices,
        });
        if stored == Stored::Correlated {
            one_more(&report.correlated);
        } else if effect(kind) != Effect::None {
            one_more(&report.uncorrelated);
        }
    }
}

/// Reads a mail away from the threads that must not wait.
async fn open(raw: Arc<[u8]>) -> Opened {
    let bytes = Arc::clone(&raw);
    let read = spawn_blocking(move || incoming::read(&bytes)).await;
    // A mail on which reading breaks would come again each time: a person shall look at it.
    let inbound = read.unwrap_or_else(|_| Inbound { kind: Kind::Reply, references: References::default() });
    let sha256 = digest::sha256(&raw);
    Opened { raw, sha256, inbound }
}

/// Stores a mail, and lets it take effect if it is new and names a mail that was sent.
async fn store(tx: &mut Tx, mail: &Opened, now: Instant) -> Result<Stored, StoreError> {
    let Inbound { kind, references } = &mail.inbound;
    let returned = correlate(tx, references).await?;
    let arrived = Arrived {
        sha256: &mail.sha256,
        received_at: now,
        kind: word(kind),
        delivery: returned.as_ref().map(|returned| returned.id),
        raw: &mail.raw,
    };
    if !inbound::put(tx, &arrived).await? {
        return Ok(Stored::Repeated);
    }
    let Some(returned) = returned else { return Ok(Stored::Uncorrelated) };
    act(tx, effect(kind), &returned, now).await?;
    Ok(Stored::Correlated)
}

/// Finds the delivery that a mail names: by what travelled outside of the message first, since that is hardest to come by.
async fn correlate(tx: &mut Tx, references: &References) -> Result<Option<Returned>, StoreError> {
    for found in [&references.envelope, &references.header] {
        let list: Vec<&str> = found.iter().map(String::as_str).collect();
        if let Some(returned) = inbound::by_reference(tx, &list).await? {
            return Ok(Some(returned));
        }
    }
    let list: Vec<&str> = references.message_id.iter().map(String::as_str).collect();
    inbound::by_message(tx, &list).await
}

/// Writes what a mail means for the delivery that it names, for its address and its wave.
///
/// The address is the one that was written to: after forwarding a report speaks of another.
async fn act(tx: &mut Tx, effect: Effect, returned: &Returned, now: Instant) -> Result<(), StoreError> {
    let mark = &returned.address_mark;
    match effect {
        Effect::None => return Ok(()),
        Effect::Unsubscribe => {
            return match returned.invitation_id {
                Some(invitation) => intake::decline(tx, invitation, Some(mark), now).await,
                None => outbox::suppress(tx, mark, "unsubscribed", now).await,
            };
        }
        Effect::Hard => {
            outbox::mark_bounce(tx, returned.id, "hard").await?;
            outbox::suppress(tx, mark, "hard_bounce", now).await?;
        }
        Effect::Complaint => {
            outbox::mark_bounce(tx, returned.id, "complaint").await?;
            outbox::suppress(tx, mark, "complaint", now).await?;
        }
        Effect::Soft => {
            outbox::mark_bounce(tx, returned.id, "soft").await?;
            let since = now.plus_days(-REFUSAL_DAYS);
            if let Some(person) = returned.person_id
                && outbox::soft_bounces(tx, (person, mark), since).await? >= REFUSALS
            {
                outbox::suppress(tx, mark, "soft_bounces", now).await?;
            }
        }
    }
    match returned.wave_id {
        Some(wave) if effect != Effect::Soft => pause_if_bad(tx, wave, now).await,
        _ => Ok(()),
    }
}

/// Stops a wave's mails where too many of the last ones came back.
async fn pause_if_bad(tx: &mut Tx, wave: Uuid, now: Instant) -> Result<(), StoreError> {
    let (ended, hard, _, complaints) = outbox::recent_ends(tx, wave).await?;
    match pause_reason(ended, hard, complaints) {
        Some(reason) => fielding::pause(tx, wave, now, reason).await,
        None => Ok(()),
    }
}

/// Why a wave of which the last `ended` mails were refused or came back so often must not go on: more than 0.3 % complaints,
/// as the large receivers demand, or more than 5 % addresses that do not exist; few mails prove nothing.
fn pause_reason(ended: i64, hard: i64, complaints: i64) -> Option<&'static str> {
    if complaints >= 3 && complaints * 1_000 > ended * 3 {
        Some("too many recipients complain")
    } else if hard >= 20 && hard * 100 > ended * 5 {
        Some("too many addresses do not exist")
    } else {
        None
    }
}

/// What a mail of this kind changes.
fn effect(kind: &Kind) -> Effect {
    match kind {
        Kind::Bounce { strength: Strength::Hard, .. } => Effect::Hard,
        Kind::Bounce { strength: Strength::Soft, .. } => Effect::Soft,
        // A wish is no complaint: it must not count towards the pause of a wave.
        Kind::Complaint(complaint) if complaint.feedback == Feedback::OptOut => Effect::Unsubscribe,
        Kind::Complaint(complaint) if complaint.feedback.suppresses() => Effect::Complaint,
        Kind::Complaint(_) | Kind::Delayed(_) | Kind::Progress(_) | Kind::AutoReply | Kind::Reply => {
            Effect::None
        }
    }
}

/// The word that the database holds.
fn word(kind: &Kind) -> &'static str {
    match (effect(kind), kind) {
        (Effect::Hard, _) => "hard_bounce",
        (Effect::Soft, _) => "soft_bounce",
        (Effect::Complaint, _) => "complaint",
        (Effect::Unsubscribe, _) => "unsubscribe",
        (Effect::None, Kind::Delayed(_)) => "delayed",
        (Effect::None, Kind::Progress(_)) => "progress",
        (Effect::None, Kind::AutoReply) => "auto_reply",
        (Effect::None, Kind::Reply) => "reply",
        (Effect::None, _) => "feedback",
    }
}

fn reached(checkpoint: Checkpoint) -> Reached {
    Reached { uid_validity: checkpoint.validity.into(), last_uid: checkpoint.uid.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_pauses_above_three_complaints_or_fifty_dead_addresses_in_a_thousand() {
        assert_eq!(pause_reason(1_000, 50, 3), None);
        assert!(pause_reason(1_000, 51, 0).is_some());
        assert!(pause_reason(1_000, 0, 4).is_some());
    }

    #[test]
    fn few_mails_pause_no_wave() {
        assert_eq!(pause_reason(10, 10, 2), None);
        assert!(pause_reason(10, 0, 3).is_some());
        assert!(pause_reason(20, 20, 0).is_some());
    }
}
