//! Filters that make texts, each charged while it writes.

use std::borrow::Cow;
use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

use super::meter::Tank;

/// How much of a text is gathered before it is charged, in bytes.
const CHUNK_BYTES: usize = 1024;

/// What one piece costs to write beside its bytes, in work.
const PIECE_WORK: usize = 16;
/// What a byte costs where a text is gone through character by character, in work: measured, some 30 ns.
pub(super) const CHAR_WORK: usize = 10;

/// A text that stops growing where the evaluation's tank is empty.
pub(super) struct Writer {
    text: String,
    tank: Arc<Tank>,
}

impl Writer {
    pub(super) fn new(state: &State<'_, '_>) -> Result<Self, Error> {
        Ok(Self { text: String::new(), tank: Tank::of(state)? })
    }

    pub(super) fn push(&mut self, text: &str) -> Result<(), Error> {
        self.tank.work(PIECE_WORK)?;
        self.tank.made(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    fn push_all(&mut self, chars: impl Iterator<Item = char>) -> Result<(), Error> {
        let mut chunk = String::with_capacity(CHUNK_BYTES + 4);
        for c in chars {
            chunk.push(c);
            if chunk.len() >= CHUNK_BYTES {
                self.push(&chunk)?;
                chunk.clear();
            }
        }
        self.push(&chunk)
    }

    pub(super) fn done(self) -> Value {
        self.text.into()
    }
}

/// Whether a value is missing: undefined or null.
pub(super) fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// How a value stands in a text: a text as it is, nothing where it is missing, else compact JSON.
pub(super) fn push_shown(writer: &mut Writer, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => writer.push(text),
        None if is_missing(value) => Ok(()),
        None => push_json(writer, value),
    }
}

/// Compact JSON, keys in their order, nothing escaped but what JSON asks for.
pub(super) fn push_json(writer: &mut Writer, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => writer.push("null"),
        ValueKind::String => push_json_text(writer, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            writer.push("[")?;
            for (index, item) in value.try_iter()?.enumerate() {
                writer.push(if index > 0 { "," } else { "" })?;
                push_json(writer, &item)?;
            }
            writer.push("]")
        }
        ValueKind::Map => {
            writer.push("{")?;
            for (index, key) in value.try_iter()?.enumerate() {
                writer.push(if index > 0 { "," } else { "" })?;
                match key.as_str() {
                    Some(name) => push_json_text(writer, name)?,
                    None => push_json_text(writer, &key.to_string())?,
                }
                writer.push(":")?;
                push_json(writer, &value.get_item(&key)?)?;
            }
            writer.push("}")
        }
        _ => {
            let mut left = usize::MAX;
            match super::value::from_engine(value, &mut left, 0) {
                Ok(json) => writer.push(&json.unwrap_or_default().to_string()),
                Err(_) => Err(invalid("a number is infinite, not a number or too large for JSON")),
            }
        }
    }
}

fn push_json_text(writer: &mut Writer, text: &str) -> Result<(), Error> {
    writer.tank.made(text.len())?;
    writer.push(&serde_json::Value::from(text).to_string())
}

pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A text filter's input: missing stays missing.
fn shown<'v>(state: &State<'_, '_>, value: &'v Value) -> Result<Option<Cow<'v, str>>, Error> {
    if is_missing(value) {
        return Ok(None);
    }
    if let Some(text) = value.as_str() {
        return Ok(Some(text.into()));
    }
    let mut writer = Writer::new(state)?;
    push_json(&mut writer, value)?;
    Ok(Some(writer.text.into()))
}

/// As [`mapped`], for what goes through the characters.
fn mapped_chars(
    state: &State<'_, '_>,
    value: &Value,
    write: impl FnOnce(&mut Writer, &str) -> Result<(), Error>,
) -> Result<Value, Error> {
    mapped(state, value, |writer, text| {
        writer.tank.work(text.len().saturating_mul(CHAR_WORK))?;
        write(writer, text)
    })
}

fn mapped(
    state: &State<'_, '_>,
    value: &Value,
    write: impl FnOnce(&mut Writer, &str) -> Result<(), Error>,
) -> Result<Value, Error> {
    let Some(text) = shown(state, value)? else { return Ok(Value::UNDEFINED) };
    let mut writer = Writer::new(state)?;
    write(&mut writer, &text)?;
    Ok(writer.done())
}

