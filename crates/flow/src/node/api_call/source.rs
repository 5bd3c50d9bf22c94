//! Where a call's request comes from: written in the node, or an operation of a saved integration.

use std::sync::Arc;

use super::draft::{ApiCallDraft, Mode, OutputDraft, RetryDraft};
use crate::integration::inputs::Inputs;
use crate::integration::{Integration, Known, OperationDraft};
use crate::nearest::did_you_mean;
use crate::problem::{FieldPath, Problem, Severity};
use crate::render::{CallTemplate, RequestSource};
use crate::scope::{Roots, SECRET};

/// `responseVariable` where the author gives none.
pub const RESPONSE_VARIABLE: &str = "httpResult";

/// Where the request comes from.
#[derive(Debug)]
pub enum Source {
    /// Written here. The variable takes the decoded body.
    Http { response_variable: String },
    /// An operation of a pinned version.
    Integration { integration: Arc<Integration>, operation: String },
}

/// The names of the variables that every call writes.
#[derive(Clone, Copy, Debug)]
pub struct OwnVariables {
    pub status: &'static str,
    pub ok: &'static str,
    pub error: &'static str,
    pub headers: Option<&'static str>,
}

impl OwnVariables {
    pub fn of(mode: Mode) -> Self {
        match mode {
            Mode::Http => {
                Self { status: "httpStatus", ok: "httpOk", error: "httpError", headers: Some("httpHeaders") }
            }
            Mode::Integration => Self {
                status: "integrationStatus",
                ok: "integrationOk",
                error: "integrationError",
                headers: None,
            },
        }
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [self.status, self.ok].into_iter().chain(self.headers).chain([self.error])
    }
}

/// A request with what belongs to its source.
#[derive(Debug)]
pub(super) struct Sourced {
    pub source: Source,
    pub request: CallTemplate,
    pub inputs: Option<Inputs>,
}

/// Keys that belong to one mode only, with whether the node has them.
fn keys_of_other_mode(draft: &ApiCallDraft) -> Vec<&'static str> {
    let given = |keys: &[(&'static str, bool)]| {
        keys.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect()
    };
    match draft.mode {
        Mode::Http => given(&[
            ("integrationSlug", draft.integration_slug.is_some()),
            ("integrationVersion", draft.integration_version.is_some()),
            ("operationKey", draft.operation_key.is_some()),
            ("inputs", !draft.inputs.is_empty()),
        ]),
        Mode::Integration => given(&[
            ("method", draft.method.is_some()),
            ("url", draft.url.is_some()),
            ("urlHosts", !draft.url_hosts.is_empty()),
            ("querySeparator", draft.query_separator.is_some()),
            ("auth", draft.auth.is_some()),
            ("body", draft.body.is_some()),
            ("responseVariable", draft.response_variable.is_some()),
        ]),
    }
}

