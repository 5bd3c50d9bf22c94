//! A run's record, in the shape that the API shows: put together from the texts that the store keeps.

use std::io::Write as _;

use callout_flow::id::{OrgId, RunId};
use callout_flow::run::{Fault, Run};
use callout_flow::shared::Vars;
use callout_outbound::Scrubber;
use callout_store::{RunLine, RunRow, RunStatus, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::accept::NewRun;
use crate::engine::Engine;
use crate::journal::join;
use crate::watch::Watcher;

/// What stands at the beginning of a record.
pub(crate) struct Heading<'r> {
    pub(crate) id: &'r RunId,
    pub(crate) flow: &'r str,
    pub(crate) version: u32,
    pub(crate) status: RunStatus,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    /// Until when it sleeps, and at which node.
    pub(crate) parked: Option<(Timestamp, Option<&'r str>)>,
}

/// What a run tells while it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// JSON text of one step.
    Step(String),
    /// JSON text of one effect.
    Effect(String),
    /// How the run stands now; the last one of a run that is over.
    Status(String),
}

/// What a run starts with, as its row keeps it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Head {
    pub(crate) event: Value,
    #[serde(default)]
    pub(crate) contact: Value,
    #[serde(default)]
    pub(crate) inputs: Map<String, Value>,
}

pub(crate) fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Waiting => "waiting",
        RunStatus::Completed => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
    }
}

/// The members of a JSON object: what stands between its braces.
pub(crate) fn members(object: &impl serde::Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec(object).unwrap_or_default();
    text.pop();
    if !text.is_empty() {
        text.remove(0);
    }
    text
}

/// Reads JSON text of our own, which nests as deep as what it was made of, and a little deeper.
fn own_json<T: serde::de::DeserializeOwned>(text: &[u8]) -> Option<T> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    reader.disable_recursion_limit();
    T::deserialize(&mut reader).ok()
}

pub(crate) fn parse_head(head: &[u8]) -> Option<Head> {
    own_json(&[b"{".as_slice(), head, b"}"].concat())
}

/// A head or tail with secrets masked; `None` where there is nothing to mask.
pub(crate) fn masked_members(text: &[u8], scrubber: &Scrubber) -> Option<Vec<u8>> {
    if scrubber.is_empty() {
        return None;
    }
    let mut json: Value = own_json(&[b"{".as_slice(), text, b"}"].concat())?;
    scrubber.mask_json(&mut json);
    Some(members(&json))
}

#[derive(Serialize)]
struct TailText<'t> {
    vars: &'t Vars,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'t Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'t Fault>,
}

/// How a run stands: its variables as they may be shown, and where it is over its result and error.
pub(crate) fn tail_text(run: &Run, scrubber: &Scrubber) -> Vec<u8> {
    let ended = run.ended.as_ref();
    let tail = TailText {
        vars: &run.shown_vars(),
        result: ended.map(|ended| &ended.result),
        error: ended.and_then(|ended| ended.fault.as_ref()),
    };
    let text = members(&tail);
    masked_members(&text, scrubber).unwrap_or(text)
}

