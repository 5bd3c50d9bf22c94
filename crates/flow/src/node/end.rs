//! The `end` node: the run is over.

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
