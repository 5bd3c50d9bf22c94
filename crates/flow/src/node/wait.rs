//! The `wait` node: the run sleeps.

use crate::flow::{Target, Targets};
use crate::problem::{FieldPath, Problem};
use crate::run::{Move, Visit};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaitDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long, as `30s`, `5m`, `1h30m` or `2d`.
    pub duration: String,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct Wait {
    duration: SignedDuration,
    pub next: Option<Target>,
}

impl Wait {
    pub(crate) fn compile(
        draft: &WaitDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let duration = crate::duration::parse_duration(&draft.duration).map_err(|why| {
            problems.push(Problem::error("duration", at.key("duration"), why, ""));
        });
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems)?;
        Some(Self { duration: duration.ok()?, next })
    }

    pub(crate) fn enter(&self, visit: &Visit<'_>) -> Move {
        let until = visit.now.checked_add(self.duration).unwrap_or(jiff::Timestamp::MAX);
        Move::Wait { until }
    }
}
