//! A whole draft tried out, step by step while its author looks on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use callout_engine::{Told, Trial, Waits};
use callout_flow::flow::{Flow, Target, Trigger};
use callout_flow::id::OrgId;
use callout_flow::node::NodeKind;
use callout_flow::run::Start;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json as value};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::body::{Json, field_invalid, shaped};
use super::caller::{Caller, Editor};
use super::calls::{is_harmless, slot};
use super::path::Path;
use super::problem::{ApiProblem, Code, Found, ProblemBody};
use super::publish::{find_draft, flow_has_errors};
use super::records::RecordView;
use super::streams::{Events, LAG_MAX};
use super::surroundings::checked;
use super::{Api, Shared};

/// What a trial starts with, and the word that it may send.
#[derive(Debug, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = DraftTry, example = json!({ "event": { "name": "call.connected", "from": "+442079460018" }, "confirm": true }))]
pub struct TryBody {
    /// As the trigger would have it; without it an event of the trigger's name and nothing else.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    event: Option<Map<String, Value>>,
    /// Whose the run would be; without it the event's `contact`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    contact: Option<Map<String, Value>>,
    /// The variables that it starts with.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    vars: Option<Map<String, Value>>,
    /// Yes, send it all, though it may change something: needed where a node may send anything but GET and HEAD.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    confirm: bool,
    /// Goes on at a `wait` as if the time had come. Where it is false the trial waits, if the wait ends in time, or ends there
    /// as `waiting`.
    #[serde(default = "yes")]
    #[schema(value_type = Option<bool>, default = true)]
    skip_waits: bool,
}

shaped!(TryBody);

fn yes() -> bool {
    true
}

/// Try a draft.
///
/// Carries out the whole draft as it stands, with the org's connections, integrations and other published flows. What it sends is sent
/// for real, with its retries; nothing of it is kept or counted. Server-sent events: `step`, `effect` and `status` as on a run's
/// stream, as they happen, and at the end `record` with the whole record, whose `version` is 0. A trial takes at most 10 minutes and
/// holds at most 8 MiB of steps; it ends when its caller goes away. A stream that ends without `record` was cut off.
#[utoipa::path(post, path = "/v1/flows/{slug}/draft/try", operation_id = "tryDraft", tag = "calls", request_body = TryBody,
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses(
        (status = 200, description = "The events; the data of `record` is a record.",
            content((RecordView = "text/event-stream"))),
        (status = 409, description = "It may change something, and `confirm` is not true: `confirm-needed`.", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "The body does not fit: `body-invalid`; or the draft cannot run: `flow-has-errors`.",
            body = ProblemBody, content_type = "application/problem+json"),
    ),
    extensions(("x-required-role" = json!("editor"))))]
