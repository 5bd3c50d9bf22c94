//! Keys are changed under a running server, and what is sealed cannot be read in its files.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use callout_flow::id::OrgId;
use callout_flow::request::SecretText;
use callout_store::{Keys, MasterKey, NewConnection, Store, StoreOptions};
use callout_testkit::{Remote, Reply, Signal};
use serde_json::json;

use crate::runs::{SLEEPING, stream};
use crate::server::Server;
use crate::world::{MASTER, World};

const TOKEN: &str = "at-90210-very-secret-0123456789";

/// Whether it stands in any file of the folder.
fn stands_in_files(folder: &Path, needle: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut bytes = 0;
    let found = files.filter(|file| file.is_file()).any(|file| {
        let read = std::fs::read(file).unwrap();
        bytes += read.len();
        read.windows(needle.len()).any(|window| window == needle.as_bytes())
    });
    assert!(found || bytes > 10_000);
    found
}

#[test]
fn a_sensitive_value_cannot_be_read_in_the_files_and_survives_a_kill() {
    let never = Signal::new();
    let login = json!({ "access_token": TOKEN, "who": "ada-in-plain" }).to_string();
    let remote = Remote::start(vec![
        Reply::json(200, login),
        Reply::json(200, "{}").after(&never),
        Reply::json(200, "{}"),
    ]);
    let flow = format!(
        "kind: flow\nslug: login\ntrigger: {{ type: event, event: go }}\nstart: login\nnodes:\n  \
         login:\n    type: apiCall\n    mode: http\n    method: POST\n    url: {}\n    \
         outputs: [{{ var: token, path: $.access_token, sensitive: true }}, {{ var: who, path: $.who }}]\n    next: use\n  \
         use:\n    type: apiCall\n    mode: http\n    method: PUT\n    url: {}\n    \
         auth: {{ type: bearer, token: '{{{{ vars.token }}}}' }}\n    next: nap\n  \
         nap: {{ type: wait, duration: 1d, next: done }}\n  done: {{ type: end }}\n",
        remote.url("/login"),
        remote.url("/use"),
    );
    let world = World::new();
    let data = world.path().join("data");
    let server = Server::start(&world);
    let admin_token = server.first_token.clone().unwrap();
    server.admin().publish(&flow);
    let run = server.admin().post("/v1/events", &json!({ "name": "go" })).json()["runs"][0]["id"].clone();
    let run = run.as_str().unwrap().to_owned();
    remote.next_request();
    remote.next_request();
    // While the second call is under way the token is in the run's state, and in the request that would be sent again.
    assert!(stands_in_files(&data, "ada-in-plain") && !stands_in_files(&data, TOKEN));
    server.signal("KILL");
    drop(server.ended());
    assert!(stands_in_files(&data, "ada-in-plain") && !stands_in_files(&data, TOKEN));

    let server = Server::start(&world);
    let again = remote.next_request();
    assert_eq!(again.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    let caller = server.caller(&admin_token);
    let mut news = stream(&server, &caller, &run, "");
    while !String::from_utf8(news.chunk().unwrap()).unwrap().contains("\"waiting\"") {}
    let record = caller.get(&format!("/v1/runs/{run}"));
    assert_eq!(record.json()["vars"]["token"], "***");
    assert!(!record.text().contains(TOKEN));
    let log = server.stop();
    assert!(!log.contains(TOKEN));
    // Folded into one file, the states that were replaced included.
    assert!(stands_in_files(&data, "ada-in-plain") && !stands_in_files(&data, TOKEN));
}

/// Set when it goes, also where a test fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn new_key(world: &World) -> String {
    world.callout(&["key", "generate"]).stdout.trim().to_owned()
}

/// Puts another key before the one there is.
fn configure(world: &World, current: &str, former: &[&str]) {
    world.write_key("master.key", current);
    world.write_key("former.key", &former.join("\n"));
}

fn id(key: &str) -> String {
    MasterKey::parse(key).unwrap().id().to_owned()
}

