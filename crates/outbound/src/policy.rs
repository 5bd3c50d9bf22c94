//! What may be reached: the operator's word, read by every admission.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

use crate::guard::{HostKey, canonical_ip};
use crate::route::Proxy;

/// The largest answer body read unless a node or the operator says otherwise, in bytes after decompression.
pub const RESPONSE_BYTES_DEFAULT: u64 = 1 << 20;
/// The largest answer body that anyone may ask for: it is held in memory whole.
pub const RESPONSE_BYTES_LIMIT: u64 = 64 << 20;
/// Sockets of one connection, or to one origin, unless the operator says otherwise.
const MAX_CONNECTIONS_DEFAULT: usize = 64;
/// How long a call waits for a free slot of its pool unless the operator says otherwise.
const SLOT_WAIT_DEFAULT: Duration = Duration::from_secs(1);

/// What may be reached, and how. Public addresses over https are open by default; the rest is opened here.
#[derive(Clone, Debug)]
pub struct EgressPolicy {
    /// Hosts whose names and addresses are let through although they are not public.
    pub allow: Vec<Allowed>,
    /// Hosts that may be called over plain http.
    pub http_hosts: Vec<HostPattern>,
    /// The only ports that may be called; any port but 0 where this is `None`.
    pub ports: Option<Vec<u16>>,
    /// The local address that connections leave from.
    pub source_address: Option<IpAddr>,
    /// What connections go through. Its own address is the operator's word: the guard judges those behind it.
    pub proxy: Option<Proxy>,
    /// What a call reads at most where neither node nor operation says otherwise, in bytes. A default for
    /// those who make `Limits`; `send` itself holds to the `Limits` it is given.
    pub response_bytes_max: u64,
    /// Sockets of one connection, or without one of one org to one origin, idle ones included, where `Limits` says
    /// nothing else; 0 lets no call out.
    pub max_connections: usize,
    /// How long a call waits for a free slot.
    pub slot_wait: Duration,
    /// Where this process itself listens: never reached, whatever `allow` says.
    pub own_listeners: Vec<SocketAddr>,
    /// Certificate authorities trusted beside the public ones, as DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            http_hosts: Vec::new(),
            ports: None,
            source_address: None,
            proxy: None,
            response_bytes_max: RESPONSE_BYTES_DEFAULT,
            max_connections: MAX_CONNECTIONS_DEFAULT,
            slot_wait: SLOT_WAIT_DEFAULT,
            own_listeners: Vec::new(),
            extra_roots: Vec::new(),
        }
    }
}

impl EgressPolicy {
    /// Whether an entry of `allow` names this host.
    pub(crate) fn names(&self, host: &HostKey) -> bool {
        self.allow.iter().any(|entry| entry.host.matches(host))
    }

    /// Whether an entry opens this address for this host with a prefix of at least `prefix_min` bits.
    pub(crate) fn opens(&self, host: &HostKey, ip: IpAddr, narrow: bool) -> bool {
        self.allow.iter().any(|entry| {
            entry.host.matches(host)
                && entry.cidr.contains(&ip)
                && (!narrow || entry.cidr.prefix_len() == entry.cidr.max_prefix_len())
        })
    }

    pub(crate) fn allows_http(&self, host: &HostKey) -> bool {
        self.http_hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// Secrets leave over http only to hosts that the operator wrote down, not to all by `*`.
    pub(crate) fn allows_secrets_over_http(&self, host: &HostKey) -> bool {
        self.http_hosts.iter().any(|pattern| *pattern != HostPattern::Any && pattern.matches(host))
    }

    /// One of our own listeners, or, where one listens on every address, any loopback of its port.
    pub(crate) fn is_own_listener(&self, ip: IpAddr, port: u16) -> bool {
        self.own_listeners.iter().any(|own| {
            let own_ip = canonical_ip(own.ip());
            own.port() == port
                && (own_ip == ip
                    || (own_ip.is_unspecified() && (ip.is_loopback() || ip.is_unspecified()))
                    || (own_ip.is_loopback() && ip.is_unspecified()))
        })
    }
}

/// One entry of the allow-list: these addresses are open for this host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, try_from = "AllowedText")]
pub struct Allowed {
    pub host: HostPattern,
    pub cidr: IpNet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowedText {
    host: String,
    cidr: String,
}

impl TryFrom<AllowedText> for Allowed {
    type Error = SetupError;

    fn try_from(text: AllowedText) -> Result<Self, SetupError> {
        Self::new(&text.host, &text.cidr)
    }
}

impl Allowed {
    /// Reads an entry as it stands in `callout.toml`: a host (`api.internal`, `*.corp.example`, an address)
    /// and a network (`10.1.0.0/16`).
    pub fn new(host: &str, cidr: &str) -> Result<Self, SetupError> {
        let pattern = HostPattern::parse(host)?;
        if pattern == HostPattern::Any {
            // It would open a private network to every URL that anyone can write into a flow.
            return Err(SetupError::AllowsEveryHost);
        }
        let cidr: IpNet = cidr.parse().map_err(|_| SetupError::Cidr(cidr.to_owned()))?;
        Ok(Self { host: pattern, cidr: canonical_net(cidr) })
    }
}

/// Writes a network inside `::ffff:0:0/96` as the IPv4 network it stands for, as addresses are.
fn canonical_net(net: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    if let (IpNet::V6(v6), IpAddr::V4(v4)) = (net, canonical_ip(net.addr()))
        && v6.prefix_len() >= MAPPED_BITS
        && let Ok(mapped) = ipnet::Ipv4Net::new(v4, v6.prefix_len() - MAPPED_BITS)
    {
        return IpNet::V4(mapped);
    }
    net
}

/// A host as an operator writes it: one host, all hosts under a domain, or all.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum HostPattern {
    /// `*`: every host.
    Any,
    /// `*.corp.example`: every name under it, not itself. Held as `.corp.example`.
    Under(String),
    /// One name or address, in canonical form.
    Exactly(HostKey),
}

impl TryFrom<String> for HostPattern {
    type Error = SetupError;

    fn try_from(text: String) -> Result<Self, SetupError> {
        Self::parse(&text)
    }
}

impl HostPattern {
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let wrong = || SetupError::Host(text.to_owned());
        if let Some(domain) = text.strip_prefix("*.") {
            return match HostKey::parse(domain) {
                Some(HostKey::Name(name)) => Ok(Self::Under(format!(".{name}"))),
                _ => Err(wrong()),
            };
        }
        HostKey::parse(text).map(Self::Exactly).ok_or_else(wrong)
    }

    pub fn matches(&self, host: &HostKey) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Under(suffix), HostKey::Name(name)) => name.ends_with(suffix.as_str()),
            (Self::Under(_), HostKey::Address(_)) => false,
            (Self::Exactly(wanted), host) => wanted == host,
        }
    }
}

/// Why an `Outbound` cannot be made of what the operator wrote.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("\"{0}\" is not a host: write a name, an address, or *.domain")]
    Host(String),
    #[error("\"{0}\" is not a network: write an address and a prefix length, as 10.1.0.0/16")]
    Cidr(String),
    #[error("an allow entry names its host: \"*\" would open the network to every URL")]
    AllowsEveryHost,
    #[error(
        "the proxy cannot be used: {0}; write http://host:port, with user:password@ where it asks for it"
    )]
    Proxy(&'static str),
    #[error("an extra root certificate cannot be read")]
    RootCertificate(#[source] rustls::Error),
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    #[error("the name look-up cannot be set up: {0}")]
    Resolver(String),
}
