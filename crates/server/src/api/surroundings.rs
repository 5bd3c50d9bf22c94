//! What an org has that its flows may name, as far as given documents name it.

use std::collections::BTreeSet;

use callout_flow::draft::FlowDraft;
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::Known;
use callout_store::Document;
use serde_json::{Map, Value};

use super::body::body_invalid;
use super::flows::all_slugs;
use super::problem::{ApiProblem, Code, Found};
use super::{Shared, off_thread};
use crate::document::{Checked, Reading, Surroundings};
use crate::one_node::{self, Unfit};

const AT_A_TIME: usize = 200;

/// A flow's document, read and checked as one of the org's. `own` is a slug that counts as there.
pub async fn checked(
    api: &Shared,
    org: &OrgId,
    document: Document,
    own: Option<&str>,
) -> Result<(Reading, Checked), ApiProblem> {
    let reading = off_thread(move || Reading::of_document(&document)).await?;
    let around = around(api, org, reading.draft(), own).await?;
    off_thread(move || {
        let checked = reading.check(&around);
        (reading, checked)
    })
    .await
}

/// What the flows may name.
pub async fn around<'d>(
    api: &Shared,
    org: &OrgId,
    drafts: impl IntoIterator<Item = &'d FlowDraft>,
    own: Option<&str>,
) -> Result<Surroundings, ApiProblem> {
    let slugs = all_slugs(api, org, own).await?;
    let (mut pins, mut connections) = (BTreeSet::new(), false);
    for draft in drafts {
        pins.append(&mut draft.pins());
        connections |= !draft.connections().is_empty();
    }
    let mut known = Known::default();
    if !pins.is_empty() {
        add_newest(api, org, &mut known).await?;
    }
    for (slug, version) in pins {
        if let Some(integration) = api.engine.integration(org, slug, version).await? {
            known.add(integration);
        }
    }
    if connections {
        add_connections(api, org, &mut known).await?;
    }
    Ok(Surroundings { slugs, known, policy: api.engine.outbound().policy() })
}

async fn add_newest(api: &Shared, org: &OrgId, known: &mut Known) -> Result<(), ApiProblem> {
    let mut after = None;
    loop {
        let page = api.store.integrations(org, after, AT_A_TIME).await?;
        after = page.items.last().map(|row| row.number);
        for row in page.items {
            if let Some(version) = row.version {
                known.newest(&row.slug, version);
            }
        }
        if !page.more {
            return Ok(());
        }
    }
}

async fn add_connections(api: &Shared, org: &OrgId, known: &mut Known) -> Result<(), ApiProblem> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    loop {
        let after = found.last().map(|(id, _)| id.clone());
        let page = api.store.connections(org, None, after.as_deref(), AT_A_TIME).await?;
        found.extend(page.items.into_iter().map(|view| (view.id, view.integration)));
        if !page.more {
            known.set_connections(found);
            return Ok(());
        }
    }
}

/// A node by itself, as a flow of the org.
pub async fn one_node(
    api: &Shared,
    org: &OrgId,
    node: Map<String, Value>,
) -> Result<(Flow, usize), ApiProblem> {
    let read = one_node::read(&Value::Object(node)).map_err(unfit)?;
    let known = match &read.draft {
        Some(draft) => api.engine.pinned(org, draft).await?,
        None => Known::default(),
    };
    one_node::compile(read, &known).map_err(unfit)
}

/// Why a body's node cannot be carried out.
fn unfit(unfit: Unfit) -> ApiProblem {
    match unfit {
        Unfit::NotACall(kind) => {
            ApiProblem::new(Code::NODE_NOT_A_CALL, format!("the node is of the type `{kind}`"))
                .at("node.type")
                .fix("Send a node of the type `apiCall`.")
        }
        Unfit::Problems(problems) => body_invalid(problems.into_iter().map(Found::from).collect()),
    }
}
