//! Lists of runs: by what is indexed at once, or by a mark and what lies beyond the watermark.

use std::collections::{BTreeMap, BTreeSet};

use callout_flow::id::{OrgId, RunId};

use super::read::{JOIN, LINE, LINE_COLUMNS};
use super::{Page, RunFilter, RunLine, RunStatus};
use crate::border::{run_bytes, status_number};
use crate::tally::{mark, tallies_of};
use crate::value::{Row, Value, values};
use crate::{Store, StoreError};

/// Runs looked at in one statement where nothing indexed narrows them down.
const SCAN: i64 = 256;

/// Conditions on the row of a run, with their values.
#[derive(Clone)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// What of a filter the row itself tells. `$1` is the org.
    fn of(org: i64, filter: &RunFilter) -> Self {
        let mut conditions = Self { sql: String::new(), values: values![org] };
        conditions.and("r.flow =", filter.flow);
        conditions.and("r.status =", filter.status.map(status_number));
        conditions.and("r.contact =", filter.contact.as_deref());
        conditions.and("r.started_at >=", filter.from);
        conditions.and("r.started_at <", filter.to);
        conditions
    }

    fn and(&mut self, left: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.place(value);
            self.sql.push_str(&format!(" AND {left} {place}"));
        }
    }

    /// One more value, and what stands for it.
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

/// What a list is read along.
enum Way<'a> {
    /// Ids, latest first.
    Ids,
    /// Those that are not over.
    Live,
    /// Those with a mark, and those beyond the watermark that will have it.
    Mark { mark: String, outcome: Option<&'a str> },
    /// Ids, and the tallies of each: for outcomes that are too common to be marked.
    Tallies(&'a str),
}

impl<'a> Way<'a> {
    fn of(filter: &'a RunFilter) -> Self {
        if let Some(outcome) = filter.outcome.as_deref() {
            return match mark::outcome(outcome) {
                Some(mark) => Self::Mark { mark, outcome: Some(outcome) },
                None => Self::Tallies(outcome),
            };
        }
        if let Some(contact) = &filter.contact {
            return Self::Mark { mark: mark::contact(contact), outcome: None };
        }
        match filter.status {
            Some(RunStatus::Running | RunStatus::Waiting) => Self::Live,
            Some(status) => mark::status(status).map_or(Self::Ids, |mark| Self::Mark { mark, outcome: None }),
            None => Self::Ids,
        }
    }
}

impl Store {
    /// Latest first, from below `cursor` (a run's id).
    pub async fn runs(
        &self,
        org: &OrgId,
        filter: &RunFilter,
        cursor: Option<&RunId>,
        limit: usize,
    ) -> Result<Page<RunLine>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Page::empty()) };
        let below = match cursor.map(|cursor| run_bytes(cursor).ok_or(cursor)) {
            Some(Err(cursor)) => return Err(StoreError::Conflict(format!("`{cursor}` is not a run's id"))),
            Some(Ok(bytes)) => Some(bytes.to_vec()),
            None => None,
        };
        let conditions = Conditions::of(org, filter);
        let ask = Page::<RunLine>::ask(limit);
        let lines = match Way::of(filter) {
            Way::Ids => self.along_ids(conditions, below, ask).await?,
            Way::Live => self.along_live(conditions, below, ask).await?,
            Way::Mark { mark, outcome } => self.along_mark(conditions, below, ask, &mark, outcome).await?,
            Way::Tallies(outcome) => self.along_tallies(conditions, below, limit, outcome).await?,
        };
        Ok(Page::cut(lines, limit))
    }

    async fn along_ids(
        &self,
        mut conditions: Conditions,
        below: Option<Vec<u8>>,
        ask: i64,
    ) -> Result<Vec<RunLine>, StoreError> {
        conditions.and("r.id <", below);
        let limit = conditions.place(ask);
        lines(self.backend().query(ids_sql("", &conditions, &limit), conditions.values).await?)
    }

    async fn along_live(
        &self,
        mut conditions: Conditions,
        below: Option<Vec<u8>>,
        ask: i64,
    ) -> Result<Vec<RunLine>, StoreError> {
        conditions.and("r.id <", below);
        let limit = conditions.place(ask);
        lines(self.backend().query(live_sql(&conditions, &limit), conditions.values).await?)
    }

    /// The tail first: what passes the watermark in between is found twice, not missed.
    async fn along_mark(
        &self,
        conditions: Conditions,
        below: Option<Vec<u8>>,
        ask: i64,
        mark: &str,
        outcome: Option<&str>,
    ) -> Result<Vec<RunLine>, StoreError> {
        let mut found = BTreeMap::new();
        let mut tail = conditions.clone();
        tail.and("r.id <", below.clone());
        for mut row in self.backend().query(tail_sql(&tail), tail.values).await? {
            let holds = outcome.map(|outcome| has(row.opt_text(LINE_COLUMNS)?, outcome)).transpose()?;
            if holds != Some(false) {
                let line = RunLine::read(&mut row, 0)?;
                found.insert(line.id.clone(), line);
            }
        }
        let mut marked = conditions;
        marked.and("m.run <", below);
        let (mark, limit) = (marked.place(mark), marked.place(ask));
        for line in lines(self.backend().query(mark_sql(&marked, &mark, &limit), marked.values).await?)? {
            found.insert(line.id.clone(), line);
        }
        Ok(found.into_values().rev().collect())
    }

    async fn along_tallies(
        &self,
        conditions: Conditions,
        mut below: Option<Vec<u8>>,
        limit: usize,
        outcome: &str,
    ) -> Result<Vec<RunLine>, StoreError> {
        let mut found = Vec::new();
        loop {
            let mut scan = conditions.clone();
            let org = scan.values.first().cloned().unwrap_or(Value::Null);
            scan.and("r.id <", below.take());
            let place = scan.place(SCAN);
            let rows =
                self.backend().query(ids_sql(", r.ord, r.tallies", &scan, &place), scan.values).await?;
            let full = i64::try_from(rows.len()).is_ok_and(|count| count == SCAN);
            let (mut lines, mut having, mut ords) = (Vec::new(), BTreeSet::new(), Vec::new());
            for mut row in rows {
                let line = RunLine::read(&mut row, 0)?;
                let ord = row.int(LINE_COLUMNS)?;
                if has(row.opt_text(LINE_COLUMNS + 1)?, outcome)? {
                    having.insert(ord);
                }
                ords.push(ord);
                lines.push((ord, line));
            }
            for mut row in self.backend().query(parts_sql(&ords), vec![org]).await? {
                let ord = row.int(0)?;
                if has(row.opt_text(1)?, outcome)? {
                    having.insert(ord);
                }
            }
            below = lines.last().and_then(|(_, line)| run_bytes(&line.id)).map(|bytes| bytes.to_vec());
            found.extend(lines.into_iter().filter(|(ord, _)| having.contains(ord)).map(|(_, line)| line));
            if !full || found.len() > limit {
                return Ok(found);
            }
        }
    }
}

