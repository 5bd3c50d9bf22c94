//! What a remote may do wrong, and what the call says of it: whether it was sent is a fact.

use std::net::IpAddr;
use std::time::Duration;

use callout_flow::outcome::{AnswerBody, FailureClass, Outcome, Phase, RefusalReason};
use callout_flow::request::{Method, RenderedAuth, SecretText};
use callout_outbound::{Credential, EgressPolicy, FixedNames, HostPattern, Limits, Outbound, Resolver};
use callout_testkit::{ClosedPort, Remote, Reply, Unaccepting};

use crate::world::{
    OPEN, answered, body, call, get, hurried, limits, no_answer, not_sent, outbound, owner, policy, post,
    refused, request, with_header, with_policy,
};

#[tokio::test]
async fn a_closed_port_is_not_sent() {
    let closed = ClosedPort::start(OPEN);
    let sent = call(&outbound(), &get(&format!("http://h.test:{}/", closed.port())), &limits()).await;
    let failure = not_sent(sent);
    assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Connect));
    assert_eq!(failure.message, "the server at h.test refused the connection");
}

#[tokio::test]
async fn a_server_that_takes_no_connection_times_out_unsent() {
    let busy = Unaccepting::start(OPEN);
    let failure =
        not_sent(call(&outbound(), &get(&format!("http://h.test:{}/", busy.port())), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Connect));
}

#[tokio::test]
async fn a_server_that_never_answers_may_have_acted() {
    let remote = Remote::start(vec![Reply::stall()]);
    let failure = no_answer(call(&outbound(), &post(&remote.url("/"), "x"), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Head));
    assert_eq!(remote.only_request().text(), "x");
}

#[tokio::test]
async fn the_deadline_holds_however_slowly_the_answer_comes() {
    let every = Duration::from_millis(20);
    let head = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(10_000));
    let slow_head = Remote::serve(move |_| Reply::drip(head.clone(), every));
    let failure = no_answer(call(&outbound(), &get(&slow_head.url("/")), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Head));

    for status in [200, 500] {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 9999\r\n\r\n");
        let slow_body = Remote::serve(move |_| Reply::raw(head.clone()).then_drip("a".repeat(9999), every));
        let failure = no_answer(call(&outbound(), &get(&slow_body.url("/")), &hurried()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Body));
    }
}

#[tokio::test]
async fn one_deadline_covers_all_redirects() {
    let remote = Remote::serve(|request| match request.path() {
        "/" => Reply::redirect(302, "/slow"),
        _ => Reply::stall(),
    });
    let limits = Limits { redirects_max: 5, ..hurried() };
    let sent = call(&outbound(), &get(&remote.url("/")), &limits).await;
    assert_eq!(sent.hops.len(), 1);
    assert_eq!(no_answer(sent).class, FailureClass::Timeout);
}

