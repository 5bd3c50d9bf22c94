//! What is done from time to time beside the runs: counts kept up, what is past its time removed.

use std::time::Duration;

use callout_store::{Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::api::{SESSION_IDLE, SESSION_MAX, strip};
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
            Due::Removal => remove_old(&store, retention, now(), &stopping).await,
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

/// Each org's own retention, or the operator's; sessions go when they are over.
async fn remove_old(
    store: &Store,
    retention: SignedDuration,
    now: Timestamp,
    stopping: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let since = |length: SignedDuration| now.checked_sub(length).unwrap_or(Timestamp::MIN);
    let stopped = || *stopping.borrow();
    for org in store.orgs().await? {
        let settings = store.settings(&org).await?;
        let before = since(settings.runs.unwrap_or(retention));
        while store.prune(&org, before, PRUNE_RUNS).await?.more && !stopped() {
            tokio::task::yield_now().await;
        }
        if let Some(before) = settings.bodies.map(since) {
            while store.prune_bodies(&org, before, PRUNE_RUNS, strip).await?.more && !stopped() {
                tokio::task::yield_now().await;
            }
        }
        if let Some(before) = settings.audit.map(since) {
            while store.prune_audit(&org, before, PRUNE_RUNS).await?.more && !stopped() {
                tokio::task::yield_now().await;
            }
        }
        store.prune_sessions(&org, since(SESSION_MAX), since(SESSION_IDLE)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use callout_flow::id::{OrgId, RunId};
    use callout_store::{
        Actor, ActorKind, AuditVerdict, Begin, Note, Object, OrgSettings, Part, Record, RunStatus, Stand,
    };

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap()
    }

    /// A run of that hour, and an entry of the audit log.
    async fn leave(store: &Store, org: &OrgId, hour: i64) -> RunId {
        let run = RunId::new(format!("run_{:012x}7000800000000000000{}", at(hour).as_millisecond(), 0));
        let begin = Begin {
            flow: 1,
            version: 1,
            started_at: at(hour),
            contact: None,
            event: None,
            head: b"\"event\":{}".to_vec(),
        };
        let steps = br#"{"node":"a","response":{"body":{"a":1}},"set":{}}"#.to_vec();
        let record = Record {
            run: run.clone(),
            epoch: 0,
            seq: 1,
            begin: Some(begin),
            part: Part { steps, ..Part::default() },
            stand: Stand::Over {
                status: RunStatus::Completed,
                ended_at: at(hour),
                tail: b"\"vars\":{}".to_vec(),
                head: None,
                error: None,
            },
            inbox_up_to: None,
        };
        store.record(org, record).durable().await.unwrap();
        let actor = Actor { kind: ActorKind::Terminal, id: String::new(), name: "terminal".to_owned() };
        let object = Object { kind: "x".to_owned(), id: String::new() };
        let (org, action) = (org.clone(), "x".to_owned());
        store
            .note(&Note { org, at: at(hour), actor, from: None, action, object, before: None, after: None })
            .await
            .unwrap();
        run
    }

    #[tokio::test]
    async fn each_org_keeps_what_it_says_and_else_what_the_operator_says() {
        let store = Store::in_memory().unwrap();
        let (own, plain) = (OrgId::new("own"), OrgId::default_org());
        store.create_org(&own, None, at(0)).await.unwrap();
        let hours = |hours| Some(SignedDuration::from_hours(hours));
        let settings =
            OrgSettings { runs: hours(30), bodies: hours(10), audit: hours(20), ..OrgSettings::default() };
        store.set_settings(&own, &settings).await.unwrap();
        let mut runs = Vec::new();
        for hour in [0, 15, 25, 35] {
            runs.push((leave(&store, &own, hour).await, leave(&store, &plain, hour).await));
        }
        let (_stop, stopping) = watch::channel(false);
        remove_old(&store, SignedDuration::from_hours(20), at(40), &stopping).await.unwrap();
        let shown = async |org: &OrgId, run: &RunId| match store.run(org, run, 0).await.unwrap() {
            None => "gone",
            Some(row) if String::from_utf8_lossy(&row.parts[0].1).contains("(removed)") => "without bodies",
            Some(_) => "whole",
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (own_run, plain_run) in &runs {
            ours.push(shown(&own, own_run).await);
            theirs.push(shown(&plain, plain_run).await);
        }
        assert_eq!(ours, ["gone", "without bodies", "without bodies", "whole"]);
        assert_eq!(theirs, ["gone", "gone", "whole", "whole"]);
        for (org, left) in [(&own, 2), (&plain, 4)] {
            let found = store.verify_audit(org, None).await.unwrap();
            assert!(matches!(found, AuditVerdict::Sound { rows, .. } if rows == left), "{found:?}");
        }
    }
}
