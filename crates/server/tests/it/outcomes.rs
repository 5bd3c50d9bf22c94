//! Every outcome of spec 5, by a remote that really does it, and the variables that it leaves.

use std::time::Duration;

use callout_testkit::{Canary, CertificateKind, ClosedPort, Remote, Reply};
use serde_json::{Value, json};

use crate::world::{World, call_of, one_call};

/// Runs one call against a remote that answers so, and gives its step and the record.
fn outcome_of(reply: Reply, rest: &str) -> (Value, Value) {
    let remote = Remote::start(vec![reply]);
    let ran = World::new().run(&call_of(&remote, rest), &json!({ "name": "go" }));
    (ran.call(), ran.json())
}

#[test]
fn a_status_is_the_outcome() {
    for status in [200, 201, 204, 299, 400, 401, 404, 409, 418, 429, 500, 503, 599] {
        let (step, record) = outcome_of(Reply::status(status), "");
        assert_eq!(step["outcome"], status.to_string());
        assert_eq!(step["status"], status);
        assert_eq!(record["vars"]["httpStatus"], status);
        assert_eq!(record["vars"]["httpOk"], (200..300).contains(&status));
        assert_eq!(record["vars"]["httpError"], Value::Null);
        assert_eq!(record["vars"]["httpResult"], Value::Null);
        assert_eq!(record["status"], "completed");
    }
}

#[test]
fn an_answer_becomes_variables() {
    let reply = Reply::with_headers(
        200,
        &[("Content-Type", "application/json"), ("X-Two", "a"), ("X-TWO", "b"), ("X-One", "c")],
        r#"{"contacts":[{"name":"Ada \"the first\"","id":9007199254740993}],"big":1e400}"#,
    );
    let outputs = r#"
outputs:
  - { var: name, path: "$.contacts[0].name" }
  - { var: id, path: "$.contacts[0].id" }
  - { var: ids, path: "$.contacts[*].id" }
  - { var: none, path: "$.nothing", default: there }
  - { var: unset, path: "$.nothing" }
  - { var: big, path: "$.big" }
  - { var: one, from: headers, path: X-ONE }
  - { var: code, from: status }
  - { var: upper, path: "$.contacts[0].name", transform: "value | upper" }
"#;
    let (step, record) = outcome_of(reply, outputs);
    let vars = &record["vars"];
    assert_eq!(vars["name"], "Ada \"the first\"");
    assert_eq!(vars["id"], 9_007_199_254_740_993_i64);
    assert_eq!(vars["ids"], json!([9_007_199_254_740_993_i64]));
    assert_eq!(vars["none"], "there");
    assert_eq!(vars.get("unset"), None);
    assert_eq!(vars["big"], "1e400");
    assert_eq!(vars["one"], "c");
    assert_eq!(vars["code"], 200);
    assert_eq!(vars["upper"], "ADA \"THE FIRST\"");
    assert_eq!(vars["httpHeaders"]["x-two"], json!(["a", "b"]));
    assert_eq!(vars["httpResult"]["big"], "1e400");
    assert!(step["problems"].to_string().contains("number-kept-as-text"), "{step:#}");
}

