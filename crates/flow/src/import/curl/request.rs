//! A command as a node.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::options::Command;
use super::words::Word;
use super::{Fault, body};
use crate::check::is_credential_header;
use crate::draft::{RowDraft, Text};
use crate::import::openapi::{literal, shortened};
use crate::node::api_call::draft::{ApiCallDraft, AuthDraft, BodyDraft, RetryDraft};
use crate::render::{self, HEADERS_MAX, encode};
use crate::request::Method;

/// What spec 3 allows without the operator's word, in milliseconds.
const TIMEOUT_MS_MAX: u128 = 60_000;
/// How many redirects a node may follow, and how many curl follows.
const REDIRECTS_MAX: i64 = 10;
/// The most attempts that `retry` allows.
const ATTEMPTS_MAX: i64 = 100;

/// The node of a command.
pub(super) fn call(mut command: Command, notes: &mut Vec<String>) -> Result<ApiCallDraft, Fault> {
    let Some(url) = command.url.take() else {
        return Err(Fault::refused(0, "the command names no URL", "Paste the whole command."));
    };
    let (url, mut user) = read_url(&url, notes)?;
    user = command.user.take().or(user);
    let mut node = ApiCallDraft::http(String::new());
    let mut query = url.query().map(str::to_owned);
    if command.get
        && let Some(data) = command.data.take()
    {
        query = Some(query.map_or_else(|| data.clone(), |query| format!("{query}&{data}")));
    }
    node.headers = headers(&command, notes);
    node.auth = auth(&mut node.headers, user, command.bearer.take(), notes);
    place_body(&mut command, &mut node, notes)?;
    node.method = method(&command, node.body.as_ref())?;
    let (url, query) = place_query(&url, query.as_deref());
    node.url = Some(url);
    node.query = query;
    if command.follow {
        let most = command.redirects_max.unwrap_or(REDIRECTS_MAX).clamp(0, REDIRECTS_MAX);
        node.follow_redirects = u8::try_from(most).ok().filter(|most| *most > 0);
    }
    if let Some(timeout) = command.timeout.filter(|timeout| !timeout.is_zero()) {
        let ms = timeout.as_millis();
        if ms > TIMEOUT_MS_MAX {
            notes.push(format!("`--max-time` is more than a call may take: {TIMEOUT_MS_MAX} ms came in"));
        }
        node.timeout_ms = u64::try_from(ms.clamp(1, TIMEOUT_MS_MAX)).ok();
    }
    if let Some(retries) = command.retries.filter(|retries| *retries > 0) {
        let attempts = u32::try_from(retries.saturating_add(1).min(ATTEMPTS_MAX)).ok();
        node.retry = Some(RetryDraft { max_attempts: attempts, ..RetryDraft::default() });
    }
    Ok(node)
}

/// The URL, and the user it names.
fn read_url(word: &Word, notes: &mut Vec<String>) -> Result<(Url, Option<String>), Fault> {
    let text = word.text.trim();
    let has_scheme = text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    let whole = if has_scheme { text.to_owned() } else { format!("https://{text}") };
    if !has_scheme {
        notes.push("the URL names no scheme: `https` is taken".to_owned());
    }
    let refused = |why: String| {
        let message = format!("`{}` is no URL of a call: {why}", shortened(text, 100));
        Fault::refused(word.at, message, "Write it as `https://api.example.com/path`.")
    };
    let mut url = Url::parse(&whole).map_err(|error| refused(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(format!("`{}` is not http or https", shortened(url.scheme(), 20))));
    }
    if url.host_str().is_some_and(|host| literal(host) != host) {
        return Err(refused("its host looks like a template".to_owned()));
    }
    if url.scheme() == "http" {
        notes.push("the URL is http, which is refused unless an operator lists its host".to_owned());
    }
    if has_scheme && text.contains(['{', '[']) && url.host_str().is_some_and(|host| !host.starts_with('[')) {
        notes.push(
            "brackets and braces in the URL are taken as they stand, where curl makes lists of them".into(),
        );
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = (!url.username().is_empty() || url.password().is_some())
        .then(|| format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default())));
    // A host that has none of these always can.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    Ok((url, user))
}

