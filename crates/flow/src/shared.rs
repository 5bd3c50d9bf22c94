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
    /// One valid JSON text whose tree holds the same: see [`Shared::text`].
    text: Option<Bytes>,
    /// The text once more, in the form that can be written out unparsed.
    raw: OnceLock<Option<Box<RawValue>>>,
    value: OnceLock<Value>,
}

impl Shared {
    /// A text that [`json::scan`] found sound, so that its tree can be made when it is asked for.
    pub(crate) fn text(text: Bytes) -> Self {
        Self(Arc::new(Inner { text: Some(text), raw: OnceLock::new(), value: OnceLock::new() }))
    }

    pub fn null() -> Self {
        Value::Null.into()
    }

    /// The value, parsed where nobody has asked before.
    pub fn value(&self) -> &Value {
        self.0.value.get_or_init(|| {
            let parsed = self.0.text.as_ref().map(|text| json::parse(text));
            parsed.and_then(Result::ok).map_or(Value::Null, |parsed| parsed.value)
        })
    }

    /// The beginning of a large text, as much as a record keeps.
    pub(crate) fn cut(&self) -> Self {
        match self.value() {
            Value::String(text) if text.len() > RECORDED_BODY_BYTES_MAX => {
                Value::from(&text[..text.floor_char_boundary(RECORDED_BODY_BYTES_MAX)]).into()
            }
            _ => self.clone(),
        }
    }

    /// Whether it is a text of more bytes than a record keeps, or bytes in base64; told without parsing.
    pub fn may_be_large_text(&self) -> bool {
        // A body that came as JSON was taken as it is only where it is small enough.
        self.0.text.is_none() && may_be_large_text(self.value())
    }

    /// About how many bytes its JSON text has.
    pub fn size(&self) -> usize {
        match &self.0.text {
            Some(text) => text.len(),
            None => json::size(self.value()),
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
        Self(Arc::new(Inner { text: None, raw: OnceLock::new(), value: OnceLock::from(value) }))
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
        let raw = self.0.raw.get_or_init(|| {
            let text = String::from_utf8(self.0.text.as_ref()?.to_vec()).ok()?;
            RawValue::from_string(text).ok()
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
