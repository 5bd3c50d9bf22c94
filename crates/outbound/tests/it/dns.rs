//! Look-ups: every address is checked, each attempt looks anew, and a bad name server costs no more than time.

use std::net::IpAddr;

use callout_flow::outcome::{FailureClass, Phase, RefusalReason};
use callout_outbound::{Allowed, EgressPolicy, FixedAnswer, FixedNames, HostPattern, Outbound, Resolver};
use callout_testkit::{Canary, DnsAnswer, DnsServer, Remote, Reply};

use crate::world::{OPEN, SHUT, answered, body, call, get, hurried, limits, not_sent, policy, refused};

struct Row {
    url: &'static str,
    script: &'static str,
    verdict: &'static str,
}

fn rows(kind: &str) -> Vec<Row> {
    include_str!("../fixtures/egress_dns_redirect.tsv")
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|columns| columns[0] == kind)
        .map(|columns| Row { url: columns[1], script: columns[2], verdict: columns[3] })
        .collect()
}

/// `A=1.1.1.1,127.0.0.1;AAAA=…;CNAME=a>b` as answers, one per attempt.
fn answers(script: &str) -> Vec<FixedAnswer> {
    let mut tries = vec![(0, Vec::new())];
    for part in script.split(';') {
        if part == "TIMEOUT" {
            return vec![FixedAnswer::Silence];
        }
        let part = match part.split_once(':') {
            Some(("try1", rest)) => rest,
            Some(("try2", rest)) => {
                tries.push((0, Vec::new()));
                rest
            }
            _ => part,
        };
        let (key, value) = part.trim_end_matches("(refused)").split_once('=').unwrap();
        let (links, addresses) = tries.last_mut().unwrap();
        match key {
            "A" | "AAAA" => addresses.extend(value.split(',').map(|ip| ip.parse::<IpAddr>().unwrap())),
            "CNAME" if value.contains('*') => *links = value.split_once('*').unwrap().1.parse().unwrap(),
            "CNAME" => *links = value.split('>').count(),
            "allow_cidr" => {}
            other => panic!("unknown part {other}"),
        }
    }
    tries.into_iter().map(|(links, addresses)| FixedAnswer::Addresses { links, addresses }).collect()
}

fn policy_of(row: &Row) -> EgressPolicy {
    let host = row.url.parse::<url::Url>().unwrap().host_str().unwrap().to_owned();
    let allow = row.script.split_once("allow_cidr=").map(|(_, cidr)| Allowed::new(&host, cidr).unwrap());
    EgressPolicy {
        allow: allow.into_iter().collect(),
        http_hosts: vec![HostPattern::parse("*").unwrap()],
        ..EgressPolicy::default()
    }
}

#[tokio::test]
async fn every_row_of_the_fixture_ends_as_it_says() {
    let rows = rows("dns");
    assert_eq!(rows.len(), 15, "the fixture is whole");
    for row in rows {
        let canary = Canary::start(SHUT);
        let policy = policy_of(&row);
        let url: url::Url = row.url.parse().unwrap();
        let host = url.host_str().unwrap();
        let scripted = answers(row.script);
        // What would leave this machine is judged only.
        if let Some(FixedAnswer::Addresses { links: 0, addresses }) = scripted.first()
            && row.verdict == "allow"
        {
            let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let verdict = policy.judge(row.url, (!texts.is_empty()).then_some(&texts[..]));
            assert!(verdict.allow, "{}: {}", row.script, verdict.message);
            continue;
        }
        let mut url = url.clone();
        url.set_port(Some(canary.port())).unwrap();
        let scripted = scripted.into_iter().next_back().unwrap();
        let names = FixedNames::new().with(host, [scripted]);
        let outbound = Outbound::new(policy, Resolver::fixed(names.clone())).unwrap();
        let sent = call(&outbound, &get(url.as_str()), &hurried()).await;
        match row.verdict {
            "block" => assert_eq!(refused(sent).reason, RefusalReason::BlockedAddress, "{}", row.script),
            "fail" => assert_eq!(not_sent(sent).phase, Phase::LookUp, "{}", row.script),
            other => panic!("unknown verdict {other}"),
        }
        assert_eq!(names.asked(host), 1, "{}", row.script);
    }
}

#[tokio::test]
async fn each_attempt_looks_up_and_checks_anew() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let canary = Canary::start(SHUT);
    let names =
        FixedNames::new().with("h.test", [FixedAnswer::addresses([OPEN]), FixedAnswer::addresses([SHUT])]);
    let outbound = Outbound::new(policy(), Resolver::fixed(names.clone())).unwrap();

    let url = remote.url_as("h.test", "/");
    assert_eq!(answered(call(&outbound, &get(&url), &limits()).await).status, 200);
    // Though a connection is idle and would do.
    assert_eq!(refused(call(&outbound, &get(&url), &limits()).await).reason, RefusalReason::BlockedAddress);
    assert_eq!(names.asked("h.test"), 2);
    assert_eq!(remote.requests().len(), 1);
    drop(canary);
}

