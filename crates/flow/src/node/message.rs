//! The `message` node: words for the contact.

use crate::flow::{Target, Targets};
use crate::problem::{FieldPath, Problem};
use crate::run::{Exit, Fault, Move, Visit};
use crate::scope::Roots;
use crate::template::{Escape, Template, TextTemplate};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text, or texts by locale (`en`, `pt-BR`, `default`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LocalText {
    One(String),
    ByLocale(IndexMap<String, String>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MessageDraft {
    /// The node's name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text, or one for each locale with the key `default` for all others.
    pub text: LocalText,
    /// Whom it is for; the event's contact where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The node that comes after: an id, or `flow:<slug>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The node, compiled.
#[derive(Debug)]
pub struct Message {
    /// By locale in lower case; one text alone is the default of all.
    texts: Vec<(String, TextTemplate)>,
    to: Option<Template>,
    pub next: Option<Target>,
}

/// The locale that stands for all that have no text of their own.
const DEFAULT_LOCALE: &str = "default";

impl Message {
    pub(crate) fn compile(
        draft: &MessageDraft,
        targets: &Targets<'_>,
        at: &FieldPath,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let found = problems.len();
        let mut compile = |text: &str, at: FieldPath| {
            TextTemplate::compile(text, Escape::Plain, Roots::FLOW, &at, problems)
        };
        let texts: Vec<_> = match &draft.text {
            LocalText::One(text) => {
                compile(text, at.key("text")).map(|t| (DEFAULT_LOCALE.to_owned(), t)).into_iter().collect()
            }
            LocalText::ByLocale(texts) => texts
                .iter()
                .filter_map(|(locale, text)| {
                    let template = compile(text, at.key("text").key(locale))?;
                    Some((locale.to_ascii_lowercase().replace('_', "-"), template))
                })
                .collect(),
        };
        let to = super::compile_optional(draft.to.as_deref(), &at.key("to"), problems);
        let next = targets.find_optional(draft.next.as_deref(), &at.key("next"), problems)?;
        if texts.is_empty() {
            if problems.len() == found {
                problems.push(Problem::error(
                    "missing-key",
                    at.key("text"),
                    "a message needs a text",
                    "Write a text, or one for each locale.",
                ));
            }
            return None;
        }
        Some(Self { texts, to: to?, next })
    }

    /// The text for a locale: the same one, its language's, the default, or the first.
    fn text_for(&self, locale: Option<&str>) -> &(String, TextTemplate) {
        let wanted = locale.unwrap_or(DEFAULT_LOCALE).to_ascii_lowercase().replace('_', "-");
        let language = wanted.split('-').next().unwrap_or_default();
        let with = |locale: &str| self.texts.iter().find(|(of, _)| of == locale);
        with(&wanted).or_else(|| with(language)).or_else(|| with(DEFAULT_LOCALE)).unwrap_or(&self.texts[0])
    }

    pub(crate) fn enter(&self, visit: &mut Visit<'_>) -> Result<Move, Fault> {
        let locale = visit.run.locale().map(str::to_owned);
        let (of, template) = self.text_for(locale.as_deref());
        let text = visit.render_text(template)?;
        let to = match &self.to {
            Some(to) => visit.render_plain(to)?.into(),
            None => visit.run.contact_id(),
        };
        let locale = (of != DEFAULT_LOCALE).then_some(of);
        visit.effect("message", to, serde_json::json!({ "text": text, "locale": locale }));
        Ok(Move::Leave(Exit::Next(self.next.clone())))
    }
}
