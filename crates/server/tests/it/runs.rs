//! Events and runs over the API, against a real upstream and the real server.

use callout_testkit::{Client, Remote, Reply, Signal};
use serde_json::{Value, json};

use crate::server::{Caller, Server, problem, small_flow};
use crate::world::{World, call_of};

/// A flow on the event `go` that calls this remote once.
fn calling(remote: &Remote, rest: &str) -> String {
    call_of(remote, &format!("outputs: [{{ var: who, path: $.name, default: nobody }}]\n{rest}"))
}

pub const SLEEPING: &str = "kind: flow\nslug: sleeps\ntrigger: { type: event, event: sleep }\nstart: a\nnodes:\n  a: { type: wait, duration: 1d, next: b }\n  b: { type: end }\n";

fn events(caller: &Caller, key: &str, body: &Value) -> callout_testkit::Answer {
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
    caller.ask("POST", "/v1/events", &headers, body.to_string().as_bytes())
}

/// The record of a run, once it is over: the stream ends with it.
#[track_caller]
pub fn over(server: &Server, caller: &Caller, id: &str) -> Value {
    let mut client = stream(server, caller, id, "");
    while let Some(chunk) = client.chunk().filter(|chunk| !chunk.is_empty()) {
        assert!(!chunk.starts_with(b":"), "nothing comes of the run any more: {id}");
    }
    caller.get(&format!("/v1/runs/{id}")).json()
}

/// A run's stream, its head read.
#[track_caller]
pub fn stream(server: &Server, caller: &Caller, id: &str, headers: &str) -> Client {
    let mut client = server.connect();
    let token = caller.token.as_ref().unwrap();
    client.send(
        format!(
            "GET /v1/runs/{id}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        )
        .as_bytes(),
    );
    let head = client.head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    client
}

#[test]
fn an_event_runs_the_flows_that_it_triggers_and_the_same_key_runs_nothing_twice() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"name":"Ada"}"#)]);
    let world = World::new();
    let server = Server::start(&world);
    server.admin().publish(&calling(&remote, "cases: [{ on: other, to: done }]"));
    server.admin().draft(&small_flow("unpublished"));
    let operator = server.with_role("operator");
    let event = json!({ "name": "go", "contact": { "externalId": "c-1" } });
    let accepted = events(&operator, "k1", &event);
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let runs = accepted.json()["runs"].clone();
    assert_eq!((runs.as_array().unwrap().len(), &runs[0]["flow"]), (1, &json!("one-call")));
    let id = runs[0]["id"].as_str().unwrap();
    let record = over(&server, &operator, id);
    assert_eq!((&record["status"], &record["vars"]["who"]), (&json!("completed"), &json!("Ada")));
    assert_eq!((&record["id"], &record["version"]), (&json!(id), &json!(1)));

    assert_eq!(events(&operator, "k1", &event).json()["runs"], runs, "the same run");
    let other = events(&operator, "k1", &json!({ "name": "go" }));
    assert_eq!((other.status, problem(&other).as_str()), (422, "idempotency-key-reused"));
    assert_eq!(remote.requests().len(), 1);
    assert_eq!(events(&operator, "k2", &json!({ "name": "nobody listens" })).json()["runs"], json!([]));
    for (body, at) in [
        (json!({}), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "go", "contact": 7 }), "contact"),
    ] {
        let answer = operator.post("/v1/events", &body);
        assert_eq!((answer.status, &answer.json()["at"]), (422, &json!(at)), "{body}");
    }
    let key = events(&operator, &"x".repeat(256), &event);
    assert_eq!((key.status, problem(&key).as_str()), (400, "header-invalid"));
}

