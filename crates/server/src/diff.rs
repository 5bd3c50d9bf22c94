//! What differs between two documents of a flow: nodes that came, went and changed, field by field.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One field that differs.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangedField)]
pub struct ChangedField {
    /// As `cases[1].on`.
    path: String,
    /// Left out where the field was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = serde_json::Value, required = false)]
    before: Option<Value>,
    /// Left out where the field is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = serde_json::Value, required = false)]
    after: Option<Value>,
}

/// A node that is in one of the two documents only.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeName)]
pub struct NodeName {
    id: String,
    /// The node's type; null where its author gave none yet.
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangedNode)]
pub struct ChangedNode {
    #[serde(flatten)]
    node: NodeName,
    fields: Vec<ChangedField>,
}

#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodesDiff)]
pub struct NodesDiff {
    added: Vec<NodeName>,
    removed: Vec<NodeName>,
    changed: Vec<ChangedNode>,
}

/// What differs between two documents of a flow.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowDiff)]
pub struct FlowDiff {
    /// Whether the two say the same.
    same: bool,
    /// Fields of the flow itself: `trigger.event`, `start`, `name`, …
    fields: Vec<ChangedField>,
    nodes: NodesDiff,
}

impl FlowDiff {
    /// What differs, a line each.
    pub fn words(&self) -> Vec<String> {
        let paths = |fields: &[ChangedField]| {
            let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
            paths.join(", ")
        };
        let mut words = Vec::new();
        if !self.fields.is_empty() {
            words.push(format!("of the flow: {}", paths(&self.fields)));
        }
        words.extend(self.nodes.added.iter().map(|node| format!("the node `{}` is new", node.id)));
        words.extend(self.nodes.removed.iter().map(|node| format!("the node `{}` is gone", node.id)));
        let changed = self.nodes.changed.iter();
        words.extend(changed.map(|one| format!("of the node `{}`: {}", one.node.id, paths(&one.fields))));
        words
    }
}

/// Compares two documents as plain values; `Null` stands for none.
pub fn diff(before: &Value, after: &Value) -> FlowDiff {
    let none = Map::new();
    let nodes = |document: &Value| document.get("nodes").and_then(Value::as_object).cloned();
    let (nodes_before, nodes_after) = (nodes(before).unwrap_or_default(), nodes(after).unwrap_or_default());
    let mut fields = Vec::new();
    let (a, b) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
    objects(a, b, "", &|key| key != "nodes", &mut fields);
    let mut found = NodesDiff::default();
    for (id, node) in &nodes_after {
        match nodes_before.get(id) {
            None => found.added.push(name_of(id, node)),
            Some(was) => {
                let mut fields = Vec::new();
                values(was, node, "", &mut fields);
                if !fields.is_empty() {
                    found.changed.push(ChangedNode { node: name_of(id, node), fields });
                }
            }
        }
    }
    let gone = nodes_before.iter().filter(|(id, _)| !nodes_after.contains_key(*id));
    found.removed.extend(gone.map(|(id, node)| name_of(id, node)));
    let same = fields.is_empty() && found == NodesDiff::default();
    FlowDiff { same, fields, nodes: found }
}

fn name_of(id: &str, node: &Value) -> NodeName {
    let text = |key| node.get(key).and_then(Value::as_str).map(str::to_owned);
    NodeName { id: id.to_owned(), kind: text("type"), name: text("name") }
}

fn values(before: &Value, after: &Value, at: &str, found: &mut Vec<ChangedField>) {
    match (before, after) {
        (a, b) if a == b => {}
        (Value::Object(a), Value::Object(b)) => objects(a, b, at, &|_| true, found),
        // Where a list grew or shrank, which items moved is a guess: both are shown whole.
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                values(a, b, &format!("{at}[{index}]"), found);
            }
        }
        (a, b) => {
            found.push(ChangedField { path: at.to_owned(), before: Some(a.clone()), after: Some(b.clone()) })
        }
    }
}

fn objects(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    at: &str,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<ChangedField>,
) {
    let path = |key: &str| match (at.is_empty(), is_plain(key)) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{at}.{key}"),
        (_, false) => format!("{at}[{}]", Value::from(key)),
    };
    for (key, was) in before.iter().filter(|(key, _)| wanted(key)) {
        match after.get(key) {
            Some(is) => values(was, is, &path(key), found),
            None => found.push(ChangedField { path: path(key), before: Some(was.clone()), after: None }),
        }
    }
    for (key, is) in after.iter().filter(|(key, _)| wanted(key) && !before.contains_key(*key)) {
        found.push(ChangedField { path: path(key), before: None, after: Some(is.clone()) });
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_and_fields_are_told_apart() {
        let before = json!({
            "name": "A", "trigger": { "type": "event", "event": "x" }, "start": "a",
            "nodes": {
                "a": { "type": "apiCall", "url": "https://a.example/", "cases": [{ "on": "2xx", "to": "b" }] },
                "b": { "type": "end" }
            }
        });
        let after = json!({
            "trigger": { "type": "event", "event": "y" }, "start": "a", "description": "d",
            "nodes": {
                "a": { "type": "apiCall", "url": "https://a.example/", "cases": [{ "on": "404", "to": "b" }],
                       "set": { "odd key": 1 } },
                "c": { "type": "end", "name": "C" }
            }
        });
        let found = serde_json::to_value(diff(&before, &after)).unwrap();
        assert_eq!(
            found,
            json!({
                "same": false,
                "fields": [
                    { "path": "name", "before": "A" },
                    { "path": "trigger.event", "before": "x", "after": "y" },
                    { "path": "description", "after": "d" },
                ],
                "nodes": {
                    "added": [{ "id": "c", "type": "end", "name": "C" }],
                    "removed": [{ "id": "b", "type": "end", "name": null }],
                    "changed": [{ "id": "a", "type": "apiCall", "name": null, "fields": [
                        { "path": "cases[0].on", "before": "2xx", "after": "404" },
                        { "path": "set", "after": { "odd key": 1 } },
                    ] }],
                },
            })
        );
    }

    #[test]
    fn the_same_is_the_same_and_nothing_is_all_new() {
        let document = json!({ "start": "a", "nodes": { "a": { "type": "end" } } });
        assert!(diff(&document, &document).same);
        let all = diff(&Value::Null, &document);
        assert_eq!((all.nodes.added.len(), all.fields.len()), (1, 1));
    }

    #[test]
    fn a_list_that_grew_is_shown_whole() {
        let found =
            diff(&json!({ "nodes": { "a": { "x": [1] } } }), &json!({ "nodes": { "a": { "x": [0, 1] } } }));
        let field = &found.nodes.changed[0].fields[0];
        assert_eq!((field.path.as_str(), &field.before), ("x", &Some(json!([1]))));
    }
}
