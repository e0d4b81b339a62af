//! Leases while mails are sent: those of this process are renewed, those of dead processes taken back.

use tokio::sync::watch;
use uuid::Uuid;

use super::deliver::Outbox;
use super::settle::RESENDS;
use crate::clock::Instant;
use crate::store::{StoreError, outbox};

impl Outbox {
    /// Renews leases, takes back those of dead processes, and ends rows whose time has passed.
    pub(super) async fn keep(&self, stop: watch::Receiver<bool>) {
        let mut looked = None;
        loop {
            match self.renew().await {
                // After the end nothing is taken back: nobody here would send it.
                Ok(()) if *stop.borrow() => {}
                Ok(()) => match self.rescue(looked).await {
                    Ok(now) => looked = Some(now),
                    Err(error) => tracing::warn!(%error, "leases that ran out could not be taken back"),
                },
                // Who cannot renew judges nobody: the others may be held up by the same database.
                Err(error) => tracing::warn!(%error, "leases could not be renewed"),
            }
            // A pause after each round, not a beat: two looks right after a standstill would be one.
            tokio::time::sleep(self.settings.lease / 3).await;
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let (owner, micros, now) = (self.owner, self.lease_micros(), self.clock.now());
        let held: Vec<Uuid> = self.state.lock().await.held.iter().copied().collect();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    outbox::renew(tx, owner, now, micros, &held).await?;
                    outbox::expire(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Takes back leases that had run out by the look before, and returns when this look was. A process that lives renews
    /// between two looks, even where the database stood still for longer than a lease just before the first.
    async fn rescue(&self, looked: Option<Instant>) -> Result<Instant, StoreError> {
        let now = self.clock.now();
        let (now, rescued): (Instant, u64) = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let now = outbox::lease_clock(tx, now).await?;
                    let rescued = match looked {
                        Some(before) => outbox::rescue(tx, before, RESENDS, false).await?,
                        None => 0,
                    };
                    Ok::<_, StoreError>((now, rescued))
                })
            })
            .await?;
        say_rescued(rescued);
        Ok(now)
    }

    /// Takes back every lease, where no other process can hold one.
    pub(super) async fn rescue_all(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let rescued: Result<u64, StoreError> = self
            .db
            .write(move |tx| Box::pin(async move { outbox::rescue(tx, now, RESENDS, true).await }))
            .await;
        say_rescued(rescued?);
        Ok(())
    }
}

fn say_rescued(rescued: u64) {
    if rescued > 0 {
        tracing::info!(rescued, "took back mails whose process had ended");
    }
}
