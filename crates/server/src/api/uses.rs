//! Where connections and integrations are used: looked up in the org's flows, drafts and published versions alike.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use callout_flow::draft::FlowDraft;
use callout_flow::id::OrgId;
use callout_flow::node::NodeDraft;
use callout_flow::node::api_call::draft::ApiCallDraft;
use callout_flow::read::sketch_flow;
use callout_store::Mention;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Viewer};
use super::path::Path;
use super::problem::ApiProblem;
use super::{Shared, connections, integrations, json, off_thread};
use crate::document::Reading;

/// The most documents that are read for one answer: they are in memory at once.
const DOCUMENTS_MAX: usize = 500;

/// Where a connection is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionUses)]
pub struct ConnectionUses {
    /// By the flows' numbers.
    flows: Vec<ConnectionUse>,
    /// Whether these are all: 500 documents that may use it are looked into.
    complete: bool,
}

/// A flow that uses a connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectionUse)]
pub struct ConnectionUse {
    slug: String,
    name: String,
    /// The ids of the nodes that use it, in the draft or as published.
    nodes: Vec<String>,
    /// Whether the draft uses it.
    draft: bool,
    /// The latest published version, where that uses it.
    published: Option<u32>,
}

/// Where an integration is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntegrationUses)]
pub struct IntegrationUses {
    /// By the flows' numbers.
    flows: Vec<IntegrationUse>,
    /// Whether these are all: 500 documents that may use it are looked into.
    complete: bool,
}

/// A flow that uses an integration.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntegrationUse)]
pub struct IntegrationUse {
    slug: String,
    name: String,
    nodes: Vec<PinView>,
    /// Whether the draft uses it.
    draft: bool,
    /// The latest published version, where that uses it.
    published: Option<u32>,
}

/// A node that uses an integration, with the version that it pins.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pin)]
pub struct PinView {
    id: String,
    /// In the draft; null where that does not use it, or pins none yet.
    draft: Option<u32>,
    /// As published.
    published: Option<u32>,
}

/// List where a connection is used.
///
/// In the drafts and the published versions of the org's flows.
#[utoipa::path(get, path = "/v1/connections/{id}/uses", operation_id = "listConnectionUses", tag = "connections",
    params(("id" = String, Path, description = "The connection's id.")),
    responses((status = 200, description = "The flows.", body = ConnectionUses)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn of_connection(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    connections::find(&api, caller.org(), &id).await?;
    let wanted = id.clone();
    let uses = move |call: &ApiCallDraft| call.connection_id.as_deref() == Some(wanted.as_str());
    let (found, complete) = found(&api, caller.org(), &id, uses).await?;
    let flow = |(slug, used): (String, Used)| ConnectionUse {
        slug,
        name: used.name,
        nodes: used.nodes.into_keys().collect(),
        draft: used.draft,
        published: used.published,
    };
    Ok(json(&ConnectionUses { flows: found.into_iter().map(flow).collect(), complete }))
}

/// List where an integration is used.
///
/// In the drafts and the published versions of the org's flows, with the version that each node pins.
#[utoipa::path(get, path = "/v1/integrations/{slug}/uses", operation_id = "listIntegrationUses", tag = "integrations",
    params(("slug" = String, Path, description = "The integration's slug.")),
    responses((status = 200, description = "The flows.", body = IntegrationUses)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn of_integration(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    integrations::find(&api, caller.org(), &slug).await?;
    let wanted = slug.clone();
    let uses = move |call: &ApiCallDraft| call.integration_slug.as_deref() == Some(wanted.as_str());
    let (found, complete) = found(&api, caller.org(), &slug, uses).await?;
    let pin = |(id, (draft, published))| PinView { id, draft, published };
    let flow = |(slug, used): (String, Used)| IntegrationUse {
        slug,
        name: used.name,
        nodes: used.nodes.into_iter().map(pin).collect(),
        draft: used.draft,
        published: used.published,
    };
    Ok(json(&IntegrationUses { flows: found.into_iter().map(flow).collect(), complete }))
}

/// How a flow uses something.
#[derive(Default)]
struct Used {
    name: String,
    /// With the versions that the draft and the published version pin.
    nodes: BTreeMap<String, (Option<u32>, Option<u32>)>,
    draft: bool,
    published: Option<u32>,
}

/// The flows with a call that uses it, in order; whether they are all.
async fn found(
    api: &Shared,
    org: &OrgId,
    text: &str,
    uses: impl Fn(&ApiCallDraft) -> bool + Send + 'static,
) -> Result<(Vec<(String, Used)>, bool), ApiProblem> {
    let page = api.store.mentions(org, text, DOCUMENTS_MAX).await?;
    let flows = off_thread(move || {
        let mut flows: Vec<(String, Used)> = Vec::new();
        for Mention { slug, name, version, document } in page.items {
            let Some(draft) = read(&Reading::of_document(&document)) else { continue };
            let calls = draft.nodes.into_iter().filter_map(|(id, node)| match node {
                NodeDraft::ApiCall(call) if uses(&call) => Some((id, call.integration_version)),
                _ => None,
            });
            let calls: Vec<_> = calls.collect();
            if calls.is_empty() {
                continue;
            }
            // A flow's documents come one after the other.
            if flows.last().is_none_or(|(last, _)| *last != slug) {
                flows.push((slug, Used { name, ..Used::default() }));
            }
            let Some((_, used)) = flows.last_mut() else { continue };
            for (id, pin) in calls {
                let pins = used.nodes.entry(id).or_default();
                if version.is_none() { pins.0 = pin } else { pins.1 = pin }
            }
            match version {
                None => used.draft = true,
                version => used.published = version,
            }
        }
        flows
    });
    Ok((flows.await?, !page.more))
}

/// The flow as far as it can be read.
fn read(reading: &Reading) -> Option<FlowDraft> {
    reading.draft().cloned().or_else(|| sketch_flow(reading.read.tree.as_ref()?))
}
