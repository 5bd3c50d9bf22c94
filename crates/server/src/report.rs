//! Problems shown at their place in the file.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use callout_flow::problem::{Place, Problem, Severity};

pub const ERROR: Style = AnsiColor::Red.on_default().bold();
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const DIM: Style = Style::new().dimmed();
pub const BOLD: Style = Style::new().bold();
pub const ACCENT: Style = AnsiColor::Cyan.on_default();

/// A text in a style. Printed through `anstream`, it loses its colour where no terminal reads it.
pub fn paint(text: impl std::fmt::Display, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// One problem, with the lines of the file it is about.
pub fn problem(file: &str, text: &str, problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = visible(&problem.message);
    let fix = visible(&problem.fix);
    let title = level.primary_title(message.as_str()).id(problem.code.as_ref());
    let mut group = match problem.place {
        Some(place) => {
            let (start, end) = span(text, place);
            let snippet = Snippet::source(text)
                .path(file)
                .annotation(AnnotationKind::Primary.span(start..end).label(problem.at.to_string()));
            title.element(snippet)
        }
        None => Group::with_title(title.clone())
            .element(Level::NOTE.message(format!("in {file}, at {}", problem.at))),
    };
    if !fix.is_empty() {
        group = group.element(Level::HELP.message(fix.as_str()));
    }
    Renderer::styled().render(&[group])
}

/// Why something is not done, in one line.
pub fn error(why: &str) -> String {
    format!("{}: {}", paint("error", ERROR), visible(why))
}

/// The bytes of the word at a place.
fn span(text: &str, place: Place) -> (usize, usize) {
    let line_start: usize = text.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    let column = line.char_indices().nth(place.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let rest = &line[column..];
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let length = match quote {
        Some(quote) => rest[1..].find(quote).map_or(rest.len(), |end| end + 2),
        None => rest.find([',', '}', ']']).unwrap_or(rest.len()).min(rest.find(": ").unwrap_or(rest.len())),
    };
    let start = line_start + column;
    (start, (start + rest[..length].trim_end().len()).max(start))
}

/// Control characters as escapes: what an author or an upstream wrote never drives the terminal.
pub fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '\n' | '\t' => vec![c],
            c if c.is_control() || is_bidi_control(c) => c.escape_unicode().collect(),
            c => vec![c],
        })
        .collect()
}

/// Characters that reorder the text around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// How many problems of each kind, in words.
pub fn tally(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|p| p.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_a_place_is_marked() {
        let text = "a: 1\nnodes: { x: \"y z\", on: [2xx] }\nläng: wert\n";
        let marked = |line, column| {
            let (start, end) = span(text, Place { line, column });
            &text[start..end]
        };
        assert_eq!(marked(1, 1), "a");
        assert_eq!(marked(2, 13), "\"y z\"");
        assert_eq!(marked(2, 24), "[2xx");
        assert_eq!(marked(3, 7), "wert");
        assert_eq!(marked(9, 9), "");
    }

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
    }
}
