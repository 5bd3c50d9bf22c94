//! An imported operation as the call that a flow would make of it.

use callout_flow::integration::IntegrationDraft;
use callout_flow::integration::inputs::InputSchema;
use callout_flow::problem::Severity;
use callout_flow::render::{CallTemplate, RenderContext, RequestSource};
use callout_flow::request::PreparedRequest;
use callout_flow::scope::Scope;
use serde_json::{Map, Value, json};

/// A connection's public fields: defaults where the schema has them, else a host, which fits everywhere.
pub fn config(integration: &IntegrationDraft) -> Value {
    let fields =
        integration.config_schema.iter().flat_map(|schema| schema["properties"].as_object()).flatten();
    let value = |schema: &Value| {
        let listed = schema["enum"].as_array().and_then(|items| items.first());
        schema.get("default").or(listed).cloned().unwrap_or_else(|| "api.example.com".into())
    };
    Value::Object(fields.map(|(name, schema)| (name.clone(), value(schema))).collect())
}

/// The request of an operation for some inputs, which its own schema must take.
pub fn request(
    integration: &IntegrationDraft,
    key: &str,
    inputs: &Map<String, Value>,
) -> Result<PreparedRequest, String> {
    let operation = integration.operations.get(key).ok_or_else(|| format!("no operation {key}"))?;
    let mut inputs = inputs.clone();
    if let Some(schema) = &operation.input_schema {
        let schema = InputSchema::compile(schema)?;
        schema.complete(&mut inputs);
        let violations = schema.violations(&Value::Object(inputs.clone()));
        if !violations.is_empty() {
            return Err(format!("{}: {}", violations.join("; "), Value::Object(inputs)));
        }
    }
    let mut problems = Vec::new();
    let source = RequestSource::operation(integration, key, operation, None);
    let template = CallTemplate::compile(&source, &mut problems);
    let errors: Vec<String> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| format!("{}: {}: {}", problem.at, problem.code, problem.message))
        .collect();
    let template = template.filter(|_| errors.is_empty()).ok_or_else(|| errors.join("; "))?;
    let (inputs, conn) = (Value::Object(inputs), config(integration));
    let scope = Scope { inputs: Some(&inputs), conn: Some(&conn), ..Scope::default() };
    let rendered = template.render(&scope, &context()).map_err(|invalid| format!("{invalid:?}"))?;
    Ok(rendered.request)
}

pub fn context() -> RenderContext<'static> {
    RenderContext {
        idempotency_key: None,
        contact: None,
        flow_number: 1,
        run_id: "run_1",
        now: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// Inputs that an operation's own schema asks for: all that it names, or as little as it takes.
pub fn inputs(integration: &IntegrationDraft, key: &str, full: bool) -> Map<String, Value> {
    let schema = integration.operations[key].input_schema.clone().map_or_else(|| json!({}), Value::Object);
    match super::generate::value(&schema, full) {
        Value::Object(inputs) => inputs,
        _ => Map::new(),
    }
}

/// The request of an operation for generated inputs.
pub fn generated(integration: &IntegrationDraft, key: &str, full: bool) -> Result<PreparedRequest, String> {
    request(integration, key, &inputs(integration, key, full))
}
