//! Request bodies: one input `body`, or one input for each field of a form.

use serde_json::{Map, Value, json};

use super::media::{Kind, essence};
use super::names::literal;
use super::parameters::Inputs;
use super::refs::Document;
use super::schema::{Bounds, Side, convert, is_satisfied};
use super::shape::{Property, Shape};
use super::style::member;
use crate::draft::{RowDraft, Text};
use crate::node::api_call::draft::{BodyDraft, PartDraft};
use crate::request::Method;

/// A body, and the header that names its type where its kind's own name is another.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub body: Option<BodyDraft>,
    pub header: Option<RowDraft>,
}

/// What an operation carries.
#[derive(Clone, Copy, Debug)]
struct Offered<'d> {
    media: &'d str,
    content: &'d Value,
    kind: Kind,
    required: bool,
}

impl<'d> Offered<'d> {
    fn schema(&self) -> &'d Value {
        self.content.get("schema").unwrap_or(&Value::Null)
    }

    /// What the document says of how one field is written.
    fn encoding(&self, field: &str, key: &str) -> Option<&'d Value> {
        self.content.get("encoding")?.get(field)?.get(key)
    }
}

/// Whether the body of an operation is one input, `body`.
pub(super) fn is_one_input(document: Document<'_>, operation: &Value) -> bool {
    let Ok(Some(offered)) = offered(document, operation) else { return false };
    match offered.kind {
        Kind::Json | Kind::Xml | Kind::Text | Kind::Other => true,
        Kind::Form | Kind::Multipart => fields(document, offered).is_empty(),
    }
}

fn offered<'d>(document: Document<'d>, operation: &'d Value) -> Result<Option<Offered<'d>>, String> {
    let Some(body) = operation.get("requestBody") else { return Ok(None) };
    let body = document.resolve(body)?;
    let required = body.get("required") == Some(&Value::Bool(true));
    let kinds = body.get("content").and_then(Value::as_object).into_iter().flatten();
    let best =
        kinds.map(|(media, content)| (Kind::of(media), media, content)).min_by_key(|(kind, media, _)| {
            // Among JSON types the plain one goes first.
            (*kind, essence(media) != "application/json")
        });
    Ok(best.map(|(kind, media, content)| Offered { media, content, kind, required }))
}

/// The body of an operation; the reason where a required one cannot be written.
pub(super) fn place(
    document: Document<'_>,
    operation: &Value,
    method: Method,
    bounds: Bounds,
    inputs: &mut Inputs,
) -> Result<Placed, String> {
    let offered = match offered(document, operation) {
        Ok(Some(offered)) => offered,
        Ok(None) => return Ok(Placed::default()),
        Err(why) => return Err(format!("its body: {why}")),
    };
    if matches!(method, Method::Get | Method::Head) {
        inputs.notes.push(format!("the body is left out: none is meant for {method}"));
        return Ok(Placed::default());
    }
    match offered.kind {
        Kind::Json => Ok(json_body(document, offered, bounds, inputs)),
        Kind::Form => Ok(form(document, offered, bounds, inputs)),
        Kind::Multipart => multipart(document, offered, bounds, inputs),
        Kind::Xml | Kind::Text | Kind::Other => Ok(text(offered, inputs)),
    }
}

/// One input: a member that is not given is then not sent, and an API that adds a member changes no input.
fn json_body(document: Document<'_>, offered: Offered<'_>, bounds: Bounds, inputs: &mut Inputs) -> Placed {
    let empty = match Shape::of(document, offered.schema()) {
        Shape::Object(_) => Some(json!({})),
        Shape::List => Some(json!([])),
        Shape::Single | Shape::SingleOrList => None,
    };
    let schema = convert(document, offered.schema(), Side::Request, bounds);
    // A JSON body is always sent, and documents that forget its `required` are many: where nothing would not do, it is
    // asked for.
    let empty = empty.filter(|empty| !offered.required && is_satisfied(&schema, empty));
    let name = inputs.add("body", "request", schema, empty.is_none());
    let default = empty.map_or(String::new(), |empty| format!(" | default({empty})"));
    let value = format!("{{{{ inputs.{name}{default} }}}}");
    let essence = essence(offered.media);
    let plain = essence == "application/json" || essence.contains('*');
    let header = (!plain).then(|| content_type_row(&essence));
    Placed { body: Some(BodyDraft::Json { value: Some(value.into()), text: None }), header }
}

fn content_type_row(media: &str) -> RowDraft {
    RowDraft {
        name: "Content-Type".to_owned(),
        value: Text(media.to_owned()),
        enabled: true,
        optional: false,
    }
}

