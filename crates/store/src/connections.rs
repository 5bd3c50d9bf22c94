//! Connections: what calls use to show who they are. The public side is read by anyone who may; secrets go in, and come out
//! for a call only.

mod opened;
mod read;
mod write;

use std::collections::BTreeMap;

use callout_flow::request::SecretText;
use jiff::Timestamp;

use crate::StoreError;
use crate::seal::{Bound, OrgRef};

pub(crate) use opened::{Forget, Opened};

/// The longest secret, bytes: more than a chain of certificates with its key.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;
/// Secrets of one connection: all of them are opened for its calls.
pub const SECRETS_MAX: usize = 64;

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// What nodes name it by; unique in the org.
    pub id: String,
    pub name: String,
    /// The slug of the integration that it is for; none for calls in http mode.
    pub integration: Option<String>,
    /// Its public parts as JSON: config, limits, and where it is for no integration its `auth` and `tls`.
    pub document: String,
    /// The hosts that its secrets may go to: never changed afterwards, and bound into every secret.
    pub allowed_hosts: Vec<String>,
    /// By field. A name with a dot is one of Callout's own, and refused.
    pub secrets: BTreeMap<String, SecretText>,
    pub disabled: bool,
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub by: String,
    pub now: Timestamp,
}

/// What a connection becomes. Its integration and its hosts stay as they are.
#[derive(Clone, Debug)]
pub struct ConnectionChange {
    pub name: String,
    pub document: String,
    /// Fields that are written, or removed where there is none; those that are not named stay.
    pub secrets: BTreeMap<String, Option<SecretText>>,
    pub disabled: bool,
    pub expires_at: Option<Timestamp>,
    pub by: String,
    pub now: Timestamp,
}

/// Secrets that Callout got by itself for a connection, as access tokens.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Fields with a dot in their names, as `oauth.access_token`: written, or removed where there is none.
    pub secrets: BTreeMap<String, Option<SecretText>>,
    /// When the access token is no longer valid, if that is known.
    pub expires_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// A connection as it is shown: there is no way from here to a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionView {
    pub id: String,
    pub name: String,
    pub integration: Option<String>,
    pub document: String,
    pub allowed_hosts: Vec<String>,
    pub disabled: bool,
    pub expires_at: Option<Timestamp>,
    /// Counts from 1 what authors write; fetched tokens, use and verification do not count.
    pub revision: u64,
    pub created_at: Timestamp,
    pub created_by: String,
    pub updated_at: Timestamp,
    pub updated_by: String,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
    pub verification: Option<Verification>,
    pub token_expires_at: Option<Timestamp>,
    /// The author's secret fields that have a value.
    pub secrets: BTreeMap<String, SecretView>,
}

/// What is told of a secret that has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretView {
    pub updated_at: Timestamp,
}

/// Whether a connection worked when it was last tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub at: Timestamp,
    pub ok: bool,
    /// For people; without secrets.
    pub text: String,
}

/// A connection for a call: its public side with every secret, fetched ones too. Its secrets do not print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenConnection {
    pub id: String,
    pub name: String,
    pub integration: Option<String>,
    pub document: String,
    pub allowed_hosts: Vec<String>,
    pub disabled: bool,
    pub expires_at: Option<Timestamp>,
    pub revision: u64,
    pub token_expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub secrets: BTreeMap<String, SecretText>,
}

/// Where a secret stands: its value opens nowhere else, nor for other hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretPlace<'a> {
    pub(crate) org: OrgRef<'a>,
    pub(crate) connection: &'a str,
    pub(crate) field: &'a str,
    /// The text that the connection's row has.
    pub(crate) hosts: &'a str,
}

impl SecretPlace<'_> {
    pub(crate) fn bound<T>(&self, use_it: impl FnOnce(&Bound<'_>) -> T) -> T {
        let place = [self.org.name.as_str(), self.connection, self.field, self.hosts];
        use_it(&Bound { kind: "secret", place: &place })
    }
}

/// Whether Callout itself writes this field: it has a dot, which a name in a template cannot have.
fn is_fetched(field: &str) -> bool {
    field.contains('.')
}

fn hosts_text(hosts: &[String]) -> String {
    serde_json::Value::from(hosts).to_string()
}

fn hosts(text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Unusable("the database is damaged: allowed hosts are no list".to_owned()))
}
