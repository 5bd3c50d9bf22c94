//! Stopping a run from outside its flow, or because it cannot go on.

use jiff::Timestamp;
use serde_json::Value;

use super::{Ended, Fault, How, Phase, Run, millis_between};
use crate::outcome::Note;
use crate::step::Step;

/// A step that was not over, as it stood.
#[derive(Debug)]
pub struct CutShort {
    pub step: Step,
    /// `Flow::key` of the flow that it belongs to.
    pub flow: u32,
    pub version: u32,
    /// It is a call's.
    pub is_call: bool,
}

impl Run {
    /// Ends the run. What was under way comes first, then what called it.
    pub fn stop(&mut self, how: How, fault: Option<Fault>, now: Timestamp) -> Vec<CutShort> {
        let (under_way, is_call) = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Calling(pending) | Phase::Retrying(pending) => (Some(pending.step), true),
            Phase::Waiting(step) | Phase::Entering { step, .. } => (Some(*step), false),
            Phase::Entered
            | Phase::Connecting
            | Phase::Jumping { .. }
            | Phase::Returning { .. }
            | Phase::Over => (None, false),
        };
        // The first flow has the first caller in it, and so on.
        let callers = self.frames.iter().zip(std::mem::take(&mut self.callers)).rev();
        let callers = callers.map(|(frame, step)| (frame, step, false));
        let under_way = under_way.map(|step| (self.frame(), step, is_call));
        let mut cut_short: Vec<CutShort> = under_way
            .into_iter()
            .chain(callers)
            .map(|(frame, mut step, is_call)| {
                step.duration_ms = millis_between(step.started_at, now);
                CutShort { step, flow: frame.key, version: frame.version, is_call }
            })
            .collect();
        if let (Some(fault), Some(first)) = (&fault, cut_short.first_mut()) {
            first.step.problems.push(Note { code: fault.code.clone(), message: fault.message.clone() });
        }
        self.end(Ended { how, result: Value::Null, fault });
        cut_short
    }
}
