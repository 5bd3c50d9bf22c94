//! Nothing can be written for a while: what was promised waits and is written, all else is refused, and no restart is needed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use callout_flow::id::OrgId;
use callout_store::{Document, RunStatus, Store, StoreError, StoreOptions};

use crate::world::{World, at, begun, first, going, id, later, open, over, parked};
use callout_testkit::child::{child, child_on_small_disk, child_with_faults, folder};

/// `EX_IOERR`: how a process ends that may have lost what it wrote.
const EXIT_LOST: i32 = 74;

fn refused<T: std::fmt::Debug>(said: Result<T, StoreError>) -> String {
    match said {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// What holds whatever it is that keeps the store from writing.
async fn blocked_and_free_again(world: &World, why: &str, block: impl Fn(), free: impl Fn()) {
    let (store, org) = (&world.store, &world.org);
    let (run, other) = (id(1), id(2));
    let epoch = world.begin(&run, begun(1)).await;
    let other_epoch = world.begin(&other, begun(1)).await;
    world.record(first(&id(3), begun(1), parked(2))).await;
    block();
    let receipts = [
        world.queue(later(&run, epoch, 1, going())),
        world.queue(later(&other, other_epoch, 1, parked(9))),
        world.queue(later(&run, epoch, 2, over(2, RunStatus::Completed))),
    ];
    // Behind them in the queue: when this is refused they have been tried.
    let said = refused(store.accept(org, vec![(id(4), begun(1))], 1, None, at(1)).await);
    assert!(said.contains(why), "{said}");
    assert_eq!(store.health().unavailable.as_deref(), Some(said.as_str()));
    assert_eq!(store.health().queued, 3);
    refused(world.queue(first(&id(5), begun(1), going())).durable().await);
    refused(store.claim(org, at(2), 1).await);
    let document = Document { text: "x".to_owned(), json: false };
    refused(store.put_draft(org, "a", "A", &document, None, at(1)).await);
    // Reading goes on.
    assert_eq!(world.run(&run).await.parts, []);
    free();
    for receipt in receipts {
        assert!(receipt.durable().await.is_ok());
    }
    assert_eq!(world.run(&run).await.line.status, RunStatus::Completed);
    let numbers: Vec<u32> = world.run(&run).await.parts.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(numbers, [1, 2]);
    world.begin(&id(4), begun(1)).await;
    assert_eq!(world.claim(2, 10).await.len(), 1);
    assert_eq!(store.health().unavailable, None);
}

fn here(folder: &Path) -> World {
    World { store: open(folder), org: OrgId::default_org(), _folder: None }
}

fn passes(mut command: Command) {
    assert!(command.status().unwrap().success());
}

#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    match child_on_small_disk("blocked::child_on_a_full_disk", folder.path()) {
        Some(command) => passes(command),
        None => failing_writes("write 28", "full"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_on_a_full_disk() {
    let Some(folder) = folder() else { return };
    let filler = folder.join("filler");
    let fill = || {
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    };
    // Nor can a store be made there.
    fill();
    let options = StoreOptions { folder: folder.join("data"), readers: 1, keys: Some(crate::world::keys()) };
    let said = refused(Store::open(&options, at(0)));
    assert!(said.contains("full") || said.contains("No space"), "{said}");
    fs::remove_file(&filler).unwrap();
    let world = here(&folder.join("data"));
    blocked_and_free_again(&world, "full", fill, || fs::remove_file(&filler).unwrap()).await;
    world.store.close().await;
}

#[test]
fn a_folder_that_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    match child_on_small_disk("blocked::child_in_a_read_only_folder", folder.path()) {
        Some(command) => passes(command),
        None => failing_writes("write 30", "fails"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_in_a_read_only_folder() {
    let Some(folder) = folder() else { return };
    let remount = |how: &str| {
        passes({
            let mut mount = Command::new("mount");
            mount.args(["-o", &format!("remount,{how}")]).arg(&folder);
            mount
        });
    };
    let world = here(&folder);
    world.begin(&id(1), begun(1)).await;
    world.store.close().await;
    drop(world);
    remount("ro");
    let options = StoreOptions { folder: folder.clone(), readers: 1, keys: Some(crate::world::keys()) };
    let said = refused(Store::open(&options, at(0)));
    assert!(said.contains("must be writable"), "{said}");
    remount("rw");
    let world = here(&folder);
    assert_eq!(world.claim(0, 10).await.len(), 1);
}

fn failing_writes(fault: &str, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child_with_faults("blocked::child_with_a_failing_disk", folder.path());
    passes({
        command.env("CALLOUT_TEST_FAULT", fault).env("CALLOUT_TEST_WHY", why);
        command
    });
}

#[test]
fn a_disk_without_space_a_read_only_one_a_quota_and_a_failing_one() {
    for (fault, why) in
        [("write 28", "full"), ("write 30", "fails"), ("write 122", "quota"), ("write 5", "fails")]
    {
        failing_writes(fault, why);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_with_a_failing_disk() {
    let (Some(folder), Some(fault)) = (folder(), std::env::var_os("CALLOUT_TEST_FAULT")) else { return };
    let why = std::env::var_os("CALLOUT_TEST_WHY").unwrap();
    let (file, fault) = (folder.join("fault"), fault.into_string().unwrap());
    let world = here(&folder);
    let block = || fs::write(&file, &fault).unwrap();
    blocked_and_free_again(&world, why.to_str().unwrap(), block, || fs::remove_file(&file).unwrap()).await;
}

/// The next one reads what the disk has.
#[test]
fn a_failed_sync_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = child_with_faults("blocked::child_whose_sync_fails", folder.path());
    assert_eq!(command.status().unwrap().code(), Some(EXIT_LOST));
    fs::remove_file(folder.path().join("fault")).unwrap();
    passes(child("blocked::child_after_a_failed_sync", folder.path()));
}

#[tokio::test]
async fn child_whose_sync_fails() {
    let Some(folder) = folder() else { return };
    let world = here(&folder);
    let epoch = world.begin(&id(1), begun(1)).await;
    fs::write(folder.join("fault"), "sync 5").unwrap();
    world.record(later(&id(1), epoch, 1, going())).await;
    panic!("nothing is said to be durable after a sync that failed");
}

#[tokio::test]
async fn child_after_a_failed_sync() {
    let Some(folder) = folder() else { return };
    let world = here(&folder);
    assert_eq!(world.claim(0, 10).await.len(), 1);
}
