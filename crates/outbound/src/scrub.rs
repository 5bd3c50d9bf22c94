//! Masks secrets by value, in every form in which they are likely to come back.

mod escaped;
mod forms;
mod search;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use callout_flow::step::MASK;
use serde_json::Value;

use search::Search;

/// Shorter secrets, in characters, are masked only where they are the whole value of the credential's header:
/// masking every `a` would mask everything.
pub const SECRET_CHARS_MIN: usize = 6;
/// How deep the values of a secret that is itself JSON are looked for.
const JSON_SECRET_DEPTH_MAX: usize = 8;

/// Knows secrets by value. Clones share what was built; adding a secret makes it anew on next use.
#[derive(Clone, Default)]
pub struct Scrubber {
    secrets: BTreeSet<String>,
    header_values: BTreeSet<String>,
    built: Arc<OnceLock<Search>>,
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrubber({} secrets)", self.secrets.len())
    }
}

impl Scrubber {
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a secret, each of its lines, and each value in it where it is JSON.
    pub fn add(&mut self, secret: &str) {
        self.add_lines(secret);
        if secret.trim_start().starts_with(['{', '[', '"'])
            && let Ok(value) = serde_json::from_str::<Value>(secret)
        {
            self.add_leaves(&value, 0);
        }
    }

    /// Registers the exact value of a credential's header, however short.
    pub(crate) fn add_header_value(&mut self, value: &str) {
        self.add_one(value);
        self.header_values.insert(value.to_owned());
    }

    /// Takes in all that another one knows.
    pub fn merge(&mut self, other: &Scrubber) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = other.clone();
            return;
        }
        self.header_values.extend(other.header_values.iter().cloned());
        if !other.secrets.is_subset(&self.secrets) {
            self.secrets.extend(other.secrets.iter().cloned());
            self.built = Arc::default();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.header_values.is_empty()
    }

    /// As it is, as readers of headers and of lines take it, and each line for itself.
    fn add_lines(&mut self, secret: &str) {
        self.add_one(secret);
        self.add_one(secret.trim());
        if secret.contains(['\n', '\r']) {
            secret.split(['\n', '\r']).for_each(|line| self.add_one(line.trim()));
        }
    }

    fn add_one(&mut self, secret: &str) {
        if secret.chars().count() >= SECRET_CHARS_MIN && self.secrets.insert(secret.to_owned()) {
            self.built = Arc::default();
        }
    }

    fn add_leaves(&mut self, value: &Value, depth: usize) {
        if depth > JSON_SECRET_DEPTH_MAX {
            return;
        }
        match value {
            Value::String(text) => self.add_lines(text),
            Value::Number(number) => self.add_one(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.add_leaves(item, depth + 1)),
            Value::Object(fields) => fields.values().for_each(|field| self.add_leaves(field, depth + 1)),
            _ => {}
        }
    }

    /// The text with every secret in it replaced by `***`.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.mask_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // A match may cut a character of several bytes only if the secret's form did.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    pub fn mask_bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        if self.secrets.is_empty() {
            return Cow::Borrowed(bytes);
        }
        self.built.get_or_init(|| Search::new(&self.secrets)).mask(bytes)
    }

    /// A header's value: as text, and wholly where it is the credential's own, however short.
    pub fn mask_header<'t>(&self, value: &'t str) -> Cow<'t, str> {
        if self.header_values.contains(value) { Cow::Borrowed(MASK) } else { self.mask(value) }
    }

    /// A tree: its strings, its keys, and numbers that are a secret in digits.
    pub fn mask_json(&self, value: &mut Value) {
        if self.secrets.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.mask(text) {
                    *text = masked;
                }
            }
            Value::Number(number) => {
                if let Cow::Owned(masked) = self.mask(&number.to_string()) {
                    *value = Value::String(masked);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(fields) => {
                if fields.keys().any(|key| matches!(self.mask(key), Cow::Owned(_))) {
                    let old = std::mem::take(fields);
                    fields.extend(old.into_iter().map(|(key, field)| (self.mask(&key).into_owned(), field)));
                }
                fields.values_mut().for_each(|field| self.mask_json(field));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}
