//! Renders and explains a node without sending anything.

use std::sync::Arc;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::Connected;
use callout_flow::node::NodeKind;
use callout_flow::outcome::Note;
use callout_flow::render::{Fed, Invalid};
use callout_flow::run::Run;
use callout_flow::step::{Effect, RequestRecord, Step};
use callout_outbound::{Credential, Scrubber, Verdict};
use serde::Serialize;

use crate::engine::Engine;

/// What a node would do.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Preview {
    /// An `apiCall`.
    Call(Box<PreviewCall>),
    /// Any other node: what it would set and tell, worked out and thrown away.
    Step { step: Box<Step>, effects: Vec<Effect> },
}

/// What a call would send.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewCall {
    /// As it would be sent, credentials masked; null where it cannot be rendered.
    pub request: Option<RequestRecord>,
    /// Why it cannot be rendered.
    pub invalid: Vec<Invalid>,
    pub problems: Vec<Note>,
    /// The guard's view of the URL, before any look-up.
    pub verdict: Option<Verdict>,
    pub retry: RetryPlan,
    /// Which variables fed which field.
    pub fed: Vec<Fed>,
}

/// When the call would be sent again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPlan {
    pub max_attempts: u32,
    pub within_ms: i64,
    pub timeout_ms: u64,
    pub on: Vec<String>,
    /// In words: what is sent again, and what never.
    pub rule: String,
}

impl Engine {
    /// Explains the node that a run stands before. Nothing is sent.
    pub async fn preview(
        &self,
        org: &OrgId,
        flow: &Flow,
        run: &mut Run,
        scrubber: &mut Scrubber,
    ) -> Option<Preview> {
        let node = flow.node(run.node())?;
        let NodeKind::ApiCall(call) = &node.kind else {
            let advanced = callout_flow::run::advance(flow, run, callout_flow::run::Input::Flow, self.now());
            let step = advanced.steps.into_iter().next()?;
            return Some(Preview::Step { step: Box::new(step), effects: advanced.effects });
        };
        let retry = RetryPlan {
            max_attempts: call.retry.attempts_max,
            within_ms: i64::try_from(call.retry.within.as_millis()).unwrap_or(i64::MAX),
            timeout_ms: call.timeout_ms.min(self.limits().timeout_ms_max),
            on: call.retry.on.iter().map(ToString::to_string).collect(),
            rule: rule_in_words(call.retry.attempts_max, call.idempotent),
        };
        let mut preview = PreviewCall {
            request: None,
            invalid: Vec::new(),
            problems: Vec::new(),
            verdict: None,
            retry,
            fed: Vec::new(),
        };
        let connected = match call.connection() {
            None => None,
            Some(id) => Some(
                self.connected(org, flow, run, id)
                    .await
                    .unwrap_or_else(|error| Arc::new(Connected::refused(id, error.to_string()))),
            ),
        };
        let shown = connected.as_ref().map(|connected| connected.shown.clone());
        match callout_flow::run::render_call(flow, run, connected, self.now()) {
            Some(Ok(rendered)) => {
                scrubber.merge(Credential::from(rendered.auth.clone()).scrubber());
                preview.verdict = Some(self.outbound().policy().judge(rendered.request.url.as_str(), None));
                preview.request =
                    Some(RequestRecord::new(&rendered.request, shown.as_ref().unwrap_or(&rendered.auth)));
                preview.problems = rendered.notes;
                preview.fed = call.request.fed();
            }
            Some(Err(invalid)) => preview.invalid = invalid,
            None => return None,
        }
        Some(Preview::Call(Box::new(preview)))
    }
}

fn rule_in_words(attempts_max: u32, idempotent: bool) -> String {
    match (attempts_max, idempotent) {
        (1, _) => "sent once".to_owned(),
        (n, true) => format!("sent up to {n} times: it is safe to send twice"),
        (n, false) => format!(
            "sent up to {n} times, but again only when it was not sent, or was answered 429 or 503: \
             sending it twice could act twice (an idempotency key would make it safe)"
        ),
    }
}
