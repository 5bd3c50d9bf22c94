//! The examples run as they are, against their own upstream.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{Ran, World};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Starts the upstream on a free port and copies the examples, pointed at it, into a world.
fn world_with_examples() -> World {
    let (tell, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().port()).unwrap();
            example_upstream::serve(listener).await.unwrap();
        });
    });
    let port = port.recv().unwrap();
    let world = World::new();
    for name in ["caller-lookup", "status-routing", "profile-push", "order-status", "promotion"] {
        let flow = std::fs::read_to_string(examples().join(name).join("flow.yaml")).unwrap();
        assert!(flow.contains("127.0.0.2:7070"), "{name}");
        world.write(&format!("{name}/flow.yaml"), &flow.replace(":7070", &format!(":{port}")));
    }
    for file in ["flow.yaml", "integration.yaml", "connection.yaml"] {
        let name = format!("queue-length/{file}");
        let text = std::fs::read_to_string(examples().join(&name)).unwrap();
        world.write(&name, &text.replace(":7070", &format!(":{port}")));
    }
    world
}

fn run(world: &World, example: &str, event: &str, more: &[&str]) -> Ran {
    let event = examples().join(example).join("events").join(format!("{event}.json"));
    let flow = format!("{example}/flow.yaml");
    let mut args = vec!["run", &flow, "--event", event.to_str().unwrap(), "--json"];
    args.extend(more);
    world.callout(&args)
}

fn path_of(record: &Value) -> Vec<&str> {
    record["steps"].as_array().unwrap().iter().map(|step| step["node"].as_str().unwrap()).collect()
}

#[test]
fn the_caller_is_found_unknown_or_too_slow() {
    let world = world_with_examples();
    let known = run(&world, "caller-lookup", "known", &[]).json();
    assert_eq!(path_of(&known), ["lookup", "pop", "done"]);
    let pop = &known["effects"][0];
    assert_eq!(pop["data"]["title"], "Ada Lovelace");
    assert_eq!(pop["data"]["url"], "https://crm.example/contacts/c-1815");
    assert_eq!((&pop["type"], &pop["to"]), (&"screenPop".into(), &"agent-7".into()));
    let unknown = run(&world, "caller-lookup", "unknown", &[]).json();
    assert_eq!(path_of(&unknown), ["lookup", "unknownCaller", "done"]);
    let slow = run(&world, "caller-lookup", "slow", &[]).json();
    assert_eq!(path_of(&slow), ["lookup", "apology", "people", "done"]);
    assert!(slow["effects"][0]["data"]["text"].as_str().unwrap().starts_with("Wir"));
    assert_eq!(slow["effects"][1]["data"]["note"], "The CRM did not answer (timeout).");
}

#[test]
fn every_outcome_of_the_board_has_its_way() {
    let world = world_with_examples();
    for (event, node) in [
        ("200", "open"),
        ("400", "badRequest"),
        ("401", "notAllowed"),
        ("404", "missing"),
        ("503", "busy"),
        ("418", "elsewhere"),
        ("slow", "slow"),
        ("drop", "broken"),
        ("nothing", "broken"),
    ] {
        let record = run(&world, "status-routing", event, &[]).json();
        assert_eq!(path_of(&record)[1], node, "{event}");
    }
    let open = run(&world, "status-routing", "200", &[]).json();
    assert_eq!(open["effects"][0]["data"]["text"], "The board is open in eu, us, ap, south  east.");
    let full = world_with_examples().with_env("CALLOUT_EGRESS_MAX_CONNECTIONS", "0");
    assert_eq!(path_of(&run(&full, "status-routing", "200", &[]).json())[1], "crowded");
}

#[test]
fn the_profile_goes_with_and_without_the_user() {
    let world = world_with_examples();
    let contact = examples().join("profile-push/contact.json");
    let record = run(&world, "profile-push", "campaign", &["--contact", contact.to_str().unwrap()]).json();
    assert_eq!(record["result"]["seen"], "crm-1815");
    let body = |step: usize| -> Value {
        serde_json::from_str(record["steps"][step]["request"]["body"].as_str().unwrap()).unwrap()
    };
    assert_eq!(body(0)["path"], 42);
    assert_eq!(body(0)["run"], record["id"]);
    assert_eq!(body(0)["extra"]["campaign"], "He said \"hello\"");
    assert_eq!(body(0)["user"]["phone_number"], "+442079460018");
    assert_eq!(body(0)["user"]["time_zone"], "Europe/London");
    assert_eq!(body(1).get("user"), None);
}

#[test]
fn an_order_is_found_by_path_and_used_in_a_second_call() {
    let world = world_with_examples();
    let record = run(&world, "order-status", "shipped", &[]).json();
    assert_eq!(path_of(&record), ["order", "quote", "tell", "done"], "{record:#}");
    assert_eq!(
        record["effects"][0]["data"]["text"].as_str().unwrap().trim_end(),
        "Order A-1001/7 is shipped with Royal Mail.\n3 × PUNCH-80, 200 × CARD-8\nA refund would be 129.9 GBP."
    );
    let missing = run(&world, "order-status", "not-found", &[]).json();
    assert_eq!(path_of(&missing), ["order", "notFound", "done"]);
    assert!(missing["steps"][0]["request"]["url"].as_str().unwrap().ends_with("/orders/..%2Fadmin"));
}

#[test]
fn a_promotion_goes_on_either_way() {
    let world = world_with_examples();
    for (event, sent) in [("cart", true), ("opted-out", false)] {
        assert_eq!(run(&world, "promotion", event, &[]).code, 3);
        let record = run(&world, "promotion", event, &["--skip-waits"]).json();
        assert_eq!(path_of(&record), ["send", "later", "thanks", "done"]);
        assert_eq!(record["result"]["sent"], sent);
    }
}

#[test]
fn the_queue_is_counted_by_a_saved_integration() {
    let world = world_with_examples().with_env("DESK_API_TOKEN", "example-token-not-secret");
    for (event, path) in [
        ("long", ["count", "tell", "people", "done"].as_slice()),
        ("empty", &["count", "next", "people", "done"]),
        ("unknown", &["count", "people", "done"]),
    ] {
        let record = run(&world, "queue-length", event, &[]).json();
        assert_eq!(path_of(&record), path, "{event}: {record:#}");
        assert!(!record.to_string().contains("example-token"), "{record:#}");
    }
    let long = run(&world, "queue-length", "long", &[]).json();
    assert_eq!(long["effects"][0]["data"]["text"], "There are ~700 requests before yours.");
    assert_eq!(long["result"]["waiting"], 719);
    let other = world_with_examples().with_env("DESK_API_TOKEN", "some-other-token");
    let record = run(&other, "queue-length", "long", &[]).json();
    assert_eq!(path_of(&record), ["count", "broken", "done"]);
    // What `make run` posts is the connection of the file, with its secret.
    let text = std::fs::read_to_string(examples().join("queue-length/connection.json")).unwrap();
    let posted: Value = serde_json::from_str(&text).unwrap();
    let file = std::fs::read_to_string(examples().join("queue-length/connection.yaml")).unwrap();
    for key in ["id", "name", "integrationSlug"] {
        assert!(file.contains(&format!("\n{key}: {}\n", posted[key].as_str().unwrap())), "{key}");
    }
}

#[test]
fn the_examples_check_without_an_error() {
    let folder = examples();
    let config = folder.join("callout.toml");
    let ran =
        World::new().callout(&["check", folder.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}
