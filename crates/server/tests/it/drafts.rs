//! What the API tells of a draft to whoever draws it.

use serde_json::{Value, json};

use crate::saved::{crm, publish_integration};
use crate::server::Server;
use crate::world::World;
use callout_testkit::Remote;

fn names(variables: &Value) -> Vec<&str> {
    variables.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn the_variables_at_each_node_are_known_also_of_a_draft_that_is_half_drawn() {
    let remote = Remote::start(Vec::new());
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    admin.draft(
        "kind: flow\nslug: half\nstart: a\nnodes:\n  \
         a: { type: setVars, set: { n: 1 }, next: b }\n  \
         b: { type: apiCall, mode: integration, integrationSlug: crm, integrationVersion: 1, operationKey: get, cases: [{ on: 2xx }], next: c }\n  \
         c: { type: soon, next: d }\n  d: { type: end }\n",
    );
    let viewer = server.with_role("viewer");
    let at = viewer.get("/v1/flows/half/draft/variables");
    assert_eq!(at.status, 200, "{}", at.text());
    let at = at.json();
    assert_eq!(at["complete"], true);
    assert_eq!(at["nodes"]["b"], json!([{ "name": "n", "certain": true, "setBy": ["a"], "type": "number" }]));
    let end = names(&at["nodes"]["d"]);
    assert!(
        end.starts_with(&["n", "integrationStatus"]) && end.len() > 4,
        "the operation's own outputs count: {end:?}"
    );
    let one = viewer.get("/v1/flows/half/draft/variables?node=b").json();
    assert_eq!(one["nodes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    admin.put_yaml("/v1/flows/broken/draft", "nodes: [a: {");
    assert_eq!(viewer.get("/v1/flows/broken/draft/variables").json()["nodes"], json!({}));
    assert_eq!(viewer.get("/v1/flows/never/draft/variables").status, 404);
}
