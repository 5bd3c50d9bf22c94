//! The audit log: what is done is told, by whom, and the log holds.

use callout_testkit::{Remote, Reply};
use serde_json::{Value, json};

use crate::people::{PASSWORD, log_in, member};
use crate::server::{Caller, Server, problem, small_flow};
use crate::world::World;

/// Action and object of all entries that match, the oldest first.
fn told(admin: &Caller, query: &str) -> Vec<String> {
    let page = admin.get(&format!("/v1/audit?limit=200{query}")).json();
    let entry = |entry: &Value| {
        let (object, text) = (&entry["object"], |value: &Value| value.as_str().unwrap().to_owned());
        format!("{} {}/{}", text(&entry["action"]), text(&object["kind"]), text(&object["id"]))
    };
    page["items"].as_array().unwrap().iter().rev().map(entry).collect()
}

#[test]
fn every_change_is_told_with_who_did_it_and_what_failed_is_not() {
    let world = World::new();
    let remote = Remote::start(vec![Reply::json(200, "{}"), Reply::json(200, "{}")]);
    let server = Server::start(&world);
    let admin = server.admin();
    let ann = member(&server, &admin, "ann@example.com", "admin");
    let ann_id = ann.get("/v1/session").json()["id"].as_str().unwrap().to_owned();
    let before = told(&admin, "").len();
    ann.publish(&small_flow("a"));
    assert_eq!(ann.ask("POST", "/v1/flows/a/publish", &[], b"").json()["new"], false);
    assert_eq!(ann.delete("/v1/flows/none").status, 404);
    assert_eq!(ann.put("/v1/settings", &json!({ "retention": { "runs": "soon" } })).status, 422);
    assert_eq!(ann.put("/v1/settings", &json!({ "retention": { "runs": "5d" } })).status, 200);
    let token = ann.post("/v1/tokens", &json!({ "name": "ci", "role": "editor" })).json();
    assert_eq!(ann.post("/v1/tokens", &json!({ "name": "ci", "role": "editor" })).status, 409);
    let token_id = token["id"].as_str().unwrap();
    assert_eq!(ann.delete(&format!("/v1/tokens/{token_id}")).status, 204);
    let run = ann.post("/v1/flows/a/runs?wait=10s", &json!({})).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ann.post(&format!("/v1/runs/{run}/rerun?wait=10s"), &json!({})).status, 200);
    assert_eq!(ann.post(&format!("/v1/runs/{run}/cancel"), &json!({})).status, 409);
    let node = json!({ "type": "apiCall", "mode": "http", "url": remote.url("/x") });
    assert_eq!(ann.post("/v1/calls/test", &json!({ "node": node })).status, 200);
    assert_eq!(
        ann.post("/v1/calls", &json!({ "node": node })).status,
        200,
        "has no entry: it is no person's"
    );
    assert_eq!(ann.delete("/v1/flows/a").status, 204);
    assert_eq!(ann.delete("/v1/session").status, 204);
    let all = told(&admin, "");
    assert_eq!(
        all[before..],
        [
            "flow.write flow/a".to_owned(),
            "flow.publish flow/a".to_owned(),
            "settings.write settings/".to_owned(),
            format!("token.create token/{token_id}"),
            format!("token.revoke token/{token_id}"),
            format!("run.rerun run/{run}"),
            "call.test call/".to_owned(),
            "flow.remove flow/a".to_owned(),
            format!("session.close session/{ann_id}"),
        ]
    );
    assert_eq!(told(&admin, &format!("&actor={ann_id}&action=flow.publish")), ["flow.publish flow/a"]);
    assert_eq!(told(&admin, "&object=flow/a").len(), 3);
    assert_eq!(told(&admin, "&object=token")[0], format!("token.create token/{}", admin_id(&admin)));
    let entry = &admin.get("/v1/audit?action=settings.write").json()["items"][0];
    assert_eq!(entry["actor"], json!({ "kind": "member", "id": ann_id, "name": "ann" }));
    assert_eq!(entry["from"], "127.0.0.1");
    let egress = json!({ "sourceAddress": null, "proxy": null });
    let kept = |runs: Value| json!({ "retention": { "runs": runs, "bodies": null, "audit": null }, "egress": egress });
    assert_eq!((&entry["before"], &entry["after"]), (&kept(json!(null)), &kept(json!("5d"))));
}

