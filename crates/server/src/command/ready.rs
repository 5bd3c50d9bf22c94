//! What a flow of a folder needs to run in a terminal: a store that is gone with the command, with everything in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use callout_engine::{Engine, Store};
use callout_flow::draft::FlowDraft;
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::{ConnectionDraft, Known};
use callout_flow::problem::Problem;
use callout_flow::request::SecretText;
use callout_store::{NewConnection, NewVersion};
use tokio::runtime::Runtime;

use crate::args::InputArgs;
use crate::config::{Config, now};
use crate::folder::{File, FlowFile, Folder, IntegrationFile, has_errors};
use crate::report;

/// All that a run needs.
pub struct Ready {
    flow: Arc<Flow>,
    pub runtime: Runtime,
    pub engine: Engine,
}

impl Ready {
    /// `None` where a file cannot be read; its problems are then on standard error.
    pub fn load(path: &Path, input: &InputArgs) -> Result<Option<Self>> {
        let config = Config::load(input.config.as_deref())?;
        let first = FlowFile::load(path)?;
        let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let at = input.dir.as_deref().unwrap_or(beside);
        if !at.is_dir() {
            bail!("--dir {}: there is no such folder", at.display());
        }
        // A flow that needs nothing of its folder is not kept from running by what lies there.
        let mut folder = if needs_others(&first) { Folder::read(at)? } else { Folder::default() };
        let slug = first.slug().unwrap_or_default().to_owned();
        folder.flows.retain(|file| file.slug() != Some(&slug) || !same_file(&file.path, path));
        folder.flows.insert(0, first);
        let Some(files) = runnable(&folder, &slug, at)? else { return Ok(None) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let engine = config.engine(Store::in_memory()?, &[])?;
        let org = OrgId::default_org();
        let flow = runtime.block_on(async {
            lend(&engine, &folder, &files);
            connect(engine.store(), &org, &folder, &files).await?;
            publish(engine.store(), &org, &files).await?;
            let flow = engine.published(&org, &slug).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            flow.with_context(|| format!("there is no flow `{slug}`"))
        })?;
        Ok(Some(Self { flow, runtime, engine }))
    }

    pub fn flow(&self) -> Arc<Flow> {
        Arc::clone(&self.flow)
    }
}

fn needs_others(file: &FlowFile) -> bool {
    let calls = file
        .read
        .draft
        .as_ref()
        .is_some_and(|draft| !draft.pins().is_empty() || !draft.connections().is_empty());
    calls || file.compile(&Known::default()).0.is_some_and(|flow| flow.flows_named().next().is_some())
}

fn same_file(one: &Path, two: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole(one) == whole(two)
}

/// The flows that a run may come to, or `None` where one of them, or what they call with, cannot be read.
fn runnable<'f>(folder: &'f Folder, slug: &str, at: &Path) -> Result<Option<Vec<&'f FlowFile>>> {
    let known = folder.known();
    // An integration that is wrong is told of itself, rather than as missing.
    let pins =
        folder.flows.iter().take(1).filter_map(|file| file.read.draft.as_ref()).flat_map(FlowDraft::pins);
    let named: BTreeSet<&str> = pins.map(|(slug, _)| slug).collect();
    let mut wrong = false;
    let wanted = |file: &&IntegrationFile| file.slug().is_some_and(|slug| named.contains(slug));
    for file in folder.integrations.iter().filter(wanted) {
        let (_, problems) = file.check();
        if has_errors(&problems) {
            show_problems(file, &problems, "is wrong");
            wrong = true;
        }
    }
    if wrong {
        return Ok(None);
    }
    let reachable = folder.reachable(slug, &known, at)?;
    for (file, problems) in &reachable.broken {
        show_problems(file, problems, "cannot run");
    }
    Ok(reachable.broken.is_empty().then_some(reachable.files))
}

fn lend(engine: &Engine, folder: &Folder, files: &[&FlowFile]) {
    let drafts = files.iter().filter_map(|file| file.read.draft.as_ref());
    for (slug, _) in drafts.flat_map(|draft| draft.pins()) {
        if let Some(integration) = folder.integration(slug).and_then(|file| file.check().0) {
            engine.lend_integration(integration);
        }
    }
}

/// Makes the connections that the flows name.
async fn connect(store: &Store, org: &OrgId, folder: &Folder, files: &[&FlowFile]) -> Result<()> {
    let drafts = files.iter().filter_map(|file| file.read.draft.as_ref());
    let named: BTreeSet<&str> = drafts.flat_map(|draft| draft.connections()).collect();
    for id in named {
        let Some(file) = folder.connection(id) else {
            anstream::eprintln!(
                "warning: no file here is the connection `{id}`; calls with it end as `invalid`"
            );
            continue;
        };
        let problems = file.check(folder);
        let Some(draft) = file.read.draft.as_ref().filter(|_| !has_errors(&problems)) else {
            show_problems(file, &problems, "is wrong");
            bail!("the connection `{id}` cannot be made from {}", file.name());
        };
        let new = new_connection(draft, folder).with_context(|| format!("the connection `{id}`"))?;
        store.create_connection(org, &new).await?;
    }
    Ok(())
}

fn new_connection(draft: &ConnectionDraft, folder: &Folder) -> Result<NewConnection> {
    let mut secrets = BTreeMap::new();
    for (name, source) in &draft.secrets {
        let value = std::env::var(&source.env).with_context(|| {
            format!(
                "its secret `{name}` comes from the environment variable {}, which is not set",
                source.env
            )
        })?;
        secrets.insert(name.clone(), SecretText::new(value));
    }
    let integration = match &draft.integration_slug {
        None => None,
        Some(slug) => {
            let found = folder.integration(slug).and_then(|file| file.check().0);
            Some(found.with_context(|| format!("there is no integration `{slug}` beside it"))?)
        }
    };
    let made =
        crate::connection::new_connection(draft, secrets, integration.as_deref(), "callout run", now());
    made.map_err(|why| anyhow::anyhow!("{why}"))
}

/// Publishes files as the flows of an org.
async fn publish(store: &Store, org: &OrgId, files: &[&FlowFile]) -> Result<()> {
    let now = now();
    for file in files {
        let slug = file.slug().unwrap_or_default();
        let row = store.put_draft(org, slug, slug, &file.document(), None, now).await?;
        let new = NewVersion { number: row.number, revision: row.revision, by: "callout run", now };
        store.publish(org, &new).await?;
    }
    Ok(())
}

fn show_problems<R>(file: &File<R>, problems: &[Problem], verdict: &str) {
    let name = file.name();
    for problem in problems {
        anstream::eprintln!("{}\n", report::problem(&name, &file.text, problem));
    }
    anstream::eprintln!("{name} {verdict}: {}", report::tally(problems));
}
