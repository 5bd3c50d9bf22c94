use callout_flow::{flow::Flow, id::RunId, outcome::*, read::read_flow, run::*};
use std::time::Instant;
fn main() {
    let text = r#"
kind: flow
slug: bench
trigger: { type: api }
start: lookup
nodes:
  lookup:
    type: apiCall
    mode: http
    url: "http://127.0.0.2:7070/customers/{{ event.customerId }}"
    outputs:
      - { var: name, path: "$.name" }
      - { var: tier, path: "$.tier" }
    cases:
      - { on: 2xx, when: vars.name, to: done }
      - { on: 404, to: done }
      - { on: other, to: done }
  done: { type: end, status: completed }
"#;
    let read = read_flow(text, "f.yaml");
    let mut problems = read.problems;
    let flow =
        read.draft.and_then(|d| Flow::compile(&d, &mut problems)).unwrap_or_else(|| panic!("{problems:?}"));
    let event: serde_json::Value = serde_json::json!({"name":"bench","customerId":"c-123","channel":"voice"});
    let body = serde_json::json!({"id":"c-123","name":"Ada Lovelace","tier":"gold","email":"ada@example.org","address":{"street":"12 Analytical Row","city":"London","zip":"N1","country":"GB"},"tags":["vip","early","math"],"orders":[{"id":1,"total":12.5,"currency":"GBP"},{"id":2,"total":99.0,"currency":"GBP"}],"notes":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}).to_string();
    let body = bytes::Bytes::from(body);
    let n = 100_000u32;
    let now = jiff::Timestamp::now();
    let (mut a, mut b, mut c, mut d) = (0u128, 0u128, 0u128, 0u128);
    for _ in 0..n {
        let t0 = Instant::now();
        let mut run = Run::new(
            RunId::new("run_0123456789abcdef0123456789abcdef"),
            &flow,
            Start { event: event.clone(), ..Default::default() },
        );
        let t1 = Instant::now();
        let x = advance(&flow, &mut run, Input::Flow, now);
        assert!(matches!(x.action, Action::Call));
        let t2 = Instant::now();
        let over = AttemptOver {
            outcome: Outcome::Answered(Answer {
                status: 200,
                headers: vec![
                    ("content-type".into(), "application/json".into()),
                    ("date".into(), "Sat, 21 Nov 2026 08:00:00 GMT".into()),
                    ("content-length".into(), "530".into()),
                ],
                body: AnswerBody::Whole(body.clone()),
                notes: vec![],
            }),
            started_at: now,
            timing: Timing { total_ms: 0.3213, ..Default::default() },
            hops: vec![],
        };
        let y = advance(&flow, &mut run, Input::Attempt(Box::new(over)), now);
        let t3 = Instant::now();
        let mut buf = Vec::new();
        for s in &y.steps {
            serde_json::to_writer(&mut buf, s).unwrap();
        }
        let v = serde_json::to_vec(&run.shown_vars()).unwrap();
        std::hint::black_box((&buf, &v));
        let t4 = Instant::now();
        drop((run, y, x));
        a += (t1 - t0).as_nanos();
        b += (t2 - t1).as_nanos();
        c += (t3 - t2).as_nanos();
        d += (t4 - t3).as_nanos();
    }
    println!("new {} enter {} over {} write {}", a / n as u128, b / n as u128, c / n as u128, d / n as u128);
}
