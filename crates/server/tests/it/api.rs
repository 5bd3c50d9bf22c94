//! Flows over the API: drafts, versions, differences, checks, previews.

use callout_testkit::{Canary, Remote, Reply};
use serde_json::{Value, json};

use crate::server::{Server, problem, small_flow};
use crate::world::{World, call_of};

#[test]
fn a_draft_is_kept_as_it_is_written_and_its_revisions_are_held() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let path = "/v1/flows/first/draft";
    let text = format!("# a comment\n{}", small_flow("first"));
    let put = |headers: &[(&str, &str)], text: &str| {
        let headers = [&[("Content-Type", "application/yaml")], headers].concat();
        editor.ask("PUT", path, &headers, text.as_bytes())
    };
    let made = put(&[("If-None-Match", "*")], &text);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.header("etag"), Some("\"1\""));
    assert_eq!(
        (&made.json()["flow"]["name"], &made.json()["flow"]["changed"], &made.json()["errors"]),
        (&json!("Small"), &json!(true), &json!(0))
    );
    let read = editor.get(path);
    assert_eq!((read.header("content-type"), read.text()), (Some("application/yaml"), text.as_str()));
    let as_json = editor.ask("GET", path, &[("Accept", "application/json")], b"");
    assert_eq!(
        (as_json.header("content-type"), &as_json.json()["slug"]),
        (Some("application/json"), &json!("first"))
    );
    let cached = editor.ask("GET", path, &[("If-None-Match", "\"1\"")], b"");
    assert_eq!((cached.status, cached.body.len()), (304, 0));

    // Two authors who both read revision 1: one of them is told.
    assert_eq!(put(&[("If-Match", "\"1\"")], &text.replace("n: 1", "n: 2")).header("etag"), Some("\"2\""));
    for condition in [("If-Match", "\"1\""), ("If-Match", "W/\"2\""), ("If-None-Match", "*")] {
        let late = put(&[condition], &text);
        assert_eq!((late.status, problem(&late).as_str()), (412, "revision-differs"), "{condition:?}");
    }
    assert_eq!(problem(&put(&[("If-Match", "two")], &text)), "header-invalid");
    assert_eq!(put(&[("If-Match", "*")], &text).header("etag"), Some("\"3\""));
    assert_eq!(put(&[], &text).status, 200, "without a condition the last one wins");
    let absent = editor.ask(
        "PUT",
        "/v1/flows/none/draft",
        &[("Content-Type", "application/yaml"), ("If-Match", "*")],
        small_flow("none").as_bytes(),
    );
    assert_eq!((absent.status, problem(&absent).as_str()), (412, "revision-differs"));
}

#[test]
fn a_draft_may_be_half_drawn_and_says_all_that_is_wrong_at_its_place() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let half = "kind: flow\nslug: half\ntrigger: { type: api }\nstart: a\nnodes:\n  a:\n    type: apiCall\n    mode: http\n    urll: x\n  b: { type: setVars, set: {}, next: nowhere }\n";
    let answer = admin.put_yaml("/v1/flows/half/draft", half);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let problems = answer.json()["problems"].as_array().unwrap().clone();
    let unknown = problems.iter().find(|found| found["code"] == "unknown-key").unwrap();
    assert_eq!(
        (&unknown["at"], &unknown["line"], &unknown["column"]),
        (&json!("nodes.a.urll"), &json!(9), &json!(5))
    );
    assert!(unknown["fix"].as_str().unwrap().contains("`url`"));
    assert!(problems.iter().any(|found| found["code"] == "unknown-target"));

    let broken = "slug: half\nnodes: [\n";
    let answer = admin.put_yaml("/v1/flows/half/draft", broken);
    assert_eq!((answer.status, &answer.json()["problems"][0]["code"]), (200, &json!("syntax")));
    assert_eq!(admin.get("/v1/flows/half/draft").text(), broken);
    let as_json = admin.ask("GET", "/v1/flows/half/draft", &[("Accept", "application/json")], b"");
    assert_eq!((as_json.status, problem(&as_json).as_str()), (406, "not-acceptable"));

    let refused = admin.ask("POST", "/v1/flows/half/publish", &[], b"");
    assert_eq!((refused.status, problem(&refused).as_str()), (422, "flow-has-errors"));
    assert_eq!(refused.json()["problems"][0]["line"], 3);
    assert_eq!(problem(&admin.get("/v1/flows/half/diff")), "document-unreadable");
}

