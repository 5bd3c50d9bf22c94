//! `callout check`: every problem of files at once, each at its place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use callout_flow::problem::{Problem, Severity};
use serde::Serialize;

use crate::Exit;
use crate::args::CheckArgs;
use crate::config::Config;
use crate::folder::{File, Folder, check_flow, document_paths};
use crate::report;

#[derive(Serialize)]
struct Found<'a> {
    file: String,
    #[serde(flatten)]
    problem: &'a Problem,
}

#[derive(Serialize)]
struct Report<'a> {
    files: Vec<String>,
    errors: usize,
    warnings: usize,
    problems: Vec<Found<'a>>,
}

pub fn check(args: &CheckArgs) -> Result<Exit> {
    let policy = Config::load(args.config.as_deref())?.policy()?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            paths.extend(document_paths(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    let mut named = Folder::default();
    for path in &paths {
        named.add(path)?;
    }
    if let Some(why) = named.twice() {
        bail!("{why}");
    }
    let around = neighbours(&paths)?;
    let slugs: Vec<String> = around.flows.iter().filter_map(|file| file.slug().map(str::to_owned)).collect();
    let known = around.known();
    let flows =
        named.flows.iter().map(|file| Checked::new(file, check_flow(file, &slugs, &known, &policy), true));
    let integrations = named.integrations.iter().map(|file| Checked::new(file, file.check().1, false));
    let connections = named.connections.iter().map(|file| Checked::new(file, file.check(&around), false));
    let mut checked: Vec<Checked<'_>> = integrations.chain(connections).chain(flows).collect();
    checked.sort_by_key(|checked| paths.iter().position(|path| path.display().to_string() == checked.name));
    let all: Vec<Problem> = checked.iter().flat_map(|checked| checked.problems.clone()).collect();
    if args.json {
        print_json(&checked, &all)?;
    } else {
        print_for_people(&checked, &all);
    }
    let failed = all.iter().any(|problem| problem.severity == Severity::Error);
    Ok(if failed { Exit::Failed } else { Exit::Completed })
}

/// A file that was checked.
struct Checked<'f> {
    name: String,
    text: &'f str,
    of_flow: bool,
    problems: Vec<Problem>,
}

impl<'f> Checked<'f> {
    fn new<R>(file: &'f File<R>, problems: Vec<Problem>, of_flow: bool) -> Self {
        Self { name: file.name(), text: &file.text, of_flow, problems }
    }
}

/// What the checked documents may name: themselves, and those beside them.
fn neighbours(paths: &[PathBuf]) -> Result<Folder> {
    let mut all = paths.to_vec();
    let mut folders: Vec<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        all.extend(document_paths(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?);
    }
    let mut seen = BTreeSet::new();
    let mut found = Folder::default();
    for path in all {
        if seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            found.add(&path)?;
        }
    }
    Ok(found)
}

fn print_json(checked: &[Checked<'_>], all: &[Problem]) -> Result<()> {
    let errors = all.iter().filter(|p| p.severity == Severity::Error).count();
    let report = Report {
        files: checked.iter().map(|checked| checked.name.clone()).collect(),
        errors,
        warnings: all.len() - errors,
        problems: checked
            .iter()
            .flat_map(|checked| {
                checked.problems.iter().map(|problem| Found { file: checked.name.clone(), problem })
            })
            .collect(),
    };
    anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn print_for_people(checked: &[Checked<'_>], all: &[Problem]) {
    for checked in checked {
        for problem in &checked.problems {
            anstream::println!("{}\n", report::problem(&checked.name, checked.text, problem));
        }
    }
    let of_flows = checked.iter().all(|checked| checked.of_flow);
    let word = if of_flows { "flow" } else { "file" };
    let files = if checked.len() == 1 { format!("1 {word}") } else { format!("{} {word}s", checked.len()) };
    let style = if all.is_empty() { report::GOOD } else { report::BOLD };
    anstream::println!("{}: {}", report::paint(format!("{files} checked"), style), report::tally(all));
}