fn key(world: &World, args: &[&str]) -> (i32, String) {
    let ran = world.callout(&[&["key"], args, &["--data", "data"]].concat());
    for secret in [MASTER, &MASTER[4..20]] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
    (ran.code, ran.stdout + &ran.stderr)
}

#[test]
fn keys_are_changed_while_the_server_runs_under_load() {
    let world = World::new().with_env("CALLOUT_SECRETS_FORMER_KEYS_FILE", "former.key");
    world.write_key("former.key", MASTER);
    let server = Server::start(&world);
    let admin = server.admin();
    admin.publish(SLEEPING);
    let new = new_key(&world);
    let done = AtomicBool::new(false);
    let posted = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let (mut posted, mut last) = (0, false);
            while !last {
                last = done.load(Ordering::Relaxed);
                let answer = admin.post("/v1/events", &json!({ "name": "sleep" }));
                assert_eq!(answer.status, 202, "{}", answer.text());
                posted += 1;
            }
            posted
        });
        let loaded = Done(&done);
        // Not before the server knows the new key too.
        configure(&world, &new, &[]);
        let (code, said) = key(&world, &["rotate"]);
        assert!(code == 2 && said.contains(&id(MASTER)) && said.contains(&id(&new)), "{said}");
        configure(&world, &new, &[MASTER]);
        for args in [["rotate", "--data-keys"].as_slice(), &["rotate"], &["rotate", "--data-keys"]] {
            let (code, said) = key(&world, args);
            assert_eq!(code, 0, "{said}");
            assert!(
                said.contains(&format!("nothing is sealed with the former master key {}", id(MASTER))),
                "{said}"
            );
            assert!(said.contains(&format!("the master key is {}", id(&new))), "{said}");
        }
        let (code, said) = key(&world, &["status"]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&format!("master key {}: seals 2 keys", id(&new))), "{said}");
        assert!(said.contains(&format!("former master key {}: seals 0 keys", id(MASTER))), "{said}");
        drop(loaded);
        load.join().unwrap()
    });
    let (_, said) = key(&world, &["status"]);
    let line = said.lines().last().unwrap();
    // A run that is accepted and not begun yet has no state.
    assert!(
        line.starts_with(&format!("default: data key 3, sealed with {}: seals 0 secrets, ", id(&new))),
        "{said}"
    );
    assert!(posted > 0 && !said.contains("former data key"), "{said}");
    let told = admin.get("/v1/audit?action=key.rotate").json();
    assert_eq!(told["items"][0]["after"]["masterKey"], id(&new), "{told}");
    let log = server.stop();
    assert!(log.contains("keys are changed") && !log.contains(&new) && !log.contains(MASTER), "{log}");
    assert!(!world.path().join("data/callout.sock").exists());
    // The former key is thrown away, and every run is there.
    configure(&world, MASTER, &[MASTER]);
    assert!(Server::try_start(&world, &[]).unwrap_err().contains(&id(&new)));
    configure(&world, &new, &[&new]);
    // Without a server the store itself is asked.
    let (code, said) = key(&world, &["status"]);
    assert!(code == 0 && said.contains(&format!("seals 0 secrets, {posted} states")), "{said}");
    Server::start(&world).stop();
}

#[test]
fn the_configuration_is_read_again_and_not_the_environment() {
    let world = World::without_key().with_env("CALLOUT_SECRETS_MASTER_KEY_ENV", "THE_KEY");
    let new = new_key(&world);
    let before = world.with_env("THE_KEY", MASTER);
    let server = Server::start(&before);
    let after = before.with_env("THE_KEY", &new);
    let (code, said) = key(&after, &["rotate"]);
    assert!(code == 2 && said.contains("needs a new start"), "{said}");
    server.stop();
    let after = after.with_env("CALLOUT_SECRETS_FORMER_KEYS_ENV", "BEFORE").with_env("BEFORE", MASTER);
    let server = Server::start(&after);
    assert_eq!(key(&after, &["rotate"]).0, 0);
    server.stop();
}

#[test]
fn a_crash_leaves_no_dump_of_what_is_open() {
    let server = Server::start(&World::new());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{line}");
}

/// So many that a change of keys takes a while.
const ORGS: usize = 60;

