//! Whether the process lives, and whether it can take work.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{ApiProblem, Code};
use super::{Shared, json};

#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// `ok` or `ready`.
    status: &'static str,
    version: &'static str,
}

fn standing(status: &'static str) -> Response {
    json(&Standing { status, version: env!("CARGO_PKG_VERSION") })
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", operation_id = "isAlive", tag = "health",
    responses((status = 200, description = "It lives.", body = Standing)))]
pub async fn healthz() -> Response {
    standing("ok")
}

/// Whether the process can take work.
///
/// 503 while the store cannot be written and while the server is stopping.
#[utoipa::path(get, path = "/readyz", operation_id = "isReady", tag = "health",
    responses(
        (status = 200, description = "It can take work.", body = Standing),
        (status = 503, description = "It cannot now: `store-unavailable`, `stopping-now`.",
            body = super::problem::ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn readyz(State(api): State<Shared>) -> Result<Response, ApiProblem> {
    if api.is_stopping() {
        return Err(ApiProblem::new(Code::STOPPING, "the server is stopping and takes no new work"));
    }
    match api.store.health().unavailable {
        None => Ok(standing("ready")),
        Some(why) => {
            Err(ApiProblem::new(Code::STORE_UNAVAILABLE, format!("nothing can be written now: {why}"))
                .fix("Mend that: the server goes on by itself."))
        }
    }
}
