//! JSON trees whose string leaves are templates: values take their place in the parsed tree, never in text.

use serde_json::{Map, Value};

use super::{HOLES_MAX, Piece, TEMPLATE_BYTES_MAX, Template, json_text};
use crate::expression::value::{IN_TREE, spend};
use crate::expression::{EvalError, Expression, Meter, ReadPath};
use crate::json::DEPTH_MAX;
use crate::outcome::Note;
use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};

/// The most memory that the values placed in one tree take, in bytes.
pub const TREE_COST_MAX: usize = 7 << 20;
/// What working out one expression takes beside the tree, in bytes.
const WORKING_COST: usize = 4 << 20;

/// A JSON value with holes.
#[derive(Debug)]
pub struct JsonTemplate {
    pub(super) root: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Literal(Value),
    /// A leaf that is one hole keeps the value's type.
    Lone {
        hole: Expression,
        at: FieldPath,
    },
    /// A leaf with text around its holes becomes a string.
    Mixed {
        text: Template,
        at: FieldPath,
    },
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A rendered tree, and what an author should know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedJson {
    pub value: Value,
    /// `missing-became-null`, one for each such leaf.
    pub notes: Vec<Note>,
}

impl JsonTemplate {
    /// Reads a tree; what is wrong with it goes to `problems`, each with its leaf's path below `at`.
    pub fn compile(value: &Value, roots: Roots, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut compiler = Compiler::new(roots, problems);
        let root = compiler.node(value, at, 0);
        compiler.finish(root, at)
    }

    /// Reads JSON text with bare or quoted holes; both keep the type of their value.
    pub fn from_text(text: &str, roots: Roots, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        match json_text::read(text) {
            Ok(marked) => {
                if marked.numbers_kept {
                    problems.push(crate::read::number_kept_as_text(at.clone()));
                }
                let mut compiler = Compiler::new(roots, problems);
                compiler.marked = Some(&marked);
                let root = compiler.node(&marked.value, at, 0);
                compiler.finish(root, at)
            }
            Err(error) => {
                problems.push(error.into_problem(text, at.clone()));
                None
            }
        }
    }

    /// The tree with its values in place.
    pub fn render(&self, scope: &Scope<'_>) -> Result<RenderedJson, EvalError> {
        self.render_metered(scope, &mut Meter::default()).map_err(|(at, error)| {
            let message = format!("{at}: {}", error.message);
            EvalError { message, ..error }
        })
    }

    /// As [`Self::render`], counting the work; an error comes with its leaf's path.
    pub fn render_metered(
        &self,
        scope: &Scope<'_>,
        meter: &mut Meter,
    ) -> Result<RenderedJson, (FieldPath, EvalError)> {
        let mut renderer = Renderer { scope, meter, cost_left: TREE_COST_MAX, notes: Vec::new() };
        let value = renderer.node(&self.root, 0)?;
        Ok(RenderedJson { value, notes: renderer.notes })
    }

    /// Each leaf with holes: its path, what it reads, and whether a missing value is provided for.
    pub fn reads(&self) -> Vec<(FieldPath, Vec<ReadPath>, bool)> {
        let mut reads = Vec::new();
        self.root.reads(&mut reads);
        reads
    }
}

impl Node {
    fn reads(&self, into: &mut Vec<(FieldPath, Vec<ReadPath>, bool)>) {
        match self {
            Self::Literal(_) => {}
            Self::Lone { hole, at } => into.push((at.clone(), hole.reads().to_vec(), hole.is_guarded())),
            Self::Mixed { text, at } => {
                let (paths, guarded) = text.reads();
                into.push((at.clone(), paths, guarded));
            }
            Self::List(items) => items.iter().for_each(|item| item.reads(into)),
            Self::Object(entries) => entries.iter().for_each(|(_, item)| item.reads(into)),
        }
    }
}

struct Compiler<'c> {
    roots: Roots,
    problems: &'c mut Vec<Problem>,
    problems_before: usize,
    marked: Option<&'c json_text::Marked>,
    template_bytes: usize,
    holes: usize,
}

impl<'c> Compiler<'c> {
    fn new(roots: Roots, problems: &'c mut Vec<Problem>) -> Self {
        let problems_before = problems.len();
        Self { roots, problems, problems_before, marked: None, template_bytes: 0, holes: 0 }
    }

    fn finish(self, root: Node, at: &FieldPath) -> Option<JsonTemplate> {
        if self.template_bytes > TEMPLATE_BYTES_MAX || self.holes > HOLES_MAX {
            self.problems.push(Problem::error(
                "template-too-large",
                at.clone(),
                format!(
                    "a tree has at most {TEMPLATE_BYTES_MAX} bytes of text with holes and {HOLES_MAX} holes"
                ),
                "Take parts of it into variables.",
            ));
        }
        (self.problems.len() == self.problems_before).then_some(JsonTemplate { root })
    }

