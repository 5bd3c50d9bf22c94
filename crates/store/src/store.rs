//! The one handle on the database.

mod prune;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::StoreError;
use crate::backend::Backend;
use crate::connections::Opened;
use crate::seal::{Keyring, OrgRef};
use crate::sqlite::Sqlite;
use crate::value::{Statement, values};
use crate::{Keys, MasterKey};

/// A database of Callout. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    backend: Backend,
    /// The numbers that stand for the orgs in every table; an org is never removed or renamed.
    orgs: RwLock<HashMap<OrgId, i64>>,
    keyring: Keyring,
    opened: Arc<Opened>,
}

/// How the embedded database is kept.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The folder with `callout.db`; made where it is not there, for its owner only.
    pub folder: PathBuf,
    /// Threads that read beside the writer; at least one is started.
    pub readers: usize,
    /// By which secrets are sealed. Without any, all else works, and every call that would seal or open is refused.
    pub keys: Option<Keys>,
}

/// How the store stands, for readiness and metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// Why nothing can be written now, and how to mend it; none where it can.
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
    /// `Unusable` where another process has it open, it was written by a newer version, or its secrets are sealed with
    /// another master key; `Unavailable` where the folder cannot be written.
    pub fn open(options: &StoreOptions, now: Timestamp) -> Result<Self, StoreError> {
        let keyring = Keyring::new(options.keys.clone(), true);
        let (sqlite, orgs) = Sqlite::open(options, &keyring, now.as_microsecond())?;
        Ok(Self::over(sqlite, orgs, keyring))
    }

    /// A database that is gone with the last handle; same code, no file. Secrets are sealed with a key that is gone with it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let keyring = Keyring::new(Some(Keys::new(MasterKey::generate()?)), false);
        let (sqlite, orgs) = Sqlite::in_memory()?;
        Ok(Self::over(sqlite, orgs, keyring))
    }

    fn over(sqlite: Sqlite, orgs: Vec<(String, i64)>, keyring: Keyring) -> Self {
        let orgs = orgs.into_iter().map(|(name, number)| (OrgId::new(name), number)).collect();
        let (backend, orgs) = (Backend::Sqlite(sqlite), RwLock::new(orgs));
        Self { inner: Arc::new(Inner { backend, orgs, keyring, opened: Arc::default() }) }
    }

    /// Takes no new writes, commits what is queued, and closes the file with its log folded in.
    pub async fn close(&self) {
        self.backend().close().await;
    }

    pub fn health(&self) -> Health {
        self.backend().health()
    }

    /// The epoch of the first lease of every run that this process begins by `record`: its later records carry it.
    pub fn boot_epoch(&self) -> i64 {
        self.backend().boot_epoch()
    }

    /// The orgs there are, in the order they were made.
    pub async fn orgs(&self) -> Result<Vec<OrgId>, StoreError> {
        let rows = self.backend().query("SELECT name FROM org ORDER BY id", Vec::new()).await?;
        rows.into_iter().map(|mut row| row.text(0).map(OrgId::new)).collect()
    }

    /// Makes an org; one that is there stays as it is.
    pub async fn add_org(&self, org: &OrgId) -> Result<(), StoreError> {
        let add = "INSERT INTO org (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        self.backend().apply(vec![Statement::any(add, values![org.as_str()])]).await?;
        let rows = self.backend().query("SELECT id FROM org WHERE name = $1", values![org.as_str()]).await?;
        for mut row in rows {
            let number = row.int(0)?;
            self.inner.orgs.write().unwrap_or_else(PoisonError::into_inner).insert(org.clone(), number);
        }
        Ok(())
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// The connections that are open in this process.
    pub(crate) fn opened(&self) -> &Arc<Opened> {
        &self.inner.opened
    }

    /// None for an org that is not there.
    pub(crate) fn org(&self, org: &OrgId) -> Option<i64> {
        self.inner.orgs.read().unwrap_or_else(PoisonError::into_inner).get(org).copied()
    }

    /// For what cannot be done to an org that is not there.
    pub(crate) fn known_org(&self, org: &OrgId) -> Result<i64, StoreError> {
        self.org(org).ok_or(StoreError::NotFound)
    }

    pub(crate) fn org_ref<'a>(&self, org: &'a OrgId) -> Result<OrgRef<'a>, StoreError> {
        Ok(OrgRef { name: org, number: self.known_org(org)? })
    }
}
