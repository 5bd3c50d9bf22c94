//! `[server]` and `[log]`: where the API listens, what it takes, and what it tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use callout_flow::import::DOCUMENT_BYTES_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest request body that an operator may allow: it is held in memory whole.
const REQUEST_BYTES_LIMIT: u64 = 64 << 20;
/// The largest document that an import reads.
const IMPORT_BYTES_LIMIT: u64 = DOCUMENT_BYTES_MAX as u64;

/// Where the API listens, and what it takes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// The address to listen on, as `address:port`; port 0 takes a free one. Only this machine reaches the default.
    pub listen: SocketAddr,
    /// Where callers reach this server, where that is not `listen`: `https://callout.example`. Pages of this origin may
    /// call the API; those of any other may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// The largest body of a request, in bytes (2 MiB): a draft, an event, a call; at most 64 MiB, since it is held whole.
    pub request_bytes_max: u64,
    /// The largest OpenAPI document that is imported over the API, and the largest draft of an integration, in bytes (32 MiB, the
    /// most that is read).
    pub import_bytes_max: u64,
    /// How long a request's head may take to come, and how long a connection may stand idle, in milliseconds: a slow or
    /// silent caller holds a connection no longer than this.
    pub head_timeout_ms: u64,
    /// How long a request's body may take to come, in milliseconds.
    pub body_timeout_ms: u64,
    /// Connections at once; further callers wait to be taken. Each holds a file descriptor.
    pub connections_max: NonZeroUsize,
    /// How long a stop waits for requests and runs under way before it ends without them, in seconds.
    pub drain_seconds: u64,
    /// Threads that serve, each with its own share of the connections; one for each core where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<NonZeroUsize>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            request_bytes_max: 2 << 20,
            import_bytes_max: IMPORT_BYTES_LIMIT,
            head_timeout_ms: 15_000,
            body_timeout_ms: 30_000,
            connections_max: const { NonZeroUsize::new(4096).unwrap() },
            drain_seconds: 20,
            threads: None,
        }
    }
}

impl ServerConfig {
    /// What the types alone do not hold.
    pub(super) fn check(&self) -> Result<()> {
        for (key, value, most) in [
            ("request_bytes_max", self.request_bytes_max, REQUEST_BYTES_LIMIT),
            ("import_bytes_max", self.import_bytes_max, IMPORT_BYTES_LIMIT),
        ] {
            if !(1..=most).contains(&value) {
                bail!("server.{key} is {value}; it must be between 1 and {most}");
            }
        }
        for (key, value) in
            [("head_timeout_ms", self.head_timeout_ms), ("body_timeout_ms", self.body_timeout_ms)]
        {
            if value == 0 {
                bail!("server.{key} is 0: no request could come in time; give milliseconds, at least 1");
            }
        }
        self.public_origin().map(|_| ())
    }

    /// Scheme, host and port of `public_url`, as a browser's `Origin` has them.
    pub fn public_origin(&self) -> Result<Option<String>> {
        let Some(text) = &self.public_url else { return Ok(None) };
        match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Some(url.origin().ascii_serialization()))
            }
            _ => bail!("server.public_url is `{text}`; write it as https://callout.example"),
        }
    }

    /// Where a browser on this machine, or wherever `public_url` says, finds the page; `listening` is the address that was taken.
    pub fn page_origin(&self, listening: SocketAddr) -> Result<String> {
        let own = match listening.ip() {
            // No browser opens the address that stands for all of them.
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let own = SocketAddr::new(own, listening.port());
        Ok(self.public_origin()?.unwrap_or_else(|| format!("http://{own}")))
    }

    pub fn threads(&self) -> NonZeroUsize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}

/// What the log, on standard error, tells.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The least that is told.
    pub level: LogLevel,
    /// One line for each request: method, route, status and time, at level `info`.
    pub requests: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: LogLevel::Info, requests: false }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_an_address_that_it_can_open() {
        let config = ServerConfig::default();
        for (listening, origin) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.7:1", "http://192.0.2.7:1"),
        ] {
            assert_eq!(config.page_origin(listening.parse().unwrap()).unwrap(), origin);
        }
    }
}
