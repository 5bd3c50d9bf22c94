//! Where a node goes next: cases in order, first match wins.

use serde_json::Value;

use crate::draft::CaseDraft;
use crate::expression::Expression;
use crate::flow::{Target, Targets};
use crate::outcome::Note;
use crate::outcome_key::{OutcomeKey, OutcomeMatch, outcome_key_problem};
use crate::problem::{FieldPath, Problem};
use crate::scope::Scope;
use crate::step::CaseTaken;

/// One case, read. All that it names must hold.
#[derive(Debug)]
pub struct Case {
    pub name: Option<String>,
    /// Empty: any outcome.
    pub on: Vec<OutcomeMatch>,
    pub result: Option<Value>,
    pub when: Option<Expression>,
    pub to: Target,
}

impl Case {
    pub fn compile(
        draft: &CaseDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let mut on = Vec::new();
        let one = draft.on.0.len() == 1;
        for (index, text) in draft.on.0.iter().enumerate() {
            match OutcomeMatch::parse(text) {
                Ok(key) => on.push(key),
                Err(near) => {
                    let at = if one { at.key("on") } else { at.key("on").index(index) };
                    problems.push(outcome_key_problem(at, text, near.as_deref()));
                }
            }
        }
        let whole = on.len() == draft.on.0.len();
        let when = crate::flow::compile_condition(draft.when.as_deref(), &at.key("when"), problems);
        let to = targets.find(&draft.to, &at.key("to"), problems);
        let case = Self { name: draft.name.clone(), on, result: draft.result.clone(), when: when?, to: to? };
        whole.then_some(case)
    }

    fn taken(&self, index: usize) -> CaseTaken {
        let on = self.on.iter().map(ToString::to_string).collect();
        CaseTaken::Case { index, name: self.name.clone(), on }
    }
}

/// What the cases of a call are tried against.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    pub outcome: OutcomeKey,
    /// The value at `resultPath`, if one was found.
    pub result: Option<&'a Value>,
    pub scope: &'a Scope<'a>,
}

/// Takes the first case that matches. `other` is tried last wherever it stands.
pub fn take<'c>(
    cases: &'c [Case],
    ended: &Ended<'_>,
    notes: &mut Vec<Note>,
) -> Option<(CaseTaken, &'c Target)> {
    let held: Vec<bool> = cases.iter().map(|case| condition_holds(case, ended, notes)).collect();
    let named = |case: &Case| {
        case.on.is_empty()
            || case.on.iter().any(|key| *key != OutcomeMatch::Other && key.matches(ended.outcome))
    };
    let catch_all = |case: &Case| case.on.contains(&OutcomeMatch::Other);
    let found = cases
        .iter()
        .enumerate()
        .find(|(index, case)| held[*index] && named(case))
        .or_else(|| cases.iter().enumerate().find(|(index, case)| held[*index] && catch_all(case)));
    found.map(|(index, case)| (case.taken(index), &case.to))
}

/// Whether a case's `result` and `when` hold. An error in `when` is no match and a note.
fn condition_holds(case: &Case, ended: &Ended<'_>, notes: &mut Vec<Note>) -> bool {
    let outcome_fits = case.on.is_empty() || case.on.iter().any(|key| key.matches(ended.outcome));
    let result_fits = case.result.as_ref().is_none_or(|wanted| ended.result.is_some_and(|r| same(r, wanted)));
    outcome_fits
        && result_fits
        && case.when.as_ref().is_none_or(|when| match when.holds(ended.scope) {
            Ok(holds) => holds,
            Err(error) => {
                notes.push(Note {
                    code: "when-failed".into(),
                    message: format!(
                        "`when: {}` could not be told, so the case does not match: {error}",
                        when.source()
                    ),
                });
                false
            }
        })
}

/// Equality of JSON values; numbers by value, so that 1 is 1.0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        _ => a == b,
    }
}
