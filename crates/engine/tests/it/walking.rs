//! Runs that someone looks on at, as the terminal does.

use std::time::Duration;

use callout_engine::{Engine, EngineLimits, Progress, Scrubber, Store, Waits, Walked};
use callout_flow::run::Start;
use callout_outbound::EgressPolicy;
use callout_store::RunStatus;
use callout_testkit::{Remote, Reply, Signal};
use serde_json::Value;

use crate::world::{engine_on, in_memory, one_call, org, publish};

/// Walks the flow `f`, and writes down what a watcher saw.
async fn walk(engine: &Engine, waits: Waits) -> (Walked, Value, Vec<String>) {
    let mut seen = Vec::new();
    let mut watch = |progress: Progress<'_>, _: &Scrubber| {
        seen.push(match progress {
            Progress::Calling { attempt, request, .. } => format!("calling {attempt} {}", request.method),
            Progress::Retrying { attempt, .. } => format!("retrying {attempt}"),
            Progress::Waiting { skipped, .. } => format!("waiting, skipped: {skipped}"),
            Progress::Step(step) => format!("step {}", step.node),
            Progress::Effect(effect) => format!("effect {}", effect.kind),
        });
    };
    let walked = engine.walk(&org(), "f", Start::default(), waits, &mut watch).await.unwrap();
    let record = serde_json::from_slice(&walked.record).unwrap();
    (walked, record, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_is_an_outcome_of_its_own() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let policy =
        EgressPolicy { max_connections: 1, slot_wait: Duration::from_millis(50), ..EgressPolicy::default() };
    let engine = engine_on(Store::in_memory().unwrap(), policy, EngineLimits::default());
    publish(&engine, &one_call(&remote, "")).await;
    let first = tokio::spawn({
        let engine = engine.clone();
        async move { walk(&engine, Waits::Stop).await.1 }
    });
    let remote = tokio::task::spawn_blocking(move || {
        remote.next_request();
        remote
    });
    let remote = remote.await.unwrap();
    let (_, second, _) = walk(&engine, Waits::Stop).await;
    assert_eq!(second["steps"][0]["outcome"], "max-connection");
    go.give();
    assert_eq!(first.await.unwrap()["steps"][0]["outcome"], "200");
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn a_watcher_sees_everything_in_order() {
    let remote = Remote::start(vec![
        Reply::with_headers(503, &[("Retry-After", "0")], ""),
        Reply::json(200, r#"{"a":1}"#),
    ]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "retry: { maxAttempts: 2 }")).await;
    let (walked, record, seen) = walk(&engine, Waits::Stop).await;
    assert_eq!(seen, ["calling 1 GET", "retrying 2", "calling 2 GET", "step call", "step done"]);
    assert_eq!((walked.status, &walked.result), (RunStatus::Completed, &serde_json::json!(200)));
    assert_eq!(record["steps"][0]["attempts"].as_array().unwrap().len(), 2, "{record:#}");
    assert_eq!(record["vars"]["httpResult"]["a"], 1);
}

#[tokio::test]
async fn a_wait_leaves_the_run_waiting_or_is_skipped() {
    let engine = in_memory();
    publish(
        &engine,
        "kind: flow\nslug: f\ntrigger: { type: api }\nstart: w\nnodes:\n  w: { type: wait, duration: 1h, next: m }\n  \
         m: { type: message, text: hi, next: e }\n  e: { type: end }\n",
    )
    .await;
    let (waiting, record, seen) = walk(&engine, Waits::Stop).await;
    assert_eq!(seen, ["waiting, skipped: false"]);
    assert_eq!(waiting.status, RunStatus::Waiting);
    assert_eq!((&record["status"], &record["waitingAt"]), (&"waiting".into(), &"w".into()), "{record:#}");
    let (done, record, seen) = walk(&engine, Waits::Skip).await;
    assert_eq!(seen, ["waiting, skipped: true", "effect message", "step w", "step m", "step e"]);
    assert_eq!(done.status, RunStatus::Completed);
    assert_eq!(record["effects"][0]["data"]["text"], "hi", "{record:#}");
}

#[tokio::test]
async fn an_answer_over_the_operators_cap_is_not_read_to_its_end() {
    let remote = Remote::start(vec![
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            .then_repeat(format!("1000\r\n{}\r\n", "x".repeat(0x1000))),
    ]);
    let engine = in_memory();
    publish(&engine, &one_call(&remote, "")).await;
    let (_, record, _) = walk(&engine, Waits::Stop).await;
    assert_eq!(record["steps"][0]["outcome"], "response");
    assert_eq!(record["steps"][0]["status"], 200);
}
