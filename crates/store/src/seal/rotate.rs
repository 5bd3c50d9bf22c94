//! Keys are changed while all goes on: at every moment every secret opens, and a rotation that was cut off is taken up again.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::cipher::{self, DataKey};
use super::ring::{KeptKey, OrgRef, closed};
use super::state;
use crate::border::run_id;
use crate::connections::SecretPlace;
use crate::value::{Applied, Row, Statement, values};
use crate::{Store, StoreError};

/// Values that are sealed anew in one transaction: some milliseconds of the writer's time.
const BATCH: usize = 64;

/// Of a run that is not over: its state is sealed, and with a key before the current one. `$2` is how a sealed value begins, `$3`
/// how one does that the current key sealed: the heads are in the order of the keys.
const FORMER_STATE: &str = "due IS NOT NULL AND substr(state, 1, 1) = $2 AND substr(state, 1, 9) < $3";

const _: () = assert!(cipher::HEAD_BYTES == 9, "as the text above has it");

/// How far a rotation of data keys came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Secrets and states of runs that are sealed with the current key now and were not before.
    pub resealed: u64,
    /// Those that are still sealed with a former key, because they do not open or were written meanwhile.
    pub left: u64,
    /// Former keys that were removed: nothing is sealed with them.
    pub keys_removed: u64,
    /// Former keys that stay: something is left on them.
    pub keys_left: u64,
}

impl Store {
    /// Makes a new data key for the org, and seals all that it has with that one. Everything goes on meanwhile. Where it is cut
    /// off, at any point, every secret opens all the same, and `reseal` does the rest.
    pub async fn rotate_data_key(&self, org: &OrgId, now: Timestamp) -> Result<Rotated, StoreError> {
        let named = self.org_ref(org)?;
        let rotating = self.keyring().rotating.lock().await;
        let current = self.sealing_key(named, now).await?;
        let next = DataKey::new(current.number + 1)?;
        let (master, sealed) = self.keyring().wrap(named.name, &next)?;
        let retire =
            "UPDATE data_key SET retired_at = $3 WHERE org = $1 AND number = $2 AND retired_at IS NULL";
        let add = "INSERT INTO data_key (org, number, master, created_at, retired_at, sealed)
            VALUES ($1, $2, $3, $4, NULL, $5)";
        let statements = vec![
            Statement::one(retire, values![named.number, current.number, now]),
            Statement::one(add, values![named.number, next.number, master, now, sealed]),
        ];
        // Where the key was changed by another meanwhile, that is as good.
        self.backend().apply(statements).await?;
        self.load_keys(named).await?;
        let rotated = self.reseal_all(named).await;
        drop(rotating);
        rotated
    }

    /// Seals with the current data key what is still sealed with former ones, and removes those that nothing is sealed with.
    pub async fn reseal(&self, org: &OrgId) -> Result<Rotated, StoreError> {
        let _rotating = self.keyring().rotating.lock().await;
        self.reseal_all(self.org_ref(org)?).await
    }

    async fn reseal_all(&self, org: OrgRef<'_>) -> Result<Rotated, StoreError> {
        let mut rotated = Rotated::default();
        let (current, former) = loop {
            self.load_keys(org).await?;
            let Some(current) = self.keyring().current(org.number) else { return Ok(rotated) };
            let former = self.former_keys(org, &current).await?;
            if former.is_empty() {
                return Ok(rotated);
            }
            if self.reseal_secrets(org, &current, &mut rotated).await? {
                break (current, former);
            }
        };
        // What this process sealed with a former key is in the database after this: the queue is first in, first out.
        self.keyring().all_queued();
        self.backend().apply(vec![Self::while_current(org, &current)]).await?;
        self.reseal_states(org, &current, &mut rotated).await?;
        for number in former {
            match self.remove_key(org, number).await? {
                true => rotated.keys_removed += 1,
                false => rotated.keys_left += 1,
            }
        }
        rotated.left = self.sealed_with_former(org, &current).await?;
        Ok(rotated)
    }

