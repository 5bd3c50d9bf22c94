//! Requests in the words of others.

mod shell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::request::{Header, HolePlace, Method, PreparedRequest, RenderedAuth};
use shell::{Line, variable};

/// What a command says beside the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurlOptions {
    pub follow_redirects: u8,
    pub timeout_ms: Option<u64>,
}

/// A command, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExportedCurl {
    /// For bash; it ends without a line break.
    pub command: String,
    /// The variables of the shell that stand for secrets, in the order of the alphabet.
    pub variables: Vec<String>,
    /// What the command does otherwise than the call.
    pub notes: Vec<String>,
}

/// A request as a cURL command for bash. No secret is in it: neither of `auth`, whose variant alone is looked at, nor
/// of the request's holes. Each is a variable of the shell.
pub fn curl(request: &PreparedRequest, auth: &RenderedAuth, options: CurlOptions) -> ExportedCurl {
    let mut line = Line::default();
    let mut notes = Vec::new();
    let has_body = request.body.is_some();
    match request.method {
        Method::Get if !has_body => {}
        Method::Head if !has_body => line.flag("--head"),
        method => line.option("--request", method.as_str()),
    }
    let place_auth = Placed::of(auth, &mut notes);
    let mut url = line.pieces(request.url.as_str(), holes(request, HolePlace::Url));
    if let Some((name, secret)) = &place_auth.query {
        let sign = if request.url.query().is_some() { "&" } else { "?" };
        let name = crate::render::encode::component(name);
        url.push_str(&shell::quoted(&format!("{sign}{name}=")));
        url.push_str(&line.variable(secret));
    }
    if request.url.as_str().contains(['[', ']', '{', '}']) {
        // curl makes lists of them.
        line.flag("--globoff");
    }
    line.word("--url", &url);
    for (index, header) in request.headers.iter().enumerate() {
        let written = header_line(header, &mut line, holes(request, HolePlace::Header(index)));
        line.word("--header", &written);
    }
    for (before, secret) in &place_auth.headers {
        let written = format!("{}{}", shell::quoted(before), line.variable(secret));
        line.word("--header", &written);
    }
    if let Some((username, password)) = place_auth.user {
        let written = format!("{}:{}", line.variable(username), line.variable(password));
        line.word("--user", &written);
    }
    if let Some(signing) = &place_auth.signing {
        line.option("--aws-sigv4", signing);
    }
    if options.follow_redirects > 0 {
        line.flag("--location");
        line.option("--max-redirs", &options.follow_redirects.to_string());
    }
    if let Some(ms) = options.timeout_ms {
        line.option("--max-time", &format!("{}.{:03}", ms / 1000, ms % 1000));
    }
    let before = place_body(request, &mut line, &mut notes);
    if !line.variables.is_empty() {
        notes.push(
            "the variables are sent as they stand: encode their values where the place asks for it".into(),
        );
    }
    ExportedCurl {
        command: format!("{before}curl {}", line.words.join(" \\\n  ")),
        variables: line.variables.iter().cloned().collect(),
        notes,
    }
}

/// A header as `-H` takes it: an empty one has a sign of its own.
fn header_line<'r>(
    header: &Header,
    line: &mut Line,
    holes: impl Iterator<Item = (usize, &'r str)>,
) -> String {
    let mut holes = holes.peekable();
    if header.value.is_empty() && holes.peek().is_none() {
        return shell::quoted(&format!("{};", header.name));
    }
    let before = format!("{}: ", header.name);
    let holes = holes.map(|(offset, name)| (before.len() + offset, name));
    line.pieces(&format!("{before}{}", header.value), holes)
}

/// The holes of one place, in their order.
fn holes(request: &PreparedRequest, place: HolePlace) -> impl Iterator<Item = (usize, &str)> {
    let here = request.holes.iter().filter(move |hole| hole.place == place);
    here.map(|hole| (hole.offset, hole.name.as_str()))
}

/// The body; what must stand before the command comes back.
fn place_body(request: &PreparedRequest, line: &mut Line, notes: &mut Vec<String>) -> String {
    let Some(body) = &request.body else { return String::new() };
    if request.header("content-type").is_none() {
        // Without it curl would name a type of its own.
        line.option("--header", "Content-Type:");
    }
    match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') => {
            let written = line.pieces(text, holes(request, HolePlace::Body));
            line.word("--data-raw", &written);
            String::new()
        }
        // No word of a command can hold it.
        _ => {
            if holes(request, HolePlace::Body).next().is_some() {
                notes.push(
                    "the secrets of the body are missing: it holds bytes that stand in no command".to_owned(),
                );
            }
            line.option("--data-binary", "@-");
            format!("printf %s {} | base64 --decode | ", shell::quoted(&STANDARD.encode(body)))
        }
    }
}

/// Where the credentials go, each as the name of a variable.
#[derive(Debug, Default)]
struct Placed {
    user: Option<(&'static str, &'static str)>,
    /// What stands before the variable.
    headers: Vec<(String, String)>,
    query: Option<(String, &'static str)>,
    signing: Option<String>,
}

impl Placed {
    fn of(auth: &RenderedAuth, notes: &mut Vec<String>) -> Self {
        let mut placed = Self::default();
        match auth {
            RenderedAuth::None => {}
            RenderedAuth::Basic { .. } => placed.user = Some(("USERNAME", "PASSWORD")),
            RenderedAuth::Bearer { .. } => {
                placed.headers.push(("Authorization: Bearer ".to_owned(), "TOKEN".to_owned()));
            }
            RenderedAuth::Header { name, .. } => {
                placed.headers.push((format!("{name}: "), variable(name)));
            }
            RenderedAuth::Headers(headers) => {
                placed.headers.extend(headers.iter().map(|(name, _)| (format!("{name}: "), variable(name))));
            }
            RenderedAuth::Query { name, .. } => placed.query = Some((name.clone(), "API_KEY")),
            RenderedAuth::AwsSigV4 { region, service, session_token, .. } => {
                placed.user = Some(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"));
                placed.signing = Some(format!("aws:amz:{region}:{service}"));
                if session_token.is_some() {
                    let before = "X-Amz-Security-Token: ".to_owned();
                    placed.headers.push((before, "AWS_SESSION_TOKEN".to_owned()));
                }
            }
            RenderedAuth::StandardWebhooks { .. } => {
                notes.push("the signature is missing: curl cannot make one of Standard Webhooks".to_owned());
            }
        }
        placed
    }
}
