//! Documents that are odd on purpose: each is an integration or a problem, in bounded time and space.

use callout_flow::import::{ImportOptions, Imported, openapi};
use callout_flow::integration::check::check_integration;
use callout_flow::problem::{Problem, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::call;

fn import(document: &Value) -> Result<Imported, Box<Problem>> {
    openapi(&document.to_string(), ImportOptions::default())
}

/// A document with one operation, whose body has a schema.
fn with_schema(schema: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Odd", "version": 1 },
        "servers": [{ "url": "https://api.example.com" }],
        "components": { "schemas": schemas },
        "paths": { "/a": { "post": {
            "requestBody": { "content": { "application/json": { "schema": schema } } },
            "responses": { "200": { "content": { "application/json": { "schema": schema } } } },
        } } },
    })
}

/// It came in, nothing is wrong with it, and its operation is called.
fn holds(document: &Value) -> Imported {
    let imported = import(document).unwrap_or_else(|problem| panic!("{problem:?}"));
    let problems = check_integration(&imported.integration).problems;
    let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    imported
}

#[test]
fn references_that_lead_back_or_nowhere_are_cut() {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let schemas = json!({
        "Self": { "$ref": "#/components/schemas/Self" },
        "One": { "$ref": "#/components/schemas/Two" },
        "Two": { "$ref": "#/components/schemas/One" },
        "Tree": { "type": "object", "properties": { "name": { "type": "string" }, "left": reference("Tree"), "all": { "type": "array", "items": reference("Tree") } } },
        "All": { "allOf": [reference("All"), { "anyOf": [reference("All")] }] },
        "Any": { "anyOf": [reference("Any"), { "type": "string" }] },
    });
    for schema in [
        reference("Self"),
        reference("One"),
        reference("Tree"),
        reference("All"),
        reference("Any"),
        reference("None"),
        json!({ "$ref": "https://example.com/x.json" }),
        json!({ "$ref": "file:///etc/passwd" }),
        json!({ "$ref": "#" }),
        json!({ "$ref": 12 }),
        json!({ "$ref": "" }),
        json!({ "$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema" }),
    ] {
        let document = with_schema(&schema, &schemas);
        let imported = holds(&document);
        call::generated(&imported.integration, "postA", false)
            .unwrap_or_else(|why| panic!("{schema}: {why}"));
    }
    let remote = holds(&with_schema(&json!({ "$ref": "https://example.com/x.json" }), &schemas));
    assert!(
        remote.notes.iter().any(|note| note.message.contains("lead to other documents")),
        "{:?}",
        remote.notes
    );
    let paths = json!({ "openapi": "3.0.0", "paths": { "/a": { "$ref": "#/paths/~1b" }, "/b": { "$ref": "#/paths/~1a" }, "/c": { "$ref": "x.yaml" } } });
    let problem = import(&paths).unwrap_err();
    assert!(
        problem.code == "import-empty" && problem.message.contains("leads back to itself"),
        "{problem:?}"
    );
}

#[test]
fn schemas_that_grow_as_they_are_put_in_place_are_bounded() {
    // Each names the next one twenty times: 20^30 in all.
    let mut schemas = serde_json::Map::new();
    for level in 0..30 {
        let next = json!({ "$ref": format!("#/components/schemas/S{}", level + 1) });
        let properties: serde_json::Map<String, Value> =
            (0..20).map(|n| (format!("p{n}"), next.clone())).collect();
        schemas.insert(
            format!("S{level}"),
            json!({ "type": "object", "properties": properties, "allOf": [next, next] }),
        );
    }
    schemas.insert("S30".to_owned(), json!({ "type": "string" }));
    let imported = holds(&with_schema(&json!({ "$ref": "#/components/schemas/S0" }), &schemas.into()));
    assert!(serde_json::to_string(&imported.integration).unwrap().len() < 1 << 20);

    let many: Vec<Value> = (0..200_000).map(|n| json!(format!("value-{n}"))).collect();
    let imported = holds(&with_schema(&json!({ "type": "string", "enum": many }), &json!({})));
    assert!(serde_json::to_string(&imported.integration).unwrap().len() < 10_000);
    let ways: Vec<Value> = (0..5_000).map(|n| json!({ "const": n })).collect();
    holds(&with_schema(&json!({ "oneOf": ways }), &json!({})));
    let properties: serde_json::Map<String, Value> =
        (0..50_000).map(|n| (format!("p{n}"), json!({ "type": "string" }))).collect();
    holds(&with_schema(&json!({ "type": "object", "properties": properties }), &json!({})));
}

#[test]
fn too_much_is_refused_before_it_is_built() {
    for (text, code) in [
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "import-unreadable"),
        (format!("{{\"openapi\":\"3.0.0\",\"x\":[{}0]}}", "0,".repeat(2_100_000)), "import-too-large"),
        (" ".repeat(33 << 20), "import-too-large"),
        (format!("a: {}", "[".repeat(5_000)), "import-unreadable"),
        ("a: &a [*a]".to_owned(), "import-unreadable"),
        ("? [a, b]\n: 1".to_owned(), "import-unreadable"),
        ("? {a: 1}\n: 1".to_owned(), "import-unreadable"),
        ("a: 'x".to_owned(), "import-unreadable"),
        ("\u{0}".to_owned(), "import-unreadable"),
        (String::new(), "import-unreadable"),
        ("%YAML 9.9\n---\na: 1".to_owned(), "import-not-openapi"),
    ] {
        let problem = openapi(&text, ImportOptions::default()).unwrap_err();
        assert_eq!(problem.code, code, "{}: {problem:?}", text.chars().take(40).collect::<String>());
    }
    // Ten times ten times ten …: a thousand million, from a few lines.
    for item in ["lol", "[]"] {
        let mut bomb = format!("openapi: 3.0.0\na0: &a0 [{item}]\n");
        for level in 1..10 {
            let ten = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{ten}]\n"));
        }
        assert_eq!(openapi(&bomb, ImportOptions::default()).unwrap_err().code, "import-too-large");
    }
}

