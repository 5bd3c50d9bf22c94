//! Conversions of an output's `type`: exact, or not at all.

use serde_json::Value;

use crate::json;
use crate::node::api_call::draft::OutputType;

/// The most of a value that a message shows, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// Converts a value, or the items of a list that the output itself made. The error says why not.
pub(super) fn convert(value: Value, kind: OutputType, items: bool) -> Result<Value, String> {
    match value {
        Value::Array(list) if items => {
            list.into_iter().map(|item| if item.is_null() { Ok(item) } else { one(item, kind) }).collect()
        }
        value => one(value, kind),
    }
}

fn one(value: Value, kind: OutputType) -> Result<Value, String> {
    let converted = match (kind, &value) {
        (OutputType::String, Value::String(_)) => return Ok(value),
        (OutputType::String, other) => Some(Value::String(json::compact(other))),
        (OutputType::Number, Value::Number(_)) | (OutputType::Boolean, Value::Bool(_)) => return Ok(value),
        (OutputType::Number, Value::String(text)) => number(text.trim()),
        (OutputType::Boolean, Value::String(text)) => boolean(text.trim()),
        (OutputType::Date, Value::String(text)) => date(text.trim()),
        (OutputType::Json, Value::String(text)) => match json::parse(text.as_bytes()) {
            Ok(parsed) => Some(parsed.value),
            Err(error) => {
                return Err(format!(
                    "it is not JSON: line {}, column {}: {}",
                    error.line, error.column, error.message
                ));
            }
        },
        (OutputType::Json, _) => return Ok(value),
        _ => None,
    };
    converted.ok_or_else(|| format!("{} is not {}", shown(&value), word(kind)))
}

fn word(kind: OutputType) -> &'static str {
    match kind {
        OutputType::String => "a text",
        OutputType::Number => "a number that can be held exactly",
        OutputType::Boolean => "`true` or `false`",
        OutputType::Date => "a date of RFC 3339",
        OutputType::Json => "JSON",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => {
            let text = json::compact(scalar);
            match text.char_indices().nth(SHOWN_CHARS_MAX) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}

/// A decimal number's text; signs and leading zeros may stand, a number that neither 64 bits nor a double hold
/// may not.
fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let first = digits.bytes().next()?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !plain || !(first.is_ascii_digit() || first == b'.') || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let trimmed = digits.trim_start_matches('0');
    let whole = if trimmed.starts_with(|c: char| c.is_ascii_digit()) {
        trimmed.to_owned()
    } else {
        format!("0{trimmed}")
    };
    let value = json::number_value(&format!("{sign}{whole}"));
    value.is_number().then_some(value)
}

fn boolean(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("true") {
        Some(true.into())
    } else if text.eq_ignore_ascii_case("false") {
        Some(false.into())
    } else {
        None
    }
}

/// RFC 3339: a date and time with its offset, or a date alone, kept as it came; the date of an HTTP header
/// becomes one.
fn date(text: &str) -> Option<Value> {
    if is_rfc3339_shape(text) {
        let valid = match text.len() {
            10 => text.parse::<jiff::civil::Date>().is_ok(),
            _ => text.parse::<jiff::Timestamp>().is_ok(),
        };
        return valid.then(|| text.into());
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(jiff::Timestamp::try_from(date).ok()?.to_string().into())
}

/// `2026-01-31`, `2026-01-31T10:00:00Z`, `2026-01-31T10:00:00.5+01:00`: nothing looser, of which ISO 8601 has much.
fn is_rfc3339_shape(text: &str) -> bool {
    let like = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text
                .bytes()
                .zip(pattern.bytes())
                .all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
    };
    let Some(date) = text.get(..10).filter(|date| like(date, "0000-00-00")) else { return false };
    let rest = &text[date.len()..];
    if rest.is_empty() {
        return true;
    }
    let Some(time) = rest.strip_prefix(['T', 't']) else { return false };
    if !time.get(..8).is_some_and(|time| like(time, "00:00:00")) {
        return false;
    }
    let mut offset = &time[8..];
    if let Some(fraction) = offset.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return false;
        }
        offset = &fraction[digits..];
    }
    matches!(offset, "Z" | "z") || like(offset, "+00:00") || like(offset, "-00:00")
}
