//! One walk through a flow as a pure machine: it is told what happened and says what to do next.

mod state;
mod stop;
pub mod visit;
mod walk;

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::flow::{Flow, Target};
use crate::id::RunId;
use crate::integration::Connected;
use crate::node::NodeKind;
use crate::outcome::{Hop, Outcome, Timing};
use crate::request::{PreparedRequest, RenderedAuth};
use crate::shared::Vars;
use crate::step::{CaseTaken, Effect, Step};
pub use state::{BadState, take_up};
pub use stop::CutShort;
pub use visit::Visit;

/// The most steps a run may take: a loop without a wait ends here.
pub const STEPS_MAX: u32 = 10_000;
/// How deep sub-flows may call one another.
pub const FRAMES_MAX: usize = 16;
/// The most that a run's variables may be, as JSON, in bytes (spec 6).
pub const VARS_BYTES_MAX: usize = 4 << 20;

/// One execution of a flow for one event: what it knows and where it stands.
#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    pub event: Value,
    pub contact: Value,
    /// The flows it is in; the last is where it stands.
    frames: Vec<Frame>,
    /// The steps of nodes whose sub-flows are under way, outermost first.
    callers: Vec<Step>,
    phase: Phase,
    /// Steps begun so far.
    ordinal: u32,
    effects: u32,
    /// Texts that must not be shown: values of `sensitive` outputs.
    secrets: Vec<String>,
    /// Stop after the first step: `callout try`.
    single: bool,
    /// The connection of the call that it stands before, as `Action::Connect` was answered. Not kept: asked for anew.
    pub(crate) connected: Option<Arc<Connected>>,
    pub ended: Option<Ended>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub how: How,
    pub result: Value,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Completed,
    Failed,
    /// Someone stopped it.
    Cancelled,
}

/// Something that ends a run: a step limit, a template error outside an `apiCall`, `onFailure: end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub code: Cow<'static, str>,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Fault {
    /// Whether it is the author's flow that failed, rather than a bound of the run or its state.
    fn is_of_the_flow(&self) -> bool {
        matches!(&*self.code, "template-failed" | "failure-ends-run")
    }

    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), node: None }
    }
}

/// One flow that a run is in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame {
    pub flow: String,
    /// `Flow::key`: with the version it says which text of the flow the run is pinned to.
    pub key: u32,
    pub version: u32,
    node: usize,
    vars: Vars,
    /// The last visit of each call, where the flow reads them.
    #[serde(default, skip_serializing_if = "Vars::is_empty")]
    views: Vars,
    visits: IndexMap<String, u32>,
    /// What is shown in the place of variables that hold something sensitive.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    shown: IndexMap<String, Value>,
}

impl Frame {
    fn new(flow: &Flow, vars: Map<String, Value>) -> Self {
        Self {
            flow: flow.slug.clone(),
            key: flow.key,
            version: flow.version,
            node: flow.start(),
            vars: vars.into(),
            views: Vars::default(),
            visits: IndexMap::new(),
            shown: IndexMap::new(),
        }
    }
}

/// Where a run stands between two inputs.
#[derive(Debug)]
enum Phase {
    /// Before a node.
    Entered,
    /// Before a call whose connection is being looked up.
    Connecting,
    Calling(Box<Pending>),
    Retrying(Box<Pending>),
    Waiting(Box<Step>),
    /// A jump whose flow is being read.
    Jumping {
        flow: String,
    },
    /// A sub-flow is being read (`step` is the node's that calls it).
    Entering {
        flow: String,
        step: Box<Step>,
        vars: Map<String, Value>,
    },
    /// The frame above has ended; the caller's own flow is needed to go on.
    Returning {
        completed: bool,
        result: Value,
        fault: Option<Fault>,
    },
    Over,
}

/// A call under way: rendered once, sent by every attempt.
#[derive(Debug)]
pub struct Pending {
    pub step: Step,
    pub request: PreparedRequest,
    pub auth: RenderedAuth,
    /// From 1.
    pub attempt: u32,
    pub first_started_at: Timestamp,
}

