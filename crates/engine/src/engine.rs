//! The one handle on everything that runs flows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use callout_flow::flow::Flow;
use callout_flow::id::RunId;
use callout_flow::integration::Connected;
use callout_flow::run::{Run, Start};
use callout_outbound::Outbound;
use callout_store::Store;
use jiff::Timestamp;

use crate::bounds::Bounds;
use crate::connection::Keyed;
use crate::flows::Flows;
use crate::governor::Governor;
use crate::prepared::Prepared;
use crate::refusals::Refusals;
use crate::route::Routes;
use crate::tail::Tails;
use crate::token::Tokens;
use crate::watch::Watched;
use crate::work::Workers;

/// Asks the time. `server` gives the machine's; a test may give its own.
pub type Clock = fn() -> Timestamp;

/// What an operator allows.
#[derive(Clone, Copy, Debug)]
pub struct EngineLimits {
    /// The longest that one attempt may take, whatever the author writes.
    pub timeout_ms_max: u64,
    /// The cap of an answer's body where the author gives none, bytes after decompression.
    pub response_bytes_max: u64,
    /// Runs under way at once in this process; more are accepted and wait their turn.
    pub in_flight_max: usize,
    /// The same for each org, so that none takes all.
    pub in_flight_per_org_max: usize,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            timeout_ms_max: callout_flow::node::api_call::TIMEOUT_MS_MAX,
            response_bytes_max: 1 << 20,
            in_flight_max: 1024,
            in_flight_per_org_max: 512,
        }
    }
}

/// Counts since the start, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub runs_completed: u64,
    pub runs_failed: u64,
    pub runs_cancelled: u64,
    /// Runs taken up after the process that had them ended.
    pub runs_recovered: u64,
    pub calls: u64,
    pub runs_in_flight: usize,
}

/// Runs flows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) outbound: Outbound,
    pub(crate) limits: EngineLimits,
    pub(crate) clock: Clock,
    pub(crate) flows: Flows,
    pub(crate) tokens: Tokens,
    pub(crate) governor: Governor,
    pub(crate) connected: Prepared<Arc<Connected>>,
    pub(crate) keyed: Prepared<Arc<Keyed>>,
    pub(crate) routes: Routes,
    pub(crate) refusals: Refusals,
    pub(crate) bounds: Bounds,
    pub(crate) watched: Watched,
    pub(crate) tails: Tails,
    pub(crate) workers: Workers,
    /// No new sends: what is under way is finished, the rest put down.
    pub(crate) stopping: AtomicBool,
    pub(crate) counted: Counted,
}

#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) completed: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) recovered: AtomicU64,
    pub(crate) calls: AtomicU64,
}

impl Engine {
    pub fn new(store: Store, outbound: Outbound, limits: EngineLimits, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                outbound,
                limits,
                clock,
                flows: Flows::default(),
                tokens: Tokens::default(),
                governor: Governor::default(),
                connected: Prepared::default(),
                keyed: Prepared::default(),
                routes: Routes::default(),
                refusals: Refusals::default(),
                bounds: Bounds::new(limits.in_flight_max, limits.in_flight_per_org_max),
                watched: Watched::default(),
                tails: Tails::default(),
                workers: Workers::default(),
                stopping: AtomicBool::new(false),
                counted: Counted::default(),
            }),
        }
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    pub fn outbound(&self) -> &Outbound {
        &self.inner.outbound
    }

    pub fn limits(&self) -> EngineLimits {
        self.inner.limits
    }

    /// The time, to the microsecond: as fine as a store keeps it.
    pub fn now(&self) -> Timestamp {
        let now = (self.inner.clock)();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    pub fn figures(&self) -> Figures {
        let Counted { completed, failed, cancelled, recovered, calls } = &self.inner.counted;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Figures {
            runs_completed: read(completed),
            runs_failed: read(failed),
            runs_cancelled: read(cancelled),
            runs_recovered: read(recovered),
            calls: read(calls),
            runs_in_flight: self.inner.bounds.in_flight(),
        }
    }

    /// Makes a run that stands before its first node. Nothing knows of it yet.
    pub fn begin(&self, flow: &Flow, start: Start) -> Run {
        Run::new(self.new_run_id(), flow, start)
    }

    /// A run's id rises with time.
    pub(crate) fn new_run_id(&self) -> RunId {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
        RunId::new(format!("run_{}", uuid::Uuid::new_v7(stamp).simple()))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.inner.stopping.load(Ordering::Relaxed)
    }
}
