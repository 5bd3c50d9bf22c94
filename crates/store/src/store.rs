//! The one handle on the database.

use std::path::PathBuf;
use std::sync::Arc;

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::StoreError;

/// A database of Callout. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    #[allow(dead_code)]
    inner: Arc<()>,
}

/// How the embedded database is kept.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The folder with `callout.db`; made where it is not there, for its owner only.
    pub folder: PathBuf,
    /// Threads that read beside the writer.
    pub readers: usize,
}

/// How the store stands, for readiness and metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Why nothing can be written now; none where it can.
    pub unavailable: Option<String>,
    /// Records and other writes that wait for the writer.
    pub queued: usize,
    /// Commits since the start.
    pub commits: u64,
    /// Writes that those commits carried.
    pub writes: u64,
    /// The sizes of the database file and its log, bytes.
    pub file_bytes: u64,
    pub log_bytes: u64,
}

/// What one round of retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub runs: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl Store {
    /// Opens or makes the database, and voids the leases of the process that had it before: what it was running
    /// is due at `now`.
    ///
    /// # Errors
    /// `Unusable` where another process has it open or it was written by a newer version; `Unavailable` where the
    /// folder cannot be written.
    pub fn open(options: &StoreOptions, now: Timestamp) -> Result<Self, StoreError> {
        let _ = (options, now);
        unimplemented!()
    }

    /// A database that is gone with the last handle; same code, no file.
    pub fn in_memory() -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Takes no new writes, commits what is queued, and closes the file with its log folded in.
    pub async fn close(&self) {
        unimplemented!()
    }

    /// The lease under which this process records runs that it inserts itself.
    pub fn boot_epoch(&self) -> i64 {
        unimplemented!()
    }

    pub fn health(&self) -> Health {
        unimplemented!()
    }

    /// The orgs there are.
    pub async fn orgs(&self) -> Result<Vec<OrgId>, StoreError> {
        unimplemented!()
    }

    /// Removes runs that ended before `before`, with their keys and marks, and tallies of that time, oldest first, at most
    /// `limit` runs in one short transaction.
    pub async fn prune(&self, org: &OrgId, before: Timestamp, limit: usize) -> Result<Pruned, StoreError> {
        let _ = (org, before, limit);
        unimplemented!()
    }
}
