//! Flows: listed, looked at, removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_store::{FlowRow, StoreError};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json as value;
use utoipa::ToSchema;

use super::caller::{Caller, Editor, Viewer};
use super::path::Path;
use super::problem::ApiProblem;
use super::query::{PageOf, PageQuery, Query, cursor};
use super::{Api, Shared, json};

/// A flow, without its documents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Flow, example = json!({
    "number": 1, "slug": "caller-lookup", "name": "Caller lookup", "revision": 4, "createdAt": "2026-01-05T09:00:00Z",
    "draftAt": "2026-01-05T10:30:00Z", "version": 2, "publishedAt": "2026-01-05T10:00:00Z", "changed": true
}))]
pub struct FlowView {
    /// Stable, and unique in the org: `path` in a `contact` body.
    number: u32,
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

impl From<FlowRow> for FlowView {
    fn from(row: FlowRow) -> Self {
        Self {
            number: row.number,
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

/// List the flows.
///
/// In the order of their numbers.
#[utoipa::path(get, path = "/v1/flows", operation_id = "listFlows", tag = "flows", params(PageQuery),
    responses((status = 200, description = "A page of flows.", body = PageOf<FlowView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Response, ApiProblem> {
    let rows = api.store.flows(caller.org(), page.cursor()?, page.limit()?).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.number));
    Ok(json(&PageOf { items: rows.items.into_iter().map(FlowView::from).collect(), next }))
}

/// Look at a flow.
#[utoipa::path(get, path = "/v1/flows/{slug}", operation_id = "readFlow", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses((status = 200, description = "The flow.", body = FlowView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    Ok(json(&FlowView::from(find(&api, caller.org(), &slug).await?)))
}

/// Remove a flow.
///
/// It starts no more runs, and its slug is free. Runs under way go on to their end, and their history stays.
#[utoipa::path(delete, path = "/v1/flows/{slug}", operation_id = "removeFlow", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses((status = 204, description = "It is removed.")),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn remove(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let flow = find(&api, caller.org(), &slug).await?;
    let before = value!({ "number": flow.number, "name": flow.name, "version": flow.version });
    let note = caller.note(&api, "flow.remove", "flow", &slug).was(before);
    api.store.noting(note).remove_flow(caller.org(), flow.number, api.now()).await.map_err(|error| {
        match error {
            StoreError::NotFound => not_found(&slug),
            other => other.into(),
        }
    })?;
    api.engine.forget_flows(caller.org());
    Ok(StatusCode::NO_CONTENT)
}

pub fn not_found(slug: &str) -> ApiProblem {
    // A slug from a path may be any text, and is not said back unless it could be one.
    let what = if is_slug(slug) { format!("flow `{slug}`") } else { "flow of this name".to_owned() };
    ApiProblem::not_found(what).fix("`GET /v1/flows` lists the flows there are.")
}

/// Whether a text can be a flow's slug: letters, digits and dashes, as `callout schema flow` says.
pub fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub async fn find(api: &Api, org: &OrgId, slug: &str) -> Result<FlowRow, ApiProblem> {
    if !is_slug(slug) {
        return Err(not_found(slug));
    }
    api.store.flow(org, slug).await?.ok_or_else(|| not_found(slug))
}

/// How many flows are read at a time where all are wanted.
const FLOWS_AT_A_TIME: usize = 500;

/// The slugs of all flows of an org, and `slug`: what a flow may go to.
pub async fn all_slugs(api: &Api, org: &OrgId, slug: Option<&str>) -> Result<Vec<String>, ApiProblem> {
    let mut slugs: Vec<String> = slug.into_iter().map(str::to_owned).collect();
    let mut after = None;
    loop {
        let page = api.store.flows(org, after, FLOWS_AT_A_TIME).await?;
        after = page.items.last().map(|row| row.number);
        slugs.extend(page.items.into_iter().map(|row| row.slug));
        if !page.more {
            return Ok(slugs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_as_the_schema_says() {
        for good in ["a", "caller-lookup", "0", &"x".repeat(64)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a b", "ü", &"x".repeat(65)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
