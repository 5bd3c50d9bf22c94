//! One run with its commits, its inbox, and what is due when.

use callout_flow::id::{OrgId, RunId};
use jiff::Timestamp;

use super::{InboxEntry, RunLine, RunRow};
use crate::border::{NEVER, run_bytes, run_id, status, timestamp};
use crate::value::{Row, Value, values};
use crate::{Store, StoreError};

/// What makes a `RunLine`, in its order, of `run r LEFT JOIN flow f`.
pub(super) const LINE: &str = "r.id, r.flow, f.slug, r.version, r.status, r.started_at, r.ended_at, r.due, r.contact, r.event, r.error, r.outcome";
pub(super) const LINE_COLUMNS: usize = 12;
pub(super) const JOIN: &str = "LEFT JOIN flow f ON f.org = r.org AND f.number = r.flow";

pub(crate) const DUE_ORGS: &str = "SELECT o.name FROM org o
    WHERE EXISTS (SELECT 1 FROM run r WHERE r.org = o.id AND r.due IS NOT NULL AND r.due <= $1) ORDER BY o.id";

/// The least of each org's first: the index begins with the org.
pub(crate) const NEXT_DUE: &str = "SELECT min(due) FROM
    (SELECT (SELECT min(r.due) FROM run r WHERE r.org = o.id AND r.due > $1 AND r.due < $2) AS due FROM org o) AS dues";

/// The run first, then its later commits: one statement, so that both are of one moment.
pub(crate) fn one_run() -> String {
    // In the place of the line, the head, the state and the tail.
    let nothing = ["NULL"; LINE_COLUMNS + 3].join(", ");
    format!(
        "SELECT 0, {LINE}, r.head, r.state, r.tail,
            CASE WHEN $3 < 1 THEN r.steps END, CASE WHEN $3 < 1 THEN r.effects END
        FROM run r {JOIN} WHERE r.org = $1 AND r.id = $2
        UNION ALL
        SELECT p.number, {nothing}, p.steps, p.effects
        FROM run_part p WHERE p.org = $1 AND p.number > $3
            AND p.run = (SELECT ord FROM run WHERE org = $1 AND id = $2)
        ORDER BY 1"
    )
}

impl RunLine {
    /// Of the columns from `at` on.
    pub(super) fn read(row: &mut Row, at: usize) -> Result<Self, StoreError> {
        let due = row.opt_int(at + 7)?.filter(|due| *due != NEVER);
        Ok(Self {
            id: run_id(&row.blob(at)?)?,
            flow: row.number(at + 1)?,
            slug: row.opt_text(at + 2)?.unwrap_or_default(),
            version: row.number(at + 3)?,
            status: status(row.int(at + 4)?)?,
            started_at: row.time(at + 5)?,
            ended_at: row.opt_time(at + 6)?,
            due: due.map(timestamp).transpose()?,
            contact: row.opt_text(at + 8)?,
            event: row.opt_text(at + 9)?,
            error: row.opt_text(at + 10)?,
            outcome: row.opt_text(at + 11)?,
        })
    }
}

impl Store {
    /// The orgs that have runs due at `now`.
    pub async fn due_orgs(&self, now: Timestamp) -> Result<Vec<OrgId>, StoreError> {
        let rows = self.backend().query(DUE_ORGS, values![now]).await?;
        rows.into_iter().map(|mut row| row.text(0).map(OrgId::new)).collect()
    }

    /// When the next run that nobody has becomes due, in any org, later than `after`.
    pub async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut rows = self.backend().query(NEXT_DUE, values![after, NEVER]).await?;
        rows.first_mut().map_or(Ok(None), |row| row.opt_time(0))
    }

    /// How these runs stand, in no order; those that are not there are left out.
    pub async fn run_lines(&self, org: &OrgId, runs: &[RunId]) -> Result<Vec<RunLine>, StoreError> {
        let ids: Vec<_> = runs.iter().filter_map(run_bytes).collect();
        let Some(org) = self.org(org).filter(|_| !ids.is_empty()) else { return Ok(Vec::new()) };
        let places = (2..ids.len() + 2).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        let mut values = values![org];
        values.extend(ids.iter().map(|id| Value::from(id.as_slice())));
        let sql = format!("SELECT {LINE} FROM run r {JOIN} WHERE r.org = $1 AND r.id IN ({places})");
        let rows = self.backend().query(sql, values).await?;
        rows.into_iter().map(|mut row| RunLine::read(&mut row, 0)).collect()
    }

    /// What a run that this process has was told.
    pub async fn inbox(&self, org: &OrgId, run: &RunId) -> Result<Vec<InboxEntry>, StoreError> {
        let (Some(org), Some(id)) = (self.org(org), run_bytes(run)) else { return Ok(Vec::new()) };
        let sql = "SELECT number, kind, body, at FROM inbox
            WHERE org = $1 AND run = (SELECT ord FROM run WHERE org = $1 AND id = $2) ORDER BY number";
        let rows = self.backend().query(sql, values![org, id.as_slice()]).await?;
        let entry = |mut row: Row| {
            Ok(InboxEntry { number: row.int(0)?, kind: row.text(1)?, body: row.blob(2)?, at: row.time(3)? })
        };
        rows.into_iter().map(entry).collect()
    }

    /// One run, with the commits after `after` (0 for all).
    pub async fn run(&self, org: &OrgId, run: &RunId, after: u32) -> Result<Option<RunRow>, StoreError> {
        let (Ok(org), Some(id)) = (self.org_ref(org), run_bytes(run)) else { return Ok(None) };
        let rows = self.backend().query(one_run(), values![org.number, id.as_slice(), after]).await?;
        let mut rows = rows.into_iter();
        let Some(mut row) = rows.next() else { return Ok(None) };
        let mut found = RunRow {
            line: RunLine::read(&mut row, 1)?,
            head: row.blob(LINE_COLUMNS + 1)?,
            parts: Vec::new(),
            state: row.opt_blob(LINE_COLUMNS + 2)?,
            tail: row.opt_blob(LINE_COLUMNS + 3)?,
        };
        let (steps, effects) = (LINE_COLUMNS + 4, LINE_COLUMNS + 5);
        if let (Some(steps), Some(effects)) = (row.opt_blob(steps)?, row.opt_blob(effects)?) {
            found.parts.push((1, steps, effects));
        }
        for mut row in rows {
            found.parts.push((row.number(0)?, row.blob(steps)?, row.blob(effects)?));
        }
        if let Some(state) = found.state.take() {
            found.state = Some(self.open_for_use(org, run, state).await?);
        }
        // A commit that only ended the run adds nothing to show.
        found.parts.retain(|(_, steps, effects)| !steps.is_empty() || !effects.is_empty());
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{plan, scans};

    #[test]
    fn only_the_orgs_are_gone_through() {
        let index = "USING COVERING INDEX run_due (org=? AND due>? AND due<?)";
        assert_eq!(plan(DUE_ORGS), ["SCAN o".to_owned(), format!("SEARCH r EXISTS {index}")]);
        let next = plan(NEXT_DUE);
        assert_eq!(next[2], format!("SEARCH r {index}"), "{next:?}");
        assert_eq!(scans(NEXT_DUE), [""; 0]);
    }

    #[test]
    fn a_run_is_found_by_its_id() {
        assert_eq!(scans(&one_run()), [""; 0]);
    }
}
