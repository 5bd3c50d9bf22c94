//! A token's server, an API that takes its tokens, and a flow that calls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use callout_engine::{Engine, Store};
use callout_store::NewConnection;
use callout_testkit::{Remote, Reply, Request};
use serde_json::{Value, json};

use crate::world::{
    by_operation, connect, connection, opened, publish, publish_integration, run, until_so, with_parts,
    with_standing_clock,
};

pub const CLIENT_SECRET: &str = "s3cret-of-the-client";
pub const SCHEMAS: &str = "configSchema: { type: object, properties: { scope: { type: string, default: read } } }\n\
    secretSchema: { type: object, properties: { client: { type: string } } }";

pub struct World {
    pub engine: Engine,
    pub tokens: Remote,
    pub api: Remote,
}

/// The number that a token was given, as the server counts from 1.
pub fn token(number: usize) -> String {
    format!("acc3ss-token-number-{number}")
}

pub fn grant(number: usize, expires_in: &Value) -> Reply {
    let mut grant = json!({ "access_token": token(number), "token_type": "Bearer" });
    if !expires_in.is_null() {
        grant["expires_in"] = expires_in.clone();
    }
    Reply::json(200, grant.to_string())
}

/// A server that gives another token for an hour each time.
pub fn hourly() -> Remote {
    counting(|number| grant(number, &json!(3600)))
}

/// A server that answers its n-th request, from 1, as `script` has it.
pub fn counting(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Remote {
    let count = AtomicUsize::new(0);
    Remote::serve(move |_| script(count.fetch_add(1, Ordering::SeqCst) + 1))
}

/// An API that takes whatever it is shown.
pub fn open_api() -> Remote {
    Remote::start(vec![Reply::json(200, "{}")])
}

/// An API that turns away all tokens before the one of this number.
pub fn api_from(number: usize, status: u16, body: &'static str) -> Remote {
    let good = Arc::new(token(number));
    Remote::serve(move |request| {
        let shown = request.header("authorization").unwrap_or_default();
        let is_good = shown.strip_prefix("Bearer ").is_some_and(|shown| *shown >= **good);
        if is_good { Reply::json(200, "{}") } else { Reply::json(status, body) }
    })
}

pub fn auth(token_url: &str, rest: &str) -> String {
    format!(
        "auth: {{ type: oauth2ClientCredentials, tokenUrl: '{token_url}', clientId: 'the client', \
         clientSecret: '{{{{ secret.client }}}}', scope: '{{{{ conn.scope }}}}'{rest} }}\n{SCHEMAS}"
    )
}

pub fn client() -> NewConnection {
    with_parts(connection(&[("client", CLIENT_SECRET)]), &json!({}))
}

impl World {
    /// `rest` are further members of `auth`.
    pub async fn new(tokens: Remote, api: Remote, rest: &str) -> Self {
        Self::on(Store::in_memory().unwrap(), tokens, api, rest).await
    }

    pub async fn on(store: Store, tokens: Remote, api: Remote, rest: &str) -> Self {
        let engine = with_standing_clock(store);
        publish_integration(&engine, &api.url(""), &auth(&tokens.url("/token"), rest)).await;
        connect(&engine, &client()).await;
        publish(&engine, &by_operation("get", "")).await;
        Self { engine, tokens, api }
    }

    pub async fn run(&self) -> Value {
        run(&self.engine).await
    }

    /// What the API was shown, by number.
    pub fn shown(&self) -> Vec<usize> {
        let number = |request: &Request| {
            let shown = request.header("authorization").unwrap_or_default();
            shown.strip_prefix("Bearer acc3ss-token-number-").map_or(0, |number| number.parse().unwrap())
        };
        self.api.requests().iter().map(number).collect()
    }

    pub fn fetches(&self) -> usize {
        self.tokens.requests().len()
    }

    /// Waits until the connection keeps the token of this number.
    pub async fn until_kept(&self, number: usize) {
        let token = token(number);
        until_so(async || {
            let open = opened(&self.engine).await;
            open.secrets.get("oauth.access_token").is_some_and(|kept| kept.expose() == token)
        })
        .await;
    }
}
