//! Connections: their public side for a flow, and for a call what it shows and where that may go.

use std::collections::BTreeMap;
use std::sync::Arc;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::draft::ConnectionLimitsDraft;
use callout_flow::integration::{
    Connected, ConnectionParts, Integration, IntegrationAuth, TokenRequest, WayIn,
};
use callout_flow::node::NodeKind;
use callout_flow::node::api_call::{ApiCall, Source};
use callout_flow::outcome::{Failure, FailureClass, Outcome, Phase, Refusal};
use callout_flow::problem::FieldPath;
use callout_flow::request::{RenderedAuth, SecretText};
use callout_flow::run::Run;
use callout_outbound::{Credential, HostPattern, TlsIdentity};
use callout_store::{OpenConnection, StoreError};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::token::OauthError;

/// What a call with a connection is sent with.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) credential: Credential,
    pub(crate) limits: ConnectionLimitsDraft,
    /// The token that it shows, where it shows one.
    pub(crate) token: Option<SecretText>,
    /// When the token is to be renewed.
    until: Option<Timestamp>,
    pub(crate) open: Arc<OpenConnection>,
    /// Its own `auth`, where it is for no integration.
    own: Option<IntegrationAuth>,
}

impl Keyed {
    /// How a call with it shows who it is.
    pub(crate) fn auth<'a>(&'a self, call: &'a ApiCall) -> Option<&'a IntegrationAuth> {
        auth_of(integration_of(call), self.own.as_ref())
    }

    /// Whether it will do for a call that is made now.
    fn is_good(&self, rejected: Option<&SecretText>, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
            && (self.token.is_none() || self.token.as_ref() != rejected)
    }
}

/// Why a call has no credential, in words that show no secret.
#[derive(Clone, Debug)]
pub(crate) enum NoCredential {
    /// It lacks something, or is not accepted: it must be mended.
    Unusable(String),
    /// The token's server or the store could not be asked: it may work later.
    Unavailable(String),
    /// It took longer than the attempt may.
    Late(String),
    /// The token's server is not one that may be called.
    Blocked(Refusal),
}

impl NoCredential {
    /// As the outcome of the call that wanted it.
    pub(crate) fn outcome(self) -> Outcome {
        let failure = |class, message| Outcome::NotSent(Failure { class, phase: Phase::Slot, message });
        match self {
            Self::Unusable(why) => failure(FailureClass::Invalid, why),
            Self::Unavailable(why) => failure(FailureClass::Network, why),
            Self::Late(why) => failure(FailureClass::Timeout, why),
            Self::Blocked(refusal) => Outcome::Refused(refusal),
        }
    }
}

impl std::fmt::Display for NoCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unusable(why) | Self::Unavailable(why) | Self::Late(why) => f.write_str(why),
            Self::Blocked(refusal) => f.write_str(&refusal.message),
        }
    }
}

impl From<StoreError> for NoCredential {
    fn from(error: StoreError) -> Self {
        let why = format!("the connection cannot be opened: {error}");
        match error {
            StoreError::SecretUnavailable(_) => Self::Unusable(why),
            _ => Self::Unavailable(why),
        }
    }
}

/// A connection's public parts. Those that were written by another version and cannot be read count as none.
pub(crate) fn parts(open: &OpenConnection) -> ConnectionParts {
    serde_json::from_str(&open.document).unwrap_or_default()
}

/// The configuration as templates read it.
pub(crate) fn config(parts: &ConnectionParts, integration: Option<&Integration>) -> Map<String, Value> {
    match integration {
        Some(integration) => integration.complete_config(&parts.config),
        None => parts.config.clone(),
    }
}

