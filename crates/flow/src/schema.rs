//! A tree beside a JSON Schema: everything that does not fit, each at its place.
//!
//! It reads the part of JSON Schema that schemars makes of our drafts, and is no general validator: a keyword it
//! does not know is passed over, and the draft's own `Deserialize` has the last word.

mod choice;
mod words;

use serde_json::{Map, Value};

use crate::nearest::did_you_mean;
use crate::problem::{FieldPath, Place, Problem};
use crate::source::{Content, Entry, Tree};

/// The pattern of a slug; the only one that is checked here.
pub const SLUG_PATTERN: &str = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$";

/// A JSON Schema, ready to be laid beside trees.
#[derive(Clone, Debug)]
pub struct Shape {
    root: Value,
}

/// What came of laying a tree beside a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The tree's value as its draft reads it: unknown keys left out, `null` for an optional key left out,
    /// numbers that stand where a text is wanted spelled as their author did.
    pub value: Value,
    /// Whether the value is whole: no problem but unknown keys.
    pub whole: bool,
    pub problems: Vec<Problem>,
}

impl Shape {
    /// The schema of a type.
    pub fn of<T: schemars::JsonSchema>() -> Self {
        Self { root: schemars::schema_for!(T).to_value() }
    }

    pub fn new(root: Value) -> Self {
        Self { root }
    }

    /// Lays a tree beside the schema.
    pub fn fit(&self, tree: &Tree) -> Fitted {
        let mut fitting = Fitting { root: &self.root, whole: true, problems: Vec::new() };
        let value = fitting.value(tree, &self.root, &FieldPath::root(), None);
        Fitted { value, whole: fitting.whole, problems: fitting.problems }
    }
}

struct Fitting<'s> {
    root: &'s Value,
    whole: bool,
    problems: Vec<Problem>,
}

/// How many references are followed before a schema counts as circular.
const REFERENCES_MAX: usize = 16;

/// The schema that takes every value.
static ANYTHING: Value = Value::Bool(true);

