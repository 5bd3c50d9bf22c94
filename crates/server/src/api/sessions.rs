//! Sessions: login with a password, who one is, logout.

use axum::extract::FromRequestParts;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use callout_flow::id::OrgId;
use callout_store::{Actor, ActorKind, Login, Member, NewPassword, NewSession, Note, Object, StoreError};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{Json, shaped};
use super::caller::{Caller, Newcomer, from, role_word};
use super::identity::{COOKIE, Known, SESSION_MAX, Who};
use super::members::{email, internal};
use super::problem::{ApiProblem, Code, ProblemBody};
use super::tokens::RoleWord;
use super::{Api, Shared, json};
use crate::password::{self, Crowded};
use crate::token;

/// The most of a refused name that the audit log keeps, in characters.
const NAME_SHOWN_MAX: usize = 254;

/// Who logs in.
#[derive(Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LoginBody, example = json!({ "email": "ann@example.com", "password": "correct horse battery" }))]
pub struct LoginBody {
    email: String,
    #[schema(format = Password)]
    password: String,
    /// Whose member it is; `default` where it is not given.
    #[serde(default)]
    org: Option<String>,
}

/// A password of the member's own.
#[derive(Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordBody)]
pub struct PasswordBody {
    /// The one so far.
    #[schema(format = Password)]
    current: String,
    /// 12 to 256 characters, and not the e-mail address.
    #[schema(format = Password)]
    new: String,
}

shaped!(LoginBody);
shaped!(PasswordBody);

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionView {
    org: String,
    /// `member` for a session, `token` for a token.
    kind: &'static str,
    /// The member's or token's id.
    id: String,
    name: String,
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// The member's; null for a token.
    email: Option<String>,
    /// Whether a password must be set before anything else.
    password_due: bool,
    /// When the session is over unless it is used, or the token's expiry.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl SessionView {
    fn of(known: &Known) -> Self {
        let (kind, id, member) = match &known.who {
            Who::Token { id, .. } => ("token", id, None),
            Who::Member { member, .. } => ("member", &member.id, Some(member)),
        };
        Self {
            org: known.org.as_str().to_owned(),
            kind,
            id: id.clone(),
            name: known.name().to_owned(),
            role: role_word(known.role),
            email: member.map(|member| member.email.clone()),
            password_due: member.is_some_and(|member| member.password_due),
            expires_at: known.expires_at,
        }
    }
}

/// The address that a request came from.
#[derive(Debug)]
pub struct From(Option<std::net::IpAddr>);

impl FromRequestParts<Shared> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self(from(parts)))
    }
}

