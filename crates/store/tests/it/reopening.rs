//! What was durable is there in the next process, and the leases of the one before are void.

use std::fs;
use std::path::Path;

use callout_flow::id::OrgId;
use callout_store::{Begin, Recorded, RunStatus, Stand, Store, StoreError, StoreOptions};

use crate::world::{World, at, begun, first, going, id, later, open, over, parked};

fn here(store: Store) -> World {
    World { store, org: OrgId::default_org(), _folder: None }
}

fn open_at(folder: &Path, second: i64) -> World {
    let options = StoreOptions { folder: folder.to_owned(), readers: 1, keys: Some(crate::world::keys()) };
    here(Store::open(&options, at(second)).unwrap())
}

async fn fill(world: &World) -> i64 {
    let epoch = world.begin(&id(1), begun(1)).await;
    world.record(later(&id(1), epoch, 1, going())).await;
    world.record(first(&id(2), begun(1), parked(99))).await;
    world.record(first(&id(3), begun(1), over(2, RunStatus::Completed))).await;
    epoch
}

async fn as_it_was(world: &World, epoch: i64) {
    assert!(world.store.boot_epoch() > epoch);
    // Due when the store was opened.
    assert_eq!(world.run(&id(1)).await.line.due, Some(at(50)));
    assert_eq!(world.run(&id(2)).await.line.due, Some(at(99)));
    assert_eq!(world.run(&id(3)).await.line.due, None);
    assert_eq!(world.record(later(&id(1), epoch, 2, going())).await, Recorded::Fenced);
    let claimed = world.claim(50, 10).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!((claimed[0].run.clone(), claimed[0].state.as_slice()), (id(1), b"going".as_slice()));
    assert!(claimed[0].epoch > world.store.boot_epoch());
    assert_eq!(world.record(later(&id(1), epoch, 2, going())).await, Recorded::Fenced);
    assert_eq!(world.record(later(&id(1), claimed[0].epoch, 1, going())).await, Recorded::Taken);
    assert_eq!(world.run(&id(1)).await.parts.len(), 2);
}

#[tokio::test]
async fn after_a_close() {
    let folder = tempfile::tempdir().unwrap();
    let world = open_at(folder.path(), 0);
    let epoch = fill(&world).await;
    let late = world.queue(later(&id(1), epoch, 2, going()));
    world.store.close().await;
    assert_eq!(late.durable().await, Ok(Recorded::Taken));
    // The log is folded in.
    assert!(!folder.path().join("callout.db-wal").exists());
    let closed = || Err(StoreError::Unavailable("the store is closed".to_owned()));
    assert_eq!(world.store.orgs().await, closed());
    assert_eq!(
        world.queue(later(&id(1), epoch, 3, going())).durable().await,
        closed().map(|_| Recorded::Taken)
    );
    world.store.close().await;
    // The folder is free already, while the handle lives.
    let world = open_at(folder.path(), 50);
    assert_eq!(world.run(&id(1)).await.parts.len(), 2);
}

#[tokio::test]
async fn after_a_drop_without_a_close() {
    let folder = tempfile::tempdir().unwrap();
    let world = open_at(folder.path(), 0);
    let epoch = fill(&world).await;
    drop(world);
    as_it_was(&open_at(folder.path(), 50), epoch).await;
}

/// The files as they are on the disk at some moment: what a machine finds that lost its power then.
#[tokio::test]
async fn after_the_power_went() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = open_at(folder.path(), 0);
    let epoch = fill(&world).await;
    for name in ["callout.db", "callout.db-wal"] {
        fs::copy(folder.path().join(name), other.path().join(name)).unwrap();
    }
    as_it_was(&open_at(other.path(), 50), epoch).await;
}

/// A commit that was cut off while it was written is not there at all.
#[tokio::test]
async fn after_the_power_went_in_the_middle_of_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let world = open_at(folder.path(), 0);
    let epoch = world.begin(&id(1), begun(1)).await;
    world.record(later(&id(1), epoch, 1, going())).await;
    let log = folder.path().join("callout.db-wal");
    let before = fs::metadata(&log).unwrap().len();
    world.record(later(&id(1), epoch, 2, over(2, RunStatus::Completed))).await;
    let after = fs::metadata(&log).unwrap().len();
    assert!(after > before);
    for cut in [before, before + 1, (before + after) / 2, after - 1, after] {
        let other = tempfile::tempdir().unwrap();
        fs::copy(folder.path().join("callout.db"), other.path().join("callout.db")).unwrap();
        fs::write(other.path().join("callout.db-wal"), &fs::read(&log).unwrap()[..cut as usize]).unwrap();
        let row = here(open(other.path())).run(&id(1)).await;
        let whole = cut == after;
        assert_eq!(row.parts.len(), if whole { 2 } else { 1 });
        assert_eq!((row.tail.is_some(), row.state.is_some()), (whole, !whole));
    }
}

const SECRET: &[u8] = b"s3cret-marker";

/// A hundred runs with a secret in their head, which their end replaces; `tail` is what it adds.
async fn with_secrets(world: &World, tail: &[u8]) {
    let mut epochs = Vec::new();
    for number in 0..100 {
        // Of all sizes, so that some spill over and others share a page.
        let begin = Begin { head: [&vec![b'x'; number * 60], SECRET].concat(), ..begun(1) };
        epochs.push(world.begin(&id(number as u64), begin).await);
    }
    for (number, epoch) in epochs.into_iter().enumerate() {
        let Stand::Over { status, ended_at, .. } = over(2, RunStatus::Completed) else { unreachable!() };
        let head = Some(b"masked".to_vec());
        let stand = Stand::Over { status, ended_at, tail: tail.to_vec(), head, error: None };
        world.record(later(&id(number as u64), epoch, 1, stand)).await;
    }
}

async fn holds_a_secret(world: &World, folder: &Path) -> bool {
    world.store.close().await;
    let bytes = fs::read(folder.join("callout.db")).unwrap();
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

#[tokio::test]
async fn nothing_is_left_of_what_was_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let world = open_at(folder.path(), 0);
    with_secrets(&world, b"{}").await;
    assert!(!holds_a_secret(&world, folder.path()).await);
}

#[tokio::test]
async fn nothing_is_left_of_what_was_removed() {
    let folder = tempfile::tempdir().unwrap();
    let world = open_at(folder.path(), 0);
    with_secrets(&world, SECRET).await;
    assert!(holds_a_secret(&world, folder.path()).await);
    let world = open_at(folder.path(), 50);
    while world.store.prune(&world.org, at(40), 1000).await.unwrap().more {}
    assert!(!holds_a_secret(&world, folder.path()).await);
}
