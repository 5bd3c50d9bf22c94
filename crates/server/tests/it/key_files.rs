//! The master key: how it is made, where it may be, and that nothing starts without it.

use std::os::unix::fs::PermissionsExt as _;

use crate::server::Server;
use crate::world::{MASTER, World};

/// The key in `MASTER`, by its name.
const MASTER_ID: &str = "mk_";

fn refused(world: &World) -> String {
    let said = Server::try_start(world, &[]).expect_err("it started");
    assert!(!said.contains(&MASTER[4..20]), "{said}");
    said
}

fn mode(world: &World, name: &str) -> u32 {
    std::fs::metadata(world.path().join(name)).unwrap().permissions().mode() & 0o7777
}

#[test]
fn without_a_key_no_server_starts_and_the_way_to_one_is_told() {
    let world = World::without_key();
    let said = refused(&world);
    for told in
        ["callout key generate --out master.key", "master_key_file", "CALLOUT_SECRETS_MASTER_KEY_FILE"]
    {
        assert!(said.contains(told), "{said}");
    }
    assert!(!world.path().join("data").exists(), "nothing is begun");
    // The terminal needs none.
    let flow = "kind: flow\nslug: a\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: end }\n";
    world.write("flow.yaml", flow);
    assert_eq!(world.callout(&["run", "flow.yaml"]).code, 0);
    // As it was told.
    assert_eq!(world.callout(&["key", "generate", "--out", "master.key"]).code, 0);
    let world = world.with_env("CALLOUT_SECRETS_MASTER_KEY_FILE", "master.key");
    Server::start(&world).stop();
    assert_eq!(mode(&world, "master.key"), 0o600);
}

#[test]
fn a_key_is_made_for_its_owner_and_never_over_another() {
    let world = World::without_key();
    let made = world.callout(&["key", "generate", "--out", "a.key"]);
    assert_eq!((made.code, made.stdout.as_str()), (0, ""));
    let text = std::fs::read_to_string(world.path().join("a.key")).unwrap();
    assert!(text.starts_with("cmk_") && text.ends_with('\n') && text.lines().count() == 1);
    assert!(made.stderr.contains(MASTER_ID) && !made.stderr.contains(text.trim()), "{}", made.stderr);
    assert_eq!(mode(&world, "a.key"), 0o600);
    let again = world.callout(&["key", "generate", "--out", "a.key"]);
    assert!(again.code == 2 && again.stderr.contains("there already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(world.path().join("a.key")).unwrap(), text);
    let nowhere = world.callout(&["key", "generate", "--out", "no/a.key"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("no/a.key"), "{}", nowhere.stderr);
    // On standard output it stands alone.
    let (one, two) = (world.callout(&["key", "generate"]), world.callout(&["key", "generate"]));
    assert!(one.stdout.starts_with("cmk_") && one.stdout.lines().count() == 1);
    assert_ne!(one.stdout, two.stdout);
    assert!(!one.stderr.contains(one.stdout.trim()));
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let world = World::new();
    let path = world.path().join("master.key");
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let said = refused(&world);
        assert!(said.contains("`chmod 600 master.key`") && said.contains(&format!("{mode:04o}")), "{said}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    Server::start(&world).stop();
}

#[test]
fn the_key_may_come_from_the_environment_or_a_command() {
    Server::start(
        &World::without_key()
            .with_env("CALLOUT_SECRETS_MASTER_KEY_ENV", "THE_KEY")
            .with_env("THE_KEY", MASTER),
    )
    .stop();
    let world = World::without_key().with_env("PATH", &std::env::var("PATH").unwrap());
    world.write_key("parts", &format!("first line\nkey: {MASTER}\n"));
    let world = world.with_env("CALLOUT_SECRETS_MASTER_KEY_COMMAND", "grep key: parts | cut -d' ' -f2");
    Server::start(&world).stop();
}

#[test]
fn what_is_no_key_is_told_and_not_shown() {
    let twice = format!("{MASTER}\n{MASTER}\n");
    let wrong = MASTER.replace("AAEC", "AAED");
    for (text, told) in [
        ("", "holds no master key"),
        ("secret-by-hand-0123456789", "not a master key"),
        (wrong.as_str(), "copy it again"),
        (twice.as_str(), "one master key, and no more"),
    ] {
        let world = World::new();
        world.write_key("master.key", text);
        let said = refused(&world);
        assert!(said.contains(told) && said.contains("secrets.master_key_file"), "{said}");
        assert!(!said.contains("secret-by-hand"), "{said}");
    }
    let file = World::without_key().with_env("CALLOUT_SECRETS_MASTER_KEY_FILE", "none.key");
    assert!(refused(&file).contains("none.key"));
    let folder = World::without_key().with_env("CALLOUT_SECRETS_MASTER_KEY_FILE", ".");
    refused(&folder);
    let unset = World::without_key().with_env("CALLOUT_SECRETS_MASTER_KEY_ENV", "THE_KEY");
    assert!(refused(&unset).contains("THE_KEY: it is not set"));
    let path = std::env::var("PATH").unwrap();
    for (command, told) in
        [("echo no words of it >&2; exit 3", "exit status: 3"), ("true", "holds no master key")]
    {
        let world = World::without_key().with_env("PATH", &path);
        let world = world.with_env("CALLOUT_SECRETS_MASTER_KEY_COMMAND", command);
        let said = refused(&world);
        assert!(said.contains(told) && said.contains("secrets.master_key_command"), "{said}");
    }
    let former = World::without_key().with_env("CALLOUT_SECRETS_FORMER_KEYS_FILE", "former.key");
    assert!(refused(&former).contains("former_keys_file"));
}

#[test]
fn another_key_opens_nothing() {
    let world = World::new();
    Server::start(&world).stop();
    let made = world.callout(&["key", "generate"]);
    world.write_key("master.key", &made.stdout);
    let said = refused(&world);
    assert!(said.contains("are sealed with the master key mk_") && said.contains("rotate"), "{said}");
    assert!(!said.contains(made.stdout.trim()));
    world.write_key("master.key", MASTER);
    Server::start(&world).stop();
}
