//! The `contact` body: `{path, run, timestamp, extra, user}`.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::body::{capped, note_reads, too_large, write_json};
use super::{Compiler, RenderContext, Renderer};
use crate::problem::FieldPath;
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
                let template = JsonTemplate::compile(value, compiler.roots, at, compiler.problems)?;
                note_reads(&template, compiler);
                Some(template)
            }
        };
        Some(Self { extra, exclude_user_info, at: at.clone() })
    }

    /// The payload's bytes; `extra` null where there is none.
    pub(super) fn render(&self, context: &RenderContext<'_>, renderer: &mut Renderer<'_>) -> Option<Vec<u8>> {
        let run = Value::from(context.run_id);
        let head = format!(
            "{{\"path\":{},\"run\":{run},\"timestamp\":\"{}\",\"extra\":",
            context.flow_number, context.now
        );
        let mut out = capped();
        let mut whole = out.write_all(head.as_bytes()).is_ok();
        match &self.extra {
            Some(template) => write_json(template, &self.at, &mut out, renderer)?,
            None => whole &= out.write_all(b"null").is_ok(),
        }
        if !self.exclude_user_info {
            whole &= out.write_all(b",\"user\":").is_ok();
            whole &= serde_json::to_writer(&mut out, &context.contact.map_or(Value::Null, user)).is_ok();
        }
        whole &= out.write_all(b"}").is_ok();
        if !whole {
            too_large(&self.at, renderer);
            return None;
        }
        Some(out.bytes)
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