impl Engine {
    /// The public side of a connection, for the call that a run stands before.
    pub(crate) async fn connected(
        &self,
        org: &OrgId,
        flow: &Flow,
        run: &Run,
        id: &str,
    ) -> Result<Arc<Connected>, StoreError> {
        let refused = |why: String| Arc::new(Connected::refused(id, why));
        let open = match self.inner.store.open_connection(org, id).await {
            Ok(Some(open)) => open,
            Ok(None) => return Ok(refused("there is none of that id".to_owned())),
            Err(StoreError::SecretUnavailable(why)) => return Ok(refused(why)),
            Err(error) => return Err(error),
        };
        if let Some(why) = self.not_usable(&open) {
            return Ok(refused(why));
        }
        let call = flow.node(run.node()).and_then(|node| match &node.kind {
            NodeKind::ApiCall(call) => Some(&**call),
            _ => None,
        });
        let integration = call.and_then(shared_integration_of);
        if let Some(connected) = self.inner.connected.get(org, &open, integration) {
            return Ok(connected);
        }
        let parts = parts(&open);
        let shown = match integration {
            Some(integration) => integration.auth.shown(),
            None => own_auth(&parts).map(|auth| auth.shown()).unwrap_or_default(),
        };
        let config = config(&parts, integration.map(Arc::as_ref));
        let secrets = open.secrets.keys().map(String::as_str).filter(|name| !name.contains('.'));
        let connected = Connected::new(id, open.integration.clone(), config, secrets).showing(shown);
        let connected = Arc::new(connected);
        self.inner.connected.keep(org, &open, integration, Arc::clone(&connected));
        Ok(connected)
    }

    fn not_usable(&self, open: &OpenConnection) -> Option<String> {
        if open.disabled {
            return Some("it is disabled".to_owned());
        }
        let expired = open.expires_at.filter(|at| *at <= self.now())?;
        Some(format!("it expired at {expired}"))
    }

    /// What a call shows. `message_id` stays the same over its attempts; `rejected` is a token that the API would not take.
    pub(crate) async fn credential(
        &self,
        org: &OrgId,
        id: &str,
        call: &ApiCall,
        message_id: &str,
        rejected: Option<&SecretText>,
    ) -> Result<Arc<Keyed>, NoCredential> {
        let unusable =
            |why: String| NoCredential::Unusable(format!("the connection `{id}` cannot be used: {why}"));
        let open = self.inner.store.open_connection(org, id).await?;
        let open = open.ok_or_else(|| unusable("there is none of that id".to_owned()))?;
        if let Some(why) = self.not_usable(&open) {
            return Err(unusable(why));
        }
        let integration = shared_integration_of(call);
        // It may be another one than the request was rendered with: an attempt can come long after the one before.
        if open.integration.as_deref() != integration.map(|integration| integration.draft.slug.as_str()) {
            return Err(unusable("it is for calls of another kind".to_owned()));
        }
        let kept = self.inner.keyed.get(org, &open, integration);
        if let Some(keyed) = kept.filter(|keyed| keyed.is_good(rejected, self.now())) {
            return Ok(keyed);
        }
        let parts = parts(&open);
        let own = match integration {
            Some(_) => None,
            None => Some(own_auth(&parts).ok_or_else(|| unusable("its `auth` cannot be read".to_owned()))?),
        };
        let auth = auth_of(integration.map(Arc::as_ref), own.as_ref())
            .ok_or_else(|| unusable("its `auth` cannot be read".to_owned()))?;
        let conn = Value::Object(config(&parts, integration.map(Arc::as_ref)));
        let secrets = opened(&open);
        let way_in = auth.render(&conn, &secrets, message_id).map_err(&unusable)?;
        // One that names the message is made for each.
        let of_message = matches!(way_in, WayIn::Ready(RenderedAuth::StandardWebhooks { .. }));
        let (rendered, token) = match way_in {
            WayIn::Ready(rendered) => (rendered, None),
            WayIn::Token(request) => {
                let token = self.token(org, &open, request, rejected).await?;
                (RenderedAuth::Bearer { token: token.clone() }, Some(token))
            }
        };
        let tls = tls_of(auth, &conn, &secrets).map_err(&unusable)?;
        let hosts = allowed_hosts(&open).map_err(unusable)?;
        let mut credential =
            Credential::from(rendered).with_hole_secrets(author_secrets(&open)).with_allowed_hosts(hosts);
        if let Some(tls) = tls {
            credential = credential.with_tls(tls);
        }
        let until = token.as_ref().and_then(|_| crate::token::renew_at(&open));
        // A token that was fetched just now is not in what was opened before.
        let at_hand = token.as_ref().is_none_or(|token| crate::token::is_of(token, &open));
        let keyed = Arc::new(Keyed { credential, limits: parts.limits, token, until, open, own });
        if !of_message && at_hand {
            self.inner.keyed.keep(org, &keyed.open, integration, Arc::clone(&keyed));
        }
        Ok(keyed)
    }
}

