//! Where a redirect leads, what goes along, and when the call ends in it instead.

use callout_flow::outcome::{Hop, Note, Refusal, RefusalReason};
use callout_flow::request::{HolePlace, Method, SecretHole};
use http::HeaderMap;
use http::header::LOCATION;
use url::Url;

use crate::credential::Credential;
use crate::guard::{Origin, admit_origin, refusal};
use crate::policy::EgressPolicy;
use crate::request::HopRequest;

/// Author's headers that another origin may see. Any other could be a secret by another name.
const HEADERS_FOR_ANYONE: &[&str] = &["accept", "accept-language", "user-agent", "content-type"];
/// Headers that describe a body and go with it.
const HEADERS_OF_BODY: &[&str] =
    &["content-type", "content-encoding", "content-language", "content-location"];
/// A request made so often already is a loop: once more is common, as where a server sets a session up.
const SAME_REQUEST_MAX: usize = 2;

pub(crate) enum Next {
    /// The answer at hand is the answer, perhaps with a word on why.
    Stay(Option<Note>),
    Follow(Box<HopRequest>, Hop),
    /// The guard refuses where it leads; the hop says where that would have been.
    Refuse(Refusal, Hop),
}

/// What was asked already, in order; the last is what was just answered.
#[derive(Default)]
pub(crate) struct Visited(Vec<(Method, Url)>);

impl Visited {
    pub(crate) fn push(&mut self, method: Method, sent_to: &Url) {
        self.0.push((method, sent_to.clone()));
    }

    fn times(&self, method: Method, url: &Url) -> usize {
        self.0.iter().filter(|(m, u)| *m == method && u == url).count()
    }

    fn followed(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

/// What a redirect is judged by beside the answer itself.
pub(crate) struct Rules<'a> {
    pub(crate) policy: &'a EgressPolicy,
    pub(crate) credential: &'a Credential,
    pub(crate) redirects_max: u8,
}

/// Decides what follows an answer. `sent_to` is the hop's URL with its secrets: what the server's is relative to.
pub(crate) fn next(
    rules: &Rules<'_>,
    hop: &HopRequest,
    sent_to: &Url,
    status: u16,
    headers: &HeaderMap,
    visited: &Visited,
) -> Next {
    let redirects_max = rules.redirects_max;
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Next::Stay(None);
    }
    let location = headers.get(LOCATION);
    if redirects_max == 0 {
        return Next::Stay(location.map(|_| not_followed(status)));
    }
    let Some(location) = location else {
        let message = format!("The answer is a redirect ({status}) that does not say where to.");
        return Next::Stay(note("redirect-without-location", message));
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let url = match target(rules, sent_to, &location) {
        Ok(url) => url,
        Err(refusal) => {
            let url = shown_target(sent_to, &location);
            return Next::Refuse(refusal, Hop { status, method: hop.method, url });
        }
    };
    let (method, keeps_body) = match (status, hop.method) {
        (303, Method::Head) => (Method::Head, false),
        (303, _) | (301 | 302, Method::Post) => (Method::Get, false),
        (_, method) => (method, true),
    };
    let times = visited.times(method, &url);
    if times >= SAME_REQUEST_MAX || (times > 0 && visited.followed() >= usize::from(redirects_max)) {
        return Next::Stay(note("redirect-loop", "The redirects lead round in a circle.".into()));
    }
    if visited.followed() >= usize::from(redirects_max) {
        let message = format!("More than {redirects_max} redirects; the last one was not followed.");
        return Next::Stay(note("redirect-limit", message));
    }
    let same_origin = url.origin() == hop.url.origin();
    let has_body = hop.body.is_some() || hop.holes.iter().any(|hole| hole.place == HolePlace::Body);
    if keeps_body && has_body && !same_origin {
        let message =
            format!("The redirect ({status}) would send the body to another origin; it was not followed.");
        return Next::Stay(note("redirect-body-kept-back", message));
    }
    let following = Hop { status, method, url: url.to_string() };
    Next::Follow(Box::new(onward(hop, method, url, keeps_body, same_origin)), following)
}

/// A refused target as it may be shown: without user name and password; empty where it is no URL.
fn shown_target(from: &Url, location: &str) -> String {
    let Ok(mut url) = from.join(location) else { return String::new() };
    let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
    if cleared || url.cannot_be_a_base() { url.into() } else { String::new() }
}

/// The URL it leads to, past the stages of the guard that need no network.
fn target(rules: &Rules<'_>, from: &Url, location: &str) -> Result<Url, Refusal> {
    let mut url = from.join(location).map_err(|_| {
        refusal(RefusalReason::UrlParse, "The answer redirects to what is not a URL.".to_owned())
    })?;
    url.set_fragment(None);
    if from.scheme() == "https" && url.scheme() == "http" {
        let message = "The answer redirects from https to http.".to_owned();
        return Err(refusal(RefusalReason::Downgrade, message));
    }
    match admit_origin(rules.policy, &url) {
        Ok(origin) if url.origin() != from.origin() => admit_secrets(rules, &url, &origin).map(|()| url),
        Ok(_) => Ok(url),
        Err(mut refused) => {
            refused.message = format!("The answer redirects to where it may not. {}", refused.message);
            Err(refused)
        }
    }
}

/// Servers that move take path and query along, and with them the secrets in them. Those go on only to hosts that the
/// connection names.
fn admit_secrets(rules: &Rules<'_>, url: &Url, origin: &Origin) -> Result<(), Refusal> {
    let host = &origin.host;
    let over_http = !origin.secure && !rules.policy.allows_secrets_over_http(host);
    if (rules.credential.names(host) && !over_http) || !rules.credential.is_given_away_by(url) {
        return Ok(());
    }
    let message = format!(
        "The answer redirects to another origin, {host}, with a secret in the URL. Call that address yourself if the \
         secret may go there, or make a connection whose allowed hosts name it."
    );
    Err(refusal(RefusalReason::SecretHost, message))
}

fn onward(hop: &HopRequest, method: Method, url: Url, keeps_body: bool, same_origin: bool) -> HopRequest {
    let is_of = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut headers = Vec::with_capacity(hop.headers.len());
    let mut holes = Vec::new();
    for (index, header) in hop.headers.iter().enumerate() {
        let in_it = |hole: &&SecretHole| hole.place == HolePlace::Header(index);
        // What a secret was filled into stays where the secret may go.
        let for_all = is_of(HEADERS_FOR_ANYONE, &header.name) && !hop.holes.iter().any(|hole| in_it(&hole));
        if (same_origin || for_all) && (keeps_body || !is_of(HEADERS_OF_BODY, &header.name)) {
            let moved =
                |hole: &SecretHole| SecretHole { place: HolePlace::Header(headers.len()), ..hole.clone() };
            holes.extend(hop.holes.iter().filter(in_it).map(moved));
            headers.push(header.clone());
        }
    }
    if keeps_body {
        holes.extend(hop.holes.iter().filter(|hole| hole.place == HolePlace::Body).cloned());
    }
    HopRequest {
        method,
        url,
        headers,
        body: if keeps_body { hop.body.clone() } else { None },
        holes,
        with_credential: hop.with_credential && same_origin,
    }
}

fn not_followed(status: u16) -> Note {
    let message = format!(
        "The answer is a redirect ({status}), and redirects are not followed unless followRedirects says so."
    );
    Note { code: "redirect-not-followed".into(), message }
}

fn note(code: &'static str, message: String) -> Option<Note> {
    Some(Note { code: code.into(), message })
}
