//! `callout apply`, `callout export DIR` and `callout integration diff`, with a real server.

use std::sync::atomic::{AtomicBool, Ordering};

use callout_testkit::{Remote, Reply, Request};
use serde_json::{Value, json};

use crate::saved::{FLOW, KEY, connect, crm, publish_integration, start};
use crate::server::{Caller, Server, small_flow};
use crate::world::{Ran, World};

const CONNECTION: &str = "kind: connection\nid: main\nintegrationSlug: crm\nconfig: { region: us }\nsecrets: { key: { env: CRM_KEY } }\n";

/// A server, and a world whose commands talk to it.
struct Site {
    world: World,
    server: Server,
    admin: Caller,
}

impl Site {
    fn start() -> Self {
        let world = World::new();
        let server = Server::start(&world);
        let (token, url) = (server.first_token.clone().unwrap(), format!("http://{}", server.address));
        let world =
            world.with_env("CALLOUT_TOKEN", &token).with_env("CALLOUT_SERVER", &url).with_env("CRM_KEY", KEY);
        let admin = server.admin();
        Self { world, server, admin }
    }

    /// With the folder `git` of one integration, one connection and two flows.
    fn with_folder(remote: &Remote) -> Self {
        let site = Self::start();
        site.world.write("git/crm.integration.yaml", &crm(remote, "# kept as it is\n"));
        site.world.write("git/connections/main.yaml", CONNECTION);
        site.world.write("git/flows/lookup.yaml", FLOW);
        site.world.write("git/flows/small.yaml", &small_flow("small"));
        site
    }

    /// Runs it; neither the token nor a secret is in what it prints.
    #[track_caller]
    fn callout(&self, args: &[&str]) -> Ran {
        let ran = self.world.callout(args);
        let token = self.server.first_token.as_deref().unwrap();
        for secret in [token, KEY] {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "{}{}",
                ran.stdout,
                ran.stderr
            );
        }
        ran
    }

    #[track_caller]
    fn apply(&self, more: &[&str], code: i32) -> Ran {
        let ran = self.callout(&[&["apply", "git"], more].concat());
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// What the server has: revisions, versions, all but secrets.
    fn there(&self) -> String {
        let lists = ["/v1/integrations", "/v1/connections", "/v1/flows"];
        lists.map(|path| self.admin.get(path).text().to_owned()).concat()
    }

    fn version(&self, path: &str) -> Value {
        self.admin.get(path).json()["version"].clone()
    }
}

/// Stands before a server, and may answer in its place.
fn before(server: &Server, steps_in: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Remote {
    let caller = server.nobody();
    Remote::serve(move |request| {
        if let Some(reply) = steps_in(request) {
            return reply;
        }
        let own = ["host", "connection", "content-length"];
        let headers = request.headers.iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()));
        let headers: Vec<(&str, &str)> =
            headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = caller.ask(&request.method, &request.target, &headers, &request.body);
        let kept = answer.headers.iter().filter(|(name, _)| matches!(name.as_str(), "etag" | "content-type"));
        let kept: Vec<(&str, &str)> = kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Reply::with_headers(answer.status, &kept, &answer.body)
    })
}

