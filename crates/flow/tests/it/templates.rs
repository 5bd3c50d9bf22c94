//! Hostile values in every position: what is decoded from the request is the value, or nothing is rendered.

use callout_flow::expression::Expression;
use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::problem::{FieldPath, Problem, Severity};
use callout_flow::render::{CallTemplate, RenderContext, Rendered, RequestSource, UrlTemplate};
use callout_flow::request::RenderedAuth;
use callout_flow::scope::{Roots, Scope};
use callout_flow::template::{Escape, JsonTemplate, Template, TextTemplate};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The values that broke other tools.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "plain",
        "",
        " ",
        " both ",
        "it's \"quoted\"",
        "back\\slash\\",
        "line\nfeed",
        "\n",
        "carriage\r\nreturn",
        "\r\nX-Evil: 1",
        "tab\tin",
        "{{",
        "}}",
        "{{ 7*7 }}",
        "{{ secret.token }}",
        "{% raw %}",
        "{% for x in vars %}",
        "{#",
        "%2F",
        "%2e%2e",
        ".",
        "..",
        "../",
        "../../admin",
        "%",
        "%zz",
        "a/b?c#d",
        "a;b",
        "nul\0byte",
        "\u{7f}",
        "\u{1b}[31m",
        "😀",
        "\u{2028}\u{2029}",
        "\u{feff}",
        "9007199254740993",
        "ann+tag@example.com",
        "\",\"admin\":true,\"x\":\"",
        "a&b=c#d%20+",
        "\u{10d}\u{10a}",
        "<b>&amp;</b>",
        "]]>",
        "--callout-boundary",
        "\r\n--x--\r\n",
        "=?utf-8?b?eA==?=",
        "user:pass",
        "\u{fffe}",
        "\u{e000}0\u{e000}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push(format!("eyJ{}", "aB3-_.x".repeat(60))[..372].to_owned());
    texts.push("x".repeat(1 << 20));
    texts.push("é\"".repeat(1 << 18));
    texts
}

fn compile(node: Value) -> Result<CallTemplate, Vec<Problem>> {
    let mut node = node;
    node["mode"] = "http".into();
    let draft: ApiCallDraft = serde_json::from_value(node).unwrap();
    let mut problems = Vec::new();
    let at = FieldPath::root().key("nodes").key("n");
    let template = CallTemplate::compile(&RequestSource::http(&draft, &at), &mut problems);
    let wrong = problems.iter().any(|p| p.severity == Severity::Error);
    assert_eq!(template.is_none(), wrong, "{problems:?}");
    template.ok_or(problems)
}

fn render_with(node: Value, vars: &Value) -> Result<Rendered, Vec<&'static str>> {
    let template = compile(node).unwrap_or_else(|problems| panic!("{problems:?}"));
    let scope = Scope { vars: Some(vars), ..Scope::default() };
    let context = RenderContext {
        idempotency_key: Some("key-1".into()),
        contact: None,
        flow_number: 7,
        run_id: "run_1",
        now: "2026-01-02T03:04:05Z".parse().unwrap(),
    };
    template.render(&scope, &context).map_err(|invalid| invalid.iter().map(|i| i.code).collect())
}

fn render(node: Value, value: &Value) -> Result<Rendered, Vec<&'static str>> {
    render_with(node, &json!({ "v": value }))
}

