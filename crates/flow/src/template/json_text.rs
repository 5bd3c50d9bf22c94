//! Reads JSON text with holes, bare or quoted: the text is parsed once, each hole a marked string in it.

use serde_json::Value;

use super::split::{closing, next_opening};
use super::{HOLES_MAX, Piece, TEMPLATE_BYTES_MAX, Template, TemplateError};
use crate::expression::Expression;
use crate::scope::Roots;

/// The characters that may mark a hole: Unicode's private use area, one of which the text does not use.
const MARKS: std::ops::RangeInclusive<char> = '\u{E000}'..='\u{F8FF}';

/// A parsed text whose holes are strings of marks.
#[derive(Debug)]
pub(super) struct Marked {
    pub value: Value,
    mark: char,
    holes: Vec<Hole>,
    /// Whether a number in it is kept as a text.
    pub numbers_kept: bool,
}

#[derive(Debug)]
struct Hole {
    source: String,
    /// In the original text.
    at: usize,
}

pub(super) fn read(text: &str) -> Result<Marked, TemplateError> {
    let mark = free_mark(text).ok_or_else(|| invalid(text, 0, "it uses every private character"))?;
    let mut scan =
        Scan { text, mark, out: String::new(), holes: Vec::new(), spans: Vec::new(), in_text: false };
    scan.run()?;
    match crate::json::parse(scan.out.as_bytes()) {
        Ok(parsed) => {
            if let Some(key) = parsed.repeated_key {
                let at = text.rfind(&format!("\"{key}\"")).unwrap_or(0);
                return Err(invalid(text, at, &format!("the key `{key}` stands twice in one object")));
            }
            let numbers_kept = parsed.numbers_kept_as_text > 0;
            Ok(Marked { value: parsed.value, mark, holes: scan.holes, numbers_kept })
        }
        Err(error) => {
            let at = scan.original(offset_of(&scan.out, error.line, error.column));
            Err(invalid(text, at, &error.message))
        }
    }
}

/// `Enter valid JSON`, with the place in the author's text.
fn invalid(text: &str, at: usize, why: &str) -> TemplateError {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    TemplateError::new(
        "invalid-json",
        format!("Enter valid JSON: line {line}, column {column}: {why}"),
        "A value from a variable stands as `{{ vars.name }}`, with or without quotes around it.",
        at..at,
    )
}

/// A mark that neither stands in the text nor can come out of an escape in it.
fn free_mark(text: &str) -> Option<char> {
    let used: std::collections::BTreeSet<char> = text.chars().filter(|c| MARKS.contains(c)).collect();
    let lower = text.to_ascii_lowercase();
    let escaped: std::collections::BTreeSet<&str> =
        lower.match_indices("\\u").filter_map(|(at, _)| lower.get(at + 2..at + 6)).collect();
    MARKS
        .into_iter()
        .find(|c| !used.contains(c) && !escaped.contains(format!("{:04x}", u32::from(*c)).as_str()))
}

