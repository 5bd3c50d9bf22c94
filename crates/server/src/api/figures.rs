//! What Prometheus reads: requests by route, the store, and what this is.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use callout_engine::Engine;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::Shared;
use super::problem::{ApiProblem, Code};

/// The upper ends of the buckets of a request's time, in seconds.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The methods that are told apart; any other counts as the last.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "other"];

/// The classes of status that are told apart.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

/// One route with one method: its figures are made when it is first asked for.
#[derive(Debug, Default)]
struct RouteFigures {
    duration: OnceLock<Histogram>,
    by_class: [OnceLock<Counter>; CLASSES.len()],
}

/// All figures of this process.
#[derive(Debug)]
pub struct Figures {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Fixed from the start, so that a request finds its figures without a lock.
    routes: HashMap<String, [RouteFigures; METHODS.len()]>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Figures {
    /// Figures of these routes; any other counts as `none`.
    pub fn new(routes: impl IntoIterator<Item = String>, engine: Engine) -> Self {
        let mut registry = Registry::with_prefix("callout");
        let requests = Family::<RequestLabels, Counter>::default();
        let durations = Family::<RouteLabels, Histogram, fn() -> Histogram>::new_with_constructor(
            histogram as fn() -> Histogram,
        );
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "From a request's head to its answer's",
            durations.clone(),
        );
        registry.register("build", "What this is", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        registry.register_collector(Box::new(Standing(engine)));
        let routes = routes.into_iter().chain(["none".to_owned()]);
        let routes = routes.map(|route| (route, <[RouteFigures; METHODS.len()]>::default())).collect();
        Self { registry, requests, durations, routes }
    }

    pub fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let Some(methods) = self.routes.get(route).or_else(|| self.routes.get("none")) else { return };
        let last = METHODS.len() - 1;
        let method = METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(last);
        let class = usize::from(status / 100).clamp(1, CLASSES.len()) - 1;
        let figures = &methods[method];
        let labels = || (METHODS[method], route.to_owned());
        figures
            .duration
            .get_or_init(|| {
                let (method, route) = labels();
                self.durations.get_or_create_owned(&RouteLabels { method, route })
            })
            .observe(took.as_secs_f64());
        figures.by_class[class]
            .get_or_init(|| {
                let (method, route) = labels();
                self.requests.get_or_create_owned(&RequestLabels { method, route, status: CLASSES[class] })
            })
            .inc();
    }
}

/// The store and the runs, as they stand when they are asked.
#[derive(Debug)]
struct Standing(Engine);

impl Collector for Standing {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let health = self.0.store().health();
        let runs = self.0.figures();
        let mut gauge = |name: &str, help: &str, value: u64| {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge("store_available", "1 where the store can be written", health.unavailable.is_none().into())?;
        gauge("store_queued", "Writes that wait for the writer", health.queued as u64)?;
        gauge("store_file_bytes", "Size of the database file", health.file_bytes)?;
        gauge("store_log_bytes", "Size of the database's log", health.log_bytes)?;
        gauge("runs_in_flight", "Runs under way in this process", runs.runs_in_flight as u64)?;
        let mut counter = |name: &str, help: &str, value: u64| {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
        };
        counter("store_commits", "Commits since the start", health.commits)?;
        counter("runs_completed", "Runs that completed here", runs.runs_completed)?;
        counter("runs_failed", "Runs that failed here", runs.runs_failed)?;
        counter("runs_cancelled", "Runs that were stopped here", runs.runs_cancelled)?;
        counter("runs_recovered", "Runs taken up after their process ended", runs.runs_recovered)?;
        counter("calls", "Attempts of calls", runs.calls)?;
        counter("store_reads", "Questions to the store", health.reads)?;
        counter("store_writes", "Writes that those commits carried", health.writes)
    }
}

/// Figures for Prometheus.
///
/// In the OpenMetrics text format; no token is needed, and no figure names an org, a flow or a contact.
#[utoipa::path(get, path = "/metrics", operation_id = "readMetrics", tag = "health",
    responses((status = 200, description = "The figures.", body = String,
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8")))]
pub async fn metrics(State(api): State<Shared>) -> Result<Response, ApiProblem> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &api.figures.registry)
        .map_err(|_| ApiProblem::new(Code::INTERNAL, "the figures cannot be written"))?;
    let mut response = text.into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    Ok(response)
}
