//! Publishing: a draft without errors becomes the next version, which never changes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_store::{Document, Draft, FlowRow, NewVersion, StoreError, VersionRow};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json as value;
use utoipa::ToSchema;

use super::caller::{Caller, Editor, Viewer};
use super::condition::Condition;
use super::drafts::{AnyDocument, document};
use super::flows::{find, is_slug, not_found};
use super::path::Path;
use super::presence::DraftNews;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::query::{PageOf, PageQuery, Query, cursor};
use super::surroundings::checked;
use super::{Api, Shared, json, off_thread};
use crate::document::is_same_flow;

/// One published version, without its document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Version)]
pub struct VersionView {
    /// From 1.
    version: u32,
    #[schema(value_type = String, format = DateTime)]
    published_at: Timestamp,
    /// The name of the token or member that published it.
    published_by: String,
}

impl From<VersionRow> for VersionView {
    fn from(row: VersionRow) -> Self {
        Self { version: row.version, published_at: row.published_at, published_by: row.published_by }
    }
}

/// What publishing came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Published, example = json!({
    "slug": "caller-lookup", "version": 3, "publishedAt": "2026-01-05T10:00:00Z", "publishedBy": "ci", "new": true,
    "problems": []
}))]
pub struct Published {
    slug: String,
    #[serde(flatten)]
    version: VersionView,
    /// Whether this made the version: a draft that is as the last version was, apart from where its nodes are drawn, is that
    /// version.
    new: bool,
    /// The check's warnings.
    problems: Vec<Found>,
}

/// Publish a flow's draft.
///
/// Runs that begin from now on take the new version; those under way keep theirs. A draft with errors is refused with all
/// of them.
#[utoipa::path(post, path = "/v1/flows/{slug}/publish", operation_id = "publishFlow", tag = "flows",
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        ("If-Match" = Option<String>, Header, description = "Publish only this revision of the draft: `\"4\"`.")),
    responses(
        (status = 200, description = "The version that the draft now is.", body = Published),
        (status = 412, description = "The draft has moved on: `revision-differs`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The draft has errors; `problems` has all of them: `flow-has-errors`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn publish(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let draft = find_draft(&api, caller.org(), &slug).await?;
    Condition::of(&headers)?.check(&draft.flow)?;
    let (_, checked) = checked(&api, caller.org(), draft.document.clone(), None).await?;
    if checked.has_errors() || checked.flow.is_none() {
        return Err(flow_has_errors(&slug, checked.problems.into_iter().map(Found::from).collect()));
    }
    let problems = checked.problems.into_iter().map(Found::from).collect();
    if let Some(version) = same_version(&api, caller.org(), &draft.flow, draft.document).await? {
        return Ok(json(&Published { slug, version: version.into(), new: false, problems }));
    }
    let new = NewVersion {
        number: draft.flow.number,
        revision: draft.flow.revision,
        by: caller.name(),
        now: api.now(),
    };
    let note = caller.note(&api, "flow.publish", "flow", &slug);
    let note =
        note.was(value!({ "version": draft.flow.version })).becomes(value!({ "revision": new.revision }));
    let version = api.store.noting(note).publish(caller.org(), &new).await.map_err(|error| match error {
        StoreError::Conflict(why) => ApiProblem::new(Code::REVISION_DIFFERS, why)
            .fix("The draft was written meanwhile: look at it, then publish again."),
        StoreError::NotFound => not_found(&slug),
        other => other.into(),
    })?;
    api.engine.forget_flows(caller.org());
    let by = caller.name().to_owned();
    api.rooms.tell(caller.org(), &slug, DraftNews::Published { version: version.version, by });
    Ok(json(&Published { slug, version: version.into(), new: true, problems }))
}

/// The last version, where the draft is just as that was. The flow then counts as not changed since.
pub async fn same_version(
    api: &Api,
    org: &OrgId,
    flow: &FlowRow,
    draft: Document,
) -> Result<Option<VersionRow>, ApiProblem> {
    let Some(version) = flow.version else { return Ok(None) };
    let Some(last) = api.store.version(org, flow.number, version).await? else { return Ok(None) };
    if !off_thread(move || is_same_flow(&last.document, &draft)).await? {
        return Ok(None);
    }
    api.store.settle_draft(org, flow).await?;
    Ok(Some(last.row))
}

pub async fn find_draft(api: &Api, org: &OrgId, slug: &str) -> Result<Draft, ApiProblem> {
    if !is_slug(slug) {
        return Err(not_found(slug));
    }
    api.store.draft(org, slug).await?.ok_or_else(|| not_found(slug))
}

pub fn flow_has_errors(slug: &str, problems: Vec<Found>) -> ApiProblem {
    let (errors, _) = Found::tally(&problems);
    let errors = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
    let first = problems.iter().find(|found| found.is_error());
    let first = first.map_or(String::new(), |found| format!("; the first: {}", found.message));
    ApiProblem::new(Code::FLOW_HAS_ERRORS, format!("the draft of `{slug}` has {errors}{first}"))
        .fix("Mend what `problems` lists; each has its place and its way.")
        .problems(problems)
}

/// List a flow's published versions.
///
/// Latest first.
#[utoipa::path(get, path = "/v1/flows/{slug}/versions", operation_id = "listVersions", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug."), PageQuery),
    responses((status = 200, description = "A page of versions.", body = PageOf<VersionView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn versions(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let (limit, from) = (page.limit()?, page.cursor()?);
    let flow = find(&api, caller.org(), &slug).await?;
    let rows = api.store.versions(caller.org(), flow.number, from, limit).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.version));
    Ok(json(&PageOf { items: rows.items.into_iter().map(VersionView::from).collect(), next }))
}

/// Read the document of a published version.
///
/// As it was published; `Accept: application/json` gets a YAML document as JSON.
#[utoipa::path(get, path = "/v1/flows/{slug}/versions/{version}", operation_id = "readVersion", tag = "flows",
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        ("version" = u32, Path, description = "The version, from 1.")),
    responses((status = 200, description = "The document.",
        content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json")))),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn version(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path((slug, version)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let flow = find(&api, caller.org(), &slug).await?;
    let found = api.store.version(caller.org(), flow.number, version).await?;
    let found = found.ok_or_else(|| no_version(&slug, version, flow.version))?;
    document(found.document, &headers).await
}

pub fn no_version(slug: &str, version: u32, last: Option<u32>) -> ApiProblem {
    let there_is = match last {
        Some(last) => format!("The versions of `{slug}` are 1 to {last}."),
        None => format!("`{slug}` was never published."),
    };
    ApiProblem::not_found(format!("version {version} of `{slug}`")).fix(there_is)
}
