//! What a run tells the store: steps and effects as text, gathered until a record takes them along.

use std::sync::{Arc, Mutex, PoisonError};

use callout_flow::flow::Flow;
use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{CutShort, Ended};
use callout_flow::shared::may_be_large_text;
use callout_flow::step::{CaseTaken, Effect, ResponseRecord, Step, cut_bodies};
use callout_outbound::Scrubber;
use callout_store::{Begin, Part, Receipt, Record, Stand, Store, Tally};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The journal of one run under one lease.
#[derive(Debug)]
pub(crate) struct Journal {
    org: OrgId,
    run: RunId,
    epoch: i64,
    shared: Unbegun,
    part: Part,
    /// All steps and effects of the run, while this journal has seen them all.
    whole: Option<Part>,
    inbox_up_to: Option<i64>,
    submitted_at: Timestamp,
}

/// A run that is not in the database yet: its first record puts it there. Shared with a caller who may stop
/// waiting, and must then be given an id that the database knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unbegun(Arc<Mutex<First>>);

#[derive(Debug, Default)]
struct First {
    begin: Option<Begin>,
    records: u32,
}

impl Unbegun {
    fn lock(&self) -> std::sync::MutexGuard<'_, First> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the run into the database as it began, where its own first record has not done so.
    pub(crate) fn insert(&self, store: &Store, org: &OrgId, run: &RunId) -> Option<Receipt> {
        let mut first = self.lock();
        let begin = first.begin.take()?;
        first.records += 1;
        let record = Record {
            run: run.clone(),
            epoch: 0,
            seq: first.records,
            begin: Some(begin),
            part: Part::default(),
            stand: Stand::Going { state: Vec::new() },
            inbox_up_to: None,
        };
        Some(store.record(org, record))
    }
}

impl Journal {
    /// Of a run that is in the database, under this lease.
    pub(crate) fn held(org: OrgId, run: RunId, epoch: i64, now: Timestamp) -> Self {
        Self {
            org,
            run,
            epoch,
            shared: Unbegun::default(),
            part: Part::default(),
            whole: None,
            inbox_up_to: None,
            submitted_at: now,
        }
    }

    /// Of a run that its first record will put into the database; `epoch` is for the ones after that.
    pub(crate) fn unbegun(org: OrgId, run: RunId, begin: Begin, epoch: i64) -> Self {
        let now = begin.started_at;
        let shared = Unbegun(Arc::new(Mutex::new(First { begin: Some(begin), records: 0 })));
        Self { shared, whole: Some(Part::default()), ..Self::held(org, run, epoch, now) }
    }

    pub(crate) fn share(&self) -> Unbegun {
        self.shared.clone()
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.shared.lock().begin.is_none()
    }

    /// The inbox up to here was heeded: the next record says so.
    pub(crate) fn heeded(&mut self, inbox: i64) {
        self.inbox_up_to = Some(inbox);
    }

    /// Steps or effects that no record has taken along yet.
    pub(crate) fn has_news(&self) -> bool {
        !self.part.steps.is_empty() || !self.part.effects.is_empty()
    }

    pub(crate) fn has_effects(&self) -> bool {
        !self.part.effects.is_empty()
    }

    pub(crate) fn submitted_at(&self) -> Timestamp {
        self.submitted_at
    }

    /// Takes in what one input led to. `flow` is the one that these steps belong to.
    pub(crate) fn append(
        &mut self,
        steps: &[Step],
        effects: &[Effect],
        flow: &Flow,
        ended: Option<&Ended>,
        scrubber: &Scrubber,
    ) {
        let failed_at = ended.and_then(|ended| ended.fault.as_ref()).and_then(|fault| fault.node.as_deref());
        for step in steps {
            write_step(&mut self.part.steps, step, scrubber);
            let success = step.outcome.map_or(failed_at != Some(&step.node), |outcome| outcome.is_success());
            self.part.tallies.push(tally(step, flow.key, flow.version, success));
        }
        for effect in effects {
            write(&mut self.part.effects, effect, scrubber);
        }
    }

