//! Takes commits into the counts and marks, behind the runs, in sorted batches.

use std::collections::{BTreeMap, BTreeSet};

use super::ended::{self, ENDED_AT_ONCE, ENDED_HERE, Ends};
use super::sum::Sum;
use super::{mark, slice, tallies_of};
use crate::border::status;
use crate::value::{Applied, Row, Statement, Value, values};
use crate::{Store, StoreError};

/// How often a round begins anew because retention or another caller moved the watermark meanwhile.
const ROUNDS: usize = 8;

/// Marks in one statement.
const MARKS_AT_ONCE: usize = 64;

/// Rows of runs and of later commits beyond the watermark, in order; the mark of a run that ended badly, and its count as a run that
/// ended, go with its last part.
pub(crate) fn runs_sql() -> String {
    format!(
        "SELECT r.ord, r.org, r.id, r.status, r.contact, r.tallies, r.flow, CASE WHEN {ENDED_AT_ONCE} THEN r.ended_at END
        FROM run r WHERE r.ord > $1 ORDER BY r.ord LIMIT $2"
    )
}

pub(crate) fn parts_sql() -> String {
    format!(
        "SELECT p.ord, p.org, r.id, r.status, NULL, p.tallies, r.flow, CASE WHEN {ENDED_HERE} THEN r.ended_at END
        FROM run_part p JOIN run r ON r.ord = p.run WHERE p.ord > $1 ORDER BY p.ord LIMIT $2"
    )
}

/// Org, flow and slice; then version, node and case.
type Place = (i64, u32, i64);
type Visit = (u32, String, String);

/// What a round adds, in the order of the indexes.
#[derive(Default)]
struct Batch {
    taken: usize,
    sums: BTreeMap<Place, BTreeMap<Visit, Sum>>,
    marks: BTreeSet<(i64, String, Vec<u8>)>,
    ends: Ends,
}

impl Store {
    /// Takes what lies beyond the watermark into the counts and marks, in one sorted batch of at most `limit` commits; returns how
    /// many it took. The engine calls it from time to time; a thousand commits hold up other writes for some ten milliseconds.
    pub async fn index_behind(&self, limit: usize) -> Result<usize, StoreError> {
        for _ in 0..ROUNDS {
            if let Some(taken) = self.one_round(limit).await? {
                return Ok(taken);
            }
        }
        Ok(0)
    }

    /// None where the watermark is not any more what the round began with.
    async fn one_round(&self, limit: usize) -> Result<Option<usize>, StoreError> {
        let mut rows = self.backend().query("SELECT run, part FROM watermark", Vec::new()).await?;
        let Some(row) = rows.first_mut() else { return Ok(Some(0)) };
        let (run, part) = (row.int(0)?, row.int(1)?);
        let mut batch = Batch::default();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let runs = self.backend().query(runs_sql(), values![run, count(limit)]).await?;
        let new_run = batch.take(runs)?.unwrap_or(run);
        let parts = self.backend().query(parts_sql(), values![part, count(limit - batch.taken)]).await?;
        let new_part = batch.take(parts)?.unwrap_or(part);
        if batch.taken == 0 {
            return Ok(Some(0));
        }
        let taken = batch.taken;
        let move_on = "UPDATE watermark SET run = $3, part = $4 WHERE run = $1 AND part = $2";
        let mut statements = vec![Statement::one(move_on, values![run, part, new_run, new_part])];
        self.add_to_tallies(&mut batch, &mut statements).await?;
        statements.extend(ended::put(batch.ends));
        statements.extend(put_marks(batch.marks));
        Ok(match self.backend().apply(statements).await? {
            Applied::Done(_) => Some(taken),
            Applied::Unmet(_) => None,
        })
    }

    /// Reads what the touched slices have already and writes the sums: only the mover of the watermark writes there.
    async fn add_to_tallies(
        &self,
        batch: &mut Batch,
        statements: &mut Vec<Statement>,
    ) -> Result<(), StoreError> {
        let read = "SELECT version, node, way, success, fail, histogram FROM tally
            WHERE org = $1 AND flow = $2 AND slice = $3";
        let write = "INSERT INTO tally (org, flow, slice, version, node, way, success, fail, histogram)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org, flow, slice, version, node, way)
            DO UPDATE SET success = excluded.success, fail = excluded.fail, histogram = excluded.histogram";
        for ((org, flow, slice), sums) in &mut batch.sums {
            for mut row in self.backend().query(read, values![*org, *flow, *slice]).await? {
                let visit = (row.number(0)?, row.text(1)?, row.text(2)?);
                if let Some(sum) = sums.get_mut(&visit) {
                    sum.add(&Sum::read(row.number(3)?, row.number(4)?, &row.blob(5)?)?)?;
                }
            }
            for ((version, node, way), sum) in sums {
                let count = |count: u64| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
                let (success, fail, times) = (count(sum.success), count(sum.fail), sum.times()?);
                let (node, way) = (node.as_str(), way.as_str());
                let values = values![*org, *flow, *slice, *version, node, way, success, fail, times];
                statements.push(Statement::any(write, values));
            }
        }
        Ok(())
    }
}

/// Many in one statement: the statement would cost as much as the row.
fn put_marks(marks: BTreeSet<(i64, String, Vec<u8>)>) -> Vec<Statement> {
    let mut marks = marks.into_iter().peekable();
    let mut statements = Vec::new();
    while marks.peek().is_some() {
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (org, mark, run) in marks.by_ref().take(MARKS_AT_ONCE) {
            let at = values.len();
            rows.push(format!("(${}, ${}, ${})", at + 1, at + 2, at + 3));
            values.extend(values![org, mark, run]);
        }
        let rows = rows.join(", ");
        let put = format!(
            "INSERT INTO run_mark (org, mark, run) VALUES {rows} ON CONFLICT (org, mark, run) DO NOTHING"
        );
        statements.push(Statement::any(put, values));
    }
    statements
}

impl Batch {
    /// Adds rows, and says the last one's place.
    fn take(&mut self, rows: Vec<Row>) -> Result<Option<i64>, StoreError> {
        let mut last = None;
        for mut row in rows {
            last = Some(row.int(0)?);
            self.taken += 1;
            let org = row.int(1)?;
            let run = row.blob(2)?;
            let stands = status(row.int(3)?)?;
            if let Some(ended_at) = row.opt_int(7)? {
                ended::count(&mut self.ends, org, row.int(6)?, ended_at, stands);
            }
            let by_status = mark::status(stands);
            let by_contact = row.opt_text(4)?.map(|contact| mark::contact(&contact));
            for mark in by_status.into_iter().chain(by_contact) {
                self.marks.insert((org, mark, run.clone()));
            }
            let Some(text) = row.opt_text(5)? else { continue };
            for tally in tallies_of(&text)? {
                if let Some(mark) = tally.outcome.as_deref().and_then(mark::outcome) {
                    self.marks.insert((org, mark, run.clone()));
                }
                let place = (org, tally.flow, slice(tally.at.as_microsecond()));
                let sums = self.sums.entry(place).or_default();
                let visit = (tally.version, tally.node, tally.case);
                if !sums.contains_key(&visit) {
                    sums.insert(visit.clone(), Sum::new()?);
                }
                if let Some(sum) = sums.get_mut(&visit) {
                    sum.visit(tally.success, tally.duration_ms);
                }
            }
        }
        Ok(last)
    }
}