pub async fn try_draft(
    caller: Caller<Editor>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
    Json(body): Json<TryBody>,
) -> Result<Response, ApiProblem> {
    let draft = find_draft(&api, caller.org(), &slug).await?;
    let (reading, checked) = checked(&api, caller.org(), draft.document, None).await?;
    let Some(flow) = checked.flow.filter(|_| !checked.problems.iter().any(callout_flow::check::stops_run))
    else {
        return Err(flow_has_errors(&slug, checked.problems.into_iter().map(Found::from).collect()));
    };
    if let Some(name) =
        body.vars.iter().flat_map(Map::keys).find(|name| !callout_flow::node::is_variable_name(name))
    {
        let told = format!("`{name}` cannot name a variable");
        return Err(field_invalid("vars", told, "Use letters, digits and _, and begin with a letter or _."));
    }
    if !body.confirm {
        harmless(&api, caller.org(), &flow).await?;
    }
    let slot = slot(&api)?;
    // What it sends cannot be taken back: the entry is there before.
    let note =
        caller.note(&api, "flow.try", "flow", &slug).becomes(value!({ "revision": draft.flow.revision }));
    api.store.note(&note).await?;
    let numbered = reading.draft().is_some_and(|draft| draft.number.is_some());
    let flow = flow.stored(draft.flow.number, 0, numbered);
    let waits = if body.skip_waits { Waits::Skip } else { Waits::Stop };
    let trial = Trial { start: start(body, &flow), flow, waits };
    let (tell, told) = mpsc::channel(LAG_MAX);
    let (org, mut stopping) = (caller.org().clone(), api.stopping.clone());
    tokio::spawn(async move {
        let trying = async {
            let record = carry_out(&api, &org, trial, &tell).await;
            drop(slot);
            if let Some(record) = record {
                let _ = tell.send(Event::default().event("record").data(record)).await;
            }
        };
        tokio::select! {
            () = trying => {}
            () = tell.closed() => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    Ok(Events::answer(told))
}

/// What a trial starts with, as the terminal's way fills it in.
fn start(body: TryBody, flow: &Flow) -> Start {
    let event = match (body.event, &flow.trigger) {
        (Some(event), _) => Value::Object(event),
        (None, Trigger::Event { event, .. }) => value!({ "name": event }),
        (None, Trigger::Api) => Value::Object(Map::new()),
    };
    let of_event = || event.get("contact").filter(|contact| contact.is_object()).cloned();
    let contact = body.contact.map(Value::Object).or_else(of_event).unwrap_or(Value::Null);
    Start { contact, event, vars: body.vars.unwrap_or_default(), ..Start::default() }
}

/// Carries it out and hands on what it tells; its record, where someone still listens.
async fn carry_out(api: &Api, org: &OrgId, trial: Trial, tell: &mpsc::Sender<Event>) -> Option<String> {
    let (say, mut said) = mpsc::channel(LAG_MAX);
    let trying = async move { api.engine.try_out(org, trial, &say).await };
    let handing_on = async {
        while let Some(told) = said.recv().await {
            let (name, text) = match told {
                Told::Step(text) => ("step", text),
                Told::Effect(text) => ("effect", text),
                Told::Status(text) => ("status", text),
            };
            if tell.send(Event::default().event(name).data(text)).await.is_err() {
                return;
            }
        }
    };
    let (record, ()) = tokio::join!(trying, handing_on);
    record.and_then(|record| String::from_utf8(record).ok())
}

/// The most nodes that a refusal names.
const NAMED_MAX: usize = 20;

/// Refuses a flow that may change something: itself, or where it goes to.
async fn harmless(api: &Api, org: &OrgId, flow: &Flow) -> Result<(), ApiProblem> {
    let mut harmful = BTreeMap::new();
    let mut seen = BTreeSet::from([flow.slug.clone()]);
    let mut open = look_at(flow, "", &mut harmful);
    while let Some(slug) = open.pop() {
        if !seen.insert(slug.clone()) {
            continue;
        }
        if let Some(other) = published(api, org, &slug).await? {
            open.extend(look_at(&other, &format!("{slug}: "), &mut harmful));
        }
    }
    if harmful.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        harmful.iter().take(NAMED_MAX).map(|(node, method)| format!("`{node}` ({method})")).collect();
    let more = harmful.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let told = format!("this sends for real what may change something: {}{more}", named.join(", "));
    Err(ApiProblem::new(Code::CONFIRM_NEEDED, told)
        .at("confirm")
        .fix("Send `\"confirm\": true` where that is meant."))
}

async fn published(api: &Api, org: &OrgId, slug: &str) -> Result<Option<Arc<Flow>>, ApiProblem> {
    use callout_engine::FlowError;
    match api.engine.published(org, slug).await {
        Ok(flow) => Ok(flow),
        Err(FlowError::Store(error)) => Err(error.into()),
        // The trial ends where it goes there.
        Err(FlowError::Broken { .. }) => Ok(None),
    }
}

/// Notes the calls of a flow that may change something; the flows that it leads to.
fn look_at(flow: &Flow, prefix: &str, harmful: &mut BTreeMap<String, String>) -> Vec<String> {
    for node in flow.nodes() {
        if let NodeKind::ApiCall(call) = &node.kind
            && !is_harmless(call)
        {
            harmful.insert(format!("{prefix}{}", node.id), call.request.method().as_str().to_owned());
        }
    }
    let targets = flow.nodes().flat_map(|node| node.kind.targets());
    targets.filter_map(|target| if let Target::Flow(slug) = target { Some(slug) } else { None }).collect()
}
