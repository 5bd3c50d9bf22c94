//! Bodies: each type's own syntax, and at most as many bytes as a request may carry.

use serde_json::Value;

use super::contact::ContactTemplate;
use super::multipart::Multipart;
use super::query::has_template;
use super::slot::{Filled, IN_BODY, Slot};
use super::{Compiler, FieldReads, RenderContext, Renderer, encode, headers};
use crate::draft::RowDraft;
use crate::node::api_call::draft::BodyDraft;
use crate::problem::FieldPath;
use crate::request::{BODY_BYTES_MAX, HoleEncoding};
use crate::template::{Capped, Escape, JsonTemplate, TextTemplate};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "application/xml; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

#[derive(Debug)]
pub(super) enum BodyTemplate {
    None,
    Json { template: JsonTemplate, at: FieldPath },
    Form { fields: Vec<(String, Slot)>, at: FieldPath },
    Multipart(Multipart),
    Text { template: TextTemplate, content_type: String, at: FieldPath },
    Contact(ContactTemplate),
}

/// A rendered body and what it says it is.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub bytes: Option<Vec<u8>>,
    pub content_type: Option<String>,
}

impl Body {
    pub(super) fn new(bytes: Vec<u8>, content_type: impl Into<String>) -> Self {
        Self { bytes: Some(bytes), content_type: Some(content_type.into()) }
    }
}

impl BodyTemplate {
    pub(super) fn compile(
        draft: Option<&BodyDraft>,
        at: &FieldPath,
        compiler: &mut Compiler<'_>,
    ) -> Option<Self> {
        Some(match draft {
            None | Some(BodyDraft::None {}) => Self::None,
            Some(BodyDraft::Json { value, text }) => {
                compile_json(value.as_ref(), text.as_deref(), at, compiler)?
            }
            Some(BodyDraft::Form { fields }) => {
                let at = at.key("fields");
                Self::Form { fields: compile_rows(fields, &at, compiler)?, at }
            }
            Some(BodyDraft::Multipart { parts }) => {
                Self::Multipart(Multipart::compile(parts, &at.key("parts"), compiler)?)
            }
            Some(BodyDraft::Xml { text, content_type }) => {
                check_xml_positions(text, &at.key("text"), compiler)?;
                compile_text(text, Escape::Xml, content_type.as_deref().unwrap_or(XML), at, compiler)?
            }
            Some(BodyDraft::Text { text, content_type }) => {
                compile_text(text, Escape::Plain, content_type.as_deref().unwrap_or(TEXT), at, compiler)?
            }
            Some(BodyDraft::Contact { extra, exclude_user_info }) => {
                let extra = extra.as_ref();
                Self::Contact(ContactTemplate::compile(
                    extra,
                    *exclude_user_info,
                    &at.key("extra"),
                    compiler,
                )?)
            }
        })
    }

    /// How a secret is written in it.
    pub(super) fn hole_encoding(&self) -> HoleEncoding {
        match self {
            Self::Json { .. } | Self::Contact(_) => HoleEncoding::Json,
            Self::Form { .. } => HoleEncoding::Component,
            Self::Text { template, .. } if template.escape() == Escape::Xml => HoleEncoding::Xml,
            Self::Text { .. } | Self::Multipart(_) | Self::None => HoleEncoding::Plain,
        }
    }

    pub(super) fn render(&self, context: &RenderContext<'_>, renderer: &mut Renderer<'_>) -> Option<Body> {
        match self {
            Self::None => Some(Body::default()),
            Self::Json { template, at } => {
                let mut out = capped();
                write_json(template, at, &mut out, renderer)?;
                Some(Body::new(out.bytes, JSON))
            }
            Self::Form { fields, at } => {
                let text = render_form(fields, renderer)?;
                checked(text.into_bytes(), at, renderer).map(|bytes| Body::new(bytes, FORM))
            }
            Self::Multipart(multipart) => multipart.render(context.run_id, renderer),
            Self::Text { template, content_type, at } => {
                match template.render_metered(renderer.scope, renderer.meter) {
                    Ok(text) => {
                        let bytes = checked(text.into_bytes(), at, renderer)?;
                        Some(Body::new(bytes, content_type.clone()))
                    }
                    Err(error) => {
                        renderer.failed(at, error);
                        None
                    }
                }
            }
            Self::Contact(contact) => contact.render(context, renderer).map(|bytes| Body::new(bytes, JSON)),
        }
    }
}

