//! Schemas as JSON Schema 2020-12: references put in place, cycles cut, sizes bounded, nothing made stricter.

mod mend;

use serde_json::{Map, Value, json};

use super::refs::{Document, reference_of};
use crate::import::openapi::names::shortened;
pub(super) use mend::is_satisfied;
use mend::{is_pattern, mend};

/// More values than this are not listed: nobody reads them, and each call would search them.
const ENUM_ITEMS_MAX: usize = 300;
/// The largest default or example that is kept, in bytes as JSON.
const SAMPLE_BYTES_MAX: usize = 256;

/// What a schema is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Inputs: what is `readOnly` is left out.
    Request,
    /// The answer: what is `writeOnly` is left out.
    Response,
}

/// How large one schema may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Keywords, properties and listed values, all together.
    pub values: usize,
    /// Schemas within schemas.
    pub depth: usize,
    /// Characters of a description.
    pub text: usize,
}

impl Document<'_> {
    /// Whether a property does not go this way.
    pub(super) fn is_hidden(&self, schema: &Value, side: Side) -> bool {
        let key = match side {
            Side::Request => "readOnly",
            Side::Response => "writeOnly",
        };
        let says = |schema: &Value| schema.get(key) == Some(&Value::Bool(true));
        says(schema) || self.resolve(schema).is_ok_and(says)
    }
}

/// A schema with everything in place. As deep as its bounds allow: what lies below is left open.
pub(super) fn convert(document: Document<'_>, schema: &Value, side: Side, bounds: Bounds) -> Value {
    let mut depth = bounds.depth;
    loop {
        let mut converter = Converter {
            document,
            side,
            text: bounds.text,
            left: bounds.values,
            open: Vec::new(),
            cut: false,
        };
        let converted = converter.schema(schema, depth);
        if converter.left > 0 || depth == 0 {
            return converted;
        }
        depth -= 1;
    }
}

struct Converter<'d> {
    document: Document<'d>,
    side: Side,
    text: usize,
    /// Values that may still be written.
    left: usize,
    /// The references that are being put in place.
    open: Vec<String>,
    /// Whether anything was left open.
    cut: bool,
}

