//! One call without a flow: made at once, and tried out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use callout_engine::{DirectCall, DirectResult};
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::node::NodeKind;
use callout_flow::node::api_call::ApiCall;
use callout_flow::run::Start;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json as value};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::body::{Json, content_type, fit, media_type, read, shaped, text};
use super::caller::{Caller, Editor, Operator};
use super::incoming::key_text;
use super::path::Path;
use super::previews::{NodeBody, ScopeBody, no_node};
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::{find_draft, flow_has_errors};
use super::surroundings::{checked, one_node};
use super::{Api, Shared};

/// Nodes that are kept compiled; beyond them all are forgotten.
const NODES_MAX: usize = 1024;
/// The longest text of a node that is kept compiled, in bytes.
const NODE_BYTES_MAX: usize = 16 * 1024;
/// The most of an answer's body that a test shows as it came, in bytes.
const RAW_BYTES_MAX: usize = 64 * 1024;

/// Nodes that were called lately, by their text.
#[derive(Debug, Default)]
pub struct Nodes(Mutex<HashMap<OrgId, HashMap<Box<str>, Compiled>>>);

/// A node's flow, and where the node is in it.
type Compiled = Arc<(Flow, usize)>;

impl Nodes {
    fn get(&self, org: &OrgId, text: &str) -> Option<Compiled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(org)?.get(text).cloned()
    }

    fn keep(&self, org: &OrgId, text: &str, node: &Compiled) {
        if text.len() > NODE_BYTES_MAX {
            return;
        }
        let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.values().map(HashMap::len).sum::<usize>() >= NODES_MAX {
            nodes.clear();
        }
        nodes.entry(org.clone()).or_default().insert(text.into(), Arc::clone(node));
    }
}

/// A call as a caller sends it, before its parts are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall<'b> {
    #[serde(borrow)]
    node: &'b RawValue,
    #[serde(borrow, default)]
    scope: Option<&'b RawValue>,
}

/// An `apiCall` node, what it may read, and the word that it may be sent.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallTest)]
pub struct TestBody {
    /// The node, as in a flow. Its cases may name any target, or none.
    #[schema(value_type = Object, example = json!({
        "type": "apiCall", "mode": "http", "url": "https://api.example/customers/{{ vars.id }}"
    }))]
    node: Map<String, Value>,
    #[serde(default)]
    scope: Option<ScopeBody>,
    /// Yes, send it, though it may change something: needed for all but GET and HEAD.
    #[serde(default)]
    confirm: bool,
}

/// What a node of the draft may read, and the word that it may be sent.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodeTest)]
pub struct NodeTestBody {
    #[serde(default)]
    scope: Option<ScopeBody>,
    /// Yes, send it, though it may change something: needed for all but GET and HEAD.
    #[serde(default)]
    confirm: bool,
}

shaped!(TestBody);
shaped!(NodeTestBody);

/// How a call ended.
#[derive(Debug, ToSchema)]
#[schema(as = CallResult)]
#[expect(dead_code, reason = "it only describes what the engine writes")]
pub struct CallView {
    /// `200`, `404`, `timeout`, `blocked`, …
    outcome: Option<String>,
    /// The answer's status; null where nothing was answered.
    status: Option<u16>,
    /// `{index, name, on}`, `next` or null.
    case: Value,
    /// The variables that it sets.
    set: Value,
    /// As it was sent, credentials masked.
    request: Value,
    /// `{status, headers, body, bytes}`.
    response: Value,
    /// Each sending, with the time of each phase.
    attempts: Vec<Value>,
    /// What the author should know.
    problems: Vec<Value>,
    /// Of a test: the beginning of the answer's body as it came.
    #[schema(required = false)]
    raw: Option<String>,
}

/// Make a call.
///
/// One `apiCall` node, rendered from the scope and sent at once, with its retries; its answer is mapped and its case taken. No
/// run is made: nothing of it is kept or counted. A caller's `Idempotency-Key` gives the upstream the same key each time.
#[utoipa::path(post, path = "/v1/calls", operation_id = "makeCall", tag = "calls", request_body = NodeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Where the node has `idempotency`, the upstream's key is made \
        from it.", max_length = 255)),
    responses((status = 200, description = "How it ended, whatever the upstream said.", body = CallView)),
    extensions(("x-required-role" = json!("operator"))))]
pub async fn call(
    caller: Caller<Operator>,
    State(api): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiProblem> {
    let bytes = read(&api, &headers, body).await?;
    match media_type(&headers) {
        Some("application/json") => {}
        found => return Err(content_type(found, "application/json")),
    }
    let key = key_text(&headers)?;
    let known = serde_json::from_slice::<RawCall<'_>>(&bytes).ok().and_then(|raw| {
        let node = api.nodes.get(caller.org(), raw.node.get())?;
        Some((scope_of(raw.scope)?.start(node.1), node))
    });
    let (start, node) = match known {
        Some(known) => known,
        None => compile(&api, caller.org(), &bytes).await?,
    };
    let result = send(&api, caller.org(), &node.0, start, key).await?;
    answer(&result, false)
}

fn scope_of(raw: Option<&RawValue>) -> Option<ScopeBody> {
    let Some(raw) = raw else { return Some(ScopeBody::default()) };
    let parsed = callout_flow::json::parse(raw.get().as_bytes()).ok()?;
    // Whatever is odd about it is told by the schema.
    if parsed.repeated_key.is_some() {
        return None;
    }
    serde_json::from_value(parsed.value).ok()
}

