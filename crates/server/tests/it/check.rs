//! `callout check`: all problems at once, for people and for tools.

use callout_testkit::Canary;

use crate::world::{World, one_call};

#[test]
fn all_problems_come_at_once_each_with_code_place_and_fix() {
    let world = World::new();
    world.write(
        "flow.yaml",
        "kind: flow\nslug: bad\ntrigger: { type: event, event: go }\nstart: call\nnodes:\n  call:\n    type: apiCall\n    mode: http\n    url: https://{{ event.host }}/x\n    cases:\n      - { on: 2XX, to: dne }\n      - { on: timeout, to: gone }\n    headers:\n      - { name: Host, value: evil }\n    body: { type: json, text: '{\"a\": }' }\n  gone: { type: end }\n",
    );
    let ran = world.callout(&["check", "flow.yaml", "--json"]);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    let problems = report["problems"].as_array().unwrap();
    for (code, line) in [
        ("outcome-key", 11),
        ("unknown-target", 11),
        ("template-in-authority", 9),
        ("header-refused", 14),
        ("invalid-json", 15),
    ] {
        let problem = problems
            .iter()
            .find(|problem| problem["code"] == code)
            .unwrap_or_else(|| panic!("no {code}: {report:#}"));
        assert_eq!(problem["line"], line, "{problem:#}");
        assert_eq!(problem["severity"], "error");
        assert!(problem["column"].is_u64() && problem["at"].is_string() && problem["message"].is_string());
    }
    let people = world.callout(&["check", "flow.yaml"]);
    assert_eq!(people.code, 1);
    assert!(people.stdout.contains("flow.yaml:11:"), "{}", people.stdout);
}