fn text(offered: Offered<'_>, inputs: &mut Inputs) -> Placed {
    let essence = essence(offered.media);
    let concrete = !essence.contains('*')
        && essence.contains('/')
        && !essence.contains(|c: char| c.is_whitespace() || c == '{');
    let media = match offered.kind {
        _ if concrete => essence,
        Kind::Text => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    };
    let what = match offered.kind {
        Kind::Xml => "The body, as XML text.",
        Kind::Text => "The body, as text.",
        _ => {
            inputs.notes.push(format!("a body of type `{media}` is sent as the bytes of a text in UTF-8"));
            "The body: its bytes as a text in UTF-8."
        }
    };
    let name =
        inputs.add("body", "request", json!({ "type": "string", "description": what }), offered.required);
    let text = format!("{{{{ inputs.{name} }}}}");
    Placed { body: Some(BodyDraft::Text { text, content_type: Some(media) }), header: None }
}

/// The fields of a form's schema; none where it names none.
fn fields<'d>(document: Document<'d>, offered: Offered<'d>) -> Vec<Property<'d>> {
    match Shape::of(document, offered.schema()) {
        Shape::Object(properties) => {
            properties.into_iter().filter(|p| !p.name.contains("{{") && !p.name.contains("{%")).collect()
        }
        _ => Vec::new(),
    }
}

fn form(document: Document<'_>, offered: Offered<'_>, bounds: Bounds, inputs: &mut Inputs) -> Placed {
    let fields = fields(document, offered);
    if fields.is_empty() {
        let schema = json!({ "type": "string", "description": "The form, encoded: `name=value&…`." });
        let name = inputs.add("body", "form", schema, offered.required);
        let text = format!("{{{{ inputs.{name} }}}}");
        let content_type = Some("application/x-www-form-urlencoded".to_owned());
        return Placed { body: Some(BodyDraft::Text { text, content_type }), header: None };
    }
    let mut writers: Vec<Field> = fields
        .iter()
        .map(|field| {
            let schema = convert(document, field.schema, Side::Request, bounds);
            let required = field.required;
            let input = inputs.add(field.name, "form", schema, required);
            Field::new(document, offered, field, &format!("inputs.{input}"), required)
        })
        .collect();
    if writers.iter().all(|field| field.row.is_some()) {
        let fields = writers.into_iter().filter_map(|field| field.row).collect();
        return Placed { body: Some(BodyDraft::Form { fields }), header: None };
    }
    // Lists and objects become as many pairs as they have members: a text writes them. A pair that is always there
    // goes first, so that every other one can begin with `&`.
    writers.sort_by_key(|field| !(field.required && field.row.is_some()));
    let text: String = writers.iter().enumerate().map(|(index, field)| field.text(index == 0)).collect();
    let content_type = Some("application/x-www-form-urlencoded".to_owned());
    Placed { body: Some(BodyDraft::Text { text, content_type }), header: None }
}

/// One field of a form.
struct Field {
    name: String,
    value: String,
    required: bool,
    /// Where one pair is enough.
    row: Option<RowDraft>,
    /// Where it is a list or an object: the pairs of a member.
    members: Option<String>,
}

impl Field {
    fn new(
        document: Document<'_>,
        offered: Offered<'_>,
        field: &Property<'_>,
        value: &str,
        required: bool,
    ) -> Self {
        let style = offered.encoding(field.name, "style").and_then(Value::as_str).unwrap_or("form");
        let media = offered.encoding(field.name, "contentType").and_then(Value::as_str);
        let explode =
            offered.encoding(field.name, "explode").and_then(Value::as_bool).unwrap_or(style == "form");
        let is_json = media.is_some_and(super::media::is_json);
        let name = crate::render::encode::component(field.name).to_string();
        let separator = match style {
            "spaceDelimited" => " ",
            "pipeDelimited" => "|",
            _ => ",",
        };
        let pair = |expression: String| RowDraft {
            name: field.name.to_owned(),
            value: Text(format!("{{{{ {expression} }}}}")),
            enabled: true,
            optional: !required,
        };
        let (row, members) = match Shape::of(document, field.schema) {
            _ if is_json => {
                let guard =
                    if required { String::new() } else { format!(" if {value} is defined else none") };
                (Some(pair(format!("({value} | tojson){guard}"))), None)
            }
            Shape::List if explode => (
                None,
                Some(format!(
                    "{{% for item in {value} | default([]) %}}&{name}={{{{ item | urlencode }}}}{{% endfor %}}"
                )),
            ),
            Shape::List => (Some(pair(format!("{value} | join('{separator}')"))), None),
            Shape::Object(_) if style == "deepObject" => (
                None,
                Some(format!(
                    "{{% for key, item in {value} | default({{}}) | items %}}&{name}%5B{{{{ key | urlencode }}}}%5D={{{{ item | urlencode }}}}{{% endfor %}}"
                )),
            ),
            Shape::Object(_) if explode => (
                None,
                Some(format!(
                    "{{% for key, item in {value} | default({{}}) | items %}}&{{{{ key | urlencode }}}}={{{{ item | urlencode }}}}{{% endfor %}}"
                )),
            ),
            _ => (Some(pair(value.to_owned())), None),
        };
        Self { name, value: value.to_owned(), required, row, members }
    }

