//! Reads an expression and writes it anew for MiniJinja, every operand in brackets and guarded.
//!
//! The grammar and its precedence are MiniJinja's. What is read from the scope becomes a plain name (`r0`), so
//! that only those values are converted; calls, splats, steps in slices and unknown names never get through.

mod operand;

use serde_json::Value;

use super::read::ReadPath;
use super::token::{Kind, Token, syntax, tokens};
use super::words::{FILTERS, KEYWORDS, NUMERIC_GUARD, TESTS, TEXT_GUARD};
use crate::expression::TemplateError;
use crate::nearest::did_you_mean;
use crate::scope::Roots;

/// The most operators, filters, tests and computed look-ups in one expression.
pub const OPERATORS_MAX: usize = 32;
/// How deep brackets and unary operators nest: the parsers recurse.
const DEPTH_MAX: usize = 24;

/// An expression as it was read.
pub(super) struct Parsed {
    /// For MiniJinja.
    pub code: String,
    pub reads: Vec<ReadPath>,
    /// Set where no evaluation is needed.
    pub plain: Option<Plain>,
    /// Whether a `default`, a test or a condition stands ready for a missing value.
    pub guarded: bool,
}

/// An expression that a look-up answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    Read,
    ReadOr(Value),
    Literal(Value),
}

pub(super) fn parse(source: &str, roots: Roots, locals: &[String]) -> Result<Parsed, TemplateError> {
    let tokens = tokens(source)?;
    let end = source.trim_end().len();
    let mut parser =
        Parser { tokens, next: 0, end, roots, locals, reads: vec![], ops: 0, depth: 0, guarded: false };
    if parser.tokens.is_empty() {
        return Err(syntax("the expression is empty", 0..source.len()));
    }
    let code = parser.expression()?;
    if let Some(token) = parser.tokens.get(parser.next) {
        return Err(parser.unexpected(token));
    }
    let plain = code.plain.filter(|plain| match plain {
        Plain::Literal(_) => parser.reads.is_empty(),
        _ => parser.reads.len() == 1,
    });
    Ok(Parsed { code: code.text, reads: parser.reads, plain, guarded: parser.guarded })
}

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    next: usize,
    /// Where the source ends, for what is missing there.
    end: usize,
    roots: Roots,
    locals: &'s [String],
    reads: Vec<ReadPath>,
    ops: usize,
    depth: usize,
    guarded: bool,
}

/// A part of the new text: an atom, or in brackets.
struct Code {
    text: String,
    plain: Option<Plain>,
}

impl Code {
    fn new(text: String) -> Self {
        Self { text, plain: None }
    }
}

type Read<T = Code> = Result<T, TemplateError>;

impl<'s> Parser<'s> {
    fn peek(&self) -> &str {
        self.tokens.get(self.next).filter(|t| t.kind != Kind::Text).map_or("", |t| t.text)
    }

    fn peek_at(&self, ahead: usize) -> &str {
        self.tokens.get(self.next + ahead).filter(|t| t.kind != Kind::Text).map_or("", |t| t.text)
    }

