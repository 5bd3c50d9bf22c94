//! The examples that come with Callout, as a page makes drafts of them.

use std::sync::LazyLock;

use axum::response::Response;
use callout_flow::source::{Format, parse};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::{Caller, Viewer};
use super::json;

/// All examples.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Examples)]
pub struct ExamplesView {
    items: Vec<ExampleView>,
}

/// A flow, and all that it needs to run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Example)]
pub struct ExampleView {
    slug: String,
    name: String,
    description: String,
    /// The document, for `PUT /v1/flows/{slug}/draft`.
    #[schema(value_type = Object)]
    flow: Value,
    /// What it can be tried with.
    events: Vec<ExampleEvent>,
    /// Whom those events are about, where the flow reads a contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    contact: Option<Value>,
    /// The documents of the integrations that it calls.
    #[schema(value_type = Vec<Object>)]
    integrations: Vec<Value>,
    /// What it calls them with, for `POST /v1/connections`, which wants the secrets too.
    #[schema(value_type = Vec<Object>)]
    connections: Vec<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExampleEvent)]
pub struct ExampleEvent {
    name: &'static str,
    #[schema(value_type = Object)]
    event: Value,
}

/// The files of one example.
struct Files {
    flow: &'static str,
    events: &'static [(&'static str, &'static str)],
    contact: Option<&'static str>,
    integrations: &'static [&'static str],
    connections: &'static [&'static str],
}

macro_rules! file {
    ($($part:literal),+) => {
        include_str!(concat!("../../../../examples/", $($part),+))
    };
}

macro_rules! events {
    ($folder:literal: $($name:literal),*) => {
        &[$(($name, file!($folder, "/events/", $name, ".json"))),*]
    };
}

impl Files {
    const fn of(flow: &'static str, events: &'static [(&'static str, &'static str)]) -> Self {
        Self { flow, events, contact: None, integrations: &[], connections: &[] }
    }
}

/// From the one to begin with to those that say more.
static FILES: [Files; 6] = [
    Files::of(file!("caller-lookup/flow.yaml"), events!("caller-lookup": "known", "unknown", "slow")),
    Files {
        integrations: &[file!("queue-length/integration.yaml")],
        connections: &[file!("queue-length/connection.json")],
        ..Files::of(file!("queue-length/flow.yaml"), events!("queue-length": "long", "empty", "unknown"))
    },
    Files::of(file!("order-status/flow.yaml"), events!("order-status": "shipped", "not-found")),
    Files::of(
        file!("status-routing/flow.yaml"),
        events!("status-routing": "200", "400", "401", "404", "418", "503", "slow", "drop", "nothing"),
    ),
    Files::of(file!("promotion/flow.yaml"), events!("promotion": "cart", "opted-out")),
    Files {
        contact: Some(file!("profile-push/contact.json")),
        ..Files::of(file!("profile-push/flow.yaml"), events!("profile-push": "campaign"))
    },
];

static EXAMPLES: LazyLock<ExamplesView> =
    LazyLock::new(|| ExamplesView { items: FILES.iter().map(read).collect() });

fn read(files: &Files) -> ExampleView {
    // JSON is YAML.
    let value = |text: &&str| parse(text, Format::Yaml).tree.map(|tree| tree.to_value()).unwrap_or_default();
    let flow = value(&files.flow);
    let text = |key: &str| flow[key].as_str().unwrap_or_default().to_owned();
    ExampleView {
        slug: text("slug"),
        name: text("name"),
        description: text("description"),
        events: files.events.iter().map(|(name, event)| ExampleEvent { name, event: value(event) }).collect(),
        contact: files.contact.as_ref().map(value),
        integrations: files.integrations.iter().map(value).collect(),
        connections: files.connections.iter().map(|text| without_secrets(value(text))).collect(),
        flow,
    }
}

fn without_secrets(mut connection: Value) -> Value {
    if let Some(connection) = connection.as_object_mut() {
        connection.remove("secrets");
    }
    connection
}

/// List the examples.
///
/// Flows to begin with, and what they need: written as drafts and published they run, against the API that comes with them.
#[utoipa::path(get, path = "/v1/examples", operation_id = "listExamples", tag = "flows",
    responses((status = 200, description = "All of them.", body = ExamplesView)),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn list(_: Caller<Viewer>) -> Response {
    json(&*EXAMPLES)
}
