//! A queue between threads: first in, first out, taken in batches.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Queue<T> {
    line: Mutex<Line<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct Line<T> {
    items: VecDeque<T>,
    /// Takers asleep: waking nobody would still be a system call.
    waiting: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let line = Line { items: VecDeque::new(), waiting: 0, closed: false };
        Self { line: Mutex::new(line), filled: Condvar::new() }
    }

    /// Gives the item back where the queue is closed.
    pub(super) fn push(&self, item: T) -> Result<(), T> {
        self.append(item, false)
    }

    /// The last item: the queue is closed behind it.
    pub(super) fn push_last(&self, item: T) -> Result<(), T> {
        self.append(item, true)
    }

    fn append(&self, item: T, last: bool) -> Result<(), T> {
        let mut line = self.lock();
        if line.closed {
            return Err(item);
        }
        line.items.push_back(item);
        line.closed = last;
        let wake = line.waiting > 0;
        drop(line);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes no more items; what is in it is still handed out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// The next item and those behind it for as long as `fits` says so. Waits for the first, so long at most; none where the queue
    /// is closed and empty.
    pub(super) fn take(&self, wait: Option<Duration>, mut fits: impl FnMut(&T) -> bool) -> Option<Vec<T>> {
        let mut line = self.lock();
        if line.items.is_empty() && !line.closed {
            line.waiting += 1;
            line = match wait {
                None => self.filled.wait_while(line, Line::idle).unwrap_or_else(PoisonError::into_inner),
                Some(wait) => {
                    let waited = self.filled.wait_timeout_while(line, wait, Line::idle);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            line.waiting -= 1;
        }
        if !line.closed {
            // Who has just asked, or was just answered, is likely one of many: where they share this core they come to it first,
            // and more go into one batch.
            drop(line);
            std::thread::yield_now();
            line = self.lock();
        }
        if line.items.is_empty() && line.closed {
            return None;
        }
        let mut taken = Vec::new();
        while let Some(next) = line.items.front() {
            if !fits(next) && !taken.is_empty() {
                break;
            }
            taken.extend(line.items.pop_front());
        }
        Some(taken)
    }

    fn lock(&self) -> MutexGuard<'_, Line<T>> {
        // Held for moves of items only: nothing in it can be half done.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Line<T> {
    fn idle(&mut self) -> bool {
        self.items.is_empty() && !self.closed
    }
}
