//! `callout export DIR`: what a server has, as the files that `callout apply` takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use callout_flow::integration::ConnectionDraft;
use callout_flow::integration::draft::SecretSourceDraft;
use callout_flow::source::to_yaml;
use callout_store::Document;

use crate::Exit;
use crate::api::is_slug;
use crate::apply::connection::{changed, is_fixed_alike};
use crate::apply::there::{ConnectionThere, Kind};
use crate::args::ExportArgs;
use crate::folder::{File, Folder, read_text};
use crate::remote::{Failed, Remote};
use crate::report::{self, GOOD, WARNING, paint, visible};

/// A file that is to be as this.
struct Wanted {
    path: PathBuf,
    text: String,
}

/// What is to be written, and what stands in its way.
#[derive(Default)]
struct Export {
    dir: PathBuf,
    files: Vec<Wanted>,
    /// Files that lie here and say the same in other words.
    alike: usize,
    notes: Vec<String>,
    refused: Vec<String>,
}

pub fn export(args: &ExportArgs) -> Result<Exit> {
    let dir = args.dir.as_deref().context("name the folder to write to, as `callout export DIR`")?;
    let remote = Remote::of(&args.remote)?;
    let here = if dir.is_dir() { Folder::read(dir)? } else { Folder::default() };
    let mut export = Export { dir: dir.to_owned(), ..Export::default() };
    export.documents(args, &remote, Kind::Integration, &here)?;
    export.connections(&remote, &here)?;
    export.documents(args, &remote, Kind::Flow, &here)?;
    let (same, other) = compare(std::mem::take(&mut export.files))?;
    if !args.force {
        export.refused.extend(other.iter().filter(|file| file.path.exists()).map(|file| {
            format!("{} differs from what the server has: --force writes over it", file.path.display())
        }));
    }
    if !export.refused.is_empty() {
        export.refused.iter().for_each(|why| anstream::eprintln!("{}", report::error(why)));
        anstream::eprintln!("nothing was written");
        return Ok(Exit::WrongInput);
    }
    for file in &other {
        write(file)?;
        anstream::eprintln!("written: {}", visible(&file.path.display().to_string()));
    }
    export.notes.iter().for_each(|note| anstream::eprintln!("{} {}", paint("note", WARNING), visible(note)));
    let (written, alike) = (other.len(), same + export.alike);
    anstream::println!("{}", paint(format!("{written} written, {alike} as they were"), GOOD));
    Ok(Exit::Completed)
}

impl Export {
    fn documents(&mut self, args: &ExportArgs, remote: &Remote, kind: Kind, here: &Folder) -> Result<()> {
        for listed in kind.list(remote)? {
            let slug = file_name(&listed.slug)?;
            let Some(kept) = kind.fetch(remote, &listed)? else { continue };
            let word = kind.word();
            let unpublished = kept.published.as_ref() != Some(&kept.draft);
            let document = match (args.drafts, kept.published) {
                (true, _) => kept.draft,
                (false, Some(published)) => published,
                (false, None) => {
                    self.notes.push(format!("the {word} `{slug}` was never published; --drafts has it"));
                    continue;
                }
            };
            if unpublished && !args.drafts {
                self.notes.push(format!("the draft of the {word} `{slug}` is not as what is published"));
            }
            let at = match kind {
                Kind::Integration => here.integration(slug).map(|file| (&file.path, file.document().json)),
                Kind::Flow => {
                    let file = here.flows.iter().find(|file| file.slug() == Some(slug));
                    file.map(|file| (&file.path, file.document().json))
                }
            };
            self.document(word, slug, document, at);
        }
        Ok(())
    }

    /// To the file that the thing has here, or to a new one.
    fn document(&mut self, word: &str, slug: &str, document: Document, at: Option<(&PathBuf, bool)>) {
        let extension = if document.json { "json" } else { "yaml" };
        let path = match at {
            None => self.dir.join(format!("{word}s")).join(format!("{slug}.{extension}")),
            Some((path, json)) if json == document.json => path.clone(),
            Some((path, _)) => {
                let what = if document.json { "JSON" } else { "YAML" };
                self.refused.push(format!(
                    "{} is of another form than the server's {what}: move it away",
                    path.display()
                ));
                return;
            }
        };
        self.files.push(Wanted { path, text: document.text });
    }

