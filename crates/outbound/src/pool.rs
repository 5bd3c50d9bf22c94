//! Connections kept for the next call, and the slots that bound how many there are.
//!
//! A socket belongs to one org, one connection, one policy, one TLS identity, one way out and one origin; nothing is
//! shared across. Slots belong to one connection, whatever it calls, or without one to one origin.

mod slots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use callout_flow::id::OrgId;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use crate::exchange::Live;
use crate::guard::Origin;
use crate::route::Route;
use crate::tls::TlsDigest;
use slots::Slots;

/// How long a connection is kept idle: servers commonly close theirs after a minute.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long it may have been idle for a call that must not be sent twice: the longer it was idle, the likelier
/// the server closes it just as the request is written.
pub(crate) const IDLE_MAX_ONCE: Duration = Duration::from_secs(2);
/// Idle connections of all pools together, each an open file.
const IDLE_TOTAL_MAX: usize = 1024;

/// What a connection may be used again for. The policy's own source address, proxy and trusted roots belong to
/// its epoch.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    pub(crate) org: OrgId,
    pub(crate) connection: Option<String>,
    pub(crate) epoch: u64,
    pub(crate) tls: Option<TlsDigest>,
    /// Where the owner has a way of its own.
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) origin: Origin,
}

impl PoolKey {
    fn sharers(&self) -> Sharers {
        let origin = self.connection.is_none().then(|| self.origin.clone());
        Sharers { org: self.org.clone(), connection: self.connection.clone(), origin }
    }
}

/// Who has slots together: all calls of one connection, or those of one org to one origin without a connection.
#[derive(PartialEq, Eq, Hash)]
struct Sharers {
    org: OrgId,
    connection: Option<String>,
    origin: Option<Origin>,
}

/// All pools of one `Outbound`.
#[derive(Clone, Default)]
pub(crate) struct Pools(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    by_sharers: HashMap<Arc<Sharers>, Shelf>,
    epoch: u64,
    idle_total: usize,
    sweeping: bool,
}

#[derive(Default)]
struct Shelf {
    slots: Slots<Turn>,
    /// The newest last.
    idle: Vec<Idle>,
}

impl Shelf {
    fn is_used(&self) -> bool {
        self.slots.is_used() || !self.idle.is_empty()
    }

    /// Used, or needed to know whose turn it is.
    fn is_needed(&self, now: Instant) -> bool {
        self.is_used() || self.slots.is_remembered(now)
    }
}

struct Idle {
    key: Arc<PoolKey>,
    live: Live,
    since: Instant,
}

impl Pools {
    /// Waits for a slot, so long at most; `None` where none came free. `lane` is whose turn it is among the sharers.
    pub(crate) async fn slot(&self, key: PoolKey, lane: u64, max: usize, wait: Duration) -> Option<Slot> {
        let sharers = Arc::new(key.sharers());
        let waiting = {
            let mut shelves = self.lock();
            let shelf = shelves.by_sharers.entry(sharers.clone()).or_default();
            if shelf.slots.take(lane, max, Instant::now()) { None } else { Some(shelf.slots.wait(lane, max)) }
        };
        let turn = match waiting {
            None => Turn { pools: self.clone(), sharers, lane },
            Some(granted) => {
                // Told also where the call is dropped as it waits: its place in the queue is gone by then.
                let leaving = Leaving { pools: self, sharers: &sharers };
                let granted = timeout(wait, granted).await.ok()?.ok()?;
                std::mem::forget(leaving);
                granted
            }
        };
        Some(Slot { turn, key: Arc::new(key) })
    }

    /// Forgets those who gave up waiting.
    fn leave(&self, sharers: &Sharers) {
        if let Some(shelf) = self.lock().by_sharers.get_mut(sharers) {
            shelf.slots.forget_gone();
        }
        self.keep_swept();
    }

    /// Gives a slot back, and on to who waits for it.
    fn give_back(&self, sharers: &Arc<Sharers>, lane: u64) {
        let mut granted = Vec::new();
        let swept;
        {
            let mut shelves = self.lock();
            swept = shelves.sweeping;
            let Some(shelf) = shelves.by_sharers.get_mut(sharers) else { return };
            shelf.slots.give_back(lane, Instant::now());
            while let Some((lane, waiter)) = shelf.slots.grant() {
                granted.push((waiter, Turn { pools: self.clone(), sharers: sharers.clone(), lane }));
            }
        }
        if !swept {
            self.keep_swept();
        }
        for (waiter, turn) in granted {
            // Who went away meanwhile drops it, and it is given back again: not under the lock.
            drop(waiter.send(turn));
        }
    }

