//! How often a remote is asked, for every policy, status and method.

use callout_testkit::{ClosedPort, Remote, Reply};
use serde_json::json;

use crate::world::{World, call_of, one_call};

/// The same answer always; 429 and 503 without a wait.
fn stubborn(status: u16) -> Remote {
    Remote::start(vec![Reply::with_headers(status, &[("Retry-After", "0")], "")])
}

fn requests(remote: &Remote, rest: &str) -> usize {
    let ran = World::new().run(&call_of(remote, rest), &json!({ "name": "go" }));
    let attempts = ran.call()["attempts"].as_array().unwrap().len();
    assert_eq!(remote.requests().len(), attempts, "{rest}");
    attempts
}

#[test]
fn the_count_is_exact_for_every_policy_status_and_method() {
    let keyed = "idempotency: { header: Idempotency-Key }";
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
        for key in ["", keyed] {
            let safe = !matches!(method, "POST" | "PATCH") || !key.is_empty();
            for status in [200, 400, 404, 429, 500, 502, 503, 504] {
                for (policy, on, attempts) in [
                    ("", "default", 1),
                    ("retry: { maxAttempts: 3 }", "default", 3),
                    ("retry: { maxAttempts: 2, on: [500, 4xx] }", "given", 2),
                ] {
                    let listed = match on {
                        "default" => [429, 502, 503, 504].contains(&status),
                        _ => status == 500 || (400..500).contains(&status),
                    };
                    let allowed = safe || matches!(status, 429 | 503);
                    let expected = if listed && allowed { attempts } else { 1 };
                    let remote = stubborn(status);
                    let count = requests(&remote, &format!("method: {method}\n{key}\n{policy}"));
                    assert_eq!(count, expected, "{method} {status} {key} {policy}");
                }
            }
        }
    }
}

#[test]
fn a_broken_answer_is_asked_for_again_only_where_that_is_safe() {
    for (method, expected) in [("GET", 3), ("PUT", 3), ("POST", 1), ("PATCH", 1)] {
        let remote = Remote::start(vec![Reply::close()]);
        assert_eq!(requests(&remote, &format!("method: {method}\nretry: {{ maxAttempts: 3 }}")), expected);
        let remote = Remote::start(vec![Reply::stall()]);
        let rest = format!("method: {method}\nretry: {{ maxAttempts: 3 }}\ntimeoutMs: 100");
        assert_eq!(requests(&remote, &rest), expected);
    }
}

#[test]
fn what_was_not_sent_may_be_sent_again_whatever_it_is() {
    let closed = ClosedPort::start(Remote::IP);
    let flow = one_call(&closed.url("/"), "method: POST\nretry: { maxAttempts: 3 }");
    let step = World::new().run(&flow, &json!({ "name": "go" })).call();
    assert_eq!(step["attempts"].as_array().unwrap().len(), 3, "{step:#}");
    assert!(step["attempts"].as_array().unwrap().iter().all(|attempt| attempt["sent"] == "no"));
}

#[test]
fn every_attempt_sends_the_same_request_under_the_same_key() {
    let remote = Remote::start(vec![
        Reply::close(),
        Reply::with_headers(503, &[("Retry-After", "0")], ""),
        Reply::json(200, "{}"),
    ]);
    let rest = "method: POST\nidempotency: { header: Idempotency-Key }\nretry: { maxAttempts: 5 }\n\
                body: { type: json, value: { at: '{{ now }}', run: '{{ run.id }}' } }";
    let step = World::new().run(&call_of(&remote, rest), &json!({ "name": "go" })).call();
    assert_eq!(step["outcome"], "200");
    let requests = remote.requests();
    assert_eq!(requests.len(), 3);
    let key = requests[0].header("idempotency-key").unwrap().to_owned();
    assert!(key.len() >= 32);
    for request in &requests {
        assert_eq!(request.header("idempotency-key"), Some(key.as_str()));
        assert_eq!(request.body, requests[0].body);
    }
}

#[test]
fn two_visits_have_two_keys() {
    let remote = Remote::start(vec![Reply::json(200, "{}"), Reply::status(204)]);
    let flow =
        call_of(&remote, "method: POST\nidempotency: { header: X-Key }\ncases: [{ on: 200, to: call }]");
    World::new().run(&flow, &json!({ "name": "go" }));
    let keys: Vec<String> =
        remote.requests().iter().map(|request| request.header("x-key").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_retry_after_beyond_the_whole_time_takes_the_outcome_at_once() {
    let remote = Remote::start(vec![Reply::with_headers(503, &[("Retry-After", "3600")], "")]);
    assert_eq!(requests(&remote, "retry: { maxAttempts: 5, withinMs: 60000 }"), 1);
}

#[test]
fn an_attempt_is_cut_to_what_is_left_of_the_whole_time() {
    let remote = Remote::start(vec![Reply::stall()]);
    assert_eq!(requests(&remote, "retry: { maxAttempts: 5, withinMs: 150 }\ntimeoutMs: 60000"), 1);
}

#[test]
fn a_write_is_not_repeated_because_what_it_redirects_to_is_busy() {
    for status in [429, 503] {
        let remote = Remote::serve(move |request| match request.path() {
            "/x" => Reply::redirect(303, "/busy"),
            _ => Reply::with_headers(status, &[("Retry-After", "0")], ""),
        });
        let rest = "method: POST\nfollowRedirects: 3\nretry: { maxAttempts: 3 }";
        let step = World::new().run(&call_of(&remote, rest), &json!({ "name": "go" })).call();
        assert_eq!(step["outcome"], status.to_string());
        let posts = remote.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!(posts, 1, "{step:#}");
    }
}

#[test]
fn a_call_whose_redirect_is_refused_had_been_sent() {
    let remote = Remote::start(vec![Reply::redirect(303, "http://127.0.0.1:9/")]);
    let ran =
        World::new().run(&call_of(&remote, "method: POST\nfollowRedirects: 3"), &json!({ "name": "go" }));
    assert_eq!(ran.call()["outcome"], "blocked");
    assert_eq!(ran.json()["vars"]["httpError"]["sent"], "yes");
    assert_eq!(ran.call()["attempts"][0]["hops"][0]["url"], "http://127.0.0.1:9/");
}
