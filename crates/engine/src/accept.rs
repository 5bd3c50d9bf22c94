//! Runs begin: durable before anyone is told of them.

use std::sync::Arc;
use std::time::Duration;

use callout_flow::flow::{Flow, Trigger};
use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{Input, Run, Start};
use callout_outbound::Scrubber;
use callout_store::{Accepted, Begin, Key, StoreError};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::bounds::Place;
use crate::drive::{Held, Pause};
use crate::engine::Engine;
use crate::flows::FlowError;
use crate::journal::Journal;
use crate::read::{Heading, compose, members};

/// An event of the host's.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// An object with a `name`.
    pub event: Value,
    /// The caller's `Idempotency-Key`.
    pub key: Option<Key>,
}

/// A run of one flow, whatever its trigger.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The flow's slug.
    pub flow: String,
    /// An object.
    pub event: Value,
    /// An object, or null.
    pub contact: Value,
    /// The variables it starts with.
    pub vars: Map<String, Value>,
    pub key: Option<Key>,
}

/// A run that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedRun {
    pub id: RunId,
    /// Its flow's slug.
    pub flow: String,
}

/// What became of a run that someone waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// It is over, durably: its record as JSON text.
    Over { record: Vec<u8> },
    /// It goes on, durably.
    Going(AcceptedRun),
}

/// Why nothing was accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum AcceptError {
    /// There is no published flow of that slug.
    UnknownFlow,
    /// The key was used with another request.
    OtherRequest,
    /// The process is ending.
    Stopping,
    Flow(FlowError),
}

impl std::fmt::Display for AcceptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownFlow => f.write_str("there is no published flow of that slug"),
            Self::OtherRequest => f.write_str("the idempotency key was used with another request"),
            Self::Stopping => f.write_str("the process is ending"),
            Self::Flow(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for AcceptError {
    fn from(error: StoreError) -> Self {
        Self::Flow(FlowError::Store(error))
    }
}

impl From<FlowError> for AcceptError {
    fn from(error: FlowError) -> Self {
        Self::Flow(error)
    }
}

#[derive(Serialize)]
struct HeadText<'h> {
    event: &'h Value,
    contact: &'h Value,
    #[serde(skip_serializing_if = "Map::is_empty")]
    inputs: &'h Map<String, Value>,
}

/// A run on its way to the store.
pub(crate) struct Fresh {
    flow: Arc<Flow>,
    run: Run,
    begin: Begin,
}

/// JSON text of what a run starts with, as members.
pub(crate) fn head_text(start: &Start) -> Vec<u8> {
    members(&HeadText { event: &start.event, contact: &start.contact, inputs: &start.vars })
}

impl Engine {
    /// Accepts an event: begins a run of every published flow that it triggers. Durable when it returns.
    pub async fn accept(&self, org: &OrgId, new: NewEvent) -> Result<Vec<AcceptedRun>, AcceptError> {
        if self.is_stopping() {
            return Err(AcceptError::Stopping);
        }
        let flows = self.org_flows(org).await?;
        let name = new.event.get("name").and_then(Value::as_str).unwrap_or_default();
        let contact = new.event.get("contact").cloned().unwrap_or(Value::Null);
        let mut fresh = Vec::new();
        for flow in flows.by_event(name) {
            let start = Start { event: new.event.clone(), contact: contact.clone(), ..Start::default() };
            let Trigger::Event { when, .. } = &flow.trigger else { continue };
            // An error in `when` is no match, as in a case.
            if when.as_ref().is_none_or(|when| when.holds(&start.scope()).unwrap_or(false)) {
                fresh.push(self.fresh(flow, start));
            }
        }
        self.begin_all(org, fresh, new.key).await
    }

    /// Begins a run of one flow, and waits for its end, if `wait` says so, as long as that.
    pub async fn start(
        &self,
        org: &OrgId,
        new: NewRun,
        wait: Option<Duration>,
    ) -> Result<Started, AcceptError> {
        if self.is_stopping() {
            return Err(AcceptError::Stopping);
        }
        let flow = self.published(org, &new.flow).await?.ok_or(AcceptError::UnknownFlow)?;
        let start = Start { event: new.event, contact: new.contact, vars: new.vars, ..Start::default() };
        let fresh = self.fresh(&flow, start);
        let Some(wait) = wait else {
            let mut begun = self.begin_all(org, vec![fresh], new.key).await?;
            return Ok(Started::Going(begun.remove(0)));
        };
        let place = if new.key.is_none() { self.inner.bounds.take(org) } else { None };
        let Some(place) = place else {
            // A key must be durable before anything is done, and so must a run that has to wait its turn.
            let begun = self.begin_all(org, vec![fresh], new.key).await?.remove(0);
            return self.await_end(org, begun, wait).await;
        };
        self.run_at_once(org, fresh, place, wait).await
    }

