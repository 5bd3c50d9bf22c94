//! Retention: what is older than wanted goes, in short rounds.

use std::collections::BTreeSet;

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::border::{IdBytes, status};
use crate::tally::{SLICE, ended, mark, tallies_of};
use crate::value::{Applied, Row, Statement, values};
use crate::{Pruned, Store, StoreError};

/// Runs in one round, whatever was asked for: other writes wait for it, some ten milliseconds.
const ROUND_MAX: usize = 1000;
/// Runs or keys that are looked at in one statement.
const LOOK: usize = 256;
/// Tallies in one round.
const TALLIES: usize = 2000;
/// Commits taken into the counts at a time, where retention comes before them.
const BEHIND: usize = 1000;

/// A run that is to go.
struct Old {
    ord: i64,
    id: Vec<u8>,
    marks: BTreeSet<String>,
}

impl Store {
    /// Removes runs that ended before `before`, with their keys and marks, and tallies of that time, oldest first, at most
    /// `limit` runs (and never more than a thousand) in one short transaction.
    pub async fn prune(&self, org: &OrgId, before: Timestamp, limit: usize) -> Result<Pruned, StoreError> {
        let org = self.known_org(org)?;
        // What was there when this was called is counted first, and has its marks; it could not go otherwise.
        while self.index_behind(BEHIND).await? == BEHIND {}
        let limit = limit.min(ROUND_MAX);
        let mut old = self.old_runs(org, before, limit + 1).await?;
        let more = old.len() > limit;
        old.truncate(limit);
        self.note_marks_of_parts(org, &mut old).await?;
        let mut keys = self.old_keys(org, before, &old, limit + 1).await?;
        let more = more || keys.len() > limit;
        keys.truncate(limit);
        // Of whole slices only.
        let slices = before.as_microsecond().saturating_sub(SLICE);
        let tallies =
            "DELETE FROM tally WHERE ord IN (SELECT ord FROM tally WHERE org = $1 AND slice <= $2 LIMIT $3)
            RETURNING ord";
        let mut statements = vec![Statement::any(tallies, values![org, slices, TALLIES as i64])];
        statements.push(ended::prune(org, slices));
        statements.extend(removals(org, &old));
        let key = "DELETE FROM accept_key WHERE org = $1 AND ord = $2";
        statements.extend(keys.into_iter().map(|ord| Statement::any(key, values![org, ord])));
        statements.extend(clamps());
        let runs = old.len() as u64;
        Ok(match self.backend().apply(statements).await? {
            Applied::Done(done) => {
                Pruned { runs, more: more || done.first().is_some_and(|tallies| tallies.len() == TALLIES) }
            }
            Applied::Unmet(_) => Pruned { runs: 0, more: true },
        })
    }

    /// Along the ids, which rise with time: from the first run that began too late on, none ended early enough.
    async fn old_runs(&self, org: i64, before: Timestamp, limit: usize) -> Result<Vec<Old>, StoreError> {
        let sql = "SELECT ord, id, started_at, ended_at, status, contact, tallies,
                ord <= (SELECT run FROM watermark) AND NOT EXISTS (SELECT 1 FROM run_part p
                    WHERE p.org = $1 AND p.run = run.ord AND p.ord > (SELECT part FROM watermark))
            FROM run WHERE org = $1 AND id > $2 ORDER BY id LIMIT $3";
        let before = before.as_microsecond();
        let (mut old, mut from) = (Vec::new(), Vec::new());
        loop {
            let rows = self.backend().query(sql, values![org, from.clone(), LOOK as i64]).await?;
            let last = rows.len() < LOOK;
            for mut row in rows {
                from = row.blob(1)?;
                let (started_at, ended_at) = (row.int(2)?, row.opt_int(3)?);
                if started_at >= before || old.len() == limit {
                    return Ok(old);
                }
                // One that is beyond the watermark would get its marks when it is gone.
                let behind = row.flag(7)?;
                if behind && ended_at.is_some_and(|ended_at| ended_at < before) {
                    old.push(Old::read(&mut row, from.clone())?);
                }
            }
            if last {
                return Ok(old);
            }
        }
    }

