//! One timer for many waits, one after the other.
//!
//! Every request waits twice for something that nearly never happens: that its head does not come, and that its answer
//! takes too long. To make and drop a timer of the runtime each time took a tenth of the CPU of a read; to set one that is
//! there to a later time takes next to nothing.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::task::coop::unconstrained;
use tokio::time::Sleep;

/// A timer that is set anew for each wait. One wait at a time: clones share the timer.
#[derive(Clone)]
pub(crate) struct ReusedTimer(Arc<Mutex<Pin<Box<Sleep>>>>);

/// A wait that ends when the timer does.
pub(crate) struct Wait(ReusedTimer);

/// The limit was reached first.
#[derive(Debug)]
pub(crate) struct Elapsed;

impl ReusedTimer {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Box::pin(tokio::time::sleep(Duration::ZERO)))))
    }

    /// The outcome of a future that comes within the limit.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        let mut wait = self.set(tokio::time::Instant::now() + limit);
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            if let Poll::Ready(outcome) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(outcome));
            }
            // Outside the task's budget: a future that uses it up each time would otherwise never be timed out.
            ready!(pin!(unconstrained(&mut wait)).poll(context));
            Poll::Ready(Err(Elapsed))
        })
        .await
    }

    fn set(&self, end: tokio::time::Instant) -> Wait {
        self.locked().as_mut().reset(end);
        Wait(self.clone())
    }

    fn locked(&self) -> MutexGuard<'_, Pin<Box<Sleep>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.locked().as_mut().poll(context)
    }
}

impl hyper::rt::Sleep for Wait {}

/// The HTTP implementation sets one timer a connection, for the head of the next request.
impl hyper::rt::Timer for ReusedTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.set(tokio::time::Instant::now() + duration))
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.set(end.into()))
    }

    /// The clock of the timer, so that what is counted from now is waited for by the same clock.
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn each_wait_has_its_own_limit() {
        let timer = ReusedTimer::new();
        assert!(timer.within(LIMIT, ready(())).await.is_ok());
        for limit in [LIMIT, LIMIT * 2, LIMIT / 2] {
            let start = tokio::time::Instant::now();
            assert!(timer.within(limit, pending::<()>()).await.is_err());
            let waited = start.elapsed();
            assert!((limit..limit + Duration::from_millis(2)).contains(&waited), "{waited:?} of {limit:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_that_uses_up_the_budget_of_its_task_is_timed_out() {
        let greedy = async {
            loop {
                tokio::time::advance(LIMIT / 100).await;
                while tokio::task::coop::has_budget_remaining() {
                    tokio::task::coop::consume_budget().await;
                }
            }
        };
        let timer = ReusedTimer::new();
        let within = tokio::time::timeout(LIMIT * 10, timer.within(LIMIT, greedy));
        assert!(within.await.expect("a limit that is kept").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_limit_does_not_end_a_later_wait() {
        let timer = ReusedTimer::new();
        assert!(timer.within(LIMIT / 10, tokio::time::sleep(LIMIT / 20)).await.is_ok());
        assert!(timer.within(LIMIT, tokio::time::sleep(LIMIT / 2)).await.is_ok());
    }
}
