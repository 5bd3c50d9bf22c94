//! Which addresses are public: the tables, by the RFC that reserves each range.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::guard::HostKey;
use crate::policy::EgressPolicy;

/// IPv4 ranges that are not public (IANA special-purpose registry of 2025-10-09, and what clouds add).
const BLOCKED_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8), // "this network", RFC 791; 0.0.0.0 reaches loopback on Linux
    (Ipv4Addr::new(10, 0, 0, 0), 8), // private, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared address space, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8), // loopback, RFC 1122
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's WireServer: public by number only
    (Ipv4Addr::new(169, 254, 0, 0), 16), // link-local and metadata, RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12), // private, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24), // IETF protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24), // documentation, RFC 5737
    (Ipv4Addr::new(192, 88, 99, 0), 24), // 6to4 relay anycast, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16), // private, RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15), // benchmarking, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24), // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4), // multicast, RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4), // reserved and broadcast, RFC 1112
];

/// The only IPv6 space that is routed to hosts (RFC 4291). Everything else, NAT64 included, is refused.
const PUBLIC_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is not public inside it.
const BLOCKED_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // Teredo, benchmarking, ORCHID, RFC 2928
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: embeds any IPv4, RFC 3056
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation, RFC 9637
];

/// Where clouds hand credentials to whoever asks: opened by an entry for that one address only.
const METADATA_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(100, 100, 100, 200), 32), // Alibaba
    (Ipv4Addr::new(168, 63, 129, 16), 32),   // Azure's WireServer
    (Ipv4Addr::new(169, 254, 0, 0), 16),     // AWS, Google, Azure, and their container agents
    (Ipv4Addr::new(192, 0, 0, 192), 32),     // Oracle
];
const METADATA_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23), 128), // AWS EKS pod identity
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128), // AWS
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128), // Google
];

/// The address that an IPv4-mapped one stands for, or itself. Other embeddings are left to be refused.
pub(crate) fn canonical_ip(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Whether a host may be reached at this address and port. Our own listeners go before any allow entry.
pub(crate) fn is_open(policy: &EgressPolicy, host: &HostKey, ip: IpAddr, port: u16) -> bool {
    let ip = canonical_ip(ip);
    if policy.is_own_listener(ip, port) {
        return false;
    }
    is_public(ip) || policy.opens(host, ip, is_metadata(ip))
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !in_v4(BLOCKED_V4, v4),
        IpAddr::V6(v6) => in_v6(&[PUBLIC_V6], v6) && !in_v6(BLOCKED_V6, v6),
    }
}

fn is_metadata(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => in_v4(METADATA_V4, v4),
        IpAddr::V6(v6) => in_v6(METADATA_V6, v6),
    }
}

fn in_v4(ranges: &[(Ipv4Addr, u8)], ip: Ipv4Addr) -> bool {
    // No range is a /0, so the shift stays below the width.
    ranges.iter().any(|&(net, bits)| (net.to_bits() ^ ip.to_bits()) >> (32 - bits) == 0)
}

fn in_v6(ranges: &[(Ipv6Addr, u8)], ip: Ipv6Addr) -> bool {
    ranges.iter().any(|&(net, bits)| (net.to_bits() ^ ip.to_bits()) >> (128 - bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(canonical_ip(text.parse().unwrap()))
    }

    #[test]
    fn edges_of_every_blocked_range_are_blocked_and_their_neighbours_are_not() {
        for &(net, bits) in BLOCKED_V4 {
            let size = 1u64 << (32 - bits);
            let first = u64::from(net.to_bits());
            assert!(!is_public(IpAddr::V4(net)), "{net}/{bits}");
            assert!(!is_public(IpAddr::V4(Ipv4Addr::from_bits((first + size - 1) as u32))), "{net}/{bits}");
        }
        for neighbour in
            ["1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"]
        {
            assert!(public(neighbour), "{neighbour}");
        }
        for neighbour in
            ["168.63.129.15", "168.63.129.17", "172.32.0.0", "192.0.1.0", "198.20.0.0", "223.255.255.255"]
        {
            assert!(public(neighbour), "{neighbour}");
        }
    }

    #[test]
    fn ipv4_in_ipv6_is_judged_as_ipv4_when_mapped_and_refused_in_every_other_embedding() {
        assert!(public("::ffff:8.8.8.8"));
        for inner in ["127.0.0.1", "8.8.8.8"] {
            for prefix in ["::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"] {
                assert!(!public(&format!("{prefix}{inner}")), "{prefix}{inner}");
            }
        }
        assert!(!public("::ffff:127.0.0.1"));
        assert!(!public("2002:808:808::1"));
    }
}