    /// Takes in what was under way when the run was stopped. A call without a usable answer is no success.
    pub(crate) fn append_cut_short(&mut self, cut_short: &[CutShort], scrubber: &Scrubber) {
        for CutShort { step, flow, version, is_call } in cut_short {
            write_step(&mut self.part.steps, step, scrubber);
            self.part.tallies.push(tally(step, *flow, *version, !is_call));
        }
    }

    /// Queues a record of all that is not recorded yet, and of how the run stands.
    pub(crate) fn submit(&mut self, store: &Store, stand: Stand, now: Timestamp) -> Receipt {
        self.submitted_at = now;
        let part = std::mem::take(&mut self.part);
        if let Some(whole) = &mut self.whole {
            join(&mut whole.steps, &part.steps);
            join(&mut whole.effects, &part.effects);
        }
        // The lock is held until the record is queued: a run's records must arrive in their order.
        let mut first = self.shared.lock();
        first.records += 1;
        let mut begin = first.begin.take();
        if let (Some(begin), Stand::Over { head: Some(masked), .. }) = (&mut begin, &stand) {
            begin.head.clone_from(masked);
        }
        let record = Record {
            run: self.run.clone(),
            epoch: if begin.is_some() { 0 } else { self.epoch },
            seq: first.records,
            begin,
            part,
            stand,
            inbox_up_to: self.inbox_up_to.take(),
        };
        store.record(&self.org, record)
    }

    /// All steps and effects, where this journal has seen them all.
    pub(crate) fn whole(&mut self) -> Option<Part> {
        self.whole.take()
    }
}

/// Adds a text to a list of texts.
pub(crate) fn join(list: &mut Vec<u8>, text: &[u8]) {
    if !list.is_empty() && !text.is_empty() {
        list.push(b',');
    }
    list.extend_from_slice(text);
}

pub(crate) fn write_step(list: &mut Vec<u8>, step: &Step, scrubber: &Scrubber) {
    if scrubber.is_empty()
        && !step.request.as_ref().is_some_and(|request| may_be_large_text(&request.body))
        && let Some(response) = step.response.as_ref().and_then(ResponseRecord::cut_text)
    {
        // Nothing is to be masked: the rest of the body need not be looked at.
        let step = Step { response: Some(response), ..step.clone() };
        return push(list, &step, scrubber, false);
    }
    push(list, step, scrubber, may_be_large(step));
}

pub(crate) fn write(list: &mut Vec<u8>, value: &impl Serialize, scrubber: &Scrubber) {
    push(list, value, scrubber, false);
}

/// Writes a value at the end of a list. Secrets are masked before bodies are cut: the beginning of one is no form
/// that a scrubber knows.
fn push(list: &mut Vec<u8>, value: &impl Serialize, scrubber: &Scrubber, large: bool) {
    if !list.is_empty() {
        list.push(b',');
    }
    // Writing to memory what has only text keys: nothing in it can fail.
    if scrubber.is_empty() && !large {
        let _ = serde_json::to_writer(list, value);
        return;
    }
    let mut json = serde_json::to_value(value).unwrap_or(Value::Null);
    scrubber.mask_json(&mut json);
    cut_bodies(&mut json);
    let _ = serde_json::to_writer(list, &json);
}

/// Whether a body of a step may be more than a record keeps.
fn may_be_large(step: &Step) -> bool {
    step.request.as_ref().is_some_and(|request| may_be_large_text(&request.body))
        || step.response.as_ref().is_some_and(|response| response.body.may_be_large_text())
}

/// `flow` is a `Flow::key`.
fn tally(step: &Step, flow: u32, version: u32, success: bool) -> Tally {
    Tally {
        flow,
        version,
        node: step.node.clone(),
        case: match &step.case {
            CaseTaken::None => "none".to_owned(),
            CaseTaken::Next => "next".to_owned(),
            CaseTaken::Case { index, .. } => index.to_string(),
        },
        outcome: step.outcome.map(|outcome| outcome.to_string()),
        success,
        at: step.started_at,
        duration_ms: step.duration_ms,
    }
}
