//! Counts per node and case, kept behind the runs up to a watermark.

mod behind;
mod counts;
pub(crate) mod ended;
pub(crate) mod mark;
mod sum;
mod text;

use jiff::Timestamp;

pub use self::ended::EndedRuns;
pub(crate) use self::text::{tallies_of, tallies_text};

/// Microseconds of a slice of time: five minutes, the finest that counts are asked for.
pub(crate) const SLICE: i64 = 5 * 60 * 1_000_000;

/// The beginning of the slice with this time.
fn slice(micros: i64) -> i64 {
    micros.div_euclid(SLICE) * SLICE
}

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
