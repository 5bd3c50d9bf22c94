//! Connections are shown and opened.

use std::collections::BTreeMap;
use std::sync::Arc;

use callout_flow::id::OrgId;
use callout_flow::request::SecretText;
use jiff::Timestamp;

use super::{ConnectionView, OpenConnection, SecretPlace, SecretView, Verification, hosts};
use crate::runs::Page;
use crate::seal::{OrgRef, closed, sealed_by};
use crate::value::{Row, Statement, values};
use crate::{Store, StoreError};

/// What makes a `ConnectionView`, in its order; a secret's field and time come behind, or nothing.
const VIEW: &str =
    "c.id, c.name, c.integration, c.document, c.allowed_hosts, c.disabled, c.expires_at, c.revision,
    c.token_expires_at, c.created_at, c.created_by, c.updated_at, c.updated_by, c.last_used_at, c.verified_at,
    c.verified_ok, c.verified_text, s.field, s.updated_at";
const VIEW_COLUMNS: usize = 17;
const SHOWN: &str = "LEFT JOIN secret s ON s.org = c.org AND s.connection = c.id AND s.fetched = 0";
/// What makes an `OpenConnection`, with a sealed secret behind, or nothing.
const OPEN: &str =
    "SELECT c.id, c.name, c.integration, c.document, c.allowed_hosts, c.disabled, c.expires_at, c.revision,
        c.token_expires_at, c.created_at, s.field, s.sealed
    FROM connection c LEFT JOIN secret s ON s.org = c.org AND s.connection = c.id
    WHERE c.org = $1 AND c.id = $2";
const OPEN_COLUMNS: usize = 10;

impl ConnectionView {
    /// Of its rows, one for each secret, or one where it has none.
    fn read(rows: &mut [Row]) -> Result<Option<Self>, StoreError> {
        let mut secrets = BTreeMap::new();
        for row in rows.iter_mut() {
            if let Some(field) = row.opt_text(VIEW_COLUMNS)? {
                secrets.insert(field, SecretView { updated_at: row.time(VIEW_COLUMNS + 1)? });
            }
        }
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let verification = match row.opt_time(14)? {
            Some(at) => Some(Verification { at, ok: row.flag(15)?, text: row.text(16)? }),
            None => None,
        };
        Ok(Some(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            integration: row.opt_text(2)?,
            document: row.text(3)?,
            allowed_hosts: hosts(&row.text(4)?)?,
            disabled: row.flag(5)?,
            expires_at: row.opt_time(6)?,
            revision: row.number(7)?,
            token_expires_at: row.opt_time(8)?,
            created_at: row.time(9)?,
            created_by: row.text(10)?,
            updated_at: row.time(11)?,
            updated_by: row.text(12)?,
            last_used_at: row.opt_time(13)?,
            verification,
            secrets,
        }))
    }

    /// The statement that answers with its rows, within a transaction.
    pub(super) fn select(org: i64, id: &str) -> Statement {
        let sql = format!("SELECT {VIEW} FROM connection c {SHOWN} WHERE c.org = $1 AND c.id = $2");
        Statement::any(sql, values![org, id])
    }

    /// Of the last answer of a transaction.
    pub(super) fn of(answers: &mut [Vec<Row>]) -> Result<Self, StoreError> {
        let rows = answers.last_mut().ok_or(StoreError::NotFound)?;
        Self::read(rows)?.ok_or(StoreError::NotFound)
    }
}

