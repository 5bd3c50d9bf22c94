//! Redirects: each hop is a newly guarded call, and a credential never goes further than it was meant to.

use callout_flow::outcome::{Outcome, RefusalReason};
use callout_flow::request::{Method, RenderedAuth, SecretText};
use callout_outbound::{Credential, HostPattern};
use callout_testkit::{Canary, CertificateKind, Remote, Reply};

use crate::world::{
    SHUT, answered, body, call, following, get, limits, outbound, owner, policy, post, refused, request,
    with_header, with_policy,
};

#[tokio::test]
async fn every_blocked_row_of_the_fixture_is_refused_without_a_connection() {
    let rows: Vec<&str> = include_str!("../fixtures/egress_dns_redirect.tsv")
        .lines()
        .filter(|line| line.starts_with("redirect\t") && line.contains("\tblock\t"))
        .map(|line| line.split('\t').nth(2).unwrap())
        .collect();
    assert_eq!(rows.len(), 6, "the fixture is whole");
    for row in rows {
        let canary = Canary::start(SHUT);
        let (status, location) = row.split_once('>').unwrap();
        let location = location.replace("127.0.0.1", &format!("127.0.0.1:{}", canary.port()));
        let remote = Remote::start(vec![Reply::redirect(status.parse().unwrap(), &location)]);
        let mut policy = policy();
        policy.http_hosts.push(HostPattern::parse("*").unwrap());
        let outbound = with_policy(policy);
        let sent = call(&outbound, &get(&remote.url_as("h.test", "/")), &following(5)).await;
        assert!(matches!(sent.outcome, Outcome::Refused(_)), "{row}: {:?}", sent.outcome);
        assert_eq!(remote.requests().len(), 1, "{row}");
    }
}

#[tokio::test]
async fn a_target_without_slashes_is_relative() {
    let remote = Remote::start(vec![Reply::redirect(302, "http:127.0.0.1/"), Reply::status(200)]);
    let sent = call(&outbound(), &get(&remote.url_as("h.test", "/")), &following(5)).await;
    assert_eq!(sent.hops.len(), 1);
    assert_eq!(answered(sent).status, 200);
    assert_eq!(remote.requests()[1].target, "/127.0.0.1/");
}

#[tokio::test]
async fn they_are_not_followed_unless_asked() {
    let canary = Canary::start(SHUT);
    let remote = Remote::start(vec![Reply::redirect(302, &canary.url("/"))]);
    let sent = call(&outbound(), &get(&remote.url("/")), &limits()).await;
    assert!(sent.hops.is_empty());
    let answer = answered(sent);
    assert_eq!((answer.status, answer.notes[0].code.as_ref()), (302, "redirect-not-followed"));
}

#[tokio::test]
async fn an_empty_target_is_the_same_url_once_and_a_loop_after_that() {
    let remote = Remote::start(vec![Reply::redirect(302, ""), Reply::status(204)]);
    let sent = call(&outbound(), &get(&remote.url("/a?b=c")), &following(5)).await;
    assert_eq!(answered(sent).status, 204);
    assert_eq!(remote.requests()[1].target, "/a?b=c");

    let remote = Remote::start(vec![Reply::redirect(302, "")]);
    let answer = answered(call(&outbound(), &get(&remote.url("/")), &following(10)).await);
    assert_eq!((answer.status, answer.notes[0].code.as_ref()), (302, "redirect-loop"));
    assert_eq!(remote.requests().len(), 2);
}

#[tokio::test]
async fn the_limit_ends_in_the_redirect_itself() {
    let remote = Remote::serve(|request| Reply::redirect(307, &format!("{}x", request.target)));
    let sent = call(&outbound(), &get(&remote.url("/")), &following(3)).await;
    assert_eq!(sent.hops.len(), 3);
    let answer = answered(sent);
    assert_eq!((answer.status, answer.notes[0].code.as_ref()), (307, "redirect-limit"));
    assert_eq!(remote.requests().len(), 4);
}

#[tokio::test]
async fn a_redirect_that_says_not_where_to_is_the_answer() {
    let remote = Remote::start(vec![Reply::status(301)]);
    let answer = answered(call(&outbound(), &get(&remote.url("/")), &following(3)).await);
    assert_eq!((answer.status, answer.notes[0].code.as_ref()), (301, "redirect-without-location"));
}

#[tokio::test]
async fn a_refresh_is_never_followed() {
    let canary = Canary::start(SHUT);
    let refresh = format!("0;url={}", canary.url("/"));
    let remote = Remote::start(vec![Reply::with_headers(200, &[("Refresh", &refresh)], "ok")]);
    assert_eq!(body(call(&outbound(), &get(&remote.url("/")), &following(5)).await), "ok");
}

