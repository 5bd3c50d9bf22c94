//! Flows in a folder: the file that a command names, and the others that it goes to.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::problem::{Problem, Severity};
use callout_flow::read::{Read, read_flow};
use callout_flow::source::{Format, parse};
use callout_store::{Document, NewVersion, Store};
use jiff::Timestamp;

/// A flow file's text and what reading it gave.
#[derive(Debug)]
pub struct FlowFile {
    pub path: PathBuf,
    pub text: String,
    pub read: Read,
}

impl FlowFile {
    pub fn load(path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let read = read_flow(&text, &path.to_string_lossy());
        Ok(Self { path: path.to_owned(), text, read })
    }

    /// Compiles the flow; `None` where it cannot be read, with the problems that say why.
    pub fn compile(&self) -> (Option<Flow>, Vec<Problem>) {
        let mut problems = self.read.problems.clone();
        let read = !problems.iter().any(|problem| problem.severity == Severity::Error);
        let flow = self.read.draft.as_ref().and_then(|draft| Flow::compile(draft, &mut problems));
        let flow = flow.filter(|_| read);
        if let Some(tree) = &self.read.tree {
            callout_flow::read::place_problems(tree, &mut problems);
        }
        (flow, problems)
    }

    /// The text, as a store keeps it.
    pub fn document(&self) -> Document {
        let json = Format::of_name(&self.path.to_string_lossy()) == Format::Json;
        Document { text: self.text.clone(), json }
    }

    /// The slug, also of a file that cannot be read otherwise.
    pub fn slug(&self) -> Option<&str> {
        self.read.tree.as_ref()?.get("slug")?.as_text()
    }
}

pub fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is not UTF-8 text", path.display()))
}

/// The flow documents below a folder, in the order of their names.
pub fn flow_paths(folder: &Path) -> Result<Vec<PathBuf>> {
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

/// A file that cannot be read, and why.
pub type Broken = (FlowFile, Vec<Problem>);

/// The flow files that a run of `first` may come to, itself the first, from `folder`; and those that cannot be read.
pub fn reachable(first: FlowFile, flow: &Flow, folder: &Path) -> Result<(Vec<FlowFile>, Vec<Broken>)> {
    let mut broken = Vec::new();
    let mut wanted: Vec<String> = flow.flows_named().collect();
    let mut found = vec![first];
    if wanted.is_empty() {
        return Ok((found, broken));
    }
    let mut files = Vec::new();
    for path in flow_paths(folder)? {
        files.push(FlowFile::load(&path)?);
    }
    while let Some(slug) = wanted.pop() {
        if found.iter().any(|file| file.slug() == Some(&slug)) {
            continue;
        }
        let same: Vec<usize> = (0..files.len()).filter(|i| files[*i].slug() == Some(&slug)).collect();
        let index = match same.as_slice() {
            [] => bail!("there is no flow `{slug}` in {}; --dir names another folder", folder.display()),
            [one] => *one,
            [one, two, ..] => bail!(
                "two files are the flow `{slug}`: {} and {}",
                files[*one].path.display(),
                files[*two].path.display()
            ),
        };
        let file = files.swap_remove(index);
        match file.compile() {
            (Some(flow), _) => {
                wanted.extend(flow.flows_named());
                found.push(file);
            }
            (None, problems) => broken.push((file, problems)),
        }
    }
    Ok((found, broken))
}

/// Publishes files as the flows of an org.
pub async fn publish(store: &Store, org: &OrgId, files: &[FlowFile], now: Timestamp) -> Result<()> {
    for file in files {
        let slug = file.slug().unwrap_or_default();
        let row = store.put_draft(org, slug, slug, &file.document(), None, now).await?;
        let new = NewVersion { number: row.number, revision: row.revision, by: "callout run", now };
        store.publish(org, &new).await?;
    }
    Ok(())
}
