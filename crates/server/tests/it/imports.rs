//! Imports over the API, and calls shown as commands.

use callout_testkit::{Answer, Remote, Reply};
use serde_json::{Value, json};

use crate::saved::{KEY, connect, crm, publish_integration, put};
use crate::server::{Caller, Server, problem};
use crate::world::World;

const DOCUMENT: &str = "openapi: 3.0.3\ninfo: { title: Notes API, version: '2' }\nservers: [{ url: 'https://notes.example/v1' }]\npaths:\n  \
    /notes/{id}:\n    get:\n      operationId: getNote\n      \
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]\n    trace: {}\n";

fn import(caller: &Caller, query: &str, text: &str) -> Answer {
    caller.ask(
        "POST",
        &format!("/v1/imports/openapi{query}"),
        &[("Content-Type", "application/yaml")],
        text.as_bytes(),
    )
}

#[test]
fn a_document_comes_in_as_a_draft_can_be_written() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let answer = import(&editor, "?slug=notes&from=notes.yaml", DOCUMENT);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = answer.json();
    assert_eq!(
        (&found["integration"]["slug"], &found["skipped"][0]["method"]),
        (&json!("notes"), &json!("TRACE"))
    );
    assert!(
        found["notes"].is_array() && found["integration"]["operations"]["getNote"].is_object(),
        "{found}"
    );
    assert_eq!(editor.get("/v1/integrations").json()["items"], json!([]), "nothing is kept");
    let document = found["document"].as_str().unwrap();
    assert!(document.contains("from: notes.yaml"), "{document}");
    let written = put(&editor, "/v1/integrations/notes/draft", document);
    assert_eq!((written.status, &written.json()["errors"]), (201, &json!(0)), "{}", written.text());
    let as_json = json!({ "openapi": "3.1.0", "info": { "title": "Notes API", "version": "1" },
        "servers": [{ "url": "https://notes.example" }], "paths": { "/a": { "get": {} } } });
    let named = editor.post("/v1/imports/openapi?server=https%3A%2F%2Feu.notes.example", &as_json).json();
    assert_eq!(named["integration"]["slug"], "notes-api", "{named}");
    assert_eq!(named["integration"]["baseUrl"], "https://eu.notes.example");
    for (query, text, code, why) in [
        ("", "paths: [", "import-refused", "import-unreadable"),
        ("", "swagger: '2.0'", "import-refused", "import-not-openapi"),
        ("?slug=No", DOCUMENT, "query-invalid", "slug"),
        ("?kept=yes", DOCUMENT, "query-invalid", "kept"),
    ] {
        let answer = import(&editor, query, text);
        assert_eq!(problem(&answer), code, "{}", answer.text());
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    }
}

#[test]
fn a_command_comes_in_as_a_node_and_a_node_goes_out_as_a_command() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let command = "curl -X POST https://api.example/notes -H 'X-Mark: a' --json '{\"a\":1}' -k";
    let found = editor.post("/v1/imports/curl", &json!({ "command": command }));
    assert_eq!(found.status, 200, "{}", found.text());
    let found = found.json();
    assert_eq!(
        (&found["node"]["type"], &found["node"]["method"]),
        (&json!("apiCall"), &json!("POST")),
        "{found}"
    );
    assert!(found["notes"].to_string().contains("certificates"), "{found}");
    let back = editor.post("/v1/calls/export", &json!({ "node": found["node"] }));
    assert_eq!(back.status, 200, "{}", back.text());
    assert!(back.json()["command"].as_str().unwrap().contains("'X-Mark: a'"), "{}", back.text());
    let refused =
        editor.post("/v1/imports/curl", &json!({ "command": "curl -d @body.json https://a.example" }));
    assert_eq!((refused.status, problem(&refused).as_str()), (422, "import-refused"));
    let why = refused.json();
    assert_eq!(
        (&why["problems"][0]["code"], &why["column"]),
        (&json!("import-file-needed"), &json!(9)),
        "{why}"
    );
    let reads = json!({ "type": "apiCall", "mode": "http", "url": "https://api.example/{{ vars.id }}" });
    let missing = editor.post("/v1/calls/export", &json!({ "node": reads }));
    assert_eq!((missing.status, problem(&missing).as_str()), (422, "body-invalid"));
    assert!(missing.text().contains("vars.id"), "{}", missing.text());
    let given = editor
        .post("/v1/calls/export", &json!({ "node": reads, "scope": { "vars": { "id": "a b" } } }))
        .json();
    assert!(given["command"].as_str().unwrap().contains("/a%20b"), "{given}");
    let waits = editor.post("/v1/calls/export", &json!({ "node": { "type": "end" } }));
    assert_eq!((waits.status, problem(&waits).as_str()), (422, "node-not-a-call"));
}

