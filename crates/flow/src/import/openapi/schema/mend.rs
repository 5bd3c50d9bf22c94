//! What a converted schema must not hold: what no value could satisfy, and what cannot be read.

use serde_json::{Map, Value, json};

/// The longest pattern that is kept, in bytes.
const PATTERN_BYTES_MAX: usize = 512;

/// Takes out what no value, or not the default, could satisfy: such documents mean less than they say.
pub(super) fn mend(out: &mut Map<String, Value>) {
    if let Some(Value::Array(parts)) = out.get_mut("allOf") {
        // Each part would refuse what the others describe.
        parts.iter_mut().filter_map(Value::as_object_mut).for_each(close_not);
        let mut kinds: Vec<&Value> = parts.iter().filter_map(|part| part.get("type")).collect();
        kinds.dedup();
        let is_single = kinds.iter().all(|kind| kind.is_string());
        let is_number = |kind: &&Value| matches!(kind.as_str(), Some("number" | "integer"));
        if is_single && kinds.len() > 1 && !kinds.iter().all(is_number) {
            out.remove("allOf");
        }
        close_not(out);
    }
    // It would be filled in wherever the input is not given.
    if let Some(default) = out.get("default").filter(|default| !default.is_null())
        && !is_satisfied(&Value::Object(out.clone()), default)
    {
        out.remove("default");
    }
}

fn close_not(schema: &mut Map<String, Value>) {
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.remove("additionalProperties");
    }
}

/// Whether a value fits a converted schema.
pub(in crate::import::openapi) fn is_satisfied(schema: &Value, value: &Value) -> bool {
    validator(schema).is_ok_and(|schema| schema.is_valid(value))
}

fn validator(schema: &Value) -> Result<jsonschema::Validator, jsonschema::ValidationError<'static>> {
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema)
}

/// Whether a pattern can be read: documents hold those of every language.
pub(super) fn is_pattern(text: &str) -> bool {
    text.len() <= PATTERN_BYTES_MAX && validator(&json!({ "pattern": text })).is_ok()
}
