//! Documents that vendors publish: nearly all of their operations come in, and every one of those makes a request.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use callout_flow::import::{ImportOptions, Imported, Skipped};
use callout_flow::integration::check::check_integration;
use callout_flow::problem::{Problem, Severity};
use callout_flow::read::read_integration;
use callout_flow::source::to_yaml;

use super::call;

/// The large ones, each with the number of its operations.
pub const LARGE: [(&str, usize); 5] = [
    ("@octokit/openapi/generated/api.github.com.json", 1223),
    ("@octokit/openapi/generated/ghec.json", 1471),
    ("@directus/specs/dist/openapi.json", 136),
    ("@blockfrost/openapi/openapi.yaml", 129),
    ("@ideal-postcodes/openapi/dist/openapi.json", 31),
];

/// Small ones of every feature.
const SMALL: [&str; 4] = [
    "@readme/oas-examples/3.0",
    "@readme/oas-examples/3.1",
    "@scalar/galaxy/dist/latest.json",
    "@scalar/galaxy/dist/latest.yaml",
];

/// A document, or a folder of them, of those that `scripts/openapi-documents` fetches. They are not ours to keep here.
pub fn published(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("openapi-documents");
    let fix = "run scripts/openapi-documents first, with the same CARGO_TARGET_DIR";
    assert!(folder.join(".complete").exists(), "{} is missing: {fix}", folder.display());
    folder.join("node_modules").join(name)
}

fn import(path: &Path) -> Result<Imported, Box<Problem>> {
    import_from(path, None)
}

pub fn import_from(path: &Path, server: Option<&str>) -> Result<Imported, Box<Problem>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    callout_flow::import::openapi(&text, ImportOptions { server, ..ImportOptions::default() })
}

/// How many operations came in and made a request, and what did not. What is served from other hosts is imported from
/// each of them, as an integration of its own.
fn judge(path: &Path, imported: &Imported) -> (usize, Vec<String>) {
    let servers: BTreeSet<&String> =
        imported.skipped.iter().filter_map(|skipped| skipped.server.as_ref()).collect();
    let (mut good, mut faults) = judge_one(path, imported);
    for server in servers {
        let other = import_from(path, Some(server)).unwrap_or_else(|problem| panic!("{server}: {problem:?}"));
        let there = |skipped: &&Skipped| skipped.server.as_ref() == Some(server);
        let expected = imported.skipped.iter().filter(there).count();
        let (more, _) = judge_one(path, &other);
        if more >= expected {
            good += expected;
        } else {
            faults.push(format!("{}: of {expected} operations at {server} {more} came in", path.display()));
        }
    }
    (good, faults)
}

fn judge_one(path: &Path, imported: &Imported) -> (usize, Vec<String>) {
    let name = path.display();
    let skipped = imported.skipped.iter().filter(|skipped| skipped.server.is_none());
    let mut faults: Vec<String> = skipped
        .map(|skipped| format!("{name}: {} {}: {}", skipped.method, skipped.path, skipped.reason))
        .collect();
    let checked = check_integration(&imported.integration);
    let errors: Vec<&Problem> = checked.problems.iter().filter(|p| p.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    let mut good = 0;
    for key in imported.integration.operations.keys() {
        let both = [true, false].map(|full| call::generated(&imported.integration, key, full));
        let wrong: Vec<String> = both.into_iter().filter_map(Result::err).collect();
        match wrong.first() {
            None => good += 1,
            Some(why) => faults.push(format!("{name}: {key} makes no request: {why}")),
        }
    }
    (good, faults)
}

/// What is written down is what came in.
fn fits_in_a_file(path: &Path, imported: &Imported) {
    let yaml = to_yaml(&serde_json::to_value(&imported.integration).unwrap());
    let read = read_integration(&yaml, "imported.yaml");
    assert_eq!(read.problems, [], "{}: its integration cannot be read back", path.display());
    assert!(read.draft.as_ref() == Some(&imported.integration), "{}", path.display());
}

#[test]
fn published_documents_come_in() {
    for (name, operations) in LARGE {
        let path = published(name);
        let imported = import(&path).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
        let (good, faults) = judge(&path, &imported);
        println!("{name}: {good} of {operations}\n  {}", faults.join("\n  "));
        assert_eq!(imported.integration.operations.len() + imported.skipped.len(), operations, "{name}");
        assert!(good * 100 >= operations * 99, "{name}: {good} of {operations}: {faults:#?}");
        fits_in_a_file(&path, &imported);
    }
}

#[test]
fn small_documents_of_every_feature_come_in() {
    let (mut all, mut good, mut faults, mut refused) = (0, 0, Vec::new(), Vec::new());
    for path in SMALL.into_iter().flat_map(|name| files(&published(name))) {
        match import(&path) {
            Ok(imported) => {
                let (came, more) = judge(&path, &imported);
                all += imported.integration.operations.len() + imported.skipped.len();
                good += came;
                faults.extend(more);
                fits_in_a_file(&path, &imported);
            }
            Err(problem) => refused.push(format!("{}: {}", path.display(), problem.message)),
        }
    }
    println!("{good} of {all}\n  {}\nrefused:\n  {}", faults.join("\n  "), refused.join("\n  "));
    assert!(all > 900, "the documents are not where they were: {all} operations");
    assert!(good * 100 >= all * 99, "{good} of {all}: {faults:#?}");
    let empty = |text: &String| text.contains("no operations under") || text.contains("comes in");
    assert!(refused.iter().all(empty), "{refused:#?}");
}

#[test]
fn swagger_is_refused_in_words() {
    let old = files(&published("@readme/oas-examples/2.0"));
    assert!(old.len() > 10);
    for path in old {
        let problem = import(&path).unwrap_err();
        assert!(
            problem.code == "import-not-openapi" && problem.message.contains("Swagger 2.0"),
            "{problem:?}"
        );
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}