struct Scan<'t> {
    text: &'t str,
    mark: char,
    out: String,
    holes: Vec<Hole>,
    /// Where each hole ends in the new text and in the original.
    spans: Vec<(usize, usize)>,
    /// Whether a quoted text is open.
    in_text: bool,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), TemplateError> {
        let mut at = 0;
        while let Some((open, kind)) = next_opening(self.text, at) {
            self.literal(at, open);
            if kind != '{' {
                // Outside a quoted text it is no JSON, and the parser says so.
                if self.in_text {
                    return Err(TemplateError::new(
                        "statement-out-of-place",
                        "`{% %}` and `{# #}` stand only in messages, e-mails, text and XML bodies",
                        "Use an expression, as in `{{ 'a' if vars.x else 'b' }}`.",
                        open..open + 2,
                    ));
                }
                self.literal(open, open + 2);
                at = open + 2;
                continue;
            }
            at = self.hole(open)?;
        }
        self.literal(at, self.text.len());
        Ok(())
    }

    /// Copies a stretch, and follows the quotes in it.
    fn literal(&mut self, from: usize, to: usize) {
        let stretch = &self.text[from..to];
        let mut escaped = false;
        for c in stretch.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if self.in_text => escaped = true,
                '"' => self.in_text = !self.in_text,
                _ => {}
            }
        }
        self.out.push_str(stretch);
    }

    fn hole(&mut self, open: usize) -> Result<usize, TemplateError> {
        if self.holes.len() >= HOLES_MAX || self.text.len() > TEMPLATE_BYTES_MAX {
            let message =
                format!("JSON text with holes has at most {TEMPLATE_BYTES_MAX} bytes and {HOLES_MAX} holes");
            return Err(TemplateError::new("template-too-large", message, "", open..open + 2));
        }
        let (close, source) = self.source(open)?;
        let marked = format!("{}{}{}", self.mark, self.holes.len(), self.mark);
        if self.in_text {
            self.out.push_str(&marked);
        } else {
            self.out.push_str(&format!("\"{marked}\""));
        }
        self.holes.push(Hole { source, at: open + 2 });
        self.spans.push((self.out.len(), close + 2));
        Ok(close + 2)
    }

    /// Where the hole closes, and its expression. In a quoted text, quotes of the expression may be escaped.
    fn source(&self, open: usize) -> Result<(usize, String), TemplateError> {
        if self.in_text
            && let Some(end) = end_with_escapes(&self.text[open + 2..])
        {
            let close = open + 2 + end;
            return Ok((close, self.text[open + 2..close].replace("\\\"", "\"")));
        }
        let close = closing(self.text, open, '{')?;
        Ok((close, self.text[open + 2..close].to_owned()))
    }

    /// The original place of a place in the new text.
    fn original(&self, at: usize) -> usize {
        match self.spans.iter().rev().find(|(end, _)| *end <= at) {
            Some((end, original)) => original + (at - end),
            None => at,
        }
    }
}

/// The end of a hole whose texts stand between `\"` and `\"`; `None` where it has no such text.
fn end_with_escapes(hole: &str) -> Option<usize> {
    let mut quote: Option<&str> = None;
    let (mut at, mut found) = (0, false);
    while at < hole.len() {
        let rest = &hole[at..];
        match quote {
            Some(open) if rest.starts_with(open) => {
                quote = None;
                at += open.len();
                continue;
            }
            None if rest.starts_with("}}") => return found.then_some(at),
            None => {
                quote = ["\\\"", "\"", "'"].into_iter().find(|open| rest.starts_with(open));
                found |= quote == Some("\\\"");
                if let Some(open) = quote {
                    at += open.len();
                    continue;
                }
            }
            Some(_) => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    None
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let within = text[start..].char_indices().nth(column - 1).map_or(text.len() - start, |(at, _)| at);
    start + within
}

impl Marked {
    pub(super) fn has_hole(&self, text: &str) -> bool {
        text.contains(self.mark)
    }

    /// A text as its author wrote it.
    pub(super) fn shown(&self, text: &str) -> String {
        let parts = text.split(self.mark).enumerate().map(|(index, part)| match self.holes_at(index, part) {
            Some(hole) => format!("{{{{{}}}}}", hole.source),
            None => part.to_owned(),
        });
        parts.collect()
    }

    /// Every second part between marks is a hole's number.
    fn holes_at(&self, index: usize, part: &str) -> Option<&Hole> {
        if index % 2 == 1 { self.holes.get(part.parse::<usize>().ok()?) } else { None }
    }

    pub(super) fn template(&self, text: &str, roots: Roots) -> Result<Template, Vec<TemplateError>> {
        let mut pieces = Vec::new();
        let mut errors = Vec::new();
        for (index, part) in text.split(self.mark).enumerate() {
            match self.holes_at(index, part) {
                Some(hole) => match Expression::compile(&hole.source, roots) {
                    Ok(expression) => pieces.push(Piece::Hole(expression)),
                    Err(error) => errors.push(error.moved(hole.at)),
                },
                None if part.is_empty() => {}
                None => pieces.push(Piece::Literal(part.to_owned())),
            }
        }
        if errors.is_empty() { Ok(Template { pieces }) } else { Err(errors) }
    }
}
