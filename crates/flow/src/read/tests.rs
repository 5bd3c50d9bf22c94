use super::*;
use crate::node::NodeDraft;

fn told(text: &str) -> Vec<String> {
    let read = read_flow(text, "flow.yaml");
    let place =
        |p: &Problem| p.place.map_or("?".to_owned(), |place| format!("{}:{}", place.line, place.column));
    read.problems
        .iter()
        .map(|p| format!("{} {} {} | {} | {}", place(p), p.code, p.at, p.message, p.fix))
        .collect()
}

const HEAD: &str = "kind: flow\nslug: a\ntrigger: {type: api}\nstart: go\nnodes:\n";

fn told_of(nodes: &str) -> Vec<String> {
    told(&format!("{HEAD}{nodes}"))
}

#[test]
fn a_flow_reads_as_written() {
    let read = read_flow(FULL, "flow.yaml");
    assert_eq!(read.problems, []);
    let draft = read.draft.expect("a draft");
    let NodeDraft::ApiCall(call) = &draft.nodes["call"] else { panic!("{:?}", draft.nodes["call"]) };
    assert_eq!(call.headers[0].value.as_str(), "1.10");
    assert_eq!(call.headers[1].value.as_str(), "True");
    assert_eq!(call.headers[2].value.as_str(), "+49");
    assert_eq!(call.headers[3].value.as_str(), "");
    assert_eq!(call.cases[1].on.0, ["2xx", "404"]);
    assert_eq!(call.outputs[0].default, Some(Value::Null));
    assert_eq!(call.timeout_ms, None);
}

#[test]
fn a_draft_serialises_and_reads_back_equal() {
    let draft = read_flow(FULL, "flow.yaml").draft.expect("a draft");
    let text = serde_json::to_string_pretty(&draft).unwrap();
    let again = read_flow(&text, "flow.json");
    assert_eq!(again.problems, []);
    assert_eq!(again.draft.as_ref(), Some(&draft));
    assert_eq!(read_flow_value(&serde_json::to_value(&draft).unwrap()).draft, Some(draft));
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "kind: flow\nslug: Not A Slug\ntriger: {type: api}\nstart: [go]\nnodes:\n  go:\n    type: apiCall\n    \
                mode: http\n    method: get\n    timeoutMs: soon\n    followRedirects: 11\n    heders: []\n  \
                then: {type: setvars}\n  last: {name: x}\n  text: 5\n";
    assert_eq!(
        told(text),
        [
            "1:1 missing-key trigger | `trigger` is missing | Add `trigger: …`.",
            "2:7 slug-format slug | `Not A Slug` is no slug | Use up to 64 lower-case letters, digits and dashes, with no dash at either end.",
            "3:1 unknown-key triger | unknown key `triger` | Did you mean `trigger`?",
            "4:8 wrong-type start | expected a text, found a list | ",
            "6:3 missing-key nodes.go.url | `url` is missing | Add `url: …`.",
            "9:13 not-one-of nodes.go.method | `get` is none of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD` or `OPTIONS` | Did you mean `GET`?",
            "10:16 wrong-type nodes.go.timeoutMs | expected a whole number, found a text | ",
            "11:22 out-of-range nodes.go.followRedirects | 11 is out of range: 0 to 10 | ",
            "12:5 unknown-key nodes.go.heders | unknown key `heders` | Did you mean `headers`?",
            "13:16 not-one-of nodes.then.type | `setvars` is none of `apiCall`, `setVars`, `branch`, `message`, `screenPop`, `handoff`, `wait`, `goToFlow` or `end` | Did you mean `setVars`?",
            "14:3 missing-key nodes.last.type | `type` is missing | Add `type: …`. Known values: `apiCall`, `setVars`, `branch`, `message`, `screenPop`, `handoff`, `wait`, `goToFlow`, `end`.",
            "15:9 wrong-type nodes.text | expected an object, found a number | ",
        ]
    );
}

