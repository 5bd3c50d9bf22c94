//! The record of one visit of one node: what was sent, what came back, where it went on.

use std::borrow::Cow;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::outcome::{FailureClass, Hop, Note, Phase, Timing};
use crate::outcome_key::OutcomeKey;
use crate::request::{HolePlace, PreparedRequest, RenderedAuth};
use crate::shared::Shared;

/// What stands in place of a secret wherever it is shown.
pub const MASK: &str = "***";

/// The most of a body that a record keeps, in bytes (spec 10).
pub const RECORDED_BODY_BYTES_MAX: usize = 64 * 1024;

/// One visit of one node. The shape is that of the API and of `--json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub node: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The node's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The flow the node belongs to, where it is not the run's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Counts the visits of this node in this run from 1.
    pub visit: u32,
    pub started_at: Timestamp,
    pub duration_ms: u64,
    /// How a call ended; null for a node that calls nothing.
    pub outcome: Option<OutcomeKey>,
    /// The status of the last attempt's answer, if one came.
    pub status: Option<u16>,
    pub case: CaseTaken,
    /// The node it went on to, or `flow:<slug>`; null where the run ended here.
    pub to: Option<String>,
    pub attempts: Vec<Attempt>,
    pub request: Option<RequestRecord>,
    pub response: Option<ResponseRecord>,
    /// The variables this visit set. Those of a `sensitive` output are masked.
    pub set: IndexMap<String, Shared>,
    /// The variables this visit cleared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    pub problems: Vec<Note>,
}

impl Step {
    /// A visit that has just begun.
    pub fn begin(node: String, kind: &'static str, visit: u32, now: Timestamp) -> Self {
        Self {
            node,
            kind,
            name: None,
            flow: None,
            visit,
            started_at: now,
            duration_ms: 0,
            outcome: None,
            status: None,
            case: CaseTaken::None,
            to: None,
            attempts: Vec::new(),
            request: None,
            response: None,
            set: IndexMap::new(),
            unset: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// Which way a node went.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CaseTaken {
    /// The run ended here, or a failure ended it.
    #[default]
    None,
    Next,
    Case {
        index: usize,
        name: Option<String>,
        on: Vec<String>,
    },
}

impl Serialize for CaseTaken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Next => serializer.serialize_str("next"),
            Self::Case { index, name, on } => {
                let on = match on.as_slice() {
                    [] => Value::Null,
                    [one] => one.as_str().into(),
                    many => many.into(),
                };
                serde_json::json!({ "index": index, "name": name, "on": on }).serialize(serializer)
            }
        }
    }
}

/// One sending of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    pub started_at: Timestamp,
    pub duration_ms: u64,
    pub outcome: OutcomeKey,
    pub status: Option<u16>,
    pub sent: Sent,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<AttemptError>,
    pub timing: Timing,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// Until when the run was parked before the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

/// Whether bytes of a request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sent {
    No,
    Maybe,
    Yes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttemptError {
    /// A key of spec 5: `timeout`, `network`, `blocked`, …
    pub class: String,
    pub message: String,
    /// Where the attempt was, for a failure of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The guard's stable code, for a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<std::borrow::Cow<'static, str>>,
}

/// A request as it was sent, credentials masked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    pub method: crate::request::Method,
    pub url: String,
    /// A repeated name has a list.
    pub headers: Map<String, Value>,
    /// The text as sent; a body that is not text as `{base64}`.
    pub body: Value,
}

impl RequestRecord {
    pub fn new(request: &PreparedRequest, auth: &RenderedAuth) -> Self {
        let mut headers = Map::new();
        for (index, header) in request.headers.iter().enumerate() {
            let value = with_holes(request, HolePlace::Header(index), &header.value);
            push_header(&mut headers, &header.name, &value);
        }
        match auth {
            RenderedAuth::None => {}
            RenderedAuth::Basic { .. } => push_header(&mut headers, "Authorization", "Basic ***"),
            RenderedAuth::Bearer { .. } => push_header(&mut headers, "Authorization", "Bearer ***"),
            RenderedAuth::Header { name, .. } => push_header(&mut headers, name, MASK),
            RenderedAuth::Headers(rows) => {
                rows.iter().for_each(|(name, _)| push_header(&mut headers, name, MASK))
            }
            // Neither is known before the moment of sending.
            RenderedAuth::AwsSigV4 { .. } => {
                push_header(&mut headers, "Authorization", "AWS4-HMAC-SHA256 ***")
            }
            RenderedAuth::StandardWebhooks { .. } => push_header(&mut headers, "webhook-signature", MASK),
            RenderedAuth::Query { .. } => {}
        }
        let body = request.body.as_deref().map_or(Value::Null, |bytes| match std::str::from_utf8(bytes) {
            Ok(text) => with_holes(request, HolePlace::Body, text).into_owned().into(),
            Err(_) => body_text(bytes),
        });
        let mut url = with_holes(request, HolePlace::Url, request.url.as_str()).into_owned();
        if let RenderedAuth::Query { name, .. } = auth {
            url.push(if request.url.query().is_some() { '&' } else { '?' });
            url.push_str(&format!("{name}={MASK}"));
        }
        Self { method: request.method, url, headers, body }
    }
}