    fn take(&mut self) -> Read<Token<'s>> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token.ok_or_else(|| syntax("the expression ends too early", self.end..self.end))
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.peek() == text;
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, text: &str) -> Read<()> {
        if self.skip(text) {
            return Ok(());
        }
        match self.tokens.get(self.next) {
            Some(token) => {
                Err(syntax(&format!("`{}` where `{text}` is expected", token.text), token.at.clone()))
            }
            None => Err(syntax(&format!("a `{text}` is missing"), self.end..self.end)),
        }
    }

    fn unexpected(&self, token: &Token<'_>) -> TemplateError {
        let mut error = syntax(&format!("`{}` is not expected here", token.text), token.at.clone());
        if token.text == "=" {
            error.fix = "To compare write `==`.".into();
        }
        error
    }

    fn count(&mut self) -> Read<()> {
        self.ops += 1;
        if self.ops > OPERATORS_MAX {
            return Err(self.too_complex(format!("has more than {OPERATORS_MAX} operators and filters")));
        }
        Ok(())
    }

    fn too_complex(&self, what: String) -> TemplateError {
        TemplateError::new(
            "expression-too-complex",
            format!("the expression {what}"),
            "Work it out in a `setVars` node, in several variables.",
            0..self.end,
        )
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.too_complex(format!("nests deeper than {DEPTH_MAX}")));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `a if b else c`, and all below.
    fn expression(&mut self) -> Read {
        self.deeper(|parser| {
            let mut code = parser.or()?;
            while parser.skip("if") {
                parser.count()?;
                parser.guarded = true;
                let condition = parser.or()?.text;
                let otherwise = match parser.skip("else") {
                    true => format!(" else {}", parser.expression()?.text),
                    false => String::new(),
                };
                code = Code::new(format!("({} if {condition}{otherwise})", code.text));
            }
            Ok(code)
        })
    }

    fn chain(&mut self, signs: &[&str], operand: fn(&mut Self) -> Read, guard: Guard) -> Read {
        let mut left = operand(self)?;
        while let Some(sign) = signs.iter().copied().find(|sign| self.peek() == *sign) {
            self.next += 1;
            self.count()?;
            let right = operand(self)?;
            let guard = match (guard, sign) {
                (Guard::Text, _) => format!("|{TEXT_GUARD}"),
                (Guard::Number, "*") => format!("|{NUMERIC_GUARD}"),
                _ => String::new(),
            };
            left = Code::new(format!("({}{guard} {sign} {}{guard})", left.text, right.text));
        }
        Ok(left)
    }

    fn or(&mut self) -> Read {
        self.chain(&["or"], Self::and, Guard::None)
    }

    fn and(&mut self) -> Read {
        self.chain(&["and"], Self::not, Guard::None)
    }

    fn not(&mut self) -> Read {
        if !self.skip("not") {
            return self.compare();
        }
        self.count()?;
        self.guarded = true;
        let operand = self.deeper(Self::not)?;
        Ok(Code::new(format!("(not {})", operand.text)))
    }

    fn compare(&mut self) -> Read {
        let first = self.sum()?;
        let mut text = first.text.clone();
        let mut compared = false;
        loop {
            let sign = match self.peek() {
                sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") => sign.to_owned(),
                "not" if self.peek_at(1) == "in" => {
                    self.next += 1;
                    "not in".to_owned()
                }
                _ => break,
            };
            self.next += 1;
            self.count()?;
            compared = true;
            text = format!("{text} {sign} {}", self.sum()?.text);
        }
        Ok(if compared { Code::new(format!("({text})")) } else { first })
    }

    fn sum(&mut self) -> Read {
        self.chain(&["+", "-"], Self::concat, Guard::None)
    }

    fn concat(&mut self) -> Read {
        self.chain(&["~"], Self::product, Guard::Text)
    }

    fn product(&mut self) -> Read {
        self.chain(&["*", "/", "//", "%"], Self::power, Guard::Number)
    }

    fn power(&mut self) -> Read {
        self.chain(&["**"], Self::filtered, Guard::None)
    }

    /// An operand with its sign, look-ups, filters and tests.
    fn filtered(&mut self) -> Read {
        let mut code = self.operand()?;
        loop {
            if self.skip("|") {
                code = self.filter(code)?;
            } else if self.skip("is") {
                code = self.test(&code)?;
            } else {
                return Ok(code);
            }
        }
    }

    fn operand(&mut self) -> Read {
        if !self.skip("-") {
            return self.postfix();
        }
        self.count()?;
        let operand = self.deeper(Self::operand)?;
        let plain = match operand.plain {
            Some(Plain::Literal(Value::Number(n))) => {
                n.as_i64().and_then(i64::checked_neg).map(|n| Plain::Literal(n.into()))
            }
            _ => None,
        };
        Ok(Code { text: format!("(-{})", operand.text), plain })
    }

    fn filter(&mut self, input: Code) -> Read {
        self.count()?;
        let name = self.name("filter", FILTERS, "unknown-filter")?;
        let args = match self.skip("(") {
            true => self.arguments()?,
            false => Vec::new(),
        };
        let is_default = matches!(name, "default" | "d");
        self.guarded |= is_default;
        if is_default && args.is_empty() {
            return Err(syntax("`default` needs a value, as in `| default('there')`", self.end..self.end));
        }
        let plain = match (&input.plain, args.as_slice()) {
            (Some(Plain::Read), [(None, Code { plain: Some(Plain::Literal(value)), .. })]) if is_default => {
                Some(Plain::ReadOr(value.clone()))
            }
            _ => None,
        };
        Ok(Code { text: format!("({}|{name}({}))", input.text, written(&args)), plain })
    }

    fn test(&mut self, input: &Code) -> Read {
        self.count()?;
        self.guarded = true;
        let negated = if self.skip("not") { "not " } else { "" };
        let name = self.name("test", TESTS, "unknown-test")?;
        let args = if self.skip("(") {
            self.arguments()?
        } else if self.at_test_argument() {
            vec![(None, self.deeper(Self::operand)?)]
        } else {
            Vec::new()
        };
        Ok(Code::new(format!("({} is {negated}{name}({}))", input.text, written(&args))))
    }

    /// `is divisibleby 3`: an argument without brackets.
    fn at_test_argument(&self) -> bool {
        self.tokens.get(self.next).is_some_and(|token| match token.kind {
            Kind::Ident => !KEYWORDS.contains(&token.text),
            Kind::Number | Kind::Text => true,
            Kind::Sign => matches!(token.text, "[" | "{"),
        })
    }

    fn name(&mut self, what: &str, known: &'static [&'static str], code: &'static str) -> Read<&'static str> {
        let token = self.take()?;
        if token.kind != Kind::Ident {
            return Err(syntax(&format!("a {what}'s name is expected"), token.at));
        }
        known.iter().copied().find(|name| *name == token.text).ok_or_else(|| {
            let fix = did_you_mean(token.text, known, &format!("{what}s"));
            TemplateError::new(code, format!("there is no {what} `{}`", token.text), fix, token.at)
        })
    }

    /// Arguments up to the closing bracket; splats are refused.
    fn arguments(&mut self) -> Read<Vec<(Option<String>, Code)>> {
        let mut args: Vec<(Option<String>, Code)> = Vec::new();
        while !self.skip(")") {
            if !args.is_empty() {
                self.expect(",")?;
                if self.skip(")") {
                    break;
                }
            }
            if let Some(token) = self.tokens.get(self.next).filter(|t| matches!(t.text, "*" | "**")) {
                return Err(syntax("a list cannot be spread into arguments", token.at.clone()));
            }
            let named =
                self.peek_at(1) == "=" && self.tokens.get(self.next).is_some_and(|t| t.kind == Kind::Ident);
            let name = match named {
                true => Some(self.take()?.text.to_owned()),
                false => None,
            };
            self.next += usize::from(named);
            args.push((name, self.expression()?));
        }
        Ok(args)
    }
}

#[derive(Clone, Copy)]
enum Guard {
    None,
    Number,
    Text,
}

fn written(args: &[(Option<String>, Code)]) -> String {
    let args: Vec<String> = args
        .iter()
        .map(|(name, code)| match name {
            Some(name) => format!("{name}={}", code.text),
            None => code.text.clone(),
        })
        .collect();
    args.join(", ")
}
