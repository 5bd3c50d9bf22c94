//! The REST API: what every endpoint shares, and the way from a path to its handler.

mod attempts;
pub mod audit;
mod authorizations;
mod body;
pub mod caller;
pub mod calls;
mod checks;
mod condition;
mod connection_bodies;
mod connection_tests;
mod connections;
mod counts;
mod diffs;
mod docs;
mod drafts;
pub mod egress;
mod events;
mod examples;
pub mod figures;
mod flows;
mod front;
mod health;
mod identity;
mod imports;
mod incoming;
mod integration_versions;
mod integrations;
#[cfg(test)]
mod isolation;
pub mod members;
pub mod openapi;
pub mod orgs;
mod path;
mod presence;
mod previews;
pub mod problem;
mod publish;
mod query;
mod records;
mod renders;
mod run_lists;
mod run_streams;
mod runs;
mod schemas;
mod sessions;
mod settings;
mod setup;
mod streams;
mod surroundings;
pub mod tokens;
mod tries;
mod upgrades;
mod uses;
mod variables;

pub use flows::is_slug;
pub use identity::{SESSION_IDLE, SESSION_MAX};
pub use records::strip;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use callout_engine::Engine;
use callout_store::{Note, Store};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::page::PAGE;
use crate::password::Passwords;
use figures::Figures;
pub use presence::Rooms;
use problem::{ApiProblem, Code};

/// What the operator allows of every request.
#[derive(Clone, Debug)]
pub struct Rules {
    pub request_bytes_max: u64,
    pub import_bytes_max: u64,
    pub body_timeout: Duration,
    /// The origin whose pages may call, beside the address that they call at.
    pub public_origin: Option<String>,
    pub log_requests: bool,
}

impl Rules {
    /// Whether callers reach this server by https alone.
    pub fn is_https(&self) -> bool {
        self.public_origin.as_deref().is_some_and(|origin| origin.starts_with("https:"))
    }
}

/// What is known of those who call and of those who log in.
#[derive(Debug, Default)]
pub struct Callers {
    pub shown: identity::Shown,
    pub passwords: Passwords,
    pub attempts: attempts::Attempts,
}

/// What every endpoint works on.
#[derive(Debug)]
pub struct Api {
    pub store: Store,
    pub engine: Engine,
    pub rules: Rules,
    pub callers: Callers,
    pub egress: egress::EgressView,
    pub nodes: calls::Nodes,
    pub rooms: Rooms,
    /// Calls without a run that may be under way at once.
    pub calls: Arc<Semaphore>,
    pub figures: Figures,
    pub stopping: watch::Receiver<bool>,
    /// Tells this process's requests from another's.
    pub process: u32,
}

pub type Shared = Arc<Api>;

impl Api {
    pub fn now(&self) -> Timestamp {
        crate::config::now()
    }

    /// Writes an entry of the audit log, of what was done already. Where that fails the deed stands all the same, and the log of
    /// the process says so.
    pub async fn told(&self, note: Note) {
        if let Err(error) = self.store.note(&note).await {
            tracing::error!(%error, action = note.action, "the audit log misses an entry");
        }
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// All endpoints, with their document.
fn endpoints() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::begin())
        .routes(routes!(flows::list))
        .routes(routes!(flows::show, flows::remove))
        .routes(routes!(flows::restore))
        .routes(routes!(drafts::read, drafts::write))
        .routes(routes!(publish::publish))
        .routes(routes!(publish::versions))
        .routes(routes!(publish::version))
        .routes(routes!(tries::try_draft))
        .routes(routes!(presence::follow))
        .routes(routes!(variables::list))
        .routes(routes!(diffs::compare))
        .routes(routes!(integrations::list))
        .routes(routes!(integrations::show, integrations::remove))
        .routes(routes!(integrations::read_draft, integrations::write_draft))
        .routes(routes!(integration_versions::publish))
        .routes(routes!(integration_versions::versions))
        .routes(routes!(integration_versions::version))
        .routes(routes!(integration_versions::diff))
        .routes(routes!(upgrades::upgrade))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::show, connections::change, connections::remove))
        .routes(routes!(connection_tests::verify))
        .routes(routes!(uses::of_connection))
        .routes(routes!(uses::of_integration))
        .routes(routes!(authorizations::begin))
        .routes(routes!(authorizations::finish))
        .routes(routes!(counts::counts))
        .routes(routes!(events::send))
        .routes(routes!(runs::start))
        .routes(routes!(run_lists::list))
        .routes(routes!(run_streams::follow))
        .routes(routes!(runs::show))
        .routes(routes!(streams::follow))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::rerun))
        .routes(routes!(calls::call))
        .routes(routes!(calls::test))
        .routes(routes!(calls::test_node))
        .routes(routes!(previews::preview_node))
        .routes(routes!(checks::check))
        .routes(routes!(imports::openapi))
        .routes(routes!(imports::curl))
        .routes(routes!(imports::export))
        .routes(routes!(previews::preview_call))
        .routes(routes!(renders::render))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(members::list, members::create))
        .routes(routes!(members::show, members::change, members::remove))
        .routes(routes!(sessions::show, sessions::open, sessions::close))
        .routes(routes!(sessions::set_password))
        .routes(routes!(setup::show))
        .routes(routes!(orgs::list, orgs::create))
        .routes(routes!(settings::show, settings::write))
        .routes(routes!(egress::show))
        .routes(routes!(audit::list))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(figures::metrics))
        .routes(routes!(openapi::document))
        .routes(routes!(schemas::show))
        .routes(routes!(examples::list))
        .routes(routes!(docs::problem))
}

/// The paths that there are, as figures and logs name them.
pub fn paths() -> Vec<String> {
    openapi::describe().paths.paths.keys().cloned().collect()
}

/// The whole API over its state.
pub fn router(api: Shared) -> Router {
    let (router, _) = endpoints().split_for_parts();
    router
        .fallback(no_path)
        .method_not_allowed_fallback(no_method)
        .layer(front::Front(api.clone()))
        .with_state(api)
}

/// What is no endpoint may be the page's.
async fn no_path(request: Request) -> Response {
    PAGE.answer(&request).unwrap_or_else(|| {
        ApiProblem::new(Code::PATH_UNKNOWN, "nothing is at this path")
            .fix("`GET /v1/openapi.json` lists the paths there are.")
            .into_response()
    })
}

async fn no_method() -> ApiProblem {
    ApiProblem::new(Code::METHOD_NOT_ALLOWED, "the path is there and does not take this method")
        .fix("`Allow` names the methods that it takes.")
}

/// An answer in JSON.
fn json<T: Serialize>(value: &T) -> Response {
    json_with(StatusCode::OK, value)
}

fn json_with<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Does work that may take long, such as checking a large flow, where it holds no one up.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiProblem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work off the thread ended without a result");
        ApiProblem::new(Code::INTERNAL, "the server met a fault of its own; its log says more")
    })
}