fn crm_remote() -> Remote {
    Remote::serve(|request| match (request.path(), request.header("x-key")) {
        ("/us/contacts/7", Some(KEY)) => Reply::json(200, r#"{"name":"Ada"}"#),
        _ => Reply::json(401, "{}"),
    })
}

#[test]
fn a_folder_is_applied_and_then_nothing_is_to_be_done() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    let first = site.apply(&["--yes"], 0);
    for told in [
        "integration crm is new, as version 1",
        "connection main is new",
        "`key`, from CRM_KEY",
        "flow lookup is new",
    ] {
        assert!(first.stdout.contains(told), "{told}: {}", first.stdout);
    }
    let run = start(&site.server, &site.admin, "lookup", json!({ "name": "go", "id": "7" }));
    assert_eq!(run["result"], "Ada", "{run}");
    let draft = site.admin.get("/v1/integrations/crm/draft").text().to_owned();
    assert!(draft.ends_with("# kept as it is\n"), "as its author wrote it: {draft}");
    let there = site.there();
    let again = site.apply(&["--yes"], 0);
    assert!(
        again.stdout.contains("4 unchanged") && again.stdout.contains("is as the folder"),
        "{}",
        again.stdout
    );
    let plan = site.apply(&["--json"], 0).json();
    assert_eq!((&plan["applied"], plan["steps"].as_array().unwrap().len()), (&json!(false), 4));
    assert!(plan["steps"].as_array().unwrap().iter().all(|step| step["act"] == "nothing"), "{plan}");
    assert_eq!(site.there().replace(r#""lastUsedAt":null"#, ""), there.replace(r#""lastUsedAt":null"#, ""));
}

#[test]
fn what_changed_makes_one_version_and_no_more() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    site.world.write("git/flows/small.yaml", &small_flow("small").replace("n: 1", "n: 2"));
    site.world.write("git/connections/main.yaml", &CONNECTION.replace("region: us", "region: eu"));
    site.admin.publish(&small_flow("only-there"));
    let ran = site.apply(&["--yes"], 0);
    for told in [
        "flow small changes, version 1 becomes 2",
        "set.n",
        "connection main changes",
        "config",
        "2 unchanged",
        "flow only-there",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    let versions =
        ["/v1/flows/small", "/v1/flows/lookup", "/v1/integrations/crm"].map(|path| site.version(path));
    assert_eq!(versions, [json!(2), json!(1), json!(1)]);
    let connection = site.admin.get("/v1/connections/main").json();
    assert_eq!((&connection["config"], &connection["revision"]), (&json!({ "region": "eu" }), &json!(2)));
    assert_eq!(site.version("/v1/flows/only-there"), 1, "nothing is removed");
    // A secret that is set is written only where that is asked for.
    let written =
        |site: &Site| site.admin.get("/v1/connections/main").json()["secrets"]["key"]["updatedAt"].clone();
    let before = written(&site);
    let plan = site.apply(&["--secrets", "--yes", "--json"], 0).json();
    assert_eq!(
        plan["steps"][1]["secrets"],
        json!([{ "name": "key", "env": "CRM_KEY", "set": true }]),
        "{plan}"
    );
    assert_ne!(written(&site), before);
    // A draft that someone changed there goes back to what is in the folder, and makes no version.
    site.admin.draft(&small_flow("small").replace("n: 1", "n: 3"));
    let ran = site.apply(&["--yes"], 0);
    assert!(ran.stdout.contains("its draft goes back to version 2"), "{}", ran.stdout);
    assert!(ran.stdout.contains("never published as it is"), "{}", ran.stdout);
    assert_eq!(site.version("/v1/flows/small"), 2);
    assert!(site.admin.get("/v1/flows/small/draft").text().contains("n: 2"));
}

#[test]
fn nothing_is_done_unless_it_is_wanted() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    let there = site.there();
    let dry = site.apply(&["--dry-run"], 0);
    assert!(dry.stdout.contains("flow lookup is new"), "{}", dry.stdout);
    assert_eq!(site.apply(&["--dry-run", "--json"], 0).json()["applied"], false);
    let unasked = site.apply(&[], 2);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert_eq!(site.there(), there);
}

#[test]
fn a_wrong_file_sends_nothing() {
    let site = Site::start();
    let remote = Remote::start(Vec::new());
    let url = remote.url("");
    site.world.write("git/small.yaml", &small_flow("small"));
    site.world.write("git/wrong.yaml", &small_flow("wrong").replace("next: b", "next: nowhere"));
    let ran = site.apply(&["--yes", "--server", &url], 2);
    assert!(ran.stderr.contains("nowhere") && ran.stderr.contains("wrong.yaml"), "{}", ran.stderr);
    site.world.write("git/wrong.yaml", &small_flow("small"));
    let ran = site.apply(&["--yes", "--server", &url], 2);
    assert!(ran.stderr.contains("two files are the flow `small`"), "{}", ran.stderr);
    assert_eq!(remote.connections(), 0);
}

#[test]
fn what_only_the_server_tells_stops_before_anything_is_written() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    let there = site.there();
    let refused = |file: &str, text: &str, told: &[&str]| {
        let path = site.world.path().join(file);
        let was = std::fs::read_to_string(&path).unwrap();
        site.world.write(file, text);
        let ran = site.apply(&["--yes"], 2);
        for told in told {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
        site.world.write(file, &was);
    };
    let pinned = FLOW.replace("integrationVersion: 1", "integrationVersion: 3");
    refused("git/flows/lookup.yaml", &pinned, &["pins version 3 of `crm`", "pin 1"]);
    let foreign = FLOW.replace("integrationSlug: crm", "integrationSlug: erp");
    refused("git/flows/lookup.yaml", &foreign, &["`erp`", "neither in the folder nor published"]);
    let nobody = FLOW.replace("connectionId: main", "connectionId: other");
    site.world.write("git/flows/lookup.yaml", &nobody);
    let ran = site.apply(&["--dry-run"], 0);
    assert!(ran.stdout.contains("note") && ran.stdout.contains("`other`"), "{}", ran.stdout);
    site.world.write("git/flows/lookup.yaml", FLOW);
    let unset = CONNECTION.replace("CRM_KEY", "NOT_SET_KEY");
    refused("git/connections/main.yaml", &unset, &["NOT_SET_KEY", "not set", "nothing was done"]);
    let without = CONNECTION.replace("secrets: { key: { env: CRM_KEY } }\n", "");
    refused("git/connections/main.yaml", &without, &["main.yaml", "secrets"]);
    assert_eq!(site.there(), there, "nothing was done");
    site.apply(&["--yes"], 0);
    let there = site.there();
    let hosts = format!("{CONNECTION}allowedHosts: [api.example.com]\n");
    refused(
        "git/connections/main.yaml",
        &hosts,
        &["[api.example.com] here and [127.0.0.2]", "DELETE /v1/connections/main"],
    );
    let other = CONNECTION.replace(
        "integrationSlug: crm",
        "allowedHosts: [127.0.0.2]\nauth: { type: bearer, token: '{{ secret.key }}' }",
    );
    refused("git/connections/main.yaml", &other, &["integrationSlug is none here and `crm`"]);
    assert_eq!(site.there(), there);
    // What is set need not be in the environment.
    site.world.write("git/connections/main.yaml", &unset);
    site.apply(&["--yes"], 0);
}

#[test]
fn nobodys_change_is_written_over_in_silence() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    site.world.write("git/flows/small.yaml", &small_flow("small").replace("n: 1", "n: 2"));
    let (admin, done) = (site.server.admin(), AtomicBool::new(false));
    let between = before(&site.server, move |request| {
        if request.method == "PUT" && !done.swap(true, Ordering::SeqCst) {
            admin.draft(&small_flow("small").replace("n: 1", "n: 99"));
        }
        None
    });
    let ran = site.apply(&["--yes", "--server", &between.url("")], 1);
    assert!(ran.stderr.contains("revision-differs"), "{}", ran.stderr);
    assert!(site.admin.get("/v1/flows/small/draft").text().contains("n: 99"));
    assert_eq!(site.version("/v1/flows/small"), 1);
    // The same for a connection.
    site.world.write("git/connections/main.yaml", &CONNECTION.replace("region: us", "region: eu"));
    let (admin, done) = (site.server.admin(), AtomicBool::new(false));
    let between = before(&site.server, move |request| {
        if request.method == "PATCH" && !done.swap(true, Ordering::SeqCst) {
            assert_eq!(admin.patch("/v1/connections/main", &json!({ "name": "Theirs" })).status, 200);
        }
        None
    });
    let ran = site.apply(&["--yes", "--server", &between.url("")], 1);
    assert!(ran.stderr.contains("revision-differs"), "{}", ran.stderr);
    assert_eq!(site.admin.get("/v1/connections/main").json()["config"], json!({ "region": "us" }));
}

