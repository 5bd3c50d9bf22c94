//! Where tokens are not: on the disk, and in the way of the API's own calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use callout_engine::Store;
use callout_testkit::{Remote, Reply, Signal};
use serde_json::json;

use crate::token_world::{CLIENT_SECRET, World, auth, client, grant, hourly, token};
use crate::world::{
    begin, by_operation, connect, ended, opened, outcome, pass, publish, publish_integration, sealed,
    until_so, with_parts, with_standing_clock,
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
async fn a_fetch_from_the_apis_own_server_takes_and_frees_none_of_its_slots() {
    let (fetched, go) = (AtomicUsize::new(0), Signal::new());
    let gate = go.clone();
    let both = Remote::serve(move |request| match request.path() {
        "/token" => grant(fetched.fetch_add(1, Ordering::SeqCst) + 1, &json!(3600)),
        _ => Reply::json(200, "{}").after(&gate),
    });
    let engine = with_standing_clock(Store::in_memory().unwrap());
    let auth = auth(&both.url("/token"), "");
    publish_integration(&engine, &both.url(""), &auth).await;
    connect(&engine, &with_parts(client(), &json!({ "limits": { "maxConnections": 1 } }))).await;
    publish(&engine, &by_operation("get", "")).await;
    let calls = || both.requests().iter().filter(|request| request.path() == "/get").count();
    let first = begin(&engine).await;
    until_so(async || calls() == 1).await;
    // The others wait for the one slot, and one of them has the token renewed.
    pass(3550);
    let mut runs = vec![first];
    for _ in 0..5 {
        runs.push(begin(&engine).await);
    }
    until_so(async || engine.figures().calls == 6).await;
    let kept = async || {
        let open = opened(&engine).await;
        open.secrets["oauth.access_token"].expose() == token(2)
    };
    until_so(kept).await;
    assert_eq!(calls(), 1, "no more at once than the connection allows");
    go.give();
    for id in runs {
        assert_eq!(outcome(&ended(&engine, &id).await).0, "200");
    }
    assert_eq!(calls(), 6);
}
