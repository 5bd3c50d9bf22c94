//! Integrations: listed, looked at, drafted, removed.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use callout_flow::id::OrgId;
use callout_flow::integration::IntegrationDraft;
use callout_flow::integration::check::check_integration;
use callout_flow::problem::Problem;
use callout_flow::read::{ReadDocument, place_problems, read_integration};
use callout_store::{Document, IntegrationRow, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json as value;
use utoipa::ToSchema;

use super::caller::{Caller, Editor, Viewer};
use super::condition::{Condition, etag, unchanged};
use super::drafts::{
    AnyDocument, LargeDocumentBody, document, shown_name, slug_differs, slug_format, unwritten,
};
use super::flows::is_slug;
use super::path::Path;
use super::problem::{ApiProblem, Found, ProblemBody};
use super::query::{PageOf, PageQuery, Query, cursor};
use super::{Shared, json, json_with, off_thread};

/// An integration, without its documents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Integration, example = json!({
    "slug": "crm", "name": "CRM", "revision": 4, "createdAt": "2026-01-05T09:00:00Z",
    "draftAt": "2026-01-05T10:30:00Z", "version": 2, "publishedAt": "2026-01-05T10:00:00Z", "changed": true
}))]
pub struct IntegrationView {
    slug: String,
    name: String,
    /// Counts the writes of the draft from 1; the draft's `ETag`.
    revision: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the draft was written last.
    #[schema(value_type = String, format = DateTime)]
    draft_at: Timestamp,
    /// The latest published version; null where there is none.
    version: Option<u32>,
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Timestamp>,
    /// Whether the draft was written since it was published, or never was published.
    changed: bool,
}

impl From<IntegrationRow> for IntegrationView {
    fn from(row: IntegrationRow) -> Self {
        Self {
            slug: row.slug,
            name: row.name,
            revision: row.revision,
            created_at: row.created_at,
            draft_at: row.draft_at,
            version: row.version,
            published_at: row.published_at,
            changed: row.published_revision != Some(row.revision),
        }
    }
}

/// An integration's draft that was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WrittenIntegration)]
pub struct WrittenIntegration {
    integration: IntegrationView,
    /// How many of the problems are errors: with any it cannot be published.
    errors: usize,
    warnings: usize,
    /// All that the check has to say of it, in the document's order.
    problems: Vec<Found>,
}

/// An integration's document, read and checked.
#[derive(Debug)]
pub struct CheckedDocument {
    pub read: ReadDocument<IntegrationDraft>,
    pub problems: Vec<Problem>,
}

impl CheckedDocument {
    pub fn of(document: &Document) -> Self {
        let read = read(document);
        let mut problems = read.problems.clone();
        if let Some(draft) = &read.draft {
            problems.extend(check_integration(draft).problems);
        }
        if let Some(tree) = &read.tree {
            place_problems(tree, &mut problems);
        }
        problems.sort_by_key(|problem| (problem.place, std::cmp::Reverse(problem.severity)));
        Self { read, problems }
    }

    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.read.tree.as_ref()?.get(key)?.as_text()
    }

    pub fn found(&self) -> Vec<Found> {
        self.problems.iter().cloned().map(Found::from).collect()
    }
}

pub fn read(document: &Document) -> ReadDocument<IntegrationDraft> {
    let name = if document.json { "integration.json" } else { "integration.yaml" };
    read_integration(&document.text, name)
}

/// List the integrations.
///
/// In the order in which they were made.
#[utoipa::path(get, path = "/v1/integrations", operation_id = "listIntegrations", tag = "integrations", params(PageQuery),
    responses((status = 200, description = "A page of integrations.", body = PageOf<IntegrationView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let rows = api.store.integrations(caller.org(), page.cursor()?, page.limit()?).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.number));
    Ok(json(&PageOf { items: rows.items.into_iter().map(IntegrationView::from).collect(), next }))
}

