//! Writes a JSON template as text without a tree between: a request's body, compact and within its bound.

use super::Capped;
use super::json::{JsonTemplate, Node, check_depth, missing_became_null};
use crate::expression::{EvalError, Expression, Meter};
use crate::outcome::Note;
use crate::problem::FieldPath;
use crate::scope::Scope;

type Written = Result<(), (FieldPath, EvalError)>;

impl JsonTemplate {
    /// Adds the tree, values in place, to `out`; where that is full, the error is `body-too-large` at `at`.
    pub(crate) fn write(
        &self,
        scope: &Scope<'_>,
        meter: &mut Meter,
        at: &FieldPath,
        out: &mut Capped,
    ) -> Result<Vec<Note>, (FieldPath, EvalError)> {
        let mut writer = Writer { scope, meter, at, out, notes: Vec::new() };
        writer.node(&self.root, 0)?;
        Ok(writer.notes)
    }
}

struct Writer<'w> {
    scope: &'w Scope<'w>,
    meter: &'w mut Meter,
    at: &'w FieldPath,
    out: &'w mut Capped,
    notes: Vec<Note>,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node, depth: usize) -> Written {
        match node {
            Node::Literal(value) => self.json(value),
            Node::Lone { hole, at } => self.lone(hole, at, depth),
            Node::Mixed { text, at } => {
                let text =
                    text.render_metered(self.scope, self.meter).map_err(|error| (at.clone(), error))?;
                self.json(&text)
            }
            Node::List(items) => {
                self.sign("[")?;
                for (index, item) in items.iter().enumerate() {
                    self.sign(if index > 0 { "," } else { "" })?;
                    self.node(item, depth + 1)?;
                }
                self.sign("]")
            }
            Node::Object(entries) => {
                self.sign("{")?;
                for (index, (key, item)) in entries.iter().enumerate() {
                    self.sign(if index > 0 { "," } else { "" })?;
                    self.json(key)?;
                    self.sign(":")?;
                    self.node(item, depth + 1)?;
                }
                self.sign("}")
            }
        }
    }

    fn lone(&mut self, hole: &Expression, at: &FieldPath, depth: usize) -> Written {
        let found = hole.eval_metered(self.scope, self.meter).map_err(|error| (at.clone(), error))?;
        let found = found.filter(|value| !value.is_null() || hole.is_constant());
        let Some(value) = found else {
            self.notes.push(missing_became_null(hole, at));
            return self.sign("null");
        };
        check_depth(hole, &value, depth).map_err(|error| (at.clone(), error))?;
        let before = self.out.bytes.len();
        self.json(value.as_ref())?;
        if self.meter.work(self.out.bytes.len() - before) {
            Ok(())
        } else {
            Err((at.clone(), super::too_costly()))
        }
    }

    fn json<T: serde::Serialize + ?Sized>(&mut self, value: &T) -> Written {
        serde_json::to_writer(&mut *self.out, value).map_err(|_| self.full())
    }

    fn sign(&mut self, sign: &str) -> Written {
        std::io::Write::write_all(self.out, sign.as_bytes()).map_err(|_| self.full())
    }

    fn full(&self) -> (FieldPath, EvalError) {
        let message = format!("the body is larger than {} bytes", self.out.bytes_max);
        (self.at.clone(), EvalError { code: "body-too-large", message, range: 0..0 })
    }
}
