//! Mock servers made from published documents take the calls that are made of the imported integrations.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use callout_flow::integration::auth::WayIn;
use callout_flow::integration::{Integration, IntegrationDraft};
use callout_flow::request::{PreparedRequest, RenderedAuth};
use serde_json::Value;
use url::Url;

use super::call;
use super::documents::{import_from, published};

/// A server that answers as a document says, and tells what in a request is not as the document says.
struct Mock {
    process: Child,
    authority: String,
}

impl Mock {
    fn start(document: &Path) -> Self {
        let prism = published("@stoplight/prism-cli/dist/index.js");
        let mut process = Command::new("node")
            .arg(prism)
            .args(["mock", "--host", "127.0.0.1", "--port", "0", "--multiprocess", "false"])
            .arg(document)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node, which scripts/openapi-documents installs");
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines();
        let listening =
            |line: String| line.split_once("listening on http://").map(|(_, at)| at.trim().to_owned());
        let authority = told.by_ref().map_while(Result::ok).find_map(listening);
        // It stops where nobody reads what it says.
        std::thread::spawn(move || told.for_each(drop));
        let authority = authority.unwrap_or_else(|| panic!("no mock server of {}", document.display()));
        Self { process, authority }
    }

    /// What the server has against a request; nothing is empty.
    fn faults(&self, request: &PreparedRequest, target: &str) -> String {
        let mut head = format!("{} {target} HTTP/1.1\r\nHost: {}\r\n", request.method, self.authority);
        for header in &request.headers {
            head.push_str(&format!("{}: {}\r\n", header.name, header.value));
        }
        let body = request.body.as_deref().unwrap_or_default();
        head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
        match self.exchange(&[head.as_bytes(), body].concat()) {
            Ok(answer) => faults_of(&String::from_utf8_lossy(&answer)),
            Err(error) => format!("no answer: {error}"),
        }
    }

