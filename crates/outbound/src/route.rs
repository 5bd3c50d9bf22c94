//! The way that calls take out: the address that they leave from, and the proxy that they go through.

mod tunnel;

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callout_flow::request::SecretText;
use url::Url;

use crate::guard::HostKey;
use crate::policy::SetupError;

/// The way out of one org's calls. What it leaves open is as the policy has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Route {
    /// The local address that connections leave from.
    pub source_address: Option<IpAddr>,
    pub proxy: Option<Proxy>,
}

/// An HTTP proxy that opens tunnels (CONNECT). Every call through it is a tunnel, over https and http alike.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(crate) host: HostKey,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<SecretText>,
}

impl Proxy {
    /// Reads `http://host:port`, with `user:password@` before the host where the proxy asks for it.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let url = Url::parse(text).map_err(|_| SetupError::Proxy("it is not a URL"))?;
        if url.scheme() != "http" {
            return Err(SetupError::Proxy("its scheme is not http"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(SetupError::Proxy("it has more than a host and a port"));
        }
        let host = url.host_str().and_then(|host| HostKey::parse(host.trim_matches(['[', ']'])));
        let host = host.ok_or(SetupError::Proxy("it names no host"))?;
        let port = url.port_or_known_default().filter(|port| *port != 0);
        let port = port.ok_or(SetupError::Proxy("it names no port"))?;
        let authorization = authorization(&url)?;
        Ok(Self { host, port, authorization })
    }
}

fn authorization(url: &Url) -> Result<Option<SecretText>, SetupError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8();
    let (Ok(user), Ok(password)) = (decoded(url.username()), decoded(url.password().unwrap_or_default()))
    else {
        return Err(SetupError::Proxy("its user name or password is not UTF-8"));
    };
    Ok(Some(SecretText::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))))
}

/// Without its credentials: equal ones still have equal hashes.
impl Hash for Proxy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.host.hash(state);
        self.port.hash(state);
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}
