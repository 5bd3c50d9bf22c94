//! Keys are changed while all goes on, and after a kill in the middle: every secret opens at every moment.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use callout_flow::id::{OrgId, RunId};
use callout_store::{Keys, MasterKey, Record, Rotated, RunStatus, Stand, Store, StoreError};
use rusqlite::Connection;

use crate::connections::{change, new, secrets};
use crate::world::{World, at, begun, first, id, keys, later, open, options, over, over_both};
use callout_testkit::child::{child, folder};

over_both!(
    everything_is_sealed_anew,
    a_rotation_without_secrets,
    another_org_keeps_its_key,
    under_reads_and_writes,
);

/// More than two batches.
const CONNECTIONS: usize = 150;

fn world(store: Store) -> World {
    World { store, org: OrgId::default_org(), _folder: None }
}

async fn fill(world: &World) {
    for number in 0..CONNECTIONS {
        world.connect(&number.to_string(), &[("key", &number.to_string())]).await;
    }
}

async fn all_open(world: &World) {
    for number in 0..CONNECTIONS {
        let open = world.opened(&number.to_string()).await;
        assert_eq!(open.secrets["key"].expose(), number.to_string());
    }
}

async fn left(world: &World) -> u64 {
    world.store.left_on_former_keys(&world.org).await.unwrap()
}

async fn everything_is_sealed_anew(world: &World) {
    fill(world).await;
    let rotated = world.store.rotate_data_key(&world.org, at(2)).await.unwrap();
    let expected = Rotated { resealed: CONNECTIONS as u64, left: 0, keys_removed: 1, keys_left: 0 };
    assert_eq!(rotated, expected);
    assert_eq!(left(world).await, 0);
    assert_eq!(world.store.reseal(&world.org).await.unwrap(), Rotated::default());
    all_open(world).await;
    world.connect("new", &[("key", "new")]).await;
    assert_eq!(
        world.store.rotate_data_key(&world.org, at(3)).await.unwrap().resealed,
        CONNECTIONS as u64 + 1
    );
}

async fn a_rotation_without_secrets(world: &World) {
    assert_eq!(left(world).await, 0);
    assert_eq!(world.store.reseal(&world.org).await.unwrap(), Rotated::default());
    let rotated = world.store.rotate_data_key(&world.org, at(2)).await.unwrap();
    assert_eq!((rotated.resealed, rotated.keys_removed), (0, 1));
    let nobody = OrgId::new("org_x");
    assert_eq!(world.store.rotate_data_key(&nobody, at(2)).await, Err(StoreError::NotFound));
    assert_eq!(world.store.reseal(&nobody).await, Err(StoreError::NotFound));
    assert_eq!(world.store.left_on_former_keys(&nobody).await, Err(StoreError::NotFound));
}

async fn another_org_keeps_its_key(world: &World) {
    let other = OrgId::new("org_b");
    world.store.add_org(&other).await.unwrap();
    world.store.create_connection(&other, &new("a", &[("key", "theirs")])).await.unwrap();
    world.connect("a", &[("key", "ours")]).await;
    world.store.record(&other, park(1)).durable().await.unwrap();
    for count in [1, 1] {
        assert_eq!(world.store.rotate_data_key(&world.org, at(2)).await.unwrap().resealed, count);
    }
    assert_eq!(world.store.left_on_former_keys(&other).await.unwrap(), 0);
    assert_eq!(world.store.run(&other, &id(1), 0).await.unwrap().unwrap().state.unwrap(), b"1");
    let theirs = world.store.open_connection(&other, "a").await.unwrap().unwrap();
    assert_eq!(theirs.secrets, secrets(&[("key", "theirs")]));
}

async fn under_reads_and_writes(world: &World) {
    fill(world).await;
    let done = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let (store, org, done) = (world.store.clone(), world.org.clone(), done.clone());
            tokio::spawn(async move {
                let mut rounds = 0;
                // Once after the end, too.
                let mut last = false;
                while !last {
                    last = done.load(Ordering::Relaxed);
                    for number in (task..CONNECTIONS).step_by(4) {
                        let (id, text) = (number.to_string(), format!("{number} in round {rounds}"));
                        let write = change(&[("key", Some(&text))]);
                        store.update_connection(&org, &id, &write, None).await.unwrap();
                        let open = store.open_connection(&org, &id).await.unwrap().unwrap();
                        assert_eq!(open.secrets["key"].expose(), text);
                        let neighbour = ((number + 1) % CONNECTIONS).to_string();
                        store.open_connection(&org, &neighbour).await.unwrap().unwrap();
                    }
                    rounds += 1;
                }
            })
        })
        .collect();
    for _ in 0..5 {
        world.store.rotate_data_key(&world.org, at(2)).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    world.store.reseal(&world.org).await.unwrap();
    assert_eq!(left(world).await, 0);
}

/// The states that a process finds which did not seal them itself.
async fn states(world: &World) -> BTreeMap<RunId, Vec<u8>> {
    let mut states = BTreeMap::new();
    for claimed in world.claim(1000, 1000).await {
        world.store.give_back(&world.org, &claimed.run, claimed.epoch, claimed.due).await.unwrap();
        states.insert(claimed.run, claimed.state);
    }
    states
}