    fn exchange(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        #[expect(clippy::disallowed_methods, reason = "the mock server is on the loopback interface")]
        let mut socket = TcpStream::connect(&self.authority)?;
        socket.write_all(request)?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Violations of the request stand in a header; what never came to be judged is a problem of the server's own type.
fn faults_of(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    // A list, or where that is long the beginning of one.
    let violations = header("sl-violations").unwrap_or_default();
    let mut faults: Vec<String> = violations
        .split("{\"location\":")
        .filter(|one| one.starts_with("[\"request\"") && one.contains("\"Error\""))
        .map(str::to_owned)
        .collect();
    let own = "https://stoplight.io/prism/errors#";
    let kind = body.split_once(own).map(|(_, kind)| kind.split('"').next().unwrap_or_default());
    // What it should answer is the document's affair.
    let of_answer = [
        "VIOLATIONS",
        "NOT_FOUND",
        "NO_RESPONSE_RESPONSE_DEFINED",
        "NO_COMPLEX_OBJECT_TEXT",
        "SCHEMA_TOO_COMPLEX",
    ];
    faults.extend(
        kind.filter(|kind| !of_answer.contains(kind))
            .map(|_| body.split("validation").last().unwrap_or_default().chars().take(2_000).collect()),
    );
    faults.join("; ")
}

/// Adds what the integration's auth comes to for a connection whose secrets are all `secret`; where it stands in the
/// query, that comes back.
fn authorise(integration: &IntegrationDraft, request: &mut PreparedRequest) -> Option<String> {
    let compiled = Integration::compile(integration.clone(), 1, &mut Vec::new()).unwrap();
    let secrets: serde_json::Map<String, Value> =
        compiled.auth.secrets().iter().map(|name| ((*name).to_owned(), "secret".into())).collect();
    let way_in = compiled.auth.render(&call::config(integration), &secrets.into(), "msg_1").unwrap();
    let mut add = |name: &str, value: String| {
        request.headers.push(callout_flow::request::Header { name: name.to_owned(), value });
    };
    match way_in {
        WayIn::Token(_) => add("Authorization", "Bearer token".to_owned()),
        WayIn::Ready(RenderedAuth::Bearer { token }) => {
            add("Authorization", format!("Bearer {}", token.expose()))
        }
        WayIn::Ready(RenderedAuth::Basic { .. }) => add("Authorization", "Basic YTpi".to_owned()),
        WayIn::Ready(RenderedAuth::Header { name, value }) => add(&name, value.expose().to_owned()),
        WayIn::Ready(RenderedAuth::Headers(headers)) => {
            headers.iter().for_each(|(name, value)| add(name, value.expose().to_owned()));
        }
        WayIn::Ready(RenderedAuth::Query { name, value }) => {
            return Some(format!("{name}={}", value.expose()));
        }
        WayIn::Ready(other) => assert_eq!(other, RenderedAuth::None),
    }
    None
}

/// What is asked for of the mock server, which stands in place of the base URL.
fn target(integration: &IntegrationDraft, request: &PreparedRequest, more: Option<String>) -> String {
    let mut base = integration.base_url.clone();
    for (name, value) in call::config(integration).as_object().unwrap() {
        base = base.replace(&format!("{{{{ conn.{name} }}}}"), value.as_str().unwrap());
    }
    let base = Url::parse(&base).unwrap();
    let below = request.url.path().strip_prefix(base.path().trim_end_matches('/')).unwrap();
    let pairs: Vec<String> = request.url.query().map(str::to_owned).into_iter().chain(more).collect();
    if pairs.is_empty() { below.to_owned() } else { format!("{below}?{}", pairs.join("&")) }
}

/// Calls operations of a document, every `step`th, with all inputs and with the required ones alone.
fn hold(name: &str, step: usize) -> (usize, Vec<String>) {
    let path = published(name);
    let imported = import_from(&path, None).unwrap();
    let integration = &imported.integration;
    let mock = Mock::start(&path);
    let mut calls = 0;
    let mut faults = Vec::new();
    for key in integration.operations.keys().step_by(step) {
        for full in [true, false] {
            let mut request = call::generated(integration, key, full).unwrap();
            let more = authorise(integration, &mut request);
            let target = target(integration, &request, more);
            calls += 1;
            let told = mock.faults(&request, &target);
            if !told.is_empty() {
                let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
                faults.push(format!("{name}: {key}: {} {target} {body}\n    {told}", request.method));
            }
        }
    }
    (calls, faults)
}

/// What cannot be sent as the document asks is listed; nothing else may be refused.
fn hold_all(names: &[&str], step: usize) {
    // `oneOf` comes in as `anyOf`: `1` as the segment of a path is a whole number and a text.
    // And an integration has one auth: what asks for another one is told of.
    let known = ["must match exactly one schema in oneOf", "Invalid security scheme used"];
    for name in names {
        let (calls, faults) = hold(name, step);
        let surprises: Vec<&String> =
            faults.iter().filter(|fault| !known.iter().any(|known| fault.contains(known))).collect();
        assert!(surprises.is_empty(), "{name}: {} of {calls}: {surprises:#?}", surprises.len());
    }
}

#[test]
fn a_mock_of_blockfrost_takes_every_call() {
    hold_all(&["@blockfrost/openapi/openapi.yaml"], 1);
}

#[test]
fn a_mock_of_ideal_postcodes_takes_every_call() {
    hold_all(&["@ideal-postcodes/openapi/dist/openapi.json"], 1);
}

#[test]
fn a_mock_of_directus_takes_every_call() {
    hold_all(&["@directus/specs/dist/openapi.json"], 1);
}

#[test]
fn a_mock_of_github_takes_every_call() {
    // All of them take two minutes.
    hold_all(&["@octokit/openapi/generated/api.github.com.json"], 5);
}

#[test]
fn mocks_of_small_documents_take_every_call() {
    let names = [
        "@scalar/galaxy/dist/latest.json",
        "@readme/oas-examples/3.0/json/petstore.json",
        "@readme/oas-examples/3.0/json/parameters-common.json",
        "@readme/oas-examples/3.0/json/form-data.json",
        "@readme/oas-examples/3.0/json/complex-nesting.json",
        "@readme/oas-examples/3.0/json/star-trek.json",
        "@readme/oas-examples/3.1/json/petstore.json",
        "@readme/oas-examples/3.1/json/train-travel.json",
    ];
    hold_all(&names, 1);
}
