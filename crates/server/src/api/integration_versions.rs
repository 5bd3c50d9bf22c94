//! Versions of integrations: published, read, compared.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_flow::integration::IntegrationDraft;
use callout_flow::integration::compare::{Change, Touched, compare, touched};
use callout_flow::read::read_flow;
use callout_store::{Document, IntegrationRow, NewIntegrationVersion, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Editor, Viewer};
use super::condition::Condition;
use super::drafts::{AnyDocument, document};
use super::integrations::{CheckedDocument, find, find_draft, read, unfound};
use super::path::Path;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::{VersionView, no_version};
use super::query::{PageOf, PageQuery, Query, cursor, invalid};
use super::{Shared, json, off_thread};

/// What publishing an integration came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublishedIntegration)]
pub struct Published {
    slug: String,
    #[serde(flatten)]
    version: VersionView,
    /// Whether this made the version: a draft that is as the last version was is that version.
    new: bool,
    /// The check's warnings.
    problems: Vec<Found>,
}

/// Publish an integration's draft.
///
/// Flows that pin an earlier version keep it until someone moves the pin. A draft with errors is refused with all of them.
#[utoipa::path(post, path = "/v1/integrations/{slug}/publish", operation_id = "publishIntegration", tag = "integrations",
    params(
        ("slug" = String, Path, description = "The integration's slug."),
        ("If-Match" = Option<String>, Header, description = "Publish only this revision of the draft: `\"4\"`.")),
    responses(
        (status = 200, description = "The version that the draft now is.", body = Published),
        (status = 412, description = "The draft has moved on: `revision-differs`.",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The draft has errors; `problems` has all of them: `integration-invalid`.",
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
    let (revision, last) = (draft.integration.revision, draft.integration.version);
    Condition::of(&headers)?.expected(Some(revision), &format!("the integration `{slug}`"))?;
    let checked = off_thread(move || CheckedDocument::of(&draft.document)).await?;
    let problems = checked.found();
    if checked.read.draft.is_none() || problems.iter().any(Found::is_error) {
        return Err(has_errors(&slug, problems));
    }
    let new = NewIntegrationVersion { slug: &slug, revision, by: caller.name(), now: api.now() };
    let next = last.map_or(1, |last| last + 1);
    let note = caller.note(&api, "integration.publish", "integration", &slug);
    let note = note.was(value!({ "version": last })).becomes(value!({ "version": next }));
    let made = api.store.noting(note).publish_integration(caller.org(), &new).await;
    let made = made.map_err(|error| match error {
        StoreError::Conflict(why) => ApiProblem::new(Code::REVISION_DIFFERS, why)
            .fix("The draft was written meanwhile: look at it, then publish again."),
        other => unfound(other, &slug),
    })?;
    Ok(json(&Published { slug, version: made.row.into(), new: made.new, problems }))
}

pub fn has_errors(slug: &str, problems: Vec<Found>) -> ApiProblem {
    let (errors, _) = Found::tally(&problems);
    let errors = if errors == 1 { "an error".to_owned() } else { format!("{errors} errors") };
    let first = problems.iter().find(|found| found.is_error());
    let first = first.map_or(String::new(), |found| format!("; the first: {}", found.message));
    ApiProblem::new(Code::INTEGRATION_INVALID, format!("the draft of `{slug}` has {errors}{first}"))
        .fix("Mend what `problems` lists; each has its place and its way.")
        .problems(problems)
}

/// List an integration's published versions.
///
/// Latest first.
#[utoipa::path(get, path = "/v1/integrations/{slug}/versions", operation_id = "listIntegrationVersions",
    tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug."), PageQuery),
    responses((status = 200, description = "A page of versions.", body = PageOf<VersionView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn versions(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let (limit, from) = (page.limit()?, page.cursor()?);
    find(&api, caller.org(), &slug).await?;
    let rows = api.store.integration_versions(caller.org(), &slug, from, limit).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.version));
    Ok(json(&PageOf { items: rows.items.into_iter().map(VersionView::from).collect(), next }))
}

/// Read the document of a published version of an integration.
///
/// As it was published; `Accept: application/json` gets a YAML document as JSON.
#[utoipa::path(get, path = "/v1/integrations/{slug}/versions/{version}", operation_id = "readIntegrationVersion",
    tag = "integrations",
    params(
        ("slug" = String, Path, description = "The integration's slug."),
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
    let row = find(&api, caller.org(), &slug).await?;
    document(version_text(&api, caller.org(), &row, version).await?, &headers).await
}

async fn version_text(
    api: &Shared,
    org: &OrgId,
    row: &IntegrationRow,
    version: u32,
) -> Result<Document, ApiProblem> {
    let found = api.store.integration_version(org, &row.slug, version).await?;
    Ok(found.ok_or_else(|| no_version(&row.slug, version, row.version))?.document)
}

/// Which two versions of an integration to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// A version, or `draft`; the last version where it is not given.
    #[param(pattern = "^([1-9][0-9]{0,8}|draft)$")]
    from: Option<String>,
    /// A version, or `draft`; the draft where it is not given.
    #[param(pattern = "^([1-9][0-9]{0,8}|draft)$")]
    to: Option<String>,
}

