//! Lists of runs: filtered, searched, page by page.

use axum::extract::State;
use axum::response::Response;
use callout_store::{RunFilter, RunLine, RunSearch, RunStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Viewer};
use super::flows::find;
use super::problem::ApiProblem;
use super::query::{PageOf, PageQuery, Query, cursor, foreign_cursor, short};
use super::runs::{StatusView, run_id};
use super::{Shared, json};

/// Which runs to list; all that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Of the flow with this slug.
    flow: Option<String>,
    /// That stand so.
    #[param(inline)]
    status: Option<StatusView>,
    /// With a call that ended so: `404`, `timeout`, `unknown`.
    outcome: Option<String>,
    /// Of the contact with this id or externalId.
    contact: Option<String>,
    /// With this text, whatever the case, in the id, the contact or the event; for those who see bodies also in the variables and the
    /// result of a run that is over. A page looks into 2048 runs: it may come short, or empty, with a `next` all the same.
    #[param(max_length = 200)]
    search: Option<String>,
    /// Started at this time or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Started before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// The most items on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 100)]
    cursor: Option<String>,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunLine)]
pub struct RunView {
    id: String,
    /// The flow's slug.
    flow: String,
    version: u32,
    status: StatusView,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Until when it sleeps.
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_until: Option<Timestamp>,
    /// The contact's id or externalId.
    contact: Option<String>,
    /// The event's name; null where it had none.
    event: Option<String>,
    /// The code of the fault that ended it; null where none did.
    error: Option<String>,
    /// How the last of its calls that was no success ended, as `404` or `timeout`; null where there was none.
    outcome: Option<String>,
}

impl RunView {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn status(&self) -> StatusView {
        self.status
    }
}

impl From<RunLine> for RunView {
    fn from(line: RunLine) -> Self {
        Self {
            id: line.id.as_str().to_owned(),
            flow: line.slug,
            version: line.version,
            // What waits until no time was taken up, and goes on.
            status: match (line.status, line.due) {
                (RunStatus::Waiting, None) => StatusView::Running,
                (status, _) => status.into(),
            },
            started_at: line.started_at,
            ended_at: line.ended_at,
            waiting_until: line.due,
            contact: line.contact,
            event: line.event,
            error: line.error,
            outcome: line.outcome,
        }
    }
}

/// List runs.
///
/// The latest first.
#[utoipa::path(get, path = "/v1/runs", operation_id = "listRuns", tag = "runs", params(RunsQuery),
    responses((status = 200, description = "A page of runs.", body = PageOf<RunView>)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(query): Query<RunsQuery>,
) -> Result<Response, ApiProblem> {
    let page = PageQuery::new(query.limit, query.cursor);
    let flow = match &query.flow {
        None => None,
        Some(slug) => Some(find(&api, caller.org(), slug).await?.number),
    };
    let filter = RunFilter {
        flow,
        status: query.status.map(RunStatus::from),
        outcome: query.outcome,
        contact: query.contact,
        from: query.from,
        to: query.to,
    };
    let after: Option<String> = page.cursor()?;
    let after = after.map(|text| run_id(&text)).transpose().map_err(|_| foreign_cursor())?;
    if let Some(text) = short("search", query.search)? {
        let search = RunSearch { text, in_vars: caller.sees_bodies() };
        let found =
            api.store.search_runs(caller.org(), &filter, &search, after.as_ref(), page.limit()?).await?;
        let next = found.next.map(cursor);
        return Ok(json(&PageOf { items: found.items.into_iter().map(RunView::from).collect(), next }));
    }
    let lines = api.store.runs(caller.org(), &filter, after.as_ref(), page.limit()?).await?;
    let next = lines.items.last().filter(|_| lines.more).map(|line| cursor(&line.id));
    Ok(json(&PageOf { items: lines.items.into_iter().map(RunView::from).collect(), next }))
}
