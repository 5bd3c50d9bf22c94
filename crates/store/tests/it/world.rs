//! A store of either kind, and short words for what is put into it.

use callout_flow::id::{OrgId, RunId};
use callout_store::{
    Accepted, Begin, Claimed, Keys, MasterKey, Part, Receipt, Record, Recorded, RunFilter, RunRow, RunStatus,
    Stand, Store, StoreOptions, Tally,
};
use jiff::Timestamp;
use tempfile::TempDir;

/// Each test of a list, over a file and in memory.
macro_rules! over_both {
    ($($test:ident),* $(,)?) => {
        mod file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(&$crate::world::World::file()).await; })*
        }
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(&$crate::world::World::memory()).await; })*
        }
    };
}
pub(crate) use over_both;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) org: OrgId,
    /// Dropped after the store.
    pub(crate) _folder: Option<TempDir>,
}

impl World {
    pub(crate) fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        Self { store, org: OrgId::default_org(), _folder: Some(folder) }
    }

    pub(crate) fn memory() -> Self {
        Self { store: Store::in_memory().unwrap(), org: OrgId::default_org(), _folder: None }
    }

    /// Records, and waits until it is durable.
    pub(crate) async fn record(&self, record: Record) -> Recorded {
        self.queue(record).durable().await.unwrap()
    }

    pub(crate) fn queue(&self, record: Record) -> Receipt {
        self.store.record(&self.org, record)
    }

    /// Accepts one run and takes it on; its epoch.
    pub(crate) async fn begin(&self, run: &RunId, begin: Begin) -> i64 {
        let at = begin.started_at;
        match self.store.accept(&self.org, vec![(run.clone(), begin)], 1, None, at).await.unwrap() {
            Accepted::New { epochs } => epochs[0],
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn run(&self, run: &RunId) -> RunRow {
        self.store.run(&self.org, run, 0).await.unwrap().unwrap()
    }

    pub(crate) async fn claim(&self, second: i64, limit: usize) -> Vec<Claimed> {
        self.store.claim(&self.org, at(second), limit).await.unwrap()
    }

    pub(crate) async fn list(&self, filter: &RunFilter) -> Vec<RunId> {
        let page = self.store.runs(&self.org, filter, None, 1000).await.unwrap();
        assert!(!page.more);
        page.items.into_iter().map(|line| line.id).collect()
    }
}

pub(crate) fn open(folder: &std::path::Path) -> Store {
    Store::open(&options(folder, Some(keys())), at(0)).unwrap()
}

pub(crate) fn options(folder: &std::path::Path, keys: Option<Keys>) -> StoreOptions {
    StoreOptions { folder: folder.to_owned(), readers: 2, keys }
}

/// The same in every process of the tests.
pub(crate) fn keys() -> Keys {
    Keys::new(MasterKey::parse(MASTER).unwrap())
}

const MASTER: &str = "cmk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9pDHP5";

/// Seconds after some beginning.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// The id of a run that began then; ids rise with the number.
pub(crate) fn id(number: u64) -> RunId {
    RunId::new(format!(
        "run_{:012x}7000800000000000{:04x}",
        1_800_000_000_000 + number * 1000,
        number & 0xffff
    ))
}

pub(crate) fn begun(second: i64) -> Begin {
    Begin {
        flow: 1,
        version: 1,
        started_at: at(second),
        contact: None,
        event: None,
        head: b"{\"event\":{}}".to_vec(),
    }
}

pub(crate) fn part(steps: &str) -> Part {
    Part { steps: steps.as_bytes().to_vec(), ..Part::default() }
}

pub(crate) fn going() -> Stand {
    Stand::Going { state: b"going".to_vec() }
}

pub(crate) fn parked(second: i64) -> Stand {
    Stand::Parked { status: RunStatus::Waiting, due: at(second), state: b"parked".to_vec() }
}

pub(crate) fn over(second: i64, status: RunStatus) -> Stand {
    Stand::Over { status, ended_at: at(second), tail: b"{\"result\":1}".to_vec(), head: None, error: None }
}

pub(crate) fn later(run: &RunId, epoch: i64, seq: u32, stand: Stand) -> Record {
    Record {
        run: run.clone(),
        epoch,
        seq,
        begin: None,
        part: part(&format!("\"{seq}\"")),
        stand,
        inbox_up_to: None,
    }
}

/// A run that is inserted by its first record.
pub(crate) fn first(run: &RunId, begin: Begin, stand: Stand) -> Record {
    Record { begin: Some(begin), ..later(run, 0, 1, stand) }
}

pub(crate) fn visit(node: &str, outcome: Option<&str>, second: i64) -> Tally {
    Tally {
        flow: 1,
        version: 1,
        node: node.to_owned(),
        case: "0".to_owned(),
        outcome: outcome.map(str::to_owned),
        success: outcome.is_none_or(|outcome| outcome.starts_with('2')),
        at: at(second),
        duration_ms: 10,
    }
}