impl Converter<'_> {
    fn schema(&mut self, schema: &Value, depth: usize) -> Value {
        self.left = self.left.saturating_sub(1);
        let Value::Object(map) = schema else {
            return if schema == &Value::Bool(false) { json!(false) } else { json!({}) };
        };
        if let Some(reference) = reference_of(schema) {
            return self.reference(reference, map, depth);
        }
        if self.left == 0 || depth == 0 {
            self.cut = true;
            return open_schema(map);
        }
        let mut out = Map::new();
        for (key, value) in map {
            self.keyword(key, value, map, depth, &mut out);
        }
        mend(&mut out);
        self.left = self.left.saturating_sub(out.len());
        if map.get("nullable") == Some(&Value::Bool(true)) {
            return or_null(out);
        }
        Value::Object(out)
    }

    fn reference(&mut self, reference: &str, map: &Map<String, Value>, depth: usize) -> Value {
        let found = match self.document.find(reference) {
            _ if depth == 0 || self.left == 0 => None,
            _ if self.open.iter().any(|open| open == reference) => None,
            found => found.ok(),
        };
        let Some(found) = found else {
            self.cut = true;
            let name = reference.rsplit('/').next().unwrap_or_default();
            return json!({ "description": shortened(name, 60) });
        };
        self.open.push(reference.to_owned());
        let mut converted = self.schema(found, depth);
        self.open.pop();
        let Some(out) = converted.as_object_mut() else { return converted };
        if let Some(text) = map.get("description").and_then(Value::as_str) {
            out.insert("description".to_owned(), shortened(text, self.text).into());
        }
        let nullable = map.get("nullable") == Some(&Value::Bool(true));
        // In 3.0 what stands beside `$ref` is ignored; `nullable` is meant all the same where it is written.
        let beside: Map<String, Value> = map
            .iter()
            .filter(|(key, _)| {
                self.document.is_31 && !matches!(key.as_str(), "$ref" | "description" | "summary")
            })
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !beside.is_empty() {
            let beside = self.schema(&Value::Object(beside), depth);
            if beside.as_object().is_some_and(|map| !map.is_empty()) {
                return json!({ "allOf": [converted, beside] });
            }
        }
        match converted {
            Value::Object(out) if nullable => or_null(out),
            other => other,
        }
    }

    fn keyword(
        &mut self,
        key: &str,
        value: &Value,
        map: &Map<String, Value>,
        depth: usize,
        out: &mut Map<String, Value>,
    ) {
        let kept = match key {
            "type" => types(value),
            "title" => value.as_str().map(|text| shortened(text, self.text.min(80)).into()),
            "description" if self.text > 0 => value.as_str().map(|text| shortened(text, self.text).into()),
            "enum" => return self.listed(value, out),
            "const" => Some(value.clone()),
            "default" => small(value),
            "example" if !map.contains_key("examples") => small(value).map(|one| json!([one])),
            "examples" => {
                value.as_array().and_then(|items| items.first()).and_then(small).map(|one| json!([one]))
            }
            "format" => value.as_str().filter(|text| text.len() <= 40).map(Value::from),
            "pattern" => value.as_str().filter(|text| is_pattern(text)).map(Value::from),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
            | "minContains" | "maxContains" => whole(value),
            "multipleOf" => value.as_f64().filter(|n| *n > 0.0).map(|_| value.clone()),
            "minimum" => bound(value, map.get("exclusiveMinimum")),
            "maximum" => bound(value, map.get("exclusiveMaximum")),
            "exclusiveMinimum" => exclusive(value, map.get("minimum")),
            "exclusiveMaximum" => exclusive(value, map.get("maximum")),
            "uniqueItems" | "deprecated" => value.as_bool().filter(|flag| *flag).map(Value::from),
            "required" => return self.required(value, map, out),
            "properties" => self.each(value, depth),
            "patternProperties"
                if value.as_object().is_some_and(|map| map.keys().all(|key| is_pattern(key))) =>
            {
                self.each(value, depth)
            }
            "additionalProperties" | "propertyNames" | "contains"
                if value.is_object() || value.is_boolean() =>
            {
                Some(self.inner(value, depth))
            }
            "items" => return self.items(value, depth, out),
            "prefixItems" | "allOf" => self.list(value, depth),
            // What was left open would match twice, and many documents say `oneOf` where more than one fits.
            "anyOf" | "oneOf" => {
                let key = if out.contains_key("anyOf") { "allOf" } else { "anyOf" };
                let ways = self.list(value, depth);
                let ways = if key == "allOf" { ways.map(|ways| json!([{ "anyOf": ways }])) } else { ways };
                out.extend(ways.map(|ways| (key.to_owned(), ways)));
                return;
            }
            "not" => self.not(value, depth),
            _ => None,
        };
        if let Some(kept) = kept {
            match (key, out.get_mut("allOf")) {
                // An `allOf` may be there already, made of a second choice.
                ("allOf", Some(Value::Array(there))) => {
                    there.extend(kept.as_array().cloned().unwrap_or_default())
                }
                ("example", _) => drop(out.insert("examples".to_owned(), kept)),
                _ => drop(out.insert(key.to_owned(), kept)),
            }
        }
    }

    fn inner(&mut self, value: &Value, depth: usize) -> Value {
        self.schema(value, depth.saturating_sub(1))
    }

    fn list(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let items = value.as_array().filter(|items| !items.is_empty())?;
        if items.len() > self.left {
            // Not all of a choice would be wrong: rather none.
            self.left = 0;
            self.cut = true;
            return None;
        }
        Some(items.iter().map(|item| self.inner(item, depth)).collect())
    }

    /// The schemas of an object's keys, less those that do not go this way.
    fn each(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let map = value.as_object()?;
        let mut out = Map::new();
        let (document, side) = (self.document, self.side);
        for (key, schema) in map.iter().filter(|(_, schema)| !document.is_hidden(schema, side)) {
            if self.left == 0 {
                self.cut = true;
                break;
            }
            out.insert(key.clone(), self.inner(schema, depth));
        }
        Some(Value::Object(out))
    }

    fn required(&mut self, value: &Value, map: &Map<String, Value>, out: &mut Map<String, Value>) {
        // An answer is not judged by its schema.
        if self.side == Side::Response {
            return;
        }
        let properties = map.get("properties");
        let is_hidden = |name: &str| {
            properties.and_then(|p| p.get(name)).is_some_and(|s| self.document.is_hidden(s, self.side))
        };
        let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut names: Vec<&str> = names.filter(|name| !is_hidden(name)).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            self.left = self.left.saturating_sub(names.len());
            out.insert("required".to_owned(), json!(names));
        }
    }

    fn items(&mut self, value: &Value, depth: usize, out: &mut Map<String, Value>) {
        if value.is_array() {
            out.extend(self.list(value, depth).map(|items| ("prefixItems".to_owned(), items)));
        } else if value.is_object() || value.is_boolean() {
            let items = self.inner(value, depth);
            out.insert("items".to_owned(), items);
        }
    }

    fn listed(&mut self, value: &Value, out: &mut Map<String, Value>) {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else { return };
        if items.len() > ENUM_ITEMS_MAX {
            let text = format!("One of {} values.", items.len());
            out.entry("description").or_insert_with(|| text.into());
            return;
        }
        if items.len() > self.left {
            self.left = 0;
            self.cut = true;
            return;
        }
        self.left -= items.len();
        let mut kept: Vec<Value> = Vec::new();
        for item in items.iter().filter(|item| !item.is_array() && !item.is_object()) {
            if !kept.contains(item) {
                kept.push(item.clone());
            }
        }
        if !kept.is_empty() {
            out.insert("enum".to_owned(), kept.into());
        }
    }

    /// What must not hold; left out where it is not whole, for then it would refuse too much.
    fn not(&mut self, value: &Value, depth: usize) -> Option<Value> {
        let before = std::mem::replace(&mut self.cut, false);
        let inner = self.inner(value, depth);
        let whole = !self.cut && inner.as_object().is_some_and(|map| !map.is_empty());
        self.cut |= before;
        whole.then_some(inner)
    }
}

