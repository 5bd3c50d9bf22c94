//! The `contact` body: `{path, run, timestamp, extra, user}`.

use serde_json::{Map, Value, json};

use super::body::{note_reads, render_json};
use super::{Compiler, RenderContext, Renderer};
use crate::problem::FieldPath;
use crate::scope::Roots;
use crate::template::JsonTemplate;

/// A contact's fields as the payload names them.
const FIELDS: &[(&str, &str)] = &[
    ("id", "id"),
    ("externalId", "user_id"),
    ("name", "name"),
    ("email", "email"),
    ("phone", "phone_number"),
    ("status", "status"),
    ("locale", "locale"),
    ("timeZone", "time_zone"),
    ("city", "city"),
    ("region", "region"),
    ("country", "country"),
    ("firstSeenAt", "first_seen"),
    ("lastSeenAt", "last_seen"),
    ("createdAt", "created_at"),
    ("updatedAt", "updated_at"),
];

#[derive(Debug)]
pub(super) struct ContactTemplate {
    extra: Option<JsonTemplate>,
    exclude_user_info: bool,
    pub at: FieldPath,
}

impl ContactTemplate {
    pub(super) fn compile(
        extra: Option<&Value>,
        exclude_user_info: bool,
        at: &FieldPath,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        let extra = match extra {
            None => None,
            Some(value) => {
                let template = JsonTemplate::compile(value, Roots::FLOW, at, compiler.problems)?;
                note_reads(&template, compiler);
                Some(template)
            }
        };
        Some(Self { extra, exclude_user_info, at: at.clone() })
    }

    pub(super) fn render(&self, context: &RenderContext<'_>, renderer: &mut Renderer<'_>) -> Option<Value> {
        let extra = match &self.extra {
            Some(template) => render_json(template, renderer)?,
            None => Value::Null,
        };
        let mut payload = Map::new();
        payload.insert("path".into(), context.flow_number.into());
        payload.insert("run".into(), context.run_id.into());
        payload.insert("timestamp".into(), context.now.to_string().into());
        payload.insert("extra".into(), extra);
        if !self.exclude_user_info {
            payload.insert("user".into(), context.contact.map_or(Value::Null, user));
        }
        Some(payload.into())
    }
}

/// A contact's whole profile in snake_case. What is not known is null, so that a receiver sees every name.
fn user(contact: &Value) -> Value {
    let mut user = Map::new();
    for (field, name) in FIELDS {
        user.insert((*name).to_owned(), contact.get(field).cloned().unwrap_or(Value::Null));
    }
    let list = |field: &str| contact.get(field).cloned().unwrap_or_else(|| json!([]));
    user.insert("attributes".into(), contact.get("attributes").cloned().unwrap_or_else(|| json!({})));
    let tags = match list("tags") {
        Value::Array(tags) => tags.into_iter().map(tag).collect(),
        other => other,
    };
    user.insert("tags".into(), tags);
    user.insert("lists".into(), list("lists"));
    user.into()
}

/// A tag as `{id, name}`; one that is only a name has it for both.
fn tag(tag: Value) -> Value {
    match tag {
        Value::String(name) => json!({ "id": name, "name": name }),
        other => other,
    }
}
