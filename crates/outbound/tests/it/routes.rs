//! Ways out: a proxy that opens tunnels, and the address that calls leave from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use callout_flow::outcome::{FailureClass, Phase, RefusalReason};
use callout_outbound::{
    Allowed, Credential, EgressPolicy, FixedAnswer, Outbound, Owner, Proxy, Resolver, Route, SetupError,
};
use callout_testkit::{Canary, CertificateKind, ClosedPort, Remote, Reply, TunnelProxy, TunnelReply};

use crate::world::{
    OPEN, SHUT, answered, body, call, get, hurried, limits, names, not_sent, owner, policy, refused,
    with_policy,
};

/// A policy whose calls go through this proxy.
fn through(url: &str) -> EgressPolicy {
    EgressPolicy { proxy: Some(Proxy::parse(url).unwrap()), ..policy() }
}

#[tokio::test]
async fn http_and_https_alike_go_through_a_tunnel_to_the_address_that_was_checked() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let plain = Remote::start(vec![Reply::new(200, "text/plain", "plain")]);
    let secure = Remote::serve_tls(CertificateKind::Good, |_| Reply::new(200, "text/plain", "secure"));
    let mut policy = through(&proxy.url());
    policy.extra_roots.push(secure.ca_der().into());
    let outbound = with_policy(policy);
    for (remote, said) in [(&plain, "plain"), (&secure, "secure")] {
        let url = remote.url_as("remote.test", "/a?b=c");
        for reused in [false, true] {
            let sent = call(&outbound, &get(&url), &limits()).await;
            assert_eq!(sent.timing.reused, reused);
            assert_eq!(body(sent), said);
        }
        // The request itself is as it would be without a proxy.
        let seen = &remote.requests()[0];
        assert_eq!(seen.target, "/a?b=c");
        assert_eq!(seen.header("host"), Some(format!("remote.test:{}", remote.port()).as_str()));
        assert!(seen.headers.iter().all(|(name, _)| !name.to_ascii_lowercase().starts_with("proxy")));
    }
    let wanted = [&plain, &secure]
        .map(|remote| format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", remote.address()));
    assert_eq!(proxy.heads(), wanted);
}

#[tokio::test]
async fn the_certificate_is_still_judged_by_the_name_that_was_called() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let remote = Remote::serve_tls(CertificateKind::Good, |_| Reply::status(200));
    let mut policy = through(&proxy.url());
    policy.extra_roots.push(remote.ca_der().into());
    let failure = not_sent(call(&with_policy(policy), &get(&remote.url_as("h.test", "/")), &limits()).await);
    assert_eq!(failure.message, "the certificate of h.test is not valid for this name");
}

#[tokio::test]
async fn the_guard_judges_the_target_before_the_proxy_is_asked() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let names = names().with("rebound.example", [FixedAnswer::addresses([[10, 0, 0, 1].into()])]);
    let outbound = Outbound::new(through(&proxy.url()), Resolver::fixed(names)).unwrap();
    for url in ["https://rebound.example/", "https://127.0.0.3/", "https://169.254.169.254/"] {
        let refusal = refused(call(&outbound, &get(url), &limits()).await);
        assert_eq!(refusal.reason, RefusalReason::BlockedAddress, "{url}");
    }
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn the_proxys_own_address_opens_nothing_for_calls() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let url = format!("{}/", proxy.url());
    assert!(!through(&proxy.url()).judge(&url, None).allow);
}

#[tokio::test]
async fn credentials_go_to_the_proxy_and_nobody_else() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let remote = Remote::start(vec![Reply::status(204)]);
    let url = proxy.url().replace("http://", "http://us%40er:p%3Ass@");
    let policy = through(&url);
    assert!(!format!("{policy:?}").contains("us@er"), "{policy:?}");
    assert_eq!(answered(call(&with_policy(policy), &get(&remote.url("/")), &limits()).await).status, 204);
    // us@er:p:ss
    assert!(proxy.heads()[0].contains("\r\nProxy-Authorization: Basic dXNAZXI6cDpzcw==\r\n"));
    assert!(!format!("{:?}", remote.only_request()).contains("dXNAZXI6"));
}

