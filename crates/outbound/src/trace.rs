//! Where an attempt stands and how long each phase took: it outlives the attempt where the deadline cuts that.

use std::sync::Arc;

use callout_flow::outcome::{Failure, Hop, Outcome, Phase, Timing};
use tokio::time::Instant;

use crate::fault::Fault;
use crate::wire::Meter;

pub(crate) struct Trace {
    started: Instant,
    /// `None` until the first phase begins.
    phase: Option<Phase>,
    phase_started: Instant,
    timing: Timing,
    hops: Vec<Hop>,
    /// The connection that the current request went to, and how many bytes its body has.
    request: Option<(Arc<Meter>, u64)>,
    /// A request was answered by a redirect: bytes have left, whatever becomes of the next.
    sent_before: bool,
    /// What credentials made for this attempt alone: it must not come back.
    made: Vec<String>,
}

impl Trace {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            started: now,
            phase: None,
            phase_started: now,
            timing: Timing::default(),
            hops: Vec::new(),
            request: None,
            sent_before: false,
            made: Vec::new(),
        }
    }

    /// Ends the phase under way and begins another.
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.close_phase();
        self.phase = Some(phase);
    }

    /// Begins to send over a connection; the phase becomes `Head` once all of the request has left.
    pub(super) fn send(&mut self, meter: &Arc<Meter>, body_bytes: u64, reused: bool) {
        self.enter(Phase::Send);
        self.timing.reused = reused;
        self.request = Some((meter.clone(), body_bytes));
    }

    pub(super) fn made(&mut self, made: Vec<String>) {
        self.made.extend(made);
    }

    pub(super) fn follow(&mut self, hop: Hop) {
        self.sent_before = true;
        self.request = None;
        self.hops.push(hop);
    }

    /// Where the attempt is now.
    pub(super) fn phase(&self) -> Phase {
        match (&self.request, self.phase) {
            // The head of a request has at least one byte, so this is more than its body alone.
            (Some((meter, body)), Some(Phase::Send)) if meter.flushed() > *body => Phase::Head,
            (_, phase) => phase.unwrap_or(Phase::Slot),
        }
    }

    /// A fault becomes what it was: not sent, or perhaps of effect.
    pub(super) fn fail(&self, fault: Fault) -> Outcome {
        let Fault { class, phase, message } = fault;
        let failure = Failure { class, phase, message };
        if self.sent() { Outcome::NoAnswer(failure) } else { Outcome::NotSent(failure) }
    }

    fn sent(&self) -> bool {
        self.sent_before || self.request.as_ref().is_some_and(|(meter, _)| meter.written() > 0)
    }

    pub(super) fn end(mut self) -> (Timing, Vec<Hop>, Vec<String>) {
        self.close_phase();
        self.timing.total_ms = millis(self.started);
        (self.timing, self.hops, self.made)
    }

    fn close_phase(&mut self) {
        let spent = millis(self.phase_started);
        self.phase_started = Instant::now();
        let timing = &mut self.timing;
        let Some(phase) = self.phase else { return };
        let sum = match phase {
            Phase::Slot => &mut timing.slot_ms,
            Phase::LookUp => &mut timing.look_up_ms,
            Phase::Connect => &mut timing.connect_ms,
            Phase::Tls => &mut timing.tls_ms,
            Phase::Send | Phase::Head => &mut timing.head_ms,
            Phase::Body => &mut timing.body_ms,
        };
        *sum = Some(sum.unwrap_or_default() + spent);
    }
}

fn millis(since: Instant) -> f64 {
    // Microseconds are as fine as a trace needs.
    (since.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
