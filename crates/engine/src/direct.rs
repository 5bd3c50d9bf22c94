//! One call without a flow's run: nothing of it is kept, and retries happen while the caller waits.

use callout_flow::flow::Flow;
use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{Action, Fault, Input, Run, Start};
use sha2::{Digest, Sha256};

use crate::drive::Watch;
use crate::engine::Engine;
use crate::unkept::Unkept;

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
        let run = Run::new(id, call.flow, Start { single: true, ..call.start });
        let mut unkept = Unkept::new(self, org, run);
        let mut input = Input::Flow;
        while let Some(Action::Sleep { until, retry: true }) = unkept.go(call.flow, input, watch).await {
            tokio::time::sleep(self.time_until(until)).await;
            input = Input::Woke;
        }
        DirectResult {
            fault: unkept.run.ended.and_then(|ended| ended.fault),
            step: unkept.part.steps,
            effects: unkept.part.effects,
            raw: unkept.raw,
        }
    }
}

/// A caller's key, told apart by org, as an id.
fn keyed(org: &OrgId, key: &str) -> String {
    let digest = Sha256::digest(format!("callout/call/{}/{org}/{key}", org.as_str().len()));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
