//! A disk that fills up, turns read-only or fails under the real server: clear refusals, nothing lost, and no restart.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use callout_testkit::{Remote, Reply, Signal};
use serde_json::json;

use crate::runs::over;
use crate::server::{Caller, Server, problem, small_flow};
use crate::world::World;

/// How long something that must come may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Runs that are under way when the disk fails.
const RUNS: usize = 3;
/// Set for a test that has its mounts to itself.
const OWN_MOUNTS: &str = "CALLOUT_TEST_OWN_MOUNTS";

/// Runs the test again in a process that may mount, and whose mounts end with it.
fn with_own_mounts(test: &str, body: impl FnOnce()) {
    if std::env::var_os(OWN_MOUNTS).is_some() {
        return body();
    }
    let unshare = |how: &str| {
        let mut command = Command::new("unshare");
        command.arg(how);
        command
    };
    let may = |how: &&str| unshare(how).arg("true").output().is_ok_and(|ran| ran.status.success());
    let how = ["-m", "-rm"].into_iter().find(may).expect(
        "this test needs a small disk of its own: run it as root, or where `unshare -rm` works (user namespaces)",
    );
    let ran = unshare(how)
        .arg(std::env::current_exe().unwrap())
        .args([&format!("disk::{test}"), "--exact", "--nocapture"])
        .env(OWN_MOUNTS, "1")
        .status();
    assert!(ran.unwrap().success(), "{test} failed in its own process, above");
}