#[test]
fn a_folder_is_searched_for_flows_and_for_nothing_else() {
    let world = World::new();
    world.write("a/flow.yaml", &one_call("https://api.example/", "cases: [{ on: other, to: done }]"));
    world.write("a/events/e.json", "{}");
    world.write("b/broken.yaml", "kind: flow\n  slug: [\n");
    let ran = world.callout(&["check", "a", "b", "--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["files"].as_array().unwrap().len(), 2);
    assert_eq!(world.callout(&["check", "a"]).code, 0);
    assert_eq!(world.callout(&["check", "c"]).code, 2);
}

#[test]
fn a_url_that_the_guard_would_refuse_is_a_warning_and_opens_no_socket() {
    let canary = Canary::start([127, 0, 0, 1].into());
    let world = World::new();
    world.write("flow.yaml", &one_call(&canary.url("/"), ""));
    let ran = world.callout(&["check", "flow.yaml", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("url-refused"), "{}", ran.stdout);
    canary.assert_untouched();
}

#[test]
fn the_schema_of_a_flow_is_json_schema() {
    let world = World::new();
    let schema = world.callout(&["schema", "flow"]).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema.to_string().contains("apiCall"));
    assert_eq!(world.callout(&["schema", "config"]).code, 0);
    for (kind, word) in [("integration", "operations"), ("connection", "allowedHosts")] {
        let schema = world.callout(&["schema", kind]).json();
        assert!(schema["properties"][word].is_object(), "{kind}: {schema}");
    }
    let later = world.callout(&["schema", "test"]);
    assert_eq!(later.code, 2);
    assert!(later.stderr.contains("not in this version yet"));
}

#[test]
fn what_comes_later_is_said_to_come_later() {
    let world = World::new();
    for (name, node) in [
        ("ask", "{ type: ask, text: hi, next: done }"),
        ("forEach", "{ type: forEach, list: x }"),
        ("sendEmail", "{ type: sendEmail }"),
        ("updateContact", "{ type: updateContact }"),
    ] {
        world.write(
            "flow.yaml",
            &format!("kind: flow\nslug: l\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  a: {node}\n  done: {{ type: end }}\n"),
        );
        let ran = world.callout(&["check", "flow.yaml", "--json"]);
        assert_eq!(ran.code, 1, "{name}");
        assert!(ran.stdout.contains("not-in-this-version"), "{name}: {}", ran.stdout);
        assert!(!ran.stdout.contains("unknown-key"), "{name}: {}", ran.stdout);
    }
}

#[test]
fn secrets_are_out_of_place_in_a_flow_and_undefined_in_a_run() {
    let world = World::new();
    world.write(
        "flow.yaml",
        "kind: flow\nslug: s\ntrigger: { type: event, event: go, when: secret.a }\nstart: m\nnodes:\n  \
         m: { type: message, text: 'a{{ secret.token }}b{% if conn.x %}c{% endif %}', next: e }\n  \
         e: { type: end, result: '{{ secret.token }}' }\n",
    );
    let ran = world.callout(&["check", "flow.yaml", "--json"]);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    let told = |code: &str| {
        let all = report["problems"].as_array().unwrap();
        all.iter()
            .filter(|p| p["code"] == code)
            .map(|p| p["at"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("secret-out-of-place"), ["trigger.when", "nodes.m.text", "nodes.e.result"]);
    assert_eq!(told("conn-out-of-place"), ["nodes.m.text"]);
    let ran = world.callout_with_input(&["run", "flow.yaml", "--event", "-", "--json"], r#"{"name":"go"}"#);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["effects"][0]["data"]["text"], "ab");
}

#[test]
fn a_node_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others() {
    let world = World::new();
    world.write(
        "flow.yaml",
        "kind: flow\nslug: s\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: sendEmail }\n  \
         b: { type: wait }\n  c: { type: setVars, set: { 'x-y': 1 }, next: a }\n  \
         d: { type: message, text: '{{ vars.a | uper }}', next: nowhere }\n",
    );
    let ran = world.callout(&["check", "flow.yaml", "--json"]);
    let report = ran.json();
    let mut codes: Vec<&str> =
        report["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["missing-key", "not-in-this-version", "unknown-filter", "unknown-target", "variable-name"],
        "{report:#}"
    );
}

#[test]
fn what_is_wrong_inside_a_text_is_shown_where_it_stands() {
    let world = World::new();
    world.write(
        "flow.yaml",
        "kind: flow\nslug: s\ntrigger: { type: api }\nstart: a\nnodes:\n  a:\n    type: apiCall\n    mode: http\n    \
         url: \"https://x.example/{{ vars.a | uper }}\"\n    body:\n      type: json\n      text: |\n        {\n          \
         \"b\": oops\n        }\n    cases:\n      - { on: 2xx, when: vars.a and vrs.b, to: a }\n    next: a\n",
    );
    let report = world.callout(&["check", "flow.yaml", "--json"]).json();
    for (code, place) in [("unknown-filter", (9, 41)), ("invalid-json", (14, 16)), ("unknown-root", (17, 37))]
    {
        let problem = report["problems"].as_array().unwrap().iter().find(|p| p["code"] == code).unwrap();
        let found = (problem["line"].as_u64().unwrap(), problem["column"].as_u64().unwrap());
        assert_eq!(found, place, "{problem:#}");
    }
}

#[test]
fn a_number_that_nothing_holds_is_told_before_it_is_sent_as_a_text() {
    let world = World::new();
    let body = |body: &str| one_call("https://api.example/", &format!("method: PUT\nbody: {body}"));
    for (text, told) in [
        ("{ type: json, text: '{\"n\": 1e400}' }", true),
        ("{ type: json, value: { n: 12345678901234567890123 } }", true),
        ("{ type: json, value: { n: '1e400', m: 9007199254740993, p: 1.5 } }", false),
        ("{ type: form, fields: [{ name: n, value: 12345678901234567890123 }] }", false),
    ] {
        world.write("flow.yaml", &body(text));
        let ran = world.callout(&["check", "flow.yaml", "--json"]);
        assert_eq!(ran.stdout.contains("number-kept-as-text"), told, "{text}: {}", ran.stdout);
    }
}
