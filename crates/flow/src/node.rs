//! The kinds of node: a closed set, one file a kind with its draft, its check and its move.

pub mod api_call;
pub mod branch;
pub mod end;
pub mod go_to_flow;
pub mod handoff;
pub mod message;
pub mod screen_pop;
pub mod set_vars;
pub mod wait;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::flow::{Target, Targets};
use crate::integration::Known;
use crate::problem::{FieldPath, Problem};
use crate::run::{Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::Template;

/// One step of a flow as authored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum NodeDraft {
    /// Calls an API and branches on what came back.
    ApiCall(Box<api_call::ApiCallDraft>),
    /// Sets variables.
    SetVars(set_vars::SetVarsDraft),
    /// Goes one of several ways by expressions.
    Branch(branch::BranchDraft),
    /// Shows the contact a message.
    Message(message::MessageDraft),
    /// Opens a record on an agent's screen.
    ScreenPop(screen_pop::ScreenPopDraft),
    /// Hands the conversation to a group or an agent.
    Handoff(handoff::HandoffDraft),
    /// Waits for a time.
    Wait(wait::WaitDraft),
    /// Goes on in another flow, or runs it as a part of this one.
    GoToFlow(go_to_flow::GoToFlowDraft),
    /// Ends the run.
    End(end::EndDraft),
}

impl NodeDraft {
    /// The node's name for people.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::ApiCall(node) => node.name.as_deref(),
            Self::SetVars(node) => node.name.as_deref(),
            Self::Branch(node) => node.name.as_deref(),
            Self::Message(node) => node.name.as_deref(),
            Self::ScreenPop(node) => node.name.as_deref(),
            Self::Handoff(node) => node.name.as_deref(),
            Self::Wait(node) => node.name.as_deref(),
            Self::GoToFlow(node) => node.name.as_deref(),
            Self::End(node) => node.name.as_deref(),
        }
    }
}

/// One step of a flow, compiled.
#[derive(Debug)]
pub struct Node {
    pub id: String,
    pub name: Option<String>,
    pub kind: NodeKind,
}

/// The kinds, compiled.
#[derive(Debug)]
pub enum NodeKind {
    ApiCall(Box<api_call::ApiCall>),
    SetVars(set_vars::SetVars),
    Branch(branch::Branch),
    Message(message::Message),
    ScreenPop(screen_pop::ScreenPop),
    Handoff(handoff::Handoff),
    Wait(wait::Wait),
    GoToFlow(go_to_flow::GoToFlow),
    End(end::End),
}

impl NodeKind {
    pub(crate) fn compile(
        draft: &NodeDraft,
        targets: &Targets<'_>,
        known: Option<&Known>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        Some(match draft {
            NodeDraft::ApiCall(draft) => {
                Self::ApiCall(Box::new(api_call::ApiCall::compile(draft, targets, known, at, problems)?))
            }
            NodeDraft::SetVars(draft) => {
                Self::SetVars(set_vars::SetVars::compile(draft, targets, at, problems)?)
            }
            NodeDraft::Branch(draft) => Self::Branch(branch::Branch::compile(draft, targets, at, problems)?),
            NodeDraft::Message(draft) => {
                Self::Message(message::Message::compile(draft, targets, at, problems)?)
            }
            NodeDraft::ScreenPop(draft) => {
                Self::ScreenPop(screen_pop::ScreenPop::compile(draft, targets, at, problems)?)
            }
            NodeDraft::Handoff(draft) => {
                Self::Handoff(handoff::Handoff::compile(draft, targets, at, problems)?)
            }
            NodeDraft::Wait(draft) => Self::Wait(wait::Wait::compile(draft, targets, at, problems)?),
            NodeDraft::GoToFlow(draft) => {
                Self::GoToFlow(go_to_flow::GoToFlow::compile(draft, targets, at, problems)?)
            }
            NodeDraft::End(draft) => Self::End(end::End::compile(draft, at, problems)?),
        })
    }

    /// The word of `type`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ApiCall(_) => "apiCall",
            Self::SetVars(_) => "setVars",
            Self::Branch(_) => "branch",
            Self::Message(_) => "message",
            Self::ScreenPop(_) => "screenPop",
            Self::Handoff(_) => "handoff",
            Self::Wait(_) => "wait",
            Self::GoToFlow(_) => "goToFlow",
            Self::End(_) => "end",
        }
    }

    /// Everywhere this node may lead.
    pub fn targets(&self) -> Vec<Target> {
        match self {
            Self::ApiCall(node) => cases_and_next(&node.cases, &node.next),
            Self::SetVars(node) => node.next.iter().cloned().collect(),
            Self::Branch(node) => cases_and_next(&node.cases, &node.next),
            Self::Message(node) => node.next.iter().cloned().collect(),
            Self::ScreenPop(node) => node.next.iter().cloned().collect(),
            Self::Handoff(node) => node.next.iter().cloned().collect(),
            Self::Wait(node) => node.next.iter().cloned().collect(),
            Self::GoToFlow(node) => {
                let mut targets = cases_and_next(&node.cases, &node.next);
                targets.push(Target::Flow(node.flow.clone()));
                targets
            }
            Self::End(_) => Vec::new(),
        }
    }

    /// Enters the node: decides what it does, and does nothing.
    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        match self {
            Self::ApiCall(node) => node.enter(visit),
            Self::SetVars(node) => node.enter(visit),
            Self::Branch(node) => node.enter(visit),
            Self::Message(node) => node.enter(visit),
            Self::ScreenPop(node) => node.enter(visit),
            Self::Handoff(node) => node.enter(visit),
            Self::Wait(node) => Ok(node.enter(visit)),
            Self::GoToFlow(node) => node.enter(visit),
            Self::End(node) => node.enter(visit),
        }
    }
}

/// A node type's word, where there is such a type.
pub(crate) fn word_of(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 9] =
        ["apiCall", "setVars", "branch", "message", "screenPop", "handoff", "wait", "goToFlow", "end"];
    WORDS.into_iter().find(|word| *word == text)
}

fn cases_and_next(cases: &[Case], next: &Option<Target>) -> Vec<Target> {
    cases.iter().map(|case| case.to.clone()).chain(next.iter().cloned()).collect()
}

/// Whether a text may name a variable: `[A-Za-z_][A-Za-z0-9_]*`.
pub fn is_variable_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reports a name that no variable can have.
pub(crate) fn check_variable_name(name: &str, at: FieldPath, problems: &mut Vec<Problem>) -> bool {
    let right = is_variable_name(name);
    if !right {
        problems.push(Problem::error(
            "variable-name",
            at,
            format!("`{name}` cannot name a variable"),
            "Use letters, digits and _, and begin with a letter or _.",
        ));
    }
    right
}

/// Compiles a text that may be left out; `None` where it cannot be read.
pub(crate) fn compile_optional(
    text: Option<&str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Option<Template>> {
    match text {
        None => Some(None),
        Some(text) => Template::compile(text, Roots::FLOW, at, problems).map(Some),
    }
}

/// Compiles all cases, so that every problem is told; `None` where one cannot be read.
pub(crate) fn compile_cases(
    drafts: &[crate::draft::CaseDraft],
    targets: &Targets<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Case>> {
    let compiled: Vec<Option<Case>> = drafts
        .iter()
        .enumerate()
        .map(|(index, draft)| Case::compile(draft, targets, &at.index(index), problems))
        .collect();
    compiled.into_iter().collect()
}
