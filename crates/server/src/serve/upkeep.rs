//! What is done from time to time beside the runs: counts kept up, what is past its time removed.

use std::time::Duration;

use callout_store::{Store, StoreError};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::config::now;

/// How often new commits are taken into the counts.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// Commits taken into the counts in one batch: a few milliseconds of the writer.
const INDEX_COMMITS: usize = 2_000;
/// Runs removed in one transaction: a few milliseconds of the writer.
const PRUNE_RUNS: usize = 500;
/// How often runs past their time are looked for, at most; with a short retention a tenth of that.
const PRUNE_EVERY_MAX: Duration = Duration::from_secs(60);

enum Due {
    Counts,
    Removal,
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Keeps the store in order until the process stops.
pub async fn keep(store: Store, retention: SignedDuration, mut stopping: watch::Receiver<bool>) {
    if let Err(error) = take_up_rotations(&store).await {
        tracing::error!(%error, "what former keys seal could not be sealed anew: `callout key rotate` does it");
    }
    let prune_every = (retention.unsigned_abs() / 10).clamp(INDEX_EVERY, PRUNE_EVERY_MAX);
    let mut index = tokio::time::interval(INDEX_EVERY);
    let mut prune = tokio::time::interval(prune_every);
    index.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    prune.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let due = tokio::select! {
            () = stopped(&mut stopping) => return,
            _ = index.tick() => Due::Counts,
            _ = prune.tick() => Due::Removal,
        };
        let done = match due {
            Due::Counts => take_into_counts(&store, &stopping).await,
            Due::Removal => remove_old(&store, retention, &stopping).await,
        };
        // While nothing can be written the store says so itself; this is tried again.
        match done {
            Ok(()) | Err(StoreError::Unavailable(_)) => {}
            Err(error) => tracing::error!(%error, "the store's upkeep failed"),
        }
    }
}

/// A change of data keys that the end of the process cut off goes on.
async fn take_up_rotations(store: &Store) -> Result<(), StoreError> {
    for org in store.orgs().await? {
        let rotated = store.reseal(&org).await?;
        if rotated.left > 0 {
            tracing::warn!(%org, values = rotated.left, "values sealed with a former data key do not open");
        }
    }
    Ok(())
}

async fn take_into_counts(store: &Store, stopping: &watch::Receiver<bool>) -> Result<(), StoreError> {
    while store.index_behind(INDEX_COMMITS).await? == INDEX_COMMITS && !*stopping.borrow() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn remove_old(
    store: &Store,
    retention: SignedDuration,
    stopping: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let before = now().checked_sub(retention).unwrap_or(jiff::Timestamp::MIN);
    for org in store.orgs().await? {
        while store.prune(&org, before, PRUNE_RUNS).await?.more && !*stopping.borrow() {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
