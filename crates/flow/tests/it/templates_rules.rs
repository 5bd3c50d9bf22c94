//! The rules of each position: what is refused when a node is checked, and how what is accepted is written.

use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::problem::{FieldPath, Problem};
use callout_flow::render::{CallTemplate, Invalid, RenderContext, Rendered, RequestSource, UrlTemplate};
use callout_flow::scope::{Roots, Scope};
use callout_flow::template::{Escape, JsonTemplate, TextTemplate};
use serde_json::{Value, json};

fn compile(node: &Value) -> (Option<CallTemplate>, Vec<Problem>) {
    let mut node = node.clone();
    node["mode"] = "http".into();
    if node.get("url").is_none() {
        node["url"] = "https://h.example/p".into();
    }
    let draft: ApiCallDraft = serde_json::from_value(node).unwrap();
    let mut problems = Vec::new();
    let template = CallTemplate::compile(
        &RequestSource::http(&draft, &FieldPath::root().key("nodes").key("n")),
        &mut problems,
    );
    (template, problems)
}

fn told(node: Value) -> Vec<String> {
    let (_, problems) = compile(&node);
    problems.iter().map(|p| format!("{} {}", p.code, p.at)).collect()
}

fn vars() -> Value {
    json!({
        "s": "a b", "n": 7, "list": ["x", 1, "é&"], "none_list": [], "null": null, "o": { "k": [1] }, "dot": ".",
        "url": "https://api.example/x?y=1#f", "port": "https://api.example:8443/", "evil": "https://u:p@api.example/", "other": "https://evil.example/",
        "deep": [[[1]]],
    })
}

fn render(node: &Value) -> Result<Rendered, Vec<Invalid>> {
    let (template, problems) = compile(node);
    let template = template.unwrap_or_else(|| panic!("{problems:?}"));
    let (vars, contact) = (
        vars(),
        json!({ "id": "c1", "externalId": "u1", "phone": "+1", "tags": ["vip"], "attributes": { "a": 1 } }),
    );
    let scope = Scope { vars: Some(&vars), contact: Some(&contact), ..Scope::default() };
    let context = RenderContext {
        idempotency_key: Some("key-1".into()),
        contact: Some(&contact),
        flow_number: 7,
        run_id: "run_1",
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
    };
    template.render(&scope, &context)
}

fn url(text: &str) -> Result<String, String> {
    match render(&json!({ "url": text })) {
        Ok(rendered) => Ok(rendered.request.url.to_string()),
        Err(invalid) => Err(invalid.iter().map(|i| i.code).collect::<Vec<_>>().join(" ")),
    }
}

#[test]
fn urls_are_written_as_their_authors_wrote_them() {
    for (template, expected) in [
        ("https://h.example", "https://h.example/"),
        ("HTTPS://H.Example:443/a", "https://h.example/a"),
        ("https://h.example/a b/%2F/é", "https://h.example/a%20b/%2F/%C3%A9"),
        ("https://h.example/a//b/", "https://h.example/a//b/"),
        ("https://h.example/{{ vars.s }}/x", "https://h.example/a%20b/x"),
        ("https://h.example/v{{ vars.n }}.{{vars.n}}?a", "https://h.example/v7.7?a"),
        ("https://h.example?x={{ vars.s }}", "https://h.example/?x=a%20b"),
        ("https://h.example/?", "https://h.example/"),
        ("https://h.example/p?a=%20+&&b='x'#frag", "https://h.example/p?a=%20+&&b=%27x%27"),
        ("https://h.example/p?a=1;b={{vars.n}}", "https://h.example/p?a=1;b=7"),
        ("https://h.example/p?ids={{ vars.list }}", "https://h.example/p?ids=x&ids=1&ids=%C3%A9%26"),
        ("https://h.example/p?ids={{ vars.none_list }}", "https://h.example/p"),
        ("https://h.example/p?o={{ vars.o }}", "https://h.example/p?o=%7B%22k%22%3A%5B1%5D%7D"),
        ("https://h.example/p?l={{ vars.deep }}", "https://h.example/p?l=%5B%5B1%5D%5D"),
        (
            "https://h.example/p?x=-{{ vars.list }}",
            "https://h.example/p?x=-%5B%22x%22%2C1%2C%22%C3%A9%26%22%5D",
        ),
        ("https://[2001:db8::1]/{{ vars.n }}", "https://[2001:db8::1]/7"),
        ("https://h.example/{{ '}}' }}", "https://h.example/%7D%7D"),
        (
            "https://h.example/{{ vars.s if vars.n else 'x/y' }}?q={{ 'a?b' }}",
            "https://h.example/a%20b?q=a%3Fb",
        ),
    ] {
        assert_eq!(url(template).as_deref(), Ok(expected), "{template}");
    }
    for (template, expected) in [
        ("https://h.example/{{ vars.dot }}", "path-segment"),
        ("https://h.example/.{{ vars.dot }}/x", "path-segment"),
        ("https://h.example/%2e{{ vars.dot }}/x", "path-segment"),
        ("https://h.example/{{ '' }}/x", "path-segment"),
        ("https://h.example/{{ vars.none }}/{{ vars.null }}", "missing-value missing-value"),
        ("https://h.example/?x={{ vars.none }}", "missing-value"),
        ("https://h.example/{{ 'a' * vars.n }}", "template-failed"),
    ] {
        assert_eq!(url(template).unwrap_err(), expected, "{template}");
    }
}