fn admin_id(admin: &Caller) -> String {
    admin.get("/v1/session").json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn no_secret_stands_in_the_log_and_a_refused_login_does() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let made = admin.post("/v1/members", &json!({ "email": "bob@example.com", "role": "viewer" })).json();
    member(&server, &admin, "ann@example.com", "viewer");
    assert_eq!(log_in(&server, "default", "ann@example.com", "sesame, open now").status, 401);
    assert_eq!(log_in(&server, "nowhere", "ann@example.com", "sesame, open now").status, 401);
    let token = admin.post("/v1/tokens", &json!({ "name": "ci", "role": "editor" })).json();
    let all = admin.get("/v1/audit?limit=200");
    let one_time = made["oneTimePassword"].as_str().unwrap();
    for secret in [PASSWORD, "sesame", one_time, token["token"].as_str().unwrap(), "argon2", "cos_", "cot_"] {
        assert!(!all.text().contains(secret), "{secret}");
    }
    let refused = admin.get("/v1/audit?action=session.refuse").json();
    let refused = refused["items"].as_array().unwrap();
    let nobody = json!({ "kind": "nobody", "id": "", "name": "ann@example.com" });
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|entry| entry["actor"] == nobody && entry["from"] == "127.0.0.1"));
    assert_eq!((&refused[0]["after"], &refused[1]["after"]), (&json!({ "org": "nowhere" }), &json!(null)));
}

#[test]
fn the_log_is_paged_from_the_latest_while_it_grows() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    for number in 0..5 {
        admin.draft(&small_flow(&format!("f{number}")));
    }
    let page = admin.get("/v1/audit?limit=2&action=flow.write").json();
    admin.draft(&small_flow("later"));
    let next = page["next"].as_str().unwrap();
    let rest = admin.get(&format!("/v1/audit?limit=3&action=flow.write&cursor={next}")).json();
    let ids = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|entry| entry["object"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (ids(&page), ids(&rest)),
        (vec!["f4".into(), "f3".into()], vec!["f2".into(), "f1".into(), "f0".into()])
    );
    for query in ["limit=0", "limit=x", "cursor=nonsense", "from=yesterday", "org=other"] {
        assert_eq!(problem(&admin.get(&format!("/v1/audit?{query}"))), "query-invalid", "{query}");
    }
}

/// What someone with the file could do: other bytes in the place of these, as many.
fn tamper(world: &World, these: &str, others: &str) {
    let path = world.path().join("data/callout.db");
    let mut file = std::fs::read(&path).unwrap();
    let at = file.windows(these.len()).position(|part| part == these.as_bytes()).unwrap();
    file[at..at + these.len()].copy_from_slice(others.as_bytes());
    std::fs::write(&path, file).unwrap();
}

