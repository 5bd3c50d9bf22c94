//! Runs that are accepted and seen through, as a server does.

use std::time::Duration;

use callout_engine::{AcceptError, EngineLimits, NewEvent, NewRun, Started, Store, Told};
use callout_flow::id::{OrgId, RunId};
use callout_outbound::EgressPolicy;
use callout_store::Key;
use callout_testkit::{Remote, Reply, Signal};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::world::{ended, engine_on, in_memory, one_call, org, publish, publish_for, until};

const PATIENCE: Duration = Duration::from_secs(60);
/// Half of the time after which a worker looks for what is due without being told.
const LATE: Duration = Duration::from_secs(15);

fn new_run(event: Value) -> NewRun {
    NewRun { flow: "f".to_owned(), event, contact: Value::Null, vars: Map::new(), key: None }
}

fn record(started: Started) -> Value {
    match started {
        Started::Over { record } => serde_json::from_slice(&record).unwrap(),
        Started::Going(run) => panic!("{run:?} goes on"),
    }
}

#[tokio::test]
async fn a_caller_who_waits_gets_the_record_that_is_kept() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"name": "Ada", "n": 10.50}"#)]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "outputs: [{ var: who, path: $.name }]")).await;
    let run = record(engine.start(&org(), new_run(json!({ "name": "e" })), Some(PATIENCE)).await.unwrap());
    assert_eq!(run["status"], "completed");
    assert_eq!(run["vars"]["who"], "Ada");
    assert_eq!(run["vars"]["httpResult"]["n"], 10.5);
    let id = RunId::new(run["id"].as_str().unwrap());
    let kept: Value = serde_json::from_slice(&engine.record(&org(), &id).await.unwrap().unwrap()).unwrap();
    assert_eq!(run, kept);
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn an_event_starts_the_flows_that_it_triggers() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "")).await;
    let other = one_call(&remote, "")
        .replace("slug: f", "slug: other")
        .replace("event: e }", "event: e, when: event.n > 1 }");
    publish(&engine, &other).await;
    let event = |event: Value| NewEvent { event, key: None };
    assert_eq!(engine.accept(&org(), event(json!({ "name": "x" }))).await.unwrap(), []);
    let one = engine.accept(&org(), event(json!({ "name": "e", "n": 1 }))).await.unwrap();
    assert_eq!(one.iter().map(|run| run.flow.as_str()).collect::<Vec<_>>(), ["f"]);
    let two = engine.accept(&org(), event(json!({ "name": "e", "n": 2 }))).await.unwrap();
    assert_eq!(two.iter().map(|run| run.flow.as_str()).collect::<Vec<_>>(), ["f", "other"]);
    for run in one.iter().chain(&two) {
        assert_eq!(ended(&engine, &run.id).await["status"], "completed");
    }
    assert_eq!(remote.requests().len(), 3);
}

#[tokio::test]
async fn one_key_is_one_run() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "")).await;
    let event = |digest: u8| NewEvent {
        event: json!({ "name": "e" }),
        key: Some(Key { scope: "events".into(), text: "k".into(), digest: [digest; 32] }),
    };
    let first = engine.accept(&org(), event(1)).await.unwrap();
    assert_eq!(engine.accept(&org(), event(1)).await.unwrap(), first);
    assert_eq!(engine.accept(&org(), event(2)).await, Err(AcceptError::OtherRequest));
    ended(&engine, &first[0].id).await;
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn beyond_the_bounds_runs_wait_their_turn() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let limits = EngineLimits { in_flight_max: 2, ..EngineLimits::default() };
    let engine = engine_on(Store::in_memory().unwrap(), EgressPolicy::default(), limits);
    publish(&engine, &one_call(&remote, "")).await;
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let mut accepted = Vec::new();
    for _ in 0..7 {
        accepted.extend(
            engine.accept(&org(), NewEvent { event: json!({ "name": "e" }), key: None }).await.unwrap(),
        );
    }
    assert_eq!(engine.figures().runs_in_flight, 2);
    go.give();
    for run in &accepted {
        assert_eq!(ended(&engine, &run.id).await["status"], "completed");
    }
    assert_eq!(remote.requests().len(), 7);
    assert_eq!(engine.drain(PATIENCE).await, 0);
    worker.await.unwrap();
}

