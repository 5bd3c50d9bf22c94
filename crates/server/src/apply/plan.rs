//! What is to be done for a server to be as a folder: decided before anything is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use callout_flow::check::{CheckContext, check};
use callout_flow::draft::FlowDraft;
use callout_flow::integration::compare::compare;
use callout_flow::integration::{Integration, IntegrationDraft, Known};
use callout_flow::problem::{Problem, Severity};
use callout_flow::read::{place_problems, read_integration};
use callout_store::Document;
use serde::Serialize;
use serde_json::Value;

use super::connection::{self, ConnectionStep};
use super::there::{Kept, Kind, There};
use crate::diff::diff;
use crate::document::{Reading, is_drawn_from, is_same_flow};
use crate::folder::{File, FlowFile, Folder};
use crate::report;

/// What is done with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    Create,
    Change,
    /// The draft there is as the file, and not published yet.
    Publish,
    Nothing,
}

/// Something that changes, in words.
#[derive(Debug, Serialize)]
pub struct Told {
    pub breaking: bool,
    pub text: String,
}

/// What is done with a flow or an integration.
#[derive(Debug)]
pub struct DocumentStep {
    pub kind: Kind,
    pub slug: String,
    pub file: String,
    pub document: Document,
    pub act: Act,
    /// The draft's on the server, over which this is written.
    pub revision: Option<u64>,
    pub version: Option<u32>,
    /// The version that it is afterwards.
    pub becomes: u32,
    pub changes: Vec<Told>,
    pub notes: Vec<String>,
}