    fn connections(&mut self, remote: &Remote, here: &Folder) -> Result<()> {
        let mut variables = BTreeSet::new();
        for there in remote.items::<ConnectionThere>("/v1/connections")? {
            let id = file_name(&there.id)?;
            let file = here.connection(id);
            let drawn = file.and_then(|file| file.read.draft.as_ref());
            if drawn.is_some_and(|drawn| says_the_same(drawn, &there)) {
                self.alike += 1;
                continue;
            }
            let secrets = there.secrets.keys().map(|name| {
                let own = drawn.and_then(|drawn| drawn.secrets.get(name)).map(|source| source.env.clone());
                let env = own.unwrap_or_else(|| variable(id, name, &mut variables));
                (name.clone(), SecretSourceDraft { env })
            });
            let draft = serde_json::to_value(there.draft(secrets))?;
            let (text, json) = match file.map(File::document) {
                Some(document) if document.json => (serde_json::to_string_pretty(&draft)? + "\n", true),
                _ => (to_yaml(&draft), false),
            };
            let at = file.map(|file| (&file.path, json));
            self.document("connection", id, Document { text, json }, at);
        }
        Ok(())
    }
}

/// Whether applying the file would change nothing.
fn says_the_same(drawn: &ConnectionDraft, there: &ConnectionThere) -> bool {
    let secrets = there.secrets.keys().all(|name| drawn.secrets.contains_key(name))
        && drawn.secrets.keys().all(|name| there.secrets.contains_key(name));
    secrets && is_fixed_alike(drawn, there) && changed(drawn, there).0.is_empty()
}

/// The environment variable for a secret, as `CRM_MAIN_API_KEY`; no other secret has it.
fn variable(id: &str, name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut variable = String::new();
    let mut before = '_';
    for c in format!("{id}_{name}").chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            variable.push('_');
        }
        variable.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
        before = c;
    }
    // A shell takes no name that begins with a digit, and Callout reads its own settings from the others.
    if variable.starts_with(|c: char| c.is_ascii_digit()) || variable.starts_with("CALLOUT_") {
        variable.insert_str(0, "SECRET_");
    }
    let mut unique = variable.clone();
    let mut count = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{variable}_{count}");
        count += 1;
    }
    unique
}

/// A slug or an id as a file's name: what a server gives may be anything.
fn file_name(id: &str) -> Result<&str> {
    if !is_slug(id) {
        let shown: String = id.chars().take(80).collect();
        return Err(Failed::new(format!(
            "the server has something of the name `{shown}`, which no file can have"
        ))
        .into());
    }
    Ok(id)
}

/// How many files are as wanted, and those that are not.
fn compare(files: Vec<Wanted>) -> Result<(usize, Vec<Wanted>)> {
    let mut same = 0;
    let mut other = Vec::new();
    for file in files {
        if file.path.exists() && read_text(&file.path)? == file.text {
            same += 1;
        } else {
            other.push(file);
        }
    }
    Ok((same, other))
}

fn write(file: &Wanted) -> Result<()> {
    let folder = file.path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    std::fs::write(&file.path, &file.text).with_context(|| format!("cannot write {}", file.path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_has_a_variable_of_its_own() {
        let mut taken = BTreeSet::new();
        let mut name = |id, key| variable(id, key, &mut taken);
        assert_eq!(name("crm-main", "apiKey"), "CRM_MAIN_API_KEY");
        assert_eq!(name("crm", "main_api_key"), "CRM_MAIN_API_KEY_2");
        assert_eq!(name("2nd", "k"), "SECRET_2ND_K");
        assert_eq!(name("callout-store", "data"), "SECRET_CALLOUT_STORE_DATA");
    }
}