/// The record as JSON text. `head` and `tail` are members, `effects` and `steps` the insides of lists.
pub(crate) fn compose(
    heading: &Heading<'_>,
    head: &[u8],
    tail: &[u8],
    effects: &[u8],
    steps: &[u8],
) -> Vec<u8> {
    let mut text = Vec::with_capacity(256 + head.len() + tail.len() + effects.len() + steps.len());
    // Writing to memory cannot fail; slugs and ids need no escapes.
    let _ = write!(
        text,
        r#"{{"id":"{}","flow":"{}","version":{},"status":"{}","startedAt":"{}","endedAt":"#,
        heading.id,
        heading.flow,
        heading.version,
        status_word(heading.status),
        heading.started_at
    );
    let _ = match heading.ended_at {
        Some(ended_at) => write!(text, r#""{ended_at}","#),
        None => write!(text, "null,"),
    };
    if let Some((until, at)) = &heading.parked {
        let _ = write!(text, r#""waitingUntil":"{until}","waitingAt":{},"#, serde_json::json!(at));
    }
    text.extend_from_slice(head);
    text.push(b',');
    text.extend_from_slice(tail);
    text.extend_from_slice(br#","effects":["#);
    text.extend_from_slice(effects);
    text.extend_from_slice(br#"],"steps":["#);
    text.extend_from_slice(steps);
    text.extend_from_slice(b"]}");
    text
}

impl Engine {
    /// A run's record as JSON text, with every secret in use masked.
    pub async fn record(&self, org: &OrgId, run: &RunId) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.inner.store.run(org, run, 0).await?;
        Ok(row.map(record_text))
    }

    /// Follows a run from behind so many steps and effects, 0 for its beginning.
    pub fn follow(&self, org: &OrgId, run: &RunId, seen: u32) -> Follower {
        let watcher = self.watch(run);
        Follower {
            engine: self.clone(),
            org: org.clone(),
            run: run.clone(),
            watcher,
            after: 0,
            told: 0,
            seen,
            stood: None,
            over: false,
        }
    }

    /// What would begin the run again: its flow as it is now, its event and contact, the variables it started with.
    pub async fn again(&self, org: &OrgId, run: &RunId) -> Result<Option<NewRun>, StoreError> {
        let Some(row) = self.inner.store.run(org, run, u32::MAX).await? else { return Ok(None) };
        let Some(head) = parse_head(&row.head) else { return Ok(None) };
        Ok(Some(NewRun {
            flow: row.line.slug,
            event: head.event,
            contact: head.contact,
            vars: head.inputs,
            key: None,
        }))
    }

    /// Waits until a run's first record is durable.
    pub(crate) async fn begun(&self, org: &OrgId, run: &RunId) -> Result<(), StoreError> {
        let watcher = self.watch(run);
        loop {
            let mut news = std::pin::pin!(watcher.news());
            news.as_mut().enable();
            if self.inner.store.run(org, run, u32::MAX).await?.is_some() {
                return Ok(());
            }
            Watcher::wait(news).await;
        }
    }

    /// Waits until a run is over; its record. None where it is put down and the process is ending: it goes on elsewhere.
    pub async fn over(&self, org: &OrgId, run: &RunId) -> Result<Option<Vec<u8>>, StoreError> {
        let watcher = self.watch(run);
        loop {
            let mut news = std::pin::pin!(watcher.news());
            // From here on no news is missed, also while the store is asked.
            news.as_mut().enable();
            match self.inner.store.run(org, run, 0).await? {
                Some(row) if row.tail.is_some() => return Ok(Some(record_text(row))),
                Some(row) if row.line.due.is_some() && self.is_stopping() => return Ok(None),
                Some(_) => Watcher::wait(news).await,
                None => return Err(StoreError::NotFound),
            }
        }
    }
}

/// Hands on what is durable of a run, as it comes.
#[derive(Debug)]
pub struct Follower {
    engine: Engine,
    org: OrgId,
    run: RunId,
    watcher: Watcher,
    /// The last commit that was read.
    after: u32,
    /// Steps and effects in the commits up to it.
    told: u32,
    /// Steps and effects that whoever follows knows already.
    seen: u32,
    stood: Option<(RunStatus, Option<Timestamp>)>,
    over: bool,
}

impl Follower {
    /// What is new, each with how many steps and effects were told by then; none after the end of the run was told.
    pub async fn next(&mut self) -> Result<Option<Vec<(u32, Told)>>, StoreError> {
        while !self.over {
            let mut news = std::pin::pin!(self.watcher.news());
            news.as_mut().enable();
            let row = self.engine.inner.store.run(&self.org, &self.run, self.after).await?;
            let row = row.ok_or(StoreError::NotFound)?;
            let stands = (row.line.status, row.line.due.filter(|_| row.line.status == RunStatus::Waiting));
            if row.parts.is_empty() && self.stood == Some(stands) {
                Watcher::wait(news).await;
                continue;
            }
            self.stood = Some(stands);
            self.over = row.tail.is_some();
            let mut fresh = Vec::new();
            for (number, steps, effects) in &row.parts {
                self.after = self.after.max(*number);
                let effects = texts(effects).into_iter().map(Told::Effect);
                for told in effects.chain(texts(steps).into_iter().map(Told::Step)) {
                    self.told += 1;
                    if self.told > self.seen {
                        fresh.push((self.told, told));
                    }
                }
            }
            fresh.push((self.told, Told::Status(status_text(&row))));
            return Ok(Some(fresh));
        }
        Ok(None)
    }
}

fn record_text(row: RunRow) -> Vec<u8> {
    let RunRow { line, head, parts, state, tail } = row;
    let (mut steps, mut effects) = (Vec::new(), Vec::new());
    for (_, part_steps, part_effects) in &parts {
        join(&mut steps, part_steps);
        join(&mut effects, part_effects);
    }
    let (mut shown_head, mut at) = (None, None);
    let tail = tail.unwrap_or_else(|| {
        let Some(run) = parse_head(&head).and_then(|parsed| load(&line, parsed, state.as_deref())) else {
            return br#""vars":{},"result":null"#.to_vec();
        };
        let mut scrubber = Scrubber::new();
        run.secrets().iter().for_each(|secret| scrubber.add(secret));
        shown_head = masked_members(&head, &scrubber);
        at = run.stands_at().map(str::to_owned);
        let mut tail = tail_text(&run, &scrubber);
        tail.extend_from_slice(br#","result":null"#);
        tail
    });
    let parked = line.due.filter(|_| line.ended_at.is_none()).map(|due| (due, at.as_deref()));
    let heading = Heading {
        id: &line.id,
        flow: &line.slug,
        version: line.version,
        status: line.status,
        started_at: line.started_at,
        ended_at: line.ended_at,
        parked,
    };
    compose(&heading, shown_head.as_deref().unwrap_or(&head), &tail, &effects, &steps)
}

/// The run of a row that is not over, for its variables; `None` before its first record.
fn load(line: &RunLine, head: Head, state: Option<&[u8]>) -> Option<Run> {
    let state = state.filter(|state| !state.is_empty())?;
    Run::load(line.id.clone(), head.event, head.contact, state).ok()
}

fn status_text(row: &RunRow) -> String {
    let RunLine { id, status, ended_at, due, .. } = &row.line;
    status_json(id, *status, *ended_at, *due)
}

/// How a run stands, as a follower is told.
pub(crate) fn status_json(
    id: &RunId,
    status: RunStatus,
    ended_at: Option<Timestamp>,
    due: Option<Timestamp>,
) -> String {
    let mut text = serde_json::json!({ "id": id, "status": status_word(status) });
    if let Some(ended_at) = ended_at {
        text["endedAt"] = ended_at.to_string().into();
    } else if let Some(due) = due {
        text["waitingUntil"] = due.to_string().into();
    }
    text.to_string()
}

/// The items of a list's inside.
pub(crate) fn texts(list: &[u8]) -> Vec<String> {
    let whole = [b"[".as_slice(), list, b"]"].concat();
    let items: Vec<&RawValue> = serde_json::from_slice(&whole).unwrap_or_default();
    items.into_iter().map(|item| item.get().to_owned()).collect()
}
