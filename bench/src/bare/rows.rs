//! One durable row per run: a writer thread that commits in groups, and a thread that checkpoints behind it.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Rows in one commit: beyond some dozens a larger group saves nothing and only delays its first.
const GROUP_MAX: usize = 256;
/// Bytes of records between two checkpoints: often enough to keep the log small, seldom enough to write a page once.
const CHECKPOINT_EVERY: usize = 8 << 20;
/// Pages of log (64 MiB) at which the writer itself copies what is left, since a busy log never ends by itself.
const LOG_PAGES_MAX: i64 = 16 << 10;
/// How long one connection waits for the other's lock.
const BUSY: Duration = Duration::from_secs(10);

/// What is stated of the row and its durability beside every figure.
pub const DURABILITY: &str = "SQLite (bundled), WAL, synchronous=FULL, one writer thread, group commit, answered after the commit, \
     checkpoints on their own thread and connection";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS run (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, due INTEGER, record BLOB NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS run_id ON run (id);
    CREATE INDEX IF NOT EXISTS run_due ON run (due);";

/// A row on its way to the disk, and back: what one thread has allocated is cheapest to free there.
struct Pending {
    id: [u8; 16],
    due: i64,
    record: Vec<u8>,
    done: oneshot::Sender<()>,
}

/// The door to the writer thread.
#[derive(Debug)]
pub struct Rows {
    queue: mpsc::Sender<Pending>,
    /// Groups that are on disk, until the first insert starts a task that receives them.
    written: RefCell<Option<UnboundedReceiver<Vec<Pending>>>>,
    ordinal: Cell<u64>,
}

impl Rows {
    /// Opens the database in `folder` and starts its two threads, which live as long as the process.
    pub fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("bare.db");
        let writer = connect(&file)?;
        let log_is_long = Arc::new(AtomicBool::new(false));
        writer.execute_batch(SCHEMA)?;
        let checkpointer = connect(&file)?;
        let (queue, pending) = mpsc::channel();
        let (grown, growth) = mpsc::channel();
        let (done, written) = unbounded_channel();
        let shorten = Arc::clone(&log_is_long);
        std::thread::Builder::new().name("writer".into()).spawn(move || {
            end_process_on_error(write(&writer, &pending, &done, &grown, &shorten));
        })?;
        std::thread::Builder::new().name("checkpoint".into()).spawn(move || {
            end_process_on_error(checkpoint(&checkpointer, &growth, &log_is_long));
        })?;
        Ok(Self { queue, written: RefCell::new(Some(written)), ordinal: Cell::new(0) })
    }

    /// An id that rises with time, as the milliseconds and a count.
    pub fn next_id(&self) -> (u64, [u8; 16]) {
        let millis = now_millis();
        self.ordinal.set(self.ordinal.get() + 1);
        let mut id = [0; 16];
        id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        id[8..].copy_from_slice(&self.ordinal.get().to_be_bytes());
        (millis, id)
    }

    /// Returns when the row is on disk.
    pub async fn insert(&self, id: [u8; 16], due: i64, record: Vec<u8>) -> Result<()> {
        if let Some(written) = self.written.take() {
            tokio::task::spawn_local(answer(written));
        }
        let (done, wait) = oneshot::channel();
        self.queue.send(Pending { id, due, record, done }).ok().context("the writer has ended")?;
        wait.await.context("the writer has ended")
    }
}

/// Wakes those whose rows are on disk: one wake-up across threads for a whole group, the rest on this one.
async fn answer(mut written: UnboundedReceiver<Vec<Pending>>) {
    while let Some(group) = written.recv().await {
        for row in group {
            // A caller that has gone does not unmake the row.
            let _ = row.done.send(());
        }
    }
}

/// Milliseconds since 1970.
pub fn now_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// After a failed write nothing that is answered would be true.
fn end_process_on_error(result: Result<()>) {
    if let Err(error) = result {
        eprintln!("the database failed: {error:#}");
        std::process::exit(1);
    }
}

fn connect(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

fn write(
    connection: &Connection,
    pending: &mpsc::Receiver<Pending>,
    written: &UnboundedSender<Vec<Pending>>,
    grown: &mpsc::Sender<()>,
    log_is_long: &AtomicBool,
) -> Result<()> {
    let mut insert = connection.prepare("INSERT INTO run (id, due, record) VALUES (?1, ?2, ?3)")?;
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let mut commit = connection.prepare("COMMIT")?;
    let mut since_checkpoint = 0;
    while let Ok(first) = pending.recv() {
        // One more turn for those who have a row nearly ready: a group of few costs a sync as one of many does.
        std::thread::yield_now();
        begin.execute([])?;
        let mut group = Vec::with_capacity(GROUP_MAX);
        let mut next = Some(first);
        while let Some(row) = next {
            insert.execute(params![&row.id[..], row.due, row.record])?;
            since_checkpoint += row.record.len();
            group.push(row);
            next = if group.len() < GROUP_MAX { pending.try_recv().ok() } else { None };
        }
        commit.execute([])?;
        written.send(group).ok().context("the server has ended")?;
        if since_checkpoint >= CHECKPOINT_EVERY {
            since_checkpoint = 0;
            grown.send(()).ok().context("the checkpoints have ended")?;
        }
        if log_is_long.swap(false, Ordering::Relaxed) {
            // Little is left, for the other thread has just copied the most; then the log begins anew.
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
    }
    Ok(())
}

fn checkpoint(connection: &Connection, growth: &mpsc::Receiver<()>, log_is_long: &AtomicBool) -> Result<()> {
    while growth.recv().is_ok() {
        // What has grown meanwhile is one checkpoint's work.
        while growth.try_recv().is_ok() {}
        let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
        log_is_long.store(pages > LOG_PAGES_MAX, Ordering::Relaxed);
    }
    Ok(())
}
