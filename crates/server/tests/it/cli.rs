//! `callout run` as a newcomer meets it: exit codes, input, the trace.

use callout_testkit::{Remote, Reply};
use serde_json::json;

use crate::world::{World, call_of, one_call};

const WAITING: &str = "kind: flow\nslug: w\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: wait, duration: 1d, next: b }\n  b: { type: end, result: { ok: true } }\n";

#[test]
fn exit_codes_tell_how_a_run_ended() {
    let world = World::new();
    world.write("wait.yaml", WAITING);
    assert_eq!(world.callout(&["run", "wait.yaml", "--json"]).code, 3);
    let waiting = world.callout(&["run", "wait.yaml", "--json"]).json();
    assert_eq!(waiting["status"], "waiting");
    assert!(waiting["waitingUntil"].is_string());
    let done = world.callout(&["run", "wait.yaml", "--json", "--skip-waits"]);
    assert_eq!((done.code, &done.json()["result"]), (0, &json!({ "ok": true })));

    world.write(
        "fail.yaml",
        &WAITING.replace("duration: 1d", "duration: 0s").replace("type: end", "type: end, status: failed"),
    );
    assert_eq!(world.callout(&["run", "fail.yaml", "--skip-waits"]).code, 1);
    assert_eq!(world.callout(&["run", "nothing.yaml"]).code, 2);
    assert_eq!(world.callout(&["run"]).code, 2);
}