fn compile_json(
    value: Option<&Value>,
    text: Option<&str>,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<BodyTemplate> {
    let (value_at, text_at) = (at.key("value"), at.key("text"));
    let template = match (value, text) {
        (Some(value), None) => {
            if let Value::String(text) = value
                && looks_like_json(text)
            {
                let fix =
                    "JSON text goes into `text`; `value` is a tree, and a text in it is sent as a text.";
                let message = "`value` is a text that looks like JSON, and would be sent as one quoted text";
                compiler.error("json-value-is-text", &value_at, message, fix);
                return None;
            }
            JsonTemplate::compile(value, compiler.roots, &value_at, compiler.problems)?
        }
        (None, Some(text)) => JsonTemplate::from_text(text, compiler.roots, &text_at, compiler.problems)?,
        (given, _) => {
            let message = match given {
                Some(_) => "a JSON body has `value` or `text`, not both",
                None => "a JSON body needs `value` or `text`",
            };
            compiler.error("json-body", at, message, "Give a tree in `value`, or JSON text in `text`.");
            return None;
        }
    };
    note_reads(&template, compiler);
    Some(BodyTemplate::Json { template, at: at.clone() })
}

pub(super) fn note_reads(template: &JsonTemplate, compiler: &mut Compiler<'_>) {
    for (at, paths, guarded) in template.reads() {
        if !paths.is_empty() {
            compiler.reads.push(FieldReads { at, paths, guarded });
        }
    }
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    let wrapped = |open, close| text.starts_with(open) && text.ends_with(close);
    let is_hole = text.starts_with("{{") && text.ends_with("}}");
    (wrapped('{', '}') && !is_hole) || (wrapped('[', ']'))
}

fn compile_text(
    text: &str,
    escape: Escape,
    content_type: &str,
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<BodyTemplate> {
    let typed = check_content_type(content_type, &at.key("contentType"), compiler);
    let at = at.key("text");
    let template = TextTemplate::compile(text, escape, compiler.roots, &at, compiler.problems)?;
    compiler.reads(&at, template.reads());
    typed.then(|| BodyTemplate::Text { template, content_type: content_type.to_owned(), at })
}

/// Whether a media type can be sent; what is wrong with it is told.
pub(super) fn check_content_type(text: &str, at: &FieldPath, compiler: &mut Compiler<'_>) -> bool {
    let fault = match has_template(text) {
        true => Some("a content type holds no template".to_owned()),
        false if text.is_empty() => Some("a content type is empty".to_owned()),
        false => headers::fault_of(text),
    };
    if let Some(why) = &fault {
        compiler.error("content-type", at, why.clone(), "Write it as `text/csv; charset=utf-8`.");
    }
    fault.is_none()
}

/// Names and values; disabled rows left out.
fn compile_rows(
    rows: &[RowDraft],
    at: &FieldPath,
    compiler: &mut Compiler<'_>,
) -> Option<Vec<(String, Slot)>> {
    let mut compiled = Some(Vec::new());
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.enabled) {
        let row_at = at.index(index);
        if has_template(&row.name) {
            let fix = "Write the name as it is, and put the template into the value.";
            compiler.error("template-in-name", &row_at.key("name"), "a field's name holds no template", fix);
            compiled = None;
        }
        let slot = Slot::compile(row.value.as_str(), row.optional, &row_at.key("value"), compiler);
        compiled = compiled.zip(slot).map(|(mut rows, slot)| {
            rows.push((row.name.clone(), slot));
            rows
        });
    }
    compiled
}

fn render_form(fields: &[(String, Slot)], renderer: &mut Renderer<'_>) -> Option<String> {
    let told = renderer.invalid.len();
    let mut out = String::new();
    for (name, slot) in fields {
        if let Filled::Value(value) = slot.fill_plain(&IN_BODY, renderer) {
            if !out.is_empty() {
                out.push('&');
            }
            out.extend(encode::component(name));
            out.push('=');
            out.extend(encode::component(&value));
        }
        if out.len() > BODY_BYTES_MAX {
            too_large(&slot.at, renderer);
            return None;
        }
    }
    (renderer.invalid.len() == told).then_some(out)
}

/// A writer for a body.
pub(super) fn capped() -> Capped {
    Capped { bytes: Vec::new(), bytes_max: BODY_BYTES_MAX }
}

/// Adds a tree to a body; what stands in the way is told.
pub(super) fn write_json(
    template: &JsonTemplate,
    at: &FieldPath,
    out: &mut Capped,
    renderer: &mut Renderer<'_>,
) -> Option<()> {
    match template.write(renderer.scope, renderer.meter, at, out) {
        Ok(notes) => {
            renderer.notes.extend(notes);
            Some(())
        }
        Err((at, error)) => {
            renderer.failed(&at, error);
            None
        }
    }
}

pub(super) fn checked(bytes: Vec<u8>, at: &FieldPath, renderer: &mut Renderer<'_>) -> Option<Vec<u8>> {
    if bytes.len() > BODY_BYTES_MAX {
        too_large(at, renderer);
        return None;
    }
    Some(bytes)
}

pub(super) fn too_large(at: &FieldPath, renderer: &mut Renderer<'_>) {
    renderer.invalid(at, "body-too-large", format!("the body is larger than {BODY_BYTES_MAX} bytes"));
}

/// Refuses values where no escape carries them: in a CDATA section or a comment they would arrive altered, or end it.
pub(super) fn check_xml_positions(text: &str, at: &FieldPath, compiler: &mut Compiler<'_>) -> Option<()> {
    const SECTIONS: [(&str, &str, &str); 2] =
        [("<![CDATA[", "]]>", "a CDATA section"), ("<!--", "-->", "a comment")];
    for (hole, _) in text.match_indices("{{") {
        let before = &text[..hole];
        for (opens, closes, what) in SECTIONS {
            let opened = before.rfind(opens);
            if opened.is_some_and(|opened| before.rfind(closes).is_none_or(|closed| closed < opened)) {
                let message = format!("a value cannot be placed in {what}");
                compiler.error(
                    "xml-position",
                    at,
                    message,
                    "Place it in an element or in a quoted attribute.",
                );
                return None;
            }
        }
    }
    Some(())
}