#[test]
fn the_terminal_holds_the_log_against_its_hashes() {
    let world = World::new();
    let verify = |more: &[&str]| world.callout(&[&["audit", "verify", "--data", "data"], more].concat());
    let missing = verify(&[]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""), "{}", missing.stderr);
    let server = Server::start(&world);
    server.admin().draft(&small_flow("a"));
    let beside = verify(&[]);
    assert_eq!(beside.code, 0, "while the server has it: {}", beside.stderr);
    server.admin().draft(&small_flow("b"));
    server.stop();
    let sound = verify(&[]);
    assert_eq!(sound.code, 0, "{}", sound.stderr);
    let head = sound.stdout.trim().strip_prefix("default ").unwrap().to_owned();
    assert!(head.starts_with("3:") && head.len() == 66, "{head}");
    assert!(sound.stderr.contains("3 entries, each as it was written"), "{}", sound.stderr);
    let early = beside.stdout.trim().strip_prefix("default ").unwrap();
    assert_eq!(verify(&["--org", "default", "--noted", early]).code, 0, "the log has only grown");
    let rows = world.callout(&["audit", "list", "--data", "data"]);
    let lines: Vec<&str> = rows.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", rows.stdout);
    assert!(
        lines[0].contains("token.create") && lines[0].ends_with("by terminal (terminal)"),
        "{}",
        lines[0]
    );
    assert!(lines[2].contains("flow.write       flow/b  by first (token tok_"), "{}", lines[2]);
    let json = world.callout(&["audit", "list", "--data", "data", "--json", "--object", "flow/b"]).json();
    assert_eq!((&json["number"], &json["action"]), (&json!(3), &json!("flow.write")));
    // Whether it is another log, with hashes that fit.
    let other = head.replace(&head[60..], if head.ends_with("000000") { "ffffff" } else { "000000" });
    for (noted, why) in [
        (other, "entry 3: the row has another hash than was noted"),
        (head.replace("3:", "4:"), "entry 4: the row that was noted is missing"),
    ] {
        let found = verify(&["--org", "default", "--noted", &noted]);
        assert_eq!((found.code, found.stdout.as_str()), (1, ""), "{noted}");
        assert!(found.stderr.contains(why), "{}", found.stderr);
    }
    tamper(&world, "flow.write", "flow.wrote");
    let broken = verify(&[]);
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""));
    assert!(broken.stderr.contains("default: entry "), "{}", broken.stderr);
    for wrong in ["3", "3:ff", "x:00", &head.replace(':', "-"), &"é".repeat(34)] {
        assert_eq!(verify(&["--org", "default", "--noted", wrong]).code, 2, "{wrong}");
    }
    assert_eq!(verify(&["--org", "nowhere"]).code, 2);
}

#[test]
fn orgs_members_and_tokens_are_made_at_the_terminal_and_told() {
    let world = World::new();
    let callout = |args: &[&str]| world.callout(&[args, &["--data", "data"]].concat());
    let org = callout(&["org", "create", "acme", "--member", "Ann@acme.example"]);
    assert_eq!(org.code, 0, "{}", org.stderr);
    let bob = callout(&["member", "add", "bob@acme.example", "--role", "viewer", "--org", "acme"]);
    assert_eq!(bob.code, 0, "{}", bob.stderr);
    let token = callout(&["token", "create", "--name", "ci", "--role", "admin", "--org", "acme"]);
    assert_eq!(token.code, 0, "{}", token.stderr);
    for (args, why) in [
        (vec!["org", "create", "acme"], "already"),
        (vec!["org", "create", "Acme"], "lower-case"),
        (vec!["org", "create", "b", "--member", "nowhere"], "e-mail"),
        (vec!["member", "add", "bob@acme.example", "--role", "viewer", "--org", "acme"], "already"),
        (
            vec!["member", "add", "bob@acme.example", "--role", "viewer", "--org", "nowhere"],
            "org create nowhere",
        ),
        (vec!["member", "add", "x", "--role", "viewer"], "e-mail"),
        (vec!["token", "create", "--name", "x", "--role", "admin", "--org", "nowhere"], "org create nowhere"),
    ] {
        let ran = callout(&args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
    }
    let server = Server::start(&world);
    assert!(server.first_token.is_some(), "the org `default` has none yet");
    let locked = callout(&["member", "add", "c@acme.example", "--role", "viewer"]);
    assert_eq!(locked.code, 2);
    assert!(locked.stderr.contains("in use by another process"), "{}", locked.stderr);
    let ann = crate::people::settle(&server, "acme", "ann@acme.example", org.stdout.trim());
    crate::people::settle(&server, "acme", "bob@acme.example", bob.stdout.trim());
    let ci = server.caller(token.stdout.trim());
    assert_eq!(ci.get("/v1/session").json()["org"], "acme");
    let acme = told(&ann, "");
    let first: Vec<&str> = acme[..2].iter().map(|entry| entry.split(' ').next().unwrap()).collect();
    assert_eq!(first, ["member.create", "token.create"]);
    let entry = &server.admin().get("/v1/audit?action=org.create").json()["items"][0];
    assert_eq!(entry["actor"], json!({ "kind": "terminal", "id": "", "name": "terminal" }));
    assert_eq!(entry["after"]["member"]["email"], "ann@acme.example");
}
