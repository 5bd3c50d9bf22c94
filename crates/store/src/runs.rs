//! Runs: accepted, claimed, recorded commit by commit, and read.
//!
//! A run has one row, and one blob for each commit. The blobs are JSON text that the API splices out unparsed; the store never
//! looks into them. `due` is the time from which anyone may claim a run: now for one that was accepted beyond the bounds, the
//! end of a wait or a retry's pause, the end of the lease for one under way (never, where one process has the file), none for
//! one that is over.

mod list;
mod read;
mod search;
mod write;

pub use search::{FoundRuns, RunSearch, SEARCHED_MAX};

use callout_flow::id::{OrgId, RunId};
use jiff::Timestamp;

use crate::StoreError;
use crate::tally::Tally;

/// Where a run stands, as the API says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Accepted, or under way.
    Running,
    /// Sleeping until a time.
    Waiting,
    Completed,
    Failed,
    Cancelled,
}

/// A run's beginning: never changed after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// The flow's number.
    pub flow: u32,
    pub version: u32,
    /// The time in the run's id, to within a minute: lists by time are read along the ids.
    pub started_at: Timestamp,
    /// Whose it is: the contact's id or externalId.
    pub contact: Option<String>,
    /// The event's name.
    pub event: Option<Box<str>>,
    /// JSON text: the event, the contact as read, the variables it starts with.
    pub head: Vec<u8>,
}

/// What one commit adds to a run's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// JSON text of steps, commas between, no brackets; may be empty.
    pub steps: Vec<u8>,
    /// The same of effects.
    pub effects: Vec<u8>,
    pub tallies: Vec<Tally>,
}

/// How the run stands after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Under way in this process, which keeps its lease. `state` is what recovery needs; the store seals it.
    Going { state: Vec<u8> },
    /// Put down until `due`; the lease is given back. `status` is `Running` (a retry's pause, a run that awaits its turn) or `Waiting`.
    Parked { status: RunStatus, due: Timestamp, state: Vec<u8> },
    /// `tail` is JSON text: the variables as shown, the result, the error. `head` takes the place of the run's own where that had
    /// something that must not be kept.
    Over {
        status: RunStatus,
        ended_at: Timestamp,
        tail: Vec<u8>,
        head: Option<Vec<u8>>,
        /// The code of the fault that ended it.
        error: Option<Box<str>>,
    },
}

/// One commit of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub run: RunId,
    /// The lease under which it was made: 0 with `begin` for a run that is not in the database yet; else as `accept` or `claim`
    /// gave it. A record under an older lease is fenced.
    pub epoch: i64,
    /// Counts the records under this lease from 1: one that is not newer than the last taken is ignored.
    pub seq: u32,
    /// The run is not in the database yet, and this record inserts it.
    pub begin: Option<Begin>,
    pub part: Part,
    pub stand: Stand,
    /// Inbox entries up to this one were heeded and go with this record.
    pub inbox_up_to: Option<i64>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Durable, now or before.
    Taken,
    /// Another has the run; nothing was changed.
    Fenced,
}

/// Resolves when a record is durable. Dropping it changes nothing: the record is queued and will be written in its turn.
#[derive(Debug)]
pub struct Receipt(pub(crate) tokio::sync::oneshot::Receiver<Result<Recorded, StoreError>>);

impl Receipt {
    pub async fn durable(self) -> Result<Recorded, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the store is closed".to_owned())))
    }
}

/// A caller's `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Told apart by what it was sent to: `events`, `flows/<slug>/runs`.
    pub scope: String,
    pub text: String,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
}

/// What became of what was to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Durable. The epochs of the leases, in the order given; 0 for those that were left due.
    New { epochs: Vec<i64> },
    /// The same key and request were accepted before: those runs, with their flows' slugs.
    Before { runs: Vec<(RunId, String)> },
    /// The key was used with another request.
    OtherRequest,
}

/// A run that this process may take on, under a new lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub org: OrgId,
    pub run: RunId,
    pub epoch: i64,
    pub begin: Begin,
    /// As the last commit left it; empty for a run that was accepted and never begun.
    pub state: Vec<u8>,
    /// When it became due.
    pub due: Timestamp,
    /// How often it was claimed since its last record, this time counted: a run that brings its process down each time must end.
    pub recoveries: u32,
    pub inbox: Vec<InboxEntry>,
}

/// Something told to a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    pub number: i64,
    /// `cancel`, later `reply` and `callback`.
    pub kind: String,
    /// JSON text.
    pub body: Vec<u8>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInbox {
    pub kind: String,
    pub body: Vec<u8>,
    pub at: Timestamp,
}

/// Which runs to list. All given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// A flow's number.
    pub flow: Option<u32>,
    pub status: Option<RunStatus>,
    /// A run with a visit that ended so: `404`, `timeout`, …
    pub outcome: Option<String>,
    pub contact: Option<String>,
    /// Started at or after, and before.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    pub id: RunId,
    /// The flow's number, and its slug now.
    pub flow: u32,
    pub slug: String,
    pub version: u32,
    pub status: RunStatus,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Until when it sleeps, where it is parked.
    pub due: Option<Timestamp>,
    pub contact: Option<String>,
    /// The event's name.
    pub event: Option<String>,
    /// The code of the fault that ended it.
    pub error: Option<String>,
    /// How the last of its calls ended that was no success: `404`, `timeout`, …
    pub outcome: Option<String>,
}

/// A run's row with its commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    pub line: RunLine,
    pub head: Vec<u8>,
    /// In order, with a number that rises from commit to commit: a follower asks for those after the last it saw.
    pub parts: Vec<(u32, Vec<u8>, Vec<u8>)>,
    /// Where it is not over.
    pub state: Option<Vec<u8>>,
    /// Where it is over.
    pub tail: Option<Vec<u8>>,
}

/// One page of a list, and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub more: bool,
}

impl<T> Page<T> {
    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), more: false }
    }

    /// How many rows to ask for: one more than fit tells whether there are more.
    pub(crate) fn ask(limit: usize) -> i64 {
        i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    pub(crate) fn cut(mut items: Vec<T>, limit: usize) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}
