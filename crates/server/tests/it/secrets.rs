//! What `auth` renders to is sent, and shown nowhere.

use callout_testkit::{Remote, Reply};
use serde_json::{Value, json};

use crate::world::{World, call_of};

const TOKEN: &str = "tok-\"5ecr3t\"/+é-0123456789";

#[test]
fn basic_bearer_and_header_arrive_and_are_masked() {
    for (auth, header, sent) in [
        (
            "auth: { type: basic, username: ada@example.com, password: '{{ event.token }}' }",
            "authorization",
            "Basic YWRhQGV4YW1wbGUuY29tOnRvay0iNWVjcjN0Ii8rw6ktMDEyMzQ1Njc4OQ==".to_owned(),
        ),
        ("auth: { type: bearer, token: '{{ event.token }}' }", "authorization", format!("Bearer {TOKEN}")),
        (
            "auth: { type: header, name: X-Api-Key, value: '{{ event.token }}' }",
            "x-api-key",
            TOKEN.to_owned(),
        ),
    ] {
        let remote = Remote::start(vec![Reply::json(200, "{}")]);
        let ran = World::new().run(&call_of(&remote, auth), &json!({ "name": "go", "token": TOKEN }));
        assert_eq!(remote.only_request().header(header), Some(sent.as_str()));
        assert_eq!(ran.call()["outcome"], "200");
        assert!(ran.call()["request"]["headers"].to_string().contains("***"), "{}", ran.stdout);
        for told in [&ran.stdout, &ran.stderr] {
            assert!(!told.contains("5ecr3t") && !told.contains("0123456789"), "{told}");
        }
    }
}

#[test]
fn a_token_of_372_characters_is_not_cut() {
    let token = "eyJ".to_owned() + &"aB3_-".repeat(74)[..369];
    assert_eq!(token.len(), 372);
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let rest =
        "auth: { type: bearer, token: '{{ event.t }}' }\nheaders: [{ name: X-Copy, value: '{{ event.t }}' }]";
    World::new().run(&call_of(&remote, rest), &json!({ "name": "go", "t": token }));
    let request = remote.only_request();
    assert_eq!(request.header("authorization"), Some(format!("Bearer {token}").as_str()));
    assert_eq!(request.header("x-copy"), Some(token.as_str()));
}

