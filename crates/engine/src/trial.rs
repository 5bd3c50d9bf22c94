//! A whole flow tried out: carried out for real while someone looks on, and nothing of it kept.

use std::sync::Arc;
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::run::{Action, Fault, FlowRef, How, Input, Start};
use callout_store::RunStatus;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::accept::head_text;
use crate::engine::Engine;
use crate::journal::write_step;
use crate::read::{Heading, Told, compose, masked_members, status_json, tail_text};
use crate::unkept::Unkept;
use crate::walk::Waits;

/// The longest that a trial may take: someone looks on, and it holds a slot.
pub const TRIAL_TIME_MAX: Duration = Duration::from_secs(600);
/// The most that a trial's steps and effects may be, in bytes of JSON: they are in memory until its end.
pub const TRIAL_BYTES_MAX: usize = 8 << 20;

/// A flow to try out.
#[derive(Debug)]
pub struct Trial {
    /// It need not be published; where it goes to its own slug, it goes to itself.
    pub flow: Flow,
    pub start: Start,
    /// `Stop` waits for real, where the wait ends in time.
    pub waits: Waits,
}

/// A trial under way.
struct Trying<'e> {
    engine: &'e Engine,
    org: &'e OrgId,
    own: Arc<Flow>,
    /// The flow that it is in.
    flow: Arc<Flow>,
    waits: Waits,
    unkept: Unkept<'e>,
    deadline: Instant,
    /// Until when it waits, where it was left waiting.
    waiting: Option<Timestamp>,
}

impl Engine {
    /// Carries out a flow, telling of steps, effects and waits as they come; its record as JSON text. `None` where nobody listens.
    ///
    /// What it sends is sent; it is in no list and no count.
    pub async fn try_out(&self, org: &OrgId, trial: Trial, tell: &mpsc::Sender<Told>) -> Option<Vec<u8>> {
        let started_at = self.now();
        let head = head_text(&trial.start);
        let own = Arc::new(trial.flow);
        let mut unkept = Unkept::new(self, org, self.begin(&own, trial.start));
        (unkept.tell, unkept.bytes_max) = (Some(tell.clone()), TRIAL_BYTES_MAX);
        let deadline = Instant::now() + TRIAL_TIME_MAX;
        let (flow, waits) = (Arc::clone(&own), trial.waits);
        let mut trying = Trying { engine: self, org, own, flow, waits, unkept, deadline, waiting: None };
        if tokio::time::timeout_at(deadline, trying.run_through()).await.is_err() {
            let message = format!("a trial takes at most {} s", TRIAL_TIME_MAX.as_secs());
            trying.stop(Fault::new("try-too-long", message));
        }
        (!tell.is_closed()).then(|| trying.record(started_at, &head))
    }
}

impl Trying<'_> {
    async fn run_through(&mut self) {
        let mut input = Input::Flow;
        loop {
            let flow = Arc::clone(&self.flow);
            let action = self.unkept.go(&flow, input, &mut |_, _| {}).await;
            if self.unkept.is_too_large() && self.unkept.run.ended.is_none() {
                let message = format!("the steps of a trial are at most {} MiB", TRIAL_BYTES_MAX >> 20);
                return self.stop(Fault::new("try-too-large", message));
            }
            input = match action {
                Some(Action::Sleep { until, retry }) => match self.sleep(until, retry).await {
                    Some(input) => input,
                    None => return,
                },
                Some(Action::Open) => self.open().await,
                _ => return,
            };
        }
    }

    /// Sleeps as long as it must; `None` where it is left waiting.
    async fn sleep(&mut self, until: Timestamp, retry: bool) -> Option<Input> {
        if retry {
            tokio::time::sleep(self.engine.time_until(until)).await;
            return Some(Input::Woke);
        }
        let left = self.engine.time_until(until);
        if self.waits == Waits::Skip {
            return Some(Input::Woke);
        }
        self.tell_status(RunStatus::Waiting, Some(until)).await?;
        if Instant::now() + left >= self.deadline {
            self.waiting = Some(until);
            return None;
        }
        tokio::time::sleep(left).await;
        self.tell_status(RunStatus::Running, None).await?;
        Some(Input::Woke)
    }

    async fn tell_status(&self, status: RunStatus, due: Option<Timestamp>) -> Option<()> {
        let told = Told::Status(status_json(&self.unkept.run.id, status, None, due));
        self.unkept.tell.as_ref()?.send(told).await.ok()
    }

    /// The flow that it goes to, or comes back to.
    async fn open(&mut self) -> Input {
        let wanted = self.unkept.run.wants();
        let is_own = match wanted {
            FlowRef::Latest(slug) => slug == self.own.slug,
            FlowRef::Pinned { slug, version, .. } => slug == self.own.slug && version == self.own.version,
        };
        if is_own {
            self.flow = Arc::clone(&self.own);
            return Input::Flow;
        }
        match self.engine.flow_of(self.org, wanted).await {
            Ok(Some(flow)) => {
                self.flow = flow;
                Input::Flow
            }
            Ok(None) => Input::NoFlow,
            Err(error) => {
                tracing::warn!(org = %self.org, %error, "a trial goes to a flow that cannot be had");
                Input::NoFlow
            }
        }
    }

    fn stop(&mut self, fault: Fault) {
        let cut_short = self.unkept.run.stop(How::Failed, Some(fault), self.engine.now());
        for one in cut_short {
            write_step(&mut self.unkept.part.steps, &one.step, &self.unkept.scrubber);
        }
    }

    fn record(&self, started_at: Timestamp, head: &[u8]) -> Vec<u8> {
        let Unkept { run, scrubber, part, .. } = &self.unkept;
        let status = match run.ended.as_ref().map(|ended| ended.how) {
            Some(How::Completed) => RunStatus::Completed,
            Some(How::Failed) => RunStatus::Failed,
            Some(How::Cancelled) => RunStatus::Cancelled,
            None => RunStatus::Waiting,
        };
        let heading = Heading {
            id: &run.id,
            flow: &self.own.slug,
            version: self.own.version,
            status,
            started_at,
            ended_at: run.ended.as_ref().map(|_| self.engine.now()),
            parked: self.waiting.map(|until| (until, run.stands_at())),
        };
        let masked = masked_members(head, scrubber);
        let mut tail = tail_text(run, scrubber);
        if run.ended.is_none() {
            tail.extend_from_slice(br#","result":null"#);
        }
        compose(&heading, masked.as_deref().unwrap_or(head), &tail, &part.effects, &part.steps)
    }
}
