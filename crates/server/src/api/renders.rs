//! Fields of a node shown with their values in place, while their author types.

use axum::extract::State;
use axum::response::Response;
use callout_flow::expression::Meter;
use callout_flow::render::field::{Fault, Position, Shown, show};
use callout_flow::scope::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Caller, Editor};
use super::previews::ScopeBody;
use super::problem::{ApiProblem, ProblemBody};
use super::{Shared, json, off_thread};

/// The most fields in one request: more than the largest form has.
const FIELDS_MAX: usize = 200;
/// The most bytes of all values together: they are looked at, not sent.
const VALUES_BYTES_MAX: usize = 2 << 20;

/// Fields, and what they may read.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Render, example = json!({
    "scope": { "vars": { "id": 7 } },
    "fields": [{ "key": "url", "position": "url", "text": "https://api.example/customers/{{ vars.id }}" }]
}))]
pub struct RenderBody {
    #[serde(default)]
    scope: Option<ScopeBody>,
    /// At most 200.
    #[schema(max_items = 200)]
    fields: Vec<FieldBody>,
}

/// One field's text and where it stands.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RenderField)]
pub struct FieldBody {
    /// The caller's own name for it: the answer has it too.
    key: String,
    position: PositionBody,
    text: String,
    /// Of a row that is left out where a value is missing.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    optional: bool,
}

/// Where a text stands: `json` is JSON text of a value whose string leaves hold templates, `jsonText` JSON text with bare or
/// quoted holes, `expression` a bare expression.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RenderPosition)]
pub enum PositionBody {
    Url,
    Query,
    Header,
    Json,
    JsonText,
    Form,
    Xml,
    Text,
    Expression,
}

shaped!(RenderBody);

impl From<PositionBody> for Position {
    fn from(position: PositionBody) -> Self {
        match position {
            PositionBody::Url => Self::Url,
            PositionBody::Query => Self::Query,
            PositionBody::Header => Self::Header,
            PositionBody::Json => Self::Json,
            PositionBody::JsonText => Self::JsonText,
            PositionBody::Form => Self::Form,
            PositionBody::Xml => Self::Xml,
            PositionBody::Text => Self::Text,
            PositionBody::Expression => Self::Expression,
        }
    }
}

/// The fields as they would be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rendered)]
pub struct RenderView {
    /// In the order of the request.
    fields: Vec<FieldView>,
}

/// What came of a field: `value` or `error`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenderedField)]
pub struct FieldView {
    key: String,
    /// As it would be sent, encoded for its place; of a query's list a list; of JSON and of an expression the value itself. Null
    /// where an optional row is left out. Holes that a secret fills are `***`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>, required = false)]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    error: Option<FaultView>,
    /// The paths that it reads, as `vars.name`.
    reads: Vec<String>,
    /// Those of them that are not in the scope, or null there.
    missing: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RenderError)]
pub struct FaultView {
    /// As a problem's.
    code: String,
    message: String,
    /// Where in the text, in UTF-16 code units from 0; left out where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    /// How to mend it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    fix: String,
}

impl From<Fault> for FaultView {
    fn from(fault: Fault) -> Self {
        let Fault { code, message, offset, fix } = fault;
        Self { code, message, offset, fix }
    }
}

/// Render fields.
///
/// Each text with values in place, by the rules of its position, as a call would have it; what it reads and what of that is
/// missing. Nothing is sent, and no secret is opened.
#[utoipa::path(post, path = "/v1/render", operation_id = "renderFields", tag = "calls", request_body = RenderBody,
    responses(
        (status = 200, description = "The fields.", body = RenderView),
        (status = 422, description = "The body does not fit, or has too many fields: `body-invalid`.", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn render(
    _caller: Caller<Editor>,
    State(api): State<Shared>,
    Json(body): Json<RenderBody>,
) -> Result<Response, ApiProblem> {
    if body.fields.len() > FIELDS_MAX {
        let told =
            format!("{} fields are too many; at most {FIELDS_MAX} are rendered at once", body.fields.len());
        return Err(field_invalid("fields", told, "Send them in several requests."));
    }
    let now = api.now().to_string().into();
    Ok(json(&off_thread(move || render_all(body, &now)).await?))
}

fn render_all(body: RenderBody, now: &Value) -> RenderView {
    let ScopeBody { vars, event, contact } = body.scope.unwrap_or_default();
    let [vars, event] = [vars, event].map(|root| Value::Object(root.unwrap_or_default()));
    let contact = contact.map(Value::Object);
    let scope = Scope {
        vars: Some(&vars),
        event: Some(&event),
        contact: contact.as_ref(),
        conversation: event.get("conversation"),
        now: Some(now),
        ..Scope::default()
    };
    // One request's work for all of them.
    let (mut meter, mut bytes_left) = (Meter::default(), VALUES_BYTES_MAX);
    let render = |field: FieldBody| {
        let position = field.position.into();
        let Shown { value, reads, missing } =
            show(position, &field.text, field.optional, &scope, &mut meter, bytes_left);
        let (value, error) = match value.map(String::from_utf8) {
            Ok(Ok(text)) => {
                bytes_left = bytes_left.saturating_sub(text.len());
                (RawValue::from_string(text).ok(), None)
            }
            Ok(Err(_)) => (None, None),
            Err(fault) => (None, Some(fault.into())),
        };
        let texts = |paths: Vec<_>| paths.iter().map(ToString::to_string).collect();
        FieldView { key: field.key, value, error, reads: texts(reads), missing: texts(missing) }
    };
    RenderView { fields: body.fields.into_iter().map(render).collect() }
}
