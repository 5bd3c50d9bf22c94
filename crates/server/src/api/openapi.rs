//! The API's own document, OpenAPI 3.1, made from the handlers and completed with what goes for all of them.

use std::sync::LazyLock;

use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use super::identity::COOKIE;
use super::json;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Callout",
        description = "Flows that call APIs, safely, and branch on what came back.\n\n\
            Errors are `application/problem+json`; tell them apart by `code`. Lists come in pages: send `next` as `cursor`. \
            Each endpoint names the role that its caller needs at least (`x-required-role`): a program shows a token, a page the \
            cookie of a session. With a cookie, a request that changes something must come from a page of this server's own \
            address.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server.")),
    tags(
        (name = "flows", description = "Flows: drafts, versions, checks, counts."),
        (name = "integrations", description = "Saved APIs: drafts, versions, what changed between them, and the flows that pin them."),
        (name = "connections", description = "What calls show who they are with; secrets go in and never come out."),
        (name = "runs", description = "Events, and the runs that they begin."),
        (name = "calls", description = "One call without a flow."),
        (name = "session", description = "Login with a password, for people at a page."),
        (name = "members", description = "The people of an org."),
        (name = "tokens", description = "Which programs may call the API."),
        (name = "orgs", description = "Tenants, and what each sets for itself."),
        (name = "audit", description = "Who did what, and when."),
        (name = "health", description = "How the process does, and this document."),
    ),
    components(schemas(super::problem::ProblemBody, super::drafts::AnyDocument)),
)]
struct Beginning;

/// The document before any endpoint.
pub fn begin() -> OpenApi {
    Beginning::openapi()
}

/// The document as the handlers make it.
pub fn describe() -> OpenApi {
    super::endpoints().into_openapi()
}

/// The whole document: made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(describe()).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "A token as `callout token create` or `POST /v1/tokens` makes it." },
        "session": { "type": "apiKey", "in": "cookie", "name": COOKIE, "description": "A session, as `POST /v1/session` opens it. A token beside it counts instead." }
    });
    // Which of the two it is, the key tells: one body is never both.
    document["components"]["schemas"]["CheckBody"]["oneOf"][1]["not"] = json!({ "required": ["documents"] });
    let vars = &mut document["components"]["schemas"]["NewRun"]["properties"]["vars"];
    vars["propertyNames"] = json!({ "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" });
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            complete(path, method, operation);
        }
    }
    document
});

/// The whole document, as `docs/openapi.json` has it.
pub fn whole() -> &'static Value {
    &DOCUMENT
}

/// This API's document.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "health", operation_id = "readOpenapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)))]
pub async fn document() -> Response {
    json(whole())
}

/// Adds what goes for every endpoint of its kind: the token, and the ways in which all of them refuse.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let role = operation.get("x-required-role").and_then(Value::as_str).map(str::to_owned);
    operation["security"] =
        if role.is_some() { json!([{ "token": [] }, { "session": [] }]) } else { json!([]) };
    let has_body = operation.get("requestBody").is_some();
    let takes = |place: &str| {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        parameters.into_iter().flatten().any(|parameter| parameter["in"] == place)
    };
    let (query, header) = (takes("query"), takes("header"));
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        bound(method, parameter);
    }
    let writes = matches!(method, "post" | "put" | "delete" | "patch");
    let mut add = Vec::new();
    if query || header || has_body {
        let mut codes = Vec::new();
        if query {
            codes.push("query-invalid");
        }
        if header {
            codes.push("header-invalid");
        }
        if has_body {
            codes.extend(["body-not-json", "body-not-text", "body-broken-off"]);
        }
        add.push(("400", "The request cannot be read", codes));
    }
    if role.is_some() {
        let codes = vec!["token-missing", "token-invalid", "session-invalid"];
        add.push(("401", "No token or session, or none that is valid", codes));
        let mut codes = vec!["role-too-low", "password-due"];
        if writes {
            codes.push("cross-site");
        }
        if path == "/v1/orgs" {
            codes.push("default-org-only");
        }
        add.push(("403", "The caller's role is lower than the endpoint's, or may not be used so", codes));
        add.push((
            "503",
            "The store cannot be used now; come again after `Retry-After`",
            vec!["store-unavailable"],
        ));
    }
    if path.contains('{') || path == "/v1/runs" {
        add.push(("404", "There is no such thing", vec!["not-found"]));
    }
    if has_body {
        add.push(("408", "The body came too slowly", vec!["request-too-slow"]));
        let too_large = match operation["operationId"].as_str() {
            Some("importOpenapi" | "writeIntegrationDraft") => {
                "The body is larger than `server.import_bytes_max`"
            }
            _ => "The body is larger than `server.request_bytes_max`",
        };
        add.push(("413", too_large, vec!["request-too-large"]));
        add.push(("415", "The body has another content type", vec!["content-type-unsupported"]));
        add.push(("422", "The body does not fit", vec!["body-invalid"]));
    }
    // Events are no value that a schema could be of.
    if let Some(events) = operation.pointer_mut("/responses/200/content/text~1event-stream") {
        *events = json!({});
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, what, codes) in add {
        responses.entry(status).or_insert_with(|| refusal(what, &codes));
    }
    let mut sorted: Vec<(String, Value)> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    *responses = Map::from_iter(sorted);
}

/// What the types of parameters that many endpoints have do not say.
fn bound(method: &str, parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default();
    parameter["schema"] = match name {
        "slug" => json!({ "type": "string", "pattern": callout_flow::schema::SLUG_PATTERN }),
        "version" => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        // Where nothing is read, the header only says that nothing may be there.
        "If-None-Match" if method == "put" => json!({ "type": "string", "enum": ["*"] }),
        "If-Match" | "If-None-Match" => json!({ "type": "string", "pattern": TAGS }),
        "Idempotency-Key" => json!({ "type": "string", "pattern": "^[!-~]{1,255}$" }),
        "Last-Event-ID" => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        "wait" => json!({ "type": "string", "pattern": WAIT, "examples": ["10s"] }),
        _ => return,
    };
}

/// How long a caller may wait, as most will write it.
const WAIT: &str = "^(([1-9]?[0-9]|1[01][0-9]|120)s|[0-9]{1,5}ms|[012]m)$";

/// A revision as an entity tag or bare, or `*`; a list of tags is taken too.
const TAGS: &str = r#"^(\*|[0-9]{1,18}|"[0-9]{1,18}")$"#;

fn refusal(what: &str, codes: &[&str]) -> Value {
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    json!({
        "description": format!("{what}: {}.", codes.join(", ")),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}
