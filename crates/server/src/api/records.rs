//! A run's record as the API describes it, and as a viewer sees it.

use std::collections::HashSet;

use callout_store::RunTexts;
use serde_json::Value;
use utoipa::ToSchema;

use super::runs::StatusView;

/// All that is known of a run.
#[derive(Debug, ToSchema)]
#[schema(as = Record, rename_all = "camelCase")]
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
/// What stands in the place of what retention took.
const REMOVED: &str = "(removed)";
/// A text of so many characters is a body, or part of one.
const TEXT_CHARS_MAX: usize = 1000;

/// A record as a viewer sees it: no bodies, and no variable that holds more than one value.
pub fn without_bodies(record: &[u8]) -> Vec<u8> {
    let Ok(mut record) = callout_flow::json::parse(record).map(|parsed| parsed.value) else {
        return Vec::new();
    };
    let mut hide = Hide::with(HIDDEN);
    for step in record.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        hide.in_step(step);
    }
    hide.in_values(record.get_mut("vars"));
    serde_json::to_vec(&record).unwrap_or_default()
}

/// The same for what the store keeps of a run, from which the bodies are to go.
pub fn strip(texts: &mut RunTexts) {
    let mut hide = Hide::with(REMOVED);
    for text in &mut texts.steps {
        within(text, "[]", |steps| {
            steps.as_array_mut().into_iter().flatten().for_each(|step| hide.in_step(step));
        });
    }
    within(&mut texts.tail, "{}", |tail| hide.in_values(tail.get_mut("vars")));
}

/// Works on JSON that is kept without what it stands in. What cannot be read is no JSON of ours, and goes.
fn within(text: &mut Vec<u8>, brackets: &str, work: impl FnOnce(&mut Value)) {
    if text.is_empty() {
        return;
    }
    let (open, close) = brackets.split_at(1);
    let whole = [open.as_bytes(), text, close.as_bytes()].concat();
    let Ok(mut value) = callout_flow::json::parse(&whole).map(|parsed| parsed.value) else {
        text.clear();
        return;
    };
    work(&mut value);
    *text = serde_json::to_vec(&value).unwrap_or_default();
    text.pop();
    text.remove(0);
}

/// The same for one step.
pub fn step_without_bodies(step: &str) -> String {
    let Ok(mut step) = callout_flow::json::parse(step.as_bytes()).map(|parsed| parsed.value) else {
        return String::new();
    };
    Hide::with(HIDDEN).in_step(&mut step);
    step.to_string()
}

/// Takes bodies out: those of requests and answers, and variables that are one, or more than one value, or as long as one.
struct Hide {
    mark: &'static str,
    /// Texts that were the body of a call.
    texts: HashSet<String>,
}

impl Hide {
    fn with(mark: &'static str) -> Self {
        Self { mark, texts: HashSet::new() }
    }

    fn in_step(&mut self, step: &mut Value) {
        for part in ["request", "response"] {
            let body = step.get_mut(part).and_then(|part| part.get_mut("body"));
            let Some(body) = body.filter(|body| !body.is_null()) else { continue };
            if let Value::String(text) = std::mem::replace(body, self.mark.into()) {
                self.texts.insert(text);
            }
        }
        self.in_values(step.get_mut("set"));
    }

    fn in_values(&self, values: Option<&mut Value>) {
        for value in values.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            let is_body = match value {
                Value::Object(_) | Value::Array(_) => true,
                Value::String(text) => {
                    self.texts.contains(text) || text.chars().nth(TEXT_CHARS_MAX).is_some()
                }
                _ => false,
            };
            if is_body {
                *value = self.mark.into();
            }
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

    #[test]
    fn a_text_that_is_a_body_is_hidden_wherever_it_stands() {
        let text = "the body as text";
        let step = json!({ "response": { "status": 200, "body": text }, "set": { "httpResult": text, "name": "Ann", "long": "x".repeat(1001) } });
        let record = json!({ "steps": [step], "vars": { "httpResult": text, "name": "Ann", "long": "x".repeat(1001) } });
        let shown: Value = serde_json::from_slice(&without_bodies(record.to_string().as_bytes())).unwrap();
        let hidden = json!({ "httpResult": "***", "name": "Ann", "long": "***" });
        assert_eq!((&shown["vars"], &shown["steps"][0]["set"]), (&hidden, &hidden));
    }

    #[test]
    fn what_is_kept_is_stripped_and_stays_what_it_is() {
        let step = |body: &str| {
            format!(
                r#"{{"node":"a","request":{{"body":null}},"response":{{"body":{body}}},"set":{{"r":{body},"n":1}}}}"#
            )
        };
        let two = format!("{},{}", step(r#"{"a":[1]}"#), step(r#""text""#));
        let mut texts = RunTexts {
            steps: vec![two.into_bytes(), Vec::new()],
            tail: br#""vars":{"r":"text","n":1},"result":{"ok":true}"#.to_vec(),
        };
        strip(&mut texts);
        let gone = step(r#""(removed)""#);
        assert_eq!(String::from_utf8_lossy(&texts.steps[0]), format!("{gone},{gone}"));
        assert!(texts.steps[1].is_empty());
        assert_eq!(
            String::from_utf8_lossy(&texts.tail),
            r#""vars":{"r":"(removed)","n":1},"result":{"ok":true}"#
        );
        let once = texts.clone();
        strip(&mut texts);
        assert_eq!(texts, once);
    }
}
