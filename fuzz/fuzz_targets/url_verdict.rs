//! Any text to a verdict: it never panics, and no address that is not public is ever allowed.
#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use callout_outbound::{EgressPolicy, HostPattern};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

static POLICY: LazyLock<EgressPolicy> = LazyLock::new(|| EgressPolicy {
    http_hosts: vec![HostPattern::parse("*").unwrap()],
    ..EgressPolicy::default()
});

fuzz_target!(|data: (&str, [u8; 16], bool)| {
    let (text, octets, v6) = data;
    let verdict = POLICY.judge(text, None);
    if verdict.allow {
        let url = Url::parse(text).expect("what is allowed is a URL");
        assert!(matches!(url.scheme(), "https" | "http"));
        assert!(url.username().is_empty() && url.password().is_none());
        match url.host().expect("what is allowed has a host") {
            Host::Ipv4(ip) => assert_public(ip.into()),
            Host::Ipv6(ip) => assert_public(ip.into()),
            Host::Domain(name) => assert!(name.trim_end_matches('.').contains('.'), "{name}"),
        }
        assert_eq!(POLICY.judge(url.as_str(), None), verdict, "the same URL, written canonically");
    }
    // The same table decides on what a look-up answers.
    let ip: IpAddr = if v6 { octets.into() } else { [octets[0], octets[1], octets[2], octets[3]].into() };
    if POLICY.judge("https://a.example/", Some(&[ip.to_string()])).allow {
        assert_public(ip);
    }
});

/// A second, coarser view of what is not public, from the standard library's own words where it has them.
fn assert_public(ip: IpAddr) {
    let refused = match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 != 0x2000 || v6.segments()[0] == 0x2002,
    };
    assert!(!refused, "{ip} is not public");
}