pub(super) fn upper(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    mapped_chars(state, value, |writer, text| writer.push_all(text.chars().flat_map(char::to_uppercase)))
}

pub(super) fn lower(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    mapped_chars(state, value, |writer, text| writer.push(&text.to_lowercase()))
}

pub(super) fn capitalize(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    mapped_chars(state, value, |writer, text| {
        let mut chars = text.chars();
        writer.push_all(chars.next().into_iter().flat_map(char::to_uppercase))?;
        writer.push(&chars.as_str().to_lowercase())
    })
}

pub(super) fn title(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    mapped_chars(state, value, |writer, text| {
        let mut begins = true;
        for c in text.chars() {
            if matches!(c, '-' | '(' | '{' | '[' | '<') || c.is_whitespace() {
                begins = true;
                writer.push_all(std::iter::once(c))?;
            } else if begins {
                begins = false;
                writer.push_all(c.to_uppercase())?;
            } else {
                writer.push_all(c.to_lowercase())?;
            }
        }
        Ok(())
    })
}

pub(super) fn trim(state: &State<'_, '_>, value: &Value, chars: Option<&str>) -> Result<Value, Error> {
    mapped(state, value, |writer, text| {
        writer.tank.work(text.len().saturating_mul(chars.map_or(1, |c| c.len().max(1))))?;
        writer.push(match chars {
            Some(chars) => text.trim_matches(|c| chars.contains(c)),
            None => text.trim(),
        })
    })
}

pub(super) fn replace(
    state: &State<'_, '_>,
    value: &Value,
    from: &str,
    to: &Value,
    count: Option<usize>,
) -> Result<Value, Error> {
    let to = shown(state, to)?.unwrap_or_default();
    mapped(state, value, |writer, text| {
        let mut end = 0;
        for (start, found) in text.match_indices(from).take(count.unwrap_or(usize::MAX)) {
            writer.push(&text[end..start])?;
            writer.push(&to)?;
            end = start + found.len();
        }
        writer.push(&text[end..])
    })
}

pub(super) fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.kind() == ValueKind::String {
        return Ok(value.clone());
    }
    mapped(state, value, Writer::push)
}

/// Stands before and after `~`: a missing value shows as nothing.
pub(super) fn text_guard(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let mut writer = Writer::new(state)?;
    push_shown(&mut writer, value)?;
    Ok(writer.done())
}

pub(super) fn tojson(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let mut writer = Writer::new(state)?;
    push_json(&mut writer, value)?;
    Ok(writer.done())
}

pub(super) fn urlencode(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    mapped(state, value, |writer, text| {
        for piece in crate::render::encode::component(text) {
            writer.push(piece)?;
        }
        Ok(())
    })
}

pub(super) fn join(
    state: &State<'_, '_>,
    value: &Value,
    joiner: Option<&str>,
    attribute: Option<&str>,
) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(Value::UNDEFINED);
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(invalid(format!("`join` needs a list, not a {}", value.kind())));
    }
    let mut writer = Writer::new(state)?;
    for (index, item) in value.try_iter()?.enumerate() {
        writer.push(if index > 0 { joiner.unwrap_or_default() } else { "" })?;
        push_shown(&mut writer, &super::lists::attribute_of(item, attribute))?;
    }
    Ok(writer.done())
}

pub(super) fn split(
    state: &State<'_, '_>,
    value: &Value,
    separator: Option<&str>,
    splits_max: Option<usize>,
) -> Result<Value, Error> {
    let Some(text) = shown(state, value)? else { return Ok(Value::UNDEFINED) };
    let tank = Tank::of(state)?;
    let pieces_max = splits_max.map_or(usize::MAX, |n| n.saturating_add(1));
    let mut pieces = Vec::new();
    let mut add = |piece: &str| {
        tank.made(piece.len() + super::lists::ITEM_COST)?;
        pieces.push(Value::from(piece));
        Ok::<(), Error>(())
    };
    match separator.filter(|s| !s.is_empty()) {
        Some(separator) => text.splitn(pieces_max, separator).try_for_each(&mut add)?,
        None => text.split_whitespace().take(pieces_max).try_for_each(&mut add)?,
    }
    Ok(pieces.into_iter().collect())
}
