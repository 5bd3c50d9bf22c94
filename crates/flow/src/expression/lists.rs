//! Filters over lists and objects, charged by the number of their items.

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Error, ErrorKind, State, Value, filters};

use super::meter::Tank;
use super::text::{CHAR_WORK, invalid, is_missing};
use super::words::{MAPPED, TESTS};

/// What an item of a new list takes, in bytes.
pub(super) const ITEM_COST: usize = 64;

/// Charges for a new list of the items of a value; refuses what has none.
fn charge(state: &State<'_, '_>, name: &str, value: &Value) -> Result<usize, Error> {
    let items = match value.kind() {
        ValueKind::Undefined | ValueKind::None => 0,
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => count(value)?,
        kind => return Err(invalid(format!("`{name}` needs a list or an object, not a {kind}"))),
    };
    Tank::of(state)?.made(items.saturating_mul(ITEM_COST))?;
    Ok(items)
}

fn count(value: &Value) -> Result<usize, Error> {
    match value.len() {
        Some(length) => Ok(length),
        None => Ok(value.try_iter()?.count()),
    }
}

/// Charges for the comparisons of a sort as well.
fn charge_sort(state: &State<'_, '_>, name: &str, value: &Value) -> Result<(), Error> {
    let items = charge(state, name, value)?;
    let rounds = usize::try_from(items.max(1).ilog2()).unwrap_or(0);
    Tank::of(state)?.work(items.saturating_mul(rounds).saturating_mul(ITEM_COST))
}

/// A list of the items of a value; empty where it is missing.
fn items_of(value: &Value) -> Result<Vec<Value>, Error> {
    if is_missing(value) { Ok(Vec::new()) } else { Ok(value.try_iter()?.collect()) }
}

/// The value at a dotted attribute; undefined where it is not there.
pub(super) fn attribute_of(item: Value, attribute: Option<&str>) -> Value {
    let Some(attribute) = attribute else { return item };
    attribute.split('.').fold(item, |value, key| {
        let found = match key.parse::<usize>() {
            Ok(index) => value.get_item_by_index(index),
            Err(_) => value.get_attr(key),
        };
        found.unwrap_or(Value::UNDEFINED)
    })
}

/// Stands before a slice, which goes through a text's characters: charges for that. Missing stays missing.
pub(super) fn slice_guard(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        Tank::of(state)?.work(text.len().saturating_mul(CHAR_WORK))?;
    }
    Ok(value)
}

pub(super) fn length(value: &Value) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(0.into());
    }
    filters::length(value).map(Value::from)
}

pub(super) fn first(value: &Value) -> Result<Value, Error> {
    if is_missing(value) { Ok(Value::UNDEFINED) } else { filters::first(value) }
}

pub(super) fn last(value: Value) -> Result<Value, Error> {
    if is_missing(&value) { Ok(Value::UNDEFINED) } else { filters::last(value) }
}

pub(super) fn list(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        Tank::of(state)?.made(text.len().saturating_mul(ITEM_COST))?;
        return Ok(text.chars().map(Value::from).collect());
    }
    charge(state, "list", &value)?;
    items_of(&value).map(Value::from_iter)
}

pub(super) fn reverse(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) => {
            Tank::of(state)?.made(text.len())?;
            Tank::of(state)?.work(text.len().saturating_mul(CHAR_WORK))?;
        }
        None if is_missing(&value) => return Ok(Value::UNDEFINED),
        None => drop(charge(state, "reverse", &value)?),
    }
    filters::reverse(&value)
}

