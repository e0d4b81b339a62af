//! Work of many callers that is done together.

use std::future::Future;

use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Most askers of one group.
const GROUP: usize = 128;

/// A queue before work that costs little more for many than for one.
///
/// While one group is under way the next one gathers. A caller that comes alone is served alone and waits for nobody; under
/// load the price of a statement, of a commit and of its flush is shared by all that wait.
pub(crate) struct Gather<I, O> {
    queue: mpsc::UnboundedSender<(I, oneshot::Sender<O>)>,
}

impl<I, O> std::fmt::Debug for Gather<I, O> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Gather")
    }
}

impl<I: Send + 'static, O: Send + 'static> Gather<I, O> {
    /// Starts the task that serves the queue; it ends with the handle. `together` returns one outcome for each item, in order.
    pub(crate) fn start<F, W>(together: F) -> Self
    where
        F: Fn(Vec<I>) -> W + Send + 'static,
        W: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(I, oneshot::Sender<O>)>();
        tokio::spawn(async move {
            while let Some((first, asker)) = waiting.recv().await {
                let (mut items, mut askers) = (vec![first], vec![asker]);
                while items.len() < GROUP
                    && let Ok((next, asker)) = waiting.try_recv()
                {
                    items.push(next);
                    askers.push(asker);
                }
                // On a task of its own: a panic ends its group, not the queue.
                let Ok(outcomes) = tokio::spawn(together(items)).await else { continue };
                for (asker, outcome) in askers.into_iter().zip(outcomes) {
                    // Who has gone does not wait: what was done stands all the same.
                    let _ = asker.send(outcome);
                }
            }
        });
        Self { queue }
    }

    /// Puts an item into the next group and waits for its outcome.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stopped`] where the group has come to no outcome.
    pub(crate) async fn ask(&self, item: I) -> Result<O, StoreError> {
        let (asker, answered) = oneshot::channel();
        self.queue.send((item, asker)).map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn those_who_come_while_a_group_is_under_way_are_served_together_and_in_order() {
        let gate = Arc::new(Semaphore::new(0));
        let inside = Arc::clone(&gate);
        let gather = Arc::new(Gather::start(move |items: Vec<usize>| {
            let inside = Arc::clone(&inside);
            async move {
                inside.acquire().await.unwrap().forget();
                let size = items.len();
                items.into_iter().map(|item| (item, size)).collect()
            }
        }));
        let ask = |item| {
            let gather = Arc::clone(&gather);
            tokio::spawn(async move { gather.ask(item).await })
        };
        let first = ask(0);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let later: Vec<_> = (1..=5).map(ask).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        gate.add_permits(2);
        assert_eq!(first.await.unwrap().unwrap(), (0, 1));
        for (at, one) in later.into_iter().enumerate() {
            assert_eq!(one.await.unwrap().unwrap(), (at + 1, 5));
        }
    }

    #[tokio::test]
    async fn a_group_that_panics_ends_alone() {
        let gather = Gather::start(async |items: Vec<bool>| {
            assert!(!items[0], "as the test wants it");
            items
        });
        assert!(matches!(gather.ask(true).await, Err(StoreError::Stopped)));
        assert!(!gather.ask(false).await.unwrap());
    }
}
