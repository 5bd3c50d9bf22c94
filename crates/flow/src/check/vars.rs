//! Which variables exist at each node: set on every way there, on some, or on none.

mod bits;
mod kinds;

use std::collections::BTreeSet;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::call::body_variable;
use super::graph::{Edge, Graph};
use super::reads::{self, Read};
use super::takes_variables;
use crate::draft::FlowDraft;
use crate::integration::Known;
use crate::nearest::{did_you_mean, nearest};
use crate::node::NodeDraft;
use crate::node::api_call::OwnVariables;
use crate::node::api_call::draft::{ApiCallDraft, OutputDraft, OutputFrom};
use crate::outcome_key::OutcomeKey;
use crate::problem::{PathPart, Problem};
use crate::scope::{CONN, SECRET};
use bits::Bits;

/// A variable as it stands when a node is entered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: String,
    /// It is set on every way to the node.
    pub certain: bool,
    /// The nodes that set it, the first 20 of them.
    pub set_by: Vec<String>,
    /// `string`, `number`, `boolean`, `date`, `list` or `object`, where all that set it agree.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
}

/// The most nodes that are named as setting one variable.
pub const SET_BY_MAX: usize = 20;

/// What may be set where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariablesAt {
    /// By node, those that may exist when it is entered.
    pub nodes: IndexMap<String, Vec<Variable>>,
    /// Whether all nodes that were wanted are there.
    pub complete: bool,
}

/// The variables that may exist when each node is entered, for the builder's completion. What nothing leads to yet is taken as
/// if the flow began there. At most `most` variables are named, or one node's.
pub fn variables_at(
    draft: &FlowDraft,
    known: Option<&Known>,
    wanted: impl Fn(&str) -> bool,
    most: usize,
) -> VariablesAt {
    let graph = Graph::of(draft);
    let mut knowledge = Knowledge::of(draft, known, &graph);
    knowledge.spread_elsewhere(&graph);
    let kinds: Vec<Option<&str>> =
        knowledge.names.iter().map(|(name, set_by)| kinds::kind_of(name, set_by, &graph, known)).collect();
    let at = |index: usize| -> Vec<Variable> {
        let state = &knowledge.entered[index];
        let named = knowledge.names.iter().enumerate().filter(|(name, _)| state.possible.has(*name));
        named
            .map(|(name, (text, set_by))| Variable {
                name: (*text).to_owned(),
                certain: state.certain.has(name),
                set_by: set_by.iter().take(SET_BY_MAX).map(|node| graph.ids[*node].to_owned()).collect(),
                kind: kinds[name],
            })
            .collect()
    };
    let (mut nodes, mut named) = (IndexMap::new(), 0);
    for (index, id) in graph.ids.iter().enumerate().filter(|(_, id)| wanted(id)) {
        let variables = at(index);
        named += variables.len();
        if named > most && !nodes.is_empty() {
            return VariablesAt { nodes, complete: false };
        }
        nodes.insert((*id).to_owned(), variables);
    }
    VariablesAt { nodes, complete: true }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    /// Whether any way to the node was found yet.
    reached: bool,
    /// Set on every way.
    certain: Bits,
    /// Set on some way.
    possible: Bits,
}

struct Knowledge<'d> {
    /// Every variable that the flow sets, with the nodes that do.
    names: IndexMap<&'d str, Vec<usize>>,
    known: Option<&'d Known>,
    entered: Vec<State>,
}

impl<'d> Knowledge<'d> {
    fn of(draft: &'d FlowDraft, known: Option<&'d Known>, graph: &Graph<'d>) -> Self {
        let mut names: IndexMap<&str, Vec<usize>> = IndexMap::new();
        for (index, node) in draft.nodes.values().enumerate() {
            for name in written_by(node, known) {
                names.entry(name).or_default().push(index);
            }
        }
        let blank =
            State { reached: false, certain: Bits::none(names.len()), possible: Bits::none(names.len()) };
        let mut knowledge = Self { names, known, entered: vec![blank; graph.ids.len()] };
        knowledge.spread(graph, graph.start.as_slice());
        knowledge
    }

