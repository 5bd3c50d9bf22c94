//! Moving the pins of published flows to another version of an integration: all are checked before any is written.

use axum::extract::State;
use axum::response::Response;
use callout_flow::integration::pins::move_pins;
use callout_flow::problem::Severity;
use callout_store::{Document, Draft, NewVersion, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Caller, Editor};
use super::integration_versions::flows_touched;
use super::integrations::find;
use super::path::Path;
use super::presence::DraftNews;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::{find_draft, no_version};
use super::surroundings::checked;
use super::{Shared, json, off_thread};

/// Which pins to move, and where to.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Upgrade, example = json!({ "to": 4, "flows": ["caller-lookup"], "publish": true }))]
pub struct UpgradeBody {
    /// The version that they shall pin.
    #[schema(minimum = 1)]
    #[schemars(range(min = 1))]
    to: u32,
    /// The flows' slugs; all published flows that pin another version where it is not given.
    #[serde(default)]
    flows: Option<Vec<String>>,
    /// Publish the flows too. Otherwise their drafts are written, and nothing runs otherwise yet.
    #[serde(default)]
    publish: bool,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    dry_run: bool,
}

shaped!(UpgradeBody);

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Upgraded)]
pub struct Upgraded {
    flows: Vec<UpgradedFlow>,
    /// Flows that were left alone, each with the reason.
    skipped: Vec<SkippedFlow>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UpgradedFlow)]
pub struct UpgradedFlow {
    slug: String,
    /// The nodes whose pins moved.
    nodes: Vec<String>,
    /// The flow's new version, where it was published.
    version: Option<u32>,
    /// The check's warnings.
    problems: Vec<Found>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SkippedFlow)]
pub struct SkippedFlow {
    slug: String,
    reason: String,
}

/// A flow whose pins are about to move.
struct Moving {
    draft: Draft,
    document: Document,
    nodes: Vec<String>,
    problems: Vec<Found>,
}

