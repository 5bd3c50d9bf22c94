//! Events: accepted durably, and run after.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use callout_engine::{AcceptedRun, NewEvent};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{field_invalid, read};
use super::caller::{Caller, Operator};
use super::incoming::{key, object, refused};
use super::problem::{ApiProblem, ProblemBody};
use super::{Shared, json_with};

/// The runs that an event began.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accepted, example = json!({ "runs": [{ "id": "run_01934f3b8c7a7cc0a8f2b1d3e4f5a6b7", "flow": "caller-lookup" }] }))]
pub struct AcceptedView {
    /// One for each published flow that the event triggers; may be empty.
    runs: Vec<RunRef>,
}

/// A run and its flow.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunRef)]
pub struct RunRef {
    id: String,
    /// The flow's slug.
    flow: String,
}

impl From<AcceptedRun> for RunRef {
    fn from(run: AcceptedRun) -> Self {
        Self { id: run.id.as_str().to_owned(), flow: run.flow }
    }
}

/// Any object with a name.
#[derive(Debug, ToSchema)]
#[schema(as = Event, example = json!({ "name": "call.connected", "from": "+442079460018", "contact": { "externalId": "u-7" } }))]
#[expect(dead_code, reason = "it only describes what a caller sends")]
pub struct EventBody {
    /// What triggers name.
    #[schema(min_length = 1)]
    name: String,
    /// Whose the event is: an object with `id` or `externalId`.
    #[schema(value_type = Option<Object>, required = false)]
    contact: Value,
}

/// Send an event.
///
/// Begins a run of every published flow whose trigger takes it. The runs are on disk before this answers, and go on after
/// it. The same `Idempotency-Key` gives the same runs.
#[utoipa::path(post, path = "/v1/events", operation_id = "sendEvent", tag = "runs", request_body = EventBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "A text of the caller's, unique to the event: sent again \
        with the same body it begins nothing anew.", max_length = 255)),
    responses(
        (status = 202, description = "The runs that began.", body = AcceptedView),
        (status = 422, description = "The body does not fit: `body-invalid`; or the key was used with another body: \
            `idempotency-key-reused`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("operator"))))]
pub async fn send(
    caller: Caller<Operator>,
    State(api): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiProblem> {
    let bytes = read(&api, &headers, body).await?;
    let event = object(&headers, &bytes)?;
    check(&event)?;
    let key = key(&headers, "events", &bytes)?;
    let new = NewEvent { event: Value::Object(event), key };
    let accepted = api.engine.accept(caller.org(), new).await.map_err(|error| refused(error, ""))?;
    let runs = accepted.into_iter().map(RunRef::from).collect();
    Ok(json_with(StatusCode::ACCEPTED, &AcceptedView { runs }))
}

fn check(event: &serde_json::Map<String, Value>) -> Result<(), ApiProblem> {
    match event.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {}
        Some(_) => return Err(field_invalid("name", "the event's `name` is not a text", "Give it a text.")),
        None => {
            let fix = "Add `\"name\"`: what the flow's trigger calls the event.";
            return Err(field_invalid("name", "the event has no `name`", fix));
        }
    }
    match event.get("contact") {
        None | Some(Value::Null | Value::Object(_)) => Ok(()),
        Some(_) => Err(field_invalid(
            "contact",
            "the event's `contact` is not an object",
            "Write it as `{\"externalId\": \"…\"}`, or leave it out.",
        )),
    }
}
