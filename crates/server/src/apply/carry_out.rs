//! The doing of a plan, step by step. Each write names what it writes over, so that nobody's change is lost in silence.

use anyhow::Result;
use callout_flow::request::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::connection::ConnectionStep;
use super::plan::{Act, DocumentStep, Plan};
use crate::remote::{Failed, Remote, When};

#[derive(Deserialize)]
struct Written {
    errors: usize,
    #[serde(default)]
    problems: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    at: String,
    severity: String,
    message: String,
}

#[derive(Deserialize)]
struct Published {
    version: u32,
}

/// Does all of it; `tell` hears of each thing that is done.
pub fn carry_out(remote: &mut Remote, plan: &Plan, tell: &mut dyn FnMut(String)) -> Result<()> {
    let secrets = plan.connections.iter().flat_map(|step| step.secrets.values());
    remote.hide(secrets.filter_map(|(_, value)| value.as_ref()));
    for step in &plan.integrations {
        publish(remote, step, tell)?;
    }
    for step in &plan.connections {
        connect(remote, step, tell)?;
    }
    for step in &plan.flows {
        publish(remote, step, tell)?;
    }
    Ok(())
}

fn publish(remote: &Remote, step: &DocumentStep, tell: &mut dyn FnMut(String)) -> Result<()> {
    let DocumentStep { kind, slug, .. } = step;
    let path = kind.path(slug);
    let revision = match step.act {
        Act::Nothing => return Ok(()),
        Act::Publish => step.revision,
        Act::Create | Act::Change => {
            let written = remote.put(&format!("{path}/draft"), &step.document, When::of(step.revision))?;
            let Written { errors, problems } = written.read()?;
            if errors > 0 {
                let mut why = format!(
                    "the server finds errors in {}; its draft is written, and not published",
                    step.file
                );
                for found in problems.iter().filter(|found| found.severity == "error") {
                    why.push_str(&format!("\n  {}: {}", found.at, found.message));
                }
                return Err(Failed::new(why).into());
            }
            written.revision
        }
    };
    let Published { version } =
        remote.send(Method::Post, &format!("{path}/publish"), None, Some(When::of(revision)))?.read()?;
    tell(format!("{} {slug}: version {version} is published", kind.word()));
    if version != step.becomes {
        let (word, expected) = (kind.word(), step.becomes);
        let why = format!(
            "the {word} `{slug}` became version {version}, where {expected} was to be expected: look at the pins of the flows, and apply again"
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
