//! API tokens, for admins.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callout_store::{NewToken, Role, StoreError, Token};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Admin, Caller, role_word};
use super::path::Path;
use super::problem::{ApiProblem, Code};
use super::query::{PageOf, PageQuery, Query, cursor};
use super::{Shared, json, json_with};
use crate::token;

/// The most characters of a token's name.
pub const NAME_CHARS_MAX: usize = 100;

/// What a caller may do; each role may what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub enum RoleWord {
    /// Reads.
    Viewer,
    /// Also runs, cancels, re-runs.
    Operator,
    /// Also drafts, publishes, tests.
    Editor,
    /// Also members, tokens, settings and the audit log.
    Admin,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Viewer => Self::Viewer,
            RoleWord::Operator => Self::Operator,
            RoleWord::Editor => Self::Editor,
            RoleWord::Admin => Self::Admin,
        }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewToken, example = json!({ "name": "ci", "role": "editor", "expires": "90d" }))]
pub struct NewTokenBody {
    /// For people; unique among the tokens there are.
    #[schema(pattern = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{0,98}[^\s\x00-\x1f\x7f-\x9f])?$")]
    name: String,
    role: RoleWord,
    /// How long it is valid, as `90d` or `12h`; for ever where it is not given.
    #[serde(default)]
    #[schema(
        pattern = r"^(([1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])d|[1-9][0-9]{0,2}h|[1-9][0-9]{0,4}[ms])$"
    )]
    expires: Option<String>,
}

shaped!(NewTokenBody);

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Token)]
pub struct TokenView {
    id: String,
    name: String,
    #[schema(value_type = RoleWord)]
    role: &'static str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null where it never expires.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            role: role_word(token.role),
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}

/// A token that was made just now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeToken)]
pub struct MadeToken {
    #[serde(flatten)]
    view: TokenView,
    /// What callers send. It is shown only here.
    token: String,
}

/// List the tokens.
///
/// Oldest first; revoked ones are gone.
#[utoipa::path(get, path = "/v1/tokens", operation_id = "listTokens", tag = "tokens", params(PageQuery),
    responses((status = 200, description = "A page of tokens.", body = PageOf<TokenView>)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn list(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let (limit, from) = (page.limit()?, page.cursor::<usize>()?.unwrap_or(0));
    let all = api.store.tokens(caller.org()).await?;
    let next = from.saturating_add(limit);
    let next = (next < all.len()).then(|| cursor(next));
    let items = all.into_iter().skip(from).take(limit).map(TokenView::from).collect();
    Ok(json(&PageOf { items, next }))
}

/// Make a token.
///
/// Its text is in this answer and nowhere else: only its hash is kept.
#[utoipa::path(post, path = "/v1/tokens", operation_id = "createToken", tag = "tokens", request_body = NewTokenBody,
    responses(
        (status = 201, description = "The token.", body = MadeToken),
        (status = 409, description = "Another token has this name: `token-name-taken`.",
            body = super::problem::ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn create(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Json(new): Json<NewTokenBody>,
) -> Result<Response, ApiProblem> {
    check_name(&new.name).map_err(|why| field_invalid("name", why, "Give it a short name for people."))?;
    let now = api.now();
    let expires_at = new.expires.as_deref().map(|text| expiry(text, now)).transpose();
    let expires_at = expires_at.map_err(|why| ApiProblem::new(Code::EXPIRY_INVALID, why).at("expires"))?;
    let text = token::new_token().map_err(|error| {
        tracing::error!(%error, "no token can be made");
        ApiProblem::new(Code::INTERNAL, "no token can be made; the server's log says why")
    })?;
    let new = NewToken {
        name: new.name,
        role: new.role.into(),
        hash: token::hash(&text),
        created_at: now,
        expires_at,
    };
    let after = value!({ "name": new.name, "role": role_word(new.role), "expiresAt": expires_at });
    let note = caller.note(&api, "token.create", "token", new.id()).becomes(after);
    let made = api.store.noting(note).add_token(caller.org(), &new).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            ApiProblem::new(Code::TOKEN_NAME_TAKEN, format!("there is a token named `{}` already", new.name))
                .fix("Take another name, or revoke that token first.")
                .at("name")
        }
        other => other.into(),
    })?;
    Ok(json_with(StatusCode::CREATED, &MadeToken { view: made.into(), token: text }))
}

/// Revoke a token.
///
/// It is refused from then on. No token revokes itself, so that no admin locks everyone out by a slip.
#[utoipa::path(delete, path = "/v1/tokens/{id}", operation_id = "revokeToken", tag = "tokens",
    params(("id" = String, Path, description = "The token's id, `tok_…`.")),
    responses(
        (status = 204, description = "It is revoked."),
        (status = 409, description = "It is the caller's own: `token-own`.",
            body = super::problem::ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn revoke(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    if caller.token() == Some(id.as_str()) {
        return Err(ApiProblem::new(Code::TOKEN_OWN, "this is the token that you call with")
            .fix("Make another admin's token, and revoke this one with it."));
    }
    let missing = || ApiProblem::not_found("token with this id");
    let all = api.store.tokens(caller.org()).await?;
    let before = all.iter().find(|token| token.id == id).ok_or_else(missing)?;
    let before = value!({ "name": before.name, "role": role_word(before.role) });
    let note = caller.note(&api, "token.revoke", "token", &id).was(before);
    api.store.noting(note).revoke_token(caller.org(), &id).await.map_err(|error| match error {
        StoreError::NotFound => missing(),
        other => other.into(),
    })?;
    api.callers.shown.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// Why a text cannot name a token.
pub fn check_name(name: &str) -> Result<(), String> {
    let chars = name.chars().count();
    let blank_at_an_end = name.trim() != name;
    if name.is_empty() || blank_at_an_end || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(format!(
            "a token's name has 1 to {NAME_CHARS_MAX} characters, no blank at either end and none that controls a terminal"
        ));
    }
    Ok(())
}

/// When a token made now would expire.
pub fn expiry(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let length = callout_flow::duration::parse_duration(text)?;
    if length.is_zero() {
        return Err(format!("`{text}` is no time at all: the token would never be valid"));
    }
    now.checked_add(length).map_err(|_| format!("`{text}` from now is beyond the calendar"))
}