#[test]
fn urls_that_could_go_astray_are_refused_when_checked() {
    for (url, code) in [
        ("https://{{ vars.h }}/x", "template-in-authority"),
        ("https://h.example{{ vars.h }}", "template-in-authority"),
        ("https://h.example:{{ vars.p }}/", "template-in-authority"),
        ("{{ vars.scheme }}://h.example/", "template-in-authority"),
        ("{{ vars.base }}/path", "template-in-authority"),
        ("https://{{ vars.u }}@h.example/", "template-in-authority"),
        ("https://user:pass@h.example/", "userinfo-in-url"),
        ("https://h.example\\@evil.example/", "userinfo-in-url"),
        ("https://h.example\\evil/", "url-invalid"),
        ("https://h.example/a\\b", "url-invalid"),
        ("https://h.example/a\nb", "url-invalid"),
        ("https://h.example/../x", "path-segment"),
        ("https://h.example/%2E%2e/x", "path-segment"),
        ("https://h.example/?{{ vars.q }}", "template-in-query-name"),
        ("https://h.example/?a{{ vars.q }}=1", "template-in-query-name"),
        ("https://h.example/#{{ vars.q }}", "template-in-fragment"),
        ("ftp://h.example/", "url-invalid"),
        ("h.example/x", "url-invalid"),
        ("https:/h.example/x", "url-invalid"),
        ("https:///x", "url-invalid"),
        ("https://h example/", "url-invalid"),
        ("", "url-invalid"),
        ("https://h.example/{{ vars.a", "template-unclosed"),
        ("https://h.example/{% if vars.a %}x{% endif %}", "statement-out-of-place statement-out-of-place"),
        ("https://h.example/{{ var.a }}/{{ secretz.k }}", "unknown-root unknown-root"),
        ("{{ vars.url }}", "url-hosts-missing"),
    ] {
        let codes: Vec<String> =
            compile(&json!({ "url": url })).1.iter().map(|p| format!("{} {}", p.code, p.at)).collect();
        let expected: Vec<String> = code.split(' ').map(|code| format!("{code} nodes.n.url")).collect();
        assert_eq!(codes, expected, "{url}");
    }
}

