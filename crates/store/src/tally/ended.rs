//! Runs that ended, counted by flow and slice behind the watermark; what lies beyond it is counted by itself.

use std::collections::BTreeMap;

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::{SLICE, slice};
use crate::border::status_number;
use crate::runs::RunStatus;
use crate::value::{Row, Statement, Value, values};
use crate::{Store, StoreError};

/// How many runs ended, by how they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndedRuns {
    pub completed: u64,
    pub failed: u64,
}

/// What a round adds: by org, flow and slice.
pub(super) type Ends = BTreeMap<(i64, i64, i64), EndedRuns>;

/// Whether the row of a run says that it ended in the commit that inserted it, and whether a part is the one that it ended with: each
/// run that is over has exactly one of the two.
pub(super) const ENDED_AT_ONCE: &str =
    "r.ended_at IS NOT NULL AND r.parts = CASE WHEN r.steps IS NULL THEN 0 ELSE 1 END";
pub(super) const ENDED_HERE: &str = "r.ended_at IS NOT NULL AND p.number = r.parts";

/// One statement, so that nothing is counted twice or not at all while the watermark moves. `$1` is the org, `$2` the time.
pub(crate) fn ended_sql(flows: &str) -> String {
    let one = |status: RunStatus| format!("CASE WHEN r.status = {} THEN 1 ELSE 0 END", status_number(status));
    let ways = format!("{}, {}", one(RunStatus::Completed), one(RunStatus::Failed));
    format!(
        "SELECT flow, sum(completed), sum(failed) FROM (
            SELECT flow, completed, failed FROM run_tally WHERE org = $1 AND flow IN ({flows}) AND slice >= $2
            UNION ALL
            SELECT r.flow, {ways} FROM run r
            WHERE r.ord > (SELECT run FROM watermark) AND +r.org = $1 AND r.ended_at >= $2 AND {ENDED_AT_ONCE}
            UNION ALL
            SELECT r.flow, {ways} FROM run_part p JOIN run r ON r.ord = p.run
            WHERE p.ord > (SELECT part FROM watermark) AND +p.org = $1 AND r.ended_at >= $2 AND {ENDED_HERE}
        ) AS ends GROUP BY flow"
    )
}

/// Slices in one round of retention: a day.
const SLICES_AT_ONCE: i64 = 24 * 3600 * 1_000_000 / SLICE;

/// Removes the counts of slices up to this one, some at a time.
pub(crate) fn prune(org: i64, up_to: i64) -> Statement {
    let prune = "DELETE FROM run_tally WHERE org = $1 AND slice <= $2
        AND slice < (SELECT min(slice) FROM run_tally WHERE org = $1) + $3";
    Statement::any(prune, values![org, up_to, SLICES_AT_ONCE * SLICE])
}

/// Counts one run that is over. `ended_at` in microseconds.
pub(super) fn count(ends: &mut Ends, org: i64, flow: i64, ended_at: i64, how: RunStatus) {
    let end = ends.entry((org, flow, slice(ended_at))).or_default();
    match how {
        RunStatus::Completed => end.completed += 1,
        RunStatus::Failed => end.failed += 1,
        RunStatus::Cancelled | RunStatus::Running | RunStatus::Waiting => {}
    }
}

/// Adds to what is there.
pub(super) fn put(ends: Ends) -> impl Iterator<Item = Statement> {
    let add = "INSERT INTO run_tally (org, flow, slice, completed, failed) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (org, slice, flow) DO UPDATE
        SET completed = run_tally.completed + excluded.completed, failed = run_tally.failed + excluded.failed";
    let int = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    ends.into_iter().map(move |((org, flow, slice), ended)| {
        Statement::any(add, values![org, flow, slice, int(ended.completed), int(ended.failed)])
    })
}

impl Store {
    /// How many runs of these flows ended since the beginning of the five-minute slice with this time; flows without any are left out.
    pub async fn ended_runs(
        &self,
        org: &OrgId,
        flows: &[u32],
        since: Timestamp,
    ) -> Result<BTreeMap<u32, EndedRuns>, StoreError> {
        let Some(org) = self.org(org).filter(|_| !flows.is_empty()) else { return Ok(BTreeMap::new()) };
        // Numbers stand in the text: their count varies.
        let list = flows.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let since = slice(since.as_microsecond());
        let rows = self.backend().query(ended_sql(&list), values![org, since]).await?;
        let ended = |mut row: Row| {
            let ended = EndedRuns { completed: row.number(1)?, failed: row.number(2)? };
            Ok((row.number(0)?, ended))
        };
        let ended: BTreeMap<u32, EndedRuns> =
            rows.into_iter().map(ended).collect::<Result<_, StoreError>>()?;
        Ok(ended.into_iter().filter(|(flow, _)| flows.contains(flow)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{plan, scans};

    #[test]
    fn counting_reads_slices_and_the_tail_only() {
        let sql = ended_sql("1, 2");
        let found = scans(&sql);
        assert!(
            found.iter().all(|scan| scan == "SCAN watermark" || scan.starts_with("SCAN ends")),
            "{found:?} {:?}",
            plan(&sql)
        );
    }
}
