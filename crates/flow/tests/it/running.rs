//! A run's decisions, told by scripted inputs and times: no runtime, no clock, no socket.

use callout_flow::flow::Flow;
use callout_flow::id::RunId;
use callout_flow::integration::Known;
use callout_flow::outcome::{Answer, AnswerBody, Failure, FailureClass, Outcome, Phase, Timing};
use callout_flow::read::read_flow;
use callout_flow::run::{Action, Advance, AttemptOver, How, Input, Run, Start, advance};
use jiff::Timestamp;
use serde_json::{Value, json};

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millisecond).unwrap()
}

fn flow(text: &str) -> Flow {
    let read = read_flow(text, "flow.yaml");
    let mut problems = read.problems;
    let draft = read.draft.unwrap_or_else(|| panic!("{problems:#?}"));
    Flow::compile(&draft, &Known::default(), &mut problems).unwrap_or_else(|| panic!("{problems:#?}"))
}

fn begin(flow: &Flow, event: Value) -> Run {
    Run::new(RunId::new("run_1"), flow, Start { event, ..Start::default() })
}

fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Input {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let body = AnswerBody::Whole(body.to_owned().into());
    over(Outcome::Answered(Answer { status, headers, body, notes: Vec::new() }))
}

fn failed(class: FailureClass, sent: bool) -> Input {
    let failure = Failure { class, phase: Phase::Head, message: "it failed".to_owned() };
    over(if sent { Outcome::NoAnswer(failure) } else { Outcome::NotSent(failure) })
}

fn over(outcome: Outcome) -> Input {
    Input::Attempt(Box::new(AttemptOver {
        not_before: None,
        outcome,
        started_at: at(0),
        timing: Timing::default(),
        hops: Vec::new(),
    }))
}

/// One call with these lines in it.
fn one_call(rest: &str) -> Flow {
    flow(&format!(
        "kind: flow\nslug: f\ntrigger: {{ type: api }}\nstart: call\nnodes:\n  call:\n    type: apiCall\n    \
         mode: http\n    url: https://api.example/\n{}    next: done\n  done: {{ type: end }}\n",
        rest.lines().map(|line| format!("    {line}\n")).collect::<String>()
    ))
}

fn nodes(advanced: &Advance) -> Vec<&str> {
    advanced.steps.iter().map(|step| step.node.as_str()).collect()
}

