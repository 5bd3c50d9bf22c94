//! The flow of a plan: its text, and the way that every run takes through it.

use std::fmt::Write as _;

use crate::plan::{Kind, Node, Plan};

/// A node that a run visits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub node: String,
    /// The flow, where it is not the chain itself.
    pub flow: Option<&'static str>,
    /// Which visit it is within its flow.
    pub visit: usize,
    pub lap: usize,
}

/// The nodes that every run visits, in the order of its record.
pub fn path(plan: &Plan) -> Vec<Stop> {
    let mut path = Vec::new();
    let stop = |node: &str, lap: usize| Stop { node: node.to_owned(), flow: None, visit: lap, lap };
    let inner = |node: &str, lap: usize| Stop { flow: Some("inner"), visit: 1, ..stop(node, lap) };
    for lap in 1..=plan.laps {
        path.push(stop("begin", lap));
        path.extend((0..plan.inner_from()).map(|at| stop(&format!("n{at}"), lap)));
        if plan.inner_from() < plan.nodes.len() {
            path.extend((plan.inner_from()..plan.nodes.len()).map(|at| inner(&format!("n{at}"), lap)));
            path.extend([inner("out", lap), stop("sub", lap)]);
        }
        path.push(stop("again", lap));
    }
    path.push(Stop { visit: 1, ..stop("done", plan.laps) });
    path
}

/// The texts of the flows, in the order in which they are to be published. Each `life` has another version.
pub fn texts(plan: &Plan, url: impl Fn(Kind) -> String, life: u64) -> Vec<String> {
    let (from, to) = (plan.inner_from(), plan.nodes.len());
    let head = |slug: &str, trigger: &str, start: &str| {
        format!(
            "kind: flow\nslug: {slug}\nname: Life {life}\ntrigger: {{ {trigger} }}\nstart: {start}\nnodes:\n"
        )
    };
    let mut texts = Vec::new();
    if from < to {
        let mut inner = head("inner", "type: api", &format!("n{from}"));
        (from..to).for_each(|at| inner += &node(plan, at, if at + 1 == to { "out" } else { "" }, &url));
        texts.push(inner + "  out: { type: end, result: '{{ vars.n | default(\"none\") }}' }\n");
    }
    let behind = if from < to { "sub" } else { "again" };
    let mut chain = head("chain", "type: event, event: go", "begin");
    let first = if from == 0 { behind } else { "n0" };
    let _ = writeln!(chain, "  begin: {{ type: setVars, set: {{ lap: '{LAP_ON}' }}, next: {first} }}");
    (0..from).for_each(|at| chain += &node(plan, at, if at + 1 == from { behind } else { "" }, &url));
    if from < to {
        chain += "  sub: { type: goToFlow, flow: inner, mode: subFlow, resultVariable: n, next: again,\n    \
                  inputs: { lap: '{{ vars.lap }}', n: '{{ vars.n | default(\"none\") }}' } }\n";
    }
    let _ = write!(
        chain,
        "  again: {{ type: branch, cases: [{{ when: vars.lap < {}, to: begin }}], next: done }}\n  \
         done: {{ type: end, result: '{{{{ vars.n | default(\"none\") }}}}' }}\n",
        plan.laps
    );
    texts.push(chain);
    texts
}

const LAP_ON: &str = "{{ vars.lap | default(0) + 1 }}";
const SAYS: &str = "{{ vars.lap }}: {{ vars.n | default('none') }}";

/// One node of the chain; `next` where the one after it does not come next.
fn node(plan: &Plan, at: usize, next: &str, url: impl Fn(Kind) -> String) -> String {
    let following = format!("n{}", at + 1);
    let next = if next.is_empty() { &following } else { next };
    match plan.nodes[at] {
        Node::Message => {
            format!("  n{at}: {{ type: message, to: host, text: \"{SAYS}\", next: {next} }}\n")
        }
        Node::Wait => format!("  n{at}: {{ type: wait, duration: 1s, next: {next} }}\n"),
        Node::Call { kind, retries } => {
            format!("  n{at}:\n{}    next: {next}\n", call(kind, retries, at, &url(kind)))
        }
    }
}

/// A call that says whose it is, and carries what the answer before it said.
fn call(kind: Kind, retries: bool, at: usize, url: &str) -> String {
    let mut text = format!(
        "    type: apiCall\n    mode: http\n    method: {}\n    url: {url}\n    timeoutMs: 60000\n    headers:\n",
        kind.method()
    );
    for (name, value) in [
        ("X-Run", "{{ run.id }}"),
        ("X-Version", "{{ flow.version }}"),
        ("X-Node", &format!("n{at}")),
        ("X-Lap", "{{ vars.lap }}"),
        ("X-Tag", "{{ event.tag }}"),
        ("X-Retries", if retries { "yes" } else { "no" }),
    ] {
        let _ = writeln!(text, "      - {{ name: {name}, value: '{value}' }}");
    }
    text += "    body: { type: json, value: { prev: '{{ vars.n | default(\"none\") }}', blob: '{{ event.blob }}' } }\n    \
             outputs: [{ var: n, path: $.n }]\n";
    if retries {
        text += "    retry: { maxAttempts: 4 }\n";
    }
    if kind == Kind::Keyed {
        text += "    idempotency: { header: Idempotency-Key }\n";
    }
    text
}
