//! Runs found by any text in them: some are looked into at a time, the rest with the next page.

use std::collections::BTreeSet;

use callout_flow::id::{OrgId, RunId};

use super::list::{Look, SCAN};
use super::{RunFilter, RunLine};
use crate::border::{run_bytes, run_id};
use crate::value::{Value, values};
use crate::{Store, StoreError};

/// The most runs that one page looks into.
pub const SEARCHED_MAX: usize = 2048;
/// The most of a run's event, contact and variables that is looked into, bytes of each text.
const TEXT_BYTES_MAX: i64 = 64 * 1024;

/// A text to look for, whatever the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSearch {
    pub text: String,
    /// Also in the variables and the result of runs that are over.
    pub in_vars: bool,
}

/// What was found, and where to go on: also where nothing was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRuns {
    pub items: Vec<RunLine>,
    /// The run behind which the next page begins; none where all were looked into.
    pub next: Option<RunId>,
}

impl Store {
    /// Latest first, from below `cursor`: the runs that a filter takes and that hold a text in their id, contact or event.
    pub async fn search_runs(
        &self,
        org: &OrgId,
        filter: &RunFilter,
        search: &RunSearch,
        cursor: Option<&RunId>,
        limit: usize,
    ) -> Result<FoundRuns, StoreError> {
        let mut found = FoundRuns { items: Vec::new(), next: None };
        let Some(org) = self.org(org) else { return Ok(found) };
        let odd = |cursor: &RunId| StoreError::Conflict(format!("`{cursor}` is not a run's id"));
        let mut below = cursor.map(|cursor| run_bytes(cursor).ok_or_else(|| odd(cursor))).transpose()?;
        let look = Look { store: self, org, filter };
        let text = search.text.to_lowercase();
        for _ in 0..SEARCHED_MAX / SCAN {
            let lines = look.window(below).await?;
            let Some(last) = lines.last() else { return Ok(FoundRuns { next: None, ..found }) };
            let (last, full) = (last.id.clone(), lines.len() == SCAN);
            let inside = self.holding(org, &lines, &text, search.in_vars).await?;
            for line in lines {
                if !inside.contains(&line.id) {
                    continue;
                }
                if found.items.len() == limit {
                    found.next = found.items.last().map(|line| line.id.clone());
                    return Ok(found);
                }
                found.items.push(line);
            }
            if !full {
                return Ok(FoundRuns { next: None, ..found });
            }
            below = run_bytes(&last);
            found.next = Some(last);
        }
        Ok(found)
    }

    /// Those of these runs that hold the text.
    async fn holding(
        &self,
        org: i64,
        lines: &[RunLine],
        text: &str,
        in_vars: bool,
    ) -> Result<BTreeSet<RunId>, StoreError> {
        let holds = |shown: Option<&str>| shown.is_some_and(|shown| shown.to_lowercase().contains(text));
        let (mut found, mut values) = (BTreeSet::new(), values![org, text, TEXT_BYTES_MAX]);
        for line in lines {
            if holds(Some(line.id.as_str())) || holds(line.contact.as_deref()) || holds(line.event.as_deref())
            {
                found.insert(line.id.clone());
            } else if let Some(id) = run_bytes(&line.id) {
                values.push(Value::from(id.as_slice()));
            }
        }
        let ids = values.len() - 3;
        if ids > 0 {
            for mut row in self.backend().query(holding_sql(ids, in_vars), values).await? {
                found.insert(run_id(&row.blob(0)?)?);
            }
        }
        Ok(found)
    }
}

fn holding_sql(ids: usize, in_vars: bool) -> String {
    let ids = (4..ids + 4).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let in_vars = if in_vars { "OR holds_text(substr(tail, 1, $3), $2)" } else { "" };
    format!(
        "SELECT id FROM run WHERE org = $1 AND id IN ({ids}) AND (holds_text(substr(head, 1, $3), $2) {in_vars})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::plan;

    #[test]
    fn runs_are_looked_into_by_their_ids() {
        assert_eq!(plan(&holding_sql(2, true)), ["SEARCH run USING INDEX run_id (org=? AND id=?)"]);
    }
}
