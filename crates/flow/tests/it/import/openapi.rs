//! What an OpenAPI document becomes, feature by feature, down to the bytes of the request.

use callout_flow::import::{ImportOptions, Imported, openapi};
use callout_flow::integration::check::check_integration;
use serde_json::{Map, Value, json};

use super::call;

fn imported(document: &Value, server: Option<&str>) -> Imported {
    let options = ImportOptions { server, ..ImportOptions::default() };
    let imported = openapi(&document.to_string(), options).unwrap_or_else(|problem| panic!("{problem:?}"));
    assert_eq!(check_integration(&imported.integration).problems, []);
    imported
}

fn document(path: &str, operation: &Value) -> Value {
    let path = Map::from_iter([(path.to_owned(), json!({ "post": operation }))]);
    json!({ "openapi": "3.0.3", "servers": [{ "url": "https://a.example" }], "paths": path })
}

/// What is asked for with some inputs: the path and query, the headers that are not always there, the body.
fn asked(path: &str, operation: &Value, inputs: &Value) -> (String, Vec<String>, String) {
    let imported = imported(&document(path, operation), None);
    assert_eq!(imported.skipped, []);
    let key = imported.integration.operations.keys().next().unwrap();
    let request = call::request(&imported.integration, key, inputs.as_object().unwrap())
        .unwrap_or_else(|why| panic!("{operation}: {why}"));
    let headers = request.headers.iter().filter(|h| !matches!(h.name.as_str(), "Accept" | "User-Agent"));
    let headers = headers.map(|h| format!("{}: {}", h.name, h.value)).collect();
    let body = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
    (request.url[url::Position::BeforePath..].to_owned(), headers, body)
}

#[test]
fn parameters_of_every_style_are_written_as_openapi_says() {
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let object = json!({ "type": "object", "required": ["R", "G"], "properties": { "R": { "type": "integer" }, "G": { "type": "integer" } } });
    let (blue, rgb) = (json!(["blue", "black"]), json!({ "R": 100, "G": 200 }));
    // A value's own commas and signs are encoded: a server decodes them before it takes the value apart.
    for (place, style, explode, schema, value, expected) in [
        ("path", "simple", false, &list, &blue, "/blue%2Cblack"),
        ("path", "simple", true, &list, &blue, "/blue%2Cblack"),
        ("path", "simple", false, &object, &rgb, "/R%2C100%2CG%2C200"),
        ("path", "simple", true, &object, &rgb, "/R%3D100%2CG%3D200"),
        ("path", "label", false, &list, &blue, "/.blue%2Cblack"),
        ("path", "label", true, &list, &blue, "/.blue.black"),
        ("path", "label", false, &object, &rgb, "/.R%2C100%2CG%2C200"),
        ("path", "label", true, &object, &rgb, "/.R%3D100.G%3D200"),
        ("path", "matrix", false, &list, &blue, "/;color=blue%2Cblack"),
        ("path", "matrix", true, &list, &json!(["blue"]), "/;color=blue"),
        ("path", "matrix", false, &object, &rgb, "/;color=R%2C100%2CG%2C200"),
        ("path", "matrix", true, &object, &rgb, "/;R=100;G=200"),
        ("query", "form", false, &list, &blue, "/?color=blue%2Cblack"),
        ("query", "form", true, &list, &blue, "/?color=blue&color=black"),
        ("query", "form", false, &object, &rgb, "/?color=R%2C100%2CG%2C200"),
        ("query", "form", true, &object, &rgb, "/?R=100&G=200"),
        ("query", "spaceDelimited", false, &list, &blue, "/?color=blue%20black"),
        ("query", "pipeDelimited", false, &list, &blue, "/?color=blue%7Cblack"),
        ("query", "pipeDelimited", false, &object, &rgb, "/?color=R%7C100%7CG%7C200"),
        ("query", "deepObject", true, &object, &rgb, "/?color%5BR%5D=100&color%5BG%5D=200"),
        ("header", "simple", false, &list, &blue, "color: blue,black"),
        ("header", "simple", false, &object, &rgb, "color: R,100,G,200"),
        ("header", "simple", true, &object, &rgb, "color: R=100,G=200"),
        ("cookie", "form", true, &json!({ "type": "string" }), &json!("a b"), "Cookie: color=a%20b"),
    ] {
        let path = if place == "path" { "/{color}" } else { "/" };
        for required in [true, false] {
            let parameter = json!({ "name": "color", "in": place, "style": style, "explode": explode, "required": required, "schema": schema });
            let (target, headers, _) =
                asked(path, &json!({ "parameters": [parameter] }), &json!({ "color": value }));
            let told = if expected.starts_with('/') { target } else { headers.join("; ") };
            assert_eq!(told, expected, "{place} {style} {explode} {required}");
            if !required && place != "path" {
                let (target, headers, _) = asked(path, &json!({ "parameters": [parameter] }), &json!({}));
                assert_eq!((target.as_str(), headers.len()), ("/", 0), "{place} {style}: nothing was given");
            }
        }
    }
}