    fn node(&mut self, value: &Value, at: &FieldPath, depth: usize) -> Node {
        if depth > DEPTH_MAX {
            let message = format!("arrays and objects nest deeper than {DEPTH_MAX}");
            self.problems.push(Problem::error("json-too-deep", at.clone(), message, ""));
            return Node::Literal(Value::Null);
        }
        match value {
            Value::String(text) => self.leaf(text, at),
            Value::Array(items) => {
                let nodes: Vec<Node> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.node(item, &at.index(index), depth + 1))
                    .collect();
                let all_literal = nodes.iter().all(|node| matches!(node, Node::Literal(_)));
                if all_literal { Node::Literal(value.clone()) } else { Node::List(nodes) }
            }
            Value::Object(map) => {
                let entries: Vec<(String, Node)> = map
                    .iter()
                    .map(|(key, item)| {
                        let at = at.key(self.shown_key(key));
                        self.check_key(key, &at);
                        (key.clone(), self.node(item, &at, depth + 1))
                    })
                    .collect();
                let all_literal = entries.iter().all(|(_, node)| matches!(node, Node::Literal(_)));
                if all_literal { Node::Literal(value.clone()) } else { Node::Object(entries) }
            }
            other => Node::Literal(other.clone()),
        }
    }

    fn shown_key(&self, key: &str) -> String {
        self.marked.map_or_else(|| key.to_owned(), |marked| marked.shown(key))
    }

    fn check_key(&mut self, key: &str, at: &FieldPath) {
        let has_hole = match self.marked {
            Some(marked) => marked.has_hole(key),
            None => key.contains("{{") || key.contains("{%"),
        };
        if has_hole {
            self.problems.push(Problem::error(
                "template-in-key",
                at.clone(),
                "a key is taken as it is: no templates in it",
                "Make a list of `{name, value}` objects, or name each key.",
            ));
        }
    }

    fn leaf(&mut self, text: &str, at: &FieldPath) -> Node {
        let template = match self.marked {
            Some(marked) if !marked.has_hole(text) => return Node::Literal(text.into()),
            Some(marked) => marked.template(text, self.roots),
            None if !["{{", "{%", "{#"].iter().any(|open| text.contains(open)) => {
                return Node::Literal(text.into());
            }
            None => Template::parse(text, self.roots),
        };
        match template {
            Ok(template) => {
                self.template_bytes += text.len();
                self.holes += template.holes().count();
                Self::placed(template, at)
            }
            Err(errors) => {
                self.problems.extend(errors.into_iter().map(|error| error.into_problem(text, at.clone())));
                Node::Literal(Value::Null)
            }
        }
    }

    fn placed(template: Template, at: &FieldPath) -> Node {
        let mut pieces = template.pieces;
        match (pieces.len(), pieces.pop()) {
            (1, Some(Piece::Hole(hole))) => Node::Lone { hole, at: at.clone() },
            (_, last) => {
                pieces.extend(last);
                Node::Mixed { text: Template { pieces }, at: at.clone() }
            }
        }
    }
}

struct Renderer<'r> {
    scope: &'r Scope<'r>,
    meter: &'r mut Meter,
    cost_left: usize,
    notes: Vec<Note>,
}

impl Renderer<'_> {
    fn node(&mut self, node: &Node, depth: usize) -> Result<Value, (FieldPath, EvalError)> {
        Ok(match node {
            Node::Literal(value) => value.clone(),
            Node::List(items) => {
                let items: Result<Vec<Value>, _> =
                    items.iter().map(|item| self.node(item, depth + 1)).collect();
                Value::Array(items?)
            }
            Node::Object(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, item) in entries {
                    map.insert(key.clone(), self.node(item, depth + 1)?);
                }
                Value::Object(map)
            }
            Node::Lone { hole, at } => self.lone(hole, at, depth).map_err(|error| (at.clone(), error))?,
            Node::Mixed { text, at } => {
                let text = self.mixed(text).map_err(|error| (at.clone(), error))?;
                Value::String(text)
            }
        })
    }

    fn lone(&mut self, hole: &Expression, at: &FieldPath, depth: usize) -> Result<Value, EvalError> {
        self.check_room(hole)?;
        let found = hole.eval_metered(self.scope, self.meter)?;
        let found = found.filter(|value| !value.is_null() || hole.is_constant());
        let Some(value) = found else {
            self.notes.push(missing_became_null(hole, at));
            return Ok(Value::Null);
        };
        let before = self.cost_left;
        let fits =
            spend(&value, &IN_TREE, &mut self.cost_left) && self.meter.work((before - self.cost_left) / 2);
        if !fits {
            return Err(too_large());
        }
        check_depth(hole, &value, depth)?;
        Ok(value.into_owned())
    }

    /// What is worked out needs room of its own beside the tree.
    fn check_room(&self, hole: &Expression) -> Result<(), EvalError> {
        if hole.is_look_up() || self.cost_left >= WORKING_COST { Ok(()) } else { Err(too_large()) }
    }

    fn mixed(&mut self, text: &Template) -> Result<String, EvalError> {
        if text.holes().any(|hole| !hole.is_look_up()) && self.cost_left < WORKING_COST {
            return Err(too_large());
        }
        let out = text.render_metered(self.scope, self.meter)?;
        self.cost_left = self.cost_left.checked_sub(out.len()).ok_or_else(too_large)?;
        Ok(out)
    }
}

pub(super) fn missing_became_null(hole: &Expression, at: &FieldPath) -> Note {
    Note {
        code: "missing-became-null".into(),
        message: format!("{at}: `{}` is not there, so null stands for it", hole.source()),
    }
}

pub(super) fn check_depth(hole: &Expression, value: &Value, depth: usize) -> Result<(), EvalError> {
    if is_within(value, DEPTH_MAX.saturating_sub(depth)) {
        return Ok(());
    }
    let message = format!("`{}` would nest deeper than {DEPTH_MAX}", hole.source());
    Err(EvalError { code: "json-too-deep", message, range: 0..0 })
}

fn too_large() -> EvalError {
    let message = "the values placed here are too large together".to_owned();
    EvalError { code: "template-too-costly", message, range: 0..0 }
}

fn is_within(value: &Value, depth_left: usize) -> bool {
    match value {
        Value::Array(items) => depth_left > 0 && items.iter().all(|item| is_within(item, depth_left - 1)),
        Value::Object(map) => depth_left > 0 && map.values().all(|item| is_within(item, depth_left - 1)),
        _ => true,
    }
}
