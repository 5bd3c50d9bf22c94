//! `callout.toml`, and the environment over it.

mod environment;
mod proxy;
mod secrets;
mod server;
mod store;

pub use proxy::ProxyUrl;
pub use secrets::SecretsConfig;
pub use server::{LogConfig, LogLevel, ServerConfig};
pub use store::{RunsConfig, StoreConfig};

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use callout_engine::{Engine, EngineLimits, Outbound, Resolver, Store};
use callout_outbound::{Allowed, EgressPolicy, FixedNames, HostPattern, RESPONSE_BYTES_LIMIT};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The configuration of a Callout process. Every key can also be set as `CALLOUT_SECTION_KEY` in the environment,
/// where lists are written with commas or as TOML.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Callout configuration")]
pub struct Config {
    pub egress: EgressConfig,
    pub server: ServerConfig,
    pub store: StoreConfig,
    pub secrets: SecretsConfig,
    pub runs: RunsConfig,
    pub log: LogConfig,
}

/// What calls may reach.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EgressConfig {
    /// Private addresses that calls may reach, by host and range.
    pub allow: Vec<AllowConfig>,
    /// Hosts that may be called over http; `*` for all.
    pub http_hosts: Vec<String>,
    /// DNS servers to ask, as `address:port`, instead of the system's.
    pub dns: Vec<std::net::SocketAddr>,
    /// The only ports that calls may use; any where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<u16>>,
    /// The local address that calls leave from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub source_address: Option<IpAddr>,
    /// The HTTP proxy that calls go through: `http://host:port`, with `user:password@` where it asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyUrl>,
    /// The most of an answer's body that is read where a node gives no cap: bytes, after decompression; at most 64 MiB.
    pub response_bytes_max: u64,
    /// The longest that one attempt may take, whatever a flow says: milliseconds.
    pub timeout_ms_max: u64,
    /// Connections at once to one host.
    pub max_connections: usize,
    /// How long a call waits for a free connection before it ends as `max-connection`: milliseconds.
    pub connection_wait_ms: u64,
    /// A PEM file of certificates to trust beside the public ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// A host whose private addresses are open.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowConfig {
    /// A name, `*.` and a suffix, or an address.
    pub host: String,
    /// The range that its addresses must be in; metadata addresses open only by /32 or /128.
    pub cidr: String,
}

impl Default for EgressConfig {
    fn default() -> Self {
        let policy = EgressPolicy::default();
        Self {
            allow: Vec::new(),
            http_hosts: Vec::new(),
            dns: Vec::new(),
            ports: None,
            source_address: None,
            proxy: None,
            response_bytes_max: policy.response_bytes_max,
            timeout_ms_max: EngineLimits::default().timeout_ms_max,
            max_connections: policy.max_connections,
            connection_wait_ms: u64::try_from(policy.slot_wait.as_millis()).unwrap_or(1000),
            ca_file: None,
        }
    }
}

/// Sections and keys of later versions: said to be so, rather than unknown.
const LATER_SECTIONS: [&str; 1] = ["smtp"];

