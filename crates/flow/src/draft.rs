//! The graph as authored, perhaps half-drawn or wrong: the only serialised form of a flow.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};

use crate::node::NodeDraft;

/// A flow: a graph of nodes with a trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Callout flow")]
pub struct FlowDraft {
    pub kind: FlowKind,
    /// The flow's name in addresses and in `goToFlow`: lower-case letters, digits and dashes.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"))]
    pub slug: String,
    /// The flow's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The flow's stable number: `path` in a `contact` body. A server gives its own; files may fix one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    pub trigger: TriggerDraft,
    /// How often one contact may enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryDraft>,
    /// The id of the first node.
    pub start: String,
    /// The nodes by id.
    pub nodes: IndexMap<String, NodeDraft>,
    /// Where an editor draws the nodes, by id. It means nothing for runs, and makes no version differ from another.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub layout: IndexMap<String, PointDraft>,
}

/// A place on the canvas of an editor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointDraft {
    /// Pixels to the right.
    #[schemars(with = "f64")]
    pub x: Number,
    /// Pixels downwards.
    #[schemars(with = "f64")]
    pub y: Number,
}

impl FlowDraft {
    /// The versions of integrations that its calls pin, each once.
    pub fn pins(&self) -> BTreeSet<(&str, u32)> {
        let calls = self.nodes.values().filter_map(|node| match node {
            NodeDraft::ApiCall(call) => Some(call),
            _ => None,
        });
        calls
            .filter_map(|call| Some((call.integration_slug.as_deref()?, call.integration_version?)))
            .collect()
    }

    /// The connections that its calls name, each once.
    pub fn connections(&self) -> BTreeSet<&str> {
        let named = self.nodes.values().filter_map(|node| match node {
            NodeDraft::ApiCall(call) => call.connection_id.as_deref(),
            _ => None,
        });
        named.collect()
    }
}

/// What kind of document this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FlowKind {
    Flow,
}

/// What starts a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum TriggerDraft {
    /// An event with this name, posted by the host application.
    Event(EventTriggerDraft),
    /// A call of the API.
    Api(ApiTriggerDraft),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventTriggerDraft {
    /// The event's name.
    pub event: String,
    /// An expression that must hold for the event to start a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Start on the contact's n-th such event that matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub occurrences: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiTriggerDraft {}

/// How often one contact may enter a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntryDraft {
    /// Whenever the trigger fires.
    Always,
    /// One run per contact, ever.
    Once,
    /// One run per contact in this time, as `1d`.
    OncePer(String),
}

/// Where a node goes next. All that is given must hold; the first match in order wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseDraft {
    /// A label for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An outcome or a list of them: `404`, `2xx`, `timeout`, `max-connection`, `network`, `blocked`, `invalid`,
    /// `response`, `rate-limited`, `circuit-open`, `unknown`, `success`, `failed`, `error`, `other`.
    #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
    pub on: OneOrMany,
    /// Matches, exactly, the value found at `resultPath`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub result: Option<Value>,
    /// An expression that must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// A node's id, or `flow:<slug>`.
    pub to: String,
}

/// A name and a value of a header, a query or a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowDraft {
    /// Taken as it is: no templates.
    pub name: String,
    /// May hold templates.
    #[serde(default)]
    pub value: Text,
    /// A row that is not enabled is kept, and not sent.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Leave the row out where its value is missing, instead of failing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
}

/// A text; a number or a boolean is read as the text that shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Text {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar_text(Value::deserialize(deserializer)?)
            .map(Text)
            .ok_or_else(|| serde::de::Error::custom("expected a text, a number or a boolean"))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// One text or a list of them; numbers are read as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl OneOrMany {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = match Value::deserialize(deserializer)? {
            Value::Array(items) if items.is_empty() => {
                return Err(serde::de::Error::custom(
                    "an empty list names nothing: name one, or leave the key out",
                ));
            }
            Value::Array(items) => items,
            one => vec![one],
        };
        let texts: Option<Vec<String>> = items.into_iter().map(scalar_text).collect();
        texts.map(OneOrMany).ok_or_else(|| serde::de::Error::custom("expected a text or a list of texts"))
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "integer", "array"],
            "items": { "type": ["string", "integer"] },
            "minItems": 1
        })
    }
}

fn scalar_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Keeps an authored `null` apart from a key that is not there.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn is_true(flag: &bool) -> bool {
    *flag
}

pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}
