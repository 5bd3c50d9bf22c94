//! One operation: its parameters, body and answer.

use serde_json::{Map, Value, json};

use super::detail::Detail;
use super::names::shortened;
use super::parameters::{self, Inputs};
use super::refs::Document;
use super::schema::{Side, convert};
use super::security::Security;
use super::servers::{Base, From};
use super::{Found, body, media};
use crate::integration::draft::OperationDraft;

/// Why an operation does not come in.
pub(super) struct Fault {
    pub reason: String,
    /// The server that it would come in from.
    pub server: Option<String>,
}

impl std::convert::From<String> for Fault {
    fn from(reason: String) -> Self {
        Self { reason, server: None }
    }
}

/// Reads an operation; the reason where it cannot be called. What is to be told of it goes to `notes`.
pub(super) fn read(
    document: Document<'_>,
    found: &Found<'_>,
    base: &Base,
    security: &Security,
    detail: Detail,
    notes: &mut Vec<String>,
) -> Result<OperationDraft, Fault> {
    let prefix = match base.locate(document.root, found.item, found.operation) {
        From::Base => String::new(),
        From::Below(prefix) => prefix,
        From::Elsewhere(server) => {
            let reason =
                "it is served from another host: import that as an integration of its own".to_owned();
            return Err(Fault { reason, server: Some(server) });
        }
    };
    let mut inputs = Inputs::default();
    let mut all = parameters::collect(document, found.item, found.operation, &mut inputs.notes);
    all.retain(|parameter| {
        let is_set = |(name, place): &(String, &str)| {
            *place == parameter.place
                && if *place == "header" {
                    name.eq_ignore_ascii_case(parameter.name)
                } else {
                    name == parameter.name
                }
        };
        !security.sets.iter().any(is_set)
    });
    let place_body =
        |inputs: &mut Inputs| body::place(document, found.operation, found.method, detail.request, inputs);
    let place_rest =
        |inputs: &mut Inputs| parameters::place(document, found.path, &all, detail.request, inputs);
    // A body of one input is named `body` whatever the parameters are called; fields of a form give way to them.
    let (placed_body, placed) = if body::is_one_input(document, found.operation) {
        (place_body(&mut inputs)?, place_rest(&mut inputs)?)
    } else {
        let placed = place_rest(&mut inputs)?;
        (place_body(&mut inputs)?, placed)
    };
    let mut headers = placed.headers;
    headers.extend(placed_body.header);
    if headers.len() > crate::render::HEADERS_MAX {
        return Err("it has more headers than a call may have".to_owned().into());
    }
    if headers.iter().any(|row| row.name == "Cookie")
        && security.sets.iter().any(|(_, place)| *place == "cookie")
    {
        headers.retain(|row| row.name != "Cookie");
        inputs.notes.push("its cookies are left out: the auth sets the `Cookie` header".to_owned());
    }
    notes.append(&mut inputs.notes);
    notes.extend(security.note_of(document.root, found.operation));
    let (name, description) = described(found, detail);
    Ok(OperationDraft {
        name,
        description,
        method: Some(found.method),
        path: format!("{prefix}{}", placed.path),
        query: placed.query,
        query_separator: None,
        headers,
        body: placed_body.body,
        input_schema: input_schema(inputs),
        response_schema: response_schema(document, found.operation, detail),
        default_output_mappings: Vec::new(),
        result_path: None,
        timeout_ms: None,
        retry: None,
        idempotency: None,
    })
}

/// Its name and description for people.
fn described(found: &Found<'_>, detail: Detail) -> (Option<String>, Option<String>) {
    let text = |key: &str| {
        found.operation.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    };
    let is_deprecated = found.operation.get("deprecated") == Some(&Value::Bool(true));
    let name = text("summary").map(|summary| shortened(summary, 120));
    let description =
        text("description").map(|text| shortened(text, detail.text)).filter(|_| detail.text > 0);
    let description = match (is_deprecated, description) {
        (true, Some(text)) => Some(format!("Deprecated. {text}")),
        (true, None) => Some("Deprecated.".to_owned()),
        (false, text) => text,
    };
    (name, description)
}

fn input_schema(inputs: Inputs) -> Option<Map<String, Value>> {
    if inputs.properties.is_empty() {
        return None;
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), inputs.properties.into());
    if !inputs.required.is_empty() {
        schema.insert("required".to_owned(), inputs.required.into());
    }
    // An input with a slip in its name would be left out in silence.
    schema.insert("additionalProperties".to_owned(), json!(false));
    Some(schema)
}

/// The schema of the first 2xx that is answered in JSON.
fn response_schema(document: Document<'_>, operation: &Value, detail: Detail) -> Option<Map<String, Value>> {
    let bounds = detail.response?;
    let responses = operation.get("responses")?.as_object()?;
    let answers = responses.iter().filter(|(status, _)| status.starts_with('2'));
    let schemas = answers.filter_map(|(_, answer)| {
        let content = document.resolve(answer).ok()?.get("content")?.as_object()?;
        let json = content.iter().find(|(media, _)| media::is_json(media))?;
        json.1.get("schema")
    });
    let schema = schemas.into_iter().next()?;
    match convert(document, schema, Side::Response, bounds) {
        Value::Object(map) if !map.is_empty() => Some(map),
        _ => None,
    }
}
