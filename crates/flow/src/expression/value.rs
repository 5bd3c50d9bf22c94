//! JSON values to MiniJinja's and back, and what they cost.

use minijinja::value::ValueKind;
use serde_json::{Map, Number, Value};

use crate::json::DEPTH_MAX;

/// What values take in memory, in bytes, beside their texts.
pub(crate) struct Costs {
    /// A scalar, a list, a text.
    value: usize,
    /// What an object adds.
    object: usize,
    /// What an entry of an object adds to its key's text and its value.
    entry: usize,
}

/// As MiniJinja's values.
pub(crate) const IN_ENGINE: Costs = Costs { value: 32, object: 96, entry: 64 };
/// As JSON trees.
pub(crate) const IN_TREE: Costs = Costs { value: 72, object: 112, entry: 56 };

/// Takes the memory that a value needs from `left`; false, early, where it does not fit.
pub(crate) fn spend(value: &Value, costs: &Costs, left: &mut usize) -> bool {
    let own = match value {
        Value::String(text) => text.len() + costs.value,
        Value::Object(map) => {
            map.keys().map(|key| key.len() + costs.entry).sum::<usize>() + costs.object + costs.value
        }
        _ => costs.value,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| spend(item, costs, left)),
        Value::Object(map) => map.values().all(|item| spend(item, costs, left)),
        _ => true,
    }
}

pub(super) fn to_engine(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => integer.into(),
            (_, Some(integer)) => integer.into(),
            _ => number.as_f64().unwrap_or(f64::NAN).into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(to_engine).collect(),
        Value::Object(map) => {
            minijinja::value::Value::from_pairs(map.iter().map(|(key, item)| (key.as_str(), to_engine(item))))
        }
    }
}

/// Why a result is not a JSON value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotJson {
    /// Not a number, infinite, or an integer of more than 64 bits.
    Number(String),
    Depth,
    TooLarge,
    Kind(String),
}

/// The JSON value of a result; `None` where it is undefined.
pub(super) fn from_engine(
    value: &minijinja::Value,
    left: &mut usize,
    depth: usize,
) -> Result<Option<Value>, NotJson> {
    if depth > DEPTH_MAX {
        return Err(NotJson::Depth);
    }
    let take = |left: &mut usize, cost: usize| {
        *left = left.checked_sub(cost).ok_or(NotJson::TooLarge)?;
        Ok::<(), NotJson>(())
    };
    take(left, IN_TREE.value)?;
    let json = match value.kind() {
        ValueKind::Undefined => return Ok(None),
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => Value::Number(number(value)?),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            take(left, text.len())?;
            text.into()
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter().map_err(|e| NotJson::Kind(e.to_string()))? {
                items.push(from_engine(&item, left, depth + 1)?.unwrap_or(Value::Null));
            }
            Value::Array(items)
        }
        ValueKind::Map => {
            take(left, IN_TREE.object)?;
            let mut map = Map::new();
            for key in value.try_iter().map_err(|e| NotJson::Kind(e.to_string()))? {
                let item = value.get_item(&key).unwrap_or(minijinja::Value::UNDEFINED);
                let name = match key.as_str() {
                    Some(name) => name.to_owned(),
                    None if key.is_number() || key.kind() == ValueKind::Bool => key.to_string(),
                    None => return Err(NotJson::Kind("an object's key must be a text".into())),
                };
                take(left, IN_TREE.entry + name.len())?;
                map.insert(name, from_engine(&item, left, depth + 1)?.unwrap_or(Value::Null));
            }
            Value::Object(map)
        }
        kind => return Err(NotJson::Kind(format!("a {kind} is not a JSON value"))),
    };
    Ok(Some(json))
}

fn number(value: &minijinja::Value) -> Result<Number, NotJson> {
    if !value.is_integer() {
        let double = f64::try_from(value.clone()).map_err(|_| NotJson::Number(value.to_string()))?;
        return Number::from_f64(double).ok_or_else(|| NotJson::Number(value.to_string()));
    }
    if let Ok(integer) = i64::try_from(value.clone()) {
        return Ok(integer.into());
    }
    u64::try_from(value.clone()).map(Number::from).map_err(|_| NotJson::Number(value.to_string()))
}
