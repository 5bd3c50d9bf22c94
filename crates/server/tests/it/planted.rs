//! Secrets are planted, the upstream echoes them in every form and place, and nothing that leaves the process or rests on the
//! disk holds one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callout_testkit::{Remote, Reply, Request};
use serde_json::json;

use crate::saved::{publish_integration, start};
use crate::server::Server;
use crate::world::World;

const KEY: &str = "kEy\"/+<planted>&0123456789";
const TENANT: &str = "tEnant=planted+ümlaut/42";
const TOKEN: &str = "tok_planted.abc-DEF_987654321";

fn percent(text: &str, upper: bool) -> String {
    text.bytes().map(|b| if upper { format!("%{b:02X}") } else { format!("%{b:02x}") }).collect()
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") }).collect()
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unicode(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// The secret in every form that an upstream may echo, and none of them short enough to be found by chance.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        percent(secret, true),
        percent(secret, false),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        hex(secret, true),
        hex(secret, false),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
        unicode(secret),
        xml(secret),
    ];
    for (before, blurred) in [("", 0), ("a", 2), ("ab", 3)] {
        // What stands around it blurs the characters at the ends of its base64.
        let whole = STANDARD.encode(format!("{before}{secret}zz"));
        let inner = &whole[blurred..(before.len() + secret.len()) * 8 / 6];
        forms.push(inner.to_owned());
        forms.push(inner.replace('+', "-").replace('/', "_"));
    }
    forms.push(URL_SAFE_NO_PAD.encode(secret));
    forms
}

/// Everything that it was shown, in every form, in headers and a body.
fn echo(request: &Request, status: u16, more: &[(&str, &str)]) -> Reply {
    let shown = [KEY, TENANT, TOKEN];
    let ascii = |form: &String| form.bytes().all(|b| (b' '..0x7f).contains(&b));
    let all: Vec<String> = shown.iter().flat_map(|secret| forms(secret)).collect();
    let headers: Vec<(String, String)> = all
        .iter()
        .filter(|form| ascii(form))
        .enumerate()
        .map(|(n, form)| (format!("X-Echo-{n}"), form.clone()))
        .collect();
    let mut rows: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    rows.extend(more);
    rows.push(("Content-Type", "application/json"));
    let body = json!({
        "echo": all, "name": format!("before {KEY} after"), "headers": format!("{:?}", request.headers),
        "target": request.target, "body": request.text(), KEY: TENANT,
    });
    Reply::with_headers(status, &rows, body.to_string())
}

fn integration(remote: &Remote) -> String {
    format!(
        "kind: integration\nslug: echo\nbaseUrl: {}\nverify: ok\n\
         secretSchema: {{ type: object, properties: {{ key: {{ type: string }}, tenant: {{ type: string }} }}, required: [key, tenant] }}\n\
         auth: {{ type: oauth2ClientCredentials, tokenUrl: '{}', clientId: me, clientSecret: '{{{{ secret.key }}}}' }}\n\
         headers: [{{ name: X-Tenant, value: 't-{{{{ secret.tenant }}}}' }}]\n\
         operations:\n\
         \x20 ok: {{ path: '/ok?t={{{{ secret.tenant }}}}', defaultOutputMappings: [{{ var: got, path: $.name }}, {{ var: all, path: $ }}] }}\n\
         \x20 error: {{ method: POST, path: '/error/{{{{ secret.tenant }}}}', body: {{ type: json, value: {{ k: '{{{{ secret.key }}}}' }} }} }}\n\
         \x20 redirect: {{ path: /redirect }}\n\
         \x20 text: {{ path: /text, defaultOutputMappings: [{{ var: text, path: $ }}] }}\n\
         \x20 cut: {{ path: /cut }}\n",
        remote.url(""),
        remote.url("/token"),
    )
}

fn upstream(request: &Request) -> Reply {
    match request.path() {
        "/token" => Reply::json(
            200,
            json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "note": KEY })
                .to_string(),
        ),
        "/ok" => echo(request, 200, &[]),
        "/redirect" => {
            let to = format!("http://127.0.0.2:1/{}?k={}", percent(TENANT, true), percent(TOKEN, false));
            echo(request, 302, &[("Location", &to)])
        }
        "/text" => Reply::new(200, "text/plain", format!("{KEY} {} {}", xml(TENANT), unicode(TOKEN))),
        "/cut" => Reply::short_body(500, 5000, &format!("{{\"k\":\"{KEY}\",\"t\":\"{TOKEN}")),
        _ => echo(request, 401, &[("WWW-Authenticate", &format!("Bearer error=\"{TOKEN}\""))]),
    }
}