/// What a run is told.
#[derive(Debug)]
pub enum Input {
    /// Begin, or go on in the flow that `Action::Open` asked for.
    Flow,
    /// The flow that `Action::Open` asked for does not exist.
    NoFlow,
    /// The connection that `Action::Connect` asked for, or that it cannot be used.
    Connection(Arc<Connected>),
    /// An attempt of the call is over.
    Attempt(Box<AttemptOver>),
    /// The time that `Action::Sleep` asked for has come.
    Woke,
}

/// One attempt's end, with what a record shows of it.
#[derive(Debug)]
pub struct AttemptOver {
    pub outcome: Outcome,
    pub started_at: Timestamp,
    pub timing: Timing,
    pub hops: Vec<Hop>,
    /// It was held back by our own limits, until then at least.
    pub not_before: Option<Timestamp>,
}

/// What a run asks for.
#[derive(Debug)]
pub enum Action {
    /// Send the run's `pending` call.
    Call,
    /// Nothing before this time.
    Sleep { until: Timestamp, retry: bool },
    /// Tell it of the flow that `Run::wants` names.
    Open,
    /// Tell it of this connection.
    Connect { connection: String },
    /// Nothing more: `Run::ended` says how it ended.
    Finish,
}

/// What one input led to: what to record, then what to do.
#[derive(Debug)]
pub struct Advance {
    pub steps: Vec<Step>,
    pub effects: Vec<Effect>,
    pub action: Action,
}

/// How a node is left.
#[derive(Debug)]
pub(crate) enum Exit {
    Next(Option<Target>),
    Case(CaseTaken, Target),
    End {
        completed: bool,
        result: Value,
    },
    /// `onFailure: end`.
    Fail(String),
}

/// What a node does when it is entered.
#[derive(Debug)]
pub(crate) enum Move {
    Leave(Exit),
    Call(Box<Pending>),
    Wait { until: Timestamp },
    SubFlow { flow: String, vars: Map<String, Value> },
}

/// Takes a run as far as it goes without anyone's doing. Pure: the same run, input and time give the same.
///
/// `flow` is the one that `Run::flow` names, or that the last `Action::Open` asked for.
pub fn advance(flow: &Flow, run: &mut Run, input: Input, now: Timestamp) -> Advance {
    let mut steps = Vec::new();
    let mut effects = Vec::new();
    let action = match walk::take(flow, run, input, now, &mut steps, &mut effects) {
        Ok(action) => action,
        // A sub-flow's failure is its caller's to route; what no flow can go on from ends the run.
        Err(fault) if !run.callers.is_empty() && fault.is_of_the_flow() => {
            run.return_to_caller(false, Value::Null, Some(fault))
        }
        Err(fault) => {
            run.end(Ended { how: How::Failed, result: Value::Null, fault: Some(fault) });
            Action::Finish
        }
    };
    Advance { steps, effects, action }
}

impl Run {
    /// A run that stands before its flow's first node.
    pub fn new(id: RunId, flow: &Flow, start: Start) -> Self {
        let mut frame = Frame::new(flow, start.vars);
        if let Some(node) = start.at {
            frame.node = node;
        }
        Self {
            id,
            event: start.event,
            contact: start.contact,
            frames: vec![frame],
            callers: Vec::new(),
            phase: Phase::Entered,
            ordinal: 0,
            effects: 0,
            secrets: Vec::new(),
            single: start.single,
            connected: None,
            ended: None,
        }
    }

    /// The call to send, while `Action::Call` stands.
    pub fn pending(&self) -> Option<&Pending> {
        match &self.phase {
            Phase::Calling(pending) | Phase::Retrying(pending) => Some(pending),
            _ => None,
        }
    }

