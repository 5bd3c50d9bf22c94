//! The function by which statements look for a text in a run's JSON.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

/// `holds_text(json, text)`: whether a value in JSON text, not a key, holds a text that is in lower case. The JSON may be broken off.
pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("holds_text", 2, flags, |context| {
        let json = match context.get_raw(0) {
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => bytes,
            _ => return Ok(false),
        };
        Ok(holds(&String::from_utf8_lossy(json), context.get_raw(1).as_str()?))
    })
}

fn holds(json: &str, text: &str) -> bool {
    let mut rest = json;
    while let Some(start) =
        rest.find(|c: char| !c.is_whitespace() && !matches!(c, '{' | '}' | '[' | ']' | ',' | ':'))
    {
        rest = &rest[start..];
        let end = if rest.starts_with('"') {
            end_of_text(rest)
        } else {
            rest.find(|c: char| c.is_whitespace() || matches!(c, '}' | ']' | ',')).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(end);
        let is_key = token.starts_with('"') && after.trim_start().starts_with(':');
        if !is_key && value_holds(token, text) {
            return true;
        }
        rest = after;
    }
    false
}

/// Where a quoted text ends, behind its quote; at the end where it is broken off.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn value_holds(token: &str, text: &str) -> bool {
    if token.contains('\\')
        && let Ok(value) = serde_json::from_str::<String>(token)
    {
        return value.to_lowercase().contains(text);
    }
    token.trim_matches('"').to_lowercase().contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_looked_into_and_keys_are_not() {
        let json = r#""event":{"name":"Call.Connected","from":"+44 20","n":1042,"deep":[{"who":"Zoë \"Z\" Ölund"}]},"contact":null"#;
        for found in ["call.conn", "+44 2", "104", "zoë \"z\"", "ölund", "null"] {
            assert!(holds(json, found), "{found}");
        }
        for not in ["event", "who", "from", "name\"", "1043", "{"] {
            assert!(!holds(json, not), "{not}");
        }
    }

    #[test]
    fn json_that_is_broken_off_is_looked_into_as_far_as_it_goes() {
        for end in ["", "\"", "\"a\":\"xy", "\"a\":\"x\\", "\"a\": [\"x\\u00", "\"a\":{\"b", "é"] {
            assert!(!holds(end, "nothing"), "{end}");
        }
        assert!(holds("\"a\":\"needle and", "needle"));
        assert!(holds("12.5", "2.5"));
    }
}