    async fn note_marks_of_parts(&self, org: i64, old: &mut [Old]) -> Result<(), StoreError> {
        let ords = ords(old);
        let sql = format!(
            "SELECT run, tallies FROM run_part WHERE org = $1 AND run IN ({ords}) AND tallies IS NOT NULL"
        );
        for mut row in self.backend().query(sql, values![org]).await? {
            let (run, tallies) = (row.int(0)?, row.text(1)?);
            if let Some(old) = old.iter_mut().find(|old| old.ord == run) {
                old.note(&tallies)?;
            }
        }
        Ok(())
    }

    /// Keys of that time none of whose runs will be there: another use of one begins anew.
    async fn old_keys(
        &self,
        org: i64,
        before: Timestamp,
        old: &[Old],
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT ord, at, runs FROM accept_key WHERE org = $1 AND at < $2 AND (at > $3 OR (at = $3 AND ord > $4))
            ORDER BY at, ord LIMIT $5";
        let going: BTreeSet<&[u8]> = old.iter().map(|old| old.id.as_slice()).collect();
        let (mut keys, mut at, mut ord) = (Vec::new(), i64::MIN, i64::MIN);
        loop {
            let rows = self.backend().query(sql, values![org, before, at, ord, LOOK as i64]).await?;
            let last = rows.len() < LOOK;
            for mut row in rows {
                (ord, at) = (row.int(0)?, row.int(1)?);
                let runs = row.blob(2)?;
                let mut staying = runs.chunks(size_of::<IdBytes>()).filter(|id| !going.contains(id));
                if !self.any_there(org, &mut staying).await? {
                    keys.push(ord);
                }
                if keys.len() == limit {
                    return Ok(keys);
                }
            }
            if last {
                return Ok(keys);
            }
        }
    }

    async fn any_there(
        &self,
        org: i64,
        ids: &mut (impl Iterator<Item = &[u8]> + Send),
    ) -> Result<bool, StoreError> {
        for id in ids {
            let sql = "SELECT 1 FROM run WHERE org = $1 AND id = $2";
            if !self.backend().query(sql, values![org, id]).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Old {
    fn read(row: &mut Row, id: Vec<u8>) -> Result<Self, StoreError> {
        let mut marks: BTreeSet<String> = mark::status(status(row.int(4)?)?).into_iter().collect();
        marks.extend(row.opt_text(5)?.map(|contact| mark::contact(&contact)));
        let mut old = Self { ord: row.int(0)?, id, marks };
        if let Some(tallies) = row.opt_text(6)? {
            old.note(&tallies)?;
        }
        Ok(old)
    }

    fn note(&mut self, tallies: &str) -> Result<(), StoreError> {
        let outcomes = tallies_of(tallies)?;
        self.marks.extend(outcomes.iter().filter_map(|tally| mark::outcome(tally.outcome.as_deref()?)));
        Ok(())
    }
}

/// Numbers that come from the database itself stand in the text: their count varies.
fn ords(old: &[Old]) -> String {
    old.iter().map(|old| old.ord.to_string()).collect::<Vec<_>>().join(", ")
}

fn removals(org: i64, old: &[Old]) -> Vec<Statement> {
    let ords = ords(old);
    let whole = [("run", "ord"), ("run_part", "run"), ("inbox", "run")].map(|(table, column)| {
        Statement::any(format!("DELETE FROM {table} WHERE org = $1 AND {column} IN ({ords})"), values![org])
    });
    let mark = "DELETE FROM run_mark WHERE org = $1 AND mark = $2 AND run = $3";
    let marks = old.iter().flat_map(|old| {
        let values = |name: &String| values![org, name.as_str(), old.id.as_slice()];
        old.marks.iter().map(move |name| Statement::any(mark, values(name)))
    });
    whole.into_iter().chain(marks).collect()
}

/// The database gives the places above the highest row anew: what comes to stand there is beyond the watermark.
fn clamps() -> [Statement; 2] {
    [("run", "run"), ("part", "run_part")].map(|(column, table)| {
        let highest = format!("(SELECT coalesce(max(ord), 0) FROM {table})");
        Statement::any(
            format!("UPDATE watermark SET {column} = {highest} WHERE {column} > {highest}"),
            Vec::new(),
        )
    })
}
