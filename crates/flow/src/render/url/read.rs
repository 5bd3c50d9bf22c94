//! Reads the text of a URL: where its parts end, and what may hold a template.

use url::Url;

use super::super::query::{Pair, Query, template_in_name};
use super::super::slot::Slot;
use super::super::{Compiler, encode};
use super::{Base, Form, Segment, UrlTemplate};
use crate::problem::FieldPath;
use crate::scope::Roots;
use crate::template::literal_map;

/// Stands for a hole while the literal text around it is cut; no URL holds it unescaped.
const HOLE: char = '\u{0}';

/// A URL's text with each hole as one [`HOLE`], and the holes' texts.
struct Cut {
    text: String,
    holes: Vec<String>,
}

impl Cut {
    /// A stretch of the cut text, holes written out again.
    fn written(&self, stretch: &str, holes_before: usize) -> String {
        let mut holes = self.holes[holes_before..].iter();
        let mut out = String::new();
        for c in stretch.chars() {
            if c == HOLE { out.extend(holes.next().map(String::as_str)) } else { out.push(c) }
        }
        out
    }
}

fn holes_in(text: &str) -> usize {
    text.matches(HOLE).count()
}

pub(in crate::render) fn compile(
    text: &str,
    (hosts, hosts_at): (&[String], FieldPath),
    rows: Query,
    conn_in_authority: bool,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<UrlTemplate> {
    let before = compiler.problems.len();
    let whole = Slot::compile(text.trim(), false, at, compiler)?;
    if whole.template.lone().is_some() && !conn_in_authority {
        check_hosts(hosts, at, &hosts_at, compiler);
        let form = Form::Whole { slot: whole, hosts: hosts.to_vec() };
        return (compiler.problems.len() == before).then(|| UrlTemplate {
            at: at.clone(),
            form,
            query: rows,
        });
    }
    if text.chars().any(char::is_control) {
        compiler.error("url-invalid", at, "the URL holds a control character", "Write it on one line.");
        return None;
    }
    let cut = literal_map(text.trim(), HOLE).map(|(text, holes)| Cut { text, holes })?;
    let without_fragment = drop_fragment(&cut, at, compiler);
    let (authority, rest) = match without_fragment.strip_prefix(HOLE) {
        // The whole of scheme and host stands in one hole, or the scheme alone does.
        Some(rest) if conn_in_authority => {
            let authority = rest.strip_prefix("://").unwrap_or(rest);
            let path_and_query = authority.find(['/', '?']).map_or("", |at| &authority[at..]);
            without_fragment.split_at(without_fragment.len() - path_and_query.len())
        }
        _ => cut_authority(without_fragment, at, compiler)?,
    };
    let base = if conn_in_authority && authority.contains(HOLE) {
        let roots = std::mem::replace(&mut compiler.roots, Roots::BASE_URL);
        let slot = compile_quietly(&cut.written(authority, 0), &FieldPath::root().key("baseUrl"), compiler);
        compiler.roots = roots;
        Base::Filled(slot?)
    } else {
        Base::Fixed(Box::new(check_authority(&cut, authority, at, compiler)?))
    };
    let holes_before = holes_in(authority);
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let segments = match base {
        // Nothing follows what `conn` says: its path stays as it is, without a slash more.
        Base::Filled(_) if path.is_empty() => Some(Vec::new()),
        _ => compile_path(&cut, path, holes_before, at, compiler),
    };
    let mut pairs = query.filter(|query| !query.is_empty()).map_or(Some(Vec::new()), |query| {
        let holes_before = holes_before + holes_in(path);
        compile_pairs(&cut, query, holes_before, rows.separator, at, compiler)
    });
    if let Some(pairs) = &mut pairs {
        pairs.extend(rows.pairs);
    }
    if compiler.problems.len() > before {
        return None;
    }
    let query = Query { separator: rows.separator, pairs: pairs? };
    Some(UrlTemplate { at: at.clone(), form: Form::Parts { base, segments: segments? }, query })
}

fn check_hosts(hosts: &[String], at: &FieldPath, hosts_at: &FieldPath, compiler: &mut Compiler<'_>) {
    if hosts.is_empty() {
        compiler.error(
            "url-hosts-missing",
            at,
            "a URL that is one whole expression could name any host",
            "List the hosts it may name in `urlHosts`, or write the host in the URL.",
        );
    }
    for (index, host) in hosts.iter().enumerate() {
        let url = Url::parse(&format!("https://{host}/")).ok();
        let same = url.is_some_and(|url| {
            let bare = url.host_str().is_some_and(|h| h.eq_ignore_ascii_case(host));
            bare || format!("{}:{}", url.host_str().unwrap_or(""), url.port().unwrap_or(0))
                .eq_ignore_ascii_case(host)
        });
        if !same {
            let fix = "Write the host alone, as `api.example.com`, or with its port.";
            compiler.error(
                "url-hosts-invalid",
                &hosts_at.index(index),
                format!("`{host}` is not a host"),
                fix,
            );
        }
    }
}

/// The text before `#`: a fragment is never sent.
fn drop_fragment<'c>(cut: &'c Cut, at: &FieldPath, compiler: &mut Compiler<'_>) -> &'c str {
    let Some((before, fragment)) = cut.text.split_once('#') else { return &cut.text };
    if fragment.contains(HOLE) {
        let fix = "A fragment never reaches the server. For a `#` in the path or query write `%23`.";
        compiler.error("template-in-fragment", at, "a template stands in the URL's fragment", fix);
    }
    before
}

/// Cuts `scheme://authority` from what follows.
fn cut_authority<'c>(
    text: &'c str,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<(&'c str, &'c str)> {
    let Some((scheme, rest)) = text.split_once("://") else {
        let code = if text.starts_with(HOLE) { "template-in-authority" } else { "url-invalid" };
        let message = match code {
            "url-invalid" => "the URL does not begin with `https://`",
            _ => "a template stands where the URL's scheme and host belong",
        };
        compiler.error(code, at, message, "Write `https://host/path`; templates stand in path and query.");
        return None;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    Some(text.split_at(scheme.len() + 3 + end))
}

fn check_authority(cut: &Cut, authority: &str, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Url> {
    if authority.contains(HOLE) {
        compiler.error(
            "template-in-authority",
            at,
            format!("`{}`: no template in scheme, host or port", cut.written(authority, 0)),
            "Write the host as it is; or make `url` one whole `{{ expression }}` and list `urlHosts`.",
        );
        return None;
    }
    if authority.contains('@') {
        let fix = "Use `auth: {type: basic, username, password}`.";
        compiler.error("userinfo-in-url", at, "the URL holds a user name or a password", fix);
        return None;
    }
    if authority.contains('\\') || authority.contains(char::is_whitespace) {
        compiler.error("url-invalid", at, "the URL's host holds a backslash or a space", "");
        return None;
    }
    match Url::parse(&format!("{authority}/")) {
        Ok(base) if matches!(base.scheme(), "http" | "https") => Some(base),
        Ok(base) => {
            let message = format!("`{}` is not a scheme that calls use", base.scheme());
            compiler.error("url-invalid", at, message, "Use https.");
            None
        }
        Err(error) => {
            compiler.error("url-invalid", at, format!("the URL cannot be read: {error}"), "");
            None
        }
    }
}

fn compile_path(
    cut: &Cut,
    path: &str,
    mut holes_before: usize,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<Vec<Segment>> {
    if path.contains('\\') {
        compiler.error(
            "url-invalid",
            at,
            "the URL's path holds a backslash",
            "Write `/`, or `%5C` for the sign itself.",
        );
        return None;
    }
    let mut segments = Vec::new();
    for segment in path.strip_prefix('/').unwrap_or("").split('/') {
        let holes = holes_in(segment);
        if holes == 0 {
            let text = encode::literal_path(segment);
            if is_dots(&text) {
                let fix = "Write the path without them.";
                compiler.error("path-segment", at, "the path holds a segment `.` or `..`", fix);
            }
            segments.push(Segment::Literal(text));
        } else {
            let written = cut.written(segment, holes_before);
            segments.push(Segment::Filled(compile_quietly(&written, at, compiler)?));
        }
        holes_before += holes;
    }
    Some(segments)
}

/// A part of the URL: what the whole reads was noted once.
fn compile_quietly(text: &str, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<Slot> {
    let roots = compiler.roots;
    let mut inner = Compiler { problems: &mut *compiler.problems, reads: &mut Vec::new(), roots };
    Slot::compile(text, false, at, &mut inner)
}

fn compile_pairs(
    cut: &Cut,
    query: &str,
    holes_before: usize,
    separator: char,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<Vec<Pair>> {
    let mut holes_before = holes_before;
    let mut pairs = Vec::new();
    for pair in query.split(separator) {
        let holes = holes_in(pair);
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.contains(HOLE) {
            template_in_name(at, compiler);
        } else if holes == 0 {
            pairs.push(Pair::Literal(encode::literal_query(pair)));
        } else {
            let value = compile_quietly(&cut.written(value, holes_before), at, compiler)?;
            pairs.push(Pair::Filled { name: encode::literal_query(name), value, in_url: true });
        }
        holes_before += holes;
    }
    Some(pairs)
}

/// Whether an encoded segment means `.` or `..`.
pub(super) fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..")
}