/// A small disk at the world's folder `data`.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(world: &World) -> Self {
        let folder = world.path().join("data");
        std::fs::create_dir(&folder).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs"]).arg(&folder));
        Self(folder)
    }

    fn remount(&self, how: &str) {
        run(Command::new("mount").args(["-o", &format!("remount,bind,{how}")]).arg(&self.0));
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        loop {
            match filler.write(&[0; 4096]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

fn run(command: &mut Command) {
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Faults under files that are open; see `disk/faults.c`.
struct Faults(PathBuf);

impl Faults {
    /// A world whose server's changes to its data folder can be made to fail.
    fn world() -> (World, Self) {
        let world = World::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/disk/faults.c");
        let library = world.path().join("faults.so");
        run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]));
        let folder = world.path().canonicalize().unwrap();
        let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
        let world = world
            .with_env("LD_PRELOAD", &text(library))
            .with_env("FAULTS", &text(folder.clone()))
            .with_env("FAULTS_UNDER", &text(folder.join("data")));
        (world, Self(folder))
    }

    fn begin(&self, fault: &str) {
        File::create(self.0.join(fault)).unwrap();
    }

    fn end(&self, fault: &str) {
        std::fs::remove_file(self.0.join(fault)).unwrap();
    }
}

/// Asks, says when it may be answered, then writes, and says something.
fn flow(remote: &Remote) -> String {
    let call = |node: &str, method: &str, next: &str| {
        let url = remote.url(&format!("/{node}"));
        format!("  {node}: {{ type: apiCall, mode: http, method: {method}, url: '{url}', next: {next} }}\n")
    };
    format!(
        "kind: flow\nslug: writes\nname: Writes\ntrigger: {{ type: event, event: go }}\nstart: ask\nnodes:\n{}{}  \
         say: {{ type: message, to: host, text: 'said', next: done }}\n  done: {{ type: end }}\n",
        call("ask", "GET", "write"),
        call("write", "POST", "say")
    )
}

fn accept(caller: &Caller) -> String {
    let answer = caller.post("/v1/events", &json!({ "name": "go" }));
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()["runs"][0]["id"].as_str().unwrap().to_owned()
}

/// Everything that would write is refused, and says why and what to do; what is there can be read.
fn refuses(server: &Server, caller: &Caller, run: &str, why: &str) {
    let event = json!({ "name": "go" });
    let start = json!({ "event": event });
    for answer in [
        caller.post("/v1/events", &event),
        caller.post("/v1/flows/writes/runs", &start),
        caller.put_yaml("/v1/flows/other/draft", &small_flow("other")),
        server.nobody().get("/readyz"),
    ] {
        assert_eq!((answer.status, problem(&answer).as_str()), (503, "store-unavailable"));
        assert_eq!(answer.header("retry-after"), Some("1"));
        let told = answer.json();
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(why) && !detail.contains("callout.db"), "{told}");
        assert!(told["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{told}");
    }
    assert_eq!(server.nobody().get("/healthz").status, 200);
    assert_eq!(caller.get(&format!("/v1/runs/{run}")).json()["status"], "running");
    assert!(server.nobody().get("/metrics").text().contains("callout_store_available 0"));
}

/// Runs are under way, the disk fails, the calls are answered, the disk is mended: all goes on, once.
fn withstands(world: &World, fail: impl FnOnce(), mend: impl FnOnce(), why: &str) {
    let go_on = Signal::new();
    let until = go_on.clone();
    let remote = Remote::serve(move |request| {
        let reply = Reply::json(200, "{}");
        if request.path() == "/ask" { reply.after(&until) } else { reply }
    });
    let server = Server::start(world);
    let caller = server.admin();
    caller.publish(&flow(&remote));
    let runs: Vec<String> = (0..RUNS).map(|_| accept(&caller)).collect();
    (0..RUNS).for_each(|_| drop(remote.next_request()));

    fail();
    refuses(&server, &caller, &runs[0], why);
    go_on.give();
    // The answers are there, and the intents of the writes wait for the disk.
    until_queued(&server, RUNS);
    refuses(&server, &caller, &runs[0], why);
    assert_eq!(remote.requests().len(), RUNS, "no write leaves that is not recorded");

    mend();
    for run in &runs {
        let record = over(&server, &caller, run);
        assert_eq!(record["status"], "completed", "{record:#}");
        assert_eq!(record["steps"][0]["attempts"].as_array().unwrap().len(), 1, "{record:#}");
        assert_eq!(
            (&record["steps"][1]["outcome"], &record["effects"][0]["data"]["text"]),
            (&json!("200"), &json!("said"))
        );
    }
    assert_eq!(remote.requests().iter().filter(|request| request.method == "POST").count(), RUNS);
    assert_eq!(server.nobody().get("/readyz").status, 200);
    let after = accept(&caller);
    assert_eq!(over(&server, &caller, &after)["status"], "completed");
    let log = server.stop();
    assert!(log.contains("the store cannot be written") && log.contains("can be written again"), "{log}");
}

/// Waits until so many records wait for the writer.
fn until_queued(server: &Server, count: usize) {
    let begun = Instant::now();
    let queued = || {
        let figures = server.nobody().get("/metrics");
        let line = figures.text().lines().find_map(|line| line.strip_prefix("callout_store_queued "));
        line.unwrap().parse::<usize>().unwrap()
    };
    while queued() < count {
        assert!(begun.elapsed() < PATIENCE, "the runs did not come to their records");
    }
}

#[test]
fn a_disk_that_is_full_refuses_what_is_new_and_loses_nothing() {
    with_own_mounts("a_disk_that_is_full_refuses_what_is_new_and_loses_nothing", || {
        let world = World::new();
        let disk = SmallDisk::mount(&world);
        withstands(&world, || disk.fill(), || disk.make_room(), "is full; free space");
    });
}

#[test]
fn a_disk_that_turns_read_only_refuses_what_is_new_and_loses_nothing() {
    let (world, faults) = Faults::world();
    withstands(&world, || faults.begin("read-only"), || faults.end("read-only"), "may be read-only");
}

#[test]
fn a_folder_that_cannot_be_written_at_the_start_is_told() {
    with_own_mounts("a_folder_that_cannot_be_written_at_the_start_is_told", || {
        let world = World::new();
        let disk = SmallDisk::mount(&world);
        let start = |why: &str| {
            let ran = world.callout(&["serve", "--listen", "127.0.0.1:0", "--data", "data"]);
            assert_eq!(ran.code, 2, "{}", ran.stderr);
            assert!(
                ran.stderr.contains("data folder data") && ran.stderr.to_lowercase().contains(why),
                "{}",
                ran.stderr
            );
        };
        disk.remount("ro");
        start("read-only");
        disk.remount("rw");
        disk.fill();
        start("free space");
        disk.make_room();

        let never = Signal::new();
        let remote = Remote::start(vec![Reply::json(200, "{}").after(&never), Reply::json(200, "{}")]);
        let server = Server::start(&world);
        let token = server.first_token.clone().unwrap();
        server.admin().publish(&flow(&remote));
        let run = accept(&server.admin());
        remote.next_request();
        disk.fill();
        server.signal("KILL");
        drop(server.ended());
        start("free space");
        disk.make_room();
        disk.remount("ro");
        start("read-only");
        disk.remount("rw");
        let server = Server::start(&world);
        let caller = server.caller(&token);
        assert_eq!(over(&server, &caller, &run)["status"], "completed");
        server.stop();
    });
}

#[test]
fn a_failed_sync_ends_the_process_and_the_next_one_goes_on() {
    let (world, faults) = Faults::world();
    let go_on = Signal::new();
    let remote = Remote::start(vec![Reply::json(200, "{}").after(&go_on), Reply::json(200, "{}")]);
    let server = Server::start(&world);
    let token = server.first_token.clone().unwrap();
    server.admin().publish(&flow(&remote));
    let run = accept(&server.admin());
    remote.next_request();
    faults.begin("sync");
    go_on.give();
    let (status, log) = server.ended();
    assert_eq!(status.code(), Some(74), "{log}");
    assert!(log.contains("may be lost"), "{log}");
    faults.end("sync");
    let server = Server::start(&world);
    let caller = server.caller(&token);
    let record = over(&server, &caller, &run);
    assert_eq!(record["status"], "completed", "{record:#}");
    server.stop();
}
