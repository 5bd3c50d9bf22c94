//! Saved integrations: what is wrong with one, what a flow may say of it, and what a call of it sends.

use std::sync::Arc;

use callout_flow::check::{CheckContext, check};
use callout_flow::flow::Flow;
use callout_flow::id::RunId;
use callout_flow::integration::auth::WayIn;
use callout_flow::integration::check::{check_connection, check_integration};
use callout_flow::integration::{Connected, Integration, Known};
use callout_flow::outcome::{Answer, AnswerBody, Outcome, Timing};
use callout_flow::problem::Severity;
use callout_flow::read::{read_connection, read_flow, read_integration};
use callout_flow::request::{HolePlace, RenderedAuth, SecretText};
use callout_flow::run::{Action, AttemptOver, Input, Run, Start, advance};
use callout_flow::step::Step;
use serde_json::{Map, Value, json};

const CRM: &str = r#"
kind: integration
slug: acme-crm
name: Acme CRM
baseUrl: "https://{{ conn.host }}/api"
headers:
  - { name: X-Client, value: callout }
  - { name: X-Region, value: "{{ conn.region }}" }
auth: { type: apiKey, in: header, name: X-Api-Key, value: "{{ secret.apiKey }}" }
configSchema:
  type: object
  properties: { host: { type: string }, region: { type: string, default: eu } }
  required: [host]
secretSchema:
  type: object
  properties: { apiKey: { type: string }, tenant: { type: string } }
  required: [apiKey]
verify: ping
operations:
  ping: { path: /ping }
  findContact:
    path: "/tenants/{{ secret.tenant }}/contacts"
    query:
      - { name: phone, value: "{{ inputs.phone }}" }
      - { name: limit, value: "{{ inputs.limit }}", optional: true }
    headers: [{ name: x-client, value: finder }]
    inputSchema:
      type: object
      properties: { phone: { type: string, minLength: 3 }, limit: { type: integer } }
      required: [phone]
      additionalProperties: false
    defaultOutputMappings:
      - { var: contact_id, path: "$.contacts[0].id" }
      - { var: contact_name, path: "$.contacts[0].name", default: there }
    resultPath: "$.state"
  addNote:
    method: POST
    path: "/contacts/{{ inputs.id }}/notes"
    idempotency: { header: Idempotency-Key }
    retry: { maxAttempts: 3 }
    body:
      type: json
      value: { text: "{{ inputs.text }}", tenant: "{{ secret.tenant }}", tags: "{{ inputs.tags }}" }
    inputSchema:
      type: object
      properties: { id: { type: [string, integer] }, text: { type: string }, tags: { type: array, default: [] } }
      required: [id, text]
"#;

fn integration(text: &str, version: u32) -> Arc<Integration> {
    let read = read_integration(text, "acme.yaml");
    assert_eq!(read.problems, []);
    let draft = read.draft.expect("a draft");
    let told: Vec<String> =
        check_integration(&draft).problems.iter().map(|p| format!("{} {}", p.code, p.at)).collect();
    // Two layers differ, and the author is told.
    assert_eq!(told, ["header-overridden operations.findContact.headers[0].name"]);
    Integration::compile(draft, version, &mut Vec::new()).expect("an integration")
}

fn known() -> Known {
    let mut known = Known::default();
    known.add(integration(CRM, 3));
    known
        .set_connections([("acme-prod".to_owned(), Some("acme-crm".to_owned())), ("plain".to_owned(), None)]);
    known
}

fn flow_text(node: &str) -> String {
    format!(
        "kind: flow\nslug: f\ntrigger: {{type: api}}\nstart: go\nnodes:\n  go: {{type: apiCall, mode: integration, \
         integrationSlug: acme-crm, {node}, next: end}}\n  end: {{type: end}}\n"
    )
}

/// `severity code path` of all that is told of a flow with this call.
fn told(node: &str) -> Vec<String> {
    let read = read_flow(&flow_text(node), "flow.yaml");
    let known = known();
    let context = CheckContext { known: Some(&known), ..CheckContext::default() };
    let mut problems = read.problems;
    problems.extend(read.draft.iter().flat_map(|draft| check(draft, &context).problems));
    problems.iter().map(|problem| format!("{:?} {} {}", problem.severity, problem.code, problem.at)).collect()
}

const FIND: &str = "integrationVersion: 3, operationKey: findContact, connectionId: acme-prod";