#[test]
fn wrong_input_says_what_and_where() {
    let world = World::new();
    world.write("flow.yaml", &one_call("https://api.example/", ""));
    world.write("list.json", "[1]");
    world.write("broken.json", "{\n \"a\": oops }");
    for (args, told) in [
        (vec!["run", "flow.yaml"], "--event"),
        (vec!["run", "flow.yaml", "--event", "none.json"], "none.json"),
        (vec!["run", "flow.yaml", "--event", "list.json"], "must be a JSON object"),
        (vec!["run", "flow.yaml", "--event", "broken.json"], "line 2, column 7"),
        (vec!["run", "flow.yaml", "--event", "-", "--var", "x"], "name=JSON"),
        (vec!["run", "flow.yaml", "--event", "-", "--var", "x=word"], "x='\"word\"'"),
        (vec!["run", "flow.yaml", "--event", "-", "--var", "1x=1"], "cannot name a variable"),
        (vec!["run", "flow.yaml", "--event", "-", "--config", "none.toml"], "none.toml"),
        (vec!["try", "flow.yaml", "kall"], "there is no node `kall`"),
        (vec!["run", "flow.yaml", "--evnt", "-"], "--event"),
    ] {
        let ran = world.callout_with_input(&args, "{}");
        assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_flow_that_cannot_be_read_is_shown_at_its_place_and_nothing_runs() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let world = World::new();
    let flow = call_of(&remote, "respnse: x\ncases: [{ on: 2XX, to: dne }, { on: timeout, to: done }]");
    let ran = world.run(&flow, &json!({}));
    assert_eq!(ran.code, 2);
    for told in ["respnse", "flow.yaml:", "did you mean", "respons"] {
        assert!(ran.stderr.to_lowercase().contains(told), "{told}: {}", ran.stderr);
    }
    let flow = call_of(&remote, "cases: [{ on: 2XX, to: dne }, { on: timeout, to: done }]");
    let ran = world.run(&flow, &json!({}));
    assert_eq!(ran.code, 2);
    for told in ["2xx", "there is no node `dne`", "`done`", "outcome-key", "unknown-target"] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert_eq!(remote.requests(), []);
}

#[test]
fn warnings_and_unwired_exits_do_not_keep_a_flow_from_running() {
    let remote = Remote::start(vec![Reply::status(200)]);
    let flow =
        call_of(&remote, "cases: [{ on: other, to: done }, { on: 2xx, when: vars.never_set, to: done }]");
    let ran = World::new().run(&flow.replace("    next: done\n", ""), &json!({ "name": "go" }));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn the_trace_reads_from_top_to_bottom() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"name":"Ada"}"#)]);
    let world = World::new();
    world.write(
        "flow.yaml",
        &call_of(&remote, "name: Find them\noutputs: [{ var: who, path: $.name }]\ncases: [{ name: found, on: 2xx, to: done }]"),
    );
    let ran = world.callout_with_input(&["run", "flow.yaml", "--event", "-"], r#"{"name":"go"}"#);
    assert_eq!(ran.code, 0);
    let mut rest = ran.stdout.as_str();
    for told in [
        "one-call",
        "go",
        "call",
        "Find them",
        "GET http://127.0.0.2:",
        "200",
        "14 bytes",
        "who = \"Ada\"",
        "found",
        "done",
        "completed",
        "2 steps, 1 request",
    ] {
        let at = rest
            .find(told)
            .unwrap_or_else(|| panic!("{told} is not after what came before:\n{}", ran.stdout));
        rest = &rest[at..];
    }
    assert!(!ran.stdout.contains('\u{1b}'), "no colours where no terminal reads");
    assert_eq!(ran.stderr, "");
}

#[test]
fn what_an_upstream_says_never_drives_the_terminal() {
    let remote = Remote::start(vec![Reply::json(200, "{\"x\":\"\\u001b[31mred\\u202e\"}")]);
    let world = World::new();
    world.write("flow.yaml", &call_of(&remote, "outputs: [{ var: x, path: $.x }]"));
    let ran = world.callout_with_input(&["run", "flow.yaml", "--event", "-"], r#"{"name":"go"}"#);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'), "{:?}", ran.stdout);
}

#[test]
fn an_event_for_another_flow_is_told() {
    let remote = Remote::start(vec![Reply::status(204)]);
    let ran = World::new().run(&call_of(&remote, ""), &json!({ "name": "other" }));
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("starts on `go`"), "{}", ran.stderr);
}

#[test]
fn variables_contact_and_event_reach_the_templates() {
    let remote = Remote::start(vec![Reply::status(204)]);
    let world = World::new();
    world.write("ada.json", r#"{"id":"ct_1","name":"Ada","attributes":{"plan":"gold"}}"#);
    let rest = "method: POST\nbody: { type: json, value: { n: '{{ vars.n }}', who: '{{ contact.name }}', plan: '{{ user.attributes.plan }}', from: '{{ event.from }}', flow: '{{ flow.slug }}' } }";
    let ran = world.run_with(
        &call_of(&remote, rest),
        &json!({ "name": "go", "from": "x" }),
        &["--var", "n=9007199254740993", "--contact", "ada.json"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = json!({ "n": 9_007_199_254_740_993_i64, "who": "Ada", "plan": "gold", "from": "x", "flow": "one-call" });
    assert_eq!(remote.only_request().json(), expected);
}

#[test]
fn flows_go_to_other_flows_of_the_folder() {
    let world = World::new();
    world.write(
        "main.yaml",
        "kind: flow\nslug: main\ntrigger: { type: api }\nstart: sub\nnodes:\n  \
         sub: { type: goToFlow, flow: helper, mode: subFlow, inputs: { n: '{{ 20 + 1 }}' }, resultVariable: got, cases: [{ on: success, to: jump }], next: bad }\n  \
         jump: { type: goToFlow, flow: last }\n  bad: { type: end, status: failed }\n",
    );
    world.write(
        "helper.yaml",
        "kind: flow\nslug: helper\ntrigger: { type: api }\nstart: twice\nnodes:\n  \
         twice: { type: setVars, set: { n: '{{ vars.n * 2 }}' }, next: done }\n  done: { type: end, result: { n: '{{ vars.n }}' } }\n",
    );
    world.write(
        "last.yaml",
        "kind: flow\nslug: last\ntrigger: { type: api }\nstart: done\nnodes:\n  done: { type: end, result: '{{ vars.got.n }}' }\n",
    );
    let ran = world.callout(&["run", "main.yaml", "--json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.json()["result"], 42);
    assert_eq!(ran.json()["steps"][0]["flow"], "helper");
    world.write("last.yaml", "kind: flow\nslug: last\nstart: x\n");
    let ran = world.callout(&["run", "main.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("last.yaml"), "{}", ran.stderr);
}

#[test]
fn a_loop_without_an_end_ends() {
    let world = World::new();
    world.write(
        "loop.yaml",
        "kind: flow\nslug: l\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: setVars, set: { x: 1 }, next: a }\n",
    );
    let ran = world.callout(&["run", "loop.yaml", "--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["error"]["code"], "step-limit");
}

#[test]
fn one_node_can_be_tried() {
    let remote = Remote::start(vec![Reply::json(200, "{\"a\":1}")]);
    let world = World::new();
    world.write("flow.yaml", &one_call(&remote.url("/{{ vars.id }}"), "cases: [{ on: 2xx, to: done }]"));
    let ran = world.callout(&["try", "flow.yaml", "call", "--var", "id=7", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["steps"].as_array().unwrap().len(), 1);
    assert_eq!(ran.json()["steps"][0]["case"]["on"], "2xx");
    assert_eq!(remote.only_request().target, "/7");
}

#[test]
fn proxy_variables_are_ignored() {
    let proxy = callout_testkit::Canary::start([127, 0, 0, 1].into());
    let url = proxy.url("");
    let remote = Remote::start(vec![Reply::status(204)]);
    let mut world = World::new();
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        world = world.with_env(name, &url);
    }
    assert_eq!(world.run(&call_of(&remote, ""), &json!({ "name": "go" })).call()["outcome"], "204");
    proxy.assert_untouched();
}

#[test]
fn a_sub_flow_that_fails_is_its_callers_to_route() {
    let remote = Remote::start(vec![Reply::status(404)]);
    let world = World::new();
    let main = |cases: &str| {
        format!(
            "kind: flow\nslug: m\ntrigger: {{ type: api }}\nstart: g\nnodes:\n  \
             g: {{ type: goToFlow, flow: ff, mode: subFlow{cases}, next: bad }}\n  \
             rescued: {{ type: end, result: rescued }}\n  bad: {{ type: end, result: gone on }}\n"
        )
    };
    let fails = [
        format!("type: apiCall, mode: http, url: '{}', onFailure: end", remote.url("/")),
        "type: setVars, set: { q: '{{ 1 // 0 }}' }".to_owned(),
        "type: end, status: failed".to_owned(),
    ];
    for fail in &fails {
        world.write(
            "ff.yaml",
            &format!("kind: flow\nslug: ff\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  a: {{ {fail} }}\n"),
        );
        world.write("m.yaml", &main(", cases: [{ on: failed, to: rescued }]"));
        let ran = world.callout(&["run", "m.yaml", "--json"]);
        assert_eq!((ran.code, &ran.json()["result"]), (0, &json!("rescued")), "{fail}: {}", ran.stdout);
    }
    world.write(
        "ff.yaml",
        &format!(
            "kind: flow\nslug: ff\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  a: {{ {} }}\n",
            fails[0]
        ),
    );
    world.write("m.yaml", &main(""));
    let ran = world.callout(&["run", "m.yaml", "--json"]);
    assert_eq!(ran.code, 1, "a fault that nobody takes stays one: {}", ran.stdout);
    assert_eq!(ran.json()["error"]["code"], "failure-ends-run");
}

#[test]
fn small_things_that_would_pass_in_silence_are_told() {
    let remote = Remote::start(vec![Reply::status(204)]);
    let world = World::new();
    let ran = world.run(&call_of(&remote, "cases: [{ on: [], to: done }]"), &json!({ "name": "go" }));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("an empty list names nothing"), "{}", ran.stderr);
    let ran = world.run_with(&call_of(&remote, ""), &json!({ "name": "go" }), &["--dir", "nowhere"]);
    assert_eq!(ran.code, 2);
    let ran = world.run(
        &call_of(
            &remote,
            "method: PUT\nbody: { type: json, value: { v: '{{ event.v }}', w: '{{ event.w }}' } }",
        ),
        &json!({ "name": "go", "v": null }),
    );
    assert_eq!(ran.call()["problems"].as_array().unwrap().len(), 2, "{}", ran.stdout);
}
