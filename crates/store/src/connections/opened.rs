//! Connections that are open in memory, so that a call need not ask the database for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::OpenConnection;

/// Connections that are kept open, over all orgs; beyond that all are let go, and opened anew as they are used.
const KEPT_MAX: usize = 4096;
/// Seconds between two writes of one connection's last use.
const TOUCH_SECONDS: i64 = 60;

/// By org and id. An entry goes with the commit that changes its connection: one process has the database.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    orgs: HashMap<i64, HashMap<String, Arc<OpenConnection>>>,
    count: usize,
    /// Counts what was forgotten.
    generation: u64,
    /// When the last use was last written.
    touched: HashMap<i64, HashMap<String, i64>>,
    touches: usize,
}

/// A connection that a write is about to change.
#[derive(Clone, Debug)]
pub(crate) struct Forget {
    opened: Arc<Opened>,
    org: i64,
    id: String,
}

impl Opened {
    /// The connection, or the number that `keep` wants to see again.
    pub(super) fn get(&self, org: i64, id: &str) -> Result<Arc<OpenConnection>, u64> {
        let kept = self.lock();
        kept.orgs.get(&org).and_then(|of| of.get(id)).cloned().ok_or(kept.generation)
    }

    /// Keeps what was read since `generation`, unless something was changed meanwhile: it could have been this.
    pub(super) fn keep(&self, org: i64, open: &Arc<OpenConnection>, generation: u64) {
        let mut kept = self.lock();
        if kept.generation != generation {
            return;
        }
        if kept.count >= KEPT_MAX {
            kept.orgs.clear();
            kept.count = 0;
        }
        if kept.orgs.entry(org).or_default().insert(open.id.clone(), open.clone()).is_none() {
            kept.count += 1;
        }
    }

    pub(super) fn forget(self: &Arc<Self>, org: i64, id: &str) -> Forget {
        Forget { opened: self.clone(), org, id: id.to_owned() }
    }

    /// Whether the last use is to be written: it was not for a while.
    pub(super) fn touch(&self, org: i64, id: &str, now: Timestamp) -> bool {
        let (mut kept, now) = (self.lock(), now.as_second());
        let last = kept.touched.get_mut(&org).and_then(|of| of.get_mut(id));
        match last {
            // Where the clock was set back, too.
            Some(last) if (*last..*last + TOUCH_SECONDS).contains(&now) => return false,
            Some(last) => *last = now,
            None => {
                if kept.touches >= KEPT_MAX {
                    kept.touched.clear();
                    kept.touches = 0;
                }
                kept.touched.entry(org).or_default().insert(id.to_owned(), now);
                kept.touches += 1;
            }
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Forget {
    pub(crate) fn now(&self) {
        let mut kept = self.opened.lock();
        kept.generation += 1;
        if kept.orgs.get_mut(&self.org).is_some_and(|of| of.remove(&self.id).is_some()) {
            kept.count -= 1;
        }
        if kept.touched.get_mut(&self.org).is_some_and(|of| of.remove(&self.id).is_some()) {
            kept.touches -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(id: &str) -> Arc<OpenConnection> {
        Arc::new(OpenConnection {
            id: id.to_owned(),
            name: String::new(),
            integration: None,
            document: String::new(),
            allowed_hosts: Vec::new(),
            disabled: false,
            expires_at: None,
            revision: 1,
            token_expires_at: None,
            created_at: Timestamp::UNIX_EPOCH,
            secrets: Default::default(),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let opened = Arc::new(Opened::default());
        let generation = opened.get(1, "a").unwrap_err();
        opened.forget(1, "a").now();
        opened.keep(1, &open("a"), generation);
        let generation = opened.get(1, "a").unwrap_err();
        opened.keep(1, &open("a"), generation);
        assert_eq!(opened.get(1, "a").unwrap().id, "a");
        assert!(opened.get(2, "a").is_err() && opened.get(1, "b").is_err());
        opened.forget(2, "a").now();
        assert!(opened.get(1, "a").is_ok());
        opened.forget(1, "a").now();
        assert!(opened.get(1, "a").is_err());
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let opened = Opened::default();
        for number in 0..=KEPT_MAX {
            let open = open(&number.to_string());
            let generation = opened.get(1, &open.id).unwrap_err();
            opened.keep(1, &open, generation);
            assert!(opened.touch(1, &open.id, Timestamp::UNIX_EPOCH));
        }
        let kept = opened.lock();
        assert_eq!((kept.count, kept.orgs[&1].len()), (1, 1));
        assert_eq!((kept.touches, kept.touched[&1].len()), (1, 1));
    }

    #[test]
    fn one_use_a_minute_is_written() {
        let opened = Opened::default();
        let touch = |second| opened.touch(1, "a", Timestamp::from_second(second).unwrap());
        assert_eq!(
            [100, 100, 159, 160, 161, 99, 100].map(touch),
            [true, false, false, true, false, true, false]
        );
        assert!(opened.touch(2, "a", Timestamp::from_second(100).unwrap()));
    }
}
