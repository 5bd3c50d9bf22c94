//! A connection as a store takes it, from what an admin writes.

use std::collections::BTreeMap;

use callout_flow::integration::{ConnectionDraft, ConnectionParts, Integration};
use callout_flow::request::SecretText;
use callout_store::NewConnection;
use jiff::Timestamp;

/// Makes it, bound to its hosts: those that are listed, else those that the integration's URLs name.
///
/// # Errors
/// What cannot be told of the hosts, in words.
pub fn new_connection(
    draft: &ConnectionDraft,
    secrets: BTreeMap<String, SecretText>,
    integration: Option<&Integration>,
    by: &str,
    now: Timestamp,
) -> Result<NewConnection, String> {
    let mut allowed_hosts = draft.allowed_hosts.clone();
    if let (true, Some(integration)) = (allowed_hosts.is_empty(), integration) {
        allowed_hosts = integration.hosts(&draft.config)?;
    }
    if allowed_hosts.is_empty() {
        return Err("it lists no host that its secrets may go to".to_owned());
    }
    let expires_at = draft.expires_at.as_deref().map(str::parse).transpose();
    Ok(NewConnection {
        id: draft.id.clone(),
        name: draft.name.clone().unwrap_or_else(|| draft.id.clone()),
        integration: draft.integration_slug.clone(),
        document: parts_text(draft)?,
        allowed_hosts,
        secrets,
        disabled: draft.disabled,
        expires_at: expires_at.map_err(|error| format!("expiresAt: {error}"))?,
        by: by.to_owned(),
        now,
    })
}

/// The public parts as a store keeps them.
pub fn parts_text(draft: &ConnectionDraft) -> Result<String, String> {
    serde_json::to_string(&ConnectionParts::from(draft)).map_err(|error| error.to_string())
}