/// What is left of a schema below the depth that is kept: what kind of value it is.
fn open_schema(map: &Map<String, Value>) -> Value {
    match map.get("type").and_then(types) {
        Some(kind) if map.get("nullable") != Some(&Value::Bool(true)) => json!({ "type": kind }),
        _ => json!({}),
    }
}

/// A schema that null satisfies too.
fn or_null(mut out: Map<String, Value>) -> Value {
    if let Some(Value::Array(items)) = out.get_mut("enum")
        && !items.contains(&Value::Null)
    {
        items.push(Value::Null);
    }
    // A choice beside the type judges null as well.
    let is_judged = ["allOf", "anyOf", "not", "const"].iter().any(|key| out.contains_key(*key));
    if is_judged {
        return json!({ "anyOf": [out, { "type": "null" }] });
    }
    match out.get_mut("type") {
        Some(Value::Array(types)) if types.iter().any(|kind| kind == "null") => {}
        Some(Value::Array(types)) => types.push("null".into()),
        Some(kind) => *kind = json!([kind.clone(), "null"]),
        None => {}
    }
    Value::Object(out)
}

/// A type, or a list of them; what JSON Schema does not know is left out.
fn types(value: &Value) -> Option<Value> {
    let known = |text: &str| match text {
        "string" | "number" | "integer" | "boolean" | "array" | "object" | "null" => Some(text.to_owned()),
        "file" => Some("string".to_owned()),
        _ => None,
    };
    match value {
        Value::String(text) => known(text).map(Value::from),
        Value::Array(items) => {
            let mut kept: Vec<String> = items.iter().filter_map(Value::as_str).filter_map(known).collect();
            let whole = kept.len() == items.len() && !kept.is_empty();
            kept.sort_unstable();
            kept.dedup();
            whole.then(|| if let [one] = kept.as_slice() { one.as_str().into() } else { json!(kept) })
        }
        _ => None,
    }
}

fn whole(value: &Value) -> Option<Value> {
    value.as_u64().map(Value::from)
}

/// A bound that holds itself, unless the document says by the word of 3.0 that it does not.
fn bound(value: &Value, exclusive: Option<&Value>) -> Option<Value> {
    (value.is_number() && exclusive != Some(&Value::Bool(true))).then(|| value.clone())
}

fn exclusive(value: &Value, bound: Option<&Value>) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::Bool(true) => bound.filter(|bound| bound.is_number()).cloned(),
        _ => None,
    }
}

fn small(value: &Value) -> Option<Value> {
    let fits = match value {
        Value::Array(items) if items.len() > 20 => false,
        Value::Object(map) if map.len() > 20 => false,
        Value::String(text) => text.len() <= SAMPLE_BYTES_MAX,
        value => value.to_string().len() <= SAMPLE_BYTES_MAX,
    };
    fits.then(|| value.clone())
}
