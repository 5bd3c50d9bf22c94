//! The MiniJinja environment: nothing in it but the allow-list.

use std::sync::LazyLock;

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, State, UndefinedBehavior, Value, filters, tests};

use super::lists;
use super::text::{self, invalid, is_missing};
use super::words::{NUMERIC_GUARD, SLICE_GUARD, TEXT_GUARD};

/// A second wall, in instructions: an expression of 1 KiB has no loops and needs far less.
const FUEL: u64 = 10_000;

/// Shared by all expressions; it is never changed.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(engine);

fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    engine.set_debug(false);
    engine.set_fuel(Some(FUEL));
    add_guards(&mut engine);
    add_text_filters(&mut engine);
    add_number_filters(&mut engine);
    add_list_filters(&mut engine);
    add_choices(&mut engine);
    add_tests(&mut engine);
    engine
}

fn add_guards(engine: &mut Environment<'static>) {
    engine.add_filter(NUMERIC_GUARD, |value: Value| match value.kind() {
        ValueKind::Number | ValueKind::Bool => Ok(value),
        kind => Err(invalid(format!("`*` multiplies numbers, not a {kind}"))),
    });
    engine.add_filter(SLICE_GUARD, |state: &State<'_, '_>, value: Value| lists::slice_guard(state, value));
    engine.add_filter(TEXT_GUARD, |state: &State<'_, '_>, value: &Value| text::text_guard(state, value));
    let default = |value: Value, other: Value, falsy: Option<bool>| {
        let replace = is_missing(&value) || (falsy == Some(true) && !value.is_true());
        if replace { other } else { value }
    };
    engine.add_filter("default", default);
    engine.add_filter("d", default);
}

fn add_text_filters(engine: &mut Environment<'static>) {
    engine.add_filter("upper", |state: &State<'_, '_>, value: &Value| text::upper(state, value));
    engine.add_filter("lower", |state: &State<'_, '_>, value: &Value| text::lower(state, value));
    engine.add_filter("title", |state: &State<'_, '_>, value: &Value| text::title(state, value));
    engine.add_filter("capitalize", |state: &State<'_, '_>, value: &Value| text::capitalize(state, value));
    engine.add_filter("string", |state: &State<'_, '_>, value: &Value| text::string(state, value));
    engine.add_filter("tojson", |state: &State<'_, '_>, value: &Value| text::tojson(state, value));
    engine.add_filter("urlencode", |state: &State<'_, '_>, value: &Value| text::urlencode(state, value));
    engine.add_filter("trim", |state: &State<'_, '_>, value: &Value, chars: Option<&str>| {
        text::trim(state, value, chars)
    });
    engine.add_filter(
        "replace",
        |state: &State<'_, '_>, value: &Value, from: &str, to: &Value, count: Option<usize>| {
            text::replace(state, value, from, to, count)
        },
    );
    engine.add_filter(
        "join",
        |state: &State<'_, '_>, value: &Value, joiner: Option<&str>, kwargs: Kwargs| {
            let attribute = kwargs.get::<Option<&str>>("attribute")?;
            kwargs.assert_all_used()?;
            text::join(state, value, joiner, attribute)
        },
    );
    engine.add_filter(
        "split",
        |state: &State<'_, '_>, value: &Value, separator: Option<&str>, splits: Option<usize>| {
            text::split(state, value, separator, splits)
        },
    );
}

/// A number filter's input: missing gives the default, or stays missing.
fn converted(
    value: &Value,
    default: Option<Value>,
    convert: impl FnOnce(&Value, Option<Value>) -> Result<Value, Error>,
) -> Result<Value, Error> {
    if is_missing(value) { Ok(default.unwrap_or(Value::UNDEFINED)) } else { convert(value, default) }
}

fn default_of(default: Option<Value>, kwargs: &Kwargs) -> Result<Option<Value>, Error> {
    let named = kwargs.get::<Option<Value>>("default")?;
    kwargs.assert_all_used()?;
    Ok(default.or(named))
}

fn no_kwargs() -> Kwargs {
    Kwargs::from_iter(Vec::<(String, Value)>::new())
}

/// A text with spaces around a number is that number.
fn trimmed(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.trim().len() != text.len() => text.trim().into(),
        _ => value.clone(),
    }
}

fn add_number_filters(engine: &mut Environment<'static>) {
    engine.add_filter(
        "int",
        |state: &State<'_, '_>, value: &Value, default: Option<Value>, kwargs: Kwargs| {
            converted(value, default_of(default, &kwargs)?, |value, default| {
                filters::int(state, &trimmed(value), default, None, no_kwargs())
            })
        },
    );
    engine.add_filter(
        "float",
        |state: &State<'_, '_>, value: &Value, default: Option<Value>, kwargs: Kwargs| {
            converted(value, default_of(default, &kwargs)?, |value, default| {
                filters::float(state, &trimmed(value), default, no_kwargs())
            })
        },
    );
    engine.add_filter(
        "abs",
        |value: Value| {
            if is_missing(&value) { Ok(Value::UNDEFINED) } else { filters::abs(value) }
        },
    );
    engine.add_filter(
        "round",
        |value: Value, precision: Option<i32>, method: Option<&str>, kwargs: Kwargs| {
            if is_missing(&value) {
                Ok(Value::UNDEFINED)
            } else {
                filters::round(value, precision, method, kwargs)
            }
        },
    );
    engine.add_filter("bool", |value: &Value| value.is_true());
}

