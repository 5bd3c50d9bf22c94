//! A call in the words of others, without its secrets.

use std::sync::Arc;

use callout_flow::export::{CurlOptions, ExportedCurl, curl};
use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::{Connected, WayIn};
use callout_flow::node::NodeKind;
use callout_flow::node::api_call::ApiCall;
use callout_flow::render::Invalid;
use callout_flow::request::{RenderedAuth, SecretText};
use callout_flow::run::Run;
use callout_store::StoreError;
use serde_json::{Map, Value};

use crate::connection::{config, integration_of, own_auth, parts};
use crate::engine::Engine;

impl Engine {
    /// The call that a run stands before, as a cURL command; none where the node calls nothing. Secrets are variables of
    /// the shell: not even those that the engine could open are looked at.
    pub async fn export_curl(
        &self,
        org: &OrgId,
        flow: &Flow,
        run: &mut Run,
    ) -> Result<Option<Result<ExportedCurl, Vec<Invalid>>>, StoreError> {
        let Some(NodeKind::ApiCall(call)) = flow.node(run.node()).map(|node| &node.kind) else {
            return Ok(None);
        };
        let connected: Option<Arc<Connected>> = match call.connection() {
            None => None,
            Some(id) => Some(self.connected(org, flow, run, id).await?),
        };
        let rendered = match callout_flow::run::render_call(flow, run, connected, self.now()) {
            None => return Ok(None),
            Some(Err(invalid)) => return Ok(Some(Err(invalid))),
            Some(Ok(rendered)) => rendered,
        };
        let auth = match (&rendered.auth, call.connection()) {
            (RenderedAuth::None, Some(id)) => self.auth_shape(org, id, call).await?,
            _ => rendered.auth,
        };
        let options = CurlOptions { follow_redirects: call.redirects_max, timeout_ms: Some(call.timeout_ms) };
        Ok(Some(Ok(curl(&rendered.request, &auth, options))))
    }

    /// Where a connection's credentials go. Nothing stands for each of them.
    async fn auth_shape(&self, org: &OrgId, id: &str, call: &ApiCall) -> Result<RenderedAuth, StoreError> {
        let Some(open) = self.inner.store.open_connection(org, id).await? else {
            return Ok(RenderedAuth::None);
        };
        let parts = parts(&open);
        let integration = integration_of(call);
        let own = if integration.is_none() { own_auth(&parts) } else { None };
        let Some(auth) = integration.map(|integration| &integration.auth).or(own.as_ref()) else {
            return Ok(RenderedAuth::None);
        };
        let nothing: Map<String, Value> =
            open.secrets.keys().map(|name| (name.clone(), Value::from("secret"))).collect();
        let conn = Value::Object(config(&parts, integration));
        Ok(match auth.render(&conn, &nothing.into(), "") {
            Ok(WayIn::Ready(shape)) => shape,
            Ok(WayIn::Token(_)) => RenderedAuth::Bearer { token: SecretText::new("") },
            // What an expression makes of a secret may be refused for what stands in its place.
            Err(_) => RenderedAuth::None,
        })
    }
}
