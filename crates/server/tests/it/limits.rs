//! What the API refuses before it looks at what was asked: sizes, times, framing, origins, forms.

use serde_json::json;

use crate::server::{Server, problem, small_flow};
use crate::world::World;

#[test]
fn two_lengths_in_one_head_are_refused_in_either_order() {
    let world = World::new();
    let server = Server::start(&world);
    for (first, second) in [
        ("Content-Length: 4", "Transfer-Encoding: chunked"),
        ("transfer-encoding: chunked", "content-length: 4"),
    ] {
        let mut client = server.connect();
        client.send(
            format!("POST /v1/check HTTP/1.1\r\nHost: x\r\n{first}\r\n{second}\r\n\r\n0\r\n\r\n").as_bytes(),
        );
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, problem(&answer).as_str()), (400, "ambiguous-framing"), "{first}");
        assert!(client.is_closed(), "no second request is read from it");
    }
    let mut client = server.connect();
    let chunked =
        "POST /v1/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    client.send(chunked.as_bytes());
    assert_eq!(client.answer().unwrap().status, 401);
    for head in [
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.send(head.as_bytes());
        assert_eq!(client.answer().map(|answer| answer.status), Some(400), "{head:?}");
        assert!(client.is_closed());
    }
}

#[test]
fn slow_heads_and_bodies_are_told_and_idle_connections_end_in_silence() {
    let world = World::new()
        .with_env("CALLOUT_SERVER_HEAD_TIMEOUT_MS", "100")
        .with_env("CALLOUT_SERVER_BODY_TIMEOUT_MS", "100");
    let server = Server::start(&world);
    let mut slow = server.connect();
    slow.send(b"GET /healthz HTTP/1.1\r\nHost:");
    let answer = slow.answer().unwrap();
    assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("request-too-slow")));
    assert!(slow.is_closed());

    assert!(server.connect().is_closed(), "nothing was asked, so nothing is answered");

    let token = server.first_token.as_ref().unwrap();
    let mut slow = server.connect();
    let head = format!(
        "POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"
    );
    slow.send(head.as_bytes());
    let answer = slow.answer().unwrap();
    assert_eq!((answer.status, problem(&answer).as_str()), (408, "request-too-slow"));
    assert!(slow.is_closed());
}

#[test]
fn large_requests_are_refused_announced_or_not_and_the_answer_arrives() {
    let world = World::new().with_env("CALLOUT_SERVER_REQUEST_BYTES_MAX", "1000");
    let server = Server::start(&world);
    let token = server.first_token.as_ref().unwrap();
    let head = |more: &str| {
        format!(
            "POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{more}\r\n\r\n"
        )
    };
    let mut announced = server.connect();
    announced.send(head("Content-Length: 1001").as_bytes());
    let answer = announced.answer().unwrap();
    assert_eq!((answer.status, problem(&answer).as_str()), (413, "request-too-large"));

    let mut sent = server.connect();
    sent.send(head("Content-Length: 3000000").as_bytes()).send(&vec![b' '; 3_000_000]);
    assert_eq!(
        sent.answer().map(|answer| answer.status),
        Some(413),
        "what was sent meanwhile does not lose it"
    );

    let mut chunked = server.connect();
    chunked.send(head("Transfer-Encoding: chunked").as_bytes());
    for _ in 0..20 {
        chunked.send(format!("64\r\n{}\r\n", " ".repeat(100)).as_bytes());
    }
    assert_eq!(problem(&chunked.answer().unwrap()), "request-too-large");

    let fits = format!("{{{}}}", " ".repeat(998));
    assert_eq!(
        server
            .admin()
            .ask("POST", "/v1/check", &[("Content-Type", "application/json")], fits.as_bytes())
            .status,
        200
    );

    let mut long = server.connect();
    long.send(format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(200_000)).as_bytes());
    assert!(matches!(long.answer().map(|answer| answer.status), Some(414 | 431)));
    let many: String = (0..200).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let mut many_headers = server.connect();
    many_headers.send(format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes());
    assert_eq!(many_headers.answer().map(|answer| answer.status), Some(431));
}