#[tokio::test]
async fn a_run_that_has_no_place_yet_makes_no_other_late() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let limits = EngineLimits { in_flight_per_org_max: 1, ..EngineLimits::default() };
    let engine = engine_on(Store::in_memory().unwrap(), EgressPolicy::default(), limits);
    publish(&engine, &one_call(&remote, "timeoutMs: 60000")).await;
    let other = OrgId::new("other");
    engine.store().add_org(&other).await.unwrap();
    let sleeps = "kind: flow\nslug: f\ntrigger: { type: api }\nstart: w\nnodes:\n  w: { type: wait, duration: 500ms, next: e }\n  \
                  e: { type: end }\n";
    publish_for(&engine, &other, sleeps).await;
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let mut busy = Vec::new();
    for _ in 0..2 {
        busy.extend(
            engine.accept(&org(), NewEvent { event: json!({ "name": "e" }), key: None }).await.unwrap(),
        );
    }
    let started = engine.start(&other, new_run(json!({})), Some(LATE)).await.unwrap();
    assert_eq!(record(started)["status"], "completed", "its time came while the first org was busy");
    go.give();
    for run in &busy {
        assert_eq!(ended(&engine, &run.id).await["status"], "completed");
    }
    assert_eq!(engine.drain(PATIENCE).await, 0);
    worker.await.unwrap();
}

#[tokio::test]
async fn a_caller_who_stops_waiting_is_told_of_a_run_that_goes_on() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "")).await;
    let started = engine.start(&org(), new_run(json!({})), Some(Duration::from_millis(20))).await.unwrap();
    let Started::Going(run) = started else { panic!("{started:?}") };
    let going: Value =
        serde_json::from_slice(&engine.record(&org(), &run.id).await.unwrap().unwrap()).unwrap();
    assert_eq!(going["status"], "running");
    go.give();
    assert_eq!(ended(&engine, &run.id).await["status"], "completed");
}

#[tokio::test]
async fn whoever_is_told_of_a_run_that_goes_on_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = crate::world::on_disk(folder.path());
    let sleeps = "kind: flow\nslug: f\ntrigger: { type: api }\nstart: w\nnodes:\n  w: { type: wait, duration: 1h, next: e }\n  \
                  e: { type: end }\n";
    publish(&engine, sleeps).await;
    // The wait is over before, while and after the run's own first record is written.
    for wait in (0..300).map(|n| Duration::from_micros(20 * n)) {
        let started = engine.start(&org(), new_run(json!({})), Some(wait)).await.unwrap();
        let Started::Going(run) = started else { panic!("{started:?}") };
        assert!(engine.record(&org(), &run.id).await.unwrap().is_some(), "{wait:?}");
    }
}

#[tokio::test]
async fn a_run_that_waits_is_cancelled_at_once() {
    let engine = in_memory();
    publish(
        &engine,
        "kind: flow\nslug: f\ntrigger: { type: api }\nstart: w\nnodes:\n  w: { type: wait, duration: 1h, next: e }\n  \
         e: { type: end }\n",
    )
    .await;
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let Started::Going(run) = engine.start(&org(), new_run(json!({})), None).await.unwrap() else { panic!() };
    until(&engine, &run.id, |told| matches!(told, Told::Status(s) if s.contains("\"waiting\""))).await;
    engine.cancel(&org(), &run.id).await.unwrap();
    let record = ended(&engine, &run.id).await;
    assert_eq!(record["status"], "cancelled", "{record:#}");
    assert_eq!(record["steps"][0]["node"], "w");
    assert!(engine.cancel(&org(), &run.id).await.is_err(), "it is over");
    engine.drain(PATIENCE).await;
    worker.await.unwrap();
}

