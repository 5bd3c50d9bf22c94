//! A folder of documents: flows, and the integrations and connections that they call with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use callout_flow::check::{CheckContext, check};
use callout_flow::flow::Flow;
use callout_flow::integration::check::{check_connection, check_integration};
use callout_flow::integration::{ConnectionDraft, Integration, IntegrationDraft, Known};
use callout_flow::problem::{FieldPath, Problem, Severity};
use callout_flow::read::{
    Read, ReadDocument, kind_of, place_problems, read_connection, read_flow, read_integration,
};
use callout_flow::source::{Format, Tree, parse};
use callout_outbound::EgressPolicy;
use callout_store::Document;

/// A file's text and what reading it gave.
#[derive(Debug)]
pub struct File<R> {
    pub path: PathBuf,
    pub text: String,
    pub read: R,
}

pub type FlowFile = File<Read>;
pub type IntegrationFile = File<ReadDocument<IntegrationDraft>>;
pub type ConnectionFile = File<ReadDocument<ConnectionDraft>>;

impl<R> File<R> {
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The text, as a store keeps it.
    pub fn document(&self) -> Document {
        let json = Format::of_name(&self.path.to_string_lossy()) == Format::Json;
        Document { text: self.text.clone(), json }
    }
}

impl FlowFile {
    pub fn load(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let read = read_flow(&text, &path.to_string_lossy());
        Ok(Self { path: path.to_owned(), text, read })
    }

    /// Compiles the flow; `None` where it cannot be read, with the problems that say why.
    pub fn compile(&self, known: &Known) -> (Option<Flow>, Vec<Problem>) {
        let mut problems = self.read.problems.clone();
        let read = !problems.iter().any(|problem| problem.severity == Severity::Error);
        let flow = self.read.draft.as_ref().and_then(|draft| Flow::compile(draft, known, &mut problems));
        let flow = flow.filter(|_| read);
        if let Some(tree) = &self.read.tree {
            place_problems(tree, &mut problems);
        }
        (flow, problems)
    }

    /// The slug, also of a file that cannot be read otherwise.
    pub fn slug(&self) -> Option<&str> {
        text_at(self.read.tree.as_ref(), "slug")
    }
}

impl IntegrationFile {
    pub fn slug(&self) -> Option<&str> {
        text_at(self.read.tree.as_ref(), "slug")
    }

    /// The integration, where it is right, and all that is wrong with it.
    pub fn check(&self) -> (Option<Arc<Integration>>, Vec<Problem>) {
        let mut problems = self.read.problems.clone();
        let mut integration = None;
        if let Some(draft) = &self.read.draft {
            let checked = check_integration(draft);
            integration = checked.integration;
            problems.extend(checked.problems);
        }
        placed(self.read.tree.as_ref(), &mut problems);
        (integration.filter(|_| !has_errors(&self.read.problems)), problems)
    }
}

impl ConnectionFile {
    pub fn id(&self) -> Option<&str> {
        text_at(self.read.tree.as_ref(), "id")
    }

    pub fn check(&self, folder: &Folder) -> Vec<Problem> {
        let mut problems = self.read.problems.clone();
        if let Some(draft) = &self.read.draft {
            let slug = draft.integration_slug.as_deref();
            let integration = slug.and_then(|slug| folder.integration(slug));
            if let (Some(slug), None) = (slug, integration) {
                let message = format!("there is no integration `{slug}` in this folder");
                let at = FieldPath::root().key("integrationSlug");
                problems.push(Problem::error("unknown-integration", at, message, "Put its file beside."));
            }
            let secrets: Vec<&str> = draft.secrets.keys().map(String::as_str).collect();
            let integration = integration.and_then(|file| file.read.draft.as_ref());
            problems.extend(check_connection(draft, integration, &secrets));
        }
        placed(self.read.tree.as_ref(), &mut problems);
        problems
    }
}

/// The documents below a folder, by kind, in the order of their names.
#[derive(Debug, Default)]
pub struct Folder {
    pub flows: Vec<FlowFile>,
    pub integrations: Vec<IntegrationFile>,
    pub connections: Vec<ConnectionFile>,
}

impl Folder {
    pub fn read(path: &Path) -> Result<Self> {
        let mut folder = Self::default();
        for path in document_paths(path)? {
            folder.add(&path)?;
        }
        Ok(folder)
    }

    /// Adds a file by its kind; one that says none is taken for a flow.
    pub fn add(&mut self, path: &Path) -> Result<()> {
        let text = read_text(path)?;
        let name = path.to_string_lossy();
        let path = path.to_owned();
        match kind_of(&text, &name).as_deref() {
            Some("integration") => {
                let read = read_integration(&text, &name);
                self.integrations.push(File { path, text, read });
            }
            Some("connection") => {
                let read = read_connection(&text, &name);
                self.connections.push(File { path, text, read });
            }
            _ => {
                let read = read_flow(&text, &name);
                self.flows.push(File { path, text, read });
            }
        }
        Ok(())
    }

