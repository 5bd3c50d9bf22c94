//! What a node would send, explained, with nothing sent.

use axum::extract::State;
use axum::response::Response;
use callout_engine::{Engine, Scrubber};
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::run::Start;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{Json, shaped};
use super::caller::{Caller, Editor};
use super::path::Path;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::{find_draft, flow_has_errors};
use super::surroundings::{checked, one_node};
use super::{Shared, json};

/// What the node's templates may read.
#[derive(Debug, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Scope, example = json!({ "vars": { "id": 7 }, "event": { "name": "call.connected", "from": "+442079460018" } }))]
pub struct ScopeBody {
    /// The run's variables.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub vars: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub event: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub contact: Option<Map<String, Value>>,
}

/// An `apiCall` node and what it may read.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodeCall)]
pub struct NodeBody {
    /// The node, as in a flow. Its cases may name any target, or none.
    #[schema(value_type = Object, example = json!({
        "type": "apiCall", "mode": "http", "url": "https://api.example/customers/{{ vars.id }}"
    }))]
    node: Map<String, Value>,
    #[serde(default)]
    scope: Option<ScopeBody>,
}

/// What a node of the draft may read.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NodeScope)]
pub struct NodeScopeBody {
    #[serde(default)]
    scope: Option<ScopeBody>,
}

shaped!(NodeBody);
shaped!(NodeScopeBody);

impl NodeBody {
    pub fn into_parts(self) -> (Map<String, Value>, ScopeBody) {
        (self.node, self.scope.unwrap_or_default())
    }
}

impl ScopeBody {
    /// A run that stands before this node, and ends after it.
    pub fn start(self, at: usize) -> Start {
        let object = |map: Option<Map<String, Value>>| map.map_or(Value::Null, Value::Object);
        Start {
            event: self.event.map_or_else(|| Value::Object(Map::new()), Value::Object),
            contact: object(self.contact),
            vars: self.vars.unwrap_or_default(),
            at: Some(at),
            single: true,
        }
    }
}

/// What a node would do: the shape is `callout preview --json`'s.
#[derive(Debug, ToSchema)]
#[schema(as = Preview)]
#[expect(dead_code, reason = "it only describes what the engine's preview serialises to")]
pub struct PreviewView {
    /// `call` for an `apiCall`; `step` for any other node, which is worked out and thrown away.
    kind: String,
    /// The request as it would be sent, credentials masked; null where it cannot be rendered.
    #[schema(value_type = Option<Object>, required = false)]
    request: Value,
    /// Why it cannot be rendered.
    #[schema(value_type = Option<Vec<Object>>, required = false)]
    invalid: Value,
    #[schema(value_type = Option<Vec<Object>>, required = false)]
    problems: Value,
    /// The guard's view of the URL, before any look-up.
    #[schema(value_type = Option<Object>, required = false)]
    verdict: Value,
    /// When the call would be sent again.
    #[schema(value_type = Option<Object>, required = false)]
    retry: Value,
    /// Which variables fed which field.
    #[schema(value_type = Option<Vec<Object>>, required = false)]
    fed: Value,
    /// Of a node that calls nothing: the step it would make.
    #[schema(value_type = Option<Object>, required = false)]
    step: Value,
    #[schema(value_type = Option<Vec<Object>>, required = false)]
    effects: Value,
}

/// Preview a call.
///
/// Renders the request and explains it: the bytes with secrets masked, the guard's verdict, the retry plan, which variables
/// fed what. Nothing is sent.
#[utoipa::path(post, path = "/v1/calls/preview", operation_id = "previewCall", tag = "calls", request_body = NodeBody,
    responses((status = 200, description = "What would be sent.", body = PreviewView)),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn preview_call(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Json(body): Json<NodeBody>,
) -> Result<Response, ApiProblem> {
    let (flow, at) = one_node(&api, caller.org(), body.node).await?;
    let start = body.scope.unwrap_or_default().start(at);
    Ok(json(&preview(&api.engine, caller.org(), &flow, start).await?))
}

/// Preview a node of a flow's draft.
#[utoipa::path(post, path = "/v1/flows/{slug}/nodes/{node}/preview", operation_id = "previewNode", tag = "calls",
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        ("node" = String, Path, description = "The node's id.")),
    request_body = NodeScopeBody,
    responses(
        (status = 200, description = "What the node would do.", body = PreviewView),
        (status = 422, description = "The body does not fit: `body-invalid`; or the draft cannot run: `flow-has-errors`; or \
            the node waits or calls another flow: `node-not-a-call`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn preview_node(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path((slug, node)): Path<(String, String)>,
    Json(body): Json<NodeScopeBody>,
) -> Result<Response, ApiProblem> {
    let draft = find_draft(&api, caller.org(), &slug).await?;
    let (_, checked) = checked(&api, caller.org(), draft.document, None).await?;
    let Some(flow) = checked.flow else {
        return Err(flow_has_errors(&slug, checked.problems.into_iter().map(Found::from).collect()));
    };
    let Some(at) = flow.index_of(&node) else { return Err(no_node(&flow)) };
    let start = body.scope.unwrap_or_default().start(at);
    Ok(json(&preview(&api.engine, caller.org(), &flow, start).await?))
}

async fn preview(engine: &Engine, org: &OrgId, flow: &Flow, start: Start) -> Result<Value, ApiProblem> {
    let mut run = engine.begin(flow, start);
    let mut scrubber = Scrubber::default();
    let preview = engine.preview(org, flow, &mut run, &mut scrubber).await.ok_or_else(|| {
        ApiProblem::new(
            Code::NODE_NOT_A_CALL,
            "this node waits or calls another flow; it sends nothing by itself",
        )
    })?;
    let mut shown = serde_json::to_value(&preview)
        .map_err(|_| ApiProblem::new(Code::INTERNAL, "the preview cannot be written"))?;
    scrubber.mask_json(&mut shown);
    callout_flow::step::cut_bodies(&mut shown);
    Ok(shown)
}

pub fn no_node(flow: &Flow) -> ApiProblem {
    const LISTED_MAX: usize = 20;
    let ids: Vec<&str> = flow.nodes().map(|node| node.id.as_str()).take(LISTED_MAX).collect();
    ApiProblem::not_found("node of this id in the draft").fix(format!("The nodes are: {}.", ids.join(", ")))
}
