//! Calls with connections: what an upstream is shown, and what nobody else is.

use callout_engine::{DirectCall, NewEvent, Progress, Scrubber, Store, Waits};
use callout_flow::run::Start;
use callout_store::NewConnection;
use callout_testkit::{CertificateKind, ClientCa, Remote, Reply, Request, verify_aws, verify_webhook};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{
    by_operation, change, connect, connection, ended, flow_of, in_memory, org, outcome, publish,
    publish_integration, run, sealed, standing, with_parts, with_standing_clock,
};

const KEY: &str = "k3y-of-the-connection/+=";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What a connection may hold, and an integration may read.
const SCHEMAS: &str = "configSchema: { type: object, properties: { email: { type: string }, plan: { type: string, default: free } } }\n\
    secretSchema: { type: object, properties: { key: { type: string }, id: { type: string }, session: { type: string }, \
    ca: { type: string }, cert: { type: string } } }";

type Check = fn(&Request) -> Result<(), String>;

fn shows(request: &Request, header: &str, value: &str) -> Result<(), String> {
    let shown = request.header(header);
    if shown == Some(value) { Ok(()) } else { Err(format!("{header}: {shown:?}")) }
}

/// Lets in who passes, echoes all that it was shown, and says why where it does not.
fn echoing(check: Check) -> Remote {
    Remote::serve(move |request| match check(request) {
        Ok(()) => {
            let shown: Vec<String> = request.headers.iter().map(|(_, value)| value.clone()).collect();
            let echo = json!({ "target": request.target, "shown": shown, "body": request.text() });
            Reply::with_headers(
                200,
                &[("Content-Type", "application/json"), ("X-Echo", &shown.join(" "))],
                echo.to_string(),
            )
        }
        Err(why) => Reply::json(403, json!({ "why": why }).to_string()),
    })
}

/// Every kind that needs no other server: the integration's `auth`, and what the upstream checks.
const KINDS: [(&str, &str, Check); 9] = [
    ("{ type: apiKey, in: header, name: X-Api-Key, value: '{{ secret.key }}' }", "get", |request| {
        shows(request, "x-api-key", KEY)
    }),
    ("{ type: apiKey, in: query, name: api_key, value: '{{ secret.key }}' }", "get", |request| match request
        .query()
    {
        Some("api_key=k3y-of-the-connection%2F%2B%3D") => Ok(()),
        other => Err(format!("{other:?}")),
    }),
    ("{ type: basic, username: '{{ conn.email }}/token', password: '{{ secret.key }}' }", "get", |request| {
        // base64 of `ann@example.com/token:` and the key.
        shows(
            request,
            "authorization",
            "Basic YW5uQGV4YW1wbGUuY29tL3Rva2VuOmszeS1vZi10aGUtY29ubmVjdGlvbi8rPQ==",
        )
    }),
    ("{ type: bearer, token: '{{ secret.key }}' }", "get", |request| {
        shows(request, "authorization", "Bearer k3y-of-the-connection/+=")
    }),
    (
        "{ type: headers, headers: [{ name: X-Id, value: '{{ secret.id }}' }, { name: X-Key, value: '{{ conn.plan }} {{ secret.key }}' }] }",
        "get",
        |request| {
            shows(request, "x-id", "1d-of-the-client").and(shows(
                request,
                "x-key",
                "free k3y-of-the-connection/+=",
            ))
        },
    ),
    (
        "{ type: awsSigV4, accessKeyId: '{{ secret.id }}', secretAccessKey: '{{ secret.key }}', region: eu-central-1, service: events }",
        "post",
        |request| verify_aws(request, "1d-of-the-client", KEY, true),
    ),
    (
        "{ type: awsSigV4, accessKeyId: '{{ secret.id }}', secretAccessKey: '{{ secret.key }}', \
         sessionToken: '{{ secret.session }}', region: eu-central-1, service: execute-api }",
        "holes",
        |request| {
            shows(request, "x-amz-security-token", "s3ssion-of-the-client")?;
            verify_aws(request, "1d-of-the-client", KEY, true)
        },
    ),
    ("{ type: standardWebhooks, secret: '{{ secret.session }}' }", "post", |request| {
        verify_webhook(request, WEBHOOK_SECRET)
    }),
    ("{ type: none }", "holes", |request| {
        let filled = "/holes/k3y-of-the-connection%2F+%3D/end?k=k3y-of-the-connection%2F%2B%3D";
        if request.target != filled {
            return Err(request.target.clone());
        }
        let body = json!({ "key": KEY, "in": format!("a {KEY}") });
        if request.json() != body {
            return Err(request.text());
        }
        shows(request, "x-hole", "key k3y-of-the-connection/+=")
    }),
];

