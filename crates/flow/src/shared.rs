//! JSON values that variables, records and views share: kept as the text they came in until someone looks inside.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json;
use crate::scope::Look;
use crate::step::RECORDED_BODY_BYTES_MAX;

/// A JSON value. Clones share it.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    text: Kept,
    /// The text once more, in the form that can be written out unparsed.
    raw: OnceLock<Option<Box<RawValue>>>,
    value: OnceLock<Value>,
}

/// What a value was made of.
enum Kept {
    Tree,
    /// One valid JSON text whose tree holds the same: see [`Shared::text`].
    Json(Bytes),
    /// The value is a text, and these are its bytes in UTF-8.
    Plain(Bytes),
}

impl Shared {
    /// A text that [`json::scan`] found sound, so that its tree can be made when it is asked for.
    pub(crate) fn text(text: Bytes) -> Self {
        Self::kept(Kept::Json(text))
    }

    /// Bytes as a text, `None` where they are not UTF-8.
    pub(crate) fn plain(bytes: &Bytes) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?;
        Some(Self::kept(Kept::Plain(bytes.clone())))
    }

    fn kept(text: Kept) -> Self {
        Self(Arc::new(Inner { text, raw: OnceLock::new(), value: OnceLock::new() }))
    }

    pub fn null() -> Self {
        Value::Null.into()
    }

    /// The value, parsed where nobody has asked before.
    pub fn value(&self) -> &Value {
        self.0.value.get_or_init(|| match &self.0.text {
            Kept::Tree => Value::Null, // set when it was made
            Kept::Json(text) => json::parse(text).map_or(Value::Null, |parsed| parsed.value),
            Kept::Plain(_) => self.as_plain().into(),
        })
    }

    fn as_plain(&self) -> Option<&str> {
        match &self.0.text {
            Kept::Plain(text) => std::str::from_utf8(text).ok(),
            Kept::Tree | Kept::Json(_) => None,
        }
    }

    /// The beginning of a text, at most so many bytes of it; another value as it is.
    pub(crate) fn cut(&self, bytes_max: usize) -> Self {
        if let Kept::Plain(text) = &self.0.text {
            // Only the beginning is looked at: the rest may be megabytes.
            let text = text.get(..bytes_max).unwrap_or(text);
            let text = match std::str::from_utf8(text) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
            };
            return Value::from(text).into();
        }
        match self.value() {
            Value::String(text) if text.len() > bytes_max => {
                Value::from(&text[..text.floor_char_boundary(bytes_max)]).into()
            }
            _ => self.clone(),
        }
    }

    /// Whether it is a text of more bytes than a record keeps, or bytes in base64; told without parsing.
    pub fn may_be_large_text(&self) -> bool {
        match &self.0.text {
            // A body that came as JSON was taken as it is only where it is small enough.
            Kept::Json(_) => false,
            Kept::Plain(text) => text.len() > RECORDED_BODY_BYTES_MAX,
            Kept::Tree => may_be_large_text(self.value()),
        }
    }

    /// Whether it is a text of more bytes than a record keeps, that can be cut without a look at the rest.
    pub(crate) fn is_large_plain(&self) -> bool {
        matches!(&self.0.text, Kept::Plain(text) if text.len() > RECORDED_BODY_BYTES_MAX)
    }

    /// About how many bytes its JSON text has.
    pub fn size(&self) -> usize {
        match &self.0.text {
            Kept::Json(text) | Kept::Plain(text) => text.len(),
            Kept::Tree => json::size(self.value()),
        }
    }
}

/// Whether a body is a text of more bytes than a record keeps, or bytes in base64.
pub fn may_be_large_text(body: &Value) -> bool {
    match body {
        Value::String(text) => text.len() > RECORDED_BODY_BYTES_MAX,
        Value::Object(body) => body.contains_key("base64"),
        _ => false,
    }
}

impl From<Value> for Shared {
    fn from(value: Value) -> Self {
        Self(Arc::new(Inner { text: Kept::Tree, raw: OnceLock::new(), value: OnceLock::from(value) }))
    }
}

impl std::ops::Deref for Shared {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.value()
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.value() == other.value()
    }
}

impl PartialEq<Value> for Shared {
    fn eq(&self, other: &Value) -> bool {
        self.value() == other
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.as_plain() {
            return serializer.serialize_str(text);
        }
        let raw = self.0.raw.get_or_init(|| match &self.0.text {
            Kept::Json(text) => RawValue::from_string(String::from_utf8(text.to_vec()).ok()?).ok(),
            Kept::Tree | Kept::Plain(_) => None,
        });
        match raw {
            Some(raw) => raw.serialize(serializer),
            None => self.value().serialize(serializer),
        }
    }
}

/// The variables of a run, or of one flow in it.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    values: IndexMap<String, Shared>,
    bytes: usize,
    whole: OnceLock<Value>,
}

impl Vars {
    pub fn get(&self, name: &str) -> Option<&Shared> {
        self.values.get(name)
    }

    /// Sets a variable.
    pub fn insert(&mut self, name: String, value: Shared) {
        self.whole.take();
        let (key, size) = (name.len(), value.size());
        self.bytes += key + size;
        if let Some(old) = self.values.insert(name, value) {
            self.bytes -= key + old.size();
        }
    }

    /// Clears a variable; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.whole.take();
        let old = self.values.shift_remove(name);
        if let Some(old) = &old {
            self.bytes -= name.len() + old.size();
        }
        old.is_some()
    }

    /// About how many bytes they have as JSON.
    pub fn size(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Shared)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl From<Map<String, Value>> for Vars {
    fn from(map: Map<String, Value>) -> Self {
        let mut vars = Self::default();
        map.into_iter().for_each(|(name, value)| vars.insert(name, value.into()));
        vars
    }
}

impl Look for Vars {
    fn whole(&self) -> &Value {
        self.whole.get_or_init(|| {
            self.values.iter().map(|(name, value)| (name.clone(), value.value().clone())).collect()
        })
    }

    fn key(&self, key: &str) -> Option<&Value> {
        self.values.get(key).map(Shared::value)
    }
}

impl Serialize for Vars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.values)
    }
}

impl<'de> Deserialize<'de> for Vars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}
