//! How a run ends: by itself, by a fault, or because someone stops it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Phase, Run, millis_between};
use crate::outcome::Note;
use crate::step::Step;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub how: How,
    pub result: Value,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Completed,
    Failed,
    /// Someone stopped it.
    Cancelled,
}

/// Something that ends a run: a step limit, a template error outside an `apiCall`, `onFailure: end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub code: Cow<'static, str>,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Fault {
    /// Whether it is the author's flow that failed, rather than a bound of the run or its state.
    pub(super) fn is_of_the_flow(&self) -> bool {
        matches!(&*self.code, "template-failed" | "failure-ends-run")
    }

    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), node: None }
    }
}

impl Run {
    /// Puts off a call that was asked for and not sent: when the run is taken up, it is sent as the same attempt.
    pub fn put_off(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Calling(pending) => Phase::Retrying(pending),
            other => other,
        };
    }

    /// Stops a run from outside, or because it cannot go on. What was under way is recorded as it stood.
    pub fn stop(&mut self, how: How, fault: Option<Fault>, now: Timestamp) -> Vec<Step> {
        let under_way = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Calling(pending) | Phase::Retrying(pending) => Some(pending.step),
            Phase::Waiting(step) | Phase::Entering { step, .. } => Some(*step),
            Phase::Entered | Phase::Jumping { .. } | Phase::Returning { .. } | Phase::Over => None,
        };
        let callers = std::mem::take(&mut self.callers).into_iter().rev();
        let mut steps: Vec<Step> = under_way.into_iter().chain(callers).collect();
        for step in &mut steps {
            step.duration_ms = millis_between(step.started_at, now);
        }
        if let (Some(fault), Some(step)) = (&fault, steps.first_mut()) {
            step.problems.push(Note { code: fault.code.clone(), message: fault.message.clone() });
        }
        self.end(Ended { how, result: Value::Null, fault });
        steps
    }
}
