//! Which keys seal what: for who changes them, and before a former one is thrown away.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::cipher;
use super::ring::Check;
use crate::value::values;
use crate::{Keys, Store, StoreError};

/// What tells the right master key.
pub(crate) const CHECK_ROW: &str = "SELECT master, sealed FROM master_check";
/// The ids of the master keys that seal data keys.
pub(crate) const MASTERS: &str = "SELECT DISTINCT master FROM data_key WHERE org IN (SELECT id FROM org)";

/// Which keys seal what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// The id of the master key that was given; none where none was.
    pub given: Option<String>,
    /// Those of the former ones that were given.
    pub former: Vec<String>,
    /// Of the master key that the database is known by; none where it never had one.
    pub known_by: Option<String>,
    /// Org by org, from the first one on.
    pub data_keys: Vec<DataKeyLine>,
}

/// A data key of an org, and how much is sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataKeyLine {
    pub org: OrgId,
    pub number: i64,
    /// The id of the master key that seals it.
    pub master: String,
    pub created_at: Timestamp,
    /// When a newer one took its place.
    pub retired_at: Option<Timestamp>,
    pub secrets: u64,
    /// States of runs that are not over.
    pub states: u64,
}

impl KeyStatus {
    /// The ids of all master keys that were given or that seal something, the given one first.
    pub fn masters(&self) -> Vec<&str> {
        let sealing = self.data_keys.iter().map(|key| &key.master);
        let all = self.given.iter().chain(&self.former).chain(&self.known_by).chain(sealing);
        let mut masters: Vec<&str> = Vec::new();
        for id in all {
            if !masters.contains(&id.as_str()) {
                masters.push(id);
            }
        }
        masters
    }

    /// What the master key of this id still seals: data keys, and the mark that the database is known by.
    pub fn sealed_by(&self, master: &str) -> usize {
        let keys = self.data_keys.iter().filter(|key| key.master == master).count();
        keys + usize::from(self.known_by.as_deref() == Some(master))
    }
}

impl Store {
    /// Which keys seal what. It looks at every run that is not over.
    pub async fn key_status(&self) -> Result<KeyStatus, StoreError> {
        let given = self.keyring().given();
        let mut check = self.backend().query(CHECK_ROW, Vec::new()).await?;
        let mut data_keys = Vec::new();
        for org in self.orgs().await? {
            data_keys.append(&mut self.data_keys(org).await?);
        }
        Ok(KeyStatus {
            given: given.as_ref().map(|keys| keys.current.id().to_owned()),
            former: given.iter().flat_map(|keys| &keys.former).map(|key| key.id().to_owned()).collect(),
            known_by: check.first_mut().map(|row| row.text(0)).transpose()?,
            data_keys,
        })
    }

    async fn data_keys(&self, org: OrgId) -> Result<Vec<DataKeyLine>, StoreError> {
        let number = self.known_org(&org)?;
        let keys = "SELECT number, master, created_at, retired_at,
                (SELECT count(*) FROM secret s WHERE s.org = k.org AND s.data_key = k.number)
            FROM data_key k WHERE org = $1 ORDER BY number";
        let states =
            "SELECT count(*) FROM run WHERE org = $1 AND due IS NOT NULL AND substr(state, 1, $2) = $3";
        let mut lines = Vec::new();
        for mut row in self.backend().query(keys, values![number]).await? {
            let key = row.int(0)?;
            let head = cipher::head_of(key);
            let mut sealed =
                self.backend().query(states, values![number, head.len() as i64, head.as_slice()]).await?;
            lines.push(DataKeyLine {
                org: org.clone(),
                number: key,
                master: row.text(1)?,
                created_at: row.time(2)?,
                retired_at: row.opt_time(3)?,
                secrets: row.number(4)?,
                states: sealed.first_mut().map_or(Ok(0), |row| row.number(0))?,
            });
        }
        Ok(lines)
    }

    /// Takes other master keys than those that were given, from here on. Nothing is sealed anew by that; `rotate_master_key`
    /// does it.
    ///
    /// # Errors
    /// `Unusable` where something is sealed with a master key that is not among them; the keys stay as they were then.
    pub async fn change_keys(&self, keys: Keys) -> Result<(), StoreError> {
        let mut masters = Vec::new();
        for mut row in self.backend().query(MASTERS, Vec::new()).await? {
            masters.push(row.text(0)?);
        }
        match self.backend().query(CHECK_ROW, Vec::new()).await?.first_mut() {
            Some(row) => keys.admit(&Check { master: row.text(0)?, sealed: row.blob(1)? }, &masters)?,
            None => return Err(super::closed("the database was opened without a master key")),
        }
        self.keyring().change(keys);
        Ok(())
    }
}
