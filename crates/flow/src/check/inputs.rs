//! Whether what a call gives its operation fits, as far as that can be told before a run.

use serde_json::{Map, Value};

use crate::integration::OperationDraft;
use crate::integration::inputs::InputSchema;
use crate::nearest::did_you_mean;
use crate::node::api_call::draft::ApiCallDraft;
use crate::problem::{FieldPath, Problem};
use crate::scope::Roots;
use crate::template::Template;

pub(super) fn check(
    call: &ApiCallDraft,
    operation: Option<&OperationDraft>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let Some(operation) = operation else { return };
    let at = at.key("inputs");
    let Some(schema) = &operation.input_schema else {
        if let Some((name, _)) = call.inputs.iter().next() {
            let message = format!("the operation takes no input, and `{name}` is given");
            problems.push(Problem::warning("input-unknown", at.key(name.as_str()), message, "Take it out."));
        }
        return;
    };
    unknown(&call.inputs, schema, &at, problems);
    let Ok(schema) = InputSchema::compile(schema) else { return };
    let mut known = Map::new();
    let mut open = Vec::new();
    for (name, value) in &call.inputs {
        known.insert(name.clone(), sample(value, &at.key(name.as_str()), &mut open));
    }
    for unfit in schema.unfit(known) {
        let place = unfit.path.iter().fold(at.clone(), |at, part| match part.parse() {
            Ok(index) => at.index(index),
            Err(_) => at.key(part.as_str()),
        });
        // What a template gives, and what holds such a thing, is known in the run only.
        let undecided = match open.iter().find(|leaf| leaf.at == place) {
            Some(leaf) => !(leaf.is_text && unfit.is_type),
            None => {
                let below = |leaf: &Leaf| leaf.at.parts().starts_with(place.parts());
                !unfit.is_missing && open.iter().any(below)
            }
        };
        if !undecided {
            let code = if unfit.is_missing { "input-missing" } else { "input-invalid" };
            let fix = "Give what the operation's `inputSchema` asks for.";
            problems.push(Problem::error(code, place, unfit.message, fix));
        }
    }
}

fn unknown(
    inputs: &Map<String, Value>,
    schema: &Map<String, Value>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let says_itself = schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(true));
    if says_itself || schema.contains_key("patternProperties") {
        return;
    }
    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
    for name in inputs.keys().filter(|name| !properties.contains_key(*name)) {
        let message = format!("the operation has no input `{name}`");
        let fix = did_you_mean(name, &known, "inputs");
        problems.push(Problem::warning("input-unknown", at.key(name.as_str()), message, fix));
    }
}

/// A leaf that a template fills.
struct Leaf {
    at: FieldPath,
    /// It is more than one hole, so that a text comes of it whatever they hold.
    is_text: bool,
}

/// The value with its templates as far as they are known: their literal text, else a text in their place.
fn sample(value: &Value, at: &FieldPath, open: &mut Vec<Leaf>) -> Value {
    match value {
        Value::String(text) => match Template::parse(text, Roots::CALL) {
            Ok(template) => match template.literal() {
                Some(literal) => literal.into(),
                None => {
                    open.push(Leaf { at: at.clone(), is_text: template.lone().is_none() });
                    value.clone()
                }
            },
            Err(_) => value.clone(),
        },
        Value::Array(items) => {
            let item = |(index, item): (usize, &Value)| sample(item, &at.index(index), open);
            items.iter().enumerate().map(item).collect()
        }
        Value::Object(members) => {
            let mut known = Map::new();
            for (key, value) in members {
                known.insert(key.clone(), sample(value, &at.key(key.as_str()), open));
            }
            known.into()
        }
        other => other.clone(),
    }
}