#[test]
fn a_caller_may_wait_for_the_record_and_a_run_that_takes_longer_goes_on() {
    let go_on = Signal::new();
    let until = go_on.clone();
    let remote = Remote::serve(move |request| {
        let reply = Reply::json(200, r#"{"name":"Ada"}"#);
        if request.target.contains("slow") { reply.after(&until) } else { reply }
    });
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&calling(&remote, "").replace("/x\"", "/{{ vars.how }}\""));
    let done = admin.post("/v1/flows/one-call/runs?wait=20s", &json!({ "vars": { "how": "fast" } }));
    assert_eq!((done.status, &done.json()["status"]), (200, &json!("completed")), "{}", done.text());
    assert_eq!(done.json()["steps"][0]["response"]["body"], json!({ "name": "Ada" }));
    let same = admin.get(&format!("/v1/runs/{}", done.json()["id"].as_str().unwrap()));
    assert_eq!(same.json(), done.json(), "told and kept are one");

    let going = admin.post("/v1/flows/one-call/runs?wait=50ms", &json!({ "vars": { "how": "slow" } }));
    assert_eq!(going.status, 202, "{}", going.text());
    let id = going.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(going.header("location"), Some(format!("/v1/runs/{id}").as_str()));
    assert_eq!(admin.get(&format!("/v1/runs/{id}")).json()["status"], "running");
    go_on.give();
    assert_eq!(over(&server, &admin, &id)["status"], "completed");

    for wait in ["soon", "3m", "-1s", ""] {
        let answer = admin.post(&format!("/v1/flows/one-call/runs?wait={wait}"), &json!({}));
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "query-invalid"), "{wait}");
    }
    for (body, at) in [
        (json!({ "evnt": {} }), "evnt"),
        (json!({ "vars": [] }), "vars"),
        (json!({ "vars": { "a b": 1 } }), "vars"),
        (json!([]), ""),
    ] {
        let answer = admin.post("/v1/flows/one-call/runs", &body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, "body-invalid"), "{body}");
        assert_eq!(answer.json()["at"].as_str().unwrap_or_default(), at, "{body}");
    }
    assert_eq!(admin.post("/v1/flows/nothing/runs", &json!({})).status, 404);
}

#[test]
fn runs_are_listed_by_what_they_are_and_page_by_page() {
    let remote = Remote::start(vec![Reply::status(404), Reply::status(200)]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&calling(&remote, ""));
    admin.publish(SLEEPING);
    let start = |flow: &str, contact: &str| {
        let body = json!({ "contact": { "externalId": contact } });
        admin.post(&format!("/v1/flows/{flow}/runs?wait=20s"), &body).json()["id"].clone()
    };
    let (missing, found) = (start("one-call", "ann"), start("one-call", "bob"));
    let asleep = admin.post("/v1/events", &json!({ "name": "sleep" })).json()["runs"][0]["id"].clone();
    let ids = |query: &str| {
        let page = admin.get(&format!("/v1/runs?{query}"));
        assert_eq!(page.status, 200, "{query}: {}", page.text());
        page.json()["items"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(""), [asleep.clone(), found.clone(), missing.clone()]);
    assert_eq!(ids("flow=sleeps"), std::slice::from_ref(&asleep));
    assert_eq!(ids("outcome=404"), std::slice::from_ref(&missing));
    assert_eq!(ids("contact=bob&status=completed"), std::slice::from_ref(&found));
    assert_eq!(ids("to=2020-01-01T00:00:00Z"), [json!(null); 0]);
    let first = admin.get("/v1/runs?limit=2").json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(ids(&format!("limit=2&cursor={next}")), std::slice::from_ref(&missing));
    for wrong in ["status=done", "cursor=c1x", "cursor=x", "form=x", "from=now"] {
        let answer = admin.get(&format!("/v1/runs?{wrong}"));
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "query-invalid"), "{wrong}");
    }
    assert_eq!(admin.get("/v1/runs?flow=nothing").status, 404);
    for id in ["run_", "x", "run_0123456789abcdef0123456789abcdef", "run_0123456789ABCDEF0123456789ABCDEF"] {
        for path in [format!("/v1/runs/{id}"), format!("/v1/runs/{id}/stream")] {
            assert_eq!(admin.get(&path).status, 404, "{path}");
        }
        for what in ["cancel", "rerun"] {
            let answer = admin.ask("POST", &format!("/v1/runs/{id}/{what}"), &[], b"");
            assert_eq!((answer.status, problem(&answer).as_str()), (404, "not-found"), "{id} {what}");
        }
    }
    let counts = admin.get("/v1/flows/one-call/counts").json();
    let call = counts["nodes"].as_array().unwrap().iter().find(|node| node["node"] == "call").unwrap();
    assert_eq!((&call["success"], &call["fail"]), (&json!(1), &json!(1)));
}

