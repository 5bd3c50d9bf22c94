//! JSON text to values and back, with nothing changed in silence.

mod scan;

use jiter::{Jiter, Peek};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

pub use scan::Segment;
pub(crate) use scan::scan;

/// How deep arrays and objects may nest (spec 7).
pub const DEPTH_MAX: usize = 128;

/// Text that is not JSON, or nests too deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
}

/// A parsed value, and how many of its numbers no double holds: those are kept as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    pub value: Value,
    pub numbers_kept_as_text: usize,
    /// A key that stands twice in one object; the last value is the one that is kept.
    pub repeated_key: Option<String>,
}

/// Parses one JSON document.
///
/// Integers of 64 bits stay integers; a decimal that a double holds without loss becomes one; any other number
/// (`1e400`, a 40-digit id) is kept as a string with the digits as they came. A lone surrogate is an error.
pub fn parse(bytes: &[u8]) -> Result<Parsed, JsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(error_at(bytes, error.valid_up_to(), "it is not valid UTF-8"));
    }
    let mut reader = Reader { jiter: Jiter::new(bytes), bytes, kept: 0, repeated: None };
    let peek = reader.jiter.peek().map_err(|e| reader.jiter_error(e))?;
    let value = reader.value(peek, 0)?;
    reader.jiter.finish().map_err(|e| reader.jiter_error(e))?;
    Ok(Parsed { value, numbers_kept_as_text: reader.kept, repeated_key: reader.repeated })
}

struct Reader<'j> {
    jiter: Jiter<'j>,
    bytes: &'j [u8],
    kept: usize,
    repeated: Option<String>,
}

impl Reader<'_> {
    fn value(&mut self, peek: Peek, depth: usize) -> Result<Value, JsonError> {
        if depth >= DEPTH_MAX && matches!(peek, Peek::Array | Peek::Object) {
            let message = format!("arrays and objects nest deeper than {DEPTH_MAX}");
            return Err(error_at(self.bytes, self.jiter.current_index(), &message));
        }
        match peek {
            Peek::Null => self.jiter.known_null().map(|()| Value::Null).map_err(|e| self.jiter_error(e)),
            Peek::True | Peek::False => {
                self.jiter.known_bool(peek).map(Value::Bool).map_err(|e| self.jiter_error(e))
            }
            Peek::String => self.jiter.known_str().map(Value::from).map_err(|e| error_of(self.bytes, e)),
            Peek::Array => self.array(depth),
            Peek::Object => self.object(depth),
            _ => self.number(peek),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        let mut next = self.jiter.known_array().map_err(|e| self.jiter_error(e))?;
        while let Some(peek) = next {
            items.push(self.value(peek, depth + 1)?);
            next = self.jiter.array_step().map_err(|e| self.jiter_error(e))?;
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut map = Map::new();
        let first = self.jiter.known_object().map(|k| k.map(str::to_owned));
        let mut next = first.map_err(|e| error_of(self.bytes, e))?;
        while let Some(key) = next {
            let peek = self.jiter.peek().map_err(|e| self.jiter_error(e))?;
            let value = self.value(peek, depth + 1)?;
            match map.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(mut entry) => {
                    self.repeated.get_or_insert_with(|| entry.key().clone());
                    entry.insert(value);
                }
            }
            let key = self.jiter.next_key().map(|k| k.map(str::to_owned));
            next = key.map_err(|e| error_of(self.bytes, e))?;
        }
        Ok(Value::Object(map))
    }

    fn number(&mut self, peek: Peek) -> Result<Value, JsonError> {
        let text = self.jiter.known_number_bytes(peek).map(|b| String::from_utf8_lossy(b).into_owned());
        let text = text.map_err(|e| error_of(self.bytes, e))?;
        let value = number_value(&text);
        self.kept += usize::from(value.is_string());
        Ok(value)
    }

    fn jiter_error(&self, error: jiter::JiterError) -> JsonError {
        error_of(self.bytes, error)
    }
}

fn error_of(bytes: &[u8], error: jiter::JiterError) -> JsonError {
    error_at(bytes, error.index, &error.error_type.to_string())
}

fn error_at(bytes: &[u8], index: usize, message: &str) -> JsonError {
    let before = String::from_utf8_lossy(&bytes[..index.min(bytes.len())]).into_owned();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    JsonError { line, column, message: message.to_owned() }
}

/// The value of a JSON number's text: an integer, a double, or, where neither holds it, the text.
pub fn number_value(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>()
        && text != "-0"
    {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    match text.parse::<f64>() {
        Ok(double) if double.is_finite() && holds(double, text) => {
            Number::from_f64(double).map_or_else(|| text.into(), Value::Number)
        }
        _ => text.into(),
    }
}

/// Whether the shortest text of a double means the same decimal as the text it was read from.
fn holds(double: f64, text: &str) -> bool {
    Number::from_f64(double).is_some_and(|n| decimal(&n.to_string()) == decimal(text))
}

/// Sign, digits without zeros at either end, and the exponent of the last digit.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let end = digits.trim_end_matches('0').len();
    let exponent = exponent - i64::try_from(fraction.len()).ok()? + i64::try_from(digits.len() - end).ok()?;
    let digits = digits[..end].trim_start_matches('0').to_owned();
    let exponent = if digits.is_empty() { 0 } else { exponent };
    Some((negative, digits, exponent))
}

/// Compact JSON text, keys in their order.
pub fn compact(value: &Value) -> String {
    value.to_string()
}

/// About how many bytes a value's compact text has, without writing it.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(map) => 2 + map.iter().map(|(key, value)| key.len() + 4 + size(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e:?}")).value
    }

    #[test]
    fn numbers_are_never_rounded_in_silence() {
        assert_eq!(value("9007199254740993"), json!(9_007_199_254_740_993_i64));
        assert_eq!(value("18446744073709551615"), json!(u64::MAX));
        assert_eq!(value("18446744073709551616"), json!("18446744073709551616"));
        assert_eq!(value("1e400"), json!("1e400"));
        assert_eq!(value("-1e400"), json!("-1e400"));
        assert_eq!(value("1e-400"), json!("1e-400"));
        assert_eq!(value("10.10"), json!(10.1));
        assert_eq!(value("1e2"), json!(100.0));
        assert_eq!(value("0.1"), json!(0.1));
        assert_eq!(value("0e5"), json!(0.0));
        assert_eq!(value("3.14159265358979323846"), json!("3.14159265358979323846"));
        assert_eq!(parse(b"[1e400, 1]").unwrap().numbers_kept_as_text, 1);
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for text in [r#""\ud800""#, r#""\udc00x""#, r#"{"a":"\ud83d\u0041"}"#, "{\"\\ud800\":1}"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        let error = parse(b"{\n  \"a\": oops\n}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
        for text in ["", "{", "[1,]", "01", "1 2", "{a:1}", "nul", "+1", "NaN", "\"a\nb\""] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert!(parse(deep(DEPTH_MAX + 1).as_bytes()).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn text_survives() {
        assert_eq!(value(r#""\u2028\ud83d\ude00\u0000\/""#), json!("\u{2028}😀\0/"));
        assert_eq!(compact(&value("{\"b\":1,\"a\":[]}")), r#"{"b":1,"a":[]}"#);
    }
}