    /// Runs without recording first: the caller learns of the run with the first record that is due anyway.
    async fn run_at_once(
        &self,
        org: &OrgId,
        fresh: Fresh,
        place: Place,
        wait: Duration,
    ) -> Result<Started, AcceptError> {
        let accepted = AcceptedRun { id: fresh.run.id.clone(), flow: fresh.flow.slug.clone() };
        let version = fresh.flow.version;
        let mut held = self.held(org, fresh);
        held.place = Some(place);
        let started_at = held.started_at;
        let unbegun = held.journal.share();
        let (tell, mut told) = oneshot::channel();
        let engine = self.clone();
        // A task of its own: a caller who goes away must not take the run along.
        tokio::spawn(Box::pin(async move {
            let pause = engine.see_through(&mut held, Input::Flow).await;
            let whole = held.journal.whole();
            let _ = tell.send((pause, whole, held));
        }));
        let over = match tokio::time::timeout(wait, &mut told).await {
            Ok(over) => over,
            // Its id is told only when the database knows it.
            Err(_) => match unbegun.insert(&self.inner.store, org, &accepted.id) {
                Some(receipt) => {
                    receipt.durable().await?;
                    self.inner.tails.tell(org, &accepted.id);
                    return Ok(Started::Going(accepted));
                }
                // Its own first record is on its way.
                None => tokio::select! {
                    begun = self.begun(org, &accepted.id) => {
                        begun?;
                        return Ok(Started::Going(accepted));
                    }
                    over = told => over,
                },
            },
        };
        match over {
            Ok((Pause::Over { status, ended_at, tail }, Some(whole), held)) => {
                let heading = Heading {
                    id: &accepted.id,
                    flow: &accepted.flow,
                    version,
                    status,
                    started_at,
                    ended_at: Some(ended_at),
                    parked: None,
                };
                let head = crate::read::masked_members(&held.head, &held.scrubber);
                let head = head.as_deref().unwrap_or(&held.head);
                let record = compose(&heading, head, &tail, &whole.effects, &whole.steps);
                Ok(Started::Over { record })
            }
            Ok((Pause::Lost(Some(error)), ..)) => Err(error.into()),
            Ok((Pause::Lost(None), ..)) | Err(_) => {
                Err(StoreError::Unavailable("the run could not be recorded".to_owned()).into())
            }
            Ok((Pause::Over { .. } | Pause::Parked { .. }, ..)) => {
                let left = self.left_of(wait, started_at);
                self.await_end(org, accepted, left).await
            }
        }
    }

    /// A run that its first record will put into the store.
    pub(crate) fn held(&self, org: &OrgId, fresh: Fresh) -> Held {
        let Fresh { flow, run, begin } = fresh;
        Held {
            org: org.clone(),
            head: begin.head.as_slice().into(),
            started_at: begin.started_at,
            journal: Journal::unbegun(org.clone(), run.id.clone(), begin, self.inner.store.boot_epoch()),
            run,
            flow,
            scrubber: Scrubber::default(),
            place: None,
        }
    }

    fn left_of(&self, wait: Duration, since: jiff::Timestamp) -> Duration {
        let gone = self.now().duration_since(since).max(jiff::SignedDuration::ZERO);
        wait.saturating_sub(gone.unsigned_abs())
    }

    async fn await_end(
        &self,
        org: &OrgId,
        accepted: AcceptedRun,
        wait: Duration,
    ) -> Result<Started, AcceptError> {
        match tokio::time::timeout(wait, self.over(org, &accepted.id)).await {
            Ok(Ok(Some(record))) => Ok(Started::Over { record }),
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(None)) | Err(_) => Ok(Started::Going(accepted)),
        }
    }

    pub(crate) fn fresh(&self, flow: &Arc<Flow>, start: Start) -> Fresh {
        let begin = Begin {
            flow: flow.key,
            version: flow.version,
            started_at: self.now(),
            contact: contact_id(&start.contact),
            event: event_name(&start.event),
            head: head_text(&start),
        };
        Fresh { flow: Arc::clone(flow), run: self.begin(flow, start), begin }
    }

    /// Puts runs into the store, and takes on those that there is a place for.
    async fn begin_all(
        &self,
        org: &OrgId,
        fresh: Vec<Fresh>,
        key: Option<Key>,
    ) -> Result<Vec<AcceptedRun>, AcceptError> {
        if fresh.is_empty() && key.is_none() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let mut places: Vec<Place> = Vec::new();
        while places.len() < fresh.len()
            && let Some(place) = self.inner.bounds.take(org)
        {
            places.push(place);
        }
        let begun = |fresh: &Fresh| (fresh.run.id.clone(), fresh.begin.clone());
        let runs = fresh.iter().map(begun).collect();
        let epochs = match self.inner.store.accept(org, runs, places.len(), key, now).await? {
            Accepted::New { epochs } => epochs,
            Accepted::OtherRequest => return Err(AcceptError::OtherRequest),
            Accepted::Before { runs } => {
                return Ok(runs.into_iter().map(|(id, flow)| AcceptedRun { id, flow }).collect());
            }
        };
        let waiting = fresh.len() > places.len();
        let mut places = places.into_iter();
        let mut accepted = Vec::new();
        for (Fresh { flow, run, begin }, epoch) in fresh.into_iter().zip(epochs) {
            self.inner.tails.tell(org, &run.id);
            accepted.push(AcceptedRun { id: run.id.clone(), flow: flow.slug.clone() });
            let Some(place) = places.next() else { continue };
            let held = Held {
                org: org.clone(),
                journal: Journal::held(org.clone(), run.id.clone(), epoch, now),
                run,
                flow,
                scrubber: Scrubber::default(),
                head: begin.head.into(),
                started_at: begin.started_at,
                place: Some(place),
            };
            self.spawn(held, Input::Flow);
        }
        if waiting {
            self.inner.workers.due_at(now);
        }
        Ok(accepted)
    }
}

/// The most characters of an event's name that lists show.
const NAME_CHARS_MAX: usize = 200;

fn event_name(event: &Value) -> Option<Box<str>> {
    let name = event.get("name")?.as_str()?;
    let end = name.char_indices().nth(NAME_CHARS_MAX).map_or(name.len(), |(end, _)| end);
    Some(name[..end].into())
}

/// Whose an event is, as runs are found by it.
fn contact_id(contact: &Value) -> Option<String> {
    match contact.get("id").or_else(|| contact.get("externalId"))? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
