//! What an author writes of an `apiCall`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::draft::{CaseDraft, OneOrMany, RowDraft, Text, is_false, present};
use crate::request::Method;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiCallDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub mode: Mode,
    /// GET where it is not given; POST with a `contact` body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// In http mode `https://…`, with templates in path and query; or one whole `{{ expression }}` with `urlHosts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// In integration mode, with the three that follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_slug: Option<String>,
    /// The published version that is called, whatever is published later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub integration_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_key: Option<String>,
    /// The connection whose credentials are used; in http mode in place of `auth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// What the operation is called with: JSON values with templates in their texts.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
    /// The hosts that a `url` of one whole expression may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub url_hosts: Vec<String>,
    /// What stands between query pairs: `&` or `;`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_separator: Option<QuerySeparator>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<RowDraft>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<RowDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyDraft>,
    /// The variable that takes the decoded body; `httpResult` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_variable: Option<String>,
    /// Bounds one attempt, milliseconds; 10 000 where it is not given, at most 60 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<IdempotencyDraft>,
    /// How many redirects to follow; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 10))]
    pub follow_redirects: Option<u8>,
    /// The most of an answer's body that is read, in bytes after decompression; 1 MiB where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 67_108_864))]
    pub response_bytes_max: Option<u64>,
    /// JSONPath of the value that `result` of a case is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_path: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputDraft>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseDraft>,
    /// The node that comes after where no case matches: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What a failure does that no case matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
}

impl ApiCallDraft {
    /// A call in http mode, with nothing but a URL.
    pub(crate) fn http(url: String) -> Self {
        Self {
            name: None,
            description: None,
            mode: Mode::Http,
            method: None,
            url: Some(url),
            integration_slug: None,
            integration_version: None,
            operation_key: None,
            connection_id: None,
            inputs: Map::new(),
            url_hosts: Vec::new(),
            query_separator: None,
            headers: Vec::new(),
            query: Vec::new(),
            auth: None,
            body: None,
            response_variable: None,
            timeout_ms: None,
            retry: None,
            idempotency: None,
            follow_redirects: None,
            response_bytes_max: None,
            result_path: None,
            outputs: Vec::new(),
            cases: Vec::new(),
            next: None,
            on_failure: None,
        }
    }
}

/// Where the request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Written here.
    Http,
    /// An operation of a saved integration.
    Integration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum QuerySeparator {
    #[default]
    #[serde(rename = "&")]
    Ampersand,
    #[serde(rename = ";")]
    Semicolon,
}

impl QuerySeparator {
    pub fn as_char(self) -> char {
        match self {
            Self::Ampersand => '&',
            Self::Semicolon => ';',
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// Take `next`.
    #[default]
    Continue,
    /// End the run as failed.
    End,
}

/// How the call shows who it is. Every field may hold templates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum AuthDraft {
    None {},
    Basic {
        username: Text,
        #[serde(default)]
        password: Text,
    },
    Bearer {
        token: Text,
    },
    Header {
        name: String,
        value: Text,
    },
}

/// What the request carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum BodyDraft {
    None {},
    /// A JSON tree in `value` with templates in its string leaves, or JSON text in `text` with holes.
    Json {
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        #[schemars(with = "Value")]
        value: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// `application/x-www-form-urlencoded`.
    Form {
        fields: Vec<RowDraft>,
    },
    /// `multipart/form-data`.
    Multipart {
        parts: Vec<PartDraft>,
    },
    Xml {
        text: String,
        #[serde(default, rename = "contentType", skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    Text {
        text: String,
        #[serde(default, rename = "contentType", skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
    },
    /// The payload `{path, run, timestamp, extra, user}`.
    Contact {
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        #[schemars(with = "Value")]
        extra: Option<Value>,
        /// Leave `user` out.
        #[serde(default, rename = "excludeUserInfo", skip_serializing_if = "is_false")]
        exclude_user_info: bool,
    },
}

/// One part of a multipart body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartDraft {
    pub name: String,
    #[serde(default)]
    pub value: Text,
    /// Makes the part a file with this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Leave the part out where its value is missing, instead of failing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
}

/// When to send again. There is no other retry layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryDraft {
    /// All attempts, the first included; 1 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub max_attempts: Option<u32>,
    /// Bounds all attempts and the waits between them, milliseconds; 120 000 where it is not given, at most 24 h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400_000))]
    pub within_ms: Option<u64>,
    /// The outcomes to retry; `[429, 502, 503, 504, network, timeout]` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<OneOrMany>,
}

/// Makes a call safe to send again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdempotencyDraft {
    /// The header that carries the key, as `Idempotency-Key`.
    pub header: String,
}

/// A value of the answer that becomes a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputDraft {
    /// The variable's name.
    pub var: String,
    /// JSONPath (RFC 9535) over the body, or a header's name with `from: headers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<OutputFrom>,
    /// An expression over `value` and `response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<OutputType>,
    /// The value where none is found.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub default: Option<Value>,
    /// Without it a 2xx is the outcome `response`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Usable in later requests, masked wherever it is shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Make one or many a list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub as_list: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutputFrom {
    #[default]
    Body,
    Headers,
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutputType {
    String,
    Number,
    Boolean,
    Date,
    Json,
}
