//! The JSON Schemas of the documents that people write, for editors.

use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Caller, Viewer};
use super::json;
use super::path::Path;

/// A kind of document.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DocumentKind)]
pub enum Kind {
    Flow,
    Integration,
    Connection,
}

/// Read the JSON Schema of a kind of document.
///
/// As `callout schema` prints it: what an editor offers while someone writes. The check says more than a schema can.
#[utoipa::path(get, path = "/v1/schemas/{kind}", operation_id = "readSchema", tag = "flows",
    params(("kind" = inline(Kind), Path, description = "The kind of document.")),
    responses((status = 200, description = "The schema.", body = serde_json::Value)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(_: Caller<Viewer>, Path(kind): Path<Kind>) -> Response {
    json(&match kind {
        Kind::Flow => callout_flow::read::flow_schema(),
        Kind::Integration => callout_flow::read::integration_schema(),
        Kind::Connection => callout_flow::read::connection_schema(),
    })
}