fn full(session: &str) -> NewConnection {
    let secrets = [("key", KEY), ("id", "1d-of-the-client"), ("session", session)];
    with_parts(connection(&secrets), &json!({ "config": { "email": "ann@example.com" } }))
}

/// What must be found nowhere, in the forms that a file could hold it in.
fn traces(session: &str) -> Vec<Vec<u8>> {
    let secrets = [KEY, "k3y-of-the-connection", "1d-of-the-client", session];
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    // The middle of its base64, wherever it stands: as `Basic` holds it.
    let basic = "b2YtdGhlLWNvbm5lY3Rpb24";
    let forms = secrets.iter().flat_map(|text| [(*text).to_owned(), hex(text)]);
    forms.chain([basic.to_owned()]).map(String::into_bytes).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_let_in_and_leaves_no_trace() {
    for (auth, operation, check) in KINDS {
        let session =
            if auth.contains("standardWebhooks") { WEBHOOK_SECRET } else { "s3ssion-of-the-client" };
        let folder = tempfile::tempdir().unwrap();
        let remote = echoing(check);
        let engine = with_standing_clock(sealed(folder.path()));
        publish_integration(&engine, &remote.url(""), &format!("auth: {auth}\n{SCHEMAS}")).await;
        connect(&engine, &full(session)).await;
        let keep = "outputs: [{ var: echo, path: $ }]";
        publish(&engine, &by_operation(operation, keep)).await;
        let record = run(&engine).await;
        assert_eq!(outcome(&record).0, "200", "{auth}: {record:#}");
        assert!(record["vars"]["echo"]["shown"].is_array(), "{record:#}");
        engine.store().close().await;
        drop(engine);
        let mut searched = vec![("record".to_owned(), record.to_string().into_bytes())];
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            searched.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
        assert!(searched.len() > 1);
        let signature =
            remote.only_request().header("webhook-signature").map(|text| text.as_bytes().to_vec());
        for trace in traces(session).into_iter().chain(signature) {
            for (place, bytes) in &searched {
                let found = bytes.windows(trace.len()).any(|window| window == trace);
                assert!(!found, "{auth}: {place} holds {}", String::from_utf8_lossy(&trace));
            }
        }
    }
}

#[tokio::test]
async fn a_private_authority_and_a_client_certificate_come_from_the_connection() {
    let clients = ClientCa::new();
    let remote = Remote::serve_mtls(&clients, |_| Reply::json(200, "{}"));
    let engine = in_memory();
    let tls = "tls: { ca: '{{ secret.ca }}', clientCertificate: '{{ secret.cert }}', clientKey: '{{ secret.key }}' }";
    publish_integration(&engine, &remote.url(""), &format!("{tls}\n{SCHEMAS}")).await;
    let (cert, key) = clients.issue("callout");
    connect(&engine, &connection(&[("ca", &remote.ca_pem()), ("cert", &cert), ("key", &key)])).await;
    publish(&engine, &by_operation("get", "")).await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");

    // The same server, and nobody's certificate.
    let bare = "tls: { ca: '{{ secret.ca }}' }";
    let engine = in_memory();
    publish_integration(&engine, &remote.url(""), &format!("{bare}\n{SCHEMAS}")).await;
    connect(&engine, &connection(&[("ca", &remote.ca_pem())])).await;
    publish(&engine, &by_operation("get", "")).await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "network", "{record:#}");

    let engine = in_memory();
    publish_integration(&engine, &remote.url(""), &format!("{tls}\n{SCHEMAS}")).await;
    connect(&engine, &connection(&[("ca", &remote.ca_pem()), ("cert", &cert), ("key", "no key at all")]))
        .await;
    publish(&engine, &by_operation("get", "")).await;
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "invalid" && message.contains("client key"), "{record:#}");
    assert!(!record.to_string().contains("no key at all"));
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn a_private_authority_alone_opens_a_server_that_no_other_trusts() {
    let remote = Remote::serve_tls(CertificateKind::Good, |_| Reply::json(200, "{}"));
    let engine = in_memory();
    let auth = "auth: { type: bearer, token: '{{ secret.key }}' }\ntls: { ca: '{{ secret.ca }}' }";
    publish_integration(&engine, &remote.url(""), &format!("{auth}\n{SCHEMAS}")).await;
    connect(&engine, &connection(&[("ca", &remote.ca_pem()), ("key", KEY)])).await;
    publish(&engine, &by_operation("get", "")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    assert_eq!(remote.only_request().header("authorization"), Some("Bearer k3y-of-the-connection/+="));
}

/// A connection of its own `auth`, for calls in http mode.
fn ad_hoc() -> NewConnection {
    let auth =
        json!({ "auth": { "type": "bearer", "token": "{{ secret.key }}" }, "config": { "plan": "gold" } });
    NewConnection { integration: None, ..with_parts(connection(&[("key", KEY)]), &auth) }
}

fn http(url: &str, rest: &str) -> String {
    flow_of(&format!("mode: http\nurl: '{url}'\nconnectionId: c\n{rest}"))
}

#[tokio::test]
async fn a_call_in_http_mode_uses_a_connection_of_its_own_auth() {
    let remote = Remote::serve(|request| Reply::json(200, json!({ "saw": request.target }).to_string()));
    let engine = in_memory();
    connect(&engine, &ad_hoc()).await;
    let url = remote.url("/{{ conn.plan }}?k={{ secret.key }}");
    publish(&engine, &http(&url, "method: POST\nbody: { type: json, value: { key: '{{ secret.key }}' } }"))
        .await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    let seen = remote.only_request();
    assert_eq!(seen.target, "/gold?k=k3y-of-the-connection%2F%2B%3D");
    assert_eq!(seen.header("authorization"), Some("Bearer k3y-of-the-connection/+="));
    assert_eq!(seen.json(), json!({ "key": KEY }));
    assert!(!record.to_string().contains("k3y-of"), "{record:#}");
    assert_eq!(record["steps"][0]["request"]["body"], r#"{"key":"{{ secret.key }}"}"#);
}

/// Runs the flow of a connection that cannot be used, and what is said of it.
async fn unusable(new: Option<NewConnection>, text: &str, base: &str) -> String {
    let engine = with_standing_clock(Store::in_memory().unwrap());
    let auth = "auth: { type: bearer, token: '{{ secret.key }}' }";
    publish_integration(&engine, base, &format!("{auth}\n{SCHEMAS}")).await;
    if let Some(new) = new {
        connect(&engine, &new).await;
    }
    publish(&engine, text).await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "invalid", "{record:#}");
    outcome(&record).1.to_owned()
}

#[tokio::test]
async fn a_connection_that_cannot_be_used_sends_nothing_and_says_why() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let (base, get) = (remote.url(""), by_operation("get", ""));
    let fit = || connection(&[("key", KEY)]);
    let now = standing();
    let past = now.checked_sub(SignedDuration::from_secs(1)).unwrap();
    let other = |slug: &str| NewConnection { integration: Some(slug.to_owned()), ..fit() };
    for (new, text, told) in [
        (None, &get, "there is none of that id"),
        (Some(NewConnection { disabled: true, ..fit() }), &get, "it is disabled"),
        (Some(NewConnection { expires_at: Some(past), ..fit() }), &get, "it expired at 2027-01-15T07:59:59Z"),
        (Some(NewConnection { expires_at: Some(now), ..fit() }), &get, "it expired at"),
        (Some(other("another")), &get, "of another kind"),
        (Some(ad_hoc()), &get, "of another kind"),
        (Some(fit()), &http(&remote.url("/"), ""), "of another kind"),
        (Some(connection(&[])), &get, "`secret.key` is not set"),
        (Some(connection(&[("key", "two\nlines")])), &get, "line break"),
    ] {
        let why = unusable(new, text, &base).await;
        assert!(why.contains(told) && why.contains('c'), "{told}: {why}");
        assert!(!why.contains("two\nlines"));
    }
    assert_eq!(remote.connections(), 0);
}

