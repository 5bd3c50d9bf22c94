//! Acting: one request sent, once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::node::NodeKind;
use callout_flow::node::api_call::ApiCall;
use callout_flow::outcome::{Answer, AnswerBody, Note, Outcome, Phase, Timing};
use callout_flow::run::{AttemptOver, Input, Pending, Run};
use callout_outbound::{Credential, Limits, Owner, Scrubber, Sent};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::connection::{Keyed, NoCredential};
use crate::drive::{Held, Progress, Watch};
use crate::engine::Engine;
use crate::governor::Lane;

/// One attempt under way.
struct Attempt<'a> {
    engine: &'a Engine,
    org: &'a OrgId,
    run: &'a Run,
    flow: &'a Flow,
    call: &'a ApiCall,
    pending: &'a Pending,
    limits: Limits,
    /// By when it must be over.
    deadline: Instant,
}

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
        let attempts_max = call.retry.attempts_max;
        if let Some(request) = &pending.step.request {
            let node = pending.step.node.as_str();
            watch(Progress::Calling { node, attempt: pending.attempt, attempts_max, request }, scrubber);
        }
        let started_at = self.now();
        let left = call.retry.time_left(pending.first_started_at, started_at).as_millis();
        let left = u64::try_from(left).unwrap_or(0).max(1);
        let engine_limits = self.limits();
        let timeout = Duration::from_millis(call.timeout_ms.min(engine_limits.timeout_ms_max).min(left));
        let limits = Limits {
            timeout,
            response_bytes_max: call.response_bytes_max.unwrap_or(engine_limits.response_bytes_max),
            redirects_max: call.redirects_max,
            may_resend: call.idempotent,
            max_connections: None,
            now: started_at,
        };
        let deadline = Instant::now() + timeout;
        let attempt = Attempt { engine: self, org, run, flow, call, pending, limits, deadline };
        self.inner.counted.calls.fetch_add(1, Ordering::Relaxed);
        let mut over = match call.connection() {
            None => {
                let credential = Credential::from(pending.auth.clone());
                scrubber.merge(credential.scrubber());
                match self.owner(org).await {
                    Ok(owner) => attempt.over(attempt.once(&owner, &credential, attempt.limits).await),
                    Err(why) => attempt.failed(Outcome::NotSent(why.failure()), None),
                }
            }
            Some(connection) => attempt.keyed(connection, scrubber).await,
        };
        over.started_at = started_at;
        Some(over)
    }
}

