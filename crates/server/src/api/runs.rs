//! Runs: begun by the API, listed, looked at, stopped, run again.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use callout_engine::{NewRun, Started};
use callout_flow::duration::parse_duration;
use callout_flow::id::{OrgId, RunId};
use callout_store::{RunStatus, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json as value};
use utoipa::{IntoParams, ToSchema};

use super::body::{field_invalid, read, shaped};
use super::caller::{Caller, Operator, Viewer};
use super::events::RunRef;
use super::incoming::{key, location, object, refused, told_by_schema};
use super::path::Path;
use super::problem::{ApiProblem, Code, ProblemBody};
use super::query::{Query, invalid};
use super::{Api, Shared, json_with, records};

/// The longest that a caller may wait for a run to end.
const WAIT_MAX: Duration = Duration::from_secs(120);

/// How long a caller who stops a run waits for that.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// What a run starts with.
#[derive(Debug, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRun, example = json!({ "event": { "name": "call.connected", "from": "+442079460018" } }))]
#[expect(dead_code, reason = "it describes what a caller sends, and words what is wrong with it")]
pub struct NewRunBody {
    /// As a trigger would have it; the flow's templates read it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    event: Option<Map<String, Value>>,
    /// Whose the run is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    contact: Option<Map<String, Value>>,
    /// The variables that it starts with.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    vars: Option<Map<String, Value>>,
}

shaped!(NewRunBody);

/// How long to wait for the run's end.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// As `10s`, at most `120s`; the answer comes as soon as the run is over. Without it the answer comes at once.
    #[param(max_length = 20, example = "10s")]
    wait: Option<String>,
}

impl WaitQuery {
    fn get(&self) -> Result<Option<Duration>, ApiProblem> {
        let Some(text) = &self.wait else { return Ok(None) };
        let length = parse_duration(text).map_err(|why| invalid(format!("`wait`: {why}")).at("wait"))?;
        let length = length.unsigned_abs();
        if length > WAIT_MAX {
            let told = format!("`wait` is {text}; at most {} s", WAIT_MAX.as_secs());
            return Err(invalid(told).at("wait"));
        }
        Ok(Some(length))
    }
}

/// Run a flow.
///
/// Whatever its trigger. With `wait` the answer is the run's record: 200 where the run is over, 202 where it goes on.
#[utoipa::path(post, path = "/v1/flows/{slug}/runs", operation_id = "startRun", tag = "runs", request_body = NewRunBody,
    params(
        ("slug" = String, Path, description = "The flow's slug."),
        WaitQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again with the same body it gives the same run.",
            max_length = 255)),
    responses(
        (status = 200, description = "The run is over: its record.", body = records::RecordView),
        (status = 202, description = "The run goes on: its record so far with `wait`, else its id.", body = records::RecordView),
        (status = 422, description = "The body does not fit: `body-invalid`; or the key was used with another body: \
            `idempotency-key-reused`.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("operator"))))]
pub async fn start(
    caller: Caller<Operator>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Query(wait): Query<WaitQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiProblem> {
    let bytes = read(&api, &headers, body).await?;
    let mut body = object(&headers, &bytes)?;
    let mut take = |key: &str| match body.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(told_by_schema::<NewRunBody>(&bytes)),
    };
    let (event, contact, vars) = (take("event")?, take("contact")?, take("vars")?);
    if !body.is_empty() {
        return Err(told_by_schema::<NewRunBody>(&bytes));
    }
    let vars = vars.unwrap_or_default();
    if let Some(name) = vars.keys().find(|name| !callout_flow::node::is_variable_name(name)) {
        let told = format!("`{name}` cannot name a variable");
        return Err(field_invalid("vars", told, "Use letters, digits and _, and begin with a letter or _."));
    }
    let event = event.unwrap_or_default();
    let of_event = || event.get("contact").filter(|contact| contact.is_object()).cloned();
    let new = NewRun {
        contact: contact.map(Value::Object).or_else(of_event).unwrap_or(Value::Null),
        event: Value::Object(event),
        flow: slug.clone(),
        vars,
        key: key(&headers, &format!("flows/{slug}/runs"), &bytes)?,
    };
    begin(&api, caller.org(), new, wait.get()?).await
}

async fn begin(api: &Api, org: &OrgId, new: NewRun, wait: Option<Duration>) -> Result<Response, ApiProblem> {
    let slug = new.flow.clone();
    match api.engine.start(org, new, wait).await.map_err(|error| refused(error, &slug))? {
        Started::Over { record } => Ok(record_answer(StatusCode::OK, record)),
        Started::Going(run) => {
            let path = format!("/v1/runs/{}", run.id);
            let record = match wait {
                Some(_) => api.engine.record(org, &run.id).await?,
                None => None,
            };
            let mut answer = match record {
                Some(record) => record_answer(StatusCode::ACCEPTED, record),
                None => json_with(StatusCode::ACCEPTED, &RunRef::from(run)),
            };
            let (name, value) = location(&path);
            answer.headers_mut().insert(name, value);
            Ok(answer)
        }
    }
}

fn record_answer(status: StatusCode, record: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(record));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RunStatus)]
pub enum StatusView {
    Running,
    Waiting,
    Completed,
    Failed,
    Cancelled,
}

