//! Admits a URL or says why not: parse, scheme, user info, port, name, look-up, every address.
//!
//! `Admitted` is the proof that all of it passed. Only this module can make one, and only an `Admitted` can be
//! dialled.

mod address;
mod name;

use std::net::{IpAddr, SocketAddr};

use callout_flow::outcome::{Refusal, RefusalReason};
use url::{Host, Url};

use crate::policy::EgressPolicy;
use crate::resolve::{ADDRESSES_MAX, LookUpFailed, Resolver};
use crate::route::Proxy;
pub(crate) use address::canonical_ip;
use name::NameFault;

/// The longest URL that is looked at, in bytes: longer ones are refused by most servers too.
const URL_BYTES_MAX: usize = 8 * 1024;

/// A host in the one form in which hosts are compared: lower case, punycode, no trailing dot; an address as
/// a number, IPv4-mapped ones as IPv4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostKey {
    Name(String),
    Address(IpAddr),
}

impl HostKey {
    /// Reads a host as it would stand in a URL; an IPv6 address may go without brackets.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self::Address(canonical_ip(ip)));
        }
        let host = Host::parse(text).ok()?;
        let key = Self::of(&host);
        match &key {
            Self::Name(name) if matches!(name::name_fault(name), Some(NameFault::Malformed(_))) => None,
            _ => Some(key),
        }
    }

    fn of<S: AsRef<str>>(host: &Host<S>) -> Self {
        match host {
            Host::Ipv4(ip) => Self::Address(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => Self::Address(canonical_ip(IpAddr::V6(*ip))),
            Host::Domain(name) => {
                let name = name.as_ref();
                Self::Name(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase())
            }
        }
    }
}

impl std::fmt::Display for HostKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

/// Scheme, host and port: what a connection, a credential and a redirect are bound to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) secure: bool,
    pub(crate) host: HostKey,
    pub(crate) port: u16,
}

impl Origin {
    /// The `Host` header: without the scheme's own port, an IPv6 address in brackets.
    pub(crate) fn host_header(&self) -> String {
        let host = match &self.host {
            HostKey::Address(IpAddr::V6(ip)) => format!("[{ip}]"),
            other => other.to_string(),
        };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

/// The proof that an origin may be dialled at these addresses. No `Debug`, no `Serialize`, no other maker.
pub(crate) struct Admitted {
    origin: Origin,
    addresses: Vec<SocketAddr>,
}

impl Admitted {
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// Why a URL was not admitted.
pub(crate) enum NotAdmitted {
    Refused(Refusal),
    LookUp(LookUpFailed),
}

/// The stages that need no network. A literal address is judged here, once and for all.
pub(crate) fn admit_origin(policy: &EgressPolicy, url: &Url) -> Result<Origin, Refusal> {
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(refusal(RefusalReason::UrlParse, "The URL is longer than 8 kB.".into()));
    }
    let secure = match url.scheme() {
        "https" => true,
        "http" => false,
        other => {
            let message = format!("Only https is called (and http to listed hosts), not {other}.");
            return Err(refusal(RefusalReason::Scheme, message));
        }
    };
    let Some(host) = url.host().map(|host| HostKey::of(&host)) else {
        return Err(refusal(RefusalReason::UrlParse, "The URL names no host.".into()));
    };
    if !secure && !policy.allows_http(&host) {
        let message = format!(
            "Plain http to {host} is not allowed. Use https, or an operator lists the host: \
             [egress] http_hosts = [\"{host}\"]."
        );
        return Err(refusal(RefusalReason::Scheme, message));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "The URL holds a user name or password; put credentials into auth or a connection.";
        return Err(refusal(RefusalReason::Userinfo, message.into()));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    admit_port(policy, port)?;
    admit_host(policy, &host, port)?;
    Ok(Origin { secure, host, port })
}

fn admit_port(policy: &EgressPolicy, port: u16) -> Result<(), Refusal> {
    if port == 0 || policy.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
        let message =
            format!("Port {port} is not allowed. An operator can list it: [egress] ports = [443, {port}].");
        return Err(refusal(RefusalReason::Port, message));
    }
    Ok(())
}

fn admit_host(policy: &EgressPolicy, host: &HostKey, port: u16) -> Result<(), Refusal> {
    match host {
        HostKey::Address(ip) if address::is_open(policy, host, *ip, port) => Ok(()),
        HostKey::Address(_) => Err(blocked_address(host)),
        HostKey::Name(name) => match name::name_fault(name) {
            None => Ok(()),
            Some(NameFault::Malformed(why)) => {
                Err(refusal(RefusalReason::NameRefused, format!("The host {why}.")))
            }
            Some(NameFault::Private(_)) if policy.names(host) => Ok(()),
            Some(NameFault::Private(why)) => {
                let message = format!(
                    "The host {name} {why}. An operator can allow it: \
                     [egress] allow = [{{ host = \"{name}\", cidr = \"…\" }}]."
                );
                Err(refusal(RefusalReason::NameRefused, message))
            }
        },
    }
}

/// The whole admission of one hop: what needs no network, then one look-up, and every address of it.
pub(crate) async fn admit(
    policy: &EgressPolicy,
    resolver: &Resolver,
    origin: Origin,
) -> Result<Admitted, NotAdmitted> {
    let addresses = match &origin.host {
        HostKey::Address(ip) => vec![*ip],
        HostKey::Name(name) => resolver.look_up(name).await.map_err(NotAdmitted::LookUp)?,
    };
    admit_addresses(policy, &origin, &addresses).map_err(NotAdmitted::Refused)?;
    let addresses = addresses.iter().map(|ip| SocketAddr::new(canonical_ip(*ip), origin.port)).collect();
    Ok(Admitted { origin, addresses })
}

/// The addresses of a proxy that an org has set. An org is not the operator: without this its proxy would reach
/// what its calls may not.
pub(crate) async fn admit_proxy(
    policy: &EgressPolicy,
    resolver: &Resolver,
    proxy: &Proxy,
) -> Result<Vec<SocketAddr>, NotAdmitted> {
    policy.judge_proxy(proxy).map_err(NotAdmitted::Refused)?;
    let origin = Origin { secure: false, host: proxy.host.clone(), port: proxy.port };
    match admit(policy, resolver, origin).await {
        Ok(admitted) => Ok(admitted.addresses),
        Err(NotAdmitted::Refused(refused)) => Err(NotAdmitted::Refused(refused_proxy(refused.reason))),
        Err(failed) => Err(failed),
    }
}

/// Without its name, which is not for everyone who draws a flow.
fn refused_proxy(reason: RefusalReason) -> Refusal {
    let message = format!(
        "The proxy that is set for this org may not be reached ({}). Set another, or an operator allows its host: \
         [egress] allow.",
        reason.as_str()
    );
    refusal(reason, message)
}

/// One bad address refuses the whole answer: filtering would let an attacker probe what is behind us.
fn admit_addresses(policy: &EgressPolicy, origin: &Origin, addresses: &[IpAddr]) -> Result<(), Refusal> {
    let open = |ip: &IpAddr| address::is_open(policy, &origin.host, *ip, origin.port);
    if addresses.iter().all(open) { Ok(()) } else { Err(blocked_address(&origin.host)) }
}

/// The same words whatever lies behind: they must not tell a closed port from a missing host.
fn blocked_address(host: &HostKey) -> Refusal {
    let what = match host {
        HostKey::Name(name) => format!("The host {name} does not lead to public addresses only."),
        HostKey::Address(ip) => format!("The address {ip} is not public."),
    };
    let fix = format!("An operator can allow it: [egress] allow = [{{ host = \"{host}\", cidr = \"…\" }}].");
    refusal(RefusalReason::BlockedAddress, format!("{what} {fix}"))
}

pub(crate) fn refusal(reason: RefusalReason, message: String) -> Refusal {
    Refusal { reason, message }
}

/// What the guard says of a URL, without sending anything.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    pub allow: bool,
    /// `allowed`, `dns_error`, or a code of `RefusalReason`.
    pub reason: &'static str,
    /// In canonical form, once the URL could be parsed.
    pub host: Option<String>,
    /// Empty where it is allowed.
    pub message: String,
}

impl Verdict {
    fn allowed(host: Option<String>) -> Self {
        Self { allow: true, reason: "allowed", host, message: String::new() }
    }