#[tokio::test]
async fn a_connection_that_will_expire_is_good_until_then() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = with_standing_clock(Store::in_memory().unwrap());
    let auth = "auth: { type: bearer, token: '{{ secret.key }}' }";
    publish_integration(&engine, &remote.url(""), &format!("{auth}\n{SCHEMAS}")).await;
    let soon = standing().checked_add(SignedDuration::from_secs(5)).unwrap();
    connect(&engine, &NewConnection { expires_at: Some(soon), ..connection(&[("key", KEY)]) }).await;
    publish(&engine, &by_operation("get", "")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
    crate::world::pass(5);
    assert_eq!(outcome(&run(&engine).await).0, "invalid");
    assert_eq!(remote.requests().len(), 1);
}

#[tokio::test]
async fn a_change_is_seen_by_the_very_next_call() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    let auth = "auth: { type: bearer, token: '{{ secret.key }}' }";
    publish_integration(&engine, &remote.url(""), &format!("{auth}\n{SCHEMAS}")).await;
    connect(&engine, &connection(&[("key", KEY)])).await;
    publish(&engine, &by_operation("get", "")).await;
    run(&engine).await;
    change(&engine, "{}", &[("key", "another-key-by-now")], false).await;
    run(&engine).await;
    let shown: Vec<_> =
        remote.requests().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(shown, ["Bearer k3y-of-the-connection/+=", "Bearer another-key-by-now"]);
    change(&engine, "{}", &[], true).await;
    assert_eq!(outcome(&run(&engine).await).0, "invalid");
    engine.store().delete_connection(&org(), "c").await.unwrap();
    assert!(outcome(&run(&engine).await).1.contains("there is none"));
    assert_eq!(remote.requests().len(), 2);
}

