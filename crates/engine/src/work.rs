//! Workers: they take up what is due, see runs through, and let a process end without losing one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{Fault, FlowRef, How, Input, Run, Start, take_up};
use callout_outbound::Scrubber;
use callout_store::{Claimed, NewInbox, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::bounds::Place;
use crate::drive::{Held, Pause};
use crate::engine::Engine;
use crate::flows::FlowError;
use crate::journal::Journal;
use crate::read::{Head, parse_head};

/// A run that was taken up this often at one position, and brought its process down each time, ends there.
pub const RECOVERIES_MAX: u32 = 5;
/// The store is asked for due runs at least this often: what another process parked is not announced here.
const POLL: Duration = Duration::from_secs(30);
/// How long nothing is claimed after the store could not be asked.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Who runs what is due.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    /// The threads that share the work.
    threads: Mutex<Vec<Handle>>,
    next: AtomicUsize,
    /// When the worker looks again, and how it is told to look sooner.
    looks_at: Mutex<Option<Timestamp>>,
    sooner: Notify,
}

impl Workers {
    /// A run is due at a time: the worker must not sleep past it.
    pub(crate) fn due_at(&self, due: Timestamp) {
        let looks_at = *self.looks_at.lock().unwrap_or_else(PoisonError::into_inner);
        if looks_at.is_none_or(|at| due < at) {
            self.sooner.notify_one();
        }
    }
}

impl Engine {
    /// Shares what is claimed among these runtimes; without any, all runs where [`Engine::work`] does.
    pub fn share_work(&self, threads: Vec<Handle>) {
        *self.inner.workers.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
    }

    /// Takes up runs as they become due, until the engine is stopped.
    pub async fn work(&self) {
        while !self.is_stopping() {
            let now = self.now();
            let pause = match self.claim_due(now).await {
                Ok(true) => continue,
                Ok(false) => self.until_due(now).await,
                Err(error) => Err(error),
            };
            let pause = pause.unwrap_or_else(|error| {
                tracing::warn!("due runs cannot be taken up: {error}");
                STORE_PAUSE
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.inner.workers.sooner.notified() => {}
                () = self.inner.bounds.freed() => {}
            }
        }
    }

    /// Claims one round of runs due at `now`, each org its share of the places; whether there may be more to claim at
    /// once.
    async fn claim_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        // Set before the store is asked: what becomes due meanwhile wakes the worker.
        *self.inner.workers.looks_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let orgs = self.inner.store.due_orgs(now).await?;
        let share = self.limits().in_flight_max.saturating_sub(self.inner.bounds.in_flight());
        let share = share.div_ceil(orgs.len().max(1));
        let mut took = false;
        for org in &orgs {
            let mut places: Vec<Place> = Vec::new();
            while places.len() < share
                && let Some(place) = self.inner.bounds.take(org)
            {
                places.push(place);
            }
            if places.is_empty() {
                continue;
            }
            let claimed = self.inner.store.claim(org, now, places.len()).await?;
            took |= !claimed.is_empty();
            for (claimed, place) in claimed.into_iter().zip(places) {
                self.spawn_claimed(claimed, place);
            }
        }
        Ok(took)
    }

    /// How long until the next run is due that was not at `claimed_at`: what was, and was not claimed, has no place yet,
    /// and the worker is told when one comes free.
    async fn until_due(&self, claimed_at: Timestamp) -> Result<Duration, StoreError> {
        let next = self.inner.store.next_due(claimed_at).await?;
        let now = self.now();
        let limit = now.checked_add(POLL).unwrap_or(now);
        let next = next.map_or(limit, |next| next.min(limit));
        *self.inner.workers.looks_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
        Ok(next.duration_since(now).max(SignedDuration::ZERO).unsigned_abs())
    }

    fn spawn_claimed(&self, claimed: Claimed, place: Place) {
        let engine = self.clone();
        // It goes on, though its next record may be some calls away.
        self.inner.tails.tell(&claimed.org, &claimed.run);
        self.spawn_task(async move {
            if claimed.recoveries > 1 {
                engine.inner.counted.recovered.fetch_add(1, Ordering::Relaxed);
            }
            if let Some((mut held, input)) = engine.take_up(claimed, Some(place)).await {
                engine.see_through(&mut held, input).await;
            }
        });
    }

    /// Sees a run through on this thread, in a task of its own.
    pub(crate) fn spawn(&self, mut held: Held, input: Input) {
        let engine = self.clone();
        // Boxed: the task is large, and is moved several times on its way to its place.
        tokio::spawn(Box::pin(async move { engine.see_through(&mut held, input).await }));
    }

    fn spawn_task(&self, task: impl Future<Output = ()> + Send + 'static) {
        let workers = &self.inner.workers;
        let threads = workers.threads.lock().unwrap_or_else(PoisonError::into_inner);
        match threads.get(workers.next.fetch_add(1, Ordering::Relaxed) % threads.len().max(1)) {
            Some(thread) => drop(thread.spawn(task)),
            None => drop(tokio::spawn(task)),
        }
    }

    /// Drives a run until it is over or put down, and gives its place back.
    pub(crate) async fn see_through(&self, held: &mut Held, input: Input) -> Pause {
        let pause = self.drive(held, input, &mut |_, _| {}).await;
        held.place = None;
        self.inner.watched.settled(&held.run.id);
        if let Pause::Lost(why) = &pause {
            let why = why.as_ref().map_or_else(|| "another process has it".to_owned(), ToString::to_string);
            tracing::warn!(run = %held.run.id, "a run was put down unrecorded: {why}");
        }
        pause
    }

