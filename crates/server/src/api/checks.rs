//! Documents checked without being kept.

use axum::extract::{FromRequest as _, Request, State};
use axum::response::Response;
use callout_store::Document;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{self, field_invalid, shaped};
use super::caller::{Caller, Viewer};
use super::drafts::{AnyDocument, DocumentBody};
use super::problem::{ApiProblem, Found};
use super::surroundings::around;
use super::{Shared, json, off_thread};
use crate::document::{Reading, Surroundings};

/// The most documents in one request.
const DOCUMENTS_MAX: usize = 200;

/// Documents that belong together: each may go to the others' flows.
#[derive(Debug, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Documents)]
pub struct DocumentsBody {
    #[schema(max_items = 200)]
    documents: Vec<OneDocument>,
}

shaped!(DocumentsBody);

/// One flow, or several.
#[derive(Debug, Serialize, ToSchema)]
#[expect(dead_code, reason = "it only describes: which of the two a body is, its keys tell")]
#[schema(as = CheckBody)]
#[serde(untagged)]
pub enum CheckBody {
    Several(DocumentsBody),
    One(AnyDocument),
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedDocument)]
pub struct OneDocument {
    /// What its problems are named by, such as a file's name; its place in the list where it is not given. `.json` is read as
    /// JSON.
    #[serde(default)]
    name: Option<String>,
    /// YAML or JSON.
    text: String,
}

/// What the check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckReport)]
pub struct CheckReport {
    /// The documents' names, in order.
    documents: Vec<String>,
    errors: usize,
    warnings: usize,
    /// All of them, by document and in its order.
    problems: Vec<FoundIn>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundIn)]
pub struct FoundIn {
    document: String,
    #[serde(flatten)]
    found: Found,
}

/// Check documents.
///
/// Everything that is wrong, or worth a second look, at once. The body is one flow in YAML or JSON, or several that belong
/// together: `{"documents": [{"name": "a.yaml", "text": "kind: flow…"}]}`. They may go to each other and to the org's flows.
/// Nothing is kept.
#[utoipa::path(post, path = "/v1/check", operation_id = "checkDocuments", tag = "flows",
    request_body(description = "A flow's document, or several.",
        content((serde_json::Value = "application/yaml"), (CheckBody = "application/json"))),
    responses((status = 200, description = "What the check found.", body = CheckReport)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn check(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let DocumentBody(document) = DocumentBody::from_request(request, &api).await?;
    let documents = documents(document)?;
    let read = off_thread(move || {
        let read = documents.iter().map(|(_, document)| Reading::of_document(document)).collect::<Vec<_>>();
        (documents, read)
    });
    let (documents, read) = read.await?;
    let mut around = around(&api, caller.org(), read.iter().filter_map(Reading::draft), None).await?;
    around.slugs.extend(read.iter().filter_map(|reading| reading.text_at("slug").map(str::to_owned)));
    let report = off_thread(move || report(&documents, &read, &around)).await?;
    Ok(json(&report))
}

/// The documents of a body, each with its name.
fn documents(body: Document) -> Result<Vec<(String, Document)>, ApiProblem> {
    if !(body.json && is_several(&body.text)) {
        return Ok(vec![("body".to_owned(), body)]);
    }
    let several: DocumentsBody = body::fit(&body.text)?;
    if several.documents.len() > DOCUMENTS_MAX {
        let detail = format!(
            "{} documents are too many; at most {DOCUMENTS_MAX} are checked at once",
            several.documents.len()
        );
        return Err(field_invalid("documents", detail, "Send them in several requests."));
    }
    let named = several.documents.into_iter().enumerate().map(|(index, one)| {
        let name = one.name.unwrap_or_else(|| index.to_string());
        let json = name.to_ascii_lowercase().ends_with(".json");
        (name, Document { text: one.text, json })
    });
    Ok(named.collect())
}

fn is_several(text: &str) -> bool {
    let value = callout_flow::json::parse(text.as_bytes()).map(|parsed| parsed.value);
    matches!(value, Ok(Value::Object(map)) if map.contains_key("documents"))
}

fn report(documents: &[(String, Document)], read: &[Reading], around: &Surroundings) -> CheckReport {
    let mut problems = Vec::new();
    for ((name, _), reading) in documents.iter().zip(read) {
        let found = reading.check(around).problems;
        problems.extend(found.into_iter().map(|one| FoundIn { document: name.clone(), found: one.into() }));
    }
    let errors = problems.iter().filter(|problem| problem.found.is_error()).count();
    CheckReport {
        documents: documents.iter().map(|(name, _)| name.clone()).collect(),
        errors,
        warnings: problems.len() - errors,
        problems,
    }
}