impl From<RunStatus> for StatusView {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Running => Self::Running,
            RunStatus::Waiting => Self::Waiting,
            RunStatus::Completed => Self::Completed,
            RunStatus::Failed => Self::Failed,
            RunStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<StatusView> for RunStatus {
    fn from(status: StatusView) -> Self {
        match status {
            StatusView::Running => Self::Running,
            StatusView::Waiting => Self::Waiting,
            StatusView::Completed => Self::Completed,
            StatusView::Failed => Self::Failed,
            StatusView::Cancelled => Self::Cancelled,
        }
    }
}

/// Look at a run.
///
/// Its record: the event, the variables, each step with its request and response, the effects. A viewer sees no bodies.
#[utoipa::path(get, path = "/v1/runs/{id}", operation_id = "readRun", tag = "runs",
    params(("id" = String, Path, description = "The run's id.")),
    responses((status = 200, description = "The record.", body = records::RecordView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn show(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    let run = run_id(&id)?;
    let record = api.engine.record(caller.org(), &run).await?.ok_or_else(no_run)?;
    let record = if caller.sees_bodies() { record } else { records::without_bodies(&record) };
    Ok(record_answer(StatusCode::OK, record))
}

/// Stop a run.
///
/// A run that sleeps ends at once; one whose call is under way ends when that is answered. 200 where it has ended, 202
/// where it will.
#[utoipa::path(post, path = "/v1/runs/{id}/cancel", operation_id = "cancelRun", tag = "runs",
    params(("id" = String, Path, description = "The run's id.")),
    responses(
        (status = 200, description = "It is over: its record.", body = records::RecordView),
        (status = 202, description = "It will end after the call that is under way: its record so far.", body = records::RecordView),
        (status = 409, description = "It was over before: `run-over`.", body = ProblemBody,
            content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("operator"))))]
pub async fn cancel(
    caller: Caller<Operator>,
    State(api): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    let run = run_id(&id)?;
    api.engine.cancel(caller.org(), &run).await.map_err(|error| match error {
        StoreError::NotFound => no_run(),
        StoreError::Conflict(_) => ApiProblem::new(Code::RUN_OVER, "the run is over and cannot be stopped")
            .fix("`GET /v1/runs/{id}` shows how it ended."),
        other => other.into(),
    })?;
    api.told(caller.note(&api, "run.cancel", "run", &id)).await;
    if let Ok(over) = tokio::time::timeout(STOP_WAIT, api.engine.over(caller.org(), &run)).await
        && let Some(record) = over?
    {
        return Ok(record_answer(StatusCode::OK, record));
    }
    let record = api.engine.record(caller.org(), &run).await?.ok_or_else(no_run)?;
    Ok(record_answer(StatusCode::ACCEPTED, record))
}

/// Run again.
///
/// A new run of the flow as it is published now, for the same event and contact, with the variables that the run started
/// with. What was masked in the old record stays masked.
#[utoipa::path(post, path = "/v1/runs/{id}/rerun", operation_id = "rerun", tag = "runs",
    params(("id" = String, Path, description = "The run's id."), WaitQuery),
    responses(
        (status = 200, description = "The new run is over: its record.", body = records::RecordView),
        (status = 202, description = "The new run goes on: its record so far with `wait`, else its id.", body = records::RecordView),
    ),
    extensions(("x-required-role" = json!("operator"))))]
pub async fn rerun(
    caller: Caller<Operator>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    Query(wait): Query<WaitQuery>,
) -> Result<Response, ApiProblem> {
    let run = run_id(&id)?;
    let new = api.engine.again(caller.org(), &run).await?.ok_or_else(no_run)?;
    // What it sends cannot be taken back: the entry is there before.
    let note = caller.note(&api, "run.rerun", "run", &id).becomes(value!({ "flow": new.flow }));
    api.store.note(&note).await?;
    begin(&api, caller.org(), new, wait.get()?).await
}

/// Reads a run's id; what cannot be one is not there.
pub fn run_id(text: &str) -> Result<RunId, ApiProblem> {
    let hex = text.strip_prefix("run_").unwrap_or_default();
    let fits = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if fits { Ok(RunId::new(text)) } else { Err(no_run()) }
}

pub fn no_run() -> ApiProblem {
    ApiProblem::not_found("run of this id").fix("`GET /v1/runs` lists the runs there are.")
}