#[test]
fn a_whole_url_stays_on_its_hosts() {
    let node = |value: &str, hosts: Value| json!({ "url": format!("{{{{ vars.{value} }}}}"), "urlHosts": hosts, "query": [{ "name": "z", "value": 1 }] });
    let rendered = render(&node("url", json!(["API.example"]))).unwrap();
    assert_eq!(rendered.request.url.as_str(), "https://api.example/x?y=1&z=1");
    for (value, code) in [
        ("other", "url-host-refused"),
        ("evil", "userinfo-in-url"),
        ("s", "url-invalid"),
        ("n", "url-invalid"),
        ("none", "missing-value"),
    ] {
        let invalid = render(&node(value, json!(["api.example"]))).unwrap_err();
        assert_eq!(invalid[0].code, code, "{value}");
    }
    let scoped = |hosts: Value| render(&node("port", hosts)).map(|_| ()).map_err(|invalid| invalid[0].code);
    assert_eq!(scoped(json!(["api.example"])), Ok(()), "a host alone admits every port");
    assert_eq!(scoped(json!(["api.example:8443"])), Ok(()));
    assert_eq!(scoped(json!(["api.example:9443"])), Err("url-host-refused"));
    assert_eq!(told(node("url", json!(["https://x/"])))[0], "url-hosts-invalid nodes.n.urlHosts[0]");
}

#[test]
fn query_rows_come_after_the_urls_pairs() {
    let node = json!({
        "url": "https://h.example/p?a=1", "querySeparator": ";",
        "query": [
            { "name": "a b&", "value": "x%20y z&=+#%" },
            { "name": "off", "value": "{{ vars.none }}", "enabled": false },
            { "name": "gone", "value": "{{ vars.none }}", "optional": true },
            { "name": "gone", "value": "x{{ vars.null }}", "optional": true },
            { "name": "empty", "value": "" },
            { "name": "l", "value": "{{ vars.list }}" },
        ],
    });
    let url = render(&node).unwrap().request.url;
    assert_eq!(url.query(), Some("a=1;a%20b%26=x%20y%20z%26%3D%2B%23%25;empty=;l=x;l=1;l=%C3%A9%26"));
    let template = json!({ "query": [{ "name": "{{ vars.s }}", "value": "" }] });
    assert_eq!(told(template), ["template-in-query-name nodes.n.query[0].name"]);
}

#[test]
fn headers_that_frame_or_clash_are_refused() {
    for name in [
        "Host",
        "host ",
        " HOST",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Proxy-Authorization",
        "proxy-x",
        "HTTP2-Settings",
        "Accept-Encoding",
    ] {
        let node = json!({ "headers": [{ "name": name, "value": "x" }] });
        assert_eq!(told(node), ["header-refused nodes.n.headers[0].name"], "{name}");
    }
    for name in ["", "X Y", "X:", "X\r\nY", "é", "X-{{ vars.s }}", "(x)"] {
        let node = json!({ "headers": [{ "name": name, "value": "x" }] });
        assert_eq!(told(node), ["header-name nodes.n.headers[0].name"], "{name}");
    }
    let clash = |auth: Value, header: &str| {
        told(json!({ "auth": auth, "headers": [{ "name": header, "value": "x" }] }))
    };
    assert_eq!(
        clash(json!({ "type": "bearer", "token": "{{ vars.s }}" }), "authorization"),
        ["header-set-by-auth nodes.n.headers[0].name"]
    );
    assert_eq!(
        clash(json!({ "type": "header", "name": "X-Key", "value": "{{ vars.s }}" }), "x-key"),
        ["header-set-by-auth nodes.n.headers[0].name"]
    );
    assert_eq!(
        told(
            json!({ "idempotency": { "header": "Idempotency-Key" }, "headers": [{ "name": "idempotency-key", "value": "x" }] })
        ),
        ["header-set-by-idempotency nodes.n.headers[0].name"]
    );
    assert_eq!(
        told(json!({ "idempotency": { "header": "Host" } })),
        ["header-refused nodes.n.idempotency.header"]
    );
    assert_eq!(
        told(json!({ "headers": [{ "name": "X", "value": "a\nb" }] })),
        ["header-value nodes.n.headers[0].value"]
    );
    assert_eq!(
        told(json!({ "headers": [{ "name": "X-A", "value": "1" }, { "name": "x-a", "value": "2" }] })),
        ["header-repeated nodes.n.headers[1].name"]
    );
    let refused_too_late = json!({ "headers": [{ "name": "Host", "value": "x", "enabled": false }] });
    assert_eq!(told(refused_too_late), Vec::<String>::new());
}

