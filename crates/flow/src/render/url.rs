//! The URL: scheme, host and port as written, values in the path one segment each, parsed once.

mod read;

use std::borrow::Cow;

use url::Url;

use super::query::Query;
use super::slot::{Filled, IN_URL, Slot};
use super::source::{Part, RequestSource};
use super::{Compiler, Invalid, Renderer, encode};
use crate::expression::Meter;
use crate::problem::{FieldPath, Problem};
use crate::scope::{Roots, Scope};
pub(super) use read::compile as read_url;

/// The longest URL that is sent, in bytes: servers take far less.
pub const URL_BYTES_MAX: usize = 64 * 1024;

/// A URL with holes where holes may be.
#[derive(Debug)]
pub struct UrlTemplate {
    at: FieldPath,
    form: Form,
    query: Query,
}

#[derive(Debug)]
enum Form {
    /// Scheme and authority, and the path's segments.
    Parts { base: Base, segments: Vec<Segment> },
    /// One whole expression, bound to these hosts.
    Whole { slot: Slot, hosts: Vec<String> },
}

/// Scheme and authority.
#[derive(Debug)]
enum Base {
    Fixed(Box<Url>),
    /// Filled in by `conn`: an admin's words. It may bring the beginning of the path with it.
    Filled(Slot),
}

/// What stands between two slashes of the path.
#[derive(Debug)]
enum Segment {
    /// Encoded.
    Literal(String),
    Filled(Slot),
}

impl UrlTemplate {
    /// Reads a URL that is no call's, as a `screenPop`'s; it cannot be one whole expression.
    pub fn compile(text: &str, at: &FieldPath, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut compiler = Compiler { problems, reads: &mut Vec::new(), roots: Roots::FLOW };
        let query = Query { separator: '&', pairs: Vec::new() };
        let hosts = (&[] as &[String], FieldPath::root());
        read::compile(text, hosts, query, false, at, &mut compiler)
    }

    pub(super) fn compile_call(
        source: &RequestSource<'_>,
        rows: Option<Query>,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        let complete = rows.is_some();
        let rows = rows.unwrap_or(Query { separator: source.query_separator, pairs: Vec::new() });
        let Part { value, at, roots } = &source.url;
        compiler.roots = *roots;
        let url =
            read::compile(value, source.url_hosts.clone(), rows, source.conn_in_authority, at, compiler);
        if complete { url } else { None }
    }

    pub(super) fn at(&self) -> &FieldPath {
        &self.at
    }

