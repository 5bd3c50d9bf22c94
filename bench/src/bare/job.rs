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
use super::record::{Steps, Vars};
use super::rows::Rows;
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
        let mut steps = Steps::default();
        let mut status = "failed";
        for _ in 0..asked.calls {
            let started = Instant::now();
            let path = asked.path(&customer);
            let (code, answer) = self.pool.get(&path).await?;
            picked = self.pick(&answer)?;
            status = branch(code).1;
            if self.rows.is_some() {
                steps.add(started, &path, code, &answer, picked.vars())?;
            }
            if let Some(next) = &picked.next {
                customer.clone_from(next);
            }
        }
        if let Some(rows) = &self.rows {
            let (now, id) = rows.next_id();
            let record = steps.record(id, now, status, event, picked.vars())?;
            rows.insert(id, now as i64, record).await?;
        }
        Ok(serde_json::to_vec(&Answer { status, vars: picked.vars() })?)
    }

    fn pick(&self, answer: &[u8]) -> Result<Picked> {
        if self.mode == Mode::APick {
            let fields: Fields<'_> = serde_json::from_slice(answer)?;
            let own = |field: Option<Cow<'_, str>>| field.map(Cow::into_owned);
            return Ok(Picked { name: own(fields.name), tier: own(fields.tier), next: own(fields.next) });
        }
        let tree: Value = serde_json::from_slice(answer)?;
        let own = |field: &str| tree[field].as_str().map(str::to_owned);
        let picked = Picked { name: own("name"), tier: own("tier"), next: own("next") };
        if picked.name.is_none() {
            bail!("the answer has no name");
        }
        Ok(picked)
    }
}

impl Picked {
    fn vars(&self) -> Vars<'_> {
        Vars { customer_name: self.name.as_deref(), customer_tier: self.tier.as_deref() }
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
pub fn branch(code: StatusCode) -> (&'static str, &'static str) {
    match code.as_u16() {
        200..=299 => ("2xx", "completed"),
        404 => ("404", "completed"),
        _ => ("other", "failed"),
    }
}