#[tokio::test]
async fn a_proxy_that_opens_no_way_is_a_network_failure_and_nothing_was_sent() {
    let long = Box::leak(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(9000)).into_boxed_str());
    for (does, words) in [
        (
            TunnelReply::Answers("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            "other credentials (407)",
        ),
        (TunnelReply::Answers("HTTP/1.1 503 No\r\n\r\nsecret banner"), "did not open a way to h.test (503)"),
        (TunnelReply::Answers("HTTP/1.1 2000 OK\r\n\r\n"), "did not answer in HTTP"),
        (TunnelReply::Answers("SSH-2.0-x\r\n\r\n"), "did not answer in HTTP"),
        (TunnelReply::Answers(long), "a head that does not end"),
        (TunnelReply::HangsUp, "broke off the connection"),
    ] {
        let proxy = TunnelProxy::start(does);
        let sent = call(&with_policy(through(&proxy.url())), &get("http://h.test/"), &limits()).await;
        let failure = not_sent(sent);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::Connect));
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(!failure.message.contains("banner") && !failure.message.contains("127.0.0"));
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_stalls_is_told_as_such() {
    let closed = ClosedPort::start(TunnelProxy::IP);
    let policy = through(&closed.url(""));
    let failure = not_sent(call(&with_policy(policy), &get("http://h.test/"), &limits()).await);
    assert_eq!(failure.message, "the proxy refused the connection");
    let proxy = TunnelProxy::start(TunnelReply::Stalls);
    let failure =
        not_sent(call(&with_policy(through(&proxy.url())), &get("http://h.test/"), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::Connect));
}

#[tokio::test]
async fn a_name_of_a_proxy_is_looked_up_and_not_judged() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let remote = Remote::start(vec![Reply::status(204)]);
    let names = names().with("proxy.corp", [FixedAnswer::addresses([TunnelProxy::IP])]);
    let policy = through(&format!("http://proxy.corp:{}/", proxy.port()));
    let outbound = Outbound::new(policy, Resolver::fixed(names)).unwrap();
    assert_eq!(answered(call(&outbound, &get(&remote.url("/")), &limits()).await).status, 204);
    assert_eq!(proxy.heads().len(), 1);
    let lost = with_policy(through("http://nowhere.corp:3128"));
    let failure = not_sent(call(&lost, &get(&remote.url("/")), &limits()).await);
    assert_eq!(failure.message, "the host of the proxy has no address");
}

#[tokio::test]
async fn an_orgs_own_way_out_goes_before_the_policys_and_shares_no_connection_with_it() {
    let [first, second] = [TunnelReply::Opens, TunnelReply::Opens].map(TunnelProxy::start);
    let remote = Remote::start(vec![Reply::status(204)]);
    let mut policy = through(&first.url());
    policy.allow.push(Allowed::new("127.0.0.3", "127.0.0.3/32").unwrap());
    let outbound = with_policy(policy);
    let route = || Route { proxy: Some(Proxy::parse(&second.url()).unwrap()), ..Route::default() };
    let own = || Owner { route: Some(Arc::new(route())), ..owner() };
    let mut reused = Vec::new();
    for owner in [owner(), own(), own(), owner()] {
        let sent = outbound.send(&owner, &get(&remote.url("/")), &Credential::none(), &limits()).await;
        reused.push(sent.timing.reused);
        answered(sent);
    }
    assert_eq!(reused, [false, false, true, true]);
    assert_eq!((first.heads().len(), second.heads().len()), (1, 1));
}