#[tokio::test]
async fn methods_and_bodies_change_as_browsers_change_them() {
    use Method::{Get, Head, Post, Put};
    for (status, method, then, keeps_body) in [
        (301, Post, Get, false),
        (302, Post, Get, false),
        (303, Post, Get, false),
        (303, Put, Get, false),
        (303, Head, Head, false),
        (302, Put, Put, true),
        (307, Post, Post, true),
        (308, Post, Post, true),
    ] {
        let remote = Remote::start(vec![Reply::redirect(status, "/next"), Reply::status(204)]);
        let mut first = with_header(request(method, &remote.url("/")), "Content-Type", "text/plain");
        first.body = (method != Head).then(|| b"payload".to_vec());
        let sent = call(&outbound(), &first, &following(1)).await;
        assert_eq!(answered(sent).status, 204);
        let second = &remote.requests()[1];
        assert_eq!((second.method.as_str(), second.path()), (then.as_str(), "/next"), "{status} {method}");
        assert_eq!(second.text(), if keeps_body { "payload" } else { "" }, "{status} {method}");
        assert_eq!(second.header("content-type").is_some(), keeps_body, "{status} {method}");
    }
}

fn bearer() -> Credential {
    Credential::from(RenderedAuth::Bearer { token: SecretText::new("s3cr3t-t0ken-of-h") })
}

#[tokio::test]
async fn another_origin_sees_no_credential_and_no_header_but_harmless_ones() {
    let other = Remote::start(vec![Reply::status(200)]);
    let remote = Remote::start(vec![Reply::redirect(302, &other.url_as("h2.test", "/other"))]);
    let mut first = get(&remote.url_as("h.test", "/"));
    for (name, value) in [
        ("X-Api-Key", "s3cr3t-key-of-author"),
        ("Cookie", "session=s3cr3t"),
        ("Referer", "https://h.test/s3cr3t"),
        ("Accept", "application/json"),
        ("User-Agent", "Callout/test"),
    ] {
        first = with_header(first, name, value);
    }
    let sent = outbound().send(&owner(), &first, &bearer(), &following(5)).await;
    assert_eq!(answered(sent).status, 200);
    assert_eq!(remote.only_request().header("authorization"), Some("Bearer s3cr3t-t0ken-of-h"));

    let seen = other.only_request();
    let names: Vec<String> = seen.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert_eq!(names, ["host", "accept", "user-agent", "accept-encoding"]);
    assert!(!format!("{seen:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_credential_lost_on_the_way_never_comes_back() {
    let home = Remote::serve(|request| match request.path() {
        "/" => Reply::redirect(302, request.header("x-next").unwrap()),
        "/back" => Reply::redirect(302, "/on"),
        _ => Reply::status(200),
    });
    let away = Remote::start(vec![Reply::redirect(302, &home.url_as("h.test", "/back"))]);
    let first = with_header(get(&home.url_as("h.test", "/")), "X-Next", &away.url_as("h2.test", "/"));
    let sent = outbound().send(&owner(), &first, &bearer(), &following(5)).await;
    assert_eq!(answered(sent).status, 200);
    let told: Vec<bool> =
        home.requests().iter().map(|request| request.header("authorization").is_some()).collect();
    assert_eq!(told, [true, false, false]);
}

#[tokio::test]
async fn the_same_origin_keeps_credential_and_headers() {
    let remote = Remote::start(vec![Reply::redirect(307, "/next"), Reply::status(200)]);
    let first = with_header(post(&remote.url("/"), "body"), "X-Own", "1");
    let sent = outbound().send(&owner(), &first, &bearer(), &following(5)).await;
    assert_eq!(answered(sent).status, 200);
    let second = &remote.requests()[1];
    assert_eq!(second.header("authorization"), Some("Bearer s3cr3t-t0ken-of-h"));
    assert_eq!((second.header("x-own"), second.text().as_str()), (Some("1"), "body"));
}

#[tokio::test]
async fn a_body_is_not_sent_to_another_origin() {
    for status in [307, 308] {
        let other = Remote::start(vec![Reply::status(200)]);
        let remote = Remote::start(vec![Reply::redirect(status, &other.url_as("h2.test", "/"))]);
        let sent = call(&outbound(), &post(&remote.url_as("h.test", "/"), "secret"), &following(5)).await;
        let answer = answered(sent);
        assert_eq!((answer.status, answer.notes[0].code.as_ref()), (status, "redirect-body-kept-back"));
        assert_eq!(other.connections(), 0);
    }
}

#[tokio::test]
async fn https_does_not_lead_to_http() {
    let other = Remote::start(vec![Reply::status(200)]);
    let location = other.url_as("h2.test", "/");
    let remote = Remote::serve_tls(CertificateKind::Good, move |_| Reply::redirect(302, &location));
    let mut policy = policy();
    policy.extra_roots.push(remote.ca_der().into());
    let sent = call(&with_policy(policy), &get(&remote.url_as("remote.test", "/")), &following(5)).await;
    assert_eq!(refused(sent).reason, RefusalReason::Downgrade);
    assert_eq!(other.connections(), 0);
}
