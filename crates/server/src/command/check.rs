//! `callout check`: every problem of flow files at once, each at its place.

use std::path::{Path, PathBuf};

use anyhow::Result;
use callout_flow::check::{CheckContext, check as check_flow};
use callout_flow::problem::{Problem, Severity};
use serde::Serialize;

use crate::Exit;
use crate::args::CheckArgs;
use crate::config::Config;
use crate::folder::{FlowFile, flow_paths};
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
            paths.extend(flow_paths(path)?);
        } else {
            paths.push(path.clone());
        }
    }
    let files = paths.iter().map(|path| FlowFile::load(path)).collect::<Result<Vec<_>>>()?;
    let slugs: Vec<String> = neighbours(&files)?;
    let checked: Vec<(FlowFile, Vec<Problem>)> = files
        .into_iter()
        .map(|file| {
            let problems = check_file(&file, &slugs, &policy);
            (file, problems)
        })
        .collect();
    let all: Vec<Problem> = checked.iter().flat_map(|(_, problems)| problems.clone()).collect();
    if args.json {
        print_json(&checked, &all)?;
    } else {
        print_for_people(&checked, &all);
    }
    let failed = all.iter().any(|problem| problem.severity == Severity::Error);
    Ok(if failed { Exit::Failed } else { Exit::Completed })
}

/// The slugs that the checked flows may go to: their own and those of the flows beside them.
fn neighbours(files: &[FlowFile]) -> Result<Vec<String>> {
    let mut slugs: Vec<String> = files.iter().filter_map(|file| file.slug().map(str::to_owned)).collect();
    let mut folders: Vec<&Path> = files.iter().filter_map(|file| file.path.parent()).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        for path in flow_paths(folder)? {
            slugs.extend(FlowFile::load(&path)?.slug().map(str::to_owned));
        }
    }
    slugs.sort();
    slugs.dedup();
    Ok(slugs)
}

fn check_file(file: &FlowFile, slugs: &[String], policy: &callout_outbound::EgressPolicy) -> Vec<Problem> {
    let mut problems = file.read.problems.clone();
    if let Some(draft) = &file.read.draft {
        let verdict = |url: &str| {
            let verdict = policy.judge(url, None);
            (!verdict.allow).then_some(verdict.message)
        };
        let context = CheckContext { flows: Some(slugs), verdict: Some(&verdict) };
        problems.extend(check_flow(draft, &context).problems);
    }
    if let Some(tree) = &file.read.tree {
        callout_flow::read::place_problems(tree, &mut problems);
    }
    problems.sort_by_key(|problem| (problem.place, std::cmp::Reverse(problem.severity)));
    problems
}

fn print_json(checked: &[(FlowFile, Vec<Problem>)], all: &[Problem]) -> Result<()> {
    let errors = all.iter().filter(|p| p.severity == Severity::Error).count();
    let report = Report {
        files: checked.iter().map(|(file, _)| file.path.display().to_string()).collect(),
        errors,
        warnings: all.len() - errors,
        problems: checked
            .iter()
            .flat_map(|(file, problems)| {
                problems.iter().map(|problem| Found { file: file.path.display().to_string(), problem })
            })
            .collect(),
    };
    anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

fn print_for_people(checked: &[(FlowFile, Vec<Problem>)], all: &[Problem]) {
    for (file, problems) in checked {
        let name = file.path.display().to_string();
        for problem in problems {
            anstream::println!("{}\n", report::problem(&name, &file.text, problem));
        }
    }
    let flows = if checked.len() == 1 { "1 flow".to_owned() } else { format!("{} flows", checked.len()) };
    let style = if all.is_empty() { report::GOOD } else { report::BOLD };
    anstream::println!("{}: {}", report::paint(format!("{flows} checked"), style), report::tally(all));
}
