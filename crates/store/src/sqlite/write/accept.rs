//! Begins runs, once for each idempotency key.

use rusqlite::{OptionalExtension, params};

use super::Pen;
use crate::StoreError;
use crate::backend::ToAccept;
use crate::border::{NEVER, run_id, status_number};
use crate::runs::{Accepted, Key, RunStatus};
use crate::sqlite::fault::Fault;

const KEY: &str = "
INSERT INTO accept_key (org, scope, text, digest, runs, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (org, scope, text) DO NOTHING";

const RUN: &str = "
INSERT INTO run (org, id, flow, version, status, due, epoch, seq, recoveries, parts, started_at, contact, head, state, event)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, ?8, ?9, ?10, x'', ?11)";

const SLUG: &str = "
SELECT f.slug FROM run r LEFT JOIN flow f ON f.org = r.org AND f.number = r.flow WHERE r.org = ?1 AND r.id = ?2";

impl Pen<'_> {
    pub(in crate::sqlite) fn accept(&mut self, ask: &ToAccept) -> Result<Accepted, Fault> {
        if let Some(key) = &ask.key
            && !self.take_key(ask, key)?
        {
            return self.accepted_before(ask, key);
        }
        let mut epochs = Vec::with_capacity(ask.runs.len());
        for (at, (id, begin)) in ask.runs.iter().enumerate() {
            let (due, epoch) = if at < ask.leased { (NEVER, self.boot_epoch) } else { (ask.now, 0) };
            self.conn.prepare_cached(RUN)?.execute(params![
                ask.org,
                id,
                begin.flow,
                begin.version,
                status_number(RunStatus::Running),
                due,
                epoch,
                begin.started_at.as_microsecond(),
                begin.contact,
                begin.head,
                begin.event,
            ])?;
            epochs.push(epoch);
        }
        Ok(Accepted::New { epochs })
    }

    fn take_key(&mut self, ask: &ToAccept, key: &Key) -> Result<bool, Fault> {
        let runs: Vec<u8> = ask.runs.iter().flat_map(|(id, _)| *id).collect();
        let changed = self
            .conn
            .prepare_cached(KEY)?
            .execute(params![ask.org, key.scope, key.text, key.digest, runs, ask.now])?;
        Ok(changed == 1)
    }

    fn accepted_before(&mut self, ask: &ToAccept, key: &Key) -> Result<Accepted, Fault> {
        let (digest, runs): (Vec<u8>, Vec<u8>) = self
            .conn
            .prepare_cached(
                "SELECT digest, runs FROM accept_key WHERE org = ?1 AND scope = ?2 AND text = ?3",
            )?
            .query_row(params![ask.org, key.scope, key.text], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if digest != key.digest {
            return Ok(Accepted::OtherRequest);
        }
        let mut before = Vec::new();
        for id in runs.chunks(16) {
            let slug: Option<Option<String>> = self
                .conn
                .prepare_cached(SLUG)?
                .query_row(params![ask.org, id], |row| row.get(0))
                .optional()?;
            // A run that retention took goes unsaid; its key follows when the last of them is gone.
            if let Some(slug) = slug {
                before.push((run_id(id)?, slug.unwrap_or_default()));
            }
        }
        Ok(Accepted::Before { runs: before })
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}
