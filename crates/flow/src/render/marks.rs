//! Where secrets go: while a request is rendered a mark stands for each, and is then taken out and remembered.

use serde_json::Value;
use url::Url;

use crate::request::{HoleEncoding, HolePlace, PreparedRequest, SecretHole};
use crate::scope::Scope;

/// Two characters that Unicode keeps free for such use within one program: no text from outside should hold them, and
/// none that does is placed beside a secret.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';
/// The same as a URL or a form writes them.
const OPEN_ENCODED: &str = "%EF%B7%90";
const CLOSE_ENCODED: &str = "%EF%B7%91";

/// What a template places for a secret.
pub fn mark(name: &str) -> String {
    format!("{OPEN}{name}{CLOSE}")
}

/// The first root of a scope, other than the connection's, that holds something like a mark.
pub(super) fn forged(scope: &Scope<'_>) -> Option<&'static str> {
    const ROOTS: [&str; 7] = ["vars", "event", "contact", "conversation", "steps", "run", "flow"];
    ROOTS.into_iter().find(|root| scope.get(root).is_some_and(holds_mark))
}

fn holds_mark(value: &Value) -> bool {
    let is_mark = |text: &str| text.contains([OPEN, CLOSE]);
    match value {
        Value::String(text) => is_mark(text),
        Value::Array(items) => items.iter().any(holds_mark),
        Value::Object(map) => map.iter().any(|(key, value)| is_mark(key) || holds_mark(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes the marks out of a request, and leaves holes. An error says where a secret cannot stand.
pub(super) fn take(request: &mut PreparedRequest, body: HoleEncoding) -> Result<(), &'static str> {
    let mut holes = Vec::new();
    let (text, found) = cut(request.url.as_str(), OPEN_ENCODED, CLOSE_ENCODED);
    if !found.is_empty() {
        let query_at = text.find('?').unwrap_or(text.len());
        let url = Url::parse(&text).ok().filter(|url| url.as_str() == text);
        request.url = url.ok_or("a secret cannot stand at this place of the URL")?;
        holes.extend(found.into_iter().map(|(offset, name)| {
            let encoding = if offset > query_at { HoleEncoding::Component } else { HoleEncoding::Path };
            SecretHole { place: HolePlace::Url, offset, name, encoding }
        }));
    }
    for (index, header) in request.headers.iter_mut().enumerate() {
        let (text, found) = cut(&header.value, &OPEN.to_string(), &CLOSE.to_string());
        header.value = text;
        holes.extend(found.into_iter().map(|(offset, name)| SecretHole {
            place: HolePlace::Header(index),
            offset,
            name,
            encoding: HoleEncoding::Header,
        }));
    }
    if let Some(bytes) = &mut request.body
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let (text, found) = match body {
            HoleEncoding::Component => cut(text, OPEN_ENCODED, CLOSE_ENCODED),
            _ => cut(text, &OPEN.to_string(), &CLOSE.to_string()),
        };
        *bytes = text.into_bytes();
        let hole = |(offset, name)| SecretHole { place: HolePlace::Body, offset, name, encoding: body };
        holes.extend(found.into_iter().map(hole));
    }
    request.holes = holes;
    Ok(())
}

/// A text with something else for each mark, however the text writes them.
pub(super) fn replaced(text: &str, with: &str) -> String {
    let plain = (OPEN.to_string(), CLOSE.to_string());
    let encoded = (OPEN_ENCODED.to_owned(), CLOSE_ENCODED.to_owned());
    let mut text = text.to_owned();
    for (open, close) in [plain, encoded] {
        let (left, found) = cut(&text, &open, &close);
        let mut whole = String::with_capacity(left.len());
        let mut at = 0;
        for (offset, _) in found {
            whole.push_str(&left[at..offset]);
            whole.push_str(with);
            at = offset;
        }
        whole.push_str(&left[at..]);
        text = whole;
    }
    text
}

/// A text without its marks, and where they stood in what is left.
fn cut(text: &str, open: &str, close: &str) -> (String, Vec<(usize, String)>) {
    let mut left = String::with_capacity(text.len());
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((name, after)) = after.split_once(close) else { break };
        left.push_str(before);
        found.push((left.len(), name.to_owned()));
        rest = after;
    }
    left.push_str(rest);
    (left, found)
}