/// A flow that makes every call of the integration, and shows what came of it wherever a flow can.
fn flow() -> String {
    let mut nodes = String::new();
    let all = ["ok", "error", "redirect", "text", "cut"];
    for (index, key) in all.iter().enumerate() {
        let next = all.get(index + 1).unwrap_or(&"say");
        nodes += &format!(
            "  {key}: {{ type: apiCall, mode: integration, integrationSlug: echo, integrationVersion: 1, operationKey: {key}, \
             connectionId: main, followRedirects: 2, next: {next}, cases: [{{ on: other, to: {next} }}] }}\n"
        );
    }
    format!(
        "kind: flow\nslug: planted\ntrigger: {{ type: event, event: go }}\nstart: ok\nnodes:\n{nodes}  \
         say: {{ type: message, text: '{{{{ vars.got }}}} {{{{ vars.text }}}}', next: done }}\n  \
         done: {{ type: end, result: '{{{{ vars.all }}}}' }}\n"
    )
}

#[track_caller]
fn clean(what: &str, text: &[u8]) {
    for secret in [KEY, TENANT, TOKEN] {
        for form in forms(secret) {
            let found = text.windows(form.len()).position(|window| window == form.as_bytes());
            if let Some(at) = found {
                let from = at.saturating_sub(60);
                let around = String::from_utf8_lossy(&text[from..(at + form.len() + 20).min(text.len())]);
                panic!("{what} holds `{secret}` as `{form}`: …{around}…");
            }
        }
    }
}

#[test]
fn what_was_planted_is_found_nowhere() {
    let remote = Remote::serve(upstream);
    let world = World::new().with_env("CALLOUT_LOG_LEVEL", "debug");
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "echo", &integration(&remote));
    let body =
        json!({ "id": "main", "integrationSlug": "echo", "secrets": { "key": KEY, "tenant": TENANT } });
    let made = admin.post("/v1/connections", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    clean("the answer to making the connection", made.text().as_bytes());
    admin.publish(&flow());
    let run = start(&server, &admin, "planted", json!({ "name": "go" }));
    let seen = remote.requests();
    let of = |path: &str| seen.iter().find(|request| request.path().starts_with(path)).unwrap().clone();
    assert_eq!(
        of("/ok").header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str()),
        "the token was shown"
    );
    assert_eq!(of("/error").json()["k"], KEY, "the hole was filled");
    assert_eq!(of("/ok").header("x-tenant").map(str::as_bytes), Some(format!("t-{TENANT}").as_bytes()));
    assert_eq!(run["steps"].as_array().unwrap().len(), 7, "{run}");
    clean("the run's record", run.to_string().as_bytes());
    let id = run["id"].as_str().unwrap();
    let node = json!({ "type": "apiCall", "mode": "integration", "integrationSlug": "echo", "integrationVersion": 1,
        "operationKey": "ok", "connectionId": "main" });
    let answers = [
        admin.get(&format!("/v1/runs/{id}/stream")),
        admin.get("/v1/runs"),
        admin.post("/v1/calls/test", &json!({ "node": node })),
        admin.post("/v1/calls/preview", &json!({ "node": node })),
        admin.post("/v1/calls", &json!({ "node": node })),
        admin.post("/v1/connections/main/verify", &json!({})),
        admin.get("/v1/connections"),
        admin.get("/v1/connections/main"),
        admin.get("/v1/audit?limit=200"),
        admin.get("/v1/integrations/echo/draft"),
        admin.get("/metrics"),
        admin.post("/v1/connections", &body),
    ];
    for answer in &answers {
        assert!(!answer.body.is_empty(), "{}", answer.status);
        clean("an answer", &answer.body);
        clean("an answer's head", format!("{:?}", answer.headers).as_bytes());
    }
    let log = server.stop();
    assert!(log.contains("call ended"), "the log tells of calls: {}", log.len());
    clean("the log", log.as_bytes());
    let mut files = 0;
    for entry in std::fs::read_dir(world.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            clean(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
    assert!(files >= 1);
}
