//! The one thread that writes: everything queued goes into one transaction, and is answered when that is durable.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Shared;
use super::fault::Fault;
use super::folder::Folder;
use super::job::{Close, Job};
use super::relay::tell_all;
use super::write::Pen;
use crate::StoreError;

/// Jobs in one transaction: beyond some hundreds the share of the fsync in each is small, and the first ones wait for the last.
const BATCH_JOBS: usize = 512;
/// Bytes in one transaction, about: what a plain disk takes in some ten milliseconds.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How long to wait before writing is tried again while it fails: soon enough for who waits, and no load.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Dropped in this order: the lock goes after the connection.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) boot_epoch: i64,
    pub(super) lease: i64,
    /// None in memory: nothing there outlives the process, so nothing can be lost by going on.
    pub(super) folder: Option<Folder>,
    /// Records that wait until writing is possible again, in order, before all that is queued.
    pub(super) held: VecDeque<Job>,
    pub(super) blocked: Option<Instant>,
}

impl Writer {
    /// Until the queue is closed and empty; then closes the file, gives the lock back, and says so.
    pub(super) fn run(mut self) {
        let done = self.serve();
        drop(self);
        if let Some(done) = done {
            // Who closed may have gone away.
            let _ = done.send(());
        }
    }

    fn serve(&mut self) -> Option<oneshot::Sender<()>> {
        loop {
            let wait = self.blocked.map(|until| until.saturating_duration_since(Instant::now()));
            let batch = self.shared.queue.take(wait, room());
            let Some(mut batch) = batch else { break };
            let close = match batch.pop() {
                Some(Job::Close(close)) => Some(close),
                last => {
                    batch.extend(last);
                    None
                }
            };
            self.work(batch);
            if let Some(close) = close {
                return Some(self.close(close));
            }
        }
        self.leave();
        None
    }

    fn work(&mut self, batch: Vec<Job>) {
        match self.blocked {
            None => self.commit(batch),
            Some(until) => {
                self.put_off(batch);
                if Instant::now() >= until {
                    self.try_again();
                }
            }
        }
    }

    /// Does all in one transaction, or, where that fails, each in one of its own.
    fn commit(&mut self, mut batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        match self.transact(&mut batch) {
            Ok(()) => tell_all(batch),
            Err(Fault::Refused(error)) if batch.len() == 1 => {
                tracing::warn!(%error, "the store refuses a write");
                batch.into_iter().for_each(|job| job.settle(Err(error.clone())));
            }
            Err(Fault::Refused(_)) => {
                let mut rest = VecDeque::from(batch);
                while self.blocked.is_none()
                    && let Some(job) = rest.pop_front()
                {
                    self.commit(vec![job]);
                }
                self.put_off(rest);
            }
            Err(fault) => {
                self.block(fault);
                self.put_off(batch);
            }
        }
    }

