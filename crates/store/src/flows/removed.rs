//! Flows are removed, and come back: a removed one keeps its row, so that its versions stay for runs under way and their history.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::{FLOW, FlowRow};
use crate::value::values;
use crate::{Store, StoreError};

impl Store {
    /// Removes a flow: it is listed and triggered no more, and its slug is free. Its versions stay for runs under way and their
    /// history.
    pub async fn remove_flow(&self, org: &OrgId, number: u32, now: Timestamp) -> Result<(), StoreError> {
        let org = self.known_org(org)?;
        let sql = "UPDATE flow SET removed_at = $3 WHERE org = $1 AND number = $2 AND removed_at IS NULL";
        let removed = self.apply_one(sql, values![org, number, now]).await?;
        removed.map(drop).ok_or(StoreError::NotFound)
    }

    /// Takes back the last removal of a flow of this slug: its draft, versions and number are as they were. `Conflict` where another
    /// flow has the slug by now, `NotFound` where none was removed.
    pub async fn restore_flow(&self, org: &OrgId, slug: &str) -> Result<FlowRow, StoreError> {
        let org = self.known_org(org)?;
        let sql = format!(
            "UPDATE flow SET removed_at = NULL WHERE org = $1
                AND number = (SELECT r.number FROM flow r WHERE r.org = $1 AND r.slug = $2 AND r.removed_at IS NOT NULL
                    ORDER BY r.removed_at DESC, r.number DESC LIMIT 1)
                AND NOT EXISTS (SELECT 1 FROM flow l WHERE l.org = $1 AND l.slug = $2 AND l.removed_at IS NULL)
            RETURNING {FLOW}"
        );
        if let Some(mut rows) = self.apply_one(sql, values![org, slug]).await? {
            return rows.first_mut().map_or(Err(StoreError::NotFound), FlowRow::read);
        }
        let removed = "SELECT 1 FROM flow WHERE org = $1 AND slug = $2 AND removed_at IS NOT NULL LIMIT 1";
        let rows = self.backend().query(removed, values![org, slug]).await?;
        if rows.is_empty() {
            return Err(StoreError::NotFound);
        }
        Err(StoreError::Conflict(format!("another flow has the slug `{slug}` by now")))
    }
}