#[test]
fn publishing_refuses_outcomes_that_lead_nowhere_with_all_of_them() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let flow = "kind: flow\nslug: loose\ntrigger: { type: api }\nstart: a\nnodes:\n  a:\n    type: apiCall\n    mode: http\n    url: https://api.example/\n    cases: [{ on: 2xx, to: b }]\n  b:\n    type: apiCall\n    mode: http\n    url: https://api.example/\n";
    admin.draft(flow);
    let refused = admin.ask("POST", "/v1/flows/loose/publish", &[], b"");
    assert_eq!(refused.status, 422);
    let codes: Vec<Value> =
        refused.json()["problems"].as_array().unwrap().iter().map(|found| found["code"].clone()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "outcome-unwired").count(), 2, "{codes:?}");
    assert_eq!(admin.get("/v1/flows/loose").json()["version"], json!(null));
}

#[test]
fn versions_never_change_and_the_same_draft_is_the_same_version() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let one = small_flow("grows");
    let first = editor.publish(&one);
    assert_eq!(
        (&first["version"], &first["new"], &first["publishedBy"]),
        (&json!(1), &json!(true), &json!("a editor"))
    );
    assert_eq!(editor.publish(&one)["new"], false);
    let two = one.replace("n: 1", "n: 2");
    editor.draft(&two);
    let stale = editor.ask("POST", "/v1/flows/grows/publish", &[("If-Match", "\"1\"")], b"");
    assert_eq!((stale.status, problem(&stale).as_str()), (412, "revision-differs"));
    assert_eq!(editor.publish(&two)["version"], 2);
    assert_eq!(editor.get("/v1/flows/grows/versions/1").text(), one);
    assert_eq!(editor.get("/v1/flows/grows/versions/2").text(), two);
    let none = editor.get("/v1/flows/grows/versions/3");
    assert_eq!(
        (none.status, none.json()["fix"].as_str().unwrap()),
        (404, "The versions of `grows` are 1 to 2.")
    );
    for odd in ["0", "x", "-1", "99999999999"] {
        assert_eq!(editor.get(&format!("/v1/flows/grows/versions/{odd}")).status, 404, "{odd}");
    }
    let page = editor.get("/v1/flows/grows/versions?limit=1").json();
    assert_eq!(page["items"][0]["version"], 2);
    let next = page["next"].as_str().unwrap();
    let page = editor.get(&format!("/v1/flows/grows/versions?limit=1&cursor={next}")).json();
    assert_eq!((&page["items"][0]["version"], &page["next"]), (&json!(1), &json!(null)));
}

#[test]
fn a_diff_says_what_publishing_would_change() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let one = small_flow("d");
    admin.draft(&one);
    let diff = |query: &str| admin.get(&format!("/v1/flows/d/diff{query}"));
    let all_new = diff("").json();
    assert_eq!((&all_new["from"], &all_new["to"]), (&json!(null), &json!("draft")));
    assert_eq!(all_new["nodes"]["added"].as_array().unwrap().len(), 2);
    admin.publish(&one);
    assert_eq!(diff("").json()["same"], true);
    // The same in JSON, in another order, is the same.
    let as_json = admin.ask("GET", "/v1/flows/d/draft", &[("Accept", "application/json")], b"");
    let put = admin.ask("PUT", "/v1/flows/d/draft", &[("Content-Type", "application/json")], &as_json.body);
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(diff("").json()["same"], true);
    admin.publish(&one.replace("n: 1", "n: 2").replace("  b: {", "  c: { type: end }\n  b: {"));
    let change = diff("?from=1&to=2").json();
    assert_eq!((&change["from"], &change["to"], &change["same"]), (&json!("1"), &json!("2"), &json!(false)));
    assert_eq!(
        change["nodes"]["changed"],
        json!([{ "id": "a", "type": "setVars", "name": null,
                 "fields": [{ "path": "set.n", "before": 1, "after": 2 }] }])
    );
    assert_eq!(change["nodes"]["added"][0]["id"], "c");
    assert_eq!(diff("?from=7").status, 404);
    for wrong in ["?from=x", "?to=0", "?frm=1", "?from=1&from=2"] {
        let answer = diff(wrong);
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "query-invalid"), "{wrong}");
    }
}