#[tokio::test]
async fn a_host_that_the_connection_was_not_made_for_gets_nothing() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    connect(&engine, &NewConnection { allowed_hosts: vec!["api.test".to_owned()], ..ad_hoc() }).await;
    publish(&engine, &http(&remote.url_as("other.test", "/"), "")).await;
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "blocked" && message.contains("other.test"), "{record:#}");
    assert_eq!(remote.connections(), 0);
    publish(&engine, &http(&remote.url_as("api.test", "/"), "")).await;
    assert_eq!(outcome(&run(&engine).await).0, "200");
}

#[tokio::test]
async fn a_redirect_to_another_host_loses_the_credential() {
    let away = Remote::start(vec![Reply::json(200, "{}")]);
    let location = away.url_as("other.test", "/landed");
    let home = Remote::serve(move |_| Reply::redirect(302, &location));
    let engine = in_memory();
    let both = vec!["127.0.0.2".to_owned(), "other.test".to_owned()];
    connect(&engine, &NewConnection { allowed_hosts: both, ..ad_hoc() }).await;
    publish(&engine, &http(&home.url("/"), "followRedirects: 2")).await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    assert!(home.only_request().header("authorization").is_some());
    assert_eq!(away.only_request().header("authorization"), None);
}

#[tokio::test]
async fn inputs_config_and_its_defaults_reach_the_operation() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    let headers = "headers: [{ name: X-Plan, value: '{{ conn.plan }} of {{ conn.email }}' }]";
    publish_integration(&engine, &remote.url("/{{ conn.email }}"), &format!("{headers}\n{SCHEMAS}")).await;
    connect(&engine, &full("s3ssion-of-the-client")).await;
    publish(&engine, &by_operation("get", "")).await;
    let record = run(&engine).await;
    assert_eq!(outcome(&record).0, "200", "{record:#}");
    let seen = remote.only_request();
    assert_eq!(seen.target, "/ann@example.com/get");
    assert_eq!(seen.header("x-plan"), Some("free of ann@example.com"));
}

#[tokio::test]
async fn a_secret_that_the_event_holds_too_is_masked_once_a_call_has_used_it() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let engine = in_memory();
    connect(&engine, &ad_hoc()).await;
    publish(&engine, &http(&remote.url("/"), "headers: [{ name: X-Typed, value: '{{ event.typed }}' }]"))
        .await;
    let event = NewEvent { event: json!({ "name": "e", "typed": KEY }), key: None };
    let id = engine.accept(&org(), event).await.unwrap()[0].id.clone();
    let record = ended(&engine, &id).await;
    assert_eq!(remote.only_request().header("x-typed"), Some(KEY));
    assert_eq!(record["event"]["typed"], "***");
    assert!(!record.to_string().contains(KEY), "{record:#}");
}

#[tokio::test]
async fn a_call_without_a_run_and_one_that_someone_looks_on_at_use_connections_too() {
    let remote = echoing(|request| shows(request, "authorization", "Bearer k3y-of-the-connection/+="));
    let engine = in_memory();
    let auth = "auth: { type: bearer, token: '{{ secret.key }}' }";
    publish_integration(&engine, &remote.url(""), &format!("{auth}\n{SCHEMAS}")).await;
    connect(&engine, &connection(&[("key", KEY)])).await;
    publish(&engine, &by_operation("holes", "outputs: [{ var: echo, path: $ }]")).await;
    let flow = engine.published(&org(), "f").await.unwrap().unwrap();
    let call = DirectCall { flow: &flow, start: Start::default(), key: None };
    let mut seen = Vec::new();
    let mut watch = |progress: Progress<'_>, scrubber: &Scrubber| {
        seen.push(scrubber.mask(&format!("{progress:?}")).into_owned());
    };
    let direct = engine.direct(&org(), call, &mut watch).await;
    let walked = engine.walk(&org(), "f", Start::default(), Waits::Stop, &mut watch).await.unwrap();
    let texts = [direct.step, direct.raw.unwrap().to_vec(), walked.record, seen.join("\n").into_bytes()];
    for text in texts.map(|text| String::from_utf8(text).unwrap()) {
        assert!(text.contains("***") && !text.contains("k3y-of"), "{text}");
    }
    assert_eq!(remote.requests().len(), 2);
}
