//! Orgs: what is one's is not there for another, whatever path, id or body asks for it.

use callout_testkit::{Answer, Remote};
use serde_json::{Value, json};

use crate::openapi::document;
use crate::people::{PASSWORD, log_in, settle};
use crate::saved::{crm, publish_integration};
use crate::server::{Caller, Server, problem, small_flow};
use crate::world::World;

/// Things of the org `acme`, and who looks after them.
struct Acme {
    admin: Caller,
    slug: String,
    run: String,
    member: String,
    token: String,
}

impl Acme {
    /// Made by whoever runs the server, and filled by its own admin.
    fn make(server: &Server) -> Self {
        let body = json!({ "name": "acme", "member": { "email": "first@acme.example", "role": "admin" } });
        let made = server.admin().post("/v1/orgs", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        let one_time = made.json()["member"]["oneTimePassword"].as_str().unwrap().to_owned();
        let admin = settle(server, "acme", "first@acme.example", &one_time);
        let text = |value: Value, key: &str| value[key].as_str().unwrap().to_owned();
        admin.publish(&small_flow("only-acmes"));
        let started =
            admin.post("/v1/flows/only-acmes/runs?wait=10s", &json!({ "event": { "name": "acme-event" } }));
        let member = admin.post("/v1/members", &json!({ "email": "ann@acme.example", "role": "viewer" }));
        let remote = Remote::start(Vec::new());
        let crm = crm(&remote, "").replace("slug: crm", "slug: acmes-crm");
        publish_integration(&admin, "acmes-crm", &crm);
        let connection = json!({ "id": "acmes-main", "integrationSlug": "acmes-crm", "secrets": { "key": "k-acmes-own-key" } });
        assert_eq!(admin.post("/v1/connections", &connection).status, 201);
        let token = admin.post("/v1/tokens", &json!({ "name": "acme-token", "role": "admin" })).json();
        let with_token = server.caller(token["token"].as_str().unwrap());
        Self {
            admin: with_token,
            slug: "only-acmes".to_owned(),
            run: text(started.json(), "id"),
            member: text(member.json(), "id"),
            token: text(token, "id"),
        }
    }

    /// What stands at a parameter of a path: acme's own, and what was never there.
    fn at(&self, collection: &str, parameter: &str) -> (String, String) {
        match (collection, parameter) {
            ("flows", "slug") => (self.slug.clone(), "never-there".to_owned()),
            ("flows", "version") => ("1".to_owned(), "1".to_owned()),
            ("flows", "node") => ("a".to_owned(), "a".to_owned()),
            ("integrations", "slug") => ("acmes-crm".to_owned(), "never-there".to_owned()),
            ("integrations", "version") => ("1".to_owned(), "1".to_owned()),
            ("connections", "id") => ("acmes-main".to_owned(), "never-there".to_owned()),
            ("runs", "id") => (self.run.clone(), format!("run_{}", "0".repeat(32))),
            ("tokens", "id") => (self.token.clone(), format!("tok_{}", "0".repeat(16))),
            ("members", "id") => (self.member.clone(), format!("mem_{}", "0".repeat(16))),
            // Of no org: the same for all.
            ("schemas", "kind") | ("problems", "code") => (self.slug.clone(), "never-there".to_owned()),
            other => panic!("{other:?} is new: give acme one, and say here which it is"),
        }
    }

    /// All that acme's admin sees.
    fn all(&self) -> Vec<String> {
        let run = format!("/v1/runs/{}", self.run);
        let (draft, version) = ("/v1/flows/only-acmes/draft", "/v1/flows/only-acmes/versions/1");
        [
            "/v1/flows",
            draft,
            version,
            "/v1/integrations",
            "/v1/connections",
            "/v1/connections/acmes-main",
            "/v1/runs",
            &run,
            "/v1/members",
            "/v1/tokens",
            "/v1/settings",
            "/v1/audit",
        ]
        .map(|path| self.admin.get(path).text().to_owned())
        .to_vec()
    }

    /// Words that no answer to anyone else holds.
    fn marks(&self) -> [&str; 9] {
        [
            &self.slug,
            &self.run,
            &self.member,
            &self.token,
            "acme-token",
            "ann@acme",
            "acme-event",
            "acmes-crm",
            "acmes-main",
        ]
    }
}

/// The admin of another org, which has nothing.
pub fn other(server: &Server) -> Caller {
    let body = json!({ "name": "other", "member": { "email": "first@other.example", "role": "admin" } });
    let made = server.admin().post("/v1/orgs", &body).json();
    settle(server, "other", "first@other.example", made["member"]["oneTimePassword"].as_str().unwrap())
}

/// The method, path and operation of every endpoint.
fn endpoints() -> Vec<(String, String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().clone();
    let methods = |(path, methods): (String, Value)| {
        let methods = methods.as_object().unwrap().clone();
        methods.into_iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    };
    paths.into_iter().flat_map(methods).collect()
}

/// Streams that do not end by themselves.
const ENDLESS: [&str; 2] = ["followRuns", "followDraft"];

/// A slug is each org's own: writing a draft makes the caller's thing.
const OWN_SLUG: [&str; 2] = ["writeDraft", "writeIntegrationDraft"];

/// A body that fits, so that nothing but the id can be what is wrong.
fn body_of(operation: &Value) -> (&'static str, String) {
    match operation["operationId"].as_str().unwrap() {
        "changeMember" => ("application/json", json!({ "role": "admin" }).to_string()),
        "upgradeFlows" => ("application/json", json!({ "to": 1 }).to_string()),
        "finishAuthorization" => ("application/json", json!({ "state": "s", "code": "c" }).to_string()),
        "testNode" => ("application/json", json!({ "confirm": true }).to_string()),
        _ if operation.get("requestBody").is_some() => ("application/json", "{}".to_owned()),
        _ => ("application/json", String::new()),
    }
}

fn parameters<'o>(operation: &'o Value, place: &'o str) -> impl Iterator<Item = &'o str> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(move |one| one["in"] == place).map(|one| one["name"].as_str().unwrap())
}

