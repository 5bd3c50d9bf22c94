//! The list of runs over the API: searched, and kept up to date.

use callout_testkit::{Remote, Reply, Signal};
use serde_json::{Value, json};

use crate::live::Stream;
use crate::people::member;
use crate::runs::SLEEPING;
use crate::server::{Server, problem, small_flow};
use crate::world::{World, call_of};

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap()).collect()
}

#[test]
fn runs_are_found_by_text_and_say_what_went_wrong() {
    let remote = Remote::serve(|_| Reply::json(404, r#"{"why":"Not-In-Vars"}"#));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&call_of(&remote, "cases: [{ on: other, to: done }]"));
    admin.publish("kind: flow\nslug: fails\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: setVars, set: { n: '{{ 1 / event.zero }}' }, next: b }\n  b: { type: end }\n");
    let run = |flow: &str, body: Value| admin.post(&format!("/v1/flows/{flow}/runs?wait=10s"), &body).json();
    let called = run(
        "one-call",
        json!({ "event": { "name": "call.connected", "from": "+442079460018" }, "contact": { "id": "c-9" } }),
    );
    let failed = run("fails", json!({ "event": { "zero": 0 } }));
    let (called_id, failed_id) = (called["id"].as_str().unwrap(), failed["id"].as_str().unwrap());
    let list = admin.get("/v1/runs").json();
    let line =
        |id: &str| list["items"].as_array().unwrap().iter().find(|run| run["id"] == id).unwrap().clone();
    assert_eq!(
        (&line(called_id)["event"], &line(called_id)["outcome"], &line(called_id)["error"]),
        (&json!("call.connected"), &json!("404"), &json!(null))
    );
    assert_eq!(
        (&line(failed_id)["event"], &line(failed_id)["error"]),
        (&json!(null), &json!("template-failed"))
    );
    let viewer = server.with_role("viewer");
    let found = |caller: &crate::server::Caller, text: &str| {
        let found = caller.get(&format!("/v1/runs?search={text}"));
        assert_eq!(found.status, 200, "{}", found.text());
        ids(&found.json()).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for text in ["79460", "CALL.CONN", "C-9", called_id] {
        assert_eq!(found(&viewer, text), [called_id], "{text}");
    }
    assert!(found(&viewer, "nothing-of-it").is_empty());
    assert_eq!(found(&admin, "not-in-vars"), [called_id]);
    assert!(
        found(&viewer, "not-in-vars").is_empty(),
        "a viewer does not see bodies, and does not find by them"
    );
    assert_eq!(found(&viewer, "run_&flow=fails"), [failed_id]);
    assert!(found(&viewer, "run_&status=completed").contains(&called_id.to_owned()));
}

#[test]
fn whoever_looks_on_sees_runs_begin_wait_and_end() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&call_of(&remote, "cases: [{ on: other, to: done }]"));
    admin.publish(SLEEPING);
    admin.publish(&small_flow("quick"));
    // As a browser's EventSource asks: with the session's cookie and no header of ours.
    let viewer = member(&server, &admin, "viewer@example.com", "viewer");
    let mut all = Stream::open(&server, &viewer, "GET", "/v1/runs/stream", None);
    let mut waiting = Stream::open(&server, &admin, "GET", "/v1/runs/stream?status=waiting", None);
    let mut quick = Stream::open(&server, &admin, "GET", "/v1/runs/stream?flow=quick", None);
    assert_eq!(problem(&admin.get("/v1/runs/stream?flow=never")), "not-found");
    assert_eq!(problem(&admin.get("/v1/runs/stream?status=odd")), "query-invalid");
    let accepted = admin.post("/v1/events", &json!({ "name": "go", "contact": { "id": "c-1" } })).json();
    let id = accepted["runs"][0]["id"].as_str().unwrap();
    let begun = all.wait("run");
    assert_eq!(
        (&begun["id"], &begun["status"], &begun["event"]),
        (&json!(id), &json!("running"), &json!("go"))
    );
    assert_eq!(begun["contact"], "c-1");
    remote.next_request();
    go.give();
    let ended = all.wait("run");
    assert_eq!(
        (&ended["id"], &ended["status"]),
        (&json!(id), &json!("completed")),
        "nothing in between changes the line"
    );
    let asleep = admin.post("/v1/events", &json!({ "name": "sleep" })).json()["runs"][0]["id"].clone();
    let waits = waiting.wait("run");
    assert_eq!((&waits["id"], &waits["status"]), (&asleep, &json!("waiting")));
    assert!(waits["waitingUntil"].is_string());
    admin.ask("POST", &format!("/v1/runs/{}/cancel", asleep.as_str().unwrap()), &[], b"");
    assert_eq!(waiting.wait("gone")["id"], asleep);
    admin.post("/v1/flows/quick/runs?wait=10s", &json!({}));
    let (name, run) = quick.next().unwrap();
    assert_eq!((name.as_str(), &run["flow"]), ("run", &json!("quick")), "the first thing that it tells");
    let other = crate::orgs::other(&server);
    let mut theirs = Stream::open(&server, &other, "GET", "/v1/runs/stream", None);
    admin.post("/v1/flows/quick/runs?wait=10s", &json!({}));
    other.publish(&small_flow("own"));
    other.post("/v1/flows/own/runs?wait=10s", &json!({}));
    assert_eq!(theirs.wait("run")["flow"], "own");
    server.signal("TERM");
    assert!(theirs.next().is_none(), "a server that stops ends its streams");
    assert_eq!(server.ended().0.code(), Some(0));
}
