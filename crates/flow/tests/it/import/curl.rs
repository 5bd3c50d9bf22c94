//! Pasted cURL commands, and requests as commands.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;

use callout_flow::export::{self, CurlOptions};
use callout_flow::import::{ImportedCall, curl};
use callout_flow::node::api_call::ApiCallDraft;
use callout_flow::problem::{FieldPath, Severity};
use callout_flow::render::{CallTemplate, Rendered, RequestSource};
use callout_flow::request::{
    Header, HoleEncoding, HolePlace, Method, PreparedRequest, RenderedAuth, SecretHole, SecretText,
};
use callout_flow::scope::Scope;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::call::context;

fn imported(command: &str) -> ImportedCall {
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

fn any_request() -> impl Strategy<Value = PreparedRequest> {
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

/// Runs a command in bash, and gives what a server got: the first line, the headers, the body.
fn run(
    command: &str,
    listener: &TcpListener,
    environment: &[(&str, &str)],
) -> (String, Vec<(String, String)>, Vec<u8>) {
    let mut bash = Command::new("bash");
    bash.arg("-c")
        .arg(command)
        .envs(environment.iter().copied())
        .env("NO_PROXY", "*")
        .env("CURL_HOME", "/nonexistent");
    let mut process = bash.stdout(std::process::Stdio::null()).spawn().expect("bash, and curl in it");
    let (mut socket, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut line = || {
        let mut bytes = Vec::new();
        reader.read_until(b'\n', &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().trim_end_matches(['\r', '\n']).to_owned()
    };
    let first = line();
    let mut headers = Vec::new();
    loop {
        let line = line();
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    socket.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    drop(socket);
    assert!(process.wait().unwrap().success(), "{command}");
    headers.retain(|(name, _)| !matches!(name.as_str(), "host" | "content-length"));
    headers.sort();
    (first, headers, body)
}

/// The request's own address gives way to the server's.
fn sent(request: &PreparedRequest, listener: &TcpListener) {
    let mut request = request.clone();
    request.url.set_scheme("http").unwrap();
    let address = listener.local_addr().unwrap();
    request.url.set_ip_host(address.ip()).unwrap();
    request.url.set_port(Some(address.port())).unwrap();
    let command = export::curl(&request, &RenderedAuth::None, CurlOptions::default()).command;
    let (first, headers, body) = run(&format!("{command} --silent"), listener, &[]);
    let target = &request.url[url::Position::BeforePath..];
    assert_eq!(first, format!("{} {target} HTTP/1.1", request.method), "{command}");
    let mut expected: Vec<(String, String)> =
        request.headers.iter().map(|h| (h.name.to_ascii_lowercase(), h.value.clone())).collect();
    expected.sort();
    assert_eq!(headers, expected, "{command}");
    assert_eq!(body, request.body.unwrap_or_default(), "{command}");
}

#[test]
fn curl_itself_sends_what_was_exported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let requests = any_request();
    for _ in 0..60 {
        let request = proptest::strategy::ValueTree::current(&requests.new_tree(&mut runner).unwrap());
        // curl takes no body with HEAD.
        if request.method != Method::Head || request.body.is_none() {
            sent(&request, &listener);
        }
    }
    let mut request = PreparedRequest {
        method: Method::Post,
        url: Url::parse("https://api.example.com/").unwrap(),
        headers: vec![Header { name: "X-Empty".to_owned(), value: String::new() }],
        body: Some(b"a\0b\xff".to_vec()),
        holes: Vec::new(),
    };
    for (name, value) in
        [("Accept", "*/*"), ("User-Agent", "x"), ("Content-Type", "application/octet-stream")]
    {
        request.headers.push(Header { name: name.to_owned(), value: value.to_owned() });
    }
    sent(&request, &listener);
}

#[test]
fn secrets_are_variables_of_the_shell() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/a//b?k=", listener.local_addr().unwrap());
    let hole = |place, offset, name: &str| SecretHole {
        place,
        offset,
        name: name.to_owned(),
        encoding: HoleEncoding::Plain,
    };
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let slash = url.find("//b").unwrap() + 1;
    let request = PreparedRequest {
        method: Method::Post,
        holes: vec![
            hole(HolePlace::Url, slash, "tenant"),
            hole(HolePlace::Url, url.len(), "apiKey"),
            hole(HolePlace::Header(0), 2, "apiKey"),
            hole(HolePlace::Body, 6, "pin"),
        ],
        url: Url::parse(&url).unwrap(),
        headers: vec![
            header("X-Key", "k:;v=1"),
            header("Accept", "*/*"),
            header("User-Agent", "x"),
            header("Content-Type", "text/plain"),
        ],
        body: Some(b"pin = !".to_vec()),
    };
    let secret = || SecretText::new("never-shown");
    let environment = [
        ("SECRET_TENANT", "t1"),
        ("SECRET_API_KEY", "k1"),
        ("SECRET_PIN", "1 '2"),
        ("TOKEN", "tok"),
        ("API_KEY", "q1"),
        ("X_SIGN", "s1"),
        ("USERNAME", "ann"),
        ("PASSWORD", "pw"),
    ];
    let auths = [
        (RenderedAuth::Bearer { token: secret() }, "/a/t1/b?k=k1", Some(("authorization", "Bearer tok"))),
        (
            RenderedAuth::Basic { username: secret(), password: secret() },
            "/a/t1/b?k=k1",
            Some(("authorization", "Basic YW5uOnB3")),
        ),
        (
            RenderedAuth::Header { name: "X-Sign".to_owned(), value: secret() },
            "/a/t1/b?k=k1",
            Some(("x-sign", "s1")),
        ),
        (RenderedAuth::Query { name: "key".to_owned(), value: secret() }, "/a/t1/b?k=k1&key=q1", None),
        (RenderedAuth::None, "/a/t1/b?k=k1", None),
    ];
    for (auth, target, more) in auths {
        let exported =
            export::curl(&request, &auth, CurlOptions { follow_redirects: 2, timeout_ms: Some(2500) });
        assert!(!exported.command.contains("never-shown"), "{exported:?}");
        let (first, headers, body) = run(&format!("{} -s", exported.command), &listener, &environment);
        assert_eq!(first, format!("POST {target} HTTP/1.1"), "{}", exported.command);
        assert_eq!(String::from_utf8(body).unwrap(), "pin = 1 '2!");
        assert!(headers.contains(&("x-key".to_owned(), "k:k1;v=1".to_owned())), "{headers:?}");
        if let Some((name, value)) = more {
            assert!(headers.contains(&(name.to_owned(), value.to_owned())), "{headers:?}");
        }
        let node = imported(&exported.command).node;
        assert_eq!((node.follow_redirects, node.timeout_ms), (Some(2), Some(2500)));
    }
}
