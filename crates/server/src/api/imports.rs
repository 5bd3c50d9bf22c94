//! Documents of others brought in, and calls shown in the words of others. Nothing is kept, and nothing is sent.

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use callout_flow::import::{self, ImportOptions, Imported};
use callout_flow::node::NodeDraft;
use callout_flow::problem::Problem;
use callout_flow::render::Invalid;
use callout_flow::source::to_yaml;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};
use utoipa::{IntoParams, ToSchema};

use super::body::{self, Json, content_type, media_type, shaped};
use super::caller::{Caller, Editor};
use super::drafts::{AnyDocument, DOCUMENT_TYPES};
use super::flows::is_slug;
use super::previews::NodeBody;
use super::problem::{ApiProblem, Code, Found, ProblemBody, Weight};
use super::query::{Query, invalid};
use super::surroundings::one_node;
use super::{Shared, json, off_thread};

/// A foreign document: JSON or YAML. Which of the two is seen from its text.
#[derive(Debug)]
pub struct ForeignBody(String);

impl FromRequest<Shared> for ForeignBody {
    type Rejection = ApiProblem;

    async fn from_request(request: Request<Body>, api: &Shared) -> Result<Self, ApiProblem> {
        let (parts, body) = request.into_parts();
        match media_type(&parts.headers) {
            Some(
                "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml",
            ) => {}
            found => return Err(content_type(found, DOCUMENT_TYPES)),
        }
        let bytes = body::read_within(api, &parts.headers, body, api.rules.imports()).await?;
        off_thread(move || Ok(Self(body::text(&bytes)?.to_owned()))).await?
    }
}

/// What the document does not say itself.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The integration's slug; made from the document's title where it is not given.
    #[param(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    slug: Option<String>,
    /// The server to call, one of the document's or another; the one that most operations name where it is not given.
    server: Option<String>,
    /// Where the document came from, a name or an address: the integration notes it.
    from: Option<String>,
}

/// What came of an OpenAPI document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportedIntegration)]
pub struct ImportedView {
    /// The integration, as `callout schema integration` describes it.
    #[schema(value_type = Object)]
    integration: Value,
    /// The same as YAML, for `PUT /v1/integrations/{slug}/draft`.
    document: String,
    /// The operations that did not come in: `{method, path, reason, server}`; `server` where it would come in from that one.
    #[schema(value_type = Vec<Object>)]
    skipped: Vec<import::Skipped>,
    /// What came in otherwise than the document says it: `{operation, message}`.
    #[schema(value_type = Vec<Object>)]
    notes: Vec<import::ImportNote>,
}

/// A command, as it is pasted from a terminal or a browser.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CurlCommand, example = json!({ "command": "curl https://api.example/customers/7 -H 'X-Mark: a'" }))]
pub struct CurlBody {
    command: String,
}

shaped!(CurlBody);

/// What came of a command.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedCall)]
pub struct ImportedCallView {
    /// The node, without cases or `next`.
    #[schema(value_type = Object)]
    node: NodeDraft,
    /// What came in otherwise than the command says it, or not at all.
    notes: Vec<String>,
}

/// A call as a command.
#[derive(Debug, ToSchema)]
#[schema(as = ExportedCall)]
#[expect(dead_code, reason = "it only describes what the engine's export serialises to")]
pub struct ExportedView {
    /// For bash.
    command: String,
    /// The variables of the shell that stand for secrets.
    variables: Vec<String>,
    /// What the command does otherwise than the call.
    notes: Vec<String>,
}

