//! Login with a password: who gets in, how long, and from which page.

use serde_json::json;

use crate::people::{PASSWORD, cookie_of, log_in, member, settle, with_session};
use crate::server::{Server, problem};
use crate::world::World;

#[test]
fn a_member_begins_with_a_one_time_password_that_only_serves_to_set_another() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let made = admin.post("/v1/members", &json!({ "email": "Ann@Example.com", "role": "admin" })).json();
    let (email, one_time) = ("ann@example.com", made["oneTimePassword"].as_str().unwrap());
    assert_eq!(
        (&made["email"], &made["name"], &made["passwordDue"]),
        (&json!(email), &json!("ann"), &json!(true))
    );
    let login = log_in(&server, "default", "ANN@example.com", one_time);
    let first = with_session(&server, &login);
    for path in ["/v1/flows", "/v1/members", "/v1/audit"] {
        assert_eq!(problem(&first.get(path)), "password-due", "{path}");
    }
    assert_eq!(first.get("/v1/session").json()["passwordDue"], true);
    let set = |current: &str, new: &str| {
        first.post("/v1/session/password", &json!({ "current": current, "new": new }))
    };
    for (current, new, code) in [
        (one_time, "short", "password-weak"),
        (one_time, "Ann@Example.com", "password-weak"),
        (one_time, one_time, "password-weak"),
        ("not the password", PASSWORD, "login-refused"),
    ] {
        assert_eq!(problem(&set(current, new)), code, "{new}");
    }
    let answer = set(one_time, PASSWORD);
    let own = with_session(&server, &answer);
    assert_ne!(own.cookie, first.cookie, "a new session for a new password");
    assert_eq!(problem(&first.get("/v1/session")), "session-invalid");
    assert_eq!(own.get("/v1/members").status, 200);
    let who = own.get("/v1/session").json();
    assert_eq!(
        (&who["kind"], &who["org"], &who["role"]),
        (&json!("member"), &json!("default"), &json!("admin"))
    );
    assert_eq!((&who["email"], &who["passwordDue"]), (&json!(email), &json!(false)));
    assert_eq!(log_in(&server, "default", email, one_time).status, 401, "it served once");
    assert_eq!(log_in(&server, "default", email, PASSWORD).status, 200);
    assert_eq!(admin.get("/v1/session").json()["kind"], "token");
    assert_eq!(problem(&admin.delete("/v1/session")), "session-none");
}

#[test]
fn the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts() {
    let world = World::new();
    let server = Server::start(&world);
    let ann = member(&server, &server.admin(), "ann@example.com", "viewer");
    let login = log_in(&server, "default", "ann@example.com", PASSWORD);
    let whole = login.header("set-cookie").unwrap();
    let (pair, rest) = whole.split_once("; ").unwrap();
    assert_eq!(rest, "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800");
    assert!(pair.starts_with("__Host-callout=cos_") && pair.len() > 50, "{pair}");
    assert!(!login.text().contains("cos_"));
    let again = log_in(&server, "default", "ann@example.com", PASSWORD);
    assert_ne!(cookie_of(&again), pair, "each login has a session of its own");
    // A session that a caller brought along is never taken over.
    let brought = server.nobody().ask(
        "POST",
        "/v1/session",
        &[
            ("Cookie", "__Host-callout=cos_chosen"),
            ("Content-Type", "application/json"),
            ("Sec-Fetch-Site", "same-origin"),
        ],
        json!({ "email": "ann@example.com", "password": PASSWORD }).to_string().as_bytes(),
    );
    assert!(!cookie_of(&brought).contains("chosen"));
    // Out, and over wherever the cookie is.
    let session = with_session(&server, &login);
    let out = session.delete("/v1/session");
    assert_eq!(out.status, 204);
    assert_eq!(
        out.header("set-cookie").unwrap(),
        "__Host-callout=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    );
    assert_eq!(problem(&session.get("/v1/session")), "session-invalid");
    assert_eq!(ann.get("/v1/session").status, 200, "another session of the same member goes on");
}

#[test]
fn nothing_tells_why_a_login_was_refused() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    member(&server, &admin, "ann@example.com", "viewer");
    member(&server, &admin, "bob@example.com", "viewer");
    let all = admin.get("/v1/members").json();
    let bob = all["items"][1]["id"].as_str().unwrap();
    assert_eq!(admin.patch(&format!("/v1/members/{bob}"), &json!({ "disabled": true })).status, 200);
    let answers = [
        log_in(&server, "default", "ann@example.com", "not the password"),
        log_in(&server, "default", "nobody@example.com", PASSWORD),
        log_in(&server, "default", "bob@example.com", PASSWORD),
        log_in(&server, "elsewhere", "ann@example.com", PASSWORD),
        log_in(&server, "default", "no address", PASSWORD),
        log_in(&server, "default", "ann@example.com", ""),
    ];
    for answer in &answers {
        assert_eq!((answer.status, problem(answer).as_str()), (401, "login-refused"));
        assert_eq!(answer.json(), answers[0].json());
        let names = |answer: &callout_testkit::Answer| {
            answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(answer), names(&answers[0]));
    }
}

