//! A circuit breaker: calls are counted over a sliding window; when too many fail, none goes for a while, then one to try.

use callout_flow::integration::draft::CircuitBreakerDraft;
use jiff::{SignedDuration, Timestamp};

const BUCKETS: usize = 10;
const MIN_CALLS: u32 = 10;
const WINDOW_MS: u64 = 10_000;
const OPEN_MS: u64 = 30_000;
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// The calls to one host.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    buckets: [Bucket; BUCKETS],
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Which stretch of time it counts.
    stretch: i64,
    calls: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until: Timestamp,
    },
    /// One call is on its way to try.
    Trying,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Whether a call may go, and whether it is the one that tries; else when one may.
    pub(super) fn admit(&mut self, rule: &CircuitBreakerDraft, now: Timestamp) -> Result<bool, Timestamp> {
        match self.state {
            State::Closed => Ok(false),
            // Further off than it ever is, the clock was set back.
            State::Open { until } if now < until && until <= open_until(rule, now) => Err(until),
            // While one tries, the others ask again after the shortest pause.
            State::Trying => Err(now + ASK_AGAIN),
            State::Open { .. } => {
                self.state = State::Trying;
                Ok(true)
            }
        }
    }

    /// The call that tried showed nothing: the next one tries.
    pub(super) fn give_back(&mut self) {
        if self.state == State::Trying {
            self.state = State::Open { until: Timestamp::MIN };
        }
    }

    pub(super) fn count(&mut self, rule: &CircuitBreakerDraft, failed: bool, probe: bool, now: Timestamp) {
        match self.state {
            State::Trying if probe && failed => self.open(rule, now),
            State::Trying if probe => *self = Self::default(),
            // Calls that went before it opened tell nothing new.
            State::Trying | State::Open { .. } => {}
            State::Closed => {
                self.add(rule, failed, now);
                let (calls, failures) = self.sums(rule, now);
                let enough = calls >= u64::from(rule.min_calls.unwrap_or(MIN_CALLS));
                if failed && enough && failures * 100 >= calls * u64::from(rule.failure_percent) {
                    self.open(rule, now);
                }
            }
        }
    }

    fn open(&mut self, rule: &CircuitBreakerDraft, now: Timestamp) {
        *self = Self { state: State::Open { until: open_until(rule, now) }, ..Self::default() };
    }

    fn add(&mut self, rule: &CircuitBreakerDraft, failed: bool, now: Timestamp) {
        let stretch = stretch(rule, now);
        let bucket = &mut self.buckets[stretch.rem_euclid(BUCKETS as i64) as usize];
        if bucket.stretch != stretch {
            *bucket = Bucket { stretch, ..Bucket::default() };
        }
        bucket.calls = bucket.calls.saturating_add(1);
        bucket.failed = bucket.failed.saturating_add(u32::from(failed));
    }

    fn sums(&self, rule: &CircuitBreakerDraft, now: Timestamp) -> (u64, u64) {
        let last = stretch(rule, now);
        let counted =
            self.buckets.iter().filter(|bucket| (last - BUCKETS as i64 + 1..=last).contains(&bucket.stretch));
        counted.fold((0, 0), |(calls, failed), bucket| {
            (calls + u64::from(bucket.calls), failed + u64::from(bucket.failed))
        })
    }
}

fn open_until(rule: &CircuitBreakerDraft, now: Timestamp) -> Timestamp {
    let open = SignedDuration::from_millis(rule.open_ms.unwrap_or(OPEN_MS).cast_signed());
    now.checked_add(open).unwrap_or(Timestamp::MAX)
}

fn stretch(rule: &CircuitBreakerDraft, now: Timestamp) -> i64 {
    let window = i64::try_from(rule.window_ms.unwrap_or(WINDOW_MS)).unwrap_or(i64::MAX);
    now.as_millisecond() / (window / BUCKETS as i64).max(1)
}
