//! Values that satisfy a schema, the same ones each time.

use jsonschema::Draft;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// How deep what is optional is filled in.
const OPTIONAL_DEPTH_MAX: usize = 6;
/// How many texts are tried for a pattern and its lengths.
const TEXTS_TRIED: usize = 60;

/// A value for a schema, with everything optional in it or with as little as it takes.
pub fn value(schema: &Value, full: bool) -> Value {
    generate(schema, full, 0)
}

fn generate(schema: &Value, full: bool, depth: usize) -> Value {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let examples = schema["examples"].as_array().into_iter().flatten();
    let given = schema.get("const").into_iter().chain(schema.get("default")).chain(listed).chain(examples);
    // A default of an object may be less than was asked for.
    let mut given = given.filter(|value| !(value.is_null() || full && value.is_object()));
    if let Some(value) = given.find(|value| is_valid(schema, value)) {
        return value.clone();
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        let whole = parts.iter().fold(without(schema, "allOf"), |whole, part| merged(&whole, part));
        return generate(&whole, full, depth);
    }
    if let Some(Value::Array(ways)) = schema.get("anyOf") {
        let whole = without(schema, "anyOf");
        let values = ways.iter().filter(|way| way["type"] != "null").flat_map(|way| {
            let way = merged(&whole, way);
            // Some ways exclude each other's members: with less there is less to exclude.
            [full, false].map(|full| generate(&way, full, depth + 1))
        });
        let mut values = values.peekable();
        let first = values.peek().cloned();
        return values.find(|value| is_valid(schema, value)).or(first).unwrap_or_default();
    }
    match kind(schema) {
        Some("object") => object(schema, full, depth),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0).max(u64::from(full));
            let item = generate(schema.get("items").unwrap_or(&Value::Null), full, depth + 1);
            (0..least.min(5)).map(|_| item.clone()).collect()
        }
        Some("integer" | "number") => number(schema),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => text(schema),
    }
}

fn is_valid(schema: &Value, value: &Value) -> bool {
    let validator =
        jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(schema);
    validator.is_ok_and(|validator| validator.is_valid(value))
}

fn without(schema: &Value, key: &str) -> Value {
    let mut schema = schema.clone();
    schema.as_object_mut().and_then(|map| map.remove(key));
    schema
}

/// Both schemas as one, as far as values are made of it.
fn merged(one: &Value, other: &Value) -> Value {
    let mut all = one.as_object().cloned().unwrap_or_default();
    for (key, value) in other.as_object().into_iter().flatten() {
        match (key.as_str(), all.get_mut(key), value) {
            ("properties", Some(Value::Object(known)), Value::Object(more)) => {
                for (name, schema) in more {
                    let both = known.get(name).map_or_else(|| schema.clone(), |known| merged(known, schema));
                    known.insert(name.clone(), both);
                }
            }
            ("required" | "allOf", Some(Value::Array(known)), Value::Array(more)) => {
                known.extend(more.iter().cloned());
            }
            _ => drop(all.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(all)
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ if ["properties", "required", "additionalProperties"]
            .iter()
            .any(|key| schema.get(key).is_some()) =>
        {
            Some("object")
        }
        _ if schema.get("items").is_some() => Some("array"),
        _ => None,
    }
}

fn object(schema: &Value, full: bool, depth: usize) -> Value {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut map = Map::new();
    let properties = || schema["properties"].as_object().into_iter().flatten();
    for (name, inner) in properties() {
        // Where nothing is said of it, an imported schema is cut.
        let is_open = inner.as_object().is_some_and(|map| map.keys().all(|key| key == "description"));
        if required.contains(&name.as_str()) || (full && depth < OPTIONAL_DEPTH_MAX && !is_open) {
            map.insert(name.clone(), generate(inner, full, depth + 1));
        }
    }
    let least = schema["minProperties"].as_u64().unwrap_or(0);
    for (name, inner) in properties() {
        if (map.len() as u64) < least {
            map.entry(name).or_insert_with(|| generate(inner, full, depth + 1));
        }
    }
    // What is required and nowhere described.
    let other = schema.get("additionalProperties").unwrap_or(&Value::Null);
    for name in required {
        map.entry(name).or_insert_with(|| generate(other, full, depth + 1));
    }
    let more = (map.len() as u64)..least;
    map.extend(more.map(|n| (format!("key{n}"), generate(other, full, depth + 1))));
    Value::Object(map)
}

fn number(schema: &Value) -> Value {
    let least = schema["minimum"].as_i64().or_else(|| schema["exclusiveMinimum"].as_i64().map(|n| n + 1));
    let most = schema["maximum"].as_i64().or_else(|| schema["exclusiveMaximum"].as_i64().map(|n| n - 1));
    let number = least.unwrap_or(1).max(if least.is_none() { 1 } else { i64::MIN });
    let number = most.map_or(number, |most| number.min(most));
    match schema["multipleOf"].as_i64() {
        Some(step) if number % step != 0 => (number - number.rem_euclid(step) + step).into(),
        _ => number.into(),
    }
}

fn text(schema: &Value) -> Value {
    let text = match schema["format"].as_str().unwrap_or_default() {
        "date-time" => "2026-11-21T12:00:00Z",
        "date" => "2026-11-21",
        "time" => "12:00:00Z",
        "uuid" => "7b5d6a7e-3c0f-4f5e-9c1d-2f6a1b0c9d8e",
        "email" => "ann@example.com",
        "uri" | "url" => "https://example.com/a",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "YQ==",
        _ => "abc",
    };
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap();
    let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(1_000)).unwrap();
    let padded = format!("{text}{}", "a".repeat(least.min(1_000).saturating_sub(text.len())));
    let plain = Value::from(padded.chars().take(most).collect::<String>());
    let Some(pattern) = schema["pattern"].as_str().filter(|_| !is_valid(schema, &plain)) else {
        return plain;
    };
    matching(pattern, schema).unwrap_or(plain)
}

/// A text of a pattern.
fn matching(pattern: &str, schema: &Value) -> Option<Value> {
    // Whole texts are made, so that the anchors say nothing more.
    let mut bare = String::new();
    let mut chars = pattern.chars();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => bare.extend(std::iter::once(c).chain(chars.next())),
            '^' | '$' if !class => {}
            _ => {
                class = (class || c == '[') && c != ']';
                bare.push(c);
            }
        }
    }
    // Of the digits and letters of all the world's scripts, those that everyone knows.
    let bare = bare.replace("\\d", "[0-9]").replace("\\w", "[A-Za-z0-9_]");
    let texts = proptest::string::string_regex(&bare).ok()?;
    let mut runner = TestRunner::deterministic();
    (0..TEXTS_TRIED)
        .filter_map(|_| Some(Value::from(texts.new_tree(&mut runner).ok()?.current())))
        .find(|text| is_valid(schema, text))
}
