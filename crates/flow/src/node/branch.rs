//! The `branch` node: ways by expressions.

use crate::case::{self, Case};
use crate::flow::{Target, Targets};
use crate::outcome_key::OutcomeKey;
use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One way out of a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BranchCaseDraft {
    /// A label for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The expression that must hold.
    pub when: String,
    /// A node's id, or `flow:<slug>`.
    pub to: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BranchDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tried in order; the first whose `when` holds wins.
    pub cases: Vec<BranchCaseDraft>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct Branch {
    pub cases: Vec<Case>,
    pub next: Option<Target>,
}

impl Branch {
    pub(crate) fn compile(
        draft: &BranchDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut cases = Vec::new();
        for (index, way) in draft.cases.iter().enumerate() {
            let at = at.key("cases").index(index);
            let when = crate::flow::compile_condition(Some(&way.when), &at.key("when"), problems);
            let to = targets.find(&way.to, &at.key("to"), problems);
            if let (Some(when), Some(to)) = (when, to) {
                cases.push(Case { name: way.name.clone(), on: Vec::new(), result: None, when, to });
            }
        }
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems)?;
        (cases.len() == draft.cases.len()).then_some(Self { cases, next })
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let mut notes = Vec::new();
        let taken = {
            let roots = visit.roots();
            // A branch has no outcome; its cases name none, so that any key serves.
            let ended =
                case::Ended { outcome: OutcomeKey::Status(200), result: None, scope: &visit.scope(&roots) };
            case::take(&self.cases, &ended, &mut notes).map(|(taken, to)| (taken, to.clone()))
        };
        visit.step.problems.append(&mut notes);
        Ok(Move::Leave(match taken {
            Some((taken, to)) => Exit::Case(taken, to),
            None => Exit::Next(self.next.clone()),
        }))
    }
}
