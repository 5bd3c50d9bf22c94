//! One node on its own, wrapped as a flow, so that it is read, checked and run by the same code as in one.

use std::collections::BTreeSet;

use callout_flow::flow::Flow;
use callout_flow::integration::Known;
use callout_flow::node::NodeKind;
use callout_flow::problem::{FieldPath, PathPart, Problem, Severity};
use callout_flow::read::{Read, read_flow_value};
use serde_json::{Map, Value, json};

/// The id that the node has in its flow.
pub const NODE: &str = "call";

/// Why a node cannot be wrapped.
#[derive(Debug)]
pub enum Unfit {
    /// It is of another type than `apiCall`.
    NotACall(String),
    /// What is wrong with it, at `node.…`.
    Problems(Vec<Problem>),
}

/// Reads an `apiCall` node as it stands in a flow's document. The nodes that its cases name become ends; a case may leave
/// out where it leads.
pub fn read(node: &Value) -> Result<Read, Unfit> {
    let kind = node.get("type").and_then(Value::as_str);
    if let Some(kind) = kind.filter(|kind| !matches!(*kind, "apiCall" | "httpRequest" | "integrationCall")) {
        return Err(Unfit::NotACall(kind.chars().take(40).collect()));
    }
    Ok(read_flow_value(&wrapped(node)))
}

/// Compiles what was read: its flow, and the node's position there.
pub fn compile(read: Read, known: &Known) -> Result<(Flow, usize), Unfit> {
    let mut problems = read.problems;
    let flow = read.draft.as_ref().and_then(|draft| Flow::compile(draft, known, &mut problems));
    let fails = problems.iter().any(|problem| problem.severity == Severity::Error);
    let found = flow.filter(|_| !fails).and_then(|flow| flow.index_of(NODE).map(|at| (flow, at)));
    match found {
        Some((flow, at)) if flow.node(at).is_some_and(|node| matches!(node.kind, NodeKind::ApiCall(_))) => {
            Ok((flow, at))
        }
        _ => {
            problems.retain(|problem| problem.severity == Severity::Error);
            Err(Unfit::Problems(problems.into_iter().map(unwrapped).collect()))
        }
    }
}

/// The document of a flow whose only real node is this one.
fn wrapped(node: &Value) -> Value {
    let mut node = node.clone();
    let mut targets = BTreeSet::new();
    if let Some(next) = node.get("next").and_then(Value::as_str) {
        targets.insert(next.to_owned());
    }
    for case in node.get_mut("cases").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(case) = case.as_object_mut() else { continue };
        let to = case.entry("to").or_insert_with(|| Value::from("end"));
        targets.extend(to.as_str().map(str::to_owned));
    }
    let mut nodes = Map::from_iter([(NODE.to_owned(), node)]);
    for target in targets {
        if target != NODE && !target.is_empty() && !target.starts_with("flow:") {
            nodes.insert(target, json!({ "type": "end" }));
        }
    }
    json!({ "kind": "flow", "slug": "call", "trigger": { "type": "api" }, "start": NODE, "nodes": nodes })
}

/// A problem of the wrapped flow, placed in the node as its author gave it.
fn unwrapped(problem: Problem) -> Problem {
    let mut at = FieldPath::root().key("node");
    for part in problem.at.parts().iter().skip(2) {
        at = match part {
            PathPart::Key(key) => at.key(key.as_str()),
            PathPart::Index(index) => at.index(*index),
        };
    }
    Problem { at, place: None, within: None, ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(node: &Value) -> Result<(Flow, usize), Unfit> {
        super::compile(read(node)?, &Known::default())
    }

    #[test]
    fn a_node_compiles_with_the_targets_of_its_cases_made_up() {
        let node = json!({
            "type": "apiCall", "mode": "http", "url": "https://api.example/{{ vars.id }}", "next": "after",
            "cases": [{ "on": "2xx", "to": "found" }, { "on": 404, "to": "flow:other" }, { "on": "other", "name": "rest" },
                      { "on": "timeout", "to": "call" }],
        });
        let (flow, at) = compile(&node).unwrap();
        assert_eq!(at, 0);
        for id in ["call", "found", "after", "end"] {
            assert!(flow.index_of(id).is_some(), "{id}");
        }
    }

    #[test]
    fn problems_are_placed_in_the_node() {
        let Err(Unfit::Problems(problems)) = compile(&json!({
            "type": "apiCall", "mode": "http", "url": "https://{{ vars.host }}/", "cases": [{ "on": "2XX" }], "urll": 1,
        })) else {
            panic!("it compiled")
        };
        let at: Vec<String> = problems.iter().map(|problem| problem.at.to_string()).collect();
        for wanted in ["node.url", "node.cases[0].on", "node.urll"] {
            assert!(at.iter().any(|at| at == wanted), "{wanted}: {at:?}");
        }
    }

    #[test]
    fn what_is_no_call_is_refused() {
        assert!(matches!(compile(&json!({ "type": "end" })), Err(Unfit::NotACall(kind)) if kind == "end"));
        for odd in [json!({}), json!([]), json!("apiCall"), json!({ "type": 7 }), json!(null)] {
            assert!(matches!(compile(&odd), Err(Unfit::Problems(problems)) if !problems.is_empty()), "{odd}");
        }
    }
}
