//! Whole runs against real remotes, driven as the binary drives them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use callout_engine::{
    Engine, EngineLimits, Flows, Outbound, Progress, Resolver, RunRecord, RunStatus, Scrubber, Waits,
};
use callout_flow::flow::Flow;
use callout_flow::read::read_flow;
use callout_flow::run::Start;
use callout_outbound::{Allowed, EgressPolicy, FixedNames, HostPattern};
use callout_testkit::{Remote, Reply, Signal};
use jiff::Timestamp;

/// The tests' clock is the machine's: what is asserted does not depend on it.
#[allow(clippy::disallowed_methods)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn engine(policy: EgressPolicy) -> Engine {
    let policy = EgressPolicy {
        allow: vec![Allowed::new("127.0.0.2", "127.0.0.2/32").unwrap()],
        http_hosts: vec![HostPattern::parse("127.0.0.2").unwrap()],
        ..policy
    };
    let outbound = Outbound::new(policy, Resolver::fixed(FixedNames::new())).unwrap();
    Engine::new(outbound, EngineLimits::default(), now)
}

fn flows(text: &str) -> Flows {
    let read = read_flow(text, "flow.yaml");
    let mut problems = read.problems;
    let flow = read.draft.and_then(|draft| Flow::compile(&draft, &mut problems));
    let mut flows = Flows::default();
    flows.insert(flow.unwrap_or_else(|| panic!("{problems:#?}")));
    flows
}

fn one_call(remote: &Remote, rest: &str) -> Flows {
    flows(&format!(
        "kind: flow\nslug: f\ntrigger: {{ type: api }}\nstart: call\nnodes:\n  call:\n    type: apiCall\n    \
         mode: http\n    url: {}\n{}    next: done\n  done: {{ type: end, result: '{{{{ vars.httpStatus }}}}' }}\n",
        remote.url("/"),
        rest.lines().map(|line| format!("    {line}\n")).collect::<String>()
    ))
}

/// Runs it and writes down what a watcher saw.
async fn run(engine: &Engine, flows: &Flows, waits: Waits) -> (RunRecord, Vec<String>) {
    let flow = flows.get("f").unwrap();
    let mut run = engine.begin(&flow, Start::default());
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
    let record = engine.run(flows, &mut run, waits, &mut Scrubber::new(), &mut watch).await;
    (record, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_is_an_outcome_of_its_own() {
    let go = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go)]);
    let engine = engine(EgressPolicy {
        max_connections: 1,
        slot_wait: Duration::from_millis(50),
        ..EgressPolicy::default()
    });
    let flows = one_call(&remote, "");
    let first = tokio::spawn({
        let (engine, flows) = (engine.clone(), flows.clone());
        async move { run(&engine, &flows, Waits::Stop).await.0 }
    });
    let remote = tokio::task::spawn_blocking(move || {
        remote.next_request();
        remote
    });
    let remote = remote.await.unwrap();
    let (second, _) = run(&engine, &flows, Waits::Stop).await;
    assert_eq!(second.steps[0].outcome.unwrap().to_string(), "max-connection");
    go.give();
    assert_eq!(first.await.unwrap().steps[0].outcome.unwrap().to_string(), "200");
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn a_watcher_sees_everything_in_order() {
    let remote = Remote::start(vec![
        Reply::with_headers(503, &[("Retry-After", "0")], ""),
        Reply::json(200, r#"{"a":1}"#),
    ]);
    let (record, seen) =
        run(&engine(EgressPolicy::default()), &one_call(&remote, "retry: { maxAttempts: 2 }"), Waits::Stop)
            .await;
    assert_eq!(seen, ["calling 1 GET", "retrying 2", "calling 2 GET", "step call", "step done"]);
    assert_eq!((record.status, record.result), (RunStatus::Completed, serde_json::json!(200)));
}

#[tokio::test]
async fn a_wait_leaves_the_run_waiting_or_is_skipped() {
    let flows = flows(
        "kind: flow\nslug: f\ntrigger: { type: api }\nstart: w\nnodes:\n  w: { type: wait, duration: 1h, next: m }\n  \
         m: { type: message, text: hi, next: e }\n  e: { type: end }\n",
    );
    let engine = engine(EgressPolicy::default());
    let (waiting, seen) = run(&engine, &flows, Waits::Stop).await;
    assert_eq!(seen, ["waiting, skipped: false"]);
    assert_eq!(waiting.status, RunStatus::Waiting);
    let left = waiting.waiting_until.unwrap().duration_since(waiting.started_at);
    assert!(left.as_mins() >= 59, "{left}");
    let (done, seen) = run(&engine, &flows, Waits::Skip).await;
    assert_eq!(seen, ["waiting, skipped: true", "effect message", "step w", "step m", "step e"]);
    assert_eq!(done.status, RunStatus::Completed);
}

#[tokio::test]
async fn an_answer_over_the_operators_cap_is_not_read_to_its_end() {
    let remote = Remote::start(vec![
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
            .then_repeat(format!("1000\r\n{}\r\n", "x".repeat(0x1000))),
    ]);
    let (record, _) = run(&engine(EgressPolicy::default()), &one_call(&remote, ""), Waits::Stop).await;
    assert_eq!(record.steps[0].outcome.unwrap().to_string(), "response");
    assert_eq!(record.steps[0].status, Some(200));
}