#[test]
fn flows_are_listed_page_by_page_and_removed() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    for slug in ["a", "b", "c"] {
        admin.draft(&small_flow(slug));
    }
    let mut slugs = Vec::new();
    let mut path = "/v1/flows?limit=2".to_owned();
    loop {
        let page = admin.get(&path).json();
        slugs.extend(page["items"].as_array().unwrap().iter().map(|flow| flow["slug"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/flows?limit=2&cursor={next}");
    }
    assert_eq!(slugs, ["a", "b", "c"]);
    assert_eq!(admin.delete("/v1/flows/b").status, 204);
    for gone in
        ["/v1/flows/b", "/v1/flows/b/draft", "/v1/flows/b/versions", "/v1/flows/b/counts", "/v1/flows/b/diff"]
    {
        let answer = admin.get(gone);
        assert_eq!((answer.status, problem(&answer).as_str()), (404, "not-found"), "{gone}");
    }
    assert_eq!(admin.delete("/v1/flows/b").status, 404);
    assert_eq!(admin.draft(&small_flow("b")).status, 201, "its slug is free");
    for wrong in ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=", "lmit=1"] {
        let answer = admin.get(&format!("/v1/flows?{wrong}"));
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "query-invalid"), "{wrong}");
    }
}

#[test]
fn documents_are_checked_alone_and_together() {
    let world = World::new();
    let server = Server::start(&world);
    let viewer = server.with_role("viewer");
    let goes = "kind: flow\nslug: goes\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: goToFlow, flow: other }\n";
    let check = |media: &str, body: &str| {
        viewer.ask("POST", "/v1/check", &[("Content-Type", media)], body.as_bytes())
    };
    let alone = check("application/yaml", goes);
    assert_eq!((alone.status, &alone.json()["errors"]), (200, &json!(1)), "{}", alone.text());
    assert_eq!(alone.json()["problems"][0]["code"], "unknown-target");
    let together =
        json!({ "documents": [{ "name": "goes.yaml", "text": goes }, { "text": small_flow("other") }] });
    let together = check("application/json", &together.to_string());
    assert_eq!((together.status, &together.json()["errors"]), (200, &json!(0)), "{}", together.text());
    assert_eq!(together.json()["documents"], json!(["goes.yaml", "1"]));
    server.admin().draft(&small_flow("other"));
    assert_eq!(check("application/yaml", goes).json()["errors"], 0, "the org has that flow now");
    let private =
        small_flow("p").replace("setVars, set: { n: 1 }", "apiCall, mode: http, url: 'http://10.0.0.1/'");
    assert!(check("text/yaml", &private).text().contains("url-refused"), "the guard's view is told");
    assert_eq!(problem(&check("application/json", "{")), "body-not-json");
    assert_eq!(problem(&check("application/json", "{\"documents\": [{\"txt\": \"\"}]}")), "body-invalid");
    assert_eq!(problem(&check("application/json", "[1]")), "body-invalid");
    assert_eq!(check("application/yaml", "- 1").json()["errors"], 1, "what is no flow has an error");
}

