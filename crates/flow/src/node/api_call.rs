//! The `apiCall` node: one guarded call of an API, its answer mapped, its outcome routed.

pub mod draft;
pub mod source;

pub use draft::ApiCallDraft;
use source::Sourced;
pub use source::{OwnVariables, RESPONSE_VARIABLE, Source};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::case::{self, Case};
use crate::expression::EvalError;
use crate::flow::{Target, Targets};
use crate::integration::inputs::{InputFault, Inputs};
use crate::integration::{Known, OperationDraft};
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
use crate::scope::Scope;
use crate::shared::Shared;
use crate::step::{
    Attempt, AttemptError, CallError, MASK, RECORDED_BODY_BYTES_MAX, RequestRecord, ResponseRecord, Sent,
    body_text, header_map,
};

/// `timeoutMs` where the author gives none.
pub const TIMEOUT_MS_DEFAULT: u64 = 10_000;
/// The most that `timeoutMs` may be, unless the operator raises it.
pub const TIMEOUT_MS_MAX: u64 = 60_000;

/// The node, compiled.
#[derive(Debug)]
pub struct ApiCall {
    pub source: Source,
    pub request: CallTemplate,
    inputs: Option<Inputs>,
    connection: Option<String>,
    pub timeout_ms: u64,
    pub retry: RetryPolicy,
    pub idempotent: bool,
    pub redirects_max: u8,
    /// The author's own cap of an answer, bytes.
    pub response_bytes_max: Option<u64>,
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
        known: Option<&Known>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let found = problems.len();
        let sourced = source::compile(draft, known, at, problems);
        let of_source = sourced.as_ref().map(|sourced| &sourced.source);
        let operation = of_source.and_then(Source::operation);
        let retry = draft.retry.as_ref().or_else(|| of_source.and_then(Source::retry));
        let retry = RetryPolicy::compile(retry, &at.key("retry"), problems);
        let operation_timeout = operation.and_then(|operation| operation.timeout_ms);
        let timeout_ms = draft.timeout_ms.or(operation_timeout).unwrap_or(TIMEOUT_MS_DEFAULT);
        if timeout_ms > TIMEOUT_MS_MAX {
            problems.push(Problem::warning(
                "timeout-too-long",
                at.key("timeoutMs"),
                format!("an attempt may take {TIMEOUT_MS_MAX} ms at most, unless the operator raises that"),
                "Shorten it, or have the operator raise `egress.timeout_ms_max`; until then it is cut.",
            ));
        }
        let whole = !problems[found..].iter().any(|problem| problem.severity == Severity::Error);
        let outputs = source::outputs(draft, of_source);
        let outputs = Outputs::compile(&outputs, &at.key("outputs"), problems);
        let operation_path = operation.and_then(|operation| operation.result_path.as_ref());
        let result_path = match draft.result_path.as_ref().or(operation_path) {
            None => Some(None),
            Some(path) => JsonPath::compile(path, &at.key("resultPath"), problems).map(Some),
        };
        let cases = super::compile_cases(&draft.cases, targets, &at.key("cases"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems);
        let Sourced { source, request, inputs } = sourced?;
        let idempotent = request.method().is_idempotent() || request.is_keyed();
        whole.then_some(())?;
        Some(Self {
            source,
            request,
            inputs,
            connection: draft.connection_id.clone(),
            timeout_ms,
            retry,
            idempotent,
            redirects_max: draft.follow_redirects.unwrap_or(0),
            response_bytes_max: draft.response_bytes_max,
            outputs: outputs?,
            result_path: result_path?,
            cases: cases?,
            next: next?,
            on_failure: draft.on_failure.unwrap_or_default(),
        })
    }

