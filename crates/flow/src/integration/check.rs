//! Whether an integration or a connection is right: every operation compiled, every schema read, every name found.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::draft::{ConnectionDraft, IntegrationDraft, OperationDraft};
use super::inputs::InputSchema;
use super::{Integration, IntegrationAuth};
use crate::expression::ReadPath;
use crate::map::{JsonPath, Outputs};
use crate::nearest::did_you_mean;
use crate::problem::{FieldPath, Problem, Severity};
use crate::render::{CallTemplate, RequestSource};
use crate::retry::RetryPolicy;
use crate::scope::{CONN, SECRET};

/// What checking came to.
#[derive(Debug)]
pub struct CheckedIntegration {
    /// Ready for flows, unless a problem is an error. Its version is 0.
    pub integration: Option<Arc<Integration>>,
    /// Without places: `read::place_problems` finds them.
    pub problems: Vec<Problem>,
}

/// Checks an integration with all of its operations.
pub fn check_integration(draft: &IntegrationDraft) -> CheckedIntegration {
    let mut problems = Vec::new();
    let root = FieldPath::root();
    if draft.operations.is_empty() {
        let fix = "Add one, as `getContact: {path: /contacts/{{ inputs.id }}}`.";
        problems.push(Problem::warning(
            "no-operations",
            root.key("operations"),
            "there is no operation",
            fix,
        ));
    }
    let known = Names::of(draft, &mut problems);
    let integration = Integration::compile(draft.clone(), 0, &mut problems);
    if let Some(integration) = &integration {
        problems.extend(integration.auth.literals().into_iter().map(literal_credential));
        for name in integration.auth.secrets() {
            known.check(SECRET, name, &root.key("auth"), &mut problems);
        }
    }
    for (key, operation) in &draft.operations {
        check_operation(draft, key, operation, &known, &mut problems);
    }
    check_verify(draft, &mut problems);
    // What stands at the integration is read with each operation, and told once.
    let mut told: Vec<Problem> = Vec::new();
    for problem in problems {
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    let right = told.iter().all(|problem| problem.severity != Severity::Error);
    CheckedIntegration { integration: integration.filter(|_| right), problems: told }
}

/// The names that templates may read, where the schemas say which there are.
struct Names<'d> {
    config: Option<Vec<&'d str>>,
    secrets: Option<Vec<&'d str>>,
}

impl<'d> Names<'d> {
    fn of(draft: &'d IntegrationDraft, problems: &mut Vec<Problem>) -> Self {
        let root = FieldPath::root();
        let schemas = [(&draft.config_schema, "configSchema"), (&draft.secret_schema, "secretSchema")];
        for (schema, key) in schemas {
            check_schema(schema.as_ref(), &root.key(key), problems);
        }
        let names = |schema: &'d Option<Map<String, Value>>| {
            schema.as_ref().map(|schema| properties(schema).map(|(name, _)| name.as_str()).collect())
        };
        Self { config: names(&draft.config_schema), secrets: names(&draft.secret_schema) }
    }

    fn check(&self, root: &str, name: &str, at: &FieldPath, problems: &mut Vec<Problem>) {
        let (known, schema) = match root {
            SECRET => (&self.secrets, "secretSchema"),
            CONN => (&self.config, "configSchema"),
            _ => return,
        };
        let none = Vec::new();
        let known = known.as_ref().unwrap_or(&none);
        if known.contains(&name) {
            return;
        }
        let message = format!("`{root}.{name}` is not in `{schema}`, so no connection has it");
        let fix = did_you_mean(name, known, "fields");
        problems.push(Problem::warning("connection-field-unknown", at.clone(), message, fix));
    }
}