impl Config {
    /// Reads `path`, or `callout.toml` in the current folder if it is there, and the environment over it.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let default = Path::new("callout.toml");
        let path = path.or_else(|| default.exists().then_some(default));
        let (text, name) = match path {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the configuration {}", path.display()))?;
                (text, path.display().to_string())
            }
            None => (String::new(), "the environment".to_owned()),
        };
        // `std::env::vars` panics on what is not UTF-8.
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::read(&text, environment).with_context(|| format!("in {name}"))
    }

    fn read(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        // Before an error could show its line.
        secrets::holds_none(text)?;
        let mut table: toml::Table = toml::from_str(text)?;
        for section in LATER_SECTIONS {
            if table.remove(section).is_some() {
                anstream::eprintln!("warning: [{section}] is not in this version yet and has no effect");
            }
        }
        // A second reading of the text alone gives errors with their line.
        if table.len() == text.parse::<toml::Table>()?.len() {
            toml::from_str::<Self>(text)?;
        }
        environment::overlay(&mut table, environment)?;
        let config: Self = table.try_into()?;
        config.server.check()?;
        config.secrets.check()?;
        Ok(config)
    }

    pub fn policy(&self) -> Result<EgressPolicy> {
        let egress = &self.egress;
        if egress.response_bytes_max > RESPONSE_BYTES_LIMIT {
            bail!(
                "egress.response_bytes_max is {}; at most {RESPONSE_BYTES_LIMIT} can be read",
                egress.response_bytes_max
            );
        }
        let extra_roots = match &egress.ca_file {
            None => Vec::new(),
            Some(path) => {
                read_certificates(path).with_context(|| format!("egress.ca_file {}", path.display()))?
            }
        };
        let allow = egress.allow.iter().map(|a| Allowed::new(&a.host, &a.cidr));
        let allow = allow.collect::<Result<_, _>>().context("egress.allow")?;
        let http_hosts = egress.http_hosts.iter().map(|host| HostPattern::parse(host));
        let http_hosts = http_hosts.collect::<Result<_, _>>().context("egress.http_hosts")?;
        Ok(EgressPolicy {
            allow,
            http_hosts,
            ports: egress.ports.clone(),
            source_address: egress.source_address,
            proxy: egress.proxy.as_ref().map(ProxyUrl::parse).transpose()?,
            response_bytes_max: egress.response_bytes_max,
            max_connections: egress.max_connections,
            slot_wait: Duration::from_millis(egress.connection_wait_ms),
            extra_roots,
            ..EgressPolicy::default()
        })
    }

    /// The engine; `own` are the addresses of this process's listeners, which no call may reach.
    pub fn engine(&self, store: Store, own: &[std::net::SocketAddr]) -> Result<Engine> {
        let resolver = if self.egress.dns.is_empty() {
            // A machine without name servers can still call addresses.
            Resolver::system().unwrap_or_else(|_| Resolver::fixed(FixedNames::new()))
        } else {
            Resolver::servers(&self.egress.dns)?
        };
        let policy = EgressPolicy { own_listeners: own.to_vec(), ..self.policy()? };
        let outbound = Outbound::new(policy, resolver)?;
        let limits = EngineLimits {
            timeout_ms_max: self.egress.timeout_ms_max,
            response_bytes_max: self.egress.response_bytes_max,
            in_flight_max: self.runs.in_flight_max.get(),
            in_flight_per_org_max: self.runs.in_flight_per_org_max.get(),
        };
        Ok(Engine::new(store, outbound, limits, now))
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| anyhow::anyhow!("it cannot be read: {error}"))?;
    if certificates.is_empty() {
        bail!("it holds no certificate: write them as PEM, `-----BEGIN CERTIFICATE-----` and so on");
    }
    Ok(certificates)
}

