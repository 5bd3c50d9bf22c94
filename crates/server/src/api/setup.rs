//! Whether this server waits for its first member.

use axum::extract::State;
use axum::response::Response;
use callout_flow::id::OrgId;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{ApiProblem, ProblemBody};
use super::{Shared, json};

/// What is left to do before anybody can log in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Setup)]
pub struct SetupView {
    /// Whether the org `default` has no member yet: whoever shows an admin's token makes the first (`POST /v1/members`).
    needed: bool,
}

/// Say whether a first member is needed.
///
/// A page asks this before it shows a login: without a member nobody could pass it.
#[utoipa::path(get, path = "/v1/setup", operation_id = "readSetup", tag = "session",
    responses(
        (status = 200, description = "Whether it is.", body = SetupView),
        (status = 503, description = "The store cannot be used now: `store-unavailable`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn show(State(api): State<Shared>) -> Result<Response, ApiProblem> {
    let needed = !api.store.has_members(&OrgId::default_org()).await?;
    Ok(json(&SetupView { needed }))
}
