//! The guard's tables, row by row, and its verdict on every spelling of an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use callout_flow::outcome::Outcome;
use callout_outbound::{Allowed, EgressPolicy, FixedNames, HostPattern, Outbound, Resolver};
use proptest::prelude::*;
use url::Url;

use crate::world::{call, get, limits};

fn http_everywhere() -> EgressPolicy {
    EgressPolicy { http_hosts: vec![HostPattern::parse("*").unwrap()], ..EgressPolicy::default() }
}

/// URL, whether it is allowed, and why; rows about a choice of policy are left out.
fn vectors() -> Vec<(String, bool, &'static str)> {
    include_str!("../fixtures/egress_vectors.tsv")
        .lines()
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (url, verdict, why) = (columns.next()?, columns.next()?, columns.next()?);
            let url = serde_json::from_str(&format!("\"{url}\"")).unwrap();
            (!why.starts_with("[policy]")).then_some((url, verdict == "allow", why))
        })
        .collect()
}

#[test]
fn every_row_gets_its_verdict() {
    let policy = http_everywhere();
    let mut wrong = Vec::new();
    let vectors = vectors();
    assert!(vectors.len() > 200, "the fixture is whole");
    for (url, allow, why) in vectors {
        let verdict = policy.judge(&url, None);
        assert_eq!(verdict.allow, verdict.reason == "allowed");
        if verdict.allow != allow {
            wrong.push(format!("{url:?}: {} ({why})", verdict.reason));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_the_verdict_blocks_is_refused_when_sent() {
    let outbound = Outbound::new(http_everywhere(), Resolver::fixed(FixedNames::new())).unwrap();
    for (url, allow, why) in vectors() {
        if let (false, Ok(_)) = (allow, Url::parse(&url)) {
            let sent = call(&outbound, &get(&url), &limits()).await;
            assert!(matches!(sent.outcome, Outcome::Refused(_)), "{url}: {why}: {:?}", sent.outcome);
        }
    }
}

#[test]
fn reasons_are_stable_codes() {
    let policy = EgressPolicy { ports: Some(vec![443]), ..EgressPolicy::default() };
    let long = format!("https://example.com/{}", "a".repeat(9000));
    for (url, reason) in [
        ("https://example.com/", "allowed"),
        ("no url", "url_parse"),
        (long.as_str(), "url_parse"),
        ("http://example.com/", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("https://u:p@example.com/", "userinfo"),
        ("https://example.com:8443/", "port"),
        ("https://redis/", "name_refused"),
        ("https://127.0.0.1/", "blocked_address"),
    ] {
        assert_eq!(policy.judge(url, None).reason, reason, "{url}");
    }
    assert_eq!(policy.judge("https://EXAMPLE.com./", None).host.as_deref(), Some("example.com"));
}

#[test]
fn answers_stand_for_the_look_up() {
    let policy = EgressPolicy::default();
    let judge = |answers: &[&str]| {
        let answers: Vec<String> = answers.iter().map(|text| (*text).to_owned()).collect();
        policy.judge("https://example.com/", Some(&answers)).reason
    };
    assert_eq!(judge(&["93.184.216.34", "2606:4700::1"]), "allowed");
    assert_eq!(judge(&["93.184.216.34", "10.0.0.1"]), "blocked_address");
    assert_eq!(judge(&["::ffff:0:127.0.0.1"]), "blocked_address");
    assert_eq!(judge(&[]), "dns_error");
    assert_eq!(judge(&["not an address"]), "dns_error");
    assert_eq!(judge(&["1.1.1.1"; 33]), "dns_error");
}

#[test]
fn an_allow_entry_opens_its_host_and_its_network_and_nothing_else() {
    let policy = EgressPolicy {
        allow: vec![
            Allowed::new("api.internal", "10.1.0.0/16").unwrap(),
            Allowed::new("*.corp.example", "10.2.0.0/16").unwrap(),
            Allowed::new("10.3.0.1", "10.3.0.0/24").unwrap(),
        ],
        ..EgressPolicy::default()
    };
    let judge = |host: &str, answer: &str| {
        policy.judge(&format!("https://{host}/"), Some(&[answer.to_owned()])).reason
    };
    assert_eq!(judge("api.internal", "10.1.2.3"), "allowed");
    assert_eq!(judge("API.internal.", "10.1.2.3"), "allowed");
    assert_eq!(judge("api.internal", "8.8.8.8"), "allowed");
    assert_eq!(judge("api.internal", "10.2.2.3"), "blocked_address");
    assert_eq!(judge("other.internal", "10.1.2.3"), "name_refused");
    assert_eq!(judge("a.corp.example", "10.2.2.3"), "allowed");
    assert_eq!(judge("corp.example", "10.2.2.3"), "blocked_address");
    assert_eq!(judge("evilcorp.example", "10.2.2.3"), "blocked_address");
    assert_eq!(judge("0xa030001", ""), "allowed");
    assert_eq!(judge("[::ffff:10.3.0.1]", ""), "allowed");
    assert_eq!(judge("10.3.0.2", ""), "blocked_address");
}

#[test]
fn metadata_addresses_open_by_an_entry_for_that_address_only() {
    let allowing = |cidr: &str| EgressPolicy {
        allow: vec![Allowed::new("m.example", cidr).unwrap()],
        ..EgressPolicy::default()
    };
    for (address, wide, narrow) in [
        ("169.254.169.254", "169.254.0.0/16", "169.254.169.254/32"),
        ("169.254.170.2", "169.254.170.0/31", "169.254.170.2/32"),
        ("100.100.100.200", "100.64.0.0/10", "100.100.100.200/32"),
        ("192.0.0.192", "192.0.0.0/24", "192.0.0.192/32"),
        ("168.63.129.16", "168.63.129.0/24", "168.63.129.16/32"),
        ("fd00:ec2::254", "fd00::/8", "fd00:ec2::254/128"),
    ] {
        let judge =
            |cidr: &str| allowing(cidr).judge("https://m.example/", Some(&[address.to_owned()])).reason;
        assert_eq!(judge(wide), "blocked_address", "{address}");
        assert_eq!(judge(narrow), "allowed", "{address}");
    }
}

#[test]
fn a_policy_refuses_what_it_cannot_mean() {
    assert!(Allowed::new("*", "10.0.0.0/8").is_err());
    assert!(Allowed::new("api.internal", "10.0.0.1").is_err());
    assert!(Allowed::new("two words", "10.0.0.0/8").is_err());
    assert!(HostPattern::parse("*.").is_err());
    assert!(HostPattern::parse("a..b").is_err());
}

/// Every way in which a URL may spell one IPv4 address.
fn spellings(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets();
    let whole = u32::from(ip);
    let full = |text: String| text.chars().map(wide).collect::<String>();
    vec![
        ip.to_string(),
        format!("{ip}."),
        whole.to_string(),
        format!("0x{whole:x}"),
        format!("0X{whole:X}"),
        format!("0{whole:o}"),
        format!("{a}.{}", whole & 0xff_ffff),
        format!("0x{a:x}.{b}.{}", whole & 0xffff),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("0x{a:x}.0{b:o}.{c}.0x{d:x}"),
        full(ip.to_string()),
        ip.to_string().replace('.', "%2e"),
        format!("[::ffff:{ip}]"),
        format!("[0:0:0:0:0:FFFF:{:x}:{:x}]", whole >> 16, whole & 0xffff),
    ]
}

/// A character in full width, as an input method types it.
fn wide(c: char) -> char {
    char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c)
}

fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    // Half of them near the borders of the tables, where mistakes live.
    let borders = prop::sample::select(vec![
        "0.0.0.0",
        "10.0.0.0",
        "100.64.0.0",
        "127.0.0.0",
        "169.254.0.0",
        "172.16.0.0",
        "192.0.0.0",
        "192.168.0.0",
        "198.18.0.0",
        "224.0.0.0",
        "168.63.129.16",
        "203.0.113.0",
    ]);
    let near = (borders, -2i64..3).prop_map(|(border, by)| {
        let border: Ipv4Addr = border.parse().unwrap();
        Ipv4Addr::from((i64::from(u32::from(border)) + by) as u32)
    });
    prop_oneof![near, any::<u32>().prop_map(Ipv4Addr::from)]
}

proptest! {
    #[test]
    fn every_spelling_of_an_ipv4_address_gets_one_verdict(ip in any_v4()) {
        let policy = http_everywhere();
        let plain = policy.judge(&format!("http://{ip}/"), None);
        let answered = policy.judge("http://example.com/", Some(&[ip.to_string()]));
        prop_assert_eq!(plain.allow, answered.allow);
        for spelling in spellings(ip) {
            let verdict = policy.judge(&format!("http://{spelling}/"), None);
            prop_assert_eq!((verdict.allow, verdict.host.as_deref()), (plain.allow, plain.host.as_deref()), "{}", spelling);
        }
        for embedded in [format!("[::{ip}]"), format!("[64:ff9b::{ip}]"), format!("[::ffff:0:{ip}]")] {
            prop_assert!(!policy.judge(&format!("http://{embedded}/"), None).allow, "{}", embedded);
        }
    }

    #[test]
    fn every_spelling_of_an_ipv6_address_gets_one_verdict(bits in any::<u128>(), public in any::<bool>()) {
        let bits = if public { bits >> 3 | 1 << 125 } else { bits };
        let ip = Ipv6Addr::from(bits);
        let policy = http_everywhere();
        let plain = policy.judge(&format!("http://[{ip}]/"), None);
        let long: Vec<String> = ip.segments().iter().map(|part| format!("{part:04X}")).collect();
        for spelling in [long.join(":"), format!("{}:{}", long[..6].join(":"), Ipv4Addr::from(bits as u32))] {
            let verdict = policy.judge(&format!("http://[{spelling}]/"), None);
            prop_assert_eq!(&verdict.reason, &plain.reason, "{}", spelling);
        }
        if plain.allow {
            prop_assert!(matches!(ip.segments()[0], 0x2000..=0x3fff) || IpAddr::V6(ip).to_canonical().is_ipv4());
        }
    }

    #[test]
    fn no_input_makes_the_guard_panic(url in ".{0,200}", scheme in "https?:/{0,3}") {
        let policy = EgressPolicy::default();
        let _ = policy.judge(&url, None);
        let _ = policy.judge(&format!("{scheme}{url}"), None);
    }
}
