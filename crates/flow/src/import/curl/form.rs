//! The parts of a multipart body, as `-F` writes them.

use super::Fault;
use super::words::Word;
use crate::draft::Text;
use crate::import::openapi::{input_name, literal};
use crate::node::api_call::draft::PartDraft;

/// `--form-string name=value`: nothing in the value means anything.
pub(super) fn plain(word: &Word) -> Result<PartDraft, Fault> {
    let (name, value) = named(word)?;
    Ok(part_of(name, value))
}

/// `-F name=value;type=…;filename=…`, or with `@file` for the value.
pub(super) fn part(word: &Word, option: &str, notes: &mut Vec<String>) -> Result<PartDraft, Fault> {
    let (name, rest) = named(word)?;
    if rest.starts_with('<') {
        return Err(Fault::file(word.at, option));
    }
    let (rest, is_file) = rest.strip_prefix('@').map_or((rest, false), |rest| (rest, true));
    let (value, mut rest) = value(rest);
    let mut part = part_of(name, &value);
    while let Some(field) = rest.strip_prefix(';') {
        let field = field.trim_start();
        let (key, after) = field.split_once('=').unwrap_or((field, ""));
        let (text, left) = self::value(after);
        match key.trim() {
            "type" => part.content_type = Some(text),
            "filename" => part.filename = Some(literal(&text)),
            other => notes.push(format!("`;{other}` of the part `{name}` is not taken over")),
        }
        rest = left;
    }
    if is_file {
        let variable = input_name(name);
        let file = value.rsplit(['/', '\\']).next().unwrap_or_default();
        part.filename.get_or_insert_with(|| literal(file));
        part.value = Text(format!("{{{{ vars.{variable} }}}}"));
        notes.push(format!(
            "the part `{name}` is a file, which does not come in: its content is read from `vars.{variable}`"
        ));
    }
    Ok(part)
}

fn named(word: &Word) -> Result<(&str, &str), Fault> {
    let named = word.text.split_once('=');
    named.ok_or_else(|| {
        Fault::refused(word.at, "a part of a form needs a name and a value", "Write it as `-F 'name=value'`.")
    })
}

fn part_of(name: &str, value: &str) -> PartDraft {
    PartDraft {
        name: name.to_owned(),
        value: Text(literal(value)),
        filename: None,
        content_type: None,
        optional: false,
    }
}

/// A value up to the next `;`, or one in quotes; and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    // Without an end it was no quote.
    let end = text.find(';').unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}