/// Make an integration of an OpenAPI document.
///
/// OpenAPI 3.0 or 3.1. Nothing is kept: the answer's `document` can be written as a draft. An operation that cannot come in
/// is listed with the reason and keeps no other out.
#[utoipa::path(post, path = "/v1/imports/openapi", operation_id = "importOpenapi", tag = "integrations",
    params(ImportQuery),
    request_body(description = "The OpenAPI document.",
        content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json"))),
    responses(
        (status = 200, description = "What came in.", body = ImportedView),
        (status = 422, description = "Nothing of it comes in; `problems` says why: `import-refused`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn openapi(
    _: Caller<Editor>,
    State(api): State<Shared>,
    Query(query): Query<ImportQuery>,
    ForeignBody(text): ForeignBody,
) -> Result<Response, ApiProblem> {
    if query.slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
        return Err(invalid("`slug` cannot be the slug of an integration").at("slug"));
    }
    let date = api.now().strftime("%Y-%m-%d").to_string();
    let view = off_thread(move || {
        let options = ImportOptions {
            slug: query.slug.as_deref(),
            server: query.server.as_deref(),
            from: query.from.as_deref(),
            date: Some(&date),
        };
        // What comes of the largest document takes long to write down too.
        import::openapi(&text, options).map(|made| json(&imported(made)))
    });
    view.await?.map_err(|problem| refused(*problem))
}

fn imported(imported: Imported) -> ImportedView {
    let Imported { integration, skipped, notes } = imported;
    let integration = serde_json::to_value(&integration).unwrap_or_default();
    ImportedView { document: to_yaml(&integration), integration, skipped, notes }
}

/// Make a node of a cURL command.
///
/// The command is read as bash, `cmd.exe` or PowerShell would read it. It is not run, and no file is read.
#[utoipa::path(post, path = "/v1/imports/curl", operation_id = "importCurl", tag = "calls", request_body = CurlBody,
    responses(
        (status = 200, description = "The node.", body = ImportedCallView),
        (status = 422, description = "It cannot be such a node; `problems` says why: `import-refused`. Or the body does not \
            fit: `body-invalid`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn curl(_: Caller<Editor>, Json(body): Json<CurlBody>) -> Result<Response, ApiProblem> {
    let imported =
        off_thread(move || import::curl(&body.command)).await?.map_err(|problem| refused(*problem))?;
    Ok(json(&ImportedCallView { node: NodeDraft::ApiCall(Box::new(imported.node)), notes: imported.notes }))
}

/// Show a call as a cURL command.
///
/// Secrets are not in it: each is a variable of the shell, `variables` lists them. Nothing is sent.
#[utoipa::path(post, path = "/v1/calls/export", operation_id = "exportCall", tag = "calls", request_body = NodeBody,
    responses(
        (status = 200, description = "The command.", body = ExportedView),
        (status = 422, description = "It cannot be rendered, or the body does not fit: `body-invalid`; or it is no `apiCall`: \
            `node-not-a-call`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn export(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Json(body): Json<NodeBody>,
) -> Result<Response, ApiProblem> {
    let (node, scope) = body.into_parts();
    let (flow, at) = one_node(&api, caller.org(), node).await?;
    let mut run = api.engine.begin(&flow, scope.start(at));
    match api.engine.export_curl(caller.org(), &flow, &mut run).await? {
        Some(Ok(exported)) => Ok(json(&value!(exported))),
        Some(Err(invalid)) => Err(unrendered(invalid)),
        None => Err(ApiProblem::new(Code::NODE_NOT_A_CALL, "the node calls nothing")
            .fix("Send a node of the type `apiCall`.")),
    }
}

/// Why a call cannot be shown, field by field.
fn unrendered(invalid: Vec<Invalid>) -> ApiProblem {
    let found = invalid.into_iter().map(|one| Found {
        code: one.code.to_owned(),
        severity: Weight::Error,
        at: one.at.to_string(),
        line: None,
        column: None,
        message: one.message,
        fix: String::new(),
    });
    let found: Vec<Found> = found.collect();
    let first = found.first().map_or(String::new(), |first| format!(": {}: {}", first.at, first.message));
    ApiProblem::new(Code::BODY_INVALID, format!("the call cannot be rendered{first}"))
        .fix("Give in `scope` what its templates read, or mend the node.")
        .problems(found)
}

fn refused(problem: Problem) -> ApiProblem {
    let found = Found::from(problem);
    let mut refused = ApiProblem::new(Code::IMPORT_REFUSED, found.message.clone())
        .fix(found.fix.clone())
        .at(found.at.clone());
    if let (Some(line), Some(column)) = (found.line, found.column) {
        refused = refused.place(line, column);
    }
    refused.problems(vec![found])
}