#[test]
fn what_a_flow_pins_must_be_there_and_fit() {
    for (node, expected) in [
        (format!("{FIND}, inputs: {{phone: '{{{{ vars.phone }}}}'}}"), ""),
        (
            "integrationVersion: 2, operationKey: ping".into(),
            "Error unknown-version nodes.go.integrationVersion",
        ),
        (
            "integrationVersion: 3, operationKey: pong, connectionId: acme-prod".into(),
            "Error unknown-operation nodes.go.operationKey",
        ),
        (
            "integrationVersion: 3, operationKey: ping".into(),
            "Error connection-missing nodes.go.connectionId",
        ),
        (
            "integrationVersion: 3, operationKey: ping, connectionId: other".into(),
            "Warning unknown-connection nodes.go.connectionId",
        ),
        (
            "integrationVersion: 3, operationKey: ping, connectionId: plain".into(),
            "Error connection-mismatch nodes.go.connectionId",
        ),
        (
            "operationKey: ping, connectionId: acme-prod".into(),
            "Error missing-key nodes.go.integrationVersion",
        ),
        (format!("{FIND}, url: 'https://a.example/'"), "Error mode-key nodes.go.url"),
        (
            format!("{FIND}, headers: [{{name: X-Api-Key, value: a}}]"),
            "Error header-set-by-auth nodes.go.headers[0].name",
        ),
        (
            format!("{FIND}, headers: [{{name: X-CLIENT, value: mine}}]"),
            "Warning header-overridden nodes.go.headers[0].name",
        ),
        (
            format!("{FIND}, headers: [{{name: X-T, value: '{{{{ secret.tenant | upper }}}}'}}]"),
            "Error secret-out-of-place nodes.go.headers[0].value",
        ),
    ] {
        let told = told(&node);
        match expected {
            "" => assert_eq!(told, [""; 0], "{node}"),
            _ => assert!(told.iter().any(|line| line == expected), "{node}: {told:?}"),
        }
    }
}

#[test]
fn what_is_wrong_with_an_integration_is_told_at_its_place() {
    for (from, to, expected) in [
        ("verify: ping", "verify: findContact", "Error verify-needs-inputs verify"),
        ("verify: ping", "verify: pong", "Error unknown-operation verify"),
        (
            "{{ inputs.phone }}",
            "{{ inputs.fone }}",
            "Warning input-unknown operations.findContact.query[0].value",
        ),
        (
            "{{ inputs.phone }}",
            "{{ vars.phone }}",
            "Error unknown-root operations.findContact.query[0].value",
        ),
        ("{{ conn.region }}", "{{ conn.zone }}", "Warning connection-field-unknown headers[1].value"),
        ("{{ secret.apiKey }}", "{{ secret.key }}", "Warning connection-field-unknown auth"),
        ("{{ conn.host }}", "{{ secret.tenant }}", "Error unknown-root baseUrl"),
        (
            "{ type: string, minLength: 3 }",
            "{ type: text }",
            "Error schema-invalid operations.findContact.inputSchema",
        ),
        ("\"$.state\"", "\"$[\"", "Error json-path operations.findContact.resultPath"),
        (
            "{ name: X-Client, value: callout }",
            "{ name: Host, value: a }",
            "Error header-refused headers[0].name",
        ),
        ("  ping:", "  pi-ng: { path: / }\n  ping:", "Error operation-key operations.pi-ng"),
    ] {
        let text = CRM.replace(from, to);
        assert_ne!(text, CRM, "{from}");
        let read = read_integration(&text, "acme.yaml");
        let problems = check_integration(&read.draft.expect("a draft")).problems;
        let told: Vec<String> =
            problems.iter().map(|p| format!("{:?} {} {}", p.severity, p.code, p.at)).collect();
        assert!(told.iter().any(|line| line == expected), "{to}: {told:?}");
    }
}

fn connected() -> Arc<Connected> {
    let config = json!({ "host": "crm.example", "region": "eu" });
    let Value::Object(config) = config else { unreachable!() };
    Arc::new(Connected::new("acme-prod", Some("acme-crm".into()), config, ["apiKey", "tenant"]))
}

