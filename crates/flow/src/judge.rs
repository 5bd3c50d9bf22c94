//! Judging an outcome: from what came back to a key of spec 5, a decoded body and mapped outputs.

use bytes::Bytes;

use crate::answer::{self, Decoded};
use crate::map::{AnswerView, Mapped, Outputs};
use crate::outcome::{Answer, AnswerBody, Failure, Note, Outcome, Refusal};
use crate::outcome_key::OutcomeKey;
use crate::render::Invalid;
use crate::request::Method;
use crate::shared::Shared;
use crate::step::{AttemptError, Sent};

/// One attempt, judged.
#[derive(Clone, Debug)]
pub struct Judged {
    pub outcome: OutcomeKey,
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    /// The decoded body; null where there is none or it cannot be decoded.
    pub body: Shared,
    /// The body as received, after decompression; empty where it was not kept.
    pub bytes: Bytes,
    pub sent: Sent,
    /// Why there is no usable answer, where there is none.
    pub error: Option<AttemptError>,
    pub mapped: Mapped,
    pub notes: Vec<Note>,
}

impl Judged {
    pub fn of(outcome: &Outcome, method: Method, outputs: &Outputs) -> Self {
        match outcome {
            Outcome::Answered(answer) => judge_answer(answer, method, outputs),
            Outcome::Refused(refusal) => Self::refused(refusal, outputs),
            Outcome::NotSent(failure) => Self::failed(failure, Sent::No, outputs),
            Outcome::NoAnswer(failure) => Self::failed(failure, Sent::Maybe, outputs),
        }
    }

    /// The request could not be rendered: nothing was sent.
    pub fn invalid(invalid: &[Invalid], outputs: &Outputs) -> Self {
        let told: Vec<String> = invalid.iter().map(|i| format!("{}: {}", i.at, i.message)).collect();
        Self::unanswered(OutcomeKey::Invalid, Sent::No, error("invalid", told.join("; ")), outputs)
    }

    fn refused(refusal: &Refusal, outputs: &Outputs) -> Self {
        let error = AttemptError {
            reason: Some(refusal.reason.as_str().into()),
            ..error("blocked", refusal.message.clone())
        };
        Self::unanswered(OutcomeKey::Blocked, Sent::No, error, outputs)
    }

    fn failed(failure: &Failure, sent: Sent, outputs: &Outputs) -> Self {
        let outcome = OutcomeKey::from(failure.class);
        let error = AttemptError {
            phase: Some(failure.phase),
            ..error(&outcome.to_string(), failure.message.clone())
        };
        Self::unanswered(outcome, sent, error, outputs)
    }

    fn unanswered(outcome: OutcomeKey, sent: Sent, error: AttemptError, outputs: &Outputs) -> Self {
        Self {
            outcome,
            status: None,
            headers: Vec::new(),
            body: Shared::null(),
            bytes: Bytes::new(),
            sent,
            error: Some(error),
            mapped: outputs.unanswered(),
            notes: Vec::new(),
        }
    }
}

/// A complete head makes its status the outcome; only a 2xx can become `response`.
fn judge_answer(answer: &Answer, method: Method, outputs: &Outputs) -> Judged {
    let success = (200..300).contains(&answer.status);
    let mut notes = answer.notes.clone();
    let mut unusable = None;
    let mut bytes = Bytes::new();
    let mut picked = None;
    let body = match read_body(answer, method, outputs) {
        Ok((decoded, whole)) => {
            notes.extend(decoded.notes);
            bytes = whole;
            picked = decoded.picked;
            decoded.body
        }
        Err((why, whole)) => {
            notes.push(Note { code: "body-unreadable".into(), message: why.clone() });
            unusable = Some(why);
            bytes.clone_from(&whole);
            Shared::null()
        }
    };
    let view = AnswerView {
        status: answer.status,
        headers: &answer.headers,
        body: &body,
        picked: picked.as_deref(),
    };
    let mapped = outputs.map(&view);
    notes.extend(mapped.notes.iter().cloned());
    if success && unusable.is_none() && !mapped.missing_required.is_empty() {
        unusable = Some(format!("the answer lacks what is required: {}", mapped.missing_required.join(", ")));
    }
    let (outcome, error) = match unusable {
        Some(why) if success => (OutcomeKey::Response, Some(error("response", why))),
        _ => (OutcomeKey::Status(answer.status), None),
    };
    let headers = answer.headers.clone();
    Judged {
        outcome,
        status: Some(answer.status),
        headers,
        body,
        bytes,
        sent: Sent::Yes,
        error,
        mapped,
        notes,
    }
}

/// The decoded body, or why there is none, with the bytes as far as they were kept.
fn read_body(
    answer: &Answer,
    method: Method,
    outputs: &Outputs,
) -> Result<(Decoded, Bytes), (String, Bytes)> {
    match &answer.body {
        AnswerBody::Whole(bytes) if method == Method::Head => {
            Ok((Decoded { body: Shared::null(), picked: None, notes: Vec::new() }, bytes.clone()))
        }
        AnswerBody::Whole(bytes) => match answer::decode(&answer.headers, bytes, outputs.picks()) {
            Ok(decoded) => Ok((decoded, bytes.clone())),
            Err(why) => Err((why.to_string(), bytes.clone())),
        },
        AnswerBody::TooLarge { bytes_max } => Err((
            format!("the body is larger than {bytes_max} bytes and was not read to its end"),
            Bytes::new(),
        )),
        AnswerBody::Undecodable { why } | AnswerBody::BrokenOff { why } => Err((why.clone(), Bytes::new())),
    }
}

fn error(class: &str, message: String) -> AttemptError {
    AttemptError { class: class.to_owned(), message, phase: None, reason: None }
}
