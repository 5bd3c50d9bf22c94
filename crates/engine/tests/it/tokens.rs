//! Tokens of client credentials: fetched once, renewed in time, and what happens where there are none.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use callout_store::NewConnection;
use callout_testkit::{Canary, Remote, Reply, Signal};
use serde_json::{Value, json};

use crate::token_world::{CLIENT_SECRET, World, auth, client, counting, grant, hourly, open_api};
use crate::world::{
    after_its_pause, begin, by_operation, change, connect, ended, in_memory, opened, outcome, pass, publish,
    publish_integration, run, until_so,
};

#[tokio::test]
async fn fifty_runs_at_once_fetch_one_token() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| grant(number, &json!(3600)).after(&gate));
    let world = World::new(tokens, open_api(), "").await;
    let mut runs = Vec::new();
    for _ in 0..50 {
        runs.push(begin(&world.engine).await);
    }
    until_so(async || world.engine.figures().calls >= 50).await;
    go.give();
    for id in runs {
        let record = ended(&world.engine, &id).await;
        assert_eq!(outcome(&record).0, "200", "{record:#}");
    }
    assert_eq!(world.fetches(), 1);
    assert_eq!(world.shown(), vec![1; 50]);
}

#[tokio::test]
async fn those_who_waited_while_it_failed_share_the_failure() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => Reply::status(503).after(&gate),
        _ => grant(number, &json!(3600)),
    });
    let world = World::new(tokens, open_api(), "").await;
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(begin(&world.engine).await);
    }
    until_so(async || world.engine.figures().calls >= 10).await;
    go.give();
    for id in runs {
        assert_eq!(outcome(&ended(&world.engine, &id).await).0, "network");
    }
    assert_eq!(world.fetches(), 1);
    assert_eq!(outcome(&world.run().await).0, "200", "who comes later asks anew");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_nobody_waits_for_that() {
    let world = World::new(hourly(), open_api(), "").await;
    world.run().await;
    pass(3539);
    world.run().await;
    assert_eq!(world.fetches(), 1);
    pass(1);
    world.run().await;
    world.until_kept(2).await;
    world.run().await;
    assert_eq!(world.shown(), [1, 1, 1, 2]);
    // Nothing ran for long: the next call has to wait.
    pass(3600);
    world.run().await;
    assert_eq!(world.shown(), [1, 1, 1, 2, 3]);
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn short_lives_are_renewed_at_four_fifths() {
    let world = World::new(counting(|number| grant(number, &json!(10))), open_api(), "").await;
    world.run().await;
    pass(7);
    world.run().await;
    assert_eq!(world.fetches(), 1);
    pass(1);
    world.run().await;
    world.until_kept(2).await;
    pass(10);
    world.run().await;
    assert_eq!(world.shown(), [1, 1, 1, 3]);
}

#[tokio::test]
async fn a_token_that_lives_no_time_is_good_for_the_call_that_wanted_it() {
    let world = World::new(counting(|number| grant(number, &json!(0))), open_api(), "").await;
    world.run().await;
    world.run().await;
    assert_eq!((world.shown(), world.fetches()), (vec![1, 2], 2));
}

#[tokio::test]
async fn an_old_token_does_while_its_server_is_down() {
    let up = Arc::new(AtomicBool::new(true));
    let is_up = up.clone();
    let tokens = counting(move |number| match is_up.load(Ordering::SeqCst) {
        true => grant(number, &json!(3600)),
        false => Reply::status(503),
    });
    let world = World::new(tokens, open_api(), "").await;
    world.run().await;
    up.store(false, Ordering::SeqCst);
    pass(3550);
    assert_eq!(outcome(&world.run().await).0, "200");
    until_so(async || world.fetches() == 2).await;
    for _ in 0..5 {
        assert_eq!(outcome(&world.run().await).0, "200");
    }
    assert_eq!(world.fetches(), 2, "after a failure there is a pause");
    assert_eq!(world.shown(), [1; 7]);
    // Over: now the calls need one.
    pass(60);
    let record = world.run().await;
    let (key, message) = outcome(&record);
    assert!(key == "network" && message.contains("its server cannot be asked"), "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "no");
    assert_eq!(world.shown(), [1; 7]);
    up.store(true, Ordering::SeqCst);
    assert_eq!(outcome(&world.run().await).0, "200");
    assert_eq!(world.shown().len(), 8);
}

#[tokio::test]
async fn a_server_that_hangs_holds_up_nobody_who_has_a_token() {
    let tokens = counting(|number| if number == 1 { grant(1, &json!(3600)) } else { Reply::stall() });
    let world = World::new(tokens, open_api(), "").await;
    world.run().await;
    pass(3550);
    for _ in 0..5 {
        assert_eq!(outcome(&world.run().await).0, "200");
    }
    assert_eq!(world.shown(), [1; 6]);
    assert!(world.fetches() <= 2, "one asks, however many use the old one");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words_without_the_secret() {
    let said =
        json!({ "error": "invalid_client", "error_description": format!("no client has {CLIENT_SECRET}") });
    let world = World::new(Remote::start(vec![Reply::json(401, said.to_string())]), open_api(), "").await;
    let record = world.run().await;
    let (key, message) = outcome(&record);
    assert_eq!(key, "invalid", "{record:#}");
    assert!(message.contains("invalid_client: no client has ***"), "{message}");
    assert!(!record.to_string().contains(CLIENT_SECRET));
    assert_eq!((world.fetches(), world.api.connections()), (1, 0));
}

#[tokio::test]
async fn answers_that_are_no_token_are_told_apart() {
    let html = || Reply::new(200, "text/html", "<h1>Log in</h1>");
    let cases = [
        (html(), "invalid", "answered 200 with something else"),
        (Reply::new(404, "text/html", "gone"), "invalid", "answered 404 with something else"),
        (Reply::json(400, r#"{"message":"?"}"#), "invalid", "answered 400 with something else"),
        (Reply::redirect(302, "/login"), "invalid", "answered 302 with something else"),
        // As some do: an error with a 200.
        (
            Reply::json(200, r#"{"error":"bad_client","error_description":"who?"}"#),
            "invalid",
            "bad_client: who?",
        ),
        (Reply::json(200, r#"{"token_type":"bearer"}"#), "invalid", "cannot be read"),
        (Reply::json(200, format!("[{}]", "0,".repeat(40_000))), "invalid", "too large"),
        (Reply::status(500), "network", "it answered 500"),
        (Reply::status(429), "network", "it answered 429"),
        (Reply::close(), "network", "its server cannot be asked"),
    ];
    for (reply, key, told) in cases {
        let world = World::new(Remote::start(vec![reply]), open_api(), "").await;
        let record = world.run().await;
        let (is, message) = outcome(&record);
        assert!(is == key && message.contains(told), "{told}: {is}: {message}");
        assert!(!message.contains(CLIENT_SECRET));
        assert_eq!(world.api.connections(), 0);
    }
}

#[tokio::test]
async fn a_call_whose_token_could_not_be_had_is_retried_like_any_that_was_not_sent() {
    let tokens =
        counting(|number| if number == 1 { Reply::status(503) } else { grant(number, &json!(3600)) });
    let world = World::new(tokens, open_api(), "").await;
    publish(&world.engine, &by_operation("post", "retry: { maxAttempts: 2 }")).await;
    let id = begin(&world.engine).await;
    let record = after_its_pause(&world.engine, &id, 60).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    let attempts: Vec<_> = record["steps"][0]["attempts"].as_array().unwrap().iter().collect();
    assert_eq!((&attempts[0]["outcome"], &attempts[1]["outcome"]), (&json!("network"), &json!("200")));
    assert_eq!((world.fetches(), world.shown()), (2, vec![2]));
}

#[tokio::test]
async fn a_tokens_server_is_behind_the_guard_and_the_allowed_hosts() {
    let canary = Canary::start(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let (tokens, api) = (hourly(), open_api());
    let hosts = |host: &str| vec!["127.0.0.2".to_owned(), host.to_owned()];
    for (url, allowed_hosts, told) in [
        (tokens.url_as("other.test", "/token"), hosts("api.test"), "other.test"),
        (canary.url("/token"), hosts("127.0.0.1"), "127.0.0.1"),
        ("ftp://other.test/token".to_owned(), hosts("other.test"), "ftp"),
    ] {
        let engine = in_memory();
        publish_integration(&engine, &api.url(""), &auth(&url, "")).await;
        connect(&engine, &NewConnection { allowed_hosts, ..client() }).await;
        publish(&engine, &by_operation("get", "")).await;
        let record = run(&engine).await;
        let (key, message) = outcome(&record);
        assert!(key == "blocked" && message.contains(told), "{url}: {record:#}");
    }
    assert_eq!((tokens.connections(), api.connections()), (0, 0));
    canary.assert_untouched();
}

#[tokio::test]
async fn a_call_does_not_outwait_its_deadline_and_the_token_is_kept_for_the_next() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| grant(number, &json!(3600)).after(&gate));
    let world = World::new(tokens, open_api(), "").await;
    publish(&world.engine, &by_operation("get", "timeoutMs: 50")).await;
    let record = world.run().await;
    let (key, message) = outcome(&record);
    assert!(key == "timeout" && message.contains("no token"), "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "no");
    go.give();
    world.until_kept(1).await;
    publish(&world.engine, &by_operation("get", "")).await;
    assert_eq!(outcome(&world.run().await).0, "200");
    assert_eq!((world.fetches(), world.shown()), (1, vec![1]));
}

#[tokio::test]
async fn a_client_shows_itself_in_the_header_or_in_the_form() {
    let audience = ", params: [{ name: audience, value: 'https://api.example/?a=b' }]";
    let asked = "grant_type=client_credentials&audience=https%3A%2F%2Fapi.example%2F%3Fa%3Db";
    let world = World::new(hourly(), open_api(), audience).await;
    world.run().await;
    let seen = world.tokens.only_request();
    // base64 of `the+client:s3cret-of-the-client`, as RFC 6749, 2.3.1 has it.
    assert_eq!(seen.header("authorization"), Some("Basic dGhlK2NsaWVudDpzM2NyZXQtb2YtdGhlLWNsaWVudA=="));
    assert_eq!(sorted(&seen.text()), sorted(&format!("{asked}&scope=read")));
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));

    let world = World::new(hourly(), open_api(), &format!("{audience}, clientAuth: body")).await;
    world.run().await;
    let seen = world.tokens.only_request();
    assert_eq!(seen.header("authorization"), None);
    let itself = "client_id=the+client&client_secret=s3cret-of-the-client";
    assert_eq!(sorted(&seen.text()), sorted(&format!("{asked}&scope=read&{itself}")));
}

fn sorted(form: &str) -> Vec<&str> {
    let mut fields: Vec<_> = form.split('&').collect();
    fields.sort_unstable();
    fields
}

#[tokio::test]
async fn lives_are_read_as_servers_write_them() {
    let over_after: [(Value, Option<i64>); 6] = [
        (json!("3600"), Some(3600)),
        (json!(" 60 "), Some(60)),
        (json!(59.9), Some(59)),
        (json!(-5), Some(0)),
        // Not known: it is used until it is refused.
        (Value::Null, None),
        (json!("soon"), None),
    ];
    for (expires_in, life) in over_after {
        let said = expires_in.clone();
        let world = World::new(counting(move |number| grant(number, &said)), open_api(), "").await;
        assert_eq!(outcome(&world.run().await).0, "200", "{expires_in}");
        let over_at = opened(&world.engine).await.token_expires_at;
        let left = over_at.map(|at| at.duration_since(crate::world::standing()).as_secs());
        assert_eq!(left, life, "{expires_in}");
    }
}

#[tokio::test]
async fn a_token_is_not_used_for_what_it_was_not_asked_for() {
    let world = World::new(hourly(), open_api(), "").await;
    world.run().await;
    change(&world.engine, r#"{"config":{"scope":"read write"}}"#, &[], false).await;
    world.run().await;
    change(&world.engine, r#"{"config":{"scope":"read write"}}"#, &[("client", "another-s3cret")], false)
        .await;
    world.run().await;
    // What has nothing to do with it costs no token.
    let limits = r#"{"config":{"scope":"read write"},"limits":{"maxConnections":5}}"#;
    change(&world.engine, limits, &[], false).await;
    world.run().await;
    assert_eq!(world.shown(), [1, 2, 3, 3]);
    assert!(world.tokens.requests()[1].text().contains("scope=read+write"));
}

#[tokio::test]
async fn a_connection_that_was_changed_meanwhile_does_not_take_the_old_ones_token() {
    let go = Signal::new();
    let gate = go.clone();
    let tokens = counting(move |number| match number {
        1 => grant(1, &json!(3600)).after(&gate),
        _ => grant(number, &json!(3600)),
    });
    let world = World::new(tokens, open_api(), "").await;
    let id = begin(&world.engine).await;
    until_so(async || world.fetches() > 0).await;
    change(&world.engine, "{}", &[("client", "another-s3cret")], false).await;
    go.give();
    let record = ended(&world.engine, &id).await;
    let (key, message) = outcome(&record);
    assert!(key == "network" && message.contains("was changed"), "{record:#}");
    assert!(!opened(&world.engine).await.secrets.contains_key("oauth.access_token"));
    assert_eq!(outcome(&world.run().await).0, "200");
    assert_eq!(world.shown(), [2]);
}
