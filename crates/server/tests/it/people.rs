//! Members of orgs who have logged in, as a browser would.

use callout_testkit::Answer;
use serde_json::json;

use crate::server::{Caller, Server};

/// What members of tests set as their own.
pub const PASSWORD: &str = "correct horse battery";

/// Logs in, as a page does; the answer.
pub fn log_in(server: &Server, org: &str, email: &str, password: &str) -> Answer {
    let body = json!({ "org": org, "email": email, "password": password });
    server.nobody().post("/v1/session", &body)
}

/// The name and value of the cookie that an answer sets.
#[track_caller]
pub fn cookie_of(answer: &Answer) -> String {
    let told = format!("{} {}", answer.status, answer.text());
    answer.header("set-cookie").expect(&told).split(';').next().unwrap().to_owned()
}

/// Someone with the session that an answer opened.
#[track_caller]
pub fn with_session(server: &Server, answer: &Answer) -> Caller {
    server.nobody().with_cookie(cookie_of(answer))
}

/// A new member of the admin's org, logged in with a password of their own.
#[track_caller]
pub fn member(server: &Server, admin: &Caller, email: &str, role: &str) -> Caller {
    let made = admin.post("/v1/members", &json!({ "email": email, "role": role }));
    assert_eq!(made.status, 201, "{}", made.text());
    settle(server, "default", email, made.json()["oneTimePassword"].as_str().unwrap())
}

/// Logs in with a one-time password and sets one of the member's own.
#[track_caller]
pub fn settle(server: &Server, org: &str, email: &str, one_time: &str) -> Caller {
    let answer = log_in(server, org, email, one_time);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let first = with_session(server, &answer);
    let set = first.post("/v1/session/password", &json!({ "current": one_time, "new": PASSWORD }));
    assert_eq!(set.status, 200, "{}", set.text());
    with_session(server, &set)
}
