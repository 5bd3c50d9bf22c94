//! One run from beginning to end while someone looks on: the terminal's way.

use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{Fault, Input, Start};
use callout_outbound::Scrubber;
use callout_store::{RunStatus, StoreError};
use jiff::Timestamp;
use serde_json::Value;

use crate::accept::AcceptError;
use crate::drive::{Held, Pause, Progress, Watch};
use crate::engine::Engine;

/// What to do at a `wait` node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Leave the run waiting.
    Stop,
    /// Go on as if the time had come.
    Skip,
}

/// How a walk came out.
#[derive(Debug)]
pub struct Walked {
    pub id: RunId,
    pub status: RunStatus,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub result: Value,
    /// Why it failed, where a fault ended it.
    pub error: Option<Fault>,
    /// The run's record, JSON text.
    pub record: Vec<u8>,
    /// What must be masked wherever the run is shown.
    pub scrubber: Scrubber,
}

impl Engine {
    /// Walks a run of a published flow, telling `watch` as it goes, until it is over or waits.
    pub async fn walk(
        &self,
        org: &OrgId,
        slug: &str,
        start: Start,
        waits: Waits,
        watch: &mut Watch<'_>,
    ) -> Result<Walked, AcceptError> {
        let flow = self.published(org, slug).await?.ok_or(AcceptError::UnknownFlow)?;
        let fresh = self.fresh(&flow, start);
        let mut held = self.held(org, fresh);
        let mut input = Input::Flow;
        loop {
            let (until, retry) = match self.drive(&mut held, input, watch).await {
                Pause::Over { status, ended_at, .. } => {
                    return self.walked(held, status, Some(ended_at)).await;
                }
                Pause::Parked { until, retry } => (until, retry),
                Pause::Lost(error) => {
                    let lost = || StoreError::Unavailable("the run could not be recorded".to_owned());
                    return Err(error.unwrap_or_else(lost).into());
                }
            };
            if retry {
                tokio::time::sleep(self.time_until(until)).await;
            } else {
                let skipped = waits == Waits::Skip;
                watch(Progress::Waiting { until, skipped }, &held.scrubber);
                if !skipped {
                    return self.walked(held, RunStatus::Waiting, None).await;
                }
            }
            let claimed = self.inner.store.claim_run(org, &held.run.id, self.now()).await?;
            let taken_up = match claimed {
                Some(claimed) => self.take_up(claimed, None).await,
                None => None,
            };
            let Some((next, next_input)) = taken_up else {
                return Err(StoreError::Conflict("the run could not be taken up again".to_owned()).into());
            };
            let scrubber = std::mem::take(&mut held.scrubber);
            held = next;
            held.scrubber.merge(&scrubber);
            input = next_input;
        }
    }

    async fn walked(
        &self,
        held: Held,
        status: RunStatus,
        ended_at: Option<Timestamp>,
    ) -> Result<Walked, AcceptError> {
        let record = self.record(&held.org, &held.run.id).await?.unwrap_or_default();
        let (result, error) = match &held.run.ended {
            Some(ended) => (ended.result.clone(), ended.fault.clone()),
            None => (Value::Null, None),
        };
        Ok(Walked {
            id: held.run.id.clone(),
            status,
            started_at: held.started_at,
            ended_at,
            result,
            error,
            record,
            scrubber: held.scrubber,
        })
    }
}
