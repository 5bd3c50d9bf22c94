//! One field rendered by itself, as its request would have it: for showing, never for sending.

use serde_json::Value;

use super::query::{Query, pair_values};
use super::slot::{Filled, IN_BODY, IN_URL, Slot};
use super::{Compiler, FieldReads, Invalid, Renderer, UrlTemplate, body, encode, headers, marks, read_url};
use crate::expression::{Expression, Meter, Part, ReadPath};
use crate::problem::{FieldPath, Place, Problem, Severity};
use crate::scope::{CONN, Roots, SECRET, Scope};
use crate::template::{Capped, Escape, JsonTemplate, TextTemplate};

/// Where a text stands, which says how values are placed in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    Url,
    /// A query row's value.
    Query,
    Header,
    /// JSON text of a value whose string leaves hold templates.
    Json,
    /// JSON text with bare or quoted holes.
    JsonText,
    /// A form field's value.
    Form,
    Xml,
    /// A message or a text body.
    Text,
    /// A bare expression, as in `when`.
    Expression,
}

/// What came of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// JSON text of the value as it would be sent; of a query's list each item's. A hole that a secret fills is `***`; null where
    /// an optional row is left out.
    pub value: Result<Vec<u8>, Fault>,
    /// The paths that it reads, each once.
    pub reads: Vec<ReadPath>,
    /// Those of them that the scope does not have.
    pub missing: Vec<ReadPath>,
}

/// Why a field has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: String,
    pub message: String,
    /// Where in the text, in UTF-16 code units, as pages count; where that is known.
    pub offset: Option<usize>,
    /// How to mend it; may be empty.
    pub fix: String,
}

impl Fault {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), offset: None, fix: String::new() }
    }

    fn of_problem(problem: Problem, text: &str) -> Self {
        let offset = problem.within.map(|place| offset_of(text, place));
        Self { code: problem.code.into_owned(), message: problem.message, offset, fix: problem.fix }
    }

    fn of_invalid(invalid: Invalid) -> Self {
        Self::new(invalid.code, invalid.message)
    }
}

/// What stands for a secret.
const HIDDEN: &str = "***";

/// Renders one field. `optional` is a row's; `bytes_max` bounds the value.
pub fn show(
    position: Position,
    text: &str,
    optional: bool,
    scope: &Scope<'_>,
    meter: &mut Meter,
    bytes_max: usize,
) -> Shown {
    let roots = if position == Position::Expression { Roots::FLOW } else { Roots::CALL };
    let (mut problems, mut reads) = (Vec::new(), Vec::new());
    let mut compiler = Compiler { problems: &mut problems, reads: &mut reads, roots };
    let field = Field::compile(position, text, optional, &mut compiler);
    let reads = paths_of(reads);
    let lacks = |path: &&ReadPath| path.find(scope).is_none_or(Value::is_null);
    let from_scope = |path: &&ReadPath| path.root != SECRET && path.root != CONN;
    let missing = reads.iter().filter(from_scope).filter(lacks).cloned().collect();
    let wrong = problems.into_iter().find(|problem| problem.severity == Severity::Error);
    let value = match (wrong, field) {
        (Some(problem), _) => Err(Fault::of_problem(problem, text)),
        (None, None) => Err(Fault::new("template-failed", "it cannot be read")),
        (None, Some(field)) => field.show(&reads, scope, meter, bytes_max),
    };
    Shown { value, reads, missing }
}

