//! A request as it will be sent, complete but for credentials: comparable, printable, storable.

mod holes;

use serde::{Deserialize, Serialize};
use url::Url;

pub use holes::{Filled, Unfillable};

/// The methods an `apiCall` may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

impl Method {
    pub const ALL: [Method; 7] =
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Head, Self::Options];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether sending the same request twice has the effect of sending it once (RFC 9110, 9.2.2).
    pub fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }

    /// Whether the method asks for nothing to change (RFC 9110, 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One header line, in the author's spelling. The value holds no CR, LF, NUL or other control but tab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// Whether a header frames the message or speaks to one hop only: the client writes it, and a second one could
/// make two readers see two requests. Compared without case.
pub fn is_framing_name(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "http2-settings",
    ];
    let lower = name.to_ascii_lowercase();
    NAMES.contains(&lower.as_str()) || lower.starts_with("proxy-")
}

/// A request rendered and complete, **without credentials**. It is what is recorded before the first byte
/// leaves, and what every attempt sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedRequest {
    pub method: Method,
    /// Parsed once; every later reader uses this parse. No fragment.
    pub url: Url,
    /// In the order they are sent. Never `Host`, framing or hop-by-hop names, never what `auth` sets.
    pub headers: Vec<Header>,
    /// The exact bytes, or none. At most `BODY_BYTES_MAX`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "body_text")]
    pub body: Option<Vec<u8>>,
    /// Where secrets go, in the order of their places: filled last, and on the way out only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<SecretHole>,
}

/// A place that takes a secret of the connection when the request is sent. Until then nothing stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretHole {
    pub place: HolePlace,
    /// Bytes of the place's text that come before it.
    pub offset: usize,
    /// `secret.<name>`.
    pub name: String,
    pub encoding: HoleEncoding,
}

/// Which text of a request a hole is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HolePlace {
    /// Of `url` as a text.
    Url,
    /// The value of `headers[n]`.
    Header(usize),
    Body,
}

/// How a secret is written at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HoleEncoding {
    /// Within one segment of the path.
    Path,
    /// Within one value of the query, or of a form.
    Component,
    Header,
    /// Within a JSON text.
    Json,
    Xml,
    /// As it is: a text body, a part of a multipart body.
    Plain,
}

/// A body as text where it is text, else as `{base64}`.
mod body_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Stored<'b> {
        Text(std::borrow::Cow<'b, str>),
        Bytes { base64: String },
    }

    pub(super) fn serialize<S: Serializer>(body: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        body.as_deref()
            .map(|bytes| match std::str::from_utf8(bytes) {
                Ok(text) => Stored::Text(text.into()),
                Err(_) => Stored::Bytes { base64: STANDARD.encode(bytes) },
            })
            .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(match Option::<Stored<'_>>::deserialize(from)? {
            None => None,
            Some(Stored::Text(text)) => Some(text.into_owned().into_bytes()),
            Some(Stored::Bytes { base64 }) => {
                Some(STANDARD.decode(base64).map_err(serde::de::Error::custom)?)
            }
        })
    }
}

/// The largest request body that is sent, in bytes (spec 7).
pub const BODY_BYTES_MAX: usize = 1 << 20;

impl PreparedRequest {
    /// The first value of a header, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }
}

/// A string that is a secret in use: masked wherever it is shown, never serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Callers put it on the wire or into a scrubber, and nowhere else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a node's `auth` rendered to, apart from the request it goes with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RenderedAuth {
    #[default]
    None,
    Basic {
        username: SecretText,
        password: SecretText,
    },
    Bearer {
        token: SecretText,
    },
    /// The name is not a secret; the value is.
    Header {
        name: String,
        value: SecretText,
    },
    /// Names are not secrets; values are.
    Headers(Vec<(String, SecretText)>),
    /// A pair at the end of the query.
    Query {
        name: String,
        value: SecretText,
    },
    /// AWS Signature Version 4, made anew for every attempt.
    AwsSigV4 {
        access_key_id: SecretText,
        secret_access_key: SecretText,
        session_token: Option<SecretText>,
        region: String,
        service: String,
    },
    /// The Standard Webhooks signature, made anew for every attempt; `id` stays the same over them.
    StandardWebhooks {
        id: String,
        secret: SecretText,
    },
}
