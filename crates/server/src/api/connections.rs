//! Connections: made, changed, removed by admins; their secrets go in and never come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_flow::integration::check::check_connection;
use callout_flow::integration::draft::ConnectionKind;
use callout_flow::integration::{ConnectionDraft, Integration};
use callout_flow::problem::{FieldPath, Problem, Severity};
use callout_flow::request::SecretText;
use callout_store::{ConnectionChange, ConnectionView as Row, StoreError};
use serde_json::json as value;

use super::body::{Json, field_invalid};
use super::caller::{Admin, Caller, Viewer};
use super::condition::{Condition, etag};
use super::connection_bodies::{ConnectionChangeBody, ConnectionView, NewConnectionBody, parts};
use super::flows::is_slug;
use super::path::Path;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::query::{PageOf, PageQuery, Query};
use super::{Shared, json_with};
use crate::connection::{new_connection, parts_text};

fn shown(status: StatusCode, row: Row) -> Response {
    let etag = etag(row.revision);
    let mut response = json_with(status, &ConnectionView::from(row));
    response.headers_mut().insert(header::ETAG, etag);
    response
}

/// List the connections.
///
/// By id. Secrets are not shown; their names are.
#[utoipa::path(get, path = "/v1/connections", operation_id = "listConnections", tag = "connections", params(PageQuery),
    responses((status = 200, description = "A page of connections.", body = PageOf<ConnectionView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let after: Option<String> = page.cursor()?;
    let rows = api.store.connections(caller.org(), None, after.as_deref(), page.limit()?).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| super::query::cursor(&row.id));
    Ok(super::json(&PageOf { items: rows.items.into_iter().map(ConnectionView::from).collect(), next }))
}

/// Look at a connection.
#[utoipa::path(get, path = "/v1/connections/{id}", operation_id = "readConnection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id.")),
    responses((status = 200, description = "The connection.", body = ConnectionView,
        headers(("ETag" = String, description = "The connection's revision.")))),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    Ok(shown(StatusCode::OK, find(&api, caller.org(), &id).await?))
}

