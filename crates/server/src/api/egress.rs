//! What the operator lets calls reach, and keeps where an org says nothing: for admins to read, and nobody to change here.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Admin, Caller};
use super::{Shared, json};
use crate::config::{AllowConfig, Config};

/// What the configuration says of calls, and of what an org leaves open.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Egress)]
pub struct EgressView {
    /// Private addresses that calls may reach; all others of their kind are refused.
    allow: Vec<AllowView>,
    /// Hosts that may be called over http; `*` for all.
    http_hosts: Vec<String>,
    /// The only ports that calls may use; null for any.
    ports: Option<Vec<u16>>,
    /// The proxy that calls go through, without user name and password.
    proxy: Option<String>,
    /// The local address that calls leave from; null for the system's choice.
    source_address: Option<String>,
    /// The DNS servers that are asked, as `address:port`; none for the system's.
    dns: Vec<String>,
    /// The most of an answer's body that is read where a node gives no cap, in bytes.
    response_bytes_max: u64,
    /// The longest that one attempt may take, in milliseconds.
    timeout_ms_max: u64,
    /// Sockets at once per connection, or per host without one.
    max_connections: usize,
    /// How long a call waits for a free socket, in milliseconds.
    connection_wait_ms: u64,
    /// Whether certificates of the operator's own are trusted beside the public ones.
    ca_file: bool,
    defaults: DefaultsView,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EgressAllow)]
pub struct AllowView {
    /// A name, `*.` and a suffix, or an address.
    host: String,
    /// The range that its addresses must be in.
    cidr: String,
}

/// What goes where the org's settings are null.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SettingsDefaults)]
pub struct DefaultsView {
    #[schema(inline)]
    retention: RetentionDefaults,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RetentionDefaults)]
pub struct RetentionDefaults {
    /// As `30d` or `12h`.
    runs: String,
    /// Always null: as long as the runs.
    bodies: Option<String>,
    /// Always null: for ever.
    audit: Option<String>,
}

impl EgressView {
    pub fn of(config: &Config) -> Self {
        let egress = &config.egress;
        let allow =
            |AllowConfig { host, cidr }: &AllowConfig| AllowView { host: host.clone(), cidr: cidr.clone() };
        Self {
            allow: egress.allow.iter().map(allow).collect(),
            http_hosts: egress.http_hosts.clone(),
            ports: egress.ports.clone(),
            proxy: egress.proxy.as_ref().map(|proxy| proxy.shown()),
            source_address: egress.source_address.map(|address| address.to_string()),
            dns: egress.dns.iter().map(ToString::to_string).collect(),
            response_bytes_max: egress.response_bytes_max,
            timeout_ms_max: egress.timeout_ms_max,
            max_connections: egress.max_connections,
            connection_wait_ms: egress.connection_wait_ms,
            ca_file: egress.ca_file.is_some(),
            defaults: DefaultsView {
                retention: RetentionDefaults {
                    runs: config.store.retention.into(),
                    bodies: None,
                    audit: None,
                },
            },
        }
    }
}

/// Read what calls may reach.
///
/// As the server's configuration says it, for every org; `GET /v1/settings` has what the org sets beside it, and `defaults` here
/// what goes where it sets nothing.
#[utoipa::path(get, path = "/v1/egress", operation_id = "readEgress", tag = "orgs",
    responses((status = 200, description = "What the configuration says.", body = EgressView)),
    extensions(("x-required-role" = json!("admin"))))]
pub async fn show(_: Caller<Admin>, State(api): State<Shared>) -> Response {
    json(&api.egress)
}