#[test]
fn a_deadline_is_a_timeout_in_any_phase() {
    let drip = |text: &str| Reply::drip(text.as_bytes().to_vec(), Duration::from_millis(40));
    for reply in [
        Reply::stall(),
        drip("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        Reply::stall_after_head(200, 10),
        Reply::stall_after_head(404, 10),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            .then_drip([b'x'; 100], Duration::from_millis(40)),
    ] {
        let (step, record) = outcome_of(reply, "timeoutMs: 200");
        assert_eq!(step["outcome"], "timeout", "{step:#}");
        assert_eq!(record["vars"]["httpStatus"], 0);
        assert_eq!(record["vars"]["httpError"]["class"], "timeout");
        assert_eq!(record["vars"]["httpError"]["sent"], "maybe");
        assert_eq!(record["vars"]["httpError"]["attempts"], 1);
    }
}

#[test]
fn what_fails_on_the_way_is_network() {
    for reply in [
        Reply::close(),
        Reply::reset(),
        Reply::short_body(200, 100, "{\"a\":"),
        Reply::raw("+PONG\r\n").then_close(),
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx").then_close(),
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n").then_close(),
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")
            .then_close(),
        Reply::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
            .then_close(),
    ] {
        let told = format!("{reply:?}");
        let (step, record) = outcome_of(reply, "");
        assert_eq!(step["outcome"], "network", "{told}: {step:#}");
        assert_eq!(record["vars"]["httpError"]["sent"], "maybe");
    }
}

#[test]
fn a_refused_connection_was_not_sent() {
    let closed = ClosedPort::start(Remote::IP);
    let ran = World::new().run(&one_call(&closed.url("/"), "method: POST"), &json!({ "name": "go" }));
    assert_eq!(ran.call()["outcome"], "network");
    assert_eq!(ran.json()["vars"]["httpError"]["sent"], "no");
}

#[test]
fn certificates_are_checked() {
    for kind in [CertificateKind::Good, CertificateKind::WrongName, CertificateKind::Expired] {
        let remote = Remote::serve_tls(kind, |_| Reply::json(200, "{}"));
        let untrusting = World::new().run(&call_of(&remote, ""), &json!({ "name": "go" }));
        assert_eq!(untrusting.call()["outcome"], "network", "{kind:?}");
        assert_eq!(remote.requests(), []);
    }
}

#[test]
fn no_free_slot_is_max_connection() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let world = World::new()
        .with_env("CALLOUT_EGRESS_MAX_CONNECTIONS", "0")
        .with_env("CALLOUT_EGRESS_CONNECTION_WAIT_MS", "20");
    let ran = world.run(&call_of(&remote, ""), &json!({ "name": "go" }));
    assert_eq!(ran.call()["outcome"], "max-connection");
    assert_eq!(remote.connections(), 0);
}

#[test]
fn a_refusal_is_blocked_and_opens_no_socket() {
    let canary = Canary::start([127, 0, 0, 1].into());
    let port = canary.port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://127.0.0.3:{port}/"),
        format!("http://metadata.google.internal:{port}/"),
    ] {
        let world = World::new().with_env("CALLOUT_EGRESS_HTTP_HOSTS", "*");
        let ran =
            world.run(&one_call(&url, "retry: { maxAttempts: 3, on: [other] }"), &json!({ "name": "go" }));
        let step = ran.call();
        assert_eq!(step["outcome"], "blocked", "{url}: {step:#}");
        assert_eq!(step["status"], Value::Null);
        assert_eq!(step["attempts"].as_array().unwrap().len(), 1, "a refusal is never retried");
        assert!(step["attempts"][0]["error"]["reason"].is_string());
        assert_eq!(ran.json()["vars"]["httpError"]["sent"], "no");
    }
    canary.assert_untouched();
}

#[test]
fn what_cannot_be_rendered_is_invalid_and_nothing_is_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let flow = one_call(&remote.url("/c/{{ event.id }}"), "");
    for (id, event) in [("..", json!({ "id": ".." })), ("empty", json!({ "id": "" })), ("missing", json!({}))]
    {
        let ran = World::new().run(&flow, &event);
        assert_eq!(ran.call()["outcome"], "invalid", "{id}");
        assert_eq!(ran.json()["vars"]["httpError"]["sent"], "no");
        assert_eq!(ran.json()["vars"]["httpError"]["attempts"], 0);
    }
    assert_eq!(remote.requests(), []);
}

