//! The URL: scheme, host and port as written, values in the path one segment each, parsed once.

mod read;

use url::Url;

use super::query::Query;
use super::slot::{Filled, IN_URL, Slot};
use super::{Compiler, Invalid, Renderer, encode};
use crate::expression::Meter;
use crate::node::api_call::ApiCallDraft;
use crate::problem::{FieldPath, Problem};
use crate::scope::Scope;

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
    /// Scheme and authority as parsed, and the path's segments.
    Parts { base: Url, segments: Vec<Segment> },
    /// One whole expression, bound to these hosts.
    Whole { slot: Slot, hosts: Vec<String> },
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
        let mut compiler = Compiler { problems, reads: &mut Vec::new() };
        let query = Query { separator: '&', pairs: Vec::new() };
        read::compile(text, &[], query, at, &FieldPath::root(), &mut compiler)
    }

    pub(super) fn compile_call(
        draft: &ApiCallDraft,
        rows: Option<Query>,
        at: &FieldPath,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        let separator = draft.query_separator.unwrap_or_default().as_char();
        let complete = rows.is_some();
        let rows = rows.unwrap_or(Query { separator, pairs: Vec::new() });
        let (url_at, hosts_at) = (at.key("url"), at.key("urlHosts"));
        let url = read::compile(&draft.url, &draft.url_hosts, rows, &url_at, &hosts_at, compiler);
        if complete { url } else { None }
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

    fn render_parts(&self, base: &Url, segments: &[Segment], renderer: &mut Renderer<'_>) -> Option<Url> {
        let told = renderer.invalid.len();
        let mut path = String::new();
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