#[test]
fn bodies_of_every_kind_are_written_in_their_syntax() {
    let fields = json!({ "type": "object", "required": ["name"], "properties": {
        "name": { "type": "string" }, "tags": { "type": "array", "items": { "type": "string" } }, "at": { "type": "object", "properties": { "x": { "type": "integer" } } },
    } });
    let given = json!({ "name": "a&b", "tags": ["x", "y z"], "at": { "x": 1 } });
    let body = |media: &str, schema: &Value, more: Value| {
        let mut content = json!({ "schema": schema });
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "requestBody": { "required": true, "content": { media: content } } })
    };
    let none = json!({});
    for (media, inputs, encoding, kind, expected) in [
        (
            "application/json",
            json!({ "body": given }),
            none.clone(),
            "application/json",
            r#"{"name":"a&b","tags":["x","y z"],"at":{"x":1}}"#,
        ),
        (
            "application/vnd.api+json",
            json!({ "body": given }),
            none.clone(),
            "application/vnd.api+json",
            r#"{"name":"a&b","tags":["x","y z"],"at":{"x":1}}"#,
        ),
        (
            "application/x-www-form-urlencoded",
            given.clone(),
            none.clone(),
            "application/x-www-form-urlencoded",
            "name=a%26b&tags=x&tags=y%20z&x=1",
        ),
        (
            "application/x-www-form-urlencoded",
            given.clone(),
            json!({ "encoding": { "tags": { "style": "pipeDelimited", "explode": false }, "at": { "contentType": "application/json" } } }),
            "application/x-www-form-urlencoded",
            "name=a%26b&tags=x%7Cy%20z&at=%7B%22x%22%3A1%7D",
        ),
        (
            "application/xml",
            json!({ "body": "<a>&amp;</a>" }),
            none.clone(),
            "application/xml",
            "<a>&amp;</a>",
        ),
        ("text/csv", json!({ "body": "a,b" }), none.clone(), "text/csv", "a,b"),
    ] {
        let (_, headers, sent) = asked("/", &body(media, &fields, encoding), &inputs);
        assert_eq!((headers, sent.as_str()), (vec![format!("Content-Type: {kind}")], expected), "{media}");
    }
    let parts = json!({ "type": "object", "required": ["note", "file"], "properties": {
        "note": { "type": "object", "properties": { "a": { "type": "integer" } } }, "file": { "type": "string", "format": "binary" }, "more": { "type": "string" },
    } });
    let inputs = json!({ "note": { "a": 1 }, "file": "bytes", "file_filename": "x.txt" });
    let (_, headers, sent) = asked("/", &body("multipart/form-data", &parts, none), &inputs);
    assert!(headers[0].starts_with("Content-Type: multipart/form-data; boundary="), "{headers:?}");
    for part in [
        "name=\"note\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n",
        "name=\"file\"; filename=\"x.txt\"\r\nContent-Type: application/octet-stream\r\n\r\nbytes\r\n",
    ] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    assert!(!sent.contains("more"), "{sent}");
}

