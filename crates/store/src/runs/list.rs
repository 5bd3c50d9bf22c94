//! Lists of runs: by what is indexed at once, or by a mark and what lies beyond the watermark.

use std::collections::{BTreeMap, BTreeSet};

use callout_flow::id::{OrgId, RunId};
use jiff::{SignedDuration, Timestamp};

use super::read::{JOIN, LINE, LINE_COLUMNS};
use super::{Page, RunFilter, RunLine, RunStatus};
use crate::border::{IdBytes, first_id, run_bytes, run_id, status_number};
use crate::tally::{mark, tallies_of};
use crate::value::{Row, Value, values};
use crate::{Store, StoreError};

/// Runs looked into at a time for an outcome that is not marked.
pub(super) const SCAN: usize = 256;
/// How far the time in a run's id may be from its start: clocks are set between one reading and the next.
const ID_SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Conditions on the row of a run, with their values.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// What of a filter the row itself tells. `$1` is the org; `id` is the column along which the ids are read.
    fn of(org: i64, filter: &RunFilter, id: &str, below: Option<IdBytes>) -> Self {
        let mut conditions = Self { sql: String::new(), values: values![org] };
        conditions.and("r.flow =", filter.flow);
        conditions.and("r.status =", filter.status.map(status_number));
        conditions.and("r.contact =", filter.contact.as_deref());
        conditions.and("r.started_at >=", filter.from);
        conditions.and("r.started_at <", filter.to);
        // The same once more by what ids rise with: else every run before or after would be looked at.
        let first = |at: Timestamp| first_id(at).to_vec();
        let from = filter.from.and_then(|from| from.checked_sub(ID_SLACK).ok()).map(first);
        let to = filter.to.and_then(|to| to.checked_add(ID_SLACK).ok()).map(first);
        conditions.and(&format!("{id} >="), from);
        let below = below.map(|below| below.to_vec());
        conditions.and(&format!("{id} <"), below.into_iter().chain(to).min());
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
}

impl<'a> Way<'a> {
    fn of(filter: &'a RunFilter) -> Self {
        if let Some(outcome) = filter.outcome.as_deref()
            && let Some(mark) = mark::outcome(outcome)
        {
            return Self::Mark { mark, outcome: Some(outcome) };
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
        let odd = |cursor: &RunId| StoreError::Conflict(format!("`{cursor}` is not a run's id"));
        let below = cursor.map(|cursor| run_bytes(cursor).ok_or_else(|| odd(cursor))).transpose()?;
        let look = Look { store: self, org, filter };
        let lines = match look.unmarked() {
            Some(outcome) => look.among(below, limit, outcome).await?,
            None => look.some(below, Page::<RunLine>::ask(limit)).await?,
        };
        Ok(Page::cut(lines, limit))
    }
}

/// One search.
pub(super) struct Look<'a> {
    pub(super) store: &'a Store,
    pub(super) org: i64,
    pub(super) filter: &'a RunFilter,
}

impl Look<'_> {
    /// An outcome that is too common to be marked.
    fn unmarked(&self) -> Option<&str> {
        self.filter.outcome.as_deref().filter(|outcome| mark::outcome(outcome).is_none())
    }

    /// The next ones, [`SCAN`] at most; fewer where there are no more.
    pub(super) async fn window(&self, below: Option<IdBytes>) -> Result<Vec<RunLine>, StoreError> {
        match self.unmarked() {
            Some(outcome) => {
                let mut lines = self.among(below, SCAN, outcome).await?;
                lines.truncate(SCAN);
                Ok(lines)
            }
            None => self.some(below, SCAN as i64).await,
        }
    }

    /// The next ones, so many at most, of all that the row and the marks tell.
    async fn some(&self, below: Option<IdBytes>, ask: i64) -> Result<Vec<RunLine>, StoreError> {
        match Way::of(self.filter) {
            Way::Ids => self.plain(ids_sql, below, ask).await,
            Way::Live => self.plain(live_sql, below, ask).await,
            Way::Mark { mark, outcome } => self.along_mark(below, ask, &mark, outcome).await,
        }
    }

    async fn plain(
        &self,
        sql: impl Fn(&Conditions, &str) -> String,
        below: Option<IdBytes>,
        ask: i64,
    ) -> Result<Vec<RunLine>, StoreError> {
        let mut conditions = Conditions::of(self.org, self.filter, "r.id", below);
        let limit = conditions.place(ask);
        lines(self.store.backend().query(sql(&conditions, &limit), conditions.values).await?)
    }

    /// The tail first: what passes the watermark in between is found twice, not missed.
    async fn along_mark(
        &self,
        below: Option<IdBytes>,
        ask: i64,
        mark: &str,
        outcome: Option<&str>,
    ) -> Result<Vec<RunLine>, StoreError> {
        let mut found = BTreeMap::new();
        let tail = Conditions::of(self.org, self.filter, "r.id", below);
        for mut row in self.store.backend().query(tail_sql(&tail), tail.values).await? {
            let holds = outcome.map(|outcome| has(row.opt_text(LINE_COLUMNS)?, outcome)).transpose()?;
            if holds != Some(false) {
                let line = RunLine::read(&mut row, 0)?;
                found.insert(line.id.clone(), line);
            }
        }
        let mut marked = Conditions::of(self.org, self.filter, "m.run", below);
        let (mark, limit) = (marked.place(mark), marked.place(ask));
        let sql = mark_sql(&marked, &mark, &limit);
        for line in lines(self.store.backend().query(sql, marked.values).await?)? {
            found.insert(line.id.clone(), line);
        }
        let wanted = usize::try_from(ask).unwrap_or(usize::MAX);
        Ok(found.into_values().rev().take(wanted).collect())
    }

    /// Those that had an outcome which is too common to be marked: some at a time, each looked into.
    async fn among(
        &self,
        mut below: Option<IdBytes>,
        limit: usize,
        outcome: &str,
    ) -> Result<Vec<RunLine>, StoreError> {
        let mut found = Vec::new();
        loop {
            let lines = self.some(below, SCAN as i64).await?;
            let Some(last) = lines.last() else { return Ok(found) };
            below = run_bytes(&last.id);
            let full = lines.len() == SCAN;
            let having = self.having(&lines, outcome).await?;
            found.extend(lines.into_iter().filter(|line| having.contains(&line.id)));
            if !full || found.len() > limit {
                return Ok(found);
            }
        }
    }

    async fn having(&self, lines: &[RunLine], outcome: &str) -> Result<BTreeSet<RunId>, StoreError> {
        let ids = lines.iter().filter_map(|line| run_bytes(&line.id));
        let mut values = values![self.org];
        values.extend(ids.map(|id| Value::from(id.as_slice())));
        let mut having = BTreeSet::new();
        for mut row in self.store.backend().query(tallies_sql(values.len() - 1), values).await? {
            if has(row.opt_text(1)?, outcome)? {
                having.insert(run_id(&row.blob(0)?)?);
            }
        }
        Ok(having)
    }
}

