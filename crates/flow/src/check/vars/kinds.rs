//! What kind of value a variable has, as far as its flow says.

use serde_json::Value;

use super::outputs;
use crate::check::graph::Graph;
use crate::integration::Known;
use crate::node::NodeDraft;
use crate::node::api_call::OwnVariables;
use crate::node::api_call::draft::{OutputDraft, OutputFrom, OutputType};

/// What kind of value a variable has, where all nodes that set it agree.
pub(super) fn kind_of<'d>(
    name: &str,
    set_by: &[usize],
    graph: &Graph<'d>,
    known: Option<&'d Known>,
) -> Option<&'static str> {
    let mut kinds = set_by.iter().map(|node| kind_set(graph.nodes[*node], name, known));
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

/// What kind of value a node gives a variable.
fn kind_set(node: &NodeDraft, name: &str, known: Option<&Known>) -> Option<&'static str> {
    match node {
        NodeDraft::SetVars(node) => match node.set.get(name)? {
            Value::Null => None,
            Value::Bool(_) => Some("boolean"),
            Value::Number(_) => Some("number"),
            Value::Array(_) => Some("list"),
            Value::Object(_) => Some("object"),
            // One expression alone keeps its own type.
            Value::String(text) if text.trim().starts_with("{{") && text.trim().ends_with("}}") => None,
            Value::String(_) => Some("string"),
        },
        NodeDraft::ApiCall(call) => {
            if let Some(output) = outputs(call, known).find(|output| output.var == name) {
                return kind_of_output(output);
            }
            let own = OwnVariables::of(call.mode);
            match name {
                _ if name == own.status => Some("number"),
                _ if name == own.ok => Some("boolean"),
                _ if name == own.error || own.headers == Some(name) => Some("object"),
                _ => None,
            }
        }
        _ => None,
    }
}

fn kind_of_output(output: &OutputDraft) -> Option<&'static str> {
    if output.as_list {
        return Some("list");
    }
    match (output.kind, output.from) {
        (Some(OutputType::String), _) => Some("string"),
        (Some(OutputType::Number), _) => Some("number"),
        (Some(OutputType::Boolean), _) => Some("boolean"),
        (Some(OutputType::Date), _) => Some("date"),
        (None, Some(OutputFrom::Status)) if output.transform.is_none() => Some("number"),
        _ => None,
    }
}