#[test]
fn what_the_upstream_echoes_of_a_secret_is_masked_in_every_form() {
    let secret = "p@ss/word+with spaces&<marks>\"42";
    let echo = |secret: &str| {
        let percent: String = secret.bytes().map(|b| format!("%{b:02x}")).collect();
        let hex: String = secret.bytes().map(|b| format!("{b:02X}")).collect();
        json!({
            "plain": secret, "in": format!("before {secret} after"), "percent": percent, "hex": hex,
            "nested": { "list": [secret] },
        })
        .to_string()
    };
    let remote = Remote::serve(move |_| {
        Reply::with_headers(
            401,
            &[("Content-Type", "application/json"), ("X-Echo", secret), ("WWW-Authenticate", secret)],
            echo(secret),
        )
    });
    let rest = "auth: { type: bearer, token: '{{ event.s }}' }\noutputs: [{ var: got, path: $.plain }]";
    let ran = World::new().run(&call_of(&remote, rest), &json!({ "name": "go", "s": secret }));
    assert_eq!(ran.json()["vars"]["got"], "***");
    assert!(!ran.stdout.contains("p@ss"), "{}", ran.stdout);
    assert!(!ran.stdout.to_lowercase().contains("%70%40%73%73"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("70407373"), "{}", ran.stdout);
}

#[test]
fn a_sensitive_output_is_used_in_later_requests_and_shown_nowhere() {
    let remote = Remote::start(vec![
        Reply::json(200, r#"{"access_token":"at-90210-very-secret","who":"ada"}"#),
        Reply::json(200, "{}"),
    ]);
    let flow = format!(
        r#"
kind: flow
slug: login
trigger: {{ type: event, event: go }}
start: call
nodes:
  call:
    type: apiCall
    mode: http
    method: POST
    url: {login}
    outputs: [{{ var: token, path: $.access_token, sensitive: true }}, {{ var: who, path: $.who }}]
    cases: [{{ on: 2xx, to: use }}]
    onFailure: end
  use:
    type: apiCall
    mode: http
    url: {use_}
    auth: {{ type: bearer, token: "{{{{ vars.token }}}}" }}
    next: done
  done: {{ type: end, result: {{ who: "{{{{ vars.who }}}}" }} }}
"#,
        login = remote.url("/login"),
        use_ = remote.url("/use"),
    );
    let ran = World::new().run(&flow, &json!({ "name": "go" }));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(remote.requests()[1].header("authorization"), Some("Bearer at-90210-very-secret"));
    let record = ran.json();
    assert_eq!(record["vars"]["token"], "***");
    assert_eq!(record["steps"][0]["set"]["token"], "***");
    assert_eq!(record["result"], json!({ "who": "ada" }));
    assert!(!ran.stdout.contains("90210"), "{}", ran.stdout);

    let remote = Remote::start(vec![Reply::json(200, r#"{"access_token":"at-90210-very-secret"}"#)]);
    let flow = flow.replace("/login", "/l").replace(&ran_port(&flow), &remote.port().to_string());
    let world = World::new();
    world.write("flow.yaml", &flow);
    world.write("event.json", "{}");
    let trace = world.callout(&["run", "flow.yaml", "--event", "event.json"]);
    assert!(!trace.stdout.contains("90210") && trace.stdout.contains("***"), "{}", trace.stdout);
}

fn ran_port(flow: &str) -> String {
    let at = flow.find("127.0.0.2:").unwrap() + "127.0.0.2:".len();
    flow[at..].chars().take_while(char::is_ascii_digit).collect()
}

#[test]
fn another_origin_gets_no_credentials() {
    let other = Remote::serve_on([127, 0, 0, 2].into(), |_| Reply::json(200, "{}"));
    let target = other.url("/taken");
    let remote = Remote::serve(move |_| Reply::redirect(302, &target));
    let rest = "followRedirects: 2\nauth: { type: header, name: X-Api-Key, value: hunter2-hunter2 }\n\
                headers: [{ name: X-Secret-Too, value: '{{ event.s }}' }, { name: Cookie, value: a=b }]";
    let ran = World::new().run(&call_of(&remote, rest), &json!({ "name": "go", "s": "sssssss" }));
    assert_eq!(ran.call()["outcome"], "200", "{}", ran.stdout);
    let taken = other.only_request();
    let names: Vec<String> = taken.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    for name in ["x-api-key", "x-secret-too", "cookie", "referer", "authorization"] {
        assert!(!names.contains(&name.to_owned()), "{names:?}");
    }
    assert_eq!(ran.call()["request"]["headers"]["X-Api-Key"], Value::from("***"));
}

#[test]
fn a_short_sensitive_value_is_masked_where_it_was_found() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"user":{"pin":4711,"tag":"x"},"other":4711}"#)]);
    let rest = "method: GET\noutputs: [{ var: pin, path: $.user.pin, sensitive: true }, { var: tag, path: $.user.tag, sensitive: true }]";
    let flow = call_of(&remote, rest).replace("next: done", "next: use").replace(
        "  done:",
        &format!(
            "  use: {{ type: apiCall, mode: http, url: '{}', next: done }}\n  done:",
            remote.url("/{{ vars.pin }}")
        ),
    );
    let record = World::new().run(&flow, &json!({ "name": "go" })).json();
    let shown = json!({ "user": { "pin": "***", "tag": "***" }, "other": 4711 });
    let step = &record["steps"][0];
    assert_eq!(step["response"]["body"], shown);
    assert_eq!(step["set"]["httpResult"], shown);
    assert_eq!((&step["set"]["pin"], &record["vars"]["tag"]), (&json!("***"), &json!("***")));
    assert_eq!(remote.requests()[1].target, "/4711");
}

#[test]
fn a_secret_across_the_cut_of_a_record_is_masked_whole() {
    let token: String = "k9Zx-Q2w".repeat(40);
    let remote = Remote::serve(|request| Reply::new(200, "text/plain", &request.body));
    for before in [65_300, 65_220, 65_536 - 321] {
        let event = json!({ "name": "go", "tok": token, "pl": "z".repeat(before) });
        let rest = "method: POST\nauth: { type: bearer, token: '{{ event.tok }}' }\n\
                    body: { type: text, text: '{{ event.pl }}{{ event.tok }}yyyy' }";
        let ran = World::new().run(&call_of(&remote, rest), &event);
        assert_eq!(ran.call()["outcome"], "200");
        assert!(!ran.stdout.contains("k9Zx-Q2w"), "{before}");
        assert!(ran.call()["request"]["body"].as_str().unwrap().len() <= 64 * 1024);
    }
}

#[test]
fn a_secret_is_masked_in_every_form_that_we_write_ourselves() {
    let token = "q'w\"e/r+t@y<&>==";
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let flow = call_of(
        &remote,
        "method: POST\nauth: { type: bearer, token: '{{ event.tok }}' }\nquery: [{ name: q, value: '{{ event.tok }}' }]\n\
         body: { type: multipart, parts: [{ name: f, value: '{{ event.tok }}', filename: '{{ event.tok }}' }] }\nnext: json",
    )
    .replace("    next: done\n", "")
    .replace("/x\"", "/{{ event.tok }}\"")
    .replace(
        "  done:",
        &format!(
            "  json: {{ type: apiCall, mode: http, method: PUT, url: '{}', body: {{ type: json, value: {{ l: '{{{{ [event.tok] }}}}z' }} }}, next: xml }}\n  \
             xml: {{ type: apiCall, mode: http, method: PUT, url: '{}', body: {{ type: xml, text: '<a>{{{{ event.tok }}}}</a>' }}, next: done }}\n  done:",
            remote.url("/j"),
            remote.url("/x")
        ),
    );
    let ran = World::new().run(&flow, &json!({ "name": "go", "tok": token }));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(remote.requests().len(), 3);
    for piece in ["q'w", "q%27w", "q&#39;w", "q\\u0027w"] {
        assert!(!ran.stdout.contains(piece), "{piece}: {}", ran.stdout);
    }
}

#[test]
fn a_sensitive_value_that_cannot_be_converted_is_not_quoted() {
    let remote = Remote::start(vec![Reply::json(200, r#"{"t":"SENSVAL123"}"#)]);
    for kind in ["number", "boolean", "date"] {
        let rest = format!("outputs: [{{ var: t, path: $.t, sensitive: true, type: {kind} }}]");
        let ran = World::new().run(&call_of(&remote, &rest), &json!({ "name": "go" }));
        assert!(
            ran.stdout.contains("conversion-failed") && !ran.stdout.contains("SENSVAL"),
            "{}",
            ran.stdout
        );
    }
}
