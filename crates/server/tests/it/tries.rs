//! A whole draft tried out over the API.

use callout_testkit::{Remote, Reply, Signal};
use serde_json::{Value, json};

use crate::live::Stream;
use crate::server::{Server, problem, small_flow};
use crate::world::{World, call_of, one_call};

const TRY: &str = "/v1/flows/one-call/draft/try";

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_draft_is_carried_out_as_it_stands_and_nothing_is_kept() {
    let remote = Remote::start(vec![
        Reply::with_headers(503, &[("Retry-After", "0")], ""),
        Reply::json(200, r#"{"name":"Ada"}"#),
    ]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&small_flow("other"));
    let draft = call_of(
        &remote,
        "auth: { type: bearer, token: very-secret-token }\nretry: { maxAttempts: 2 }\noutputs: [{ var: who, path: $.name }]",
    )
    .replace("next: done", "next: nap")
        + "  nap: { type: wait, duration: 1d, next: say }\n  say: { type: message, text: 'Hello {{ vars.who }}', next: sub }\n  \
           sub: { type: goToFlow, flow: other, mode: subFlow, resultVariable: n, next: done }\n";
    admin.draft(&draft);
    let body = json!({ "event": { "name": "x", "contact": { "id": "c-1" } }, "vars": { "seen": 1 } });
    let events = Stream::open(&server, &admin, "POST", TRY, Some(&body)).all();
    let expected = ["step", "effect", "step", "step", "step", "step", "step", "step", "record"];
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(&names(&events)), sorted(&expected));
    let record = &events.last().unwrap().1;
    assert_eq!((&record["status"], &record["version"]), (&json!("completed"), &json!(0)), "{record:#}");
    assert_eq!((&record["vars"]["who"], &record["vars"]["n"]), (&json!("Ada"), &json!({ "n": 1 })));
    assert_eq!((&record["contact"]["id"], &record["inputs"]["seen"]), (&json!("c-1"), &json!(1)));
    let steps: Vec<&str> =
        record["steps"].as_array().unwrap().iter().map(|step| step["node"].as_str().unwrap()).collect();
    assert_eq!(steps, ["call", "nap", "say", "a", "b", "sub", "done"]);
    assert_eq!(record["steps"][0]["attempts"].as_array().unwrap().len(), 2, "it was sent again");
    let told: Vec<&Value> = events.iter().filter(|(name, _)| name == "step").map(|(_, step)| step).collect();
    assert_eq!(record["steps"], json!(told), "what was told is what the record has");
    assert_eq!(remote.requests().len(), 2);
    assert!(!json!(events).to_string().contains("very-secret"));
    assert_eq!(admin.get("/v1/runs").json()["items"], json!([]), "no run was made");
    assert!(admin.get("/v1/audit").text().contains("flow.try"));
}

#[test]
fn a_trial_tells_of_steps_before_the_next_call_is_answered_and_ends_with_its_caller() {
    let never = Signal::new();
    let remote = Remote::start(vec![Reply::status(200).after(&never)]);
    let world = World::new().with_env("CALLOUT_RUNS_CALLS_IN_FLIGHT_MAX", "1");
    let server = Server::start(&world);
    let admin = server.admin();
    let draft = call_of(&remote, "")
        .replace("start: call", "start: first")
        .replace("nodes:\n", "nodes:\n  first: { type: setVars, set: { a: 1 }, next: call }\n");
    admin.draft(&draft);
    let mut first = Stream::open(&server, &admin, "POST", TRY, Some(&json!({})));
    assert_eq!(first.wait("step")["node"], "first");
    remote.next_request();
    let full = admin.post(TRY, &json!({}));
    assert_eq!((full.status, problem(&full).as_str()), (503, "calls-at-limit"));
    drop(first);
    // The slot comes back: the upstream never answers, so nothing but the caller's going ended the trial.
    let quick = json!({ "node": { "type": "apiCall", "mode": "http", "url": "https://127.0.0.9/" } });
    let answered =
        std::iter::from_fn(|| Some(admin.post("/v1/calls", &quick))).find(|call| call.status != 503);
    assert_eq!(answered.unwrap().json()["outcome"], "blocked");
    never.give();
}

#[test]
fn what_may_change_something_asks_first_also_where_another_flow_would() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let post = one_call(&remote.url("/p"), "method: POST\ncases: [{ on: other, to: done }]")
        .replace("one-call", "writes");
    admin.publish(&post);
    admin.draft(
        &call_of(&remote, "method: DELETE")
            .replace("  done: { type: end }", "  done: { type: goToFlow, flow: writes }"),
    );
    let asks = admin.post(TRY, &json!({}));
    assert_eq!((asks.status, problem(&asks).as_str()), (409, "confirm-needed"));
    let detail = asks.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("`call` (DELETE)") && detail.contains("`writes: call` (POST)"), "{detail}");
    assert!(remote.requests().is_empty());
    let events = Stream::open(&server, &admin, "POST", TRY, Some(&json!({ "confirm": true }))).all();
    assert_eq!(events.last().unwrap().1["status"], "completed", "{events:#?}");
    let methods: Vec<String> = remote.requests().iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["DELETE", "POST"]);
}

#[test]
fn a_wait_is_waited_where_it_is_not_skipped_or_left_where_it_is_too_long() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let flow = |length: &str| {
        format!(
            "kind: flow\nslug: one-call\ntrigger: {{ type: event, event: go }}\nstart: a\nnodes:\n  \
             a: {{ type: wait, duration: {length}, next: b }}\n  b: {{ type: end, result: '{{{{ event.name }}}}' }}\n"
        )
    };
    admin.draft(&flow("1s"));
    let body = json!({ "skipWaits": false });
    let events = Stream::open(&server, &admin, "POST", TRY, Some(&body)).all();
    assert_eq!(names(&events), ["status", "status", "step", "step", "record"]);
    assert_eq!((&events[0].1["status"], &events[1].1["status"]), (&json!("waiting"), &json!("running")));
    assert_eq!(events[4].1["result"], "go", "the event is named as the trigger names it");
    admin.draft(&flow("1d"));
    let events = Stream::open(&server, &admin, "POST", TRY, Some(&body)).all();
    let record = &events.last().unwrap().1;
    assert_eq!((&record["status"], &record["waitingAt"]), (&json!("waiting"), &json!("a")));
}

#[test]
fn a_trial_that_cannot_be_is_refused_and_one_that_grows_too_large_is_ended() {
    let big = format!(r#"{{"big":"{}"}}"#, "x".repeat(60_000));
    let remote = Remote::serve(move |_| Reply::json(200, big.clone()));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.draft("kind: flow\nslug: one-call\ntrigger: { type: api }\nstart: nowhere\nnodes: {}\n");
    let refused = admin.post(TRY, &json!({}));
    assert_eq!((refused.status, problem(&refused).as_str()), (422, "flow-has-errors"));
    admin.draft(&call_of(&remote, "cases: [{ on: 2xx, to: call }]"));
    assert_eq!(problem(&admin.post(TRY, &json!({ "vars": { "a-b": 1 } }))), "body-invalid");
    assert_eq!(problem(&admin.post("/v1/flows/never/draft/try", &json!({}))), "not-found");
    let events = Stream::open(&server, &admin, "POST", TRY, Some(&json!({}))).all();
    let record = &events.last().unwrap().1;
    assert_eq!((&record["status"], &record["error"]["code"]), (&json!("failed"), &json!("try-too-large")));
}
