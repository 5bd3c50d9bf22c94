//! `callout import` and `callout export`.

use callout_testkit::{Remote, Reply};
use serde_json::json;

use crate::world::{World, one_call};

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Notes API, version: "2" }
servers: [{ url: "https://{region}.notes.example/v1", variables: { region: { default: eu } } }]
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Key } } }
security: [{ key: [] }]
paths:
  /notes/{id}:
    get:
      operationId: getNote
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    trace: {}
"#;

#[test]
fn a_document_becomes_an_integration_that_check_takes() {
    let world = World::new();
    world.write("notes.openapi", DOCUMENT);
    let ran =
        world.callout(&["import", "openapi", "notes.openapi", "--slug", "notes", "--out", "notes.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 operations came in, 1 did not") && ran.stderr.contains("TRACE"),
        "{}",
        ran.stderr
    );
    let written = std::fs::read_to_string(world.path().join("notes.yaml")).unwrap();
    for told in ["slug: notes", "conn.region", "secret.apiKey", "from: notes.openapi", "getNote:"] {
        assert!(written.contains(told), "{told}: {written}");
    }
    let ran = world.callout(&["check", "notes.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let again = world.callout(&["import", "openapi", "notes.openapi", "--out", "notes.yaml"]);
    assert!(again.code == 2 && again.stderr.contains("name a new file"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(world.path().join("notes.yaml")).unwrap(), written);
    let ran = world.callout_with_input(&["import", "openapi", "-"], "openapi: 3.1.0\npaths: [");
    assert!(ran.code == 2 && ran.stderr.contains("import-unreadable"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_command_becomes_a_node_that_runs() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let world = World::new();
    let command = format!(
        "curl {} \\\n  -H 'X-Mark: it'\\''s' --json '{{\"a\": [1, \"{{{{ x }}}}\"]}}' -k",
        remote.url("/notes?a=b%20c")
    );
    let ran = world.callout_with_input(&["import", "curl"], &command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("certificates are always verified"), "{}", ran.stderr);
    let indented = ran.stdout.replace('\n', "\n  ");
    let flow = format!(
        "kind: flow\nslug: f\ntrigger: {{ type: event, event: go }}\nstart: call\nnodes:\n  {indented}\n"
    );
    let ran = world.run(&flow, &json!({ "name": "go" }));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let request = remote.only_request();
    assert_eq!(request.header("x-mark"), Some("it's"));
    assert_eq!(request.body, br#"{"a":[1,"{{ x }}"]}"#);
    let ran = world.callout_with_input(&["import", "curl"], "curl -d @body.json https://a.example");
    assert!(
        ran.code == 2 && ran.stderr.contains("import-file-needed") && ran.stderr.contains("1:9"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_node_becomes_a_command_without_its_secrets() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let world = World::new();
    let rest = "method: POST\nauth: { type: bearer, token: '{{ event.token }}' }\nbody: { type: json, value: { say: '{{ event.say }}' } }";
    world.write("flow.yaml", &one_call(&remote.url("/c/{{ event.id }}"), rest));
    let event = json!({ "name": "go", "id": "a b", "token": "very-secret-token", "say": "it's" });
    world.write("event.json", &event.to_string());
    let ran = world.callout(&["export", "curl", "flow.yaml", "call", "--event", "event.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for told in ["/c/a%20b'", "'Authorization: Bearer '\"$TOKEN\"", r#"'{"say":"it'\''s"}'"#] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains("very-secret") && ran.stderr.contains("set before: TOKEN"),
        "{}",
        ran.stderr
    );
    assert_eq!(remote.connections(), 0);
    let ran = world.callout(&["export", "curl", "flow.yaml", "call"]);
    assert!(ran.code == 1 && ran.stderr.contains("event.id"), "{}", ran.stderr);
}

#[test]
fn the_secrets_of_a_connection_are_variables() {
    let world = World::new().with_env("NOTES_KEY", "very-secret-key");
    world.write("notes.openapi", DOCUMENT);
    let ran =
        world.callout(&["import", "openapi", "notes.openapi", "--slug", "notes", "--out", "notes.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    world.write(
        "conn.yaml",
        "kind: connection\nid: mine\nintegrationSlug: notes\nsecrets: { apiKey: { env: NOTES_KEY } }\n",
    );
    world.write("flow.yaml", "kind: flow\nslug: f\ntrigger: { type: api }\nstart: call\nnodes:\n  call: { type: apiCall, mode: integration, integrationSlug: notes, integrationVersion: 1, operationKey: getNote, connectionId: mine, inputs: { id: a/b } }\n");
    let ran = world.callout(&["export", "curl", "flow.yaml", "call"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for told in ["'https://eu.notes.example/v1/notes/a%2Fb'", "'X-Key: '\"$X_KEY\""] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("very-secret"), "{}", ran.stdout);
}