#[test]
fn what_stopped_halfway_goes_on() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    let between = before(&site.server, |request| {
        let publishes = request.method == "POST" && request.path() == "/v1/flows/lookup/publish";
        publishes.then(Reply::close)
    });
    let ran = site.apply(&["--yes", "--server", &between.url("")], 1);
    assert!(ran.stderr.contains("connection main: it is made"), "{}", ran.stderr);
    assert_eq!(site.version("/v1/flows/lookup"), Value::Null);
    let ran = site.apply(&["--yes"], 0);
    assert!(ran.stdout.contains("its draft is published as version 1"), "{}", ran.stdout);
    assert_eq!(
        (site.version("/v1/flows/lookup"), site.version("/v1/integrations/crm")),
        (json!(1), json!(1))
    );
    assert!(site.apply(&[], 0).stdout.contains("4 unchanged"));
}

#[test]
fn a_newer_integration_is_shown_with_what_breaks_and_older_pins_stay() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    let next = crm(&remote, "").replace("required: [id]", "required: [id, tenant]").replace(
        "properties: { id: { type: string } }",
        "properties: { id: { type: string }, tenant: { type: string } }",
    );
    site.world.write("git/crm.integration.yaml", &next);
    let ran = site.apply(&["--yes"], 0);
    assert!(ran.stdout.contains("breaking get: `tenant`"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("version 1 becomes 2") && ran.stdout.contains("3 unchanged"),
        "{}",
        ran.stdout
    );
    let pinned = FLOW.replace("integrationVersion: 1", "integrationVersion: 2");
    site.world.write("git/flows/lookup.yaml", &pinned);
    let ran = site.apply(&["--yes"], 2);
    assert!(ran.stderr.contains("tenant"), "{}", ran.stderr);
    site.world.write("git/flows/lookup.yaml", &pinned.replace("{ id:", "{ tenant: t, id:"));
    site.apply(&["--yes"], 0);
    assert_eq!(site.version("/v1/flows/lookup"), 2);
}

