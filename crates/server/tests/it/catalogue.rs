//! The catalogue in `integrations/`: every file is right, and every operation does what its examples say. Each example is
//! called for real, against a remote that holds the request against it, checks who signed it as the vendor would, and
//! gives the example's answer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use callout_testkit::{Remote, Reply, Request, verify_aws, verify_webhook};
use serde_json::{Value, json};

use crate::saved::publish_integration;
use crate::server::Server;
use crate::world::World;

/// What the connections of the catalogue take from the environment, and what must be found of it nowhere.
const SECRETS: [(&str, &str); 5] = [
    ("WEBHOOK_SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("SLACK_WEBHOOK_TOKEN", "XXXXXXXXXXXXXXXXXXXXXXXX"),
    ("GITHUB_TOKEN", "github_pat_11AAAAAAA0example"),
    ("ZENDESK_API_TOKEN", "6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
];

fn secret(name: &str) -> &'static str {
    SECRETS.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Whether the vendor would know who is calling.
fn signed_in(slug: &str, request: &Request) -> Result<(), String> {
    let shown = |wanted: &str| match request.header("authorization") {
        Some(shown) if shown == wanted => Ok(()),
        shown => Err(format!("authorization is {shown:?}")),
    };
    match slug {
        "webhook" => verify_webhook(request, secret("WEBHOOK_SIGNING_KEY")),
        "slack" => {
            let known = request.path().ends_with(secret("SLACK_WEBHOOK_TOKEN"));
            known.then_some(()).ok_or_else(|| format!("the path is {}", request.path()))
        }
        "github" => shown(&format!("Bearer {}", secret("GITHUB_TOKEN"))),
        "zendesk" => {
            use base64::Engine as _;
            let pair = format!("agent@company.example/token:{}", secret("ZENDESK_API_TOKEN"));
            shown(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
        }
        "aws-eventbridge" => verify_aws(request, "AKIDEXAMPLE0000000", secret("AWS_SECRET_ACCESS_KEY"), true),
        other => Err(format!("nobody knows how {other} signs in")),
    }
}

fn catalogue() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../integrations")
}

/// The slugs of the catalogue's files.
fn slugs() -> Vec<String> {
    let mut slugs: Vec<String> = std::fs::read_dir(catalogue())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    slugs.sort();
    slugs
}

fn read(name: &str) -> String {
    std::fs::read_to_string(catalogue().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The document as JSON, as a server answers it.
struct Entry {
    slug: String,
    /// As it is, and with its calls going to the remote.
    text: String,
    local: String,
    connection: String,
    operations: Vec<String>,
}

impl Entry {
    fn read(slug: &str, remote: &Remote) -> Self {
        let text = read(&format!("{slug}.yaml"));
        let operations = text.split_once("\noperations:\n").unwrap().1;
        let operations = operations.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
        let operations = operations.filter(|key| !key.starts_with(' ')).map(str::to_owned).collect();
        // A base URL that is the connection's stays; the connection then names the remote.
        let base = text.lines().find(|line| line.starts_with("baseUrl:")).unwrap();
        let own = base.contains("\"{{ conn.url }}\"");
        let local =
            if own { text.clone() } else { text.replace(base, &format!("baseUrl: {}", remote.url(""))) };
        let connection =
            read(&format!("{slug}/connection.yaml")).replace("https://receiver.example", &remote.url(""));
        Self { slug: slug.to_owned(), text, local, connection, operations }
    }

    /// What the operation's file says, in order.
    fn examples(&self, operation: &str) -> Vec<Value> {
        let name = format!("{}/{operation}.json", self.slug);
        let examples: Value = serde_json::from_str(&read(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let examples = examples.as_array().unwrap().clone();
        assert!(examples[0]["request"].is_object(), "{name}: the first example says what is sent");
        assert!(examples[0]["outcome"].as_str().unwrap().starts_with('2'), "{name}: the first one works");
        assert!(examples.len() > 1, "{name}: an example of an answer that is an error is missing");
        examples
    }

    fn connection_id(&self) -> &str {
        self.connection.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
    }

    /// A flow of one call, which goes to `matched` where the outcome, and the result if one is told, are the example's.
    fn flow(&self, operation: &str, number: usize, example: &Value) -> Value {
        let mut case = json!({ "on": example["outcome"], "to": "matched" });
        if let Some(result) = example.get("result") {
            case["result"] = result.clone();
        }
        json!({
            "kind": "flow", "slug": format!("{}-{number}", operation.to_lowercase()),
            "trigger": { "type": "event", "event": "go" }, "start": "call",
            "nodes": {
                "call": {
                    "type": "apiCall", "mode": "integration", "integrationSlug": self.slug, "integrationVersion": 1,
                    "operationKey": operation, "connectionId": self.connection_id(), "inputs": example["inputs"],
                    "cases": [case, { "on": ["2xx", "other"], "to": "otherwise" }],
                },
                "matched": { "type": "end" },
                "otherwise": { "type": "end" },
            },
        })
    }
}

fn reply(answer: &Value) -> Reply {
    let headers: Vec<(&str, &str)> = answer["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let body = match &answer["body"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        body => body.to_string(),
    };
    Reply::with_headers(answer["status"].as_u64().unwrap().try_into().unwrap(), &headers, body)
}

/// Path and query of a URL, as they stand in a request.
fn target(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap();
    &rest[rest.find('/').unwrap()..]
}

#[track_caller]
fn assert_sent(request: &Request, wanted: &Value, at: &str) {
    let sent = match request.query() {
        Some(query) => format!("{}?{query}", request.path()),
        None => request.path().to_owned(),
    };
    assert_eq!(
        (request.method.as_str(), sent.as_str()),
        (text(&wanted["method"]), target(text(&wanted["url"]))),
        "{at}"
    );
    for (name, value) in wanted["headers"].as_object().into_iter().flatten() {
        assert_eq!(request.header(name), value.as_str(), "{at}: {name}");
    }
    match wanted.get("body") {
        Some(body) => assert_eq!(&request.json(), body, "{at}"),
        None => assert!(request.body.is_empty(), "{at}: {}", request.text()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A world with the integration and its connection in files, and the secrets in the environment.
fn world_of(entry: &Entry, integration: &str) -> World {
    let world = SECRETS.iter().fold(World::new(), |world, (name, value)| world.with_env(name, value));
    world.write(&format!("{}.yaml", entry.slug), integration);
    world.write("connection.yaml", &entry.connection);
    world.write("event.json", r#"{"name":"go"}"#);
    world
}

/// Calls every example of an integration.
fn call_all(slug: &str) {
    let answer: Arc<Mutex<Value>> = Arc::default();
    let (script, who) = (Arc::clone(&answer), slug.to_owned());
    let remote = Remote::serve(move |request| match signed_in(&who, request) {
        Ok(()) => reply(&script.lock().unwrap()),
        Err(why) => Reply::new(418, "text/plain", why),
    });
    let entry = Entry::read(slug, &remote);
    let world = world_of(&entry, &entry.local);
    let mut wrong = Vec::new();
    for operation in &entry.operations {
        for (number, example) in entry.examples(operation).iter().enumerate() {
            let at = format!("{slug}/{operation}: {}", example["name"]);
            let file = format!("{operation}-{number}.json");
            world.write(&file, &entry.flow(operation, number, example).to_string());
            if example["outcome"] == "invalid" {
                wrong.push(format!("./{file}"));
            }
            *answer.lock().unwrap() = example["answer"].clone();
            let sent = remote.requests().len();
            let ran =
                world.callout(&["run", &file, "--event", "event.json", "--json", "--config", "callout.toml"]);
            assert_ran(&ran.json(), example, &at);
            let requests = remote.requests();
            assert_eq!(requests.len() - sent, usize::from(example["outcome"] != "invalid"), "{at}");
            if let Some(wanted) = example.get("request") {
                assert_sent(requests.last().unwrap(), wanted, &at);
            }
            for (_, secret) in SECRETS {
                assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{at}: {}", ran.stdout);
            }
        }
    }
    let checked = world.callout(&["check", ".", "--config", "callout.toml", "--json"]).json();
    let told: Vec<&str> = checked["problems"].as_array().unwrap().iter().map(|p| text(&p["file"])).collect();
    assert!(told.iter().all(|file| wrong.iter().any(|wrong| wrong == file)), "{checked:#}");
    assert!(wrong.iter().all(|wrong| told.contains(&wrong.as_str())), "{wrong:?} {checked:#}");
}

#[track_caller]
fn assert_ran(record: &Value, example: &Value, at: &str) {
    let step = &record["steps"][0];
    assert_eq!(step["outcome"], example["outcome"], "{at}: {step:#}");
    assert_eq!(record["steps"][1]["node"], "matched", "{at}: {record:#}");
    let status = if example["outcome"] == "invalid" { json!(0) } else { example["answer"]["status"].clone() };
    assert_eq!(record["vars"]["integrationStatus"], status, "{at}");
    for (name, value) in example["vars"].as_object().into_iter().flatten() {
        assert_eq!(&record["vars"][name], value, "{at}: {name} in {:#}", record["vars"]);
    }
}

/// As it is in the catalogue, the first example of each operation goes to the vendor's own address. Nothing is sent.
fn preview_all(slug: &str) {
    let nobody = Remote::start(vec![Reply::status(500)]);
    let mut entry = Entry::read(slug, &nobody);
    entry.connection = read(&format!("{slug}/connection.yaml"));
    let world = world_of(&entry, &entry.text);
    for operation in &entry.operations {
        let example = &entry.examples(operation)[0];
        world.write("flow.json", &entry.flow(operation, 0, example).to_string());
        let shown =
            world.callout(&["preview", "flow.json", "call", "--event", "event.json", "--json"]).json();
        let url =
            text(&example["request"]["url"]).replace(secret("SLACK_WEBHOOK_TOKEN"), "{{ secret.token }}");
        assert_eq!(shown["request"]["url"], url, "{slug}/{operation}");
        assert_eq!(shown["verdict"]["allow"], true, "{slug}/{operation}: {shown:#}");
    }
    assert!(nobody.requests().is_empty());
}

#[test]
fn every_file_is_right_and_says_where_it_is_from() {
    let folder = catalogue();
    let ran = World::new().callout(&["check", folder.to_str().unwrap(), "--json"]).json();
    assert_eq!(ran["problems"], json!([]), "{ran:#}");
    let slugs = slugs();
    assert_eq!(
        slugs,
        ["aws-eventbridge", "github", "slack", "webhook", "zendesk"],
        "each has its test below"
    );
    assert_eq!(ran["files"].as_array().unwrap().len(), 2 * slugs.len(), "{ran:#}");
    for slug in slugs {
        let text = read(&format!("{slug}.yaml"));
        for line in ["slug: ", "\nsource:\n  from: ", "\n  date: \"20"] {
            assert!(text.contains(line), "{slug}: {line}");
        }
        let entry = Entry::read(&slug, &Remote::start(vec![Reply::status(500)]));
        let kept = std::fs::read_dir(folder.join(&slug)).unwrap().count();
        assert_eq!(kept, entry.operations.len() + 1, "{slug}: a file for each operation, and the connection");
    }
}

#[test]
fn webhooks_are_signed_and_sent() {
    preview_all("webhook");
    call_all("webhook");
}

#[test]
fn an_event_that_is_sent_again_keeps_its_id() {
    let remote =
        Remote::start(vec![Reply::with_headers(502, &[("Retry-After", "0")], ""), Reply::status(204)]);
    let entry = Entry::read("webhook", &remote);
    let world = world_of(&entry, &entry.local);
    let mut flow = entry.flow("send", 0, &entry.examples("send")[0]);
    flow["nodes"]["call"]["retry"] = json!({ "maxAttempts": 2 });
    world.write("flow.json", &flow.to_string());
    let ran =
        world.callout(&["run", "flow.json", "--event", "event.json", "--json", "--config", "callout.toml"]);
    assert_eq!(ran.json()["steps"][0]["outcome"], "204", "{}", ran.stdout);
    let requests = remote.requests();
    assert_eq!(requests.len(), 2);
    for request in &requests {
        assert_eq!(verify_webhook(request, secret("WEBHOOK_SIGNING_KEY")), Ok(()));
    }
    for name in ["webhook-id", "idempotency-key"] {
        let values: Vec<_> = requests.iter().map(|request| request.header(name).unwrap()).collect();
        assert_eq!(values[0], values[1], "{name}");
    }
    assert_eq!(requests[0].body, requests[1].body);
}

#[test]
fn slack_takes_messages() {
    preview_all("slack");
    call_all("slack");
}

#[test]
fn github_is_called_as_its_document_says() {
    preview_all("github");
    call_all("github");
}

#[test]
fn zendesk_counts_and_updates_tickets() {
    preview_all("zendesk");
    call_all("zendesk");
}

#[test]
fn eventbridge_takes_events() {
    preview_all("aws-eventbridge");
    call_all("aws-eventbridge");
}

#[test]
fn what_can_be_tested_is_published_connected_and_tested() {
    for slug in ["github", "zendesk", "aws-eventbridge"] {
        let good = Arc::new(Mutex::new(true));
        let (is_good, who) = (Arc::clone(&good), slug.to_owned());
        let remote = Remote::serve(move |request| match signed_in(&who, request) {
            Ok(()) if *is_good.lock().unwrap() => Reply::json(200, "{}"),
            _ => Reply::json(401, "{}"),
        });
        let entry = Entry::read(slug, &remote);
        let world = World::new();
        let server = Server::start(&world);
        let admin = server.admin();
        assert_eq!(publish_integration(&admin, slug, &entry.local), 1);
        let (config, secrets) = match slug {
            "github" => (json!({}), json!({ "token": secret("GITHUB_TOKEN") })),
            "zendesk" => (
                json!({ "subdomain": "company", "email": "agent@company.example" }),
                json!({ "api_token": secret("ZENDESK_API_TOKEN") }),
            ),
            _ => (
                json!({ "region": "eu-central-1", "access_key_id": "AKIDEXAMPLE0000000" }),
                json!({ "secret_access_key": secret("AWS_SECRET_ACCESS_KEY") }),
            ),
        };
        let body = json!({ "id": "main", "integrationSlug": slug, "config": config, "secrets": secrets });
        let made = admin.post("/v1/connections", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        let verify = || admin.post("/v1/connections/main/verify", &json!({})).json();
        assert_eq!(verify()["ok"], true, "{slug}");
        *good.lock().unwrap() = false;
        let refused = verify();
        assert_eq!((&refused["ok"], &refused["call"]["status"]), (&json!(false), &json!(401)), "{refused}");
    }
}
