use super::*;
use serde_json::json;

fn compile(drafts: Value) -> Result<Outputs, Vec<String>> {
    let drafts: Vec<OutputDraft> = serde_json::from_value(drafts).unwrap();
    let mut problems = Vec::new();
    let outputs = Outputs::compile(&drafts, &FieldPath::root().key("outputs"), &mut problems);
    outputs.ok_or_else(|| problems.iter().map(|p| format!("{} {} {}", p.code, p.at, p.message)).collect())
}

fn map(draft: Value, status: u16, body: &Value) -> Mapped {
    let headers = [
        ("x-id", "7"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ];
    let headers: Vec<(String, String)> = headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    let outputs = compile(json!([draft])).unwrap();
    outputs.map(&AnswerView { status, headers: &headers, body: &body.clone().into(), picked: None })
}

/// What one output makes of a body; null stands for "cleared".
fn mapped(draft: Value, body: &Value) -> Value {
    map(draft, 200, body).set[0].1.clone().unwrap_or(Value::Null)
}

#[test]
fn a_singular_path_gives_its_value_and_any_other_a_list() {
    let body = json!({ "a": { "b": [1, 2] }, "n": null, "e": "", "items": [{ "id": 1 }, { "id": 2 }, {}] });
    for (path, value) in [
        ("$.a.b", json!([1, 2])),
        ("$.a.b[0]", json!(1)),
        ("$['a']['b'][-1]", json!(2)),
        ("$.a.b[*]", json!([1, 2])),
        ("$.items[*].id", json!([1, 2])),
        ("$..id", json!([1, 2])),
        ("$.items[0:1].id", json!([1])),
        ("$.items[?@.id == 2].id", json!([2])),
        ("$['items', 'e']", json!([body["items"], ""])),
        ("$.items[?length(@.id) > 3]", Value::Null),
        ("$.n", Value::Null),
        ("$.e", json!("")),
        ("$.nothing", Value::Null),
        ("$.nothing[*]", Value::Null),
        ("$", body.clone()),
    ] {
        assert_eq!(mapped(json!({ "var": "v", "path": path }), &body), value, "{path}");
        let with_default = json!({ "var": "v", "path": path, "default": "d" });
        let expected = if value.is_null() { json!("d") } else { value };
        assert_eq!(mapped(with_default, &body), expected, "{path}");
    }
    assert_eq!(mapped(json!({ "var": "v" }), &json!("text")), json!("text"));
    assert_eq!(mapped(json!({ "var": "v", "path": "$.a" }), &Value::Null), Value::Null);
}

#[test]
fn one_or_many_become_a_list() {
    for (body, list) in [
        (json!({ "a": "x" }), json!(["x"])),
        (json!({ "a": ["x", "y"] }), json!(["x", "y"])),
        (json!({ "a": [] }), json!([])),
        (json!({}), Value::Null),
    ] {
        assert_eq!(mapped(json!({ "var": "v", "path": "$.a", "asList": true }), &body), list);
    }
}

#[test]
fn headers_and_status_are_found() {
    let of = |draft: Value| mapped(draft, &Value::Null);
    assert_eq!(of(json!({ "var": "v", "from": "headers", "path": "X-Id" })), json!("7"));
    assert_eq!(of(json!({ "var": "v", "from": "headers", "path": "X-Id", "type": "number" })), json!(7));
    assert_eq!(of(json!({ "var": "v", "from": "headers", "path": "set-cookie" })), json!(["a=1", "b=2"]));
    assert_eq!(of(json!({ "var": "v", "from": "headers", "path": "x-none" })), Value::Null);
    assert_eq!(of(json!({ "var": "v", "from": "status" })), json!(200));
    assert_eq!(
        of(json!({ "var": "v", "from": "headers", "path": "Date", "type": "date" })),
        json!("2026-01-01T00:00:00Z")
    );
}

#[test]
fn conversions_are_exact_or_told() {
    let convert = |kind: &str, value: Value| {
        let mapped = map(
            json!({ "var": "v", "path": "$.v", "type": kind, "default": "d" }),
            200,
            &json!({ "v": value }),
        );
        assert_eq!(mapped.failed.len(), mapped.notes.len());
        assert_eq!(mapped.set[0].1.is_none(), !mapped.failed.is_empty());
        mapped.set[0].1.clone()
    };
    for (kind, value, converted) in [
        ("string", json!("x"), json!("x")),
        ("string", json!(12), json!("12")),
        ("string", json!(9_007_199_254_740_993_i64), json!("9007199254740993")),
        ("string", json!([1, {"a": true}]), json!("[1,{\"a\":true}]")),
        ("number", json!(" 12 "), json!(12)),
        ("number", json!("-1.5e2"), json!(-150.0)),
        ("number", json!("007"), json!(7)),
        ("number", json!("+0.5"), json!(0.5)),
        ("number", json!("0"), json!(0)),
        ("number", json!("18446744073709551615"), json!(u64::MAX)),
        ("boolean", json!("True"), json!(true)),
        ("boolean", json!(false), json!(false)),
        ("date", json!("2026-01-31"), json!("2026-01-31")),
        ("date", json!("2026-01-31T10:00:00.25+01:00"), json!("2026-01-31T10:00:00.25+01:00")),
        ("json", json!("{\"a\":[1]}"), json!({ "a": [1] })),
        ("json", json!([1]), json!([1])),
    ] {
        assert_eq!(convert(kind, value.clone()), Some(converted), "{kind} {value}");
    }
    for (kind, value) in [
        ("number", json!("1,5")),
        ("number", json!("")),
        ("number", json!("-")),
        ("number", json!("1e400")),
        ("number", json!("0x1f")),
        ("number", json!("1.2.3")),
        ("number", json!("inf")),
        ("number", json!(true)),
        ("number", json!([1])),
        ("boolean", json!("yes")),
        ("boolean", json!(1)),
        ("date", json!("31.01.2026")),
        ("date", json!("2026-02-30")),
        ("date", json!("2026-01-31T10:00:00")),
        ("date", json!("2026-01-31 10:00:00Z")),
        ("date", json!(1_767_225_600)),
        ("json", json!("{")),
    ] {
        assert_eq!(convert(kind, value.clone()), None, "{kind} {value}");
    }
    let items = json!({ "var": "v", "path": "$.v[*]", "type": "number" });
    assert_eq!(mapped(items, &json!({ "v": ["1", 2, null] })), json!([1, 2, null]));
}

#[test]
fn required_and_failures_are_judged_on_2xx_only() {
    let draft = json!({ "var": "v", "path": "$.v", "required": true, "type": "number" });
    for (status, body, missing, failed) in [
        (200, json!({}), 1, 0),
        (200, json!({ "v": "x" }), 1, 1),
        (200, json!({ "v": "1" }), 0, 0),
        (404, json!({}), 0, 0),
        (404, json!({ "v": "x" }), 0, 0),
    ] {
        let mapped = map(draft.clone(), status, &body);
        assert_eq!(
            (mapped.missing_required.len(), mapped.failed.len()),
            (missing, failed),
            "{status} {body}"
        );
    }
}

#[test]
fn nothing_answered_leaves_nothing_stale() {
    let outputs = compile(
        json!([{ "var": "a", "path": "$.a" }, { "var": "b", "default": null }, { "var": "c", "default": 1 }]),
    );
    let set = outputs.unwrap().unanswered().set;
    let expected = [("a", None), ("b", Some(Value::Null)), ("c", Some(json!(1)))];
    assert_eq!(set, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn a_sensitive_value_tells_what_to_mask() {
    let mapped = map(
        json!({ "var": "v", "path": "$.v", "sensitive": true }),
        200,
        &json!({ "v": { "a": ["secret", 12345, true, "x"] } }),
    );
    assert_eq!(mapped.sensitive, [("v".to_owned(), vec!["secret".to_owned(), "12345".to_owned()])]);
}

#[test]
fn what_is_wrong_with_outputs_is_told_at_once() {
    let problems = compile(json!([
        { "var": "a-b", "path": "$.a" },
        { "var": "a", "path": "data.name" },
        { "var": "a", "path": "$.a[" },
        { "var": "b", "from": "headers" },
        { "var": "c", "from": "headers", "path": "a b" },
        { "var": "d", "from": "status", "path": "$" },
    ]))
    .unwrap_err();
    let told: Vec<&str> = problems.iter().map(|p| p.split(": ").next().unwrap()).collect();
    assert!(problems[1].contains("begin with `$`"), "{problems:?}");
    let codes: Vec<&str> = told.iter().map(|p| p.split(' ').next().unwrap()).collect();
    assert_eq!(
        codes,
        [
            "variable-name",
            "json-path",
            "variable-twice",
            "json-path",
            "output-path",
            "output-path",
            "output-path"
        ]
    );
    assert!(problems[3].contains("outputs[2].path") && problems[3].contains("column"), "{problems:?}");
}

#[test]
fn costly_paths_are_refused() {
    for path in [
        "$[?@.a == $.b]",
        "$..*..*",
        "$[*, *][*, *]",
        "$[?@.a, ?@.b]",
        "$[?match(@.a, 'x')]",
        "$[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
    ] {
        assert!(
            compile(json!([{ "var": "v", "path": path }])).unwrap_err()[0].starts_with("json-path-costly"),
            "{path}"
        );
    }
    let nested = format!("$[?{}@.a{}]", "(".repeat(400), ")".repeat(400));
    assert!(compile(json!([{ "var": "v", "path": nested }])).is_err());
    for path in [
        "$['$.a']",
        "$['..']..a",
        "$[?@.a == '$']",
        "$['a', 'b']",
        "$[?@['x,y'] == 'match(']",
        "$[?count(@.*) > 1]",
    ] {
        assert!(compile(json!([{ "var": "v", "path": path }])).is_ok(), "{path}");
    }
    let long = json!((0..20_000).collect::<Vec<_>>());
    let mapped = map(json!({ "var": "v", "path": "$[*]", "default": 1 }), 200, &long);
    assert_eq!((mapped.set[0].1.clone(), mapped.notes[0].code.as_ref()), (None, "json-path-large"));
}

#[test]
fn a_transform_works_on_what_was_found() {
    let body = json!({ "name": "ann", "n": 5, "tags": ["a", "b"] });
    for (draft, value) in [
        (json!({ "path": "$.name", "transform": "value | upper" }), json!("ANN")),
        (json!({ "path": "$.n", "transform": "value + 1" }), json!(6)),
        (json!({ "path": "$.tags", "transform": "value | join('-')" }), json!("a-b")),
        (json!({ "path": "$.n", "transform": "response.status + value" }), json!(205)),
        (json!({ "transform": "response.headers['x-id']" }), json!("7")),
        (json!({ "path": "$.nothing", "transform": "value | upper", "default": "d" }), json!("d")),
        (json!({ "path": "$.nothing", "transform": "value | default('x')" }), json!("x")),
        (json!({ "path": "$.n", "transform": "value | string", "type": "number" }), json!(5)),
        (json!({ "path": "$.name", "transform": "value.first", "default": "d" }), json!("d")),
    ] {
        let mut draft = draft;
        draft["var"] = json!("v");
        assert_eq!(mapped(draft.clone(), &body), value, "{draft}");
    }
    let failed =
        map(json!({ "var": "v", "path": "$.name", "transform": "value / 2", "default": 1 }), 200, &body);
    assert_eq!((failed.set[0].1.clone(), failed.notes[0].code.as_ref()), (None, "transform-failed"));
    assert!(compile(json!([{ "var": "v", "transform": "vars.a" }])).is_err());
    assert!(compile(json!([{ "var": "v", "transform": "value +" }])).is_err());
}
