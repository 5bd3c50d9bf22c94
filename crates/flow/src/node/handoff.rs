//! The `handoff` node: the conversation goes to people.

use crate::flow::{Target, Targets};
use crate::node::screen_pop::Field;
use crate::node::screen_pop::FieldDraft;
use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use crate::template::Template;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandoffDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The group that takes over. Give `group` or `agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The agent who takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What they should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDraft>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct Handoff {
    group: Option<Template>,
    agent: Option<Template>,
    note: Option<Template>,
    fields: Vec<Field>,
    pub next: Option<Target>,
}

impl Handoff {
    pub(crate) fn compile(
        draft: &HandoffDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        if draft.group.is_some() == draft.agent.is_some() {
            problems.push(Problem::error(
                "handoff-target",
                at.clone(),
                "a handoff goes to a group or to an agent",
                "Give `group` or `agent`, not both and not neither.",
            ));
            return None;
        }
        let group = super::compile_optional(draft.group.as_deref(), &at.key("group"), problems);
        let agent = super::compile_optional(draft.agent.as_deref(), &at.key("agent"), problems);
        let note = super::compile_optional(draft.note.as_deref(), &at.key("note"), problems);
        let fields = Field::compile_all(&draft.fields, &at.key("fields"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems);
        Some(Self { group: group?, agent: agent?, note: note?, fields: fields?, next: next? })
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let to = match (&self.group, &self.agent) {
            (Some(group), _) => serde_json::json!({ "group": visit.render_plain(group)? }),
            (None, agent) => serde_json::json!({ "agent": visit.render_optional(agent.as_ref())? }),
        };
        let note = visit.render_optional(self.note.as_ref())?;
        let fields = Field::render_all(&self.fields, visit)?;
        visit.effect("handoff", to, serde_json::json!({ "note": note, "fields": fields }));
        Ok(Move::Leave(Exit::Next(self.next.clone())))
    }
}
