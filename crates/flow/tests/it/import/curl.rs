//! Pasted cURL commands, and requests as commands.

use callout_flow::export::{self, CurlOptions};
use callout_flow::import::{ImportedCall, curl};
use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::problem::{FieldPath, Severity};
use callout_flow::render::{CallTemplate, Rendered, RequestSource};
use callout_flow::request::{Header, Method, PreparedRequest, RenderedAuth, SecretText};
use callout_flow::scope::Scope;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::call::context;

pub fn imported(command: &str) -> ImportedCall {
    curl(command).unwrap_or_else(|problem| panic!("{command}: {problem:?}"))
}

/// The request of a node, of which nothing may be wrong.
fn rendered(node: &ApiCallDraft) -> Rendered {
    let mut problems = Vec::new();
    let template = CallTemplate::compile(&RequestSource::http(node, &FieldPath::root()), &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    assert_eq!(problems, [], "{node:#?}");
    template.unwrap().render(&Scope::default(), &context()).unwrap_or_else(|why| panic!("{why:?}: {node:#?}"))
}

/// The node as it is written down, without its mode.
fn written(command: &str) -> Value {
    let imported = imported(command);
    rendered(&imported.node);
    let mut value = serde_json::to_value(&imported.node).unwrap();
    assert_eq!(value["mode"], "http");
    value.as_object_mut().unwrap().remove("mode");
    value
}

#[test]
fn commands_of_every_shell_come_in_as_the_same_call() {
    let expected = json!({
        "method": "POST",
        "url": "https://api.example.com/v1/notes",
        "query": [{ "name": "to", "value": "a b&c" }],
        "headers": [{ "name": "X-Mark", "value": "it's \"so\"" }],
        "body": { "type": "json", "value": { "text": "one\ntwo % $x", "n": 12 } },
    });
    let bash = r#"$ curl 'https://api.example.com/v1/notes?to=a%20b%26c' \
  -H 'X-Mark: it'\''s "so"' -H "Content-Type: application/json" \
  --data-raw $'{"text":"one\\ntwo % $x","n":12}' --compressed"#;
    let double = r#"curl "https://api.example.com/v1/notes?to=a%20b%26c" -H "X-Mark: it's \"so\"" -H Content-Type:\ application/json -d "{\"text\":\"one\\ntwo % \$x\",\"n\":12}""#;
    let cmd = "curl ^\"https://api.example.com/v1/notes?to=a^%20b^%26c^\" ^\r\n  -H ^\"X-Mark: it's ^\\^\"so^\\^\"^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  --data-raw ^\"^{^\\^\"text^\\^\":^\\^\"one^\\ntwo ^% $x^\\^\",^\\^\"n^\\^\":12^}^\"";
    let doubled = "curl.exe \"https://api.example.com/v1/notes?to=a%20b%26c\" ^\n -H \"X-Mark: it's \"\"so\"\"\" -H \"Content-Type: application/json\" -d \"{\\\"text\\\":\\\"one\\ntwo % $x\\\",\\\"n\\\":12}\"";
    let power_shell = "curl.exe 'https://api.example.com/v1/notes?to=a%20b%26c' `\n  -H 'X-Mark: it''s \"so\"' `\n  -H \"Content-Type: application/json\" `\n  -d '{\"text\":\"one\\ntwo % $x\",\"n\":12}'";
    for command in [bash, double, cmd, doubled, power_shell] {
        assert_eq!(written(command), expected, "{command}");
    }
}

#[test]
fn options_become_what_they_ask_for() {
    let url = "https://api.example.com/a";
    for (options, expected) in [
        ("", json!({})),
        ("-XDELETE", json!({ "method": "DELETE" })),
        ("-I", json!({ "method": "HEAD" })),
        (
            "-sSL --max-redirs 3 -m 2.5 --retry 2",
            json!({ "followRedirects": 3, "timeoutMs": 2500, "retry": { "maxAttempts": 3 } }),
        ),
        (
            "-d a=1 -d 'b=x+y%26'",
            json!({ "method": "POST", "body": { "type": "form", "fields": [{ "name": "a", "value": "1" }, { "name": "b", "value": "x y&" }] } }),
        ),
        (
            "--data-urlencode 'q=a b' --data-urlencode '=c&d' -G",
            json!({ "url": format!("{url}?q=a%20b&c%26d") }),
        ),
        (
            "-G -d q=1 -d 'r=a,b' -d z=2",
            json!({ "url": format!("{url}?q=1&r=a,b"), "query": [{ "name": "z", "value": "2" }] }),
        ),
        (
            "-X PUT --json '{\"a\": [1.5, null]}'",
            json!({ "method": "PUT", "headers": [{ "name": "Accept", "value": "application/json" }], "body": { "type": "json", "value": { "a": [1.5, null] } } }),
        ),
        (
            "-d '{\"id\": 12345678901234567890123}' -H 'Content-Type: application/json'",
            json!({ "method": "POST", "body": { "type": "text", "contentType": "application/json", "text": "{\"id\": 12345678901234567890123}" } }),
        ),
        (
            "-d '<a>x</a>' -H 'content-type: text/xml'",
            json!({ "method": "POST", "body": { "type": "xml", "contentType": "text/xml", "text": "<a>x</a>" } }),
        ),
        (
            "-d hello -H 'content-type: text/csv'",
            json!({ "method": "POST", "body": { "type": "text", "contentType": "text/csv", "text": "hello" } }),
        ),
        (
            "-F 'note=a;type=text/html' -F 'file=x;filename=\"a;b.txt\"' --form-string 'raw=@x;y'",
            json!({ "method": "POST", "body": { "type": "multipart", "parts": [
            { "name": "note", "value": "a", "contentType": "text/html" },
            { "name": "file", "value": "x", "filename": "a;b.txt" },
            { "name": "raw", "value": "@x;y" },
        ] } }),
        ),
        ("-u ann:se:cret", json!({ "auth": { "type": "basic", "username": "ann", "password": "se:cret" } })),
        (
            "-H 'Authorization: Bearer abc' -u ignored:x",
            json!({ "auth": { "type": "bearer", "token": "abc" } }),
        ),
        (
            "-H 'authorization: Basic YW5uOng='",
            json!({ "auth": { "type": "basic", "username": "ann", "password": "x" } }),
        ),
        (
            "-b 'a=1; b=2' -A Agent/1 -e https://example.com",
            json!({ "headers": [
            { "name": "Cookie", "value": "a=1; b=2" }, { "name": "User-Agent", "value": "Agent/1" }, { "name": "Referer", "value": "https://example.com" },
        ] }),
        ),
        ("-H 'X-Empty;'", json!({ "headers": [{ "name": "X-Empty", "value": "" }] })),
    ] {
        let mut wanted = json!({ "url": url });
        wanted.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(written(&format!("curl {options} {url}")), wanted, "{options}");
    }
    assert_eq!(
        written("TOKEN=x /usr/bin/curl ann:x@api.example.com/b#c")["url"],
        "https://api.example.com/b"
    );
}

#[test]
fn what_does_not_come_in_is_told() {
    for (command, told) in [
        ("curl -k https://a.example", "certificates are always verified"),
        ("curl --proxy http://p:1 https://a.example", "operator"),
        ("curl --cert c.pem https://a.example", "under `tls`"),
        ("curl -H 'Host: b' https://a.example", "`Host` is left out"),
        ("curl -H 'Accept-Encoding: br' https://a.example", "`Accept-Encoding` is left out"),
        ("curl -H 'X-Api-Key: abc' https://a.example", "make a connection"),
        ("curl -u a:b https://a.example", "make a connection"),
        ("curl https://a.example https://b.example", "`https://b.example` did not"),
        ("curl https://a.example | jq .", "follows the command"),
        ("curl https://a.example\necho done", "follows the command"),
        ("curl a.example", "`https` is taken"),
        ("curl http://a.example", "an operator lists"),
        ("curl -H \"X: $TOKEN\" https://a.example", "variables of a shell"),
        ("curl -F 'f=@/tmp/x.pdf' https://a.example", "`vars.f`"),
        ("curl -d '{\"a\":1}' https://a.example", "set its type to JSON"),
        ("curl -m 90 https://a.example", "60000 ms came in"),
        ("curl 'https://a.example/[1-9]'", "as they stand"),
    ] {
        let notes = imported(command).notes;
        assert!(notes.iter().any(|note| note.contains(told)), "{command}: {notes:?}");
    }
    assert_eq!(
        imported("curl -sS https://a.example 2>/dev/null").node.url.as_deref(),
        Some("https://a.example/")
    );
}

#[test]
fn what_cannot_come_in_is_refused_at_its_place() {
    for (command, code, place, message) in [
        ("wget https://a.example", "import-unreadable", (1, 1), "not a `curl` command"),
        ("", "import-unreadable", (1, 1), "not a `curl` command"),
        ("curl", "import-curl-refused", (1, 1), "names no URL"),
        ("curl \\\n  'https://a.example", "import-unreadable", (2, 3), "is not closed"),
        ("curl ^\"https://a.example ^\n -d x", "import-unreadable", (1, 7), "is not closed"),
        ("curl 'a' `\n \"b", "import-unreadable", (2, 2), "is not closed"),
        (
            "curl -d @body.json https://a.example",
            "import-file-needed",
            (1, 9),
            "`--data @body.json` reads a file",
        ),
        ("curl --data-urlencode x@y https://a.example", "import-file-needed", (1, 23), "reads a file"),
        ("curl -T x https://a.example", "import-file-needed", (1, 6), "reads a file"),
        ("curl -b jar https://a.example", "import-file-needed", (1, 9), "reads a file"),
        ("curl -F 'a=<x' https://a.example", "import-file-needed", (1, 9), "reads a file"),
        ("curl --heder x https://a.example", "import-curl-refused", (1, 6), "`--heder` is not known"),
        ("curl https://a.example -H", "import-curl-refused", (1, 24), "`-H` needs a value"),
        ("curl -X BREW https://a.example", "import-curl-refused", (1, 9), "`BREW` is no method"),
        ("curl ftp://a.example", "import-curl-refused", (1, 6), "not http or https"),
        ("curl 'https://{{ host }}/'", "import-curl-refused", (1, 6), "is no URL"),
        ("curl \"https://a.example/$(id)\"", "import-unreadable", (1, 25), "command within"),
        ("curl -d `cat x` https://a.example", "import-unreadable", (1, 9), "command within"),
        ("curl -d $'\\xff' https://a.example", "import-unreadable", (1, 9), "no text in UTF-8"),
        ("curl -m soon https://a.example", "import-curl-refused", (1, 9), "is not a number"),
    ] {
        let problem = curl(command).expect_err(command);
        let at = problem.place.map(|place| (place.line, place.column));
        assert_eq!((problem.code.as_ref(), at), (code, Some(place)), "{command}: {problem:?}");
        assert!(problem.message.contains(message) && !problem.fix.is_empty(), "{problem:?}");
    }
    let long = format!("curl https://a.example -d '{}'", "x".repeat(4 << 20));
    assert_eq!(curl(&long).unwrap_err().code, "import-too-large");
}

#[test]
fn what_looks_like_a_template_stays_what_it_is() {
    let odd = "{{ vars.x }} {% if %} {# #} {{";
    let command = format!(
        "curl 'https://a.example/{{{{id}}}}?q={{{{x}}}}&e=%7B%7Bx' -H 'X-A: {odd}' --json '{{\"a\": \"{odd}\"}}' -u '{{{{a:{{{{b'"
    );
    let rendered = rendered(&imported(&command).node);
    let request = rendered.request;
    assert_eq!(request.url.as_str(), "https://a.example/%7B%7Bid%7D%7D?q=%7B%7Bx%7D%7D&e=%7B%7Bx");
    assert_eq!(request.header("x-a"), Some(odd));
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(body, json!({ "a": odd }));
    let expected = RenderedAuth::Basic { username: SecretText::new("{{a"), password: SecretText::new("{{b") };
    assert_eq!(rendered.auth, expected);
    for data in
        [format!("{{\"{odd}\": 1}}"), format!("<a><!-- {odd} --></a>"), format!("a={odd}"), odd.to_owned()]
    {
        for media in ["application/json", "text/xml", "application/x-www-form-urlencoded", "text/plain"] {
            let command = format!("curl https://a.example -H 'Content-Type: {media}' --data-raw '{data}'");
            let request = self::rendered(&imported(&command).node).request;
            assert_eq!(String::from_utf8(request.body.unwrap()).unwrap(), data);
            assert_eq!(request.headers.iter().find(|h| h.name == "Content-Type").unwrap().value, media);
        }
    }
}

/// Texts that shells, curl and templates each read in ways of their own.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,24}",
        "\\PC{0,12}",
        proptest::collection::vec(
            prop::sample::select(vec![
                "'", "\"", "\\", "$", "`", "!", "$(id)", "${x}", "{{", "}}", "{%", "%", "%41", "\n", "\r\n",
                "\t", "@f", ";", "&", "=", "^", "-", "é", "🙂", "\u{7f}", "\u{1}", "\u{200b}", "\u{2028}",
                "a", " ", "<", "[", "]", "{", "}", "\\n", "'\\''",
            ]),
            0..12
        )
        .prop_map(|parts| parts.concat()),
    ]
}

