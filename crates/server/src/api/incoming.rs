//! What the bodies of events, runs and calls share: read once, by the rules of values, and refused in words.

use axum::http::{HeaderMap, header};
use callout_engine::AcceptError;
use callout_engine::FlowError;
use callout_store::Key;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::body::{Shaped, content_type, field_invalid, fit, media_type, text};
use super::flows::not_found;
use super::problem::{ApiProblem, Code};

/// The longest `Idempotency-Key`, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// A JSON object as a body: its value, by the rules of variables (no number is rounded, no key stands twice).
pub fn object(headers: &HeaderMap, bytes: &bytes::Bytes) -> Result<Map<String, Value>, ApiProblem> {
    match media_type(headers) {
        Some("application/json") => {}
        found => return Err(content_type(found, "application/json")),
    }
    let parsed = callout_flow::json::parse(text(bytes)?.as_bytes()).map_err(|error| {
        let detail = format!("line {}, column {}: {}", error.line, error.column, error.message);
        ApiProblem::new(Code::BODY_NOT_JSON, detail).place(error.line, error.column)
    })?;
    if let Some(key) = parsed.repeated_key {
        return Err(field_invalid(
            &key,
            format!("the key `{key}` stands twice in one object"),
            "Keep one of them.",
        ));
    }
    match parsed.value {
        Value::Object(map) => Ok(map),
        _ => Err(ApiProblem::new(Code::BODY_INVALID, "the body is not an object").fix("Send a JSON object.")),
    }
}

/// What a body of another shape than `T` has wrong, in the words of its schema.
pub fn told_by_schema<T: Shaped>(bytes: &bytes::Bytes) -> ApiProblem {
    match text(bytes).and_then(fit::<T>) {
        Err(problem) => problem,
        Ok(_) => ApiProblem::new(Code::BODY_INVALID, "the body does not fit"),
    }
}

/// The caller's `Idempotency-Key`, with what it was sent for.
pub fn key(headers: &HeaderMap, scope: &str, body: &[u8]) -> Result<Option<Key>, ApiProblem> {
    let Some(text) = key_text(headers)? else { return Ok(None) };
    Ok(Some(Key { scope: scope.to_owned(), text: text.to_owned(), digest: Sha256::digest(body).into() }))
}

pub fn key_text(headers: &HeaderMap) -> Result<Option<&str>, ApiProblem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let fit =
        |text: &&str| (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    value.to_str().ok().filter(fit).map(Some).ok_or_else(|| {
        ApiProblem::new(
            Code::HEADER_INVALID,
            format!("`Idempotency-Key` must be 1 to {KEY_BYTES_MAX} visible ASCII characters"),
        )
        .at("Idempotency-Key")
        .fix("Send a text of your own that is unique to the request, such as a UUID.")
    })
}

/// Why nothing was accepted, as the API says it.
pub fn refused(error: AcceptError, slug: &str) -> ApiProblem {
    match error {
        AcceptError::UnknownFlow => not_found(slug)
            .fix("Publish the flow first: `POST /v1/flows/{slug}/publish`; `GET /v1/flows` lists the flows there are."),
        AcceptError::OtherRequest => {
            ApiProblem::new(Code::KEY_REUSED, "this `Idempotency-Key` was sent before with another request")
                .at("Idempotency-Key")
                .fix("Send a new key with a new request, and the same body with the same key.")
        }
        AcceptError::Stopping => ApiProblem::new(Code::STOPPING, "the server is stopping and takes nothing new")
            .fix("Send it again in a moment, or to another process."),
        AcceptError::Flow(FlowError::Store(error)) => error.into(),
        AcceptError::Flow(error @ FlowError::Broken { .. }) => {
            ApiProblem::new(Code::DOCUMENT_UNREADABLE, error.to_string()).fix("Publish the flow again.")
        }
    }
}

/// A header that names where a thing is.
pub fn location(path: &str) -> (header::HeaderName, axum::http::HeaderValue) {
    let value = axum::http::HeaderValue::from_str(path);
    (header::LOCATION, value.unwrap_or(axum::http::HeaderValue::from_static("/")))
}