fn park(number: u64) -> Record {
    let state = number.to_string().into_bytes();
    let stand = Stand::Parked { status: RunStatus::Waiting, due: at(number as i64 % 7), state };
    first(&id(number), begun(1), stand)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_of_runs_are_sealed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let before = world(open(folder.path()));
    for number in 0..CONNECTIONS as u64 {
        before.record(park(number)).await;
    }
    // One that is over has no state any more, one that was accepted has none yet, and one may be from before states were sealed.
    let epoch = before.begin(&id(500), begun(1)).await;
    before.record(later(&id(500), epoch, 1, over(2, RunStatus::Completed))).await;
    before.begin(&id(501), begun(1)).await;
    before.record(first(&id(502), begun(1), crate::world::parked(900))).await;
    before.store.close().await;
    let conn = Connection::open(folder.path().join("callout.db")).unwrap();
    let plain = "UPDATE run SET state = CAST('parked' AS BLOB) WHERE state IS NOT NULL AND due = (SELECT max(due) FROM run WHERE seq = 1)";
    assert_eq!(conn.execute(plain, []).unwrap(), 1);
    drop(conn);

    let after = world(open(folder.path()));
    // In the queue before the key is changed, and not known to be in the database.
    let late = after.queue(park(600));
    let rotated = after.store.rotate_data_key(&after.org, at(2)).await.unwrap();
    let expected = Rotated { resealed: CONNECTIONS as u64 + 1, left: 0, keys_removed: 1, keys_left: 0 };
    assert_eq!(rotated, expected);
    late.durable().await.unwrap();
    after.record(park(601)).await;
    assert_eq!(left(&after).await, 0);
    after.store.close().await;

    let after = world(open(folder.path()));
    let states = states(&after).await;
    assert_eq!(states.len(), CONNECTIONS + 4);
    for number in (0..CONNECTIONS as u64).chain([600, 601]) {
        assert_eq!(states[&id(number)], number.to_string().as_bytes());
    }
    assert_eq!((&states[&id(501)][..], &states[&id(502)][..]), (b"".as_slice(), b"parked".as_slice()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_go_on_while_keys_are_changed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(open(folder.path()));
    let done = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..4_u64)
        .map(|task| {
            let (store, org, done) = (world.store.clone(), world.org.clone(), done.clone());
            tokio::spawn(async move {
                let run = id(task);
                store.record(&org, park(task)).durable().await.unwrap();
                let (mut rounds, mut last) = (0, false);
                while !last {
                    last = done.load(Ordering::Relaxed);
                    let claimed = store.claim_run(&org, &run, at(1000)).await.unwrap().unwrap();
                    let expected = if rounds == 0 { task.to_string() } else { format!("{task} in {rounds}") };
                    assert_eq!(claimed.state, expected.as_bytes());
                    rounds += 1;
                    let state = format!("{task} in {rounds}").into_bytes();
                    let stand = Stand::Parked { status: RunStatus::Waiting, due: at(2), state };
                    store.record(&org, later(&run, claimed.epoch, 1, stand)).durable().await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..10 {
        let rotated = world.store.rotate_data_key(&world.org, at(2)).await.unwrap();
        assert_eq!((rotated.left, rotated.keys_removed, rotated.keys_left), (0, 1, 0));
    }
    // Two at once are one after the other.
    let both = tokio::join!(
        world.store.rotate_data_key(&world.org, at(2)),
        world.store.rotate_data_key(&world.org, at(2))
    );
    assert_eq!((both.0.unwrap().keys_left, both.1.unwrap().keys_left), (0, 0));
    done.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let status = world.store.key_status().await.unwrap();
    let keys: Vec<_> = status.data_keys.iter().map(|key| (key.number, key.states)).collect();
    assert_eq!(keys, [(13, 4)]);
}

#[tokio::test]
async fn what_does_not_open_is_left_and_keeps_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let before = world(open(folder.path()));
    fill(&before).await;
    before.store.close().await;
    let file = folder.path().join("callout.db");
    let sealed: Vec<u8> = {
        let conn = Connection::open(&file).unwrap();
        let take = "SELECT sealed FROM secret WHERE connection = '7'";
        let sealed = conn.query_row(take, [], |row| row.get(0)).unwrap();
        conn.execute("UPDATE secret SET sealed = x'010203' WHERE connection = '7'", []).unwrap();
        sealed
    };
    let after = world(open(folder.path()));
    let rotated = after.store.rotate_data_key(&after.org, at(2)).await.unwrap();
    let expected = Rotated { resealed: CONNECTIONS as u64 - 1, left: 1, keys_removed: 0, keys_left: 1 };
    assert_eq!(rotated, expected);
    after.store.close().await;
    // Put right again, the next one takes it along.
    let conn = Connection::open(&file).unwrap();
    conn.execute("UPDATE secret SET sealed = ?1 WHERE connection = '7'", [sealed]).unwrap();
    drop(conn);
    let after = world(open(folder.path()));
    let rotated = after.store.reseal(&after.org).await.unwrap();
    assert_eq!(rotated, Rotated { resealed: 1, left: 0, keys_removed: 1, keys_left: 0 });
    all_open(&after).await;
}

fn open_with(folder: &Path, current: &MasterKey, former: &[MasterKey]) -> Result<Store, StoreError> {
    let keys = Keys { current: current.clone(), former: former.to_vec() };
    Store::open(&options(folder, Some(keys)), at(0))
}

#[tokio::test]
async fn the_master_key_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new_key) = (keys().current, MasterKey::generate().unwrap());
    let before = world(open(folder.path()));
    fill(&before).await;
    before.store.add_org(&OrgId::new("org_b")).await.unwrap();
    before.store.create_connection(&OrgId::new("org_b"), &new("a", &[("key", "b")])).await.unwrap();
    assert_eq!(before.store.rotate_master_key(|_, _| {}).await.unwrap(), 0);
    before.store.close().await;

    // Both are needed until it is done; what is new is sealed under the new one.
    let both = world(open_with(folder.path(), &new_key, std::slice::from_ref(&old)).unwrap());
    all_open(&both).await;
    both.store.rotate_data_key(&both.org, at(2)).await.unwrap();
    both.store.close().await;
    assert!(open_with(folder.path(), &new_key, &[]).is_err() && open_with(folder.path(), &old, &[]).is_err());

    let both = world(open_with(folder.path(), &new_key, std::slice::from_ref(&old)).unwrap());
    assert_eq!(both.store.rotate_master_key(|_, _| {}).await.unwrap(), 1, "that of the other org");
    assert_eq!(both.store.rotate_master_key(|_, _| {}).await.unwrap(), 0);
    all_open(&both).await;
    both.store.close().await;

    assert!(open_with(folder.path(), &old, &[]).is_err());
    let after = world(open_with(folder.path(), &new_key, &[]).unwrap());
    all_open(&after).await;
    after.store.open_connection(&OrgId::new("org_b"), "a").await.unwrap().unwrap();
}

/// Kills a child at some moment after it has said so many lines.
fn kill_after(test: &str, folder: &Path, lines: usize) {
    let mut process = child(test, folder).stdout(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(said.filter(|line| line.starts_with("round")).take(lines).count(), lines);
    process.kill().unwrap();
    process.wait().unwrap();
}

fn say_round() {
    std::io::stdout().write_all(b"\nround\n").unwrap();
}

#[tokio::test]
async fn a_kill_in_the_middle_loses_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let begun = world(open(folder.path()));
    fill(&begun).await;
    for number in 0..20 {
        begun.record(park(number)).await;
    }
    begun.store.close().await;
    for lines in 1..=6 {
        kill_after("rotation::child_that_rotates", folder.path(), lines);
        let after = world(open(folder.path()));
        all_open(&after).await;
        assert_eq!(states(&after).await.len(), 20);
        if lines % 2 == 0 {
            let rotated = after.store.reseal(&after.org).await.unwrap();
            assert_eq!((rotated.left, rotated.keys_left, left(&after).await), (0, 0, 0));
            all_open(&after).await;
        }
        after.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_rotates() {
    let Some(folder) = folder() else { return };
    let world = world(open(&folder));
    for second in 0.. {
        // In the midst of a rotation, and not where it begins.
        let (store, org) = (world.store.clone(), world.org.clone());
        let rotating = tokio::spawn(async move { store.rotate_data_key(&org, at(second)).await });
        say_round();
        rotating.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_new_master_key() {
    let folder = tempfile::tempdir().unwrap();
    let begun = world(open(folder.path()));
    for number in 0..40 {
        let org = OrgId::new(format!("org_{number}"));
        begun.store.add_org(&org).await.unwrap();
        begun.store.create_connection(&org, &new("a", &[("key", "k")])).await.unwrap();
    }
    begun.store.close().await;
    let (one, two) = two_keys();
    for lines in 1..=6 {
        kill_after("rotation::child_that_changes_the_master_key", folder.path(), lines);
        let after = open_with(folder.path(), &two, std::slice::from_ref(&one)).unwrap();
        for number in 0..40 {
            let org = OrgId::new(format!("org_{number}"));
            assert_eq!(
                after.open_connection(&org, "a").await.unwrap().unwrap().secrets,
                secrets(&[("key", "k")])
            );
        }
        after.rotate_master_key(|_, _| {}).await.unwrap();
        after.close().await;
        drop(open_with(folder.path(), &two, &[]).unwrap());
    }
}

/// The same in the child.
fn two_keys() -> (MasterKey, MasterKey) {
    let two = "cmk_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoMjtYmI";
    (keys().current, MasterKey::parse(two).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_changes_the_master_key() {
    let Some(folder) = folder() else { return };
    let (mut one, mut two) = two_keys();
    loop {
        let store = open_with(&folder, &one, std::slice::from_ref(&two)).unwrap();
        let rotating = tokio::spawn(async move {
            store.rotate_master_key(|_, _| {}).await.unwrap();
            store.close().await;
        });
        say_round();
        rotating.await.unwrap();
        std::mem::swap(&mut one, &mut two);
    }
}
