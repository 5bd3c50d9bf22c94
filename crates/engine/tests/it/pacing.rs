//! What holds calls back, over flows and runs: a connection's rate, what its API asked for, a breaker, its slots.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use callout_engine::{Engine, EngineLimits, NewEvent, Store};
use callout_outbound::EgressPolicy;
use callout_store::NewConnection;
use callout_testkit::{Remote, Reply, Request, Signal};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::token_world::counting;
use crate::world::{
    after_its_pause, begin, by_operation, connect, connection, ended, engine_on, org, outcome, pass, publish,
    publish_integration, run, standing, until_so, with_parts, with_standing_clock,
};

/// An engine with the integration `api`, and its connections `c` and `d`, both with these limits.
async fn limited(remote: &Remote, limits: &Value) -> Engine {
    let engine = with_standing_clock(Store::in_memory().unwrap());
    set_up(&engine, remote, limits).await;
    engine
}

async fn set_up(engine: &Engine, remote: &Remote, limits: &Value) {
    publish_integration(engine, &remote.url(""), "auth: { type: none }").await;
    for id in ["c", "d"] {
        let parts = json!({ "limits": limits });
        connect(engine, &NewConnection { id: id.to_owned(), ..with_parts(connection(&[]), &parts) }).await;
    }
    publish(engine, &by_operation("get", "")).await;
    for (slug, id) in [("g", "c"), ("h", "d")] {
        let text = by_operation("get", "").replace("slug: f", &format!("slug: {slug}"));
        let text = text.replace("event: e }", &format!("event: {slug} }}"));
        publish(engine, &text.replace("connectionId: c", &format!("connectionId: {id}"))).await;
    }
}

/// Runs the flow `g`, of the connection `c`, or `h`, of `d`.
async fn run_of(engine: &Engine, flow: &str) -> Value {
    let event = NewEvent { event: json!({ "name": flow }), key: None };
    let id = engine.accept(&org(), event).await.unwrap()[0].id.clone();
    ended(engine, &id).await
}

fn ok() -> Remote {
    Remote::start(vec![Reply::json(200, "{}")])
}

#[tokio::test]
async fn a_rate_is_one_for_all_flows_of_a_connection() {
    let remote = ok();
    let engine = limited(&remote, &json!({ "requestsPerSecond": 0.5, "burst": 2 })).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "200");
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "rate-limited" && message.contains("0.5 requests a second"), "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "no");
    // Another connection has a rate of its own.
    assert_eq!(outcome(&run_of(&engine, "h").await).0, "200");
    pass(2);
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "200");
    assert_eq!(outcome(&run(&engine).await).0, "rate-limited");
    assert_eq!(remote.requests().len(), 4);
}

#[tokio::test]
async fn a_call_that_was_held_back_is_sent_when_there_is_room_where_its_retry_says_so() {
    for (on, retried) in
        [("", true), (", on: rate-limited", true), (", on: [429]", true), (", on: [503]", false)]
    {
        let remote = ok();
        let engine = limited(&remote, &json!({ "requestsPerSecond": 0.1, "burst": 1 })).await;
        let retry = format!("retry: {{ maxAttempts: 2{on} }}");
        publish(&engine, &by_operation("post", &retry)).await;
        assert_eq!(outcome(&run(&engine).await).0, "200");
        let id = begin(&engine).await;
        if !retried {
            assert_eq!(outcome(&ended(&engine, &id).await).0, "rate-limited", "{on}");
            continue;
        }
        let room = standing().checked_add(SignedDuration::from_secs(10)).unwrap();
        until_so(async || engine.store().next_due(Timestamp::MIN).await.unwrap().is_some()).await;
        assert!(engine.store().next_due(Timestamp::MIN).await.unwrap().unwrap() >= room);
        assert_eq!(remote.requests().len(), 1);
        let record = after_its_pause(&engine, &id, 11).await;
        assert_eq!(outcome(&record).0, "200", "{on}: {record:#}");
        assert_eq!(record["steps"][0]["attempts"][0]["outcome"], "rate-limited");
        assert_eq!(remote.requests().len(), 2);
    }
}

#[tokio::test]
async fn what_an_answer_asks_for_holds_back_all_runs_of_its_connection_and_no_other() {
    let reset = (standing().as_second() + 30).to_string();
    for (status, headers) in [
        (429, vec![("Retry-After", "30")]),
        (503, vec![("Retry-After", "Fri, 15 Jan 2027 08:00:30 GMT")]),
        (200, vec![("RateLimit", "\"default\";r=0;t=30")]),
        (200, vec![("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset.as_str())]),
    ] {
        let reply = Reply::with_headers(status, &headers, "");
        let remote = Remote::start(vec![reply, Reply::json(200, "{}")]);
        let engine = limited(&remote, &json!({})).await;
        assert_eq!(outcome(&run(&engine).await).0, status.to_string(), "{headers:?}");
        let record = run_of(&engine, "g").await;
        let (key, message) = outcome(&record);
        assert_eq!(key, "rate-limited", "{headers:?}: {record:#}");
        assert!(message.contains("asked for no calls before 2027-01-15T08:"), "{message}");
        assert_eq!(outcome(&run_of(&engine, "h").await).0, "200");
        assert_eq!(remote.requests().len(), 2);
        pass(30);
        assert_eq!(outcome(&run_of(&engine, "g").await).0, "200");
        // The next round begins where the first one's times hold.
        pass(-30);
    }
}

#[tokio::test]
async fn a_breaker_opens_tries_once_and_closes() {
    let go = Signal::new();
    let gate = go.clone();
    let remote = counting(move |number| match number {
        1 => Reply::json(500, "{}"),
        2 => Reply::close(),
        3 => Reply::json(502, "{}"),
        4 => Reply::json(200, "{}").after(&gate),
        _ => Reply::json(200, "{}"),
    });
    let breaker = json!({ "failurePercent": 50, "minCalls": 2, "openMs": 5000 });
    let engine = limited(&remote, &json!({ "circuitBreaker": breaker })).await;
    assert_eq!(outcome(&run(&engine).await).0, "500");
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "network");
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "circuit-open" && message.contains("failed too often"), "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "no");
    pass(5);
    assert_eq!(outcome(&run(&engine).await).0, "502", "one tries");
    assert_eq!(outcome(&run(&engine).await).0, "circuit-open");
    pass(5);
    let trial = begin(&engine).await;
    until_so(async || remote.requests().len() >= 4).await;
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "circuit-open", "the others wait for what it shows");
    go.give();
    assert_eq!(outcome(&ended(&engine, &trial).await).0, "200");
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "200");
    assert_eq!(remote.requests().len(), 5);
}