/// A path with acme's ids in it, and one with ids that never were.
fn both(acme: &Acme, path: &str) -> (String, String) {
    let collection = path.split('/').nth(2).unwrap();
    let (mut theirs, mut never) = (path.to_owned(), path.to_owned());
    for parameter in path.split(['{', '}']).skip(1).step_by(2) {
        let (one, other) = acme.at(collection, parameter);
        theirs = theirs.replace(&format!("{{{parameter}}}"), &one);
        never = never.replace(&format!("{{{parameter}}}"), &other);
    }
    (theirs, never)
}

/// Status, headers and body, but for the id that was asked with and what differs each time.
fn seen(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    let own = |name: &str| !matches!(name, "x-request-id" | "date" | "content-length");
    let headers = answer.headers.iter().filter(|(name, _)| own(name)).cloned().collect();
    (answer.status, headers, answer.text().replace(id, "ID"))
}

#[test]
fn every_path_with_an_id_answers_for_anothers_as_for_none() {
    let world = World::new();
    let server = Server::start(&world);
    let acme = Acme::make(&server);
    let token = server.admin();
    let session = crate::people::member(&server, &token, "admin@example.com", "admin");
    let before = acme.all();
    let mut asked = 0;
    for (method, path, operation) in endpoints() {
        if !path.contains('{') || OWN_SLUG.iter().any(|id| operation["operationId"] == *id) {
            continue;
        }
        let (theirs, never) = both(&acme, &path);
        let (media, body) = body_of(&operation);
        for caller in [&token, &session] {
            let ask = |path: &str| caller.ask(&method, path, &[("Content-Type", media)], body.as_bytes());
            let (found, none) = (ask(&theirs), ask(&never));
            assert_eq!((found.status, problem(&found).as_str()), (404, "not-found"), "{method} {path}");
            let ids = [&theirs, &never].map(|path| path.split('/').nth(3).unwrap().to_owned());
            assert_eq!(seen(&found, &ids[0]), seen(&none, &ids[1]), "{method} {path}");
            assert!(!acme.marks().iter().any(|mark| *mark != ids[0] && found.text().contains(mark)));
            asked += 1;
        }
    }
    assert!(asked >= 2 * 17, "{asked}");
    let own =
        token.put_yaml("/v1/flows/only-acmes/draft", &small_flow("only-acmes").replace("Small", "Ours"));
    assert_eq!(own.status, 201, "{}", own.text());
    assert_eq!(token.delete("/v1/flows/only-acmes").status, 204);
    assert_eq!(acme.all(), before, "nothing of it has changed");
}

