//! The page at `/`, from the real binary: with its files where they are built, or with word of how to build them.

use std::path::Path;

use crate::server::{Server, problem};
use crate::world::World;

const HTML: (&str, &str) = ("Accept", "text/html,*/*;q=0.8");

/// The page as it is in this checkout.
fn built() -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/index.html")).ok()
}

#[test]
fn a_browser_gets_the_page_wherever_it_opens_it() {
    let world = World::new().with_env("CALLOUT_SERVER_PUBLIC_URL", "https://callout.example");
    let server = Server::start(&world);
    for path in ["/", "/flows/x", "/runs/y?limit=2", "/setup", "/login", "/oauth/callback?state=s&code=c"] {
        let page = server.nobody().ask("GET", path, &[HTML], b"");
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        match built() {
            Some(index) => assert_eq!(page.text(), index, "{path}"),
            None => assert!(page.text().contains("<code>make build</code>"), "{path}"),
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
            ("referrer-policy", if path.starts_with("/oauth") { "no-referrer" } else { "same-origin" }),
            ("cache-control", if path.starts_with("/oauth") { "no-store" } else { "no-cache" }),
        ] {
            assert_eq!(page.header(name), Some(value), "{path} {name}");
        }
        assert!(page.header("permissions-policy").unwrap().contains("camera=()"));
        let head = server.nobody().ask("HEAD", path, &[HTML], b"");
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-length", "content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), page.header(name), "{path} {name}");
        }
    }
}

#[test]
fn what_is_no_page_is_a_problem_as_ever() {
    let world = World::new();
    let server = Server::start(&world);
    let nobody = server.nobody();
    for (method, path, headers) in [
        ("GET", "/v1/none", vec![HTML]),
        ("GET", "/docs/none", vec![HTML]),
        ("GET", "/assets/none-1.js", vec![HTML]),
        ("GET", "/flows/x", vec![("Accept", "*/*")]),
        ("GET", "/flows/x", vec![("Accept", "application/json")]),
        ("GET", "/../Cargo.toml", vec![]),
        ("GET", "/%2e%2e/Cargo.toml", vec![]),
        ("POST", "/flows/x", vec![HTML]),
        ("DELETE", "/", vec![HTML]),
    ] {
        let answer = nobody.ask(method, path, &headers, b"");
        assert_eq!((answer.status, problem(&answer).as_str()), (404, "path-unknown"), "{method} {path}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'")
        );
    }
}