/// Along the ids of an org, or of one of its flows.
fn ids_sql(conditions: &Conditions, limit: &str) -> String {
    let and = &conditions.sql;
    format!("SELECT {LINE} FROM run r {JOIN} WHERE r.org = $1{and} ORDER BY r.id DESC LIMIT {limit}")
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

/// The tallies of these runs, of their first commits and of later ones.
fn tallies_sql(count: usize) -> String {
    let ids = (2..count + 2).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT id, tallies FROM run WHERE org = $1 AND id IN ({ids}) AND tallies IS NOT NULL
        UNION ALL
        SELECT r.id, p.tallies FROM run r JOIN run_part p ON p.org = r.org AND p.run = r.ord
        WHERE r.org = $1 AND r.id IN ({ids}) AND p.tallies IS NOT NULL"
    )
}

fn lines(rows: Vec<Row>) -> Result<Vec<RunLine>, StoreError> {
    rows.into_iter().map(|mut row| RunLine::read(&mut row, 0)).collect()
}

/// Whether a visit among these tallies ended so.
fn has(tallies: Option<String>, outcome: &str) -> Result<bool, StoreError> {
    let Some(text) = tallies else { return Ok(false) };
    Ok(tallies_of(&text)?.iter().any(|tally| tally.outcome.as_deref() == Some(outcome)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{plan, scans};

    fn conditions(id: &str, flow: Option<u32>) -> Conditions {
        let at = Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(2));
        let filter = RunFilter { flow, from: at, to: at, ..RunFilter::default() };
        Conditions::of(1, &filter, id, Some([0; 16]))
    }

    #[test]
    fn lists_go_by_index_and_need_no_sorting() {
        let all = plan(&ids_sql(&conditions("r.id", None), "$7"));
        assert_eq!(all[0], "SEARCH r USING INDEX run_id (org=? AND id>? AND id<?)");
        let flow = plan(&ids_sql(&conditions("r.id", Some(1)), "$8"));
        assert_eq!(flow[0], "SEARCH r USING INDEX run_flow (org=? AND flow=? AND id>? AND id<?)");
        let marked = plan(&mark_sql(&conditions("m.run", None), "$7", "$8"));
        assert_eq!(marked[0], "SEARCH m USING PRIMARY KEY (org=? AND mark=? AND run>? AND run<?)");
        assert_eq!(marked[1], "SEARCH r USING INDEX run_id (org=? AND id=?)");
        for plan in [all, flow, marked] {
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
        }
    }

    #[test]
    fn looking_into_runs_goes_by_their_ids() {
        let plan = plan(&tallies_sql(3));
        assert!(plan.iter().any(|step| step == "SEARCH run USING INDEX run_id (org=? AND id=?)"), "{plan:?}");
        assert!(
            plan.iter().any(|step| step == "SEARCH r USING COVERING INDEX run_id (org=? AND id=?)"),
            "{plan:?}"
        );
        assert!(
            plan.iter().any(|step| step == "SEARCH p USING INDEX run_part_run (org=? AND run=?)"),
            "{plan:?}"
        );
    }

    #[test]
    fn neither_live_runs_nor_the_tail_go_through_all_runs() {
        let live = live_sql(&conditions("r.id", None), "$7");
        assert_eq!(plan(&live)[0], "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)");
        let tail = tail_sql(&conditions("r.id", None));
        assert_eq!(scans(&live), [""; 0], "{:?}", plan(&live));
        assert_eq!(scans(&tail), ["SCAN watermark"; 2], "{:?}", plan(&tail));
    }
}
