//! A run as it happens: server-sent events of what is durable.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use callout_engine::{Follower, Told};
use tokio::sync::mpsc;

use super::caller::{Caller, Viewer};
use super::path::Path;
use super::problem::{ApiProblem, Code};
use super::runs::{no_run, run_id};
use super::{Shared, records};

/// How many commits, about, a slow reader may lag behind before the run's follower waits for it.
pub const LAG_MAX: usize = 16;

/// How long a stream stays open that has no end of its own: who opens it again shows again who they are.
pub const STREAM_TIME_MAX: Duration = Duration::from_secs(15 * 60);

/// The events of one stream.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    /// As an answer, with a comment now and then so that nobody on the way takes it for dead.
    pub fn answer(events: mpsc::Receiver<Event>) -> Response {
        Sse::new(Self(events)).keep_alive(KeepAlive::default()).into_response()
    }
}

impl futures_core::Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// Follow a run.
///
/// Server-sent events: `step` and `effect` with their JSON, as soon as they are on disk, and `status` whenever the run comes
/// to stand otherwise. The stream ends with the run. A reader that comes back with `Last-Event-ID` goes on from there.
#[utoipa::path(get, path = "/v1/runs/{id}/stream", operation_id = "followRun", tag = "runs",
    params(
        ("id" = String, Path, description = "The run's id."),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen.", max_length = 20)),
    responses((status = 200, description = "The events.", body = String, content_type = "text/event-stream")),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn follow(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let run = run_id(&id)?;
    let seen = match headers.get("last-event-id") {
        None => 0,
        Some(value) => value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            ApiProblem::new(Code::HEADER_INVALID, "`Last-Event-ID` is none of ours")
                .at("Last-Event-ID")
                .fix("Send the id of the last event as it came, or leave it out.")
        })?,
    };
    let org = caller.org().clone();
    api.store.run(&org, &run, u32::MAX).await?.ok_or_else(no_run)?;
    let bodies = caller.sees_bodies();
    let (tell, told) = mpsc::channel(LAG_MAX * 4);
    let mut stopping = api.stopping.clone();
    let mut follower = api.engine.follow(&org, &run, seen);
    tokio::spawn(async move {
        tokio::select! {
            () = hand_on(&mut follower, &tell, bodies) => {}
            () = tell.closed() => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    Ok(Events::answer(told))
}

/// Hands on what there is to tell, until the run is over or nobody listens.
async fn hand_on(follower: &mut Follower, tell: &mpsc::Sender<Event>, bodies: bool) {
    loop {
        match follower.next().await {
            Ok(Some(news)) => {
                for (number, one) in news {
                    if tell.send(event(number, one, bodies)).await.is_err() {
                        return;
                    }
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a run could not be followed to its end");
                return;
            }
        }
    }
}

fn event(number: u32, told: Told, bodies: bool) -> Event {
    let (name, text) = match told {
        Told::Step(step) if !bodies => ("step", records::step_without_bodies(&step)),
        Told::Step(step) => ("step", step),
        Told::Effect(effect) => ("effect", effect),
        Told::Status(status) => ("status", status),
    };
    Event::default().event(name).id(number.to_string()).data(text)
}
