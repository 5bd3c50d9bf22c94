//! Sends one request over and over and checks every answer.

pub mod closed;
pub mod open;

use std::net::SocketAddr;
use std::time::Duration;

use hdrhistogram::Histogram;
use memchr::memmem::Finder;

/// The longest latency that is told from a longer one: above every deadline of the bench.
const LATENCY_MAX: Duration = Duration::from_secs(300);
/// The finest difference between two latencies.
const LATENCY_UNIT_NANOS: u64 = 1000;
/// How long an answer may take before the request counts as unanswered.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a wrong answer that are shown.
const SHOWN_MAX: usize = 400;

/// One request, ready to be sent, and what a right answer to it holds.
#[derive(Clone, Debug)]
pub struct Job {
    pub address: SocketAddr,
    pub request: Vec<u8>,
    pub expect: Expect,
}

/// A status, and texts that must all stand in the body.
#[derive(Clone, Debug)]
pub struct Expect {
    status: u16,
    markers: Vec<Finder<'static>>,
}

impl Expect {
    pub fn new(status: u16, markers: &[&str]) -> Self {
        Self { status, markers: markers.iter().map(|marker| Finder::new(marker).into_owned()).collect() }
    }

    /// None where the answer is right, else what it was.
    fn judge(&self, status: u16, body: &[u8]) -> Option<String> {
        if status == self.status && self.markers.iter().all(|marker| marker.find(body).is_some()) {
            return None;
        }
        let shown = String::from_utf8_lossy(&body[..body.len().min(SHOWN_MAX)]);
        Some(format!("{status} ({} bytes) {shown}", body.len()))
    }
}

/// What came of a load.
#[derive(Debug)]
pub struct Tally {
    /// Right answers.
    pub finished: u64,
    pub wrong: u64,
    pub first_wrong: Option<String>,
    /// Nanoseconds of the right answers.
    latency: Histogram<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        let longest = LATENCY_MAX.as_nanos() as u64;
        let latency = Histogram::new_with_bounds(LATENCY_UNIT_NANOS, longest, 3)
            .unwrap_or_else(|_| unreachable!("these bounds are constants and allowed"));
        Self { finished: 0, wrong: 0, first_wrong: None, latency }
    }
}

impl Tally {
    fn right(&mut self, latency: Duration) {
        self.finished += 1;
        self.latency.saturating_record(latency.as_nanos() as u64);
    }

    fn wrong(&mut self, what: String) {
        self.wrong += 1;
        self.first_wrong.get_or_insert(what);
    }

    /// The latency that `quantile` of the answers stayed within, in milliseconds.
    pub fn millis_at(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Expect, Tally};

    #[test]
    fn an_answer_is_right_by_status_and_every_marker() {
        let expect = Expect::new(200, &[r#""tier":"gold""#, "completed"]);
        assert_eq!(expect.judge(200, br#"{"status":"completed","tier":"gold"}"#), None);
        assert!(expect.judge(200, br#"{"status":"failed","tier":"gold"}"#).is_some());
        assert!(expect.judge(500, br#"{"status":"completed","tier":"gold"}"#).is_some());
    }

    #[test]
    fn quantiles_are_of_the_right_answers() {
        let mut tally = Tally::default();
        for millis in 1..=100 {
            tally.right(Duration::from_millis(millis));
        }
        tally.wrong("no".to_owned());
        assert!((tally.millis_at(0.5) - 50.0).abs() < 0.1);
        assert!((tally.millis_at(0.99) - 99.0).abs() < 0.1);
        assert_eq!((tally.finished, tally.wrong), (100, 1));
    }
}