    fn transact(&mut self, batch: &mut [Job]) -> Result<(), Fault> {
        // Held back while the log is folded in for good; else SQLite would have this thread sleep and look again.
        let shared = self.shared.clone();
        let gate = shared.gate();
        let done = self.perform(batch);
        if done.is_err() && !self.conn.is_autocommit() {
            // Where this fails too the transaction is gone already.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        drop(gate);
        done?;
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.shared.pulse.beat();
        Ok(())
    }

    fn perform(&mut self, batch: &mut [Job]) -> Result<(), Fault> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut pen = Pen { conn: &self.conn, boot_epoch: self.boot_epoch, lease: &mut self.lease };
        for job in batch {
            job.perform(&mut pen)?;
        }
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Notes that nothing can be written, or ends the process where it may already have lost something.
    fn block(&mut self, fault: Fault) {
        let file = self.folder.as_ref().map(|folder| folder.file.as_path());
        if matches!(fault, Fault::Lost(_)) && file.is_some() {
            self.shared.end_process(fault, file);
        }
        let StoreError::Unavailable(why) = fault.into_error(None) else { return };
        if self.shared.blocked().as_ref() != Some(&why) {
            let file = file.map(|file| file.display().to_string());
            tracing::error!(why, file, "the store cannot be written; records wait, all else is refused");
        }
        self.shared.set_blocked(Some(why));
        self.blocked = Some(Instant::now() + TRY_AGAIN);
    }

    /// Keeps what was promised for later, and refuses the rest.
    fn put_off(&mut self, jobs: impl IntoIterator<Item = Job>) {
        let Some(why) = self.shared.blocked() else { return };
        let (waiting, refused): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(Job::waits);
        self.held.extend(waiting);
        // Before the answers: who is refused may look at once.
        self.shared.held.store(self.held.len(), Ordering::Relaxed);
        for job in refused {
            job.settle(Err(StoreError::Unavailable(why.clone())));
        }
    }

    /// Writes what waits, and where nothing does, something that changes nothing.
    fn try_again(&mut self) {
        let probe = self.held.is_empty().then(|| self.probe());
        if let Some(Err(fault)) = probe {
            return self.block(fault);
        }
        while !self.held.is_empty() {
            let fits = self.held.iter().map_while({
                let mut room = room();
                move |job| room(job).then_some(())
            });
            let fitting = fits.count().max(1);
            let behind = self.held.split_off(fitting);
            let head = std::mem::take(&mut self.held);
            self.blocked = None;
            self.commit(head.into());
            self.held.extend(behind);
            self.shared.held.store(self.held.len(), Ordering::Relaxed);
            if self.blocked.is_some() {
                return;
            }
        }
        self.blocked = None;
        self.shared.set_blocked(None);
        tracing::info!("the store can be written again");
    }

    fn probe(&mut self) -> Result<(), Fault> {
        let _gate = self.shared.gate();
        self.conn.prepare_cached("UPDATE boot SET number = number")?.execute([])?;
        Ok(())
    }

    /// Last attempt for what waits; what cannot be written is told so.
    fn leave(&mut self) {
        if !self.held.is_empty() {
            self.try_again();
        }
        let why = self.shared.blocked().unwrap_or_default();
        for job in self.held.drain(..) {
            job.settle(Err(StoreError::Unavailable(why.clone())));
        }
        self.shared.held.store(0, Ordering::Relaxed);
    }

    fn close(&mut self, close: Close) -> oneshot::Sender<()> {
        self.leave();
        self.shared.end_others();
        for thread in close.others {
            // One that panicked has said so already.
            let _ = thread.join();
        }
        let folded = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = folded {
            tracing::warn!(%error, "the log stays beside the database; the next start reads it");
        }
        close.done
    }
}

impl Drop for Writer {
    /// Also where this thread panics: nobody waits for an answer that cannot come.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared
                .set_blocked(Some("the thread that writes has failed; start the process anew".to_owned()));
        }
        self.shared.end_queue();
    }
}

/// Whether one more job goes into the same transaction.
fn room() -> impl FnMut(&Job) -> bool {
    let (mut jobs, mut bytes) = (0, 0);
    move |job| {
        jobs += 1;
        bytes += job.bytes();
        jobs <= BATCH_JOBS && bytes <= BATCH_BYTES
    }
}

#[cfg(test)]
mod tests {
    use callout_flow::id::RunId;
    use jiff::Timestamp;

    use super::super::{LEASE_BITS, connect, job::Asked};
    use super::*;
    use crate::backend::{ToAccept, ToRecord};
    use crate::border::run_bytes;
    use crate::runs::{Accepted, Begin, Part, Record, Recorded, Stand};

    type Answer<A> = oneshot::Receiver<Result<A, StoreError>>;

    fn writer() -> Writer {
        let mut conn = connect::writer(None).unwrap();
        let boot_epoch = connect::boot(&mut conn, None).unwrap() << LEASE_BITS;
        Writer {
            conn,
            shared: Shared::new(),
            boot_epoch,
            lease: boot_epoch,
            folder: None,
            held: VecDeque::new(),
            blocked: None,
        }
    }

    fn run() -> RunId {
        RunId::new("run_0198c0ffee00700080000000000000ab")
    }

    fn begin() -> Begin {
        Begin {
            flow: 1,
            version: 1,
            started_at: Timestamp::UNIX_EPOCH,
            contact: None,
            event: None,
            head: Vec::new(),
        }
    }

    fn accept() -> (Job, Answer<Accepted>) {
        let runs = vec![(run_bytes(&run()).unwrap(), begin())];
        let (asked, answer) = Asked::new(ToAccept { org: 1, runs, leased: 1, key: None, now: 0 });
        (Job::Accept(asked), answer)
    }

