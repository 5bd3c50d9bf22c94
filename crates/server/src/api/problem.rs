//! What the API answers where it does not do what was asked: `application/problem+json` (RFC 9457).

mod codes;

pub use codes::Code;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use callout_flow::problem::{Problem, Severity};
use callout_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not carried out, and how to mend it.
#[derive(Debug)]
pub struct ApiProblem(Box<Content>);

#[derive(Debug)]
struct Content {
    body: ProblemBody,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request was not carried out, and how to mend it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem, example = json!({
    "type": "/docs/problems/body-invalid.md", "title": "The body does not fit", "status": 422, "code": "body-invalid",
    "detail": "there is no key `nmae`", "fix": "Did you mean `name`?", "at": "nmae"
}))]
pub struct ProblemBody {
    /// The page that explains the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The code in words.
    title: &'static str,
    /// The answer's status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable: what to tell cases apart by.
    code: &'static str,
    /// What is wrong here, and where.
    detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fix: Option<String>,
    /// Which field of the body, query parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at: Option<String>,
    /// The line of the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<usize>,
    /// The column in that line, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    column: Option<usize>,
    /// All that is wrong with a document or body, where it is more than one thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Found>,
}

/// One thing that is wrong with a document, or worth a second look.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Found)]
pub struct Found {
    /// Stable; `docs/problems/<code>.md` explains it.
    pub code: String,
    pub severity: Weight,
    /// Which field, as `nodes.lookup.cases[1].on`; empty for the whole document.
    pub at: String,
    /// From 1, where the text is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<usize>,
    /// From 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it, where the message does not say so already.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
}

/// How much a problem weighs: a warning lets a flow be published, an error does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    Warning,
    Error,
}

impl Found {
    pub fn is_error(&self) -> bool {
        self.severity == Weight::Error
    }

    /// How many are errors, and how many warnings.
    pub fn tally(all: &[Self]) -> (usize, usize) {
        let errors = all.iter().filter(|found| found.is_error()).count();
        (errors, all.len() - errors)
    }
}

impl From<Problem> for Found {
    fn from(problem: Problem) -> Self {
        Self {
            code: problem.code.into_owned(),
            severity: match problem.severity {
                Severity::Warning => Weight::Warning,
                Severity::Error => Weight::Error,
            },
            at: problem.at.to_string(),
            line: problem.place.map(|place| place.line),
            column: problem.place.map(|place| place.column),
            message: problem.message,
            fix: problem.fix,
        }
    }
}

/// The media type of problems.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// How long a caller should wait before asking again while nothing can be written, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

impl ApiProblem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let body = ProblemBody {
            kind: format!("/docs/problems/{}.md", code.text),
            title: code.title,
            status: code.status.as_u16(),
            code: code.text,
            detail: detail.into(),
            fix: None,
            at: None,
            line: None,
            column: None,
            problems: Vec::new(),
        };
        let mut problem = Self(Box::new(Content { body, headers: Vec::new() }));
        if matches!(code, Code::STORE_UNAVAILABLE | Code::STOPPING | Code::CALLS_AT_LIMIT) {
            problem = problem.header(header::RETRY_AFTER, RETRY_AFTER);
        }
        problem
    }

    pub fn code(&self) -> &'static str {
        self.0.body.code
    }

    pub fn detail(&self) -> &str {
        &self.0.body.detail
    }

    /// A thing that is not there, or is another org's.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(Code::NOT_FOUND, format!("there is no {what}"))
    }

    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.0.body.fix = Some(fix.into()).filter(|fix: &String| !fix.is_empty());
        self
    }

    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.0.body.at = Some(at.into());
        self
    }

    #[must_use]
    pub fn place(mut self, line: usize, column: usize) -> Self {
        (self.0.body.line, self.0.body.column) = (Some(line), Some(column));
        self
    }

    #[must_use]
    pub fn problems(mut self, problems: Vec<Found>) -> Self {
        self.0.body.problems = problems;
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The whole message, for a connection on which nothing else can answer any more.
    pub fn last_words(&self) -> Vec<u8> {
        let body = serde_json::to_vec(&self.0.body).unwrap_or_default();
        let status = axum::http::StatusCode::from_u16(self.0.body.status).unwrap_or_default();
        let mut message = format!(
            "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default(),
            body.len()
        )
        .into_bytes();
        message.extend(body);
        message
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let Content { body, headers } = *self.0;
        let status = axum::http::StatusCode::from_u16(body.status).unwrap_or_default();
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        for (name, value) in headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => {
                tracing::warn!(%why, "the store is unavailable");
                Self::new(
                    Code::STORE_UNAVAILABLE,
                    format!("nothing was changed, for nothing can be written now: {why}"),
                )
                .fix("Send the same request again once that is mended: the server goes on by itself.")
            }
            StoreError::Conflict(why) => Self::new(Code::CONFLICT, why).fix("Read it again, then decide."),
            StoreError::NotFound => Self::new(Code::NOT_FOUND, "it is not there"),
            StoreError::Unusable(why) | StoreError::SecretUnavailable(why) => {
                tracing::error!(%why, "the store cannot be used");
                Self::new(Code::INTERNAL, "the store cannot be used; the server's log says why")
            }
        }
    }
}
