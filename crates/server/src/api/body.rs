//! The bodies of requests: read within bounds, and laid beside their schema.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use callout_flow::schema::{Fitted, Shape};
use callout_flow::source::{Format, parse};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::{ApiProblem, Code, Found};
use super::{Api, Rules, Shared};

/// A type that a JSON body is read as.
pub trait Shaped: DeserializeOwned {
    /// Its schema, made once.
    fn shape() -> &'static Shape;
}

/// Makes a type one that bodies are read as.
macro_rules! shaped {
    ($name:ident) => {
        impl $crate::api::body::Shaped for $name {
            fn shape() -> &'static callout_flow::schema::Shape {
                static SHAPE: std::sync::LazyLock<callout_flow::schema::Shape> =
                    std::sync::LazyLock::new(callout_flow::schema::Shape::of::<$name>);
                &SHAPE
            }
        }
    };
}
pub(super) use shaped;

/// A JSON body that fits.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Shaped> FromRequest<Shared> for Json<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiProblem> {
        let (parts, body) = request.into_parts();
        match media_type(&parts.headers) {
            Some("application/json") => {}
            found => return Err(content_type(found, "application/json")),
        }
        let bytes = read(api, &parts.headers, body).await?;
        fit(text(&bytes)?).map(Self)
    }
}

/// The most bytes of a body, and the key of the configuration that says so.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    bytes: u64,
    key: &'static str,
}

impl Rules {
    /// Of nearly all requests.
    pub fn usual(&self) -> Bound {
        Bound { bytes: self.request_bytes_max, key: "server.request_bytes_max" }
    }

    /// Of documents of others, and of integrations that are made of them.
    pub fn imports(&self) -> Bound {
        Bound { bytes: self.import_bytes_max, key: "server.import_bytes_max" }
    }
}

/// Reads a body whole, within the operator's bounds of size and time.
pub async fn read(api: &Api, headers: &HeaderMap, body: Body) -> Result<Bytes, ApiProblem> {
    read_within(api, headers, body, api.rules.usual()).await
}

/// The same with a bound of its own.
pub async fn read_within(
    api: &Api,
    headers: &HeaderMap,
    body: Body,
    bound: Bound,
) -> Result<Bytes, ApiProblem> {
    let limit = bound.bytes;
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(bound));
    }
    let body = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX));
    match tokio::time::timeout(api.rules.body_timeout, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(bound)),
        Ok(Err(_)) => Err(ApiProblem::new(Code::BODY_BROKEN_OFF, "the body broke off before its end")
            .fix("Send as many bytes as `Content-Length` says, or end the chunks.")),
        Err(_) => {
            Err(ApiProblem::new(Code::REQUEST_TOO_SLOW, "the body of the request did not come in time")
                .fix("Send it whole, without pauses.")
                .header(header::CONNECTION, axum::http::HeaderValue::from_static("close")))
        }
    }
}

fn too_large(Bound { bytes, key }: Bound) -> ApiProblem {
    ApiProblem::new(Code::REQUEST_TOO_LARGE, format!("the body has more than {bytes} bytes"))
        .fix(format!("Send less, or let the operator raise `{key}`."))
        .header(header::CONNECTION, axum::http::HeaderValue::from_static("close"))
}

/// The media type of a body, in lower case as it stands, without its parameters; none where the caller says none.
pub fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    let known = ["application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];
    known.into_iter().find(|known| known.eq_ignore_ascii_case(essence)).or(Some(essence))
}

pub fn content_type(found: Option<&str>, taken: &str) -> ApiProblem {
    let found = found.map_or_else(
        || "the body has no `Content-Type`".to_owned(),
        |found| format!("the body is `{found}`"),
    );
    ApiProblem::new(Code::CONTENT_TYPE, format!("{found}; this takes {taken}"))
        .fix(format!("Send `Content-Type: {taken}`."))
        .at("Content-Type")
}

pub fn text(bytes: &Bytes) -> Result<&str, ApiProblem> {
    std::str::from_utf8(bytes).map_err(|error| {
        ApiProblem::new(
            Code::BODY_NOT_TEXT,
            format!("the body is not UTF-8 from byte {} on", error.valid_up_to()),
        )
        .fix("Send it as UTF-8.")
    })
}

/// Lays a body's text beside the schema of `T`.
pub fn fit<T: Shaped>(text: &str) -> Result<T, ApiProblem> {
    let source = parse(text, Format::Json);
    let Some(tree) = source.tree else {
        let problem = source.problems.into_iter().next().map(Found::from);
        return Err(match problem {
            Some(found) => not_json(found),
            None => ApiProblem::new(Code::BODY_NOT_JSON, "the body is not JSON"),
        });
    };
    let Fitted { value, problems, .. } = T::shape().fit(&tree);
    let mut found: Vec<Found> = source.problems.into_iter().chain(problems).map(Found::from).collect();
    if !found.is_empty() {
        return Err(body_invalid(found));
    }
    serde_json::from_value(value).map_err(|error| {
        found.clear();
        ApiProblem::new(Code::BODY_INVALID, error.to_string())
    })
}

/// Refuses a text that is no JSON object.
pub fn hold_to_object(text: &str) -> Result<(), ApiProblem> {
    let parsed = callout_flow::json::parse(text.as_bytes()).map_err(|error| {
        let detail = format!("line {}, column {}: {}", error.line, error.column, error.message);
        ApiProblem::new(Code::BODY_NOT_JSON, detail).place(error.line, error.column)
    })?;
    if parsed.value.is_object() {
        return Ok(());
    }
    Err(field_invalid("", "a document is a JSON object", "Send `{\"kind\": \"flow\", …}`."))
}

fn not_json(found: Found) -> ApiProblem {
    let (line, column) = (found.line.unwrap_or(1), found.column.unwrap_or(1));
    let detail = format!("line {line}, column {column}: {}", found.message);
    ApiProblem::new(Code::BODY_NOT_JSON, detail).fix(found.fix).place(line, column)
}

/// A body that does not fit: the first fault in the words of the whole, and all of them.
pub fn body_invalid(found: Vec<Found>) -> ApiProblem {
    let more = match found.len() {
        0 | 1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    let Some(first) = found.first() else {
        return ApiProblem::new(Code::BODY_INVALID, "the body does not fit");
    };
    let mut problem = ApiProblem::new(Code::BODY_INVALID, format!("{}{more}", first.message))
        .fix(first.fix.clone())
        .at(first.at.clone());
    if let (Some(line), Some(column)) = (first.line, first.column) {
        problem = problem.place(line, column);
    }
    if found.len() > 1 { problem.problems(found) } else { problem }
}

/// One field of a body that its schema lets through and this endpoint does not take.
pub fn field_invalid(at: &str, detail: impl Into<String>, fix: impl Into<String>) -> ApiProblem {
    ApiProblem::new(Code::BODY_INVALID, detail).at(at).fix(fix)
}
