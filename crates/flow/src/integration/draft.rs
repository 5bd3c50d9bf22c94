//! What an author writes of an integration.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::draft::{OneOrMany, RowDraft, Text, is_false};
use crate::node::api_call::draft::{BodyDraft, IdempotencyDraft, OutputDraft, QuerySeparator, RetryDraft};
use crate::request::Method;

/// A saved API: where it is, how it is authorised, and its operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Callout integration")]
pub struct IntegrationDraft {
    pub kind: IntegrationKind,
    /// Its name in flows: lower-case letters, digits and dashes.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))]
    pub slug: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it was written down: the vendor's document, and the day on which it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceDraft>,
    /// `https://…`, which `conn.*` may fill in; the paths of the operations follow it.
    pub base_url: String,
    /// Sent with every operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<RowDraft>,
    /// Every field is a template over `conn` and `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<IntegrationAuthDraft>,
    /// Certificates of the connection: templates over `conn` and `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDraft>,
    /// JSON Schema of a connection's public fields, `conn.*`: an object with `properties`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_schema: Option<Map<String, Value>>,
    /// JSON Schema of a connection's secrets, `secret.*`: an object whose `properties` are strings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_schema: Option<Map<String, Value>>,
    /// The operation that proves that a connection works. It needs no inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// The operations by key.
    pub operations: IndexMap<String, OperationDraft>,
}

/// What kind of document this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IntegrationKind {
    Integration,
}

/// Where an integration was taken from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceDraft {
    /// The document's address or name.
    pub from: String,
    /// The day on which it was read, as `2026-11-21`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The version that the document gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// One call of an integration. Its templates read `inputs`, `conn` and `secret`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationDraft {
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// GET where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// What follows the base URL, as `/contacts/{{ inputs.id }}`; it may hold a query.
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<RowDraft>,
    /// What stands between query pairs: `&` or `;`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_separator: Option<QuerySeparator>,
    /// Sent beside those of the integration; of two with one name this one goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<RowDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyDraft>,
    /// JSON Schema of `inputs`, checked before anything is sent: an object with `properties` and `required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Map<String, Value>>,
    /// JSON Schema of the answer of a 2xx: for those who build flows, and for the check of `path`s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_schema: Option<Map<String, Value>>,
    /// The variables that every call of it sets, unless the node says otherwise for one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_output_mappings: Vec<OutputDraft>,
    /// JSONPath of the value that `result` of a case is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_path: Option<String>,
    /// Bounds one attempt, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<IdempotencyDraft>,
}

/// How calls of an integration show who they are. Every text may hold templates over `conn` and `secret`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum IntegrationAuthDraft {
    None {},
    /// A key in a header or in the query.
    ApiKey {
        #[serde(rename = "in")]
        place: ApiKeyPlace,
        name: String,
        value: Text,
    },
    Basic {
        username: Text,
        #[serde(default)]
        password: Text,
    },
    Bearer {
        token: Text,
    },
    /// Several headers at once.
    Headers {
        headers: Vec<RowDraft>,
    },
    #[serde(rename = "oauth2ClientCredentials", rename_all = "camelCase")]
    OAuth2ClientCredentials {
        /// Behind the guard like every other request.
        token_url: Text,
        client_id: Text,
        client_secret: Text,
        /// Scopes, with spaces between.
        #[serde(default)]
        scope: Text,
        /// How the client shows who it is at the token URL; `basic` where it is not given.
        #[serde(default)]
        client_auth: ClientAuth,
        /// Further fields of the token request, as `audience`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        params: Vec<RowDraft>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expired: Option<ExpiredDraft>,
    },
    /// With PKCE (S256). The connection is made by a person in a browser; after that, tokens are refreshed.
    #[serde(rename = "oauth2AuthorizationCode", rename_all = "camelCase")]
    OAuth2AuthorizationCode {
        authorization_url: Text,
        token_url: Text,
        client_id: Text,
        #[serde(default)]
        client_secret: Text,
        #[serde(default)]
        scope: Text,
        #[serde(default)]
        client_auth: ClientAuth,
        /// Further fields of the authorization request, as `access_type`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        params: Vec<RowDraft>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expired: Option<ExpiredDraft>,
    },
    /// AWS Signature Version 4.
    #[serde(rename = "awsSigV4", rename_all = "camelCase")]
    AwsSigV4 {
        access_key_id: Text,
        secret_access_key: Text,
        #[serde(default)]
        session_token: Text,
        region: Text,
        /// As `events` or `execute-api`.
        service: Text,
    },
    /// The Standard Webhooks signature: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks {
        /// `whsec_…`, or its base64.
        secret: Text,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApiKeyPlace {
    Header,
    Query,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// As fields of the form.
    Body,
}

/// By what an answer tells that the token is not valid any more; a 401 where it is not given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpiredDraft {
    /// Statuses, as `401`; any of them.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub status: OneOrMany,
    /// An expression over `response`, as `response.body.error == 'token_expired'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Certificates in PEM.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TlsDraft {
    /// The certificates that the server's must lead to, in place of those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// What the client shows: its certificate, and those between it and the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,
}

/// The public parts of a connection as a store keeps them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<IntegrationAuthDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDraft>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    #[serde(default, skip_serializing_if = "ConnectionLimitsDraft::is_empty")]
    pub limits: ConnectionLimitsDraft,
}

impl From<&ConnectionDraft> for ConnectionParts {
    fn from(draft: &ConnectionDraft) -> Self {
        let ConnectionDraft { auth, tls, config, limits, .. } = draft.clone();
        Self { auth, tls, config, limits }
    }
}

/// What an admin writes of a connection in a file. The secrets are not in it: it names where they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Callout connection")]
pub struct ConnectionDraft {
    pub kind: ConnectionKind,
    /// What `connectionId` of a node names: lower-case letters, digits and dashes.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))]
    pub id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The integration that it is for; without one it is for calls in http mode, and has an `auth` of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_slug: Option<String>,
    /// How calls in http mode show who they are, where it is for no integration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<IntegrationAuthDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsDraft>,
    /// The public fields, `conn.*`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// Where each secret comes from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub secrets: IndexMap<String, SecretSourceDraft>,
    /// The hosts that its secrets may go to, as `api.example.com` or `*.example.com`; fixed once it is made. Without
    /// any, the host of the integration's base URL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "ConnectionLimitsDraft::is_empty")]
    pub limits: ConnectionLimitsDraft,
    /// From when on it is not used, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Whether calls may use it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionKind {
    Connection,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretSourceDraft {
    /// The environment variable that holds it.
    pub env: String,
}

/// How much one connection may ask of its API, over all flows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionLimitsDraft {
    /// Calls at once; 64 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub max_connections: Option<u32>,
    /// No limit where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// How many may go at once after a pause; as many as a second's where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub burst: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreakerDraft>,
}

impl ConnectionLimitsDraft {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Stops calling a host that fails, and tries again after a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CircuitBreakerDraft {
    /// The share of calls that must fail, in percent, within `windowMs`.
    #[schemars(range(min = 1, max = 100))]
    pub failure_percent: u32,
    /// With fewer calls than this nothing is judged; 10 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub min_calls: Option<u32>,
    /// Milliseconds over which calls are counted; 10 000 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100))]
    pub window_ms: Option<u64>,
    /// Milliseconds before one call is let through to try; 30 000 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100))]
    pub open_ms: Option<u64>,
}
