//! What an answer says it holds.

/// A `Content-Type`, read; the default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// Lower case, without parameters.
    essence: String,
    /// As it was sent.
    pub(super) charset: Option<String>,
}

/// How a body is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Xml,
    Form,
    Text,
    Unsaid,
    Binary,
}

/// Types under `application/` that are text.
const TEXTUAL: [&str; 13] = [
    "ecmascript",
    "graphql",
    "javascript",
    "jsonl",
    "jwt",
    "sql",
    "toml",
    "x-javascript",
    "x-jsonlines",
    "x-ndjson",
    "x-sh",
    "x-yaml",
    "yaml",
];

impl ContentType {
    /// Reads a header's value; `None` where it is no media type.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (main, sub) = essence.split_once('/')?;
        let is_token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic() && b != b',');
        if !is_token(main) || !is_token(sub) {
            return None;
        }
        let charset = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
        });
        Some(Self { essence, charset })
    }

    /// Whether the bytes are UTF-8, as stated or by default.
    pub(super) fn is_utf8(&self) -> bool {
        self.charset.as_ref().is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
    }

    pub(super) fn kind(&self) -> Kind {
        let Some((main, sub)) = self.essence.split_once('/') else { return Kind::Unsaid };
        match (main, sub) {
            ("application" | "text", "json") => Kind::Json,
            ("application" | "text", "xml") => Kind::Xml,
            (_, sub) if sub.ends_with("+json") => Kind::Json,
            // What the services of AWS that speak JSON answer, 1.0 and 1.1.
            ("application", sub) if sub.starts_with("x-amz-json-") => Kind::Json,
            ("image", _) => Kind::Binary,
            (_, sub) if sub.ends_with("+xml") => Kind::Xml,
            ("application", "x-www-form-urlencoded") => Kind::Form,
            ("application" | "binary", "octet-stream") => Kind::Unsaid,
            ("text", _) => Kind::Text,
            ("application", sub) if TEXTUAL.contains(&sub) || sub.ends_with("+yaml") => Kind::Text,
            _ => Kind::Binary,
        }
    }
}

impl std::fmt::Display for ContentType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.essence)
    }
}