#[tokio::test]
async fn what_a_cancel_cuts_short_is_counted_where_it_stands() {
    let remote = Remote::start(vec![Reply::with_headers(503, &[("Retry-After", "60")], "")]);
    let engine = in_memory();
    publish(
        &engine,
        &one_call(&remote, "retry: { maxAttempts: 2 }").replace("{ type: event, event: e }", "{ type: api }"),
    )
    .await;
    let outer = "kind: flow\nslug: outer\ntrigger: { type: event, event: e }\nstart: sub\nnodes:\n  \
                 sub: { type: goToFlow, flow: f, mode: subFlow, next: done }\n  done: { type: end }\n";
    publish(&engine, outer).await;
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let event = NewEvent { event: json!({ "name": "e" }), key: None };
    let run = engine.accept(&org(), event).await.unwrap().remove(0).id;
    while engine.store().next_due(Timestamp::MIN).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    engine.cancel(&org(), &run).await.unwrap();
    let record = ended(&engine, &run).await;
    assert_eq!((&record["status"], &record["steps"][1]["node"]), (&json!("cancelled"), &json!("sub")));
    for (slug, node, success) in [("f", "call", 0), ("outer", "sub", 1)] {
        let number = engine.store().flow(&org(), slug).await.unwrap().unwrap().number;
        let counts =
            engine.store().counts(&org(), number, None, Timestamp::MIN, Timestamp::MAX).await.unwrap();
        let told: Vec<_> =
            counts.iter().map(|of| (of.node.as_str(), of.figures.success, of.figures.fail)).collect();
        assert_eq!(told, [(node, success, 1 - success)], "{slug}");
    }
    engine.drain(PATIENCE).await;
    worker.await.unwrap();
}

#[tokio::test]
async fn a_run_stays_on_the_versions_it_entered() {
    let engine = in_memory();
    let flow = |slug: &str, rest: &str| format!("kind: flow\nslug: {slug}\ntrigger: {{ type: api }}\n{rest}");
    let outer = |word: &str| {
        flow(
            "f",
            &format!(
                "start: w\nnodes:\n  w: {{ type: wait, duration: 1s, next: sub }}\n  sub: {{ type: goToFlow, flow: inner, mode: \
                 subFlow, resultVariable: got, next: e }}\n  e: {{ type: end, result: '{word} {{{{ vars.got }}}}' }}\n"
            ),
        )
    };
    let inner =
        |word: &str| flow("inner", &format!("start: e\nnodes:\n  e: {{ type: end, result: {word} }}\n"));
    publish(&engine, &inner("one")).await;
    publish(&engine, &outer("first")).await;
    let Started::Going(run) = engine.start(&org(), new_run(json!({})), None).await.unwrap() else { panic!() };
    until(&engine, &run.id, |told| matches!(told, Told::Status(s) if s.contains("\"waiting\""))).await;
    publish(&engine, &inner("two")).await;
    publish(&engine, &outer("second")).await;
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let record = ended(&engine, &run.id).await;
    assert_eq!(record["result"], "first two", "pinned where it was, the latest where it goes: {record:#}");
    assert_eq!(record["version"], 1);
    engine.drain(PATIENCE).await;
    worker.await.unwrap();
}

#[tokio::test]
async fn secrets_of_a_run_are_in_no_byte_of_the_store() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"echo": "tok-s3cret-value"}"#)]);
    let folder = tempfile::tempdir().unwrap();
    let engine = crate::world::on_disk(folder.path());
    publish(&engine, &one_call(&remote, "auth: { type: bearer, token: '{{ event.token }}' }")).await;
    let event = json!({ "name": "e", "token": "tok-s3cret-value" });
    let run = record(engine.start(&org(), new_run(event), Some(PATIENCE)).await.unwrap());
    assert_eq!(run["event"]["token"], "***", "{run:#}");
    assert_eq!(remote.requests()[0].header("authorization"), Some("Bearer tok-s3cret-value"));
    engine.store().close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"s3cret-value"));
    }
}
