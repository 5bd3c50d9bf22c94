//! Reads the statements of a text body: `if`, `elif`, `else`, `for` and their ends. There are no others.

use super::split::{Cut, split};
use super::{HOLES_MAX, TemplateError};
use crate::expression::Expression;
use crate::nearest::did_you_mean;
use crate::scope::Roots;

/// How deep statements nest: rendering recurses.
const NESTING_MAX: usize = 8;

/// A part of a text body.
#[derive(Debug)]
pub(super) enum Node {
    Literal(String),
    Hole(Expression),
    If { ways: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
    For(Box<For>),
}

#[derive(Debug)]
pub(super) struct For {
    /// One name, or two for the parts of each pair.
    pub names: Vec<String>,
    pub list: Expression,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// The words that open a statement.
const STATEMENTS: &[&str] = &["if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"];

pub(super) fn parse(text: &str, roots: Roots) -> Result<Vec<Node>, Vec<TemplateError>> {
    let cuts = split(text, true).map_err(|error| vec![error])?;
    let marks = cuts.iter().filter(|cut| !matches!(cut, Cut::Literal(_))).count();
    if marks > HOLES_MAX {
        let message = format!("a text has at most {HOLES_MAX} holes and statements");
        return Err(vec![TemplateError::new("template-too-large", message, "", 0..text.len())]);
    }
    let mut parser = Parser {
        cuts,
        next: 0,
        end: text.len(),
        roots,
        locals: Vec::new(),
        errors: Vec::new(),
        stopped: false,
    };
    let mut nodes = Vec::new();
    loop {
        let (part, stop) = parser.block(0);
        nodes.extend(part);
        let Some(stop) = stop else { break };
        // What ends a block that was never opened is told, and reading goes on behind it.
        parser.error(&stop, format!("`{{% {} %}}` ends nothing", stop.word));
    }
    if parser.errors.is_empty() { Ok(nodes) } else { Err(parser.errors) }
}

struct Parser<'t> {
    cuts: Vec<Cut<'t>>,
    next: usize,
    end: usize,
    roots: Roots,
    locals: Vec<String>,
    errors: Vec<TemplateError>,
    /// Whether reading ended early.
    stopped: bool,
}

/// A statement, cut into its word and the rest.
#[derive(Clone, Debug)]
struct Statement<'t> {
    word: &'t str,
    rest: &'t str,
    /// Where `rest` begins.
    rest_at: usize,
    at: usize,
}

impl<'t> Parser<'t> {
    fn error(&mut self, statement: &Statement<'_>, message: String) {
        let range = statement.at..statement.at + statement.word.len();
        self.errors.push(TemplateError::new("template-syntax", message, "", range));
    }

