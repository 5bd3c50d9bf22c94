//! Counts of a flow's nodes: what is tallied, and what lies beyond the watermark.

use std::collections::BTreeMap;

use callout_flow::id::OrgId;
use jiff::Timestamp;

use super::sum::Sum;
use super::{CaseCounts, NodeCounts, SLICE, slice, tallies_of};
use crate::value::{Row, values};
use crate::{Store, StoreError};

/// One statement, so that nothing is counted twice or not at all while the watermark moves.
pub(crate) const COUNTS: &str = "
SELECT node, way, success, fail, histogram, NULL FROM tally
WHERE org = $1 AND flow = $2 AND slice >= $3 AND slice < $4 AND ($5 = 0 OR version = $5)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, tallies FROM run
WHERE ord > (SELECT run FROM watermark) AND +org = $1 AND tallies IS NOT NULL
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, tallies FROM run_part
WHERE ord > (SELECT part FROM watermark) AND +org = $1 AND tallies IS NOT NULL";

struct Wanted {
    flow: u32,
    version: Option<u32>,
    from: i64,
    to: i64,
}

/// By node, then by case.
type Sums = BTreeMap<String, BTreeMap<String, Sum>>;

impl Store {
    /// Counts of a flow's nodes, of one version or all, for the five-minute slices that `from..to` touches. What was recorded and
    /// is not yet behind the watermark is counted too.
    pub async fn counts(
        &self,
        org: &OrgId,
        flow: u32,
        version: Option<u32>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<NodeCounts>, StoreError> {
        let Some(org) = self.org(org) else { return Ok(Vec::new()) };
        if from >= to {
            return Ok(Vec::new());
        }
        let from = slice(from.as_microsecond());
        let to = slice(to.as_microsecond() - 1) + SLICE;
        let rows =
            self.backend().query(COUNTS, values![org, flow, from, to, version.unwrap_or_default()]).await?;
        let wanted = Wanted { flow, version, from, to };
        // Months of histograms take tens of milliseconds to add up: too long for a thread that serves requests.
        let counted = tokio::task::spawn_blocking(move || nodes(add_up(rows, &wanted)?)).await;
        counted.unwrap_or_else(|_| Err(StoreError::Unavailable("the counting was interrupted".to_owned())))
    }
}

fn add_up(rows: Vec<Row>, wanted: &Wanted) -> Result<Sums, StoreError> {
    let mut sums = Sums::new();
    for mut row in rows {
        if let Some(text) = row.opt_text(5)? {
            for tally in tallies_of(&text)? {
                let at = slice(tally.at.as_microsecond());
                let inside = tally.flow == wanted.flow
                    && wanted.version.is_none_or(|version| version == tally.version)
                    && (wanted.from..wanted.to).contains(&at);
                if inside {
                    sum(&mut sums, tally.node, tally.case)?.visit(tally.success, tally.duration_ms);
                }
            }
        } else {
            let counted = Sum::read(row.number(2)?, row.number(3)?, &row.blob(4)?)?;
            sum(&mut sums, row.text(0)?, row.text(1)?)?.add(&counted)?;
        }
    }
    Ok(sums)
}

fn sum(sums: &mut Sums, node: String, case: String) -> Result<&mut Sum, StoreError> {
    use std::collections::btree_map::Entry;
    Ok(match sums.entry(node).or_default().entry(case) {
        Entry::Occupied(there) => there.into_mut(),
        Entry::Vacant(free) => free.insert(Sum::new()?),
    })
}

fn nodes(sums: Sums) -> Result<Vec<NodeCounts>, StoreError> {
    let mut nodes = Vec::new();
    for (node, by_case) in sums {
        let mut all = Sum::new()?;
        let mut cases = Vec::new();
        for (case, sum) in by_case {
            all.add(&sum)?;
            cases.push(CaseCounts { case, figures: sum.figures() });
        }
        nodes.push(NodeCounts { node, figures: all.figures(), cases });
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{plan, scans};

    #[test]
    fn counting_reads_slices_and_the_tail_only() {
        assert_eq!(scans(COUNTS), ["SCAN watermark", "SCAN watermark"], "{:?}", plan(COUNTS));
    }
}