#[test]
fn nested_shapes_are_told_by_their_own_branch() {
    let call = |rest: &str| {
        told_of(&format!("  go: {{type: apiCall, mode: http, url: https://h.example/, {rest}}}\n"))
    };
    for (rest, expected) in [
        ("auth: {type: bearer}", "missing-key nodes.go.auth.token"),
        ("auth: {type: basc}", "not-one-of nodes.go.auth.type"),
        ("auth: bearer", "wrong-type nodes.go.auth | expected an object, found a text"),
        ("body: {type: json, txt: '{}'}", "unknown-key nodes.go.body.txt"),
        (
            "headers: [{name: a, value: [1]}]",
            "wrong-type nodes.go.headers[0].value | expected a text, a number or true or false, found a list",
        ),
        ("headers: [{value: a}]", "missing-key nodes.go.headers[0].name"),
        ("cases: [{on: {a: 1}, to: x}]", "wrong-type nodes.go.cases[0].on"),
        ("cases: {on: 404, to: x}", "wrong-type nodes.go.cases | expected a list, found an object"),
        ("retry: {maxAttempts: 1.5}", "wrong-type nodes.go.retry.maxAttempts | expected a whole number"),
        ("retry: {maxAttempts: 0}", "out-of-range nodes.go.retry.maxAttempts | 0 is out of range: 1 to 100"),
        ("onFailure: stop", "not-one-of nodes.go.onFailure | `stop` is none of `continue` or `end`"),
        ("querySeparator: ','", "not-one-of nodes.go.querySeparator"),
        ("next: 5", "wrong-type nodes.go.next | expected a text, found a number | Put it in quotes: \"5\"."),
        ("name: ~, next: ~, headers: ~", ""),
    ] {
        let told = call(rest);
        match expected {
            "" => assert_eq!(told, [""; 0]),
            _ => assert!(told.len() == 1 && told[0].contains(expected), "{rest}: {told:?}"),
        }
    }
    let message = told_of("  go: {type: message, text: [a]}\n");
    assert!(message[0].contains("expected a text or an object, found a list"), "{message:?}");
    assert!(told_of("  go: {type: message, text: {en: hello, default: hi}}\n").is_empty());
}

#[test]
fn words_for_later_are_not_called_unknown() {
    for (nodes, expected) in [
        (
            "  go: {type: ask, text: hi, cases: []}",
            "6:8 not-in-this-version nodes.go.type | the node type `ask` is",
        ),
        ("  go: {type: forEach}", "not-in-this-version nodes.go.type"),
        ("  go: {type: wait, until: '2026-01-01'}", "not-in-this-version nodes.go.until"),
        ("  go: {type: wait, duration: 5m, event: x}", "not-in-this-version nodes.go.event"),
    ] {
        let told = told_of(nodes);
        assert!(told.len() == 1 && told[0].contains(expected), "{nodes}: {told:?}");
    }
    for (from, to, expected) in [
        ("{type: api}", "{type: schedule, cron: x}", "not-in-this-version trigger.type"),
        ("{type: api}", "{type: event, event: e, occurrences: 3}", "not-in-this-version trigger.occurrences"),
        ("start:", "entry: once\nstart:", "not-in-this-version entry"),
        ("start:", "entry: {oncePer: 1d}\nstart:", "not-in-this-version entry"),
        ("start:", "entry: sometimes\nstart:", "not-one-of entry"),
        ("kind: flow", "kind: integration", "wrong-kind kind | this file holds an integration, not a flow"),
        ("kind: flow", "kind: flw", "not-one-of kind"),
    ] {
        let told = told(&format!("{}  go: {{type: end}}\n", HEAD.replace(from, to)));
        assert!(told.len() == 1 && told[0].contains(expected), "{to}: {told:?}");
    }
    let fine = HEAD.replace("{type: api}", "{type: event, event: e, occurrences: 1}");
    assert!(told(&format!("{fine}  go: {{type: end}}\n")).is_empty());
}

#[test]
fn former_node_types_are_api_calls() {
    let read = read_flow(&format!("{HEAD}  go: {{type: httpRequest, url: u}}\n"), "flow.yaml");
    assert_eq!(read.problems, []);
    assert!(
        matches!(&read.draft.expect("a draft").nodes["go"], NodeDraft::ApiCall(call) if call.url.as_deref().unwrap_or_default() == "u")
    );
}

