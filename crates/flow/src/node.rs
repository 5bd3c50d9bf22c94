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