/// The URL as a template that shows as it is, and the last of its pairs as rows: those that a row sends unchanged.
fn place_query(url: &Url, query: Option<&str>) -> (String, Vec<RowDraft>) {
    // A brace is sent encoded in any case, and encoded it begins no template.
    let plain = |text: &str| text.replace('{', "%7B").replace('}', "%7D");
    let mut text = plain(&url[..url::Position::AfterPath]);
    let pairs: Vec<&str> =
        query.filter(|query| !query.is_empty()).map_or(Vec::new(), |q| q.split('&').collect());
    let rows: Vec<Option<RowDraft>> = pairs.iter().map(|pair| row_of(pair)).collect();
    let first = rows.iter().rposition(Option::is_none).map_or(0, |last| last + 1);
    if first > 0 {
        text.push('?');
        text.push_str(&plain(&pairs[..first].join("&")));
    }
    (text, rows.into_iter().skip(first).flatten().collect())
}

/// A pair as a row, where the row is sent as the same bytes.
fn row_of(pair: &str) -> Option<RowDraft> {
    let (name, value) = pair.split_once('=')?;
    let plain = |text: &str| -> Option<String> {
        let decoded = percent_decode_str(text).decode_utf8().ok()?.into_owned();
        (encode::component(&decoded).to_string() == text).then_some(decoded)
    };
    let (name, value) = (plain(name)?, plain(value)?);
    // A name is taken as it is written, and what looks encoded in a row stays.
    let is_literal = literal(&name) == name && !name.contains('%') && !value.contains('%');
    is_literal.then(|| row(name, literal(&value)))
}

fn row(name: String, value: String) -> RowDraft {
    RowDraft { name, value: Text(value), enabled: true, optional: false }
}

