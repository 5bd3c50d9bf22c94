//! Who looks on at all runs of an org: told after each commit which run it was.

use std::sync::atomic::{AtomicUsize, Ordering};

use callout_flow::id::{OrgId, RunId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::engine::Engine;

/// Commits that one who looks on may lag behind before it is told so.
const LAG_MAX: usize = 1024;
/// Runs that are told of at once.
const AT_ONCE_MAX: usize = 128;

/// Where commits are told.
#[derive(Debug)]
pub(crate) struct Tails {
    news: broadcast::Sender<(OrgId, RunId)>,
    /// So that a commit which nobody looks on at costs one look at a number.
    count: AtomicUsize,
}

impl Default for Tails {
    fn default() -> Self {
        Self { news: broadcast::channel(LAG_MAX).0, count: AtomicUsize::new(0) }
    }
}

impl Tails {
    /// A commit of a run is durable, or a run was taken up.
    pub(crate) fn tell(&self, org: &OrgId, run: &RunId) {
        if self.count.load(Ordering::Acquire) > 0 {
            // Whoever listened may be gone since.
            let _ = self.news.send((org.clone(), run.clone()));
        }
    }
}

/// Looks on at the runs of an org, until it is dropped.
#[derive(Debug)]
pub struct Tail {
    engine: Engine,
    org: OrgId,
    news: broadcast::Receiver<(OrgId, RunId)>,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TailNews {
    /// Something happened to these runs, each once.
    Runs(Vec<RunId>),
    /// More happened than was kept: what stands must be read again.
    Lagged,
}

impl Engine {
    /// Looks on at all runs of an org from now on. It sees what this process does.
    pub fn tail(&self, org: &OrgId) -> Tail {
        let news = self.inner.tails.news.subscribe();
        self.inner.tails.count.fetch_add(1, Ordering::AcqRel);
        Tail { engine: self.clone(), org: org.clone(), news }
    }
}

impl Tail {
    /// Waits until something happens.
    pub async fn next(&mut self) -> TailNews {
        let mut runs = Vec::new();
        while runs.is_empty() {
            match self.news.recv().await {
                Ok((org, run)) if org == self.org => runs.push(run),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return TailNews::Lagged,
                // The sender lives as long as the engine, which this holds.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
        while runs.len() < AT_ONCE_MAX {
            match self.news.try_recv() {
                Ok((org, run)) if org == self.org && !runs.contains(&run) => runs.push(run),
                Ok(_) => {}
                Err(TryRecvError::Lagged(_)) => return TailNews::Lagged,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        TailNews::Runs(runs)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.engine.inner.tails.count.fetch_sub(1, Ordering::AcqRel);
    }
}
