//! Templates of whole texts: messages, e-mails, text and XML bodies, with `if` and `for`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::statements::{For, Node, parse};
use super::{shown, too_costly};
use crate::expression::{EvalError, Expression, Meter, ReadPath};
use crate::problem::{FieldPath, Problem};
use crate::scope::{Locals, Roots, Scope};

/// The longest text that is rendered, in bytes: what a request's body may have.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// What one turn of a loop costs beside its holes, in work.
const TURN_WORK: usize = 256;

/// What is done to values so that they cannot break out of the text around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    Plain,
    /// Also refuses the characters that XML 1.0 does not hold.
    Xml,
    Html,
}

/// A text with holes and statements.
#[derive(Debug)]
pub struct TextTemplate {
    nodes: Vec<Node>,
    escape: Escape,
}

type Names<'a> = [(&'a str, &'a Value)];

impl TextTemplate {
    /// Reads a text; what is wrong with it goes to `problems`.
    pub fn compile(
        text: &str,
        escape: Escape,
        roots: Roots,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        match parse(text, roots) {
            Ok(nodes) => Some(Self { nodes, escape }),
            Err(errors) => {
                problems.extend(errors.into_iter().map(|error| error.into_problem(text, at.clone())));
                None
            }
        }
    }

    pub(crate) fn escape(&self) -> Escape {
        self.escape
    }

    /// The text; a missing value shows as nothing.
    pub fn render(&self, scope: &Scope<'_>) -> Result<String, EvalError> {
        self.render_metered(scope, &mut Meter::default())
    }

    /// As [`Self::render`], counting the work.
    pub fn render_metered(&self, scope: &Scope<'_>, meter: &mut Meter) -> Result<String, EvalError> {
        let mut writer = Writer { out: String::new(), escape: self.escape, meter };
        writer.nodes(&self.nodes, scope, &[])?;
        Ok(writer.out)
    }

    /// The static paths it reads, those of loop names left out, and whether missing ones are provided for.
    pub fn reads(&self) -> (Vec<ReadPath>, bool) {
        let mut reads = (Vec::new(), true);
        collect(&self.nodes, &mut reads);
        let locals = local_names(&self.nodes);
        reads.0.retain(|path| path.root != "loop" && !locals.contains(&path.root));
        reads
    }
}

fn collect(nodes: &[Node], into: &mut (Vec<ReadPath>, bool)) {
    let add = |expression: &Expression, into: &mut (Vec<ReadPath>, bool)| {
        into.0.extend(expression.reads().iter().cloned());
        into.1 &= expression.is_guarded();
    };
    for node in nodes {
        match node {
            Node::Literal(_) => {}
            Node::Hole(expression) => add(expression, into),
            Node::If { ways, otherwise } => {
                for (condition, nodes) in ways {
                    into.0.extend(condition.reads().iter().cloned());
                    collect(nodes, into);
                }
                collect(otherwise, into);
            }
            Node::For(turn) => {
                add(&turn.list, into);
                collect(&turn.body, into);
                collect(&turn.otherwise, into);
            }
        }
    }
}

fn local_names(nodes: &[Node]) -> Vec<String> {
    let mut names = Vec::new();
    for node in nodes {
        match node {
            Node::For(turn) => {
                names.extend(turn.names.iter().cloned());
                names.extend(local_names(&turn.body));
                names.extend(local_names(&turn.otherwise));
            }
            Node::If { ways, otherwise } => {
                names.extend(ways.iter().flat_map(|(_, nodes)| local_names(nodes)));
                names.extend(local_names(otherwise));
            }
            Node::Literal(_) | Node::Hole(_) => {}
        }
    }
    names
}

struct Writer<'m> {
    out: String,
    escape: Escape,
    meter: &'m mut Meter,
}

