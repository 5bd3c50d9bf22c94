//! `callout import`: documents of others as files of our own.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use callout_flow::import::{self, DOCUMENT_BYTES_MAX, ImportOptions, Imported};
use callout_flow::integration::check::check_integration;
use callout_flow::node::NodeDraft;
use callout_flow::problem::{Problem, Severity};
use callout_flow::source::to_yaml;
use serde_json::json;

use crate::Exit;
use crate::args::ImportOpenapiArgs;
use crate::config::now;
use crate::report::{self, BOLD, WARNING, paint, visible};

/// How many operations that did not come in, and how many notes, are told one by one.
const TOLD_MAX: usize = 50;

pub fn openapi(args: &ImportOpenapiArgs) -> Result<Exit> {
    let (name, text) = read(&args.file)?;
    let date = now().strftime("%Y-%m-%d").to_string();
    let from = args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let options = ImportOptions {
        slug: args.slug.as_deref(),
        server: args.server.as_deref(),
        from: from.as_deref().filter(|from| *from != "-"),
        date: Some(&date),
    };
    let imported = match import::openapi(&text, options) {
        Ok(imported) => imported,
        Err(problem) => return Ok(refused(&name, &text, &problem)),
    };
    let yaml = to_yaml(&serde_json::to_value(&imported.integration)?);
    match &args.out {
        None => anstream::print!("{yaml}"),
        Some(out) => {
            let file = std::fs::OpenOptions::new().write(true).create_new(true).open(out);
            file.and_then(|mut file| file.write_all(yaml.as_bytes()))
                .with_context(|| format!("cannot write {}; name a new file", out.display()))?;
        }
    }
    tell(&imported);
    // What is wrong with it is told as of any other integration, by `callout check`.
    let problems = check_integration(&imported.integration).problems;
    let errors: Vec<&Problem> =
        problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    for problem in &errors {
        anstream::eprintln!(
            "{}: {}: {}",
            paint("error", report::ERROR),
            problem.at,
            visible(&problem.message)
        );
    }
    Ok(if errors.is_empty() { Exit::Completed } else { Exit::Failed })
}

/// What came in, and what did not.
fn tell(imported: &Imported) {
    let Imported { integration, skipped, notes } = imported;
    let slug = paint(&integration.slug, BOLD);
    anstream::eprintln!(
        "{slug}: {} operations came in, {} did not",
        integration.operations.len(),
        skipped.len()
    );
    for one in skipped.iter().take(TOLD_MAX) {
        let what = format!("{} {}", one.method, one.path);
        anstream::eprintln!("{} {}: {}", paint("left out", WARNING), visible(&what), visible(&one.reason));
        if let Some(server) = &one.server {
            anstream::eprintln!("         import it with --server {}", visible(server));
        }
    }
    for note in notes.iter().take(TOLD_MAX) {
        let of = note.operation.as_ref().map_or(String::new(), |operation| format!("{operation}: "));
        anstream::eprintln!("{} {}", paint("note", WARNING), visible(&format!("{of}{}", note.message)));
    }
    let more = skipped.len().saturating_sub(TOLD_MAX) + notes.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        anstream::eprintln!("… and {more} more");
    }
}

pub fn curl(file: &Path) -> Result<Exit> {
    let (name, text) = read(file)?;
    let imported = match import::curl(&text) {
        Ok(imported) => imported,
        Err(problem) => return Ok(refused(&name, &text, &problem)),
    };
    let node = NodeDraft::ApiCall(Box::new(imported.node));
    anstream::print!("{}", to_yaml(&json!({ "call": node })));
    for note in &imported.notes {
        anstream::eprintln!("{} {}", paint("note", WARNING), visible(note));
    }
    Ok(Exit::Completed)
}

fn refused(name: &str, text: &str, problem: &Problem) -> Exit {
    anstream::eprintln!("{}", report::problem(name, text, problem));
    Exit::WrongInput
}

/// A file's name and text, or those of standard input. Of what is too long no more is read than tells so.
fn read(path: &Path) -> Result<(String, String)> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let most = DOCUMENT_BYTES_MAX as u64 + 1;
    let done = match path == Path::new("-") {
        true => std::io::stdin().take(most).read_to_end(&mut bytes),
        false => std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    done.with_context(|| format!("cannot read {name}"))?;
    // The cut may lie within a character.
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Ok((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8 text"))?;
    Ok((name, text))
}
