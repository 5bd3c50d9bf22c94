//! Folds the log into the file, on a thread and a connection of its own, so that no commit pays for it.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::Shared;
use super::fault::Fault;

/// Pages in the log that are worth an fsync of the file; folding them blocks nobody.
const FOLD_PAGES: usize = 1000;
/// Pages in the log (64 MiB) from which the writer is held back for the rest of a fold: under a load that never pauses the log
/// is not folded to its end otherwise, and only then it begins anew.
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

    /// So many pages are in the file: nothing to do before there are more, or the log began anew.
    fn folded(&self, done: usize) {
        let mut beat = self.lock();
        let again = beat.pages >= done;
        beat.wake_at = if again { done + FOLD_PAGES } else { FOLD_PAGES };
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

impl Checkpointer {
    pub(super) fn run(self) {
        let (mut commits, mut tidied) = (0, 0);
        self.shared.pulse.folded(0);
        loop {
            let beat = self.shared.pulse.wait();
            let idle = beat.commits == commits;
            commits = beat.commits;
            let folded = if beat.closed {
                return;
            } else if beat.pages >= beat.wake_at {
                self.fold(beat.pages)
            } else if idle && commits != tidied && self.log_bytes() > IDLE_LOG_BYTES {
                tidied = commits;
                self.hold_and_fold("TRUNCATE")
            } else {
                continue;
            };
            let done = folded.unwrap_or_else(|error| self.failed(&error, beat.pages));
            self.shared.pulse.folded(done);
        }
    }

    fn fold(&self, pages: usize) -> rusqlite::Result<usize> {
        // Folds came one after another on the way there: what is left is what was written during the last one.
        if pages >= RESTART_PAGES { self.hold_and_fold("RESTART") } else { self.checkpoint("PASSIVE") }
    }

    /// With the writer held back.
    fn hold_and_fold(&self, mode: &str) -> rusqlite::Result<usize> {
        let _gate = self.shared.gate();
        let done = self.checkpoint(mode)?;
        if done == 0 {
            // Cut off: without this the pages of the last commit would be folded again and again.
            self.shared.pulse.pages(0);
        }
        Ok(done)
    }

    /// How many pages of the log are in the file now.
    fn checkpoint(&self, mode: &str) -> rusqlite::Result<usize> {
        // Minus one where there is no log yet.
        let done = |row: &rusqlite::Row<'_>| row.get::<_, i64>(2);
        let done = self.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], done)?;
        Ok(usize::try_from(done).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connect;
    use crate::sqlite::folder::Folder;

    struct Rig {
        writer: Connection,
        checkpointer: Checkpointer,
        _folder: Folder,
        _temp: tempfile::TempDir,
    }

    fn rig() -> Rig {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::take(temp.path()).unwrap();
        let (shared, file, log) = (Shared::new(), folder.file.clone(), folder.log.clone());
        let mut writer = connect::writer(Some(&file)).unwrap();
        let hook = shared.clone();
        let pages = move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            hook.pulse.pages(pages as usize);
            Ok(())
        };
        writer.wal_hook(Some(pages)).unwrap();
        let conn = connect::checkpointer(&file).unwrap();
        Rig { writer, checkpointer: Checkpointer { conn, shared, file, log }, _folder: folder, _temp: temp }
    }

    impl Rig {
        /// A commit of some pages; how many the log has after it.
        fn write(&self) -> usize {
            let blob = "INSERT INTO inbox (org, run, kind, at, body) VALUES (1, 1, 'x', 0, zeroblob(100000))";
            self.writer.execute(blob, []).unwrap();
            self.checkpointer.shared.pulse.lock().pages
        }
    }

    #[test]
    fn a_folded_log_begins_anew() {
        let rig = rig();
        rig.write();
        let pages = rig.write();
        assert_eq!(rig.checkpointer.fold(pages), Ok(pages));
        assert!(rig.write() < pages);
        let folded = rig.checkpointer.hold_and_fold("TRUNCATE").unwrap();
        assert_eq!(rig.checkpointer.log_bytes(), 0);
        rig.checkpointer.shared.pulse.folded(folded);
        let beat = *rig.checkpointer.shared.pulse.lock();
        assert!(beat.pages < beat.wake_at, "nothing is left to fold");
    }

    #[test]
    fn a_reader_in_the_way_is_not_waited_for_long() {
        let rig = rig();
        rig.write();
        let reader = connect::reader(&rig.checkpointer.file).unwrap();
        let count = |conn: &Connection| -> i64 {
            conn.query_row("SELECT count(*) FROM inbox", [], |row| row.get(0)).unwrap()
        };
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(count(&reader), 1);
        let pages = rig.write();
        assert!(rig.checkpointer.fold(RESTART_PAGES).unwrap() < pages);
        assert_eq!(count(&reader), 1);
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!(rig.checkpointer.fold(RESTART_PAGES), Ok(pages));
        assert!(rig.write() < pages);
    }

    #[test]
    fn the_thread_wakes_when_there_is_enough_to_fold() {
        let pulse = Pulse::default();
        let wakes = || {
            let beat = pulse.lock();
            beat.pages >= beat.wake_at
        };
        pulse.folded(0);
        pulse.pages(FOLD_PAGES - 1);
        assert!(!wakes());
        pulse.pages(FOLD_PAGES);
        assert!(wakes());
        pulse.folded(FOLD_PAGES);
        pulse.pages(2 * FOLD_PAGES - 1);
        assert!(!wakes());
        // The log began anew.
        pulse.pages(3);
        assert!(!wakes());
        pulse.pages(FOLD_PAGES);
        assert!(wakes());
        // It began anew while it was folded.
        pulse.folded(2 * FOLD_PAGES);
        assert!(wakes());
    }
}
