//! A checked graph, ready to run: never serialised, made again from its draft.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::draft::{FlowDraft, TriggerDraft};
use crate::expression::{Expression, Part};
use crate::integration::Known;
use crate::nearest::did_you_mean;
use crate::node::{Node, NodeKind};
use crate::problem::{FieldPath, Problem};
use crate::scope::Roots;

/// A flow that can run: every target exists, every template is compiled.
#[derive(Debug)]
pub struct Flow {
    pub slug: String,
    pub name: Option<String>,
    /// The flow's stable number, as templates and payloads show it.
    pub number: u64,
    /// What a store knows it by; 0 for a flow that is in none.
    pub key: u32,
    /// The published version; 0 for a draft or a file.
    pub version: u32,
    pub trigger: Trigger,
    reads: FlowReads,
    start: usize,
    nodes: IndexMap<String, Node>,
}

/// What starts a run.
#[derive(Debug)]
pub enum Trigger {
    Event { event: String, when: Option<Expression> },
    Api,
}

/// Where a node leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A node of the same flow, by its position.
    Node(usize),
    /// Another flow, by its slug: a jump.
    Flow(String),
}

impl Flow {
    /// Compiles a draft. Where something cannot be read there is no flow, and the problems say what. `known` has the
    /// versions of integrations that it pins.
    pub fn compile(draft: &FlowDraft, known: &Known, problems: &mut Vec<Problem>) -> Option<Self> {
        let targets = Targets::new(draft.nodes.keys().map(String::as_str).collect());
        let root = FieldPath::root();
        let start = targets.find(&draft.start, &root.key("start"), problems);
        let trigger = compile_trigger(draft, problems);
        let mut nodes = IndexMap::new();
        for (id, node) in &draft.nodes {
            let at = root.key("nodes").key(id);
            if let Some(kind) = NodeKind::compile(node, &targets, Some(known), &at, problems) {
                nodes.insert(id.clone(), Node { id: id.clone(), name: node.name().map(str::to_owned), kind });
            }
        }
        let start = match start? {
            Target::Node(index) => index,
            Target::Flow(_) => {
                problems.push(Problem::error(
                    "unknown-target",
                    root.key("start"),
                    "a flow starts at one of its own nodes",
                    "Name a node's id.",
                ));
                return None;
            }
        };
        if nodes.len() < draft.nodes.len() {
            return None;
        }
        let mut reads = FlowReads::of(draft);
        // Another flow that the variables go along to may read any.
        let leads_on =
            |node: &Node| node.kind.targets().iter().any(|target| matches!(target, Target::Flow(_)));
        reads.all_vars |= nodes.values().any(leads_on);
        Some(Self {
            slug: draft.slug.clone(),
            name: draft.name.clone(),
            number: draft.number.unwrap_or(1),
            key: 0,
            version: 0,
            trigger: trigger?,
            reads,
            start,
            nodes,
        })
    }

    /// The flow as a store knows it. Its number is the store's, unless the author gave one.
    pub fn stored(mut self, key: u32, version: u32, numbered: bool) -> Self {
        (self.key, self.version) = (key, version);
        if !numbered {
            self.number = key.into();
        }
        self
    }

    /// A flow without a node, for a run whose own cannot be had: it can only be stopped.
    pub fn nothing() -> Self {
        Self {
            slug: String::new(),
            name: None,
            number: 0,
            key: 0,
            version: 0,
            trigger: Trigger::Api,
            reads: FlowReads::default(),
            start: 0,
            nodes: IndexMap::new(),
        }
    }

    /// What its templates and conditions look at.
    pub(crate) fn reads(&self) -> &FlowReads {
        &self.reads
    }

    pub fn start(&self) -> usize {
        self.start
    }

    /// The node at a position that came from this flow.
    pub fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get_index(index).map(|(_, node)| node)
    }

    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.nodes.get_index_of(id)
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// The flows that this one may go to.
    pub fn flows_named(&self) -> impl Iterator<Item = String> {
        self.nodes.values().flat_map(|node| node.kind.targets()).filter_map(|target| match target {
            Target::Flow(slug) => Some(slug),
            Target::Node(_) => None,
        })
    }
}

/// What the templates and conditions of a flow look at, so that what none does need not be made.
#[derive(Debug, Default)]
pub(crate) struct FlowReads {
    vars: BTreeSet<String>,
    /// The variables as a whole, or from another flow that they go along to.
    all_vars: bool,
    steps: bool,
    /// `run`, `flow` or `now`.
    made_roots: bool,
}

impl FlowReads {
    fn of(draft: &FlowDraft) -> Self {
        let mut reads = Self::default();
        for path in crate::check::reads_of(draft) {
            match (path.root.as_str(), path.parts.first()) {
                ("vars", Some(Part::Key(name))) => drop(reads.vars.insert(name.clone())),
                ("vars", _) => reads.all_vars = true,
                ("steps", _) => reads.steps = true,
                ("run" | "flow" | "now", _) => reads.made_roots = true,
                _ => {}
            }
        }
        reads
    }

    pub(crate) fn has_var(&self, name: &str) -> bool {
        self.all_vars || self.vars.contains(name)
    }

    pub(crate) fn has_steps(&self) -> bool {
        self.steps
    }

    pub(crate) fn has_made_roots(&self) -> bool {
        self.made_roots
    }
}

fn compile_trigger(draft: &FlowDraft, problems: &mut Vec<Problem>) -> Option<Trigger> {
    match &draft.trigger {
        TriggerDraft::Api(_) => Some(Trigger::Api),
        TriggerDraft::Event(trigger) => {
            let at = FieldPath::root().key("trigger").key("when");
            let when = compile_condition(trigger.when.as_deref(), &at, problems)?;
            Some(Trigger::Event { event: trigger.event.clone(), when })
        }
    }
}

/// The ids that a target may name.
#[derive(Debug)]
pub struct Targets<'a> {
    nodes: Vec<&'a str>,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(nodes: Vec<&'a str>) -> Self {
        Self { nodes }
    }

    /// Finds a node's id or reads `flow:<slug>`.
    pub fn find(&self, text: &str, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Target> {
        if let Some(slug) = text.strip_prefix("flow:") {
            return Some(Target::Flow(slug.to_owned()));
        }
        if let Some(index) = self.nodes.iter().position(|id| *id == text) {
            return Some(Target::Node(index));
        }
        let (message, fix) = if text.is_empty() {
            let fix = "Name a node, or `flow:<slug>`; or leave it out, if nothing shall come after it.";
            ("nothing is wired here yet".to_owned(), fix.to_owned())
        } else {
            (format!("there is no node `{text}`"), did_you_mean(text, &self.nodes, "nodes"))
        };
        problems.push(Problem::error("unknown-target", at.clone(), message, fix));
        None
    }

    /// As `find`, for a target that may be left out.
    pub fn find_optional(
        &self,
        text: Option<&str>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Option<Target>> {
        match text {
            None => Some(None),
            Some(text) => self.find(text, at, problems).map(Some),
        }
    }
}

/// Compiles a `when` that may be left out; `None` where it cannot be read.
pub(crate) fn compile_condition(
    source: Option<&str>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Option<Expression>> {
    let Some(source) = source else { return Some(None) };
    match Expression::compile(source, Roots::FLOW) {
        Ok(expression) => Some(Some(expression)),
        Err(error) => {
            problems.push(error.into_problem(source, at.clone()));
            None
        }
    }
}
