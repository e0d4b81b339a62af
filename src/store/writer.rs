//! SQLite's one writing connection, and how writes that come together share one flush to the disk.

use std::future::Future;
use std::pin::Pin;

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::db::Work;
use super::{StoreError, Tx};

/// Most writes that share a commit.
const GROUP: usize = 256;

/// What a write says once its transaction has been committed, or could not be.
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The end of a write's own work: whether it is to be kept, and whom to tell.
type Done<'t> = Pin<Box<dyn Future<Output = (bool, Tell)> + Send + 't>>;

/// A write that waits; where no transaction could be begun it is told why.
type Job = Box<dyn for<'t> FnOnce(Result<&'t mut Tx, StoreError>) -> Done<'t> + Send>;

/// The queue before SQLite's one writing connection.
///
/// A commit waits for the disk. Writes that have queued up meanwhile run one after the other in the next transaction, each
/// within a savepoint, and are acknowledged together after its commit: what was acknowledged is on disk, at a fraction of the
/// flushes. A write that fails is rolled back alone.
#[derive(Debug, Clone)]
pub struct Writer {
    pub(super) pool: SqlitePool,
    queue: mpsc::UnboundedSender<Box<Waiting>>,
}

/// A queued job; a struct of its own so that the queue can be shown in debug output.
struct Waiting(Job);

impl std::fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Waiting")
    }
}

impl Writer {
    /// Starts the task that serves the queue; it ends with the last clone.
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<Box<Waiting>>();
        let serving = pool.clone();
        tokio::spawn(async move {
            while let Some(first) = waiting.recv().await {
                let mut jobs = vec![first.0];
                while jobs.len() < GROUP
                    && let Ok(next) = waiting.try_recv()
                {
                    jobs.push(next.0);
                }
                // On a task of its own: a write that panics ends its group, not the queue.
                let _ = tokio::spawn(run(serving.clone(), jobs)).await;
            }
        });
        Self { pool, queue }
    }

    /// Runs `work` within the next transaction; see [`super::Db::write`].
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel::<Result<T, E>>();
        let job: Job = Box::new(move |tx| {
            Box::pin(async move {
                let outcome = match tx {
                    Ok(tx) => work(tx).await,
                    Err(error) => Err(E::from(error)),
                };
                let keep = outcome.is_ok();
                let tell: Tell = Box::new(move |committed| {
                    let outcome = outcome.and_then(|value| committed.map(|()| value).map_err(E::from));
                    // Nobody waits where the caller has gone: the write stands all the same.
                    let _ = answer.send(outcome);
                });
                (keep, tell)
            })
        });
        if self.queue.send(Box::new(Waiting(job))).is_err() {
            return Err(E::from(StoreError::Stopped));
        }
        answered.await.unwrap_or_else(|_| Err(E::from(StoreError::Stopped)))
    }
}

/// Runs jobs in one transaction and tells each of them how it ended.
async fn run(pool: SqlitePool, jobs: Vec<Job>) {
    let mut tx = match pool.begin_with("BEGIN IMMEDIATE").await {
        Ok(tx) => Tx::Sqlite(tx),
        Err(error) => return refuse_all(jobs, &error.into()).await,
    };
    let alone = jobs.len() == 1;
    let mut tells = Vec::with_capacity(jobs.len());
    let mut broken = None;
    for job in jobs {
        let begun = match &broken {
            None if alone => Ok(()),
            None => run_plain(&mut tx, "SAVEPOINT one_write").await,
            Some(error) => Err(again(error)),
        };
        let usable = begun.is_ok();
        let (keep, tell) = job(begun.map(|()| &mut tx)).await;
        if usable && !alone {
            let ended = if keep {
                run_plain(&mut tx, "RELEASE one_write").await
            } else {
                run_plain(&mut tx, "ROLLBACK TO one_write; RELEASE one_write").await
            };
            broken = ended.err();
        }
        if keep {
            tells.push(tell);
        } else {
            tell(Ok(()));
        }
    }
    if alone && tells.is_empty() {
        // Dropped, the transaction is rolled back.
        return;
    }
    let committed = match broken {
        Some(error) => Err(error),
        None => tx.commit().await,
    };
    for tell in tells {
        tell(committed.as_ref().copied().map_err(again));
    }
}

async fn refuse_all(jobs: Vec<Job>, error: &StoreError) {
    for job in jobs {
        let (_, tell) = job(Err(again(error))).await;
        tell(Ok(()));
    }
}

async fn run_plain(tx: &mut Tx, statement: &'static str) -> Result<(), StoreError> {
    if let Tx::Sqlite(tx) = tx {
        sqlx::raw_sql(statement).execute(&mut **tx).await?;
    }
    Ok(())
}

/// An error for one more of those whom it concerns: the database's own errors cannot be copied.
pub(super) fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Busy => StoreError::Busy,
        StoreError::Database(cause) => {
            StoreError::Database(sqlx::Error::Io(std::io::Error::other(cause.to_string())))
        }
        _ => StoreError::Stopped,
    }
}