#[test]
fn a_command_holds_no_secret_and_nothing_of_another_org() {
    let remote = Remote::serve(|_| Reply::json(200, "{}"));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    let node = |integration: &str, connection: &str| {
        json!({ "node": { "type": "apiCall", "mode": "integration", "integrationSlug": integration, "integrationVersion": 1,
            "operationKey": "get", "connectionId": connection, "inputs": { "id": "7" } } })
    };
    let found = admin.post("/v1/calls/export", &node("crm", "main"));
    assert_eq!(found.status, 200, "{}", found.text());
    let shown = found.json();
    assert_eq!(shown["variables"], json!(["X_KEY"]), "{shown}");
    assert!(
        shown["command"].as_str().unwrap().contains("/eu/contacts/7") && !found.text().contains(KEY),
        "{shown}"
    );
    let body = json!({ "name": "acme", "member": { "email": "first@acme.example", "role": "admin" } });
    let made: Value = admin.post("/v1/orgs", &body).json();
    let one_time = made["member"]["oneTimePassword"].as_str().unwrap();
    let acme = crate::people::settle(&server, "acme", "first@acme.example", one_time);
    let own = crm(&remote, "").replace("slug: crm", "slug: own");
    publish_integration(&acme, "own", &own);
    for (theirs, never) in
        [(node("crm", "main"), node("erp", "main")), (node("own", "main"), node("own", "none"))]
    {
        let (theirs, never) = (acme.post("/v1/calls/export", &theirs), acme.post("/v1/calls/export", &never));
        assert_eq!((theirs.status, never.status), (422, 422), "{}{}", theirs.text(), never.text());
        assert_eq!(
            theirs.text().replace("crm", "erp").replace("`main`", "`none`"),
            never.text().replace("`main`", "`none`")
        );
    }
    assert!(remote.requests().is_empty());
}

/// A document larger than other requests may be.
fn large(json: bool) -> String {
    let note = "n".repeat(3 << 20);
    if json {
        let document = json!({ "openapi": "3.1.0", "info": { "title": "Large", "version": "1", "description": note },
            "servers": [{ "url": "https://large.example" }], "paths": { "/a": { "get": { "operationId": "a" } } } });
        return document.to_string();
    }
    format!("{DOCUMENT}# {note}\n")
}

#[test]
fn large_documents_come_in_where_other_requests_are_small() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let send = |method: &str, path: &str, media: &str, text: &str| {
        editor.ask(method, path, &[("Content-Type", media)], text.as_bytes())
    };
    let (yaml, json) = ("application/yaml", "application/json");
    for (media, text) in [(yaml, large(false)), (json, large(true))] {
        let answer = send("POST", "/v1/imports/openapi?slug=large", media, &text);
        assert_eq!(answer.status, 200, "{media}");
        let document = answer.json()["document"].as_str().unwrap().to_owned();
        let text = format!("{document}# {}\n", "n".repeat(3 << 20));
        let written = send("PUT", "/v1/integrations/large/draft", yaml, &text);
        assert!(matches!(written.status, 200 | 201), "{}", written.text());
        assert_eq!(written.json()["errors"], 0);
        let published = editor.ask("POST", "/v1/integrations/large/publish", &[], b"");
        assert_eq!((published.status, &published.json()["new"]), (200, &json!(true)));
    }
    let mut whole = editor.ask("GET", "/v1/integrations/large/draft", &[("Accept", json)], b"").json();
    whole["description"] = json!("d".repeat(3 << 20));
    let written = editor.put("/v1/integrations/large/draft", &whole);
    assert_eq!(written.status, 200, "{}", written.text());
    let flow = send("PUT", "/v1/flows/large/draft", yaml, &large(false));
    assert_eq!(problem(&flow), "request-too-large");
    assert!(flow.text().contains("server.request_bytes_max"), "{}", flow.text());
}

#[test]
fn an_operator_bounds_what_is_imported() {
    let world = World::new().with_env("CALLOUT_SERVER_IMPORT_BYTES_MAX", "3000000");
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    for (method, path) in [("POST", "/v1/imports/openapi"), ("PUT", "/v1/integrations/large/draft")] {
        let answer =
            editor.ask(method, path, &[("Content-Type", "application/yaml")], large(false).as_bytes());
        assert_eq!((answer.status, problem(&answer).as_str()), (413, "request-too-large"), "{path}");
        assert!(answer.text().contains("server.import_bytes_max"), "{}", answer.text());
    }
    let world = World::new().with_env("CALLOUT_SERVER_IMPORT_BYTES_MAX", "33554433");
    let log = Server::try_start(&world, &[]).unwrap_err();
    assert!(log.contains("server.import_bytes_max is 33554433; it must be between 1 and 33554432"), "{log}");
}

/// GitHub's own, which `scripts/openapi-documents` fetches: it is not ours to keep here.
#[test]
fn the_whole_of_githubs_document_is_imported_written_and_published() {
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let document =
        target.join("openapi-documents/node_modules/@octokit/openapi/generated/api.github.com.json");
    let text = std::fs::read(&document).unwrap_or_else(|error| {
        panic!("{}: {error}: run scripts/openapi-documents first", document.display())
    });
    assert!(text.len() > 10 << 20);
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let json = [("Content-Type", "application/json")];
    let imported = editor.ask("POST", "/v1/imports/openapi?slug=github", &json, &text).json();
    let operations = imported["integration"]["operations"].as_object().unwrap();
    assert!(operations.len() > 1200, "{}", operations.len());
    let document = imported["document"].as_str().unwrap();
    assert!(document.len() > 2 << 20, "more than other requests may have: {}", document.len());
    let written = put(&editor, "/v1/integrations/github/draft", document);
    assert_eq!((written.status, &written.json()["errors"]), (201, &json!(0)));
    assert_eq!(editor.ask("POST", "/v1/integrations/github/publish", &[], b"").json()["version"], 1);
}
