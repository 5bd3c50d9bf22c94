//! How often a flow's nodes and cases went well, and how long they took.

use axum::extract::State;
use axum::response::Response;
use callout_store::{CaseCounts, Figures, NodeCounts};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Viewer};
use super::flows::find;
use super::path::Path;
use super::problem::ApiProblem;
use super::query::{Query, invalid};
use super::{Shared, json};

/// How far back the counts go where the caller does not say.
const SPAN: SignedDuration = SignedDuration::from_hours(24);

/// Which visits to count.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountsQuery {
    /// From this time on, RFC 3339; a day before `to` where it is not given. Counts are kept in slices of five minutes.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this time; now where it is not given.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Of this published version; of all where it is not given.
    version: Option<u32>,
}

/// Visits that ended well or not, and their times in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Figures)]
pub struct FiguresView {
    /// Visits with a usable 2xx, and all visits of nodes that call nothing.
    success: u64,
    fail: u64,
    p50_ms: u64,
    p95_ms: u64,
    p99_ms: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseFigures)]
pub struct CaseView {
    /// The position of the case from 0, `next`, or `none`.
    case: String,
    #[serde(flatten)]
    figures: FiguresView,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeFigures)]
pub struct NodeView {
    node: String,
    #[serde(flatten)]
    figures: FiguresView,
    cases: Vec<CaseView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsView {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Null where all versions are counted together.
    version: Option<u32>,
    /// Visits of all nodes together.
    success: u64,
    fail: u64,
    nodes: Vec<NodeView>,
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        let Figures { success, fail, p50_ms, p95_ms, p99_ms } = figures;
        Self { success, fail, p50_ms, p95_ms, p99_ms }
    }
}

impl From<NodeCounts> for NodeView {
    fn from(counts: NodeCounts) -> Self {
        let case = |one: CaseCounts| CaseView { case: one.case, figures: one.figures.into() };
        Self {
            node: counts.node,
            figures: counts.figures.into(),
            cases: counts.cases.into_iter().map(case).collect(),
        }
    }
}

/// Count a flow's visits.
///
/// Per node and case: how many ended well and not, and the times that half, 95 and 99 of 100 took at most. A visit counts
/// once, after its last attempt; tests, previews and replays do not.
#[utoipa::path(get, path = "/v1/flows/{slug}/counts", operation_id = "countVisits", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug."), CountsQuery),
    responses((status = 200, description = "The counts.", body = CountsView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn counts(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(query): Query<CountsQuery>,
) -> Result<Response, ApiProblem> {
    let to = query.to.unwrap_or_else(|| api.now());
    let from = query.from.unwrap_or_else(|| to.checked_sub(SPAN).unwrap_or(Timestamp::MIN));
    if query.version == Some(0) {
        return Err(invalid("`version` counts from 1").at("version"));
    }
    if from > to {
        return Err(invalid(format!("`from` is {from}, which is after `to`, {to}")).at("from"));
    }
    let flow = find(&api, caller.org(), &slug).await?;
    let nodes = api.store.counts(caller.org(), flow.number, query.version, from, to).await?;
    let sum = |pick: fn(&Figures) -> u64| nodes.iter().map(|node| pick(&node.figures)).sum();
    let (success, fail) = (sum(|figures| figures.success), sum(|figures| figures.fail));
    let nodes = nodes.into_iter().map(NodeView::from).collect();
    Ok(json(&CountsView { from, to, version: query.version, success, fail, nodes }))
}
