//! Documents that vendors publish: nearly all of their operations come in, and every one of those makes a request.
//!
//! The documents are not ours to keep here: `scripts/test` fetches them and names their folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use callout_flow::import::{ImportOptions, Imported, Skipped};
use callout_flow::problem::Problem;
use callout_flow::source::{Format, to_yaml};

use super::call;

/// The folder that `scripts/openapi-documents` fills. Without it there is nothing to hold.
const FOLDER: &str = "CALLOUT_TEST_OPENAPI_DOCUMENTS";

/// The large ones, each with the number of its operations.
const LARGE: [(&str, usize); 4] = [
    ("octokit/package/generated/api.github.com.json", 1223),
    ("directus/package/dist/openapi.json", 136),
    ("blockfrost/package/openapi.yaml", 129),
    ("ideal-postcodes/package/dist/openapi.json", 31),
];

/// Small ones of every feature, by folder; Swagger 2.0 among them is refused.
const SMALL: [&str; 3] = ["readme/package/3.0", "readme/package/3.1", "scalar/package/dist"];

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn import(path: &Path) -> Result<Imported, Problem> {
    import_from(path, None)
}

fn import_from(path: &Path, server: Option<&str>) -> Result<Imported, Problem> {
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

fn fits_in_a_file(path: &Path, imported: &Imported) {
    let value = serde_json::to_value(&imported.integration).unwrap();
    let yaml = to_yaml(&value);
    let source = callout_flow::source::parse(&yaml, Format::Yaml);
    assert_eq!(source.problems, [], "{}: its integration cannot be read back", path.display());
    assert_eq!(source.tree.unwrap().to_value(), value, "{}", path.display());
}

#[test]
fn published_documents_come_in() {
    let Some(folder) = folder() else { return };
    for (name, operations) in LARGE {
        let path = folder.join(name);
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
    let Some(folder) = folder() else { return };
    let (mut all, mut good, mut faults, mut refused) = (0, 0, Vec::new(), Vec::new());
    for name in SMALL {
        for path in files(&folder.join(name)) {
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
    }
    println!("{good} of {all}\n  {}\nrefused:\n  {}", faults.join("\n  "), refused.join("\n  "));
    assert!(all > 900, "the documents are not where they were: {all} operations");
    assert!(good * 100 >= all * 99, "{good} of {all}: {faults:#?}");
    let empty = |text: &String| text.contains("no operations under") || text.contains("comes in");
    assert!(refused.iter().all(empty), "{refused:#?}");
}

#[test]
fn swagger_is_refused_in_words() {
    let Some(folder) = folder() else { return };
    let old = files(&folder.join("readme/package/2.0"));
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
