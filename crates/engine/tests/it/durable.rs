//! Runs that outlive the process that began them.

use std::path::Path;
use std::time::Duration;

use callout_engine::{Engine, NewEvent, Store};
use callout_flow::id::RunId;
use callout_store::RunStatus;
use callout_testkit::{Remote, Reply, Signal};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{ended, on_disk, one_call, org, publish, until};

/// A process: its own runtime, which is gone with it, and all its tasks with the runtime. Nothing is told to end.
fn life<T>(folder: &Path, live: impl AsyncFnOnce(Engine) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let engine = on_disk(folder);
    let out = runtime.block_on(live(engine));
    runtime.shutdown_timeout(Duration::from_secs(5));
    out
}

async fn accept(engine: &Engine) -> RunId {
    let accepted =
        engine.accept(&org(), NewEvent { event: json!({ "name": "e" }), key: None }).await.unwrap();
    accepted[0].id.clone()
}

/// Works until the run is over; its record.
async fn see_out(engine: Engine, run: &RunId) -> Value {
    let worker = tokio::spawn({
        let engine = engine.clone();
        async move { engine.work().await }
    });
    let record = ended(&engine, run).await;
    engine.drain(Duration::from_secs(5)).await;
    worker.await.unwrap();
    record
}

/// A process that ends while its call waits for an answer; what the next one makes of it, and what the remote saw.
fn interrupted(rest: &str) -> (Value, Vec<callout_testkit::Request>) {
    let folder = tempfile::tempdir().unwrap();
    let never = Signal::new();
    let remote =
        Remote::start(vec![Reply::json(200, "{}").after(&never), Reply::json(200, r#"{"second": true}"#)]);
    let run = life(folder.path(), async |engine: Engine| {
        publish(&engine, &one_call(&remote, rest)).await;
        let run = accept(&engine).await;
        // Sent, so the intent is on disk; and no answer comes.
        tokio::task::block_in_place(|| remote.next_request());
        run
    });
    let record = life(folder.path(), async |engine: Engine| see_out(engine, &run).await);
    (record, remote.requests())
}

#[test]
fn what_is_safe_to_send_twice_goes_out_again() {
    for rest in ["", "method: PUT\nbody: { type: json, value: { a: 1 } }", "method: DELETE"] {
        let (record, requests) = interrupted(rest);
        assert_eq!(record["status"], "completed", "{rest}: {record:#}");
        assert_eq!(record["vars"]["httpResult"]["second"], true);
        assert_eq!(requests.len(), 2, "{rest}");
        assert_eq!(requests[0].body, requests[1].body);
    }
}

#[test]
fn a_keyed_call_goes_out_again_with_its_key() {
    let (record, requests) = interrupted(
        "method: POST\nbody: { type: json, value: { a: 1 } }\nidempotency: { header: Idempotency-Key }",
    );
    assert_eq!(record["steps"][0]["outcome"], "200", "{record:#}");
    assert_eq!(requests.len(), 2);
    assert!(requests[0].header("idempotency-key").is_some());
    assert_eq!(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    assert_eq!(requests[0].body, requests[1].body);
}

#[test]
fn an_unkeyed_write_is_never_sent_twice_in_silence() {
    for method in ["POST", "PATCH"] {
        let (record, requests) = interrupted(&format!(
            "method: {method}\nretry: {{ maxAttempts: 3 }}\ncases: [{{ on: unknown, to: done }}]"
        ));
        assert_eq!(record["steps"][0]["outcome"], "unknown", "{record:#}");
        assert_eq!(record["steps"][0]["case"]["on"], "unknown");
        assert_eq!(record["steps"][0]["attempts"][0]["sent"], "maybe");
        assert_eq!(requests.len(), 1);
    }
}

#[test]
fn credentials_are_rendered_again_and_kept_nowhere() {
    let (record, requests) = interrupted("auth: { type: bearer, token: plain-in-the-flow }");
    assert_eq!(record["status"], "completed", "{record:#}");
    assert_eq!(requests[1].header("authorization"), Some("Bearer plain-in-the-flow"));
    assert!(!record.to_string().contains("plain-in-the-flow"));
}

#[test]
fn a_run_that_is_cancelled_tells_of_a_call_that_may_have_been_sent() {
    // The first goes on to its end, which calls nothing; the second would be sent again.
    for (rest, status, outcome) in
        [("method: POST", "completed", json!("unknown")), ("method: PUT", "cancelled", json!(null))]
    {
        let folder = tempfile::tempdir().unwrap();
        let never = Signal::new();
        let remote = Remote::start(vec![Reply::json(200, "{}").after(&never)]);
        let run = life(folder.path(), async |engine: Engine| {
            publish(&engine, &one_call(&remote, rest)).await;
            let run = accept(&engine).await;
            tokio::task::block_in_place(|| remote.next_request());
            engine.cancel(&org(), &run).await.unwrap();
            run
        });
        let record = life(folder.path(), async |engine: Engine| see_out(engine, &run).await);
        let step = &record["steps"][0];
        assert_eq!((&record["status"], &step["outcome"]), (&json!(status), &outcome), "{record:#}");
        assert_eq!(step["attempts"][0]["sent"], "maybe", "{record:#}");
        assert_eq!(step["request"]["url"], remote.url("/"));
        assert_eq!(remote.requests().len(), 1, "nothing more was sent");
        never.give();
    }
}

#[test]
fn waits_and_parked_retries_survive() {
    let folder = tempfile::tempdir().unwrap();
    let remote =
        Remote::start(vec![Reply::with_headers(503, &[("Retry-After", "1")], ""), Reply::json(200, "{}")]);
    let (retrying, waiting) = life(folder.path(), async |engine: Engine| {
        publish(&engine, &one_call(&remote, "retry: { maxAttempts: 2 }")).await;
        let retrying = accept(&engine).await;
        publish(
            &engine,
            "kind: flow\nslug: w\ntrigger: { type: event, event: w }\nstart: w\nnodes:\n  w: { type: wait, duration: 1s, next: e }\n  \
             e: { type: end }\n",
        )
        .await;
        let event = NewEvent { event: json!({ "name": "w" }), key: None };
        let waiting = engine.accept(&org(), event).await.unwrap()[0].id.clone();
        until(&engine, &waiting, |told| format!("{told:?}").contains("waitingUntil")).await;
        tokio::task::block_in_place(|| remote.next_request());
        let store: &Store = engine.store();
        let due = async || store.next_due(Timestamp::MIN).await.unwrap();
        while due().await.is_none() {
            tokio::task::yield_now().await;
        }
        (retrying, waiting)
    });
    life(folder.path(), async |engine: Engine| {
        let worker = tokio::spawn({
            let engine = engine.clone();
            async move { engine.work().await }
        });
        for run in [&retrying, &waiting] {
            ended(&engine, run).await;
            let row = engine.store().run(&org(), run, 0).await.unwrap().unwrap();
            assert_eq!(row.line.status, RunStatus::Completed);
        }
        engine.drain(Duration::from_secs(5)).await;
        worker.await.unwrap();
    });
    assert_eq!(remote.requests().len(), 2);
}

#[test]
fn a_drained_process_leaves_its_runs_to_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go), Reply::json(200, r#"{"last": 1}"#)]);
    let text = one_call(&remote, "").replace(
        "    next: done\n",
        &format!(
            "    next: post\n  post:\n    type: apiCall\n    mode: http\n    method: POST\n    url: {}\n    next: done\n",
            remote.url("/second")
        ),
    );
    let run = life(folder.path(), async |engine: Engine| {
        publish(&engine, &text).await;
        let run = accept(&engine).await;
        tokio::task::block_in_place(|| remote.next_request());
        let drained = tokio::spawn({
            let engine = engine.clone();
            async move { engine.drain(Duration::from_secs(30)).await }
        });
        while engine.accept(&org(), NewEvent { event: json!({ "name": "none" }), key: None }).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go.give();
        assert_eq!(drained.await.unwrap(), 0, "all is put down");
        engine.store().close().await;
        run
    });
    assert_eq!(remote.requests().len(), 1, "nothing new was sent");
    let record = life(folder.path(), async |engine: Engine| see_out(engine, &run).await);
    assert_eq!(record["steps"][1]["outcome"], "200", "put off, not unknown: {record:#}");
    assert_eq!(record["steps"][1]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(remote.requests().len(), 2);
}