/// Runs a flow with one call up to the call, or to its end where it is not made.
fn begin(node: &str, vars: Value, connected: Arc<Connected>) -> (Flow, Run, Action, Vec<Step>) {
    let read = read_flow(&flow_text(node), "flow.yaml");
    assert_eq!(read.problems, []);
    let mut problems = Vec::new();
    let flow = Flow::compile(&read.draft.expect("a draft"), &known(), &mut problems)
        .unwrap_or_else(|| panic!("{problems:#?}"));
    let vars = vars.as_object().cloned().unwrap_or_default();
    let mut run = Run::new(RunId::new("run_1"), &flow, Start { vars, ..Start::default() });
    let first = advance(&flow, &mut run, Input::Flow, NOW.parse().unwrap());
    assert!(matches!(&first.action, Action::Connect { connection } if connection == "acme-prod"));
    let next = advance(&flow, &mut run, Input::Connection(connected), NOW.parse().unwrap());
    (flow, run, next.action, next.steps)
}

const NOW: &str = "2026-01-01T00:00:00Z";

fn answered(status: u16, body: &Value) -> Input {
    Input::Attempt(Box::new(AttemptOver {
        not_before: None,
        outcome: Outcome::Answered(Answer {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: AnswerBody::Whole(body.to_string().into()),
            notes: Vec::new(),
        }),
        started_at: NOW.parse().unwrap(),
        timing: Timing::default(),
        hops: Vec::new(),
    }))
}

#[test]
fn a_call_is_rendered_with_holes_for_secrets_and_maps_the_operations_outputs() {
    let node = format!(
        "{FIND}, inputs: {{phone: '{{{{ vars.phone }}}}', limit: '{{{{ vars.none }}}}'}}, query: [{{name: via, value: a b}}], \
         headers: [{{name: X-Trace, value: 't-{{{{ secret.tenant }}}}-{{{{ conn.region }}}}'}}], \
         outputs: [{{var: contact_name, path: '$.contacts[0].title'}}]"
    );
    let (flow, mut run, action, _) = begin(&node, json!({ "phone": "+1 5" }), connected());
    assert!(matches!(action, Action::Call));
    let pending = run.pending().unwrap();
    let request = &pending.request;
    assert_eq!(request.url.as_str(), "https://crm.example/api/tenants//contacts?phone=%2B1%205&via=a%20b");
    assert_eq!(request.header("X-Client"), Some("finder"));
    assert_eq!(request.header("X-Region"), Some("eu"));
    assert_eq!(request.header("X-Trace"), Some("t--eu"));
    let places: Vec<HolePlace> = request.holes.iter().map(|hole| hole.place).collect();
    assert!(matches!(places[..], [HolePlace::Url, HolePlace::Header(_)]), "{places:?}");
    let shown = pending.step.request.as_ref().unwrap();
    assert_eq!(
        shown.url,
        "https://crm.example/api/tenants/{{ secret.tenant }}/contacts?phone=%2B1%205&via=a%20b"
    );
    let tenant = SecretText::new("t/1");
    let filled = request.fill(|name| (name == "tenant").then_some(&tenant)).unwrap();
    assert!(filled.expose().url.as_str().starts_with("https://crm.example/api/tenants/t%2F1/contacts?"));
    assert_eq!(filled.expose().header("X-Trace"), Some("t-t/1-eu"));

    let body = json!({ "contacts": [{ "id": 7, "name": "Ada", "title": "Countess" }], "state": "found" });
    let done = advance(&flow, &mut run, answered(200, &body), NOW.parse().unwrap());
    assert!(matches!(done.action, Action::Finish));
    let vars = serde_json::to_value(run.shown_vars()).unwrap();
    let expected = json!({
        "phone": "+1 5", "integrationStatus": 200, "integrationOk": true, "integrationError": null,
        "contact_name": "Countess", "contact_id": 7,
    });
    assert_eq!(vars, expected);
}

#[test]
fn inputs_that_do_not_fit_are_invalid_before_anything_is_sent() {
    for (inputs, vars, expected) in [
        ("{}", json!({}), "phone"),
        ("{phone: '{{ vars.none }}'}", json!({}), "phone"),
        ("{phone: '12'}", json!({}), "phone"),
        ("{phone: '123', limit: ten}", json!({}), "limit"),
        ("{phone: '123', other: 1}", json!({}), "other"),
    ] {
        let (_, run, action, steps) = begin(&format!("{FIND}, inputs: {inputs}"), vars, connected());
        assert!(matches!(action, Action::Finish), "{inputs}");
        let step = serde_json::to_value(&steps[0]).unwrap();
        assert_eq!(step["outcome"], "invalid", "{inputs}");
        assert!(step["problems"][0]["code"] == "input-invalid", "{step}");
        assert!(step["problems"][0]["message"].as_str().unwrap().contains(expected), "{step}");
        let vars = serde_json::to_value(run.shown_vars()).unwrap();
        assert_eq!(vars["integrationError"]["sent"], "no");
        assert_eq!(vars["integrationStatus"], 0);
    }
}

