//! Acting: one request sent, once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::node::NodeKind;
use callout_flow::run::{AttemptOver, Input, Run};
use callout_outbound::{Credential, Limits, Owner, Scrubber};

use crate::drive::{Held, Progress, Watch};
use crate::engine::Engine;

impl Engine {
    /// Sends the pending call of a run once.
    pub(crate) async fn call(&self, held: &mut Held, watch: &mut Watch<'_>) -> Input {
        let Held { org, run, flow, scrubber, .. } = held;
        match self.send(org, run, flow, scrubber, watch).await {
            Some(over) => Input::Attempt(Box::new(over)),
            // The machine then says that it is out of step.
            None => Input::NoFlow,
        }
    }

    /// Sends a run's pending call; `None` where it has none.
    pub(crate) async fn send(
        &self,
        org: &OrgId,
        run: &Run,
        flow: &Flow,
        scrubber: &mut Scrubber,
        watch: &mut Watch<'_>,
    ) -> Option<AttemptOver> {
        let pending = run.pending()?;
        let Some(NodeKind::ApiCall(call)) = flow.node(run.node()).map(|node| &node.kind) else { return None };
        let credential = Credential::from(pending.auth.clone());
        scrubber.merge(credential.scrubber());
        let attempts_max = call.retry.attempts_max;
        if let Some(request) = &pending.step.request {
            let node = pending.step.node.as_str();
            watch(Progress::Calling { node, attempt: pending.attempt, attempts_max, request }, scrubber);
        }
        let started_at = self.now();
        let left = call.retry.time_left(pending.first_started_at, started_at).as_millis();
        let left = u64::try_from(left).unwrap_or(0).max(1);
        let engine_limits = self.limits();
        let timeout_ms = call.timeout_ms.min(engine_limits.timeout_ms_max).min(left);
        let limits = Limits {
            timeout: Duration::from_millis(timeout_ms),
            response_bytes_max: call.response_bytes_max.unwrap_or(engine_limits.response_bytes_max),
            redirects_max: call.redirects_max,
            may_resend: call.idempotent,
            max_connections: None,
            now: started_at,
        };
        let owner = Owner::of(org.clone());
        self.inner.counted.calls.fetch_add(1, Ordering::Relaxed);
        let sent = self.inner.outbound.send(&owner, &pending.request, &credential, &limits).await;
        Some(AttemptOver { outcome: sent.outcome, started_at, timing: sent.timing, hops: sent.hops })
    }
}
