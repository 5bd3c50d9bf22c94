//! The server as a process: how it starts, what it keeps, how it stops.

use std::net::TcpListener;

use callout_testkit::Client;
use serde_json::json;

use crate::people::settle;
use crate::server::{Server, small_flow};
use crate::world::World;

#[test]
fn a_first_start_prints_an_admins_token_once_and_what_was_written_stays() {
    let world = World::new();
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    assert!(token.starts_with("cot_") && token.len() == 47, "{token}");
    server.admin().publish(&small_flow("stays"));
    let log = server.stop();
    assert!(log.contains("shown only now") && !log.contains(&token), "{log}");

    let server = Server::start(&world);
    assert_eq!(server.first_token, None, "once");
    let answer = server.caller(&token).get("/v1/flows/stays");
    assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(1)));
    assert_eq!(server.caller(&token).get("/v1/tokens").json()["items"][0]["role"], "admin");
}

#[test]
fn tokens_can_be_made_without_a_server() {
    let world = World::new();
    let create = |more: &[&str]| world.callout(&[&["token", "create", "--data", "data"], more].concat());
    let made = create(&["--name", "ci", "--role", "editor", "--expires", "90d"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stderr.contains("expires at"));
    for (args, told) in [
        (&["--name", "ci", "--role", "editor"][..], "already"),
        (&["--name", "x", "--role", "owner"], "owner"),
        (&["--name", "", "--role", "viewer"], "--name"),
        (&["--name", "x", "--role", "viewer", "--expires", "soon"], "--expires"),
    ] {
        let ran = create(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    let server = Server::start(&world);
    assert_eq!(server.first_token, None, "the store has a token");
    let editor = server.caller(made.stdout.trim());
    assert_eq!(editor.get("/v1/flows").status, 200);
    assert_eq!(editor.get("/v1/tokens").status, 403);
    let ran = create(&["--name", "y", "--role", "viewer"]);
    assert_eq!(ran.code, 2, "the server has the store: {}", ran.stderr);
    assert!(ran.stderr.contains("data"), "{}", ran.stderr);
}

#[test]
fn a_stop_lets_requests_end_and_takes_no_new_connections() {
    let world = World::new();
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    let mut under_way = server.connect();
    let mut idle = server.connect();
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle.answer().unwrap().status, 200);
    let head = format!(
        "POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/yaml\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"
    );
    under_way.send(head.as_bytes());
    // The server has begun to read the body.
    assert!(under_way.until_continue());
    server.signal("TERM");
    assert!(idle.is_closed(), "an idle connection ends at once");
    under_way.send(b"kind: flow");
    let answer = under_way.answer().unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(under_way.is_closed());
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn a_stop_ends_without_those_who_take_too_long_and_a_second_signal_at_once() {
    let hanging = |server: &Server| {
        let mut client = server.connect();
        let token = server.first_token.as_ref().unwrap();
        let head = format!(
            "POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/yaml\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"
        );
        client.send(head.as_bytes());
        assert!(client.until_continue());
        client
    };
    let world = World::new().with_env("CALLOUT_SERVER_DRAIN_SECONDS", "0");
    let server = Server::start(&world);
    let client = hanging(&server);
    let log = server.stop();
    assert!(log.contains("still under way"), "{log}");
    drop(client);

    let world = World::new().with_env("CALLOUT_SERVER_DRAIN_SECONDS", "1000");
    let server = Server::start(&world);
    let mut idle = server.connect();
    let client = hanging(&server);
    server.signal("INT");
    assert!(idle.is_closed(), "the stop has begun");
    server.signal("INT");
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(130), "{log}");
    drop(client);
}

#[test]
fn what_cannot_start_says_why() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    world.write("a-file", "");
    for (args, told) in [
        (vec!["serve", "--listen", &address, "--data", "d"], address.as_str()),
        (vec!["serve", "--listen", "127.0.0.1:0", "--data", "a-file"], "a-file"),
        (vec!["serve", "--listen", "127.0.0.1:0", "--data", "a-file/below"], "a-file/below"),
        (vec!["serve", "--listen", "nowhere"], "--listen"),
        (vec!["serve", "--database", "postgres://x"], "not in this version"),
        (vec!["serve", "--config", "none.toml"], "none.toml"),
    ] {
        let ran = world.callout(&args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let _server = Server::start(&world);
    let second = Server::try_start(&world, &[]).unwrap_err();
    assert!(second.contains("data"), "one process has the folder: {second}");
}

#[test]
fn health_figures_and_the_log_tell_without_telling_secrets() {
    let world = World::new().with_env("CALLOUT_LOG_REQUESTS", "true");
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    let nobody = server.nobody();
    assert_eq!(nobody.get("/healthz").json()["status"], "ok");
    assert_eq!(nobody.get("/readyz").json()["status"], "ready");
    server.admin().get("/v1/flows/very-secret-slug?cursor=very-secret-query");
    let figures = nobody.get("/metrics");
    assert!(figures.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for told in [
        "callout_build_info{version=\"",
        "callout_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 1",
        "callout_http_requests_total{method=\"GET\",route=\"/v1/flows/{slug}\",status=\"4xx\"} 1",
        "callout_http_request_duration_seconds_bucket{le=\"0.001\",method=\"GET\",route=\"/healthz\"}",
        "callout_store_available 1",
        "callout_store_commits_total",
        "# EOF",
    ] {
        assert!(figures.text().contains(told), "{told}: {}", figures.text());
    }
    let log = server.stop();
    assert!(log.contains("route=\"/v1/flows/{slug}\" status=404"), "{log}");
    assert!(!log.contains("very-secret") && !log.contains(&token), "{log}");
}

#[test]
fn many_threads_serve_one_address() {
    let world = World::new().with_env("CALLOUT_SERVER_THREADS", "3");
    let server = Server::start(&world);
    let mut clients: Vec<Client> = (0..9).map(|_| server.connect()).collect();
    for _ in 0..2 {
        for client in &mut clients {
            client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for client in &mut clients {
            assert_eq!(client.answer().unwrap().status, 200);
        }
    }
    drop(clients);
    server.stop();
}

#[test]
fn the_address_that_a_first_start_prints_leads_to_a_first_member() {
    let world = World::new();
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    let address = format!("http://{}/setup#token={token}", server.address);
    assert_eq!(server.setup.as_deref(), Some(address.as_str()));
    let nobody = server.nobody();
    let needed = || nobody.get("/v1/setup").json();
    assert_eq!(needed(), json!({ "needed": true }));

    // As the page does it: with the token of the address, then as the member alone.
    let from_page = ("Sec-Fetch-Site", "same-origin");
    let body = json!({ "email": "ann@example.com", "role": "admin" }).to_string();
    let headers = [from_page, ("Content-Type", "application/json")];
    let made = server.caller(&token).ask("POST", "/v1/members", &headers, body.as_bytes());
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(needed(), json!({ "needed": false }));
    let ann = settle(&server, "default", "ann@example.com", made.json()["oneTimePassword"].as_str().unwrap());
    let who = ann.get("/v1/session").json();
    assert_eq!(
        (&who["kind"], &who["role"], &who["passwordDue"]),
        (&json!("member"), &json!("admin"), &json!(false))
    );
    assert_eq!(ann.get("/v1/flows").status, 200);
    let log = server.stop();
    assert!(!log.contains(&token), "{log}");

    let again = Server::start(&world);
    assert_eq!((&again.first_token, &again.setup), (&None, &None), "once");
    assert_eq!(again.nobody().get("/v1/setup").json(), json!({ "needed": false }));
}

#[test]
fn a_server_behind_a_name_prints_that_name_and_one_with_members_nothing() {
    let world = World::new().with_env("CALLOUT_SERVER_PUBLIC_URL", "https://callout.example/");
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    assert_eq!(server.setup, Some(format!("https://callout.example/setup#token={token}")));

    let world = World::new();
    let added = world.callout(&["member", "add", "ann@example.com", "--role", "admin", "--data", "data"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let server = Server::start(&world);
    assert!(server.first_token.is_some() && server.setup.is_none());

    // The members of another org do not count.
    let world = World::new();
    let server = Server::start(&world);
    let body = json!({ "name": "acme", "member": { "email": "ann@acme.example", "role": "admin" } });
    assert_eq!(server.admin().post("/v1/orgs", &body).status, 201);
    assert_eq!(server.nobody().get("/v1/setup").json(), json!({ "needed": true }));
}
