//! The `setVars` node: values under names.

use crate::flow::{Target, Targets};
use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::JsonTemplate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetVarsDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The variables to set; a leaf that is one `{{ expression }}` keeps its type.
    pub set: IndexMap<String, Value>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct SetVars {
    set: Vec<(String, JsonTemplate)>,
    pub next: Option<Target>,
}

impl SetVars {
    pub(crate) fn compile(
        draft: &SetVarsDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut set = Vec::new();
        for (name, value) in &draft.set {
            let at = at.key("set").key(name);
            let named = super::check_variable_name(name, at.clone(), problems);
            let template = JsonTemplate::compile(value, Roots::FLOW, &at, problems);
            if let (true, Some(template)) = (named, template) {
                set.push((name.clone(), template));
            }
        }
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems)?;
        (set.len() == draft.set.len()).then_some(Self { set, next })
    }

    /// All values are read from the scope at entry, then set together.
    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let mut values = Vec::with_capacity(self.set.len());
        for (name, template) in &self.set {
            let value = visit.render_json(template)?;
            values.push((name.clone(), Some(value.into())));
        }
        visit.set(values, IndexMap::new())?;
        Ok(Move::Leave(Exit::Next(self.next.clone())))
    }
}
