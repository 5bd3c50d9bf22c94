//! Cuts text into literals, holes and statements, aware of quotes and brackets.

use std::borrow::Cow;

use super::{HOLES_MAX, TEMPLATE_BYTES_MAX, TemplateError};

/// A stretch of text. `at` is the place of `source` in the whole text, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut<'t> {
    Literal(Cow<'t, str>),
    /// What stands between `{{` and `}}`.
    Hole {
        source: &'t str,
        at: usize,
    },
    /// What stands between `{%` and `%}`; a comment where comments are not allowed.
    Statement {
        source: &'t str,
        at: usize,
    },
}

/// Cuts a text. With `statements`, comments vanish and `raw` blocks become literals.
pub(super) fn split(text: &str, statements: bool) -> Result<Vec<Cut<'_>>, TemplateError> {
    let mut cuts: Vec<Cut<'_>> = Vec::new();
    let mut at = 0;
    let mut trim = false;
    while let Some((open, kind)) = next_opening(text, at) {
        if text.len() > TEMPLATE_BYTES_MAX || cuts.len() > 2 * HOLES_MAX {
            return Err(too_large(text));
        }
        let close = closing(text, open, kind)?;
        let (inner, trims) = inner(text, open + 2, close);
        push_literal(&mut cuts, &text[at..open], trim, trims.before);
        (at, trim) = (close + 2, trims.after);
        match kind {
            '{' => cuts.push(Cut::Hole { source: &text[inner.clone()], at: inner.start }),
            '#' if statements => {}
            '%' if statements && text[inner.clone()].trim() == "raw" => {
                let raw = end_of_raw(text, at).ok_or_else(|| unclosed("{% raw %}", open))?;
                push_literal(&mut cuts, &text[at..raw.open], trim, raw.trims.before);
                (at, trim) = (raw.after, raw.trims.after);
            }
            _ => cuts.push(Cut::Statement { source: &text[inner.clone()], at: inner.start }),
        }
    }
    push_literal(&mut cuts, &text[at..], trim, false);
    Ok(cuts)
}

fn too_large(text: &str) -> TemplateError {
    TemplateError::new(
        "template-too-large",
        format!("a text with holes has at most {TEMPLATE_BYTES_MAX} bytes and {HOLES_MAX} holes"),
        "Take parts of it into variables.",
        0..text.len(),
    )
}

fn push_literal<'t>(cuts: &mut Vec<Cut<'t>>, text: &'t str, trim_start: bool, trim_end: bool) {
    let text = if trim_start { text.trim_start() } else { text };
    let text = if trim_end { text.trim_end() } else { text };
    if text.is_empty() {
        return;
    }
    match cuts.last_mut() {
        Some(Cut::Literal(before)) => before.to_mut().push_str(text),
        _ => cuts.push(Cut::Literal(text.into())),
    }
}

/// Where the next `{{`, `{%` or `{#` stands, and its second character.
pub(super) fn next_opening(text: &str, from: usize) -> Option<(usize, char)> {
    let mut from = from;
    loop {
        let open = from + text[from..].find('{')?;
        match text.as_bytes().get(open + 1) {
            Some(b'{') => return Some((open, '{')),
            Some(b'%') => return Some((open, '%')),
            Some(b'#') => return Some((open, '#')),
            _ => from = open + 1,
        }
    }
}

/// Where the closing pair stands.
pub(super) fn closing(text: &str, open: usize, kind: char) -> Result<usize, TemplateError> {
    let (opening, pair) = match kind {
        '{' => ("{{", "}}"),
        '%' => ("{%", "%}"),
        _ => ("{#", "#}"),
    };
    let inner = &text[open + 2..];
    let found = if kind == '#' { inner.find(pair) } else { closing_pair(inner, pair) };
    found.map(|offset| open + 2 + offset).ok_or_else(|| unclosed(opening, open))
}

fn unclosed(opening: &str, open: usize) -> TemplateError {
    TemplateError::new(
        "template-unclosed",
        format!("`{opening}` has no end"),
        "For these characters themselves write `{{ '{{' }}`.",
        open..open + 2,
    )
}

/// The first closing pair outside quotes and outside braces of the expression.
fn closing_pair(inner: &str, pair: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut depth = 0_usize;
    for (offset, c) in inner.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if depth == 0 && inner[offset..].starts_with(pair) => return Some(offset),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

struct Trims {
    before: bool,
    after: bool,
}

/// The source between two marks, without the signs that trim white space around them.
fn inner(text: &str, start: usize, end: usize) -> (std::ops::Range<usize>, Trims) {
    let source = &text[start..end];
    let trims = Trims { before: source.starts_with('-'), after: source.len() > 1 && source.ends_with('-') };
    let signs = ['-', '+'];
    let start = start + usize::from(source.starts_with(signs));
    let end = end - usize::from(end > start && source.ends_with(signs));
    (start..end, trims)
}

struct RawEnd {
    open: usize,
    after: usize,
    trims: Trims,
}

fn end_of_raw(text: &str, from: usize) -> Option<RawEnd> {
    let mut from = from;
    loop {
        let open = from + text[from..].find("{%")?;
        let close = open + 2 + text[open + 2..].find("%}")?;
        let (range, trims) = inner(text, open + 2, close);
        if text[range].trim() == "endraw" {
            return Some(RawEnd { open, after: close + 2, trims });
        }
        from = open + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<String> {
        let cuts = split(text, true).unwrap();
        let shape = cuts.iter().map(|cut| match cut {
            Cut::Literal(text) => format!("L{text}"),
            Cut::Hole { source, .. } => format!("H{source}"),
            Cut::Statement { source, .. } => format!("S{source}"),
        });
        shape.collect()
    }

    #[test]
    fn quotes_and_braces_do_not_end_a_hole() {
        assert_eq!(shape("a{{ '}}' }}b"), ["La", "H '}}' ", "Lb"]);
        assert_eq!(shape("{{ {'a': {'b': 1}} }}"), ["H {'a': {'b': 1}} "]);
        assert_eq!(shape("{{ {'a':1}}}}"), ["H {'a':1}", "L}"]);
        assert_eq!(shape(r#"{{ "\"}}" }}"#), [r#"H "\"}}" "#]);
        assert_eq!(shape("{{'%2e'}}{x}}}"), ["H'%2e'", "L{x}}}"]);
        assert_eq!(shape("a {{- x -}} b"), ["La", "H x ", "Lb"]);
        assert_eq!(shape("a{# {{ #}b"), ["Lab"]);
        assert_eq!(shape("{% raw %}{{ x }}{% if %}{% endraw %}!"), ["L{{ x }}{% if %}!"]);
        assert_eq!(shape("{% if 'x%}' %}"), ["Sif 'x%}' ".replace("Sif", "S if")]);
        assert_eq!(shape("{{-}}"), ["H"]);
    }

    #[test]
    fn what_does_not_end_is_told_with_its_place() {
        for (text, at) in [("ab{{ x", 2), ("{{ ' }}", 0), ("é{% if", 2), ("{# x", 0), ("{% raw %}x", 0)] {
            let error = split(text, true).unwrap_err();
            assert_eq!((error.code, error.range.start), ("template-unclosed", at), "{text}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(split(&"x".repeat(1 << 20), true).is_ok());
        assert_eq!(
            split(&format!("{}{{{{x}}}}", "x".repeat(1 << 16)), true).unwrap_err().code,
            "template-too-large"
        );
        assert_eq!(split(&"{{x}}".repeat(5000), true).unwrap_err().code, "template-too-large");
    }
}
