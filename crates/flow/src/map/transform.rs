//! An output's `transform`: an expression over the value that was found, and the answer it was found in.

use serde_json::{Value, json};

use super::AnswerView;
use crate::expression::Expression;
use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};
use crate::step::header_map;

#[derive(Debug)]
pub(super) struct Transform(Expression);

impl Transform {
    pub(super) fn compile(source: &str, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        Expression::compile(source, Roots::TRANSFORM)
            .map_err(|error| problems.push(error.into_problem(source, at.clone())))
            .ok()
            .map(Self)
    }

    fn reads(&self, root: &str) -> bool {
        self.0.reads().iter().any(|path| path.root == root)
    }

    pub(super) fn reads_response(&self) -> bool {
        self.reads("response")
    }

    /// Whether it has something to say where nothing was found: it stands ready for that, or does not ask.
    pub(super) fn takes_missing(&self) -> bool {
        self.0.is_guarded() || !self.reads("value")
    }

    /// The new value; `None` where it is missing.
    pub(super) fn eval(
        &self,
        value: Option<&Value>,
        response: Option<&Value>,
    ) -> Result<Option<Value>, String> {
        let scope = Scope { value, response, ..Scope::default() };
        self.0.eval(&scope).map_err(|error| error.message)
    }
}

/// What `response` reads: `{status, headers, body}`.
pub(super) fn response(answer: &AnswerView<'_>) -> Value {
    json!({ "status": answer.status, "headers": header_map(answer.headers), "body": answer.body })
}
