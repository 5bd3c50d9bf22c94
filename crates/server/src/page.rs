//! The page in the browser: the files that its build made, embedded in this binary, and how they are answered.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use rust_embed::RustEmbed;

/// What `npm run build` writes, as it was when this was compiled; a debug build reads the folder when it starts.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// The page that this binary has.
pub static PAGE: LazyLock<Page> = LazyLock::new(|| {
    Page::of(Built::iter().filter_map(|name| {
        let file = Built::get(&name)?;
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Some((name.into_owned(), bytes, file.metadata.sha256_hash(), file.metadata.mimetype().to_owned()))
    }))
});

/// Paths that are never the page's, whatever a browser asks for.
const NOT_OURS: [&str; 5] = ["v1", "docs", "healthz", "readyz", "metrics"];

const INDEX: &str = "index.html";

/// Where files stand whose names change with what is in them.
const ASSETS: &str = "assets/";

/// Where an authorization server sends the browser back to: a code stands in the address.
const CALLBACK: &str = "oauth/callback";

/// Nothing from elsewhere, and no script but the page's own files. Its canvas and its text editor set styles by themselves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; manifest-src 'self'";

/// What the page never asks a browser for.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), \
    gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), \
    screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

const UNBUILT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Callout</title>\n\
    <h1>This binary was built without its page</h1>\n\
    <p><code>make build</code> builds the page and then the binary with it. The REST API works without: \
    <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p>\n</html>\n";

/// All files of a page, by path.
#[derive(Debug)]
pub struct Page {
    files: HashMap<String, File>,
}

#[derive(Debug)]
struct File {
    plain: Form,
    /// As the build packed it, once.
    gzip: Option<Form>,
    media: HeaderValue,
}

#[derive(Debug)]
struct Form {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Form {
    fn new(bytes: Bytes, hash: &[u8; 32]) -> Self {
        let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { bytes, etag }
    }
}

impl Page {
    /// Of files with their names, hashes and media types. What ends in `.gz` is another form of the file beside it.
    fn of(files: impl Iterator<Item = (String, Bytes, [u8; 32], String)>) -> Self {
        let (packed, plain): (Vec<_>, Vec<_>) = files.partition(|(name, ..)| name.ends_with(".gz"));
        let file = |(name, bytes, hash, media): (String, Bytes, [u8; 32], String)| {
            let text = media.starts_with("text/") || media.ends_with("javascript") || media.ends_with("json");
            let media = if text { format!("{media}; charset=utf-8") } else { media };
            let media =
                HeaderValue::from_str(&media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
            (name, File { plain: Form::new(bytes, &hash), gzip: None, media })
        };
        let mut files: HashMap<String, File> = plain.into_iter().map(file).collect();
        for (name, bytes, hash, _) in packed {
            if let Some(file) = name.strip_suffix(".gz").and_then(|name| files.get_mut(name)) {
                file.gzip = Some(Form::new(bytes, &hash));
            }
        }
        Self { files }
    }

    /// What the page has for a request; none where nothing of it is at this path, or the caller is no browser that opens one.
    pub fn answer(&self, request: &Request) -> Option<Response> {
        let path = request.uri().path().trim_start_matches('/');
        let first = path.split('/').next().unwrap_or_default();
        if !matches!(*request.method(), Method::GET | Method::HEAD) || NOT_OURS.contains(&first) {
            return None;
        }
        let headers = request.headers();
        let mut response = match self.files.get(path).filter(|_| path != INDEX) {
            Some(file) => file.answer(headers),
            None if path.is_empty()
                || path == INDEX
                || (!path.starts_with(ASSETS) && wants_html(headers)) =>
            {
                self.files.get(INDEX).map_or_else(unbuilt, |index| index.answer(headers))
            }
            None => return None,
        };
        let answered = response.headers_mut();
        let is_callback = path == CALLBACK;
        let cached = match path {
            _ if path.starts_with(ASSETS) => "public, max-age=31536000, immutable",
            _ if is_callback => "no-store",
            _ => "no-cache",
        };
        let referrer = if is_callback { "no-referrer" } else { "same-origin" };
        for (name, value) in [
            (header::CACHE_CONTROL, cached),
            (header::VARY, "accept, accept-encoding"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, referrer),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ] {
            answered.insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let packed = self.gzip.as_ref().filter(|_| takes_gzip(headers));
        let form = packed.unwrap_or(&self.plain);
        let mut response = if has_already(headers, &form.etag) {
            let mut unchanged = Response::new(Body::empty());
            *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
            unchanged
        } else {
            let mut whole = Response::new(Body::from(form.bytes.clone()));
            whole.headers_mut().insert(header::CONTENT_TYPE, self.media.clone());
            if packed.is_some() {
                whole.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            whole
        };
        response.headers_mut().insert(header::ETAG, form.etag.clone());
        response
    }
}

fn unbuilt() -> Response {
    let mut response = Response::new(Body::from(UNBUILT));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The items of a list in a header, each with its weight above 0.
fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let items = values.flat_map(|value| value.split(','));
    items.filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let item = parts.next().unwrap_or_default();
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0))
        });
        (!refused).then_some(item)
    })
}

