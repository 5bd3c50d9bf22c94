//! What of the changes a flow has to do with.

use serde::Serialize;
use serde_json::Value;

use super::{Change, What};
use crate::draft::FlowDraft;
use crate::expression::Part;
use crate::node::NodeDraft;
use crate::node::api_call::ApiCallDraft;

/// A node that sends or reads something that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Touched {
    pub node: String,
    pub operation: String,
    /// The version that it pins.
    pub version: u32,
    /// The changes that it sends or reads.
    pub changes: Vec<Change>,
}

/// The calls of `slug` in a flow, with those changes that each of them has to do with.
pub fn touched(draft: &FlowDraft, slug: &str, changes: &[Change]) -> Vec<Touched> {
    let reads = Reads::of(draft);
    let calls = draft.nodes.iter().filter_map(|(id, node)| match node {
        NodeDraft::ApiCall(call) if call.integration_slug.as_deref() == Some(slug) => Some((id, call)),
        _ => None,
    });
    calls
        .filter_map(|(id, call)| {
            let operation = call.operation_key.clone()?;
            let of_it = changes.iter().filter(|change| {
                change.operation.as_ref().is_none_or(|key| *key == operation)
                    && concerns(change, id, call, &reads)
            });
            let changes = of_it.cloned().collect();
            Some(Touched { node: id.clone(), operation, version: call.integration_version?, changes })
        })
        .collect()
}

fn concerns(change: &Change, id: &str, call: &ApiCallDraft, reads: &Reads) -> bool {
    let first = change.name.split(['.', '[']).next().unwrap_or_default();
    match change.what {
        What::Description => false,
        What::Operation | What::Request | What::Connection => true,
        What::Input => {
            let given = call.inputs.contains_key(first);
            // What must be given and is not concerns the flow just as what it gives.
            given || change.breaking || change.name.is_empty()
        }
        What::Answer => {
            let path = change.name.replace("[]", "");
            let mapped = call
                .outputs
                .iter()
                .any(|output| output.path.as_ref().is_some_and(|read| overlaps(&plain(read), &path)));
            mapped || change.name.is_empty() || reads.of_step(id, first)
        }
        What::Output if change.name == "resultPath" => {
            call.result_path.is_none() && call.cases.iter().any(|case| case.result.is_some())
        }
        What::Output => {
            !call.outputs.iter().any(|output| output.var == change.name) && reads.of_variable(&change.name)
        }
    }
}

/// A JSONPath as names with dots: indexes, filters and wildcards left out.
fn plain(path: &str) -> String {
    let mut names = Vec::new();
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let name = inner[..end].trim_matches(['\'', '"']);
            let is_name = inner.starts_with(['\'', '"']);
            if is_name {
                names.push(name.to_owned());
            }
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let inner = rest.trim_start_matches('.');
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            if !matches!(&inner[..end], "" | "*") {
                names.push(inner[..end].to_owned());
            }
            rest = if inner.len() == rest.len() && end == 0 { "" } else { &inner[end..] };
        }
    }
    names.join(".")
}

/// Whether one leads through the other.
fn overlaps(one: &str, other: &str) -> bool {
    let within = |long: &str, short: &str| {
        short.is_empty()
            || long == short
            || long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
    };
    within(one, other) || within(other, one)
}

/// The variables and answers that the templates of a flow read.
struct Reads {
    variables: Vec<String>,
    all_variables: bool,
    /// Of calls: the node, and the first name below its `body`; none for all of it.
    steps: Vec<(Option<String>, Option<String>)>,
}

impl Reads {
    fn of(draft: &FlowDraft) -> Self {
        let mut reads = Self { variables: Vec::new(), all_variables: false, steps: Vec::new() };
        for path in crate::check::reads_of(draft) {
            let names: Vec<Option<&str>> = path
                .parts
                .iter()
                .map(|part| if let Part::Key(name) = part { Some(name.as_str()) } else { None })
                .collect();
            match (path.root.as_str(), names.first()) {
                ("vars", Some(Some(name))) => reads.variables.push((*name).to_owned()),
                ("vars", _) => reads.all_variables = true,
                ("steps", node) => {
                    let node = node.copied().flatten().map(str::to_owned);
                    let below = names.iter().skip_while(|name| **name != Some("body")).nth(1);
                    reads.steps.push((node, below.copied().flatten().map(str::to_owned)));
                }
                _ => {}
            }
        }
        reads
    }

    fn of_variable(&self, name: &str) -> bool {
        self.all_variables || self.variables.iter().any(|read| read == name)
    }

    fn of_step(&self, id: &str, field: &str) -> bool {
        self.steps.iter().any(|(node, read)| {
            node.as_ref().is_none_or(|node| node == id) && read.as_ref().is_none_or(|read| read == field)
        })
    }
}

impl Change {
    /// The change as a plain value, for answers that are made of such.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