    fn record(seq: u32, epoch: i64, begin: Option<Begin>) -> (Job, Answer<Recorded>) {
        let part = Part { steps: vec![b'x'; 100_000], ..Part::default() };
        let stand = Stand::Going { state: Vec::new() };
        let record = Record { run: run(), epoch, seq, begin, part, stand, inbox_up_to: None };
        let id = run_bytes(&run()).unwrap();
        let (asked, answer) = Asked::new(ToRecord { org: 1, id, record, tallies: None });
        (Job::Record(asked), answer)
    }

    /// No page more than there is: what SQLite says then is what it says of a full disk.
    fn fill(writer: &Writer, full: bool) {
        let pages = if full { 1 } else { 1_000_000 };
        writer.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    }

    #[test]
    fn what_was_promised_waits_and_the_rest_is_refused() {
        let mut writer = writer();
        let (job, mut answer) = accept();
        writer.work(vec![job]);
        let Ok(Ok(Accepted::New { epochs })) = answer.try_recv() else { panic!("not accepted") };
        fill(&writer, true);
        let (first, mut first_answer) = record(1, epochs[0], None);
        let (second, mut second_answer) = record(2, epochs[0], None);
        let (begun, mut begun_answer) = record(1, 0, Some(begin()));
        writer.work(vec![first, begun, second]);
        assert!(matches!(begun_answer.try_recv(), Ok(Err(StoreError::Unavailable(_)))));
        assert!(first_answer.try_recv().is_err() && second_answer.try_recv().is_err());
        assert_eq!(writer.shared.held.load(Ordering::Relaxed), 2);
        assert!(writer.shared.blocked().unwrap().contains("full"));
        // Not before its time, and in vain while nothing has changed.
        fill(&writer, false);
        writer.work(Vec::new());
        assert!(writer.blocked.is_some());
        fill(&writer, true);
        writer.blocked = Some(Instant::now());
        writer.work(Vec::new());
        assert_eq!(writer.held.len(), 2);
        fill(&writer, false);
        writer.blocked = Some(Instant::now());
        writer.work(Vec::new());
        assert_eq!(first_answer.try_recv(), Ok(Ok(Recorded::Taken)));
        assert_eq!(second_answer.try_recv(), Ok(Ok(Recorded::Taken)));
        assert!(writer.blocked.is_none() && writer.shared.blocked().is_none());
    }

    #[test]
    fn with_nothing_to_write_the_store_finds_out_that_it_can() {
        let mut writer = writer();
        fill(&writer, true);
        let (begun, mut answer) = record(1, 0, Some(begin()));
        writer.work(vec![begun]);
        assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Unavailable(_)))));
        fill(&writer, false);
        writer.blocked = Some(Instant::now());
        writer.work(Vec::new());
        assert!(writer.blocked.is_none() && writer.shared.blocked().is_none());
    }

    #[test]
    fn what_waits_when_the_store_ends_is_told_so() {
        let mut writer = writer();
        let (job, mut answer) = accept();
        writer.work(vec![job]);
        let Ok(Ok(Accepted::New { epochs })) = answer.try_recv() else { panic!("not accepted") };
        fill(&writer, true);
        let (held, mut answer) = record(1, epochs[0], None);
        writer.work(vec![held]);
        writer.leave();
        assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Unavailable(_)))));
    }

    #[test]
    fn one_that_fails_does_not_fail_its_neighbours() {
        let mut writer = writer();
        let bad = || {
            let statement =
                crate::value::Statement::any("INSERT INTO org (id, name) VALUES (1, 'x')", Vec::new());
            Asked::new(vec![statement].into())
        };
        let (good, mut good_answer) = accept();
        let (first, mut first_answer) = bad();
        let (second, mut second_answer) = bad();
        writer.work(vec![Job::Apply(first), good, Job::Apply(second)]);
        assert!(matches!(good_answer.try_recv(), Ok(Ok(Accepted::New { .. }))));
        for answer in [&mut first_answer, &mut second_answer] {
            assert!(matches!(answer.try_recv(), Ok(Err(StoreError::Conflict(_)))));
        }
        assert_eq!(writer.shared.commits.load(Ordering::Relaxed), 1);
    }
}
