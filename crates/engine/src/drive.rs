//! The way of a run: decide, record, act, and round again.

use std::sync::Arc;
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::{OrgId, RunId};
use callout_flow::node::NodeKind;
use callout_flow::run::{Action, Advance, AttemptOver, Fault, Input, Run, Start, advance};
use callout_flow::step::{Effect, RequestRecord, Step};
use callout_outbound::{Credential, Limits, Outbound, Owner, Scrubber};
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::record::{RunRecord, RunStatus};

/// Asks the time. `server` gives the machine's; a test may give its own.
pub type Clock = fn() -> Timestamp;

/// What an operator allows of one call.
#[derive(Clone, Copy, Debug)]
pub struct EngineLimits {
    /// The longest that one attempt may take, whatever the author writes.
    pub timeout_ms_max: u64,
    /// The cap of an answer's body where the author gives none, bytes after decompression.
    pub response_bytes_max: u64,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self { timeout_ms_max: callout_flow::node::api_call::TIMEOUT_MS_MAX, response_bytes_max: 1 << 20 }
    }
}

/// The flows that runs may be in, by slug.
#[derive(Clone, Debug, Default)]
pub struct Flows(IndexMap<String, Arc<Flow>>);

impl Flows {
    pub fn insert(&mut self, flow: Flow) {
        self.0.insert(flow.slug.clone(), Arc::new(flow));
    }

    pub fn get(&self, slug: &str) -> Option<Arc<Flow>> {
        self.0.get(slug).cloned()
    }
}

/// What happens while a run goes on, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A request is about to be sent.
    Calling { node: &'a str, attempt: u32, attempts_max: u32, request: &'a RequestRecord },
    /// An attempt ended and another will follow at this time.
    Retrying { until: Timestamp, attempt: u32, attempts_max: u32 },
    /// A `wait` began; where it is skipped, the run goes on at once.
    Waiting { until: Timestamp, skipped: bool },
    /// A step is recorded.
    Step(&'a Step),
    /// An effect is recorded.
    Effect(&'a Effect),
}

/// Whoever watches a run: called as it goes, with what must be masked so far.
pub type Watch<'w> = dyn FnMut(Progress<'_>, &Scrubber) + Send + 'w;

/// What to do at a `wait` node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Leave the run waiting.
    Stop,
    /// Go on as if the time had come.
    Skip,
}

/// Runs flows.
#[derive(Clone, Debug)]
pub struct Engine {
    outbound: Outbound,
    limits: EngineLimits,
    clock: Clock,
}

impl Engine {
    pub fn new(outbound: Outbound, limits: EngineLimits, clock: Clock) -> Self {
        Self { outbound, limits, clock }
    }

    pub fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    pub(crate) fn limits(&self) -> EngineLimits {
        self.limits
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Makes a run that stands before its first node.
    pub fn begin(&self, flow: &Flow, start: Start) -> Run {
        Run::new(new_run_id(self.now()), flow, start)
    }

    /// Runs until the end, or until a wait that is not skipped.
    ///
    /// What the run must not show is gathered in `scrubber`, for the record and for every line of a trace.
    pub async fn run(
        &self,
        flows: &Flows,
        run: &mut Run,
        waits: Waits,
        scrubber: &mut Scrubber,
        watch: &mut Watch<'_>,
    ) -> RunRecord {
        let Some(mut flow) = flows.get(run.flow()) else {
            return self.no_flow(run);
        };
        let mut record = RunRecord::begin(run, flow.version, self.now());
        let mut next = Some(Input::Flow);
        while let Some(input) = next {
            let Advance { steps, effects, action } = advance(&flow, run, input, self.now());
            for secret in run.secrets() {
                scrubber.add(secret);
            }
            let recorded = record.append(steps, effects);
            recorded.effects.iter().for_each(|effect| watch(Progress::Effect(effect), scrubber));
            recorded.steps.iter().for_each(|step| watch(Progress::Step(step), scrubber));
            next = match action {
                Action::Call => Some(self.call(&flow, run, scrubber, watch).await),
                Action::Sleep { until, retry: true } => {
                    self.park(&flow, run, until, scrubber, watch).await;
                    Some(Input::Woke)
                }
                Action::Sleep { until, retry: false } => {
                    let skipped = waits == Waits::Skip;
                    watch(Progress::Waiting { until, skipped }, scrubber);
                    if !skipped {
                        record.wait(until, flow.node(run.node()));
                    }
                    skipped.then_some(Input::Woke)
                }
                Action::Open { flow: slug } => match flows.get(&slug) {
                    Some(other) => {
                        flow = other;
                        Some(Input::Flow)
                    }
                    None => Some(Input::NoFlow),
                },
                Action::Finish => None,
            };
        }
        record.settle(run, self.now());
        record
    }

    /// Sends the pending call once.
    async fn call(&self, flow: &Flow, run: &Run, scrubber: &mut Scrubber, watch: &mut Watch<'_>) -> Input {
        let (Some(pending), Some(NodeKind::ApiCall(call))) =
            (run.pending(), flow.node(run.node()).map(|node| &node.kind))
        else {
            return Input::NoFlow;
        };
        let credential = Credential::from(pending.auth.clone());
        scrubber.merge(credential.scrubber());
        let attempts_max = call.retry.attempts_max;
        if let Some(request) = &pending.step.request {
            let node = pending.step.node.as_str();
            watch(Progress::Calling { node, attempt: pending.attempt, attempts_max, request }, scrubber);
        }
        let started_at = self.now();
        let left = call.retry.time_left(pending.first_started_at, started_at).as_millis();
        let left = u64::try_from(left).unwrap_or(0).max(1);
        let timeout_ms = call.timeout_ms.min(self.limits.timeout_ms_max).min(left);
        let limits = Limits {
            timeout: Duration::from_millis(timeout_ms),
            response_bytes_max: call.response_bytes_max.unwrap_or(self.limits.response_bytes_max),
            redirects_max: call.redirects_max,
            may_resend: call.idempotent,
        };
        let owner = Owner { org: OrgId::default_org(), connection: None };
        let sent = self.outbound.send(&owner, &pending.request, &credential, &limits).await;
        let (outcome, timing, hops) = (sent.outcome, sent.timing, sent.hops);
        Input::Attempt(Box::new(AttemptOver { outcome, started_at, timing, hops }))
    }

    /// Holds no slot and does nothing until the next attempt is due.
    async fn park(
        &self,
        flow: &Flow,
        run: &Run,
        until: Timestamp,
        scrubber: &Scrubber,
        watch: &mut Watch<'_>,
    ) {
        if let (Some(pending), Some(NodeKind::ApiCall(call))) =
            (run.pending(), flow.node(run.node()).map(|node| &node.kind))
        {
            let attempts_max = call.retry.attempts_max;
            watch(Progress::Retrying { until, attempt: pending.attempt, attempts_max }, scrubber);
        }
        let wait = until.duration_since(self.now()).max(jiff::SignedDuration::ZERO);
        tokio::time::sleep(wait.unsigned_abs()).await;
    }

    fn no_flow(&self, run: &Run) -> RunRecord {
        let mut record = RunRecord::begin(run, 0, self.now());
        record.status = RunStatus::Failed;
        record.error = Some(Fault::new("unknown-flow", format!("there is no flow `{}`", run.flow())));
        record
    }
}

/// A run's id rises with time.
fn new_run_id(now: Timestamp) -> RunId {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
    RunId::new(format!("run_{}", uuid::Uuid::new_v7(stamp).simple()))
}
