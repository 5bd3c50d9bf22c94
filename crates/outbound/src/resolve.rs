//! Looks a name up, once and as absolute: no search list, bounded in answers and in links of its chain.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::policy::SetupError;

/// Addresses in one answer: more is a mistake or an attack, and each would be checked.
pub(crate) const ADDRESSES_MAX: usize = 32;
/// Links of a CNAME chain: real ones have two or three.
const CHAIN_LINKS_MAX: usize = 8;
/// How long one query of a given server waits, and how often it is asked: both lie inside a call's deadline.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);
const QUERY_ATTEMPTS: usize = 2;
/// Nothing is kept: each attempt looks its name up anew and checks what it gets, and the machine's own
/// resolver caches by time to live already.
const CACHE_SIZE: u64 = 0;

/// Why a look-up gave no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookUpFailed {
    NoAddress,
    NoAnswer,
    Failed,
    TooManyAddresses,
    ChainTooLong,
}

impl LookUpFailed {
    /// Ends a sentence that begins with the host.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NoAddress => "has no address",
            Self::NoAnswer => "could not be looked up: no name server answered in time",
            Self::Failed => "could not be looked up: the name server failed",
            Self::TooManyAddresses => "has more than 32 addresses",
            Self::ChainTooLong => "is an alias behind more than 8 aliases",
        }
    }
}

/// Where names are looked up.
#[derive(Clone)]
pub struct Resolver(Source);

#[derive(Clone)]
enum Source {
    Servers(Box<TokioResolver>),
    Fixed(FixedNames),
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::Servers(_) => "Resolver(name servers)",
            Source::Fixed(_) => "Resolver(fixed)",
        })
    }
}

impl Resolver {
    /// As this machine is set up: its name servers and its hosts file, but never its search list.
    pub fn system() -> Result<Self, SetupError> {
        let (config, mut options) = hickory_resolver::system_conf::read_system_conf()
            .map_err(|error| SetupError::Resolver(error.to_string()))?;
        let (_, _, servers) = config.into_parts();
        options.use_hosts_file = ResolveHosts::Auto;
        Self::build(servers, options)
    }

    /// These name servers only, over UDP and TCP.
    pub fn servers(addresses: &[SocketAddr]) -> Result<Self, SetupError> {
        if addresses.is_empty() {
            return Err(SetupError::Resolver("no name server is given".into()));
        }
        let servers = addresses.iter().map(|address| {
            let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for connection in &mut connections {
                connection.port = address.port();
            }
            NameServerConfig::new(address.ip(), true, connections)
        });
        let mut options = ResolverOpts::default();
        options.use_hosts_file = ResolveHosts::Never;
        options.timeout = QUERY_TIMEOUT;
        options.attempts = QUERY_ATTEMPTS;
        Self::build(servers.collect(), options)
    }

    /// Names with scripted answers; every other name has none.
    pub fn fixed(names: FixedNames) -> Self {
        Self(Source::Fixed(names))
    }

    fn build(servers: Vec<NameServerConfig>, mut options: ResolverOpts) -> Result<Self, SetupError> {
        options.cache_size = CACHE_SIZE;
        options.preserve_intermediates = true; // the links of the chain are counted
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        let resolver = builder.build().map_err(|error| SetupError::Resolver(error.to_string()))?;
        Ok(Self(Source::Servers(Box::new(resolver))))
    }

    /// All addresses of a canonical name, IPv4 and IPv6; at least one, at most `ADDRESSES_MAX`.
    pub(crate) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, LookUpFailed> {
        let (links, addresses) = match &self.0 {
            Source::Servers(resolver) => ask(resolver, name).await?,
            Source::Fixed(names) => names.answer(name).await?,
        };
        if links > CHAIN_LINKS_MAX {
            return Err(LookUpFailed::ChainTooLong);
        }
        match addresses.len() {
            0 => Err(LookUpFailed::NoAddress),
            n if n > ADDRESSES_MAX => Err(LookUpFailed::TooManyAddresses),
            _ => Ok(addresses),
        }
    }
}

async fn ask(resolver: &TokioResolver, name: &str) -> Result<(usize, Vec<IpAddr>), LookUpFailed> {
    let mut name = Name::from_ascii(name).map_err(|_| LookUpFailed::NoAddress)?;
    name.set_fqdn(true);
    let (v4, v6) = tokio::join!(
        resolver.lookup(name.clone(), RecordType::A),
        resolver.lookup(name.clone(), RecordType::AAAA)
    );
    let mut links = 0;
    let mut addresses = Vec::new();
    let mut failed = LookUpFailed::NoAddress;
    for answer in [v4, v6] {
        match answer {
            Ok(lookup) => {
                links = links.max(collect(&lookup, &mut addresses));
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(_))) => {}
            Err(NetError::Timeout) => failed = LookUpFailed::NoAnswer,
            Err(_) => failed = LookUpFailed::Failed,
        }
    }
    // Half an answer is an answer: a name server that fails on AAAA alone is a common fault.
    if addresses.is_empty() && links <= CHAIN_LINKS_MAX { Err(failed) } else { Ok((links, addresses)) }
}

/// Takes the addresses of one answer and counts its links.
fn collect(lookup: &Lookup, addresses: &mut Vec<IpAddr>) -> usize {
    let mut links = 0;
    for record in lookup.answers() {
        match &record.data {
            RData::A(a) => addresses.push(IpAddr::V4(a.0)),
            RData::AAAA(aaaa) => addresses.push(IpAddr::V6(aaaa.0)),
            RData::CNAME(_) => links += 1,
            _ => {}
        }
    }
    links
}

/// One scripted answer to one look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixedAnswer {
    /// These addresses, behind so many links of a CNAME chain.
    Addresses { links: usize, addresses: Vec<IpAddr> },
    /// The name server says it failed.
    Fails,
    /// No name server ever answers: the call's deadline decides.
    Silence,
}

impl FixedAnswer {
    pub fn addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self::Addresses { links: 0, addresses: addresses.into_iter().collect() }
    }
}

/// Names with scripted answers, one per look-up; the last one repeats. Clones share the script.
#[derive(Clone, Debug, Default)]
pub struct FixedNames(Arc<Mutex<HashMap<String, Script>>>);

#[derive(Debug, Default)]
struct Script {
    answers: Vec<FixedAnswer>,
    asked: usize,
}

impl FixedNames {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(self, name: &str, answers: impl IntoIterator<Item = FixedAnswer>) -> Self {
        let script = Script { answers: answers.into_iter().collect(), asked: 0 };
        self.lock().insert(name.to_owned(), script);
        self
    }

    /// How often a name was looked up.
    pub fn asked(&self, name: &str) -> usize {
        self.lock().get(name).map_or(0, |script| script.asked)
    }

    async fn answer(&self, name: &str) -> Result<(usize, Vec<IpAddr>), LookUpFailed> {
        let answer = self.lock().get_mut(name).and_then(|script| {
            let turn = script.asked.min(script.answers.len().saturating_sub(1));
            script.asked += 1;
            script.answers.get(turn).cloned()
        });
        match answer {
            Some(FixedAnswer::Addresses { links, addresses }) => Ok((links, addresses)),
            Some(FixedAnswer::Fails) => Err(LookUpFailed::Failed),
            Some(FixedAnswer::Silence) => std::future::pending().await,
            None => Err(LookUpFailed::NoAddress),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Script>> {
        // The map is whole between any two statements, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