    /// Goes on where no way leads from the start: from what nothing leads to, then from circles.
    fn spread_elsewhere(&mut self, graph: &Graph<'d>) {
        let mut led_to = vec![false; graph.ids.len()];
        graph.edges.iter().flatten().for_each(|edge| led_to[edge.to] = true);
        let unreached = |knowledge: &Self, wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            let all = (0..graph.ids.len()).filter(|node| !knowledge.entered[*node].reached);
            all.filter(|node| wanted(*node)).collect()
        };
        self.spread(graph, &unreached(self, &|node| !led_to[node]));
        self.spread(graph, &unreached(self, &|_| true));
    }

    /// Walks from the start until nothing new is learned: what is certain only shrinks, what is possible only
    /// grows. Nodes nearer the start go first, so that few are visited often.
    fn spread(&mut self, graph: &Graph<'d>, starts: &[usize]) {
        if starts.is_empty() {
            return;
        }
        let effects: Vec<Vec<Vec<Effect>>> = (0..graph.ids.len())
            .map(|node| graph.edges[node].iter().map(|edge| self.effects(graph.nodes[node], edge)).collect())
            .collect();
        // What an earlier walk found stays as it is: a run comes there by its ways alone.
        let closed: Vec<bool> = self.entered.iter().map(|state| state.reached).collect();
        let order = graph.order_from(starts);
        let mut rank = vec![0; graph.ids.len()];
        order.iter().enumerate().for_each(|(position, node)| rank[*node] = position);
        let mut open = BTreeSet::new();
        for start in starts {
            self.entered[*start].reached = true;
            open.insert(rank[*start]);
        }
        while let Some(position) = open.pop_first() {
            let node = order[position];
            for (edge, effects) in graph.edges[node].iter().zip(&effects[node]) {
                if closed[edge.to] {
                    continue;
                }
                let mut state = self.entered[node].clone();
                for effect in effects {
                    state.certain.put(effect.name, effect.certain);
                    state.possible.put(effect.name, effect.possible);
                }
                if self.enter(edge.to, &state) {
                    open.insert(rank[edge.to]);
                }
            }
        }
    }

    /// Whether the node learned anything.
    fn enter(&mut self, node: usize, state: &State) -> bool {
        let known = &mut self.entered[node];
        if !known.reached {
            *known = state.clone();
            return true;
        }
        let less = known.certain.merge(&state.certain, |a, b| a & b);
        let more = known.possible.merge(&state.possible, |a, b| a | b);
        less || more
    }

    /// What a node's way out makes of the variables.
    fn effects(&self, node: &'d NodeDraft, edge: &Edge<'d>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut put = |name: &str, certain: bool, possible: bool| {
            effects.extend(self.names.get_index_of(name).map(|name| Effect { name, certain, possible }));
        };
        match node {
            NodeDraft::SetVars(node) => node.set.iter().for_each(|(name, value)| {
                put(name, !value.is_null(), true);
            }),
            NodeDraft::ApiCall(call) => {
                call_variables(call).for_each(|name| put(name, true, true));
                for output in outputs(call, self.known) {
                    let found = Found::of(output, edge);
                    put(&output.var, found == Found::Always, found != Found::Never);
                }
            }
            NodeDraft::GoToFlow(go) => go.result_variable.iter().for_each(|name| put(name, true, true)),
            _ => {}
        }
        let when = edge.way.when.map(reads::proven).unwrap_or_default();
        let denied = edge.way.denied.iter().filter_map(|when| reads::proven_by_denial(when));
        for name in when.into_iter().chain(denied) {
            put(&name, true, true);
        }
        effects
    }
}

/// What a way makes of one variable.
#[derive(Clone, Copy, Debug)]
struct Effect {
    name: usize,
    certain: bool,
    possible: bool,
}

/// Whether an output has a value on a way out of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Always,
    Sometimes,
    Never,
}

impl Found {
    fn of(output: &OutputDraft, edge: &Edge<'_>) -> Self {
        let outcomes = &edge.way.outcomes;
        let answered = |key: OutcomeKey| matches!(key, OutcomeKey::Status(_) | OutcomeKey::Response);
        let all_answered = outcomes.filter(|key| !answered(key)).is_empty();
        if output.default.as_ref().is_some_and(|default| *default != Value::Null)
            || (output.from == Some(OutputFrom::Status) && all_answered)
            || (output.required && outcomes.failures().is_empty())
        {
            Self::Always
        } else if outcomes.filter(answered).is_empty() {
            Self::Never
        } else {
            Self::Sometimes
        }
    }
}

fn call_variables(call: &ApiCallDraft) -> impl Iterator<Item = &str> {
    let own: Vec<&str> = OwnVariables::of(call.mode).names().collect();
    body_variable(call).into_iter().chain(own)
}

/// The outputs of a node, and those of its operation that it does not replace.
fn outputs<'d>(call: &'d ApiCallDraft, known: Option<&'d Known>) -> impl Iterator<Item = &'d OutputDraft> {
    let operation = known.and_then(|known| known.operation(call));
    let defaults = operation.into_iter().flat_map(|operation| &operation.default_output_mappings);
    let replaced = |output: &&OutputDraft| call.outputs.iter().any(|own| own.var == output.var);
    call.outputs.iter().chain(defaults.filter(move |output| !replaced(output)))
}

