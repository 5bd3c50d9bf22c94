//! The doing of a plan, step by step. Each write names what it writes over, so that nobody's change is lost in silence.

use anyhow::Result;
use callout_flow::request::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::connection::ConnectionStep;
use super::plan::{Act, DocumentStep, Plan};
use super::there::Kind;
use crate::remote::{Failed, Remote, When};

#[derive(Deserialize)]
struct Published {
    version: u32,
}

/// Does all of it; `tell` hears of each thing that is done.
pub fn carry_out(remote: &mut Remote, plan: &Plan, tell: &mut dyn FnMut(String)) -> Result<()> {
    let secrets = plan.connections.iter().flat_map(|step| step.secrets.values());
    remote.hide(secrets.filter_map(|(_, value)| value.as_ref()));
    for step in &plan.integrations {
        let revision = draft(remote, step)?;
        publish(remote, step, revision, tell)?;
    }
    for step in &plan.connections {
        connect(remote, step, tell)?;
    }
    // Flows may go to each other, and a flow is published only where all that it goes to is there.
    let drafted: Vec<Option<u64>> =
        plan.flows.iter().map(|step| draft(remote, step)).collect::<Result<_>>()?;
    for (step, revision) in plan.flows.iter().zip(drafted) {
        publish(remote, step, revision, tell)?;
    }
    Ok(())
}

/// Writes the draft where it differs; the revision that it has then. What is wrong with it, publishing tells.
fn draft(remote: &Remote, step: &DocumentStep) -> Result<Option<u64>> {
    if matches!(step.act, Act::Nothing | Act::Publish) {
        return Ok(step.revision);
    }
    let path = format!("{}/draft", step.kind.path(&step.slug));
    let written = remote.put(&path, &step.document, When::of(step.revision))?;
    let unsaid = || Failed::new(format!("the server wrote {path} and did not say its revision"));
    Ok(Some(written.revision.ok_or_else(unsaid)?))
}

fn publish(
    remote: &Remote,
    step: &DocumentStep,
    revision: Option<u64>,
    tell: &mut dyn FnMut(String),
) -> Result<()> {
    if step.act == Act::Nothing {
        return Ok(());
    }
    let DocumentStep { kind, slug, becomes, .. } = step;
    let path = format!("{}/publish", kind.path(slug));
    let Published { version } = remote.send(Method::Post, &path, None, Some(When::of(revision)))?.read()?;
    tell(format!("{} {slug}: version {version} is published", kind.word()));
    // An integration that was removed once goes on counting where it was.
    if *kind == Kind::Integration && version != *becomes {
        let why = format!(
            "the integration `{slug}` became version {version}, where {becomes} was to be expected: look at the pins of the \
             flows, and apply again"
        );
        return Err(Failed::new(why).into());
    }
    Ok(())
}

fn connect(remote: &Remote, step: &ConnectionStep, tell: &mut dyn FnMut(String)) -> Result<()> {
    let mut body = step.body.clone();
    let values = step.secrets.iter().filter_map(|(name, (_, value))| Some((name, value.as_ref()?)));
    let secrets: Map<String, Value> =
        values.map(|(name, value)| (name.clone(), value.expose().into())).collect();
    if !secrets.is_empty() {
        body.insert("secrets".to_owned(), secrets.into());
    }
    let body = Value::Object(body);
    match step.act {
        Act::Nothing | Act::Publish => return Ok(()),
        Act::Create => remote.send(Method::Post, "/v1/connections", Some(&body), None)?,
        Act::Change => {
            let path = format!("/v1/connections/{}", step.id);
            remote.send(Method::Patch, &path, Some(&body), Some(When::of(step.revision)))?
        }
    };
    let done = if step.act == Act::Create { "is made" } else { "is changed" };
    tell(format!("connection {}: it {done}", step.id));
    Ok(())
}