/// Look at an integration.
#[utoipa::path(get, path = "/v1/integrations/{slug}", operation_id = "readIntegration", tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug.")),
    responses((status = 200, description = "The integration.", body = IntegrationView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    Ok(json(&IntegrationView::from(find(&api, caller.org(), &slug).await?)))
}

/// Remove an integration.
///
/// It is listed no more, and takes no new version. Flows that pin one of its versions go on calling it; writing its draft
/// again brings it back.
#[utoipa::path(delete, path = "/v1/integrations/{slug}", operation_id = "removeIntegration", tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug.")),
    responses((status = 204, description = "It is removed.")),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn remove(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let row = find(&api, caller.org(), &slug).await?;
    let was = value!({ "name": row.name, "version": row.version });
    let note = caller.note(&api, "integration.remove", "integration", &slug).was(was);
    let removed = api.store.noting(note).remove_integration(caller.org(), &slug, api.now()).await;
    removed.map_err(|error| unfound(error, &slug))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read an integration's draft.
///
/// The document as its author wrote it, YAML or JSON. `Accept: application/json` gets a YAML document as JSON, without its
/// comments.
#[utoipa::path(get, path = "/v1/integrations/{slug}/draft", operation_id = "readIntegrationDraft", tag = "integrations",
    params(
        ("slug" = String, Path, description = "The integration's slug."),
        ("If-None-Match" = Option<String>, Header, description = "Revisions that the caller has: `\"4\"`.")),
    responses(
        (status = 200, description = "The document.",
            content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json")),
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 304, description = "The caller has this revision."),
        (status = 406, description = "A YAML document that cannot be read cannot be shown as JSON: `not-acceptable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn read_draft(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let text = find_draft(&api, caller.org(), &slug).await?;
    let etag = etag(text.integration.revision);
    if unchanged(&headers, text.integration.revision)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let mut response = document(text.document, &headers).await?;
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// Write an integration's draft.
///
/// Makes the integration where there is none. A draft may be unfinished or wrong: it is kept as it is, and the answer
/// carries what the check says of it.
#[utoipa::path(put, path = "/v1/integrations/{slug}/draft", operation_id = "writeIntegrationDraft", tag = "integrations",
    params(
        ("slug" = String, Path, description = "The integration's slug; the document's own must be the same."),
        ("If-Match" = Option<String>, Header,
            description = "Write only over this revision, as `ETag` gave it: `\"4\"`."),
        ("If-None-Match" = Option<String>, Header,
            description = "`*`: write only where there is no such integration.")),
    request_body(description = "The integration's document.",
        content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json"))),
    responses(
        (status = 200, description = "It is written.", body = WrittenIntegration,
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 201, description = "It is written, and the integration is new.", body = WrittenIntegration,
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 412, description = "The draft has moved on, or is there already: `revision-differs`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn write_draft(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    LargeDocumentBody(document): LargeDocumentBody,
) -> Result<Response, ApiProblem> {
    if !is_slug(&slug) {
        return Err(slug_format());
    }
    let now = api.store.integration(caller.org(), &slug).await?.map(|row| row.revision);
    let expected = Condition::of(&headers)?.expected(now, &format!("the integration `{slug}`"))?;
    let copy = document.clone();
    let checked = off_thread(move || CheckedDocument::of(&copy)).await?;
    if let Some(own) = checked.text_at("slug").filter(|own| *own != slug) {
        return Err(slug_differs(own, &slug, "an integration"));
    }
    let name = shown_name(checked.text_at("name"), &slug);
    let note = caller.note(&api, "integration.write", "integration", &slug).becomes(value!({ "name": name }));
    let store = api.store.noting(note);
    let row = store.put_integration_draft(caller.org(), &slug, &name, &document, expected, api.now()).await;
    let row = row.map_err(|error| unwritten(error, expected))?;
    let status = if row.revision == 1 { StatusCode::CREATED } else { StatusCode::OK };
    let etag = etag(row.revision);
    let problems = checked.found();
    let (errors, warnings) = Found::tally(&problems);
    let written = WrittenIntegration { integration: row.into(), errors, warnings, problems };
    let mut response = json_with(status, &written);
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

pub fn not_found(slug: &str) -> ApiProblem {
    let what =
        if is_slug(slug) { format!("integration `{slug}`") } else { "integration of this name".to_owned() };
    ApiProblem::not_found(what).fix("`GET /v1/integrations` lists the integrations there are.")
}

pub fn unfound(error: StoreError, slug: &str) -> ApiProblem {
    match error {
        StoreError::NotFound => not_found(slug),
        other => other.into(),
    }
}

pub async fn find(api: &Shared, org: &OrgId, slug: &str) -> Result<IntegrationRow, ApiProblem> {
    if !is_slug(slug) {
        return Err(not_found(slug));
    }
    api.store.integration(org, slug).await?.ok_or_else(|| not_found(slug))
}

pub async fn find_draft(
    api: &Shared,
    org: &OrgId,
    slug: &str,
) -> Result<callout_store::IntegrationText, ApiProblem> {
    if !is_slug(slug) {
        return Err(not_found(slug));
    }
    api.store.integration_draft(org, slug).await?.ok_or_else(|| not_found(slug))
}
