//! Integrations and connections over the API: set up, connected, called, changed, moved.

use callout_testkit::{Answer, Remote, Reply};
use serde_json::{Value, json};

use crate::runs::over;
use crate::server::{Caller, Server, problem};
use crate::world::World;

pub const KEY: &str = "k-VerySecret/49+7=";

/// The integration `crm`, whose calls go to this remote.
pub fn crm(remote: &Remote, rest: &str) -> String {
    format!(
        "kind: integration\nslug: crm\nname: CRM\nbaseUrl: {}\nverify: ping\n\
         configSchema: {{ type: object, properties: {{ region: {{ type: string, default: eu }} }} }}\n\
         secretSchema: {{ type: object, properties: {{ key: {{ type: string }} }}, required: [key] }}\n\
         auth: {{ type: apiKey, in: header, name: X-Key, value: '{{{{ secret.key }}}}' }}\n\
         operations:\n\
         \x20 ping: {{ path: /ping }}\n\
         \x20 get:\n\
         \x20   path: '/{{{{ conn.region }}}}/contacts/{{{{ inputs.id }}}}'\n\
         \x20   inputSchema: {{ type: object, properties: {{ id: {{ type: string }} }}, required: [id] }}\n\
         \x20   defaultOutputMappings: [{{ var: who, path: $.name }}]\n{rest}",
        remote.url("")
    )
}

pub const FLOW: &str = "kind: flow\nslug: lookup\ntrigger: { type: event, event: go }\nstart: call\nnodes:\n  call:\n    type: apiCall\n    \
    mode: integration\n    integrationSlug: crm\n    integrationVersion: 1\n    operationKey: get\n    connectionId: main\n    \
    inputs: { id: '{{ event.id }}' }\n    cases: [{ on: other, to: done }]\n    next: done\n  \
    done: { type: end, result: '{{ vars.who }}' }\n";

pub fn put(caller: &Caller, path: &str, yaml: &str) -> Answer {
    caller.ask("PUT", path, &[("Content-Type", "application/yaml")], yaml.as_bytes())
}

#[track_caller]
pub fn publish_integration(caller: &Caller, slug: &str, yaml: &str) -> u64 {
    let written = put(caller, &format!("/v1/integrations/{slug}/draft"), yaml);
    assert!(matches!(written.status, 200 | 201), "{}", written.text());
    assert_eq!(written.json()["errors"], 0, "{}", written.text());
    let published = caller.post(&format!("/v1/integrations/{slug}/publish"), &json!({}));
    assert_eq!(published.status, 200, "{}", published.text());
    published.json()["version"].as_u64().unwrap()
}

