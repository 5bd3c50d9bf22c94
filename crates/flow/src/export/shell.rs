//! Words of a command for bash.

use std::collections::BTreeSet;

/// A command in the making.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Options with their values, each on a line of its own.
    pub words: Vec<String>,
    pub variables: BTreeSet<String>,
}

impl Line {
    pub(super) fn flag(&mut self, option: &str) {
        self.words.push(option.to_owned());
    }

    pub(super) fn option(&mut self, option: &str, value: &str) {
        self.word(option, &quoted(value));
    }

    /// An option with a value that is quoted already.
    pub(super) fn word(&mut self, option: &str, written: &str) {
        self.words.push(format!("{option} {written}"));
    }

    /// A variable in quotes: its value stays one word.
    pub(super) fn variable(&mut self, name: &str) -> String {
        self.variables.insert(name.to_owned());
        format!("\"${name}\"")
    }

    /// A text with secrets at some places: how many bytes come before each, and its name.
    pub(super) fn pieces<'s>(&mut self, text: &str, holes: impl Iterator<Item = (usize, &'s str)>) -> String {
        let mut out = String::new();
        let mut start = 0;
        for (offset, name) in holes {
            let end = text.floor_char_boundary(offset.max(start));
            if end > start {
                out.push_str(&quoted(&text[start..end]));
            }
            out.push_str(&self.variable(&format!("SECRET_{}", variable(name))));
            start = end;
        }
        if start < text.len() || out.is_empty() {
            out.push_str(&quoted(&text[start..]));
        }
        out
    }
}

/// A name as shells have them: `X-Api-Key` is `X_API_KEY`.
pub(super) fn variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let mut out = String::new();
    let mut before = None;
    for c in name.chars() {
        // `apiKey` has two words.
        if c.is_ascii_uppercase() && before.is_some_and(|c: char| c.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(word(c));
        before = Some(c);
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() {
        out.insert(0, '_');
    }
    out
}

/// A text as one word. What a terminal or a line-based paste could take for a sign of its own is escaped.
pub(super) fn quoted(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.chars().any(is_odd) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut out = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // In octal and in UTF-8: what `\u` gives depends on the reader's locale, and `\x` takes in what follows.
            c if is_odd(c) => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| out.push_str(&format!("\\{b:03o}")))
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