#[tokio::test]
async fn a_retry_waits_until_the_breaker_lets_one_try() {
    let remote = Remote::start(vec![Reply::json(500, "{}"), Reply::json(200, "{}")]);
    let breaker = json!({ "failurePercent": 1, "minCalls": 1, "openMs": 60_000 });
    let engine = limited(&remote, &json!({ "circuitBreaker": breaker })).await;
    assert_eq!(outcome(&run(&engine).await).0, "500");
    publish(&engine, &by_operation("post", "retry: { maxAttempts: 2, on: circuit-open }")).await;
    let id = begin(&engine).await;
    let record = after_its_pause(&engine, &id, 61).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["outcome"], "circuit-open");
    assert_eq!(remote.requests().len(), 2);
}

/// As `limited`, where a call waits so long for a slot.
async fn with_slots(remote: &Remote, slots: u32, slot_wait: Duration) -> Engine {
    let policy = EgressPolicy { slot_wait, ..EgressPolicy::default() };
    let engine = engine_on(Store::in_memory().unwrap(), policy, EngineLimits::default());
    set_up(&engine, remote, &json!({ "maxConnections": slots })).await;
    engine
}

#[tokio::test]
async fn a_connections_slots_are_its_own() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go), Reply::json(200, "{}")]);
    let engine = with_slots(&remote, 1, Duration::from_millis(50)).await;
    let first = begin(&engine).await;
    until_so(async || !remote.requests().is_empty()).await;
    let record = run_of(&engine, "g").await;
    assert_eq!(outcome(&record).0, "max-connection", "{record:#}");
    assert_eq!(record["steps"][0]["attempts"][0]["sent"], "no");
    assert_eq!(outcome(&run_of(&engine, "h").await).0, "200");
    go.give();
    assert_eq!(outcome(&ended(&engine, &first).await).0, "200");
    assert_eq!(outcome(&run_of(&engine, "g").await).0, "200");
    assert_eq!(remote.requests().len(), 3);
}

#[tokio::test]
async fn a_flow_that_floods_a_connection_leaves_another_its_part() {
    const SLOTS: usize = 10;
    const FLOOD: usize = 60;
    const OTHERS: usize = 20;
    let (gates, arrived) =
        (Arc::new(Vec::from_iter((0..FLOOD + OTHERS).map(|_| Signal::new()))), AtomicUsize::new(0));
    let all = Arc::clone(&gates);
    let remote =
        Remote::serve(move |_| Reply::json(200, "{}").after(&all[arrived.fetch_add(1, Ordering::SeqCst)]));
    let engine = with_slots(&remote, SLOTS as u32, Duration::from_secs(60)).await;
    let other = by_operation("post", "").replace("slug: f", "slug: g").replace("event: e }", "event: g }");
    publish(&engine, &other).await;
    let started = async |calls: usize| {
        until_so(async || engine.figures().calls >= calls as u64).await;
    };
    let mut runs = Vec::new();
    for _ in 0..FLOOD {
        runs.push(begin(&engine).await);
    }
    started(FLOOD).await;
    for _ in 0..OTHERS {
        let event = NewEvent { event: json!({ "name": "g" }), key: None };
        runs.push(engine.accept(&org(), event).await.unwrap()[0].id.clone());
    }
    started(FLOOD + OTHERS).await;
    // One answer at a time and the slots full again, so that at each the upstream tells who came next. When the others
    // are through, the flood does not get all of the slots back at once.
    let is_post = |request: &Request| request.method == "POST";
    for (answered, gate) in gates.iter().enumerate() {
        until_so(async || {
            let seen = remote.requests();
            let others_through = seen.iter().filter(|request| is_post(request)).count() == OTHERS;
            seen.len() >= answered + SLOTS || (others_through && seen.len() > answered)
        })
        .await;
        gate.give();
    }
    for id in runs {
        assert_eq!(outcome(&ended(&engine, &id).await).0, "200");
    }
    let seen = remote.requests();
    assert!(seen[..SLOTS].iter().all(|request| request.method == "GET"), "alone, it has all of them");
    // Answers are given in the order of arrival: those under way after the n-th are the next ten.
    for answered in SLOTS / 2..OTHERS {
        let under_way = &seen[answered..answered + SLOTS];
        let of_others = under_way.iter().filter(|request| is_post(request)).count();
        assert!(
            of_others >= (SLOTS * 2 / 5).min(answered),
            "{of_others} of {SLOTS} after {answered} answers"
        );
    }
    assert_eq!(seen.len(), FLOOD + OTHERS);
}