#[test]
fn a_connection_of_auth_is_the_nodes() {
    let auth = "auth: {connectionId: c}";
    for node in ["connectionId: c", auth] {
        let read =
            read_flow(&format!("{HEAD}  go: {{type: apiCall, mode: http, url: u, {node}}}\n"), "flow.yaml");
        assert_eq!(read.problems, []);
        let NodeDraft::ApiCall(call) = &read.draft.expect("a draft").nodes["go"] else { panic!("no call") };
        assert_eq!((call.connection_id.as_deref(), &call.auth), (Some("c"), &None));
    }
}

#[test]
fn an_unknown_key_leaves_a_draft_and_a_wrong_type_does_not() {
    let read = read_flow(&format!("{HEAD}  go: {{type: end, x: 1}}\n"), "flow.yaml");
    assert!(read.draft.is_some() && read.problems.len() == 1);
    assert!(read_flow(&format!("{HEAD}  go: {{type: end, name: [1]}}\n"), "flow.yaml").draft.is_none());
}

#[test]
fn what_is_no_flow_at_all_is_told_kindly() {
    assert!(told("[1]")[0].contains("expected an object, found a list"));
    assert!(told("just words")[0].contains("expected an object, found a text"));
    assert!(told("")[0].contains("the file is empty"));
    assert_eq!(told("{}").len(), 5);
}

#[test]
fn the_schema_offers_only_what_is_in_this_version() {
    let schema = flow_schema().to_string();
    for word in ["webhook", "forEach", "oncePer", "occurrences", "ask\""] {
        assert!(!schema.contains(word), "{word}");
    }
    assert!(schema.contains("\"apiCall\"") && schema.contains("draft/2020-12"));
}

const FULL: &str = r#"
kind: flow
slug: caller-lookup
name: Caller lookup
number: 7
trigger: { type: event, event: call.connected, when: "event.from" }
entry: always
start: call
nodes:
  call:
    type: apiCall
    name: Find the caller
    mode: http
    method: POST
    url: "https://crm.example/{{ event.from }}"
    headers:
      - { name: X-Version, value: 1.10 }
      - { name: X-Flag, value: True, enabled: false }
      - { name: X-Plus, value: +49 }
      - { name: X-Empty }
    query: [{ name: q, value: "{{ vars.q }}", optional: true }]
    querySeparator: ";"
    auth: { type: basic, username: u, password: 123 }
    body: { type: json, value: null }
    timeoutMs:
    retry: { maxAttempts: 3, on: [429, timeout] }
    idempotency: { header: Idempotency-Key }
    followRedirects: 2
    resultPath: $.result
    outputs:
      - { var: a, path: $.a, default: null, type: number, required: true, sensitive: true, asList: true }
      - { var: b, path: x-id, from: headers, transform: "value | upper" }
    cases:
      - { on: 2xx, result: null, to: set }
      - { on: [2xx, 404], when: vars.a, to: branch }
      - { on: other, to: pop, name: rest }
    next: set
    onFailure: end
  set: { type: setVars, set: { a: 1.10, b: { c: [1, "{{ vars.a }}"] }, n: null }, next: branch }
  branch: { type: branch, cases: [{ when: "vars.a", to: pop }], next: wait }
  wait: { type: wait, duration: 5m, next: hand }
  pop: { type: screenPop, title: T, url: "https://x", fields: [{ label: a, value: 1 }], next: say }
  say: { type: message, text: { en: hello, default: hi }, next: done }
  hand: { type: handoff, group: g, next: "flow:other" }
  sub: { type: goToFlow, flow: other, mode: subFlow, inputs: { a: 1 }, resultVariable: r, cases: [{ on: failed, to: done }], next: done }
  form: { type: apiCall, mode: http, url: u, body: { type: form, fields: [{ name: a, value: 1 }] }, next: done }
  multi: { type: apiCall, mode: http, url: u, body: { type: multipart, parts: [{ name: a, value: b, filename: f }] }, next: done }
  contact: { type: apiCall, mode: http, url: u, body: { type: contact, extra: { a: 1 }, excludeUserInfo: true }, next: done }
  done: { type: end, status: failed, result: { a: "{{ vars.a }}" } }
"#;
