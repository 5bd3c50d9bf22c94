//! How a token's server is reached: through the guarded door, with no redirects, and shown the client's secrets only.

use std::pin::Pin;
use std::time::Duration;

use callout_flow::outcome::{AnswerBody, Failure, Outcome, Refusal};
use callout_flow::request::{Header, Method, PreparedRequest, RenderedAuth, SecretText};
use callout_outbound::{Credential, HostPattern, Limits, Owner};
use oauth2::http::header::AUTHORIZATION;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::Value;

use crate::engine::Engine;

const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Why a token's server gave no answer that can be read.
#[derive(Debug)]
pub(super) enum NoAnswer {
    Refused(Refusal),
    Failed(Failure),
    /// It is there, and cannot serve now.
    Busy(u16),
    Odd(String),
}

impl std::error::Error for NoAnswer {}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => f.write_str(&refusal.message),
            Self::Failed(failure) => f.write_str(&failure.message),
            Self::Busy(status) => write!(f, "it answered {status}"),
            Self::Odd(why) => f.write_str(why),
        }
    }
}

/// Sends the requests of one fetch.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) engine: Engine,
    pub(super) owner: Owner,
    pub(super) hosts: Vec<HostPattern>,
    /// Masked in whatever is told of the fetch.
    pub(super) secrets: Vec<SecretText>,
}

impl<'w> AsyncHttpClient<'w> for Wire {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'w>>;

    fn call(&'w self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let (request, shown) = prepared(request)?;
        let credential =
            Credential::from(shown).with_secrets(&self.secrets).with_allowed_hosts(self.hosts.clone());
        // What it gives is kept sealed, and may be the very token that it was shown.
        let credential = credential.with_answer_unmasked();
        let limits = Limits {
            timeout: TIMEOUT,
            response_bytes_max: ANSWER_BYTES_MAX,
            redirects_max: 0,
            may_resend: false,
            max_connections: None,
            now: self.engine.now(),
        };
        let sent = self.engine.outbound().send(&self.owner, &request, &credential, &limits).await;
        let answer = match sent.outcome {
            Outcome::Answered(answer) => answer,
            Outcome::Refused(refusal) => return Err(NoAnswer::Refused(refusal)),
            Outcome::NotSent(failure) | Outcome::NoAnswer(failure) => return Err(NoAnswer::Failed(failure)),
        };
        if answer.status == 429 || answer.status >= 500 {
            return Err(NoAnswer::Busy(answer.status));
        }
        let AnswerBody::Whole(body) = &answer.body else {
            return Err(NoAnswer::Odd("its answer cannot be read or is too large".to_owned()));
        };
        let read = serde_json::from_slice(body).ok().and_then(|said| as_rfc(answer.status, said));
        let Some((status, said)) = read else {
            let why = format!("its server answered {} with something else than a token", answer.status);
            return Err(NoAnswer::Odd(why));
        };
        let mut response = HttpResponse::new(serde_json::to_vec(&said).map_err(odd)?);
        *response.status_mut() = oauth2::http::StatusCode::from_u16(status).map_err(odd)?;
        Ok(response)
    }
}

fn odd(error: impl std::fmt::Display) -> NoAnswer {
    NoAnswer::Odd(error.to_string())
}

/// The request, and apart from it what shows who the client is.
fn prepared(request: HttpRequest) -> Result<(PreparedRequest, RenderedAuth), NoAnswer> {
    let (head, body) = request.into_parts();
    let url = url::Url::parse(&head.uri.to_string()).map_err(odd)?;
    // Even with nothing here it is a request with secrets: its form holds them.
    let mut shown = Vec::new();
    let mut headers = Vec::new();
    for (name, value) in &head.headers {
        let value = value.to_str().map_err(odd)?;
        match *name == AUTHORIZATION {
            true => shown.push(("Authorization".to_owned(), SecretText::new(value))),
            false => headers.push(Header { name: name.to_string(), value: value.to_owned() }),
        }
    }
    let request = PreparedRequest { method: Method::Post, url, headers, body: Some(body), holes: Vec::new() };
    Ok((request, RenderedAuth::Headers(shown)))
}

/// What a server said, as RFC 6749 has it: some give errors with a 200, and `expires_in` as a text or a fraction. `None` where
/// it is neither a token nor an error.
fn as_rfc(status: u16, mut said: Value) -> Option<(u16, Value)> {
    let refuses = said.get("error").is_some_and(Value::is_string);
    if !(200..300).contains(&status) || (refuses && said.get("access_token").is_none()) {
        let status = if status < 400 { 400 } else { status };
        return refuses.then_some((status, said));
    }
    let life = said.get("expires_in").and_then(|life| match life {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        other => other.as_f64(),
    });
    match life {
        // What cannot be read counts as not said: the token is used until it is refused.
        None => drop(said.as_object_mut()?.remove("expires_in")),
        Some(seconds) => said["expires_in"] = Value::from(seconds.max(0.0) as u64),
    }
    Some((200, said))
}
