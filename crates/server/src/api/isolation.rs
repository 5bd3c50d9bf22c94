//! What is another org's costs as much to ask for as what is not there: no time could tell them apart.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use callout_flow::id::{OrgId, RunId};
use callout_store::{
    Begin, Document, NewConnection, NewIntegrationVersion, NewMember, NewPassword, NewToken, NewVersion,
    Role, Store,
};
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tower::Service as _;

use super::{Api, Callers, Rules, openapi, router};
use crate::api::calls::Nodes;
use crate::api::egress::EgressView;
use crate::api::figures::Figures;
use crate::config::{Config, now};
use crate::token;

const FLOW: &str = "kind: flow\nslug: theirs\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: end }\n";

/// Ids of the other org's things, and of none.
const IDS: [(&str, &str, &str); 7] = [
    ("/v1/flows/{slug}", "theirs", "neverx"),
    ("/v1/runs/{id}", "run_0190000000007000800000000000000a", "run_0190000000007000800000000000000b"),
    ("/v1/members/{id}", "mem_000000000000000a", "mem_000000000000000b"),
    ("/v1/integrations/{slug}", "theirs", "neverx"),
    ("/v1/connections/{id}", "theirs", "neverx"),
    ("/v1/schemas/{kind}", "theirs", "neverx"),
    ("/docs/problems/{code}", "theirs", "neverx"),
];

async fn admin(store: &Store, org: &OrgId, byte: u8) -> (String, String) {
    let text = format!("cot_{}", char::from(byte).to_string().repeat(43));
    let hash = token::hash(&text);
    let new = NewToken { name: "t".to_owned(), role: Role::Admin, hash, created_at: now(), expires_at: None };
    (text, store.add_token(org, &new).await.unwrap().id)
}

/// The other org, with one of each.
async fn fill(store: &Store) -> String {
    let org = OrgId::new("other");
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    let member = NewMember {
        id: IDS[2].1.to_owned(),
        email: "a@b".to_owned(),
        name: "a".to_owned(),
        role: Role::Viewer,
        password: NewPassword { hash: "none".to_owned(), until: None },
        created_at: at,
    };
    store.create_org(&org, Some(&member), at).await.unwrap();
    let document = Document { text: FLOW.to_owned(), json: false };
    let row = store.put_draft(&org, "theirs", "Theirs", &document, None, at).await.unwrap();
    store.publish(&org, &NewVersion { number: row.number, revision: 1, by: "me", now: at }).await.unwrap();
    store.put_integration_draft(&org, "theirs", "Theirs", &document, None, at).await.unwrap();
    let new = NewIntegrationVersion { slug: "theirs", revision: 1, by: "me", now: at };
    store.publish_integration(&org, &new).await.unwrap();
    let connection = NewConnection {
        id: "theirs".to_owned(),
        name: "Theirs".to_owned(),
        integration: None,
        document: "{}".to_owned(),
        allowed_hosts: vec!["h.example".to_owned()],
        secrets: std::collections::BTreeMap::new(),
        disabled: false,
        expires_at: None,
        by: "me".to_owned(),
        now: at,
    };
    store.create_connection(&org, &connection).await.unwrap();
    let begin = Begin {
        flow: row.number,
        version: 1,
        started_at: at,
        contact: None,
        event: None,
        head: b"\"event\":{}".to_vec(),
    };
    store.accept(&org, vec![(RunId::new(IDS[1].1), begin)], 0, None, at).await.unwrap();
    admin(store, &org, b'B').await.1
}