/// Whether a browser opens this as a page. Programs that take anything are told in their own terms that nothing is here.
fn wants_html(headers: &HeaderMap) -> bool {
    items(headers, header::ACCEPT).any(|range| range.eq_ignore_ascii_case("text/html"))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    items(headers, header::ACCEPT_ENCODING).any(|coding| coding.eq_ignore_ascii_case("gzip"))
}

fn has_already(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let tag = |item: &str| item == "*" || item.strip_prefix("W/").unwrap_or(item).as_bytes() == etag;
    items(headers, header::IF_NONE_MATCH).any(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let files = [
            ("index.html", "<title>it</title>", "text/html"),
            ("index.html.gz", "packed", "application/gzip"),
            ("theme.js", "1", "text/javascript"),
            ("assets/app-1a2b.js", "2", "text/javascript"),
            ("assets/app-1a2b.js.gz", "packed too", "application/gzip"),
        ];
        Page::of(files.into_iter().enumerate().map(|(at, (name, text, media))| {
            let hash = [u8::try_from(at).unwrap(); 32];
            (name.to_owned(), Bytes::from_static(text.as_bytes()), hash, media.to_owned())
        }))
    }

    fn ask(path: &str, headers: &[(&str, &str)]) -> Option<(Response, String)> {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = page().answer(&request.body(Body::empty()).unwrap())?;
        let body = std::mem::take(response.body_mut());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = runtime.block_on(axum::body::to_bytes(body, 1000)).unwrap();
        Some((response, String::from_utf8(bytes.to_vec()).unwrap()))
    }

    fn header_of(response: &Response, name: &str) -> String {
        response.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    }

    const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");

    #[test]
    fn paths_of_the_page_get_it_from_browsers_alone() {
        for path in ["/", "/index.html", "/flows/x", "/login", "/setup", "/v1x", "/documents"] {
            assert_eq!(ask(path, &[HTML]).unwrap().1, "<title>it</title>", "{path}");
        }
        for path in ["/v1", "/v1/none", "/docs/x", "/metrics/x", "/healthz/", "/assets/gone-1.js"] {
            assert!(ask(path, &[HTML]).is_none(), "{path}");
        }
        for accept in ["application/json", "*/*", "text/html;q=0, application/json"] {
            assert!(ask("/flows/x", &[("accept", accept)]).is_none(), "{accept}");
            assert!(ask("/", &[("accept", accept)]).is_some(), "{accept}");
        }
        assert!(ask("/flows/x", &[]).is_none() && ask("/", &[]).is_some());
    }

    #[test]
    fn files_are_cached_as_their_names_allow() {
        for (path, cached) in [
            ("/assets/app-1a2b.js", "public, max-age=31536000, immutable"),
            ("/theme.js", "no-cache"),
            ("/", "no-cache"),
            ("/oauth/callback?state=s&code=c", "no-store"),
        ] {
            let (response, _) = ask(path, &[HTML]).unwrap();
            assert_eq!(header_of(&response, "cache-control"), cached, "{path}");
        }
        let (script, _) = ask("/theme.js", &[]).unwrap();
        assert_eq!(header_of(&script, "content-type"), "text/javascript; charset=utf-8");
    }

    #[test]
    fn a_code_in_the_address_goes_nowhere() {
        let (response, _) = ask("/oauth/callback?code=c", &[HTML]).unwrap();
        assert_eq!(header_of(&response, "referrer-policy"), "no-referrer");
        assert_eq!(header_of(&ask("/", &[]).unwrap().0, "referrer-policy"), "same-origin");
    }

    #[test]
    fn each_form_has_its_tag() {
        let packed = [("accept-encoding", "br, GZIP;q=0.5")];
        let (response, body) = ask("/assets/app-1a2b.js", &packed).unwrap();
        assert_eq!(
            (body.as_str(), header_of(&response, "content-encoding").as_str()),
            ("packed too", "gzip")
        );
        let tag = header_of(&response, "etag");
        for accept in ["gzip;q=0", "identity", "br"] {
            let (plain, body) = ask("/assets/app-1a2b.js", &[("accept-encoding", accept)]).unwrap();
            assert_eq!(
                (body.as_str(), header_of(&plain, "content-encoding").as_str()),
                ("2", ""),
                "{accept}"
            );
            assert_ne!(header_of(&plain, "etag"), tag);
        }
        for (given, status) in [
            (tag.clone(), 304),
            (format!("\"x\", W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"x\"".to_owned(), 200),
        ] {
            let (response, body) =
                ask("/assets/app-1a2b.js", &[packed[0], ("if-none-match", &given)]).unwrap();
            assert_eq!((response.status().as_u16(), body.is_empty()), (status, status == 304), "{given}");
            assert!(header_of(&response, "vary").contains("accept-encoding"));
        }
        assert!(ask("/index.html.gz", &[]).is_none(), "a packed form is no file of its own");
    }

    #[test]
    fn a_binary_without_its_page_says_so() {
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let response = Page::of(std::iter::empty()).answer(&request).unwrap();
        assert_eq!(header_of(&response, "content-type"), "text/html; charset=utf-8");
        assert!(UNBUILT.contains("make build"));
    }
}