/// Reads the request of a node. Without `known`, what an integration holds is not looked at.
pub(super) fn compile(
    draft: &ApiCallDraft,
    known: Option<&Known>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Sourced> {
    let (mode, other) = match draft.mode {
        Mode::Http => ("http", "integration"),
        Mode::Integration => ("integration", "http"),
    };
    for key in keys_of_other_mode(draft) {
        let message = format!("`{key}` belongs to `mode: {other}`, and this is `mode: {mode}`");
        problems.push(Problem::error("mode-key", at.key(key), message, "Take it out, or change the mode."));
    }
    check_connection(draft, known, at, problems);
    match draft.mode {
        Mode::Http => compile_http(draft, at, problems),
        Mode::Integration => compile_integration(draft, known, at, problems),
    }
}

fn compile_http(draft: &ApiCallDraft, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Sourced> {
    let name = draft.response_variable.as_deref().unwrap_or(RESPONSE_VARIABLE);
    crate::node::check_variable_name(name, at.key("responseVariable"), problems);
    if draft.auth.is_some() && draft.connection_id.is_some() {
        problems.push(Problem::error(
            "auth-twice",
            at.key("auth"),
            "the connection shows who the call is from, and so does `auth`",
            "Take out one of the two.",
        ));
    }
    let source = Source::Http { response_variable: name.to_owned() };
    let Some(_) = &draft.url else {
        missing("url", at, problems);
        return None;
    };
    let request = CallTemplate::compile(&RequestSource::http(draft, at), problems)?;
    Some(Sourced { source, request, inputs: None })
}

fn missing(key: &str, at: &FieldPath, problems: &mut Vec<Problem>) {
    let message = format!("`{key}` is missing");
    problems.push(Problem::error("missing-key", at.key(key), message, format!("Add `{key}: …`.")));
}

fn compile_integration(
    draft: &ApiCallDraft,
    known: Option<&Known>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<Sourced> {
    let keys = [
        ("integrationSlug", draft.integration_slug.is_some()),
        ("integrationVersion", draft.integration_version.is_some()),
        ("operationKey", draft.operation_key.is_some()),
    ];
    keys.iter().filter(|(_, given)| !given).for_each(|(key, _)| missing(key, at, problems));
    let integration = find_integration(draft, known?, at, problems)?.clone();
    let key = draft.operation_key.as_deref()?;
    let operation = find_operation(&integration, key, at, problems)?;
    let inputs_at = at.key("inputs");
    let schema = operation.input_schema.as_ref();
    let inputs = Inputs::compile(&draft.inputs, schema, Roots::CALL, &inputs_at, problems);
    let request = compile_operation(&integration, key, operation, draft, at, problems);
    let inputs = inputs?;
    let secret = |(_, paths, _): &(_, Vec<crate::expression::ReadPath>, _)| {
        paths.iter().any(|path| path.root == SECRET)
    };
    let has_secret = inputs.reads().iter().any(secret);
    let request = if has_secret { request?.with_secret_inputs() } else { request? };
    let source = Source::Integration { operation: key.to_owned(), integration };
    Some(Sourced { source, request, inputs: Some(inputs) })
}

/// What is wrong with the operation itself is its integration's, and told there; here it is told that it is.
fn compile_operation(
    integration: &Integration,
    key: &str,
    operation: &OperationDraft,
    node: &ApiCallDraft,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<CallTemplate> {
    let mut found = Vec::new();
    let source = RequestSource::operation(&integration.draft, key, operation, Some((node, at)));
    let request = CallTemplate::compile(&source, &mut found);
    let (own, foreign): (Vec<Problem>, Vec<Problem>) =
        found.into_iter().partition(|problem| problem.at.parts().first() == at.parts().first());
    problems.extend(own);
    if let Some(first) = foreign.iter().find(|problem| problem.severity == Severity::Error) {
        problems.push(Problem::error(
            "integration-has-errors",
            at.key("operationKey"),
            format!("the operation cannot be used: {}: {}", first.at, first.message),
            "Mend it in the integration, and pin the version that has it.",
        ));
    }
    request
}

fn find_integration<'k>(
    draft: &ApiCallDraft,
    known: &'k Known,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<&'k Arc<Integration>> {
    let slug = draft.integration_slug.as_deref()?;
    let Some(newest) = known.newest_of(slug) else {
        // A file's stands for every version.
        if let Some(unnumbered) = known.get(slug, draft.integration_version?) {
            return Some(unnumbered);
        }
        let message = format!("there is no published integration `{slug}`");
        let fix = did_you_mean(slug, &known.slugs(), "integrations");
        problems.push(Problem::error("unknown-integration", at.key("integrationSlug"), message, fix));
        return None;
    };
    let version = draft.integration_version?;
    let at = at.key("integrationVersion");
    let Some(found) = known.get(slug, version) else {
        let message = format!("`{slug}` has no version {version}; its newest is {newest}");
        problems.push(Problem::error("unknown-version", at, message, format!("Pin {newest}.")));
        return None;
    };
    if version < newest {
        let message = format!("`{slug}` has a newer version: {newest}");
        let fix = "Look at what changed, and move the pin where that suits this flow.";
        problems.push(Problem::warning("pin-superseded", at, message, fix));
    }
    Some(found)
}

fn find_operation<'i>(
    integration: &'i Integration,
    key: &str,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) -> Option<&'i OperationDraft> {
    let found = integration.draft.operations.get(key);
    if found.is_none() {
        let keys: Vec<&str> = integration.draft.operations.keys().map(String::as_str).collect();
        let message = format!("`{}` has no operation `{key}`", integration.draft.slug);
        let fix = did_you_mean(key, &keys, "operations");
        problems.push(Problem::error("unknown-operation", at.key("operationKey"), message, fix));
    }
    found
}

fn check_connection(
    draft: &ApiCallDraft,
    known: Option<&Known>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let Some(known) = known else { return };
    let at = at.key("connectionId");
    let Some(id) = &draft.connection_id else {
        let pinned = draft.integration_slug.as_deref().zip(draft.integration_version);
        let integration = pinned.and_then(|(slug, version)| known.get(slug, version));
        if draft.mode == Mode::Integration && integration.is_some_and(|known| !known.auth.is_none()) {
            let message = "the integration shows who its calls are from, and no connection says who that is";
            let fix = "Name a connection of this integration.";
            problems.push(Problem::error("connection-missing", at, message, fix));
        }
        return;
    };
    let Some(connections) = known.connections() else { return };
    let Some(of) = connections.get(id) else {
        let ids: Vec<&str> = connections.keys().map(String::as_str).collect();
        let message = format!("there is no connection `{id}`");
        problems.push(Problem::warning(
            "unknown-connection",
            at,
            message,
            did_you_mean(id, &ids, "connections"),
        ));
        return;
    };
    let wanted = draft.integration_slug.as_deref().filter(|_| draft.mode == Mode::Integration);
    if of.as_deref() != wanted {
        let is = of.as_ref().map_or("calls in http mode".to_owned(), |slug| format!("`{slug}`"));
        let message = format!("the connection `{id}` is for {is}");
        problems.push(Problem::error("connection-mismatch", at, message, "Name one that is for this call."));
    }
}

/// The outputs of a call: the operation's, each replaced by the node's of the same variable.
pub(super) fn outputs(draft: &ApiCallDraft, source: Option<&Source>) -> Vec<OutputDraft> {
    let mut outputs = match source {
        Some(Source::Integration { integration, operation }) => {
            default_outputs(integration, operation).to_vec()
        }
        _ => Vec::new(),
    };
    outputs.retain(|output| draft.outputs.iter().all(|own| own.var != output.var));
    // The node's first: their places are those of the file.
    draft.outputs.iter().cloned().chain(outputs).collect()
}

fn default_outputs<'i>(integration: &'i Integration, operation: &str) -> &'i [OutputDraft] {
    integration.draft.operations.get(operation).map_or(&[], |found| &found.default_output_mappings)
}

impl Source {
    /// The operation that is called, where it is one.
    pub fn operation(&self) -> Option<&OperationDraft> {
        match self {
            Self::Http { .. } => None,
            Self::Integration { integration, operation } => integration.draft.operations.get(operation),
        }
    }

    /// The retries that the operation asks for.
    pub(super) fn retry(&self) -> Option<&RetryDraft> {
        self.operation()?.retry.as_ref()
    }

    pub(crate) fn own_variables(&self) -> OwnVariables {
        OwnVariables::of(match self {
            Self::Http { .. } => Mode::Http,
            Self::Integration { .. } => Mode::Integration,
        })
    }
}