#[test]
fn logins_are_limited_by_name_whether_or_not_there_is_such_a_member() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    member(&server, &admin, "ann@example.com", "viewer");
    for email in ["ann@example.com", "nobody@example.com"] {
        let refused: Vec<String> =
            (0..11).map(|_| problem(&log_in(&server, "default", email, "wrong"))).collect();
        assert_eq!(refused[..10], ["login-refused"; 10], "{email}");
        assert_eq!(refused[10], "logins-limited", "{email}");
    }
    let last = log_in(&server, "default", "ann@example.com", PASSWORD);
    assert_eq!(
        (last.status, problem(&last).as_str()),
        (429, "logins-limited"),
        "also with the right password"
    );
    let seconds: u64 = last.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(admin.get("/v1/flows").status, 200, "tokens go on");
    // Another name from this address still has tries left.
    assert_eq!(problem(&log_in(&server, "default", "carl@example.com", "wrong")), "login-refused");
}

#[test]
fn a_page_of_another_site_does_nothing_with_a_session() {
    let world = World::new();
    let server = Server::start(&world);
    let ann = member(&server, &server.admin(), "ann@example.com", "admin");
    let cookie = ann.cookie.clone().unwrap();
    let (own, json) = (format!("http://{}", server.address), ("Content-Type", "application/json"));
    let body = json!({ "name": "stolen", "role": "admin" }).to_string();
    let nobody = server.nobody();
    let ask = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let headers = [&[("Cookie", cookie.as_str())], headers].concat();
        nobody.ask(method, path, &headers, body.as_bytes())
    };
    for headers in [
        vec![json],
        vec![json, ("Sec-Fetch-Site", "cross-site")],
        vec![json, ("Sec-Fetch-Site", "same-site")],
        vec![json, ("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())],
        vec![json, ("Origin", "https://evil.example")],
        vec![json, ("Origin", "null")],
        vec![json, ("Origin", "http://127.0.0.1")],
        vec![json, ("Referer", own.as_str())],
    ] {
        for (method, path) in [("POST", "/v1/tokens"), ("DELETE", "/v1/session"), ("PUT", "/v1/settings")] {
            let answer = ask(method, path, &headers);
            assert_eq!(
                (answer.status, problem(&answer).as_str()),
                (403, "cross-site"),
                "{method} {headers:?}"
            );
        }
    }
    // What a form can send, should a browser ever say nothing of where it comes from.
    for form in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let answer = ask("POST", "/v1/tokens", &[("Content-Type", form), ("Sec-Fetch-Site", "same-origin")]);
        assert_eq!(problem(&answer), "content-type-unsupported", "{form}");
    }
    assert_eq!(ann.get("/v1/tokens").json()["items"].as_array().unwrap().len(), 1, "nothing was done");
    for headers in [vec![json, ("Sec-Fetch-Site", "same-origin")], vec![json, ("Origin", own.as_str())]] {
        let answer = ask("POST", "/v1/tokens", &headers);
        assert!(matches!(answer.status, 201 | 409), "{headers:?} {}", answer.text());
    }
    // No page of another origin may read an answer.
    let read = ask("GET", "/v1/tokens", &[("Origin", "https://evil.example")]);
    assert!(read.headers.iter().all(|(name, _)| !name.starts_with("access-control")));
}

#[test]
fn a_token_beside_a_cookie_counts_alone() {
    let world = World::new();
    let server = Server::start(&world);
    let cookie = member(&server, &server.admin(), "ann@example.com", "admin").cookie.unwrap();
    let both = server.with_role("viewer").with_cookie(cookie.clone());
    assert_eq!(both.get("/v1/session").json()["kind"], "token");
    assert_eq!(problem(&both.get("/v1/members")), "role-too-low");
    let bad = server.caller("cot_nonsense").with_cookie(cookie);
    assert_eq!(problem(&bad.get("/v1/session")), "token-invalid");
}

#[test]
fn a_change_of_a_member_counts_at_once() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let ann = member(&server, &admin, "ann@example.com", "editor");
    let id = ann.get("/v1/session").json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{id}");
    let named = admin.patch(&path, &json!({ "name": "Ann" }));
    assert_eq!((named.status, &named.json()["name"]), (200, &json!("Ann")));
    assert_eq!(ann.get("/v1/session").json()["name"], "Ann", "a name ends no session");
    let mut session = ann;
    for change in [json!({ "role": "viewer" }), json!({ "resetPassword": true }), json!({ "disabled": true })]
    {
        let answer = admin.patch(&path, &change);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(problem(&session.get("/v1/session")), "session-invalid", "{change}");
        session = match answer.json()["oneTimePassword"].as_str() {
            Some(one_time) => settle(&server, "default", "ann@example.com", one_time),
            None => match log_in(&server, "default", "ann@example.com", PASSWORD) {
                answer if answer.status == 200 => with_session(&server, &answer),
                _ => break,
            },
        };
    }
    assert_eq!(admin.patch(&path, &json!({ "disabled": false })).status, 200);
    let answer = log_in(&server, "default", "ann@example.com", PASSWORD);
    let session = with_session(&server, &answer);
    assert_eq!(admin.delete(&path).status, 204);
    assert_eq!(problem(&session.get("/v1/session")), "session-invalid");
    assert_eq!(log_in(&server, "default", "ann@example.com", PASSWORD).status, 401);
}

#[test]
fn sessions_last_over_a_restart_and_the_file_does_not_hold_them() {
    let world = World::new();
    let server = Server::start(&world);
    let ann = member(&server, &server.admin(), "ann@example.com", "viewer");
    let cookie = ann.cookie.clone().unwrap();
    server.stop();
    let file = std::fs::read(world.path().join("data/callout.db")).unwrap();
    let shown = cookie.split_once('=').unwrap().1;
    for secret in [shown, PASSWORD] {
        assert!(!file.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
    let server = Server::start(&world);
    let ann = server.nobody().with_cookie(cookie);
    assert_eq!(ann.get("/v1/session").status, 200);
}
