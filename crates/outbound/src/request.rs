//! A hop's request, and its form on the wire: framing is ours alone.

use bytes::Bytes;
use callout_flow::outcome::Phase;
use callout_flow::request::{BODY_BYTES_MAX, Header, Method, PreparedRequest, is_framing_name};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::Full;
use url::Url;

use crate::credential::Credential;
use crate::fault::Fault;
use crate::guard::Origin;

/// What is asked of one origin: the call itself, or where a redirect led it.
#[derive(Clone)]
pub(crate) struct HopRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<Header>,
    pub(crate) body: Option<Bytes>,
    /// Whether it goes where the credential was meant to go. Once lost it never comes back.
    pub(crate) with_credential: bool,
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
            with_credential: true,
        }
    }

    /// The request as it is sent. Fails before any byte leaves.
    pub(crate) fn on_the_wire(
        &self,
        origin: &Origin,
        credential: &Credential,
    ) -> Result<Request<Full<Bytes>>, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, value(&HOST, &origin.host_header())?);
        for header in &self.headers {
            let name = name(&header.name)?;
            let value = value(&name, &header.value)?;
            headers.try_append(name, value).map_err(|_| unsendable("it has too many headers"))?;
        }
        if self.with_credential
            && let Some((named, secret)) = credential.header()
        {
            let name = name(named)?;
            let mut value = value(&name, &secret)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if !headers.contains_key(ACCEPT_ENCODING) {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        }
        let body = self.body.clone().unwrap_or_default();
        if body.len() > BODY_BYTES_MAX {
            return Err(unsendable("the request body is larger than 1 MiB"));
        }
        if self.body.is_some() || matches!(self.method, Method::Post | Method::Put | Method::Patch) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len() as u64));
        }
        let target = match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(target)
            .body(Full::new(body))
            .map_err(|_| unsendable("the path or query cannot stand in a request line"))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn name(text: &str) -> Result<HeaderName, Fault> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| unsendable("a header name holds a character that no header name may hold"))?;
    // Checking refuses these long before; a request that carries one all the same is not sent.
    if is_framing_name(name.as_str()) {
        return Err(unsendable(&format!("the header {name} is set by Callout itself and cannot be given")));
    }
    Ok(name)
}

fn value(name: &HeaderName, text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        unsendable(&format!("the value of the header {name} holds a line break or control character"))
    })
}

fn unsendable(message: &str) -> Fault {
    Fault::network(Phase::Send, format!("the request was not sent: {message}"))
}
