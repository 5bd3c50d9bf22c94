//! A flow's file as a draft, with everything that cannot be read at its place.

mod document;
mod reserved;
mod sketch;

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

pub use document::{
    ReadDocument, connection_schema, integration_schema, kind_of, read_connection, read_integration,
};
pub use sketch::sketch_flow;

use crate::draft::FlowDraft;
use crate::flow::Targets;
use crate::node::{NodeDraft, NodeKind};
use crate::problem::{FieldPath, PathPart, Place, Problem};
use crate::schema::{Fitted, Shape};
use crate::source::{Content, Format, Source, Tree, parse};

/// Made once: it is the same for every file.
static FLOW_SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<FlowDraft>);

/// What came of reading a flow's file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The flow, where its shape can be made out. Keys that are unknown, stand twice or are not in this version
    /// are left out of it, so look at `problems` too.
    pub draft: Option<FlowDraft>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    /// The file as it stands, to find the places of what later checks say of the draft.
    pub tree: Option<Tree>,
}

/// Reads a flow from YAML or JSON and reports all that is wrong with its shape at once. The file's name tells
/// the format by its extension; any other name leaves it to the text.
///
/// The former node types `httpRequest` and `integrationCall` are read as `apiCall` with their mode.
pub fn read_flow(text: &str, file_name: &str) -> Read {
    let Source { tree, mut problems } = parse(text, Format::of_name(file_name));
    let Some(tree) = tree else { return Read { problems, ..Read::default() } };
    if let Some(problem) = wrong_kind(&tree, "flow") {
        problems.push(problem);
        place_problems(&tree, &mut problems);
        return Read { draft: None, problems, tree: Some(tree) };
    }
    numbers_kept_as_text(&tree, false, &FieldPath::root(), &mut problems);
    let mut current = tree.clone();
    let reserved = reserved::set_aside(&mut current);
    problems.extend(reserved.problems);
    let Fitted { value, whole, problems: unfit } = FLOW_SHAPE.fit(&current);
    problems.extend(unfit);
    let draft = if whole && reserved.whole {
        deserialize(value, &mut problems)
    } else {
        problems.extend(problems_of_readable_nodes(&value, &tree));
        None
    };
    place_problems(&tree, &mut problems);
    problems.sort_by_key(|problem| problem.place);
    Read { draft, problems, tree: Some(tree) }
}

/// Reads a flow that is already a JSON value, as it comes over the API. Problems have no place then.
pub fn read_flow_value(value: &Value) -> Read {
    let mut read = read_flow(&value.to_string(), "value.json");
    for problem in &mut read.problems {
        problem.place = None;
    }
    Read { tree: None, ..read }
}

/// Tells of numbers in JSON values that neither 64 bits nor a double hold: they would be sent as texts.
fn numbers_kept_as_text(tree: &Tree, in_json: bool, at: &FieldPath, problems: &mut Vec<Problem>) {
    match &tree.content {
        Content::Object(entries) => {
            for (key, entry) in entries {
                let body_value =
                    key == "value" && at.parts().last() == Some(&PathPart::Key("body".to_owned()));
                let in_json = in_json
                    || body_value
                    || matches!(key.as_str(), "set" | "inputs" | "extra" | "result" | "default");
                numbers_kept_as_text(&entry.tree, in_json, &at.key(key.as_str()), problems);
            }
        }
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                numbers_kept_as_text(item, in_json, &at.index(index), problems);
            }
        }
        Content::Text(_) if in_json && tree.written.is_some() => {
            problems.push(number_kept_as_text(at.clone()));
        }
        _ => {}
    }
}

/// No value of ours holds this number without loss.
pub(crate) fn number_kept_as_text(at: FieldPath) -> Problem {
    Problem::warning(
        "number-kept-as-text",
        at,
        "a number is too large or too long to be held without loss, and would be sent as a text",
        "Put it in quotes if a text is meant; else shorten it.",
    )
}