impl Writer<'_> {
    fn nodes(&mut self, nodes: &[Node], scope: &Scope<'_>, names: &Names<'_>) -> Result<(), EvalError> {
        let inner = Scope { locals: Locals(names), ..*scope };
        for node in nodes {
            match node {
                Node::Literal(text) => self.push(text)?,
                Node::Hole(hole) => {
                    let value = hole.eval_metered(&inner, self.meter)?;
                    let text = shown(value.as_deref(), self.meter)?;
                    self.value(&text)?;
                }
                Node::If { ways, otherwise } => {
                    let mut taken = otherwise;
                    for (condition, nodes) in ways {
                        if condition.holds_metered(&inner, self.meter)? {
                            taken = nodes;
                            break;
                        }
                    }
                    self.nodes(taken, scope, names)?;
                }
                Node::For(turn) => self.turns(turn, scope, names)?,
            }
        }
        Ok(())
    }

    fn turns(&mut self, turn: &For, scope: &Scope<'_>, names: &Names<'_>) -> Result<(), EvalError> {
        let inner = Scope { locals: Locals(names), ..*scope };
        let list = turn.list.eval_metered(&inner, self.meter)?;
        let items: Vec<Cow<'_, Value>> = match list.as_deref() {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                self.work(items.len().saturating_mul(TURN_WORK))?;
                items.iter().map(Cow::Borrowed).collect()
            }
            Some(Value::Object(map)) => {
                self.work(map.len().saturating_mul(TURN_WORK))?;
                map.keys().map(|key| Cow::Owned(key.as_str().into())).collect()
            }
            Some(_) => return Err(failed(format!("`{}` is not a list", turn.list.source()))),
        };
        if items.is_empty() {
            return self.nodes(&turn.otherwise, scope, names);
        }
        let length = items.len();
        for (index, item) in items.iter().enumerate() {
            let position = json!({
                "index": index + 1, "index0": index, "first": index == 0,
                "last": index + 1 == length, "length": length,
            });
            let mut bound: Vec<(&str, &Value)> = names.to_vec();
            match turn.names.as_slice() {
                [one] => bound.push((one, item)),
                many => {
                    let parts = item.as_array().filter(|parts| parts.len() == many.len());
                    let parts = parts.ok_or_else(|| failed(pair_expected(turn)))?;
                    bound.extend(many.iter().map(String::as_str).zip(parts));
                }
            }
            bound.push(("loop", &position));
            self.nodes(&turn.body, scope, &bound)?;
            self.work(TURN_WORK)?;
        }
        Ok(())
    }

    fn work(&mut self, amount: usize) -> Result<(), EvalError> {
        if self.meter.work(amount) { Ok(()) } else { Err(too_costly()) }
    }

    fn push(&mut self, text: &str) -> Result<(), EvalError> {
        super::push_capped(&mut self.out, text, self.meter)
    }

    /// Every value goes through here, escaped for the text around it.
    fn value(&mut self, text: &str) -> Result<(), EvalError> {
        if self.escape == Escape::Plain {
            return self.push(text);
        }
        let xml = self.escape == Escape::Xml;
        let mut from = 0;
        for (at, c) in text.char_indices() {
            if xml && !is_xml(c) {
                let message = format!("a value holds U+{:04X}, which XML does not", u32::from(c));
                return Err(EvalError { code: "xml-character", message, range: 0..0 });
            }
            let Some(escaped) = entity(c, xml) else { continue };
            self.push(&text[from..at])?;
            self.push(escaped)?;
            from = at + c.len_utf8();
        }
        self.push(&text[from..])
    }
}

/// How a character is written where markup is around it.
fn entity(c: char, xml: bool) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        // A parser would make a line feed of it, or in an attribute a space.
        '\r' if xml => "&#13;",
        '\n' if xml => "&#10;",
        '\t' if xml => "&#9;",
        _ => return None,
    })
}

/// A text within XML; `None` where XML cannot hold it.
pub(crate) fn escape_xml(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match entity(c, true) {
            Some(escaped) => out.push_str(escaped),
            None if is_xml(c) => out.push(c),
            None => return None,
        }
    }
    Some(out)
}

/// Whether XML 1.0 holds a character (its production 2).
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn pair_expected(turn: &For) -> String {
    format!("each item of `{}` must be a pair; for an object write `| items`", turn.list.source())
}

fn failed(message: String) -> EvalError {
    EvalError { code: "template-failed", message, range: 0..0 }
}