#[test]
fn a_sleeping_run_is_cancelled_and_any_run_is_run_again() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(SLEEPING);
    let asleep =
        admin.post("/v1/events", &json!({ "name": "sleep", "x": 1 })).json()["runs"][0]["id"].clone();
    let asleep = asleep.as_str().unwrap();
    let cancelled = admin.ask("POST", &format!("/v1/runs/{asleep}/cancel"), &[], b"");
    assert!(matches!(cancelled.status, 200 | 202), "{}", cancelled.text());
    assert_eq!(over(&server, &admin, asleep)["status"], "cancelled");
    let twice = admin.ask("POST", &format!("/v1/runs/{asleep}/cancel"), &[], b"");
    assert_eq!((twice.status, problem(&twice).as_str()), (409, "run-over"));
    admin
        .publish(&SLEEPING.replace("type: wait, duration: 1d", "type: setVars, set: { y: '{{ event.x }}' }"));
    let again = admin.ask("POST", &format!("/v1/runs/{asleep}/rerun?wait=20s"), &[], b"");
    assert_eq!(
        (again.status, &again.json()["vars"]["y"], &again.json()["version"]),
        (200, &json!(1), &json!(2))
    );
    assert_ne!(again.json()["id"], asleep);
}

#[test]
fn a_stream_tells_each_step_once_and_goes_on_after_the_last_that_was_read() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let flow = calling(&remote, "").replace("    next: done\n", "    next: say\n")
        + "  say: { type: message, text: Hi, to: x, next: done }\n";
    admin.publish(&flow);
    let id =
        admin.post("/v1/flows/one-call/runs?wait=20s", &json!({})).json()["id"].as_str().unwrap().to_owned();
    let read = |headers: &str| {
        let mut client = stream(&server, &admin, &id, headers);
        let mut text = String::new();
        while let Some(chunk) = client.chunk().filter(|chunk| !chunk.is_empty()) {
            text += std::str::from_utf8(&chunk).unwrap();
        }
        text
    };
    let all = read("");
    for (event, times) in [("step", 3), ("effect", 1)] {
        assert_eq!(all.matches(&format!("event: {event}\n")).count(), times, "{all}");
    }
    assert!(all.contains("\"status\":\"completed\""), "{all}");
    // Wherever a reader broke off, it goes on with the very next; how the run stands is told to all.
    let events: Vec<&str> = all.split_inclusive("\n\n").collect();
    assert!(events[4].contains("event: status"), "{all}");
    for (at, last) in all.lines().filter_map(|line| line.strip_prefix("id: ")).enumerate() {
        let rest = read(&format!("Last-Event-ID: {last}\r\n"));
        assert_eq!(rest, events[(at + 1).min(4)..].concat());
    }
    let wrong = admin.ask("GET", &format!("/v1/runs/{id}/stream"), &[("Last-Event-ID", "x")], b"");
    assert_eq!((wrong.status, problem(&wrong).as_str()), (400, "header-invalid"));
}

#[test]
fn a_viewer_sees_no_bodies() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"name":"private-name"}"#)]);
    let world = World::new();
    let server = Server::start(&world);
    server.admin().publish(&call_of(&remote, ""));
    let done = server.admin().post("/v1/flows/one-call/runs?wait=20s", &json!({}));
    assert!(done.text().contains("private-name"));
    let id = done.json()["id"].as_str().unwrap().to_owned();
    let viewer = server.with_role("viewer");
    let seen = viewer.get(&format!("/v1/runs/{id}"));
    assert_eq!((seen.status, &seen.json()["steps"][0]["response"]["body"]), (200, &json!("***")));
    assert!(!seen.text().contains("private-name"), "{}", seen.text());
    let mut client = stream(&server, &viewer, &id, "");
    let mut told = Vec::new();
    while let Some(chunk) = client.chunk().filter(|chunk| !chunk.is_empty()) {
        told.extend(chunk);
    }
    assert!(!String::from_utf8(told).unwrap().contains("private-name"));
}

