//! What a run is put down as and taken up from: all that recovery needs, and no credential.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AttemptOver, Fault, Frame, Input, Pending, Phase, Run, Visit};
use crate::flow::Flow;
use crate::id::RunId;
use crate::node::api_call::Source;
use crate::node::{NodeKind, word_of};
use crate::outcome::{Failure, FailureClass, Note, Outcome, Phase as CallPhase, Timing};
use crate::request::{PreparedRequest, RenderedAuth};
use crate::step::{Attempt, RequestRecord, Step};

/// A state that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadState(String);

impl std::fmt::Display for BadState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the run's state cannot be read: {}", self.0)
    }
}

impl std::error::Error for BadState {}

/// A run between two inputs, without its id, event and contact: those never change and are kept beside it.
#[derive(Serialize, Deserialize)]
struct State<'r> {
    frames: Cow<'r, [Frame]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    callers: Vec<OpenStep<'r>>,
    phase: PhaseState<'r>,
    ordinal: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    effects: u32,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    secrets: Cow<'r, [String]>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    single: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PhaseState<'r> {
    Entered,
    Calling(Call<'r>),
    Retrying(Call<'r>),
    Waiting(OpenStep<'r>),
    Jumping { flow: Cow<'r, str> },
    Entering { flow: Cow<'r, str>, step: OpenStep<'r>, vars: Cow<'r, Map<String, Value>> },
    Returning { completed: bool, result: Cow<'r, Value>, fault: Option<Cow<'r, Fault>> },
    Over,
}

/// A call under way. What `auth` rendered to is not kept: it is rendered again from the same scope.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call<'r> {
    step: OpenStep<'r>,
    request: Cow<'r, PreparedRequest>,
    attempt: u32,
    first_started_at: Timestamp,
}

/// A step that is not over: what it has so far. Its request is the call's.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenStep<'r> {
    node: Cow<'r, str>,
    #[serde(rename = "type")]
    kind: Cow<'r, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'r, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<Cow<'r, str>>,
    visit: u32,
    started_at: Timestamp,
    #[serde(default, skip_serializing_if = "<[Attempt]>::is_empty")]
    attempts: Cow<'r, [Attempt]>,
    #[serde(default, skip_serializing_if = "<[Note]>::is_empty")]
    problems: Cow<'r, [Note]>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl<'r> From<&'r Step> for OpenStep<'r> {
    fn from(step: &'r Step) -> Self {
        Self {
            node: step.node.as_str().into(),
            kind: step.kind.into(),
            name: step.name.as_deref().map(Cow::Borrowed),
            flow: step.flow.as_deref().map(Cow::Borrowed),
            visit: step.visit,
            started_at: step.started_at,
            attempts: step.attempts.as_slice().into(),
            problems: step.problems.as_slice().into(),
        }
    }
}

impl OpenStep<'_> {
    fn into_step(self) -> Result<Step, BadState> {
        let kind =
            word_of(&self.kind).ok_or_else(|| BadState(format!("there is no node type `{}`", self.kind)))?;
        Ok(Step {
            name: self.name.map(Cow::into_owned),
            flow: self.flow.map(Cow::into_owned),
            attempts: self.attempts.into_owned(),
            problems: self.problems.into_owned(),
            ..Step::begin(self.node.into_owned(), kind, self.visit, self.started_at)
        })
    }
}

impl Call<'_> {
    fn into_pending(self) -> Result<Box<Pending>, BadState> {
        Ok(Box::new(Pending {
            step: self.step.into_step()?,
            request: self.request.into_owned(),
            auth: RenderedAuth::None,
            attempt: self.attempt,
            first_started_at: self.first_started_at,
        }))
    }
}

impl<'r> From<&'r Pending> for Call<'r> {
    fn from(pending: &'r Pending) -> Self {
        Self {
            step: (&pending.step).into(),
            request: Cow::Borrowed(&pending.request),
            attempt: pending.attempt,
            first_started_at: pending.first_started_at,
        }
    }
}

impl Run {
    /// The run as JSON text, for [`Run::load`]. It holds the values of `sensitive` outputs: not for showing.
    pub fn save(&self) -> Vec<u8> {
        let phase = match &self.phase {
            Phase::Entered | Phase::Connecting => PhaseState::Entered,
            Phase::Calling(pending) => PhaseState::Calling((&**pending).into()),
            Phase::Retrying(pending) => PhaseState::Retrying((&**pending).into()),
            Phase::Waiting(step) => PhaseState::Waiting((&**step).into()),
            Phase::Jumping { flow } => PhaseState::Jumping { flow: flow.into() },
            Phase::Entering { flow, step, vars } => {
                PhaseState::Entering { flow: flow.into(), step: (&**step).into(), vars: Cow::Borrowed(vars) }
            }
            Phase::Returning { completed, result, fault } => PhaseState::Returning {
                completed: *completed,
                result: Cow::Borrowed(result),
                fault: fault.as_ref().map(Cow::Borrowed),
            },
            Phase::Over => PhaseState::Over,
        };
        let state = State {
            frames: self.frames.as_slice().into(),
            callers: self.callers.iter().map(OpenStep::from).collect(),
            phase,
            ordinal: self.ordinal,
            effects: self.effects,
            secrets: self.secrets.as_slice().into(),
            single: self.single,
        };
        // Maps with text keys, numbers and texts: nothing in it can fail.
        serde_json::to_vec(&state).unwrap_or_default()
    }

    /// A run as [`Run::save`] left it. It must be taken up before it is advanced: [`take_up`].
    pub fn load(id: RunId, event: Value, contact: Value, state: &[u8]) -> Result<Self, BadState> {
        // A body nests as deep as bodies may, and stands some levels down in it.
        let mut reader = serde_json::Deserializer::from_slice(state);
        reader.disable_recursion_limit();
        let state = State::deserialize(&mut reader).map_err(|error| BadState(error.to_string()))?;
        let phase = match state.phase {
            PhaseState::Entered => Phase::Entered,
            PhaseState::Calling(call) => Phase::Calling(call.into_pending()?),
            PhaseState::Retrying(call) => Phase::Retrying(call.into_pending()?),
            PhaseState::Waiting(step) => Phase::Waiting(Box::new(step.into_step()?)),
            PhaseState::Jumping { flow } => Phase::Jumping { flow: flow.into_owned() },
            PhaseState::Entering { flow, step, vars } => Phase::Entering {
                flow: flow.into_owned(),
                step: Box::new(step.into_step()?),
                vars: vars.into_owned(),
            },
            PhaseState::Returning { completed, result, fault } => {
                Phase::Returning { completed, result: result.into_owned(), fault: fault.map(Cow::into_owned) }
            }
            PhaseState::Over => Phase::Over,
        };
        if state.frames.is_empty() {
            return Err(BadState("it is in no flow".to_owned()));
        }
        let callers = state.callers.into_iter().map(OpenStep::into_step).collect::<Result<_, _>>()?;
        Ok(Self {
            id,
            event,
            contact,
            frames: state.frames.into_owned(),
            callers,
            phase,
            ordinal: state.ordinal,
            effects: state.effects,
            secrets: state.secrets.into_owned(),
            single: state.single,
            connected: None,
            ended: None,
        })
    }
}

/// What a run that was put down, or whose process ended, is told when it is taken up again. `flow` is the one that
/// `Run::wants` names.
///
/// A call that was under way counts as sent and not answered: the ordinary rules say whether it goes out again.
///
/// # Errors
/// Where the flow does not fit the state, or the call's credentials cannot be rendered again.
pub fn take_up(flow: &Flow, run: &mut Run, now: Timestamp) -> Result<Input, Fault> {
    match &run.phase {
        Phase::Calling(_) => {
            revive(flow, run)?;
            let message = "the process ended while the call was under way";
            let failure = Failure {
                class: FailureClass::Interrupted,
                phase: CallPhase::Send,
                message: message.to_owned(),
            };
            Ok(Input::Attempt(Box::new(AttemptOver {
                not_before: None,
                outcome: Outcome::NoAnswer(failure),
                started_at: now,
                timing: Timing::default(),
                hops: Vec::new(),
            })))
        }
        Phase::Retrying(_) => revive(flow, run).map(|()| Input::Woke),
        Phase::Waiting(_) => Ok(Input::Woke),
        Phase::Connecting => {
            run.phase = Phase::Entered;
            Ok(Input::Flow)
        }
        Phase::Entered | Phase::Jumping { .. } | Phase::Entering { .. } | Phase::Returning { .. } => {
            Ok(Input::Flow)
        }
        Phase::Over => Err(Fault::new("out-of-step", "the run is over")),
    }
}

/// Renders the credentials of the call under way again, from the scope that its request was rendered from.
fn revive(flow: &Flow, run: &mut Run) -> Result<(), Fault> {
    let misfit = || Fault::new("out-of-step", "the run stands at a call that its flow does not have");
    let Some(NodeKind::ApiCall(call)) = flow.node(run.node()).map(|node| &node.kind) else {
        return Err(misfit());
    };
    let Some(step) = run.pending().map(|pending| pending.step.clone()) else { return Err(misfit()) };
    let at = step.started_at;
    let auth = call.render_auth(&Visit::resume(run, flow, step, at)).map_err(|invalid| {
        let told: Vec<String> = invalid.iter().map(|i| i.message.clone()).collect();
        Fault::new(
            "template-failed",
            format!("the credentials cannot be rendered again: {}", told.join("; ")),
        )
    })?;
    if let Phase::Calling(pending) | Phase::Retrying(pending) = &mut run.phase {
        let shown = match &call.source {
            Source::Integration { integration, .. } => integration.auth.shown(),
            Source::Http { .. } => auth.clone(),
        };
        pending.step.request = Some(RequestRecord::new(&pending.request, &shown));
        pending.auth = auth;
    }
    Ok(())
}
