//! What goes in and what comes out of the endpoints of connections: secrets only the one way.

use std::collections::BTreeMap;

use callout_flow::integration::ConnectionParts;
use callout_flow::integration::draft::{ConnectionLimitsDraft, IntegrationAuthDraft, TlsDraft};
use callout_store::ConnectionView as Row;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json as value};
use utoipa::ToSchema;

use super::body::shaped;

/// A secret on its way in. It does not print.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SecretIn(pub String);

impl std::fmt::Debug for SecretIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A connection to be made.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewConnection, example = json!({
    "id": "crm-main", "integrationSlug": "crm", "config": { "region": "eu" }, "secrets": { "key": "k-123" }
}))]
pub struct NewConnectionBody {
    /// What `connectionId` of a node names: lower-case letters, digits and dashes.
    #[schema(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))]
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// The integration that it is for; without one it is for calls in http mode.
    #[serde(default)]
    pub integration_slug: Option<String>,
    /// Of a connection for calls in http mode: as in `callout schema connection`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub auth: Option<IntegrationAuthDraft>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub tls: Option<TlsDraft>,
    /// The public fields, `conn.*`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub config: Map<String, Value>,
    /// The secrets, by name. They are never shown again.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>, write_only)]
    pub secrets: BTreeMap<String, SecretIn>,
    /// The hosts that the secrets may go to, fixed from now on; those of the integration's URLs where none is given.
    #[serde(default)]
    #[schema(required = false)]
    pub allowed_hosts: Vec<String>,
    /// `{maxConnections, requestsPerSecond, burst, circuitBreaker}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub limits: ConnectionLimitsDraft,
    /// From when on it is not used, RFC 3339.
    #[serde(default)]
    pub expires_at: Option<String>,
    #[serde(default)]
    pub disabled: bool,
}

shaped!(NewConnectionBody);

/// What is to be otherwise; what is not given stays. `id`, `integrationSlug` and `allowedHosts` are fixed at creation.
#[derive(Debug, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ConnectionChange, example = json!({ "secrets": { "key": "k-124" } }))]
pub struct ConnectionChangeBody {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub auth: Option<IntegrationAuthDraft>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub tls: Option<TlsDraft>,
    /// All of the public fields.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub config: Option<Map<String, Value>>,
    /// Secrets to write, or with `null` to remove.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Option<String>>>, write_only)]
    pub secrets: BTreeMap<String, Option<SecretIn>>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub limits: Option<ConnectionLimitsDraft>,
    /// From when on it is not used, RFC 3339; an empty text for never.
    #[serde(default)]
    pub expires_at: Option<String>,
    #[serde(default)]
    pub disabled: Option<bool>,
}

shaped!(ConnectionChangeBody);

/// A connection. No way leads from here to a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Connection)]
pub struct ConnectionView {
    id: String,
    name: String,
    integration_slug: Option<String>,
    #[schema(value_type = Option<Object>)]
    auth: Option<IntegrationAuthDraft>,
    #[schema(value_type = Option<Object>)]
    tls: Option<TlsDraft>,
    #[schema(value_type = Object)]
    config: Map<String, Value>,
    /// The names of the secrets that are set, each with when it was written: `{"key": {"updatedAt": "…"}}`.
    #[schema(value_type = Object)]
    secrets: BTreeMap<String, Value>,
    allowed_hosts: Vec<String>,
    #[schema(value_type = Object)]
    limits: ConnectionLimitsDraft,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    disabled: bool,
    /// Counts what admins write, from 1; the `ETag`.
    revision: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    updated_by: String,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// How its last test ended: `{at, ok, text}`.
    #[schema(value_type = Option<Object>)]
    verification: Option<Value>,
    /// When the token that was fetched for it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expires_at: Option<Timestamp>,
}

impl From<Row> for ConnectionView {
    fn from(row: Row) -> Self {
        let ConnectionParts { auth, tls, config, limits } = parts(&row);
        let secrets = row.secrets.into_iter();
        Self {
            id: row.id,
            name: row.name,
            integration_slug: row.integration,
            auth,
            tls,
            config,
            secrets: secrets.map(|(name, view)| (name, value!({ "updatedAt": view.updated_at }))).collect(),
            allowed_hosts: row.allowed_hosts,
            limits,
            expires_at: row.expires_at,
            disabled: row.disabled,
            revision: row.revision,
            created_at: row.created_at,
            created_by: row.created_by,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
            last_used_at: row.last_used_at,
            verification: row.verification.map(|v| value!({ "at": v.at, "ok": v.ok, "text": v.text })),
            token_expires_at: row.token_expires_at,
        }
    }
}

pub fn parts(row: &Row) -> ConnectionParts {
    serde_json::from_str(&row.document).unwrap_or_default()
}