/// Move the pins of flows to a version of an integration.
///
/// One act: every flow is checked with its pins moved first, and where one of them would have errors that it has not now,
/// nothing is done. The texts keep everything but the numbers. A flow whose draft differs from what is published is not
/// published with it, and listed under `skipped`.
#[utoipa::path(post, path = "/v1/integrations/{slug}/upgrade", operation_id = "upgradeFlows", tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug.")), request_body = UpgradeBody,
    responses(
        (status = 200, description = "What was done, or would be.", body = Upgraded),
        (status = 422, description = "A flow would have errors; nothing was done: `flow-has-errors`. Or the body does not \
            fit: `body-invalid`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn upgrade(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Json(body): Json<UpgradeBody>,
) -> Result<Response, ApiProblem> {
    let row = find(&api, caller.org(), &slug).await?;
    if api.store.integration_version(caller.org(), &slug, body.to).await?.is_none() {
        return Err(no_version(&slug, body.to, row.version));
    }
    let mut upgraded = Upgraded { flows: Vec::new(), skipped: Vec::new() };
    let mut moving = Vec::new();
    for flow in wanted(&caller, &api, &slug, &body).await? {
        match prepare(&caller, &api, &slug, &flow, &body).await? {
            Ok(one) => moving.push(one),
            Err(reason) => upgraded.skipped.push(SkippedFlow { slug: flow, reason }),
        }
    }
    for one in moving {
        let version = if body.dry_run { None } else { carry_out(&caller, &api, &slug, &one, &body).await? };
        let Moving { draft, nodes, problems, .. } = one;
        upgraded.flows.push(UpgradedFlow { slug: draft.flow.slug, nodes, version, problems });
    }
    if !body.dry_run {
        api.engine.forget_flows(caller.org());
    }
    Ok(json(&upgraded))
}

/// The slugs of the flows to move.
async fn wanted(
    caller: &Caller<Editor>,
    api: &Shared,
    slug: &str,
    body: &UpgradeBody,
) -> Result<Vec<String>, ApiProblem> {
    if let Some(flows) = &body.flows {
        for (index, flow) in flows.iter().enumerate() {
            if api.store.flow(caller.org(), flow).await?.is_none() {
                let detail = format!("there is no flow `{}`", flow.chars().take(80).collect::<String>());
                let fix = "Name flows of this org: `GET /v1/flows` lists them.";
                return Err(field_invalid(&format!("flows[{index}]"), detail, fix));
            }
        }
        return Ok(flows.clone());
    }
    let pinning = flows_touched(api, caller.org(), slug, &[]).await?;
    let other = pinning.into_iter().filter(|flow| flow.calls.iter().any(|call| call.version != body.to));
    Ok(other.map(|flow| flow.slug).collect())
}

/// The flow with its pins moved, checked; or why it is left alone.
async fn prepare(
    caller: &Caller<Editor>,
    api: &Shared,
    slug: &str,
    flow: &str,
    body: &UpgradeBody,
) -> Result<Result<Moving, String>, ApiProblem> {
    let draft = find_draft(api, caller.org(), flow).await?;
    if body.publish {
        let published = match draft.flow.version {
            Some(version) => api.store.version(caller.org(), draft.flow.number, version).await?,
            None => None,
        };
        if published.is_none_or(|published| published.document != draft.document) {
            return Ok(Err(
                "its draft differs from what is published: look at it, and publish it by itself".to_owned()
            ));
        }
    }
    let (text, json) = (draft.document.text.clone(), draft.document.json);
    let (slug, to) = (slug.to_owned(), body.to);
    let name = if json { "flow.json" } else { "flow.yaml" };
    let moved = off_thread(move || move_pins(&text, name, &slug, to)).await?;
    let Some((text, nodes)) = moved else {
        return Ok(Err("its draft cannot be read, or writes the pin otherwise than as a number".to_owned()));
    };
    if nodes.is_empty() {
        return Ok(Err("it pins this version already".to_owned()));
    }
    let document = Document { text, json };
    let (_, before) = checked(api, caller.org(), draft.document.clone(), None).await?;
    let (_, after) = checked(api, caller.org(), document.clone(), None).await?;
    let had_errors = before.has_errors();
    let problems: Vec<Found> = after.problems.iter().cloned().map(Found::from).collect();
    let fails = after.problems.iter().any(|problem| problem.severity == Severity::Error);
    if fails && (body.publish || !had_errors) {
        let detail = format!("`{flow}` would have errors with its pins moved; nothing was done");
        return Err(ApiProblem::new(Code::FLOW_HAS_ERRORS, detail)
            .fix("Mend the flow first, or leave it out of `flows`.")
            .problems(problems));
    }
    Ok(Ok(Moving { draft, document, nodes, problems }))
}

async fn carry_out(
    caller: &Caller<Editor>,
    api: &Shared,
    slug: &str,
    moving: &Moving,
    body: &UpgradeBody,
) -> Result<Option<u32>, ApiProblem> {
    let Moving { draft, document, nodes, .. } = moving;
    let (flow, now) = (&draft.flow, api.now());
    let note = caller.note(api, "flow.upgrade", "flow", &flow.slug);
    let note = note.becomes(value!({ "integration": slug, "version": body.to, "nodes": nodes }));
    let store = api.store.noting(note);
    let expected = Some(flow.revision);
    let row = store.put_draft(caller.org(), &flow.slug, flow, document, expected, now).await;
    let row = row.map_err(meanwhile)?;
    let by = || caller.name().to_owned();
    let news = DraftNews::Draft { revision: row.revision, by: by(), at: row.draft_at };
    api.rooms.tell(caller.org(), &flow.slug, news);
    if !body.publish {
        return Ok(None);
    }
    let new = NewVersion { number: row.number, revision: row.revision, by: caller.name(), now };
    let next = flow.version.map_or(1, |last| last + 1);
    let note = caller.note(api, "flow.publish", "flow", &flow.slug).becomes(value!({ "version": next }));
    let made = api.store.noting(note).publish(caller.org(), &new).await.map_err(meanwhile)?;
    api.rooms.tell(caller.org(), &flow.slug, DraftNews::Published { version: made.version, by: by() });
    Ok(Some(made.version))
}

fn meanwhile(error: StoreError) -> ApiProblem {
    match error {
        StoreError::Conflict(why) => ApiProblem::new(Code::REVISION_DIFFERS, why)
            .fix("Someone wrote meanwhile: ask again, and those that are moved already are left alone."),
        other => other.into(),
    }
}