    /// The URL with its values in place.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Url, Vec<Invalid>> {
        let mut meter = Meter::default();
        let mut renderer = Renderer { scope, meter: &mut meter, invalid: Vec::new(), notes: Vec::new() };
        let url = self.render_in(&mut renderer);
        match url {
            Some(url) if renderer.invalid.is_empty() => Ok(url),
            _ => Err(renderer.invalid),
        }
    }

    pub(super) fn render_in(&self, renderer: &mut Renderer<'_>) -> Option<Url> {
        match &self.form {
            Form::Parts { base, segments } => self.render_parts(base, segments, renderer),
            Form::Whole { slot, hosts } => self.render_whole(slot, hosts, renderer),
        }
    }

    fn render_parts(&self, base: &Base, segments: &[Segment], renderer: &mut Renderer<'_>) -> Option<Url> {
        let told = renderer.invalid.len();
        let base = match base {
            Base::Fixed(url) => Cow::Borrowed(&**url),
            Base::Filled(slot) => Cow::Owned(self.render_base(slot, renderer)?),
        };
        let mut path = match segments {
            [] => base.path().to_owned(),
            _ => base.path().trim_end_matches('/').to_owned(),
        };
        for segment in segments {
            path.push('/');
            match segment {
                Segment::Literal(text) => path.push_str(text),
                Segment::Filled(slot) => path.push_str(&render_segment(slot, renderer).unwrap_or_default()),
            }
        }
        let query = self.query.render(renderer);
        if renderer.invalid.len() > told {
            return None;
        }
        let origin = &base[..url::Position::BeforePath];
        let question = query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        let url = self.parse(&format!("{origin}{path}{question}"), renderer)?;
        // The parser changed nothing: what was shown and checked is what is sent.
        let kept = url[..url::Position::BeforePath] == *origin
            && url.path() == path
            && url.query() == query.as_deref();
        if !kept {
            renderer.invalid(&self.at, "url-invalid", "the URL would not be sent as it is written");
            return None;
        }
        Some(url)
    }

    /// What a connection says of where its API is.
    fn render_base(&self, slot: &Slot, renderer: &mut Renderer<'_>) -> Option<Url> {
        let Filled::Value(text) = slot.fill_plain(&IN_URL, renderer) else { return None };
        let url = self.parse(text.trim(), renderer)?;
        let why = if !matches!(url.scheme(), "http" | "https") {
            "it is not http or https"
        } else if !url.username().is_empty() || url.password().is_some() {
            "it holds a user name or a password"
        } else if url.query().is_some() || url.fragment().is_some() {
            "it has a query or a fragment"
        } else {
            return Some(url);
        };
        renderer.invalid(&slot.at, "url-invalid", format!("the base URL cannot be used: {why}"));
        None
    }

    fn parse(&self, text: &str, renderer: &mut Renderer<'_>) -> Option<Url> {
        if text.len() > URL_BYTES_MAX {
            let message = format!("the URL is longer than {URL_BYTES_MAX} bytes");
            renderer.invalid(&self.at, "url-too-long", message);
            return None;
        }
        match Url::parse(text) {
            Ok(url) => Some(url),
            Err(error) => {
                renderer.invalid(&self.at, "url-invalid", format!("the URL cannot be read: {error}"));
                None
            }
        }
    }

    fn render_whole(&self, slot: &Slot, hosts: &[String], renderer: &mut Renderer<'_>) -> Option<Url> {
        let Filled::Value(text) = slot.fill_plain(&IN_URL, renderer) else { return None };
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            let message = "the URL holds white space, a backslash or a control character";
            renderer.invalid(&self.at, "url-invalid", message);
            return None;
        }
        let mut url = self.parse(&text, renderer)?;
        let told = renderer.invalid.len();
        if !matches!(url.scheme(), "http" | "https") {
            renderer.invalid(&self.at, "url-invalid", format!("`{}` is not http or https", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            renderer.invalid(&self.at, "userinfo-in-url", "the URL holds a user name or a password");
        }
        if !hosts.iter().any(|host| is_host(&url, host)) {
            let host = url.host_str().unwrap_or("");
            renderer.invalid(&self.at, "url-host-refused", format!("`{host}` is not one of `urlHosts`"));
        }
        let rows = self.query.render(renderer);
        if renderer.invalid.len() > told {
            return None;
        }
        url.set_fragment(None);
        if let Some(rows) = rows {
            let query = match url.query().filter(|query| !query.is_empty()) {
                Some(query) => format!("{query}{}{rows}", self.query.separator),
                None => rows,
            };
            url.set_query(Some(&query));
        }
        let text = String::from(url);
        self.parse(&text, renderer)
    }
}

/// Whether a URL's host is one of the list's: a host alone admits every port, `host:port` that port only.
fn is_host(url: &Url, allowed: &str) -> bool {
    let Some(host) = url.host_str() else { return false };
    let port = url.port_or_known_default();
    host.eq_ignore_ascii_case(allowed)
        || port.is_some_and(|port| format!("{host}:{port}").eq_ignore_ascii_case(allowed))
}

/// One segment of the path, encoded; never empty, `.` or `..`.
fn render_segment(slot: &Slot, renderer: &mut Renderer<'_>) -> Option<String> {
    let filled = slot.fill(renderer, &IN_URL, encode::literal_path, |text| encode::segment(text).to_string());
    let Filled::Value(text) = filled else { return None };
    let what = if text.is_empty() {
        "empty"
    } else if read::is_dots(&text) {
        "`.` or `..`"
    } else {
        return Some(text);
    };
    renderer.invalid(&slot.at, "path-segment", format!("a segment of the path would become {what}"));
    None
}