/// What compiling finds in the nodes that can be read, where others cannot: all problems at once.
fn problems_of_readable_nodes(value: &Value, tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let ids = tree.get("nodes").map(Tree::keys).unwrap_or_default();
    let targets = Targets::new(ids);
    let nodes_at = FieldPath::root().key("nodes");
    for (id, node) in value["nodes"].as_object().into_iter().flatten() {
        if let Ok(draft) = NodeDraft::deserialize(node) {
            NodeKind::compile(&draft, &targets, None, &nodes_at.key(id), &mut problems);
        }
    }
    problems
}

/// What the schema lets through and the draft does not take: a last resort, for the two should agree.
fn deserialize<T: for<'de> Deserialize<'de>>(value: Value, problems: &mut Vec<Problem>) -> Option<T> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| {
            let mut at = FieldPath::root();
            for segment in error.path() {
                at = match segment {
                    serde_path_to_error::Segment::Seq { index } => at.index(*index),
                    serde_path_to_error::Segment::Map { key } => at.key(key.as_str()),
                    _ => at,
                };
            }
            problems.push(Problem::error("wrong-type", at, error.inner().to_string(), ""));
        })
        .ok()
}

/// The kinds of document, by their word and their name.
const KINDS: [(&str, &str); 4] = [
    ("flow", "a flow"),
    ("integration", "an integration"),
    ("connection", "a connection"),
    ("test", "a flow test"),
];

/// A document of another kind than the one that is wanted.
fn wrong_kind(tree: &Tree, wanted: &str) -> Option<Problem> {
    let kind = tree.get("kind")?.as_text()?;
    let name_of = |kind: &str| KINDS.iter().find(|(word, _)| *word == kind).map(|(_, name)| *name);
    let name = name_of(kind).filter(|_| kind != wanted)?;
    let message = format!("this file holds {name}, not {}", name_of(wanted).unwrap_or(wanted));
    let fix = format!("Give a file with `kind: {wanted}`.");
    Some(Problem::error("wrong-kind", FieldPath::root().key("kind"), message, fix))
}

/// Gives each problem that has none its place in the file: of the key, where the key itself or a whole list or
/// object is meant, and of the value otherwise.
pub fn place_problems(tree: &Tree, problems: &mut [Problem]) {
    for problem in problems.iter_mut().filter(|problem| problem.place.is_none()) {
        if let Some(place) = place_within(tree, problem) {
            problem.place = Some(place);
            continue;
        }
        let is_container =
            matches!(tree.find(&problem.at).map(|t| &t.content), Some(Content::List(_) | Content::Object(_)));
        let tells_of_key =
            is_container || problem.code == "unknown-key" || problem.code == "not-in-this-version";
        let key = if tells_of_key { tree.locate_key(&problem.at) } else { None };
        problem.place = Some(key.unwrap_or_else(|| tree.locate(&problem.at)));
    }
}

/// The place of what is wrong inside a field's own text.
fn place_within(tree: &Tree, problem: &Problem) -> Option<Place> {
    let within = problem.within?;
    let field = tree.find(&problem.at).filter(|field| field.as_text().is_some())?;
    Some(field.locate_within(within.line, within.column))
}

/// The JSON Schema of a flow's file, for editors.
pub fn flow_schema() -> Value {
    let mut schema = schemars::schema_for!(FlowDraft).to_value();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!("urn:callout:schema:flow");
    schema["title"] = json!("Callout flow");
    // Read, but not in this version yet: an editor should not offer it.
    schema["properties"]["entry"] = json!({
        "description": "How often one contact may enter.",
        "enum": ["always", null],
    });
    if let Some(defs) = schema["$defs"].as_object_mut() {
        defs.shift_remove("EntryDraft");
    }
    for trigger in schema["$defs"]["TriggerDraft"]["oneOf"].as_array_mut().into_iter().flatten() {
        if let Some(properties) = trigger["properties"].as_object_mut() {
            properties.shift_remove("occurrences");
        }
    }
    schema
}

#[cfg(test)]
mod tests;
