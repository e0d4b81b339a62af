//! Sending: leases rows of the outbox, hands their mails to the relay over connections that each have one owner, and writes
//! what became of them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, watch};
use uuid::Uuid;

use super::letter::{Desk, DeskError};
use super::settle::{Settled, Then, settle};
use crate::clock::{Clock, Instant};
use crate::mail::pace::{Breaker, Pace, Pause, Verdict, Watch};
use crate::mail::{Class, Outcome, Relay, SmtpSession};
use crate::store::outbox::{self, Lease, Leased};
use crate::store::{Db, StoreError, fielding};

/// Rows leased per connection: enough that connections do not wait, few enough that little is stuck when a process dies.
const ROWS_PER_CONNECTION: usize = 8;

/// Microseconds in which no lease is taken from the database.
const SOON: i64 = 20_000;

/// Permanent refusals within [`REFUSAL_DAYS`] after which an address is left alone.
pub(super) const REFUSALS: i64 = 3;
pub(super) const REFUSAL_DAYS: i64 = 30;

/// The first wait before an outcome that could not be written is written again; it doubles up to the last one, two minutes
/// in all.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_mins(1);

/// How sending goes about.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The relay.
    pub relay: Relay,
    /// Connections to it at a time.
    pub connections: usize,
    /// Mails a second at most to one group of domains.
    pub rate: f64,
    /// How long a row is leased; it is renewed while its process lives.
    pub lease: Duration,
    /// How long to wait where nothing is due.
    pub idle: Duration,
    /// Whether this process is the only one that sends from this database: then all leases that it finds at its start are of a
    /// process that is dead.
    pub alone: bool,
}

/// Counts of what a process has sent since its start.
#[derive(Debug, Default)]
pub struct SendReport {
    /// Mails that the relay has taken.
    pub sent: AtomicU64,
    /// Refusals.
    pub refused: AtomicU64,
    /// Attempts that surely did not arrive.
    pub not_sent: AtomicU64,
    /// Attempts of unknown fate.
    pub unknown: AtomicU64,
    /// Outcomes that were not written because the lease had gone to another process.
    pub lost_leases: AtomicU64,
    /// Connections opened.
    pub connections: AtomicU64,
}

/// The sending loop of one process.
#[derive(Debug, Clone)]
pub struct Outbox {
    pub(super) db: Db,
    pub(super) clock: Clock,
    desk: Arc<Desk>,
    pub(super) settings: Arc<Settings>,
    pub(super) owner: Uuid,
    pub(super) state: Arc<Mutex<Relaying>>,
    report: Arc<SendReport>,
}

/// What the connections of a process share.
#[derive(Debug, Default)]
pub(super) struct Relaying {
    breaker: Breaker,
    paces: BTreeMap<String, Pace>,
    watches: BTreeMap<Uuid, Watch>,
    /// Leased rows that are still to be dealt with; only their leases are renewed.
    pub(super) held: HashSet<Uuid>,
}

impl Outbox {
    /// Prepares the loop; nothing is sent before [`Outbox::run`].
    pub fn new(db: Db, clock: Clock, desk: Arc<Desk>, settings: Settings) -> Self {
        Self {
            db,
            clock,
            desk,
            settings: Arc::new(settings),
            owner: Uuid::now_v7(),
            state: Arc::default(),
            report: Arc::default(),
        }
    }

    /// What has been sent since the start.
    pub fn report(&self) -> Arc<SendReport> {
        Arc::clone(&self.report)
    }

