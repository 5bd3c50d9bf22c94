//! Leases: a run is taken on by whoever claims it, until its next record gives it back.

use rusqlite::{Row, params};

use super::Pen;
use crate::backend::{ToClaim, Which};
use crate::border::{NEVER, run_id, timestamp};
use crate::runs::{Begin, Claimed, InboxEntry};
use crate::sqlite::fault::Fault;

pub(in crate::sqlite) const DUE: &str = "
SELECT ord, id, due, recoveries, flow, version, started_at, contact, head, state, event FROM run
WHERE org = ?1 AND due IS NOT NULL AND due <= ?2 ORDER BY due LIMIT ?3";

pub(in crate::sqlite) const ONE: &str = "
SELECT ord, id, due, recoveries, flow, version, started_at, contact, head, state, event FROM run
WHERE org = ?1 AND id = ?2 AND due < ?3";

/// `seq` counts under a lease.
pub(in crate::sqlite) const LEASE: &str =
    "UPDATE run SET due = ?2, epoch = ?3, seq = 0, recoveries = recoveries + 1 WHERE ord = ?1";

pub(in crate::sqlite) const INBOX: &str =
    "SELECT number, kind, body, at FROM inbox WHERE org = ?1 AND run = ?2 ORDER BY number";

/// A row of the first two statements, as it stands in the columns.
struct Found {
    ord: i64,
    id: Vec<u8>,
    due: i64,
    recoveries: u32,
    flow: u32,
    version: u32,
    started_at: i64,
    contact: Option<String>,
    head: Vec<u8>,
    state: Option<Vec<u8>>,
    event: Option<Box<str>>,
}

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            ord: row.get(0)?,
            id: row.get(1)?,
            due: row.get(2)?,
            recoveries: row.get(3)?,
            flow: row.get(4)?,
            version: row.get(5)?,
            started_at: row.get(6)?,
            contact: row.get(7)?,
            head: row.get(8)?,
            state: row.get(9)?,
            event: row.get(10)?,
        })
    }
}

impl Pen<'_> {
    pub(in crate::sqlite) fn claim(&mut self, ask: &ToClaim) -> Result<Vec<Claimed>, Fault> {
        let found = self.find(ask)?;
        if !found.is_empty() {
            *self.lease += 1;
        }
        found.into_iter().map(|found| self.lease(ask, found)).collect()
    }

    fn find(&mut self, ask: &ToClaim) -> Result<Vec<Found>, Fault> {
        let mut found = Vec::new();
        match &ask.which {
            Which::Due { now, limit } => {
                let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
                let mut statement = self.conn.prepare_cached(DUE)?;
                for row in statement.query_map(params![ask.org, now, limit], Found::read)? {
                    found.push(row?);
                }
            }
            Which::One(id) => {
                let mut statement = self.conn.prepare_cached(ONE)?;
                for row in statement.query_map(params![ask.org, id, NEVER], Found::read)? {
                    found.push(row?);
                }
            }
        }
        Ok(found)
    }

    fn lease(&mut self, ask: &ToClaim, found: Found) -> Result<Claimed, Fault> {
        self.conn.prepare_cached(LEASE)?.execute(params![found.ord, NEVER, *self.lease])?;
        let mut inbox = Vec::new();
        let mut statement = self.conn.prepare_cached(INBOX)?;
        let mut rows = statement.query(params![ask.org, found.ord])?;
        while let Some(row) = rows.next()? {
            inbox.push(InboxEntry {
                number: row.get(0)?,
                kind: row.get(1)?,
                body: row.get(2)?,
                at: timestamp(row.get(3)?)?,
            });
        }
        Ok(Claimed {
            org: ask.name.clone(),
            run: run_id(&found.id)?,
            epoch: *self.lease,
            begin: Begin {
                flow: found.flow,
                version: found.version,
                started_at: timestamp(found.started_at)?,
                contact: found.contact,
                event: found.event,
                head: found.head,
            },
            state: found.state.unwrap_or_default(),
            due: timestamp(found.due)?,
            recoveries: found.recoveries.saturating_add(1),
            inbox,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;

    #[test]
    fn claims_go_by_index() {
        assert_eq!(plan(DUE), ["SEARCH run USING INDEX run_due (org=? AND due>? AND due<?)"]);
        assert_eq!(plan(ONE), ["SEARCH run USING INDEX run_id (org=? AND id=?)"]);
        assert_eq!(plan(LEASE), ["SEARCH run USING INTEGER PRIMARY KEY (rowid=?)"]);
        assert_eq!(plan(INBOX), ["SEARCH inbox USING INDEX inbox_run (org=? AND run=?)"]);
    }
}