#[test]
fn a_call_is_made_without_a_run_and_a_test_of_a_write_asks_first() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"name":"Ada"}"#)]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let node = |method: &str| {
        json!({ "type": "apiCall", "mode": "http", "method": method, "url": remote.url("/{{ vars.id }}"),
                "idempotency": { "header": "Idempotency-Key" },
                "auth": { "type": "bearer", "token": "very-secret-token" },
                "outputs": [{ "var": "who", "path": "$.name" }], "cases": [{ "on": "2xx", "name": "found" }] })
    };
    let body = json!({ "node": node("POST"), "scope": { "vars": { "id": 7 } } });
    let call = |key: &str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        admin.ask("POST", "/v1/calls", &headers, body.to_string().as_bytes())
    };
    let made = call("k1");
    assert_eq!(made.status, 200, "{}", made.text());
    let step = made.json();
    assert_eq!(
        (&step["outcome"], &step["status"], &step["set"]["who"]),
        (&json!("200"), &json!(200), &json!("Ada"))
    );
    assert_eq!((&step["case"]["name"], &step["request"]["url"]), (&json!("found"), &json!(remote.url("/7"))));
    assert!(!made.text().contains("very-secret"));
    call("k1");
    call("k2");
    let sent: Vec<String> = remote
        .requests()
        .iter()
        .map(|request| request.header("idempotency-key").unwrap().to_owned())
        .collect();
    assert!(sent[0] == sent[1] && sent[0] != sent[2], "the caller's key makes the upstream's: {sent:?}");

    let test = |body: Value| admin.post("/v1/calls/test", &body);
    let asks = test(json!({ "node": node("POST"), "scope": { "vars": { "id": 7 } } }));
    assert_eq!((asks.status, problem(&asks).as_str()), (409, "confirm-needed"));
    assert_eq!(remote.requests().len(), 3, "nothing was sent");
    let sent = test(json!({ "node": node("POST"), "scope": { "vars": { "id": 7 } }, "confirm": true }));
    assert_eq!((sent.status, &sent.json()["raw"]), (200, &json!(r#"{"name":"Ada"}"#)), "{}", sent.text());
    assert_eq!(test(json!({ "node": node("GET"), "scope": { "vars": { "id": 7 } } })).status, 200);
    let invalid = test(json!({ "node": node("GET") })).json();
    assert_eq!((&invalid["outcome"], &invalid["request"]), (&json!("invalid"), &json!(null)));

    admin.draft(&call_of(&remote, "method: DELETE"));
    let of_draft = admin.post("/v1/flows/one-call/nodes/call/test", &json!({}));
    assert_eq!(problem(&of_draft), "confirm-needed");
    let of_draft = admin.post("/v1/flows/one-call/nodes/call/test", &json!({ "confirm": true }));
    assert_eq!((of_draft.status, &of_draft.json()["outcome"]), (200, &json!("200")), "{}", of_draft.text());
    assert_eq!(admin.get("/v1/runs").json()["items"], json!([]), "no run was made");
}

#[test]
fn calls_at_once_are_bounded() {
    let go_on = Signal::new();
    let remote = Remote::start(vec![Reply::status(200).after(&go_on)]);
    let world = World::new().with_env("CALLOUT_RUNS_CALLS_IN_FLIGHT_MAX", "1");
    let server = Server::start(&world);
    let body = json!({ "node": { "type": "apiCall", "mode": "http", "url": remote.url("/") } });
    let admin = server.admin();
    let first = std::thread::spawn({
        let (admin, body) = (admin.clone(), body.clone());
        move || admin.post("/v1/calls", &body)
    });
    remote.next_request();
    let second = admin.post("/v1/calls", &body);
    assert_eq!((second.status, problem(&second).as_str()), (503, "calls-at-limit"));
    assert_eq!(second.header("retry-after"), Some("1"));
    go_on.give();
    assert_eq!(first.join().unwrap().status, 200);
}

#[test]
fn a_run_under_way_at_a_stop_ends_in_time_and_one_that_sleeps_stays() {
    let go_on = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, r#"{"name":"Ada"}"#).after(&go_on)]);
    let world = World::new();
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    let admin = server.admin();
    admin.publish(&calling(&remote, ""));
    admin.publish(SLEEPING);
    let id = |answer: Value| answer["runs"][0]["id"].as_str().unwrap().to_owned();
    let calling = id(admin.post("/v1/events", &json!({ "name": "go" })).json());
    let asleep = id(admin.post("/v1/events", &json!({ "name": "sleep" })).json());
    remote.next_request();
    server.signal("TERM");
    go_on.give();
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    let server = Server::start(&world);
    let admin = server.caller(&token);
    assert_eq!(over(&server, &admin, &calling)["vars"]["who"], "Ada");
    assert_eq!(admin.get(&format!("/v1/runs/{asleep}")).json()["status"], "waiting");
    assert_eq!(remote.requests().len(), 1, "the call was made once");
}