/// Log in.
///
/// Opens a session: its cookie is `__Host-callout`, which no script reads. One answer for a member that is not there, a
/// password that is wrong and a member who may not. Tries are limited for each name and each address.
#[utoipa::path(post, path = "/v1/session", operation_id = "login", tag = "session", request_body = LoginBody,
    responses(
        (status = 200, description = "Who you are.", body = SessionView,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 401, description = "They do not fit: `login-refused`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A page of another site sent it: `cross-site`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; come again after `Retry-After`: `logins-limited`.",
            body = ProblemBody, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds."))),
        (status = 503, description = "The store cannot be used now: `store-unavailable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn open(
    State(api): State<Shared>,
    From(from): From,
    Json(body): Json<LoginBody>,
) -> Result<Response, ApiProblem> {
    let org = body.org.map_or_else(OrgId::default_org, OrgId::new);
    let name = email(&body.email).unwrap_or_default();
    let now = api.now();
    api.callers.attempts.take(org.as_str(), &name, from, now).map_err(limited)?;
    let login = api.store.login(&org, &name).await?;
    let hash = login.as_ref().map(|login| login.password.hash.clone());
    let fits = api.callers.passwords.matches(body.password, hash).await.map_err(crowded)?;
    let may = |login: &Login| !login.member.disabled && login.password.until.is_none_or(|until| now < until);
    let note = |kind, member: Option<&Member>, action: &str| {
        let shown: String = body.email.chars().take(NAME_SHOWN_MAX).collect();
        let id = member.map_or_else(String::new, |member| member.id.clone());
        let name = member.map_or_else(|| shown.clone(), |member| member.name.clone());
        Note {
            org: org.clone(),
            at: now,
            actor: Actor {
                kind,
                id: if kind == ActorKind::Member { id.clone() } else { String::new() },
                name,
            },
            from,
            action: action.to_owned(),
            object: Object { kind: "session".to_owned(), id },
            before: None,
            after: None,
        }
    };
    let Some(login) = login.filter(|login| fits && may(login)) else {
        refused_login(&api, note(ActorKind::Nobody, None, "session.refuse")).await;
        return Err(login_refused());
    };
    let (text, hash) = new_session()?;
    let new = NewSession { member: &login.member.id, hash: &hash, now };
    let note = note(ActorKind::Member, Some(&login.member), "session.open");
    api.store.noting(note).open_session(&org, &new).await.map_err(|error| match error {
        StoreError::NotFound => login_refused(),
        other => other.into(),
    })?;
    api.callers.attempts.forget(org.as_str(), &name);
    answer(&api, hash, &text).await
}

/// An org that is not there has no log: that goes to the one of whoever runs the server, and so takes as long.
async fn refused_login(api: &Api, mut note: Note) {
    let told = match api.store.note(&note).await {
        Err(StoreError::NotFound) => {
            let org: String = note.org.as_str().chars().take(NAME_SHOWN_MAX).collect();
            note.after = Some(value!({ "org": org }));
            note.org = OrgId::default_org();
            api.store.note(&note).await
        }
        other => other,
    };
    if let Err(error) = told {
        tracing::error!(%error, "the audit log misses a refused login");
    }
}

/// Say who calls.
///
/// Of a session or of a token.
#[utoipa::path(get, path = "/v1/session", operation_id = "readSession", tag = "session",
    responses((status = 200, description = "Who you are.", body = SessionView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(caller: Caller<Newcomer>) -> Response {
    json(&SessionView::of(caller.known()))
}

/// Log out.
///
/// The session is over at once, wherever its cookie is.
#[utoipa::path(delete, path = "/v1/session", operation_id = "logout", tag = "session",
    responses(
        (status = 204, description = "It is over."),
        (status = 409, description = "The caller shows a token and has no session: `session-none`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn close(caller: Caller<Newcomer>, State(api): State<Shared>) -> Result<Response, ApiProblem> {
    let (Some(hash), Some(member)) = (caller.session(), caller.member()) else { return Err(no_session()) };
    let note = caller.note(&api, "session.close", "session", &member.id);
    match api.store.noting(note).close_session(caller.org(), hash).await {
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    api.callers.shown.forget();
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", SignedDuration::ZERO))]).into_response())
}

/// Set one's password.
///
/// Every session of the member ends, and a new one begins in this answer. The current password is asked for again, and tries
/// are limited as those of a login.
#[utoipa::path(post, path = "/v1/session/password", operation_id = "setPassword", tag = "session",
    request_body = PasswordBody,
    responses(
        (status = 200, description = "It is set.", body = SessionView,
            headers(("Set-Cookie" = String, description = "The new session."))),
        (status = 401, description = "The current password is wrong: `login-refused`; or the session is over: \
            `session-invalid`, `token-missing`, `token-invalid`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The caller shows a token and has no session: `session-none`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The body does not fit: `body-invalid`; or the new password can be guessed: \
            `password-weak`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; come again after `Retry-After`: `logins-limited`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn set_password(
    caller: Caller<Newcomer>,
    State(api): State<Shared>,
    Json(body): Json<PasswordBody>,
) -> Result<Response, ApiProblem> {
    let Some(member) = caller.member() else { return Err(no_session()) };
    let (org, now) = (caller.org(), api.now());
    api.callers.attempts.take(org.as_str(), &member.email, caller.from(), now).map_err(limited)?;
    let weak = |why: &str| {
        ApiProblem::new(Code::PASSWORD_WEAK, why).at("new").fix("Take a longer one: several words do.")
    };
    password::check(&body.new, &member.email).map_err(|why| weak(&why))?;
    if body.new == body.current {
        return Err(weak("the new password is the current one"));
    }
    let login = api.store.login(org, &member.email).await?;
    let hash = login.map(|login| login.password.hash);
    if !api.callers.passwords.matches(body.current, hash).await.map_err(crowded)? {
        let note = caller.note(&api, "session.refuse", "session", &member.id);
        refused_login(&api, note).await;
        return Err(login_refused().at("current"));
    }
    let password = NewPassword { hash: hashed(&api, &member.email, body.new).await?, until: None };
    let (text, hash) = new_session()?;
    let new = NewSession { member: &member.id, hash: &hash, now };
    let note = caller.note(&api, "session.password", "member", &member.id);
    api.store.noting(note).set_password(org, &password, &new).await.map_err(|error| match error {
        StoreError::NotFound => login_refused(),
        other => other.into(),
    })?;
    api.callers.shown.forget();
    api.callers.attempts.forget(org.as_str(), &member.email);
    answer(&api, hash, &text).await
}

/// Who one is from now on, with the cookie that says so.
async fn answer(api: &Api, hash: [u8; 32], text: &str) -> Result<Response, ApiProblem> {
    let known = api.callers.shown.session(&api.store, hash, api.now()).await?.ok_or_else(login_refused)?;
    let mut response = json(&SessionView::of(&known));
    response.headers_mut().insert(header::SET_COOKIE, cookie(text, SESSION_MAX));
    Ok(response)
}

/// The hash of a password.
pub async fn hashed(api: &Api, email: &str, text: String) -> Result<String, ApiProblem> {
    let hash = api.callers.passwords.hash(text).await.map_err(crowded)?;
    hash.map_err(|error| {
        tracing::error!(email, "a password cannot be hashed");
        internal(&error)
    })
}

fn new_session() -> Result<(String, [u8; 32]), ApiProblem> {
    let text = token::new_session().map_err(|error| internal(&error))?;
    let hash = token::hash(&text);
    Ok((text, hash))
}

fn cookie(text: &str, age: SignedDuration) -> HeaderValue {
    let age = age.as_secs();
    let cookie = format!("{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}");
    HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""))
}

fn limited(wait: SignedDuration) -> ApiProblem {
    // Whole seconds, upwards: one that comes too early would be counted for nothing.
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    ApiProblem::new(Code::LOGINS_LIMITED, "too many logins were tried with this name or from this address")
        .fix(format!("Come again in {seconds} s."))
        .header(header::RETRY_AFTER, HeaderValue::from(seconds.unsigned_abs()))
}

fn crowded(_: Crowded) -> ApiProblem {
    limited(SignedDuration::from_secs(1))
}

fn login_refused() -> ApiProblem {
    ApiProblem::new(
        Code::LOGIN_REFUSED,
        "e-mail address and password do not fit, or the member may not log in",
    )
    .fix("Try again, or let an admin reset the password.")
    .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"callout\""))
}

fn no_session() -> ApiProblem {
    ApiProblem::new(Code::SESSION_NONE, "the request shows a token, which has no session and no password")
        .fix("`DELETE /v1/tokens/{id}` revokes a token.")
}
