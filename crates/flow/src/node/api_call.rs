//! The `apiCall` node: one guarded call of an API, its answer mapped, its outcome routed.

pub mod draft;

pub use draft::ApiCallDraft;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::case::{self, Case};
use crate::flow::{Target, Targets};
use crate::judge::Judged;
use crate::map::{JsonPath, Outputs};
use crate::node::api_call::draft::OnFailure;
use crate::outcome::{Note, Outcome};
use crate::outcome_key::OutcomeKey;
use crate::problem::{FieldPath, Problem, Severity};
use crate::render::{CallTemplate, Invalid, RenderContext, Rendered};
use crate::request::RenderedAuth;
use crate::retry::{AttemptEnd, RetryPolicy};
use crate::run::{AttemptOver, Exit, Fault, Move, Pending, Visit};
use crate::shared::Shared;
use crate::step::{
    Attempt, AttemptError, CallError, MASK, RECORDED_BODY_BYTES_MAX, RequestRecord, ResponseRecord, Sent,
    body_text, header_map,
};

/// `timeoutMs` where the author gives none.
pub const TIMEOUT_MS_DEFAULT: u64 = 10_000;
/// The most that `timeoutMs` may be, unless the operator raises it.
pub const TIMEOUT_MS_MAX: u64 = 60_000;
/// `responseVariable` where the author gives none.
pub const RESPONSE_VARIABLE: &str = "httpResult";

/// The node, compiled.
#[derive(Debug)]
pub struct ApiCall {
    pub request: CallTemplate,
    pub timeout_ms: u64,
    pub retry: RetryPolicy,
    pub idempotent: bool,
    pub redirects_max: u8,
    /// The author's own cap of an answer, bytes.
    pub response_bytes_max: Option<u64>,
    pub response_variable: String,
    pub outputs: Outputs,
    result_path: Option<JsonPath>,
    pub cases: Vec<Case>,
    pub next: Option<Target>,
    on_failure: OnFailure,
}

impl ApiCall {
    pub(crate) fn compile(
        draft: &ApiCallDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let request = CallTemplate::compile(draft, at, problems);
        let retry_found = problems.len();
        let retry = RetryPolicy::compile(draft.retry.as_ref(), &at.key("retry"), problems);
        let timeout_ms = draft.timeout_ms.unwrap_or(TIMEOUT_MS_DEFAULT);
        if timeout_ms > TIMEOUT_MS_MAX {
            problems.push(Problem::warning(
                "timeout-too-long",
                at.key("timeoutMs"),
                format!("an attempt may take {TIMEOUT_MS_MAX} ms at most, unless the operator raises that"),
                "Shorten it, or have the operator raise `egress.timeout_ms_max`; until then it is cut.",
            ));
        }
        let response_variable = draft.response_variable.as_deref().unwrap_or(RESPONSE_VARIABLE);
        super::check_variable_name(response_variable, at.key("responseVariable"), problems);
        let whole = !problems[retry_found..].iter().any(|problem| problem.severity == Severity::Error);
        let outputs = Outputs::compile(&draft.outputs, &at.key("outputs"), problems);
        let result_path = match &draft.result_path {
            None => Some(None),
            Some(path) => JsonPath::compile(path, &at.key("resultPath"), problems).map(Some),
        };
        let cases = super::compile_cases(&draft.cases, targets, &at.key("cases"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems);
        let request = request?;
        let idempotent = request.method().is_idempotent() || draft.idempotency.is_some();
        whole.then_some(())?;
        Some(Self {
            request,
            timeout_ms,
            retry,
            idempotent,
            redirects_max: draft.follow_redirects.unwrap_or(0),
            response_bytes_max: draft.response_bytes_max,
            response_variable: response_variable.to_owned(),
            outputs: outputs?,
            result_path: result_path?,
            cases: cases?,
            next: next?,
            on_failure: draft.on_failure.unwrap_or_default(),
        })
    }

    /// Renders the request once; what cannot be rendered is the outcome `invalid`.
    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        match self.render(visit) {
            Ok(rendered) => {
                visit.step.problems.extend(rendered.notes);
                visit.step.request = Some(RequestRecord::new(&rendered.request, &rendered.auth));
                Ok(Move::Call(Box::new(Pending {
                    step: visit.take_step(),
                    request: rendered.request,
                    auth: rendered.auth,
                    attempt: 1,
                    first_started_at: visit.now,
                })))
            }
            Err(invalid) => {
                for problem in &invalid {
                    let message = format!("{}: {}", problem.at, problem.message);
                    visit.step.problems.push(Note { code: problem.code.into(), message });
                }
                let judged = Judged::invalid(&invalid, &self.outputs);
                self.finish(visit, judged, 0).map(Move::Leave)
            }
        }
    }

