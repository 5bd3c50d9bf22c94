//! Values that satisfy a schema, made without chance.

use serde_json::{Map, Value, json};

/// A value for a schema, with everything optional in it or with as little as it takes.
pub fn value(schema: &Value, full: bool) -> Value {
    generate(schema, full, 0)
}

fn generate(schema: &Value, full: bool, depth: usize) -> Value {
    for key in ["const", "default"] {
        if let Some(value) = schema.get(key).filter(|value| !value.is_null()) {
            return value.clone();
        }
    }
    if let Some(Value::Array(listed)) = schema.get("enum") {
        return listed.iter().find(|value| !value.is_null()).or(listed.first()).cloned().unwrap_or_default();
    }
    if let Some(Value::Array(examples)) = schema.get("examples")
        && let Some(example) = examples.first().filter(|example| !example.is_object() && !example.is_array())
        && fits(example, schema)
    {
        return example.clone();
    }
    if let Some(Value::Array(parts)) = schema.get("allOf") {
        let mut merged = plain(schema, full, depth);
        for part in parts {
            match (generate(part, full, depth + 1), &mut merged) {
                (Value::Object(more), Value::Object(all)) => all.extend(more),
                (other, all) => *all = other,
            }
        }
        return merged;
    }
    if let Some(Value::Array(ways)) = schema.get("anyOf") {
        let way = ways.iter().find(|way| way["type"] != "null").unwrap_or(&Value::Null);
        return match (generate(way, full, depth + 1), plain(schema, full, depth)) {
            (Value::Object(way), Value::Object(mut own)) => {
                own.extend(way);
                Value::Object(own)
            }
            (way, _) => way,
        };
    }
    plain(schema, full, depth)
}

fn fits(value: &Value, schema: &Value) -> bool {
    match kind(schema) {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        None => true,
        _ => false,
    }
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ if schema.get("properties").is_some() => Some("object"),
        _ if schema.get("items").is_some() => Some("array"),
        _ => None,
    }
}

fn plain(schema: &Value, full: bool, depth: usize) -> Value {
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

fn object(schema: &Value, full: bool, depth: usize) -> Value {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut map = Map::new();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&name.as_str()) || (full && depth < 6) {
            map.insert(name.clone(), generate(inner, full, depth + 1));
        }
    }
    let least = schema["minProperties"].as_u64().unwrap_or(0);
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if (map.len() as u64) < least {
            map.entry(name).or_insert_with(|| generate(inner, full, depth + 1));
        }
    }
    for name in required {
        map.entry(name).or_insert_with(|| "x".into());
    }
    Value::Object(map)
}

fn number(schema: &Value) -> Value {
    let least = schema["minimum"].as_i64().or_else(|| schema["exclusiveMinimum"].as_i64().map(|n| n + 1));
    let most = schema["maximum"].as_i64().or_else(|| schema["exclusiveMaximum"].as_i64().map(|n| n - 1));
    let number = least.unwrap_or(1).max(if least.is_none() { 1 } else { i64::MIN });
    most.map_or(number, |most| number.min(most)).into()
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
    padded.chars().take(most).collect::<String>().into()
}
