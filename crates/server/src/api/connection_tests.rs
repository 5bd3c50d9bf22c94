//! Whether a connection works: its integration's `verify`, sent for real.

use axum::extract::State;
use axum::response::Response;
use callout_store::Verification;
use serde::Serialize;
use serde_json::{Map, Value, json as value};
use utoipa::ToSchema;

use super::caller::{Admin, Caller};
use super::calls::{CallView, send};
use super::connections::find;
use super::path::Path;
use super::previews::ScopeBody;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::surroundings::one_node;
use super::{Shared, json};

/// How a connection's test ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionTest)]
pub struct TestView {
    /// Whether the operation was answered with a usable 2xx.
    ok: bool,
    /// In words.
    text: String,
    /// The call itself, as `POST /v1/calls/test` shows one.
    #[schema(value_type = CallView)]
    call: Value,
}

/// Test a connection.
///
/// Sends the operation that the integration's newest version names in `verify`, for real. How it ended is kept with the
/// connection, and in the audit log.
#[utoipa::path(post, path = "/v1/connections/{id}/verify", operation_id = "verifyConnection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id.")),
    responses(
        (status = 200, description = "How it ended, whatever the API said.", body = TestView),
        (status = 409, description = "Its integration names no operation to test it with: `connection-unsuited`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn verify(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    let row = find(&api, caller.org(), &id).await?;
    let unsuited = |why: &str, fix: &str| ApiProblem::new(Code::CONNECTION_UNSUITED, why).fix(fix);
    let Some(slug) = &row.integration else {
        let fix = "Test a call that names it: `POST /v1/calls/test`.";
        return Err(unsuited("it is for no integration, and so nothing says what to test it with", fix));
    };
    let integration = api.engine.newest_integration(caller.org(), slug).await?;
    let operation = integration.as_ref().and_then(|known| Some((known.version, known.draft.verify.clone()?)));
    let Some((version, operation)) = operation else {
        let why = format!("the newest version of `{slug}` names no operation in `verify`");
        return Err(unsuited(
            &why,
            "Name one that needs no inputs, and publish; or test a call that names it.",
        ));
    };
    let node = value!({ "type": "apiCall", "mode": "integration", "integrationSlug": slug, "integrationVersion": version,
        "operationKey": operation, "connectionId": id, "onFailure": "continue" });
    let node = match node {
        Value::Object(node) => node,
        _ => Map::new(),
    };
    let (flow, at) = one_node(&api, caller.org(), node).await?;
    let result = send(&api, caller.org(), &flow, ScopeBody::default().start(at), None).await?;
    let call: Value = serde_json::from_slice(&result.step).unwrap_or_default();
    let (ok, text) = verdict(&operation, &call);
    let verification = Verification { at: api.now(), ok, text: text.clone() };
    let note = caller.note(&api, "connection.verify", "connection", &id);
    let store = api.store.noting(note.becomes(value!({ "ok": ok, "text": text })));
    store.record_verification(caller.org(), &id, &verification).await?;
    Ok(json(&TestView { ok, text, call }))
}

/// Whether the call proves that the connection works, and how it ended in words.
fn verdict(operation: &str, call: &Value) -> (bool, String) {
    let outcome = call["outcome"].as_str().unwrap_or("unknown");
    let ok = outcome.starts_with('2');
    let why = call["attempts"].as_array().and_then(|attempts| attempts.last());
    let why = why.and_then(|attempt| attempt["error"]["message"].as_str());
    let why = why.or_else(|| call["problems"][0]["message"].as_str()).filter(|_| !ok);
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    (ok, format!("`{operation}` ended as {outcome}{why}"))
}