    /// Makes a claimed run ready to go on, as its last record left it.
    pub(crate) async fn take_up(&self, claimed: Claimed, place: Option<Place>) -> Option<(Held, Input)> {
        let Claimed { org, run: id, epoch, begin, state, recoveries, inbox, .. } = claimed;
        let now = self.now();
        let head = parse_head(&begin.head);
        let mut fault =
            head.is_none().then(|| Fault::new("run-unreadable", "what it began with cannot be read"));
        let head = head.unwrap_or(Head { event: serde_json::Value::Null, ..Head::default() });
        let first = FlowRef::Pinned { slug: "", key: begin.flow, version: begin.version };
        let flow = self.flow_for(&org, first, &mut fault).await?;
        let mut run = if state.is_empty() {
            let start =
                Start { event: head.event, contact: head.contact, vars: head.inputs, ..Start::default() };
            Run::new(id.clone(), &flow, start)
        } else {
            match Run::load(id.clone(), head.event, head.contact, &state) {
                Ok(run) => run,
                Err(error) => {
                    fault.get_or_insert(Fault::new("run-unreadable", error.to_string()));
                    Run::new(id.clone(), &flow, Start::default())
                }
            }
        };
        let flow = if state.is_empty() { flow } else { self.flow_for(&org, run.wants(), &mut fault).await? };
        if recoveries > RECOVERIES_MAX {
            let message = format!("the process ended {RECOVERIES_MAX} times while the run stood here");
            fault.get_or_insert(Fault::new("recovered-too-often", message));
        }
        let mut journal = Journal::held(org.clone(), id, epoch, now);
        if let Some(last) = inbox.last() {
            journal.heeded(last.number);
        }
        let cancelled = inbox.iter().any(|entry| entry.kind == CANCEL);
        let input = match fault {
            None => take_up(&flow, &mut run, now),
            Some(fault) => Err(fault),
        };
        let mut held = Held {
            org,
            run,
            flow,
            journal,
            scrubber: Scrubber::default(),
            head: begin.head.into(),
            started_at: begin.started_at,
            place,
        };
        held.learn_secrets();
        if cancelled || input.is_err() {
            self.end_taken_up(held, input, cancelled).await;
            return None;
        }
        Some((held, input.ok()?))
    }

    /// Ends a run that was taken up and cannot or shall not go on.
    async fn end_taken_up(&self, mut held: Held, input: Result<Input, Fault>, cancelled: bool) {
        let fault = match input {
            // A call that was under way may have been sent: the record says so.
            Ok(attempt @ Input::Attempt(_)) => {
                self.decide(&mut held, attempt, &mut |_, _| {});
                None
            }
            Ok(_) => None,
            Err(fault) => Some(fault),
        };
        if held.run.ended.is_none() {
            let (how, fault) = if cancelled { (How::Cancelled, None) } else { (How::Failed, fault) };
            self.stop(&mut held, how, fault);
        }
        let pause = self.finish(&mut held).await;
        tracing::debug!(run = %held.run.id, ?pause, "a run that does not go on was ended");
    }

    /// The flow of a run that is taken up; a flow that runs nothing, and the fault, where there is none.
    async fn flow_for(
        &self,
        org: &OrgId,
        wanted: FlowRef<'_>,
        fault: &mut Option<Fault>,
    ) -> Option<Arc<Flow>> {
        loop {
            let why = match self.flow_of(org, wanted).await {
                Ok(Some(flow)) => return Some(flow),
                Ok(None) => "the flow that it is in is not there".to_owned(),
                Err(error @ FlowError::Broken { .. }) => error.to_string(),
                Err(FlowError::Store(error)) => {
                    tracing::warn!("a flow cannot be read: {error}");
                    tokio::time::sleep(STORE_PAUSE).await;
                    continue;
                }
            };
            fault.get_or_insert(Fault::new("unknown-flow", why));
            return Some(Arc::new(Flow::nothing()));
        }
    }

    /// Stops a run: at once where it sleeps, after the call under way where it calls. Durable when it returns.
    pub async fn cancel(&self, org: &OrgId, run: &RunId) -> Result<(), StoreError> {
        let entry = NewInbox { kind: CANCEL.to_owned(), body: b"{}".to_vec(), at: self.now() };
        self.inner.store.tell(org, run, &entry).await?;
        self.inner.watched.cancel(run);
        self.inner.workers.due_at(self.now());
        // It may have ended meanwhile; then nobody else forgets it.
        if let Ok(Some(row)) = self.inner.store.run(org, run, u32::MAX).await
            && row.tail.is_some()
        {
            self.inner.watched.settled(run);
        }
        Ok(())
    }

    /// Ends the work: nothing new is sent, calls under way are awaited as long as `patience`, and what is left is put
    /// down for the next process. Returns how many runs were still under way.
    pub async fn drain(&self, patience: Duration) -> usize {
        self.inner.stopping.store(true, Ordering::Relaxed);
        self.inner.workers.sooner.notify_one();
        let all_down = async {
            while self.inner.bounds.in_flight() > 0 {
                tokio::select! {
                    () = self.inner.bounds.freed() => {}
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
        };
        let _ = tokio::time::timeout(patience, all_down).await;
        self.inner.bounds.in_flight()
    }
}

const CANCEL: &str = "cancel";