/// The one place that asks the machine's clock.
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The JSON Schema that `callout schema config` prints.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        Config::read(text, environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let text = "[egress]\nhttp_hosts = [\"a.example\"]\nresponse_bytes_max = 5\n";
        let config = read(
            text,
            &[
                ("CALLOUT_EGRESS_HTTP_HOSTS", "127.0.0.2, b.example"),
                ("CALLOUT_EGRESS_ALLOW", r#"[{ host = "127.0.0.2", cidr = "127.0.0.2/32" }]"#),
                ("CALLOUT_EGRESS_PORTS", "443, 8443"),
                ("CALLOUT_EGRESS_DNS", "127.0.0.1:5353,[::1]:53"),
                ("CALLOUT_EGRESS_SOURCE_ADDRESS", "127.0.0.9"),
                ("CALLOUT_EGRESS_PROXY", "http://user:s3cr3t@127.0.0.3:3128"),
                ("HTTP_PROXY", "http://127.0.0.1:1"),
            ],
        )
        .unwrap();
        assert_eq!(config.egress.http_hosts, ["127.0.0.2", "b.example"]);
        assert_eq!(config.egress.allow[0].cidr, "127.0.0.2/32");
        assert_eq!(config.egress.ports, Some(vec![443, 8443]));
        assert_eq!(config.egress.source_address, Some([127, 0, 0, 9].into()));
        assert_eq!(config.egress.response_bytes_max, 5);
        assert_eq!(config.egress.dns.len(), 2);
        let policy = config.policy().unwrap();
        assert_eq!(policy.proxy, callout_outbound::Proxy::parse("http://user:s3cr3t@127.0.0.3:3128").ok());
        assert!(!format!("{config:?} {policy:?}").contains("s3cr3t"));
    }

    #[test]
    fn wrong_keys_and_values_say_where() {
        for (text, told) in [
            ("[egress]\nhttp_host = []\n", "line 2"),
            ("[egres]\n", "line 1"),
            ("[egress\n", "line 1"),
            ("[egress]\nproxy = 3128\n", "line 2"),
            ("[secrets]\nmaster_key_fil = \"k\"\n", "line 2"),
            (
                "[secrets]\nmaster_key_file = \"k\"\nmaster_key_env = \"K\"\n",
                "secrets.master_key_env are both",
            ),
            (
                "[secrets]\nformer_keys_command = \"k\"\nformer_keys_env = \"K\"\n",
                "former_keys_command are both",
            ),
            ("[secrets]\nmaster_key_file = \"\"\n", "is empty"),
        ] {
            let error = format!("{:#}", read(text, &[]).unwrap_err());
            assert!(error.contains(told), "{text}: {error}");
        }
        for (name, value) in [
            ("CALLOUT_EGRESS_PORTS", "many"),
            ("CALLOUT_SERVER_LISTEN", "here"),
            ("CALLOUT_SERVER_LISTN", "127.0.0.1:1"),
            ("CALLOUT_STORE_RETENTION", "soon"),
            ("CALLOUT_RUNS_IN_FLIGHT_MAX", "0"),
            ("CALLOUT_LOG_LEVEL", "loud"),
        ] {
            let error = format!("{:#}", read("", &[(name, value)]).unwrap_err());
            assert!(error.contains(name), "{error}");
        }
        for (name, value, told) in [
            ("CALLOUT_SERVER_REQUEST_BYTES_MAX", "0", "server.request_bytes_max"),
            ("CALLOUT_SERVER_REQUEST_BYTES_MAX", "99999999999", "server.request_bytes_max"),
            ("CALLOUT_SERVER_HEAD_TIMEOUT_MS", "0", "server.head_timeout_ms"),
            ("CALLOUT_SERVER_PUBLIC_URL", "callout.example", "server.public_url"),
        ] {
            let error = format!("{:#}", read("", &[(name, value)]).unwrap_err());
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_key_in_the_wrong_place_is_told_and_not_shown() {
        let key = callout_store::MasterKey::generate().unwrap().printed();
        for name in
            ["master_key_file", "master_key_env", "master_key_command", "former_keys_file", "master_key"]
        {
            let text = format!("[secrets]\n{name} = \"{}\"\n", key.as_str());
            let variable = (format!("CALLOUT_SECRETS_{}", name.to_uppercase()), key.to_string());
            for read in [read(&text, &[]), read("", &[(&variable.0, &variable.1)])] {
                let error = format!("{:#}", read.unwrap_err());
                assert!(["line 2", &variable.0, name].iter().any(|told| error.contains(told)), "{error}");
                assert!(!error.contains(&key[4..20]), "{name}: {error}");
            }
        }
    }

    #[test]
    fn every_section_is_read_from_file_and_environment() {
        let text = "[server]\nlisten = \"0.0.0.0:1\"\nthreads = 3\n[store]\nretention = \"12h\"\n[log]\nlevel = \"warn\"\n";
        let config = read(
            text,
            &[
                ("CALLOUT_SERVER_LISTEN", "127.0.0.1:9000"),
                ("CALLOUT_SERVER_PUBLIC_URL", "https://callout.example:443/x"),
                ("CALLOUT_STORE_DATA", "/var/lib/callout"),
                ("CALLOUT_RUNS_IN_FLIGHT_PER_ORG_MAX", "7"),
                ("CALLOUT_LOG_REQUESTS", "false"),
                ("CALLOUT_TOKEN", "for the command line"),
            ],
        )
        .unwrap();
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:9000");
        assert_eq!(config.server.threads().get(), 3);
        assert_eq!(config.server.public_origin().unwrap().as_deref(), Some("https://callout.example"));
        assert_eq!(config.store.data, PathBuf::from("/var/lib/callout"));
        assert_eq!(config.store.retention.get(), jiff::SignedDuration::from_hours(12));
        assert_eq!(config.runs.in_flight_per_org_max.get(), 7);
        assert_eq!(config.runs.in_flight_max.get(), 1024);
        assert_eq!((config.log.level, config.log.requests), (LogLevel::Warn, false));
    }

    #[test]
    fn the_schema_tells_of_every_key_and_its_default() {
        let schema = schema();
        for (section, keys) in [
            ("ServerConfig", 9),
            ("StoreConfig", 2),
            ("SecretsConfig", 6),
            ("RunsConfig", 3),
            ("LogConfig", 2),
        ] {
            let properties = schema["$defs"][section]["properties"].as_object().unwrap();
            assert_eq!(properties.len(), keys, "{section}");
            for (key, property) in properties {
                assert!(property.get("description").is_some(), "{section}.{key} says nothing of itself");
            }
        }
    }
}
