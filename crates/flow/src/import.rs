//! Foreign documents as integrations and calls: what comes in, and what does not, with the reason.

mod curl;
mod document;
mod openapi;

use crate::integration::IntegrationDraft;
use crate::problem::Problem;

pub use curl::{CURL_BYTES_MAX, ImportedCall, curl};
pub use document::{DOCUMENT_BYTES_MAX, DOCUMENT_VALUES_MAX};

/// What came of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub integration: IntegrationDraft,
    /// Operations that did not come in.
    pub skipped: Vec<Skipped>,
    /// What came in otherwise than the document says it, or with less.
    pub notes: Vec<ImportNote>,
}

/// An operation that did not come in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// In capitals; `*` for all of a path.
    pub method: String,
    pub path: String,
    /// Why, in words.
    pub reason: String,
    /// The server that it would come in from, as an integration of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// Something to know of what came in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportNote {
    /// The operation's key; none for the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    pub message: String,
}

/// What an import cannot take from the document itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions<'o> {
    /// The integration's slug; made from the title where it is not given.
    pub slug: Option<&'o str>,
    /// The server to import, of those that the document names, or another one in place of its first. Without it the
    /// one that most operations name first.
    pub server: Option<&'o str>,
    /// Where the document came from: a name or an address.
    pub from: Option<&'o str>,
    /// The day of the import, as `2026-11-21`.
    pub date: Option<&'o str>,
}

/// Reads an OpenAPI 3.0 or 3.1 document, JSON or YAML.
///
/// Every operation is read on its own: an odd one is told in `skipped` and sinks no other. The whole is a problem only
/// where it cannot be read, is too large, is no OpenAPI 3 document, or has no operation that comes in.
pub fn openapi(text: &str, options: ImportOptions<'_>) -> Result<Imported, Box<Problem>> {
    let root = document::parse(text)?;
    openapi::import(&root, options)
}
