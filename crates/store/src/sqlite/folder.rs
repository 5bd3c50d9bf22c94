//! The folder with the database: made for its owner only, and for one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

const FILE: &str = "callout.db";
const LOCK: &str = "callout.lock";
/// For the owner only: the file holds what contacts said.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

#[derive(Debug)]
pub(super) struct Folder {
    pub(super) file: PathBuf,
    /// SQLite's write-ahead log, beside the file.
    pub(super) log: PathBuf,
    /// Held for as long as this lives; the system drops it with the process, however that ends.
    _lock: File,
}

impl Folder {
    /// The database and its log in a folder that is there.
    pub(super) fn find(folder: &Path) -> Result<(PathBuf, PathBuf), StoreError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Err(StoreError::Unusable(format!("{} is not there", file.display())));
        }
        Ok((file, folder.join(format!("{FILE}-wal"))))
    }

    /// Makes what is not there and takes the lock.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .map_err(|error| cannot(folder, &error))?;
        let lock_path = folder.join(LOCK);
        let lock =
            open(OpenOptions::new().create(true), &lock_path).map_err(|error| cannot(&lock_path, &error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::Unusable(format!(
                "{} is in use by another process; stop that one first",
                folder.display()
            )),
            TryLockError::Error(error) => {
                StoreError::Unusable(format!("{} cannot be locked: {error}", lock_path.display()))
            }
        })?;
        let file = folder.join(FILE);
        // Made here and not by SQLite, for the mode; its log takes on the file's. Never opened here again: closing it would
        // drop SQLite's own locks.
        match open(OpenOptions::new().create_new(true), &file) {
            Ok(made) => {
                drop(made);
                let kept = File::open(folder).and_then(|folder| folder.sync_all());
                kept.map_err(|error| cannot(folder, &error))?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot(&file, &error)),
        }
        let log = folder.join(format!("{FILE}-wal"));
        Ok(Self { file, log, _lock: lock })
    }
}

fn open(options: &mut OpenOptions, path: &Path) -> Result<File, Error> {
    options.write(true).mode(FILE_MODE).open(path)
}

fn cannot(path: &Path, error: &Error) -> StoreError {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded => {
            StoreError::Unavailable(format!("{text}; the folder of the database must be writable"))
        }
        _ => StoreError::Unusable(text),
    }
}