/// Along the ids of an org, or of one of its flows.
fn ids_sql(more: &str, conditions: &Conditions, limit: &str) -> String {
    let and = &conditions.sql;
    format!("SELECT {LINE}{more} FROM run r {JOIN} WHERE r.org = $1{and} ORDER BY r.id DESC LIMIT {limit}")
}

/// `+` keeps the planner from the index of ids, along which it would look at every run there ever was.
fn live_sql(conditions: &Conditions, limit: &str) -> String {
    let and = &conditions.sql;
    format!(
        "SELECT {LINE} FROM run r {JOIN}
        WHERE r.ord IN (SELECT ord FROM run WHERE org = $1 AND due IS NOT NULL) AND +r.org = $1{and}
        ORDER BY r.id DESC LIMIT {limit}"
    )
}

fn mark_sql(conditions: &Conditions, mark: &str, limit: &str) -> String {
    let and = &conditions.sql;
    format!(
        "SELECT {LINE} FROM run_mark m JOIN run r ON r.org = m.org AND r.id = m.run {JOIN}
        WHERE m.org = $1 AND m.mark = {mark}{and} ORDER BY m.run DESC LIMIT {limit}"
    )
}

/// Runs that began, and runs that went on, beyond the watermark, with the tallies that are not counted yet.
fn tail_sql(conditions: &Conditions) -> String {
    let and = &conditions.sql;
    format!(
        "SELECT {LINE}, r.tallies FROM run r {JOIN}
        WHERE r.ord > (SELECT run FROM watermark) AND +r.org = $1{and}
        UNION ALL
        SELECT {LINE}, p.tallies FROM run_part p JOIN run r ON r.ord = p.run {JOIN}
        WHERE p.ord > (SELECT part FROM watermark) AND +p.org = $1{and}"
    )
}

/// Numbers that come from the database itself stand in the text: their count varies.
fn parts_sql(ords: &[i64]) -> String {
    let ords = ords.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    format!("SELECT run, tallies FROM run_part WHERE org = $1 AND run IN ({ords}) AND tallies IS NOT NULL")
}

fn lines(rows: Vec<Row>) -> Result<Vec<RunLine>, StoreError> {
    rows.into_iter().map(|mut row| RunLine::read(&mut row, 0)).collect()
}

/// Whether a visit among these tallies ended so.
fn has(tallies: Option<String>, outcome: &str) -> Result<bool, StoreError> {
    let Some(text) = tallies else { return Ok(false) };
    Ok(tallies_of(&text)?.iter().any(|tally| tally.outcome.as_deref() == Some(outcome)))
}