#[test]
fn a_body_takes_secrets_and_typed_inputs_by_position() {
    let node = "integrationVersion: 3, operationKey: addNote, connectionId: acme-prod, \
                inputs: {id: 5, text: 'say \"hi\"', }";
    let (_, run, action, _) = begin(node, json!({}), connected());
    assert!(matches!(action, Action::Call));
    let request = &run.pending().unwrap().request;
    assert_eq!(request.url.path(), "/api/contacts/5/notes");
    assert_eq!(request.body.as_deref(), Some(br#"{"text":"say \"hi\"","tenant":"","tags":[]}"#.as_slice()));
    assert!(request.header("Idempotency-Key").is_some());
    let tenant = SecretText::new("a\"b");
    let filled = request.fill(|_| Some(&tenant)).unwrap();
    let body = filled.expose().body.clone().unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), r#"{"text":"say \"hi\"","tenant":"a\"b","tags":[]}"#);
}

#[test]
fn a_value_cannot_pose_as_a_secret() {
    let node = "integrationVersion: 3, operationKey: addNote, connectionId: acme-prod, \
                inputs: {id: 5, text: '{{ vars.text }}'}";
    for text in ["{{ secret.tenant }}", "\u{FDD0}tenant\u{FDD1}", "\u{FDD0}"] {
        let (_, run, action, steps) = begin(node, json!({ "text": text }), connected());
        match run.pending() {
            Some(pending) => {
                assert_eq!(text, "{{ secret.tenant }}");
                assert_eq!(pending.request.holes.len(), 1);
                let body = String::from_utf8(pending.request.body.clone().unwrap()).unwrap();
                assert!(body.contains(text), "{body}");
            }
            None => {
                assert!(matches!(action, Action::Finish), "{text}");
                assert_eq!(serde_json::to_value(&steps[0]).unwrap()["problems"][0]["code"], "secret-mark");
            }
        }
    }
}

#[test]
fn a_connection_that_cannot_be_used_makes_the_call_invalid() {
    for connected in [
        Connected::refused("acme-prod", "it has expired"),
        Connected::new("acme-prod", None, Map::new(), []),
        Connected::new("acme-prod", Some("other".into()), Map::new(), []),
    ] {
        let (_, _, action, steps) =
            begin(&format!("{FIND}, inputs: {{phone: '123'}}"), json!({}), Arc::new(connected));
        assert!(matches!(action, Action::Finish));
        let step = serde_json::to_value(&steps[0]).unwrap();
        assert_eq!(
            (&step["outcome"], &step["problems"][0]["code"]),
            (&json!("invalid"), &json!("connection-unusable"))
        );
    }
}

#[test]
fn every_kind_of_auth_is_rendered_over_conn_and_secret() {
    let conn = json!({ "email": "ada@acme.example", "host": "id.acme.example" });
    let secrets = json!({ "token": "s3cret-token", "key": "AKIA", "odd": "a\nb" });
    let way_in = |auth: &str| {
        let text = CRM.replace(
            r#"auth: { type: apiKey, in: header, name: X-Api-Key, value: "{{ secret.apiKey }}" }"#,
            auth,
        );
        let draft = read_integration(&text, "acme.yaml").draft.expect(auth);
        let mut problems = Vec::new();
        let made = Integration::compile(draft, 1, &mut problems).unwrap_or_else(|| panic!("{problems:?}"));
        made.auth.render(&conn, &secrets, "msg_1")
    };
    let basic = way_in(
        r#"auth: { type: basic, username: "{{ conn.email }}/token", password: "{{ secret.token }}" }"#,
    );
    let Ok(WayIn::Ready(RenderedAuth::Basic { username, password })) = basic else { panic!("{basic:?}") };
    assert_eq!((username.expose(), password.expose()), ("ada@acme.example/token", "s3cret-token"));
    let query = way_in(r#"auth: { type: apiKey, in: query, name: key, value: "{{ secret.token }}" }"#);
    assert!(matches!(query, Ok(WayIn::Ready(RenderedAuth::Query { .. }))), "{query:?}");
    let aws = way_in(
        r#"auth: { type: awsSigV4, accessKeyId: "{{ secret.key }}", secretAccessKey: "{{ secret.token }}", region: eu-west-1, service: events }"#,
    );
    assert!(
        matches!(&aws, Ok(WayIn::Ready(RenderedAuth::AwsSigV4 { session_token: None, region, .. })) if region == "eu-west-1")
    );
    let token = way_in(
        r#"auth: { type: oauth2ClientCredentials, tokenUrl: "https://{{ conn.host }}/token", clientId: a, clientSecret: "{{ secret.token }}", params: [{ name: audience, value: b }] }"#,
    );
    let Ok(WayIn::Token(request)) = token else { panic!("{token:?}") };
    assert_eq!(request.token_url, "https://id.acme.example/token");
    assert_eq!(request.client_secret.expose(), "s3cret-token");
    for (auth, expected) in [
        (r#"auth: { type: bearer, token: "{{ secret.none }}" }"#, "auth.token: `secret.none` is not set"),
        (
            r#"auth: { type: bearer, token: "{{ secret.odd }}" }"#,
            "auth.token: it holds a line break or control character",
        ),
        (r#"auth: { type: bearer, token: "" }"#, "auth.token: it is empty"),
    ] {
        let error = way_in(auth).err().unwrap_or_else(|| panic!("{auth}"));
        assert!(error.starts_with(expected) && !error.contains("a\nb"), "{error}");
    }
}

#[test]
fn a_connection_must_fit_its_integration() {
    let crm = integration(CRM, 1);
    let told = |text: &str, secrets: &[&str]| {
        let read = read_connection(text, "c.yaml");
        assert_eq!(read.problems, [], "{text}");
        let draft = read.draft.expect("a draft");
        let integration = draft.integration_slug.is_some().then_some(&crm.draft);
        let problems = check_connection(&draft, integration, secrets);
        problems.iter().map(|p| format!("{} {}", p.code, p.at)).collect::<Vec<_>>()
    };
    let fine = "kind: connection\nid: acme-prod\nintegrationSlug: acme-crm\nconfig: {host: crm.example}\n\
                secrets: {apiKey: {env: ACME_KEY}}\nallowedHosts: [crm.example]\n";
    assert_eq!(told(fine, &["apiKey"]), [""; 0]);
    assert_eq!(told(fine, &[]), ["secret-missing secrets"]);
    assert_eq!(told(fine, &["apiKey", "b"]), ["secret-unknown secrets.b"]);
    assert_eq!(
        told(&fine.replace("{host: crm.example}", "{host: 5}"), &["apiKey"]),
        ["config-invalid config"]
    );
    assert_eq!(
        told(&fine.replace("[crm.example]", "['https://a/']"), &["apiKey"]),
        ["allowed-host-invalid allowedHosts[0]"]
    );
    let plain = "kind: connection\nid: plain\nauth: {type: bearer, token: '{{ secret.token }}'}\n";
    assert_eq!(told(plain, &["token"]), ["allowed-hosts-missing allowedHosts"]);
    let twice = format!("{fine}auth: {{type: none}}\n");
    assert_eq!(told(&twice, &["apiKey"]), ["auth-twice auth"]);
}

#[test]
fn a_call_in_http_mode_takes_a_connection_of_its_own_kind() {
    let text = "kind: flow\nslug: f\ntrigger: {type: api}\nstart: go\nnodes:\n  go: {type: apiCall, mode: http, connectionId: plain, \
                url: 'https://api.example/{{ conn.area }}?k={{ secret.key }}', next: end}\n  end: {type: end}\n";
    let read = read_flow(text, "flow.yaml");
    let draft = read.draft.expect("a draft");
    let known = known();
    let checked = check(&draft, &CheckContext { known: Some(&known), ..CheckContext::default() });
    assert!(
        checked.problems.iter().all(|problem| problem.severity != Severity::Error),
        "{:?}",
        checked.problems
    );
    let flow = checked.flow.unwrap();
    let mut run = Run::new(RunId::new("run_1"), &flow, Start::default());
    let asked = advance(&flow, &mut run, Input::Flow, NOW.parse().unwrap());
    assert!(matches!(asked.action, Action::Connect { connection } if connection == "plain"));
    let config = json!({ "area": "a b" }).as_object().cloned().unwrap();
    let connected = Connected::new("plain", None, config, ["key"]);
    let call = advance(&flow, &mut run, Input::Connection(Arc::new(connected)), NOW.parse().unwrap());
    assert!(matches!(call.action, Action::Call));
    let request = &run.pending().unwrap().request;
    assert_eq!(request.url.as_str(), "https://api.example/a%20b?k=");
    assert_eq!(request.holes.len(), 1);
}