#[test]
fn headers_have_defaults_that_rows_replace() {
    let lines = |node: Value| -> Vec<String> {
        render(&node).unwrap().request.headers.iter().map(|h| format!("{}: {}", h.name, h.value)).collect()
    };
    let agent = format!("User-Agent: Callout/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines(json!({})), ["Accept: application/json, */*;q=0.5".to_owned(), agent.clone()]);
    let node = json!({
        "method": "POST", "idempotency": { "header": "Idempotency-Key" },
        "headers": [
            { "name": "accept", "value": "text/csv" }, { "name": "X-Empty", "value": "" },
            { "name": "X-None", "value": "{{ vars.none }}", "optional": true },
            { "name": "X-D", "value": "{{ vars.none | default('d') }}" },
        ],
        "body": { "type": "text", "text": "hi" },
    });
    assert_eq!(
        lines(node),
        [
            "accept: text/csv",
            "X-Empty: ",
            "X-D: d",
            &agent,
            "Content-Type: text/plain; charset=utf-8",
            "Idempotency-Key: key-1"
        ]
    );
    for (body, content_type) in [
        (json!({ "type": "json", "value": 1 }), "application/json"),
        (json!({ "type": "form", "fields": [] }), "application/x-www-form-urlencoded"),
        (json!({ "type": "xml", "text": "<a/>" }), "application/xml; charset=utf-8"),
        (json!({ "type": "xml", "text": "<a/>", "contentType": "text/xml" }), "text/xml"),
        (json!({ "type": "contact" }), "application/json"),
    ] {
        let rendered = render(&json!({ "body": body })).unwrap();
        assert_eq!(rendered.request.header("content-type"), Some(content_type));
    }
}

#[test]
fn all_problems_come_at_once() {
    let node = json!({
        "url": "https://{{ vars.h }}/",
        "headers": [{ "name": "Host", "value": "{{ x.y }}" }],
        "query": [{ "name": "q", "value": "{{ vars.a | nope }}" }],
        "auth": { "type": "bearer", "token": "literal" },
        "body": { "type": "json", "value": { "a": "{{ vars.", "{{ k }}": 1 }, "text": "{}" },
    });
    let mut codes = told(node);
    codes.sort();
    assert_eq!(
        codes,
        [
            "header-refused nodes.n.headers[0].name",
            "json-body nodes.n.body",
            "literal-credential nodes.n.auth.token",
            "template-in-authority nodes.n.url",
            "unknown-filter nodes.n.query[0].value",
            "unknown-root nodes.n.headers[0].value",
        ]
    );
}

#[test]
fn json_bodies_are_trees() {
    let body = |body: Value| -> Result<String, String> {
        render(&json!({ "body": body }))
            .map(|r| String::from_utf8(r.request.body.unwrap()).unwrap())
            .map_err(|invalid| invalid[0].code.to_owned())
    };
    let value = json!({ "type": "json", "value": { "n": "{{ vars.n }}", "t": "n={{ vars.n }} {{ vars.o }}{{ vars.none }}",
        "none": "{{ vars.none }}", "null": "{{ vars.null }}", "l": ["{{ vars.list }}"], "b": true, "big": 9_007_199_254_740_993_i64 } });
    assert_eq!(
        body(value).unwrap(),
        r#"{"n":7,"t":"n=7 {\"k\":[1]}","none":null,"null":null,"l":[["x",1,"é&"]],"b":true,"big":9007199254740993}"#
    );
    let text = |text: &str| body(json!({ "type": "json", "text": text }));
    assert_eq!(
        text(r#"{"a": {{ vars.n }}, "b": "{{ vars.n }}", "c": "{{ vars.n }}!"}"#).unwrap(),
        r#"{"a":7,"b":7,"c":"7!"}"#
    );
    assert_eq!(text(r#"{"a":{"b":{{vars.o}}}}"#).unwrap(), r#"{"a":{"b":{"k":[1]}}}"#);
    assert_eq!(
        text(r#"["{{ vars.none | default("a\"b") }}", "{{ vars.none | default(\"q\") }}"]"#).unwrap(),
        r#"["a\"b","q"]"#
    );
    assert_eq!(
        text(r#"{"a": "\u007b{ vars.n }}", "e": "\"{{ vars.n }}\""}"#).unwrap(),
        r#"{"a":"{{ vars.n }}","e":"\"7\""}"#
    );
    assert_eq!(text("{{ vars.list }}").unwrap(), r#"["x",1,"é&"]"#);
    assert_eq!(body(json!({ "type": "json", "value": null })).unwrap(), "null");
    let rendered =
        render(&json!({ "body": { "type": "json", "value": [{ "x": "{{ vars.none.a }}" }] } })).unwrap();
    assert_eq!(rendered.notes[0].code, "missing-became-null");
    assert!(
        rendered.notes[0].message.starts_with("nodes.n.body.value[0].x: `vars.none.a`"),
        "{:?}",
        rendered.notes
    );
}

#[test]
fn what_is_not_json_is_told_with_its_place() {
    let problem = |text: &str| {
        let (_, problems) = compile(&json!({ "body": { "type": "json", "text": text } }));
        (problems[0].code.to_string(), problems[0].message.clone())
    };
    for (text, place) in [
        ("{\n  \"a\": {{ vars.n }} \"b\"\n}", "line 2, column 21"),
        ("{\"a\": {{ vars.n }}", "line 1, column 19"),
        ("{a: 1}", "line 1, column 2"),
        ("", "line 1, column 1"),
        ("{{ vars.n }} {{ vars.n }}", "line 1, column 14"),
    ] {
        let (code, message) = problem(text);
        assert_eq!(code, "invalid-json", "{text}");
        assert!(message.starts_with("Enter valid JSON") && message.contains(place), "{text}: {message}");
    }
    assert_eq!(problem("{\"{{ vars.n }}\": 1}").0, "template-in-key");
    assert_eq!(problem("{\"a\": \"{% if %}\"}").0, "statement-out-of-place");
    assert_eq!(problem("{\"a\": {{ vars.n | nope }}}").0, "unknown-filter");
    assert_eq!(
        told(json!({ "body": { "type": "json", "value": "{\"a\": 1}" } })),
        ["json-value-is-text nodes.n.body.value"]
    );
    assert_eq!(told(json!({ "body": { "type": "json" } })), ["json-body nodes.n.body"]);
    assert_eq!(
        told(json!({ "body": { "type": "json", "value": { "{{ a }}": 1 } } })),
        ["template-in-key nodes.n.body.value[\"{{ a }}\"]"]
    );
}

#[test]
fn a_contact_body_carries_the_profile() {
    let rendered =
        render(&json!({ "body": { "type": "contact", "extra": { "n": "{{ vars.n }}" } } })).unwrap();
    assert_eq!(rendered.request.method.as_str(), "POST");
    let payload: Value = serde_json::from_slice(&rendered.request.body.unwrap()).unwrap();
    assert_eq!(payload["path"], 7);
    assert_eq!(
        (payload["run"].as_str(), payload["timestamp"].as_str()),
        (Some("run_1"), Some("2026-01-02T03:04:05Z"))
    );
    assert_eq!(payload["extra"], json!({ "n": 7 }));
    assert_eq!(payload["user"]["user_id"], "u1");
    assert_eq!(payload["user"]["phone_number"], "+1");
    assert_eq!(payload["user"]["first_seen"], Value::Null);
    assert_eq!(payload["user"]["tags"], json!([{ "id": "vip", "name": "vip" }]));
    let rendered =
        render(&json!({ "method": "PUT", "body": { "type": "contact", "excludeUserInfo": true } })).unwrap();
    assert_eq!(rendered.request.method.as_str(), "PUT");
    let payload: Value = serde_json::from_slice(&rendered.request.body.unwrap()).unwrap();
    assert!(payload.get("user").is_none() && payload.get("extra") == Some(&Value::Null));
}

#[test]
fn multipart_is_the_same_each_time() {
    let node = json!({ "method": "POST", "body": { "type": "multipart", "parts": [
        { "name": "a", "value": "{{ vars.s }}" }, { "name": "gone", "value": "{{ vars.none }}", "optional": true },
        { "name": "f", "value": "x", "filename": "é.txt", "contentType": "text/plain" } ] } });
    let (first, second) = (render(&node).unwrap(), render(&node).unwrap());
    assert_eq!(first, second);
    let text = String::from_utf8(first.request.body.unwrap()).unwrap();
    assert!(
        text.contains("name=\"f\"; filename=\"é.txt\"\r\nContent-Type: text/plain\r\n\r\nx\r\n--"),
        "{text}"
    );
    assert!(!text.contains("gone"));
    let typed = json!({ "headers": [{ "name": "Content-Type", "value": "x/y" }], "body": node["body"] });
    assert_eq!(told(typed), ["header-refused nodes.n.headers[0].name"]);
}

#[test]
fn what_fed_each_field_is_known() {
    let node = json!({ "url": "https://h.example/{{ vars.n }}/{{ vars.n }}?q={{ vars.s }}",
        "headers": [{ "name": "X", "value": "{{ vars.none | default('') }}" }],
        "body": { "type": "json", "value": { "a": "{{ contact.phone }}" } } });
    let template = compile(&node).0.unwrap();
    let reads: Vec<String> = template
        .reads()
        .iter()
        .map(|r| {
            format!(
                "{} {:?} {}",
                r.at,
                r.paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
                r.guarded
            )
        })
        .collect();
    assert_eq!(
        reads,
        [
            "nodes.n.url [\"vars.n\", \"vars.s\"] false",
            "nodes.n.body.value.a [\"contact.phone\"] false",
            "nodes.n.headers[0].value [\"vars.none\"] true",
        ]
    );
    assert_eq!(serde_json::to_value(&template.fed()[0]).unwrap()["reads"], json!(["vars.n", "vars.s"]));
}

fn text(template: &str, escape: Escape) -> Result<String, String> {
    let vars = vars();
    let scope = Scope { vars: Some(&vars), ..Scope::default() };
    let mut problems = Vec::new();
    match TextTemplate::compile(template, escape, Roots::FLOW, &FieldPath::root(), &mut problems) {
        Some(template) => template.render(&scope).map_err(|error| error.code.to_owned()),
        None => Err(problems.iter().map(|p| p.code.as_ref()).collect::<Vec<_>>().join(" ")),
    }
}

#[test]
fn texts_have_conditions_and_loops() {
    for (template, expected) in [
        ("Hi {{ vars.s }}{{ vars.none }}!", "Hi a b!"),
        ("{% if vars.n > 5 %}big{% elif vars.n %}small{% else %}none{% endif %}", "big"),
        ("{% if vars.none %}x{% else %}y{% endif %}", "y"),
        (
            "{% for x in vars.list %}{{ loop.index }}={{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1=x, 2=1, 3=é&",
        ),
        ("{% for x in vars.none_list %}x{% else %}none{% endfor %}", "none"),
        ("{% for x in vars.none %}x{% endfor %}", ""),
        ("{% for k, v in vars.o | items %}{{ k }}:{{ v }}{% endfor %}", "k:[1]"),
        (
            "{% for a in vars.deep %}{% for b in a %}{{ b }}{{ loop.length }}{% endfor %}{{ loop.first }}{% endfor %}",
            "[1]1true",
        ),
        ("a {%- if true -%} b {%- endif %} c", "ab c"),
        ("{# note #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ vars.o }} {{ vars.list }} {{ vars.n / 2 }} {{ true }}", "{\"k\":[1]} [\"x\",1,\"é&\"] 3.5 true"),
        ("{ not } a } hole {", "{ not } a } hole {"),
    ] {
        assert_eq!(text(template, Escape::Plain).as_deref(), Ok(expected), "{template}");
    }
    assert_eq!(
        text("<b>{{ vars.list[2] }}{{ '<\"\\'>' }}</b>", Escape::Html).unwrap(),
        "<b>é&amp;&lt;&quot;&#39;&gt;</b>"
    );
    assert_eq!(text("{{ '\\x00' }}", Escape::Xml).unwrap_err(), "xml-character");
    for (template, code) in [
        ("{% set x = 1 %}", "unknown-statement"),
        ("{% include 'x' %}", "unknown-statement"),
        ("{% macro m() %}{% endmacro %}", "unknown-statement unknown-statement"),
        ("{% autoescape false %}", "unknown-statement"),
        ("{% endif %}", "template-syntax"),
        ("{% if vars.n %}", "template-unclosed"),
        ("{% for x in vars.list %}{% endif %}{% endfor %}", "template-syntax template-syntax"),
        ("{% for vars in vars.list %}{% endfor %}", "template-syntax"),
        ("{% for x of vars.list %}{% endfor %}", "template-syntax"),
        ("{% for x in vars.list %}{% endfor %}{{ x }}", "unknown-root"),
        ("{% for x in vars.s %}{% endfor %}", "template-failed"),
        ("{% for a, b in vars.list %}{% endfor %}", "template-failed"),
    ] {
        assert_eq!(text(template, Escape::Plain).unwrap_err(), code, "{template}");
    }
    let nested = format!("{}{}", "{% if true %}".repeat(500), "{% endif %}".repeat(500));
    assert_eq!(text(&nested, Escape::Plain).unwrap_err(), "template-syntax");
}

#[test]
fn trees_keep_their_bounds() {
    let deep = (0..125).fold(json!(1), |value, _| json!([value]));
    let vars = json!({ "deep": deep });
    let scope = Scope { vars: Some(&vars), ..Scope::default() };
    let render = |value: Value| {
        let mut problems = Vec::new();
        let template = JsonTemplate::compile(&value, Roots::FLOW, &FieldPath::root(), &mut problems);
        template.map(|t| t.render(&scope).map(|_| ()).map_err(|e| e.code)).ok_or(problems)
    };
    assert_eq!(render(json!(["{{ vars.deep }}"])).unwrap(), Ok(()));
    assert_eq!(render(json!([[[["{{ vars.deep }}"]]]])).unwrap(), Err("json-too-deep"));
    let many: Value = (0..1001).map(|_| json!("{{ vars.x }}")).collect();
    assert_eq!(render(many).unwrap_err()[0].code, "template-too-large");
}

#[test]
fn a_screen_pops_url_follows_the_same_rules() {
    let mut problems = Vec::new();
    let at = FieldPath::root().key("url");
    let url = UrlTemplate::compile("https://crm.example/c/{{ vars.s }}?x={{ vars.n }}", &at, &mut problems)
        .unwrap();
    let vars = vars();
    let scope = Scope { vars: Some(&vars), ..Scope::default() };
    assert_eq!(url.render(&scope).unwrap().as_str(), "https://crm.example/c/a%20b?x=7");
    assert_eq!(url.render(&Scope::default()).unwrap_err()[0].code, "missing-value");
    assert!(UrlTemplate::compile("{{ vars.url }}", &at, &mut problems).is_none());
    assert_eq!(problems[0].code, "url-hosts-missing");
}

#[test]
fn no_value_stands_where_xml_has_no_escape() {
    for (text, refused) in [
        ("<a><![CDATA[{{ vars.s }}]]></a>", true),
        ("<a><!-- {{ vars.s }} --></a>", true),
        ("<a><![CDATA[x]]>{{ vars.s }}</a>", false),
        ("<!-- x --><a b='{{ vars.s }}'/>", false),
    ] {
        let codes = told(
            json!({ "url": "https://h.example/", "method": "PUT", "body": { "type": "xml", "text": text } }),
        );
        assert_eq!(codes.iter().any(|code| code.starts_with("xml-position")), refused, "{text}: {codes:?}");
    }
}

#[test]
fn a_key_that_stands_twice_in_json_text_is_not_dropped_in_silence() {
    let node = |text: &str| json!({ "url": "https://h.example/", "method": "PUT", "body": { "type": "json", "text": text } });
    assert_eq!(told(node(r#"{"a":1,"a":2}"#)), ["invalid-json nodes.n.body.text"]);
    assert!(told(node(r#"{"a":{"b":1},"b":2}"#)).is_empty());
}