#[test]
fn keys_and_values_of_odd_types_sink_nothing_else() {
    let text = "
openapi: 3.0
info: {title: 12, version: [1]}
1: 2
true: 3
null: 4
servers: [3, {url: 4}, {url: 'https://{a}.example.com:{b}/{b}', variables: {a: 3, b: {default: 443, enum: [443, {}]}}}]
paths:
  5: {get: {}}
  x-y: 1
  /a: 3
  /b: {get: 3, put: [], post: null, trace: {}, delete: {parameters: 3, responses: 4, security: 5, servers: 6, tags: 7}}
  /c/{x}/{x}/{}/{/}: {parameters: [3, null, {name: x}, {in: path, name: x, schema: 3}], get: {parameters: [{in: nowhere, name: q}, {in: query, name: '{{q}}', schema: {type: [string, string, 3]}}, {in: header, name: 'a b', schema: true}, {in: header, name: Host}, {in: cookie, name: 'ü'}]}}
  /d: {post: {requestBody: 3}}
  /e: {post: {requestBody: {content: 3}}}
  /f: {post: {requestBody: {required: yes, content: {'': {schema: {type: 3, enum: {}, required: x, properties: [], items: 3, allOf: {}, not: 3, minimum: x, multipleOf: -1, pattern: '(', format: [], default: {}}}}}}}
  /g/../h: {get: {}}
  '/i{{ vars.x }}': {get: {operationId: '{{x}}', summary: [], description: 3, deprecated: 3}}
  /j: {get: {operationId: 'not'}, put: {operationId: 'not'}, post: {operationId: ''}}
components: {securitySchemes: {a: 3, b: {type: oauth2, flows: 3}, c: {type: apiKey, in: query, name: '{{x}}'}, d: {type: http, scheme: Bearer}}}
security: {}
";
    let imported = openapi(text, ImportOptions::default()).unwrap_or_else(|problem| panic!("{problem:?}"));
    let problems = check_integration(&imported.integration).problems;
    assert!(problems.iter().all(|problem| problem.severity != Severity::Error), "{problems:#?}");
    for key in imported.integration.operations.keys() {
        call::generated(&imported.integration, key, true).unwrap_or_else(|why| panic!("{key}: {why}"));
    }
    assert!(imported.skipped.iter().any(|skipped| skipped.path == "/g/../h"), "{:?}", imported.skipped);
    for skipped in &imported.skipped {
        assert!(!skipped.reason.is_empty(), "{skipped:?}");
    }
}

/// Documents of parts that stand in the wrong places.
fn any_part() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "string",
        "object",
        "array",
        "path",
        "query",
        "header",
        "cookie",
        "id",
        "{id}",
        "/{id}",
        "form",
        "deepObject",
        "matrix",
        "{{ x }}",
        "{%",
        "#/components/schemas/A",
        "#/paths",
        "apiKey",
        "http",
        "bearer",
        "oauth2",
        "X-Key",
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "a[b]",
        "'",
        "\\",
        "__proto__",
        "body",
        "^[a-z]+$",
        "(",
        "null",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "required",
        "enum",
        "const",
        "default",
        "pattern",
        "format",
        "$ref",
        "name",
        "in",
        "schema",
        "style",
        "explode",
        "content",
        "encoding",
        "additionalProperties",
        "nullable",
        "readOnly",
        "minItems",
        "id",
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "text/xml",
        "a b",
        "{{ x }}",
        "minimum",
        "maximum",
        "exclusiveMinimum",
    ]);
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((keys.clone(), inner), 0..5).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

#[test]
fn a_server_whose_variable_does_not_end_is_no_address() {
    for server in ["{", "{host", "{host/v1"] {
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{ "url": server }],
            "paths": { "/a": { "get": {} } },
        });
        let refused = import(&document).unwrap_err();
        assert_eq!(refused.code, "import-empty", "{server}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_has_no_errors(parameter in any_part(), schema in any_part(), body in any_part(), scheme in any_part(), server in any_part()) {
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{ "url": server }],
            "components": { "schemas": { "A": schema }, "securitySchemes": { "s": scheme } },
            "paths": {
                "/a/{id}": { "parameters": [parameter, { "in": "query", "name": "q", "schema": schema }, { "in": "path", "name": "id", "style": "matrix", "explode": true, "schema": schema }], "put": {
                    "requestBody": body,
                    "responses": { "200": { "content": { "application/json": { "schema": schema } } } },
                } },
                "/b": { "post": { "requestBody": { "content": { "multipart/form-data": { "schema": schema } } } } },
                "/c": { "post": { "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": schema } } } } },
                "/d": { "post": { "requestBody": { "content": { "application/json": { "schema": schema } } } } },
            },
        });
        if let Ok(imported) = import(&document) {
            let problems = check_integration(&imported.integration).problems;
            let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
            prop_assert!(errors.is_empty(), "{:#?}\n{}", errors, document);
        }
    }
}
