//! A stop under load: nothing new is sent, what is under way is answered and recorded, the rest goes on later.

use callout_testkit::{Client, Remote, Reply, Signal};
use serde_json::{Value, json};

use crate::runs::{SLEEPING, over};
use crate::server::{Caller, Server, problem};
use crate::world::World;

/// Runs under way when the stop comes.
const RUNS: usize = 8;

/// A remote that answers on `/first` only once the signal was given, and at once elsewhere.
fn remote_that_waits(go_on: &Signal) -> Remote {
    let until = go_on.clone();
    Remote::serve(move |request| {
        let reply = Reply::json(200, "{}");
        if request.path() == "/first" { reply.after(&until) } else { reply }
    })
}

/// Two calls, one after the other.
fn two_calls(remote: &Remote, first: &str, second: &str) -> String {
    let call = |node: &str, method: &str, next: &str| {
        let url = remote.url(&format!("/{node}"));
        format!("  {node}: {{ type: apiCall, mode: http, method: {method}, url: '{url}', next: {next} }}\n")
    };
    format!(
        "kind: flow\nslug: two\nname: Two\ntrigger: {{ type: event, event: go }}\nstart: first\nnodes:\n{}{}  \
         done: {{ type: end }}\n",
        call("first", first, "second"),
        call("second", second, "done")
    )
}

fn accept(caller: &Caller) -> String {
    let answer = caller.post("/v1/events", &json!({ "name": "go" }));
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["runs"][0]["id"].as_str().unwrap().to_owned()
}

/// Tells the server to stop; done when it has begun to.
fn stop(server: &Server) {
    let mut idle = idle(server);
    server.signal("TERM");
    assert!(idle.is_closed(), "the stop has begun");
}

fn idle(server: &Server) -> Client {
    let mut idle = server.connect();
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle.answer().unwrap().status, 200);
    idle
}

fn outcomes(record: &Value) -> Vec<&str> {
    let steps = record["steps"].as_array().unwrap().iter();
    steps.filter_map(|step| step["outcome"].as_str()).collect()
}

fn paths(remote: &Remote) -> (usize, usize) {
    let requests = remote.requests();
    let firsts = requests.iter().filter(|request| request.path() == "/first").count();
    (firsts, requests.len() - firsts)
}

#[test]
fn calls_under_way_are_recorded_and_nothing_new_is_sent() {
    let go_on = Signal::new();
    let remote = remote_that_waits(&go_on);
    let world = World::new();
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    let admin = server.admin();
    admin.publish(&two_calls(&remote, "POST", "POST"));
    let runs: Vec<String> = (0..RUNS).map(|_| accept(&admin)).collect();
    // One whose caller waits, and was told nothing yet; and one whose caller waits for a run that sleeps.
    admin.publish(SLEEPING);
    let wait_for = |flow: &str| {
        let (admin, path) = (admin.clone(), format!("/v1/flows/{flow}/runs?wait=100s"));
        std::thread::spawn(move || admin.post(&path, &json!({})))
    };
    let (waiting, asleep) = (wait_for("two"), wait_for("sleeps"));
    (0..=RUNS).for_each(|_| drop(remote.next_request()));
    while admin.get("/v1/runs?status=waiting").json()["items"] == json!([]) {}
    stop(&server);
    go_on.give();
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("stopped") && !log.contains("still under way"), "{log}");
    assert_eq!(paths(&remote), (RUNS + 1, 0), "nothing was sent after the signal");
    let told = waiting.join().unwrap();
    assert_eq!((told.status, &told.json()["status"]), (202, &json!("running")), "{}", told.text());

    assert_eq!(asleep.join().unwrap().json()["status"], "waiting");

    let server = Server::start(&world);
    let admin = server.caller(&token);
    let waited = told.json()["id"].as_str().unwrap().to_owned();
    for run in runs.iter().chain([&waited]) {
        let record = over(&server, &admin, run);
        assert_eq!(outcomes(&record), ["200", "200"], "{record:#}");
        let attempts = |step: &Value| step["attempts"].as_array().unwrap().len();
        assert!(record["steps"].as_array().unwrap().iter().all(|step| attempts(step) <= 1), "{record:#}");
    }
    assert_eq!(paths(&remote), (RUNS + 1, RUNS + 1), "each call was sent once");
    server.stop();
}

#[test]
fn a_second_signal_ends_at_once_and_the_next_start_knows_what_was_under_way() {
    for (first, outcome, sent) in [("POST", "unknown", RUNS), ("PUT", "200", 2 * RUNS)] {
        let (never, again) = (Signal::new(), Signal::new());
        let (until, since) = (never.clone(), again.clone());
        let remote = Remote::serve(move |request| {
            let reply = Reply::json(200, "{}");
            if request.path() == "/first" && !since.is_given() { reply.after(&until) } else { reply }
        });
        let world = World::new().with_env("CALLOUT_SERVER_DRAIN_SECONDS", "1000");
        let server = Server::start(&world);
        let token = server.first_token.clone().unwrap();
        server.admin().publish(&two_calls(&remote, first, "GET"));
        let runs: Vec<String> = (0..RUNS).map(|_| accept(&server.admin())).collect();
        (0..RUNS).for_each(|_| drop(remote.next_request()));
        stop(&server);
        server.signal("TERM");
        let (status, log) = server.ended();
        assert_eq!(status.code(), Some(130), "{log}");
        again.give();
        let server = Server::start(&world);
        let admin = server.caller(&token);
        for run in &runs {
            let record = over(&server, &admin, run);
            assert_eq!(outcomes(&record), [outcome, "200"], "{record:#}");
        }
        assert_eq!(paths(&remote), (sent, RUNS), "{first}");
        server.stop();
        never.give();
    }
}

#[test]
fn a_call_that_outlasts_the_drain_is_left_to_the_next_start() {
    let never = Signal::new();
    let remote = remote_that_waits(&never);
    let world = World::new().with_env("CALLOUT_SERVER_DRAIN_SECONDS", "0");
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    server.admin().publish(&two_calls(&remote, "POST", "GET"));
    let run = accept(&server.admin());
    remote.next_request();
    let log = server.stop();
    assert!(log.contains("goes on with them") || log.contains("go on with them"), "{log}");
    let server = Server::start(&world);
    let record = over(&server, &server.caller(&token), &run);
    assert_eq!(outcomes(&record), ["unknown", "200"], "{record:#}");
    never.give();
}

#[test]
fn what_comes_during_a_stop_is_refused_in_words() {
    let go_on = Signal::new();
    let remote = remote_that_waits(&go_on);
    let world = World::new();
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(&two_calls(&remote, "GET", "GET"));
    accept(&admin);
    remote.next_request();
    // Its head has come before the stop, its body comes after.
    let mut late = server.connect();
    late.send(
        format!(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: 13\r\n\r\n",
            admin.token.as_ref().unwrap()
        )
        .as_bytes(),
    );
    assert!(late.until_continue());
    stop(&server);
    late.send(br#"{"name":"go"}"#);
    let answer = late.answer().unwrap();
    assert_eq!((answer.status, problem(&answer).as_str()), (503, "stopping-now"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(Client::try_connect(server.address).is_none(), "nobody new is taken");
    go_on.give();
    server.ended();
}