fn any_header() -> impl Strategy<Value = Header> {
    let value = any_text().prop_map(|text| {
        let kept: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
        kept.trim().to_owned()
    });
    ("X-[A-Za-z0-9]{1,8}", value).prop_map(|(name, value)| Header { name, value })
}

fn any_body() -> impl Strategy<Value = Option<(String, String)>> {
    let json = (any_text(), any::<i64>(), any_text())
        .prop_map(|(key, number, text)| json!({ key: [number, text, null, { "x": 1.5 }] }).to_string());
    let form = proptest::collection::vec((any_text(), any_text()), 1..4).prop_map(|pairs| {
        let pairs = pairs.iter().map(|(name, value)| (name, value));
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    });
    prop_oneof![
        Just(None),
        json.prop_map(|text| Some(("application/json".to_owned(), text))),
        form.prop_map(|text| Some(("application/x-www-form-urlencoded".to_owned(), text))),
        any_text().prop_map(|text| Some(("text/plain; charset=utf-8".to_owned(), text))),
        any_text().prop_map(|text| Some(("application/xml".to_owned(), text))),
        any_text().prop_map(|text| Some(("application/json".to_owned(), text))),
        any_text().prop_map(|text| {
            let text =
                format!("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{text}\r\n--b--\r\n");
            Some(("multipart/form-data; boundary=b".to_owned(), text))
        }),
    ]
}

