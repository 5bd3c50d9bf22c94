//! Where tokens leave no trace and take no room, and the way out that they share with calls.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use callout_engine::{EngineLimits, Store};
use callout_outbound::{Allowed, EgressPolicy};
use callout_store::OrgSettings;
use callout_testkit::{Remote, Reply, TunnelProxy, TunnelReply};
use serde_json::json;

use crate::token_world::{CLIENT_SECRET, World, auth, client, grant, hourly, open_api, token};
use crate::world::{
    by_operation, connect, engine_on, one_call, org, outcome, pass, publish, publish_integration, run,
    sealed, until_so, with_parts, with_standing_clock,
};

#[tokio::test]
async fn tokens_and_their_client_leave_no_trace_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let echo = Remote::serve(|request| {
        let shown = request.header("authorization").unwrap();
        Reply::with_headers(200, &[("X-Echo", shown)], format!("you showed {shown}"))
    });
    let world = World::on(sealed(folder.path()), hourly(), echo, "").await;
    publish(&world.engine, &by_operation("get", "outputs: [{ var: echo, path: $ }]")).await;
    let record = world.run().await;
    assert_eq!(record["vars"]["echo"], "you showed ***", "{record:#}");
    assert_eq!(world.shown(), [1]);
    world.engine.store().close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [CLIENT_SECRET, token(1).as_str()] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds {secret}", path.display());
        }
    }
}

#[tokio::test]
async fn a_fetch_that_hangs_at_the_apis_own_server_takes_none_of_its_slots() {
    let fetches = AtomicUsize::new(0);
    let both = Remote::serve(move |request| match request.path() {
        "/token" if fetches.fetch_add(1, Ordering::SeqCst) == 0 => grant(1, &json!(3600)),
        "/token" => Reply::stall(),
        _ => Reply::json(200, "{}"),
    });
    let engine = with_standing_clock(Store::in_memory().unwrap());
    publish_integration(&engine, &both.url(""), &auth(&both.url("/token"), "")).await;
    connect(&engine, &with_parts(client(), &json!({ "limits": { "maxConnections": 1 } }))).await;
    publish(&engine, &by_operation("get", "timeoutMs: 2000")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    pass(3550);
    assert_eq!(outcome(&run(&engine).await).0, "200");
    let asked = || both.requests().iter().filter(|request| request.path() == "/token").count();
    until_so(async || asked() == 2).await;
    assert_eq!(outcome(&run(&engine).await).0, "200", "the fetch still hangs");
}

#[tokio::test]
async fn an_orgs_own_way_out_is_that_of_all_its_calls() {
    let (proxy, tokens, api) = (TunnelProxy::start(TunnelReply::Opens), hourly(), open_api());
    let allow = vec![Allowed::new("127.0.0.3", "127.0.0.3/32").unwrap()];
    let policy = EgressPolicy { allow, ..EgressPolicy::default() };
    let engine = engine_on(Store::in_memory().unwrap(), policy, EngineLimits::default());
    publish_integration(&engine, &api.url(""), &auth(&tokens.url("/token"), "")).await;
    connect(&engine, &client()).await;
    publish(&engine, &by_operation("get", "")).await;
    let from = IpAddr::from([127, 0, 0, 5]);
    let leave = async |settings: OrgSettings| {
        engine.store().set_settings(&org(), &settings).await.unwrap();
        engine.forget_route(&org());
    };
    leave(OrgSettings { source_address: Some(from), ..OrgSettings::default() }).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    publish(&engine, &one_call(&api, "")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    let peers = tokens.requests().into_iter().chain(api.requests()).map(|seen| seen.peer.ip());
    assert_eq!(peers.collect::<Vec<_>>(), [from; 3]);

    leave(OrgSettings { proxy: Some(proxy.url()), ..OrgSettings::default() }).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert!(proxy.heads()[0].starts_with(&format!("CONNECT {} ", api.address())));
    leave(OrgSettings::default()).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert_eq!(proxy.heads().len(), 1);
}
