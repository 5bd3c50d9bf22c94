//! A run's record, in the shape that the API shows and history keeps.

use callout_flow::node::Node;
use callout_flow::run::{Fault, Run};
use callout_flow::step::{Effect, Step, cut_bodies};
use callout_outbound::Scrubber;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Running,
    Waiting,
    Completed,
    Failed,
}

/// All that is known of a run. Times are UTC.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    pub id: String,
    /// The slug of the flow that it started with.
    pub flow: String,
    pub version: u32,
    pub status: RunStatus,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Until when it sleeps, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_until: Option<Timestamp>,
    /// The node that it waits at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_at: Option<String>,
    pub event: Value,
    pub vars: Map<String, Value>,
    pub result: Value,
    /// Why it failed, where a fault ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
    pub effects: Vec<Effect>,
    pub steps: Vec<Step>,
}

/// What was appended last.
pub(crate) struct Recorded<'r> {
    pub(crate) steps: &'r [Step],
    pub(crate) effects: &'r [Effect],
}

impl RunRecord {
    pub(crate) fn begin(run: &Run, version: u32, now: Timestamp) -> Self {
        Self {
            id: run.id.as_str().to_owned(),
            flow: run.flow().to_owned(),
            version,
            status: RunStatus::Running,
            started_at: now,
            ended_at: None,
            waiting_until: None,
            waiting_at: None,
            event: run.event.clone(),
            vars: Map::new(),
            result: Value::Null,
            error: None,
            effects: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Takes in what one input led to, and gives it back as it now stands in the record.
    pub(crate) fn append(&mut self, steps: Vec<Step>, effects: Vec<Effect>) -> Recorded<'_> {
        let (first_step, first_effect) = (self.steps.len(), self.effects.len());
        self.steps.extend(steps);
        self.effects.extend(effects);
        Recorded { steps: &self.steps[first_step..], effects: &self.effects[first_effect..] }
    }

    /// The run sleeps at a node.
    pub(crate) fn wait(&mut self, until: Timestamp, at: Option<&Node>) {
        self.status = RunStatus::Waiting;
        self.waiting_until = Some(until);
        self.waiting_at = at.map(|node| node.id.clone());
    }

    /// Takes over how the run stands now.
    pub(crate) fn settle(&mut self, run: &Run, now: Timestamp) {
        self.vars = run.shown_vars();
        if let Some(ended) = &run.ended {
            self.status = if ended.completed { RunStatus::Completed } else { RunStatus::Failed };
            self.result = ended.result.clone();
            self.error = ended.fault.clone();
            self.ended_at = Some(now);
        }
    }

    /// The record as JSON with every secret in use masked.
    pub fn to_json(&self, scrubber: &Scrubber) -> Value {
        let mut json = serde_json::to_value(self).unwrap_or(Value::Null);
        scrubber.mask_json(&mut json);
        for step in json["steps"].as_array_mut().into_iter().flatten() {
            cut_bodies(step);
        }
        json
    }
}