pub fn any_request() -> impl Strategy<Value = PreparedRequest> {
    let url = (proptest::collection::vec(any_text(), 0..3), proptest::option::of(any_text())).prop_map(
        |(segments, query)| {
            let mut url = Url::parse("https://api.example.com/v1").unwrap();
            // Callout's own URLs hold these only encoded, which the parser does not ask for.
            let kept =
                |text: &String| text.replace(['\\', '^', '`', '{', '|', '}', '\''], "").replace('%', "%25");
            let segments = segments.iter().map(kept).filter(|segment| !segment.is_empty());
            url.path_segments_mut().unwrap().extend(segments);
            url.set_query(query.as_ref().map(kept).as_deref());
            let pairs: Vec<&str> =
                url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
            let query = pairs.join("&");
            url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
            Url::parse(url.as_str()).unwrap()
        },
    );
    let method = prop::sample::select(Method::ALL.to_vec());
    (method, url, proptest::collection::vec(any_header(), 0..3), any_body()).prop_map(
        |(method, url, mut headers, body)| {
            headers.dedup_by(|one, other| one.name.eq_ignore_ascii_case(&other.name));
            let mut add = |name: &str, value: String| headers.push(Header { name: name.to_owned(), value });
            add("Accept", "application/json, */*;q=0.5".to_owned());
            add("User-Agent", concat!("Callout/", env!("CARGO_PKG_VERSION")).to_owned());
            let body = body.map(|(media, text)| {
                add("Content-Type", media);
                text.into_bytes()
            });
            PreparedRequest { method, url, headers, body, holes: Vec::new() }
        },
    )
}

