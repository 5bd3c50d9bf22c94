//! All runs of an org as they begin, wait, go on and end: server-sent events that keep a list up to date.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use callout_engine::TailNews;
use callout_flow::id::{OrgId, RunId};
use callout_store::StoreError;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use super::caller::{Caller, Viewer};
use super::flows::find;
use super::problem::ApiProblem;
use super::query::Query;
use super::run_lists::RunView;
use super::runs::StatusView;
use super::streams::{Events, LAG_MAX, STREAM_TIME_MAX};
use super::{Api, Shared};

/// Runs whose last line is remembered, so that what changed nothing in it is not told; beyond them all are forgotten.
const REMEMBERED_MAX: usize = 4096;

/// Which runs to tell of; all that is given must hold.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TailQuery {
    /// Of the flow with this slug.
    flow: Option<String>,
    /// That stand so.
    #[param(inline)]
    status: Option<StatusView>,
}

/// Follow all runs.
///
/// Server-sent events from now on: `run` with its line of the list whenever a run begins, comes to wait, goes on or ends; `gone` with
/// `{"id"}` where it does not stand as `status` says (any more). A reader that is too slow gets `lagged`, and reads the list again.
/// The stream ends after 15 minutes; `EventSource` opens it again by itself, and a page then reads the list again. It tells what this
/// process does.
#[utoipa::path(get, path = "/v1/runs/stream", operation_id = "followRuns", tag = "runs", params(TailQuery),
    responses((status = 200, description = "The events; the data of `run` is a line of the list.",
        content((RunView = "text/event-stream")))),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn follow(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Query(query): Query<TailQuery>,
) -> Result<Response, ApiProblem> {
    let flow = match &query.flow {
        None => None,
        Some(slug) => Some(find(&api, caller.org(), slug).await?.number),
    };
    let mut tail = api.engine.tail(caller.org());
    let (tell, told) = mpsc::channel(LAG_MAX);
    let mut stopping = api.stopping.clone();
    let mut lines =
        Lines { api, org: caller.org().clone(), flow, status: query.status, told: HashMap::new() };
    tokio::spawn(async move {
        let hand_on = async {
            loop {
                let news = tail.next().await;
                for event in lines.events(news).await {
                    if tell.send(event).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = hand_on => {}
            () = tell.closed() => {}
            () = tokio::time::sleep(STREAM_TIME_MAX) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    });
    Ok(Events::answer(told))
}

/// The lines of runs, as one reader was told them.
struct Lines {
    api: Shared,
    org: OrgId,
    flow: Option<u32>,
    status: Option<StatusView>,
    told: HashMap<RunId, RunView>,
}

impl Lines {
    async fn events(&mut self, news: TailNews) -> Vec<Event> {
        let found = match news {
            TailNews::Lagged => return vec![self.lagged()],
            TailNews::Runs(runs) => self.read(&self.api, &runs).await,
        };
        match found {
            Ok(found) => found.into_iter().filter_map(|(id, view)| self.event(id, view)).collect(),
            Err(error) => {
                tracing::warn!(%error, "runs could not be read for those who look on");
                vec![self.lagged()]
            }
        }
    }

    async fn read(&self, api: &Api, runs: &[RunId]) -> Result<Vec<(RunId, RunView)>, StoreError> {
        let mut lines = api.store.run_lines(&self.org, runs).await?;
        // As they came.
        lines.sort_by_key(|line| runs.iter().position(|run| *run == line.id));
        let wanted = lines.into_iter().filter(|line| self.flow.is_none_or(|flow| flow == line.flow));
        Ok(wanted.map(|line| (line.id.clone(), RunView::from(line))).collect())
    }

    fn lagged(&mut self) -> Event {
        self.told.clear();
        Event::default().event("lagged").data("{}")
    }

    /// What to tell of a run; nothing where it stands as it was told.
    fn event(&mut self, id: RunId, view: RunView) -> Option<Event> {
        if self.told.get(&id) == Some(&view) {
            return None;
        }
        if self.told.len() >= REMEMBERED_MAX {
            self.told.clear();
        }
        let wanted = self.status.is_none_or(|status| status == view.status());
        let (name, text) = if wanted {
            ("run", serde_json::to_string(&view).unwrap_or_default())
        } else {
            ("gone", serde_json::json!({ "id": view.id() }).to_string())
        };
        self.told.insert(id, view);
        Some(Event::default().event(name).data(text))
    }
}
