//! Counts per node and case, kept behind the runs up to a watermark.

use callout_flow::id::OrgId;
use jiff::Timestamp;

use crate::{Store, StoreError};

/// What one finished visit adds to the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The number of the flow that the node belongs to (a sub-flow's own).
    pub flow: u32,
    pub version: u32,
    pub node: String,
    /// The position of the case from 0 as a text, `next`, or `none`.
    pub case: String,
    /// A call's outcome: `200`, `timeout`, …
    pub outcome: Option<String>,
    pub success: bool,
    pub at: Timestamp,
    pub duration_ms: u64,
}

/// Counts, and times in milliseconds, of visits that ended in a range of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub success: u64,
    pub fail: u64,
    pub p50_ms: u64,
    pub p95_ms: u64,
    pub p99_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CaseCounts {
    pub case: String,
    pub figures: Figures,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NodeCounts {
    pub node: String,
    pub figures: Figures,
    pub cases: Vec<CaseCounts>,
}

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
        let _ = (org, flow, version, from, to);
        unimplemented!()
    }

    /// Takes what lies beyond the watermark into the counts and marks, in one sorted batch of at most `limit` commits; returns how
    /// many it took. The engine calls it from time to time.
    pub async fn index_behind(&self, limit: usize) -> Result<usize, StoreError> {
        let _ = limit;
        unimplemented!()
    }
}