impl Attempt<'_> {
    async fn once(&self, owner: &Owner, credential: &Credential, limits: Limits) -> Sent {
        self.engine.inner.outbound.send(owner, &self.pending.request, credential, &limits).await
    }

    fn over(&self, sent: Sent) -> AttemptOver {
        let Sent { outcome, timing, hops } = sent;
        AttemptOver { outcome, started_at: self.limits.now, timing, hops, not_before: None }
    }

    fn failed(&self, outcome: Outcome, not_before: Option<Timestamp>) -> AttemptOver {
        let timing = Timing { total_ms: self.spent().as_secs_f64() * 1e3, ..Timing::default() };
        AttemptOver { outcome, started_at: self.limits.now, timing, hops: Vec::new(), not_before }
    }

    fn spent(&self) -> Duration {
        self.limits.timeout.saturating_sub(self.deadline.saturating_duration_since(Instant::now()))
    }

    /// With a connection: its credential, its turn, and once more with a new token where the old one had ended.
    async fn keyed(&self, connection: &str, scrubber: &mut Scrubber) -> AttemptOver {
        let keyed = match self.credential(connection, None).await {
            Ok(keyed) => keyed,
            Err(why) => return self.failed(why.outcome(), None),
        };
        let over = self.paced(connection, &keyed, scrubber).await;
        let Some((token, answer)) = self.ended_token(&keyed, &over) else { return over };
        let renewed = self.credential(connection, Some(token)).await;
        // What changes something is not sent twice, whatever the answer was.
        if !self.call.idempotent || !over.hops.is_empty() {
            return over;
        }
        match renewed {
            Ok(renewed) => {
                let status = answer.status;
                let mut again = self.paced(connection, &renewed, scrubber).await;
                // Held back by our own limits: the answer stands, for it was sent.
                if matches!(&again.outcome, Outcome::NotSent(failure) if failure.phase == Phase::Slot) {
                    return over;
                }
                if let Outcome::Answered(answer) = &mut again.outcome {
                    let message = format!("the token had ended ({status}): sent again with a new one");
                    answer.notes.push(Note { code: "token-renewed".into(), message });
                }
                again
            }
            Err(_) => over,
        }
    }

    async fn credential(
        &self,
        connection: &str,
        rejected: Option<&callout_flow::request::SecretText>,
    ) -> Result<Arc<Keyed>, NoCredential> {
        // The same over all attempts: the receiver knows a message by it.
        let message_id = format!("msg_{}", self.run.idempotency_key());
        let keyed = self.engine.credential(self.org, connection, self.call, &message_id, rejected);
        let late = || NoCredential::Late(format!("no token for the connection `{connection}` came in time"));
        tokio::time::timeout_at(self.deadline, keyed).await.map_err(|_| late())?
    }

    /// Waits for the connection's turn, and sends.
    async fn paced(&self, connection: &str, keyed: &Keyed, scrubber: &mut Scrubber) -> AttemptOver {
        scrubber.merge(keyed.credential.scrubber());
        let engine = self.engine;
        let host = self.pending.request.url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let lane = Lane { org: self.org, connection, host: &host, limits: &keyed.limits };
        let left = || self.deadline.saturating_duration_since(Instant::now());
        let admitted = match engine.inner.governor.admit(lane, engine.now(), left()) {
            Ok(admitted) => admitted,
            Err(held) => return self.failed(Outcome::NotSent(held.failure), Some(held.until)),
        };
        if !admitted.wait.is_zero() {
            tokio::time::sleep(admitted.wait).await;
        }
        let now = engine.now();
        engine.inner.store.touch_connection(self.org, connection, now);
        let own = match engine.owner(self.org).await {
            Ok(own) => own,
            Err(why) => return self.failed(Outcome::NotSent(why.failure()), None),
        };
        let owner = Owner { connection: Some(connection.to_owned()), lane: u64::from(self.flow.key), ..own };
        let max_connections = keyed.limits.max_connections;
        let limits = Limits { timeout: left(), max_connections, now, ..self.limits };
        let sent = self.once(&owner, &keyed.credential, limits).await;
        admitted.learn(&sent.outcome, engine.now());
        if let Outcome::Refused(refusal) = &sent.outcome {
            engine.tell_refused_use(self.org, connection, &self.flow.slug, &refusal.message);
        }
        let mut over = self.over(sent);
        over.timing.total_ms = over.timing.total_ms.max(self.spent().as_secs_f64() * 1e3);
        over
    }

    /// The token that was shown, where the answer says that it is not valid any more.
    fn ended_token<'k, 'o>(
        &self,
        keyed: &'k Keyed,
        over: &'o AttemptOver,
    ) -> Option<(&'k callout_flow::request::SecretText, &'o Answer)> {
        let token = keyed.token.as_ref()?;
        let Outcome::Answered(answer) = &over.outcome else { return None };
        let auth = keyed.auth(self.call)?;
        let expired = auth.expired()?;
        let response = if expired.reads_body() { response(answer) } else { Value::Null };
        expired.says(answer.status, &response).then_some((token, answer))
    }
}

/// `response`, for the rule by which a token counts as ended.
fn response(answer: &Answer) -> Value {
    let headers = answer.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    let body = match &answer.body {
        AnswerBody::Whole(bytes) => serde_json::from_slice(bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into()),
        _ => Value::Null,
    };
    let members = [
        ("status".to_owned(), answer.status.into()),
        ("headers".to_owned(), Value::Object(headers.collect())),
        ("body".to_owned(), body),
    ];
    Value::Object(Map::from_iter(members))
}