    pub(crate) fn render(&self, visit: &Visit<'_>) -> Result<Rendered, Vec<Invalid>> {
        let roots = visit.roots();
        let context = RenderContext {
            idempotency_key: self.request.is_keyed().then(|| visit.run.idempotency_key()),
            contact: visit.run.contact_if_any(),
            flow_number: visit.flow.number,
            run_id: visit.run.id.as_str(),
            now: visit.now,
        };
        self.request.render(&visit.scope(&roots), &context)
    }

    /// What `auth` renders to in this visit.
    pub(crate) fn render_auth(&self, visit: &Visit<'_>) -> Result<RenderedAuth, Vec<Invalid>> {
        let roots = visit.roots();
        self.request.render_auth(&visit.scope(&roots))
    }

    /// An attempt is over: send again later, or take its outcome.
    pub(crate) fn attempt_over(
        &self,
        visit: &mut Visit<'_>,
        mut pending: Pending,
        over: AttemptOver,
    ) -> Result<AfterAttempt, Fault> {
        let mut judged = Judged::of(&over.outcome, pending.request.method, &self.outputs);
        if !over.hops.is_empty() && judged.sent == Sent::No {
            // What failed is a later hop: the call itself had been sent, and answered with a redirect.
            judged.sent = Sent::Yes;
        }
        let retry_at = self.retry_at(visit, &pending, &over, &judged);
        visit.step.attempts.push(attempt_record(pending.attempt, over, &judged, retry_at, visit.now));
        match retry_at {
            Some(at) => {
                pending.step = visit.take_step();
                pending.attempt += 1;
                Ok(AfterAttempt::Retry { at, pending: Box::new(pending) })
            }
            None => self.finish(visit, judged, pending.attempt).map(AfterAttempt::Leave),
        }
    }

    fn retry_at(
        &self,
        visit: &Visit<'_>,
        pending: &Pending,
        over: &AttemptOver,
        judged: &Judged,
    ) -> Option<Timestamp> {
        if judged.outcome == OutcomeKey::Unknown {
            // The process ended while this call was under way: what is safe to send twice goes out again.
            return self.idempotent.then_some(visit.now);
        }
        let retry_after = match &over.outcome {
            Outcome::Answered(answer) => answer.header("retry-after"),
            _ => None,
        };
        let end = AttemptEnd {
            number: pending.attempt,
            outcome: judged.outcome,
            sent: judged.sent,
            redirected: !over.hops.is_empty(),
            retry_after,
            first_started_at: pending.first_started_at,
            now: visit.now,
            seed: &visit.run.seed(),
        };
        self.retry.next_attempt(&end, self.idempotent)
    }

    /// The outcome is known: all that the node writes is replaced together, then a case is taken.
    fn finish(&self, visit: &mut Visit<'_>, judged: Judged, attempts: u32) -> Result<Exit, Fault> {
        let outcome = judged.outcome;
        visit.step.outcome = Some(outcome);
        visit.step.status = judged.status;
        let result = self.result_path.as_ref().and_then(|path| path.find(&judged.body).ok().flatten());
        self.write(visit, judged, attempts)?;
        let mut notes = Vec::new();
        let taken = {
            let roots = visit.roots();
            let ended = case::Ended { outcome, result: result.as_ref(), scope: &visit.scope(&roots) };
            case::take(&self.cases, &ended, &mut notes).map(|(taken, to)| (taken, to.clone()))
        };
        visit.step.problems.append(&mut notes);
        Ok(match taken {
            Some((taken, to)) => Exit::Case(taken, to),
            None if !outcome.is_success() && self.on_failure == OnFailure::End => Exit::Fail(format!(
                "the call ended as `{outcome}`, no case takes that, and `onFailure` is `end`",
            )),
            None => Exit::Next(self.next.clone()),
        })
    }

