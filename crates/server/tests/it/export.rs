//! `callout export DIR` and `callout integration diff`, with a real server.

use serde_json::json;

use crate::saved::{FLOW, KEY, connect, crm, publish_integration};
use crate::site::{Site, crm_remote};

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
