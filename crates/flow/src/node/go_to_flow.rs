//! The `goToFlow` node: on in another flow, or another flow as a part of this one.

use crate::case::{self, Case};
use crate::flow::{Target, Targets};
use crate::outcome_key::OutcomeKey;
use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::JsonTemplate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::draft::CaseDraft;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GoToMode {
    #[default]
    Jump,
    SubFlow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GoToFlowDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The other flow's slug.
    pub flow: String,
    /// `jump` goes there for good and takes the variables along; `subFlow` comes back with its result.
    #[serde(default)]
    pub mode: GoToMode,
    /// The variables a sub-flow starts with.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Value>,
    /// The variable that takes a sub-flow's `end.result`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_variable: Option<String>,
    /// Ways on after a sub-flow, on `success` (it completed) or `failed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseDraft>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct GoToFlow {
    pub flow: String,
    mode: GoToMode,
    inputs: Vec<(String, JsonTemplate)>,
    result_variable: Option<String>,
    pub cases: Vec<Case>,
    pub next: Option<Target>,
}

impl GoToFlow {
    pub(crate) fn compile(
        draft: &GoToFlowDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut inputs = Vec::new();
        for (name, value) in &draft.inputs {
            let at = at.key("inputs").key(name);
            let named = super::check_variable_name(name, at.clone(), problems);
            if let (true, Some(template)) = (named, JsonTemplate::compile(value, Roots::FLOW, &at, problems))
            {
                inputs.push((name.clone(), template));
            }
        }
        let named = draft
            .result_variable
            .as_deref()
            .is_none_or(|name| super::check_variable_name(name, at.key("resultVariable"), problems));
        let cases = super::compile_cases(&draft.cases, targets, &at.key("cases"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems);
        (named && inputs.len() == draft.inputs.len()).then_some(Self {
            flow: draft.flow.clone(),
            mode: draft.mode,
            inputs,
            result_variable: draft.result_variable.clone(),
            cases: cases?,
            next: next?,
        })
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        match self.mode {
            GoToMode::Jump => Ok(Move::Leave(Exit::Next(Some(Target::Flow(self.flow.clone()))))),
            GoToMode::SubFlow => {
                let mut vars = serde_json::Map::new();
                for (name, template) in &self.inputs {
                    let value = visit.render_json(template)?;
                    vars.insert(name.clone(), value);
                }
                Ok(Move::SubFlow { flow: self.flow.clone(), vars })
            }
        }
    }

    /// The sub-flow is over: its result is set, and a way taken.
    pub(crate) fn returned(
        &self,
        visit: &mut Visit<'_>,
        completed: bool,
        result: Value,
    ) -> Result<Exit, Fault> {
        // The two outcomes of a sub-flow, in the words of calls.
        let outcome = if completed { OutcomeKey::Status(200) } else { OutcomeKey::Unknown };
        if let Some(name) = &self.result_variable {
            visit.set(vec![(name.clone(), Some(result.clone().into()))], IndexMap::new())?;
        }
        let mut notes = Vec::new();
        let taken = {
            let roots = visit.roots();
            let ended = case::Ended { outcome, result: Some(&result), scope: &visit.scope(&roots) };
            case::take(&self.cases, &ended, &mut notes).map(|(taken, to)| (taken, to.clone()))
        };
        visit.step.problems.append(&mut notes);
        Ok(match taken {
            Some((taken, to)) => Exit::Case(taken, to),
            None => Exit::Next(self.next.clone()),
        })
    }
}