#[test]
fn a_2xx_that_cannot_be_used_is_response() {
    let gzip_garbage = Reply::with_headers(200, &[("Content-Encoding", "gzip")], "not gzip");
    for (reply, rest) in [
        (Reply::json(200, "{\"a\":"), ""),
        (Reply::json(200, r#"{"a":"\ud800"}"#), ""),
        (Reply::json(200, "x".repeat(3000)), "responseBytesMax: 2000"),
        (Reply::json(200, "{}"), "outputs: [{ var: id, path: $.id, required: true }]"),
        (gzip_garbage, ""),
        (Reply::with_headers(200, &[("Content-Encoding", "br")], "x"), ""),
        (Reply::new(200, "application/xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), ""),
        (Reply::new(200, "image/png", "x"), ""),
    ] {
        let told = format!("{reply:?}");
        let (step, record) = outcome_of(reply, rest);
        assert_eq!(step["outcome"], "response", "{told}: {step:#}");
        assert_eq!(record["vars"]["httpStatus"], 200);
        assert_eq!(record["vars"]["httpOk"], false);
        assert_eq!(record["vars"]["httpError"]["class"], "response");
        assert_eq!(record["vars"]["httpError"]["sent"], "yes");
    }
}

#[test]
fn only_a_2xx_can_become_response() {
    for reply in [
        Reply::json(404, "{\"a\":"),
        Reply::json(500, "x".repeat(3000)),
        Reply::short_body(404, 100, "{"),
        Reply::with_headers(404, &[("Content-Encoding", "br")], "x"),
    ] {
        let told = format!("{reply:?}");
        let rest = "responseBytesMax: 2000\noutputs: [{ var: id, path: $.id, required: true }]";
        let (step, _) = outcome_of(reply, rest);
        assert!(matches!(step["outcome"].as_str(), Some("404" | "500")), "{told}: {step:#}");
    }
}

#[test]
fn redirects_are_an_answer_unless_followed() {
    let hidden = Canary::start([127, 0, 0, 1].into());
    let target = hidden.url("/secret");
    let remote = Remote::serve(move |request| match request.path() {
        "/x" => Reply::redirect(302, "/y"),
        "/loop" => Reply::redirect(302, "/loop"),
        "/in" => Reply::redirect(307, &target),
        _ => Reply::json(200, r#"{"end":true}"#),
    });
    let run = |path: &str, rest: &str| {
        World::new().run(&one_call(&remote.url(path), rest), &json!({ "name": "go" })).call()
    };
    let stopped = run("/x", "");
    assert_eq!(stopped["outcome"], "302");
    assert!(stopped["problems"].to_string().contains("redirect-not-followed"), "{stopped:#}");
    let followed = run("/x", "followRedirects: 3");
    assert_eq!(followed["outcome"], "200");
    assert_eq!(followed["attempts"][0]["hops"].as_array().unwrap().len(), 1);
    assert_eq!(run("/loop", "followRedirects: 3")["outcome"], "302");
    assert_eq!(run("/in", "followRedirects: 3")["outcome"], "blocked");
    hidden.assert_untouched();
}

#[test]
fn an_answer_leaves_nothing_stale() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"id":7}"#), Reply::status(204)]);
    let flow = format!(
        r#"
kind: flow
slug: twice
trigger: {{ type: event, event: go }}
start: call
nodes:
  call:
    type: apiCall
    mode: http
    url: {}
    outputs: [{{ var: id, path: $.id }}, {{ var: kept, path: $.none, default: 1 }}]
    cases: [{{ on: 200, to: call }}]
    next: done
  done: {{ type: end }}
"#,
        remote.url("/")
    );
    let record = World::new().run(&flow, &json!({ "name": "go" })).json();
    assert_eq!(record["steps"][0]["set"]["id"], 7);
    assert_eq!(record["steps"][1]["unset"], json!(["id"]));
    assert_eq!(record["vars"].get("id"), None);
    assert_eq!(record["vars"]["kept"], 1);
    assert_eq!(record["steps"][1]["visit"], 2);
}
