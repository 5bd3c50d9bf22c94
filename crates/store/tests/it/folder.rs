//! The folder is for its owner and one process; what is not ours is refused as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use callout_store::{Store, StoreError, StoreOptions};
use rusqlite::Connection;

use crate::world::{at, open};

fn refused(folder: &Path) -> String {
    match Store::open(
        &StoreOptions { folder: folder.to_owned(), readers: 1, keys: Some(crate::world::keys()) },
        at(0),
    ) {
        Err(StoreError::Unusable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn folder_and_files_are_for_their_owner() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("a/b");
    let _store = open(&folder);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in ["callout.db", "callout.db-wal", "callout.db-shm", "callout.lock"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
}

#[test]
fn one_process_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(refused(folder.path()).contains("in use by another process"));
    drop(store);
    open(folder.path());
}

#[test]
fn a_newer_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let file = folder.path().join("callout.db");
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    Connection::open(&file).unwrap().execute(newer, []).unwrap();
    let before = fs::read(&file).unwrap();
    let why = refused(folder.path());
    assert!(why.contains("newer Callout (its shape is 99, this one knows up to "), "{why}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_changed_migration_is_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let changed = "UPDATE refinery_schema_history SET checksum = '1'";
    Connection::open(folder.path().join("callout.db")).unwrap().execute(changed, []).unwrap();
    assert!(refused(folder.path()).contains("cannot be brought to this version's shape"));
}

#[test]
fn other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("callout.db");
    fs::write(&file, "not a database, and longer than its head would be: ".repeat(40)).unwrap();
    assert!(refused(folder.path()).contains("is not a database of Callout"));
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute("CREATE TABLE theirs (x)", []).unwrap();
    assert!(refused(folder.path()).contains("is a database of another program"));
    assert!(refused(&file).contains("callout.db"));
}
