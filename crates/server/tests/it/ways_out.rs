//! An org's own way out: the address that its calls leave from, and its proxy. Test calls leave the same way.

use std::net::IpAddr;

use callout_testkit::{Remote, Reply, TunnelProxy, TunnelReply};
use serde_json::{Value, json};

use crate::saved::{FLOW, connect, crm, publish_integration, start};
use crate::server::{Server, problem};
use crate::world::World;

fn settings(egress: Value) -> Value {
    json!({ "retention": {}, "egress": egress })
}

#[test]
fn calls_and_tests_of_an_org_leave_from_its_address() {
    let remote = Remote::serve(|_| Reply::json(200, r#"{"name":"Ada"}"#));
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    publish_integration(&admin, "crm", &crm(&remote, ""));
    connect(&admin);
    admin.publish(FLOW);
    let event = || json!({ "name": "go", "id": "7" });
    start(&server, &admin, "lookup", event());
    let set = admin.put("/v1/settings", &settings(json!({ "sourceAddress": "127.0.0.9" })));
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(admin.get("/v1/settings").json()["egress"]["sourceAddress"], "127.0.0.9");
    start(&server, &admin, "lookup", event());
    let node = json!({ "type": "apiCall", "mode": "http", "url": remote.url("/plain") });
    assert_eq!(admin.post("/v1/calls/test", &json!({ "node": node })).json()["status"], 200);
    assert_eq!(admin.post("/v1/connections/main/verify", &json!({})).json()["ok"], true);
    let peers: Vec<IpAddr> = remote.requests().iter().map(|request| request.peer.ip()).collect();
    let own: IpAddr = "127.0.0.9".parse().unwrap();
    assert_eq!(peers.len(), 4);
    assert_ne!(peers[0], own);
    assert_eq!(peers[1..], [own; 3]);
    assert_eq!(admin.put("/v1/settings", &settings(json!({}))).status, 200);
    start(&server, &admin, "lookup", event());
    assert_ne!(remote.requests().last().unwrap().peer.ip(), own);
}

#[test]
fn an_orgs_proxy_opens_its_tunnels_and_another_org_has_none_of_it() {
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let remote = Remote::serve(|_| Reply::json(200, r#"{"name":"Ada"}"#));
    let world = World::new();
    world.write(
        "callout.toml",
        "[egress]\nallow = [{ host = \"127.0.0.2\", cidr = \"127.0.0.2/32\" }, { host = \"127.0.0.3\", cidr = \"127.0.0.3/32\" }]\n\
         http_hosts = [\"127.0.0.2\"]\n",
    );
    let server = Server::start(&world);
    let admin = server.admin();
    let set = admin.put("/v1/settings", &settings(json!({ "proxy": proxy.url() })));
    assert_eq!(set.status, 200, "{}", set.text());
    let node = json!({ "type": "apiCall", "mode": "http", "url": remote.url("/plain") });
    assert_eq!(admin.post("/v1/calls/test", &json!({ "node": node })).json()["status"], 200);
    assert_eq!(proxy.heads(), [format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", remote.address())]);
    for (egress, at) in [
        (json!({ "proxy": "https://proxy.example" }), "egress.proxy"),
        (json!({ "proxy": "http://ada:secret@127.0.0.3:1" }), "egress.proxy"),
        (json!({ "proxy": "http://127.0.0.1:3128" }), "egress.proxy"),
        (json!({ "sourceAddress": "198.51.100.1" }), "egress.sourceAddress"),
        (json!({ "sourceAddress": "here" }), "egress.sourceAddress"),
    ] {
        let refused = admin.put("/v1/settings", &settings(egress));
        assert_eq!((refused.status, problem(&refused).as_str()), (422, "body-invalid"), "{}", refused.text());
        assert!(refused.text().contains(at), "{}", refused.text());
        assert!(!refused.text().contains("secret"), "{}", refused.text());
    }
}