    /// The field within a form that is written as a text.
    fn text(&self, first: bool) -> String {
        let sign = if first { "" } else { "&" };
        match (&self.row, &self.members) {
            (Some(row), _) => {
                let hole =
                    row.value.as_str().trim_start_matches("{{").trim_end_matches("}}").trim().to_owned();
                let pair = format!("{sign}{}={{{{ ({hole}) | urlencode }}}}", self.name);
                if self.required {
                    pair
                } else {
                    format!("{{% if {} is defined %}}{pair}{{% endif %}}", self.value)
                }
            }
            (None, members) => members.clone().unwrap_or_default(),
        }
    }
}

fn multipart(
    document: Document<'_>,
    offered: Offered<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
) -> Result<Placed, String> {
    let fields = fields(document, offered);
    if fields.is_empty() {
        let why = "a multipart body that names no parts";
        return if offered.required {
            Err(format!("it needs {why}"))
        } else {
            inputs.notes.push(format!("the body is left out: {why}"));
            Ok(Placed::default())
        };
    }
    let parts = fields.iter().map(|field| part(document, offered, field, bounds, inputs)).collect();
    Ok(Placed { body: Some(BodyDraft::Multipart { parts }), header: None })
}

fn part(
    document: Document<'_>,
    offered: Offered<'_>,
    field: &Property<'_>,
    bounds: Bounds,
    inputs: &mut Inputs,
) -> PartDraft {
    let mut schema = document.resolve(field.schema).unwrap_or(field.schema);
    if matches!(Shape::of(document, schema), Shape::List) {
        inputs.notes.push(format!("of the list `{}` one part is sent", field.name));
        schema = schema.get("items").and_then(|items| document.resolve(items).ok()).unwrap_or(&Value::Null);
    }
    let required = field.required;
    let is_file = is_file(schema);
    let mut input_schema = convert(document, schema, Side::Request, bounds);
    if let (true, Some(map)) = (is_file, input_schema.as_object_mut()) {
        describe_file(map);
    }
    let input = inputs.add(field.name, "part", input_schema, required);
    let value = format!("inputs.{input}");
    let said = offered.encoding(field.name, "contentType").and_then(Value::as_str);
    let said =
        said.filter(|media| !media.contains(['*', ',', '{']) && media.contains('/')).map(str::to_owned);
    let is_object = matches!(Shape::of(document, schema), Shape::Object(_));
    let (template, content_type) = if is_object {
        let guard = if required { String::new() } else { format!(" if {value} is defined else none") };
        (format!("{{{{ ({value} | tojson){guard} }}}}"), Some("application/json".to_owned()))
    } else {
        (format!("{{{{ {value} }}}}"), said)
    };
    let filename = is_file.then(|| {
        let about = format!("The file name of `{}`.", field.name);
        let name = inputs.add(
            &format!("{}_filename", input),
            "part",
            json!({ "type": "string", "description": about }),
            false,
        );
        format!("{{{{ {} | default('{}') }}}}", member("inputs", &name), literal(&input))
    });
    PartDraft {
        name: field.name.to_owned(),
        value: Text(template),
        filename,
        content_type,
        optional: !required,
    }
}

/// Whether a schema describes the bytes of a file.
fn is_file(schema: &Value) -> bool {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    text("format") == Some("binary")
        || text("type") == Some("file")
        || text("contentMediaType").is_some()
        || (text("type").is_none()
            && schema.get("format").is_none()
            && schema.as_object().is_some_and(serde_json::Map::is_empty))
}

fn describe_file(map: &mut Map<String, Value>) {
    map.remove("format");
    map.entry("type").or_insert_with(|| "string".into());
    map.entry("description").or_insert_with(|| "The file's content, as a text.".into());
}
