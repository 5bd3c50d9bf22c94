//! Flows: listed, looked at, removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_store::{EndedRuns, FlowFilter, FlowRow, FlowTrigger, LastRun, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Editor, Viewer};
use super::path::Path;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::query::{PageOf, PageQuery, Query, cursor, short};
use super::runs::StatusView;
use super::{Api, Shared, json};

/// What lists count runs of.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A flow, without its documents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Flow, example = json!({
    "number": 1, "slug": "caller-lookup", "name": "Caller lookup", "revision": 4, "createdAt": "2026-01-05T09:00:00Z",
    "draftAt": "2026-01-05T10:30:00Z", "version": 2, "publishedAt": "2026-01-05T10:00:00Z", "changed": true,
    "description": null, "trigger": { "type": "event", "event": "call.connected" }
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
    /// As the draft says it.
    description: Option<String>,
    /// What starts a run, as the draft says it; null where that cannot be read.
    trigger: Option<TriggerView>,
}

/// What starts a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowTrigger)]
pub struct TriggerView {
    /// `event`, `api`, …
    #[serde(rename = "type")]
    kind: String,
    /// The event's name.
    event: Option<String>,
}

/// A flow, and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowLine)]
pub struct FlowLine {
    #[serde(flatten)]
    flow: FlowView,
    /// The run that began last; null where there is none.
    last_run: Option<LastRunView>,
    /// Runs that ended in the last 24 hours, and up to five minutes before. Those that were cancelled are in neither.
    day: DayView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LastRun)]
pub struct LastRunView {
    id: String,
    status: StatusView,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = DayOfRuns)]
pub struct DayView {
    completed: u64,
    failed: u64,
}

/// Which flows to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FlowsQuery {
    /// Part of the slug or the name, whatever the case.
    #[param(max_length = 200)]
    search: Option<String>,
    /// The most items on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
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
            description: row.description,
            trigger: row.trigger.map(|FlowTrigger { kind, event }| TriggerView { kind, event }),
        }
    }
}

/// List the flows.
///
/// In the order of their numbers.
#[utoipa::path(get, path = "/v1/flows", operation_id = "listFlows", tag = "flows", params(FlowsQuery),
    responses((status = 200, description = "A page of flows.", body = PageOf<FlowLine>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(query): Query<FlowsQuery>,
) -> Result<Response, ApiProblem> {
    let page = PageQuery::new(query.limit, query.cursor);
    let filter = FlowFilter { search: short("search", query.search)? };
    let rows = api.store.flows(caller.org(), &filter, page.cursor()?, page.limit()?).await?;
    let next = rows.items.last().filter(|_| rows.more).map(|row| cursor(row.number));
    Ok(json(&PageOf { items: lines(&api, caller.org(), rows.items).await?, next }))
}

/// Flows with how they do: two more questions to the store, however many they are.
async fn lines(api: &Api, org: &OrgId, rows: Vec<FlowRow>) -> Result<Vec<FlowLine>, ApiProblem> {
    let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
    let mut last = api.store.last_runs(org, &numbers).await?;
    let now = api.now();
    let ended = api.store.ended_runs(org, &numbers, now.checked_sub(DAY).unwrap_or(now)).await?;
    let line = |row: FlowRow| {
        let last_run = last.remove(&row.number).map(|LastRun { id, status, started_at }| LastRunView {
            id: id.as_str().to_owned(),
            status: status.into(),
            started_at,
        });
        let EndedRuns { completed, failed } = ended.get(&row.number).copied().unwrap_or_default();
        FlowLine { flow: row.into(), last_run, day: DayView { completed, failed } }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Look at a flow.
#[utoipa::path(get, path = "/v1/flows/{slug}", operation_id = "readFlow", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses((status = 200, description = "The flow.", body = FlowLine)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    let row = find(&api, caller.org(), &slug).await?;
    let line = lines(&api, caller.org(), vec![row]).await?.pop().ok_or_else(|| not_found(&slug))?;
    Ok(json(&line))
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

/// Take back the removal of a flow.
///
/// The flow of this slug that was removed last is there again with its draft, its versions and its number, and starts runs again
/// where it was published.
#[utoipa::path(post, path = "/v1/flows/{slug}/restore", operation_id = "restoreFlow", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses(
        (status = 200, description = "The flow.", body = FlowLine),
        (status = 404, description = "No flow of this slug was removed: `not-found`.", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 409, description = "Another flow has the slug by now: `flow-taken`.", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn restore(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    let none = || {
        ApiProblem::not_found("removed flow of this slug").fix("`GET /v1/flows` lists the flows there are.")
    };
    if !is_slug(&slug) {
        return Err(none());
    }
    let store = api.store.noting(caller.note(&api, "flow.restore", "flow", &slug));
    let row = store.restore_flow(caller.org(), &slug).await.map_err(|error| match error {
        StoreError::NotFound => none(),
        StoreError::Conflict(why) => ApiProblem::new(Code::FLOW_TAKEN, why)
            .fix("Remove the other flow, or keep its draft under another slug, and restore this one then."),
        other => other.into(),
    })?;
    api.engine.forget_flows(caller.org());
    let line = lines(&api, caller.org(), vec![row]).await?.pop().ok_or_else(|| not_found(&slug))?;
    Ok(json(&line))
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
        let page = api.store.flows(org, &FlowFilter::default(), after, FLOWS_AT_A_TIME).await?;
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
