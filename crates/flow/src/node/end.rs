//! The `end` node: the run is over.

use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::JsonTemplate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndStatus {
    #[default]
    Completed,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How the run ends.
    #[serde(default)]
    pub status: EndStatus,
    /// What the run gives back: JSON with templates in its leaves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::draft::present")]
    #[schemars(with = "Value")]
    pub result: Option<Value>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct End {
    status: EndStatus,
    result: Option<JsonTemplate>,
}

impl End {
    pub(crate) fn compile(draft: &EndDraft, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let result = match &draft.result {
            None => None,
            Some(value) => Some(JsonTemplate::compile(value, Roots::FLOW, &at.key("result"), problems)?),
        };
        Some(Self { status: draft.status, result })
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let result = match &self.result {
            Some(result) => visit.render_json(result)?,
            None => Value::Null,
        };
        Ok(Move::Leave(Exit::End { completed: self.status == EndStatus::Completed, result }))
    }
}
