//! What is odd in one call: retries that never happen, URLs that the guard refuses, credentials written out.

use super::CheckContext;
use super::outcomes::OutcomeSet;
use crate::integration::OperationDraft;
use crate::node::NodeDraft;
use crate::node::api_call::draft::{ApiCallDraft, Mode, RetryDraft};
use crate::node::api_call::{OwnVariables, RESPONSE_VARIABLE, resend_safe};
use crate::outcome_key::OutcomeMatch;
use crate::problem::{FieldPath, Problem};
use crate::retry::{RetryPolicy, may_send_again};
use crate::step::Sent;

pub(super) fn check(
    node: &NodeDraft,
    at: &FieldPath,
    context: &CheckContext<'_>,
    problems: &mut Vec<Problem>,
) {
    let NodeDraft::ApiCall(call) = node else { return };
    let operation = context.known.and_then(|known| known.operation(call));
    super::inputs::check(call, operation, at, problems);
    check_retry(call, operation, at, problems);
    check_url(call, at, context, problems);
    check_credentials(call, at, problems);
    check_output_names(call, at, problems);
}

fn check_retry(
    call: &ApiCallDraft,
    operation: Option<&OperationDraft>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let Some(retry) = &call.retry else { return };
    let at = at.key("retry");
    if retry.max_attempts.unwrap_or(1) <= 1 {
        if *retry != RetryDraft::default() && retry.max_attempts.is_none() {
            let message = "nothing is retried: `maxAttempts` is not given, and is 1";
            problems.push(Problem::warning("retry-not-applicable", at, message, "Give `maxAttempts`, as 3."));
        }
        return;
    }
    let safe = resend_safe(call, operation);
    let Some(on) = &retry.on else {
        // The default list is ours: only that some of it does not apply is worth a word, and only once.
        let idle: Vec<String> = RetryPolicy::default()
            .on
            .iter()
            .filter(|word| applies(**word, safe) != Applies::Always)
            .map(ToString::to_string)
            .collect();
        if !idle.is_empty() {
            let message = format!(
                "this write is not sent again after {}, unless nothing had been sent: it could take effect twice",
                idle.join(", ")
            );
            problems.push(Problem::warning("retry-not-applicable", at, message, IDEMPOTENCY_FIX));
        }
        return;
    };
    for (index, text) in on.0.iter().enumerate() {
        let Ok(word) = OutcomeMatch::parse(text) else { continue };
        let one = on.0.len() == 1;
        let at = if one { at.key("on") } else { at.key("on").index(index) };
        let (message, fix) = match applies(word, safe) {
            Applies::Always => continue,
            Applies::Never if refused(word) => (
                format!("a call is never sent again after `{text}`: it would end the same way"),
                "Take it out.",
            ),
            Applies::Never => (
                format!("this write is never sent again after `{text}`: it could take effect twice"),
                IDEMPOTENCY_FIX,
            ),
            Applies::WhenNotSent => (
                format!(
                    "this write is sent again after `{text}` only if nothing had been sent: it could take effect twice"
                ),
                IDEMPOTENCY_FIX,
            ),
        };
        problems.push(Problem::warning("retry-not-applicable", at, message, fix));
    }
}

const IDEMPOTENCY_FIX: &str =
    "Give the call `idempotency: {header: Idempotency-Key}` if the API knows such a header.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applies {
    Always,
    WhenNotSent,
    Never,
}

/// Whether a word of `retry.on` ever leads to another attempt: the best that holds for any of its outcomes.
fn applies(word: OutcomeMatch, safe: bool) -> Applies {
    let outcomes = OutcomeSet::of_call().named(&[word]);
    let any = |sent: Sent| outcomes.iter().any(|key| may_send_again(key, sent, safe));
    let answered = |key| matches!(key, crate::outcome_key::OutcomeKey::Status(_));
    if any(Sent::Maybe) {
        return Applies::Always;
    }
    // What was answered was sent; what failed before that may not have been.
    let unsent = outcomes.filter(|key| !answered(key)).iter().any(|key| may_send_again(key, Sent::No, safe));
    if unsent && outcomes.iter().any(is_never_sent) {
        Applies::Always
    } else if unsent {
        Applies::WhenNotSent
    } else {
        Applies::Never
    }
}

