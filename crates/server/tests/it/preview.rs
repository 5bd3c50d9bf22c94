//! `callout preview`: everything explained, nothing sent.

use callout_testkit::{Remote, Reply};
use serde_json::json;

use crate::world::{World, one_call};

#[test]
fn bytes_verdict_retry_plan_and_sources_are_shown_and_nothing_is_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let world = World::new();
    world.write(
        "flow.yaml",
        &one_call(
            &remote.url("/c/{{ event.id }}"),
            "method: POST\nauth: { type: bearer, token: '{{ event.token }}' }\nretry: { maxAttempts: 3 }\nbody: { type: json, value: { say: '{{ event.say }}' } }",
        ),
    );
    let event = json!({ "name": "go", "id": "a b", "token": "very-secret-token", "say": "he said \"no\"" });
    world.write("event.json", &event.to_string());
    let args = ["preview", "flow.yaml", "call", "--event", "event.json"];
    let ran = world.callout(&args);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for told in [
        "POST http://127.0.0.2",
        "/c/a%20b",
        "Authorization: Bearer ***",
        r#"{"say":"he said \"no\""}"#,
        "allow",
        "up to 3 times",
        "event.id",
        "event.say",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("very-secret"));
    let json = world.callout(&[&args[..], &["--json"]].concat()).json();
    assert_eq!(json["kind"], "call");
    assert_eq!(json["verdict"]["allow"], true);
    assert_eq!(json["retry"]["maxAttempts"], 3);
    assert_eq!(remote.connections(), 0);
}

#[test]
fn what_cannot_be_sent_says_why() {
    let world = World::new();
    world.write("flow.yaml", &one_call("http://10.0.0.1/{{ event.id }}", ""));
    let ran = world.callout(&["preview", "flow.yaml", "call"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("invalid") && ran.stdout.contains("event.id"), "{}", ran.stdout);
    let ran = world.callout(&["preview", "flow.yaml", "call", "--event", "-"]);
    assert_eq!(ran.code, 2, "an empty input is no event");
    world.write("event.json", r#"{"id":1}"#);
    let ran = world.callout(&["preview", "flow.yaml", "call", "--event", "event.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("block"), "{}", ran.stdout);
}
