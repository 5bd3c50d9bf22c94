//! Text with holes: cut once, each hole an expression, rendered once. Values are never read as templates.

mod json;
mod json_text;
mod json_write;
mod split;
mod statements;
mod text;

use std::borrow::Cow;

use serde_json::Value;

pub use json::{JsonTemplate, RenderedJson, TREE_COST_MAX};
pub(crate) use text::escape_xml;
pub use text::{Escape, TEXT_BYTES_MAX, TextTemplate};

use crate::expression::{EvalError, Expression, Meter, ReadPath, TemplateError};
use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};
use split::Cut;

/// The longest text with holes, in bytes.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
/// The most holes and statements in one text: more is a loop.
pub const HOLES_MAX: usize = 1000;

/// Text with expressions only.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A stretch of a template.
#[derive(Debug)]
pub(crate) enum Piece {
    Literal(String),
    Hole(Expression),
}

impl Template {
    /// Reads a text; what is wrong with it goes to `problems`.
    pub fn compile(text: &str, roots: Roots, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        match Self::parse(text, roots) {
            Ok(template) => Some(template),
            Err(errors) => {
                problems.extend(errors.into_iter().map(|error| error.into_problem(text, at.clone())));
                None
            }
        }
    }

    /// Reads a text; all that is wrong with it, with its place in the text.
    pub fn parse(text: &str, roots: Roots) -> Result<Self, Vec<TemplateError>> {
        let cuts = split::split(text, false).map_err(|error| vec![error])?;
        let mut pieces = Vec::new();
        let mut errors = Vec::new();
        for cut in cuts {
            match cut {
                Cut::Literal(text) => pieces.push(Piece::Literal(text.into_owned())),
                Cut::Hole { source, at } => match Expression::compile(source, roots) {
                    Ok(expression) => pieces.push(Piece::Hole(expression)),
                    Err(error) => errors.push(error.moved(at)),
                },
                Cut::Statement { source, at } => errors.push(TemplateError::new(
                    "statement-out-of-place",
                    "`{% %}` and `{# #}` stand only in messages, e-mails, text and XML bodies",
                    "Use an expression, as in `{{ 'a' if vars.x else 'b' }}`.",
                    at..at + source.len(),
                )),
            }
        }
        if errors.is_empty() { Ok(Self { pieces }) } else { Err(errors) }
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The expression, where the whole text is one hole.
    pub(crate) fn lone(&self) -> Option<&Expression> {
        match self.pieces.as_slice() {
            [Piece::Hole(expression)] => Some(expression),
            _ => None,
        }
    }

    /// The text, where it has no holes.
    pub fn literal(&self) -> Option<String> {
        let literals = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Hole(_) => None,
        });
        literals.collect()
    }

    pub(crate) fn holes(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(expression) => Some(expression),
            Piece::Literal(_) => None,
        })
    }

    /// The static paths it reads, and whether each hole stands ready for a missing value.
    pub fn reads(&self) -> (Vec<ReadPath>, bool) {
        let paths = self.holes().flat_map(|hole| hole.reads().iter().cloned()).collect();
        (paths, self.holes().all(Expression::is_guarded))
    }

    /// The text with values as they are; a missing value shows as nothing.
    pub fn render_plain(&self, scope: &Scope<'_>) -> Result<String, EvalError> {
        self.render_metered(scope, &mut Meter::default())
    }

    pub(crate) fn render_metered(&self, scope: &Scope<'_>, meter: &mut Meter) -> Result<String, EvalError> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole(hole) => {
                    let value = hole.eval_metered(scope, meter)?;
                    push_capped(&mut out, &shown(value.as_deref(), meter)?, meter)?;
                }
            }
        }
        Ok(out)
    }
}

/// Adds to a text that may not pass the largest output.
fn push_capped(out: &mut String, text: &str, meter: &mut Meter) -> Result<(), EvalError> {
    if !meter.work(text.len()) || out.len() + text.len() > TEXT_BYTES_MAX {
        return Err(too_costly());
    }
    out.push_str(text);
    Ok(())
}

pub(crate) fn too_costly() -> EvalError {
    let message = format!("the text comes to more than {TEXT_BYTES_MAX} bytes, or takes too much work");
    EvalError { code: "template-too-costly", message, range: 0..0 }
}

/// How a value stands in a text: a text as it is, nothing where it is missing, else compact JSON.
pub(crate) fn shown<'v>(value: Option<&'v Value>, meter: &mut Meter) -> Result<Cow<'v, str>, EvalError> {
    Ok(match value {
        None | Some(Value::Null) => "".into(),
        Some(Value::String(text)) => text.as_str().into(),
        Some(value @ (Value::Array(_) | Value::Object(_))) => {
            let mut capped = Capped { bytes: Vec::new(), bytes_max: TEXT_BYTES_MAX };
            let written = serde_json::to_writer(&mut capped, value);
            if written.is_err() || !meter.work(capped.bytes.len()) {
                return Err(too_costly());
            }
            String::from_utf8(capped.bytes).map_err(|_| too_costly())?.into()
        }
        Some(value) => value.to_string().into(),
    })
}

/// A writer that refuses to grow beyond a size.
pub(crate) struct Capped {
    pub bytes: Vec<u8>,
    pub bytes_max: usize,
}

impl std::io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.bytes_max {
            return Err(std::io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A text with each hole as one mark, and the holes as written; `None` where it cannot be cut.
pub(crate) fn literal_map(text: &str, mark: char) -> Option<(String, Vec<String>)> {
    let mut literal = String::new();
    let mut holes = Vec::new();
    for cut in split::split(text, false).ok()? {
        match cut {
            Cut::Literal(text) => literal.push_str(&text),
            Cut::Hole { source, .. } => {
                literal.push(mark);
                holes.push(format!("{{{{ {} }}}}", source.trim()));
            }
            Cut::Statement { .. } => return None,
        }
    }
    Some((literal, holes))
}