    /// The flow that it must be told of to go on.
    pub fn wants(&self) -> FlowRef<'_> {
        match &self.phase {
            Phase::Jumping { flow } | Phase::Entering { flow, .. } => FlowRef::Latest(flow),
            _ => {
                let Frame { key, version, flow, .. } = self.frame();
                FlowRef::Pinned { slug: flow, key: *key, version: *version }
            }
        }
    }

    /// The slug of the flow that it is in.
    pub fn flow(&self) -> &str {
        &self.frame().flow
    }

    /// The node that it sleeps at or calls from, where it does.
    pub fn stands_at(&self) -> Option<&str> {
        match &self.phase {
            Phase::Calling(pending) | Phase::Retrying(pending) => Some(&pending.step.node),
            Phase::Waiting(step) | Phase::Entering { step, .. } => Some(&step.node),
            Phase::Entered
            | Phase::Connecting
            | Phase::Jumping { .. }
            | Phase::Returning { .. }
            | Phase::Over => None,
        }
    }

    /// The node that it stands at, by its position in that flow.
    pub fn node(&self) -> usize {
        self.frame().node
    }

    /// The variables of the flow that it is in; those of `sensitive` outputs masked.
    pub fn shown_vars(&self) -> Vars {
        let mut vars = self.frame().vars.clone();
        for (name, shown) in &self.frame().shown {
            if vars.get(name).is_some() {
                vars.insert(name.clone(), shown.clone().into());
            }
        }
        vars
    }

    /// Texts that must be masked wherever this run is shown.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// What makes the jitter of this step's retries its own.
    pub(crate) fn seed(&self) -> String {
        format!("{}/{}", self.id, self.ordinal)
    }

    /// The key of the call that it stands before: the same on every attempt, and unique to the visit.
    pub fn idempotency_key(&self) -> String {
        let digest = Sha256::digest(format!("callout/key/{}", self.seed()));
        digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn contact_if_any(&self) -> Option<&Value> {
        (!self.contact.is_null()).then_some(&self.contact)
    }

    /// Whom a message is for where the author does not say.
    pub(crate) fn contact_id(&self) -> Value {
        let id = self.contact.get("id").or_else(|| self.contact.get("externalId"));
        id.cloned().unwrap_or(Value::Null)
    }

    pub(crate) fn locale(&self) -> Option<&str> {
        self.contact.get("locale").or_else(|| self.event.get("locale")).and_then(Value::as_str)
    }

    fn frame(&self) -> &Frame {
        // A run is in at least one flow from its making to its end.
        &self.frames[self.frames.len() - 1]
    }

    fn frame_mut(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Leaves a sub-flow; the caller's own flow is needed to go on.
    fn return_to_caller(&mut self, completed: bool, result: Value, fault: Option<Fault>) -> Action {
        self.frames.pop();
        self.phase = Phase::Returning { completed, result, fault };
        Action::Open
    }

    /// Puts off a call that was asked for and not sent: when the run is taken up, it is sent as the same attempt.
    pub fn put_off(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Calling(pending) => Phase::Retrying(pending),
            other => other,
        };
    }

    fn end(&mut self, ended: Ended) {
        self.phase = Phase::Over;
        self.ended = Some(ended);
    }
}

/// Which flow, and which text of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowRef<'r> {
    /// The published one, to be pinned from now on.
    Latest(&'r str),
    /// The one that the run entered, whatever was published since.
    Pinned { slug: &'r str, key: u32, version: u32 },
}

/// What a run starts with.
#[derive(Debug, Default)]
pub struct Start {
    pub event: Value,
    /// Null where the event is nobody's.
    pub contact: Value,
    pub vars: Map<String, Value>,
    /// Another node than the flow's first, by position.
    pub at: Option<usize>,
    /// Stop after the first step.
    pub single: bool,
}

impl Start {
    /// What a trigger's `when` may read.
    pub fn scope(&self) -> crate::scope::Scope<'_> {
        crate::scope::Scope { event: Some(&self.event), contact: Some(&self.contact), ..Default::default() }
    }
}

/// Whole milliseconds from one time to a later one.
pub(crate) fn millis_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

/// Renders the request of the call that a run stands before, with its connection if it names one, and changes nothing; `None` at another kind of node.
pub fn render_call(
    flow: &Flow,
    run: &mut Run,
    connected: Option<Arc<Connected>>,
    now: Timestamp,
) -> Option<Result<crate::render::Rendered, Vec<crate::render::Invalid>>> {
    let node = flow.node(run.frame().node)?;
    let NodeKind::ApiCall(call) = &node.kind else { return None };
    run.connected = connected;
    let visit = Visit::begin(run, flow, node, now);
    Some(call.render(&visit))
}