impl Engine {
    /// What the token of a connection is asked for with, by the newest version of its integration; `None` where its calls
    /// show no token.
    pub(crate) async fn token_request(
        &self,
        org: &OrgId,
        open: &OpenConnection,
    ) -> Result<Option<Box<TokenRequest>>, OauthError> {
        let parts = parts(open);
        let integration = match &open.integration {
            None => None,
            Some(slug) => self.newest_integration(org, slug).await?,
        };
        let own;
        let auth = match &integration {
            Some(integration) => &integration.auth,
            None => {
                own = own_auth(&parts)
                    .ok_or_else(|| OauthError::Refused("its `auth` cannot be read".to_owned()))?;
                &own
            }
        };
        let conn = Value::Object(config(&parts, integration.as_deref()));
        match auth.render(&conn, &opened(open), "").map_err(OauthError::Refused)? {
            WayIn::Token(request) => Ok(Some(request)),
            WayIn::Ready(_) => Ok(None),
        }
    }
}

/// The integration whose operation a call makes.
pub(crate) fn integration_of(call: &ApiCall) -> Option<&Integration> {
    shared_integration_of(call).map(Arc::as_ref)
}

fn shared_integration_of(call: &ApiCall) -> Option<&Arc<Integration>> {
    match &call.source {
        Source::Http { .. } => None,
        Source::Integration { integration, .. } => Some(integration),
    }
}

fn auth_of<'a>(
    integration: Option<&'a Integration>,
    own: Option<&'a IntegrationAuth>,
) -> Option<&'a IntegrationAuth> {
    integration.map(|integration| &integration.auth).or(own)
}

/// The `auth` of a connection that is for no integration.
pub(crate) fn own_auth(parts: &ConnectionParts) -> Option<IntegrationAuth> {
    IntegrationAuth::compile(parts.auth.as_ref(), parts.tls.as_ref(), &FieldPath::root(), &mut Vec::new())
}

/// The secrets that an author set, by name.
fn author_secrets(open: &OpenConnection) -> BTreeMap<String, SecretText> {
    let named = open.secrets.iter().filter(|(name, _)| !name.contains('.'));
    named.map(|(name, secret)| (name.clone(), secret.clone())).collect()
}

/// The same as an object for `auth`.
fn opened(open: &OpenConnection) -> Value {
    let named = author_secrets(open).into_iter();
    Value::Object(named.map(|(name, secret)| (name, secret.expose().into())).collect())
}

pub(crate) fn allowed_hosts(open: &OpenConnection) -> Result<Vec<HostPattern>, String> {
    let parsed: Result<Vec<_>, _> = open.allowed_hosts.iter().map(|host| HostPattern::parse(host)).collect();
    parsed.map_err(|error| format!("its allowed hosts cannot be read: {error}"))
}

fn tls_of(auth: &IntegrationAuth, conn: &Value, secrets: &Value) -> Result<Option<TlsIdentity>, String> {
    let texts = auth.render_tls(conn, secrets)?;
    if texts.is_empty() {
        return Ok(None);
    }
    let text = |text: &Option<SecretText>| text.as_ref().map(|text| text.expose().to_owned());
    let (ca, certificate) = (text(&texts.ca), text(&texts.client_certificate));
    TlsIdentity::from_pem(ca.as_deref(), certificate.as_deref(), texts.client_key.as_ref())
        .map(Some)
        .map_err(|error| format!("tls: {error}"))
}
