//! What is wrong with what someone wrote: a code, a place, and how to mend it.

use serde::Serialize;

/// One thing that is wrong, or worth a second look. Checking yields all of them, never just the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable; `docs/problems/<code>.md` explains it.
    pub code: std::borrow::Cow<'static, str>,
    pub severity: Severity,
    /// Which field, as `nodes.lookup.cases[1].on`.
    pub at: FieldPath,
    /// Where in the file, once it is known.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Where in the field's own text, for what is wrong inside a template: with the file at hand it becomes `place`.
    #[serde(skip)]
    pub within: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// How to mend it, in words; empty where the message says so already.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; publishing goes on.
    Warning,
    /// It cannot be published so.
    Error,
}

/// A place in a file, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// The way from a document's root to one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<PathPart>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathPart {
    Key(String),
    Index(usize),
}

impl FieldPath {
    pub fn root() -> Self {
        Self::default()
    }

    pub fn key(&self, key: impl Into<String>) -> Self {
        let mut parts = self.0.clone();
        parts.push(PathPart::Key(key.into()));
        Self(parts)
    }

    pub fn index(&self, index: usize) -> Self {
        let mut parts = self.0.clone();
        parts.push(PathPart::Index(index));
        Self(parts)
    }

    pub fn parts(&self) -> &[PathPart] {
        &self.0
    }
}

impl std::fmt::Display for FieldPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, part) in self.0.iter().enumerate() {
            match part {
                PathPart::Index(index) => write!(f, "[{index}]")?,
                PathPart::Key(key) if is_plain(key) => {
                    write!(f, "{}{key}", if position > 0 { "." } else { "" })?;
                }
                PathPart::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

impl Serialize for FieldPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Problem {
    pub fn error(
        code: &'static str,
        at: FieldPath,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Error,
            at,
            place: None,
            within: None,
            message: message.into(),
            fix: fix.into(),
        }
    }

    pub fn warning(
        code: &'static str,
        at: FieldPath,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message, fix) }
    }
}
