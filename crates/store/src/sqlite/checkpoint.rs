//! Folds the log into the file, on a thread and a connection of its own, so that no commit pays for it.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::Shared;
use super::fault::Fault;

/// Pages in the log that are worth an fsync of the file; folding them blocks nobody.
const FOLD_PAGES: usize = 1000;
/// Pages in the log (half a gigabyte) from which the writer is held back, for as long as the rest of one fold takes: under
/// steady load the log is never folded to its end otherwise, and only then it begins anew.
const RESTART_PAGES: usize = 16 * 1024;
/// Bytes of log that may stay on the disk when nothing happens.
const IDLE_LOG_BYTES: u64 = 16 * 1024 * 1024;
/// How long without a commit counts as nothing happening.
const IDLE: Duration = Duration::from_secs(2);

/// Tells the folding thread how long the log is.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    beat: Mutex<Beat>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct Beat {
    /// Pages in the log after the last commit.
    pages: usize,
    /// Pages from which it should be folded again.
    wake_at: usize,
    commits: u64,
    closed: bool,
}

impl Pulse {
    /// The log has so many pages now; fewer than before, where it began anew.
    pub(super) fn pages(&self, pages: usize) {
        let mut beat = self.lock();
        if pages < beat.pages {
            beat.wake_at = FOLD_PAGES;
        }
        beat.pages = pages;
    }

    /// A commit is done.
    pub(super) fn beat(&self) {
        let mut beat = self.lock();
        beat.commits += 1;
        if beat.pages >= beat.wake_at {
            self.changed.notify_one();
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Not before the log has so many pages, or began anew.
    fn wake_at(&self, pages: usize) {
        self.lock().wake_at = pages;
    }

    /// Until the log is to be folded or nothing was committed for a while.
    fn wait(&self) -> Beat {
        let beat = self.lock();
        let waited =
            self.changed.wait_timeout_while(beat, IDLE, |beat| !beat.closed && beat.pages < beat.wake_at);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Checkpointer {
    pub(super) conn: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) file: PathBuf,
    pub(super) log: PathBuf,
}

/// What a fold found: pages in the log, and how many of them are in the file now.
struct Folded {
    pages: usize,
    done: usize,
}

impl Checkpointer {
    pub(super) fn run(self) {
        let mut commits = 0;
        self.shared.pulse.wake_at(FOLD_PAGES);
        loop {
            let beat = self.shared.pulse.wait();
            let idle = beat.commits == commits;
            commits = beat.commits;
            let folded = if beat.closed {
                return;
            } else if beat.pages >= beat.wake_at {
                self.fold(beat.pages)
            } else if idle && self.log_bytes() > IDLE_LOG_BYTES {
                self.hold_and_fold("TRUNCATE")
            } else {
                continue;
            };
            let done = folded.map_or_else(|error| self.failed(&error, beat.pages), |folded| folded.done);
            self.shared.pulse.wake_at(done + FOLD_PAGES);
        }
    }

    fn fold(&self, pages: usize) -> rusqlite::Result<Folded> {
        let folded = self.checkpoint("PASSIVE")?;
        if pages >= RESTART_PAGES && folded.done < folded.pages {
            return self.hold_and_fold("RESTART");
        }
        Ok(folded)
    }

    /// With the writer held back.
    fn hold_and_fold(&self, mode: &str) -> rusqlite::Result<Folded> {
        let _gate = self.shared.gate();
        self.checkpoint(mode)
    }

    fn checkpoint(&self, mode: &str) -> rusqlite::Result<Folded> {
        self.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            // -1 where there is no log yet.
            let count = |column| row.get::<_, i64>(column).map(|n| usize::try_from(n).unwrap_or_default());
            Ok(Folded { pages: count(1)?, done: count(2)? })
        })
    }

    /// Tries again when the log has grown as much once more.
    fn failed(&self, error: &rusqlite::Error, pages: usize) -> usize {
        match Fault::of(error) {
            fault @ Fault::Lost(_) => self.shared.end_process(fault, Some(&self.file)),
            _ => tracing::warn!(%error, "the log cannot be folded into the database; it grows until it can"),
        }
        pages
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |log| log.len())
    }
}