/// All of it, in the order in which it is done.
#[derive(Debug, Default)]
pub struct Plan {
    pub integrations: Vec<DocumentStep>,
    pub connections: Vec<ConnectionStep>,
    pub flows: Vec<DocumentStep>,
    /// What the server has and the folder has not: as `flow`, `old`.
    pub beyond: Vec<(&'static str, String)>,
}

impl Plan {
    pub fn is_nothing(&self) -> bool {
        let documents = self.integrations.iter().chain(&self.flows).map(|step| step.act);
        documents.chain(self.connections.iter().map(|step| step.act)).all(|act| act == Act::Nothing)
    }
}

/// What the environment says of a variable; an empty one is as one that is not set.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// All that a folder's files have wrong by themselves, each ready to be shown.
pub fn faults(folder: &Folder) -> Vec<String> {
    let mut faults: Vec<String> = folder.twice().iter().map(|why| report::error(why)).collect();
    for file in &folder.integrations {
        tell(file, &file.check().1, &mut faults);
    }
    for file in &folder.connections {
        tell(file, &file.read.problems, &mut faults);
    }
    for file in &folder.flows {
        // What a flow's calls must give is known once the server has told of the versions that it pins.
        let pins = file.read.draft.as_ref().is_some_and(|draft| !draft.pins().is_empty());
        let whole = if pins { None } else { Some(CheckContext::default()) };
        tell(file, &flow_problems(file, whole.as_ref()), &mut faults);
    }
    faults
}

fn tell<R>(file: &File<R>, problems: &[Problem], faults: &mut Vec<String>) {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    faults.extend(errors.map(|problem| report::problem(&file.name(), &file.text, problem)));
}

/// All that is wrong with a flow; without a context, what keeps it from being read.
fn flow_problems(file: &FlowFile, context: Option<&CheckContext<'_>>) -> Vec<Problem> {
    let mut problems = file.read.problems.clone();
    if let (Some(draft), Some(context)) = (&file.read.draft, context) {
        problems.extend(check(draft, context).problems);
    }
    if let Some(tree) = &file.read.tree {
        place_problems(tree, &mut problems);
    }
    problems
}

/// The plan, and why it cannot be carried out, where it cannot: each reason ready to be shown.
pub fn make(
    folder: &Folder,
    there: &There,
    rewrite_secrets: bool,
    environment: Environment<'_>,
) -> (Plan, Vec<String>) {
    let mut refused = Vec::new();
    let mut plan = Plan::default();
    for file in &folder.integrations {
        let slug = file.slug().unwrap_or_default();
        let kept = there.integrations.get(slug);
        let mut step = document_step(Kind::Integration, slug, file, kept);
        step.changes = integration_changes(&step.document, kept);
        plan.integrations.push(step);
    }
    let known = known(folder, there, &plan.integrations);
    for file in &folder.connections {
        let Some(draft) = &file.read.draft else { continue };
        let newest = draft.integration_slug.as_deref().and_then(|slug| newest(&known, there, slug));
        let wanted = connection::Wanted { draft, integration: newest.as_deref(), rewrite_secrets };
        match connection::step(&wanted, there.connections.get(&draft.id), environment) {
            Ok(step) => plan.connections.push(ConnectionStep { file: file.name(), ..step }),
            Err(whys) => {
                refused.extend(whys.iter().map(|why| report::error(&format!("{}: {why}", file.name()))))
            }
        }
    }
    refused.extend(folder.flows.iter().flat_map(|file| unpinnable(file, there, &plan.integrations)));
    let mut slugs: Vec<String> = there.flow_slugs.iter().cloned().collect();
    slugs.extend(folder.flows.iter().filter_map(|file| file.slug().map(str::to_owned)));
    let context = CheckContext { flows: Some(&slugs), known: Some(&known), ..CheckContext::default() };
    // What stands in the way already would be told of the flows once more.
    let sound = refused.is_empty();
    for file in &folder.flows {
        let problems = flow_problems(file, Some(&context));
        if sound {
            tell(file, &problems, &mut refused);
        }
        let slug = file.slug().unwrap_or_default();
        let kept = there.flows.get(slug);
        let mut step = document_step(Kind::Flow, slug, file, kept);
        step.changes = flow_changes(&step.document, kept);
        let warnings = problems.iter().filter(|problem| problem.severity == Severity::Warning);
        step.notes.extend(warnings.map(|problem| format!("{}: {}", problem.at, problem.message)));
        plan.flows.push(step);
    }
    plan.beyond = beyond(folder, there);
    (plan, refused)
}

fn document_step<R>(kind: Kind, slug: &str, file: &File<R>, kept: Option<&Kept>) -> DocumentStep {
    let document = file.document();
    let mut notes = Vec::new();
    let (mut act, mut becomes) = (Act::Create, 1);
    if let Some(kept) = kept {
        let is_flow = kind == Kind::Flow;
        let drafted = kept.draft == document || is_flow && is_drawn_from(&kept.draft, &document);
        let is_published = |other: &Document| match &kept.published {
            Some(published) => published == other || is_flow && is_same_flow(published, other),
            None => false,
        };
        let published = is_published(&document);
        let last = kept.version.unwrap_or_default();
        (act, becomes) = match (drafted, published) {
            (true, true) => (Act::Nothing, last),
            (true, false) => (Act::Publish, last + 1),
            (false, true) => (Act::Change, last),
            (false, false) => (Act::Change, last + 1),
        };
        if act == Act::Change && !is_published(&kept.draft) {
            notes.push("the draft on the server was never published as it is, and is replaced".to_owned());
        }
    }
    DocumentStep {
        kind,
        slug: slug.to_owned(),
        file: file.name(),
        document,
        act,
        revision: kept.map(|kept| kept.revision),
        version: kept.and_then(|kept| kept.version),
        becomes,
        changes: Vec::new(),
        notes,
    }
}

fn integration_changes(document: &Document, kept: Option<&Kept>) -> Vec<Told> {
    let before = kept.and_then(|kept| kept.published.as_ref()).and_then(integration_draft);
    let (Some(before), Some(after)) = (before, integration_draft(document)) else { return Vec::new() };
    let changes = compare(&before, &after).into_iter();
    changes.map(|change| Told { breaking: change.breaking, text: in_words(&change) }).collect()
}

/// A change of an integration, in one line.
pub fn in_words(change: &callout_flow::integration::compare::Change) -> String {
    let operation = change.operation.as_ref().map_or(String::new(), |key| format!("{key}: "));
    let name = if change.name.is_empty() { String::new() } else { format!("`{}`: ", change.name) };
    format!("{operation}{name}{}", change.message)
}

fn flow_changes(document: &Document, kept: Option<&Kept>) -> Vec<Told> {
    let Some(before) = kept.and_then(|kept| kept.published.as_ref()) else { return Vec::new() };
    let written = |document: &Document| {
        let mut value = Reading::of_document(document).as_written().unwrap_or(Value::Null);
        value.as_object_mut().map(|document| document.remove("layout"));
        value
    };
    let found = diff(&written(before), &written(document));
    found.words().into_iter().map(|text| Told { breaking: false, text }).collect()
}

fn integration_draft(document: &Document) -> Option<IntegrationDraft> {
    read_integration(&document.text, if document.json { "integration.json" } else { "integration.yaml" })
        .draft
}

fn compiled(document: &Document, version: u32) -> Option<Arc<Integration>> {
    Integration::compile(integration_draft(document)?, version, &mut Vec::new())
}

/// What flows may name once the plan is carried out.
fn known(folder: &Folder, there: &There, steps: &[DocumentStep]) -> Known {
    let mut known = Known::default();
    for (slug, version) in &there.integration_versions {
        known.newest(slug, version.unwrap_or_default());
    }
    for ((_, version), document) in &there.pinned {
        if let Some(integration) = compiled(document, *version) {
            known.add(integration);
        }
    }
    for step in steps {
        if let Some(integration) = compiled(&step.document, step.becomes) {
            known.add(integration);
        }
    }
    let mut connections: BTreeMap<String, Option<String>> =
        there.connections.values().map(|one| (one.id.clone(), one.integration_slug.clone())).collect();
    let drafts = folder.connections.iter().filter_map(|file| file.read.draft.as_ref());
    connections.extend(drafts.map(|draft| (draft.id.clone(), draft.integration_slug.clone())));
    known.set_connections(connections);
    known
}

fn newest(known: &Known, there: &There, slug: &str) -> Option<Arc<Integration>> {
    let last = known.newest_of(slug).or_else(|| there.last_version(slug))?;
    known.get(slug, last).cloned()
}

/// Pins of a flow that nothing will be there for.
fn unpinnable(file: &FlowFile, there: &There, steps: &[DocumentStep]) -> Vec<String> {
    let pins = file.read.draft.iter().flat_map(FlowDraft::pins);
    let missing = pins.filter_map(|(slug, version)| {
        let step = steps.iter().find(|step| step.slug == slug);
        let last = step.map_or(there.last_version(slug), |step| Some(step.becomes));
        let why = match last {
            Some(last) if (1..=last).contains(&version) => return None,
            Some(last) => format!("it has the versions 1 to {last} then: pin {last}"),
            None => "it is neither in the folder nor published on the server".to_owned(),
        };
        let name = file.name();
        Some(report::error(&format!("{name}: the flow pins version {version} of `{slug}`, and {why}")))
    });
    missing.collect()
}

fn beyond(folder: &Folder, there: &There) -> Vec<(&'static str, String)> {
    let mut beyond = Vec::new();
    let integrations = there.integration_versions.keys().filter(|slug| folder.integration(slug).is_none());
    beyond.extend(integrations.map(|slug| (Kind::Integration.word(), slug.clone())));
    let connections = there.connections.keys().filter(|id| folder.connection(id).is_none());
    beyond.extend(connections.map(|id| ("connection", id.clone())));
    let here = |slug: &str| folder.flows.iter().any(|file| file.slug() == Some(slug));
    let flows = there.flow_slugs.iter().filter(|slug| !here(slug));
    beyond.extend(flows.map(|slug| (Kind::Flow.word(), slug.clone())));
    beyond
}