fn paths_of(reads: Vec<FieldReads>) -> Vec<ReadPath> {
    let mut paths: Vec<ReadPath> = reads.into_iter().flat_map(|field| field.paths).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// A place in a text as an offset that a page can use.
fn offset_of(text: &str, place: Place) -> usize {
    let before = text.split_inclusive('\n').take(place.line.saturating_sub(1));
    let line = text.split_inclusive('\n').nth(place.line.saturating_sub(1)).unwrap_or_default();
    let in_line = line.chars().take(place.column.saturating_sub(1));
    before.flat_map(str::chars).chain(in_line).map(char::len_utf16).sum()
}

/// A field, compiled.
enum Field {
    Url(UrlTemplate),
    /// A URL that is one whole expression: where it may go, the node's `urlHosts` say.
    WholeUrl(Slot),
    Slot(Slot, Position),
    Json(JsonTemplate),
    Text(TextTemplate),
    Expression(Expression),
}

impl Field {
    fn compile(position: Position, text: &str, optional: bool, compiler: &mut Compiler<'_>) -> Option<Self> {
        let at = &FieldPath::root();
        let roots = compiler.roots;
        match position {
            Position::Url => {
                let whole = Slot::compile(text.trim(), false, at, compiler)?;
                if whole.template.lone().is_some() {
                    return Some(Self::WholeUrl(whole));
                }
                let rows = Query { separator: '&', pairs: Vec::new() };
                let hosts = (&[] as &[String], FieldPath::root());
                read_url(text, hosts, rows, false, at, compiler).map(Self::Url)
            }
            Position::Query | Position::Header | Position::Form => {
                Slot::compile(text, optional, at, compiler).map(|slot| Self::Slot(slot, position))
            }
            Position::Json => {
                let value = match crate::json::parse(text.as_bytes()) {
                    Ok(parsed) => parsed.value,
                    Err(error) => {
                        let within = Some(Place { line: error.line, column: error.column });
                        let told = Problem::error("invalid-json", at.clone(), error.message, "");
                        compiler.problems.push(Problem { within, ..told });
                        return None;
                    }
                };
                // A leaf's own places are not the text's.
                let before = compiler.problems.len();
                let template = JsonTemplate::compile(&value, roots, at, compiler.problems);
                for problem in &mut compiler.problems[before..] {
                    problem.within = None;
                    if !problem.at.parts().is_empty() {
                        problem.message = format!("{}: {}", problem.at, problem.message);
                    }
                }
                body::note_reads(template.as_ref()?, compiler);
                template.map(Self::Json)
            }
            Position::JsonText => {
                let template = JsonTemplate::from_text(text, roots, at, compiler.problems)?;
                body::note_reads(&template, compiler);
                Some(Self::Json(template))
            }
            Position::Xml | Position::Text => {
                let escape = if position == Position::Xml { Escape::Xml } else { Escape::Plain };
                if escape == Escape::Xml {
                    body::check_xml_positions(text, at, compiler)?;
                }
                let template = TextTemplate::compile(text, escape, roots, at, compiler.problems)?;
                compiler.reads(at, template.reads());
                Some(Self::Text(template))
            }
            Position::Expression => match Expression::compile(text, roots) {
                Ok(expression) if expression.reads().iter().any(|path| path.root == SECRET) => {
                    let message = "a secret cannot be read here; it is undefined in a run";
                    compiler.error("secret-out-of-place", at, message, "");
                    None
                }
                Ok(expression) => {
                    compiler.reads(at, (expression.reads().to_vec(), true));
                    Some(Self::Expression(expression))
                }
                Err(error) => {
                    compiler.problems.push(error.into_problem(text, at.clone()));
                    None
                }
            },
        }
    }

    fn show(
        &self,
        reads: &[ReadPath],
        scope: &Scope<'_>,
        meter: &mut Meter,
        bytes_max: usize,
    ) -> Result<Vec<u8>, Fault> {
        let secrets = marked(reads);
        if secrets.is_some()
            && let Some(root) = marks::forged(scope)
        {
            let message = format!("`{root}` holds U+FDD0 or U+FDD1, which cannot be placed beside a secret");
            return Err(Fault::new("secret-mark", message));
        }
        let scope = Scope { secret: secrets.as_ref().or(scope.secret), ..*scope };
        let mut renderer = Renderer { scope: &scope, meter, invalid: Vec::new(), notes: Vec::new() };
        let mut out = Capped { bytes: Vec::new(), bytes_max };
        let written = self.write(&mut out, &mut renderer);
        if let Some(invalid) = renderer.invalid.into_iter().next() {
            return Err(Fault::of_invalid(invalid));
        }
        if written.is_none() {
            return Err(Fault::new("template-too-costly", "it is too large to be shown"));
        }
        Ok(if secrets.is_some() { hide(out.bytes) } else { out.bytes })
    }

    /// `None` where it does not fit, or what is wrong was told.
    fn write(&self, out: &mut Capped, renderer: &mut Renderer<'_>) -> Option<()> {
        match self {
            Self::Url(template) => {
                let url = template.render_in(renderer)?;
                serde_json::to_writer(out, url.as_str()).ok()
            }
            Self::WholeUrl(slot) => {
                let Filled::Value(text) = slot.fill_plain(&IN_URL, renderer) else { return None };
                match url::Url::parse(&text) {
                    Ok(url) => serde_json::to_writer(out, url.as_str()).ok(),
                    Err(error) => {
                        let told = format!("the URL cannot be read: {error}");
                        renderer.invalid(&slot.at, "url-invalid", told);
                        None
                    }
                }
            }
            Self::Slot(slot, Position::Query) => {
                let mut values = Vec::new();
                pair_values(slot, false, renderer, &mut values);
                match values.as_slice() {
                    [] => serde_json::to_writer(out, &Value::Null).ok(),
                    [one] => serde_json::to_writer(out, one).ok(),
                    several => serde_json::to_writer(out, several).ok(),
                }
            }
            Self::Slot(slot, position) => {
                let filled = match position {
                    Position::Header => headers::fill(slot, renderer),
                    _ => slot.fill_plain(&IN_BODY, renderer),
                };
                match filled {
                    Filled::Value(text) if *position == Position::Form => {
                        serde_json::to_writer(out, &encode::component(&text).to_string()).ok()
                    }
                    Filled::Value(text) => serde_json::to_writer(out, &text).ok(),
                    Filled::Left => serde_json::to_writer(out, &Value::Null).ok(),
                    Filled::Invalid => None,
                }
            }
            Self::Json(template) => body::write_json(template, &FieldPath::root(), out, renderer),
            Self::Text(template) => match template.render_metered(renderer.scope, renderer.meter) {
                Ok(text) => serde_json::to_writer(out, &text).ok(),
                Err(error) => {
                    renderer.failed(&FieldPath::root(), error);
                    None
                }
            },
            Self::Expression(expression) => match expression.eval_metered(renderer.scope, renderer.meter) {
                Ok(value) => serde_json::to_writer(out, &value).ok(),
                Err(error) => {
                    renderer.failed(&FieldPath::root(), error);
                    None
                }
            },
        }
    }
}

/// A mark for each secret that is read, where any is.
fn marked(reads: &[ReadPath]) -> Option<Value> {
    let names = reads.iter().filter(|path| path.root == SECRET).filter_map(|path| match path.parts.first() {
        Some(Part::Key(name)) => Some((name.clone(), Value::from(marks::mark(name)))),
        _ => None,
    });
    let marked: serde_json::Map<String, Value> = names.collect();
    (!marked.is_empty()).then_some(Value::Object(marked))
}

fn hide(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => marks::replaced(&text, HIDDEN).into_bytes(),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
