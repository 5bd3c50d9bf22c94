//! The opened secrets of one call: what they add to the request, where they may go, and what must be masked
//! because of them.

mod apply;
mod sigv4;
mod webhooks;

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callout_flow::outcome::Outcome;
use callout_flow::request::{RenderedAuth, SecretText};
use url::Url;

use crate::guard::HostKey;
use crate::policy::HostPattern;
use crate::scrub::Scrubber;
use crate::tls::TlsIdentity;

pub(crate) use apply::Unsigned;

/// A credential ready for use. Making one registers its secrets with its scrubber.
#[derive(Clone, Default)]
pub struct Credential {
    auth: RenderedAuth,
    hole_secrets: BTreeMap<String, SecretText>,
    tls: Option<TlsIdentity>,
    /// The only hosts that any of it may go to; any host where it is `None`.
    allowed_hosts: Option<Vec<HostPattern>>,
    answer_unmasked: bool,
    scrubber: Scrubber,
}

impl Credential {
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds secrets that this call uses elsewhere than in its auth: they too are masked in its answer.
    pub fn with_secrets<'a>(mut self, secrets: impl IntoIterator<Item = &'a SecretText>) -> Self {
        for secret in secrets {
            self.scrubber.add(secret.expose());
        }
        self
    }

    /// Adds the secrets that fill a request's holes, by name.
    pub fn with_hole_secrets(mut self, secrets: BTreeMap<String, SecretText>) -> Self {
        for secret in secrets.values() {
            self.scrubber.add(secret.expose());
        }
        self.hole_secrets.extend(secrets);
        self
    }

    /// Adds what this connection shows and trusts in TLS.
    pub fn with_tls(mut self, identity: TlsIdentity) -> Self {
        self.tls = Some(identity);
        self
    }

    /// Binds it to these hosts: a call to any other is refused before a look-up.
    pub fn with_allowed_hosts(mut self, hosts: Vec<HostPattern>) -> Self {
        self.allowed_hosts = Some(hosts);
        self
    }

    /// Leaves answers as they come: for a token's server, which gives the same secret back when it has no new one. Whoever
    /// reads the answer masks what it tells of it; failures are masked as ever.
    pub fn with_answer_unmasked(mut self) -> Self {
        self.answer_unmasked = true;
        self
    }

    pub(crate) fn masks(&self, outcome: &Outcome) -> bool {
        !(self.answer_unmasked && matches!(outcome, Outcome::Answered(_)))
    }

    /// Knows every secret of this credential, in every form.
    pub fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    pub(crate) fn has_auth(&self) -> bool {
        !matches!(self.auth, RenderedAuth::None)
    }

    pub(crate) fn tls(&self) -> Option<&TlsIdentity> {
        self.tls.as_ref()
    }

    pub(crate) fn hole_secret(&self, name: &str) -> Option<&SecretText> {
        self.hole_secrets.get(name)
    }

    /// Whether a URL that a server made up takes a secret along: one of the holes, or one that the auth proves itself
    /// by. A user name does not count: servers lead to places of their own that are named after it.
    pub(crate) fn is_given_away_by(&self, url: &Url) -> bool {
        let mut proofs = Scrubber::default();
        self.hole_secrets.values().for_each(|secret| proofs.add(secret.expose()));
        each_proof(&self.auth, |proof| proofs.add(proof.expose()));
        matches!(proofs.mask(url.as_str()), Cow::Owned(_))
    }

    /// Whether it was made for certain hosts, and this is one of them.
    pub(crate) fn names(&self, host: &HostKey) -> bool {
        self.allowed_hosts.is_some() && self.allows(host)
    }

    pub(crate) fn allows(&self, host: &HostKey) -> bool {
        self.allowed_hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|pattern| pattern.matches(host)))
    }
}

/// Every header that an auth sets without looking at the request.
fn each_header<E>(auth: &RenderedAuth, mut set: impl FnMut(&str, &str) -> Result<(), E>) -> Result<(), E> {
    const AUTHORIZATION: &str = "Authorization";
    match auth {
        RenderedAuth::Basic { username, password } => {
            let pair = STANDARD.encode(format!("{}:{}", username.expose(), password.expose()));
            set(AUTHORIZATION, &format!("Basic {pair}"))
        }
        RenderedAuth::Bearer { token } => set(AUTHORIZATION, &format!("Bearer {}", token.expose())),
        RenderedAuth::Header { name, value } => set(name, value.expose()),
        RenderedAuth::Headers(rows) => rows.iter().try_for_each(|(name, value)| set(name, value.expose())),
        RenderedAuth::None
        | RenderedAuth::Query { .. }
        | RenderedAuth::AwsSigV4 { .. }
        | RenderedAuth::StandardWebhooks { .. } => Ok(()),
    }
}

/// What an auth proves itself by: whoever has it is let in.
fn each_proof(auth: &RenderedAuth, mut see: impl FnMut(&SecretText)) {
    match auth {
        RenderedAuth::None => {}
        RenderedAuth::Basic { password, .. } => see(password),
        RenderedAuth::Bearer { token } => see(token),
        RenderedAuth::Header { value, .. } | RenderedAuth::Query { value, .. } => see(value),
        RenderedAuth::Headers(rows) => rows.iter().for_each(|(_, value)| see(value)),
        RenderedAuth::AwsSigV4 { secret_access_key, session_token, .. } => {
            see(secret_access_key);
            session_token.iter().for_each(see);
        }
        RenderedAuth::StandardWebhooks { secret, .. } => see(secret),
    }
}

impl From<RenderedAuth> for Credential {
    fn from(auth: RenderedAuth) -> Self {
        let mut scrubber = Scrubber::default();
        match &auth {
            RenderedAuth::None | RenderedAuth::Header { .. } | RenderedAuth::Headers(_) => {}
            RenderedAuth::Basic { username, password } => {
                scrubber.add(&format!("{}:{}", username.expose(), password.expose()));
                scrubber.add(username.expose());
                scrubber.add(password.expose());
            }
            RenderedAuth::Bearer { token } => scrubber.add(token.expose()),
            RenderedAuth::Query { value, .. } => scrubber.add(value.expose()),
            RenderedAuth::AwsSigV4 { access_key_id, secret_access_key, session_token, .. } => {
                scrubber.add(access_key_id.expose());
                scrubber.add(secret_access_key.expose());
                session_token.iter().for_each(|token| scrubber.add(token.expose()));
            }
            RenderedAuth::StandardWebhooks { secret, .. } => {
                scrubber.add(secret.expose());
                scrubber.add(webhooks::without_prefix(secret.expose()));
            }
        }
        let registered = each_header(&auth, |_, value| {
            scrubber.add(value);
            scrubber.add_header_value(value);
            Ok::<(), std::convert::Infallible>(())
        });
        let Ok(()) = registered;
        Self { auth, scrubber, ..Self::default() }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.auth {
            RenderedAuth::None if !self.hole_secrets.is_empty() => "Credential(holes ***)",
            RenderedAuth::None => "Credential(none)",
            RenderedAuth::Basic { .. } => "Credential(basic ***)",
            RenderedAuth::Bearer { .. } => "Credential(bearer ***)",
            RenderedAuth::Header { .. } | RenderedAuth::Headers(_) => "Credential(header ***)",
            RenderedAuth::Query { .. } => "Credential(query ***)",
            RenderedAuth::AwsSigV4 { .. } => "Credential(AWS signature ***)",
            RenderedAuth::StandardWebhooks { .. } => "Credential(webhook signature ***)",
        })
    }
}
