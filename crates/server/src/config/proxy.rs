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
}

impl std::fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProxyUrl(***)")
    }
}
