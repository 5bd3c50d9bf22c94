//! Our own listeners, and everything on this machine that no entry opens, see no connection at all.

use std::net::SocketAddr;

use callout_flow::outcome::RefusalReason;
use callout_outbound::{Allowed, EgressPolicy, FixedAnswer, FixedNames, HostPattern, Outbound, Resolver};
use callout_testkit::Canary;

use crate::world::{SHUT, call, get, limits, refused};

fn opening_loopback(own: SocketAddr) -> EgressPolicy {
    let hosts = ["127.0.0.1", "127.0.0.7", "::1", "h.test"];
    EgressPolicy {
        allow: hosts
            .iter()
            .flat_map(|host| ["127.0.0.0/8", "::1/128"].map(|cidr| Allowed::new(host, cidr).unwrap()))
            .collect(),
        http_hosts: vec![HostPattern::parse("*").unwrap()],
        own_listeners: vec![own],
        ..EgressPolicy::default()
    }
}

#[tokio::test]
async fn our_own_listeners_are_refused_inside_an_open_network() {
    let names = FixedNames::new().with("h.test", [FixedAnswer::addresses([SHUT])]);
    for listening_on in ["127.0.0.1", "0.0.0.0", "::"] {
        let canary = Canary::start(SHUT);
        let own = SocketAddr::new(listening_on.parse().unwrap(), canary.port());
        let outbound = Outbound::new(opening_loopback(own), Resolver::fixed(names.clone())).unwrap();
        for host in ["127.0.0.1", "h.test", "[::ffff:127.0.0.1]", "0x7f000001"] {
            let url = format!("http://{host}:{}/", canary.port());
            let refusal = refused(call(&outbound, &get(&url), &limits()).await);
            assert_eq!(refusal.reason, RefusalReason::BlockedAddress, "{listening_on} {host}");
        }
    }
}

#[test]
fn a_listener_on_every_address_closes_all_of_loopback_and_one_on_loopback_only_itself() {
    let verdict = |own: &str, url: &str| opening_loopback(own.parse().unwrap()).judge(url, None).allow;
    assert!(!verdict("0.0.0.0:8080", "http://127.0.0.7:8080/"));
    assert!(!verdict("[::]:8080", "http://[::1]:8080/"));
    assert!(verdict("127.0.0.1:8080", "http://127.0.0.7:8080/"));
    assert!(verdict("0.0.0.0:8080", "http://127.0.0.7:8081/"));
}

#[tokio::test]
async fn nothing_that_is_shut_is_ever_dialled() {
    let canary = Canary::start(SHUT);
    let port = canary.port();
    let names = FixedNames::new().with("rebound.example", [FixedAnswer::addresses([SHUT])]);
    let policy = EgressPolicy {
        http_hosts: vec![HostPattern::parse("*").unwrap()],
        allow: vec![Allowed::new("127.0.0.2", "127.0.0.2/32").unwrap()],
        ..EgressPolicy::default()
    };
    let outbound = Outbound::new(policy, Resolver::fixed(names)).unwrap();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "localhost",
        "localhost.",
        "rebound.example",
    ] {
        refused(call(&outbound, &get(&format!("http://{host}:{port}/")), &limits()).await);
    }
    canary.assert_untouched();
}