    /// Drops every idle connection of an earlier policy; those in use are not kept afterwards.
    pub(crate) fn advance_epoch(&self, epoch: u64) {
        let mut dropped = Vec::new();
        let mut shelves = self.lock();
        shelves.epoch = epoch;
        for shelf in shelves.by_sharers.values_mut() {
            dropped.extend(shelf.idle.extract_if(.., |idle| idle.key.epoch != epoch));
        }
        shelves.idle_total -= dropped.len();
    }

    /// Drops what has been idle too long, and pools that nobody needs; says whether any is left.
    fn sweep(&self) -> bool {
        let mut dropped = Vec::new();
        let now = Instant::now();
        let mut shelves = self.lock();
        shelves.by_sharers.retain(|_, shelf| {
            let fresh = shelf.idle.partition_point(|idle| idle.since.elapsed() >= IDLE_MAX);
            dropped.extend(shelf.idle.drain(..fresh));
            shelf.is_needed(now)
        });
        shelves.idle_total -= dropped.len();
        !shelves.by_sharers.is_empty()
    }

    /// Makes sure that someone sweeps while there are pools: nothing else would close the last connections.
    fn keep_swept(&self) {
        // A call may be dropped where no runtime is; then the next call sees to it.
        let Ok(runtime) = Handle::try_current() else { return };
        {
            let mut shelves = self.lock();
            if shelves.sweeping {
                return;
            }
            shelves.sweeping = true;
        }
        let sweeper = Sweeper(Arc::downgrade(&self.0));
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(IDLE_MAX / 2).await;
                let Some(shelves) = sweeper.0.upgrade() else { return };
                if !Pools(shelves).sweep() {
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        // Never held across a call into other code that could panic half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that nobody sweeps any more, also where the runtime it ran on ends first.
struct Sweeper(Weak<Mutex<Shelves>>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        if let Some(shelves) = self.0.upgrade() {
            Pools(shelves).lock().sweeping = false;
        }
    }
}

/// A call that waits. Dropped before it was served, it leaves the queue.
struct Leaving<'a> {
    pools: &'a Pools,
    sharers: &'a Sharers,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.pools.leave(self.sharers);
    }
}

/// One of the sharers' slots, given back on drop.
struct Turn {
    pools: Pools,
    sharers: Arc<Sharers>,
    lane: u64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.pools.give_back(&self.sharers, self.lane);
    }
}

/// The right to one connection.
pub(crate) struct Slot {
    turn: Turn,
    key: Arc<PoolKey>,
}

impl Slot {
    /// The connection that was used last, if it has not been idle for longer and is still clean.
    pub(crate) fn take_idle(&self, idle_max: Duration) -> Option<Live> {
        // Closing sockets is the kernel's work and can wait until the lock is free.
        let mut dropped = Vec::new();
        let mut shelves = self.turn.pools.lock();
        let shelves = &mut *shelves;
        let shelf = shelves.by_sharers.get_mut(&self.turn.sharers)?;
        for at in (0..shelf.idle.len()).rev() {
            if shelf.idle[at].since.elapsed() >= idle_max {
                // So are those before it. They stay for calls that may be sent twice.
                break;
            }
            if shelf.idle[at].key != self.key {
                continue;
            }
            let idle = shelf.idle.remove(at);
            shelves.idle_total -= 1;
            if idle.live.is_quiet() {
                return Some(idle.live);
            }
            dropped.push(idle);
        }
        None
    }

    /// Makes room for a new connection where idle ones would take the sharers beyond their bound.
    pub(crate) fn make_room(&self, max: usize) {
        let mut dropped = None;
        let mut shelves = self.turn.pools.lock();
        let shelves = &mut *shelves;
        if let Some(shelf) = shelves.by_sharers.get_mut(&self.turn.sharers) {
            let in_use = shelf.slots.in_use();
            if !shelf.idle.is_empty() && in_use + shelf.idle.len() > max {
                dropped = Some(shelf.idle.remove(0));
                shelves.idle_total -= 1;
            }
        }
        drop(dropped);
    }

    /// Keeps a clean connection for the next call, unless the policy has changed or too many are kept.
    pub(crate) fn keep(self, live: Live) {
        // Let go before the slot is given back: locals end before arguments.
        let mut shelves = self.turn.pools.lock();
        let shelves = &mut *shelves;
        if self.key.epoch != shelves.epoch || shelves.idle_total >= IDLE_TOTAL_MAX {
            return;
        }
        if let Some(shelf) = shelves.by_sharers.get_mut(&self.turn.sharers) {
            shelf.idle.push(Idle { key: self.key.clone(), live, since: Instant::now() });
            shelves.idle_total += 1;
        }
    }
}
