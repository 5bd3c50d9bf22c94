//! A run's record as the API describes it, and as a viewer sees it.

use serde_json::Value;
use utoipa::ToSchema;

use super::runs::StatusView;

/// All that is known of a run.
#[derive(Debug, ToSchema)]
#[schema(as = Record)]
#[expect(dead_code, reason = "it only describes what the engine writes")]
pub struct RecordView {
    id: String,
    /// The slug of the flow that it started with.
    flow: String,
    /// The version that it is pinned to.
    #[schema(required = false)]
    version: u32,
    #[schema(required = false)]
    status: StatusView,
    #[schema(required = false, value_type = String, format = DateTime)]
    started_at: String,
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    ended_at: Option<String>,
    /// Until when it sleeps, while it does.
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    waiting_until: Option<String>,
    /// The node that it sleeps at.
    #[schema(required = false)]
    waiting_at: Option<String>,
    #[schema(required = false)]
    event: Value,
    #[schema(required = false)]
    contact: Value,
    /// The variables that it started with, where it was given any.
    #[schema(required = false)]
    inputs: Value,
    /// The variables as they are; those of `sensitive` outputs masked.
    #[schema(required = false)]
    vars: Value,
    /// What its `end` gave.
    #[schema(required = false)]
    result: Value,
    /// Why it failed, where a fault ended it: `{code, message, node}`.
    #[schema(required = false)]
    error: Value,
    /// What it told its host: `{id, run, node, type, to, data}`.
    #[schema(required = false)]
    effects: Vec<Value>,
    /// Each visit of a node: `{node, type, visit, startedAt, durationMs, outcome, status, case, to, attempts, request, response, set,
    /// problems}`.
    #[schema(required = false)]
    steps: Vec<Value>,
}

/// What stands in the place of what a viewer does not see.
const HIDDEN: &str = "***";

/// A record as a viewer sees it: no bodies, and no variable that holds more than one value.
pub fn without_bodies(record: &[u8]) -> Vec<u8> {
    let Ok(mut record) = callout_flow::json::parse(record).map(|parsed| parsed.value) else {
        return Vec::new();
    };
    hide_values(record.get_mut("vars"));
    for step in record.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        hide_in_step(step);
    }
    serde_json::to_vec(&record).unwrap_or_default()
}

/// The same for one step.
pub fn step_without_bodies(step: &str) -> String {
    let Ok(mut step) = callout_flow::json::parse(step.as_bytes()).map(|parsed| parsed.value) else {
        return String::new();
    };
    hide_in_step(&mut step);
    step.to_string()
}

fn hide_in_step(step: &mut Value) {
    for part in ["request", "response"] {
        if let Some(body) =
            step.get_mut(part).and_then(|part| part.get_mut("body")).filter(|body| !body.is_null())
        {
            *body = HIDDEN.into();
        }
    }
    hide_values(step.get_mut("set"));
}

fn hide_values(values: Option<&mut Value>) {
    for value in values.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if value.is_object() || value.is_array() {
            *value = HIDDEN.into();
        }
    }
}

type Map = serde_json::Map<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_viewer_sees_no_bodies() {
        let record = json!({
            "id": "run_1", "event": { "name": "e" }, "vars": { "httpResult": { "a": 1 }, "n": 7 },
            "steps": [{ "request": { "url": "https://h/", "body": "x" }, "response": { "status": 200, "body": { "a": 1 } },
                        "set": { "httpResult": { "a": 1 }, "n": 7 } },
                      { "request": null, "response": null, "set": {} }],
        });
        let shown: Value = serde_json::from_slice(&without_bodies(record.to_string().as_bytes())).unwrap();
        assert_eq!(shown["vars"], json!({ "httpResult": "***", "n": 7 }));
        assert_eq!(shown["steps"][0]["request"], json!({ "url": "https://h/", "body": "***" }));
        assert_eq!(shown["steps"][0]["response"], json!({ "status": 200, "body": "***" }));
        assert_eq!(shown["steps"][0]["set"], json!({ "httpResult": "***", "n": 7 }));
        assert_eq!(shown["event"], json!({ "name": "e" }));
    }
}