fn properties(schema: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// The names that a schema requires.
fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn check_schema(schema: Option<&Map<String, Value>>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if let Some(schema) = schema
        && let Err(why) = InputSchema::compile(schema)
    {
        let message = format!("it is not a JSON Schema: {why}");
        let fix = "Write it as of draft 2020-12. References to other documents are not followed.";
        problems.push(Problem::error("schema-invalid", at.clone(), message, fix));
    }
}

fn check_operation(
    draft: &IntegrationDraft,
    key: &str,
    operation: &OperationDraft,
    known: &Names<'_>,
    problems: &mut Vec<Problem>,
) {
    let at = FieldPath::root().key("operations").key(key);
    if !crate::node::is_variable_name(key) {
        let fix = "Use letters, digits and underscores.";
        problems.push(Problem::error("operation-key", at.clone(), format!("`{key}` is no key"), fix));
    }
    check_schema(operation.input_schema.as_ref(), &at.key("inputSchema"), problems);
    check_schema(operation.response_schema.as_ref(), &at.key("responseSchema"), problems);
    let request = CallTemplate::compile(&RequestSource::operation(draft, key, operation, None), problems);
    let inputs: Option<Vec<&str>> = operation
        .input_schema
        .as_ref()
        .map(|schema| properties(schema).map(|(name, _)| name.as_str()).collect());
    for field in request.iter().flat_map(CallTemplate::reads) {
        for path in &field.paths {
            check_read(path, &field.at, known, inputs.as_deref(), problems);
        }
    }
    Outputs::compile(&operation.default_output_mappings, &at.key("defaultOutputMappings"), problems);
    if let Some(path) = &operation.result_path {
        JsonPath::compile(path, &at.key("resultPath"), problems);
    }
    RetryPolicy::compile(operation.retry.as_ref(), &at.key("retry"), problems);
}

fn check_read(
    path: &ReadPath,
    at: &FieldPath,
    known: &Names<'_>,
    inputs: Option<&[&str]>,
    problems: &mut Vec<Problem>,
) {
    let Some(name) = path.first_key() else { return };
    if path.root != "inputs" {
        return known.check(&path.root, name, at, problems);
    }
    let inputs = inputs.unwrap_or_default();
    if !inputs.contains(&name) {
        let message = format!("`inputs.{name}` is not in `inputSchema`, so no call is asked for it");
        let fix = did_you_mean(name, inputs, "inputs");
        problems.push(Problem::warning("input-unknown", at.clone(), message, fix));
    }
}

fn check_verify(draft: &IntegrationDraft, problems: &mut Vec<Problem>) {
    let Some(verify) = &draft.verify else { return };
    let at = FieldPath::root().key("verify");
    let Some(operation) = draft.operations.get(verify) else {
        let keys: Vec<&str> = draft.operations.keys().map(String::as_str).collect();
        let message = format!("there is no operation `{verify}`");
        let fix = did_you_mean(verify, &keys, "operations");
        problems.push(Problem::error("unknown-operation", at, message, fix));
        return;
    };
    let needs = operation.input_schema.iter().flat_map(required).next();
    if let Some(input) = needs {
        let message = format!("`{verify}` needs the input `{input}`, and a connection is tested without any");
        let fix = "Name an operation without required inputs.";
        problems.push(Problem::error("verify-needs-inputs", at, message, fix));
    }
}

/// Checks what an admin writes of a connection. `integration` is the one that it is for; `secrets` are the names of
/// those that are set.
pub fn check_connection(
    draft: &ConnectionDraft,
    integration: Option<&IntegrationDraft>,
    secrets: &[&str],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let root = FieldPath::root();
    if draft.integration_slug.is_some() && (draft.auth.is_some() || draft.tls.is_some()) {
        let message = "the integration says how its calls show who they are";
        let fix = "Take `auth` and `tls` out, or `integrationSlug`.";
        problems.push(Problem::error("auth-twice", root.key("auth"), message, fix));
    }
    let auth = IntegrationAuth::compile(draft.auth.as_ref(), draft.tls.as_ref(), &root, &mut problems);
    problems.extend(auth.iter().flat_map(|auth| auth.literals()).map(literal_credential));
    if draft.integration_slug.is_none() && draft.allowed_hosts.is_empty() {
        let message = "a connection for calls in http mode must say which hosts its secrets may go to";
        let fix = "List them, as `allowedHosts: [api.example.com]`.";
        problems.push(Problem::error("allowed-hosts-missing", root.key("allowedHosts"), message, fix));
    }
    for (index, host) in draft.allowed_hosts.iter().enumerate() {
        if !is_host_pattern(host) {
            let message = format!("`{host}` is not a host");
            let fix = "Write it alone, as `api.example.com`, or `*.example.com` for all below it.";
            let at = root.key("allowedHosts").index(index);
            problems.push(Problem::error("allowed-host-invalid", at, message, fix));
        }
    }
    if let Some(expires) = &draft.expires_at
        && expires.parse::<jiff::Timestamp>().is_err()
    {
        let fix = "Write it as `2027-01-31T00:00:00Z`.";
        let message = format!("`{expires}` is not a time");
        problems.push(Problem::error("time-invalid", root.key("expiresAt"), message, fix));
    }
    let Some(integration) = integration else { return problems };
    if let Some(schema) = &integration.config_schema
        && let Ok(schema) = InputSchema::compile(schema)
    {
        let mut config = draft.config.clone();
        schema.complete(&mut config);
        for violation in schema.violations(&config.into()) {
            let at = root.key("config");
            problems.push(Problem::error(
                "config-invalid",
                at,
                violation,
                "See the integration's `configSchema`.",
            ));
        }
    }
    if let Some(schema) = &integration.secret_schema {
        let at = root.key("secrets");
        for name in required(schema).filter(|name| !secrets.contains(name)) {
            let message = format!("the secret `{name}` is not set");
            problems.push(Problem::error("secret-missing", at.clone(), message, format!("Set `{name}`.")));
        }
        let known: Vec<&str> = properties(schema).map(|(name, _)| name.as_str()).collect();
        for name in secrets.iter().filter(|name| !known.contains(name)) {
            let message = format!("the integration has no secret `{name}`");
            let fix = did_you_mean(name, &known, "secrets");
            problems.push(Problem::error("secret-unknown", at.key(*name), message, fix));
        }
    }
    problems
}

fn literal_credential(at: &FieldPath) -> Problem {
    let message = "it is written out, for everyone who may read this document";
    let fix = "Make it a secret of the connection, and write `{{ secret.<name> }}` here.";
    Problem::error("literal-credential", at.clone(), message, fix)
}

/// A host as it stands in a URL, or `*.` and what it must end with.
fn is_host_pattern(text: &str) -> bool {
    let host = text.strip_prefix("*.").unwrap_or(text);
    let url = url::Url::parse(&format!("https://{host}/"));
    url.is_ok_and(|url| url.host_str().is_some_and(|known| known.eq_ignore_ascii_case(host)))
}
