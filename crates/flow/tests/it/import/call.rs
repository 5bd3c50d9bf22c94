//! An imported operation as a call in http mode, and its request.

use callout_flow::draft::{RowDraft, Text};
use callout_flow::integration::{IntegrationDraft, OperationDraft};
use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::node::api_call::draft::BodyDraft;
use callout_flow::problem::{FieldPath, Severity};
use callout_flow::render::{CallTemplate, RenderContext, Rendered};
use callout_flow::request::PreparedRequest;
use callout_flow::scope::Scope;
use serde_json::{Value, json};

/// Inputs become variables: http mode has no others.
fn moved(text: &str) -> String {
    text.replace("inputs.", "vars.").replace("inputs[", "vars[")
}

fn moved_rows(rows: &[RowDraft]) -> Vec<RowDraft> {
    rows.iter().map(|row| RowDraft { value: Text(moved(row.value.as_str())), ..row.clone() }).collect()
}

/// The base URL with the defaults of its variables in place.
pub fn base_url(integration: &IntegrationDraft) -> String {
    let mut url = integration.base_url.clone();
    for (name, schema) in
        integration.config_schema.iter().flat_map(|schema| schema["properties"].as_object()).flatten()
    {
        let value = schema["default"].as_str().or(schema["enum"][0].as_str()).unwrap_or("api.example.com");
        url = url.replace(&format!("{{{{ conn.{name} }}}}"), value);
    }
    url
}

pub fn call(integration: &IntegrationDraft, operation: &OperationDraft) -> ApiCallDraft {
    let mut call: ApiCallDraft = serde_json::from_value(json!({ "mode": "http", "url": "" })).unwrap();
    call.method = operation.method;
    call.url = format!("{}{}", base_url(integration), moved(&operation.path));
    call.query = moved_rows(&operation.query);
    call.headers = moved_rows(&operation.headers);
    call.body = operation.body.clone().map(|body| match body {
        BodyDraft::Json { value, text } => BodyDraft::Json {
            value: value.map(|value| serde_json::from_str(&moved(&value.to_string())).unwrap()),
            text: text.as_deref().map(moved),
        },
        BodyDraft::Form { fields } => BodyDraft::Form { fields: moved_rows(&fields) },
        BodyDraft::Multipart { mut parts } => {
            for part in &mut parts {
                part.value = Text(moved(part.value.as_str()));
                part.filename = part.filename.as_deref().map(moved);
            }
            BodyDraft::Multipart { parts }
        }
        BodyDraft::Text { text, content_type } => BodyDraft::Text { text: moved(&text), content_type },
        other => other,
    });
    call
}

/// The request of a call in http mode.
pub fn rendered(call: &ApiCallDraft, vars: &Value) -> Result<Rendered, String> {
    let mut problems = Vec::new();
    let template = CallTemplate::compile(call, &FieldPath::root(), &mut problems);
    let errors: Vec<String> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| format!("{}: {}: {}", problem.at, problem.code, problem.message))
        .collect();
    if !errors.is_empty() {
        return Err(errors.join("; "));
    }
    let context = RenderContext {
        idempotency_key: None,
        contact: None,
        flow_number: 1,
        run_id: "run_1",
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let scope = Scope { vars: Some(vars), ..Scope::default() };
    template.unwrap().render(&scope, &context).map_err(|invalid| format!("{invalid:?}"))
}

/// The request of an operation for some inputs.
pub fn request(integration: &IntegrationDraft, key: &str, inputs: &Value) -> Result<PreparedRequest, String> {
    let operation = integration.operations.get(key).ok_or_else(|| format!("no operation {key}"))?;
    rendered(&call(integration, operation), inputs).map(|rendered| rendered.request)
}

/// The request of an operation for inputs that its own schema asks for.
pub fn generated(integration: &IntegrationDraft, key: &str, full: bool) -> Result<PreparedRequest, String> {
    let operation = &integration.operations[key];
    let inputs = operation
        .input_schema
        .as_ref()
        .map_or_else(|| json!({}), |schema| super::generate::value(&Value::Object(schema.clone()), full));
    request(integration, key, &inputs)
}
