//! The embedded database: one thread that writes, some that read, one that folds the log into the file.

mod checkpoint;
mod connect;
mod fault;
mod folder;
mod job;
mod queue;
mod relay;
mod search;
mod write;
mod writer;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use self::checkpoint::{Checkpointer, Pulse};
use self::fault::Fault;
use self::folder::Folder;
use self::job::{Asked, Close, Job};
use self::queue::Queue;
use self::writer::Writer;
use crate::backend::{Question, ToAccept, ToApply, ToClaim, ToRecord};
use crate::runs::{Accepted, Claimed, Receipt};
use crate::seal::Keyring;
use crate::value::{Applied, Row};
use crate::{Health, StoreError, StoreOptions};

/// Bits of a lease's number below the boot's: so many leases are given before numbers could meet those of the next boot.
const LEASE_BITS: u32 = 40;

/// `EX_IOERR` of sysexits.h.
const EXIT_LOST: i32 = 74;

/// Names and numbers.
type Orgs = Vec<(String, i64)>;
type Read = Asked<Question, Vec<Row>>;

/// Ends its threads with its last use; what is queued is written before.
#[derive(Debug)]
pub(crate) struct Sqlite {
    shared: Arc<Shared>,
    boot_epoch: i64,
    file: Option<(PathBuf, PathBuf)>,
    writer: Mutex<Option<JoinHandle<()>>>,
    others: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    queue: Queue<Job>,
    reads: Queue<Read>,
    pulse: Pulse,
    /// Held while a transaction is open, and while the log is folded in such a way that none may be.
    gate: Mutex<()>,
    /// Held by whoever is next at the gate: the writer would else take it again before a waiting thread wakes.
    next: Mutex<()>,
    blocked: Mutex<Option<String>>,
    held: AtomicUsize,
    commits: AtomicU64,
    writes: AtomicU64,
    asked: AtomicU64,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: Queue::new(),
            reads: Queue::new(),
            pulse: Pulse::default(),
            gate: Mutex::new(()),
            next: Mutex::new(()),
            blocked: Mutex::new(None),
            held: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            asked: AtomicU64::new(0),
        })
    }

    fn gate(&self) -> MutexGuard<'_, ()> {
        let _next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blocked(&self) -> Option<String> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_blocked(&self, why: Option<String>) {
        *self.blocked.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Whoever still waits is told that the store is closed.
    fn end_queue(&self) {
        self.queue.close();
        while self.queue.take(None, |_| true).is_some() {}
    }

    fn end_others(&self) {
        self.reads.close();
        self.pulse.close();
    }

    /// After a failed fsync nobody knows what the disk has; what is said from here on could be wrong.
    fn end_process(&self, fault: Fault, file: Option<&Path>) -> ! {
        let error = fault.into_error(file);
        tracing::error!(%error, "what was written may be lost: the process ends, and the next one reads what the disk has");
        std::process::exit(EXIT_LOST);
    }
}

impl Sqlite {
    /// In a folder, for this process only, if `keyring` has its master key. Says the orgs there are.
    pub(crate) fn open(
        options: &StoreOptions,
        keyring: &Keyring,
        now: i64,
    ) -> Result<(Self, Orgs), StoreError> {
        let folder = Folder::take(&options.folder)?;
        let file = folder.file.clone();
        let log = folder.log.clone();
        let conn = connect::writer(Some(&file))?;
        if let Some(first) = keyring.check()? {
            let told = |error: rusqlite::Error| Fault::from(error).into_error(Some(&file));
            let (check, masters) = connect::sealed_by(&conn, first).map_err(told)?;
            keyring.given().map_or(Ok(()), |keys| keys.admit(&check, &masters))?;
            connect::data_keys(&conn, keyring, now).map_err(|fault| fault.into_error(Some(&file)))?;
        }
        let mut others: Vec<(String, Box<dyn FnOnce() + Send>)> = Vec::new();
        let shared = Shared::new();
        for number in 0..options.readers.max(1) {
            let conn = connect::reader(&file)?;
            let shared = shared.clone();
            others.push((format!("store-reader-{number}"), Box::new(move || read(&conn, &shared))));
        }
        let checkpointer = Checkpointer {
            conn: connect::checkpointer(&file)?,
            shared: shared.clone(),
            file: file.clone(),
            log: log.clone(),
        };
        others.push(("store-checkpoint".to_owned(), Box::new(move || checkpointer.run())));
        let (sqlite, orgs) = Self::start(shared, conn, Some(now), Some(folder), Some((file, log)))?;
        for (name, body) in others {
            let thread = spawn(&name, body)?;
            sqlite.others().push(thread);
        }
        Ok((sqlite, orgs))
    }

    /// Only to look at, also while another process has it. Nothing can be written.
    pub(crate) fn look(folder: &Path) -> Result<(Self, Orgs), StoreError> {
        let (file, log) = Folder::find(folder)?;
        let told = |error: rusqlite::Error| Fault::from(error).into_error(Some(&file));
        let conn = connect::onlooker(&file)?;
        let orgs = connect::orgs(&conn).map_err(told)?;
        let shared = Shared::new();
        shared.queue.close();
        let reads = shared.clone();
        let reader = spawn("store-reader", move || read(&conn, &reads))?;
        let (writer, others) = (Mutex::new(None), Mutex::new(vec![reader]));
        Ok((Self { shared, boot_epoch: 0, file: Some((file, log)), writer, others }, orgs))
    }

    /// Gone with the last handle. One connection does all: in memory there is nothing to wait for.
    pub(crate) fn in_memory() -> Result<(Self, Orgs), StoreError> {
        Self::start(Shared::new(), connect::writer(None)?, None, None, None)
    }

