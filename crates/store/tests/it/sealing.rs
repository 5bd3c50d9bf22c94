//! What is sealed opens at its place, with its key, and nowhere else; and nothing of it can be read in the files.

use std::fs;
use std::path::Path;

use callout_flow::id::OrgId;
use callout_store::{Keys, MasterKey, Recorded, RunStatus, Stand, Store, StoreError};
use rusqlite::Connection;

use crate::connections::{change, new, secrets};
use crate::world::{World, at, begun, first, id, keys, later, open, options, over, parked};

const SECRET: &str = "s3cret-marker-of-a-key";

fn other() -> OrgId {
    OrgId::new("org_b")
}

fn world(folder: &Path) -> World {
    World { store: open(folder), org: OrgId::default_org(), _folder: None }
}

fn shut<T: std::fmt::Debug>(said: Result<T, StoreError>) -> String {
    match said {
        Err(StoreError::SecretUnavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Two orgs with the same connection, one of two fields, and a second connection.
async fn filled(folder: &Path) {
    let world = world(folder);
    let (store, org) = (&world.store, &world.org);
    store.add_org(&other()).await.unwrap();
    for org in [org, &other()] {
        let text = format!("{SECRET} of {org}");
        store.create_connection(org, &new("a", &[("key", &text), ("two", "2")])).await.unwrap();
        store.create_connection(org, &new("b", &[("key", "b")])).await.unwrap();
    }
    store.close().await;
}

fn sql(folder: &Path, statement: &str) {
    let conn = Connection::open(folder.join("callout.db")).unwrap();
    assert!(conn.execute(statement, []).unwrap() > 0, "{statement}");
}

#[tokio::test]
async fn a_value_at_another_place_does_not_open() {
    let from = |what: &str| format!("(SELECT sealed FROM secret WHERE {what})");
    for statement in [
        // Another field, another connection, another org.
        format!(
            "UPDATE secret SET sealed = {} WHERE org = 1 AND connection = 'a' AND field = 'key'",
            from("org = 1 AND connection = 'a' AND field = 'two'")
        ),
        format!(
            "UPDATE secret SET sealed = {} WHERE org = 1 AND connection = 'a' AND field = 'key'",
            from("org = 1 AND connection = 'b'")
        ),
        format!(
            "UPDATE secret SET sealed = {} WHERE org = 1 AND connection = 'a' AND field = 'key'",
            from("org = 2 AND connection = 'a' AND field = 'key'")
        ),
        // The same with the row, and with the connection.
        "UPDATE secret SET field = 'three' WHERE org = 1 AND connection = 'a' AND field = 'key'".to_owned(),
        "UPDATE secret SET connection = 'a', field = 'three' WHERE org = 1 AND connection = 'b'".to_owned(),
        // For other hosts.
        "UPDATE connection SET allowed_hosts = '[\"evil.example\"]' WHERE org = 1 AND id = 'a'".to_owned(),
        "UPDATE connection SET allowed_hosts = '[\"*\"]' WHERE org = 1 AND id = 'a'".to_owned(),
        // Another key of the org, or an org's name for another's.
        "UPDATE data_key SET sealed = (SELECT sealed FROM data_key WHERE org = 2) WHERE org = 1".to_owned(),
        "UPDATE org SET name = CASE id WHEN 1 THEN 'org_b' ELSE 'default' END || 'x'".to_owned(),
        // Other bytes.
        "UPDATE secret SET sealed = x'01' WHERE org = 1 AND connection = 'a' AND field = 'key'".to_owned(),
        "UPDATE secret SET sealed = cast('plain' AS BLOB) WHERE org = 1 AND connection = 'a' AND field = 'key'".to_owned(),
        "UPDATE secret SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE org = 1 AND connection = 'a'".to_owned(),
        // Another key's number.
        "UPDATE secret SET sealed = cast(x'010000000000000002' || substr(sealed, 10) AS BLOB) WHERE org = 1 AND connection = 'a'"
            .to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path()).await;
        sql(folder.path(), &statement);
        if statement.contains("UPDATE org") {
            sql(folder.path(), "UPDATE org SET name = substr(name, 1, length(name) - 1)");
        }
        let world = world(folder.path());
        let why = shut(world.store.open_connection(&world.org, "a").await);
        assert!(why.contains("connection `a`") && !why.contains(SECRET), "{statement}: {why}");
        // The view is still there, and what is not touched opens.
        assert!(world.store.connection(&world.org, "a").await.unwrap().is_some());
        if !statement.contains("UPDATE org") {
            assert_eq!(
                world.store.open_connection(&other(), "a").await.unwrap().unwrap().secrets,
                secrets(&[("key", &format!("{SECRET} of org_b")), ("two", "2")])
            );
        }
    }
}

#[tokio::test]
async fn a_secret_that_does_not_open_can_be_written_again() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    sql(folder.path(), "UPDATE secret SET sealed = x'00' WHERE org = 1 AND field = 'key'");
    let world = world(folder.path());
    shut(world.store.open_connection(&world.org, "a").await);
    world.store.update_connection(&world.org, "a", &change(&[("key", Some("new"))]), None).await.unwrap();
    assert_eq!(world.opened("a").await.secrets, secrets(&[("key", "new"), ("two", "2")]));
}

#[tokio::test]
async fn the_files_hold_no_secret_and_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path());
    world.connect("a", &[("key", SECRET)]).await;
    let state = || SECRET.as_bytes().to_vec();
    world.record(first(&id(1), begun(1), Stand::Going { state: state() })).await;
    let parked = Stand::Parked { status: RunStatus::Waiting, due: at(5), state: state() };
    world.record(first(&id(2), begun(1), parked)).await;
    let epoch = world.begin(&id(3), begun(1)).await;
    world.record(later(&id(3), epoch, 1, Stand::Going { state: state() })).await;
    assert_eq!(world.run(&id(1)).await.state.unwrap(), state());
    assert_eq!(world.claim(9, 9).await[0].state, state());
    world.store.rotate_data_key(&world.org, at(2)).await.unwrap();
    world.opened("a").await;
    let printed = keys().current.printed();
    let raw: Vec<u8> = (0..32).collect();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let needles = [SECRET.as_bytes(), printed.as_bytes(), &printed.as_bytes()[4..40], &raw, hex.as_bytes()];
    let none_in = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        assert!(!bytes.is_empty());
        assert!(!needles.iter().any(|needle| holds(&bytes, needle)), "{name}");
    };
    none_in("callout.db-wal");
    world.store.close().await;
    none_in("callout.db");
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn refused(folder: &Path, keys: Keys) -> String {
    match Store::open(&options(folder, Some(keys)), at(0)) {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn another_master_key_is_refused_at_the_start() {
    for with_secrets in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        match with_secrets {
            true => filled(folder.path()).await,
            false => open(folder.path()).close().await,
        }
        let wrong = MasterKey::generate().unwrap();
        let why = refused(folder.path(), Keys::new(wrong.clone()));
        assert!(why.contains(keys().current.id()) && why.contains(wrong.id()), "{why}");
        let with_former = Keys { current: wrong, former: vec![keys().current] };
        drop(Store::open(&options(folder.path(), Some(with_former)), at(0)).unwrap());
        drop(open(folder.path()));
    }
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    sql(folder.path(), "UPDATE master_check SET sealed = x'00'");
    assert!(refused(folder.path(), keys()).contains("damaged"));
}

#[tokio::test]
async fn without_a_key_all_else_works() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let store = Store::open(&options(folder.path(), None), at(0)).unwrap();
    let org = OrgId::default_org();
    assert_eq!(store.connection(&org, "a").await.unwrap().unwrap().secrets.len(), 2);
    assert!(shut(store.open_connection(&org, "a").await).contains("no master key"));
    let new_one = new("c", &[("key", "x")]);
    assert!(shut(store.create_connection(&org, &new_one).await).contains("no master key"));
    assert_eq!(store.connection(&org, "c").await, Ok(None));
    // A state is never written that is not sealed; one that is none needs no key.
    shut(store.record(&org, first(&id(1), begun(1), parked(2))).durable().await);
    assert_eq!(store.run(&org, &id(1), 0).await, Ok(None));
    let over = first(&id(2), begun(1), over(2, RunStatus::Completed));
    assert_eq!(store.record(&org, over).durable().await, Ok(Recorded::Taken));
    shut(store.rotate_data_key(&org, at(1)).await);
    shut(store.rotate_master_key(|_, _| {}).await);
    store.create_connection(&org, &new("c", &[])).await.unwrap();
    store.update_connection(&org, "a", &change(&[("two", None)]), Some(1)).await.unwrap();
    drop(store);
    // A database that was begun without a key takes the first one.
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&options(folder.path(), None), at(0)).unwrap());
    drop(open(folder.path()));
    refused(folder.path(), Keys::new(MasterKey::generate().unwrap()));
}

