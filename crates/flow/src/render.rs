//! Renders an HTTP request from what an author wrote: every value by the rules of its position.

mod auth;
mod body;
mod contact;
pub mod encode;
pub mod field;
mod headers;
mod marks;
mod multipart;
mod query;
mod slot;
mod source;
mod url;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub(crate) use self::headers::DEFAULT_HEADERS;
pub use self::headers::HEADERS_MAX;
pub(crate) use self::marks::mark;
pub use self::source::{RequestSource, method_of};
pub use self::url::UrlTemplate;
use self::url::read_url;

use crate::expression::{EvalError, Meter, ReadPath};
use crate::outcome::Note;
use crate::problem::{FieldPath, Problem};
use crate::request::{Header, Method, PreparedRequest, RenderedAuth};
use crate::scope::{Roots, Scope};
use auth::AuthTemplate;
use body::BodyTemplate;
use headers::Headers;
use query::Query;

/// The request of an `apiCall`, compiled.
#[derive(Debug)]
pub struct CallTemplate {
    method: Method,
    url: UrlTemplate,
    headers: Headers,
    auth: AuthTemplate,
    body: BodyTemplate,
    idempotency_header: Option<String>,
    reads: Vec<FieldReads>,
    /// Whether a secret is placed anywhere, by the inputs too.
    has_secrets: bool,
}

/// What one field reads.
#[derive(Clone, Debug)]
pub struct FieldReads {
    pub at: FieldPath,
    pub paths: Vec<ReadPath>,
    /// Whether a missing value is provided for: by `default`, a condition, or an optional row.
    pub guarded: bool,
}

impl FieldReads {
    fn has_secret(&self) -> bool {
        self.paths.iter().any(|path| path.root == crate::scope::SECRET)
    }
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

impl CallTemplate {
    /// Reads a request; all that is wrong with it goes to `problems`.
    pub fn compile(source: &RequestSource<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut reads = Vec::new();
        let mut compiler = Compiler { problems, reads: &mut reads, roots: source.url.roots };
        let query = Query::compile(source, &mut compiler);
        let url = UrlTemplate::compile_call(source, query, &mut compiler);
        compiler.roots = source.auth.roots;
        let auth = AuthTemplate::compile(source.auth.value, &source.auth.at, &mut compiler);
        compiler.roots = source.body.roots;
        let body = BodyTemplate::compile(source.body.value, &source.body.at, &mut compiler);
        let headers = Headers::compile(source, &mut compiler);
        let idempotency_header = headers::idempotency(source, &mut compiler);
        Some(Self {
            method: source.method,
            url: url?,
            headers: headers?,
            auth: auth?,
            body: body?,
            idempotency_header: idempotency_header?,
            has_secrets: reads.iter().any(FieldReads::has_secret),
            reads,
        })
    }

    /// The inputs of an operation place a secret.
    pub(crate) fn with_secret_inputs(mut self) -> Self {
        self.has_secrets = true;
        self
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
        if self.has_secrets
            && let Some(root) = marks::forged(scope)
        {
            let message = format!("`{root}` holds U+FDD0 or U+FDD1, which cannot be placed beside a secret");
            renderer.invalid(&FieldPath::root(), "secret-mark", message);
        }
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
        let mut request =
            PreparedRequest { method: self.method, url, headers, body: body.bytes, holes: Vec::new() };
        if self.has_secrets
            && let Err(why) = marks::take(&mut request, self.body.hole_encoding())
        {
            return Err(vec![Invalid {
                at: self.url.at().clone(),
                code: "secret-place",
                message: why.into(),
            }]);
        }
        Ok(Rendered { request, auth, notes: renderer.notes })
    }
}

/// Whether a header may have this name; what is wrong with it is told.
pub(crate) fn check_header_name(name: &str, at: &FieldPath, problems: &mut Vec<Problem>) -> bool {
    let mut compiler = Compiler { problems, reads: &mut Vec::new(), roots: Roots::FLOW };
    headers::check_name(name, at, &mut compiler)
}

/// Why a header cannot be sent as it is; none where it can.
pub(crate) fn header_fault(name: &str, value: &str) -> Option<String> {
    let mut problems = Vec::new();
    check_header_name(name, &FieldPath::root(), &mut problems);
    problems.pop().map(|problem| problem.message).or_else(|| headers::fault_of(value))
}

/// What the parts of a call share while they are read.
struct Compiler<'c> {
    problems: &'c mut Vec<Problem>,
    reads: &'c mut Vec<FieldReads>,
    /// What the part that is being read may read.
    roots: Roots,
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
