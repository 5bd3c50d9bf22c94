//! Two versions of a flow side by side.

use axum::extract::State;
use axum::response::Response;
use callout_flow::id::OrgId;
use callout_store::{Document, FlowRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Viewer};
use super::flows::find;
use super::path::Path;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::publish::{find_draft, no_version};
use super::query::{Query, invalid};
use super::{Api, Shared, json, off_thread};
use crate::diff::{FlowDiff, diff};
use crate::document::Reading;

/// Which two to compare.
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

/// What differs, and between which.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Diff)]
pub struct DiffView {
    /// A version, `draft`, or null where nothing was published yet and all is new.
    from: Option<String>,
    to: String,
    #[serde(flatten)]
    diff: FlowDiff,
}

/// Compare two versions of a flow.
///
/// By default what publishing the draft would change. Documents are compared by what they say: order of keys, comments, YAML or
/// JSON, and where nodes are drawn (`layout`) make no difference.
#[utoipa::path(get, path = "/v1/flows/{slug}/diff", operation_id = "compareVersions", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug."), DiffQuery),
    responses(
        (status = 200, description = "What differs.", body = DiffView),
        (status = 409, description = "One of the two is no YAML or JSON: `document-unreadable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn compare(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Response, ApiProblem> {
    let (from, to) =
        (query.from.as_deref().map(side).transpose()?, query.to.as_deref().map(side).transpose()?);
    let flow = find(&api, caller.org(), &slug).await?;
    let from = from.or(flow.version.map(Side::Version));
    let to = to.unwrap_or(Side::Draft);
    let before = match from {
        Some(side) => Some(document(&api, caller.org(), &flow, side).await?),
        None => None,
    };
    let after = document(&api, caller.org(), &flow, to).await?;
    let read = off_thread(move || {
        let before = before.map_or(Some(Value::Null), |document| Reading::of_document(&document).said());
        let after = Reading::of_document(&after).said();
        (before.is_some(), before.zip(after).map(|(before, after)| diff(&before, &after)))
    });
    let (before_read, found) = read.await?;
    let diff = found.ok_or_else(|| {
        let which = if before_read { Some(to) } else { from };
        unreadable(&which.map_or(String::new(), Side::text), &slug)
    })?;
    Ok(json(&DiffView { from: from.map(Side::text), to: to.text(), diff }))
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Version(u32),
    Draft,
}

impl Side {
    fn text(self) -> String {
        match self {
            Self::Version(version) => version.to_string(),
            Self::Draft => "draft".to_owned(),
        }
    }
}

fn side(text: &str) -> Result<Side, ApiProblem> {
    if text == "draft" {
        return Ok(Side::Draft);
    }
    let version =
        text.parse().ok().filter(|version| *version > 0 && text.bytes().all(|b| b.is_ascii_digit()));
    version.map(Side::Version).ok_or_else(|| invalid("`from` and `to` take a version's number or `draft`"))
}

async fn document(api: &Api, org: &OrgId, flow: &FlowRow, side: Side) -> Result<Document, ApiProblem> {
    match side {
        Side::Draft => Ok(find_draft(api, org, &flow.slug).await?.document),
        Side::Version(version) => {
            let found = api.store.version(org, flow.number, version).await?;
            Ok(found.ok_or_else(|| no_version(&flow.slug, version, flow.version))?.document)
        }
    }
}

fn unreadable(which: &str, slug: &str) -> ApiProblem {
    let which = if which == "draft" { "the draft".to_owned() } else { format!("version {which}") };
    ApiProblem::new(
        Code::DOCUMENT_UNREADABLE,
        format!("{which} of `{slug}` is no YAML or JSON, so nothing can be compared"),
    )
    .fix("`POST /v1/check` shows where it breaks off.")
}
