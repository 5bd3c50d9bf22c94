//! What goes for every request, whatever it asks: who may ask from a browser, headers, figures, one line of log.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::body::{content_type, media_type};
use super::identity::session_cookie;
use super::problem::{ApiProblem, Code};
use super::{Rules, Shared};
use crate::serve::Ambiguous;

/// Names a request in the answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A year of https only.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Put before all routes, and before what answers where there is none.
#[derive(Clone, Debug)]
pub struct Front(pub Shared);

impl<S> Layer<S> for Front {
    type Service = Fronted<S>;

    fn layer(&self, inner: S) -> Fronted<S> {
        Fronted { inner, api: self.0.clone() }
    }
}

#[derive(Clone, Debug)]
pub struct Fronted<S> {
    inner: S,
    api: Shared,
}

impl<S> Service<Request> for Fronted<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let asked = Asked {
            api: self.api.clone(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            begun: Instant::now(),
        };
        let (refused, inner) = match refuse(&request, &self.api.rules) {
            Some(problem) => (Some(problem), None),
            None => (None, Some(self.inner.call(request))),
        };
        Answering { asked: Some(asked), refused, inner }
    }
}

/// Why a request is not even looked at.
fn refuse(request: &Request, rules: &Rules) -> Option<ApiProblem> {
    if request.extensions().get::<Ambiguous>().is_some() {
        let detail =
            "the request has `Content-Length` and `Transfer-Encoding`: where its body ends is not certain";
        return Some(
            ApiProblem::new(Code::AMBIGUOUS_FRAMING, detail)
                .fix("Send one of the two.")
                .header(header::CONNECTION, HeaderValue::from_static("close")),
        );
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let headers = request.headers();
    if from_another_site(headers, rules) {
        let detail = "a page of another site sent this, and only pages of this server's own address may";
        return Some(
            ApiProblem::new(Code::CROSS_SITE, detail)
                .fix("Call from a server, or set `server.public_url` to the address that your page has."),
        );
    }
    session_cookie(headers).and_then(|_| refuse_by_cookie(headers))
}

/// A browser adds the cookie to whatever any page sends: what comes with one must be known to come from ours.
fn refuse_by_cookie(headers: &HeaderMap) -> Option<ApiProblem> {
    if !headers.contains_key("sec-fetch-site") && !headers.contains_key(header::ORIGIN) {
        let detail = "the request shows a session and does not say which page sent it";
        return Some(
            ApiProblem::new(Code::CROSS_SITE, detail).fix(
                "Browsers send `Sec-Fetch-Site` or `Origin` by themselves; elsewhere call with a token.",
            ),
        );
    }
    let media = media_type(headers)?.to_ascii_lowercase();
    // What a form of any site can send.
    let forms = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
    forms.contains(&media.as_str()).then(|| content_type(Some(&media), "application/json"))
}

/// Whether a browser sent this for a page of another origin. Browsers say so themselves; other callers send neither header.
fn from_another_site(headers: &HeaderMap, rules: &Rules) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let Ok(origin) = origin.to_str() else { return true };
    if rules.public_origin.as_deref() == Some(origin) {
        return false;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, authority)| host.is_empty() || authority != host)
}

/// What is kept of a request until it is answered.
#[derive(Debug)]
struct Asked {
    api: Shared,
    method: Method,
    route: Option<MatchedPath>,
    begun: Instant,
}

pin_project! {
    /// An answer under way.
    #[derive(Debug)]
    pub struct Answering<F> {
        asked: Option<Asked>,
        refused: Option<ApiProblem>,
        #[pin]
        inner: Option<F>,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Answering<F> {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match (this.refused.take(), this.inner.as_pin_mut()) {
            (Some(problem), _) => problem.into_response(),
            (None, Some(inner)) => match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => response,
                // What panicked has said so on standard error, and is not polled again.
                Err(_) => internal().into_response(),
            },
            (None, None) => internal().into_response(),
        };
        Poll::Ready(Ok(match this.asked.take() {
            Some(asked) => asked.answered(response),
            None => response,
        }))
    }
}

fn internal() -> ApiProblem {
    ApiProblem::new(
        Code::INTERNAL,
        "the server met a fault of its own; its log says more under this request's id",
    )
}

/// Counts the requests of this process, for their ids.
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Asked {
    fn answered(self, mut response: Response) -> Response {
        let took = self.begun.elapsed();
        let status = response.status().as_u16();
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let id = request_id(self.api.process, COUNT.fetch_add(1, Ordering::Relaxed));
        self.api.figures.request(&self.method, route, status, took);
        if self.api.rules.log_requests {
            let id = std::str::from_utf8(&id).unwrap_or_default();
            let us = took.as_micros();
            tracing::info!(target: "callout::request", id, method = self.method.as_str(), route, status, us);
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_bytes(&id) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
        if self.api.rules.is_https() {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }
}

/// `req_`, the process and the count, in hex.
fn request_id(process: u32, count: u64) -> [u8; 28] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut id = *b"req_000000000000000000000000";
    let number = (u128::from(process) << 64) | u128::from(count);
    for (place, byte) in id[4..].iter_mut().rev().enumerate() {
        *byte = HEX[(number >> (4 * place)) as usize & 15];
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_tell_processes_apart() {
        assert_eq!(&request_id(0xab, 1), b"req_000000ab0000000000000001");
        assert_eq!(&request_id(u32::MAX, u64::MAX), b"req_ffffffffffffffffffffffff");
    }
}
