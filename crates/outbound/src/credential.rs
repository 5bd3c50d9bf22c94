//! The opened secret of one call: what it adds to the request, and what must be masked because of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callout_flow::request::{RenderedAuth, SecretText};

use crate::scrub::Scrubber;

/// A credential ready for use. Making one registers its secrets with its scrubber.
#[derive(Clone, Default)]
pub struct Credential {
    auth: RenderedAuth,
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

    /// Knows every secret of this credential, in every form.
    pub fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self.auth, RenderedAuth::None)
    }

    /// The one header that it sets.
    pub(crate) fn header(&self) -> Option<(&str, String)> {
        header(&self.auth)
    }
}

fn header(auth: &RenderedAuth) -> Option<(&str, String)> {
    const AUTHORIZATION: &str = "Authorization";
    match auth {
        RenderedAuth::None => None,
        RenderedAuth::Basic { username, password } => {
            let pair = format!("{}:{}", username.expose(), password.expose());
            Some((AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair))))
        }
        RenderedAuth::Bearer { token } => Some((AUTHORIZATION, format!("Bearer {}", token.expose()))),
        RenderedAuth::Header { name, value } => Some((name, value.expose().to_owned())),
        RenderedAuth::Headers(_)
        | RenderedAuth::Query { .. }
        | RenderedAuth::AwsSigV4 { .. }
        | RenderedAuth::StandardWebhooks { .. } => None,
    }
}

impl From<RenderedAuth> for Credential {
    fn from(auth: RenderedAuth) -> Self {
        let mut scrubber = Scrubber::default();
        match &auth {
            RenderedAuth::None => {}
            RenderedAuth::Basic { username, password } => {
                scrubber.add(&format!("{}:{}", username.expose(), password.expose()));
                scrubber.add(username.expose());
                scrubber.add(password.expose());
            }
            RenderedAuth::Bearer { token } => scrubber.add(token.expose()),
            RenderedAuth::Header { value, .. } | RenderedAuth::Query { value, .. } => {
                scrubber.add(value.expose());
            }
            RenderedAuth::Headers(rows) => rows.iter().for_each(|(_, value)| scrubber.add(value.expose())),
            RenderedAuth::AwsSigV4 { access_key_id, secret_access_key, session_token, .. } => {
                scrubber.add(access_key_id.expose());
                scrubber.add(secret_access_key.expose());
                session_token.iter().for_each(|token| scrubber.add(token.expose()));
            }
            RenderedAuth::StandardWebhooks { secret, .. } => scrubber.add(secret.expose()),
        }
        if let Some((_, value)) = header(&auth) {
            scrubber.add_header_value(&value);
        }
        Self { auth, scrubber }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.auth {
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
