//! A flow's draft: kept as its author wrote it, finished or not.

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use callout_store::{Document, DraftHead, FlowTrigger, StoreError};
use serde::Serialize;
use serde_json::json as value;
use utoipa::ToSchema;

use super::body::{self, Bound, content_type, media_type};
use super::caller::{Caller, Editor, Viewer};
use super::condition::{Condition, etag, unchanged};
use super::flows::{FlowView, is_slug, not_found};
use super::path::Path;
use super::presence::DraftNews;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::same_version;
use super::surroundings::checked;
use super::{Shared, json_with, off_thread};
use crate::document::Reading;

/// A flow as JSON; `callout schema flow` has its whole schema. It may be half-drawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document, value_type = Object)]
pub struct AnyDocument(serde_json::Map<String, serde_json::Value>);

/// A document in the body: YAML or JSON, by its content type.
#[derive(Debug)]
pub struct DocumentBody(pub Document);

/// The same, as large as what is imported may be.
#[derive(Debug)]
pub struct LargeDocumentBody(pub Document);

/// The types that a document may have.
pub const DOCUMENT_TYPES: &str = "application/yaml or application/json";

impl FromRequest<Shared> for DocumentBody {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiProblem> {
        document_in(request, api, api.rules.usual()).await.map(Self)
    }
}

impl FromRequest<Shared> for LargeDocumentBody {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiProblem> {
        document_in(request, api, api.rules.imports()).await.map(Self)
    }
}

async fn document_in(request: Request, api: &Shared, bound: Bound) -> Result<Document, ApiProblem> {
    let (parts, body) = request.into_parts();
    let json = match media_type(&parts.headers) {
        Some("application/json") => true,
        Some("application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml") => false,
        found => return Err(content_type(found, DOCUMENT_TYPES)),
    };
    let bytes = body::read_within(api, &parts.headers, body, bound).await?;
    off_thread(move || {
        let text = body::text(&bytes)?.to_owned();
        if json {
            body::hold_to_object(&text)?;
        }
        Ok(Document { text, json })
    })
    .await?
}

/// A draft that was written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WrittenDraft)]
pub struct WrittenDraft {
    flow: FlowView,
    /// How many of the problems are errors: with any it cannot be published.
    errors: usize,
    warnings: usize,
    /// All that the check has to say of it, in the document's order.
    problems: Vec<Found>,
}