    pub fn integration(&self, slug: &str) -> Option<&IntegrationFile> {
        self.integrations.iter().find(|file| file.slug() == Some(slug))
    }

    pub fn connection(&self, id: &str) -> Option<&ConnectionFile> {
        self.connections.iter().find(|file| file.id() == Some(id))
    }

    /// What the flows here may call with. Where no connection lies here, they are kept elsewhere, and any may be named.
    pub fn known(&self) -> Known {
        let mut known = Known::default();
        for integration in self.integrations.iter().filter_map(|file| file.check().0) {
            known.add_unnumbered(integration);
        }
        if !self.connections.is_empty() {
            let connections = self.connections.iter().filter_map(|file| file.read.draft.as_ref());
            known
                .set_connections(connections.map(|draft| (draft.id.clone(), draft.integration_slug.clone())));
        }
        known
    }

    /// Two files that are the same thing, in words.
    pub fn twice(&self) -> Option<String> {
        let flows = self.flows.iter().map(|file| ("flow", file.slug(), &file.path));
        let integrations = self.integrations.iter().map(|file| ("integration", file.slug(), &file.path));
        let connections = self.connections.iter().map(|file| ("connection", file.id(), &file.path));
        let mut seen = std::collections::HashMap::new();
        for (kind, id, path) in flows.chain(integrations).chain(connections) {
            let Some(id) = id else { continue };
            if let Some(first) = seen.insert((kind, id), path) {
                let (first, second) = (first.display(), path.display());
                return Some(format!("two files are the {kind} `{id}`: {first} and {second}"));
            }
        }
        None
    }

    /// The flows that a run of `slug` may come to, itself the first, compiled; and the files among them that cannot be read.
    pub fn reachable(&self, slug: &str, known: &Known, at: &Path) -> Result<Reachable<'_>> {
        let mut reachable = Reachable::default();
        let mut wanted = vec![slug.to_owned()];
        while let Some(slug) = wanted.pop() {
            if reachable.all().any(|file| file.slug() == Some(&slug)) {
                continue;
            }
            let mut same = self.flows.iter().filter(|file| file.slug() == Some(&slug));
            let Some(file) = same.next() else {
                bail!("there is no flow `{slug}` in {}; --dir names another folder", at.display())
            };
            if let Some(other) = same.find(|other| other.path != file.path) {
                let (one, two) = (file.path.display(), other.path.display());
                bail!("two files are the flow `{slug}`: {one} and {two}");
            }
            match file.compile(known) {
                (Some(flow), _) => {
                    wanted.extend(flow.flows_named());
                    reachable.files.push(file);
                }
                (None, problems) => reachable.broken.push((file, problems)),
            }
        }
        Ok(reachable)
    }
}

/// The flows that a run may come to.
#[derive(Debug, Default)]
pub struct Reachable<'f> {
    pub files: Vec<&'f FlowFile>,
    /// Those that cannot be read, and why.
    pub broken: Vec<(&'f FlowFile, Vec<Problem>)>,
}

impl Reachable<'_> {
    fn all(&self) -> impl Iterator<Item = &FlowFile> {
        self.files.iter().copied().chain(self.broken.iter().map(|(file, _)| *file))
    }
}

/// All that is wrong with a flow's file among others.
pub fn check_flow(file: &FlowFile, slugs: &[String], known: &Known, policy: &EgressPolicy) -> Vec<Problem> {
    let mut problems = file.read.problems.clone();
    if let Some(draft) = &file.read.draft {
        let verdict = |url: &str| {
            let verdict = policy.judge(url, None);
            (!verdict.allow).then_some(verdict.message)
        };
        let context = CheckContext { flows: Some(slugs), known: Some(known), verdict: Some(&verdict) };
        problems.extend(check(draft, &context).problems);
    }
    placed(file.read.tree.as_ref(), &mut problems);
    problems
}

fn placed(tree: Option<&Tree>, problems: &mut [Problem]) {
    if let Some(tree) = tree {
        place_problems(tree, problems);
    }
    problems.sort_by_key(|problem| (problem.place, std::cmp::Reverse(problem.severity)));
}

pub fn has_errors(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

fn text_at<'t>(tree: Option<&'t Tree>, key: &str) -> Option<&'t str> {
    tree?.get(key)?.as_text()
}

pub fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is not UTF-8 text", path.display()))
}

/// The documents below a folder, in the order of their names.
pub fn document_paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if is_document(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file holds a document of ours: events and contacts lie in the same folders. One that cannot be parsed
/// is taken for one where it looks like it, so that its problems are told.
fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if !matches!(extension, "yaml" | "yml" | "json") {
        return false;
    }
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    match parse(&text, Format::of_name(&path.to_string_lossy())).tree {
        Some(tree) => tree.get("kind").is_some(),
        None => extension != "json" || text.contains("\"kind\""),
    }
}