#[test]
fn security_schemes_become_auth_and_the_fields_of_a_connection() {
    let flow = |name: &str, more: Value| {
        let mut flow = json!({ "tokenUrl": "/token", "scopes": { "read": "", "write": "" } });
        flow.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "type": "oauth2", "flows": { name: flow } })
    };
    for (scheme, kind, secrets, config) in [
        (json!({ "type": "apiKey", "in": "header", "name": "X-Key" }), "apiKey", vec!["apiKey"], vec![]),
        (json!({ "type": "apiKey", "in": "query", "name": "key" }), "apiKey", vec!["apiKey"], vec![]),
        (json!({ "type": "apiKey", "in": "cookie", "name": "sid" }), "headers", vec!["apiKey"], vec![]),
        (json!({ "type": "http", "scheme": "Basic" }), "basic", vec!["password"], vec!["username"]),
        (json!({ "type": "http", "scheme": "bearer" }), "bearer", vec!["token"], vec![]),
        (
            flow("clientCredentials", json!({})),
            "oauth2ClientCredentials",
            vec!["clientSecret"],
            vec!["clientId", "scope"],
        ),
        (
            flow("authorizationCode", json!({ "authorizationUrl": "https://b.example/auth" })),
            "oauth2AuthorizationCode",
            vec!["clientSecret"],
            vec!["clientId", "scope"],
        ),
        (flow("implicit", json!({})), "bearer", vec!["token"], vec![]),
        (json!({ "type": "openIdConnect" }), "bearer", vec!["token"], vec![]),
    ] {
        let mut document = document("/", &json!({}));
        document["components"] = json!({ "securitySchemes": { "s": scheme } });
        let integration = imported(&document, None).integration;
        let auth = serde_json::to_value(&integration.auth).unwrap();
        assert_eq!(auth["type"], kind, "{scheme}");
        if let Some(url) = auth.get("tokenUrl") {
            assert_eq!(url, "https://a.example/token");
        }
        let names = |schema: &Option<Map<String, Value>>| -> Vec<String> {
            let properties = schema.as_ref().and_then(|schema| schema["properties"].as_object());
            properties.into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&integration.secret_schema), secrets, "{scheme}");
        assert_eq!(names(&integration.config_schema), config, "{scheme}");
    }
}

#[test]
fn what_is_served_elsewhere_is_an_integration_of_its_own() {
    let document = json!({
        "openapi": "3.1.0",
        "servers": [{ "url": "https://{region}.a.example/v1", "variables": { "region": { "default": "eu", "enum": ["eu", "us"] } } }],
        "paths": {
            "/a": { "get": {} },
            "/b": { "get": { "servers": [{ "url": "https://uploads.example" }] } },
            "/c": { "get": { "servers": [{ "url": "https://{region}.a.example/v1/deep" }] } },
        },
    });
    let first = imported(&document, None);
    assert_eq!(first.integration.base_url, "https://{{ conn.region }}.a.example/v1");
    let keys: Vec<&String> = first.integration.operations.keys().collect();
    assert_eq!(keys, ["getA", "getC"]);
    assert_eq!(first.integration.operations["getC"].path, "/deep/c");
    assert_eq!(first.skipped[0].server.as_deref(), Some("https://uploads.example"));
    let other = imported(&document, first.skipped[0].server.as_deref());
    assert_eq!(other.integration.operations.keys().collect::<Vec<_>>(), ["getB"]);
    let own = imported(&document, Some("https://staging.example/v1"));
    assert_eq!(
        (own.integration.base_url.as_str(), own.integration.operations.len()),
        ("https://staging.example/v1", 1)
    );
}