impl<'s> Fitting<'s> {
    /// The schema that a reference names. Keywords beside a `$ref` only describe.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        for _ in 0..REFERENCES_MAX {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else { return schema };
            let Some(found) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else {
                return schema;
            };
            schema = found;
        }
        schema
    }

    /// `key_place` is where the value's key stands, if it has one.
    fn value(&mut self, tree: &Tree, schema: &'s Value, at: &FieldPath, key_place: Option<Place>) -> Value {
        let schema = self.resolve(schema);
        if let Some(branches) = branches(schema) {
            return self.choose(tree, branches, at, key_place);
        }
        if let Some(choices) = choices(schema) {
            return self.one_of(tree, &choices, at);
        }
        let types = types(schema);
        if types.is_empty() {
            return tree.to_value();
        }
        match &tree.content {
            Content::Null if types.contains(&"null") => Value::Null,
            Content::Object(_) if types.contains(&"object") => self.object(tree, schema, at, key_place),
            Content::List(items) if types.contains(&"array") => self.list(items, schema, at),
            Content::Bool(_) if types.contains(&"boolean") && !types.contains(&"string") => tree.to_value(),
            Content::Number(number) if is_number(&types) => {
                if !(types.contains(&"number") || number.is_i64() || number.is_u64()) {
                    return self.wrong_type(tree, &types, at);
                }
                self.bounds(tree, number, schema, at);
                tree.to_value()
            }
            Content::Text(text) if types.contains(&"string") => {
                self.pattern(tree, text, schema, at);
                tree.to_value()
            }
            // A draft's text that also takes numbers wants them as they were written: `1.10`, not `1.1`.
            Content::Bool(_) | Content::Number(_) if takes_scalar(&types, &tree.content) => {
                tree.scalar_text().map_or(Value::Null, Value::String)
            }
            _ => self.wrong_type(tree, &types, at),
        }
    }

    fn object(&mut self, tree: &Tree, schema: &'s Value, at: &FieldPath, key_place: Option<Place>) -> Value {
        let Content::Object(entries) = &tree.content else { return Value::Null };
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").unwrap_or(&ANYTHING);
        let required = required(schema);
        let mut map = Map::new();
        for (key, entry) in entries {
            if let Some(property) = properties.and_then(|p| p.get(key)) {
                if entry.tree.content == Content::Null && self.null_is_absence(property) {
                    if required.contains(&key.as_str()) {
                        self.empty_key(key, entry, property, at);
                    }
                    continue;
                }
                let value = self.value(&entry.tree, property, &at.key(key.as_str()), Some(entry.key_place));
                map.insert(key.clone(), value);
            } else if others == &Value::Bool(false) {
                let known: Vec<&str> =
                    properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                self.unknown_key(key, entry, &known, at);
            } else {
                let value = self.value(&entry.tree, others, &at.key(key.as_str()), Some(entry.key_place));
                map.insert(key.clone(), value);
            }
        }
        for key in required.iter().filter(|key| !entries.contains_key(**key)) {
            let place = key_place.unwrap_or(tree.place);
            let example =
                properties.and_then(|p| p.get(*key)).map_or(String::new(), |property| self.example(property));
            let fix = format!("Add `{key}:{example}`.");
            self.report("missing-key", at.key(*key), place, format!("`{key}` is missing"), fix);
        }
        Value::Object(map)
    }

    /// `null` says nothing where the schema does not take just anything.
    fn null_is_absence(&self, property: &'s Value) -> bool {
        let schema = self.resolve(property);
        branches(schema).is_some() || choices(schema).is_some() || !types(schema).is_empty()
    }

    fn empty_key(&mut self, key: &str, entry: &Entry, property: &'s Value, at: &FieldPath) {
        let message = format!("`{key}` has no value: expected {}", words::kind(self.root, property));
        self.report("wrong-type", at.key(key), entry.key_place, message, String::new());
    }

    fn unknown_key(&mut self, key: &str, entry: &Entry, known: &[&str], at: &FieldPath) {
        let problem = Problem::error(
            "unknown-key",
            at.key(key),
            format!("unknown key `{key}`"),
            did_you_mean(key, known, "keys"),
        );
        // Left out of the value; what remains can still be checked.
        self.problems.push(Problem { place: Some(entry.key_place), ..problem });
    }

    fn list(&mut self, items: &[Tree], schema: &'s Value, at: &FieldPath) -> Value {
        let item = schema.get("items").unwrap_or(&ANYTHING);
        let values = items.iter().enumerate().map(|(i, tree)| self.value(tree, item, &at.index(i), None));
        Value::Array(values.collect())
    }

    fn one_of(&mut self, tree: &Tree, known: &[&str], at: &FieldPath) -> Value {
        match tree.scalar_text() {
            Some(text) if known.contains(&text.as_str()) => Value::String(text),
            Some(text) => {
                let fix = did_you_mean(&text, known, "values");
                let message = match known {
                    [only] => format!("`{text}` is not `{only}`, the only value known here"),
                    _ => format!("`{text}` is none of {}", words::either(known)),
                };
                self.report("not-one-of", at.clone(), tree.place, message, fix);
                Value::Null
            }
            None => {
                let message =
                    format!("expected {}, found {}", words::either(known), words::found(&tree.content));
                self.report("wrong-type", at.clone(), tree.place, message, String::new());
                Value::Null
            }
        }
    }

    fn bounds(&mut self, tree: &Tree, number: &serde_json::Number, schema: &Value, at: &FieldPath) {
        let (least, most) = words::range(schema);
        let number = match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => i128::from(integer),
            (_, Some(integer)) => i128::from(integer),
            _ => return,
        };
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let allowed = match (least, most) {
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (None, Some(most)) => format!("{most} or less"),
                (None, None) => return,
            };
            let message = format!("{number} is out of range: {allowed}");
            self.report("out-of-range", at.clone(), tree.place, message, String::new());
        }
    }

    fn pattern(&mut self, tree: &Tree, text: &str, schema: &Value, at: &FieldPath) {
        if schema.get("pattern").and_then(Value::as_str) == Some(SLUG_PATTERN) && !is_slug(text) {
            let message = format!("`{text}` is no slug");
            let fix = "Use up to 64 lower-case letters, digits and dashes, with no dash at either end.";
            self.report("slug-format", at.clone(), tree.place, message, fix.to_owned());
        }
    }

    fn wrong_type(&mut self, tree: &Tree, types: &[&str], at: &FieldPath) -> Value {
        let message = format!("expected {}, found {}", words::types(types), words::found(&tree.content));
        let fix = match tree.scalar_text() {
            Some(text) if types.contains(&"string") => format!("Put it in quotes: \"{text}\"."),
            Some(text) if types.contains(&"array") => format!("Write a list: [{text}]."),
            _ => String::new(),
        };
        self.report("wrong-type", at.clone(), tree.place, message, fix);
        Value::Null
    }

    fn report(&mut self, code: &'static str, at: FieldPath, place: Place, message: String, fix: String) {
        self.whole = false;
        self.problems.push(Problem { place: Some(place), ..Problem::error(code, at, message, fix) });
    }

    /// What a missing key could hold, where there is only one thing.
    fn example(&self, property: &'s Value) -> String {
        let schema = self.resolve(property);
        match choices(schema).as_deref() {
            Some([only]) => format!(" {only}"),
            _ => " …".to_owned(),
        }
    }
}

/// Whether a text is a slug ([`SLUG_PATTERN`]).
pub fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_number(types: &[&str]) -> bool {
    !types.contains(&"string") && (types.contains(&"number") || types.contains(&"integer"))
}

fn takes_scalar(types: &[&str], content: &Content) -> bool {
    types.contains(&"string")
        && match content {
            Content::Bool(_) => types.contains(&"boolean"),
            Content::Number(number) => {
                types.contains(&"number")
                    || (types.contains(&"integer") && (number.is_i64() || number.is_u64()))
            }
            _ => false,
        }
}

fn required(schema: &Value) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn branches(schema: &Value) -> Option<&Vec<Value>> {
    let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    choices(schema).is_none().then_some(branches)
}

/// The texts that a schema takes, where it takes nothing else.
fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(one) = schema.get("const") {
        return one.as_str().map(|text| vec![text]);
    }
    if let Some(list) = schema.get("enum") {
        return list.as_array()?.iter().map(Value::as_str).collect();
    }
    let branches = schema.get("oneOf")?.as_array()?;
    branches.iter().map(|branch| branch.get("const").and_then(Value::as_str)).collect()
}
