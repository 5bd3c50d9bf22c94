//! `$ref`s within one document; what lies outside is never fetched.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// How many references may lead from one to the next.
const HOPS_MAX: usize = 32;

/// A document, and what its references lead to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'d> {
    pub root: &'d Value,
    /// OpenAPI 3.1, whose schemas are those of JSON Schema.
    pub is_31: bool,
}

impl<'d> Document<'d> {
    /// The value itself, or what its `$ref` leads to; else why it leads nowhere.
    pub(super) fn resolve(&self, value: &'d Value) -> Result<&'d Value, String> {
        let mut value = value;
        for _ in 0..HOPS_MAX {
            let Some(reference) = reference_of(value) else { return Ok(value) };
            value = self.find(reference)?;
        }
        Err("a `$ref` leads back to itself".to_owned())
    }

    /// What one reference names.
    pub(super) fn find(&self, reference: &str) -> Result<&'d Value, String> {
        let shown: String = reference.chars().take(120).collect();
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(format!("`$ref: {shown}` leads to another document; only one document is read"));
        };
        let pointer = percent_decode_str(pointer).decode_utf8_lossy();
        self.root.pointer(&pointer).ok_or_else(|| format!("`$ref: {shown}` leads to nothing"))
    }
}

/// The text of `$ref`, where a value is a reference.
pub(super) fn reference_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}