#[tokio::test]
async fn after_a_redirect_nothing_counts_as_unsent() {
    let closed = ClosedPort::start(OPEN);
    let remote = Remote::start(vec![Reply::redirect(303, &format!("http://h.test:{}/", closed.port()))]);
    let limits = Limits { redirects_max: 1, ..limits() };
    let failure = no_answer(call(&outbound(), &post(&remote.url("/"), "order"), &limits).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Connect));
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_may_have_acted() {
    for reply in [Reply::close(), Reply::reset(), Reply::raw("HTTP/1.1 200 OK\r\nX-").then_close()] {
        let remote = Remote::start(vec![reply]);
        let failure = no_answer(call(&outbound(), &post(&remote.url("/"), "x"), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Head));
        assert_eq!(remote.requests().len(), 1, "it is never sent again");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_a_2xx_and_only_darkens_another() {
    for breaks in [Reply::then_close, Reply::then_reset] {
        for status in [200, 404, 503] {
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 100\r\n\r\nhello");
            let remote = Remote::start(vec![breaks(Reply::raw(head))]);
            let sent = call(&outbound(), &get(&remote.url("/")), &limits()).await;
            match (status, sent.outcome) {
                (200, Outcome::NoAnswer(failure)) => {
                    assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Body));
                }
                (_, Outcome::Answered(answer)) => {
                    assert_eq!(answer.status, status);
                    assert!(matches!(answer.body, AnswerBody::BrokenOff { .. }));
                }
                (_, other) => panic!("{status}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_well_formed_http_is_a_network_failure() {
    let head = "HTTP/1.1 200 OK\r\n";
    for answer in [
        "+PONG\r\n\r\n".to_owned(),
        "hello, this is HTTP/0.9\r\n\r\n".to_owned(),
        "HTTP/2.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 99 Low\r\n\r\n".to_owned(),
        "HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n".to_owned(),
        format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding: identity\r\n\r\nhello"),
        format!("{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        format!("{head}Content-Length: -1\r\n\r\nhello"),
        format!("{head}X-A: b\rX-C: d\r\nContent-Length: 0\r\n\r\n"),
        format!("{head}X A: b\r\nContent-Length: 0\r\n\r\n"),
        format!("{head} folded\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let remote = Remote::start(vec![Reply::raw(answer.clone()).then_close()]);
        let failure = no_answer(call(&outbound(), &get(&remote.url("/")), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Head), "{answer:?}");
        assert!(!failure.message.contains("PONG"), "no banner: {}", failure.message);
    }
    for chunks in ["zz\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nx"] {
        let answer = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}");
        let remote = Remote::start(vec![Reply::raw(answer).then_close()]);
        let failure = no_answer(call(&outbound(), &get(&remote.url("/")), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Body), "{chunks:?}");
    }
}

#[tokio::test]
async fn framing_and_hop_by_hop_headers_are_not_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Proxy-Authorization",
        "Proxy-Anything",
        "HTTP2-Settings",
        "Bad Name",
        "",
    ] {
        let sent = call(&outbound(), &with_header(get(&remote.url("/")), name, "1"), &limits()).await;
        assert_eq!(not_sent(sent).phase, Phase::Send, "{name}");
    }
    for value in ["a\r\nX: y", "a\nb", "a\0b"] {
        let sent = call(&outbound(), &with_header(get(&remote.url("/")), "X-A", value), &limits()).await;
        assert_eq!(not_sent(sent).phase, Phase::Send, "{value:?}");
    }
    assert_eq!(remote.connections(), 0);
}

#[tokio::test]
async fn the_request_is_framed_by_us_alone() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let url = remote.url_as("h.test", "/a%20b/c?x=1&y=%2F");
    call(&outbound(), &with_header(post(&url, "{\"a\":1}"), "X-Name", "Zoë"), &limits()).await;
    let seen = remote.next_request();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/a%20b/c?x=1&y=%2F"));
    assert_eq!(seen.header("host"), Some(format!("h.test:{}", remote.port()).as_str()));
    assert_eq!(seen.header("content-length"), Some("7"));
    assert_eq!((seen.header("x-name"), seen.text().as_str()), (Some("Zoë"), "{\"a\":1}"));

    for (method, length) in [(Method::Post, Some("0")), (Method::Put, Some("0")), (Method::Get, None)] {
        call(&outbound(), &request(method, &url), &limits()).await;
        assert_eq!(remote.next_request().header("content-length"), length, "{method}");
    }
}

#[tokio::test]
async fn proxy_variables_are_not_for_us() {
    // Nothing in this crate reads the environment (clippy.toml holds that), so a call goes straight whatever
    // the variables of this process say.
    let remote = Remote::start(vec![Reply::new(200, "text/plain", "direct")]);
    assert_eq!(body(call(&outbound(), &get(&remote.url("/")), &limits()).await), "direct");
    assert_eq!(remote.only_request().target, "/");
}

#[tokio::test]
async fn a_call_leaves_from_the_configured_address() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let policy = EgressPolicy { source_address: Some(IpAddr::from([127, 0, 0, 9])), ..policy() };
    assert_eq!(answered(call(&with_policy(policy), &get(&remote.url("/")), &limits()).await).status, 200);
    assert_eq!(remote.only_request().peer.ip(), IpAddr::from([127, 0, 0, 9]));

    let policy = EgressPolicy { source_address: Some("::1".parse().unwrap()), ..self::policy() };
    let failure = not_sent(call(&with_policy(policy), &get(&remote.url("/")), &limits()).await);
    assert!(failure.message.contains("source address"), "{}", failure.message);
}

#[tokio::test]
async fn a_credential_goes_over_http_only_where_the_operator_named_the_host() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let any = EgressPolicy { http_hosts: vec![HostPattern::parse("*").unwrap()], ..policy() };
    let credential = Credential::from(RenderedAuth::Bearer { token: SecretText::new("t0ken-t0ken") });
    let outbound = with_policy(any);
    let sent = outbound.send(&owner(), &get(&remote.url("/")), &credential, &limits()).await;
    assert_eq!(refused(sent).reason, RefusalReason::SecretHost);
    assert_eq!(remote.connections(), 0);
    assert_eq!(answered(call(&outbound, &get(&remote.url("/")), &limits()).await).status, 200);
}

#[tokio::test]
async fn dead_addresses_are_passed_over() {
    use callout_outbound::{Allowed, FixedAnswer};
    let remote = Remote::start(vec![Reply::status(200)]);
    let dead = IpAddr::from([127, 0, 0, 3]);
    let mut policy = policy();
    policy.allow.push(Allowed::new("h.test", "127.0.0.3/32").unwrap());
    let names = FixedNames::new().with("h.test", [FixedAnswer::addresses([dead, OPEN])]);
    let outbound = Outbound::new(policy, Resolver::fixed(names)).unwrap();
    let sent = call(&outbound, &get(&remote.url_as("h.test", "/")), &limits()).await;
    assert_eq!(answered(sent).status, 200);
}

#[tokio::test]
async fn the_largest_body_arrives_whole_and_a_larger_one_is_not_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let largest = "x".repeat(1 << 20);
    let sent = call(&outbound(), &post(&remote.url("/"), &largest), &limits()).await;
    assert_eq!(answered(sent).status, 200);
    assert!(remote.only_request().body == largest.as_bytes());
    let sent = call(&outbound(), &post(&remote.url("/"), &(largest + "x")), &limits()).await;
    assert_eq!(not_sent(sent).phase, Phase::Send);
}

#[tokio::test]
async fn timing_names_the_phases_that_were_needed() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let outbound = outbound();
    let first = call(&outbound, &get(&remote.url("/")), &limits()).await.timing;
    assert!(first.look_up_ms.is_none() && first.tls_ms.is_none(), "{first:?}");
    assert!(first.connect_ms.is_some() && first.head_ms.is_some() && first.body_ms.is_some(), "{first:?}");
    let second = call(&outbound, &get(&remote.url("/")), &limits()).await.timing;
    assert!(second.reused && second.connect_ms.is_none(), "{second:?}");
    let named = call(&outbound, &get(&remote.url_as("h.test", "/")), &limits()).await.timing;
    assert!(named.look_up_ms.is_some(), "{named:?}");
}

#[test]
fn a_call_may_be_moved_between_threads() {
    fn sendable<T: Send>(_: T) {}
    let (outbound, request) = (outbound(), get("https://example.com/"));
    let (owner, credential, limits) = (owner(), Credential::none(), limits());
    sendable(outbound.send(&owner, &request, &credential, &limits));
}
