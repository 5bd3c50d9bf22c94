//! What can be made out of a flow that is half-drawn: for those who help its author, never for running it.

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{FLOW_SHAPE, reserved, wrong_kind};
use crate::draft::{ApiTriggerDraft, FlowDraft, FlowKind, TriggerDraft};
use crate::node::NodeDraft;
use crate::problem::{PathPart, Problem, Severity};
use crate::schema::Fitted;
use crate::source::Tree;

/// The draft as far as it can be read: what does not fit is left out, and a node of which nothing can be made stands for its
/// ways on alone. `None` where the document is of another kind.
pub fn sketch_flow(tree: &Tree) -> Option<FlowDraft> {
    if wrong_kind(tree, "flow").is_some() {
        return None;
    }
    let mut current = tree.clone();
    reserved::set_aside(&mut current);
    let Fitted { mut value, problems, .. } = FLOW_SHAPE.fit(&current);
    leave_out(&mut value, &problems);
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let trigger = value.get("trigger").and_then(|trigger| TriggerDraft::deserialize(trigger).ok());
    let nodes = value.get("nodes").and_then(Value::as_object).into_iter().flatten();
    let written = tree.get("nodes").map(Tree::to_value).unwrap_or_default();
    let mut draft = FlowDraft {
        kind: FlowKind::Flow,
        slug: text("slug").unwrap_or_default(),
        name: text("name"),
        description: text("description"),
        number: None,
        trigger: trigger.unwrap_or(TriggerDraft::Api(ApiTriggerDraft {})),
        entry: None,
        start: text("start").unwrap_or_default(),
        nodes: nodes
            .filter_map(|(id, node)| Some((id.clone(), NodeDraft::deserialize(node).ok()?)))
            .collect(),
        layout: Default::default(),
    };
    for (id, node) in written.as_object().into_iter().flatten() {
        if !draft.nodes.contains_key(id)
            && let Ok(node) = NodeDraft::deserialize(ways_of(node))
        {
            draft.nodes.insert(id.clone(), node);
        }
    }
    Some(draft)
}

/// Leaves out of nodes what does not fit: the item of the node's list, or the key of the node.
fn leave_out(value: &mut Value, problems: &[Problem]) {
    let mut paths: Vec<&[PathPart]> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.at.parts())
        .filter(|parts| parts.len() > 2 && parts[0] == PathPart::Key("nodes".to_owned()))
        .collect();
    // From the back: the places of earlier items of a list stay.
    paths.sort_by_key(|parts| std::cmp::Reverse(index_in(parts)));
    paths.dedup_by(|a, b| index_in(a).is_some() && a[..4] == b[..4]);
    for parts in paths {
        let (PathPart::Key(id), PathPart::Key(key)) = (&parts[1], &parts[2]) else { continue };
        let Some(node) = value.get_mut("nodes").and_then(|nodes| nodes.get_mut(id)) else { continue };
        match (index_in(parts), node.get_mut(key).and_then(Value::as_array_mut)) {
            (Some(index), Some(list)) if index < list.len() => {
                list.remove(index);
            }
            _ => {
                if let Some(node) = node.as_object_mut() {
                    node.shift_remove(key);
                }
            }
        }
    }
}

/// The position in a list of the node itself, where a path leads through one.
fn index_in(parts: &[PathPart]) -> Option<usize> {
    match parts.get(3) {
        Some(PathPart::Index(index)) => Some(*index),
        _ => None,
    }
}

/// A node that only goes on, to wherever this one names.
fn ways_of(node: &Value) -> Value {
    let targets = node.get("cases").and_then(Value::as_array).into_iter().flatten();
    let targets = targets.filter_map(|case| case.get("to")).filter(|to| to.is_string());
    let cases = targets.map(|to| serde_json::json!({ "when": "true", "to": to })).collect();
    let mut branch = Map::from_iter([
        ("type".to_owned(), Value::from("branch")),
        ("cases".to_owned(), Value::Array(cases)),
    ]);
    if let Some(next) = node.get("next").filter(|next| next.is_string()) {
        branch.insert("next".to_owned(), next.clone());
    }
    Value::Object(branch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read_flow;

    fn sketch(text: &str) -> FlowDraft {
        sketch_flow(&read_flow(text, "flow.yaml").tree.unwrap()).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_the_rest_stays() {
        let draft = sketch(
            "kind: flow\nslug: BAD SLUG\nstart: a\nnodes:\n  \
             a: { type: apiCall, mode: http, url: 'https://h.example/', timeoutMs: soon, cases: [{ on: 2xx }, { on: 404, to: b }, { to: 7 }], \
             outputs: [{ path: $.a }, { var: x, path: $.x }], next: c }\n  \
             b: { type: nothing, cases: [{ to: c }], next: d }\n  c: { type: setVars, set: { n: 1 } }\n  \
             d: { type: goToFlow, next: c }\n  e: 7\n",
        );
        let NodeDraft::ApiCall(call) = &draft.nodes["a"] else { panic!("{:?}", draft.nodes["a"]) };
        assert_eq!((call.cases.len(), call.cases[0].to.as_str(), call.timeout_ms), (1, "b", None));
        assert_eq!((call.outputs.len(), call.outputs[0].var.as_str()), (1, "x"));
        let NodeDraft::Branch(stand_in) = &draft.nodes["b"] else { panic!("{:?}", draft.nodes["b"]) };
        assert_eq!((stand_in.cases[0].to.as_str(), stand_in.next.as_deref()), ("c", Some("d")));
        assert!(matches!(draft.nodes["d"], NodeDraft::Branch(_)));
        assert_eq!((draft.start.as_str(), draft.nodes.len()), ("a", 5));
    }

    #[test]
    fn whatever_is_no_flow_gives_an_empty_one() {
        for text in ["7", "[]", "nodes: []", "nodes: { a: [1] }\nstart: [x]", "{}"] {
            let draft = sketch(text);
            assert!(draft.nodes.values().all(|node| matches!(node, NodeDraft::Branch(_))), "{text}");
        }
        assert_eq!(sketch_flow(&read_flow("kind: integration", "flow.yaml").tree.unwrap()), None);
    }
}
