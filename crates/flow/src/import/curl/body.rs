//! The data of a command as the body that fits its content type, where that says the same.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::draft::{RowDraft, Text};
use crate::import::openapi::literal;
use crate::node::api_call::draft::BodyDraft;

const FORM: &str = "application/x-www-form-urlencoded";

/// A body, and whether it says its content type itself.
#[derive(Debug)]
pub(super) struct Sorted {
    pub body: BodyDraft,
    pub says_type: bool,
}

/// The body of some data; `media` is the content type that the command gives, if any.
pub(super) fn sort(data: &str, media: Option<&str>, notes: &mut Vec<String>) -> Sorted {
    let given = media.unwrap_or(FORM);
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence == "application/json" || essence.ends_with("+json");
    if is_json && let Some(value) = json(data) {
        // Another name for it stays a header.
        let says_type = given == "application/json";
        return Sorted { body: BodyDraft::Json { value: Some(value), text: None }, says_type };
    }
    if essence == FORM
        && let Some(fields) = form(data)
    {
        return Sorted { body: BodyDraft::Form { fields }, says_type: given == FORM };
    }
    if media.is_none() && json(data).is_some_and(|value| value.is_object() || value.is_array()) {
        notes.push(format!("curl sends this body as `{FORM}`: set its type to JSON where that is meant"));
    }
    let is_xml = essence.ends_with("/xml") || essence.ends_with("+xml");
    let text = literal(data);
    let content_type = Some(given.to_owned());
    // In some places of XML no value can stand: what looks like a template is not made one there.
    let body = if is_xml && text == data {
        BodyDraft::Xml { text, content_type }
    } else {
        BodyDraft::Text { text, content_type }
    };
    Sorted { body, says_type: true }
}

/// A tree that is sent as the same JSON; none where a tree would say less than the text.
fn json(data: &str) -> Option<Value> {
    let parsed = crate::json::parse(data.as_bytes()).ok()?;
    if parsed.numbers_kept_as_text > 0 || parsed.repeated_key.is_some() {
        return None;
    }
    let mut value = parsed.value;
    // A text that looks like JSON would be taken for a slip.
    let is_text = value.is_string();
    (!is_text && make_literal(&mut value)).then_some(value)
}

/// Texts that look like templates are written so that they show as they are; a key cannot be.
fn make_literal(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            *text = literal(text);
            true
        }
        Value::Array(items) => items.iter_mut().all(make_literal),
        Value::Object(map) => map.iter_mut().all(|(key, value)| literal(key) == *key && make_literal(value)),
        _ => true,
    }
}

/// The fields of an encoded form; none where fields would be sent as another form.
fn form(data: &str) -> Option<Vec<RowDraft>> {
    data.split('&').map(field).collect()
}

fn field(pair: &str) -> Option<RowDraft> {
    let (name, value) = pair.split_once('=')?;
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    let name = decoded(name).filter(|name| literal(name) == *name)?;
    let value = decoded(value)?;
    let is_plain = !pair.bytes().any(|b| b.is_ascii_control() || b == b' ');
    is_plain.then(|| RowDraft { name, value: Text(literal(&value)), enabled: true, optional: false })
}
