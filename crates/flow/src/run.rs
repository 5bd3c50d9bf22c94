//! One walk through a flow as a pure machine: it is told what happened and says what to do next.

pub mod visit;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::flow::{Flow, Target};
use crate::id::RunId;
use crate::node::NodeKind;
use crate::node::api_call::AfterAttempt;
use crate::outcome::{Hop, Outcome, Timing};
use crate::request::{PreparedRequest, RenderedAuth};
use crate::step::{CaseTaken, Effect, Step};
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
    pub ended: Option<Ended>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub completed: bool,
    pub result: Value,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

/// Something that ends a run: a step limit, a template error outside an `apiCall`, `onFailure: end`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Fault {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), node: None }
    }
}

/// One flow that a run is in.
#[derive(Debug)]
pub struct Frame {
    pub flow: String,
    pub version: u32,
    node: usize,
    /// An object.
    vars: Value,
    /// An object: the last visit of each call.
    views: Value,
    visits: IndexMap<String, u32>,
    sensitive: Vec<String>,
}

impl Frame {
    fn new(flow: &Flow, vars: Map<String, Value>) -> Self {
        Self {
            flow: flow.slug.clone(),
            version: flow.version,
            node: flow.start(),
            vars: Value::Object(vars),
            views: Value::Object(Map::new()),
            visits: IndexMap::new(),
            sensitive: Vec::new(),
        }
    }
}

/// Where a run stands between two inputs.
#[derive(Debug)]
enum Phase {
    /// Before a node.
    Entered,
    Calling(Box<Pending>),
    Retrying(Box<Pending>),
    Waiting(Box<Step>),
    /// A jump whose flow is being read.
    Jumping,
    /// A sub-flow is being read (`step` is the node's that calls it).
    Entering(Box<Step>, Map<String, Value>),
    /// The frame above has ended; the caller's own flow is needed to go on.
    Returning {
        completed: bool,
        result: Value,
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
}

/// What a run asks for.
#[derive(Debug)]
pub enum Action {
    /// Send the run's `pending` call.
    Call,
    /// Nothing before this time.
    Sleep { until: Timestamp, retry: bool },
    /// Tell it of this flow.
    Open { flow: String },
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
    let action = match machine(flow, run, input, now, &mut steps, &mut effects) {
        Ok(action) => action,
        Err(fault) => {
            run.end(Ended { completed: false, result: Value::Null, fault: Some(fault) });
            Action::Finish
        }
    };
    Advance { steps, effects, action }
}

fn machine(
    flow: &Flow,
    run: &mut Run,
    input: Input,
    now: Timestamp,
    steps: &mut Vec<Step>,
    effects: &mut Vec<Effect>,
) -> Result<Action, Fault> {
    let mut walk = Walk { flow, now, steps, effects };
    match (std::mem::replace(&mut run.phase, Phase::Over), input) {
        (Phase::Entered, Input::Flow) => walk.on(run),
        (Phase::Jumping, Input::Flow) => {
            // A jump goes there for good: the variables go along, what was seen of calls does not.
            let mut frame = Frame::new(flow, Map::new());
            if let Some(left) = run.frames.pop() {
                frame.vars = left.vars;
                frame.sensitive = left.sensitive;
            }
            run.frames.push(frame);
            walk.on(run)
        }
        (Phase::Entering(step, vars), Input::Flow) => {
            run.callers.push(*step);
            run.frames.push(Frame::new(flow, vars));
            walk.on(run)
        }
        (Phase::Returning { completed, result }, Input::Flow) => walk.returned(run, completed, result),
        (Phase::Calling(pending), Input::Attempt(over)) => walk.attempt_over(run, *pending, *over),
        (Phase::Retrying(pending), Input::Woke) => {
            run.phase = Phase::Calling(pending);
            Ok(Action::Call)
        }
        (Phase::Waiting(step), Input::Woke) => walk.woke(run, *step),
        (Phase::Jumping | Phase::Entering(..) | Phase::Returning { .. }, Input::NoFlow) => {
            Err(Fault::new("unknown-flow", "the flow that it goes to is not there"))
        }
        (phase, input) => {
            Err(Fault::new("out-of-step", format!("a run that is {phase:?} cannot be told {input:?}")))
        }
    }
}

/// One stretch of a run between two actions.
struct Walk<'a> {
    flow: &'a Flow,
    now: Timestamp,
    steps: &'a mut Vec<Step>,
    effects: &'a mut Vec<Effect>,
}

