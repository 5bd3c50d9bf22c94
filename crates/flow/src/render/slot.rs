//! A text with holes at one position: what is missing is invalid, and each value is encoded for its place.

use std::borrow::Cow;

use serde_json::Value;

use super::auth::CREDENTIAL_BYTES_MAX;
use super::headers::HEADER_BYTES_MAX;
use super::url::URL_BYTES_MAX;
use super::{Compiler, Renderer};
use crate::expression::Expression;
use crate::problem::FieldPath;
use crate::request::BODY_BYTES_MAX;
use crate::template::{Piece, Template, shown};

/// A text that has a value, or has none because an optional row's value is missing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled<T> {
    Value(T),
    Left,
    /// Told already.
    Invalid,
}

/// How long a text may be at its position, in bytes; nothing is ever cut.
#[derive(Debug)]
pub(super) struct Bound {
    pub bytes: usize,
    pub code: &'static str,
    /// In words, as `the URL`.
    pub what: &'static str,
}

pub(super) const IN_URL: Bound = Bound { bytes: URL_BYTES_MAX, code: "url-too-long", what: "the URL" };
pub(super) const IN_HEADER: Bound =
    Bound { bytes: HEADER_BYTES_MAX, code: "header-value", what: "a header's value" };
pub(super) const IN_AUTH: Bound =
    Bound { bytes: CREDENTIAL_BYTES_MAX, code: "credential-invalid", what: "a credential" };
pub(super) const IN_BODY: Bound = Bound { bytes: BODY_BYTES_MAX, code: "body-too-large", what: "the body" };

/// A template and where it stands.
#[derive(Debug)]
pub(super) struct Slot {
    pub template: Template,
    /// As it is written.
    pub source: String,
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
        let template = Template::compile(text, compiler.roots, at, compiler.problems)?;
        let (paths, guarded) = template.reads();
        compiler.reads(at, (paths, guarded || optional));
        Some(Self { template, source: text.to_owned(), at: at.clone(), optional })
    }

    /// The text, literals through one encoding and values through another.
    pub(super) fn fill(
        &self,
        renderer: &mut Renderer<'_>,
        bound: &Bound,
        literal: fn(&str) -> String,
        value: fn(&str) -> String,
    ) -> Filled<String> {
        let mut out = String::new();
        let mut left = false;
        for piece in self.template.pieces() {
            match piece {
                Piece::Literal(text) => out.push_str(&literal(text)),
                Piece::Hole(hole) => match self.value_of(hole, renderer) {
                    Filled::Value(found) => match self.text(&found, bound, renderer) {
                        Some(text) => out.push_str(&value(&text)),
                        None => return Filled::Invalid,
                    },
                    Filled::Left => left = true,
                    Filled::Invalid => return Filled::Invalid,
                },
            }
            if out.len() > bound.bytes {
                self.too_long(bound, renderer);
                return Filled::Invalid;
            }
        }
        if left { Filled::Left } else { Filled::Value(out) }
    }

    /// The text with values as they are.
    pub(super) fn fill_plain(&self, bound: &Bound, renderer: &mut Renderer<'_>) -> Filled<String> {
        self.fill(renderer, bound, str::to_owned, str::to_owned)
    }

    fn too_long(&self, bound: &Bound, renderer: &mut Renderer<'_>) {
        renderer.invalid(
            &self.at,
            bound.code,
            format!("{} is longer than {} bytes", bound.what, bound.bytes),
        );
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

    /// How a value stands in text; what could not fit is told before it is copied.
    pub(super) fn text<'v>(
        &self,
        value: &'v Value,
        bound: &Bound,
        renderer: &mut Renderer<'_>,
    ) -> Option<Cow<'v, str>> {
        match shown(Some(value), renderer.meter) {
            Ok(text) if text.len() > bound.bytes => {
                self.too_long(bound, renderer);
                None
            }
            Ok(text) if renderer.meter.work(text.len()) => Some(text),
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
