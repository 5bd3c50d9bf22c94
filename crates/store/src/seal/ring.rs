//! The keys that are open in this process: each org's data keys, under the master key.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use callout_flow::id::OrgId;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::cipher::{self, Bound, DataKey, KeyId};
use super::{Keys, MasterKey};
use crate::value::{Row, Statement, values};
use crate::{Store, StoreError};

/// An org by the name that callers know and by the number that stands in columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrgRef<'a> {
    pub(crate) name: &'a OrgId,
    pub(crate) number: i64,
}

/// A data key as it is kept.
#[derive(Debug)]
pub(crate) struct KeptKey {
    pub(crate) number: i64,
    /// The id of the master key that seals it.
    pub(crate) master: String,
    pub(crate) sealed: Vec<u8>,
}

/// What the database keeps to know its master key by.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) master: String,
    pub(crate) sealed: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Keyring {
    /// None where none were given: nothing is sealed or opened then.
    keys: RwLock<Option<Arc<Keys>>>,
    rings: Mutex<HashMap<i64, Ring>>,
    /// Held from sealing a state until its record is queued.
    queueing: RwLock<()>,
    /// Held by who changes data keys.
    pub(super) rotating: tokio::sync::Mutex<()>,
    /// Whether states of runs are kept where others could read them.
    pub(super) seals_states: bool,
}

#[derive(Debug, Default)]
struct Ring {
    current: Option<Arc<DataKey>>,
    /// Those that were removed stay: something may have been read before that.
    all: HashMap<i64, Arc<DataKey>>,
}

/// Of org's name, master, time and sealed key: what an org begins with. Where it has one, that one stays.
pub(crate) const FIRST_KEY: &str =
    "INSERT INTO data_key (org, number, master, created_at, retired_at, sealed)
    SELECT o.id, 1, $2, $3, NULL, $4 FROM org o
    WHERE o.name = $1 AND NOT EXISTS (SELECT 1 FROM data_key k WHERE k.org = o.id)";

const CHECK: Bound<'static> = Bound { kind: "master check", place: &[] };
const CHECK_TEXT: &[u8] = b"callout";

impl KeptKey {
    /// Of number, master and sealed key.
    pub(super) fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self { number: row.int(0)?, master: row.text(1)?, sealed: row.blob(2)? })
    }
}

impl Check {
    pub(crate) fn new(key: &MasterKey) -> Result<Self, StoreError> {
        let sealed = key.seal(&CHECK, CHECK_TEXT)?;
        Ok(Self { master: key.id().to_owned(), sealed })
    }
}

impl MasterKey {
    fn seal(&self, bound: &Bound<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        cipher::seal(self.key(), self.key_id(), bound, plain)
    }

    fn open(&self, bound: &Bound<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, cipher::Closed> {
        let id: KeyId = self.key_id();
        cipher::open(self.key(), id, bound, sealed)
    }
}

impl Keys {
    /// Refuses a database whose keys were sealed by a master key that is not here. `masters` are the ids that its data keys name.
    pub(crate) fn admit(&self, check: &Check, masters: &[String]) -> Result<(), StoreError> {
        for id in masters.iter().chain([&check.master]) {
            if self.of(id).is_none() {
                return Err(StoreError::Unusable(format!(
                    "the secrets in this database are sealed with the master key {id}, and the one given is {}; give the one \
                     that they are sealed with, or rotate from it to the new one",
                    self.current.id()
                )));
            }
        }
        let opened = self.of(&check.master).map(|key| key.open(&CHECK, &check.sealed));
        match opened {
            Some(Ok(_)) => Ok(()),
            _ => Err(StoreError::Unusable(
                "the database is damaged: what shows the right master key does not open".to_owned(),
            )),
        }
    }
}

impl Keyring {
    pub(crate) fn new(keys: Option<Keys>, seals_states: bool) -> Self {
        Self {
            keys: RwLock::new(keys.map(Arc::new)),
            rings: Mutex::default(),
            queueing: RwLock::default(),
            rotating: tokio::sync::Mutex::default(),
            seals_states,
        }
    }

    /// None where no key was given.
    pub(crate) fn given(&self) -> Option<Arc<Keys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a database keeps that has nothing yet to know its master key by; none where there is no key.
    pub(crate) fn check(&self) -> Result<Option<Check>, StoreError> {
        self.given().map(|keys| Check::new(&keys.current)).transpose()
    }

    pub(super) fn change(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
    }

    pub(super) fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        self.given().ok_or_else(|| closed("no master key was given, so that nothing can be sealed or opened"))
    }

    /// A data key, sealed by the current master key.
    pub(super) fn wrap(&self, org: &OrgId, key: &DataKey) -> Result<(String, Vec<u8>), StoreError> {
        let master = &self.keys()?.current;
        let sealed = bound_to(org, key.number, |bound| master.seal(bound, key.bytes()))?;
        Ok((master.id().to_owned(), sealed))
    }

