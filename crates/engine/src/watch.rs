//! Who waits for news of a run: told after each commit, asks the store what it is.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callout_flow::id::RunId;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::engine::Engine;

/// A watcher asks this often on its own: records that nobody waits for are not announced.
const POLL: Duration = Duration::from_millis(500);

/// The runs that someone watches, and those that someone wants stopped.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    runs: Mutex<HashMap<RunId, Arc<Notify>>>,
    /// So that a run which nobody watches costs one look at a number.
    count: AtomicUsize,
    cancelled: Mutex<HashSet<RunId>>,
    cancels: AtomicUsize,
}

/// Waits for news of one run, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    engine: Engine,
    run: RunId,
    news: Arc<Notify>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    /// There is news of a run: a record of it is durable.
    pub(crate) fn tell(&self, run: &RunId) {
        if self.count.load(Ordering::Acquire) > 0
            && let Some(news) = lock(&self.runs).get(run)
        {
            news.notify_waiters();
        }
    }

    pub(crate) fn cancel(&self, run: &RunId) {
        let mut cancelled = lock(&self.cancelled);
        cancelled.insert(run.clone());
        self.cancels.store(cancelled.len(), Ordering::Release);
    }

    /// The run is over or was put down: it need not be looked out for.
    pub(crate) fn settled(&self, run: &RunId) {
        if self.cancels.load(Ordering::Acquire) > 0 {
            let mut cancelled = lock(&self.cancelled);
            cancelled.remove(run);
            self.cancels.store(cancelled.len(), Ordering::Release);
        }
    }
}

impl Engine {
    pub(crate) fn is_cancelled(&self, run: &RunId) -> bool {
        let watched = &self.inner.watched;
        watched.cancels.load(Ordering::Acquire) > 0 && lock(&watched.cancelled).contains(run)
    }

    pub(crate) fn watch(&self, run: &RunId) -> Watcher {
        let watched = &self.inner.watched;
        let mut runs = lock(&watched.runs);
        let news = Arc::clone(runs.entry(run.clone()).or_default());
        watched.count.store(runs.len(), Ordering::Release);
        Watcher { engine: self.clone(), run: run.clone(), news }
    }
}

impl Watcher {
    /// Becomes ready when there is news; none is missed from the moment that it is enabled.
    pub(crate) fn news(&self) -> Notified<'_> {
        self.news.notified()
    }

    /// Waits for news, and for a while at most.
    pub(crate) async fn wait(news: Pin<&mut Notified<'_>>) {
        let _ = tokio::time::timeout(POLL, news).await;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let watched = &self.engine.inner.watched;
        let mut runs = lock(&watched.runs);
        // This watcher's handle and the map's: nobody else watches.
        if Arc::strong_count(&self.news) <= 2 {
            runs.remove(&self.run);
        }
        watched.count.store(runs.len(), Ordering::Release);
    }
}
