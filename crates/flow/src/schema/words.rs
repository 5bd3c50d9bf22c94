//! What a schema wants and what a file holds, in words.

use serde_json::Value;

use crate::source::Content;

pub(super) fn found(content: &Content) -> &'static str {
    match content {
        Content::Null => "nothing",
        Content::Bool(_) => "true or false",
        Content::Number(_) => "a number",
        Content::Text(_) => "a text",
        Content::List(_) => "a list",
        Content::Object(_) => "an object",
    }
}

/// "a text or a list".
pub(super) fn types(types: &[&str]) -> String {
    let words: Vec<&str> = types
        .iter()
        .filter(|kind| **kind != "null")
        .map(|kind| match *kind {
            "object" => "an object",
            "array" => "a list",
            "string" => "a text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            other => other,
        })
        .collect();
    join(&words)
}

/// "`a`, `b` or `c`".
pub(super) fn either(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    join(&quoted.iter().map(String::as_str).collect::<Vec<_>>())
}

fn join(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What a schema wants, as far as one word says it.
pub(super) fn kind(root: &Value, schema: &Value) -> String {
    let schema = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|name| root.pointer(name.strip_prefix('#')?))
        .unwrap_or(schema);
    match super::choices(schema) {
        Some(known) => either(&known),
        None => match super::types(schema).as_slice() {
            [] => "a value".to_owned(),
            kinds => types(kinds),
        },
    }
}

/// The least and the most that a whole number may be, its `format` included.
pub(super) fn range(schema: &Value) -> (Option<i128>, Option<i128>) {
    let bound = |key: &str| {
        let bound = schema.get(key)?;
        bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from))
    };
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => Some(i128::from(u8::MAX)),
        Some("uint16") => Some(i128::from(u16::MAX)),
        Some("uint32") => Some(i128::from(u32::MAX)),
        Some("int32") => Some(i128::from(i32::MAX)),
        Some("int64") => Some(i128::from(i64::MAX)),
        _ => None,
    };
    (bound("minimum"), bound("maximum").or(most))
}
