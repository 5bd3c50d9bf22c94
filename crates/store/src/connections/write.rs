//! Connections are made, changed and removed, and their secrets written.

use std::collections::BTreeMap;

use callout_flow::id::OrgId;
use callout_flow::request::SecretText;
use jiff::Timestamp;

use super::{
    ConnectionChange, ConnectionView, Fetched, NewConnection, OpenConnection, SECRET_BYTES_MAX, SECRETS_MAX,
    SecretPlace, Verification, hosts_text, is_fetched,
};
use crate::seal::{DataKey, OrgRef};
use crate::value::{Applied, Statement, values};
use crate::{Store, StoreError};

type Changes = BTreeMap<String, Option<SecretText>>;

/// What a write rests on.
struct Read {
    revision: u64,
    hosts: String,
}

/// What became of a write.
enum Written {
    Done(Box<ConnectionView>),
    /// The connection is not as it was read.
    HeadUnmet,
    /// The org's key is another one by now, and known.
    KeyRetired,
}

/// Fields to write, of a connection that has these hosts.
struct Fields<'a> {
    org: OrgRef<'a>,
    connection: &'a str,
    hosts: &'a str,
    changes: &'a Changes,
    now: Timestamp,
}

impl Store {
    /// Makes a connection.
    ///
    /// # Errors
    /// `Conflict` where there is one with this id, or a secret cannot be kept; `SecretUnavailable` where nothing can be sealed.
    pub async fn create_connection(
        &self,
        org: &OrgId,
        new: &NewConnection,
    ) -> Result<ConnectionView, StoreError> {
        let org = self.org_ref(org)?;
        let changes: Changes =
            new.secrets.iter().map(|(field, text)| (field.clone(), Some(text.clone()))).collect();
        fits(&changes, false)?;
        let hosts = hosts_text(&new.allowed_hosts);
        let fields = Fields { org, connection: &new.id, hosts: &hosts, changes: &changes, now: new.now };
        let insert = "INSERT INTO connection (org, id, name, integration, allowed_hosts, disabled, expires_at, revision,
                created_at, created_by, updated_at, updated_by, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $8, $9, $10) ON CONFLICT (org, id) DO NOTHING";
        let taken = || StoreError::Conflict(format!("there is a connection `{}` already", new.id));
        loop {
            let values = values![
                org.number,
                new.id.as_str(),
                new.name.as_str(),
                new.integration.as_deref(),
                hosts.as_str(),
                new.disabled,
                new.expires_at,
                new.now,
                new.by.as_str(),
                new.document.as_str(),
            ];
            match self.write_fields(&fields, Statement::one(insert, values)).await? {
                Written::Done(view) => return Ok(*view),
                Written::KeyRetired => {}
                Written::HeadUnmet => return Err(taken()),
            }
        }
    }

    /// Changes a connection's public parts, and those of its secrets that are named. `revision` is the one that the author read;
    /// another one since is a `Conflict`, none overwrites.
    pub async fn update_connection(
        &self,
        org: &OrgId,
        id: &str,
        change: &ConnectionChange,
        revision: Option<u64>,
    ) -> Result<ConnectionView, StoreError> {
        let org = self.org_ref(org)?;
        fits(&change.secrets, false)?;
        let update =
            "UPDATE connection SET name = $5, document = $6, disabled = $7, expires_at = $8, updated_at = $9,
                updated_by = $10, revision = revision + 1
            WHERE org = $1 AND id = $2 AND revision = $3 AND allowed_hosts = $4";
        loop {
            let read = self.read_for_write(org, id, revision).await?;
            let fields =
                Fields { org, connection: id, hosts: &read.hosts, changes: &change.secrets, now: change.now };
            let values = values![
                org.number,
                id,
                i64::try_from(read.revision).unwrap_or(i64::MAX),
                read.hosts.as_str(),
                change.name.as_str(),
                change.document.as_str(),
                change.disabled,
                change.expires_at,
                change.now,
                change.by.as_str(),
            ];
            if let Written::Done(view) = self.write_fields(&fields, Statement::one(update, values)).await? {
                return Ok(*view);
            }
        }
    }

    /// Writes what Callout fetched for a connection as it was when it was opened. Its revision stays.
    ///
    /// # Errors
    /// `Conflict` where an author has changed the connection since: what was fetched belongs to what it was before.
    pub async fn put_fetched(
        &self,
        org: &OrgId,
        open: &OpenConnection,
        fetched: &Fetched,
    ) -> Result<(), StoreError> {
        let org = self.org_ref(org)?;
        fits(&fetched.secrets, true)?;
        let hosts = hosts_text(&open.allowed_hosts);
        let (changes, now) = (&fetched.secrets, fetched.now);
        let fields = Fields { org, connection: &open.id, hosts: &hosts, changes, now };
        let revision = i64::try_from(open.revision).unwrap_or(i64::MAX);
        // One that was made anew under this id began at another time.
        let update = "UPDATE connection SET token_expires_at = $6
            WHERE org = $1 AND id = $2 AND revision = $3 AND allowed_hosts = $4 AND created_at = $5";
        loop {
            let id = open.id.as_str();
            let values =
                values![org.number, id, revision, hosts.as_str(), open.created_at, fetched.expires_at];
            match self.write_fields(&fields, Statement::one(update, values)).await? {
                Written::Done(_) => return Ok(()),
                Written::KeyRetired => {}
                Written::HeadUnmet => {
                    self.read_for_write(org, id, Some(open.revision)).await?;
                    return Err(StoreError::Conflict(format!("the connection `{id}` is another one by now")));
                }
            }
        }
    }

    /// Removes a connection with all its secrets. Flows that name it find none.
    pub async fn delete_connection(&self, org: &OrgId, id: &str) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let statements = vec![
            Statement::one("DELETE FROM connection WHERE org = $1 AND id = $2", values![org, id]),
            Statement::any("DELETE FROM secret WHERE org = $1 AND connection = $2", values![org, id]),
        ];
        let forget = self.opened().forget(org, id);
        match self.apply_and_forget(statements, forget).await? {
            Applied::Done(_) => Ok(()),
            Applied::Unmet(_) => Err(StoreError::NotFound),
        }
    }

    /// Keeps how the connection's last test ended. Its revision stays.
    pub async fn record_verification(
        &self,
        org: &OrgId,
        id: &str,
        verification: &Verification,
    ) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "UPDATE connection SET verified_at = $3, verified_ok = $4, verified_text = $5
            WHERE org = $1 AND id = $2";
        let values = values![org, id, verification.at, verification.ok, verification.text.as_str()];
        self.apply_one(sql, values).await?.map(drop).ok_or(StoreError::NotFound)
    }

    /// The connection as it is, if it has that revision.
    async fn read_for_write(
        &self,
        org: OrgRef<'_>,
        id: &str,
        revision: Option<u64>,
    ) -> Result<Read, StoreError> {
        let sql = "SELECT revision, allowed_hosts FROM connection WHERE org = $1 AND id = $2";
        let mut rows = self.backend().query(sql, values![org.number, id]).await?;
        let row = rows.first_mut().ok_or(StoreError::NotFound)?;
        let read = Read { revision: row.number(0)?, hosts: row.text(1)? };
        match revision {
            Some(revision) if revision != read.revision => Err(StoreError::Conflict(format!(
                "the connection `{id}` has revision {} by now, not {revision}",
                read.revision
            ))),
            _ => Ok(read),
        }
    }

    /// Writes the fields with `head`, which writes the connection's row.
    async fn write_fields(&self, fields: &Fields<'_>, head: Statement) -> Result<Written, StoreError> {
        let (org, connection) = (fields.org, fields.connection);
        let key = match fields.changes.values().any(Option::is_some) {
            true => Some(self.sealing_key(org, fields.now).await?),
            false => None,
        };
        // The conditions come first, so that what is unmet tells itself by its place.
        let mut statements = vec![head];
        statements.extend(key.as_ref().map(|key| Self::while_current(org, key)));
        for (field, secret) in fields.changes {
            statements.push(match (&key, secret) {
                (Some(key), Some(secret)) => fields.write(key, field, secret)?,
                _ => fields.remove(field),
            });
        }
        let room = "SELECT 1 WHERE (SELECT count(*) FROM secret WHERE org = $1 AND connection = $2) <= $3";
        let room_at = statements.len();
        statements.push(Statement::one(room, values![org.number, connection, SECRETS_MAX as i64]));
        statements.push(ConnectionView::select(org.number, connection));
        let forget = self.opened().forget(org.number, connection);
        match self.apply_and_forget(statements, forget).await? {
            Applied::Done(mut answers) => Ok(Written::Done(Box::new(ConnectionView::of(&mut answers)?))),
            Applied::Unmet(0) => Ok(Written::HeadUnmet),
            Applied::Unmet(at) if at == room_at => Err(too_many()),
            Applied::Unmet(_) => {
                self.load_keys(org).await?;
                Ok(Written::KeyRetired)
            }
        }
    }
}