#[test]
fn no_list_and_no_parameter_of_a_query_shows_what_is_anothers() {
    let world = World::new();
    let server = Server::start(&world);
    let acme = Acme::make(&server);
    let token = server.admin();
    token.publish(&small_flow("ours"));
    let before = acme.all();
    let cursors: Vec<String> = ["/v1/runs", "/v1/audit", "/v1/tokens", "/v1/members", "/v1/flows"]
        .iter()
        .filter_map(|path| {
            acme.admin.get(&format!("{path}?limit=1")).json()["next"].as_str().map(str::to_owned)
        })
        .chain([format!("c1{}", acme.run)])
        .collect();
    assert!(cursors.len() > 2);
    let foreign = [&acme.slug, &acme.run, &acme.member, &acme.token].map(String::clone);
    let foreign: Vec<String> = foreign.into_iter().chain([format!("flow/{}", acme.slug)]).collect();
    let mut asked = 0;
    for (method, path, operation) in endpoints() {
        if method != "GET" || operation.get("x-required-role").is_none() || path.contains("{id}") {
            continue;
        }
        // Streams without an end: tests of their own hold that they tell nobody of another org's.
        if ENDLESS.iter().any(|id| operation["operationId"] == *id) {
            continue;
        }
        let path = path.replace("{slug}", "ours").replace("{version}", "1");
        for name in std::iter::once("").chain(parameters(&operation, "query")) {
            let values = if name == "cursor" { &cursors } else { &foreign };
            for value in values {
                let query = if name.is_empty() { String::new() } else { format!("?{name}={value}") };
                let answer = token.get(&format!("{path}{query}"));
                assert!(matches!(answer.status, 200 | 400 | 404), "{path}{query}: {}", answer.text());
                let shown = answer.text().replace(value.as_str(), "");
                let mark = acme.marks().into_iter().find(|mark| shown.contains(mark));
                assert_eq!(mark, None, "{path}{query}: {shown}");
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
    assert_eq!(problem(&token.get(&format!("/v1/runs?flow={}", acme.slug))), "not-found");
    assert_eq!(acme.all(), before);
}

#[test]
fn what_a_document_names_of_anothers_is_not_there() {
    let world = World::new();
    let server = Server::start(&world);
    let acme = Acme::make(&server);
    let token = server.admin();
    let going = |to: &str| {
        format!(
            "kind: flow\nslug: going\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  \
             a: {{ type: goToFlow, flow: {to}, mode: jump }}\n"
        )
    };
    let (theirs, never) = (going(&acme.slug), going("never-there"));
    let check =
        |text: &str| token.ask("POST", "/v1/check", &[("Content-Type", "application/yaml")], text.as_bytes());
    let (found, none) = (check(&theirs), check(&never));
    assert!(found.text().contains("unknown-target"), "{}", found.text());
    assert_eq!(seen(&found, &acme.slug), seen(&none, "never-there"));
    token.draft(&theirs);
    let refused = token.ask("POST", "/v1/flows/going/publish", &[], b"");
    assert_eq!(problem(&refused), "flow-has-errors");
    // The same of what begins: a key that acme used, an event that acme's flows would take.
    let body = json!({ "event": { "name": "x" } });
    let key = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    let start = |caller: &Caller| {
        caller.ask("POST", "/v1/flows/small/runs?wait=10s", &key, body.to_string().as_bytes()).json()["id"]
            .clone()
    };
    acme.admin.publish(&small_flow("small"));
    token.publish(&small_flow("small"));
    let (first, second) = (start(&acme.admin), start(&token));
    assert!(first.is_string() && second.is_string() && first != second);
    assert_eq!(start(&acme.admin), first);
    let runs = |caller: &Caller| caller.get("/v1/runs").json()["items"].as_array().unwrap().len();
    assert_eq!((runs(&acme.admin), runs(&token)), (2, 1));
}

#[test]
fn only_the_first_org_makes_others_and_sees_nothing_in_them() {
    let world = World::new();
    let server = Server::start(&world);
    let acme = Acme::make(&server);
    let (admin, body) = (server.admin(), json!({ "name": "third" }));
    for answer in [acme.admin.post("/v1/orgs", &body), acme.admin.get("/v1/orgs")] {
        assert_eq!((answer.status, problem(&answer).as_str()), (403, "default-org-only"));
    }
    let made = admin.post("/v1/orgs", &body);
    assert_eq!((made.status, made.json()), (201, json!({ "name": "third", "member": null })));
    let again = admin.post("/v1/orgs", &body);
    assert_eq!((again.status, problem(&again).as_str()), (409, "org-taken"));
    let names = admin.get("/v1/orgs").json()["items"].clone();
    assert_eq!(names, json!([{ "name": "default" }, { "name": "acme" }, { "name": "third" }]));
    for body in [
        json!({ "name": "Third" }),
        json!({ "name": "" }),
        json!({ "name": "a", "member": { "email": "nowhere", "role": "admin" } }),
        json!({ "name": "a", "org": "b" }),
    ] {
        assert_eq!(admin.post("/v1/orgs", &body).status, 422, "{body}");
    }
    assert_eq!(admin.get("/v1/orgs").json()["items"].as_array().unwrap().len(), 3);
    // The same address is another member in each org, with a password of its own.
    assert_eq!(log_in(&server, "default", "first@acme.example", PASSWORD).status, 401);
    assert_eq!(log_in(&server, "acme", "first@acme.example", PASSWORD).status, 200);
}

#[test]
fn an_org_says_how_long_it_keeps_what() {
    let world = World::new();
    let server = Server::start(&world);
    let (acme, admin) = (Acme::make(&server), server.admin());
    let egress = json!({ "sourceAddress": null, "proxy": null });
    let none = json!({ "retention": { "runs": null, "bodies": null, "audit": null }, "egress": egress });
    assert_eq!(admin.get("/v1/settings").json(), none);
    let kept = json!({ "retention": { "runs": "36h", "bodies": "1h", "audit": "30d" }, "egress": egress });
    let written = admin.put("/v1/settings", &kept);
    assert_eq!((written.status, written.json()), (200, kept.clone()));
    assert_eq!(admin.get("/v1/settings").json(), kept);
    assert_eq!(acme.admin.get("/v1/settings").json(), none, "each org has its own");
    for (key, wrong) in [
        ("runs", json!("59m")),
        ("runs", json!("0d")),
        ("bodies", json!("90s")),
        ("bodies", json!("10000d")),
        ("bodies", json!("soon")),
        ("audit", json!("29d")),
        ("audit", json!("1h")),
        ("audit", json!(30)),
        ("members", json!("1d")),
    ] {
        let answer = admin.put("/v1/settings", &json!({ "retention": { key: wrong } }));
        assert_eq!((answer.status, problem(&answer).as_str()), (422, "body-invalid"), "{key} {wrong}");
    }
    assert_eq!(admin.get("/v1/settings").json(), kept);
    assert_eq!(admin.put("/v1/settings", &json!({ "retention": {} })).json(), none);
}
