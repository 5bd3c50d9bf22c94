//! Renders an HTTP request from what an author wrote: every value by the rules of its position.

mod auth;
mod body;
mod contact;
pub mod encode;
mod headers;
mod multipart;
mod query;
mod slot;
mod url;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub use self::headers::HEADERS_MAX;
pub use self::url::UrlTemplate;

use crate::expression::{EvalError, Meter, ReadPath};
use crate::node::api_call::ApiCallDraft;
use crate::node::api_call::draft::BodyDraft;
use crate::outcome::Note;
use crate::problem::{FieldPath, Problem};
use crate::request::{Header, Method, PreparedRequest, RenderedAuth};
use crate::scope::Scope;
use auth::AuthTemplate;
use body::BodyTemplate;
use headers::Headers;
use query::Query;

/// The request of an `apiCall` in http mode, compiled.
#[derive(Debug)]
pub struct CallTemplate {
    method: Method,
    url: UrlTemplate,
    headers: Headers,
    auth: AuthTemplate,
    body: BodyTemplate,
    idempotency_header: Option<String>,
    reads: Vec<FieldReads>,
}

/// What one field reads.
#[derive(Clone, Debug)]
pub struct FieldReads {
    pub at: FieldPath,
    pub paths: Vec<ReadPath>,
    /// Whether a missing value is provided for: by `default`, a condition, or an optional row.
    pub guarded: bool,
}

/// Which variables fed a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fed {
    pub at: FieldPath,
    /// As `vars.order.id`.
    pub reads: Vec<ReadPath>,
}

/// Why a request cannot be rendered: nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invalid {
    pub at: FieldPath,
    pub code: &'static str,
    pub message: String,
}

/// What a request is rendered with beside the scope.
#[derive(Clone, Debug)]
pub struct RenderContext<'a> {
    pub idempotency_key: Option<String>,
    /// For a `contact` body.
    pub contact: Option<&'a Value>,
    pub flow_number: u64,
    pub run_id: &'a str,
    pub now: Timestamp,
}

/// A rendered call.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    pub request: PreparedRequest,
    pub auth: RenderedAuth,
    /// What the author should know, as a JSON leaf that became null.
    pub notes: Vec<Note>,
}

/// The method of a call: as given, else POST with a `contact` body, else GET.
pub fn method_of(draft: &ApiCallDraft) -> Method {
    let default = match draft.body {
        Some(BodyDraft::Contact { .. }) => Method::Post,
        _ => Method::Get,
    };
    draft.method.unwrap_or(default)
}

impl CallTemplate {
    /// Reads a draft; all that is wrong with it goes to `problems`.
    pub fn compile(draft: &ApiCallDraft, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut reads = Vec::new();
        let mut compiler = Compiler { problems, reads: &mut reads };
        let query = Query::compile(draft, at, &mut compiler);
        let url = UrlTemplate::compile_call(draft, query, at, &mut compiler);
        let auth = AuthTemplate::compile(draft.auth.as_ref(), &at.key("auth"), &mut compiler);
        let body = BodyTemplate::compile(draft.body.as_ref(), &at.key("body"), &mut compiler);
        let headers = Headers::compile(draft, at, &mut compiler);
        let idempotency_header = headers::idempotency(draft, at, &mut compiler);
        Some(Self {
            method: method_of(draft),
            url: url?,
            headers: headers?,
            auth: auth?,
            body: body?,
            idempotency_header: idempotency_header?,
            reads,
        })
    }

    /// Whether it sends an idempotency key.
    pub fn is_keyed(&self) -> bool {
        self.idempotency_header.is_some()
    }

    /// Which variables feed which field.
    pub fn fed(&self) -> Vec<Fed> {
        self.reads.iter().map(|field| Fed { at: field.at.clone(), reads: field.paths.clone() }).collect()
    }

    pub fn method(&self) -> Method {
        self.method
    }

    /// What each field reads, for those that read anything.
    pub fn reads(&self) -> &[FieldReads] {
        &self.reads
    }

    /// The request with its values in place, or all that stands in the way.
    pub fn render(&self, scope: &Scope<'_>, context: &RenderContext<'_>) -> Result<Rendered, Vec<Invalid>> {
        self.render_metered(scope, context, &mut Meter::default())
    }

    /// The credentials alone, as [`Self::render`] makes them.
    pub fn render_auth(&self, scope: &Scope<'_>) -> Result<RenderedAuth, Vec<Invalid>> {
        let mut meter = Meter::default();
        let mut renderer = Renderer { scope, meter: &mut meter, invalid: Vec::new(), notes: Vec::new() };
        self.auth.render(&mut renderer).ok_or(renderer.invalid)
    }

    /// As [`Self::render`], counting the work.
    pub fn render_metered(
        &self,
        scope: &Scope<'_>,
        context: &RenderContext<'_>,
        meter: &mut Meter,
    ) -> Result<Rendered, Vec<Invalid>> {
        let mut renderer = Renderer { scope, meter, invalid: Vec::new(), notes: Vec::new() };
        let url = self.url.render_in(&mut renderer);
        let auth = self.auth.render(&mut renderer);
        let mut headers = self.headers.render(&mut renderer);
        let body = self.body.render(context, &mut renderer);
        let (Some(url), Some(auth), Some(body), true) = (url, auth, body, renderer.invalid.is_empty()) else {
            return Err(renderer.invalid);
        };
        headers::add_defaults(&mut headers, body.content_type);
        if let (Some(name), Some(key)) = (&self.idempotency_header, &context.idempotency_key) {
            headers.push(Header { name: name.clone(), value: key.clone() });
        }
        Ok(Rendered {
            request: PreparedRequest {
                method: self.method,
                url,
                headers,
                body: body.bytes,
                holes: Vec::new(),
            },
            auth,
            notes: renderer.notes,
        })
    }
}

/// What the parts of a call share while they are read.
struct Compiler<'c> {
    problems: &'c mut Vec<Problem>,
    reads: &'c mut Vec<FieldReads>,
}

impl Compiler<'_> {
    fn error(
        &mut self,
        code: &'static str,
        at: &FieldPath,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.problems.push(Problem::error(code, at.clone(), message, fix));
    }

    fn warning(
        &mut self,
        code: &'static str,
        at: &FieldPath,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.problems.push(Problem::warning(code, at.clone(), message, fix));
    }

    /// Notes what a field reads; a path that it reads twice once.
    fn reads(&mut self, at: &FieldPath, (mut paths, guarded): (Vec<ReadPath>, bool)) {
        paths.sort();
        paths.dedup();
        if !paths.is_empty() {
            self.reads.push(FieldReads { at: at.clone(), paths, guarded });
        }
    }
}

/// What the parts of a call share while they are rendered.
struct Renderer<'r> {
    scope: &'r Scope<'r>,
    meter: &'r mut Meter,
    invalid: Vec<Invalid>,
    notes: Vec<Note>,
}

impl Renderer<'_> {
    fn invalid(&mut self, at: &FieldPath, code: &'static str, message: impl Into<String>) {
        self.invalid.push(Invalid { at: at.clone(), code, message: message.into() });
    }

    fn failed(&mut self, at: &FieldPath, error: EvalError) {
        self.invalid(at, error.code, error.message);
    }
}
