//! `application/x-www-form-urlencoded` to an object: a repeated name has a list.

use serde_json::{Map, Value};

use super::{Undecodable, undecodable};

pub(super) fn parse(text: &str) -> Result<Value, Undecodable> {
    let mut map = Map::new();
    for pair in text.trim_end_matches(['\r', '\n']).split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        super::push(&mut map, unescape(name)?, Value::String(unescape(value)?));
    }
    Ok(Value::Object(map))
}

fn unescape(text: &str) -> Result<String, Undecodable> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| undecodable("a name or a value of the form is not valid UTF-8"))
}
