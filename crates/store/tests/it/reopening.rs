//! What was durable is there in the next process, and the leases of the one before are void.

use std::fs;
use std::path::Path;

use callout_flow::id::OrgId;
use callout_store::{Recorded, RunStatus, Store, StoreError, StoreOptions};

use crate::world::{World, at, begun, first, going, id, later, open, over, parked};

fn here(store: Store) -> World {
    World { store, org: OrgId::default_org(), _folder: None }
}

fn open_at(folder: &Path, second: i64) -> World {
    let options = StoreOptions { folder: folder.to_owned(), readers: 1 };
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