    /// Secrets and states of runs of the org that are sealed with former data keys.
    pub async fn left_on_former_keys(&self, org: &OrgId) -> Result<u64, StoreError> {
        let org = self.org_ref(org)?;
        self.load_keys(org).await?;
        match self.keyring().current(org.number) {
            Some(current) => self.sealed_with_former(org, &current).await,
            None => Ok(0),
        }
    }

    /// Seals every data key that former master keys seal with the current one; how many. When it returns, the former master keys
    /// open nothing here any more. Where it is cut off, it is called again with the same keys. `told` hears of each org that is
    /// done, and how many of its data keys were sealed anew.
    pub async fn rotate_master_key(&self, mut told: impl FnMut(&OrgId, u64)) -> Result<u64, StoreError> {
        let master = self.keyring().keys()?.current.id().to_owned();
        let mut sealed = 0;
        for org in self.orgs().await? {
            let before = sealed;
            let org = self.org_ref(&org)?;
            let sql = "SELECT number, master, sealed FROM data_key WHERE org = $1 AND master <> $2";
            for row in &mut self.backend().query(sql, values![org.number, master.as_str()]).await? {
                sealed += self.wrap_anew(org, &KeptKey::read(row)?).await?;
            }
            told(org.name, sealed - before);
        }
        let check = self.keyring().check()?.ok_or_else(|| closed("no master key was given"))?;
        let keep = "UPDATE master_check SET master = $1, sealed = $2 WHERE master <> $1";
        self.backend().apply(vec![Statement::any(keep, values![check.master, check.sealed])]).await?;
        Ok(sealed)
    }

    async fn wrap_anew(&self, org: OrgRef<'_>, kept: &KeptKey) -> Result<u64, StoreError> {
        let key = self.keyring().unwrap(org.name, kept)?;
        let (master, sealed) = self.keyring().wrap(org.name, &key)?;
        let sql =
            "UPDATE data_key SET master = $4, sealed = $5 WHERE org = $1 AND number = $2 AND master = $3";
        let values = values![org.number, key.number, kept.master.as_str(), master, sealed];
        Ok(u64::from(self.backend().apply_one(sql, values).await?.is_some()))
    }

    async fn former_keys(&self, org: OrgRef<'_>, current: &DataKey) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT number FROM data_key WHERE org = $1 AND number < $2";
        let mut rows = self.backend().query(sql, values![org.number, current.number]).await?;
        rows.iter_mut().map(|row| row.int(0)).collect()
    }

    /// Batch after batch; false where the key was changed again meanwhile.
    async fn reseal_secrets(
        &self,
        org: OrgRef<'_>,
        current: &DataKey,
        rotated: &mut Rotated,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT s.connection, s.field, s.sealed, c.allowed_hosts
            FROM secret s JOIN connection c ON c.org = s.org AND c.id = s.connection
            WHERE s.org = $1 AND s.data_key <> $2 AND (s.connection, s.field) > ($3, $4)
            ORDER BY s.connection, s.field LIMIT $5";
        // As it was read: a value that was written since is sealed with the current key, or is met again.
        let anew = "UPDATE secret SET data_key = $4, sealed = $5
            WHERE org = $1 AND connection = $2 AND field = $3 AND sealed = $6 RETURNING 1";
        let (mut connection, mut field) = (String::new(), String::new());
        loop {
            let values =
                values![org.number, current.number, connection.as_str(), field.as_str(), BATCH as i64];
            let rows = self.backend().query(sql, values).await?;
            let last = rows.len() < BATCH;
            let mut statements = vec![Self::while_current(org, current)];
            for mut row in rows {
                (connection, field) = (row.text(0)?, row.text(1)?);
                let (sealed, hosts) = (row.blob(2)?, row.text(3)?);
                let place = SecretPlace { org, connection: &connection, field: &field, hosts: &hosts };
                // One that does not open stays as it is, and is counted as left.
                let Ok(secret) = self.open_secret(place, &sealed).await else { continue };
                let new = place.bound(|bound| current.seal(bound, secret.expose().as_bytes()))?;
                let values =
                    values![org.number, connection.as_str(), field.as_str(), current.number, new, sealed];
                statements.push(Statement::any(anew, values));
            }
            match self.backend().apply(statements).await? {
                Applied::Done(answers) => rotated.resealed += rows_of(answers.get(1..)),
                Applied::Unmet(_) => return Ok(false),
            }
            if last {
                return Ok(true);
            }
        }
    }