/// Make a connection.
///
/// Its secrets are sealed, and bound to its org, its id and its hosts.
#[utoipa::path(post, path = "/v1/connections", operation_id = "createConnection", tag = "connections",
    request_body = NewConnectionBody,
    responses(
        (status = 201, description = "It is made.", body = ConnectionView,
            headers(("ETag" = String, description = "The connection's revision."))),
        (status = 409, description = "There is one with this id: `connection-taken`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It does not fit its integration, or the body does not fit: `connection-invalid`, \
            `body-invalid`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn create(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Json(body): Json<NewConnectionBody>,
) -> Result<Response, ApiProblem> {
    if !is_slug(&body.id) {
        let fix =
            "Use lower-case letters, digits and dashes, at most 64, with a letter or digit at either end.";
        return Err(field_invalid("id", "this cannot be a connection's id", fix));
    }
    let secrets: BTreeMap<String, SecretText> =
        body.secrets.into_iter().map(|(name, secret)| (name, SecretText::new(secret.0))).collect();
    let draft = ConnectionDraft {
        kind: ConnectionKind::Connection,
        id: body.id,
        name: body.name,
        integration_slug: body.integration_slug,
        auth: body.auth,
        tls: body.tls,
        config: body.config,
        secrets: Default::default(),
        allowed_hosts: body.allowed_hosts,
        limits: body.limits,
        expires_at: body.expires_at,
        disabled: body.disabled,
    };
    let refused = |error: ApiProblem| note_refused(&caller, &api, "connection.create", &draft.id, error);
    let checked = check(&api, caller.org(), &draft, secrets.keys().map(String::as_str)).await;
    let integration = match checked {
        Ok(integration) => integration,
        Err(error) => return Err(refused(error).await),
    };
    let new = match new_connection(&draft, secrets, integration.as_deref(), caller.name(), api.now()) {
        Ok(new) => new,
        Err(why) => return Err(refused(invalid(why)).await),
    };
    let names: Vec<&String> = new.secrets.keys().collect();
    let after = value!({ "name": new.name, "integrationSlug": new.integration, "config": draft.config,
        "secrets": names, "allowedHosts": new.allowed_hosts, "disabled": new.disabled, "expiresAt": new.expires_at });
    let note = caller.note(&api, "connection.create", "connection", &new.id).becomes(after);
    let made = api.store.noting(note).create_connection(caller.org(), &new).await;
    match made {
        Ok(row) => Ok(shown(StatusCode::CREATED, row)),
        Err(StoreError::Conflict(why)) => {
            let taken = ApiProblem::new(Code::CONNECTION_TAKEN, why)
                .at("id")
                .fix("Take another id, or change the one there is: `PATCH /v1/connections/{id}`.");
            Err(refused(taken).await)
        }
        Err(other) => Err(other.into()),
    }
}

/// Change a connection.
///
/// What is not given stays. Rotating a secret is writing it anew: calls from then on show the new one.
#[utoipa::path(patch, path = "/v1/connections/{id}", operation_id = "changeConnection", tag = "connections",
    request_body = ConnectionChangeBody,
    params(
        ("id" = String, Path, description = "The connection's id."),
        ("If-Match" = Option<String>, Header, description = "Change only this revision: `\"4\"`.")),
    responses(
        (status = 200, description = "The connection as it is now.", body = ConnectionView,
            headers(("ETag" = String, description = "The connection's revision."))),
        (status = 412, description = "It has changed meanwhile: `revision-differs`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It would not fit its integration, or the body does not fit: `connection-invalid`, \
            `body-invalid`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn change(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ConnectionChangeBody>,
) -> Result<Response, ApiProblem> {
    let row = find(&api, caller.org(), &id).await?;
    let asked = Condition::of(&headers)?.expected(Some(row.revision), &format!("the connection `{id}`"))?;
    let mut names: Vec<&str> = row.secrets.keys().map(String::as_str).collect();
    names.retain(|name| !matches!(body.secrets.get(*name), Some(None)));
    names.extend(body.secrets.iter().filter(|(_, text)| text.is_some()).map(|(name, _)| name.as_str()));
    let was = parts(&row);
    let expires_at = match body.expires_at.as_deref() {
        None => row.expires_at.map(|at| at.to_string()),
        Some("") => None,
        Some(text) => Some(text.to_owned()),
    };
    let draft = ConnectionDraft {
        kind: ConnectionKind::Connection,
        id: id.clone(),
        name: Some(body.name.unwrap_or_else(|| row.name.clone())),
        integration_slug: row.integration.clone(),
        auth: body.auth.or(was.auth),
        tls: body.tls.or(was.tls),
        config: body.config.unwrap_or(was.config),
        secrets: Default::default(),
        allowed_hosts: row.allowed_hosts.clone(),
        limits: body.limits.unwrap_or(was.limits),
        expires_at,
        disabled: body.disabled.unwrap_or(row.disabled),
    };
    check(&api, caller.org(), &draft, names.into_iter()).await?;
    let written: Vec<&String> = body.secrets.keys().collect();
    let before = value!({ "name": row.name, "config": parts(&row).config, "disabled": row.disabled,
        "expiresAt": row.expires_at });
    let after = value!({ "name": draft.name, "config": draft.config, "disabled": draft.disabled,
        "expiresAt": draft.expires_at, "secretsWritten": written });
    let secrets = body.secrets.iter();
    let change = ConnectionChange {
        name: draft.name.clone().unwrap_or_default(),
        document: parts_text(&draft).map_err(invalid)?,
        secrets: secrets
            .map(|(name, text)| (name.clone(), text.as_ref().map(|text| SecretText::new(text.0.clone()))))
            .collect(),
        disabled: draft.disabled,
        expires_at: draft.expires_at.as_deref().and_then(|text| text.parse().ok()),
        by: caller.name().to_owned(),
        now: api.now(),
    };
    let note = caller.note(&api, "connection.change", "connection", &id).was(before).becomes(after);
    let changed = api.store.noting(note).update_connection(caller.org(), &id, &change, asked).await;
    Ok(shown(StatusCode::OK, changed.map_err(|error| unfound(error, &id))?))
}

/// Remove a connection.
///
/// With all its secrets. Calls that name it end as `invalid`.
#[utoipa::path(delete, path = "/v1/connections/{id}", operation_id = "removeConnection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id.")),
    responses((status = 204, description = "It is removed.")),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn remove(
    caller: Caller<Admin>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let row = find(&api, caller.org(), &id).await?;
    let was = value!({ "name": row.name, "integrationSlug": row.integration });
    let note = caller.note(&api, "connection.remove", "connection", &id).was(was);
    let removed = api.store.noting(note).delete_connection(caller.org(), &id).await;
    removed.map_err(|error| unfound(error, &id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether it fits its integration, by the newest version; and that version.
async fn check(
    api: &Shared,
    org: &OrgId,
    draft: &ConnectionDraft,
    secrets: impl Iterator<Item = &str>,
) -> Result<Option<Arc<Integration>>, ApiProblem> {
    let mut problems = Vec::new();
    let integration = match &draft.integration_slug {
        None => None,
        Some(slug) => {
            let found = api.engine.newest_integration(org, slug).await?;
            if found.is_none() {
                let at = FieldPath::root().key("integrationSlug");
                let message = "there is no published integration of this slug";
                let fix = "Publish it first, or name another: `GET /v1/integrations` lists them.";
                problems.push(Problem::error("unknown-integration", at, message, fix));
            }
            found
        }
    };
    let secrets: Vec<&str> = secrets.collect();
    problems.extend(check_connection(draft, integration.as_deref().map(|known| &known.draft), &secrets));
    problems.retain(|problem| problem.severity == Severity::Error);
    match problems.first() {
        None => Ok(integration),
        Some(first) => {
            let detail = format!("{}: {}", first.at, first.message);
            Err(ApiProblem::new(Code::CONNECTION_INVALID, detail)
                .fix("Mend what `problems` lists; each has its place and its way.")
                .problems(problems.into_iter().map(Found::from).collect()))
        }
    }
}

/// A refusal, written down: who tried what, and why it was not done.
async fn note_refused<R>(
    caller: &Caller<R>,
    api: &Shared,
    action: &str,
    id: &str,
    error: ApiProblem,
) -> ApiProblem {
    let note = caller.note(api, action, "connection", id);
    api.told(note.becomes(value!({ "refused": error.code(), "why": error.detail() }))).await;
    error
}

fn invalid(why: String) -> ApiProblem {
    ApiProblem::new(Code::CONNECTION_INVALID, why)
        .fix("List the hosts in `allowedHosts`, or complete `config`.")
}

pub fn not_found(id: &str) -> ApiProblem {
    let what = if is_slug(id) { format!("connection `{id}`") } else { "connection of this id".to_owned() };
    ApiProblem::not_found(what).fix("`GET /v1/connections` lists the connections there are.")
}

fn unfound(error: StoreError, id: &str) -> ApiProblem {
    match error {
        StoreError::NotFound => not_found(id),
        StoreError::Conflict(why) => ApiProblem::new(Code::REVISION_DIFFERS, why)
            .fix("Read the connection again, and change what it is now."),
        other => other.into(),
    }
}

pub async fn find(api: &Shared, org: &OrgId, id: &str) -> Result<Row, ApiProblem> {
    if !is_slug(id) {
        return Err(not_found(id));
    }
    api.store.connection(org, id).await?.ok_or_else(|| not_found(id))
}
