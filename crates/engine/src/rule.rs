//! The output rule: nothing leaves that the disk does not account for.
//!
//! Outputs are any call but GET, HEAD and OPTIONS, and whatever tells anyone of the run. An output waits for its
//! run's records; everything else rides on the next commit.

use jiff::SignedDuration;

/// Steps of a run that only asks are recorded at the latest when they are this old, so that a watcher sees it go on.
pub(crate) const NEWS_AGE_MAX: SignedDuration = SignedDuration::from_millis(500);

/// What stands when a call is about to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeforeCall {
    /// The call may change something.
    pub(crate) effectful: bool,
    /// The run is in the database.
    pub(crate) begun: bool,
    /// There are steps or effects that no record has taken along.
    pub(crate) news: bool,
    /// There are effects among them.
    pub(crate) effects: bool,
    /// A call that may have changed something is among them: after a crash its answer would be lost.
    pub(crate) done: bool,
    /// How old the last record is.
    pub(crate) age: SignedDuration,
}

/// What comes before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    Nothing,
    /// A record is queued, and the call does not wait for it.
    Queue,
    /// A record is durable.
    Durable,
}

/// What must be recorded before a call is sent.
pub(crate) fn before_call(stands: &BeforeCall) -> First {
    if stands.effectful {
        return First::Durable;
    }
    // A run that is not in the database was promised to nobody: it needs no record before its first output.
    let worth = stands.done || stands.effects || stands.age > NEWS_AGE_MAX;
    if stands.begun && stands.news && worth { First::Queue } else { First::Nothing }
}

#[cfg(test)]
mod model;
