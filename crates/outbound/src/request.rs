//! A hop's request, and its form on the wire: framing is ours alone.

use std::borrow::Cow;

use bytes::Bytes;
use callout_flow::outcome::Phase;
use callout_flow::request::{BODY_BYTES_MAX, Header, Method, PreparedRequest, SecretHole, is_framing_name};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;
use jiff::Timestamp;
use url::Url;

use crate::credential::{Credential, Unsigned};
use crate::fault::Fault;
use crate::guard::Origin;

/// What is asked of one origin: the call itself, or where a redirect led it.
#[derive(Clone)]
pub(crate) struct HopRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Option<Bytes>,
    /// Where the credential's secrets go. None is left where it was lost.
    pub(crate) holes: Vec<SecretHole>,
    /// Whether it goes where the credential was meant to go. Once lost it never comes back.
    pub(crate) with_credential: bool,
}

/// A request ready to be written, and what its credential made for it alone.
pub(crate) struct OnTheWire {
    pub(crate) request: Request<Full<Bytes>>,
    pub(crate) body_bytes: u64,
    /// Signatures: masked like the secrets that they were made with.
    pub(crate) made: Vec<String>,
}

impl HopRequest {
    pub(crate) fn first(request: &PreparedRequest) -> Self {
        let mut url = request.url.clone();
        url.set_fragment(None);
        Self {
            method: request.method,
            url,
            headers: request.headers.clone(),
            body: request.body.clone().map(Bytes::from),
            holes: request.holes.clone(),
            with_credential: true,
        }
    }

    /// Whether sending it takes a secret of the credential along, in its auth or in a hole.
    pub(crate) fn takes_secrets(&self, credential: &Credential) -> bool {
        self.with_credential && (credential.has_auth() || !self.holes.is_empty())
    }

    /// The request with every hole filled. Fails before any byte leaves, and shows nothing of a secret.
    pub(crate) fn filled(&self, credential: &Credential) -> Result<Cow<'_, Self>, Fault> {
        if self.holes.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        let open = PreparedRequest {
            method: self.method,
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.as_ref().map(|body| body.to_vec()),
            holes: self.holes.clone(),
        };
        let filled = open
            .fill(|name| credential.hole_secret(name))
            .map_err(|unfillable| unsendable(&unfillable.to_string()))?;
        let filled = filled.expose();
        Ok(Cow::Owned(Self {
            method: self.method,
            url: filled.url.clone(),
            headers: filled.headers.clone(),
            body: filled.body.clone().map(Bytes::from),
            holes: Vec::new(),
            with_credential: self.with_credential,
        }))
    }

    /// The request as it is sent, once its holes are filled. Fails before any byte leaves.
    pub(crate) fn on_the_wire(
        &self,
        origin: &Origin,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<OnTheWire, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, value(&HOST, &origin.host_header())?);
        for header in &self.headers {
            let name = name(&header.name)?;
            let value = value(&name, &header.value)?;
            headers.try_append(name, value).map_err(|_| unsendable("it has too many headers"))?;
        }
        let target = match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let body = self.body.clone().unwrap_or_default();
        if body.len() > BODY_BYTES_MAX {
            return Err(unsendable("the request body is larger than 1 MiB"));
        }
        let mut unsigned = Unsigned { method: self.method, origin, target, headers, body: &body };
        if self.with_credential {
            credential.authorise(&mut unsigned)?;
        }
        if !unsigned.headers.contains_key(ACCEPT_ENCODING) {
            unsigned.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        }
        if self.body.is_some() || matches!(self.method, Method::Post | Method::Put | Method::Patch) {
            unsigned.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len() as u64));
        }
        let made = match self.with_credential {
            true => credential.sign(&mut unsigned, now)?,
            false => Vec::new(),
        };
        let Unsigned { target, headers, .. } = unsigned;
        let body_bytes = body.len() as u64;
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(target)
            .body(Full::new(body))
            .map_err(|_| unsendable("the path or query cannot stand in a request line"))?;
        *request.headers_mut() = headers;
        Ok(OnTheWire { request, body_bytes, made })
    }
}

pub(crate) fn name(text: &str) -> Result<HeaderName, Fault> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| unsendable("a header name holds a character that no header name may hold"))?;
    // Checking refuses these long before; a request that carries one all the same is not sent.
    if is_framing_name(name.as_str()) {
        return Err(unsendable(&format!("the header {name} is set by Callout itself and cannot be given")));
    }
    Ok(name)
}

pub(crate) fn value(name: &HeaderName, text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        unsendable(&format!("the value of the header {name} holds a line break or control character"))
    })
}

pub(crate) fn unsendable(message: &str) -> Fault {
    Fault::network(Phase::Send, format!("the request was not sent: {message}"))
}