    fn expression(&mut self, source: &str, at: usize) -> Option<Expression> {
        match Expression::compile_within(source, self.roots, &self.locals) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.errors.push(error.moved(at));
                None
            }
        }
    }

    /// Nodes up to a statement that ends or parts the block, which is returned.
    fn block(&mut self, depth: usize) -> (Vec<Node>, Option<Statement<'t>>) {
        let mut nodes = Vec::new();
        while let Some(cut) = self.cuts.get(self.next) {
            self.next += 1;
            match cut {
                Cut::Literal(text) => nodes.push(Node::Literal(text.clone().into_owned())),
                Cut::Hole { source, at } => {
                    let (source, at) = (*source, *at);
                    nodes.extend(self.expression(source, at).map(Node::Hole));
                }
                Cut::Statement { source, at } => {
                    let statement = cut_statement(source, *at);
                    match statement.word {
                        "if" => nodes.extend(self.if_block(statement, depth)),
                        "for" => nodes.extend(self.for_block(statement, depth)),
                        "elif" | "else" | "endif" | "endfor" => return (nodes, Some(statement)),
                        _ => self.unknown(&statement),
                    }
                }
            }
        }
        (nodes, None)
    }

    fn unknown(&mut self, statement: &Statement<'_>) {
        self.errors.push(TemplateError::new(
            "unknown-statement",
            format!("there is no statement `{}` here", statement.word),
            did_you_mean(statement.word, STATEMENTS, "statements"),
            statement.at..statement.at + statement.word.len(),
        ));
    }

    fn too_deep(&mut self, statement: &Statement<'_>, depth: usize) -> bool {
        if depth < NESTING_MAX {
            return false;
        }
        self.error(statement, format!("statements nest at most {NESTING_MAX} deep"));
        // Nothing after it is read: the one error is enough, and recursion ends.
        self.next = self.cuts.len();
        self.stopped = true;
        true
    }

    fn unclosed(&mut self, opening: &Statement<'_>) {
        if self.stopped {
            return;
        }
        self.errors.push(TemplateError::new(
            "template-unclosed",
            format!("`{{% {} %}}` has no `{{% end{} %}}`", opening.word, opening.word),
            "",
            opening.at..self.end,
        ));
    }

    fn if_block(&mut self, opening: Statement<'t>, depth: usize) -> Option<Node> {
        if self.too_deep(&opening, depth) {
            return None;
        }
        let mut ways = Vec::new();
        let mut condition = self.expression(opening.rest, opening.rest_at);
        let mut complete = condition.is_some();
        loop {
            let (nodes, stop) = self.block(depth + 1);
            ways.extend(condition.take().map(|condition| (condition, nodes)));
            let Some(stop) = stop else {
                self.unclosed(&opening);
                return None;
            };
            match stop.word {
                "elif" => {
                    condition = self.expression(stop.rest, stop.rest_at);
                    complete &= condition.is_some();
                }
                "else" => {
                    let otherwise = self.last_block(&opening, "endif", depth)?;
                    return complete.then_some(Node::If { ways, otherwise });
                }
                "endif" => return complete.then_some(Node::If { ways, otherwise: Vec::new() }),
                word => {
                    self.error(&stop, format!("`{{% {word} %}}` stands inside an `if`"));
                    return None;
                }
            }
        }
    }

    /// The block after an `else`.
    fn last_block(&mut self, opening: &Statement<'t>, ends: &str, depth: usize) -> Option<Vec<Node>> {
        let (nodes, stop) = self.block(depth + 1);
        match stop {
            Some(stop) if stop.word == ends => Some(nodes),
            Some(stop) => {
                self.error(&stop, format!("`{{% {} %}}` where `{{% {ends} %}}` is expected", stop.word));
                None
            }
            None => {
                self.unclosed(opening);
                None
            }
        }
    }

    fn for_block(&mut self, opening: Statement<'t>, depth: usize) -> Option<Node> {
        if self.too_deep(&opening, depth) {
            return None;
        }
        let parts = cut_for(opening.rest);
        let list = match &parts {
            Some((_, source, at)) => self.expression(source, opening.rest_at + at),
            None => {
                self.error(&opening, "a loop is written `{% for item in vars.items %}`".into());
                None
            }
        };
        let names: Vec<String> = parts.map_or_else(Vec::new, |(names, _, _)| names);
        for name in &names {
            if self.roots.has(name) || name == "loop" {
                self.error(&opening, format!("a loop cannot bind `{name}`: it has a meaning already"));
            }
        }
        let before = self.locals.len();
        self.locals.extend(names.iter().cloned());
        self.locals.push("loop".to_owned());
        let (body, stop) = self.block(depth + 1);
        self.locals.truncate(before);
        let otherwise = match stop {
            Some(stop) if stop.word == "endfor" => Vec::new(),
            Some(stop) if stop.word == "else" => self.last_block(&opening, "endfor", depth)?,
            Some(stop) => {
                self.error(&stop, format!("`{{% {} %}}` stands inside a `for`", stop.word));
                return None;
            }
            None => {
                self.unclosed(&opening);
                return None;
            }
        };
        Some(Node::For(Box::new(For { names, list: list?, body, otherwise })))
    }
}

fn cut_statement(source: &str, at: usize) -> Statement<'_> {
    let lead = source.len() - source.trim_start().len();
    let trimmed = source.trim();
    let word_len = trimmed.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(trimmed.len());
    let (word, rest) = trimmed.split_at(word_len);
    Statement { word, rest, rest_at: at + lead + word_len, at: at + lead }
}

/// The names, the list's source and its place in what follows `for`.
fn cut_for(rest: &str) -> Option<(Vec<String>, &str, usize)> {
    let end = rest.find(" in ")?;
    let names: Vec<String> = rest[..end].split(',').map(|name| name.trim().to_owned()).collect();
    let is_name = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let fits = (1..=2).contains(&names.len()) && names.iter().all(is_name);
    fits.then(|| (names, &rest[end + 4..], end + 4))
}
