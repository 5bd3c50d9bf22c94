//! An answer's bytes as a value: by content type and charset, with nothing guessed.

mod content_type;
mod form;
mod xml;

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use serde_json::{Map, Value};

use crate::json::{self, Segment};
use crate::outcome::Note;
use crate::shared::Shared;
use content_type::{ContentType, Kind};

/// A decoded body.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Null where the body is empty.
    pub body: Shared,
    /// What was asked for by its path, where it was found without making a tree of the body.
    pub picked: Option<Vec<Option<Value>>>,
    pub notes: Vec<Note>,
}

/// Why a body cannot be decoded, in words for the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable(String);

impl std::fmt::Display for Undecodable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Undecodable {}

fn undecodable(why: impl Into<String>) -> Undecodable {
    Undecodable(why.into())
}

/// Up to this many bytes, a text is tried as JSON to tell the author of a wrong content type.
const HINT_BYTES_MAX: usize = 64 * 1024;

/// Decodes the body of an answer.
///
/// JSON, XML, forms and text by `Content-Type`; without one (or with `application/octet-stream`) JSON if it
/// parses, else text if it is valid. A byte order mark wins over the charset, the charset over the default
/// UTF-8. `headers` have lower-case names.
///
/// # XML
/// An element becomes an object with its attributes as `@name`, its children by name (a repeated one as a list,
/// in order) and its text, if it has any beside them, as `#text`; an element with nothing but text becomes that
/// text, an empty one `""`. Prefixes stay. White space between elements is dropped, all other is kept. DTDs,
/// and entities other than the five of XML, are refused.
///
/// `picks` are paths whose values are wanted; where they can be had without a tree of the body, none is made.
pub fn decode(
    headers: &[(String, String)],
    bytes: &Bytes,
    picks: &[Vec<Segment>],
) -> Result<Decoded, Undecodable> {
    let kind = headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .and_then(|(_, value)| ContentType::parse(value))
        .unwrap_or_default();
    if bytes.is_empty() {
        return Ok(Decoded { body: Shared::null(), picked: None, notes: Vec::new() });
    }
    if matches!(kind.kind(), Kind::Json | Kind::Unsaid)
        && kind.is_utf8()
        && let Some(picked) = pick(bytes, picks)
    {
        return Ok(picked);
    }
    let mut notes = Vec::new();
    let body = match kind.kind() {
        Kind::Json => {
            let text = text_of(&kind, bytes, UTF_8, &mut notes)?;
            json_body(&text, &mut notes)?
        }
        Kind::Xml => {
            let declared = xml::declared_encoding(bytes).unwrap_or(UTF_8);
            let text = text_of(&kind, bytes, declared, &mut notes)?;
            if is_blank(&text) { Value::Null } else { xml::parse(&text)? }
        }
        Kind::Form => form::parse(&text_of(&kind, bytes, UTF_8, &mut notes)?)?,
        Kind::Text => {
            let text = text_of(&kind, bytes, UTF_8, &mut notes)?;
            hint_at_json(&kind, &text, &mut notes);
            Value::String(text.into_owned())
        }
        Kind::Unsaid => unsaid(&kind, bytes, &mut notes)?,
        Kind::Binary => return Err(undecodable(format!("a body of type {kind} is not decoded"))),
    };
    Ok(Decoded { body: body.into(), picked: None, notes })
}

/// A JSON body that need not become a tree.
fn pick(bytes: &Bytes, picks: &[Vec<Segment>]) -> Option<Decoded> {
    let trimmed = bytes.trim_ascii();
    let paths: Vec<&[Segment]> = picks.iter().map(Vec::as_slice).collect();
    let found = json::scan(trimmed, &paths)?;
    let value = |range: Range<usize>| json::parse(&trimmed[range]).ok().map(|parsed| parsed.value);
    let picked = found.into_iter().map(|range| range.and_then(value)).collect();
    Some(Decoded { body: Shared::text(bytes.slice_ref(trimmed)), picked: Some(picked), notes: Vec::new() })
}

/// A body of no stated type: JSON if it parses, else text.
fn unsaid(kind: &ContentType, bytes: &[u8], notes: &mut Vec<Note>) -> Result<Value, Undecodable> {
    let text = text_of(kind, bytes, UTF_8, notes)
        .map_err(|_| undecodable("the answer does not say what it holds, and it is neither JSON nor text"))?;
    if let Ok(parsed) = json::parse(text.as_bytes()) {
        note_numbers(parsed.numbers_kept_as_text, notes);
        return Ok(parsed.value);
    }
    if text.chars().any(|c| c == '\0') {
        return Err(undecodable("the answer does not say what it holds, and it is neither JSON nor text"));
    }
    Ok(Value::String(text.into_owned()))
}

fn json_body(text: &str, notes: &mut Vec<Note>) -> Result<Value, Undecodable> {
    if is_blank(text) {
        return Ok(Value::Null);
    }
    let parsed = json::parse(text.as_bytes()).map_err(|error| {
        undecodable(format!(
            "it is not JSON: line {}, column {}: {}",
            error.line, error.column, error.message
        ))
    })?;
    note_numbers(parsed.numbers_kept_as_text, notes);
    Ok(parsed.value)
}

/// Puts a value under a name; the second value of a name makes a list of them.
fn push(map: &mut Map<String, Value>, name: String, value: Value) {
    match map.get_mut(&name) {
        None => {
            map.insert(name, value);
        }
        // Neither a form nor XML has values that are lists themselves: a list is one that we made.
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// White space alone holds nothing, in any syntax.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_whitespace())
}

fn note_numbers(kept: usize, notes: &mut Vec<Note>) {
    if kept > 0 {
        let numbers = if kept == 1 { "one number is".to_owned() } else { format!("{kept} numbers are") };
        let message = format!("{numbers} too large or too long to be held exactly, and kept as text");
        notes.push(Note { code: "number-kept-as-text".into(), message });
    }
}

fn hint_at_json(kind: &ContentType, text: &str, notes: &mut Vec<Note>) {
    let looks_so = text.len() <= HINT_BYTES_MAX && text.trim_start().starts_with(['{', '[']);
    if looks_so && json::parse(text.trim().as_bytes()).is_ok() {
        let message = format!(
            "the answer calls itself {kind} but holds JSON: it is kept as text, and an output with `path: $` \
             and `type: json` reads it"
        );
        notes.push(Note { code: "json-sent-as-text".into(), message });
    }
}

/// The text of a body: by its byte order mark, else its stated charset, else the default of its type.
fn text_of<'b>(
    kind: &ContentType,
    bytes: &'b [u8],
    default: &'static Encoding,
    notes: &mut Vec<Note>,
) -> Result<Cow<'b, str>, Undecodable> {
    let stated = match &kind.charset {
        None => None,
        Some(label) => {
            let known = Encoding::for_label(label.as_bytes());
            if known.is_none() {
                let message =
                    format!("the charset `{label}` is not known; the body was read as {}", default.name());
                notes.push(Note { code: "charset-unknown".into(), message });
            }
            known
        }
    };
    let (text, encoding, malformed) = stated.unwrap_or(default).decode(bytes);
    if malformed {
        return Err(undecodable(format!("it is not valid {}", encoding.name())));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