#[test]
fn an_export_applied_changes_nothing() {
    let remote = crm_remote();
    let site = Site::start();
    publish_integration(&site.admin, "crm", &crm(&remote, "# by hand\n"));
    connect(&site.admin);
    site.admin.publish(FLOW);
    let json_flow = json!({ "kind": "flow", "slug": "as-json", "trigger": { "type": "api" }, "start": "a",
        "nodes": { "a": { "type": "end" } } });
    assert_eq!(site.admin.put("/v1/flows/as-json/draft", &json_flow).status, 201);
    let export = |more: &[&str]| site.callout(&[&["export", "git"], more].concat());
    let ran = export(&[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("`as-json` was never published"), "{}", ran.stderr);
    let read = |name: &str| std::fs::read_to_string(site.world.path().join(name)).unwrap();
    assert_eq!(read("git/flows/lookup.yaml"), FLOW);
    assert!(read("git/integrations/crm.yaml").ends_with("# by hand\n"));
    let connection = read("git/connections/main.yaml");
    assert!(connection.contains("MAIN_KEY") && !connection.contains(KEY), "{connection}");
    let there = site.there();
    let ran = site.apply(&[], 0);
    assert!(ran.stdout.contains("3 unchanged"), "{}", ran.stdout);
    assert_eq!(site.there(), there);
    let again = export(&[]);
    assert!(again.stdout.contains("0 written, 3 as they were"), "{}", again.stdout);
    // Its own words for the same, and its own places, are kept.
    site.world.write("git/connections/main.yaml", &connection.replace("MAIN_KEY", "OUR_KEY"));
    std::fs::rename(
        site.world.path().join("git/flows/lookup.yaml"),
        site.world.path().join("git/moved.yaml"),
    )
    .unwrap();
    assert!(export(&[]).stdout.contains("0 written, 3 as they were"));
    let edited = FLOW.replace("slug: lookup", "slug: lookup\nname: Edited");
    site.world.write("git/moved.yaml", &edited);
    let refused = export(&[]);
    assert!(
        refused.code == 2 && refused.stderr.contains("moved.yaml") && refused.stderr.contains("--force"),
        "{}",
        refused.stderr
    );
    assert_eq!(read("git/moved.yaml"), edited);
    assert_eq!(export(&["--force"]).code, 0);
    assert_eq!(read("git/moved.yaml"), FLOW);
    let drafts = export(&["--drafts"]);
    assert_eq!(drafts.code, 0, "{}", drafts.stderr);
    assert_eq!(read("git/flows/as-json.json"), json_flow.to_string());
    assert!(read("git/connections/main.yaml").contains("OUR_KEY"));
}

#[test]
fn the_token_goes_to_the_server_that_was_named_and_nowhere_else() {
    let site = Site::start();
    site.world.write("git/small.yaml", &small_flow("small"));
    let ran = site.apply(&["--yes", "--server", "http://callout.example"], 2);
    assert!(ran.stderr.contains("plain http") && ran.stderr.contains("--insecure-http"), "{}", ran.stderr);
    let ran = site.apply(&["--yes", "--server", "https://me:secret-word@callout.example"], 2);
    assert!(
        ran.stderr.contains("is not an address") && !ran.stderr.contains("secret-word"),
        "{}",
        ran.stderr
    );
    let elsewhere = Remote::start(Vec::new());
    let away = Remote::start(vec![Reply::redirect(307, &elsewhere.url("/v1/integrations"))]);
    let ran = site.apply(&["--yes", "--server", &away.url("")], 1);
    assert!(ran.stderr.contains("is the address right?"), "{}", ran.stderr);
    assert_eq!(elsewhere.connections(), 0);
    let viewer = site.server.with_role("viewer").token.unwrap();
    let world = World::new().with_env("CALLOUT_SERVER", &format!("http://{}", site.server.address));
    world.write("git/small.yaml", &small_flow("small"));
    let ran = world.callout(&["apply", "git", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("CALLOUT_TOKEN is not set"), "{}", ran.stderr);
    let world = world.with_env("CALLOUT_TOKEN", &viewer);
    let ran = world.callout(&["apply", "git", "--yes"]);
    assert!(ran.code == 1 && ran.stderr.contains("role-too-low"), "{}", ran.stderr);
    assert_eq!(site.admin.get("/v1/flows").json()["items"], json!([]));
    let address = site.server.address;
    drop(site);
    let ran = world.callout(&["apply", "git", "--yes", "--server", &format!("http://{address}")]);
    assert!(ran.code == 1 && ran.stderr.contains("connect"), "{}", ran.stderr);
}

#[test]
fn versions_of_an_integration_are_compared() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    let broken = crm(&remote, "").replace("required: [id]", "required: [id, tenant]").replace(
        "properties: { id: { type: string } }",
        "properties: { id: { type: string }, tenant: { type: string } }",
    );
    publish_integration(&site.admin, "crm", &broken);
    let ran = site.callout(&["integration", "diff", "crm", "1", "2"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let (breaking, flow) =
        (ran.stdout.find("breaking get: `tenant`"), ran.stdout.find("flow lookup, node call"));
    assert!(breaking.is_some() && breaking < flow, "{}", ran.stdout);
    let ran = site.callout(&["integration", "diff", "crm"]);
    assert!(ran.code == 0 && ran.stdout.contains("nothing differs"), "{}", ran.stdout);
    assert_eq!(site.callout(&["integration", "diff", "crm", "9"]).code, 1);
    for wrong in [["crm", "first"], ["Crm", "1"], ["./crm", "1"]] {
        assert_eq!(site.callout(&["integration", "diff", wrong[0], wrong[1]]).code, 2, "{wrong:?}");
    }
    site.world.write("git/next/crm.yaml", &broken);
    site.world.write("git/next/lookup.yaml", FLOW);
    let files = ["integration", "diff", "git/crm.integration.yaml", "git/next/crm.yaml", "--json"];
    let ran = site.callout(&files);
    let found = ran.json();
    assert_eq!(
        (ran.code, &found["breaking"], &found["changes"][0]["name"]),
        (1, &json!(true), &json!("tenant"))
    );
    assert_eq!(found["flows"][0]["calls"][0]["changes"][0]["name"], "tenant", "{found}");
    let same = site.callout(&["integration", "diff", "git/next/crm.yaml", "git/next/crm.yaml"]);
    assert!(same.code == 0 && same.stdout.contains("nothing differs"), "{}", same.stdout);
}