/// The header rows: those of `-H`, and those that other options stand for.
fn headers(command: &Command, notes: &mut Vec<String>) -> Vec<RowDraft> {
    let mut rows: Vec<RowDraft> = Vec::new();
    for word in &command.headers {
        let (name, value) = match word.text.split_once(':') {
            // Without a value curl leaves out its own header of that name.
            Some((name, value)) if value.trim().is_empty() => {
                notes.push(format!(
                    "`-H '{}:'` is left out: it takes away a header of curl's own",
                    name.trim()
                ));
                continue;
            }
            Some((name, value)) => (name.trim(), value.trim()),
            None => match word.text.strip_suffix(';') {
                Some(name) => (name.trim(), ""),
                None => {
                    notes.push(format!("`-H '{}'` is left out: it is no header", shortened(&word.text, 60)));
                    continue;
                }
            },
        };
        match render::header_fault(name, value) {
            Some(why) => notes.push(format!("the header `{}` is left out: {why}", shortened(name, 60))),
            None if is_default(name, value) => {}
            None if rows.len() >= HEADERS_MAX => notes.push(format!("more than {HEADERS_MAX} headers")),
            None => rows.push(row(name.to_owned(), literal(value))),
        }
    }
    let cookies = command.cookies.join("; ");
    let more = [
        ("Cookie", (!cookies.is_empty()).then_some(cookies.as_str())),
        ("User-Agent", command.agent.as_deref()),
        ("Referer", command.referer.as_deref().map(|text| text.trim_end_matches(";auto"))),
        ("Accept", command.json.then_some("application/json")),
    ];
    for (name, value) in more {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { continue };
        if rows.iter().any(|row| row.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        match render::header_fault(name, value) {
            Some(why) => notes.push(format!("the header `{name}` is left out: {why}")),
            None => rows.push(row(name.to_owned(), literal(value))),
        }
    }
    rows
}

/// Whether Callout sends this header anyway.
fn is_default(name: &str, value: &str) -> bool {
    render::DEFAULT_HEADERS.iter().any(|(known, own)| name.eq_ignore_ascii_case(known) && value == *own)
}

/// How the call shows who it is. `-u` and the URL's user give way to an `Authorization` header, as in curl.
fn auth(
    headers: &mut Vec<RowDraft>,
    user: Option<String>,
    bearer: Option<String>,
    notes: &mut Vec<String>,
) -> Option<AuthDraft> {
    let told = "a credential is in the command: make a connection of it, so that no one reads it in the flow";
    if headers.iter().any(|row| is_credential_header(&row.name) || row.name.eq_ignore_ascii_case("cookie")) {
        notes.push(told.to_owned());
    }
    let found = headers.iter().position(|row| row.name.eq_ignore_ascii_case("authorization"));
    if let Some(index) = found {
        let auth = of_header(headers[index].value.as_str());
        if auth.is_some() {
            headers.remove(index);
        }
        return auth;
    }
    let auth = match (bearer, user) {
        (Some(token), _) => AuthDraft::Bearer { token: Text(literal(&token)) },
        (None, Some(user)) => {
            let (username, password) = user.split_once(':').unwrap_or((&user, ""));
            AuthDraft::Basic { username: Text(literal(username)), password: Text(literal(password)) }
        }
        (None, None) => return None,
    };
    notes.push(told.to_owned());
    Some(auth)
}

/// `Bearer …` and `Basic …`, where they are sent again as the same.
fn of_header(value: &str) -> Option<AuthDraft> {
    let (scheme, rest) = value.split_once(' ')?;
    if scheme == "Bearer" && !rest.contains(char::is_whitespace) {
        return Some(AuthDraft::Bearer { token: Text(rest.to_owned()) });
    }
    let decoded = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.filter(|text| scheme == "Basic" && STANDARD.encode(text) == rest)?;
    let (username, password) = decoded.split_once(':')?;
    Some(AuthDraft::Basic { username: Text(literal(username)), password: Text(literal(password)) })
}

fn place_body(command: &mut Command, node: &mut ApiCallDraft, notes: &mut Vec<String>) -> Result<(), Fault> {
    let is_type = |row: &RowDraft| row.name.eq_ignore_ascii_case("content-type");
    if !command.parts.is_empty() {
        if command.data.take().is_some() {
            notes.push("the command has a form and data: the form came in".to_owned());
        }
        // The boundary stands in it.
        node.headers.retain(|row| !is_type(row));
        node.body = Some(BodyDraft::Multipart { parts: std::mem::take(&mut command.parts) });
        return Ok(());
    }
    let Some(data) = command.data.take() else { return Ok(()) };
    let given = node.headers.iter().find(|row| is_type(row)).map(|row| row.value.as_str());
    let sorted = body::sort(&data, given.or(command.json.then_some("application/json")), notes);
    if sorted.says_type {
        node.headers.retain(|row| !is_type(row));
    }
    node.body = Some(sorted.body);
    Ok(())
}

fn method(command: &Command, body: Option<&BodyDraft>) -> Result<Option<Method>, Fault> {
    let Some(word) = &command.method else {
        let default = match body {
            _ if command.head => Method::Head,
            Some(_) if !command.get => Method::Post,
            _ => Method::Get,
        };
        return Ok(Some(default).filter(|method| *method != Method::Get));
    };
    let named = word.text.to_ascii_uppercase();
    let method = Method::ALL.into_iter().find(|method| method.as_str() == named);
    method.map(Some).ok_or_else(|| {
        let known: Vec<&str> = Method::ALL.iter().map(|method| method.as_str()).collect();
        let message = format!("`{}` is no method of a call", shortened(&word.text, 20));
        Fault::refused(word.at, message, format!("Take one of {}.", known.join(", ")))
    })
}