    fn start(
        shared: Arc<Shared>,
        mut conn: Connection,
        now: Option<i64>,
        folder: Option<Folder>,
        file: Option<(PathBuf, PathBuf)>,
    ) -> Result<(Self, Orgs), StoreError> {
        let path = file.as_ref().map(|(file, _)| file.as_path());
        let told = |error: rusqlite::Error| Fault::from(error).into_error(path);
        let boot_epoch = connect::boot(&mut conn, now).map_err(told)? << LEASE_BITS;
        let orgs = connect::orgs(&conn).map_err(told)?;
        let pulse = shared.clone();
        conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            pulse.pulse.pages(usize::try_from(pages).unwrap_or_default());
            Ok(())
        }))
        .map_err(told)?;
        let writer = Writer {
            conn,
            shared: shared.clone(),
            boot_epoch,
            lease: boot_epoch,
            folder,
            held: VecDeque::new(),
            blocked: None,
        };
        let thread = spawn("store-writer", move || writer.run())?;
        let (writer, others) = (Mutex::new(Some(thread)), Mutex::new(Vec::new()));
        Ok((Self { shared, boot_epoch, file, writer, others }, orgs))
    }

    pub(crate) async fn query(&self, question: Question) -> Result<Vec<Row>, StoreError> {
        self.shared.asked.fetch_add(1, Ordering::Relaxed);
        let (read, answer) = Asked::new(question);
        let pushed = match self.file {
            Some(_) => self.shared.reads.push(read).is_ok(),
            None => self.shared.queue.push(Job::Query(read)).is_ok(),
        };
        wait(pushed, answer).await
    }

    pub(crate) async fn apply(&self, apply: ToApply) -> Result<Applied, StoreError> {
        let (asked, answer) = Asked::new(apply);
        wait(self.push(Job::Apply(asked)), answer).await
    }

    /// Waits for nothing, and tells nobody.
    pub(crate) fn apply_unheard(&self, apply: ToApply) {
        self.push(Job::Apply(Asked::new(apply).0));
    }

    pub(crate) fn record(&self, record: ToRecord) -> Receipt {
        let (asked, answer) = Asked::relayed(record);
        // Where the queue is closed the sender goes with the job, and the receipt says so.
        self.push(Job::Record(asked));
        Receipt(answer)
    }

    pub(crate) async fn accept(&self, accept: ToAccept) -> Result<Accepted, StoreError> {
        let (asked, answer) = Asked::relayed(accept);
        wait(self.push(Job::Accept(asked)), answer).await
    }

    pub(crate) async fn claim(&self, claim: ToClaim) -> Result<Vec<Claimed>, StoreError> {
        let (asked, answer) = Asked::new(claim);
        wait(self.push(Job::Claim(asked)), answer).await
    }

    pub(crate) fn boot_epoch(&self) -> i64 {
        self.boot_epoch
    }

    pub(crate) fn health(&self) -> Health {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let (file_bytes, log_bytes) =
            self.file.as_ref().map_or((0, 0), |(file, log)| (bytes(file), bytes(log)));
        Health {
            unavailable: self.shared.blocked(),
            queued: self.shared.queue.len() + self.shared.held.load(Ordering::Relaxed),
            commits: self.shared.commits.load(Ordering::Relaxed),
            writes: self.shared.writes.load(Ordering::Relaxed),
            reads: self.shared.asked.load(Ordering::Relaxed),
            file_bytes,
            log_bytes,
        }
    }

    pub(crate) async fn close(&self) {
        let others = std::mem::take(&mut *self.others());
        let (done, closed) = oneshot::channel();
        if self.shared.queue.push_last(Job::Close(Close { others, done })).is_ok() {
            let _ = closed.await;
        }
    }

    fn push(&self, job: Job) -> bool {
        self.shared.queue.push(job).is_ok()
    }

    fn others(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Sqlite {
    /// Waits for the threads: the folder is free for the next one when this returns.
    fn drop(&mut self) {
        self.shared.queue.close();
        self.shared.end_others();
        let others = std::mem::take(&mut *self.others());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        for thread in others.into_iter().chain(writer) {
            // One that panicked has said so already.
            let _ = thread.join();
        }
    }
}

async fn wait<A>(pushed: bool, answer: oneshot::Receiver<Result<A, StoreError>>) -> Result<A, StoreError> {
    let closed = || StoreError::Unavailable("the store is closed".to_owned());
    if !pushed {
        return Err(closed());
    }
    answer.await.unwrap_or_else(|_| Err(closed()))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| StoreError::Unusable(format!("the store cannot start its threads: {error}")))
}

/// A reading thread, until the queue of reads is closed and empty.
fn read(conn: &Connection, shared: &Shared) {
    // One at a time: the others may have the next.
    while let Some(reads) = shared.reads.take(None, |_| false) {
        for asked in reads {
            let answer = write::read(conn, &asked.ask);
            asked.answer(answer.map_err(|error| Fault::from(error).into_error(None)));
        }
    }
}

/// The steps by which SQLite would answer, in a database without statistics, as ours always is.
#[cfg(test)]
pub(crate) fn plan(sql: &str) -> Vec<String> {
    let conn = connect::writer(None).unwrap();
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.replace('$', "?"))).unwrap();
    let count = statement.parameter_count();
    let values = rusqlite::params_from_iter((0..count).map(|_| 1));
    let steps = statement.query_map(values, |row| row.get(3)).unwrap();
    steps.collect::<rusqlite::Result<_>>().unwrap()
}

/// Those of them that look at every row of a table.
#[cfg(test)]
pub(crate) fn scans(sql: &str) -> Vec<String> {
    plan(sql).into_iter().filter(|step| step.starts_with("SCAN")).collect()
}