    /// Sends until `stop` says so; then no row is leased any more, mails that are being handed over are finished, and the
    /// other leases are given back.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) -> Result<(), StoreError> {
        // Another process may hold the database for a while, an import for one: who gave up here would send nothing at all.
        while self.settings.alone
            && let Err(error) = self.rescue_all().await
        {
            tracing::warn!(%error, "leases could not be taken back yet");
            // Waiting for the end owns nothing that a drop could break.
            if tokio::time::timeout(8 * FIRST_RETRY, stop.wait_for(|stop| *stop)).await.is_ok() {
                return Ok(());
            }
        }
        tracing::info!(owner = %self.owner, connections = self.settings.connections, "sending");
        let (queue, rows) = mpsc::channel::<Leased>(1);
        let rows = Arc::new(Mutex::new(rows));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..self.settings.connections {
            let (outbox, rows) = (self.clone(), Arc::clone(&rows));
            workers.spawn(async move { outbox.work(&rows).await });
        }
        let keeper = tokio::spawn({
            let (outbox, stop) = (self.clone(), stop.clone());
            async move { outbox.keep(stop).await }
        });
        let dispatched = self.dispatch(&queue, &mut stop).await;
        drop(queue);
        while workers.join_next().await.is_some() {}
        keeper.abort();
        let owner = self.owner;
        let released: Result<(), StoreError> =
            self.db.write(move |tx| Box::pin(async move { outbox::release(tx, owner).await })).await;
        dispatched.and(released)
    }

    /// Leases rows and hands them to the connections, those first whose domains may be written to now.
    async fn dispatch(
        &self,
        queue: &mpsc::Sender<Leased>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), StoreError> {
        let batch = self.settings.connections * ROWS_PER_CONNECTION;
        let mut waiting: VecDeque<Leased> = VecDeque::new();
        while !*stop.borrow() {
            let now = self.clock.now();
            if let Err(until) = self.state.lock().await.breaker.allows(now) {
                self.pause(Some(until), stop).await;
                continue;
            }
            let mut next_place = None;
            if let Some(at) = self.ready(&waiting, now, &mut next_place).await {
                // Neither future owns anything that a drop could break.
                let place = tokio::select! {
                    place = queue.reserve() => place,
                    _ = stop.wait_for(|stop| *stop) => break,
                };
                // The connections end only after this loop does.
                let Ok(place) = place else { return Ok(()) };
                if let Some(row) = waiting.remove(at) {
                    place.send(row);
                }
                continue;
            }
            // A place that is free in a moment is worth more than rows of other domains, which come when these are gone.
            let soon = next_place.is_some_and(|at| at.as_micros() - now.as_micros() < SOON);
            let busy = soon && waiting.len() >= self.settings.connections;
            if waiting.len() < 4 * batch && !busy {
                let blocked = self.blocked(&waiting, now).await;
                match self.lease(batch, blocked).await {
                    Ok(rows) if !rows.is_empty() => {
                        self.state.lock().await.held.extend(rows.iter().map(|row| row.id));
                        waiting.extend(rows);
                        continue;
                    }
                    Ok(_) => {}
                    // The database may come back; until then nothing can be sent.
                    Err(error) => tracing::warn!(%error, "mails could not be leased"),
                }
            }
            self.pause(next_place, stop).await;
        }
        Ok(())
    }

    /// The first waiting row whose domains may be written to now; takes its place in the rate.
    async fn ready(
        &self,
        waiting: &VecDeque<Leased>,
        now: Instant,
        next_place: &mut Option<Instant>,
    ) -> Option<usize> {
        let mut state = self.state.lock().await;
        let mut full: Vec<&str> = Vec::new();
        for (at, row) in waiting.iter().enumerate() {
            if full.contains(&row.domain_group.as_str()) {
                continue;
            }
            let pace = state
                .paces
                .entry(row.domain_group.clone())
                .or_insert_with(|| Pace::new(now, self.settings.rate));
            match pace.take(now) {
                Ok(()) => return Some(at),
                Err(until) => {
                    *next_place = Some(next_place.map_or(until, |earlier: Instant| earlier.min(until)));
                    full.push(&row.domain_group);
                }
            }
        }
        None
    }

    /// Groups of domains whose rows are not leased: enough of them wait here, or there is no place for them soon. The next
    /// place alone says nothing: right after a mail no group has one.
    async fn blocked(&self, waiting: &VecDeque<Leased>, now: Instant) -> Vec<String> {
        let idle = i64::try_from(self.settings.idle.as_micros()).unwrap_or(i64::MAX);
        let soon = Instant::from_micros(now.as_micros().saturating_add(idle));
        let state = self.state.lock().await;
        let enough = |group: &str| {
            waiting.iter().filter(|row| row.domain_group == group).count() >= self.settings.connections
        };
        // A copy is asked, so that asking takes no place.
        let full =
            state.paces.iter().filter(|(group, pace)| enough(group) || Pace::clone(pace).take(soon).is_err());
        full.map(|(group, _)| group.clone()).collect()
    }

    async fn lease(&self, limit: usize, blocked: Vec<String>) -> Result<Vec<Leased>, StoreError> {
        let (owner, now, micros) = (self.owner, self.clock.now(), self.lease_micros());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .write(move |tx| {
                Box::pin(async move { outbox::lease(tx, owner, now, micros, (limit, &blocked)).await })
            })
            .await
    }

    fn lease_of(&self, row: &Leased) -> Lease {
        Lease { delivery: row.id, owner: self.owner, generation: row.lease_generation }
    }

    pub(super) fn lease_micros(&self) -> i64 {
        i64::try_from(self.settings.lease.as_micros()).unwrap_or(i64::MAX)
    }

    /// Waits for the next place in a rate, or the usual time, or the end.
    async fn pause(&self, until: Option<Instant>, stop: &mut watch::Receiver<bool>) {
        let wait = until.map_or(self.settings.idle, |until| {
            let micros = u64::try_from(until.as_micros() - self.clock.now().as_micros()).unwrap_or(0);
            Duration::from_micros(micros).clamp(Duration::from_millis(1), self.settings.idle)
        });
        // Neither future owns anything that a drop could break.
        let _ = tokio::time::timeout(wait, stop.wait_for(|stop| *stop)).await;
    }

    /// One connection's life: takes rows until there are none to come.
    async fn work(&self, rows: &Mutex<mpsc::Receiver<Leased>>) {
        let mut session: Option<SmtpSession> = None;
        loop {
            let row = rows.lock().await.recv().await;
            let Some(row) = row else { break };
            let (id, outbox, mut open) = (row.id, self.clone(), session.take());
            // On a task of its own: a mail that breaks the program ends its connection, not the sending of all others.
            let delivered = tokio::spawn(async move {
                let dealt = outbox.deliver(&mut open, row).await;
                (open, dealt)
            });
            // The row keeps its lease until it runs out, and is then taken back.
            match delivered.await {
                Ok((open, dealt)) => {
                    session = open;
                    if let Err(error) = dealt {
                        tracing::error!(delivery = %id, %error, "a mail could not be dealt with");
                    }
                }
                Err(broken) => tracing::error!(delivery = %id, %broken, "a mail broke the program"),
            }
            self.state.lock().await.held.remove(&id);
        }
        if let Some(session) = session {
            session.quit().await;
        }
    }

    /// Sends one row's mail: marks the row, hands the mail over, writes the outcome.
    async fn deliver(&self, session: &mut Option<SmtpSession>, row: Leased) -> Result<(), DeskError> {
        let lease = self.lease_of(&row);
        let texts = self.desk.texts(&self.db, &row).await?;
        let now = self.clock.now();
        if let Some(at) = texts.file.send.next(now, &row.timezone, &texts.file.holidays)
            && at > now
        {
            return Ok(self.put_back(lease, "queued", at, None).await?);
        }
        let post = match self.desk.post(&texts, &row) {
            Ok(post) => post,
            Err(error) => {
                tracing::error!(delivery = %row.id, %error, "a mail cannot be written");
                return Ok(self.put_back(lease, "failed", now, Some("content")).await?);
            }
        };
        // The connection first: a relay that is down must not leave rows that look as if they were being sent.
        if session.as_ref().is_none_or(|session| !session.is_fresh()) {
            if let Some(old) = session.take() {
                old.quit().await;
            }
            match SmtpSession::open(&self.settings.relay).await {
                Ok(opened) => {
                    self.report.connections.fetch_add(1, Ordering::Relaxed);
                    *session = Some(opened);
                }
                Err(error) => {
                    tracing::warn!(%error, "the relay cannot be reached");
                    let now = self.clock.now();
                    if error.class() == Class::Rate {
                        self.limited(&row, now).await;
                    }
                    self.state.lock().await.breaker.failed(now);
                    return Ok(self.put_back(lease, "queued", now, Some("host")).await?);
                }
            }
        }
        let Some(open) = session.as_mut() else { return Ok(()) };
        if !self.begin(&row, &post.to).await? {
            return Ok(());
        }
        let started = self.clock.now();
        let outcome = open.send(&post.from, &post.to, &post.bytes).await;
        self.end(&row, &outcome, (started, &post.to)).await
    }

    /// Looks once more whether the mail is wanted, and marks the row as being sent; both in one transaction.
    async fn begin(&self, row: &Leased, address: &str) -> Result<bool, StoreError> {
        let lease = self.lease_of(row);
        let (invitation, mark) = (row.invitation_id, self.desk.keys.suppression_mark(address));
        let message = self.desk.keys.message_reference(&row.dedupe_key);
        let (kind, not_after, now) = (row.kind.clone(), row.not_after, self.clock.now());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let wanted = outbox::wanted(tx, invitation, &mark).await?;
                    let thanks = kind == "thanks";
                    let unwanted =
                        wanted.declined || wanted.suppressed || !thanks && (wanted.closed || wanted.answered);
                    let refusal = if unwanted {
                        Some(("cancelled", None))
                    } else if now >= not_after {
                        Some(("failed", Some("deadline")))
                    } else if wanted.paused {
                        Some(("queued", None))
                    } else {
                        None
                    };
                    if let Some((state, class)) = refusal {
                        outbox::put_back(tx, lease, state, now, class).await?;
                        return Ok(false);
                    }
                    Ok(outbox::begin(tx, lease, &message, &mark).await?.is_some())
                })
            })
            .await
    }

    /// Writes the outcome, and what it says of the address, the relay and the wave.
    async fn end(
        &self,
        row: &Leased,
        outcome: &Outcome,
        (started, address): (Instant, &str),
    ) -> Result<(), DeskError> {
        let now = self.clock.now();
        let settled = settle(row, outcome, (started, now));
        let mark = self.desk.keys.suppression_mark(address);
        let pause = self.learn(row, outcome, now).await;
        let mut wait = FIRST_RETRY;
        let written = loop {
            let written = self.write_end(row, &settled, (&mark, pause)).await;
            match written {
                // What the relay has said is forgotten with this process, and the mail would go out twice.
                Err(error) if wait < LAST_RETRY => {
                    tracing::warn!(delivery = %row.id, %error, "an outcome could not be written yet");
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                written => break written,
            }
        };
        if !written? {
            self.report.lost_leases.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(delivery = %row.id, "an outcome came after its lease had run out");
        }
        Ok(())
    }

    /// Writes an outcome in one transaction; `false` where the lease was lost.
    async fn write_end(
        &self,
        row: &Leased,
        settled: &Settled,
        (mark, pause): (&str, Option<&'static str>),
    ) -> Result<bool, StoreError> {
        let (lease, mark) = (self.lease_of(row), mark.to_owned());
        let (ending, then) = (settled.ending.clone(), settled.then);
        let (person, wave, now) = (row.person_id, row.wave_id, settled.ending.ended_at);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !outbox::end(tx, lease, &ending).await? {
                        return Ok(false);
                    }
                    let since = now.plus_days(-REFUSAL_DAYS);
                    match then {
                        Then::Suppress => outbox::suppress(tx, &mark, "hard_bounce", now).await?,
                        Then::CountRefusal
                            if outbox::soft_bounces(tx, (person, &mark), since).await? >= REFUSALS =>
                        {
                            outbox::suppress(tx, &mark, "soft_bounces", now).await?;
                        }
                        Then::PauseWave => {
                            fielding::pause(tx, wave, now, "the relay refuses the message itself").await?;
                        }
                        Then::CountRefusal | Then::Nothing => {}
                    }
                    if let Some(reason) = pause {
                        fielding::pause(tx, wave, now, reason).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// What the connections learn together from an outcome; a reason where the wave's mails are to pause.
    async fn learn(&self, row: &Leased, outcome: &Outcome, now: Instant) -> Option<&'static str> {
        let counter = match outcome {
            Outcome::Sent(_) => &self.report.sent,
            Outcome::Refused { .. } => &self.report.refused,
            Outcome::NotSent { .. } => &self.report.not_sent,
            Outcome::Unknown { .. } => &self.report.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock().await;
        let class = outcome.class();
        if let Some(pace) = state.paces.get_mut(&row.domain_group) {
            match (outcome, class) {
                (Outcome::Sent(_), _) => pace.accepted(),
                (_, Some(Class::Rate)) => pace.limited(now),
                _ => {}
            }
        }
        match (outcome, class) {
            (Outcome::Sent(_), _) => state.breaker.succeeded(),
            (Outcome::Refused { .. }, Some(Class::Host | Class::Configuration)) => state.breaker.failed(now),
            (Outcome::NotSent { .. } | Outcome::Unknown { .. }, _) if state.breaker.broke_off(now) => {
                tracing::warn!("the relay breaks off again and again");
            }
            _ => {}
        }
        let verdict = match class {
            None if matches!(outcome, Outcome::Sent(_)) => Verdict::Accepted,
            Some(Class::Hard) => Verdict::Hard,
            Some(Class::Policy) => Verdict::Policy,
            _ => return None,
        };
        let watch = state.watches.entry(row.wave_id).or_default();
        watch.record(verdict);
        let reason = watch.pause().map(|pause| match pause {
            Pause::Hard => "too many addresses do not exist",
            Pause::Policy => "the receivers take these mails for unwanted",
        });
        if reason.is_some() {
            watch.resume();
        }
        reason
    }

    async fn limited(&self, row: &Leased, now: Instant) {
        if let Some(pace) = self.state.lock().await.paces.get_mut(&row.domain_group) {
            pace.limited(now);
        }
    }

    async fn put_back(
        &self,
        lease: Lease,
        state: &'static str,
        run_at: Instant,
        class: Option<&'static str>,
    ) -> Result<(), StoreError> {
        self.db
            .write(move |tx| Box::pin(async move { outbox::put_back(tx, lease, state, run_at, class).await }))
            .await
    }
}