impl Store {
    pub async fn connection(&self, org: &OrgId, id: &str) -> Result<Option<ConnectionView>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(None) };
        let Statement { sql, values, .. } = ConnectionView::select(org, id);
        ConnectionView::read(&mut self.backend().query(sql, values).await?)
    }

    /// By id, from after `cursor` (an id); only those of one integration where it is given.
    pub async fn connections(
        &self,
        org: &OrgId,
        integration: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConnectionView>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let mut values = values![org, cursor.unwrap_or_default(), Page::<ConnectionView>::ask(limit)];
        let only = if integration.is_some() { "AND integration = $4" } else { "" };
        values.extend(integration.map(Into::into));
        let sql = format!(
            "SELECT {VIEW} FROM (SELECT * FROM connection WHERE org = $1 AND id > $2 {only} ORDER BY id LIMIT $3) c {SHOWN}
            ORDER BY c.id"
        );
        let mut rows = self.backend().query(sql, values).await?;
        let views = rows.chunk_by_mut(Row::same_text).map(ConnectionView::read);
        let views = views.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(Page::cut(views, limit))
    }

    /// A connection with its secrets, for a call. Kept in memory until it is changed: asking for it again costs next to
    /// nothing. Whether it is disabled or expired is for the caller to see.
    ///
    /// # Errors
    /// `SecretUnavailable` where one of its secrets does not open.
    pub async fn open_connection(
        &self,
        org: &OrgId,
        id: &str,
    ) -> Result<Option<Arc<OpenConnection>>, StoreError> {
        let Some(number) = self.org(org) else { return Ok(None) };
        let generation = match self.opened().get(number, id) {
            Ok(open) => return Ok(Some(open)),
            Err(generation) => generation,
        };
        let mut rows = self.backend().query(OPEN, values![number, id]).await?;
        let Some(mut open) = OpenConnection::read(rows.first_mut())? else { return Ok(None) };
        let hosts = super::hosts_text(&open.allowed_hosts);
        for row in &mut rows {
            let Some(field) = row.opt_text(OPEN_COLUMNS)? else { continue };
            let sealed = row.blob(OPEN_COLUMNS + 1)?;
            let org = OrgRef { name: org, number };
            let place = SecretPlace { org, connection: id, field: &field, hosts: &hosts };
            let secret = self.open_secret(place, &sealed).await?;
            open.secrets.insert(field, secret);
        }
        let open = Arc::new(open);
        self.opened().keep(number, &open, generation);
        Ok(Some(open))
    }

    pub(crate) async fn open_secret(
        &self,
        place: SecretPlace<'_>,
        sealed: &[u8],
    ) -> Result<SecretText, StoreError> {
        let shut = || {
            let SecretPlace { org, connection, field, .. } = place;
            tracing::error!(org = %org.name, connection, field, "a secret does not open");
            closed(format!(
                "the secret `{field}` of the connection `{connection}` does not open: its key is not here, or something in the \
                 database was changed; write the secret again"
            ))
        };
        let number = sealed_by(sealed).ok_or_else(shut)?;
        let key = self.opening_key(place.org, number).await?.ok_or_else(shut)?;
        let plain = place.bound(|bound| key.open(bound, sealed)).map_err(|_| shut())?;
        std::str::from_utf8(&plain).map(SecretText::new).map_err(|_| shut())
    }

    /// Notes that a connection is used. Returns at once: it is written with some commit to come, and once a minute at most.
    pub fn touch_connection(&self, org: &OrgId, id: &str, now: Timestamp) {
        let Some(org) = self.org(org) else { return };
        if self.opened().touch(org, id, now) {
            let sql = "UPDATE connection SET last_used_at = $3 WHERE org = $1 AND id = $2";
            self.backend().apply_unheard(Statement::any(sql, values![org, id, now]));
        }
    }
}

impl OpenConnection {
    fn read(row: Option<&mut Row>) -> Result<Option<Self>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Self {
            id: row.text(0)?,
            name: row.text(1)?,
            integration: row.opt_text(2)?,
            document: row.text(3)?,
            allowed_hosts: hosts(&row.text(4)?)?,
            disabled: row.flag(5)?,
            expires_at: row.opt_time(6)?,
            revision: row.number(7)?,
            token_expires_at: row.opt_time(8)?,
            created_at: row.time(9)?,
            secrets: BTreeMap::new(),
        }))
    }
}
