//! The `screenPop` node: a record on an agent's screen.

use crate::flow::{Target, Targets};
use crate::problem::{FieldPath, Problem};
use crate::render::UrlTemplate;
use crate::run::{Exit, Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::Template;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of a record: a label and a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldDraft {
    pub label: String,
    #[serde(default)]
    pub value: crate::draft::Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScreenPopDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The agent or queue it is for; left to the host where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The page to open; values in it are placed as in any URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDraft>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct ScreenPop {
    to: Option<Template>,
    title: Option<Template>,
    url: Option<UrlTemplate>,
    fields: Vec<Field>,
    pub next: Option<Target>,
}

/// A label and a value, compiled.
#[derive(Debug)]
pub(crate) struct Field {
    label: Template,
    value: Template,
}

impl Field {
    pub(crate) fn compile_all(
        drafts: &[FieldDraft],
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Self>> {
        let mut fields = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            let at = at.index(index);
            let label = Template::compile(&draft.label, Roots::FLOW, &at.key("label"), problems);
            let value = Template::compile(draft.value.as_str(), Roots::FLOW, &at.key("value"), problems);
            if let (Some(label), Some(value)) = (label, value) {
                fields.push(Self { label, value });
            }
        }
        (fields.len() == drafts.len()).then_some(fields)
    }

    pub(crate) fn render_all(fields: &[Self], visit: &mut Visit<'_>) -> Result<serde_json::Value, Fault> {
        let mut lines = Vec::with_capacity(fields.len());
        for field in fields {
            let label = visit.render_plain(&field.label)?;
            let value = visit.render_plain(&field.value)?;
            lines.push(serde_json::json!({ "label": label, "value": value }));
        }
        Ok(lines.into())
    }
}

impl ScreenPop {
    pub(crate) fn compile(
        draft: &ScreenPopDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let to = super::compile_optional(draft.to.as_deref(), &at.key("to"), problems);
        let title = super::compile_optional(draft.title.as_deref(), &at.key("title"), problems);
        let url = match &draft.url {
            None => Some(None),
            Some(url) => UrlTemplate::compile(url, &at.key("url"), problems).map(Some),
        };
        let fields = Field::compile_all(&draft.fields, &at.key("fields"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems);
        Some(Self { to: to?, title: title?, url: url?, fields: fields?, next: next? })
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let to = visit.render_optional(self.to.as_ref())?;
        let title = visit.render_optional(self.title.as_ref())?;
        let url = match &self.url {
            Some(url) => visit.render_url(url)?.into(),
            None => serde_json::Value::Null,
        };
        let fields = Field::render_all(&self.fields, visit)?;
        visit.effect("screenPop", to, serde_json::json!({ "title": title, "url": url, "fields": fields }));
        Ok(Move::Leave(Exit::Next(self.next.clone())))
    }
}