/// A text of a request with its holes written as their templates are.
fn with_holes<'t>(request: &PreparedRequest, place: HolePlace, text: &'t str) -> Cow<'t, str> {
    let mut shown = Cow::Borrowed(text);
    for hole in request.holes.iter().rev().filter(|hole| hole.place == place) {
        if shown.is_char_boundary(hole.offset) {
            shown.to_mut().insert_str(hole.offset, &format!("{{{{ secret.{} }}}}", hole.name));
        }
    }
    shown
}

/// An answer as it was received, secrets masked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseRecord {
    pub status: u16,
    /// Lower-case names; a repeated name has a list.
    pub headers: Shared,
    /// The decoded body; the beginning of its text where it is larger than a record keeps.
    pub body: Shared,
    /// The body's length in bytes, after decompression.
    pub bytes: u64,
    /// Whether `body` is only its beginning.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub body_cut: bool,
}

impl ResponseRecord {
    /// As a record keeps it where nothing in it is to be masked; `None` where it is not a text that was never parsed.
    #[must_use]
    pub fn cut_text(&self) -> Option<Self> {
        let body = self.body.is_large_plain().then(|| self.body.cut(RECORDED_BODY_BYTES_MAX))?;
        Some(Self { headers: self.headers.clone(), body, body_cut: true, ..*self })
    }
}

/// Names to values; a repeated name has a list.
pub fn header_map(headers: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        push_header(&mut map, name, value);
    }
    map
}

fn push_header(map: &mut Map<String, Value>, name: &str, value: &str) {
    match map.get_mut(name) {
        None => {
            map.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(values)) => values.push(value.into()),
        Some(one) => *one = Value::Array(vec![one.take(), value.into()]),
    }
}

/// A body for a record: its text, or base64 where it is not text. It is cut later, by [`cut_bodies`].
pub fn body_text(bytes: &[u8]) -> Value {
    use base64::Engine as _;
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => serde_json::json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }),
    }
}

/// Cuts the bodies of a step's JSON, or of a preview's, to what a record keeps. Secrets must be masked before:
/// the beginning of one is no form that a scrubber knows.
pub fn cut_bodies(step: &mut Value) {
    for part in ["request", "response"] {
        let Some(record) = step.get_mut(part).and_then(Value::as_object_mut) else { continue };
        let text = match record.get_mut("body") {
            Some(Value::String(text)) => text,
            Some(Value::Object(body)) if body.len() == 1 => match body.get_mut("base64") {
                Some(Value::String(text)) => text,
                _ => continue,
            },
            _ => continue,
        };
        if text.len() > RECORDED_BODY_BYTES_MAX {
            text.truncate(text.floor_char_boundary(RECORDED_BODY_BYTES_MAX));
            record.insert("bodyCut".to_owned(), true.into());
        }
    }
}

/// What a run tells its host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// Unique to the visit that caused it.
    pub id: String,
    pub run: String,
    /// The node that told it.
    pub node: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub to: Value,
    pub data: Value,
}

/// `vars.httpError`: why a call has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallError {
    pub class: String,
    pub message: String,
    pub sent: Sent,
    pub attempts: u32,
}

impl From<FailureClass> for OutcomeKey {
    fn from(class: FailureClass) -> Self {
        match class {
            FailureClass::Timeout => Self::Timeout,
            FailureClass::MaxConnection => Self::MaxConnection,
            FailureClass::Network => Self::Network,
            FailureClass::Interrupted => Self::Unknown,
            FailureClass::Invalid => Self::Invalid,
            FailureClass::RateLimited => Self::RateLimited,
            FailureClass::CircuitOpen => Self::CircuitOpen,
        }
    }
}
