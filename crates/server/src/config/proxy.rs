//! `egress.proxy`: a URL that may hold a user name and a password, and shows neither.

use anyhow::{Context, Result};
use callout_outbound::Proxy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ProxyUrl(String);

impl ProxyUrl {
    pub(super) fn parse(&self) -> Result<Proxy> {
        Proxy::parse(&self.0).context("egress.proxy")
    }

    /// Without user name and password.
    pub fn shown(&self) -> String {
        let host =
            |url: url::Url| Some(format!("http://{}:{}", url.host_str()?, url.port_or_known_default()?));
        url::Url::parse(&self.0).ok().and_then(host).unwrap_or_default()
    }
}

impl std::fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProxyUrl(***)")
    }
}
