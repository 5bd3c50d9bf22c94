//! Operands: literals, lists, objects, static paths, and the look-ups on them.

use std::ops::Range;

use serde_json::Value;

use super::super::read::{Part, ReadPath};
use super::super::token::{Kind, Token, syntax};
use super::super::words::{KEYWORDS, SLICE_GUARD};
use super::{Code, Parser, Plain, Read};
use crate::expression::TemplateError;
use crate::nearest::did_you_mean;
use crate::scope::{CONN, Roots, SECRET};

impl<'s> Parser<'s> {
    /// A value and the look-ups on it that were not part of a static path.
    pub(super) fn postfix(&mut self) -> Read {
        let mut code = self.primary()?;
        loop {
            if self.peek() == "(" {
                let at = self.tokens[self.next].at.clone();
                let fix = "Use a filter: `vars.text | upper`, `vars.list | join(', ')`.";
                return Err(TemplateError::new(
                    "function-call",
                    "there are no functions or methods",
                    fix,
                    at,
                ));
            }
            if self.peek() == "." {
                self.count()?;
                self.next += 1;
                let token = self.take()?;
                match token.kind {
                    Kind::Ident => code = Code::new(format!("({}[\"{}\"])", code.text, token.text)),
                    Kind::Number => code = Code::new(format!("({}[{}])", code.text, token.text)),
                    _ => return Err(syntax("a name or a number is expected after `.`", token.at)),
                }
            } else if self.skip("[") {
                self.count()?;
                code = self.subscript(&code)?;
            } else {
                return Ok(code);
            }
        }
    }

    fn subscript(&mut self, of: &Code) -> Read {
        let mut bounds = [String::new(), String::new()];
        let start = self.tokens.get(self.next).map_or(self.end..self.end, |t| t.at.clone());
        if self.peek() != ":" {
            bounds[0] = self.expression()?.text;
        }
        if self.skip("]") {
            return Ok(Code::new(format!("({}[{}])", of.text, bounds[0])));
        }
        self.expect(":")?;
        if self.peek() != "]" && self.peek() != ":" {
            bounds[1] = self.expression()?.text;
        }
        if self.peek() == ":" {
            let fix = "Use `| reverse` to turn a list round.";
            return Err(TemplateError::new("template-syntax", "a slice has no step", fix, start));
        }
        self.expect("]")?;
        Ok(Code::new(format!("(({}|{SLICE_GUARD})[{}:{}])", of.text, bounds[0], bounds[1])))
    }

    fn primary(&mut self) -> Read {
        let token = self.take()?;
        match (token.kind, token.text) {
            (Kind::Ident, "true" | "True") => Ok(literal("true", Value::Bool(true))),
            (Kind::Ident, "false" | "False") => Ok(literal("false", Value::Bool(false))),
            (Kind::Ident, "none" | "None" | "null") => Ok(literal("none", Value::Null)),
            (Kind::Ident, word) if KEYWORDS.contains(&word) => Err(self.unexpected(&token)),
            (Kind::Ident, _) => self.read(&token),
            (Kind::Number, text) => Ok(match crate::json::number_value(text) {
                value @ Value::Number(_) => literal(text, value),
                _ => Code::new(text.to_owned()),
            }),
            (Kind::Text, text) => Ok(match text.contains('\\') {
                true => Code::new(text.to_owned()),
                false => literal(text, text[1..text.len() - 1].into()),
            }),
            (Kind::Sign, "(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(Code { text: format!("({})", inner.text), plain: inner.plain })
            }
            (Kind::Sign, "[") => self.list(),
            (Kind::Sign, "{") => self.object(),
            _ => Err(self.unexpected(&token)),
        }
    }

    fn list(&mut self) -> Read {
        let mut items = Vec::new();
        while !self.skip("]") {
            if !items.is_empty() {
                self.expect(",")?;
                if self.skip("]") {
                    break;
                }
            }
            items.push(self.expression()?.text);
        }
        Ok(Code::new(format!("[{}]", items.join(", "))))
    }

    fn object(&mut self) -> Read {
        let mut pairs = Vec::new();
        while !self.skip("}") {
            if !pairs.is_empty() {
                self.expect(",")?;
                if self.skip("}") {
                    break;
                }
            }
            let key = self.expression()?.text;
            self.expect(":")?;
            pairs.push(format!("{key}: {}", self.expression()?.text));
        }
        Ok(Code::new(format!("{{{}}}", pairs.join(", "))))
    }

    /// A root and the names, numbers and literal keys that follow it.
    fn read(&mut self, root: &Token<'s>) -> Read {
        self.check_root(root)?;
        let mut path = ReadPath { root: root.text.to_owned(), parts: Vec::new() };
        while let Some((part, tokens)) = self.static_part() {
            path.parts.push(part);
            self.next += tokens;
        }
        let code = format!("r{}", self.reads.len());
        self.reads.push(path);
        Ok(Code { text: code, plain: Some(Plain::Read) })
    }

    /// The next part of a static path, and how many tokens it takes.
    fn static_part(&self) -> Option<(Part, usize)> {
        let token = |ahead: usize| self.tokens.get(self.next + ahead);
        let index = |text: &str| text.parse::<i64>().ok();
        if self.peek() == "." {
            let key = token(1)?;
            return match key.kind {
                Kind::Ident => Some((Part::Key(key.text.to_owned()), 2)),
                Kind::Number => Some((Part::Index(index(key.text)?), 2)),
                _ => None,
            };
        }
        if self.peek() != "[" {
            return None;
        }
        let (key, closing) = (token(1)?, token(2)?);
        if key.text == "-" && closing.kind == Kind::Number && token(3)?.text == "]" {
            return Some((Part::Index(index(closing.text)?.checked_neg()?), 4));
        }
        if closing.kind != Kind::Sign || closing.text != "]" {
            return None;
        }
        match key.kind {
            Kind::Text if !key.text.contains('\\') => {
                Some((Part::Key(key.text[1..key.text.len() - 1].to_owned()), 3))
            }
            Kind::Number => Some((Part::Index(index(key.text)?), 3)),
            _ => None,
        }
    }

    fn check_root(&self, token: &Token<'_>) -> Read<()> {
        let name = token.text;
        // Undefined wherever a flow reads them; that they are out of place here is for the check to say.
        let reserved = matches!(name, SECRET | CONN) && self.roots.has("vars");
        if reserved || self.roots.has(name) || self.locals.iter().any(|local| local == name) {
            return Ok(());
        }
        Err(unknown_root(name, self.roots, self.locals, token.at.clone()))
    }
}

fn literal(text: &str, value: Value) -> Code {
    Code { text: text.to_owned(), plain: Some(Plain::Literal(value)) }
}

fn unknown_root(name: &str, roots: Roots, locals: &[String], at: Range<usize>) -> TemplateError {
    let mut known: Vec<&str> = roots.names().to_vec();
    known.extend(locals.iter().map(String::as_str));
    let mut fix = did_you_mean(name, &known, "roots");
    if roots.has("vars") && !fix.starts_with("Did") {
        fix = format!("A variable is read as `vars.{name}`. {fix}");
    }
    TemplateError::new("unknown-root", format!("`{name}` is not something a template reads"), fix, at)
}