/// What is compared: headers without an order, JSON as what it says, a form as its fields.
fn comparable(request: &PreparedRequest) -> (Method, String, Vec<(String, String)>, Option<Value>) {
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.clone()))
        .collect();
    headers.sort();
    let media = request.header("content-type").unwrap_or_default();
    let body = request.body.as_ref().map(|bytes| match (media, serde_json::from_slice::<Value>(bytes)) {
        ("application/json", Ok(value)) => value,
        ("application/x-www-form-urlencoded", _) => url::form_urlencoded::parse(bytes).into_owned().collect(),
        _ => String::from_utf8(bytes.clone()).unwrap().into(),
    });
    (request.method, request.url.to_string(), headers, body)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn a_request_survives_as_a_command(request in any_request()) {
        let exported = export::curl(&request, &RenderedAuth::None, CurlOptions::default());
        prop_assert_eq!(&exported.variables, &Vec::<String>::new());
        let node = imported(&exported.command).node;
        prop_assert_eq!(comparable(&rendered(&node).request), comparable(&request), "{}", exported.command);
    }

    #[test]
    fn whatever_is_pasted_is_a_call_or_a_problem(text in any_text(), more in any_text()) {
        for command in [format!("curl {text} {more}"), format!("curl '{text}' -d {more}"), format!("curl ^\"{text}^\" {more}")] {
            if let Ok(imported) = curl(&command) {
                let mut problems = Vec::new();
                CallTemplate::compile(&RequestSource::http(&imported.node, &FieldPath::root()), &mut problems);
                problems.retain(|problem| problem.severity == Severity::Error);
                prop_assert_eq!(problems, vec![], "{}", command);
            }
        }
    }
}
