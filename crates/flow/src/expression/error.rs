//! What is wrong with the text of an expression or a template, and where in it.

use std::ops::Range;

use crate::problem::{FieldPath, Place, Problem};

/// What cannot be read as a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    pub code: &'static str,
    /// In plain words.
    pub message: String,
    /// How to mend it; may be empty.
    pub fix: String,
    /// Where in the text, in bytes.
    pub range: Range<usize>,
}

impl TemplateError {
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
        range: Range<usize>,
    ) -> Self {
        Self { code, message: message.into(), fix: fix.into(), range }
    }

    /// As a problem of the field whose text it is about, at its place in that text.
    pub fn into_problem(self, text: &str, at: FieldPath) -> Problem {
        let before = &text[..text.floor_char_boundary(self.range.start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let within = Some(Place { line, column });
        Problem { within, ..Problem::error(self.code, at, self.message, self.fix) }
    }

    pub(crate) fn moved(mut self, by: usize) -> Self {
        self.range = self.range.start + by..self.range.end + by;
        self
    }
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}
