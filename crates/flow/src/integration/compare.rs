//! What changed between two versions of an integration, and which of it breaks those who use it.

mod schema;
mod uses;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::draft::{IntegrationDraft, OperationDraft};
use crate::node::api_call::draft::OutputDraft;
pub use uses::{Touched, touched};

/// One thing that is otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The operation's key; none for what stands at the integration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What changed.
    pub what: What,
    /// The input, the field of the answer, the variable or the key that it is about; empty for the operation itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether a flow that uses it can fail for it, or a connection lack something.
    pub breaking: bool,
    /// In words.
    pub message: String,
}

/// Which part of an integration a change is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    Operation,
    /// What a flow gives: a name in `inputSchema`.
    Input,
    /// What an answer holds: a path in `responseSchema`.
    Answer,
    /// A variable that the operation sets.
    Output,
    /// What is sent, and how: method, path, rows, body, timing, retries.
    Request,
    /// What a connection must hold.
    Connection,
    /// Names and descriptions.
    Description,
}

/// Everything that changed, what breaks first, then in the order of the documents.
pub fn compare(before: &IntegrationDraft, after: &IntegrationDraft) -> Vec<Change> {
    let mut comparing = Comparing { operation: None, changes: Vec::new() };
    comparing.of_connection(before, after);
    for (key, was) in &before.operations {
        comparing.operation = Some(key.clone());
        match after.operations.get(key) {
            Some(is) => comparing.of_operation(was, is),
            None => comparing.push(What::Operation, "", true, "the operation is gone".to_owned()),
        }
    }
    for key in after.operations.keys().filter(|key| !before.operations.contains_key(*key)) {
        comparing.operation = Some(key.clone());
        comparing.push(What::Operation, "", false, "the operation is new".to_owned());
    }
    let mut changes = comparing.changes;
    changes.sort_by_key(|change| !change.breaking);
    changes
}

struct Comparing {
    operation: Option<String>,
    changes: Vec<Change>,
}

impl Comparing {
    fn push(&mut self, what: What, name: impl Into<String>, breaking: bool, message: String) {
        let operation = self.operation.clone();
        self.changes.push(Change { operation, what, name: name.into(), breaking, message });
    }

    /// Tells that a part of the document is another one.
    fn differs<T: Serialize + PartialEq>(&mut self, what: What, name: &str, before: &T, after: &T) {
        if before != after {
            let (was, is) = (shown(before), shown(after));
            self.push(what, name, false, format!("`{name}` is another: {was} became {is}"));
        }
    }

    fn of_connection(&mut self, before: &IntegrationDraft, after: &IntegrationDraft) {
        self.differs(What::Description, "name", &before.name, &after.name);
        self.differs(What::Description, "description", &before.description, &after.description);
        self.differs(What::Request, "baseUrl", &before.base_url, &after.base_url);
        self.differs(What::Request, "headers", &before.headers, &after.headers);
        self.differs(What::Connection, "auth", &before.auth, &after.auth);
        self.differs(What::Connection, "tls", &before.tls, &after.tls);
        self.differs(What::Connection, "verify", &before.verify, &after.verify);
        let fields = [
            ("config", &before.config_schema, &after.config_schema),
            ("secrets", &before.secret_schema, &after.secret_schema),
        ];
        for (root, was, is) in fields {
            for found in schema::given(was.as_ref(), is.as_ref()) {
                let name =
                    if found.name.is_empty() { root.to_owned() } else { format!("{root}.{}", found.name) };
                self.push(What::Connection, name, found.breaking, found.message);
            }
        }
    }

    fn of_operation(&mut self, before: &OperationDraft, after: &OperationDraft) {
        self.differs(What::Description, "name", &before.name, &after.name);
        self.differs(What::Description, "description", &before.description, &after.description);
        for found in schema::given(before.input_schema.as_ref(), after.input_schema.as_ref()) {
            self.push(What::Input, found.name, found.breaking, found.message);
        }
        for found in schema::taken(before.response_schema.as_ref(), after.response_schema.as_ref()) {
            self.push(What::Answer, found.name, found.breaking, found.message);
        }
        self.of_outputs(before, after);
        self.differs(What::Request, "method", &before.method, &after.method);
        self.differs(What::Request, "path", &before.path, &after.path);
        self.differs(What::Request, "query", &before.query, &after.query);
        self.differs(What::Request, "querySeparator", &before.query_separator, &after.query_separator);
        self.differs(What::Request, "headers", &before.headers, &after.headers);
        self.differs(What::Request, "body", &before.body, &after.body);
        self.differs(What::Request, "timeoutMs", &before.timeout_ms, &after.timeout_ms);
        self.differs(What::Request, "retry", &before.retry, &after.retry);
        if before.idempotency.is_some() && after.idempotency.is_none() {
            let message = "it has no idempotency key any more: after a crash its outcome can be `unknown`";
            self.push(What::Request, "idempotency", true, message.to_owned());
        } else {
            self.differs(What::Request, "idempotency", &before.idempotency, &after.idempotency);
        }
        if before.result_path != after.result_path {
            let breaking = before.result_path.is_some();
            let (was, is) = (shown(&before.result_path), shown(&after.result_path));
            let message = format!("what `result` is compared with is another: {was} became {is}");
            self.push(What::Output, "resultPath", breaking, message);
        }
    }

    fn of_outputs(&mut self, before: &OperationDraft, after: &OperationDraft) {
        let was = outputs(&before.default_output_mappings);
        let is = outputs(&after.default_output_mappings);
        for (name, mapping) in &was {
            match is.get(name) {
                None => {
                    self.push(What::Output, *name, true, format!("the variable `{name}` is set no more"));
                }
                Some(other) if other != mapping => {
                    let (was, is) = (shown(mapping), shown(other));
                    let message = format!("the variable `{name}` is set otherwise: {was} became {is}");
                    self.push(What::Output, *name, true, message);
                }
                Some(_) => {}
            }
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            self.push(What::Output, *name, false, format!("the variable `{name}` is set too"));
        }
    }
}

fn outputs(mappings: &[OutputDraft]) -> IndexMap<&str, &OutputDraft> {
    mappings.iter().map(|mapping| (mapping.var.as_str(), mapping)).collect()
}

/// The longest text of a value that a message shows.
const SHOWN_CHARS_MAX: usize = 120;

fn shown<T: Serialize>(value: &T) -> String {
    let text = match serde_json::to_value(value) {
        Ok(Value::Null) => return "nothing".to_owned(),
        Ok(value) => value.to_string(),
        Err(_) => return "something else".to_owned(),
    };
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

type Schema = Map<String, Value>;
