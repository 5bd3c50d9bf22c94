//! What holds a connection's calls back: its own rate, what its API asked for, and a breaker for hosts that fail.

mod breaker;
mod told;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callout_flow::id::OrgId;
use callout_flow::integration::draft::ConnectionLimitsDraft;
use callout_flow::outcome::{Failure, FailureClass, Outcome, Phase};
use jiff::{SignedDuration, Timestamp};

use breaker::Breaker;

/// How long a call waits for its turn before it is told that there is none; as long as for a slot.
const PATIENCE: SignedDuration = SignedDuration::from_secs(1);
/// The longest that an API's answer holds its connection back.
const HELD_MAX: SignedDuration = SignedDuration::from_hours(1);
/// With more connections than this, those are forgotten of which nothing needs to be known.
const CONNECTIONS_MAX: usize = 4096;
/// Hosts of one connection that are watched for failures.
const HOSTS_MAX: usize = 64;

/// The calls of all connections, as far as this process makes them.
#[derive(Debug, Default)]
pub(crate) struct Governor(Mutex<HashMap<(OrgId, String), Paced>>);

/// One connection.
#[derive(Debug, Default)]
struct Paced {
    /// The theoretical arrival time of the next request (GCRA): how far the rate is used up.
    arrival: Option<Timestamp>,
    /// Its API asked for no calls before this time.
    held_until: Option<Timestamp>,
    hosts: HashMap<String, Breaker>,
}

/// Whose call, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) connection: &'a str,
    pub(crate) host: &'a str,
    pub(crate) limits: &'a ConnectionLimitsDraft,
}

/// A call that may go. Dropped before it showed how its host does, it gives its trial of the host back.
#[derive(Debug)]
pub(crate) struct Admitted<'g> {
    governor: &'g Governor,
    lane: Lane<'g>,
    /// After this long.
    pub(crate) wait: Duration,
    /// It tries whether a host that failed works again.
    probe: bool,
}

/// A call that may not go now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldBack {
    pub(crate) failure: Failure,
    /// When there may be room for it.
    pub(crate) until: Timestamp,
}

impl HeldBack {
    fn new(class: FailureClass, until: Timestamp, message: String) -> Self {
        Self { failure: Failure { class, phase: Phase::Slot, message }, until }
    }
}

impl Governor {
    /// Asks for a call's turn, and takes it. It waits no longer than `patience` for it.
    pub(crate) fn admit<'g>(
        &'g self,
        lane: Lane<'g>,
        now: Timestamp,
        patience: Duration,
    ) -> Result<Admitted<'g>, HeldBack> {
        let patience = SignedDuration::try_from(patience).unwrap_or(PATIENCE).min(PATIENCE);
        let patient_until = now + patience;
        let (mut connections, key) = (self.lock(), lane.key());
        if connections.len() >= CONNECTIONS_MAX && !connections.contains_key(&key) {
            connections.retain(|_, paced| paced.matters(now));
        }
        let paced = connections.entry(key).or_default();
        let mut from = now;
        // Further off than any hold, the clock was set back: what was known means nothing.
        if let Some(until) = paced.held_until.filter(|until| *until > now && *until <= now + HELD_MAX) {
            if until > patient_until {
                let message = format!(
                    "the API of the connection `{}` asked for no calls before {until}",
                    lane.connection
                );
                return Err(HeldBack::new(FailureClass::RateLimited, until, message));
            }
            from = until;
        }
        let at = paced.turn(lane, from, patient_until)?;
        let probe = paced.host(lane, now)?;
        if let Some((_, arrival)) = at {
            paced.arrival = Some(arrival);
        }
        let at = at.map_or(from, |(at, _)| at);
        let wait = at.duration_since(now).max(SignedDuration::ZERO).unsigned_abs();
        Ok(Admitted { governor: self, lane, wait, probe })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(OrgId, String), Paced>> {
        // Whole between any two statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted<'_> {
    /// Takes note of how the call ended.
    pub(crate) fn learn(mut self, outcome: &Outcome, now: Timestamp) {
        let held_until = match outcome {
            Outcome::Answered(answer) => told::held_until(answer, now).map(|until| until.min(now + HELD_MAX)),
            _ => None,
        };
        let rule = self.lane.limits.circuit_breaker.as_ref();
        if held_until.is_none() && rule.is_none() {
            return;
        }
        let mut connections = self.governor.lock();
        let paced = connections.entry(self.lane.key()).or_default();
        paced.held_until = paced.held_until.max(held_until);
        if let (Some(rule), Some(failed)) = (rule, is_failure(outcome)) {
            paced.breaker(self.lane.host).count(rule, failed, self.probe, now);
            self.probe = false;
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.probe
            && let Some(paced) = self.governor.lock().get_mut(&self.lane.key())
        {
            paced.breaker(self.lane.host).give_back();
        }
    }
}

impl Lane<'_> {
    fn key(&self) -> (OrgId, String) {
        (self.org.clone(), self.connection.to_owned())
    }
}

