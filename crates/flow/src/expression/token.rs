//! Cuts an expression into tokens.

use std::ops::Range;

use crate::expression::TemplateError;

/// The longest expression, in bytes: beyond it, it belongs in a variable of its own.
pub const EXPRESSION_BYTES_MAX: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ident,
    /// Whole or with a fraction or an exponent.
    Number,
    /// With its quotes.
    Text,
    /// An operator or a bracket.
    Sign,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'s> {
    pub kind: Kind,
    pub text: &'s str,
    pub at: Range<usize>,
}

/// The signs of two characters; every other sign has one.
const LONG_SIGNS: [&str; 6] = ["**", "//", "==", "!=", "<=", ">="];
const SIGNS: &str = "+-*/%~()[]{}.,:|=<>";

pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, TemplateError> {
    if source.len() > EXPRESSION_BYTES_MAX {
        return Err(TemplateError::new(
            "expression-too-long",
            format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes"),
            "Work it out in a `setVars` node, in several variables.",
            0..source.len(),
        ));
    }
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let after_dot = tokens.last().is_some_and(|t| t.text == ".");
        let (kind, length) = match c {
            'a'..='z' | 'A'..='Z' | '_' => (Kind::Ident, ident_len(&source[at..])),
            '0'..='9' => (Kind::Number, number_len(source, at, after_dot)?),
            '\'' | '"' => (Kind::Text, text_len(source, at, c)?),
            _ => (Kind::Sign, sign_len(source, at, c)?),
        };
        tokens.push(Token { kind, text: &source[at..at + length], at: at..at + length });
        at += length;
    }
    Ok(tokens)
}

fn ident_len(rest: &str) -> usize {
    rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}

/// Digits, and unless it is an index after a dot a fraction and an exponent.
fn number_len(source: &str, at: usize, after_dot: bool) -> Result<usize, TemplateError> {
    let bytes = &source.as_bytes()[at..];
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if !after_dot {
        if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = bytes.get(length + 1 + sign..).map_or(0, |_| digits(length + 1 + sign));
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
    }
    if bytes.get(length).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return Err(syntax("a number ends where a letter begins", at..at + length + 1));
    }
    Ok(length)
}

fn text_len(source: &str, at: usize, quote: char) -> Result<usize, TemplateError> {
    let mut escaped = false;
    for (offset, c) in source[at..].char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Ok(offset + 1),
            _ => {}
        }
    }
    Err(syntax(&format!("a text that begins with {quote} has no end"), at..source.len()))
}

fn sign_len(source: &str, at: usize, c: char) -> Result<usize, TemplateError> {
    if LONG_SIGNS.iter().any(|sign| source[at..].starts_with(sign)) {
        return Ok(2);
    }
    if SIGNS.contains(c) {
        return Ok(1);
    }
    let mut error = syntax(&format!("`{}` has no meaning here", c.escape_debug()), at..at + c.len_utf8());
    if c.is_alphabetic() || c == '$' || c == '@' {
        error.fix = "For a key that is not plain letters, digits and _ write `vars[\"the key\"]`.".into();
    } else if matches!(c, '&' | '!' | '?') {
        error.fix = "Use `and`, `or`, `not`, and `a if condition else b`.".into();
    }
    Err(error)
}

pub(super) fn syntax(message: &str, at: Range<usize>) -> TemplateError {
    TemplateError::new("template-syntax", message, "", at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cut() {
        let texts =
            |s: &str| -> Vec<String> { tokens(s).unwrap().iter().map(|t| t.text.to_owned()).collect() };
        assert_eq!(texts("a.b|x('}}')"), ["a", ".", "b", "|", "x", "(", "'}}'", ")"]);
        assert_eq!(texts("1.5e3**2//1"), ["1.5e3", "**", "2", "//", "1"]);
        assert_eq!(texts("a.0.1"), ["a", ".", "0", ".", "1"]);
        assert_eq!(texts(r#""a\"b" 'č'"#), [r#""a\"b""#, "'č'"]);
        for bad in ["'a", "\"a\\", "1a", "a $ b", "é", "a ? b", "\u{0}"] {
            assert_eq!(tokens(bad).unwrap_err().code, "template-syntax", "{bad}");
        }
    }
}