    pub(super) fn unwrap(&self, org: &OrgId, kept: &KeptKey) -> Result<DataKey, StoreError> {
        let KeptKey { number, master: id, sealed } = kept;
        let gone = || closed(format!("data key {number} of `{org}` needs the master key {id}"));
        let keys = self.keys()?;
        let master = keys.of(id).ok_or_else(gone)?;
        let bytes = bound_to(org, *number, |bound| master.open(bound, sealed));
        let key = bytes.ok().and_then(|bytes| DataKey::of(*number, &bytes));
        key.ok_or_else(|| closed(format!("data key {number} of `{org}` does not open")))
    }

    /// Opens a data key, and knows it from here on. One that does not open is told: values under other keys open all the same.
    pub(crate) fn learn(&self, org: OrgRef<'_>, kept: &KeptKey, current: bool) {
        match self.unwrap(org.name, kept) {
            Ok(key) => self.add(org.number, key, current),
            Err(error) => tracing::error!(%error, "a data key cannot be used"),
        }
    }

    /// The first data key of an org, for `FIRST_KEY`.
    pub(crate) fn first_key(&self, org: &OrgId) -> Result<(String, Vec<u8>), StoreError> {
        self.wrap(org, &DataKey::new(1)?)
    }

    pub(super) fn current(&self, org: i64) -> Option<Arc<DataKey>> {
        self.lock().get(&org)?.current.clone()
    }

    /// To be held from sealing a state until its record is queued, so that `all_queued` can tell.
    pub(crate) fn queueing(&self) -> RwLockReadGuard<'_, ()> {
        self.queueing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when every state is queued that was sealed before the call.
    pub(super) fn all_queued(&self) {
        drop(self.queueing.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn key(&self, org: i64, number: i64) -> Option<Arc<DataKey>> {
        self.lock().get(&org)?.all.get(&number).cloned()
    }

    fn add(&self, org: i64, key: DataKey, current: bool) {
        let mut rings = self.lock();
        let ring = rings.entry(org).or_default();
        let key = ring.all.entry(key.number).or_insert_with(|| Arc::new(key)).clone();
        // Never back to an older one, whichever of two readers comes last.
        if current && ring.current.as_ref().is_none_or(|is| is.number < key.number) {
            ring.current = Some(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Ring>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bound_to<T>(org: &OrgId, number: i64, use_it: impl FnOnce(&Bound<'_>) -> T) -> T {
    let place = [org.as_str(), &number.to_string()];
    use_it(&Bound { kind: "data key", place: &place })
}

/// Something cannot be sealed or opened.
pub(crate) fn closed(why: impl Display) -> StoreError {
    StoreError::SecretUnavailable(why.to_string())
}

impl Store {
    /// What new values of an org are sealed with; made where it has none yet.
    pub(crate) async fn sealing_key(
        &self,
        org: OrgRef<'_>,
        now: Timestamp,
    ) -> Result<Arc<DataKey>, StoreError> {
        if let Some(key) = self.keyring().current(org.number) {
            return Ok(key);
        }
        self.load_keys(org).await?;
        if let Some(key) = self.keyring().current(org.number) {
            return Ok(key);
        }
        // Where another was faster, that one is taken.
        self.backend().apply(self.first_key(org.name, now)?.into_iter().collect()).await?;
        self.load_keys(org).await?;
        let none = || closed(format!("the data key of `{}` does not open", org.name));
        self.keyring().current(org.number).ok_or_else(none)
    }

    /// Gives an org its first data key, in the transaction that makes the org; nothing where no master key was given.
    pub(crate) fn first_key(&self, org: &OrgId, now: Timestamp) -> Result<Option<Statement>, StoreError> {
        if self.keyring().given().is_none() {
            return Ok(None);
        }
        let (master, sealed) = self.keyring().first_key(org)?;
        Ok(Some(Statement::any(FIRST_KEY, values![org.as_str(), master, now, sealed])))
    }

    /// The key that sealed something.
    pub(crate) async fn opening_key(
        &self,
        org: OrgRef<'_>,
        number: i64,
    ) -> Result<Option<Arc<DataKey>>, StoreError> {
        if let Some(key) = self.keyring().key(org.number, number) {
            return Ok(Some(key));
        }
        self.load_keys(org).await?;
        Ok(self.keyring().key(org.number, number))
    }

    /// Opens the org's data keys that are not open yet, and learns which one is current.
    pub(crate) async fn load_keys(&self, org: OrgRef<'_>) -> Result<(), StoreError> {
        self.keyring().keys()?;
        let sql = "SELECT number, master, sealed, retired_at FROM data_key WHERE org = $1";
        for mut row in self.backend().query(sql, values![org.number]).await? {
            let current = row.opt_int(3)?.is_none();
            self.keyring().learn(org, &KeptKey::read(&mut row)?, current);
        }
        Ok(())
    }

    /// Holds while this key is the current one: the first statement of every write that seals with it.
    pub(crate) fn while_current(org: OrgRef<'_>, key: &DataKey) -> Statement {
        let sql = "SELECT 1 FROM data_key WHERE org = $1 AND number = $2 AND retired_at IS NULL";
        Statement::one(sql, values![org.number, key.number])
    }
}
