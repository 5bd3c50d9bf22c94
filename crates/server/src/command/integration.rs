//! `callout integration diff`: what differs between two versions of an integration, and for whom.

use std::path::Path;

use anyhow::{Context, Result, bail};
use callout_flow::integration::IntegrationDraft;
use callout_flow::integration::compare::{compare, touched};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Exit;
use crate::api::is_slug;
use crate::args::DiffArgs;
use crate::folder::{Folder, IntegrationFile, has_errors};
use crate::remote::{Failed, Remote};
use crate::report::{self, BOLD, DIM, ERROR, GOOD, paint, visible};

/// What differs, as the API tells it.
#[derive(Deserialize)]
struct Compared {
    from: String,
    to: String,
    breaking: bool,
    changes: Vec<Change>,
    flows: Vec<Flow>,
}

#[derive(Deserialize)]
struct Change {
    operation: Option<String>,
    #[serde(default)]
    name: String,
    breaking: bool,
    message: String,
}

#[derive(Deserialize)]
struct Flow {
    slug: String,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    node: String,
    version: u32,
    changes: Vec<Change>,
}

impl Change {
    fn line(&self) -> String {
        let mark = if self.breaking { paint("breaking ", ERROR) } else { String::new() };
        let operation = self.operation.as_ref().map_or(String::new(), |key| format!("{key}: "));
        let name = if self.name.is_empty() { String::new() } else { format!("`{}`: ", self.name) };
        format!("{mark}{}", visible(&format!("{operation}{name}{}", self.message)))
    }
}

pub fn diff(args: &DiffArgs) -> Result<Exit> {
    let found = if is_file(&args.first) {
        match of_files(args)? {
            Some(found) => found,
            None => return Ok(Exit::WrongInput),
        }
    } else {
        of_server(args)?
    };
    let compared: Compared = serde_json::from_value(found.clone())
        .map_err(|error| Failed::new(format!("the server's answer is not as expected: {error}")))?;
    if args.json {
        anstream::println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        show(&compared);
    }
    Ok(if compared.breaking { Exit::Failed } else { Exit::Completed })
}

/// No slug has a dot or a slash; every file of ours has.
fn is_file(text: &str) -> bool {
    text.contains(['.', '/', '\\'])
}

fn of_server(args: &DiffArgs) -> Result<Value> {
    let slug = &args.first;
    if !is_slug(slug) {
        bail!("`{slug}` is neither a file nor a slug: write a file of this folder as ./{slug}");
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, side) in [("from", &args.second), ("to", &args.third)] {
        if let Some(side) = side {
            let known = side == "draft" || side.parse::<u32>().is_ok_and(|version| version > 0);
            if !known {
                bail!("`{side}` is no version of `{slug}`: take a number, or `draft`");
            }
            query.append_pair(name, side);
        }
    }
    Remote::of(&args.remote)?.get(&format!("/v1/integrations/{slug}/diff?{}", query.finish()))?.read()
}

fn of_files(args: &DiffArgs) -> Result<Option<Value>> {
    let (Some(second), None) = (&args.second, &args.third) else {
        bail!("two files are compared, or a slug's versions on a server")
    };
    let (first, second) = (Path::new(&args.first), Path::new(second));
    let (Some(before), Some(after)) = (load(first)?, load(second)?) else { return Ok(None) };
    if before.slug != after.slug {
        bail!("the files are of two integrations, `{}` and `{}`", before.slug, after.slug);
    }
    let changes = compare(&before, &after);
    let beside = second.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut flows = Vec::new();
    for file in Folder::read(beside)?.flows {
        let Some(draft) = &file.read.draft else { continue };
        let calls = touched(draft, &after.slug, &changes);
        if !calls.is_empty() {
            flows.push(json!({ "slug": draft.slug, "version": null, "calls": calls }));
        }
    }
    Ok(Some(json!({
        "from": first.display().to_string(),
        "to": second.display().to_string(),
        "breaking": changes.iter().any(|change| change.breaking),
        "changes": changes,
        "flows": flows,
    })))
}

/// The integration of a file; `None` where it cannot be read, with its problems on standard error.
fn load(path: &Path) -> Result<Option<IntegrationDraft>> {
    let mut folder = Folder::default();
    folder.add(path)?;
    let file: IntegrationFile = folder
        .integrations
        .into_iter()
        .next()
        .with_context(|| format!("{} is no integration", path.display()))?;
    let problems = file.check().1;
    if has_errors(&problems) || file.read.draft.is_none() {
        for problem in &problems {
            anstream::eprintln!("{}\n", report::problem(&file.name(), &file.text, problem));
        }
        return Ok(None);
    }
    Ok(file.read.draft)
}

fn show(compared: &Compared) {
    let title = format!("{} to {}", compared.from, compared.to);
    if compared.changes.is_empty() {
        anstream::println!("{}", paint(format!("{}: nothing differs", visible(&title)), GOOD));
        return;
    }
    anstream::println!("{}", paint(visible(&title), BOLD));
    compared.changes.iter().for_each(|change| anstream::println!("  {}", change.line()));
    for flow in &compared.flows {
        for call in &flow.calls {
            let what = format!("flow {}, node {}, pins version {}", flow.slug, call.node, call.version);
            anstream::println!("{}", paint(visible(&what), BOLD));
            if call.changes.is_empty() {
                anstream::println!("  {}", paint("sends and reads nothing of it", DIM));
            }
            call.changes.iter().for_each(|change| anstream::println!("  {}", change.line()));
        }
    }
}