/// Read a flow's draft.
///
/// The document as its author wrote it, YAML or JSON. `Accept: application/json` gets a YAML document as JSON, without its
/// comments.
#[utoipa::path(get, path = "/v1/flows/{slug}/draft", operation_id = "readDraft", tag = "flows",
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        ("If-None-Match" = Option<String>, Header, description = "Revisions that the caller has: `\"4\"`.")),
    responses(
        (status = 200, description = "The document.",
            content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json")),
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 304, description = "The caller has this revision."),
        (status = 406, description = "A YAML document that cannot be read cannot be shown as JSON: `not-acceptable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn read(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    if !is_slug(&slug) {
        return Err(not_found(&slug));
    }
    let draft = api.store.draft(caller.org(), &slug).await?.ok_or_else(|| not_found(&slug))?;
    let etag = etag(draft.flow.revision);
    if unchanged(&headers, draft.flow.revision)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let mut response = document(draft.document, &headers).await?;
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// Write a flow's draft.
///
/// Makes the flow where there is none. A draft may be half-drawn or wrong: it is kept as it is, and the answer carries what
/// the check says of it.
#[utoipa::path(put, path = "/v1/flows/{slug}/draft", operation_id = "writeDraft", tag = "flows",
    params(
        ("slug" = String, Path, description = "The flow's slug; the document's own must be the same."),
        ("If-Match" = Option<String>, Header,
            description = "Write only over this revision, as `ETag` gave it: `\"4\"`."),
        ("If-None-Match" = Option<String>, Header, description = "`*`: write only where there is no such flow.")),
    request_body(description = "The flow's document.",
        content((serde_json::Value = "application/yaml"), (AnyDocument = "application/json"))),
    responses(
        (status = 200, description = "It is written.", body = WrittenDraft,
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 201, description = "It is written, and the flow is new.", body = WrittenDraft,
            headers(("ETag" = String, description = "The draft's revision."))),
        (status = 412, description = "The draft has moved on, or is there already: `revision-differs`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn write(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    DocumentBody(document): DocumentBody,
) -> Result<Response, ApiProblem> {
    if !is_slug(&slug) {
        return Err(slug_format());
    }
    let expected = Condition::of(&headers)?.revision(&api, caller.org(), &slug).await?;
    let (reading, checked) = checked(&api, caller.org(), document.clone(), Some(&slug)).await?;
    if let Some(own) = reading.text_at("slug").filter(|own| *own != slug) {
        return Err(slug_differs(own, &slug, "a flow"));
    }
    let head = head_of(&reading, &slug);
    let note = caller.note(&api, "flow.write", "flow", &slug).becomes(value!({ "name": head.name }));
    let row =
        api.store.noting(note).put_draft(caller.org(), &slug, head, &document, expected, api.now()).await;
    let mut row = row.map_err(|error| unwritten(error, expected))?;
    if same_version(&api, caller.org(), &row, document).await?.is_some() {
        row.published_revision = Some(row.revision);
    }
    let status = if row.revision == 1 { StatusCode::CREATED } else { StatusCode::OK };
    let etag = etag(row.revision);
    let problems: Vec<Found> = checked.problems.into_iter().map(Found::from).collect();
    let (errors, warnings) = Found::tally(&problems);
    let by = caller.name().to_owned();
    api.rooms.tell(caller.org(), &slug, DraftNews::Draft { revision: row.revision, by, at: row.draft_at });
    let mut response = json_with(status, &WrittenDraft { flow: row.into(), errors, warnings, problems });
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// Why a draft was not written over what its author had read.
pub fn unwritten(error: StoreError, expected: Option<u64>) -> ApiProblem {
    match error {
        StoreError::Conflict(why) if expected.is_some() => ApiProblem::new(Code::REVISION_DIFFERS, why)
            .fix("Read the draft again, and write over its new `ETag`."),
        other => other.into(),
    }
}

pub fn slug_format() -> ApiProblem {
    let fix = "Use lower-case letters, digits and dashes, at most 64, with a letter or digit at either end.";
    ApiProblem::new(Code::SLUG_FORMAT, "the slug in the path cannot be one").at("slug").fix(fix)
}

/// `what` is `a flow` or the like.
pub fn slug_differs(own: &str, slug: &str, what: &str) -> ApiProblem {
    let shown: String = own.chars().take(80).collect();
    ApiProblem::new(
        Code::SLUG_DIFFERS,
        format!("the document's slug is `{shown}`, and the path's is `{slug}`"),
    )
    .at("slug")
    .fix(format!("Make them the same: {what} keeps its slug."))
}

/// The most characters of a name that lists show.
const NAME_CHARS_MAX: usize = 200;

/// The most characters of a description, and of a trigger's words, that lists show.
const DESCRIPTION_CHARS_MAX: usize = 1000;

/// What lists show of a flow's document, finished or not.
pub fn head_of(reading: &Reading, slug: &str) -> DraftHead {
    let cut = |text: &str| text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>();
    let trigger = reading.read.tree.as_ref().and_then(|tree| tree.get("trigger"));
    let in_trigger = |key: &str| trigger?.get(key)?.as_text().map(cut);
    DraftHead {
        name: shown_name(reading.text_at("name"), slug),
        description: reading.text_at("description").map(cut).filter(|text| !text.trim().is_empty()),
        trigger: in_trigger("type").map(|kind| FlowTrigger { kind, event: in_trigger("event") }),
    }
}

pub fn shown_name(name: Option<&str>, slug: &str) -> String {
    let name: String = name.unwrap_or_default().trim().chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { slug.to_owned() } else { name }
}

/// A document as an answer: as it is, or as JSON where the caller takes nothing else.
pub async fn document(document: Document, headers: &HeaderMap) -> Result<Response, ApiProblem> {
    let (text, media_type) = if document.json {
        (document.text, "application/json")
    } else if takes_only_json(headers) {
        let value = off_thread(move || Reading::of_document(&document).as_written()).await?;
        let value = value.ok_or_else(|| {
            ApiProblem::new(
                Code::NOT_ACCEPTABLE,
                "the document is YAML that cannot be read, so it has no form in JSON",
            )
            .fix("Ask with `Accept: application/yaml`.")
            .at("Accept")
        })?;
        (value.to_string(), "application/json")
    } else {
        (document.text, "application/yaml")
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

fn takes_only_json(headers: &HeaderMap) -> bool {
    let ranges: Vec<String> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        .collect();
    let yaml = |range: &String| range.ends_with("yaml") || range == "*/*" || range == "application/*";
    ranges.iter().any(|range| range == "application/json") && !ranges.iter().any(yaml)
}
