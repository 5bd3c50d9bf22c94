//! Members, as admins keep them.

use serde_json::json;

use crate::people::{member, settle};
use crate::server::{Server, problem};
use crate::world::World;

#[test]
fn members_are_added_listed_and_looked_at() {
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    let made =
        admin.post("/v1/members", &json!({ "email": "ann@example.com", "name": "Ann", "role": "editor" }));
    assert_eq!(made.status, 201);
    let again = admin.post("/v1/members", &json!({ "email": "ANN@example.com", "role": "viewer" }));
    assert_eq!((again.status, problem(&again).as_str()), (409, "member-taken"));
    let next = admin.post("/v1/members", &json!({ "email": "bob@example.com", "role": "viewer" }));
    assert_eq!(next.json()["name"], "bob");
    let page = admin.get("/v1/members?limit=1");
    assert_eq!(page.json()["items"][0]["email"], "ann@example.com");
    let cursor = page.json()["next"].as_str().unwrap().to_owned();
    let rest = admin.get(&format!("/v1/members?limit=1&cursor={cursor}"));
    assert_eq!(
        (&rest.json()["items"][0]["email"], &rest.json()["next"]),
        (&json!("bob@example.com"), &json!(null))
    );
    let path = format!("/v1/members/{}", made.json()["id"].as_str().unwrap());
    let shown = admin.get(&path);
    assert_eq!(shown.json(), page.json()["items"][0]);
    for text in [shown.text(), page.text()] {
        assert!(!text.contains("assword\":\"") && !text.contains("argon2"), "{text}");
    }
    for body in [
        json!({ "email": "nowhere", "role": "viewer" }),
        json!({ "email": "a@b c", "role": "viewer" }),
        json!({ "email": "c@example.com", "role": "owner" }),
        json!({ "email": "c@example.com", "role": "viewer", "name": " " }),
        json!({ "email": "c@example.com", "role": "viewer", "org": "other" }),
        json!({ "email": "c@example.com", "role": "viewer", "id": "mem_1" }),
        json!({ "email": "c@example.com", "role": "viewer", "password": "chosen by another" }),
    ] {
        let answer = admin.post("/v1/members", &body);
        assert_eq!((answer.status, problem(&answer).as_str()), (422, "body-invalid"), "{body}");
    }
    for body in [json!({ "email": "c@example.com" }), json!({ "org": "b" }), json!({ "name": "" })] {
        assert_eq!(admin.patch(&path, &body).status, 422, "{body}");
    }
}

#[test]
fn an_admin_is_left_whatever_members_do() {
    let world = World::new();
    let server = Server::start(&world);
    let token = server.admin();
    let ann = member(&server, &token, "ann@example.com", "admin");
    let path = |caller: &crate::server::Caller| {
        format!("/v1/members/{}", caller.get("/v1/session").json()["id"].as_str().unwrap())
    };
    let anns = path(&ann);
    let takes = [json!({ "role": "editor" }), json!({ "disabled": true })];
    for body in &takes {
        assert_eq!(problem(&ann.patch(&anns, body)), "member-own");
        assert_eq!(problem(&token.patch(&anns, body)), "member-last-admin");
    }
    assert_eq!(problem(&ann.delete(&anns)), "member-own");
    assert_eq!(problem(&token.delete(&anns)), "member-last-admin");
    assert_eq!(ann.patch(&anns, &json!({ "name": "Ann" })).status, 200, "their own name is theirs");
    let bob = member(&server, &ann, "bob@example.com", "admin");
    assert_eq!(bob.patch(&anns, &json!({ "role": "editor" })).status, 200);
    assert_eq!(problem(&ann.delete(&path(&bob))), "session-invalid", "ann's session ended with her role");
    assert_eq!(problem(&token.delete(&path(&bob))), "member-last-admin");
    let reset = token.patch(&path(&bob), &json!({ "resetPassword": true }));
    assert_eq!(reset.status, 200, "whoever is left may still be helped");
    let bob =
        settle(&server, "default", "bob@example.com", reset.json()["oneTimePassword"].as_str().unwrap());
    assert_eq!(bob.delete(&anns).status, 204);
}