impl Walk<'_> {
    /// From node to node until one must act.
    fn on(&mut self, run: &mut Run) -> Result<Action, Fault> {
        let flow = self.flow;
        loop {
            if run.ordinal >= STEPS_MAX {
                let message = format!("the run took {STEPS_MAX} steps; a loop without an end is likely");
                return Err(Fault::new("step-limit", message));
            }
            let index = run.frame().node;
            let Some(node) = flow.node(index) else {
                return Err(Fault::new(
                    "out-of-step",
                    "the run stands at a node that its flow does not have",
                ));
            };
            let mut visit = Visit::begin(run, flow, node, self.now);
            let entered = node.kind.enter(&mut visit);
            let (step, effects) = visit.over();
            self.effects.extend(effects);
            match entered {
                Ok(Move::Leave(exit)) => {
                    if let Some(action) = self.leave(run, step, exit)? {
                        return Ok(action);
                    }
                }
                Ok(Move::Call(pending)) => {
                    run.phase = Phase::Calling(pending);
                    return Ok(Action::Call);
                }
                Ok(Move::Wait { until }) => {
                    run.phase = Phase::Waiting(Box::new(step));
                    return Ok(Action::Sleep { until, retry: false });
                }
                Ok(Move::SubFlow { flow, vars }) => {
                    if run.frames.len() >= FRAMES_MAX {
                        let message = format!("sub-flows call one another more than {FRAMES_MAX} deep");
                        return Err(self.fault(step, Fault::new("sub-flow-depth", message)));
                    }
                    run.phase = Phase::Entering(Box::new(step), vars);
                    return Ok(Action::Open { flow });
                }
                Err(fault) => return Err(self.fault(step, fault)),
            }
        }
    }

    fn attempt_over(&mut self, run: &mut Run, pending: Pending, over: AttemptOver) -> Result<Action, Fault> {
        let flow = self.flow;
        let Some(NodeKind::ApiCall(call)) = flow.node(run.frame().node).map(|node| &node.kind) else {
            return Err(Fault::new("out-of-step", "an attempt ended at a node that calls nothing"));
        };
        let mut visit = Visit::resume(run, flow, pending.step.clone(), self.now);
        let after = call.attempt_over(&mut visit, pending, over);
        let (step, _) = visit.over();
        match after {
            Ok(AfterAttempt::Retry { at, pending }) => {
                run.phase = Phase::Retrying(pending);
                Ok(Action::Sleep { until: at, retry: true })
            }
            Ok(AfterAttempt::Leave(exit)) => match self.leave(run, step, exit)? {
                Some(action) => Ok(action),
                None => self.on(run),
            },
            Err(fault) => Err(self.fault(step, fault)),
        }
    }

    fn woke(&mut self, run: &mut Run, step: Step) -> Result<Action, Fault> {
        let next = match self.flow.node(run.frame().node).map(|node| &node.kind) {
            Some(NodeKind::Wait(wait)) => wait.next.clone(),
            _ => return Err(Fault::new("out-of-step", "a wait ended at a node that does not wait")),
        };
        match self.leave(run, step, Exit::Next(next))? {
            Some(action) => Ok(action),
            None => self.on(run),
        }
    }

    /// A sub-flow is over: its caller's node goes on.
    fn returned(&mut self, run: &mut Run, completed: bool, result: Value) -> Result<Action, Fault> {
        let flow = self.flow;
        let Some(step) = run.callers.pop() else {
            return Err(Fault::new("out-of-step", "a sub-flow ended that nobody called"));
        };
        let Some(NodeKind::GoToFlow(caller)) = flow.node(run.frame().node).map(|node| &node.kind) else {
            return Err(Fault::new("out-of-step", "a sub-flow ended at a node that called none"));
        };
        let mut visit = Visit::resume(run, flow, step, self.now);
        let exit = caller.returned(&mut visit, completed, result);
        let (step, _) = visit.over();
        let exit = match exit {
            Ok(exit) => exit,
            Err(fault) => return Err(self.fault(step, fault)),
        };
        match self.leave(run, step, exit)? {
            Some(action) => Ok(action),
            None => self.on(run),
        }
    }

    /// Writes the step down and moves on; an action where someone must do something first.
    fn leave(&mut self, run: &mut Run, mut step: Step, exit: Exit) -> Result<Option<Action>, Fault> {
        step.duration_ms = millis_between(step.started_at, self.now);
        let (case, target) = match exit {
            Exit::Next(Some(target)) => (CaseTaken::Next, target),
            Exit::Case(case, target) => (case, target),
            Exit::Next(None) => {
                self.steps.push(step);
                return Ok(Some(self.end_frame(run, true, Value::Null)));
            }
            Exit::End { completed, result } => {
                self.steps.push(step);
                return Ok(Some(self.end_frame(run, completed, result)));
            }
            Exit::Fail(message) => {
                return Err(self.fault(step, Fault::new("failure-ends-run", message)));
            }
        };
        step.case = case;
        step.to = Some(match &target {
            Target::Flow(slug) => format!("flow:{slug}"),
            Target::Node(index) => self.flow.node(*index).map(|n| n.id.clone()).unwrap_or_default(),
        });
        self.steps.push(step);
        if run.single && run.callers.is_empty() {
            return Ok(Some(self.end_frame(run, true, Value::Null)));
        }
        match target {
            Target::Node(index) => {
                run.frame_mut().node = index;
                Ok(None)
            }
            Target::Flow(flow) => {
                run.phase = Phase::Jumping;
                Ok(Some(Action::Open { flow }))
            }
        }
    }

    /// A flow is over: the run with it, or back to the flow that called it.
    fn end_frame(&mut self, run: &mut Run, completed: bool, result: Value) -> Action {
        if run.callers.is_empty() {
            run.end(Ended { completed, result, fault: None });
            return Action::Finish;
        }
        run.frames.pop();
        run.phase = Phase::Returning { completed, result };
        Action::Open { flow: run.frame().flow.clone() }
    }

    fn fault(&mut self, mut step: Step, mut fault: Fault) -> Fault {
        fault.node = Some(step.node.clone());
        step.duration_ms = millis_between(step.started_at, self.now);
        step.problems.push(crate::outcome::Note { code: fault.code.into(), message: fault.message.clone() });
        self.steps.push(step);
        fault
    }
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

    /// The slug of the flow that it is in.
    pub fn flow(&self) -> &str {
        &self.frame().flow
    }

    /// The node that it stands at, by its position in that flow.
    pub fn node(&self) -> usize {
        self.frame().node
    }

    /// The variables of the flow that it is in; those of `sensitive` outputs masked.
    pub fn shown_vars(&self) -> Map<String, Value> {
        let mut vars = self.frame().vars.as_object().cloned().unwrap_or_default();
        for name in &self.frame().sensitive {
            if let Some(value) = vars.get_mut(name) {
                *value = crate::step::MASK.into();
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

    /// The same for every attempt of this step, unique to the visit.
    pub(crate) fn idempotency_key(&self) -> String {
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

    fn end(&mut self, ended: Ended) {
        self.phase = Phase::Over;
        self.ended = Some(ended);
    }
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

/// Renders the request of the call that a run stands before, and changes nothing; `None` at another kind of node.
pub fn render_call(
    flow: &Flow,
    run: &mut Run,
    now: Timestamp,
) -> Option<Result<crate::render::Rendered, Vec<crate::render::Invalid>>> {
    let node = flow.node(run.frame().node)?;
    let NodeKind::ApiCall(call) = &node.kind else { return None };
    let visit = Visit::begin(run, flow, node, now);
    Some(call.render(&visit))
}