#[tokio::test]
async fn an_orgs_proxy_reaches_nothing_that_its_calls_may_not() {
    let canary = Canary::start(SHUT);
    let names = names()
        .with("proxy.example", [FixedAnswer::addresses([SHUT])])
        .with("mixed.example", [FixedAnswer::addresses([[1, 1, 1, 1].into(), SHUT])]);
    let own = SocketAddr::new(OPEN, 4711);
    let policy = EgressPolicy { own_listeners: vec![own], ..policy() };
    let outbound = Outbound::new(policy, Resolver::fixed(names)).unwrap();
    for (proxy, reason, told_early) in [
        (format!("http://127.0.0.1:{}", canary.port()), RefusalReason::BlockedAddress, true),
        (format!("http://[::ffff:127.0.0.1]:{}", canary.port()), RefusalReason::BlockedAddress, true),
        (format!("http://proxy.example:{}", canary.port()), RefusalReason::BlockedAddress, false),
        (format!("http://mixed.example:{}", canary.port()), RefusalReason::BlockedAddress, false),
        (format!("http://localhost:{}", canary.port()), RefusalReason::NameRefused, true),
        ("http://169.254.169.254:80".to_owned(), RefusalReason::BlockedAddress, true),
        (format!("http://{own}"), RefusalReason::BlockedAddress, true),
    ] {
        let proxy = Proxy::parse(&proxy).unwrap();
        assert_eq!(outbound.policy().judge_proxy(&proxy).is_err(), told_early, "{proxy:?}");
        let route = Route { proxy: Some(proxy), ..Route::default() };
        let owner = Owner { route: Some(Arc::new(route)), ..owner() };
        let sent = outbound.send(&owner, &get("http://h.test/"), &Credential::none(), &limits()).await;
        let refusal = refused(sent);
        assert_eq!(refusal.reason, reason);
        assert!(refusal.message.contains("The proxy that is set for this org"), "{}", refusal.message);
        assert!(!refusal.message.contains("127.0.0") && !refusal.message.contains("example"));
    }
    let ports = EgressPolicy { ports: Some(vec![443]), ..EgressPolicy::default() };
    let refusal = ports.judge_proxy(&Proxy::parse("http://proxy.example:3128").unwrap()).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::Port);
}

#[tokio::test]
async fn calls_leave_from_the_address_that_is_set_for_all_or_for_an_org() {
    let remote = Remote::start(vec![Reply::status(204)]);
    let [all, org] = [9, 10].map(|last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)));
    let outbound = with_policy(EgressPolicy { source_address: Some(all), ..policy() });
    let route = Route { source_address: Some(org), ..Route::default() };
    let own = Owner { route: Some(Arc::new(route)), ..owner() };
    for owner in [owner(), own] {
        answered(outbound.send(&owner, &get(&remote.url("/")), &Credential::none(), &limits()).await);
    }
    let peers: Vec<IpAddr> = remote.requests().iter().map(|request| request.peer.ip()).collect();
    assert_eq!(peers, [all, org]);
}

#[tokio::test]
async fn the_way_to_a_proxy_begins_at_the_source_address_too() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let remote = Remote::start(vec![Reply::status(204)]);
    let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));
    let policy = EgressPolicy { source_address: Some(source), ..through(&proxy.url()) };
    answered(call(&with_policy(policy), &get(&remote.url("/")), &limits()).await);
    assert_eq!(proxy.peers(), [source]);
}

#[test]
fn a_proxy_is_a_host_and_a_port_over_http() {
    for text in ["http://proxy.corp:3128", "http://proxy.corp", "http://[::1]:1/", "http://a:b@10.0.0.1:8080"]
    {
        assert!(Proxy::parse(text).is_ok(), "{text}");
    }
    for text in [
        "proxy.corp:3128",
        "https://proxy.corp",
        "socks5://p:1",
        "http://p:0",
        "http://p/path",
        "http://p?q",
        "",
    ] {
        assert!(matches!(Proxy::parse(text), Err(SetupError::Proxy(_))), "{text}");
    }
    let error = Proxy::parse("https://user:s3cr3t@proxy.corp").unwrap_err().to_string();
    assert!(!error.contains("s3cr3t"), "{error}");
    assert_ne!(Proxy::parse("http://a:b@p:1").ok(), Proxy::parse("http://a:c@p:1").ok());
    assert!(Allowed::new("proxy.corp", "10.0.0.0/8").is_ok());
}