/// Outcomes that are found before a byte leaves.
fn is_never_sent(key: crate::outcome_key::OutcomeKey) -> bool {
    use crate::outcome_key::OutcomeKey::{CircuitOpen, MaxConnection, RateLimited};
    matches!(key, MaxConnection | RateLimited | CircuitOpen)
}

/// Outcomes that no call is sent again after.
fn refused(word: OutcomeMatch) -> bool {
    OutcomeSet::of_call().named(&[word]).iter().all(|key| !may_send_again(key, Sent::No, true))
}

fn check_url(call: &ApiCallDraft, at: &FieldPath, context: &CheckContext<'_>, problems: &mut Vec<Problem>) {
    let Some(verdict) = context.verdict else { return };
    let mut judge = |url: &str, at: FieldPath| {
        if let Some(why) = verdict(url) {
            let fix = "A run would end this call as `blocked`.";
            problems.push(Problem::warning("url-refused", at, why, fix));
        }
    };
    let Some(url) = &call.url else { return };
    if url.trim_start().starts_with("{{") {
        for (index, host) in call.url_hosts.iter().enumerate() {
            judge(&format!("https://{host}/"), at.key("urlHosts").index(index));
        }
    } else if let Some(literal) = literal_start(url) {
        judge(literal, at.key("url"));
    }
}

/// A URL as far as it holds no template, if that is at least its host.
fn literal_start(url: &str) -> Option<&str> {
    let literal = url.split("{{").next()?.trim();
    let (_, rest) = literal.split_once("://")?;
    let whole = literal.len() == url.trim().len();
    (whole || rest.contains(['/', '?', '#'])).then_some(literal)
}

/// Credentials in header rows; those in `auth` are told when the call is compiled.
fn check_credentials(call: &ApiCallDraft, at: &FieldPath, problems: &mut Vec<Problem>) {
    for (index, row) in call.headers.iter().enumerate().filter(|(_, row)| row.enabled) {
        let value = row.value.as_str();
        if is_credential_header(&row.name) && !value.is_empty() && !value.contains("{{") {
            let at = at.key("headers").index(index).key("value");
            let message = "a credential is written into the flow, where everyone who reads it sees it";
            let fix = "Keep it in a connection, or pass it in with the event.";
            problems.push(Problem::warning("literal-credential", at, message, fix));
        }
    }
}

/// Whether a header is there to carry a credential.
pub(crate) fn is_credential_header(name: &str) -> bool {
    CREDENTIAL_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

const CREDENTIAL_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "x-api-key", "api-key", "apikey", "x-auth-token"];

/// The variable that takes a call's body, where one does.
pub(super) fn body_variable(call: &ApiCallDraft) -> Option<&str> {
    match call.mode {
        Mode::Http => Some(call.response_variable.as_deref().unwrap_or(RESPONSE_VARIABLE)),
        Mode::Integration => None,
    }
}

/// Outputs that hide what the call writes itself.
fn check_output_names(call: &ApiCallDraft, at: &FieldPath, problems: &mut Vec<Problem>) {
    let body = body_variable(call);
    let is_own = |name: &str| OwnVariables::of(call.mode).names().any(|own| own == name);
    if let Some(body) = body.filter(|body| is_own(body)) {
        let message = format!("`{body}` is written by every call, and hides the body");
        let fix = "Choose another name.";
        problems.push(Problem::warning("variable-twice", at.key("responseVariable"), message, fix));
    }
    for (index, output) in call.outputs.iter().enumerate() {
        if body == Some(&output.var) || is_own(&output.var) {
            let message =
                format!("`{}` is written by the call itself, and the output hides that", output.var);
            let at = at.key("outputs").index(index).key("var");
            problems.push(Problem::warning("variable-twice", at, message, "Choose another name."));
        }
    }
}