#[test]
fn a_preview_explains_and_sends_nothing() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let node = json!({
        "type": "apiCall", "mode": "http", "method": "POST", "url": remote.url("/c/{{ event.id }}"),
        "auth": { "type": "bearer", "token": "{{ vars.token }}" },
        "body": { "type": "json", "value": { "say": "{{ event.say }}" } },
        "cases": [{ "on": "2xx", "to": "elsewhere" }],
    });
    let scope = json!({ "event": { "id": "a b", "say": "hi" }, "vars": { "token": "very-secret-token" } });
    let shown = editor.post("/v1/calls/preview", &json!({ "node": node, "scope": scope }));
    assert_eq!(shown.status, 200, "{}", shown.text());
    let preview = shown.json();
    assert_eq!(preview["kind"], "call");
    assert_eq!(preview["request"]["url"], remote.url("/c/a%20b"));
    assert_eq!(preview["request"]["headers"]["Authorization"], "Bearer ***");
    assert_eq!(preview["verdict"]["allow"], true);
    assert!(!shown.text().contains("very-secret"));

    let missing = editor.post("/v1/calls/preview", &json!({ "node": node })).json();
    assert_eq!(missing["request"], json!(null));
    assert!(!missing["invalid"].as_array().unwrap().is_empty());
    let wrong = editor
        .post("/v1/calls/preview", &json!({ "node": { "type": "apiCall", "mode": "http", "ulr": "x" } }));
    assert_eq!((wrong.status, problem(&wrong).as_str()), (422, "body-invalid"));
    assert!(wrong.text().contains("node.ulr"), "{}", wrong.text());
    let end = editor.post("/v1/calls/preview", &json!({ "node": { "type": "end" } }));
    assert_eq!((end.status, problem(&end).as_str()), (422, "node-not-a-call"));
    for (body, at) in [
        (json!({ "nod": {} }), "nod"),
        (json!({ "node": node, "scope": { "var": {} } }), "scope.var"),
        (json!({ "node": [] }), "node"),
        (json!({ "node": node, "scope": { "vars": 7 } }), "scope.vars"),
    ] {
        let answer = editor.post("/v1/calls/preview", &body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, "body-invalid"), "{body}");
        assert!(answer.text().contains(&format!("\"at\":\"{at}\"")), "{at}: {}", answer.text());
    }

    editor.draft(&call_of(&remote, "").replace("slug: one-call", "slug: drawn"));
    let of_draft = editor.post("/v1/flows/drawn/nodes/call/preview", &json!({}));
    assert_eq!(
        (of_draft.status, &of_draft.json()["request"]["method"]),
        (200, &json!("GET")),
        "{}",
        of_draft.text()
    );
    let step = editor.post("/v1/flows/drawn/nodes/done/preview", &json!({}));
    assert_eq!((step.status, &step.json()["kind"]), (200, &json!("step")), "{}", step.text());
    let none = editor.post("/v1/flows/drawn/nodes/dne/preview", &json!({}));
    assert_eq!((none.status, none.json()["fix"].as_str().unwrap()), (404, "The nodes are: call, done."));
    assert_eq!(remote.connections(), 0);
}

#[test]
fn calls_never_reach_the_server_itself() {
    let canary = Canary::start([127, 0, 0, 3].into());
    let world = World::new()
        .with_env("CALLOUT_EGRESS_ALLOW", r#"[{ host = "127.0.0.1", cidr = "127.0.0.1/32" }, { host = "127.0.0.3", cidr = "127.0.0.3/32" }]"#)
        .with_env("CALLOUT_EGRESS_HTTP_HOSTS", "*");
    let server = Server::start(&world);
    let allowed = |url: String| {
        let node = json!({ "type": "apiCall", "mode": "http", "url": url });
        server.admin().post("/v1/calls/preview", &json!({ "node": node })).json()["verdict"]["allow"].clone()
    };
    assert_eq!(allowed(format!("http://{}/v1/flows", server.address)), json!(false));
    assert_eq!(allowed(canary.url("/")), json!(true));
}

#[test]
fn counts_take_a_range_of_time() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&small_flow("c"));
    let counts =
        admin.get("/v1/flows/c/counts?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00%2B01:00&version=1");
    assert_eq!(counts.status, 200, "{}", counts.text());
    assert_eq!((&counts.json()["version"], &counts.json()["nodes"]), (&json!(1), &json!([])));
    for wrong in ["from=today", "version=x", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "since=1"] {
        let answer = admin.get(&format!("/v1/flows/c/counts?{wrong}"));
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "query-invalid"), "{wrong}");
    }
}
