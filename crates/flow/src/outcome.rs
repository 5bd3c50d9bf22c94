//! How a call ended: what came back, or why nothing did.

use serde::{Deserialize, Serialize};

/// How one attempt of a call ended. A failure is an outcome, never an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A complete head came back.
    Answered(Answer),
    /// Our guard said no; never retried.
    Refused(Refusal),
    /// It failed and no byte of the request had left: safe to send again.
    NotSent(Failure),
    /// It failed after bytes had left: it may have taken effect.
    NoAnswer(Failure),
}

/// An answer with a complete head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599 as sent by the upstream (other three-digit numbers are protocol failures).
    pub status: u16,
    /// In the order received; names in lower case; secrets in use already masked.
    pub headers: Vec<(String, String)>,
    pub body: AnswerBody,
    /// What happened on the way that the author should know.
    pub notes: Vec<Note>,
}

impl Answer {
    /// The first value of a header whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The body of an answer, after decompression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerBody {
    /// All of it, within the cap; secrets in use already masked.
    Whole(bytes::Bytes),
    /// It passed the cap (bytes, after decompression); the rest was not read.
    TooLarge { bytes_max: u64 },
    /// Its content encoding is one we did not ask for, or it is corrupt.
    Undecodable { why: String },
    /// It broke off before its end. Only a status other than 2xx is kept with such a body.
    BrokenOff { why: String },
}

/// Something that happened to a call which did not decide its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A code with a page in `docs/problems`.
    pub code: std::borrow::Cow<'static, str>,
    pub message: String,
}

/// Our guard's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: RefusalReason,
    /// Says what was refused and how an operator can allow it; names no resolved address.
    pub message: String,
}

/// Why the guard refused: stable codes, as `callout egress check` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Not a URL, or longer than 8 kB.
    UrlParse,
    /// Neither https, nor http to a host the operator lists.
    Scheme,
    /// User name or password in the URL.
    Userinfo,
    /// A port outside the operator's list.
    Port,
    /// A name that never leaves this network: single-label, `localhost`, `.local`, metadata names, …
    NameRefused,
    /// A literal or resolved address that is not public and not allowed.
    BlockedAddress,
    /// A redirect from https to http.
    Downgrade,
    /// Secrets would leave over http.
    SecretHost,
    /// A connection's credential would go to a host that it was not made for.
    ConnectionHost,
}

impl RefusalReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UrlParse => "url_parse",
            Self::Scheme => "scheme",
            Self::Userinfo => "userinfo",
            Self::Port => "port",
            Self::NameRefused => "name_refused",
            Self::BlockedAddress => "blocked_address",
            Self::Downgrade => "downgrade",
            Self::SecretHost => "secret_host",
            Self::ConnectionHost => "connection_host",
        }
    }
}

/// Why no complete answer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub class: FailureClass,
    pub phase: Phase,
    /// For the author: what failed, without addresses, banners or secrets.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The attempt's deadline passed.
    Timeout,
    /// No slot of the pool came free in time.
    MaxConnection,
    /// Look-up, connect, TLS or protocol failed, or the answer broke off.
    Network,
    /// The process ended while the call was under way.
    Interrupted,
    /// It could not be made: its connection has no usable credential.
    Invalid,
    /// Held back by the connection's own rate, or because its API asked for that.
    RateLimited,
    /// Not tried: the calls before it failed too often.
    CircuitOpen,
}

/// Where an attempt was when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    Slot,
    LookUp,
    Connect,
    Tls,
    Send,
    Head,
    Body,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Slot => "waiting for a connection slot",
            Self::LookUp => "looking the name up",
            Self::Connect => "connecting",
            Self::Tls => "the TLS handshake",
            Self::Send => "sending the request",
            Self::Head => "waiting for the answer",
            Self::Body => "reading the body",
        })
    }
}

/// How an attempt went, beside its outcome: what a trace and a test call show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Whole attempt, milliseconds.
    pub total_ms: f64,
    /// Each phase's own length in milliseconds, summed over hops; absent where it was not reached or not needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_up_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_ms: Option<f64>,
    /// The last hop went over a pooled connection.
    pub reused: bool,
}

/// One redirect that was followed, or that the guard refused to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub status: u16,
    /// Where it led: the method and URL of the next request, without credentials.
    pub method: crate::request::Method,
    pub url: String,
}
