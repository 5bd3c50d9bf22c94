//! What the API tells of a draft to whoever draws it.

use serde_json::{Value, json};

use crate::live::Stream;
use crate::people::member;
use crate::saved::{FLOW, connect, crm, publish_integration};
use crate::server::{Server, problem, small_flow};
use crate::world::World;
use callout_testkit::Remote;

fn names(variables: &Value) -> Vec<&str> {
    variables.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn the_variables_at_each_node_are_known_also_of_a_draft_that_is_half_drawn() {
    let remote = Remote::start(Vec::new());
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    admin.draft(
        "kind: flow\nslug: half\nstart: a\nnodes:\n  \
         a: { type: setVars, set: { n: 1 }, next: b }\n  \
         b: { type: apiCall, mode: integration, integrationSlug: crm, integrationVersion: 1, operationKey: get, cases: [{ on: 2xx }], next: c }\n  \
         c: { type: soon, next: d }\n  d: { type: end }\n",
    );
    let viewer = server.with_role("viewer");
    let at = viewer.get("/v1/flows/half/draft/variables");
    assert_eq!(at.status, 200, "{}", at.text());
    let at = at.json();
    assert_eq!(at["complete"], true);
    assert_eq!(at["nodes"]["b"], json!([{ "name": "n", "certain": true, "setBy": ["a"], "type": "number" }]));
    let end = names(&at["nodes"]["d"]);
    assert!(
        end.starts_with(&["n", "integrationStatus"]) && end.len() > 4,
        "the operation's own outputs count: {end:?}"
    );
    let one = viewer.get("/v1/flows/half/draft/variables?node=b").json();
    assert_eq!(one["nodes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    admin.put_yaml("/v1/flows/broken/draft", "nodes: [a: {");
    assert_eq!(viewer.get("/v1/flows/broken/draft/variables").json()["nodes"], json!({}));
    assert_eq!(viewer.get("/v1/flows/never/draft/variables").status, 404);
}

#[test]
fn fields_are_rendered_as_their_author_types() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let field =
        |key: &str, position: &str, text: &str| json!({ "key": key, "position": position, "text": text });
    let body = json!({
        "scope": { "vars": { "id": 12_345_678_901_234_567_890_u64 }, "event": { "from": "+44", "conversation": { "id": "c" } } },
        "fields": [
            field("url", "url", "https://h.example/{{ vars.id }}"),
            field("body", "json", r#"{"id":"{{ vars.id }}","c":"{{ conversation.id }}"}"#),
            field("auth", "header", "Bearer {{ secret.key }}"),
            field("broken", "text", "Hello {{ vars.name | nothing }}"),
            field("gone", "query", "{{ vars.gone }}"),
            field("now", "expression", "now[:2] == '20'"),
        ],
    });
    let rendered = editor.post("/v1/render", &body);
    assert_eq!(rendered.status, 200, "{}", rendered.text());
    let fields = rendered.json()["fields"].clone();
    assert_eq!(
        fields[0],
        json!({ "key": "url", "value": "https://h.example/12345678901234567890", "reads": ["vars.id"], "missing": [] })
    );
    assert_eq!(fields[1]["value"], json!({ "id": 12_345_678_901_234_567_890_u64, "c": "c" }));
    assert_eq!((&fields[2]["value"], &fields[2]["missing"]), (&json!("Bearer ***"), &json!([])));
    assert_eq!(
        (&fields[3]["error"]["code"], &fields[3]["error"]["offset"]),
        (&json!("unknown-filter"), &json!(21))
    );
    assert!(fields[3].get("value").is_none() && fields[3]["error"]["fix"].is_string());
    assert_eq!(
        (&fields[4]["error"]["code"], &fields[4]["missing"]),
        (&json!("missing-value"), &json!(["vars.gone"]))
    );
    assert_eq!(fields[5]["value"], true);
    let many: Vec<Value> = (0..201).map(|n| field(&n.to_string(), "text", "x")).collect();
    assert_eq!(problem(&editor.post("/v1/render", &json!({ "fields": many }))), "body-invalid");
    let big = "x".repeat(500_000);
    let body = json!({ "scope": { "vars": { "big": big } }, "fields": (0..8).map(|n| field(&n.to_string(), "json", r#"["{{ vars.big }}"]"#)).collect::<Vec<_>>() });
    let bounded = editor.post("/v1/render", &body).json();
    assert!(bounded["fields"][0]["value"].is_array() && bounded["fields"][7]["error"].is_object());
}

#[test]
fn the_list_of_flows_says_what_they_are_and_how_they_do() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&small_flow("works").replace("name: Small", "name: Wörks\ndescription: Sets n"));
    admin.publish("kind: flow\nslug: fails\ntrigger: { type: event, event: go }\nstart: a\nnodes:\n  a: { type: end, status: failed }\n");
    admin.put_yaml("/v1/flows/broken/draft", "nodes: [a: {");
    for _ in 0..2 {
        assert_eq!(admin.post("/v1/flows/works/runs?wait=10s", &json!({})).status, 200);
    }
    let last = admin.post("/v1/flows/fails/runs?wait=10s", &json!({})).json();
    let items = admin.get("/v1/flows").json()["items"].clone();
    let of = |slug: &str| items.as_array().unwrap().iter().find(|flow| flow["slug"] == slug).unwrap().clone();
    let works = of("works");
    assert_eq!(
        (&works["description"], &works["trigger"]),
        (&json!("Sets n"), &json!({ "type": "api", "event": null }))
    );
    assert_eq!(
        (&works["day"], &works["lastRun"]["status"]),
        (&json!({ "completed": 2, "failed": 0 }), &json!("completed"))
    );
    let fails = of("fails");
    assert_eq!(fails["trigger"], json!({ "type": "event", "event": "go" }));
    assert_eq!(fails["day"], json!({ "completed": 0, "failed": 1 }));
    let wanted = json!({ "id": last["id"], "status": "failed", "startedAt": last["startedAt"] });
    assert_eq!(fails["lastRun"], wanted);
    let broken = of("broken");
    assert_eq!(
        (&broken["trigger"], &broken["lastRun"], &broken["description"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(admin.get("/v1/flows/fails").json(), fails);
    let found = admin.get("/v1/flows?search=W%C3%96R").json();
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["slug"]), (1, &json!("works")));
}

#[test]
fn a_removed_flow_comes_back_and_starts_runs_again() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let flow = small_flow("gone").replace("trigger: { type: api }", "trigger: { type: event, event: go }");
    admin.publish(&flow);
    let before = admin.get("/v1/flows/gone").json();
    let restore = || admin.ask("POST", "/v1/flows/gone/restore", &[], b"");
    assert_eq!((restore().status, problem(&restore()).as_str()), (404, "not-found"), "it is there");
    assert_eq!(admin.delete("/v1/flows/gone").status, 204);
    assert_eq!(admin.post("/v1/events", &json!({ "name": "go" })).json()["runs"], json!([]));
    admin.draft(&small_flow("gone"));
    assert_eq!((restore().status, problem(&restore()).as_str()), (409, "flow-taken"));
    admin.delete("/v1/flows/gone");
    admin.ask("POST", "/v1/flows/gone/restore", &[], b"");
    assert_eq!(admin.get("/v1/flows/gone").json()["version"], json!(null), "the one that was removed last");
    admin.delete("/v1/flows/gone");
    assert!(admin.get("/v1/audit").text().contains("flow.restore"));
    assert_eq!(admin.get("/v1/flows/gone").status, 404);
    let other = admin.publish(&flow);
    assert_eq!(other["version"], 1);
    admin.delete("/v1/flows/gone");
    let back = restore();
    assert_eq!((back.status, &back.json()["version"]), (200, &json!(1)), "{}", back.text());
    assert_ne!(back.json()["number"], before["number"]);
    let runs = admin.post("/v1/events", &json!({ "name": "go" })).json()["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 1);
}

#[test]
fn two_editors_see_each_other_and_what_becomes_of_the_draft() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.draft(&small_flow("shared"));
    let ann = member(&server, &admin, "ann@example.com", "editor");
    let ben = server.with_role("viewer");
    let path = "/v1/flows/shared/draft/stream";
    assert_eq!(problem(&ben.get("/v1/flows/never/draft/stream")), "not-found");
    let mut anns = Stream::open(&server, &ann, "GET", path, None);
    let alone = anns.wait("editors");
    assert_eq!((alone.as_array().unwrap().len(), &alone[0]["you"]), (1, &json!(true)));
    let mut bens = Stream::open(&server, &ben, "GET", path, None);
    let both = bens.wait("editors");
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");
    assert_eq!(
        (&both[0]["you"], &both[1]["you"], &both[1]["name"]),
        (&json!(false), &json!(true), &json!("a viewer"))
    );
    let seen = anns.wait("editors");
    assert_eq!(
        (seen.as_array().unwrap().len(), &seen[0]["you"], &seen[1]["you"]),
        (2, &json!(true), &json!(false))
    );
    assert_ne!(seen[0]["id"], seen[1]["id"]);
    let written = admin.draft(&small_flow("shared").replace("Small", "Other")).json();
    for stream in [&mut anns, &mut bens] {
        let draft = stream.wait("draft");
        assert_eq!((&draft["revision"], &draft["at"]), (&json!(2), &written["flow"]["draftAt"]));
        assert!(draft["by"].is_string());
    }
    admin.ask("POST", "/v1/flows/shared/publish", &[], b"");
    assert_eq!(anns.wait("published")["version"], 1);
    drop(bens);
    assert_eq!(anns.wait("editors").as_array().unwrap().len(), 1, "who goes away is gone");
    // The same slug of another org is another room.
    let other = crate::orgs::other(&server);
    other.draft(&small_flow("shared"));
    let mut theirs = Stream::open(&server, &other, "GET", path, None);
    assert_eq!(theirs.wait("editors").as_array().unwrap().len(), 1);
    admin.draft(&small_flow("shared"));
    other.draft(&small_flow("shared"));
    assert_eq!(theirs.wait("draft")["revision"], 2, "the first that it hears of is its own org's");
    server.signal("TERM");
    assert!(std::iter::from_fn(|| anns.next()).all(|(name, _)| name == "draft"));
    assert_eq!(server.ended().0.code(), Some(0));
}

#[test]
fn where_a_connection_and_an_integration_are_used_is_known() {
    let remote = Remote::start(Vec::new());
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    publish_integration(&admin, "crm", &crm(&remote, "  more: { path: /more }\n"));
    connect(&admin);
    admin.publish(FLOW);
    admin.draft(&FLOW.replace("integrationVersion: 1", "integrationVersion: 2"));
    // Half-drawn, and named so that it holds the text without using anything.
    admin.put_yaml(
        "/v1/flows/half/draft",
        "kind: flow\nslug: half\nnodes:\n  one: { type: apiCall, mode: integration, integrationSlug: crm, connectionId: main, cases: [{ on: 2xx }] }\n",
    );
    admin.draft(&small_flow("main-crm"));
    let viewer = server.with_role("viewer");
    let uses = viewer.get("/v1/connections/main/uses");
    assert_eq!(uses.status, 200, "{}", uses.text());
    let wanted = json!({ "complete": true, "flows": [
        { "slug": "lookup", "name": "lookup", "nodes": ["call"], "draft": true, "published": 1 },
        { "slug": "half", "name": "half", "nodes": ["one"], "draft": true, "published": null },
    ]});
    assert_eq!(uses.json(), wanted);
    let uses = viewer.get("/v1/integrations/crm/uses").json();
    assert_eq!(uses["flows"][0]["nodes"], json!([{ "id": "call", "draft": 2, "published": 1 }]));
    assert_eq!(uses["flows"][1]["nodes"], json!([{ "id": "one", "draft": null, "published": null }]));
    admin.draft(&small_flow("lookup"));
    let uses = viewer.get("/v1/connections/main/uses").json();
    assert_eq!((&uses["flows"][0]["draft"], &uses["flows"][0]["published"]), (&json!(false), &json!(1)));
    assert_eq!(viewer.get("/v1/connections/never/uses").status, 404);
    assert_eq!(viewer.get("/v1/integrations/never/uses").status, 404);
}