    fn refused(refusal: Refusal, host: Option<String>) -> Self {
        Self { allow: false, reason: refusal.reason.as_str(), host, message: refusal.message }
    }

    fn dns_error(host: Option<String>, message: &str) -> Self {
        Self { allow: false, reason: "dns_error", host, message: message.to_owned() }
    }
}

impl EgressPolicy {
    /// Whether an org may set this proxy, as far as that can be told without a look-up. Its addresses are judged
    /// again on every way through it.
    pub fn judge_proxy(&self, proxy: &Proxy) -> Result<(), Refusal> {
        let judged = admit_port(self, proxy.port).and_then(|()| admit_host(self, &proxy.host, proxy.port));
        judged.map_err(|refused| refused_proxy(refused.reason))
    }

    /// Judges a URL as `send` would, with `answers` standing for the look-up of its name. Without them a name
    /// passes as far as it can be judged; an empty list is a look-up that found nothing. Touches no network.
    pub fn judge(&self, url: &str, answers: Option<&[String]>) -> Verdict {
        let unparsable = || {
            let why = "This is not a URL, or it is longer than 8 kB.";
            Verdict::refused(refusal(RefusalReason::UrlParse, why.into()), None)
        };
        if url.len() > URL_BYTES_MAX {
            return unparsable();
        }
        let Ok(url) = Url::parse(url) else { return unparsable() };
        let host = url.host().map(|host| HostKey::of(&host).to_string());
        let origin = match admit_origin(self, &url) {
            Ok(origin) => origin,
            Err(refusal) => return Verdict::refused(refusal, host),
        };
        let (HostKey::Name(_), Some(answers)) = (&origin.host, answers) else {
            return Verdict::allowed(host);
        };
        let Ok(addresses) = answers.iter().map(|text| text.parse()).collect::<Result<Vec<IpAddr>, _>>()
        else {
            return Verdict::dns_error(host, "An answer is not an address.");
        };
        if addresses.is_empty() || addresses.len() > ADDRESSES_MAX {
            return Verdict::dns_error(host, "The name has no address, or more than 32.");
        }
        match admit_addresses(self, &origin, &addresses) {
            Ok(()) => Verdict::allowed(host),
            Err(refusal) => Verdict::refused(refusal, host),
        }
    }
}