impl Fields<'_> {
    fn write(&self, key: &DataKey, field: &str, secret: &SecretText) -> Result<Statement, StoreError> {
        let place = SecretPlace { org: self.org, connection: self.connection, field, hosts: self.hosts };
        let sealed = place.bound(|bound| key.seal(bound, secret.expose().as_bytes()))?;
        let sql = "INSERT INTO secret (org, connection, field, fetched, data_key, updated_at, sealed)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org, connection, field) DO UPDATE
            SET data_key = excluded.data_key, updated_at = excluded.updated_at, sealed = excluded.sealed";
        let (org, fetched) = (self.org.number, is_fetched(field));
        let values = values![org, self.connection, field, fetched, key.number, self.now, sealed];
        Ok(Statement::one(sql, values))
    }

    fn remove(&self, field: &str) -> Statement {
        let sql = "DELETE FROM secret WHERE org = $1 AND connection = $2 AND field = $3";
        Statement::any(sql, values![self.org.number, self.connection, field])
    }
}

fn fits(changes: &Changes, fetched: bool) -> Result<(), StoreError> {
    for (field, secret) in changes {
        if is_fetched(field) != fetched {
            return Err(StoreError::Conflict(format!(
                "`{field}` cannot be a secret's name here: those with a dot are Callout's own"
            )));
        }
        if secret.as_ref().is_some_and(|secret| secret.expose().len() > SECRET_BYTES_MAX) {
            return Err(StoreError::Conflict(format!(
                "the secret `{field}` is longer than {SECRET_BYTES_MAX} bytes"
            )));
        }
    }
    if changes.len() > SECRETS_MAX { Err(too_many()) } else { Ok(()) }
}

fn too_many() -> StoreError {
    StoreError::Conflict(format!("a connection has at most {SECRETS_MAX} secrets"))
}
