//! All background work: a closed list, and the loop that sleeps until something is due or somebody nudges.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::Engine;
use crate::error::Error;

/// What is done in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Deliver events that are due.
    DeliverWebhooks,
    /// Look up what follows connections, where it failed before.
    LookUp,
    /// Write when keys and connections were last used.
    FlushUsage,
    /// Remove what has ended.
    Purge,
}

/// Deliveries under way at the same time.
const DELIVERIES: usize = 16;
const AFTER_AN_ERROR: Duration = Duration::from_secs(5);
/// Each time a row is written for every connection that was read since, and its kept answer is dropped.
const USAGE_EVERY: Duration = Duration::from_secs(30);
const PURGE_EVERY: Duration = Duration::from_mins(10);
/// The shortest wait of a look-up that failed is a minute.
const LOOK_UP_EVERY: Duration = Duration::from_secs(30);
/// A due time further away is looked up again after this, because another node may have changed it.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Wakes the loop when there is new work.
#[derive(Debug, Default)]
pub(crate) struct Nudge(Notify);

impl Nudge {
    pub(crate) fn wake(&self) {
        self.0.notify_one();
    }
}

impl Engine {
    /// Starts the loops. They end after the stop token of [`Engine::open`] is cancelled, with the uses of keys and
    /// connections written.
    pub fn start_jobs(&self) {
        for _ in 0..DELIVERIES {
            let engine = self.clone();
            self.0.tasks.spawn(async move { engine.deliver_for_ever().await });
        }
        let repeated =
            [(Job::FlushUsage, USAGE_EVERY), (Job::LookUp, LOOK_UP_EVERY), (Job::Purge, PURGE_EVERY)];
        for (job, every) in repeated {
            let engine = self.clone();
            self.0.tasks.spawn(async move { engine.repeat(job, every).await });
        }
    }

    /// Does everything that is due now, once, and tells how much it was. For tests and for a clean stop.
    pub async fn run_due_jobs(&self) -> Result<usize, Error> {
        let mut done = 0;
        for job in [Job::FlushUsage, Job::LookUp, Job::DeliverWebhooks, Job::Purge] {
            done += self.run(job).await?;
        }
        Ok(done)
    }

    async fn run(&self, job: Job) -> Result<usize, Error> {
        match job {
            Job::DeliverWebhooks => self.deliver_due().await,
            Job::LookUp => self.look_up_due().await,
            Job::FlushUsage => self.flush_usage().await.map(|()| 0),
            Job::Purge => self.purge().await.map(|()| 0),
        }
    }

    async fn deliver_due(&self) -> Result<usize, Error> {
        let counts = join_all((0..DELIVERIES).map(|_| self.deliver_while_due())).await;
        counts.into_iter().sum()
    }

    async fn look_up_due(&self) -> Result<usize, Error> {
        let mut done = 0;
        while !self.0.stop.is_cancelled() && self.look_up_next().await? {
            done += 1;
        }
        Ok(done)
    }

    async fn deliver_while_due(&self) -> Result<usize, Error> {
        let mut done = 0;
        while self.deliver_next().await? {
            done += 1;
        }
        Ok(done)
    }

    /// One of several workers. Each goes its own way, so that a receiver that is slow holds up one of them only.
    async fn deliver_for_ever(&self) {
        while !self.0.stop.is_cancelled() {
            let sleep = match self.deliver_next().await {
                Ok(true) => continue,
                Ok(false) => self.until_next_delivery().await,
                Err(error) => {
                    tracing::error!(%error, "deliveries were interrupted");
                    AFTER_AN_ERROR
                }
            };
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = self.0.nudge.0.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    async fn until_next_delivery(&self) -> Duration {
        let Ok(Some(due)) = store::outbox::next_due(self.store()).await else { return LONGEST_SLEEP };
        let wait = due.duration_since(self.ports().now());
        Duration::try_from(wait).unwrap_or(Duration::ZERO).clamp(Duration::from_millis(50), LONGEST_SLEEP)
    }

    async fn repeat(&self, job: Job, every: Duration) {
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => break,
                () = tokio::time::sleep(every) => {}
            }
            if let Err(error) = self.run(job).await {
                tracing::error!(%error, ?job, "background work failed and will be tried again");
            }
        }
        if job == Job::FlushUsage
            && let Err(error) = self.flush_usage().await
        {
            tracing::error!(%error, "the last uses could not be written");
        }
    }
}