pub(super) fn sort(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<Value, Error> {
    charge_sort(state, "sort", &value)?;
    single_attribute(&kwargs)?;
    filters::sort(state, items_of(&value)?.into(), kwargs)
}

pub(super) fn unique(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<Value, Error> {
    charge_sort(state, "unique", &value)?;
    filters::unique(state, items_of(&value)?.into(), kwargs)
}

pub(super) fn dictsort(state: &State<'_, '_>, value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    charge_sort(state, "dictsort", value)?;
    filters::dictsort(value, kwargs)
}

pub(super) fn min(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<Value, Error> {
    charge(state, "min", &value)?;
    single_attribute(&kwargs)?;
    filters::min(state, items_of(&value)?.into(), kwargs)
}

pub(super) fn max(state: &State<'_, '_>, value: Value, kwargs: Kwargs) -> Result<Value, Error> {
    charge(state, "max", &value)?;
    single_attribute(&kwargs)?;
    filters::max(state, items_of(&value)?.into(), kwargs)
}

/// A list of attributes would be kept per item.
fn single_attribute(kwargs: &Kwargs) -> Result<(), Error> {
    match kwargs.peek::<Option<&str>>("attribute")? {
        Some(names) if names.contains(',') => Err(invalid("only one attribute can be given")),
        _ => Ok(()),
    }
}

/// The sum of numbers; anything else is an error, not a concatenation.
pub(super) fn sum(state: &State<'_, '_>, value: &Value, attribute: Option<&str>) -> Result<Value, Error> {
    charge(state, "sum", value)?;
    let numbers: Vec<Value> = items_of(value)?
        .into_iter()
        .map(|item| attribute_of(item, attribute))
        .filter(|number| !is_missing(number))
        .collect();
    if let Some(other) = numbers.iter().find(|n| n.kind() != ValueKind::Number) {
        return Err(invalid(format!("`sum` needs numbers, not a {}", other.kind())));
    }
    filters::sum(state, numbers.into(), None, None, Kwargs::from_iter(Vec::<(String, Value)>::new()))
}

pub(super) fn items(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pairs(state, "items", value, |key, item| Value::from(vec![key, item]))
}

pub(super) fn keys(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pairs(state, "keys", value, |key, _| key)
}

pub(super) fn values(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pairs(state, "values", value, |_, item| item)
}

fn pairs(
    state: &State<'_, '_>,
    name: &str,
    value: &Value,
    make: fn(Value, Value) -> Value,
) -> Result<Value, Error> {
    charge(state, name, value)?;
    if is_missing(value) {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    if value.kind() != ValueKind::Map {
        return Err(invalid(format!("`{name}` needs an object, not a {}", value.kind())));
    }
    let mut made = Vec::new();
    for key in value.try_iter()? {
        let item = value.get_item(&key)?;
        made.push(make(key, item));
    }
    Ok(made.into())
}

/// `map(attribute='name')` or `map('upper')`.
pub(super) fn map(
    state: &mut State<'_, '_>,
    value: Value,
    filter: Option<&str>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let count = charge(state, "map", &value)?;
    let attribute = kwargs.get::<Option<&str>>("attribute")?;
    let default = kwargs.get::<Option<Value>>("default")?;
    kwargs.assert_all_used()?;
    let filter = match filter {
        Some(name) => Some(*MAPPED.iter().find(|f| **f == name).ok_or_else(|| {
            Error::new(ErrorKind::UnknownFilter, format!("`map` cannot apply a filter `{name}`"))
        })?),
        None if attribute.is_none() => return Err(invalid("`map` needs `attribute=` or a filter's name")),
        None => None,
    };
    if let Some(default) = &default {
        let tank = Tank::of(state)?;
        tank.made(count.saturating_mul(deep_cost(default, &tank)?))?;
    }
    let mut made = Vec::new();
    for item in items_of(&value)? {
        let mut item = attribute_of(item, attribute);
        if let Some(filter) = filter {
            item = state.apply_filter(filter, &[item])?;
        }
        made.push(match &default {
            Some(default) if is_missing(&item) => default.clone(),
            _ => item,
        });
    }
    Ok(made.into())
}

/// What a value takes with all in it, stopping where the tank is empty.
fn deep_cost(value: &Value, tank: &Tank) -> Result<usize, Error> {
    tank.work(1)?;
    Ok(match value.kind() {
        ValueKind::String => value.as_str().map_or(0, str::len) + ITEM_COST,
        ValueKind::Seq | ValueKind::Iterable => {
            let mut total = ITEM_COST;
            for item in value.try_iter()? {
                total += deep_cost(&item, tank)?;
            }
            total
        }
        ValueKind::Map => {
            let mut total = ITEM_COST;
            for key in value.try_iter()? {
                total += deep_cost(&value.get_item(&key)?, tank)? + deep_cost(&key, tank)?;
            }
            total
        }
        _ => ITEM_COST,
    })
}

/// Keeps the items, or those at an attribute, that pass a test, or fail it.
pub(super) fn choose(
    state: &mut State<'_, '_>,
    value: &Value,
    attribute: Option<&str>,
    test: Option<&str>,
    args: &[Value],
    keep: bool,
) -> Result<Value, Error> {
    let count = charge(state, "select", value)?;
    if let Some(test) = test.filter(|test| !TESTS.contains(test)) {
        return Err(Error::new(ErrorKind::UnknownTest, format!("there is no test `{test}`")));
    }
    let tank = Tank::of(state)?;
    for arg in args {
        let cost = deep_cost(arg, &tank)?;
        tank.work(count.saturating_mul(cost))?;
    }
    let mut kept = Vec::new();
    for item in items_of(value)? {
        let tested = attribute_of(item.clone(), attribute);
        let passed = match test {
            Some(test) => {
                let all: Vec<Value> = std::iter::once(tested).chain(args.iter().cloned()).collect();
                state.perform_test(test, &all)?
            }
            None => tested.is_true(),
        };
        if passed == keep {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

/// `select`, `reject`: an optional test and its arguments.
pub(super) fn select(
    state: &mut State<'_, '_>,
    value: &Value,
    args: &Rest<Value>,
    keep: bool,
) -> Result<Value, Error> {
    let (test, args) = test_and_args(args)?;
    choose(state, value, None, test, args, keep)
}

pub(super) fn test_and_args(args: &[Value]) -> Result<(Option<&str>, &[Value]), Error> {
    match args.split_first() {
        None => Ok((None, &[])),
        Some((name, rest)) => match name.as_str() {
            Some(name) => Ok((Some(name), rest)),
            None => Err(invalid("a test's name must be a text")),
        },
    }
}