/// The variables that a node may write.
fn written_by<'d>(node: &'d NodeDraft, known: Option<&'d Known>) -> Vec<&'d str> {
    match node {
        NodeDraft::SetVars(node) => node.set.keys().map(String::as_str).collect(),
        NodeDraft::ApiCall(call) => {
            call_variables(call).chain(outputs(call, known).map(|output| output.var.as_str())).collect()
        }
        NodeDraft::GoToFlow(go) => go.result_variable.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Tells of look-ups that find nothing, or may.
pub(super) fn check(
    draft: &FlowDraft,
    graph: &Graph<'_>,
    known: Option<&Known>,
    problems: &mut Vec<Problem>,
) {
    let knowledge = Knowledge::of(draft, known, graph);
    problems.extend(reads::of_trigger(draft).iter().filter_map(out_of_place));
    for (index, reads) in reads::of_flow(draft).iter().enumerate() {
        // One word for each variable of a node is enough.
        let mut told: IndexSet<&str> = IndexSet::new();
        for read in reads {
            if let Some(problem) = out_of_place(read) {
                if !is_in_place(read, &draft.nodes[index]) {
                    problems.push(problem);
                }
                continue;
            }
            if let Some(id) = read.key_of("steps") {
                check_step(id, read, graph, problems);
            }
            let Some(name) = read.key_of("vars") else { continue };
            if told.contains(name) {
                continue;
            }
            if let Some(problem) = judge(name, read, index, draft, graph, &knowledge) {
                told.insert(name);
                problems.push(problem);
            }
        }
    }
}

fn judge(
    name: &str,
    read: &Read,
    index: usize,
    draft: &FlowDraft,
    graph: &Graph<'_>,
    knowledge: &Knowledge<'_>,
) -> Option<Problem> {
    let Some((position, _, set_by)) = knowledge.names.get_full(name) else {
        let known: Vec<&str> = knowledge.names.keys().copied().collect();
        let near = nearest(name, known.iter().copied());
        // A flow that takes variables from outside may read what it never sets.
        if near.is_none() && (takes_variables(draft) || read.guarded) {
            return None;
        }
        let message = format!("no node of this flow sets `vars.{name}`");
        let fix = match near {
            Some(_) => did_you_mean(name, &known, "variables"),
            None => {
                "Set it with a `setVars` node or an output, or read it from `event` or `contact`.".to_owned()
            }
        };
        return Some(Problem::warning("variable-unknown", read.at.clone(), message, fix));
    };
    let state = &knowledge.entered[index];
    if read.guarded || !state.reached || state.certain.has(position) {
        return None;
    }
    let setters: Vec<String> = set_by.iter().map(|node| format!("`{}`", graph.ids[*node])).collect();
    let setters = setters.join(", ");
    let message = if state.possible.has(position) {
        format!("`vars.{name}` may be unset here: {setters} sets it, but not on every way to this node")
    } else {
        format!("`vars.{name}` is unset here: {setters} sets it, and no way leads from there to here")
    };
    let fix = format!(
        "Read it as `{{{{ vars.{name} | default('') }}}}`, or give the output that sets it a `default`."
    );
    Some(Problem::warning("variable-maybe-unset", read.at.clone(), message, fix))
}

/// The request of a call with a connection may read them.
fn is_in_place(read: &Read, node: &NodeDraft) -> bool {
    const REQUEST: [&str; 5] = ["url", "headers", "query", "body", "inputs"];
    let NodeDraft::ApiCall(call) = node else { return false };
    let field = read.at.parts().get(2);
    call.connection_id.is_some()
        && matches!(field, Some(PathPart::Key(key)) if REQUEST.contains(&key.as_str()))
}

/// A connection's secrets and configuration are for its integration's own templates.
fn out_of_place(read: &Read) -> Option<Problem> {
    let at = read.at.clone();
    match read.path.root.as_str() {
        SECRET => Some(Problem::error(
            "secret-out-of-place",
            at,
            "a secret cannot be read here; it is undefined in a run",
            "Secrets live in a connection; its integration's own templates read them.",
        )),
        CONN => Some(Problem::error(
            "conn-out-of-place",
            at,
            "a connection's configuration cannot be read here; it is undefined in a run",
            "Only an integration's own templates read `conn`; use a variable.",
        )),
        _ => None,
    }
}

fn check_step(id: &str, read: &Read, graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    if !graph.ids.contains(&id) {
        let message = format!("`steps.{id}` names no node of this flow");
        let fix = did_you_mean(id, &graph.ids, "nodes");
        problems.push(Problem::warning("step-unknown", read.at.clone(), message, fix));
    }
}