#[track_caller]
pub fn connect(admin: &Caller) -> Value {
    let body = json!({ "id": "main", "integrationSlug": "crm", "secrets": { "key": KEY } });
    let made = admin.post("/v1/connections", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

#[track_caller]
pub fn start(server: &Server, caller: &Caller, flow: &str, event: Value) -> Value {
    let started = caller.post(&format!("/v1/flows/{flow}/runs"), &json!({ "event": event }));
    assert!(matches!(started.status, 200..=202), "{}", started.text());
    over(server, caller, started.json()["id"].as_str().unwrap())
}

#[test]
fn an_api_is_set_up_connected_and_called() {
    let remote = Remote::serve(|request| match (request.path(), request.header("x-key")) {
        (_, key) if key != Some(KEY) => Reply::json(401, "{}"),
        ("/ping", _) => Reply::json(200, "{}"),
        ("/eu/contacts/7", _) => Reply::json(200, r#"{"name":"Ada"}"#),
        _ => Reply::json(404, "{}"),
    });
    let world = World::new();
    let server = Server::start(&world);
    let (admin, editor, viewer) = (server.admin(), server.with_role("editor"), server.with_role("viewer"));
    assert_eq!(publish_integration(&editor, "crm", &crm(&remote, "")), 1);
    let made = connect(&admin);
    assert_eq!((&made["allowedHosts"], &made["revision"]), (&json!(["127.0.0.2"]), &json!(1)));
    assert!(made["secrets"]["key"]["updatedAt"].is_string());
    let tested = admin.post("/v1/connections/main/verify", &json!({})).json();
    assert_eq!((&tested["ok"], &tested["call"]["status"]), (&json!(true), &json!(200)), "{tested}");
    editor.publish(FLOW);
    let run = start(&server, &editor, "lookup", json!({ "name": "go", "id": "7" }));
    assert_eq!(run["result"], "Ada", "{run}");
    assert_eq!(run["steps"][0]["request"]["headers"]["X-Key"], "***", "{}", run["steps"][0]["request"]);
    assert_eq!(run["vars"]["integrationStatus"], 200);
    let seen = viewer.get("/v1/connections/main").json();
    assert!(seen["lastUsedAt"].is_string() && seen["verification"]["ok"] == true, "{seen}");
    for answer in [seen.to_string(), run.to_string(), viewer.get("/v1/connections").text().to_owned()] {
        assert!(!answer.contains("VerySecret"), "{answer}");
    }
    let told = admin.get("/v1/audit?limit=50").text().to_owned();
    for action in ["integration.write", "integration.publish", "connection.create", "connection.verify"] {
        assert!(told.contains(action), "{action} is not in {told}");
    }
    assert!(!told.contains("VerySecret"));
}

#[test]
fn inputs_are_checked_before_anything_is_sent() {
    let remote = Remote::serve(|_| Reply::json(200, "{}"));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    admin.publish(FLOW);
    let run = start(&server, &admin, "lookup", json!({ "name": "go" }));
    assert_eq!(
        (&run["steps"][0]["outcome"], &run["vars"]["integrationStatus"]),
        (&json!("invalid"), &json!(0))
    );
    assert!(run["steps"][0]["problems"].to_string().contains("input-invalid"), "{}", run["steps"][0]);
    assert!(remote.requests().is_empty());
    let wrong = FLOW.replace("inputs: { id: '{{ event.id }}' }", "inputs: { id: 7, more: x }");
    let checked =
        admin.ask("POST", "/v1/check", &[("Content-Type", "application/yaml")], wrong.as_bytes()).json();
    assert!(checked["problems"].to_string().contains("input-"), "{checked}");
}

#[test]
fn a_connection_is_changed_rotated_and_removed() {
    let remote = Remote::serve(|request| {
        Reply::json(200, format!("{{\"name\":\"{}\"}}", request.header("x-key").unwrap().len()))
    });
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    admin.publish(FLOW);
    let changed = admin.ask(
        "PATCH",
        "/v1/connections/main",
        &[("Content-Type", "application/json"), ("If-Match", "\"1\"")],
        br#"{"secrets":{"key":"four"},"config":{"region":"us"}}"#,
    );
    assert_eq!((changed.status, &changed.json()["revision"]), (200, &json!(2)), "{}", changed.text());
    let run = start(&server, &admin, "lookup", json!({ "name": "go", "id": "7" }));
    assert_eq!(run["result"], "4");
    assert_eq!(remote.requests().last().unwrap().path(), "/us/contacts/7");
    let stale = admin.ask(
        "PATCH",
        "/v1/connections/main",
        &[("Content-Type", "application/json"), ("If-Match", "\"1\"")],
        b"{}",
    );
    assert_eq!((stale.status, problem(&stale).as_str()), (412, "revision-differs"));
    let patch = |body: Value| {
        admin.ask(
            "PATCH",
            "/v1/connections/main",
            &[("Content-Type", "application/json")],
            body.to_string().as_bytes(),
        )
    };
    for (body, code) in [
        (json!({ "allowedHosts": ["evil.example"] }), "body-invalid"),
        (json!({ "secrets": { "key": null } }), "connection-invalid"),
        (json!({ "secrets": { "other": "x" } }), "connection-invalid"),
        (json!({ "config": { "region": 5 } }), "connection-invalid"),
        (json!({ "expiresAt": "soon" }), "connection-invalid"),
    ] {
        let answer = patch(body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, code), "{}", answer.text());
    }
    let outcome = |run: &Value| run["steps"][0]["outcome"].clone();
    assert_eq!(patch(json!({ "disabled": true })).status, 200);
    let sent = remote.requests().len();
    assert_eq!(outcome(&start(&server, &admin, "lookup", json!({ "name": "go", "id": "7" }))), "invalid");
    assert_eq!(patch(json!({ "disabled": false, "expiresAt": "2020-01-01T00:00:00Z" })).status, 200);
    assert_eq!(outcome(&start(&server, &admin, "lookup", json!({ "name": "go", "id": "7" }))), "invalid");
    assert_eq!(admin.delete("/v1/connections/main").status, 204);
    assert_eq!(outcome(&start(&server, &admin, "lookup", json!({ "name": "go", "id": "7" }))), "invalid");
    assert_eq!(remote.requests().len(), sent);
    assert_eq!(admin.get("/v1/connections/main").status, 404);
    let told = admin.get("/v1/audit?action=connection.use").json();
    let entry = &told["items"][0];
    assert_eq!(
        (&entry["actor"]["kind"], &entry["actor"]["name"]),
        (&json!("server"), &json!("lookup")),
        "{told}"
    );
    assert_eq!(entry["after"]["why"], "it is disabled", "{told}");
    assert_eq!(told["items"].as_array().unwrap().len(), 1, "the same once a minute: {told}");
}

#[test]
fn a_call_finds_no_other_orgs_connection_and_no_other_orgs_integration() {
    let remote = Remote::serve(|_| Reply::json(200, r#"{"name":"Ada"}"#));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    let other = crate::orgs::other(&server);
    let of = |caller: &Caller, body: Value| caller.post("/v1/calls/test", &json!({ "node": body }));
    let http = json!({ "type": "apiCall", "mode": "http", "url": remote.url("/x"), "connectionId": "main" });
    let saved = json!({ "type": "apiCall", "mode": "integration", "integrationSlug": "crm", "integrationVersion": 1,
        "operationKey": "ping", "connectionId": "main" });
    let theirs = of(&other, http.clone()).json();
    assert_eq!(theirs["outcome"], "invalid", "{theirs}");
    let never = of(
        &other,
        json!({ "type": "apiCall", "mode": "http", "url": remote.url("/x"), "connectionId": "never" }),
    )
    .json();
    assert_eq!(theirs["problems"].to_string().replace("main", "never"), never["problems"].to_string());
    let unknown = of(&other, saved.clone());
    assert_eq!((unknown.status, problem(&unknown).as_str()), (422, "body-invalid"), "{}", unknown.text());
    // The same text compiles for the org that has it, whoever sent it first.
    assert_eq!(of(&admin, saved.clone()).json()["status"], 200);
    assert_eq!(admin.post("/v1/calls", &json!({ "node": saved })).json()["status"], 200);
    assert_eq!(other.post("/v1/calls", &json!({ "node": saved })).status, 422);
    assert_eq!(remote.requests().len(), 2);
}

#[test]
fn what_is_wrong_is_refused_with_all_of_it() {
    let remote = Remote::serve(|_| Reply::json(200, "{}"));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let bad =
        crm(&remote, "").replace("{{ secret.key }}", "{{ secret.kye }}").replace("inputs.id", "input.id");
    let written = put(&admin, "/v1/integrations/crm/draft", &bad).json();
    assert!(written["errors"].as_u64().unwrap() >= 1, "{written}");
    let refused = admin.post("/v1/integrations/crm/publish", &json!({}));
    assert_eq!((refused.status, problem(&refused).as_str()), (422, "integration-invalid"));
    publish_integration(&admin, "crm", &crm(&remote, ""));
    let make = |body: Value| admin.post("/v1/connections", &body);
    for (body, code, at) in [
        (json!({ "id": "main", "integrationSlug": "crm" }), "connection-invalid", "secrets"),
        (
            json!({ "id": "main", "integrationSlug": "nope", "secrets": {} }),
            "connection-invalid",
            "integrationSlug",
        ),
        (
            json!({ "id": "main", "auth": { "type": "bearer", "token": "{{ secret.t }}" } }),
            "connection-invalid",
            "allowedHosts",
        ),
        (json!({ "id": "Main", "integrationSlug": "crm" }), "body-invalid", "id"),
        (
            json!({ "id": "main", "integrationSlug": "crm", "secrets": { "key": 5 } }),
            "body-invalid",
            "secrets.key",
        ),
    ] {
        let answer = make(body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, code), "{}", answer.text());
        assert!(answer.text().contains(at), "{at}: {}", answer.text());
    }
    connect(&admin);
    let twice = make(json!({ "id": "main", "integrationSlug": "crm", "secrets": { "key": "x" } }));
    assert_eq!((twice.status, problem(&twice).as_str()), (409, "connection-taken"));
    assert!(admin.get("/v1/audit?limit=50").text().contains("connection-taken"), "a refusal is written down");
    let unsuited =
        admin.post("/v1/connections/main/authorization", &json!({ "redirectUri": "http://127.0.0.1/cb" }));
    assert_eq!((unsuited.status, problem(&unsuited).as_str()), (409, "connection-unsuited"));
}

#[test]
fn a_newer_version_is_compared_and_the_pins_move_as_one_act() {
    let remote = Remote::serve(|_| Reply::json(200, r#"{"name":"Ada"}"#));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    admin.publish(FLOW);
    let second = FLOW.replace("slug: lookup", "slug: second").replace("id: '{{ event.id }}'", "id: '1'");
    admin.publish(&second);
    let next = crm(&remote, "").replace("required: [id]", "required: [id, tenant]").replace(
        "properties: { id: { type: string } }",
        "properties: { id: { type: string }, tenant: { type: string } }",
    );
    assert_eq!(publish_integration(&admin, "crm", &next), 2);
    let diff = admin.get("/v1/integrations/crm/diff?from=1&to=2").json();
    assert_eq!((&diff["breaking"], &diff["changes"][0]["name"]), (&json!(true), &json!("tenant")), "{diff}");
    let flows: Vec<_> = diff["flows"].as_array().unwrap().iter().map(|flow| flow["slug"].clone()).collect();
    assert_eq!(flows, ["lookup", "second"]);
    assert_eq!(diff["flows"][0]["calls"][0]["changes"][0]["name"], "tenant");
    let upgrade = |body: Value| admin.post("/v1/integrations/crm/upgrade", &body);
    let refused = upgrade(json!({ "to": 2, "publish": true }));
    assert_eq!((refused.status, problem(&refused).as_str()), (422, "flow-has-errors"), "{}", refused.text());
    assert!(refused.text().contains("tenant"));
    assert_eq!(admin.get("/v1/flows/lookup").json()["revision"], 1, "nothing was done");
    let third = next.replace("required: [id, tenant]", "required: [id]");
    assert_eq!(publish_integration(&admin, "crm", &third), 3);
    let told = upgrade(json!({ "to": 3, "publish": true, "dryRun": true })).json();
    assert_eq!(told["flows"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(admin.get("/v1/flows/lookup").json()["revision"], 1);
    let done = upgrade(json!({ "to": 3, "publish": true })).json();
    assert_eq!(
        (&done["flows"][0]["version"], &done["flows"][0]["nodes"]),
        (&json!(2), &json!(["call"])),
        "{done}"
    );
    let draft = admin.get("/v1/flows/lookup/draft").text().to_owned();
    assert_eq!(draft, FLOW.replace("integrationVersion: 1", "integrationVersion: 3"));
    let again = upgrade(json!({ "to": 3, "publish": true })).json();
    assert_eq!((&again["flows"], &again["skipped"]), (&json!([]), &json!([])));
    assert!(admin.get("/v1/audit?limit=50").text().contains("flow.upgrade"));
    assert_eq!(upgrade(json!({ "to": 9 })).status, 404);
}