    /// Over and over until no state is found: one that is taken up meanwhile moves among those that are due.
    async fn reseal_states(
        &self,
        org: OrgRef<'_>,
        current: &DataKey,
        rotated: &mut Rotated,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT due, ord, id, state FROM run WHERE org = $1 AND {FORMER_STATE} AND (due, ord) > ($4, $5)
            ORDER BY due, ord LIMIT $6"
        );
        // As it was read: a run may go on at any moment.
        let anew = "UPDATE run SET state = $3 WHERE org = $1 AND ord = $2 AND state = $4 RETURNING 1";
        let (mut due, mut ord, mut found) = (i64::MIN, i64::MIN, 0);
        loop {
            let head = cipher::head_of(current.number);
            let values =
                values![org.number, [cipher::VERSION].as_slice(), head.as_slice(), due, ord, BATCH as i64];
            let rows = self.backend().query(sql.clone(), values).await?;
            let last = rows.len() < BATCH;
            let mut statements = Vec::new();
            for mut row in rows {
                (due, ord) = (row.int(0)?, row.int(1)?);
                let (run, sealed) = (run_id(&row.blob(2)?)?, row.blob(3)?);
                let Ok(plain) = self.opened_state(org, &run, &sealed).await else { continue };
                let new = state::with_place(org, &run, |bound| current.seal(bound, &plain))?;
                statements.push(Statement::any(anew, values![org.number, ord, new, sealed]));
            }
            if let Applied::Done(answers) = self.backend().apply(statements).await? {
                let resealed = rows_of(Some(&answers));
                (rotated.resealed, found) = (rotated.resealed + resealed, found + resealed);
            }
            match (last, found) {
                (false, _) => {}
                (true, 0) => return Ok(()),
                (true, _) => (due, ord, found) = (i64::MIN, i64::MIN, 0),
            }
        }
    }

    /// Removes a former key if nothing is sealed with it, nor can be.
    async fn remove_key(&self, org: OrgRef<'_>, number: i64) -> Result<bool, StoreError> {
        // No state comes to it any more, so that this need not be asked within the transaction.
        let states =
            "SELECT 1 FROM run WHERE org = $1 AND due IS NOT NULL AND substr(state, 1, $2) = $3 LIMIT 1";
        let head = cipher::head_of(number);
        let values = values![org.number, head.len() as i64, head.as_slice()];
        if !self.backend().query(states, values).await?.is_empty() {
            return Ok(false);
        }
        let sql = "DELETE FROM data_key WHERE org = $1 AND number = $2 AND retired_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM secret WHERE org = $1 AND data_key = $2)";
        Ok(self.backend().apply_one(sql, values![org.number, number]).await?.is_some())
    }

    async fn sealed_with_former(&self, org: OrgRef<'_>, current: &DataKey) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM secret WHERE org = $1 AND data_key <> $4)
                + (SELECT count(*) FROM run WHERE org = $1 AND {FORMER_STATE})"
        );
        let head = cipher::head_of(current.number);
        let values = values![org.number, [cipher::VERSION].as_slice(), head.as_slice(), current.number];
        self.backend().query(sql, values).await?.first_mut().map_or(Ok(0), |row| row.number(0))
    }
}

fn rows_of(answers: Option<&[Vec<Row>]>) -> u64 {
    answers.unwrap_or_default().iter().map(|rows| rows.len() as u64).sum()
}
