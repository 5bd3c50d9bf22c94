//! Who may call what: every endpoint of the document with every role.

use callout_testkit::Answer;
use serde_json::json;

use crate::openapi::{OPEN, document};
use crate::people::{log_in, member, with_session};
use crate::server::{Caller, Server, problem};
use crate::world::World;

pub const ROLES: [&str; 4] = ["viewer", "operator", "editor", "admin"];

/// Each operation of the document: its method, a path where nothing is, and the role it names.
fn operations() -> Vec<(String, String, Option<String>)> {
    let document = document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let filled: Vec<&str> = path
                .split('/')
                .map(|part| match part {
                    "{version}" => "1",
                    // Every code has its page.
                    "{code}" => "not-found",
                    part if part.starts_with('{') => "none",
                    part => part,
                })
                .collect();
            // A stream that would not end: of a flow that is not there it does not begin.
            let query = if path == "/v1/runs/stream" { "?flow=none" } else { "" };
            let role = operation["x-required-role"].as_str().map(str::to_owned);
            all.push((method.to_uppercase(), filled.join("/") + query, role));
        }
    }
    // Whoever logs out asks nothing more.
    all.sort_by_key(|(method, path, _)| method == "DELETE" && path == "/v1/session");
    all
}

/// What is asked is never there or never fits, so that nothing happens whoever asks.
fn ask(caller: &Caller, method: &str, path: &str) -> Answer {
    caller.ask(method, path, &[("Content-Type", "application/x-nothing")], b"")
}

#[test]
fn every_endpoint_takes_its_role_and_those_above_and_no_other() {
    let world = World::new();
    let server = Server::start(&world);
    let tokens = ROLES.map(|role| server.with_role(role));
    let admin = server.admin();
    let sessions = ROLES.map(|role| member(&server, &admin, &format!("{role}@example.com"), role));
    let mut seen = 0;
    for (method, path, needed) in operations() {
        let nobody = ask(&server.nobody(), &method, &path);
        let Some(needed) = needed else {
            let name = format!("{} {}", method.to_lowercase(), path.replace("not-found", "{code}"));
            assert!(OPEN.contains(&name.as_str()) && !matches!(nobody.status, 401 | 403 | 404), "{name}");
            continue;
        };
        assert_eq!((nobody.status, problem(&nobody).as_str()), (401, "token-missing"), "{method} {path}");
        let needed = ROLES.iter().position(|role| *role == needed).unwrap();
        for callers in [&tokens, &sessions] {
            for (rank, caller) in callers.iter().enumerate() {
                let answer = ask(caller, &method, &path);
                let told = format!("{method} {path} as {}: {}", ROLES[rank], answer.text());
                assert_eq!(answer.status == 403, rank < needed, "{told}");
                assert!(answer.status != 401 && answer.status < 500, "{told}");
                if rank < needed {
                    assert_eq!(problem(&answer), "role-too-low");
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 8 * 30, "{seen}");
}

#[test]
fn a_one_time_password_opens_nothing_but_the_session_itself() {
    let world = World::new();
    let server = Server::start(&world);
    let made = server.admin().post("/v1/members", &json!({ "email": "ann@example.com", "role": "admin" }));
    let login =
        log_in(&server, "default", "ann@example.com", made.json()["oneTimePassword"].as_str().unwrap());
    let ann = with_session(&server, &login);
    for (method, path, needed) in operations() {
        if needed.is_some() {
            let answer = ask(&ann, &method, &path);
            let due = answer.status == 403 && problem(&answer) == "password-due";
            assert_eq!(due, !path.starts_with("/v1/session"), "{method} {path}: {}", answer.text());
        }
    }
}

#[test]
fn a_token_that_is_wrong_expired_or_revoked_says_only_that() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let token = server.first_token.clone().unwrap();
    let made = admin.post("/v1/tokens", &json!({ "name": "short", "role": "viewer" })).json();
    let short = server.caller(made["token"].as_str().unwrap());
    assert_eq!(short.get("/v1/flows").status, 200);
    assert_eq!(admin.delete(&format!("/v1/tokens/{}", made["id"].as_str().unwrap())).status, 204);
    let mut answers = vec![short.get("/v1/flows")];
    for wrong in ["cot_", "nonsense", &token[1..], &format!("{token}x"), &token.to_lowercase()] {
        answers.push(server.caller(wrong).get("/v1/flows"));
    }
    for header in [format!("Basic {token}"), token.clone(), format!("Bearer{token}")] {
        answers.push(server.nobody().ask("GET", "/v1/flows", &[("Authorization", &header)], b""));
    }
    let first = answers[0].json();
    for answer in answers {
        assert_eq!((answer.status, problem(&answer).as_str()), (401, "token-invalid"));
        assert_eq!(answer.json(), first, "one answer for all");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "));
    }
    assert_eq!(admin.delete("/v1/tokens/tok_none").status, 404);
    let lower =
        server.nobody().ask("GET", "/v1/flows", &[("authorization", &format!("bearer {token}"))], b"");
    assert_eq!(lower.status, 200, "the scheme is known in any case");
    let query = server.nobody().get(&format!("/v1/flows?token={token}"));
    assert_eq!(query.status, 401, "never taken from the query");
}

#[test]
fn tokens_are_listed_without_their_text_and_named_once() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let made = admin.post("/v1/tokens", &json!({ "name": "ci", "role": "editor", "expires": "90d" }));
    assert_eq!(made.status, 201);
    assert!(made.json()["token"].as_str().unwrap().starts_with("cot_"));
    assert!(made.json()["expiresAt"].is_string());
    let again = admin.post("/v1/tokens", &json!({ "name": "ci", "role": "viewer" }));
    assert_eq!((again.status, problem(&again).as_str()), (409, "token-name-taken"));
    let page = admin.get("/v1/tokens?limit=1").json();
    assert_eq!(page["items"][0]["name"], "first");
    let next = page["next"].as_str().unwrap();
    let rest = admin.get(&format!("/v1/tokens?limit=1&cursor={next}"));
    assert_eq!((&rest.json()["items"][0]["name"], &rest.json()["next"]), (&json!("ci"), &json!(null)));
    assert!(!rest.text().contains("cot_"));
    for (body, code) in [
        (json!({ "name": "x", "role": "owner" }), "body-invalid"),
        (json!({ "name": "", "role": "viewer" }), "body-invalid"),
        (json!({ "name": "x\u{1b}[2J", "role": "viewer" }), "body-invalid"),
        (json!({ "name": "x", "role": "viewer", "expires": "soon" }), "expiry-invalid"),
        (json!({ "name": "x", "role": "viewer", "expires": "0s" }), "expiry-invalid"),
        (json!({ "name": "x", "role": "viewer", "org": "other" }), "body-invalid"),
    ] {
        let answer = admin.post("/v1/tokens", &body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, code), "{body}");
    }
}
