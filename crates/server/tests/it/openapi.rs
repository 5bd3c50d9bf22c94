//! The API's document and its page in `docs` are as the handlers are.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::rest_page;
use crate::roles::ROLES;
use crate::world::World;

/// Set to write the files anew instead of comparing them.
const RENEW: &str = "CALLOUT_RENEW";

/// What anyone may call.
pub const OPEN: [&str; 7] = [
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /v1/openapi.json",
    "post /v1/session",
    "get /v1/setup",
    "get /docs/problems/{code}",
];

/// The document, from the binary.
pub fn document() -> Value {
    World::new().callout(&["schema", "openapi"]).json()
}

#[track_caller]
fn hold(name: &str, wanted: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/{name} is stale: renew it with `{RENEW}=1 cargo nextest run -p callout-server openapi::`, and look at the diff"
    );
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    hold("openapi.json", &World::new().callout(&["schema", "openapi"]).stdout);
}

#[test]
fn the_page_of_the_api_is_made_from_the_document() {
    hold("rest-api.md", &rest_page::page(&document()));
}

/// Where the made part of a page begins and ends.
const MADE: [&str; 2] = ["<!-- begin: made from openapi.json by a test; do not edit -->\n", "<!-- end -->"];

#[test]
fn the_page_of_roles_lists_who_may_call_what() {
    let document = document();
    let mut table = "\n| | viewer | operator | editor | admin |\n|---|---|---|---|---|\n".to_owned();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap().trim_end_matches('.');
            let needed = operation["x-required-role"].as_str();
            let needed = needed.map(|role| ROLES.iter().position(|one| *one == role).unwrap());
            let marks = match needed {
                None => " anyone | anyone | anyone | anyone |".to_owned(),
                Some(needed) => (0..4).map(|rank| if rank < needed { "  |" } else { " yes |" }).collect(),
            };
            let _ = writeln!(table, "| `{} {path}` {summary} |{marks}", method.to_uppercase());
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(MADE[0]).unwrap();
    let (_, after) = rest.split_once(MADE[1]).unwrap();
    hold("roles.md", &[before, MADE[0], &table, "\n", MADE[1], after].concat());
}

#[test]
fn every_operation_says_all_that_a_caller_must_know() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{name}: the id {id} stands twice");
            assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
            assert!(operation["tags"].is_array(), "{name}");
            assert!(operation["security"].is_array(), "{name}");
            let guarded = operation.get("x-required-role").is_some();
            assert_eq!(guarded, !OPEN.contains(&name.as_str()), "{name}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{name}: {parameter}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(
                    response["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{name} {status}"
                );
                let is_problem = response["content"].get("application/problem+json").is_some();
                assert_eq!(is_problem, status.as_str() >= "400", "{name} {status}");
            }
        }
    }
}