#[test]
fn a_run_asks_for_its_call_and_goes_on_with_the_answer() {
    let flow =
        one_call("outputs: [{ var: id, path: $.id }]\ncases: [{ on: 200, when: vars.id == 7, to: done }]");
    let mut run = begin(&flow, json!({}));
    let asked = advance(&flow, &mut run, Input::Flow, at(0));
    assert!(matches!(asked.action, Action::Call) && asked.steps.is_empty());
    assert_eq!(run.pending().unwrap().request.url.as_str(), "https://api.example/");
    let ended = advance(&flow, &mut run, answered(200, &[], r#"{"id":7}"#), at(30));
    assert!(matches!(ended.action, Action::Finish));
    assert_eq!(nodes(&ended), ["call", "done"]);
    assert_eq!(ended.steps[0].duration_ms, 30);
    assert_eq!(json!(ended.steps[0].case), json!({ "index": 0, "name": null, "on": "200" }));
    assert_eq!(run.ended.unwrap().how, How::Completed);
}

#[test]
fn a_large_body_that_nobody_reads_is_not_carried_along() {
    let item = format!("{{\"id\":7,\"text\":\"{}\"}}", "x".repeat(100_000));
    let kept = |rest: &str| {
        let flow = one_call(rest);
        let mut run = begin(&flow, json!({}));
        advance(&flow, &mut run, Input::Flow, at(0));
        advance(&flow, &mut run, answered(200, &[], &item), at(30));
        serde_json::to_value(run.shown_vars()).unwrap()["httpResult"].clone()
    };
    let unread = kept("outputs: [{ var: id, path: $.id }]");
    let text = unread.as_str().unwrap();
    assert!(text.starts_with("{\"id\":7") && text.len() <= 1024 + 64, "{}", text.len());
    let read = kept("cases: [{ on: 200, when: vars.httpResult.id == 7, to: done }]");
    assert_eq!(read["text"].as_str().unwrap().len(), 100_000);
}

#[test]
fn between_attempts_the_run_is_parked() {
    let flow = one_call("retry: { maxAttempts: 3, withinMs: 60000 }");
    let mut run = begin(&flow, json!({}));
    advance(&flow, &mut run, Input::Flow, at(0));
    let first = run.pending().unwrap().request.clone();
    let parked = advance(&flow, &mut run, answered(503, &[("retry-after", "7")], ""), at(100));
    let Action::Sleep { until, retry: true } = parked.action else { panic!("{parked:?}") };
    assert_eq!(until, at(7100));
    assert!(parked.steps.is_empty(), "a visit is one step, recorded once its outcome is known");
    assert!(matches!(advance(&flow, &mut run, Input::Woke, at(7100)).action, Action::Call));
    assert_eq!(run.pending().unwrap().attempt, 2);
    assert_eq!(run.pending().unwrap().request, first);
    let ended = advance(&flow, &mut run, answered(200, &[], "{}"), at(7200));
    assert_eq!(ended.steps[0].attempts.len(), 2);
    assert_eq!(ended.steps[0].attempts[0].retry_at, Some(at(7100)));
    assert_eq!(ended.steps[0].outcome.unwrap().to_string(), "200");
}

#[test]
fn after_a_crash_only_what_is_safe_goes_out_again() {
    for (rest, again) in [
        ("", true),
        ("method: PUT", true),
        ("method: POST", false),
        ("method: PATCH", false),
        ("method: POST\nidempotency: { header: Idempotency-Key }", true),
    ] {
        let flow = one_call(rest);
        let mut run = begin(&flow, json!({}));
        advance(&flow, &mut run, Input::Flow, at(0));
        let after = advance(&flow, &mut run, failed(FailureClass::Interrupted, true), at(5));
        match after.action {
            Action::Sleep { until, retry: true } => assert!(again && until == at(5), "{rest}"),
            _ => {
                assert!(!again, "{rest}");
                assert_eq!(after.steps[0].outcome.unwrap().to_string(), "unknown");
            }
        }
    }
}

#[test]
fn other_is_tried_last_wherever_it_stands_and_the_first_match_wins() {
    let cases = "cases:\n  - { name: rest, on: other, to: done }\n  - { name: a, on: [4xx, timeout], to: done }\n  \
                 - { name: b, on: 404, to: done }\n  - { name: c, on: failed, to: done }";
    let flow = one_call(cases);
    for (input, name) in [
        (answered(404, &[], ""), "a"),
        (answered(500, &[], ""), "c"),
        (answered(200, &[], "{}"), "rest"),
        (failed(FailureClass::Timeout, true), "a"),
        (failed(FailureClass::Network, false), "c"),
    ] {
        let mut run = begin(&flow, json!({}));
        advance(&flow, &mut run, Input::Flow, at(0));
        let ended = advance(&flow, &mut run, input, at(1));
        assert_eq!(json!(ended.steps[0].case)["name"], name);
    }
}

#[test]
fn a_result_matches_exactly_and_a_failing_when_is_no_match() {
    let flow = one_call(
        "resultPath: $.state\ncases:\n  - { name: broken, when: vars.httpResult + 1 > 0, to: done }\n  \
         - { name: open, on: 2xx, result: open, to: done }\n  - { name: seven, result: 7, to: done }",
    );
    for (body, name) in [
        (r#"{"state":"open"}"#, json!("open")),
        (r#"{"state":7.0}"#, json!("seven")),
        (r#"{"state":"OPEN"}"#, Value::Null),
    ] {
        let mut run = begin(&flow, json!({}));
        advance(&flow, &mut run, Input::Flow, at(0));
        let ended = advance(&flow, &mut run, answered(200, &[], body), at(1));
        assert_eq!(json!(ended.steps[0].case).get("name").cloned().unwrap_or_default(), name, "{body}");
        assert!(ended.steps[0].problems.iter().any(|note| note.code == "when-failed"));
    }
}

#[test]
fn a_failure_that_nobody_takes_goes_on_or_ends_the_run() {
    for (rest, completed) in [("", true), ("onFailure: end", false)] {
        let flow = one_call(rest);
        let mut run = begin(&flow, json!({}));
        advance(&flow, &mut run, Input::Flow, at(0));
        advance(&flow, &mut run, answered(500, &[], ""), at(1));
        assert_eq!(run.ended.as_ref().unwrap().how == How::Completed, completed);
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let flow = one_call("retry: { maxAttempts: 3 }\nidempotency: { header: K }");
    let play = || {
        let mut run = begin(&flow, json!({ "x": 1 }));
        let mut told = Vec::new();
        for (input, time) in [
            (Input::Flow, 0),
            (failed(FailureClass::Network, true), 10),
            (Input::Woke, 500),
            (answered(200, &[], r#"{"b":1,"a":2}"#), 600),
        ] {
            let advanced = advance(&flow, &mut run, input, at(time));
            told.push(format!("{:?} {}", advanced.action, json!(advanced.steps)));
        }
        told
    };
    assert_eq!(play(), play());
}

#[test]
fn a_run_that_is_told_what_it_did_not_ask_for_fails_and_does_not_panic() {
    let flow = one_call("");
    let mut run = begin(&flow, json!({}));
    advance(&flow, &mut run, Input::Woke, at(0));
    assert_eq!(run.ended.unwrap().fault.unwrap().code, "out-of-step");
}