/// Whether a call shows that its host fails; `None` where it shows nothing.
fn is_failure(outcome: &Outcome) -> Option<bool> {
    match outcome {
        Outcome::Answered(answer) => Some(answer.status >= 500),
        Outcome::Refused(_) => None,
        Outcome::NotSent(failure) | Outcome::NoAnswer(failure) => {
            matches!(failure.class, FailureClass::Network | FailureClass::Timeout).then_some(true)
        }
    }
}

impl Paced {
    /// Whether it could still hold a call back.
    fn matters(&self, now: Timestamp) -> bool {
        [self.arrival, self.held_until].into_iter().flatten().any(|until| until > now)
            || !self.hosts.is_empty()
    }

    /// When the rate lets the call go, and the arrival time after it; `None` where there is no rate.
    fn turn(
        &self,
        lane: Lane<'_>,
        from: Timestamp,
        patient_until: Timestamp,
    ) -> Result<Option<(Timestamp, Timestamp)>, HeldBack> {
        let Some(rate) = lane.limits.requests_per_second.filter(|rate| *rate > 0.0) else { return Ok(None) };
        let interval = SignedDuration::try_from_secs_f64(1.0 / rate).unwrap_or(SignedDuration::MAX);
        let burst = lane.limits.burst.map_or_else(
            || rate.ceil().clamp(1.0, 1e6) as i32,
            |burst| i32::try_from(burst).unwrap_or(i32::MAX),
        );
        let tolerance = interval.saturating_mul(burst.max(1) - 1);
        let furthest =
            [tolerance, interval, PATIENCE].into_iter().try_fold(from, |at, by| at.checked_add(by).ok());
        // Further off than any turn that was given, the clock was set back.
        let arrival = self.arrival.filter(|arrival| furthest.is_none_or(|furthest| *arrival <= furthest));
        let arrival = arrival.map_or(from, |arrival| arrival.max(from));
        let at = arrival.checked_sub(tolerance).unwrap_or(from).max(from);
        if at > patient_until {
            let message = format!(
                "the connection `{}` makes {rate} requests a second, and its turn would come at {at}",
                lane.connection
            );
            return Err(HeldBack::new(FailureClass::RateLimited, at, message));
        }
        Ok(Some((at, arrival.checked_add(interval).unwrap_or(Timestamp::MAX))))
    }

    /// Whether the host may be called; true where the call is the one that tries it.
    fn host(&mut self, lane: Lane<'_>, now: Timestamp) -> Result<bool, HeldBack> {
        let Some(rule) = &lane.limits.circuit_breaker else { return Ok(false) };
        self.breaker(lane.host).admit(rule, now).map_err(|until| {
            let message = format!(
                "{} of the connection `{}` is not called before {until}: the calls before failed too often",
                lane.host, lane.connection
            );
            HeldBack::new(FailureClass::CircuitOpen, until, message)
        })
    }

    fn breaker(&mut self, host: &str) -> &mut Breaker {
        if self.hosts.len() >= HOSTS_MAX && !self.hosts.contains_key(host) {
            self.hosts.retain(|_, breaker| breaker.is_open());
        }
        self.hosts.entry(host.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests;
