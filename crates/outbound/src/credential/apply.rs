//! Puts a credential onto a request that is otherwise complete.

use callout_flow::render::encode::component;
use callout_flow::request::{Method, RenderedAuth};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use super::{Credential, each_header, sigv4, webhooks};
use crate::fault::Fault;
use crate::guard::Origin;
use crate::request::{name, value};

/// A request as it will be sent, but for what its credential adds.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: Method,
    pub(crate) origin: &'a Origin,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Unsigned<'_> {
    /// Sets a header that nobody may show.
    pub(super) fn set(&mut self, named: &str, text: &str) -> Result<(), Fault> {
        let (name, value) = secret_header(named, text)?;
        self.headers.insert(name, value);
        Ok(())
    }
}

fn secret_header(named: &str, text: &str) -> Result<(http::HeaderName, HeaderValue), Fault> {
    let name = name(named)?;
    let mut value = value(&name, text)?;
    value.set_sensitive(true);
    Ok((name, value))
}

impl Credential {
    /// Adds what needs no signature: headers in place of the author's of the same name, or a pair to the query.
    pub(crate) fn authorise(&self, request: &mut Unsigned<'_>) -> Result<(), Fault> {
        if let RenderedAuth::Query { name, value } = &self.auth {
            add_pair(&mut request.target, name, value.expose());
        }
        let rows = matches!(self.auth, RenderedAuth::Headers(_));
        if rows {
            each_header(&self.auth, |named, _| {
                request.headers.remove(name(named)?);
                Ok::<_, Fault>(())
            })?;
        }
        each_header(&self.auth, |named, text| {
            if !rows {
                return request.set(named, text);
            }
            let (name, value) = secret_header(named, text)?;
            let added = request.headers.try_append(name, value);
            added.map(|_| ()).map_err(|_| crate::request::unsendable("it has too many headers"))
        })
    }

    /// Signs, last of all: path, query, headers and body are those that are sent. Gives what it made and must
    /// not come back.
    pub(crate) fn sign(&self, request: &mut Unsigned<'_>, now: Timestamp) -> Result<Vec<String>, Fault> {
        match &self.auth {
            RenderedAuth::AwsSigV4 { access_key_id, secret_access_key, session_token, region, service } => {
                let keys = sigv4::Keys {
                    access_key_id: access_key_id.expose(),
                    secret_access_key: secret_access_key.expose(),
                    session_token: session_token.as_ref().map(|token| token.expose()),
                };
                sigv4::sign(request, &keys, region, service, now)
            }
            RenderedAuth::StandardWebhooks { id, secret } => {
                webhooks::sign(request, id, secret.expose(), now)
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Adds a pair at the end of the query, unless the server has led here with that very pair.
fn add_pair(target: &mut String, name: &str, value: &str) {
    let pair = format!("{}={}", component(name), component(value));
    match target.split_once('?') {
        Some((_, query)) if query.split('&').any(|there| there == pair) => return,
        Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
        Some(_) => target.push('&'),
        None => target.push('?'),
    }
    target.push_str(&pair);
}