/// What changed between two versions of an integration, and whom it concerns.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IntegrationDiff)]
pub struct DiffView {
    /// A version or `draft`.
    from: String,
    to: String,
    /// Whether any of the changes is breaking.
    breaking: bool,
    /// What breaks first: `{operation, what, name, breaking, message}`; `what` is `operation`, `input`, `answer`, `output`,
    /// `request`, `connection` or `description`.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<Change>,
    /// The published flows that pin the integration, with what each of their calls sends or reads of the changes.
    flows: Vec<FlowTouched>,
}

/// A published flow that calls an integration.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowTouched)]
pub struct FlowTouched {
    pub slug: String,
    /// The flow's published version.
    pub version: u32,
    /// Its calls of the integration: `{node, operation, version, changes}`.
    #[schema(value_type = Vec<Object>)]
    pub calls: Vec<Touched>,
}

/// Compare two versions of an integration.
///
/// By default what publishing the draft would change. Each change says whether it is breaking; each published flow that pins
/// the integration is listed with what it sends or reads of what changed.
#[utoipa::path(get, path = "/v1/integrations/{slug}/diff", operation_id = "compareIntegrationVersions",
    tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug."), DiffQuery),
    responses(
        (status = 200, description = "What differs.", body = DiffView),
        (status = 409, description = "One of the two cannot be read: `document-unreadable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn diff(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Response, ApiProblem> {
    let row = find(&api, caller.org(), &slug).await?;
    let last = row.version.map_or_else(|| "draft".to_owned(), |version| version.to_string());
    let (from, to) = (query.from.unwrap_or(last), query.to.unwrap_or_else(|| "draft".to_owned()));
    let before = side(&api, caller.org(), &row, &from).await?;
    let after = side(&api, caller.org(), &row, &to).await?;
    let changes = off_thread(move || compare(&before, &after)).await?;
    let flows = flows_touched(&api, caller.org(), &slug, &changes).await?;
    let breaking = changes.iter().any(|change| change.breaking);
    Ok(json(&DiffView { from, to, breaking, changes, flows }))
}

async fn side(
    api: &Shared,
    org: &OrgId,
    row: &IntegrationRow,
    side: &str,
) -> Result<IntegrationDraft, ApiProblem> {
    let (which, found) = match side {
        "draft" => ("the draft".to_owned(), find_draft(api, org, &row.slug).await?.document),
        text => {
            let number = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
            let version =
                number.ok_or_else(|| invalid("`from` and `to` take a version's number or `draft`"))?;
            (format!("version {version}"), version_text(api, org, row, version).await?)
        }
    };
    let draft = off_thread(move || read(&found).draft).await?;
    draft.ok_or_else(|| {
        let detail = format!("{which} of `{}` cannot be read as an integration", row.slug);
        ApiProblem::new(Code::DOCUMENT_UNREADABLE, detail)
            .fix("Writing the draft again tells what is wrong with it.")
    })
}

/// The published flows that pin an integration.
pub async fn flows_touched(
    api: &Shared,
    org: &OrgId,
    slug: &str,
    changes: &[Change],
) -> Result<Vec<FlowTouched>, ApiProblem> {
    let published = api.store.published(org).await?;
    let (slug, changes) = (slug.to_owned(), changes.to_vec());
    off_thread(move || {
        let mut flows = Vec::new();
        for flow in published {
            // Most flows are told apart without being read.
            if !flow.document.text.contains(&slug) {
                continue;
            }
            let name = if flow.document.json { "flow.json" } else { "flow.yaml" };
            let Some(draft) = read_flow(&flow.document.text, name).draft else { continue };
            let calls = touched(&draft, &slug, &changes);
            if !calls.is_empty() {
                flows.push(FlowTouched { slug: flow.slug, version: flow.row.version, calls });
            }
        }
        flows
    })
    .await
}
