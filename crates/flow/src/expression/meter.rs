//! Counts what rendering costs, in bytes made and bytes touched, and stops it in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::{Error, ErrorKind, State};

/// The most memory that the values read by one expression take, in bytes: the largest body is 1 MiB.
pub const READ_COST_MAX: usize = (1 << 20) + 4096;
/// The most that the filters of one expression make, in bytes.
pub const MADE_BYTES_MAX: usize = (1 << 20) + 4096;
/// The most work of one rendering, in bytes touched: about 50 ms on a slow core.
pub const WORK_MAX: usize = 16 << 20;
/// What an evaluation costs whatever it does, in work: a microsecond or so.
pub(crate) const EVALUATION_WORK: usize = 1024;
/// What a look-up along a plain path costs, in work.
pub(crate) const LOOK_UP_WORK: usize = 64;

/// What one rendering may still spend.
#[derive(Debug)]
pub struct Meter {
    work_left: usize,
}

impl Default for Meter {
    fn default() -> Self {
        Self { work_left: WORK_MAX }
    }
}

impl Meter {
    /// Spends work; false where there is not enough left.
    #[must_use]
    pub fn work(&mut self, amount: usize) -> bool {
        match self.work_left.checked_sub(amount) {
            Some(left) => {
                self.work_left = left;
                true
            }
            None => {
                self.work_left = 0;
                false
            }
        }
    }

    pub fn work_left(&self) -> usize {
        self.work_left
    }

    /// The work done so far.
    pub fn work_done(&self) -> usize {
        WORK_MAX - self.work_left
    }
}

/// The name under which filters find the tank of their evaluation; no expression can read it.
pub(super) const TANK: &str = "_tank";

/// What the filters of one evaluation may still spend.
#[derive(Debug)]
pub(super) struct Tank {
    made_left: AtomicUsize,
    work_left: AtomicUsize,
}

impl minijinja::value::Object for Tank {}

impl Tank {
    pub(super) fn new(work_left: usize) -> Arc<Self> {
        Arc::new(Self { made_left: MADE_BYTES_MAX.into(), work_left: work_left.into() })
    }

    pub(super) fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        let found = state.lookup(TANK).and_then(|value| value.downcast_object::<Self>());
        found.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "no tank"))
    }

    pub(super) fn work_left(&self) -> usize {
        self.work_left.load(Ordering::Relaxed)
    }

    pub(super) fn work(&self, amount: usize) -> Result<(), Error> {
        spend(&self.work_left, amount)
    }

    /// Bytes made, which are work too.
    pub(super) fn made(&self, bytes: usize) -> Result<(), Error> {
        spend(&self.work_left, bytes)?;
        spend(&self.made_left, bytes)
    }
}

fn spend(left: &AtomicUsize, amount: usize) -> Result<(), Error> {
    let spent = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount));
    spent.map(|_| ()).map_err(|_| too_costly())
}

pub(super) fn too_costly() -> Error {
    Error::new(ErrorKind::OutOfFuel, "it makes or works through more than is allowed")
}
