//! Who has a flow's draft open, and what becomes of it meanwhile: in memory, as far as this process knows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use callout_flow::id::OrgId;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::Shared;
use super::caller::{Caller, Viewer};
use super::flows::find;
use super::path::Path;
use super::problem::ApiProblem;
use super::streams::{Events, LAG_MAX, STREAM_TIME_MAX};

/// News that one who looks on may lag behind before it is told so.
const NEWS_MAX: usize = 64;
/// The most editors that are shown; more may look on.
const EDITORS_MAX: usize = 100;

/// What happens to a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftNews {
    /// Someone came or left.
    Editors,
    /// It was written.
    Draft {
        revision: u64,
        by: String,
        at: Timestamp,
    },
    Published {
        version: u32,
        by: String,
    },
}

/// The drafts that someone has open.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<HashMap<(OrgId, String), Room>>);

/// One draft that someone has open.
#[derive(Debug)]
struct Room {
    editors: Vec<Editor>,
    news: broadcast::Sender<DraftNews>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Editor {
    number: u64,
    name: String,
    since: Timestamp,
}

/// Someone's place in a room, until it is dropped.
struct Seat {
    api: Shared,
    key: (OrgId, String),
    number: u64,
    news: broadcast::Receiver<DraftNews>,
}

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<(OrgId, String), Room>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who have a draft open.
    pub fn tell(&self, org: &OrgId, slug: &str, news: DraftNews) {
        if let Some(room) = self.lock().get(&(org.clone(), slug.to_owned())) {
            // Whoever listened may be leaving.
            let _ = room.news.send(news);
        }
    }
}

impl Seat {
    fn take(api: Shared, org: &OrgId, slug: &str, name: &str) -> Self {
        let key = (org.clone(), slug.to_owned());
        let since = api.now();
        let mut rooms = api.rooms.lock();
        let room = rooms.entry(key.clone()).or_insert_with(|| Room {
            editors: Vec::new(),
            news: broadcast::channel(NEWS_MAX).0,
            last: 0,
        });
        room.last += 1;
        let number = room.last;
        let _ = room.news.send(DraftNews::Editors);
        room.editors.push(Editor { number, name: name.to_owned(), since });
        let news = room.news.subscribe();
        drop(rooms);
        Self { api, key, number, news }
    }

    fn editors(&self) -> Event {
        let rooms = self.api.rooms.lock();
        let editors = rooms.get(&self.key).into_iter().flat_map(|room| &room.editors).take(EDITORS_MAX);
        let editors: Vec<EditorView> = editors
            .map(|editor| EditorView {
                id: format!("editor_{}", editor.number),
                name: editor.name.clone(),
                since: editor.since,
                you: editor.number == self.number,
            })
            .collect();
        event("editors", &editors)
    }

    async fn next(&mut self) -> Event {
        match self.news.recv().await {
            Ok(DraftNews::Editors) => self.editors(),
            Ok(DraftNews::Draft { revision, by, at }) => event("draft", &DraftView { revision, by, at }),
            Ok(DraftNews::Published { version, by }) => event("published", &PublishedView { version, by }),
            Err(RecvError::Lagged(_)) => Event::default().event("lagged").data("{}"),
            // The room stays as long as someone has a seat in it.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.api.rooms.lock();
        let Some(room) = rooms.get_mut(&self.key) else { return };
        room.editors.retain(|editor| editor.number != self.number);
        if room.editors.is_empty() {
            rooms.remove(&self.key);
        } else {
            let _ = room.news.send(DraftNews::Editors);
        }
    }
}

/// Someone who has the draft open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Editor)]
pub struct EditorView {
    /// Of this stream: the same person twice is two.
    id: String,
    /// The member's or the token's name.
    name: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Whether it is the caller's own stream.
    you: bool,
}

#[derive(Serialize)]
struct DraftView {
    revision: u64,
    by: String,
    at: Timestamp,
}

#[derive(Serialize)]
struct PublishedView {
    version: u32,
    by: String,
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

/// Follow a draft.
///
/// While the stream is open its caller counts as an editor. Server-sent events: `editors` with all of them, at the start and whenever
/// someone comes or leaves; `draft` with `{revision, by, at}` whenever the draft is written; `published` with `{version, by}`; `lagged`
/// where the reader was too slow and must read the draft again. It tells of what this process does. The stream ends after 15 minutes;
/// `EventSource` opens it again by itself. `If-Match` on `PUT …/draft` is what keeps anyone from writing over another's work.
#[utoipa::path(get, path = "/v1/flows/{slug}/draft/stream", operation_id = "followDraft", tag = "flows",
    params(("slug" = String, Path, description = "The flow's slug.")),
    responses((status = 200, description = "The events; the data of `editors` is a list of editors.",
        content((Vec<EditorView> = "text/event-stream")))),
    extensions(("x-required-role" = json!("viewer"))))]
pub async fn follow(
    caller: Caller<Viewer>,
    State(api): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Response, ApiProblem> {
    find(&api, caller.org(), &slug).await?;
    let mut stopping = api.stopping.clone();
    let mut seat = Seat::take(api, caller.org(), &slug, caller.name());
    let (tell, told) = mpsc::channel(LAG_MAX);
    tokio::spawn(async move {
        let hand_on = async {
            let mut next = seat.editors();
            while tell.send(next).await.is_ok() {
                next = seat.next().await;
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
