//! A text with holes at one position: what is missing is invalid, and each value is encoded for its place.

use std::borrow::Cow;

use serde_json::Value;

use super::{Compiler, Renderer};
use crate::expression::Expression;
use crate::problem::FieldPath;
use crate::scope::Roots;
use crate::template::{Piece, TEXT_BYTES_MAX, Template, shown};

/// A text that has a value, or has none because an optional row's value is missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled<T> {
    Value(T),
    Left,
    /// Told already.
    Invalid,
}

/// A template and where it stands.
#[derive(Debug)]
pub(super) struct Slot {
    pub template: Template,
    pub at: FieldPath,
    /// Left out where a value is missing.
    pub optional: bool,
}

impl Slot {
    pub(super) fn compile(
        text: &str,
        optional: bool,
        at: &FieldPath,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        let template = Template::compile(text, Roots::FLOW, at, compiler.problems)?;
        let (paths, guarded) = template.reads();
        compiler.reads(at, (paths, guarded || optional));
        Some(Self { template, at: at.clone(), optional })
    }

    /// The text, literals through one encoding and values through another.
    pub(super) fn fill(
        &self,
        renderer: &mut Renderer<'_>,
        literal: fn(&str) -> String,
        value: fn(&str) -> String,
    ) -> Filled<String> {
        let mut out = String::new();
        let mut left = false;
        for piece in self.template.pieces() {
            match piece {
                Piece::Literal(text) => out.push_str(&literal(text)),
                Piece::Hole(hole) => match self.value_of(hole, renderer) {
                    Filled::Value(found) => match self.text(&found, renderer) {
                        Some(text) => out.push_str(&value(&text)),
                        None => return Filled::Invalid,
                    },
                    Filled::Left => left = true,
                    Filled::Invalid => return Filled::Invalid,
                },
            }
            if out.len() > 4 * TEXT_BYTES_MAX {
                renderer.invalid(&self.at, "template-too-costly", "the text is too large");
                return Filled::Invalid;
            }
        }
        if left { Filled::Left } else { Filled::Value(out) }
    }

    /// The text with values as they are.
    pub(super) fn fill_plain(&self, renderer: &mut Renderer<'_>) -> Filled<String> {
        self.fill(renderer, str::to_owned, str::to_owned)
    }

    /// What a hole gives: never missing, which is invalid or leaves the slot out.
    pub(super) fn value_of<'v, 'r: 'v>(
        &self,
        hole: &'v Expression,
        renderer: &mut Renderer<'r>,
    ) -> Filled<Cow<'v, Value>> {
        match hole.eval_metered(renderer.scope, renderer.meter) {
            Ok(Some(value)) if !value.is_null() => Filled::Value(value),
            Ok(_) if self.optional => Filled::Left,
            Ok(_) => {
                let message = format!("`{}` is missing", hole.source());
                renderer.invalid(&self.at, "missing-value", message);
                Filled::Invalid
            }
            Err(error) => {
                renderer.failed(&self.at, error);
                Filled::Invalid
            }
        }
    }

    /// How a value stands in text.
    pub(super) fn text(&self, value: &Value, renderer: &mut Renderer<'_>) -> Option<String> {
        match shown(Some(value), renderer.meter) {
            Ok(text) if renderer.meter.work(text.len()) => Some(text.into_owned()),
            Ok(_) => {
                renderer.failed(&self.at, crate::template::too_costly());
                None
            }
            Err(error) => {
                renderer.failed(&self.at, error);
                None
            }
        }
    }
}
