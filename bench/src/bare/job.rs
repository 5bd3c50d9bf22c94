//! The job itself: event in, calls out, two variables, a branch on the status, an answer, and in mode c a row.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Mode;
use super::pool::Pool;
use super::rows::{self, Rows};
use crate::serve;

/// Calls that one request may ask for.
const CALLS_MAX: usize = 100;

/// What one bare server answers with.
#[derive(Debug)]
pub struct Job {
    pub mode: Mode,
    pub pool: Pool,
    pub rows: Option<Rows>,
}

/// What a request's query string asks for.
struct Asked {
    calls: usize,
    bytes: Option<usize>,
    delay: Option<usize>,
}

#[derive(Default)]
struct Picked {
    name: Option<String>,
    tier: Option<String>,
    next: Option<String>,
}

/// The picked fields where nothing else is read.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tier: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    next: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'a str,
    vars: Vars<'a>,
}

#[derive(Clone, Copy, Serialize)]
struct Vars<'a> {
    customer_name: Option<&'a str>,
    customer_tier: Option<&'a str>,
}

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    flow: &'a str,
    version: u32,
    status: &'a str,
    started_at: u64,
    ended_at: u64,
    event: &'a Value,
    vars: Vars<'a>,
    steps: &'a [Step],
}

/// One call, as the record keeps it.
#[derive(Serialize)]
struct Step {
    node: &'static str,
    r#type: &'static str,
    visit: usize,
    started_at: u64,
    duration_us: u128,
    outcome: String,
    case: &'static str,
    request: Sent,
    response: Received,
    set: Set,
}

/// What a call set; its values stand in the run's variables, too.
#[derive(Serialize)]
struct Set {
    customer_name: Option<String>,
    customer_tier: Option<String>,
}

#[derive(Serialize)]
struct Sent {
    method: &'static str,
    url: String,
    headers: [(&'static str, &'static str); 3],
}

#[derive(Serialize)]
struct Received {
    status: u16,
    headers: [(&'static str, &'static str); 2],
    bytes: usize,
    body: Value,
}

impl Job {
    /// Answers one event; a failure is a 500 with its reason, which the load counts as a wrong answer.
    pub async fn answer(self: Rc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match self.run(request).await {
            Ok(answer) => serve::json(StatusCode::OK, answer),
            Err(error) => serve::json(StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")),
        }
    }

    async fn run(&self, request: Request<Incoming>) -> Result<Vec<u8>> {
        let asked = Asked::read(request.uri().query());
        let body = request.into_body().collect().await?.to_bytes();
        let posted: Value = serde_json::from_slice(&body)?;
        let event = &posted["event"];
        let mut customer = event["customerId"].as_str().context("no customerId")?.to_owned();
        let mut picked = Picked::default();
        let mut steps = Vec::new();
        let mut status = "failed";
        for visit in 1..=asked.calls {
            let started = Instant::now();
            let path = asked.path(&customer);
            let (code, answer) = self.pool.get(&path).await?;
            let tree;
            (picked, tree) = self.pick(&answer)?;
            status = branch(code).1;
            if let Some(tree) = tree.filter(|_| self.rows.is_some()) {
                let received = Received::new(code, answer.len(), tree);
                steps.push(Step::new(visit, started, path, received, &picked));
            }
            if let Some(next) = &picked.next {
                customer.clone_from(next);
            }
        }
        let vars = Vars { customer_name: picked.name.as_deref(), customer_tier: picked.tier.as_deref() };
        if let Some(rows) = &self.rows {
            let (now, id) = rows.next_id();
            let hex = format!("run_{:032x}", u128::from_be_bytes(id));
            let record = Record {
                id: hex,
                flow: "main",
                version: 1,
                status,
                started_at: steps.first().map_or(now, |step| step.started_at),
                ended_at: now,
                event,
                vars,
                steps: &steps,
            };
            rows.insert(id, now as i64, serde_json::to_vec(&record)?).await?;
        }
        Ok(serde_json::to_vec(&Answer { status, vars })?)
    }

    fn pick(&self, answer: &[u8]) -> Result<(Picked, Option<Value>)> {
        if self.mode == Mode::APick {
            let fields: Fields<'_> = serde_json::from_slice(answer)?;
            let own = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned);
            let picked = Picked { name: own(fields.name), tier: own(fields.tier), next: own(fields.next) };
            return Ok((picked, None));
        }
        let tree: Value = serde_json::from_slice(answer)?;
        let own = |field: &str| tree[field].as_str().map(str::to_owned);
        let picked = Picked { name: own("name"), tier: own("tier"), next: own("next") };
        if picked.name.is_none() {
            bail!("the answer has no name");
        }
        Ok((picked, Some(tree)))
    }
}

impl Asked {
    fn read(query: Option<&str>) -> Self {
        Self {
            calls: serve::query_number(query, "calls").unwrap_or(1).clamp(1, CALLS_MAX),
            bytes: serve::query_number(query, "bytes"),
            delay: serve::query_number(query, "delay"),
        }
    }

    fn path(&self, customer: &str) -> String {
        let path = match self.bytes {
            Some(bytes) => format!("/bodies/{bytes}"),
            None => format!("/customers/{customer}"),
        };
        match self.delay {
            Some(delay) => format!("{path}?delay={delay}"),
            None => path,
        }
    }
}

/// The case taken, and how the run ends by it.
fn branch(code: StatusCode) -> (&'static str, &'static str) {
    match code.as_u16() {
        200..=299 => ("2xx", "completed"),
        404 => ("404", "completed"),
        _ => ("other", "failed"),
    }
}

impl Step {
    fn new(visit: usize, started: Instant, path: String, response: Received, picked: &Picked) -> Self {
        let took = started.elapsed();
        let code = StatusCode::from_u16(response.status).unwrap_or_default();
        Self {
            node: "lookup",
            r#type: "apiCall",
            visit,
            started_at: rows::now_millis().saturating_sub(took.as_millis() as u64),
            duration_us: took.as_micros(),
            outcome: code.as_str().to_owned(),
            case: branch(code).0,
            request: Sent {
                method: "GET",
                url: format!("http://127.0.0.2{path}"),
                headers: [
                    ("accept", "application/json, */*;q=0.5"),
                    ("user-agent", "bare/1"),
                    ("accept-encoding", "gzip, deflate"),
                ],
            },
            response,
            set: Set { customer_name: picked.name.clone(), customer_tier: picked.tier.clone() },
        }
    }
}

impl Received {
    fn new(code: StatusCode, bytes: usize, body: Value) -> Self {
        Self {
            status: code.as_u16(),
            headers: [("content-type", "application/json"), ("content-length", "530")],
            bytes,
            body,
        }
    }
}