async fn compile(api: &Shared, org: &OrgId, bytes: &bytes::Bytes) -> Result<(Start, Compiled), ApiProblem> {
    let body: NodeBody = fit(text(bytes)?)?;
    let (node, scope) = body.into_parts();
    let compiled = Arc::new(one_node(api, org, node).await?);
    if let Ok(raw) = serde_json::from_slice::<RawCall<'_>>(bytes) {
        api.nodes.keep(org, raw.node.get(), &compiled);
    }
    Ok((scope.start(compiled.1), compiled))
}

/// Test a call.
///
/// Sends it for real and shows everything: the request as sent, each phase's time, the answer decoded and as it came, the case, the
/// variables. Nothing of it is kept or counted. All but GET and HEAD need `confirm`.
#[utoipa::path(post, path = "/v1/calls/test", operation_id = "testCall", tag = "calls", request_body = TestBody,
    responses(
        (status = 200, description = "How it ended, whatever the upstream said.", body = CallView),
        (status = 409, description = "It may change something, and `confirm` is not true: `confirm-needed`.", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn test(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Json(body): Json<TestBody>,
) -> Result<Response, ApiProblem> {
    let (flow, at) = one_node(&api, caller.org(), body.node).await?;
    confirmed(&flow, at, body.confirm)?;
    // What it sends cannot be taken back: the entry is there before.
    api.store.note(&caller.note(&api, "call.test", "call", "")).await?;
    let start = body.scope.unwrap_or_default().start(at);
    answer(&send(&api, caller.org(), &flow, start, None).await?, true)
}

/// Test a node of a flow's draft.
#[utoipa::path(post, path = "/v1/flows/{slug}/nodes/{node}/test", operation_id = "testNode", tag = "calls",
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        ("node" = String, Path, description = "The node's id.")),
    request_body = NodeTestBody,
    responses(
        (status = 200, description = "How it ended, whatever the upstream said.", body = CallView),
        (status = 409, description = "It may change something, and `confirm` is not true: `confirm-needed`.", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "The body does not fit: `body-invalid`; or the draft cannot run: `flow-has-errors`; or \
            the node calls nothing: `node-not-a-call`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn test_node(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path((slug, node)): Path<(String, String)>,
    Json(body): Json<NodeTestBody>,
) -> Result<Response, ApiProblem> {
    let draft = find_draft(&api, caller.org(), &slug).await?;
    let (_, checked) = checked(&api, caller.org(), draft.document, None).await?;
    let Some(flow) = checked.flow else {
        return Err(flow_has_errors(&slug, checked.problems.into_iter().map(Found::from).collect()));
    };
    let Some(at) = flow.index_of(&node) else { return Err(no_node(&flow)) };
    confirmed(&flow, at, body.confirm)?;
    let note = caller.note(&api, "call.test", "flow", &slug).becomes(value!({ "node": node }));
    api.store.note(&note).await?;
    let start = body.scope.unwrap_or_default().start(at);
    answer(&send(&api, caller.org(), &flow, start, None).await?, true)
}

/// Whether a call changes nothing at the other end, so that it may be tried without asking.
pub fn is_harmless(call: &ApiCall) -> bool {
    matches!(call.request.method().as_str(), "GET" | "HEAD")
}

/// Lets a call through that changes nothing, or that the caller said yes to.
fn confirmed(flow: &Flow, at: usize, confirm: bool) -> Result<(), ApiProblem> {
    let Some(NodeKind::ApiCall(call)) = flow.node(at).map(|node| &node.kind) else {
        return Err(ApiProblem::new(
            Code::NODE_NOT_A_CALL,
            "this node calls nothing: there is nothing to test",
        ));
    };
    if confirm || is_harmless(call) {
        return Ok(());
    }
    let method = call.request.method();
    Err(ApiProblem::new(
        Code::CONFIRM_NEEDED,
        format!("this sends a {method} for real, which may change something"),
    )
    .at("confirm")
    .fix(
        "Send `\"confirm\": true` where that is meant; `POST /v1/calls/preview` shows it and sends nothing.",
    ))
}

/// A slot among the calls without a run, until it is dropped.
pub fn slot(api: &Api) -> Result<OwnedSemaphorePermit, ApiProblem> {
    Arc::clone(&api.calls).try_acquire_owned().map_err(|_| {
        ApiProblem::new(Code::CALLS_AT_LIMIT, "as many calls are under way as this server makes at once")
            .fix("Send it again in a moment, or let the operator raise `runs.calls_in_flight_max`.")
    })
}

pub async fn send(
    api: &Api,
    org: &OrgId,
    flow: &Flow,
    start: Start,
    key: Option<&str>,
) -> Result<DirectResult, ApiProblem> {
    let _slot = slot(api)?;
    Ok(api.engine.direct(org, DirectCall { flow, start, key }, &mut |_, _| {}).await)
}

fn answer(result: &DirectResult, test: bool) -> Result<Response, ApiProblem> {
    if result.step.is_empty() {
        let why = result.fault.as_ref().map_or("the call made no step", |fault| &fault.message);
        return Err(ApiProblem::new(Code::INTERNAL, why.to_owned()));
    }
    let mut text = result.step.clone();
    if test {
        text.pop();
        let raw = result.raw.as_ref().map(|raw| {
            let text = String::from_utf8_lossy(raw);
            text[..text.floor_char_boundary(RAW_BYTES_MAX)].to_owned()
        });
        text.extend_from_slice(b",\"raw\":");
        text.extend(serde_json::to_vec(&raw).unwrap_or_default());
        text.push(b'}');
    }
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
