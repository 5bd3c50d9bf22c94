//! What the binary carries and anyone who may look can read: schemas, examples, the pages of problems.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::server::{Server, problem};
use crate::world::World;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn schemas_are_those_of_the_command() {
    let world = World::new();
    let server = Server::start(&world);
    let viewer = server.with_role("viewer");
    for kind in ["flow", "integration", "connection"] {
        let printed = world.callout(&["schema", kind]).json();
        assert!(printed["$id"].is_string() || printed["properties"].is_object(), "{kind}");
        assert_eq!(viewer.get(&format!("/v1/schemas/{kind}")).json(), printed, "{kind}");
    }
    for kind in ["config", "Flow", "flows", ""] {
        let answer = viewer.get(&format!("/v1/schemas/{kind}"));
        assert_eq!(answer.status, 404, "{kind}: {}", answer.text());
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_example_is_there_whole_and_can_be_written_as_it_is() {
    let world = World::new().with_env("CALLOUT_EGRESS_HTTP_HOSTS", "127.0.0.2");
    let world = world.with_env("CALLOUT_EGRESS_ALLOW", r#"[{ host = "127.0.0.2", cidr = "127.0.0.2/32" }]"#);
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let examples = editor.get("/v1/examples").json();
    let items = examples["items"].as_array().unwrap();
    assert_eq!(items[0]["slug"], "caller-lookup");
    let slugs: BTreeSet<String> =
        items.iter().map(|item| item["slug"].as_str().unwrap().to_owned()).collect();
    let folder = workspace().join("examples");
    let has_flow = |name: &String| folder.join(name).join("flow.yaml").exists();
    assert_eq!(slugs, names(&folder).into_iter().filter(has_flow).collect());
    for item in items {
        let slug = item["slug"].as_str().unwrap();
        let own = folder.join(slug);
        assert!(!item["description"].as_str().unwrap().is_empty() && item["name"] == item["flow"]["name"]);
        let events = item["events"].as_array().unwrap();
        let found: BTreeSet<String> =
            events.iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(found, names(&own.join("events")), "{slug}");
        for event in events {
            let file = own.join(format!("events/{}.json", event["name"].as_str().unwrap()));
            let text = std::fs::read_to_string(file).unwrap();
            assert_eq!(event["event"], serde_json::from_str::<Value>(&text).unwrap(), "{slug}");
        }
        assert_eq!(item["contact"].is_object(), own.join("contact.json").exists(), "{slug}");
        for (key, file) in [("integrations", "integration.yaml"), ("connections", "connection.json")] {
            let there = usize::from(own.join(file).exists());
            assert_eq!(item[key].as_array().unwrap().len(), there, "{slug} {key}");
        }
        for integration in item["integrations"].as_array().unwrap() {
            let path = format!("/v1/integrations/{}", integration["slug"].as_str().unwrap());
            assert_eq!(editor.put(&format!("{path}/draft"), integration).status, 201, "{slug}");
            assert_eq!(editor.ask("POST", &format!("{path}/publish"), &[], b"").status, 200, "{slug}");
        }
        for connection in item["connections"].as_array().unwrap() {
            assert_eq!(connection.get("secrets"), None);
            let mut whole = connection.clone();
            whole["secrets"] = json!({ "api_token": "one-of-our-own" });
            assert_eq!(server.admin().post("/v1/connections", &whole).status, 201, "{slug}");
        }
        let written = editor.put(&format!("/v1/flows/{slug}/draft"), &item["flow"]);
        assert_eq!((written.status, &written.json()["errors"]), (201, &json!(0)), "{}", written.text());
    }
}

#[test]
fn the_type_of_a_problem_leads_to_its_page() {
    let world = World::new();
    let server = Server::start(&world);
    let nobody = server.nobody();
    let refused = nobody.get("/v1/flows");
    assert_eq!(problem(&refused), "token-missing");
    for path in [refused.json()["type"].as_str().unwrap(), "/docs/problems/token-missing"] {
        let page = nobody.get(path);
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/markdown; charset=utf-8")),
            "{path}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let file = std::fs::read_to_string(workspace().join("docs/problems/token-missing.md")).unwrap();
        assert_eq!(page.text(), file);
    }
    for path in
        ["none", "none.md", "README", "token-missing.md.md", "..%2f..%2fREADME.md", "..%2Fegress", "%00"]
    {
        let answer = nobody.ask("GET", &format!("/docs/problems/{path}"), &[("Accept", "text/html")], b"");
        assert_eq!((answer.status, problem(&answer).as_str()), (404, "not-found"), "{path}");
    }
}
