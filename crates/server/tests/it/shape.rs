//! The record of a run, in the shape that tools rely on (spec 12).

use callout_testkit::{Remote, Reply};
use serde_json::{Value, json};

use crate::world::{World, call_of};

#[test]
fn a_record_has_what_the_contract_names() {
    let remote = Remote::start(vec![Reply::json(404, r#"{"error":"no"}"#)]);
    let flow = call_of(
        &remote,
        "method: POST\nbody: { type: json, value: { a: 1 } }\nheaders: [{ name: X-A, value: '1' }, { name: X-A, value: '2' }]\ncases: [{ name: gone, on: [404, 410], to: say }]",
    ) + "  say: { type: message, text: Gone, to: '{{ event.from }}', next: done }\n";
    let ran = World::new().run(&flow, &json!({ "name": "go", "from": "+49" }));
    let record = ran.json();
    for key in ["id", "flow", "version", "status", "event", "vars", "result", "effects", "steps"] {
        assert!(record.get(key).is_some(), "{key}");
    }
    assert!(record["id"].as_str().unwrap().starts_with("run_"));
    assert_eq!((&record["flow"], &record["status"]), (&json!("one-call"), &json!("completed")));
    let step = &record["steps"][0];
    for key in [
        "node",
        "type",
        "visit",
        "startedAt",
        "durationMs",
        "outcome",
        "status",
        "case",
        "attempts",
        "request",
        "response",
        "set",
        "problems",
    ] {
        assert!(step.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&step["node"], &step["type"], &step["visit"]),
        (&json!("call"), &json!("apiCall"), &json!(1))
    );
    assert_eq!((&step["outcome"], &step["status"]), (&json!("404"), &json!(404)));
    assert_eq!(step["case"], json!({ "index": 0, "name": "gone", "on": ["404", "410"] }));
    let request = &step["request"];
    assert_eq!((&request["method"], &request["body"]), (&json!("POST"), &json!(r#"{"a":1}"#)));
    assert_eq!(request["url"], json!(remote.url("/x")));
    assert_eq!(request["headers"]["X-A"], json!(["1", "2"]));
    assert_eq!(request["headers"]["Content-Type"], "application/json");
    let response = &step["response"];
    assert_eq!(response["status"], 404);
    assert_eq!(response["headers"]["content-type"], "application/json");
    assert_eq!((&response["body"], &response["bytes"]), (&json!({ "error": "no" }), &json!(14)));
    assert_eq!(step["set"]["httpStatus"], 404);
    let say = &record["steps"][1];
    assert_eq!((&say["case"], &say["outcome"], &say["attempts"]), (&json!("next"), &Value::Null, &json!([])));
    assert_eq!(record["steps"][2]["case"], Value::Null);
    let effect = &record["effects"][0];
    assert_eq!((&effect["type"], &effect["to"]), (&json!("message"), &json!("+49")));
    assert_eq!((&effect["run"], &effect["data"]["text"]), (&record["id"], &json!("Gone")));
}

#[test]
fn a_large_body_is_cut_in_the_record_and_whole_in_the_variable() {
    let big = format!(r#"{{"big":"{}","last":"here"}}"#, "é".repeat(60_000));
    let remote = Remote::start(vec![Reply::json(200, big)]);
    let ran = World::new()
        .run(&call_of(&remote, "outputs: [{ var: last, path: $.last }]"), &json!({ "name": "go" }));
    let step = ran.call();
    assert_eq!(step["response"]["bodyCut"], true);
    assert!(step["response"]["body"].as_str().unwrap().len() <= 64 * 1024);
    assert_eq!(ran.json()["vars"]["last"], "here");
}

#[test]
fn the_same_flow_in_json_runs_the_same() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let world = World::new();
    let flow = json!({
        "kind": "flow", "slug": "j", "trigger": { "type": "api" }, "start": "call",
        "nodes": {
            "call": { "type": "httpRequest", "url": remote.url("/ü{{ event.x }}"), "cases": [{ "on": 200, "to": "done" }] },
            "done": { "type": "end", "result": "\u{1f600}" }
        }
    });
    world.write("flow.json", &flow.to_string().replace('\u{1f600}', "\\ud83d\\ude00"));
    let ran = world.callout_with_input(&["run", "flow.json", "--event", "-", "--json"], r#"{"x":"a/b@c+d"}"#);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["result"], "😀");
    assert_eq!(ran.json()["steps"][0]["type"], "apiCall");
    assert_eq!(remote.only_request().target, "/%C3%BCa%2Fb@c+d");
}