/// How a value stands in text.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
            rest = &rest[2..];
        } else {
            assert!(first.is_ascii_graphic(), "{first}");
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

type Position = (&'static str, Value, fn(&Rendered) -> String, &'static [&'static str]);

fn body(rendered: &Rendered) -> &str {
    std::str::from_utf8(rendered.request.body.as_deref().unwrap()).unwrap()
}

fn json_body(rendered: &Rendered) -> Value {
    serde_json::from_str(body(rendered)).unwrap()
}

fn segment(rendered: &Rendered, index: usize, of: usize) -> String {
    let url = &rendered.request.url;
    assert_eq!(url.origin().ascii_serialization(), "https://h.example:8443");
    assert_eq!(url.fragment(), None);
    let segments: Vec<&str> = url.path().split('/').skip(1).collect();
    assert_eq!(segments.len(), of, "{url}");
    assert_eq!(segments[0], "fixed");
    percent_decoded(segments[index])
}

fn pair(rendered: &Rendered) -> String {
    let query = rendered.request.url.query().unwrap();
    let pairs: Vec<(&str, &str)> = query.split('&').map(|p| p.split_once('=').unwrap()).collect();
    assert_eq!(pairs.len(), 2, "{query}");
    assert_eq!(pairs[1], ("z", "1"));
    assert_eq!(pairs[0].0, "q");
    assert!(!pairs[0].1.contains('+'));
    percent_decoded(pairs[0].1)
}

fn xml_text(rendered: &Rendered) -> String {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(body(rendered));
    let (mut text, mut attribute, mut depth) = (String::new(), String::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                depth += 1;
                assert_eq!(start.name().as_ref(), "a");
                let attributes: Vec<_> = start.attributes().map(Result::unwrap).collect();
                assert_eq!(attributes.len(), 1);
                attribute = quick_xml::escape::unescape(&attributes[0].value).unwrap().into_owned();
            }
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(part) => {
                let entity = format!("&{};", &*part);
                text.push_str(&quick_xml::escape::unescape(&entity).unwrap());
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(depth, 0);
    assert_eq!(text, attribute);
    text
}

fn part(rendered: &Rendered) -> String {
    let content_type = rendered.request.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = format!("\r\n{}", body(rendered));
    let parts: Vec<&str> = text.split(&format!("\r\n--{boundary}")).collect();
    assert_eq!(parts.len(), 4);
    assert_eq!(parts[3], "--\r\n");
    let (head, value) = parts[1].strip_prefix("\r\n").unwrap().split_once("\r\n\r\n").unwrap();
    assert_eq!(head, "Content-Disposition: form-data; name=\"p\"");
    assert!(parts[2].ends_with("\r\n\r\nlast"));
    value.to_owned()
}

fn filename(rendered: &Rendered) -> String {
    let text = body(rendered);
    let (head, value) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(head.lines().count(), 3, "{head}");
    assert!(value.starts_with("x\r\n--"));
    let name = head.split_once("filename=\"").unwrap().1.split_once('"').unwrap().0;
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

const AT: &str = "https://h.example:8443/fixed";

fn positions() -> Vec<Position> {
    let hole = "{{ vars.v }}";
    let with = |rest: Value| {
        let mut node = json!({ "url": AT });
        node.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        node
    };
    let long: &[&str] = &["url-too-long", "path-segment"];
    let header: &[&str] = &["header-value"];
    let secret: &[&str] = &["credential-invalid"];
    let large: &[&str] = &["body-too-large"];
    vec![
        ("segment", json!({ "url": format!("{AT}/{hole}/end") }), |r| segment(r, 1, 3), long),
        ("last segment", json!({ "url": format!("{AT}/{hole}") }), |r| segment(r, 1, 2), long),
        (
            "part of a segment",
            json!({ "url": format!("{AT}/a-{hole}.json?x=1") }),
            |r| segment(r, 1, 2).strip_prefix("a-").unwrap().strip_suffix(".json").unwrap().to_owned(),
            long,
        ),
        (
            "dotted segment",
            json!({ "url": format!("{AT}/%2e{hole}") }),
            |r| segment(r, 1, 2)[1..].to_owned(),
            long,
        ),
        ("query in the URL", json!({ "url": format!("{AT}?q={hole}&z=1#top") }), pair, long),
        (
            "query row",
            with(json!({ "query": [{ "name": "q", "value": hole }, { "name": "z", "value": 1 }] })),
            pair,
            long,
        ),
        (
            "mixed query row",
            with(
                json!({ "query": [{ "name": "q", "value": format!("a&{hole}%20") }, { "name": "z", "value": 1 }] }),
            ),
            |r| pair(r).strip_prefix("a&").unwrap().strip_suffix(' ').unwrap().to_owned(),
            long,
        ),
        (
            "header",
            with(json!({ "headers": [{ "name": "X-V", "value": hole }] })),
            |r| r.request.header("x-v").unwrap().to_owned(),
            header,
        ),
        (
            "mixed header",
            with(json!({ "headers": [{ "name": "X-V", "value": format!("<{hole}>") }] })),
            |r| {
                r.request
                    .header("x-v")
                    .unwrap()
                    .strip_prefix('<')
                    .unwrap()
                    .strip_suffix('>')
                    .unwrap()
                    .to_owned()
            },
            header,
        ),
        (
            "lone JSON leaf",
            with(json!({ "body": { "type": "json", "value": { "a": [hole], "n": 1 } } })),
            |r| {
                assert_eq!(json_body(r).as_object().unwrap().len(), 2);
                text_of(&json_body(r)["a"][0])
            },
            large,
        ),
        (
            "mixed JSON leaf",
            with(json!({ "body": { "type": "json", "value": { "a": format!("<{hole}>"), "n": 1 } } })),
            |r| json_body(r)["a"].as_str().unwrap()[1..].strip_suffix('>').unwrap().to_owned(),
            &["body-too-large", "template-too-costly"],
        ),
        (
            "bare JSON text",
            with(json!({ "body": { "type": "json", "text": format!("{{\"a\": {hole}, \"n\": [1]}}") } })),
            |r| {
                assert_eq!(json_body(r)["n"], json!([1]));
                text_of(&json_body(r)["a"])
            },
            large,
        ),
        (
            "quoted JSON text",
            with(json!({ "body": { "type": "json", "text": format!("{{\"a\":{{\"b\":\"{hole}\"}}}}") } })),
            |r| text_of(&json_body(r)["a"]["b"]),
            large,
        ),
        (
            "mixed JSON text",
            with(json!({ "body": { "type": "json", "text": format!("[\"\\u003c{hole}\\n\"]") } })),
            |r| json_body(r)[0].as_str().unwrap()[1..].strip_suffix('\n').unwrap().to_owned(),
            &["body-too-large", "template-too-costly"],
        ),
        (
            "XML",
            with(json!({ "body": { "type": "xml", "text": format!("<a b=\"{hole}\">{hole}</a>") } })),
            xml_text,
            &["xml-character", "template-too-costly"],
        ),
        (
            "form",
            with(
                json!({ "body": { "type": "form", "fields": [{ "name": "q", "value": hole }, { "name": "z", "value": "1" }] } }),
            ),
            |r| {
                let rest = body(r).strip_prefix("q=").unwrap().strip_suffix("&z=1").unwrap();
                percent_decoded(rest)
            },
            large,
        ),
        (
            "multipart",
            with(
                json!({ "body": { "type": "multipart", "parts": [{ "name": "p", "value": hole }, { "name": "z", "value": "last" }] } }),
            ),
            part,
            large,
        ),
        (
            "filename",
            with(
                json!({ "body": { "type": "multipart", "parts": [{ "name": "p\"\n", "value": "x", "filename": hole }] } }),
            ),
            filename,
            large,
        ),
        (
            "text",
            with(json!({ "body": { "type": "text", "text": format!("[{hole}]") } })),
            |r| body(r)[1..].strip_suffix(']').unwrap().to_owned(),
            &["template-too-costly"],
        ),
        (
            "basic user",
            with(json!({ "auth": { "type": "basic", "username": hole, "password": "p" } })),
            |r| match &r.auth {
                RenderedAuth::Basic { username, .. } => username.expose().to_owned(),
                other => panic!("{other:?}"),
            },
            secret,
        ),
        (
            "basic password",
            with(json!({ "auth": { "type": "basic", "username": "u", "password": hole } })),
            |r| match &r.auth {
                RenderedAuth::Basic { password, .. } => password.expose().to_owned(),
                other => panic!("{other:?}"),
            },
            secret,
        ),
        (
            "bearer token",
            with(json!({ "auth": { "type": "bearer", "token": hole } })),
            |r| match &r.auth {
                RenderedAuth::Bearer { token } => token.expose().to_owned(),
                other => panic!("{other:?}"),
            },
            secret,
        ),
        (
            "header auth",
            with(json!({ "auth": { "type": "header", "name": "X-Key", "value": hole } })),
            |r| match &r.auth {
                RenderedAuth::Header { value, .. } => value.expose().to_owned(),
                other => panic!("{other:?}"),
            },
            secret,
        ),
    ]
}

fn check(position: &Position, value: &Value) -> bool {
    let (name, node, decode, codes) = position;
    let shown: String = text_of(value).chars().take(60).collect();
    match render(node.clone(), value) {
        Ok(rendered) => {
            for header in &rendered.request.headers {
                assert!(!header.value.contains(['\r', '\n', '\0']), "{name}: {shown:?}");
            }
            assert!(decode(&rendered) == text_of(value), "{name}: {shown:?}: {:.200}", decode(&rendered));
            true
        }
        Err(found) => {
            assert!(
                !found.is_empty() && found.iter().all(|code| codes.contains(code)),
                "{name}: {shown:?}: {found:?}"
            );
            false
        }
    }
}

#[test]
fn every_hostile_value_arrives_in_every_position_or_nothing_is_rendered() {
    for position in positions() {
        let mut arrived = 0;
        for text in hostile() {
            arrived += usize::from(check(&position, &text.into()));
        }
        assert!(arrived > 25, "{}: only {arrived} arrived", position.0);
    }
}

#[test]
fn other_types_arrive_as_they_stand_in_json() {
    let values = [
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(-1.5),
        json!(true),
        json!({ "a": ["b\"", 1] }),
    ];
    for position in positions() {
        for value in &values {
            let arrived = check(&position, value);
            // A user name cannot hold the colon of an object.
            assert!(arrived || (position.0 == "basic user" && value.is_object()), "{}: {value}", position.0);
        }
        if !position.0.contains("query") && position.0 != "basic user" {
            assert!(check(&position, &json!([1, "a\n", { "b": null }])), "{}", position.0);
        }
    }
}

#[test]
fn missing_values_are_invalid_but_in_json_xml_and_text() {
    for (name, node, _, _) in positions() {
        for value in [Value::Null, json!({ "nested": 1 })] {
            let node: Value = match value {
                Value::Null => node.clone(),
                // A path below what is not there.
                _ => serde_json::from_str(&node.to_string().replace("vars.v ", "vars.v.a.b[0].c ")).unwrap(),
            };
            let rendered = render(node, &value);
            if name.contains("JSON") || name == "XML" || name == "text" {
                assert!(rendered.is_ok(), "{name}");
            } else {
                assert_eq!(rendered.unwrap_err()[0], "missing-value", "{name}");
            }
        }
    }
}

#[test]
fn a_default_stands_in_everywhere() {
    for (name, node, decode, _) in positions() {
        let node = serde_json::from_str(&node.to_string().replace("vars.v ", "vars.none | default('dé&') "))
            .unwrap();
        assert_eq!(decode(&render(node, &Value::Null).unwrap()), "dé&", "{name}");
    }
}

/// Reads a text as every kind of template and renders what can be read. Nothing may panic.
fn read_as_everything(text: &str) {
    let vars = json!({
        "a": [1, "two", { "three": 3.5 }, null], "b": "text & <more>", "c": { "d": true }, "e": -7,
    });
    let scope = Scope { vars: Some(&vars), event: Some(&vars["c"]), ..Scope::default() };
    let (at, mut problems) = (FieldPath::root(), Vec::new());
    if let Ok(expression) = Expression::compile(text, Roots::FLOW) {
        let _ = expression.eval(&scope);
    }
    if let Some(template) = Template::compile(text, Roots::FLOW, &at, &mut problems) {
        let _ = template.render_plain(&scope);
    }
    for escape in [Escape::Plain, Escape::Xml, Escape::Html] {
        if let Some(template) = TextTemplate::compile(text, escape, Roots::FLOW, &at, &mut problems) {
            let _ = template.render(&scope);
        }
    }
    for template in [
        JsonTemplate::from_text(text, Roots::FLOW, &at, &mut problems),
        JsonTemplate::compile(&Value::from(text), Roots::FLOW, &at, &mut problems),
    ] {
        let _ = template.map(|template| template.render(&scope));
    }
    if let Some(template) = UrlTemplate::compile(text, &at, &mut problems) {
        let _ = template.render(&scope);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_arrives_or_is_refused(text in "(?s).{0,24}") {
        for position in positions() {
            check(&position, &text.as_str().into());
        }
    }

    #[test]
    fn no_text_makes_compiling_panic(text in "(?s)(.|\\{\\{|\\}\\}|\\{%|%\\}|vars\\.a|\\||'|\"|\\*|~| if | for | in |else|endif|\\(|\\)|\\[|\\]|-|:){0,40}") {
        read_as_everything(&text);
        read_as_everything(&format!("{{{{ {text} }}}}"));
        read_as_everything(&format!("{{% for x in vars.a %}}{text}{{% endfor %}}"));
    }
}