fn api(store: Store) -> Router {
    let config = Config::default();
    let engine = config.engine(store.clone(), &[]).unwrap();
    let (_, stopping) = watch::channel(false);
    let rules = Rules {
        request_bytes_max: 1 << 20,
        import_bytes_max: 1 << 20,
        body_timeout: Duration::from_secs(10),
        public_origin: None,
        log_requests: false,
    };
    router(Arc::new(Api {
        store,
        figures: Figures::new(super::paths(), engine.clone()),
        engine,
        rules,
        callers: Callers::default(),
        egress: EgressView::of(&config),
        nodes: Nodes::default(),
        rooms: super::Rooms::default(),
        calls: Arc::new(Semaphore::new(1)),
        stopping,
        process: 0,
    }))
}

/// How a request ended, and what it asked of the store.
async fn cost(
    router: &mut Router,
    store: &Store,
    method: &str,
    path: &str,
    token: &str,
) -> (StatusCode, u64, u64) {
    let body = match path.rsplit('/').next() {
        Some("upgrade") => r#"{"to":1}"#,
        Some("finish") => r#"{"state":"s","code":"c"}"#,
        _ if method == "PATCH" && path.starts_with("/v1/members") => r#"{"role":"admin"}"#,
        _ => "{}",
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let before = store.health();
    let answer = router.call(request.body(Body::from(body)).unwrap()).await.unwrap();
    let after = store.health();
    (answer.status(), after.reads - before.reads, after.writes - before.writes)
}

#[tokio::test]
async fn anothers_thing_costs_as_much_as_none() {
    let store = Store::in_memory().unwrap();
    let their_token = fill(&store).await;
    let (mine, _) = admin(&store, &OrgId::default_org(), b'A').await;
    let mut router = api(store.clone());
    // Who calls is known from here on.
    cost(&mut router, &store, "GET", "/v1/flows", &mine).await;
    let mut asked = 0;
    for (path, item) in openapi::whole()["paths"].as_object().unwrap() {
        let tokens = ("/v1/tokens/{id}", their_token.as_str(), "tok_0000000000000000");
        let known = IDS.iter().copied().chain([tokens]).find(|(prefix, ..)| path.starts_with(prefix));
        for (method, operation) in item.as_object().unwrap() {
            if !path.contains('{')
                || operation["operationId"].as_str().is_some_and(|id| id.starts_with("write"))
            {
                continue;
            }
            let (prefix, theirs, never) =
                known.unwrap_or_else(|| panic!("{path} is new: give the other org one"));
            let filled = path.replace("{version}", "1").replace("{node}", "a");
            let method = method.to_uppercase();
            let mut costs = Vec::new();
            // The first time something may be kept in memory for the caller's own org.
            for id in [never, theirs, never, theirs] {
                let start = prefix.split('{').next().unwrap();
                let path = format!("{start}{id}{}", &filled[prefix.len()..]);
                costs.push(cost(&mut router, &store, &method, &path, &mine).await);
            }
            costs.remove(0);
            assert_eq!(costs[0].0, StatusCode::NOT_FOUND, "{method} {path}");
            assert!(costs.iter().all(|cost| *cost == costs[0]), "{method} {path}: {costs:?}");
            asked += 1;
        }
    }
    assert!(asked >= 17, "{asked}");
}

/// A login is refused after as many reads, writes and hashes, whoever it names.
#[tokio::test]
async fn a_login_costs_as_much_for_those_who_are_not_there() {
    let store = Store::in_memory().unwrap();
    fill(&store).await;
    let mut router = api(store.clone());
    let mut costs = Vec::new();
    for (org, email) in
        [("other", "a@b"), ("other", "c@d"), ("never", "a@b"), ("default", "a@b"), ("other", "a b")]
    {
        let body = format!(r#"{{"org":"{org}","email":"{email}","password":"wrong"}}"#);
        let request =
            Request::builder().method("POST").uri("/v1/session").header("content-type", "application/json");
        let before = store.health();
        let answer = router.call(request.body(Body::from(body)).unwrap()).await.unwrap();
        let after = store.health();
        costs.push((answer.status(), after.reads - before.reads, after.writes - before.writes));
    }
    assert_eq!(costs[0].0, StatusCode::UNAUTHORIZED);
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}
