//! The one handle on the database.

mod bodies;
mod orgs;
mod prune;

pub use bodies::RunTexts;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::backend::Backend;
use crate::connections::{Forget, Opened};
use crate::seal::{Keyring, OrgRef};
use crate::sqlite::Sqlite;
use crate::value::{Applied, Row, Statement, Value};
use crate::{Keys, MasterKey, Note, StoreError};

/// A database of Callout. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
    /// What the next write carries into the audit log.
    note: Option<Arc<Note>>,
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
    /// Questions that were answered without writing.
    pub reads: u64,
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

    /// A database to look at, also while a server has it; every write is refused with `Unavailable`, and no secret opens.
    ///
    /// # Errors
    /// `Unusable` where there is none, or one of another version.
    pub fn look(folder: &Path) -> Result<Self, StoreError> {
        let (sqlite, orgs) = Sqlite::look(folder)?;
        Ok(Self::over(sqlite, orgs, Keyring::new(None, true)))
    }

    fn over(sqlite: Sqlite, orgs: Vec<(String, i64)>, keyring: Keyring) -> Self {
        let orgs = orgs.into_iter().map(|(name, number)| (OrgId::new(name), number)).collect();
        let (backend, orgs) = (Backend::Sqlite(sqlite), RwLock::new(orgs));
        Self { inner: Arc::new(Inner { backend, orgs, keyring, opened: Arc::default() }), note: None }
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

    pub(crate) fn with_note(&self, note: Note) -> Self {
        Self { inner: self.inner.clone(), note: Some(Arc::new(note)) }
    }

    /// All statements in one transaction with the entry of the audit log that this handle carries.
    pub(crate) async fn apply(&self, statements: Vec<Statement>) -> Result<Applied, StoreError> {
        let own = statements.len();
        Ok(answers_to(own, self.backend().apply(self.noted(statements)?).await?))
    }

    /// The same for what changes a connection.
    pub(crate) async fn apply_and_forget(
        &self,
        statements: Vec<Statement>,
        forget: Forget,
    ) -> Result<Applied, StoreError> {
        let own = statements.len();
        Ok(answers_to(own, self.backend().apply_and_forget(self.noted(statements)?, forget).await?))
    }

    fn noted(&self, mut statements: Vec<Statement>) -> Result<Vec<Statement>, StoreError> {
        if let Some(note) = &self.note {
            statements.extend(self.statements_of(note)?);
        }
        Ok(statements)
    }

    /// One statement that must change or return one row, and that row; none where it did not.
    pub(crate) async fn apply_one(
        &self,
        sql: impl Into<Cow<'static, str>>,
        values: Vec<Value>,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        if self.note.is_none() {
            return self.backend().apply_one(sql, values).await;
        }
        match self.apply(vec![Statement::one(sql, values)]).await? {
            Applied::Done(rows) => Ok(Some(rows.into_iter().next().unwrap_or_default())),
            Applied::Unmet(_) => Ok(None),
        }
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    /// From here on the org is there.
    fn keep_org(&self, org: &OrgId, number: i64) {
        self.inner.orgs.write().unwrap_or_else(PoisonError::into_inner).insert(org.clone(), number);
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

/// Without the answers to the statements that came behind, which wrote the entry of the audit log.
fn answers_to(own: usize, applied: Applied) -> Applied {
    match applied {
        Applied::Done(mut answers) => {
            answers.truncate(own);
            Applied::Done(answers)
        }
        unmet @ Applied::Unmet(_) => unmet,
    }
}
