//! Where a flow's nodes are drawn: kept, and of no weight for versions, differences and runs.

use serde_json::json;

use crate::server::{Server, small_flow};
use crate::site::{Site, crm_remote};
use crate::world::World;

fn drawn(slug: &str, x: &str) -> String {
    format!("{}layout: {{ a: {{ x: {x}, y: -40.5 }}, gone: {{ x: 0, y: 0 }} }}\n", small_flow(slug))
}

#[test]
fn nodes_that_are_moved_make_no_version_and_no_difference() {
    let world = World::new();
    let server = Server::start(&world);
    let editor = server.with_role("editor");
    let written = editor.draft(&drawn("drawn", "120"));
    assert_eq!(written.json()["problems"], json!([]), "{}", written.text());
    let as_json = editor.ask("GET", "/v1/flows/drawn/draft", &[("Accept", "application/json")], b"").json();
    assert_eq!(as_json["layout"], json!({ "a": { "x": 120, "y": -40.5 }, "gone": { "x": 0, "y": 0 } }));
    assert_eq!(editor.publish(&drawn("drawn", "120"))["new"], true);

    // As an editor writes it: JSON, and a node elsewhere.
    let mut moved = as_json.clone();
    moved["layout"]["a"]["x"] = json!(480);
    for moved in [moved, {
        let mut none = as_json.clone();
        none.as_object_mut().unwrap().remove("layout");
        none
    }] {
        let written = editor.put("/v1/flows/drawn/draft", &moved);
        assert_eq!(
            (written.status, &written.json()["flow"]["changed"]),
            (200, &json!(false)),
            "{}",
            written.text()
        );
        assert_eq!(editor.get("/v1/flows/drawn").json()["changed"], false);
        let diff = editor.get("/v1/flows/drawn/diff").json();
        assert_eq!((&diff["same"], &diff["fields"]), (&json!(true), &json!([])), "{diff}");
        assert_eq!(editor.get("/v1/flows/drawn/draft").json(), moved, "it is kept where it was put");
        let again = editor.ask("POST", "/v1/flows/drawn/publish", &[], b"").json();
        assert_eq!((&again["version"], &again["new"]), (&json!(1), &json!(false)));
    }
    let mut more = as_json;
    more["nodes"]["a"]["set"]["n"] = json!(2);
    let written = editor.put("/v1/flows/drawn/draft", &more);
    assert_eq!(written.json()["flow"]["changed"], true);
    let back = editor.draft(&drawn("drawn", "120"));
    assert_eq!(back.json()["flow"]["changed"], false, "what was published, written back");
    assert_eq!(editor.put("/v1/flows/drawn/draft", &more).status, 200);
    assert_eq!(editor.ask("POST", "/v1/flows/drawn/publish", &[], b"").json()["version"], 2);
    let run = editor.post("/v1/flows/drawn/runs?wait=10s", &json!({ "event": { "name": "x" } }));
    assert_eq!(run.json()["result"], json!({ "n": 2 }), "{}", run.text());
}

#[test]
fn a_layout_that_is_none_is_told_of_at_its_place() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    for (layout, at, code) in [
        ("[]", "layout", "wrong-type"),
        ("{ a: 7 }", "layout.a", "wrong-type"),
        ("{ a: { x: left, y: 0 } }", "layout.a.x", "wrong-type"),
        ("{ a: { x: 1 } }", "layout.a.y", "missing-key"),
        ("{ a: { x: 1, y: 1, z: 1 } }", "layout.a.z", "unknown-key"),
    ] {
        let written =
            admin.put_yaml("/v1/flows/odd/draft", &format!("{}layout: {layout}\n", small_flow("odd")));
        let found = written.json()["problems"][0].clone();
        assert_eq!((&found["at"], &found["code"]), (&json!(at), &json!(code)), "{layout}: {found}");
    }
}

#[test]
fn a_folder_without_a_layout_leaves_the_one_there() {
    let remote = crm_remote();
    let site = Site::with_folder(&remote);
    site.apply(&["--yes"], 0);
    site.admin.draft(&drawn("small", "7"));
    let again = site.apply(&["--yes"], 0);
    assert!(again.stdout.contains("4 unchanged"), "{}", again.stdout);
    assert!(site.admin.get("/v1/flows/small/draft").text().contains("layout"));
    // One of its own counts, and makes no version either.
    site.world.write("git/flows/small.yaml", &drawn("small", "9"));
    let ran = site.apply(&["--yes"], 0);
    assert!(ran.stdout.contains("its draft goes back to version 1"), "{}", ran.stdout);
    assert!(site.admin.get("/v1/flows/small/draft").text().contains("x: 9"));
    assert_eq!(site.version("/v1/flows/small"), 1);
    assert!(site.apply(&["--yes"], 0).stdout.contains("4 unchanged"));
}
