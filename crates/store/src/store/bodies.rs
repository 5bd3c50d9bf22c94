//! Retention of bodies: they go from the records of runs while the rest of those stays.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::border::run_id;
use crate::value::{Applied, Statement, values};
use crate::{Pruned, RunRow, Store, StoreError};

/// Runs that are looked at in one statement.
const LOOK: usize = 256;
/// Bytes that one round reads at most, beyond the last run: other writes wait for it.
const ROUND_BYTES: usize = 4 * 1024 * 1024;

/// What of a run that is over holds bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTexts {
    /// Of each commit: JSON text of steps, commas between, no brackets.
    pub steps: Vec<Vec<u8>>,
    /// JSON text of the members `vars`, `result`, `error`.
    pub tail: Vec<u8>,
}

/// Runs of one round.
#[derive(Default)]
struct Round {
    /// Over long enough.
    ended: Vec<Vec<u8>>,
    /// Gone through, and not over then.
    left: Vec<Vec<u8>>,
    /// No more to be looked at among those that were left.
    settled: Vec<Vec<u8>>,
    /// The last one that was gone through.
    cut: Option<Vec<u8>>,
    more: bool,
}

impl Store {
    /// Takes the bodies from the records of runs that ended before `before`, oldest first, at most `limit` in one short transaction.
    /// What is a body, `strip` knows; it is asked once for each run.
    pub async fn prune_bodies(
        &self,
        org: &OrgId,
        before: Timestamp,
        limit: usize,
        strip: impl Fn(&mut RunTexts),
    ) -> Result<Pruned, StoreError> {
        let number = self.known_org(org)?;
        let mut round = self.round(number, before, limit.max(1)).await?;
        let (mut statements, mut runs, mut bytes) = (Vec::new(), 0, 0);
        for id in &round.ended {
            let Some(row) = self.run(org, &run_id(id)?, 0).await? else { continue };
            bytes += strip_one(number, id, row, &strip, &mut statements);
            runs += 1;
            if bytes > ROUND_BYTES {
                break;
            }
        }
        // What this round does not come to is kept in mind for the next.
        if let Some(rest) = round.ended.get(runs..).filter(|rest| !rest.is_empty()) {
            round.more = true;
            round.left.extend_from_slice(rest);
            round.settled.retain(|id| !rest.contains(id));
        }
        let leave = "INSERT INTO body_left (org, run) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let settle = "DELETE FROM body_left WHERE org = $1 AND run = $2";
        let cut = "INSERT INTO body_cut (org, run) VALUES ($1, $2) ON CONFLICT (org) DO UPDATE SET run = $2";
        let each = |sql: &'static str, ids: Vec<Vec<u8>>| {
            ids.into_iter().map(move |id| Statement::any(sql, values![number, id]))
        };
        statements.extend(each(leave, round.left));
        statements.extend(each(settle, round.settled));
        statements.extend(each(cut, round.cut.into_iter().collect()));
        if statements.is_empty() {
            return Ok(Pruned::default());
        }
        Ok(match self.backend().apply(statements).await? {
            Applied::Done(_) => Pruned { runs: runs as u64, more: round.more },
            Applied::Unmet(_) => Pruned::default(),
        })
    }

    async fn round(&self, org: i64, before: Timestamp, limit: usize) -> Result<Round, StoreError> {
        let mut round = Round::default();
        let left = "SELECT b.run, r.ended_at IS NOT NULL FROM body_left b LEFT JOIN run r ON r.org = b.org AND r.id = b.run
            WHERE b.org = $1 AND (r.id IS NULL OR r.ended_at < $2) ORDER BY b.run LIMIT $3";
        for mut row in self.backend().query(left, values![org, before, limit as i64]).await? {
            let id = row.blob(0)?;
            // Else retention of runs took it.
            if row.flag(1)? {
                round.ended.push(id.clone());
            }
            round.settled.push(id);
        }
        if round.settled.len() == limit {
            round.more = true;
            return Ok(round);
        }
        let ahead = "SELECT id, started_at, coalesce(ended_at < $2, 0) FROM run
            WHERE org = $1 AND id > coalesce((SELECT run FROM body_cut WHERE org = $1), zeroblob(0)) ORDER BY id LIMIT $3";
        let rows = self.backend().query(ahead, values![org, before, LOOK as i64]).await?;
        round.more = rows.len() == LOOK;
        for mut row in rows {
            let id = row.blob(0)?;
            // Ids rise with time: from here on none ended early enough.
            if row.int(1)? >= before.as_microsecond() {
                round.more = false;
                break;
            }
            if row.flag(2)? {
                if round.ended.len() == limit {
                    round.more = true;
                    break;
                }
                round.ended.push(id.clone());
            } else {
                round.left.push(id.clone());
            }
            round.cut = Some(id);
        }
        Ok(round)
    }
}

/// What writes a run's texts without bodies; how many bytes they had.
fn strip_one(
    org: i64,
    id: &[u8],
    row: RunRow,
    strip: &impl Fn(&mut RunTexts),
    statements: &mut Vec<Statement>,
) -> usize {
    let (numbers, steps): (Vec<u32>, Vec<Vec<u8>>) =
        row.parts.into_iter().map(|(number, steps, _)| (number, steps)).unzip();
    let before = RunTexts { steps, tail: row.tail.unwrap_or_default() };
    let mut after = before.clone();
    strip(&mut after);
    if before.tail != after.tail {
        let sql = "UPDATE run SET tail = $3 WHERE org = $1 AND id = $2 AND tail IS NOT NULL";
        statements.push(Statement::any(sql, values![org, id, after.tail]));
    }
    let bytes = before.tail.len() + before.steps.iter().map(Vec::len).sum::<usize>();
    let changed = numbers.into_iter().zip(before.steps.into_iter().zip(after.steps));
    for (number, (_, steps)) in changed.filter(|(_, (before, after))| before != after) {
        // The first one stands in the run's row where it inserted that, all others beside it.
        if number == 1 {
            let row = "UPDATE run SET steps = $3 WHERE org = $1 AND id = $2 AND steps IS NOT NULL";
            statements.push(Statement::any(row, values![org, id, steps.as_slice()]));
        }
        let part = "UPDATE run_part SET steps = $3
            WHERE org = $1 AND run = (SELECT ord FROM run WHERE org = $1 AND id = $2) AND number = $4";
        statements.push(Statement::any(part, values![org, id, steps, number]));
    }
    bytes
}
