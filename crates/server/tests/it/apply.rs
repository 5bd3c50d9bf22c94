//! `callout apply`, with a real server.

use std::sync::atomic::{AtomicBool, Ordering};

use callout_testkit::{Remote, Reply};
use serde_json::{Value, json};

use crate::saved::{FLOW, crm, start};
use crate::server::small_flow;
use crate::site::{CONNECTION, Site, before, before_tls, crm_remote};
use crate::world::World;

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
fn someone_at_a_terminal_is_asked() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    let there = site.there();
    for no in ["n\n", "\n", "yesterday\n"] {
        let ran = site.world.callout_at_terminal(&["apply", "git"], no);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("[y/N]") && ran.stderr.contains("nothing was done"), "{}", ran.stderr);
    }
    let unseen = site.world.callout_at_terminal(&["apply", "git", "--json"], "y\n");
    assert_eq!((unseen.code, site.there()), (2, there), "a plan that was not shown is not asked about");
    let ran = site.world.callout_at_terminal(&["apply", "git"], "y\n");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(site.version("/v1/flows/lookup"), 1);
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
fn flows_that_go_to_each_other_come_together() {
    let site = Site::start();
    let going = |slug: &str, to: &str| {
        format!(
            "kind: flow\nslug: {slug}\ntrigger: {{ type: api }}\nstart: a\nnodes:\n  \
             a: {{ type: goToFlow, flow: {to}, mode: jump }}\n"
        )
    };
    site.world.write("git/first.yaml", &going("first", "second"));
    site.world.write("git/second.yaml", &going("second", "first"));
    site.apply(&["--yes"], 0);
    assert_eq!([site.version("/v1/flows/first"), site.version("/v1/flows/second")], [1, 1]);
    site.world.write("git/first.yaml", &going("first", "fourth"));
    site.world.write("git/second.yaml", &going("second", "third"));
    let ran = site.apply(&["--yes"], 2);
    assert!(ran.stderr.contains("third") && ran.stderr.contains("fourth"), "all is told: {}", ran.stderr);
    assert_eq!(site.version("/v1/flows/second"), 1);
}

#[test]
fn an_integration_that_was_removed_goes_on_counting() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    assert_eq!(site.admin.delete("/v1/integrations/crm").status, 204);
    site.world.write("git/crm.integration.yaml", &crm(&remote, "# again\n"));
    let ran = site.apply(&["--yes"], 1);
    assert!(ran.stderr.contains("became version 2, where 1 was to be expected"), "{}", ran.stderr);
    assert!(site.apply(&["--yes"], 0).stdout.contains("4 unchanged"));
}

#[test]
fn a_server_with_a_certificate_of_the_house_is_trusted_where_its_authority_is_named() {
    let site = Site::start();
    site.world.write("git/small.yaml", &small_flow("small"));
    let front = before_tls(&site.server);
    let url = front.url("");
    let ran = site.apply(&["--yes", "--server", &url], 1);
    assert!(ran.stderr.contains("[egress] ca_file"), "{}", ran.stderr);
    site.world.write("ca.pem", &front.ca_pem());
    site.world.write("house.toml", "[egress]\nca_file = \"ca.pem\"\n");
    site.apply(&["--yes", "--server", &url, "--config", "house.toml"], 0);
    assert_eq!(site.version("/v1/flows/small"), 1);
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
