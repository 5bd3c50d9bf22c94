//! A tree of values as YAML text that reads back as the same tree.

use serde_json::Value;

use super::scalar;

/// Writes a value as YAML, two spaces to a level, keys in their order.
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => entries(map, 0, &mut out),
        Value::Array(list) if !list.is_empty() => items(list, 0, &mut out),
        leaf => {
            out.push_str(&leaf_text(leaf));
            out.push('\n');
        }
    }
    out
}

fn entries(map: &serde_json::Map<String, Value>, indent: usize, out: &mut String) {
    for (position, (key, value)) in map.iter().enumerate() {
        // The first key of a list's item stands behind its dash.
        if position > 0 || !out.ends_with("- ") {
            pad(indent, out);
        }
        out.push_str(&text(key));
        out.push(':');
        below(value, indent, out);
    }
}

fn items(list: &[Value], indent: usize, out: &mut String) {
    for item in list {
        pad(indent, out);
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                entries(map, indent + 2, out);
            }
            item => below(item, indent, out),
        }
    }
}

/// What follows a key or a dash.
fn below(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            entries(map, indent + 2, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            items(list, indent + 2, out);
        }
        Value::String(lines) if is_block(lines) => block(lines, indent + 2, out),
        leaf => {
            out.push(' ');
            out.push_str(&leaf_text(leaf));
            out.push('\n');
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn leaf_text(value: &Value) -> String {
    match value {
        Value::String(plain) => text(plain),
        other => other.to_string(),
    }
}

/// Whether a text of lines can stand as a block: nothing that needs an escape, and an indent that is told by its
/// first line.
fn is_block(lines: &str) -> bool {
    let body = lines.strip_suffix('\n').unwrap_or(lines);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n', '\t'])
        && !body.chars().any(|c| (c.is_control() && c != '\n') || is_break(c))
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
}

fn block(lines: &str, indent: usize, out: &mut String) {
    out.push_str(if lines.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in lines.lines() {
        if !line.is_empty() {
            pad(indent, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// What some readers take for the end of a line, and the mark at a file's start.
fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text plain where it cannot be taken for anything else, else in quotes, as JSON writes it.
fn text(text: &str) -> String {
    let first_is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/' | '$'));
    let is_plain = first_is_plain
        && text.len() <= 200
        && !text.ends_with([' ', ':'])
        && text.chars().all(|c| c.is_alphanumeric() || "_-/. +@()$=;'?*<>:".contains(c))
        && !text.contains(": ")
        && matches!(scalar::plain(text), Value::String(_))
        && !matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n" | "null");
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        if c == '\u{7f}' || is_break(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Format, parse};
    use proptest::prelude::*;
    use serde_json::json;

    fn back(value: &Value) -> Value {
        let text = to_yaml(value);
        let source = parse(&text, Format::Yaml);
        assert_eq!(source.problems, [], "{text}");
        source.tree.unwrap().to_value()
    }

    #[test]
    fn what_is_written_reads_back() {
        let value = json!({
            "a": [], "b": {}, "c": [[1, [2]], {"x": {"y": [1.5, null, true]}, "z": "{{ vars.a }}"}],
            "404": "on", "text": "a\nb\n\n  c", "ends": "a\nb\n", "odd": ["", " a", "a: b", "#", "- x", "1.10", "é\u{85}", "<<", "=", "a\n b \n"],
            "<<": 1, "yes": "no", "n": -3, "a:": 2, "d": "2026-01-01", "q": "it's", "tab": "a\n\tb",
        });
        assert_eq!(back(&value), value);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\\n\\té:#]{0,12}".prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[ -~]{1,6}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back(value in any_value()) {
            prop_assert_eq!(back(&value), value);
        }
    }
}
