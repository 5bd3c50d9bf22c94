//! What kind of value a schema describes, as far as its place in a request needs to know.

use serde_json::Value;

use super::refs::Document;
use super::schema::Side;

/// How deep choices and references are followed.
const DEPTH_MAX: usize = 6;
/// The most properties that are sent one by one.
const PROPERTIES_MAX: usize = 100;

#[derive(Clone, Debug)]
pub(super) enum Shape<'d> {
    /// A text, a number, a boolean, or nobody knows.
    Single,
    List,
    /// Either; told apart when it is sent.
    SingleOrList,
    /// With the properties that are named, which may be none.
    Object(Vec<Property<'d>>),
}

#[derive(Clone, Debug)]
pub(super) struct Property<'d> {
    pub name: &'d str,
    pub schema: &'d Value,
    pub required: bool,
}

impl<'d> Shape<'d> {
    pub(super) fn of(document: Document<'d>, schema: &'d Value) -> Self {
        shape(document, schema, DEPTH_MAX)
    }
}

fn shape<'d>(document: Document<'d>, schema: &'d Value, depth: usize) -> Shape<'d> {
    let Ok(schema) = document.resolve(schema) else { return Shape::Single };
    let has = |kind: &str| match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    let untyped = schema.get("type").is_none();
    if has("object") || (untyped && schema.get("properties").is_some()) {
        return Shape::Object(properties(document, schema, depth));
    }
    if has("array") || (untyped && schema.get("items").is_some()) {
        let only = schema
            .get("type")
            .and_then(Value::as_array)
            .is_none_or(|kinds| kinds.iter().all(|kind| kind == "array" || kind == "null"));
        return if only { Shape::List } else { Shape::SingleOrList };
    }
    if !untyped || depth == 0 {
        return Shape::Single;
    }
    if schema.get("allOf").is_some() {
        let parts = ways(schema, "allOf").map(|part| shape(document, part, depth - 1));
        let kinds: Vec<Shape<'d>> = parts.filter(|part| !matches!(part, Shape::Single)).collect();
        return match kinds.first() {
            Some(Shape::Object(_)) => Shape::Object(properties(document, schema, depth)),
            Some(other) => other.clone(),
            None => Shape::Single,
        };
    }
    let ways = ways(schema, "anyOf").chain(ways(schema, "oneOf"));
    let shapes: Vec<Shape<'d>> = ways.map(|way| shape(document, way, depth - 1)).collect();
    let count = |is: fn(&Shape<'_>) -> bool| shapes.iter().filter(|shape| is(shape)).count();
    let lists = count(|shape| matches!(shape, Shape::List));
    let objects = count(|shape| matches!(shape, Shape::Object(_)));
    match shapes.len() {
        0 => Shape::Single,
        all if lists == all => Shape::List,
        all if objects == all => Shape::Object(properties(document, schema, depth)),
        _ if lists > 0 || count(|shape| matches!(shape, Shape::SingleOrList)) > 0 => Shape::SingleOrList,
        _ => Shape::Single,
    }
}

fn ways<'d>(schema: &'d Value, key: &str) -> impl Iterator<Item = &'d Value> + use<'d> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The properties that an object's schema names, those of its parts too; of a choice all, and none of them required.
fn properties<'d>(document: Document<'d>, schema: &'d Value, depth: usize) -> Vec<Property<'d>> {
    let mut found: Vec<Property<'d>> = Vec::new();
    collect(document, schema, depth, true, &mut found);
    found.truncate(PROPERTIES_MAX);
    found
}

fn collect<'d>(
    document: Document<'d>,
    schema: &'d Value,
    depth: usize,
    sure: bool,
    found: &mut Vec<Property<'d>>,
) {
    let Ok(schema) = document.resolve(schema) else { return };
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if !document.is_hidden(property, Side::Request) && !found.iter().any(|known| known.name == name) {
            found.push(Property { name, schema: property, required: false });
        }
        if found.len() > PROPERTIES_MAX {
            return;
        }
    }
    if depth > 0 {
        for part in ways(schema, "allOf") {
            collect(document, part, depth - 1, sure, found);
        }
        for way in ways(schema, "anyOf").chain(ways(schema, "oneOf")) {
            collect(document, way, depth - 1, false, found);
        }
    }
    if sure {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in names.filter_map(Value::as_str) {
            found
                .iter_mut()
                .filter(|property| property.name == name)
                .for_each(|property| property.required = true);
        }
    }
}