    /// The id of the connection whose credentials it uses.
    pub fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    /// Renders the request once; what cannot be rendered is the outcome `invalid`.
    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        match self.render(visit) {
            Ok(rendered) => {
                visit.step.problems.extend(rendered.notes);
                let shown = visit.run.connected.as_ref().map_or(&rendered.auth, |connected| &connected.shown);
                visit.step.request = Some(RequestRecord::new(&rendered.request, shown));
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
        self.check_connection(visit)?;
        let roots = visit.roots();
        let context = RenderContext {
            idempotency_key: self.request.is_keyed().then(|| visit.run.idempotency_key()),
            contact: visit.run.contact_if_any(),
            flow_number: visit.flow.number,
            run_id: visit.run.id.as_str(),
            now: visit.now,
        };
        let scope = visit.scope(&roots);
        let Some(inputs) = &self.inputs else { return self.request.render(&scope, &context) };
        let (values, mut notes) = inputs.render(&scope).map_err(|faults| {
            let invalid = |fault| match fault {
                InputFault::Template(EvalError { code, message, .. }) => {
                    Invalid { at: inputs.at.clone(), code, message }
                }
                InputFault::Schema(message) => {
                    Invalid { at: inputs.at.clone(), code: "input-invalid", message }
                }
            };
            faults.into_iter().map(invalid).collect::<Vec<_>>()
        })?;
        let scope = Scope { inputs: Some(&values), ..scope };
        let mut rendered = self.request.render(&scope, &context)?;
        notes.append(&mut rendered.notes);
        Ok(Rendered { notes, ..rendered })
    }

    /// Whether the connection that it names can be used for it.
    fn check_connection(&self, visit: &Visit<'_>) -> Result<(), Vec<Invalid>> {
        let Some(id) = &self.connection else { return Ok(()) };
        let wanted = match &self.source {
            Source::Http { .. } => None,
            Source::Integration { integration, .. } => Some(integration.draft.slug.as_str()),
        };
        let why = match &visit.run.connected {
            None => "it was not looked up".to_owned(),
            Some(connected) => match &connected.refused {
                Some(why) => why.clone(),
                None if connected.integration.as_deref() != wanted => {
                    "it is for calls of another kind".to_owned()
                }
                None => return Ok(()),
            },
        };
        let at = FieldPath::root().key("connectionId");
        let message = format!("the connection `{id}` cannot be used: {why}");
        Err(vec![Invalid { at, code: "connection-unusable", message }])
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
            not_before: over.not_before,
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
        let response_variable = match &self.source {
            Source::Http { response_variable } => Some(response_variable),
            Source::Integration { .. } => None,
        };
        let mut shown: IndexMap<String, Value> = response_variable
            .zip(masked.as_ref())
            .map(|(name, body)| (name.clone(), body.value().clone()))
            .into_iter()
            .collect();
        shown.extend(judged.mapped.sensitive.iter().map(|(name, _)| (name.clone(), MASK.into())));
        let own = self.source.own_variables();
        let mut set = Vec::new();
        if let Some(name) = response_variable {
            // A large body that no node reads is not carried along: its first lines stand for it. The record has more.
            let unread = judged.bytes.len() > RECORDED_BODY_BYTES_MAX && !visit.flow.reads().has_var(name);
            let kept = if unread { recorded.cut(UNREAD_BODY_BYTES_MAX) } else { judged.body.clone() };
            set.push((name.clone(), Some(kept)));
        }
        let mut put = |name: &str, value: Shared| set.push((name.to_owned(), Some(value)));
        put(own.status, Value::from(judged.status.unwrap_or(0)).into());
        put(own.ok, Value::from(success).into());
        if let Some(name) = own.headers {
            put(name, headers.clone());
        }
        put(own.error, error.into());
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
pub fn resend_safe(draft: &ApiCallDraft, operation: Option<&OperationDraft>) -> bool {
    let (method, body) = match operation {
        Some(operation) => (operation.method, operation.body.as_ref()),
        None => (draft.method, draft.body.as_ref()),
    };
    let keyed = draft.idempotency.is_some() || operation.is_some_and(|known| known.idempotency.is_some());
    crate::render::method_of(method, body).is_idempotent() || keyed
}
