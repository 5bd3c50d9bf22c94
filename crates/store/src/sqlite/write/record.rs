//! One commit of one run: one row written once for a run that ends in its first commit, a part for each later one.

use rusqlite::{OptionalExtension, params};

use super::Pen;
use crate::backend::ToRecord;
use crate::border::{NEVER, status_number};
use crate::runs::{Begin, Recorded, RunStatus, Stand};
use crate::sqlite::fault::Fault;

const INSERT: &str = "
INSERT INTO run (org, id, flow, version, status, due, epoch, seq, recoveries, parts, started_at, ended_at, contact,
    tallies, head, steps, effects, state, tail, event, error, outcome)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
ON CONFLICT (org, id) DO NOTHING";

/// Under its lease, and newer than the last that was taken.
const UPDATE: &str = "
UPDATE run SET status = ?5, due = ?6, seq = ?4, recoveries = 0, parts = parts + ?7, ended_at = ?8, state = ?9, tail = ?10,
    head = coalesce(?12, head), error = ?13, outcome = coalesce(?14, outcome)
WHERE org = ?1 AND id = ?2 AND epoch = ?3 AND seq < ?4 AND due = ?11
RETURNING ord, parts";

const PART: &str = "
INSERT INTO run_part (org, run, number, tallies, steps, effects) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// The columns that say how a run stands.
struct Columns<'a> {
    status: i64,
    due: Option<i64>,
    ended_at: Option<i64>,
    state: Option<&'a [u8]>,
    tail: Option<&'a [u8]>,
    /// In place of what the run began with.
    head: Option<&'a [u8]>,
    error: Option<&'a str>,
}

impl<'a> From<&'a Stand> for Columns<'a> {
    fn from(stand: &'a Stand) -> Self {
        let none = Self {
            status: status_number(RunStatus::Running),
            due: None,
            ended_at: None,
            state: None,
            tail: None,
            head: None,
            error: None,
        };
        match stand {
            Stand::Going { state } => Self { due: Some(NEVER), state: Some(state), ..none },
            Stand::Parked { status, due, state } => Self {
                status: status_number(*status),
                due: Some(due.as_microsecond()),
                state: Some(state),
                ..none
            },
            Stand::Over { status, ended_at, tail, head, error } => Self {
                status: status_number(*status),
                ended_at: Some(ended_at.as_microsecond()),
                tail: Some(tail),
                head: head.as_deref(),
                error: error.as_deref(),
                ..none
            },
        }
    }
}

/// A run that was told something is due at once.
const WAKE: &str = "UPDATE run SET due = min(due, (SELECT min(at) FROM inbox WHERE org = ?1 AND run = ?2))
    WHERE org = ?1 AND ord = ?2 AND EXISTS (SELECT 1 FROM inbox WHERE org = ?1 AND run = ?2)";

impl Pen<'_> {
    pub(in crate::sqlite) fn record(&mut self, ask: &ToRecord) -> Result<Recorded, Fault> {
        let taken = match &ask.record.begin {
            Some(begin) => self.insert(ask, begin)?,
            None => self.update(ask)?,
        };
        if taken { Ok(Recorded::Taken) } else { self.before(ask) }
    }

    fn insert(&mut self, ask: &ToRecord, begin: &Begin) -> Result<bool, Fault> {
        let record = &ask.record;
        let stand = Columns::from(&record.stand);
        let filled = ask.adds();
        let changed = self.conn.prepare_cached(INSERT)?.execute(params![
            ask.org,
            ask.id,
            begin.flow,
            begin.version,
            stand.status,
            stand.due,
            self.boot_epoch,
            record.seq,
            i64::from(filled),
            begin.started_at.as_microsecond(),
            stand.ended_at,
            begin.contact,
            ask.tallies,
            stand.head.unwrap_or(&begin.head),
            filled.then_some(&record.part.steps),
            filled.then_some(&record.part.effects),
            stand.state,
            stand.tail,
            begin.event,
            stand.error,
            ask.odd_outcome(),
        ])?;
        Ok(changed == 1)
    }

    fn update(&mut self, ask: &ToRecord) -> Result<bool, Fault> {
        let record = &ask.record;
        let stand = Columns::from(&record.stand);
        let over = matches!(record.stand, Stand::Over { .. });
        // An end is counted and marked when its part is passed by the watermark: without one it might have been passed before.
        let part = ask.adds() || over;
        let row: Option<(i64, i64)> = self
            .conn
            .prepare_cached(UPDATE)?
            .query_row(
                params![
                    ask.org,
                    ask.id,
                    record.epoch,
                    record.seq,
                    stand.status,
                    stand.due,
                    i64::from(part),
                    stand.ended_at,
                    stand.state,
                    stand.tail,
                    NEVER,
                    stand.head,
                    stand.error,
                    ask.odd_outcome(),
                ],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((run, number)) = row else { return Ok(false) };
        if part {
            let part = &record.part;
            self.conn.prepare_cached(PART)?.execute(params![
                ask.org,
                run,
                number,
                ask.tallies,
                part.steps,
                part.effects
            ])?;
        }
        if over || record.inbox_up_to.is_some() {
            let up_to = if over { NEVER } else { record.inbox_up_to.unwrap_or_default() };
            self.conn
                .prepare_cached("DELETE FROM inbox WHERE org = ?1 AND run = ?2 AND number <= ?3")?
                .execute(params![ask.org, run, up_to])?;
        }
        if matches!(record.stand, Stand::Parked { .. }) {
            // What it was told while it was under way must not wait for the end of its sleep.
            self.conn.prepare_cached(WAKE)?.execute(params![ask.org, run])?;
        }
        Ok(true)
    }

    /// Whether a record that changed nothing was taken before, or another has the run.
    fn before(&mut self, ask: &ToRecord) -> Result<Recorded, Fault> {
        let epoch = if ask.record.begin.is_some() { self.boot_epoch } else { ask.record.epoch };
        let taken: Option<bool> = self
            .conn
            .prepare_cached("SELECT epoch = ?3 AND seq >= ?4 FROM run WHERE org = ?1 AND id = ?2")?
            .query_row(params![ask.org, ask.id, epoch, ask.record.seq], |row| row.get(0))
            .optional()?;
        Ok(if taken == Some(true) { Recorded::Taken } else { Recorded::Fenced })
    }
}

impl ToRecord {
    /// How the last of its calls ended that was no success.
    fn odd_outcome(&self) -> Option<&str> {
        let odd = self.record.part.tallies.iter().rev().filter(|tally| !tally.success);
        odd.filter_map(|tally| tally.outcome.as_deref()).next()
    }

    /// Whether its part has anything in it.
    fn adds(&self) -> bool {
        !self.record.part.steps.is_empty() || !self.record.part.effects.is_empty() || self.tallies.is_some()
    }
}