fn add_list_filters(engine: &mut Environment<'static>) {
    engine.add_filter("length", |value: &Value| lists::length(value));
    engine.add_filter("count", |value: &Value| lists::length(value));
    engine.add_filter("first", |value: &Value| lists::first(value));
    engine.add_filter("last", lists::last);
    engine.add_filter("list", |state: &State<'_, '_>, value: Value| lists::list(state, value));
    engine.add_filter("reverse", |state: &State<'_, '_>, value: Value| lists::reverse(state, value));
    engine.add_filter("sort", |state: &State<'_, '_>, value: Value, kwargs: Kwargs| {
        lists::sort(state, value, kwargs)
    });
    engine.add_filter("unique", |state: &State<'_, '_>, value: Value, kwargs: Kwargs| {
        lists::unique(state, value, kwargs)
    });
    engine.add_filter("dictsort", |state: &State<'_, '_>, value: &Value, kwargs: Kwargs| {
        lists::dictsort(state, value, kwargs)
    });
    engine.add_filter("min", |state: &State<'_, '_>, value: Value, kwargs: Kwargs| {
        lists::min(state, value, kwargs)
    });
    engine.add_filter("max", |state: &State<'_, '_>, value: Value, kwargs: Kwargs| {
        lists::max(state, value, kwargs)
    });
    engine.add_filter("sum", |state: &State<'_, '_>, value: &Value, kwargs: Kwargs| {
        let attribute = kwargs.get::<Option<&str>>("attribute")?;
        kwargs.assert_all_used()?;
        lists::sum(state, value, attribute)
    });
    engine.add_filter("items", |state: &State<'_, '_>, value: &Value| lists::items(state, value));
    engine.add_filter("keys", |state: &State<'_, '_>, value: &Value| lists::keys(state, value));
    engine.add_filter("values", |state: &State<'_, '_>, value: &Value| lists::values(state, value));
    engine.add_filter(
        "map",
        |state: &mut State<'_, '_>, value: Value, filter: Option<&str>, kwargs: Kwargs| {
            lists::map(state, value, filter, kwargs)
        },
    );
}

fn add_choices(engine: &mut Environment<'static>) {
    engine.add_filter("select", |state: &mut State<'_, '_>, value: &Value, args: Rest<Value>| {
        lists::select(state, value, &args, true)
    });
    engine.add_filter("reject", |state: &mut State<'_, '_>, value: &Value, args: Rest<Value>| {
        lists::select(state, value, &args, false)
    });
    engine.add_filter(
        "selectattr",
        |state: &mut State<'_, '_>, value: &Value, attribute: &str, args: Rest<Value>| {
            let (test, args) = lists::test_and_args(&args)?;
            lists::choose(state, value, Some(attribute), test, args, true)
        },
    );
    engine.add_filter(
        "rejectattr",
        |state: &mut State<'_, '_>, value: &Value, attribute: &str, args: Rest<Value>| {
            let (test, args) = lists::test_and_args(&args)?;
            lists::choose(state, value, Some(attribute), test, args, false)
        },
    );
}

fn add_tests(engine: &mut Environment<'static>) {
    engine.add_test("defined", |value: &Value| !value.is_undefined());
    engine.add_test("undefined", |value: &Value| value.is_undefined());
    engine.add_test("none", |value: &Value| value.is_none());
    engine.add_test("string", |value: &Value| value.kind() == ValueKind::String);
    engine.add_test("number", tests::is_number);
    engine.add_test("integer", tests::is_integer);
    engine.add_test("float", tests::is_float);
    engine.add_test("boolean", |value: &Value| value.kind() == ValueKind::Bool);
    engine.add_test("mapping", |value: &Value| value.kind() == ValueKind::Map);
    engine.add_test("sequence", |value: &Value| value.kind() == ValueKind::Seq);
    engine.add_test("iterable", |value: &Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String)
    });
    engine.add_test("odd", tests::is_odd);
    engine.add_test("even", tests::is_even);
    engine.add_test("divisibleby", tests::is_divisibleby);
    engine.add_test("true", tests::is_true);
    engine.add_test("false", tests::is_false);
    engine.add_test("eq", tests::is_eq);
    engine.add_test("ne", tests::is_ne);
    engine.add_test("lt", tests::is_lt);
    engine.add_test("le", tests::is_le);
    engine.add_test("gt", tests::is_gt);
    engine.add_test("ge", tests::is_ge);
    engine.add_test("in", tests::is_in);
    engine.add_test("startingwith", |value: &Value, start: &str| {
        value.as_str().is_some_and(|text| text.starts_with(start))
    });
    engine.add_test("endingwith", |value: &Value, end: &str| {
        value.as_str().is_some_and(|text| text.ends_with(end))
    });
    engine.add_test("containing", |value: &Value, part: &Value| match (value.as_str(), part.as_str()) {
        (Some(text), Some(part)) => text.contains(part),
        (Some(_), None) => false,
        _ => value.try_iter().is_ok_and(|mut items| items.any(|item| item == *part)),
    });
}