#[tokio::test]
async fn a_state_opens_for_its_run_only() {
    let state = |which: &str| format!("(SELECT state FROM run WHERE {which})");
    let mine = "org = 1 AND seq = 1 AND started_at = (SELECT min(started_at) FROM run)";
    for value in [
        state("org = 1 AND started_at = (SELECT max(started_at) FROM run)"),
        state("org = 2"),
        "substr(state, 1, length(state) - 1)".to_owned(),
        "substr(state, 1, 1)".to_owned(),
        "CAST(x'010000000000000009' || substr(state, 10) AS BLOB)".to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let before = world(folder.path());
        before.store.add_org(&other()).await.unwrap();
        before.record(first(&id(1), begun(1), parked(2))).await;
        before.record(first(&id(2), begun(2), parked(3))).await;
        before.store.record(&other(), first(&id(1), begun(1), parked(2))).durable().await.unwrap();
        before.store.close().await;
        sql(folder.path(), &format!("UPDATE run SET state = {value} WHERE {mine}"));
        let after = world(folder.path());
        let claimed = after.claim(9, 9).await;
        assert_eq!((&claimed[0].run, &claimed[1].run), (&id(1), &id(2)));
        // No run can be made of what stays: not the state of another, and not that of a run which begins.
        assert!(!claimed[0].state.is_empty() && claimed[0].state != b"parked", "{value}");
        assert_eq!(claimed[1].state, b"parked");
        let theirs = after.store.run(&other(), &id(1), 0).await.unwrap().unwrap();
        assert_eq!(theirs.state.unwrap(), b"parked");
    }
}

