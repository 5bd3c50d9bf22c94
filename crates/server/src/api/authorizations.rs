//! OAuth 2.0 with a person's consent: a connection is sent to the authorization server, and comes back with a code.

use axum::extract::State;
use axum::response::Response;
use callout_engine::OauthError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Admin, Caller};
use super::connections::{find, not_found};
use super::path::Path;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::{Shared, json};

/// Where the authorization server shall send the browser back to.
#[derive(Debug, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AuthorizationStart)]
pub struct BeginBody {
    /// As it is registered with the authorization server; `<public origin>/oauth/callback` where it is not given.
    #[serde(default)]
    redirect_uri: Option<String>,
}

shaped!(BeginBody);

/// Where a person agrees.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Authorization)]
pub struct AuthorizationView {
    /// To be opened in a browser, within ten minutes.
    url: String,
    /// Comes back with the code.
    state: String,
}

/// What came back.
#[derive(Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AuthorizationFinish)]
pub struct FinishBody {
    /// The parameter `state` of the address that the browser was sent to.
    #[schema(max_length = 4096)]
    state: String,
    /// Its parameter `code`.
    #[schema(max_length = 4096, write_only)]
    code: String,
}

impl std::fmt::Debug for FinishBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FinishBody { .. }")
    }
}

shaped!(FinishBody);

/// A connection that has its token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Authorized)]
pub struct AuthorizedView {
    id: String,
    authorized: bool,
}

/// Begin to authorise a connection.
///
/// For the kind `oauth2AuthorizationCode`, with PKCE. The answer's address is opened in a browser; what the browser comes back
/// with goes to `…/authorization/finish`.
#[utoipa::path(post, path = "/v1/connections/{id}/authorization", operation_id = "beginAuthorization", tag = "connections",
    params(("id" = String, Path, description = "The connection's id.")), request_body = BeginBody,
    responses(
        (status = 200, description = "Where a person agrees.", body = AuthorizationView),
        (status = 409, description = "It shows who it is in another way: `connection-unsuited`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn begin(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<BeginBody>,
) -> Result<Response, ApiProblem> {
    find(&api, caller.org(), &id).await?;
    let redirect_uri = match (body.redirect_uri, &api.rules.public_origin) {
        (Some(uri), _) => uri,
        (None, Some(origin)) => format!("{origin}/oauth/callback"),
        (None, None) => {
            let detail = "nothing says where the browser shall come back to";
            let fix = "Send `redirectUri`, or let the operator set `server.public_url`.";
            return Err(field_invalid("redirectUri", detail, fix));
        }
    };
    let begun = api.engine.authorize(caller.org(), &id, &redirect_uri).await;
    let begun = begun.map_err(|error| problem(error, &id))?;
    let note = caller.note(&api, "connection.authorize", "connection", &id);
    api.told(note.becomes(value!({ "redirectUri": redirect_uri }))).await;
    Ok(json(&AuthorizationView { url: begun.url, state: begun.state }))
}

/// Finish authorising a connection.
///
/// The code becomes a token, which is sealed with the connection.
#[utoipa::path(post, path = "/v1/connections/{id}/authorization/finish", operation_id = "finishAuthorization",
    tag = "connections", params(("id" = String, Path, description = "The connection's id.")), request_body = FinishBody,
    responses(
        (status = 200, description = "The connection has its token.", body = AuthorizedView),
        (status = 409, description = "The code is not taken, or belongs to another authorization: `connection-unsuited`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The token's server does not answer: `upstream-unavailable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn finish(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<FinishBody>,
) -> Result<Response, ApiProblem> {
    find(&api, caller.org(), &id).await?;
    let done = api.engine.authorized(caller.org(), &id, &body.state, &body.code).await;
    let done = done.map_err(|error| problem(error, &id));
    let note = caller.note(&api, "connection.authorized", "connection", &id);
    let after = match &done {
        Ok(()) => value!({ "ok": true }),
        Err(error) => value!({ "ok": false, "why": error.detail() }),
    };
    api.told(note.becomes(after)).await;
    done?;
    Ok(json(&AuthorizedView { id, authorized: true }))
}

fn problem(error: OauthError, id: &str) -> ApiProblem {
    match error {
        OauthError::Store(callout_store::StoreError::NotFound) => not_found(id),
        OauthError::Store(error) => error.into(),
        OauthError::Refused(why) => ApiProblem::new(Code::CONNECTION_UNSUITED, why)
            .fix("Begin anew: `POST /v1/connections/{id}/authorization`."),
        OauthError::Unavailable(why) => {
            ApiProblem::new(Code::UPSTREAM_UNAVAILABLE, why).fix("Try again in a moment.")
        }
    }
}