#[tokio::test]
async fn a_refusal_tells_no_resolved_address() {
    let names = FixedNames::new().with("h.test", [FixedAnswer::addresses(["10.9.8.7".parse().unwrap()])]);
    let outbound = Outbound::new(policy(), Resolver::fixed(names)).unwrap();
    let refusal = refused(call(&outbound, &get("http://h.test/"), &limits()).await);
    assert!(!refusal.message.contains("10.9.8.7"), "{}", refusal.message);
    assert!(refusal.message.contains("[egress] allow"), "{}", refusal.message);
}

#[test]
fn resolvers_are_made_without_a_runtime() {
    Resolver::servers(&["127.0.0.2:5353".parse().unwrap(), "[::1]:53".parse().unwrap()]).unwrap();
    assert!(Resolver::servers(&[]).is_err());
}

/// A name server over real UDP, and an `Outbound` that asks it and no other.
fn asking(script: impl Fn(&str, usize) -> DnsAnswer + Send + 'static) -> (DnsServer, Outbound) {
    let server = DnsServer::start(script);
    let outbound = Outbound::new(policy(), Resolver::servers(&[server.address()]).unwrap()).unwrap();
    (server, outbound)
}

#[tokio::test]
async fn a_given_name_server_is_asked_once_per_attempt_and_for_the_absolute_name() {
    let remote = Remote::start(vec![Reply::new(200, "text/plain", "hello")]);
    let (server, outbound) = asking(|_, _| DnsAnswer::Addresses(vec![OPEN]));
    let url = remote.url_as("h.test", "/");
    for _ in 0..2 {
        assert_eq!(body(call(&outbound, &get(&url), &limits()).await), "hello");
    }
    let mut queries = server.queries();
    queries.sort();
    assert_eq!(queries, ["A h.test", "A h.test", "AAAA h.test", "AAAA h.test"]);
}

#[tokio::test]
async fn a_rebinding_name_server_gets_nowhere() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let canary = Canary::start(SHUT);
    let (_server, outbound) =
        asking(|_, before| DnsAnswer::Addresses(vec![if before == 0 { OPEN } else { SHUT }]));
    let url = remote.url_as("h.test", "/");
    assert_eq!(answered(call(&outbound, &get(&url), &limits()).await).status, 200);
    assert_eq!(refused(call(&outbound, &get(&url), &limits()).await).reason, RefusalReason::BlockedAddress);
    drop(canary);
}

#[tokio::test]
async fn one_bad_address_among_both_families_refuses_the_answer() {
    let canary = Canary::start(SHUT);
    let (_server, outbound) = asking(|_, _| DnsAnswer::Addresses(vec![OPEN, "fe80::1".parse().unwrap()]));
    let url = format!("http://h.test:{}/", canary.port());
    assert_eq!(refused(call(&outbound, &get(&url), &limits()).await).reason, RefusalReason::BlockedAddress);
}

#[tokio::test]
async fn a_name_server_that_fails_is_a_network_failure_of_one_shape() {
    for answer in [
        DnsAnswer::NoSuchName,
        DnsAnswer::Failure,
        DnsAnswer::Addresses(vec![]),
        DnsAnswer::Addresses((1..=33).map(|last| IpAddr::from([127, 0, 1, last])).collect()),
        DnsAnswer::Aliased { links: 9, addresses: vec![OPEN] },
    ] {
        let scripted = answer.clone();
        let (_server, outbound) = asking(move |_, _| scripted.clone());
        let failure = not_sent(call(&outbound, &get("http://h.test/"), &limits()).await);
        assert_eq!((failure.class, failure.phase), (FailureClass::Network, Phase::LookUp), "{answer:?}");
        assert!(failure.message.starts_with("the host h.test "), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_chain_of_eight_aliases_is_followed() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let (_server, outbound) = asking(|_, _| DnsAnswer::Aliased { links: 8, addresses: vec![OPEN] });
    let sent = call(&outbound, &get(&remote.url_as("h.test", "/")), &limits()).await;
    assert_eq!(answered(sent).status, 200);
}

#[tokio::test]
async fn a_silent_name_server_ends_with_the_deadline() {
    let (_server, outbound) = asking(|_, _| DnsAnswer::Silence);
    let failure = not_sent(call(&outbound, &get("http://h.test/"), &hurried()).await);
    assert_eq!((failure.class, failure.phase), (FailureClass::Timeout, Phase::LookUp));
}