#[tokio::test]
async fn who_has_which_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let world = world(folder.path());
    world.record(first(&id(1), begun(1), parked(2))).await;
    let master = keys().current.id().to_owned();
    let status = world.store.key_status().await.unwrap();
    assert_eq!((status.given.as_ref(), status.known_by.as_ref()), (Some(&master), Some(&master)));
    let lines: Vec<_> = status
        .data_keys
        .iter()
        .map(|key| (key.org.as_str(), key.number, key.secrets, key.states, key.master == master))
        .collect();
    assert_eq!(lines, [("default", 1, 3, 1, true), ("org_b", 1, 3, 0, true)]);
    assert_eq!((status.sealed_by(&master), status.sealed_by("mk_other")), (3, 0));
}

#[tokio::test]
async fn other_master_keys_are_taken_while_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let world = world(folder.path());
    let (old, new) = (keys().current, MasterKey::generate().unwrap());
    // Not without the one that opens what there is.
    let refused = world.store.change_keys(Keys::new(new.clone())).await;
    assert!(matches!(&refused, Err(StoreError::Unusable(why)) if why.contains(old.id())), "{refused:?}");
    world.opened("a").await;
    world.store.change_keys(Keys { current: new.clone(), former: vec![old.clone()] }).await.unwrap();
    let status = world.store.key_status().await.unwrap();
    assert_eq!((status.sealed_by(old.id()), status.sealed_by(new.id())), (3, 0));
    let mut told = Vec::new();
    let sealed = world.store.rotate_master_key(|org, keys| told.push((org.to_string(), keys))).await;
    assert_eq!(sealed, Ok(2));
    assert_eq!(told, [("default".to_owned(), 1), ("org_b".to_owned(), 1)]);
    let status = world.store.key_status().await.unwrap();
    assert_eq!((status.sealed_by(old.id()), status.sealed_by(new.id())), (0, 3));
    world.store.change_keys(Keys::new(new.clone())).await.unwrap();
    world.opened("a").await;
    world.store.close().await;
    drop(Store::open(&options(folder.path(), Some(Keys::new(new))), at(0)).unwrap());
}

#[tokio::test]
async fn after_the_key_was_lost_all_else_is_there() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let before = world(folder.path());
    before.record(first(&id(1), begun(1), parked(2))).await;
    before.store.close().await;
    let new =
        || Some(Keys::new(MasterKey::parse("cmk_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoMjtYmI").unwrap()));
    assert!(Store::open(&options(folder.path(), new()), at(0)).is_err());
    // As docs/keys.md says.
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keys.md");
    let page = fs::read_to_string(page).unwrap();
    let let_go = page.lines().find_map(|line| line.strip_prefix("sqlite3 callout-data/callout.db ")).unwrap();
    let conn = Connection::open(folder.path().join("callout.db")).unwrap();
    conn.execute_batch(let_go.trim_matches('"')).unwrap();
    drop(conn);
    let store = Store::open(&options(folder.path(), new()), at(0)).unwrap();
    let after = World { store, org: OrgId::default_org(), _folder: None };
    assert!(after.opened("a").await.secrets.is_empty());
    after.store.update_connection(&after.org, "a", &change(&[("key", Some("new"))]), None).await.unwrap();
    assert_eq!(after.opened("a").await.secrets, secrets(&[("key", "new")]));
    let claimed = after.claim(9, 9).await.remove(0);
    assert!(!claimed.state.is_empty() && claimed.state != b"parked");
}