    /// Writes the variables, the view and the record of an answer. The body is shared among them.
    fn write(&self, visit: &mut Visit<'_>, judged: Judged, attempts: u32) -> Result<(), Fault> {
        let success = judged.outcome.is_success();
        let masked: Option<Shared> = self.outputs.masked(&judged.body).map(Shared::from);
        let headers: Shared = Value::Object(header_map(&judged.headers)).into();
        let error = judged.error.as_ref().map_or(Value::Null, |error| call_error(error, &judged, attempts));
        let recorded = recorded_body(&judged, masked.as_ref());
        visit.step.response = judged.status.map(|status| ResponseRecord {
            status,
            headers: headers.clone(),
            body: recorded.clone(),
            bytes: judged.bytes.len() as u64,
            body_cut: false,
        });
        let mut shown: IndexMap<String, Value> =
            masked.iter().map(|body| (self.response_variable.clone(), body.value().clone())).collect();
        shown.extend(judged.mapped.sensitive.iter().map(|(name, _)| (name.clone(), MASK.into())));
        // A large body that no node reads is not carried along: its first lines stand for it. The record has more.
        let unread = judged.bytes.len() > RECORDED_BODY_BYTES_MAX
            && !visit.flow.reads().has_var(&self.response_variable);
        let kept = if unread { recorded.cut(UNREAD_BODY_BYTES_MAX) } else { judged.body.clone() };
        let mut set = vec![
            (self.response_variable.clone(), Some(kept)),
            ("httpStatus".to_owned(), Some(Value::from(judged.status.unwrap_or(0)).into())),
            ("httpOk".to_owned(), Some(Value::from(success).into())),
            ("httpHeaders".to_owned(), Some(headers.clone())),
            ("httpError".to_owned(), Some(error.into())),
        ];
        visit.step.problems.extend(judged.notes);
        visit.secrets(judged.mapped.sensitive.into_iter().flat_map(|(_, texts)| texts));
        set.extend(judged.mapped.set.into_iter().map(|(name, value)| (name, value.map(Shared::from))));
        visit.set(set, shown)?;
        if visit.flow.reads().has_steps() {
            let body = judged.body.value().clone();
            visit.view(view(judged.outcome, judged.status, body, headers.value().clone()));
        }
        Ok(())
    }
}

/// Bytes of a large body that stay in its variable where no node reads it.
const UNREAD_BODY_BYTES_MAX: usize = 1024;

/// What comes after an attempt.
#[derive(Debug)]
pub(crate) enum AfterAttempt {
    Retry { at: Timestamp, pending: Box<Pending> },
    Leave(Exit),
}

fn attempt_record(
    number: u32,
    over: AttemptOver,
    judged: &Judged,
    retry_at: Option<Timestamp>,
    now: Timestamp,
) -> Attempt {
    Attempt {
        number,
        started_at: over.started_at,
        duration_ms: crate::run::millis_between(over.started_at, now),
        outcome: judged.outcome,
        status: judged.status,
        sent: judged.sent,
        error: judged.error.clone(),
        timing: over.timing,
        hops: over.hops,
        retry_at,
    }
}

/// The body as a record shows it; where it is large, its text.
fn recorded_body(judged: &Judged, masked: Option<&Shared>) -> Shared {
    let large = judged.bytes.len() > RECORDED_BODY_BYTES_MAX;
    match masked {
        // A large body is shown as text, which has no places to mask: not at all, then.
        Some(_) if large => Value::from(MASK).into(),
        Some(masked) => masked.clone(),
        None if large => Shared::plain(&judged.bytes).unwrap_or_else(|| body_text(&judged.bytes).into()),
        None => judged.body.clone(),
    }
}

fn call_error(error: &AttemptError, judged: &Judged, attempts: u32) -> Value {
    let error =
        CallError { class: error.class.clone(), message: error.message.clone(), sent: judged.sent, attempts };
    serde_json::json!(error)
}

/// What `steps.<node>` reads of a visit.
fn view(outcome: OutcomeKey, status: Option<u16>, body: Value, headers: Value) -> Value {
    let mut view = Map::new();
    view.insert("outcome".to_owned(), outcome.to_string().into());
    view.insert("status".to_owned(), status.unwrap_or(0).into());
    view.insert("ok".to_owned(), outcome.is_success().into());
    view.insert("body".to_owned(), body);
    view.insert("headers".to_owned(), headers);
    Value::Object(view)
}

/// Whether a call may go out twice: for the checker.
pub fn resend_safe(draft: &ApiCallDraft) -> bool {
    crate::render::method_of(draft).is_idempotent() || draft.idempotency.is_some()
}