#[test]
fn json_is_bounded_in_depth_and_says_where_it_breaks() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let post = |body: &str| {
        admin.ask("POST", "/v1/tokens", &[("Content-Type", "application/json")], body.as_bytes())
    };
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let answer = post(&deep);
    assert_eq!((answer.status, problem(&answer).as_str()), (400, "body-not-json"));
    assert!(answer.text().contains("128"), "{}", answer.text());
    let answer = post("{\n  \"name\": oops }");
    assert_eq!(
        (answer.status, &answer.json()["line"], &answer.json()["column"]),
        (400, &json!(2), &json!(11))
    );
    assert_eq!(problem(&post("")), "body-not-json");
    let bytes =
        admin.ask("POST", "/v1/tokens", &[("Content-Type", "application/json")], b"{\"name\": \"\xff\"}");
    assert_eq!((bytes.status, problem(&bytes).as_str()), (400, "body-not-text"));
    let twice = post(r#"{"name":"a","name":"b","role":"viewer"}"#);
    assert_eq!((twice.status, problem(&twice).as_str()), (422, "body-invalid"));
    let typo = post(r#"{"nmae":"a","role":"viewer"}"#);
    assert_eq!(typo.status, 422);
    assert!(typo.text().contains("`nmae`") && typo.text().contains("`name`"), "{}", typo.text());
}

#[test]
fn only_the_types_that_are_taken_are_read() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let body = r#"{"name":"a","role":"viewer"}"#;
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json", ""] {
        let answer = admin.ask("POST", "/v1/tokens", &[("Content-Type", media)], body.as_bytes());
        assert_eq!(
            (answer.status, problem(&answer).as_str()),
            (415, "content-type-unsupported"),
            "{media:?}"
        );
    }
    assert_eq!(admin.ask("POST", "/v1/tokens", &[], body.as_bytes()).status, 415);
    let charset = [("Content-Type", "Application/JSON; charset=utf-8")];
    assert_eq!(admin.ask("POST", "/v1/tokens", &charset, body.as_bytes()).status, 201);
    let answer =
        admin.ask("PUT", "/v1/flows/a/draft", &[("Content-Type", "text/plain")], small_flow("a").as_bytes());
    assert_eq!(answer.status, 415);
}

#[test]
fn pages_of_other_sites_may_not_write() {
    let world = World::new().with_env("CALLOUT_SERVER_PUBLIC_URL", "https://callout.example/");
    let server = Server::start(&world);
    let admin = server.admin();
    let own = format!("http://{}", server.address);
    let write = |headers: &[(&str, &str)]| {
        let headers = [&[("Content-Type", "application/yaml")], headers].concat();
        admin.ask("POST", "/v1/check", &headers, b"kind: flow")
    };
    for headers in [
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "https://callout.example.evil.example")],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", own.as_str())],
    ] {
        let answer = write(&headers);
        assert_eq!((answer.status, problem(&answer).as_str()), (403, "cross-site"), "{headers:?}");
    }
    for headers in [
        vec![],
        vec![("Origin", own.as_str())],
        vec![("Origin", "https://callout.example")],
        vec![("Sec-Fetch-Site", "same-origin"), ("Origin", own.as_str())],
    ] {
        assert_eq!(write(&headers).status, 200, "{headers:?}");
    }
    let read = admin.ask("GET", "/v1/flows", &[("Origin", "https://evil.example")], b"");
    assert_eq!(read.status, 200);
    for name in ["access-control-allow-origin", "access-control-allow-credentials"] {
        assert_eq!(read.header(name), None, "no CORS");
    }
    let preflight = admin.ask("OPTIONS", "/v1/flows", &[("Origin", "https://evil.example")], b"");
    assert_eq!(preflight.status, 405);
}

#[test]
fn every_answer_has_the_same_guards_and_unknown_paths_and_methods_are_told() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let unknown = admin.get("/v1/nothing");
    assert_eq!((unknown.status, problem(&unknown).as_str()), (404, "path-unknown"));
    let method = admin.ask("PATCH", "/v1/flows/a/draft", &[], b"");
    assert_eq!((method.status, problem(&method).as_str()), (405, "method-not-allowed"));
    let mut allow: Vec<&str> = method.header("allow").unwrap().split(',').map(str::trim).collect();
    allow.sort_unstable();
    assert_eq!(allow, ["GET", "HEAD", "PUT"]);
    for odd in ["/v1/flows/%ff", "/v1/flows/%00", "/v1/flows/..%2f..", "/v1/flows/A%20B", "/v1/flows/"] {
        assert_eq!(admin.get(odd).status, 404, "{odd}");
    }
    let answers =
        [admin.get("/v1/flows"), admin.get("/healthz"), unknown, method, server.nobody().get("/v1/flows")];
    let mut ids = std::collections::BTreeSet::new();
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert!(ids.insert(answer.header("x-request-id").unwrap().to_owned()), "ids are unique");
    }
    assert_eq!(admin.ask("HEAD", "/v1/flows", &[], b"").status, 200);
}