fn store(world: &World, current: &str, former: &[&str]) -> Store {
    let former = former.iter().map(|key| MasterKey::parse(key).unwrap()).collect();
    let keys = Some(Keys { current: MasterKey::parse(current).unwrap(), former });
    let options = StoreOptions { folder: world.path().join("data"), readers: 1, keys };
    Store::open(&options, jiff::Timestamp::UNIX_EPOCH).unwrap()
}

fn connection(secret: String) -> NewConnection {
    NewConnection {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        integration: None,
        document: "{}".to_owned(),
        allowed_hosts: vec!["api.example.com".to_owned()],
        secrets: [("key".to_owned(), SecretText::new(secret))].into(),
        disabled: false,
        expires_at: None,
        by: "ann".to_owned(),
        now: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn org(number: usize) -> OrgId {
    OrgId::new(format!("org-{number}"))
}

async fn all_open(store: &Store) {
    for number in 0..ORGS {
        let open = store.open_connection(&org(number), "acme").await.unwrap().unwrap();
        assert_eq!(open.secrets["key"].expose(), format!("secret of {number}"));
    }
}

#[test]
fn a_kill_in_the_midst_loses_nothing_and_the_rest_is_done_later() {
    let world = World::new().with_env("CALLOUT_SECRETS_FORMER_KEYS_FILE", "former.key");
    block_on(async {
        let store = store(&world, MASTER, &[]);
        for number in 0..ORGS {
            store.add_org(&org(number)).await.unwrap();
            store.create_connection(&org(number), &connection(format!("secret of {number}"))).await.unwrap();
        }
        store.close().await;
    });
    let mut old = MASTER.to_owned();
    for lines in [1, 25, ORGS + 10] {
        let new = new_key(&world);
        configure(&world, &new, &[&old]);
        let server = Server::start(&world);
        let mut asked = world
            .command()
            .args(["key", "rotate", "--data-keys", "--data", "data"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(asked.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert_eq!(
            said.take(lines).filter(|line| line.starts_with("org-") || line.starts_with("default")).count(),
            lines
        );
        server.signal("KILL");
        drop(server.ended());
        asked.wait().unwrap();

        block_on(async {
            let store = store(&world, &new, &[&old]);
            all_open(&store).await;
            store.close().await;
        });
        // The start takes up what it finds, and the command all of it.
        let server = Server::start(&world);
        let (code, said) = key(&world, &["rotate"]);
        assert_eq!(code, 0, "{said}");
        server.stop();
        block_on(async {
            let store = store(&world, &new, &[]);
            all_open(&store).await;
            let status = store.key_status().await.unwrap();
            assert!(status.data_keys.iter().all(|key| key.retired_at.is_none() && key.master == id(&new)));
            store.close().await;
        });
        old = new;
    }
}

#[test]
fn what_cannot_be_asked_is_told() {
    let world = World::new();
    let (code, said) = key(&world, &["status"]);
    assert!(code == 2 && said.contains("no data folder data"), "{said}");
    let ran = World::without_key().callout(&["key", "rotate"]);
    assert!(ran.code == 2 && ran.stderr.contains("callout key generate"), "{}", ran.stderr);
    let server = Server::start(&world);
    // Whoever may use the socket says nothing that is understood.
    use std::io::{Read as _, Write as _};
    let mut socket = std::os::unix::net::UnixStream::connect(world.path().join("data/callout.sock")).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("does not know this question"), "{answer}");
    // A broken configuration leaves the server as it was.
    world.write_key("master.key", "nonsense");
    let ask = |what: &str| {
        let mut socket =
            std::os::unix::net::UnixStream::connect(world.path().join("data/callout.sock")).unwrap();
        writeln!(socket, "{what}").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = ask(r#"{"ask":"rotate","master":"mk_0","dataKeys":false}"#);
    assert!(answer.contains("not a master key") && !answer.contains("nonsense"), "{answer}");
    assert!(ask(r#"{"ask":"status"}"#).contains(&id(MASTER)));
    let log = server.stop();
    assert!(log.contains("was refused"), "{log}");
}
