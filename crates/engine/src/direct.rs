//! One call without a flow's run: nothing of it is kept, and retries happen while the caller waits.

use std::sync::Arc;

use callout_flow::flow::Flow;
use callout_flow::id::{OrgId, RunId};
use callout_flow::integration::Connected;
use callout_flow::outcome::{AnswerBody, Outcome};
use callout_flow::run::{Action, Advance, Fault, Input, Run, Start, advance};
use callout_outbound::Scrubber;
use callout_store::Part;
use sha2::{Digest, Sha256};

use crate::drive::Watch;
use crate::engine::Engine;
use crate::journal::write_step;

/// A call to make at once.
#[derive(Debug)]
pub struct DirectCall<'c> {
    /// A flow whose node `start.at` is the call.
    pub flow: &'c Flow,
    pub start: Start,
    /// The caller's own `Idempotency-Key`: the same one gives the upstream the same key.
    pub key: Option<&'c str>,
}

/// How it ended.
#[derive(Debug, Default)]
pub struct DirectResult {
    /// JSON text of the step, as in a run's record, secrets masked; empty where a fault came before any.
    pub step: Vec<u8>,
    /// JSON text of the effects, commas between: those of another node than a call.
    pub effects: Vec<u8>,
    /// The body of the last answer as received, after decompression, secrets masked.
    pub raw: Option<bytes::Bytes>,
    pub fault: Option<Fault>,
}

impl Engine {
    /// Makes one call, with its retries.
    pub async fn direct(&self, org: &OrgId, call: DirectCall<'_>, watch: &mut Watch<'_>) -> DirectResult {
        let id = match call.key {
            Some(key) => RunId::new(format!("call_{}", keyed(org, key))),
            None => self.new_run_id(),
        };
        let mut run = Run::new(id, call.flow, Start { single: true, ..call.start });
        let mut scrubber = Scrubber::default();
        let mut result = DirectResult::default();
        let mut part = Part::default();
        let mut input = Input::Flow;
        loop {
            let Advance { steps, effects, action } = advance(call.flow, &mut run, input, self.now());
            run.secrets().iter().for_each(|secret| scrubber.add(secret));
            steps.iter().for_each(|step| write_step(&mut part.steps, step, &scrubber));
            effects.iter().for_each(|effect| crate::journal::write(&mut part.effects, effect, &scrubber));
            input = match action {
                Action::Connect { connection } => {
                    match self.connected(org, call.flow, &run, &connection).await {
                        Ok(connected) => {
                            if let Some(why) = &connected.refused {
                                self.tell_refused_use(org, &connection, &call.flow.slug, why);
                            }
                            Input::Connection(connected)
                        }
                        Err(error) => {
                            Input::Connection(Arc::new(Connected::refused(connection, error.to_string())))
                        }
                    }
                }
                Action::Call => match self.send(org, &run, call.flow, &mut scrubber, watch).await {
                    Some(over) => {
                        if let Outcome::Answered(answer) = &over.outcome
                            && let AnswerBody::Whole(body) = &answer.body
                        {
                            result.raw = Some(body.clone());
                        }
                        Input::Attempt(Box::new(over))
                    }
                    None => break,
                },
                Action::Sleep { until, retry: true } => {
                    let wait = until.duration_since(self.now()).max(jiff::SignedDuration::ZERO);
                    tokio::time::sleep(wait.unsigned_abs()).await;
                    Input::Woke
                }
                Action::Sleep { retry: false, .. } | Action::Open | Action::Finish => break,
            };
        }
        result.fault = run.ended.and_then(|ended| ended.fault);
        DirectResult { step: part.steps, effects: part.effects, ..result }
    }
}

/// A caller's key, told apart by org, as an id.
fn keyed(org: &OrgId, key: &str) -> String {
    let digest = Sha256::digest(format!("callout/call/{}/{org}/{key}", org.as_str().len()));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
