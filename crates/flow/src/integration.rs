//! A saved API: its document, its operations, and how a call of one is made.

pub mod auth;
pub mod check;
pub mod compare;
pub mod draft;
pub mod inputs;
pub mod known;
pub mod pins;

use std::sync::Arc;

pub use auth::{IntegrationAuth, TlsTexts, TokenRequest, WayIn};
pub use draft::{ConnectionDraft, ConnectionParts, IntegrationDraft, OperationDraft};
pub use known::{Connected, Known};

use serde_json::{Map, Value};

use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};
use crate::template::Template;
use inputs::InputSchema;

/// A version of an integration, ready for flows that pin it.
#[derive(Debug)]
pub struct Integration {
    pub draft: IntegrationDraft,
    /// The published version; 0 for a draft or a file without one.
    pub version: u32,
    pub auth: IntegrationAuth,
    config: Option<InputSchema>,
}

impl Integration {
    /// An integration whose `auth` can be read. Its operations are read by the flows that call them.
    pub fn compile(draft: IntegrationDraft, version: u32, problems: &mut Vec<Problem>) -> Option<Arc<Self>> {
        let auth =
            IntegrationAuth::compile(draft.auth.as_ref(), draft.tls.as_ref(), &FieldPath::root(), problems)?;
        // One that cannot be read is told by the check.
        let config = draft.config_schema.as_ref().and_then(|schema| InputSchema::compile(schema).ok());
        Some(Arc::new(Self { draft, version, auth, config }))
    }

    /// The hosts that a connection's secrets go to, as far as its configuration tells: the base URL's, and the token URL's.
    ///
    /// # Errors
    /// Which of them cannot be told.
    pub fn hosts(&self, config: &Map<String, Value>) -> Result<Vec<String>, String> {
        let conn = Value::Object(self.complete_config(config));
        let scope = Scope { conn: Some(&conn), ..Scope::default() };
        let at = FieldPath::root().key("baseUrl");
        let template = Template::compile(&self.draft.base_url, Roots::BASE_URL, &at, &mut Vec::new());
        let base_url = template.ok_or_else(|| format!("{at}: it cannot be read"))?;
        let base_url = base_url.render_plain(&scope).map_err(|error| format!("{at}: {}", error.message))?;
        let mut hosts = vec![host_of(&base_url).ok_or_else(|| format!("{at}: `{base_url}` has no host"))?];
        if let Some(url) = self.auth.token_url(&conn) {
            let url = url?;
            hosts.push(host_of(&url).ok_or_else(|| format!("auth.tokenUrl: `{url}` has no host"))?);
        }
        hosts.dedup();
        Ok(hosts)
    }

    /// A connection's configuration as templates read it: with this version's defaults.
    pub fn complete_config(&self, config: &Map<String, Value>) -> Map<String, Value> {
        let mut config = config.clone();
        if let Some(schema) = &self.config {
            schema.complete(&mut config);
        }
        config
    }
}

fn host_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}
